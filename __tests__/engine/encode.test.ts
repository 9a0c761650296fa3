import { link, mkdtemp, readdir, rename, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { md5Of, multipartETag } from '../../src/model/digest.js';
import { formatIndex, parseIndex } from '../../src/model/digest-index.js';
import { parseHeaderRules } from '../../src/model/header-rules.js';
import type { CompressRule } from '../../src/model/options.js';
import { DigestPool } from '../../src/sync/digest-pool.js';
import { temporaryDirectory } from '../../src/sync/encode.js';
import { type Changes, memoryIndex, type Published, publish, stepsOf } from '../support/engine.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { noise, removeTree, writeTree } from '../support/tree.js';

const TEXT = 'a page that says the same again and again. '.repeat(200);
const OTHER = 'another page, which says other things than that. '.repeat(200);

let s3: EmbeddedTestServer;
let bucket: string;
let root: string;
let temporary: string;

beforeAll(async () => {
  s3 = await embedded();
  temporary = await mkdtemp(join(tmpdir(), 's3ds-encode-'));
});
afterAll(async () => {
  await s3.stop();
  await rm(temporary, { recursive: true, force: true });
});
beforeEach(async () => {
  bucket = await s3.bucket();
  root = await writeTree({});
  s3.server.log.clear();
});
afterEach(async () => {
  s3.server.faults.clear();
  await removeTree(root);
});

function compress(...rules: readonly (readonly [string, CompressRule['encoding']] | string)[]): Changes {
  return {
    site: {
      compress: rules.map((rule) =>
        typeof rule === 'string'
          ? { pattern: rule, encoding: 'gzip' }
          : { pattern: rule[0], encoding: rule[1] },
      ),
    },
  };
}

function bodyOf(key: string): Buffer {
  return s3.server.object(bucket, key)?.content.bytes() ?? Buffer.alloc(0);
}

function headersOf(key: string): Readonly<Record<string, string>> {
  return s3.server.object(bucket, key)?.headers ?? {};
}

function sourceOf(text: string, encoding: string): string {
  return `md5:${md5Of(Buffer.from(text))}/size:${text.length}/encoding:${encoding}`;
}

/** As another machine's zlib would have stored the page: other bytes of the same source. */
function storedElsewhere(key: string, text: string, changes: { readonly lie?: boolean } = {}): Buffer {
  const bytes = gzipSync(text, { level: 1 });
  s3.server.putObject(bucket, key, bytes, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-encoding': 'gzip',
      'x-amz-meta-s3cmd-attrs': `md5:${md5Of(changes.lie ? Buffer.from('lie') : bytes)}`,
      'x-amz-meta-s3ds-source': sourceOf(text, 'gzip'),
    },
  });
  return bytes;
}

describe('compress', () => {
  test.each([
    ['as they are sent', {}],
    ['staged', { delayUpdates: true }],
  ] satisfies [string, Changes][])(
    'covered files are stored encoded, with what they hold in metadata: %s',
    async (_, changes) => {
      await writeTree(
        { 'a.html': TEXT, 'b.css': OTHER, 'c.txt': TEXT, 'd.html': noise(5_000), 'e.html': '' },
        root,
      );
      const options = { ...changes, preserve: true, ...compress('*.html', ['*.css', 'br']) };
      const run = await publish(s3, bucket, root, options);
      expect(run.exit).toBe(0);
      expect(gunzipSync(bodyOf('p/a.html')).toString()).toBe(TEXT);
      expect(brotliDecompressSync(bodyOf('p/b.css')).toString()).toBe(OTHER);
      expect(bodyOf('p/c.txt').toString()).toBe(TEXT);
      expect(headersOf('p/a.html')).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'content-encoding': 'gzip',
        'x-amz-meta-s3ds-source': sourceOf(TEXT, 'gzip'),
        'x-amz-meta-s3cmd-attrs': expect.stringContaining(
          `md5:${md5Of(bodyOf('p/a.html'))}/mode:33188/mtime:`,
        ),
      });
      expect(headersOf('p/b.css')).toMatchObject({
        'content-encoding': 'br',
        'x-amz-meta-s3ds-source': sourceOf(OTHER, 'br'),
      });
      // What does not become smaller, and what is empty, is stored as it is.
      for (const key of ['p/c.txt', 'p/d.html', 'p/e.html']) {
        expect(headersOf(key)).not.toHaveProperty('content-encoding');
        expect(headersOf(key)).not.toHaveProperty('x-amz-meta-s3ds-source');
      }
      expect(run.report.sentBytes).toBeLessThan(TEXT.length + 6_000);
      s3.server.log.clear();
      expect(stepsOf(await publish(s3, bucket, root, options))).toEqual([]);
      expect(s3.server.log.counts).toEqual({ ListObjectsV2: 1 });
    },
  );

  test('duplicates, renames and further names are copies of the encoded object', async () => {
    await writeTree({ 'a.html': TEXT, 'copy.html': TEXT }, root);
    const index = memoryIndex();
    const options = { index, ...compress('*.html'), deletes: { deleteAfter: true } };
    const run = await publish(s3, bucket, root, options);
    expect(run.report.totals).toMatchObject({ uploaded: { files: 1 }, copied: { files: 1 } });
    await rename(join(root, 'a.html'), join(root, 'moved.html'));
    const next = await publish(s3, bucket, root, {
      ...options,
      site: { ...options.site, cleanUrls: true },
    });
    expect(next.report.sentBytes).toBe(0);
    expect(s3.server.objects(bucket).map(({ key }) => key)).toEqual([
      'p/copy',
      'p/copy.html',
      'p/moved',
      'p/moved.html',
    ]);
    for (const { key } of s3.server.objects(bucket)) {
      expect(gunzipSync(bodyOf(key)).toString()).toBe(TEXT);
      expect(headersOf(key)).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'content-encoding': 'gzip',
        'x-amz-meta-s3ds-source': sourceOf(TEXT, 'gzip'),
      });
    }
  });

  test('C4: equal bytes under other names have their own types, rules and places, not those of a further name', async () => {
    await writeTree({ 'a.html': TEXT, 'b.css': OTHER }, root);
    await link(join(root, 'a.html'), join(root, 'b.txt'));
    await link(join(root, 'a.html'), join(root, 'z.js'));
    const run = await publish(s3, bucket, root, {
      site: { compress: [{ pattern: '*', encoding: 'gzip' }], cleanUrls: true },
    });
    expect(run.exit).toBe(0);
    const types = s3.server.objects(bucket).map(({ key, headers }) => [key, headers['content-type']]);
    expect(Object.fromEntries(types)).toEqual({
      'p/a': 'text/html; charset=utf-8',
      'p/a.html': 'text/html; charset=utf-8',
      'p/b.css': 'text/css; charset=utf-8',
      'p/b.txt': 'text/plain; charset=utf-8',
      'p/z.js': 'text/javascript; charset=utf-8',
    });
  });

  test('R3: equal files keep each its own times', async () => {
    storedElsewhere('p/a.html', TEXT);
    await writeTree({ 'a.html': TEXT, 'b.html': TEXT }, root);
    await utimes(join(root, 'b.html'), 1_700_000_000, 1_700_000_000);
    const run = await publish(s3, bucket, root, { preserve: true, ...compress('*.html') });
    expect(stepsOf(run)).toEqual(['copy p/b.html <- p/a.html done']);
    expect(headersOf('p/b.html')['x-amz-meta-s3cmd-attrs']).toContain('/mtime:1700000000');
  });

  test('the last line that matches decides, and a rule that names an encoding keeps its file as it is', async () => {
    const gz = gzipSync(OTHER);
    await writeTree({ 'a.html': TEXT, 'b/a.html': TEXT, 'b/raw.html': TEXT, 'pre.js': gz }, root);
    const { rules } = (await import('../../src/model/header-rules.js')).parseHeaderRules(
      '/pre.js\n Content-Encoding: gzip',
      'file',
    );
    await publish(s3, bucket, root, {
      ...compress('*.html', '*.js', ['b/', 'br'], '!raw.html'),
      headers: { rules },
    });
    expect(headersOf('p/a.html')['content-encoding']).toBe('gzip');
    expect(headersOf('p/b/a.html')['content-encoding']).toBe('br');
    expect(headersOf('p/b/raw.html')).not.toHaveProperty('content-encoding');
    expect(bodyOf('p/pre.js').equals(gz)).toBe(true);
    expect(headersOf('p/pre.js')['content-encoding']).toBe('gzip');
  });

  test('turned on later: the objects are replaced; turned off: they are again', async () => {
    await writeTree({ 'a.html': TEXT }, root);
    const index = memoryIndex();
    await publish(s3, bucket, root, { index });
    expect(stepsOf(await publish(s3, bucket, root, { index, ...compress('*.html') }))).toEqual([
      'upload p/a.html done',
    ]);
    expect(headersOf('p/a.html')['content-encoding']).toBe('gzip');
    expect(stepsOf(await publish(s3, bucket, root, { index }))).toEqual(['upload p/a.html done']);
    expect(headersOf('p/a.html')).not.toHaveProperty('content-encoding');
    expect(bodyOf('p/a.html').toString()).toBe(TEXT);
  });

  test('taken over from the build, and by it: the same stored bytes get in place, and lose, what a download goes by', async () => {
    const index = memoryIndex();
    const { rules } = parseHeaderRules('/*.html\n Content-Encoding: gzip', 'inline');
    const built: Changes = { headers: { rules } };
    await writeTree({ 'a.html': TEXT, 'b.txt': OTHER }, root);
    await publish(s3, bucket, root, { index, ...compress('*.html') });
    const stored = bodyOf('p/a.html');
    expect(headersOf('p/a.html')).toHaveProperty('x-amz-meta-s3ds-source');

    await writeTree({ 'a.html': stored }, root);
    const byBuild = await publish(s3, bucket, root, { index, ...built });
    expect(stepsOf(byBuild)).toEqual(['refresh p/a.html done']);
    expect(headersOf('p/a.html')).not.toHaveProperty('x-amz-meta-s3ds-source');
    expect(stepsOf(await publish(s3, bucket, root, { index, ...built }))).toEqual([]);

    await writeTree({ 'a.html': TEXT }, root);
    // Nobody confirms what a renewal that failed left behind.
    s3.server.faults.add({
      match: { operation: 'CopyObject' },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    expect((await publish(s3, bucket, root, { index, ...compress('*.html') })).exit).not.toBe(0);
    s3.server.faults.clear();
    const again = await publish(s3, bucket, root, { index, ...compress('*.html') });
    expect(stepsOf(again)).toEqual(['refresh p/a.html done']);
    expect(headersOf('p/a.html')['x-amz-meta-s3ds-source']).toBe(sourceOf(TEXT, 'gzip'));
    expect(stepsOf(await publish(s3, bucket, root, { index, ...compress('*.html') }))).toEqual([]);
    expect(bodyOf('p/a.html')).toEqual(stored);
  });

  test('where nobody remembers, refresh-headers compares what a download goes by', async () => {
    const refresh: Changes = { headers: { refresh: true } };
    await writeTree({ 'a.html': TEXT }, root);
    await publish(s3, bucket, root, compress('*.html'));
    const { 'x-amz-meta-s3ds-source': stated, ...others } = headersOf('p/a.html');
    s3.server.putObject(bucket, 'p/a.html', bodyOf('p/a.html'), { headers: others });
    const asked: Changes = { index: memoryIndex(), ...refresh, ...compress('*.html') };
    const dry = await publish(s3, bucket, root, { ...asked, dryRun: true });
    expect(dry.report.steps).toMatchObject([
      { action: 'refresh', headers: [{ name: 'x-amz-meta-s3ds-source', to: stated }] },
    ]);
    expect(stepsOf(await publish(s3, bucket, root, asked))).toEqual(['refresh p/a.html done']);
    expect(headersOf('p/a.html')['x-amz-meta-s3ds-source']).toBe(stated);
    expect(stepsOf(await publish(s3, bucket, root, asked))).toEqual([]);
  });

  test('a temporary directory that is not there is named, and not taken for a file that vanished', async () => {
    const gone = join(temporary, 'gone');
    await expect(temporaryDirectory(gone)).rejects.toMatchObject({
      code: 'no-room',
      message: expect.stringContaining(`cannot be kept in ${gone} (`),
    });
  });

  test('nothing is left in the temporary directory, even when the run fails', async () => {
    const met: number[] = [];
    const look = async (): Promise<void> => void met.push((await readdir(temporary)).length);
    await writeTree({ 'a.html': TEXT }, root);
    expect((await beforeFirstWrite(look, { temporary })).exit).toBe(0);
    s3.server.faults.add({
      match: { operation: 'PutObject' },
      fault: { kind: 'error', code: 'AccessDenied' },
      times: Number.POSITIVE_INFINITY,
    });
    await writeTree({ 'a.html': OTHER }, root);
    expect((await beforeFirstWrite(look, { temporary })).exit).toBe(1);
    expect(met).toEqual([1, 1]);
    expect(await readdir(temporary)).toEqual([]);
  });

  test('C6: a file that changes after it was encoded is encoded and sent anew, and its twin keeps its own bytes', async () => {
    await writeTree({ 'a.html': TEXT, 'twin.html': TEXT }, root);
    const run = await beforeFirstWrite(() => writeTree({ 'a.html': OTHER }, root));
    expect(run.exit).toBe(0);
    for (const [name, text] of [
      ['a.html', OTHER],
      ['twin.html', TEXT],
    ] as const) {
      expect(gunzipSync(bodyOf(`p/${name}`)).toString()).toBe(text);
      expect(headersOf(`p/${name}`)['x-amz-meta-s3ds-source']).toBe(sourceOf(text, 'gzip'));
    }
    expect(stepsOf(await publish(s3, bucket, root, compress('*.html')))).toEqual([]);
  });

  test('C6: a name that was put in its place after it was encoded is of another file than its hard links', async () => {
    await writeTree({ 'a.html': TEXT }, root);
    await link(join(root, 'a.html'), join(root, 'b.html'));
    const run = await beforeFirstWrite(async () => {
      await writeTree({ new: OTHER }, root);
      await rename(join(root, 'new'), join(root, 'a.html'));
    });
    expect(run.exit).toBe(0);
    expect(gunzipSync(bodyOf('p/a.html')).toString()).toBe(OTHER);
    expect(gunzipSync(bodyOf('p/b.html')).toString()).toBe(TEXT);
    expect(stepsOf(await publish(s3, bucket, root, compress('*.html')))).toEqual([]);
  });

  test('a file that vanishes after it was encoded fails', async () => {
    await writeTree({ 'a.html': TEXT }, root);
    const run = await beforeFirstWrite(() => rm(join(root, 'a.html')));
    expect(run).toMatchObject({ exit: 1, report: { steps: [{ error: { code: 'file-vanished' } }] } });
    expect(s3.server.texts(bucket)).toEqual({});
  });

  /** Publishes, and does something when all is encoded and nothing is written. */
  async function beforeFirstWrite(work: () => Promise<unknown>, changes: Changes = {}): Promise<Published> {
    const index = memoryIndex();
    index.journal.append = async () => void (await work());
    return publish(s3, bucket, root, { ...compress('*.html'), index, ...changes });
  }
});

describe('an unchanged run', () => {
  /** The index as it is where the files were not touched for a while. */
  function settle(index: ReturnType<typeof memoryIndex>): void {
    const known = parseIndex(index.bytes!).index!;
    index.bytes = Buffer.from([...formatIndex({ ...known, writtenNs: 9_999_999_999_999_999_999n })].join(''));
  }

  test.each([
    ['sent whole', {}],
    ['staged', { delayUpdates: true }],
  ] satisfies [string, Changes][])(
    'encodes nothing where the index of this machine knows what became of each file: %s',
    async (_, changes) => {
      const large = Buffer.concat([noise(12 * 1024 * 1024), Buffer.alloc(4 * 1024 * 1024)]);
      await writeTree({ 'a.html': TEXT, 'b.html': noise(5_000), 'c.css': large }, root);
      const index = memoryIndex({ remote: false, local: true });
      const options = { index, ...changes, ...compress('*.html', '*.css') };
      expect((await publish(s3, bucket, root, options)).exit).toBe(0);
      expect(headersOf('p/c.css')['content-encoding']).toBe('gzip');
      const encode = jest.spyOn(DigestPool.prototype, 'encode');
      // What was learned is kept when it is written again.
      for (const unchanged of [1, 2]) {
        settle(index);
        s3.server.log.clear();
        expect([unchanged, stepsOf(await publish(s3, bucket, root, options))]).toEqual([unchanged, []]);
        expect(s3.server.log.counts).toEqual({ ListObjectsV2: 1 });
      }
      expect(encode).not.toHaveBeenCalled();

      settle(index);
      await writeTree({ 'b.html': OTHER }, root);
      expect(stepsOf(await publish(s3, bucket, root, options))).toEqual(['upload p/b.html done']);
      expect(gunzipSync(bodyOf('p/b.html')).toString()).toBe(OTHER);
      expect(encode).toHaveBeenCalledTimes(1);

      settle(index);
      s3.server.putObject(bucket, 'p/a.html', gzipSync(OTHER), { headers: headersOf('p/a.html') });
      expect(stepsOf(await publish(s3, bucket, root, options))).toEqual(['upload p/a.html done']);
      expect(gunzipSync(bodyOf('p/a.html')).toString()).toBe(TEXT);
      encode.mockRestore();
    },
  );

  test('of a fresh checkout encodes nothing where the index lies in the bucket, be an object written or met', async () => {
    const noises = { 'a.html': noise(5_000), 'b.html': noise(6_000) };
    s3.server.putObject(bucket, 'p/a.html', noises['a.html']);
    await writeTree({ ...noises, 'c.html': TEXT }, root);
    const index = memoryIndex({ remote: true, local: false });
    const options = { index, ...compress('*.html') };
    expect((await publish(s3, bucket, root, options)).exit).toBe(0);
    const encode = jest.spyOn(DigestPool.prototype, 'encode');
    for (const unchanged of [1, 2])
      expect([unchanged, stepsOf(await publish(s3, bucket, root, options))]).toEqual([unchanged, []]);
    expect(encode).not.toHaveBeenCalled();
    expect(index.saves).toBe(1);

    // Another encoding was not tried, and another content neither.
    await writeTree({ 'b.html': OTHER }, root);
    const run = await publish(s3, bucket, root, { ...options, ...compress('b.html', ['a.html', 'br']) });
    expect([...stepsOf(run)].sort()).toEqual(['upload p/b.html done', 'upload p/c.html done']);
    expect(encode).toHaveBeenCalledTimes(2);
    encode.mockRestore();
  });

  test('C18: encodes each file where others may have written the index', async () => {
    await writeTree({ 'a.html': TEXT, 'b.html': noise(5_000) }, root);
    const index = memoryIndex({ remote: false, local: true });
    const options = compress('*.html');
    expect((await publish(s3, bucket, root, { index, ...options })).exit).toBe(0);
    settle(index);
    const cache = Object.assign(memoryIndex({ remote: false, local: false }), { bytes: index.bytes });
    const known = parseIndex(cache.bytes!).index!;
    const forged = [...known.objects].map(
      ([key, entry]) => [key, { ...entry, incompressible: 'gzip' }] as const,
    );
    cache.bytes = Buffer.from([...formatIndex({ ...known, objects: new Map(forged) })].join(''));
    const encode = jest.spyOn(DigestPool.prototype, 'encode');
    expect(stepsOf(await publish(s3, bucket, root, { index: cache, ...options }))).toEqual([]);
    expect(encode).toHaveBeenCalledTimes(2);
    encode.mockRestore();
  });
});

describe("another machine's zlib", () => {
  test('equal source and encoding is unchanged: one HEAD says so, and the index remembers it', async () => {
    const bytes = storedElsewhere('p/a.html', TEXT);
    await writeTree({ 'a.html': TEXT }, root);
    const index = memoryIndex();
    const run = await publish(s3, bucket, root, { index, ...compress('*.html') });
    expect(stepsOf(run)).toEqual([]);
    expect(s3.server.log.counts).toEqual({ ListObjectsV2: 1, HeadObject: 1 });
    expect(run.report.totals.unchanged).toEqual({ files: 1, bytes: bytes.length });
    expect(index.bytes?.toString()).toContain(`"source":"${sourceOf(TEXT, 'gzip')}"`);
  });

  test('a source that changed is encoded and sent; what its line says spares the HEAD', async () => {
    storedElsewhere('p/a.html', TEXT);
    const index = memoryIndex();
    await writeTree({ 'a.html': TEXT }, root);
    await publish(s3, bucket, root, { index, ...compress('*.html') });
    await writeTree({ 'a.html': OTHER }, root);
    s3.server.log.clear();
    const run = await publish(s3, bucket, root, { index, ...compress('*.html') });
    expect(stepsOf(run)).toEqual(['upload p/a.html done']);
    expect(s3.server.log.counts.HeadObject).toBeUndefined();
    expect(gunzipSync(bodyOf('p/a.html')).toString()).toBe(OTHER);
  });

  test('new names of it are copies; when the copy is refused the file is encoded here', async () => {
    const bytes = storedElsewhere('p/a.html', TEXT);
    await writeTree({ 'a.html': TEXT, 'b.html': TEXT }, root);
    const run = await publish(s3, bucket, root, compress('*.html'));
    expect(stepsOf(run)).toEqual(['copy p/b.html <- p/a.html done']);
    expect(bodyOf('p/b.html').equals(bytes)).toBe(true);
    expect(headersOf('p/b.html')['content-encoding']).toBe('gzip');

    await writeTree({ 'c.html': TEXT }, root);
    s3.server.faults.add({
      match: { operation: 'CopyObject' },
      fault: { kind: 'error', code: 'AccessDenied' },
      times: Number.POSITIVE_INFINITY,
    });
    const refused = await publish(s3, bucket, root, compress('*.html'));
    expect(stepsOf(refused)).toEqual(['upload p/c.html done']);
    expect(gunzipSync(bodyOf('p/c.html')).toString()).toBe(TEXT);
    expect(headersOf('p/c.html')['x-amz-meta-s3cmd-attrs']).toBe(`md5:${md5Of(bodyOf('p/c.html'))}`);
  });

  test('C9: above the limit of one copy it is encoded here: its parts cannot be digested', async () => {
    storedElsewhere('p/a.html', TEXT);
    await writeTree({ 'a.html': TEXT, 'b.html': TEXT }, root);
    const run = await publish(s3, bucket, root, { ...compress('*.html'), maxCopySize: 10 });
    expect(stepsOf(run)).toEqual(['upload p/b.html done']);
    expect(gunzipSync(bodyOf('p/b.html')).toString()).toBe(TEXT);
    expect(s3.server.uploads(bucket)).toEqual([]);
  });

  test('a renamed file finds its object by its line, confirmed by one HEAD', async () => {
    storedElsewhere('p/a.html', TEXT);
    await writeTree({ 'a.html': TEXT }, root);
    const index = memoryIndex();
    await publish(s3, bucket, root, { index, ...compress('*.html') });
    await rename(join(root, 'a.html'), join(root, 'z.html'));
    const run = await publish(s3, bucket, root, { index, ...compress('*.html') });
    expect(stepsOf(run)).toEqual(['copy p/z.html <- p/a.html done']);
  });

  test('C15: metadata that contradicts the ETag is not believed', async () => {
    storedElsewhere('p/a.html', TEXT, { lie: true });
    await writeTree({ 'a.html': TEXT }, root);
    const run = await publish(s3, bucket, root, compress('*.html'));
    expect(stepsOf(run)).toEqual(['upload p/a.html done']);
  });

  test('staged objects are recognised too', async () => {
    const bytes = gzipSync(TEXT, { level: 1 });
    const etag = multipartETag([md5Of(bytes)]);
    s3.server.putObject(bucket, 'p/a.html', bytes, {
      etag,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'content-encoding': 'gzip',
        'x-amz-meta-s3cmd-attrs': `md5:${md5Of(bytes)}`,
        'x-amz-meta-s3ds-source': sourceOf(TEXT, 'gzip'),
      },
    });
    await writeTree({ 'a.html': TEXT }, root);
    expect(stepsOf(await publish(s3, bucket, root, compress('*.html')))).toEqual([]);
  });

  test('C18: a line of a cache that others may write is not believed alone; one in the bucket is, without a read', async () => {
    storedElsewhere('p/a.html', TEXT);
    await writeTree({ 'a.html': TEXT }, root);
    const cache = memoryIndex({ remote: false, local: false });
    await publish(s3, bucket, root, { index: cache, ...compress('*.html') });
    // Forged: it says that other bytes hold the page.
    s3.server.putObject(bucket, 'p/a.html', gzipSync(OTHER), { headers: headersOf('p/a.html') });
    const etag = s3.server.object(bucket, 'p/a.html')?.etag ?? '';
    const lines = (cache.bytes?.toString() ?? '').split('\n');
    const { crc32 } = await import('node:zlib');
    const forged = lines.map((line) => {
      if (!line.includes('"key":"p/a.html"')) return line;
      const entry = { ...JSON.parse(line.slice(9)), etag, size: gzipSync(OTHER).length };
      const json = JSON.stringify(entry);
      return `${crc32(json).toString(16).padStart(8, '0')} ${json}`;
    });
    cache.bytes = Buffer.from(forged.join('\n'));
    const run = await publish(s3, bucket, root, { index: cache, ...compress('*.html') });
    expect(stepsOf(run)).toEqual(['upload p/a.html done']);
    expect(gunzipSync(bodyOf('p/a.html')).toString()).toBe(TEXT);

    storedElsewhere('p/a.html', TEXT);
    const trusted = memoryIndex({ remote: true, local: true });
    await publish(s3, bucket, root, { index: trusted, ...compress('*.html') });
    s3.server.log.clear();
    expect(stepsOf(await publish(s3, bucket, root, { index: trusted, ...compress('*.html') }))).toEqual([]);
    expect(s3.server.log.counts).toEqual({ ListObjectsV2: 1 });
  });

  test('a HEAD that is denied costs an upload, and one line', async () => {
    storedElsewhere('p/a.html', TEXT);
    storedElsewhere('p/b.html', OTHER);
    await writeTree({ 'a.html': TEXT, 'b.html': OTHER }, root);
    s3.server.faults.add({
      match: { operation: 'HeadObject' },
      fault: { kind: 'error', code: 'AccessDenied' },
      times: Number.POSITIVE_INFINITY,
    });
    const run = await publish(s3, bucket, root, compress('*.html'));
    expect(run).toMatchObject({ exit: 0, report: { totals: { uploaded: { files: 2 } } } });
    expect(run.messages.filter((message) => /what it encodes/.test(message))).toHaveLength(1);
  });

  test('where HEAD is denied not every object is asked', async () => {
    const names = Array.from({ length: 24 }, (_, i) => `page-${i}.html`);
    for (const name of names) storedElsewhere(`p/${name}`, `${name} ${TEXT}`);
    await writeTree(Object.fromEntries(names.map((name) => [name, `${name} ${TEXT}`])), root);
    s3.server.faults.add({
      match: { operation: 'HeadObject' },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    const run = await publish(s3, bucket, root, compress('*.html'));
    expect(run).toMatchObject({ exit: 0, report: { totals: { uploaded: { files: 24 } } } });
    expect(s3.server.log.of('HeadObject').length).toBeLessThan(24);
    expect(run.messages.filter((message) => /what it encodes/.test(message))).toHaveLength(1);
  });

  test('a HEAD that the server refuses costs an upload; one that fails ends the run, and nothing is written', async () => {
    const bytes = storedElsewhere('p/a.html', TEXT);
    await writeTree({ 'a.html': TEXT }, root);
    const failing = s3.server.faults.add({
      match: { operation: 'HeadObject' },
      fault: { kind: 'error', code: 'InternalError' },
    });
    const failed = await publish(s3, bucket, root, { ...compress('*.html'), connection: { maxAttempts: 1 } });
    expect(failed).toMatchObject({ exit: 1, report: { error: { code: 'server-error' } } });
    expect(bodyOf('p/a.html').equals(bytes)).toBe(true);
    failing.remove();
    s3.server.faults.add({
      match: { operation: 'HeadObject' },
      fault: { kind: 'error', code: 'InvalidArgument' },
    });
    const run = await publish(s3, bucket, root, compress('*.html'));
    expect(stepsOf(run)).toEqual(['upload p/a.html done']);
  });

  test('an object that is written after it was listed is not taken for what its new headers say', async () => {
    storedElsewhere('p/a.html', OTHER);
    await writeTree({ 'a.html': TEXT }, root);
    const remove = s3.server.before(
      { operation: 'HeadObject' },
      () => void storedElsewhere('p/a.html', TEXT),
    );
    const run = await publish(s3, bucket, root, compress('*.html'));
    remove();
    expect(run).toMatchObject({ exit: 5, report: { steps: [{ error: { code: 'foreign-writer' } }] } });
  });

  test('under KMS, where no ETag is a digest, its metadata is believed; without a digest there it is not', async () => {
    bucket = `${bucket}-kms`;
    s3.server.createBucket(bucket, { encryption: { algorithm: 'aws:kms', keyId: 'k' } });
    storedElsewhere('p/a.html', TEXT);
    const bytes = gzipSync(OTHER, { level: 1 });
    s3.server.putObject(bucket, 'p/b.html', bytes, {
      headers: { 'content-encoding': 'gzip', 'x-amz-meta-s3ds-source': sourceOf(OTHER, 'gzip') },
    });
    await writeTree({ 'a.html': TEXT, 'b.html': OTHER }, root);
    const run = await publish(s3, bucket, root, compress('*.html'));
    expect(stepsOf(run)).toEqual(['upload p/b.html done']);
    expect(stepsOf(await publish(s3, bucket, root, compress('*.html')))).toEqual([]);
  });
});
