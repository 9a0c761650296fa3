import { join, resolve } from 'node:path';
import { type SyncError, usageError } from '../model/errors.js';
import type { OptionsContext } from './given-inputs.js';

/** A path as people write it in an input: no shell has put the home directory in the place of `~`. */
export function pathFrom({ cwd, home }: Pick<OptionsContext, 'cwd' | 'home'>, given: string): string {
  return isBelowHome(given) ? join(homeFor(given, home), given.slice(1)) : resolve(cwd, given);
}

export function isBelowHome(path: string): boolean {
  return /^~(\/|$)/.test(path);
}

/** @param path that needs it, for messages */
export function homeFor(path: string, home: string | undefined): string {
  if (home === undefined)
    throw unusablePath(path, 'this user has no home directory; set HOME, or write an absolute path');
  return resolve(home);
}

export function unusablePath(path: string, why: string): SyncError {
  const shown = path.length > 200 ? `${path.slice(0, 200)}...` : path;
  return usageError(`the path ${JSON.stringify(shown)} cannot be used: ${why}`);
}
