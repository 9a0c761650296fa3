import { rename, rm } from 'node:fs/promises';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PutOptions } from '../../dev/s3-server/index.js';
import { md5Of } from '../../src/model/digest.js';
import { EXIT, SyncError } from '../../src/model/errors.js';
import { parseHeaderRules } from '../../src/model/header-rules.js';
import { parsePrefix } from '../../src/model/object-key.js';
import type { CopyFrom } from '../../src/model/options.js';
import { type Changes, memoryIndex, publish, stepsOf } from '../support/engine.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { noise, removeTree, writeTree } from '../support/tree.js';

const MIB = 1024 * 1024;

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

function from(place: string, prefix: string): { readonly from: readonly CopyFrom[] } {
  return { from: [{ place: { bucket: place, prefix: parsePrefix(prefix) }, requesterPays: false }] };
}

describe('copy-from', () => {
  test("last release's prefix: what did not change is copied from there, which is never written", async () => {
    await writeTree({ 'a.txt': 'one', 'big.bin': noise(9 * MIB), 'gone.txt': 'gone' }, root);
    await publish(s3, bucket, root, { prefix: 'v1' });
    await rename(join(root, 'a.txt'), join(root, 'renamed.txt'));
    await rm(join(root, 'gone.txt'));
    await writeTree({ 'new.txt': 'something new' }, root);
    s3.server.log.clear();
    const run = await publish(s3, bucket, root, {
      prefix: 'v2',
      copies: from(bucket, 'v1'),
      deletes: { deleteAfter: true },
    });
    expect(run).toMatchObject({ exit: 0, report: { sentBytes: 'something new'.length } });
    expect(s3.server.log.counts).toEqual({ ListObjectsV2: 3, CopyObject: 2, PutObject: 1 });
    expect(Object.keys(s3.server.texts(bucket))).toEqual([
      'v1/a.txt',
      'v1/big.bin',
      'v1/gone.txt',
      'v2/big.bin',
      'v2/new.txt',
      'v2/renamed.txt',
    ]);
    expect(run.report.steps.find(({ key }) => key === 'v2/renamed.txt')).toMatchObject({
      action: 'copy',
      reason: 'exists',
      source: 'v1/a.txt',
    });
  });

  test('another bucket, and what the destination itself has is taken from there first', async () => {
    const staging = await s3.bucket();
    s3.server.putObject(staging, 'built/a', 'content');
    s3.server.putObject(bucket, 'p/b', 'here');
    s3.server.putObject(staging, 'built/b', 'here');
    await writeTree({ a: 'content', b: 'here', c: 'here' }, root);
    const run = await publish(s3, bucket, root, { copies: from(staging, 'built') });
    expect(run).toMatchObject({ exit: 0, report: { sentBytes: 0 } });
    expect(stepsOf(run)).toEqual(['copy p/a <- built/a done', 'copy p/c <- p/b done']);
    expect(run.report.steps.map(({ sourceBucket }) => sourceBucket)).toEqual([staging, undefined]);
    expect(s3.server.texts(bucket)).toEqual({ 'p/a': 'content', 'p/b': 'here', 'p/c': 'here' });
    expect(s3.server.log.of('CopyObject').map(({ headers }) => headers['x-amz-copy-source'])).toContain(
      `${staging}/built/a`,
    );
  });

  test('a place that overlaps the destination lends only what lies outside of it', async () => {
    s3.server.putObject(bucket, 'old/a', 'A');
    s3.server.putObject(bucket, 'p/x', 'OLD');
    await writeTree({ x: 'NEW', y: 'OLD', z: 'A' }, root);
    const run = await publish(s3, bucket, root, { copies: from(bucket, '') });
    expect(run.report.sentBytes).toBe(3);
    expect(s3.server.texts(bucket)).toMatchObject({ 'p/x': 'NEW', 'p/y': 'OLD', 'p/z': 'A' });
  });

  test('C7: objects of a place under KMS are asked about, where a file has their size and nothing better', async () => {
    const kms = 'kms-source';
    s3.server.createBucket(kms, { encryption: { algorithm: 'aws:kms', keyId: 'k' } });
    await writeTree({ a: 'one', b: 'two', long: 'no file will have this size' }, root);
    await publish(s3, kms, root);
    await rm(join(root, 'long'));
    s3.server.log.clear();
    const run = await publish(s3, bucket, root, { copies: from(kms, 'p') });
    expect(run).toMatchObject({ exit: 0, report: { sentBytes: 0 } });
    expect(s3.server.log.counts).toEqual({ ListObjectsV2: 3, HeadObject: 2, CopyObject: 2 });
  });

  test('C7: a rename under KMS is a copy', async () => {
    const kms = 'kms-rename';
    s3.server.createBucket(kms, { encryption: { algorithm: 'aws:kms', keyId: 'k' } });
    await writeTree({ 'old/a': 'one', 'old/b': 'two' }, root);
    await publish(s3, kms, root);
    await rename(join(root, 'old'), join(root, 'new'));
    const run = await publish(s3, kms, root, { deletes: { deleteAfter: true } });
    expect(run).toMatchObject({ exit: 0, report: { sentBytes: 0 } });
    expect(s3.server.texts(kms)).toEqual({ 'p/new/a': 'one', 'p/new/b': 'two' });
  });

  test('a place that cannot be listed fails the run by name, before anything is written', async () => {
    await writeTree({ a: 'x' }, root);
    s3.server.faults.add({
      match: { operation: 'ListObjectsV2', bucket: 'elsewhere' },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    s3.server.createBucket('elsewhere');
    const run = await publish(s3, bucket, root, { copies: from('elsewhere', 'x') });
    expect(run.exit).toBe(1);
    expect(run.report.error?.message).toMatch(/copy-from s3:\/\/elsewhere\/x\/: ListObjectsV2 was denied/);
    expect(s3.server.texts(bucket)).toEqual({});
  });

  test('a copy that is denied becomes an upload, counted as one and said once', async () => {
    const staging = await s3.bucket();
    for (const name of ['a', 'b', 'c']) s3.server.putObject(staging, name, `content ${name}`);
    await writeTree({ a: 'content a', b: 'content b', c: 'content c' }, root);
    s3.server.faults.add({
      match: { operation: 'CopyObject' },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    const run = await publish(s3, bucket, root, { copies: from(staging, '') });
    expect(run.exit).toBe(0);
    expect(run.report.totals).toMatchObject({ uploaded: { files: 3, bytes: 27 }, copied: { files: 0 } });
    const { steps } = run.report;
    expect(steps.map(({ action, reason }) => `${action} ${reason}`)).toEqual(
      Array(3).fill('upload not-copied'),
    );
    for (const { notCopied } of steps)
      expect(notCopied).toMatch(/^CopyObject was denied \(AccessDenied.*\): allow s3:/);
    const said = run.events.filter(
      (event) => event.type === 'message' && event.level === 'notice' && /not copied/.test(event.message),
    );
    expect(said).toHaveLength(1);
  });

  test.each([
    ['though all of them are made', false],
    ['and one is not made at all', true],
  ])('copies that are answered as each other, %s: right, and nobody else is accused', async (_, isLost) => {
    const names = ['a', 'b', 'c', 'd'];
    await writeTree(Object.fromEntries(names.map((name) => [`old-${name}`, `content ${name}`])), root);
    await publish(s3, bucket, root);
    for (const name of names) await rename(join(root, `old-${name}`), join(root, `new-${name}`));
    let last: Buffer | undefined;
    let mixed = 0;
    const proxy = createServer((request, response) => {
      const { method, url, headers } = request;
      const isCopy = headers['x-amz-copy-source'] !== undefined;
      if (isCopy && isLost && last !== undefined && mixed === 0) {
        mixed++;
        request.resume();
        response.end(last);
        return;
      }
      const onward = forward(s3.endpoint, { method, path: url, headers }, async (answer) => {
        let body: Buffer = Buffer.concat(await answer.toArray());
        if (isCopy && answer.statusCode === 200) {
          const own = body;
          // Each has the answer of the one before it, of the same length.
          if (!isLost && last !== undefined) {
            mixed++;
            body = last;
          }
          last = own;
        }
        response.writeHead(answer.statusCode ?? 502, answer.headers).end(body);
      });
      request.pipe(onward);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    try {
      const run = await publish({ ...s3, endpoint }, bucket, root, { connection: { concurrency: 1 } });
      expect(run).toMatchObject({ exit: 0, report: { totals: { copied: { files: 4 } } } });
      expect(mixed).toBe(isLost ? 1 : 3);
    } finally {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    }
    for (const name of names) expect(s3.server.texts(bucket)[`p/new-${name}`]).toBe(`content ${name}`);
  });

  test('copies that are answered as made and are not: told as that, another writer is a guess', async () => {
    await writeTree({ a: 'content' }, root);
    await publish(s3, bucket, root);
    await writeTree({ b: 'content', c: 'content' }, root);
    const remove = s3.server.after({ operation: 'CopyObject', key: 'p/c' }, () =>
      s3.server.deleteObject(bucket, 'p/c'),
    );
    const run = await publish(s3, bucket, root);
    remove();
    expect(run.exit).toBe(5);
    expect(run.report.error?.message).toMatch(
      /what this run wrote under p\/c is not there, though S3 answered .* a proxy mixes up answers, or another writer/,
    );
  });

  test('a bucket whose policy demands conditions takes every write of a run', async () => {
    s3.server.createBucket('strict', { demandsConditions: true });
    await writeTree({ log: 'OLD', keep: 'kept' }, root);
    expect((await publish(s3, 'strict', root)).exit).toBe(0);
    await writeTree({ log: 'NEWER', 'log.1': 'OLD', twin: 'kept' }, root);
    expect((await publish(s3, 'strict', root)).exit).toBe(0);
    expect(s3.server.texts('strict')).toMatchObject({ 'p/log': 'NEWER', 'p/log.1': 'OLD', 'p/twin': 'kept' });
  });
});

describe('copy-min-size', () => {
  test('below it content is sent, with the reason', async () => {
    await writeTree({ a: 'tiny', b: 'tiny', c: 'large enough', d: 'large enough' }, root);
    const run = await publish(s3, bucket, root, { copies: { minSize: 10 } });
    expect(run.report.steps.map(({ key, action, reason }) => `${action} ${key} ${reason}`)).toEqual([
      'upload p/a new',
      'upload p/b small',
      'upload p/c new',
      'copy p/d duplicate',
    ]);
  });

  test('a swap below it is sent, and right', async () => {
    await writeTree({ a: 'A', b: 'B' }, root);
    await publish(s3, bucket, root);
    await writeTree({ a: 'B', b: 'A' }, root);
    const run = await publish(s3, bucket, root, { copies: { minSize: 10 } });
    expect(run.report.totals).toMatchObject({ uploaded: { files: 2 }, copied: { files: 0 } });
    expect(s3.server.texts(bucket)).toEqual({ 'p/a': 'B', 'p/b': 'A' });
  });
});

function classOf(place: string, key: string): string | undefined {
  return s3.server.object(place, key)?.headers['x-amz-storage-class'] ?? 'STANDARD';
}

describe('C13: headers that changed', () => {
  const infrequent = { writeHeaders: { storageClass: 'STANDARD_IA' } };

  test('C13: a changed rule renews the headers in place: nothing is sent, tags stay, the next run is quiet', async () => {
    const index = memoryIndex();
    await writeTree({ a: 'one', b: 'two', 'big.bin': noise(9 * MIB), empty: '' }, root);
    await publish(s3, bucket, root, { index });
    const tagged = s3.server.object(bucket, 'p/a');
    s3.server.putObject(bucket, 'p/a', 'one', { headers: tagged?.headers ?? {}, tags: { keep: 'me' } });
    s3.server.log.clear();
    const run = await publish(s3, bucket, root, { index, ...infrequent });
    expect(run).toMatchObject({ exit: 0, report: { sentBytes: 0, totals: { refreshed: { files: 4 } } } });
    expect(run.report.steps[0]).toMatchObject({ action: 'refresh', reason: 'headers', outcome: 'done' });
    expect(s3.server.log.counts).toEqual({ ListObjectsV2: 2, GetBucketOwnershipControls: 1, CopyObject: 4 });
    for (const { key } of s3.server.objects(bucket)) expect(classOf(bucket, key)).toBe('STANDARD_IA');
    expect([...(s3.server.object(bucket, 'p/a')?.tags ?? [])]).toEqual([['keep', 'me']]);
    expect(s3.server.object(bucket, 'p/big.bin')?.content.md5).toBe(md5Of(noise(9 * MIB)));
    expect(stepsOf(await publish(s3, bucket, root, { index, ...infrequent }))).toEqual([]);
  });

  test('C13: the standard class is the same whether it is asked for or not; back to it is a change', async () => {
    const standard = { writeHeaders: { storageClass: 'STANDARD' } };
    const index = memoryIndex();
    await writeTree({ a: 'one', 'big.bin': noise(9 * MIB) }, root);
    await publish(s3, bucket, root, { index });
    expect(stepsOf(await publish(s3, bucket, root, { index, ...standard }))).toEqual([]);
    await writeTree({ a: 'two' }, root);
    expect(stepsOf(await publish(s3, bucket, root, { index, ...standard }))).toEqual(['upload p/a done']);
    expect(stepsOf(await publish(s3, bucket, root, { index }))).toEqual([]);
    await publish(s3, bucket, root, { index, ...infrequent });
    const run = await publish(s3, bucket, root, { index, ...standard });
    expect(stepsOf(run)).toEqual(['refresh p/a done', 'refresh p/big.bin done']);
    for (const { key } of s3.server.objects(bucket)) expect(classOf(bucket, key)).toBe('STANDARD');
  });

  test('C13: what a lifecycle rule moved keeps its class when another header changes, though STANDARD is asked for by now', async () => {
    const index = memoryIndex();
    await writeTree({ a: 'one' }, root);
    await publish(s3, bucket, root, { index });
    const { headers = {} } = s3.server.object(bucket, 'p/a') ?? {};
    const moved = { headers: { ...headers, 'x-amz-storage-class': 'STANDARD_IA' } };
    s3.server.putObject(bucket, 'p/a', 'one', moved);
    const run = await publish(s3, bucket, root, {
      index,
      writeHeaders: { storageClass: 'STANDARD', sse: 'AES256' },
    });
    expect(run.report.totals.refreshed.files).toBe(1);
    expect(classOf(bucket, 'p/a')).toBe('STANDARD_IA');
  });

  test('C13: what a lifecycle rule moved keeps its class when another header changes', async () => {
    const index = memoryIndex();
    s3.server.createBucket('classes', { allowsAcls: true });
    await writeTree({ a: 'one' }, root);
    await publish(s3, 'classes', root, { index });
    const { headers = {} } = s3.server.object('classes', 'p/a') ?? {};
    s3.server.putObject('classes', 'p/a', 'one', {
      headers: { ...headers, 'x-amz-storage-class': 'STANDARD_IA' },
    });
    const run = await publish(s3, 'classes', root, { index, writeHeaders: { acl: 'public-read' } });
    expect(run.report.totals.refreshed.files).toBe(1);
    expect(s3.server.object('classes', 'p/a')?.acl).toBe('public-read');
    expect(classOf('classes', 'p/a')).toBe('STANDARD_IA');
  });

  describe('C13: a storage class that another tool did not write', () => {
    const asking = { ...infrequent, headers: { refresh: true } };

    beforeEach(async () => {
      await writeTree({ a: 'one' }, root);
    });

    function written(to: EmbeddedTestServer, at: string, storageClass?: string): void {
      const headers = {
        'content-type': 'application/octet-stream',
        ...(storageClass === undefined ? {} : { 'x-amz-storage-class': storageClass }),
      };
      to.server.putObject(at, 'p/a', 'one', { headers });
    }

    test('is given with refresh-headers: nothing moves an object back to the standard one', async () => {
      const index = memoryIndex();
      written(s3, bucket);
      const check = await publish(s3, bucket, root, { index, command: 'check', ...asking });
      expect(stepsOf(check)).toEqual(['refresh p/a planned']);
      const difference = { name: 'x-amz-storage-class', from: 'STANDARD', to: 'STANDARD_IA' };
      expect(check.report.steps[0]).toMatchObject({ headers: [difference] });
      expect(stepsOf(await publish(s3, bucket, root, { index, ...asking }))).toEqual(['refresh p/a done']);
      expect(classOf(bucket, 'p/a')).toBe('STANDARD_IA');
      expect((await publish(s3, bucket, root, { index, ...asking })).report).toMatchObject({
        steps: [],
        requests: { ListObjectsV2: 1 },
      });
    });

    test('is given to what an index remembers in it though it never was, and when another header changes', async () => {
      const index = memoryIndex();
      await publish(s3, bucket, root, { index, ...infrequent });
      const { lastModified } = s3.server.object(bucket, 'p/a')!;
      const standard = { headers: { 'content-type': 'application/octet-stream' }, lastModified };
      s3.server.putObject(bucket, 'p/a', 'one', standard);
      const unasked = await publish(s3, bucket, root, { index, ...infrequent });
      expect(unasked.report).toMatchObject({ steps: [], headersUnknown: { files: 1 } });
      expect(stepsOf(await publish(s3, bucket, root, { index, ...asking }))).toEqual(['refresh p/a done']);
      s3.server.putObject(bucket, 'p/a', 'one', standard);
      const writeHeaders = { ...infrequent.writeHeaders, sse: 'AES256' };
      expect(stepsOf(await publish(s3, bucket, root, { index, writeHeaders }))).toEqual(['refresh p/a done']);
      expect(classOf(bucket, 'p/a')).toBe('STANDARD_IA');
    });

    test('of an object that a lifecycle rule may have moved is left, and asked for once', async () => {
      const index = memoryIndex();
      written(s3, bucket, 'GLACIER_IR');
      const told = await publish(s3, bucket, root, { index, ...infrequent });
      expect(told.messages).toContainEqual(expect.stringMatching(/^the headers of 1 object are not known/));
      const compared = await publish(s3, bucket, root, { index, ...asking });
      expect(compared.report).toMatchObject({ steps: [], requests: { HeadObject: 1 } });
      for (const changes of [asking, infrequent]) {
        const quiet = await publish(s3, bucket, root, { index, ...changes });
        expect(quiet.report).toMatchObject({ steps: [], headersUnknown: { files: 0 } });
        expect(quiet.report.requests).toEqual({ ListObjectsV2: 1 });
        expect(quiet.messages.filter((message) => /headers/.test(message))).toEqual([]);
      }
      const { rules } = parseHeaderRules('/*\n Cache-Control: no-cache', 'inline');
      const ruled = await publish(s3, bucket, root, { index, ...infrequent, headers: { rules } });
      expect(stepsOf(ruled)).toEqual(['refresh p/a done']);
      expect(classOf(bucket, 'p/a')).toBe('GLACIER_IR');
    });

    test('is not given over and over where the server has one class', async () => {
      const gateway = await embedded({ profile: 'versitygw' });
      try {
        const at = await gateway.bucket();
        written(gateway, at);
        const run = await publish(gateway, at, root, asking);
        expect(run.report).toMatchObject({ steps: [], headersUnknown: { files: 0 } });
      } finally {
        await gateway.stop();
      }
    });
  });

  describe('C13: mode and time of files, as metadata has them', () => {
    const RULED = { rules: parseHeaderRules('/*\n Cache-Control: no-cache', 'inline').rules };
    const AGAIN = { rules: parseHeaderRules('/*\n Cache-Control: private', 'inline').rules };
    const S3CMD = 'uid:0/mode:33188/mtime:1700000000/md5:00000000000000000000000000000000';
    const type = { 'content-type': 'application/octet-stream' };

    beforeEach(async () => {
      await writeTree({ a: 'one', b: 'two' }, root);
      s3.server.putObject(bucket, 'p/a', 'one', {
        headers: { ...type, 'x-amz-meta-mtime': '1700000000.123456789' },
      });
      s3.server.putObject(bucket, 'p/b', 'two', { headers: { ...type, 'x-amz-meta-s3cmd-attrs': S3CMD } });
    });

    function metadata(key: string): unknown {
      const { headers = {} } = s3.server.object(bucket, key) ?? {};
      return [headers['cache-control'], headers['x-amz-meta-mtime'], headers['x-amz-meta-s3cmd-attrs']];
    }

    test('stay with an object whose headers are renewed, now and when a rule changes later', async () => {
      const index = memoryIndex();
      const own = `md5:${md5Of(Buffer.from('one'))}`;
      const others = S3CMD.replace(/md5:.*/, `md5:${md5Of(Buffer.from('two'))}`);
      const run = await publish(s3, bucket, root, { index, headers: { ...RULED, refresh: true } });
      expect(stepsOf(run)).toEqual(['refresh p/a done', 'refresh p/b done']);
      expect(metadata('p/a')).toEqual(['no-cache', '1700000000.123456789', own]);
      expect(metadata('p/b')).toEqual(['no-cache', undefined, others]);
      const quiet = await publish(s3, bucket, root, { index, headers: { ...RULED, refresh: true } });
      expect(quiet.report.requests).toEqual({ ListObjectsV2: 1 });
      await publish(s3, bucket, root, { index, headers: AGAIN });
      expect(metadata('p/a')).toEqual(['private', '1700000000.123456789', own]);
      expect(metadata('p/b')).toEqual(['private', undefined, others]);
    });

    test('stay too where the headers were found to be right, and change later', async () => {
      const index = memoryIndex();
      await publish(s3, bucket, root, { index, headers: { refresh: true } });
      const run = await publish(s3, bucket, root, { index, headers: AGAIN });
      expect(run.report.requests).toMatchObject({ HeadObject: 2, CopyObject: 2 });
      expect(metadata('p/a')).toEqual(['private', '1700000000.123456789', expect.any(String)]);
      expect(metadata('p/b')).toEqual(['private', undefined, expect.stringContaining('/mtime:1700000000/')]);
    });

    test('keep an object from being renewed where they may not be read', async () => {
      const index = memoryIndex();
      await publish(s3, bucket, root, { index, headers: { refresh: true } });
      const before = [metadata('p/a'), metadata('p/b')];
      s3.server.faults.add({
        match: { operation: 'HeadObject' },
        fault: { kind: 'error', code: 'AccessDenied' },
        times: Number.POSITIVE_INFINITY,
      });
      for (const preserve of [false, true]) {
        const run = await publish(s3, bucket, root, { index, preserve, headers: AGAIN });
        expect(run.exit).toBe(0);
        expect(run.report.steps).toMatchObject(
          ['p/a', 'p/b'].map((key) => ({ key, action: 'keep', reason: 'attributes-unknown' })),
        );
        const told =
          /: headers are left as they are where renewing them would drop mode and time of the file;/;
        expect(run.messages.filter((message) => told.test(message))).toHaveLength(1);
      }
      expect([metadata('p/a'), metadata('p/b')]).toEqual(before);
      s3.server.faults.clear();
      const run = await publish(s3, bucket, root, { index, headers: AGAIN });
      expect(stepsOf(run)).toEqual(['refresh p/a done', 'refresh p/b done']);
    });

    test('are added with preserve and refresh-headers where one is missing, and never compared', async () => {
      const index = memoryIndex();
      const asking = { index, preserve: true, headers: { refresh: true } };
      const check = await publish(s3, bucket, root, { ...asking, command: 'check' });
      expect(check.report.steps).toMatchObject([
        {
          key: 'p/a',
          headers: [{ name: 'x-amz-meta-s3cmd-attrs', to: expect.stringMatching(/^mode:[0-9]+$/) }],
        },
      ]);
      expect(stepsOf(await publish(s3, bucket, root, asking))).toEqual(['refresh p/a done']);
      expect(metadata('p/a')).toEqual([
        undefined,
        '1700000000.123456789',
        expect.stringMatching(/^md5:[0-9a-f]+\/mode:[0-9]+$/),
      ]);
      expect((await publish(s3, bucket, root, asking)).report.requests).toEqual({ ListObjectsV2: 1 });
    });

    test('stay with preserve too where a rule changes: what is there is not replaced', async () => {
      const index = memoryIndex();
      const asking = { index, preserve: true, headers: { refresh: true } };
      s3.server.putObject(bucket, 'p/b', 'two', {
        headers: { ...type, 'x-amz-meta-s3cmd-attrs': 'uid:0/mode:0/mtime:x' },
      });
      await publish(s3, bucket, root, asking);
      const run = await publish(s3, bucket, root, { index, preserve: true, headers: AGAIN });
      expect(run.report.requests).toMatchObject({ HeadObject: 2, CopyObject: 2 });
      const added = expect.stringMatching(/^md5:[0-9a-f]+\/mode:[1-9][0-9]*$/);
      expect(metadata('p/a')).toEqual(['private', '1700000000.123456789', added]);
      const kept = expect.stringMatching(/^uid:0\/mode:0\/md5:[0-9a-f]+\/mtime:[0-9]+$/);
      expect(metadata('p/b')).toEqual(['private', undefined, kept]);
    });

    test('are added to what an index knows when preserve is turned on later; without refresh-headers nothing is asked', async () => {
      const index = memoryIndex();
      await writeTree({ c: 'three' }, root);
      await publish(s3, bucket, root, { index });
      const unasked = await publish(s3, bucket, root, { index, preserve: true });
      expect(unasked.report).toMatchObject({ steps: [], requests: { ListObjectsV2: 1 } });
      const asking = { index, preserve: true, headers: { refresh: true } };
      expect(stepsOf(await publish(s3, bucket, root, asking))).toEqual([
        'refresh p/a done',
        'refresh p/c done',
      ]);
      expect((await publish(s3, bucket, root, asking)).report.requests).toEqual({ ListObjectsV2: 1 });
      expect((await publish(s3, bucket, root, { index })).report.requests).toEqual({ ListObjectsV2: 1 });
    });
  });

  test.each([
    ['acl', { writeHeaders: { acl: 'private' } }, 1],
    ['storage-class', { writeHeaders: { storageClass: 'STANDARD_IA' } }, 1],
    ['the standard class', { writeHeaders: { storageClass: 'STANDARD' } }, 0],
    ['sse', { writeHeaders: { sse: 'aws:kms', kmsKeyId: 'alias/site' } }, 1],
    ['preserve', { preserve: true }, 1],
    ['nothing', {}, 0],
  ] as [string, Changes, number][])(
    'C13: whoever asks for %s over objects that others wrote is told that nothing became of it',
    async (_, changes, told) => {
      await writeTree({ a: 'one' }, root);
      s3.server.putObject(bucket, 'p/a', 'one');
      const run = await publish(s3, bucket, root, changes);
      expect(stepsOf(run)).toEqual([]);
      const lines = run.messages.filter((message) => /^the headers of 1 object are not known/.test(message));
      expect(lines).toHaveLength(told);
    },
  );

  test('C13: an ACL that would be lost is kept, with its old headers and one line', async () => {
    const index = memoryIndex();
    s3.server.createBucket('with-acls', { allowsAcls: true });
    await writeTree({ a: 'one', b: 'two' }, root);
    await publish(s3, 'with-acls', root, { index });
    const { headers = {} } = s3.server.object('with-acls', 'p/a') ?? {};
    s3.server.putObject('with-acls', 'p/a', 'one', { headers, acl: 'public-read' });
    const run = await publish(s3, 'with-acls', root, { index, ...infrequent });
    expect(stepsOf(run)).toEqual(['keep p/a done', 'refresh p/b done']);
    expect(run).toMatchObject({
      exit: 0,
      report: { totals: { unchanged: { files: 1 }, kept: { files: 0 }, refreshed: { files: 1 } } },
    });
    expect(s3.server.object('with-acls', 'p/a')?.acl).toBe('public-read');
    expect(classOf('with-acls', 'p/a')).toBe('STANDARD');
    expect(run.messages.filter((message) => /would drop an ACL/.test(message))).toHaveLength(1);
  });

  test('C13: an ACL that is not asked for any more stays, and is told and remembered once', async () => {
    const index = memoryIndex();
    s3.server.createBucket('acl-dropped', { allowsAcls: true });
    await writeTree({ a: 'one', b: 'two' }, root);
    await publish(s3, 'acl-dropped', root, { index, writeHeaders: { acl: 'public-read' } });
    s3.server.log.clear();
    const run = await publish(s3, 'acl-dropped', root, { index });
    expect(run).toMatchObject({ exit: 0, report: { steps: [], totals: { unchanged: { files: 2 } } } });
    expect(run.messages).toContainEqual(
      expect.stringMatching(/^p\/a and 1 more keep the ACL of earlier runs, .* acl: private in one run/),
    );
    const next = await publish(s3, 'acl-dropped', root, { index });
    expect(next.messages.filter((message) => message.includes('ACL'))).toEqual([]);
    expect(s3.server.log.counts).toEqual({ ListObjectsV2: 2 });
    expect(s3.server.object('acl-dropped', 'p/a')?.acl).toBe('public-read');
    // Another header that changed is a reason to renew, and may not take the ACL along.
    const both = { index, writeHeaders: { acl: 'public-read' } };
    expect(stepsOf(await publish(s3, 'acl-dropped', root, both))).toHaveLength(2);
    expect(stepsOf(await publish(s3, 'acl-dropped', root, { index, ...infrequent }))).toEqual([
      'keep p/a done',
      'keep p/b done',
    ]);
    const renewed = { index, writeHeaders: { ...infrequent.writeHeaders, acl: 'private' } };
    expect(stepsOf(await publish(s3, 'acl-dropped', root, renewed))).toHaveLength(2);
    expect(s3.server.object('acl-dropped', 'p/a')?.acl).toBe('private');
  });

  test('C13: an object that another run gave its own headers during this one is not taken for ours', async () => {
    const index = memoryIndex();
    const headers = { rules: parseHeaderRules('/*\n Cache-Control: private', 'inline').rules };
    await writeTree({ a: 'one', b: 'two' }, root);
    let listings = 0;
    const remove = s3.server.before({ operation: 'ListObjectsV2' }, () => {
      if (++listings !== 2) return;
      const theirs = { headers: { 'cache-control': 'no-cache' }, lastModified: new Date(Date.now() + 9_000) };
      s3.server.putObject(bucket, 'p/a', 'one', theirs);
    });
    expect((await publish(s3, bucket, root, { index, headers })).exit).toBe(0);
    remove();
    const next = await publish(s3, bucket, root, { index, headers });
    expect(stepsOf(next)).toEqual([]);
    expect(next.messages.join()).toMatch(/the headers of 1 object are not known/);
    const run = await publish(s3, bucket, root, { index, headers: { ...headers, refresh: true } });
    expect(stepsOf(run)).toEqual(['refresh p/a done']);
  });

  /** Another run gives them the same bytes with other headers, within the second in which this one wrote them. */
  const underneath = (...names: readonly string[]): void => {
    for (const name of names) {
      const { content, lastModified } = s3.server.object(bucket, `p/${name}`)!;
      s3.server.putObject(bucket, `p/${name}`, content.bytes(), {
        headers: { 'cache-control': 'no-cache' },
        lastModified,
      });
    }
  };

  test.each([
    [
      'whose object it finds under a key',
      5,
      () => s3.server.putObject(bucket, 'p/z', 'theirs'),
      ['refresh p/a done', 'upload p/z done'],
    ],
    [
      'whose object it finds in the last listing alone',
      5,
      () => {
        const later = s3.server.after({ operation: 'PutObject', key: 'p/z' }, () => {
          later();
          s3.server.putObject(bucket, 'p/z', 'theirs');
        });
      },
      ['refresh p/a done', 'upload p/z done'],
    ],
    [
      'of other headers, whose object of the same bytes it writes over',
      0,
      () => s3.server.putObject(bucket, 'p/z', 'ours'),
      ['refresh p/a done'],
    ],
  ] as [string, number, () => unknown, string[]][])(
    'C13: beside another run, %s, nothing that was written has known headers: asked for once, and renewed',
    async (_, exit, theirs, steps) => {
      const index = memoryIndex();
      const options = {
        index,
        connection: { concurrency: 1 },
        headers: { rules: parseHeaderRules('/*\n Cache-Control: private', 'inline').rules },
      };
      await writeTree({ a: 'one', b: 'two', z: 'ours' }, root);
      const remove = s3.server.before({ operation: 'PutObject', key: 'p/z' }, () => {
        remove();
        underneath('a');
        theirs();
      });
      expect((await publish(s3, bucket, root, options)).exit).toBe(exit);
      const next = await publish(s3, bucket, root, options);
      expect(next.exit).toBe(0);
      expect([...stepsOf(next)].sort()).toEqual(steps);
      expect([...s3.server.objects(bucket)].map(({ headers }) => headers['cache-control'])).toEqual([
        'private',
        'private',
        'private',
      ]);
      const last = await publish(s3, bucket, root, options);
      expect(last.report).toMatchObject({ headersUnknown: { files: 0 }, steps: [] });
      expect(last.report.requests).toEqual({ ListObjectsV2: 1 });
    },
  );

  test('C13: objects whose headers nobody remembers are left alone and counted', async () => {
    await writeTree({ a: 'one' }, root);
    await publish(s3, bucket, root);
    const run = await publish(s3, bucket, root, { index: memoryIndex(), ...infrequent });
    expect(stepsOf(run)).toEqual([]);
    expect(run.report.headersUnknown).toEqual({ files: 1, bytes: 3 });
  });

  test('C13: a copy from an object that is renewed in the same run reads it before or after, never in vain', async () => {
    const index = memoryIndex();
    await writeTree({ 'big.bin': noise(9 * MIB), 'page.html': 'x' }, root);
    await publish(s3, bucket, root, { index });
    // A copy onto itself gives the object of many parts another ETag.
    await writeTree({ 'a-copy.bin': noise(9 * MIB), 'latest/big.bin': noise(9 * MIB) }, root);
    const run = await publish(s3, bucket, root, { index, ...infrequent });
    expect(run).toMatchObject({ exit: 0, report: { sentBytes: 0 } });
    expect(s3.server.object(bucket, 'p/latest/big.bin')?.content.md5).toBe(md5Of(noise(9 * MIB)));
  });

  test('C13: a renewal that is denied fails, and is not sent: tags that may not be taken along would be lost', async () => {
    await writeTree({ a: 'a' }, root);
    const index = memoryIndex();
    await publish(s3, bucket, root, { index });
    const before = s3.server.object(bucket, 'p/a');
    s3.server.faults.add({
      match: { operation: 'CopyObject' },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    s3.server.log.clear();
    const run = await publish(s3, bucket, root, { index, ...infrequent });
    expect(run).toMatchObject({
      exit: 1,
      report: { steps: [{ action: 'refresh', error: { code: 'access-denied' } }] },
    });
    expect(s3.server.log.counts.PutObject).toBeUndefined();
    expect(s3.server.object(bucket, 'p/a')).toEqual(before);
  });

  test('C13: another writer in between keeps its bytes', async () => {
    const index = memoryIndex();
    await writeTree({ a: 'one' }, root);
    await publish(s3, bucket, root, { index });
    const remove = s3.server.after(
      { operation: 'ListObjectsV2' },
      () => void s3.server.putObject(bucket, 'p/a', 'theirs'),
    );
    const run = await publish(s3, bucket, root, { index, ...infrequent });
    remove();
    expect(run.exit).toBe(5);
    expect(s3.server.texts(bucket)).toEqual({ 'p/a': 'theirs' });
  });

  test('C13, C14: a lost answer to a renewal is not taken for one that was made', async () => {
    const index = memoryIndex();
    await writeTree({ a: 'one' }, root);
    await publish(s3, bucket, root, { index });
    s3.server.faults.add({ match: { operation: 'CopyObject' }, fault: { kind: 'reset' } });
    const failed = await publish(s3, bucket, root, { index, ...infrequent, connection: { maxAttempts: 2 } });
    expect(failed.exit).toBe(1);
    s3.server.faults.clear();
    s3.server.faults.add({
      match: { operation: 'CopyObject' },
      times: 1,
      fault: { kind: 'reset', after: true },
    });
    expect((await publish(s3, bucket, root, { index, ...infrequent })).exit).toBe(0);
    expect(classOf(bucket, 'p/a')).toBe('STANDARD_IA');
  });

  test('the dry run counts renewals, and writes none', async () => {
    const index = memoryIndex();
    await writeTree({ a: 'one' }, root);
    await publish(s3, bucket, root, { index });
    const run = await publish(s3, bucket, root, { index, ...infrequent, dryRun: true });
    expect(stepsOf(run)).toEqual(['refresh p/a planned']);
    expect(classOf(bucket, 'p/a')).toBe('STANDARD');
  });
});

describe('overwrite: always', () => {
  const always: Changes = { overwrite: 'always' };

  test.each([
    ['one PUT', 'ours', {}],
    ['parts', noise(9 * MIB), {}],
  ])('what another writer put there meanwhile is replaced: %s', async (_, content, changes) => {
    await writeTree({ a: 'before' }, root);
    await publish(s3, bucket, root);
    await writeTree({ a: content, b: 'b' }, root);
    let listings = 0;
    const remove = s3.server.after({ operation: 'ListObjectsV2' }, () => {
      if (listings++ > 0) return;
      s3.server.putObject(bucket, 'p/a', 'theirs');
      s3.server.putObject(bucket, 'p/b', 'theirs');
    });
    const run = await publish(s3, bucket, root, { ...always, ...changes });
    remove();
    expect(run.exit).toBe(0);
    expect(s3.server.object(bucket, 'p/a')?.content.md5).toBe(md5Of(Buffer.from(content)));
    expect(s3.server.texts(bucket)['p/b']).toBe('b');
    expect(s3.server.uploads(bucket)).toEqual([]);
  });

  test('what another writer deleted meanwhile is published all the same', async () => {
    await writeTree({ a: 'before' }, root);
    await publish(s3, bucket, root);
    await writeTree({ a: 'ours' }, root);
    const remove = s3.server.before({ operation: 'PutObject' }, () => {
      remove();
      s3.server.deleteObject(bucket, 'p/a');
    });
    expect(await publish(s3, bucket, root, always)).toMatchObject({ exit: 0 });
    expect(s3.server.texts(bucket)).toEqual({ 'p/a': 'ours' });
  });

  test('where the key cannot be asked for, it is left as the other writer has it', async () => {
    await writeTree({ a: 'ours' }, root);
    const remove = s3.server.before(
      { operation: 'PutObject' },
      () => void s3.server.putObject(bucket, 'p/a', 'theirs'),
    );
    s3.server.faults.add({
      match: { operation: 'HeadObject' },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    const run = await publish(s3, bucket, root, always);
    remove();
    expect(run).toMatchObject({ exit: 1, report: { steps: [{ error: { code: 'access-denied' } }] } });
    expect(s3.server.texts(bucket)).toEqual({ 'p/a': 'theirs' });
  });

  test('three tries, then the key fails by name', async () => {
    await writeTree({ a: 'ours' }, root);
    let writes = 0;
    const remove = s3.server.before({ operation: 'PutObject' }, () => {
      s3.server.putObject(bucket, 'p/a', `theirs ${writes++}`);
    });
    const run = await publish(s3, bucket, root, always);
    remove();
    expect(run.exit).toBe(5);
    expect(writes).toBe(3);
    expect(s3.server.texts(bucket)).toEqual({ 'p/a': 'theirs 2' });
  });

  test('a delete still wants what the listing showed', async () => {
    await writeTree({ a: 'a', gone: 'gone' }, root);
    await publish(s3, bucket, root);
    await rm(join(root, 'gone'));
    const remove = s3.server.after(
      { operation: 'ListObjectsV2' },
      () => void s3.server.putObject(bucket, 'p/gone', 'new life'),
    );
    const run = await publish(s3, bucket, root, { ...always, deletes: { deleteAfter: true } });
    remove();
    expect(run.exit).toBe(5);
    expect(s3.server.texts(bucket)['p/gone']).toBe('new life');
  });
});

describe('C9: above the limit of one copy', () => {
  const limited: Changes = { maxCopySize: 8 * MIB };

  test('C9: copied by parts, each proved by its ETag; nothing is sent', async () => {
    await writeTree({ 'old.bin': noise(20 * MIB) }, root);
    await publish(s3, bucket, root);
    await rename(join(root, 'old.bin'), join(root, 'new.bin'));
    s3.server.log.clear();
    const run = await publish(s3, bucket, root, { ...limited, deletes: { deleteAfter: true } });
    expect(run).toMatchObject({ exit: 0, report: { sentBytes: 0, totals: { copied: { files: 1 } } } });
    expect(s3.server.log.counts).toEqual({
      ListObjectsV2: 3,
      CreateMultipartUpload: 1,
      UploadPartCopy: 3,
      CompleteMultipartUpload: 1,
      DeleteObjects: 1,
    });
    expect(s3.server.object(bucket, 'p/new.bin')?.content.md5).toBe(md5Of(noise(20 * MIB)));
    expect(stepsOf(await publish(s3, bucket, root, limited))).toEqual([]);
  });

  test('C9: a part that is not its range: nothing is published of it, the bytes are sent', async () => {
    const weed = await embedded({ profile: 'seaweedfs' });
    const place = await weed.bucket();
    await writeTree({ 'old.bin': noise(20 * MIB) }, root);
    await publish(weed, place, root);
    await rename(join(root, 'old.bin'), join(root, 'new.bin'));
    const run = await publish(weed, place, root, limited);
    expect(run).toMatchObject({ exit: 0, report: { sentBytes: 20 * MIB } });
    expect(run.messages).toContainEqual(
      expect.stringMatching(
        /^p\/new\.bin is uploaded, .*: the copy is not proved, as the ETag of part \d is /,
      ),
    );
    expect(weed.server.object(place, 'p/new.bin')?.content.md5).toBe(md5Of(noise(20 * MIB)));
    expect(weed.server.uploads(place)).toEqual([]);
    await weed.stop();
  });

  test('C9: of an object in one piece, whose parts nobody has digested yet', async () => {
    s3.server.putObject(bucket, 'p/old.bin', noise(9 * MIB));
    await writeTree({ 'new.bin': noise(9 * MIB) }, root);
    const run = await publish(s3, bucket, root, limited);
    expect(run).toMatchObject({ exit: 0, report: { sentBytes: 0 } });
    expect(s3.server.log.counts).toMatchObject({ UploadPartCopy: 2 });
    expect(s3.server.object(bucket, 'p/new.bin')?.content.md5).toBe(md5Of(noise(9 * MIB)));
  });

  test('C9: stopped in the middle of it: nothing is published, and no upload stays', async () => {
    await writeTree({ 'old.bin': noise(20 * MIB) }, root);
    await publish(s3, bucket, root);
    await rename(join(root, 'old.bin'), join(root, 'new.bin'));
    const stop = new AbortController();
    const remove = s3.server.before({ operation: 'CreateMultipartUpload' }, () =>
      stop.abort(new SyncError('cancelled', EXIT.interrupted, 'stopped')),
    );
    const run = await publish(s3, bucket, root, { ...limited, signal: stop.signal });
    remove();
    expect(run).toMatchObject({ exit: 130, report: { steps: [{ outcome: 'skipped' }] } });
    expect(s3.server.objects(bucket).map(({ key }) => key)).toEqual(['p/old.bin']);
    expect(s3.server.uploads(bucket)).toEqual([]);
  });

  test('C9, C7: under KMS the whole is proved by its CRC32', async () => {
    const kms = 'kms-large';
    s3.server.createBucket(kms, { encryption: { algorithm: 'aws:kms', keyId: 'k' } });
    await writeTree({ 'old.bin': noise(20 * MIB) }, root);
    await publish(s3, kms, root);
    await rename(join(root, 'old.bin'), join(root, 'new.bin'));
    s3.server.log.clear();
    const run = await publish(s3, kms, root, limited);
    expect(run).toMatchObject({ exit: 0, report: { sentBytes: 0 } });
    expect(s3.server.log.of('CompleteMultipartUpload')[0]?.headers).toHaveProperty('x-amz-checksum-crc32');
    expect(s3.server.object(kms, 'p/new.bin')?.content.md5).toBe(md5Of(noise(20 * MIB)));
    expect(s3.server.uploads(kms)).toEqual([]);
    expect(stepsOf(await publish(s3, kms, root))).toEqual([]);
  });

  test('C6, C7: a file that changes before its CRC32 is made: it is sent as it is then', async () => {
    const kms = 'kms-changes';
    s3.server.createBucket(kms, { encryption: { algorithm: 'aws:kms', keyId: 'k' } });
    await writeTree({ 'old.bin': noise(20 * MIB) }, root);
    await publish(s3, kms, root);
    await rename(join(root, 'old.bin'), join(root, 'new.bin'));
    const remove = s3.server.before({ operation: 'CreateMultipartUpload' }, async () => {
      remove();
      await writeTree({ 'new.bin': noise(20 * MIB, 2) }, root);
    });
    const run = await publish(s3, kms, root, limited);
    expect(run).toMatchObject({ exit: 0, report: { sentBytes: 20 * MIB } });
    expect(s3.server.object(kms, 'p/new.bin')?.content.md5).toBe(md5Of(noise(20 * MIB, 2)));
    expect(s3.server.uploads(kms)).toEqual([]);
  });
});

describe('staging', () => {
  test('C2, C7: a swap under KMS: nothing is sent, the whole proved by its CRC32', async () => {
    const kms = 'kms-swap';
    s3.server.createBucket(kms, { encryption: { algorithm: 'aws:kms', keyId: 'k' } });
    await writeTree({ a: 'AAAA', b: 'BBBB' }, root);
    await publish(s3, kms, root);
    await writeTree({ a: 'BBBB', b: 'AAAA' }, root);
    const run = await publish(s3, kms, root);
    expect(run).toMatchObject({ exit: 0, report: { sentBytes: 0 } });
    expect(s3.server.texts(kms)).toEqual({ 'p/a': 'BBBB', 'p/b': 'AAAA' });
    expect(s3.server.uploads(kms)).toEqual([]);
  });

  test('C2: a ring into which another key leads, as what becomes archived is no source: nothing is sent', async () => {
    await writeTree({ a1: 'xxxx', a2: 'AAAA', m: 'MMMM' }, root);
    await publish(s3, bucket, root);
    await writeTree({ a1: 'MMMM', a2: 'MMMM', m: 'AAAA' }, root);
    const { rules } = parseHeaderRules('/a*\n x-amz-storage-class: GLACIER', 'inline');
    const run = await publish(s3, bucket, root, { headers: { rules } });
    expect(run).toMatchObject({ exit: 0, messages: [], report: { sentBytes: 0 } });
    expect(s3.server.texts(bucket)).toEqual({ 'p/a1': 'MMMM', 'p/a2': 'MMMM', 'p/m': 'AAAA' });
  });

  test('C15, C7: metadata that lies under KMS: the CRC32 refuses the copy, and the bytes are sent', async () => {
    const kms = 'kms-lies';
    s3.server.createBucket(kms, { encryption: { algorithm: 'aws:kms', keyId: 'k' } });
    const lie = (text: string) => ({
      headers: { 'x-amz-meta-s3cmd-attrs': `md5:${md5Of(Buffer.from(text))}` },
    });
    s3.server.putObject(kms, 'p/a', 'AAAA', lie('XXXX'));
    s3.server.putObject(kms, 'p/b', 'BBBB', lie('YYYY'));
    await writeTree({ a: 'YYYY', b: 'XXXX' }, root);
    const run = await publish(s3, kms, root);
    expect(run.exit).toBe(0);
    expect(run.messages.join('\n')).toContain('it has other bytes than its source was said to have (');
    // One was staged and refused; the other is a plain copy, which nothing but its metadata vouches for.
    expect(Object.values(s3.server.texts(kms))).toContain('YYYY');
    expect(s3.server.uploads(kms)).toEqual([]);
  });

  test('C2: a swap whose upload somebody aborts: the bytes are sent', async () => {
    await writeTree({ a: 'AAAA', b: 'BBBB' }, root);
    await publish(s3, bucket, root);
    await writeTree({ a: 'BBBB', b: 'AAAA' }, root);
    const gone = s3.server.faults.add({
      match: { operation: 'CompleteMultipartUpload' },
      fault: { kind: 'error', code: 'NoSuchUpload' },
    });
    const run = await publish(s3, bucket, root);
    expect({ exit: run.exit, gone: gone.befallen > 0 }).toEqual({ exit: 0, gone: true });
    expect(run.messages).toContainEqual(expect.stringContaining('its upload was aborted by someone else'));
    expect(s3.server.texts(bucket)).toEqual({ 'p/a': 'BBBB', 'p/b': 'AAAA' });
  });

  test('C2: a swap on a server whose part copies answer no digest: bound by a proved source, nothing is sent', async () => {
    const weed = await embedded({ profile: 'seaweedfs' });
    const place = await weed.bucket();
    await writeTree({ 'a.bin': noise(9 * MIB), 'b.bin': noise(9 * MIB, 2) }, root);
    await publish(weed, place, root);
    await writeTree({ 'a.bin': noise(9 * MIB, 2), 'b.bin': noise(9 * MIB) }, root);
    const run = await publish(weed, place, root);
    expect(run).toMatchObject({ exit: 0, report: { sentBytes: 0 } });
    expect(weed.server.object(place, 'p/a.bin')?.content.md5).toBe(md5Of(noise(9 * MIB, 2)));
    expect(weed.server.object(place, 'p/b.bin')?.content.md5).toBe(md5Of(noise(9 * MIB)));
    expect(stepsOf(await publish(weed, place, root))).toEqual([]);
    await weed.stop();
  });
});

describe('a server that nobody knows', () => {
  async function threeCopies(deviations: object): Promise<Readonly<Record<string, number>>> {
    const unknown = await embedded({ deviations: { serverHeader: 'nobody', ...deviations } });
    try {
      const place = await unknown.bucket();
      unknown.server.putObject(place, 'p/a', 'content');
      await writeTree({ a: 'content', b: 'content', c: 'content', d: 'content' }, root);
      const run = await publish(unknown, place, root);
      expect(run).toMatchObject({ exit: 0, report: { sentBytes: 0, totals: { copied: { files: 3 } } } });
      for (const name of 'abcd') expect(unknown.server.texts(place)[`p/${name}`]).toBe('content');
      return unknown.server.log.counts;
    } finally {
      await unknown.stop();
    }
  }

  test('is found out by its first copy: conditions honoured, one refusal more', async () => {
    expect(await threeCopies({})).toEqual({ ListObjectsV2: 2, CopyObject: 4 });
  });

  test('conditions ignored: that copy was made, the others go by parts under a conditional Complete', async () => {
    expect(await threeCopies({ copyDestinationConditions: 'ignored' })).toEqual({
      ListObjectsV2: 2,
      CopyObject: 1,
      CreateMultipartUpload: 2,
      UploadPartCopy: 2,
      CompleteMultipartUpload: 2,
    });
  });

  test.each<[string, PutOptions, string]>([
    [
      'its source held other bytes',
      {},
      `its ETag is ${md5Of(Buffer.from('CONTENT'))}, and not the MD5 ${md5Of(Buffer.from('content'))} that its source was said to have`,
    ],
    [
      'it is encrypted',
      { encryption: { algorithm: 'aws:kms' } },
      'it is encrypted, and its ETag says nothing',
    ],
  ])('a copy by parts that nothing proves is sent, and why is told: %s', async (_, { encryption }, why) => {
    const unknown = await embedded({
      deviations: { serverHeader: 'nobody', copyDestinationConditions: 'ignored' },
    });
    unknown.server.createBucket('told', encryption === undefined ? {} : { encryption });
    const attributes = `md5:${md5Of(Buffer.from('content'))}`;
    unknown.server.putObject('told', 'p/a', 'CONTENT', {
      etag: `${'0'.repeat(32)}-3`,
      headers: { 'x-amz-meta-s3cmd-attrs': attributes },
    });
    await writeTree({ a: 'content', b: 'content', c: 'content' }, root);
    const run = await publish(unknown, 'told', root, { connection: { concurrency: 1 } });
    expect(run.exit).toBe(0);
    expect(run.messages).toContainEqual(
      expect.stringMatching(
        new RegExp(`^p/c is uploaded, not copied from p/a: the copy is not proved, as ${why}$`),
      ),
    );
    expect(unknown.server.texts('told')['p/c']).toBe('content');
    await unknown.stop();
  });
});

describe('R3: a copy that a server makes by a multipart upload', () => {
  let gateway: EmbeddedTestServer;

  beforeAll(async () => {
    gateway = await embedded({ profile: 'versitygw' });
  });
  afterAll(() => gateway.stop());

  test.each([
    ['killed', true],
    ['that could not abort', false],
  ])('of a run %s: its upload is journalled, and aborted by the next run', async (_, isKilled) => {
    const at = await gateway.bucket();
    const index = memoryIndex();
    await writeTree({ a: 'one' }, root);
    await publish(gateway, at, root, { index });
    const { bytes } = index;
    await writeTree({ b: 'one', c: 'one' }, root);
    let lines = '';
    const remove = gateway.server.before({ operation: 'UploadPartCopy' }, () => {
      lines = index.lines;
    });
    gateway.server.faults.add({
      match: { operation: ['UploadPartCopy', 'AbortMultipartUpload'] },
      fault: { kind: 'error', code: 'AccessDenied' },
      times: Number.POSITIVE_INFINITY,
    });
    await publish(gateway, at, root, { index });
    remove();
    gateway.server.faults.clear();
    expect(gateway.server.uploads(at)).toHaveLength(2);
    if (isKilled) Object.assign(index, { bytes, lines });
    for (const name of ['b', 'c']) await rm(join(root, name));
    await publish(gateway, at, root, { index });
    expect(gateway.server.uploads(at)).toEqual([]);
  });

  test('that succeeds leaves nothing in the index', async () => {
    const at = await gateway.bucket();
    const index = memoryIndex();
    await writeTree({ a: 'one' }, root);
    await publish(gateway, at, root, { index });
    await writeTree({ b: 'one' }, root);
    expect(stepsOf(await publish(gateway, at, root, { index }))).toEqual(['copy p/b <- p/a done']);
    expect(`${index.bytes}`).not.toMatch(/"upload"|"writing"/);
  });
});
