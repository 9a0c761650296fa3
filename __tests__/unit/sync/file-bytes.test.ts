import { execFileSync } from 'node:child_process';
import { lstat, mkdir, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { md5Of, multipartETag } from '../../../src/model/digest.js';
import { type PartRun, partsOf, uniformLayout } from '../../../src/model/digest-index.js';
import type { LocalFile } from '../../../src/model/objects.js';
import {
  createWholeReader,
  digestFile,
  digestFiles,
  digestParts,
  digestWhole,
  FileChangedError,
  joined,
  lanesOf,
  type MetFile,
  readRange,
  restat,
  Scratch,
  wholeDigest,
  withOpenFile,
} from '../../../src/sync/file-bytes.js';
import { statFields } from '../../../src/sync/lstat.js';
import { noise, removeTree, writeTree } from '../../support/tree.js';

const MIB = 1024 * 1024;
const BYTES = noise(21 * MIB + 77, 1);
const ALIGNED = uniformLayout(BYTES.length, 5 * MIB);
const UNALIGNED = uniformLayout(BYTES.length, 5 * MIB + 1);

let root: string;
const scratch = new Scratch();
const silent = (): void => undefined;

beforeEach(async () => {
  root = await writeTree({ file: BYTES });
});
afterEach(() => removeTree(root));

async function met(name: string): Promise<MetFile> {
  const path = join(root, name);
  return { path, ...statFields(await lstat(path, { bigint: true })) };
}

function md5sOf(layout: readonly PartRun[]): readonly string[] {
  return [...partsOf(layout)].map(({ offset, size }) => md5Of(BYTES.subarray(offset, offset + size)));
}

describe('the digests of a file', () => {
  test.each([
    ['in passes of their own', [ALIGNED, uniformLayout(BYTES.length, 8 * MIB)]],
    ['in one pass, where parts begin anywhere', [UNALIGNED, ALIGNED]],
  ])('are those of the whole and of the parts of each layout: %s', async (_, layouts) => {
    let read = 0;
    const digest = digestFile({ file: await met('file'), layouts }, (bytes) => (read += bytes), scratch);
    expect(digest).toEqual({
      md5: md5Of(BYTES),
      partMd5s: md5sOf(layouts[0]!),
      etags: layouts.map((layout) => multipartETag(md5sOf(layout) as never)),
    });
    expect(read % BYTES.length).toBe(0);
  });

  test('parts that two layouts have in common are read once', async () => {
    const other = [
      { count: 1, size: 10 * MIB },
      { count: 2, size: 5 * MIB },
      { count: 1, size: MIB + 77 },
    ];
    let read = 0;
    const file = await met('file');
    const { etags } = digestFile({ file, layouts: [ALIGNED, other] }, (bytes) => (read += bytes), scratch);
    expect(etags).toEqual([ALIGNED, other].map((layout) => multipartETag(md5sOf(layout) as never)));
    expect(read).toBe(2 * BYTES.length + 10 * MIB);
  });

  test('C6: passes that did not read the same are none, though the stat is the same', async () => {
    const file = await met('file');
    const whole = digestWhole({ file, what: 'whole' }, silent, scratch);
    const changed = Buffer.from(BYTES);
    changed[13 * MIB]! ^= 1;
    await writeFile(join(root, 'file'), changed);
    const job = { file: await met('file'), what: 'parts', parts: [...partsOf(ALIGNED)] } as const;
    const parts = digestParts(job, silent, scratch);
    expect(() => joined(whole, [ALIGNED], parts)).toThrow(FileChangedError);
  });

  test('of several files at a time', async () => {
    const tree = Object.fromEntries(
      [0, 1, 63, 64, 70_000, 3 * MIB, 5].map((size, i) => [`${i}`, noise(size, i)]),
    );
    await writeTree(tree, root);
    const files = await Promise.all(
      Object.keys(tree).map(async (name) => ({ file: await met(name), layouts: [] })),
    );
    const expected = Object.values(tree).map((bytes) => wholeDigest(md5Of(bytes)));
    expect(digestFiles(files, silent, scratch)).toEqual(expected);

    await utimes(join(root, '4'), 1, 1);
    expect(() => digestFiles(files, silent, scratch)).toThrow(FileChangedError);
    await writeFile(join(root, '5'), '');
    expect(() => digestFiles(files.slice(5), silent, scratch)).toThrow(FileChangedError);
  });

  test('of several files with their parts: as of one after the other, and each is read once', async () => {
    const sizes = [9 * MIB + 1, 8 * MIB, 5 * MIB, 16 * MIB, 21 * MIB + 63, 1];
    const tree = Object.fromEntries(sizes.map((size, i) => [`parts${i}`, noise(size, i)]));
    await writeTree(tree, root);
    const jobs = await Promise.all(
      sizes.map(async (size, i) => {
        const layouts = [uniformLayout(size, 8 * MIB), uniformLayout(size, 5 * MIB)];
        return { file: await met(`parts${i}`), layouts: i === 2 ? [] : layouts };
      }),
    );
    let read = 0;
    const digests = digestFiles(jobs, (bytes) => (read += bytes), scratch);
    expect(digests).toEqual(jobs.map((job) => digestFile(job, silent)));
    for (const [i, bytes] of Object.values(tree).entries()) expect(digests[i]!.md5).toBe(md5Of(bytes));
    expect(read).toBe(sizes.reduce((sum, size) => sum + size));
  });

  test('no more digests of one file at a time than there are lanes, and no parts that granules do not cut', () => {
    const size = 64 * MIB;
    const layouts = [5, 6, 7, 8, 9, 10, 11].map((mib) => uniformLayout(size, mib * MIB));
    expect(lanesOf([])).toBe(1);
    expect(lanesOf([uniformLayout(size, size)])).toBe(1);
    expect(lanesOf(layouts)).toBe(8);
    expect(lanesOf([...layouts, uniformLayout(size, 12 * MIB)])).toBe(0);
    expect(lanesOf([uniformLayout(size, 5 * MIB + 1)])).toBe(0);
  });

  test('a part that is the whole is not digested again', async () => {
    const file = await met('file');
    let read = 0;
    const whole = uniformLayout(BYTES.length, BYTES.length);
    const digest = digestFile({ file, layouts: [whole] }, (bytes) => (read += bytes), scratch);
    const md5 = md5Of(BYTES);
    expect(digest).toEqual({ md5, partMd5s: [md5], etags: [multipartETag([md5])] });
    expect(read).toBe(BYTES.length);
  });
});

test('a part layout of another size than the file is a mistake of whoever asks', async () => {
  const layouts = [ALIGNED, uniformLayout(BYTES.length - 1, 5 * MIB)];
  const file = await met('file');
  expect(() => digestFile({ file, layouts }, silent, scratch)).toThrow(RangeError);
});

test('R11: what became a pipe after the walk is told at once, and not waited for', async () => {
  const file = { ...(await met('file')), name: 'file', real: '' } as LocalFile;
  await rm(file.path);
  execFileSync('mkfifo', [file.path]);
  const job = { file, layouts: [] };
  expect(() => digestFile(job, silent, scratch)).toThrow(FileChangedError);
  expect(() => digestFile({ file, layouts: [ALIGNED] }, silent, scratch)).toThrow(FileChangedError);
  // One after the other says why.
  expect(() => digestFiles([job, job, job], silent, scratch)).toThrow();
  await expect(withOpenFile(file, async () => undefined)).rejects.toThrow(FileChangedError);
});

describe('small files that are read whole', () => {
  /** As a walk would have met it. */
  async function small(text: string): Promise<LocalFile> {
    await writeTree({ small: text }, root);
    const path = join(root, 'small');
    return { name: 'small', path, real: path, ...statFields(await lstat(path, { bigint: true })) };
  }

  /** A reader on a disk of which each read takes so many milliseconds; `judged` are those that it timed. */
  function readerOf(ms: number): { readonly read: (file: LocalFile) => Promise<string>; judged: number } {
    let now = 0;
    const found = {
      judged: 0,
      read: async (file: LocalFile): Promise<string> => {
        const body = Buffer.alloc(file.size);
        await reader(file, body);
        return body.toString();
      },
    };
    const reader = createWholeReader(() => {
      found.judged += 0.5;
      now += ms;
      return now;
    });
    return found;
  }

  test.each([
    ['in place, as long as the disk is quick', 0.1, 600],
    ['through the pool once it is slow, and tried in place again later', 2, 64 + (600 - 64 - 512)],
  ])('are right and read %s', async (_, ms, judged) => {
    const file = await small('text');
    const reader = readerOf(ms);
    for (let i = 0; i < 600; i++)
      if ((await reader.read(file)) !== 'text') throw new Error(`read ${i} is wrong`);
    expect(reader.judged).toBe(judged);
  });

  test.each([
    ['in place', 0.1],
    ['through the pool', 2],
  ])('C6: are refused %s where they changed since the walk', async (_, ms) => {
    const file = await small('text');
    const reader = readerOf(ms);
    for (let i = 0; i < 64; i++) await reader.read(file);
    await writeFile(file.path, 'TEXT');
    await expect(reader.read(file)).rejects.toThrow(FileChangedError);
    await truncate(file.path, 1);
    await expect(reader.read(file)).rejects.toThrow(FileChangedError);
    await rm(file.path);
    await mkdir(file.path);
    await expect(reader.read(file)).rejects.toThrow(FileChangedError);
    await expect(restat(file)).rejects.toThrow('it is no longer a regular file');
  });

  test('a range that a file does not have is none', async () => {
    const file = await small('text');
    const reading = withOpenFile(file, (handle) => readRange(handle, 2, Buffer.alloc(3)));
    await expect(reading).rejects.toThrow('it became shorter while it was read');
  });
});
