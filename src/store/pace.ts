/** How many requests may be in flight. */
export interface InFlight {
  readonly first: number;
  /** Never exceeded. */
  readonly most: number;
}

/**
 * What a failed request says of how many there are: `throttled`, they are too many; `strained`, they may be too many
 * for whatever stands in between; `undefined`, nothing.
 */
export type Strain = 'throttled' | 'strained' | undefined;

/** Twice the requests stay where so many times as many are answered in the same time. */
const WORTH = 1.1;

/** Milliseconds that a round takes at least: of less, a pause of the garbage collection is a large part. */
const SHORTEST_ROUND_MS = 100;

/** Rounds in which an attempt must have paid. */
const TRIES = 2;

/** Rounds without another attempt after one that did not pay, or after a strain; twice as many after each further one. */
const REST_ROUNDS = 8;

/**
 * What this thread is idle of the time, at least, where more requests are tried: with less it has as many as it can treat,
 * and each further connection would only cost it a handshake and memory.
 */
const IDLE_SHARE = 0.2;

/** Where fewer of the requests that may be in flight are, something else is waited for. */
const BUSY_SHARE = 0.75;

/** What a pace goes by. */
export interface Clock {
  /** Milliseconds. */
  now(): number;
  /** How many of them this thread had nothing to do. */
  idle(): number;
}

const CLOCK: Clock = {
  now: () => performance.now(),
  idle: () => performance.eventLoopUtilization().idle,
};

/**
 * How many requests are in flight.
 *
 * Where answers take long and this thread is not busy, twice as many requests are answered in the same time: so it is
 * tried to have twice as many, again and again, and undone where it does not pay. When the server says SlowDown, half;
 * then one more for each round that goes well (AIMD, as TCP does it): a prefix of S3 takes 3,500 writes a second, and
 * retries alone would keep asking at a rate that it has just refused.
 */
export class Pace {
  readonly #first: number;
  readonly #most: number;
  readonly #clock: Clock;
  /** Fractions count: after SlowDown it grows by one over as many requests as are in flight. */
  #limit: number;
  /** A limit that paid; above it, one is tried. */
  #proven: number;
  #inFlight = 0;
  /** Numbers requests in the order in which they begin. */
  #begun = 0;
  /** The last request that had begun when the limit was cut. */
  #cutAt = 0;
  readonly #waiting: (() => void)[] = [];
  /** The first request of the round. */
  #roundFrom = 1;
  /** Of requests of the round. */
  #answers = 0;
  /** When the first of them came, and the idle time until then. */
  #since = 0;
  #idleSince = 0;
  /** Answers a millisecond, in the last round under a limit that is no attempt. */
  #rate: number | undefined;
  /** Answers in a row while an attempt had not the requests that it was about. */
  #unused = 0;
  /** Rounds of the attempt that did not pay. */
  #inVain = 0;
  /** Rounds until the next attempt. */
  #rest = 0;
  #nextRest = REST_ROUNDS;

  constructor({ first, most }: InFlight, clock = CLOCK) {
    this.#most = Math.max(1, most);
    this.#first = Math.max(1, Math.min(first, this.#most));
    this.#limit = this.#first;
    this.#proven = this.#first;
    this.#clock = clock;
  }

  get limit(): number {
    return Math.floor(this.#limit);
  }

  /**
   * Runs a request when its turn has come. Whoever waits is woken though the run was stopped: the request itself ends
   * at once then.
   */
  async run<T>(request: () => Promise<T>, strainOf: (thrown: unknown) => Strain): Promise<T> {
    if (this.#inFlight >= this.limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#inFlight++;
    const number = ++this.#begun;
    try {
      const answer = await request();
      this.#answered(number);
      return answer;
    } catch (thrown) {
      // One congestion is answered to all that were in flight, and is one reason to slow down.
      if (number > this.#cutAt) this.#slowDown(strainOf(thrown));
      throw thrown;
    } finally {
      this.#inFlight--;
      this.#wake();
    }
  }

  #slowDown(strain: Strain): void {
    if (strain === undefined) return;
    this.#cutAt = this.#begun;
    this.#inVain = 0;
    if (strain === 'throttled') {
      this.#limit = Math.max(1, this.#limit / 2);
      // S3 says so while it splits a prefix, and takes more than before once it has: where it does not, it is asked ever later.
      this.#restLonger();
    } else {
      if (this.#limit > this.#first) this.#restLonger();
      else this.#rest = Math.max(this.#rest, REST_ROUNDS);
      this.#proven = this.#first;
      this.#limit = Math.min(this.#limit, this.#first);
    }
    this.#beginRound();
  }

  #answered(number: number): void {
    if (this.#limit < this.#proven) {
      this.#limit = Math.min(this.#proven, this.#limit + 1 / this.#limit);
      return;
    }
    if (this.#proven === this.#most) return;
    if (this.#inFlight < this.#limit * BUSY_SHARE) {
      this.#idled();
      return;
    }
    this.#unused = 0;
    if (number < this.#roundFrom) return;
    const now = this.#clock.now();
    if (this.#answers === 0) {
      this.#since = now;
      this.#idleSince = this.#clock.idle();
    }
    const elapsed = now - this.#since;
    if (this.#answers++ < this.#limit || elapsed < SHORTEST_ROUND_MS) return;
    this.#judge((this.#answers - 1) / elapsed, (this.#clock.idle() - this.#idleSince) / elapsed);
  }

  /** Something else was waited for. What an attempt is compared with may be over then. */
  #idled(): void {
    this.#answers = 0;
    this.#roundFrom = Math.max(this.#roundFrom, this.#begun + 1);
    if (this.#limit === this.#proven || ++this.#unused <= this.#limit) return;
    this.#limit = this.#proven;
    this.#rate = undefined;
    this.#inVain = 0;
    this.#beginRound();
  }

  /**
   * Requests that are in flight began under another limit, or beside fewer others.
   *
   * @param without the first ones of the round: those that open connections
   */
  #beginRound(without = 0): void {
    this.#roundFrom = this.#begun + 1 + without;
    this.#answers = 0;
  }

  /**
   * @param rate answers a millisecond
   * @param idle share of the time
   */
  #judge(rate: number, idle: number): void {
    const last = this.#rate;
    const isMore = last === undefined || rate >= last * WORTH;
    if (this.#limit > this.#proven && !isMore) {
      // Connections that are being made slow down all others: one round more says.
      if (++this.#inVain < TRIES) {
        this.#beginRound();
        return;
      }
      this.#limit = this.#proven;
      this.#restLonger();
    } else {
      if (this.#limit > this.#proven) this.#nextRest = REST_ROUNDS;
      this.#proven = this.#limit;
      this.#rate = rate;
      // While it changes by itself, since code is cold or somebody pauses, no attempt could be judged.
      const isSteady = !isMore && rate * WORTH >= last;
      if (this.#rest > 0) this.#rest--;
      else if (isSteady && idle >= IDLE_SHARE) this.#limit = Math.min(this.#most, this.#limit * 2);
    }
    this.#inVain = 0;
    this.#beginRound(this.#limit - this.#proven);
  }

  #restLonger(): void {
    this.#rest = Math.max(this.#rest, this.#nextRest);
    this.#nextRest *= 2;
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
