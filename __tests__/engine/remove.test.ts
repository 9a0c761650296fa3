import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { processMark } from '../../src/disk/process-mark.js';
import { md5Of } from '../../src/model/digest.js';
import { formatUpload } from '../../src/model/digest-index.js';
import type { ObjectKey } from '../../src/model/object-key.js';
import { openStore } from '../../src/store/open.js';
import { objectIndexStorage } from '../../src/sync/index-file.js';
import type { IndexStorage } from '../../src/sync/ports.js';
import {
  type Changes,
  memoryIndex,
  optionsFor,
  type Published,
  publish,
  stepsOf,
} from '../support/engine.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { noise, removeTree, writeTree } from '../support/tree.js';

const MIB = 1024 * 1024;
const DAY_MS = 24 * 3_600_000;

/** What `parseOptions` makes of `command: remove` without `max-delete`. */
const REMOVE = { deleteAfter: true, maxDelete: { kind: 'none' } } as const;

let s3: EmbeddedTestServer;
let bucket: string;
let root: string;

beforeAll(async () => {
  s3 = await embedded();
});
afterAll(() => s3.stop());
beforeEach(async () => {
  bucket = await s3.bucket();
  root = await writeTree({});
  s3.server.log.clear();
});
afterEach(async () => {
  s3.server.faults.clear();
  await removeTree(root);
});

const remove = (changes: Changes = {}): Promise<Published> =>
  publish(s3, bucket, root, {
    command: 'remove',
    prefix: 'pr-1',
    ...changes,
    deletes: { ...REMOVE, ...changes.deletes },
  });

function put(...keys: readonly string[]): void {
  for (const key of keys) s3.server.putObject(bucket, key, `bytes of ${key}`);
}

function lease(key: string, expires: number): void {
  s3.server.putObject(bucket, key, JSON.stringify({ owner: 'a publish', expires }));
}

const keys = (): readonly string[] => Object.keys(s3.server.texts(bucket));

describe('what goes and what stays', () => {
  test('D4: everything under the prefix goes, its neighbours stay', async () => {
    put('pr-1', 'pr-1/', 'pr-1/a', 'pr-1/b/c', 'pr-1/.well-known/x', 'pr-10/a', 'pr-1.old/a', 'pr-2/a', 'a');
    const run = await remove();
    expect(run).toMatchObject({ exit: 0, report: { status: 'done', ranks: ['deletes', 'own objects'] } });
    expect(keys()).toEqual(['a', 'pr-1', 'pr-1.old/a', 'pr-10/a', 'pr-2/a']);
    expect(stepsOf(run)).toEqual([
      'delete pr-1/ done',
      'delete pr-1/.well-known/x done',
      'delete pr-1/a done',
      'delete pr-1/b/c done',
    ]);
    expect(new Set(run.report.steps.map(({ reason }) => reason))).toEqual(new Set(['removed']));
    expect(run.report.totals).toMatchObject({ deleted: { files: 4 }, unchanged: { files: 0 } });
    expect(s3.server.log.counts).toEqual({ ListObjectsV2: 3, DeleteObjects: 1 });
  });

  test('more than a thousand keys', async () => {
    for (let i = 0; i < 2_345; i++) s3.server.putObject(bucket, `pr-1/${i}`, '');
    put('pr-10/a');
    const run = await remove();
    expect(run).toMatchObject({ exit: 0, report: { totals: { deleted: { files: 2_345 } } } });
    expect(keys()).toEqual(['pr-10/a']);
    expect(s3.server.log.count('DeleteObjects')).toBe(3);
  });

  test('a prefix without objects: nothing to do', async () => {
    put('pr-10/a');
    const run = await remove();
    expect(run).toMatchObject({ exit: 0, report: { status: 'done', steps: [] } });
    expect(s3.server.log.counts).toEqual({ ListObjectsV2: 1 });
  });

  test('retain keeps what it matches, our own objects too', async () => {
    put('pr-1/', 'pr-1/a.log', 'pr-1/b', 'pr-1/.s3-dedup-sync/index');
    const stop = s3.server.before({ operation: 'DeleteObjects' }, () => put('pr-1/new.log'));
    const run = await remove({ deletes: { retain: ['*.log', '/.s3-dedup-sync/'] } });
    stop();
    expect(run).toMatchObject({
      exit: 0,
      report: { totals: { deleted: { files: 2 }, kept: { files: 2 } } },
    });
    expect(keys()).toEqual(['pr-1/.s3-dedup-sync/index', 'pr-1/a.log', 'pr-1/new.log']);
  });

  test('a dry run says what would go and deletes nothing', async () => {
    put('pr-1/a', 'pr-1/.s3-dedup-sync/index');
    const index = memoryIndex();
    index.load = () => Promise.reject(new Error('a dry run needs no index'));
    const run = await remove({ dryRun: true, lock: true, index });
    expect(run.messages).toEqual([]);
    expect(run).toMatchObject({ exit: 0, report: { status: 'planned', totals: { deleted: { files: 2 } } } });
    expect(stepsOf(run)).toEqual(['delete pr-1/a planned', 'delete pr-1/.s3-dedup-sync/index planned']);
    expect(s3.server.log.counts).toEqual({ ListObjectsV2: 1 });
  });

  test('a bucket that does not exist, and a listing that is denied (D9), fail', async () => {
    const gone = await publish(s3, 'no-such-bucket', root, { command: 'remove', deletes: REMOVE });
    expect(gone).toMatchObject({ exit: 2, report: { error: { code: 'no-such-bucket' } } });
    put('pr-1/a');
    s3.server.access.set({ id: s3.accessKeyId, deny: ['ListBucket'] });
    const denied = await remove();
    s3.server.access.set({ id: s3.accessKeyId });
    expect(denied).toMatchObject({ exit: 1, report: { error: { code: 'access-denied' } } });
    expect(keys()).toEqual(['pr-1/a']);
  });
});

describe('max-delete', () => {
  test.each([
    [{ kind: 'count', count: 29 }, 4],
    [{ kind: 'count', count: 30 }, 0],
    [{ kind: 'percent', percent: 99 }, 4],
    [{ kind: 'percent', percent: 100 }, 0],
    [{ kind: 'none' }, 0],
  ] as const)('D8: %j, of 30 keys', async (maxDelete, exit) => {
    put(...Array.from({ length: 30 }, (_, i) => `pr-1/${i}`), 'pr-1/.s3-dedup-sync/index');
    const run = await remove({ deletes: { maxDelete } });
    expect(run.exit).toBe(exit);
    expect(keys()).toHaveLength(exit === 0 ? 0 : 31);
    if (exit === 0) return;
    expect(run.report.error?.message).toMatch(
      /^30 of 30 objects under .*pr-1\/ would be deleted \(pr-1\/0, pr-1\/1, pr-1\/10 and 27 more\) and max-delete allows 29: nothing was written; check the prefix/,
    );
    expect(s3.server.log.counts).toEqual({ ListObjectsV2: 1 });
  });

  test.each(['./keep/', 'pr-1/keep/', 'keep/ # it', '"keep/"'])(
    'D15: retain %j, which matches nothing and was to keep something, refuses the run',
    async (line) => {
      put('pr-1/a', 'pr-1/keep/x');
      const run = await remove({ deletes: { retain: [line] } });
      expect(run).toMatchObject({ exit: 4, report: { error: { code: 'pattern-without-match' } } });
      expect(run.messages).toEqual([]);
      expect(keys()).toEqual(['pr-1/a', 'pr-1/keep/x']);
    },
  );

  test('D15: other lines of retain that keep nothing are told', async () => {
    put('pr-1/a', 'pr-1/.s3-dedup-sync/index');
    const run = await remove({ deletes: { retain: ['/.s3-dedup-sync/', '*.log', './none', '/b/c'] } });
    expect(run).toMatchObject({ exit: 0, report: { totals: { deleted: { files: 1 } } } });
    expect(run.messages).toEqual([
      expect.stringMatching(/^retain: nothing is kept back by ".\/none" \(write "\/none"\), "\/b\/c": no /),
      expect.stringMatching(/^retain: nothing is kept back by "\*\.log": no /),
    ]);
  });

  test('what retain keeps is no deletion', async () => {
    put('pr-1/a', 'pr-1/b');
    const deletes = { maxDelete: { kind: 'count', count: 1 }, retain: ['a'] } as const;
    expect(await remove({ deletes })).toMatchObject({ exit: 0 });
    expect(keys()).toEqual(['pr-1/a']);
  });
});

describe('another writer', () => {
  test('that changes or adds a key after the listing: nothing is deleted, exit 5', async () => {
    for (const key of ['pr-1/a', 'pr-1/new', 'pr-1/.s3-dedup-sync/lock']) {
      for (const old of keys()) s3.server.deleteObject(bucket, old);
      put('pr-1/a', 'pr-1/b', 'pr-1/.s3-dedup-sync/index');
      let listings = 0;
      const stop = s3.server.before({ operation: 'ListObjectsV2' }, () => {
        if (++listings === 2) s3.server.putObject(bucket, key, 'theirs');
      });
      const run = await remove();
      stop();
      expect(run).toMatchObject({ exit: 5, report: { error: { code: 'foreign-writer' } } });
      expect(run.report.error?.message).toContain(
        `changed ${key} during this run; nothing was deleted: the next run deletes what that one wrote, so run again only if that may go`,
      );
      expect(stepsOf(run)).toEqual([
        'delete pr-1/a skipped',
        'delete pr-1/b skipped',
        'delete pr-1/.s3-dedup-sync/index skipped',
      ]);
      const before = ['pr-1/.s3-dedup-sync/index', 'pr-1/a', 'pr-1/b'];
      expect(keys()).toEqual([...new Set([key, ...before])].sort());
      // The check before the deletes is made once, for both ranks.
      expect(listings).toBe(2);
    }
  });

  test('that changes a key at the last moment: its bytes stay, and so do our own objects', async () => {
    put('pr-1/a', 'pr-1/b', 'pr-1/.s3-dedup-sync/index');
    const stop = s3.server.before({ operation: 'DeleteObjects' }, () => {
      s3.server.putObject(bucket, 'pr-1/a', 'theirs');
    });
    const run = await remove();
    stop();
    expect(run.exit).toBe(5);
    expect(stepsOf(run)).toEqual([
      'delete pr-1/a failed',
      'delete pr-1/b done',
      'delete pr-1/.s3-dedup-sync/index skipped',
    ]);
    expect(s3.server.texts(bucket)).toMatchObject({ 'pr-1/a': 'theirs' });
    expect(keys()).toEqual(['pr-1/.s3-dedup-sync/index', 'pr-1/a']);
  });

  test('that adds a key behind our back: it stays, and the run does not call the prefix empty', async () => {
    put('pr-1/a');
    const stop = s3.server.before({ operation: 'DeleteObjects' }, () => put('pr-1/new'));
    const run = await remove();
    stop();
    expect(run.exit).toBe(5);
    expect(run.report.error?.message).toContain('changed pr-1/new during this run; it is not empty');
    expect(keys()).toEqual(['pr-1/new']);
  });
});

test('D7: a key that is denied inside a 200 fails the run by name', async () => {
  put('pr-1/a', 'pr-1/b', 'pr-1/.s3-dedup-sync/index');
  s3.server.faults.add({
    match: { operation: 'DeleteObjects' },
    fault: { kind: 'refuse-keys', code: 'AccessDenied', keys: /\/a$/ },
  });
  const run = await remove();
  expect(run.exit).toBe(1);
  expect(run.report.totals).toMatchObject({ deleted: { files: 1 }, failed: { files: 1 } });
  expect(run.report.steps[0]?.error?.message).toMatch(/s3:DeleteObject/);
  expect(keys()).toEqual(['pr-1/.s3-dedup-sync/index', 'pr-1/a']);
});

describe('our own objects', () => {
  test('index, journal and a lock that ran out go, after everything else', async () => {
    put('pr-1/z', 'pr-1/.s3-dedup-sync/index', 'pr-1/.s3-dedup-sync/index.journal/x-1');
    // S3's clock is known to a second.
    lease('pr-1/.s3-dedup-sync/lock', Date.now() - 2_000);
    const run = await remove();
    expect(run.exit).toBe(0);
    expect(run.report.steps.map(({ key, reason }) => `${reason} ${key}`)).toEqual([
      'removed pr-1/z',
      'own pr-1/.s3-dedup-sync/index',
      'own pr-1/.s3-dedup-sync/index.journal/x-1',
      'own pr-1/.s3-dedup-sync/lock',
    ]);
    expect(s3.server.log.count('DeleteObjects')).toBe(2);
    expect(keys()).toEqual([]);
  });

  test.each(['pr-1/.s3-dedup-sync/lock', 'pr-1/docs/.s3-dedup-sync/lock'])(
    'a lock that is held refuses: %s',
    async (key) => {
      put('pr-1/a');
      lease(key, Date.now() + 60_000);
      for (const changes of [{}, { dryRun: true }, { lock: true }]) {
        const run = await remove(changes);
        expect(run).toMatchObject({ exit: 4, report: { status: 'refused', error: { code: 'locked' } } });
        expect(run.report.error?.message).toMatch(/is locked by a publish \(until /);
      }
      expect(keys()).toEqual([key, 'pr-1/a'].sort());
      expect(s3.server.log.count('DeleteObjects')).toBe(key === 'pr-1/.s3-dedup-sync/lock' ? 0 : 1);
    },
  );

  test('a lock that cannot be read is held, as it is for a publish', async () => {
    put('pr-1/a', 'pr-1/.s3-dedup-sync/lock');
    const run = await remove();
    expect(run).toMatchObject({ exit: 4, report: { error: { code: 'locked' } } });
    expect(keys()).toEqual(['pr-1/.s3-dedup-sync/lock', 'pr-1/a']);
  });

  test('with lock it holds its own, one publish is refused meanwhile, and the lock goes too', async () => {
    put('pr-1/a');
    let publishing: Published | undefined;
    const stop = s3.server.before({ operation: 'DeleteObjects' }, async () => {
      if (publishing !== undefined) return;
      stop();
      await writeTree({ a: 'new' }, root);
      publishing = await publish(s3, bucket, root, { prefix: 'pr-1', lock: true });
    });
    const run = await remove({ lock: true });
    expect(publishing).toMatchObject({ exit: 4, report: { error: { code: 'locked' } } });
    expect(run).toMatchObject({ exit: 0, report: { totals: { deleted: { files: 1 } } } });
    expect(keys()).toEqual([]);
  });
});

describe('what earlier runs remember', () => {
  test('the index is left as it is and harmless: the next publish sends everything', async () => {
    await writeTree({ a: 'a', 'big.bin': noise(20 * MIB) }, root);
    const index = memoryIndex({ remote: true, local: true });
    await publish(s3, bucket, root, { prefix: 'pr-1', index });
    const { saves } = index;
    expect(await remove({ index })).toMatchObject({ exit: 0 });
    expect([index.saves, keys()]).toEqual([saves, []]);
    const again = await publish(s3, bucket, root, { prefix: 'pr-1', index });
    expect(again).toMatchObject({ exit: 0, report: { totals: { uploaded: { files: 2 } } } });
    expect(keys()).toEqual(['pr-1/a', 'pr-1/big.bin']);
  });

  test('uploads that a dead run journalled are aborted, what nobody journalled is not', async () => {
    await writeTree({ 'big.bin': noise(40 * MIB) }, root);
    const index = memoryIndex();
    const stopped = new AbortController();
    const stop = s3.server.before({ operation: 'UploadPart' }, () => {
      stop();
      stopped.abort(new Error('stopped'));
    });
    await publish(s3, bucket, root, { prefix: 'pr-1', index, signal: stopped.signal });
    expect(s3.server.uploads(bucket)).toHaveLength(1);
    const { signal } = new AbortController();
    const { store } = await openStore(optionsFor(s3, bucket, '/'), () => undefined, signal);
    const headers = { contentType: 'text/plain', metadata: {} };
    await store.createUpload({ key: 'pr-1/theirs' as ObjectKey, headers }, signal);
    const { saves } = index;
    const run = await remove({ index, now: () => Date.now() + 8 * DAY_MS });
    expect(run.exit).toBe(0);
    expect(s3.server.uploads(bucket).map(({ key }) => key)).toEqual(['pr-1/theirs']);
    expect(index.saves).toBe(saves);
  });

  test.each([
    ['could not be aborted', processMark(), true, 'run again'],
    ['may be of a run that is at work', 'another', false, 'run again with lock'],
  ])('what names an upload that %s stays, and a later removal aborts it', async (_, process, lock, told) => {
    const { signal } = new AbortController();
    const { store, close } = await openStore(optionsFor(s3, bucket, '/'), () => undefined, signal);
    const index = 'pr-1/.s3-dedup-sync/index' as ObjectKey;
    const indexThere = (): IndexStorage => objectIndexStorage(store, { bucket, key: index }, true);
    await writeTree({ a: 'a' }, root);
    await publish(s3, bucket, root, { prefix: 'pr-1', index: indexThere() });
    const key = 'pr-1/big.bin' as ObjectKey;
    const headers = { contentType: 'text/plain', metadata: {} };
    const { id } = await store.createUpload({ key, headers }, signal);
    const purpose = { key, md5: md5Of(Buffer.from('')), size: 9 * MIB, parts: `1x${9 * MIB}`, headers: '' };
    const entry = { ...purpose, begun: Date.now(), process };
    await indexThere().journal.append(formatUpload(id, entry), signal);
    put('pr-1/.s3-dedup-sync/index-of-another');
    const journal = keys().find((ours) => ours.startsWith(`${index}.journal/`));

    s3.server.access.set({ id: s3.accessKeyId, ...(lock ? { deny: ['AbortMultipartUpload'] } : {}) });
    const first = await remove({ index: indexThere(), lock });
    s3.server.access.set({ id: s3.accessKeyId });
    expect(first).toMatchObject({
      exit: 0,
      report: { totals: { deleted: { files: 2 }, kept: { files: 2 } } },
    });
    expect(first.messages).toContain(
      `s3://${bucket}/${index} and its journal stay, as they name 1 upload that was not aborted: ${told}, else what was uploaded is billed until a lifecycle rule aborts it`,
    );
    expect([s3.server.uploads(bucket).length, keys()]).toEqual([1, [index, journal]]);

    expect(await remove({ index: indexThere(), lock: true })).toMatchObject({ exit: 0 });
    close();
    expect([s3.server.uploads(bucket), keys()]).toEqual([[], []]);
  });
});
