import { isInside } from '../disk/is-inside.js';
import type { PathPattern } from '../model/options.js';
import { pathMatcher } from './path-match.js';
import { showName } from './walk-findings.js';

/**
 * A line for each `!` line of `paths` that held back nothing and was meant to begin at the root, as lines of `excludes` do: it
 * begins where the run does, and what it names below the root is published.
 *
 * @param unused `!` lines that held back nothing
 * @param names of what is published
 */
export function misplacedNegations(
  unused: readonly PathPattern[],
  root: string,
  names: () => Iterable<string>,
): readonly string[] {
  const lines: string[] = [];
  for (const pattern of unused) {
    const { text, base, glob, directoriesOnly } = pattern;
    // What it holds back at the root it would hold back anyway.
    if (base === root || (/^\*\*(\/|$)/.test(glob) && isInside(root, base))) continue;
    const negated = pathMatcher([{ ...pattern, base: root }]).negatedBelow(root);
    for (const name of names()) {
      if (!negated(name)) continue;
      const meant = JSON.stringify(`/${glob}${directoriesOnly ? '/' : ''}`);
      lines.push(
        `paths: ${JSON.stringify(text)} holds back nothing, and ${showName(name)} is published: it begins at ${showName(base)}, and not at the root (write ${meant} in excludes)`,
      );
      break;
    }
  }
  return lines;
}
