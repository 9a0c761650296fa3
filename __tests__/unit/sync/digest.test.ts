import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Md5, md5Of } from '../../../src/model/digest.js';
import type { DigestIndex, FileEntry } from '../../../src/model/digest-index.js';
import { parsePrefix } from '../../../src/model/object-key.js';
import type { LocalFile } from '../../../src/model/objects.js';
import { digestTree } from '../../../src/sync/digest.js';
import { DigestPool } from '../../../src/sync/digest-pool.js';
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

  test('C18: is not believed where others may have written it', async () => {
    expect(await digestOfA({}, later(), false)).toBe(read);
  });
});

test('what is asked of a pool after its end is refused: no thread is started for it', async () => {
  const pool = new DigestPool(() => undefined, signal);
  await pool.close();
  const refused = new Promise((_, reject) => pool.ask({ file: files[0]!, layouts: [] }, reject, reject));
  await expect(refused).rejects.toThrow('the digests are not wanted any more');
});
