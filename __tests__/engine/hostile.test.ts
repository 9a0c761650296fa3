import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { publish, stepsOf } from '../support/engine.js';
import { type EmbeddedTestServer, embedded, type TestServer } from '../support/servers.js';
import { removeTree, writeTree } from '../support/tree.js';

/** An endpoint that stands between the engine and the embedded server, and lies when it is told to. */
let s3: EmbeddedTestServer;
let liar: Server;
let server: TestServer;
let lie: ((method: string, url: URL) => string | undefined) | undefined;
let bucket: string;
let root: string;

beforeAll(async () => {
  s3 = await embedded();
  liar = createServer((incoming, outgoing) => {
    const answer = lie?.(incoming.method ?? '', new URL(incoming.url ?? '', 'http://liar'));
    if (answer !== undefined) {
      incoming.resume();
      outgoing.writeHead(200, { 'content-type': 'application/xml' }).end(answer);
      return;
    }
    const { port } = new URL(s3.endpoint);
    const { method, headers, url: path } = incoming;
    incoming.pipe(
      request({ host: '127.0.0.1', port, method, headers, path }, (real) => {
        outgoing.writeHead(real.statusCode ?? 500, real.headers);
        real.pipe(outgoing);
      }),
    );
  });
  await new Promise<void>((resolve) => liar.listen(0, '127.0.0.1', resolve));
  server = { ...s3, endpoint: `http://127.0.0.1:${(liar.address() as AddressInfo).port}` };
});
afterAll(async () => {
  liar.closeAllConnections();
  await new Promise((resolve) => liar.close(resolve));
  await s3.stop();
});
beforeEach(async () => {
  bucket = await s3.bucket();
  root = await writeTree({ a: 'one', b: 'two!' });
});
afterEach(async () => {
  lie = undefined;
  await removeTree(root);
});

const quick = { connection: { maxAttempts: 2 } } as const;
const NO_LISTINGS = ['', '<html><body>Welcome</body></html>', '<?xml version="1.0"?><Foo/>', 'plain text'];

describe('a 200 that is not the answer', () => {
  test.each(NO_LISTINGS)('D9: to a listing: %j is not an empty bucket', async (body) => {
    lie = (_, url) => (url.searchParams.has('list-type') ? body : undefined);
    const run = await publish(server, bucket, root, quick);
    expect(run).toMatchObject({ exit: 1, report: { status: 'failed', steps: [] } });
    expect(s3.server.objects(bucket)).toEqual([]);
  });

  test.each(NO_LISTINGS)(
    'D7: to DeleteObjects: %j deletes nothing, and is not told as if it had',
    async (body) => {
      await publish(s3, bucket, root);
      s3.server.putObject(bucket, 'p/gone', 'gone');
      lie = (method, url) => (method === 'POST' && url.searchParams.has('delete') ? body : undefined);
      const run = await publish(server, bucket, root, { ...quick, deletes: { deleteAfter: true } });
      expect(run.exit).toBe(1);
      expect(stepsOf(run)).toEqual(['delete p/gone failed']);
      expect(run.report.totals.deleted.files).toBe(0);
    },
  );
});

describe('a listing that does not end', () => {
  const page = (token: string): string =>
    `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>` +
    `<Contents><Key>p/a</Key><Size>3</Size><ETag>"x"</ETag></Contents></ListBucketResult>`;

  test('whose tokens go in a circle', async () => {
    lie = (_, url) => {
      if (!url.searchParams.has('list-type')) return undefined;
      return page(url.searchParams.get('continuation-token') === 'A' ? 'B' : 'A');
    };
    const run = await publish(server, bucket, root, quick);
    expect(run).toMatchObject({ exit: 1, report: { error: { message: expect.stringMatching(/listing/) } } });
  });

  test('whose pages repeat under ever new tokens', async () => {
    let pages = 0;
    lie = (_, url) => (url.searchParams.has('list-type') ? page(`${pages++}`) : undefined);
    const run = await publish(server, bucket, root, quick);
    expect(run).toMatchObject({
      exit: 1,
      report: { error: { message: expect.stringMatching(/does not end/) } },
    });
    expect(pages).toBeLessThan(200);
  });

  test('that names a key outside the prefix', async () => {
    lie = (_, url) =>
      url.searchParams.has('list-type')
        ? page('x').replace('true', 'false').replace('p/a', 'other/a')
        : undefined;
    const run = await publish(server, bucket, root, quick);
    expect(run).toMatchObject({
      exit: 1,
      report: { error: { message: expect.stringMatching(/outside the prefix/) } },
    });
  });
});
