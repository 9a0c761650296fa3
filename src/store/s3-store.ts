import type { ETag } from '../model/digest.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import type { ListedObject } from '../model/objects.js';
import { Copies } from './copies.js';
import { Deletes } from './deletes.js';
import { Lists } from './lists.js';
import { Multipart } from './multipart.js';
import { ObjectInputs } from './object-inputs.js';
import type {
  CompleteRequest,
  CompositeETags,
  CopyRequest,
  CreateRequest,
  DeleteAnswer,
  DeleteRequest,
  KeyHints,
  ListedPart,
  ListedUpload,
  ListedVersion,
  ObjectHead,
  ObjectStore,
  Part,
  PartCopyRequest,
  PartRequest,
  PutRequest,
  StoredBody,
  Upload,
  Wanted,
  WholeBody,
  Written,
} from './object-store.js';
import { isDirectoryBucket } from './providers.js';
import { Reads } from './reads.js';
import { Requests, type S3StoreOptions } from './requests.js';
import { Writes } from './writes.js';

/**
 * S3 behind the engine's store: what is judged, retried and done for a provider's sake, whichever way its requests go.
 * The SDK's own retries are off: ours know of lost answers (C14).
 */
export class S3Store implements ObjectStore {
  readonly #requests: Requests;
  readonly #lists: Lists;
  readonly #reads: Reads;
  readonly #writes: Writes;
  readonly #multipart: Multipart;
  readonly #copies: Copies;
  readonly #deletes: Deletes;
  readonly #bytesMoved: () => number;
  readonly #clockOffset: () => number;

  constructor(options: S3StoreOptions) {
    const requests = new Requests(options);
    const inputs = new ObjectInputs(options.writeHeaders);
    this.#requests = requests;
    this.#lists = new Lists(requests, options.inFlight.first);
    this.#reads = new Reads(requests, this.#lists);
    this.#writes = new Writes(requests, inputs);
    this.#multipart = new Multipart(requests, inputs, this.#writes);
    this.#copies = new Copies(requests, inputs, this.#writes, this.#multipart);
    this.#deletes = new Deletes(requests);
    this.#bytesMoved = options.bytesMoved;
    this.#clockOffset = options.clockOffset;
  }

  get maxCopySize(): number {
    return this.#requests.provider().maxCopySize;
  }

  get provider(): string {
    return this.#requests.provider().name;
  }

  get canTag(): boolean {
    return this.#requests.provider().taggingDirective;
  }

  get mergesHeaders(): boolean {
    return this.#requests.provider().mergesHeaders;
  }

  get uploadsByKey(): boolean {
    return this.#requests.provider().uploadsByKey;
  }

  get datesRefreshes(): boolean {
    return this.#requests.provider().datesRefreshes;
  }

  get storageClasses(): boolean {
    return this.#requests.provider().storageClasses;
  }

  get redirects(): 'kept' | 'dropped' | 'unknown' {
    return this.#requests.provider().redirects;
  }

  get keysAreFiles(): boolean {
    return this.#requests.provider().keysAreFiles;
  }

  get compositeETags(): CompositeETags {
    // In directory buckets ETags say nothing of bytes.
    if (isDirectoryBucket(this.#requests.every.Bucket)) return 'unknown';
    return this.#requests.provider().compositeETags;
  }

  get keysBlock(): boolean {
    return this.#requests.provider().keysBlock;
  }

  get otherNames(): RegExp | undefined {
    return this.#requests.provider().otherNames;
  }

  get markersHaveBytes(): boolean {
    return this.#requests.provider().markersHaveBytes;
  }

  get canStageNested(): boolean {
    return !this.#requests.provider().directoriesAreKeys;
  }

  get copiesRanges(): boolean {
    const { staging, partCopyProof, partSizes } = this.#requests.provider();
    return staging && partCopyProof === 'etag' && partSizes === 'any';
  }

  get canStage(): boolean {
    return this.#requests.provider().staging;
  }

  get unlisted(): ReadonlySet<string> {
    return this.#lists.unlisted;
  }

  get inFlight(): number {
    return this.#requests.inFlight;
  }

  get clockOffset(): number {
    return this.#clockOffset();
  }

  get mayHaveChanged(): boolean {
    return this.#requests.mayHaveChanged;
  }

  requests(): Readonly<Record<string, number>> {
    return this.#requests.counts();
  }

  bytesMoved(): number {
    return this.#bytesMoved();
  }

  list(prefix: Prefix, signal: AbortSignal, hints?: KeyHints): AsyncGenerator<readonly ListedObject[]> {
    return this.#lists.list(prefix, signal, hints);
  }

  listUploads(prefix: Prefix | ObjectKey, signal: AbortSignal): AsyncGenerator<readonly ListedUpload[]> {
    return this.#lists.listUploads(prefix, signal);
  }

  listParts(upload: Upload, signal: AbortSignal): Promise<readonly ListedPart[]> {
    return this.#lists.listParts(upload, signal);
  }

  head(key: ObjectKey, signal: AbortSignal): Promise<ObjectHead | undefined> {
    return this.#requests.head(key, signal);
  }

  hasAcl(key: ObjectKey, signal: AbortSignal): Promise<boolean> {
    return this.#reads.hasAcl(key, signal);
  }

  read(key: ObjectKey, maxBytes: number, signal: AbortSignal): Promise<StoredBody | undefined> {
    return this.#reads.read(key, maxBytes, signal);
  }

  get(
    object: ListedVersion,
    consume: (body: AsyncIterable<Uint8Array>) => Promise<void>,
    signal: AbortSignal,
  ): Promise<ObjectHead> {
    return this.#reads.get(object, consume, signal);
  }

  getWhole(object: ListedVersion, signal: AbortSignal, wanted?: Wanted): Promise<WholeBody> {
    return this.#reads.getWhole(object, signal, wanted);
  }

  partSize(key: ObjectKey, etag: ETag, part: number, signal: AbortSignal): Promise<number | undefined> {
    return this.#reads.partSize(key, etag, part, signal);
  }

  put(request: PutRequest, signal: AbortSignal): Promise<Written> {
    return this.#writes.put(request, signal);
  }

  copy(request: CopyRequest, signal: AbortSignal): Promise<Written> {
    return this.#copies.copy(request, signal);
  }

  createUpload(request: CreateRequest, signal: AbortSignal): Promise<Upload> {
    return this.#multipart.createUpload(request, signal);
  }

  uploadPart(request: PartRequest, signal: AbortSignal): Promise<Part> {
    return this.#multipart.uploadPart(request, signal);
  }

  copyPart(request: PartCopyRequest, signal: AbortSignal): Promise<Part> {
    return this.#multipart.copyPart(request, signal);
  }

  completeUpload(request: CompleteRequest, signal: AbortSignal): Promise<Written> {
    return this.#multipart.completeUpload(request, signal);
  }

  abortUpload(upload: Upload, signal: AbortSignal): Promise<void> {
    return this.#multipart.abortUpload(upload, signal);
  }

  delete(requests: readonly DeleteRequest[], signal: AbortSignal): Promise<readonly DeleteAnswer[]> {
    return this.#deletes.delete(requests, signal);
  }
}
