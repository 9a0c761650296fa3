import { execFile } from 'node:child_process';
import {
  chmod,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { LoggedRequest, PutOptions, S3Request } from '../../dev/s3-server/index.js';
import { processMark } from '../../src/disk/process-mark.js';
import { TargetDirectory } from '../../src/disk/target-directory.js';
import { type ETag, md5Of, multipartETag } from '../../src/model/digest.js';
import { formatIndex, type ObjectEntry, parseIndex } from '../../src/model/digest-index.js';
import type { ObjectKey } from '../../src/model/object-key.js';
import { progressName, resumableName } from '../../src/sync/local-names.js';
import {
  type Changes,
  download,
  inParts,
  memoryIndex,
  type Published,
  publish,
  stepsOf,
} from '../support/engine.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import {
  noise,
  readTree,
  removeTree,
  type TreeContents,
  temporaryDirectory,
  writeTree,
} from '../support/tree.js';

const MIB = 1024 * 1024;
const DELETE = { deletes: { deleteAfter: true } } as const;
const PAGE = 'a page that says the same again and again. '.repeat(100);

let s3: EmbeddedTestServer;
let bucket: string;
/** What is downloaded to. */
let here: string;
/** Beside it, for what a test needs otherwise: nothing of a download may get there. */
let outside: string;

beforeAll(async () => {
  s3 = await embedded();
});
afterAll(() => s3.stop());
beforeEach(async () => {
  bucket = await s3.bucket();
  outside = await temporaryDirectory();
  here = join(outside, 'target');
  await mkdir(here);
  s3.server.log.clear();
});
afterEach(async () => {
  s3.server.faults.clear();
  for (const undo of hooks.splice(0)) undo();
  await removeTree(outside);
});

const hooks: (() => void)[] = [];

async function mkfifo(path: string): Promise<void> {
  await promisify(execFile)('mkfifo', [path]);
}

/** Does `work` once, when the first GET of `name` arrives. */
function whenFetched(name: string, work: () => void | Promise<void>): void {
  let done = false;
  const remove = s3.server.before({ operation: 'GetObject', key: `p/${name}` }, async () => {
    if (done) return;
    done = true;
    await work();
  });
  hooks.push(remove);
}

function put(contents: TreeContents, options: PutOptions = {}): void {
  for (const [name, content] of Object.entries(contents))
    s3.server.putObject(bucket, `p/${name}`, content, options);
}

function replaceAll(contents: TreeContents): void {
  for (const { key } of s3.server.objects(bucket)) s3.server.deleteObject(bucket, key);
  put(contents);
}

/** As `preserve` and s3cmd write it. */
function told(content: string, mode: number, mtime: number): PutOptions {
  const attributes = `md5:${md5Of(Buffer.from(content))}/mode:${mode}/mtime:${mtime}`;
  return { headers: { 'x-amz-meta-s3cmd-attrs': attributes } };
}

function entryOf(index: { readonly bytes: Buffer | undefined }, key: string): ObjectEntry | undefined {
  return parseIndex(index.bytes!).index?.objects.get(key);
}

async function texts(root = here): Promise<Readonly<Record<string, string>>> {
  return Object.fromEntries([...(await readTree(root))].map(([name, bytes]) => [name, bytes.toString()]));
}

/** GETs of this test's bucket: one that an earlier test cut short may be answered late. */
function gets(key?: string): readonly LoggedRequest[] {
  const all = s3.server.log.of('GetObject').filter((request) => request.bucket === bucket);
  return key === undefined ? all : all.filter((request) => request.key === key);
}

function fetches(): number {
  return gets().length;
}

/** Runs, and runs again: everything is right, and there is nothing left to do. */
async function downloaded(changes: Parameters<typeof download>[3] = {}): Promise<Published> {
  s3.server.log.clear();
  const run = await download(s3, bucket, here, changes);
  expect({ exit: run.exit, error: run.report.error }).toEqual({ exit: 0, error: undefined });
  const again = await download(s3, bucket, here, { ...changes, dryRun: true });
  expect({ steps: stepsOf(again), error: again.report.error }).toEqual({ steps: [], error: undefined });
  return run;
}

test('what another run keeps below the target is never deleted', async () => {
  put({ a: 'a', 'x/.s3-dedup-sync/index': 'theirs' });
  await writeTree({ 'x/.s3-dedup-sync/index': 'here', 'x/gone': 'b' }, here);
  await downloaded({ deletes: { deleteAfter: true, maxDelete: { kind: 'none' } } });
  expect(await texts()).toEqual({ a: 'a', 'x/.s3-dedup-sync/index': 'here' });
});

describe('each distinct content is fetched once', () => {
  test('a fresh tree with duplicates and empty files, into a directory that is not there yet', async () => {
    put({ 'a.txt': 'one', 'b/c.txt': 'one', 'd/e/f.css': 'two two', e: '', g: '', 'd/': '' });
    here = join(here, 'not', 'there');
    const run = await download(s3, bucket, here);
    expect(run.exit).toBe(0);
    expect(await texts()).toEqual({ 'a.txt': 'one', 'b/c.txt': 'one', 'd/e/f.css': 'two two', e: '', g: '' });
    expect(run.report.totals).toMatchObject({
      downloaded: { files: 4, bytes: 10 },
      copied: { files: 1, bytes: 3 },
      linked: { files: 0 },
    });
    expect(fetches()).toBe(2);
    for (const name of ['a.txt', 'b/c.txt']) expect((await lstat(join(here, name))).nlink).toBe(1);
  });

  test.each([false, true])(
    'R12: far more directories than are kept open, delay-updates %s',
    async (delayUpdates) => {
      const names = Array.from({ length: 300 }, (_, i) => `d${i % 10}/e${i % 30}/f${i}/file`);
      put(Object.fromEntries(names.map((name, i) => [name, `${i % 100}`])));
      await downloaded({ delayUpdates });
      expect((await readTree(here)).size).toBe(300);
      replaceAll({ one: 'one', [names[0] ?? '']: '0' });
      await downloaded({ delayUpdates, deletes: { deleteAfter: true, maxDelete: { kind: 'none' } } });
      expect((await readdir(here, { recursive: true })).sort()).toEqual([
        'd0',
        'd0/e0',
        'd0/e0/f0',
        'd0/e0/f0/file',
        'one',
      ]);
    },
  );

  test('C8: a second run fetches nothing and asks nothing; the digests of the third come from the index', async () => {
    put({ 'a.txt': 'one', 'b.txt': 'two', 'c.txt': 'other', 'big.bin': noise(9 * MIB) });
    const index = memoryIndex();
    await download(s3, bucket, here, { index });
    s3.server.log.clear();
    await utimes(join(here, 'a.txt'), 1, 1);
    const later = (): number => Date.now() + 60_000;
    const second = await download(s3, bucket, here, { index, now: later });
    expect({ steps: stepsOf(second), counts: s3.server.log.counts }).toEqual({
      steps: [],
      counts: { ListObjectsV2: 1 },
    });
    expect(second.report.totals.unchanged).toEqual({ files: 4, bytes: 11 + 9 * MIB });
    // The file under its name is exchanged, with the time and size that it had: ctime and inode tell.
    const { mtimeMs } = await lstat(join(here, 'c.txt'));
    await writeFile(join(here, 'c.txt'), 'OTHER');
    await utimes(join(here, 'c.txt'), mtimeMs / 1000, mtimeMs / 1000);
    const third = await download(s3, bucket, here, { index, now: later });
    expect(stepsOf(third)).toEqual(['download c.txt done']);
    expect((await texts())['c.txt']).toBe('other');
  });

  test('renamed, moved and duplicated files are copied from where they lie, large ones too', async () => {
    put({ 'new/a.txt': 'one', 'new/big.bin': noise(9 * MIB), 'twin.txt': 'one', 'index.html': 'page' });
    await writeTree({ 'old/a.txt': 'one', 'old/big.bin': noise(9 * MIB), 'index.html': 'page' }, here);
    const run = await downloaded(DELETE);
    expect(fetches()).toBe(0);
    expect(stepsOf(run)).toEqual([
      'copy new/a.txt <- old/a.txt done',
      'copy new/big.bin <- old/big.bin done',
      'copy twin.txt <- old/a.txt done',
      'delete old/a.txt done',
      'delete old/big.bin done',
    ]);
    expect([...(await readTree(here)).keys()].sort()).toEqual([
      'index.html',
      'new/a.txt',
      'new/big.bin',
      'twin.txt',
    ]);
    expect(noise(9 * MIB).equals(await readFile(join(here, 'new/big.bin')))).toBe(true);
    // The directory that was emptied is gone.
    expect((await readdir(here)).sort()).toEqual(['index.html', 'new', 'twin.txt']);
  });

  test.each([false, true])(
    'C1, C2: rotation, swap and a ring of three: nothing but the new is fetched, delay-updates %s',
    async (delayUpdates) => {
      await writeTree(
        { log: 'OLD content', 'log.1': 'OLDER content', a: 'AAAA', b: 'BBBB', x: 'x', y: 'yy', z: 'zzz' },
        here,
      );
      const after = {
        log: 'NEW',
        'log.1': 'OLD content',
        'log.2': 'OLDER content',
        a: 'BBBB',
        b: 'AAAA',
        x: 'yy',
        y: 'zzz',
        z: 'x',
      };
      put(after);
      const run = await downloaded({ delayUpdates });
      expect(await texts()).toEqual(after);
      expect(fetches()).toBe(1);
      expect(run.report.totals).toMatchObject({ downloaded: { files: 1 }, copied: { files: 7 } });
    },
  );

  test.each(['copy', 'reflink', 'link'] as const)(
    'C2: swap and ring with local-duplicates %s',
    async (duplicates) => {
      await writeTree({ a: 'AAAA', b: 'BBBB', x: 'x', y: 'yy', z: 'zzz' }, here);
      put({ a: 'BBBB', b: 'AAAA', c: 'AAAA', x: 'yy', y: 'zzz', z: 'x' });
      await downloaded({ duplicates });
      expect(await texts()).toEqual({ a: 'BBBB', b: 'AAAA', c: 'AAAA', x: 'yy', y: 'zzz', z: 'x' });
      expect(fetches()).toBe(0);
    },
  );

  test.each([false, true])(
    'C17: promotion: latest is what next was, and next is overwritten first, delay-updates %s',
    async (delayUpdates) => {
      await writeTree({ 'next/app': 'version 2', 'latest/app': 'version 1' }, here);
      put({ 'next/app': 'version 3', 'latest/app': 'version 2' });
      await downloaded({ delayUpdates });
      expect(await texts()).toEqual({ 'next/app': 'version 3', 'latest/app': 'version 2' });
      expect(fetches()).toBe(1);
    },
  );

  test('further names are asked for only when their bytes may be encoded ones, each content looked at once', async () => {
    const other = `no ${PAGE}`;
    await writeTree({ here: other }, here);
    put({ a: PAGE, b: PAGE, c: PAGE, moved: other, again: other });
    const page = gzipSync(PAGE);
    put({ 'p.gz': page, 'q.gz': page });
    expect((await download(s3, bucket, here)).exit).toBe(0);
    expect(s3.server.log.of('HeadObject').map(({ key }) => key)).toEqual(['p/q.gz']);
    expect(fetches()).toBe(2);
    expect(await texts()).toMatchObject({ a: PAGE, b: PAGE, c: PAGE, moved: other, again: other });
    expect((await readFile(join(here, 'q.gz'))).equals(page)).toBe(true);
  });

  describe('C15: an object with old metadata beside the ETag of', () => {
    test.each<[string, number, (body: Buffer) => PutOptions]>([
      ['one part', 1000, (body) => ({ etag: multipartETag([md5Of(body)]) })],
      ['parts of a usual size', 9 * MIB, (body) => inParts(body, 8 * MIB, MIB)],
      ['parts of another size', 9 * MIB, (body) => inParts(body, 6 * MIB, 3 * MIB)],
    ])('%s is made of no file that has the old bytes', async (_, size, cut) => {
      const old = noise(size);
      const now = noise(size, 2);
      const headers = { 'x-amz-meta-s3cmd-attrs': `md5:${md5Of(old)}` };
      // Before and after the name that the old bytes have; from a local file, by its own name, and from an object.
      for (const local of ['moved', 'a', undefined]) {
        await removeTree(here);
        await writeTree(local === undefined ? {} : { [local]: old }, here);
        replaceAll({ plain: old });
        put({ a: now, z: now }, { ...cut(now), headers });
        expect((await download(s3, bucket, here)).exit).toBe(0);
        for (const [name, body] of Object.entries({ plain: old, a: now, z: now }))
          expect([local, name, md5Of(await readFile(join(here, name)))]).toEqual([local, name, md5Of(body)]);
      }
    });
  });

  test.each<[string, (body: Buffer) => PutOptions]>([
    ['of a usual size', (body) => inParts(body, 10 * MIB, 2 * MIB)],
    ['of another size', (body) => inParts(body, 7 * MIB, 5 * MIB)],
  ])('one content under a plain ETag and one of parts %s is fetched once', async (_, cut) => {
    const body = noise(12 * MIB);
    const headers = { 'x-amz-meta-s3cmd-attrs': `md5:${md5Of(body)}` };
    put({ a: body }, { headers });
    put({ b: body }, { ...cut(body), headers });
    const run = await downloaded();
    expect(run.report.totals).toMatchObject({ downloaded: { files: 1 }, copied: { files: 1 } });
    expect(await downloaded()).toMatchObject({ report: { steps: [] } });
  });

  test('what delay-updates stored in one part is asked nothing, first or again, and is fetched once', async () => {
    const text = (i: number): string => `${i} of one size`;
    for (let i = 0; i < 4; i++) {
      put({ [`staged${i}`]: text(i) }, { etag: multipartETag([md5Of(Buffer.from(text(i)))]) });
      put({ [`plain${i}`]: text(i) });
    }
    const run = await downloaded();
    expect(run.report.totals).toMatchObject({ downloaded: { files: 4 }, copied: { files: 4 } });
    expect((await downloaded()).report.steps).toEqual([]);
    expect(s3.server.log.of('HeadObject')).toEqual([]);
  });

  test('a source that changed or vanished after it was read is not copied: the object is fetched', async () => {
    await writeTree({ old: 'content', gone: 'vanishing', 'dir/moved': 'led away' }, here);
    put({ first: 'first', second: 'content', third: 'vanishing', fourth: 'led away' });
    await writeTree({ moved: 'LED AWAY' }, join(outside, 'elsewhere'));
    s3.server.before({ operation: 'HeadObject', key: 'p/second' }, () =>
      writeFile(join(here, 'old'), 'CONTENT!'),
    );
    s3.server.before({ operation: 'HeadObject', key: 'p/third' }, () => rm(join(here, 'gone')));
    s3.server.before({ operation: 'HeadObject', key: 'p/fourth' }, async () => {
      await rename(join(here, 'dir'), join(outside, 'was'));
      await symlink(join(outside, 'elsewhere'), join(here, 'dir'));
    });
    const run = await download(s3, bucket, here, { preserve: true });
    expect({ exit: run.exit, steps: [...stepsOf(run)].sort() }).toEqual({
      exit: 0,
      steps: ['download first done', 'download fourth done', 'download second done', 'download third done'],
    });
    expect(await texts()).toMatchObject({ second: 'content', third: 'vanishing', fourth: 'led away' });
    expect((await readdir(here)).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});

describe('hard links', () => {
  test('R3: a target with further names is replaced, never written through', async () => {
    await writeTree({ 'target/a': 'old', twin: 'unused' }, outside);
    await rm(join(outside, 'twin'));
    await link(join(here, 'a'), join(outside, 'twin'));
    put({ a: 'new' });
    await downloaded();
    expect(await texts()).toEqual({ a: 'new' });
    expect(await readFile(join(outside, 'twin'), 'utf8')).toBe('old');
  });

  test('R3: mode and time that change do not reach the twin', async () => {
    await writeTree({ a: 'same' }, here);
    await chmod(join(here, 'a'), 0o644);
    await link(join(here, 'a'), join(outside, 'twin'));
    const before = await lstat(join(outside, 'twin'));
    put({ a: 'same' }, told('same', 0o100755, 1_000_000_000));
    const run = await downloaded({ preserve: true });
    expect(stepsOf(run)).toEqual(['refresh a done']);
    const [a, twin] = await Promise.all([lstat(join(here, 'a')), lstat(join(outside, 'twin'))]);
    expect([a.mode & 0o777, a.mtimeMs, a.nlink]).toEqual([0o755, 1e12, 1]);
    expect([twin.mode & 0o777, twin.mtimeMs]).toEqual([before.mode & 0o777, before.mtimeMs]);
  });

  test('R3: a copy has its own mode and time, not those of its twin', async () => {
    const umask = process.umask();
    put({ 'bin/run': '#!' }, told('#!', 0o100755, 1_000_000_000));
    put({ notes: '#!' }, told('#!', 0o100640, 1_100_000_000));
    put({ unsaid: '#!' });
    await downloaded({ preserve: true });
    const at = async (name: string): Promise<readonly number[]> => {
      const { mode, mtimeMs, nlink } = await lstat(join(here, name));
      return [mode & 0o777, Math.floor(mtimeMs / 1000), nlink];
    };
    expect(await at('bin/run')).toEqual([0o755, 1_000_000_000, 1]);
    expect(await at('notes')).toEqual([0o640, 1_100_000_000, 1]);
    expect((await at('unsaid'))[0]).toBe(0o666 & ~umask);
    expect(fetches()).toBe(1);
  });

  test('a copy has the mode of a new file where a default ACL of its directory says another than the umask', async () => {
    const entries = '(1,7,-1),(4,5,-1),(8,7,1234),(16,7,-1),(32,5,-1)';
    const acl = `struct.pack('<I',2)+b''.join(struct.pack('<HHi',*e) for e in (${entries}))`;
    const set = `import os,struct; os.setxattr('${here}','system.posix_acl_default',${acl})`;
    const hasAcls = await promisify(execFile)('python3', ['-c', set]).then(
      () => true,
      () => false,
    );
    if (!hasAcls) return;
    put({ a: 'same', b: 'same', 'deep/c': 'same', d: 'else' });
    await downloaded();
    const modes = await Promise.all(['a', 'b', 'deep/c', 'd'].map((name) => lstat(join(here, name))));
    expect(modes.map(({ mode }) => mode & 0o777)).toEqual([0o664, 0o664, 0o664, 0o664]);
  });

  test('a copy takes no mode from a file that somebody made executable here', async () => {
    await writeTree({ tool: '#!' }, here);
    await chmod(join(here, 'tool'), 0o4755);
    put({ notes: '#!' });
    await downloaded({ preserve: true });
    expect((await lstat(join(here, 'notes'))).mode & 0o7777).toBe(0o666 & ~process.umask());
  });

  test('local-duplicates link: where mode and time agree; empty files are never linked', async () => {
    put({ a: 'same', b: 'same', e: '', f: '' }, told('same', 0o100644, 1_000_000_000));
    put({ c: 'same' }, told('same', 0o100600, 1_000_000_000));
    put({ d: 'same' }, told('same', 0o100644, 1_000_000_001));
    const run = await downloaded({ duplicates: 'link', preserve: true });
    const stats = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => lstat(join(here, name))));
    expect(stats.map(({ nlink }) => nlink)).toEqual([2, 2, 1, 1, 1, 1]);
    expect(stats[0]?.ino).toBe(stats[1]?.ino);
    expect(run.report.totals).toMatchObject({
      downloaded: { files: 3 },
      linked: { files: 1, bytes: 4 },
      copied: { files: 2, bytes: 8 },
    });
  });

  test('local-duplicates link: an object that says no mode is not linked to a file of another one than it would get', async () => {
    await writeTree({ tool: '#!', own: 'of its owner' }, here);
    await chmod(join(here, 'tool'), 0o4755);
    await chmod(join(here, 'own'), 0o4000 | (0o666 & ~process.umask()));
    put({ notes: '#!', further: 'of its owner' });
    put({ run: 'of one object' }, told('of one object', 0o100700, 1_000_000_000));
    put({ unsaid: 'of one object' });
    await downloaded({ duplicates: 'link', preserve: true });
    for (const name of ['notes', 'further', 'unsaid']) {
      const { mode, nlink } = await lstat(join(here, name));
      expect([name, mode & 0o7777, nlink]).toEqual([name, 0o666 & ~process.umask(), 1]);
    }
  });

  test('local-duplicates link: a file that lay there is linked to, and parts again when one of them changes', async () => {
    await writeTree({ old: 'content' }, here);
    put({ 'deep/new': 'content', old: 'content' });
    await downloaded({ duplicates: 'link' });
    expect((await lstat(join(here, 'old'))).nlink).toBe(2);
    put({ old: 'changed' });
    await downloaded({ duplicates: 'link' });
    expect(await texts()).toEqual({ old: 'changed', 'deep/new': 'content' });
    expect((await lstat(join(here, 'old'))).nlink).toBe(1);
  });

  test('R3, local-duplicates link: a file that got a further name in this run is parted from it, not changed for both', async () => {
    await writeTree({ old: 'content' }, here);
    await chmod(join(here, 'old'), 0o600);
    await utimes(join(here, 'old'), 1_000_000_000, 1_000_000_000);
    put({ new: 'content' }, told('content', 0o100600, 1_000_000_000));
    put({ old: 'content' }, told('content', 0o100644, 1_100_000_000));
    const run = await downloaded({ duplicates: 'link', preserve: true });
    expect(stepsOf(run)).toEqual(['link new <- old done', 'refresh old done']);
    const [one, other] = await Promise.all([lstat(join(here, 'new')), lstat(join(here, 'old'))]);
    expect([one.mode & 0o777, one.mtimeMs, one.nlink]).toEqual([0o600, 1e12, 1]);
    expect([other.mode & 0o777, other.mtimeMs, other.nlink]).toEqual([0o644, 11e11, 1]);
  });

  test.each(['copy', 'link'] as const)(
    'what got its mode and time in this run can be had from here: %s',
    async (duplicates) => {
      const page = gzipSync(PAGE);
      const encoded = {
        'content-encoding': 'gzip',
        'x-amz-meta-s3ds-source': `md5:${md5Of(Buffer.from(PAGE))}/size:${PAGE.length}/encoding:gzip`,
        'x-amz-meta-s3cmd-attrs': `md5:${md5Of(page)}/mode:33188/mtime:1000000000`,
      };
      await writeTree(
        { had: 'content', changed: 'other', 'had.html': PAGE, 'changed.html': `no ${PAGE}` },
        here,
      );
      put({ had: 'content', changed: 'content' }, told('content', 0o100644, 1_000_000_000));
      put({ 'had.html': page, 'changed.html': page }, { headers: encoded });
      const run = await downloaded({ duplicates, preserve: true });
      expect(stepsOf(run)).toEqual([
        'refresh had done',
        `${duplicates} changed <- had done`,
        'refresh had.html done',
        `${duplicates} changed.html <- had.html done`,
      ]);
      expect(fetches()).toBe(0);
      expect(await texts()).toEqual({
        had: 'content',
        changed: 'content',
        'had.html': PAGE,
        'changed.html': PAGE,
      });
      for (const name of ['had', 'changed', 'had.html', 'changed.html']) {
        const { mode, mtimeMs } = await lstat(join(here, name));
        expect([name, mode & 0o777, mtimeMs]).toEqual([name, 0o644, 1e12]);
      }
    },
  );

  test('mode and time: of s3cmd, of rclone, never set-uid, before 1970 too', async () => {
    put({ a: 'a' }, told('a', 0o106755, 1_000_000_000));
    put({ b: 'b' }, { headers: { 'x-amz-meta-mtime': '1700000000.123456789' } });
    put({ c: 'c' }, { headers: { 'x-amz-meta-mtime': '-1.5' } });
    put(
      { d: 'd' },
      { headers: { 'x-amz-meta-s3cmd-attrs': 'mode:x/mtime:1e99', 'x-amz-meta-mtime': 'NaN' } },
    );
    put({ e: '' }, told('', 0o100600, 1_000_000_000));
    // 2286, more nanoseconds than 63 bits hold.
    put({ far: 'far' }, told('far', 0o100644, 9_999_999_999));
    await downloaded({ preserve: true });
    expect(await downloaded({ preserve: true })).toMatchObject({ report: { steps: [] } });
    put({ far: 'new' });
    await downloaded({ preserve: true });
    expect((await texts()).far).toBe('new');
    const a = await lstat(join(here, 'a'));
    expect([a.mode & 0o7777, a.mtimeMs]).toEqual([0o755, 1e12]);
    expect(Math.floor((await lstat(join(here, 'b'))).mtimeMs)).toBe(1_700_000_000_123);
    expect((await lstat(join(here, 'c'))).mtimeMs).toBe(-1500);
    expect((await lstat(join(here, 'e'))).mode & 0o777).toBe(0o600);
  });
});

describe('what is deleted', () => {
  test('D1: a source without objects writes and deletes nothing', async () => {
    await writeTree({ a: 'a' }, here);
    const refused = await download(s3, bucket, here, DELETE);
    expect(refused).toMatchObject({ exit: 4, report: { error: { code: 'no-files-found' } } });
    const warned = await download(s3, bucket, here, { ...DELETE, tree: { ifNoFilesFound: 'warn' } });
    expect(warned.exit).toBe(0);
    s3.server.putObject(bucket, 'p/marker/', '');
    const marker = await download(s3, bucket, here, {
      ...DELETE,
      deletes: { deleteAfter: true, maxDelete: { kind: 'none' } },
    });
    expect({ exit: marker.exit, steps: stepsOf(marker) }).toEqual({ exit: 0, steps: [] });
    expect(await texts()).toEqual({ a: 'a' });
    put({ b: 'b', 'c/d': 'd' });
    const excluded = await download(s3, bucket, here, { ...DELETE, tree: { excludes: ['*'] } });
    expect(excluded.report.error?.message).toMatch(
      /^no objects were found under s3:\/\/\S+, but for what is excluded by "\*": nothing .*; check the source and excludes/,
    );
  });

  test('nothing to download, and a target that is not there: nothing is made', async () => {
    const at = join(here, 'absent');
    const run = await download(s3, bucket, at, { tree: { ifNoFilesFound: 'ignore' } });
    expect({ exit: run.exit, error: run.report.error }).toEqual({ exit: 0, error: undefined });
    expect(await readdir(here)).toEqual([]);
  });

  test('D5: excluded files stay, and excluded objects are not fetched', async () => {
    put({ a: 'a', 'b.log': 'remote', 'cache/x': 'remote', same: 'same' });
    await writeTree({ same: 'same', 'here.log': 'local', 'cache/y': 'local', gone: 'gone' }, here);
    const run = await downloaded({ ...DELETE, tree: { excludes: ['*.log', 'cache/'] } });
    expect(await texts()).toEqual({ a: 'a', same: 'same', 'here.log': 'local', 'cache/y': 'local' });
    expect(stepsOf(run)).toEqual(['download a done', 'delete gone done']);
  });

  test('D5: an exclude is told that neither an object nor a file was excluded by', async () => {
    put({ a: 'a', 'b.log': 'remote' });
    await writeTree({ a: 'a', 'cache/y': 'local', gone: 'gone' }, here);
    const excludes = ['*.log', 'cache/', '*.none', './kept', 'not/here'];
    const run = await downloaded({ ...DELETE, tree: { excludes } });
    expect(run.messages).toEqual([
      expect.stringMatching(
        /^excludes: nothing is kept back by ".\/kept" \(write "\/kept"\), "not\/here": no /,
      ),
      expect.stringMatching(/^excludes: nothing is kept back by "\*\.none": no /),
    ]);
  });

  test('D8, D11: above the limit nothing at all is written', async () => {
    put({ same: 'same', fresh: 'fresh' });
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`f${i}`, `${i}`]));
    await writeTree({ ...many, same: 'same' }, here);
    const run = await download(s3, bucket, here, DELETE);
    expect(run).toMatchObject({ exit: 4, report: { error: { code: 'too-many-deletions' } } });
    expect(await texts()).toEqual({ ...many, same: 'same' });
    const allowed = await downloaded({
      deletes: { deleteAfter: true, maxDelete: { kind: 'count', count: 30 } },
    });
    expect(allowed.report.totals).toMatchObject({ deleted: { files: 30 }, downloaded: { files: 1 } });
    expect(await texts()).toEqual({ same: 'same', fresh: 'fresh' });
  });

  test('D14: a directory that shares nothing with the source is refused', async () => {
    put({ a: 'a' });
    await writeTree({ 'my/work': 'years of it' }, here);
    const run = await download(s3, bucket, here, DELETE);
    expect(run).toMatchObject({ exit: 4, report: { error: { code: 'unrelated-destination' } } });
    expect(await texts()).toEqual({ 'my/work': 'years of it' });
  });

  test('D6: after a failed download nothing is deleted', async () => {
    put({ same: 'same', fails: 'fails' });
    await writeTree({ same: 'same', gone: 'gone' }, here);
    s3.server.faults.add({
      match: { operation: 'GetObject' },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    const run = await download(s3, bucket, here, DELETE);
    expect({ exit: run.exit, steps: stepsOf(run) }).toEqual({
      exit: 1,
      steps: ['download fails failed', 'delete gone skipped'],
    });
    expect(await texts()).toEqual({ same: 'same', gone: 'gone' });
  });

  test('D2, D9: a listing that fails and a directory here that cannot be read delete nothing', async () => {
    put({ same: 'same' });
    await writeTree({ same: 'same', gone: 'gone' }, here);
    s3.server.faults.add({
      match: { operation: 'ListObjectsV2' },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    const run = await download(s3, bucket, here, DELETE);
    expect(run.exit).toBe(1);
    expect(run.report.error?.message).toMatch(`s3://${bucket}/p/: ListObjectsV2 was denied`);
    expect(await texts()).toEqual({ same: 'same', gone: 'gone' });
  });

  test.each([
    ['the root', () => '/'],
    ['the home', () => homedir()],
    ['what the home lies in', () => dirname(homedir())],
    ['a link to the home', () => join(outside, 'link')],
  ])(
    'D11: nothing is deleted in %s, which is refused before anything is walked or listed',
    async (_, target) => {
      await symlink(homedir(), join(outside, 'link'));
      put({ 's3ds-test/of-a-test': 'never written' });
      const tree = { excludes: ['*', '!/s3ds-test', '!/s3ds-test/*'] };
      const run = await download(s3, bucket, target(), { ...DELETE, tree, dryRun: true });
      expect(run).toMatchObject({ exit: 4, report: { error: { code: 'unrelated-destination' } } });
      expect(run.report.error?.message).toContain('name a directory of its own');
      expect([run.report.phases, s3.server.log.of('ListObjectsV2')]).toEqual([{}, []]);
      expect(await download(s3, bucket, target(), { tree, dryRun: true })).toMatchObject({ exit: 0 });
    },
  );

  test('unfinished downloads of others stay while files beside them are deleted', async () => {
    put({ big: noise(9 * MIB), same: 'same' });
    const denied = s3.server.faults.add({
      match: { operation: 'GetObject', key: 'p/big' },
      nth: 2,
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    expect((await download(s3, bucket, here)).exit).toBe(1);
    denied.remove();
    const left = (await readdir(here)).filter((name) => name.endsWith('.part'));
    expect(left).toHaveLength(1);
    await writeTree({ same: 'same', gone: 'gone' }, here);
    replaceAll({ same: 'same' });
    await downloaded(DELETE);
    expect((await readdir(here)).filter((name) => !name.endsWith('.done')).sort()).toEqual(
      [...left, 'same'].sort(),
    );
  });

  test('unfinished files go when their run has ended, or a day later where nobody can know; one that runs keeps its', async () => {
    if (process.platform !== 'linux') return;
    const mark = processMark();
    const [place, pid] = mark.split('.');
    const name = (letter: string, mark: string): string => `.s3ds-${letter.repeat(24)}.${mark}.part`;
    const ended = name('a', `${place}.${pid}.1`);
    const elsewhere = name('b', `${'f'.repeat(12)}.${pid}.1`);
    const runs = name('c', mark);
    put({ same: 'same' });
    await writeTree({ same: 'same', [ended]: 'x', [`d/${elsewhere}`]: 'x', [runs]: 'x' }, here);
    const dry = await download(s3, bucket, here, { dryRun: true });
    expect([Object.keys(await texts()).length, dry.messages]).toEqual([4, []]);
    const run = await download(s3, bucket, here, DELETE);
    expect(Object.keys(await texts()).sort()).toEqual([runs, `d/${elsewhere}`, 'same']);
    expect(run.messages).toEqual([
      '1 unfinished file (1 MiB) of interrupted downloads removed',
      `2 unfinished files (1 MiB) of other downloads, which may still go on, left in ${here}: a download removes them once their run has ended, or a day after they were last written to`,
    ]);
    await download(s3, bucket, here, { now: () => Date.now() + 25 * 3_600_000 });
    expect(Object.keys(await texts()).sort()).toEqual([runs, 'same']);
  });

  test('an unfinished large file whose bytes now come from this disk goes when its runs have ended, or a day later', async () => {
    if (process.platform !== 'linux') return;
    const big = noise(9 * MIB);
    const mark = processMark();
    const [place, pid] = mark.split('.');
    const ended = `${place}.${pid}.1`;
    const elsewhere = `${'f'.repeat(12)}.${pid}.1`;
    const marks: Readonly<Record<string, readonly string[]>> = {
      ended: [ended, ended],
      runs: [ended, mark],
      elsewhere: [ended, elsewhere],
    };
    put({ a: big, ...Object.fromEntries(Object.keys(marks).map((name) => [name, big])) });
    const partials: Record<string, string> = {};
    for (const [name, lines] of Object.entries(marks)) {
      const key = `p/${name}` as ObjectKey;
      const etag = md5Of(big) as string as ETag;
      const partial = resumableName(name, { key, etag, size: big.length, lastModified: 0 });
      partials[name] = partial;
      await writeTree({ [partial]: big, [progressName(partial)]: [...lines, '0', ''].join('\n') }, here);
    }
    await writeTree({ a: big }, here);
    const run = await downloaded({});
    expect(run.report.totals.copied.files).toBe(3);
    const left = async (): Promise<readonly string[]> =>
      (await readdir(here)).filter((name) => name.startsWith('.s3ds-')).sort();
    const both = (name: string): readonly string[] => [partials[name]!, progressName(partials[name]!)];
    expect(await left()).toEqual([...both('runs'), ...both('elsewhere')].sort());
    expect(run.messages).toEqual([
      '1 unfinished file (9 MiB) of interrupted downloads removed',
      expect.stringMatching(/^2 unfinished files \(18 MiB\) of other downloads, which may still go on/),
    ]);
    await download(s3, bucket, here, { now: () => Date.now() + 25 * 3_600_000 });
    expect(await left()).toEqual([]);
  });

  test('cancelled: what arrived is known to the index', async () => {
    put({ a: 'one', b: 'two', c: 'three' });
    const stop = new AbortController();
    const index = memoryIndex();
    whenFetched('b', () => stop.abort(new Error('a test stops it')));
    const connection = { concurrency: 1 };
    const run = await download(s3, bucket, here, { index, connection, signal: stop.signal });
    expect(run.exit).not.toBe(0);
    // What is in flight ends.
    expect(await texts()).toEqual({ a: 'one', b: 'two' });
    const known = [...parseIndex(index.bytes!).index!.files.values()].map(({ md5 }) => md5);
    expect(known.sort()).toEqual(['one', 'two'].map((text) => md5Of(Buffer.from(text))).sort());
  });

  test.each<readonly [string, (partial: string) => Promise<void>]>([
    ['of another size', (partial) => truncate(partial, 9 * MIB - 1)],
    ['that may not be written to', (partial) => chmod(partial, 0o444)],
  ])('an unfinished file %s is not gone on with', async (_, change) => {
    const big = noise(9 * MIB);
    put({ big });
    const denied = s3.server.faults.add({
      match: { operation: 'GetObject', key: 'p/big' },
      nth: 2,
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    await download(s3, bucket, here);
    denied.remove();
    const partial = (await readdir(here)).find((name) => name.endsWith('.part')) ?? '';
    await change(join(here, partial));
    s3.server.log.clear();
    expect((await download(s3, bucket, here)).exit).toBe(0);
    expect(fetches()).toBe(2);
    expect((await readFile(join(here, 'big'))).equals(big)).toBe(true);
    expect(await readdir(here)).toEqual(['big']);
  });

  test('directories that were emptied go, and no others', async () => {
    put({ same: 'same' });
    await writeTree({ same: 'same', 'a/b/c/gone': '1', 'd/gone': '2', 'd/keep.log': 'kept' }, here);
    await mkdir(join(here, 'empty/already'), { recursive: true });
    await downloaded({ ...DELETE, tree: { excludes: ['*.log'] } });
    expect((await readdir(here, { recursive: true })).sort()).toEqual([
      'd',
      'd/keep.log',
      'empty',
      'empty/already',
      'same',
    ]);
  });

  test('a file that changed after it was met is not deleted; one that is gone already is', async () => {
    put({ same: 'same', fresh: 'fresh' });
    await writeTree({ same: 'same', changed: 'old', 'dir/gone': 'gone', plain: 'plain' }, here);
    whenFetched('fresh', async () => {
      await writeFile(join(here, 'changed'), 'somebody worked on it');
      await rm(join(here, 'dir'), { recursive: true });
    });
    const run = await download(s3, bucket, here, DELETE);
    expect({ exit: run.exit, steps: stepsOf(run) }).toEqual({
      exit: 5,
      steps: ['download fresh done', 'delete changed failed', 'delete dir/gone done', 'delete plain done'],
    });
    expect(await texts()).toEqual({ same: 'same', fresh: 'fresh', changed: 'somebody worked on it' });
  });

  test('a file that vanishes before it was compared fails the run in words of a download', async () => {
    put({ empty: '', same: 'same' });
    await writeTree({ empty: 'not yet', same: 'same' }, here);
    // Asked for when the files were found, before they are read.
    hooks.push(s3.server.before({ operation: 'HeadObject', key: 'p/empty' }, () => rm(join(here, 'same'))));
    const run = await download(s3, bucket, here);
    expect(run).toMatchObject({ exit: 1, report: { error: { code: 'file-vanished' } } });
    expect(run.report.error?.message).toBe(
      'same: the file vanished during the run: run again when nothing moves or deletes it',
    );
    expect(await texts()).toEqual({ empty: 'not yet' });
  });

  test('D15: retain that keeps nothing refuses where it was to keep something, and is told where not', async () => {
    put({ same: 'same' });
    const tree = { same: 'same', 'keep/x': 'x', gone: 'gone' };
    await writeTree(tree, here);
    for (const dryRun of [true, false]) {
      const deletes = { deleteAfter: true, retain: [`${basename(here)}/keep/`] };
      const run = await download(s3, bucket, here, { deletes, dryRun });
      expect(run).toMatchObject({ exit: 4, report: { error: { code: 'pattern-without-match' } } });
      expect(run.report.error?.message).toContain('(write "/keep/"), and what it was to keep');
    }
    expect(await texts()).toEqual(tree);
    const run = await downloaded({ deletes: { deleteAfter: true, retain: ['/keep/', './none', '/same'] } });
    expect(run.messages).toEqual([
      expect.stringMatching(/^retain: nothing is kept back by ".\/none" \(write "\/none"\): no /),
    ]);
    expect(await texts()).toEqual({ same: 'same', 'keep/x': 'x' });
  });

  test('retained files stay', async () => {
    put({ same: 'same' });
    await writeTree({ same: 'same', 'kept.db': 'db', gone: 'gone' }, here);
    await downloaded({ deletes: { deleteAfter: true, retain: ['*.db'] } });
    expect(await texts()).toEqual({ same: 'same', 'kept.db': 'db' });
  });
});

describe('R2: names', () => {
  const LONG = 'x'.repeat(256);
  test.each([
    ['../x', 'has .. as a directory name'],
    ['a/../x', 'has .. as a directory name'],
    ['..', 'has .. as a directory name'],
    ['.', 'has . as a directory name'],
    ['./a', 'has . as a directory name'],
    ['/x', 'is an absolute path'],
    ['a//b', 'has an empty directory name'],
    ['a/', 'ends at a slash and is not empty'],
    ['a\0b', 'has a NUL'],
    [LONG, 'has a part of 256 bytes'],
    ['é'.repeat(128), 'has a part of 256 bytes'],
    ['.s3ds-0123456789abcdef01234567.part', 'is a name that unfinished downloads have'],
    ['a/.s3ds-0123456789abcdef01234567.done', 'is a name that unfinished downloads have'],
  ])('%j is refused by name, and nothing is written', async (name, why) => {
    put({ fine: 'fine', [name]: 'evil' });
    const run = await download(s3, bucket, here);
    expect(run).toMatchObject({ exit: 4, report: { error: { code: 'unsafe-name' } } });
    expect(run.report.error?.message).toContain(why);
    expect(run.report.error?.message).not.toMatch(/[\n\0]/);
    expect(await readdir(here)).toEqual([]);
    expect(await readdir(outside)).toEqual(['target']);
    expect(fetches()).toBe(0);
    const without = await download(s3, bucket, here, {
      tree: { excludes: [name === LONG ? 'x*' : 'a*', 'é*', '.*', '/x', 'x'] },
    });
    expect(without.report.error?.code === 'unsafe-name' || (await texts()).fine === 'fine').toBe(true);
  });

  test('what looks odd and is a file is one: control characters, backslashes, escapes, long keys', async () => {
    const deep = `${'d'.repeat(200)}/`.repeat(5) + 'e'.repeat(17);
    expect(Buffer.byteLength(`p/${deep}`)).toBe(1024);
    const names = [
      'a\nb',
      'a\rb',
      '\r\n',
      'tab\t',
      '%2e%2e/x',
      '%00',
      'back\\slash',
      '..\\up',
      '...',
      '..a',
      'a..',
      '~',
      '-rf',
      ' ',
      'a ',
      'C:',
      'con',
      '\u0001\u001f\u007f',
      'é',
      'e\u0301',
      '🎉',
      deep,
      '"quoted"',
      "'",
      '&amp;',
      '<b>',
      '::error::x',
      '\u2028',
      '\ufeffbom',
      '*',
      '?',
      '[a]',
      'x'.repeat(255),
    ];
    const contents = Object.fromEntries(names.map((name, i) => [name, `content ${i}`]));
    put(contents);
    await downloaded();
    expect(await texts()).toEqual(contents);
  });

  test('all that cannot be files are named in one line', async () => {
    put({ '../a': '1', '/b': '2', c: '3', 'c/d': '4', 'e//f': '5' });
    const run = await download(s3, bucket, here);
    expect(run.exit).toBe(4);
    expect(run.report.error?.message).toMatch(/^4 objects cannot be files there: /);
    expect(run.report.error?.message).toContain("'c/d' lies below 'c', which is a file too");
    expect(await readdir(here)).toEqual([]);
  });

  test('an object that is a file and a directory; a file here where a directory is due, and the reverse', async () => {
    put({ 'a/b': 'b' });
    await writeTree({ a: 'a file' }, here);
    const file = await download(s3, bucket, here, DELETE);
    expect(file).toMatchObject({ exit: 4, report: { error: { code: 'in-the-way' } } });
    expect(await texts()).toEqual({ a: 'a file' });
    replaceAll({ d: 'd' });
    await rm(join(here, 'a'));
    await writeTree({ 'd/inside': 'inside' }, here);
    const directory = await download(s3, bucket, here, DELETE);
    expect(directory).toMatchObject({ exit: 4, report: { error: { code: 'in-the-way' } } });
    expect(await texts()).toEqual({ 'd/inside': 'inside' });
    await rm(join(here, 'd/inside'));
    expect(await download(s3, bucket, here)).toMatchObject({ exit: 4 });
    // Excluded, so nobody looked into it.
    await writeTree({ 'd/inside': 'inside' }, here);
    const hidden = await download(s3, bucket, here, { tree: { excludes: ['d/'] } });
    expect(hidden).toMatchObject({
      exit: 1,
      report: { steps: [{ key: 'd', error: { code: 'in-the-way' } }] },
    });
    expect(await texts()).toEqual({ 'd/inside': 'inside' });
  });

  test('R10: a file system that takes two spellings for one name, and shows it when it is written to', async () => {
    await writeTree({ README: 'old' }, here);
    put({ readme: 'new', a: 'one', A: 'two' });
    const folds = jest.spyOn(TargetDirectory.prototype, 'foldsCase').mockResolvedValue(true);
    hooks.push(() => folds.mockRestore());
    const run = await download(s3, bucket, here, { overwrite: 'always' });
    expect(run).toMatchObject({ exit: 4, report: { error: { code: 'key-collision' } } });
    expect(run.report.error?.message).toContain("'a' and 'A' are one name on this file system");
    expect(run.report.error?.message).toContain("'readme' is one name with 'README', which is there");
    expect(await texts()).toEqual({ README: 'old' });
  });

  test('R10: on such a file system, names that differ in more than case are files as on any other', async () => {
    await writeTree({ README: 'old' }, here);
    put({ README: 'new', a: 'one', b: 'two' });
    const folds = jest.spyOn(TargetDirectory.prototype, 'foldsCase').mockResolvedValue(true);
    hooks.push(() => folds.mockRestore());
    expect((await download(s3, bucket, here)).exit).toBe(0);
    expect(await texts()).toEqual({ README: 'new', a: 'one', b: 'two' });
  });

  test('R3: a link to a file that this run made is replaced with overwrite always, not written through', async () => {
    put({ a: 'one', b: 'two' });
    whenFetched('b', () => link(join(here, 'a'), join(here, 'b')));
    const run = await download(s3, bucket, here, { overwrite: 'always', connection: { concurrency: 1 } });
    expect(run.exit).toBe(0);
    expect(await texts()).toEqual({ a: 'one', b: 'two' });
  });

  test.each(['if-unchanged', 'always'] as const)(
    'a twin that another run has linked meanwhile is done, overwrite %s',
    async (overwrite) => {
      await writeTree({ a: 'same' }, here);
      put({ b: 'same', last: 'l' });
      whenFetched('last', () => link(join(here, 'a'), join(here, 'b')));
      const fetched = s3.server.before({ operation: 'HeadObject', key: 'p/b' }, () =>
        until(() => gets('p/last').length > 0),
      );
      hooks.push(fetched);
      const run = await download(s3, bucket, here, { overwrite, duplicates: 'link' });
      expect(run.exit).toBe(0);
      expect(await texts()).toEqual({ a: 'same', b: 'same', last: 'l' });
    },
  );

  test('R16: .git is neither fetched nor deleted without include-git', async () => {
    put({ a: 'a', '.git/hooks/post-checkout': 'evil', 'sub/.git/config': 'evil', '.GIT/x': 'evil' });
    await writeTree({ '.git/HEAD': 'ref', a: 'a' }, here);
    await downloaded(DELETE);
    expect(await texts()).toEqual({ a: 'a', '.git/HEAD': 'ref', '.GIT/x': 'evil' });
    await download(s3, bucket, here, { tree: { includeGit: true } });
    expect((await texts())['.git/hooks/post-checkout']).toBe('evil');
  });

  test('our own objects are no files', async () => {
    put({ a: 'a', '.s3-dedup-sync/lock': 'lock', '.s3-dedup-sync/index': 'index' });
    await downloaded();
    expect(await texts()).toEqual({ a: 'a' });
  });

  test('links and special files in the target are refused where a file is due, else left alone', async () => {
    await writeTree({ secret: 'secret', 'away/x': 'x' }, outside);
    put({ file: 'new', 'dir/x': 'new x' });
    await symlink(join(outside, 'secret'), join(here, 'file'));
    const link1 = await download(s3, bucket, here);
    expect(link1).toMatchObject({ exit: 4, report: { error: { code: 'in-the-way' } } });
    await rm(join(here, 'file'));
    await symlink(join(outside, 'away'), join(here, 'dir'));
    expect(await download(s3, bucket, here)).toMatchObject({
      exit: 4,
      report: { error: { code: 'in-the-way' } },
    });
    await rm(join(here, 'dir'));
    await symlink('nowhere', join(here, 'file'));
    expect(await download(s3, bucket, here)).toMatchObject({ exit: 4 });
    await rm(join(here, 'file'));
    await mkfifo(join(here, 'file'));
    expect(await download(s3, bucket, here)).toMatchObject({ exit: 4 });
    await rm(join(here, 'file'));
    await symlink(join(outside, 'away'), join(here, 'beside'));
    await downloaded({ deletes: { deleteAfter: true, maxDelete: { kind: 'none' } } });
    expect(await texts()).toEqual({ file: 'new', 'dir/x': 'new x' });
    expect((await lstat(join(here, 'beside'))).isSymbolicLink()).toBe(true);
    expect(await texts(join(outside, 'away'))).toEqual({ x: 'x' });
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
  });

  test('a target that is a link to nothing is refused as what it is', async () => {
    put({ a: 'a' });
    await symlink('nothing', join(outside, 'broken'));
    const run = await download(s3, bucket, join(outside, 'broken'));
    expect(run).toMatchObject({ exit: 2, report: { error: { code: 'usage' } } });
    expect(run.report.error?.message).toContain('it is no directory');
    expect(await readdir(outside)).toEqual(['broken', 'target']);
  });

  test.each<readonly [string, string, number, string, (path: string) => Promise<unknown>]>([
    ['a file', 'at', 2, ' was given as the directory', (path) => writeFile(path, 'a file')],
    [
      'below a file',
      'at/a/b',
      2,
      ' was given as the directory',
      () => writeFile(join(outside, 'at'), 'file'),
    ],
    ['a ring of links', 'at', 4, ' cannot be looked at (ELOOP)', (path) => symlink(path, path)],
    [
      'below a link to nothing',
      'at/below',
      4,
      "' cannot be made (ENOENT): nothing was written; make it, or name another one",
      () => symlink('nothing', join(outside, 'at')),
    ],
  ])('a target that is %s is refused as what it is', async (_, name, exit, told, make) => {
    put({ a: 'a' });
    const target = join(outside, name);
    await make(target);
    const run = await download(s3, bucket, target);
    expect(run.exit).toBe(exit);
    expect(run.report.error?.message).toContain(`${target}${told}`);
    expect((await readdir(outside)).sort()).toEqual(['at', 'target']);
  });

  test.each([
    ['42', '42'],
    ['Mixed', 'mixed'],
    ['UPPER', 'upper'],
    ['lower', 'LOWER'],
  ])('R10: what differs in case is two files beside a directory that does: %s, %s', async (name, other) => {
    await mkdir(join(outside, name));
    await mkdir(join(outside, other), { recursive: true });
    const folds = (await readdir(outside)).length < (name === other ? 2 : 3);
    put({ a: 'one', A: 'two' });
    const run = await download(s3, bucket, join(outside, name));
    expect(run.exit).toBe(folds || process.platform === 'darwin' ? 4 : 0);
    if (run.exit === 0) expect(await texts(join(outside, name))).toEqual({ a: 'one', A: 'two' });
  });

  test('the target itself may be a link: whoever names it means what it leads to', async () => {
    put({ 'a/b': 'b' });
    await symlink(here, join(outside, 'link'));
    const run = await download(s3, bucket, join(outside, 'link'));
    expect(run.exit).toBe(0);
    expect(await texts()).toEqual({ 'a/b': 'b' });
    expect(stepsOf(await download(s3, bucket, join(outside, 'link'), DELETE))).toEqual([]);
  });

  test.each(['small', 'medium', 'large'] as const)(
    'a link planted during the run leads nowhere: %s',
    async (size) => {
      const content = { small: 'new', medium: noise(2 * MIB), large: noise(9 * MIB) }[size];
      await writeTree({ 'away/x': 'x', 'away/file': 'theirs', secret: 'secret' }, outside);
      await writeTree({ 'met/file': 'old' }, here);
      put({ 'met/file': content, 'fresh/deep/x': content, plain: content, zz: 'zz' });
      let planted = false;
      hooks.push(
        s3.server.before({ operation: 'GetObject' }, async () => {
          if (planted) return;
          planted = true;
          await rename(join(here, 'met'), join(outside, 'was met'));
          await symlink(join(outside, 'away'), join(here, 'met'));
          await symlink(join(outside, 'away'), join(here, 'fresh')).catch(() => undefined);
          await symlink(join(outside, 'secret'), join(here, 'plain'));
        }),
      );
      const run = await download(s3, bucket, here, { connection: { concurrency: 1 }, overwrite: 'always' });
      expect(run.exit).not.toBe(0);
      expect(await texts(join(outside, 'away'))).toEqual({ x: 'x', file: 'theirs' });
      expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
      const all = [...(await readTree(outside)).keys()].filter((name) => name.includes('.s3ds-'));
      if (size !== 'large') expect(all).toEqual([]);
    },
  );
});

describe('what publishing made of files', () => {
  const compress = (encoding: 'gzip' | 'br', pattern = '*.html'): Changes => ({
    site: { compress: [{ pattern, encoding }] },
  });
  let from: string;
  beforeEach(async () => {
    from = join(outside, 'from');
    await mkdir(from);
  });

  /** As `compress` stores it. */
  function encoded(content: Buffer, encoding: 'gzip' | 'br') {
    const parameters = { [constants.BROTLI_PARAM_QUALITY]: 1 };
    const body =
      encoding === 'gzip' ? gzipSync(content) : brotliCompressSync(content, { params: parameters });
    const source = `md5:${md5Of(content)}/size:${content.length}/encoding:${encoding}`;
    const headers = {
      'content-encoding': encoding,
      'x-amz-meta-s3cmd-attrs': `md5:${md5Of(body)}`,
      'x-amz-meta-s3ds-source': source,
    };
    return { body, headers };
  }

  /** Compressible and large: stored it is still above 8 MiB. */
  const LARGE = Buffer.from(noise(9 * MIB).toString('hex'));
  /** Stored it is still above 1 MiB. */
  const MEDIUM = Buffer.from(noise(1.5 * MIB).toString('hex'));

  test.each(['gzip', 'br'] as const)(
    '%s: what compress stored is decoded; a second run asks once and fetches nothing',
    async (encoding) => {
      await writeTree(
        { 'a.html': PAGE, 'b.html': `${PAGE}b`, 'c.html': PAGE, 'd.txt': PAGE, 'e.html': 'x' },
        from,
      );
      await publish(s3, bucket, from, compress(encoding));
      const index = memoryIndex();
      const run = await downloaded({ index });
      expect(await texts()).toEqual(await texts(from));
      expect(run.report.totals.failed.files).toBe(0);
      s3.server.log.clear();
      await download(s3, bucket, here, { index });
      expect(fetches()).toBe(0);
      expect(await download(s3, bucket, here, { command: 'check', dryRun: true, read: true })).toMatchObject({
        exit: 0,
      });
    },
  );

  test('encoded objects that are digested from their files are decoded, as stored they are left so', async () => {
    const { body, headers } = encoded(MEDIUM, 'gzip');
    put({ 'a.html': body, 'b.html': body }, { headers });
    await downloaded();
    for (const name of ['a.html', 'b.html'])
      expect((await readFile(join(here, name))).equals(MEDIUM)).toBe(true);
    expect((await readdir(here)).sort()).toEqual(['a.html', 'b.html']);
    await rm(here, { recursive: true });
    await downloaded({ asStored: true });
    expect((await readFile(join(here, 'a.html'))).equals(body)).toBe(true);
  });

  test.each(['gzip', 'br'] as const)(
    '%s: large encoded objects come in ranges and are decoded',
    async (encoding) => {
      const stored = encoded(LARGE, encoding);
      expect(stored.body.length).toBeGreaterThan(8 * MIB);
      put({ 'big.html': stored.body }, { headers: stored.headers });
      put(
        { 'parts.html': stored.body },
        { headers: stored.headers, ...inParts(stored.body, 8 * MIB, stored.body.length - 8 * MIB) },
      );
      await downloaded({ index: memoryIndex() });
      for (const name of ['big.html', 'parts.html'])
        expect((await readFile(join(here, name))).equals(LARGE)).toBe(true);
      expect(await readdir(here)).toEqual(['big.html', 'parts.html']);
    },
  );

  test('C15: bytes that another tool put there, with our metadata kept: they are the file', async () => {
    await writeTree({ 'a.html': PAGE }, from);
    await publish(s3, bucket, from, compress('gzip'));
    const { headers } = s3.server.object(bucket, 'p/a.html') ?? {};
    s3.server.putObject(bucket, 'p/a.html', 'other bytes', { headers: { ...headers } });
    await downloaded();
    expect(await texts()).toEqual({ 'a.html': 'other bytes' });
  });

  test('C15: so too where they came in parts', async () => {
    const { headers } = encoded(LARGE, 'gzip');
    const other = noise(9 * MIB, 5);
    s3.server.putObject(bucket, 'p/big.html', other, {
      ...inParts(other, 8 * MIB, MIB),
      headers: { ...headers },
    });
    await downloaded();
    expect((await readFile(join(here, 'big.html'))).equals(other)).toBe(true);
  });

  test.each(['neither', 'the file', 'the stored bytes'])(
    'the same stored bytes under an encoded and a plain key: each is right, with %s here',
    async (met) => {
      await writeTree({ 'data.json': PAGE }, from);
      await publish(s3, bucket, from, compress('gzip', '*.json'));
      const stored = s3.server.object(bucket, 'p/data.json')?.content.bytes() ?? Buffer.alloc(0);
      put({ 'data.json.gz': stored });
      await writeTree(
        met === 'the file' ? { 'data.json': PAGE } : met === 'neither' ? {} : { 'data.json.gz': stored },
        here,
      );
      for (const duplicates of ['copy', 'link'] as const) await downloaded({ duplicates });
      const found = await readTree(here);
      expect(found.get('data.json')?.toString()).toBe(PAGE);
      expect(found.get('data.json.gz')?.equals(stored)).toBe(true);
    },
  );

  test('clean-urls twins and redirects are left out; as-stored takes all as they are', async () => {
    await writeTree({ 'a.html': PAGE, 'b.html': 'b' }, from);
    await publish(s3, bucket, from, {
      site: {
        compress: [{ pattern: '*.html', encoding: 'gzip' }],
        cleanUrls: true,
        redirects: [{ name: 'old', target: '/a', line: 1 }],
      },
    });
    const run = await downloaded();
    expect(await texts()).toEqual({ 'a.html': PAGE, 'b.html': 'b' });
    expect(run.messages.join('\n')).toContain('2 further names of pages and 1 redirect left out');
    await removeTree(here);
    await mkdir(here);
    await downloaded({ asStored: true });
    const stored = Object.fromEntries(
      s3.server.objects(bucket).map(({ key, content }) => [key.slice(2), content.bytes()]),
    );
    expect(Object.fromEntries(await readTree(here))).toEqual(stored);
    expect(Object.keys(stored)).toEqual(['a', 'a.html', 'b', 'b.html', 'old']);
  });

  test('an empty file here does not stand for a redirect: it is asked once, and goes', async () => {
    const index = memoryIndex();
    put({ a: 'a', empty: '', old: '' });
    await download(s3, bucket, here, { index });
    await publish(s3, bucket, await writeTree({ x: 'x' }), {
      site: { redirects: [{ name: 'old', target: '/a', line: 1 }] },
    });
    expect(await download(s3, bucket, here, { command: 'check', dryRun: true, ...DELETE })).toMatchObject({
      exit: 3,
    });
    await download(s3, bucket, here, { index, ...DELETE });
    expect(await texts()).toEqual({ a: 'a', empty: '', x: 'x' });
    s3.server.log.clear();
    await download(s3, bucket, here, { index, ...DELETE });
    expect(s3.server.log.of('HeadObject').map(({ key }) => key)).toEqual(['p/old']);
  });

  test.each<readonly [string, Changes]>([
    ['plain', {}],
    ['staged', { delayUpdates: true }],
    ['under KMS', { writeHeaders: { sse: 'aws:kms' } }],
  ])('a further name is known where its ETag is not that of its page: %s', async (_, changes) => {
    const tree = { 'a.html': 'page', 'docs/b.html': 'another' };
    await writeTree(tree, from);
    await publish(s3, bucket, from, { ...changes, site: { cleanUrls: true } });
    // Of another size than their page, or of none: nobody is asked about them.
    put({ other: 'file', 'other.html': 'longer page', plain: 'page' });
    s3.server.log.clear();
    await download(s3, bucket, here);
    const asked = s3.server.log.of('HeadObject').map(({ key }) => key);
    expect(asked).toEqual(['p/a', 'p/docs/b']);
    await downloaded();
    expect(await texts()).toEqual({ ...tree, other: 'file', 'other.html': 'longer page', plain: 'page' });
    expect(await download(s3, bucket, here, { command: 'check', dryRun: true })).toMatchObject({ exit: 0 });
    // The page is looked for among what is excluded too.
    await removeTree(here);
    await mkdir(here);
    await downloaded({ tree: { excludes: ['*.html'] } });
    expect(await texts()).toEqual({ other: 'file', plain: 'page' });
  });

  test.each<readonly [string, readonly string[], readonly string[]]>([
    ['1 further name of pages left out', ['a.html'], []],
    ['3 further names of pages left out', ['a.html', 'b.html', 'c.html'], []],
    ['1 redirect left out', [], ['old']],
    ['2 redirects left out', [], ['old', 'older']],
  ])('it is said what is left out: %s', async (told, pages, redirects) => {
    await writeTree(Object.fromEntries(['plain', ...pages].map((name) => [name, `of ${name}`])), from);
    await publish(s3, bucket, from, {
      site: { cleanUrls: true, redirects: redirects.map((name, line) => ({ name, target: '/a', line })) },
    });
    const run = await downloaded();
    expect(run.messages).toContainEqual(expect.stringContaining(told));
    expect(Object.keys(await texts()).sort()).toEqual([...pages, 'plain']);
  });

  test('as-stored: so too of an object that comes in ranges', async () => {
    const page = Buffer.concat([noise(9 * MIB), Buffer.alloc(MIB)]);
    const zipped = gzipSync(page, { level: 1 });
    s3.server.putObject(bucket, 'p/big.html', zipped, {
      headers: {
        'content-encoding': 'gzip',
        'x-amz-meta-s3cmd-attrs': `md5:${md5Of(zipped)}`,
        'x-amz-meta-s3ds-source': `md5:${md5Of(page)}/size:${page.length}/encoding:gzip`,
      },
    });
    await downloaded({ asStored: true });
    expect((await readFile(join(here, 'big.html'))).equals(zipped)).toBe(true);
    await downloaded();
    expect((await readFile(join(here, 'big.html'))).equals(page)).toBe(true);
  });

  test('bytes that are not encoded as they are said to be: the old file stays', async () => {
    await writeTree({ a: 'old, and longer than that' }, here);
    for (const encoding of ['gzip', 'br']) {
      const headers = {
        'x-amz-meta-s3cmd-attrs': `md5:${md5Of(Buffer.from('plain'))}`,
        'x-amz-meta-s3ds-source': `md5:${md5Of(Buffer.from('x'))}/size:100/encoding:${encoding}`,
      };
      put({ a: 'plain' }, { headers });
      const run = await download(s3, bucket, here);
      expect(run).toMatchObject({ exit: 1, report: { steps: [{ error: { code: 'wrong-content' } }] } });
      expect(run.report.steps[0]?.error?.message).toContain(`the stored bytes are no ${encoding}`);
      expect(await texts()).toEqual({ a: 'old, and longer than that' });
    }
  });

  test('what was staged encoded is known to the index: a later run asks nothing of it, and its line stays', async () => {
    const page = gzipSync(PAGE);
    put(
      { 'a.html': page },
      {
        etag: multipartETag([md5Of(page)]),
        headers: {
          'content-encoding': 'gzip',
          'x-amz-meta-s3cmd-attrs': `md5:${md5Of(page)}`,
          'x-amz-meta-s3ds-source': `md5:${md5Of(Buffer.from(PAGE))}/size:${PAGE.length}/encoding:gzip`,
        },
      },
    );
    const index = memoryIndex();
    await downloaded({ index });
    for (let run = 0; run < 2; run++) {
      put({ [`more-${run}`]: `${run}` });
      await downloaded({ index });
      expect(s3.server.log.of('HeadObject')).toEqual([]);
      expect(entryOf(index, 'p/a.html')?.source).toContain(`/size:${PAGE.length}/encoding:gzip`);
    }
    expect((await texts())['a.html']).toBe(PAGE);
  });

  test('C7: under KMS the index learns the digest of what is stored, not an ETag that is none', async () => {
    const page = gzipSync(PAGE);
    put(
      { 'a.html': page },
      {
        encryption: { algorithm: 'aws:kms' },
        headers: {
          'x-amz-meta-s3cmd-attrs': `md5:${md5Of(page)}`,
          'x-amz-meta-s3ds-source': `md5:${md5Of(Buffer.from(PAGE))}/size:${PAGE.length}/encoding:gzip`,
        },
      },
    );
    await writeTree({ 'a.html': PAGE }, here);
    const index = memoryIndex();
    expect(stepsOf(await downloaded({ index }))).toEqual([]);
    expect(entryOf(index, 'p/a.html')).toMatchObject({ md5: md5Of(page) });
    // So that who wants it as it is stored, and has it, need not fetch it.
    await writeTree({ 'a.html': page }, here);
    const stored = await download(s3, bucket, here, { index, asStored: true });
    expect({ steps: stepsOf(stored), fetches: fetches() }).toEqual({ steps: [], fetches: 0 });
  });

  test('C15: of an object in parts its metadata alone does not say what it encodes: its bytes do, once', async () => {
    const page = gzipSync(PAGE);
    const source = `md5:${md5Of(Buffer.from(PAGE))}/size:${PAGE.length}/encoding:gzip`;
    const headers = { 'x-amz-meta-s3cmd-attrs': `md5:${md5Of(page)}`, 'x-amz-meta-s3ds-source': source };
    put({ 'a.html': page }, { ...inParts(page, 10, page.length - 10), headers });
    await writeTree({ 'a.html': PAGE }, here);
    const index = memoryIndex();
    expect(stepsOf(await downloaded({ index }))).toEqual(['download a.html done']);
    expect(await texts()).toEqual({ 'a.html': PAGE });
    expect(entryOf(index, 'p/a.html')?.source).toBe(source);
    expect(stepsOf(await downloaded({ index }))).toEqual([]);
    // What another tool puts there with the metadata kept is the file.
    const other = Buffer.from(page).fill(0, 10);
    put({ 'a.html': other }, { ...inParts(other, 10, other.length - 10), headers });
    for (const known of [{}, { index }]) {
      await writeTree({ 'a.html': PAGE }, here);
      await download(s3, bucket, here, known);
      expect((await readFile(join(here, 'a.html'))).equals(other)).toBe(true);
    }
  });

  test('objects without an ending are of one kind: a few of them are asked whether they encode larger files', async () => {
    const names = Array.from({ length: 8 }, (_, i) => `bin${i}`);
    put(Object.fromEntries(names.map((name) => [name, gzipSync(name)])));
    await writeTree(Object.fromEntries(names.map((name) => [name, PAGE])), here);
    await download(s3, bucket, here, { dryRun: true });
    expect(s3.server.log.of('HeadObject')).toHaveLength(3);
  });

  test('files as they are stored become what they decode to, however many others just begin as encoded ones', async () => {
    const { body, headers } = encoded(Buffer.from(PAGE), 'gzip');
    const layers = Object.fromEntries(Array.from({ length: 4 }, (_, i) => [`a${i}`, gzipSync(`layer ${i}`)]));
    put(layers);
    put({ page: body }, { headers });
    await writeTree({ ...layers, page: body }, here);
    await downloaded();
    expect((await texts()).page).toBe(PAGE);
  });

  describe('as another tool stored them, with an index', () => {
    const later = { now: () => Date.now() + 60_000 };

    test('files that were met so become what they decode to, whichever run met them first', async () => {
      const { body, headers } = encoded(Buffer.from(PAGE), 'gzip');
      put({ 'a.html': 'a', 'a.txt': 'a' });
      const index = memoryIndex();
      await downloaded({ index, ...later });
      put({ 'a.html': body }, { headers });
      await writeTree({ 'a.html': body }, here);
      await downloaded({ index, ...later, asStored: true });
      await downloaded({ index, ...later });
      expect(await texts()).toEqual({ 'a.html': PAGE, 'a.txt': 'a' });
    });

    test('files become what they decode to after a run that left them out', async () => {
      const { body, headers } = encoded(Buffer.from(PAGE), 'gzip');
      put({ 'a.html': body }, { headers });
      put({ 'a.txt': 'a' });
      const index = memoryIndex();
      await downloaded({ index, ...later, asStored: true });
      await downloaded({ index, ...later, tree: { excludes: ['*.html'] } });
      await downloaded({ index, ...later });
      expect(await texts()).toEqual({ 'a.html': PAGE, 'a.txt': 'a' });
    });

    test('what encodes nothing is asked once, what does not begin so is read once', async () => {
      const files = { 'a.gz': gzipSync('a'), 'a.txt': 'a' };
      put(files);
      await writeTree(files, here);
      const index = memoryIndex();
      await downloaded({ index, ...later });
      expect(s3.server.log.of('HeadObject')).toHaveLength(1);
      expect(entryOf(index, 'p/a.gz')).toMatchObject({ source: 'none', modified: expect.any(Number) });
      const known = parseIndex(index.bytes!).index?.files;
      expect(known?.get(join(here, 'a.txt'))?.plain).toBe(true);
      expect(known?.get(join(here, 'a.gz'))?.plain).toBeUndefined();
      await downloaded({ index, ...later });
      expect(s3.server.log.of('HeadObject')).toEqual([]);
      expect(index.saves).toBe(1);
    });

    test('an object that was asked is asked again when its metadata changed', async () => {
      const { body, headers } = encoded(Buffer.from(PAGE), 'gzip');
      put({ 'a.html': body });
      const index = memoryIndex();
      await downloaded({ index, ...later });
      await downloaded({ index, ...later });
      put({ 'a.html': body }, { headers, lastModified: new Date(Date.now() + 5000) });
      await downloaded({ index, ...later });
      expect(await texts()).toEqual({ 'a.html': PAGE });
    });

    test('an object that was said to encode a file is asked again when its metadata changed, once', async () => {
      const { body, headers } = encoded(Buffer.from(PAGE), 'gzip');
      put({ 'a.html': body }, { headers });
      const index = memoryIndex();
      await downloaded({ index, ...later });
      s3.server.log.clear();
      await downloaded({ index, ...later });
      expect(s3.server.log.of('HeadObject')).toEqual([]);
      expect(await texts()).toEqual({ 'a.html': PAGE });
      put({ 'a.html': body }, { lastModified: new Date(Date.now() + 5000) });
      await downloaded({ index, ...later });
      expect((await readFile(join(here, 'a.html'))).equals(body)).toBe(true);
      await downloaded({ index, ...later });
      s3.server.log.clear();
      await downloaded({ index, ...later });
      expect(s3.server.log.of('HeadObject')).toEqual([]);
    });

    test('what a publish says of its content alone is not taken for what its metadata says', async () => {
      const stored = gzipSync(PAGE);
      put({ 'a.html': stored });
      const index = memoryIndex();
      await downloaded({ index, ...later });
      const source = `md5:${md5Of(Buffer.from(PAGE))}/size:${PAGE.length}/encoding:gzip`;
      const { index: known } = parseIndex(index.bytes!);
      const md5 = md5Of(stored);
      const entry = { etag: md5 as string as ETag, size: stored.length, md5, source };
      index.bytes = Buffer.from(
        [...formatIndex({ ...known!, objects: new Map([['p/a.html', entry]]) })].join(''),
      );
      await writeTree({ 'a.html': PAGE }, here);
      await downloaded({ index, ...later });
      expect((await readFile(join(here, 'a.html'))).equals(stored)).toBe(true);
    });
  });

  test('C18: a line of the index that says no source is none', async () => {
    const page = gzipSync(PAGE);
    const source = `md5:${md5Of(Buffer.from(PAGE))}/size:${PAGE.length}/encoding:gzip`;
    const headers = { 'x-amz-meta-s3cmd-attrs': `md5:${md5Of(page)}`, 'x-amz-meta-s3ds-source': source };
    put({ 'a.html': page }, { headers });
    const index = memoryIndex();
    await downloaded({ index });
    const { index: known } = parseIndex(index.bytes!);
    const entry = entryOf(index, 'p/a.html')!;
    const forged = { ...known!, objects: new Map([['p/a.html', { ...entry, source: 'md5:x' }]]) };
    index.bytes = Buffer.from([...formatIndex(forged)].join(''));
    const run = await download(s3, bucket, here, { index });
    expect(run.exit).toBe(0);
    expect(await texts()).toEqual({ 'a.html': PAGE });
  });

  test('what was taken as it is stored is decoded by a later run without as-stored', async () => {
    await writeTree({ 'a.html': PAGE, 'b.txt': 'b' }, from);
    await publish(s3, bucket, from, compress('gzip'));
    const index = memoryIndex();
    await downloaded({ asStored: true, index });
    await downloaded({ index });
    expect(await texts()).toEqual({ 'a.html': PAGE, 'b.txt': 'b' });
    await download(s3, bucket, here, { asStored: true });
    await downloaded();
    expect(await texts()).toEqual({ 'a.html': PAGE, 'b.txt': 'b' });
  });

  test('metadata that lies about what is encoded fails by name, and the old file stays', async () => {
    const stored = gzipSync(PAGE);
    const lie = (source: string): PutOptions => ({
      headers: {
        'x-amz-meta-s3cmd-attrs': `md5:${md5Of(stored)}`,
        'x-amz-meta-s3ds-source': source,
      },
    });
    await writeTree({ a: 'old' }, here);
    put({ a: stored }, lie(`md5:${md5Of(Buffer.from('else'))}/size:${PAGE.length}/encoding:gzip`));
    const run = await download(s3, bucket, here);
    expect(run).toMatchObject({
      exit: 1,
      report: { steps: [{ key: 'a', outcome: 'failed', error: { code: 'wrong-content' } }] },
    });
    expect(await texts()).toEqual({ a: 'old' });
    expect(await readdir(here)).toEqual(['a']);
    // A bomb is stopped at the size that it says.
    const bomb = brotliCompressSync(Buffer.alloc(64 * MIB));
    put(
      { a: bomb },
      {
        headers: {
          'x-amz-meta-s3cmd-attrs': `md5:${md5Of(bomb)}`,
          'x-amz-meta-s3ds-source': `md5:${md5Of(Buffer.from('x'))}/size:100/encoding:br`,
        },
      },
    );
    const exploded = await download(s3, bucket, here);
    expect(exploded).toMatchObject({ exit: 1, report: { steps: [{ error: { code: 'wrong-content' } }] } });
    expect(await readdir(here)).toEqual(['a']);
  });
});

describe('bodies', () => {
  const BIG = noise(20 * MIB, 3);
  const MEDIUM = noise(2 * MIB, 3);

  /** Ranges that were asked for, in order. */
  const ranges = (): readonly string[] =>
    gets()
      .map(({ headers }) => `${headers.range}`)
      .sort();

  /** Stops a run when two of three ranges of `big` are there: the last one is answered when the run has ended. */
  async function interrupted(changes: Changes = {}): Promise<Published> {
    const stop = new AbortController();
    const last = ({ headers }: Pick<S3Request, 'headers'>): boolean =>
      `${headers.range}`.startsWith('bytes=16777216');
    let answer: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const undo = s3.server.before({ operation: 'GetObject', when: last }, async () => {
      await until(() => fetches() >= 2);
      stop.abort(new Error('a test stops it'));
      await ended;
    });
    const run = await download(s3, bucket, here, { ...changes, signal: stop.signal });
    undo();
    answer();
    await until(() => gets().some(last));
    return run;
  }

  test('objects of some size, and of one, come with one request each, and are proved by whatever says what they are', async () => {
    const files = Object.fromEntries([3, 1, 7, 2].map((mib, i) => [`${mib}`, noise(mib * MIB, i + 9)]));
    for (const [name, body] of Object.entries(files)) put({ [name]: body });
    put({ parts: MEDIUM }, inParts(MEDIUM, MIB, MIB));
    put(
      { said: MEDIUM },
      { etag: 'opaque', headers: { 'x-amz-meta-s3cmd-attrs': `md5:${md5Of(MEDIUM)}/mode:33152/mtime:1000` } },
    );
    const { report } = await downloaded({ preserve: true });
    expect(report.totals.downloaded.files + report.totals.copied.files).toBe(6);
    for (const [name, body] of Object.entries({ ...files, parts: MEDIUM, said: MEDIUM }))
      expect((await readFile(join(here, name))).equals(body)).toBe(true);
    const { mode, mtimeMs } = await lstat(join(here, 'said'));
    expect({ mode: mode & 0o777, mtimeMs }).toEqual({ mode: 0o600, mtimeMs: 1_000_000 });
    expect(gets().every(({ headers }) => headers.range === undefined)).toBe(true);
  });

  test.each([
    ['a plain PUT', {}],
    ['parts of 8 MiB', inParts(BIG, 8 * MIB, 8 * MIB, 4 * MIB)],
    ['parts of 7 MiB, which nobody uses', inParts(BIG, 7 * MIB, 7 * MIB, 6 * MIB)],
    ['parts of different sizes', inParts(BIG, 9 * MIB, 6 * MIB, 5 * MIB)],
    ['parts that pass for even ones', inParts(BIG, 8 * MIB, 6 * MIB, 6 * MIB)],
    ['one part', inParts(BIG, 20 * MIB)],
  ])('a large object comes in ranges: %s', async (how, options) => {
    put({ big: BIG }, options);
    const index = memoryIndex();
    const run = await download(s3, bucket, here, { index });
    expect({ exit: run.exit, error: run.report.steps[0]?.error }).toEqual({ exit: 0, error: undefined });
    expect(ranges()).toHaveLength(3);
    expect((await readFile(join(here, 'big'))).equals(BIG)).toBe(true);
    expect(await readdir(here)).toEqual(['big']);
    // A second run fetches it no more, whatever its parts.
    s3.server.log.clear();
    const again = await download(s3, bucket, here, { index });
    expect({ how, exit: again.exit, steps: stepsOf(again), fetches: fetches() }).toEqual({
      how,
      exit: 0,
      steps: [],
      fetches: 0,
    });
  });

  test.each([
    ['the file is it', BIG, []],
    ['the file is another one', noise(20 * MIB, 4), ['download big done']],
  ])(
    'C7: an object in parts of several sizes is known to a later download without an index, by what S3 says of each: %s',
    async (_, file, steps) => {
      put({ big: BIG }, inParts(BIG, 9 * MIB, 6 * MIB, 5 * MIB));
      await writeTree({ big: file }, here);
      const run = await download(s3, bucket, here);
      expect({ exit: run.exit, steps: stepsOf(run) }).toEqual({ exit: 0, steps });
      expect((await readFile(join(here, 'big'))).equals(BIG)).toBe(true);
    },
  );

  test('C7: objects under KMS and with a customer’s key are fetched once, as far as an index remembers', async () => {
    put(
      { told: 'told' },
      {
        encryption: { algorithm: 'aws:kms' },
        headers: { 'x-amz-meta-s3cmd-attrs': `md5:${md5Of(Buffer.from('told'))}` },
      },
    );
    put({ untold: 'untold!' }, { encryption: { algorithm: 'aws:kms' } });
    const index = memoryIndex();
    const run = await download(s3, bucket, here, { index });
    expect(run.exit).toBe(0);
    expect(run.messages.join('\n')).toContain('S3 says no digest of 1 object');
    expect(await texts()).toEqual({ told: 'told', untold: 'untold!' });
    s3.server.log.clear();
    const again = await download(s3, bucket, here, { index });
    expect({ exit: again.exit, steps: stepsOf(again), fetches: fetches() }).toEqual({
      exit: 0,
      steps: [],
      fetches: 0,
    });
  });

  test.each([false, true])(
    'interrupted, then gone on with: what is there is not fetched again, delay-updates %s',
    async (delayUpdates) => {
      await writeTree({ big: 'old' }, here);
      put({ big: BIG });
      const first = await interrupted({ delayUpdates });
      expect(first.exit).not.toBe(0);
      expect(await readFile(join(here, 'big'), 'utf8')).toBe('old');
      expect((await readdir(here)).sort()).toEqual([
        expect.stringMatching(/done$/),
        expect.stringMatching(/part$/),
        'big',
      ]);
      s3.server.log.clear();
      await download(s3, bucket, here, { delayUpdates });
      expect(ranges()).toEqual(['bytes=16777216-20971519']);
      expect((await readFile(join(here, 'big'))).equals(BIG)).toBe(true);
      expect(await readdir(here)).toEqual(['big']);
    },
  );

  test('delay-updates: what was whole when another object failed is not fetched again', async () => {
    put({ big: BIG, fails: 'fails' });
    const rule = s3.server.faults.add({
      match: { operation: 'GetObject', key: 'p/fails' },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    hooks.push(
      s3.server.before({ operation: 'GetObject', key: 'p/fails' }, () =>
        until(() => gets('p/big').length >= 3),
      ),
    );
    const first = await download(s3, bucket, here, { delayUpdates: true });
    expect(first.exit).toBe(1);
    expect((await readTree(here)).has('big')).toBe(false);
    rule.remove();
    for (const undo of hooks.splice(0)) undo();
    s3.server.log.clear();
    const run = await download(s3, bucket, here, { delayUpdates: true });
    expect(run.exit).toBe(0);
    expect(ranges()).toEqual(['undefined']);
    expect((await readTree(here)).get('big')?.equals(BIG)).toBe(true);
    expect((await readdir(here)).sort()).toEqual(['big', 'fails']);
  });

  test('C7: of an object that nothing can prove nothing is gone on with', async () => {
    put({ big: BIG }, { encryption: { algorithm: 'aws:kms' } });
    await interrupted();
    const partial = (await readdir(here)).find((name) => name.endsWith('.part')) ?? '';
    // As a machine that lost its power leaves a range that was not on the disk yet.
    await writeFile(join(here, partial), Buffer.alloc(BIG.length));
    await chmod(join(here, partial), 0o644);
    s3.server.log.clear();
    const run = await download(s3, bucket, here);
    expect({ exit: run.exit, ranges: ranges().length }).toEqual({ exit: 0, ranges: 3 });
    expect((await readFile(join(here, 'big'))).equals(BIG)).toBe(true);
  });

  test('an ETag that is no digest of any kind: fetched, and known to nobody but the index', async () => {
    put({ a: 'one', b: 'two' }, { etag: 'of-another-kind' });
    const index = memoryIndex();
    expect((await download(s3, bucket, here, { index })).messages.join('\n')).toContain(
      'no digest of 2 objects',
    );
    expect(await texts()).toEqual({ a: 'one', b: 'two' });
    s3.server.log.clear();
    expect(stepsOf(await download(s3, bucket, here, { index }))).toEqual([]);
    expect(stepsOf(await download(s3, bucket, here))).toEqual(['download a done', 'download b done']);
  });

  test('C7: so too where a multipart ETag turns out to say nothing', async () => {
    put({ big: BIG }, { etag: `${md5Of(Buffer.from('of other parts'))}-7` });
    await interrupted();
    const partial = (await readdir(here)).find((name) => name.endsWith('.part')) ?? '';
    await writeFile(join(here, partial), Buffer.alloc(BIG.length));
    const run = await download(s3, bucket, here);
    expect(run.messages.join('\n')).toContain('S3 says no digest of 1 object');
    expect((await readFile(join(here, 'big'))).equals(BIG)).toBe(true);
  });

  test.each(['NotImplemented', 'AccessDenied', 'InternalError'] as const)(
    'a server that answers %s to the number of a part is no failure: what nothing else proves is counted',
    async (code) => {
      put({ big: BIG }, inParts(BIG, 9 * MIB, 6 * MIB, 5 * MIB));
      s3.server.faults.add({
        match: { operation: 'HeadObject', when: ({ query }) => query.has('partNumber') },
        fault: { kind: 'error', code },
      });
      const run = await download(s3, bucket, here, { connection: { maxAttempts: 1 } });
      expect(run.exit).toBe(0);
      expect(run.messages.join('\n')).toContain('S3 says no digest of 1 object');
      expect((await readFile(join(here, 'big'))).equals(BIG)).toBe(true);
    },
  );

  test('a disk that takes a part of a range is given the rest', async () => {
    put({ big: BIG }, { encryption: { algorithm: 'aws:kms' } });
    const probe = await open(join(outside, 'probe'), 'w');
    const handles = Object.getPrototypeOf(probe) as typeof probe;
    await probe.close();
    const { write } = handles;
    const half = function (
      this: typeof probe,
      ...[bytes, from, length, position]: readonly unknown[]
    ): unknown {
      return Reflect.apply(write, this, [bytes, from, Math.ceil(Number(length) / 2), position]);
    };
    const short = jest.spyOn(handles, 'write').mockImplementationOnce(half as typeof write);
    hooks.push(() => short.mockRestore());
    expect(await download(s3, bucket, here)).toMatchObject({ exit: 0 });
    expect(short.mock.calls).toHaveLength(4);
    expect((await readFile(join(here, 'big'))).equals(BIG)).toBe(true);
  });

  test('two runs at one large object: what the other has put there is not taken for what this one wrote', async () => {
    put({ big: BIG }, { encryption: { algorithm: 'aws:kms' } });
    whenFetched('big', async () => {
      const partial = (await readdir(here)).find((name) => name.endsWith('.part')) ?? '';
      await writeFile(join(outside, 'theirs'), Buffer.alloc(BIG.length));
      await rename(join(outside, 'theirs'), join(here, partial));
    });
    const run = await download(s3, bucket, here);
    expect(run.exit).toBe(0);
    expect((await readFile(join(here, 'big'))).equals(BIG)).toBe(true);
  });

  test('an object that changed between two runs: nothing of the old one is in the new file', async () => {
    put({ big: BIG });
    await interrupted();
    const other = noise(20 * MIB, 4);
    put({ big: other });
    await downloaded();
    expect((await readFile(join(here, 'big'))).equals(other)).toBe(true);
    // What nobody went on with goes a day later.
    expect(await readdir(here)).toHaveLength(3);
    await download(s3, bucket, here, { now: () => Date.now() + 25 * 3_600_000 });
    expect(await readdir(here)).toEqual(['big']);
  });

  test('a forged unfinished file is not believed: linked elsewhere, a pipe, wrong bytes', async () => {
    put({ big: BIG });
    await interrupted();
    const partial = (await readdir(here)).find((name) => name.endsWith('.part')) ?? '';
    expect(partial).not.toBe('');
    const done = join(here, partial.replace('.part', '.done'));
    await rm(join(here, partial));
    await writeFile(join(outside, 'theirs'), Buffer.alloc(BIG.length, 1));
    await link(join(outside, 'theirs'), join(here, partial));
    await writeFile(done, '0\n1\n');
    await downloaded();
    expect((await readFile(join(here, 'big'))).equals(BIG)).toBe(true);
    expect((await readFile(join(outside, 'theirs'))).equals(Buffer.alloc(BIG.length, 1))).toBe(true);
    await rm(join(here, 'big'));
    await mkfifo(join(here, partial));
    await writeFile(done, '0\n1\n2\n');
    await downloaded();
    expect((await readFile(join(here, 'big'))).equals(BIG)).toBe(true);
    await rm(join(here, 'big'));
    await writeFile(join(here, partial), Buffer.alloc(BIG.length, 2));
    await writeFile(done, '0\n1\n2\n7\nx\n-1\n');
    await downloaded();
    expect((await readFile(join(here, 'big'))).equals(BIG)).toBe(true);
    expect(await readdir(here)).toEqual(['big']);
  });

  test.each(['symbolic link', 'hard link', 'pipe'])(
    'what was done of an unfinished file is not written through a %s, and is not waited for',
    async (kind) => {
      put({ big: BIG });
      await interrupted();
      const partial = (await readdir(here)).find((name) => name.endsWith('.part')) ?? '';
      const done = join(here, partial.replace('.part', '.done'));
      await rm(done);
      await writeFile(join(outside, 'theirs'), 'precious');
      if (kind === 'pipe') await mkfifo(done);
      else await (kind === 'hard link' ? link : symlink)(join(outside, 'theirs'), done);
      await downloaded();
      expect((await readFile(join(here, 'big'))).equals(BIG)).toBe(true);
      expect(await readFile(join(outside, 'theirs'), 'utf8')).toBe('precious');
      expect(await readdir(here)).toEqual(['big']);
    },
  );

  test.each(['small', 'medium', 'large'] as const)(
    'an object that changes during the run fails by name, the old file intact: %s',
    async (size) => {
      const content = { small: 'new', medium: MEDIUM, large: BIG }[size];
      await writeTree({ a: 'old' }, here);
      put({ a: content });
      whenFetched('a', () => put({ a: 'newer' }));
      const run = await download(s3, bucket, here);
      expect(run).toMatchObject({
        exit: 1,
        report: { steps: [{ key: 'a', outcome: 'failed', error: { code: 'file-changed' } }] },
      });
      expect(await texts()).toMatchObject({ a: 'old' });
      await downloaded();
      expect((await texts()).a).toBe('newer');
    },
  );

  test.each<readonly [string, () => void]>([
    ['changes', () => put({ big: noise(20 * MIB, 4) })],
    ['vanishes', () => s3.server.deleteObject(bucket, 'p/big')],
  ])('a large object that %s before it is asked for fails by name', async (_, work) => {
    put({ big: BIG });
    hooks.push(s3.server.before({ operation: 'HeadObject', key: 'p/big' }, work));
    const run = await download(s3, bucket, here);
    expect(run).toMatchObject({ exit: 1, report: { steps: [{ error: { code: 'file-changed' } }] } });
    expect(await readdir(here)).toEqual([]);
  });

  test('an object that changes after it was listed is not what its new headers say', async () => {
    const page = gzipSync(PAGE);
    const md5 = md5Of(page);
    const source = `md5:${md5Of(Buffer.from(PAGE))}/size:${PAGE.length}/encoding:gzip`;
    const headers = { 'x-amz-meta-s3cmd-attrs': `md5:${md5}`, 'x-amz-meta-s3ds-source': source };
    await writeTree({ 'a.html': PAGE }, here);
    put({ 'a.html': 'something else' });
    // Its bytes are here: what was listed is not.
    hooks.push(s3.server.before({ operation: 'HeadObject' }, () => put({ 'a.html': page }, { headers })));
    const run = await download(s3, bucket, here);
    expect(run).toMatchObject({ exit: 1, report: { steps: [{ error: { code: 'file-changed' } }] } });
    expect(await texts()).toEqual({ 'a.html': PAGE });
  });

  test('objects of one size that change after they were listed are not taken for one content', async () => {
    const same = noise(9 * MIB);
    const headers = { 'x-amz-meta-s3cmd-attrs': `md5:${md5Of(same)}` };
    put({ plain: same });
    put({ parts: same }, { ...inParts(same, 6 * MIB, 3 * MIB), headers });
    hooks.push(
      s3.server.before({ operation: 'HeadObject', key: 'p/parts' }, () =>
        put({ parts: noise(9 * MIB, 2) }, { headers }),
      ),
    );
    const run = await download(s3, bucket, here);
    expect(run).toMatchObject({ exit: 1 });
    expect([...(await readTree(here)).keys()]).toEqual(['plain']);
  });

  test('preserve: what changes after it was listed says nothing of mode and time', async () => {
    await writeTree({ a: 'same' }, here);
    const was = (await lstat(join(here, 'a'))).mode;
    put({ a: 'same' }, told('same', 0o100755, 1_000_000_000));
    hooks.push(
      s3.server.before({ operation: 'HeadObject' }, () => put({ a: 'else' }, told('else', 0o100700, 1))),
    );
    const run = await download(s3, bucket, here, { preserve: true });
    expect({ exit: run.exit, steps: stepsOf(run) }).toEqual({ exit: 0, steps: [] });
    const { mode, mtimeMs } = await lstat(join(here, 'a'));
    expect([mode, mtimeMs > 1e12]).toEqual([was, true]);
  });

  test('preserve: a file that changed here before its mode was due is left alone', async () => {
    await writeTree({ a: 'same' }, here);
    const was = (await lstat(join(here, 'a'))).mode;
    put({ a: 'same' }, told('same', 0o100755, 1_000_000_000));
    put({ new: 'new' });
    whenFetched('new', () => writeFile(join(here, 'a'), 'worked on'));
    const run = await download(s3, bucket, here, { preserve: true });
    expect(run).toMatchObject({ exit: 5 });
    expect((await lstat(join(here, 'a'))).mode).toBe(was);
    expect((await texts()).a).toBe('worked on');
  });

  test('a swap that could not be made ready is made in its place, and why is told at debug', async () => {
    await writeTree({ a: 'one!', b: 'two!' }, here);
    put({ a: 'two!', b: 'one!', before: 'before' });
    const denied = s3.server.faults.add({
      match: { operation: 'GetObject', key: /p\/[ab]$/ },
      nth: 1,
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    // Then neither can be copied, and both are fetched.
    whenFetched('before', async () => {
      await writeFile(join(here, 'a'), 'ONE!');
      await writeFile(join(here, 'b'), 'TWO!');
    });
    const run = await download(s3, bucket, here, { overwrite: 'always', connection: { concurrency: 1 } });
    expect({ exit: run.exit, denied: denied.befallen }).toEqual({ exit: 0, denied: 1 });
    const told = run.events.flatMap((event) =>
      event.type === 'message' && event.level === 'debug' ? event.message : [],
    );
    expect(told).toContainEqual(expect.stringMatching(/^[ab] is not staged: .*s3:GetObject/));
    expect(await texts()).toEqual({ a: 'two!', b: 'one!', before: 'before' });
  });

  test('an object that vanishes during the run fails by name', async () => {
    put({ a: 'new' });
    whenFetched('a', () => s3.server.deleteObject(bucket, 'p/a'));
    const run = await download(s3, bucket, here);
    expect(run).toMatchObject({ exit: 1, report: { steps: [{ error: { code: 'file-changed' } }] } });
    expect(await readdir(here)).toEqual([]);
  });

  test.each(['small', 'medium', 'large'] as const)(
    'a body that is cut is fetched again: %s',
    async (size) => {
      const content = { small: noise(100_000), medium: MEDIUM, large: BIG }[size];
      put({ a: content });
      s3.server.faults.add({ match: { operation: 'GetObject' }, nth: 1, fault: { kind: 'truncate' } });
      await downloaded();
      expect((await readTree(here)).get('a')?.equals(content)).toBe(true);
    },
  );

  test.each(['small', 'medium', 'large'] as const)(
    'a body that is damaged once is fetched again; always: it fails and the old file stays: %s',
    async (size) => {
      const content = { small: Buffer.from('the right bytes'), medium: MEDIUM, large: BIG }[size];
      await writeTree({ a: 'old' }, here);
      const damaged = Buffer.from(content);
      damaged[7] = (damaged[7] ?? 0) ^ 1;
      put({ a: damaged }, { etag: md5Of(content) });
      const always = await download(s3, bucket, here);
      expect(always).toMatchObject({
        exit: 1,
        report: { steps: [{ key: 'a', outcome: 'failed', error: { code: 'wrong-content' } }] },
      });
      expect(await texts()).toEqual({ a: 'old' });
      expect(await readdir(here)).toEqual(['a']);
      let asked = 0;
      const rounds = size === 'large' ? 3 : 1;
      hooks.push(
        s3.server.before({ operation: 'GetObject' }, () => {
          if (++asked > rounds) put({ a: content });
        }),
      );
      await downloaded();
      expect((await readTree(here)).get('a')?.equals(content)).toBe(true);
      expect(asked).toBe(2 * rounds);
    },
  );

  test('what another download of the same objects made during the run is done, new files and replaced ones', async () => {
    await writeTree({ old: 'old', large: 'old' }, here);
    const large = noise(2 * MIB);
    put({ old: 'changed', new: 'new', large });
    const theirs = { old: 'changed', new: 'new', large };
    whenFetched('new', async () => {
      for (const [name, content] of Object.entries(theirs)) {
        await writeFile(join(outside, 'theirs'), content);
        await rename(join(outside, 'theirs'), join(here, name));
      }
    });
    const index = memoryIndex();
    const run = await download(s3, bucket, here, { index });
    expect({ exit: run.exit, steps: stepsOf(run) }).toEqual({
      exit: 0,
      steps: ['download new done', 'download large done', 'download old done'],
    });
    expect((await readdir(here)).sort()).toEqual(['large', 'new', 'old']);
    expect(stepsOf(await download(s3, bucket, here, { index }))).toEqual([]);
  });

  test('a file that changed here during the run is left alone (5), unless overwrite is always', async () => {
    await writeTree({ met: 'met' }, here);
    put({ met: 'new', fresh: 'new too' });
    const work = (): void => {
      whenFetched('met', () => writeFile(join(here, 'met'), 'worked on'));
      whenFetched('fresh', () => writeFile(join(here, 'fresh'), 'made'));
    };
    work();
    const run = await download(s3, bucket, here, { connection: { concurrency: 1 } });
    expect(run).toMatchObject({ exit: 5 });
    expect(run.report.steps.find(({ key }) => key === 'fresh')?.error?.message).toContain(
      'it was left alone: the next run replaces or deletes it, so run again only if what the bucket has is to be there',
    );
    expect(await texts()).toEqual({ met: 'met', fresh: 'made' });
    await rm(join(here, 'fresh'));
    await download(s3, bucket, here);
    expect(await texts()).toEqual({ met: 'worked on', fresh: 'new too' });
    await rm(join(here, 'fresh'));
    work();
    const always = await download(s3, bucket, here, { overwrite: 'always' });
    expect(always.exit).toBe(0);
    expect(await texts()).toEqual({ met: 'new', fresh: 'new too' });
  });

  test('a failure ends its rank: pages that refer are not replaced', async () => {
    await writeTree({ 'index.html': 'old page', 'app.js': 'old' }, here);
    put({ 'index.html': 'new page', 'app.js': 'new' });
    s3.server.faults.add({
      match: { operation: 'GetObject', key: 'p/app.js' },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    const run = await download(s3, bucket, here);
    expect({ exit: run.exit, steps: stepsOf(run) }).toEqual({
      exit: 1,
      steps: ['download app.js failed', 'download index.html skipped'],
    });
    expect(await texts()).toEqual({ 'index.html': 'old page', 'app.js': 'old' });
  });

  test('an archived object is made from one that can be read and has the same content', async () => {
    const headers = { 'x-amz-storage-class': 'GLACIER' };
    put({ a: 'same', c: 'same' }, { headers });
    put({ b: 'same' });
    expect(await download(s3, bucket, here, { dryRun: true })).toMatchObject({ exit: 0 });
    expect(stepsOf(await downloaded())).toEqual(['download b done', 'copy a <- b done', 'copy c <- b done']);
    expect(await texts()).toEqual({ a: 'same', b: 'same', c: 'same' });
  });

  test.each(['GLACIER', 'DEEP_ARCHIVE'])(
    'an archived object is named, with what to do, by a dry run too: %s',
    async (storageClass) => {
      const headers = { 'x-amz-storage-class': storageClass };
      put({ cold: 'cold', met: 'met' }, { headers });
      put({ empty: '' }, { headers });
      put({ thawed: 'thawed' }, { headers, isRestored: true });
      await writeTree({ 'moved.txt': 'met' }, here);
      const dry = await download(s3, bucket, here, { dryRun: true });
      const told = 'cold: the object is archived: restore it first, or exclude it';
      expect(dry).toMatchObject({ exit: 1, report: { error: { code: 'rejected', message: told } } });
      expect(stepsOf(dry)).toEqual([
        'download cold planned',
        'download empty planned',
        'copy met <- moved.txt planned',
        'download thawed planned',
      ]);
      const run = await download(s3, bucket, here);
      expect(run.exit).toBe(1);
      expect(run.report.steps[0]?.error).toEqual({ code: 'rejected', message: told });
      const tree = { excludes: ['cold'] };
      expect(await download(s3, bucket, here, { tree, dryRun: true })).toMatchObject({ exit: 0 });
      expect(await download(s3, bucket, here, { tree })).toMatchObject({ exit: 0 });
    },
  );
});

describe('dry run and check', () => {
  test('R6: a dry run writes nothing and says exactly the plan', async () => {
    await writeTree({ same: 'same', old: 'moved', gone: 'gone', changed: 'old' }, here);
    put({ same: 'same', new: 'moved', changed: 'new', twin: 'new', e: '' });
    const before = await texts();
    const dry = await download(s3, bucket, here, { ...DELETE, dryRun: true });
    expect(dry.exit).toBe(0);
    expect(await texts()).toEqual(before);
    expect(fetches()).toBe(0);
    const absent = await download(s3, bucket, join(here, 'not/there'), { dryRun: true });
    expect(absent.exit).toBe(0);
    expect(await texts()).toEqual(before);
    const run = await downloaded(DELETE);
    const { failed: _, ...totals } = run.report.totals;
    expect(dry.report.totals).toMatchObject(totals);
    expect(stepsOf(dry)).toEqual(stepsOf(run).map((step) => step.replace(/done$/, 'planned')));
  });

  test('check: 0 where equal, 3 where not; read finds damaged objects, and files always are read', async () => {
    put({ a: 'aaa', b: 'bbb', big: noise(9 * MIB) });
    const equal = { command: 'check', dryRun: true } as const;
    const index = memoryIndex();
    await download(s3, bucket, here, { index });
    expect(await download(s3, bucket, here, equal)).toMatchObject({
      exit: 0,
      report: { status: 'done', steps: [] },
    });
    expect(fetches()).toBe(4);
    expect(await download(s3, bucket, here, { ...equal, read: true })).toMatchObject({
      exit: 0,
      report: { steps: [] },
    });
    expect(fetches()).toBe(7);
    // An object that looks right and is not.
    put({ b: 'BBB' }, { etag: md5Of(Buffer.from('bbb')) });
    expect(await download(s3, bucket, here, equal)).toMatchObject({ exit: 0 });
    const read = await download(s3, bucket, here, { ...equal, read: true });
    expect(read).toMatchObject({
      exit: 3,
      report: { status: 'different', steps: [{ key: 'b', reason: 'damaged' }] },
    });
    put({ b: 'bbb' });
    // A file with the size and time that it had.
    const { mtimeMs } = await lstat(join(here, 'a'));
    await writeFile(join(here, 'a'), 'AAA');
    await utimes(join(here, 'a'), mtimeMs / 1000, mtimeMs / 1000);
    const file = await download(s3, bucket, here, { ...equal, index });
    expect({ exit: file.exit, steps: stepsOf(file) }).toEqual({ exit: 3, steps: ['download a planned'] });
    await writeTree({ extra: 'extra' }, here);
    expect(stepsOf(await download(s3, bucket, here, { ...equal, ...DELETE }))).toEqual([
      'download a planned',
      'delete extra planned',
    ]);
    expect(await texts()).toMatchObject({ a: 'AAA', extra: 'extra' });
  });
});

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!holds() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
}
