import { describe, expect, it } from '@jest/globals';
import { parseRedirects } from '../../../src/model/redirects.js';

describe('redirects in the _redirects convention', () => {
  it('reads exact paths with a 301, or without a status', () => {
    const text = `# old pages
/old /new   # moved
/old/dir/   https://example.com/x?y=z#part 301
/ /en/ 301!
/caf%C3%A9 /coffee\r
/über /über-uns?a=%20#é
`;
    const { redirects, problems } = parseRedirects(text);
    expect(problems).toEqual([]);
    expect(redirects).toEqual([
      { name: 'old', target: '/new', line: 2 },
      { name: 'old/dir/index.html', target: 'https://example.com/x?y=z#part', line: 3 },
      { name: 'index.html', target: '/en/', line: 4 },
      { name: 'café', target: '/coffee', line: 5 },
      { name: 'über', target: '/%C3%BCber-uns?a=%20#%C3%A9', line: 6 },
    ]);
  });

  it.each([
    ['/blog/* /news/:splat', 'many paths'],
    ['/blog/:id /news', 'many paths'],
    ['/a /b 302', '301'],
    ['/a /b 200', '301'],
    ['/a /b 404', '301'],
    ['/a id=:id /b', 'query'],
    ['/a?x=y /b', 'query'],
    ['/a /b 301 Country=de', 'condition'],
    ['https://other.example/a /b', 'no host'],
    ['/a', 'where to'],
    ['/a b', 'no target'],
    ['/a ftp://x/', 'no target'],
    ['/%ff /b', 'no path'],
    ['/../up /b', 'no path'],
    ['/a/%2e%2e /b', 'no path'],
    ['/./a /b', 'no path'],
    ['//a /b', 'no path'],
    ['/a// /b', 'no path'],
    ['/a%00 /b', 'no path'],
    [`/${'a'.repeat(1100)} /b`, 'no path'],
  ])('refuses %j by its line', (line, says) => {
    expect(parseRedirects(`\n${line}\n`).problems).toEqual([
      { line: 2, message: expect.stringContaining(says) },
    ]);
  });

  it('takes a path that stands twice and leads to one place, however it is spelled', () => {
    const { redirects, problems } = parseRedirects('/über/ /naïve/\n/%C3%BCber/ /na%C3%AFve/ 301');
    expect(problems).toEqual([]);
    expect(redirects).toEqual([{ name: 'über/index.html', target: '/na%C3%AFve/', line: 1 }]);
  });

  it('refuses a path that stands twice and leads to two places', () => {
    expect(parseRedirects('/a /b\n/a /c').problems).toEqual([
      { line: 2, message: expect.stringContaining('line 1') },
    ]);
  });
});
