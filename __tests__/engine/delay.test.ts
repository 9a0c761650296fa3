import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { md5Of } from '../../src/model/digest.js';
import { formatUpload, parseIndex } from '../../src/model/digest-index.js';
import { EXIT, SyncError } from '../../src/model/errors.js';
import { parseHeaderRules } from '../../src/model/header-rules.js';
import type { ObjectKey } from '../../src/model/object-key.js';
import { openStore } from '../../src/store/open.js';
import type { IndexStorage } from '../../src/sync/ports.js';
import { type Changes, memoryIndex, optionsFor, publish, stepsOf } from '../support/engine.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { noise, removeTree, writeTree } from '../support/tree.js';

const MIB = 1024 * 1024;
const DAY_MS = 24 * 3_600_000;

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

/** The index of a run that was stopped while its first part was on its way. */
async function stoppedInUpload(): Promise<ReturnType<typeof memoryIndex>> {
  const index = memoryIndex();
  const stop = new AbortController();
  s3.server.faults.add({ match: { operation: 'UploadPart' }, fault: { kind: 'hang' } });
  const remove = s3.server.before({ operation: 'UploadPart' }, () =>
    stop.abort(new SyncError('cancelled', EXIT.interrupted, 'stopped')),
  );
  await publish(s3, bucket, root, { index, signal: stop.signal });
  remove();
  s3.server.faults.clear();
  return index;
}

describe('delay-updates', () => {
  const delayed: Changes = { delayUpdates: true, deletes: { deleteAfter: true } };

  /** The old release is published, and the tree is the new one: new, changed, moved, duplicate, empty, gone, large. */
  async function oldAndNew(): Promise<Readonly<Record<string, string>>> {
    await writeTree(
      { 'index.html': 'old', a: 'one', b: 'two', gone: 'gone', 'big.bin': noise(9 * MIB) },
      root,
    );
    await publish(s3, bucket, root);
    await rename(join(root, 'big.bin'), join(root, 'large.bin'));
    await rm(join(root, 'gone'));
    await writeTree({ 'index.html': 'new!', a: 'two', b: 'one', c: 'fresh', d: 'fresh', empty: '' }, root);
    s3.server.log.clear();
    return s3.server.texts(bucket);
  }

  test('nothing changes before everything is staged; then all is as without', async () => {
    const before = await oldAndNew();
    let staged: Readonly<Record<string, string>> | undefined;
    const remove = s3.server.before({ operation: 'CompleteMultipartUpload' }, () => {
      staged ??= s3.server.texts(bucket);
    });
    const run = await publish(s3, bucket, root, delayed);
    remove();
    expect(run).toMatchObject({ exit: 0, report: { delayed: { keys: 7 } } });
    expect(staged).toEqual(before);
    const after = s3.server.texts(bucket);
    expect(after).toMatchObject({
      'p/index.html': 'new!',
      'p/a': 'two',
      'p/b': 'one',
      'p/c': 'fresh',
      'p/d': 'fresh',
    });
    expect(after['p/empty']).toBe('');
    expect(Object.keys(after)).not.toContain('p/gone');
    expect(s3.server.uploads(bucket)).toEqual([]);
    // The swap and the renamed file are read inside S3.
    expect(run.report.sentBytes).toBe('new!'.length + 'fresh'.length);
    s3.server.log.clear();
    expect(stepsOf(await publish(s3, bucket, root, delayed))).toEqual([]);
    expect(s3.server.log.counts).toEqual({ ListObjectsV2: 1 });
  });

  test.each(['CreateMultipartUpload', 'UploadPart', 'UploadPartCopy'] as const)(
    'a failure of %s before the first completion leaves everything as it was, and no upload',
    async (operation) => {
      const before = await oldAndNew();
      s3.server.faults.add({
        match: { operation },
        nth: [2, 3, 4, 5],
        fault: { kind: 'error', code: 'InvalidRequest' },
      });
      const run = await publish(s3, bucket, root, { ...delayed, connection: { concurrency: 1 } });
      s3.server.faults.clear();
      // A part copy that is refused is sent in its place.
      if (operation === 'UploadPartCopy') {
        expect(run.exit).toBe(0);
        return;
      }
      expect(run.exit).toBe(1);
      const told = run.messages.filter((message) => message.startsWith('nothing was changed: delay-updates'));
      expect(told).toHaveLength(1);
      expect(run.report.delayed).toBeUndefined();
      expect(s3.server.texts(bucket)).toEqual(before);
      expect(s3.server.uploads(bucket)).toEqual([]);
      expect(await publish(s3, bucket, root, delayed)).toMatchObject({ exit: 0 });
    },
  );

  test('a switch that stops half way is told as that, and the next run finishes it', async () => {
    await writeTree({ 'a.js': 'old', 'z.html': 'old' }, root);
    await publish(s3, bucket, root);
    await writeTree({ 'a.js': 'new', 'z.html': 'newer' }, root);
    s3.server.faults.add({
      match: { operation: 'CompleteMultipartUpload', key: 'p/z.html' },
      fault: { kind: 'error', code: 'InvalidRequest' },
    });
    const run = await publish(s3, bucket, root, delayed);
    s3.server.faults.clear();
    expect(run).toMatchObject({ exit: 1, report: { delayed: { keys: 1, of: 2 } } });
    expect(s3.server.texts(bucket)).toEqual({ 'p/a.js': 'new', 'p/z.html': 'old' });
    const next = await publish(s3, bucket, root, delayed);
    expect(next).toMatchObject({ exit: 0, report: { delayed: { keys: 1 } } });
    expect(next.report.delayed).not.toHaveProperty('of');
    expect(s3.server.texts(bucket)).toEqual({ 'p/a.js': 'new', 'p/z.html': 'newer' });
  });

  test('an upload that somebody aborts after it was staged is staged once more', async () => {
    await writeTree({ a: 'content' }, root);
    s3.server.faults.add({
      match: { operation: 'CompleteMultipartUpload' },
      nth: 1,
      fault: { kind: 'error', code: 'NoSuchUpload' },
    });
    expect(await publish(s3, bucket, root, delayed)).toMatchObject({ exit: 0 });
    expect(s3.server.texts(bucket)).toEqual({ 'p/a': 'content' });
  });

  test('what may not be completed fails by name, and nothing of it stays', async () => {
    await writeTree({ a: 'content' }, root);
    s3.server.faults.add({
      match: { operation: 'CompleteMultipartUpload' },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    const run = await publish(s3, bucket, root, delayed);
    expect(run).toMatchObject({
      exit: 1,
      report: { steps: [{ key: 'p/a', error: { code: 'access-denied' } }] },
    });
    expect(s3.server.texts(bucket)).toEqual({});
    expect(s3.server.uploads(bucket)).toEqual([]);
  });

  test('a dry run says whether it would be, and an unchanged tree that it is', async () => {
    await writeTree({ a: 'a' }, root);
    const none = { keys: 0, seconds: 0 };
    expect((await publish(s3, bucket, root, { ...delayed, dryRun: true })).report.delayed).toEqual(none);
    expect((await publish(s3, bucket, root, { dryRun: true })).report.delayed).toBeUndefined();
    await publish(s3, bucket, root, delayed);
    expect((await publish(s3, bucket, root, delayed)).report.delayed).toEqual(none);
  });

  test('a destination that cannot is refused, with nothing written; best-effort says so once and publishes', async () => {
    await writeTree({ a: 'a', 'index.html': 'home' }, root);
    s3.server.faults.add({
      match: { operation: 'CreateMultipartUpload' },
      fault: { kind: 'error', code: 'NotImplemented' },
    });
    const strict = await publish(s3, bucket, root, delayed);
    expect(strict).toMatchObject({ exit: 4, report: { error: { code: 'cannot-delay' } } });
    expect(s3.server.texts(bucket)).toEqual({});
    const best = await publish(s3, bucket, root, { ...delayed, delayUpdates: 'best-effort' });
    expect(best.exit).toBe(0);
    expect(best.report.delayed).toBeUndefined();
    expect(best.messages.filter((message) => message.includes('cannot delay updates'))).toHaveLength(1);
    expect(s3.server.texts(bucket)).toEqual({ 'p/a': 'a', 'p/index.html': 'home' });
  });
});

describe('interrupted', () => {
  test('a large upload is gone on with: what had arrived is not sent again', async () => {
    await writeTree({ 'big.bin': noise(40 * MIB) }, root);
    const index = memoryIndex();
    const stop = new AbortController();
    s3.server.faults.add({ match: { operation: 'UploadPart' }, nth: [3, 4, 5], fault: { kind: 'hang' } });
    let parts = 0;
    const remove = s3.server.after({ operation: 'UploadPart' }, () => {
      if (++parts === 2) stop.abort(new SyncError('cancelled', EXIT.interrupted, 'stopped'));
    });
    const first = await publish(s3, bucket, root, {
      index,
      signal: stop.signal,
      connection: { concurrency: 1 },
    });
    remove();
    s3.server.faults.clear();
    expect(first.exit).toBe(130);
    expect(s3.server.uploads(bucket)).toHaveLength(1);
    s3.server.log.clear();
    const second = await publish(s3, bucket, root, { index });
    expect(second.exit).toBe(0);
    expect(s3.server.log.counts.ListParts).toBe(1);
    expect(s3.server.log.counts.UploadPart).toBe(3);
    expect(s3.server.log.counts.CreateMultipartUpload).toBeUndefined();
    expect(s3.server.uploads(bucket)).toEqual([]);
  });

  test('what a dead run left behind and nobody wants any more is aborted; what nobody journalled is not', async () => {
    await writeTree({ 'big.bin': noise(20 * MIB) }, root);
    const index = memoryIndex();
    const stop = new AbortController();
    const remove = s3.server.after({ operation: 'UploadPart' }, () =>
      stop.abort(new SyncError('cancelled', EXIT.interrupted, 'stopped')),
    );
    await publish(s3, bucket, root, { index, signal: stop.signal });
    remove();
    expect(s3.server.uploads(bucket)).toHaveLength(1);
    const signal = new AbortController().signal;
    const { store } = await openStore(optionsFor(s3, bucket, '/'), () => undefined, signal);
    const headers = { contentType: 'text/plain', metadata: {} };
    const theirs = await store.createUpload({ key: 'p/theirs' as ObjectKey, headers }, signal);
    await rm(join(root, 'big.bin'));
    await writeTree({ small: 'small' }, root);
    expect(await publish(s3, bucket, root, { index })).toMatchObject({ exit: 0 });
    expect(s3.server.uploads(bucket).map(({ key }) => key)).toEqual([theirs.key]);
  });

  describe('with parts of it there', () => {
    const SIZE = 9 * MIB;
    const BIG = noise(SIZE);

    /** Runs that are stopped when so many parts of `names` have arrived. */
    async function left(
      parts: number,
      names = ['big.bin'],
      index = memoryIndex(),
    ): Promise<ReturnType<typeof memoryIndex>> {
      await writeTree(Object.fromEntries(names.map((name, i) => [name, noise(SIZE, i + 1)])), root);
      const stop = new AbortController();
      let arrived = 0;
      const remove = s3.server.after({ operation: 'UploadPart' }, () => {
        if (++arrived === parts) stop.abort(new SyncError('cancelled', EXIT.interrupted, 'stopped'));
      });
      const changes = { index, delayUpdates: true, signal: stop.signal };
      const run = await publish(s3, bucket, root, changes);
      remove();
      expect(run.exit).toBe(130);
      expect(s3.server.uploads(bucket)).toHaveLength(names.length);
      s3.server.log.clear();
      return index;
    }

    function expectHeld(name = 'p/big.bin', bytes = BIG): void {
      expect(s3.server.object(bucket, name)?.content.bytes().equals(bytes)).toBe(true);
      expect(s3.server.uploads(bucket)).toEqual([]);
    }

    test('all of them: the upload is completed, and nothing is sent', async () => {
      const run = await publish(s3, bucket, root, { index: await left(2) });
      expect(run).toMatchObject({ exit: 0, report: { sentBytes: 0 } });
      expect(s3.server.log.counts).toMatchObject({ ListParts: 1, CompleteMultipartUpload: 1 });
      expectHeld();
    });

    test.each([
      [{ remote: true }, 0],
      [{ local: true }, 1],
    ])(
      'under KMS, where ETags prove nothing: gone on with by an index in the bucket, C18: and by no other: %j',
      async (trust, creates) => {
        bucket = `${bucket}-kms-${creates}`;
        s3.server.createBucket(bucket, { encryption: { algorithm: 'aws:kms', keyId: 'k' } });
        const run = await publish(s3, bucket, root, { index: await left(2, undefined, memoryIndex(trust)) });
        expect(run).toMatchObject({ exit: 0, report: { sentBytes: creates * SIZE } });
        expect(s3.server.log.counts.CreateMultipartUpload ?? 0).toBe(creates);
        expectHeld();
      },
    );

    test('under KMS a part of another size is sent', async () => {
      bucket = `${bucket}-kms`;
      s3.server.createBucket(bucket, { encryption: { algorithm: 'aws:kms', keyId: 'k' } });
      const index = await left(2, undefined, memoryIndex({ remote: true }));
      const { signal } = new AbortController();
      const { store } = await openStore(optionsFor(s3, bucket, '/'), () => undefined, signal);
      const body = noise(MIB - 1, 9);
      const of = {
        key: 'p/big.bin' as ObjectKey,
        id: s3.server.uploads(bucket)[0]!.id,
        encryption: undefined,
      };
      await store.uploadPart({ upload: of, number: 2, body, md5: md5Of(body) }, signal);
      expect(await publish(s3, bucket, root, { index })).toMatchObject({
        exit: 0,
        report: { sentBytes: MIB },
      });
      expectHeld();
    });

    test('other bytes under the number of a part: it is sent, the others are not', async () => {
      const index = await left(2);
      const [upload] = s3.server.uploads(bucket);
      const { signal } = new AbortController();
      const { store } = await openStore(optionsFor(s3, bucket, '/'), () => undefined, signal);
      const body = noise(MIB, 9);
      const of = { key: 'p/big.bin' as ObjectKey, id: upload?.id ?? '', encryption: undefined };
      await store.uploadPart({ upload: of, number: 2, body, md5: md5Of(body) }, signal);
      const run = await publish(s3, bucket, root, { index });
      expect(run).toMatchObject({ exit: 0, report: { sentBytes: MIB } });
      expectHeld();
    });

    test.each(['AccessDenied', 'NoSuchUpload', 'InvalidArgument'] as const)(
      'that cannot be listed (%s): the files are sent anew, and what was left is aborted',
      async (code) => {
        const index = await left(4, ['big.bin', 'other.bin']);
        s3.server.faults.add({ match: { operation: 'ListParts' }, fault: { kind: 'error', code } });
        const run = await publish(s3, bucket, root, { index });
        expect(run).toMatchObject({ exit: 0, report: { sentBytes: 2 * SIZE } });
        const told = run.messages.filter((message) => message.includes('s3:ListMultipartUploadParts'));
        expect(told).toHaveLength(code === 'AccessDenied' ? 1 : 0);
        expectHeld();
        expectHeld('p/other.bin', noise(SIZE, 2));
      },
    );

    test('and no answer of the server: the run fails, and a later one goes on', async () => {
      const index = await left(2);
      s3.server.faults.add({
        match: { operation: 'ListParts' },
        fault: { kind: 'error', code: 'InternalError' },
      });
      const failed = await publish(s3, bucket, root, { index, connection: { maxAttempts: 1 } });
      expect(failed).toMatchObject({ exit: 1, report: { steps: [{ error: { code: 'server-error' } }] } });
      expect(s3.server.texts(bucket)).toEqual({});
      s3.server.faults.clear();
      expect(await publish(s3, bucket, root, { index })).toMatchObject({ exit: 0, report: { sentBytes: 0 } });
      expectHeld();
    });
  });

  test('an upload of which the headers are others by now is aborted by the run that publishes its key', async () => {
    await writeTree({ 'big.bin': noise(9 * MIB) }, root);
    const index = await stoppedInUpload();
    const left = s3.server.uploads(bucket).map(({ id }) => id);
    expect(left).toHaveLength(1);
    const changes = { index, headers: parseHeaderRules('/*\n  Cache-Control: no-cache', 'inline') };
    s3.server.faults.add({
      match: { operation: 'CompleteMultipartUpload' },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    expect((await publish(s3, bucket, root, changes)).exit).toBe(1);
    expect(s3.server.uploads(bucket).map(({ id }) => id)).toEqual(left);
    s3.server.faults.clear();
    const run = await publish(s3, bucket, root, changes);
    expect(run.exit).toBe(0);
    expect(run.messages.filter((message) => message.includes('left open'))).toEqual([]);
    expect(s3.server.uploads(bucket)).toEqual([]);
    expect(parseIndex(index.bytes ?? Buffer.alloc(0)).index?.uploads.size).toBe(0);
  });

  test('an upload of another machine that has nothing of use is left to it', async () => {
    await writeTree({ 'big.bin': noise(9 * MIB) }, root);
    const index = await stoppedInUpload();
    const [theirs] = s3.server.uploads(bucket);
    const entries = parseIndex(index.bytes ?? Buffer.alloc(0)).index?.uploads ?? new Map();
    index.bytes = Buffer.from('s3-dedup-sync-index 1\n');
    index.lines = '';
    for (const [id, entry] of entries) index.lines += formatUpload(id, { ...entry, process: 'another' });
    expect(await publish(s3, bucket, root, { index })).toMatchObject({ exit: 0 });
    expect(s3.server.log.counts.ListParts).toBe(1);
    expect(s3.server.object(bucket, 'p/big.bin')?.content.size).toBe(9 * MIB);
    expect(s3.server.uploads(bucket).map(({ id }) => id)).toEqual([theirs?.id]);
  });

  test('what was staged and may not be aborted: one warning, the rest in detail, and how many are left', async () => {
    await writeTree({ a: 'a', b: 'b', c: 'c', 'index.html': 'home' }, root);
    s3.server.faults.add({
      match: { operation: 'UploadPart', key: 'p/index.html' },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    s3.server.faults.add({
      match: { operation: 'AbortMultipartUpload' },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    const run = await publish(s3, bucket, root, { delayUpdates: true, connection: { concurrency: 1 } });
    expect(run.exit).toBe(1);
    expect(s3.server.texts(bucket)).toEqual({});
    const levels = run.events.flatMap((event) =>
      event.type === 'message' && event.message.includes('could not be aborted') ? [event.level] : [],
    );
    const open = s3.server.uploads(bucket).length;
    expect(levels).toEqual(['warning', ...Array.from({ length: open - 1 }, () => 'debug')]);
    expect(open).toBeGreaterThan(1);
    expect(run.messages).toContainEqual(
      `${open} multipart uploads are left open and will be billed until a lifecycle rule aborts them: an index that is kept (a path or s3://) would let the next run do it`,
    );
  });
});

test('an upload of a run that may still be at work is left to it, until it is old', async () => {
  await writeTree({ 'big.bin': noise(9 * MIB) }, root);
  const index = await stoppedInUpload();
  const [theirs] = s3.server.uploads(bucket);
  expect(theirs).toBeDefined();
  // As if another machine had begun it.
  const entries = parseIndex(index.bytes ?? Buffer.alloc(0)).index?.uploads ?? new Map();
  index.bytes = Buffer.from('s3-dedup-sync-index 1\n');
  expect(await publish(s3, bucket, root, { index })).toMatchObject({ exit: 0 });
  for (const [id, entry] of entries) index.lines += formatUpload(id, { ...entry, process: 'another' });
  // A run with nothing else to remember does not forget it.
  expect(await publish(s3, bucket, root, { index })).toMatchObject({ exit: 0 });
  expect(s3.server.uploads(bucket)).toHaveLength(1);
  await publish(s3, bucket, root, { index, now: () => Date.now() + 8 * DAY_MS });
  expect(s3.server.uploads(bucket)).toEqual([]);
});

describe('two writers', () => {
  test('a listing before the deletes shows another writer: nothing is deleted, exit 5', async () => {
    await writeTree({ a: 'a', gone: 'gone' }, root);
    await publish(s3, bucket, root);
    await rm(join(root, 'gone'));
    await writeTree({ b: 'b' }, root);
    const remove = s3.server.before({ operation: 'PutObject', key: 'p/b' }, () => {
      s3.server.putObject(bucket, 'p/theirs', 'theirs');
    });
    const run = await publish(s3, bucket, root, { deletes: { deleteAfter: true } });
    remove();
    expect(run).toMatchObject({ exit: 5, report: { error: { code: 'foreign-writer' } } });
    expect(run.report.error?.message).toMatch(
      /changed p\/theirs during this run; nothing was deleted: the next run replaces or deletes what that one wrote, so run again only if this tree is the one to be there/,
    );
    expect(stepsOf(run)).toEqual(['upload p/b done', 'delete p/gone skipped']);
    expect(Object.keys(s3.server.texts(bucket))).toEqual(['p/a', 'p/b', 'p/gone', 'p/theirs']);
    expect((await publish(s3, bucket, root, { deletes: { deleteAfter: true } })).exit).toBe(0);
    expect(Object.keys(s3.server.texts(bucket))).toEqual(['p/a', 'p/b']);
  });

  test('lock: the second is refused by name, the lock is given back, and one that ran out is taken', async () => {
    await writeTree({ a: 'a' }, root);
    let second: Awaited<ReturnType<typeof publish>> | undefined;
    let isBegun = false;
    const remove = s3.server.before({ operation: 'PutObject', key: 'p/a' }, async () => {
      if (isBegun) return;
      isBegun = true;
      second = await publish(s3, bucket, root, { lock: true, owner: 'the second' });
    });
    const first = await publish(s3, bucket, root, { lock: true, owner: 'the first' });
    remove();
    expect(first.exit).toBe(0);
    expect(second).toMatchObject({ exit: 4, report: { error: { code: 'locked' } } });
    expect(second?.report.error?.message).toContain('the first');
    expect(s3.server.texts(bucket)).toEqual({ 'p/a': 'a' });
    // S3's clock is known to a second.
    const over = JSON.stringify({ owner: 'a dead run', expires: Date.now() - 2_000 });
    s3.server.putObject(bucket, 'p/.s3-dedup-sync/lock', over);
    s3.server.log.clear();
    expect(await publish(s3, bucket, root, { lock: true })).toMatchObject({ exit: 0 });
    expect(Object.keys(s3.server.texts(bucket))).toEqual(['p/a']);
  });

  test.each([
    ['before its deletes', 'p/b'],
    ['before its next rank', 'p/a'],
    ['at its end', undefined],
  ])(
    'lock: of a run that slept %s, and whose lock another one had meanwhile, nothing more is done',
    async (_, last) => {
      await writeTree({ a: '0', 'x.html': 'x' }, root);
      await publish(s3, bucket, root);
      const theirs = await writeTree({ a: 'a', b: 'b', 'x.html': 'x' });
      await rm(join(root, 'x.html'));
      await writeTree({ a: 'a', b: 'b' }, root);
      let slept = 0;
      let second: Awaited<ReturnType<typeof publish>> | undefined;
      const now = (): number => Date.now() + slept;
      const sleep = async (): Promise<void> => {
        slept = 11 * 60_000;
        second = await publish(s3, bucket, theirs, { lock: true, now });
      };
      const match =
        last === undefined
          ? { operation: 'DeleteObjects' as const }
          : { operation: 'PutObject' as const, key: last };
      const remove = s3.server.after(match, async () => {
        remove();
        await sleep();
      });
      const deletes = { deleteAfter: true };
      const run = await publish(s3, bucket, root, { lock: true, deletes, now });
      expect(second?.exit).toBe(0);
      expect(run).toMatchObject({ exit: 5, report: { error: { code: 'foreign-writer' } } });
      expect(run.report.error?.message).toMatch(/^the lock of s3:.* was lost/);
      expect(s3.server.texts(bucket)).toEqual({ 'p/a': 'a', 'p/b': 'b', 'p/x.html': 'x' });
    },
  );

  test('lock: is not archived with what is published, as nobody could read it then', async () => {
    await writeTree({ a: 'a' }, root);
    s3.server.log.clear();
    const archived = { storageClass: 'DEEP_ARCHIVE' } as const;
    expect(await publish(s3, bucket, root, { lock: true, writeHeaders: archived })).toMatchObject({
      exit: 0,
    });
    const classes = s3.server.log
      .of('PutObject')
      .map(({ key, headers }) => [key, headers['x-amz-storage-class']]);
    expect(classes).toEqual([
      ['p/.s3-dedup-sync/lock', undefined],
      ['p/a', 'DEEP_ARCHIVE'],
      ['p/.s3-dedup-sync/lock', undefined],
    ]);
  });
});

describe('delete-grace and retain', () => {
  test('what is kept counts as no progress', async () => {
    const index = memoryIndex();
    const deletes = { deleteAfter: true, grace: { kind: 'deploys', deploys: 2 } } as const;
    await writeTree({ 'app.1.js': 'one', 'index.html': '1' }, root);
    await publish(s3, bucket, root, { index, deletes });
    await rm(join(root, 'app.1.js'));
    await writeTree({ 'index.html': '22' }, root);
    const { events } = await publish(s3, bucket, root, { index, deletes });
    expect(events).toContainEqual(expect.objectContaining({ type: 'phase-end', phase: 'execute', files: 1 }));
  });

  test('a key stays for so many deploys, and a run that changes nothing is none', async () => {
    const index = memoryIndex();
    const deletes = { deleteAfter: true, grace: { kind: 'deploys', deploys: 2 } } as const;
    await writeTree({ 'app.1.js': 'one', 'index.html': '1' }, root);
    await publish(s3, bucket, root, { index, deletes });
    await rm(join(root, 'app.1.js'));
    const deploy = async (page: string): Promise<readonly string[]> => {
      await writeTree({ 'index.html': page }, root);
      expect(await publish(s3, bucket, root, { index, deletes })).toMatchObject({ exit: 0 });
      return Object.keys(s3.server.texts(bucket));
    };
    expect(await deploy('22')).toContain('p/app.1.js');
    expect(await deploy('22')).toContain('p/app.1.js');
    expect(await deploy('333')).toContain('p/app.1.js');
    expect(await deploy('4444')).not.toContain('p/app.1.js');
  });

  test('runs that change nothing end no grace, however many, nor does a delete whose grace is over', async () => {
    const index = memoryIndex();
    const deletes = { deleteAfter: true, grace: { kind: 'deploys', deploys: 3 } } as const;
    const left = async (): Promise<readonly string[]> => {
      expect(await publish(s3, bucket, root, { index, deletes })).toMatchObject({ exit: 0 });
      return Object.keys(s3.server.texts(bucket)).filter((key) => key.includes('app'));
    };
    const deploy = async (number: number): Promise<readonly string[]> => {
      await rm(join(root, `app.${number - 1}.js`), { force: true });
      await writeTree({ [`app.${number}.js`]: `app ${number}`, 'index.html': `page ${number}` }, root);
      return left();
    };
    for (const number of [1, 2, 3, 4]) await deploy(number);
    const all = [1, 2, 3, 4].map((number) => `p/app.${number}.js`);
    for (let run = 0; run < 5; run++) expect(await left()).toEqual(all);
    expect(await deploy(5)).toEqual([...all.slice(1), 'p/app.5.js']);
    for (let run = 0; run < 5; run++) expect(await left()).toEqual([...all.slice(1), 'p/app.5.js']);
  });

  test.each([
    ['has an ACL of its own', { acl: 'public-read' }],
    ['is archived', { headers: { 'x-amz-storage-class': 'GLACIER' } }],
  ] as const)(
    'nor do those whose headers changed of an object that %s and keeps the old ones',
    async (_, object) => {
      const place = `${bucket}-acls`;
      s3.server.createBucket(place, { allowsAcls: true });
      const index = memoryIndex();
      const deletes = { deleteAfter: true, grace: { kind: 'deploys', deploys: 1 } } as const;
      const run = async (rule: string): Promise<readonly string[]> => {
        const headers = { rules: parseHeaderRules(`/page\n  Cache-Control: ${rule}`, 'inline').rules };
        const done = await publish(s3, place, root, { index, deletes, headers });
        expect(done).toMatchObject({ exit: 0 });
        return Object.keys(s3.server.texts(place));
      };
      await writeTree({ page: 'page', old: 'old' }, root);
      await run('max-age=1');
      s3.server.putObject(place, 'p/page', 'page', object);
      await rm(join(root, 'old'));
      expect(await run('max-age=2')).toEqual(['p/old', 'p/page']);
      expect(await run('max-age=2')).toEqual(['p/old', 'p/page']);
      await writeTree({ new: 'new' }, root);
      expect(await run('max-age=2')).toEqual(['p/new', 'p/page']);
    },
  );

  test('a run that only drops keys is a deploy, the one that deletes them at their time is none', async () => {
    const index = memoryIndex();
    const deletes = { deleteAfter: true, grace: { kind: 'deploys', deploys: 1 } } as const;
    const run = async (): Promise<readonly string[]> => {
      expect(await publish(s3, bucket, root, { index, deletes })).toMatchObject({ exit: 0 });
      return Object.keys(s3.server.texts(bucket));
    };
    await writeTree({ a: 'a', b: 'b', c: 'c' }, root);
    await run();
    await rm(join(root, 'a'));
    expect(await run()).toEqual(['p/a', 'p/b', 'p/c']);
    expect(await run()).toEqual(['p/a', 'p/b', 'p/c']);
    await rm(join(root, 'b'));
    expect(await run()).toEqual(['p/b', 'p/c']);
    expect(await run()).toEqual(['p/b', 'p/c']);
  });

  test('a run that fails when its time is over does not make it wait anew', async () => {
    const index = memoryIndex();
    const deletes = { deleteAfter: true, grace: { kind: 'deploys', deploys: 1 } } as const;
    const deploy = async (page: string): Promise<number> => {
      await writeTree({ 'index.html': page }, root);
      return (await publish(s3, bucket, root, { index, deletes })).exit;
    };
    await writeTree({ 'app.1.js': 'one' }, root);
    await deploy('1');
    await rm(join(root, 'app.1.js'));
    await deploy('22');
    for (const operation of ['PutObject', 'DeleteObjects'] as const) {
      const fault = s3.server.faults.add({
        match: { operation, bucket },
        fault: { kind: 'error', code: 'AccessDenied' },
      });
      expect(await deploy(`333 ${operation}`)).not.toBe(0);
      fault.remove();
    }
    expect(Object.keys(s3.server.texts(bucket))).toContain('p/app.1.js');
    expect(await deploy('4444')).toBe(0);
    expect(Object.keys(s3.server.texts(bucket))).not.toContain('p/app.1.js');
  });

  test('or for so long; another object under the key begins to wait anew; an index that was lost too', async () => {
    const index = memoryIndex();
    const deletes = { deleteAfter: true, grace: { kind: 'time', ms: 7 * DAY_MS } } as const;
    let today = 0;
    const run = (): ReturnType<typeof publish> =>
      publish(s3, bucket, root, { index, deletes, now: () => Date.now() + today * DAY_MS });
    await writeTree({ a: 'a', old: 'old' }, root);
    await run();
    await rm(join(root, 'old'));
    await run();
    today = 6;
    await run();
    s3.server.putObject(bucket, 'p/old', 'written by hand');
    today = 8;
    await run();
    expect(Object.keys(s3.server.texts(bucket))).toContain('p/old');
    index.bytes = undefined;
    today = 14;
    await run();
    expect(Object.keys(s3.server.texts(bucket))).toContain('p/old');
    today = 22;
    await run();
    expect(Object.keys(s3.server.texts(bucket))).toEqual(['p/a']);
  });

  test('a time goes by the clock of S3 and of this machine, whichever has it end later', async () => {
    let ahead = 0;
    const other = await embedded({ clock: () => Date.now() + ahead * DAY_MS });
    const place = await other.bucket();
    const index = memoryIndex();
    const deletes = { deleteAfter: true, grace: { kind: 'time', ms: 7 * DAY_MS } } as const;
    /** @param today by this machine's clock; S3's is `ahead` of the true one */
    const left = async (today: number): Promise<readonly string[]> => {
      const now = (): number => Date.now() + today * DAY_MS;
      expect(await publish(other, place, root, { index, deletes, now })).toMatchObject({ exit: 0 });
      return Object.keys(other.server.texts(place));
    };
    await writeTree({ a: 'a', old: 'old' }, root);
    await left(0);
    await rm(join(root, 'old'));
    // It is the 400th day, and the clock of this machine is that far behind.
    ahead = 400;
    expect(await left(0)).toEqual(['p/a', 'p/old']);
    ahead = 0;
    expect(await left(406)).toEqual(['p/a', 'p/old']);
    // The clock of this machine is ahead.
    ahead = -2;
    expect(await left(408)).toEqual(['p/a', 'p/old']);
    ahead = 0;
    expect(await left(408)).toEqual(['p/a']);
    await other.stop();
  });

  describe('a release that has the file again ends its wait, also where its index is not written', () => {
    const deletes = { deleteAfter: true, grace: { kind: 'time', ms: 7 * DAY_MS } } as const;
    let messages: readonly string[];
    let index: ReturnType<typeof memoryIndex>;

    const release = async (
      today: number,
      files: Readonly<Record<string, string>>,
      storage: IndexStorage = index,
    ): Promise<readonly string[]> => {
      await rm(join(root, 'old'), { force: true });
      await writeTree(files, root);
      const now = (): number => Date.now() + today * DAY_MS;
      messages = (await publish(s3, bucket, root, { index: storage, deletes, now })).messages;
      return Object.keys(s3.server.texts(bucket));
    };

    beforeEach(async () => {
      index = memoryIndex();
      await release(0, { page: 'names old', old: 'old' });
      expect(await release(0, { page: 'does not' })).toContain('p/old');
    });

    const rejecting = (): Promise<never> => Promise.reject(new Error('no room'));
    const later = { page: 'does not, later' };

    test.each([
      ['a page names it again', { page: 'names old again', old: 'old' }],
      ['nothing else changed', { page: 'does not', old: 'old' }],
    ])('%s', async (_, files) => {
      await release(8, files, { ...index, load: async () => index.bytes, save: rejecting });
      expect(await release(8, later)).toContain('p/old');
      expect(await release(14, later)).toContain('p/old');
      expect(await release(16, later)).not.toContain('p/old');
    });

    test('a run after it that writes nothing remembers it too, as the journal goes', async () => {
      const files = { page: 'names old again', old: 'old' };
      await release(8, files, { ...index, load: async () => index.bytes, save: rejecting });
      await release(8, files);
      expect(index.lines).toBe('');
      expect(await release(8, later)).toContain('p/old');
    });

    test('a journal that stays ends no wait that began since', async () => {
      await release(
        8,
        { page: 'names old again', old: 'old' },
        { ...index, load: async () => index.bytes, save: rejecting },
      );
      const { lines } = index;
      await release(8, later);
      index.lines = lines;
      expect(await release(16, later)).not.toContain('p/old');
    });

    test('a journal that cannot be read may have ended each of them', async () => {
      const journal = { ...index.journal, load: rejecting };
      const unread = { ...index, journal, load: async () => index.bytes, save: index.save.bind(index) };
      expect(await release(8, later, unread)).toContain('p/old');
      expect(await release(16, later)).not.toContain('p/old');
    });

    test('where the journal cannot be written either a warning says what to do', async () => {
      const journal = { ...index.journal, append: rejecting };
      const denied = { ...index, journal, load: async () => index.bytes, save: rejecting };
      await release(8, { page: 'names old again', old: 'old' }, denied);
      expect(messages).toContainEqual(
        expect.stringMatching(
          /^which waits of delete-grace this release ends .* \(\/in memory: no room\): .* keep delete-after away until it is, as deletes may come before their grace is over$/,
        ),
      );
    });
  });

  test('D8: what begins to wait is judged by max-delete', async () => {
    const index = memoryIndex();
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, `content ${i}`]));
    await writeTree({ ...many, a: 'a' }, root);
    await publish(s3, bucket, root, { index });
    for (const name of Object.keys(many)) await rm(join(root, name));
    const deletes = { deleteAfter: true, grace: { kind: 'deploys', deploys: 1 } } as const;
    expect(await publish(s3, bucket, root, { index, deletes })).toMatchObject({
      exit: 4,
      report: { error: { code: 'too-many-deletions' } },
    });
  });

  test('retain: never deleted', async () => {
    await writeTree({ a: 'a', 'keep/x': 'x', gone: 'gone' }, root);
    await publish(s3, bucket, root);
    await rm(join(root, 'keep'), { recursive: true });
    await rm(join(root, 'gone'));
    const run = await publish(s3, bucket, root, { deletes: { deleteAfter: true, retain: ['keep/'] } });
    expect(run).toMatchObject({ exit: 0, report: { totals: { kept: { files: 1 }, deleted: { files: 1 } } } });
    expect(Object.keys(s3.server.texts(bucket))).toEqual(['p/a', 'p/keep/x']);
  });
});
