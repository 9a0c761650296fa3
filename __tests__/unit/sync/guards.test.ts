import { sep } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { ETag } from '../../../src/model/digest.js';
import { type ErrorCode, EXIT, type SyncError } from '../../../src/model/errors.js';
import { type ObjectKey, parsePrefix } from '../../../src/model/object-key.js';
import type { ListedObject, LocalFile } from '../../../src/model/objects.js';
import type { DeleteOptions, MaxDelete, TreeOptions } from '../../../src/model/options.js';
import { type Provider, providerOf } from '../../../src/store/providers.js';
import {
  guardBlocked,
  guardDeletions,
  guardInnerRun,
  guardMarkers,
  guardNames,
  guardNesting,
  guardOverlap,
  guardTree,
  nestedNames,
} from '../../../src/sync/guards.js';
import type { Planned } from '../../../src/sync/plan.js';
import type { Tree } from '../../../src/sync/walk.js';

const KEEP = {
  deleteAfter: false,
  maxDelete: { kind: 'default' },
  deleteExcluded: false,
  grace: { kind: 'none' },
  retain: [],
} as const;
const DELETE = { ...KEEP, deleteAfter: true } as const;

function tree(
  files: number,
  patternsWithoutMatch: readonly string[] = [],
  missing: readonly string[] = [],
): Tree {
  return {
    files: Array.from({ length: files }, () => ({}) as LocalFile),
    patternsWithoutMatch,
    missing,
  } as unknown as Tree;
}

const treeOf = (...names: readonly string[]): Tree =>
  ({ files: names.map((name) => ({ name })) }) as unknown as Tree;

function options(ifNoFilesFound: TreeOptions['ifNoFilesFound']): Pick<TreeOptions, 'ifNoFilesFound'> {
  return { ifNoFilesFound };
}

function planned(losses: number, listedUnexcluded: number, related = true): Planned {
  const firstLosses = Array.from({ length: Math.min(losses, 3) }, (_, i) => `k${i}`);
  return {
    losses,
    firstLosses,
    deletions: losses,
    listedUnexcluded,
    related,
    plan: { ranks: [] },
  } as unknown as Planned;
}

/** What a guard refuses with. */
function refusalOf(guard: () => unknown): unknown {
  try {
    guard();
  } catch (error) {
    const { code, exit, message } = error as SyncError;
    return { code, exit, message };
  }
  return undefined;
}

const refused = (code: ErrorCode, message: string): object => ({ code, exit: EXIT.refused, message });

describe('places of one bucket by two names', () => {
  const destination = { bucket: 'b', prefix: parsePrefix('site/copy') };
  const source = { prefix: parsePrefix('site'), url: 's3://access-point/site/' };
  const object = { key: 'site/copy/a' as ObjectKey, etag: 'e' as ETag, size: 1, lastModified: 5 };
  const overlap = (there: Partial<ListedObject>, prefix = 'site/copy'): unknown => {
    const listed = { ...object, storageClass: 'STANDARD', ...there };
    const found = { files: [{ name: 'copy/a', object }] } as unknown as Tree;
    const to = { ...destination, prefix: parsePrefix(prefix) };
    return refusalOf(() => guardOverlap(found, source, new Map([[listed.key, listed]]), to));
  };

  test('are refused where one lies in the other: an object is found in both, the same and as old', () => {
    expect(overlap({})).toMatchObject({ code: 'usage', exit: EXIT.usage });
  });
  test('are two places where the objects of one key differ in content or in time, or no time is told', () => {
    expect(overlap({ etag: 'other' as ETag })).toBeUndefined();
    expect(overlap({ lastModified: 6 })).toBeUndefined();
    expect(overlap({ lastModified: 0 })).toBeUndefined();
    expect(overlap({ key: 'site/copy/b' as ObjectKey })).toBeUndefined();
  });
  test('are no matter where neither prefix lies in the other', () => {
    expect(overlap({}, 'sit')).toBeUndefined();
  });
});

describe('an empty tree', () => {
  test('D1: is refused, with or without delete-after', () => {
    const places = ['public', '!public/tmp'];
    const error = refused(
      'no-files-found',
      'no files were found under public, !public/tmp: nothing was written or deleted; check paths or source, and excludes, or set if-no-files-found to warn',
    );
    expect(refusalOf(() => guardTree(tree(0), places, options('error'), DELETE))).toEqual(error);
    expect(refusalOf(() => guardTree(tree(0), places, options('error'), KEEP))).toEqual(error);
  });
  test('that is not there at all is told by its whole path: a build that failed, or another working directory', () => {
    const gone = tree(0, [], ['/work/repo/publik', '/work/repo/img', `/work/repo/file${sep}`]);
    const places = ['publik', 'img/**', 'file/'];
    expect(refusalOf(() => guardTree(gone, places, options('error'), KEEP))).toEqual(
      refused(
        'no-files-found',
        "no files were found under publik, img/**, file/, as there is no '/work/repo/publik', no '/work/repo/img', no directory '/work/repo/file/': nothing was written or deleted; check paths or source, and excludes, or set if-no-files-found to warn",
      ),
    );
  });
  test('of which excludes kept something back is told so, with the lines that did', () => {
    const kept = (excludedBy: readonly string[]): Tree => ({ ...tree(0, ['public/*.htm']), excludedBy });
    expect(refusalOf(() => guardTree(kept(['*']), ['public'], options('error'), KEEP))).toEqual(
      refused(
        'no-files-found',
        'no files were found under public, but for what is excluded by "*": nothing was written or deleted; check paths or source, and excludes, or set if-no-files-found to warn',
      ),
    );
    expect(guardTree(kept(['a', 'b']), ['public'], options('warn'), KEEP)).toEqual([
      'no files were found under public, but for what is excluded by "a", "b": nothing is written or deleted',
    ]);
  });
  test('of a quoted pattern in the place of DIR: told to be none', () => {
    const gone = tree(0, [], ['/work/repo/pub/*']);
    expect(refusalOf(() => guardTree(gone, ['./pub/*'], options('error'), KEEP))).toMatchObject({
      message: expect.stringContaining(
        "no '/work/repo/pub/*' (a DIR is no pattern: write './pub/', or --path './pub/*'): nothing was written",
      ),
    });
  });
  test('is a warning, or nothing, when that was asked for', () => {
    expect(guardTree(tree(0), ['public'], options('warn'), DELETE)).toEqual([
      'no files were found under public: nothing is written or deleted',
    ]);
    expect(guardTree(tree(0), ['public'], options('ignore'), DELETE)).toEqual([]);
  });
  test('D12: a pattern without a match refuses under delete-after and warns without', () => {
    const unmatched = tree(1, ['img/**', 'css/**']);
    expect(refusalOf(() => guardTree(unmatched, ['public'], options('error'), DELETE))).toEqual(
      refused(
        'pattern-without-match',
        'delete-after is set and these paths matched no file: img/**, css/**; what they should have published would be deleted. Check the build, or take the lines out',
      ),
    );
    expect(guardTree(unmatched, ['public'], options('error'), KEEP)).toEqual([
      'these paths matched no file: img/**, css/**',
    ]);
    expect(guardTree(tree(1), ['public'], options('error'), DELETE)).toEqual([]);
    expect(guardTree(tree(1), ['public'], options('error'), KEEP)).toEqual([]);
  });
});

describe('files beside a directory of their name', () => {
  test.each([
    [['a/b', 'ab', 'a-b/c', 'b'], undefined],
    [['a', 'a/b'], 'a beside what lies below a/'],
    [['a/b/c/d', 'a/b'], 'a/b beside what lies below a/b/'],
    [['a/x', 'a', 'b/x', 'b', 'c/x', 'c'], 'a, b, c beside what lies below a/'],
    [['a/x', 'a', 'b/x', 'b', 'c/x', 'c', 'd/x', 'd'], 'a, b, c and 1 more beside what lies below a/'],
  ])('%j: %s', (names, expected) => {
    expect(nestedNames(treeOf(...names))).toBe(expected);
  });

  test('are refused where objects are kept as files', () => {
    expect(refusalOf(() => guardNesting(treeOf('a', 'b/c'), 'MinIO'))).toBeUndefined();
    expect(refusalOf(() => guardNesting(treeOf('a', 'a/b'), 'MinIO'))).toEqual(
      refused(
        'key-collision',
        'MinIO keeps objects as files and cannot hold a beside what lies below a/: nothing was written; rename them, or leave them out (clean-urls and redirects-file make such names)',
      ),
    );
  });
});

describe('names that may be those of other objects', () => {
  const SEAWEEDFS = providerOf('http://127.0.0.1:8333', 'SeaweedFS');
  const VERSITYGW = providerOf('http://127.0.0.1:7070', 'VERSITYGW');
  const UNKNOWN = providerOf('https://files.example.com');
  const guard = (
    { name: provider, otherNames }: Provider,
    names: readonly string[],
    prefix = 'p',
    keys: readonly string[] = [],
  ) => {
    const listing = new Map(keys.map((key) => [key as ObjectKey, {} as ListedObject]));
    return refusalOf(() => guardNames(names, parsePrefix(prefix), listing, { provider, otherNames }));
  };

  test.each(['a//b', '/a', 'a//', './a', '../a', 'a/./b', 'a/../../b', '..', 'a/.'])(
    '%s is refused where keys are, or may be, taken for paths, and nowhere else',
    (name) => {
      for (const provider of [SEAWEEDFS, VERSITYGW, UNKNOWN])
        expect(guard(provider, ['k', name])).toEqual(
          refused(
            'unsafe-name',
            `1 name has an empty, \`.\` or \`..\` directory name or a backslash, which the server (${provider.name}) may take for the path of another object: nothing was written: '${name}'; rename or exclude them`,
          ),
        );
      const literal = [
        providerOf(undefined),
        providerOf('https://files.example.com', 'AmazonS3'),
        providerOf('https://a.r2.cloudflarestorage.com'),
        providerOf('https://s3.eu-central-003.backblazeb2.com'),
        providerOf('https://storage.googleapis.com'),
      ];
      for (const provider of literal) expect(guard(provider, [name])).toBeUndefined();
    },
  );

  test('others are no paths, a directory marker among them', () => {
    const names = ['a/', '.a/b', 'a./b', '..a', 'a..', '...', 'a/...', 'a b+c', '.well-known/x'];
    expect(guard(UNKNOWN, names)).toBeUndefined();
    expect(guard(SEAWEEDFS, names)).toBeUndefined();
  });

  test('a backslash is one where it is stored as a slash', () => {
    expect(guard(SEAWEEDFS, ['a\\b'])).toBeDefined();
    expect(guard(VERSITYGW, ['a\\b'])).toBeUndefined();
  });

  test('of a prefix it is said how it would be written, and of many names the first', () => {
    expect(guard(VERSITYGW, ['k'], 'site//pr/./1')).toEqual(
      refused(
        'unsafe-name',
        "the prefix 'site//pr/./1/' has an empty, `.` or `..` directory name, which the server (versitygw) may take for the path of another object: nothing was written or deleted; write 'site/pr/1/' if that is meant",
      ),
    );
    expect(guard(VERSITYGW, [], 'a//b')).toBeDefined();
    expect(guard(VERSITYGW, ['1//', '2//', '3//', '4//'])).toMatchObject({
      message: expect.stringContaining('4 names have an empty, `.` or `..` directory name or a backslash'),
    });
    expect(guard(VERSITYGW, ['1//', '2//', '3//', '4//'])).toMatchObject({
      message: expect.stringContaining("nothing was written: '1//', '2//', '3//' and 1 more; rename"),
    });
  });

  test('what is listed under such names shows that those of its kind are kept', () => {
    expect(guard(UNKNOWN, ['b//c', 'd'], 'p', ['p/a//b'])).toBeUndefined();
    expect(guard(UNKNOWN, ['b'], 'p//q', ['p//q/a'])).toBeUndefined();
    expect(guard(UNKNOWN, ['../c'], 'p', ['p/a//b'])).toBeDefined();
    expect(guard(UNKNOWN, ['b/..//c'], 'p', ['p/a//b'])).toBeDefined();
  });
});

test('bytes under a name that ends at a slash are refused where they would be dropped', () => {
  const files = [
    { name: 'a/', size: 2 },
    { name: 'b/', size: 0 },
    { name: 'c', size: 1 },
  ] as unknown as readonly LocalFile[];
  const guard = (server: string) => {
    const { name: provider, markersHaveBytes } = providerOf('http://127.0.0.1:8333', server);
    return refusalOf(() => guardMarkers(files, { provider, markersHaveBytes }));
  };
  expect(guard('SeaweedFS')).toEqual(
    refused(
      'unsafe-name',
      "SeaweedFS keeps no bytes under a name that ends at a slash ('a/'): nothing was written; rename or exclude them",
    ),
  );
  expect(guard('AmazonS3')).toBeUndefined();
});

describe('what a server cannot hold beside what is new', () => {
  const inTheWay = (names: readonly string[], keys: readonly string[]) => {
    const listing = new Map(keys.map((key) => [key as ObjectKey, {} as ListedObject]));
    return refusalOf(() => guardBlocked(treeOf(...names), listing, parsePrefix('p'), 'versitygw'));
  };

  test.each([
    [
      ['a', 'b/c'],
      ['p/a', 'p/b/d', 'p/bc', 'p/b.c'],
    ],
    [
      ['a', 'a/b'],
      ['p/a', 'p/a/b'],
    ],
    [['a/b'], []],
    [['a/b'], ['p/a/']],
  ])('nothing: %j where there is %j', (names, keys) => {
    expect(inTheWay(names, keys)).toBeUndefined();
  });

  test.each([
    [['a/b/c'], ['p/a'], 'p/a is in the way of p/a/b/c'],
    [['a'], ['p/a/b/c'], 'p/a/b/c is in the way of p/a'],
    [['a'], ['p/a/'], 'p/a/ is in the way of p/a'],
    [['a/b', 'a/c'], ['p/a'], 'p/a is in the way of p/a/b, p/a is in the way of p/a/c'],
    [['a/b'], ['p'], 'p is in the way of p/a/b'],
  ])('%j where there is %j: %s', (names, keys, told) => {
    expect(inTheWay(names, keys)).toEqual(
      refused(
        'in-the-way',
        `versitygw keeps objects as files: ${told}, and deletes come last: nothing was written; delete what is in the way by hand first, in a versioned bucket with all its versions`,
      ),
    );
  });
});

describe('D8, D11: the deletion limit', () => {
  const rows: readonly [MaxDelete, number, number, boolean][] = [
    [{ kind: 'default' }, 20, 20, true],
    [{ kind: 'default' }, 21, 40, false],
    [{ kind: 'default' }, 25, 100, true],
    [{ kind: 'default' }, 26, 100, false],
    [{ kind: 'default' }, 25, 103, true],
    [{ kind: 'default' }, 26, 103, false],
    [{ kind: 'none' }, 1000, 1000, true],
    [{ kind: 'count', count: 5 }, 5, 10, true],
    [{ kind: 'count', count: 5 }, 6, 1000, false],
    [{ kind: 'count', count: 0 }, 1, 1000, false],
    [{ kind: 'percent', percent: 10 }, 1, 10, true],
    [{ kind: 'percent', percent: 10 }, 2, 10, false],
    [{ kind: 'percent', percent: 10 }, 2, 19, false],
  ];
  test.each(rows)('%j: %i of %i allowed: %s', (maxDelete, losses, listed, allowed) => {
    const guard = (policy: DeleteOptions): void => guardDeletions(planned(losses, listed), policy, 's3://b/');
    const limit = {
      default: listed === 40 ? 20 : 25,
      none: 0,
      count: 'count' in maxDelete ? maxDelete.count : 0,
      percent: 1,
    };
    expect(refusalOf(() => guard({ ...DELETE, maxDelete }))).toEqual(
      allowed
        ? undefined
        : refused(
            'too-many-deletions',
            `${losses} of ${listed} objects under s3://b/ would be deleted (${named(losses)}) and max-delete allows ${limit[maxDelete.kind]}: nothing was written; check the tree, or set max-delete: ${losses}`,
          ),
    );
    expect(refusalOf(() => guard({ ...KEEP, maxDelete }))).toBeUndefined();
  });

  /** The first few, and how many more. */
  function named(losses: number): string {
    return losses > 3 ? `k0, k1, k2 and ${losses - 3} more` : ['k0', 'k1', 'k2'].slice(0, losses).join(', ');
  }

  test('says what else than a tree to check', () => {
    const given = { ...DELETE, maxDelete: { kind: 'count', count: 0 } } as const;
    expect(() => guardDeletions(planned(1, 1), given, 's3://b/', 'the prefix')).toThrow(
      /; check the prefix, or/,
    );
  });

  test('D14: a destination that shares nothing with the tree is refused, unless max-delete is given', () => {
    expect(refusalOf(() => guardDeletions(planned(3, 3, false), DELETE, 's3://b/'))).toEqual(
      refused(
        'unrelated-destination',
        "s3://b/ holds 3 objects (k0, k1, k2) and shares neither a key nor a content with the tree, so delete-after would delete somebody else's files: check bucket and prefix, or set max-delete to allow it",
      ),
    );
    const given = { ...DELETE, maxDelete: { kind: 'count', count: 3 } } as const;
    expect(() => guardDeletions(planned(3, 3, false), given, 's3://b/')).not.toThrow();
    expect(() => guardDeletions(planned(1, 1, false), DELETE, 's3://b/')).toThrow(
      / holds 1 object \(k0\) and /,
    );
    expect(() => guardDeletions(planned(0, 0, false), DELETE, 's3://b/')).not.toThrow();
    expect(() => guardDeletions(planned(3, 3, false), KEEP, 's3://b/')).not.toThrow();
  });

  test('D14: what a download says of its target speaks of files and names', () => {
    const guard = (of: Planned): unknown =>
      refusalOf(() => guardDeletions(of, DELETE, '/srv/site', 'the source'));
    expect(guard(planned(3, 3, false))).toEqual(
      refused(
        'unrelated-destination',
        "/srv/site holds 3 files (k0, k1, k2) and shares neither a name nor a content with the source, so delete-after would delete somebody else's files: check source and target, or set max-delete to allow it",
      ),
    );
    const given = { ...DELETE, maxDelete: { kind: 'count', count: 0 } } as const;
    expect(() => guardDeletions(planned(1, 1), given, '/srv/site', 'the source')).toThrow(
      /^1 of 1 files under .+; check the source, or/,
    );
  });

  test('another destination inside of this one is not deleted with it, now or later', () => {
    const guard = (action: string, key: string, own: string, reason = 'absent'): unknown => {
      const phases = [{ kind: 'publish', steps: [{ action, key, reason }] }];
      const of = { deletions: 1, plan: { ranks: [{ name: 'deletes', phases }] } } as unknown as Planned;
      const keys = [key, own, 'site/a'] as ObjectKey[];
      return refusalOf(() => guardInnerRun(of, keys, { prefix: parsePrefix('site') }, 's3://b/site/'));
    };
    const own = 'site/docs/.s3-dedup-sync/lock';
    const told = refused(
      'unrelated-destination',
      's3://b/site/: site/docs/.s3-dedup-sync/ says that another run publishes to site/docs/, and delete-after would delete that: exclude it ("/docs/"), which protects it; only if nothing is published there any more, remove it',
    );
    expect(guard('delete', own, own)).toEqual(told);
    expect(guard('delete', 'site/docs/d/page', own)).toEqual(told);
    expect(guard('keep', 'site/docs/d/page', own, 'grace')).toEqual(told);
    expect(guard('keep', 'site/docs/page', own, 'acl')).toBeUndefined();
    expect(guard('delete', 'site/docs2/page', own)).toBeUndefined();
    expect(guard('delete', 'site/page', own)).toBeUndefined();
    expect(guard('delete', 'site/docs/page', 'site/docs/my.s3-dedup-sync/lock')).toBeUndefined();
    expect(guard('delete', 'site/docs/page', 'site/.s3-dedup-sync/lock')).toBeUndefined();
  });
});
