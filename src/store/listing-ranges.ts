import { compareKeys, MAX_KEY_BYTES } from '../model/object-key.js';
import type { ListedObject } from '../model/objects.js';
import { type Flights, Lane, type ListedPage, OutOfOrder, type Strategy } from './listing.js';
import type { KeyHints } from './object-store.js';

/** So many ranges have one page each; more only where each has some, as the last page of each is mostly not full. */
const RANGES_OF_A_PAGE = 16;
const PAGES_A_RANGE = 4;
const MOST_RANGES = 64;

/** What a page of S3 holds. */
const PAGE_KEYS = 1000;

/** More hints than this say no more about where to cut. */
const MOST_HINTS = 20_000;

/** Keys that cut what lies behind the first page into ranges of about one length; none where it is short. */
export function boundsBehind({ objects }: ListedPage, { keys }: KeyHints): readonly string[] {
  const last = objects.at(-1)?.key;
  const isInOrder = objects.every(({ key }, i) => i === 0 || compareKeys(objects[i - 1]?.key ?? '', key) < 0);
  if (last === undefined || !isInOrder) return [];
  const isBehind = (key: string): boolean => compareKeys(key, last) > 0;
  let behind = 0;
  for (const key of keys()) if (isBehind(key)) behind++;
  const pages = Math.ceil(behind / objects.length);
  const ofSome = Math.min(MOST_RANGES, Math.floor(pages / PAGES_A_RANGE));
  const ranges = Math.max(ofSome, Math.min(RANGES_OF_A_PAGE, pages));
  const step = Math.ceil(behind / MOST_HINTS);
  const some: string[] = [];
  let i = 0;
  for (const key of keys()) if (isBehind(key) && i++ % step === 0) some.push(key);
  return boundsOf(some, ranges);
}

/** Keys that cut all keys of a listing into its pages; none where it is one page, or where there are too many to tell. */
export function boundsOfAll(keys: Iterable<string>): readonly string[] {
  const all: string[] = [];
  for (const key of keys) if (all.push(key) > MOST_HINTS) return [];
  return boundsOf(all, Math.ceil(all.length / PAGE_KEYS));
}

/** The last keys of ranges of as many keys each. */
function boundsOf(keys: readonly string[], ranges: number): readonly string[] {
  if (ranges < 2) return [];
  const sorted = keys.toSorted(compareKeys);
  const bounds = new Set<string>();
  for (let i = 1; i < ranges; i++) {
    const bound = sorted[Math.floor((i * sorted.length) / ranges) - 1];
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
 * hints are worth.
 *
 * The bound, where a first page was asked for. Of what is still to be asked for, each open range has one request at most
 * whose page brings less than a full one; all others bring full pages. So the listing ends within the requests answered,
 * the full pages that are left, and one for each open range. A range is opened where that is at most twice the pages that
 * are certainly needed, whatever is left; when none may be, what is left is one range.
 */
export class Ranges implements Strategy {
  readonly #flights: Flights<Lane>;
  readonly #lanes: Lane[];
  /** The last key of a lane's range; the last lane has none. */
  readonly #ends = new Map<Lane, string>();
  /** The last key that a lane was told. */
  readonly #last = new Map<Lane, string>();
  /** Without a first page: all ranges may be opened. */
  readonly #isBounded: boolean;
  #pageKeys = 1;
  #keys = 0;
  #answered = 0;
  /** Pages that are certainly needed. */
  #needed = 1;

  constructor(lane: Lane, bounds: readonly string[], flights: Flights<Lane>, first?: ListedPage) {
    this.#flights = flights;
    this.#lanes = [lane, ...bounds.map((bound) => new Lane(lane.prefix, bound))];
    for (const [i, bound] of bounds.entries()) this.#ends.set(this.#lanes[i] as Lane, bound);
    this.#isBounded = first !== undefined;
    if (first !== undefined) this.#within(lane, first);
  }

  isDone(): boolean {
    return this.#lanes.every(({ isEnded }) => isEnded);
  }

  schedule(): void {
    let open = 0;
    for (const [i, lane] of this.#lanes.entries()) {
      if (this.#flights.isFull) return;
      if (!isBegun(lane) && !this.#mayOpen(i, open)) {
        if (open > 0) return;
        // The hints name much that is not there.
        this.#lanes.length = i + 1;
        this.#ends.delete(lane);
      }
      if (lane.isEnded) continue;
      open++;
      if (lane.isInFlight) continue;
      lane.isInFlight = true;
      this.#flights.send(lane, lane.request());
    }
  }

  /** @param open ranges; what no range is opened for yet counts as one */
  #mayOpen(i: number, open: number): boolean {
    const others = open + (i + 1 < this.#lanes.length ? 1 : 0);
    return !this.#isBounded || this.#answered + others + 1 <= 2 * this.#needed;
  }

  async next(): Promise<readonly ListedObject[]> {
    const { flight: lane, answer } = await this.#flights.landed();
    if (answer instanceof Error) throw answer;
    lane.take(answer);
    return this.#within(lane, answer);
  }

  /** What of a page belongs to the lane's range; a key beyond it is the next one's, and this one's end. */
  #within(lane: Lane, { objects, next }: ListedPage): readonly ListedObject[] {
    let last = this.#last.get(lane) ?? lane.after;
    for (const { key } of objects) {
      if (last !== undefined && compareKeys(key, last) <= 0) throw new OutOfOrder();
      last = key;
    }
    if (last !== undefined) this.#last.set(lane, last);
    const end = this.#ends.get(lane);
    const isBeyond = end !== undefined && last !== undefined && compareKeys(last, end) >= 0;
    if (isBeyond) lane.isEnded = true;
    const within = isBeyond ? objects.filter(({ key }) => compareKeys(key, end) <= 0) : objects;
    this.#answered++;
    this.#keys += within.length;
    this.#pageKeys = Math.max(this.#pageKeys, objects.length);
    // What lies behind the foremost range was not told by another one.
    const isForemost = this.#lanes.findLast(isBegun) === lane;
    const hasMore = isForemost && (next !== undefined || within.length < objects.length);
    this.#needed = Math.max(this.#needed, Math.ceil((this.#keys + (hasMore ? 1 : 0)) / this.#pageKeys));
    return within;
  }
}

function isBegun({ pages, isInFlight }: Lane): boolean {
  return pages > 0 || isInFlight;
}
