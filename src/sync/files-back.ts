import { type Concurrency, forEachConcurrent } from '../model/concurrency.js';
import { EXIT } from '../model/errors.js';
import type { StepOutcome } from '../model/events.js';
import type { Prefix } from '../model/object-key.js';
import { type Plan, stepsOf } from '../model/plan.js';
import { explain } from './explain.js';
import type { RunFrame } from './run-frame.js';
import type { Tree } from './walk.js';
import { listed, NAMES_SHOWN, showName } from './walk-findings.js';

export interface Looking {
  readonly frame: Pick<RunFrame, 'blame' | 'url'>;
  readonly plan: Plan;
  readonly prefix: Prefix;
  readonly isThere: Tree['isThere'];
  /** Files that are looked for side by side. */
  readonly atOnce: Concurrency;
  /** The bucket that the tree is in. */
  readonly source: string | undefined;
}

/**
 * Why nothing may be deleted: the tree has files by now that it did not have when it was walked or listed, and what has their
 * names would go; or nobody knows.
 */
export async function filesBack(looking: Looking): Promise<StepOutcome['error'] | undefined> {
  const { frame, source } = looking;
  let back: readonly string[];
  try {
    back = await namesBack(looking);
  } catch (error) {
    const { code, exit, message } = explain(
      error,
      `${source ?? frame.url}: looking once more before the deletes`,
    );
    frame.blame({ code, message }, exit);
    return { code, message: `withheld: ${message}` };
  }
  if (back[0] === undefined) return undefined;
  const shown = listed(back.slice(0, NAMES_SHOWN).map(showName), back.length);
  const [tree, looked] = source === undefined ? ['the tree', 'walked'] : [`the source (${source})`, 'listed'];
  const told = `${tree} has files by now that were not there when it was ${looked} (${shown}), and their objects would have been deleted`;
  const message = `${frame.url}: ${told}; nothing was deleted: run again when nothing changes the tree`;
  frame.blame({ code: 'file-changed', message }, EXIT.failed);
  return { code: 'file-changed', message: `withheld: ${back[0]} is there again` };
}

/** Of files that appeared after the look, and whose objects are to be deleted. */
async function namesBack({ plan, prefix, isThere, atOnce }: Looking): Promise<readonly string[]> {
  const absent = [...stepsOf(plan)].filter(
    ({ action, reason }) => action === 'delete' && reason !== 'excluded',
  );
  const back: string[] = [];
  await forEachConcurrent(absent, atOnce, async ({ key }) => {
    const name = key.slice(prefix.length);
    if (await isThere(name)) back.push(name);
  });
  return back.sort();
}
