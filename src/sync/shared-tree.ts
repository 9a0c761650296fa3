import { setTimeout } from 'node:timers/promises';
import type { Chunks } from '../model/chunks.js';
import { type Deferred, deferred } from '../model/concurrency.js';
import { type DigestIndex, formatLayout } from '../model/digest-index.js';
import type { ObjectKey } from '../model/object-key.js';
import type { Destination, ListedObject, LocalFile } from '../model/objects.js';
import type { TreeOptions } from '../model/options.js';
import { BodyArena } from './body-arena.js';
import type { FileDigest, FileJob } from './file-bytes.js';
import { fileState } from './file-id.js';
import { UploadRate } from './upload-rate.js';
import { type Tree, walk } from './walk.js';
import type { OnFound } from './walker.js';

/** Bodies held in memory at a time, over all requests; the destinations share it, as far as it goes. Bytes. */
const BODY_BYTES = 40 * 1024 * 1024;

/** What each destination has of it at least: two parts. Bytes. */
const LEAST_BODY_BYTES = 16 * 1024 * 1024;

/** How long the first destination's index is waited for: one of a million files takes about as long to load. Milliseconds. */
const PATIENCE_MS = 15_000;

/** What a destination holds, by key; `undefined`: it could not be listed. */
type Listed = ReadonlyMap<ObjectKey, ListedObject> | undefined;

/**
 * What the destinations of one tree have in common: it is walked once, and each file is read for its digests once. Here
 * they also learn what the others hold.
 */
export class SharedTree {
  readonly digests = new DigestMemo();
  readonly rate = new UploadRate();
  readonly #index = deferred<DigestIndex | undefined>();
  readonly #signal: AbortSignal;
  readonly #patienceMs: number;
  readonly #listings = new Map<Destination, Deferred<Listed>>();
  #tree: Promise<Tree> | undefined;

  /**
   * @param signal of the whole run: one destination that fails must not end the walk of the others
   * @param destinations all of the run
   */
  constructor(signal: AbortSignal, destinations: readonly Destination[] = [], patienceMs = PATIENCE_MS) {
    this.#signal = signal;
    this.#patienceMs = patienceMs;
    for (const destination of destinations) this.#listings.set(destination, deferred());
  }

  /**
   * The index that knows the local files and may be believed: the first destination's. Where that does not answer the others
   * go on without: they read what it would have told.
   */
  async index(): Promise<DigestIndex | undefined> {
    const stop = new AbortController();
    try {
      const { signal } = stop;
      return await Promise.race([this.#index.promise, setTimeout(this.#patienceMs, undefined, { signal })]);
    } finally {
      stop.abort();
    }
  }

  /** Memory for the bodies of one destination: what one that does not answer has taken is no other's. */
  bodies(): BodyArena {
    return new BodyArena(Math.max(BODY_BYTES / Math.max(this.#listings.size, 1), LEAST_BODY_BYTES));
  }

  /** Told once by the first destination; later words are not heard. */
  tellIndex(index: DigestIndex | undefined): void {
    this.#index.resolve(index);
  }

  /** Told once by each destination, at the latest when its run ends; later words are not heard. */
  tellListing(destination: Destination, listed: Listed): void {
    this.#listings.get(destination)?.resolve(listed);
  }

  /** Destinations whose prefix lies in this one's, and what they hold once that is known. */
  *inner({ prefix }: Destination): Generator<{ destination: Destination; listed: Promise<Listed> }> {
    for (const [destination, { promise: listed }] of this.#listings) {
      if (destination.prefix !== prefix && destination.prefix.startsWith(prefix))
        yield { destination, listed };
    }
  }

  /** @param onFound of whoever asks first alone */
  walk(options: TreeOptions, onProgress: (files: number) => void, onFound?: OnFound): Promise<Tree> {
    this.#tree ??= walk(options, onProgress, this.#signal, onFound);
    return this.#tree;
  }
}

interface Known {
  readonly layouts: readonly string[];
  readonly digest: Promise<FileDigest>;
}

/** Digests that were asked for already, of files that have not changed since. */
export class DigestMemo {
  readonly #known = new Map<string, Known>();
  readonly #chunks = new Map<string, Promise<Chunks | undefined>>();

  /** What is known or under way; else what `read` makes of the file. */
  async digest({ file, layouts }: FileJob, read: () => Promise<FileDigest>): Promise<FileDigest> {
    const id = fileState(file);
    const wanted = layouts.map(formatLayout);
    const known = this.#known.get(id);
    if (known !== undefined && covers(known.layouts, wanted)) {
      const found = await known.digest.catch(() => undefined);
      // The run that began it may have ended, which says nothing of the file.
      if (found === undefined) return this.digest({ file, layouts }, read);
      const { md5, partMd5s, etags } = found;
      return {
        md5,
        partMd5s: wanted.length === 0 ? [] : partMd5s,
        etags: wanted.map((layout) => etags[known.layouts.indexOf(layout)]!),
      };
    }
    const digest = read();
    this.#known.set(id, { layouts: wanted, digest });
    try {
      return await digest;
    } catch (error) {
      this.#known.delete(id);
      throw error;
    }
  }

  /** What is known of it is of other bytes, though its stat is the same. */
  forget(file: LocalFile): void {
    this.#known.delete(fileState(file));
  }

  /** As `digest`, of the chunks of a file. */
  async chunks(file: LocalFile, read: () => Promise<Chunks | undefined>): Promise<Chunks | undefined> {
    const id = fileState(file);
    const chunks = this.#chunks.get(id) ?? read();
    this.#chunks.set(id, chunks);
    return chunks;
  }
}

/** The parts of the first layout alone are kept. */
function covers(known: readonly string[], wanted: readonly string[]): boolean {
  return (wanted.length === 0 || wanted[0] === known[0]) && wanted.every((layout) => known.includes(layout));
}
