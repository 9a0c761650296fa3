import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { formatChunks } from '../../src/model/chunks.js';
import { md5Of, multipartETag } from '../../src/model/digest.js';
import {
  type DigestIndex,
  emptyIndex,
  formatIndex,
  formatLayout,
  type ObjectEntry,
  parseIndex,
  partsOf,
} from '../../src/model/digest-index.js';
import { EXIT, SyncError } from '../../src/model/errors.js';
import { ownLayout } from '../../src/model/part-sizes.js';
import { chunksOf } from '../support/chunks.js';
import { type Changes, memoryIndex, type Published, publish, stepsOf } from '../support/engine.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { noise, removeTree, writeTree } from '../support/tree.js';

const MIB = 1024 * 1024;

/** The image that an earlier run published. */
const OLD = noise(72 * MIB, 5);
const AT = 30 * MIB + 4_321;
const EDITED = Buffer.concat([OLD.subarray(0, AT), noise(MIB, 6), OLD.subarray(AT + MIB)]);

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

/** What a run that published `bytes` says of them. */
function entryOf(bytes: Buffer): ObjectEntry {
  const layout = ownLayout(bytes.length);
  const md5s = [...partsOf(layout)].map(({ offset, size }) => md5Of(bytes.subarray(offset, offset + size)));
  return {
    etag: multipartETag(md5s),
    size: bytes.length,
    md5: md5Of(bytes),
    parts: formatLayout(layout),
    chunks: formatChunks(chunksOf(bytes)),
  };
}

const OLD_ENTRY = entryOf(OLD);
const OLD_CHUNKS = chunksOf(OLD);

function bytesOf(objects: Readonly<Record<string, ObjectEntry>>): Buffer {
  const index: DigestIndex = {
    ...emptyIndex(Buffer.alloc(0)),
    objects: new Map(Object.entries(objects)),
  };
  return Buffer.from([...formatIndex(index)].join(''));
}

/** An index of a run that left these objects. */
function indexOf(objects: Readonly<Record<string, ObjectEntry>>): ReturnType<typeof memoryIndex> {
  return Object.assign(memoryIndex(), { bytes: bytesOf(objects) });
}

function putOld(key = 'p/image', server = s3, place = bucket): void {
  server.server.putObject(place, key, OLD, { etag: OLD_ENTRY.etag });
}

/** The old image lies in the bucket and the index knows it. */
function published(): ReturnType<typeof memoryIndex> {
  putOld();
  return indexOf({ 'p/image': OLD_ENTRY });
}

/** Publishes the file as `p/image`. */
async function publishImage(file: Buffer, changes: Changes): Promise<Published> {
  await writeTree({ image: file }, root);
  return publish(s3, bucket, root, changes);
}

function expectHeld(file: Buffer, key = 'p/image'): void {
  // Compared, not printed: it is 72 MiB.
  expect(s3.server.object(bucket, key)?.content.bytes().equals(file)).toBe(true);
  expect(s3.server.uploads(bucket)).toEqual([]);
}

/** What a part of 5 MiB and the chunks beside a change come to. */
const LITTLE = 12 * MIB;

describe('a large file that changed', () => {
  const head = OLD.subarray(0, AT);
  const tail = OLD.subarray(AT);
  test.each([
    ['edited in the middle', EDITED],
    ['longer at its start', Buffer.concat([noise(3_333, 8), OLD])],
    ['longer in the middle', Buffer.concat([head, noise(99_999, 8), tail])],
    ['shorter in the middle', Buffer.concat([head, tail.subarray(77_777)])],
    ['shorter', OLD.subarray(0, 66 * MIB + 5)],
    ['longer', Buffer.concat([OLD, noise(2 * MIB, 8)])],
    ['turned around', Buffer.concat([tail, head])],
  ])('%s: what changed is sent, the rest is copied inside S3', async (_, file) => {
    const index = published();
    const run = await publishImage(file, { index });
    expect(run.exit).toBe(0);
    const { sentBytes, reusedBytes = 0, totals, steps } = run.report;
    expect(sentBytes).toBeLessThan(LITTLE);
    expect(sentBytes + reusedBytes).toBe(file.length);
    expect(totals).toMatchObject({ uploaded: { files: 1, bytes: file.length }, copied: { files: 0 } });
    expect(steps).toMatchObject([{ action: 'upload', source: 'p/image', reusedBytes }]);
    expectHeld(file);
    expect(s3.server.object(bucket, 'p/image')?.headers['x-amz-meta-s3cmd-attrs']).toBe(`md5:${md5Of(file)}`);

    // The next run knows the object by the layout that the index has, and by its metadata where there is none.
    s3.server.log.clear();
    expect(stepsOf(await publish(s3, bucket, root, { index }))).toEqual([]);
    expect(s3.server.log.counts).toEqual({ ListObjectsV2: 1 });
    expect(stepsOf(await publish(s3, bucket, root))).toEqual([]);
  });

  test('is changed again and again: each version is made from the one before', async () => {
    const index = memoryIndex();
    expect(await publishImage(OLD, { index })).toMatchObject({ exit: 0, report: { sentBytes: OLD.length } });
    let file = OLD;
    for (const seed of [11, 12, 13]) {
      const at = seed * 3 * MIB;
      file = Buffer.concat([file.subarray(0, at), noise(50_000, seed), file.subarray(at)]);
      const run = await publishImage(file, { index });
      expect(run.exit).toBe(0);
      expect(run.report.sentBytes).toBeLessThan(LITTLE);
      expectHeld(file);
    }
  });

  test('under another name: what the old name has is copied before that is deleted', async () => {
    const index = published();
    await writeTree({ 'image-2': EDITED }, root);
    const run = await publish(s3, bucket, root, {
      index,
      deletes: { deleteAfter: true, maxDelete: { kind: 'none' } },
    });
    expect(run).toMatchObject({ exit: 0, report: { totals: { deleted: { files: 1 } } } });
    expect(run.report.sentBytes).toBeLessThan(LITTLE);
    expect(run.report.steps[0]).toMatchObject({ key: 'p/image-2', reason: 'new', source: 'p/image' });
    expectHeld(EDITED, 'p/image-2');
  });

  test('what was copied is known to be made of the same: its next version is made from it', async () => {
    const index = published();
    await writeTree({ renamed: OLD }, root);
    const deletes: Changes['deletes'] = { deleteAfter: true, maxDelete: { kind: 'none' } };
    expect(await publish(s3, bucket, root, { index, deletes })).toMatchObject({
      exit: 0,
      report: { sentBytes: 0 },
    });
    await writeTree({ renamed: EDITED }, root);
    const run = await publish(s3, bucket, root, { index, deletes });
    expect(run.exit).toBe(0);
    expect(run.report.sentBytes).toBeLessThan(LITTLE);
    expectHeld(EDITED, 'p/renamed');
  });

  test.each([
    ['of its own bucket', false],
    ['of another bucket', true],
  ])(
    "last release's, in a place %s that is copied from: known by the index that lies there",
    async (_, isElsewhere) => {
      const place = isElsewhere ? await s3.bucket() : bucket;
      putOld('1.0/image', s3, place);
      s3.server.putObject(place, '1.0/.s3-dedup-sync/index', bytesOf({ '1.0/image': OLD_ENTRY }));
      const from = { place: { bucket: place, prefix: '1.0/' as never }, connection: {} } as never;
      const run = await publishImage(EDITED, { index: memoryIndex(), copies: { from: [from] } });
      expect(run.exit).toBe(0);
      expect(run.report.sentBytes).toBeLessThan(LITTLE);
      const [step] = run.report.steps;
      expect([step?.source, step?.sourceBucket]).toEqual(['1.0/image', isElsewhere ? place : undefined]);
      expectHeld(EDITED);
    },
  );

  test('delay-updates: staged like everything else', async () => {
    const index = published();
    let before: string | undefined;
    const remove = s3.server.before({ operation: 'CompleteMultipartUpload' }, () => {
      before ??= s3.server.object(bucket, 'p/image')?.etag;
    });
    const run = await publishImage(EDITED, { index, delayUpdates: true });
    remove();
    expect(run).toMatchObject({ exit: 0, report: { delayed: { keys: 1 } } });
    expect(run.report.sentBytes).toBeLessThan(LITTLE);
    expect(before).toBe(OLD_ENTRY.etag);
    expectHeld(EDITED);
  });

  test('interrupted: the next run goes on, sends and copies only what is missing', async () => {
    const index = published();
    const stop = new AbortController();
    let copies = 0;
    const remove = s3.server.after({ operation: 'UploadPartCopy' }, () => {
      if (++copies === 3) stop.abort(new SyncError('cancelled', EXIT.interrupted, 'stopped'));
    });
    s3.server.faults.add({
      match: { operation: ['UploadPartCopy', 'UploadPart'] },
      nth: [4, 5, 6, 7, 8, 9, 10, 11, 12],
      fault: { kind: 'hang' },
    });
    expect(await publishImage(EDITED, { index, signal: stop.signal })).toMatchObject({ exit: 130 });
    remove();
    s3.server.faults.clear();
    expect(s3.server.uploads(bucket)).toHaveLength(1);
    s3.server.log.clear();
    const run = await publish(s3, bucket, root, { index });
    expect(run.exit).toBe(0);
    expect(run.report.sentBytes).toBeLessThan(LITTLE);
    expect(s3.server.log.counts.CreateMultipartUpload).toBeUndefined();
    expect(s3.server.log.counts.UploadPartCopy).toBeLessThan(8);
    expectHeld(EDITED);
  });

  test.each([
    [{ kind: 'reset', after: true } as const],
    [{ kind: 'error-in-body', code: 'InternalError' } as const],
    [{ kind: 'error', code: 'SlowDown' } as const],
  ])('a part copy that meets %j is copied again', async (fault) => {
    const index = published();
    s3.server.faults.add({ match: { operation: 'UploadPartCopy' }, nth: [1, 4], fault });
    const run = await publishImage(EDITED, { index });
    expect(run.exit).toBe(0);
    expect(run.report.sentBytes).toBeLessThan(LITTLE);
    expectHeld(EDITED);
  });

  test('a file that changes on its way is published as it is then, by its own digest', async () => {
    const index = published();
    let isChanged = false;
    const remove = s3.server.before({ operation: 'CreateMultipartUpload' }, async () => {
      if (isChanged) return;
      isChanged = true;
      await writeTree({ image: Buffer.concat([EDITED, Buffer.from('more')]) }, root);
    });
    const run = await publishImage(EDITED, { index });
    remove();
    expect(run.exit).toBe(0);
    expectHeld(Buffer.concat([EDITED, Buffer.from('more')]));
  });
});

describe('an index that lies costs time', () => {
  const file = chunksOf(EDITED);
  const { sizes, sums } = file;
  const lies: readonly (readonly [string, string])[] = [
    ['the object is said to hold the new file', formatChunks(file)],
    [
      'its chunks are said to lie elsewhere in it',
      formatChunks({ sizes: Uint32Array.from(sizes).reverse(), sums: Uint32Array.from(sums).reverse() }),
    ],
    [
      'one chunk that changed is said to be there',
      formatChunks(
        (() => {
          const old = OLD_CHUNKS;
          const at = old.sums.findIndex((sum, i) => sum !== sums[i]);
          const forged = Uint32Array.from(old.sums);
          for (let i = at; i < at + 4; i++) if (old.sizes[i] === sizes[i]) forged[i] = sums[i]!;
          return { sizes: old.sizes, sums: forged };
        })(),
      ),
    ],
    ['its chunks are more than it', formatChunks(chunksOf(Buffer.concat([OLD, OLD.subarray(0, 9 * MIB)])))],
    ['its chunks are no base64', '"]}..///\n'],
    ['its chunks are too many', Buffer.alloc(9_000 * 8, 1).toString('base64')],
  ];
  test.each(lies)('%s: the object is right all the same', async (_, chunks) => {
    putOld();
    const index = indexOf({ 'p/image': { ...OLD_ENTRY, chunks } });
    const run = await publishImage(EDITED, { index });
    expect(run.exit).toBe(0);
    expect(run.report.sentBytes + (run.report.reusedBytes ?? 0)).toBe(EDITED.length);
    expectHeld(EDITED);
    // What it was found to be is what is remembered.
    const known = parseIndex(index.bytes!).index?.objects.get('p/image');
    expect(known).toMatchObject({ md5: md5Of(EDITED), chunks: formatChunks(file) });
    expect(stepsOf(await publish(s3, bucket, root, { index }))).toEqual([]);
  });

  test('another part is not copied once one was not what the index says', async () => {
    putOld();
    // All of it moved by one byte.
    const moved = { sizes: Uint32Array.from(OLD_CHUNKS.sizes), sums: OLD_CHUNKS.sums };
    moved.sizes[0]! -= 1;
    moved.sizes[moved.sizes.length - 1]! += 1;
    const index = indexOf({ 'p/image': { ...OLD_ENTRY, chunks: formatChunks(moved) } });
    const run = await publishImage(EDITED, { index, connection: { concurrency: 1 } });
    expect(run).toMatchObject({ exit: 0, report: { sentBytes: EDITED.length } });
    expect(run.messages).toContainEqual(expect.stringContaining('not those that the index says'));
    expectHeld(EDITED);
  });

  test('an object that was written since is not what the index knows: the file is sent', async () => {
    const index = published();
    s3.server.putObject(bucket, 'p/image', noise(70 * MIB, 3));
    const run = await publishImage(EDITED, { index });
    expect(run).toMatchObject({ exit: 0, report: { sentBytes: EDITED.length } });
    expect(s3.server.log.counts.UploadPartCopy).toBeUndefined();
    expectHeld(EDITED);
  });
});

describe('what cannot be copied or proved is sent, in the same run', () => {
  test('C5: the older object is overwritten before it is read', async () => {
    putOld('p/image-1');
    const index = indexOf({ 'p/image-1': OLD_ENTRY });
    const remove = s3.server.before({ operation: 'CreateMultipartUpload' }, () => {
      s3.server.putObject(bucket, 'p/image-1', 'other');
    });
    const run = await publishImage(EDITED, { index });
    remove();
    expect(run.report.steps).toMatchObject([{ key: 'p/image', outcome: 'done' }]);
    expect(run.report).toMatchObject({ sentBytes: EDITED.length });
    expect(run.messages).toContainEqual(expect.stringContaining('it changed or went away'));
    expectHeld(EDITED);
  });

  test('the older object is deleted before it is read', async () => {
    putOld('p/image-1');
    const index = indexOf({ 'p/image-1': OLD_ENTRY });
    const remove = s3.server.before({ operation: 'UploadPartCopy' }, () =>
      s3.server.deleteObject(bucket, 'p/image-1'),
    );
    const run = await publishImage(EDITED, { index });
    remove();
    expect(run.report).toMatchObject({ sentBytes: EDITED.length });
    expectHeld(EDITED);
  });

  test.each(['AccessDenied', 'NotImplemented', 'InternalError'] as const)(
    'part copies that meet %s: they are not tried for the next file',
    async (code) => {
      putOld('p/image-1');
      const index = indexOf({ 'p/image-1': OLD_ENTRY });
      const refused = s3.server.faults.add({
        match: { operation: 'UploadPartCopy' },
        fault: { kind: 'error', code },
      });
      const other = Buffer.concat([OLD, noise(1_000, 4)]);
      await writeTree({ image: EDITED, other }, root);
      const connection = { concurrency: 1, maxAttempts: 1 };
      const run = await publish(s3, bucket, root, { index, connection });
      expect(run).toMatchObject({ exit: 0, report: { sentBytes: EDITED.length + other.length } });
      expect(refused.befallen).toBeLessThan(17);
      expectHeld(EDITED);
      expectHeld(other, 'p/other');
    },
  );

  test.each(['InvalidRequest', 'AccessDenied'] as const)(
    'part copies of one object that meet %s: the next file is made from its own',
    async (code) => {
      putOld('p/image-1');
      const OTHER = noise(64 * MIB, 7);
      const entry = entryOf(OTHER);
      s3.server.putObject(bucket, 'p/other', OTHER, { etag: entry.etag });
      const index = indexOf({ 'p/image-1': OLD_ENTRY, 'p/other': entry });
      s3.server.faults.add({
        match: { operation: 'UploadPartCopy', key: 'p/image' },
        fault: { kind: 'error', code },
      });
      const other = Buffer.concat([OTHER, noise(1_000, 4)]);
      await writeTree({ image: EDITED, other }, root);
      const connection = { concurrency: 1, maxAttempts: 1 };
      const run = await publish(s3, bucket, root, { index, connection });
      expect(run).toMatchObject({ exit: 0 });
      expect(run.report.sentBytes).toBeLessThan(EDITED.length + LITTLE);
      expectHeld(EDITED);
      expectHeld(other, 'p/other');
    },
  );

  test('a bucket of copy-from that may be listed and not read: told, and a file is made from its own object', async () => {
    const index = published();
    const place = await s3.bucket();
    const [one, two] = [noise(65 * MIB, 7), noise(66 * MIB, 8)];
    const known: Record<string, ObjectEntry> = {};
    for (const [key, bytes] of [
      ['1.0/one', one],
      ['1.0/two', two],
    ] as const) {
      known[key] = entryOf(bytes);
      s3.server.putObject(place, key, bytes, { etag: known[key].etag });
    }
    s3.server.putObject(place, '1.0/.s3-dedup-sync/index', bytesOf(known));
    const denied = s3.server.faults.add({
      match: {
        operation: 'UploadPartCopy',
        when: ({ headers }) => headers['x-amz-copy-source']?.includes(place) === true,
      },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    const more = noise(1_000, 4);
    await writeTree({ a: Buffer.concat([one, more]), b: Buffer.concat([two, more]), image: EDITED }, root);
    const from = { place: { bucket: place, prefix: '1.0/' as never }, connection: {} } as never;
    const connection = { concurrency: 1, maxAttempts: 1 };
    const run = await publish(s3, bucket, root, { index, connection, copies: { from: [from] } });
    expect(run.exit).toBe(0);
    expect(run.report.sentBytes).toBeLessThan(one.length + two.length + LITTLE);
    // Parts that were on their way with the first one; none of the next file.
    expect(denied.befallen).toBeLessThan(17);
    const told = run.messages.filter((message) => message.includes('is sent, not made from'));
    expect(told).toEqual([
      `p/a is sent, not made from 1.0/one: the copy was refused (AccessDenied); nothing else of bucket ${place} is copied for such files`,
    ]);
    expectHeld(EDITED);
  });

  test.each([false, true])(
    'parts whose sizes the server refuses at the end (delay-updates: %s): sent in parts of one size',
    async (delayUpdates) => {
      const index = published();
      s3.server.faults.add({
        match: { operation: 'CompleteMultipartUpload' },
        nth: 1,
        fault: { kind: 'error', code: 'InvalidPart' },
      });
      const run = await publishImage(EDITED, { index, delayUpdates });
      expect(run).toMatchObject({ exit: 0, report: { sentBytes: EDITED.length } });
      expect(s3.server.object(bucket, 'p/image')?.etag).toBe(entryOf(EDITED).etag);
      expectHeld(EDITED);
    },
  );

  test.each([false, true])(
    'more parts than the server takes (delay-updates: %s): sent whole, told once, no other one of the run is tried',
    async (delayUpdates) => {
      const index = published();
      const layout = ownLayout(EDITED.length);
      const most = [...partsOf(layout)].length;
      s3.server.faults.add({
        match: {
          operation: ['UploadPart', 'UploadPartCopy'],
          when: ({ query }) => Number(query.get('partNumber')) > most,
        },
        fault: { kind: 'error', code: 'InvalidArgument' },
      });
      const other = Buffer.concat([noise(1_000, 4), OLD.subarray(1_000)]);
      await writeTree({ other }, root);
      const connection = { concurrency: 1 };
      const run = await publishImage(EDITED, { index, delayUpdates, connection });
      expect(run).toMatchObject({ exit: 0, report: { totals: { uploaded: { files: 2 } } } });
      const told = run.messages.filter((message) => message.includes('is sent, not made from p/image'));
      expect(told).toHaveLength(1);
      expect(s3.server.log.counts.AbortMultipartUpload).toBe(1);
      expect(s3.server.object(bucket, 'p/image')?.etag).toBe(entryOf(EDITED).etag);
      expectHeld(EDITED);
      expectHeld(other, 'p/other');
    },
  );

  test('under KMS, where ETags prove nothing', async () => {
    bucket = `${bucket}-kms`;
    s3.server.createBucket(bucket, { encryption: { algorithm: 'aws:kms', keyId: 'k' } });
    const run = await publishImage(EDITED, { index: published() });
    expect(run).toMatchObject({ exit: 0, report: { sentBytes: EDITED.length } });
    expect(s3.server.log.counts.UploadPartCopy).toBeUndefined();
    expectHeld(EDITED);
  });

  test('on a server whose copied parts prove nothing', async () => {
    const weed = await embedded({ profile: 'seaweedfs' });
    const place = await weed.bucket();
    putOld('p/image', weed, place);
    await writeTree({ image: EDITED }, root);
    const run = await publish(weed, place, root, { index: indexOf({ 'p/image': OLD_ENTRY }) });
    expect(run).toMatchObject({ exit: 0, report: { sentBytes: EDITED.length } });
    expect(weed.server.log.counts.UploadPartCopy).toBeUndefined();
    expect(weed.server.object(place, 'p/image')?.content.bytes().equals(EDITED)).toBe(true);
    await weed.stop();
  });

  test('an archived object is no source', async () => {
    s3.server.putObject(bucket, 'p/image-1', OLD, {
      etag: OLD_ENTRY.etag,
      headers: { 'x-amz-storage-class': 'GLACIER' },
    });
    const run = await publishImage(EDITED, { index: indexOf({ 'p/image-1': OLD_ENTRY }) });
    expect(run).toMatchObject({ exit: 0, report: { sentBytes: EDITED.length } });
    expect(s3.server.log.counts.UploadPartCopy).toBeUndefined();
    expectHeld(EDITED);
  });

  test('without an index, which is where it would be known from', async () => {
    putOld();
    const run = await publishImage(EDITED, {});
    expect(run).toMatchObject({ exit: 0, report: { sentBytes: EDITED.length } });
    expectHeld(EDITED);
  });
});

test('an index that was lost learns what an unchanged object is made of', async () => {
  putOld();
  await writeTree({ image: OLD }, root);
  const index = memoryIndex();
  expect(stepsOf(await publish(s3, bucket, root, { index }))).toEqual([]);
  expect(parseIndex(index.bytes!).index?.objects.get('p/image')?.chunks).toBe(OLD_ENTRY.chunks);
  const run = await publishImage(EDITED, { index });
  expect(run.report.sentBytes).toBeLessThan(LITTLE);
  expectHeld(EDITED);
});
