import { randomBytes } from 'node:crypto';
import { mkdir, open, readlink, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Writes a file whole or not at all: to a temporary file beside it, then renamed. Piece by piece, as what is
 * written need not fit one string. Rejects with the system's error; the old file is then still there.
 *
 * Devices and pipes are left alone: as root a rename would put a file in the place of /dev/null, for all of the machine.
 */
export async function replaceFile(path: string, pieces: Iterable<string | Uint8Array>): Promise<void> {
  await makeDirectory(dirname(path));
  await refuseSpecial(path);
  const temporary = besides(path);
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

/**
 * Rejects where `replaceFile` could not even begin; the file stays as it is. Directories that are not there are not made:
 * below a root an empty one looks like a build that made nothing.
 */
export async function tryReplacing(path: string): Promise<void> {
  await refuseSpecial(path);
  let directory = dirname(path);
  while (!(await isThere(directory))) directory = dirname(directory);
  const temporary = besides(join(directory, basename(path)));
  await (await open(temporary, 'wx')).close();
  await rm(temporary);
}

/** Where a file is written that is to take the place of another, or to be a new one. */
function besides(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}.tmp`;
}

async function refuseSpecial(path: string): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  // /dev/stdout leads to what the process has open, be that a file: what would be replaced is the link.
  const link = await readlink(path).catch(() => '');
  if (there?.isFile() === false || link.startsWith('/proc/')) throw new Error('it is not a regular file');
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && dirname(path) !== path) return false;
    throw error;
  }
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
