import { execFileSync } from 'node:child_process';
import { lstat, open, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
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
  await writeFile(join(root, 'log'), 'log');
  const handle = await open(join(root, 'log'));
  await symlink(`/proc/self/fd/${handle.fd}`, join(root, 'redirected'));
  for (const name of ['pipe', 'stdout', 'null', 'redirected', '.'])
    for (const attempt of [replaceFile(join(root, name), ['x']), tryReplacing(join(root, name))])
      await expect(attempt).rejects.toThrow('it is not a regular file');
  expect((await lstat(join(root, 'pipe'))).isFIFO()).toBe(true);
  await handle.close();
  expect((await readdir(root)).sort()).toEqual(['log', 'null', 'pipe', 'redirected', 'stdout']);
});

test('a try makes nothing, no directory either, and leaves what is there as it is', async () => {
  await writeFile(join(root, 'there'), 'theirs');
  await tryReplacing(join(root, 'there'));
  await tryReplacing(join(root, 'a/b/new'));
  expect(await readdir(root)).toEqual(['there']);
  expect(await readFile(join(root, 'there'), 'utf8')).toBe('theirs');
  for (const name of ['there/x', 'there/x/y'])
    await expect(tryReplacing(join(root, name))).rejects.toThrow('ENOTDIR');
  // In /proc nobody makes a directory.
  if (process.platform === 'linux')
    await expect(tryReplacing('/proc/x/y/r.json')).rejects.toThrow(/ENOENT|EACCES/);
});
