import { type Chunks, chunkUnit, parseChunks, type Stretch, stretchesOf } from '../model/chunks.js';
import { type DigestIndex, parseIndex } from '../model/digest-index.js';
import type { Emit } from '../model/events.js';
import { type ObjectKey, OWN_DIRECTORY } from '../model/object-key.js';
import { ARCHIVED_CLASSES, type ListedObject } from '../model/objects.js';
import { LEAST_PART } from '../model/part-sizes.js';
import type { SourceObject } from '../store/object-store.js';
import { explain } from './explain.js';
import type { CopyPlace } from './ports.js';

/** Objects that one file is compared with, beside the one under its own key. */
const MOST_COMPARED = 64;

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
  /** Of here and of further places, the smallest first. */
  #all: Promise<readonly Candidate[]> | undefined;
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
    this.#all ??= this.#bySize();
    let compared = 0;
    for (const candidate of nearest(await this.#all, size)) {
      if (candidate === own || this.#isRefused(candidate.object)) continue;
      const found = likenessOf(candidate, chunks);
      if (found.bytes > (best?.bytes ?? 0)) best = found;
      if (++compared === MOST_COMPARED) break;
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

  async #bySize(): Promise<readonly Candidate[]> {
    const all = [...this.#here.values(), ...(await this.#further())];
    return all.sort((a, b) => a.object.size - b.object.size);
  }

  /** The objects of further places: by this index, or by one that lies in the place itself. */
  async #further(): Promise<readonly Candidate[]> {
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

/** Those whose size is nearest to one, out of those sorted by size. */
function* nearest(sorted: readonly Candidate[], size: number): Generator<Candidate> {
  const first = sorted.findIndex(({ object }) => object.size >= size);
  let above = first === -1 ? sorted.length : first;
  let below = above - 1;
  for (;;) {
    const [smaller, larger] = [sorted[below], sorted[above]];
    if (larger !== undefined && (smaller === undefined || farness(larger, size) <= farness(smaller, size))) {
      yield larger;
      above++;
    } else if (smaller !== undefined) {
      yield smaller;
      below--;
    } else return;
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
