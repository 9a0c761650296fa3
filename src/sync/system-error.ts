import { messageOf } from '../model/errors.js';

/** `ENOENT` and its like; undefined for anything that is not a system error. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Nothing is there; or a directory above it was replaced by something else. */
export function isGone(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** `EACCES`: Node's own sentence would repeat the path. */
export function reasonOf(error: unknown): string {
  return errorCode(error) ?? messageOf(error);
}
