import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Pace } from '../../../src/store/pace.js';

class SlowDown extends Error {}
const isThrottled = (thrown: unknown): boolean => thrown instanceof SlowDown;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the pace of requests', () => {
  test('as many as are allowed, and never more, whatever is answered', async () => {
    const answers = fc.array(
      fc.record({ kind: fc.constantFrom('done', 'slow', 'failed'), turns: fc.nat({ max: 5 }) }),
      { maxLength: 80 },
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 16 }), answers, async (most, list) => {
        const pace = new Pace(most);
        let inFlight = 0;
        let ended = 0;
        const all = list.map(({ kind, turns }) =>
          pace
            .run(async () => {
              inFlight++;
              expect(inFlight).toBeLessThanOrEqual(most);
              for (let i = 0; i < turns; i++) await turn();
              inFlight--;
              ended++;
              if (kind !== 'done') throw kind === 'slow' ? new SlowDown() : new Error('other');
            }, isThrottled)
            .catch((thrown) => expect(kind).toBe(thrown instanceof SlowDown ? 'slow' : 'failed')),
        );
        await Promise.all(all);
        expect(ended).toBe(list.length);
        expect(pace.limit).toBeGreaterThanOrEqual(1);
        expect(pace.limit).toBeLessThanOrEqual(most);
      }),
      { numRuns: 200 },
    );
  });

  test('SlowDown to all that are in flight halves it once; it grows back with what goes well', async () => {
    const pace = new Pace(64);
    const refuse = () =>
      pace.run(async () => {
        await turn();
        throw new SlowDown();
      }, isThrottled);
    await Promise.allSettled(Array.from({ length: 64 }, refuse));
    expect(pace.limit).toBe(32);
    await Promise.allSettled(Array.from({ length: 32 }, refuse));
    expect(pace.limit).toBe(16);
    let rounds = 0;
    for (; pace.limit < 64; rounds++) {
      await Promise.all(Array.from({ length: pace.limit }, () => pace.run(turn, isThrottled)));
    }
    // One more a round.
    expect(rounds).toBeGreaterThan(40);
    expect(rounds).toBeLessThan(60);
  });

  test('other failures do not slow it down, and nothing takes it below one', async () => {
    const pace = new Pace(4);
    await pace.run(() => Promise.reject(new Error('other')), isThrottled).catch(() => undefined);
    expect(pace.limit).toBe(4);
    for (let i = 0; i < 9; i++) {
      await pace.run(() => Promise.reject(new SlowDown()), isThrottled).catch(() => undefined);
    }
    expect(pace.limit).toBe(1);
    await expect(pace.run(async () => 'done', isThrottled)).resolves.toBe('done');
  });
});
