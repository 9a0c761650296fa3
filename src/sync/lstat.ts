import { type BigIntStats, lstatSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { InPlace, QUICK_CALLS } from '../disk/in-place.js';
import type { LocalFile } from '../model/objects.js';
import { isGone } from './system-error.js';

/** `undefined`: the entry is gone. An error: it is there and cannot be looked at. */
export type Look = BigIntStats | undefined | { readonly error: unknown };

/**
 * Calls lstat for a few dozen paths at a time. In place a call takes 4 µs; through the thread pool it takes
 * 11-17 µs of this thread alone (Node 20, 140,000 files of one directory). See `InPlace`; in place with a breath for
 * everything else that runs.
 *
 * `now` is in milliseconds.
 */
export function createLstat(now?: () => number): (paths: readonly string[]) => Promise<readonly Look[]> {
  const inPlace = new InPlace(QUICK_CALLS, now);
  return (paths) =>
    inPlace.call<readonly Look[]>(
      () => paths.map(lookInPlace),
      () => lookThroughPool(paths),
      paths.length,
    );
}

function lookInPlace(path: string): Look {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    return lookOf(error);
  }
}

/** One after the other: the caller has many calls of this function in flight. */
async function lookThroughPool(paths: readonly string[]): Promise<readonly Look[]> {
  const looks: Look[] = [];
  for (const path of paths) looks.push(await lstat(path, { bigint: true }).catch(lookOf));
  return looks;
}

function lookOf(error: unknown): Look {
  return isGone(error) ? undefined : { error };
}

/** What a stat says of a file. */
export function statFields(
  stats: BigIntStats,
): Pick<LocalFile, 'size' | 'mtimeNs' | 'ctimeNs' | 'dev' | 'ino' | 'nlink' | 'mode'> {
  const { mtimeNs, ctimeNs, dev, ino } = stats;
  const [size, nlink, mode] = [Number(stats.size), Number(stats.nlink), Number(stats.mode)];
  return { size, mtimeNs, ctimeNs, dev, ino, nlink, mode };
}
