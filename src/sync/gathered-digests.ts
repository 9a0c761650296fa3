import type { DigestPool } from './digest-pool.js';
import type { FileDigest, FileJob } from './file-bytes.js';

/** Digested beside each other they take a quarter of the time. */
const WORTH_IT = 8;

interface Held {
  readonly job: FileJob;
  readonly resolve: (digest: Promise<FileDigest>) => void;
}

/**
 * Digests of files that are being made: each waits for others, as several beside each other cost little more than one.
 * Nothing waits for what does not come.
 */
export class GatheredDigests {
  readonly #pool: DigestPool;
  readonly #bytesDue: number;
  readonly #held: Held[] = [];
  /** Files in the making that will be asked for, or that nobody will ask for any more. */
  #coming = 0;

  /** @param bytesDue of all files that may be made, as far as it is known */
  constructor(pool: DigestPool, bytesDue: number) {
    this.#pool = pool;
    this.#bytesDue = bytesDue;
  }

  /** Makes a file, and of it the digests that it asks for. */
  async making<T>(work: (digest: (job: FileJob) => Promise<FileDigest>) => Promise<T>): Promise<T> {
    this.#coming++;
    try {
      return await work((job) => this.#digest(job));
    } finally {
      this.#coming--;
      this.#go();
    }
  }

  #digest(job: FileJob): Promise<FileDigest> {
    return new Promise((resolve) => {
      this.#held.push({ job, resolve });
      this.#go();
    });
  }

  #go(): void {
    if (this.#held.length === 0 || (this.#held.length < WORTH_IT && this.#held.length < this.#coming)) return;
    const held = this.#held.splice(0);
    // Their files come to an end with them.
    const digests = this.#pool.digestTogether(
      held.map(({ job }) => job),
      this.#bytesDue,
    );
    for (const [i, { resolve }] of held.entries()) resolve(digests[i]!);
  }
}
