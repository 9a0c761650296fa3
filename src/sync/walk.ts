import { basename, dirname, join, relative, sep } from 'node:path';
import { FileCalls } from '../disk/file-calls.js';
import { usageError } from '../model/errors.js';
import { namesOf } from '../model/file-columns.js';
import { compareKeys, directoriesAbove, OWN_DIRECTORY } from '../model/object-key.js';
import type { Files } from '../model/objects.js';
import type { TreeOptions } from '../model/options.js';
import { parseExcludes } from './excludes.js';
import { FileTable } from './file-table.js';
import { misplacedNegations } from './misplaced-negations.js';
import { pathMatcher } from './path-match.js';
import { findRoots, type Start } from './roots.js';
import { unusedExcludes } from './unused-excludes.js';
import { collisionWarning, listed, NAMES_SHOWN, refusalOf, showName } from './walk-findings.js';
import {
  createWalker,
  type Findings,
  GIT,
  hasGitSegment,
  type OnFound,
  type Rules,
  type Work,
} from './walker.js';

/** What there is to publish, and what of the destination it has nothing to say about. */
export interface Tree {
  /** Absolute directory that names are taken below. */
  readonly root: string;
  /** Sorted by `compareKeys` of the name; names are unique. */
  readonly files: Files;
  /**
   * Kept from being published by `excludes`, a `!` line or the .git rule, or our own.
   * Takes the path below the prefix.
   */
  readonly excluded: (name: string) => boolean;
  /** Entries that were met and left out: their keys, and those below them, are protected. */
  readonly skipped: (name: string) => boolean;
  /**
   * Whether a directory of this name was walked: its marker, an empty object `name/`, is no leftover (D10).
   * Takes the path below the prefix without the slash.
   */
  readonly hasDirectory: (name: string) => boolean;
  /**
   * Whether a file that would be published under this name is there by now, which the walk did not find. Takes the path
   * below the prefix.
   */
  readonly isThere: (name: string) => Promise<boolean>;
  /** One line each. */
  readonly warnings: readonly string[];
  /**
   * Paths that `paths` names and that are not there: no such directory was built, or it was elsewhere. With a slash at its
   * end: a directory was named, and a file is there.
   */
  readonly missing: readonly string[];
  /** Patterns that no published file belongs to, as they were given (D12). */
  readonly patternsWithoutMatch: readonly string[];
  /** Lines of `excludes` that kept something back, where no file was found. */
  readonly excludedBy?: readonly string[];
  /** Lines of `excludes` that kept back nothing that was met or asked for so far, as they were given. */
  readonly unusedExcludes: () => readonly string[];
}

/** Directories and slices of directories that are looked at side by side. */
const IN_FLIGHT = 32;
/** What no entry of a directory is called. */
const NO_NAME: ReadonlySet<string> = new Set(['', '.', '..']);
/** A walk with more refusals than this has nothing more to tell. */
const MOST_REFUSALS = 1000;
/**
 * Finds the files that `options` publish.
 *
 * A directory that nothing in it can be published from is not opened. An entry that is gone when it is looked at
 * refuses the run: it would count as absent. All refusals come in one error, before anything is written.
 *
 * @param onFound told of every file as it is met, in no order
 */
export async function walk(
  options: TreeOptions,
  onProgress: (files: number) => void,
  signal: AbortSignal,
  onFound: OnFound = () => undefined,
): Promise<Tree> {
  signal.throwIfAborted();
  const { root, starts, realRoots } = await findRoots(options);
  checkGit(options, starts);
  const matcher = pathMatcher(options.patterns);
  const used = new Set<string>();
  const rules: Rules = { includeGit: options.includeGit, excludes: parseExcludes(options.excludes, used) };
  const findings: Findings = {
    files: new FileTable(),
    refusals: [],
    skipped: new Map(),
    directories: new Set(),
    secrets: [],
    ownBelow: new Set(),
  };
  const walker = createWalker({ options, rules, matcher, realRoots, findings, onProgress, onFound });

  const calls = new FileCalls();
  const negated = matcher.negatedBelow(root);
  const excluded = (name: string): boolean => isExcluded(rules, name) || negated(name);

  const first: Work[] = [];
  for (const start of starts) {
    const name = nameBelow(root, start.path);
    const key = start.found.kind === 'directory' && name !== '' ? `${name}/` : name;
    if (!excluded(key)) for (const work of await walker.begin(start, name)) first.push(work);
  }
  await drain(first, walker.visit, () => findings.refusals.length < MOST_REFUSALS, signal);

  const refusal = refusalOf(findings.refusals);
  if (refusal !== undefined) throw refusal;
  const files = findings.files.sorted();
  onProgress(files.length);
  // Copied: what lines are asked later adds to those that met something.
  const excludedBy = files.length === 0 ? [...used] : [];
  return {
    root,
    files,
    excludedBy,
    excluded,
    skipped: (name) => isBelowAny(name, findings.skipped),
    hasDirectory: (name) => findings.directories.has(name),
    isThere: async (name) => {
      // Nothing is, nearly always.
      const stats = await calls.lstat(`${root}/${name}`).catch(() => undefined);
      if (stats?.isFile() !== true || excluded(name)) return false;
      const segments = name.split('/');
      if (segments.some((segment) => NO_NAME.has(segment))) return false;
      const path = join(root, ...segments);
      const at = matcher.at(dirname(path));
      return at !== undefined && matcher.takes(at, basename(path));
    },
    warnings: [
      ...warningsOf(findings, files),
      ...misplacedNegations(matcher.unusedNegations(), root, () => namesOf(files)),
    ],
    missing: starts.flatMap(({ path, found }) => {
      if (found.kind === 'missing') return [path];
      const named = options.patterns.filter(({ negate, searchPath }) => !negate && searchPath === path);
      return found.kind === 'file' && named.every((pattern) => pattern.directoriesOnly) ? [path + sep] : [];
    }),
    patternsWithoutMatch: matcher.withoutMatch(),
    unusedExcludes: () => unusedExcludes(options.excludes, used),
  };
}

/** Works off a stack, some pieces side by side. The last in goes first, which keeps the stack short. */
async function drain(
  first: readonly Work[],
  visit: (work: Work) => Promise<readonly Work[]>,
  goesOn: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const stack = [...first];
  return new Promise((resolve, reject) => {
    let active = 0;
    let ended = false;
    const onAbort = (): void => end(() => reject(signal.reason));
    const end = (settle: () => void): void => {
      ended = true;
      signal.removeEventListener('abort', onAbort);
      settle();
    };
    const pump = (): void => {
      while (!ended && active < IN_FLIGHT && goesOn()) {
        const work = stack.pop();
        if (work === undefined) break;
        active++;
        visit(work).then(
          (more) => {
            for (const next of more) stack.push(next);
            active--;
            pump();
          },
          (error) => end(() => reject(error)),
        );
      }
      if (active === 0 && !ended) end(resolve);
    };
    signal.addEventListener('abort', onAbort);
    pump();
  });
}

/** .git holds what was never meant to be read, a token in its config among it (R16). */
function checkGit({ includeGit }: TreeOptions, starts: readonly Start[]): void {
  if (includeGit) return;
  for (const { path, found } of starts) {
    if (hasGitSegment(path, sep) || ('real' in found && hasGitSegment(found.real, sep))) {
      throw usageError(`the path ${showName(path)} lies in ${GIT}: it is not published without include-git`);
    }
  }
}

/** Names that `excludes` and the .git rule keep out, and our own. */
export function exclusion({
  includeGit,
  excludes,
}: TreeOptions): Pick<Tree, 'excluded' | 'unusedExcludes'> & { readonly used: ReadonlySet<string> } {
  const used = new Set<string>();
  const rules: Rules = { includeGit, excludes: parseExcludes(excludes, used) };
  return {
    excluded: (name) => isExcluded(rules, name),
    unusedExcludes: () => unusedExcludes(excludes, used),
    used,
  };
}

function nameBelow(root: string, path: string): string {
  return relative(root, path).split(sep).join('/');
}

function isExcluded(rules: Rules, name: string): boolean {
  if (name.startsWith(OWN_DIRECTORY)) return true;
  if (!rules.includeGit && hasGitSegment(name, '/')) return true;
  const directory = name.endsWith('/');
  return rules.excludes?.(directory ? name.slice(0, -1) : name, directory) === true;
}

/** Whether a name, or a directory on its way, is among `names`; the empty name stands for the root. */
function isBelowAny(name: string, names: ReadonlyMap<string, unknown>): boolean {
  if (names.size === 0) return false;
  if (names.has(name) || names.has('')) return true;
  for (const directory of directoriesAbove(name)) if (names.has(directory)) return true;
  return false;
}

function warningsOf({ skipped, secrets, ownBelow }: Findings, files: Files): readonly string[] {
  const warnings: string[] = [];
  if (skipped.size > 0) {
    const names = [...skipped].sort(([a], [b]) => compareKeys(a, b));
    const shown = names.slice(0, NAMES_SHOWN).map(([name, kind]) => `${showName(name)} (${kind})`);
    warnings.push(`not published, and their keys are left alone: ${listed(shown, skipped.size)}`);
  }
  if (ownBelow.size > 0) {
    const shown = [...ownBelow].sort(compareKeys).slice(0, NAMES_SHOWN).map(showName);
    warnings.push(
      `not published, as other runs keep there what they remember: ${listed(shown, ownBelow.size)}`,
    );
  }
  if (secrets.length > 0) {
    const shown = secrets.sort(compareKeys).slice(0, NAMES_SHOWN).map(showName);
    const what =
      secrets.length === 1 ? 'a file that looks like a secret is' : 'files that look like secrets are';
    warnings.push(`${what} published; exclude what is one: ${listed(shown, secrets.length)}`);
  }
  const collisions = collisionWarning(files);
  if (collisions !== undefined) warnings.push(collisions);
  return warnings;
}
