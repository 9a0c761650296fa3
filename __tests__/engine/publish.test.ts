import { readFileSync } from 'node:fs';
import {
  copyFile,
  link,
  lstat,
  mkdir,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { PutOptions, S3ServerOptions } from '../../dev/s3-server/index.js';
import { parsePathLines } from '../../src/action/path-lines.js';
import { type ETag, md5Of, multipartETag } from '../../src/model/digest.js';
import {
  type DigestIndex,
  emptyIndex,
  type FileEntry,
  formatIndex,
  parseIndex,
} from '../../src/model/digest-index.js';
import { parseHeaderRules } from '../../src/model/header-rules.js';
import { machineId } from '../../src/sync/index-file.js';
import { type Changes, inParts, memoryIndex, type Published, publish, stepsOf } from '../support/engine.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { noise, removeTree, writeTree } from '../support/tree.js';

const MIB = 1024 * 1024;
const DELETE = { deletes: { deleteAfter: true } } as const;

let s3: EmbeddedTestServer;
let bucket: string;
let root: string;

beforeAll(async () => {
  s3 = await embedded();
});
afterAll(() => s3.stop());
beforeEach(async () => {
  bucket = await s3.bucket();
  root = await writeTree({});
  s3.server.log.clear();
});
afterEach(async () => {
  s3.server.faults.clear();
  await removeTree(root);
});

describe('lines of rules that match nothing', () => {
  const ruled = (lines: readonly string[], author: 'inline' | 'file' = 'inline'): Promise<Published> =>
    publish(s3, bucket, root, {
      headers: {
        rules: parseHeaderRules(lines.map((line) => `${line}\n  X-Amz-Meta-A: b`).join('\n'), author).rules,
      },
      site: { compress: lines.map((pattern) => ({ pattern, encoding: 'gzip' })) },
      publishLast: ['default', ...lines],
      dryRun: true,
    });

  test('are told where they begin with the prefix or the root and would match below it', async () => {
    await writeTree({ 'index.html': 'page', 'assets/a.css': 'a' }, root);
    const top = basename(root);
    const run = await ruled(['/p/assets/*', `/${top}/index.html`]);
    const told = `nothing matches "/p/assets/*" (write "/assets/*"), "/${top}/index.html" (write "/index.html"): a pattern is compared with the path below the root, which is the key below the prefix`;
    expect(run.messages).toEqual([`headers: ${told}`, `compress: ${told}`, `publish-last: ${told}`]);
    expect(run.events).toContainEqual({ type: 'message', level: 'warning', message: `headers: ${told}` });
    expect((await ruled(['/p/assets/*'], 'file')).messages).toEqual([
      expect.stringMatching(/^compress: /),
      expect.stringMatching(/^publish-last: /),
    ]);
  });

  test('are not where they match, nothing below matches, or a directory has that name', async () => {
    await writeTree({ 'index.html': 'page', 'p/x/a': 'a', 'y/b': 'b' }, root);
    const run = await ruled([
      '/index.html',
      '/none',
      `/${basename(root)}/none`,
      '/p/x/a',
      '/p/y/b',
      '/*.css',
    ]);
    expect(run.messages).toEqual([]);
  });
});

async function expectEqual(prefix = 'p/'): Promise<void> {
  const dry = await publish(s3, bucket, root, { prefix, dryRun: true, ...DELETE });
  expect({ steps: stepsOf(dry), error: dry.report.error }).toEqual({ steps: [], error: undefined });
}

describe('each distinct content is sent once', () => {
  test('a fresh tree with duplicates, hard links and empty files', async () => {
    await writeTree({ 'a.txt': 'one', 'b/c.txt': 'one', 'd.css': 'two two', e: '', f: '' }, root);
    await link(join(root, 'd.css'), join(root, 'link.css'));
    const run = await publish(s3, bucket, root);
    expect(run.exit).toBe(0);
    expect(s3.server.texts(bucket)).toEqual({
      'p/a.txt': 'one',
      'p/b/c.txt': 'one',
      'p/d.css': 'two two',
      'p/link.css': 'two two',
      'p/e': '',
      'p/f': '',
    });
    expect(run.report.totals).toMatchObject({
      uploaded: { files: 4, bytes: 10 },
      copied: { files: 2, bytes: 10 },
    });
    expect(run.report.sentBytes).toBe(10);
    expect(s3.server.log.counts).toEqual({ ListObjectsV2: 2, PutObject: 4, CopyObject: 2 });
  });

  test('C8: a fresh checkout without an index sends nothing and asks nothing', async () => {
    await writeTree({ 'a.txt': 'one', 'b.txt': 'two', 'big.bin': noise(9 * MIB) }, root);
    await publish(s3, bucket, root);
    s3.server.log.clear();
    const copy = await writeTree({ 'a.txt': 'one', 'b.txt': 'two', 'big.bin': noise(9 * MIB) });
    const run = await publish(s3, bucket, copy);
    await removeTree(copy);
    expect(stepsOf(run)).toEqual([]);
    expect(run.report.totals.unchanged).toEqual({ files: 3, bytes: 6 + 9 * MIB });
    expect(s3.server.log.counts).toEqual({ ListObjectsV2: 1 });
  });

  test('a renamed directory is copied and then deleted, large files too', async () => {
    await writeTree({ 'old/a.txt': 'one', 'old/big.bin': noise(9 * MIB), 'index.html': 'page' }, root);
    await publish(s3, bucket, root);
    await rename(join(root, 'old'), join(root, 'new'));
    s3.server.log.clear();
    const run = await publish(s3, bucket, root, DELETE);
    expect(run.exit).toBe(0);
    expect(run.report.sentBytes).toBe(0);
    expect(s3.server.log.counts).toEqual({ ListObjectsV2: 3, CopyObject: 2, DeleteObjects: 1 });
    expect(Object.keys(s3.server.texts(bucket))).toEqual(['p/index.html', 'p/new/a.txt', 'p/new/big.bin']);
    expect(s3.server.object(bucket, 'p/new/big.bin')?.content.md5).toBe(md5Of(noise(9 * MIB)));
    await expectEqual();
  });

  test('same size, other bytes, the old time: sent', async () => {
    await writeTree({ 'a.txt': 'one', 'b.txt': 'two' }, root);
    await publish(s3, bucket, root);
    await writeFile(join(root, 'a.txt'), 'eno');
    await utimes(join(root, 'a.txt'), 0, 0);
    const run = await publish(s3, bucket, root);
    expect(stepsOf(run)).toEqual(['upload p/a.txt done']);
    expect(s3.server.texts(bucket)['p/a.txt']).toBe('eno');
  });

  test('C1: a log rotation: no byte of the old log is sent', async () => {
    await writeTree({ log: 'OLD content', 'log.1': 'OLDER content' }, root);
    await publish(s3, bucket, root);
    await rename(join(root, 'log.1'), join(root, 'log.2'));
    await rename(join(root, 'log'), join(root, 'log.1'));
    await writeFile(join(root, 'log'), 'NEW');
    const run = await publish(s3, bucket, root);
    expect(run).toMatchObject({ exit: 0, report: { sentBytes: 3 } });
    expect(s3.server.texts(bucket)).toEqual({
      'p/log': 'NEW',
      'p/log.1': 'OLD content',
      'p/log.2': 'OLDER content',
    });
  });

  test('C1: a sequence that is shifted by one, where nothing can be staged: nothing but the new is sent', async () => {
    const shifted = (by: number): Record<string, string> =>
      Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${i}.jpg`, `photo ${100 + i - by}`]));
    await writeTree(shifted(0), root);
    await publish(s3, bucket, root);
    await writeTree(shifted(1), root);
    s3.server.faults.add({
      match: { operation: 'UploadPartCopy' },
      fault: { kind: 'error', code: 'NotImplemented' },
    });
    const run = await publish(s3, bucket, root, { canStage: false });
    expect(run).toMatchObject({ exit: 0, report: { sentBytes: 8 } });
    await expectEqual();
  });

  test('C2: a swap and a ring of three: nothing is sent', async () => {
    await writeTree({ a: 'AAAA', b: 'BBBB', x: 'x', y: 'yy', z: 'zzz' }, root);
    await publish(s3, bucket, root);
    await writeTree({ a: 'BBBB', b: 'AAAA', x: 'yy', y: 'zzz', z: 'x' }, root);
    const run = await publish(s3, bucket, root);
    expect(run).toMatchObject({ exit: 0, report: { sentBytes: 0 } });
    expect(s3.server.texts(bucket)).toEqual({
      'p/a': 'BBBB',
      'p/b': 'AAAA',
      'p/x': 'yy',
      'p/y': 'zzz',
      'p/z': 'x',
    });
    expect(s3.server.uploads(bucket)).toEqual([]);
    await expectEqual();
  });

  test('C17: promotion: latest is what next was, and next is overwritten first', async () => {
    await writeTree({ 'latest/app': 'version 0', 'next/app': 'version 1 ' }, root);
    await publish(s3, bucket, root);
    await writeTree({ 'latest/app': 'version 1 ', 'next/app': 'version 2  ' }, root);
    const run = await publish(s3, bucket, root);
    expect(run).toMatchObject({ exit: 0, report: { sentBytes: 11 } });
    expect(s3.server.texts(bucket)).toEqual({ 'p/latest/app': 'version 1 ', 'p/next/app': 'version 2  ' });
  });

  test('what was staged and not completed is aborted when the run fails', async () => {
    await writeTree({ 'latest/app': 'version 0', 'next/app': 'version 1 ' }, root);
    await publish(s3, bucket, root);
    await writeTree({ 'latest/app': 'version 1 ', 'next/app': 'version 2  ' }, root);
    s3.server.faults.add({
      match: { operation: 'PutObject' },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    expect((await publish(s3, bucket, root)).exit).toBe(1);
    expect(s3.server.uploads(bucket)).toEqual([]);
    expect(s3.server.texts(bucket)).toEqual({ 'p/latest/app': 'version 0', 'p/next/app': 'version 1 ' });
  });

  test('a swap where staging proves nothing: sent, and right', async () => {
    const weed = await embedded({ deviations: { partCopyEtag: 'chunks' } });
    const other = await weed.bucket();
    await writeTree({ 'a.bin': noise(5 * MIB), 'b.bin': noise(5 * MIB, 2) }, root);
    await publish(weed, other, root);
    await rename(join(root, 'a.bin'), join(root, 'c.bin'));
    await rename(join(root, 'b.bin'), join(root, 'a.bin'));
    await rename(join(root, 'c.bin'), join(root, 'b.bin'));
    expect(await publish(weed, other, root)).toMatchObject({ exit: 0, report: { sentBytes: 5 * MIB } });
    expect(weed.server.object(other, 'p/a.bin')?.content.md5).toBe(md5Of(noise(5 * MIB, 2)));
    expect(weed.server.object(other, 'p/b.bin')?.content.md5).toBe(md5Of(noise(5 * MIB)));
    expect(weed.server.uploads(other)).toEqual([]);
    await weed.stop();
  });
});

describe('headers', () => {
  test('C4, C16: a copy has its own headers and tags, never those of its source', async () => {
    s3.server.putObject(bucket, 'p/old.html', 'body', {
      headers: {
        'content-type': 'text/html',
        'cache-control': 'max-age=9',
        'x-amz-meta-a': 'b',
        'x-amz-website-redirect-location': '/x',
      },
      tags: { expire: 'soon' },
    });
    await writeTree({ 'new.txt': 'body' }, root);
    await publish(s3, bucket, root);
    expect(s3.server.log.count('CopyObject')).toBe(1);
    const copied = s3.server.object(bucket, 'p/new.txt');
    expect(copied?.headers).toEqual({
      'content-type': 'text/plain; charset=utf-8',
      'x-amz-meta-s3cmd-attrs': `md5:${md5Of(Buffer.from('body'))}`,
    });
    // C16: nor its tags.
    expect([...(copied?.tags ?? [])]).toEqual([]);
  });

  test('preserve keeps mode and mtime as s3cmd writes them', async () => {
    await writeTree({ a: 'x' }, root);
    await utimes(join(root, 'a'), 1_700_000_000, 1_700_000_000);
    await publish(s3, bucket, root, { preserve: true });
    expect(s3.server.object(bucket, 'p/a')?.headers['x-amz-meta-s3cmd-attrs']).toBe(
      `md5:${md5Of(Buffer.from('x'))}/mode:33188/mtime:1700000000`,
    );
  });

  test('R7: no ACL is sent unless asked; what is asked goes with every kind of write', async () => {
    await writeTree({ a: 'x', b: 'x', 'c.bin': noise(9 * MIB) }, root);
    await publish(s3, bucket, root, {
      writeHeaders: { storageClass: 'STANDARD_IA', acl: 'bucket-owner-full-control', sse: 'AES256' },
    });
    const writes = s3.server.log.of('PutObject', 'CopyObject', 'CreateMultipartUpload');
    expect(writes).toHaveLength(3);
    for (const { headers } of writes) {
      expect(headers).toMatchObject({
        'x-amz-storage-class': 'STANDARD_IA',
        'x-amz-acl': 'bucket-owner-full-control',
        'x-amz-server-side-encryption': 'AES256',
      });
    }
    const other = await s3.bucket();
    s3.server.log.clear();
    await publish(s3, other, root);
    for (const { headers } of s3.server.log.entries) expect(headers).not.toHaveProperty('x-amz-acl');
  });

  test.each([
    ['public-read', undefined],
    ['bucket-owner-full-control', 'bucket-owner-full-control'],
  ])("of our own objects nobody but the bucket's owner gets more by an ACL: %s", async (acl, expected) => {
    await writeTree({ a: 'x' }, root);
    s3.server.createBucket(acl, { allowsAcls: true });
    await publish(s3, acl, root, { lock: true, writeHeaders: { acl } });
    const sent = s3.server.log.of('PutObject').map(({ key, headers }) => [key, headers['x-amz-acl']]);
    expect(sent).toEqual([
      ['p/.s3-dedup-sync/lock', expected],
      ['p/a', acl],
      // Renewed once more before it is given back.
      ['p/.s3-dedup-sync/lock', expected],
    ]);
  });

  test('every body carries its Content-MD5, and a multipart object the MD5 for s3cmd and rclone', async () => {
    await writeTree({ a: 'x', 'c.bin': noise(20 * MIB) }, root);
    await publish(s3, bucket, root);
    for (const { headers } of s3.server.log.of('PutObject', 'UploadPart'))
      expect(headers['content-md5']).toMatch(/==$/);
    const md5 = md5Of(noise(20 * MIB));
    expect(s3.server.object(bucket, 'p/c.bin')).toMatchObject({
      etag: expect.stringMatching(/-3$/),
      headers: {
        'x-amz-meta-md5chksum': Buffer.from(md5, 'hex').toString('base64'),
        'x-amz-meta-s3cmd-attrs': `md5:${md5}`,
      },
    });
  });
});

describe('deleting', () => {
  beforeEach(async () => {
    await writeTree({ 'a.txt': 'one', 'dir/b.txt': 'two!' }, root);
    await publish(s3, bucket, root);
    s3.server.log.clear();
  });

  test('nothing is deleted unasked', async () => {
    await rm(join(root, 'a.txt'));
    const run = await publish(s3, bucket, root);
    expect(stepsOf(run)).toEqual([]);
    expect(run.report.totals.kept.files).toBe(1);
  });

  test('D1: an empty tree deletes nothing and writes nothing', async () => {
    await removeTree(root);
    await mkdir(root);
    const run = await publish(s3, bucket, root, DELETE);
    expect(run).toMatchObject({ exit: 4, report: { status: 'refused', error: { code: 'no-files-found' } } });
    expect(s3.server.objects(bucket)).toHaveLength(2);
  });

  test('D4: a prefix ends at a slash', async () => {
    s3.server.putObject(bucket, 'p2/x', 'x');
    s3.server.putObject(bucket, 'p.old', 'x');
    await publish(s3, bucket, root, DELETE);
    expect(s3.server.objects(bucket)).toHaveLength(4);
  });

  test('D5: excluded is protected, unless delete-excluded', async () => {
    const excludes = { tree: { excludes: ['dir/'] } };
    await publish(s3, bucket, root, { ...DELETE, ...excludes });
    expect(s3.server.objects(bucket)).toHaveLength(2);
    await publish(s3, bucket, root, { deletes: { deleteAfter: true, deleteExcluded: true }, ...excludes });
    expect(Object.keys(s3.server.texts(bucket))).toEqual(['p/a.txt']);
  });

  test.each([false, true])(
    'a file that comes back while the run sends keeps its object, and all others: lock %s',
    async (lock) => {
      await writeTree({ 'back.html': 'old', 'gone.html': 'old', 'dir/kept': 'k' }, root);
      await publish(s3, bucket, root);
      for (const name of ['back.html', 'gone.html']) await rm(join(root, name));
      await writeTree({ new: 'new' }, root);
      const fill = s3.server.before({ operation: 'PutObject', key: 'p/new' }, async () => {
        await writeTree({ 'back.html': 'its new bytes' }, root);
      });
      const run = await publish(s3, bucket, root, { ...DELETE, lock });
      fill();
      expect(run).toMatchObject({ exit: 1, report: { error: { code: 'file-changed' } } });
      expect(run.report.error?.message).toContain(
        "not there when it was walked ('back.html'), and their objects",
      );
      expect(Object.keys(s3.server.texts(bucket))).toEqual(
        expect.arrayContaining(['p/back.html', 'p/gone.html', 'p/new']),
      );
      expect((await publish(s3, bucket, root, { ...DELETE, lock })).exit).toBe(0);
      expect(s3.server.texts(bucket)).toMatchObject({ 'p/back.html': 'its new bytes' });
      expect(s3.server.object(bucket, 'p/gone.html')).toBeUndefined();
    },
  );

  test('a file that lies there and is not published keeps no object: of no pattern, excluded, a directory, no name', async () => {
    await writeTree({ 'a.css': 'c', 'b.html': 'h', 'no.html': 'n', 'dir/x.html': 'x' }, root);
    for (const key of ['a.css', 'no.html', 'dir', '../x.html', 'a//b.html'])
      s3.server.putObject(bucket, `p/${key}`, 'old');
    const tree = { patterns: await parsePathLines([`${root}/**/*.html`], '/'), root, excludes: ['no.html'] };
    const deletes = { deleteAfter: true, deleteExcluded: true, maxDelete: { kind: 'none' } } as const;
    expect((await publish(s3, bucket, root, { deletes, tree })).exit).toBe(0);
    expect(Object.keys(s3.server.texts(bucket)).sort()).toEqual(['p/b.html', 'p/dir/x.html']);
  });

  const OLD = { 'p/a.txt': 'a', 'p/old/x': 'x', 'p/old/y': 'y', 'p/gone': 'g' };
  const retaining = (retain: readonly string[], changes: Changes = {}): Promise<Published> =>
    publish(s3, bucket, root, { deletes: { deleteAfter: true, retain }, ...changes });
  const putOld = async (): Promise<void> => {
    await writeTree({ 'a.txt': 'a' }, root);
    for (const [key, text] of Object.entries(OLD)) s3.server.putObject(bucket, key, text);
  };

  test.each([
    ['./old/', '"/old/"'],
    ['p/old/', '"/old/"'],
    ['ROOT/old/', '"/old/"'],
    ['s3://BUCKET/p/old/', '"/old/"'],
    ['"old/"', '"old/"'],
    ['old/ # keep', '"old/"'],
    ['tmp/,old/', '"tmp/", "old/"'],
  ])(
    'D15: retain %j, which matches nothing and was to keep something, refuses the run',
    async (given, meant) => {
      await putOld();
      const line = given.replace('ROOT', basename(root)).replace('BUCKET', bucket);
      for (const dryRun of [true, false]) {
        const run = await retaining([line, '/gone'], { dryRun });
        expect(run).toMatchObject({ exit: 4, report: { error: { code: 'pattern-without-match' } } });
        expect(run.report.error?.message).toBe(
          `retain: nothing is kept back by ${JSON.stringify(line)} (write ${meant}), and what it was to keep would be deleted (p/old/x, p/old/y): nothing was written or deleted; correct the line, or take it out`,
        );
        expect(run.messages).toEqual([]);
      }
      const waiting = { deleteAfter: true, retain: [line], grace: { kind: 'deploys', deploys: 9 } } as const;
      const put = await publish(s3, bucket, root, { deletes: waiting, index: memoryIndex() });
      expect(put).toMatchObject({ exit: 4, report: { error: { code: 'pattern-without-match' } } });
      expect(s3.server.texts(bucket)).toMatchObject(OLD);
      const checked = await retaining([line], { command: 'check' });
      expect(checked.messages).toEqual([expect.stringContaining(`(write ${meant}): no key`)]);
    },
  );

  test('D15: retain that keeps nothing is told where something is deleted; what matches a key is not', async () => {
    await putOld();
    const lines = ['/old/', '*.db', './none/', '[a,b]*.x', '/a.txt', '/none/x', './a.txt'];
    const run = await retaining(lines, { dryRun: true });
    expect(run).toMatchObject({ exit: 0, report: { totals: { deleted: { files: 1 } } } });
    expect(run.messages).toEqual([
      expect.stringMatching(
        /^retain: nothing is kept back by ".\/none\/" \(write "\/none\/"\), "\/none\/x", ".\/a.txt" \(write "\/a.txt"\): no /,
      ),
      expect.stringMatching(/^retain: nothing is kept back by "\*\.db", "\[a,b\]\*\.x": no /),
    ]);
    expect((await retaining([...lines, '/gone'])).messages).toEqual([]);
  });

  test('D15: a line may name what lies there under the name of the prefix', async () => {
    await putOld();
    s3.server.putObject(bucket, 'p/p/other', 'o');
    const run = await retaining(['p/old/', 'p/other']);
    expect(run).toMatchObject({ exit: 0, report: { totals: { deleted: { files: 3 } } } });
    expect(run.messages).toEqual([expect.stringMatching(/^retain: nothing is kept back by "p\/old\/": no /)]);
  });

  test('D5: excludes that keep nothing back are told; what matches a file, a directory or a key is not', async () => {
    await writeTree({ 'node_modules/x/y': 'y', 'a.map': 'm', '.git/config': 'c' }, root);
    s3.server.putObject(bucket, 'p/api/v1', 'x');
    const used = ['node_modules', '*.map', '/api/**', '.git', '!b'];
    const excludes = [...used, '**/.DS_Store', 'p/api/**', 'pr/**'];
    const plain = await publish(s3, bucket, root, { tree: { excludes }, dryRun: true });
    expect(plain.messages).toEqual([
      expect.stringMatching(
        /^excludes: nothing is kept back by "p\/api\/\*\*" \(write "\/api\/\*\*"\): no file/,
      ),
      expect.stringMatching(/^excludes: nothing is kept back by "\*\*\/\.DS_Store", "pr\/\*\*": no file/),
    ]);
    const level = (run: Published): unknown[] =>
      run.events.flatMap((event) => (event.type === 'message' ? [event.level] : []));
    expect(level(plain)).toEqual(['warning', 'notice']);
    await rm(join(root, 'a.txt'));
    const deleting = await publish(s3, bucket, root, { tree: { excludes: [...used, 'pr/**'] }, ...DELETE });
    expect(level(deleting)).toEqual(['warning']);
    const without = await publish(s3, bucket, root, { tree: { excludes: used }, ...DELETE });
    expect(without.messages).toEqual([]);
  });

  test('an exclude that protects nothing is told before too many deletions are refused', async () => {
    await writeTree(Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`api/${i}`, `${i}`])), root);
    await publish(s3, bucket, root);
    await rm(join(root, 'api'), { recursive: true });
    const tree = { excludes: ['./api/**'] };
    const run = await publish(s3, bucket, root, { tree, ...DELETE });
    expect([run.exit, run.messages[0]]).toEqual([4, expect.stringContaining('"./api/**" (write "/api/**")')]);
  });

  test('D6, R13: after a failed upload nothing is deleted and no later rank starts', async () => {
    await writeTree({ 'new.css': 'css', 'index.html': 'page' }, root);
    await rm(join(root, 'a.txt'));
    s3.server.faults.add({ match: { key: 'p/new.css' }, fault: { kind: 'error', code: 'AccessDenied' } });
    const run = await publish(s3, bucket, root, DELETE);
    expect(run.exit).toBe(1);
    expect(stepsOf(run)).toEqual([
      'upload p/new.css failed',
      'upload p/index.html skipped',
      'delete p/a.txt skipped',
    ]);
    expect(run.report.steps[1]?.error?.message).toBe('not started: p/new.css failed before it');
    expect(run.report.steps[0]?.error?.message).toMatch(/s3:PutObject/);
    expect(Object.keys(s3.server.texts(bucket))).toEqual(['p/a.txt', 'p/dir/b.txt']);
  });

  test('D7, R4, R5: an error for one key inside a 200 fails the run by name', async () => {
    await rm(join(root, 'a.txt'));
    s3.server.putObject(bucket, 'p/z.txt', 'z');
    s3.server.faults.add({
      match: { operation: 'DeleteObjects' },
      fault: { kind: 'refuse-keys', code: 'AccessDenied', keys: /a\.txt/ },
    });
    const run = await publish(s3, bucket, root, DELETE);
    expect(run.exit).toBe(1);
    expect(stepsOf(run)).toEqual(['delete p/a.txt failed', 'delete p/z.txt done']);
    expect(run.report.totals).toMatchObject({ deleted: { files: 1 }, failed: { files: 1 } });
  });

  test('D8, D11: above the limit nothing at all is written', async () => {
    for (let i = 0; i < 100; i++) s3.server.putObject(bucket, `p/old/${i}`, `${i}`);
    await writeTree({ 'new.txt': 'new content' }, root);
    const run = await publish(s3, bucket, root, DELETE);
    expect(run).toMatchObject({ exit: 4, report: { error: { code: 'too-many-deletions' } } });
    expect(run.report.error?.message).toMatch(
      /^100 of 102 objects under .* max-delete allows 25: nothing was written/,
    );
    expect(s3.server.log.counts).toEqual({ ListObjectsV2: 1 });
  });

  test('D9: a listing that fails or is denied is not an empty bucket', async () => {
    s3.server.faults.add({
      match: { operation: 'ListObjectsV2' },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    const run = await publish(s3, bucket, root, DELETE);
    expect(run).toMatchObject({ exit: 1, report: { error: { code: 'access-denied' } } });
    expect(run.report.error?.message).toMatch(/s3:ListBucket/);
    expect(s3.server.log.count('PutObject')).toBe(0);
  });

  test('D10: the marker of a directory that exists stays, one that is gone goes', async () => {
    s3.server.putObject(bucket, 'p/dir/', '');
    s3.server.putObject(bucket, 'p/empty/', '');
    s3.server.putObject(bucket, 'p/gone/', '');
    s3.server.putObject(bucket, 'p/', '');
    await mkdir(join(root, 'empty'));
    await publish(s3, bucket, root, DELETE);
    expect(Object.keys(s3.server.texts(bucket))).toEqual([
      'p/',
      'p/a.txt',
      'p/dir/',
      'p/dir/b.txt',
      'p/empty/',
    ]);
  });

  test('D14: a destination that shares nothing with the tree is refused', async () => {
    s3.server.putObject(bucket, 'other/x', 'x');
    const run = await publish(s3, bucket, root, { prefix: 'other', ...DELETE });
    expect(run).toMatchObject({ exit: 4, report: { error: { code: 'unrelated-destination' } } });
    const given = await publish(s3, bucket, root, {
      prefix: 'other',
      deletes: { deleteAfter: true, maxDelete: { kind: 'count', count: 1 } },
    });
    expect(given.exit).toBe(0);
  });

  test('a destination that was published with the name of the root before its keys, or without, is not moved unasked', async () => {
    const site = join(root, 'site');
    await writeTree({ 'site/a': 'a', 'site/b/c': 'c' }, root);
    const at = (searchPath: string, changes: Changes = DELETE): ReturnType<typeof publish> =>
      publish(s3, bucket, searchPath, {
        prefix: 'site',
        tree: { excludes: ['/a.txt', '/dir/'] },
        ...changes,
      });
    s3.server.putObject(bucket, 'site/', '');
    await at(root);
    for (const [from, told] of [
      [
        site,
        `below site/, and the tree is the inside of '${site}': nothing was written; publish to .*/site/site/`,
      ],
      [root, `has its files below site/: nothing was written; publish the inside of '${site}/' to go on`],
    ] as const) {
      const before = s3.server.texts(bucket);
      const run = await at(from);
      expect(run).toMatchObject({ exit: 4, report: { error: { code: 'too-many-deletions' } } });
      expect(run.report.error?.message).toMatch(/^all 2 objects .* would be deleted, .*max-delete: none/);
      expect(run.report.error?.message).toMatch(new RegExp(told));
      expect(s3.server.texts(bucket)).toEqual(before);
      const deletes = { deleteAfter: true, maxDelete: { kind: 'count', count: 2 } } as const;
      expect((await at(from, { deletes })).exit).toBe(0);
    }
  });

  test('D14: an inner destination, known by its index or lock, is refused, whatever max-delete says', async () => {
    for (const key of ['p/inner/x', 'p/inner/.s3-dedup-sync/index'])
      s3.server.putObject(bucket, key, 'theirs');
    const deletes = { deleteAfter: true, maxDelete: { kind: 'none' } } as const;
    const run = await publish(s3, bucket, root, { deletes });
    expect(run).toMatchObject({ exit: 4, report: { error: { code: 'unrelated-destination' } } });
    expect(run.report.error?.message).toContain(
      'p/inner/.s3-dedup-sync/ says that another run publishes to p/inner/',
    );
    expect(s3.server.texts(bucket)).toMatchObject({ 'p/inner/x': 'theirs' });
    const excluded = await publish(s3, bucket, root, { deletes, tree: { excludes: ['/inner/'] } });
    expect(excluded.exit).toBe(0);
    expect(s3.server.texts(bucket)).toMatchObject({ 'p/inner/x': 'theirs' });
  });

  test.each([
    ['delete-grace puts off', { grace: { kind: 'deploys', deploys: 1 } }, []],
    ['retain keeps of its own files', { retain: ['.s3-dedup-sync/'] }, []],
    ['excludes keep of its own files', {}, ['.s3-dedup-sync/']],
  ] as const)('D14: an inner destination is refused too with what %s', async (_, kept, excludes) => {
    const deletes = { deleteAfter: true, maxDelete: { kind: 'none' }, ...kept } as const;
    const index = memoryIndex();
    for (const key of ['p/inner/x', 'p/inner/.s3-dedup-sync/index'])
      s3.server.putObject(bucket, key, 'theirs');
    for (const deploy of ['one', 'two', 'three']) {
      await writeTree({ 'a.txt': deploy }, root);
      // Each deploy there writes its index anew.
      s3.server.putObject(bucket, 'p/inner/.s3-dedup-sync/index', `theirs, ${deploy}`);
      const run = await publish(s3, bucket, root, { deletes, index, tree: { excludes } });
      expect(run).toMatchObject({ exit: 4, report: { error: { code: 'unrelated-destination' } } });
    }
    expect(s3.server.texts(bucket)).toMatchObject({ 'p/inner/x': 'theirs' });
  });

  test('a fresh publish with delete-after into a folder made in a console', async () => {
    const other = await s3.bucket();
    s3.server.putObject(other, 'p/', '');
    expect((await publish(s3, other, root, DELETE)).exit).toBe(0);
  });

  test('thousands are deleted a thousand at a time, every answer read', async () => {
    for (let i = 0; i < 2500; i++) s3.server.putObject(bucket, `p/old/${i}`, `${i}`);
    const run = await publish(s3, bucket, root, {
      deletes: { deleteAfter: true, maxDelete: { kind: 'none' } },
    });
    expect(run.report.totals.deleted.files).toBe(2500);
    expect(s3.server.log.count('DeleteObjects')).toBe(3);
    expect(s3.server.objects(bucket)).toHaveLength(2);
  });

  test('a key that XML cannot carry is deleted too', async () => {
    s3.server.putObject(bucket, 'p/bell\u0007', 'x');
    s3.server.putObject(bucket, 'p/a+b c%20é&<>"\'', 'x');
    const run = await publish(s3, bucket, root, DELETE);
    expect(run.report.error).toBeUndefined();
    expect(Object.keys(s3.server.texts(bucket))).toEqual(['p/a.txt', 'p/dir/b.txt']);
  });
});

describe('other writers', () => {
  test('another writer: a key that appeared meanwhile is not overwritten: exit 5, by name', async () => {
    await writeTree({ 'a.txt': 'ours', 'b.txt': 'b' }, root);
    s3.server.before(
      { operation: 'PutObject', key: 'p/a.txt' },
      () => void s3.server.putObject(bucket, 'p/a.txt', 'theirs'),
    );
    const run = await publish(s3, bucket, root);
    expect(run.exit).toBe(5);
    expect(s3.server.texts(bucket)['p/a.txt']).toBe('theirs');
    expect(run.report.steps.find((step) => step.key === 'p/a.txt')?.error?.code).toBe('foreign-writer');
  });

  test.each([
    ['', false],
    [', delayed', true],
  ])(
    'a key that another run gave the same bytes meanwhile is done, with the headers of this run%s',
    async (_, delayUpdates) => {
      const big = noise(9 * MIB);
      await writeTree({ changed: 'old' }, root);
      await publish(s3, bucket, root);
      await writeTree({ changed: 'new', LICENSE: 'same', twin: 'same', 'big.bin': big, empty: '' }, root);
      const index = memoryIndex();
      const theirs = s3.server.after({ operation: 'ListObjectsV2' }, () => {
        theirs();
        const all = { changed: 'new', LICENSE: 'same', twin: 'same', 'big.bin': big, empty: '' };
        for (const [name, body] of Object.entries(all)) s3.server.putObject(bucket, `p/${name}`, body);
      });
      const changes = {
        index,
        delayUpdates,
        headers: { rules: [], defaults: 'website', refresh: false },
      } as const;
      const run = await publish(s3, bucket, root, changes);
      expect(run.report.error).toBeUndefined();
      expect(run.exit).toBe(0);
      expect(s3.server.uploads(bucket)).toEqual([]);
      expect(s3.server.object(bucket, 'p/big.bin')?.headers['content-type']).toBe('application/octet-stream');
      const next = await publish(s3, bucket, root, changes);
      expect(stepsOf(next)).toEqual([]);
      expect(next.report.headersUnknown.files).toBe(0);
    },
  );

  test('one that another run wrote with the same headers too is not written again, and a new rule reaches it', async () => {
    const side = 'side-by-side';
    s3.server.createBucket(side);
    await writeTree({ 'common.css': 'a{}' }, root);
    const index = memoryIndex();
    const rule = (age: number) => ({
      headers: {
        rules: parseHeaderRules(`/*\n  Cache-Control: max-age=${age}`, 'inline').rules,
        defaults: 'none',
        refresh: false,
      } as const,
    });
    const sibling = s3.server.after({ operation: 'ListObjectsV2' }, () => {
      sibling();
      s3.server.putObject(side, 'p/common.css', 'a{}', {
        headers: {
          'content-type': 'text/css; charset=utf-8',
          'cache-control': 'max-age=1',
          'x-amz-meta-s3cmd-attrs': `md5:${md5Of(Buffer.from('a{}'))}`,
        },
      });
    });
    const run = await publish(s3, side, root, { index, ...rule(1) });
    expect(run.exit).toBe(0);
    expect(s3.server.log.count('PutObject')).toBe(1);
    const same = await publish(s3, side, root, { index, ...rule(1) });
    expect(same.report.headersUnknown.files).toBe(0);
    await publish(s3, side, root, { index, ...rule(2) });
    expect(s3.server.object(side, 'p/common.css')?.headers['cache-control']).toBe('max-age=2');
  });

  test('one that another run wrote with the encoded bytes, but not as encoded, is written again', async () => {
    const text = 'let a = 1;\n'.repeat(3_000);
    const changes = { site: { compress: [{ pattern: '*.js', encoding: 'gzip' }] } } as const;
    await writeTree({ 'app.js': text }, root);
    const first = 'encoded-first';
    s3.server.createBucket(first);
    await publish(s3, first, root, changes);
    const bytes = s3.server.object(first, 'p/app.js')!.content.bytes();
    const second = 'encoded-second';
    s3.server.createBucket(second);
    const theirs = s3.server.after({ operation: 'ListObjectsV2' }, () => {
      theirs();
      s3.server.putObject(second, 'p/app.js', bytes);
    });
    expect((await publish(s3, second, root, changes)).exit).toBe(0);
    expect(s3.server.object(second, 'p/app.js')?.headers['content-encoding']).toBe('gzip');
  });

  test('so is one under KMS, whose own metadata says its digest', async () => {
    const kms = 'kms-side-by-side';
    s3.server.createBucket(kms, { encryption: { algorithm: 'aws:kms', keyId: 'k' } });
    await writeTree({ a: 'same', b: 'other' }, root);
    const theirs = s3.server.after({ operation: 'ListObjectsV2' }, () => {
      const headers = { 'x-amz-meta-s3cmd-attrs': `md5:${md5Of(Buffer.from('same'))}` };
      s3.server.putObject(kms, 'p/a', 'same', { headers });
      s3.server.putObject(kms, 'p/b', 'THEIR', { headers });
    });
    const run = await publish(s3, kms, root);
    theirs();
    expect(run.exit).toBe(5);
    expect(run.report.steps.filter(({ outcome }) => outcome === 'failed').map(({ key }) => key)).toEqual([
      'p/b',
    ]);
  });

  test('with overwrite: always it is given the headers of this run', async () => {
    await writeTree({ 'a.html': 'same' }, root);
    const remove = s3.server.after({ operation: 'ListObjectsV2' }, () => {
      remove();
      s3.server.putObject(bucket, 'p/a.html', 'same', { headers: { 'content-type': 'text/plain' } });
    });
    expect((await publish(s3, bucket, root, { overwrite: 'always' })).exit).toBe(0);
    expect(s3.server.object(bucket, 'p/a.html')?.headers['content-type']).toBe('text/html; charset=utf-8');
  });

  test('nor one that changed, was deleted, or is to be deleted', async () => {
    await writeTree({ a: 'one', b: 'two', 'big.bin': noise(9 * MIB), z: 'z' }, root);
    await publish(s3, bucket, root);
    await writeTree({ a: 'ONE', 'big.bin': noise(9 * MIB, 2) }, root);
    await rm(join(root, 'b'));
    const remove = s3.server.after({ operation: 'ListObjectsV2' }, () => {
      s3.server.putObject(bucket, 'p/a', 'theirs');
      s3.server.putObject(bucket, 'p/big.bin', 'theirs');
    });
    const run = await publish(s3, bucket, root, DELETE);
    remove();
    expect(run.exit).toBe(5);
    expect(s3.server.texts(bucket)).toMatchObject({ 'p/a': 'theirs', 'p/big.bin': 'theirs', 'p/b': 'two' });
    expect(s3.server.uploads(bucket)).toEqual([]);

    await writeTree({ a: 'theirs', 'big.bin': 'theirs' }, root);
    const again = s3.server.after(
      { operation: 'ListObjectsV2' },
      () => void s3.server.putObject(bucket, 'p/b', 'theirs, too'),
    );
    expect((await publish(s3, bucket, root, DELETE)).exit).toBe(5);
    again();
    expect(s3.server.texts(bucket)['p/b']).toBe('theirs, too');
  });

  test('of keys that it deletes: ten are named; an excluded one is its own business, but with delete-excluded', async () => {
    await writeTree({ a: 'one', keep: 'keep' }, root);
    await publish(s3, bucket, root);
    let runs = 0;
    const theirs = async (name: string, changes: Changes): Promise<Published> => {
      await writeTree({ a: `changed ${++runs}` }, root);
      const remove = s3.server.after({ operation: 'PutObject', key: 'p/a' }, () => {
        for (let i = 10; i < 22; i++) s3.server.putObject(bucket, `p/${name}/${i}`, `theirs ${i}`);
      });
      const run = await publish(s3, bucket, root, changes);
      remove();
      return run;
    };
    const deletes = { deleteAfter: true, maxDelete: { kind: 'none' } } as const;
    const excludes = { excludes: ['excluded'] };
    const mine = await theirs('other', { deletes });
    expect([mine.exit, mine.report.error?.message]).toEqual([
      5,
      expect.stringMatching(/changed p\/other\/10, .*p\/other\/19 and 2 more during this run/),
    ]);
    expect((await theirs('excluded', { tree: excludes, deletes })).exit).toBe(0);
    const all = { ...deletes, deleteExcluded: true };
    s3.server.putObject(bucket, 'p/excluded/10', 'before');
    expect((await theirs('excluded', { tree: excludes, deletes: all })).exit).toBe(5);
    expect(s3.server.texts(bucket)['p/excluded/10']).toBe('theirs 10');
  });

  test('C5: the source of a copy changed after the listing: the bytes are sent', async () => {
    await writeTree({ old: 'content' }, root);
    await publish(s3, bucket, root);
    await copyFile(join(root, 'old'), join(root, 'new'));
    const remove = s3.server.after(
      { operation: 'ListObjectsV2' },
      () => void s3.server.putObject(bucket, 'p/old', 'replaced'),
    );
    const run = await publish(s3, bucket, root);
    remove();
    expect(run.exit).toBe(5);
    expect(run.report.error?.message).toMatch(
      /another writer changed p\/old during this run; .* may be gone: the next run replaces what that one wrote, so run again only if/,
    );
    expect(s3.server.texts(bucket)).toEqual({ 'p/new': 'content', 'p/old': 'replaced' });
    expect(run.report.totals).toMatchObject({ uploaded: { files: 1 }, copied: { files: 0 } });
    expect(run.messages.join()).toMatch(/is uploaded, not copied/);
  });
});

describe('faults', () => {
  const operations = [
    'PutObject',
    'CopyObject',
    'CreateMultipartUpload',
    'UploadPart',
    'CompleteMultipartUpload',
    'DeleteObjects',
  ] as const;
  test.each(operations)(
    'C14: every first answer to %s is lost: the run completes and the bucket is right',
    async (operation) => {
      await writeTree({ gone: 'gone', keep: 'keep', changed: 'old' }, root);
      await publish(s3, bucket, root);
      await rm(join(root, 'gone'));
      await writeTree(
        { changed: 'newer', n1: 'same content', n2: 'same content', 'big.bin': noise(9 * MIB) },
        root,
      );
      const seen = new Set<string>();
      s3.server.faults.intercept = (request) => {
        const id = `${request.operation} ${request.key} ${request.query.get('partNumber') ?? ''}`;
        if (request.operation !== operation || seen.has(id)) return 'pass';
        seen.add(id);
        return { kind: 'reset', after: true };
      };
      const run = await publish(s3, bucket, root, DELETE);
      expect({ exit: run.exit, error: run.report.error, failed: run.report.totals.failed.files }).toEqual({
        exit: 0,
        error: undefined,
        failed: 0,
      });
      s3.server.faults.clear();
      await expectEqual();
      // Only the upload whose id was in the lost answer cannot be aborted by anyone but a lifecycle rule.
      expect(s3.server.uploads(bucket)).toHaveLength(operation === 'CreateMultipartUpload' ? 1 : 0);
    },
  );

  test('C14: a 503 after the effect is our own write, not another writer', async () => {
    await writeTree({ a: 'one', b: 'one' }, root);
    for (const operation of ['PutObject', 'CopyObject'] as const) {
      s3.server.faults.add({
        match: { operation },
        times: 1,
        fault: { kind: 'error', code: 'SlowDown', after: true },
      });
    }
    expect((await publish(s3, bucket, root)).exit).toBe(0);
  });

  test.each([false, true])(
    'C14: NoSuchUpload to a Complete that took effect (delay-updates: %s): one HEAD tells, nothing is sent again',
    async (delayUpdates) => {
      await writeTree({ 'big.bin': noise(9 * MIB) }, root);
      s3.server.faults.add({
        match: { operation: 'CompleteMultipartUpload' },
        nth: 1,
        fault: { kind: 'error', code: 'NoSuchUpload', after: true },
      });
      expect((await publish(s3, bucket, root, { delayUpdates })).exit).toBe(0);
      expect(s3.server.log.counts).toMatchObject({ CreateMultipartUpload: 1, UploadPart: 2, HeadObject: 1 });
      await expectEqual();
    },
  );

  test.each([
    ['UploadPart', false],
    ['UploadPart', true],
    ['CompleteMultipartUpload', false],
    ['CompleteMultipartUpload', true],
  ] as const)(
    'an upload that somebody aborts before %s (delay-updates: %s): sent once more, not for ever',
    async (operation, delayUpdates) => {
      await writeTree({ 'big.bin': noise(9 * MIB) }, root);
      const fault = { kind: 'error', code: 'NoSuchUpload' } as const;
      s3.server.faults.add({ match: { operation }, nth: 1, fault });
      expect((await publish(s3, bucket, root, { delayUpdates })).exit).toBe(0);
      expect(s3.server.log.counts.CreateMultipartUpload).toBe(2);
      expect(s3.server.uploads(bucket)).toEqual([]);
      await expectEqual();

      await writeTree({ 'big.bin': noise(9 * MIB, 2) }, root);
      s3.server.faults.add({ match: { operation }, fault });
      s3.server.log.clear();
      const run = await publish(s3, bucket, root, { delayUpdates, connection: { concurrency: 1 } });
      expect(run).toMatchObject({ exit: 1, report: { totals: { failed: { files: 1 } } } });
      expect(s3.server.log.counts.CreateMultipartUpload).toBeLessThan(5);
      expect(s3.server.uploads(bucket)).toEqual([]);
    },
  );

  test('SlowDown, errors and resets in one request of five: the result is equal', async () => {
    const tree = Object.fromEntries(
      Array.from({ length: 200 }, (_, i) => [`d${i % 7}/f${i}`, `content ${i % 90}`]),
    );
    await writeTree(tree, root);
    s3.server.faults.intercept = (_, random) => {
      const dice = random();
      if (dice < 0.07) return { kind: 'error', code: 'SlowDown' };
      if (dice < 0.12) return { kind: 'error', code: 'InternalError', after: random() < 0.5 };
      return dice < 0.2 ? { kind: 'reset', after: random() < 0.5 } : 'pass';
    };
    const run = await publish(s3, bucket, root, { connection: { maxAttempts: 10 } });
    expect(run.report.steps.filter((step) => step.outcome !== 'done')).toEqual([]);
    s3.server.faults.clear();
    await expectEqual();
  });

  test('a copy or Complete that answers 200 with an error in it is retried', async () => {
    await writeTree({ a: 'same', b: 'same', 'big.bin': noise(9 * MIB) }, root);
    for (const operation of ['CopyObject', 'CompleteMultipartUpload'] as const) {
      s3.server.faults.add({
        match: { operation },
        times: 1,
        fault: { kind: 'error-in-body', code: 'InternalError' },
      });
    }
    expect((await publish(s3, bucket, root)).exit).toBe(0);
    s3.server.faults.clear();
    await expectEqual();
  });

  test('C3: the first upload of a content fails: nothing is copied from what the key held before', async () => {
    await writeTree({ a: 'old stuff' }, root);
    await publish(s3, bucket, root);
    await writeTree({ a: 'new content', 'b.html': 'new content' }, root);
    s3.server.faults.add({
      match: { key: 'p/a', operation: 'PutObject' },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    const run = await publish(s3, bucket, root);
    expect(run.exit).toBe(1);
    expect(s3.server.texts(bucket)).toEqual({ 'p/a': 'old stuff' });
  });
});

describe('files that change during the run', () => {
  test('C6: before it is sent: its new bytes are sent with their own digest, and its twins keep theirs', async () => {
    await writeTree({ a: 'same bytes', b: 'same bytes' }, root);
    const remove = s3.server.before({ operation: 'PutObject', key: 'p/other' }, () => undefined);
    await writeTree({ other: 'other' }, root);
    const once = s3.server.after({ operation: 'ListObjectsV2' }, () => undefined);
    // The plan is made when the first body is sent; `a` goes up alone, after `0`.
    await writeTree({ '0': 'first of all' }, root);
    const change = s3.server.before({ operation: 'PutObject', key: 'p/0' }, () =>
      writeFile(join(root, 'a'), 'changed!!!'),
    );
    const run = await publish(s3, bucket, root, { connection: { concurrency: 1 } });
    for (const stop of [remove, once, change]) stop();
    expect(run.exit).toBe(0);
    expect(s3.server.texts(bucket)).toMatchObject({ 'p/a': 'changed!!!', 'p/b': 'same bytes' });
    expect(s3.server.log.of('CopyObject')).toEqual([]);
    expect(s3.server.object(bucket, 'p/a')?.headers['x-amz-meta-s3cmd-attrs']).toBe(
      `md5:${md5Of(Buffer.from('changed!!!'))}`,
    );
  });

  describe.each([
    ['that refuses a body for its digest', 'compares'],
    ['that has no code for it', 'refuses'],
    ['that compares nothing', 'ignores'],
    ['that compares nothing and has other ETags', 'kms'],
  ])('C12: digests of another state of the files, and a server %s', (_, kind) => {
    test.each([false, true])('the bytes are there with their own; staged: %s', async (delayUpdates) => {
      const place = kind === 'kms' ? `kms-stale-${delayUpdates}` : await s3.bucket();
      if (kind === 'kms') s3.server.createBucket(place, { encryption: { algorithm: 'aws:kms', keyId: 'k' } });
      await writeTree({ a: 'one of two', b: 'two of two' }, root);
      const files = await Promise.all(
        ['a', 'b'].map(async (name): Promise<[string, FileEntry]> => {
          const { size, mtimeNs, ctimeNs, ino } = await lstat(join(root, name), { bigint: true });
          const md5 = md5Of(Buffer.from(name));
          return [join(root, name), { size: Number(size), mtimeNs, ctimeNs, ino, md5 }];
        }),
      );
      const stale: DigestIndex = {
        ...emptyIndex(Buffer.alloc(0)),
        machine: machineId(),
        writtenNs: 9_999_999_999_999_999_999n,
        files: new Map(files),
      };
      const index = Object.assign(memoryIndex(), { bytes: Buffer.from([...formatIndex(stale)].join('')) });
      const operation = delayUpdates ? 'UploadPart' : 'PutObject';
      const ignore = s3.server.before({ operation }, ({ headers }) => {
        if (kind === 'ignores' || kind === 'kms') delete headers['content-md5'];
      });
      if (kind === 'refuses')
        for (const key of ['p/a', 'p/b'])
          s3.server.faults.add({
            match: { operation, key },
            times: 1,
            fault: { kind: 'error', code: 'InvalidRequest' },
          });
      const run = await publish(s3, place, root, { index, delayUpdates });
      ignore();
      expect(run.exit).toBe(0);
      expect(s3.server.texts(place)).toEqual({ 'p/a': 'one of two', 'p/b': 'two of two' });
      for (const [key, text] of Object.entries(s3.server.texts(place)))
        expect(s3.server.object(place, key)?.headers['x-amz-meta-s3cmd-attrs']).toBe(
          `md5:${md5Of(Buffer.from(text))}`,
        );
      const { files: known } = parseIndex(index.bytes!).index!;
      expect([...known].map(([path, { md5 }]) => [path, md5])).toEqual(
        files.map(([path]) => [path, md5Of(readFileSync(path))]),
      );
      expect(s3.server.log.counts[operation]).toBe(4);
      expect(s3.server.uploads(place)).toEqual([]);
    });
  });

  test('the ETag that a large file made is remembered with its stat, as it was sent and as it was met', async () => {
    await writeTree({ 'big.bin': noise(20 * MIB), small: 'small' }, root);
    const index = memoryIndex();
    const remembered = (): readonly (ETag | undefined)[] =>
      ['big.bin', 'small'].map((name) => parseIndex(index.bytes!).index!.files.get(join(root, name))?.etag);
    for (const written of [2, 0]) {
      const run = await publish(s3, bucket, root, { index });
      expect(run.report.totals.uploaded.files).toBe(written);
      const etag = s3.server.object(bucket, 'p/big.bin')!.etag;
      expect(etag).toMatch(/-3$/);
      expect(remembered()).toEqual([etag, undefined]);
      index.bytes = undefined;
    }
  });

  test('C6: a large file that changes while its parts go up is digested and sent anew, once', async () => {
    await writeTree({ 'big.bin': noise(20 * MIB) }, root);
    let changes = 0;
    const change = s3.server.before({ operation: 'UploadPart' }, async () => {
      if (changes++ === 0) await writeFile(join(root, 'big.bin'), noise(20 * MIB, 3));
    });
    const run = await publish(s3, bucket, root);
    change();
    expect(run.exit).toBe(0);
    expect(s3.server.object(bucket, 'p/big.bin')?.content.md5).toBe(md5Of(noise(20 * MIB, 3)));
    expect(s3.server.uploads(bucket)).toEqual([]);
  });

  test('a large file that gets further links while its parts go up is sent once', async () => {
    await writeTree({ 'big.bin': noise(20 * MIB) }, root);
    let links = 0;
    const change = s3.server.before({ operation: 'UploadPart' }, () =>
      link(join(root, 'big.bin'), join(root, `link${++links}`)),
    );
    const run = await publish(s3, bucket, root);
    change();
    expect(run.exit).toBe(0);
    expect(links).toBe(3);
    expect(s3.server.object(bucket, 'p/big.bin')?.content.md5).toBe(md5Of(noise(20 * MIB)));
  });

  test('a file that keeps changing fails by name, and so does one that vanishes', async () => {
    await writeTree({ 'big.bin': noise(9 * MIB), '0': 'first' }, root);
    let size = 9 * MIB;
    const change = s3.server.before({ operation: 'UploadPart' }, () =>
      truncate(join(root, 'big.bin'), ++size),
    );
    const run = await publish(s3, bucket, root);
    change();
    expect(run.exit).toBe(1);
    expect(run.report.steps.find((step) => step.key === 'p/big.bin')?.error?.code).toBe('file-changed');
    expect(s3.server.object(bucket, 'p/big.bin')).toBeUndefined();
    expect(s3.server.uploads(bucket)).toEqual([]);

    const vanish = s3.server.after({ operation: 'ListObjectsV2' }, () =>
      rm(join(root, 'big.bin'), { force: true }),
    );
    await writeTree({ x: 'unique size of x' }, root);
    const gone = await publish(s3, bucket, root, { connection: { concurrency: 1 } });
    vanish();
    // 4: it was gone before the walk came to it.
    expect([0, 1, 4]).toContain(gone.exit);
    expect(s3.server.object(bucket, 'p/big.bin')).toBeUndefined();
  });
});

describe('paths that lead elsewhere during the run', () => {
  test('C6: a file that became a link to outside of the tree is not followed', async () => {
    const outside = await writeTree({ secret: 'TOP SECRET' });
    await writeTree({ a: 'first', b: 'file b' }, root);
    const swap = s3.server.before({ operation: 'PutObject', key: 'p/a' }, async () => {
      await rm(join(root, 'b'));
      await symlink(join(outside, 'secret'), join(root, 'b'));
    });
    const run = await publish(s3, bucket, root, { connection: { concurrency: 1 } });
    swap();
    expect(run.exit).toBe(1);
    expect(run.report.steps[1]?.error?.code).toBe('file-changed');
    expect(s3.server.texts(bucket)).toEqual({ 'p/a': 'first' });
    await removeTree(outside);
  });

  test('C6: nor is a directory that became one', async () => {
    const outside = await writeTree({ b: 'TOP SECRET' });
    await writeTree({ a: 'first', 'd/b': 'file b' }, root);
    const swap = s3.server.before({ operation: 'PutObject', key: 'p/a' }, async () => {
      await rename(join(root, 'd'), `${root}-d`);
      await symlink(outside, join(root, 'd'));
    });
    const run = await publish(s3, bucket, root, { connection: { concurrency: 1 } });
    swap();
    expect(run.exit).toBe(1);
    expect(s3.server.texts(bucket)).toEqual({ 'p/a': 'first' });
    await removeTree(outside);
    await removeTree(`${root}-d`);
  });
});

describe('encryption', () => {
  test('C7: objects under KMS, whose ETags say nothing, are recognised by metadata: nothing is sent', async () => {
    const kms = 'kms-bucket';
    s3.server.createBucket(kms, { encryption: { algorithm: 'aws:kms', keyId: 'k' } });
    await writeTree({ a: 'one', b: 'two', c: 'two', 'big.bin': noise(9 * MIB) }, root);
    const first = await publish(s3, kms, root);
    expect(first).toMatchObject({
      exit: 0,
      report: { totals: { uploaded: { files: 3 }, copied: { files: 1 } } },
    });
    const second = await publish(s3, kms, root);
    expect(stepsOf(second)).toEqual([]);
    expect(second.report.sentBytes).toBe(0);
  });

  test('C7: where a bucket was put under KMS later, plain objects of one size with others say nothing of those', async () => {
    await writeTree({ a: 'one', b: 'two', c: 'tri' }, root);
    s3.server.putObject(bucket, 'p/a', 'ONE', { lastModified: new Date(1e12) });
    for (const [name, text] of Object.entries({ b: 'two', c: 'tri' })) {
      const attributes = `md5:${md5Of(Buffer.from(text))}`;
      s3.server.putObject(bucket, `p/${name}`, text, {
        encryption: { algorithm: 'aws:kms' },
        headers: { 'x-amz-meta-s3cmd-attrs': attributes },
      });
    }
    expect(stepsOf(await publish(s3, bucket, root))).toEqual(['upload p/a done']);
  });

  test('C7: an index in the bucket spares the questions', async () => {
    const kms = 'kms-indexed';
    s3.server.createBucket(kms, { encryption: { algorithm: 'aws:kms', keyId: 'k' } });
    const index = memoryIndex({ remote: true, local: true });
    await writeTree({ a: 'one', b: 'two' }, root);
    await publish(s3, kms, root, { index });
    s3.server.log.clear();
    expect(stepsOf(await publish(s3, kms, root, { index }))).toEqual([]);
    // One question for the whole run, whether it is KMS at all.
    expect(s3.server.log.counts).toEqual({ ListObjectsV2: 1, HeadObject: 1 });
  });

  test.each([
    ['7', 7 * MIB, 3],
    ['13', 13 * MIB, 2],
    ['24', 24 * MIB, 1],
  ])(
    'C7: parts of %s MiB, which no tool has by itself: S3 is asked, nothing is sent, an index spares the rest',
    async (_, partSize, parts) => {
      const body = noise(20 * MIB);
      await writeTree({ big: body }, root);
      const sizes = Array.from({ length: parts }, (_, i) => Math.min(partSize, body.length - i * partSize));
      s3.server.putObject(bucket, 'p/big', body, inParts(body, ...sizes));
      const index = memoryIndex();
      s3.server.log.clear();
      expect(stepsOf(await publish(s3, bucket, root, { index }))).toEqual([]);
      const { HeadObject, ...others } = s3.server.log.counts;
      expect({ HeadObject, others }).toEqual({
        HeadObject: parts === 1 ? undefined : 2,
        others: { ListObjectsV2: 1 },
      });
      s3.server.log.clear();
      expect(stepsOf(await publish(s3, bucket, root, { index }))).toEqual([]);
      expect(s3.server.log.counts).toEqual({ ListObjectsV2: 1 });
    },
  );

  test.each<[string, Buffer, PutOptions]>([
    ['a part size that not all have', noise(20 * MIB), inParts(noise(20 * MIB), 7 * MIB, 6 * MIB, 7 * MIB)],
    ['the ETag of other bytes', noise(20 * MIB, 2), inParts(noise(20 * MIB, 2), 7 * MIB, 7 * MIB, 6 * MIB)],
    ['nothing of its parts', noise(20 * MIB), { etag: `${'0'.repeat(32)}-3` }],
  ])('a multipart object of which S3 says %s is sent: only its ETag proves it', async (_, body, options) => {
    await writeTree({ big: noise(20 * MIB) }, root);
    s3.server.putObject(bucket, 'p/big', body, options);
    s3.server.log.clear();
    const run = await publish(s3, bucket, root);
    expect(run.report.steps).toMatchObject([{ key: 'p/big', action: 'upload', reason: 'content-unknown' }]);
    // What vouches for it, and the size of its first part: no more is worth asking of what is sent anyway.
    expect(s3.server.log.counts.HeadObject).toBe(2);
    expect(
      s3.server
        .object(bucket, 'p/big')
        ?.content.bytes()
        .equals(noise(20 * MIB)),
    ).toBe(true);
  });

  test.each<[string, Readonly<Record<string, number>>, Readonly<Record<string, number>>, number]>([
    ['C1: rotation', { log: 1 }, { 'log.1': 1, log: 2 }, 1],
    ['C2: a swap', { a: 1, b: 2 }, { a: 2, b: 1 }, 2],
    ['C1: a move whose key gets another content', { a: 1 }, { 'b/new': 1, a: 2 }, 1],
  ])('%s of what another tool uploaded in parts is copied', async (_, there, here, copies) => {
    for (const [name, seed] of Object.entries(there)) {
      const body = noise(20 * MIB, seed);
      s3.server.putObject(bucket, `p/${name}`, body, inParts(body, 8 * MIB, 8 * MIB, 4 * MIB));
    }
    const tree = Object.fromEntries(
      Object.entries(here).map(([name, seed]) => [name, noise(20 * MIB, seed)]),
    );
    await writeTree(tree, root);
    const { report } = await publish(s3, bucket, root);
    expect([report.totals.copied.files, report.totals.uploaded.files]).toEqual([
      copies,
      Object.keys(here).length - copies,
    ]);
    for (const [name, body] of Object.entries(tree))
      expect(s3.server.object(bucket, `p/${name}`)?.content.bytes().equals(body)).toBe(true);
  });

  test('a server that fails at the number of a part is no failure of the run', async () => {
    const body = noise(20 * MIB);
    await writeTree({ big: body }, root);
    s3.server.putObject(bucket, 'p/big', body, inParts(body, 7 * MIB, 7 * MIB, 6 * MIB));
    s3.server.faults.add({
      match: { operation: 'HeadObject', when: ({ query }) => query.has('partNumber') },
      fault: { kind: 'error', code: 'NotImplemented' },
      times: Number.POSITIVE_INFINITY,
    });
    expect(stepsOf(await publish(s3, bucket, root))).toEqual(['upload p/big done']);
  });

  test('C18: a line of a trusted index never contradicts a plain ETag', async () => {
    const index = memoryIndex({ remote: true, local: true });
    await writeTree({ a: 'right' }, root);
    await publish(s3, bucket, root, { index });
    const right = md5Of(Buffer.from('right'));
    const forged = s3.server.putObject(bucket, 'p/a', 'wrong');
    const lines = (index.bytes?.toString() ?? '').split('\n').filter((line) => !line.includes('"key"'));
    const json = JSON.stringify({ key: 'p/a', etag: forged.etag, size: 5, md5: right });
    index.bytes = Buffer.from(`${lines.join('\n')}${crc32(json).toString(16).padStart(8, '0')} ${json}\n`);
    await publish(s3, bucket, root, { index });
    expect(s3.server.texts(bucket)).toEqual({ 'p/a': 'right' });
  });

  test('a HEAD that is denied is no answer: the file is sent, and the run says so once', async () => {
    await writeTree({ a: 'one', b: 'two' }, root);
    await publish(s3, bucket, root);
    await writeTree({ a: 'ONE', b: 'TWO' }, root);
    s3.server.faults.add({
      match: { operation: 'HeadObject' },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    const run = await publish(s3, bucket, root);
    expect(run).toMatchObject({ exit: 0, report: { totals: { uploaded: { files: 2 } } } });
    expect(run.messages.filter((message) => message.includes('s3:GetObject'))).toHaveLength(1);
  });

  test('C15: a copy whose source was vouched for by metadata that lies is replaced at once', async () => {
    const lying = { 'x-amz-meta-s3cmd-attrs': `md5:${md5Of(Buffer.from('right'))}` };
    s3.server.putObject(bucket, 'p/a', 'wrong', { headers: lying, etag: `${'a'.repeat(32)}-7` });
    await writeTree({ a: 'right', b: 'right' }, root);
    expect((await publish(s3, bucket, root)).exit).toBe(0);
    expect(s3.server.texts(bucket)['p/b']).toBe('right');
  });

  test.each<[string, Buffer, PutOptions]>([
    ['in one part', noise(1000, 2), { etag: multipartETag([md5Of(noise(1000, 2))]) }],
    ['in parts of a usual size', noise(20 * MIB, 2), inParts(noise(20 * MIB, 2), 10 * MIB, 10 * MIB)],
    ['in parts of another size', noise(20 * MIB, 2), inParts(noise(20 * MIB, 2), 7 * MIB, 7 * MIB, 6 * MIB)],
  ])(
    'C15: nor a multipart ETag: bytes that came %s with old metadata are replaced',
    async (_, body, options) => {
      const right = noise(body.length);
      await writeTree({ a: right, b: 'b' }, root);
      const lying = { 'x-amz-meta-s3cmd-attrs': `md5:${md5Of(right)}` };
      s3.server.putObject(bucket, 'p/a', body, { ...options, headers: lying });
      const { report } = await publish(s3, bucket, root);
      expect(report.steps).toContainEqual(expect.objectContaining({ key: 'p/a', action: 'upload' }));
      expect(s3.server.object(bucket, 'p/a')?.content.bytes().equals(right)).toBe(true);
      expect(stepsOf(await publish(s3, bucket, root))).toEqual([]);
    },
  );

  test.each<[string, S3ServerOptions]>([
    ['SeaweedFS', { profile: 'seaweedfs' }],
    ['versitygw', { profile: 'versitygw' }],
    ['a server that nobody knows', { deviations: { serverHeader: 'nobody' } }],
  ])('C15: on %s, where another tool wrote other bytes with old metadata, once', async (_, options) => {
    const other = await embedded(options);
    const place = await other.bucket();
    const right = noise(12 * MIB);
    await writeTree({ a: right }, root);
    const index = memoryIndex();
    await publish(other, place, root, { index });
    const headers = { 'x-amz-meta-s3cmd-attrs': `md5:${md5Of(right)}` };
    const wrong = noise(12 * MIB, 2);
    other.server.putObject(place, 'p/a', wrong, { ...inParts(wrong, 6 * MIB, 6 * MIB), headers });
    expect(stepsOf(await publish(other, place, root, { index }))).toHaveLength(1);
    expect(other.server.object(place, 'p/a')?.content.md5).toBe(md5Of(right));
    expect(stepsOf(await publish(other, place, root, { index }))).toEqual([]);
    // Other parts of the same bytes, by S3's word.
    other.server.putObject(place, 'p/a', right, { ...inParts(right, 7 * MIB, 5 * MIB), headers });
    expect(stepsOf(await publish(other, place, root, { index }))).toEqual([]);
    await other.stop();
  });

  test('C15: so too on SeaweedFS without an index, for which part copies are not proved either; check does not know', async () => {
    const weed = await embedded({ profile: 'seaweedfs' });
    const place = await weed.bucket();
    await writeTree({ a: noise(12 * MIB) }, root);
    const headers = { 'x-amz-meta-s3cmd-attrs': `md5:${md5Of(noise(12 * MIB))}` };
    const wrong = noise(12 * MIB, 2);
    weed.server.putObject(place, 'p/a', wrong, { ...inParts(wrong, 6 * MIB, 6 * MIB), headers });
    const check = await publish(weed, place, root, { command: 'check', dryRun: true });
    expect(check.report.steps).toMatchObject([{ key: 'p/a', reason: 'content-unknown' }]);
    await publish(weed, place, root);
    expect(weed.server.object(place, 'p/a')?.content.md5).toBe(md5Of(noise(12 * MIB)));
    expect(stepsOf(await publish(weed, place, root))).toEqual([]);
    await weed.stop();
  });

  test.each<[string, PutOptions]>([
    ['parts of several sizes', inParts(noise(20 * MIB), 7 * MIB, 6 * MIB, 7 * MIB)],
    [
      'parts that begin and end as if they had one',
      inParts(noise(20 * MIB), 6 * MIB, 5 * MIB, 7 * MIB, 2 * MIB),
    ],
    ['parts of which S3 says nothing', { etag: `${'0'.repeat(32)}-3` }],
    ['one part that a server marks as compressed', { etag: `${md5Of(noise(20 * MIB))}-1` }],
  ])('C15: where an ETag cannot be computed, of %s, metadata counts', async (_, options) => {
    await writeTree({ a: noise(20 * MIB) }, root);
    const said = { 'x-amz-meta-s3cmd-attrs': `md5:${md5Of(noise(20 * MIB))}` };
    s3.server.putObject(bucket, 'p/a', noise(20 * MIB), { ...options, headers: said });
    expect(stepsOf(await publish(s3, bucket, root))).toEqual([]);
  });

  describe.each<[string, S3ServerOptions]>([
    ['AWS', {}],
    ['SeaweedFS', { profile: 'seaweedfs' }],
    ['MinIO', { profile: 'minio' }],
    ['a server that nobody knows', { deviations: { serverHeader: 'nobody' } }],
  ])('C15: on %s', (_, options) => {
    test.each<[string, number, (wrong: Buffer) => PutOptions]>([
      ['one part', 1000, (wrong) => ({ etag: multipartETag([md5Of(wrong)]) })],
      ['parts of a usual size', 12 * MIB, (wrong) => inParts(wrong, 10 * MIB, 2 * MIB)],
      ['parts of another size', 12 * MIB, (wrong) => inParts(wrong, 7 * MIB, 5 * MIB)],
    ])('nothing is copied from what has old metadata beside the ETag of %s', async (_, size, cut) => {
      const other = await embedded(options);
      const place = await other.bucket();
      const release = await other.bucket();
      const right = noise(size);
      const wrong = noise(size, 2);
      const headers = { 'x-amz-meta-s3cmd-attrs': `md5:${md5Of(right)}` };
      const put = (bucket: string, key: string, body: Buffer): void =>
        void other.server.putObject(bucket, key, body, { ...cut(body), headers });
      put(place, 'p/old', wrong);
      put(release, 'v1/old', wrong);
      await writeTree({ new: right }, root);
      const from = { place: { bucket: release, prefix: 'v1/' }, connection: {} } as never;
      const copies = { copies: { from: [from] } };
      await publish(other, place, root, copies);
      expect(other.server.log.count('CopyObject', 'UploadPartCopy')).toBe(0);
      expect(other.server.object(place, 'p/new')?.content.md5).toBe(md5Of(right));
      // What its parts prove is copied.
      put(release, 'v1/old', right);
      const again = await other.bucket();
      const run = await publish(other, again, root, copies);
      expect(run.report.totals).toMatchObject({ copied: { files: 1 }, uploaded: { files: 0 } });
      expect(other.server.object(again, 'p/new')?.content.md5).toBe(md5Of(right));
      await other.stop();
    });
  });

  test('C15: metadata never contradicts a plain ETag', async () => {
    await writeTree({ a: 'right' }, root);
    s3.server.putObject(bucket, 'p/a', 'wrong', {
      headers: { 'x-amz-meta-s3cmd-attrs': `md5:${md5Of(Buffer.from('right'))}` },
    });
    await publish(s3, bucket, root);
    expect(s3.server.texts(bucket)).toEqual({ 'p/a': 'right' });
  });
});

describe('the dry run', () => {
  test('R6: the plan that would run, exactly, and nothing written', async () => {
    await writeTree({ a: 'one', b: 'one', gone: 'gone' }, root);
    await publish(s3, bucket, root);
    await rename(join(root, 'a'), join(root, 'z'));
    await rm(join(root, 'gone'));
    await writeTree({ n: 'new!!' }, root);
    s3.server.log.clear();
    const dry = await publish(s3, bucket, root, { dryRun: true, ...DELETE });
    expect(dry.report.status).toBe('planned');
    expect(s3.server.log.counts).toEqual({ ListObjectsV2: 1 });
    const real = await publish(s3, bucket, root, DELETE);
    expect(stepsOf(dry).map((step) => step.replace('planned', 'done'))).toEqual([...stepsOf(real)]);
    expect(dry.report.totals).toEqual(real.report.totals);
  });
});

test('our own objects are never tree, listing, source or deletion', async () => {
  await writeTree({ a: 'x', '.s3-dedup-sync/lock': 'local' }, root);
  s3.server.putObject(bucket, 'p/.s3-dedup-sync/lock', 'lease');
  const run = await publish(s3, bucket, root, DELETE);
  expect(stepsOf(run)).toEqual(['upload p/a done']);
  expect(s3.server.texts(bucket)['p/.s3-dedup-sync/lock']).toBe('lease');
});

test('cancelled: nothing more is started, what was begun is aborted, the exit says so', async () => {
  await writeTree({ 'a.bin': noise(20 * MIB), 'b.html': 'page' }, root);
  const stop = new AbortController();
  const { SyncError } = await import('../../src/model/errors.js');
  const cancel = s3.server.before({ operation: 'UploadPart' }, () =>
    stop.abort(new SyncError('cancelled', 130, 'interrupted')),
  );
  const run = await publish(s3, bucket, root, { signal: stop.signal });
  cancel();
  expect(run).toMatchObject({ exit: 130, report: { status: 'cancelled' } });
  expect(s3.server.objects(bucket)).toEqual([]);
  expect(s3.server.uploads(bucket)).toEqual([]);
});

test('cancelled: what was in flight and arrived is done, and known to the index', async () => {
  await writeTree({ a: 'arrives', 'b.html': 'never begun' }, root);
  const { SyncError } = await import('../../src/model/errors.js');
  const stop = new AbortController();
  const index = memoryIndex();
  const cancel = s3.server.before({ operation: 'PutObject' }, () =>
    stop.abort(new SyncError('cancelled', 130, 'interrupted')),
  );
  const run = await publish(s3, bucket, root, { signal: stop.signal, index });
  cancel();
  expect(run.exit).toBe(130);
  expect(stepsOf(run)).toEqual(['upload p/a done', 'upload p/b.html skipped']);
  expect([...(parseIndex(index.bytes!).index?.objects.keys() ?? [])]).toEqual(['p/a']);
});

test('what a download of the tree has not finished is not published', async () => {
  await writeTree({ a: 'one', [`d/.s3ds-${'0'.repeat(24)}.part`]: 'half', 'd/.s3ds-mine': 'mine' }, root);
  await publish(s3, bucket, root);
  expect(Object.keys(s3.server.texts(bucket))).toEqual(['p/a', 'p/d/.s3ds-mine']);
});

test('an index that takes for ever to be saved is given up, and what is published is no failure for it', async () => {
  await writeTree({ a: 'a' }, root);
  const now = performance.now.bind(performance);
  let since: number | undefined;
  // A second is ten minutes.
  jest.spyOn(performance, 'now').mockImplementation(() => now() + 600 * (now() - (since ?? now())));
  const index = Object.assign(memoryIndex(), {
    save: (_: Iterable<Buffer>, signal: AbortSignal) => {
      since = now();
      return new Promise<void>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('stopped')));
      });
    },
  });
  try {
    const { exit, report, messages } = await publish(s3, bucket, root, { index });
    expect({ exit, error: report.error, status: report.status }).toEqual({ exit: 0, status: 'done' });
    expect(messages).toContainEqual(
      expect.stringMatching(/^the index could not be written \(.*: nothing moved for 5 minutes\)/),
    );
  } finally {
    jest.restoreAllMocks();
  }
});

test('a server that falls silent is no progress, though it accepts each request: the run ends after its five minutes', async () => {
  await writeTree({ a: 'a', b: 'b' }, root);
  const now = performance.now.bind(performance);
  let since: number | undefined;
  // Three seconds are five minutes.
  jest.spyOn(performance, 'now').mockImplementation(() => now() + 99 * (now() - (since ?? now())));
  const cancel = s3.server.before({ operation: 'PutObject' }, () => {
    since ??= now();
  });
  for (const operation of ['PutObject', 'HeadObject'] as const)
    s3.server.faults.add({ match: { operation }, fault: { kind: 'hang' } });
  try {
    const { exit, report } = await publish(s3, bucket, root, {
      connection: { readTimeoutMs: 200, maxAttempts: 25 },
    });
    expect({ exit, error: report.error }).toMatchObject({ exit: 1, error: { code: 'no-progress' } });
  } finally {
    cancel();
    jest.restoreAllMocks();
  }
});
