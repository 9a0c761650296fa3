import { link, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Chunks } from '../../../src/model/chunks.js';
import { type ETag, type Md5, md5Of } from '../../../src/model/digest.js';
import { type DigestIndex, emptyIndex, type FileEntry } from '../../../src/model/digest-index.js';
import { EXIT } from '../../../src/model/errors.js';
import { type ObjectKey, parsePrefix } from '../../../src/model/object-key.js';
import type { ListedObject, LocalFile } from '../../../src/model/objects.js';
import { type Digested, type DigestRequest, digestTree, recallMd5 } from '../../../src/sync/digest.js';
import { DigestPool } from '../../../src/sync/digest-pool.js';
import type { EarlyDigests } from '../../../src/sync/early-digests.js';
import type { FileDigest } from '../../../src/sync/file-bytes.js';
import { ListedSizes } from '../../../src/sync/listed-sizes.js';
import { removeTree, writeTree } from '../../support/tree.js';
import { walkTree } from '../../support/walk-tree.js';

const { signal } = new AbortController();
const REMEMBERED = 'f'.repeat(32) as Md5;

let root: string;
let files: readonly LocalFile[];

beforeEach(async () => {
  root = await writeTree({ a: 'same', b: 'size', c: 'another size' });
  for (const name of ['a', 'b', 'c']) await utimes(join(root, name), 1, 1);
  files = await walkTree(root, signal);
});
afterEach(() => removeTree(root));

/** The digest of `a`, where the index remembers another one under its stat, changed as the test says. */
async function digestOfA(
  change: Partial<FileEntry>,
  writtenNs: bigint,
  trustFiles = true,
): Promise<Md5 | undefined> {
  const [a] = files;
  if (a === undefined) throw new Error('no file');
  const entry = {
    size: a.size,
    mtimeNs: a.mtimeNs,
    ctimeNs: a.ctimeNs,
    ino: a.ino,
    md5: REMEMBERED,
    ...change,
  };
  const index: DigestIndex = {
    machine: 'm',
    writtenNs,
    objects: new Map(),
    files: new Map([[a.path, entry]]),
    uploads: new Map(),
    deploys: 0,
    pending: new Map(),
    invalidations: new Map(),
    renewing: new Set(),
  };
  const pool = new DigestPool(() => undefined, signal);
  const { digests } = await digestTree({
    prefix: parsePrefix(''),
    files,
    listing: new Map(),
    further: [],
    index,
    fileIndex: trustFiles ? index : undefined,
    pool,
    onProgress: () => undefined,
    signal,
  });
  await pool.close();
  expect([...digests.keys()]).toEqual(['a', 'b']);
  return digests.get('a')?.md5;
}

describe('what the index remembers of a file', () => {
  const read = md5Of(Buffer.from('same'));
  const later = (): bigint => (files[0]?.ctimeNs ?? 0n) + 1n;

  test('is believed when size, mtime, ctime and inode are equal', async () => {
    expect(await digestOfA({}, later())).toBe(REMEMBERED);
  });

  test('C12: is not believed of a file touched at or after the moment that the index speaks of', async () => {
    expect(await digestOfA({}, later() - 1n)).toBe(read);
  });

  test.each([
    ['size', { size: 5 }],
    ['mtime', { mtimeNs: 2n }],
    ['ctime', { ctimeNs: 2n }],
    ['inode', { ino: 2n }],
  ])('is not believed when the %s differs', async (_, change) => {
    expect(await digestOfA(change, later())).toBe(read);
  });

  test('C12: is not believed where the ctime is a whole second, as that of an image is', async () => {
    const met = { ...files[0]!, mtimeNs: 1n, ctimeNs: 7_000_000_001n };
    const image = { ...met, ctimeNs: 7_000_000_000n };
    const recalled = (file: LocalFile): Md5 | undefined => {
      const entry = { ...file, md5: REMEMBERED };
      const writtenNs = 8_000_000_000n;
      return recallMd5(
        { ...emptyIndex(Buffer.alloc(0)), writtenNs, files: new Map([[file.path, entry]]) },
        file,
      );
    };
    expect([recalled(met), recalled(image)]).toEqual([REMEMBERED, undefined]);
  });

  test('C18: is not believed where others may have written it', async () => {
    expect(await digestOfA({}, later(), false)).toBe(read);
  });
});

describe('what the index remembers of a large file', () => {
  const ETAG = `${REMEMBERED}-3` as ETag;
  const listedAs = (name: string, etag: ETag): [ObjectKey, ListedObject] => {
    const key = `p/${name}` as ObjectKey;
    return [key, { key, etag, size: 20_000_000, lastModified: 1, storageClass: 'STANDARD' }];
  };

  async function reads(
    listed: readonly [ObjectKey, ListedObject][],
    entry: Partial<FileEntry>,
  ): Promise<number> {
    const large = { ...files[0]!, size: 20_000_000 };
    const { size, mtimeNs, ctimeNs, ino, path } = large;
    const remembered = { size, mtimeNs, ctimeNs, ino, md5: REMEMBERED, ...entry };
    const writtenNs = ctimeNs + 1n;
    const fileIndex = { ...emptyIndex(Buffer.alloc(0)), writtenNs, files: new Map([[path, remembered]]) };
    let read = 0;
    const digest = async (): Promise<FileDigest> => {
      read++;
      return { md5: md5Of(Buffer.from('read')), partMd5s: [], etags: [] };
    };
    const request = { prefix: parsePrefix('p'), files: [large], fileIndex, listing: new Map(listed) };
    const { digests } = await digested(request, { digest });
    if (read === 0) expect(digests.get('a')).toEqual({ md5: REMEMBERED, partMd5s: [], etags: [ETAG] });
    return read;
  }

  test('is believed where the ETag that it made lies under its key', async () => {
    expect(await reads([listedAs('a', ETAG)], { etag: ETAG })).toBe(0);
  });

  test.each<[string, string, ETag, Partial<FileEntry>]>([
    ['another ETag lies there', 'a', `${REMEMBERED}-2` as ETag, { etag: ETAG }],
    ['it lies under another key', 'b', ETAG, { etag: ETAG }],
    ['no ETag is remembered', 'a', ETAG, {}],
    ['it was touched since', 'a', ETAG, { etag: ETAG, ctimeNs: 1n }],
  ])('is not where %s', async (_, name, listed, entry) => {
    expect(await reads([listedAs(name, listed)], entry)).toBe(1);
  });
});

test('what is asked of a pool after its end is refused: no thread is started for it', async () => {
  const pool = new DigestPool(() => undefined, signal);
  await pool.close();
  const refused = new Promise((_, reject) => pool.ask({ file: files[0]!, layouts: [] }, reject, reject));
  await expect(refused).rejects.toThrow('the digests are not wanted any more');
});

/** Digests the files with a pool that has just what a test gives it. */
async function digested(request: Partial<DigestRequest>, given: object = {}): Promise<Digested> {
  const pool = Object.assign(new DigestPool(() => undefined, signal), given);
  const common = {
    prefix: parsePrefix('p'),
    files,
    listing: new Map(),
    further: [],
    onProgress: () => undefined,
  };
  try {
    return await digestTree({ ...common, index: undefined, fileIndex: undefined, pool, signal, ...request });
  } finally {
    await pool.close();
  }
}

test('files to which the file system gives one inode number are not taken for one', async () => {
  for (const same of [{}, { mtimeNs: 1n, ctimeNs: 1n }]) {
    const { digests } = await digested({ files: files.map((file) => ({ ...file, ino: 7n, ...same })) });
    expect(digests.get('a')?.md5).toBe(md5Of(Buffer.from('same')));
    expect(digests.get('b')?.md5).toBe(md5Of(Buffer.from('size')));
  }
  // Nor where each has further names, and they changed at other times.
  const linked = files.map((file, i) => ({ ...file, ino: 7n, nlink: 2, ctimeNs: BigInt(i) }));
  const { digests } = await digested({ files: linked });
  expect(digests.get('b')?.md5).toBe(md5Of(Buffer.from('size')));
});

test('hard links and links are read once', async () => {
  await link(join(root, 'a'), join(root, 'y'));
  await symlink('b', join(root, 'z'));
  files = await walkTree(root, signal);
  let asked = 0;
  const counting = {
    digest: async () => {
      asked++;
      return { md5: REMEMBERED, partMd5s: [], etags: [] };
    },
  };
  const { digests } = await digested({}, counting);
  expect([...digests.keys()].sort()).toEqual(['a', 'b', 'y', 'z']);
  expect(asked).toBe(2);
});

describe('a file that is no longer what the walk met', () => {
  test('C6: is digested as it is now, under all of its names', async () => {
    await link(join(root, 'a'), join(root, 'z'));
    files = await walkTree(root, signal);
    await writeFile(join(root, 'a'), 'SAME');
    const { digests, files: now } = await digested({});
    for (const name of ['a', 'z']) expect(digests.get(name)?.md5).toBe(md5Of(Buffer.from('SAME')));
    expect([...now].map(({ name }) => name)).toEqual(['a', 'b', 'c', 'z']);
    const [a, b, , z] = [...now];
    expect([a, z]).toMatchObject([{ size: 4 }, { size: 4 }]);
    expect(a?.mtimeNs).toBe(z?.mtimeNs);
    expect(a?.mtimeNs).not.toBe(files[0]?.mtimeNs);
    expect(b).toEqual(files[1]);
  });

  test('C6: a name that was put in its place since is of another file than its hard links', async () => {
    await link(join(root, 'a'), join(root, 'z'));
    files = await walkTree(root, signal);
    await writeFile(join(root, 'new'), 'else');
    await rename(join(root, 'new'), join(root, 'a'));
    const { digests, files: now } = await digested({});
    expect(digests.get('a')?.md5).toBe(md5Of(Buffer.from('else')));
    expect(digests.get('z')?.md5).toBe(md5Of(Buffer.from('same')));
    const [a, , , z] = [...now];
    expect(a?.ino).not.toBe(z?.ino);
  });

  test('and is gone fails the run by name, and so does one that will not hold still', async () => {
    await rm(join(root, 'a'));
    await expect(digested({})).rejects.toMatchObject({
      code: 'file-vanished',
      message: expect.stringMatching(/^a: /),
    });
    await rm(join(root, 'b'));
    await writeTree({ 'a/x': 'x' }, root);
    await expect(digested({})).rejects.toMatchObject({
      code: 'file-changed',
      message: expect.stringMatching(/^a: /),
    });
  });
});

test('D2: a file that cannot be read refuses the run; a disk that fails in it fails it', async () => {
  const failing = (code: string): object => ({
    digest: async () => {
      throw Object.assign(new Error(`${code}: as told`), { code });
    },
  });
  await expect(digested({}, failing('EACCES'))).rejects.toMatchObject({
    code: 'unreadable',
    exit: EXIT.refused,
  });
  await expect(digested({}, failing('ENOENT'))).rejects.toMatchObject({ exit: EXIT.failed });
});

describe('a large file that was digested early', () => {
  const CHUNKS = { unit: 1, sizes: [], sums: [] } as unknown as Chunks;
  const DIGEST = { md5: REMEMBERED, partMd5s: [], etags: [] };

  /** What is known of its chunks then, where the pool and the index are as the test says. */
  async function chunksOf(
    isIdle: boolean,
    remembered: { readonly md5?: Md5; readonly chunks?: string } = {},
    cut: Chunks | 'unread' = CHUNKS,
  ): Promise<{ readonly chunks: Chunks | undefined; readonly cuts: number }> {
    const large = { ...files[0]!, size: 64 * 1024 * 1024 };
    const early = {
      sizes: new ListedSizes(undefined),
      digests: new Map(),
      finish: async () => undefined,
      take: () => DIGEST,
      files: 1,
      bytes: large.size,
    };
    early.sizes.add({
      size: large.size,
      etag: REMEMBERED,
      key: 'p/x',
      lastModified: 0,
      storageClass: '',
    } as never);
    const entry = { etag: REMEMBERED as never, size: large.size, ...remembered };
    const index = { ...emptyIndex(Buffer.alloc(0)), objects: new Map([['p/a', entry]]) };
    let cuts = 0;
    const chunks = async (): Promise<Chunks | undefined> => {
      cuts++;
      return cut === 'unread' ? undefined : cut;
    };
    const pool = Object.create(new DigestPool(() => undefined, signal), {
      chunks: { value: chunks },
      isIdle: { value: isIdle },
      helping: { value: async (work: () => Promise<void>) => work() },
    });
    const { digests } = await digestTree({
      prefix: parsePrefix('p'),
      files: [large],
      listing: new Map(),
      further: [],
      index,
      fileIndex: undefined,
      chunks: true,
      early: early as unknown as EarlyDigests,
      pool,
      onProgress: () => undefined,
      signal,
    });
    expect(digests.get('a')?.md5).toBe(REMEMBERED);
    return { chunks: digests.get('a')?.chunks, cuts };
  }

  test('is cut where a thread has nothing to do, and not where one has', async () => {
    expect(await chunksOf(true)).toEqual({ chunks: CHUNKS, cuts: 1 });
    expect(await chunksOf(false)).toEqual({ chunks: undefined, cuts: 0 });
  });

  test('is not cut again where the index has the chunks of just these bytes', async () => {
    expect(await chunksOf(true, { md5: REMEMBERED, chunks: 'known' })).toEqual({
      chunks: undefined,
      cuts: 0,
    });
    expect(await chunksOf(true, { md5: md5Of(Buffer.from('else')), chunks: 'known' })).toEqual({
      chunks: CHUNKS,
      cuts: 1,
    });
    expect(await chunksOf(true, { md5: REMEMBERED })).toEqual({ chunks: CHUNKS, cuts: 1 });
  });

  test('that cannot be cut keeps its digest', async () => {
    expect(await chunksOf(true, {}, 'unread')).toEqual({ chunks: undefined, cuts: 1 });
  });
});
