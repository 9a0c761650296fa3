import { type Md5, md5Of } from '../model/digest.js';
import {
  BLOCK,
  DATA_AT,
  LANES,
  md5Module,
  POINTERS_AT,
  STATES_AT,
  SUM_AT,
  WORD_VECTOR,
  writeConstants,
} from './md5-module.js';

/** What of Node's WebAssembly is used: its types are the browser's. */
declare const WebAssembly: {
  Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
  Module: new (bytes: Uint8Array) => object;
  Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: object } },
  ) => { readonly exports: unknown };
};

/** Of `md5Module`. */
interface Exports {
  hash(blocks: number): void;
  sum(from: number, vectors: number): void;
}

/** What is summed at a time: ranges that begin at multiples of it have comparable sums. Bytes. */
export const GRANULE = 64 * 1024;

/** Read at a time for each lane: the second-level cache has room for all. */
const PIECE = GRANULE;

/** Room for the padding of what fills a piece. Bytes. */
const LANE_BYTES = PIECE + 2 * BLOCK;

const PAGE = 64 * 1024;

/** RFC 1321. */
const INITIAL = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476] as const;

/** Fletcher's two sums of four columns each. */
const SUM_WORDS = 8;

/** Spreads the granules' numbers: a sum must tell in which order they were. */
const SPREAD = 0x9e3779b1;

/** Bytes to hash, in order. */
export interface ByteRange {
  /** Where in the file they lie: a multiple of `GRANULE`. */
  readonly offset: number;
  readonly size: number;
  /** What its bytes are added to, where somebody asks for it. */
  readonly sum?: ByteSum;
  /** Fills all of `into` with the next bytes, or throws. */
  read(into: Buffer): void;
}

/** A range in work. */
interface Lane {
  readonly at: number;
  readonly range: ByteRange;
  done: number;
  /** Blocks at hand that are not hashed, and where they begin. */
  next: number;
  blocks: number;
}

/**
 * A sum of the bytes of a file, granule by granule in any order, that costs a twentieth of a digest: two passes over the
 * file with equal sums read the same, unless somebody who may write the file set out to deceive.
 */
export type ByteSum = Uint32Array;

export function emptySum(): ByteSum {
  return new Uint32Array(SUM_WORDS);
}

/** What several ranges are together. */
export function totalSum(sums: Iterable<ByteSum>): ByteSum {
  const total = emptySum();
  for (const sum of sums) for (const [word, value] of sum.entries()) total[word]! += value;
  return total;
}

export function isSameSum(one: ByteSum, other: ByteSum): boolean {
  return one.every((word, i) => word === other[i]);
}

/** MD5 of several streams at a time, for four times the bytes a second of one after the other. Of one thread. */
export class Md5Lanes {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  readonly #code: Exports;
  readonly #sums: Uint32Array;
  /** Room to read into for `add`. */
  readonly buffer: Buffer;

  constructor() {
    const initial = Math.ceil((DATA_AT + LANES * LANE_BYTES) / PAGE);
    const memory = new WebAssembly.Memory({ initial });
    this.#bytes = Buffer.from(memory.buffer);
    this.#view = new DataView(memory.buffer);
    this.#sums = new Uint32Array(memory.buffer, SUM_AT, SUM_WORDS);
    this.buffer = this.#bytes.subarray(DATA_AT, DATA_AT + LANES * GRANULE);
    Md5Lanes.#module ??= new WebAssembly.Module(md5Module());
    this.#code = new WebAssembly.Instance(Md5Lanes.#module, { env: { memory } }).exports as Exports;
    writeConstants(this.#view);
  }

  /** Made once a thread: it takes 10 ms to write out. */
  static #module: object | undefined;
  static #isSupported: boolean | undefined;

  /** Not where Node has no WebAssembly, the processor not the instructions, or one of them something else in mind. */
  static get isSupported(): boolean {
    Md5Lanes.#isSupported ??= Md5Lanes.#isRight();
    return Md5Lanes.#isSupported;
  }

  /** Whether it says what Node says of ranges that end at every kind of place. A wrong digest would be a wrong object. */
  static #isRight(): boolean {
    const bytes = Buffer.alloc(1000, 'no two of its blocks are alike, 37 bytes');
    const sizes = [0, 1, 55, 56, 63, 64, 119, 120, 640, bytes.length];
    const ranges = sizes.map((size): ByteRange => {
      const read = (into: Buffer): void => void bytes.copy(into, 0, 0, size);
      return { offset: 0, size, sum: emptySum(), read };
    });
    try {
      const digests = new Md5Lanes().digest(ranges);
      return sizes.every((size, i) => digests[i] === md5Of(bytes.subarray(0, size)));
    } catch {
      return false;
    }
  }

  /** Adds the first bytes of `buffer` to a sum: those of the file from `offset`, a multiple of `GRANULE`, on. */
  add(offset: number, size: number, sum: ByteSum): void {
    for (let at = 0; at < size; at += GRANULE)
      this.#add(DATA_AT + at, Math.min(GRANULE, size - at), (offset + at) / GRANULE, sum);
  }

  #add(from: number, size: number, granule: number, sum: ByteSum): void {
    if (size === 0) return;
    const vectors = Math.ceil(size / WORD_VECTOR);
    this.#bytes.fill(0, from + size, from + vectors * WORD_VECTOR);
    this.#code.sum(from, vectors);
    const weight = Math.imul(2 * granule + 1, SPREAD);
    for (let word = 0; word < SUM_WORDS; word++) sum[word]! += Math.imul(this.#sums[word]!, weight);
  }

  /** Of each range, in order. What a range throws ends all. */
  digest(ranges: Iterable<ByteRange>): readonly Md5[] {
    const digests: Md5[] = [];
    const waiting = ranges[Symbol.iterator]();
    const lanes = Array.from({ length: LANES }, (): Lane | undefined => undefined);
    for (let started = 0; ; ) {
      let blocks = Number.POSITIVE_INFINITY;
      for (let number = 0; number < LANES; number++) {
        let lane = lanes[number];
        if (lane === undefined) {
          const next = waiting.next();
          if (next.done === true) continue;
          lane = { at: started++, range: next.value, done: 0, next: 0, blocks: 0 };
          lanes[number] = lane;
          for (const [word, value] of INITIAL.entries())
            this.#view.setUint32(stateAt(number, word), value, true);
        }
        if (lane.blocks === 0) this.#fill(lane, number);
        blocks = Math.min(blocks, lane.blocks);
      }
      if (blocks === Number.POSITIVE_INFINITY) return digests;
      for (let number = 0; number < LANES; number++)
        // An idle lane hashes what nobody asks for.
        this.#view.setUint32(POINTERS_AT + 4 * number, lanes[number]?.next ?? DATA_AT, true);
      this.#code.hash(blocks);
      for (const [number, lane] of lanes.entries()) {
        if (lane === undefined) continue;
        lane.next += blocks * BLOCK;
        lane.blocks -= blocks;
        if (lane.blocks > 0 || lane.done <= lane.range.size) continue;
        digests[lane.at] = this.#md5(number);
        lanes[number] = undefined;
      }
    }
  }

  /** The next bytes of a lane; with the last ones what MD5 puts after them, and `done` is beyond the size. */
  #fill(lane: Lane, number: number): void {
    const { range } = lane;
    const from = DATA_AT + number * LANE_BYTES;
    const size = Math.min(PIECE, range.size - lane.done);
    range.read(this.#bytes.subarray(from, from + size));
    if (range.sum !== undefined) this.#add(from, size, (range.offset + lane.done) / GRANULE, range.sum);
    lane.done += size;
    lane.next = from;
    lane.blocks = size / BLOCK;
    if (lane.done < range.size) return;
    lane.done++;
    lane.blocks = Math.ceil((size + 9) / BLOCK);
    const end = from + lane.blocks * BLOCK;
    this.#bytes.fill(0, from + size, end);
    this.#bytes[from + size] = 0x80;
    this.#view.setBigUint64(end - 8, BigInt(range.size) * 8n, true);
  }

  #md5(number: number): Md5 {
    const digest = Buffer.alloc(4 * INITIAL.length);
    for (const word of INITIAL.keys())
      digest.writeUInt32LE(this.#view.getUint32(stateAt(number, word), true), 4 * word);
    return digest.toString('hex') as Md5;
  }
}

function stateAt(lane: number, word: number): number {
  return STATES_AT + (word * LANES + lane) * 4;
}
