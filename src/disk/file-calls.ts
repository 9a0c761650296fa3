import {
  type BigIntStats,
  closeSync,
  fchmodSync,
  futimesSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, link, lstat, open, rename, unlink } from 'node:fs/promises';
import { InPlace, QUICK_CALLS } from './in-place.js';

/** What a file is given beside its bytes. */
export interface FileTraits {
  readonly mode?: number;
  /** Of access and of change; a number is in seconds. */
  readonly time?: Date | number;
}

/** Longer bodies are written through the pool: the copy alone would keep the thread. Bytes. */
const IN_PLACE_BYTES = 256 * 1024;

/** Open, write, close. */
const CREATE_CALLS = 3;

/**
 * The calls that make a small file under a name, each in place or through the thread pool, see `InPlace`. A download
 * makes seven of them a file; through the pool alone they take more of this thread than everything else of it.
 */
export class FileCalls {
  readonly #inPlace: InPlace;

  /** @param now milliseconds */
  constructor(now?: () => number) {
    this.#inPlace = new InPlace(QUICK_CALLS, now);
  }

  /** `undefined`: nothing is there. */
  lstat(path: string): Promise<BigIntStats | undefined> {
    return this.#inPlace.call(
      () => lstatSync(path, { bigint: true, throwIfNoEntry: false }),
      () => lstat(path, { bigint: true }).catch(unlessAbsent),
    );
  }

  link(from: string, to: string): Promise<void> {
    return this.#inPlace.call(
      () => linkSync(from, to),
      () => link(from, to),
    );
  }

  rename(from: string, to: string): Promise<void> {
    return this.#inPlace.call(
      () => renameSync(from, to),
      () => rename(from, to),
    );
  }

  unlink(path: string): Promise<void> {
    return this.#inPlace.call(
      () => unlinkSync(path),
      () => unlink(path),
    );
  }

  /** Makes a file where there is none, and through no link; of one that could not be written whole a part may be left. */
  async create(path: string, body: Buffer, traits: FileTraits): Promise<void> {
    if (body.length > IN_PLACE_BYTES) return createThroughPool(path, body, traits);
    return this.#inPlace.call(
      () => createInPlace(path, body, traits),
      () => createThroughPool(path, body, traits),
      CREATE_CALLS,
    );
  }
}

function createInPlace(path: string, body: Buffer, { mode, time }: FileTraits): void {
  const descriptor = openSync(path, 'wx');
  try {
    writeFileSync(descriptor, body);
    if (mode !== undefined) fchmodSync(descriptor, mode);
    if (time !== undefined) futimesSync(descriptor, time, time);
  } finally {
    closeSync(descriptor);
  }
}

async function createThroughPool(path: string, body: Buffer, traits: FileTraits): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(body);
    await giveTraits(handle, traits);
  } finally {
    await handle.close();
  }
}

export async function giveTraits(handle: FileHandle, { mode, time }: FileTraits): Promise<void> {
  if (mode !== undefined) await handle.chmod(mode);
  if (time !== undefined) await handle.utimes(time, time);
}

/** For what may not be there. */
export function unlessAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}
