import { classifyETag, type Md5 } from './digest.js';
import { Md5Column } from './md5-column.js';
import type { ReadonlyObjectMap } from './object-map.js';

/** In place of a row. */
export const UNPROVEN = -1;

/**
 * Files whose own objects have their sizes and, as ETags, their MD5s: of most runs nearly all. Nothing is made of them, no
 * name and no digest, where files, digests and listing are tables. Where they are not, none is proven, and each is looked
 * at: the outcome is the same.
 */
export class Proven {
  static readonly none = new Proven(new Int32Array());
  readonly #rows: Int32Array;
  /** The files' digests, by the rows of their names. */
  readonly md5s: Md5Column;

  /** @param rows of the listing, by the places of the files; UNPROVEN too */
  constructor(rows: Int32Array, md5s = new Md5Column()) {
    this.#rows = rows;
    this.md5s = md5s;
  }

  /** The row of a file's object in the listing. */
  rowOf(place: number): number {
    return this.#rows[place] ?? UNPROVEN;
  }
}

/** None where something is known of objects that their plain ETags do not say: under KMS they are no digests. */
export function uncontradicted(proven: Proven | undefined, vouched: ReadonlyObjectMap<Md5 | string>): Proven {
  if (proven === undefined) return Proven.none;
  for (const [{ etag }] of vouched) if (classifyETag(etag).kind === 'md5') return Proven.none;
  return proven;
}
