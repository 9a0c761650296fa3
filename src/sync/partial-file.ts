import type { BigIntStats, Stats } from 'node:fs';
import { constants, type FileHandle, lstat, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { hasProcessEnded, processMark } from '../disk/process-mark.js';
import { foreign } from './fetch-failures.js';
import { NO_WAITING, READING } from './file-bytes.js';

/**
 * Ranges that an interrupted run wrote down after it had written them. `undefined`: there is no file to go on with, or
 * not one of ours: what has further names is never written through (R3), what is kept from writing has its mode already.
 */
export async function doneRanges(
  path: string,
  progress: string,
  size: number,
): Promise<ReadonlySet<number> | undefined> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined || !stats.isFile() || stats.nlink !== 1) return undefined;
  if (stats.size !== size || (stats.mode & 0o600) !== 0o600) return undefined;
  const lines = await linesOf(progress);
  if (lines === undefined) return undefined;
  const numbers = lines.map(Number);
  return new Set(numbers.filter((number) => Number.isSafeInteger(number)));
}

/** Whether another run that can be seen from here writes to the file: each says so before it does. */
export async function isInUse(progress: string): Promise<boolean> {
  const lines = (await linesOf(progress)) ?? [];
  return lines.some((line) => line !== processMark() && hasProcessEnded(line) === false);
}

/** Whether every run that wrote to the file has ended. `undefined`: nobody here can know. */
export async function haveRunsEnded(progress: string): Promise<boolean | undefined> {
  const marks = ((await linesOf(progress)) ?? []).filter((line) => Number.isNaN(Number(line)));
  const ended = marks.map((mark) => hasProcessEnded(mark));
  if (ended.includes(false)) return false;
  return ended.length === 0 || ended.includes(undefined) ? undefined : true;
}

/** `undefined`: something else has the name. */
export async function linesOf(progress: string): Promise<readonly string[] | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(progress, READING | constants.O_NOFOLLOW);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? [] : undefined;
  }
  try {
    if (!isPlain(await handle.stat())) return undefined;
    return (await handle.readFile('latin1')).split('\n').slice(0, -1);
  } finally {
    await handle.close();
  }
}

/** Of a range that is there. Where another run has taken the file, what is written down of it is gone too: ENOENT. */
export async function addRange(progress: string, i: number): Promise<void> {
  await appendLine(progress, `${i}`, 0);
}

/** Through no link, of whichever kind, and into nothing but a file: whoever may write here must not choose what is written to. */
async function appendLine(progress: string, line: string, create: number): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_APPEND | create;
  const handle = await open(progress, flags | constants.O_NOFOLLOW | NO_WAITING, 0o666);
  try {
    if (!isPlain(await handle.stat())) throw foreign(basename(progress));
    await handle.appendFile(`${line}\n`);
  } finally {
    await handle.close();
  }
}

export function isSameInode(one: BigIntStats, other: BigIntStats): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

function isPlain(stats: Stats): boolean {
  return stats.isFile() && stats.nlink === 1;
}

/** Opens a file that is fetched range by range, and writes down whose it is. One that is there already may be another run's too. */
export async function openPartial(
  path: string,
  progress: string,
  isFresh: boolean,
): Promise<{ readonly handle: FileHandle; readonly isNew: boolean }> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
  await appendLine(progress, processMark(), constants.O_CREAT);
  const made = isFresh
    ? await open(path, flags | constants.O_EXCL, 0o666).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
        return undefined;
      })
    : undefined;
  if (made !== undefined) return { handle: made, isNew: true };
  return { handle: await open(path, flags, 0o666), isNew: false };
}
