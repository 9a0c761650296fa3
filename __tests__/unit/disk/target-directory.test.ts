import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { InTheWayError, TargetDirectory } from '../../../src/disk/target-directory.js';
import { readTree, removeTree, temporaryDirectory, writeTree } from '../../support/tree.js';

const hasDescriptors = process.platform === 'linux';
const MODES = hasDescriptors ? [true, false] : [false];

let base: string;
let root: string;

beforeEach(async () => {
  base = await temporaryDirectory();
  root = join(base, 'root');
  await writeTree({ 'away/theirs': 'theirs' }, base);
  await mkdir(root);
});
afterEach(() => removeTree(base));

const put = (target: TargetDirectory, name: string, file: string, create = true): Promise<void> =>
  target.within(name, create, (at) => writeFile(join(at, file), file));

describe.each(MODES)('a target directory, by descriptors: %s', (byDescriptor) => {
  let target: TargetDirectory;
  beforeEach(async () => {
    target = await TargetDirectory.open(root, byDescriptor);
  });
  afterEach(() => target.close());

  test('makes directories where it may, and none where not', async () => {
    await put(target, '', 'top');
    await put(target, 'a/b/c', 'deep');
    await expect(put(target, 'x/y', 'no', false)).rejects.toMatchObject({ code: 'ENOENT' });
    expect([...(await readTree(root)).keys()].sort()).toEqual(['a/b/c/deep', 'top']);
    expect(await readdir(root)).toEqual(['a', 'top']);
  });

  test.each(['l', 'l/b', 'a/l', 'a/l/c', 'a/b/l', 'a/b/l/d'])(
    'R2: a link in the way leads nowhere: %s',
    async (name) => {
      await mkdir(join(root, 'a/b'), { recursive: true });
      for (const at of ['l', 'a/l', 'a/b/l']) await symlink(join(base, 'away'), join(root, at));
      await mkdir(join(base, 'away/b'));
      for (const create of [true, false])
        await expect(put(target, name, 'evil', create)).rejects.toBeInstanceOf(InTheWayError);
      expect([...(await readTree(join(base, 'away'))).keys()]).toEqual(['theirs']);
    },
  );

  test('R2: so does one to a directory inside, one that leads nowhere, and a file', async () => {
    await mkdir(join(root, 'inside'));
    await symlink('inside', join(root, 'l'));
    await symlink('nothing', join(root, 'broken'));
    await writeFile(join(root, 'file'), 'file');
    for (const name of ['l', 'broken', 'file', 'l/x', 'broken/x', 'file/x'])
      await expect(put(target, name, 'evil')).rejects.toBeInstanceOf(InTheWayError);
    expect(await readdir(join(root, 'inside'))).toEqual([]);
  });

  test('R2: a link that takes the place of a directory that was used is not followed by the next use', async () => {
    await put(target, 'a/b', 'one');
    await rename(join(root, 'a'), join(base, 'was'));
    await symlink(join(base, 'away'), join(root, 'a'));
    await mkdir(join(base, 'away/b'));
    await put(target, 'a/b', 'two').catch(() => undefined);
    expect([...(await readTree(join(base, 'away'))).keys()]).toEqual(['theirs']);
  });

  test('R10: tells whether small and capital letters are one name there, and leaves nothing behind', async () => {
    await writeFile(join(root, 'probe'), '');
    const folds = await stat(join(root, 'PROBE')).then(
      () => true,
      () => false,
    );
    expect(await target.foldsCase('another')).toBe(folds);
    // Nothing can be made where something is.
    expect(await target.foldsCase('probe')).toBe(false);
    expect(await readdir(root)).toEqual(['probe']);
  });

  test('removes what became empty, up to what is not, and never the root', async () => {
    await put(target, 'a/b/c', 'file');
    await put(target, 'a', 'keeps');
    await rm(join(root, 'a/b/c/file'));
    await target.removeEmpty('a/b/c');
    expect(await readdir(root, { recursive: true })).toEqual(['a', 'a/keeps']);
    await rm(join(root, 'a/keeps'));
    await target.removeEmpty('a');
    expect(await readdir(base)).toContain('root');
    await target.removeEmpty('');
    await target.removeEmpty('not/there');
    expect(await readdir(root)).toEqual([]);
    await symlink(join(base, 'away'), join(root, 'l'));
    await target.removeEmpty('l');
    expect(await readdir(root)).toEqual(['l']);
    // What was removed can be made again.
    await put(target, 'a/b/c', 'again');
    expect(await readFile(join(root, 'a/b/c/again'), 'utf8')).toBe('again');
  });

  test('many directories side by side, far more than are kept open', async () => {
    const names = Array.from({ length: 400 }, (_, i) => `d${i % 20}/e${i % 100}/f${i}`);
    await Promise.all(names.map((name) => put(target, name, 'x')));
    await Promise.all(names.map((name) => put(target, name, 'y', false)));
    expect((await readTree(root)).size).toBe(800);
    if (byDescriptor) {
      const open = await readdir('/proc/self/fd');
      expect(open.length).toBeLessThan(200);
    }
  });

  test('a use that makes a directory does not fail for one beside it that does not', async () => {
    const uses = Array.from({ length: 40 }, (_, i) =>
      put(target, `n${i % 4}/m`, `${i}`, i % 2 === 1).then(
        () => 'made',
        () => 'not there',
      ),
    );
    const results = await Promise.all(uses);
    expect(results.filter((_, i) => i % 2 === 1)).toEqual(Array.from({ length: 20 }, () => 'made'));
  });

  test('directories are removed while others in them are used: nothing is left open, nothing is lost', async () => {
    await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        await put(target, `r/${i % 10}`, `f${i}`);
        if (i % 3 === 0) await target.removeEmpty(`r/${i % 10}`);
      }),
    );
    expect((await readTree(root)).size).toBe(100);
    await Promise.all([
      target.within('r/1', false, () => target.removeEmpty('r/1')),
      target.removeEmpty('r/2'),
    ]);
    await target.close();
    if (byDescriptor) {
      const fds = await readdir('/proc/self/fd');
      const { readlink } = await import('node:fs/promises');
      const open = await Promise.all(fds.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
      expect(open.filter((path) => path.startsWith(root))).toEqual([]);
    }
  });
});

const linux = hasDescriptors ? test : test.skip;
linux(
  'R2: a directory that is exchanged for a link while it is held: what is made stays in the directory',
  async () => {
    const target = await TargetDirectory.open(root, true);
    await target.within('a/b', true, async (at) => {
      await rename(join(root, 'a'), join(base, 'was'));
      await symlink(join(base, 'away'), join(root, 'a'));
      await mkdir(join(base, 'away/b'));
      await writeFile(join(at, 'file'), 'file');
    });
    expect([...(await readTree(join(base, 'away'))).keys()]).toEqual(['theirs']);
    expect([...(await readTree(join(base, 'was'))).keys()]).toEqual(['b/file']);
    await target.close();
  },
);

linux('R2: an empty directory that is left open while it is removed is closed', async () => {
  const target = await TargetDirectory.open(root, true);
  await target.within('a', true, async () => {
    await target.removeEmpty('a');
  });
  const { readlink } = await import('node:fs/promises');
  const fds = await readdir('/proc/self/fd');
  const open = await Promise.all(fds.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  expect(open.filter((path) => path.startsWith(join(root, 'a')))).toEqual([]);
  await target.close();
});
