import { compareKeys, type ObjectKey, OWN_DIRECTORY, type Prefix } from '../model/object-key.js';
import { type ListedObject, type LocalFile, NO_FILE } from '../model/objects.js';
import type { TreeOptions } from '../model/options.js';
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
}

/** @param listing of the source, without our own objects */
export function remoteTree(
  listing: ReadonlyMap<ObjectKey, ListedObject>,
  prefix: Prefix,
  options: TreeOptions,
): RemoteTree {
  const { excluded, unusedExcludes } = exclusion(options);
  const files: RemoteFile[] = [];
  const objects = new Map<string, ListedObject>();
  const directories = new Set<string>();
  for (const object of listing.values()) {
    const name = object.key.slice(prefix.length);
    // The marker of the prefix itself; index and lock of another destination, which belong to that place alone.
    if (name === '' || name.includes(`/${OWN_DIRECTORY}`) || excluded(name)) continue;
    objects.set(name, object);
    files.push(remoteFile(name, object));
    for (let slash = name.indexOf('/'); slash !== -1; slash = name.indexOf('/', slash + 1))
      directories.add(name.slice(0, slash));
  }
  files.sort((a, b) => compareKeys(a.name, b.name));
  return {
    root: '',
    files,
    objects,
    excluded,
    skipped: () => false,
    hasDirectory: (name) => directories.has(name),
    isThere: async () => false,
    warnings: [],
    missing: [],
    patternsWithoutMatch: [],
    unusedExcludes,
  };
}

function remoteFile(name: string, object: ListedObject): RemoteFile {
  return { ...NO_FILE, name, size: object.size, object };
}
