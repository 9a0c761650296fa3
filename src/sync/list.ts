import { getHeapStatistics } from 'node:v8';
import { type Concurrency, forEachConcurrent } from '../model/concurrency.js';
import { SyncError } from '../model/errors.js';
import { Listing } from '../model/listing.js';
import {
  directoriesAbove,
  NOT_IN_XML,
  NOT_SPELLED,
  type ObjectKey,
  OWN_DIRECTORY,
  type Prefix,
} from '../model/object-key.js';
import type { ListedObject } from '../model/objects.js';
import { type KeyHints, type ObjectStore, type ReadableStore, StoreError } from '../store/object-store.js';
import { explain } from './explain.js';
import type { CopyPlace } from './ports.js';
import type { ListedPlace } from './recognise.js';

/**
 * Pages in a row that may add no key, beside as many as added some: a listing tells a key at most twice, and a server
 * that repeats itself must not keep a run for ever.
 */
const MOST_IDLE_PAGES = 100;

/**
 * What a listed object takes of memory beside the characters of its key, and some of what is made of it. Bytes; a million
 * objects with keys of 27 took 205 each.
 */
const OBJECT_BYTES = 250;

/** Tree, digests and plan need the rest. */
const MEMORY_SHARE = 0.8;

export interface ListOptions {
  /** Our own objects too. */
  readonly withOwn?: boolean;
  /** Told of each object, maybe twice. */
  readonly onListed?: ((object: ListedObject) => void) | undefined;
  readonly hints?: KeyHints | undefined;
}

/** All objects under the prefix that the server can spell, our own only where they are asked for. A listing that fails anywhere fails whole (D9). */
export async function listAll(
  store: ReadableStore,
  prefix: Prefix,
  onProgress: (keys: number) => void,
  signal: AbortSignal,
  { withOwn = false, onListed, hints }: ListOptions = {},
): Promise<Listing> {
  const listing = new Listing();
  const own = prefix + OWN_DIRECTORY;
  const { unlisted } = store;
  let idlePages = 0;
  let usefulPages = 0;
  let bytes = 0;
  const { heap_size_limit: memory } = getHeapStatistics();
  for await (const page of store.list(prefix, signal, hints)) {
    const before = listing.size;
    for (const object of page) {
      if (!withOwn && object.key.startsWith(own)) continue;
      if (unlisted.size > 0 && unlisted.has(object.key)) continue;
      const known = listing.size;
      listing.add(object);
      if (listing.size > known) bytes += OBJECT_BYTES + object.key.length;
      onListed?.(object);
    }
    // One line beats the end of the process, whether the bucket is so large or the server has no end.
    if (bytes > memory * MEMORY_SHARE) throw tooLarge(listing.size, memory);
    if (listing.size > before) {
      idlePages = 0;
      usefulPages++;
    } else if (++idlePages > MOST_IDLE_PAGES + usefulPages) {
      throw new StoreError(
        'rejected',
        'InvalidListing',
        200,
        'ListObjectsV2',
        'the listing does not end: its pages repeat',
      );
    }
    onProgress(listing.size);
  }
  return listing;
}

function tooLarge(objects: number, memory: number): StoreError {
  const told = `the listing has more than ${objects} objects, for which ${Math.round(memory / 1024 ** 2)} MiB of memory are too little: take a narrower prefix, or give Node more by NODE_OPTIONS=--max-old-space-size=16384`;
  return new StoreError('rejected', 'ListingTooLarge', 200, 'ListObjectsV2', told);
}

/**
 * Adds to a listing what it hides: MinIO lists nothing below a key that is there itself, and versitygw spells no control
 * characters. A run that made a directory of a file, and ended before the file was deleted, would else meet its own writes as
 * another writer's for ever.
 */
export async function addHidden(
  listing: Listing,
  keys: Iterable<ObjectKey>,
  { store, concurrency, signal, onListed }: HiddenOptions,
): Promise<void> {
  if (!store.keysAreFiles && store.unlisted.size === 0) return;
  const isHidden = (key: ObjectKey): boolean =>
    (store.keysAreFiles && liesBelow(key, listing)) ||
    (store.unlisted.size > 0 && (NOT_IN_XML.test(key) || key.includes(NOT_SPELLED)));
  const due: ObjectKey[] = [];
  for (const key of keys) if (!listing.has(key) && isHidden(key)) due.push(key);
  await forEachConcurrent(due, concurrency, async (key) => {
    const head = await store.head(key, signal);
    if (head === undefined) return;
    const { size, etag, storageClass } = head;
    const object = { key, size, etag, storageClass, lastModified: 0 };
    listing.add(object);
    onListed?.(object);
  });
}

export interface HiddenOptions extends Pick<ListOptions, 'onListed'> {
  readonly store: ObjectStore;
  readonly concurrency: Concurrency;
  readonly signal: AbortSignal;
}

function liesBelow(key: ObjectKey, listing: Listing): boolean {
  for (const above of directoriesAbove(key)) if (listing.has(above as ObjectKey)) return true;
  return false;
}

/** What a line of `copy-from` names, without what this run itself writes. */
export async function listFurther(
  { url, store, prefix, bucket }: CopyPlace,
  destination: Prefix,
  onProgress: (keys: number) => void,
  signal: AbortSignal,
): Promise<ListedPlace> {
  const objects: ListedObject[] = [];
  const listing = await listAll(store, prefix, onProgress, signal).catch((cause: unknown) => {
    const { code, exit, message } = explain(cause, `copy-from ${url}`);
    throw new SyncError(code, exit, message, { cause });
  });
  for (const object of listing.values()) {
    if (bucket !== undefined) objects.push({ ...object, bucket });
    else if (!object.key.startsWith(destination)) objects.push(object);
  }
  return { store, objects };
}
