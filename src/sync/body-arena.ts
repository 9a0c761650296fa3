/** Ranges begin at multiples of it. Bytes. */
const ALIGNMENT = 64;

interface Taken {
  readonly from: number;
  readonly to: number;
}

interface Waiting {
  readonly size: number;
  /** Where it may reach to. */
  readonly end: number;
  readonly turn: number;
  readonly start: (taken: Taken) => void;
}

/**
 * The memory that bodies lie in while they are sent, or while they arrive: one piece, given out again and again. Buffers of their own would be
 * garbage that V8 collects only when as much of it lies around as all the bodies in flight take. Pages that nothing was
 * written to cost nothing.
 */
export class BodyArena {
  readonly #capacity: number;
  readonly #isShared: boolean;
  #memory: Buffer | undefined;
  /** By their place. */
  readonly #taken: Taken[] = [];
  readonly #waiting: Waiting[] = [];

  /**
   * @param capacity bytes
   * @param isShared whether other threads can be told to read it
   */
  constructor(capacity: number, isShared = false) {
    this.#capacity = capacity;
    this.#isShared = isShared;
  }

  /**
   * Runs `work` with so many bytes, which are its own until it ends. First come, first served, in each turn; what is
   * larger than the whole has memory of its own, while nobody else has any.
   *
   * @param within so many bytes at the beginning, for bodies whose requests are over before more of them are of use
   * @param turn who waits in a lower one is served first
   */
  async with<T>(
    size: number,
    work: (body: Buffer) => Promise<T>,
    { within = this.#capacity, turn = 0 }: { readonly within?: number; readonly turn?: number } = {},
  ): Promise<T> {
    const end = Math.min(Math.max(size, within), this.#capacity);
    const taken = await this.#take(Math.min(size, end), end, turn);
    try {
      return await work(this.#memoryOf(taken, size));
    } finally {
      this.#taken.splice(this.#taken.indexOf(taken), 1);
      this.#serve();
    }
  }

  #memoryOf({ from }: Taken, size: number): Buffer {
    if (size > this.#capacity) return Buffer.allocUnsafeSlow(size);
    this.#memory ??= this.#isShared
      ? Buffer.from(new SharedArrayBuffer(this.#capacity))
      : Buffer.allocUnsafeSlow(this.#capacity);
    return this.#memory.subarray(from, from + size);
  }

  #take(size: number, end: number, turn: number): Taken | Promise<Taken> {
    const taken = this.#waiting.length > 0 ? undefined : this.#place(size, end);
    return taken ?? new Promise((start) => this.#wait({ size, end, turn, start }));
  }

  #wait(who: Waiting): void {
    const before = this.#waiting.findLastIndex(({ turn }) => turn <= who.turn);
    this.#waiting.splice(before + 1, 0, who);
  }

  /** In the lowest gap that it fits into: what is high up may never be touched. */
  #place(size: number, end: number): Taken | undefined {
    let from = 0;
    for (let at = 0; ; at++) {
      const next = this.#taken[at];
      if (from + size <= Math.min(next?.from ?? end, end)) {
        const taken = { from, to: from + size };
        this.#taken.splice(at, 0, taken);
        return taken;
      }
      if (next === undefined) return undefined;
      from = Math.ceil(next.to / ALIGNMENT) * ALIGNMENT;
    }
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const taken = this.#place(next.size, next.end);
      if (taken === undefined) return;
      this.#waiting.shift();
      next.start(taken);
    }
  }
}
