import { crc32 } from 'node:zlib';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Files of this size are cut into chunks: below it a plain upload is over before much could be spared. Bytes. */
const LEAST_FILE = 64 * MIB;
const MOST_FILE = 4 * 1024 ** 4;

/** Chunks of one file: what the index has to carry is bounded. */
const MOST_CHUNKS = 8_192;

/** Of a size and of a CRC32 each. */
const BYTES_A_CHUNK = 8;

/** Base64 of as many chunks as a file can have. Characters. */
const MOST_TEXT = Math.ceil(((MOST_CHUNKS + 1) * BYTES_A_CHUNK) / 3) * 4;

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * A file as pieces whose borders its content decides: bytes that are inserted move the borders after them along, and
 * soon the pieces are the same again. Sums are CRC32 and only hints to what two files have in common: a part that was
 * copied for them is proved by its MD5.
 */
export interface Chunks {
  /** Bytes. */
  readonly sizes: Uint32Array;
  readonly sums: Uint32Array;
}

/**
 * The measure of a file's chunks: none but the last is smaller than two of it, one has three on average, none more than
 * eight. `undefined`: the file is not cut.
 */
export function chunkUnit(size: number): number | undefined {
  if (size < LEAST_FILE || size > MOST_FILE) return undefined;
  let unit = 128 * KIB;
  while (size / (2 * unit) > MOST_CHUNKS) unit *= 2;
  return unit;
}

/** Every bit of a byte moves every bit of its number: MurmurHash3's finalizer. */
const GEAR = Int32Array.from({ length: 256 }, (_, byte) => {
  let mixed = Math.imul(byte + 1, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
});

/**
 * Cuts a stream of bytes: FastCDC's gear hash (https://www.usenix.org/conference/atc16/technical-sessions/presentation/xia),
 * which looks at no byte that is too near to the last border. 600 MiB/s of those that it looks at, a third.
 */
export class Chunker {
  readonly #least: number;
  readonly #most: number;
  readonly #mask: number;
  readonly #sizes: number[] = [];
  readonly #sums: number[] = [];
  #size = 0;
  #sum = 0;
  #hash = 0;

  /** @param unit as `chunkUnit` has it, a power of two */
  constructor(unit: number) {
    this.#least = 2 * unit;
    this.#most = 8 * unit;
    // The high bits: each of the last 32 bytes has moved them.
    this.#mask = -1 << (32 - Math.log2(unit));
  }

  update(bytes: Uint8Array): void {
    let start = 0;
    for (let at = 0; at < bytes.length; ) {
      if (this.#size < this.#least) {
        const skipped = Math.min(this.#least - this.#size, bytes.length - at);
        this.#size += skipped;
        at += skipped;
        continue;
      }
      const limit = Math.min(bytes.length, at + this.#most - this.#size);
      const end = this.#scan(bytes, at, limit);
      const isBorder = (this.#hash & this.#mask) === 0;
      this.#size += end - at;
      at = end;
      if (isBorder || this.#size === this.#most) {
        this.#cut(bytes.subarray(start, at));
        start = at;
      }
    }
    this.#sum = crc32(bytes.subarray(start), this.#sum);
  }

  /** The end of the first byte that is a border, or `limit`. */
  #scan(bytes: Uint8Array, from: number, limit: number): number {
    const mask = this.#mask;
    let hash = this.#hash;
    let at = from;
    while (at < limit) {
      hash = ((hash << 1) + GEAR[bytes[at++]!]!) | 0;
      if ((hash & mask) === 0) break;
    }
    this.#hash = hash;
    return at;
  }

  #cut(rest: Uint8Array): void {
    this.#sizes.push(this.#size);
    this.#sums.push(crc32(rest, this.#sum));
    this.#size = 0;
    this.#sum = 0;
    this.#hash = 0;
  }

  finish(): Chunks {
    if (this.#size > 0) this.#cut(new Uint8Array(0));
    return { sizes: Uint32Array.from(this.#sizes), sums: Uint32Array.from(this.#sums) };
  }
}

/** As the index has them: size and sum of each, four bytes each, the lowest first, in base64. */
export function formatChunks({ sizes, sums }: Chunks): string {
  const bytes = Buffer.alloc(sizes.length * BYTES_A_CHUNK);
  for (const [i, size] of sizes.entries()) {
    bytes.writeUInt32LE(size, i * BYTES_A_CHUNK);
    bytes.writeUInt32LE(sums[i]!, i * BYTES_A_CHUNK + 4);
  }
  return bytes.toString('base64');
}

/** Whether a value may be chunks at all; `parseChunks` says whether they are those of an object. */
export function isChunksText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MOST_TEXT && BASE64.test(value);
}

/** `undefined`: these are no chunks of an object of `size` bytes. */
export function parseChunks(text: string, size: number): Chunks | undefined {
  if (!isChunksText(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 0 || bytes.length % BYTES_A_CHUNK !== 0) return undefined;
  const count = bytes.length / BYTES_A_CHUNK;
  const chunks = { sizes: new Uint32Array(count), sums: new Uint32Array(count) };
  let total = 0;
  for (let i = 0; i < count; i++) {
    const own = bytes.readUInt32LE(i * BYTES_A_CHUNK);
    if (own === 0) return undefined;
    chunks.sizes[i] = own;
    chunks.sums[i] = bytes.readUInt32LE(i * BYTES_A_CHUNK + 4);
    total += own;
  }
  return total === size ? chunks : undefined;
}

/** Bytes of a file that lie in another one too. */
export interface Stretch {
  readonly offset: number;
  readonly size: number;
  /** Where they lie in the other one. */
  readonly from: number;
}

/** What a file has of another one, in order; neighbours that are neighbours there too are one stretch. */
export function stretchesOf(file: Chunks, other: Chunks): readonly Stretch[] {
  const starts = new Map<number, number>();
  const bySum = new Map<number, number>();
  const offsets: number[] = [];
  let total = 0;
  for (const [i, size] of other.sizes.entries()) {
    starts.set(total, i);
    offsets.push(total);
    const sum = other.sums[i]!;
    if (!bySum.has(sum)) bySum.set(sum, i);
    total += size;
  }
  const isSame = (i: number, at: number | undefined): at is number =>
    at !== undefined && other.sums[at] === file.sums[i] && other.sizes[at] === file.sizes[i];

  const stretches: Stretch[] = [];
  let offset = 0;
  // How far the last match had moved: of chunks that occur more than once, the one that moved as far.
  let moved = 0;
  for (const [i, size] of file.sizes.entries()) {
    const near = starts.get(offset + moved);
    const at = isSame(i, near) ? near : bySum.get(file.sums[i]!);
    if (isSame(i, at)) {
      const from = offsets[at]!;
      moved = from - offset;
      const last = stretches.at(-1);
      if (last !== undefined && last.offset + last.size === offset && last.from + last.size === from)
        stretches[stretches.length - 1] = { ...last, size: last.size + size };
      else stretches.push({ offset, size, from });
    }
    offset += size;
  }
  return stretches;
}
