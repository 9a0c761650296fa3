import { sep } from 'node:path';
import { GLOBSTAR, Minimatch } from 'minimatch';
import type { PathPattern } from '../model/options.js';

/**
 * Matches paths while walking, in the dialect of @actions/glob, which is Minimatch with these options; but
 * never with `nocase`: keys are case-sensitive, so patterns are, on every system.
 */
const DIALECT = { dot: true, nobrace: true, nocomment: true, noext: true, nonegate: true } as const;

/** One segment of a pattern: any number of names, this name, or a name like this. */
type Segment = typeof GLOBSTAR | string | { test(name: string): boolean };

interface Compiled {
  readonly segments: readonly Segment[];
  /** `endsAt[i]`: nothing more needs to follow once `i` segments are matched. */
  readonly endsAt: readonly boolean[];
  readonly directoriesOnly: boolean;
}

/**
 * Where a pattern stands at a directory: how many of its segments the path to there may have used up. A
 * directory that a pattern matches whole is covered: @actions/glob's implicit descendants.
 */
interface Standing {
  readonly pattern: Compiled;
  readonly at: readonly number[];
  readonly covered: boolean;
}

/** What the patterns say at one directory; made by a matcher, given back to it. */
export interface DirectoryMatch {
  readonly positives: readonly Standing[];
  readonly negatives: readonly Standing[];
  /** Every file is published that no `!` line takes out. */
  readonly covered: boolean;
}

export interface PathMatcher {
  /** At an absolute directory; undefined when nothing in it or below can be published. */
  at(directory: string): DirectoryMatch | undefined;
  /** At a directory in a directory; undefined when nothing in it or below can be published. */
  enter(parent: DirectoryMatch, name: string): DirectoryMatch | undefined;
  /** Whether a file in the directory is published. */
  takes(parent: DirectoryMatch, name: string): boolean;
  /** Notes which patterns a published file belongs to. */
  found(parent: DirectoryMatch, name: string): void;
  /** Positive patterns that no published file was noted for, as they were given. */
  withoutMatch(): readonly string[];
  /** `!` patterns that took out nothing of what was met or asked for. */
  unusedNegations(): readonly PathPattern[];
  /** Whether a `!` line takes out paths below an absolute directory. A slash at the end: a directory. */
  negatedBelow(directory: string): (path: string) => boolean;
}

/**
 * Compares segment by segment on the way down, so that a directory that no pattern reaches is never opened
 * and a file costs at most one comparison a pattern; none where the directory is covered.
 */
export function pathMatcher(patterns: readonly PathPattern[]): PathMatcher {
  const unused = new Map(patterns.filter((pattern) => pattern.negate).map((p) => [compile(p), p]));
  const unmatched = new Map(patterns.filter((pattern) => !pattern.negate).map((p) => [compile(p), p.text]));
  const positivesAt = standingsByDirectory([...unmatched.keys()]);
  const negativesAt = standingsByDirectory([...unused.keys()]);

  /** Whether one of them is so. All that are took something out. */
  const takenOut = (standings: readonly Standing[], isSo: (standing: Standing) => boolean): boolean => {
    if (unused.size === 0) return standings.some(isSo);
    const all = standings.filter(isSo);
    for (const { pattern } of all) unused.delete(pattern);
    return all.length > 0;
  };
  const directoryMatch = (
    positives: readonly Standing[],
    negatives: readonly Standing[],
  ): DirectoryMatch | undefined => {
    if (positives.length === 0 || takenOut(negatives, isCovered)) return undefined;
    return { positives, negatives, covered: positives.some(isCovered) };
  };

  return {
    at: (directory) => directoryMatch(positivesAt(directory), negativesAt(directory)),
    enter(parent, name) {
      // The common case, `dir` and nothing else: what holds for a directory holds for all below it.
      if (parent.covered && parent.negatives.length === 0 && unmatched.size === 0) return parent;
      return directoryMatch(advanceAll(parent.positives, name), advanceAll(parent.negatives, name));
    },
    takes(parent, name) {
      if (takenOut(parent.negatives, (standing) => matchesFile(standing, name))) return false;
      return parent.covered || parent.positives.some((standing) => matchesFile(standing, name));
    },
    found(parent, name) {
      if (unmatched.size === 0) return;
      for (const standing of parent.positives) {
        if (unmatched.has(standing.pattern) && matchesFile(standing, name))
          unmatched.delete(standing.pattern);
      }
    },
    withoutMatch: () => [...new Set(unmatched.values())],
    unusedNegations: () => [...unused.values()],
    negatedBelow(directory) {
      const start = negativesAt(directory);
      return (path) => negates(start, path);
    },
  };
}

function compile(pattern: PathPattern): Compiled {
  const glob = pattern.glob === '' ? [] : new Minimatch(pattern.glob, DIALECT).set[0];
  // Minimatch leaves a pattern out that it cannot compile: it matches nothing.
  const segments: readonly Segment[] = [...segmentsOf(pattern.base), ...(glob ?? [{ test: () => false }])];
  const endsAt = segments.map((_, i) => segments.slice(i).every((segment) => segment === GLOBSTAR));
  return { segments, endsAt: [...endsAt, true], directoriesOnly: pattern.directoriesOnly };
}

function segmentsOf(path: string): readonly string[] {
  return path.split(sep).filter((segment) => segment !== '');
}

/** Each directory is come to but once: a list of changed files can be thousands of patterns. */
function standingsByDirectory(patterns: readonly Compiled[]): (directory: string) => readonly Standing[] {
  const first = patterns.map((pattern) => standing(pattern, reach(pattern, 0, [])));
  const known = new Map<string, readonly Standing[]>();
  return (directory) => {
    let standings: readonly Standing[] = first;
    let path = '';
    for (const segment of segmentsOf(directory)) {
      path += sep + segment;
      const next = known.get(path) ?? advanceAll(standings, segment);
      known.set(path, next);
      standings = next;
    }
    return standings;
  };
}

function isCovered({ covered }: Standing): boolean {
  return covered;
}

function standing(pattern: Compiled, at: readonly number[]): Standing {
  return { pattern, at, covered: at.some((i) => pattern.endsAt[i] === true) };
}

/** Adds position `i`, and those behind a `**`, which may stand for no name at all. */
function reach(pattern: Compiled, i: number, at: number[]): number[] {
  for (let position = i; !at.includes(position); position++) {
    at.push(position);
    if (pattern.segments[position] !== GLOBSTAR) break;
  }
  return at;
}

function advanceAll(standings: readonly Standing[], name: string): readonly Standing[] {
  const advanced: Standing[] = [];
  for (const before of standings) {
    const after = before.covered ? before : standing(before.pattern, advance(before, name));
    if (after.at.length > 0) advanced.push(after);
  }
  return advanced;
}

function advance({ pattern, at }: Standing, name: string): readonly number[] {
  const next: number[] = [];
  for (const i of at) {
    const segment = pattern.segments[i];
    if (segment === GLOBSTAR) reach(pattern, i, next);
    else if (hits(segment, name)) reach(pattern, i + 1, next);
  }
  return next;
}

function matchesFile({ pattern, at, covered }: Standing, name: string): boolean {
  if (covered) return true;
  if (pattern.directoriesOnly) return false;
  for (const i of at) {
    if (pattern.endsAt[i + 1] === true && hits(pattern.segments[i], name)) return true;
  }
  return false;
}

function hits(segment: Segment | undefined, name: string): boolean {
  if (typeof segment === 'string') return segment === name;
  return typeof segment === 'object' && segment.test(name);
}

function negates(start: readonly Standing[], path: string): boolean {
  let standings = start;
  const segments = path.split('/');
  const file = segments.pop();
  for (const segment of segments) {
    if (standings.some((standing) => standing.covered)) return true;
    if (standings.length === 0) return false;
    standings = advanceAll(standings, segment);
  }
  return standings.some(
    (standing) => standing.covered || (file !== '' && file !== undefined && matchesFile(standing, file)),
  );
}
