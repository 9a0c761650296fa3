import { createHash } from 'node:crypto';
import { readFileSync, type Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { replaceFile } from '../disk/replace-file.js';
import { md5Of } from '../model/digest.js';
import { MAX_INDEX_BYTES } from '../model/digest-index.js';
import type { ObjectKey } from '../model/object-key.js';
import type { ObjectStore } from '../store/object-store.js';
import type { IndexStorage } from './ports.js';

/** The index in a file of this machine: replaced by a rename, so that a full disk leaves the old one. */
export function fileIndexStorage(path: string): IndexStorage {
  return {
    trust: { remote: false, local: true },
    async load() {
      let stats: Stats;
      try {
        stats = await stat(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
      // A pipe would never end.
      if (!stats.isFile()) throw new Error('it is not a regular file');
      if (stats.size > MAX_INDEX_BYTES)
        throw new Error(`it has ${stats.size} bytes, over ${MAX_INDEX_BYTES}`);
      return readFile(path);
    },
    save: (bytes) => replaceFile(path, [bytes]),
  };
}

/**
 * The index as an object. Believed alone only when it lies in the destination's own bucket: who can forge it
 * there can forge the objects.
 */
export function objectIndexStorage(store: ObjectStore, key: ObjectKey, inDestination: boolean): IndexStorage {
  return {
    // Elsewhere even a line about a local file would let whoever writes that bucket choose what is copied (C18).
    trust: { remote: inDestination, local: inDestination },
    async load(signal) {
      return (await store.read(key, MAX_INDEX_BYTES, signal))?.bytes;
    },
    async save(bytes, signal) {
      await store.put(
        {
          key,
          body: bytes,
          md5: md5Of(bytes),
          headers: { contentType: 'text/plain; charset=utf-8', metadata: {} },
        },
        signal,
      );
    },
  };
}

/** Names this machine without telling anyone its name: stat lines are believed on it alone. */
export function machineId(): string {
  let id = '';
  try {
    id = readFileSync('/etc/machine-id', 'utf8').trim();
  } catch {
    // Systems without it are told apart by their host name.
  }
  return createHash('sha256').update(`${id}\n${hostname()}\n`).digest('hex').slice(0, 32);
}
