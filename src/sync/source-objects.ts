import { createHash } from 'node:crypto';
import { lstat, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeOwnDirectory } from '../disk/own-directory.js';
import { TargetDirectory } from '../disk/target-directory.js';
import { ByteBudget, forEachConcurrent } from '../model/concurrency.js';
import { classifyETag, EMPTY_MD5, type ETag, isOfOnePart, type Md5, multipartETag } from '../model/digest.js';
import { layoutParts, type PartRun, uniformLayout } from '../model/digest-index.js';
import { EXIT, SyncError } from '../model/errors.js';
import type { Emit } from '../model/events.js';
import { expiryOf, READER_HEADERS, REDIRECT_HEADER } from '../model/header-rules.js';
import { copiedFrom, FROM_METADATA, type HeaderSet, statedMd5 } from '../model/headers.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import { ObjectMap, type ReadonlyObjectMap } from '../model/object-map.js';
import {
  type Files,
  type ListedObject,
  type LocalFile,
  objectOf,
  type RemoteObject,
} from '../model/objects.js';
import { candidatePartSizes } from '../model/part-sizes.js';
import type { Plan } from '../model/plan.js';
import {
  etagsProve,
  type ObjectHead,
  type ReadableStore,
  StoreError,
  unlessRefused,
} from '../store/object-store.js';
import { tryArchived } from './archived.js';
import { WrongContentError } from './decode.js';
import type { Digested } from './digest.js';
import type { DigestPool } from './digest-pool.js';
import { explain } from './explain.js';
import { Fetch } from './fetch.js';
import type { FileDigest } from './file-bytes.js';
import { statFields } from './lstat.js';
import type { KnownContent } from './plan.js';
import { movedLocation } from './site.js';
import { couldNotWrite, systemMessage } from './system-error.js';
import type { BodySource } from './transfer-options.js';

/** Bodies that lie in the spool at a time; a larger one lies there alone. GitHub's runners have 14 GB. Bytes. */
const SPOOL_BYTES = 2 * 1024 ** 3;

/** A directory of this machine that bodies pass through. */
interface Spool {
  readonly path: string;
  readonly directory: TargetDirectory;
  readonly fetch: Fetch;
}

export interface SourceObjectsOptions {
  readonly store: ReadableStore;
  /** Its name, for messages. */
  readonly bucket: string;
  /** Where they lie there, and where they go. */
  readonly from: Prefix;
  readonly to: Prefix;
  readonly pool: DigestPool;
  readonly concurrency: number;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly requests: AbortSignal;
}

/**
 * The objects of a bucket that is published from: what S3 says of them, and their bytes, which pass through a file of
 * this machine where they cannot be copied.
 */
export class SourceObjects implements BodySource {
  readonly #options: SourceObjectsOptions;
  readonly #heads = new Map<ObjectKey, ObjectHead>();
  readonly #layouts = new Map<ObjectKey, Promise<readonly (readonly PartRun[])[]>>();
  #spool: Promise<Spool> | undefined;
  #spooled = 0;
  readonly #room = new ByteBudget(SPOOL_BYTES);
  /** What gives back the room of each file in the spool, by its path. */
  readonly #held = new Map<string, () => void>();

  constructor(options: SourceObjectsOptions) {
    this.#options = options;
  }

  /** Asks for what will be written: its headers are needed then, and its digest now. */
  async ask(files: readonly LocalFile[], onProgress: () => void): Promise<void> {
    const { concurrency, signal } = this.#options;
    await forEachConcurrent(files, concurrency, async (file) => {
      signal.throwIfAborted();
      await this.#head(objectOf(file), signal);
      onProgress();
    });
  }

  /** Of a dry run: whether what a plan reads can be read. Rejects for the first object that cannot. */
  async tryArchived(plan: Plan): Promise<void> {
    const { store, concurrency, signal } = this.#options;
    const failure = (error: unknown, _: LocalFile, { key }: RemoteObject): unknown =>
      this.#failure(error, key);
    await tryArchived(plan, { store, concurrency, signal, failure });
  }

  /** What is known of the contents: by metadata and ETag, and by what lies in the destination in one part. */
  contents(
    files: Files,
    listing: ReadonlyMap<ObjectKey, ListedObject>,
    prefix: Prefix,
    vouched: ReadonlyObjectMap<Md5> = new ObjectMap(),
  ): {
    readonly contents: ReadonlyMap<string, KnownContent>;
    readonly digests: ReadonlyMap<string, FileDigest>;
  } {
    const contents = new Map<string, KnownContent>();
    const digests = new Map<string, FileDigest>();
    // Digests of parts are looked for where there are any.
    const ofOnePart = new Set<number>();
    for (const { size, object } of files)
      if (object !== undefined && isOfOnePart(object.etag)) ofOnePart.add(size);
    for (const { size, etag } of listing.values()) if (isOfOnePart(etag)) ofOnePart.add(size);
    const partOf = (md5: Md5, size: number): readonly ETag[] =>
      ofOnePart.has(size) ? [multipartETag([md5])] : [];
    // What one object says of its content holds for all that have its ETag: some were not asked.
    const told = new Map<string, Md5>();
    for (const file of files) {
      const object = objectOf(file);
      const there = listing.get((prefix + file.name) as ObjectKey);
      // What an index or metadata says of the same object there: both must be known by the same.
      const same = there !== undefined && there.etag === object.etag && there.size === file.size;
      const md5 =
        file.size === 0
          ? EMPTY_MD5
          : (this.#md5Of(object) ??
            onlyPartOf(object.etag, there?.etag) ??
            (same ? vouched.get(there) : undefined));
      if (md5 === undefined) continue;
      for (const etag of [object.etag, ...partOf(md5, file.size)]) told.set(`${etag}/${file.size}`, md5);
    }
    for (const file of files) {
      const { name, size } = file;
      const { etag } = objectOf(file);
      const own = classifyETag(etag).kind === 'multipart' ? [etag] : [];
      const md5 = told.get(`${etag}/${size}`);
      const etags = md5 === undefined ? own : [...own, ...partOf(md5, size)];
      if (md5 !== undefined) {
        contents.set(name, { md5, etags });
        digests.set(name, { md5, partMd5s: [], etags });
      } else if (etags.length > 0) contents.set(name, { md5: undefined, etags });
    }
    return { contents, digests };
  }

  /**
   * Objects of the destination that say of themselves that they are copies of what the source has now, where nothing
   * else says what that is: by one HEAD each.
   */
  async copiesAmong(
    { files, digests }: Digested,
    listing: ReadonlyMap<ObjectKey, ListedObject>,
    prefix: Prefix,
    store: ReadableStore,
  ): Promise<ReadonlyObjectMap<ETag>> {
    const { concurrency, signal } = this.#options;
    const copies = new ObjectMap<ETag>();
    await forEachConcurrent(files, concurrency, async (file) => {
      const there = listing.get((prefix + file.name) as ObjectKey);
      if (digests.has(file.name) || there?.size !== file.size || isSameByETag(file, there)) return;
      signal.throwIfAborted();
      const head = await store.head(there.key, signal).catch(unlessRefused);
      const { etag } = objectOf(file);
      if (head?.etag === there.etag && copiedFrom(head) === etag) copies.set(there, etag);
    });
    return copies;
  }

  #md5Of({ key, etag }: RemoteObject): Md5 | undefined {
    const head = this.#heads.get(key);
    const kind = classifyETag(etag);
    if (kind.kind === 'md5' && (head === undefined || etagsProve(head.encryption))) return kind.md5;
    return head === undefined ? undefined : statedMd5(head);
  }

  async headersOf(file: LocalFile): Promise<HeaderSet> {
    const head = await this.#head(objectOf(file), this.#options.requests);
    // What S3 itself says of an object that was given none.
    const headers: Record<string, string> = { 'content-type': 'binary/octet-stream' };
    // Classes, encryption and rights are the destination's.
    for (const name of READER_HEADERS) {
      const value = head.fields[name];
      if (value !== undefined) headers[name] = value;
    }
    // What is no time, or another one elsewhere, cannot be sent as one.
    const expires = expiryOf(headers.expires ?? '');
    if (expires === undefined) delete headers.expires;
    else headers.expires = expires;
    const location = headers[REDIRECT_HEADER];
    const { from, to } = this.#options;
    if (location !== undefined) headers[REDIRECT_HEADER] = movedLocation(location, from, to);
    for (const [name, value] of head.metadata)
      if (name !== FROM_METADATA) headers[`x-amz-meta-${name}`] = value;
    return headers;
  }

  layoutsOf(file: LocalFile): Promise<readonly (readonly PartRun[])[]> {
    const object = objectOf(file);
    const known = this.#layouts.get(object.key) ?? this.#askLayouts(object);
    this.#layouts.set(object.key, known);
    return known;
  }

  /** By what S3 says of the first part, else by the part sizes that tools use: more than one fits now and then. */
  async #askLayouts({ key, etag, size }: RemoteObject): Promise<readonly (readonly PartRun[])[]> {
    const kind = classifyETag(etag);
    if (kind.kind !== 'multipart' || size === 0) return [];
    const first = await this.#options.store.partSize(key, etag, 1, this.#options.requests);
    const sizes = first === undefined ? candidatePartSizes(size, kind.parts) : first > 0 ? [first] : [];
    return sizes
      .map((partSize) => uniformLayout(size, partSize))
      .filter((layout) => layoutParts(layout) === kind.parts);
  }

  /** The MD5 of the bytes as they are read now. */
  async digestOf(file: LocalFile): Promise<Md5> {
    const { store, signal } = this.#options;
    const object = objectOf(file);
    let hash = createHash('md5');
    try {
      await store.get(
        object,
        async (body) => {
          hash = createHash('md5');
          for await (const chunk of body) hash.update(chunk);
        },
        signal,
      );
    } catch (error) {
      throw this.#failure(error, object.key);
    }
    return hash.digest('hex') as Md5;
  }

  async ready(file: LocalFile): Promise<LocalFile> {
    const object = objectOf(file);
    const { path, fetch } = await this.#spooling();
    const free = await this.#take(object.size);
    try {
      const { temporary } = await fetch.spool({ ...file, name: `${this.#spooled++}` });
      const at = join(path, temporary);
      const stats = statFields(await lstat(at, { bigint: true }));
      this.#held.set(at, free);
      return { ...file, ...stats, path: at, real: at, object };
    } catch (error) {
      free();
      throw this.#failure(error, object.key);
    }
  }

  /** Waits for room in the spool, and answers what gives it back. */
  #take(bytes: number): Promise<() => void> {
    return new Promise((taken) => {
      void this.#room.with(bytes, () => new Promise<void>((free) => taken(free)));
    });
  }

  again(file: LocalFile): Promise<LocalFile> {
    return this.ready(file);
  }

  async release({ path }: LocalFile): Promise<void> {
    if (path === '') return;
    await rm(path, { force: true });
    this.#held.get(path)?.();
    this.#held.delete(path);
  }

  async close(): Promise<void> {
    const spool = await this.#spool?.catch(() => undefined);
    if (spool === undefined) return;
    const { unverified } = spool.fetch;
    if (unverified > 0) {
      const count = unverified === 1 ? '1 object' : `${unverified} objects`;
      const message = `S3 says no digest of ${count} of the source: size and connection alone speak for the bytes`;
      this.#options.emit({ type: 'message', level: 'warning', message });
    }
    await spool.directory.close();
    await rm(spool.path, { recursive: true, force: true }).catch(() => undefined);
  }

  #spooling(): Promise<Spool> {
    this.#spool ??= this.#openSpool();
    return this.#spool;
  }

  async #openSpool(): Promise<Spool> {
    const { store, pool, emit, signal, requests } = this.#options;
    const path = await spoolDirectory();
    const directory = await TargetDirectory.open(path);
    const fetch = new Fetch({
      store,
      directory,
      target: { directory: path, duplicates: 'copy', asStored: true },
      local: new Map(),
      heads: this.#heads,
      claimed: new Set(),
      pool,
      bytesDue: Number.POSITIVE_INFINITY,
      preserve: false,
      overwrite: 'always',
      emit,
      mayDelete: async () => undefined,
      onReceived: () => undefined,
      signal,
      requests,
    });
    return { path, directory, fetch };
  }

  async #head(object: RemoteObject, signal: AbortSignal): Promise<ObjectHead> {
    const known = this.#heads.get(object.key);
    if (known !== undefined) return known;
    let head: ObjectHead | undefined;
    try {
      head = await this.#options.store.head(object.key, signal);
    } catch (error) {
      throw this.#failure(error, object.key);
    }
    if (head === undefined || head.etag !== object.etag) throw this.#changed(object.key);
    this.#heads.set(object.key, head);
    return head;
  }

  #changed(key: ObjectKey): SyncError {
    return new SyncError(
      'file-changed',
      EXIT.failed,
      `${this.#urlOf(key)}: the source object changed or went away during this run: run again when nothing publishes there`,
    );
  }

  #urlOf(key: ObjectKey): string {
    return `s3://${this.#options.bucket}/${key}`;
  }

  /** A failure of the source is told as one: it must not be taken for one of the destination, which the same key may name. */
  #failure(error: unknown, key: ObjectKey): unknown {
    this.#options.signal.throwIfAborted();
    const what = this.#urlOf(key);
    if (error instanceof StoreError) {
      if (error.kind === 'condition') return this.#changed(key);
      const { code, exit, message } = explain(error, what);
      return new SyncError(code, exit, message, { cause: error });
    }
    if (error instanceof WrongContentError) {
      const message = `${what}: ${error.message}, twice: the object or the way to it is damaged`;
      return new SyncError('wrong-content', EXIT.failed, message, { cause: error });
    }
    return couldNotWrite(error) ? noRoom(error) : error;
  }
}

async function spoolDirectory(): Promise<string> {
  try {
    return await makeOwnDirectory(tmpdir());
  } catch (error) {
    throw noRoom(error);
  }
}

function noRoom(cause: unknown): SyncError {
  const message = `objects on their way from bucket to bucket cannot be kept in ${tmpdir()} (${systemMessage(cause)}): set TMPDIR to a directory with room for the largest ones`;
  return new SyncError('no-room', EXIT.failed, message, { cause });
}

/** Whether an object of the destination is the source's by its ETag alone: then nothing has to be asked. */
export function isSameByETag(file: LocalFile, there: ListedObject | undefined): boolean {
  const etag = file.object?.etag;
  if (there === undefined || etag === undefined || there.size !== file.size) return false;
  if (there.etag === etag) return classifyETag(etag).kind !== 'opaque';
  return onlyPartOf(etag, there.etag) !== undefined || onlyPartOf(there.etag, etag) !== undefined;
}

/** The MD5 that a plain ETag is, where the other one says that these bytes came as an upload of one part. */
function onlyPartOf(multipart: ETag, plain: ETag | undefined): Md5 | undefined {
  const kind = plain === undefined ? undefined : classifyETag(plain);
  return kind?.kind === 'md5' && isOfOnePart(multipart) && multipartETag([kind.md5]) === multipart
    ? kind.md5
    : undefined;
}
