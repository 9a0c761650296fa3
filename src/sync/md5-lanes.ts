import { type Md5, md5Of } from '../model/digest.js';
import { type PartRun, partsOf } from '../model/digest-index.js';
import {
  BLOCK,
  DATA_AT,
  LANES,
  md5Module,
  POINTERS_AT,
  STATES_AT,
  STATES_BYTES,
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

/** Room for what MD5 puts after the last bytes. */
const PADDING = 2 * BLOCK;
const LANE_BYTES = PIECE + PADDING;

/** Of lanes that end where others go on. */
const PADS_AT = DATA_AT + LANES * LANE_BYTES;

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
  /** What its parts are under each is hashed beside it, of the same bytes: all but the last end at a granule. */
  readonly layouts?: readonly (readonly PartRun[])[];
  /** Fills all of `into` with the next bytes, or throws. */
  read(into: Buffer): void;
}

/** A range in work. */
interface Feed {
  readonly range: ByteRange;
  /** Of the whole, and of the parts of each layout; all are of the bytes at hand. */
  readonly digests: readonly [Running, ...Running[]];
  /** Read. */
  done: number;
  /** Blocks at hand that are not hashed, and where they begin. */
  next: number;
  blocks: number;
  /** Bytes of the piece that they are of; -1 before the first one. */
  piece: number;
  /** Whether the last block ends the digest too. */
  isPadded: boolean;
}

/** Digests in the making, one after the other in a lane. */
interface Running {
  readonly lane: number;
  /** Sizes of what is to come. */
  readonly sizes: Iterator<{ readonly size: number }>;
  /** Of those that ended, in order. */
  readonly md5s: Md5[];
  size: number;
  left: number;
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
    const initial = Math.ceil((PADS_AT + LANES * PADDING) / PAGE);
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

  /**
   * Of each range, in order: of the whole, and of each layout's parts. What a range throws ends all, and one that takes
   * more lanes than there are is a RangeError.
   */
  digest(ranges: Iterable<ByteRange>): readonly Md5[] {
    const all: Running[] = [];
    const waiting = ranges[Symbol.iterator]();
    const free = Array.from({ length: LANES }, (_, lane) => lane);
    for (const lane of free) this.#point(lane, DATA_AT);
    const feeds = new Set<Feed>();
    for (let next = waiting.next(); ; ) {
      while (next.done !== true) {
        const { layouts = [] } = next.value;
        const needed = 1 + layouts.length;
        if (needed > LANES) throw new RangeError(`${needed} digests of one file at a time`);
        if (needed > free.length) break;
        const feed = this.#begin(next.value, free.splice(0, needed));
        all.push(...feed.digests);
        feeds.add(feed);
        next = waiting.next();
      }
      let blocks = Number.POSITIVE_INFINITY;
      for (const feed of feeds) {
        while (feed.blocks === 0 && this.#goOn(feed));
        if (feed.blocks > 0) {
          blocks = Math.min(blocks, feed.blocks);
          continue;
        }
        feeds.delete(feed);
        for (const { lane } of feed.digests) {
          // An idle lane hashes what nobody asks for.
          this.#point(lane, DATA_AT);
          free.push(lane);
        }
      }
      if (feeds.size === 0) {
        if (next.done === true) return all.flatMap(({ md5s }) => md5s);
        continue;
      }
      for (const feed of feeds) for (const { lane } of feed.digests) this.#point(lane, feed.next);
      this.#code.hash(blocks);
      for (const feed of feeds) {
        feed.next += blocks * BLOCK;
        feed.blocks -= blocks;
      }
    }
  }

  #begin(range: ByteRange, lanes: readonly number[]): Feed {
    const sizes = [[range][Symbol.iterator](), ...(range.layouts ?? []).map(partsOf)];
    const digests = sizes.map((own, i): Running => {
      const running = { lane: lanes[i]!, sizes: own, md5s: [], size: 0, left: 0 };
      this.#beginNext(running);
      return running;
    }) as [Running, ...Running[]];
    return { range, digests, done: 0, next: 0, blocks: 0, piece: -1, isPadded: false };
  }

  #beginNext(running: Running): void {
    const size = running.sizes.next().value?.size;
    if (size === undefined) return;
    running.size = size;
    running.left = size;
    for (const [word, value] of INITIAL.entries())
      this.#view.setUint32(stateAt(running.lane, word), value, true);
  }

  #point(lane: number, to: number): void {
    this.#view.setUint32(POINTERS_AT + 4 * lane, to, true);
  }

  /** When all blocks at hand are hashed: ends what ends there, and reads on. `false`: nothing is left. */
  #goOn(feed: Feed): boolean {
    const { range, digests: own } = feed;
    if (feed.isPadded) {
      own[0].md5s.push(this.#md5(own[0].lane));
      return false;
    }
    if (feed.piece >= 0) {
      for (const running of own) running.left -= feed.piece;
      const ended = own.filter(({ left }) => left === 0);
      if (ended.length > 0) this.#end(ended, feed);
      if (feed.done === range.size) return false;
    }
    this.#fill(feed);
    return true;
  }

  /** Ends digests at the bytes behind the blocks at hand, and begins the next ones of their lanes. */
  #end(ended: readonly Running[], { next, piece }: Feed): void {
    const tail = piece % BLOCK;
    const blocks = Math.ceil((tail + 9) / BLOCK);
    const states = Buffer.from(this.#bytes.subarray(STATES_AT, STATES_AT + STATES_BYTES));
    for (const { lane, size } of ended) {
      const pad = PADS_AT + lane * PADDING;
      this.#bytes.copyWithin(pad, next, next + tail);
      this.#pad(pad, tail, blocks, size);
      this.#point(lane, pad);
    }
    this.#code.hash(blocks);
    for (const { lane, md5s } of ended) md5s.push(this.#md5(lane));
    // The others are where they were.
    states.copy(this.#bytes, STATES_AT);
    for (const running of ended) this.#beginNext(running);
  }

  /** The next bytes; with the last ones what MD5 puts after them, where one lane alone hashes them. */
  #fill(feed: Feed): void {
    const { range, digests } = feed;
    const from = DATA_AT + digests[0].lane * LANE_BYTES;
    const size = Math.min(PIECE, range.size - feed.done);
    range.read(this.#bytes.subarray(from, from + size));
    if (range.sum !== undefined) this.#add(from, size, (range.offset + feed.done) / GRANULE, range.sum);
    feed.done += size;
    feed.next = from;
    feed.piece = size;
    feed.blocks = Math.floor(size / BLOCK);
    if (feed.done < range.size || digests.length > 1) return;
    feed.blocks = Math.ceil((size + 9) / BLOCK);
    this.#pad(from, size, feed.blocks, range.size);
    feed.isPadded = true;
  }

  /** What MD5 puts behind the last bytes of a message of `size`. */
  #pad(from: number, bytes: number, blocks: number, size: number): void {
    const end = from + blocks * BLOCK;
    this.#bytes.fill(0, from + bytes, end);
    this.#bytes[from + bytes] = 0x80;
    this.#view.setBigUint64(end - 8, BigInt(size) * 8n, true);
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
