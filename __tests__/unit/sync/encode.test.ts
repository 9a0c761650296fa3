import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ETag, md5Of } from '../../../src/model/digest.js';
import { emptyIndex, type FileEntry } from '../../../src/model/digest-index.js';
import { formatSource, type HeaderDecider } from '../../../src/model/headers.js';
import { type ObjectKey, parsePrefix } from '../../../src/model/object-key.js';
import type { ListedObject, LocalFile } from '../../../src/model/objects.js';
import type { ReadableStore } from '../../../src/store/object-store.js';
import { DigestPool } from '../../../src/sync/digest-pool.js';
import { type EncodedTree, type EncodeRequest, Encodings } from '../../../src/sync/encode.js';
import { removeTree, temporaryDirectory, writeTree } from '../../support/tree.js';
import { walkTree } from '../../support/walk-tree.js';

const { signal } = new AbortController();
const PAGE = 'a page that says the same again and again. '.repeat(100);
const OTHER = 'another page, which says other things than that. '.repeat(100);

let root: string;
let below: string;
let encodings: Encodings;
let pool: DigestPool;
let files: readonly LocalFile[];

beforeEach(async () => {
  root = await writeTree({ 'a.html': PAGE });
  below = await temporaryDirectory();
  files = await walkTree(root, signal);
  pool = new DigestPool(() => undefined, signal);
  encodings = new Encodings(pool, below);
});
afterEach(async () => {
  await encodings.close();
  await pool.close();
  await removeTree(root);
  await removeTree(below);
});

async function encode(changes: Partial<EncodeRequest> = {}): Promise<EncodedTree> {
  return encodings.encode(files, {
    rules: [{ pattern: '*.html', encoding: 'gzip' }],
    policy: { saysEncoding: () => false } as unknown as HeaderDecider,
    prefix: parsePrefix('p'),
    listing: new Map(),
    index: undefined,
    fileIndex: undefined,
    trustObjects: false,
    store: {} as ReadableStore,
    pool,
    emit: () => undefined,
    onProgress: () => undefined,
    signal,
    ...changes,
  });
}

/** What the request says of an object that holds the page, as a line of an index that is believed has it. */
function remembered(): Pick<EncodeRequest, 'index' | 'listing' | 'trustObjects'> {
  const key = 'p/a.html' as ObjectKey;
  const md5 = md5Of(Buffer.from('of another zlib'));
  const object: ListedObject = {
    key,
    size: 15,
    etag: md5 as never,
    lastModified: 0,
    storageClass: 'STANDARD',
  };
  const form = { md5: md5Of(Buffer.from(PAGE)), encoding: 'gzip', source: { size: PAGE.length } } as const;
  const entry = { etag: object.etag, size: 15, md5, source: formatSource(form) };
  const index = { ...emptyIndex(Buffer.alloc(0)), objects: new Map([[key as string, entry]]) };
  return { index, listing: new Map([[key, object]]), trustObjects: true };
}

/** What the request says where an earlier run on this machine made the page into bytes that an object holds, if any. */
function madeBefore(
  stored: string,
  objects: Readonly<Record<string, string>> = {},
): Pick<EncodeRequest, 'fileIndex' | 'listing'> {
  const entries = files.map(({ path, size, mtimeNs, ctimeNs, ino }): [string, FileEntry] => {
    // Wrong: whoever believes it has not read the file.
    const md5 = md5Of(Buffer.from('of an earlier run'));
    return [path, { size, mtimeNs, ctimeNs, ino, md5, stored }];
  });
  const listed = Object.entries(objects).map(([name, etag]): [ObjectKey, ListedObject] => {
    const key = name as ObjectKey;
    return [key, { key, size: 15, etag: etag as ETag, lastModified: 0, storageClass: 'STANDARD' }];
  });
  const writtenNs = 9_999_999_999_999_999_999n;
  const fileIndex = { ...emptyIndex(Buffer.alloc(0)), writtenNs, files: new Map(entries) };
  return { fileIndex, listing: new Map(listed) };
}

/** What the one file is published as. */
async function publishedText({ files: tree }: EncodedTree): Promise<string> {
  const [file] = [...tree];
  const ready = await encodings.ready(file!);
  return gunzipSync(await readFile(ready.path)).toString();
}

test('what no rule is about stays as it is, and no directory is made for it', async () => {
  const { files: stored } = await encode({ rules: [{ pattern: '*.css', encoding: 'gzip' }] });
  expect([...stored]).toEqual(files);
  expect(await readdir(below)).toEqual([]);
});

test('files to which the file system gives one inode number are not taken for one', async () => {
  await writeTree({ 'b.html': OTHER }, root);
  files = (await walkTree(root, signal)).map((file) => ({ ...file, ino: 7n, mtimeNs: 1n, ctimeNs: 1n }));
  const { files: stored } = await encode();
  const texts = Array.from(stored, async ({ path }) => gunzipSync(await readFile(path)).toString());
  expect(await Promise.all(texts)).toEqual([PAGE, OTHER]);
});

describe('what an earlier run on this machine made of a file', () => {
  const md5 = md5Of(Buffer.from('of another zlib'));
  const form = `md5:${md5}/size:15/encoding:gzip`;

  test('is there by the ETag of its object: nothing is encoded, or read', async () => {
    const { files: stored, adopted } = await encode(madeBefore(form, { 'p/a.html': md5 }));
    expect([...stored]).toMatchObject([
      { size: 15, path: '', encoded: { encoding: 'gzip', source: files[0] } },
    ]);
    expect(adopted.get('a.html')?.md5).toBe(md5);
    expect(await readdir(below)).toEqual([]);
  });

  test('was not smaller: it stays as it is, and is remembered so again', async () => {
    const { files: stored } = await encode(madeBefore('encoding:gzip'));
    expect([...stored]).toEqual(files);
    expect(encodings.incompressibleBy(files[0]!)).toBe('gzip');
    expect(encodings.incompressibleBy({ ...files[0]!, ctimeNs: 1n })).toBeUndefined();
    expect(await readdir(below)).toEqual([]);
  });

  test.each([
    ['an object of another ETag', form, { 'p/a.html': md5Of(Buffer.from('another')) }],
    ['no object', form, {}],
    ['another encoding', form.replace('gzip', 'br'), { 'p/a.html': md5 }],
    ['another encoding, which did not pay', 'encoding:br', {}],
    ['nothing that can be read', 'none', { 'p/a.html': md5 }],
  ])('counts no more where there is %s: it is encoded', async (_, stored, objects) => {
    const store = { head: async () => undefined } as unknown as ReadableStore;
    const tree = await encode({ ...madeBefore(stored, objects), store });
    expect([...tree.files]).toMatchObject([{ encoded: { md5: md5Of(Buffer.from(PAGE)) } }]);
    expect(await publishedText(tree)).toBe(PAGE);
  });
});

describe('a file that is no longer what the walk met', () => {
  test('C6: is encoded as it is now', async () => {
    await writeFile(join(root, 'a.html'), OTHER);
    const tree = await encode();
    const [file] = [...tree.files];
    expect(file?.encoded).toMatchObject({ md5: md5Of(Buffer.from(OTHER)), source: { size: OTHER.length } });
    expect(await publishedText(tree)).toBe(OTHER);
  });

  test('C6: and its hard links are encoded each as it is, where one of them is another file by now', async () => {
    for (const name of ['b.html', 'c.html']) await link(join(root, 'a.html'), join(root, name));
    files = await walkTree(root, signal);
    await writeFile(join(root, 'new'), OTHER);
    await rename(join(root, 'new'), join(root, 'a.html'));
    const texts = Array.from((await encode()).files, async ({ path }) =>
      gunzipSync(await readFile(path)).toString(),
    );
    expect(await Promise.all(texts)).toEqual([OTHER, PAGE, PAGE]);
  });

  test('C6, C18: is not what the index remembers of it', async () => {
    await writeFile(join(root, 'a.html'), OTHER);
    const tree = await encode(remembered());
    expect(tree.adopted.size).toBe(0);
    expect(await publishedText(tree)).toBe(OTHER);
  });

  test.each([
    ['with an index', true],
    ['without one', false],
  ])('and is gone fails by name, %s', async (_, known) => {
    await rm(join(root, 'a.html'));
    const encoding = encode(known ? remembered() : {});
    await expect(encoding).rejects.toMatchObject({
      code: 'file-vanished',
      message: expect.stringMatching(/^a\.html: /),
    });
  });

  test('and is no file any more fails by name', async () => {
    await rm(join(root, 'a.html'));
    await writeTree({ 'a.html/b': 'b' }, root);
    await expect(encode()).rejects.toMatchObject({
      code: 'file-changed',
      message: expect.stringMatching(/^a\.html: /),
    });
  });
});

describe('an index in the destination’s bucket', () => {
  test('is believed: the file is digested, not encoded', async () => {
    const { files: tree, adopted } = await encode(remembered());
    expect([...tree]).toMatchObject([{ name: 'a.html', size: 15, path: '' }]);
    expect(adopted.get('a.html')?.md5).toBe(md5Of(Buffer.from('of another zlib')));
    expect(await readdir(below)).toEqual([]);
  });

  test.each([
    ['no digest of the object', { md5: undefined }],
    ['another ETag', { etag: 'f'.repeat(32) }],
    ['another size', { size: 16 }],
  ])('whose line says %s is not: the file is encoded', async (_, change) => {
    const { index, ...known } = remembered();
    const objects = new Map(
      [...index!.objects].map(([key, entry]) => [key, { ...entry, ...change } as never]),
    );
    const store = { head: async () => undefined } as unknown as ReadableStore;
    const tree = await encode({ ...known, index: { ...index!, objects }, store });
    expect(tree.adopted.size).toBe(0);
    expect(await publishedText(tree)).toBe(PAGE);
  });
});

test.each(['ENOSPC', 'EDQUOT', 'EROFS'])('%s is told as no room for what is compressed', async (code) => {
  pool.encode = async () => {
    throw Object.assign(new Error(`${code}: as told`), { code });
  };
  await expect(encode()).rejects.toMatchObject({
    code: 'no-room',
    message: `compress: there is no room for the compressed files in ${tmpdir()} (${code}: as told): set TMPDIR to a directory with room; nothing was written to S3`,
  });
});

test('where no directory can be made the run fails, and there is nothing to remove', async () => {
  encodings = new Encodings(pool, join(below, 'not/there'));
  await expect(encode()).rejects.toMatchObject({ code: 'no-room' });
  await encodings.close();
});
