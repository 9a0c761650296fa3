import { expect, test } from '@jest/globals';
import { SyncError } from '../../../src/model/errors.js';
import { StoreError } from '../../../src/store/object-store.js';
import { asFailure, secondsOf } from '../../../src/sync/fetch.js';

const system = (code: string): Error =>
  Object.assign(new Error(`${code}: as told`), { code, syscall: 'open' });

test.each([
  ['ENOSPC', 'no-room', 'there is no room for it (ENOSPC): free some, and run again'],
  ['EDQUOT', 'no-room', 'there is no room for it (EDQUOT): free some, and run again'],
  ['ELOOP', 'in-the-way', 'a link, a file or a directory is in its way (ELOOP): move it'],
  ['EISDIR', 'in-the-way', 'a link, a file or a directory is in its way (EISDIR): move it'],
  ['ENOTDIR', 'in-the-way', 'a link, a file or a directory is in its way (ENOTDIR): move it'],
  ['EEXIST', 'in-the-way', 'a link, a file or a directory is in its way (EEXIST): move it'],
  ['ENAMETOOLONG', 'unsafe-name', 'this file system cannot hold the name (ENAMETOOLONG): exclude it'],
  ['EILSEQ', 'unsafe-name', 'this file system cannot hold the name (EILSEQ): exclude it'],
  ['EINVAL', 'unsafe-name', 'this file system cannot hold the name (EINVAL): exclude it'],
  [
    'EROFS',
    'not-writable',
    'the file cannot be written (EROFS: as told): check the permissions of the target',
  ],
])('a file system that answers %s is told as %s, with the name and what to do', (errno, code, words) => {
  const told = asFailure(system(errno), 'a/b', 'p/a/b');
  expect(told).toBeInstanceOf(SyncError);
  expect(told).toMatchObject({ code, key: 'a/b', message: `a/b: ${words}` });
});

test('what is no file system’s answer stays what it is', () => {
  const denied = new StoreError('denied', 'AccessDenied', 403, 'GetObject', 'as told');
  expect(asFailure(denied, 'a', 'p/a')).toBe(denied);
  const other = new Error('as told');
  expect(asFailure(other, 'a', 'p/a')).toBe(other);
  expect(
    asFailure(new StoreError('condition', 'PreconditionFailed', 412, 'GetObject', ''), 'a', 'p/a'),
  ).toEqual(expect.objectContaining({ message: expect.stringContaining('p/a') }));
});

test('seconds are rounded down, before 1970 too', () => {
  expect(
    [0n, 1n, 999_999_999n, 1_000_000_000n, -1n, -1_000_000_000n, -1_000_000_001n].map(secondsOf),
  ).toEqual([0n, 0n, 0n, 1n, -1n, -1n, -2n]);
});
