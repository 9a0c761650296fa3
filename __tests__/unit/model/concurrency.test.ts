import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { ByteBudget, forEachConcurrent, settleAll } from '../../../src/model/concurrency.js';

describe('memory for bodies', () => {
  test('is given out as long as there is some, first come, first served, one that is too large alone', async () => {
    const budget = new ByteBudget(10);
    const running = new Set<string>();
    const ends = new Map<string, () => void>();
    const seen: string[] = [];
    const run = (name: string, bytes: number): Promise<void> =>
      budget.with(bytes, async () => {
        running.add(name);
        await new Promise<void>((end) => ends.set(name, end));
        running.delete(name);
      });
    const see = async (): Promise<void> => {
      await turn();
      seen.push([...running].join(' '));
    };
    // `d` would fit beside `a`, and waits for those before it.
    const all = [run('a', 6), run('b', 5), run('huge', 99), run('c', 4), run('d', 1)];
    await see();
    for (const name of ['a', 'b', 'huge']) {
      ends.get(name)?.();
      await see();
    }
    expect(seen).toEqual(['a', 'b', 'huge', 'c d']);
    ends.get('c')?.();
    ends.get('d')?.();
    await Promise.all(all);
    const later = run('e', 10);
    await see();
    expect(seen.at(-1)).toBe('e');
    ends.get('e')?.();
    await later;
  });

  test('what failed gives its own back', async () => {
    const budget = new ByteBudget(10);
    const failing = budget.with(10, async () => {
      throw new Error('as told');
    });
    const next = budget.with(10, async () => 'next');
    await expect(failing).rejects.toThrow('as told');
    expect(await next).toBe('next');
  });
});

test('at most so many at a time, and none is begun after one failed; what runs is waited for', async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const work = forEachConcurrent([0, 1, 2, 3, 4, 5], 2, async (item) => {
    begun.push(item);
    for (let i = 0; i <= item; i++) await turn();
    ended.push(item);
    if (item === 2) throw new Error(`${item}`);
  });
  await expect(work).rejects.toThrow('2');
  expect(begun).toEqual([0, 1, 2, 3]);
  expect(ended).toEqual([0, 1, 2, 3]);
});

test('as many as are allowed at the time, and one at least', async () => {
  let limit = 1;
  let running = 0;
  const seen: number[] = [];
  await forEachConcurrent(
    [1, 3, 3, 3, 0, 0, 2],
    () => limit,
    async (next) => {
      running++;
      await turn();
      seen.push(running);
      limit = next;
      running--;
    },
  );
  expect(seen).toEqual([1, 1, 3, 3, 3, 2, 1]);
});

test('of several that fail, the one that was started first is told', async () => {
  const work = forEachConcurrent([3, 1, 2], 3, async (turns) => {
    for (let i = 0; i < turns; i++) await turn();
    throw new Error(`${turns}`);
  });
  await expect(work).rejects.toThrow('3');
});

test('what the items themselves fail with ends it as well, when what runs has ended', async () => {
  let ended = 0;
  function* items(): Generator<number> {
    yield 1;
    yield 2;
    throw new Error('no more');
  }
  const work = forEachConcurrent(items(), 2, async () => {
    await turn();
    ended++;
  });
  await expect(work).rejects.toThrow('no more');
  expect(ended).toBe(2);
  await expect(forEachConcurrent([], 2, async () => undefined)).resolves.toBeUndefined();
});

test('the first rejection in order is the one that is told, when all have ended', async () => {
  let hasEnded = false;
  const late = turn().then(() => {
    hasEnded = true;
    throw new Error('first in order');
  });
  await expect(settleAll([late, Promise.reject(new Error('first in time'))])).rejects.toThrow(
    'first in order',
  );
  expect(hasEnded).toBe(true);
  expect(await settleAll([Promise.resolve(1), Promise.resolve(2)])).toEqual([1, 2]);
});
