import { dirname } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { copyOfDist, reach, runCli } from '../support/dist.js';
import { HostileServer } from '../support/hostile.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { removeTree, writeTree } from '../support/tree.js';

let dist: string;
let s3: EmbeddedTestServer;
let hostile: HostileServer;
let elsewhere: HostileServer;
let root: string;

beforeAll(async () => {
  dist = await copyOfDist();
  s3 = await embedded();
  hostile = await HostileServer.start(s3.endpoint);
  elsewhere = await HostileServer.start(s3.endpoint);
});
afterAll(async () => {
  await hostile.stop();
  await elsewhere.stop();
  await s3.stop();
  await removeTree(dirname(dist));
});
beforeEach(async () => {
  root = await writeTree({ a: 'one', b: 'two!' });
});
afterEach(async () => {
  hostile.lie = undefined;
  elsewhere.asked.length = 0;
  await removeTree(root);
});

const run = (bucket: string, env: Readonly<Record<string, string>> = {}): ReturnType<typeof runCli> =>
  runCli(dist, [root, `s3://${bucket}/p`, '--delete-after', '--max-delete=none'], {
    cwd: root,
    env: { ...reach({ ...s3, endpoint: hostile.endpoint }), ...env },
  });

test('a listing that never ends is one line before the memory does', async () => {
  const bucket = await s3.bucket();
  let pages = 0;
  hostile.lie = ({ operation, outgoing }) => {
    if (operation !== 'ListObjectsV2') return false;
    const page = ++pages;
    const entries = Array.from(
      { length: 5_000 },
      (_, i) => `<Contents><Key>p/${page}/${i}</Key><Size>3</Size><ETag>"${page}-${i}"</ETag></Contents>`,
    );
    outgoing
      .writeHead(200)
      .end(
        `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>${page}</NextContinuationToken>${entries.join('')}</ListBucketResult>`,
      );
    return true;
  };
  const { status, stderr } = await run(bucket, { NODE_OPTIONS: '--max-old-space-size=96' });
  expect(stderr).toMatch(/^error: .*the listing has more than \d+ objects, .* narrower prefix/m);
  expect(stderr).not.toMatch(/heap out of memory/);
  expect(status).toBe(1);
  expect(s3.server.texts(bucket)).toEqual({});
});

test.each(['lean', 'sdk'])(
  '%s requests: a redirect to elsewhere is not followed, and says what to set',
  async (way) => {
    const bucket = await s3.bucket();
    hostile.lie = ({ outgoing }) => {
      outgoing.writeHead(307, { location: `${elsewhere.endpoint}/` }).end();
      return true;
    };
    const { status, stderr } = await run(bucket, way === 'sdk' ? { S3DS_REQUESTS: 'sdk' } : {});
    expect(stderr).toMatch(/region/);
    expect(status).toBe(2);
    expect(elsewhere.asked).toEqual([]);
  },
);
