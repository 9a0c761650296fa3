import { crc32 } from 'node:zlib';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Files of this size are cut into chunks: below it a plain upload is over before much could be spared. Bytes. */
const LEAST_FILE = 64 * MIB;
const MOST_FILE = 4 * 1024 ** 4;

/** Chunks of one file, each of the least size: what the index has to carry is bounded. Twice as many beside an older version. */
const MOST_CHUNKS = 8_192;

/** What a chunk has at least, but for the last one of a file, and at most. Units, as `chunkUnit` has them. */
const LEAST_UNITS = 2;
const MOST_UNITS = 8;

/** Of a size and of a CRC32 each. */
const BYTES_A_CHUNK = 8;

/** Base64 of as many chunks as a file can have. Characters. */
const MOST_TEXT = Math.ceil(((2 * MOST_CHUNKS + 1) * BYTES_A_CHUNK) / 3) * 4;

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

/** Of the file that they are. Bytes. */
export function cutSize({ sizes }: Chunks): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}

/**
 * The measure of a file's chunks: none but the last is smaller than two of it, one has three on average, none more than
 * eight. `undefined`: the file is not cut.
 *
 * @param older an older version: beside one of half the unit or of twice as much, that one is kept, as a log is that grew
 *   beyond 2 GiB; chunks of two units have nothing in common
 */
export function chunkUnit(size: number, older?: Chunks): number | undefined {
  if (size < LEAST_FILE || size > MOST_FILE) return undefined;
  let unit = 128 * KIB;
  while (size / (LEAST_UNITS * unit) > MOST_CHUNKS) unit *= 2;
  if (older === undefined) return unit;
  return [unit, unit / 2, unit * 2].find((each) => areOfUnit(older, each)) ?? unit;
}

/** Whether chunks are as long as those of a unit. */
export function areOfUnit({ sizes }: Chunks, unit: number): boolean {
  return sizes.every(
    (size, i) => size <= MOST_UNITS * unit && (size >= LEAST_UNITS * unit || i === sizes.length - 1),
  );
}

/** Every bit of a byte moves every bit of its number: MurmurHash3's finalizer. */
const GEAR = Int32Array.from({ length: 256 }, (_, byte) => {
  let mixed = Math.imul(byte + 1, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
});

/** The bytes of a file from an offset before its end on: one or more of them, good until it is called again. */
export type BytesFrom = (offset: number) => Uint8Array;

/**
 * Cuts a file: FastCDC's gear hash (https://www.usenix.org/conference/atc16/technical-sessions/presentation/xia),
 * which looks at no byte that is too near to the last border. 600 MiB/s of those that it looks at, a third.
 *
 * @param size bytes of the file
 * @param unit as `chunkUnit` has it, a power of two
 * @param older chunks of an older version: where this one begins as one of them, and has its sum, it is the same chunk,
 *   whose end need not be looked for. The chunks are those that they are without it.
 */
export function cutChunks(size: number, unit: number, bytesFrom: BytesFrom, older?: Chunks): Chunks {
  const sizes: number[] = [];
  const sums: number[] = [];
  const places = older && new ChunkPlaces(older);
  for (let start = 0; start < size; ) {
    const same = places?.expected(start, size - start, unit);
    const isSame = same !== undefined && sumOf(start, same.size, bytesFrom) === same.sum;
    const chunk = isSame ? same : nextChunk(start, size - start, unit, bytesFrom);
    if (!isSame) places?.find(start, chunk);
    sizes.push(chunk.size);
    sums.push(chunk.sum);
    start += chunk.size;
  }
  return { sizes: Uint32Array.from(sizes), sums: Uint32Array.from(sums) };
}

interface Chunk {
  readonly size: number;
  readonly sum: number;
}

/** @param left bytes until the end of the file, 1 or more */
function nextChunk(start: number, left: number, unit: number, bytesFrom: BytesFrom): Chunk {
  // The high bits: each of the last 32 bytes has moved them.
  const mask = -1 << (32 - Math.log2(unit));
  const limit = Math.min(MOST_UNITS * unit, left);
  let size = 0;
  let sum = 0;
  let hash = 0;
  while (size < limit) {
    const bytes = bytesFrom(start + size);
    const end = Math.min(bytes.length, limit - size);
    let at = Math.min(Math.max(LEAST_UNITS * unit - size, 0), end);
    let isBorder = false;
    while (at < end) {
      hash = ((hash << 1) + GEAR[bytes[at++]!]!) | 0;
      if ((hash & mask) === 0) {
        isBorder = true;
        break;
      }
    }
    sum = crc32(bytes.subarray(0, at), sum);
    size += at;
    if (isBorder) break;
  }
  return { size, sum };
}

function sumOf(start: number, size: number, bytesFrom: BytesFrom): number {
  let sum = 0;
  for (let done = 0; done < size; ) {
    const bytes = bytesFrom(start + done).subarray(0, size - done);
    sum = crc32(bytes, sum);
    done += bytes.length;
  }
  return sum;
}

/** Where the chunks of an object lie. */
class ChunkPlaces {
  readonly #chunks: Chunks;
  readonly offsets: readonly number[];
  readonly #byOffset = new Map<number, number>();
  readonly #bySum = new Map<number, number>();
  /** How far the last one that was found had moved. */
  #moved = 0;

  constructor(chunks: Chunks) {
    const offsets: number[] = [];
    let offset = 0;
    for (const [i, size] of chunks.sizes.entries()) {
      offsets.push(offset);
      this.#byOffset.set(offset, i);
      if (!this.#bySum.has(chunks.sums[i]!)) this.#bySum.set(chunks.sums[i]!, i);
      offset += size;
    }
    this.#chunks = chunks;
    this.offsets = offsets;
  }

  /**
   * The number of a chunk like one at an offset of another file: of those that occur
   * more than once, the one that moved as far as the last one did.
   */
  find(offset: number, { size, sum }: Chunk): number | undefined {
    const { sizes, sums } = this.#chunks;
    const near = this.#byOffset.get(offset + this.#moved);
    const isSame = (i: number | undefined): i is number =>
      i !== undefined && sums[i] === sum && sizes[i] === size;
    const found = isSame(near) ? near : this.#bySum.get(sum);
    if (!isSame(found)) return undefined;
    this.#moved = this.offsets[found]! - offset;
    return found;
  }

  /**
   * The chunk that begins where what is at an offset of another file would be, if it moved as far as the last one that was
   * found. `undefined`: none does, or this file, of which so much is left, cannot have it.
   */
  expected(offset: number, left: number, unit: number): Chunk | undefined {
    const { sizes, sums } = this.#chunks;
    const i = this.#byOffset.get(offset + this.#moved);
    if (i === undefined) return undefined;
    const size = sizes[i]!;
    // Where an object ends says nothing of its content, and lines of an index may say anything.
    const isChunk = size === left || (size < left && size >= LEAST_UNITS * unit && i !== sizes.length - 1);
    return size <= MOST_UNITS * unit && isChunk ? { size, sum: sums[i]! } : undefined;
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
  const places = new ChunkPlaces(other);
  const stretches: Stretch[] = [];
  let offset = 0;
  for (const [i, size] of file.sizes.entries()) {
    const found = places.find(offset, { size, sum: file.sums[i]! });
    if (found !== undefined) {
      const from = places.offsets[found]!;
      const last = stretches.at(-1);
      if (last !== undefined && last.offset + last.size === offset && last.from + last.size === from)
        stretches[stretches.length - 1] = { ...last, size: last.size + size };
      else stretches.push({ offset, size, from });
    }
    offset += size;
  }
  return stretches;
}
