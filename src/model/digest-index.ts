import { crc32 } from 'node:zlib';
import { isChunksText } from './chunks.js';
import { type ETag, type Md5, parseETag, parseMd5 } from './digest.js';
import { FileEntries } from './file-entries.js';
import {
  FileRows,
  fileBlock,
  isFileRow,
  isObjectRow,
  isSize,
  ObjectRows,
  objectBlock,
  type Writable,
} from './index-rows.js';
import {
  EVERYTHING,
  isDistribution,
  isInvalidationPath,
  isSameMapping,
  type Owed,
  type PathMapping,
} from './invalidation.js';
import { ObjectEntries } from './object-entries.js';
import type { ObjectKey } from './object-key.js';
import type { Encoding } from './objects.js';

/**
 * What earlier runs learned, one text line each:
 *
 *     s3-dedup-sync-index 1
 *     <crc32 of the JSON, 8 hex digits> <JSON object>
 *
 * A line with `objects` or `files` speaks of many as columns (`index-rows.ts`); what columns have no room for has a line
 * of its own, with `key` for an object and `path` for a local file. One with `upload` speaks of a multipart upload that
 * was begun and is not known to have ended, one with `pending` of a key whose delete waits, those with `invalidation`
 * of what a CloudFront distribution is still to be told, and by which mapping of keys to paths, those with `renewing` of keys that may have other headers than
 * their lines say, one with `writing` of when a run began to write that may have left objects without a line, one with
 * `ended`, in the journal alone, of a wait of `pending` that a run ended, one with `machine` of the writer. A line with `destination`, which may be the writer's, says of which place the lines after it
 * speak; those about local files speak of no place.
 * A damaged line is dropped and the others stand. Fields that this version does not know are kept when the
 * index is written again, where they stand in a line of one object or file; `encryption` is reserved for one.
 */
const FORMAT = 's3-dedup-sync-index ';
const FIRST_LINE = `${FORMAT}1`;
const OTHER_VERSION = new RegExp(`^${FORMAT}(\\d{1,9})$`);

/** An index that knows nothing, and to which lines can be appended. */
export const EMPTY_INDEX: Buffer = Buffer.from(`${FIRST_LINE}\n`);

/** Where the journal of an index in a file lies: beside it. */
export function journalPath(path: string): string {
  return `${path}.journal`;
}

/** An index of a million keys has some 220 MiB; anything above this is not ours. Bytes. */
export const MAX_INDEX_BYTES = 1024 ** 3;

/** Objects, files and other lines; short ones are cheap to forge and take five times their memory. */
const MAX_ENTRIES = 4_000_000;

/** Paths that a distribution is owed: a run leaves 1,000 at most, and more of them are everything. */
const MAX_OWED_PATHS = 5_000;

/** A line longer than this is not ours: columns are the longest, with 96 Ki characters of names. */
const MAX_LINE = 1024 * 1024;

/** Paths or keys of one line. Characters. */
const MAX_LINE_OF_NAMES = 32 * 1024;

/** Of a line. */
type Fields = Readonly<Record<string, unknown>>;

/** An object as a run left or found it. */
export interface ObjectEntry {
  readonly etag: ETag;
  /** Bytes. */
  readonly size: number;
  /** Absent: an object that was copied by parts and is known by its ETag alone. */
  readonly md5?: Md5;
  /** Part layout of a multipart object, run-length: `12x8388608+1x77`. */
  readonly parts?: string;
  /** What its content is made of, as `formatChunks` has it: hints to what later versions have in common with it. */
  readonly chunks?: string;
  /** SHA-256 of the headers that inputs and the name decided, and words about them; see `formatHeaderState`. */
  readonly headers?: string;
  /** What an encoded object holds: as in its metadata, see `formatSource`, or `NO_SOURCE`. */
  readonly source?: string;
  /** The encoding under which its content would not be a tenth smaller, so that `compress` stored it as it is. */
  readonly incompressible?: Encoding;
  /** Storage class that was asked for when it was written or compared; a lifecycle rule may have moved it since. */
  readonly class?: string;
  /** Last-Modified under which the object was listed whose metadata says this. Milliseconds since the epoch. */
  readonly modified?: number;
  /** Until a listing showed that: when its write was answered, by S3's clock. Milliseconds since the epoch. */
  readonly written?: number;
  /** What a newer version wrote. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** A local file as a run digested it. */
export interface FileEntry {
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly ino: bigint;
  readonly md5: Md5;
  /** Of a file in several parts: the ETag that its bytes were seen to make, by whichever layout. */
  readonly etag?: ETag;
  /** It begins as no encoded file does: a download need not look again. */
  readonly plain?: true;
  /** What `compress` made of it, as `formatStoredForm` has it. */
  readonly stored?: string;
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** A multipart upload that a run began, journalled before its first part. */
export interface UploadEntry {
  readonly key: ObjectKey;
  readonly md5: Md5;
  /** Bytes. */
  readonly size: number;
  /** Its layout: `12x8388608+1x77`. */
  readonly parts: string;
  /** Digest of every header that it was created with. */
  readonly headers: string;
  /** When it was begun, milliseconds since the epoch. */
  readonly begun: number;
  /** The mark of the process that began it, which is not coming back once it has ended. Empty: not known. */
  readonly process: string;
  /**
   * What encrypts it, where ETags of parts prove nothing and every part is sent: with the MD5 that it has to have, so that
   * what S3 took is right. Absent: ETags prove its parts.
   */
  readonly sentUnder?: string;
}

export interface DigestIndex {
  /** Names the machine whose files `files` speaks of. */
  readonly machine: string;
  /** Bucket, prefix and server whose objects it speaks of; see `indexDestination`. Absent: not known. */
  readonly destination?: string;
  /** When it was written, nanoseconds since the epoch: a file that is not older is not trusted (C12). */
  readonly writtenNs: bigint;
  readonly objects: ReadonlyMap<string, ObjectEntry>;
  readonly files: ReadonlyMap<string, FileEntry>;
  /** By upload id. */
  readonly uploads: ReadonlyMap<string, UploadEntry>;
  /** Successful runs that changed the destination. */
  readonly deploys: number;
  /** Keys that the tree no longer has and that `delete-grace` keeps. */
  readonly pending: ReadonlyMap<string, PendingDelete>;
  /** Those of `pending` whose wait a run ended that did not get to write its index; absent: none. */
  readonly ended?: ReadonlySet<string>;
  /** By the id of a distribution. No paths: nothing is owed. No distribution: nobody knows what is, R15. */
  readonly invalidations: ReadonlyMap<string, Owed>;
  /** Keys whose headers a run began to renew, or wrote while another run did, and nobody knows which they are: C13. */
  readonly renewing: ReadonlySet<string>;
  /**
   * When the first run began to write of which nobody knows what it wrote, milliseconds since the epoch; absent: none.
   */
  readonly writing?: number;
}

/** An index whose lines about objects and files are made as they are written. */
export interface WritableIndex extends Omit<DigestIndex, 'objects' | 'files' | 'ended'> {
  readonly objects: Iterable<readonly [string, ObjectEntry]>;
  readonly files: Iterable<readonly [string, FileEntry]>;
}

/** A delete that waits. Another object under the key begins to wait anew. */
export interface PendingDelete {
  readonly etag: ETag;
  /** When a run first met the key without a file, milliseconds since the epoch. */
  readonly since: number;
  /** `DigestIndex.deploys` at that time. */
  readonly deploys: number;
}

/** Whether bytes begin as an index of any version does, as far as they go: what does not is somebody's file. */
export function beginsAsIndex(bytes: Buffer): boolean {
  return FORMAT.startsWith(bytes.toString('latin1', 0, FORMAT.length));
}

export type IndexParse =
  | { readonly index: DigestIndex; readonly droppedLines: number }
  | { readonly index: undefined; readonly why: string };

/**
 * Reads an index. Any bytes are allowed: what is not an intact line is dropped.
 *
 * @param journal lines that were appended since it was written; the last one may be cut short
 * @param destination what lines say of objects, uploads and invalidations of another one is left out; absent: nothing is
 */
export function parseIndex(
  bytes: Buffer,
  journal: Buffer = Buffer.alloc(0),
  destination?: string,
): IndexParse {
  const start = bytes.indexOf(0x0a);
  const first = bytes.toString('latin1', 0, Math.max(start, 0));
  if (first !== FIRST_LINE) {
    const [, version] = OTHER_VERSION.exec(first) ?? [];
    return {
      index: undefined,
      why:
        version === undefined
          ? 'it is not an index of this version'
          : `another release wrote it (version ${version}), and what this one learns takes its place`,
    };
  }
  const said = new Said(destination);
  for (const record of recordsOf(journal, 0)) if (record !== undefined) said.takeJournalled(record);
  said.endJournal();
  let entries = 0;
  let droppedLines = 0;
  for (const record of recordsOf(bytes, start + 1)) {
    if (++entries > MAX_ENTRIES) return { index: undefined, why: `it has more than ${MAX_ENTRIES} entries` };
    const further = record === undefined ? DAMAGED : said.take(record);
    if (further === DAMAGED) droppedLines++;
    else entries += further;
  }
  return { index: said.index(droppedLines), droppedLines };
}

/** Of a line that says nothing that may be believed. */
const DAMAGED = -1;

/** What the lines of a journal and then of its index say, as far as they are about one destination. */
class Said {
  readonly #destination: string | undefined;
  /** What the lines that come are about. */
  #speaksOf: string | undefined;
  readonly #objects = new ObjectEntries();
  readonly #files = new FileEntries();
  readonly #uploads = new Map<string, UploadEntry>();
  readonly #pending = new Map<string, PendingDelete>();
  readonly #owed: OwedLines = new Map();
  readonly #renewing = new Set<string>();
  readonly #begins: number[] = [];
  readonly #ends: [string, PendingDelete][] = [];
  #writer: Pick<DigestIndex, 'machine' | 'destination' | 'writtenNs' | 'deploys'> = {
    machine: '',
    writtenNs: 0n,
    deploys: 0,
  };

  constructor(destination: string | undefined) {
    this.#destination = destination;
  }

  /** Whoever appended it may have been stopped: what is not whole says nothing. */
  takeJournalled(record: Fields): void {
    if (this.#isElsewhere(record)) return;
    this.#takeUpload(record);
    addInvalidation(this.#owed, record);
    addRenewing(this.#renewing, record);
    this.#takeWriting(record);
    const end = typeof record.ended === 'string' ? pendingDelete(record) : undefined;
    if (end !== undefined) this.#ends.push([record.ended as string, end]);
  }

  endJournal(): void {
    this.#speaksOf = undefined;
  }

  /** Takes a line of the index. Returns how many entries it has beside itself, or DAMAGED. */
  take(record: Fields): number {
    const { objects, files, key, path, upload, pending, invalidation, renewing, writing, machine } = record;
    const isElsewhere = this.#isElsewhere(record);
    const isOfMachine = files !== undefined || typeof path === 'string' || typeof machine === 'string';
    if (isElsewhere && !isOfMachine) return 0;
    if (objects !== undefined) return this.#takeObjects(objects);
    if (files !== undefined) return this.#takeFiles(files);
    if (renewing !== undefined)
      return addRenewing(this.#renewing, record) ? (renewing as readonly unknown[]).length : DAMAGED;
    let isIntact = true;
    if (typeof upload === 'string') isIntact = this.#takeUpload(record);
    else if (typeof pending === 'string') isIntact = put(this.#pending, pending, pendingDelete(record));
    else if (invalidation !== undefined) isIntact = addInvalidation(this.#owed, record);
    else if (writing !== undefined) isIntact = this.#takeWriting(record);
    else if (typeof key === 'string') isIntact = put(this.#objects, key, objectEntry(record));
    else if (typeof path === 'string') isIntact = put(this.#files, path, fileEntry(record));
    else if (typeof machine === 'string') this.#takeWriter(machine, record, isElsewhere);
    return isIntact ? 0 : DAMAGED;
  }

  #isElsewhere({ destination }: Fields): boolean {
    if (typeof destination === 'string') this.#speaksOf = destination;
    const ours = this.#destination;
    return ours !== undefined && this.#speaksOf !== undefined && this.#speaksOf !== ours;
  }

  #takeObjects(columns: unknown): number {
    const block = objectBlock(columns);
    if (block === undefined) return DAMAGED;
    this.#objects.setRows(block);
    return block.keys.length;
  }

  #takeFiles(columns: unknown): number {
    const block = fileBlock(columns);
    if (block === undefined) return DAMAGED;
    this.#files.setRows(block);
    return block.paths.length;
  }

  #takeUpload(record: Fields): boolean {
    const [id, entry] = uploadEntry(record) ?? [];
    return id !== undefined && put(this.#uploads, id, entry);
  }

  #takeWriting({ writing }: Fields): boolean {
    if (!isSize(writing)) return false;
    this.#begins.push(writing);
    return true;
  }

  #takeWriter(machine: string, { writtenNs, deploys }: Fields, isElsewhere: boolean): void {
    if (!isDecimal(writtenNs)) return;
    this.#writer = {
      machine,
      ...(this.#speaksOf === undefined ? {} : { destination: this.#speaksOf }),
      writtenNs: BigInt(writtenNs),
      deploys: isSize(deploys) && !isElsewhere ? deploys : this.#writer.deploys,
    };
  }

  /** @param droppedLines any of them may have been of what is owed, half of which is worse than not knowing */
  index(droppedLines: number): DigestIndex {
    const pending = this.#pending;
    // A journal that could not be deleted does not end what began to wait since.
    const isOfPending = ([key, { etag, since }]: readonly [string, PendingDelete]): boolean =>
      pending.get(key)?.etag === etag && pending.get(key)?.since === since;
    const ended = new Set(this.#ends.filter(isOfPending).map(([key]) => key));
    const writing = earliest(this.#begins);
    return {
      ...this.#writer,
      objects: this.#objects,
      files: this.#files,
      uploads: this.#uploads,
      pending,
      invalidations: droppedLines > 0 ? new Map() : owedOf(this.#owed),
      renewing: this.#renewing,
      ...(ended.size === 0 ? {} : { ended }),
      ...(writing === undefined ? {} : { writing }),
    };
  }
}

/** Whether there is a value to put. */
function put<K, V>(map: { set(key: K, value: V): unknown }, key: K, value: V | undefined): boolean {
  if (value !== undefined) map.set(key, value);
  return value !== undefined;
}

/** An index of a run that never wrote one: what its journal says. */
export function emptyIndex(journal: Buffer, destination?: string): DigestIndex {
  const parsed = parseIndex(EMPTY_INDEX, journal, destination);
  if (parsed.index === undefined) throw new Error(parsed.why);
  return parsed.index;
}

function* recordsOf(bytes: Buffer, from: number): Generator<Record<string, unknown> | undefined> {
  for (let start = from; start < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    yield end - start > MAX_LINE || newline < 0 ? undefined : parseLine(bytes, start, end);
    start = end + 1;
  }
}

/** Writes an index; equal indexes but for `writtenNs` differ in that one line alone. */
export function* formatIndex(index: WritableIndex): Generator<string> {
  yield `${FIRST_LINE}\n`;
  const { machine, destination, writtenNs, deploys } = index;
  const place = destination === undefined ? {} : { destination };
  yield line({ machine, ...place, writtenNs: writtenNs.toString(), ...(deploys === 0 ? {} : { deploys }) });
  yield* formatObjects(index.objects);
  yield* formatFiles(index.files);
  for (const [pending, entry] of index.pending) yield line({ pending, ...entry });
  for (const [distribution, owed] of index.invalidations) yield formatInvalidation(distribution, owed);
  yield formatRenewing(index.renewing);
  if (index.writing !== undefined) yield formatWriting(index.writing);
  for (const [upload, entry] of index.uploads) yield formatUpload(upload, entry);
}

/** In columns as far as they go; where a line of columns ends depends on nothing but what is in it. */
function* formatObjects(objects: WritableIndex['objects']): Generator<string> {
  let rows = new ObjectRows();
  for (const [key, entry] of objects) {
    if (!isObjectRow(entry)) {
      const { extra, ...members } = entry;
      yield line({ ...extra, key, ...members });
      continue;
    }
    rows.add(key, entry);
    if (!rows.isFull) continue;
    yield line({ objects: rows.columns });
    rows = new ObjectRows();
  }
  if (rows.length > 0) yield line({ objects: rows.columns });
}

/** In their order, by which two runs are compared. */
function* formatFiles(files: WritableIndex['files']): Generator<string> {
  let rows = new FileRows();
  for (const [path, entry] of files) {
    const isRow = isFileRow(entry);
    if (isRow) rows.add(path, entry);
    if (rows.isFull || (!isRow && rows.length > 0)) {
      yield line({ files: rows.columns });
      rows = new FileRows();
    }
    if (!isRow) yield formatFile(path, entry);
  }
  if (rows.length > 0) yield line({ files: rows.columns });
}

function formatFile(path: string, { mtimeNs, ctimeNs, ino, extra, ...members }: FileEntry): string {
  // JSON has no integers of this size.
  const numbers = { mtimeNs: `${mtimeNs}`, ctimeNs: `${ctimeNs}`, ino: `${ino}` };
  return line({ ...extra, path, ...numbers, ...members });
}

/** A line of the journal, before those that are about the destination. */
export function formatDestination(destination: string): string {
  return line({ destination });
}

const DESTINATION_LINE = /^[0-9a-f]{8} \{"destination":"(?:[^"\\]|\\.)*"\}$/;

/** What a journal has beside the lines of `known`, each with the destination that it is about. */
export function otherLines(journal: string, known: readonly string[]): string {
  const ours = new Set(known.flatMap((lines) => lines.split('\n')));
  let left = '';
  let speaksOf = '';
  let said = '';
  for (const each of journal.split('\n')) {
    if (DESTINATION_LINE.test(each)) speaksOf = `${each}\n`;
    else if (each !== '' && !ours.has(each)) {
      left += said === speaksOf ? `${each}\n` : `${speaksOf}${each}\n`;
      said = speaksOf;
    }
  }
  return left;
}

/** A line of the journal. */
export function formatUpload(upload: string, entry: UploadEntry): string {
  return line({ upload, ...entry });
}

/** Lines of index and journal; as many as the longest line asks for, at least one. */
export function formatInvalidation(invalidation: string, { paths, mapping }: Owed): string {
  if (paths.length === 0) return line({ invalidation, ...mapping, paths });
  let lines = '';
  for (const some of linefuls(paths)) lines += line({ invalidation, ...mapping, paths: some });
  return lines;
}

/** Lines of index and journal; none where there are no keys. */
export function formatRenewing(keys: Iterable<string>): string {
  let lines = '';
  for (const renewing of linefuls(keys)) lines += line({ renewing });
  return lines;
}

/** A line of index and journal. */
export function formatWriting(writing: number): string {
  return line({ writing });
}

/** A line of the journal. */
export function formatEnded(ended: string, wait: PendingDelete): string {
  return line({ ended, ...wait });
}

/** The first of some times; none of none. */
export function earliest(times: Iterable<number>): number | undefined {
  let first: number | undefined;
  for (const time of times) if (first === undefined || time < first) first = time;
  return first;
}

/** As many at a time as the longest line asks for. */
function* linefuls(names: Iterable<string>): Generator<readonly string[]> {
  let some: string[] = [];
  let length = 0;
  for (const name of names) {
    if (length + name.length > MAX_LINE_OF_NAMES) {
      yield some;
      some = [];
      length = 0;
    }
    some.push(name);
    length += name.length + 3;
  }
  if (some.length > 0) yield some;
}

function line(record: Fields): string {
  const json = JSON.stringify(record);
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}

function parseLine(bytes: Buffer, start: number, end: number): Record<string, unknown> | undefined {
  if (end - start < 11 || bytes[start + 8] !== 0x20) return undefined;
  const body = new Uint8Array(bytes.buffer, bytes.byteOffset + start + 9, end - start - 9);
  if (checksumAt(bytes, start) !== crc32(body)) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8', start + 9, end));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    // Not JSON although its checksum holds: foreign or hostile, dropped like any damaged line.
    return undefined;
  }
}

/** Eight lower-case hex digits. -1: they are none. */
function checksumAt(bytes: Buffer, start: number): number {
  let sum = 0;
  for (let at = start; at < start + 8; at++) {
    const digit = bytes[at]!;
    if (digit >= 0x30 && digit <= 0x39) sum = sum * 16 + (digit - 0x30);
    else if (digit >= 0x61 && digit <= 0x66) sum = sum * 16 + (digit - 0x57);
    else return -1;
  }
  return sum;
}

const OBJECT_FIELDS: ReadonlySet<string> = new Set([
  'key',
  'etag',
  'size',
  'md5',
  'parts',
  'chunks',
  'headers',
  'source',
  'incompressible',
  'class',
  'modified',
  'written',
]);

const FILE_FIELDS: ReadonlySet<string> = new Set([
  'path',
  'size',
  'mtimeNs',
  'ctimeNs',
  'ino',
  'md5',
  'etag',
  'plain',
  'stored',
]);

/** What a newer version wrote. */
function extraOf(record: Fields, known: ReadonlySet<string>): Record<string, unknown> | undefined {
  const names = Object.keys(record).filter((name) => !known.has(name));
  if (names.length === 0) return undefined;
  // Its own member, whatever it is called.
  return Object.fromEntries(names.map((name) => [name, record[name]]));
}

/** Member by member: an index has as many lines as the destination has objects, and spreading each costs more than reading it. */
function objectEntry(record: Fields): ObjectEntry | undefined {
  const { etag: rawETag, size, md5: rawMd5, parts, chunks, headers, source, class: asked } = record;
  const { modified, written, incompressible } = record;
  const etag = typeof rawETag === 'string' ? parseETag(rawETag) : undefined;
  const md5 = typeof rawMd5 === 'string' ? parseMd5(rawMd5) : undefined;
  const isWrong = rawMd5 !== undefined && md5 === undefined;
  if (etag === undefined || isWrong || !isSize(size)) return undefined;
  const entry: Writable<ObjectEntry> = { etag, size };
  if (md5 !== undefined) entry.md5 = md5;
  if (typeof parts === 'string' && parseLayout(parts) !== undefined) entry.parts = parts;
  if (isChunksText(chunks)) entry.chunks = chunks;
  if (typeof headers === 'string') entry.headers = headers;
  if (typeof source === 'string') entry.source = source;
  if (incompressible === 'gzip' || incompressible === 'br') entry.incompressible = incompressible;
  if (typeof asked === 'string') entry.class = asked;
  if (isSize(modified)) entry.modified = modified;
  if (isSize(written)) entry.written = written;
  const extra = extraOf(record, OBJECT_FIELDS);
  if (extra !== undefined) entry.extra = extra;
  return entry;
}

function fileEntry(record: Fields): FileEntry | undefined {
  const { size, mtimeNs, ctimeNs, ino, md5: rawMd5, etag: rawETag, plain, stored } = record;
  const md5 = typeof rawMd5 === 'string' ? parseMd5(rawMd5) : undefined;
  const etag = typeof rawETag === 'string' ? parseETag(rawETag) : undefined;
  if (md5 === undefined || !isSize(size)) return undefined;
  if (!isDecimal(mtimeNs) || !isDecimal(ctimeNs) || !isDecimal(ino)) return undefined;
  const extra = extraOf(record, FILE_FIELDS);
  return {
    ...{ size, mtimeNs: BigInt(mtimeNs), ctimeNs: BigInt(ctimeNs), ino: BigInt(ino), md5 },
    ...(etag === undefined ? {} : { etag }),
    ...(plain === true ? { plain } : {}),
    ...(typeof stored === 'string' ? { stored } : {}),
    ...(extra === undefined ? {} : { extra }),
  };
}

function pendingDelete(record: Fields): PendingDelete | undefined {
  const { etag: text, since, deploys } = record;
  const etag = typeof text === 'string' ? parseETag(text) : undefined;
  return etag === undefined || !isSize(since) || !isSize(deploys) ? undefined : { etag, since, deploys };
}

/** What the lines of each distribution say. */
type OwedLines = Map<string, { readonly paths: Set<string>; mapping: PathMapping | undefined }>;

function owedOf(lines: OwedLines): ReadonlyMap<string, Owed> {
  const invalidations = new Map<string, Owed>();
  for (const [distribution, { paths, mapping }] of lines) {
    const all = paths.size > MAX_OWED_PATHS ? [EVERYTHING] : [...paths];
    invalidations.set(distribution, { paths: all, ...(mapping === undefined ? {} : { mapping }) });
  }
  return invalidations;
}

/** Adds what a line says; false: it says nothing that may be believed. */
function addInvalidation(owed: OwedLines, record: Fields): boolean {
  const { invalidation, paths, stripPrefix, addPrefix } = record;
  if (typeof invalidation !== 'string' || !isDistribution(invalidation) || !Array.isArray(paths))
    return false;
  const known = paths.filter((path): path is string => typeof path === 'string' && isInvalidationPath(path));
  const isMapped = typeof stripPrefix === 'string' && typeof addPrefix === 'string';
  const isUnmapped = stripPrefix === undefined && addPrefix === undefined;
  if (known.length < paths.length || !(isMapped || isUnmapped)) return false;
  const all = owed.get(invalidation) ?? { paths: new Set(), mapping: undefined };
  owed.set(invalidation, all);
  if (isMapped) {
    all.mapping ??= { stripPrefix, addPrefix };
    // Two runs at once, which mapped otherwise.
    if (!isSameMapping(all.mapping, { stripPrefix, addPrefix })) known.push(EVERYTHING);
  }
  for (const path of known) if (all.paths.size <= MAX_OWED_PATHS) all.paths.add(path);
  return true;
}

function addRenewing(keys: Set<string>, { renewing }: Fields): boolean {
  if (!Array.isArray(renewing) || !renewing.every((key) => typeof key === 'string')) return false;
  for (const key of renewing) keys.add(key);
  return true;
}

function uploadEntry(record: Fields): readonly [string, UploadEntry] | undefined {
  // Early versions told of none: it is one that nobody here knows, and the upload is aborted when it is old enough.
  const { upload, key, md5: rawMd5, size, parts, headers, begun, process = '', sentUnder } = record;
  const md5 = typeof rawMd5 === 'string' ? parseMd5(rawMd5) : undefined;
  if (typeof upload !== 'string' || upload === '' || typeof key !== 'string' || md5 === undefined)
    return undefined;
  if (typeof parts !== 'string' || typeof headers !== 'string' || typeof process !== 'string')
    return undefined;
  const layout = parseLayout(parts);
  if (!isSize(size) || !isSize(begun) || layout === undefined) return undefined;
  if (layoutSize(layout) !== size) return undefined;
  if (sentUnder !== undefined && typeof sentUnder !== 'string') return undefined;
  const under = sentUnder === undefined ? {} : { sentUnder };
  return [upload, { key: key as ObjectKey, md5, size, parts, headers, begun, process, ...under }];
}

function isDecimal(value: unknown): value is string {
  return typeof value === 'string' && /^-?[0-9]{1,20}$/.test(value);
}

/** A run of parts of one size. */
export interface PartRun {
  readonly count: number;
  /** Bytes. */
  readonly size: number;
}

/** Parses `12x8388608+1x77`. `undefined`: not a layout of 1 to 10,000 parts. */
export function parseLayout(text: string): readonly PartRun[] | undefined {
  const runs: PartRun[] = [];
  let parts = 0;
  for (const word of text.split('+')) {
    const match = /^([1-9][0-9]{0,4})x([0-9]{1,14})$/.exec(word);
    if (match === null) return undefined;
    const run = { count: Number(match[1]), size: Number(match[2]) };
    parts += run.count;
    if (parts > 10_000) return undefined;
    runs.push(run);
  }
  return runs;
}

/** The layout of a file that is cut into parts of `partSize` bytes, the last one shorter. */
export function uniformLayout(size: number, partSize: number): readonly PartRun[] {
  const full = Math.floor(size / partSize);
  const rest = size - full * partSize;
  return [
    ...(full > 0 ? [{ count: full, size: partSize }] : []),
    ...(rest > 0 || full === 0 ? [{ count: 1, size: rest }] : []),
  ];
}

export function formatLayout(layout: readonly PartRun[]): string {
  return layout.map((run) => `${run.count}x${run.size}`).join('+');
}

export function layoutSize(layout: readonly PartRun[]): number {
  return layout.reduce((sum, run) => sum + run.count * run.size, 0);
}

export function layoutParts(layout: readonly PartRun[]): number {
  return layout.reduce((sum, run) => sum + run.count, 0);
}

/** Byte ranges of the parts, in order. */
export function* partsOf(
  layout: readonly PartRun[],
): Generator<{ readonly offset: number; readonly size: number }> {
  let offset = 0;
  for (const run of layout) {
    for (let i = 0; i < run.count; i++) {
      yield { offset, size: run.size };
      offset += run.size;
    }
  }
}
