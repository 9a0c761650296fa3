import { InTheWayError } from '../disk/target-directory.js';
import { EXIT, SyncError } from '../model/errors.js';
import type { ObjectKey } from '../model/object-key.js';
import { StoreError } from '../store/object-store.js';
import { WrongContentError } from './decode.js';
import { tooManyFiles } from './explain.js';
import { errorCode, systemMessage } from './system-error.js';

/** What to do about errors that permissions have no part in. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['EROFS', 'the target is on a file system that is read-only: mount it for writing, or take another one'],
  ['EIO', 'the disk under the target, or the connection to it, fails: check it, and run again'],
  ['ESTALE', 'the network file system under the target was changed or came back: run again'],
  [
    'ENOENT',
    'the target, or a directory in it, was moved or deleted during this run: run again when nothing does',
  ],
  ['EFBIG', 'the file system of the target, or a limit (ulimit -f), holds no file of that size'],
]);

export function changed(key: ObjectKey): SyncError {
  return new SyncError(
    'file-changed',
    EXIT.failed,
    `${key}: the object changed or went away during this run: run again when nothing publishes there`,
  );
}

export function foreign(name: string): SyncError {
  return new SyncError(
    'foreign-writer',
    EXIT.foreignWriter,
    `${name}: something else made or changed the file during this run; it was left alone: the next run replaces or deletes it, so run again only if what the bucket has is to be there, and let one thing at a time write there`,
  );
}

export function collision(name: string, other: string): SyncError {
  return new SyncError(
    'key-collision',
    EXIT.failed,
    `${name}: it is one name with ${other} on this file system; what is there was left alone: exclude one of them, or move what is in the way`,
  );
}

/** Whatever a step met, in words that fit a file. */
export function asFailure(error: unknown, name: string, key: string): unknown {
  const failure = (code: SyncError['code'], message: string): SyncError =>
    new SyncError(code, EXIT.failed, `${name}: ${message}`, { cause: error });
  if (error instanceof StoreError && error.kind === 'condition') return changed(key as ObjectKey);
  if (error instanceof WrongContentError)
    return failure(
      'wrong-content',
      `${error.message}, twice: the object or the way to it is damaged; run check --read`,
    );
  if (error instanceof InTheWayError)
    return failure(
      'in-the-way',
      `${error.message} any more: a link or a file was put in the way during this run; nothing was written through it`,
    );
  const { syscall } = error as NodeJS.ErrnoException;
  const code = errorCode(error);
  if (syscall === undefined || code === undefined) return error;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return failure('no-room', `there is no room for it (${code}): free some, and run again`);
    case 'ELOOP':
    case 'EISDIR':
    case 'ENOTDIR':
    case 'EEXIST':
      return failure('in-the-way', `a link, a file or a directory is in its way (${code}): move it`);
    case 'EMFILE':
    case 'ENFILE':
      return failure('not-writable', tooManyFiles(code));
    case 'ENAMETOOLONG':
    case 'EILSEQ':
    case 'EINVAL':
      return failure('unsafe-name', `this file system cannot hold the name (${code}): exclude it`);
    default: {
      const verb = syscall === 'unlink' ? 'deleted' : 'written';
      const what = `the file cannot be ${verb} (${systemMessage(error)})`;
      return failure('not-writable', `${what}: ${ADVICE.get(code) ?? 'check the permissions of the target'}`);
    }
  }
}
