import type { Stretch } from './chunks.js';
import type { PartRun } from './digest-index.js';
import { LEAST_PART, MAX_PARTS } from './part-sizes.js';

/** What is sent begins and ends at multiples of it, so that the parts can be digested as whole granules. Bytes. */
const ALIGNMENT = 64 * 1024;

/** A part of an upload: sent, or copied. */
export interface PlannedPart {
  readonly offset: number;
  readonly size: number;
  /** Where its bytes lie in the object that it is copied from; absent: it is sent. */
  readonly from?: number;
}

/** A stretch while its ends give way. */
interface Kept {
  start: number;
  end: number;
  /** `from` less `offset`. */
  readonly moved: number;
}

/**
 * Cuts a file into parts, such that what it has in common with an older object is copied and as little as possible is
 * sent. Inside of what is copied or sent the borders are those of parts of `partSize`, of which the digests are known
 * already. `undefined`: nothing is worth copying, or S3 does not take as many parts.
 *
 * @param stretches in order, none over another; of a file that became shorter since it was cut they may reach beyond its end
 */
export function planParts(
  size: number,
  stretches: readonly Stretch[],
  partSize: number,
): readonly PlannedPart[] | undefined {
  const kept = roomFor(size, stretches);
  if (kept.length === 0) return undefined;
  for (const grid of [partSize, 2 * partSize]) {
    const parts: PlannedPart[] = [];
    let at = 0;
    for (const { start, end, moved } of kept) {
      for (const range of cut(at, start, size, grid)) parts.push(range);
      for (const range of cut(start, end, size, grid)) parts.push({ ...range, from: range.offset + moved });
      at = end;
    }
    for (const range of cut(at, size, size, grid)) parts.push(range);
    if (parts.length <= MAX_PARTS) return parts;
  }
  return undefined;
}

/** The stretches that are parts of their own, shortened or left out such that what lies between them is one as well. */
function roomFor(size: number, stretches: readonly Stretch[]): readonly Kept[] {
  const kept: Kept[] = [];
  const borders = bordersOf(size, stretches);
  for (const { offset, size: length, from } of stretches) {
    const start = borders.has(offset) ? offset : Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
    const last = Math.min(offset + length, size);
    const end = borders.has(last) ? last : Math.floor(last / ALIGNMENT) * ALIGNMENT;
    if (end - start < LEAST_PART) continue;
    const next: Kept = { start, end, moved: from - offset };
    for (;;) {
      const last = kept.at(-1);
      const before = last?.end ?? 0;
      const lacks = LEAST_PART - (next.start - before);
      if (next.start === before || lacks <= 0) {
        kept.push(next);
        break;
      }
      if (next.end - next.start - lacks >= LEAST_PART) {
        next.start += lacks;
        kept.push(next);
        break;
      }
      if (last !== undefined && last.end - last.start - lacks >= LEAST_PART) {
        last.end -= lacks;
        kept.push(next);
        break;
      }
      // One of the two is sent with what lies between them.
      if (last === undefined || next.end - next.start <= last.end - last.start) break;
      kept.pop();
    }
  }
  return kept;
}

/** Where a copy ends without anything to be sent after it: at the end, and where the next one begins. */
function bordersOf(size: number, stretches: readonly Stretch[]): ReadonlySet<number> {
  const borders = new Set([size]);
  for (const [i, { offset, size: length }] of stretches.entries())
    if (stretches[i + 1]?.offset === offset + length) borders.add(offset + length);
  return borders;
}

/** Parts from `start` to before `end`, none too small but the last one of the file. */
function* cut(
  start: number,
  end: number,
  size: number,
  grid: number,
): Generator<{ readonly offset: number; readonly size: number }> {
  let offset = start;
  const rest = end === size ? 1 : LEAST_PART;
  for (let at = (Math.floor(start / grid) + 1) * grid; end - at >= rest; at += grid) {
    if (at - offset < LEAST_PART) continue;
    yield { offset, size: at - offset };
    offset = at;
  }
  if (offset < end) yield { offset, size: end - offset };
}

/** The layout of parts, run-length. */
export function layoutOf(parts: Iterable<{ readonly size: number }>): readonly PartRun[] {
  const runs: PartRun[] = [];
  for (const { size } of parts) {
    const last = runs.at(-1);
    if (last?.size === size) runs[runs.length - 1] = { count: last.count + 1, size };
    else runs.push({ count: 1, size });
  }
  return runs;
}

/** A range that two layouts cut at both its ends and nowhere both inside. */
export interface Region {
  readonly offset: number;
  /** Sizes of its parts in the one layout and in the other. */
  readonly one: readonly number[];
  readonly other: readonly number[];
}

/** Two layouts of one file, region by region. */
export function* regionsOf(
  one: Iterable<{ readonly size: number }>,
  other: Iterable<{ readonly size: number }>,
): Generator<Region> {
  const others = other[Symbol.iterator]();
  let offset = 0;
  let ahead = 0;
  let ones: number[] = [];
  let theirs: number[] = [];
  for (const { size } of one) {
    ones.push(size);
    ahead += size;
    while (ahead > 0) {
      const next = others.next();
      if (next.done === true) return;
      theirs.push(next.value.size);
      ahead -= next.value.size;
    }
    if (ahead < 0) continue;
    yield { offset, one: ones, other: theirs };
    offset += ones.reduce((sum, own) => sum + own, 0);
    ones = [];
    theirs = [];
  }
}
