import { execFileSync } from 'node:child_process';
import { lstat, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { replaceFile, tryReplacing } from '../../../src/disk/replace-file.js';
import { removeTree, writeTree } from '../../support/tree.js';

let root: string;
beforeEach(async () => {
  root = await writeTree({});
});
afterEach(() => removeTree(root));

test('a file is replaced whole, below directories that are made; a link is replaced, not followed', async () => {
  await replaceFile(join(root, 'a/b/report'), ['one', Buffer.from('two')]);
  expect(await readFile(join(root, 'a/b/report'), 'utf8')).toBe('onetwo');
  await writeFile(join(root, 'theirs'), 'theirs');
  await symlink('theirs', join(root, 'link'));
  await replaceFile(join(root, 'link'), ['ours']);
  expect(await readFile(join(root, 'theirs'), 'utf8')).toBe('theirs');
  expect(await readFile(join(root, 'link'), 'utf8')).toBe('ours');
});

test('no file takes the place of a device, a pipe or a directory: of /dev/null, for root that writes a report there', async () => {
  execFileSync('mkfifo', [join(root, 'pipe')]);
  await symlink('pipe', join(root, 'stdout'));
  await symlink('/dev/null', join(root, 'null'));
  for (const name of ['pipe', 'stdout', 'null', '.'])
    for (const attempt of [replaceFile(join(root, name), ['x']), tryReplacing(join(root, name))])
      await expect(attempt).rejects.toThrow('it is not a regular file');
  expect((await lstat(join(root, 'pipe'))).isFIFO()).toBe(true);
  expect((await readdir(root)).sort()).toEqual(['null', 'pipe', 'stdout']);
});

test('a try makes the directory, and leaves what is there as it is', async () => {
  await writeFile(join(root, 'there'), 'theirs');
  await tryReplacing(join(root, 'there'));
  await tryReplacing(join(root, 'a/b/new'));
  expect((await readdir(root, { recursive: true })).sort()).toEqual(['a', 'a/b', 'there']);
  expect(await readFile(join(root, 'there'), 'utf8')).toBe('theirs');
  await expect(tryReplacing(join(root, 'there/x'))).rejects.toThrow('ENOTDIR');
});
