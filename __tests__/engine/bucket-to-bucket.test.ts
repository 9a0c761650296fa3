import { gunzipSync } from 'node:zlib';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PutOptions } from '../../dev/s3-server/index.js';
import { type Md5, md5Of, multipartETag } from '../../src/model/digest.js';
import { parseHeaderRules } from '../../src/model/header-rules.js';
import { clientOf } from '../support/bucket-view.js';
import {
  type Changes,
  memoryIndex,
  type Published,
  publish,
  stepsOf,
  type TreeSource,
} from '../support/engine.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { noise, removeTree, writeTree } from '../support/tree.js';

const MIB = 1024 * 1024;
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
    put(server, 'big', noise(9 * MIB), { headers, tags });
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
