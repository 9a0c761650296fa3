import { compareKeys, MAX_KEY_BYTES } from '../model/object-key.js';
import type { ListedObject } from '../model/objects.js';
import { type Flights, Lane, type ListedPage, listingError, type Strategy } from './listing.js';

/** Pages that a range should have: the last one of each is not full. */
const PAGES_A_RANGE = 4;
const MOST_RANGES = 64;

/** More hints than this say no more about where to cut. */
const MOST_HINTS = 20_000;

/** Hints that cut what lies behind the first page into ranges of about one length; none where it is short. */
export function boundsOf(hints: Iterable<string>, { objects }: ListedPage): readonly string[] {
  const last = objects.at(-1)?.key;
  const isInOrder = objects.every(({ key }, i) => i === 0 || compareKeys(objects[i - 1]?.key ?? '', key) < 0);
  if (last === undefined || !isInOrder) return [];
  const behind = [...hints].filter((key) => compareKeys(key, last) > 0);
  const ranges = Math.min(MOST_RANGES, Math.floor(behind.length / (PAGES_A_RANGE * objects.length)));
  const step = Math.ceil(behind.length / MOST_HINTS);
  const sorted = behind.filter((_, i) => i % step === 0).sort(compareKeys);
  const bounds = new Set<string>();
  for (let i = 1; i < ranges; i++) {
    const bound = sorted[Math.floor((i * sorted.length) / ranges)];
    if (bound !== undefined && canBeSent(bound)) bounds.add(bound);
  }
  return [...bounds];
}

/** An index that others may have written has names that cannot be asked for, and S3 would refuse the listing. */
function canBeSent(key: string): boolean {
  return key.isWellFormed() && Buffer.byteLength(key) <= MAX_KEY_BYTES;
}

/**
 * Ranges of keys. Each ends with the key behind which the next one begins, so together they are all keys, whatever the
 * hints are worth. A range takes at most one page more than its keys fill, and there are never more of them than pages
 * are known to be needed, and one: at most twice the requests.
 */
export class Ranges implements Strategy {
  readonly #flights: Flights<Lane>;
  readonly #lanes: Lane[];
  /** The last key of a lane's range; the last lane has none. */
  readonly #ends = new Map<Lane, string>();
  /** The last key that a lane was told. */
  readonly #last = new Map<Lane, string>();
  readonly #pageKeys: number;
  #keys = 0;

  constructor(lane: Lane, first: ListedPage, bounds: readonly string[], flights: Flights<Lane>) {
    this.#flights = flights;
    this.#lanes = [lane, ...bounds.map((bound) => new Lane(lane.prefix, bound))];
    for (const [i, bound] of bounds.entries()) this.#ends.set(this.#lanes[i] as Lane, bound);
    this.#pageKeys = first.objects.length;
    this.#within(lane, first);
  }

  isDone(): boolean {
    return this.#lanes.every(({ isEnded }) => isEnded);
  }

  schedule(): void {
    // The first page was not the last one.
    const needed = Math.max(2, Math.ceil(this.#keys / this.#pageKeys));
    let isWaiting = false;
    for (const [i, lane] of this.#lanes.entries()) {
      if (this.#flights.isFull) return;
      if (i >= needed && lane.pages === 0) {
        if (isWaiting) return;
        // The hints name much that is not there: what is left is one range.
        this.#lanes.length = i + 1;
        this.#ends.delete(lane);
      }
      isWaiting ||= !lane.isEnded;
      if (lane.isEnded || lane.isInFlight) continue;
      lane.isInFlight = true;
      this.#flights.send(lane, lane.request());
    }
  }

  async next(): Promise<readonly ListedObject[]> {
    const { flight: lane, answer } = await this.#flights.landed();
    if (answer instanceof Error) throw answer;
    lane.take(answer);
    return this.#within(lane, answer);
  }

  /** What of a page belongs to the lane's range; a key beyond it is the next one's, and this one's end. */
  #within(lane: Lane, { objects }: ListedPage): readonly ListedObject[] {
    let last = this.#last.get(lane) ?? lane.after;
    for (const { key } of objects) {
      if (last !== undefined && compareKeys(key, last) <= 0)
        throw listingError(`the key ${JSON.stringify(key)} out of order`);
      last = key;
    }
    if (last !== undefined) this.#last.set(lane, last);
    const end = this.#ends.get(lane);
    const isBeyond = end !== undefined && last !== undefined && compareKeys(last, end) >= 0;
    if (isBeyond) lane.isEnded = true;
    const within = isBeyond ? objects.filter(({ key }) => compareKeys(key, end) <= 0) : objects;
    this.#keys += within.length;
    return within;
  }
}
