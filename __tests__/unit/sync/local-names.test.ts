import { describe, expect, test } from '@jest/globals';
import { processMark } from '../../../src/disk/process-mark.js';
import { parseExcludes } from '../../../src/sync/excludes.js';
import {
  conflicts,
  isPartial,
  markOfPartial,
  nameRefusal,
  partialName,
  progressName,
  temporaryName,
  whyNoFile,
} from '../../../src/sync/local-names.js';

describe('R2: names of files that are not finished', () => {
  test('are told from all others, and are the same for the same bytes alone', () => {
    const partial = partialName('a');
    expect([isPartial(partial), isPartial(progressName(partial)), isPartial(`d/${partial}`)]).toEqual([
      true,
      true,
      true,
    ]);
    expect(partialName('a')).toBe(partial);
    expect(partialName('b')).not.toBe(partial);
    expect(progressName(partial)).toBe(partial.replace('.part', '.done'));
    for (const name of [
      'a',
      '.s3ds-x.part',
      `${partial}/a`,
      `x${partial}`,
      `${partial}x`,
      partial.toUpperCase(),
      `${partial}\n`,
      partial.replace('.part', '.0123456789ab.12.part'),
      partial.replace('.part', '.0123456789ab.12.x.part'),
    ])
      expect([name, isPartial(name), markOfPartial(name)]).toEqual([name, false, undefined]);
  });

  test('name the process that they belong to, unless a later run may go on with them', () => {
    expect(markOfPartial(partialName('a'))).toBeUndefined();
    const marked = `d/${partialName('a', '0123456789ab.12.345')}`;
    expect([isPartial(marked), markOfPartial(marked)]).toEqual([true, '0123456789ab.12.345']);
    const own = temporaryName();
    expect([isPartial(own), markOfPartial(own)]).toEqual([true, processMark()]);
    expect(temporaryName()).not.toBe(own);
  });
});

describe('R2: why a name cannot be a file', () => {
  const PARTIAL = partialName('x');
  test.each([
    ['a\0', 'has a NUL'],
    ['/a', 'is an absolute path'],
    ['', 'has an empty directory name'],
    ['a//b', 'has an empty directory name'],
    ['a/', 'ends at a slash and is not empty'],
    ['.', 'has . as a directory name'],
    ['a/./b', 'has . as a directory name'],
    ['..', 'has .. as a directory name'],
    ['../a', 'has .. as a directory name'],
    ['a/..', 'has .. as a directory name'],
    ['x'.repeat(256), 'has a part of 256 bytes'],
    [`a/${'é'.repeat(128)}/b`, 'has a part of 256 bytes'],
    [PARTIAL, 'is a name that unfinished downloads have'],
    [`a/${progressName(PARTIAL)}`, 'is a name that unfinished downloads have'],
  ])('%j, on every system', (name, why) => {
    for (const platform of ['linux', 'darwin', 'win32'] as const)
      expect(whyNoFile(name, '/t', platform)).toContain(why);
  });

  test.each([
    'a',
    '...',
    '..a',
    'a..',
    '.a',
    '-rf',
    'x'.repeat(255),
    'a/b/c',
    '%2e%2e/x',
    '\u2024\u2024/x',
    '~',
  ])('%j is one on Linux', (name) => {
    expect(whyNoFile(name, '/t', 'linux')).toBeUndefined();
  });

  test.each([
    ['C:', 'a character'],
    ['C:x', 'a character'],
    ['a:stream', 'a character'],
    ['a\\b', 'a character'],
    ['..\\x', 'a character'],
    ['a\n', 'a character'],
    ['a?', 'a character'],
    ['a.', 'a dot or a blank'],
    ['a /b', 'a dot or a blank'],
    ['...', 'a dot or a blank'],
    ['CON', 'a device'],
    ['nul.txt', 'a device'],
    ['a/com1', 'a device'],
    ['COM¹.x', 'a device'],
    ['conin$', 'a device'],
  ])('%j is none on Windows alone', (name, why) => {
    expect(whyNoFile(name, 'C:\\t', 'win32')).toContain(why.slice(2));
    expect(whyNoFile(name, '/t', 'linux')).toBeUndefined();
  });

  test.each(['console', 'com10', 'nulx', 'a.con', 'aux-1'])('%j is one on Windows', (name) => {
    expect(whyNoFile(name, 'C:\\t', 'win32')).toBeUndefined();
  });

  test('paths that no call takes', () => {
    const name = `${`${'d'.repeat(200)}/`.repeat(5)}x`;
    expect(whyNoFile(name, '/t', 'linux')).toBeUndefined();
    expect(whyNoFile(name, `/${'t'.repeat(3_100)}`, 'linux')).toContain('4095 is most');
    expect(whyNoFile(name, `/${'t'.repeat(30)}`, 'darwin')).toContain('1023 is most');
  });
});

describe('names that cannot stand side by side', () => {
  const none = { case: false, normalisation: false };
  const clauses = (names: readonly string[], folding: Parameters<typeof conflicts>[1]): readonly string[] =>
    conflicts(names, folding).map(({ code, clause }) => `${code}: ${clause}`);

  test('a file where another needs a directory', () => {
    expect(clauses(['a', 'a/b', 'a/b/c', 'ab', 'a.b/c'], none)).toEqual([
      "in-the-way: 'a/b' lies below 'a', which is a file too",
      "in-the-way: 'a/b/c' lies below 'a', which is a file too",
    ]);
    expect(clauses(['A', 'a/b', 'e\u0301', '\u00e9'], none)).toEqual([]);
  });

  test('R10: one name on a file system that folds case, of files and of directories', () => {
    const folding = { case: true, normalisation: false };
    expect(clauses(['Readme', 'readme'], folding)).toEqual([
      "key-collision: 'readme' and 'Readme' are one name on this file system",
    ]);
    expect(clauses(['A/x', 'a/y'], folding)).toHaveLength(1);
    expect(clauses(['A', 'a/y'], folding)).toHaveLength(1);
    expect(clauses(['a/x', 'a/y', 'b/x'], folding)).toEqual([]);
    expect(clauses(['\u00c9', '\u00e9'], folding)).toHaveLength(1);
    expect(clauses(['e\u0301', '\u00e9'], folding)).toEqual([]);
  });

  test('R10: one name with what is there already, whether that is wanted or not', () => {
    const met = ['README', 'Dir/other', 'same', 'dir2/a'];
    const of = (names: readonly string[], folded: boolean): readonly string[] =>
      conflicts(names, { case: folded, normalisation: false }, met).map(({ clause }) => clause);
    const names = ['readme', 'dir/a', 'dir/b', 'same', 'dir2/b', 'new'];
    expect(of(names, false)).toEqual([]);
    expect(of(names, true)).toEqual([
      "'readme' is one name with 'README', which is there, on this file system",
      "'dir' is one name with 'Dir', which is there, on this file system",
    ]);
    expect(of(['README', 'Dir/new'], true)).toEqual([]);
  });

  test('R10: one name on a file system that normalises', () => {
    const folding = { case: false, normalisation: true };
    expect(clauses(['e\u0301', '\u00e9'], folding)).toHaveLength(1);
    expect(clauses(['e\u0301/a', '\u00e9/b'], folding)).toHaveLength(1);
    expect(clauses(['A', 'a'], folding)).toEqual([]);
    expect(clauses(['E\u0301', '\u00e9'], { case: true, normalisation: true })).toHaveLength(1);
  });

  test('a name that begins with a slash is excluded by a line with one more', () => {
    const problem = { code: 'unsafe-name' as const, name: '/lead', clause: "'/lead' is an absolute path" };
    const [, line = ''] = /one slash more, as '([^']+)'\)/.exec(nameRefusal([problem])?.message ?? '') ?? [];
    expect(line).toBe('//lead');
    expect(parseExcludes([line])?.('/lead', false)).toBe(true);
    expect(nameRefusal([{ ...problem, name: 'a//b' }])?.message).toContain('; exclude them, or move');
  });

  test('all in one line, sorted, and no more than a few by name', () => {
    expect(nameRefusal([])).toBeUndefined();
    const problems = Array.from({ length: 50 }, (_, i) => ({
      code: 'unsafe-name' as const,
      name: `${50 - i}`,
      clause: `${50 - i} is odd`,
    }));
    const refusal = nameRefusal(problems);
    expect(refusal).toMatchObject({ code: 'unsafe-name', exit: 4 });
    expect(refusal?.message).toMatch(/^50 objects cannot be files there: 1 is odd, 10 is odd/);
    expect(refusal?.message.length).toBeLessThan(600);
  });
});
