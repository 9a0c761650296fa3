import { execFileSync } from 'node:child_process';
import { link, lstat, open, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  beginningOf,
  NotOursError,
  type Ours,
  replaceFile,
  tryReplacing,
} from '../../../src/disk/replace-file.js';
import { removeTree, writeTree } from '../../support/tree.js';

const OURS: Ours = { what: 'thing', begins: (begin) => begin.toString().startsWith('ours') };

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
    for (const attempt of [replaceFile(join(root, name), ['x']), tryReplacing(join(root, name), OURS)])
      await expect(attempt).rejects.toThrow('it is not a regular file');
  expect((await lstat(join(root, 'pipe'))).isFIFO()).toBe(true);
  await handle.close();
  expect((await readdir(root)).sort()).toEqual(['log', 'null', 'pipe', 'redirected', 'stdout']);
});

test('a try makes nothing, no directory either, and leaves what is there as it is', async () => {
  await writeFile(join(root, 'there'), 'ours: older');
  await tryReplacing(join(root, 'there'), OURS);
  await tryReplacing(join(root, 'a/b/new'), OURS);
  expect(await readdir(root)).toEqual(['there']);
  expect(await readFile(join(root, 'there'), 'utf8')).toBe('ours: older');
  for (const name of ['there/x', 'there/x/y'])
    await expect(tryReplacing(join(root, name), OURS)).rejects.toThrow('ENOTDIR');
  // In /proc nobody makes a directory.
  if (process.platform === 'linux')
    await expect(tryReplacing('/proc/x/y/r.json', OURS)).rejects.toThrow(/ENOENT|EACCES/);
});

test("what begins otherwise is somebody else's, also behind a link: it is not replaced; what is empty is", async () => {
  await writeFile(join(root, 'page'), 'o');
  await symlink('page', join(root, 'link'));
  await link(join(root, 'page'), join(root, 'hard'));
  for (const path of ['page', 'link', 'hard'].map((name) => join(root, name))) {
    for (const attempt of [tryReplacing(path, OURS), replaceFile(path, ['ours'], OURS)]) {
      await expect(attempt).rejects.toThrow(NotOursError);
      await expect(attempt).rejects.toThrow('what lies there is no thing of this tool');
    }
    expect(await readFile(path, 'utf8')).toBe('o');
  }
  await writeFile(join(root, 'ours'), 'ours: older');
  await writeFile(join(root, 'empty'), '');
  await symlink('nowhere', join(root, 'dangling'));
  for (const path of ['ours', 'empty', 'dangling', 'absent'].map((name) => join(root, name))) {
    await tryReplacing(path, OURS);
    await replaceFile(path, ['ours'], OURS);
    expect(await readFile(path, 'utf8')).toBe('ours');
  }
  expect((await readdir(root)).sort()).toEqual('absent dangling empty hard link ours page'.split(' '));
});

test('a beginning is that of a regular file alone, and short', async () => {
  execFileSync('mkfifo', [join(root, 'pipe')]);
  await writeFile(join(root, 'long'), 'x'.repeat(1000));
  for (const name of ['pipe', '.', 'absent']) expect(await beginningOf(join(root, name))).toBeUndefined();
  expect(await beginningOf(join(root, 'long'))).toHaveLength(256);
});
