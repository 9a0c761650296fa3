import { type Concurrency, forEachConcurrent } from '../model/concurrency.js';
import type { ETag } from '../model/digest.js';
import { compareKeys, type ObjectKey, type Prefix } from '../model/object-key.js';
import type { ListedObject } from '../model/objects.js';
import type { ObjectStore } from '../store/object-store.js';
import { listAll } from './list.js';

export interface ForeignRequest {
  readonly store: ObjectStore;
  readonly prefix: Prefix;
  /** Before the first write. */
  readonly listing: ReadonlyMap<ObjectKey, ListedObject>;
  /** What this run put there since. */
  readonly written: ReadonlyMap<ObjectKey, { readonly etag: ETag; readonly size: number }>;
  readonly deleted: ReadonlySet<ObjectKey>;
  /** Whether it matters what becomes of a key. */
  readonly matters: (key: ObjectKey) => boolean;
  /** Whether the listing has our own objects too. */
  readonly withOwn: boolean;
  readonly concurrency: Concurrency;
  readonly signal: AbortSignal;
}

export interface ForeignWrites {
  readonly foreign: readonly ObjectKey[];
  /** Whether this run wrote all of them and each is as it was before, or lacks bytes: the answers to its writes may have been others'. */
  readonly areUndone: boolean;
  /** What the destination held then. */
  readonly listing: ReadonlyMap<ObjectKey, ListedObject>;
}

/**
 * Lists the destination once more. Returns, sorted, the keys that are not what the first listing and this run's own
 * writes make them: somebody else wrote them in between.
 */
export async function foreignWrites(request: ForeignRequest): Promise<ForeignWrites> {
  const { store, prefix, listing, written, deleted, matters, withOwn, concurrency, signal } = request;
  const expected = (key: ObjectKey): ETag | undefined => {
    const ours = written.get(key);
    if (ours !== undefined) return ours.etag;
    return deleted.has(key) ? undefined : listing.get(key)?.etag;
  };
  const now = await listAll(store, prefix, () => undefined, signal, {
    withOwn,
    hints: { keys: () => keysThere(request), areAll: true },
  });
  // Of what this run wrote the size too: SeaweedFS keeps no bytes under `a/`, and their ETag all the same.
  const isExpected = (
    key: ObjectKey,
    there: { readonly etag: ETag; readonly size: number } | undefined,
  ): boolean =>
    there?.etag === expected(key) && (there === undefined || (written.get(key) ?? there).size === there.size);
  const suspects = new Set<ObjectKey>();
  for (const object of now.values()) {
    if (!isExpected(object.key, object) && matters(object.key)) suspects.add(object.key);
  }
  for (const key of keysThere(request)) if (!now.has(key) && matters(key)) suspects.add(key);
  // A listing may lag behind, or spell an ETag otherwise than the write's answer: the object itself decides.
  const foreign: ObjectKey[] = [];
  let areUndone = true;
  await forEachConcurrent(suspects, concurrency, async (key) => {
    const head = await store.head(key, signal);
    if (isExpected(key, head)) return;
    foreign.push(key);
    const isCut = head !== undefined && head.etag === expected(key);
    areUndone &&= written.has(key) && (isCut || head?.etag === listing.get(key)?.etag);
  });
  return { foreign: foreign.sort(compareKeys), areUndone, listing: now };
}

/** Keys of which an object is expected. */
function* keysThere({ listing, written, deleted }: ForeignRequest): Generator<ObjectKey> {
  for (const key of listing.keys()) if (!deleted.has(key) || written.has(key)) yield key;
  for (const key of written.keys()) if (!listing.has(key)) yield key;
}
