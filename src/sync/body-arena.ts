/** Memory is given out in so many bytes. */
const BLOCK = 4096;

/** Places of blocks. */
interface Taken {
  readonly from: number;
  readonly to: number;
}

interface Waiting {
  /** Blocks. */
  readonly count: number;
  /** The block that it may reach to. */
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
  /** 1: is given out. Not a list of ranges: hundreds are in flight, and each search and each removal went through half of them. */
  readonly #blocks: Uint8Array;
  readonly #waiting: Waiting[] = [];

  /**
   * @param capacity bytes
   * @param isShared whether other threads can be told to read it
   */
  constructor(capacity: number, isShared = false) {
    this.#capacity = capacity;
    this.#isShared = isShared;
    this.#blocks = new Uint8Array(blocksOf(capacity));
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
    const all = this.#blocks.length;
    const count = Math.min(blocksOf(size), all);
    const taken = await this.#take(count, Math.max(count, Math.min(blocksOf(within), all)), turn);
    try {
      return await work(this.#memoryOf(taken, size));
    } finally {
      this.#blocks.fill(0, taken.from, taken.to);
      this.#serve();
    }
  }

  #memoryOf({ from }: Taken, size: number): Buffer {
    if (size > this.#capacity) return Buffer.allocUnsafeSlow(size);
    const bytes = this.#blocks.length * BLOCK;
    this.#memory ??= this.#isShared
      ? Buffer.from(new SharedArrayBuffer(bytes))
      : Buffer.allocUnsafeSlow(bytes);
    return this.#memory.subarray(from * BLOCK, from * BLOCK + size);
  }

  #take(count: number, end: number, turn: number): Taken | Promise<Taken> {
    const taken = this.#waiting.length > 0 ? undefined : this.#place(count, end);
    return taken ?? new Promise((start) => this.#wait({ count, end, turn, start }));
  }

  #wait(who: Waiting): void {
    const before = this.#waiting.findLastIndex(({ turn }) => turn <= who.turn);
    this.#waiting.splice(before + 1, 0, who);
  }

  /** In the lowest gap that it fits into: what is high up may never be touched. */
  #place(count: number, end: number): Taken | undefined {
    const blocks = this.#blocks;
    for (let from = blocks.indexOf(0); from !== -1 && from + count <= end; ) {
      const next = blocks.indexOf(1, from);
      if (next === -1 || from + count <= next) {
        blocks.fill(1, from, from + count);
        return { from, to: from + count };
      }
      from = blocks.indexOf(0, next);
    }
    return undefined;
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const taken = this.#place(next.count, next.end);
      if (taken === undefined) return;
      this.#waiting.shift();
      next.start(taken);
    }
  }
}

/** Nothing takes a block too, so that each body has a place. */
function blocksOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / BLOCK));
}
