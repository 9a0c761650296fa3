import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BodyArena } from '../../../src/sync/body-arena.js';
import { SEED } from '../../support/seed.js';

const CAPACITY = 16 * 4096;

test('no two bodies have a byte in common, none waits for ever, and each has its size', async () => {
  const bodies = fc.array(fc.record({ size: fc.nat(CAPACITY + 5000), turns: fc.nat(5) }), {
    minLength: 1,
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(bodies, fc.boolean(), async (all, isShared) => {
      const arena = new BodyArena(CAPACITY, isShared);
      let held = 0;
      await Promise.all(
        all.map(({ size, turns }, i) =>
          arena.with(size, async (body) => {
            expect(body.length).toBe(size);
            if (size <= CAPACITY) expect(body.buffer instanceof SharedArrayBuffer).toBe(isShared);
            held += size;
            expect(held).toBeLessThanOrEqual(Math.max(CAPACITY, size));
            body.fill(i);
            for (let turn = 0; turn < turns; turn++) await null;
            expect(body.every((byte) => byte === i)).toBe(true);
            held -= size;
          }),
        ),
      );
    }),
    { seed: SEED, numRuns: 100 },
  );
});

test('memory is given out again after a failure', async () => {
  const arena = new BodyArena(CAPACITY);
  let first: Buffer | undefined;
  const failing = arena.with(CAPACITY, async (body) => {
    first = body;
    throw new Error('refused');
  });
  await expect(failing).rejects.toThrow('refused');
  await arena.with(CAPACITY, async (body) => {
    expect(body.buffer).toBe(first?.buffer);
    expect(body.byteOffset).toBe(first?.byteOffset);
  });
});

test('bodies that need little room at a time lie at the beginning, and wait for each other alone', async () => {
  const arena = new BodyArena(CAPACITY);
  const ends: number[] = [];
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const work = async (body: Buffer): Promise<void> => {
    ends.push(body.byteOffset + body.length);
    await held;
  };
  const first = arena.with(CAPACITY / 4, work, { within: CAPACITY / 2 });
  const second = arena.with(CAPACITY / 4, work, { within: CAPACITY / 2 });
  const large = arena.with(CAPACITY / 2, work);
  const third = arena.with(CAPACITY / 4, work, { within: CAPACITY / 2 });
  await null;
  await null;
  expect(ends).toEqual([CAPACITY / 4, CAPACITY / 2, CAPACITY]);
  release();
  await Promise.all([first, second, large, third]);
  expect(ends[3]).toBeLessThanOrEqual(CAPACITY / 2);
});

test('of those that wait a lower turn is served first, and in one turn who came first', async () => {
  const arena = new BodyArena(CAPACITY);
  const served: string[] = [];
  let release = (): void => undefined;
  const held = arena.with(CAPACITY, () => new Promise<void>((resolve) => (release = resolve)));
  const wait = (name: string, turn?: number): Promise<unknown> =>
    arena.with(CAPACITY, async () => served.push(name), turn === undefined ? {} : { turn });
  const waiting = [wait('a', 2), wait('b', 1), wait('c', 2), wait('d'), wait('e', 1), wait('f', -1)];
  await null;
  release();
  await Promise.all([held, ...waiting]);
  expect(served).toEqual(['f', 'd', 'b', 'e', 'a', 'c']);
});
