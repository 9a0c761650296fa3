import { randomInt } from 'node:crypto';
import { compareKeys } from './object-key.js';

/** Bytes of names that are allocated together: what is there is never copied. */
const PAGE = 1024 * 1024;

/** Names that there is room for at first. */
const FIRST_ROWS = 1024;

/** Names that a Map holds: it is quicker while code is cold, as it hashes without any. */
const MOST_IN_MAP = 16_384;

/** In `#lengths`: the name is kept as UTF-16. Without it, a byte a character. */
const WIDE = 0x8000_0000;

/**
 * Distinct names, numbered in the order in which they were added. A million of them take 20 bytes each beside their
 * characters, a third of what they take as strings in a Map, and nothing that a garbage collector has to visit. A few are
 * strings in a Map.
 */
export class NameTable {
  #size = 0;
  /** `undefined`: they are too many. */
  #few: { readonly rows: Map<string, number>; readonly names: string[] } | undefined = {
    rows: new Map(),
    names: [],
  };
  readonly #mostInMap: number;
  readonly #pages: Buffer[] = [];
  /** What is used of the last page. */
  #used = 0;
  /** Where each name begins: a multiple of PAGE for its page, and the place there. */
  #starts = new Float64Array(FIRST_ROWS);
  /** Bytes of each name, and whether it is WIDE. */
  #lengths = new Uint32Array(FIRST_ROWS);
  #hashes = new Int32Array(FIRST_ROWS);
  /** Rows by hash, each plus 1; 0 is free. A power of two, at most half full. */
  #slots = new Uint32Array(FIRST_ROWS * 2);
  /** So that nobody can choose names that all fall into one slot. */
  readonly #seed = randomInt(2 ** 32) | 0;

  /** @param mostInMap names that a Map holds */
  constructor(mostInMap = MOST_IN_MAP) {
    this.#mostInMap = mostInMap;
  }

  get size(): number {
    return this.#size;
  }

  /** The row of a name, which is new if it is the size that the table had. */
  add(name: string): number {
    if (this.#few === undefined) return this.#pack(name);
    const { rows, names } = this.#few;
    const known = rows.get(name);
    if (known !== undefined) return known;
    const row = this.#size++;
    rows.set(name, row);
    names.push(name);
    if (row >= this.#mostInMap) {
      this.#few = undefined;
      this.#size = 0;
      for (const each of names) this.#pack(each);
    }
    return row;
  }

  #pack(name: string): number {
    const hash = this.#hash(name);
    const slot = this.#slotOf(name, hash);
    const known = this.#slots[slot]!;
    if (known !== 0) return known - 1;
    const row = this.#size++;
    this.#slots[slot] = row + 1;
    if (row === this.#hashes.length) this.#widen();
    this.#hashes[row] = hash;
    this.#write(row, name);
    if (this.#size * 2 > this.#slots.length) this.#rehash();
    return row;
  }

  /** -1: there is none. */
  find(name: string): number {
    if (this.#few !== undefined) return this.#few.rows.get(name) ?? -1;
    return this.#slots[this.#slotOf(name, this.#hash(name))]! - 1;
  }

  /** Where `prefix` and a name of another table together are; -1: there is none. No string is made of them. */
  findBelow(prefix: string, names: NameTable, row: number): number {
    const length = names.#lengths[row]!;
    if (this.#few !== undefined || names.#few !== undefined || length >= WIDE)
      return this.find(prefix + names.at(row));
    const start = names.#starts[row]!;
    const page = names.#pages[Math.floor(start / PAGE)]!;
    const from = start % PAGE;
    let hash = this.#hash(prefix);
    for (let i = from; i < from + length; i++) hash = hashed(hash, page[i]!);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const found = this.#slots[slot]! - 1;
      if (found === -1) return -1;
      if (this.#hashes[found] === hash && this.#isBelow(found, prefix, page, from, length)) return found;
    }
  }

  #isBelow(row: number, prefix: string, bytes: Buffer, from: number, count: number): boolean {
    const length = this.#lengths[row]!;
    if (length >= WIDE) return this.at(row) === prefix + bytes.toString('latin1', from, from + count);
    if (length !== prefix.length + count) return false;
    const start = this.#starts[row]!;
    const page = this.#pages[Math.floor(start / PAGE)]!;
    let at = start % PAGE;
    for (let i = 0; i < prefix.length; i++) if (page[at++] !== prefix.charCodeAt(i)) return false;
    for (let i = from; i < from + count; i++) if (page[at++] !== bytes[i]) return false;
    return true;
  }

  at(row: number): string {
    if (this.#few !== undefined) return this.#few.names[row]!;
    const start = this.#starts[row]!;
    const length = this.#lengths[row]!;
    const page = this.#pages[Math.floor(start / PAGE)]!;
    const from = start % PAGE;
    return length < WIDE
      ? page.toString('latin1', from, from + length)
      : page.toString('utf16le', from, from + (length - WIDE));
  }

  /** As `compareKeys` of the names. */
  compare(a: number, b: number): number {
    if (this.#few !== undefined) return compareKeys(this.at(a), this.at(b));
    const [aLength, bLength] = [this.#lengths[a]!, this.#lengths[b]!];
    if (aLength >= WIDE || bLength >= WIDE) return compareKeys(this.at(a), this.at(b));
    const [aStart, bStart] = [this.#starts[a]!, this.#starts[b]!];
    const aPage = this.#pages[Math.floor(aStart / PAGE)]!;
    const bPage = this.#pages[Math.floor(bStart / PAGE)]!;
    const [aFrom, bFrom] = [aStart % PAGE, bStart % PAGE];
    const length = Math.min(aLength, bLength);
    for (let i = 0; i < length; i++) {
      const difference = aPage[aFrom + i]! - bPage[bFrom + i]!;
      if (difference !== 0) return difference;
    }
    return aLength - bLength;
  }

  /** The rows of the first so many names, in the order of `compareKeys`. */
  ordered(size = this.#size): Uint32Array {
    const rows = Uint32Array.from({ length: size }, (_, row) => row);
    for (let row = 1; row < size; row++) {
      // An array is sorted by what is in order already, as the names of a directory are; its columns are not.
      if (this.compare(row - 1, row) > 0)
        return Uint32Array.from(Array.from(rows).sort((a, b) => this.compare(a, b)));
    }
    return rows;
  }

  #slotOf(name: string, hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const row = this.#slots[slot]! - 1;
      if (row === -1 || (this.#hashes[row] === hash && this.#is(row, name))) return slot;
    }
  }

  #is(row: number, name: string): boolean {
    const length = this.#lengths[row]!;
    if (length >= WIDE) return this.at(row) === name;
    if (length !== name.length) return false;
    const start = this.#starts[row]!;
    const page = this.#pages[Math.floor(start / PAGE)]!;
    const from = start % PAGE;
    for (let i = 0; i < length; i++) if (page[from + i] !== name.charCodeAt(i)) return false;
    return true;
  }

  #write(row: number, name: string): void {
    const isWide = /[^\0-\xff]/.test(name);
    const length = isWide ? name.length * 2 : name.length;
    if (this.#pages.length === 0 || this.#used + length > this.#pages.at(-1)!.length) {
      this.#pages.push(Buffer.allocUnsafeSlow(Math.max(PAGE, length)));
      this.#used = 0;
    }
    this.#pages.at(-1)!.write(name, this.#used, isWide ? 'utf16le' : 'latin1');
    this.#starts[row] = (this.#pages.length - 1) * PAGE + this.#used;
    this.#lengths[row] = isWide ? length + WIDE : length;
    this.#used += length;
  }

  #hash(name: string): number {
    let hash = this.#seed;
    for (let i = 0; i < name.length; i++) {
      hash = hashed(hash, name.charCodeAt(i));
    }
    return hash;
  }

  #widen(): void {
    const rows = this.#hashes.length * 2;
    this.#starts = moved(this.#starts, new Float64Array(rows));
    this.#lengths = moved(this.#lengths, new Uint32Array(rows));
    this.#hashes = moved(this.#hashes, new Int32Array(rows));
  }

  #rehash(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2);
    const mask = this.#slots.length - 1;
    for (let row = 0; row < this.#size; row++) {
      let slot = this.#hashes[row]! & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = row + 1;
    }
  }
}

function hashed(hash: number, character: number): number {
  const mixed = Math.imul(hash ^ character, 0x5bd1e995);
  return mixed ^ (mixed >>> 15);
}

type Column = Float64Array | BigInt64Array | Int32Array | Uint32Array | Uint8Array;

/** A longer column with what the other one has. Nothing is resident of it but what was written. */
export function moved<T extends Column>(from: T, to: T): T {
  (to as { set(values: T): void }).set(from);
  return to;
}

/** Whether a column of BigInt64 can hold it: nanoseconds of times until the year 2262. */
export function fits(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}
