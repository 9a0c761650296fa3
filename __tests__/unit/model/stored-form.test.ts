import { describe, expect, test } from '@jest/globals';
import { type ETag, md5Of, multipartETag } from '../../../src/model/digest.js';
import { formatStoredForm, holds, parseStoredForm, type StoredForm } from '../../../src/model/stored-form.js';

const md5 = md5Of(Buffer.from('encoded'));
const other = md5Of(Buffer.from('other'));
const parts = multipartETag([md5, other]);

describe('what a file is stored as', () => {
  test.each<[string, StoredForm]>([
    ['encoding:br', { encoding: 'br' }],
    [`md5:${md5}/size:7/encoding:gzip`, { encoding: 'gzip', bytes: { md5, size: 7 } }],
    [`md5:${md5}/size:7/encoding:br/etag:${parts}`, { encoding: 'br', bytes: { md5, size: 7, etag: parts } }],
  ])('is read as it was written: %s', (text, form) => {
    expect(formatStoredForm(form)).toBe(text);
    expect(parseStoredForm(text)).toEqual(form);
  });

  test.each([
    undefined,
    '',
    'encoding:zstd',
    'encoding:br/etag:',
    `md5:${md5}/encoding:br`,
    `md5:${md5}/size:07/encoding:br`,
    `md5:${md5.slice(1)}/size:7/encoding:br`,
    `md5:${md5}/size:7/encoding:br `,
  ])('what is no such thing says nothing: %s', (text) => {
    expect(parseStoredForm(text)).toBeUndefined();
  });

  test('is held by an object whose size and ETag say so: sent whole, staged, or in parts', () => {
    const held = (etag: string, size = 7, of: { readonly etag?: ETag } = {}): boolean =>
      holds({ etag: etag as ETag, size }, { md5, size: 7, ...of });
    expect([held(md5), held(multipartETag([md5])), held(parts, 7, { etag: parts })]).toEqual([
      true,
      true,
      true,
    ]);
    expect([held(other), held(md5, 8), held(parts), held('')]).toEqual([false, false, false, false]);
  });
});
