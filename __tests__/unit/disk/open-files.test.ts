import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openFilesLimit } from '../../../src/disk/open-files.js';
import { removeTree, temporaryDirectory } from '../../support/tree.js';

let root: string;
beforeEach(async () => {
  root = await temporaryDirectory();
});
afterEach(() => removeTree(root));

test.each([
  ['1024                 4096', 1024],
  ['unlimited            unlimited', Number.POSITIVE_INFINITY],
])('as many files may be open as Linux shows: %s', async (shown, limit) => {
  const path = join(root, 'limits');
  const line = 'Max open files            ';
  await writeFile(path, `Max processes             7                    7\n${line}${shown} files\n`);
  expect(openFilesLimit(path)).toBe(limit);
});

test('where the system shows no limit there is none', () => {
  expect(openFilesLimit(join(root, 'none'))).toBe(Number.POSITIVE_INFINITY);
});
