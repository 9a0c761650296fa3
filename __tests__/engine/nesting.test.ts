import { afterEach, describe, expect, test } from '@jest/globals';
import { EXIT } from '../../src/model/errors.js';
import { type Changes, download, publish, stepsOf } from '../support/engine.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { removeTree, type TreeContents, temporaryDirectory, writeTree } from '../support/tree.js';

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

test.each(['versitygw', 'seaweedfs', 'minio'] as const)(
  '%s takes keys for paths: a key that is another one there is refused before the first write, and so is its prefix',
  async (profile) => {
    s3 = await embedded({ profile });
    const source = await embedded({ profile: 'aws' });
    try {
      root = await writeTree({ a: 'a' });
      const from = await source.bucket();
      for (const key of ['p/c', 'p/a/b/../../c', 'p/../../victim', 'p/a//b'])
        source.server.putObject(from, key, Buffer.from(key));
      const bucket = await s3.bucket();
      s3.server.putObject(bucket, 'site/a', Buffer.from('live'));
      const refused = { exit: EXIT.refused, report: { error: { code: 'unsafe-name' } } };
      const changes: Changes = {
        overwrite: 'always',
        deletes: { deleteAfter: true, maxDelete: { kind: 'none' } },
      };
      const copied = await publish(s3, bucket, root, {
        ...changes,
        source: { bucket: from, server: source },
      });
      expect(copied).toMatchObject(refused);
      expect(copied.report.error?.message).toMatch(/^3 names have an empty, .*'\.\.\/\.\.\/victim'/);
      for (const prefix of ['site//', 'x/../site', './site'])
        for (const command of ['sync', 'check', 'remove'] as const) {
          const run = await publish(s3, bucket, root, { ...changes, prefix: `${prefix}/b`, command });
          expect({ prefix, command, ...run }).toMatchObject({ prefix, command, ...refused });
        }
      expect(s3.server.texts(bucket)).toEqual({ 'site/a': 'live' });
    } finally {
      await source.stop();
    }
  },
);

test.each([
  [
    'a file that became a directory',
    { a: 'file', 'a b': 'x' },
    { 'a/x': 'below', 'a b': 'y' },
    'p/a is in the way of p/a/x',
  ],
  [
    'a directory that became a file',
    { 'a/x': 'below', b: 'x' },
    { a: 'file', b: 'y' },
    'p/a/x is in the way of p/a',
  ],
])(
  'versitygw cannot hold both until the deletes: %s is refused, naming what is in the way',
  async (...row) => {
    const [, before, after, told] = row;
    s3 = await embedded({ profile: 'versitygw' });
    root = await writeTree(before);
    const bucket = await s3.bucket();
    await publish(s3, bucket, root);
    const were = s3.server.texts(bucket);
    await removeTree(root);
    root = await writeTree(after as TreeContents);
    const changes: Changes = { deletes: { deleteAfter: true, maxDelete: { kind: 'none' } } };
    for (const dryRun of [true, false]) {
      const run = await publish(s3, bucket, root, { ...changes, dryRun });
      expect(run).toMatchObject({ exit: EXIT.refused, report: { error: { code: 'in-the-way' } } });
      expect(run.report.error?.message).toContain(
        `versitygw keeps objects as files: ${told}, and deletes come last: nothing was`,
      );
      expect(s3.server.texts(bucket)).toEqual(were);
    }
    expect((await publish(s3, bucket, root, { ...changes, command: 'check' })).exit).toBe(EXIT.different);
    s3.server.deleteObject(bucket, told.split(' ', 1)[0]!);
    expect((await publish(s3, bucket, root, changes)).exit).toBe(EXIT.done);
    const now = Object.entries(after).map(([name, text]) => [`p/${name}`, text]);
    expect(s3.server.texts(bucket)).toEqual(Object.fromEntries(now));
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

describe('versitygw lists U+FFFD for what XML cannot carry', () => {
  const ALL = { deletes: { deleteAfter: true, maxDelete: { kind: 'none' } } } satisfies Changes;
  const told = expect.stringMatching(
    /has at least (1 key|\d keys) with characters that its server cannot list/,
  );

  test.each([1000, 5])(
    'such keys are found by name, and what was not found is never told as deleted',
    async (page) => {
      s3 = await embedded({ profile: 'versitygw', limits: { maxPageSize: page } });
      const bucket = await s3.bucket();
      const tree = {
        a: 'a',
        'b\u0001': 'b',
        'd\u0002/x': 'x',
        'e\ufffd': 'e',
        'f/1': '1',
        'g/2': '2',
        'h/3': '3',
      };
      root = await writeTree(tree);
      expect((await publish(s3, bucket, root)).exit).toBe(EXIT.done);
      for (const name of ['stale', 'stale\ufffd', 'theirs\u0003', 'e\u0004'])
        s3.server.putObject(bucket, `p/${name}`, `${name} of others`);
      const run = await publish(s3, bucket, root, ALL);
      expect([...stepsOf(run)].sort()).toEqual(['delete p/stale done', 'delete p/stale\ufffd done']);
      expect(run.messages).toContainEqual(told);
      expect(run.exit).toBe(EXIT.done);
      const again = await publish(s3, bucket, root, ALL);
      expect({ steps: stepsOf(again), exit: again.exit }).toEqual({ steps: [], exit: EXIT.done });
      const kept = { 'p/theirs\u0003': 'theirs\u0003 of others', 'p/e\u0004': 'e\u0004 of others' };
      const ours = Object.entries(tree).map(([name, text]) => [`p/${name}`, text]);
      expect(s3.server.texts(bucket)).toEqual({ ...Object.fromEntries(ours), ...kept });
      const removed = await publish(s3, bucket, root, { command: 'remove', ...ALL });
      expect(removed.messages).toContainEqual(told);
      expect(removed).toMatchObject({ exit: EXIT.failed, report: { error: { code: 'unsafe-name' } } });
      expect(removed.report.error?.message).toContain('/p/ is not empty: its server cannot list');
      for (const key of Object.keys(kept)) expect(s3.server.texts(bucket)).toHaveProperty([key]);
    },
  );

  test('a source that has them is refused, as what is brought away would lack them', async () => {
    s3 = await embedded({ profile: 'versitygw' });
    const bucket = await s3.bucket();
    root = await writeTree({ a: 'a', 'b\u0001': 'b' });
    await publish(s3, bucket, root);
    const target = await temporaryDirectory();
    try {
      for (const run of [
        await download(s3, bucket, target, ALL),
        await publish(s3, bucket, '/', { prefix: 'q', source: { bucket } }),
      ]) {
        expect(run).toMatchObject({ exit: EXIT.refused, report: { error: { code: 'unsafe-name' } } });
        expect(run.report.error?.message).toContain(
          's3://bucket-1/p/ has keys whose characters its server cannot list (b\ufffd): nothing was',
        );
      }
      const excluded = { tree: { excludes: ['b?'] } };
      expect((await download(s3, bucket, target, { ...ALL, ...excluded })).exit).toBe(EXIT.done);
    } finally {
      await removeTree(target);
    }
  });
});
