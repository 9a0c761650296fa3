import { randomBytes } from 'node:crypto';
import { mkdir, open, readlink, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { unlessAbsent } from './file-calls.js';

/** Enough of a file to tell what wrote it. Bytes. */
const BEGIN_BYTES = 256;

/** What may be replaced: by what it begins with, and as what it is named where it is something else. */
export interface Ours {
  readonly what: string;
  readonly begins: (begin: Buffer) => boolean;
}

/** What lies there is somebody's file, that a path was given of by mistake. */
export class NotOursError extends Error {
  override readonly name = 'NotOursError';
  readonly advice = 'name another place, or delete it';
}

/**
 * Writes a file whole or not at all: to a temporary file beside it, then renamed. Piece by piece, as what is
 * written need not fit one string. Rejects with the system's error; the old file is then still there.
 *
 * Devices and pipes are left alone: as root a rename would put a file in the place of /dev/null, for all of the machine.
 *
 * @param ours what a file is that may be replaced; absent: any, and an empty one is anybody's
 */
export async function replaceFile(
  path: string,
  pieces: Iterable<string | Uint8Array>,
  ours?: Ours,
): Promise<void> {
  await makeDirectory(dirname(path));
  await refuseOthers(path, ours);
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
export async function tryReplacing(path: string, ours: Ours): Promise<void> {
  await refuseOthers(path, ours);
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

/** How a regular file begins, be it led to by a link; `undefined`: there is none. */
export async function beginningOf(path: string): Promise<Buffer | undefined> {
  // A pipe would never end.
  if ((await stat(path).catch(unlessAbsent))?.isFile() !== true) return undefined;
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(BEGIN_BYTES) });
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function refuseOthers(path: string, ours: Ours | undefined): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  // /dev/stdout leads to what the process has open, be that a file: what would be replaced is the link.
  const link = await readlink(path).catch(() => '');
  if (there?.isFile() === false || link.startsWith('/proc/')) throw new Error('it is not a regular file');
  const begin = ours === undefined ? undefined : await beginningOf(path);
  if (begin !== undefined && begin.length > 0 && !ours?.begins(begin))
    throw new NotOursError(`what lies there is no ${ours?.what} of this tool`);
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
