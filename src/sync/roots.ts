import type { BigIntStats } from 'node:fs';
import { lstat, realpath, stat } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import { isInside } from '../disk/is-inside.js';
import { usageError } from '../model/errors.js';
import type { PathPattern, TreeOptions } from '../model/options.js';
import { errorCode, isGone } from './system-error.js';
import { showName } from './walk-findings.js';

/** What a search path names. It may itself be a symbolic link: whoever names it means what it leads to. */
export type FoundStart =
  | { readonly kind: 'file'; readonly stats: BigIntStats; readonly real: string }
  | { readonly kind: 'directory'; readonly real: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'special'; readonly stats: BigIntStats }
  | { readonly kind: 'broken' }
  | { readonly kind: 'cycle' }
  | { readonly kind: 'unreadable'; readonly error: unknown };

export interface Start {
  readonly path: string;
  readonly found: FoundStart;
}

export interface Roots {
  /** Names are taken below it. */
  readonly root: string;
  /** Search paths, those below another one left out. */
  readonly starts: readonly Start[];
  /** Where links may lead under `symlinks: inside`. */
  readonly realRoots: readonly string[];
}

/**
 * The root comes from the spelling of the patterns and from whether a search path is a file (which publishes
 * its base name), never from what matches (D12): a build that filled fewer directories must not shift keys.
 */
export async function findRoots(options: TreeOptions): Promise<Roots> {
  const patterns = options.patterns.filter((pattern) => !pattern.negate);
  if (patterns.length === 0) {
    throw usageError('no path says what to publish; give a directory, a file or a pattern');
  }
  const found = new Map<string, FoundStart>();
  for (const { searchPath } of patterns) {
    if (!found.has(searchPath)) found.set(searchPath, await find(searchPath));
  }
  const root = options.root ?? commonRoot(patterns, found);
  checkInside(root, patterns, found);

  const starts = [...found].map(([path, what]) => ({ path, found: what }));
  const realRoots = starts.flatMap(({ found: what }) => ('real' in what ? [what.real] : []));
  const realRoot = await realpath(root).catch(() => undefined);
  return {
    root,
    starts: starts.filter(({ path }) => !liesBelowAny(path, found)),
    realRoots: realRoot === undefined ? realRoots : [realRoot, ...realRoots],
  };
}

function liesBelowAny(path: string, paths: ReadonlyMap<string, unknown>): boolean {
  for (let below = path, above = dirname(path); above !== below; below = above, above = dirname(above)) {
    if (paths.has(above)) return true;
  }
  return false;
}

async function find(path: string): Promise<FoundStart> {
  try {
    const stats = await stat(path, { bigint: true });
    if (!stats.isFile() && !stats.isDirectory()) return { kind: 'special', stats };
    const real = await realpath(path);
    return stats.isFile() ? { kind: 'file', stats, real } : { kind: 'directory', real };
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ELOOP') return { kind: 'cycle' };
    if (isGone(error)) {
      const isLink = await lstat(path)
        .then((stats) => stats.isSymbolicLink())
        .catch(() => false);
      return { kind: isLink ? 'broken' : 'missing' };
    }
    return { kind: 'unreadable', error };
  }
}

/** Roots that a pattern can have, the likelier one first. */
function rootsOf(pattern: PathPattern, found: FoundStart | undefined): readonly string[] {
  const path = pattern.searchPath;
  switch (found?.kind) {
    case 'file':
    case 'special':
      return [dirname(path)];
    case 'missing':
    case 'broken':
    case 'cycle':
      // It may have been a file or a directory, so it fits a root that is given by others in either way.
      return isLiteral(pattern) && !pattern.directoriesOnly ? [path, dirname(path)] : [path];
    case 'directory':
    case 'unreadable':
    case undefined:
      return [path];
  }
}

/** Whether nothing in the pattern is a wildcard: its search path is all of it. */
function isLiteral({ base, glob, searchPath }: PathPattern): boolean {
  const depth = (path: string): number => path.split(sep).filter((segment) => segment !== '').length;
  return depth(base) + glob.split('/').filter((segment) => segment !== '').length === depth(searchPath);
}

function commonRoot(patterns: readonly PathPattern[], found: ReadonlyMap<string, FoundStart>): string {
  const roots = patterns.map((pattern) => rootsOf(pattern, found.get(pattern.searchPath)));
  const common = roots[0]?.find((root) => roots.every((others) => others.includes(root)));
  if (common !== undefined) return common;
  const distinct = [...new Set(roots.map((candidates) => candidates[0]!))];
  throw usageError(
    'the paths have more than one root, and each would give other keys: ' +
      `${distinct.map(showName).join(', ')}; ` +
      'set root to the directory that keys are taken below',
  );
}

function checkInside(
  root: string,
  patterns: readonly PathPattern[],
  found: ReadonlyMap<string, FoundStart>,
): void {
  for (const { text, searchPath } of patterns) {
    const kind = found.get(searchPath)?.kind;
    const directory = kind === 'file' || kind === 'special' ? dirname(searchPath) : searchPath;
    if (isInside(directory, root)) continue;
    throw usageError(
      `the path ${showName(text)} lies outside of the root ${showName(root)}; ` +
        'set root to a directory above it',
    );
  }
}
