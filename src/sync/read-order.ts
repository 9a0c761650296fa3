import type { ObjectKey } from '../model/object-key.js';

/** A key that this plan writes. */
export interface Write {
  readonly key: ObjectKey;
  readonly rank: number;
  /** Bytes. */
  readonly size: number;
  /** Listed object under a key that this plan overwrites: it must be read before it is written. */
  readonly reads: ObjectKey | undefined;
  /** Key that this run publishes first, and that this one is copied from. */
  readonly follows: ObjectKey | undefined;
}

export interface Order {
  /** The phase of each key within its rank, from 0; keys that nothing orders have none and may run in 0. */
  readonly phases: ReadonlyMap<ObjectKey, number>;
  /** Keys whose source must be staged, and the rank before whose writes. */
  readonly staged: ReadonlyMap<ObjectKey, number>;
}

/**
 * Links of a chain that are worked off one after the other: each costs the latency of a copy. What a sequence of photos
 * or pages is, shifted by one, would take as long as all of them together.
 */
const LONGEST_CHAIN = 16;

/**
 * Orders reads before writes. Every key reads at most one object, so the reads of a rank form trees, mostly chains, and
 * rings with such trees. Further names of a content follow the first; where that one becomes archived, each reads by
 * itself. A chain, a log rotation (C1), resolves by phases, and is cut by staging where it is long; a ring, a swap (C2), is
 * broken by staging its smallest member. A source that an earlier rank overwrites is staged before that rank (C17). `refreshed` are keys that are copied onto themselves,
 * with their ranks: what follows one in its own rank comes after it. Where the destination stages nothing (`canStage`), what
 * should be staged is sent: a ring has no other way, a long chain is slow rather than sent again.
 */
export function orderReads(
  writes: readonly Write[],
  refreshed: ReadonlyMap<ObjectKey, number>,
  canStage: boolean,
): Order {
  const byKey = new Map(writes.map((write) => [write.key, write]));
  const rankOf = (key: ObjectKey): number | undefined => byKey.get(key)?.rank ?? refreshed.get(key);
  const staged = new Map<ObjectKey, number>();
  /** Reader to the write in the same rank that must come after it. */
  const before = new Map<ObjectKey, ObjectKey>();
  for (const { key, rank, reads } of writes) {
    const source = reads === undefined ? undefined : byKey.get(reads);
    if (source === undefined) continue;
    if (source.rank < rank) staged.set(key, source.rank);
    else if (source.rank === rank) before.set(key, source.key);
  }
  for (const ring of ringsOf(before)) {
    let smallest = byKey.get(ring[0]!)!;
    for (const key of ring) {
      const member = byKey.get(key)!;
      if (member.size < smallest.size) smallest = member;
    }
    before.delete(smallest.key);
    staged.set(smallest.key, smallest.rank);
  }
  for (const key of canStage ? cutsOf(before) : []) {
    before.delete(key);
    staged.set(key, byKey.get(key)!.rank);
  }
  return { phases: phasesOf(writes, before, rankOf), staged };
}

/** Rings of a graph in which every node has at most one edge out. */
function ringsOf(edges: ReadonlyMap<ObjectKey, ObjectKey>): readonly (readonly ObjectKey[])[] {
  const rings: ObjectKey[][] = [];
  /** From where each was met. */
  const seen = new Map<ObjectKey, ObjectKey>();
  for (const start of edges.keys()) {
    const path: ObjectKey[] = [];
    let at: ObjectKey | undefined = start;
    while (at !== undefined && !seen.has(at)) {
      seen.set(at, start);
      path.push(at);
      at = edges.get(at);
    }
    // What leads to a ring from outside is no part of it.
    if (at !== undefined && seen.get(at) === start && path.length > 0)
      rings.push(path.slice(path.indexOf(at)));
  }
  return rings;
}

/** Nodes whose edge out is taken away, so that no path is longer than a chain may be. There is no ring. */
function cutsOf(edges: ReadonlyMap<ObjectKey, ObjectKey>): readonly ObjectKey[] {
  const waits = new Map<ObjectKey, number>();
  for (const to of edges.values()) waits.set(to, (waits.get(to) ?? 0) + 1);
  const cuts: ObjectKey[] = [];
  const links = new Map<ObjectKey, number>();
  for (const start of edges.keys()) {
    if (waits.has(start)) continue;
    let key = start;
    for (let to = edges.get(key); to !== undefined; to = edges.get(key)) {
      const before = (links.get(key) ?? 0) + 1;
      if (before === LONGEST_CHAIN) cuts.push(key);
      else links.set(to, Math.max(links.get(to) ?? 0, before));
      const left = waits.get(to)! - 1;
      waits.set(to, left);
      // Whoever reads it last goes on from there.
      if (left > 0) break;
      key = to;
    }
  }
  return cuts;
}

/** Longest paths over what must come after what, worked off from the keys that wait for nothing. */
function phasesOf(
  writes: readonly Write[],
  before: ReadonlyMap<ObjectKey, ObjectKey>,
  rankOf: (key: ObjectKey) => number | undefined,
): ReadonlyMap<ObjectKey, number> {
  const after = new Map<ObjectKey, ObjectKey[]>();
  const waits = new Map<ObjectKey, number>();
  const edge = (from: ObjectKey, to: ObjectKey): void => {
    const list = after.get(from);
    if (list === undefined) after.set(from, [to]);
    else list.push(to);
    waits.set(to, (waits.get(to) ?? 0) + 1);
  };
  for (const [from, to] of before) edge(from, to);
  for (const { key, rank, follows } of writes) {
    if (follows !== undefined && rankOf(follows) === rank) edge(follows, key);
  }
  const phases = new Map<ObjectKey, number>();
  const ready = [...after.keys()].filter((key) => !waits.has(key));
  for (let key = ready.pop(); key !== undefined; key = ready.pop()) {
    const phase = phases.get(key) ?? 0;
    phases.set(key, phase);
    for (const next of after.get(key) ?? []) {
      phases.set(next, Math.max(phases.get(next) ?? 0, phase + 1));
      const left = waits.get(next)! - 1;
      waits.set(next, left);
      if (left === 0) ready.push(next);
    }
  }
  return phases;
}
