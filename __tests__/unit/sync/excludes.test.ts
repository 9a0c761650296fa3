import { expect, test } from '@jest/globals';
import { parseExcludes } from '../../../src/sync/excludes.js';

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
