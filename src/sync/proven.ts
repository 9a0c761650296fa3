import { classifyETag, type Md5 } from '../model/digest.js';
import { columnsOf } from '../model/file-columns.js';
import { Listing } from '../model/listing.js';
import type { Md5Column } from '../model/md5-column.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import type { ReadonlyObjectMap } from '../model/object-map.js';
import { ARCHIVED_CLASSES, type Files, type ListedObject } from '../model/objects.js';
import { DigestTable } from './digest-table.js';
import type { FileDigest } from './file-bytes.js';

/** In place of a row. */
export const UNPROVEN = -1;

/**
 * Files whose own objects have their sizes and, as ETags, their MD5s: of most runs nearly all. Nothing is made of them, no
 * name and no digest, where files, digests and listing are tables. Where they are not, none is proven, and each is looked
 * at: the outcome is the same.
 */
export class Proven {
  static readonly none = new Proven(new Int32Array());
  /** Of the listing, by the place of the file; UNPROVEN too. */
  readonly #rows: Int32Array;
  /** Of their digests. */
  readonly #digests: DigestTable | undefined;

  constructor(rows: Int32Array, digests?: DigestTable) {
    this.#rows = rows;
    this.#digests = digests;
  }

  /** The row of a file's object in the listing. */
  rowOf(place: number): number {
    return this.#rows[place] ?? UNPROVEN;
  }

  /** What the files' digests are, by the rows of their names. */
  get md5s(): Md5Column | undefined {
    return this.#digests?.whole;
  }
}

export function provenFiles(
  files: Files,
  digests: ReadonlyMap<string, FileDigest>,
  listing: ReadonlyMap<ObjectKey, ListedObject>,
  prefix: Prefix,
): Proven {
  const { names } = files;
  if (!(digests instanceof DigestTable) || !(listing instanceof Listing)) return Proven.none;
  if (names === undefined || digests.names !== names) return Proven.none;
  const columns = columnsOf(files);
  const rows = new Int32Array(columns.length);
  for (let place = 0; place < columns.length; place++) {
    const file = columns.rowAt(place);
    const object = digests.whole.has(file) ? listing.names.findBelow(prefix, names, file) : UNPROVEN;
    const isProven =
      object !== UNPROVEN &&
      object < listing.size &&
      listing.sizeAt(object) === columns.sizeAt(place) &&
      listing.md5s.isSame(object, digests.whole, file) &&
      !ARCHIVED_CLASSES.has(listing.storageClassAt(object));
    rows[place] = isProven ? object : UNPROVEN;
  }
  return new Proven(rows, digests);
}

/** None where something is known of objects that their plain ETags do not say: under KMS they are no digests. */
export function uncontradicted(proven: Proven | undefined, vouched: ReadonlyObjectMap<Md5 | string>): Proven {
  for (const [{ etag }] of vouched) if (classifyETag(etag).kind === 'md5') return Proven.none;
  return proven ?? Proven.none;
}
