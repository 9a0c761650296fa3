import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ObjectKey } from '../../../src/model/object-key.js';
import { orderReads, type Write } from '../../../src/sync/read-order.js';
import { SEED } from '../../support/seed.js';

/** A write as `key <- what it reads` or `key << what it follows`, its rank in front where it is not 0. */
function write(line: string): Write {
  const [, rank = '0', key = '', arrow, of] = /^(?:(\d) )?(\w+)(?: (<-|<<) (\w+))?$/.exec(line) ?? [];
  return {
    key: key as ObjectKey,
    rank: Number(rank),
    size: key.length,
    reads: arrow === '<-' ? (of as ObjectKey) : undefined,
    follows: arrow === '<<' ? (of as ObjectKey) : undefined,
  };
}

function ordered(lines: readonly string[], refreshed: Readonly<Record<string, number>> = {}): object {
  const { phases, staged } = orderReads(
    lines.map(write),
    new Map(Object.entries(refreshed)) as unknown as ReadonlyMap<ObjectKey, number>,
    true,
  );
  return { phases: Object.fromEntries(phases), staged: Object.fromEntries(staged) };
}

test.each<[string, readonly string[], object, object]>([
  ['nothing is read', ['a', 'b'], {}, {}],
  ['what is read is not written', ['a <- x'], {}, {}],
  ['C1: a chain', ['a', 'b <- a', 'c <- b'], { c: 0, b: 1, a: 2 }, {}],
  ['C1: a chain, met the other way round', ['c <- b', 'b <- a', 'a'], { c: 0, b: 1, a: 2 }, {}],
  ['C1: a longer one', ['d <- c', 'c <- b', 'b <- a', 'a'], { d: 0, c: 1, b: 2, a: 3 }, {}],
  ['two chains', ['a', 'b <- a', 'x', 'y <- x'], { b: 0, a: 1, y: 0, x: 1 }, {}],
  [
    'C2: a ring: its smallest is staged',
    ['aaa <- bb', 'bb <- c', 'c <- aaa'],
    { aaa: 0, bb: 1, c: 2 },
    { c: 0 },
  ],
  ['C2: of equal ones the first', ['a <- b', 'b <- a'], { b: 0, a: 1 }, { a: 0 }],
  ['two rings', ['a <- bb', 'bb <- a', 'xx <- y', 'y <- xx'], { bb: 0, a: 1, xx: 0, y: 1 }, { a: 0, y: 0 }],
  ['a chain beside a ring', ['a <- b', 'b <- a', 'x', 'y <- x'], { b: 0, a: 1, y: 0, x: 1 }, { a: 0 }],
  [
    'C2: a ring, one of whose members another key reads too',
    ['a <- m', 'b <- m', 'm <- a'],
    { b: 0, m: 1, a: 2 },
    { a: 0 },
  ],
  [
    'C2: the same, met from outside',
    ['b <- m', 'c <- b', 'a <- m', 'm <- a'],
    { c: 0, b: 1, a: 0, m: 2 },
    { m: 0 },
  ],
  ['C17: an earlier rank overwrites it', ['0 a', '1 b <- a'], {}, { b: 0 }],
  ['a later rank overwrites it', ['1 a', '0 b <- a'], {}, {}],
  ['further names follow the first', ['a', 'b << a', 'c << a'], { a: 0, b: 1, c: 1 }, {}],
  ['further names of a later rank need not wait', ['a', '1 b << a'], {}, {}],
  ['a further name that is read before', ['a', 'b << a', 'c <- b'], { a: 0, c: 0, b: 1 }, {}],
  [
    'a further name that waits for two, the later one counts',
    ['a', 'b << a', 'c <- b', 'a2 <- a', 'a3 <- a2'],
    { a3: 0, a2: 1, a: 2, c: 0, b: 3 },
    {},
  ],
])('%s: %j', (_, lines, phases, staged) => {
  expect(ordered(lines)).toEqual({ phases, staged });
});

test('what follows a renewed key comes after it in its own rank, and need not wait in a later one', () => {
  expect(ordered(['b << a'], { a: 0 })).toEqual({ phases: { a: 0, b: 1 }, staged: {} });
  expect(ordered(['1 b << a'], { a: 0 })).toEqual({ phases: {}, staged: {} });
});

describe('a long chain', () => {
  const lines = Array.from({ length: 600 }, (_, i) => write(`k${i} <- k${i - 1}`.replace(' <- k-1', '')));
  const longest = (lines: readonly Write[], canStage = true): number => {
    const { phases, staged } = orderReads(lines, new Map(), canStage);
    for (const { key, reads } of lines) {
      const after = lines.find((line) => line.key === reads);
      if (after === undefined || staged.has(key)) continue;
      expect(phases.get(key)).toBeLessThan(phases.get(after.key)!);
    }
    return Math.max(0, ...phases.values());
  };

  test('is cut, so that its links do not wait for all that come before them', () => {
    expect(longest(lines)).toBe(15);
    expect(longest(lines.toReversed())).toBe(15);
    expect(orderReads(lines, new Map(), true).staged.size).toBe(37);
    expect(orderReads(lines.slice(0, 16), new Map(), true).staged.size).toBe(0);
    const ring = [write('k0 <- k599'), ...lines.slice(1)];
    expect(longest(ring)).toBe(15);
  });

  test('is not cut where nothing can be staged: each cut would be sent', () => {
    expect(longest(lines, false)).toBe(599);
    expect(orderReads(lines, new Map(), false).staged.size).toBe(0);
  });

  test('is cut wherever it is met, and whatever else reads its members', () => {
    const tree = fc.array(fc.nat(60), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(tree, (reads) => {
        const lines = reads
          .map((of, i) => write(`k${i} <- k${of}`))
          .filter(({ key, reads }) => key !== reads);
        expect(longest(lines)).toBeLessThan(16);
      }),
      { seed: SEED, numRuns: 300 },
    );
    expect.hasAssertions();
  });
});
