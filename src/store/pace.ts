/**
 * How many requests are in flight: as many as the user allows, until the server says SlowDown. Then half, and one
 * more for each round that goes well (AIMD, as TCP does it): a prefix of S3 takes 3,500 writes a second, and retries
 * alone would keep asking at a rate that it has just refused.
 */
export class Pace {
  readonly #most: number;
  /** Fractions count: it grows by one over as many requests as are in flight. */
  #limit: number;
  #inFlight = 0;
  /** Numbers requests in the order in which they begin. */
  #begun = 0;
  /** The last request that had begun when the limit was cut. */
  #cutAt = 0;
  readonly #waiting: (() => void)[] = [];

  /** @param most never exceeded */
  constructor(most: number) {
    this.#most = Math.max(1, most);
    this.#limit = this.#most;
  }

  get limit(): number {
    return Math.floor(this.#limit);
  }

  /**
   * Runs a request when its turn has come. Whoever waits is woken though the run was stopped: the request itself ends
   * at once then.
   */
  async run<T>(request: () => Promise<T>, isThrottled: (thrown: unknown) => boolean): Promise<T> {
    if (this.#inFlight >= this.limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#inFlight++;
    const number = ++this.#begun;
    try {
      const answer = await request();
      this.#limit = Math.min(this.#most, this.#limit + 1 / this.#limit);
      return answer;
    } catch (thrown) {
      // One congestion is answered to all that were in flight, and is one reason to slow down.
      if (number > this.#cutAt && isThrottled(thrown)) {
        this.#limit = Math.max(1, this.#limit / 2);
        this.#cutAt = this.#begun;
      }
      throw thrown;
    } finally {
      this.#inFlight--;
      this.#wake();
    }
  }

  #wake(): void {
    while (this.#inFlight < this.limit) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      // The place is taken for it here, or another could take it before it runs.
      this.#inFlight++;
      next();
    }
  }
}
