import { createHash, type Hash, hash } from 'node:crypto';
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { InPlace } from '../disk/in-place.js';
import { type Chunks, cutChunks } from '../model/chunks.js';
import { type ETag, type Md5, multipartETag } from '../model/digest.js';
import { layoutParts, layoutSize, type PartRun, partsOf } from '../model/digest-index.js';
import type { LocalFile } from '../model/objects.js';
import type { Region } from '../model/part-plan.js';
import { statFields } from './lstat.js';
import {
  type ByteRange,
  type ByteSum,
  emptySum,
  GRANULE,
  isSameSum,
  Md5Lanes,
  totalSum,
} from './md5-lanes.js';
import { LANES } from './md5-module.js';

/** The file is not, or no longer, what its stat said. */
export class FileChangedError extends Error {
  override readonly name = 'FileChangedError';
}

/** What reading a file takes: where it is, and the state in which the walk met it. */
export type MetFile = Pick<LocalFile, 'path' | 'size' | 'mtimeNs' | 'ctimeNs' | 'ino'>;

/** One file to digest. */
export interface DigestJob {
  readonly file: MetFile;
  /** Part layouts whose multipart ETags are asked for; the first one's part digests are returned. */
  readonly layouts: readonly (readonly PartRun[])[];
}

/** A digest of a file as the walk met it. */
export interface FileJob extends DigestJob {
  readonly file: LocalFile;
}

export interface FileDigest {
  readonly md5: Md5;
  /** Of the first layout asked for. */
  readonly partMd5s: readonly Md5[];
  /** One per layout asked for, in order. */
  readonly etags: readonly ETag[];
  /** Where there was time to cut the file; hints, as which they may be of another state of it. */
  readonly chunks?: Chunks;
}

/**
 * Opening a pipe waits for whoever writes to it, in which no signal is heard: what became one after the walk is opened all
 * the same, and is no regular file. Of no account for files; Windows has neither.
 */
export const NO_WAITING = constants.O_NONBLOCK ?? 0;
export const READING = constants.O_RDONLY | NO_WAITING;

const CHUNK = 1024 * 1024;

/** Read at a time of what is cut: it stays in the second-level cache. Bytes. */
const CHUNK_READ = 256 * 1024;

const NO_PARTS: readonly Md5[] = [];
const NO_ETAGS: readonly ETag[] = [];

/** Of a file that was digested as a whole alone. Spelled out, as members that are spread lie in an object of their own. */
export function wholeDigest(md5: Md5, etags: readonly ETag[] = NO_ETAGS): FileDigest {
  return { md5, partMd5s: NO_PARTS, etags };
}

interface Growing {
  readonly number: number;
  readonly digest: Hash;
  readonly ino: bigint;
}

/** What one thread reads files into and hashes several parts at a time with; new for each file it takes too long. */
export class Scratch {
  readonly buffer = Buffer.allocUnsafeSlow(CHUNK);
  /** The digest of a file that is being written. */
  growing: Growing | undefined;
  #lanes: Md5Lanes | undefined;

  get lanes(): Md5Lanes {
    this.#lanes ??= new Md5Lanes();
    return this.#lanes;
  }
}

/** Whether a stat still shows the file that the walk met. */
function sameStat(file: MetFile, now: BigIntStats): boolean {
  return sameBytes(file, now) && now.ctimeNs === file.ctimeNs;
}

/** Whether it does but for what a further link or another mode changes too. */
function sameBytes(file: MetFile, now: BigIntStats): boolean {
  return (
    now.isFile() && Number(now.size) === file.size && now.mtimeNs === file.mtimeNs && now.ino === file.ino
  );
}

/**
 * The file as it is now. Throws ENOENT and its kin, and FileChangedError when the path leads elsewhere by now: what
 * the walk accepted must not be exchanged for a link to a file outside of the tree.
 */
export async function restat(file: LocalFile): Promise<LocalFile> {
  const now = await stat(file.path, { bigint: true });
  if (!now.isFile()) throw new FileChangedError('it is no longer a regular file');
  if ((await realpath(file.path)) !== file.real)
    throw new FileChangedError('its path leads to another file now');
  return { ...file, ...statFields(now) };
}

/**
 * MD5 of the whole file and of the parts of each layout, without leaving the thread. Throws FileChangedError when the
 * file is not what its stat said before and after. `onBytes` is told of what is read.
 */
export function digestFile(
  { file, layouts }: DigestJob,
  onBytes: (bytes: number) => void,
  scratch = new Scratch(),
): FileDigest {
  const { buffer } = scratch;
  if (layouts.length === 0 && file.size <= buffer.length) {
    const md5 = hash('md5', readInPlace(file, buffer.subarray(0, file.size)), 'hex') as Md5;
    onBytes(file.size);
    return wholeDigest(md5);
  }
  checkSizes(file, layouts);
  const parts = distinctParts(layouts).flat();
  if (parts.length >= WORTH_LANES && canSplit(layouts)) {
    const whole = digestWhole({ file, what: 'whole' }, onBytes, scratch);
    return joined(whole, layouts, digestParts({ file, what: 'parts', parts }, onBytes, scratch));
  }
  const whole = createHash('md5');
  const cutters = layouts.filter(isCut).map((layout) => new PartCutter(partsOf(layout)));
  readThrough(file, 0, file.size, buffer, (bytes) => {
    whole.update(bytes);
    for (const cutter of cutters) cutter.update(bytes);
    onBytes(bytes.length);
  });
  return underLayouts(
    whole.digest('hex') as Md5,
    layouts,
    cutters.flatMap((cutter) => cutter.finish()).values(),
  );
}

function checkSizes({ size }: MetFile, layouts: readonly (readonly PartRun[])[]): void {
  for (const layout of layouts) {
    if (layoutSize(layout) !== size) throw new RangeError(`a part layout of another size than ${size}`);
  }
}

/** Whether the digest of the whole does not say what its part's is. */
export function isCut(layout: readonly PartRun[]): boolean {
  return layoutParts(layout) > 1;
}

/** @param parts of those that are cut, one layout after the other; no further ones are taken */
function underLayouts(md5: Md5, layouts: readonly (readonly PartRun[])[], parts: Iterator<Md5>): FileDigest {
  const all = layouts.map((layout) => {
    if (!isCut(layout)) return [md5];
    return Array.from({ length: layoutParts(layout) }, (): Md5 => parts.next().value);
  });
  return { md5, partMd5s: all[0] ?? NO_PARTS, etags: all.map(multipartETag) };
}

/** Below so many digests one after the other is as fast. */
const WORTH_LANES = 3;

/**
 * What `digestFile` says of each, several at a time: whole and parts of the same bytes, which are read once. Throws where
 * one cannot be read or is not what its stat said, whichever.
 */
export function digestFiles(
  jobs: readonly DigestJob[],
  onBytes: (bytes: number) => void,
  { lanes }: Scratch,
): readonly FileDigest[] {
  const open = new Set<number>();
  const rangeOf = ({ file, layouts }: DigestJob): ByteRange => {
    checkSizes(file, layouts);
    let descriptor: number | undefined;
    let at = 0;
    const read = (into: Buffer): void => {
      descriptor ??= openSync(file.path, READING);
      open.add(descriptor);
      fill(descriptor, into, at);
      at += into.length;
      onBytes(into.length);
      if (at < file.size) return;
      if (!sameStat(file, fstatSync(descriptor, { bigint: true })))
        throw new FileChangedError('it changed after the walk');
      open.delete(descriptor);
      closeSync(descriptor);
    };
    return { offset: 0, size: file.size, read, layouts: layouts.filter(isCut) };
  };
  try {
    const md5s: Iterator<Md5> = lanes.digest(jobs.map(rangeOf)).values();
    return jobs.map(({ layouts }) => underLayouts(md5s.next().value, layouts, md5s));
  } finally {
    for (const descriptor of open) closeSync(descriptor);
  }
}

/** What `digestFiles` needs takes a while to be made, once a thread. */
export function prepareLanes(): void {
  void Md5Lanes.isSupported;
}

/** How many digests at a time a file takes in `digestFiles`. 0: it is none for it. */
export function lanesOf(layouts: readonly (readonly PartRun[])[]): number {
  if (layouts.length === 0) return 1;
  const lanes = 1 + layouts.filter(isCut).length;
  return lanes <= LANES && layouts.every(isGranular) ? lanes : 0;
}

/** Whether `digestFiles` is worth it. */
export function areSeveral(jobs: readonly DigestJob[]): boolean {
  let lanes = 0;
  for (const { layouts } of jobs) {
    const own = lanesOf(layouts);
    if (own === 0) return false;
    lanes += own;
  }
  // A file for itself waits for its whole, which OpenSSL gets through faster.
  return jobs.length > 1 && lanes >= WORTH_LANES && Md5Lanes.isSupported;
}

/**
 * Whether whole and parts can be digested by passes of their own, in threads side by side, and be shown to be of the
 * same bytes: sums are comparable where all parts begin at granules.
 */
export function canSplit(layouts: readonly (readonly PartRun[])[]): boolean {
  return layouts.every(isGranular) && Md5Lanes.isSupported;
}

/** Whether all its parts begin at granules. */
function isGranular(layout: readonly PartRun[]): boolean {
  return layout.every(
    ({ count, size }, i) => size % GRANULE === 0 || (i === layout.length - 1 && count === 1),
  );
}

/** One of the passes over a file. */
export interface WholeJob {
  readonly file: MetFile;
  readonly what: 'whole';
}

export interface WholeDigest {
  readonly md5: Md5;
  readonly sum: ByteSum;
}

export function digestWhole(
  { file }: WholeJob,
  onBytes: (bytes: number) => void,
  { lanes }: Scratch,
): WholeDigest {
  const whole = createHash('md5');
  const sum = emptySum();
  let offset = 0;
  readThrough(file, 0, file.size, lanes.buffer, (bytes) => {
    whole.update(bytes);
    lanes.add(offset, bytes.length, sum);
    offset += bytes.length;
    onBytes(bytes.length);
  });
  return { md5: whole.digest('hex') as Md5, sum };
}

/** A part of a file. */
export interface FilePart {
  readonly offset: number;
  readonly size: number;
}

/** Another one, of parts in any order. */
export interface PartsJob {
  readonly file: MetFile;
  readonly what: 'parts';
  readonly parts: readonly FilePart[];
}

export interface PartDigest extends FilePart {
  readonly md5: Md5;
  readonly sum: ByteSum;
}

export function digestParts(
  { file, parts }: PartsJob,
  onBytes: (bytes: number) => void,
  { lanes }: Scratch,
): readonly PartDigest[] {
  return withDescriptor(file, (descriptor) => {
    const ranges = parts.map(({ offset, size }) => {
      let at = offset;
      const read = (into: Buffer): void => {
        fill(descriptor, into, at);
        at += into.length;
        onBytes(into.length);
      };
      return { offset, size, sum: emptySum(), read };
    });
    const md5s = lanes.digest(ranges);
    return ranges.map(({ offset, size, sum }, i) => ({ offset, size, sum, md5: md5s[i]! }));
  });
}

/**
 * Of each layout the parts that none before it has: what several have in common is read once, and what is the whole not
 * at all.
 */
export function distinctParts(layouts: readonly (readonly PartRun[])[]): readonly (readonly FilePart[])[] {
  const known = new Set<string>();
  return layouts.map((layout) => {
    if (!isCut(layout)) return [];
    const own = [...partsOf(layout)].filter((part) => !known.has(rangeId(part)));
    for (const part of own) known.add(rangeId(part));
    return own;
  });
}

function rangeId({ offset, size }: FilePart): string {
  return `${offset}+${size}`;
}

/**
 * What two passes or more say together: one over the whole, others over the parts of layouts. Throws FileChangedError where
 * they did not read the same.
 */
export function joined(
  { md5, sum }: WholeDigest,
  layouts: readonly (readonly PartRun[])[],
  parts: readonly PartDigest[],
): FileDigest {
  const known = new Map(parts.map((part) => [rangeId(part), part]));
  const all = layouts.filter(isCut).flatMap((layout) => {
    const own = Array.from(partsOf(layout), (part) => known.get(rangeId(part))!);
    if (!isSameSum(sum, totalSum(own.map((part) => part.sum))))
      throw new FileChangedError('it changed while it was read');
    return own.map((part) => part.md5);
  });
  return underLayouts(md5, layouts, all.values());
}

/** A file to cut where its content says. */
export interface ChunkJob {
  readonly file: MetFile;
  /** As `chunkUnit` has it. */
  readonly unit: number;
  /** Of an older version: where they are this one's too, nothing has to be looked for. */
  readonly older?: Chunks;
}

/** Throws FileChangedError. */
export function chunkFile(
  { file, unit, older }: ChunkJob,
  onBytes: (bytes: number) => void,
  { buffer }: Scratch,
): Chunks {
  return withDescriptor(file, (descriptor) => {
    let from = 0;
    let bytes = buffer.subarray(0, 0);
    const bytesFrom = (offset: number): Buffer => {
      if (offset < from || offset >= from + bytes.length) {
        from = offset;
        bytes = buffer.subarray(0, Math.min(CHUNK_READ, file.size - offset));
        fill(descriptor, bytes, offset);
        onBytes(bytes.length);
      }
      return bytes.subarray(offset - from);
    };
    return cutChunks(file.size, unit, bytesFrom, older);
  });
}

/** The next bytes of a file that is being written; the first ones begin its digest. */
export interface GrowingJob {
  /** With the size of what is next. */
  readonly file: Pick<MetFile, 'path' | 'size'>;
  /** What this thread knows the digest by. */
  readonly growing: number;
  readonly from: number;
  /** Ends the digest: the file as it is when all of it is there. */
  readonly whole?: MetFile;
}

/** Answers the MD5 at the end. One file at a time: another one's first bytes end it. Throws FileChangedError. */
export function digestNext(
  { file, growing: number, from, whole }: GrowingJob,
  onBytes: (bytes: number) => void,
  scratch: Scratch,
): Md5 | undefined {
  const { buffer, growing: before } = scratch;
  scratch.growing = undefined;
  if (from > 0 && before?.number !== number)
    throw new Error('the digest of what is before was not made here');
  const descriptor = openSync(file.path, READING);
  try {
    const now = fstatSync(descriptor, { bigint: true });
    const { digest, ino } =
      from > 0 && before !== undefined ? before : { digest: createHash('md5'), ino: now.ino };
    if (now.ino !== ino) throw new FileChangedError('it became another file while it was written');
    readPieces(descriptor, from, file.size, buffer, (bytes) => {
      digest.update(bytes);
      onBytes(bytes.length);
    });
    if (whole === undefined) {
      scratch.growing = { number, digest, ino };
      return undefined;
    }
    if (!sameStat(whole, fstatSync(descriptor, { bigint: true })))
      throw new FileChangedError('it changed while it was read');
    return digest.digest('hex') as Md5;
  } finally {
    closeSync(descriptor);
  }
}

/** A range of a file that two layouts cut. */
export interface RegionJob {
  readonly file: MetFile;
  readonly region: Region;
}

/** MD5 of each part. */
export interface RegionDigest {
  readonly one: readonly Md5[];
  readonly other: readonly Md5[];
}

/** The parts of both layouts, of the same bytes. Throws FileChangedError. */
export function digestRegion(
  { file, region }: RegionJob,
  onBytes: (bytes: number) => void,
  { buffer }: Scratch,
): RegionDigest {
  const [one, other] = [region.one, region.other].map(
    (sizes) => new PartCutter(sizes.map((size) => ({ size }))[Symbol.iterator]()),
  ) as [PartCutter, PartCutter];
  const size = region.one.reduce((sum, part) => sum + part, 0);
  readThrough(file, region.offset, size, buffer, (bytes) => {
    one.update(bytes);
    other.update(bytes);
    onBytes(bytes.length);
  });
  return { one: one.finish(), other: other.finish() };
}

/** Reads a range of one state of a file. */
function readThrough(
  file: MetFile,
  from: number,
  size: number,
  buffer: Buffer,
  each: (bytes: Buffer) => void,
): void {
  withDescriptor(file, (descriptor) => readPieces(descriptor, from, size, buffer, each));
}

/** As many bytes at a time as the buffer has; the last ones are fewer. */
function readPieces(
  descriptor: number,
  from: number,
  size: number,
  buffer: Buffer,
  each: (bytes: Buffer) => void,
): void {
  for (let done = 0; done < size; ) {
    const bytes = buffer.subarray(0, Math.min(buffer.length, size - done));
    fill(descriptor, bytes, from + done);
    each(bytes);
    done += bytes.length;
  }
}

/** Proves that one state of the file was read. */
function withDescriptor<T>(file: MetFile, work: (descriptor: number) => T): T {
  const descriptor = openSync(file.path, READING);
  try {
    if (!sameStat(file, fstatSync(descriptor, { bigint: true })))
      throw new FileChangedError('it changed after the walk');
    const result = work(descriptor);
    if (!sameStat(file, fstatSync(descriptor, { bigint: true })))
      throw new FileChangedError('it changed while it was read');
    return result;
  } finally {
    closeSync(descriptor);
  }
}

function fill(descriptor: number, into: Buffer, from: number): void {
  for (let filled = 0; filled < into.length; ) {
    const read = readSync(descriptor, into, filled, into.length - filled, from + filled);
    if (read === 0) throw new FileChangedError('it became shorter while it was read');
    filled += read;
  }
}

/** Cuts a stream of bytes at the borders of a layout. */
class PartCutter {
  readonly #sizes: Iterator<{ readonly size: number }>;
  readonly #digests: Md5[] = [];
  #hash: Hash;
  #left: number;

  constructor(parts: Iterator<{ readonly size: number }>) {
    this.#sizes = parts;
    this.#left = this.#sizes.next().value?.size ?? 0;
    this.#hash = createHash('md5');
  }

  update(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#left === 0) this.#cut();
      const taken = rest.subarray(0, this.#left);
      this.#hash.update(taken);
      this.#left -= taken.length;
      rest = rest.subarray(taken.length);
    }
  }

  #cut(): void {
    this.#digests.push(this.#hash.digest('hex') as Md5);
    this.#hash = createHash('md5');
    this.#left = this.#sizes.next().value?.size ?? Number.POSITIVE_INFINITY;
  }

  finish(): readonly Md5[] {
    this.#digests.push(this.#hash.digest('hex') as Md5);
    return this.#digests;
  }
}

/** Files up to this size are read in place. Bytes. */
const IN_PLACE = 256 * 1024;

/** Of whole files. */
const READ_LIMITS = { slowMs: 1, judged: 64, through: 512 } as const;

/**
 * Reads small files whole, into a body of their size. In place one takes some 50 µs, through the thread pool five calls
 * and 260 µs of this thread: see `InPlace`.
 *
 * @param now milliseconds
 */
export function createWholeReader(now?: () => number): (file: LocalFile, body: Buffer) => Promise<void> {
  const inPlace = new InPlace(READ_LIMITS, now);
  const readThroughPool = (file: LocalFile, body: Buffer): Promise<void> =>
    withOpenFile(file, (handle) => readRange(handle, 0, body));
  return async (file, body) => {
    if (file.size > IN_PLACE || inPlace.isSlow()) return readThroughPool(file, body);
    inPlace.make(() => readInPlace(file, body));
  };
}

/** Fills `body`. The stat after the read is that of the walk: nothing changed between them, so one stat proves both ends. */
function readInPlace(file: MetFile, body: Buffer): Buffer {
  const descriptor = openSync(file.path, READING);
  try {
    for (let filled = 0; filled < file.size; ) {
      const read = readSync(descriptor, body, filled, file.size - filled, filled);
      if (read === 0) throw new FileChangedError('it became shorter after the walk');
      filled += read;
    }
    if (!sameStat(file, fstatSync(descriptor, { bigint: true })))
      throw new FileChangedError('it changed after the walk');
    return body;
  } catch (error) {
    // A directory by now: it cannot be read, and that is no fault of the disk.
    if (error instanceof FileChangedError || sameStat(file, fstatSync(descriptor, { bigint: true })))
      throw error;
    throw new FileChangedError('it changed after the walk');
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Opens a file, checks that it is what its stat said before and after `work`.
 *
 * @param isProved whether every byte that was read turned out to be what it was digested as: then its ctime says nothing more
 */
export async function withOpenFile<T>(
  file: LocalFile,
  work: (handle: FileHandle) => Promise<T>,
  isProved: () => boolean = () => false,
): Promise<T> {
  const handle = await open(file.path, READING);
  try {
    if (!sameStat(file, await handle.stat({ bigint: true })))
      throw new FileChangedError('it changed after the walk');
    const result = await work(handle);
    const isSame = isProved() ? sameBytes : sameStat;
    if (!isSame(file, await handle.stat({ bigint: true })))
      throw new FileChangedError('it changed while it was read');
    return result;
  } finally {
    await handle.close();
  }
}

/** MD5 of whatever a file has while it is read, through no link. `undefined`: it is no file. */
export async function md5At(path: string): Promise<Md5 | undefined> {
  const handle = await open(path, READING | constants.O_NOFOLLOW);
  try {
    if (!(await handle.stat()).isFile()) return undefined;
    const whole = createHash('md5');
    for await (const bytes of handle.createReadStream({ autoClose: false })) whole.update(bytes);
    return whole.digest('hex') as Md5;
  } finally {
    await handle.close();
  }
}

/** CRC32 of a file as S3 spells it: base64 of four bytes, the highest first. Throws FileChangedError. */
export async function crc32Of(file: LocalFile): Promise<string> {
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  return withOpenFile(file, async (handle) => {
    let sum = 0;
    for (let offset = 0; offset < file.size; offset += CHUNK) {
      const bytes = buffer.subarray(0, Math.min(CHUNK, file.size - offset));
      await readRange(handle, offset, bytes);
      sum = crc32(bytes, sum);
    }
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(sum);
    return bytes.toString('base64');
  });
}

/** Fills `body`. */
export async function readRange(handle: FileHandle, offset: number, body: Buffer): Promise<void> {
  for (let filled = 0; filled < body.length; ) {
    const { bytesRead } = await handle.read(body, filled, body.length - filled, offset + filled);
    if (bytesRead === 0) throw new FileChangedError('it became shorter while it was read');
    filled += bytesRead;
  }
}
