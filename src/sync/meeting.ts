/**
 * Where the destinations of a run meet when everything is staged in each of them: nothing becomes visible anywhere
 * before all have come, and nothing at all when one of them cannot.
 */
export class Meeting {
  readonly #all: Promise<string | undefined>;
  #settle: (failed: string | undefined) => void = () => undefined;
  readonly #come = new Set<string>();
  readonly #expected: number;

  /** @param expected number of destinations */
  constructor(expected: number) {
    this.#expected = expected;
    this.#all = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** Waits for the others. The URL of one that could not come; `undefined`: all are there. */
  arrive(url: string): Promise<string | undefined> {
    this.#come.add(url);
    if (this.#come.size === this.#expected) this.#settle(undefined);
    return this.#all;
  }

  /** This destination will not publish. Of no effect once all have met, or after it came itself. */
  fail(url: string): void {
    if (!this.#come.has(url)) this.#settle(url);
  }
}
