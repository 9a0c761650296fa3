import { setImmediate as turn } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { type ETag, type Md5, md5Of, multipartETag } from '../../src/model/digest.js';
import type { HeaderSet, ObjectHeaders } from '../../src/model/headers.js';
import { type ObjectKey, OWN_DIRECTORY, type Prefix } from '../../src/model/object-key.js';
import { ARCHIVED_CLASSES, type ListedObject } from '../../src/model/objects.js';
import type { Condition } from '../../src/model/plan.js';
import {
  type CompleteRequest,
  type CopyRequest,
  type CreateRequest,
  type DeleteAnswer,
  type DeleteRequest,
  type ListedPart,
  type ListedUpload,
  type ListedVersion,
  type ObjectHead,
  type ObjectStore,
  type Part,
  type PartCopyRequest,
  type PartRequest,
  type PutRequest,
  type SourceObject,
  type StoredBody,
  StoreError,
  type StoreErrorKind,
  type Upload,
  type Wanted,
  type WholeBody,
  type Written,
} from '../../src/store/object-store.js';
import { randomNumbers } from './random.js';

/** An object as the model keeps it. */
export interface ModelObject {
  readonly bytes: Buffer;
  readonly etag: ETag;
  readonly encryption: string | undefined;
  readonly storageClass: string;
  readonly contentType: string | undefined;
  readonly metadata: ReadonlyMap<string, string>;
  readonly fields: HeaderSet;
  /** Of the first part; absent: not written in parts. Bytes. */
  readonly partSize?: number;
  /** Written by the engine. */
  readonly ours: boolean;
  /** Its metadata names another content, or it is a copy of one that does. */
  readonly lies: boolean;
}

/**
 * What one server makes of copies: `kms` gives ETags that prove nothing, `bound` answers part copies with ETags
 * that say nothing of the bytes, `unproved` with ETags that look like MD5s and are none, `no-copies` refuses them.
 */
export type Flavour = 'plain' | 'kms' | 'bound' | 'unproved' | 'no-copies';

/**
 * What goes wrong at one call. `lost`: it takes effect and nobody hears of it. `stop`: the run is told to end.
 * `stop-after`: so it is, and hears nothing of what took effect. `kill`: nothing takes effect any more; `kill-after`: this one did. `foreign`, `foreign-source`: another writer is quicker.
 */
export type FaultKind =
  | 'server'
  | 'denied'
  | 'lost'
  | 'stop'
  | 'stop-after'
  | 'kill'
  | 'kill-after'
  | 'foreign'
  | 'foreign-source'
  | 'foreign-delete'
  | 'upload-gone';

export interface Fault {
  /** Which call, from 0, listings included. */
  readonly at: number;
  readonly kind: FaultKind;
}

/** Told of everything that becomes visible, before it does. */
export interface Witness {
  written(key: ObjectKey, object: ModelObject): void;
  deleted(key: ObjectKey): void;
}

interface OpenUpload {
  readonly key: ObjectKey;
  readonly headers: ObjectHeaders;
  readonly wholeCrc32: boolean;
  readonly begun: number;
  readonly parts: Map<number, { readonly bytes: Buffer; readonly etag: ETag; readonly lies: boolean }>;
}

/** A bucket of S3 as its documentation has it, in memory: calls end in random order, and go wrong where told. */
export class ModelStore implements ObjectStore {
  readonly maxCopySize = 5 * 1024 ** 3;
  readonly inFlight = 16;
  readonly unlisted: ReadonlySet<string> = new Set();
  readonly clockOffset = 0;
  readonly provider = 'a model';
  readonly compositeETags = 'all';
  readonly canStage = true;
  readonly canTag = true;
  readonly mergesHeaders = false;
  readonly datesRefreshes = true;
  readonly uploadsByKey = false;
  readonly mayHaveChanged = true;
  readonly storageClasses = true;
  readonly redirects = 'kept';
  readonly keysAreFiles = false;
  readonly keysBlock = false;
  readonly otherNames = undefined;
  readonly markersHaveBytes = true;
  readonly canStageNested = true;
  readonly copiesRanges = true;
  readonly objects = new Map<ObjectKey, ModelObject>();
  readonly uploads = new Map<string, OpenUpload>();
  /** Buckets that can be copied from, by name. */
  readonly others = new Map<string, ModelStore>();
  witness: Witness | undefined;
  faults: readonly Fault[] = [];
  onStop: () => void = () => undefined;
  flavour: Flavour = 'plain';
  /** Calls that were meant to change something. */
  writes = 0;
  /** Uploads that nobody can know of or end: Create lost its answer, or Abort failed. */
  orphans = 0;
  /** Keys that another writer touched since `restart`. */
  readonly touched = new Set<ObjectKey>();
  readonly #random: () => number;
  readonly #seed: number;
  readonly #waiting: (() => void)[] = [];
  #serial = 0;
  #calls = 0;
  #dead = false;

  constructor(seed: number) {
    this.#random = randomNumbers(seed);
    this.#seed = seed;
  }

  /** Calls since `restart`. */
  get calls(): number {
    return this.#calls;
  }

  /** A new process talks to the same bucket, from which a lifecycle rule took what uploads were left. */
  restart(faults: readonly Fault[]): void {
    this.faults = faults;
    this.#calls = 0;
    this.#dead = false;
    this.touched.clear();
    // The lease of a run that was killed runs out.
    for (const key of this.objects.keys()) if (isOwn(key)) this.objects.delete(key);
    this.uploads.clear();
    this.orphans = 0;
  }

  opaque(suffix = ''): ETag {
    const id = (++this.#serial).toString(16).padStart(8, '0');
    return `${md5Of(Buffer.from(`${this.#seed} ${id}`))}${suffix}` as ETag;
  }

  async *list(prefix: Prefix): AsyncIterable<readonly ListedObject[]> {
    const page = await this.#call('ListObjectsV2', undefined, undefined, () =>
      [...this.objects].flatMap(([key, { bytes, etag, storageClass }]) =>
        key.startsWith(prefix) ? [{ key, size: bytes.length, etag, lastModified: 1, storageClass }] : [],
      ),
    );
    yield page.sort(() => this.#random() - 0.5);
  }

  async *listUploads(prefix: Prefix): AsyncIterable<readonly ListedUpload[]> {
    yield await this.#call('ListMultipartUploads', undefined, undefined, () =>
      [...this.uploads].flatMap(([id, { key, begun }]) =>
        key.startsWith(prefix) ? [{ key, id, begun }] : [],
      ),
    );
  }

  async listParts(upload: Upload): Promise<readonly ListedPart[]> {
    return this.#call('ListParts', undefined, undefined, () =>
      [...this.#upload(upload, 'ListParts').parts].map(([number, { etag, bytes }]) => ({
        number,
        etag,
        size: bytes.length,
      })),
    );
  }

  async head(key: ObjectKey): Promise<ObjectHead | undefined> {
    return this.#call('HeadObject', undefined, undefined, () => {
      const object = this.objects.get(key);
      if (object === undefined) return undefined;
      if (object.encryption === 'customer') throw answered('rejected', 'InvalidRequest', 400, 'HeadObject');
      return { ...object, size: object.bytes.length };
    });
  }

  async get(
    object: ListedVersion,
    consume: (body: AsyncIterable<Uint8Array>) => Promise<void>,
    signal: AbortSignal,
  ): Promise<ObjectHead> {
    const { head, bytes } = await this.getWhole(object, signal);
    await consume(
      (async function* body() {
        yield bytes;
      })(),
    );
    return head;
  }

  async getWhole(
    { key, etag }: ListedVersion,
    _signal: AbortSignal,
    { range }: Wanted = {},
  ): Promise<WholeBody> {
    const object = await this.#call('GetObject', undefined, undefined, () => {
      const found = this.objects.get(key);
      if (found === undefined || found.etag !== etag)
        throw answered('condition', 'PreconditionFailed', 412, 'GetObject');
      return found;
    });
    const bytes = range === undefined ? object.bytes : object.bytes.subarray(range.first, range.last + 1);
    return { head: { ...object, size: bytes.length }, bytes };
  }

  async partSize(key: ObjectKey): Promise<number | undefined> {
    return this.#call('HeadObject', undefined, undefined, () => this.objects.get(key)?.partSize);
  }

  async hasAcl(): Promise<boolean> {
    return this.#call('GetBucketOwnershipControls', undefined, undefined, () => false);
  }

  async read(key: ObjectKey): Promise<StoredBody | undefined> {
    return this.#call('GetObject', undefined, undefined, () => {
      const object = this.objects.get(key);
      return object === undefined ? undefined : { bytes: object.bytes, etag: object.etag };
    });
  }

  requests(): Readonly<Record<string, number>> {
    return {};
  }

  bytesMoved(): number {
    return this.#calls;
  }

  async put({ key, body, md5, headers, condition }: PutRequest): Promise<Written> {
    return this.#change('PutObject', key, undefined, () => {
      if (md5Of(body) !== md5) throw answered('digest', 'BadDigest', 400, 'PutObject');
      if (condition !== undefined) this.#hold(key, condition, 'PutObject');
      // A copy: the memory of a body is used again once it is sent.
      return this.#store(key, Buffer.from(body), this.#plainETag(body), headers, false);
    });
  }

  async copy({ key, source, headers, condition }: CopyRequest): Promise<Written> {
    return this.#change('CopyObject', key, source, () => {
      const { bytes, lies } = this.#source(source, 'CopyObject');
      this.#hold(key, condition, 'CopyObject');
      return this.#store(key, bytes, this.#plainETag(bytes), headers, lies);
    });
  }

  async createUpload({ key, headers, wholeCrc32 }: CreateRequest): Promise<Upload> {
    return this.#change('CreateMultipartUpload', key, undefined, () => {
      const id = `upload-${++this.#serial}`;
      this.uploads.set(id, {
        key,
        headers,
        wholeCrc32: wholeCrc32 === true,
        begun: Date.now(),
        parts: new Map(),
      });
      return { key, id, encryption: this.#encryption };
    });
  }

  async uploadPart({ upload, number, body, md5 }: PartRequest): Promise<Part> {
    return this.#change('UploadPart', upload.key, undefined, () => {
      if (md5Of(body) !== md5) throw answered('digest', 'BadDigest', 400, 'UploadPart');
      const etag = this.#plainETag(body);
      this.#upload(upload, 'UploadPart').parts.set(number, { bytes: Buffer.from(body), etag, lies: false });
      return { number, etag };
    });
  }

  async copyPart({ upload, number, source, range }: PartCopyRequest): Promise<Part> {
    return this.#change('UploadPartCopy', upload.key, source, () => {
      const { bytes: whole, lies } = this.#source(source, 'UploadPartCopy');
      const bytes = range === undefined ? whole : whole.subarray(range.first, range.last + 1);
      const proves = this.flavour === 'plain';
      const etag = proves ? this.#plainETag(bytes) : this.opaque();
      this.#upload(upload, 'UploadPartCopy').parts.set(number, { bytes, etag, lies });
      return { number, etag, ...(this.flavour === 'bound' ? { boundBySource: true } : {}) };
    });
  }

  async completeUpload({ upload, parts, crc32: said, condition }: CompleteRequest): Promise<Written> {
    const { key } = upload;
    return this.#change('CompleteMultipartUpload', key, undefined, () => {
      const open = this.#upload(upload, 'CompleteMultipartUpload');
      const sent = parts.map(({ number, etag }) => {
        const part = open.parts.get(number);
        if (part?.etag !== etag) throw answered('rejected', 'InvalidPart', 400, 'CompleteMultipartUpload');
        return part;
      });
      const bytes = Buffer.concat(sent.map((part) => part.bytes));
      if (open.wholeCrc32 && said !== crcOf(bytes)) {
        throw answered('digest', 'BadDigest', 400, 'CompleteMultipartUpload');
      }
      this.#hold(key, condition, 'CompleteMultipartUpload');
      const etag =
        this.flavour === 'kms'
          ? this.opaque(`-${sent.length}`)
          : multipartETag(sent.map((part) => md5Of(part.bytes)));
      this.uploads.delete(upload.id);
      const lies = sent.some((part) => part.lies);
      return this.#store(key, bytes, etag, open.headers, lies);
    });
  }

  async abortUpload({ key, id }: Upload): Promise<void> {
    return this.#change('AbortMultipartUpload', key, undefined, () => {
      this.uploads.delete(id);
    });
  }

  async delete(requests: readonly DeleteRequest[]): Promise<readonly DeleteAnswer[]> {
    return this.#change('DeleteObjects', requests[0]?.key, undefined, () =>
      requests.map(({ key, etag }): DeleteAnswer => {
        const object = this.objects.get(key);
        if (object !== undefined && object.etag !== etag) {
          const error = answered('condition', 'PreconditionFailed', 412, 'DeleteObjects');
          return { key, deleted: false, error };
        }
        if (!isOwn(key)) this.witness?.deleted(key);
        this.objects.delete(key);
        return { key, deleted: true };
      }),
    );
  }

  get #encryption(): string | undefined {
    return this.flavour === 'kms' ? 'aws:kms' : undefined;
  }

  #plainETag(bytes: Buffer): ETag {
    return this.flavour === 'kms' ? this.opaque() : (md5Of(bytes) as string as ETag);
  }

  #store(key: ObjectKey, bytes: Buffer, etag: ETag, headers: ObjectHeaders, lies: boolean): Written {
    const object: ModelObject = {
      bytes,
      etag,
      encryption: this.#encryption,
      storageClass: headers.fields?.['x-amz-storage-class'] ?? 'STANDARD',
      contentType: headers.contentType,
      metadata: new Map(Object.entries(headers.metadata)),
      fields: { ...headers.fields, 'content-type': headers.contentType },
      ours: true,
      lies,
    };
    if (!isOwn(key)) this.witness?.written(key, object);
    this.objects.set(key, object);
    return { etag, versionId: undefined, encryption: this.#encryption };
  }

  #hold(key: ObjectKey, condition: Condition, operation: string): void {
    const object = this.objects.get(key);
    const held = 'ifMatch' in condition ? object?.etag === condition.ifMatch : object === undefined;
    if (!held) throw answered('condition', 'PreconditionFailed', 412, operation);
  }

  #source({ key, etag, bucket }: SourceObject, operation: string): ModelObject {
    if (this.flavour === 'no-copies') throw answered('rejected', 'InvalidRequest', 400, operation);
    const place = bucket === undefined ? this : this.others.get(bucket.name);
    const object = place?.objects.get(key);
    if (object === undefined) throw answered('source', 'NoSuchKey', 404, operation);
    if (object.etag !== etag) throw answered('source', 'PreconditionFailed', 412, operation);
    if (object.encryption === 'customer') throw answered('rejected', 'InvalidRequest', 400, operation);
    if (ARCHIVED_CLASSES.has(object.storageClass)) {
      throw new Error(`${operation} reads ${key}, which is archived`);
    }
    return object;
  }

  #upload({ id }: Upload, operation: string): OpenUpload {
    const open = this.uploads.get(id);
    if (open === undefined) throw answered('no-upload', 'NoSuchUpload', 404, operation);
    return open;
  }

  async #change<T>(
    operation: string,
    key: ObjectKey | undefined,
    source: SourceObject | undefined,
    effect: () => T,
  ): Promise<T> {
    if (!isOwn(key)) this.writes++;
    return this.#call(operation, key, source, effect);
  }

  /** Calls in flight take effect in random order. */
  async #call<T>(
    operation: string,
    key: ObjectKey | undefined,
    source: SourceObject | undefined,
    effect: () => T,
  ): Promise<T> {
    const faults = this.faults.filter(({ at }) => at === this.#calls);
    this.#calls++;
    await new Promise<void>((go) => {
      this.#waiting.push(go);
      if (this.#waiting.length === 1) void this.#pump();
    });
    let lost = false;
    const spoilt = faults.some(({ kind }) => ['lost', 'stop-after', 'server', 'denied'].includes(kind));
    if (spoilt && (operation.startsWith('Create') || operation.startsWith('Abort'))) this.orphans++;
    for (const { kind } of faults) {
      switch (kind) {
        case 'server':
          throw answered('server', 'InternalError', 500, operation);
        case 'denied':
          throw answered('denied', 'AccessDenied', 403, operation);
        case 'lost':
          lost = true;
          break;
        case 'stop':
          this.onStop();
          break;
        case 'stop-after':
          lost = true;
          this.onStop();
          break;
        case 'kill':
          this.#dead = true;
          this.onStop();
          break;
        case 'kill-after':
          lost = true;
          break;
        case 'foreign':
        case 'foreign-source':
        case 'foreign-delete': {
          const target = kind === 'foreign-source' && source?.bucket === undefined ? source?.key : key;
          if (target === undefined) break;
          this.touched.add(target);
          if (kind === 'foreign-delete') this.objects.delete(target);
          else this.objects.set(target, this.#foreign());
          break;
        }
        case 'upload-gone':
          this.uploads.clear();
          break;
      }
    }
    if (this.#dead) throw answered('network', 'ECONNRESET', 0, operation);
    const result = effect();
    if (faults.some(({ kind }) => kind === 'kill-after')) {
      this.#dead = true;
      this.onStop();
    }
    if (lost) throw answered('network', 'ECONNRESET', 0, operation);
    return result;
  }

  async #pump(): Promise<void> {
    while (this.#waiting.length > 0) {
      await turn();
      const [go] = this.#waiting.splice(Math.floor(this.#random() * this.#waiting.length), 1);
      go?.();
    }
  }

  #foreign(): ModelObject {
    const bytes = Buffer.from(`foreign ${++this.#serial}`);
    return {
      bytes,
      etag: md5Of(bytes) as string as ETag,
      encryption: undefined,
      storageClass: 'STANDARD',
      contentType: 'text/plain',
      metadata: new Map(),
      fields: { 'content-type': 'text/plain' },
      ours: false,
      lies: false,
    };
  }
}

/** The lock, which is no file's object. */
function isOwn(key: ObjectKey | undefined): boolean {
  return key?.includes(OWN_DIRECTORY) === true;
}

/** Big-endian CRC32 in base64, as S3 writes checksums. */
function crcOf(bytes: Buffer): string {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum.toString('base64');
}

function answered(kind: StoreErrorKind, code: string, status: number, operation: string): StoreError {
  return new StoreError(kind, code, status, operation, `${operation} answered ${code}`);
}

/** What other tools' metadata says of a content, right or wrong. */
export function attributes(md5: Md5): ReadonlyMap<string, string> {
  return new Map([['s3cmd-attrs', `uid:0/md5:${md5}/mode:33188`]]);
}
