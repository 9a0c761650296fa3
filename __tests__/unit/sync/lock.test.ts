import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { EXIT, type SyncError } from '../../../src/model/errors.js';
import { type ObjectKey, parsePrefix } from '../../../src/model/object-key.js';
import { StoreError } from '../../../src/store/object-store.js';
import { Lock, lockKey, refuseLocks } from '../../../src/sync/lock.js';
import { ModelStore } from '../../support/model-store.js';

const MINUTE = 60_000;
const { signal } = new AbortController();
const prefix = parsePrefix('site');
const key = lockKey(prefix);

let store: ModelStore;
let now: number;
/** S3's clock, where it is behind this machine's. */
let behind: number;
let lost: SyncError[];

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['Date', 'nextTick', 'performance', 'setImmediate', 'setTimeout'] });
  store = new ModelStore(1);
  now = Date.UTC(2026, 0, 1);
  behind = 0;
  lost = [];
});
afterEach(() => {
  jest.useRealTimers();
});

const acquire = (owner: string): Promise<Lock> =>
  Lock.acquire({
    store,
    prefix,
    url: 's3://b/site/',
    owner,
    now: () => now,
    earliestNow: () => now + behind,
    signal,
    requests: signal,
    last: signal,
    onLost: (error) => void lost.push(error),
  });

const lease = (): unknown => JSON.parse(store.objects.get(key)?.bytes.toString() ?? 'null');

async function pass(minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    now += MINUTE;
    jest.advanceTimersByTime(MINUTE);
    for (let i = 0; i < 20; i++) await turn();
  }
}

test('is held for ten minutes, renewed while the run goes on, and given back', async () => {
  const lock = await acquire('one');
  expect(lease()).toEqual({ owner: 'one', expires: now + 10 * MINUTE, run: expect.any(String) });
  const begun = now;
  await pass(25);
  expect((lease() as { expires: number }).expires).toBeGreaterThan(now);
  expect(now - begun).toBe(25 * MINUTE);
  expect(await lock.release()).toBeUndefined();
  expect(store.objects.has(key)).toBe(false);
  await pass(15);
  expect(store.objects.has(key)).toBe(false);
  expect(lost).toEqual([]);
});

describe('that another run has', () => {
  test('is a refusal that names who and until when, and is taken once its time is over', async () => {
    const first = await acquire('one');
    await expect(acquire('two')).rejects.toMatchObject({
      code: 'locked',
      exit: EXIT.refused,
      message:
        's3://b/site/ is locked by one (until 2026-01-01T00:10:00Z unless it is renewed): nothing was written; run again when it has ended, or delete site/.s3-dedup-sync/lock if it never will',
    });
    // The first one stands still.
    now += 10 * MINUTE;
    const second = await acquire('two');
    expect(lease()).toMatchObject({ owner: 'two' });
    // It finds out, ends its run, and leaves the lock to the other one.
    jest.advanceTimersByTime(3 * MINUTE);
    for (let i = 0; i < 20; i++) await turn();
    expect(lost).toEqual([
      expect.objectContaining({
        code: 'foreign-writer',
        exit: EXIT.foreignWriter,
        message: expect.stringContaining('another run has taken it'),
      }),
    ]);
    expect(await first.release()).toBeUndefined();
    expect(lease()).toMatchObject({ owner: 'two' });
    expect(await second.release()).toBeUndefined();
  });

  test.each(['', '{}', '{"owner":"x"}', '{"owner":1,"expires":1}', '{"owner":"x","expires":1e99}'])(
    'and that says nothing: %j',
    async (text) => {
      await acquire('one');
      store.objects.set(key, { ...store.objects.get(key)!, bytes: Buffer.from(text) });
      await expect(acquire('two')).rejects.toThrow('is locked by another run: nothing was written');
    },
  );
});

test('that is over by the clock of a machine that is ahead of S3 alone is not taken', async () => {
  await acquire('one');
  now += 12 * MINUTE;
  behind = -12 * MINUTE;
  await expect(acquire('two')).rejects.toThrow('is locked by one ');
  expect(lease()).toMatchObject({ owner: 'one' });
});

test('that is over is taken by one of two runs, and the other one is refused', async () => {
  await acquire('one');
  now += 10 * MINUTE;
  const answers = await Promise.allSettled([acquire('two'), acquire('three')]);
  expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const [refused] = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
  expect(refused).toMatchObject({ code: 'locked', exit: EXIT.refused });
  expect(lease()).toMatchObject({ owner: answers[0]?.status === 'fulfilled' ? 'two' : 'three' });
});

test('that is given back just then is no reason to write: the run is refused, and may be run again', async () => {
  await acquire('one');
  const read = store.read.bind(store);
  store.read = async (...args) => {
    store.objects.delete(key);
    return read(...args);
  };
  await expect(acquire('two')).rejects.toThrow('is locked by another run: nothing was written');
  expect(store.objects.has(key)).toBe(false);
});

test('of a destination below keeps a prefix from being removed until it is over; one that is gone does not', async () => {
  await acquire('one');
  const ask = (): Promise<void> =>
    refuseLocks([`${prefix}page` as ObjectKey, key], {
      store,
      url: 's3://b/',
      earliestNow: () => now,
      signal,
    });
  await expect(ask()).rejects.toThrow(/^s3:\/\/b\/ is locked by one /);
  now += 10 * MINUTE;
  await ask();
  now -= 10 * MINUTE;
  store.objects.delete(key);
  await ask();
});

describe('a machine that slept, and its timers with it', () => {
  test('renews it before the next step where nobody took it', async () => {
    const lock = await acquire('one');
    now += 60 * MINUTE;
    await Promise.all([lock.awake(), lock.awake()]);
    expect(lease()).toMatchObject({ expires: now + 10 * MINUTE });
    store.put = async () => {
      throw new Error('one that is renewed is not renewed again');
    };
    await lock.awake();
    expect(lost).toEqual([]);
  });

  test.each([
    ['has it', 0],
    ['gave it back', 1],
  ])('finds out before the next step that another run %s', async (_, given) => {
    const lock = await acquire('one');
    now += 11 * MINUTE;
    const second = await acquire('two');
    if (given > 0) await second.release();
    await lock.awake();
    await lock.awake();
    expect(lost).toEqual([expect.objectContaining({ exit: EXIT.foreignWriter })]);
    expect(store.objects.has(key)).toBe(given === 0);
  });

  test('finds out within a second where it makes no step', async () => {
    await acquire('one');
    now += 11 * MINUTE;
    await acquire('two');
    jest.advanceTimersByTime(1_000);
    for (let i = 0; i < 20; i++) await turn();
    expect(lost).toHaveLength(1);
  });

  test('does not count on a server that does not answer either', async () => {
    const lock = await acquire('one');
    now += 8 * MINUTE;
    store.put = async () => {
      throw new StoreError('network', 'ECONNRESET', 0, 'PutObject', 'as told');
    };
    await lock.awake();
    expect(lost).toEqual([expect.objectContaining({ message: expect.stringContaining('as told') })]);
  });
});

describe('an answer that is lost', () => {
  /** The next write takes effect, and is then refused by what it wrote itself, or cut short. */
  function lose(error: StoreError): void {
    const put = store.put.bind(store);
    store.put = async (...args) => {
      store.put = put;
      await put(...args);
      throw error;
    };
  }
  const refused = new StoreError('condition', 'PreconditionFailed', 412, 'PutObject', 'as told');
  const aborted = new StoreError('aborted', 'Aborted', 0, 'PutObject', 'as told');
  const unanswered = new StoreError('network', 'ECONNRESET', 0, 'PutObject', 'as told');

  test.each([
    ['refused', refused],
    ['cut short', aborted],
  ])(
    'when it is taken, %s: it is ours, and is given back; one of the same owner is not',
    async (_, error) => {
      lose(error);
      const lock = await acquire('one');
      await expect(acquire('one')).rejects.toMatchObject({ code: 'locked' });
      await lock.confirm();
      expect(await lock.release()).toBeUndefined();
      expect([store.objects.has(key), lost]).toEqual([false, []]);
    },
  );

  test.each([
    ['refused', refused],
    ['cut short', aborted],
    ['for good', unanswered],
  ])('when it is renewed, %s: it is not taken for another run\u2019s', async (_, error) => {
    const lock = await acquire('one');
    now += MINUTE;
    lose(error);
    await lock.confirm();
    await lock.confirm();
    expect(lease()).toMatchObject({ owner: 'one', expires: now + 10 * MINUTE });
    expect(await lock.release()).toBeUndefined();
    expect([store.objects.has(key), lost]).toEqual([false, []]);
  });

  test('of a write that was not made is no lock', async () => {
    store.put = async () => {
      throw aborted;
    };
    await expect(acquire('one')).rejects.toBe(aborted);
  });
});

test.each(['delete', 'put'] as const)(
  'that cannot be given back in half a minute is left to end by itself, and the run is not the worse for it: %s',
  async (hanging) => {
    jest.useFakeTimers({ doNotFake: ['Date', 'nextTick', 'performance', 'setImmediate'] });
    const lock = await acquire('one');
    // Whoever is not stopped waits for ever.
    store.put = () => new Promise(() => undefined);
    Object.assign(store, { delete: (_: unknown, stop: AbortSignal) => endOf(stop) });
    if (hanging === 'put') void lock.confirm();
    const released = lock.release();
    await turn();
    jest.advanceTimersByTime(30_000);
    expect(await released).toBe(
      'the lock could not be given back and holds for up to 10 minutes (site/.s3-dedup-sync/lock: it took longer than 30 seconds)',
    );
    expect(lost).toEqual([]);
  },
);

function endOf(stop: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (stop.aborted) reject(stop.reason);
    else stop.addEventListener('abort', () => reject(stop.reason));
  });
}

test('S3 is asked whether it still is ours, whatever the clock says, and never by two renewals at once', async () => {
  const lock = await acquire('one');
  await Promise.all([lock.confirm(), lock.confirm()]);
  expect(lost).toEqual([]);
  store.objects.delete(key);
  await lock.confirm();
  expect(lost).toEqual([expect.objectContaining({ exit: EXIT.foreignWriter })]);
});

test('a run that was stopped renews nothing', async () => {
  const stop = new AbortController();
  await Lock.acquire({
    store,
    prefix,
    url: 's3://b/site/',
    owner: 'one',
    now: () => now,
    earliestNow: () => now + behind,
    signal: stop.signal,
    requests: signal,
    last: signal,
    onLost: (error) => void lost.push(error),
  });
  const held = lease();
  stop.abort(new Error('stopped'));
  await pass(5);
  expect([lease(), lost]).toEqual([held, []]);
});

test('a renewal that does not arrive is tried again, until the lease is nearly over', async () => {
  const put = store.put.bind(store);
  await acquire('one');
  store.put = async () => {
    throw new StoreError('network', 'ECONNRESET', 0, 'PutObject', 'as told');
  };
  await pass(4);
  expect(lost).toEqual([]);
  store.put = put;
  await pass(4);
  expect(lost).toEqual([]);
  store.put = async () => {
    throw new StoreError('network', 'ECONNRESET', 0, 'PutObject', 'as told');
  };
  await pass(10);
  expect(lost).toEqual([expect.objectContaining({ message: expect.stringContaining('as told') })]);
});

describe('a renewal that takes longer than the time to the next', () => {
  /** Answers it when told to. */
  function parked(): () => void {
    const put = store.put.bind(store);
    let go: () => void = () => undefined;
    const told = new Promise<void>((resolve) => {
      go = resolve;
    });
    store.put = async (...args) => {
      store.put = put;
      await told;
      return put(...args);
    };
    return go;
  }

  test('is waited for: a second one would be taken for another run', async () => {
    const lock = await acquire('one');
    const go = parked();
    await pass(6);
    go();
    await pass(20);
    expect(lost).toEqual([]);
    expect((lease() as { expires: number }).expires).toBeGreaterThan(now);
    expect(await lock.release()).toBeUndefined();
  });

  test('ends the run once, before the lease has ended', async () => {
    await acquire('one');
    const go = parked();
    await pass(9);
    store.objects.clear();
    go();
    await pass(6);
    expect(lost).toEqual([
      expect.objectContaining({
        exit: EXIT.foreignWriter,
        message:
          'the lock of s3://b/site/ was lost (it was not renewed in time): the run was ended, and another may write there by now: run again only if this one is to have the last word',
      }),
    ]);
  });
});
