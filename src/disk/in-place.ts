import { setImmediate } from 'node:timers/promises';

/** Milliseconds that the thread may be kept from everything else. */
const BREATH_MS = 3;

/**
 * Lets everything else run now and then, between calls that are made in place. Those who waited for one breath look at the
 * clock again, but for the one that began it: else all would go on at once. So it is a loop of the caller's, with nothing
 * asynchronous between it and the call:
 *
 *     while (breath.isDue) {
 *       const isFirst = breath.begin();
 *       await breath.over;
 *       if (isFirst) break;
 *     }
 */
export class Breath {
  readonly #now: () => number;
  #last: number;
  #over: Promise<void> | undefined;

  /** @param now milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#last = now();
  }

  get isDue(): boolean {
    return this.#now() - this.#last > BREATH_MS;
  }

  /** When everything else had its turn; `undefined`: none has begun. */
  get over(): Promise<void> | undefined {
    return this.#over;
  }

  /** Whether it began with this call. */
  begin(): boolean {
    if (this.#over !== undefined) return false;
    this.#over = setImmediate().then(() => {
      this.#over = undefined;
      this.#last = this.#now();
    });
    return true;
  }
}

/** When a file system counts as slow, and for how long. */
export interface SlowLimits {
  /** Milliseconds a call: above it, waiting costs more than handing the call to the thread pool. */
  readonly slowMs: number;
  /** Calls that are judged together: a garbage collection or a first call alone says nothing. */
  readonly judged: number;
  /** Calls through the pool before the next ones are made in place: what was slow may have been a moment of other work. */
  readonly through: number;
}

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

  /** @param now milliseconds */
  constructor(limits: SlowLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
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
