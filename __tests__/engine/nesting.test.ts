import { afterEach, expect, test } from '@jest/globals';
import { EXIT } from '../../src/model/errors.js';
import { type Changes, publish } from '../support/engine.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { removeTree, writeTree } from '../support/tree.js';

let s3: EmbeddedTestServer | undefined;
let root: string | undefined;

afterEach(async () => {
  await s3?.stop();
  if (root !== undefined) await removeTree(root);
});

const CLEAN: Changes = {
  site: { compress: [], cleanUrls: true, redirects: [], unpublished: new Set(), warnings: [] },
};

test.each(['versitygw', 'minio'] as const)(
  '%s keeps objects as files: a name beside a directory of it is refused before the first write',
  async (profile) => {
    s3 = await embedded({ profile });
    root = await writeTree({ 'about.html': 'a', 'about/index.html': 'b', 'x.txt': 'c' });
    const bucket = await s3.bucket();
    const run = await publish(s3, bucket, root, CLEAN);
    expect(run).toMatchObject({ exit: EXIT.refused, report: { error: { code: 'key-collision' } } });
    expect(run.report.error?.message).toMatch(
      /cannot hold about beside what lies below about\/: nothing was/,
    );
    expect(s3.server.texts(bucket)).toEqual({});
    expect((await publish(s3, bucket, root)).exit).toBe(EXIT.done);
  },
);

test('MinIO lists nothing below a key that is there: a run that ended before it deleted the key is gone on with', async () => {
  s3 = await embedded({ profile: 'minio' });
  root = await writeTree({ a: 'file', b: 'b' });
  const bucket = await s3.bucket();
  await publish(s3, bucket, root);
  await removeTree(root);
  root = await writeTree({ 'a/x': 'below', b: 'b' });
  for (let run = 0; run < 2; run++) {
    const kept = await publish(s3, bucket, root);
    expect({ run, exit: kept.exit, uploads: kept.report.totals.uploaded.files }).toEqual({
      run,
      exit: EXIT.done,
      uploads: 1 - run,
    });
  }
  expect((await publish(s3, bucket, root, { deletes: { deleteAfter: true } })).exit).toBe(EXIT.done);
  expect(s3.server.texts(bucket)).toEqual({ 'p/a/x': 'below', 'p/b': 'b' });
});

test('SeaweedFS completes no upload of such a name: delay-updates is refused, best-effort publishes in order', async () => {
  s3 = await embedded({ profile: 'seaweedfs' });
  root = await writeTree({ 'about.html': 'a', 'about/index.html': 'b' });
  const bucket = await s3.bucket();
  const strict = await publish(s3, bucket, root, { ...CLEAN, delayUpdates: true });
  expect(strict).toMatchObject({ exit: EXIT.refused, report: { error: { code: 'cannot-delay' } } });
  expect(strict.report.error?.message).toContain('SeaweedFS completes no upload of about beside');
  const loose = await publish(s3, bucket, root, { ...CLEAN, delayUpdates: 'best-effort' });
  expect(loose.exit).toBe(EXIT.done);
  expect(Object.keys(s3.server.texts(bucket)).sort()).toEqual([
    'p/about',
    'p/about.html',
    'p/about/index.html',
  ]);
});
