import { literalPath } from '../../src/action/path-lines.js';
import type { LocalFile } from '../../src/model/objects.js';
import { walk } from '../../src/sync/walk.js';

/** The files below a root, as a run with default inputs meets them. */
export async function walkTree(root: string, signal: AbortSignal): Promise<readonly LocalFile[]> {
  const options = {
    patterns: [literalPath(root)],
    root: undefined,
    excludes: [],
    includeGit: false,
    symlinks: 'inside',
    ifNoFilesFound: 'error',
  } as const;
  return [...(await walk(options, () => undefined, signal)).files];
}
