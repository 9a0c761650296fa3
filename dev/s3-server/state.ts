import { createHash } from 'node:crypto';
import type { Content } from './content.js';
import { type KeyOrder, SortedKeys } from './sorted-keys.js';

export interface Encryption {
  readonly algorithm: 'AES256' | 'aws:kms' | 'aws:kms:dsse';
  readonly keyId?: string;
  /** The MD5 of a customer's key (SSE-C): whoever reads must send the key again. */
  readonly customerKeyMd5?: string;
}

export interface Checksum {
  /** In upper case, as in `x-amz-checksum-algorithm`. */
  readonly algorithm: string;
  readonly type: 'FULL_OBJECT' | 'COMPOSITE';
  readonly value: string | undefined;
}

/** Everything about an object but its key, content and time: what a PUT, a copy or a Create decides. */
export interface Attributes {
  /** Lower-case names: content-type, cache-control, x-amz-meta-*, x-amz-storage-class and so on. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tags: ReadonlyMap<string, string>;
  readonly encryption: Encryption | undefined;
  readonly acl: string | undefined;
}

export interface StoredObject extends Attributes {
  readonly key: string;
  readonly content: Content;
  /** Without quotes. */
  readonly etag: string;
  readonly lastModified: Date;
  readonly checksum: Checksum | undefined;
  /** The sizes of the parts of a multipart object. */
  readonly parts: readonly number[] | undefined;
  /** A restored object of an archive class can be read and copied again. */
  readonly isRestored: boolean;
}

export interface Part {
  readonly number: number;
  readonly content: Content;
  /** Without quotes. */
  readonly etag: string;
  readonly lastModified: Date;
  /** In the algorithm that the upload was declared with. */
  readonly checksum: Checksum | undefined;
}

export interface Upload extends Attributes {
  readonly id: string;
  readonly key: string;
  readonly initiated: Date;
  readonly checksum: Checksum | undefined;
  readonly parts: Map<number, Part>;
  /** The key was written or deleted since this upload was created. */
  isOvertaken: boolean;
}

/** A completed upload, remembered so that a retried Complete gets the answer again. */
export interface CompletedUpload {
  readonly key: string;
  readonly etag: string;
}

export interface BucketOptions {
  readonly region?: string;
  /** Used where a request names none. */
  readonly encryption?: Encryption;
  /**
   * Off since April 2023: an ACL other than bucket-owner-full-control answers AccessControlListNotSupported. On is
   * ObjectWriter with Block Public Access switched off, which would refuse a public ACL with AccessDenied.
   */
  readonly allowsAcls?: boolean;
  /** A bucket policy that demands conditional writes: without a destination condition, 403. */
  readonly demandsConditions?: boolean;
}

export class Bucket {
  readonly name: string;
  readonly options: BucketOptions;
  readonly created: Date;
  readonly objects = new Map<string, StoredObject>();
  /** The keys of the objects, and where directories stay listed those of directories without an object. */
  readonly keys: SortedKeys;
  readonly #uploads = new Map<string, Upload>();
  /** The open uploads of a key, so that a write of one key need not look at the uploads of all. */
  readonly #uploadsOfKey = new Map<string, Set<Upload>>();
  readonly completed = new Map<string, CompletedUpload>();

  readonly #keepsDirectories: boolean;

  constructor(
    name: string,
    options: BucketOptions,
    order: KeyOrder,
    created: Date,
    keepsDirectories: boolean,
  ) {
    this.name = name;
    this.options = options;
    this.created = created;
    this.keys = new SortedKeys(order);
    this.#keepsDirectories = keepsDirectories;
  }

  put(object: StoredObject): void {
    if (!this.objects.has(object.key)) this.keys.add(object.key);
    this.objects.set(object.key, object);
    this.#overtake(object.key);
  }

  delete(key: string): void {
    if (!this.objects.delete(key)) return;
    this.keys.delete(key);
    const directory = key.slice(0, key.lastIndexOf('/', key.length - 2) + 1);
    if (this.#keepsDirectories && directory !== '') this.keys.add(directory);
    this.#overtake(key);
  }

  get uploads(): ReadonlyMap<string, Upload> {
    return this.#uploads;
  }

  addUpload(upload: Upload): void {
    this.#uploads.set(upload.id, upload);
    const siblings = this.#uploadsOfKey.get(upload.key);
    if (siblings === undefined) this.#uploadsOfKey.set(upload.key, new Set([upload]));
    else siblings.add(upload);
  }

  removeUpload(upload: Upload): void {
    this.#uploads.delete(upload.id);
    const siblings = this.#uploadsOfKey.get(upload.key);
    siblings?.delete(upload);
    if (siblings?.size === 0) this.#uploadsOfKey.delete(upload.key);
  }

  #overtake(key: string): void {
    for (const upload of this.#uploadsOfKey.get(key) ?? []) upload.isOvertaken = true;
  }
}

/** 32 hex digits that are no MD5 of the content: what SSE-KMS and SSE-C make of an ETag. */
export function opaqueEtag(seed: string): string {
  return createHash('md5').update(`opaque ${seed}`).digest('hex');
}

export function multipartEtag(parts: readonly Part[]): string {
  const hash = createHash('md5');
  for (const { etag } of parts) hash.update(Buffer.from(etag, 'hex'));
  return `${hash.digest('hex')}-${parts.length}`;
}
