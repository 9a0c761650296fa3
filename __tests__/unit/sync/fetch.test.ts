import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { TargetDirectory } from '../../../src/disk/target-directory.js';
import { type ETag, md5Of } from '../../../src/model/digest.js';
import { SyncError } from '../../../src/model/errors.js';
import type { ObjectKey } from '../../../src/model/object-key.js';
import type { DeleteStep, UploadStep } from '../../../src/model/plan.js';
import { type ReadableStore, StoreError } from '../../../src/store/object-store.js';
import { DigestPool } from '../../../src/sync/digest-pool.js';
import { asFailure, Fetch, secondsOf, tokenOf } from '../../../src/sync/fetch.js';
import { readTree, removeTree, writeTree } from '../../support/tree.js';

const system = (code: string): Error =>
  Object.assign(new Error(`${code}: as told`), { code, syscall: 'open' });

test.each([
  ['ENOSPC', 'no-room', 'there is no room for it (ENOSPC): free some, and run again'],
  ['EDQUOT', 'no-room', 'there is no room for it (EDQUOT): free some, and run again'],
  ['ELOOP', 'in-the-way', 'a link, a file or a directory is in its way (ELOOP): move it'],
  ['EISDIR', 'in-the-way', 'a link, a file or a directory is in its way (EISDIR): move it'],
  ['ENOTDIR', 'in-the-way', 'a link, a file or a directory is in its way (ENOTDIR): move it'],
  ['EEXIST', 'in-the-way', 'a link, a file or a directory is in its way (EEXIST): move it'],
  [
    'EMFILE',
    'not-writable',
    'too many files are open (EMFILE): raise the limit (ulimit -n), or set concurrency to less',
  ],
  ['ENAMETOOLONG', 'unsafe-name', 'this file system cannot hold the name (ENAMETOOLONG): exclude it'],
  ['EILSEQ', 'unsafe-name', 'this file system cannot hold the name (EILSEQ): exclude it'],
  ['EINVAL', 'unsafe-name', 'this file system cannot hold the name (EINVAL): exclude it'],
  [
    'EROFS',
    'not-writable',
    'the file cannot be written (EROFS: as told): check the permissions of the target',
  ],
])('a file system that answers %s is told as %s, with the name and what to do', (errno, code, words) => {
  const told = asFailure(system(errno), 'a/b', 'p/a/b');
  expect(told).toBeInstanceOf(SyncError);
  expect(told).toMatchObject({ code, key: 'a/b', message: `a/b: ${words}` });
});

test('what is no file system’s answer stays what it is', () => {
  const denied = new StoreError('denied', 'AccessDenied', 403, 'GetObject', 'as told');
  expect(asFailure(denied, 'a', 'p/a')).toBe(denied);
  const other = new Error('as told');
  expect(asFailure(other, 'a', 'p/a')).toBe(other);
  expect(
    asFailure(new StoreError('condition', 'PreconditionFailed', 412, 'GetObject', ''), 'a', 'p/a'),
  ).toEqual(expect.objectContaining({ message: expect.stringContaining('p/a') }));
});

test('seconds are rounded down, before 1970 too', () => {
  expect(
    [0n, 1n, 999_999_999n, 1_000_000_000n, -1n, -1_000_000_000n, -1_000_000_001n].map(secondsOf),
  ).toEqual([0n, 0n, 0n, 1n, -1n, -1n, -2n]);
});

describe('files of a target', () => {
  let root: string;
  let directory: TargetDirectory;
  let stop: AbortController;
  let fetch: Fetch;
  let getWhole: jest.Mock<ReadableStore['getWhole']>;

  beforeEach(async () => {
    root = await writeTree({ 'd/gone': 'gone' });
    directory = await TargetDirectory.open(root);
    stop = new AbortController();
    getWhole = jest.fn<ReadableStore['getWhole']>();
    fetch = new Fetch({
      store: { getWhole } as unknown as ReadableStore,
      directory,
      target: { directory: root, duplicates: 'copy', asStored: false },
      local: new Map(),
      heads: new Map(),
      pool: new DigestPool(() => undefined, stop.signal),
      bytesDue: 0,
      preserve: false,
      overwrite: 'if-unchanged',
      emit: () => undefined,
      onReceived: () => undefined,
      signal: stop.signal,
      requests: stop.signal,
    });
  });
  afterEach(async () => {
    await directory.close();
    await removeTree(root);
  });

  async function deletion(): Promise<DeleteStep> {
    const etag = tokenOf(await lstat(join(root, 'd/gone'), { bigint: true }));
    return { action: 'delete', key: 'd/gone' as ObjectKey, etag, reason: 'absent', rank: 0, bytes: 4 };
  }

  test('are deleted, and with the last one their directory', async () => {
    expect(await fetch.delete([await deletion()])).toMatchObject([{ outcome: 'done' }]);
    await expect(lstat(join(root, 'd'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('are not deleted when the run was stopped', async () => {
    const step = await deletion();
    stop.abort(new Error('a test stops it'));
    expect(await fetch.delete([step])).toMatchObject([{ outcome: 'skipped', error: { code: 'cancelled' } }]);
    expect([...(await readTree(root)).keys()]).toEqual(['d/gone']);
  });

  test('are not made of a body that is far longer than it was listed: the object is told, not the network', async () => {
    const told = '50000000 bytes arrived in place of 5000';
    getWhole.mockRejectedValue(new StoreError('rejected', 'TooLarge', 200, 'GetObject', told));
    const object = { key: 'p/a' as ObjectKey, etag: 'e' as ETag, size: 5000, lastModified: 0 };
    const stats = { mtimeNs: 0n, ctimeNs: 0n, dev: 0n, ino: 0n, nlink: 1, mode: 0 };
    const file = { name: 'a', path: '', real: '', size: 5000, ...stats, object };
    const step = {
      key: 'a' as ObjectKey,
      file,
      md5: undefined,
      rank: 0,
      bytes: 5000,
      staged: false,
    } as const;
    const outcome = await fetch.write({
      ...step,
      condition: { ifNoneMatch: '*' },
      action: 'download',
      reason: 'new',
    });
    expect(outcome).toMatchObject({
      outcome: 'failed',
      error: { code: 'wrong-content', message: expect.stringContaining(`a: ${told}, twice`) },
    });
    expect(getWhole).toHaveBeenCalledTimes(2);
    expect([...(await readTree(root)).keys()]).toEqual(['d/gone']);
  });

  test('are not made by the steps of a publish: those fail, and say so', async () => {
    const md5 = md5Of(Buffer.alloc(0));
    const [key, name] = ['a' as ObjectKey, 'a'];
    const none = {
      path: '',
      real: '',
      size: 0,
      mtimeNs: 0n,
      ctimeNs: 0n,
      dev: 0n,
      ino: 0n,
      nlink: 1,
      mode: 0,
    };
    const condition = { ifNoneMatch: '*' } as const;
    const common = { key, file: { ...none, name }, md5, condition, rank: 0, bytes: 0, staged: false };
    const upload: UploadStep = { ...common, action: 'upload', reason: 'new' };
    expect(await fetch.write(upload)).toMatchObject({
      outcome: 'failed',
      error: { code: 'internal', message: 'a: upload to a directory' },
    });
    expect(await fetch.write({ ...common, action: 'download', reason: 'new' })).toMatchObject({
      outcome: 'failed',
      error: { code: 'internal', message: 'a: a is no object' },
    });
    expect([...(await readTree(root)).keys()]).toEqual(['d/gone']);
  });
});
