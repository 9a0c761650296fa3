import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file whole or not at all: to a temporary file beside it, then renamed. Piece by piece, as what is
 * written need not fit one string. Rejects with the system's error; the old file is then still there.
 *
 * Devices and pipes are left alone: as root a rename would put a file in the place of /dev/null, for all of the machine.
 */
export async function replaceFile(path: string, pieces: Iterable<string | Uint8Array>): Promise<void> {
  const temporary = await besides(path);
  try {
    const handle = await open(temporary, 'wx');
    try {
      for (const piece of pieces) await handle.appendFile(piece);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Rejects where `replaceFile` could not even begin; the file stays as it is. */
export async function tryReplacing(path: string): Promise<void> {
  const temporary = await besides(path);
  await (await open(temporary, 'wx')).close();
  await rm(temporary);
}

/** Where a file is written that is to take the place of another, or to be a new one. */
async function besides(path: string): Promise<string> {
  await makeDirectory(dirname(path));
  const there = await stat(path).catch(() => undefined);
  if (there?.isFile() === false) throw new Error('it is not a regular file');
  return `${path}.${randomBytes(6).toString('hex')}.tmp`;
}

/** Not `recursive`: Node never returns from it where a directory cannot be made in one that exists, as in /proc. */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeDirectory(dirname(path));
    await mkdir(path).catch((again: NodeJS.ErrnoException) => {
      if (again.code !== 'EEXIST') throw again;
    });
  }
}
