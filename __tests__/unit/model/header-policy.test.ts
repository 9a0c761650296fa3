import { describe, expect, test } from '@jest/globals';
import {
  formatHeaderState,
  HeaderPolicy,
  headerDigest,
  parseHeaderState,
} from '../../../src/model/headers.js';
import type { Stored } from '../../../src/model/objects.js';

const IMMUTABLE = new Set(['assets/app.1a2b.js']);
const FILES: readonly Stored[] = [
  ...['a.html', 'b.html', 'A.HTML', 'v1.2/readme', 'readme', '.env', 'dir.d/', 'x.tar.gz', 'no.such-type'],
  ...['assets/app.1a2b.js', 'assets/other.js', 'über/ü.json'],
  ...Array.from({ length: 2_500 }, (_, i) => `file.${i}`),
].map((name) => ({ name }) as Stored);

function policy(): HeaderPolicy {
  return new HeaderPolicy(
    { storageClass: 'STANDARD_IA' } as never,
    { defaults: 'website', rules: [] } as never,
    IMMUTABLE,
  );
}

describe('headers of files that no rule is about', () => {
  test('are those of each file alone, whichever were asked for before', () => {
    const shared = policy();
    for (const file of [...FILES, ...FILES]) {
      const alone = policy().headersOf(file);
      expect(shared.headersOf(file)).toEqual(alone);
      expect(headerDigest(shared.headersOf(file))).toBe(headerDigest({ ...alone }));
    }
  });

  test('of a page, a redirect and an encoded file are their own', () => {
    const shared = policy();
    shared.headersOf({ name: 'a.html' } as Stored);
    shared.headersOf({ name: 'docs' } as Stored);
    expect(shared.headersOf({ name: 'docs', page: 'docs.html' } as Stored)['content-type']).toMatch(
      'text/html',
    );
    const redirect = shared.headersOf({ name: 'a.html', redirect: '/b' } as Stored);
    expect(redirect['x-amz-website-redirect-location']).toBe('/b');
    const encoded = shared.headersOf({ name: 'a.html', encoded: { encoding: 'br' } } as Stored);
    expect(encoded['content-encoding']).toBe('br');
    expect(shared.headersOf({ name: 'a.html' } as Stored)).toEqual(
      policy().headersOf({ name: 'a.html' } as Stored),
    );
  });
});

describe('what an index remembers of headers', () => {
  const headers = { 'content-type': 'text/html' };
  const digest = headerDigest(headers);
  const none = { digest, attributed: 'none', isFurtherName: false, isBrought: false };

  test.each<readonly [Partial<Stored>, 'none' | 'some' | 'all', string, object]>([
    [{}, 'none', '', {}],
    [{}, 'some', ' some', { attributed: 'some' }],
    [{ page: 'a.html' }, 'none', ' page', { isFurtherName: true }],
    [{ page: 'a.html' }, 'all', ' all page', { attributed: 'all', isFurtherName: true }],
    [{ page: 'a.html', redirect: '/b' }, 'none', '', {}],
    [{ object: {} as never }, 'some', ' some brought', { attributed: 'some', isBrought: true }],
  ])('%j, with attributes: %s', (file, attributed, words, known) => {
    const text = formatHeaderState({ name: 'a', ...file }, headers, attributed);
    expect(text).toBe(digest + words);
    expect(parseHeaderState(text)).toEqual({ ...none, ...known });
  });

  test('words of a newer version are left out', () => {
    expect(parseHeaderState(`${digest} new all`)).toEqual({ ...none, attributed: 'all' });
  });
});
