import { lstat, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TargetDirectory } from '../disk/target-directory.js';
import { forEachConcurrent } from '../model/concurrency.js';
import { classifyETag, EMPTY_MD5, type Md5 } from '../model/digest.js';
import { layoutParts, type PartRun, uniformLayout } from '../model/digest-index.js';
import { EXIT, SyncError } from '../model/errors.js';
import type { Emit } from '../model/events.js';
import { type HeaderSet, metadataMd5 } from '../model/headers.js';
import type { ObjectKey } from '../model/object-key.js';
import type { ListedObject, LocalFile, RemoteObject } from '../model/objects.js';
import { candidatePartSizes } from '../model/part-sizes.js';
import { etagsProve, type ObjectHead, type ReadableStore } from '../store/object-store.js';
import type { DigestPool } from './digest-pool.js';
import { Fetch } from './fetch.js';
import { type FileDigest, statFields } from './file-bytes.js';
import type { KnownContent } from './plan.js';
import type { BodySource } from './transfer.js';

/** Headers that readers see, and the redirect: what a copy keeps. Classes, encryption and rights are the destination's. */
const KEPT: readonly string[] = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
  'x-amz-website-redirect-location',
];

/** A directory of this machine that bodies pass through. */
interface Spool {
  readonly path: string;
  readonly directory: TargetDirectory;
  readonly fetch: Fetch;
}

export interface SourceObjectsOptions {
  readonly store: ReadableStore;
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
  #spool: Promise<Spool> | undefined;
  #spooled = 0;

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

  /** What is known of the contents: by metadata and ETag. */
  contents(files: readonly LocalFile[]): {
    readonly contents: ReadonlyMap<string, KnownContent>;
    readonly digests: ReadonlyMap<string, FileDigest>;
  } {
    const contents = new Map<string, KnownContent>();
    const digests = new Map<string, FileDigest>();
    for (const file of files) {
      const { etag } = objectOf(file);
      const kind = classifyETag(etag);
      const multipartETags = kind.kind === 'multipart' ? [etag] : [];
      const md5 = file.size === 0 ? EMPTY_MD5 : this.#md5Of(objectOf(file));
      if (md5 !== undefined) {
        contents.set(file.name, { md5, multipartETags });
        digests.set(file.name, { md5, partMd5s: [], etags: multipartETags });
      } else if (multipartETags.length > 0) contents.set(file.name, { md5: undefined, multipartETags });
    }
    return { contents, digests };
  }

  #md5Of({ key, etag }: RemoteObject): Md5 | undefined {
    const head = this.#heads.get(key);
    const kind = classifyETag(etag);
    if (kind.kind === 'md5' && (head === undefined || etagsProve(head.encryption))) return kind.md5;
    return head === undefined ? undefined : metadataMd5(head.metadata);
  }

  async headersOf(file: LocalFile): Promise<HeaderSet> {
    const head = await this.#head(objectOf(file), this.#options.requests);
    const headers: Record<string, string> = {};
    for (const name of KEPT) {
      const value = head.fields[name];
      if (value !== undefined) headers[name] = value;
    }
    // What is no time cannot be sent as one.
    if (Number.isNaN(Date.parse(headers.expires ?? ''))) delete headers.expires;
    for (const [name, value] of head.metadata) headers[`x-amz-meta-${name}`] = value;
    return headers;
  }

  /** By what S3 says of the first part, else by the part sizes that tools use. */
  async layoutOf(file: LocalFile): Promise<readonly PartRun[] | undefined> {
    const object = objectOf(file);
    const kind = classifyETag(object.etag);
    if (kind.kind !== 'multipart') return undefined;
    const first = await this.#options.store.partSize(object.key, object.etag, 1, this.#options.requests);
    const sizes = first === undefined ? candidatePartSizes(object.size, kind.parts) : [first];
    // More than one fits now and then, and a wrong one is found out by the ETag alone: then the bytes are sent.
    const [size] = sizes;
    const layout = size === undefined || size <= 0 ? undefined : uniformLayout(object.size, size);
    return layout !== undefined && layoutParts(layout) === kind.parts ? layout : undefined;
  }

  async ready(file: LocalFile): Promise<LocalFile> {
    const object = objectOf(file);
    const { path, fetch } = await this.#spooling();
    const { temporary } = await fetch.spool({ ...file, name: `${this.#spooled++}` });
    const at = join(path, temporary);
    return { ...file, ...statFields(await lstat(at, { bigint: true })), path: at, real: at, object };
  }

  again(file: LocalFile): Promise<LocalFile> {
    return this.ready(file);
  }

  async release({ path }: LocalFile): Promise<void> {
    if (path !== '') await rm(path, { force: true });
  }

  async close(): Promise<void> {
    const spool = await this.#spool?.catch(() => undefined);
    if (spool === undefined) return;
    await spool.directory.close();
    await rm(spool.path, { recursive: true, force: true }).catch(() => undefined);
  }

  #spooling(): Promise<Spool> {
    this.#spool ??= this.#openSpool();
    return this.#spool;
  }

  async #openSpool(): Promise<Spool> {
    const { store, pool, concurrency, emit, signal, requests } = this.#options;
    const path = await realpath(await mkdtemp(join(tmpdir(), 's3-dedup-sync-')));
    const directory = await TargetDirectory.open(path);
    const fetch = new Fetch({
      store,
      directory,
      target: { directory: path, duplicates: 'copy', asStored: true },
      local: new Map(),
      heads: this.#heads,
      pool,
      preserve: false,
      overwrite: 'always',
      concurrency,
      emit,
      onReceived: () => undefined,
      signal,
      requests,
    });
    return { path, directory, fetch };
  }

  async #head(object: RemoteObject, signal: AbortSignal): Promise<ObjectHead> {
    const known = this.#heads.get(object.key);
    if (known !== undefined) return known;
    const head = await this.#options.store.head(object.key, signal);
    if (head === undefined || head.etag !== object.etag) {
      throw new SyncError(
        'file-changed',
        EXIT.failed,
        `${object.key}: the source object changed or went away during this run: run again when nothing publishes there`,
        { key: object.key },
      );
    }
    this.#heads.set(object.key, head);
    return head;
  }
}

function objectOf({ name, object }: LocalFile): RemoteObject {
  if (object === undefined) throw new Error(`${name} is no object`);
  return object;
}

/** Whether an object of the destination is the source's by its ETag alone: then nothing has to be asked. */
export function isSameByETag(file: LocalFile, there: ListedObject | undefined): boolean {
  const etag = file.object?.etag;
  if (there === undefined || etag === undefined || there.size !== file.size) return false;
  return there.etag === etag && classifyETag(etag).kind !== 'opaque';
}
