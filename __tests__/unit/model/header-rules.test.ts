import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { applyHeaderRules, expiryOf, parseHeaderRules } from '../../../src/model/header-rules.js';

function headersOf(text: string, ...paths: readonly string[]): Record<string, string | undefined> {
  const { rules, problems } = parseHeaderRules(text, 'inline');
  expect(problems).toEqual([]);
  return Object.fromEntries(applyHeaderRules(rules, paths).headers);
}

describe('rules in the syntax of _headers files', () => {
  it('reads what Netlify and Cloudflare document', () => {
    const text = `\ufeff# a comment
/secure/page
  X-Amz-Meta-A: DENY

/static/*
\tX-Amz-Meta-A: *
  Cache-Control: public\r
`;
    expect(headersOf(text, '/secure/page')).toEqual({ 'x-amz-meta-a': 'DENY' });
    expect(headersOf(text, '/static/a/b.css')).toEqual({ 'x-amz-meta-a': '*', 'cache-control': 'public' });
    expect(headersOf(text, '/secure/page2')).toEqual({});
    expect(headersOf(text, '/a/static/b')).toEqual({});
  });

  it('joins the values of several lines and rules with a comma, in the order of the file', () => {
    const text = `/*
  Cache-Control: public
  Cache-Control: max-age=60
  X-Amz-Meta-Tag: one
/a/*
  Cache-Control: must-revalidate
  x-amz-meta-tag: two`;
    expect(headersOf(text, '/a/b')).toEqual({
      'cache-control': 'public, max-age=60, must-revalidate',
      'x-amz-meta-tag': 'one, two',
    });
  });

  it('takes the last value of a header that has one alone, where S3 needs another answer than a comma', () => {
    const text = `/*
  Content-Type: text/plain
  Content-Disposition: inline
  Expires: Thu, 01 Dec 2033 16:00:00 GMT
  x-amz-storage-class: STANDARD_IA
  x-amz-acl: private
  x-amz-tagging: a=b
  Content-Encoding: gzip
/a
  Content-Type: text/html
  Content-Disposition: attachment
  Expires: Fri, 02 Dec 2033 16:00:00 GMT
  x-amz-storage-class: STANDARD
  x-amz-acl: public-read
  x-amz-tagging: c=d&e=f
  Content-Encoding: br`;
    expect(headersOf(text, '/a')).toEqual({
      'content-type': 'text/html',
      'content-disposition': 'attachment',
      expires: 'Fri, 02 Dec 2033 16:00:00 GMT',
      'x-amz-storage-class': 'STANDARD',
      'x-amz-acl': 'public-read',
      'x-amz-tagging': 'c=d&e=f',
      'content-encoding': 'br',
    });
  });

  it('detaches what earlier rules gave, and takes up again what later ones give', () => {
    const text = `/*
  Cache-Control: public, max-age=60
/*.jpg
  ! Cache-Control
/new/*
  Cache-Control: no-cache
  !Cache-Control`;
    expect(headersOf(text, '/a.jpg')).toEqual({ 'cache-control': undefined });
    expect(headersOf(text, '/new/a.jpg')).toEqual({ 'cache-control': 'no-cache' });
    expect(headersOf(text, '/a.png')).toEqual({ 'cache-control': 'public, max-age=60' });
  });

  it.each([
    ['/*', ['/', '/a', '/a/b.c']],
    ['/*.css', ['/a.css', '/a/b.css']],
    ['/**/*.css', ['/a/b.css']],
    ['/a/*/c', ['/a/b/c', '/a/b/b/c']],
    ['/movies/:title', ['/movies/up']],
    ['/my%20file', ['/my file']],
    ['/a.b+c(d)[e]', ['/a.b+c(d)[e]']],
    ['/a\\:b', ['/a:b']],
  ])('%s matches', (pattern, paths) => {
    for (const path of paths) expect(headersOf(`${pattern}\n x-amz-meta-m: y`, path)).not.toEqual({});
    for (const path of ['/A.CSS', '/movies/up/2', '/movies/', '/axb+c(d)[e]', '/x.cssx']) {
      if (pattern !== '/*') expect(headersOf(`${pattern}\n x-amz-meta-m: y`, path)).toEqual({});
    }
  });

  it('lets no name choose tags: what ends a value is encoded there', () => {
    const text = '/*\n  x-amz-tagging: path=:splat&team=web';
    expect(headersOf(text, '/a&public=true+b.txt')).toEqual({
      'x-amz-tagging': 'path=a%26public%3Dtrue%2Bb.txt&team=web',
    });
  });

  it('puts placeholders into values, and never a character that would end the header', () => {
    const text = '/movies/:title/*\n  x-amz-meta-movie: ":title" (:splat) :other';
    expect(headersOf(text, '/movies/inception/a/b')).toEqual({
      'x-amz-meta-movie': '"inception" (a/b) :other',
    });
    expect(headersOf(text, '/movies/a\r\nx: y/é')).toEqual({
      'x-amz-meta-movie': '"a%0D%0Ax:%20y" (%C3%A9) :other',
    });
  });

  it('counts a line once for all paths that an object is found under', () => {
    expect(headersOf('/*\n Cache-Control: public', '/docs/index.html', '/docs/', '/docs')).toEqual({
      'cache-control': 'public',
    });
    expect(headersOf('/docs/\n Cache-Control: public', '/docs/index.html', '/docs/')).toEqual({
      'cache-control': 'public',
    });
  });

  it.each([
    ['Cache-Control: public', 1, 'stands before the first path'],
    ['/a\n  no colon', 2, 'no path'],
    ['assets/*\n  Cache-Control: a', 1, 'no path'],
    ['/a\n  : value', 2, 'no path'],
    ['/a\n  Cache-Control:', 2, 'no value'],
    ['/a\n  x-amz-meta-: x', 2, 'no name'],
    ['/a\n  Content-Disposition: attachment; filename="é"', 2, "filename*=UTF-8''"],
    ['/a\n  Content-Type: html', 2, 'text/html'],
    ['/a\n  Expires: soon', 2, 'a date'],
    ['/a\n  Expires: Thu, 01 Dec 2033 16:00:00', 2, 'GMT'],
    ['/a\n  Expires: 01-12-2033', 2, 'GMT'],
    ['/a\n  x-amz-storage-class: COLD', 2, 'STANDARD_IA'],
    ['/a\n  x-amz-acl: everybody', 2, 'public-read'],
    ['/a\n  x-amz-tagging: loose', 2, 'tags'],
    ['/a\n  x-amz-tagging: =web', 2, 'tags'],
    [`/a\n  x-amz-tagging: ${Array.from({ length: 11 }, (_, i) => `t${i}=x`).join('&')}`, 2, 'up to 10 tags'],
    ['/a\n  Cache-Control: é', 2, 'printable ASCII'],
    ['/a\n  Content-Encoding: gzip;q=1', 2, 'an encoding as gzip or br'],
    ['/a\n  x-amz-website-redirect-location: elsewhere', 2, 'begins with /'],
    ['/a\n  x-amz-website-redirect-location: http:///x', 2, 'begins with /'],
    [`/a\n  x-amz-website-redirect-location: /${'x'.repeat(2048)}`, 2, 'begins with /'],
    [
      `/${'a'.repeat(3072)}\n  Cache-Control: a`,
      1,
      `"/${'a'.repeat(78)}…" has 3073 characters; allowed: 3072`,
    ],
    ['/a\n  x-amz-meta-s3cmd-attrs: md5:0', 2, 'is ours'],
    ['/a\n  x-amz-meta-md5chksum: AA==', 2, 'is ours'],
    ['/a\n  x-amz-meta-s3ds-from: a', 2, 'is ours'],
    ['/a\n  x-amz-meta-s3ds-page: a', 2, 'is ours'],
    ['/a\n  x-amz-meta-s3ds-source: a', 2, 'is ours'],
    ['/*/*/*\n  Cache-Control: a', 1, '3 *'],
    ['/x/:a:b:c\n  Cache-Control: a', 1, '":a:b:c" has more than one'],
    ['/x/*:a\n  Cache-Control: a', 1, 'more than one'],
    ['/:a/:a\n  Cache-Control: a', 1, 'twice'],
    [`/a\n  x-amz-meta-a: ${'x'.repeat(2000)}`, 2, 'bytes'],
  ])('names the line of %j', (text, line, says) => {
    const { problems } = parseHeaderRules(text, 'inline');
    expect(problems).toEqual([{ line, message: expect.stringContaining(says) }]);
  });

  it.each([
    ['/a', 'Content-Type: text/html'],
    ['/a', 'Content-Type: text/html; charset=utf-8'],
    ['/a', 'Content-Type: text/html  ;charset=utf-8'],
    ['/a', 'Content-Encoding: gzip'],
    ['/a', 'Content-Encoding: gzip, br'],
    ['/a', 'Content-Encoding: gzip ,br,  x-own'],
    ['/a', `x-amz-tagging: ${Array.from({ length: 10 }, (_, i) => `t${i}=x`).join('&')}`],
    ['/a', 'x-amz-website-redirect-location: http://a.example/'],
    ['/a', 'x-amz-website-redirect-location: https://a.example/'],
    ['/a', `x-amz-website-redirect-location: /${'x'.repeat(2047)}`],
    [`/${'a'.repeat(3071)}`, 'Cache-Control: a'],
  ])('takes a path and a header of S3 to the last of what it allows (%#)', (pattern, header) => {
    expect(parseHeaderRules(`${pattern}\n  ${header}`, 'inline').problems).toEqual([]);
  });

  it.each([
    'Content-Type: (text/html',
    'Content-Type: text/html charset=utf-8',
    'Content-Encoding: gzip br',
    'Content-Encoding: gzip,;',
    'x-amz-tagging: a=b&=c',
    'x-amz-website-redirect-location: /a b',
  ])('refuses %j', (header) => {
    expect(parseHeaderRules(`/a\n  ${header}`, 'inline').problems).toHaveLength(1);
  });

  it.each([
    'x-amz-acl: public-read',
    'x-amz-tagging: a=b',
    'x-amz-storage-class: STANDARD',
    'x-amz-website-redirect-location: /x',
    '! x-amz-acl',
  ])('lets no file set %s: pull requests write it', (header) => {
    expect(parseHeaderRules(`/*\n  ${header}`, 'inline').problems).toEqual([]);
    expect(parseHeaderRules(`/*\n  ${header}`, 'file').problems).toEqual([
      { line: 2, message: expect.stringContaining('may be set by the input headers alone') },
    ]);
  });

  it('says what belongs to the server, and uses the rest', () => {
    const { rules, elsewhere, problems } = parseHeaderRules(
      '/*\n  Content-Security-Policy: default-src: x\n  Cache-Control: public\nhttps://a.example/*\n  Cache-Control: no-store\n! \n',
      'file',
    );
    expect(problems.map(({ line }) => line)).toEqual([6]);
    expect(elsewhere).toEqual([
      { line: 2, name: 'Content-Security-Policy' },
      { line: 4, name: 'https://a.example/*' },
    ]);
    expect(Object.fromEntries(applyHeaderRules(rules, ['/a']).headers)).toEqual({
      'cache-control': 'public',
    });
  });

  it('joins lists, of which every line gives some, and takes the last of what is one', () => {
    const text =
      '/*\n Content-Language: de\n Content-Disposition: inline\n/a\n Content-Language: en\n Content-Disposition: attachment';
    expect(headersOf(text, '/a')).toEqual({
      'content-language': 'de, en',
      'content-disposition': 'attachment',
    });
  });

  it.each([
    ['public, max-age=0', 'max-age=31536000, immutable', true],
    ['no-cache', 'public, max-age=60', true],
    ['no-store', 'immutable', true],
    ['public', 'private', true],
    ['max-age=60', 'max-age=90', true],
    ['max-age=60', 'max-age=60', false],
    ['no-cache', 'max-age=0', false],
    ['public', 'public, max-age=60', false],
    ['public, max-age=60', 'must-revalidate', false],
  ])('%s and %s contradict: %s', (a, b, contradict) => {
    const { rules } = parseHeaderRules(`/*\n Cache-Control: ${a}\n/x\n Cache-Control: ${b}`, 'file');
    expect(applyHeaderRules(rules, ['/x']).contradiction).toEqual(
      contradict
        ? {
            lines: [
              { author: 'file', line: 2 },
              { author: 'file', line: 4 },
            ],
            value: `${a}, ${b}`,
          }
        : undefined,
    );
  });

  it('an Expires is one moment on every machine; 0 and -1 are long ago', () => {
    const given = [
      'Thu, 01 Dec 2033 17:00:00 +0100',
      '2033-12-01T17:00:00.000+01:00',
      '2033-12-01T16:00:00Z',
      '0',
      '-1',
    ];
    const then = 'Thu, 01 Dec 2033 16:00:00 GMT';
    const ago = 'Thu, 01 Jan 1970 00:00:00 GMT';
    expect(given.map(expiryOf)).toEqual([then, then, then, ago, ago]);
    expect(['01-12-2033', '2033-12-01', '2033-12-01T16:00:00', '1 Dec 2033'].map(expiryOf)).toEqual(
      Array(4).fill(undefined),
    );
  });

  it('no pattern hangs on a name that nearly matches', () => {
    const key = `/${'a'.repeat(1000)}`;
    const { rules } = parseHeaderRules(
      '/*a*b\n Cache-Control: x\n/a*a*a!\n Cache-Control: y\n/*/:x\n Cache-Control: z',
      'file',
    );
    for (let i = 0; i < 20; i++) expect(applyHeaderRules(rules, [key]).headers.size).toBe(0);
  });

  it('leaves metadata the room that S3 has for it, to the byte', () => {
    const problems = (value: number): readonly unknown[] =>
      parseHeaderRules(
        `/*\n  Cache-Control: ${'x'.repeat(900)}\n  x-amz-meta-ab: ${'x'.repeat(900)}\n  x-amz-meta-c: ${'x'.repeat(value)}`,
        'inline',
      ).problems;
    expect(problems(797)).toEqual([]);
    expect(problems(798)).toEqual([
      { line: 2, message: 'the x-amz-meta-* headers have 1701 bytes, S3 leaves room for 1700' },
    ]);
  });

  it('of a host there and back, and with the mark of its bytes before it, the paths are taken', () => {
    const { rules, elsewhere, problems } = parseHeaderRules(
      '\ufeff/a\n  Cache-Control: public\nhttp://a.example/a\n  Cache-Control: no-store\n/a\n  Expires: 0',
      'file',
    );
    expect({ elsewhere, problems }).toMatchObject({
      elsewhere: [{ line: 3, name: 'http://a.example/a' }],
      problems: [],
    });
    expect(Object.fromEntries(applyHeaderRules(rules, ['/a']).headers)).toMatchObject({
      'cache-control': 'public',
    });
  });

  it('takes any text', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '/*',
        '/:a/*',
        '  Cache-Control: x',
        '! a',
        ':',
        '/\\',
        '/(',
        '/%',
        '/:splat',
        '/[',
        '/?',
      ),
    );
    fc.assert(
      fc.property(fc.array(line), fc.string({ unit: 'binary' }), (lines, path) => {
        const { rules } = parseHeaderRules(lines.join('\n'), 'file');
        applyHeaderRules(rules, [`/${path}`]);
      }),
    );
  });
});
