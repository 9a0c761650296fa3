import { randomBytes } from 'node:crypto';
import type { ObjectCannedACL, ServerSideEncryption, StorageClass } from '@aws-sdk/client-s3';
import { forEachConcurrent } from '../model/concurrency.js';
import {
  base64OfMd5,
  classifyETag,
  type ETag,
  type Md5,
  md5Of,
  multipartETag,
  parseETag,
} from '../model/digest.js';
import { type HeaderSet, metadataMd5, type ObjectHeaders } from '../model/headers.js';
import { NOT_IN_XML, NOT_SPELLED, type ObjectKey, type Prefix } from '../model/object-key.js';
import { ARCHIVED_CLASSES, type ListedObject } from '../model/objects.js';
import type { WriteHeaders } from '../model/options.js';
import type { Condition } from '../model/plan.js';
import { BodyLimit } from './bounded-body.js';
import type {
  CreateInput,
  DeleteBatchAnswer,
  GetInput,
  HeadAnswer,
  ObjectInput,
  S3Calls,
  WriteAnswer,
} from './calls.js';
import { LONGEST_ANSWER, LONGEST_REQUEST_MS, TooLongError } from './exchange.js';
import { type ListedPage, listingError, listPages, type PageRequest } from './listing.js';
import {
  type ByteRange,
  CHANGED_AFTER_WRITE,
  type CompleteRequest,
  type CopyRequest,
  type CreateRequest,
  type DeleteAnswer,
  type DeleteRequest,
  etagsProve,
  type ListedPart,
  type ListedUpload,
  type ObjectHead,
  type ObjectStore,
  type Part,
  type PartCopyRequest,
  type PartRequest,
  type PutRequest,
  type SourceObject,
  type Stored,
  type StoredBody,
  StoreError,
  UnprovedCopyError,
  type Upload,
  type Wanted,
  type WholeBody,
  type Written,
} from './object-store.js';
import { type InFlight, Pace, type Strain } from './pace.js';
import type { Provider } from './providers.js';
import type { RareCalls } from './rare-calls.js';
import { withRetries } from './retry.js';
import type { SigningCredentials } from './sign.js';
import { heals, refusedForClock, repeatingNothing, toStoreError, withoutSent } from './store-errors.js';

export interface S3StoreOptions {
  /** Loaded with the first one. */
  readonly rareCalls: () => Promise<RareCalls>;
  /** Those that requests are signed with: no message repeats them. */
  readonly credentials: () => Promise<SigningCredentials>;
  /** Those made by the thousand: which they are is the provider's matter. */
  readonly calls: () => S3Calls | Promise<S3Calls>;
  readonly bucket: string;
  /** Who answers is known for certain after the first answer. */
  readonly provider: () => Provider;
  readonly writeHeaders: WriteHeaders;
  readonly expectedBucketOwner: string | undefined;
  readonly requesterPays: boolean;
  readonly inFlight: InFlight;
  readonly maxAttempts: number;
  readonly bytesMoved: () => number;
}

/** These list in no order and know no StartAfter: "Differences for directory buckets" in the user guide of AWS S3. */
const DIRECTORY_BUCKET = /--xa?-s3$/;

/** Bodies of at most so many bytes are not worth a stream. */
const SMALL_BODY = 256 * 1024;

/** So long a server is taken for one that fails over. Milliseconds. */
const LONGEST_OUTAGE_MS = 15_000;

/** DeleteObject and HeadObject requests in flight where a batch cannot carry the conditions. */
const SINGLE_DELETES_IN_FLIGHT = 32;

/**
 * S3 behind the engine's store: what is judged, retried and done for a provider's sake, whichever way its requests go.
 * The SDK's own retries are off: ours know of lost answers (C14).
 */
export class S3Store implements ObjectStore {
  readonly #options: S3StoreOptions;
  readonly #pace: Pace;
  readonly #requests = new Map<string, number>();
  #wasAnswered = false;
  /** When the first request failed after the last that was answered. Milliseconds, of `performance.now()`. */
  #failingSince: number | undefined;
  /** What an unknown server made of the first conditional copy. */
  #copyConditions: 'unknown' | 'asking' | 'honoured' | 'ignored' = 'unknown';
  #asked: Promise<void> = Promise.resolve();
  #aclsEnabled: Promise<boolean> | undefined;
  /** The server gives ETags that are no digests of what was sent. */
  #hasOtherETags = false;
  /** Parameters of every call. */
  readonly #every: { Bucket: string; ExpectedBucketOwner?: string; RequestPayer?: 'requester' };
  readonly #unlisted = new Set<string>();
  /** What `#decide` made of fields. */
  readonly #inputs = new WeakMap<HeaderSet, ObjectInput>();

  constructor(options: S3StoreOptions) {
    this.#options = options;
    this.#pace = new Pace(options.inFlight);
    this.#every = {
      Bucket: options.bucket,
      ...(options.expectedBucketOwner === undefined
        ? {}
        : { ExpectedBucketOwner: options.expectedBucketOwner }),
      ...(options.requesterPays ? { RequestPayer: 'requester' as const } : {}),
    };
  }

  get maxCopySize(): number {
    return this.#options.provider().maxCopySize;
  }

  get provider(): string {
    return this.#options.provider().name;
  }

  get canTag(): boolean {
    return this.#options.provider().taggingDirective;
  }

  get mergesHeaders(): boolean {
    return this.#options.provider().mergesHeaders;
  }

  get redirects(): 'kept' | 'dropped' | 'unknown' {
    return this.#options.provider().redirects;
  }

  get keysAreFiles(): boolean {
    return this.#options.provider().keysAreFiles;
  }

  get compositeETags(): boolean {
    // In directory buckets ETags say nothing of bytes.
    return this.#options.provider().compositeETags && !DIRECTORY_BUCKET.test(this.#options.bucket);
  }

  get keysBlock(): boolean {
    return this.#options.provider().keysBlock;
  }

  get canStageNested(): boolean {
    return !this.#options.provider().directoriesAreKeys;
  }

  get copiesRanges(): boolean {
    const { staging, partCopyProof, partSizes } = this.#options.provider();
    return staging && partCopyProof === 'etag' && partSizes === 'any';
  }

  get canStage(): boolean {
    return this.#options.provider().staging;
  }

  get unlisted(): ReadonlySet<string> {
    return this.#unlisted;
  }

  get inFlight(): number {
    return this.#pace.limit;
  }

  requests(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#requests].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  bytesMoved(): number {
    return this.#options.bytesMoved();
  }

  list(
    prefix: Prefix,
    signal: AbortSignal,
    hints?: () => Iterable<string>,
  ): AsyncGenerator<readonly ListedObject[]> {
    const { provider, inFlight, bucket } = this.#options;
    const isInOrder = provider().listsInOrder && !DIRECTORY_BUCKET.test(bucket);
    return listPages({
      prefix,
      ask: (request, until) => this.#listPage(request, until),
      signal,
      concurrency: inFlight.first,
      ...(hints === undefined || !isInOrder ? {} : { hints }),
    });
  }

  async #listPage(request: PageRequest, signal: AbortSignal): Promise<ListedPage> {
    const { prefix, token, delimiter, startAfter } = request;
    const input = {
      ...this.#every,
      Prefix: prefix,
      EncodingType: 'url' as const,
      ...(token === undefined ? {} : { ContinuationToken: token }),
      ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
      ...(startAfter === undefined ? {} : { StartAfter: startAfter }),
    };
    const page = await this.#call('ListObjectsV2', signal, async () => {
      const answer = await (await this.#options.calls()).listObjectsV2(input, signal);
      // A 200 that is no listing, from a proxy or a web server, is not an empty bucket (D9).
      if (answer.IsTruncated === undefined) {
        throw new StoreError('server', 'NoListing', 200, 'ListObjectsV2', 'the answer is not a listing');
      }
      return answer;
    });
    const decode = page.EncodingType === 'url' ? decodeListedKey : (text: string) => text;
    const keyIn = (text: string): string => {
      const key = decode(text);
      if (!key.startsWith(prefix)) throw listingError(`the key ${JSON.stringify(key)} outside the prefix`);
      return detached(key);
    };
    const objects: ListedObject[] = [];
    for (const item of page.Contents ?? []) {
      const etag = parseETag(item.ETag);
      if (item.Key === undefined || item.Size === undefined || etag === undefined) {
        throw listingError('an entry without key, size or ETag');
      }
      objects.push({
        key: keyIn(item.Key) as ObjectKey,
        size: item.Size,
        etag: detached(etag) as ETag,
        lastModified: item.LastModified?.getTime() ?? 0,
        storageClass: classOf(item.StorageClass),
      });
    }
    const prefixes = (page.CommonPrefixes ?? []).map(({ Prefix: text = '' }) => keyIn(text));
    const next = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    if (page.IsTruncated === true && next === undefined)
      throw listingError('a page that does not lead to the next one');
    if (page.EncodingType !== 'url') {
      for (const { key, ...listed } of objects) {
        if (!key.includes(NOT_SPELLED) || this.#unlisted.has(key)) continue;
        const head = await this.head(key, signal);
        if (head?.etag !== listed.etag || head.size !== listed.size) this.#unlisted.add(key);
      }
      for (const below of prefixes) {
        if (!below.includes(NOT_SPELLED) || this.#unlisted.has(below)) continue;
        const there = await this.#listPage({ prefix: below }, signal);
        if (there.objects.length === 0) this.#unlisted.add(below);
      }
    }
    return { objects, prefixes, next: next === undefined ? undefined : detached(next) };
  }

  async *listUploads(prefix: Prefix, signal: AbortSignal): AsyncGenerator<readonly ListedUpload[]> {
    let from: { KeyMarker: string; UploadIdMarker?: string } | undefined;
    for (;;) {
      const marker = from;
      const page = await this.#call('ListMultipartUploads', signal, async () =>
        (await this.#options.rareCalls()).listMultipartUploads(
          { ...this.#every, Prefix: prefix, EncodingType: 'url', ...marker },
          signal,
        ),
      );
      const isEncoded = page.EncodingType === 'url' && this.#options.provider().uploadKeys === 'encoded';
      const decode = isEncoded ? decodeListedKey : (text: string) => text;
      yield (page.Uploads ?? []).flatMap(({ Key: key, UploadId: id, Initiated: begun }) =>
        key === undefined || id === undefined
          ? []
          : [{ key: decode(key) as ObjectKey, id, begun: begun?.getTime() ?? 0 }],
      );
      const { NextKeyMarker: key, NextUploadIdMarker: id } = page;
      if (page.IsTruncated !== true || key === undefined || key === '') return;
      const next = { KeyMarker: decode(key), ...(id === undefined ? {} : { UploadIdMarker: id }) };
      if (next.KeyMarker === marker?.KeyMarker && next.UploadIdMarker === marker.UploadIdMarker) return;
      from = next;
    }
  }

  async listParts({ key, id }: Upload, signal: AbortSignal): Promise<readonly ListedPart[]> {
    const parts: ListedPart[] = [];
    for (let marker: string | undefined; ; ) {
      const input = {
        ...this.#every,
        Key: key,
        UploadId: id,
        ...(marker === undefined ? {} : { PartNumberMarker: marker }),
      };
      const page = await this.#call('ListParts', signal, async () =>
        (await this.#options.rareCalls()).listParts(input, signal),
      );
      for (const { PartNumber: number, ETag: text, Size: size } of page.Parts ?? []) {
        const etag = parseETag(text);
        if (number !== undefined && etag !== undefined && size !== undefined)
          parts.push({ number, etag, size });
      }
      const next = page.NextPartNumberMarker;
      if (page.IsTruncated !== true || next === undefined || next === marker) return parts;
      marker = next;
    }
  }

  async head(key: ObjectKey, signal: AbortSignal): Promise<ObjectHead | undefined> {
    return this.#call('HeadObject', signal, async () => {
      try {
        const calls = await this.#options.calls();
        return headOf('HeadObject', await calls.headObject({ ...this.#every, Key: key }, signal));
      } catch (thrown) {
        const error = toStoreError('HeadObject', thrown);
        if (error.status === 404) return undefined;
        throw error;
      }
    });
  }

  async hasAcl(key: ObjectKey, signal: AbortSignal): Promise<boolean> {
    this.#aclsEnabled ??= this.#bucketHasAcls(signal);
    if (!(await this.#aclsEnabled)) return false;
    try {
      const { Grants: grants = [], Owner: owner } = await this.#call('GetObjectAcl', signal, async () =>
        (await this.#options.rareCalls()).getObjectAcl({ ...this.#every, Key: key }, signal),
      );
      return grants.some(
        // MinIO names neither the owner nor whom it grants to.
        ({ Grantee: to }) => to?.URI !== undefined || (to?.ID ?? '') !== (owner?.ID ?? ''),
      );
    } catch (thrown) {
      const error = toStoreError('GetObjectAcl', thrown);
      if (hasNoAcls(error)) return false;
      throw error;
    }
  }

  async #bucketHasAcls(signal: AbortSignal): Promise<boolean> {
    try {
      const answer = await this.#call('GetBucketOwnershipControls', signal, async () =>
        (await this.#options.rareCalls()).getBucketOwnershipControls(this.#every, signal),
      );
      return answer.OwnershipControls?.Rules?.[0]?.ObjectOwnership !== 'BucketOwnerEnforced';
    } catch (thrown) {
      const error = toStoreError('GetBucketOwnershipControls', thrown);
      // Denied, unknown there, or never set: each object is asked for its own.
      if (error.kind === 'denied' || error.kind === 'rejected' || error.status >= 404) return true;
      throw error;
    }
  }

  async read(key: ObjectKey, maxBytes: number, signal: AbortSignal): Promise<StoredBody | undefined> {
    const read = async (): Promise<StoredBody | undefined> => {
      try {
        const answer = await (await this.#options.rareCalls()).getObject(
          { ...this.#every, Key: key },
          signal,
        );
        const etag = parseETag(answer.ETag);
        const size = answer.ContentLength;
        const body = answer.Body as (AsyncIterable<Uint8Array> & { destroy(): void }) | undefined;
        if (body === undefined || etag === undefined || size === undefined)
          throw unreadable('GetObject', 'without a body, its length or its ETag');
        if (size > maxBytes) {
          body.destroy();
          throw new StoreError(
            'rejected',
            'TooLarge',
            200,
            'GetObject',
            `it has ${size} bytes, over ${maxBytes}`,
          );
        }
        const limit = new BodyLimit(LONGEST_REQUEST_MS);
        const chunks: Uint8Array[] = [];
        for await (const chunk of body) {
          limit.add(chunk);
          chunks.push(chunk);
        }
        if (limit.bytes !== size) throw new Error('the body was cut short');
        return { bytes: Buffer.concat(chunks), etag };
      } catch (thrown) {
        const error = toStoreError('GetObject', thrown);
        if (error.status === 404 && error.code !== 'NoSuchBucket') return undefined;
        // What was signed at a wrong time was not looked for.
        const isDenied = error.kind === 'denied' && !refusedForClock(error);
        if (isDenied && (await this.#isAbsent(key, signal))) return undefined;
        throw error;
      }
    };
    // It may have to list, and a request that has a place does not wait for another one's.
    return this.#call('GetObject', signal, read, { isPaced: false });
  }

  /**
   * Whether a listing shows that there is no such key. Who may list below a prefix alone (a condition on `s3:prefix`)
   * is denied a key that does not exist: the request has no prefix, so AWS does not say that it is missing.
   */
  async #isAbsent(key: ObjectKey, signal: AbortSignal): Promise<boolean> {
    try {
      for await (const page of this.list(key as string as Prefix, signal)) {
        if (page.some((object) => object.key === key)) return false;
      }
      return true;
    } catch (error) {
      if (error instanceof StoreError && error.kind === 'denied') return false;
      throw error;
    }
  }

  async get(
    object: Stored,
    consume: (body: AsyncIterable<Uint8Array>) => Promise<void>,
    signal: AbortSignal,
  ): Promise<ObjectHead> {
    if (object.size <= SMALL_BODY) {
      return this.#call('GetObject', signal, async () => {
        const { head, bytes } = await this.#getWhole(object, signal);
        await consume(piecesOf(bytes));
        return head;
      });
    }
    // A body may wait for whoever reads it, and would keep other requests waiting.
    return this.#call('GetObject', signal, () => this.#getByPieces(object, consume, signal), {
      isPaced: false,
    });
  }

  async getWhole(object: Stored, signal: AbortSignal, wanted?: Wanted): Promise<WholeBody> {
    return this.#call('GetObject', signal, () => this.#getWhole(object, signal, wanted));
  }

  async #getWhole(object: Stored, signal: AbortSignal, { range, room }: Wanted = {}): Promise<WholeBody> {
    const size = range === undefined ? object.size : range.last - range.first + 1;
    const calls = await this.#options.calls();
    const longest = Math.max(size, LONGEST_ANSWER);
    const input = this.#getInput(object, range);
    const answer = await calls.getObject(input, longest, signal, room).catch((thrown) => {
      if (!(thrown instanceof TooLongError)) return gone(thrown);
      throw range === undefined ? tooLarge(thrown, size) : wrongSize(thrown.said, size);
    });
    // A proxy may leave the length out: what was listed is then what must have arrived.
    const said = answer.ContentLength;
    if (said === undefined && answer.Body.length !== size) throw unsaidSize(answer.Body.length, size);
    const head = headOf('GetObject', answer, answer.Body.length);
    if (range !== undefined && head.size !== size) throw wrongSize(head.size, size);
    if (range !== undefined && !isRangeOf(answer.ContentRange, range, object.size))
      throw unreadable(
        'GetObject',
        `${answer.ContentRange ?? 'no range'} where bytes ${range.first}-${range.last} were asked for`,
      );
    if (answer.Body.length !== head.size) throw new Error('the body was cut short');
    return { head, bytes: answer.Body };
  }

  async #getByPieces(
    object: Stored,
    consume: (body: AsyncIterable<Uint8Array>) => Promise<void>,
    signal: AbortSignal,
  ): Promise<ObjectHead> {
    const answer = await (await this.#options.rareCalls())
      .getObject(this.#getInput(object), signal)
      .catch(gone);
    const body = answer.Body as (AsyncIterable<Uint8Array> & { destroy(): void }) | undefined;
    if (body === undefined) throw unreadable('GetObject', 'without a body');
    const head = headOf('GetObject', answer, object.size);
    const limit = new BodyLimit(LONGEST_REQUEST_MS);
    async function* counted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        limit.add(chunk);
        yield chunk;
      }
    }
    try {
      await consume(counted(body));
    } finally {
      // Of a body that is not read to its end the connection cannot be used again.
      body.destroy();
    }
    if (limit.bytes === head.size) return head;
    throw answer.ContentLength === undefined
      ? unsaidSize(limit.bytes, head.size)
      : new Error('the body was cut short');
  }

  #getInput({ key, etag }: Stored, range?: ByteRange): GetInput {
    return {
      ...this.#every,
      Key: key,
      IfMatch: `"${etag}"`,
      Range: range && `bytes=${range.first}-${range.last}`,
    };
  }

  async partSize(key: ObjectKey, etag: ETag, part: number, signal: AbortSignal): Promise<number | undefined> {
    try {
      const answer = await this.#call('HeadObject', signal, async () =>
        (await this.#options.rareCalls()).headPart(
          { ...this.#every, Key: key, IfMatch: `"${etag}"`, PartNumber: part },
          signal,
        ),
      );
      // A server that does not know part numbers answers the whole.
      return answer.PartsCount === undefined ? undefined : answer.ContentLength;
    } catch (thrown) {
      const error = toStoreError('HeadObject', thrown);
      if (error.kind === 'rejected' || error.kind === 'condition' || error.status === 404) return undefined;
      throw error;
    }
  }

  async put(request: PutRequest, signal: AbortSignal): Promise<Written> {
    return this.#create(request.key, request.condition, signal, (condition) =>
      this.#put(request, condition, signal),
    );
  }

  /**
   * Makes a conditional write. Where a server takes something else for an object and refuses to create one of that name, a
   * HEAD tells, and the write goes out once more: over a delete marker bound to the ETag that the marker has there, beside
   * a directory without its condition.
   */
  async #create(
    key: ObjectKey,
    condition: Condition | undefined,
    signal: AbortSignal,
    write: (condition: Condition | undefined) => Promise<Written>,
  ): Promise<Written> {
    try {
      return await write(condition);
    } catch (thrown) {
      const { directoriesAreKeys, deleteMarkersAreKeys } = this.#options.provider();
      const isCreate = condition !== undefined && 'ifNoneMatch' in condition;
      const isTaken = thrown instanceof StoreError && thrown.status === 412;
      if (!isCreate || !isTaken || !(directoriesAreKeys || deleteMarkersAreKeys)) throw thrown;
      if ((await this.head(key, signal)) !== undefined) throw thrown;
      if (deleteMarkersAreKeys) return write({ ifMatch: await this.#deletedETag(key, thrown, signal) });
      const written = await write(undefined);
      // Nothing kept another writer out in between: who was last is seen at least.
      const head = await this.head(key, signal);
      if (head?.etag === written.etag) return written;
      const told = 'the object is not the one that was written';
      throw new StoreError('condition', CHANGED_AFTER_WRITE, 412, thrown.operation, told, { cause: thrown });
    }
  }

  /** The ETag of what was deleted last. Rejects with the refusal where no delete marker is in the way of the key. */
  async #deletedETag(key: ObjectKey, refusal: StoreError, signal: AbortSignal): Promise<ETag> {
    const page = await this.#call('ListObjectVersions', signal, async () =>
      (await this.#options.rareCalls()).listObjectVersions({ ...this.#every, Prefix: key }, signal),
    );
    const isDeleted = page.DeleteMarkers?.some((marker) => marker.Key === key && marker.IsLatest === true);
    if (isDeleted !== true) throw refusal;
    // The newest comes first.
    const etag = parseETag(page.Versions?.find((version) => version.Key === key)?.ETag);
    if (etag !== undefined) return etag;
    const told = `${this.provider} takes its delete marker for an object and keeps no version of it: delete the marker by its version id`;
    throw new StoreError('rejected', 'KeyIsDeleteMarker', 412, refusal.operation, told, { cause: refusal });
  }

  async #put(request: PutRequest, condition: Condition | undefined, signal: AbortSignal): Promise<Written> {
    const { key, body, md5 } = request;
    // Spread last: each member behind a spread takes Node 20 a microsecond.
    const input = {
      Key: key,
      Body: body,
      ContentLength: body.length,
      ContentMD5: base64OfMd5(md5),
      Metadata: request.headers.metadata,
      ...this.#every,
      ...this.#decided(request.headers),
      ...conditionOf(condition),
    };
    const etag = md5 as string as ETag;
    const expected = { etags: [etag], size: body.length, md5, before: etagBefore(request.condition) };
    const answer = await this.#call(
      'PutObject',
      signal,
      async () => written('PutObject', await (await this.#options.calls()).putObject(input, signal)),
      { judge: () => this.#judge(key, expected, signal) },
    );
    return this.#ownAnswer('PutObject', key, etag, answer, signal);
  }

  /**
   * One CopyObject. Where a server ignores the condition on the destination, a part copy and a conditional Complete
   * in its place. A server that is not in the table is found out by its first copy, which goes out once with a
   * condition that cannot hold: refused means honoured, accepted means ignored, and it was the wanted write.
   */
  async copy(request: CopyRequest, signal: AbortSignal): Promise<Written> {
    // A copy onto itself is bound by its source.
    if (request.refresh !== undefined) return this.#copyObject(request, request.condition, signal);
    const { copyConditions } = this.#options.provider();
    const known = copyConditions === 'unknown' ? this.#copyConditions : copyConditions;
    switch (known) {
      case 'asking':
        await this.#asked;
        return this.copy(request, signal);
      case 'unknown': {
        this.#copyConditions = 'asking';
        const asked = this.#firstCopy(request, signal);
        this.#asked = asked.then(
          () => undefined,
          () => undefined,
        );
        return asked;
      }
      case 'honoured':
      case 'none':
        return this.#create(request.key, request.condition, signal, (condition) =>
          this.#copyObject(request, condition, signal),
        );
      case 'ignored':
        return this.#copyAsPart(request, signal);
    }
  }

  async #firstCopy(request: CopyRequest, signal: AbortSignal): Promise<Written> {
    let conditions: 'unknown' | 'honoured' | 'ignored' = 'unknown';
    try {
      const cannotHold: Condition = { ifMatch: md5Of(randomBytes(16)) as string as ETag };
      let written: Written | undefined;
      try {
        written = await this.#copyObject(request, cannotHold, signal);
        conditions = 'ignored';
      } catch (thrown) {
        if (toStoreError('CopyObject', thrown).kind !== 'source') throw thrown;
      }
      if (written !== undefined) return written;
      // The refusal may have been about the source: only a copy that then succeeds tells.
      const copied = await this.#copyObject(request, request.condition, signal);
      conditions = 'honoured';
      return copied;
    } finally {
      this.#copyConditions = conditions;
    }
  }

  async #copyAsPart(request: CopyRequest, signal: AbortSignal): Promise<Written> {
    const { key, source, md5, condition } = request;
    if (md5 === undefined) throw new UnprovedCopyError('nobody knows its digest');
    const metadata = { ...request.headers.metadata, md5chksum: base64OfMd5(md5) };
    const upload = await this.createUpload({ key, headers: { ...request.headers, metadata } }, signal);
    try {
      const part = await this.copyPart({ upload, number: 1, source }, signal);
      if ((part.etag as string) !== md5) {
        throw new UnprovedCopyError(
          etagsProve(upload.encryption)
            ? `its ETag is ${part.etag}, and not the MD5 ${md5} that its source was said to have`
            : 'it is encrypted, and its ETag says nothing',
        );
      }
      const expected = { etag: multipartETag([md5]), size: source.size, md5 };
      return await this.completeUpload({ upload, parts: [part], expected, condition }, signal);
    } catch (error) {
      await this.abortUpload(upload, signal).catch(() => undefined);
      throw error;
    }
  }

  async #copyObject(
    request: CopyRequest,
    condition: Condition | undefined,
    signal: AbortSignal,
  ): Promise<Written> {
    const { key, source, md5, refresh } = request;
    const provider = this.#options.provider();
    // A copy onto itself keeps the tags that others gave the object, unless a rule says which it shall have.
    const keepsTags = refresh !== undefined && request.headers.fields?.['x-amz-tagging'] === undefined;
    const directive = keepsTags ? ('COPY' as const) : ('REPLACE' as const);
    const input = {
      Key: key,
      MetadataDirective: 'REPLACE' as const,
      Metadata: request.headers.metadata,
      ...this.#every,
      ...this.#copySource(source),
      ...(provider.taggingDirective ? { TaggingDirective: directive } : {}),
      ...(provider.annotationDirective && refresh === undefined
        ? { AnnotationDirective: 'EXCLUDE' as const }
        : {}),
      ...this.#decided(request.headers),
      ...this.#keptClass(refresh?.storageClass, request.headers),
      ...conditionOf(condition),
    };
    const etags = [...(md5 === undefined ? [] : [md5 as string as ETag]), source.etag];
    // After a copy onto itself only another ETag tells that it was made.
    const onlyETag = refresh !== undefined;
    const before = onlyETag ? source.etag : undefined;
    return this.#call(
      'CopyObject',
      signal,
      async () => {
        const answer = await (await this.#options.calls()).copyObject(input, signal);
        return written('CopyObject', { ETag: answer.CopyObjectResult?.ETag, ...answer });
      },
      { judge: () => this.#judge(key, { etags, size: source.size, md5, onlyETag, before }, signal) },
    );
  }

  async createUpload(request: CreateRequest, signal: AbortSignal): Promise<Upload> {
    const input: CreateInput = {
      Key: request.key,
      Metadata: request.headers.metadata,
      ...this.#every,
      ...this.#decided(request.headers),
      ...(request.wholeCrc32 === true
        ? { ChecksumAlgorithm: 'CRC32' as const, ChecksumType: 'FULL_OBJECT' as const }
        : {}),
    };
    return this.#call('CreateMultipartUpload', signal, async () => {
      const answer = await (await this.#options.calls()).createMultipartUpload(input, signal);
      if (answer.UploadId === undefined) throw unreadable('CreateMultipartUpload', 'without an upload id');
      return { key: request.key, id: answer.UploadId, encryption: answer.ServerSideEncryption };
    });
  }

  async uploadPart(request: PartRequest, signal: AbortSignal): Promise<Part> {
    const input = {
      Key: request.upload.key,
      UploadId: request.upload.id,
      PartNumber: request.number,
      Body: request.body,
      ContentLength: request.body.length,
      ContentMD5: base64OfMd5(request.md5),
      ...this.#every,
    };
    return this.#call('UploadPart', signal, async () => {
      const answer = await (await this.#options.calls()).uploadPart(input, signal);
      return { number: request.number, etag: etagOf('UploadPart', answer.ETag) };
    });
  }

  async copyPart(request: PartCopyRequest, signal: AbortSignal): Promise<Part> {
    const input = {
      Key: request.upload.key,
      UploadId: request.upload.id,
      PartNumber: request.number,
      ...this.#every,
      ...this.#copySource(request.source),
      ...(request.range === undefined
        ? {}
        : { CopySourceRange: `bytes=${request.range.first}-${request.range.last}` }),
    };
    return this.#call('UploadPartCopy', signal, async () => {
      const answer = await (await this.#options.calls()).uploadPartCopy(input, signal);
      const etag = etagOf('UploadPartCopy', answer.CopyPartResult?.ETag);
      const bySource = request.range === undefined && this.#options.provider().partCopyProof === 'source';
      return { number: request.number, etag, ...(bySource ? { boundBySource: true as const } : {}) };
    });
  }

  async completeUpload(request: CompleteRequest, signal: AbortSignal): Promise<Written> {
    const { key } = request.upload;
    return this.#create(key, request.condition, signal, async (condition) => {
      if (condition !== undefined) return this.#complete({ ...request, condition }, signal);
      // It would answer 500.
      const told = `${this.provider} completes no upload to a key that others lie below`;
      throw new StoreError('rejected', 'KeyIsDirectory', 412, 'CompleteMultipartUpload', told);
    });
  }

  async #complete(request: CompleteRequest, signal: AbortSignal): Promise<Written> {
    const { upload, expected } = request;
    const input = {
      Key: upload.key,
      UploadId: upload.id,
      MultipartUpload: { Parts: request.parts.map((part) => ({ PartNumber: part.number, ETag: part.etag })) },
      ...this.#every,
      ...conditionOf(request.condition),
      ...(request.crc32 === undefined
        ? {}
        : { ChecksumCRC32: request.crc32, ChecksumType: 'FULL_OBJECT' as const }),
    };
    const { etag, size, md5 } = expected;
    const etags = etag === undefined ? [] : [etag];
    const before = etagBefore(request.condition);
    const answer = await this.#call(
      'CompleteMultipartUpload',
      signal,
      async () =>
        written(
          'CompleteMultipartUpload',
          await (await this.#options.calls()).completeMultipartUpload(input, signal),
        ),
      { judge: () => this.#judge(upload.key, { etags, size, md5, before }, signal) },
    );
    return etag === undefined
      ? answer
      : this.#ownAnswer('CompleteMultipartUpload', upload.key, etag, answer, signal);
  }

  /**
   * An answer with the digest of other bytes than were sent is another request's, whatever stands in between, unless the
   * object has it too: the ETags of some servers are no digests. Rejects where the object is not the one that was sent.
   */
  async #ownAnswer(
    operation: string,
    key: ObjectKey,
    expected: ETag,
    answer: Written,
    signal: AbortSignal,
  ): Promise<Written> {
    const isNoDigest = classifyETag(answer.etag).kind === 'opaque' || !etagsProve(answer.encryption);
    if (answer.etag === expected || isNoDigest || this.#hasOtherETags) return answer;
    let head: ObjectHead | undefined;
    try {
      head = await this.head(key, signal);
    } catch (error) {
      // Who may write need not be allowed to read.
      if (!(error instanceof StoreError) || error.kind !== 'denied') throw error;
      this.#hasOtherETags = true;
      return answer;
    }
    if (head?.etag === expected) return { etag: expected, versionId: undefined, encryption: head.encryption };
    if (head?.etag !== answer.etag)
      throw unreadable(operation, `with the ETag of something else (${answer.etag})`);
    this.#hasOtherETags = true;
    return answer;
  }

  async abortUpload(upload: Upload, signal: AbortSignal): Promise<void> {
    const input = { ...this.#every, Key: upload.key, UploadId: upload.id };
    await this.#call('AbortMultipartUpload', signal, async () => {
      try {
        await (await this.#options.rareCalls()).abortMultipartUpload(input, signal);
      } catch (thrown) {
        const error = toStoreError('AbortMultipartUpload', thrown);
        if (error.kind !== 'no-upload' && error.status !== 404) throw error;
      }
    });
  }

  async delete(requests: readonly DeleteRequest[], signal: AbortSignal): Promise<readonly DeleteAnswer[]> {
    const { deleteConditions } = this.#options.provider();
    const answers = new Map<ObjectKey, DeleteAnswer>();
    const batch: DeleteRequest[] = [];
    const single: DeleteRequest[] = [];
    for (const request of requests) {
      // Keys that XML cannot carry are deleted one by one.
      (deleteConditions === 'single' || NOT_IN_XML.test(request.key) ? single : batch).push(request);
    }
    const due = deleteConditions === 'none' ? await this.#stillListed(batch, answers, signal) : batch;
    if (due.length > 0)
      for (const answer of await this.#deleteBatch(due, signal)) answers.set(answer.key, answer);
    await forEachConcurrent(single, SINGLE_DELETES_IN_FLIGHT, async (request) => {
      answers.set(request.key, await this.#deleteOne(request, signal));
    });
    return requests.map(
      ({ key }) =>
        answers.get(key) ?? notDeleted(key, 'NoAnswer', 'the answer does not say what became of it'),
    );
  }

  /** Where a server ignores the ETags of deletes, a look right before it narrows what nothing closes. */
  async #stillListed(
    requests: readonly DeleteRequest[],
    answers: Map<ObjectKey, DeleteAnswer>,
    signal: AbortSignal,
  ): Promise<readonly DeleteRequest[]> {
    const still: DeleteRequest[] = [];
    await forEachConcurrent(requests, SINGLE_DELETES_IN_FLIGHT, async (request) => {
      const { key, etag } = request;
      const head = await this.head(key, signal);
      if (head === undefined) answers.set(key, { key, deleted: true });
      else if (head.etag === etag) still.push(request);
      else {
        const message = 'the object is not the one that was listed';
        const error = new StoreError('condition', 'PreconditionFailed', 412, 'DeleteObjects', message);
        answers.set(key, { key, deleted: false, error });
      }
    });
    return still;
  }

  /** What S3 could not do for some keys of a batch is asked again for these alone. */
  async #deleteBatch(
    requests: readonly DeleteRequest[],
    signal: AbortSignal,
  ): Promise<readonly DeleteAnswer[]> {
    let due = requests;
    const told = new Map<ObjectKey, KeyError | 'deleted' | undefined>();
    let unhealed: StoreError | undefined;
    try {
      await this.#call('DeleteObjects', signal, async () => {
        const { deleted, errors } = await this.#deleteObjects(due, signal);
        const again: DeleteRequest[] = [];
        let first: StoreError | undefined;
        for (const request of due) {
          const { key } = request;
          const error = errors.get(key);
          const passing = error === undefined ? undefined : passingError(error);
          // Only what the answer says is deleted is deleted (D7): a proxy's page is a 200 too.
          if (passing === undefined) told.set(key, error ?? (deleted.has(key) ? 'deleted' : undefined));
          else again.push(request);
          first ??= passing;
        }
        due = again;
        if (first !== undefined) throw first;
      });
    } catch (thrown) {
      unhealed = toStoreError('DeleteObjects', thrown);
      if (told.size === 0) throw unhealed;
    }
    const unanswered = new Set(due.map(({ key }) => key));
    const answers: DeleteAnswer[] = [];
    for (const { key } of requests) {
      const answer = told.get(key);
      if (unhealed !== undefined && unanswered.has(key))
        answers.push({ key, deleted: false, error: unhealed });
      else if (answer === 'deleted') answers.push({ key, deleted: true });
      else if (answer === undefined)
        answers.push(notDeleted(key, 'NoAnswer', 'the answer does not say what became of it'));
      else {
        const message = await withoutSent(answer.Message ?? '', this.#options.credentials);
        answers.push(await this.#judgeDelete(key, answer.Code ?? 'Error', message, signal));
      }
    }
    return answers;
  }

  async #deleteObjects(
    requests: readonly DeleteRequest[],
    signal: AbortSignal,
  ): Promise<{ readonly deleted: ReadonlySet<string>; readonly errors: ReadonlyMap<string, KeyError> }> {
    const input = {
      ...this.#every,
      Delete: { Quiet: false, Objects: requests.map(({ key, etag }) => ({ Key: key, ETag: etag })) },
    };
    const answer = await (await this.#options.calls()).deleteObjects(input, signal);
    const deleted = new Set((answer.Deleted ?? []).map(({ Key }) => Key ?? ''));
    const errors = new Map((answer.Errors ?? []).map((error) => [error.Key ?? '', error]));
    const asked = new Set<string>(requests.map(({ key }) => key));
    for (const [key, { Code, Message }] of errors) {
      // An error that names no key of ours may speak of any of them.
      if (asked.has(key)) continue;
      throw new StoreError(
        'rejected',
        Code ?? 'Error',
        200,
        'DeleteObjects',
        Message ?? 'an error without a key',
      );
    }
    return { deleted, errors };
  }

  async #deleteOne(request: DeleteRequest, signal: AbortSignal): Promise<DeleteAnswer> {
    const { key, etag } = request;
    try {
      const status = await this.#call('DeleteObject', signal, async () =>
        (await this.#options.calls()).deleteObject(
          { ...this.#every, Key: key, IfMatch: `"${etag}"` },
          signal,
        ),
      );
      // Another success may be a proxy's page (D7): the object says whether it is there.
      if (status === 204 || (await this.head(key, signal)) === undefined) return { key, deleted: true };
      return notDeleted(
        key,
        'NoAnswer',
        `the answer was ${status} where S3 says 204, and the object is there`,
      );
    } catch (thrown) {
      const error = toStoreError('DeleteObject', thrown);
      if (error.kind === 'fatal' || error.kind === 'aborted') throw error;
      return this.#judgeDelete(key, error.code, error.message, signal);
    }
  }

  /** A refused delete of a key that is gone is what was wanted, whoever did it (C14). */
  async #judgeDelete(
    key: ObjectKey,
    code: string,
    message: string,
    signal: AbortSignal,
  ): Promise<DeleteAnswer> {
    const thrown = Object.assign(new Error(message), { name: code, $metadata: { httpStatusCode: 200 } });
    const error = toStoreError('DeleteObjects', thrown);
    const gone = code === 'NoSuchKey' || code === 'NoSuchVersion';
    if (gone || (error.kind === 'condition' && (await this.head(key, signal)) === undefined)) {
      return { key, deleted: true };
    }
    const denied = code === 'AccessDenied';
    return {
      key,
      deleted: false,
      error: new StoreError(
        denied ? 'denied' : error.kind,
        code,
        denied ? 403 : 200,
        'DeleteObjects',
        message,
      ),
    };
  }

  /** Whether the key holds what we sent: size and ETag, or under KMS size and our own metadata. */
  async #judge(
    key: ObjectKey,
    expected: {
      readonly etags: readonly ETag[];
      readonly size: number;
      readonly md5: Md5 | undefined;
      /** The metadata was the same before. */
      readonly onlyETag?: boolean;
      /** What was there before: where it has the same bytes, nothing tells it from what was sent but its headers. */
      readonly before?: ETag | undefined;
    },
    signal: AbortSignal,
  ): Promise<Written | undefined> {
    const head = await this.head(key, signal);
    if (head === undefined || head.size !== expected.size || head.etag === expected.before) return undefined;
    const proved =
      expected.etags.includes(head.etag) ||
      // Metadata speaks only where the ETag cannot contradict it (C15).
      (expected.onlyETag !== true &&
        (!etagsProve(head.encryption) || classifyETag(head.etag).kind !== 'md5') &&
        expected.md5 !== undefined &&
        metadataMd5(head.metadata) === expected.md5);
    return proved ? { etag: head.etag, versionId: undefined, encryption: head.encryption } : undefined;
  }

  async #call<T>(
    operation: string,
    signal: AbortSignal,
    attempt: () => Promise<T>,
    { judge, isPaced = true }: { judge?: () => Promise<T | undefined>; isPaced?: boolean } = {},
  ): Promise<T> {
    try {
      return await withRetries({
        operation,
        maxAttempts: this.#options.maxAttempts,
        signal,
        comesBack: (error) => this.#comesBack(error),
        attempt: () =>
          isPaced
            ? this.#pace.run(
                () => this.#attempt(operation, attempt),
                (thrown) => strainOf(toStoreError(operation, thrown)),
              )
            : this.#attempt(operation, attempt),
        ...(judge === undefined ? {} : { judge }),
      });
    } catch (thrown) {
      throw await repeatingNothing(toStoreError(operation, thrown), this.#options.credentials);
    }
  }

  /** What was waited for in vain is not waited for by each request anew. */
  #comesBack({ status }: StoreError): boolean {
    const now = performance.now();
    this.#failingSince ??= now;
    // Whoever says 5xx is there, if only a load balancer.
    return (this.#wasAnswered || status >= 500) && now - this.#failingSince < LONGEST_OUTAGE_MS;
  }

  /** Once more where nothing but the clock was wrong. */
  async #attempt<T>(operation: string, attempt: () => Promise<T>): Promise<T> {
    this.#count(operation);
    try {
      const answer = await attempt();
      this.#wasAnswered = true;
      this.#failingSince = undefined;
      return answer;
    } catch (thrown) {
      if (!refusedForClock(thrown)) throw thrown;
    }
    this.#count(operation);
    return attempt();
  }

  #count(operation: string): void {
    this.#requests.set(operation, (this.#requests.get(operation) ?? 0) + 1);
  }

  /** What every write carries, and what was decided for this object, which goes before; not its metadata. */
  #decided(headers: ObjectHeaders): ObjectInput {
    const { contentType, fields } = headers;
    const known = fields === undefined ? undefined : this.#inputs.get(fields);
    if (known?.ContentType === contentType) return known;
    const made = this.#decide(headers);
    if (fields !== undefined) this.#inputs.set(fields, made);
    return made;
  }

  #decide({ contentType, fields: decided }: ObjectHeaders): ObjectInput {
    const { sse, kmsKeyId, storageClass: asked, acl: askedAcl } = this.#options.writeHeaders;
    const fields = decided ?? {};
    // Our own objects (index, journal, lock) are read by the next run, and what is archived cannot be read.
    const isOwn = decided === undefined;
    const storageClass = isOwn && ARCHIVED_CLASSES.has(asked ?? '') ? undefined : asked;
    // They name paths of this machine, for nobody but the bucket's owner: policies of other accounts' buckets demand that one.
    const acl = isOwn && askedAcl !== 'bucket-owner-full-control' ? undefined : askedAcl;
    const given = {
      ServerSideEncryption: sse as ServerSideEncryption | undefined,
      SSEKMSKeyId: kmsKeyId,
      StorageClass: (fields['x-amz-storage-class'] ?? storageClass) as StorageClass | undefined,
      ACL: (fields['x-amz-acl'] ?? acl) as ObjectCannedACL | undefined,
      CacheControl: fields['cache-control'],
      ContentDisposition: fields['content-disposition'],
      ContentEncoding: fields['content-encoding'],
      ContentLanguage: fields['content-language'],
      Expires: fields.expires === undefined ? undefined : new Date(fields.expires),
      Tagging: fields['x-amz-tagging'],
      WebsiteRedirectLocation: fields['x-amz-website-redirect-location'],
    };
    const set = Object.entries(given).filter(([, value]) => value !== undefined);
    return { ...(Object.fromEntries(set) as ObjectInput), ContentType: contentType };
  }

  /** STANDARD is what an absent header means, and what some servers take in no other way. */
  #keptClass(kept: string | undefined, { fields }: ObjectHeaders): { StorageClass?: StorageClass } {
    const asked = fields?.['x-amz-storage-class'] ?? this.#options.writeHeaders.storageClass;
    const implied = kept === 'STANDARD' && asked === undefined;
    return kept === undefined || implied ? {} : { StorageClass: kept as StorageClass };
  }

  #copySource(source: SourceObject): {
    CopySource: string;
    CopySourceIfMatch: string;
    ExpectedSourceBucketOwner?: string;
    RequestPayer?: 'requester';
  } {
    const path = /^[\w./-]*$/.test(source.key)
      ? source.key
      : source.key.split('/').map(encodeURIComponent).join('/');
    const bucket = source.bucket?.name ?? this.#options.bucket;
    const owner =
      source.bucket === undefined ? this.#options.expectedBucketOwner : source.bucket.expectedOwner;
    return {
      // An access point's ARN has the key behind `/object/`.
      CopySource: `${bucket}${bucket.startsWith('arn:') ? '/object' : ''}/${path}`,
      CopySourceIfMatch: `"${source.etag}"`,
      ...(owner === undefined ? {} : { ExpectedSourceBucketOwner: owner }),
      ...(source.bucket?.requesterPays === true ? { RequestPayer: 'requester' as const } : {}),
    };
  }
}

/** Servers without ACLs answer so, and buckets that have them switched off. */
function hasNoAcls(error: StoreError): boolean {
  return error.status === 501 || error.code === 'NotImplemented' || error.code === 'NoSuchKey';
}

function strainOf({ kind }: StoreError): Strain {
  switch (kind) {
    case 'throttled':
      return 'throttled';
    case 'network':
    case 'server':
      return 'strained';
    default:
      return undefined;
  }
}

/** A body as if it came piece by piece. */
async function* piecesOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** What is wanted has another size than was listed, by far. */
function tooLarge({ said }: TooLongError, size: number): StoreError {
  const told = `${said ?? 'too many'} bytes arrived in place of ${size}`;
  return new StoreError('rejected', 'TooLarge', 200, 'GetObject', told);
}

/** A server that knows no ranges answers the whole. */
function wrongSize(said: number | undefined, size: number): Error {
  return new Error(`a body of ${said ?? 'too many'} bytes in place of ${size}`);
}

/** Of an answer without a length, which is what its bytes are counted against where it has one. */
function unsaidSize(bytes: number, size: number): Error {
  return new Error(
    `a body of ${bytes} bytes and no Content-Length in place of ${size}: it was cut short, or a proxy encodes it anew`,
  );
}

/** An object that is gone is not the one that was asked for. */
function gone(thrown: unknown): never {
  const error = toStoreError('GetObject', thrown);
  if (error.status !== 404 || error.code === 'NoSuchBucket') throw error;
  throw new StoreError('condition', error.code, 404, 'GetObject', 'the object is gone', { cause: thrown });
}

function etagBefore(condition: Condition | undefined): ETag | undefined {
  return condition !== undefined && 'ifMatch' in condition ? condition.ifMatch : undefined;
}

function conditionOf(condition: Condition | undefined): { IfMatch?: string; IfNoneMatch?: string } {
  if (condition === undefined) return {};
  return 'ifMatch' in condition ? { IfMatch: `"${condition.ifMatch}"` } : { IfNoneMatch: '*' };
}

function written(operation: string, answer: WriteAnswer): Written {
  return {
    etag: etagOf(operation, answer.ETag),
    versionId: answer.VersionId === undefined ? undefined : detached(answer.VersionId),
    encryption: answer.ServerSideEncryption,
  };
}

function etagOf(operation: string, text: string | undefined): ETag {
  const etag = parseETag(text);
  if (etag === undefined)
    throw new StoreError('server', 'NoETag', 200, operation, `${operation} answered without an ETag`);
  return detached(etag) as ETag;
}

/** Of a success that is not S3's. It may have taken effect: it is a lost answer (C14). */
function unreadable(operation: string, how: string): StoreError {
  return new StoreError('server', 'InvalidAnswer', 200, operation, `${operation} answered ${how}`);
}

/**
 * The engine keeps what is listed to the end of the run, and V8 makes a piece of a string a view of the whole: without
 * copies every page would be kept.
 */
function detached(text: string): string {
  return Buffer.from(text).toString();
}

/** One text for the class that nearly all objects have, in place of one for each. */
function classOf(text: string | undefined): string {
  return text === undefined || text === 'STANDARD' ? 'STANDARD' : detached(text);
}

/** Listings are asked for URL-encoded, since XML cannot carry every key; a space arrives as `+`. */
function decodeListedKey(text: string): string {
  // Most keys are spelled as they are.
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', '%20'));
  } catch (cause) {
    throw listingError(`the key ${JSON.stringify(text)}, which is not URL-encoded UTF-8`, cause);
  }
}

/**
 * Throws where the answer is not S3's, as a login page is not: what it says of the object nobody knows, and least of all
 * that there is none.
 *
 * @param unsaid the size where the answer does not say it
 */
function headOf(operation: string, answer: HeadAnswer, unsaid?: number): ObjectHead {
  const etag = etagOf(operation, answer.ETag);
  const size = answer.ContentLength ?? unsaid;
  if (size === undefined) throw unreadable(operation, 'without a Content-Length');
  return {
    size,
    etag,
    encryption:
      answer.SSECustomerAlgorithm === undefined ? answer.ServerSideEncryption : ('customer' as const),
    storageClass: answer.StorageClass ?? 'STANDARD',
    contentType: answer.ContentType,
    metadata: new Map(Object.entries(answer.Metadata ?? {}).map(([n, v]) => [n.toLowerCase(), v])),
    fields: fieldsOf(answer),
  };
}

/** Of an answer, what a rule can have decided. */
function fieldsOf(answer: HeadAnswer): HeaderSet {
  const { SSEKMSKeyId, ServerSideEncryption, StorageClass } = answer;
  const said = {
    'cache-control': answer.CacheControl,
    'content-disposition': answer.ContentDisposition,
    'content-encoding': answer.ContentEncoding,
    'content-language': answer.ContentLanguage,
    'content-type': answer.ContentType,
    expires: answer.ExpiresString,
    'x-amz-server-side-encryption': ServerSideEncryption,
    'x-amz-server-side-encryption-aws-kms-key-id': SSEKMSKeyId,
    'x-amz-storage-class': StorageClass,
    'x-amz-website-redirect-location': answer.WebsiteRedirectLocation,
  };
  const set = Object.entries(said).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(set) as HeaderSet;
}

/** Whether an answer says that it is the range that was asked for; one that is all of an object needs not say so. */
function isRangeOf(said: string | undefined, { first, last }: ByteRange, size: number): boolean {
  if (said === undefined) return first === 0 && last === size - 1;
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(said.trim());
  if (match === null) return false;
  const [, from, to, of] = match;
  return Number(from) === first && Number(to) === last && (of === '*' || Number(of) === size);
}

/** What an answer to a batch says of one key. */
type KeyError = NonNullable<DeleteBatchAnswer['Errors']>[number];

/** An error of a key that may heal; `undefined`: it will not. */
function passingError({ Code: code = '', Message: message = '' }: KeyError): StoreError | undefined {
  // The status of the whole says nothing of a key: its code alone does.
  const thrown = Object.assign(new Error(message), { name: code, $metadata: { httpStatusCode: 400 } });
  const { kind } = toStoreError('DeleteObjects', thrown);
  return heals({ kind }) ? new StoreError(kind, code, 200, 'DeleteObjects', message) : undefined;
}

function notDeleted(key: ObjectKey, code: string, message: string): DeleteAnswer {
  return { key, deleted: false, error: new StoreError('rejected', code, 200, 'DeleteObjects', message) };
}
