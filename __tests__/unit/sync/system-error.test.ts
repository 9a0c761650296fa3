import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { couldNotWrite, errorCode, isGone, reasonOf, systemMessage } from '../../../src/sync/system-error.js';

test('a system error is told by its code, as its sentence would repeat the path; any other by its message', async () => {
  const gone: unknown = await readFile('/no/such/file').catch((error: unknown) => error);
  expect([errorCode(gone), isGone(gone), reasonOf(gone)]).toEqual(['ENOENT', true, 'ENOENT']);
  const numbered = Object.assign(new Error('out of memory'), { code: 12 });
  for (const error of [numbered, new Error('out of memory'), 'out of memory'])
    expect([errorCode(error), isGone(error), reasonOf(error)]).toEqual([undefined, false, 'out of memory']);
});

test('what libuv has no name for has one, and no sentence shows the paths that we made', () => {
  const make = (code: string, errno: number, message: string, syscall: string): Error =>
    Object.assign(new Error(message), { code, errno, syscall });
  const quota = make('UNKNOWN', -122, 'UNKNOWN: unknown error, write', 'write');
  const stale = make('Unknown system error -116', -116, 'Unknown system error -116: …, read', 'read');
  expect([errorCode(quota), couldNotWrite(quota), systemMessage(quota)]).toEqual([
    'EDQUOT',
    true,
    'EDQUOT, write',
  ]);
  expect([errorCode(stale), couldNotWrite(stale), systemMessage(stale)]).toEqual([
    'ESTALE',
    false,
    'ESTALE, read',
  ]);
  const moved = "EIO: i/o error, rename '/proc/self/fd/35/.s3ds-1.part' -> '/proc/self/fd/35/a'";
  expect(systemMessage(make('EIO', -5, moved, 'rename'))).toBe('EIO: i/o error, rename');
  expect(reasonOf(make('EMFILE', -24, 'EMFILE: …', 'scandir'))).toBe(
    'EMFILE: raise the limit of open files, ulimit -n',
  );
});
