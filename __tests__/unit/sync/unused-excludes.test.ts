import { describe, expect, test } from '@jest/globals';
import { parseExcludes } from '../../../src/sync/excludes.js';
import { tellUnused, type UnusedContext, unusedExcludes } from '../../../src/sync/unused-excludes.js';

const CONTEXT: UnusedContext = {
  places: ['/home/runner/dist/public', 'site/v1/', 's3://b/site/v1/'],
  hasDirectory: (name) => name === 'v1',
  deletes: false,
};

const kept = (what: string): string =>
  `excludes: nothing is kept back by ${what}: no file and no listed key matches, or another line matches too; a pattern is compared with the path below the root, which is the key below the prefix`;

describe('lines that keep nothing back', () => {
  test('are those that no path was excluded by; comments, `!` lines and what is built in are none', () => {
    const lines = [
      '# a',
      '!b',
      ' ',
      '.git',
      '/.git/**',
      '.s3-dedup-sync/',
      '*.map',
      'dir/',
      'x/y',
      'x/y',
      '*.z',
    ];
    const used = new Set<string>();
    const excludes = parseExcludes(lines, used);
    expect(unusedExcludes(lines, used)).toEqual(['*.map', 'dir/', 'x/y', '*.z']);
    expect(excludes?.('deep/a.map', false)).toBe(true);
    expect(excludes?.('dir', true)).toBe(true);
    // A file is no directory, and `b` would be kept by another line.
    expect(excludes?.('x', true)).toBe(false);
    expect(excludes?.('b', false)).toBe(false);
    expect(unusedExcludes(lines, used)).toEqual(['x/y', '*.z']);
    expect(excludes?.('x/y/below', false)).toBe(true);
    expect(unusedExcludes(lines, used)).toEqual(['*.z']);
  });

  test('a name or a wildcard is told in a notice, whatever is deleted', () => {
    for (const deletes of [false, true]) {
      const told = tellUnused('excludes', ['.DS_Store', '**/*.map', 'node_modules/'], {
        ...CONTEXT,
        deletes,
      });
      expect(told).toEqual({ notice: kept('".DS_Store", "**/*.map", "node_modules/"') });
    }
  });

  test('a path is told in a notice, and in a warning where something is deleted', () => {
    const lines = ['api/v2/**', '/pr'];
    expect(tellUnused('excludes', lines, CONTEXT)).toEqual({ notice: kept('"api/v2/**", "/pr"') });
    expect(tellUnused('excludes', lines, { ...CONTEXT, deletes: true })).toEqual({
      warning: kept('"api/v2/**", "/pr"'),
    });
  });

  test.each([
    ['./private', '"/private"'],
    ['public/api/**', '"/api/**"'],
    ['/public/api', '"/api"'],
    ['dist/public/api', '"/api"'],
    ['./dist/public/api/', '"/api/"'],
    ['site/v1/api/**', '"/api/**"'],
    ['private/ # secret', '"private/"'],
    ['"private/**"', '"private/**"'],
    ["'./private/**' # secret", '"/private/**"'],
    ['  private', '"private"'],
    ['private,assets', '"private", "assets"'],
    ['*.{map,ts}', '"*.map", "*.ts"'],
    ['public/{a,b}/**', '"/a/**", "/b/**"'],
    ['s3://b/site/v1/api/', '"/api/"'],
    ['b/site/v1/api/', '"/api/"'],
  ])('%s can only be a slip: a warning says what to write', (line, advice) => {
    expect(tellUnused('excludes', [line], CONTEXT)).toEqual({
      warning: kept(`${JSON.stringify(line)} (write ${advice})`),
    });
  });

  test.each([
    'v1/api/**',
    'public',
    'public/',
    'private/ ',
    '#1',
    'C#/x',
    '/x',
    'a{b}c',
    '{a,b}/{c,d}',
    '[a,b]*',
    'x[ #]y',
    's3://c/x',
  ])('%s may be meant as it is', (line) => {
    expect(tellUnused('excludes', [line], CONTEXT)).toEqual({ notice: kept(JSON.stringify(line)) });
  });

  test('a long list and a long line take one line', () => {
    const told = tellUnused(
      'excludes',
      [...Array.from({ length: 9 }, (_, i) => `*.${i}`), `./${'x'.repeat(200)}`],
      CONTEXT,
    );
    expect(told.notice).toBe(kept('"*.0", "*.1", "*.2", "*.3", "*.4" and 4 more'));
    expect(told.warning).toContain(`"./${'x'.repeat(78)}…" (write "/${'x'.repeat(79)}…")`);
    expect(tellUnused('excludes', [], CONTEXT)).toEqual({});
  });
});
