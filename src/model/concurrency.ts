/** Runs `work` over the items, at most `limit` at a time, in order of start. Stops starting when `work` rejects. */
export async function forEachConcurrent<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let failed = false;
  const lane = async (): Promise<void> => {
    for (let next = iterator.next(); !failed && next.done !== true; next = iterator.next()) {
      try {
        await work(next.value);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await settleAll(Array.from({ length: Math.max(1, limit) }, lane));
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
