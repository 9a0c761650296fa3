import { relative, sep } from 'node:path';
import { isInside } from '../disk/is-inside.js';
import type { PathPattern } from '../model/options.js';
import { pathMatcher } from './path-match.js';
import { showName } from './walk-findings.js';

/**
 * A line for each `!` line of `paths` that was meant to begin at the root, as lines of `excludes` do: it begins where the
 * run does, and what it names below the root is published.
 *
 * @param names of what is published
 */
export function misplacedNegations(
  patterns: readonly PathPattern[],
  root: string,
  names: () => Iterable<string>,
): readonly string[] {
  const lines: string[] = [];
  for (const pattern of patterns) {
    if (!pattern.negate || reachesRoot(pattern, root)) continue;
    const negated = pathMatcher([{ ...pattern, base: root }]).negatedBelow(root);
    for (const name of names()) {
      if (!negated(name)) continue;
      const below = `${pattern.glob}${pattern.directoriesOnly ? '/' : ''}`;
      const start = isInside(root, pattern.base) ? relative(pattern.base, root) : root;
      const meant = `!${start.split(sep).join('/')}/${below}`;
      lines.push(
        `paths: ${JSON.stringify(pattern.text)} does not hold back ${showName(name)}, which is published: it begins at ${showName(pattern.base)}, and not at the root (write ${JSON.stringify(meant)}, or ${JSON.stringify(`/${below}`)} in excludes)`,
      );
      break;
    }
  }
  return lines;
}

/** Whether what it holds back at the root it holds back anyway. */
function reachesRoot({ base, glob }: PathPattern, root: string): boolean {
  return base === root || (/^\*\*(\/|$)/.test(glob) && isInside(root, base));
}
