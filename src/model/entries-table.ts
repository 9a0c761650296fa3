import { EntriesMap } from './entries-map.js';
import { NameTable } from './name-table.js';

/** Entries by name whose members lie in columns, in the order in which the names were first met. Each is made as it is asked for. */
export abstract class EntriesTable<K extends string, V> extends EntriesMap<K, V> {
  protected readonly names = new NameTable();

  protected abstract at(row: number): V;

  get size(): number {
    return this.names.size;
  }

  get(name: K): V | undefined {
    const row = this.names.find(name);
    return row === -1 ? undefined : this.at(row);
  }

  has(name: K): boolean {
    return this.names.find(name) !== -1;
  }

  override *keys(): Generator<K, undefined> {
    for (let row = 0; row < this.size; row++) yield this.names.at(row) as K;
  }

  override *values(): Generator<V, undefined> {
    for (let row = 0; row < this.size; row++) yield this.at(row);
  }

  *entries(): Generator<[K, V], undefined> {
    for (let row = 0; row < this.size; row++) yield [this.names.at(row) as K, this.at(row)];
  }
}
