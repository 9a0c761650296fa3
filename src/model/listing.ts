import { classifyETag, type ETag } from './digest.js';
import { EntriesMap } from './entries-map.js';
import { Md5Column } from './md5-column.js';
import { moved, NameTable } from './name-table.js';
import { Numbering } from './numbering.js';
import type { ObjectKey } from './object-key.js';
import type { ListedObject } from './objects.js';

const FIRST_ROWS = 1024;

/**
 * What a prefix holds, in the order in which it was listed, 55 bytes an object beside its key. Objects are made as they are
 * asked for: the same one is another object each time.
 */
export class Listing extends EntriesMap<ObjectKey, ListedObject> {
  /** Its keys; further ones may follow, of whoever says something of them. */
  readonly names = new NameTable();
  #size = 0;
  /** ETags that are spelled like an MD5. */
  readonly md5s = new Md5Column();
  readonly #otherETags = new Map<number, ETag>();
  #sizes = new Float64Array(FIRST_ROWS);
  #lastModified = new Float64Array(FIRST_ROWS);
  /** Of `#classNames`. */
  #classes = new Uint32Array(FIRST_ROWS);
  readonly #classNames = new Numbering();

  /** Replaces what has the same key. */
  add({ key, size, etag, lastModified, storageClass }: ListedObject): void {
    const row = this.names.add(key);
    // A row that nobody filled would be an object that nobody listed.
    if (row > this.#size) throw new Error(`the table of objects has ${this.#size} rows and skips to ${row}`);
    this.#size = Math.max(this.#size, row + 1);
    if (row >= this.#sizes.length) this.#widen();
    this.#sizes[row] = size;
    this.#lastModified[row] = lastModified;
    this.#classes[row] = this.#classNames.numberOf(storageClass);
    const kind = classifyETag(etag);
    if (kind.kind === 'md5') {
      this.md5s.set(row, kind.md5);
      this.#otherETags.delete(row);
    } else {
      this.md5s.clear(row);
      this.#otherETags.set(row, etag);
    }
  }

  get size(): number {
    return this.#size;
  }

  /** Of all objects. */
  get bytes(): number {
    let bytes = 0;
    for (let row = 0; row < this.#size; row++) bytes += this.#sizes[row]!;
    return bytes;
  }

  has(key: ObjectKey): boolean {
    return this.#find(key) !== -1;
  }

  get(key: ObjectKey): ListedObject | undefined {
    const row = this.#find(key);
    return row === -1 ? undefined : this.#object(row, key);
  }

  override *keys(): Generator<ObjectKey, undefined> {
    for (let row = 0; row < this.size; row++) yield this.names.at(row) as ObjectKey;
  }

  override *values(): Generator<ListedObject, undefined> {
    for (let row = 0; row < this.size; row++) yield this.#object(row, this.names.at(row) as ObjectKey);
  }

  *entries(): Generator<[ObjectKey, ListedObject], undefined> {
    for (const object of this.values()) yield [object.key, object];
  }

  sizeAt(row: number): number {
    return this.#sizes[row]!;
  }

  storageClassAt(row: number): string {
    return this.#classNames.texts[this.#classes[row]!]!;
  }

  /** Those of rows that are not passed over. */
  *except(isPassed: (row: number, size: number) => boolean): Generator<ListedObject, undefined> {
    for (let row = 0; row < this.size; row++)
      if (!isPassed(row, this.#sizes[row]!)) yield this.#object(row, this.names.at(row) as ObjectKey);
  }

  /** Those of rows that are not passed over, in the order of `compareKeys`. */
  *inOrder(isPassed: (row: number) => boolean): Generator<ListedObject, undefined> {
    for (const row of this.names.ordered(this.size))
      if (!isPassed(row)) yield this.#object(row, this.names.at(row) as ObjectKey);
  }

  #find(key: ObjectKey): number {
    const row = this.names.find(key);
    return row < this.#size ? row : -1;
  }

  #object(row: number, key: ObjectKey): ListedObject {
    return {
      key,
      size: this.#sizes[row]!,
      etag: (this.md5s.at(row) as string | undefined as ETag | undefined) ?? this.#otherETags.get(row)!,
      lastModified: this.#lastModified[row]!,
      storageClass: this.storageClassAt(row),
    };
  }

  #widen(): void {
    const rows = this.#sizes.length * 2;
    this.#sizes = moved(this.#sizes, new Float64Array(rows));
    this.#lastModified = moved(this.#lastModified, new Float64Array(rows));
    this.#classes = moved(this.#classes, new Uint32Array(rows));
  }
}
