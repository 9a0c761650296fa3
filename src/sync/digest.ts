import { setImmediate as turn } from 'node:timers/promises';
import type { Chunks } from '../model/chunks.js';
import { forEachConcurrent } from '../model/concurrency.js';
import { classifyETag, type Md5, multipartETag } from '../model/digest.js';
import {
  type DigestIndex,
  formatLayout,
  layoutParts,
  layoutSize,
  type PartRun,
  parseLayout,
  uniformLayout,
} from '../model/digest-index.js';
import { EXIT, SyncError } from '../model/errors.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import type { ListedObject, LocalFile } from '../model/objects.js';
import { candidatePartSizes, MULTIPART_THRESHOLD, ownLayout } from '../model/part-sizes.js';
import type { DigestPool } from './digest-pool.js';
import { explain } from './explain.js';
import { FileChangedError, type FileDigest, restat } from './file-bytes.js';

/** Digests asked for at a time: the pool hands small ones to a thread by the batch. */
const JOBS_IN_FLIGHT = 256;

/** Part layouts to recompute for files of one size, each once. */
type Layouts = ReadonlyMap<string, readonly PartRun[]>;

export interface DigestRequest {
  readonly prefix: Prefix;
  readonly files: readonly LocalFile[];
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
  readonly pool: DigestPool;
  readonly onProgress: (files: number, bytes: number, totalBytes: number) => void;
  readonly signal: AbortSignal;
}

export interface Digested {
  /** The tree, with the stat of each file as it was digested. */
  readonly files: readonly LocalFile[];
  /** By name. */
  readonly digests: ReadonlyMap<string, FileDigest>;
}

/**
 * Digests what the plan needs and no more: a file whose size no listed object and no other file has is new by
 * its size alone. Hard links are read once. A file that changes while it is read is read once more (C6).
 */
export async function digestTree(request: DigestRequest): Promise<Digested> {
  const { listing, index, pool, signal } = request;
  const bySize = new Map<number, number>();
  for (const file of request.files) bySize.set(file.size, (bySize.get(file.size) ?? 0) + 1);
  const listed = listedSizes([...listing.values(), ...request.further], index);
  const known = new Map<string, FileDigest>(request.adopted);
  const jobs = new Map<string, LocalFile[]>();
  for (const file of request.files) {
    if (file.size === 0 || known.has(file.name)) continue;
    const hasTwin = request.onlyListed !== true && (bySize.get(file.size) ?? 0) > 1;
    if (!hasTwin && !listed.has(file.size)) continue;
    const layouts = listed.get(file.size);
    const remembered = needsNoParts(file, layouts) ? recall(request.fileIndex, file, layouts) : undefined;
    if (remembered !== undefined) {
      known.set(file.name, remembered);
      continue;
    }
    const inode = `${file.dev}:${file.ino}`;
    const names = jobs.get(inode);
    if (names === undefined) jobs.set(inode, [file]);
    else names.push(file);
  }

  let ahead = 0;
  for (const [file] of jobs.values()) ahead += file?.size ?? 0;
  const total = ahead;
  let done = 0;
  const restated = new Map<string, LocalFile>();
  await forEachConcurrent(jobs.values(), JOBS_IN_FLIGHT, async (names) => {
    signal.throwIfAborted();
    let file = names[0]!;
    const size = file.size;
    let digest: FileDigest;
    const chunks = request.chunks === true ? idleChunks(pool, file) : undefined;
    try {
      digest = await pool.digest({ file, layouts: layoutsOf(file, listed) }, ahead);
    } catch (error) {
      if (!(error instanceof FileChangedError)) throw beforeFirstWrite(error, file);
      try {
        file = await restat(file);
        digest = await pool.digest({ file, layouts: layoutsOf(file, listed) }, ahead);
      } catch (again) {
        throw beforeFirstWrite(again, file);
      }
      const { size: bytes, mtimeNs, ctimeNs, dev, ino, nlink, mode } = file;
      const now = { size: bytes, mtimeNs, ctimeNs, dev, ino, nlink, mode };
      for (const known of names) restated.set(known.name, { ...known, ...now });
    }
    const cut = await chunks;
    const all = cut === undefined ? digest : { ...digest, chunks: cut };
    for (const { name } of names) known.set(name, all);
    ahead -= size;
    request.onProgress(++done, total - ahead, total);
  });
  const files =
    restated.size === 0 ? request.files : request.files.map((file) => restated.get(file.name) ?? file);
  return { files, digests: known };
}

/** What is cut later costs time then; what is cut in place of another file's digest costs it now. */
async function idleChunks(pool: DigestPool, file: LocalFile): Promise<Chunks | undefined> {
  // Every digest that can be is asked for by then.
  await turn();
  return pool.isIdle ? pool.chunks(file) : undefined;
}

/** Nothing is written yet: a file that cannot be read refuses the run, one that will not hold still fails it. */
export function beforeFirstWrite(error: unknown, file: LocalFile): SyncError {
  const { code, exit, message } = explain(error, file.name);
  return new SyncError(code, code === 'unreadable' ? EXIT.refused : exit, message, {
    cause: error,
    key: file.name,
  });
}

/** Sizes of listed objects, each with the part layouts that its multipart ETags may come from. */
function listedSizes(
  objects: readonly ListedObject[],
  index: DigestIndex | undefined,
): ReadonlyMap<number, Layouts> {
  const sizes = new Map<number, Map<string, readonly PartRun[]>>();
  for (const { key, size, etag } of objects) {
    const layouts = sizes.get(size) ?? new Map<string, readonly PartRun[]>();
    sizes.set(size, layouts);
    const kind = classifyETag(etag);
    if (kind.kind !== 'multipart' || size === 0) continue;
    const remembered = index?.objects.get(key);
    const layout = remembered?.etag === etag ? parseLayout(remembered.parts ?? '') : undefined;
    if (layout !== undefined && layoutSize(layout) === size && layoutParts(layout) === kind.parts) {
      layouts.set(formatLayout(layout), layout);
      continue;
    }
    for (const partSize of candidatePartSizes(size, kind.parts)) {
      const candidate = uniformLayout(size, partSize);
      layouts.set(formatLayout(candidate), candidate);
    }
  }
  return sizes;
}

/** Our own layout first, whose part digests the upload needs. */
function layoutsOf(file: LocalFile, listed: ReadonlyMap<number, Layouts>): readonly (readonly PartRun[])[] {
  const own = file.size >= MULTIPART_THRESHOLD ? ownLayout(file.size) : undefined;
  const others = listed.get(file.size) ?? new Map();
  if (own === undefined) return [...others.values()];
  const ownText = formatLayout(own);
  return [own, ...[...others].filter(([text]) => text !== ownText).map(([, layout]) => layout)];
}

/** The index holds whole digests alone: where digests of several parts are asked for, the file is read. */
function needsNoParts(file: LocalFile, layouts: Layouts | undefined): boolean {
  return (
    file.size < MULTIPART_THRESHOLD &&
    [...(layouts?.values() ?? [])].every((layout) => layoutParts(layout) === 1)
  );
}

function recall(
  index: DigestIndex | undefined,
  file: LocalFile,
  layouts: Layouts | undefined,
): FileDigest | undefined {
  const md5 = index === undefined ? undefined : recallMd5(index, file);
  if (md5 === undefined) return undefined;
  // An upload of one part: what delay-updates leaves.
  const etags = layouts !== undefined && layouts.size > 0 ? [multipartETag([md5])] : [];
  return { md5, partMd5s: [], etags };
}

/** The digest of a file whose stat is as it was when an earlier run on this machine digested it. */
export function recallMd5(index: DigestIndex, file: LocalFile): Md5 | undefined {
  const entry = index.files.get(file.path);
  if (entry === undefined) return undefined;
  const same =
    entry.size === file.size &&
    entry.mtimeNs === file.mtimeNs.toString() &&
    entry.ctimeNs === file.ctimeNs.toString() &&
    entry.ino === file.ino.toString();
  // git's racy rule: a file touched at or after the index was written may have changed unseen (C12).
  const settled = file.mtimeNs < index.writtenNs && file.ctimeNs < index.writtenNs;
  return same && settled ? entry.md5 : undefined;
}
