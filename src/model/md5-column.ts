import type { Md5 } from './digest.js';
import { moved } from './name-table.js';

const FIRST_ROWS = 1024;
const BYTES = 16;
const WORDS = BYTES / Int32Array.BYTES_PER_ELEMENT;

/** MD5s by row, 17 bytes each. */
export class Md5Column {
  #bytes = Buffer.alloc(FIRST_ROWS * BYTES);
  /** The same bytes. */
  #words = new Int32Array(this.#bytes.buffer);
  #isSet = new Uint8Array(FIRST_ROWS);

  set(row: number, md5: Md5): void {
    this.#reach(row);
    this.#bytes.write(md5, row * BYTES, BYTES, 'hex');
    this.#isSet[row] = 1;
  }

  /** Takes one over from others, 16 bytes each. */
  setBytes(row: number, md5s: Buffer, from: number): void {
    this.#reach(row);
    md5s.copy(this.#bytes, row * BYTES, from * BYTES, (from + 1) * BYTES);
    this.#isSet[row] = 1;
  }

  #reach(row: number): void {
    if (row >= this.#isSet.length) {
      const rows = Math.max(row + 1, this.#isSet.length * 2);
      this.#isSet = moved(this.#isSet, new Uint8Array(rows));
      const bytes = Buffer.alloc(rows * BYTES);
      this.#bytes.copy(bytes);
      this.#bytes = bytes;
      this.#words = new Int32Array(bytes.buffer);
    }
  }

  /** Whether it has the MD5 that another column has. */
  isSame(row: number, other: Md5Column, otherRow: number): boolean {
    if (!this.has(row) || !other.has(otherRow)) return false;
    for (let word = 0; word < WORDS; word++)
      if (this.#words[row * WORDS + word] !== other.#words[otherRow * WORDS + word]) return false;
    return true;
  }

  /** Takes one over from another column, where it has one. */
  copy(row: number, other: Md5Column, otherRow: number): void {
    this.setBytes(row, other.#bytes, otherRow);
  }

  at(row: number): Md5 | undefined {
    if (this.#isSet[row] !== 1) return undefined;
    return this.#bytes.toString('hex', row * BYTES, (row + 1) * BYTES) as Md5;
  }

  has(row: number): boolean {
    return this.#isSet[row] === 1;
  }

  clear(row: number): void {
    if (row < this.#isSet.length) this.#isSet[row] = 0;
  }
}
