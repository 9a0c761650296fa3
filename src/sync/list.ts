import { type ObjectKey, OWN_DIRECTORY, type Prefix } from '../model/object-key.js';
import type { ListedObject } from '../model/objects.js';
import type { ReadableStore } from '../store/object-store.js';

/** All objects under the prefix but our own. A listing that fails anywhere fails whole (D9). */
export async function listAll(
  store: ReadableStore,
  prefix: Prefix,
  onProgress: (keys: number) => void,
  signal: AbortSignal,
): Promise<ReadonlyMap<ObjectKey, ListedObject>> {
  const listing = new Map<ObjectKey, ListedObject>();
  const own = prefix + OWN_DIRECTORY;
  for await (const page of store.list(prefix, signal)) {
    for (const object of page) if (!object.key.startsWith(own)) listing.set(object.key, object);
    onProgress(listing.size);
  }
  return listing;
}
