import { readFileSync } from 'node:fs';
import { appendFile, link, lstat, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { processMark } from '../../../src/disk/process-mark.js';
import { TargetDirectory } from '../../../src/disk/target-directory.js';
import { EMPTY_MD5, type ETag, type Md5, md5Of } from '../../../src/model/digest.js';
import { SyncError } from '../../../src/model/errors.js';
import type { StepOutcome } from '../../../src/model/events.js';
import type { ObjectKey } from '../../../src/model/object-key.js';
import type { LocalFile } from '../../../src/model/objects.js';
import type { DeleteStep, DownloadStep, UploadStep } from '../../../src/model/plan.js';
import { type ObjectHead, type ReadableStore, StoreError } from '../../../src/store/object-store.js';
import { DigestPool } from '../../../src/sync/digest-pool.js';
import { Fetch, type FetchOptions, secondsOf, tokenOf } from '../../../src/sync/fetch.js';
import { asFailure } from '../../../src/sync/fetch-failures.js';
import { FileChangedError } from '../../../src/sync/file-bytes.js';
import { progressName, resumableName, temporaryName } from '../../../src/sync/local-names.js';
import { statFields } from '../../../src/sync/lstat.js';
import { noise, readTree, removeTree, writeTree } from '../../support/tree.js';

/** When a process began, as its mark says it. */
function beganOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

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
    'EACCES',
    'not-writable',
    'the file cannot be written (EACCES: as told): check the permissions of the target',
  ],
  [
    'ENOENT',
    'not-writable',
    'the file cannot be written (ENOENT: as told): the target, or a directory in it, was moved or deleted during this run: run again when nothing does',
  ],
  [
    'EROFS',
    'not-writable',
    'the file cannot be written (EROFS: as told): the target is on a file system that is read-only: mount it for writing, or take another one',
  ],
])('a file system that answers %s is told as %s, with the name and what to do', (errno, code, words) => {
  const told = asFailure(system(errno), 'a/b', 'p/a/b');
  expect(told).toBeInstanceOf(SyncError);
  expect(told).toMatchObject({ code, message: `a/b: ${words}` });
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
    fetch = new Fetch(options());
  });
  afterEach(async () => {
    await directory.close();
    await removeTree(root);
  });

  function options(): FetchOptions {
    return {
      store: { getWhole } as unknown as ReadableStore,
      directory,
      target: { directory: root, duplicates: 'copy', asStored: false },
      local: new Map(),
      heads: new Map(),
      claimed: new Set(),
      pool: new DigestPool(() => undefined, stop.signal),
      bytesDue: 0,
      preserve: false,
      overwrite: 'if-unchanged',
      emit: () => undefined,
      mayDelete: async () => undefined,
      onReceived: () => undefined,
      signal: stop.signal,
      requests: stop.signal,
    };
  }

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

  test.each(['if-unchanged', 'always'] as const)(
    'R10: what turns out to be one name with another file is left alone, overwrite %s',
    async (overwrite) => {
      await writeTree({ readme: 'same' }, root);
      const path = join(root, 'readme');
      // As if both spellings were one: the file that was met under the other one is here.
      const met = { name: 'README', path, real: path, ...statFields(await lstat(path, { bigint: true })) };
      fetch = new Fetch({ ...options(), overwrite, local: new Map([['README', met]]) });
      expect(await fetch.write(empty('readme'))).toMatchObject({
        outcome: 'failed',
        error: {
          code: 'key-collision',
          message: expect.stringContaining('it is one name with README on this file system'),
        },
      });
      expect((await readTree(root)).get('readme')?.toString()).toBe('same');
      // Hard links are two names.
      await link(path, join(root, 'theirs'));
      const isDone = overwrite === 'always';
      expect(await fetch.write(empty('theirs'))).toMatchObject(
        isDone ? { outcome: 'done' } : { outcome: 'failed', error: { code: 'foreign-writer' } },
      );
      expect((await readTree(root)).get('theirs')?.toString()).toBe(isDone ? '' : 'same');
    },
  );

  function empty(name: string): DownloadStep {
    const object = {
      key: `p/${name}` as ObjectKey,
      etag: EMPTY_MD5 as string as ETag,
      size: 0,
      lastModified: 0,
    };
    const stats = { mtimeNs: 0n, ctimeNs: 0n, dev: 0n, ino: 0n, nlink: 1, mode: 0 };
    return {
      key: name as ObjectKey,
      file: { name, path: '', real: '', size: 0, ...stats, object },
      md5: undefined,
      rank: 0,
      bytes: 0,
      staged: false,
      condition: { ifNoneMatch: '*' },
      action: 'download',
      reason: 'new',
    };
  }

  test('what another run made is done though that links further names to it while it is read', async () => {
    await writeTree({ theirs: Buffer.alloc(0) }, root);
    const path = join(root, 'theirs');
    let links = 0;
    const linking = (async () => {
      for (; links < 400; links++) await link(path, join(root, `link${links}`));
    })();
    const outcomes = [];
    while (links < 400) outcomes.push((await fetch.write(empty('theirs'))).outcome);
    await linking;
    expect(new Set(outcomes)).toEqual(new Set(['done']));
  });

  describe('that are fetched in ranges', () => {
    const BIG = noise(20 * 1024 * 1024, 4);
    const etag = md5Of(BIG) as string as ETag;
    const object = { key: 'p/big' as ObjectKey, etag, size: BIG.length, lastModified: 0 };
    const head = { etag, size: BIG.length, metadata: new Map() } as unknown as ObjectHead;
    let advanced: number[];
    let grown: Md5 | undefined;
    let isFinished: boolean;
    let readAgain: number;
    let judged: string[];
    /** Done when the last range is asked for. */
    let meanwhile: () => Promise<void>;

    beforeEach(async () => {
      advanced = [];
      grown = md5Of(BIG);
      isFinished = false;
      readAgain = 0;
      judged = [];
      meanwhile = async () => undefined;
      const growing = {
        advance: (upTo: number) => void advanced.push(upTo),
        finish: async () => {
          isFinished = true;
          return grown;
        },
        end: () => undefined,
      };
      const pool = {
        grow: () => growing,
        digestTogether: (jobs: readonly { file: LocalFile }[]) =>
          jobs.map(async ({ file }) => {
            readAgain++;
            judged.push(file.path);
            return { md5: md5Of(await readFile(file.path)), partMd5s: [], etags: [] };
          }),
      } as unknown as DigestPool;
      getWhole.mockImplementation(async (_object, _signal, wanted) => {
        const { first, last } = wanted!.range!;
        if (last === BIG.length - 1) await meanwhile();
        return { head, bytes: BIG.subarray(first, last + 1) };
      });
      fetch = new Fetch({ ...options(), pool, heads: new Map([[object.key, head]]) });
    });

    async function write(): Promise<StepOutcome> {
      const stats = { mtimeNs: 0n, ctimeNs: 0n, dev: 0n, ino: 0n, nlink: 1, mode: 0 };
      return fetch.write({
        key: 'big' as ObjectKey,
        file: { name: 'big', path: '', real: '', size: BIG.length, ...stats, object },
        md5: undefined,
        rank: 0,
        bytes: BIG.length,
        staged: false,
        condition: { ifNoneMatch: '*' },
        action: 'download',
        reason: 'new',
      });
    }

    const partial = (): string => join(root, resumableName('big', object));
    /** Of a process of which nobody here can know. */
    const ELSEWHERE = '0123456789ab.12.345';

    test('are judged by what was digested meanwhile, as far as the beginning was there', async () => {
      expect(await write()).toMatchObject({ outcome: 'done' });
      expect([isFinished, readAgain]).toEqual([true, 0]);
      expect(advanced.at(-1)).toBe(BIG.length);
      expect(advanced.every((upTo, i) => upTo >= (advanced[i - 1] ?? 0))).toBe(true);
      expect((await readFile(join(root, 'big'))).equals(BIG)).toBe(true);
    });

    test('are read again where nothing was digested meanwhile', async () => {
      grown = undefined;
      expect(await write()).toMatchObject({ outcome: 'done' });
      expect(readAgain).toBe(1);
    });

    test('are read again where another run goes on with the same file: what it wrote came after', async () => {
      meanwhile = async () => {
        // When both other ranges are there.
        while (!/^(?:\d\n){2}/m.test(await readFile(progressName(partial()), 'utf8').catch(() => '')))
          await new Promise((resolve) => setTimeout(resolve, 5));
        await appendFile(progressName(partial()), `${ELSEWHERE}\n`);
        await writeFile(partial(), 'other bytes', { flag: 'r+' });
        meanwhile = async () => undefined;
      };
      expect(await write()).toMatchObject({ outcome: 'done' });
      // The first time it was not the object.
      expect(readAgain).toBe(1);
      expect(getWhole).toHaveBeenCalledTimes(6);
      expect((await readFile(join(root, 'big'))).equals(BIG)).toBe(true);
    });

    test('are written no further where another run has given the file its name', async () => {
      meanwhile = async () => {
        meanwhile = async () => undefined;
        await rename(partial(), join(root, 'big'));
        await writeFile(join(root, 'big'), 'theirs');
      };
      expect(await write()).toMatchObject({ outcome: 'failed', error: { code: 'foreign-writer' } });
      expect(await readFile(join(root, 'big'), 'utf8')).toBe('theirs');
    });

    test.each<readonly [string, () => Promise<void>]>([
      ['given the file its name', () => rename(partial(), join(root, 'big'))],
      ['taken the file to prove it', () => rename(partial(), join(root, temporaryName()))],
      ['begun the file anew', () => rm(partial()).then(() => writeFile(partial(), BIG))],
      ['taken what was written down of it', () => rm(progressName(partial()))],
    ])('are fetched apart where another run has %s', async (_what, take) => {
      meanwhile = async () => {
        meanwhile = async () => writeFile(join(root, 'big'), BIG);
        await take();
      };
      expect(await write()).toMatchObject({ outcome: 'done' });
      expect((await readFile(join(root, 'big'))).equals(BIG)).toBe(true);
    });

    test('are fetched apart where another run still writes to the file while it is digested', async () => {
      grown = undefined;
      const pool = { ...options().pool } as unknown as DigestPool;
      let digests = 0;
      Object.assign(pool, {
        grow: () => undefined,
        digestTogether: (jobs: readonly { file: LocalFile }[]) =>
          jobs.map(async ({ file }) => {
            judged.push(file.path);
            if (++digests === 1) throw new FileChangedError('it changed while it was read');
            return { md5: md5Of(await readFile(file.path)), partMd5s: [], etags: [] };
          }),
      });
      fetch = new Fetch({ ...options(), pool, heads: new Map([[object.key, head]]) });
      expect(await write()).toMatchObject({ outcome: 'done' });
      expect(judged.map((path) => path.endsWith(resumableName('big', object)))).toEqual([true, false]);
      expect((await readFile(join(root, 'big'))).equals(BIG)).toBe(true);
    });

    test('are fetched apart from a file that a run writes to which goes on, and leave that alone', async () => {
      const theirs = `${processMark().replace(/\.\d+\.\d+$/, '')}.${process.ppid}.${beganOf(process.ppid)}`;
      await writeFile(partial(), Buffer.alloc(BIG.length));
      await writeFile(progressName(partial()), `${theirs}\n0\n`);
      expect(await write()).toMatchObject({ outcome: 'done' });
      expect(await readFile(progressName(partial()), 'utf8')).toBe(`${theirs}\n0\n`);
      expect((await readFile(partial())).equals(Buffer.alloc(BIG.length))).toBe(true);
      expect((await readFile(join(root, 'big'))).equals(BIG)).toBe(true);
      expect((await readTree(root)).size).toBe(4);
    });

    test('say so where they go on with a file, and read it again', async () => {
      await writeFile(
        partial(),
        Buffer.concat([BIG.subarray(0, 8 * 1024 * 1024), Buffer.alloc(12 * 1024 * 1024)]),
      );
      await writeFile(progressName(partial()), '0\n');
      let told = '';
      meanwhile = async () => {
        told = await readFile(progressName(partial()), 'utf8');
      };
      expect(await write()).toMatchObject({ outcome: 'done' });
      expect(told.startsWith(`0\n${processMark()}\n`)).toBe(true);
      expect([advanced, isFinished, readAgain, getWhole.mock.calls.length]).toEqual([[], false, 1, 2]);
      // Where the other run, which looks for it under its name, does not write any more.
      expect(judged[0]).not.toContain(resumableName('big', object));
      expect([...(await readTree(root)).keys()]).toEqual(['big', 'd/gone']);
      expect((await readFile(join(root, 'big'))).equals(BIG)).toBe(true);
    });
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
