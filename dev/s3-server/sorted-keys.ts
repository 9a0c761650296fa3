/** Negative when `a` comes first. */
export type KeyOrder = (a: string, b: string) => number;

/**
 * The order of UTF-8 bytes, in which AWS lists. JavaScript's `<` compares UTF-16 units, where a surrogate pair
 * (U+10000 and up) comes before U+E000-U+FFFF; in UTF-8 it comes after.
 */
export const byteOrder: KeyOrder = (a, b) => {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return compareUnits(x, y);
  }
  return a.length - b.length;
};

/** The order of a directory walk, in which SeaweedFS lists: a slash before every other byte. */
export const directoryOrder: KeyOrder = (a, b) => {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    if (x === SLASH) return -1;
    if (y === SLASH) return 1;
    return compareUnits(x, y);
  }
  return a.length - b.length;
};

const SLASH = 0x2f;

function compareUnits(x: number, y: number): number {
  const xIsSurrogate = x >= 0xd800 && x <= 0xdfff;
  const yIsSurrogate = y >= 0xd800 && y <= 0xdfff;
  if (xIsSurrogate !== yIsSurrogate) return xIsSurrogate ? 1 : -1;
  return x - y;
}

/**
 * Keys in order, in chunks: inserting costs a binary search and a move within one chunk, about 5 µs among 200,000
 * keys, however many listings come in between.
 */
export class SortedKeys {
  readonly #order: KeyOrder;
  readonly #chunks: string[][] = [];

  constructor(order: KeyOrder) {
    this.#order = order;
  }

  add(key: string): void {
    if (this.#chunks.length === 0) {
      this.#chunks.push([key]);
      return;
    }
    const at = Math.min(this.#chunkOf(key), this.#chunks.length - 1);
    const chunk = this.#chunks[at]!;
    const index = lowerBound(chunk, (other) => this.#order(other, key) < 0);
    if (chunk[index] === key) return;
    chunk.splice(index, 0, key);
    if (chunk.length > MAX_CHUNK) this.#chunks.splice(at + 1, 0, chunk.splice(MAX_CHUNK / 2));
  }

  delete(key: string): void {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return;
    const index = lowerBound(chunk, (other) => this.#order(other, key) < 0);
    if (chunk[index] !== key) return;
    chunk.splice(index, 1);
    if (chunk.length === 0) this.#chunks.splice(at, 1);
  }

  /** The keys from the first one that `isBefore` refuses. `isBefore` must be true for a leading run only. */
  *from(isBefore: (key: string) => boolean): Generator<string, void> {
    let at = lowerBound(this.#chunks, (chunk) => isBefore(chunk[chunk.length - 1]!));
    let index = at < this.#chunks.length ? lowerBound(this.#chunks[at]!, isBefore) : 0;
    for (; at < this.#chunks.length; at++, index = 0) {
      const chunk = this.#chunks[at]!;
      for (; index < chunk.length; index++) yield chunk[index]!;
    }
  }

  get order(): KeyOrder {
    return this.#order;
  }

  #chunkOf(key: string): number {
    return lowerBound(this.#chunks, (chunk) => this.#order(chunk[chunk.length - 1]!, key) < 0);
  }
}

const MAX_CHUNK = 512;

function lowerBound<T>(sorted: readonly T[], isBefore: (item: T) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(sorted[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}
