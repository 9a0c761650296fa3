import { describe, expect, test } from '@jest/globals';
import { type Chunks, formatChunks } from '../../../src/model/chunks.js';
import type { ETag } from '../../../src/model/digest.js';
import {
  type DigestIndex,
  emptyIndex,
  formatIndex,
  type ObjectEntry,
} from '../../../src/model/digest-index.js';
import { type ObjectKey, parsePrefix } from '../../../src/model/object-key.js';
import type { ListedObject } from '../../../src/model/objects.js';
import { type ReadableStore, StoreError } from '../../../src/store/object-store.js';
import { OlderObjects, type OlderObjectsRequest } from '../../../src/sync/older-objects.js';

const MIB = 1024 * 1024;
const SIZE = 72 * MIB;
const key = 'p/image' as ObjectKey;

/** Of a file of nine chunks, each known by its number. */
function chunks(...sums: readonly number[]): Chunks {
  return { sizes: Uint32Array.from({ length: 9 }, () => 8 * MIB), sums: Uint32Array.from(sums) };
}
const FILE = chunks(1, 2, 3, 4, 5, 6, 7, 8, 9);
/** Has all but the last chunk, and half of them. */
const NONE = chunks(91, 92, 93, 94, 95, 96, 97, 98, 99);
const [MOST, HALF] = [chunks(1, 2, 3, 4, 5, 6, 7, 8, 99), chunks(1, 2, 3, 4, 95, 96, 97, 98, 99)];

function object(at: string, etag: string, changes: Partial<ListedObject> = {}): ListedObject {
  const own = { key: at as ObjectKey, etag: etag as ETag, size: SIZE };
  return { ...own, lastModified: 1, storageClass: 'STANDARD', ...changes };
}

function entry(etag: string, made: Chunks): ObjectEntry {
  return { etag: etag as ETag, size: SIZE, chunks: formatChunks(made) };
}

function indexOf(objects: Readonly<Record<string, ObjectEntry>>): DigestIndex {
  return { ...emptyIndex(Buffer.alloc(0)), objects: new Map(Object.entries(objects)) };
}

interface Asked {
  /** The key that the file is made from. */
  readonly from: string | undefined;
  readonly reads: readonly string[];
  readonly messages: readonly string[];
}

async function likest(
  listed: readonly ListedObject[],
  index: DigestIndex | undefined,
  further: readonly ListedObject[] = [],
  theirs: () => Buffer | undefined = () => undefined,
  changes: Partial<OlderObjectsRequest> = {},
  file: Chunks = FILE,
  refused: readonly ListedObject[] = [],
): Promise<Asked> {
  const reads: string[] = [];
  const messages: string[] = [];
  const store = {
    read: async (at: string) => {
      reads.push(at);
      const bytes = theirs();
      return bytes === undefined ? undefined : { bytes, etag: 'e' };
    },
  } as unknown as ReadableStore;
  const older = new OlderObjects({
    listing: new Map(listed.map((one) => [one.key, one])),
    index,
    further: [
      { place: { url: 's3://b/v1/', store, prefix: parsePrefix('v1'), bucket: undefined }, objects: further },
    ],
    copyMinSize: 0,
    emit: (event) => void (event.type === 'message' && messages.push(event.message)),
    signal: new AbortController().signal,
    ...changes,
  });
  for (const one of refused) older.refuse(one);
  const found = await older.likest(key, SIZE, file);
  return { from: found?.source.key, reads, messages };
}

describe('the object that a file has most in common with', () => {
  test('is its own, where half of it is there; then no other index is read', async () => {
    const index = indexOf({ [key]: entry('own', MOST), 'p/other': entry('other', FILE) });
    expect(await likest([object(key, 'own'), object('p/other', 'other')], index)).toMatchObject({
      from: key,
      reads: [],
    });
  });

  test.each([
    ['of the same size', 0, MOST],
    ['far larger', 500 * MIB, MOST],
    ['whose chunks moved', 0, chunks(98, 1, 2, 3, 4, 5, 6, 7, 8)],
  ])('is found among hundreds of its size, whatever its name and size: one %s', async (_, more, made) => {
    const listed: ListedObject[] = [];
    const known: Record<string, ObjectEntry> = {};
    const add = (at: string, off: number, of: Chunks): void => {
      const size = SIZE + off;
      const sizes = of.sizes.map((each, i) => (i === 8 ? each + off : each));
      listed.push(object(at, at, { size }));
      known[at] = { ...entry(at, { ...of, sizes }), size };
    };
    for (let i = 0; i < 300; i++) add(`p/${i}`, 0, i % 2 === 0 ? HALF : NONE);
    add('p/z', more, made);
    expect((await likest(listed, indexOf(known))).from).toBe('p/z');
  });

  test('is the one that has most of it where it counts: chunks that are too few for a part do not', async () => {
    const sizes = Uint32Array.from({ length: 36 }, () => 2 * MIB);
    const numbers = [...sizes.keys()];
    const file = { sizes, sums: Uint32Array.from(numbers) };
    const every = (n: number): Chunks => ({
      sizes,
      sums: Uint32Array.from(numbers, (i) => (i % n === 0 ? 1_000 + i : i)),
    });
    // 18 chunks of 2 MiB apart from one another, against 12 in one piece.
    const piece = { sizes, sums: Uint32Array.from(numbers, (i) => (i < 12 ? i : 2_000 + i)) };
    const index = indexOf({ 'p/apart': entry('a', every(2)), 'p/piece': entry('p', piece) });
    const listed = [object('p/apart', 'a'), object('p/piece', 'p')];
    expect((await likest(listed, index, [], undefined, {}, file)).from).toBe('p/piece');
  });

  test('is none that was refused, nor one of another bucket that was', async () => {
    const index = indexOf({ [key]: entry('own', MOST), 'p/other': entry('other', HALF) });
    const listed = [object(key, 'own'), object('p/other', 'other')];
    const bucket = { name: 'o' };
    const there = [object('p/other', 'there', { bucket }), object('p/third', 'there', { bucket })];
    const known = indexOf({ gone: entry('there', MOST) });
    const from = async (...refused: readonly ListedObject[]): Promise<string | undefined> =>
      (await likest(listed, index, [], undefined, {}, FILE, refused)).from;
    expect([await from(), await from(listed[0]!), await from(...listed)]).toEqual([
      key,
      'p/other',
      undefined,
    ]);
    expect(await likest([], known, there)).toMatchObject({ from: 'p/other' });
    expect((await likest([], known, there, undefined, {}, FILE, [there[1]!])).from).toBeUndefined();
  });

  test('is none below copy-min-size', async () => {
    const index = indexOf({ [key]: entry('own', MOST) });
    for (const [copyMinSize, from] of [
      [SIZE, key],
      [SIZE + 1, undefined],
    ] as const)
      expect((await likest([object(key, 'own')], index, [], undefined, { copyMinSize })).from).toBe(from);
  });

  test('is none of which the index speaks in another state, or that is archived', async () => {
    const index = indexOf({ [key]: entry('own', MOST) });
    expect((await likest([object(key, 'replaced')], index)).from).toBeUndefined();
    expect((await likest([object(key, 'own', { size: SIZE - 1 })], index)).from).toBeUndefined();
    expect((await likest([object(key, 'own', { storageClass: 'GLACIER' })], index)).from).toBeUndefined();
  });

  test('may lie in a further place, known by the index there or by the same ETag here', async () => {
    const there = [object('v1/image', 'there')];
    const text = Buffer.from([...formatIndex(indexOf({ 'v1/image': entry('there', MOST) }))].join(''));
    expect(await likest([], undefined, there, () => text)).toEqual({
      from: 'v1/image',
      reads: ['v1/.s3-dedup-sync/index'],
      messages: [],
    });
    expect((await likest([], indexOf({ gone: entry('there', HALF) }), there)).from).toBe('v1/image');
  });

  test('is not looked for in a place that has no large object, no index, or does not let it be read', async () => {
    expect(await likest([], undefined, [object('v1/small', 's', { size: 9 })])).toMatchObject({
      from: undefined,
      reads: [],
    });
    expect(await likest([], undefined, [object('v1/image', 'there')])).toMatchObject({
      from: undefined,
      messages: [],
    });
    const denied = (): Buffer => {
      throw new StoreError('denied', 'AccessDenied', 403, 'GetObject', 'as told');
    };
    const asked = await likest([], undefined, [object('v1/image', 'there')], denied);
    expect([asked.from, asked.messages]).toEqual([
      undefined,
      [expect.stringMatching(/^the index of s3:\/\/b\/v1\/ is not read: .*GetObject was denied/)],
    ]);
  });
});
