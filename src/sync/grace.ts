import type { ETag } from '../model/digest.js';
import type { DigestIndex, PendingDelete } from '../model/digest-index.js';
import type { ObjectKey } from '../model/object-key.js';
import type { ListedObject } from '../model/objects.js';
import type { DeleteGrace } from '../model/options.js';
import { stepsOf } from '../model/plan.js';
import type { GraceState, Planned } from './plan.js';

/**
 * How the delete of an object stands. Another object under the key begins to wait anew.
 *
 * Deploys are counted from the one that put the delete off. The one that makes them enough deletes: a run that changes
 * nothing else does not end what readers of the last deploy may still need.
 *
 * @param isTrusted whether the index is believed that what waited long enough was judged when it began
 */
export function graceStates(
  grace: DeleteGrace,
  index: DigestIndex | undefined,
  now: number,
  isTrusted: boolean,
): (object: ListedObject, isDeploy: boolean) => GraceState {
  if (grace.kind === 'none') return () => 'due';
  return ({ key, etag }, isDeploy) => {
    const pending = waitOf(index, key, etag);
    if (index === undefined || pending === undefined) return 'begins';
    const isOver =
      grace.kind === 'deploys'
        ? index.deploys + (isDeploy ? 1 : 0) - pending.deploys > grace.deploys
        : now - pending.since >= grace.ms;
    if (!isOver) return 'waits';
    return isTrusted ? 'expired' : 'due';
  };
}

/**
 * What the index must remember of deletes that wait, and of those that have waited and were not done.
 *
 * @param deleted keys whose delete was confirmed
 */
export function pendingDeletes(
  { waiting, plan }: Pick<Planned, 'waiting' | 'plan'>,
  deleted: ReadonlySet<ObjectKey>,
  index: DigestIndex | undefined,
  now: number,
): ReadonlyMap<string, PendingDelete> {
  const pending = new Map<string, PendingDelete>();
  for (const step of index === undefined || index.pending.size === 0 ? [] : stepsOf(plan)) {
    if (step.action !== 'delete' || deleted.has(step.key)) continue;
    const known = waitOf(index, step.key, step.etag);
    if (known !== undefined) pending.set(step.key, known);
  }
  for (const { key, etag } of waiting) {
    const begins: PendingDelete = { etag, since: now, deploys: index?.deploys ?? 0 };
    pending.set(key, waitOf(index, key, etag) ?? begins);
  }
  return pending;
}

/** The waits of an index that this plan ends, as where a release has the file again. */
export function* endedWaits(
  planned: Pick<Planned, 'waiting' | 'plan'>,
  index: DigestIndex | undefined,
): Generator<readonly [string, PendingDelete]> {
  if (index === undefined || index.pending.size === 0) return;
  const goOn = pendingDeletes(planned, new Set(), index, 0);
  for (const wait of index.pending) if (goOn.get(wait[0]) !== wait[1]) yield wait;
}

/** The waits of an index that did not end since. */
export function lastingWaits(index: DigestIndex): ReadonlyMap<string, PendingDelete> {
  return new Map([...index.pending].filter(([key]) => index.ended?.has(key) !== true));
}

/** The wait of this object; of another one under its key, or one that ended, nothing counts. */
function waitOf(index: DigestIndex | undefined, key: string, etag: ETag): PendingDelete | undefined {
  const known = index?.ended?.has(key) === true ? undefined : index?.pending.get(key);
  return known?.etag === etag ? known : undefined;
}
