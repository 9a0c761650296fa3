import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { errorCode, isGone, reasonOf } from '../../../src/sync/system-error.js';

test('a system error is told by its code, as its sentence would repeat the path; any other by its message', async () => {
  const gone: unknown = await readFile('/no/such/file').catch((error: unknown) => error);
  expect([errorCode(gone), isGone(gone), reasonOf(gone)]).toEqual(['ENOENT', true, 'ENOENT']);
  const numbered = Object.assign(new Error('out of memory'), { code: 12 });
  for (const error of [numbered, new Error('out of memory'), 'out of memory'])
    expect([errorCode(error), isGone(error), reasonOf(error)]).toEqual([undefined, false, 'out of memory']);
});
