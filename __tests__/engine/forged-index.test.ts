import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { processMark } from '../../src/disk/process-mark.js';
import { type Chunks, formatChunks } from '../../src/model/chunks.js';
import { md5Of, multipartETag } from '../../src/model/digest.js';
import { EMPTY_INDEX, emptyIndex, formatIndex, parseIndex } from '../../src/model/digest-index.js';
import type { MaxDelete } from '../../src/model/options.js';
import { machineId } from '../../src/sync/index-file.js';
import { chunksOf } from '../support/chunks.js';
import { type Changes, memoryIndex, type Published, publish } from '../support/engine.js';
import { SEED } from '../support/seed.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { noise, removeTree, writeTree } from '../support/tree.js';

/**
 * An index in the runner's cache is what others may have written: any bytes in it may cost time, never a wrong object
 * or a wrong delete (C18). Whatever is forged, the bucket is what it is without an index.
 */
const RUNS = Number(process.env.S3DS_FORGED ?? '40');

let s3: EmbeddedTestServer;
let root: string;

const TREE = {
  a: 'one',
  b: 'two',
  c: 'three!',
  'd.html': '<p>page</p>'.repeat(20),
  'e/f': 'one',
  empty: '',
};

beforeAll(async () => {
  s3 = await embedded();
  root = await writeTree(TREE);
});
afterAll(async () => {
  await s3.stop();
  await removeTree(root);
});

const md5 = (text: string): string => md5Of(Buffer.from(text));

/** What the bucket has before: equal and changed, with ETags that prove and that do not, and what is to be deleted. */
async function before(): Promise<string> {
  const bucket = await s3.bucket();
  const old = new Date(Date.now() - 3_600_000);
  const put = (name: string, body: string, etag?: string): void =>
    void s3.server.putObject(bucket, `p/${name}`, body, {
      lastModified: old,
      // As we write them: a forged digest of headers can have them renewed, and that changes nothing.
      headers: {
        'content-type': 'application/octet-stream',
        'x-amz-meta-s3cmd-attrs': `md5:${md5(body)}`,
      },
      ...(etag === undefined ? {} : { etag }),
    });
  put('a', 'one');
  put('b', 'OLD', `${md5('OLD')}-1`);
  put('c', 'opaque', 'opaque-etag');
  put('d.html', '<P>page</P>'.repeat(20), `${md5('x')}-2`);
  put('gone', 'one');
  put('gone-too', 'two', multipartETag([md5Of(Buffer.from('two'))]));
  return bucket;
}

interface After {
  readonly exit: number;
  readonly objects: unknown;
}

const CHANGES: Changes = {
  deletes: { deleteAfter: true, maxDelete: { kind: 'none' } },
  site: { compress: [{ pattern: '*.html', encoding: 'gzip' }] },
};

async function after(bucket: string, changes: Changes): Promise<After> {
  const { exit }: Published = await publish(s3, bucket, root, { ...CHANGES, ...changes });
  const objects = s3.server
    .objects(bucket)
    .map(({ key, content, headers }) => [key, content.text(), headers])
    .sort();
  return { exit, objects };
}

function line(record: unknown): string {
  const json = JSON.stringify(record);
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}

/** The same lies as a run would write them. */
function inColumns(lines: string): string {
  const { index } = parseIndex(Buffer.concat([EMPTY_INDEX, Buffer.from(lines)]));
  const [, ...whole] = [...formatIndex(index ?? emptyIndex(Buffer.alloc(0)))];
  return whole.join('');
}

/** As the runner's cache has it. */
function cached(lines: string, journal = ''): ReturnType<typeof memoryIndex> {
  const index = memoryIndex({});
  index.bytes = Buffer.concat([EMPTY_INDEX, Buffer.from(lines)]);
  index.lines = journal;
  return index;
}

const listed = (
  bucket: string,
): readonly { readonly key: string; readonly etag: string; readonly size: number }[] =>
  s3.server.objects(bucket).map(({ key, etag, content }) => ({ key, etag, size: content.text().length }));

const contentOf = (key: string): string => TREE[key.slice(2) as keyof typeof TREE] ?? 'one';

/** One kind of lie each: every object is said to be its file, or to be kept, or to be somebody's. */
const FORGERIES: Readonly<Record<string, (bucket: string) => Record<string, unknown>[]>> = {
  'a digest': (bucket) => listed(bucket).map((of) => ({ ...of, md5: md5(contentOf(of.key)) })),
  'a digest and a size': (bucket) =>
    listed(bucket).map(({ key, etag }) => ({
      key,
      etag,
      size: contentOf(key).length,
      md5: md5(contentOf(key)),
    })),
  'an ETag': (bucket) =>
    listed(bucket).map(({ key, size }) => ({
      key,
      etag: md5(contentOf(key)),
      size,
      md5: md5(contentOf(key)),
    })),
  'a part layout': (bucket) =>
    listed(bucket).map((of) => ({ ...of, md5: md5(contentOf(of.key)), parts: `1x${of.size}` })),
  'a part layout of ten thousand': (bucket) => listed(bucket).map((of) => ({ ...of, parts: '9999x0+1x3' })),
  'chunk digests': (bucket) =>
    listed(bucket).map((of) => ({
      ...of,
      md5: md5(contentOf(of.key)),
      chunks: formatChunks({
        sizes: Uint32Array.of(of.size),
        sums: Uint32Array.of(crc32(contentOf(of.key))),
      }),
    })),
  'an encryption': (bucket) =>
    listed(bucket).map((of) => ({ ...of, md5: md5(contentOf(of.key)), encryption: 'aws:kms' })),
  'a header digest': (bucket) =>
    listed(bucket).map((of) => ({ ...of, headers: 'f'.repeat(64), modified: 1 })),
  'a storage class': (bucket) =>
    listed(bucket).map((of) => ({ ...of, headers: 'f'.repeat(64), class: 'GLACIER', written: 1 })),
  'an encoded source': (bucket) =>
    listed(bucket).map((of) => ({
      ...of,
      md5: md5('x'),
      source: `md5:${md5(contentOf(of.key))}/size:${contentOf(of.key).length}/encoding:gzip`,
    })),
  'local files': () => [
    { machine: machineId(), writtenNs: '9999999999999999999' },
    ...Object.keys(TREE).map((name) => ({
      path: `${root}/${name}`,
      size: 3,
      mtimeNs: '1',
      ctimeNs: '1',
      ino: '1',
      md5: md5('OLD'),
    })),
  ],
  'files elsewhere': () => [
    { path: '/etc/passwd', size: 3, mtimeNs: '1', ctimeNs: '1', ino: '1', md5: md5('one') },
    { path: '../../a', size: 3, mtimeNs: '1', ctimeNs: '1', ino: '1', md5: md5('one') },
    { key: '../../a', etag: md5('one'), size: 3, md5: md5('one') },
    { key: 'other/a', etag: md5('one'), size: 3, md5: md5('one') },
  ],
  grace: (bucket) => [
    { machine: 'm', writtenNs: '1', deploys: 9_007_199_254_740_991 },
    ...listed(bucket).map(({ key, etag }) => ({ pending: key, etag, since: 0, deploys: 0 })),
  ],
  'uploads that are not there': (bucket) =>
    listed(bucket).map(({ key }, i) => ({
      upload: `u${i}`,
      key,
      md5: md5(contentOf(key)),
      size: 3,
      parts: '1x3',
      headers: 'h',
      begun: Date.now(),
      process: processMark(),
    })),
  'an invalidation': () => [
    { invalidation: 'E2EXAMPLE', paths: [] },
    { invalidation: 'E3EXAMPLE', paths: ['/*'] },
  ],
  'a destination': () => [{ destination: 's3://other/' }, { key: 'p/a', etag: 'x', size: 1 }],
  'a prototype': () => [
    JSON.parse('{"key":"__proto__","etag":"x","size":1,"__proto__":{"polluted":1}}') as Record<
      string,
      unknown
    >,
    JSON.parse('{"key":"p/a","etag":"x","size":1,"constructor":{"prototype":{"polluted":1}}}') as Record<
      string,
      unknown
    >,
    { path: '__proto__', size: 1, mtimeNs: '1', ctimeNs: '1', ino: '1', md5: md5('one') },
    { upload: '__proto__', key: 'p/a' },
    { pending: '__proto__', etag: 'x', since: 1, deploys: 1 },
    { invalidation: '__proto__', paths: ['/a'] },
  ],
};

test.each(Object.entries(FORGERIES))(
  'C18: forged, %s: the bucket is what it is without an index',
  async (_, forge) => {
    for (const delayUpdates of [false, true]) {
      const expected = await after(await before(), { delayUpdates });
      expect(expected.exit).toBe(0);
      const bucket = await before();
      const apart = forge(bucket).map(line).join('');
      const lines = delayUpdates ? inColumns(apart) : apart;
      expect(await after(bucket, { delayUpdates, index: cached(lines, lines) })).toEqual(expected);
      expect(Object.keys(Object.prototype)).toEqual([]);
    }
  },
);

test('C18: forged, uploads that are there and are not ours: what they hold is not published', async () => {
  const expected = await after(await before(), { delayUpdates: true });
  const bucket = await before();
  // Another run of the same bucket is stopped when it has staged other bytes.
  const other = await writeTree({ ...TREE, a: 'ONE', b: 'TWO' });
  const real = memoryIndex();
  const stopped = new AbortController();
  const forget = s3.server.before({ bucket, operation: 'CompleteMultipartUpload' }, () => {
    stopped.abort(new Error('stopped'));
  });
  const kept = s3.server.faults.add({
    match: { bucket, operation: 'AbortMultipartUpload' },
    fault: { kind: 'error', code: 'AccessDenied' },
  });
  await publish(s3, bucket, other, { delayUpdates: true, index: real, signal: stopped.signal });
  forget();
  kept.remove();
  const staged = s3.server.uploads(bucket);
  expect(staged.length).toBeGreaterThan(0);
  const parsed = parseIndex(real.bytes ?? EMPTY_INDEX, Buffer.from(real.lines));
  const lines = [...(parsed.index?.uploads ?? [])].map(([upload, entry]) => {
    const text = contentOf(entry.key);
    return line({ upload, ...entry, md5: md5(text), size: text.length, parts: `1x${text.length}` });
  });
  expect(lines.length).toBeGreaterThan(0);
  const forged = cached(lines.join(''), lines.join(''));
  expect(await after(bucket, { delayUpdates: true, index: forged })).toEqual(expected);
  await removeTree(other);
});

describe('forged, deletes that waited long enough', () => {
  const grace = { kind: 'deploys', deploys: 3 } as const;
  const extra = Array.from({ length: 30 }, (_, i) => `p/extra-${i}`);

  /** Of 31 objects the tree has one; all others are said to have waited for ever. */
  async function forged(index: ReturnType<typeof memoryIndex>, maxDelete: MaxDelete): Promise<Published> {
    const bucket = await s3.bucket();
    s3.server.putObject(bucket, 'p/a', 'one');
    for (const key of extra) s3.server.putObject(bucket, key, key);
    const pending = listed(bucket).map(({ key, etag }) => ({ pending: key, etag, since: 0, deploys: 0 }));
    const lines = [{ machine: 'm', writtenNs: '1', deploys: 9 }, ...pending].map(line);
    index.bytes = Buffer.concat([EMPTY_INDEX, Buffer.from(lines.join(''))]);
    return publish(s3, bucket, root, { index, deletes: { deleteAfter: true, maxDelete, grace } });
  }

  test('D8, C18: where others may have written it max-delete judges them all the same', async () => {
    const refused = await forged(memoryIndex({}), { kind: 'default' });
    expect(refused).toMatchObject({ exit: 4, report: { error: { code: 'too-many-deletions' } } });
    expect(refused.report.totals.uploaded.files).toBe(0);
    const allowed = await forged(memoryIndex({}), { kind: 'count', count: 30 });
    expect(allowed).toMatchObject({ exit: 0, report: { totals: { deleted: { files: 30 } } } });
  });

  test('at a path or in the destination, what the tree no longer has goes early, and nothing else', async () => {
    const run = await forged(memoryIndex(), { kind: 'count', count: 0 });
    expect(run).toMatchObject({ exit: 0, report: { totals: { deleted: { files: 30 } } } });
    const gone = run.report.steps.filter(({ action }) => action === 'delete').map(({ key }) => key);
    expect(gone.sort()).toEqual([...extra].sort());
  });
});

const mutation = fc.record({
  at: fc.nat(),
  field: fc.constantFrom(
    ...[
      'key',
      'etag',
      'md5',
      'size',
      'parts',
      'headers',
      'source',
      'class',
      'modified',
      'written',
      'path',
      'machine',
    ],
    ...[
      'upload',
      'pending',
      'invalidation',
      'destination',
      'deploys',
      'since',
      'paths',
      'begun',
      'process',
      '__proto__',
    ],
  ),
  value: fc.oneof(
    fc.constantFrom<unknown>(
      ...[md5('one'), md5('two'), md5('three!'), md5('OLD'), `${md5('OLD')}-1`, 'opaque-etag', 3, 6, 0],
      ...['p/a', 'p/b', 'p/c', 'p/gone', 'p/gone-too', 'p/', '', '1x3', '3x1', 's3://b/', null, machineId()],
    ),
    fc.jsonValue(),
  ),
});

test('C18: whatever a real index is made into, the bucket is what it is without one', async () => {
  const made = memoryIndex({ remote: true, local: true });
  const of = await before();
  await publish(s3, of, root, { ...CHANGES, delayUpdates: true, index: made });
  const lines = [...(made.bytes ?? EMPTY_INDEX).toString().split('\n').slice(1, -1)].map(
    (text) => JSON.parse(text.slice(9)) as Record<string, unknown>,
  );
  for (const forge of Object.values(FORGERIES)) lines.push(...forge(await before()));
  const expected = [await after(await before(), {}), await after(await before(), { delayUpdates: true })];
  await fc.assert(
    fc.asyncProperty(
      fc.subarray(lines, { minLength: 1, maxLength: 40 }),
      fc.array(mutation, { maxLength: 30 }),
      fc.boolean(),
      fc.nat(20),
      async (some, mutations, delayUpdates, cut) => {
        const forged = some.map((record) => ({ ...record }));
        for (const { at, field, value } of mutations)
          Object.defineProperty(forged[at % forged.length], field, {
            value,
            enumerable: true,
            configurable: true,
            writable: true,
          });
        const text = forged.map(line).join('');
        const bytes = cut === 0 ? text.slice(0, -5) : text;
        const bucket = await before();
        expect(await after(bucket, { delayUpdates, index: cached(bytes, bytes) })).toEqual(
          expected[delayUpdates ? 1 : 0],
        );
      },
    ),
    { numRuns: RUNS, seed: SEED },
  );
}, 3_600_000);

const MIB = 1024 * 1024;
const OLD_IMAGE = noise(66 * MIB, 5);
const NEW_IMAGE = Buffer.concat([
  OLD_IMAGE.subarray(0, 20 * MIB),
  noise(MIB, 6),
  OLD_IMAGE.subarray(21 * MIB, 60 * MIB),
  OLD_IMAGE.subarray(61 * MIB),
]);
/** Of the object's size: what it held once. */
const STALE_IMAGE = Buffer.concat([OLD_IMAGE.subarray(33 * MIB), OLD_IMAGE.subarray(0, 33 * MIB)]);

const lieOfChunks = fc.record({
  kind: fc.constantFrom('swap', 'sum', 'border', 'drop' as const),
  at: fc.nat(),
  other: fc.nat(),
});

test('C18: whatever is said of what a large object is made of, forged or stale: what is published is the file', async () => {
  const large = await writeTree({ image: NEW_IMAGE });
  const [old, next, stale] = [OLD_IMAGE, NEW_IMAGE, STALE_IMAGE].map((bytes) => chunksOf(bytes)) as [
    Chunks,
    Chunks,
    Chunks,
  ];
  const md5OfOld = md5Of(OLD_IMAGE);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(old, next, stale),
      fc.array(lieOfChunks, { maxLength: 12 }),
      fc.constantFrom('p/image', 'p/image-1'),
      fc.boolean(),
      async (said, lies, key, delayUpdates) => {
        const sizes = [...said.sizes];
        const sums = [...said.sums];
        for (const { kind, at, other } of lies) {
          const [i, j] = [at % (sizes.length - 1), other % (sizes.length - 1)];
          if (kind === 'sum') sums[i] = next.sums[other % next.sums.length]!;
          else if (kind === 'swap')
            [sizes[i], sizes[j], sums[i], sums[j]] = [sizes[j]!, sizes[i]!, sums[j]!, sums[i]!];
          else {
            // The border of two neighbours moves, or goes.
            const moved = kind === 'drop' ? sizes[i]! - 1 : other % sizes[i]!;
            sizes[i]! -= moved;
            sizes[i + 1]! += moved;
          }
        }
        // What is said is of the object as it is listed, or it would not be looked at.
        sizes[sizes.length - 1]! += OLD_IMAGE.length - sizes.reduce((sum, size) => sum + size, 0);
        const bucket = await s3.bucket();
        const { etag } = s3.server.putObject(bucket, key, OLD_IMAGE, { etag: md5OfOld });
        const chunks = formatChunks({ sizes: Uint32Array.from(sizes), sums: Uint32Array.from(sums) });
        const forged = line({ key, etag, size: OLD_IMAGE.length, md5: md5OfOld, chunks });
        const { exit } = await publish(s3, bucket, large, { delayUpdates, index: cached(forged) });
        expect(exit).toBe(0);
        expect(s3.server.object(bucket, 'p/image')?.content.bytes().equals(NEW_IMAGE)).toBe(true);
        expect(s3.server.uploads(bucket)).toEqual([]);
        s3.server.deleteObject(bucket, 'p/image');
      },
    ),
    // Smaller lies would take minutes to find, and the memory of as many images.
    { numRuns: Math.ceil(RUNS / 10), seed: SEED, endOnFailure: true },
  );
  await removeTree(large);
}, 3_600_000);

test('an index of short lines or of columns without end is not read to its end: its entries would take the memory', () => {
  const rows = 10_000;
  const column = <T>(value: T): readonly T[] => Array.from({ length: rows }, () => value);
  const columns = line({ objects: { key: column('k'), size: column(0), md5: md5('').repeat(rows) } });
  const many = Buffer.concat([EMPTY_INDEX, ...column(Buffer.from(columns)).slice(0, 401)]);
  expect(parseIndex(many)).toEqual({ index: undefined, why: 'it has more than 4000000 entries' });
  const names = Buffer.from(line({ renewing: column('k') }));
  expect(parseIndex(Buffer.concat([EMPTY_INDEX, ...column(names).slice(0, 401)]))).toEqual({
    index: undefined,
    why: 'it has more than 4000000 entries',
  });
  const bytes = Buffer.concat([EMPTY_INDEX, Buffer.alloc(4_000_001, '\n')]);
  expect(parseIndex(bytes)).toEqual({ index: undefined, why: 'it has more than 4000000 entries' });
});
