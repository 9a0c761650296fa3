import { columnsOf } from '../model/file-columns.js';
import { Listing } from '../model/listing.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import { ARCHIVED_CLASSES, type Files, type ListedObject } from '../model/objects.js';
import { Proven, UNPROVEN } from '../model/proven.js';
import { wholeDigestsOf } from './digest-table.js';
import type { FileDigest } from './file-bytes.js';

export function provenFiles(
  files: Files,
  digests: ReadonlyMap<string, FileDigest>,
  listing: ReadonlyMap<ObjectKey, ListedObject>,
  prefix: Prefix,
): Proven {
  const { names } = files;
  const whole = wholeDigestsOf(files, digests);
  if (names === undefined || whole === undefined || !(listing instanceof Listing)) return Proven.none;
  const columns = columnsOf(files);
  const rows = new Int32Array(columns.length);
  for (let place = 0; place < columns.length; place++) {
    const file = columns.rowAt(place);
    const object = whole.has(file) ? listing.names.findBelow(prefix, names, file) : UNPROVEN;
    const isProven =
      object !== UNPROVEN &&
      object < listing.size &&
      listing.sizeAt(object) === columns.sizeAt(place) &&
      listing.md5s.isSame(object, whole, file) &&
      !ARCHIVED_CLASSES.has(listing.storageClassAt(object));
    rows[place] = isProven ? object : UNPROVEN;
  }
  return new Proven(rows, whole);
}
