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
import { InPlace } from './in-place.js';

/** What a file is given beside its bytes. */
export interface FileTraits {
  readonly mode?: number;
  /** Of access and of change; a number is in seconds. */
  readonly time?: Date | number;
}

/** Longer bodies are written through the pool: the copy alone would keep the thread. Bytes. */
const IN_PLACE_BYTES = 256 * 1024;

const LIMITS = { slowMs: 0.2, judged: 100, through: 2_000 } as const;

/**
 * The calls that make a small file under a name, each in place or through the thread pool, see `InPlace`. A download
 * makes seven of them a file; through the pool alone they take more of this thread than everything else of it.
 */
export class FileCalls {
  readonly #inPlace: InPlace;

  /** @param now milliseconds */
  constructor(now?: () => number) {
    this.#inPlace = new InPlace(LIMITS, now);
  }

  /** `undefined`: nothing is there. */
  async lstat(path: string): Promise<BigIntStats | undefined> {
    if (!this.#inPlace.isSlow())
      return this.#inPlace.make(() => lstatSync(path, { bigint: true, throwIfNoEntry: false }));
    try {
      return await lstat(path, { bigint: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async link(from: string, to: string): Promise<void> {
    if (this.#inPlace.isSlow()) await link(from, to);
    else this.#inPlace.make(() => linkSync(from, to));
  }

  async rename(from: string, to: string): Promise<void> {
    if (this.#inPlace.isSlow()) await rename(from, to);
    else this.#inPlace.make(() => renameSync(from, to));
  }

  async unlink(path: string): Promise<void> {
    if (this.#inPlace.isSlow()) await unlink(path);
    else this.#inPlace.make(() => unlinkSync(path));
  }

  /** Makes a file where there is none, and through no link; of one that could not be written whole a part may be left. */
  async create(path: string, body: Buffer, traits: FileTraits): Promise<void> {
    if (body.length <= IN_PLACE_BYTES && !this.#inPlace.isSlow(CREATE_CALLS))
      return this.#inPlace.make(() => createInPlace(path, body, traits), CREATE_CALLS);
    const handle = await open(path, 'wx');
    try {
      await handle.writeFile(body);
      await giveTraits(handle, traits);
    } finally {
      await handle.close();
    }
  }
}

/** Open, write, close. */
const CREATE_CALLS = 3;

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

export async function giveTraits(handle: FileHandle, { mode, time }: FileTraits): Promise<void> {
  if (mode !== undefined) await handle.chmod(mode);
  if (time !== undefined) await handle.utimes(time, time);
}
