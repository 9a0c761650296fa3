import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatInvalidation, type ObjectEntry } from '../model/digest-index.js';
import { EXIT, messageOf, SyncError } from '../model/errors.js';
import type { Emit, StepOutcome } from '../model/events.js';
import {
  coverOf,
  EVERYTHING,
  groupPaths,
  type Invalidation,
  type InvalidationStatus,
  isSameMapping,
  type Owed,
  pathsOf,
} from '../model/invalidation.js';
import type { ObjectKey } from '../model/object-key.js';
import type { ListedObject } from '../model/objects.js';
import type { InvalidationOptions } from '../model/options.js';
import { changesAnything, type Plan, type Step, stepsOf } from '../model/plan.js';
import { type Invalidator, isDenied, StoreError } from '../store/object-store.js';
import { mayBeDone } from './execute.js';
import { whyNot } from './explain.js';
import type { IndexStorage } from './ports.js';

/** How long an invalidation that CloudFront has no room for is tried; others take minutes. Milliseconds. */
const TRY_MS = 10 * 60_000;

/** Between two attempts: doubled from the first to the last. Milliseconds. */
const FIRST_DELAY_MS = 1_000;
const LAST_DELAY_MS = 60_000;

/** How long `invalidate-wait` waits, and between which questions. Milliseconds. */
const WAIT_MS = 30 * 60_000;
const FIRST_QUESTION_MS = 5_000;
const LAST_QUESTION_MS = 20_000;

/** Paths that a message names. */
const SHOWN_PATHS = 5;

export interface InvalidationsRequest {
  readonly options: InvalidationOptions | undefined;
  readonly invalidator: Invalidator | undefined;
  readonly storage: IndexStorage | undefined;
  /** What earlier runs left, by distribution; no entry: not known. */
  readonly remembered: ReadonlyMap<string, Owed>;
  /** What earlier runs left under their keys. */
  readonly known: ReadonlyMap<string, ObjectEntry>;
  /** What is there now. */
  readonly listing: ReadonlyMap<ObjectKey, ListedObject>;
  /** Keys of the tree. */
  readonly keys: Iterable<ObjectKey>;
  /** What other machines did, and nobody remembers yet. */
  readonly published: readonly Step[];
  readonly url: string;
  readonly emit: Emit;
  /** Called while it waits for CloudFront: waiting is no standstill. */
  readonly onMove: () => void;
  /** Nothing more is sent when it is aborted. */
  readonly signal: AbortSignal;
  /** What is under way ends with it. */
  readonly requests: AbortSignal;
}

/**
 * What readers may have cached and CloudFront is to forget. It is in the journal before the first write and in the
 * index until it was sent, so that a run that is killed, stopped or refused by CloudFront leaves it to the next (R15).
 */
export class Invalidations {
  readonly #request: InvalidationsRequest;
  /** What earlier runs owe the distribution. */
  readonly #owed: readonly string[];
  /** What it is owed by now. */
  #due: readonly string[];
  /** Whether this run changed what other distributions may serve. */
  #isChanged = false;
  #report: Invalidation | undefined;

  constructor(request: InvalidationsRequest) {
    this.#request = request;
    this.#owed = this.#earlier();
    this.#due = this.#with([]);
  }

  get report(): Invalidation | undefined {
    return this.#report;
  }

  /** Whatever becomes of its plan. */
  get tellsEverything(): boolean {
    return this.#owed.includes(EVERYTHING);
  }

  #earlier(): readonly string[] {
    const { options, storage, remembered, emit } = this.#request;
    if (options === undefined) return [];
    const known = remembered.get(options.distribution);
    if (storage === undefined) {
      const message = `nothing is remembered without an index, so every run invalidates ${EVERYTHING} of ${options.distribution}: set index to a path or s3://bucket/key to invalidate what changed alone`;
      emit({ type: 'message', level: 'notice', message });
    } else if (known === undefined) {
      // Though the destination is empty: what was removed from it may still be cached.
      const message = `what earlier runs left to invalidate is not known, as the index is new or lost: this run invalidates ${EVERYTHING} of ${options.distribution}`;
      emit({ type: 'message', level: 'notice', message });
    } else if (known.mapping !== undefined && !isSameMapping(known.mapping, options.mapping)) {
      // What readers may still have under the right paths.
      const message = `earlier runs invalidated what they changed with another invalidate-strip-prefix or invalidate-prefix, so under other paths: this run invalidates ${EVERYTHING} of ${options.distribution}`;
      emit({ type: 'message', level: 'notice', message });
    } else {
      const stranger = this.#stranger(known.paths, options);
      if (stranger === undefined) return [...known.paths, ...pathsOf(this.#vanished(), options.mapping)];
      const message = `${stranger} was written by a run that the index does not know, so what that run left to invalidate is not known either: this run invalidates ${EVERYTHING} of ${options.distribution}`;
      emit({ type: 'message', level: 'notice', message });
    }
    return [EVERYTHING];
  }

  /** Keys that somebody else deleted: readers may still have what was there. */
  *#vanished(): Generator<ObjectKey> {
    const { known, listing } = this.#request;
    for (const key of known.keys()) if (!listing.has(key as ObjectKey)) yield key as ObjectKey;
  }

  /**
   * A key of the tree or of the index that a run wrote of which the index knows nothing, as it is an older one: what that
   * run could not send is not known. A run that was killed has left its paths in the journal.
   */
  #stranger(owed: readonly string[], { mapping }: InvalidationOptions): ObjectKey | undefined {
    const { known, listing, keys } = this.#request;
    const isCovered = coverOf(owed);
    for (const some of [keys, known.keys()] as readonly Iterable<ObjectKey>[])
      for (const key of some) {
        const object = listing.get(key);
        if (object === undefined) continue;
        const entry = known.get(key);
        if (entry?.etag === object.etag && entry.size === object.size) continue;
        if (!pathsOf([key], mapping).every(isCovered)) return key;
      }
    return undefined;
  }

  /** What the distribution is owed when a plan's steps are done. */
  plan(plan: Plan): void {
    this.#due = this.#with(stepsOf(plan));
  }

  /**
   * Writes what the plan will change into the journal. A journal that cannot be written costs a warning, never the run.
   */
  async journal(plan: Plan): Promise<void> {
    const { options, storage, remembered, emit, signal } = this.#request;
    if (storage === undefined || !changesAnything(plan)) return;
    let lines = '';
    const due = this.#with(stepsOf(plan));
    if (options !== undefined && due.length > 0)
      lines = formatInvalidation(options.distribution, { paths: due, ...mappingOf(due, options) });
    for (const other of remembered.keys()) {
      if (other !== options?.distribution) lines += formatInvalidation(other, { paths: [EVERYTHING] });
    }
    if (lines === '') return;
    try {
      await storage.journal.append(lines, signal);
    } catch (error) {
      signal.throwIfAborted();
      const message = `what is to be invalidated cannot be remembered before it is published (${whyNot(error, storage.place)}): should this run be killed, invalidate ${EVERYTHING} by hand`;
      emit({ type: 'message', level: 'warning', message });
    }
  }

  /** Settles what is due by what was done, or may be. */
  settle(outcomes: readonly StepOutcome[]): void {
    const done = outcomes
      .filter((of) => (of.outcome === 'done' || mayBeDone(of)) && of.action !== 'keep')
      .map(({ step }) => step);
    this.#isChanged = done.length + this.#request.published.length > 0;
    this.#due = this.#with(done);
  }

  /** Sends what is due; answers with what went wrong, and leaves it to the next run then. */
  async send(): Promise<SyncError | undefined> {
    const { options, invalidator, signal } = this.#request;
    if (options === undefined || this.#due.length === 0) return undefined;
    if (signal.aborted) {
      this.#tell('pending');
      return undefined;
    }
    if (invalidator === undefined) throw new Error('there is nothing to invalidate with');
    try {
      const { id } = await this.#create(invalidator);
      this.#tell('sent', id);
      this.#due = [];
      return undefined;
    } catch (error) {
      if (signal.aborted) {
        this.#tell('pending');
        return undefined;
      }
      this.#tell('failed');
      return this.#failure(error, options.distribution);
    }
  }

  /** Paths that CloudFront does not take it would not take from the next run either: everything goes instead. */
  async #create(invalidator: Invalidator): Promise<{ readonly id: string }> {
    const { signal, requests, emit, onMove } = this.#request;
    const patience = { signal, requests, emit, onMove };
    const paths = this.#due;
    try {
      return await create(invalidator, paths, patience);
    } catch (error) {
      const isRefused = error instanceof StoreError && error.code === 'InvalidArgument';
      if (!isRefused || paths.includes(EVERYTHING)) throw error;
      const message = `${invalidator.distribution} does not take ${shown(paths)} (${toldOf(error)}): this run invalidates ${EVERYTHING} instead`;
      emit({ type: 'message', level: 'warning', message });
      this.#due = [EVERYTHING];
      return create(invalidator, this.#due, patience);
    }
  }

  /** Waits until CloudFront has done what it was sent. */
  async wait(): Promise<SyncError | undefined> {
    const { options, invalidator, url, signal, requests, onMove } = this.#request;
    const sent = this.#report;
    if (options?.wait !== true || invalidator === undefined || sent?.id === undefined) return undefined;
    try {
      if (await isDone(invalidator, sent.id, { signal, requests, onMove })) {
        this.#tell('completed', sent.id);
        return undefined;
      }
      this.#tell('failed', sent.id);
      return failed(
        `${url}: the invalidation ${sent.id} of ${sent.distribution} is not complete after ${WAIT_MS / 60_000} minutes: everything is published and CloudFront goes on with it; look at it there`,
      );
    } catch (error) {
      if (signal.aborted) return undefined;
      this.#tell('failed', sent.id);
      return failed(
        `${url}: whether the invalidation ${sent.id} of ${sent.distribution} is complete could not be asked (${toldOf(error)}): ${isDenied(error) ? 'allow cloudfront:GetInvalidation on the distribution, or drop invalidate-wait' : 'CloudFront goes on with it'}`,
      );
    }
  }

  /** Says what a run that writes would send. */
  tellPlanned(): void {
    if (this.#request.options !== undefined && this.#due.length > 0) this.#tell('planned');
  }

  /** What the index is to remember. */
  left(): ReadonlyMap<string, Owed> {
    const { options, remembered } = this.#request;
    const left = new Map<string, Owed>();
    for (const [other, owed] of remembered) left.set(other, this.#isChanged ? { paths: [EVERYTHING] } : owed);
    if (options === undefined) return left;
    const { distribution } = options;
    const told = this.#report?.paths ?? this.#due;
    // What is not served under any path was left out by this mapping too.
    const isMapped = this.#isChanged || told.length > 0;
    const mapping = isMapped ? mappingOf(told, options) : remembered.get(distribution);
    left.set(distribution, { ...mapping, paths: this.#due });
    return left;
  }

  #with(steps: Iterable<Step>): readonly string[] {
    const { options, published } = this.#request;
    if (options === undefined) return [];
    const keys: string[] = [];
    for (const some of [published, steps])
      for (const step of some) if (mayBeCached(step, options.newKeys)) keys.push(step.key);
    return groupPaths([...this.#owed, ...pathsOf(keys, options.mapping)], options.maxPaths);
  }

  #tell(status: InvalidationStatus, id?: string): void {
    const { options, emit } = this.#request;
    const { distribution } = options!;
    const paths = this.#report?.paths ?? this.#due;
    this.#report = { distribution, paths, ...(id === undefined ? {} : { id }), status };
    emit({ type: 'invalidation', invalidation: this.#report });
  }

  #failure(error: unknown, distribution: string): SyncError {
    const { storage, url } = this.#request;
    const told = toldOf(error);
    const next = ((): string => {
      if (storage === undefined) return `the next run invalidates ${EVERYTHING}`;
      const { whyNotKept } = storage;
      if (whyNotKept === undefined) return 'the next run sends what is missing';
      const why = whyNotKept();
      return why === undefined
        ? 'the next run sends what is missing, if the index is kept'
        : `the index is not kept (${why}), so invalidate ${EVERYTHING} by hand`;
    })();
    const advice = ((): string => {
      if (!(error instanceof StoreError)) return 'run again';
      if (error.kind === 'denied') return 'allow cloudfront:CreateInvalidation on the distribution';
      if (error.code === 'NoSuchDistribution')
        return 'check invalidate, and that the credentials are of its account';
      if (error.kind === 'throttled') return 'other invalidations are in progress there, so run again later';
      if (error.kind === 'network') return 'check proxy and network';
      return 'run again';
    })();
    return failed(
      `${url}: the invalidation of ${shown(this.#due)} in ${distribution} failed (${told}): ${advice}; ${next}`,
    );
  }
}

/** Whether a reader may have cached what a step changes. */
function mayBeCached(step: Step, newKeys: boolean): boolean {
  switch (step.action) {
    case 'keep':
      return false;
    case 'delete':
    case 'refresh':
      return true;
    case 'upload':
    case 'download':
    case 'link':
    case 'copy':
      return newKeys || 'ifMatch' in step.condition;
  }
}

/** Whoever is told everything is told it under whatever path it has. */
function mappingOf(paths: readonly string[], { mapping }: InvalidationOptions): Pick<Owed, 'mapping'> {
  return paths.includes(EVERYTHING) ? {} : { mapping };
}

interface Patience {
  readonly signal: AbortSignal;
  readonly requests: AbortSignal;
  readonly onMove: () => void;
  /** Parameters for the tests, which have no minutes. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly now?: () => number;
}

async function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal });
}

/**
 * Creates an invalidation. CloudFront takes so many at a time, so it is tried for minutes; under one reference, by which
 * CloudFront knows that an attempt whose answer was lost is the same.
 */
export async function create(
  invalidator: Invalidator,
  paths: readonly string[],
  {
    signal,
    requests,
    emit,
    onMove,
    pause = pauseFor,
    now = () => performance.now(),
  }: Patience & { readonly emit: Emit },
): Promise<{ readonly id: string }> {
  const reference = `s3-dedup-sync-${randomBytes(12).toString('hex')}`;
  const end = now() + TRY_MS;
  for (let delay = FIRST_DELAY_MS; ; delay = Math.min(delay * 2, LAST_DELAY_MS)) {
    onMove();
    try {
      return await invalidator.create(paths, reference, requests);
    } catch (error) {
      if (signal.aborted || !heals(error) || now() + delay > end) throw error;
      if (delay === FIRST_DELAY_MS) {
        const message = `${invalidator.distribution} cannot be told to invalidate now (${toldOf(error)}): it is tried again for ${TRY_MS / 60_000} minutes`;
        emit({ type: 'message', level: 'notice', message });
      }
    }
    await pause(delay, signal);
  }
}

/** Whether an invalidation was completed in time. */
export async function isDone(
  invalidator: Invalidator,
  id: string,
  { signal, requests, onMove, pause = pauseFor, now = () => performance.now() }: Patience,
): Promise<boolean> {
  const end = now() + WAIT_MS;
  for (let delay = FIRST_QUESTION_MS; ; delay = Math.min(delay * 1.5, LAST_QUESTION_MS)) {
    onMove();
    try {
      if (await invalidator.isDone(id, requests)) return true;
    } catch (error) {
      if (signal.aborted || !heals(error) || now() + delay > end) throw error;
    }
    if (now() + delay > end) return false;
    await pause(delay, signal);
  }
}

function heals(error: unknown): boolean {
  return error instanceof StoreError && ['throttled', 'server', 'network'].includes(error.kind);
}

function toldOf(error: unknown): string {
  if (!(error instanceof StoreError)) return messageOf(error);
  return error.message === '' || error.message === error.code
    ? error.code
    : `${error.code}: ${error.message}`;
}

function shown(paths: readonly string[]): string {
  const some = paths.slice(0, SHOWN_PATHS).join(', ');
  return paths.length > SHOWN_PATHS ? `${some} and ${paths.length - SHOWN_PATHS} more paths` : some;
}

function failed(message: string): SyncError {
  return new SyncError('invalidation-failed', EXIT.failed, message);
}
