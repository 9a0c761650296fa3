import { type ObjectKey, OWN_DIRECTORY } from '../model/object-key.js';
import type { WriteHeaders } from '../model/options.js';
import type { S3Calls } from './calls.js';
import { headOf } from './object-answers.js';
import type { Every } from './object-inputs.js';
import { MayLackKeyError, type ObjectHead, type StoreError } from './object-store.js';
import { type InFlight, Pace, type Strain } from './pace.js';
import type { Provider } from './providers.js';
import type { RareCalls } from './rare-calls.js';
import { type Attempts, withRetries } from './retry.js';
import type { SigningCredentials } from './sign.js';
import { refusedForSigning, repeatingNothing, saysNotMade, toStoreError } from './store-errors.js';

export interface S3StoreOptions {
  /** Loaded with the first one. */
  readonly rareCalls: () => Promise<RareCalls>;
  /** Those that requests are signed with: no message repeats them. */
  readonly credentials: () => Promise<SigningCredentials>;
  /** Those made by the thousand: which they are is the provider's matter. */
  readonly calls: () => S3Calls | Promise<S3Calls>;
  readonly bucket: string;
  /** Who answers is known for certain after the first answer. */
  readonly provider: () => Provider;
  readonly writeHeaders: WriteHeaders;
  readonly expectedBucketOwner: string | undefined;
  readonly requesterPays: boolean;
  readonly inFlight: InFlight;
  readonly maxAttempts: number;
  readonly bytesMoved: () => number;
  readonly clockOffset: () => number;
}

/** So long a server is taken for one that fails over. Milliseconds. */
const LONGEST_OUTAGE_MS = 15_000;

/** What says how an object is to be encrypted. */
const ENCRYPTING: ReadonlySet<string> = new Set(['PutObject', 'CopyObject', 'CreateMultipartUpload']);

/** The requests of one bucket: what every call carries, and how each is paced, counted and made again. */
export class Requests {
  readonly #maxAttempts: number;
  readonly #encrypts: boolean;
  readonly #pace: Pace;
  readonly #counts = new Map<string, number>();
  #wasAnswered = false;
  #mayHaveChanged = false;
  /** When the first request failed after the last that was answered. Milliseconds, of `performance.now()`. */
  #failingSince: number | undefined;
  /** Parameters of every call. */
  readonly every: Every;
  readonly calls: S3StoreOptions['calls'];
  readonly rareCalls: S3StoreOptions['rareCalls'];
  readonly provider: S3StoreOptions['provider'];
  readonly credentials: S3StoreOptions['credentials'];

  constructor(options: S3StoreOptions) {
    this.#maxAttempts = options.maxAttempts;
    this.#encrypts = options.writeHeaders.sse !== undefined;
    this.#pace = new Pace(options.inFlight);
    this.calls = options.calls;
    this.rareCalls = options.rareCalls;
    this.provider = options.provider;
    this.credentials = options.credentials;
    this.every = {
      Bucket: options.bucket,
      ...(options.expectedBucketOwner === undefined
        ? {}
        : { ExpectedBucketOwner: options.expectedBucketOwner }),
      ...(options.requesterPays ? { RequestPayer: 'requester' as const } : {}),
    };
  }

  /** How many are in flight at most, now. */
  get inFlight(): number {
    return this.#pace.limit;
  }

  /** Whether an object was written, or may have been written or deleted; those of our own directory do not count. */
  get mayHaveChanged(): boolean {
    return this.#mayHaveChanged;
  }

  /** How many were made, by operation. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** What the object is now; `undefined`: there is none. */
  async head(
    key: ObjectKey,
    signal: AbortSignal,
    maxAttempts = this.#maxAttempts,
  ): Promise<ObjectHead | undefined> {
    const attempt = async (): Promise<ObjectHead | undefined> => {
      try {
        const calls = await this.calls();
        return headOf('HeadObject', await calls.headObject({ ...this.every, Key: key }, signal));
      } catch (thrown) {
        const error = toStoreError('HeadObject', thrown);
        if (error.status === 404) return undefined;
        throw error;
      }
    };
    return this.call('HeadObject', signal, attempt, { maxAttempts });
  }

  /**
   * Makes a request until it is answered. Rejects with `StoreError`.
   *
   * @param judge see `Attempts`
   * @param check asked about each answer, and makes requests of its own: an answer that it rejects is a lost one
   * @param changes the key, or one of the keys, that an answer which says nothing leaves in doubt
   * @param isPaced false where the attempt itself makes requests, or takes as long as whoever reads its body
   */
  async call<T>(
    operation: string,
    signal: AbortSignal,
    attempt: () => Promise<T>,
    {
      judge,
      check,
      changes,
      isPaced = true,
      maxAttempts = this.#maxAttempts,
    }: {
      judge?: Attempts<T>['judge'];
      check?: (answer: T) => Promise<T>;
      changes?: ObjectKey | undefined;
      isPaced?: boolean;
      maxAttempts?: number;
    } = {},
  ): Promise<T> {
    const isChange = changes !== undefined && !changes.includes(OWN_DIRECTORY);
    const tried = isChange ? () => this.#watched(operation, attempt) : attempt;
    const made = (): Promise<T> =>
      isPaced
        ? this.#pace.run(
            () => this.#attempt(operation, tried),
            (thrown) => strainOf(toStoreError(operation, thrown)),
          )
        : this.#attempt(operation, tried);
    try {
      return await withRetries({
        operation,
        maxAttempts,
        signal,
        comesBack: (error) => this.#comesBack(error),
        attempt: check === undefined ? made : async () => check(await made()),
        ...(judge === undefined ? {} : { judge }),
      });
    } catch (thrown) {
      const error = await repeatingNothing(toStoreError(operation, thrown), this.credentials);
      throw this.#mayLackKey(error) ? new MayLackKeyError(error) : error;
    }
  }

  /** SeaweedFS answers so to whatever begins an object that it is to encrypt, until somebody sets up a key there. */
  #mayLackKey({ operation, code }: StoreError): boolean {
    const isOfOthers = this.#encrypts && !this.provider().accounts;
    return isOfOthers && code === 'InternalError' && ENCRYPTING.has(operation);
  }

  /** What was waited for in vain is not waited for by each request anew. */
  #comesBack({ status, code }: StoreError): boolean {
    const now = performance.now();
    this.#failingSince ??= now;
    // Whoever says 5xx is there, if only a load balancer; and a resolver that cannot say now says nothing of the name.
    const isLikely = this.#wasAnswered || status >= 500 || code === 'EAI_AGAIN';
    return isLikely && now - this.#failingSince < LONGEST_OUTAGE_MS;
  }

  async #watched<T>(operation: string, attempt: () => Promise<T>): Promise<T> {
    try {
      const answer = await attempt();
      this.#mayHaveChanged = true;
      return answer;
    } catch (thrown) {
      if (!saysNotMade(toStoreError(operation, thrown))) this.#mayHaveChanged = true;
      throw thrown;
    }
  }

  /** Once more where nothing but the clock or the credentials were wrong. */
  async #attempt<T>(operation: string, attempt: () => Promise<T>): Promise<T> {
    for (let isFirst = true; ; isFirst = false) {
      this.#count(operation);
      try {
        const answer = await attempt();
        this.#wasAnswered = true;
        this.#failingSince = undefined;
        return answer;
      } catch (thrown) {
        if (!isFirst || !refusedForSigning(thrown)) throw thrown;
      }
    }
  }

  #count(operation: string): void {
    this.#counts.set(operation, (this.#counts.get(operation) ?? 0) + 1);
  }
}

function strainOf({ kind }: StoreError): Strain {
  switch (kind) {
    case 'throttled':
      return 'throttled';
    case 'network':
    case 'server':
      return 'strained';
    default:
      return undefined;
  }
}
