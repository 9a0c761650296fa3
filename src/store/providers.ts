import { MAX_COPY_SIZE } from '../model/part-sizes.js';
import type { CompositeETags } from './object-store.js';

/**
 * What a provider does otherwise than AWS. Every quirk that the store knows stands here, with its source;
 * nothing else in the code asks who the provider is.
 */
export interface Provider {
  readonly name: string;
  /** Takes `x-amz-tagging-directive` on a copy. */
  readonly taggingDirective: boolean;
  /** Takes `x-amz-object-annotation-directive` on a copy. */
  readonly annotationDirective: boolean;
  /** Has AWS accounts behind its credentials, so that STS can name them. */
  readonly accounts: boolean;
  /**
   * What becomes of a condition on the destination of CopyObject. `none`: ignored, and there is no other way to copy
   * under a condition either.
   */
  readonly copyConditions: 'honoured' | 'ignored' | 'none' | 'unknown';
  /** Which deletes heed the ETag that they carry: DeleteObjects, DeleteObject alone, or none. */
  readonly deleteConditions: 'batch' | 'single' | 'none';
  /** Whether a copy of an object onto itself leaves the headers that it does not name. */
  readonly mergesHeaders: boolean;
  /** Whether ListMultipartUploads finds uploads only where its prefix is their whole key. */
  readonly uploadsByKey: boolean;
  /** Whether such a copy changes Last-Modified; where not, nothing in a listing shows that headers were renewed. */
  readonly datesRefreshes: boolean;
  /** Whether an object is kept in the storage class that was asked for, and listed in it. */
  readonly storageClasses: boolean;
  /** What becomes of `x-amz-website-redirect-location`. */
  readonly redirects: 'kept' | 'dropped' | 'unknown';
  /** What proves the bytes of a part that was copied: its ETag, or only that a whole source was bound by its own. */
  readonly partCopyProof: 'etag' | 'source';
  /** Sizes that the parts of one upload may have, but for the last and down to 5 MiB: any, or all the same. */
  readonly partSizes: 'any' | 'equal';
  /** One of these that a file's parts do not make is another content's. */
  readonly compositeETags: CompositeETags;
  /** Takes multipart uploads of one part of any size, and part copies. */
  readonly staging: boolean;
  /** Whether ListMultipartUploads encodes the keys that it says it encodes. */
  readonly uploadKeys: 'encoded' | 'raw';
  /**
   * Takes a key for there when others lie below it: it answers 412 to If-None-Match of `a` where there is `a/b`, and to a
   * Complete without that 500.
   */
  readonly directoriesAreKeys: boolean;
  /**
   * Takes a delete marker for the object that was deleted: it answers 412 to If-None-Match, and heeds If-Match of that
   * object's ETag.
   */
  readonly deleteMarkersAreKeys: boolean;
  /** Whether keys are listed in the order of their bytes, and StartAfter follows it for any string. */
  readonly listsInOrder: boolean;
  /** Whether no key can lie below another one, as `a/b` below `a`. */
  readonly keysAreFiles: boolean;
  /** Whether it refuses a key below one that is there, or one that others lie below, even for the time of a run. */
  readonly keysBlock: boolean;
  /**
   * What in a key makes it another one's name, or may: a server that takes keys for paths keeps `a//b` as `a/b`, and
   * `../x` outside of the prefix. `undefined`: each key is kept as it is spelled. Global, and each match is what makes it so.
   */
  readonly otherNames: RegExp | undefined;
  /** Whether a key that ends at a slash can have bytes. */
  readonly markersHaveBytes: boolean;
  /** Largest source of one CopyObject or UploadPartCopy. Bytes. */
  readonly maxCopySize: number;
}

/** Whole segments alone: an empty one, but for what follows the last slash, `.` and `..`. */
const PATH_SEGMENTS = /(?<![^/])(?:\.{1,2}(?![^/])|(?=\/))/g;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html */
const AWS: Provider = {
  name: 'AWS S3',
  taggingDirective: true,
  annotationDirective: true,
  accounts: true,
  copyConditions: 'honoured',
  deleteConditions: 'batch',
  mergesHeaders: false,
  datesRefreshes: true,
  uploadsByKey: false,
  storageClasses: true,
  redirects: 'kept',
  partCopyProof: 'etag',
  partSizes: 'any',
  compositeETags: 'all',
  staging: true,
  uploadKeys: 'encoded',
  directoriesAreKeys: false,
  deleteMarkersAreKeys: false,
  listsInOrder: true,
  keysAreFiles: false,
  keysBlock: false,
  otherNames: undefined,
  markersHaveBytes: true,
  maxCopySize: MAX_COPY_SIZE,
};

const OTHER: Provider = {
  ...AWS,
  name: 'S3',
  annotationDirective: false,
  accounts: false,
  compositeETags: 'unknown',
  // versitygw has one class, MinIO refuses most: of others it would be a guess.
  storageClasses: false,
  // SeaweedFS lists in the order of directories, others that are wide-spread in tests in a mixed one: none is trusted.
  listsInOrder: false,
  copyConditions: 'unknown',
  redirects: 'unknown',
  // Many keep objects in a file system, rclone's and versitygw among them: none is trusted.
  otherNames: PATH_SEGMENTS,
};

/**
 * S3's own names, and buckets below them: by region, dual-stack, FIPS, accelerated, S3 Express, access points and VPC
 * endpoints. Load balancers and instances have names in the same domain, and anything may answer there.
 * https://docs.aws.amazon.com/general/latest/gr/s3.html
 */
const AWS_HOST =
  /(?:^|\.)s3(?:express-[a-z0-9-]+|-(?!control|object-lambda|outposts)[a-z0-9-]+)?(?:\.dualstack)?(?:\.[a-z]{2}(?:-[a-z]+)+-[0-9]+)?(?:\.vpce)?\.amazonaws\.com(?:\.cn)?$/;

/** By the end of the endpoint's host name. */
const BY_HOST: readonly (readonly [string, Provider])[] = [
  // R2 answers 501 NotImplemented to tagging headers and has a header of its own for the destination's condition,
  // while Complete honours the usual ones: "S3 API compatibility" and "Extensions" in Cloudflare's R2 documentation.
  // "All parts except the last one must be the same size": "Multipart upload" there.
  [
    '.r2.cloudflarestorage.com',
    {
      ...OTHER,
      name: 'Cloudflare R2',
      taggingDirective: false,
      copyConditions: 'ignored',
      partSizes: 'equal',
      otherNames: undefined,
    },
  ],
  // B2 refuses tags: "S3-Compatible API" in Backblaze's documentation.
  ['.backblazeb2.com', { ...OTHER, name: 'Backblaze B2', taggingDirective: false, otherNames: undefined }],
  // The XML API has no object tags and no part copies: "Migrate from Amazon S3" and "XML API multipart uploads" in
  // Google's documentation.
  [
    'storage.googleapis.com',
    {
      ...OTHER,
      name: 'Google Cloud Storage',
      taggingDirective: false,
      copyConditions: 'none',
      staging: false,
      otherNames: undefined,
    },
  ],
];

/** By the beginning of the `Server` header; each measured by __tests__/contract/server on the real one. */
const BY_SERVER: readonly (readonly [string, Provider])[] = [
  // AWS under a name of one's own, or through a proxy.
  [
    'AmazonS3',
    {
      ...OTHER,
      name: 'AWS S3',
      compositeETags: 'all',
      copyConditions: 'honoured',
      storageClasses: true,
      redirects: 'kept',
      otherNames: undefined,
    },
  ],
  // Part copies answer ETags of 4 MiB chunks.
  [
    'SeaweedFS',
    {
      ...OTHER,
      name: 'SeaweedFS',
      copyConditions: 'honoured',
      redirects: 'dropped',
      partCopyProof: 'source',
      compositeETags: 'uncopied',
      uploadKeys: 'raw',
      directoriesAreKeys: true,
      // A backslash is stored as a slash.
      otherNames: new RegExp(`${PATH_SEGMENTS.source}|\\\\`, 'g'),
      markersHaveBytes: false,
    },
  ],
  // Both keep objects in a file system, where a name is a file or a directory.
  [
    'MinIO',
    {
      ...OTHER,
      name: 'MinIO',
      uploadsByKey: true,
      compositeETags: 'all',
      copyConditions: 'ignored',
      deleteConditions: 'none',
      redirects: 'dropped',
      keysAreFiles: true,
    },
  ],
  [
    'VERSITYGW',
    {
      ...OTHER,
      name: 'versitygw',
      compositeETags: 'all',
      copyConditions: 'ignored',
      deleteConditions: 'single',
      mergesHeaders: true,
      datesRefreshes: false,
      redirects: 'kept',
      deleteMarkersAreKeys: true,
      keysAreFiles: true,
      keysBlock: true,
      markersHaveBytes: false,
    },
  ],
];

/**
 * The provider behind an endpoint; no endpoint is AWS itself. `server` is the `Server` header of its answers, once
 * there was one.
 */
export function providerOf(endpoint: string | undefined, server?: string): Provider {
  const name = server?.toLowerCase() ?? '';
  const byServer = BY_SERVER.find(([start]) => name.startsWith(start.toLowerCase()))?.[1];
  // What answers in AWS's place says so.
  const aws = byServer === undefined || byServer.name === AWS.name ? AWS : byServer;
  if (endpoint === undefined) return aws;
  let host: string;
  try {
    host = new URL(endpoint).hostname.toLowerCase();
  } catch {
    return OTHER;
  }
  if (AWS_HOST.test(host)) return aws;
  const byHost = BY_HOST.find(([end]) => host.endsWith(end))?.[1];
  return byHost ?? byServer ?? OTHER;
}

/**
 * Those of S3 Express: they list in no order and know no StartAfter, have sessions in place of signatures, and their ETags
 * say nothing of bytes. Names of no others end so: "Directory buckets" in the user guide of AWS S3.
 */
export function isDirectoryBucket(bucket: string): boolean {
  return /--xa?-s3$/.test(bucket);
}
