import { existsSync, type Stats } from 'node:fs';
import { constants, type FileHandle, lstat, mkdir, open, realpath, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { openFilesLimit } from './open-files.js';

/** A link, a file or something else stands where a directory was to be. */
export class InTheWayError extends Error {
  override readonly name = 'InTheWayError';
}

/** Directories that are kept open between two uses: of what the process may have open this share, and never more. */
const MOST_OPEN = 64;
const SHARE_OPEN = 1 / 8;

/** Where Linux shows what a descriptor has open: a path below it cannot be led elsewhere by a link planted later. */
const DESCRIPTORS = '/proc/self/fd';

interface Held {
  readonly opening: Promise<FileHandle>;
  /** Whether it was to be made where it is not there. */
  readonly create: boolean;
  /** Those who wait for it too: what nobody uses is open. */
  users: number;
}

/**
 * A directory below which files are made. Every step below it is taken by the name of a real directory, never through a
 * link. On Linux each directory is held open and named by its descriptor, so that exchanging one for a link meanwhile
 * changes nothing; elsewhere the path is looked at right before it is used.
 */
export class TargetDirectory {
  readonly #root: string;
  readonly #held = new Map<string, Held>();
  readonly #byDescriptor: boolean;
  readonly #mostOpen = Math.min(MOST_OPEN, openFilesLimit() * SHARE_OPEN);

  private constructor(root: string, byDescriptor: boolean) {
    this.#root = root;
    this.#byDescriptor = byDescriptor;
  }

  /** @param path of a directory that exists; it may itself be a link, whoever names it means what it leads to */
  static async open(
    path: string,
    byDescriptor = process.platform === 'linux' && existsSync(DESCRIPTORS),
  ): Promise<TargetDirectory> {
    return new TargetDirectory(await realpath(path), byDescriptor);
  }

  /**
   * Gives `work` a path to a directory below, and holds the directory meanwhile.
   * Rejects with InTheWayError, with ENOENT where it is not there and not to be made, and with the system's errors.
   *
   * @param name below the root, `/`-separated, no slash at its end; empty: the root
   */
  async within<T>(name: string, create: boolean, work: (directory: string) => Promise<T>): Promise<T> {
    if (!this.#byDescriptor) return work(await this.#look(name, create));
    const held = await this.#hold(name, create);
    try {
      const { fd } = await held.opening;
      return await work(`${DESCRIPTORS}/${fd}`);
    } finally {
      await this.#release(name, held);
    }
  }

  /**
   * Whether a name in capitals is the same one: by a file that is made and taken away again. What is not known, as nothing
   * can be made here, is no.
   *
   * @param name of a file that is not there, with small letters
   */
  async foldsCase(name: string): Promise<boolean> {
    return this.within('', false, async (directory) => {
      const path = join(directory, name);
      await (await open(path, 'wx')).close();
      try {
        await lstat(join(directory, name.toUpperCase()));
        return true;
      } finally {
        await unlink(path);
      }
    }).catch(() => false);
  }

  /** Removes a directory below that has become empty, and those above it that have; never the root. */
  async removeEmpty(name: string): Promise<void> {
    for (let at = name; at !== ''; at = parentOf(at)) {
      try {
        await this.within(parentOf(at), false, (parent) => rmdir(join(parent, baseOf(at))));
        await this.#forget(at);
      } catch {
        // It is not empty, not there, or not ours to remove.
        return;
      }
    }
  }

  async close(): Promise<void> {
    const all = [...this.#held.values()];
    this.#held.clear();
    for (const { opening } of all) await opening.then((handle) => handle.close()).catch(() => undefined);
  }

  async #forget(name: string): Promise<void> {
    const held = this.#held.get(name);
    if (held === undefined) return;
    this.#held.delete(name);
    // Else whoever uses it last closes it.
    if (held.users === 0) await close(held);
  }

  /** Counts the caller as a user. */
  async #hold(name: string, create: boolean): Promise<Held> {
    for (;;) {
      const held = this.#held.get(name) ?? { opening: this.#open(name, create), create, users: 0 };
      // The one used last is let go last.
      this.#held.delete(name);
      this.#held.set(name, held);
      held.users++;
      try {
        await held.opening;
        return held;
      } catch (error) {
        if (this.#held.get(name) === held) this.#held.delete(name);
        // Whoever asked first did not want it made.
        const isToMake = create && !held.create && (error as NodeJS.ErrnoException).code === 'ENOENT';
        if (!isToMake) throw error;
      }
    }
  }

  /** Waits for nobody: those who are waited for may wait for the caller. */
  async #release(name: string, held: Held): Promise<void> {
    held.users--;
    if (held.users === 0 && this.#held.get(name) !== held) await close(held);
    for (const [idle, other] of this.#held) {
      if (this.#held.size <= this.#mostOpen) return;
      if (other.users > 0) continue;
      this.#held.delete(idle);
      await close(other);
    }
  }

  async #open(name: string, create: boolean): Promise<FileHandle> {
    if (name === '') return openDirectory(this.#root, this.#root);
    return this.within(parentOf(name), create, async (parent) => {
      const path = join(parent, baseOf(name));
      try {
        return await openDirectory(path, name);
      } catch (error) {
        if (!create || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        await makeOne(path);
        return openDirectory(path, name);
      }
    });
  }

  /** Without descriptors to name: each directory on the way is one, and no link. */
  async #look(name: string, create: boolean): Promise<string> {
    let path = this.#root;
    let at = '';
    for (const segment of name === '' ? [] : name.split('/')) {
      path = join(path, segment);
      at = at === '' ? segment : `${at}/${segment}`;
      let stats: Stats;
      try {
        stats = await lstat(path);
      } catch (error) {
        if (!create || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        await makeOne(path);
        stats = await lstat(path);
      }
      if (!stats.isDirectory()) throw new InTheWayError(`${at} is no directory`);
    }
    return path;
  }
}

async function close({ opening }: Held): Promise<void> {
  await (await opening).close();
}

/** Of a name below the root: the directory that it lies in. */
export function parentOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('/')));
}

export function baseOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

async function openDirectory(path: string, name: string): Promise<FileHandle> {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  try {
    return await open(path, flags);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ELOOP' || code === 'ENOTDIR')
      throw new InTheWayError(`${name} is no directory`, { cause: error });
    throw error;
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
