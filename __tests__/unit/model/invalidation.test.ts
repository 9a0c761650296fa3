import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  coverOf,
  covers,
  groupPaths,
  invalidationPath,
  isDistribution,
  isInvalidationPath,
  pathsOf,
} from '../../../src/model/invalidation.js';

const plain = { stripPrefix: '', addPrefix: '' };

describe('from a key to a path', () => {
  test('what keys begin with goes, what paths begin with comes; other keys are not served', () => {
    const mapping = { stripPrefix: 'site/', addPrefix: 'docs/' };
    expect(invalidationPath('site/a/b.css', mapping)).toBe('/docs/a/b.css');
    expect(invalidationPath('site/a/b.css', plain)).toBe('/site/a/b.css');
    expect(invalidationPath('site2/a', mapping)).toBeUndefined();
    expect(invalidationPath('site/', { ...plain, stripPrefix: 'site/' })).toBe('/');
  });

  const encoded: readonly (readonly [string, string])[] = [
    ['é ü.html', '/%C3%A9%20%C3%BC.html'],
    ['😀', '/%F0%9F%98%80'],
    ['<>"#%{}|\\^[]`', '/%3C%3E%22%23%25%7B%7D%7C%5C%5E%5B%5D%60'],
    ['a?b', '/a%3Fb'],
    ['a\n\x7f', '/a%0A%7F'],
    ['!$&(),-./0:;=@A_z', '/!$&(),-./0:;=@A_z'],
    ['100%25', '/100%2525'],
  ];
  test.each(encoded)('%j is %s: non-ASCII and unsafe characters are encoded, no others', (key, path) => {
    expect(invalidationPath(key, plain)).toBe(path);
  });

  test('an asterisk means anything, and at the end alone: the path is cut at it', () => {
    expect(invalidationPath('a/b*c/d', plain)).toBe('/a/b*');
    expect(invalidationPath('a/b*', plain)).toBe('/a/b*');
  });

  test('a tilde or an apostrophe, which CloudFront takes neither as it is nor for what browsers ask, likewise', () => {
    expect(invalidationPath('js/runtime~main.js', plain)).toBe('/js/runtime*');
    expect(invalidationPath("é/l'été~/index.html", plain)).toBe('/%C3%A9/l*');
    expect(pathsOf(["l'été/index.html"], plain)).toEqual(['/l*']);
    expect(isInvalidationPath("/l'a")).toBe(false);
  });

  test('a plus sign, which S3 takes for a blank unless readers encode it, in one of two ways, likewise', () => {
    expect(invalidationPath('pool/libstdc++6_1.deb', plain)).toBe('/pool/libstdc*');
    expect(isInvalidationPath('/a+b')).toBe(true);
  });

  test('a path of more than 4,000 characters becomes the wildcard of its directory', () => {
    const addPrefix = `${'é'.repeat(300)}/${'x'.repeat(1000)}/`;
    expect(invalidationPath('a/b', { stripPrefix: '', addPrefix })).toHaveLength(1 + 1800 + 1 + 1000 + 1 + 3);
    expect(invalidationPath(`a/${'é'.repeat(500)}`, { stripPrefix: '', addPrefix })).toBe(
      `/${'%C3%A9'.repeat(300)}/${'x'.repeat(1000)}/a/*`,
    );
    expect(invalidationPath('a', { stripPrefix: '', addPrefix: 'x'.repeat(5000) })).toBe('/*');
  });

  test('an index page is its directory too', () => {
    expect(pathsOf(['index.html', 'a/index.html', 'a/b.html', 'my-index.html'], plain)).toEqual([
      '/index.html',
      '/',
      '/a/index.html',
      '/a/',
      '/a/b.html',
      '/my-index.html',
    ]);
    expect(pathsOf(['p/index.html', 'q/x'], { stripPrefix: 'p/', addPrefix: '' })).toEqual([
      '/index.html',
      '/',
    ]);
  });
});

describe('grouping', () => {
  const rows: readonly (readonly [string, readonly string[], number, readonly string[]])[] = [
    ['they fit', ['/b', '/a'], 2, ['/a', '/b']],
    ['one directory', ['/a/1', '/a/2', '/a/3'], 2, ['/a/*']],
    ['the widest wildcard is broken up first', ['/a/1', '/a/2', '/b/1', '/b/2'], 2, ['/a/*', '/b/*']],
    ['no more than fits', ['/a/1', '/a/2', '/b/1', '/b/2'], 3, ['/a/1', '/a/2', '/b/*']],
    ['two pages', ['/', '/index.html', '/x/', '/x/index.html'], 3, ['/', '/index.html', '/x/*']],
    ['the names in one directory are too many', ['/a', '/b', '/c/d'], 2, ['/*']],
    ['a directory deep down', ['/a/b/c/1', '/a/b/c/2', '/a/b/d'], 1, ['/a/b/*']],
    ['a name that another begins with', ['/a/b', '/a/b/c', '/a/b-1'], 2, ['/a/*']],
    ['everything absorbs all', ['/a', '/*', '/b/c'], 3, ['/*']],
    ['a wildcard absorbs what it covers', ['/a/', '/a/!', '/a/b/*', '/a/*', '/b'], 9, ['/a/*', '/b']],
    ['a wildcard of names', ['/a/b*', '/a/bc', '/a/c'], 9, ['/a/b*', '/a/c']],
    ['nothing', [], 3, []],
  ];
  test.each(rows)('%s: %j, at most %d', (_, paths, max, grouped) => {
    expect(groupPaths(paths, max)).toEqual(grouped);
  });

  test('CloudFront takes 15 wildcards: never more, however many paths may be sent', () => {
    const pairs = Array.from({ length: 600 }, (_, i) => [`/${i % 20}/${i}/a`, `/${i % 20}/${i}/b`]).flat();
    const grouped = groupPaths(pairs, 1000);
    expect(grouped.filter((path) => path.endsWith('*')).length).toBeLessThanOrEqual(15);
    expect(groupPaths(pairs, 1200)).toHaveLength(1200);
  });

  const segment = fc.constantFrom(
    'a',
    'b',
    'c',
    'é',
    'a b',
    'a-',
    'a!',
    'index.html',
    '',
    'b*',
    '%',
    '?',
    'a~b',
    "l'a",
  );
  const key = fc.array(segment, { minLength: 1, maxLength: 5 }).map((segments) => segments.join('/'));

  test('what stands for a path is found among many as among few', () => {
    const paths = ['/a/*', '/b', '/c*', '/d/e/*', '/'];
    const isCovered = coverOf(paths);
    for (const path of [
      '/',
      '/a',
      '/a/',
      '/a/x',
      '/a/*',
      '/b',
      '/b*',
      '/bc',
      '/c',
      '/cd',
      '/d/*',
      '/d/e/f',
      '/e',
    ])
      expect([path, isCovered(path)]).toEqual([path, paths.some((one) => covers(one, path))]);
  });

  test('covers every path, within the limit, with what CloudFront takes; exactly when they fit; again the same', () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 60 }), fc.integer({ min: 1, max: 30 }), (keys, max) => {
        const paths = pathsOf(keys, plain);
        const grouped = groupPaths(paths, max);
        expect(grouped.length).toBeLessThanOrEqual(max);
        expect(paths.filter((path) => !grouped.some((one) => covers(one, path)))).toEqual([]);
        expect(grouped.filter((path) => !isInvalidationPath(path))).toEqual([]);
        expect(grouped.filter((path) => path.endsWith('*')).length).toBeLessThanOrEqual(15);
        const stars = paths.filter((path) => path.endsWith('*'));
        if (stars.length === 0 && paths.length <= max) expect([...grouped].sort()).toEqual([...paths].sort());
        // None is covered by another, so nothing is paid twice.
        for (const one of grouped) expect(grouped.filter((other) => covers(other, one))).toEqual([one]);
        expect(groupPaths(grouped, max)).toEqual(grouped);
        expect(groupPaths([...paths, '/*'], max)).toEqual(['/*']);
        // What an earlier run left is grouped again with what this one adds.
        const more = groupPaths([...grouped, ...paths], max);
        expect(paths.filter((path) => !more.some((one) => covers(one, path)))).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  test('100,000 paths, flat, nested and deep: grouped in tenths of a second, quadratic would be minutes', () => {
    const flat = Array.from({ length: 100_000 }, (_, i) => `/a/${i}`);
    const nested = Array.from({ length: 100_000 }, (_, i) => `/${i % 7}/${i % 1000}/${i}/x`);
    const deep = Array.from({ length: 100_000 }, (_, i) => `/${'d/'.repeat(i % 400)}${i}`);
    expect(groupPaths(flat, 1000)).toEqual(['/a/*']);
    expect(groupPaths(nested, 7)).toHaveLength(7);
    expect(groupPaths(deep, 1000).length).toBeLessThanOrEqual(1000);
  });
});

test('what stands for a distribution and what CloudFront takes for a path', () => {
  expect(['E2EXAMPLE', 'EDFDVBD6EXAMPLE', 'E12345'].map(isDistribution)).toEqual([true, true, true]);
  expect(['e2example', 'E123', 'X2EXAMPLE', 'E2EXAMPLE\n', ''].some(isDistribution)).toBe(false);
  expect(['/', '/*', '/a%20b*'].map(isInvalidationPath)).toEqual([true, true, true]);
  const wrong = ['', 'a', '/a b', '/é', '/a*b', '/%2', '/a\n', `/${'x'.repeat(4000)}`];
  expect(wrong.filter(isInvalidationPath)).toEqual([]);
});
