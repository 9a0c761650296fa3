import { homedir } from 'node:os';
import { create } from '@actions/glob';
import { describe, expect, jest, test } from '@jest/globals';
import { literalPath, parsePathLines } from '../../../src/action/path-lines.js';
import type { PathPattern } from '../../../src/model/options.js';

async function parse(line: string, cwd = '/w'): Promise<PathPattern> {
  const [pattern] = await parsePathLines([line], cwd);
  if (pattern === undefined) throw new Error(`no pattern in ${JSON.stringify(line)}`);
  return pattern;
}

async function refusal(line: string): Promise<unknown> {
  return parsePathLines([line], '/w').catch((error: unknown) => error);
}

describe('parsePathLines', () => {
  test.each(['s3://x/y', '!s3://x/y', 'S3://x'])('%s goes into source', async (line) => {
    expect(await refusal(line)).toMatchObject({
      code: 'usage',
      message: `the path "${line}" cannot be used: an s3:// URL is a source, which stands in place of paths`,
    });
  });

  test.each([
    // line, base, glob, search path
    ['dist', '/w', 'dist', '/w/dist'],
    ['./dist', '/w', 'dist', '/w/dist'],
    ['.', '/w', '', '/w'],
    ['dist/**', '/w', 'dist/**', '/w/dist'],
    ['dist/**/*.js', '/w', 'dist/**/*.js', '/w/dist'],
    ['dist//a', '/w', 'dist/a', '/w/dist/a'],
    ['**/*.js', '/w', '**/*.js', '/w'],
    ['/srv/www/*.html', '/', 'srv/www/*.html', '/srv/www'],
    ['/', '/', '', '/'],
    ['~', homedir(), '', homedir()],
    ['~/site/*', homedir(), 'site/*', `${homedir()}/site`],
    ['~user/site', '/w', '~user/site', '/w/~user/site'],
    ['a/[b]/c*', '/w', 'a/[b]/c*', '/w/a/b'],
    [String.raw`a/\*/b?`, '/w', String.raw`a/\*/b?`, '/w/a/*'],
    ['a/{b,c}/d', '/w', 'a/{b,c}/d', '/w/a/{b,c}/d'],
  ])('%s starts from %s', async (line, base, glob, searchPath) => {
    expect(await parse(line)).toEqual({
      text: line,
      base,
      glob,
      searchPath,
      directoriesOnly: line === '/',
      negate: false,
    });
  });

  test('the search path is the one that @actions/glob gives', async () => {
    for (const line of [
      'a/b',
      'a/*',
      './a/[b]c/[d-f]/x',
      '[*]/x',
      '[',
      'a[]b/*',
      '~/x/?',
      '/y z/*',
      '[!]/b',
    ]) {
      const globber = await create(line);
      expect([line, (await parse(line, process.cwd())).searchPath]).toEqual([
        line,
        globber.getSearchPaths()[0],
      ]);
    }
  });

  test('blanks, carriage returns, comments and empty lines do not count', async () => {
    const patterns = await parsePathLines(['', '  ', '# all of it', '  dist/a b  ', 'docs\r', '\r'], '/w');
    expect(patterns.map(({ text, searchPath }) => [text, searchPath])).toEqual([
      ['dist/a b', '/w/dist/a b'],
      ['docs', '/w/docs'],
    ]);
  });

  test('a `!` negates, a second one takes it back', async () => {
    expect(await parse('!dist/*.map')).toMatchObject({
      negate: true,
      glob: 'dist/*.map',
      searchPath: '/w/dist',
    });
    expect(await parse('! dist')).toMatchObject({ negate: true, glob: 'dist' });
    expect(await parse('!!dist')).toMatchObject({ negate: false, glob: 'dist' });
  });

  test('a slash at the end means directories', async () => {
    expect(await parse('dist/')).toMatchObject({ directoriesOnly: true, glob: 'dist' });
    expect(await parse('dist/**/')).toMatchObject({ directoriesOnly: true, glob: 'dist/**' });
    expect(await parse('./')).toMatchObject({ directoriesOnly: true, glob: '', searchPath: '/w' });
    expect(await parse('dist')).toMatchObject({ directoriesOnly: false });
  });

  test('nothing in the current directory is a wildcard, a blank or a line break', async () => {
    for (const cwd of ['/w/a[b]*', '/w/ends with a blank ', '/w/two\nlines', '/w/{a,b}?']) {
      expect(await parse('dist/*', cwd)).toMatchObject({ base: cwd, searchPath: `${cwd}/dist` });
      expect(await parse('.', cwd)).toMatchObject({ base: cwd, searchPath: cwd });
    }
  });

  test.each([
    ['../dist', '`..`'],
    ['dist/../x', '`..`'],
    ['dist/./x', '`.`'],
    ['!', 'after the `!`'],
    ['a\nb', 'line break'],
    ['a\0b', 'NUL'],
    ['a'.repeat(70_000), 'too long'],
  ])('a bad line is a usage error that says why', async (line, why) => {
    const error = await refusal(line);
    expect(error).toMatchObject({ name: 'SyncError', code: 'usage', exit: 2 });
    expect(error).toMatchObject({ message: expect.stringContaining(why) });
    expect(error).toMatchObject({ message: expect.not.stringMatching(/[\n\0]/) });
  });

  test('nothing is printed: @actions/core would write ::debug:: lines to standard output', async () => {
    const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      await parsePathLines(['dist/**', '!dist/*.map', '~/x', '/y/?'], '/w');
      expect(write.mock.calls).toEqual([]);
    } finally {
      write.mockRestore();
    }
  });
});

describe('literalPath', () => {
  test('nothing is a wildcard, a comment or a negation', () => {
    for (const name of ['a[b]', '*', '#a', '!a', ' a ', '~']) {
      expect(literalPath(name, '/w')).toEqual({
        text: name,
        base: `/w/${name}`,
        glob: '',
        searchPath: `/w/${name}`,
        directoriesOnly: false,
        negate: false,
      });
    }
  });

  test('is resolved like any path', () => {
    expect(literalPath('../dist/', '/w/x')).toMatchObject({ searchPath: '/w/dist', directoriesOnly: true });
    expect(literalPath('.', '/w')).toMatchObject({ searchPath: '/w' });
    expect(literalPath('dist').searchPath).toBe(`${process.cwd()}/dist`);
  });

  test('an empty path is a usage error: an unset variable must not mean the current directory', () => {
    expect(() => literalPath('', '/w')).toThrow(expect.objectContaining({ code: 'usage', exit: 2 }));
  });
});
