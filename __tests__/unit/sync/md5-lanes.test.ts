import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { md5Of } from '../../../src/model/digest.js';
import { partsOf, uniformLayout } from '../../../src/model/digest-index.js';
import {
  type ByteRange,
  emptySum,
  GRANULE,
  isSameSum,
  Md5Lanes,
  totalSum,
} from '../../../src/sync/md5-lanes.js';
import { LANES } from '../../../src/sync/md5-module.js';
import { SEED } from '../../support/seed.js';
import { noise } from '../../support/tree.js';

const FILE = noise(40 * GRANULE + 777, 1);

type Summed = ByteRange & { readonly sum: Uint32Array };

function rangeOf(bytes: Buffer, offset: number, size: number, sum = emptySum()): Summed {
  let at = offset;
  const read = (into: Buffer): void => {
    at += bytes.copy(into, 0, at, at + into.length);
  };
  return { offset, size, sum, read };
}

/** Cut at these granules. */
function cut(bytes: Buffer, granules: readonly number[]): readonly Summed[] {
  const ends = [...new Set(granules.map((granule) => granule * GRANULE)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, i) => rangeOf(bytes, ends[i - 1] ?? 0, end - (ends[i - 1] ?? 0)));
}

function sumOf(lanes: Md5Lanes, bytes: Buffer): Uint32Array {
  const sum = emptySum();
  for (let offset = 0; offset < bytes.length; offset += lanes.buffer.length) {
    lanes.add(offset, bytes.copy(lanes.buffer, 0, offset, offset + lanes.buffer.length), sum);
  }
  return sum;
}

describe('MD5 of several ranges at a time', () => {
  const lanes = new Md5Lanes();

  test('is that of one after the other, however many there are and wherever they end', () => {
    const sizes = fc.oneof(
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: -70, max: 70 }).map((more) => GRANULE + more),
      fc.integer({ min: 0, max: 5 * GRANULE }),
    );
    fc.assert(
      fc.property(fc.array(sizes, { maxLength: 30 }), (all) => {
        const digests = lanes.digest(all.map((size) => rangeOf(FILE, 0, size)));
        expect(digests).toEqual(all.map((size) => md5Of(FILE.subarray(0, size))));
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  test('parts are hashed beside the whole, however many layouts there are and wherever they end', () => {
    const ends = fc.oneof(fc.integer({ min: 0, max: 130 }), fc.integer({ min: 0, max: GRANULE - 1 }));
    const range = fc.record({
      granules: fc.integer({ min: 0, max: 12 }),
      more: ends,
      cuts: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: LANES - 1 }),
    });
    const check = (all: readonly { granules: number; more: number; cuts: readonly number[] }[]): void => {
      const ranges = all.map(({ granules, more, cuts }) => {
        const size = granules * GRANULE + more;
        const layouts = cuts.map((cut) => uniformLayout(size, cut * GRANULE));
        return { ...rangeOf(FILE, 0, size), layouts };
      });
      const expected = ranges.flatMap(({ size, layouts }) => [
        md5Of(FILE.subarray(0, size)),
        ...layouts.flatMap((layout) =>
          Array.from(partsOf(layout), (part) => md5Of(FILE.subarray(part.offset, part.offset + part.size))),
        ),
      ]);
      expect(lanes.digest(ranges)).toEqual(expected);
    };
    fc.assert(fc.property(fc.array(range, { maxLength: 12 }), check), { seed: SEED, numRuns: 100 });
  });

  test('a range of more layouts than there are lanes is refused', () => {
    const layouts = Array.from({ length: LANES }, () => uniformLayout(GRANULE, GRANULE));
    expect(() => lanes.digest([{ ...rangeOf(FILE, 0, GRANULE), layouts }])).toThrow(RangeError);
  });

  test('sums the same bytes to the same, whatever the ranges, and other bytes to something else', () => {
    const expected = sumOf(lanes, FILE);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 })), fc.nat(FILE.length - 1), (granules, at) => {
        const ranges = cut(FILE, granules);
        lanes.digest(ranges);
        expect(isSameSum(totalSum(ranges.map(({ sum }) => sum)), expected)).toBe(true);
        const changed = Buffer.from(FILE);
        changed[at]! ^= 1;
        expect(isSameSum(sumOf(lanes, changed), expected)).toBe(false);
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  test.each([
    ['granules', GRANULE],
    ['words', 4],
    ['vectors', 16],
  ])('two %s that change places are told by the sum', (_, size) => {
    const changed = Buffer.from(FILE);
    FILE.copy(changed, 0, size, 2 * size);
    FILE.copy(changed, size, 0, size);
    expect(isSameSum(sumOf(lanes, changed), sumOf(lanes, FILE))).toBe(false);
  });

  test('what a range throws ends all', () => {
    const failing = {
      offset: 0,
      size: 9,
      sum: emptySum(),
      read: () => {
        throw new Error('gone');
      },
    };
    expect(() => lanes.digest([rangeOf(FILE, 0, 9), failing])).toThrow('gone');
    expect(lanes.digest([rangeOf(FILE, 0, 9)])).toEqual([md5Of(FILE.subarray(0, 9))]);
  });
});
