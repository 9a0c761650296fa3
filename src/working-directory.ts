import { usageError } from './model/errors.js';

/** Where relative paths begin. Throws a `SyncError` of exit 2 where it was removed, as a runner's workspace that is cleaned up. */
export function workingDirectory(): string {
  try {
    return process.cwd();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw usageError('the working directory is gone: run this in one that exists');
  }
}
