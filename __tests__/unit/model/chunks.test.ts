import { crc32 } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import {
  type Chunks,
  chunkUnit,
  formatChunks,
  isChunksText,
  parseChunks,
  stretchesOf,
} from '../../../src/model/chunks.js';
import { chunksOf } from '../../support/chunks.js';
import { randomNumbers } from '../../support/random.js';
import { noise } from '../../support/tree.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const UNIT = 128 * KIB;

function cut(bytes: Buffer, block?: () => number, older?: Chunks): Chunks {
  return chunksOf(bytes, older, UNIT, block);
}

function total({ sizes }: Chunks): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Bytes of a file that another one has, as its chunks tell. */
function common(file: Buffer, other: Buffer): number {
  const stretches = stretchesOf(cut(file), cut(other));
  for (const { offset, size, from } of stretches)
    expect(file.subarray(offset, offset + size).equals(other.subarray(from, from + size))).toBe(true);
  return stretches.reduce((sum, { size }) => sum + size, 0);
}

describe('chunks', () => {
  const old = noise(24 * MIB, 7);

  test('cover the file, within their bounds, however it is read', () => {
    const chunks = cut(old);
    expect(total(chunks)).toBe(old.length);
    const inner = [...chunks.sizes.slice(0, -1)];
    expect(Math.min(...inner)).toBeGreaterThanOrEqual(2 * UNIT);
    expect(Math.max(...inner)).toBeLessThanOrEqual(8 * UNIT);
    expect(old.length / chunks.sizes.length).toBeGreaterThan(2.4 * UNIT);
    expect(old.length / chunks.sizes.length).toBeLessThan(3.6 * UNIT);
    const random = randomNumbers(3);
    expect(cut(old, () => 1 + Math.floor(random() * 300_000))).toEqual(chunks);
  });

  const at = 5 * MIB + 12_345;
  const head = old.subarray(0, at);
  const tail = old.subarray(at);
  const later: readonly [string, Buffer][] = [
    ['bytes before', Buffer.concat([noise(1_001, 9), old])],
    ['bytes inserted', Buffer.concat([head, noise(77_777, 9), tail])],
    ['bytes removed', Buffer.concat([head, tail.subarray(200_001)])],
    ['bytes changed', Buffer.concat([head, noise(1000, 9), tail.subarray(1000)])],
    ['halves that changed places', Buffer.concat([tail, head])],
    ['a beginning removed', old.subarray(333_333)],
    ['bytes appended', Buffer.concat([old, noise(MIB, 9)])],
    ['an end removed', old.subarray(0, 17 * MIB + 1)],
  ];

  test.each(later)('%s: that costs the chunks around them alone', (_, file) => {
    expect(Math.min(old.length, file.length) - common(file, old)).toBeLessThan(3 * MIB);
  });

  test('nothing is found of other bytes', () => {
    expect(common(noise(8 * MIB, 11), old)).toBe(0);
  });

  test.each([...later, ['nothing', old], ['all', noise(8 * MIB, 11)]] as const)(
    'an older version, %s, decides nothing of what they are',
    (_, file) => {
      expect(cut(file, undefined, cut(old))).toEqual(cut(file));
      expect(cut(old, undefined, cut(file))).toEqual(cut(old));
    },
  );

  test('an older version whose chunks are none, or whose sums are of other bytes, misleads nobody', () => {
    const right = cut(old);
    const one = (size: number, sum: number): Chunks => ({
      sizes: Uint32Array.of(size),
      sums: Uint32Array.of(sum),
    });
    const { sizes, sums } = right;
    for (const older of [
      one(old.length, crc32(old)),
      one(1, crc32(old.subarray(0, 1))),
      { sizes, sums: sums.map((sum) => sum ^ 1) },
      { sizes: Uint32Array.of(100_000, 400_000), sums: Uint32Array.of(crc32(old.subarray(0, 100_000)), 1) },
      { sizes: Uint32Array.of(400_000), sums: Uint32Array.of(crc32(old.subarray(0, 400_000))) },
    ])
      expect(cut(old, undefined, older)).toEqual(right);
  });

  test('what occurs many times is found where its neighbours are', () => {
    const zeros = Buffer.alloc(6 * MIB);
    const before = Buffer.concat([zeros, noise(3 * MIB, 2), zeros, noise(3 * MIB, 3), zeros]);
    const after = Buffer.concat([zeros, noise(3 * MIB, 2), zeros, noise(3 * MIB, 4), zeros]);
    const stretches = stretchesOf(cut(after), cut(before)).filter(({ size }) => size > 5 * MIB);
    expect(stretches[0]).toMatchObject({ offset: 0, from: 0 });
    expect(stretches[0]!.size).toBeGreaterThan(14 * MIB);
    expect(after.length - common(after, before)).toBeLessThan(5 * MIB);
  });

  test('are bounded in number and length for every size', () => {
    expect([64 * MIB - 1, 4096 * GIB + 1].map((size) => chunkUnit(size))).toEqual([undefined, undefined]);
    for (const size of [64 * MIB, 512 * MIB, 2 * GIB, 2 * GIB + 1, 100 * GIB, 4096 * GIB]) {
      const unit = chunkUnit(size)!;
      const most = Math.ceil(size / (2 * unit));
      expect(most).toBeLessThanOrEqual(8_192);
      expect(8 * unit).toBeLessThan(2 ** 32);
      const chunks = { sizes: new Uint32Array(most).fill(1), sums: new Uint32Array(most).fill(2 ** 32 - 1) };
      const text = formatChunks(chunks);
      expect(text.length).toBeLessThan(90 * KIB);
      expect(parseChunks(text, most)).toEqual(chunks);
    }
    expect(chunkUnit(512 * MIB)).toBe(UNIT);
  });

  test('are of the unit of an older version that is twice or half as long as their own', () => {
    const older = [UNIT / 2, UNIT, 2 * UNIT, 4 * UNIT].map((unit) =>
      chunksOf(old.subarray(0, 50 * unit), undefined, unit),
    );
    const units = (size: number): readonly (number | undefined)[] =>
      older.map((chunks) => chunkUnit(size, chunks));
    expect(units(2 * GIB)).toEqual([UNIT / 2, UNIT, 2 * UNIT, UNIT]);
    expect(units(2 * GIB + 1)).toEqual([2 * UNIT, UNIT, 2 * UNIT, 4 * UNIT]);
    // Of all the same bytes, chunks are as long as they can be, and might be of several units.
    const flat = chunksOf(Buffer.alloc(64 * MIB), undefined, UNIT);
    expect(chunkUnit(64 * MIB, flat)).toBe(UNIT);
    // What a file has at most, beside an older version, is read back.
    const most = 2 * 8192;
    const longest = { sizes: new Uint32Array(most).fill(2 * UNIT), sums: new Uint32Array(most) };
    expect(parseChunks(formatChunks(longest), most * 2 * UNIT)).toEqual(longest);
  });

  test('are read back, and nothing else is taken for them', () => {
    const chunks = cut(old);
    const text = formatChunks(chunks);
    expect(parseChunks(text, old.length)).toEqual(chunks);
    expect(parseChunks(text, old.length + 1)).toBeUndefined();
    expect(parseChunks(text.slice(0, -4), old.length)).toBeUndefined();
    expect(parseChunks('AAAA', 0)).toBeUndefined();
    const empty = formatChunks({ sizes: Uint32Array.of(0, 5), sums: Uint32Array.of(1, 2) });
    expect(parseChunks(empty, 5)).toBeUndefined();
    expect(['', 'a b', 'ü', 5, null, {}, 'A'.repeat(200_000)].map(isChunksText)).toEqual(
      Array.from({ length: 7 }, () => false),
    );
  });
});
