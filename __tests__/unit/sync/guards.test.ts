import { describe, expect, test } from '@jest/globals';
import type { LocalFile } from '../../../src/model/objects.js';
import type { MaxDelete, TreeOptions } from '../../../src/model/options.js';
import { guardDeletions, guardTree } from '../../../src/sync/guards.js';
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

function tree(files: number, patternsWithoutMatch: readonly string[] = []): Tree {
  return {
    files: Array.from({ length: files }, () => ({}) as LocalFile),
    patternsWithoutMatch,
  } as unknown as Tree;
}

function options(ifNoFilesFound: TreeOptions['ifNoFilesFound']): Pick<TreeOptions, 'ifNoFilesFound'> {
  return { ifNoFilesFound };
}

function planned(losses: number, listedUnexcluded: number, related = true): Planned {
  return { losses, deletions: losses, listedUnexcluded, related, plan: { ranks: [] } } as unknown as Planned;
}

describe('an empty tree', () => {
  test('D1: is refused', () => {
    expect(() => guardTree(tree(0), ['public'], options('error'), DELETE)).toThrow(
      /no files were found under public/,
    );
  });
  test('is a warning, or nothing, when that was asked for', () => {
    expect(guardTree(tree(0), ['public'], options('warn'), DELETE)).toHaveLength(1);
    expect(guardTree(tree(0), ['public'], options('ignore'), DELETE)).toEqual([]);
  });
  test('D12: a pattern without a match refuses under delete-after and warns without', () => {
    expect(() => guardTree(tree(1, ['img/**']), ['public'], options('error'), DELETE)).toThrow(/img\/\*\*/);
    expect(guardTree(tree(1, ['img/**']), ['public'], options('error'), KEEP)).toEqual([
      'these paths matched no file: img/**',
    ]);
  });
});

describe('D8, D11: the deletion limit', () => {
  const rows: readonly [MaxDelete, number, number, boolean][] = [
    [{ kind: 'default' }, 20, 20, true],
    [{ kind: 'default' }, 21, 40, false],
    [{ kind: 'default' }, 25, 100, true],
    [{ kind: 'default' }, 26, 100, false],
    [{ kind: 'none' }, 1000, 1000, true],
    [{ kind: 'count', count: 5 }, 5, 10, true],
    [{ kind: 'count', count: 5 }, 6, 1000, false],
    [{ kind: 'count', count: 0 }, 1, 1000, false],
    [{ kind: 'percent', percent: 10 }, 1, 10, true],
    [{ kind: 'percent', percent: 10 }, 2, 10, false],
  ];
  test.each(rows)('%j: %i of %i allowed: %s', (maxDelete, losses, listed, allowed) => {
    const guard = (): void => guardDeletions(planned(losses, listed), { ...DELETE, maxDelete }, 's3://b/');
    if (allowed) expect(guard).not.toThrow();
    else expect(guard).toThrow(new RegExp(`^${losses} of ${listed} objects .* set max-delete: ${losses}$`));
  });

  test('D14: a destination that shares nothing with the tree is refused, unless max-delete is given', () => {
    expect(() => guardDeletions(planned(3, 3, false), DELETE, 's3://b/')).toThrow(
      /shares neither a key nor a content/,
    );
    const given = { ...DELETE, maxDelete: { kind: 'count', count: 3 } } as const;
    expect(() => guardDeletions(planned(3, 3, false), given, 's3://b/')).not.toThrow();
    expect(() => guardDeletions(planned(0, 0, false), DELETE, 's3://b/')).not.toThrow();
    expect(() => guardDeletions(planned(3, 3, false), KEEP, 's3://b/')).not.toThrow();
  });
});
