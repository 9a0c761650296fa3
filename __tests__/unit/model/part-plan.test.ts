import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Stretch } from '../../../src/model/chunks.js';
import { formatLayout, layoutSize, partsOf, uniformLayout } from '../../../src/model/digest-index.js';
import { layoutOf, planParts, regionsOf } from '../../../src/model/part-plan.js';
import { LEAST_PART, ownLayout, ownPartSize } from '../../../src/model/part-sizes.js';
import { SEED } from '../../support/seed.js';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const PART = 8 * MIB;

/** Alternating ranges that an object has and that it lacks, from anywhere in it. */
const files = fc
  .array(
    fc.record({
      size: fc.oneof(fc.integer({ min: 1, max: 3 * MIB }), fc.integer({ min: 1, max: 60 * MIB })),
      from: fc.option(fc.integer({ min: 0, max: 200 * MIB }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map((ranges) => {
    let size = 0;
    const stretches: Stretch[] = [];
    for (const range of ranges) {
      if (range.from !== undefined) stretches.push({ offset: size, size: range.size, from: range.from });
      size += range.size;
    }
    return { size, stretches };
  });

function bytesSent(size: number, stretches: readonly Stretch[]): number {
  const parts = planParts(size, stretches, PART);
  return (parts ?? [{ offset: 0, size }]).reduce((sum, part) => sum + ('from' in part ? 0 : part.size), 0);
}

describe('a plan of parts', () => {
  test('covers each byte once, copies what the object has, and keeps to the limits', () => {
    fc.assert(
      fc.property(files, ({ size, stretches }) => {
        const parts = planParts(size, stretches, PART);
        if (parts === undefined) {
          expect(stretches.every((stretch) => stretch.size < 2 * LEAST_PART + MIB)).toBe(true);
          return;
        }
        let offset = 0;
        for (const [i, part] of parts.entries()) {
          expect(part.offset).toBe(offset);
          if (i < parts.length - 1) expect(part.size).toBeGreaterThanOrEqual(LEAST_PART);
          expect(part.size).toBeGreaterThan(0);
          expect(part.size).toBeLessThan(PART + 2 * LEAST_PART);
          offset += part.size;
          if (part.from === undefined) continue;
          const { from } = part;
          const holds = stretches.some(
            (stretch) =>
              part.offset >= stretch.offset &&
              part.offset + part.size <= stretch.offset + stretch.size &&
              from - stretch.from === part.offset - stretch.offset,
          );
          expect(holds).toBe(true);
        }
        expect(offset).toBe(size);
        expect(parts.length).toBeLessThanOrEqual(10_000);
        expect(layoutSize(layoutOf(parts))).toBe(size);
        expect([...partsOf(layoutOf(parts))]).toEqual(parts.map(({ offset, size }) => ({ offset, size })));
      }),
      { seed: SEED, numRuns: 150 },
    );
  });

  test('an edit is sent with what a part of 5 MiB takes, and no more', () => {
    const size = 512 * MIB;
    const edited = (edits: readonly number[], length: number): readonly Stretch[] => {
      const stretches: Stretch[] = [];
      let at = 0;
      for (const edit of edits) {
        stretches.push({ offset: at, size: edit - at, from: at });
        at = edit + length;
      }
      return [...stretches, { offset: at, size: size - at, from: at }];
    };
    expect(bytesSent(size, edited([100 * MIB], 1))).toBe(5 * MIB);
    expect(bytesSent(size, edited([100 * MIB], 7 * MIB))).toBe(7 * MIB);
    expect(
      bytesSent(
        size,
        edited(
          [37, 137, 237, 337, 437].map((at) => at * MIB),
          MIB,
        ),
      ),
    ).toBe(25 * MIB);
    // Two that are near to one another are one part.
    expect(bytesSent(size, edited([100 * MIB, 103 * MIB], 1000))).toBeLessThan(5.1 * MIB);
    // An end that was cut off or added to.
    expect(bytesSent(size, [{ offset: 0, size: size - 1000, from: 0 }])).toBeLessThanOrEqual(64 * 1024);
    expect(bytesSent(size, [{ offset: 0, size, from: 0 }])).toBe(0);
    // What was removed leaves nothing to send.
    expect(
      bytesSent(size, [
        { offset: 0, size: 100 * MIB + 1, from: 0 },
        { offset: 100 * MIB + 1, size: size - 100 * MIB - 1, from: 130 * MIB },
      ]),
    ).toBe(0);
    expect(bytesSent(size, [{ offset: 1000, size: size - 1000, from: 0 }])).toBe(5 * MIB);
  });

  test('where what lies between two copies is too small to be a part, one of them gives way', () => {
    const between = (one: number, gap: number, other: number): unknown =>
      planParts(
        one + gap + other,
        [
          { offset: 0, size: one, from: 0 },
          { offset: one + gap, size: other, from: 100 * MIB },
        ],
        PART,
      )?.map((part) => [
        part.offset / MIB,
        part.size / MIB,
        part.from === undefined ? 'sent' : part.from / MIB,
      ]);
    // The second one, where it is large enough.
    expect(between(5 * MIB, MIB, 9 * MIB)).toEqual([
      [0, 5, 0],
      [5, 5, 'sent'],
      [10, 5, 104],
    ]);
    // Else the first one.
    expect(between(9 * MIB, MIB, 5 * MIB)).toEqual([
      [0, 5, 0],
      [5, 5, 'sent'],
      [10, 5, 100],
    ]);
    // Neither can: the smaller one is sent too.
    expect(between(5 * MIB, MIB, 6 * MIB)).toEqual([
      [0, 6, 'sent'],
      [6, 6, 100],
    ]);
    expect(between(6 * MIB, MIB, 5 * MIB)).toEqual([
      [0, 6, 0],
      [6, 6, 'sent'],
    ]);
  });

  test('most of its parts are those of a plain upload, whose digests are known', () => {
    const size = 512 * MIB;
    const parts = planParts(size, [{ offset: 1001, size: size - 1001, from: 0 }], PART)!;
    const regions = [...regionsOf(partsOf(ownLayout(size)), parts)];
    expect(regions.filter(({ one, other }) => one.length === 1 && other.length === 1)).toHaveLength(62);
    expect(formatLayout(layoutOf(parts))).toBe(`1x${5 * MIB}+1x${11 * MIB}+62x${8 * MIB}`);
  });

  test('where there is nothing to copy, or no room for the parts, there is none', () => {
    const size = 100 * MIB;
    expect(planParts(size, [], PART)).toBeUndefined();
    expect(planParts(size, [{ offset: 0, size: LEAST_PART - 1, from: 0 }], PART)).toBeUndefined();
    const huge = 160 * GIB;
    const pieces = Array.from({ length: 12_000 }, (_, i) => ({
      offset: i * 12 * MIB,
      size: 6 * MIB,
      from: 0,
    }));
    expect(planParts(huge, pieces, ownPartSize(huge))).toBeUndefined();
    const few = planParts(78 * GIB, [{ offset: 1, size: 78 * GIB - 1, from: 0 }], ownPartSize(78 * GIB))!;
    expect(few.length).toBeLessThanOrEqual(10_000);
  });

  test('of a file that became shorter since it was cut, no part lies beyond its end', () => {
    const cut = [
      { offset: 0, size: 40 * MIB, from: 0 },
      { offset: 40 * MIB, size: 60 * MIB, from: 90 * MIB },
    ];
    for (const size of [3 * MIB, 30 * MIB, 42 * MIB, 99 * MIB + 1]) {
      const parts = planParts(size, cut, PART) ?? [{ offset: 0, size }];
      expect(parts.reduce((sum, part) => sum + part.size, 0)).toBe(size);
    }
  });

  test('the regions of two layouts are the file, each cut at both ends by both', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 12 }), (parts, partSize) => {
        const size = parts.reduce((sum, part) => sum + part, 0);
        const one = [...partsOf(uniformLayout(size, partSize))];
        const regions = [
          ...regionsOf(
            one,
            parts.map((part) => ({ size: part })),
          ),
        ];
        expect(regions.flatMap((region) => region.one)).toEqual(one.map((part) => part.size));
        expect(regions.flatMap((region) => region.other)).toEqual(parts);
        let offset = 0;
        for (const region of regions) {
          expect(region.offset).toBe(offset);
          const sum = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0);
          expect(sum(region.one)).toBe(sum(region.other));
          offset += sum(region.one);
        }
      }),
      { seed: SEED, numRuns: 100 },
    );
  });
});
