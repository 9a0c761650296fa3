import { readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PutOptions, S3Request } from '../../dev/s3-server/index.js';
import { EMPTY_MD5, md5Of, multipartETag } from '../../src/model/digest.js';
import { EXIT, SyncError } from '../../src/model/errors.js';
import { parseHeaderRules } from '../../src/model/header-rules.js';
import { clientOf } from '../support/bucket-view.js';
import {
  type Changes,
  inParts,
  memoryIndex,
  type Published,
  publish,
  stepsOf,
  type TreeSource,
} from '../support/engine.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { noise, removeTree, writeTree } from '../support/tree.js';

const MIB = 1024 * 1024;
/** Bytes of the smallest objects of two parts. */
const TWO_PARTS = 5 * MIB + 9;
const WRITES = [
  'PutObject',
  'CopyObject',
  'UploadPart',
  'UploadPartCopy',
  'CreateMultipartUpload',
  'CompleteMultipartUpload',
  'DeleteObjects',
] as const;

let s3: EmbeddedTestServer;
/** Another service: what lies there cannot be copied. */
let other: EmbeddedTestServer;
let from: string;
let to: string;

beforeAll(async () => {
  s3 = await embedded();
  other = await embedded();
});
afterAll(async () => {
  await s3.stop();
  await other.stop();
});
beforeEach(async () => {
  from = `from-${await s3.bucket()}`;
  s3.server.createBucket(from);
  other.server.createBucket(from);
  to = await s3.bucket();
});
afterEach(() => {
  s3.server.faults.clear();
  other.server.faults.clear();
});

/** Copies s3://from/a/ to s3://to/b/. */
async function copy(changes: Changes = {}, source: Partial<TreeSource> = {}): Promise<Published> {
  s3.server.log.clear();
  other.server.log.clear();
  const place = { bucket: from, prefix: 'a', ...source };
  return publish(s3, to, '/', { prefix: 'b', ...changes, source: place });
}

/** The two ways that bytes can go. */
const WAYS = [
  ['copied', () => s3],
  ['carried', () => other],
] as const;

function put(server: EmbeddedTestServer, name: string, body: string | Buffer, options?: PutOptions): void {
  server.server.putObject(from, `a/${name}`, body, options);
}

/** A multipart object with these parts, as any tool makes one. */
async function putParts(
  server: EmbeddedTestServer,
  name: string,
  body: Buffer,
  sizes: readonly number[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<string> {
  const client = clientOf(server);
  const at = { Bucket: from, Key: `a/${name}` };
  const headers = { ContentType: 'x/y', CacheControl: 'no-cache', Metadata: { ...metadata } };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...at, ...headers }));
  const parts: { PartNumber: number; ETag: string | undefined }[] = [];
  let offset = 0;
  for (const [i, size] of sizes.entries()) {
    const Body = body.subarray(offset, offset + size);
    const part = await client.send(new UploadPartCommand({ ...at, UploadId, PartNumber: i + 1, Body }));
    parts.push({ PartNumber: i + 1, ETag: part.ETag });
    offset += size;
  }
  const MultipartUpload = { Parts: parts };
  const done = await client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload }));
  client.destroy();
  return (done.ETag ?? '').replaceAll('"', '');
}

/** What lies under b/, by its name there. */
function there(): Readonly<Record<string, string>> {
  const texts = Object.entries(s3.server.texts(to));
  return Object.fromEntries(texts.map(([key, text]) => [key.slice('b/'.length), text]));
}

function headersOf(name: string): Readonly<Record<string, string>> | undefined {
  return s3.server.object(to, `b/${name}`)?.headers;
}

function writes(): number {
  return s3.server.log.count(...WRITES) + other.server.log.count(...WRITES);
}

/** Bytes that this machine sent, of bodies of objects. */
function sent(): number {
  const { PutObject = 0, UploadPart = 0 } = s3.server.log.bytesIn;
  return PutObject + UploadPart;
}

const NAMES = [
  'plain',
  'dir/deep/er',
  'a b+c%20d&e=f?g#h',
  'caf\u00e9 \u2603 \u{1f600}',
  'cafe\u0301',
  'quote\'"<>`$(x)\\y',
  'a//b',
  '/leading',
  './dot',
  '../up',
  'x/../y',
  'tab\tnew\nline',
  '.hidden',
  '.well-known/x',
  '*?[!]{}',
  '!bang',
  '#hash',
  ' blank ',
  '\u0001control',
  '~',
  'a:b@c,d;e|f^g',
] as const;

describe.each(WAYS)('fresh, %s', (way, serverOf) => {
  test('every name, in its own content, and then nothing more to do', async () => {
    for (const name of NAMES) put(serverOf(), name, `of ${name}`);
    const run = await copy({}, { server: serverOf() });
    expect(run.report.steps.filter(({ outcome }) => outcome !== 'done')).toEqual([]);
    expect(run.exit).toBe(0);
    expect(there()).toEqual(Object.fromEntries(NAMES.map((name) => [name, `of ${name}`])));
    const asked = serverOf().server.log.counts;
    if (way === 'copied') {
      expect(asked).toEqual({
        ListObjectsV2: 3,
        HeadObject: NAMES.length,
        CopyObject: NAMES.length,
      });
      expect(sent()).toBe(0);
      expect(run.report.totals.copied.files).toBe(NAMES.length);
    } else {
      expect(asked).toEqual({ ListObjectsV2: 1, HeadObject: NAMES.length, GetObject: NAMES.length });
      expect(s3.server.log.counts).toEqual({ ListObjectsV2: 2, PutObject: NAMES.length });
      expect(run.report.totals.uploaded.files).toBe(NAMES.length);
    }
    const again = await copy({ deletes: { deleteAfter: true } }, { server: serverOf() });
    expect(again).toMatchObject({
      exit: 0,
      report: { steps: [], totals: { unchanged: { files: NAMES.length } } },
    });
    expect(s3.server.log.total + other.server.log.total).toBe(2);
  });

  test('changed, new, renamed there and gone; excluded is protected; the dry run says just that', async () => {
    const server = serverOf();
    const names = ['same', 'changed', 'renamed', 'gone', 'x.log'];
    for (const name of names) put(server, name, `${name} 1`);
    await copy({}, { server });
    put(server, 'changed', 'changed 2');
    put(server, 'new', 'new 2');
    put(server, 'moved', 'renamed 1');
    put(server, 'x.log', 'x.log 2');
    put(server, 'y.log', 'y.log 2');
    server.server.deleteObject(from, 'a/renamed');
    server.server.deleteObject(from, 'a/gone');
    const changes: Changes = { tree: { excludes: ['*.log'] }, deletes: { deleteAfter: true } };
    const dry = await copy({ ...changes, dryRun: true }, { server });
    expect(writes()).toBe(0);
    const run = await copy(changes, { server });
    expect(run.exit).toBe(0);
    const planned = (steps: readonly string[]): readonly string[] =>
      steps.map((step) => step.replace(/ (planned|done)$/, ''));
    expect(planned(stepsOf(dry))).toEqual(planned(stepsOf(run)));
    expect(dry.report.totals).toEqual(run.report.totals);
    expect(there()).toEqual({
      same: 'same 1',
      changed: 'changed 2',
      new: 'new 2',
      moved: 'renamed 1',
      'x.log': 'x.log 1',
    });
    // Carried, what lies there already under another name is copied there.
    const moved = run.report.steps.find(({ key }) => key === 'b/moved');
    expect(moved).toMatchObject({ action: 'copy', source: way === 'copied' ? 'a/moved' : 'b/renamed' });
  });

  test('headers and user metadata are kept, rules go over them, a `!` takes away, tags do not come along', async () => {
    const server = serverOf();
    const headers = {
      'content-type': 'text/x-odd',
      'cache-control': 'max-age=7',
      'content-disposition': 'attachment; filename="a b"',
      'content-encoding': 'br',
      'content-language': 'de',
      expires: 'Thu, 01 Dec 2033 16:00:00 GMT',
      'x-amz-meta-one': '1',
      'x-amz-meta-two': 'two words',
      'x-amz-storage-class': 'STANDARD_IA',
    };
    const tags = { expire: 'soon' };
    put(server, 'small', 'small', { headers, tags });
    put(server, 'empty', '', { headers: { ...headers, 'x-amz-website-redirect-location': '/else' }, tags });
    put(server, 'dir/', '', { headers, tags });
    put(server, 'ruled/x', 'ruled', { headers, tags });
    put(server, 'big', noise(8 * MIB), { headers, tags });
    await putParts(server, 'parts', noise(11 * MIB, 2), [5 * MIB, 5 * MIB, MIB], { one: '1' });
    const inline = `/ruled/*\n  Cache-Control: no-store\n  ! Content-Language\n  ! x-amz-meta-two\n  x-amz-meta-three: 3\n  x-amz-tagging: team=web\n`;
    const { rules } = parseHeaderRules(inline, 'inline');
    const changes: Changes = { headers: { rules } };
    const kept = { ...headers, 'x-amz-storage-class': undefined };
    const shown = (name: string): Record<string, string | undefined> => {
      const { 'x-amz-meta-s3cmd-attrs': _, 'x-amz-meta-md5chksum': __, ...others } = headersOf(name) ?? {};
      return { ...others, 'x-amz-storage-class': others['x-amz-storage-class'] };
    };
    for (const delayUpdates of [false, true]) {
      to = await s3.bucket();
      const run = await copy({ ...changes, delayUpdates }, { server });
      expect(run.report.steps.filter(({ outcome }) => outcome !== 'done')).toEqual([]);
      for (const name of ['small', 'dir/', 'big']) expect(shown(name)).toEqual(kept);
      expect(shown('empty')).toEqual({ ...kept, 'x-amz-website-redirect-location': '/else' });
      const ruled = { ...kept, 'cache-control': 'no-store', 'x-amz-meta-three': '3' };
      const { 'content-language': _, 'x-amz-meta-two': __, ...wanted } = ruled;
      expect(shown('ruled/x')).toEqual(wanted);
      expect(shown('parts')).toMatchObject({
        'content-type': 'x/y',
        'cache-control': 'no-cache',
        'x-amz-meta-one': '1',
      });
      for (const { key, tags: given } of s3.server.objects(to))
        expect([key, [...given]]).toEqual([key, key === 'b/ruled/x' ? [['team', 'web']] : []]);
      const again = await copy({ ...changes, delayUpdates }, { server });
      expect(again.report.steps).toEqual([]);
      expect(writes()).toBe(0);
      const asked = await copy({ headers: { rules: [], refresh: true } }, { server });
      // The rule is gone: what it gave goes too.
      expect(stepsOf(asked)).toEqual(['refresh b/ruled/x done']);
      expect(shown('ruled/x')).toEqual(kept);
      const quiet = await copy({ headers: { rules: [], refresh: true } }, { server });
      expect(quiet.report.steps).toEqual([]);
    }
  });

  test('the destination decides class, encryption and ACL', async () => {
    const server = serverOf();
    to = `acls-${to}`;
    s3.server.createBucket(to, { allowsAcls: true });
    put(server, 'x', 'x', { headers: { 'x-amz-storage-class': 'STANDARD_IA' } });
    await copy(
      { writeHeaders: { storageClass: 'GLACIER_IR', acl: 'public-read', sse: 'aws:kms' } },
      { server },
    );
    const object = s3.server.object(to, 'b/x');
    expect(object).toMatchObject({ acl: 'public-read', encryption: { algorithm: 'aws:kms' } });
    expect(object?.headers['x-amz-storage-class']).toBe('GLACIER_IR');
  });
});

const attributes = (body: string | Buffer): Readonly<Record<string, string>> => ({
  'x-amz-meta-s3cmd-attrs': `md5:${md5Of(Buffer.from(body))}`,
});

describe.each(WAYS)('what vouches for a content, %s', (way, serverOf) => {
  /** Runs until nothing is left to do; the writes of the second run. */
  async function twice(changes: Changes = {}): Promise<number> {
    const run = await copy(changes, { server: serverOf() });
    expect(run.report.steps.filter(({ outcome }) => outcome !== 'done')).toEqual([]);
    for (const { key, content } of serverOf().server.objects(from)) {
      const object = s3.server.object(to, key.replace(/^a\//, 'b/'));
      expect([key, object?.content.md5]).toEqual([key, content.md5]);
    }
    const again = await copy(changes, { server: serverOf() });
    expect(again.exit).toBe(0);
    return writes();
  }

  test('multipart objects in layouts of any tool keep their ETags: the next run lists and no more', async () => {
    const server = serverOf();
    const etags = {
      ours: await putParts(server, 'ours', noise(17 * MIB), [8 * MIB, 8 * MIB, MIB]),
      five: await putParts(server, 'five', noise(TWO_PARTS, 2), [5 * MIB, 9]),
      eight: await putParts(server, 'eight', noise(9 * MIB, 3), [8 * MIB, MIB]),
      odd: await putParts(server, 'odd', noise(13 * MIB, 4), [6 * MIB + 1, 6 * MIB + 1, MIB - 2]),
      single: await putParts(server, 'single', noise(MIB, 5), [MIB]),
      small: await putParts(server, 'small', Buffer.from('small'), [5]),
    };
    expect(await twice()).toBe(0);
    for (const [name, etag] of Object.entries(etags))
      expect([name, s3.server.object(to, `b/${name}`)?.etag]).toEqual([name, etag]);
    expect(s3.server.log.total + other.server.log.total).toBe(2);
    if (way === 'copied') expect(sent()).toBe(0);
    expect(s3.server.uploads(to)).toEqual([]);
  });

  test.each(['InvalidArgument', 'AccessDenied'] as const)(
    'where S3 answers %s to the number of a part, the layout that makes the ETag is found',
    async (code) => {
      const server = serverOf();
      const etag = await putParts(server, 'five', noise(9 * MIB, 2), [5 * MIB, 4 * MIB]);
      server.server.faults.add({
        match: { operation: 'HeadObject', when: ({ query }) => query.has('partNumber') },
        fault: { kind: 'error', code },
      });
      expect(await twice()).toBe(0);
      expect(s3.server.object(to, 'b/five')?.etag).toBe(etag);
    },
  );

  test('with the MD5 in metadata: s3cmd, rclone and ourselves', async () => {
    const server = serverOf();
    const body = noise(TWO_PARTS, 6);
    const md5 = md5Of(body);
    await putParts(server, 's3cmd', body, [5 * MIB, 9], {
      's3cmd-attrs': `uid:0/md5:${md5}/mode:33188`,
    });
    await putParts(server, 'rclone', body, [5 * MIB, 9], {
      md5chksum: Buffer.from(md5, 'hex').toString('base64'),
    });
    expect(await twice()).toBe(0);
    expect(headersOf('s3cmd')?.['x-amz-meta-s3cmd-attrs']).toBe(`uid:0/md5:${md5}/mode:33188`);
    // Twins are one content: carried, one of them is copied from the other.
    if (way === 'carried') expect(sent()).toBe(0);
  });

  test('KMS sources: by metadata; without any, by the ETag that the copy remembers', async () => {
    const server = serverOf();
    const encryption = { algorithm: 'aws:kms' } as const;
    put(server, 'told', 'told', { encryption, headers: attributes('told') });
    expect(await twice()).toBe(0);
    put(server, 'untold', 'untold', { encryption });
    put(server, 'large', noise(9 * MIB), { encryption });
    // A copy that says no digest of itself is not believed: S3 makes it again, and no byte travels.
    expect(await twice()).toBe(way === 'copied' ? 2 : 0);
    if (way === 'copied') expect(sent()).toBe(0);
    const etag = server.server.object(from, 'a/untold')?.etag;
    expect(headersOf('untold')?.['x-amz-meta-s3ds-from']).toBe(etag);

    s3.server.createBucket(`kms-${to}`, { encryption });
    to = `kms-${to}`;
    expect(await twice()).toBe(0);
    put(server, 'untold', 'UNTOLD', { encryption });
    expect(await twice()).toBe(0);
    expect(there().untold).toBe('UNTOLD');
  });

  test('a copy of a copy says what it was made of, not what that one was', async () => {
    const server = serverOf();
    const headers = { 'x-amz-meta-s3ds-from': 'of another object' };
    put(server, 'x', 'one', { encryption: { algorithm: 'aws:kms' }, headers });
    await copy({}, { server });
    expect(headersOf('x')?.['x-amz-meta-s3ds-from']).toBe(server.server.object(from, 'a/x')?.etag);
  });

  test('a copy that may not be asked what it was made of is made again; one that cannot be asked fails the run', async () => {
    const server = serverOf();
    put(server, 'x', 'one', { encryption: { algorithm: 'aws:kms' } });
    await copy({}, { server });
    const answer = (code: 'AccessDenied' | 'InternalError'): void => {
      s3.server.faults.clear();
      s3.server.faults.add({
        match: { operation: 'HeadObject', bucket: to },
        fault: { kind: 'error', code },
      });
    };
    answer('AccessDenied');
    expect(await copy({}, { server })).toMatchObject({ exit: 0, report: { steps: [{ key: 'b/x' }] } });
    expect(there()).toEqual({ x: 'one' });
    answer('InternalError');
    expect((await copy({ connection: { maxAttempts: 1 } }, { server })).exit).toBe(1);
    expect(writes()).toBe(0);
  });

  test('C15: what another writer put there with the metadata of a copy is no copy', async () => {
    const server = serverOf();
    put(server, 'x', 'one', { encryption: { algorithm: 'aws:kms' } });
    await copy({}, { server });
    s3.server.putObject(to, 'b/x', 'TWO', { headers: { ...headersOf('x') } });
    await copy({}, { server });
    expect(there()).toEqual({ x: 'one' });
    // Nor is what a rule says.
    expect(parseHeaderRules('/*\n  x-amz-meta-s3ds-from: x\n', 'inline').problems).toHaveLength(1);
  });

  test('KMS destinations: by the metadata that a copy gets', async () => {
    const server = serverOf();
    s3.server.createBucket(`kms-${to}`, { encryption: { algorithm: 'aws:kms' } });
    to = `kms-${to}`;
    put(server, 'x', 'x');
    put(server, 'big', noise(8 * MIB));
    await putParts(server, 'parts', noise(TWO_PARTS, 2), [5 * MIB, 9], {
      's3cmd-attrs': `md5:${md5Of(noise(TWO_PARTS, 2))}`,
    });
    expect(await twice()).toBe(0);
    for (const delayUpdates of [true]) {
      s3.server.createBucket(`again-${to}`, { encryption: { algorithm: 'aws:kms' } });
      to = `again-${to}`;
      expect(await twice({ delayUpdates })).toBe(0);
    }
  });

  test('C15: metadata of another content than the bytes is not carried along', async () => {
    const server = serverOf();
    s3.server.createBucket(`kms-${to}`, { encryption: { algorithm: 'aws:kms' } });
    to = `kms-${to}`;
    put(server, 'x', 'NEW', { headers: { ...attributes('OLD'), 'x-amz-meta-md5chksum': 'AAAA' } });
    expect(await twice()).toBe(0);
    expect(headersOf('x')).toMatchObject(attributes('NEW'));
    // What publishes from disk believes it.
    const root = await writeTree({ x: 'OLD' });
    const run = await publish(s3, to, root, { prefix: 'b' });
    expect(stepsOf(run)).toEqual(['upload b/x done']);
    await removeTree(root);
  });

  test.each<[string, Buffer, Buffer, PutOptions]>([
    [
      'one part',
      Buffer.from('old'),
      Buffer.from('NEW'),
      { etag: multipartETag([md5Of(Buffer.from('NEW'))]) },
    ],
    ['several parts', noise(TWO_PARTS), noise(TWO_PARTS, 2), inParts(noise(TWO_PARTS, 2), 5 * MIB, 9)],
  ])('C15: old metadata beside the ETag of %s says nothing of a source', async (_, old, now, options) => {
    const server = serverOf();
    const stale = { ...options, headers: attributes(old) };
    put(server, 'x', now, stale);
    put(server, 'twin', old);
    s3.server.putObject(to, 'b/x', old);
    // Nor of what lies there already.
    s3.server.putObject(to, 'b/other', now, stale);
    expect(await twice()).toBe(0);
    put(server, 'again', now, stale);
    s3.server.deleteObject(to, 'b/twin');
    expect(await twice()).toBe(0);
  });

  test('metadata that leaves no room for ours', async () => {
    const server = serverOf();
    const headers = { 'x-amz-meta-long': 'x'.repeat(2_040) };
    put(server, 'x', 'x', { headers });
    await putParts(server, 'parts', noise(TWO_PARTS), [5 * MIB, 9], { long: 'x'.repeat(2_040) });
    expect(await twice()).toBe(0);
    expect(headersOf('x')?.['x-amz-meta-long']).toHaveLength(2_040);
  });

  test('C15: metadata that leaves no room for ours, and says the digest of other bytes: that is left out', async () => {
    const server = serverOf();
    const long = { 'x-amz-meta-long': 'x'.repeat(1_975) };
    put(server, 'right', 'NEW', { headers: { ...long, ...attributes('NEW') } });
    put(server, 'wrong', 'NEW', { headers: { ...long, 'x-amz-meta-md5chksum': 'AAAAAAAAAAAAAAAAAAAAAA==' } });
    expect(await twice()).toBe(0);
    expect(headersOf('right')).toMatchObject({ ...long, ...attributes('NEW') });
    expect(headersOf('wrong')).toMatchObject(long);
    expect(headersOf('wrong')).not.toHaveProperty('x-amz-meta-md5chksum');
  });

  test('staged in one part, there or here: the same by ETag alone', async () => {
    const server = serverOf();
    put(server, 'x', 'one');
    await putParts(server, 'y', Buffer.from('two'), [3]);
    expect(await twice({ delayUpdates: true })).toBe(0);
    expect(s3.server.object(to, 'b/x')?.etag).toBe(multipartETag([md5Of(Buffer.from('one'))]));
    expect(s3.server.log.total + other.server.log.total).toBe(2);
    expect(await twice()).toBe(0);
    // The other way round: plain there, staged here.
    put(server, 'x', 'one', { etag: multipartETag([md5Of(Buffer.from('one'))]) });
    s3.server.putObject(to, 'b/x', 'one');
    expect((await copy({}, { server })).report.steps).toEqual([]);
    expect(s3.server.log.total + other.server.log.total).toBe(2);
  });

  test('new duplicates: carried once, whatever is known of them', async () => {
    const server = serverOf();
    put(server, 'a', 'twin');
    put(server, 'b', 'twin');
    const body = noise(TWO_PARTS, 7);
    await putParts(server, 'p1', body, [5 * MIB, 9]);
    await putParts(server, 'p2', body, [5 * MIB, 9]);
    put(server, 'e1', '');
    put(server, 'e2', '');
    const run = await copy({}, { server });
    expect(run.exit).toBe(0);
    expect(sent()).toBe(way === 'copied' ? 0 : 4 + body.length);
    expect((await copy({}, { server })).report.steps).toEqual([]);
    for (const name of ['p1', 'p2']) expect(s3.server.object(to, `b/${name}`)?.content.md5).toBe(md5Of(body));
  });

  test('what compress stored stays as it is stored, and a publish from disk knows it', async () => {
    const server = serverOf();
    const page = 'a page that says the same again and again. '.repeat(100);
    const root = await writeTree({ 'index.html': page });
    const site = { compress: [{ pattern: '*.html', encoding: 'gzip' as const }] };
    await publish(server, from, root, { prefix: 'a', site });
    await copy({}, { server });
    const object = s3.server.object(to, 'b/index.html');
    expect(object?.headers).toEqual(server.server.object(from, 'a/index.html')?.headers);
    expect(object?.headers).toMatchObject({ 'content-encoding': 'gzip' });
    expect(gunzipSync(object?.content.bytes() ?? Buffer.alloc(0)).toString()).toBe(page);
    const run = await publish(s3, to, root, { prefix: 'b', site });
    expect(run.report.steps).toEqual([]);
    await removeTree(root);
  });
});

describe('objects in parts of which nobody knows the MD5', () => {
  test('to a bucket under KMS, where copied parts prove nothing: whole, bound by their ETag', async () => {
    s3.server.createBucket(`kms-${to}`, { encryption: { algorithm: 'aws:kms' } });
    to = `kms-${to}`;
    const body = noise(TWO_PARTS, 3);
    await putParts(s3, 'parts', body, [5 * MIB, 9]);
    await putParts(s3, 'twin', body, [5 * MIB, 9]);
    expect((await copy()).exit).toBe(0);
    expect(sent()).toBe(0);
    s3.server.deleteObject(from, 'a/parts');
    await putParts(s3, 'moved', body, [5 * MIB, 9]);
    expect((await copy({ deletes: { deleteAfter: true } })).exit).toBe(0);
    expect(sent()).toBe(0);
    expect(s3.server.objects(to).map(({ key, content }) => [key, content.md5])).toEqual([
      ['b/moved', md5Of(body)],
      ['b/twin', md5Of(body)],
    ]);
    expect(s3.server.uploads(to)).toEqual([]);
    expect((await copy()).report.steps).toEqual([]);
  });

  test('on a server whose copied parts answer no digest: so too', async () => {
    const weed = await embedded({ profile: 'seaweedfs' });
    const [one, two] = [await weed.bucket(), await weed.bucket()];
    const body = noise(TWO_PARTS, 3);
    from = one;
    await putParts(weed, 'parts', body, [5 * MIB, 9]);
    const run = await publish(weed, two, '/', { prefix: 'b', source: { bucket: one, prefix: 'a' } });
    expect(run.exit).toBe(0);
    expect(weed.server.object(two, 'b/parts')?.content.md5).toBe(md5Of(body));
    expect(weed.server.uploads(two)).toEqual([]);
    await weed.stop();
  });

  test('nothing in parts is written plainly: SeaweedFS completes no upload beside a directory; then all is quiet', async () => {
    const weed = await embedded({ profile: 'seaweedfs' });
    for (const server of [weed, s3]) {
      from = await server.bucket();
      const two = await weed.bucket();
      const source = { bucket: from, prefix: 'a', server };
      const etag = await putParts(server, 'empty', Buffer.alloc(0), [0]);
      expect(etag).toMatch(/-1$/);
      weed.server.putObject(two, 'b/empty/below', 'x');
      const run = await publish(weed, two, '/', { prefix: 'b', source });
      expect(stepsOf(run)).toEqual(['upload b/empty done']);
      expect(weed.server.object(two, 'b/empty')).toMatchObject({ content: { size: 0 }, etag: EMPTY_MD5 });
      expect(stepsOf(await publish(weed, two, '/', { prefix: 'b', source }))).toEqual([]);
    }
    await weed.stop();
  });
});

describe('what cannot be copied whole', () => {
  test('above the limit: by parts in its own layout, with or without an MD5; a plain one is carried', async () => {
    const body = noise(13 * MIB);
    await putParts(s3, 'untold', body, [5 * MIB, 5 * MIB, 3 * MIB]);
    await putParts(s3, 'told', body, [5 * MIB, 5 * MIB, 3 * MIB], { 's3cmd-attrs': `md5:${md5Of(body)}` });
    put(s3, 'plain', noise(9 * MIB, 2));
    for (const delayUpdates of [false, true]) {
      to = await s3.bucket();
      const run = await copy({ maxCopySize: 6 * MIB, delayUpdates });
      expect(run.report.steps.filter(({ outcome }) => outcome !== 'done')).toEqual([]);
      expect(sent()).toBe(9 * MIB);
      for (const name of ['told', 'untold'])
        expect(s3.server.object(to, `b/${name}`)?.content.md5).toBe(md5Of(body));
      const again = await copy({ maxCopySize: 6 * MIB, delayUpdates });
      expect(again.report.steps).toEqual([]);
      expect(s3.server.uploads(to)).toEqual([]);
    }
  });

  test.each([
    ['AccessDenied', 3],
    ['InternalError', 0],
  ] as const)(
    'copies that answer %s: the bytes are carried, said once, or the run fails by name',
    async (code, files) => {
      for (const name of ['a', 'b', 'c']) put(s3, name, name);
      s3.server.faults.add({ match: { operation: 'CopyObject' }, fault: { kind: 'error', code } });
      const run = await copy({ connection: { maxAttempts: 1 } });
      expect(run.report.totals.uploaded.files).toBe(files);
      if (files > 0) {
        expect(run.exit).toBe(0);
        expect(there()).toEqual({ a: 'a', b: 'b', c: 'c' });
        const said = run.messages.filter((message) => message.includes('copied from'));
        expect(said[0]).toMatch(
          /^b\/. is uploaded, not copied from s3:\/\/from-bucket-\d+\/a\/.: CopyObject was denied \(AccessDenied.*: allow s3:/,
        );
        const notices = run.events.filter((event) => event.type === 'message' && event.level === 'notice');
        expect(notices).toHaveLength(1);
      } else expect(run.exit).toBe(1);
    },
  );
});

describe('deleting', () => {
  const deletes: Changes['deletes'] = { deleteAfter: true };

  function fill(server: EmbeddedTestServer, place: 'from' | 'to', count: number, name: string): void {
    for (let i = 0; i < count; i++)
      server.server.putObject(
        place === 'from' ? from : to,
        `${place === 'from' ? 'a' : 'b'}/${name}${i}`,
        `${name}${i}`,
      );
  }

  async function refused(changes: Changes, code: string): Promise<Published> {
    const before = s3.server.texts(to);
    const run = await copy(changes);
    expect(run).toMatchObject({ exit: 4, report: { status: 'refused', error: { code } } });
    expect(writes()).toBe(0);
    expect(s3.server.texts(to)).toEqual(before);
    return run;
  }

  test('D1: an empty source is refused, and so is one of which nothing is left', async () => {
    fill(s3, 'to', 3, 'x');
    const run = await refused({ deletes }, 'no-files-found');
    expect(run.report.error?.message).toContain(`s3://${from}/a/`);
    put(s3, 'x.log', 'x');
    await refused({ deletes, tree: { excludes: ['*.log'] } }, 'no-files-found');
    const warned = await copy({ deletes, tree: { ifNoFilesFound: 'warn', excludes: ['*.log'] } });
    expect([warned.exit, writes()]).toEqual([0, 0]);
  });

  test('D8, D11: above the limit nothing is written', async () => {
    fill(s3, 'from', 2, 'new');
    fill(s3, 'to', 40, 'old');
    put(s3, 'old0', 'old0');
    await refused({ deletes }, 'too-many-deletions');
    await refused(
      { deletes: { deleteAfter: true, maxDelete: { kind: 'count', count: 38 } } },
      'too-many-deletions',
    );
    const run = await copy({ deletes: { deleteAfter: true, maxDelete: { kind: 'count', count: 39 } } });
    expect(run.exit).toBe(0);
    expect(Object.keys(there()).sort()).toEqual(['new0', 'new1', 'old0']);
  });

  test.each([
    ['b', 'b/site'],
    ['b/site/old', 'b/site'],
  ])('places that lie in one another by other names are refused: %s of %s', async (destination, source) => {
    for (const name of ['b/site/x', 'b/site/old/y', 'b/z']) s3.server.putObject(to, name, name);
    s3.server.log.clear();
    const place = { bucket: to, prefix: source };
    const run = await publish(s3, to, '/', { prefix: destination, deletes, source: place });
    expect(run).toMatchObject({ exit: 2, report: { error: { code: 'usage' } } });
    expect(run.report.error?.message).toMatch(
      /lie in one another: both have b\/site\/.*, the same and as old/,
    );
    expect(writes()).toBe(0);
  });

  test('a prefix within the other one\u2019s, in another bucket, is no such place', async () => {
    s3.server.putObject(from, 'b/site/x', 'x');
    s3.server.putObject(to, 'b/site/x', 'x', { lastModified: new Date(0) });
    const run = await publish(s3, to, '/', { prefix: 'b', source: { bucket: from, prefix: 'b/site' } });
    expect(run).toMatchObject({ exit: 0, report: { totals: { copied: { files: 1 } } } });
  });

  test('D14: a destination that shares nothing with the source is refused', async () => {
    fill(s3, 'from', 2, 'new');
    fill(s3, 'to', 2, 'old');
    await refused({ deletes }, 'unrelated-destination');
  });

  test('D4: prefixes end at a slash, on both sides', async () => {
    put(s3, 'x', 'x');
    s3.server.putObject(from, 'ab/y', 'y');
    s3.server.putObject(from, 'a.y', 'y');
    s3.server.putObject(to, 'b/x', 'x');
    s3.server.putObject(to, 'bc/z', 'z');
    s3.server.putObject(to, 'b.z', 'z');
    expect((await copy({ deletes })).report.steps).toEqual([]);
    expect(s3.server.texts(to)).toEqual({ 'b.z': 'z', 'b/x': 'x', 'bc/z': 'z' });
  });

  test('D9: a source that cannot be listed is not empty, and is named', async () => {
    s3.server.putObject(to, 'b/x', 'x');
    put(s3, 'x', 'x');
    s3.server.faults.add({
      match: { operation: 'ListObjectsV2', bucket: from },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    const run = await copy({ deletes });
    expect(run).toMatchObject({ exit: 1, report: { error: { code: 'access-denied' } } });
    expect(run.report.error?.message).toMatch(/^s3:\/\/from-bucket-\d+\/a\/: ListObjectsV2 was denied/);
    expect(writes()).toBe(0);
  });

  test('D10: markers stay while the directory exists; the marker of the prefix is nobody\u2019s object', async () => {
    put(s3, '', '');
    put(s3, 'd/x', 'x');
    put(s3, 'marked/', '');
    for (const key of ['b/', 'b/d/', 'b/d/x', 'b/old/'])
      s3.server.putObject(to, key, key === 'b/d/x' ? 'x' : '');
    await copy({ deletes });
    expect(Object.keys(there())).toEqual(['', 'd/', 'd/x', 'marked/']);
    expect((await copy({ deletes })).report.steps).toEqual([]);
  });

  test('whole bucket to whole bucket', async () => {
    s3.server.putObject(from, 'x', 'x');
    s3.server.putObject(from, '.s3-dedup-sync/index', 'ours');
    s3.server.putObject(from, 'inner/.s3-dedup-sync/lock', 'another destination\u2019s');
    s3.server.putObject(from, 'inner/y', 'y');
    s3.server.putObject(to, 'old', 'x');
    s3.server.putObject(to, '.s3-dedup-sync/index', 'its own');
    const run = await copy({ prefix: '', deletes }, { prefix: '' });
    expect(run.exit).toBe(0);
    expect(s3.server.texts(to)).toEqual({ '.s3-dedup-sync/index': 'its own', 'inner/y': 'y', x: 'x' });
    // That of a place within is not deleted either.
    s3.server.putObject(to, 'inner/.s3-dedup-sync/index', 'its own');
    await expect(copy({ prefix: '', deletes }, { prefix: '' })).resolves.toMatchObject({ exit: 4 });
  });

  test('delete-grace, retain and delete-excluded are heeded', async () => {
    const index = memoryIndex({ remote: true, local: false });
    for (const name of ['x', 'gone', 'kept/y', 'z.log']) s3.server.putObject(to, `b/${name}`, name);
    put(s3, 'x', 'x');
    const run = await copy({
      index,
      tree: { excludes: ['*.log'] },
      deletes: {
        deleteAfter: true,
        deleteExcluded: true,
        retain: ['kept/'],
        grace: { kind: 'deploys', deploys: 1 },
      },
    });
    expect(run.exit).toBe(0);
    expect(Object.keys(there())).toEqual(['gone', 'kept/y', 'x', 'z.log']);
  });
});

describe.each(WAYS)('what goes wrong, %s', (way, serverOf) => {
  test('keys above 1,024 bytes below the longer prefix are refused before the first write', async () => {
    const server = serverOf();
    const prefix = 'b'.repeat(100);
    put(server, 'x'.repeat(1_000), 'x');
    put(server, 'y', 'y');
    const run = await copy({ prefix }, { server });
    expect(run).toMatchObject({ exit: 4, report: { error: { code: 'key-too-long' } } });
    expect(writes()).toBe(0);
  });

  test.each(['changed', 'gone'] as const)(
    'a source object that is %s after the listing fails by name',
    async (how) => {
      const server = serverOf();
      put(server, 'x', 'x 1');
      put(server, 'y', 'y 1');
      put(server, 'big', noise(8 * MIB));
      await putParts(server, 'parts', noise(TWO_PARTS, 2), [5 * MIB, 9]);
      await copy({}, { server });
      const before = there();
      for (const name of ['x', 'y']) put(server, name, `${name} 2`);
      put(server, 'big', noise(8 * MIB, 3));
      await putParts(server, 'parts', noise(TWO_PARTS, 4), [5 * MIB, 9]);
      for (const [delayUpdates, overwrite] of [
        [false, 'always'],
        [true, 'if-unchanged'],
      ] as const) {
        const remove = server.server.after({ operation: 'HeadObject', bucket: from }, ({ key }) => {
          if (key === 'a/y') return;
          if (how === 'gone') server.server.deleteObject(from, key);
          else server.server.putObject(from, key, `${key} 3`);
        });
        const run = await copy({ delayUpdates, overwrite }, { server });
        remove();
        expect(run.exit).toBe(1);
        const failed = run.report.steps.filter(({ outcome }) => outcome === 'failed');
        expect(failed.length).toBeGreaterThan(0);
        for (const { key, error } of failed) {
          expect(error?.code).toBe('file-changed');
          expect(error?.message).toContain(
            `s3://${from}/${key.replace('b/', 'a/')}: the source object changed`,
          );
        }
        const now = there();
        for (const name of ['x', 'big', 'parts']) expect(now[name]).toBe(before[name]);
        expect(s3.server.uploads(to)).toEqual([]);
        put(server, 'x', 'x 2');
        put(server, 'big', noise(8 * MIB, 3));
        await putParts(server, 'parts', noise(TWO_PARTS, 4), [5 * MIB, 9]);
      }
    },
  );

  test('a source object under a customer key: one clear line that names it and says what to do', async () => {
    const server = serverOf();
    put(server, 'secret', 'secret', {
      encryption: { algorithm: 'AES256', customerKeyMd5: 'a key of theirs' },
    });
    put(server, 'plain', 'plain');
    const run = await copy({}, { server });
    expect(run.exit).toBe(1);
    expect(run.report.error).toEqual({
      code: 'rejected',
      message: `s3://${from}/a/secret: S3 refused HeadObject (HTTP 400), as it does where a customer key (SSE-C) encrypts the object, which is not supported: exclude it, or store it under SSE-S3 or KMS; where none does, the credentials may have expired`,
    });
    expect((await copy({ tree: { excludes: ['secret'] } }, { server })).exit).toBe(0);
  });

  test('an archived source object: one clear line that names it; one that was restored is read', async () => {
    const server = serverOf();
    const headers = { 'x-amz-storage-class': 'GLACIER' };
    put(server, 'cold', 'cold', { headers });
    put(server, 'thawed', 'thawed', { headers, isRestored: true });
    const told = `s3://${from}/a/cold: the object is archived: restore it first, or exclude it`;
    const dry = await copy({ dryRun: true }, { server });
    expect(dry).toMatchObject({ exit: 1, report: { error: { code: 'rejected', message: told } } });
    expect(dry.report.steps.map(({ outcome }) => outcome)).toEqual(['planned', 'planned']);
    const run = await copy({}, { server });
    expect(run.exit).toBe(1);
    const failed = run.report.steps.filter(({ outcome }) => outcome === 'failed');
    expect(failed.map(({ error }) => error?.message)).toEqual([told]);
    expect(run.messages).toEqual([]);
    expect(there()).toEqual({ thawed: 'thawed' });
    expect(s3.server.object(to, 'b/thawed')?.headers['x-amz-storage-class']).toBeUndefined();
  });

  test('an archived source object is made from one that can be read and has the same content', async () => {
    const server = serverOf();
    put(server, 'a', 'same', { headers: { 'x-amz-storage-class': 'GLACIER' } });
    put(server, 'b', 'same');
    expect(await copy({ dryRun: true }, { server })).toMatchObject({ exit: 0 });
    expect(await copy({}, { server })).toMatchObject({ exit: 0 });
    expect(there()).toEqual({ a: 'same', b: 'same' });
  });

  test('a source that may not be read: its name, before anything is written', async () => {
    const server = serverOf();
    put(server, 'x', 'x');
    server.server.faults.add({
      match: { operation: ['HeadObject', 'GetObject'], bucket: from },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    const run = await copy({}, { server });
    expect(run).toMatchObject({ exit: 1, report: { error: { code: 'access-denied' } } });
    expect(run.report.error?.message).toMatch(/^s3:\/\/from-bucket-\d+\/a\/x: HeadObject was denied/);
    expect(writes()).toBe(0);
  });

  test('another writer in the destination: exit 5, its bytes stay; overwrite: always writes', async () => {
    const server = serverOf();
    put(server, 'x', 'x 1');
    s3.server.putObject(to, 'b/x', 'x 0');
    for (const operation of ['CopyObject', 'PutObject'] as const)
      s3.server.before({ operation, bucket: to, key: 'b/x' }, () => {
        if (s3.server.object(to, 'b/x')?.content.text() === 'x 0') s3.server.putObject(to, 'b/x', 'foreign');
      });
    const run = await copy({}, { server });
    expect(run.exit).toBe(5);
    expect(there()).toEqual({ x: 'foreign' });
    s3.server.putObject(to, 'b/x', 'x 0');
    expect((await copy({ overwrite: 'always' }, { server })).exit).toBe(0);
    expect(there()).toEqual({ x: 'x 1' });
  });

  test('bodies that are cut are read again; damaged ones are not written', async () => {
    const server = serverOf();
    put(server, 'x', 'x'.repeat(100));
    put(server, 'bad', 'bad', { etag: md5Of(Buffer.from('good')) });
    server.server.faults.add({
      match: { operation: 'GetObject', key: 'a/x' },
      fault: { kind: 'truncate' },
      times: 1,
    });
    const run = await copy({}, { server });
    expect(there().x).toBe('x'.repeat(100));
    expect(run.exit).toBe(1);
    // Copied by S3 itself, it is what its answer says: found out, and told.
    if (way === 'carried') expect(there().bad).toBeUndefined();
    const failed = run.report.steps.find(({ outcome }) => outcome === 'failed');
    expect(failed).toMatchObject({ key: 'b/bad', error: { code: 'wrong-content' } });
    expect(failed?.error?.message).toContain(`s3://${from}/a/bad`);
  });

  test('C14: every first answer to anything is lost: all is right, and then quiet', async () => {
    const server = serverOf();
    put(server, 'x', 'x');
    put(server, 'big', noise(8 * MIB));
    put(server, 'empty', '');
    await putParts(server, 'parts', noise(TWO_PARTS, 2), [5 * MIB, 9]);
    s3.server.putObject(to, 'b/gone', 'x');
    const lost = new Set<string>();
    for (const { server: at } of [s3, other]) {
      const when = ({ operation, url, key }: S3Request): boolean => {
        const call = `${operation} ${operation.startsWith('UploadPart') ? url : key}`;
        const isFirst = !lost.has(call);
        lost.add(call);
        return isFirst;
      };
      at.faults.add({ match: { when }, fault: { kind: 'reset', after: true } });
    }
    const run = await copy({ deletes: { deleteAfter: true } }, { server });
    expect(run.report.steps.filter(({ outcome }) => outcome !== 'done')).toEqual([]);
    expect(run.exit).toBe(0);
    for (const { key, content } of server.server.objects(from))
      expect(s3.server.object(to, key.replace('a/', 'b/'))?.content.md5).toBe(content.md5);
    expect(Object.keys(there()).sort()).toEqual(['big', 'empty', 'parts', 'x']);
    expect((await copy({}, { server })).report.steps).toEqual([]);
  });

  test('killed at any call, and run again: right, with nothing left open', async () => {
    const server = serverOf();
    const index = memoryIndex({ remote: true, local: true });
    put(server, 'x', 'x');
    put(server, 'twin', 'x');
    put(server, 'big', noise(8 * MIB));
    await putParts(server, 'parts', noise(TWO_PARTS, 2), [5 * MIB, 9]);
    s3.server.putObject(to, 'b/gone', 'gone');
    s3.server.putObject(to, 'b/x', 'old');
    for (let at = 0; at < 40; at += 2) {
      const stop = new AbortController();
      let calls = 0;
      const hooks = [s3, other].map((each) =>
        each.server.before({}, () => {
          if (calls++ === at) stop.abort(new Error('killed'));
        }),
      );
      await copy(
        { index, signal: stop.signal, deletes: { deleteAfter: true }, delayUpdates: at % 4 === 0 },
        { server },
      );
      for (const remove of hooks) remove();
      for (const [name, text] of Object.entries(there()))
        expect(['old', 'gone', server.server.object(from, `a/${name}`)?.content.text()]).toContain(text);
      if (calls <= at) break;
    }
    const run = await copy({ index, deletes: { deleteAfter: true } }, { server });
    expect(run.exit).toBe(0);
    expect(s3.server.uploads(to)).toEqual([]);
    for (const { key, content } of server.server.objects(from))
      expect(s3.server.object(to, key.replace('a/', 'b/'))?.content.md5).toBe(content.md5);
  });

  test('bodies pass through a directory of this machine that is gone afterwards', async () => {
    const size = 8 * MIB + 12_345;
    // Other tests have such directories too.
    const spools = async (): Promise<readonly string[]> => {
      const found: string[] = [];
      for (const name of await readdir(tmpdir())) {
        if (!name.startsWith('s3-dedup-sync-')) continue;
        for (const file of await readdir(join(tmpdir(), name)).catch(() => []))
          if ((await stat(join(tmpdir(), name, file)).catch(() => undefined))?.size === size)
            found.push(name);
      }
      return found;
    };
    const server = serverOf();
    put(server, 'big', noise(size));
    const during = new Set<string>();
    const remove = s3.server.before({ operation: ['UploadPart', 'CopyObject'] }, async () => {
      for (const name of await spools()) during.add(name);
    });
    await copy({}, { server });
    remove();
    expect(during.size).toBe(way === 'carried' ? 1 : 0);
    expect(await spools()).toEqual([]);
  });
});

test.each([
  ['is gone on with', 'no-cache', true],
  ['is not, where the source has other headers by now', 'max-age=60', false],
])('C4: an upload that an earlier run left behind %s', async (_, cache, isGoneOnWith) => {
  const index = memoryIndex();
  const stop = new AbortController();
  const body = noise(20 * MIB);
  const headers = (control: string): PutOptions => ({
    headers: { 'cache-control': control, 'content-type': 'x/y', 'x-amz-meta-own': 'o' },
  });
  put(other, 'big', body, headers('no-cache'));
  const stopped = s3.server.after({ operation: 'UploadPart' }, () =>
    stop.abort(new SyncError('cancelled', EXIT.interrupted, 'stopped')),
  );
  const hang = s3.server.faults.add({
    match: { operation: 'UploadPart' },
    nth: [2, 3],
    fault: { kind: 'hang' },
  });
  await copy({ index, signal: stop.signal }, { server: other });
  stopped();
  hang.remove();
  expect(s3.server.uploads(to)).toHaveLength(1);
  // The same bytes, and so the same ETag.
  put(other, 'big', body, headers(cache));
  expect(await copy({ index }, { server: other })).toMatchObject({ exit: 0 });
  expect(sent() < body.length).toBe(isGoneOnWith);
  expect(headersOf('big')).toMatchObject({
    'cache-control': cache,
    'content-type': 'x/y',
    'x-amz-meta-own': 'o',
  });
  await copy({ index }, { server: other });
  expect(s3.server.uploads(to)).toEqual([]);
});

describe.each(WAYS)('with the other inputs, %s', (way, serverOf) => {
  test('whatever remembers: none, a file, the bucket; the next run writes nothing', async () => {
    const server = serverOf();
    put(server, 'x', 'x');
    put(server, 'twin', 'x');
    await putParts(server, 'parts', noise(TWO_PARTS), [5 * MIB, 9]);
    await putParts(server, 'told', noise(TWO_PARTS, 2), [5 * MIB, 9], {
      's3cmd-attrs': `md5:${md5Of(noise(TWO_PARTS, 2))}`,
    });
    const indexes = [undefined, memoryIndex(), memoryIndex({ remote: true, local: false })];
    for (const index of indexes) {
      to = await s3.bucket();
      const changes: Changes = index === undefined ? {} : { index };
      await copy(changes, { server });
      const again = await copy(changes, { server });
      expect([again.report.steps, writes()]).toEqual([[], 0]);
      const saves = index?.saves;
      await copy(changes, { server });
      expect([index?.saves, writes()]).toEqual([saves, 0]);
    }
  });

  test('an Expires of the source that is another time on each machine is left out', async () => {
    const server = serverOf();
    for (const [name, expires] of Object.entries({
      none: '01-12-2033',
      ago: '0',
      iso: '2033-12-01T16:00:00Z',
    }))
      put(server, name, name, { headers: { expires } });
    await copy({}, { server });
    expect(['none', 'ago', 'iso'].map((name) => headersOf(name)?.expires)).toEqual([
      undefined,
      'Thu, 01 Jan 1970 00:00:00 GMT',
      'Thu, 01 Dec 2033 16:00:00 GMT',
    ]);
  });

  test('headers that changed in the source alone: with refresh-headers; redirects always', async () => {
    const server = serverOf();
    const index = memoryIndex({ remote: true, local: false });
    const location = 'x-amz-website-redirect-location';
    put(server, 'x', 'x', { headers: { 'cache-control': 'no-cache', expires: '2033-12-01T16:00:00Z' } });
    put(server, 'leads', '', { headers: { [location]: '/one' } });
    put(server, 'marker/', '');
    await copy({ index }, { server });
    expect((await copy({ index }, { server })).report.steps).toEqual([]);
    put(server, 'x', 'x', { headers: { 'cache-control': 'no-store', 'x-amz-meta-k': 'v' } });
    put(server, 'leads', '', { headers: { [location]: '/two' } });
    const run = await copy({ index }, { server });
    expect(stepsOf(run)).toEqual(['refresh b/leads done']);
    expect(headersOf('leads')?.[location]).toBe('/two');
    const dry = await copy({ index, headers: { refresh: true }, dryRun: true }, { server });
    expect(dry.report.steps.map(({ key, headers }) => [key, headers?.map(({ name }) => name)])).toEqual([
      ['b/x', ['cache-control', 'expires', 'x-amz-meta-k']],
    ]);
    await copy({ index, headers: { refresh: true } }, { server });
    expect(headersOf('x')).toMatchObject({ 'cache-control': 'no-store', 'x-amz-meta-k': 'v' });
    expect((await copy({ index, headers: { refresh: true } }, { server })).report.steps).toEqual([]);
  });

  test('a redirect leads to the copy of what it leads to; one that leads elsewhere is as it was', async () => {
    const server = serverOf();
    const location = 'x-amz-website-redirect-location';
    put(server, 'new.html', 'new');
    put(server, 'old', '', { headers: { [location]: '/a/new.html' } });
    put(server, 'out', '', { headers: { [location]: '/else/new.html' } });
    await copy({}, { server });
    const locations = (): readonly unknown[] => ['old', 'out'].map((name) => headersOf(name)?.[location]);
    expect(locations()).toEqual(['/b/new.html', '/else/new.html']);
    expect((await copy({ headers: { refresh: true } }, { server })).report.steps).toEqual([]);
    // As another tool copies it.
    s3.server.putObject(to, 'b/old', '', { headers: headersOf('out') ?? {} });
    expect(stepsOf(await copy({}, { server }))).toEqual(['refresh b/old done']);
    expect(locations()).toEqual(['/b/new.html', '/else/new.html']);
  });

  test('lock, invalidation and the order: pages last', async () => {
    const server = serverOf();
    for (const name of ['index.html', 'app.js', 'z.css']) put(server, name, name);
    s3.server.putObject(to, 'b/index.html', 'old');
    const held = (changes: Changes): Promise<Published> => copy({ lock: true, ...changes }, { server });
    const created: string[] = [];
    const run = await held({
      invalidation: {
        distribution: 'E2EXAMPLE',
        newKeys: false,
        mapping: { stripPrefix: 'b/', addPrefix: '' },
        maxPaths: 3,
        wait: false,
      },
      invalidator: {
        distribution: 'E2EXAMPLE',
        create: async (paths) => {
          created.push(...paths);
          return { id: 'I1' };
        },
        isDone: async () => true,
      },
    });
    expect(run.exit).toBe(0);
    expect(created).toEqual(['/*']);
    const keys = run.report.steps.map(({ key }) => key);
    expect(keys.at(-1)).toBe('b/index.html');
    expect(Object.keys(there())).not.toContain('.s3-dedup-sync/lock');
    s3.server.before({ operation: ['CopyObject', 'PutObject'], bucket: to, key: 'b/z.css' }, async () => {
      // Another run with lock waits outside.
      const second = await publish(s3, to, '/', {
        prefix: 'b',
        lock: true,
        source: { bucket: from, prefix: 'a', server },
      });
      expect(second).toMatchObject({ exit: 4, report: { error: { code: 'locked' } } });
    });
    put(server, 'z.css', 'z 2');
    expect((await held({})).exit).toBe(0);
  });

  test('copy-from and copy-min-size', async () => {
    const server = serverOf();
    const third = `third-${await s3.bucket()}`;
    s3.server.createBucket(third);
    s3.server.putObject(third, 'r/x', 'large enough');
    put(server, 'x', 'large enough');
    put(server, 'y', 'tiny');
    const places = {
      from: [{ place: { bucket: third, prefix: 'r/' as never }, requesterPays: false }],
      minSize: 5,
    };
    const run = await copy({ copies: places }, { server });
    expect(run.exit).toBe(0);
    expect(there()).toEqual({ x: 'large enough', y: 'tiny' });
    expect(run.report.steps.map(({ key, action, reason }) => [key, action, reason])).toEqual([
      ['b/x', 'copy', 'exists'],
      ['b/y', 'upload', way === 'copied' ? 'small' : 'new'],
    ]);
  });

  test('requester-pays and expected-bucket-owner of the source go with every request that reads it', async () => {
    const server = serverOf();
    put(server, 'x', 'x');
    const connection = { requesterPays: true, expectedBucketOwner: server.server.account };
    const run = await copy({}, { server, connection });
    expect(run.exit).toBe(0);
    for (const { operation, bucket, headers } of [...s3.server.log.entries, ...other.server.log.entries]) {
      const isCopy = operation === 'CopyObject';
      if (bucket !== from && !isCopy) expect(headers).not.toHaveProperty('x-amz-request-payer');
      else expect(headers).toHaveProperty('x-amz-request-payer', 'requester');
      const owner = isCopy ? 'x-amz-source-expected-bucket-owner' : 'x-amz-expected-bucket-owner';
      if (bucket === from || isCopy) expect(headers).toHaveProperty(owner, connection.expectedBucketOwner);
    }
    const wrong = await copy({}, { server, connection: { expectedBucketOwner: '999999999999' } });
    expect(wrong).toMatchObject({ exit: 1, report: { error: { code: 'access-denied' } } });
    expect(wrong.report.error?.message).toContain(`s3://${from}/a/`);
  });
});

describe('published from files and from a bucket in turn', () => {
  test('headers that are as they should be are written by neither', async () => {
    const index = memoryIndex();
    const root = await writeTree({ 'a.html': 'one', 'b.css': 'two' });
    const files: Changes = { prefix: 'b', index };
    try {
      await publish(s3, from, root, { prefix: 'a' });
      await publish(s3, to, root, files);
      for (const _ of ['once', 'and again']) {
        expect(stepsOf(await copy({ index }))).toEqual([]);
        expect(stepsOf(await publish(s3, to, root, files))).toEqual([]);
      }
      put(s3, 'c.txt', 'new', { headers: { 'content-type': 'text/plain; charset=utf-8' } });
      await writeTree({ 'c.txt': 'new' }, root);
      expect(stepsOf(await copy({ index }))).toEqual(['copy b/c.txt <- a/c.txt done']);
      s3.server.log.clear();
      expect(await publish(s3, to, root, { ...files, command: 'check' })).toMatchObject({
        exit: 0,
        report: { steps: [] },
      });
      expect(stepsOf(await publish(s3, to, root, files))).toEqual([]);
      expect(s3.server.log.counts.HeadObject).toBe(2);
      s3.server.log.clear();
      expect(stepsOf(await publish(s3, to, root, files))).toEqual([]);
      expect(s3.server.log.counts).toEqual({ ListObjectsV2: 1 });
    } finally {
      await removeTree(root);
    }
  });

  test('files have the headers of their rules, which a run from a bucket leaves', async () => {
    const index = memoryIndex();
    const root = await writeTree({ 'a.html': 'one', 'b.css': 'two' });
    const { rules } = parseHeaderRules('/*\n Cache-Control: max-age=60', 'inline');
    const files: Changes = { prefix: 'b', index, headers: { rules } };
    try {
      await publish(s3, to, root, { ...files, tree: { excludes: ['b.css'] } });
      put(s3, 'a.html', 'one', { headers: { 'cache-control': 'no-store' } });
      put(s3, 'b.css', 'two', { headers: { 'cache-control': 'no-store' } });
      expect(stepsOf(await copy({ index }))).toEqual(['copy b/b.css <- a/b.css done']);
      expect(headersOf('a.html')).toMatchObject({ 'cache-control': 'max-age=60' });
      expect(stepsOf(await publish(s3, to, root, files))).toEqual(['refresh b/b.css done']);
      expect(headersOf('b.css')).toMatchObject({ 'cache-control': 'max-age=60' });
      expect(stepsOf(await copy({ index }))).toEqual([]);
      const { rules: other } = parseHeaderRules('/*\n Cache-Control: no-cache', 'inline');
      const told = await copy({ index, headers: { rules: other } });
      expect(told.report.headersUnknown.files).toBe(2);
      expect(told.messages).toContainEqual(
        expect.stringMatching(/headers of 2 objects .* one run with refresh-headers compares/),
      );
      expect(headersOf('b.css')).toMatchObject({ 'cache-control': 'max-age=60' });
    } finally {
      await removeTree(root);
    }
  });
});
