import type { Md5 } from './digest.js';
import { EntriesMap } from './entries-map.js';
import { Md5Column } from './md5-column.js';
import { NameTable } from './name-table.js';

/** MD5s by name, as far as they are known: 17 bytes each where the names are kept elsewhere already. */
export class Md5Table<K extends string> extends EntriesMap<K, Md5 | undefined> {
  readonly names: NameTable;
  /** By the rows of the names. */
  readonly md5s = new Md5Column();
  readonly #unknown = new Set<number>();
  #size = 0;

  /** @param names that this table's are among */
  constructor(names = new NameTable()) {
    super();
    this.names = names;
  }

  get size(): number {
    return this.#size;
  }

  set(name: K, md5: Md5 | undefined): void {
    const row = this.names.add(name);
    if (!this.hasRow(row)) this.#size++;
    if (md5 === undefined) {
      this.md5s.clear(row);
      this.#unknown.add(row);
    } else {
      this.md5s.set(row, md5);
      this.#unknown.delete(row);
    }
  }

  /** As `set`, by the row of a name, with what a column has. */
  adopt(row: number, column: Md5Column, columnRow: number): void {
    if (!this.hasRow(row)) this.#size++;
    this.md5s.copy(row, column, columnRow);
    this.#unknown.delete(row);
  }

  get(name: K): Md5 | undefined {
    const row = this.names.find(name);
    return row === -1 ? undefined : this.md5s.at(row);
  }

  has(name: K): boolean {
    const row = this.names.find(name);
    return row !== -1 && this.hasRow(row);
  }

  *entries(): Generator<[K, Md5 | undefined], undefined> {
    for (let row = 0; row < this.names.size; row++)
      if (this.hasRow(row)) yield [this.names.at(row) as K, this.md5s.at(row)];
  }

  hasRow(row: number): boolean {
    return this.md5s.has(row) || this.#unknown.has(row);
  }
}
