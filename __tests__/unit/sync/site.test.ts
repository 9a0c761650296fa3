import { link, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parsePrefix } from '../../../src/model/object-key.js';
import type { LocalFile } from '../../../src/model/objects.js';
import { movedLocation, withoutOwnFiles, withSite } from '../../../src/sync/site.js';
import type { Tree } from '../../../src/sync/walk.js';
import { removeTree, writeTree } from '../../support/tree.js';
import { walkTree } from '../../support/walk-tree.js';

const names = ({ files }: Pick<Tree, 'files'>): readonly string[] => [...files].map(({ name }) => name);

describe('files that say how to publish the tree', () => {
  test('take no other file along that has their inode number', async () => {
    const [rules] = files.filter(({ name }) => name === '_headers');
    const alike = files.map((file) => ({ ...file, dev: rules!.dev, ino: rules!.ino }));
    const unpublished = new Set([join(root, '_headers')]);
    expect(names(await withoutOwnFiles(treeOf(alike), { unpublished }))).toEqual(['a.html']);
    const linked = alike.map((file) => ({ ...file, nlink: 2 }));
    expect(names(await withoutOwnFiles(treeOf(linked), { unpublished }))).toEqual(['a.html']);
  });

  let root: string;
  let files: readonly LocalFile[];
  const treeOf = (some: readonly LocalFile[], there: readonly string[] = []): Tree =>
    ({ root, files: some, isThere: async (name: string) => there.includes(name) }) as unknown as Tree;
  beforeEach(async () => {
    root = await writeTree({ 'a.html': 'a', _headers: 'rules' });
    files = await walkTree(root, new AbortController().signal);
  });
  afterEach(() => removeTree(root));

  test('are left out; what lies elsewhere, or is not there, leaves nothing out', async () => {
    const left = (...paths: readonly string[]): Promise<Tree> =>
      withoutOwnFiles(treeOf(files), { unpublished: new Set(paths) });
    expect(names(await left(join(root, '_headers')))).toEqual(['a.html']);
    const elsewhere = await writeTree({});
    await writeFile(join(elsewhere, 'report.json'), '{}');
    expect(names(await left(join(root, 'report.json'), join(elsewhere, 'report.json')))).toEqual([
      '_headers',
      'a.html',
    ]);
    await removeTree(elsewhere);
  });

  test('are not there by now either, under no name, and be they made since; what cannot be told is there', async () => {
    await link(join(root, '_headers'), join(root, 'hard'));
    await symlink('.', join(root, 'again'));
    const there = ['_headers', 'hard', 'again/_headers', 'a.html', 'r.json', 'gone'];
    const unpublished = new Set([join(root, '_headers'), join(root, 'r.json')]);
    const { isThere } = await withoutOwnFiles(treeOf(files, there), { unpublished });
    await writeFile(join(root, 'r.json'), 'made by this run');
    const found = await Promise.all([...there, 'b.html'].map(isThere));
    expect(found).toEqual([false, false, false, true, false, true, false]);
  });
});

test('clean-urls: names that are there already are not replaced, and the first is told', () => {
  const given = ['a', 'a.html', 'b', 'b.html', 'c.html', 'docs/index.html', 'secret.html'];
  const tree = {
    files: given.map((name) => ({ name }) as LocalFile),
    warnings: [],
    excluded: (name: string) => name === 'secret',
    skipped: () => false,
  } as unknown as Tree;
  const site = { compress: [], cleanUrls: true, redirects: [], unpublished: new Set<string>(), warnings: [] };
  const made = withSite(tree, site, parsePrefix('p'));
  expect(names(made)).toEqual([...given, 'c'].sort());
  expect(made.warnings).toEqual(['clean-urls: a and 1 more is there already, and is not replaced by a.html']);
});

test.each([
  ['/site/blog/p.html', 'site', 'prod/v 2', '/prod/v%202/blog/p.html'],
  ['/my%20site/p?a=b', 'my site', '', '/p?a=b'],
  ['/my site/p', 'my site', 'prod', '/prod/p'],
  ['/p.html', '', 'prod', '/prod/p.html'],
  ['/site2/p.html', 'site', 'prod', '/site2/p.html'],
  ['//site/p.html', '', 'prod', '//site/p.html'],
  ['https://www.example.com/site/p.html', 'site', 'prod', 'https://www.example.com/site/p.html'],
])('%s, copied from below "%s" to below "%s", leads to %s', (location, from, to, expected) => {
  expect(movedLocation(location, parsePrefix(from), parsePrefix(to))).toBe(expected);
});
