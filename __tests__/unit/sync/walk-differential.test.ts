import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create } from '@actions/glob';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { parsePathLines } from '../../../src/action/path-lines.js';
import { type Tree, walk } from '../../../src/sync/walk.js';

/**
 * @actions/glob is what people know `paths` from; its matching is written anew in `path-match`, for speed. Here
 * both see the same trees and the same lines. The one wanted difference is taken out beforehand: for us a `!`
 * line holds wherever it stands, so @actions/glob is given those lines last.
 */

/** Few names, so that patterns hit; those with a meaning in some dialect of patterns among them. */
const NAMES = ['x y', ...String.raw`a a a b b ab .c a.js b.js .js A [a] * !a #a a{b,c} +(a) \ a]`.split(' ')];
const WILD = String.raw`** ** ** * * ? ?? *.js .* a* *b [ab] [!a] [^a] [a-b]* [[]a] [*] [a a[] \* \[a\] \\ *** **a`;
const RARE = String.raw`{a,b} !(a) @(a|b) x?y [!] []] [[:alpha:]] a\b`;
const SEGMENTS = [...NAMES, ...WILD.split(' '), ...RARE.split(' ')];

const names = fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 4 });
/** Paths of files; where one is in the way of another as a directory, the first stays. */
const trees = fc.array(names, { minLength: 1, maxLength: 9 });
const lines = fc
  .record({
    negate: fc.constantFrom('', '', '', '!'),
    start: fc.constantFrom('', '', './', '/'),
    segments: fc.array(fc.constantFrom(...SEGMENTS), { minLength: 1, maxLength: 4 }),
    end: fc.constantFrom('', '', '', '/'),
  })
  // A `!` or `#` of the first segment would be the line's.
  .map(({ negate, start, segments, end }) => {
    const path = segments.join('/') + end;
    return `${negate}${start === '' && /^[!#]/.test(path) ? './' : start}${path}`;
  });

/** A file system in memory, where there is one. */
const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
let parent = '';
const before = process.cwd();

beforeAll(async () => {
  parent = await realpath(await mkdtemp(join(memory, 'differential-')));
});

afterAll(() => {
  process.chdir(before);
  execFileSync('rm', ['-rf', parent]);
});

async function plant(files: readonly (readonly string[])[]): Promise<string> {
  const root = await mkdtemp(join(parent, 'tree-'));
  for (const file of files) {
    const path = join(root, ...file);
    // Refused where a file is in the way as a directory, or the other way round.
    await mkdir(dirname(path), { recursive: true })
      .then(() => writeFile(path, '', { flag: 'wx' }))
      .catch(() => {});
  }
  return root;
}

/** Absolute lines begin below the tree. */
function located(line: string, root: string): string {
  return line.replace(/^(!?)\//, `$1${root}/`);
}

/** Undefined when it fails: for `a/b`, where `a` is a file, it says ENOTDIR, for us that is a missing file. */
async function theirs(given: readonly string[]): Promise<readonly string[] | undefined> {
  // It prints ::debug:: lines.
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    const found = await (await create(given.join('\n'))).glob();
    const stats = await Promise.all(found.map(async (path) => (await lstat(path)).isFile()));
    return [...new Set(found.filter((_, i) => stats[i]))].sort();
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOTDIR' });
    return undefined;
  } finally {
    write.mockRestore();
  }
}

async function ours(given: readonly string[], root: string): Promise<Tree> {
  const patterns = await parsePathLines(given, root);
  const options = {
    root,
    excludes: [],
    includeGit: false,
    symlinks: 'inside',
    ifNoFilesFound: 'error',
  } as const;
  return walk({ ...options, patterns }, () => {}, new AbortController().signal);
}

describe('matching while walking', () => {
  test('publishes what @actions/glob finds, and calls excluded what a `!` line takes from it', async () => {
    await fc.assert(
      fc.asyncProperty(trees, lines, fc.array(lines, { maxLength: 4 }), async (files, first, others) => {
        const root = await plant(files);
        process.chdir(root);
        const given = [first.replace(/^!/, ''), ...others].map((line) => located(line, root));
        const positives = given.filter((line) => !line.startsWith('!'));
        const negatives = given.filter((line) => line.startsWith('!'));

        const unnegated = await theirs(positives);
        const wanted = await theirs([...positives, ...negatives]);
        fc.pre(unnegated !== undefined && wanted !== undefined);

        const tree = await ours(given, root);
        const published = [...tree.files].map(({ path }) => path).sort();
        expect(published).toEqual(wanted);
        const name = (path: string): string => path.slice(root.length + 1);
        expect(unnegated.filter((path) => !tree.excluded(name(path)))).toEqual(published);
        // A pattern has no match when it finds nothing that is published.
        for (const line of new Set(positives)) {
          const alone = (await theirs([line]))?.filter((path) => published.includes(path)) ?? [];
          expect([line, tree.patternsWithoutMatch.includes(line)]).toEqual([line, alone.length === 0]);
        }
      }),
      { numRuns: 250 },
    );
  });
});
