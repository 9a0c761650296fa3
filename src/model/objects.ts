import type { ETag, Md5 } from './digest.js';
import type { FileColumns } from './file-columns.js';
import type { NameTable } from './name-table.js';
import type { ObjectKey, Prefix } from './object-key.js';

/** What becomes an object, and what decides its headers. */
export interface Stored {
  /** Path below the root, `/`-separated: the key below the prefix. */
  readonly name: string;
  /** The page that this is a further name of, or that it stands for: its type and its rank are that one's, and its rules too unless it is a redirect. */
  readonly page?: string;
  /** Where the object sends readers of a website endpoint; it has no bytes and no file. */
  readonly redirect?: string;
  /** The object holds the file's bytes in this encoding. */
  readonly encoded?: Encoded;
  /** Where the bytes lie, when they are no file of this disk. */
  readonly object?: RemoteObject;
}

/** An object that is published or downloaded, as it was listed. */
export interface RemoteObject {
  readonly key: ObjectKey;
  readonly etag: ETag;
  /** Bytes as they are stored. */
  readonly size: number;
  /** Milliseconds since the epoch; 0 where the server does not say. */
  readonly lastModified: number;
  /** As S3 spells it, where it was listed. */
  readonly storageClass?: string;
}

/** A file that is stored encoded. */
export interface Encoded {
  readonly encoding: Encoding;
  /** The file itself; the bytes that are stored lie elsewhere, or nowhere yet. */
  readonly source: LocalFile;
  /** Of the file itself. */
  readonly md5: Md5;
}

/** As Content-Encoding spells it. */
export type Encoding = 'gzip' | 'br';

/** A regular file of the tree, as one `lstat` (or `stat` through a followed link) showed it. */
export interface LocalFile extends Stored {
  /** Absolute path to open. */
  readonly path: string;
  /** Where `path` led when it was met, links resolved: a later link to elsewhere is another file. */
  readonly real: string;
  /** Bytes. */
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly dev: bigint;
  readonly ino: bigint;
  /** Hard links; above 1 the walk may meet the same (dev, ino) again. */
  readonly nlink: number;
  /** Permission bits and type as `st_mode`. */
  readonly mode: number;
}

/** The object that a file's bytes lie in. Throws where they lie on a disk: a programming error. */
export function objectOf({ name, object }: LocalFile): RemoteObject {
  if (object === undefined) throw new Error(`${name} is no object`);
  return object;
}

/** Whether a file is one of this machine's own: an object is not, wherever its bytes are held while it is sent. */
export function isOnDisk({ path, object }: LocalFile): boolean {
  return path !== '' && object === undefined;
}

/** What a file has that lies on no disk of this machine. */
export const NO_FILE = {
  path: '',
  real: '',
  mtimeNs: 0n,
  ctimeNs: 0n,
  dev: 0n,
  ino: 0n,
  nlink: 1,
  mode: 0,
} as const satisfies Omit<LocalFile, 'name' | 'size'>;

/** Files that may be too many to be held as objects: a `FileTable` makes them each time. */
export interface Files extends Iterable<LocalFile> {
  readonly length: number;
  /** All their names, of a table. */
  readonly names?: NameTable;
  /** Of a table; see `columnsOf`. */
  readonly columns?: FileColumns;
}

/** What ListObjectsV2 says of an object. */
export interface ListedObject {
  readonly key: ObjectKey;
  /** Bytes. */
  readonly size: number;
  readonly etag: ETag;
  /** Milliseconds since the epoch; 0 where the server does not say. */
  readonly lastModified: number;
  /** As S3 spells it; `STANDARD` where the server does not say. */
  readonly storageClass: string;
  /** Where a `copy-from` line found it, when that is another bucket than the destination's. */
  readonly bucket?: SourceBucket;
}

/** What a place holds, by key. A `Listing` makes its objects each time, and has all its keys in one table. */
export interface ListedObjects extends ReadonlyMap<ObjectKey, ListedObject> {
  readonly names?: NameTable;
}

/** A bucket that is only copied from. */
export interface SourceBucket {
  readonly name: string;
  /** Account that must own it. */
  readonly expectedOwner?: string;
  /** Whoever reads it is billed, and must say so. */
  readonly requesterPays?: true;
}

/** A bucket and a key prefix. */
export interface Destination {
  readonly bucket: string;
  readonly prefix: Prefix;
}

/** `s3://bucket/prefix/` for people; keys appear as they are and are escaped by whoever prints them. */
export function destinationUrl(destination: Destination): string {
  return `s3://${destination.bucket}/${destination.prefix}`;
}

/** Storage classes whose bytes cannot be read without a restore: never a copy source. */
export const ARCHIVED_CLASSES: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);
