import { refusal } from '../model/errors.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import { leavingKeys, type Plan } from '../model/plan.js';
import { parseExcludes } from './excludes.js';
import type { Planned } from './plan.js';
import type { RunFrame } from './run-frame.js';
import { withFurtherNames } from './site.js';
import {
  firstName,
  slipOf,
  type UnusedContext,
  unusedExcludes,
  unusedLines,
  withAdvice,
} from './unused-excludes.js';
import { listed } from './walk-findings.js';

/** What lines of `retain` that keep nothing are judged by. */
export interface RetainContext extends Omit<UnusedContext, 'deletes'> {
  readonly prefix: Prefix;
  /** What lies there, by key. */
  readonly listing: ReadonlyMap<string, unknown>;
}

/** What `retain` never lets go. Names are those below the prefix. */
export class Retained {
  readonly #lines: readonly string[];
  readonly #cleanUrls: boolean;
  readonly #used = new Set<string>();
  readonly keeps: (name: string) => boolean;

  /** @param cleanUrls whether the further names of pages stay with them */
  constructor(lines: readonly string[], cleanUrls = false) {
    this.#lines = lines;
    this.#cleanUrls = cleanUrls;
    this.keeps = this.#keptBy(lines, this.#used);
  }

  /** @param used lines that keep something are added to it */
  #keptBy(lines: readonly string[], used: Set<string>): (name: string) => boolean {
    const excludes = parseExcludes(lines, used);
    if (excludes === undefined) return () => false;
    const keeps = (name: string): boolean => excludes(name, false);
    return this.#cleanUrls ? withFurtherNames(keeps) : keeps;
  }

  /** Refuses deletes of what a line was to keep that nothing matches: it can only have been meant otherwise. */
  guard(plan: Plan, context: RetainContext): void {
    const meant = new Map<string, readonly string[]>();
    for (const line of unusedLines(this.#lines, this.#used)) {
      const patterns = slipOf(line, judging(context));
      if (patterns !== undefined) meant.set(line, patterns);
    }
    if (meant.size === 0) return;
    for (const line of matched([...meant.keys()], context)) meant.delete(line);
    const needed = new Set<string>();
    const keeps = this.#keptBy(
      this.#lines.flatMap((line) => meant.get(line) ?? [line]),
      needed,
    );
    const lost: ObjectKey[] = [];
    for (const key of leavingKeys(plan)) if (keeps(key.slice(context.prefix.length))) lost.push(key);
    if (lost.length === 0) return;
    const wrong = [...meant].filter(([, patterns]) => patterns.some((pattern) => needed.has(pattern)));
    const given = wrong.map(([line, patterns]) => withAdvice(line, patterns));
    throw refusal(
      'pattern-without-match',
      `retain: nothing is kept back by ${listed(given)}, and what it was to keep would be deleted (${listed(lost)}): nothing was written or deleted; correct the line, or take it out`,
    );
  }

  /** Tells of lines that keep nothing, where something is deleted. Asked for once the plan has asked for each key. */
  tell({ deletions }: Planned, context: RetainContext, frame: RunFrame): void {
    if (deletions === 0) return;
    const unused = unusedExcludes(this.#lines, this.#used);
    if (unused.length === 0) return;
    // What the tree has too is kept anyway.
    const others = matched(
      unused.filter((line) => firstName(line) !== undefined),
      context,
    );
    const told = unused.filter((line) => !others.has(line));
    frame.tellUnused('retain', told, { ...judging(context), deletes: true });
  }
}

/** A directory that lies there alone makes a line mean what it says too. */
function judging(context: RetainContext): Omit<UnusedContext, 'deletes'> {
  const { places, hasDirectory } = context;
  return { places, hasDirectory: (name) => hasDirectory(name) || hasBelow(name, context) };
}

function hasBelow(name: string, { listing, prefix }: RetainContext): boolean {
  const directory = `${prefix}${name}/`;
  for (const key of listing.keys()) if (key.startsWith(directory)) return true;
  return false;
}

/** Lines that match something that lies there. */
function matched(lines: readonly string[], { listing, prefix }: RetainContext): ReadonlySet<string> {
  const found = new Set<string>();
  const matches = parseExcludes(lines, found);
  if (matches === undefined) return found;
  // A comparison with wildcards takes 15 µs: of keys below other names none is needed.
  const starts = lines.map((line) => prefix + (firstName(line)?.replace(/\\.*/, '') ?? ''));
  for (const key of listing.keys()) {
    if (starts.some((start) => key.startsWith(start))) matches(key.slice(prefix.length), false);
    if (found.size === lines.length) break;
  }
  return found;
}
