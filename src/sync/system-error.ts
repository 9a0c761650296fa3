import { messageOf } from '../model/errors.js';

/** Errors that file systems answer and libuv has no name for, by their numbers on Linux (asm-generic/errno.h). */
const UNNAMED: ReadonlyMap<unknown, string> = new Map([
  [-116, 'ESTALE'],
  [-122, 'EDQUOT'],
]);

/** Of a place that is written to: there is no room, or it is not to be had. */
const NO_ROOM: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT', 'EROFS']);

/** `ENOENT` and its like; undefined for anything that is not a system error. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  const unnamed = 'errno' in error ? UNNAMED.get(error.errno) : undefined;
  return unnamed ?? (typeof error.code === 'string' ? error.code : undefined);
}

/** Whether a place could not be written to, where what failed may also have been a file that is read. */
export function couldNotWrite(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).syscall === 'write' || NO_ROOM.has(errorCode(error));
}

/** Node's sentence without the paths that it ends with: some are ours alone. `ESTALE, read` where Node has none. */
export function systemMessage(error: unknown): string {
  const { code, syscall } = error as NodeJS.ErrnoException;
  const named = errorCode(error);
  if (named !== code) return `${named}, ${syscall}`;
  return messageOf(error).replace(/(, [a-z]+) '.*$/s, '$1');
}

/** Nothing is there; or a directory above it was replaced by something else. */
export function isGone(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** `EACCES`: Node's own sentence would repeat the path. */
export function reasonOf(error: unknown): string {
  const code = errorCode(error);
  if (code === 'EMFILE' || code === 'ENFILE') return `${code}: raise the limit of open files, ulimit -n`;
  return code ?? messageOf(error);
}
