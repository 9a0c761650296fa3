import { setMaxListeners } from 'node:events';
import type { ListedObject } from '../model/objects.js';
import { Areas } from './listing-areas.js';
import { boundsBehind, boundsOfAll, Ranges } from './listing-ranges.js';
import { type KeyHints, StoreError } from './object-store.js';

/** One request of a listing. */
export interface PageRequest {
  readonly prefix: string;
  readonly token?: string;
  /** Keys with a slash behind the prefix are told as the prefix up to that slash, which they share. */
  readonly delimiter?: '/';
  /** Keys behind this one alone. */
  readonly startAfter?: string;
}

export interface ListedPage {
  readonly objects: readonly ListedObject[];
  /** With a delimiter alone. */
  readonly prefixes: readonly string[];
  /** Token of the next page; `undefined`: this is the last one. */
  readonly next: string | undefined;
}

/** Rejects with `StoreError`. */
export type AskPage = (request: PageRequest, signal: AbortSignal) => Promise<ListedPage>;

export interface ListingRequest {
  readonly prefix: string;
  readonly ask: AskPage;
  readonly signal: AbortSignal;
  /** Requests in flight at most. */
  readonly concurrency: number;
  /** Given only where keys are listed in the order of their bytes and StartAfter follows it: elsewhere ranges lose keys. */
  readonly hints?: KeyHints;
}

/** How the pages after the first one are asked for. */
export interface Strategy {
  isDone(): boolean;
  /** Sends what may be sent now. */
  schedule(): void;
  /** The objects of the next answer. Rejects with what ends the listing. */
  next(): Promise<readonly ListedObject[]>;
}

/** Enough to make hundreds of pages a dozen round trips; of more, the answers would only wait to be read. */
const MOST_IN_FLIGHT = 16;

/**
 * All objects under a prefix, page by page and in any order; a key may be told twice. The first page is asked for
 * alone. Where it is not the last one, more is asked for at a time, by ranges of keys or by directories, with at most
 * twice the requests that one page after the other takes. Where all keys are known already, their pages are asked for
 * side by side from the first on, with as many requests as they have pages. Where ranges show that keys do not come in the
 * order of their bytes after all, it begins anew without them.
 */
export async function* listPages(listing: ListingRequest): AsyncGenerator<readonly ListedObject[]> {
  try {
    yield* pagesBy(listing, listing.hints);
  } catch (error) {
    if (!(error instanceof OutOfOrder)) throw error;
    yield* pagesBy(listing);
  }
}

async function* pagesBy(
  listing: Omit<ListingRequest, 'hints'>,
  hints?: KeyHints,
): AsyncGenerator<readonly ListedObject[]> {
  const { prefix, ask } = listing;
  const stop = new AbortController();
  const signal = AbortSignal.any([listing.signal, stop.signal]);
  // Each request listens to it.
  setMaxListeners(0, signal);
  const most = Math.max(1, Math.min(MOST_IN_FLIGHT, listing.concurrency));
  const lane = new Lane(prefix);
  try {
    const known = hints?.areAll === true ? boundsOfAll(hints.keys()) : [];
    if (known.length > 0) {
      yield* pagesOf(new Ranges(lane, known, new Flights(ask, signal, most)));
      return;
    }
    const first = await ask(lane.request(), signal);
    lane.take(first);
    if (lane.isEnded) {
      yield first.objects;
      return;
    }
    const bounds = hints === undefined ? [] : boundsBehind(first, hints);
    const strategy =
      bounds.length > 0
        ? new Ranges(lane, bounds, new Flights(ask, signal, most), first)
        : new Areas(lane, first, new Flights(ask, signal, most));
    yield* pagesOf(strategy, first);
  } finally {
    // What is still in flight nobody needs any more.
    stop.abort();
  }
}

/** @param first the page that was asked for alone */
async function* pagesOf(strategy: Strategy, first?: ListedPage): AsyncGenerator<readonly ListedObject[]> {
  strategy.schedule();
  if (first !== undefined) yield first.objects;
  while (!strategy.isDone()) {
    const objects = await strategy.next();
    // What comes next is on its way while this page is looked at.
    if (!strategy.isDone()) strategy.schedule();
    yield objects;
  }
}

/** Page after page under one prefix. */
export class Lane {
  readonly prefix: string;
  /** Where it begins: behind this key. */
  readonly after: string | undefined;
  isInFlight = false;
  isEnded = false;
  /** Answered. */
  pages = 0;
  keys = 0;
  #token: string | undefined;
  readonly #tokens = new Set<string>();

  constructor(prefix: string, after?: string) {
    this.prefix = prefix;
    this.after = after;
  }

  request(): PageRequest {
    const { prefix, after } = this;
    if (this.#token !== undefined) return { prefix, token: this.#token };
    return after === undefined ? { prefix } : { prefix, startAfter: after };
  }

  take({ objects, next }: ListedPage): void {
    this.isInFlight = false;
    this.pages++;
    this.keys += objects.length;
    if (next === undefined) {
      this.isEnded = true;
      return;
    }
    if (this.#tokens.has(next)) throw listingError('a page that does not lead to the next one');
    this.#tokens.add(next);
    this.#token = next;
  }
}

export interface Landed<T> {
  readonly flight: T;
  readonly answer: ListedPage | StoreError;
}

/** Requests in flight; their answers are taken as they arrive. */
export class Flights<T> {
  readonly #ask: AskPage;
  readonly #signal: AbortSignal;
  readonly #most: number;
  readonly #landed: Landed<T>[] = [];
  #wake: () => void = () => undefined;
  #inFlight = 0;

  constructor(ask: AskPage, signal: AbortSignal, most: number) {
    this.#ask = ask;
    this.#signal = signal;
    this.#most = most;
  }

  get isFull(): boolean {
    return this.#inFlight >= this.#most;
  }

  send(flight: T, request: PageRequest): void {
    this.#inFlight++;
    const land = (answer: ListedPage | StoreError): void => {
      this.#inFlight--;
      this.#landed.push({ flight, answer });
      this.#wake();
    };
    this.#ask(request, this.#signal).then(land, land);
  }

  async landed(): Promise<Landed<T>> {
    for (;;) {
      const landed = this.#landed.shift();
      if (landed !== undefined) return landed;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** Keys of a range that came in another order than that of their bytes: some may not have come at all. */
export class OutOfOrder extends Error {}

export function listingError(what: string, cause?: unknown): StoreError {
  return new StoreError('rejected', 'InvalidListing', 200, 'ListObjectsV2', `the listing holds ${what}`, {
    cause,
  });
}
