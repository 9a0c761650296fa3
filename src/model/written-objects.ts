import type { Md5 } from './digest.js';
import type { ObjectEntry } from './digest-index.js';
import { EntriesMap } from './entries-map.js';
import { isObjectRow } from './index-rows.js';
import { Md5Column } from './md5-column.js';
import { moved, NameTable } from './name-table.js';
import { Numbering } from './numbering.js';
import type { ObjectKey } from './object-key.js';

const FIRST_ROWS = 1024;

/** In place of a time that is not known. Milliseconds since the epoch. */
const NEVER = 0;

/**
 * What a run wrote, for the index: 50 bytes an object beside its key, as a first publish writes a million. Entries are made as
 * they are asked for.
 */
export class WrittenObjects extends EntriesMap<ObjectKey, ObjectEntry> {
  readonly #names = new NameTable();
  /** Of objects whose ETag it is too. */
  readonly #md5s = new Md5Column();
  #sizes = new Float64Array(FIRST_ROWS);
  /** Of `#headerDigests`. */
  #headers = new Uint32Array(FIRST_ROWS);
  #times = new Float64Array(FIRST_ROWS);
  readonly #headerDigests = new Numbering();
  /** Of which there is more to say. */
  readonly #others = new Map<number, ObjectEntry>();

  get size(): number {
    return this.#names.size;
  }

  set(key: ObjectKey, entry: ObjectEntry): void {
    const row = this.#names.add(key);
    if (row >= this.#sizes.length) this.#widen();
    const { etag, size, md5, headers, modified, written } = entry;
    const isDated = modified !== undefined || written !== undefined;
    if (
      md5 !== undefined &&
      headers !== undefined &&
      isObjectRow(entry) &&
      (etag as string) === md5 &&
      !isDated
    ) {
      this.#md5s.set(row, md5);
      this.#sizes[row] = size;
      this.#headers[row] = this.#headerDigests.numberOf(headers);
      this.#others.delete(row);
    } else {
      this.#others.set(row, entry);
    }
  }

  /** When what is there was written, by this machine's clock. Milliseconds since the epoch. */
  date(key: ObjectKey, time: number): void {
    const row = this.#names.find(key);
    if (row !== -1) this.#times[row] = time;
  }

  /** `undefined`: nobody said it. */
  writtenAt(key: ObjectKey): number | undefined {
    const row = this.#names.find(key);
    const time = row === -1 ? NEVER : this.#times[row]!;
    return time === NEVER ? undefined : time;
  }

  get(key: ObjectKey): ObjectEntry | undefined {
    const row = this.#names.find(key);
    return row === -1 ? undefined : this.#at(row);
  }

  has(key: ObjectKey): boolean {
    return this.#names.find(key) !== -1;
  }

  *entries(): Generator<[ObjectKey, ObjectEntry], undefined> {
    for (let row = 0; row < this.size; row++) yield [this.#names.at(row) as ObjectKey, this.#at(row)];
  }

  #at(row: number): ObjectEntry {
    const other = this.#others.get(row);
    if (other !== undefined) return other;
    const md5 = this.#md5s.at(row) as Md5;
    const headers = this.#headerDigests.texts[this.#headers[row]!]!;
    return { etag: md5 as string as ObjectEntry['etag'], size: this.#sizes[row]!, md5, headers };
  }

  #widen(): void {
    const rows = this.#sizes.length * 2;
    this.#sizes = moved(this.#sizes, new Float64Array(rows));
    this.#headers = moved(this.#headers, new Uint32Array(rows));
    this.#times = moved(this.#times, new Float64Array(rows));
  }
}
