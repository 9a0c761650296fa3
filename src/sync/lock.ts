import { randomUUID } from 'node:crypto';
import type { ETag } from '../model/digest.js';
import { md5Of } from '../model/digest.js';
import { EXIT, messageOf, refusal, SyncError } from '../model/errors.js';
import { type ObjectKey, OWN_DIRECTORY, type Prefix } from '../model/object-key.js';
import type { Condition } from '../model/plan.js';
import { type ObjectStore, StoreError } from '../store/object-store.js';
import { explain } from './explain.js';

/** How long a lease holds without being renewed: a run that is killed blocks others for so long. Milliseconds. */
const LEASE_MS = 10 * 60_000;

/** Three renewals may fail before the lease is over. */
const RENEW_MS = LEASE_MS / 4;

/** A machine that sleeps stops its timers too: by the clock a renewal is found due this soon after it woke. Milliseconds. */
const TICK_MS = 1_000;

/** The run is done then, and a lock that stays ends by itself: twice as long as an outage is waited out. Milliseconds. */
const GIVE_BACK_MS = 30_000;

/** A lock is some hundred bytes; what is larger is not ours. */
const MAX_LOCK_BYTES = 64 * 1024;

/** What a date can hold: a lease of somebody else may say anything. Milliseconds since the epoch. */
const LAST_TIME_MS = 8.64e15;

/** The lock of a destination. */
export function lockKey(prefix: Prefix): ObjectKey {
  return `${prefix}${OWN_DIRECTORY}lock` as ObjectKey;
}

/** Refuses where a run that may still be at work holds a lock, of this destination or of one below it. */
export async function refuseLocks(
  keys: Iterable<ObjectKey>,
  { store, url, earliestNow, signal }: Pick<LockRequest, 'store' | 'url' | 'earliestNow' | 'signal'>,
): Promise<void> {
  for (const key of keys) {
    if (!`/${key}`.endsWith(`/${OWN_DIRECTORY}lock`)) continue;
    const body = await store.read(key, MAX_LOCK_BYTES, signal);
    if (body === undefined) continue;
    const held = parseLease(body.bytes);
    if (held === undefined || held.expires > earliestNow()) throw locked(url, key, held);
  }
}

/** What lies under the lock's key, as JSON. */
interface Lease {
  /** Who holds it, for people. */
  readonly owner: string;
  /** Milliseconds since the epoch. */
  readonly expires: number;
  /** Which run wrote it: owners are people's names, and two jobs of a workflow have one. Absent: an older one. */
  readonly run?: string;
}

/** A lease that lies there. */
interface Held {
  readonly etag: ETag;
  readonly expires: number;
}

export interface LockRequest {
  readonly store: ObjectStore;
  readonly prefix: Prefix;
  readonly url: string;
  readonly owner: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** By this machine's clock or by S3's, whichever is behind: a lease of another machine is over when it is over by both. */
  readonly earliestNow: () => number;
  /** Called once when another run has taken the lock, or it could not be renewed in time. */
  readonly onLost: (error: SyncError) => void;
  /** Nothing more is begun when it is aborted. */
  readonly signal: AbortSignal;
  /** Writes in flight end with it. */
  readonly requests: AbortSignal;
  /** What is still asked and given back then ends with it. */
  readonly last: AbortSignal;
}

/**
 * A lease on a destination: an object that is written only where there is none, or in place of one that is over.
 * It is renewed while the run goes on and deleted at its end.
 */
export class Lock {
  readonly #request: LockRequest;
  readonly #key: ObjectKey;
  readonly #run: string;
  #etag: ETag;
  #expires: number;
  /** When the last renewal began. */
  #begun: number;
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<void> | undefined;
  #isLost = false;

  private constructor(request: LockRequest, key: ObjectKey, run: string, { etag, expires }: Held) {
    this.#request = request;
    this.#key = key;
    this.#run = run;
    this.#etag = etag;
    this.#expires = expires;
    this.#begun = expires - LEASE_MS;
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  /** Rejects with a refusal that names who holds it and until when. */
  static async acquire(request: LockRequest): Promise<Lock> {
    const { store, prefix, url, owner, now, earliestNow, signal } = request;
    const key = lockKey(prefix);
    const run = randomUUID();
    const lease = { owner, expires: now() + LEASE_MS, run };
    const taken = await put(request, key, { ifNoneMatch: '*' }, lease);
    if (taken !== undefined) return new Lock(request, key, run, taken);
    const body = await store.read(key, MAX_LOCK_BYTES, signal);
    const held = body === undefined ? undefined : parseLease(body.bytes);
    if (body !== undefined && held !== undefined && held.expires <= earliestNow()) {
      const over = await put(request, key, { ifMatch: body.etag }, lease);
      if (over !== undefined) return new Lock(request, key, run, over);
    }
    throw locked(url, key, held);
  }

  /**
   * Gives the lock back; one that is not ours any more is left. Returns why it could not be, for people: a server that never
   * answers is not waited for until the run is taken for one that stands still, which would fail it.
   */
  async release(): Promise<string | undefined> {
    const { store, last } = this.#request;
    clearInterval(this.#timer);
    const stop = new AbortController();
    const noAnswer = new Error(`it took longer than ${GIVE_BACK_MS / 1_000} seconds`);
    const timer = setTimeout(() => stop.abort(noAnswer), GIVE_BACK_MS);
    const signal = AbortSignal.any([last, stop.signal]);
    try {
      // What a renewal that has no answer made of the lock is not known: the condition of the delete says it.
      await Promise.race([this.#renewing, aborted(signal)]);
      const [answer] = await store.delete([{ key: this.#key, etag: this.#etag }], signal);
      const isAnothers = this.#isLost && answer?.deleted === false && answer.error.kind === 'condition';
      if (answer?.deleted !== false || isAnothers) return undefined;
      throw answer.error;
    } catch (error) {
      const { message } = explain(signal.aborted ? signal.reason : error, this.#key);
      return `the lock could not be given back and holds for up to ${LEASE_MS / 60_000} minutes (${message})`;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Waited for before each step: a machine that slept may have lost the lock meanwhile, and steps that were planned before
   * would undo what another run made. Where it is lost `onLost` was called.
   */
  async awake(): Promise<void> {
    while (this.#isDue() && !this.#isOver()) await (this.#renewing ?? this.#begin());
  }

  /** Renews it now: S3 says whether it still is ours, whatever this machine's clock says. */
  async confirm(): Promise<void> {
    while (this.#renewing !== undefined) await this.#renewing;
    if (!this.#isOver()) await this.#begin();
  }

  #tick(): void {
    // A clock that was set back says as little of how long it was.
    if (Math.abs(this.#request.now() - this.#begun) < RENEW_MS) return;
    if (this.#renewing === undefined) this.#begin();
    else if (this.#isDue()) this.#lose(new Error('it was not renewed in time'));
  }

  /** One renewal at a time: two would go by the same ETag, and the later one take the other for another run's. */
  #begin(): Promise<void> {
    this.#begun = this.#request.now();
    this.#renewing = this.#renew().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  #isOver(): boolean {
    return this.#isLost || this.#request.signal.aborted;
  }

  /** What is in flight must have ended before the lease has. */
  #isDue(): boolean {
    return this.#request.now() >= this.#expires - RENEW_MS;
  }

  #lose(cause: unknown): void {
    clearInterval(this.#timer);
    const { url, onLost } = this.#request;
    if (this.#isOver()) return;
    this.#isLost = true;
    const message = `the lock of ${url} was lost (${messageOf(cause)}): the run was ended, and another may write there by now: run again only if this one is to have the last word`;
    onLost(new SyncError('foreign-writer', EXIT.foreignWriter, message, { cause }));
  }

  async #renew(): Promise<void> {
    if (this.#isOver()) return;
    const { owner } = this.#request;
    const lease = { owner, expires: this.#begun + LEASE_MS, run: this.#run };
    try {
      const held = await put(this.#request, this.#key, { ifMatch: this.#etag }, lease);
      if (held === undefined) throw new Error('another run has taken it');
      this.#etag = held.etag;
      this.#expires = held.expires;
    } catch (error) {
      const isTaken = !(error instanceof StoreError);
      if (isTaken || this.#isDue()) this.#lose(error);
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function locked(url: string, key: ObjectKey, held: Lease | undefined): SyncError {
  const who =
    held === undefined
      ? 'another run'
      : `${held.owner} (until ${new Date(held.expires).toISOString().slice(0, 19)}Z unless it is renewed)`;
  return refusal(
    'locked',
    `${url} is locked by ${who}: nothing was written; run again when it has ended, or delete ${key} if it never will`,
  );
}

/**
 * Writes a lease; `undefined`: the condition did not hold. What lies there says whether an attempt whose answer was lost, now
 * or of an earlier renewal, is what did not let it hold, and whether one that was cut short was made.
 */
async function put(
  { store, requests, last }: LockRequest,
  key: ObjectKey,
  condition: Condition,
  lease: Required<Lease>,
): Promise<Held | undefined> {
  const body = Buffer.from(`${JSON.stringify(lease)}\n`);
  const headers = { contentType: 'application/json', metadata: {} };
  try {
    const { etag } = await store.put({ key, body, md5: md5Of(body), headers, condition }, requests);
    return { etag, expires: lease.expires };
  } catch (error) {
    const { kind } = error as Partial<StoreError>;
    if (kind !== 'condition' && kind !== 'aborted') throw error;
    const there = await store.read(key, MAX_LOCK_BYTES, last).catch(() => undefined);
    const isKnown = 'ifMatch' in condition && there?.etag === condition.ifMatch;
    if (there !== undefined && !isKnown) {
      const held = parseLease(there.bytes);
      if (held?.run === lease.run) return { etag: there.etag, expires: held.expires };
    }
    if (kind === 'condition') return undefined;
    throw error;
  }
}

/** `undefined`: it is not a lease that we could have written. */
export function parseLease(bytes: Buffer): Lease | undefined {
  try {
    const { owner, expires, run } = JSON.parse(bytes.toString('utf8')) as Partial<Lease>;
    if (typeof owner !== 'string' || typeof expires !== 'number' || !(Math.abs(expires) <= LAST_TIME_MS))
      return undefined;
    const who = { owner: owner.slice(0, 200).replace(/\p{Cc}/gu, ' '), expires };
    return typeof run === 'string' ? { ...who, run } : who;
  } catch {
    return undefined;
  }
}
