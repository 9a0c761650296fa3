import { mkdtemp, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** A new directory for what a run keeps until it ends, without links in its path. */
export async function makeOwnDirectory(below: string): Promise<string> {
  return await realpath(await mkdtemp(join(below, 's3-dedup-sync-')));
}
