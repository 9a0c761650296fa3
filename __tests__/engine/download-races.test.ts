import * as inPlace from 'node:fs';
import * as files from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { PutOptions } from '../../dev/s3-server/index.js';
import type { EmbeddedTestServer } from '../support/servers.js';

/** What a file system does with a call; `undefined`: what it always does. */
const doing: Partial<Pick<typeof files, 'copyFile' | 'access'> & { link: typeof inPlace.linkSync }> = {};

jest.unstable_mockModule('node:fs', () => ({
  ...inPlace,
  linkSync: (...given: Parameters<typeof inPlace.linkSync>) => (doing.link ?? inPlace.linkSync)(...given),
}));
jest.unstable_mockModule('node:fs/promises', () => ({
  ...files,
  access: (...given: Parameters<typeof files.access>) => (doing.access ?? files.access)(...given),
  copyFile: (...given: Parameters<typeof files.copyFile>) => (doing.copyFile ?? files.copyFile)(...given),
}));
const { md5Of } = await import('../../src/model/digest.js');
const { download, stepsOf } = await import('../support/engine.js');
const { embedded } = await import('../support/servers.js');
const { readTree, removeTree, writeTree } = await import('../support/tree.js');

let s3: EmbeddedTestServer;
let bucket: string;
let here: string;

beforeAll(async () => {
  s3 = await embedded();
});
afterAll(() => s3.stop());
beforeEach(async () => {
  bucket = await s3.bucket();
  here = await writeTree({});
  s3.server.log.clear();
});
afterEach(async () => {
  delete doing.link;
  delete doing.copyFile;
  delete doing.access;
  await removeTree(here);
});

function put(contents: Readonly<Record<string, string>>, options: PutOptions = {}): void {
  for (const [name, content] of Object.entries(contents))
    s3.server.putObject(bucket, `p/${name}`, content, options);
}

/** All names, also those of unfinished files, and what they hold. */
async function texts(): Promise<Readonly<Record<string, string>>> {
  return Object.fromEntries([...(await readTree(here))].map(([name, bytes]) => [name, bytes.toString()]));
}

const refused = (code: string): Error =>
  Object.assign(new Error(`${code}: as told`), { code, syscall: 'link' });

describe('a file system without hard links', () => {
  test.each(['EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV'])(
    '%s: files get their names by rename, and duplicates are copies',
    async (code) => {
      await writeTree({ old: 'old' }, here);
      put({ a: 'same', b: 'same', old: 'new' });
      doing.link = () => {
        throw refused(code);
      };
      const run = await download(s3, bucket, here, { duplicates: 'link' });
      expect({ exit: run.exit, steps: stepsOf(run) }).toEqual({
        exit: 0,
        steps: ['download a done', 'copy b <- a done', 'download old done'],
      });
      expect(await texts()).toEqual({ a: 'same', b: 'same', old: 'new' });
    },
  );

  test('what somebody made there meanwhile is left alone', async () => {
    put({ a: 'of the object' });
    doing.link = (_, to) => {
      inPlace.writeFileSync(to, 'theirs');
      throw refused('EPERM');
    };
    const run = await download(s3, bucket, here);
    expect(run).toMatchObject({ exit: 5, report: { steps: [{ error: { code: 'foreign-writer' } }] } });
    expect(await texts()).toEqual({ a: 'theirs' });
  });
});

test('a link that the disk fails to make fails the file, and leaves nothing half made', async () => {
  put({ a: 'of the object' });
  doing.link = () => {
    throw refused('EIO');
  };
  const run = await download(s3, bucket, here);
  expect(run).toMatchObject({ exit: 1, report: { steps: [{ error: { code: 'not-writable' } }] } });
  expect(await texts()).toEqual({});
});

describe('a file that changes while another one is made from it', () => {
  test('is not linked to: the object is fetched', async () => {
    await writeTree({ twin: 'same' }, here);
    put({ twin: 'same', new: 'same' });
    doing.link = (from, to) => {
      if (basename(`${from}`) === 'twin') {
        inPlace.writeFileSync(join(here, 'other'), 'ELSE');
        inPlace.renameSync(join(here, 'other'), join(here, 'twin'));
      }
      inPlace.linkSync(from, to);
    };
    const run = await download(s3, bucket, here, { duplicates: 'link' });
    expect({ exit: run.exit, fetched: s3.server.log.of('GetObject').length }).toEqual({
      exit: 0,
      fetched: 1,
    });
    expect(await texts()).toEqual({ twin: 'ELSE', new: 'same' });
  });

  test('is not copied: the object is fetched', async () => {
    await writeTree({ twin: 'same' }, here);
    put({ twin: 'same', new: 'same' });
    doing.copyFile = async (from, to, mode) => {
      await files.writeFile(from, 'ELSE, and more');
      await files.copyFile(from, to, mode);
    };
    const run = await download(s3, bucket, here);
    expect({ exit: run.exit, fetched: s3.server.log.of('GetObject').length }).toEqual({
      exit: 0,
      fetched: 1,
    });
    expect(await texts()).toEqual({ twin: 'ELSE, and more', new: 'same' });
  });

  test('R3: is left as it is, where it only was to be parted from its further name', async () => {
    await writeTree({ twin: 'same' }, here);
    await files.link(join(here, 'twin'), join(here, 'name'));
    const attributes = `md5:${md5Of(Buffer.from('same'))}/mode:${0o100755}/mtime:1000000000`;
    put({ name: 'same' }, { headers: { 'x-amz-meta-s3cmd-attrs': attributes } });
    const { mode } = await files.lstat(join(here, 'twin'));
    doing.copyFile = async (from, to, how) => {
      await files.copyFile(from, to, how);
      await files.writeFile(from, 'worked on');
    };
    const run = await download(s3, bucket, here, { preserve: true });
    expect(run).toMatchObject({ exit: 5, report: { steps: [{ error: { code: 'foreign-writer' } }] } });
    expect(await texts()).toEqual({ twin: 'worked on', name: 'worked on' });
    expect((await files.lstat(join(here, 'name'))).mode).toBe(mode);
  });
});

test.each(['EACCES', 'EPERM'])(
  'a file that may not be copied (%s) is no source: its object is fetched',
  async (code) => {
    await writeTree({ old: 'same' }, here);
    put({ old: 'same', new: 'same' });
    doing.copyFile = async () => {
      throw refused(code);
    };
    expect((await download(s3, bucket, here)).exit).toBe(0);
    expect(await texts()).toEqual({ old: 'same', new: 'same' });
    expect(s3.server.log.of('GetObject')).toHaveLength(1);
  },
);

test.each(['EACCES', 'EROFS', 'EPERM'])(
  'directories that nothing can be made in (%s) are named in one line, and nothing is written',
  async (code) => {
    const names = ['one', 'two', 'three', 'open'];
    await writeTree(Object.fromEntries(names.map((name) => [`${name}/old`, 'old'])), here);
    put(Object.fromEntries(names.map((name) => [`${name}/deep/new`, 'new'])));
    doing.access = async (path) => {
      if (basename(`${path}`) !== 'open') throw refused(code);
    };
    const run = await download(s3, bucket, here);
    expect(run).toMatchObject({ exit: 4, report: { error: { code: 'not-writable' } } });
    const closed = ['one', 'three', 'two'].map((name) => `'${join(here, name)}' (${code})`);
    expect(run.report.error?.message).toContain(closed.join(', '));
    expect(Object.keys(await texts()).sort()).toEqual(['one/old', 'open/old', 'three/old', 'two/old']);
  },
);

test('a directory of which nobody can say whether it can be written to is tried', async () => {
  put({ 'd/new': 'new' });
  doing.access = async () => {
    throw refused('ENOSYS');
  };
  expect((await download(s3, bucket, here)).exit).toBe(0);
  expect(await texts()).toEqual({ 'd/new': 'new' });
});
