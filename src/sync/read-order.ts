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
 * Orders reads before writes. Every key reads at most one object, so the reads of a rank form trees, mostly chains, and
 * rings with such trees. Further names of a content follow the first; where that one becomes archived, each reads by
 * itself. A chain, a log rotation (C1), resolves by phases; a ring, a swap (C2), is broken by staging its smallest member. A source that
 * an earlier rank overwrites is staged before that rank (C17). `refreshed` are keys that are copied onto themselves,
 * with their ranks: what follows one in its own rank comes after it.
 */
export function orderReads(writes: readonly Write[], refreshed: ReadonlyMap<ObjectKey, number>): Order {
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
