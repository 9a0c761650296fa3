import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PutOptions } from '../../dev/s3-server/index.js';
import { md5Of } from '../../src/model/digest.js';
import { parseHeaderRules } from '../../src/model/header-rules.js';
import { openStore } from '../../src/store/open.js';
import type { SyncResult } from '../../src/sync/ports.js';
import { sync } from '../../src/sync/sync.js';
import { type Changes, memoryIndex, optionsFor, publish, stepsOf } from '../support/engine.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { noise, removeTree, writeTree } from '../support/tree.js';

const MIB = 1024 * 1024;
const PAGE = 'a page that says the same again and again. '.repeat(100);

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
});
afterEach(async () => {
  s3.server.faults.clear();
  await removeTree(root);
});

async function check(changes: Changes = {}): ReturnType<typeof publish> {
  s3.server.log.clear();
  const run = await publish(s3, bucket, root, { command: 'check', dryRun: true, ...changes });
  expect(s3.server.log.of(...WRITES)).toEqual([]);
  return run;
}

const WRITES = [
  'PutObject',
  'CopyObject',
  'DeleteObject',
  'DeleteObjects',
  'CreateMultipartUpload',
  'UploadPart',
  'UploadPartCopy',
] as const;

function tamper(key: string, body: string | Buffer, headers: Readonly<Record<string, string>> = {}): void {
  const object = s3.server.object(bucket, key);
  if (object === undefined) throw new Error(key);
  s3.server.putObject(bucket, key, body, {
    etag: object.etag,
    headers: { ...object.headers, ...headers },
  });
}

const rules = parseHeaderRules('/*\n  Cache-Control: no-cache\n  x-amz-meta-team: web', 'file').rules;
const options: Changes = {
  headers: { rules },
  site: { compress: [{ pattern: '*.html', encoding: 'gzip' }], cleanUrls: true },
};

describe('check', () => {
  test('what a publish left is no difference, read back or not, plain, encoded, in parts and staged', async () => {
    await writeTree(
      { 'a.html': PAGE, 'b.txt': 'b', 'c.txt': 'b', empty: '', 'big.bin': noise(20 * MIB) },
      root,
    );
    for (const delayUpdates of [false, true]) {
      await publish(s3, bucket, root, { ...options, delayUpdates });
      const run = await check(options);
      expect(run).toMatchObject({ exit: 0, report: { status: 'done', steps: [] } });
      expect(s3.server.log.counts.GetObject).toBeUndefined();
      const read = await check({ ...options, read: true });
      expect(read).toMatchObject({
        exit: 0,
        report: { status: 'done', steps: [], totals: { unchanged: { files: 6 } } },
      });
      expect(s3.server.log.counts.GetObject).toBe(6);
      bucket = await s3.bucket();
    }
  });

  test('everything that a publish would do is a difference; what it leaves alone is none', async () => {
    const index = memoryIndex();
    await writeTree({ a: 'one', b: 'two', gone: 'gone', renamed: 'renamed', 'kept.log': 'log' }, root);
    await publish(s3, bucket, root, { index });
    await writeTree({ a: 'other', new: 'new', moved: 'renamed' }, root);
    for (const name of ['gone', 'renamed', 'kept.log']) await rm(join(root, name));
    const tree = { excludes: ['*.log'] };
    const plain = await check({ index, tree });
    expect(plain).toMatchObject({ exit: 3, report: { status: 'different', totals: { kept: { files: 3 } } } });
    expect(stepsOf(plain)).toEqual([
      'copy p/moved <- p/renamed planned',
      'upload p/new planned',
      'upload p/a planned',
    ]);
    const deleting = await check({
      index,
      tree,
      deletes: { deleteAfter: true, maxDelete: { kind: 'count', count: 0 } },
    });
    expect(stepsOf(deleting).slice(3)).toEqual(['delete p/gone planned', 'delete p/renamed planned']);
    expect(deleting.exit).toBe(3);
    const headers = await check({ index, tree, headers: { rules } });
    expect(stepsOf(headers)).toContain('refresh p/b planned');
    expect(headers.report.steps.find(({ action }) => action === 'refresh')?.headers).toEqual([
      { name: 'cache-control', to: 'no-cache' },
      { name: 'x-amz-meta-team', to: 'web' },
    ]);
    expect(index.saves).toBe(1);
  });

  test('reading finds bytes that no listing shows, and decodes what is encoded; headers are compared with refresh-headers', async () => {
    await writeTree(
      { 'a.html': PAGE, 'b.txt': 'two', 'c.html': `${PAGE}c`, 'd.txt': 'four', 'e.txt': 'five' },
      root,
    );
    await publish(s3, bucket, root, options);
    tamper('p/a.html', gzipSync(`${PAGE} and more`));
    tamper('p/a', 'no gzip at all');
    tamper('p/b.txt', 'TWO');
    tamper('p/d.txt', 'four', { 'cache-control': 'public' });
    tamper('p/e.txt', 'five', { 'x-amz-meta-team': 'ops' });
    const sizes = await check(options);
    // The listing shows sizes and ETags alone.
    expect(stepsOf(sizes)).not.toContain('upload p/b.txt planned');
    tamper('p/a.html', Buffer.alloc(gzipSync(PAGE, { level: 9 }).length, 1));
    tamper('p/a', Buffer.alloc(gzipSync(PAGE, { level: 9 }).length, 2));
    const run = await check({ ...options, read: true });
    expect(run).toMatchObject({
      exit: 3,
      report: { status: 'different', totals: { unchanged: { files: 4 } } },
    });
    expect([...stepsOf(run)].sort()).toEqual([
      'upload p/a planned',
      'upload p/a.html planned',
      'upload p/b.txt planned',
    ]);
    expect(run.messages).toContain(
      '3 objects do not hold the bytes that S3 says: a sync goes by what S3 says and finds nothing to do there; delete them first, then publish',
    );
    const reasons = run.report.steps.map(({ reason }) => reason);
    expect(new Set(reasons)).toEqual(new Set(['damaged']));
    const both = await check({ ...options, headers: { rules, refresh: true }, read: true });
    expect(stepsOf(both).filter((step) => step.startsWith('refresh'))).toEqual([
      'refresh p/d.txt planned',
      'refresh p/e.txt planned',
    ]);
    expect(both.report.steps.find(({ key }) => key === 'p/e.txt')?.headers).toEqual([
      { name: 'x-amz-meta-team', from: 'ops', to: 'web' },
    ]);
  });

  test('what would get other headers, or would but for its ACL, is read too', async () => {
    const index = memoryIndex();
    bucket = `acls-${bucket}`;
    s3.server.createBucket(bucket, { allowsAcls: true });
    await writeTree({ a: 'one', b: 'two', c: 'three' }, root);
    await publish(s3, bucket, root, { index });
    tamper('p/a', 'ONE');
    s3.server.putObject(bucket, 'p/b', 'TWO', { etag: md5Of(Buffer.from('two')), acl: 'public-read' });
    const run = await check({ index, headers: { rules }, read: true });
    expect(run).toMatchObject({
      exit: 3,
      report: { totals: { unchanged: { files: 0 }, kept: { files: 0 } } },
    });
    expect([...stepsOf(run)].sort()).toEqual([
      'refresh p/c planned',
      'upload p/a planned',
      'upload p/b planned',
    ]);
  });

  test('C7: what nothing proves to be another content is not called changed, whatever a plain object of its size says', async () => {
    await writeTree({ a: 'one', b: 'two', c: 'tri', d: 'for', e: 'fiv' }, root);
    const kms: PutOptions = { encryption: { algorithm: 'aws:kms' } };
    s3.server.putObject(bucket, 'p/a', 'ONE');
    s3.server.putObject(bucket, 'p/b', 'two', kms);
    s3.server.putObject(bucket, 'p/c', 'tri', {
      ...kms,
      headers: { 'x-amz-meta-s3cmd-attrs': `md5:${md5Of(Buffer.from('tri'))}` },
    });
    s3.server.putObject(bucket, 'p/d', 'for', {
      encryption: { algorithm: 'AES256', customerKeyMd5: 'a key of theirs' },
    });
    s3.server.putObject(bucket, 'p/e', 'fiv');
    const run = await check();
    expect(run.report.steps.map(({ key, reason }) => `${key} ${reason}`)).toEqual([
      'p/a changed',
      'p/b content-unknown',
      'p/d content-unknown',
    ]);
  });

  test('C7: with read, what S3 says nothing of is read, once where it is the file, and its bytes decide', async () => {
    const big = noise(9 * MIB);
    await writeTree({ a: 'one', b: 'two', c: 'tri', d: 'for', big, moved: 'six', 'z.html': PAGE }, root);
    const kms: PutOptions = { encryption: { algorithm: 'aws:kms' } };
    s3.server.putObject(bucket, 'p/a', 'one', kms);
    s3.server.putObject(bucket, 'p/b', 'TWO', kms);
    s3.server.putObject(bucket, 'p/c', 'tri', { etag: 'of-another-kind' });
    s3.server.putObject(bucket, 'p/d', 'for', {
      encryption: { algorithm: 'AES256', customerKeyMd5: 'a key of theirs' },
    });
    s3.server.putObject(bucket, 'p/big', big, { etag: `${'0'.repeat(32)}-7` });
    s3.server.putObject(bucket, 'p/z.html', gzipSync(PAGE, { level: 9 }), kms);
    const all = { site: { compress: options.site?.compress ?? [] } };
    expect((await check(all)).report.totals.unchanged.files).toBe(0);
    const run = await check({ ...all, read: true });
    expect(run.report.totals).toMatchObject({ unchanged: { files: 4 }, failed: { files: 1 } });
    expect(
      run.report.steps.map(({ key, action, reason, outcome }) => `${key} ${action} ${reason} ${outcome}`),
    ).toEqual([
      'p/moved upload new planned',
      'p/b upload changed planned',
      'p/d upload content-unknown failed',
    ]);
    expect(run.report.steps.at(-1)?.error?.message).toBe(
      'p/d: a customer key (SSE-C) encrypts the object, which is not supported: exclude it, or store it under SSE-S3 or KMS',
    );
    // What differs is read twice.
    expect(s3.server.log.counts.GetObject).toBe(7);
    expect(run.exit).toBe(1);
  });

  test('an index is not believed, wherever it lies', async () => {
    await writeTree({ 'a.html': PAGE }, root);
    const index = memoryIndex({ remote: true, local: true });
    await publish(s3, bucket, root, { ...options, index });
    // Other bytes under an ETag of parts, of which only the index says that they are the page.
    s3.server.putObject(bucket, 'p/a.html', 'x'.repeat(50), { etag: `${'0'.repeat(32)}-3` });
    const line =
      (index.bytes?.toString() ?? '').split('\n').find((text) => text.includes('"key":"p/a.html"')) ?? '';
    expect(line).not.toBe('');
    const { crc32 } = await import('node:zlib');
    const json = JSON.stringify({ ...JSON.parse(line.slice(9)), etag: `${'0'.repeat(32)}-3`, size: 50 });
    const forged = `${crc32(json).toString(16).padStart(8, '0')} ${json}`;
    index.bytes = Buffer.from((index.bytes?.toString() ?? '').replace(line, forged));
    const run = await check({ ...options, index });
    expect(run.report.steps).toMatchObject([{ key: 'p/a.html', reason: 'exists', outcome: 'planned' }]);
  });

  test('a body that is cut is read again; an object that changes or cannot be read fails by name', async () => {
    await writeTree({ a: 'one', b: noise(MIB), c: 'three' }, root);
    await publish(s3, bucket, root);
    s3.server.faults.add({
      match: { operation: 'GetObject', key: 'p/b' },
      fault: { kind: 'truncate' },
      times: 1,
    });
    const cut = await check({ read: true });
    expect(cut.report.steps).toEqual([]);
    expect(cut.exit).toBe(0);
    const remove = s3.server.before({ operation: 'GetObject', key: 'p/a' }, () => {
      s3.server.putObject(bucket, 'p/a', 'theirs');
    });
    const changed = await check({ read: true });
    remove();
    expect(changed).toMatchObject({ exit: 5, report: { totals: { failed: { files: 1 } } } });
    await writeTree({ a: 'theirs' }, root);
    s3.server.faults.add({
      match: { operation: 'GetObject', key: 'p/c' },
      fault: { kind: 'error', code: 'AccessDenied' },
      times: Number.POSITIVE_INFINITY,
    });
    const denied = await check({ read: true });
    expect(denied.exit).toBe(1);
    expect(denied.report.steps).toMatchObject([
      { key: 'p/c', outcome: 'failed', error: { code: 'access-denied' } },
    ]);
  });
});

describe('what one reading shows', () => {
  /** The bytes that come, reading by reading; the last ones stay. */
  const readings = (key: string, ...texts: readonly string[]): (() => void) => {
    let read = 0;
    return s3.server.before({ operation: 'GetObject', key }, () => {
      tamper(key, texts[Math.min(read++, texts.length - 1)] ?? '');
    });
  };

  test('a difference that a second reading does not show is none; two that differ are a failure of the way', async () => {
    await writeTree({ a: 'one', b: 'two' }, root);
    await publish(s3, bucket, root);
    const undo = readings('p/a', 'ONE', 'one');
    expect(await check({ read: true })).toMatchObject({ exit: 0, report: { steps: [] } });
    expect(s3.server.log.counts.GetObject).toBe(3);
    undo();
    const undoBoth = readings('p/a', 'ONE', 'oNe');
    const run = await check({ read: true });
    undoBoth();
    expect(run.exit).toBe(1);
    expect(run.report.steps).toMatchObject([
      {
        key: 'p/a',
        outcome: 'failed',
        error: {
          code: 'wrong-content',
          message: expect.stringContaining('p/a: two readings gave two contents'),
        },
      },
    ]);
  });
});

describe('check of a copy from bucket to bucket', () => {
  let from: string;
  const put = (name: string, body: string | Buffer, options: PutOptions = {}): void =>
    void s3.server.putObject(from, `a/${name}`, body, options);
  const place = (): Changes => ({ source: { bucket: from, prefix: 'a' } });

  beforeEach(async () => {
    from = await s3.bucket();
  });

  test('differences are what a sync would do; kept, graced and excluded keys are none, and are counted', async () => {
    const index = memoryIndex({ remote: true, local: false });
    for (const name of ['same', 'changed', 'missing']) put(name, name);
    for (const name of ['same', 'changed', 'extra', 'graced', 'kept', 'x.log'])
      s3.server.putObject(bucket, `p/${name}`, name === 'changed' ? 'CHANGED' : name);
    const options: Changes = {
      ...place(),
      index,
      tree: { excludes: ['*.log'] },
      deletes: { deleteAfter: true, retain: ['kept'], maxDelete: { kind: 'none' } },
    };
    const run = await check(options);
    expect(run).toMatchObject({
      exit: 3,
      report: { status: 'different', totals: { unchanged: { files: 1 }, kept: { files: 2 } } },
    });
    expect(stepsOf(run)).toEqual([
      'copy p/missing <- a/missing planned',
      'copy p/changed <- a/changed planned',
      'delete p/extra planned',
      'delete p/graced planned',
    ]);
    const graced = await check({
      ...options,
      deletes: { ...options.deletes, grace: { kind: 'deploys', deploys: 2 } },
    });
    expect(graced.report.totals).toMatchObject({ deleted: { files: 0 }, kept: { files: 4 } });
    expect(stepsOf(graced).filter((step) => step.startsWith('keep'))).toEqual([
      'keep p/extra done',
      'keep p/graced done',
    ]);
    expect(index.saves).toBe(0);
    await publish(s3, bucket, root, options);
    const equal = await check(options);
    expect(equal).toMatchObject({
      exit: 0,
      report: { status: 'done', steps: [], totals: { kept: { files: 2 } } },
    });
  });

  test('read: both sides, each object once; damage on either side is told as that side\u2019s', async () => {
    put('x', 'one');
    put('y', 'two');
    put('empty', '');
    await publish(s3, bucket, root, place());
    // In parts, and nobody knows the MD5.
    const body = noise(6 * MIB);
    for (const [where, key] of [
      [from, 'a/parts'],
      [bucket, 'p/parts'],
    ] as const)
      s3.server.putObject(where, key, body, { etag: `${'0'.repeat(32)}-3` });
    const equal = await check({ ...place(), read: true });
    expect(equal).toMatchObject({ exit: 0, report: { steps: [], totals: { unchanged: { files: 4 } } } });
    expect(s3.server.log.counts.GetObject).toBe(7);

    tamper('p/x', 'ONE');
    s3.server.putObject(bucket, 'p/parts', noise(6 * MIB, 2), { etag: `${'0'.repeat(32)}-3` });
    const there = await check({ ...place(), read: true });
    expect(there.exit).toBe(3);
    expect(there.report.steps.map(({ key, reason }) => `${key} ${reason}`).sort()).toEqual([
      'p/parts damaged',
      'p/x damaged',
    ]);

    let read = 0;
    const undo = s3.server.before({ operation: 'GetObject', bucket: from, key: 'a/y' }, () => {
      put('y', read++ === 0 ? 'TWO' : 'two', { etag: md5Of(Buffer.from('two')) });
    });
    const once = await check({ ...place(), read: true });
    undo();
    expect(once.exit).toBe(3);
    put('y', 'TWO', { etag: md5Of(Buffer.from('two')) });
    const here = await check({ ...place(), read: true });
    expect(here.exit).toBe(1);
    expect(here.report.steps.find(({ outcome }) => outcome === 'failed')).toMatchObject({
      key: 'p/y',
      error: { code: 'wrong-content', message: expect.stringContaining('a/y: the source object is damaged') },
    });
  });

  test('C7: with read, both sides are read where one of them does not say what it holds', async () => {
    const kms: PutOptions = { encryption: { algorithm: 'aws:kms' } };
    const body = noise(6 * MIB);
    put('here', 'here', kms);
    s3.server.putObject(bucket, 'p/here', 'here');
    put('there', 'there');
    s3.server.putObject(bucket, 'p/there', 'there', kms);
    put('other', 'other', kms);
    s3.server.putObject(bucket, 'p/other', 'OTHER', kms);
    put('parts', body, { etag: `${'0'.repeat(32)}-3` });
    s3.server.putObject(bucket, 'p/parts', body);
    const unread = await check(place());
    expect(unread.report.steps.map(({ key, reason }) => `${key} ${reason}`).sort()).toEqual([
      'p/here exists',
      'p/other exists',
      'p/parts exists',
      'p/there exists',
    ]);
    const run = await check({ ...place(), read: true });
    expect(run).toMatchObject({ exit: 3, report: { totals: { unchanged: { files: 3 } } } });
    expect(stepsOf(run)).toEqual(['copy p/other <- a/other planned']);
  });

  test('an index is not believed, and a changed rule is a difference', async () => {
    const index = memoryIndex({ remote: true, local: false });
    put('x', 'one', { encryption: { algorithm: 'aws:kms' } });
    await publish(s3, bucket, root, { ...place(), index });
    expect((await check({ ...place(), index })).exit).toBe(3);
    put('x', 'one');
    const ruled = await check({ ...place(), index, headers: { rules } });
    expect(stepsOf(ruled)).toEqual(['refresh p/x planned']);
    const [step] = ruled.report.steps;
    expect(step?.headers).toEqual([
      { name: 'cache-control', to: 'no-cache' },
      { name: 'x-amz-meta-team', to: 'web' },
    ]);
  });
});

describe('check of a download', () => {
  async function checkFiles(
    changes: Partial<Pick<Changes, 'read' | 'deletes' | 'tree'>> = {},
  ): Promise<SyncResult> {
    const options = {
      ...optionsFor(s3, bucket, root, { command: 'check', dryRun: true, ...changes }),
      target: { directory: root, duplicates: 'copy', asStored: false } as const,
    };
    const signal = new AbortController().signal;
    const emit = (): void => undefined;
    s3.server.log.clear();
    const { store } = await openStore(options, emit, signal);
    const ports = { store, copyFrom: [], index: undefined, owner: 'a test', emit, signal, now: Date.now };
    const run = await sync({ ...options, tree: { ...options.tree, patterns: [] } }, ports);
    expect(s3.server.log.of(...WRITES)).toEqual([]);
    return run;
  }
  const steps = ({ report }: SyncResult): readonly string[] =>
    report.steps.map(({ action, key }) => `${action} ${key}`);

  test('C7: what nothing proves to be another content is not called changed, and with read its bytes decide', async () => {
    await writeTree({ a: 'one', b: 'two', c: 'tri', d: 'for' }, root);
    const kms: PutOptions = { encryption: { algorithm: 'aws:kms' } };
    s3.server.putObject(bucket, 'p/a', 'ONE');
    s3.server.putObject(bucket, 'p/b', 'two', kms);
    s3.server.putObject(bucket, 'p/c', 'TRI', kms);
    s3.server.putObject(bucket, 'p/d', 'for', { etag: `${'0'.repeat(32)}-3` });
    const reasons = ({ report }: SyncResult): readonly string[] =>
      report.steps.map(({ key, reason }) => `${key} ${reason}`);
    expect(reasons(await checkFiles())).toEqual([
      'a changed',
      'b content-unknown',
      'c content-unknown',
      'd content-unknown',
    ]);
    expect(reasons(await checkFiles({ read: true }))).toEqual(['a changed', 'c changed']);
  });

  test('the directory against what a download would make of it; it stays as it is', async () => {
    await writeTree({ same: 'same', changed: 'old!', 'gone.txt': 'gone', 'x.log': 'log', twin: 'new' }, root);
    for (const [name, text] of Object.entries({ same: 'same', changed: 'new!', new: 'new', 'y.log': 'y' }))
      s3.server.putObject(bucket, `p/${name}`, text);
    const tree = { excludes: ['*.log'] };
    const run = await checkFiles({ tree, deletes: { deleteAfter: true } });
    expect(run.exit).toBe(3);
    expect([...steps(run)].sort()).toEqual([
      'copy new',
      'delete gone.txt',
      'delete twin',
      'download changed',
    ]);
    const { readdir } = await import('node:fs/promises');
    expect((await readdir(root)).sort()).toEqual(['changed', 'gone.txt', 'same', 'twin', 'x.log']);
  });

  test('read: a damaged object is found, though the file has what its ETag says', async () => {
    await writeTree({ a: 'one', b: 'two' }, root);
    s3.server.putObject(bucket, 'p/a', 'one');
    s3.server.putObject(bucket, 'p/b', 'two');
    expect((await checkFiles({ read: true })).exit).toBe(0);
    tamper('p/b', 'TWO');
    expect((await checkFiles()).exit).toBe(0);
    const run = await checkFiles({ read: true });
    expect([run.exit, run.report.steps]).toMatchObject([3, [{ reason: 'damaged' }]]);
    // A damaged file is found without: files are digested.
    tamper('p/b', 'two');
    await writeFile(join(root, 'a'), 'ONE');
    expect(steps(await checkFiles())).toEqual(['download a']);
  });
});
