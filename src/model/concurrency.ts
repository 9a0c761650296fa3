/** How many at a time; asked again whenever one ends, where it changes meanwhile. Below 1 counts as 1. */
export type Concurrency = number | (() => number);

/**
 * Runs `work` over the items, at most `limit` at a time, in order of start. Stops starting when `work` rejects. Of all
 * rejections it tells the one that was started first, when everything that was started has ended.
 */
export function forEachConcurrent<T>(
  items: Iterable<T>,
  limit: Concurrency,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const most = typeof limit === 'number' ? () => limit : limit;
  const iterator = items[Symbol.iterator]();
  return new Promise((resolve, reject) => {
    let begun = 0;
    let running = 0;
    let isOver = false;
    let failure: { readonly error: unknown; readonly of: number } | undefined;
    const fail = (error: unknown, of: number): void => {
      isOver = true;
      if (failure === undefined || of < failure.of) failure = { error, of };
    };
    const begin = (): void => {
      try {
        while (!isOver && (running === 0 || running < most())) {
          const next = iterator.next();
          if (next.done === true) isOver = true;
          else {
            const number = begun++;
            work(next.value)
              .catch((error: unknown) => fail(error, number))
              .then(ended);
            running++;
          }
        }
      } catch (error) {
        fail(error, begun);
      }
      if (running > 0) return;
      if (failure === undefined) resolve();
      else reject(failure.error);
    };
    const ended = (): void => {
      running--;
      begin();
    };
    begin();
  });
}

/** Waits for all, then rejects with the first rejection: nothing is left running behind a failure. */
export async function settleAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(promises);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

/** Bounds the bytes of bodies held in memory. One request larger than the whole is let through alone. */
export class ByteBudget {
  #free: number;
  readonly #capacity: number;
  readonly #waiting: { readonly bytes: number; readonly start: () => void }[] = [];

  /** @param capacity bytes */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#free = capacity;
  }

  /** Runs `work` while `bytes` are taken from the budget. First come, first served. */
  async with<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    const taken = Math.min(bytes, this.#capacity);
    if (this.#waiting.length > 0 || taken > this.#free) {
      await new Promise<void>((start) => this.#waiting.push({ bytes: taken, start }));
    } else {
      this.#free -= taken;
    }
    try {
      return await work();
    } finally {
      this.#free += taken;
      while (this.#waiting[0] !== undefined && this.#waiting[0].bytes <= this.#free) {
        const next = this.#waiting.shift();
        this.#free -= next?.bytes ?? 0;
        next?.start();
      }
    }
  }
}

/** A promise, and what settles it once; later words are not heard. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

/** As `Promise.withResolvers`, which Node 20 does not have. */
export function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
