import type { ETag, Md5 } from './digest.js';
import type { ObjectEntry } from './digest-index.js';
import { EntriesTable } from './entries-table.js';
import { isObjectRow, NONE, type ObjectBlock, type Writable } from './index-rows.js';
import { Md5Column } from './md5-column.js';
import { moved } from './name-table.js';
import { Numbering } from './numbering.js';

const FIRST_ROWS = 1024;

/** In place of a number of header digests. */
const NO_HEADERS = 0;

/**
 * What an index knows of objects, by key, in the order in which they were first met: 65 bytes each beside the key. There may be a
 * million, and more before one is written. Entries are made as they are asked for: the same one is another object each time.
 */
export class ObjectEntries<K extends string = string> extends EntriesTable<K, ObjectEntry> {
  readonly #md5s = new Md5Column();
  /** Those that are not the MD5, as under KMS. */
  readonly #etags = new Md5Column();
  #sizes = new Float64Array(FIRST_ROWS);
  /** Of `#headerDigests`, plus 1. */
  #headers = new Uint32Array(FIRST_ROWS);
  readonly #headerDigests = new Numbering();
  #modified = new Float64Array(FIRST_ROWS);
  #written = new Float64Array(FIRST_ROWS);
  /** Those that columns cannot hold. */
  readonly #others = new Map<number, ObjectEntry>();

  /** Replaces what has the same key. */
  set(key: K, entry: ObjectEntry): void {
    const row = this.#rowOf(key);
    const { etag, size, md5, headers, modified = NONE, written = NONE } = entry;
    if (md5 === undefined || !isObjectRow(entry)) {
      this.#others.set(row, entry);
      return;
    }
    this.#others.delete(row);
    this.#md5s.set(row, md5);
    if ((etag as string) === md5) this.#etags.clear(row);
    else this.#etags.set(row, etag as string as Md5);
    this.#sizes[row] = size;
    this.#headers[row] = headers === undefined ? NO_HEADERS : this.#headerDigests.numberOf(headers) + 1;
    this.#modified[row] = modified;
    this.#written[row] = written;
  }

  /** As `set` of each. */
  setRows({ keys, sizes, md5s, etags, headers, modified, written }: ObjectBlock<K>): void {
    for (const [i, key] of keys.entries()) {
      const row = this.#rowOf(key);
      this.#others.delete(row);
      this.#md5s.setBytes(row, md5s, i);
      if (etags === undefined) this.#etags.clear(row);
      else this.#etags.setBytes(row, etags, i);
      const digest = headers(i);
      this.#sizes[row] = sizes[i]!;
      this.#headers[row] = digest === undefined ? NO_HEADERS : this.#headerDigests.numberOf(digest) + 1;
      this.#modified[row] = modified?.[i] ?? NONE;
      this.#written[row] = written?.[i] ?? NONE;
    }
  }

  /** Says when what is there was written, by S3's clock. Milliseconds since the epoch. */
  date(key: K, written: number): void {
    const row = this.names.find(key);
    if (row === -1) return;
    const other = this.#others.get(row);
    if (other === undefined) this.#written[row] = written;
    else this.#others.set(row, { ...other, written });
  }

  /** In the order of `compareKeys`. */
  *inOrder(): Generator<[K, ObjectEntry], undefined> {
    for (const row of this.names.ordered()) yield [this.names.at(row) as K, this.at(row)];
  }

  #rowOf(key: K): number {
    const row = this.names.add(key);
    if (row >= this.#sizes.length) this.#widen();
    return row;
  }

  protected at(row: number): ObjectEntry {
    const other = this.#others.get(row);
    if (other !== undefined) return other;
    const md5 = this.#md5s.at(row)!;
    const entry: Writable<ObjectEntry> = {
      etag: (this.#etags.at(row) ?? md5) as string as ETag,
      size: this.#sizes[row]!,
      md5,
    };
    const [headers, modified, written] = [this.#headers[row]!, this.#modified[row]!, this.#written[row]!];
    if (headers !== NO_HEADERS) entry.headers = this.#headerDigests.texts[headers - 1]!;
    if (modified !== NONE) entry.modified = modified;
    if (written !== NONE) entry.written = written;
    return entry;
  }

  #widen(): void {
    const rows = this.#sizes.length * 2;
    this.#sizes = moved(this.#sizes, new Float64Array(rows));
    this.#headers = moved(this.#headers, new Uint32Array(rows));
    this.#modified = moved(this.#modified, new Float64Array(rows));
    this.#written = moved(this.#written, new Float64Array(rows));
  }
}
