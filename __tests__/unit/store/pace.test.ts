import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Pace, type Strain } from '../../../src/store/pace.js';

class SlowDown extends Error {}
class Reset extends Error {}

function strainOf(thrown: unknown): Strain {
  if (thrown instanceof SlowDown) return 'throttled';
  return thrown instanceof Reset ? 'strained' : undefined;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A server in a time of its own, in milliseconds. */
interface Server {
  /** Of each answer. */
  readonly latency: number;
  /** Of one thread, for each request. */
  readonly work: number | ((request: number) => number);
  /** Likewise, for each one that needs a connection more. */
  readonly opening?: number;
  /** Whether that thread is the client's. */
  readonly isOurs?: boolean;
  /** What the request is answered with; `undefined`: it succeeds. */
  readonly refuses?: (request: number, inFlight: number) => Error | undefined;
}

interface Simulated {
  /** The limit after each answer. */
  readonly limits: readonly number[];
  readonly most: number;
  readonly ms: number;
}

/** @param lanes how many want to have a request in flight */
async function simulate(
  requests: number,
  { latency, work, opening = 0, isOurs = false, refuses }: Server,
  { first, most }: { first: number; most: number },
  lanes: (limit: number, begun: number) => number = (limit) => limit,
): Promise<Simulated> {
  let now = 0;
  const due: { readonly at: number; readonly answer: () => void }[] = [];
  const limits: number[] = [];
  let busyUntil = 0;
  let worked = 0;
  const idle = (): number => (isOurs ? now - worked + Math.max(0, busyUntil - now) : now);
  const pace = new Pace({ first, most }, { now: () => now, idle });
  let begun = 0;
  let running = 0;
  let inFlight = 0;
  let highest = 0;
  const one = async (request: number): Promise<void> => {
    running++;
    const send = async (): Promise<void> => {
      const opens = ++inFlight > highest ? opening : 0;
      highest = Math.max(highest, inFlight);
      const refusal = refuses?.(request, inFlight);
      const own = opens + (typeof work === 'number' ? work : work(request));
      busyUntil = Math.max(busyUntil, now) + own;
      worked += own;
      await new Promise<void>((answer) => due.push({ at: busyUntil + latency, answer }));
      inFlight--;
      if (refusal !== undefined) throw refusal;
    };
    await pace.run(send, strainOf).catch((thrown) => expect(thrown).toBeInstanceOf(Error));
    limits.push(pace.limit);
    running--;
  };
  while (begun < requests || running > 0) {
    while (begun < requests && running < lanes(pace.limit, begun)) one(begun++);
    await turn();
    due.sort((a, b) => a.at - b.at);
    const next = due.shift();
    if (next === undefined) continue;
    now = next.at;
    next.answer();
    await turn();
  }
  return { limits, most: highest, ms: now };
}

describe('the pace of requests', () => {
  test('as many as are allowed, and never more, whatever is answered', async () => {
    const answers = fc.array(
      fc.record({ kind: fc.constantFrom('done', 'slow', 'reset', 'failed'), turns: fc.nat({ max: 5 }) }),
      { maxLength: 80 },
    );
    const limits = fc.record({
      first: fc.integer({ min: 1, max: 16 }),
      most: fc.integer({ min: 1, max: 16 }),
    });
    await fc.assert(
      fc.asyncProperty(limits, answers, async (inFlightLimits, list) => {
        let now = 0;
        const pace = new Pace(inFlightLimits, { now: () => (now += 40), idle: () => now });
        const errors = {
          done: undefined,
          slow: new SlowDown(),
          reset: new Reset(),
          failed: new Error('other'),
        };
        let inFlight = 0;
        let ended = 0;
        const all = list.map(({ kind, turns }) =>
          pace
            .run(async () => {
              inFlight++;
              expect(inFlight).toBeLessThanOrEqual(inFlightLimits.most);
              for (let i = 0; i < turns; i++) await turn();
              inFlight--;
              ended++;
              if (kind !== 'done') throw errors[kind];
            }, strainOf)
            .catch((thrown) => expect(thrown).toBe(errors[kind])),
        );
        await Promise.all(all);
        expect(ended).toBe(list.length);
        expect(pace.limit).toBeGreaterThanOrEqual(1);
        expect(pace.limit).toBeLessThanOrEqual(inFlightLimits.most);
      }),
      { numRuns: 200 },
    );
  });

  test('SlowDown to all that are in flight halves it once; it grows back with what goes well', async () => {
    const pace = new Pace({ first: 64, most: 64 });
    const refuse = () =>
      pace.run(async () => {
        await turn();
        throw new SlowDown();
      }, strainOf);
    await Promise.allSettled(Array.from({ length: 64 }, refuse));
    expect(pace.limit).toBe(32);
    await Promise.allSettled(Array.from({ length: 32 }, refuse));
    expect(pace.limit).toBe(16);
    let rounds = 0;
    for (; pace.limit < 64; rounds++) {
      await Promise.all(Array.from({ length: pace.limit }, () => pace.run(turn, strainOf)));
    }
    // One more a round.
    expect(rounds).toBeGreaterThan(40);
    expect(rounds).toBeLessThan(60);
  });

  test('other failures do not slow it down, and nothing takes it below one', async () => {
    const pace = new Pace({ first: 4, most: 4 });
    await pace.run(() => Promise.reject(new Error('other')), strainOf).catch(() => undefined);
    expect(pace.limit).toBe(4);
    for (let i = 0; i < 9; i++) {
      await pace.run(() => Promise.reject(new SlowDown()), strainOf).catch(() => undefined);
    }
    expect(pace.limit).toBe(1);
    await expect(pace.run(async () => 'done', strainOf)).resolves.toBe('done');
  });
});

describe('twice as many requests', () => {
  const AUTO = { first: 64, most: 256 };
  const far = { latency: 200, work: 0.5 };

  test('where answers take long: the time is that of the work, not of the way', async () => {
    const { limits, most, ms } = await simulate(4_000, far, AUTO);
    expect(limits.at(-1)).toBe(256);
    expect(most).toBe(256);
    // 64 at a time would take 12.5 s.
    expect(ms).toBeLessThan(6_000);
  });

  test('are not tried where this thread has enough to do with less', async () => {
    const { limits, ms } = await simulate(4_000, { latency: 5, work: 1, isOurs: true }, AUTO);
    expect(new Set(limits)).toEqual(new Set([64]));
    expect(ms).toBeLessThan(4_020);
  });

  test('are tried as far as it has time', async () => {
    // 64 requests take a third of its time, 128 two thirds, and 256 would have to wait for it.
    const { limits } = await simulate(8_000, { latency: 190, work: 1, isOurs: true }, AUTO);
    expect(limits.at(-1)).toBe(256);
    const nearer = await simulate(8_000, { latency: 145, work: 1, isOurs: true }, AUTO);
    expect(nearer.limits.at(-1)).toBe(128);
  });

  test('are taken back where somebody else has enough to do with less', async () => {
    const { limits, ms } = await simulate(4_000, { latency: 5, work: 1 }, AUTO);
    expect(Math.max(...limits)).toBe(128);
    expect(limits.filter((limit) => limit === 64).length).toBeGreaterThan(2_700);
    expect(ms).toBeLessThan(4_020);
  });

  test('stay where they pay and four times as many do not', async () => {
    // 100 requests fill the time of an answer.
    const { limits } = await simulate(8_000, { latency: 100, work: 1 }, AUTO);
    expect(limits.filter((limit) => limit === 128).length).toBeGreaterThan(5_000);
    expect(limits.filter((limit) => limit === 256).length).toBeLessThan(2_500);
  });

  test('are tried less and less often where they do not pay', async () => {
    const { limits } = await simulate(20_000, { latency: 5, work: 1 }, AUTO);
    const begun = [...limits.entries()].filter(([i, limit]) => limit === 128 && limits[i - 1] === 64);
    const between = begun.slice(1).map(([i], n) => i - begun[n]![0]);
    expect(between.length).toBeGreaterThan(2);
    for (const [n, rounds] of between.slice(1).entries()) expect(rounds).toBeGreaterThan(between[n]! * 1.3);
  });

  test('are not tried where something else is waited for', async () => {
    const { limits } = await simulate(3_000, far, AUTO, () => 40);
    expect(new Set(limits)).toEqual(new Set([64]));
  });

  test('are more than the user allows: never', async () => {
    const { most } = await simulate(2_000, far, { first: 10, most: 10 });
    expect(most).toBe(10);
  });

  test('are tried ever later after SlowDown, from where it grows back to what had paid', async () => {
    const refuses = (_request: number, inFlight: number): Error | undefined =>
      inFlight > 200 ? new SlowDown() : undefined;
    const { limits, most } = await simulate(40_000, { ...far, refuses }, AUTO);
    const begun = [...limits.entries()].filter(([i, limit]) => limit === 256 && limits[i - 1] === 128);
    const between = begun.slice(1).map(([i], n) => i - begun[n]![0]);
    expect(most).toBeGreaterThan(200);
    expect(between.length).toBeGreaterThan(2);
    expect(between[0]).toBeGreaterThan(8 * 128);
    for (const [n, rounds] of between.slice(1).entries()) expect(rounds).toBeGreaterThan(between[n]! * 1.3);
  });

  test('are tried again where one SlowDown was all, as of a prefix that S3 splits', async () => {
    const refuses = (request: number): Error | undefined => (request === 10 ? new SlowDown() : undefined);
    const { limits } = await simulate(12_000, { ...far, refuses }, AUTO);
    expect(limits[20]).toBeLessThan(64);
    expect(limits.at(-1)).toBe(256);
  });

  test('that had paid are given up too, and not grown back into', async () => {
    const refuses = (request: number): Error | undefined => (request === 4_000 ? new Reset() : undefined);
    const { limits } = await simulate(5_000, { ...far, refuses }, AUTO);
    const broken = limits.lastIndexOf(256);
    expect(broken).toBeGreaterThan(3_000);
    expect(new Set(limits.slice(broken + 1))).toEqual(new Set([64]));
  });

  test('are given up when connections break, and only tried again much later', async () => {
    const refuses = (_request: number, inFlight: number): Error | undefined =>
      inFlight > 100 ? new Reset() : undefined;
    const { limits } = await simulate(6_000, { ...far, refuses }, AUTO);
    const first = limits.indexOf(128);
    const back = first + limits.slice(first).indexOf(64);
    const again = limits.indexOf(128, back);
    expect(back - first).toBeLessThan(128);
    expect(again - back).toBeGreaterThan(8 * 64);
    expect(limits.indexOf(128, limits.indexOf(64, again)) - again).toBeGreaterThan(1.5 * (again - back));
  });

  test('are not credited with what gets faster by itself', async () => {
    const warming = (request: number): number => Math.max(0.5, 4 / 2 ** (request / 200));
    const { limits } = await simulate(4_000, { latency: 5, work: warming }, AUTO);
    const needless = limits.filter((limit) => limit > 64).length;
    expect(needless).toBeLessThan(1_500);
  });

  test('are not debited with the connections that they need', async () => {
    const { limits } = await simulate(4_000, { latency: 200, work: 0.5, opening: 30 }, AUTO);
    expect(limits.lastIndexOf(64)).toBeLessThan(400);
    expect(limits.lastIndexOf(128)).toBeLessThan(900);
    expect(limits.at(-1)).toBe(256);
  });

  test('are given up when what they were tried for is over: what comes then has another measure', async () => {
    const { limits } = await simulate(
      6_000,
      { latency: 5, work: (request) => (request < 260 ? 50 : 0.5) },
      AUTO,
      (limit, begun) => (begun < 260 || begun > 600 ? limit : 8),
    );
    expect(limits.slice(0, 260)).toContain(128);
    expect(limits[600]).toBe(64);
    expect(Math.max(...limits.slice(600))).toBeLessThan(256);
  });
});
