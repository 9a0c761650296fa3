import { compareKeys, type ObjectKey, OWN_DIRECTORY, type Prefix } from '../model/object-key.js';
import type { ListedObject } from '../model/objects.js';
import type { Count, DeleteStep, KeepStep, Phase, Plan, Step } from '../model/plan.js';
import { LOSSES_NAMED, type Planned } from './plan.js';

/**
 * Everything under the prefix goes, each under the ETag that was listed. `max-delete` counts all but our own objects,
 * which nobody put there by hand.
 *
 * @param retained names below the prefix that stay
 */
export function planRemoval(
  prefix: Prefix,
  listing: ReadonlyMap<ObjectKey, ListedObject>,
  retained: (name: string) => boolean,
): Planned {
  const removed: DeleteStep[] = [];
  const own: DeleteStep[] = [];
  const kept = { files: 0, bytes: 0 };
  let ownListed = 0;
  for (const { key, size: bytes, etag } of [...listing.values()].sort((a, b) => compareKeys(a.key, b.key))) {
    const isOwn = key.startsWith(prefix + OWN_DIRECTORY);
    if (isOwn) ownListed++;
    if (retained(key.slice(prefix.length))) {
      kept.files++;
      kept.bytes += bytes;
    } else if (isOwn) own.push({ key, action: 'delete', reason: 'own', rank: 1, bytes, etag });
    else removed.push({ key, action: 'delete', reason: 'removed', rank: 0, bytes, etag });
  }
  const none: Count = { files: 0, bytes: 0 };
  return {
    plan: {
      // Our own objects last: a lease is seen, and uploads are remembered, as long as anything else is there.
      ranks: [
        { name: 'deletes', phases: phasesOf(removed) },
        { name: 'own objects', phases: phasesOf(own) },
      ],
      unchanged: none,
      kept,
    },
    unchanged: new Map(),
    unknownHeaders: [],
    headersUnknown: none,
    listedUnexcluded: listing.size - ownListed,
    deletions: removed.length,
    waiting: [],
    losses: removed.length,
    firstLosses: removed.slice(0, LOSSES_NAMED).map(({ key }) => key),
    related: true,
  };
}

/** The same plan, but that it keeps what it would delete of these; `undefined`: nothing is kept. */
export function keepingOwn(plan: Plan, isKept: (key: ObjectKey) => boolean): Plan | undefined {
  let keeps = false;
  const ranks = plan.ranks.map(({ name, phases }) => {
    const kept: KeepStep[] = [];
    const deleted: DeleteStep[] = [];
    for (const step of phases.flatMap(({ steps }): readonly Step[] => steps)) {
      if (step.action !== 'delete') continue;
      if (isKept(step.key)) kept.push({ ...step, action: 'keep' });
      else deleted.push(step);
    }
    keeps ||= kept.length > 0;
    return { name, phases: [...phasesOf(kept), ...phasesOf(deleted)] };
  });
  return keeps ? { ...plan, ranks } : undefined;
}

function phasesOf(steps: readonly (DeleteStep | KeepStep)[]): readonly Phase[] {
  return steps.length === 0 ? [] : [{ kind: 'publish', steps }];
}
