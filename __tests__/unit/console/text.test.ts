import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { markdownCode, markdownText, oneLine, printable, shorten } from '../../../src/console/text.js';

/** What runners take for a command: GitHub's trims blanks before `::`, and all look for `##[` or `##vso[` anywhere. */
function isCommand(line: string): boolean {
  return line.trimStart().startsWith('::') || /##\w*\[/.test(line);
}

describe('names in a log (R9)', () => {
  test.each([
    ['index.html', 'index.html'],
    ['a b/ü/漢字/😀.txt', 'a b/ü/漢字/😀.txt'],
    ['it\'s "here"', 'it\'s "here"'],
    ['', '""'],
    ['a\nb', '"a\\nb"'],
    ['a\r\tb', '"a\\r\\tb"'],
    ['\u001b[31mred', '"\\x1b[31mred"'],
    ['::set-output name=x::y', '"::set-output name=x::y"'],
    [' ::warning::x', '" ::warning::x"'],
    ['##[error]x', '"#\\x23[error]x"'],
    ['a##vso[task.setvariable variable=x]y', '"a#\\x23vso[task.setvariable variable=x]y"'],
    ['##teamcity[buildStop]', '"#\\x23teamcity[buildStop]"'],
    ['a##b', 'a##b'],
    ['end ', '"end "'],
    ['"quoted"', '"\\"quoted\\""'],
    ['evil\u202egnp.exe', '"evil\\u202egnp.exe"'],
    ['lone\ud800', '"lone\\ud800"'],
    ['back\\slash', 'back\\slash'],
    ['back\\slash\n', '"back\\\\slash\\n"'],
  ])('%j is shown as %s', (name, shown) => expect(printable(name)).toBe(shown));

  test('whatever the name is, no line becomes a command', () => {
    const nasty = fc.array(
      fc.constantFrom(
        '::',
        '##[',
        '##vso[',
        '\n',
        '\r',
        '\u2028',
        ' ',
        '\t',
        'a',
        '"',
        '\\',
        '\u001b',
        '#',
        '[',
        ':',
      ),
    );
    fc.assert(
      fc.property(nasty, (parts) => {
        const name = parts.join('');
        for (const line of [
          printable(name),
          `  ${printable(name)} (1 B)`,
          oneLine(name),
          oneLine(`  ${name}`),
        ]) {
          expect(line.split(/[\r\n\u2028]/)).toHaveLength(1);
          expect(isCommand(line)).toBe(false);
        }
      }),
    );
  });

  test('printable names are told apart', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        fc.pre(a !== b);
        expect(printable(a)).not.toBe(printable(b));
      }),
    );
  });
});

describe('sentences', () => {
  test('become one line', () => {
    expect(oneLine('first \n  second\r\nthird\tend')).toBe('first second third end');
    expect(oneLine('::error::x')).toBe('\\x3a:error::x');
    expect(oneLine('a ::b:: c')).toBe('a ::b:: c');
  });

  test('are shortened in the middle, never inside a character', () => {
    expect(shorten('abcdefghij', 10)).toBe('abcdefghij');
    expect(shorten('abcdefghijk', 10)).toBe('abcde…hijk');
    expect(shorten('😀😀😀😀😀😀', 6).isWellFormed()).toBe(true);
  });
});

describe('Markdown', () => {
  test.each([
    ['a|b', '<code>a&#124;b</code>'],
    ['a\\|b', '<code>a&#92;&#124;b</code>'],
    ['`x`', '<code>&#96;x&#96;</code>'],
    ['<img src=x>', '<code>&#60;img src=x&#62;</code>'],
    ['@octocat #1 :smile:', '<code>&#64;octocat &#35;1 &#58;smile:</code>'],
    [
      '**bold** _it_ [l](x) ![i](y)',
      '<code>&#42;&#42;bold&#42;&#42; &#95;it&#95; &#91;l&#93;(x) &#33;&#91;i&#93;(y)</code>',
    ],
    ['www.example.com', '<code>&#119;ww.example.com</code>'],
    ['a\nb', '<code>&#34;a&#92;nb&#34;</code>'],
    ['grüße/漢字.html', '<code>grüße/漢字.html</code>'],
  ])('%j is %s', (name, markdown) => expect(markdownCode(name)).toBe(markdown));

  test('a sentence cannot begin a list, a heading or a quote', () => {
    for (const text of ['- x', '1. x', '# x', '> x', '+ x', '=== x', '1) x', '* x', '| x']) {
      expect(markdownText(text)).toMatch(/^&#/);
    }
  });

  test('only letters, digits and harmless punctuation are left as they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(markdownText(text).replace(/&#\d+;/g, '')).not.toMatch(/[<>&|`*_[\]!#@~\\"'${}^\n\r]/);
      }),
    );
  });
});
