/**
 * Where servers differ from AWS. Of each field the first value is AWS's answer. The contract suite
 * (__tests__/contract/server) measures what the real servers answer and holds each profile to its namesake.
 */
export interface Deviations {
  /** `AmazonS3`: the header `Server` of every answer; none where it is empty. */
  readonly serverHeader: string;
  /** `directory`: a walk of directories, `a/b` before `a b`; StartAfter follows it. */
  readonly listingOrder: 'bytes' | 'directory';
  /** Whether `encoding-type=url` is applied to the keys of a listing; where not, U+FFFD stands for what XML cannot carry. */
  readonly urlEncoding: 'applied' | 'ignored';
  /** A key `a` and a key `a/b`: both, the second refused, or both stored and `a/b` not listed while `a` is there. */
  readonly keysBelowKeys: 'listed' | 'refused' | 'hidden';
  /** `listed`: a directory whose last key was deleted is still a common prefix. */
  readonly emptyDirectories: 'gone' | 'listed';
  /** A body for a key that ends at a slash. */
  readonly directoryMarkerBody: 'kept' | 'refused';
  /** A key of more than 1,024 bytes. */
  readonly longKeys: 'refused' | 'accepted';
  /** A PUT or Create in a bucket that does not exist; where it is made, a copy into it is an InternalError. */
  readonly missingBucket: 'refused' | 'created';
  /** CreateBucket of a bucket that is mine: in us-east-1 AWS says 200, elsewhere it refuses too. */
  readonly ownedBucket: 'accepted' | 'refused';
  readonly bucketRegionHeader: 'sent' | 'absent';
  /** GetBucketOwnershipControls. */
  readonly ownershipControls: 'answered' | 'NotImplemented';
  /** The ownership that CreateBucket names. */
  readonly ownershipOfCreate: 'kept' | 'ignored';
  /**
   * AWS keeps an ACL or refuses it, as the bucket's ownership says. The others take any in any bucket and keep none;
   * GetObjectAcl then names the owner alone, or an owner without a name, or is not implemented.
   */
  readonly objectAcl: 'kept' | 'dropped' | 'nameless' | 'NotImplemented';
  /** The type of an object that was given none. */
  readonly defaultType: 'binary/octet-stream' | 'sniffed';
  readonly websiteRedirects: 'kept' | 'dropped';
  /** `AES256` on every object since January 2023. */
  readonly defaultEncryption: 'shown' | 'absent';
  /** Encryption that a write asks for: kept and shown, taken and kept nowhere, or refused. */
  readonly requestedEncryption: 'kept' | 'dropped' | 'InternalError' | 'NotImplemented';
  /** `standard`: every class is stored, and shown by HEAD too, as STANDARD. */
  readonly storageClasses: 'kept' | 'standard' | 'refused';
  readonly storageClassOfCopy: 'new' | 'inherited';
  /** What a body sent as aws-chunked leaves in Content-Encoding. */
  readonly awsChunkedEncoding: 'stripped' | 'appended';
  /** A body with neither Content-Length nor x-amz-decoded-content-length. */
  readonly unknownLength: 'NotImplemented' | 'MissingContentLength' | 'accepted';
  /** A chunk of less than 8 KiB, other than the last, in a body sent as aws-chunked. */
  readonly smallChunks: 'refused' | 'accepted';
  readonly malformedMd5: 'InvalidDigest' | 'BadDigest';
  readonly wrongChecksum: 'BadDigest' | 'XAmzContentChecksumMismatch';
  /** If-None-Match with an ETag on a write. */
  readonly ifNoneMatchEtag: 'NotImplemented' | 'compared';
  /** If-Match on the PUT, copy or Complete of a missing key. */
  readonly ifMatchMissing: 'NoSuchKey' | 'PreconditionFailed';
  readonly copyDestinationConditions: 'honoured' | 'ignored';
  /** The status of a source If-None-Match that does not hold. */
  readonly copySourceUnchanged: 'PreconditionFailed' | 'NotModified';
  /** The ETag in the answers to CopyObject and UploadPartCopy. */
  readonly copyAnswerEtag: 'quoted' | 'unquoted';
  readonly etagOfCopiedMultipart: 'md5' | 'inherited';
  /** A copy onto itself with REPLACE: `merged` keeps the old system headers that the request does not name. */
  readonly selfCopy: 'replaced' | 'merged';
  /** Last-Modified of an object after a copy onto itself; `inherited`: as before. */
  readonly lastModifiedOfSelfCopy: 'new' | 'inherited';
  /** Whether a copy with the directive COPY keeps Expires. */
  readonly expiresOfCopy: 'inherited' | 'dropped';
  /** `chunks`: made of the MD5s of the source's 4 MiB chunks that the range touches; it proves nothing. */
  readonly partCopyEtag: 'md5' | 'chunks';
  readonly partCopyRangeError: 'InvalidArgument' | 'InvalidRange';
  /** `bytes=0-` for a part copy. */
  readonly partCopyOpenRange: 'refused' | 'accepted';
  /** A part copy, or a part without a checksum, in an upload that was declared with a checksum algorithm. */
  readonly partWithoutChecksum: 'accepted' | 'refused';
  /** A Complete without the parts' checksums of an upload that was declared with a full-object checksum. */
  readonly completeWithoutPartChecksums: 'accepted' | 'InvalidRequest' | 'InvalidPart';
  /** The CRC32 of a part that was copied; `inherited`: that of the whole source, if the source was stored with one. */
  readonly partCopyChecksum: 'computed' | 'inherited';
  /** A part's checksum at Complete that is not the one that the part was stored with. */
  readonly wrongPartChecksum: 'InvalidPart' | 'BadDigest';
  readonly emptyComplete: 'MalformedXML' | 'NoSuchUpload' | 'InvalidRequest';
  /** What Complete says of parts that are both too small and out of order. */
  readonly completeChecksFirst: 'order' | 'size';
  /** A conditional Complete when the key was written since Create; `evaluated`: as if it had been there before. */
  readonly completeConflict: 'ConditionalRequestConflict' | 'evaluated';
  readonly completeRetry: 'same' | 'NoSuchUpload';
  /** A completed upload completed again under its condition, which its own success has made untrue. */
  readonly conditionalCompleteRetry: 'same' | 'PreconditionFailed';
  /** An unconditional Complete when the key was written since Create. */
  readonly overtakenComplete: 'loses' | 'wins';
  readonly lastModifiedOfMultipart: 'creation' | 'completion';
  readonly secondAbort: 'NoSuchUpload' | 'accepted';
  /** `key`: ListMultipartUploads finds uploads only when its prefix is the whole key. */
  readonly uploadsPrefix: 'prefix' | 'key';
  readonly deleteConditions: 'honoured' | 'ignored';
  /** DeleteObject If-Match of a missing key. */
  readonly deleteIfMatchMissing: 'NoSuchKey' | 'PreconditionFailed' | 'accepted';
  /** The ETags of DeleteObjects. */
  readonly bulkDeleteConditions: 'honoured' | 'ignored';
  /** DeleteObjects with `x-amz-sdk-checksum-algorithm: MD5` beside Content-MD5, as the SDK sends it. */
  readonly announcedMd5: 'accepted' | 'refused';
  readonly bulkDeleteQuiet: 'honoured' | 'ignored';
  /** DeleteObjects of more than 1,000 keys. */
  readonly bulkDeleteLimit: 'MalformedXML' | 'InvalidArgument' | 'none';
}

export type Profile = 'aws' | 'seaweedfs' | 'versitygw' | 'minio';

const aws: Deviations = {
  serverHeader: 'AmazonS3',
  listingOrder: 'bytes',
  urlEncoding: 'applied',
  keysBelowKeys: 'listed',
  emptyDirectories: 'gone',
  directoryMarkerBody: 'kept',
  longKeys: 'refused',
  missingBucket: 'refused',
  ownedBucket: 'accepted',
  bucketRegionHeader: 'sent',
  ownershipControls: 'answered',
  ownershipOfCreate: 'kept',
  objectAcl: 'kept',
  defaultType: 'binary/octet-stream',
  websiteRedirects: 'kept',
  defaultEncryption: 'shown',
  requestedEncryption: 'kept',
  storageClasses: 'kept',
  storageClassOfCopy: 'new',
  awsChunkedEncoding: 'stripped',
  unknownLength: 'NotImplemented',
  smallChunks: 'refused',
  malformedMd5: 'InvalidDigest',
  wrongChecksum: 'BadDigest',
  ifNoneMatchEtag: 'NotImplemented',
  ifMatchMissing: 'NoSuchKey',
  copyDestinationConditions: 'honoured',
  copySourceUnchanged: 'PreconditionFailed',
  copyAnswerEtag: 'quoted',
  etagOfCopiedMultipart: 'md5',
  selfCopy: 'replaced',
  lastModifiedOfSelfCopy: 'new',
  expiresOfCopy: 'inherited',
  partCopyEtag: 'md5',
  partCopyRangeError: 'InvalidArgument',
  partCopyOpenRange: 'refused',
  partWithoutChecksum: 'accepted',
  completeWithoutPartChecksums: 'accepted',
  partCopyChecksum: 'computed',
  wrongPartChecksum: 'InvalidPart',
  emptyComplete: 'MalformedXML',
  completeChecksFirst: 'order',
  completeConflict: 'ConditionalRequestConflict',
  completeRetry: 'same',
  conditionalCompleteRetry: 'same',
  overtakenComplete: 'loses',
  lastModifiedOfMultipart: 'creation',
  secondAbort: 'NoSuchUpload',
  uploadsPrefix: 'prefix',
  deleteConditions: 'honoured',
  deleteIfMatchMissing: 'NoSuchKey',
  bulkDeleteConditions: 'honoured',
  announcedMd5: 'accepted',
  bulkDeleteQuiet: 'honoured',
  bulkDeleteLimit: 'MalformedXML',
};

/** Measured on SeaweedFS 4.48, `weed server -s3`. */
const seaweedfs: Deviations = {
  ...aws,
  serverHeader: 'SeaweedFS 8000GB 4.48',
  listingOrder: 'directory',
  emptyDirectories: 'listed',
  missingBucket: 'created',
  ownedBucket: 'refused',
  bucketRegionHeader: 'absent',
  ownershipOfCreate: 'ignored',
  objectAcl: 'dropped',
  defaultType: 'sniffed',
  websiteRedirects: 'dropped',
  defaultEncryption: 'absent',
  requestedEncryption: 'InternalError',
  storageClassOfCopy: 'inherited',
  awsChunkedEncoding: 'appended',
  unknownLength: 'accepted',
  smallChunks: 'accepted',
  malformedMd5: 'BadDigest',
  ifNoneMatchEtag: 'compared',
  ifMatchMissing: 'PreconditionFailed',
  copyAnswerEtag: 'unquoted',
  etagOfCopiedMultipart: 'inherited',
  partCopyEtag: 'chunks',
  partCopyRangeError: 'InvalidRange',
  wrongPartChecksum: 'BadDigest',
  emptyComplete: 'NoSuchUpload',
  completeConflict: 'evaluated',
  conditionalCompleteRetry: 'PreconditionFailed',
  overtakenComplete: 'wins',
  lastModifiedOfMultipart: 'completion',
  secondAbort: 'accepted',
  deleteIfMatchMissing: 'PreconditionFailed',
  bulkDeleteLimit: 'InvalidArgument',
};

/** Measured on versitygw 1.8.0 over a POSIX directory. */
const versitygw: Deviations = {
  ...aws,
  serverHeader: 'VERSITYGW',
  urlEncoding: 'ignored',
  keysBelowKeys: 'refused',
  directoryMarkerBody: 'refused',
  longKeys: 'accepted',
  ownedBucket: 'refused',
  objectAcl: 'NotImplemented',
  defaultEncryption: 'absent',
  requestedEncryption: 'dropped',
  storageClasses: 'standard',
  awsChunkedEncoding: 'appended',
  unknownLength: 'MissingContentLength',
  copyDestinationConditions: 'ignored',
  copySourceUnchanged: 'NotModified',
  selfCopy: 'merged',
  lastModifiedOfSelfCopy: 'inherited',
  partCopyOpenRange: 'accepted',
  completeWithoutPartChecksums: 'InvalidRequest',
  partCopyChecksum: 'inherited',
  completeChecksFirst: 'size',
  completeConflict: 'evaluated',
  overtakenComplete: 'wins',
  lastModifiedOfMultipart: 'completion',
  deleteIfMatchMissing: 'accepted',
  bulkDeleteConditions: 'ignored',
  announcedMd5: 'refused',
  bulkDeleteQuiet: 'ignored',
  bulkDeleteLimit: 'none',
};

/** Measured on MinIO of February 2026, one directory. */
const minio: Deviations = {
  ...aws,
  serverHeader: 'MinIO',
  keysBelowKeys: 'hidden',
  ownedBucket: 'refused',
  bucketRegionHeader: 'absent',
  ownershipControls: 'NotImplemented',
  ownershipOfCreate: 'ignored',
  objectAcl: 'nameless',
  websiteRedirects: 'dropped',
  defaultEncryption: 'absent',
  requestedEncryption: 'NotImplemented',
  storageClasses: 'refused',
  unknownLength: 'MissingContentLength',
  smallChunks: 'accepted',
  wrongChecksum: 'XAmzContentChecksumMismatch',
  ifNoneMatchEtag: 'compared',
  copyDestinationConditions: 'ignored',
  expiresOfCopy: 'dropped',
  partWithoutChecksum: 'refused',
  completeWithoutPartChecksums: 'InvalidPart',
  emptyComplete: 'InvalidRequest',
  completeConflict: 'evaluated',
  completeRetry: 'NoSuchUpload',
  conditionalCompleteRetry: 'PreconditionFailed',
  overtakenComplete: 'wins',
  lastModifiedOfMultipart: 'completion',
  secondAbort: 'accepted',
  uploadsPrefix: 'key',
  deleteConditions: 'ignored',
  bulkDeleteConditions: 'ignored',
};

export const profiles: Readonly<Record<Profile, Deviations>> = { aws, seaweedfs, versitygw, minio };
