import ignore from 'ignore';
import { usageError } from '../model/errors.js';

/** Whether the path below the root is excluded, itself or by a directory above it. */
export type Excludes = (name: string, directory: boolean) => boolean;

/** `ignore` keeps every answer for ever: 100 MB after a million names. A handful is enough to walk by. */
const ANSWERS_KEPT = 10_000;

/**
 * Ways in which the `**` of a line can share out the directories of a path, at most: `ignore` may try each, 2e7 in 0.05 s.
 * Three of them and a path of 500 directories would take 42 s, and both may come with a pull request.
 */
const MOST_WAYS = 2e7;

/**
 * Rules in the gitignore dialect, matched with case on every system. Undefined when there are none, so that a
 * walk without excludes asks nothing a million times.
 *
 * @param used gets the line that excluded a path, the last one where several match
 */
export function parseExcludes(lines: readonly string[], used?: Set<string>): Excludes | undefined {
  if (lines.every((line) => line.trim() === '')) return undefined;
  for (const line of lines) if (!line.startsWith('#') && !isClosed(line)) throw unclosed(line);
  const { plain, others } = parted(lines);
  const globs = others.length === 0 ? undefined : globExcludes(others, used);
  if (plain === undefined) return globs;
  let all: Excludes | undefined;
  return (name, directory) => {
    // Of a key that is no path `ignore` leaves out what is empty.
    if (NO_PATH.test(name)) {
      all ??= globExcludes(lines, used);
      return all(name, directory);
    }
    const line = plain(name, directory);
    if (line === undefined) return globs?.(name, directory) === true;
    used?.add(line);
    return true;
  };
}

/** `ignore` compares a path with each line of it. */
function globExcludes(lines: readonly string[], used: Set<string> | undefined): Excludes {
  // Keys of a listing may begin with `/` or `../`, which `ignore` takes for a mistake unless it is told.
  const options = { ignorecase: false, allowRelativePaths: true };
  const rules = ignore(options).add(lines);
  let asked = rules;
  let answers = 0;
  const greedy = greediest(lines);
  return (name, directory) => {
    refuseCostly(greedy, name);
    if (++answers > ANSWERS_KEPT) {
      asked = ignore(options).add(rules);
      answers = 0;
    }
    const { ignored, rule } = asked.test(directory ? `${name}/` : name);
    if (rule !== undefined) used?.add(rule.pattern);
    return ignored;
  };
}

const NO_PATH = /^\/|\/\/|\/$|(?:^|\/)\.\.?(?:\/|$)/;

/** A name, or a path of names, without a wildcard and with nothing before or behind it but slashes. */
const PLAIN =
  /^\/?[^\s/*?[\]\\!#](?:[^/*?[\]\\]*[^\s/*?[\]\\])?(?:\/[^\s/*?[\]\\](?:[^/*?[\]\\]*[^\s/*?[\]\\])?)*\/?$/;

/** The line that excludes a path. */
type PlainExcludes = (name: string, directory: boolean) => string | undefined;

/**
 * Lines that name what they mean are looked up: with thousands of them, comparing each path with each takes minutes. A `!`
 * anywhere makes their order count, and all go one way.
 */
function parted(lines: readonly string[]): {
  readonly plain: PlainExcludes | undefined;
  readonly others: readonly string[];
} {
  if (lines.some((line) => line.startsWith('!'))) return { plain: undefined, others: lines };
  /** By base name, by path, and of each those that are of directories alone. */
  const [names, paths] = [new Map<string, string>(), new Map<string, string>()];
  const [directoryNames, directoryPaths] = [new Map<string, string>(), new Map<string, string>()];
  const others: string[] = [];
  for (const line of lines) {
    if (!PLAIN.test(line) || line.split('/').some((segment) => segment === '.' || segment === '..')) {
      if (line.trim() !== '' && !line.startsWith('#')) others.push(line);
      continue;
    }
    const isDirectory = line.endsWith('/');
    const path = line.slice(line.startsWith('/') ? 1 : 0, isDirectory ? -1 : undefined);
    const isPath = line.startsWith('/') || path.includes('/');
    const byPath = isDirectory ? directoryPaths : paths;
    const byName = isDirectory ? directoryNames : names;
    (isPath ? byPath : byName).set(path, line);
  }
  if (others.length === lines.length) return { plain: undefined, others };
  const plain: PlainExcludes = (name, directory) => {
    for (let from = 0; ; ) {
      const slash = name.indexOf('/', from);
      const end = slash === -1 ? name.length : slash;
      const [base, path] = [name.slice(from, end), name.slice(0, end)];
      const line =
        names.get(base) ??
        paths.get(path) ??
        (slash !== -1 || directory ? (directoryNames.get(base) ?? directoryPaths.get(path)) : undefined);
      if (line !== undefined || slash === -1) return line;
      from = slash + 1;
    }
  };
  return { plain, others };
}

/**
 * A `[` that is not closed and a `\` at the end make a line match nothing, in git too. What it was to keep back would be
 * published, and what it was to protect deleted.
 */
function unclosed(line: string): Error {
  return usageError(
    `the pattern ${JSON.stringify(line.slice(0, 80))} matches nothing, as its [ is not closed or it ends with a \\: close it, or write \\[ and \\\\ for the characters themselves`,
  );
}

/** Whether each `[` of a line is closed, and no `\` ends it. */
export function isClosed(line: string): boolean {
  const lastClass = line.lastIndexOf(':]');
  for (let at = 0; at < line.length; at++) {
    if (line[at] === '\\') at++;
    else if (line[at] === '[') at = bracketEnd(line, at, lastClass);
    if (at === line.length) return false;
  }
  return true;
}

/** Where a bracket is closed; the length of the line: nowhere. */
function bracketEnd(line: string, from: number, lastClass: number): number {
  let at = from + 1;
  if (line[at] === '!' || line[at] === '^') at++;
  // Right behind the beginning it is a member.
  if (line[at] === ']') at++;
  for (; at < line.length && line[at] !== ']'; at++) {
    if (line[at] === '\\') at++;
    // [:alpha:] and the like.
    else if (line.startsWith('[:', at) && at + 2 <= lastClass) at = line.indexOf(':]', at + 2) + 1;
  }
  return Math.min(at, line.length);
}

interface Greedy {
  readonly line: string;
  /** How many segments of it are `**`. */
  readonly globstars: number;
}

/** The line with the most `**`; one alone costs nothing. */
function greediest(lines: readonly string[]): Greedy | undefined {
  let most: Greedy | undefined;
  for (const line of lines) {
    const globstars = line.split('/').filter((segment) => /^!?\*\*+$/.test(segment)).length;
    if (globstars > Math.max(1, most?.globstars ?? 0)) most = { line, globstars };
  }
  return most;
}

function refuseCostly(greedy: Greedy | undefined, name: string): void {
  if (greedy === undefined) return;
  const depth = name.split('/').length;
  // One more: `ignore` asks for each directory of a path too.
  if (depth ** (greedy.globstars + 1) <= MOST_WAYS) return;
  const given = JSON.stringify(greedy.line.slice(0, 80));
  throw usageError(
    `the pattern ${given} has ${greedy.globstars} **, and ${JSON.stringify(`${name.slice(0, 40)}…`)} has ${depth} directories: that would take too long to compare; write it with fewer **`,
  );
}
