import type {
  CompleteMultipartUploadCommandInput,
  CopyObjectCommandInput,
  CreateMultipartUploadCommandInput,
  DeleteObjectCommandInput,
  DeleteObjectsCommandInput,
  GetObjectCommandInput,
  HeadObjectCommandInput,
  ListObjectsV2CommandInput,
  PutObjectCommandInput,
  UploadPartCommandInput,
  UploadPartCopyCommandInput,
} from '@aws-sdk/client-s3';

/**
 * The calls made by the thousand: how one request is sent and its answer read, and nothing else. Retries, judgement
 * and the providers' quirks stand above, in `S3Store`, once. There are two: by the SDK's commands (`sdk-calls.ts`) and
 * past them (`lean-calls.ts`); the contract suite holds both to the same answers. They reject with whatever
 * `toStoreError` reads. The words are the SDK's; each input names the members that we use, so that the lean path can
 * be held to know every one of them.
 */
export interface S3Calls {
  listObjectsV2(input: ListInput, signal: AbortSignal): Promise<ListAnswer>;
  headObject(input: HeadInput, signal: AbortSignal): Promise<HeadAnswer>;
  /** @param maxBytes that the answer may have; a longer one is not read to its end, and rejects */
  getObject(input: GetInput, maxBytes: number, signal: AbortSignal, room?: Buffer): Promise<GetAnswer>;
  putObject(input: PutInput, signal: AbortSignal): Promise<WriteAnswer>;
  copyObject(input: CopyInput, signal: AbortSignal): Promise<CopyAnswer>;
  createMultipartUpload(input: CreateInput, signal: AbortSignal): Promise<CreateAnswer>;
  uploadPart(input: PartInput, signal: AbortSignal): Promise<PartAnswer>;
  uploadPartCopy(input: PartCopyInput, signal: AbortSignal): Promise<PartCopyAnswer>;
  completeMultipartUpload(input: CompleteInput, signal: AbortSignal): Promise<WriteAnswer>;
  /** Answers the HTTP status: S3's is 204, and a proxy's page is a success too. */
  deleteObject(input: DeleteOneInput, signal: AbortSignal): Promise<number | undefined>;
  deleteObjects(input: DeleteBatchInput, signal: AbortSignal): Promise<DeleteBatchAnswer>;
}

/** Parameters of every call. */
type Every = 'Bucket' | 'ExpectedBucketOwner' | 'RequestPayer';

type ObjectMember =
  | 'ACL'
  | 'CacheControl'
  | 'ContentDisposition'
  | 'ContentEncoding'
  | 'ContentLanguage'
  | 'ContentType'
  | 'Expires'
  | 'Metadata'
  | 'SSEKMSKeyId'
  | 'ServerSideEncryption'
  | 'StorageClass'
  | 'Tagging'
  | 'WebsiteRedirectLocation';

/** What is said of an object when it is written, by PutObject, CopyObject and CreateMultipartUpload alike. */
export type ObjectInput = Pick<PutObjectCommandInput, ObjectMember>;

type Condition = 'IfMatch' | 'IfNoneMatch';
type Source = 'CopySource' | 'CopySourceIfMatch' | 'ExpectedSourceBucketOwner';

export type ListInput = Pick<
  ListObjectsV2CommandInput,
  Every | 'ContinuationToken' | 'Delimiter' | 'EncodingType' | 'Prefix' | 'StartAfter'
>;
export type HeadInput = Pick<HeadObjectCommandInput, Every | 'Key'>;
export type GetInput = Pick<GetObjectCommandInput, Every | 'IfMatch' | 'Key' | 'Range'>;
export type PutInput = Pick<
  PutObjectCommandInput,
  Every | ObjectMember | Condition | 'ContentLength' | 'ContentMD5' | 'Key'
> & { readonly Body: Buffer };
export type CopyInput = Pick<
  CopyObjectCommandInput,
  | Every
  | ObjectMember
  | Condition
  | Source
  | 'AnnotationDirective'
  | 'Key'
  | 'MetadataDirective'
  | 'TaggingDirective'
>;
export type CreateInput = Pick<
  CreateMultipartUploadCommandInput,
  Every | ObjectMember | 'ChecksumAlgorithm' | 'ChecksumType' | 'Key'
>;
export type PartInput = Pick<
  UploadPartCommandInput,
  Every | 'ContentLength' | 'ContentMD5' | 'Key' | 'PartNumber' | 'UploadId'
> & { readonly Body: Buffer };
export type PartCopyInput = Pick<
  UploadPartCopyCommandInput,
  Every | Source | 'CopySourceRange' | 'Key' | 'PartNumber' | 'UploadId'
>;
export type CompleteInput = Pick<
  CompleteMultipartUploadCommandInput,
  Every | Condition | 'ChecksumCRC32' | 'ChecksumType' | 'Key' | 'MultipartUpload' | 'UploadId'
>;
export type DeleteOneInput = Pick<DeleteObjectCommandInput, Every | 'IfMatch' | 'Key'>;
export type DeleteBatchInput = Pick<DeleteObjectsCommandInput, Every | 'Delete'>;

type Maybe<Names extends string, Value> = { readonly [Name in Names]?: Value | undefined };

/** `IsTruncated` is in every listing: without it the answer is none. */
export interface ListAnswer
  extends Maybe<'IsTruncated', boolean>,
    Maybe<'EncodingType' | 'NextContinuationToken' | 'Prefix', string>,
    Maybe<'KeyCount', number> {
  readonly Contents?: readonly ListedEntry[] | undefined;
  readonly CommonPrefixes?: readonly Maybe<'Prefix', string>[] | undefined;
}

export interface ListedEntry
  extends Maybe<'Key' | 'ETag' | 'StorageClass', string>,
    Maybe<'Size', number>,
    Maybe<'LastModified', Date> {}

export interface HeadAnswer
  extends Maybe<'ContentLength', number>,
    Maybe<
      | 'CacheControl'
      | 'ContentDisposition'
      | 'ContentEncoding'
      | 'ContentLanguage'
      | 'ContentType'
      | 'ETag'
      | 'ExpiresString'
      | 'SSECustomerAlgorithm'
      | 'SSEKMSKeyId'
      | 'ServerSideEncryption'
      | 'StorageClass'
      | 'WebsiteRedirectLocation',
      string
    > {
  readonly Metadata?: Readonly<Record<string, string>> | undefined;
}

/** The body as it arrived. */
export interface GetAnswer extends HeadAnswer {
  readonly Body: Buffer;
  readonly ContentRange?: string | undefined;
}

export interface WriteAnswer extends Maybe<'ETag' | 'ServerSideEncryption' | 'VersionId', string> {}

export interface CopyAnswer extends Maybe<'ServerSideEncryption' | 'VersionId', string> {
  readonly CopyObjectResult?: PartAnswer | undefined;
}

export interface CreateAnswer extends Maybe<'Key' | 'ServerSideEncryption' | 'UploadId', string> {}

export interface PartAnswer extends Maybe<'ETag', string> {}

export interface PartCopyAnswer {
  readonly CopyPartResult?: PartAnswer | undefined;
}

export interface DeleteBatchAnswer {
  readonly Deleted?: readonly Maybe<'Key', string>[] | undefined;
  readonly Errors?: readonly Maybe<'Code' | 'Key' | 'Message', string>[] | undefined;
}
