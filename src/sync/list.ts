import { SyncError } from '../model/errors.js';
import { type ObjectKey, OWN_DIRECTORY, type Prefix } from '../model/object-key.js';
import type { ListedObject } from '../model/objects.js';
import { type ReadableStore, StoreError } from '../store/object-store.js';
import { explain } from './explain.js';
import type { CopyPlace } from './ports.js';
import type { ListedPlace } from './recognise.js';

/** Pages in a row that may add no key: a server that repeats itself must not keep a run for ever. */
const MOST_IDLE_PAGES = 100;

/** All objects under the prefix, our own only where they are asked for. A listing that fails anywhere fails whole (D9). */
export async function listAll(
  store: ReadableStore,
  prefix: Prefix,
  onProgress: (keys: number) => void,
  signal: AbortSignal,
  withOwn = false,
): Promise<ReadonlyMap<ObjectKey, ListedObject>> {
  const listing = new Map<ObjectKey, ListedObject>();
  const own = prefix + OWN_DIRECTORY;
  let idlePages = 0;
  for await (const page of store.list(prefix, signal)) {
    const before = listing.size;
    for (const object of page) {
      if (withOwn || !object.key.startsWith(own)) listing.set(object.key, object);
    }
    idlePages = listing.size > before ? 0 : idlePages + 1;
    if (idlePages > MOST_IDLE_PAGES) {
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
