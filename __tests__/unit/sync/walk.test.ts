import { execFile, execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import {
  chmod,
  cp,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  realpath,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { transformFile } from '@swc/core';
import { literalPath, parsePathLines } from '../../../src/action/path-lines.js';
import { type SyncError, usageError } from '../../../src/model/errors.js';
import type { TreeOptions } from '../../../src/model/options.js';
import { progressName, temporaryName } from '../../../src/sync/local-names.js';
import { createLstat } from '../../../src/sync/lstat.js';
import { type Tree, walk } from '../../../src/sync/walk.js';
import { showName } from '../../../src/sync/walk-findings.js';
import { turnsDuring } from '../../support/turns.js';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const DEFAULTS: Omit<TreeOptions, 'patterns'> = {
  root: undefined,
  excludes: [],
  includeGit: false,
  symlinks: 'inside',
  ifNoFilesFound: 'error',
};

/** A file system in memory, where there is one: a disk takes up to 13 s for 140,000 files. */
const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
let work = '';

beforeEach(async () => {
  work = await realpath(await mkdtemp(join(memory, 'walk-')));
});

afterEach(async () => {
  // Node removes 140,000 files in 10 s, rm in 1 s.
  execFileSync('rm', ['-rf', work]);
});

/** Creates files below the test's directory; a name that ends in a slash is a directory. */
async function make(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    const path = join(work, name);
    if (name.endsWith('/')) {
      await mkdir(path, { recursive: true });
    } else {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, name);
    }
  }
}

interface Given extends Partial<TreeOptions> {
  readonly onProgress?: (files: number) => void;
  readonly signal?: AbortSignal;
}

async function walkLines(lines: readonly string[], given: Given = {}): Promise<Tree> {
  const { onProgress = () => {}, signal = new AbortController().signal, ...options } = given;
  const patterns = await parsePathLines(lines, work);
  return walk({ ...DEFAULTS, patterns, ...options }, onProgress, signal);
}

async function walkError(lines: readonly string[], given: Given = {}): Promise<SyncError> {
  const error = await walkLines(lines, given).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error as SyncError;
}

function names(tree: Tree): readonly string[] {
  return [...tree.files].map(({ name }) => name);
}

describe('keys', () => {
  beforeEach(async () => make('dist/a.js', 'dist/css/b.css', 'dist/css/deep/c.css', 'other/d.txt'));

  const inside = ['a.js', 'css/b.css', 'css/deep/c.css'];
  test.each([
    ['dist', inside],
    ['dist/', inside],
    ['dist/**', inside],
    ['./dist', inside],
    ['dist/*', inside],
    ['dist/**/*.css', ['css/b.css', 'css/deep/c.css']],
    ['dist/*.js', ['a.js']],
    ['dist/css/', ['b.css', 'deep/c.css']],
    ['dist/**/deep', ['css/deep/c.css']],
    ['dist/a.js', ['a.js']],
    ['dist/a.js/', []],
    ['dist/a.js/*', []],
    ['*/css', ['dist/css/b.css', 'dist/css/deep/c.css']],
    ['.', ['dist/a.js', 'dist/css/b.css', 'dist/css/deep/c.css', 'other/d.txt']],
  ])('%s publishes %j', async (line, expected) => {
    expect(names(await walkLines([line]))).toEqual(expected);
  });

  test('a file is what one lstat shows of it', async () => {
    await utimes(join(work, 'dist/a.js'), 1, 1.5);
    await link(join(work, 'dist/a.js'), join(work, 'hard'));
    const stats = await lstat(join(work, 'dist/a.js'), { bigint: true });
    expect([...(await walkLines(['dist/a.js'])).files]).toEqual([
      {
        name: 'a.js',
        path: join(work, 'dist/a.js'),
        real: join(work, 'dist/a.js'),
        size: 9,
        mtimeNs: 1_500_000_000n,
        ctimeNs: stats.ctimeNs,
        dev: stats.dev,
        ino: stats.ino,
        nlink: 2,
        mode: Number(stats.mode),
      },
    ]);
  });

  test('overlapping patterns publish a file once', async () => {
    const tree = await walkLines(['dist', 'dist/**/*.css', 'dist/a.js', 'dist/css/b.css'], {
      root: join(work, 'dist'),
    });
    expect(names(tree)).toEqual(inside);
    expect(tree.patternsWithoutMatch).toEqual([]);
  });

  test('are in the order of S3: by bytes of UTF-8', async () => {
    await make('o/a/b', 'o/a b', 'o/a!', 'o/Z', 'o/é', 'o/\u{10000}', 'o/\u{ffee}');
    expect(names(await walkLines(['o']))).toEqual(['Z', 'a b', 'a!', 'a/b', 'é', '\u{ffee}', '\u{10000}']);
  });

  test('a name may hold a backslash, a line break, a wildcard', async () => {
    await make('o/a\\b', 'o/c\nd', 'o/[e]*', 'o/#f', 'o/!g', 'o/ h ');
    const expected = [' h ', '!g', '#f', '[e]*', 'a\\b', 'c\nd'];
    expect(names(await walkLines(['o']))).toEqual(expected);
    expect(names(await walkLines(['o/*']))).toEqual(expected);
  });

  test('in a DIR argument nothing is a wildcard', async () => {
    await make('a[b]/x', 'ab/y', '*/z');
    for (const [dir, expected] of [
      ['a[b]', ['x']],
      ['*', ['z']],
      ['a[b]/', ['x']],
      ['a[b]/x', ['x']],
    ] as const) {
      expect(names(await walkLines([], { patterns: [literalPath(dir, work)] }))).toEqual(expected);
    }
  });

  test('patterns and excludes have case on every system', async () => {
    await make('o/a.JS', 'o/B/c.js', 'o/d.js');
    expect(names(await walkLines(['o/**/*.js', '!o/b']))).toEqual(['B/c.js', 'd.js']);
    expect(names(await walkLines(['o'], { excludes: ['*.js', 'b/'] }))).toEqual(['a.JS']);
  });

  test("our own directory is never tree; below the root it is another run's, and named", async () => {
    await make('o/.s3-dedup-sync/lock', 'o/sub/.s3-dedup-sync/x', 'o/y');
    const tree = await walkLines(['o']);
    expect(names(tree)).toEqual(['y']);
    expect(tree.warnings).toEqual([
      "not published, as other runs keep there what they remember: 'sub/.s3-dedup-sync'",
    ]);
    expect(tree.excluded('.s3-dedup-sync/index')).toBe(true);
    // Deletes of what is there refuse the run, as another destination is.
    expect(tree.excluded('sub/.s3-dedup-sync/x')).toBe(false);
    expect((await walkLines(['o'], { excludes: ['sub/.s3*'] })).warnings).toEqual([]);
  });

  test('directories that were walked are known, for their markers (D10)', async () => {
    await make('dist/empty/', 'dist/node_modules/x');
    const tree = await walkLines(['dist/**'], { root: work, excludes: ['node_modules'] });
    const known = [
      'dist',
      'dist/css',
      'dist/css/deep',
      'dist/empty',
      'dist/node_modules',
      'dist/gone',
      'other',
    ];
    expect(known.filter(tree.hasDirectory)).toEqual(['dist', 'dist/css', 'dist/css/deep', 'dist/empty']);
  });
});

describe('the root', () => {
  beforeEach(async () => make('site/a', 'site/sub/b', 'docs/c', 'README', 'LICENSE'));

  test('D12: is literal and does not depend on what matches', async () => {
    await rm(join(work, 'site/sub'), { recursive: true });
    const tree = await walkLines(['site/**/sub/*', 'site/*']);
    expect(tree.root).toBe(join(work, 'site'));
    expect(names(tree)).toEqual(['a']);
  });

  test.each([
    [['site', 'docs']],
    [['site', 'site/sub']],
    [['site/**', 'README']],
    [['site', 'missing']],
    [['missing/*', 'README']],
    [['site', 'site/missing/']],
    [['site', 'missing/deep']],
  ])('D12: %j have more than one root: refused, whatever exists', async (lines) => {
    const error = await walkError(lines);
    expect(error).toMatchObject({ code: 'usage', exit: 2 });
    expect(error.message).toMatch(/more than one root.*set root/);
    expect(error.message).toContain(join(work, lines[0]?.startsWith('site') ? 'site' : 'missing'));
  });

  test('of files is their directory', async () => {
    const tree = await walkLines(['README', 'LICENSE']);
    expect(names(tree)).toEqual(['LICENSE', 'README']);
    expect(tree.root).toBe(work);
  });

  test('may be that of the file system', async () => {
    await make('o/a');
    const [, top = '', ...below] = work.split('/');
    const tree = await walkLines([['', `${top.slice(0, -1)}?`, ...below, 'o'].join('/')]);
    expect(tree.root).toBe('/');
    expect([...tree.files]).toMatchObject([{ name: `${work.slice(1)}/o/a`, path: join(work, 'o/a') }]);
  });

  test('a path that is missing fits the root that the others have', async () => {
    const files = await walkLines(['README', 'NOTICE']);
    expect([names(files), files.patternsWithoutMatch]).toEqual([['README'], ['NOTICE']]);
    const inside = await walkLines(['site', 'site/NOTICE']);
    expect([names(inside), inside.patternsWithoutMatch]).toEqual([['a', 'sub/b'], ['site/NOTICE']]);
  });

  test('a `!` line that was meant to begin at the root is told, with what to write', async () => {
    await make('site/sub/a.txt', 'site/app.map', 'site/docs/x.map', 'site/config/secret.json', 'tmp/x');
    const told = async (...lines: readonly string[]): Promise<readonly string[]> =>
      (await walkLines(['site', ...lines])).warnings;
    for (const [line, name, meant, at = work] of [
      ['!sub/a.txt', 'sub/a.txt', '/sub/a.txt'],
      ['!./sub/', 'sub/a.txt', '/sub/'],
      ['!*.map', 'app.map', '/*.map'],
      ['!/config/secret.json', 'config/secret.json', '/config/secret.json', '/'],
    ] as const) {
      expect(await told(line)).toEqual([
        `paths: "${line}" holds back nothing, and '${name}' is published: it begins at '${at}', and not at the root (write "${meant}" in excludes)`,
      ]);
      expect(names(await walkLines(['site'], { excludes: [meant] }))).not.toContain(name);
    }
    for (const line of ['!site/**/x', '!site/sub', '!**/*.map', '!**/*.css', '!tmp', '!*/sub'])
      expect([line, await told(line)]).toEqual([line, []]);
    // It works, and a directory of the same name lies deeper.
    await make('py/tests/t', 'py/py/tests/u');
    const packaged = await walkLines(['py', '!py/tests']);
    expect([names(packaged), packaged.warnings]).toEqual([['py/tests/u'], []]);
  });

  test('`root` gives it where there is more than one', async () => {
    const tree = await walkLines(['site/sub', 'docs', 'README'], { root: work });
    expect(names(tree)).toEqual(['README', 'docs/c', 'site/sub/b']);
    expect(tree.excluded('site/a')).toBe(false);
  });

  test('with `root`, what lies outside of it is a usage error', async () => {
    for (const line of ['docs', 'README', '.', 'site-2', 'docs/c']) {
      const error = await walkError(['site', line], { root: join(work, 'site') });
      expect(error).toMatchObject({ code: 'usage', exit: 2 });
      expect(error.message).toContain('outside of the root');
    }
    const file = await walkError(['README'], { root: join(work, 'README') });
    expect(file).toMatchObject({ code: 'usage', exit: 2 });
  });

  test('without a positive pattern there is nothing to publish', async () => {
    expect(await walkError([])).toMatchObject({ code: 'usage', exit: 2 });
    expect(await walkError(['!site'])).toMatchObject({ code: 'usage', exit: 2 });
  });
});

describe('patterns without a match', () => {
  test('D1, D12: are named, be the directory missing, empty or without such files', async () => {
    await make('site/a.html', 'empty/', 'site/deep/er/');
    const lines = ['site/*.html', 'site/*.js', 'empty', 'missing/**', 'site/deep', 'site/*.js'];
    const tree = await walkLines(lines, { root: work });
    expect(tree.patternsWithoutMatch).toEqual(['site/*.js', 'empty', 'missing/**', 'site/deep']);
    expect(tree.missing).toEqual([join(work, 'missing')]);
  });

  test('a slash behind the name of a file asks for a directory, and there is none', async () => {
    await make('site/file');
    expect((await walkLines(['site/file/'])).missing).toEqual([join(work, 'site/file') + sep]);
    expect((await walkLines(['site/file/', 'site/file'])).missing).toEqual([]);
  });

  test('a pattern whose files are all excluded has none', async () => {
    await make('site/a.html', 'site/a.map');
    const tree = await walkLines(['site', 'site/*.map', 'site/a.*'], { excludes: ['*.map'] });
    expect(tree.patternsWithoutMatch).toEqual(['site/*.map']);
  });

  test('a pattern is matched by a file that another one covers', async () => {
    await make('site/x/y/a.html');
    expect((await walkLines(['site', 'site/**/*.html'])).patternsWithoutMatch).toEqual([]);
  });
});

describe('excludes', () => {
  beforeEach(async () =>
    make('o/a.js', 'o/a.map', 'o/dir1/b.js', 'o/dir1/keep/c.js', 'o/dir2/a.map', 'o/dir11/d'),
  );

  test('match the path below the root, in the gitignore dialect', async () => {
    const publish = async (...excludes: readonly string[]) => names(await walkLines(['o'], { excludes }));
    expect(await publish('*.map', 'dir1')).toEqual(['a.js', 'dir11/d']);
    expect(await publish('/a.map', 'dir1/keep')).toEqual(['a.js', 'dir1/b.js', 'dir11/d', 'dir2/a.map']);
    expect(await publish('*', '!*.js', '!*/')).toEqual(['a.js', 'dir1/b.js', 'dir1/keep/c.js']);
    expect(await publish('dir1/*', '!dir1/keep', '*.map')).toEqual(['a.js', 'dir1/keep/c.js', 'dir11/d']);
    expect(await publish('# comment', '', 'a.js/', 'dir*/')).toEqual(['a.js', 'a.map']);
  });

  test.each(['[z-a', 'a[', 'a[!', 'a[]', 'a[^]x', 'a[b\\]', 'a[[:alpha:]', '!a[', 'a\\', 'a[b]\\'])(
    '%j, which matches nothing in git either, is refused: what it was to keep back would be published',
    async (line) => {
      const error = await walkError(['o'], { excludes: ['*.map', line] });
      expect(error).toMatchObject({ code: 'usage', exit: 2 });
      expect(error.message).toContain(
        `the pattern ${JSON.stringify(line)} matches nothing, as its [ is not closed`,
      );
    },
  );

  test.each([
    '[z-a]',
    'a\\[',
    '[]]',
    '[!]a]',
    '[[:alpha:][]',
    '[[:x]',
    'a[b\\]]',
    '# a[',
    'a]',
    '\\\\',
    'a\\ ',
  ])('%j is a pattern', async (line) => {
    expect(names(await walkLines(['o'], { excludes: ['*.map', 'dir1', line] }))).toContain('a.js');
  });

  test('below a directory that is excluded nothing comes back', async () => {
    expect(names(await walkLines(['o'], { excludes: ['dir1/', '!dir1/b.js', '*.map'] }))).toEqual([
      'a.js',
      'dir11/d',
    ]);
  });

  test('`!` in paths is an exclude wherever it stands', async () => {
    const expected = ['a.js', 'dir11/d', 'dir2/a.map'];
    expect(
      names(await walkLines(['!o/dir1', '!o/*.map', 'o', 'o/dir1/**', 'o/a.map'], { root: join(work, 'o') })),
    ).toEqual(expected);
    expect(names(await walkLines(['o', '!o/dir1/', '!o/*.map']))).toEqual(expected);
  });

  test('D5: what an exclude, a `!` or the .git rule keeps from the tree is excluded; other leftovers are not', async () => {
    const tree = await walkLines(['o', '!o/dir2', '!o/**/*.tmp', '!o/only-dirs/'], {
      excludes: ['dir1/', '*.map'],
    });
    const excluded = [
      'dir1/',
      'dir1/x',
      'dir1/y/z',
      'a.map',
      'q/b.map',
      'b.map/x',
      'dir2',
      'dir2/',
      'dir2/x/y',
    ];
    const protectedToo = ['x.tmp', 'q/x.tmp', 'x.tmp/y', 'only-dirs/x', '.git/config', 'q/.git', '.git'];
    expect([...excluded, ...protectedToo].filter((name) => !tree.excluded(name))).toEqual([]);
    const others = [
      'a.js',
      'dir1',
      'dir11/x',
      'gone/x',
      'dir2x',
      'only-dirs',
      '.gitignore',
      'x.git/y',
      '',
      '/',
      '../a',
      '/a',
      './b',
    ];
    expect(others.filter(tree.excluded)).toEqual([]);
  });

  test('that keep back everything there is say which lines did', async () => {
    const walked = async (line: string, ...excludes: readonly string[]) =>
      (await walkLines([line], { excludes })).excludedBy;
    expect(await walked('o', '*')).toEqual(['*']);
    expect(await walked('o/*.js', '*.js', 'none', 'dir1')).toEqual(['*.js', 'dir1']);
    expect(await walked('o', '*.map')).toEqual([]);
  });

  test('an excluded directory is not opened', async () => {
    await symlink('/', join(work, 'o/dir1/outside'));
    await symlink('nowhere', join(work, 'o/dir2/broken'));
    expect(names(await walkLines(['o', '!o/dir2'], { excludes: ['dir1'] }))).toEqual([
      'a.js',
      'a.map',
      'dir11/d',
    ]);
  });

  test('a directory that no pattern reaches is not opened', async () => {
    await make('o/dir2/deep/');
    await symlink('/', join(work, 'o/dir2/deep/outside'));
    expect(names(await walkLines(['o/*/*.js']))).toEqual(['dir1/b.js']);
  });

  test('apply to the search path itself, when `root` lies above', async () => {
    const tree = await walkLines(['o/dir1', 'o/a.js'], { root: work, excludes: ['dir1'] });
    expect(names(tree)).toEqual(['o/a.js']);
    expect(names(await walkLines(['o/dir1', 'o/a.js'], { root: work, excludes: ['/o/'] }))).toEqual([]);
  });

  test('dotfiles are published', async () => {
    await make('o/.well-known/x', 'o/.htaccess');
    expect(names(await walkLines(['o', '!o/dir*', '!o/a.*']))).toEqual(['.htaccess', '.well-known/x']);
  });
});

test('of a long name the beginning and the end are shown', () => {
  const name = `begin/${'deep/'.repeat(1000)}end`;
  expect(showName(name)).toMatch(/^'begin\/.{194}….{197}end'$/);
  expect(showName('a'.repeat(400))).toBe(`'${'a'.repeat(400)}'`);
});

describe('.git', () => {
  beforeEach(async () => make('.git/config', 'a', 'sub/.git', 'sub/b', 'sub/deep/.git/HEAD', '.gitignore'));

  test('R16: is not published, neither directory nor file, at any depth', async () => {
    const tree = await walkLines(['.']);
    expect(names(tree)).toEqual(['.gitignore', 'a', 'sub/b']);
    expect(tree.excluded('.git/config')).toBe(true);
    expect(tree.excluded('sub/.git')).toBe(true);
    expect([...(await walkLines(['**/.git/**'])).files]).toEqual([]);
  });

  test('R16: named itself, it is a usage error that names the input', async () => {
    for (const line of ['.git', '.git/**', '.git/config', 'sub/deep/.git/*']) {
      const error = await walkError([line]);
      expect(error).toMatchObject({ code: 'usage', exit: 2 });
      expect(error.message).toContain('without include-git');
    }
    await symlink('.git', join(work, 'link'));
    expect(await walkError(['link'])).toMatchObject({ code: 'usage', exit: 2 });
  });

  test('R16: is not reached through a link either', async () => {
    await symlink('.git', join(work, 'link'));
    await symlink('.git/config', join(work, 'token'));
    const tree = await walkLines(['.']);
    expect(names(tree)).toEqual(['.gitignore', 'a', 'sub/b']);
    expect(tree.skipped('link/config')).toBe(true);
    expect(tree.warnings).toEqual([
      "not published, and their keys are left alone: 'link' (symbolic link into .git), 'token' (symbolic link into .git)",
    ]);
  });

  test('R16: with `include-git` it is published', async () => {
    const tree = await walkLines(['.'], { includeGit: true });
    expect(names(tree)).toContain('.git/config');
    expect(tree.excluded('.git/config')).toBe(false);
    expect(names(await walkLines(['.git'], { includeGit: true }))).toEqual(['config']);
  });
});

describe('symbolic links', () => {
  beforeEach(async () => make('o/real/a', 'o/b', 'outside/c'));
  const at = (name: string): string => join(work, name);

  test('inside: a link to a file publishes the bytes of its target under its own name', async () => {
    await symlink('real/a', at('o/link'));
    const target = await lstat(at('o/real/a'), { bigint: true });
    const tree = await walkLines(['o']);
    expect(names(tree)).toEqual(['b', 'link', 'real/a']);
    expect([...tree.files][1]).toMatchObject({
      path: at('o/link'),
      size: 8,
      ino: target.ino,
      mode: Number(target.mode),
    });
  });

  test('inside: a link to a directory publishes what is in it', async () => {
    await symlink('real', at('o/link'));
    expect(names(await walkLines(['o']))).toEqual(['b', 'link/a', 'real/a']);
    expect(names(await walkLines(['o/l*/*']))).toEqual(['link/a']);
    expect(names(await walkLines(['o'], { excludes: ['link/'] }))).toEqual(['b', 'real/a']);
  });

  test('R11: inside: a link that leaves the roots is refused, with its name and its target', async () => {
    await symlink('../outside/c', at('o/link'));
    await symlink(at('outside'), at('o/real/dir'));
    const error = await walkError(['o']);
    expect(error).toMatchObject({ code: 'symlink-outside', exit: 4 });
    expect(error.message).toBe(
      `2 entries stand in the way: 'link' is a symbolic link to '../outside/c', outside of the published directory; ` +
        `'real/dir' is a symbolic link to '${at('outside')}', outside of the published directory; ` +
        'exclude or repair them, or set symlinks',
    );
  });

  test('inside: a directory beside the root with a longer name is outside', async () => {
    await make('o-2/x');
    await symlink('../o-2', at('o/link'));
    expect(await walkError(['o'])).toMatchObject({ code: 'symlink-outside' });
  });

  test('inside: another search path, and all of `root`, is inside', async () => {
    await symlink('../outside/c', at('o/link'));
    expect(names(await walkLines(['o'], { root: work }))).toEqual(['o/b', 'o/link', 'o/real/a']);
  });

  test('all: followed anywhere', async () => {
    await symlink('../outside', at('o/dir'));
    await symlink(at('outside/c'), at('o/file'));
    expect(names(await walkLines(['o'], { symlinks: 'all' }))).toEqual(['b', 'dir/c', 'file', 'real/a']);
  });

  test('R11: a broken link is refused, with its name and its target', async () => {
    await symlink('no\nwhere', at('o/link'));
    for (const symlinks of ['inside', 'all'] as const) {
      const error = await walkError(['o'], { symlinks });
      expect(error).toMatchObject({ code: 'symlink-broken', exit: 4 });
      expect(error.message).toMatch(
        /^1 entry stands in the way: 'link' is a symbolic link to 'no\\u\{a\}where', which does not exist; /,
      );
    }
  });

  test.each([
    ['to itself', [['o/x', 'x']]],
    ['to its own directory', [['o/real/x', '.']]],
    ['to a directory above', [['o/real/x', '../../o']]],
    [
      'to one another',
      [
        ['o/real/x', '../other'],
        ['o/other/y', '../real'],
      ],
    ],
  ])('R11: a cycle is refused: links %s', async (_, links) => {
    await make('o/other/d');
    for (const [name = '', target = ''] of links) await symlink(target, at(name));
    for (const symlinks of ['inside', 'all'] as const) {
      expect(await walkError(['o'], { symlinks })).toMatchObject({ code: 'symlink-cycle', exit: 4 });
    }
  });

  test('R11: links behind links that multiply are refused by name, and never a walk without end', async () => {
    for (let i = 0; i < 40; i++) {
      await make(`o/${i}/`);
      if (i < 39) for (const name of ['a', 'b']) await symlink(`../${i + 1}`, at(`o/${i}/${name}`));
    }
    const error = await walkError(['o']);
    expect(error).toMatchObject({ code: 'symlink-cycle', exit: 4 });
    expect(error.message).toMatch(
      /^1 entry stands in the way: '[0-9ab/]+' is one of more than 1\d\d\d ways to one directory, by links behind links; exclude/,
    );
  });

  test('any number of links may lead to one directory, and by a link in it on to another: each is one way', async () => {
    await make('o/shared/deep/c');
    await symlink('../real', at('o/shared/more'));
    const links = Array.from({ length: 1_100 }, (_, i) => `link${i}`);
    for (const name of links) await symlink('shared', at(`o/${name}`));
    const tree = await walkLines(['o']);
    expect(tree.files.length).toBe(2 + 2 * (links.length + 1));
  });

  test('all: a link to above the root is a cycle', async () => {
    await symlink(work, at('o/x'));
    expect(await walkError(['o'], { symlinks: 'all' })).toMatchObject({ code: 'symlink-cycle', exit: 4 });
  });

  test('a link that two paths share is no cycle', async () => {
    await symlink('real', at('o/x'));
    await symlink('real', at('o/y'));
    expect(names(await walkLines(['o']))).toEqual(['b', 'real/a', 'x/a', 'y/a']);
  });

  test('skip: warned, skipped, and its key and those below it are protected', async () => {
    await symlink('nowhere', at('o/broken'));
    await symlink('.', at('o/cycle'));
    await symlink('b', at('o/fine'));
    const tree = await walkLines(['o'], { symlinks: 'skip' });
    expect(names(tree)).toEqual(['b', 'real/a']);
    expect(['broken', 'cycle/x/y', 'fine', 'fine/'].every(tree.skipped)).toBe(true);
    expect(['b', 'fine2', 'real/fine', ''].some(tree.skipped)).toBe(false);
    expect(tree.excluded('fine')).toBe(false);
    expect(tree.warnings).toEqual([
      "not published, and their keys are left alone: 'broken' (symbolic link), 'cycle' (symbolic link), 'fine' (symbolic link)",
    ]);
  });

  test('an excluded link is neither followed nor refused', async () => {
    await symlink('nowhere', at('o/broken'));
    await symlink('/', at('o/root'));
    expect(names(await walkLines(['o', '!o/broken'], { excludes: ['root'] }))).toEqual(['b', 'real/a']);
    expect(names(await walkLines(['o'], { excludes: ['broken', 'root/'] }))).toEqual(['b', 'real/a']);
  });

  test('the search path itself may be a link, under `skip` too', async () => {
    await symlink('o', at('current'));
    await symlink('o/b', at('file'));
    for (const symlinks of ['inside', 'all', 'skip'] as const) {
      expect(names(await walkLines(['current'], { symlinks }))).toEqual(['b', 'real/a']);
      expect(names(await walkLines(['file'], { symlinks }))).toEqual(['file']);
    }
    const tree = await walkLines(['current/**']);
    expect(tree.root).toBe(at('current'));
    expect([...tree.files]).toMatchObject([{ path: at('current/b') }, {}]);
  });

  test('R11: a search path that is a broken link is refused, under `skip` protected', async () => {
    await symlink('nowhere', at('current'));
    expect(await walkError(['current'])).toMatchObject({ code: 'symlink-broken', exit: 4 });
    await symlink('circle', at('circle'));
    expect(await walkError(['circle'])).toMatchObject({ code: 'symlink-cycle', exit: 4 });
    const tree = await walkLines(['current'], { symlinks: 'skip' });
    expect([[...tree.files], tree.patternsWithoutMatch, tree.skipped('anything')]).toEqual([
      [],
      ['current'],
      true,
    ]);
  });
});

describe('entries that are not files', () => {
  test('R11: sockets and pipes are warned about, skipped and protected, and never opened', async () => {
    await make('o/a', 'o/sub/b');
    execFileSync('mkfifo', [join(work, 'o/pipe'), join(work, 'o/excluded')]);
    await symlink('../pipe', join(work, 'o/sub/link'));
    const server = createServer().listen(join(work, 'o/sub/socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      const tree = await walkLines(['o'], { excludes: ['excluded'] });
      expect(names(tree)).toEqual(['a', 'sub/b']);
      expect(['pipe', 'sub/socket', 'sub/socket/x', 'sub/link'].every(tree.skipped)).toBe(true);
      expect(tree.warnings).toEqual([
        "not published, and their keys are left alone: 'pipe' (pipe), 'sub/link' (pipe), 'sub/socket' (socket)",
      ]);
      const named = await walkLines(['o/pipe']);
      expect([[...named.files], named.skipped('pipe'), named.warnings.length]).toEqual([[], true, 1]);
    } finally {
      server.close();
    }
  });

  test('R11: a device is named for what it is, and never opened', async () => {
    const tree = await walkLines(['/dev/null']);
    expect([[...tree.files], tree.skipped('null'), tree.warnings]).toEqual([
      [],
      true,
      ["not published, and their keys are left alone: 'null' (device)"],
    ]);
  });

  test('a long list is cut', async () => {
    await make('o/');
    execFileSync(
      'mkfifo',
      Array.from({ length: 9 }, (_, i) => join(work, `o/p${i}`)),
    );
    expect((await walkLines(['o'])).warnings).toEqual([
      "not published, and their keys are left alone: 'p0' (pipe), 'p1' (pipe), 'p2' (pipe), 'p3' (pipe), 'p4' (pipe) and 4 more",
    ]);
  });
});

describe('names', () => {
  test('D3: names that are not UTF-8 are refused, shown byte by byte', async () => {
    await make('o/caf\ufffd', 'o/sub/');
    const raw = (name: string, last: number): Buffer =>
      Buffer.concat([Buffer.from(join(work, name)), Buffer.from([last])]);
    await writeFile(raw('o/sub/caf', 0xe9), '');
    await writeFile(raw('o/sub/caf', 0xe8), '');
    await mkdir(raw('o/dir-', 0xff));
    const error = await walkError(['o']);
    expect(error).toMatchObject({ code: 'name-not-utf8', exit: 4 });
    expect(error.message).toContain(String.raw`the name 'dir-\xff' is not UTF-8`);
    expect(error.message).toContain(String.raw`the name 'caf\xe9' in 'sub/' is not UTF-8`);
    expect(error.message).toContain(String.raw`the name 'caf\xe8' in 'sub/' is not UTF-8`);
    expect(error.message).toMatch(/^3 entries stand in the way/);
    expect(names(await walkLines(['o'], { excludes: ['sub', 'dir-*'] }))).toEqual(['caf\ufffd']);
    expect(names(await walkLines(['o/*\ufffd', '!o/dir*', '!o/sub']))).toEqual(['caf\ufffd']);
  });

  test('R10: names equal but for case or normalisation are all published, with one warning of three pairs', async () => {
    await make(
      'o/README',
      'o/readme',
      'o/caf\u00e9',
      'o/cafe\u0301',
      'o/A/x',
      'o/a/X',
      'o/b',
      'o/C',
      'o/q/Z',
      'o/q/z',
    );
    const tree = await walkLines(['o']);
    expect(tree.files).toHaveLength(10);
    expect(tree.warnings).toHaveLength(1);
    expect(tree.warnings[0]).toMatch(
      /^4 pairs of names differ only in case or Unicode normalisation, .* and 1 more$/,
    );
    const others = await walkLines(['o/caf*']);
    expect(others.warnings[0]).toContain(String.raw`'cafe\u{301}' and 'caf\u{e9}'`);
    expect((await walkLines(['o/README'])).warnings).toEqual([]);
  });

  test('files that look like secrets are published, and named in one warning', async () => {
    const secrets = [
      '.env',
      '.env.local',
      'id_rsa',
      'id_ed25519_work',
      '.npmrc',
      '.netrc',
      '.pypirc',
      'tls.key',
      'a.pem',
    ];
    const more = ['.git-credentials', '.dockercfg', '.docker/config.json', '.aws/credentials', 'deep/.envrc'];
    const harmless = [
      '.env.example',
      '.env.sample',
      '.env.template',
      'id_rsa.pub',
      'repodata/repomd.xml.key',
      'Release.key',
      'public.key',
      'cosign.pub.pem',
      'credentials',
      'config.json',
      'key',
      'environment',
    ];
    await make(...[...secrets, ...more, ...harmless].map((name) => `o/${name}`));
    const tree = await walkLines(['o']);
    expect(tree.files).toHaveLength(26);
    expect(tree.warnings).toEqual([
      "files that look like secrets are published; exclude what is one: '.aws/credentials', '.docker/config.json', '.dockercfg', '.env', '.env.local' and 9 more",
    ]);
    const excludes = [...secrets, ...more];
    expect(await walkLines(['o'], { excludes })).toMatchObject({ warnings: [], files: { length: 12 } });
    expect((await walkLines(['o/deep'])).warnings).toEqual([
      "a file that looks like a secret is published; exclude what is one: '.envrc'",
    ]);
  });
});

/** What the walk is made of. */
const SYNC_MODULES = [
  'excludes',
  'unused-excludes',
  'file-table',
  'local-names',
  'lstat',
  'misplaced-negations',
  'path-match',
  'roots',
  'system-error',
  'walk-findings',
  'walk',
  'walker',
].map((name) => `sync/${name}`);

describe('what cannot be read', () => {
  /** As CI runs as root, whom no permission stops, the walk is done by a child with another uid. */
  async function walkAsNobody(lines: readonly string[]): Promise<unknown> {
    const code = join(work, 'code');
    const others = [
      'disk/file-calls',
      'disk/in-place',
      'disk/is-inside',
      'disk/process-mark',
      'model/errors',
      'model/file-columns',
      'model/name-table',
      'model/object-key',
      'model/secrets',
    ];
    for (const module of [...others, ...SYNC_MODULES]) {
      const { code: text } = await transformFile(join(repository, 'src', `${module}.ts`), {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'es6' },
      });
      await mkdir(dirname(join(code, module)), { recursive: true });
      await writeFile(join(code, `${module}.js`), text);
    }
    await writeFile(join(code, 'package.json'), '{"type":"module"}');
    for (const dependency of ['ignore', 'minimatch', 'brace-expansion', 'balanced-match']) {
      await cp(join(repository, 'node_modules', dependency), join(code, 'node_modules', dependency), {
        recursive: true,
      });
    }
    const options = { ...DEFAULTS, patterns: await parsePathLines(lines, work) };
    await writeFile(
      join(code, 'main.js'),
      `import { walk } from './sync/walk.js';
       walk(${JSON.stringify(options)}, () => {}, new AbortController().signal).then(
         (tree) => console.log(JSON.stringify([...tree.files].map(({ name }) => name))),
         ({ code, exit, message }) => console.log(JSON.stringify({ code, exit, message })),
       );`,
    );
    await chmod(work, 0o755);
    const as = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const { stdout } = await promisify(execFile)(process.execPath, [join(code, 'main.js')], {
      cwd: '/',
      env: {},
      ...as,
    });
    return JSON.parse(stdout);
  }

  test('D2: an unreadable directory and an unreadable file refuse the run, by name', async () => {
    await make('o/a', 'o/closed/b', 'o/no-search/c', 'o/secret', 'o/fine/d');
    await chmod(join(work, 'o/closed'), 0o000);
    await chmod(join(work, 'o/no-search'), 0o444);
    await chmod(join(work, 'o/secret'), 0o600);
    await chmod(join(work, 'o/a'), 0o604);
    const mine = process.getuid?.() !== 0;
    if (mine) await chmod(join(work, 'o/secret'), 0o000);
    try {
      const error = await walkAsNobody(['o']);
      expect(error).toEqual({
        code: 'unreadable',
        exit: 4,
        message:
          "3 entries stand in the way: the directory 'closed/' cannot be read (EACCES); " +
          "'no-search/c' cannot be looked at (EACCES); 'secret' cannot be read (EACCES); exclude or repair them",
      });
      expect(await walkAsNobody(['o', '!o/closed', '!o/no-search', '!o/secret'])).toEqual(['a', 'fine/d']);
      expect(await walkAsNobody(['o/closed'])).toMatchObject({ code: 'unreadable', exit: 4 });
      expect(await walkAsNobody(['o/closed/b'])).toMatchObject({ code: 'unreadable', exit: 4 });
    } finally {
      for (const name of await readdir(join(work, 'o'))) await chmod(join(work, 'o', name), 0o755);
    }
  });

  /** Root may do everything; what the kernel lets another user do is seen under that user's id. */
  async function asNobody<T>(work: () => Promise<T>): Promise<T> {
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65534);
    try {
      return await work();
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  }

  test('D2: what a link leads to, what a directory holds, and the path itself, refuse where nobody may look', async () => {
    await make('o/closed/b', 'o/no-search/c', 'o/fine');
    await symlink('closed/b', join(work, 'o/link'));
    await chmod(work, 0o755);
    await chmod(join(work, 'o/closed'), 0o000);
    await chmod(join(work, 'o/no-search'), 0o444);
    try {
      expect(await asNobody(() => walkError(['o', '!o/closed']))).toMatchObject({
        code: 'unreadable',
        exit: 4,
        message:
          "2 entries stand in the way: 'link' is a symbolic link to 'closed/b', which cannot be read (EACCES); " +
          "'no-search/c' cannot be looked at (EACCES); exclude or repair them",
      });
      for (const path of ['o/closed', 'o/closed/b']) {
        const error = await asNobody(() => walkError([path]));
        expect(error).toMatchObject({ code: 'unreadable', exit: 4 });
        expect(error.message).toContain(`${join(work, path)}' cannot be read (EACCES)`);
      }
    } finally {
      for (const name of ['closed', 'no-search']) await chmod(join(work, 'o', name), 0o755);
    }
  });

  test('a file whose permission bits leave it open is published where the system lets it be read', async () => {
    await make('o/mine', 'o/group');
    await chmod(work, 0o755);
    await chmod(join(work, 'o/group'), 0o640);
    expect(await asNobody(async () => names(await walkLines(['o'])))).toEqual(['group', 'mine']);
    expect(await asNobody(async () => names(await walkLines(['o/group'])))).toEqual(['group']);
  });

  test('all refusals come in one line, ten of them by name', async () => {
    await make('o/');
    for (let i = 10; i < 25; i++) await symlink(i < 12 ? '/' : 'nowhere', join(work, `o/l${i}`));
    const error = await walkError(['o']);
    expect(error).toMatchObject({ code: 'symlink-outside', exit: 4 });
    expect(error.message).toMatch(/^15 entries stand in the way: 'l10' .*; 'l19' [^;]*; and 5 more; /);
    expect(error.message).not.toContain("'l20'");
  });
});

describe('a tree that changes, and one that is large', () => {
  test('D2: what vanishes while the tree is read refuses the run, file or directory', async () => {
    await make('o/a', 'o/b', 'o/sub/c', 'o/sub2/d');
    let visits = 0;
    const onProgress = (): void => {
      // The root was opened, its entries were not looked at yet.
      if (++visits === 1) execFileSync('rm', ['-r', join(work, 'o/b'), join(work, 'o/sub')]);
    };
    const error = await walkError(['o'], { onProgress });
    expect(error).toMatchObject({ code: 'file-vanished', exit: 4 });
    expect(error.message).toMatch(/^2 entries stand in the way: 'b' vanished .*; 'sub\/' vanished /);
  });

  test('what a download has not finished may vanish while the tree is read: it gets its own name', async () => {
    const partial = temporaryName();
    await make('o/a', `o/${partial}`, `o/${progressName(partial)}`);
    let visits = 0;
    const onProgress = (): void => {
      if (++visits > 1) return;
      for (const name of [partial, progressName(partial)]) rmSync(join(work, 'o', name));
    };
    expect(names(await walkLines(['o'], { onProgress }))).toEqual(['a']);
    expect(visits).toBeGreaterThan(1);
  });

  test('D2: what is replaced while the tree is read refuses the run, file or link', async () => {
    await make('o/file', 'o/real');
    for (const name of ['gone', 'replaced']) await symlink('real', join(work, 'o', name));
    let visits = 0;
    const onProgress = (): void => {
      if (++visits > 1) return;
      execFileSync('sh', ['-c', 'rm file gone replaced && mkdir file && touch replaced'], {
        cwd: join(work, 'o'),
      });
    };
    const error = await walkError(['o'], { onProgress });
    expect(error).toMatchObject({ exit: 4 });
    expect(error.message).toMatch(
      /^3 entries stand in the way: 'file' was replaced while it was looked at; 'gone' vanished [^;]*; the link 'replaced' cannot be read \(EINVAL\); /,
    );
  });

  test('a run that was cancelled ends the walk with its reason', async () => {
    await make('o/a', 'o/sub/c');
    const cancelled = usageError('cancelled');
    expect(await walkError(['o'], { signal: AbortSignal.abort(cancelled) })).toBe(cancelled);
    const controller = new AbortController();
    const onProgress = (): void => controller.abort(cancelled);
    expect(await walkError(['o'], { signal: controller.signal, onProgress })).toBe(cancelled);
  });

  test('R12: a directory of 140,000 files, whose lists would overflow the stack as arguments', async () => {
    await make('o/');
    execFileSync('sh', ['-c', 'seq 140000 | xargs touch'], { cwd: join(work, 'o') });
    const counts: number[] = [];
    const tree = await walkLines(['o'], { excludes: ['*.map'], onProgress: (files) => counts.push(files) });
    expect(tree.files).toHaveLength(140_000);
    expect(new Set(names(tree)).size).toBe(140_000);
    expect(counts.at(-1)).toBe(140_000);
    expect(counts.length).toBeGreaterThan(1_000);
  });

  test('R12: a tree of 1,000 directories below one another', async () => {
    const deep = Array.from({ length: 1_000 }, () => 'd').join('/');
    await make(`o/${deep}/x`);
    expect(names(await walkLines(['o']))).toEqual([`${deep}/x`]);
  });

  test('who waits for everything else to have its turn goes on one after the other', async () => {
    await make('a');
    let clock = 0;
    const lookAt = createLstat(() => (clock += 2));
    const all = () => Promise.all(Array.from({ length: 30 }, () => lookAt([join(work, 'a')])));
    expect(await turnsDuring(all)).toBeGreaterThan(20);
  });

  test('a slow file system is asked through the thread pool, with the same answers', async () => {
    await make('a', 'dir/');
    const paths = [...Array.from({ length: 120 }, () => 'a'), 'missing', 'a/not-a-directory', 'dir'];
    let clock = 0;
    const slow = createLstat(() => (clock += 1_000));
    const fast = createLstat(() => 0);
    for (let round = 0; round < 3; round++) {
      const [one, other] = [
        await slow(paths.map((p) => join(work, p))),
        await fast(paths.map((p) => join(work, p))),
      ];
      expect(one).toEqual(other);
      expect(one.slice(-3)).toEqual([undefined, undefined, expect.anything()]);
    }
    const tooLong = [`/${'x'.repeat(5_000)}`];
    for (const [look] of [await slow(tooLong), await fast(tooLong)]) {
      expect(look).toMatchObject({ error: { code: 'ENAMETOOLONG' } });
    }
  });
});
