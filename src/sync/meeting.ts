import { deferred } from '../model/concurrency.js';

/**
 * Where the destinations of a run meet when everything is staged in each of them: nothing becomes visible anywhere
 * before all have come, and nothing at all when one of them fails before that.
 */
export class Meeting {
  readonly #all = deferred<string | undefined>();
  #awaited: number;

  /** @param expected number of destinations */
  constructor(expected: number) {
    this.#awaited = expected;
  }

  /** One destination's. @param url for messages: two services may have buckets of one name */
  seat(url: string): Seat {
    let hasCome = false;
    return {
      arrive: () => {
        if (!hasCome && --this.#awaited === 0) this.#all.resolve(undefined);
        hasCome = true;
        return this.#all.promise;
      },
      // What is settled stays so.
      fail: () => this.#all.resolve(url),
    };
  }
}

export interface Seat {
  /** Waits for the others. The URL of one that will not publish; `undefined`: all are there. */
  arrive(): Promise<string | undefined>;
  /** This destination will not publish, though it may have come. Of no effect once all have met. */
  fail(): void;
}
