import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import ignore from 'ignore';
import { parseExcludes } from '../../../src/sync/excludes.js';
import { SEED } from '../../support/seed.js';

const deep = (directories: number): string => `${'d/'.repeat(directories)}file`;

test('no rules exclude nothing, and are asked nothing', () => {
  expect(parseExcludes([])).toBeUndefined();
  expect(parseExcludes(['', '  '])).toBeUndefined();
});

test('a pattern with several ** is compared with paths of usual depth', () => {
  const excludes = parseExcludes(['a', '**/x/**/y/**', '!**/x/**/y/kept']);
  expect(excludes?.('a', false)).toBe(true);
  expect(excludes?.('deep/x/and/y/z', false)).toBe(true);
  expect(excludes?.('deep/x/and/z', false)).toBe(false);
});

test('what would take too long to compare is refused at once, with the pattern and what to do', () => {
  const costly = '**/a/**/b/**/c';
  const excludes = parseExcludes(['*.log', '**/one/**', costly]);
  expect(excludes?.(deep(40), false)).toBe(false);
  expect(() => excludes?.(deep(500), false)).toThrow(
    `the pattern "${costly}" has 3 **, and "${deep(500).slice(0, 40)}…" has 501 directories: that would take too long to compare; write it with fewer **`,
  );
});

test('one ** alone may meet a path of any depth', () => {
  const excludes = parseExcludes(['**/target', 'a/**']);
  expect(excludes?.(`${'d/'.repeat(2_000)}target`, false)).toBe(true);
});

test('answers stay right when those that were kept are forgotten', () => {
  const excludes = parseExcludes(['*.tmp']);
  for (let i = 0; i < 10_050; i++) {
    if (excludes?.(`${i}.tmp`, false) !== true || excludes(`${i}.txt`, false)) throw new Error(`answer ${i}`);
  }
});

test('lines that are looked up say what comparing each would', () => {
  const segment = fc.constantFrom('a', 'b', 'A', 'b c', '.x', '..', '.', 'é', 'a#', '#a', '!a', ' a', 'a ');
  const wild = fc.constantFrom('*', '**', '?', '[ab]', 'a*', '\\a');
  const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((all) => all.join('/'));
  const pattern = fc
    .array(fc.oneof({ arbitrary: segment, weight: 4 }, wild), { minLength: 1, maxLength: 3 })
    .map((all) => all.join('/'));
  const line = fc
    .tuple(fc.constantFrom('', '', '/', '//'), pattern, fc.constantFrom('', '', '/', '//', ' '))
    .map((all) => all.join(''));
  const name = fc
    .tuple(fc.constantFrom('', '', '', '/'), path, fc.constantFrom('', '', '', '/', '//a'))
    .map((all) => all.join(''));
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1, maxLength: 5 }),
      fc.array(name, { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      (lines, names, directory) => {
        fc.pre(!lines.some((one) => one.endsWith('\\')));
        const excludes = parseExcludes(lines);
        const rules = ignore({ ignorecase: false, allowRelativePaths: true }).add(lines);
        for (const one of names)
          expect([lines, one, excludes?.(one, directory) === true]).toEqual([
            lines,
            one,
            rules.test(directory ? `${one}/` : one).ignored,
          ]);
      },
    ),
    { seed: SEED, numRuns: 5_000 },
  );
});

test('the line that is told to have excluded a path is as it was given', () => {
  const used = new Set<string>();
  const excludes = parseExcludes(['dir/', '/top', 'a/b', 'name', '*.log', 'never'], used);
  for (const name of ['dir/x', 'top', 'a/b/c', 'deep/name', 'x.log'])
    expect(excludes?.(name, false)).toBe(true);
  for (const name of ['dir', 'x/top', 'x/a/b', 'names'])
    expect([name, excludes?.(name, false)]).toEqual([name, false]);
  expect([...used]).toEqual(['dir/', '/top', 'a/b', 'name', '*.log']);
});

test.each<[string, readonly string[], readonly string[], readonly string[]]>([
  ['img/*.psd of aws-cli', ['/img/**/*.psd'], ['img/a.psd', 'img/deep/b.psd'], ['a.psd', 'x/img/a.psd']],
  [
    '*/secret* of aws-cli',
    ['/*/**/secret*'],
    ['a/secret.txt', 'a/b/secret', 'a/secrets/x', 'a/b/c/secrets/x/y'],
    ['secret.txt', 'a/my-secret'],
  ],
  [
    'assets/s*/c.css of aws-cli',
    ['/assets/s*/**/c.css'],
    ['assets/s1/c.css', 'assets/s/deep/c.css'],
    ['assets/c.css'],
  ],
  ['tmp/* of aws-cli', ['/tmp/**'], ['tmp/a', 'tmp/b/c'], ['x/tmp/a']],
  ['secret.txt of aws-cli', ['/secret.txt'], ['secret.txt'], ['a/secret.txt']],
  ['tmp/** of rclone', ['**/tmp/**'], ['tmp/a', 'sub/tmp/b', 'a/b/tmp/c/d'], ['xtmp/a', 'tmp']],
  [
    'assets/*.css of rclone',
    ['**/assets/*.css'],
    ['assets/c.css', 'sub/assets/d.css'],
    ['assets/x/c.css', 'xassets/c.css', 'c.css'],
  ],
  [
    '* but for assets/* of aws-cli',
    ['*', '!*/', '!/assets/**'],
    ['a', 'x/assets/a'],
    ['assets/a', 'assets/b/c'],
  ],
])('what RECIPES.md has for %s keeps back the same', (_, lines, back, published) => {
  const excludes = parseExcludes(lines);
  for (const name of back) expect([name, excludes?.(name, false)]).toEqual([name, true]);
  for (const name of published) expect([name, excludes?.(name, false)]).toEqual([name, false]);
});
