import type { ErrorCode } from './errors.js';
import type { Operation, S3Request } from './request.js';

/** What goes wrong with a request. `after`: the request took effect all the same, only its answer is lost. */
export type Fault =
  /** Waits, then goes on. */
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly after?: boolean }
  /** The connection is reset. */
  | { readonly kind: 'reset'; readonly after?: boolean }
  /** The request takes effect and the connection is cut in the middle of the answer's body. */
  | { readonly kind: 'truncate' }
  /** No answer, for as long as the client waits. */
  | { readonly kind: 'hang'; readonly after?: boolean }
  /** 200 with an error as the body, as CopyObject, UploadPartCopy and CompleteMultipartUpload may answer. */
  | { readonly kind: 'error-in-body'; readonly code: ErrorCode; readonly after?: boolean }
  /** DeleteObjects: 200, and in it an error for each key that `keys` matches. */
  | { readonly kind: 'refuse-keys'; readonly code: ErrorCode; readonly keys: RegExp };

/** Which requests a rule or hook is about; an empty one means all. */
export interface Filter {
  readonly operation?: Operation | readonly Operation[];
  readonly bucket?: string;
  readonly key?: string | RegExp;
  readonly when?: (request: S3Request) => boolean;
}

export interface FaultRule {
  readonly match?: Filter;
  /** Of the requests that match, the first is 1. All of them, when left out. */
  readonly nth?: number | readonly number[];
  /** Between 0 and 1, drawn from the server's seeded generator. */
  readonly probability?: number;
  /** How often at most. */
  readonly times?: number;
  readonly fault: Fault;
}

/** Looks at every request before the rules do. */
export type Intercept = (request: S3Request, random: () => number) => Fault | 'pass';

export interface AddedRule {
  /** How many requests have matched, and how many of those the fault befell. */
  readonly matched: number;
  readonly befallen: number;
  remove(): void;
}

export class Faults {
  /** The same seed gives the same faults, as long as the requests come in the same order. */
  readonly random: () => number;
  intercept: Intercept | undefined;
  readonly #rules = new Set<{ readonly rule: FaultRule; matched: number; befallen: number }>();

  constructor(seed: number, intercept: Intercept | undefined) {
    this.random = seededRandom(seed);
    this.intercept = intercept;
  }

  add(rule: FaultRule): AddedRule {
    const entry = { rule, matched: 0, befallen: 0 };
    this.#rules.add(entry);
    return {
      get matched() {
        return entry.matched;
      },
      get befallen() {
        return entry.befallen;
      },
      remove: () => void this.#rules.delete(entry),
    };
  }

  clear(): void {
    this.#rules.clear();
    this.intercept = undefined;
  }

  /** The faults of one request: delays, and at most one other. */
  of(request: S3Request): readonly Fault[] {
    const faults: Fault[] = [];
    const intercepted = this.intercept?.(request, this.random) ?? 'pass';
    if (intercepted !== 'pass') faults.push(intercepted);
    for (const entry of this.#rules) {
      if (!matchesFilter(entry.rule.match ?? {}, request)) continue;
      entry.matched++;
      if (faults.some(({ kind }) => kind !== 'delay') || !this.#befalls(entry)) continue;
      entry.befallen++;
      faults.push(entry.rule.fault);
    }
    return faults;
  }

  #befalls({
    rule,
    matched,
    befallen,
  }: {
    readonly rule: FaultRule;
    readonly matched: number;
    readonly befallen: number;
  }): boolean {
    const { nth, times, probability } = rule;
    if (times !== undefined && befallen >= times) return false;
    if (typeof nth === 'number' && nth !== matched) return false;
    if (typeof nth === 'object' && !nth.includes(matched)) return false;
    return probability === undefined || this.random() < probability;
  }
}

export function matchesFilter({ operation, bucket, key, when }: Filter, request: S3Request): boolean {
  if (typeof operation === 'string' && operation !== request.operation) return false;
  if (typeof operation === 'object' && !operation.includes(request.operation)) return false;
  if (bucket !== undefined && bucket !== request.bucket) return false;
  if (typeof key === 'string' && key !== request.key) return false;
  if (key instanceof RegExp && !key.test(request.key)) return false;
  return when?.(request) ?? true;
}

/** mulberry32: numbers from 0 to below 1, the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
