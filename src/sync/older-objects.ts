import { setImmediate as turn } from 'node:timers/promises';
import { type Chunks, chunkUnit, parseChunks, type Stretch, stretchesOf } from '../model/chunks.js';
import { type DigestIndex, parseIndex } from '../model/digest-index.js';
import type { Emit } from '../model/events.js';
import { type ObjectKey, OWN_DIRECTORY } from '../model/object-key.js';
import { ARCHIVED_CLASSES, type ListedObject } from '../model/objects.js';
import { LEAST_PART } from '../model/part-sizes.js';
import type { SourceObject } from '../store/object-store.js';
import { explain } from './explain.js';
import type { CopyPlace } from './ports.js';

/** Objects that one file is compared with, beside the one under its own key: those that can have most in common with it. */
const MOST_COMPARED = 64;

/** Objects whose sums are looked at before others get a turn: a thousand of 512 MiB each take half a second. */
const LOOKED_AT_ONCE = 32;

/** A larger index of a further place is not read for this. Bytes. */
const MOST_INDEX_BYTES = 64 * 1024 * 1024;

export interface OlderObjectsRequest {
  readonly listing: ReadonlyMap<ObjectKey, ListedObject>;
  readonly index: DigestIndex | undefined;
  /** What `copy-from` lists, and where. */
  readonly further: readonly { readonly place: CopyPlace; readonly objects: readonly ListedObject[] }[];
  /** Bytes; a smaller file is sent. */
  readonly copyMinSize: number;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** What a file has in common with an object. */
export interface Likeness {
  readonly source: SourceObject;
  readonly stretches: readonly Stretch[];
}

/** An object of which some index says what it is made of. */
interface Candidate {
  readonly object: ListedObject;
  readonly chunks: string;
}

/**
 * The objects that later versions of them can be made from: an index knows their chunks. Whatever it says, of whichever
 * state: it costs time where it is wrong, as each part that is copied is proved.
 */
export class OlderObjects {
  readonly #request: OlderObjectsRequest;
  readonly #here: ReadonlyMap<ObjectKey, Candidate>;
  #further: Promise<readonly Candidate[]> | undefined;
  /** Buckets, and objects of the destination's own, that may not be read. */
  readonly #refused = new Set<string>();
  /** There is nothing that a file could be made from. */
  readonly isEmpty: boolean;

  constructor(request: OlderObjectsRequest) {
    this.#request = request;
    const { listing, index } = request;
    const here = new Map<ObjectKey, Candidate>();
    if (index !== undefined)
      for (const candidate of candidatesOf(listing.values(), ({ key }) => index.objects.get(key)))
        here.set(candidate.object.key, candidate);
    this.#here = here;
    const isLarge = ({ size }: ListedObject): boolean => chunkUnit(size) !== undefined;
    this.isEmpty = here.size === 0 && !request.further.some(({ objects }) => objects.some(isLarge));
  }

  /** Chunks of the object that a file of a size, to be published under `key`, is most likely a later version of. */
  likely(key: ObjectKey, size: number): Chunks | undefined {
    let like = this.#here.get(key);
    if (like === undefined) {
      for (const candidate of this.#here.values())
        if (like === undefined || farness(candidate, size) < farness(like, size)) like = candidate;
    }
    return like && parseChunks(like.chunks, like.object.size);
  }

  /** The object that a file of these chunks, to be published under `key`, has most in common with. */
  async likest(key: ObjectKey, size: number, chunks: Chunks): Promise<Likeness | undefined> {
    if (size < this.#request.copyMinSize) return undefined;
    const own = this.#here.get(key);
    let best = own === undefined || this.#isRefused(own.object) ? undefined : likenessOf(own, chunks);
    if (best !== undefined && 2 * best.bytes >= size) return best;
    const sums = new ChunkSums(chunks);
    const likely: { readonly candidate: Candidate; readonly most: number }[] = [];
    this.#further ??= this.#readFurther();
    const all = [...this.#here.values(), ...(await this.#further)];
    for (const [i, candidate] of all.entries()) {
      if (i % LOOKED_AT_ONCE === LOOKED_AT_ONCE - 1) await turn();
      if (candidate === own || this.#isRefused(candidate.object)) continue;
      const most = sums.bytesIn(candidate);
      if (most > 0) likely.push({ candidate, most });
    }
    likely.sort((a, b) => b.most - a.most);
    for (const { candidate, most } of likely.slice(0, MOST_COMPARED)) {
      if (most <= (best?.bytes ?? 0)) break;
      const found = likenessOf(candidate, chunks);
      if (found.bytes > (best?.bytes ?? 0)) best = found;
    }
    return best === undefined || best.bytes === 0 ? undefined : best;
  }

  /**
   * Passes over an object from now on, and in another bucket over all others there: one that may be listed and not read
   * shows it by each. In the destination's own it may be one alone, as under another key.
   */
  refuse({ bucket, key }: Pick<SourceObject, 'bucket' | 'key'>): void {
    this.#refused.add(bucket?.name ?? `/${key}`);
  }

  #isRefused({ bucket, key }: ListedObject): boolean {
    return this.#refused.has(bucket?.name ?? `/${key}`);
  }

  /** The objects of further places: by this index, or by one that lies in the place itself. */
  async #readFurther(): Promise<readonly Candidate[]> {
    const { further, index } = this.#request;
    const all: Candidate[] = [];
    const known = new Map<string, string>();
    for (const { etag, size, chunks } of index?.objects.values() ?? [])
      if (chunks !== undefined) known.set(`${etag}/${size}`, chunks);
    for (const { place, objects } of further) {
      if (!objects.some(({ size }) => chunkUnit(size) !== undefined)) continue;
      const theirs = await this.#indexOf(place);
      for (const candidate of candidatesOf(objects, ({ key, etag, size }) => {
        const chunks = known.get(`${etag}/${size}`);
        return chunks === undefined ? theirs?.objects.get(key) : { etag, size, chunks };
      }))
        all.push(candidate);
    }
    return all;
  }

  async #indexOf({ store, prefix, url }: CopyPlace): Promise<DigestIndex | undefined> {
    const { signal, emit } = this.#request;
    try {
      const key = `${prefix}${OWN_DIRECTORY}index` as ObjectKey;
      const found = await store.read(key, MOST_INDEX_BYTES, signal);
      return found === undefined ? undefined : parseIndex(found.bytes).index;
    } catch (error) {
      signal.throwIfAborted();
      const message = `the index of ${url} is not read: ${explain(error, url).message}`;
      emit({ type: 'message', level: 'debug', message });
      return undefined;
    }
  }
}

/** Bytes. */
function farness({ object }: Candidate, size: number): number {
  return Math.abs(object.size - size);
}

/**
 * Of a file, to tell from the sums of an object's chunks alone how much the two can have in common: borders and order are
 * looked at for the few that can have most.
 */
class ChunkSums {
  /** Numbers of the sums. */
  readonly #numbers = new Map<number, number>();
  /** By number: bytes of the file whose chunks have the sum, and the last look that met it. */
  readonly #bytes: number[] = [];
  readonly #met: number[] = [];
  #looks = 0;

  constructor({ sizes, sums }: Chunks) {
    for (const [i, sum] of sums.entries()) {
      const number = this.#numbers.get(sum) ?? this.#numbers.size;
      this.#numbers.set(sum, number);
      this.#bytes[number] = (this.#bytes[number] ?? 0) + sizes[i]!;
      this.#met[number] = 0;
    }
  }

  /** As many of the file as an object can have. */
  bytesIn({ object, chunks }: Candidate): number {
    const look = ++this.#looks;
    let bytes = 0;
    for (const sum of parseChunks(chunks, object.size)?.sums ?? []) {
      const number = this.#numbers.get(sum);
      if (number === undefined || this.#met[number] === look) continue;
      this.#met[number] = look;
      bytes += this.#bytes[number]!;
    }
    return bytes;
  }
}

function* candidatesOf(
  objects: Iterable<ListedObject>,
  entryOf: (object: ListedObject) => { etag: string; size: number; chunks?: string } | undefined,
): Generator<Candidate> {
  for (const object of objects) {
    const entry = chunkUnit(object.size) === undefined ? undefined : entryOf(object);
    if (entry?.chunks === undefined || entry.etag !== object.etag || entry.size !== object.size) continue;
    if (!ARCHIVED_CLASSES.has(object.storageClass)) yield { object, chunks: entry.chunks };
  }
}

/** `bytes`: those that are worth a part. */
function likenessOf(
  { object, chunks: text }: Candidate,
  chunks: Chunks,
): Likeness & { readonly bytes: number } {
  const { key, etag, size, bucket } = object;
  const theirs = parseChunks(text, size);
  const stretches = theirs === undefined ? [] : stretchesOf(chunks, theirs);
  const bytes = stretches.reduce((sum, stretch) => sum + (stretch.size < LEAST_PART ? 0 : stretch.size), 0);
  return { source: { key, etag, size, ...(bucket === undefined ? {} : { bucket }) }, stretches, bytes };
}
