import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { classifyETag, type ETag, md5Of, multipartETag, parseETag } from '../../../src/model/digest.js';
import { worstExit } from '../../../src/model/errors.js';
import { contentTypeOf, formatAttributes, headerDigest, metadataMd5 } from '../../../src/model/headers.js';
import { compareKeys, joinKey, parsePrefix } from '../../../src/model/object-key.js';
import type { LocalFile } from '../../../src/model/objects.js';

const md5 = md5Of(Buffer.from('x'));

test('ETags: an MD5, a composite of parts, or nothing to go by', () => {
  expect(classifyETag(md5 as string as ETag)).toEqual({ kind: 'md5', md5 });
  expect(classifyETag(`${md5}-12` as ETag)).toEqual({ kind: 'multipart', parts: 12 });
  expect(classifyETag('abc' as ETag)).toEqual({ kind: 'opaque' });
  expect(classifyETag(md5.toUpperCase() as ETag)).toEqual({ kind: 'opaque' });
  expect(parseETag('"abc"')).toBe('abc');
  expect(parseETag('abc')).toBe('abc');
  expect(parseETag('""')).toBeUndefined();
  expect(parseETag('W/"abc"')).toBe('abc');
  expect(parseETag('"')).toBe('"');
  expect(parseETag(undefined)).toBeUndefined();
  // md5(md5("x")), as S3 answers for a one-part upload of "x".
  expect(multipartETag([md5])).toBe(`${md5Of(Buffer.from(md5, 'hex'))}-1`);
});

test('D4: a prefix ends at a slash, or is empty', () => {
  expect(['dir', '/dir/', 'a//b//', '', '/'].map(parsePrefix)).toEqual(['dir/', 'dir/', 'a//b/', '', '']);
});

test('a key has 1 to 1,024 bytes of UTF-8', () => {
  expect(joinKey(parsePrefix('p'), 'é'.repeat(511))).toHaveLength(513);
  expect(joinKey(parsePrefix('p'), 'é'.repeat(512))).toBeUndefined();
  expect(joinKey(parsePrefix('p'), '')).toBeUndefined();
  expect(joinKey(parsePrefix('p'), '\ud800')).toBeUndefined();
});

test('keys are ordered by their UTF-8 bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      expect(Math.sign(compareKeys(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
    }),
    { numRuns: 2000 },
  );
});

describe('headers', () => {
  test.each([
    ['index.html', 'text/html; charset=utf-8'],
    ['a/b.JS', 'text/javascript; charset=utf-8'],
    ['x.css', 'text/css; charset=utf-8'],
    ['x.json', 'application/json; charset=utf-8'],
    ['x.svg', 'image/svg+xml'],
    ['x.woff2', 'font/woff2'],
    ['x.tar.gz', 'application/gzip'],
    ['x.wasm', 'application/wasm'],
    ['Release', 'application/octet-stream'],
    ['html', 'application/octet-stream'],
    ['dir.html/file', 'application/octet-stream'],
    ['x.unknown-kind', 'application/octet-stream'],
  ])('%s is %s', (name, type) => {
    expect(contentTypeOf(name)).toBe(type);
  });

  test('attributes are spelled as s3cmd spells them', () => {
    const file = { mode: 0o100644, mtimeNs: 1_700_000_000_999_999_999n } as LocalFile;
    expect(formatAttributes(md5, undefined)).toBe(`md5:${md5}`);
    expect(formatAttributes(md5, file)).toBe(`md5:${md5}/mode:33188/mtime:1700000000`);
  });

  test("an object's own digest is read from s3cmd's and rclone's metadata", () => {
    const s3cmd = 'atime:1/ctime:2/gid:0/gname:root/md5:9dd4e461268c8034f5c8564e155c67a6/mode:33188';
    expect(metadataMd5(new Map([['s3cmd-attrs', s3cmd]]))).toBe('9dd4e461268c8034f5c8564e155c67a6');
    expect(metadataMd5(new Map([['md5chksum', 'ndTkYSaMgDT1yFZOFVxnpg==']]))).toBe(
      '9dd4e461268c8034f5c8564e155c67a6',
    );
    expect(metadataMd5(new Map([['s3cmd-attrs', 'md5:short']]))).toBeUndefined();
    expect(metadataMd5(new Map())).toBeUndefined();
  });

  test('header state does not depend on order or case of names', () => {
    expect(headerDigest({ 'Content-Type': 'a', b: 'c' })).toBe(headerDigest({ b: 'c', 'content-type': 'a' }));
    const inClass = (name: string): string => headerDigest({ b: 'c', 'x-amz-storage-class': name });
    expect(inClass('STANDARD')).toBe(headerDigest({ b: 'c' }));
    expect(inClass('STANDARD_IA')).toBe('d72e291e50e1a21a7442518cb319dcb72951f138915e607fdc2991db82296a5b');
    expect(headerDigest({ a: 'b' })).not.toBe(headerDigest({ a: 'c' }));
  });
});

test('when several exit statuses apply: 129/130/143, 2, 4, 5, 1, 3', () => {
  expect(worstExit([])).toBe(0);
  expect(worstExit([1, 5])).toBe(5);
  expect(worstExit([5, 4, 1])).toBe(4);
  expect(worstExit([4, 2])).toBe(2);
  expect(worstExit([2, 143])).toBe(143);
  expect(worstExit([2, 129])).toBe(129);
  expect(worstExit([3, 1])).toBe(1);
});
