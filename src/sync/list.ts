import { type ObjectKey, OWN_DIRECTORY, type Prefix } from '../model/object-key.js';
import type { ListedObject } from '../model/objects.js';
import { type ReadableStore, StoreError } from '../store/object-store.js';

/** Pages in a row that may add no key: a server that repeats itself must not keep a run for ever. */
const MOST_IDLE_PAGES = 100;

/** All objects under the prefix but our own. A listing that fails anywhere fails whole (D9). */
export async function listAll(
  store: ReadableStore,
  prefix: Prefix,
  onProgress: (keys: number) => void,
  signal: AbortSignal,
): Promise<ReadonlyMap<ObjectKey, ListedObject>> {
  const listing = new Map<ObjectKey, ListedObject>();
  const own = prefix + OWN_DIRECTORY;
  let idlePages = 0;
  for await (const page of store.list(prefix, signal)) {
    const before = listing.size;
    for (const object of page) if (!object.key.startsWith(own)) listing.set(object.key, object);
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
