import type { ETag, Md5 } from '../model/digest.js';
import type { Identity } from '../model/events.js';
import type { HeaderSet, ObjectHeaders } from '../model/headers.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import type { ListedObject, SourceBucket } from '../model/objects.js';
import type { Condition } from '../model/plan.js';
import { withoutSecrets } from '../model/secrets.js';

/** Keys that may be under a prefix. */
export interface KeyHints {
  /** In any order. Called more than once. */
  readonly keys: () => Iterable<string>;
  /** Whether these are there and no others, but for what somebody else wrote a moment ago. */
  readonly areAll: boolean;
}

/**
 * Which multipart ETags, of objects that no key encrypts, are made of the parts' MD5s: all, all but those of objects with
 * copied parts, or nobody knows.
 */
export type CompositeETags = 'all' | 'uncopied' | 'unknown';

/**
 * The S3 calls that the engine makes, and no more. One object is one bucket.
 * Every method rejects with `StoreError` alone. Implementations retry what heals (5xx, SlowDown, resets) and
 * judge by HEAD an answer that was lost (C14).
 */
export interface ReadableStore {
  /** Requests that it makes at a time; more of them wait. It changes while they are answered. */
  readonly inFlight: number;
  /**
   * All objects under the prefix, page by page, in whatever order; a key may come twice.
   * @param hints where the server can, a long listing is cut into ranges between them
   */
  list(prefix: Prefix, signal: AbortSignal, hints?: KeyHints): AsyncIterable<readonly ListedObject[]>;
  /**
   * Keys, and directories with a slash behind them, that were listed with U+FFFD in place of what the server cannot spell:
   * nobody knows what they are, and there is nothing under the names that they were given, or something else.
   */
  readonly unlisted: ReadonlySet<string>;
  /** `undefined`: there is no such key, and S3 said so. */
  head(key: ObjectKey, signal: AbortSignal): Promise<ObjectHead | undefined>;
  /** Whether the object has an ACL beyond its owner's own rights; buckets without ACLs say no. */
  hasAcl(key: ObjectKey, signal: AbortSignal): Promise<boolean>;
  /** The whole body of a small object, for the index alone. `undefined`: there is no such key. */
  read(key: ObjectKey, maxBytes: number, signal: AbortSignal): Promise<StoredBody | undefined>;
  /**
   * Reads a body piece by piece, bound to its ETag; rejects with `condition` where it changed or is gone. `consume` is
   * called anew for each attempt; what it rejects with is retried like any failure of the body.
   */
  get(
    object: ListedVersion,
    consume: (body: AsyncIterable<Uint8Array>) => Promise<void>,
    signal: AbortSignal,
  ): Promise<ObjectHead>;
  /**
   * A body or a range of it as one piece of memory, bound to its ETag; rejects with `condition` where it changed or is
   * gone. A range has the size that was asked for; that of a whole body may be another one than was listed.
   */
  getWhole(object: ListedVersion, signal: AbortSignal, wanted?: Wanted): Promise<WholeBody>;
  /** The size of a part of a multipart object, the first is 1, in bytes; `undefined`: S3 does not say. */
  partSize(key: ObjectKey, etag: ETag, part: number, signal: AbortSignal): Promise<number | undefined>;
  readonly compositeETags: CompositeETags;
  /** Whether a prefix finds uploads only where it is their whole key. */
  readonly uploadsByKey: boolean;
  /** Multipart uploads under the prefix that are not ended, page by page. */
  listUploads(prefix: Prefix | ObjectKey, signal: AbortSignal): AsyncIterable<readonly ListedUpload[]>;
  /** The parts that an upload has. Rejects with `no-upload`. */
  listParts(upload: Upload, signal: AbortSignal): Promise<readonly ListedPart[]>;
  /** Requests sent so far, retries included, by S3 operation. */
  requests(): Readonly<Record<string, number>>;
  /** A number that changes while a server answers, or takes more of a body: see `Flow`. */
  bytesMoved(): number;
}

export interface ObjectStore extends ReadableStore {
  /** How far its clock is ahead of this machine's, as far as answers say. Milliseconds. */
  readonly clockOffset: number;
  /** Name of the provider, for messages. */
  readonly provider: string;
  /**
   * Whether this run wrote an object, or may have written or deleted one by a request whose answer said nothing. Those of
   * our own directory do not count.
   */
  readonly mayHaveChanged: boolean;
  /** Whether objects of any size can be staged in uploads; `false` is known, `true` may turn out wrong. */
  readonly canStage: boolean;
  /** Whether that goes for keys that others lie below, as `a` beside `a/b`. */
  readonly canStageNested: boolean;
  /** Whether objects can have tags. */
  readonly canTag: boolean;
  /** Whether a copy of an object onto itself leaves the headers that it does not name. */
  readonly mergesHeaders: boolean;
  /** Whether such a copy changes Last-Modified; where not, nothing in a listing shows that headers were renewed. */
  readonly datesRefreshes: boolean;
  /** Whether an object is kept in the storage class that was asked for, and listed in it. */
  readonly storageClasses: boolean;
  /** What becomes of `x-amz-website-redirect-location`. */
  readonly redirects: 'kept' | 'dropped' | 'unknown';
  /** Whether no key can lie below another one, as `a/b` below `a`. */
  readonly keysAreFiles: boolean;
  /** Whether it refuses a key below one that is there, or one that others lie below, even for the time of a run. */
  readonly keysBlock: boolean;
  /**
   * What in a key makes it another one's name, or may: `a//b` of `a/b`, where a server takes keys for paths. `undefined`: each
   * is kept as it is spelled. Global, and each match is what makes it so.
   */
  readonly otherNames: RegExp | undefined;
  /** Whether a key that ends at a slash can have bytes. */
  readonly markersHaveBytes: boolean;
  /** Largest source of one CopyObject or UploadPartCopy. Bytes. */
  readonly maxCopySize: number;
  /**
   * Whether ranges of an object can be parts of an upload, of any sizes and each proved by its ETag; `false` is known,
   * `true` may turn out wrong.
   */
  readonly copiesRanges: boolean;
  put(request: PutRequest, signal: AbortSignal): Promise<Written>;
  copy(request: CopyRequest, signal: AbortSignal): Promise<Written>;
  createUpload(request: CreateRequest, signal: AbortSignal): Promise<Upload>;
  uploadPart(request: PartRequest, signal: AbortSignal): Promise<Part>;
  copyPart(request: PartCopyRequest, signal: AbortSignal): Promise<Part>;
  completeUpload(request: CompleteRequest, signal: AbortSignal): Promise<Written>;
  /** Ends an upload that will not be completed. Never rejects for an upload that is already gone. */
  abortUpload(upload: Upload, signal: AbortSignal): Promise<void>;
  /** At most 1,000 keys; one answer per key, in the order given. */
  delete(requests: readonly DeleteRequest[], signal: AbortSignal): Promise<readonly DeleteAnswer[]>;
}

/** First and last byte, both inside the object. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

export interface ListedUpload {
  readonly key: ObjectKey;
  readonly id: string;
  /** Milliseconds since the epoch; 0 where the server does not say. */
  readonly begun: number;
}

export interface ListedPart extends Part {
  /** Bytes. */
  readonly size: number;
}

/** An object as a listing tells of it. */
export type ListedVersion = Pick<ListedObject, 'key' | 'etag' | 'size'>;

/** What of a body is asked for. */
export interface Wanted {
  readonly range?: ByteRange;
  /** Where the bytes may come to lie, if they fit: nobody else uses it until the request ends. */
  readonly room?: Buffer;
}

export interface WholeBody {
  /** Its `size` is that of the bytes. */
  readonly head: ObjectHead;
  readonly bytes: Buffer;
}

export interface StoredBody {
  readonly bytes: Buffer;
  readonly etag: ETag;
}

export interface ObjectHead {
  readonly size: number;
  readonly etag: ETag;
  /** `AES256`, `aws:kms`, ... ; `customer` for a customer's key; absent: none said. */
  readonly encryption: string | undefined;
  readonly storageClass: string;
  readonly contentType: string | undefined;
  /** User metadata, names in lower case without `x-amz-meta-`. */
  readonly metadata: ReadonlyMap<string, string>;
  /** What S3 answers to readers besides, and the redirect: names in lower case. */
  readonly fields: HeaderSet;
}

export interface ObjectHeadersFor {
  readonly key: ObjectKey;
  readonly headers: ObjectHeaders;
}

export interface PutRequest extends ObjectHeadersFor {
  readonly body: Buffer;
  /** Sent as Content-MD5: S3 refuses a body that is not this. */
  readonly md5: Md5;
  /** Absent for our own objects alone (the index). */
  readonly condition?: Condition;
}

/** What is copied from, bound to the ETag that vouched for it. */
export interface SourceObject {
  readonly key: ObjectKey;
  readonly etag: ETag;
  /** Bytes. */
  readonly size: number;
  /** Absent: in this bucket. */
  readonly bucket?: SourceBucket;
}

export interface CopyRequest extends ObjectHeadersFor {
  readonly source: SourceObject;
  /** MD5 of the content, to judge a lost answer; `undefined`: nobody knows it. */
  readonly md5: Md5 | undefined;
  readonly condition: Condition;
  /** Set where the object is copied onto itself: its tags stay. */
  readonly refresh?: {
    /** In place of the one that every write carries; absent: that one. */
    readonly storageClass?: string;
  };
  /** Told of the multipart upload that the copy is made by, where it is. */
  readonly uploads?: CopyUploads;
}

export interface CopyUploads {
  /** Waited for before the first part. */
  begun(upload: Upload, headers: ObjectHeaders): Promise<void>;
  ended(upload: Upload): void;
}

export interface CreateRequest extends ObjectHeadersFor {
  /** Declare that Complete will name the CRC32 of the whole object. */
  readonly wholeCrc32?: true;
}

export interface Upload {
  readonly key: ObjectKey;
  readonly id: string;
  /** What the answer said, as in `ObjectHead`. */
  readonly encryption: string | undefined;
}

export interface PartRequest {
  readonly upload: Upload;
  /** From 1. */
  readonly number: number;
  readonly body: Buffer;
  readonly md5: Md5;
}

export interface PartCopyRequest {
  readonly upload: Upload;
  readonly number: number;
  readonly source: SourceObject;
  /** Absent: the whole source. */
  readonly range?: ByteRange;
}

export interface Part {
  readonly number: number;
  readonly etag: ETag;
  /**
   * The ETag says nothing of the bytes on this server; they are the whole source's, bound by its ETag. Of a copied
   * part alone.
   */
  readonly boundBySource?: true;
}

export interface CompleteRequest {
  readonly upload: Upload;
  readonly parts: readonly Part[];
  /** The ETag that the object will have, to judge a lost answer; `undefined` where parts prove nothing. */
  readonly expected: {
    readonly etag: ETag | undefined;
    readonly size: number;
    /** `undefined`: nothing but the ETag is known of the content. */
    readonly md5: Md5 | undefined;
  };
  /** Of the whole object, base64, where Create declared it: S3 refuses other bytes. */
  readonly crc32?: string;
  readonly condition: Condition;
}

export interface Written {
  readonly etag: ETag;
  readonly versionId: string | undefined;
  /** As in `ObjectHead`: under KMS or a customer's key the ETag proves nothing. */
  readonly encryption: string | undefined;
}

export interface DeleteRequest {
  readonly key: ObjectKey;
  readonly etag: ETag;
}

export type DeleteAnswer =
  | { readonly key: ObjectKey; readonly deleted: true }
  | { readonly key: ObjectKey; readonly deleted: false; readonly error: StoreError };

/**
 * What an S3 answer means to the engine.
 *
 * - `condition`: 412 or 409, the key is not as the listing showed it
 * - `source`: the source of a copy is gone or changed (412, 404)
 * - `digest`: the bytes are not those of Content-MD5
 * - `no-upload`: the multipart upload is gone
 * - `fatal`: no call of this run can succeed (expired or wrong credentials, no such bucket)
 */
export type StoreErrorKind =
  | 'condition'
  | 'source'
  | 'digest'
  | 'no-upload'
  | 'denied'
  | 'fatal'
  | 'throttled'
  | 'server'
  | 'network'
  | 'rejected'
  | 'aborted';

export class StoreError extends Error {
  override readonly name = 'StoreError';
  constructor(
    readonly kind: StoreErrorKind,
    /** S3's code, as `PreconditionFailed`; or Node's, as `ECONNRESET`. */
    readonly code: string,
    /** HTTP status, 0 without an answer. */
    readonly status: number,
    /** S3 operation, as `PutObject`: also the IAM action that a denied call lacks. */
    readonly operation: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(withoutSecrets(message), options);
  }
}

/** "Network Authentication Required" (RFC 6585): a network's own answer in place of S3's, until somebody has logged in. */
export const LOGIN_REQUIRED = 511;

/** S3 gives every refusal a code; what has none is of a proxy, a web page, another service. HEAD has no body at all. */
export function isOfS3({ operation, status, message }: StoreError): boolean {
  return operation.startsWith('Head') || message !== `HTTP ${status}`;
}

/** Whether whoever asks has not the right to. */
export function isDenied(error: unknown): error is StoreError {
  return error instanceof StoreError && error.kind === 'denied';
}

/** Whether S3 will not say what was asked, to whoever asks or at all: what it would have said is not known. */
export function isDeniedOrRejected(error: unknown): error is StoreError {
  return error instanceof StoreError && (error.kind === 'denied' || error.kind === 'rejected');
}

/** What S3 does not say is unknown. Throws what is no refusal. */
export function unlessRefused(error: unknown): undefined {
  if (!isDeniedOrRejected(error)) throw error;
  return undefined;
}

/** Of a `network`: an answer began, and could not be read to its end. */
export const UNFINISHED = 'UnfinishedAnswer';

/** Of a `condition` that was found after this run's own write, which nothing could bind to one. */
export const CHANGED_AFTER_WRITE = 'ChangedAfterWrite';

/** Of a `digest`: a part was sent as it was digested, and its ETag is another MD5. */
export const BAD_PART_ETAG = 'BadPartETag';

/** A copy of which nothing proves that it holds what it should: it is none, and the bytes are sent. */
export class UnprovedCopyError extends StoreError {
  /** @param why goes on after "as" */
  constructor(why: string) {
    super('digest', 'UnprovedCopy', 200, 'UploadPartCopy', why);
  }
}

/** A write that was to be encrypted failed, as each does where a server has no key to do it by. */
export class MayLackKeyError extends StoreError {
  constructor({ kind, code, status, operation, message, cause }: StoreError) {
    super(kind, code, status, operation, message, { cause });
  }
}

/** Whether an ETag can be an MD5 at all under this encryption: not under KMS, nor with a customer's key. */
export function etagsProve(encryption: string | undefined): boolean {
  return encryption === undefined || encryption === 'AES256';
}

/** A CDN's distribution, as far as it can be told to forget. Both calls reject with `StoreError`, and try once. */
export interface Invalidator {
  /** Its id. */
  readonly distribution: string;
  /** The same reference and paths again are the same invalidation. */
  create(paths: readonly string[], reference: string, signal: AbortSignal): Promise<{ readonly id: string }>;
  isDone(id: string, signal: AbortSignal): Promise<boolean>;
}

/** A destination that was reached: its store, and who we are there. */
export interface OpenedStore {
  readonly store: ObjectStore;
  /** Asks for the account where there are accounts; a bucket that is only read need not wait for that. */
  readonly whose: () => Promise<Identity>;
  readonly region: string;
  /** Custom endpoint, without credentials; absent: AWS itself. */
  readonly endpoint: string | undefined;
  /** Lets go of its connections, when nothing more is asked. */
  readonly close: () => void;
}
