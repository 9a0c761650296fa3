import { literalPath } from '../../src/action/path-lines.js';
import type { LocalFile } from '../../src/model/objects.js';
import type { TreeOptions } from '../../src/model/options.js';
import { walk } from '../../src/sync/walk.js';

/** What default inputs say of a root. */
export function treeOptions(root: string): TreeOptions {
  return {
    patterns: [literalPath(root)],
    root: undefined,
    excludes: [],
    includeGit: false,
    symlinks: 'inside',
    ifNoFilesFound: 'error',
  };
}

/** The files below a root, as a run with default inputs meets them. */
export async function walkTree(root: string, signal: AbortSignal): Promise<readonly LocalFile[]> {
  return [...(await walk(treeOptions(root), () => undefined, signal)).files];
}
