import type { WireHeaders } from './wire-answer.js';

/** A clock that was set in between is off by more than answers are on their way. Milliseconds. */
const SET_MS = 240_000;

/** How far the clock of S3 is ahead of this machine's, by what its answers are dated. */
export class ServerClock {
  #offset: number | undefined;
  #last: WireHeaders[string];

  /** Milliseconds, up to a second too few: answers are dated by whole seconds. */
  get offset(): number {
    return this.#offset ?? 0;
  }

  /** An answer out of a cache has the time at which it was stored; of those of one second the first one comes closest. */
  see({ date, age }: WireHeaders): void {
    if (date === undefined || date === this.#last || age !== undefined) return;
    this.#last = date;
    const offset = Date.parse(String(date)) - Date.now();
    if (Number.isNaN(offset)) return;
    const known = this.#offset ?? offset;
    // An answer is on its way for a while, so the largest is right.
    this.#offset = known - offset >= SET_MS ? offset : Math.max(known, offset);
  }
}
