import { setImmediate } from 'node:timers/promises';

/** Milliseconds that the thread may be kept from everything else. */
const BREATH_MS = 3;

/** When a file system counts as slow, and for how long. */
export interface SlowLimits {
  /** Milliseconds a call: above it, waiting costs more than handing the call to the thread pool. */
  readonly slowMs: number;
  /** Calls that are judged together: a garbage collection or a first call alone says nothing. */
  readonly judged: number;
  /** Calls through the pool before the next ones are made in place: what was slow may have been a moment of other work. */
  readonly through: number;
}

/** Of calls that take microseconds where memory answers them. */
export const QUICK_CALLS: SlowLimits = { slowMs: 0.2, judged: 100, through: 2_000 };

/**
 * Decides how calls of a file system are made. In place a call takes a few microseconds where it is answered from memory,
 * through the thread pool several times as many of this thread alone. So calls are made in place as long as that holds,
 * and through the pool while the file system shows itself to be slow: there they run side by side.
 */
export class InPlace {
  readonly #limits: SlowLimits;
  readonly #now: () => number;
  #through = 0;
  #calls = 0;
  #spent = 0;
  /** When everything else had its turn last; at first, when calls began. */
  #breathed: number | undefined;
  #breath: Promise<void> | undefined;

  /** @param now milliseconds */
  constructor(limits: SlowLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Makes calls, so many: in place, with a breath before them for everything else where one is due, or through the pool. */
  async call<T>(inPlace: () => T, throughPool: () => Promise<T>, calls = 1): Promise<T> {
    if (this.isSlow(calls)) return throughPool();
    this.#breathed ??= this.#now();
    // Those who waited for one breath look at the clock again, but for the first: else all would go on at once.
    while (this.#now() - this.#breathed > BREATH_MS) {
      const isFirst = this.#breath === undefined;
      this.#breath ??= setImmediate().then(() => {
        this.#breath = undefined;
        this.#breathed = this.#now();
      });
      await this.#breath;
      if (isFirst) break;
    }
    return this.make(inPlace, calls);
  }

  /** Whether the next calls, so many, go through the pool. */
  isSlow(calls = 1): boolean {
    if (this.#through <= 0) return false;
    this.#through -= calls;
    return true;
  }

  /** Makes calls in place, so many. */
  make<T>(work: () => T, calls = 1): T {
    const start = this.#now();
    try {
      return work();
    } finally {
      this.#count(this.#now() - start, calls);
    }
  }

  #count(ms: number, calls: number): void {
    const { slowMs, judged, through } = this.#limits;
    this.#spent += ms;
    this.#calls += calls;
    if (this.#calls < judged) return;
    if (this.#spent > slowMs * this.#calls) this.#through = through;
    this.#calls = 0;
    this.#spent = 0;
  }
}
