import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { md5Of } from '../model/digest.js';
import type { ObjectKey } from '../model/object-key.js';
import type { ObjectStore } from '../store/object-store.js';
import type { IndexStorage } from './ports.js';

/** An index of a million keys has some 250 MiB; anything above this is not ours. Bytes. */
export const MAX_INDEX_BYTES = 1024 ** 3;

/** The index in a file of this machine: replaced by a rename, so that a full disk leaves the old one. */
export function fileIndexStorage(path: string): IndexStorage {
  return {
    trust: { remote: false, local: true },
    async load() {
      let size: number;
      try {
        size = (await stat(path)).size;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
      if (size > MAX_INDEX_BYTES) throw new Error(`it has ${size} bytes, over ${MAX_INDEX_BYTES}`);
      return readFile(path);
    },
    async save(bytes) {
      await mkdir(dirname(path), { recursive: true });
      const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
      try {
        const handle = await open(temporary, 'wx', 0o600);
        try {
          await handle.writeFile(bytes);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    },
  };
}

/**
 * The index as an object. Believed alone only when it lies in the destination's own bucket: who can forge it
 * there can forge the objects.
 */
export function objectIndexStorage(store: ObjectStore, key: ObjectKey, inDestination: boolean): IndexStorage {
  return {
    trust: { remote: inDestination, local: true },
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
