/** Smaller bodies wait for answers, and say nothing of the line. Bytes. */
const LEAST_BODY = 1024 * 1024;

/** Time after which a rate is worth going by. Seconds. */
const LEAST_SECONDS = 2;

/** Measures how fast this machine sends, over all destinations: large bodies, while any of them is under way. */
export class UploadRate {
  readonly #now: () => number;
  #bytes = 0;
  #busySeconds = 0;
  #inFlight = 0;
  #since = 0;

  /** @param now seconds, of a clock that never goes back */
  constructor(now: () => number = () => performance.now() / 1000) {
    this.#now = now;
  }

  /** `undefined` until enough was sent. */
  get bytesPerSecond(): number | undefined {
    const seconds = this.#busySeconds + (this.#inFlight > 0 ? this.#now() - this.#since : 0);
    return seconds < LEAST_SECONDS || this.#bytes === 0 ? undefined : this.#bytes / seconds;
  }

  /** Runs a request that sends a body. One that fails counts as time alone. */
  async measure<T>(bytes: number, send: () => Promise<T>): Promise<T> {
    if (bytes < LEAST_BODY) return send();
    if (this.#inFlight++ === 0) this.#since = this.#now();
    try {
      const answer = await send();
      this.#bytes += bytes;
      return answer;
    } finally {
      if (--this.#inFlight === 0) this.#busySeconds += this.#now() - this.#since;
    }
  }
}
