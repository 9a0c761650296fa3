import { compareKeys, joinKey, type ObjectKey, OWN_DIRECTORY, type Prefix } from '../model/object-key.js';
import { type ListedObject, type LocalFile, NO_FILE } from '../model/objects.js';
import type { TreeOptions } from '../model/options.js';
import { type ReadableStore, unlessRefused } from '../store/object-store.js';
import { listAll } from './list.js';
import { exclusion, type Tree } from './walk.js';

/** A file that is an object. */
export interface RemoteFile extends LocalFile {
  readonly object: ListedObject;
}

/** What a bucket holds below a prefix, as the tree that it is published or downloaded as. */
export interface RemoteTree extends Tree {
  readonly files: readonly RemoteFile[];
  /** The object that each name stands for. */
  readonly objects: ReadonlyMap<string, ListedObject>;
  /** What was listed under a name, be it excluded or not. */
  readonly listed: (name: string) => ListedObject | undefined;
}

/**
 * @param listing of the source, without our own objects
 * @param isObject whether there is such an object by now, whatever was listed
 */
export function remoteTree(
  listing: ReadonlyMap<ObjectKey, ListedObject>,
  prefix: Prefix,
  options: TreeOptions,
  isObject: (key: ObjectKey) => Promise<boolean>,
): RemoteTree {
  const { excluded, unusedExcludes, used } = exclusion(options);
  // The marker of the prefix itself; index and lock of another destination, which belong to that place alone.
  const isFile = (name: string): boolean =>
    name !== '' && !name.includes(`/${OWN_DIRECTORY}`) && !excluded(name);
  const files: RemoteFile[] = [];
  const objects = new Map<string, ListedObject>();
  const directories = new Set<string>();
  for (const object of listing.values()) {
    const name = object.key.slice(prefix.length);
    if (!isFile(name)) continue;
    objects.set(name, object);
    files.push(remoteFile(name, object));
    for (let slash = name.indexOf('/'); slash !== -1; slash = name.indexOf('/', slash + 1))
      directories.add(name.slice(0, slash));
  }
  files.sort((a, b) => compareKeys(a.name, b.name));
  const excludedBy = files.length === 0 ? [...used] : [];
  return {
    root: '',
    files,
    excludedBy,
    objects,
    listed: (name) => listing.get((prefix + name) as ObjectKey),
    excluded,
    skipped: () => false,
    hasDirectory: (name) => directories.has(name),
    isThere: async (name) => {
      const key = joinKey(prefix, name);
      // What was listed and yet goes, as a further name of a page does, was not overlooked.
      return key !== undefined && isFile(name) && !objects.has(name) && isObject(key);
    },
    warnings: [],
    missing: [],
    patternsWithoutMatch: [],
    unusedExcludes,
  };
}

/** Looks for objects one by one, past the listing that a plan was made of. */
export function lookingFor(
  store: ReadableStore,
  prefix: Prefix,
  signal: AbortSignal,
): (key: ObjectKey) => Promise<boolean> {
  let again: Promise<ReadonlyMap<ObjectKey, ListedObject>> | undefined;
  return async (key) => {
    if (again === undefined) {
      const head = await store.head(key, signal).then((found) => found !== undefined, unlessRefused);
      // Some servers answer HEAD for every directory, and for those that were.
      if (head === false || (head === true && !key.endsWith('/'))) return head;
    }
    // Who may list below a prefix alone is refused a key that does not exist, as is a name that a server does not take.
    again ??= listAll(store, prefix, () => undefined, signal);
    return (await again).has(key);
  };
}

function remoteFile(name: string, object: ListedObject): RemoteFile {
  // Spread first, NO_FILE takes ten times as long.
  return { name, size: object.size, object, ...NO_FILE };
}
