import { type Concurrency, forEachConcurrent } from '../model/concurrency.js';
import { classifyETag, type ETag, type Md5 } from '../model/digest.js';
import { metadataMd5 } from '../model/headers.js';
import { compareKeys, type ObjectKey } from '../model/object-key.js';
import type { ListedObject } from '../model/objects.js';
import { isWrite, type Phase, type Plan, type Step, stepsOf, type WriteStep } from '../model/plan.js';
import type { Shard, StagedUpload } from '../model/plan-file.js';
import { etagsProve, type ReadableStore } from '../store/object-store.js';

export interface ProgressRequest {
  readonly plan: Plan;
  /** What shards staged. */
  readonly staged: ReadonlyMap<ObjectKey, StagedUpload>;
  /** ETags of what shards say they published. */
  readonly published: ReadonlyMap<ObjectKey, ETag>;
  readonly listing: ReadonlyMap<ObjectKey, ListedObject>;
  readonly store: ReadableStore;
  readonly concurrency: Concurrency;
  readonly signal: AbortSignal;
}

/** How far a plan is published: by shards, or by a run that did not come to its end. */
export interface PlanProgress {
  /** Steps that are done, with the ETag that lies there; of what was to go there is none. */
  readonly done: ReadonlyMap<ObjectKey, ETag | undefined>;
  /** Keys that hold neither what the plan met nor what it puts there, sorted. */
  readonly changed: readonly ObjectKey[];
}

/**
 * Compares what lies there with the plan. A shard's word counts as long as its ETag is there; else the object must prove
 * that it is what was planned: a run that was killed told nobody.
 */
export async function progressOf(request: ProgressRequest): Promise<PlanProgress> {
  const { plan, staged, published, listing, store, concurrency, signal } = request;
  const done = new Map<ObjectKey, ETag | undefined>();
  const changed: ObjectKey[] = [];
  const doubtful: { readonly listed: ListedObject; readonly md5: Md5 }[] = [];
  for (const step of stepsOf(plan)) {
    const { key } = step;
    const listed = listing.get(key);
    if (!isWrite(step)) {
      if (step.action === 'delete' && listed === undefined) done.set(key, undefined);
      else if (listed?.etag !== step.etag) changed.push(key);
      continue;
    }
    const upload = staged.get(key);
    const md5 = step.md5 ?? upload?.md5;
    if (listed !== undefined && listed.etag === published.get(key)) done.set(key, listed.etag);
    else if (listed?.etag === ('ifMatch' in step.condition ? step.condition.ifMatch : undefined)) continue;
    else if (listed === undefined || md5 === undefined || listed.size !== step.bytes) changed.push(key);
    else if (listed.etag === upload?.etag || (listed.etag as string) === md5) done.set(key, listed.etag);
    else doubtful.push({ listed, md5 });
  }
  await forEachConcurrent(doubtful, concurrency, async ({ listed: { key, etag }, md5 }) => {
    const head = await store.head(key, signal);
    const isOther = classifyETag(etag).kind === 'md5' && etagsProve(head?.encryption);
    if (head?.etag === etag && !isOther && metadataMd5(head.metadata) === md5) done.set(key, etag);
    else changed.push(key);
  });
  return { done, changed: changed.sort(compareKeys) };
}

/** The ranks in which something is written, and how many keys. */
export function ranksToShare(plan: Plan): readonly { readonly rank: string; readonly keys: number }[] {
  return plan.ranks.flatMap(({ name: rank, phases }) => {
    const keys = writesOf(phases).length;
    return keys === 0 ? [] : { rank, keys };
  });
}

/** What one machine publishes of a rank. */
export interface Share {
  /** The plan with nothing but that. */
  readonly plan: Plan;
  /** Name of the rank. */
  readonly rank: string;
  /** Keys of the rank that are others', and not done. */
  readonly others: number;
}

/**
 * The share of the first rank that is not done, so that no rank begins before the one before it is. A further name of a
 * content goes with the name that it is copied from. Deletes are nobody's: they wait for everything. `undefined`: all
 * ranks are done.
 */
export function shareOf(plan: Plan, done: PlanProgress['done'], shard: Shard): Share | undefined {
  const at = plan.ranks.findIndex(({ phases }) => writesOf(phases).some(({ key }) => !done.has(key)));
  const rank = plan.ranks[at];
  if (rank === undefined) return undefined;
  const writes = writesOf(rank.phases);
  const mine = keysOf(writes, shard);
  const isDue = (step: Step): boolean => mine.has(step.key) && !done.has(step.key);
  const phases = rank.phases.flatMap((phase): Phase[] =>
    phase.kind === 'publish' ? [{ ...phase, steps: phase.steps.filter(isDue) }] : [],
  );
  const none = { files: 0, bytes: 0 };
  const ranks = plan.ranks.map(({ name }, i) => ({ name, phases: i === at ? phases : [] }));
  return {
    plan: { ranks, unchanged: none, kept: none },
    rank: rank.name,
    others: writes.filter(({ key }) => !mine.has(key) && !done.has(key)).length,
  };
}

/** Groups of names that one content has in this rank, in the order of the plan, each to whoever has least. */
function keysOf(writes: readonly WriteStep[], { number, of }: Shard): ReadonlySet<ObjectKey> {
  const groups = new Map<ObjectKey, ObjectKey[]>();
  const firstOf = new Map<ObjectKey, ObjectKey>();
  for (const step of writes) {
    const from = step.action === 'copy' && step.source.kind === 'published' ? step.source.key : step.key;
    const first = firstOf.get(from) ?? step.key;
    firstOf.set(step.key, first);
    const group = groups.get(first);
    if (group === undefined) groups.set(first, [step.key]);
    else group.push(step.key);
  }
  const loads = Array.from({ length: of }, () => 0);
  const mine = new Set<ObjectKey>();
  for (const keys of groups.values()) {
    const least = loads.indexOf(Math.min(...loads));
    loads[least]! += keys.length;
    if (least === number - 1) for (const key of keys) mine.add(key);
  }
  return mine;
}

function writesOf(phases: readonly Phase[]): readonly WriteStep[] {
  return phases.flatMap(({ kind, steps }) => (kind === 'publish' ? steps.filter(isWrite) : []));
}
