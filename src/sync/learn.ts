import { isDeepStrictEqual } from 'node:util';
import { ChangeTimes } from '../disk/change-times.js';
import { contentId, type Md5 } from '../model/digest.js';
import {
  type DigestIndex,
  emptyIndex,
  type FileEntry,
  formatIndex,
  type ObjectEntry,
  type PendingDelete,
  parseIndex,
  type UploadEntry,
  type WritableIndex,
} from '../model/digest-index.js';
import type { Emit } from '../model/events.js';
import type { Writable } from '../model/index-rows.js';
import { Listing } from '../model/listing.js';
import { Md5Table } from '../model/md5-table.js';
import type { ObjectEntries } from '../model/object-entries.js';
import { compareKeys, type ObjectKey } from '../model/object-key.js';
import type { Encoding, ListedObject, LocalFile } from '../model/objects.js';
import { whyNot } from './explain.js';
import { DATED_MS, isRewritten } from './headers.js';
import { JournalLeftError, machineId } from './index-file.js';
import type { IndexStorage } from './ports.js';

/**
 * A file touched this shortly before it was digested may change again unseen: file systems keep times to a
 * tick, some to one or two seconds (C12). Nanoseconds.
 */
const SETTLING_NS = 2_000_000_000n;

/** Characters of an index that are written in one go. */
const PIECE = 256 * 1024;

/** What may be believed of an index, and the index. */
export interface LoadedIndex {
  readonly index: DigestIndex | undefined;
  readonly trustFiles: boolean;
  readonly trustObjects: boolean;
  /** There may be one, which could not be read. */
  readonly isUnread?: boolean;
}

/** The index whose lines about files of this machine may be believed. */
export function fileIndexOf({ index, trustFiles }: LoadedIndex): DigestIndex | undefined {
  return trustFiles ? index : undefined;
}

/**
 * Loads the index. Whatever is wrong with it costs one line and time, never the run.
 *
 * @param onBytes told how large it is, before it is read
 */
export async function loadIndex(
  storage: IndexStorage | undefined,
  emit: Emit,
  signal: AbortSignal,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<LoadedIndex> {
  const nothing: LoadedIndex = { index: undefined, trustFiles: false, trustObjects: false };
  if (storage === undefined) return nothing;
  const ignore = (why: string): LoadedIndex => {
    emit({ type: 'message', level: 'notice', message: `the index of earlier runs is ignored: ${why}` });
    return nothing;
  };
  let bytes: Buffer | undefined;
  let journal: Buffer | undefined;
  try {
    bytes = await storage.load(signal);
    journal = await loadJournal(storage, emit, signal);
  } catch (error) {
    signal.throwIfAborted();
    return { ...ignore(whyNot(error, storage.place)), isUnread: true };
  }
  onBytes(bytes?.length ?? 0);
  if (bytes === undefined) {
    return {
      ...nothing,
      index:
        journal === undefined || journal.length === 0 ? undefined : emptyIndex(journal, storage.destination),
    };
  }
  const parsed = parseIndex(bytes, journal, storage.destination);
  if (parsed.index === undefined) return ignore(`${storage.place}: ${parsed.why}`);
  if (parsed.droppedLines > 0) {
    emit({
      type: 'message',
      level: 'notice',
      message: `the index of earlier runs is damaged: ${parsed.droppedLines} lines are ignored`,
    });
  }
  // What a journal that nobody can read ends of the waits is not known: all of them begin anew.
  const index =
    journal === undefined ? { ...parsed.index, ended: new Set(parsed.index.pending.keys()) } : parsed.index;
  const { destination } = index;
  if (destination !== undefined && ![undefined, destination].includes(storage.destination)) {
    emit({
      type: 'message',
      level: 'notice',
      message: `the index of earlier runs is of ${destination}: what it says of objects is ignored, and lost when this run writes its own there; give each destination an index of its own`,
    });
  }
  emit({
    type: 'message',
    level: 'debug',
    message: `the index of earlier runs knows ${index.objects.size} objects and ${index.files.size} files`,
  });
  return {
    index,
    trustFiles: storage.trust.local && index.machine === machineId(),
    trustObjects: storage.trust.remote,
  };
}

/** Without its journal an index is worth little less: what an interrupted run left behind is then left to others. */
async function loadJournal(
  storage: IndexStorage,
  emit: Emit,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  try {
    return await storage.journal.load(signal);
  } catch (error) {
    signal.throwIfAborted();
    const message = `the journal of earlier runs is not read (${whyNot(error, storage.place)}): what one left behind is left to a lifecycle rule, and what delete-grace keeps begins to wait anew`;
    emit({ type: 'message', level: 'notice', message });
    return undefined;
  }
}

/** What a run confirmed. */
export interface Confirmed {
  readonly listing: ReadonlyMap<ObjectKey, ListedObject>;
  /** Keys whose object has the file's bytes, as the plan found. */
  readonly unchanged: ReadonlyMap<ObjectKey, Md5 | undefined>;
  readonly written: ObjectEntries<ObjectKey>;
  /** What a listing after the writes showed; none where there was no such listing. */
  readonly after?: ReadonlyMap<ObjectKey, ListedObject>;
  /** Whether objects too are named that their own ETag tells all of: then another run's writes are seen. */
  readonly everyObject?: boolean;
  readonly deleted: ReadonlySet<ObjectKey>;
  /** Gone through more than once. */
  readonly files: ConfirmedFiles;
  /** When the first file of the run was digested, nanoseconds since the epoch. */
  readonly digestedNs: bigint;
  /** Uploads that are not ended. */
  readonly uploads: ReadonlyMap<string, UploadEntry>;
  readonly deploys: number;
  /** Of headers that S3 answered as they should be, and the class that was asked for with them. */
  readonly headers: ReadonlyMap<ObjectKey, Pick<ObjectEntry, 'headers' | 'class'>>;
  /** What the encoded objects among the unchanged ones hold, dated where their metadata was asked. */
  readonly sources: ReadonlyMap<ObjectKey, Pick<ObjectEntry, 'source' | 'modified'>>;
  /** Part layouts that S3 was asked for, of some of the unchanged ones. */
  readonly layouts?: ReadonlyMap<ObjectKey, string>;
  /** What contents are made of, by `contentId`. */
  readonly chunks?: ReadonlyMap<string, string>;
  /** Under what contents would not become smaller, likewise; none where the index is not believed of objects. */
  readonly incompressible?: ReadonlyMap<string, Encoding>;
  readonly pending: ReadonlyMap<string, PendingDelete>;
  readonly invalidations: DigestIndex['invalidations'];
  /** Keys whose headers this run was to renew. */
  readonly renewing?: Iterable<ObjectKey>;
  /** Whether another run wrote there too: what this one wrote may have got its headers since, within the same second. */
  readonly meetsAnother?: boolean;
  /** Since when runs have written of which nobody knows what they wrote; absent: all is known. */
  readonly writing?: number;
}

export interface ConfirmedFile extends Pick<FileEntry, 'md5' | 'etag' | 'plain' | 'stored'> {
  readonly file: LocalFile;
}

/** Local files with their digests. */
export interface ConfirmedFiles extends Iterable<ConfirmedFile> {
  /** Whether they are known to come in the order of their paths. */
  readonly areByPath?: boolean;
}

/** Writes the index if it says anything new; holds only what was confirmed. Never rejects. */
export async function saveIndex(
  storage: IndexStorage,
  old: DigestIndex | undefined,
  confirmed: Confirmed,
  emit: Emit,
  signal: AbortSignal,
): Promise<void> {
  const index = nextIndex(storage, old, confirmed);
  try {
    // What is owed and what is open may stand in the journal alone.
    const isJournalled =
      owes(index) || index.uploads.size + index.renewing.size > 0 || index.writing !== undefined;
    if (old !== undefined && !isJournalled && saysNothingNew(old, index)) {
      await storage.journal.clear(signal);
      return;
    }
    await storage.save(piecesOf(index), signal);
    const why = storage.whyNotKept?.();
    if (why !== undefined && owes(index)) {
      const message = `the index is not kept (${why}): ${lostWith(index)}`;
      emit({ type: 'message', level: 'warning', message });
    }
  } catch (error) {
    if (error instanceof JournalLeftError) {
      const again = index.invalidations.size === 0 ? '' : ', and invalidates again what it names';
      const why = whyNot(error.cause, storage.place);
      const message = `the index is up to date, but its journal could not be deleted (${why}): every run reads it until it is gone${again}`;
      return emit({ type: 'message', level: 'warning', message });
    }
    const why = whyNot(signal.aborted ? signal.reason : error, storage.place);
    const message = `the index could not be written (${why}): the next run will take longer, ${lostWith(index)}`;
    emit({ type: 'message', level: 'warning', message });
  }
}

/** What the next run does not learn, beside what it finds out again. */
function lostWith(index: WritableIndex): string {
  const lost: string[] = [];
  if (index.pending.size > 0)
    lost.push('deletes that delete-grace puts off wait for as long as it cannot be written');
  if (owes(index)) lost.push('what is still to be invalidated is not remembered: invalidate /* by hand');
  else if (index.invalidations.size > 0) lost.push('and may invalidate again what this one did');
  return lost.length === 0 ? 'nothing else is lost' : lost.join(', ');
}

/** Whether a distribution is still to be told something. */
function owes({ invalidations }: WritableIndex): boolean {
  return [...invalidations.values()].some(({ paths }) => paths.length > 0);
}

function nextIndex(storage: IndexStorage, old: DigestIndex | undefined, confirmed: Confirmed): WritableIndex {
  const objects = { [Symbol.iterator]: () => objectEntries(old, confirmed) };
  return {
    machine: machineId(),
    ...(storage.destination === undefined ? {} : { destination: storage.destination }),
    writtenNs: confirmed.digestedNs - SETTLING_NS,
    objects,
    files: storage.trust.local ? fileEntries(confirmed.files) : [],
    uploads: confirmed.uploads,
    deploys: confirmed.deploys,
    pending: confirmed.pending,
    invalidations: confirmed.invalidations,
    renewing: stillRenewing(old, confirmed, objects),
    ...(confirmed.writing === undefined ? {} : { writing: confirmed.writing }),
  };
}

/** Sorted by key, each once. There may be a million: they are made as they are taken. */
function* objectEntries(
  old: DigestIndex | undefined,
  confirmed: Confirmed,
): Generator<readonly [string, ObjectEntry]> {
  const { chunks, incompressible } = confirmed;
  const lines = merged(keptEntries(old, confirmed), writtenEntries(confirmed));
  if ((chunks?.size ?? 0) + (incompressible?.size ?? 0) === 0) return yield* lines;
  for (const [key, entry] of lines) {
    // Copies have what their sources are made of.
    const content = contentId(entry.md5, entry.size);
    const more: Writable<Partial<ObjectEntry>> = {};
    const cut = chunks?.get(content);
    if (cut !== undefined && cut !== entry.chunks) more.chunks = cut;
    const encoding = incompressible?.get(content);
    if (encoding !== undefined && encoding !== entry.incompressible) more.incompressible = encoding;
    yield [
      key,
      more.chunks === undefined && more.incompressible === undefined ? entry : { ...entry, ...more },
    ];
  }
}

/** What the run left as it was, by key. */
function* keptEntries(
  old: DigestIndex | undefined,
  confirmed: Confirmed,
): Generator<readonly [string, ObjectEntry]> {
  for (const object of worthLine(old, confirmed)) {
    if (confirmed.written.has(object.key) || confirmed.deleted.has(object.key)) continue;
    const entry = keptEntry(object, old?.objects.get(object.key), confirmed);
    if (entry !== undefined) yield [object.key, entry];
  }
}

/** `undefined`: there is nothing to say that a listing does not. */
function keptEntry(
  object: ListedObject,
  known: ObjectEntry | undefined,
  confirmed: Confirmed,
): ObjectEntry | undefined {
  const { key, etag, size } = object;
  const md5 = confirmed.unchanged.get(key);
  const headers = confirmed.headers.get(key);
  // A line that knows the headers says by its source what is in the metadata: nobody confirmed that of what was not renewed.
  const isStated = headers === undefined && known?.headers !== undefined && known.etag === etag;
  const source = md5 === undefined || isStated ? undefined : confirmed.sources.get(key);
  const parts = md5 === undefined ? undefined : confirmed.layouts?.get(key);
  const isPlain = headers === undefined && source === undefined && parts === undefined;
  const asked = (): Partial<ObjectEntry> => ({
    ...(md5 === undefined ? {} : { md5 }),
    ...(headers === undefined ? {} : { ...headers, ...datedBy(object) }),
    ...source,
    ...(parts === undefined ? {} : { parts }),
  });
  if (known !== undefined && known.etag === etag && known.size === size) {
    const same = (md5 === undefined || md5 === known.md5) && isPlain;
    const isAnother = headers !== undefined || (source !== undefined && source.source !== known.source);
    const seen = isAnother ? undescribed(known) : dated(known, object);
    return same ? seen : { ...seen, ...asked() };
  }
  const isNamed = confirmed.everyObject === true && confirmed.unchanged.has(key);
  // A plain ETag says its own digest; only the others, and those under KMS, are worth a line.
  const isToldMore = !isPlain || confirmed.incompressible?.has(contentId(md5, size)) === true;
  const isWorth = md5 !== undefined && (isToldMore || (etag as string) !== md5);
  return isNamed || isWorth ? { etag, size, ...asked() } : undefined;
}

/** What the run wrote, by key. */
function* writtenEntries({ written, after }: Confirmed): Generator<readonly [string, ObjectEntry]> {
  for (const [key, entry] of written.inOrder()) {
    const object = after?.get(key);
    const isSeen = object !== undefined && object.etag === entry.etag && object.lastModified > 0;
    yield [key, isSeen ? seenEntry(entry, object) : entry];
  }
}

/** Another run may have written the same bytes before or after us, with headers that nobody here knows. */
function seenEntry(entry: ObjectEntry, { lastModified }: ListedObject): ObjectEntry {
  const seen = undated(entry);
  const isOurs = entry.written === undefined || lastModified <= entry.written + DATED_MS;
  if (entry.headers !== undefined && isOurs) return { ...seen, modified: lastModified };
  const { headers: _, class: __, ...bytes } = seen;
  return bytes;
}

/** Entries of both in the order of their keys, in which each of them comes; they have none in common. */
function* merged<T>(
  some: Iterator<readonly [string, T]>,
  others: Iterator<readonly [string, T]>,
): Generator<readonly [string, T]> {
  let [one, other] = [some.next(), others.next()];
  while (one.done !== true || other.done !== true) {
    const isOne = other.done === true || (one.done !== true && compareKeys(one.value[0], other.value[0]) < 0);
    if (isOne) {
      yield one.value;
      one = some.next();
    } else {
      yield other.value;
      other = others.next();
    }
  }
}

/**
 * Of what earlier runs and this one began to renew, and of what this one wrote while another one did, the keys of which the
 * index would say headers that nobody confirmed.
 */
function stillRenewing(
  old: DigestIndex | undefined,
  { written, headers, renewing = [], meetsAnother = false }: Confirmed,
  objects: WritableIndex['objects'],
): ReadonlySet<string> {
  const begun = new Set<string>(old?.renewing);
  for (const key of renewing) begun.add(key);
  const left = new Set<string>();
  if (begun.size === 0 && !meetsAnother) return left;
  const isLeft = (key: ObjectKey): boolean =>
    written.has(key) ? meetsAnother : begun.has(key) && !headers.has(key);
  for (const [key, entry] of objects)
    if (entry.headers !== undefined && isLeft(key as ObjectKey)) left.add(key);
  return left;
}

/** Listed objects by key, without most of those whose plain ETags say all that a line of theirs would. */
function worthLine(old: DigestIndex | undefined, confirmed: Confirmed): Iterable<ListedObject> {
  const { listing, unchanged, everyObject, headers, sources, incompressible } = confirmed;
  if (!(listing instanceof Listing)) return [...listing.values()].sort((a, b) => compareKeys(a.key, b.key));
  const told = headers.size + sources.size + (incompressible?.size ?? 0);
  const knowsMore = (old?.objects.size ?? 0) + told > 0 || everyObject === true;
  const areTables = unchanged instanceof Md5Table && unchanged.names === listing.names;
  return listing.inOrder((row) => !knowsMore && areTables && listing.md5s.isSame(row, unchanged.md5s, row));
}

/** The first listing that shows what a run wrote dates it; a line about what was written again since stays as it is. */
function dated(entry: ObjectEntry, object: ListedObject): ObjectEntry {
  const isDue = entry.headers !== undefined && entry.modified === undefined;
  return isDue && !isRewritten(entry, object) ? { ...undated(entry), ...datedBy(object) } : entry;
}

function undated({ modified: _, written: __, ...entry }: ObjectEntry): ObjectEntry {
  return entry;
}

/** Without what S3 was asked for. */
function undescribed({ source: _, ...entry }: ObjectEntry): ObjectEntry {
  return undated(entry);
}

/** Nothing where the server does not say. */
export function datedBy({ lastModified }: Pick<ListedObject, 'lastModified'>): {
  readonly modified?: number;
} {
  return lastModified === 0 ? {} : { modified: lastModified };
}

/**
 * Sorted by path, each once. There may be a million: where they come so, they are made as they are taken. Files that may
 * change without another ctime are left out (C12).
 */
function fileEntries(files: Confirmed['files']): Iterable<readonly [string, FileEntry]> {
  const changeTimes = new ChangeTimes();
  const entries = { [Symbol.iterator]: () => entriesOf(files, changeTimes) };
  return files.areByPath === true || isAscending(files)
    ? entries
    : new Map([...entries].sort(([a], [b]) => compareKeys(a, b)));
}

function* entriesOf(
  files: Confirmed['files'],
  changeTimes: ChangeTimes,
): Generator<readonly [string, FileEntry]> {
  for (const { file, md5, etag, plain, stored } of files) {
    if (!changeTimes.areToldOf(file)) continue;
    const { path, size, mtimeNs, ctimeNs, ino } = file;
    const entry: Writable<FileEntry> = { size, mtimeNs, ctimeNs, ino, md5 };
    if (etag !== undefined) entry.etag = etag;
    if (plain === true) entry.plain = plain;
    if (stored !== undefined) entry.stored = stored;
    yield [path, entry];
  }
}

function isAscending(files: Confirmed['files']): boolean {
  let last = '';
  for (const { file } of files) {
    if (compareKeys(last, file.path) >= 0) return false;
    last = file.path;
  }
  return true;
}

/** Pieces of some size: a line each would cost more than what is in it. */
function* piecesOf(index: WritableIndex): Generator<Buffer> {
  let text = '';
  for (const line of formatIndex(index)) {
    text += line;
    if (text.length < PIECE) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

/** Equal but for the time, and no file that the old time left untrusted would be trusted by the new one. */
function saysNothingNew(old: DigestIndex, next: WritableIndex): boolean {
  return (
    saysNothingNewOfFiles(old, next) &&
    saysNothingNewOfObjects(old, next) &&
    sameLines(otherLines(old), otherLines(next))
  );
}

function saysNothingNewOfObjects(old: DigestIndex, next: WritableIndex): boolean {
  let objects = 0;
  for (const [key, entry] of next.objects) {
    const known = old.objects.get(key);
    if (known === undefined || !sameObject(known, entry)) return false;
    objects++;
  }
  return objects === old.objects.size;
}

/** All but `extra`. */
const OBJECT_MEMBERS = Object.keys({
  ...{ etag: true, size: true, md5: true, parts: true, chunks: true, headers: true, source: true },
  ...{ incompressible: true, class: true, modified: true, written: true },
} satisfies Record<Exclude<keyof ObjectEntry, 'extra'>, true>) as readonly (keyof ObjectEntry)[];

function sameObject(a: ObjectEntry, b: ObjectEntry): boolean {
  return OBJECT_MEMBERS.every((member) => a[member] === b[member]) && isDeepStrictEqual(a.extra, b.extra);
}

function saysNothingNewOfFiles(old: DigestIndex, next: WritableIndex): boolean {
  const before = old.files.entries();
  for (const [path, entry] of next.files) {
    const { mtimeNs, ctimeNs } = entry;
    const isTrusted = (since: bigint): boolean => mtimeNs < since && ctimeNs < since;
    if (isTrusted(next.writtenNs) && !isTrusted(old.writtenNs)) return false;
    const [knownPath, known] = before.next().value ?? [];
    if (path !== knownPath || known === undefined || !sameEntry(known, entry)) return false;
  }
  return before.next().done === true;
}

function sameEntry(a: FileEntry, b: FileEntry): boolean {
  return (
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs &&
    a.ino === b.ino &&
    a.md5 === b.md5 &&
    a.etag === b.etag &&
    a.plain === b.plain &&
    a.stored === b.stored &&
    a.extra === b.extra
  );
}

function otherLines(index: WritableIndex): Generator<string> {
  return formatIndex({ ...index, objects: [], files: [], writtenNs: 0n });
}

function sameLines(a: Iterator<string>, b: Iterator<string>): boolean {
  for (;;) {
    const [x, y] = [a.next(), b.next()];
    if (x.done !== y.done || x.value !== y.value) return false;
    if (x.done === true) return true;
  }
}
