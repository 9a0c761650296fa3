import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, constants, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ETag, md5Of, multipartETag } from '../../../src/model/digest.js';
import { partsOf } from '../../../src/model/digest-index.js';
import type { ObjectKey } from '../../../src/model/object-key.js';
import type { ObjectHead, ReadableStore } from '../../../src/store/object-store.js';
import { decodeTo, looksEncoded, looksEncodedInPlace, WrongContentError } from '../../../src/sync/decode.js';
import { type Evidence, PARTS_ASKED_AT_ONCE, Verifier } from '../../../src/sync/verify.js';
import { noise, removeTree, temporaryDirectory } from '../../support/tree.js';

const MIB = 1024 * 1024;
const signal = new AbortController().signal;

function evidenceOf(bytes: Buffer): Evidence {
  return {
    size: bytes.length,
    digest: async (layouts) => ({
      md5: md5Of(bytes),
      etags: layouts.map((layout) =>
        [...partsOf(layout)].map(({ offset, size }) => md5Of(bytes.subarray(offset, offset + size))),
      ),
    }),
  };
}

function composite(bytes: Buffer, sizes: readonly number[]): ETag {
  let at = 0;
  const md5s = sizes.map((size) => {
    at += size;
    return md5Of(bytes.subarray(at - size, at));
  });
  return multipartETag(md5s);
}

interface Said {
  readonly etag: ETag | string;
  readonly encryption?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** What S3 says of the parts; absent: nothing. */
  readonly parts?: readonly number[];
}

async function verify(
  size: number,
  arrived: Buffer,
  said: Said,
): Promise<{ readonly md5: string; readonly unverified: number; readonly asked: number }> {
  let asked = 0;
  const store = {
    partSize: async (_key: ObjectKey, _etag: ETag, part: number) => {
      asked++;
      return said.parts?.[part - 1];
    },
  } as unknown as ReadableStore;
  const verifier = new Verifier(store, signal);
  const etag = said.etag as ETag;
  const object = { key: 'k' as ObjectKey, etag, size, lastModified: 0 };
  const head = {
    etag,
    size,
    encryption: said.encryption,
    metadata: new Map(Object.entries(said.metadata ?? {})),
  } as unknown as ObjectHead;
  const md5 = await verifier.verify(object, head, evidenceOf(arrived));
  return { md5, unverified: verifier.unverified, asked };
}

describe('what arrived is judged', () => {
  const small = Buffer.from('small');
  const big = noise(20 * MIB);
  const bad = Buffer.from(big);
  bad[MIB] = (bad[MIB] ?? 0) ^ 1;
  const told = (bytes: Buffer): Readonly<Record<string, string>> => ({
    's3cmd-attrs': `md5:${md5Of(bytes)}`,
  });

  test('by its size first', async () => {
    await expect(verify(6, small, { etag: md5Of(small) })).rejects.toThrow('5 bytes arrived in place of 6');
  });

  test('by a plain ETag, which metadata never contradicts (C15)', async () => {
    expect(await verify(5, small, { etag: md5Of(small), metadata: told(big) })).toMatchObject({
      md5: md5Of(small),
      unverified: 0,
    });
    await expect(
      verify(5, Buffer.from('SMALL'), { etag: md5Of(small), metadata: told(Buffer.from('SMALL')) }),
    ).rejects.toBeInstanceOf(WrongContentError);
  });

  test.each([
    ['8 MiB', [8, 8, 4], 0],
    ['one part', [20], 0],
    ['7 MiB, which S3 says', [7, 7, 6], 1],
    ['different sizes', [9, 6, 5], 4],
    ['different sizes that pass for even ones', [8, 6, 6], 4],
    ['a short first one', [5, 8, 7], 4],
  ])('by a multipart ETag: %s', async (_, mib, asked) => {
    const parts = mib.map((size) => size * MIB);
    const etag = composite(big, parts);
    expect(await verify(big.length, big, { etag, parts })).toEqual({ md5: md5Of(big), unverified: 0, asked });
    await expect(verify(big.length, bad, { etag, parts })).rejects.toThrow('not those that its ETag names');
  });

  test('by a multipart ETag that S3 does not explain: by metadata, else not at all', async () => {
    const etag = composite(big, [9 * MIB, 6 * MIB, 5 * MIB]);
    expect(await verify(big.length, big, { etag, metadata: told(big) })).toMatchObject({
      unverified: 0,
      asked: 0,
    });
    await expect(verify(big.length, bad, { etag, metadata: told(big) })).rejects.toThrow(
      'its metadata names',
    );
    expect(await verify(big.length, bad, { etag })).toMatchObject({ unverified: 1 });
    // Nor do parts of which some are not told.
    expect(await verify(big.length, bad, { etag, parts: [9 * MIB] })).toMatchObject({ unverified: 1 });
    // After the first that is not told, those in flight are the last that are asked.
    const ofMany = { etag: etag.replace(/-3$/, '-60'), parts: [2 * MIB] };
    const { asked } = await verify(big.length, bad, ofMany);
    expect(asked).toBeLessThanOrEqual(1 + PARTS_ASKED_AT_ONCE);
    // Parts that do not make the object explain nothing.
    expect(await verify(big.length, bad, { etag, parts: [9 * MIB, 6 * MIB, 4 * MIB] })).toMatchObject({
      unverified: 1,
    });
  });

  test('and answers the MD5 of the very bytes that make the ETag', async () => {
    const etag = composite(big, [8 * MIB, 8 * MIB, 4 * MIB]);
    const right = evidenceOf(big);
    // Another writer healed what was digested first.
    const healed: Evidence = {
      ...right,
      digest: async (layouts) =>
        layouts.length === 0 ? { md5: md5Of(bad), etags: [] } : right.digest(layouts),
    };
    const object = { key: 'k' as ObjectKey, etag, size: big.length, lastModified: 0 };
    const head = { etag, metadata: new Map(Object.entries(told(small))) } as unknown as ObjectHead;
    const verifier = new Verifier({} as unknown as ReadableStore, signal);
    expect(await verifier.verify(object, head, healed)).toBe(md5Of(big));
  });

  test('C7: under KMS and a customer’s key by metadata alone', async () => {
    for (const encryption of ['aws:kms', 'aws:kms:dsse', 'customer']) {
      const etag = md5Of(Buffer.from('no digest of it'));
      expect(await verify(5, small, { etag, encryption, metadata: told(small) })).toMatchObject({
        unverified: 0,
      });
      await expect(
        verify(5, Buffer.from('SMALL'), { etag, encryption, metadata: told(small) }),
      ).rejects.toThrow('its metadata names');
      expect(await verify(5, small, { etag, encryption })).toMatchObject({ unverified: 1 });
    }
    expect(await verify(5, small, { etag: md5Of(small), encryption: 'AES256' })).toMatchObject({
      unverified: 0,
    });
  });
});

describe('what is encoded is decoded', () => {
  let root: string;
  let handle: FileHandle;
  const text = Buffer.from('the same again and again. '.repeat(5_000));
  const form = (bytes: Buffer, encoding: 'gzip' | 'br') => ({
    md5: md5Of(bytes),
    size: bytes.length,
    encoding,
  });
  const encode = {
    gzip: (bytes: Buffer) => gzipSync(bytes),
    br: (bytes: Buffer) => brotliCompressSync(bytes),
  };

  beforeEach(async () => {
    root = await temporaryDirectory();
    handle = await open(join(root, 'f'), 'wx');
  });
  afterEach(async () => {
    await handle.close();
    await removeTree(root);
  });

  describe.each(['gzip', 'br'] as const)('%s', (encoding) => {
    test('to the bytes that it names, in whatever pieces it comes', async () => {
      const body = encode[encoding](text);
      const pieces = Array.from({ length: body.length }, (_, i) => body.subarray(i, i + 1));
      await decodeTo(handle, pieces, form(text, encoding));
      expect(await readFile(join(root, 'f'))).toEqual(text);
    });

    test.each([
      ['cut', (body: Buffer) => body.subarray(0, -9)],
      ['empty', () => Buffer.alloc(0)],
      [
        'damaged',
        (body: Buffer) => Buffer.concat([body.subarray(0, 12), Buffer.alloc(20, 0xa5), body.subarray(32)]),
      ],
      ['no such stream', () => Buffer.from('plain text that nobody encoded')],
      ['of another file', () => encode[encoding](Buffer.from(text.toString().toUpperCase()))],
      ['of a longer file', () => encode[encoding](Buffer.concat([text, text]))],
      ['of a shorter file', () => encode[encoding](text.subarray(1))],
    ])('%s: it is not the content', async (_, spoil) => {
      const body = spoil(encode[encoding](text));
      await expect(decodeTo(handle, [body], form(text, encoding))).rejects.toBeInstanceOf(WrongContentError);
    });

    test('a bomb is stopped where the file would end', async () => {
      const bomb = encode[encoding](Buffer.alloc(64 * MIB));
      await expect(decodeTo(handle, [bomb], form(Buffer.alloc(10), encoding))).rejects.toBeInstanceOf(
        WrongContentError,
      );
      expect((await handle.stat()).size).toBeLessThanOrEqual(10);
    });

    test('a body that fails is no wrong content', async () => {
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield encode[encoding](text).subarray(0, 40);
        throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
      }
      await expect(decodeTo(handle, failing(), form(text, encoding))).rejects.toMatchObject({
        code: 'ECONNRESET',
      });
    });

    test('looks encoded from its beginning', async () => {
      await handle.writeFile(encode[encoding](Buffer.concat([text, noise(MIB)])));
      expect([await looksEncoded(join(root, 'f')), looksEncodedInPlace(join(root, 'f'))]).toEqual([
        true,
        true,
      ]);
      // Of a small one the end is seen too.
      await handle.truncate(0);
      await handle.write(encode[encoding](text), 0, undefined, 0);
      expect([await looksEncoded(join(root, 'f')), looksEncodedInPlace(join(root, 'f'))]).toEqual([
        true,
        true,
      ]);
    });
  });

  test('small files of plain text do not look encoded, whatever they begin with', async () => {
    const texts = Array.from({ length: 300 }, (_, i) => `${(i * 2654435761).toString(36)}\n`);
    const taken: string[] = [];
    for (const content of [...texts, '9'.repeat(5000)]) {
      await handle.truncate(0);
      await handle.write(Buffer.from(content), 0, undefined, 0);
      if (looksEncodedInPlace(join(root, 'f'))) taken.push(content);
    }
    expect(taken).toEqual([]);
  });

  test('what Brotli makes smaller looks encoded, whatever text it was made of', async () => {
    const alphabets = [
      '01',
      '0123456789abcdef',
      'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/',
      '日本語漢字仮名',
    ];
    const missed: string[] = [];
    let tried = 0;
    for (const alphabet of alphabets.map((characters) => [...characters])) {
      for (let length = 20; length < 12_000; length = Math.ceil(length * 1.2)) {
        const picked = Array.from(noise(length), (byte) => alphabet[byte % alphabet.length]);
        const source = Buffer.from(picked.join(''));
        for (const quality of [9, 11]) {
          const stored = brotliCompressSync(source, {
            params: { [constants.BROTLI_PARAM_QUALITY]: quality },
          });
          if (stored.length > source.length * 0.9) continue;
          tried++;
          await handle.truncate(0);
          await handle.write(stored, 0, undefined, 0);
          if (!looksEncodedInPlace(join(root, 'f'))) missed.push(`${alphabet} ${length} ${quality}`);
        }
      }
    }
    expect(missed).toEqual([]);
    expect(tried).toBeGreaterThan(200);
  });

  test('text does not look encoded, even where Brotli could decode it, nor where it is cut within a character', async () => {
    const text = 'x'.repeat(100);
    // One block of 100 bytes as they are, in a window of 64 KiB, and the end.
    const stream = `0\x06\x10${text}\x03`;
    expect(brotliDecompressSync(Buffer.from(stream)).toString()).toBe(text);
    for (const content of [stream, ...['', '0', '00'].map((shift) => `${shift}9日本語`.repeat(2000))]) {
      await handle.truncate(0);
      await handle.write(Buffer.from(content), 0, undefined, 0);
      expect([content.slice(0, 9), await looksEncoded(join(root, 'f'))]).toEqual([
        content.slice(0, 9),
        false,
      ]);
    }
  });

  test('pages and pictures do not look encoded', async () => {
    for (const content of [
      '<!doctype html><p>',
      'body { color: red }',
      '{"a": [1, 2]}',
      '\x89PNG\r\n\x1a\n',
      '# Title\n\ntext',
      "import x from 'y';\n",
    ]) {
      await handle.truncate(0);
      await handle.write(Buffer.from(content.repeat(20), 'latin1'), 0, undefined, 0);
      expect([content, await looksEncoded(join(root, 'f'))]).toEqual([content, false]);
    }
  });
});
