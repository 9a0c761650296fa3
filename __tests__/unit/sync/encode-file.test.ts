import { truncateSync } from 'node:fs';
import { type FileHandle, open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { md5Of } from '../../../src/model/digest.js';
import type { Encoding, LocalFile } from '../../../src/model/objects.js';
import { type EncodedFile, encodeFile } from '../../../src/sync/encode-file.js';
import { noise, removeTree, writeTree } from '../../support/tree.js';
import { walkTree } from '../../support/walk-tree.js';

const MIB = 1024 * 1024;

/** Most of it says nothing new. */
const text = (size: number): Buffer =>
  Buffer.concat([noise(size / 256), Buffer.alloc(size)]).subarray(0, size);
const decoded = { gzip: gunzipSync, br: brotliDecompressSync };

let root: string;
let to: string;

beforeEach(async () => {
  root = await writeTree({ 'encoded/of others': 'x' });
  to = join(root, 'encoded/file');
});
afterEach(() => removeTree(root));

async function fileOf(bytes: Buffer): Promise<LocalFile> {
  await writeTree({ file: bytes }, root);
  const files = await walkTree(root, new AbortController().signal);
  return files.find(({ name }) => name === 'file')!;
}

async function expectEncoded({ md5, stored }: EncodedFile, bytes: Buffer, encoding: Encoding): Promise<void> {
  const written = await readFile(to);
  expect(md5).toBe(md5Of(bytes));
  expect(stored?.md5).toBe(md5Of(written));
  expect(decoded[encoding](written).equals(bytes)).toBe(true);
  const { size, mtimeNs, ino, mode } = await stat(to, { bigint: true });
  expect(stored?.stat).toMatchObject({ size: Number(size), mtimeNs, ino });
  // What is stored may be a secret as the file may.
  expect(Number(mode) & 0o777).toBe(0o600);
}

test.each<readonly [string, Encoding, number]>([
  ['in one piece', 'gzip', 100_000],
  ['in one piece, at the best quality', 'br', 100_000],
  ['in one piece, at a quality that ends soon', 'br', 2 * MIB],
  ['as a stream', 'gzip', 17 * MIB],
  ['as a stream', 'br', 17 * MIB],
])('a file is encoded %s, %s', async (_, encoding, size) => {
  const bytes = text(size);
  const file = await fileOf(bytes);
  let read = 0;
  const encoded = await encodeFile({ file, encoding, to }, (some) => {
    read += some;
  });
  await expectEncoded(encoded, bytes, encoding);
  expect(read).toBe(size);
});

test.each([
  ['in one piece', 100_000],
  ['as a stream', 17 * MIB],
])(
  'the bytes are those of the file that was looked at, though its directory is swapped meanwhile, %s',
  async (_, size) => {
    const bytes = text(size);
    await writeTree({ 'site/file': bytes, 'other/file': Buffer.alloc(size, 'x') }, root);
    const files = await walkTree(root, new AbortController().signal);
    const file = files.find(({ name }) => name === 'site/file')!;
    const handle = await open(file.path);
    const handles: FileHandle = Object.getPrototypeOf(handle);
    await handle.close();
    const looked = handles.stat;
    const swap = jest.spyOn(handles, 'stat').mockImplementationOnce(async function (this: FileHandle) {
      const stats = await looked.call(this, { bigint: true });
      await rename(join(root, 'site'), join(root, 'was'));
      await rename(join(root, 'other'), join(root, 'site'));
      return stats as never;
    });
    try {
      await expectEncoded(await encodeFile({ file, encoding: 'gzip', to }, () => undefined), bytes, 'gzip');
    } finally {
      swap.mockRestore();
    }
  },
);

test.each([
  ['in one piece', 100_000],
  ['as a stream', 17 * MIB],
])('what encoding does not make a tenth smaller stays as it is, %s', async (_, size) => {
  const bytes = noise(size);
  const encoded = await encodeFile({ file: await fileOf(bytes), encoding: 'gzip', to }, () => undefined);
  expect(encoded).toEqual({ md5: md5Of(bytes) });
  // Nothing of it takes room.
  const room = await stat(to).catch(() => undefined);
  expect(room?.size ?? 0).toBe(0);
});

test('what must be encoded is, though it becomes no smaller', async () => {
  const bytes = noise(100_000);
  const job = { file: await fileOf(bytes), encoding: 'gzip', to, always: true } as const;
  await expectEncoded(await encodeFile(job, () => undefined), bytes, 'gzip');
});

test.each([
  ['in one piece', 100_000],
  ['as a stream', 17 * MIB],
])('a file that becomes shorter while it is read is not encoded, %s', async (_, size) => {
  const file = await fileOf(text(size));
  const working = encodeFile({ file, encoding: 'gzip', to }, () => truncateSync(file.path, 1_000));
  await expect(working).rejects.toMatchObject({ name: 'FileChangedError' });
});
