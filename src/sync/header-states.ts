import { EntriesMap } from '../model/entries-map.js';
import { moved, NameTable } from '../model/name-table.js';
import type { ObjectKey } from '../model/object-key.js';
import type { HeaderState } from './plan.js';

const FIRST_ROWS = 1024;

/** By the number that stands for each; 0: there is none. */
const STATES: readonly (HeaderState | undefined)[] = [undefined, 'same', 'changed', 'class'];

const SAME = STATES.indexOf('same');

/** What is known of the headers of objects: a byte each where their keys are kept elsewhere already. */
export class HeaderStates extends EntriesMap<ObjectKey, HeaderState> {
  readonly #keys: NameTable;
  #states = new Uint8Array(FIRST_ROWS);
  #size = 0;
  /** Keys without a state of which S3 is to be asked. */
  readonly asked = new Set<ObjectKey>();
  /** Keys whose headers lack nothing but an ACL that is not asked for any more. */
  readonly aclsLeft = new Set<ObjectKey>();

  /** @param keys that this table's are among */
  constructor(keys = new NameTable()) {
    super();
    this.#keys = keys;
  }

  get size(): number {
    return this.#size;
  }

  set(key: ObjectKey, state: HeaderState): void {
    const row = this.#keys.add(key);
    if (row >= this.#states.length)
      this.#states = moved(this.#states, new Uint8Array(Math.max(row + 1, this.#states.length * 2)));
    if (!this.#has(row)) this.#size++;
    this.#states[row] = STATES.indexOf(state);
  }

  delete(key: ObjectKey): void {
    const row = this.#keys.find(key);
    if (!this.#has(row)) return;
    this.#states[row] = 0;
    this.#size--;
  }

  get(key: ObjectKey): HeaderState | undefined {
    return STATES[this.#states[this.#keys.find(key)] ?? 0];
  }

  has(key: ObjectKey): boolean {
    return this.#has(this.#keys.find(key));
  }

  *entries(): Generator<[ObjectKey, HeaderState], undefined> {
    for (const [row, state] of this.#states.entries())
      if (state !== 0) yield [this.#keys.at(row) as ObjectKey, STATES[state]!];
  }

  /** Keys whose headers are not the same: few, and no other key is spelled. */
  *others(): Generator<ObjectKey, undefined> {
    for (const [row, state] of this.#states.entries())
      if (state > SAME) yield this.#keys.at(row) as ObjectKey;
  }

  #has(row: number): boolean {
    return (this.#states[row] ?? 0) !== 0;
  }
}
