import { setImmediate as turn } from 'node:timers/promises';
import { isChangeTime } from '../disk/change-times.js';
import { type Chunks, chunkUnit, parseChunks } from '../model/chunks.js';
import { forEachConcurrent } from '../model/concurrency.js';
import { type ETag, type Md5, multipartETag } from '../model/digest.js';
import type { DigestIndex, FileEntry, PartRun } from '../model/digest-index.js';
import { EXIT, SyncError } from '../model/errors.js';
import { columnsOf, sizesOf } from '../model/file-columns.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import type { Files, ListedObject, LocalFile } from '../model/objects.js';
import { isLarge } from '../model/part-sizes.js';
import type { DigestPool } from './digest-pool.js';
import { DigestTable, wholeDigestsOf } from './digest-table.js';
import type { EarlyDigests } from './early-digests.js';
import { explain } from './explain.js';
import { FileChangedError, type FileDigest, isCut, restat, wholeDigest } from './file-bytes.js';
import { fileId } from './file-id.js';
import { ListedSizes } from './listed-sizes.js';

/** Digests asked for at a time: the pool hands small ones to a thread by the batch. */
const JOBS_IN_FLIGHT = 256;

export interface DigestRequest {
  readonly prefix: Prefix;
  readonly files: Files;
  readonly listing: ReadonlyMap<ObjectKey, ListedObject>;
  /** Objects of other places that may be copied. */
  readonly further: readonly ListedObject[];
  readonly index: DigestIndex | undefined;
  /** The index whose lines about local files may be believed. */
  readonly fileIndex: DigestIndex | undefined;
  /** Files that are alike are of no interest: only what an object may have the content of is digested. */
  readonly onlyListed?: true;
  /** What is known already, and cannot be read here. */
  readonly adopted?: ReadonlyMap<string, FileDigest>;
  /** Cut large files as well, where a thread has nothing to do: what changed of them may be sent alone. */
  readonly chunks?: true;
  /** What was digested while the tree was walked and `listing` listed. */
  readonly early?: EarlyDigests;
  readonly pool: DigestPool;
  readonly onProgress: (files: number, bytes: number, totalBytes: number) => void;
  readonly signal: AbortSignal;
}

export interface Digested {
  /** The tree, with the stat of each file as it was digested. */
  readonly files: Files;
  /** By name. */
  readonly digests: ReadonlyMap<string, FileDigest>;
}

/**
 * Digests what the plan needs and no more: a file whose size no listed object and no other file has is new by
 * its size alone. Hard links are read once. A file that changes while it is read is read once more (C6).
 */
export async function digestTree(request: DigestRequest): Promise<Digested> {
  const { index, early, pool, signal } = request;
  const sizes = new Set<number>();
  const twinSizes = new Set<number>();
  for (const size of sizesOf(request.files)) (sizes.has(size) ? twinSizes : sizes).add(size);
  const listed = early?.sizes ?? new ListedSizes(index);
  if (early === undefined) for (const object of request.listing.values()) listed.add(object);
  for (const object of request.further) listed.add(object);
  await early?.finish();
  const known = early?.digests ?? new DigestTable(request.files.names);
  for (const [name, digest] of request.adopted ?? []) known.set(name, digest);
  const jobs = new Map<string, [LocalFile, ...LocalFile[]]>();
  /** Large files that were digested early. */
  const uncut: LocalFile[] = [];
  const listedAs = ({ name }: LocalFile): ETag | undefined =>
    request.listing.get((request.prefix + name) as ObjectKey)?.etag;
  const columns = columnsOf(request.files);
  const whole = wholeDigestsOf(request.files, known);
  for (let place = 0; place < columns.length; place++) {
    const size = columns.sizeAt(place);
    const hasTwin = request.onlyListed !== true && twinSizes.has(size);
    if (size === 0 || (!hasTwin && !listed.has(size))) continue;
    // Of most nothing else is asked.
    if (whole?.has(columns.rowAt(place)) === true && listed.asksWhole(size)) continue;
    const file = columns.at(place);
    if (request.adopted?.has(file.name) === true) continue;
    const layouts = listed.layoutsOf(file);
    const remembered = early?.take(file, layouts) ?? recall(request.fileIndex, file, layouts, listedAs(file));
    if (remembered !== undefined) {
      known.set(file.name, remembered);
      if (request.chunks === true && remembered.chunks === undefined && chunkUnit(file.size) !== undefined)
        uncut.push(file);
      continue;
    }
    const id = fileId(file);
    const names = jobs.get(id);
    if (names === undefined) jobs.set(id, [file]);
    else names.push(file);
  }

  let ahead = 0;
  for (const [file] of jobs.values()) ahead += file.size;
  const total = ahead + (early?.bytes ?? 0);
  let done = early?.files ?? 0;
  const restated = new Map<string, LocalFile>();
  const one = async (names: readonly [LocalFile, ...LocalFile[]]): Promise<void> => {
    signal.throwIfAborted();
    const [file] = names;
    const key = (request.prefix + file.name) as ObjectKey;
    const chunks = request.chunks === true ? idleChunks(pool, file, index, key) : undefined;
    try {
      const digest = await pool.digest({ file, layouts: listed.layoutsOf(file) }, ahead);
      const found = await chunks;
      const all = found === undefined ? digest : { ...digest, chunks: found };
      for (const { name } of names) known.set(name, all);
    } catch (error) {
      if (!(error instanceof FileChangedError)) throw beforeFirstWrite(error, file);
      await again(names);
    }
    ahead -= file.size;
    request.onProgress(++done, total - ahead, total);
  };
  /** Of what was one file some names may have become another one's. */
  const again = async (names: readonly LocalFile[]): Promise<void> => {
    const digests = new Map<string, FileDigest>();
    for (const met of names) {
      try {
        const file = await restat(met);
        const id = fileId(file);
        const digest =
          digests.get(id) ?? (await pool.digest({ file, layouts: listed.layoutsOf(file) }, ahead));
        digests.set(id, digest);
        restated.set(file.name, file);
        known.set(file.name, digest);
      } catch (error) {
        throw beforeFirstWrite(error, met);
      }
    }
  };
  const cut = async (file: LocalFile): Promise<void> => {
    const { name } = file;
    const digest = known.get(name)!;
    const key = (request.prefix + name) as ObjectKey;
    const entry = index?.objects.get(key);
    if (entry?.md5 === digest.md5 && entry.chunks !== undefined) return;
    const chunks = await idleChunks(pool, file, index, key);
    if (chunks !== undefined) known.set(name, { ...digest, chunks });
  };
  await pool.helping(async () => {
    await forEachConcurrent(jobs.values(), JOBS_IN_FLIGHT, one);
    await forEachConcurrent(uncut, pool.width, cut);
  });
  const files =
    restated.size === 0
      ? request.files
      : Array.from(request.files, (file) => restated.get(file.name) ?? file);
  return { files, digests: known };
}

/**
 * What is cut later costs time then; what is cut in place of another file's digest costs it now.
 *
 * @param index knows the chunks of an older version, under the file's own key
 */
export async function idleChunks(
  pool: Pick<DigestPool, 'chunks' | 'isIdle'>,
  file: LocalFile,
  index: DigestIndex | undefined,
  key: ObjectKey,
): Promise<Chunks | undefined> {
  // Every digest that can be is asked for by then.
  await turn();
  if (!pool.isIdle) return undefined;
  const { chunks, size = 0 } = index?.objects.get(key) ?? {};
  return pool.chunks(file, chunks === undefined ? undefined : parseChunks(chunks, size));
}

/** Nothing is written yet: a file that cannot be read refuses the run, one that will not hold still fails it. */
export function beforeFirstWrite(error: unknown, file: LocalFile): SyncError {
  const { code, exit, message } = explain(error, file.name);
  return new SyncError(code, code === 'unreadable' ? EXIT.refused : exit, message, { cause: error });
}

/** @param listed what lies under the file's own key */
function recall(
  index: DigestIndex | undefined,
  file: LocalFile,
  layouts: readonly (readonly PartRun[])[],
  listed: ETag | undefined,
): FileDigest | undefined {
  const { md5, etag } = (index === undefined ? undefined : recallFile(index, file)) ?? {};
  if (md5 === undefined) return undefined;
  if (!isLarge(file.size) && areWhole(layouts)) return wholeUnder(md5, layouts);
  // Of digests of several parts the index holds what one layout makes of them: where that is not there, the file is read.
  return etag !== undefined && etag === listed ? wholeDigest(md5, [etag]) : undefined;
}

/** The digest of a file whose stat is as it was when an earlier run on this machine digested it. */
export function recallMd5(index: DigestIndex, file: LocalFile): Md5 | undefined {
  return recallFile(index, file)?.md5;
}

/** What an earlier run on this machine knew of a file whose stat is as it was then. */
export function recallFile(index: DigestIndex, file: LocalFile): FileEntry | undefined {
  const entry = index.files.get(file.path);
  if (entry === undefined) return undefined;
  const same =
    entry.size === file.size &&
    entry.mtimeNs === file.mtimeNs &&
    entry.ctimeNs === file.ctimeNs &&
    entry.ino === file.ino;
  // git's racy rule: a file touched at or after the index was written may have changed unseen (C12).
  const settled = file.mtimeNs < index.writtenNs && file.ctimeNs < index.writtenNs;
  return same && settled && isChangeTime(file.ctimeNs) ? entry : undefined;
}

/** Whether the digest of a whole file says all: an upload of one part is what delay-updates leaves. */
export function areWhole(layouts: readonly (readonly PartRun[])[]): boolean {
  return !layouts.some(isCut);
}

/** What the digest of the whole says under layouts that are whole. */
export function wholeUnder(md5: Md5, layouts: readonly (readonly PartRun[])[]): FileDigest {
  return layouts.length === 0 ? wholeDigest(md5) : wholeDigest(md5, [multipartETag([md5])]);
}
