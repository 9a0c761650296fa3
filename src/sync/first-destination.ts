import type { ETag, Md5 } from '../model/digest.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import type { LocalFile, SourceBucket } from '../model/objects.js';
import type { SourceObject } from '../store/object-store.js';
import type { UploadRate } from './upload-rate.js';

/** An object of the first destination that has a file's bytes. */
export interface Held {
  readonly etag: ETag;
  /** Bytes. */
  readonly size: number;
  readonly md5: Md5;
}

/** What the first destination holds of the tree by now. Its own run tells it; mirrors wait for what they copy. */
export class FirstDestination {
  readonly #held = new Map<string, Held | undefined>();
  readonly #waiting = new Map<string, ((held: Held | undefined) => void)[]>();
  #isClosed = false;

  /** @param held `undefined`: it does not have the file, and will not in this run */
  tell(name: string, held: Held | undefined): void {
    this.#held.set(name, held);
    const waiting = this.#waiting.get(name) ?? [];
    this.#waiting.delete(name);
    for (const answer of waiting) answer(held);
  }

  /** Its run ended: what was not told by now is not there. */
  close(): void {
    this.#isClosed = true;
    for (const name of [...this.#waiting.keys()]) this.tell(name, undefined);
  }

  /** Waits until it is known. Rejects with the signal's reason. */
  async of(name: string, signal: AbortSignal): Promise<Held | undefined> {
    signal.throwIfAborted();
    if (this.#held.has(name) || this.#isClosed) return this.#held.get(name);
    return new Promise((resolve, reject) => {
      const stop = (): void => reject(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
      const answers = this.#waiting.get(name) ?? [];
      this.#waiting.set(name, answers);
      answers.push((held) => {
        signal.removeEventListener('abort', stop);
        resolve(held);
      });
    });
  }
}

export interface FillingOptions {
  readonly first: FirstDestination;
  /** Where it lies, as the mirror's own credentials name it. */
  readonly prefix: Prefix;
  /** Absent: in the mirror's own bucket. */
  readonly bucket: SourceBucket | undefined;
  /** Whether everything is copied; else what is cheaper, file by file. */
  readonly always: boolean;
  /** Bytes; what is smaller is sent. */
  readonly copyMinSize: number;
  /** US dollars for the transfer of 10^9 bytes: 0 inside a region, `undefined` where the price is not known. */
  readonly usdPerGB: number | undefined;
  readonly rate: UploadRate;
}

/** US dollars for a minute of GitHub's runner with two cores (2026-01); others cost about as much. */
const RUNNER_USD_PER_MINUTE = 0.006;

/** Below this, latency decides how long a file takes, and no rate. Bytes. */
const LEAST_WEIGHED = 1024 * 1024;

/** How a mirror is filled from the first destination. */
export class Filling {
  readonly #options: FillingOptions;

  constructor(options: FillingOptions) {
    this.#options = options;
  }

  /** Whether a plan may count on copies: where they cost nothing, or were asked for. */
  get isPlanned(): boolean {
    return this.#options.always || this.#options.usdPerGB === 0;
  }

  keyOf(name: string): ObjectKey {
    return (this.#options.prefix + name) as ObjectKey;
  }

  get bucket(): SourceBucket | undefined {
    return this.#options.bucket;
  }

  /**
   * The first destination's object of a file, as soon as it is there; `undefined` where it is not, or where sending the
   * file costs less than the transfer between regions.
   */
  async source(
    { name, size }: LocalFile,
    md5: Md5 | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly source: SourceObject; readonly md5: Md5 } | undefined> {
    if (size === 0 || !this.#isWorthCopying(size)) return undefined;
    const { first, bucket } = this.#options;
    const held = await first.of(name, signal);
    if (held === undefined || held.size !== size || (md5 !== undefined && held.md5 !== md5)) return undefined;
    const at = bucket === undefined ? {} : { bucket };
    return { source: { key: this.keyOf(name), etag: held.etag, size, ...at }, md5: held.md5 };
  }

  #isWorthCopying(size: number): boolean {
    const { copyMinSize, rate, usdPerGB } = this.#options;
    if (size < copyMinSize) return false;
    if (this.isPlanned) return true;
    const { bytesPerSecond } = rate;
    if (size < LEAST_WEIGHED || bytesPerSecond === undefined || usdPerGB === undefined) return false;
    const minutes = size / bytesPerSecond / 60;
    return minutes * RUNNER_USD_PER_MINUTE > (size / 1e9) * usdPerGB;
  }
}
