import { base64OfMd5, md5Of } from '../model/digest.js';
import type {
  CompleteInput,
  CopyInput,
  CreateInput,
  DeleteBatchInput,
  DeleteOneInput,
  GetInput,
  HeadInput,
  ListInput,
  PartCopyInput,
  PartInput,
  PutInput,
} from './calls.js';
import { escapeUri } from './sign.js';
import { escapeXml } from './xml.js';

/** A request as it goes over the wire, but for where to and for its signature. Pure; the SDK spells it the same. */
export interface WireRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** `undefined`: the bucket itself. */
  readonly key: string | undefined;
  /** Sorted by name, escaped. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: Record<string, string>;
  readonly body: Buffer | undefined;
}

type Input =
  | CompleteInput
  | CopyInput
  | CreateInput
  | DeleteBatchInput
  | DeleteOneInput
  | GetInput
  | HeadInput
  | ListInput
  | PartCopyInput
  | PartInput
  | PutInput;

type NamesOf<Union> = Union extends unknown ? keyof Union : never;
type Member = NamesOf<Input>;

/** What is no header, or not one by one. */
type Elsewhere =
  | 'Body'
  | 'Bucket'
  | 'ContentLength'
  | 'ContinuationToken'
  | 'Delete'
  | 'Delimiter'
  | 'EncodingType'
  | 'Key'
  | 'Metadata'
  | 'MultipartUpload'
  | 'PartNumber'
  | 'Prefix'
  | 'StartAfter'
  | 'UploadId';

/** A member that an input gets has its header here, or the code does not compile. */
const HEADER_OF: Readonly<Record<Exclude<Member, Elsewhere>, string>> = {
  ACL: 'x-amz-acl',
  AnnotationDirective: 'x-amz-object-annotation-directive',
  CacheControl: 'cache-control',
  ChecksumAlgorithm: 'x-amz-checksum-algorithm',
  ChecksumCRC32: 'x-amz-checksum-crc32',
  ChecksumType: 'x-amz-checksum-type',
  ContentDisposition: 'content-disposition',
  ContentEncoding: 'content-encoding',
  ContentLanguage: 'content-language',
  ContentMD5: 'content-md5',
  ContentType: 'content-type',
  CopySource: 'x-amz-copy-source',
  CopySourceIfMatch: 'x-amz-copy-source-if-match',
  CopySourceRange: 'x-amz-copy-source-range',
  ExpectedBucketOwner: 'x-amz-expected-bucket-owner',
  ExpectedSourceBucketOwner: 'x-amz-source-expected-bucket-owner',
  Expires: 'expires',
  IfMatch: 'if-match',
  IfNoneMatch: 'if-none-match',
  MetadataDirective: 'x-amz-metadata-directive',
  Range: 'range',
  RequestPayer: 'x-amz-request-payer',
  SSEKMSKeyId: 'x-amz-server-side-encryption-aws-kms-key-id',
  ServerSideEncryption: 'x-amz-server-side-encryption',
  StorageClass: 'x-amz-storage-class',
  Tagging: 'x-amz-tagging',
  TaggingDirective: 'x-amz-tagging-directive',
  WebsiteRedirectLocation: 'x-amz-website-redirect-location',
};

const HEADERS: ReadonlyMap<string, string> = new Map(Object.entries(HEADER_OF));

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

export function listRequest(input: ListInput): WireRequest {
  return {
    method: 'GET',
    key: undefined,
    query: queryOf([
      ['continuation-token', input.ContinuationToken],
      ['delimiter', input.Delimiter],
      ['encoding-type', input.EncodingType],
      ['list-type', '2'],
      ['prefix', input.Prefix],
      ['start-after', input.StartAfter],
    ]),
    headers: headersOf(input),
    body: undefined,
  };
}

export function headRequest(input: HeadInput): WireRequest {
  return onObject('HEAD', input, '');
}

export function getRequest(input: GetInput): WireRequest {
  return onObject('GET', input, '');
}

export function putRequest(input: PutInput): WireRequest {
  return onObject('PUT', input, '', bodyOf(input), input.ContentType || 'application/octet-stream');
}

export function copyRequest(input: CopyInput): WireRequest {
  return onObject('PUT', input, '');
}

export function createRequest(input: CreateInput): WireRequest {
  return onObject('POST', input, 'uploads=');
}

export function partRequest(input: PartInput): WireRequest {
  return onObject('PUT', input, partQuery(input), bodyOf(input), 'application/octet-stream');
}

export function partCopyRequest(input: PartCopyInput): WireRequest {
  return onObject('PUT', input, partQuery(input));
}

export function completeRequest(input: CompleteInput): WireRequest {
  let parts = '';
  for (const { ETag, PartNumber } of input.MultipartUpload?.Parts ?? []) {
    parts += `<Part><ETag>${escapeXml(ETag ?? '')}</ETag><PartNumber>${PartNumber}</PartNumber></Part>`;
  }
  const body = documentOf('CompleteMultipartUpload', parts);
  return onObject('POST', input, queryOf([['uploadId', input.UploadId]]), body, 'application/xml');
}

export function deleteRequest(input: DeleteOneInput): WireRequest {
  return onObject('DELETE', input, '');
}

export function deleteBatchRequest(input: DeleteBatchInput): WireRequest {
  let objects = '';
  for (const { Key, ETag } of input.Delete?.Objects ?? []) {
    const etag = ETag === undefined ? '' : `<ETag>${escapeXml(ETag)}</ETag>`;
    objects += `<Object><Key>${escapeXml(Key ?? '')}</Key>${etag}</Object>`;
  }
  const body = documentOf('Delete', `${objects}<Quiet>${input.Delete?.Quiet === true}</Quiet>`);
  const headers = headersOf(input);
  headers['content-type'] = 'application/xml';
  headers['content-length'] = String(body.length);
  // And no other checksum: see contentMd5Alone.
  headers['content-md5'] = base64OfMd5(md5Of(body));
  return { method: 'POST', key: undefined, query: 'delete=', headers, body };
}

function onObject(
  method: WireRequest['method'],
  input: Input & { readonly Key: string | undefined },
  query: string,
  body?: Buffer,
  contentType?: string,
): WireRequest {
  const { Key: key } = input;
  // Without a key it would be a request about the bucket.
  if (key === undefined || key === '') throw new Error(`${method} of an object without a key`);
  const headers = headersOf(input);
  if (body !== undefined) headers['content-length'] = String(body.length);
  if (contentType !== undefined) headers['content-type'] = contentType;
  return { method, key, query, headers, body };
}

function headersOf(input: Input): Record<string, string> {
  const headers: Record<string, string> = {};
  const members = input as Readonly<Record<string, unknown>>;
  for (const member in members) {
    const name = HEADERS.get(member);
    const value = members[member];
    if (name === undefined || value === undefined) continue;
    headers[name] = value instanceof Date ? value.toUTCString() : String(value);
  }
  if ('Metadata' in input) {
    const metadata = input.Metadata ?? {};
    for (const name in metadata) headers[`x-amz-meta-${name.toLowerCase()}`] = metadata[name]!;
  }
  return headers;
}

function bodyOf({ Body, ContentLength }: PutInput | PartInput): Buffer {
  if (ContentLength !== Body.length) throw new Error('the body is not as long as its Content-Length');
  return Body;
}

function partQuery({ PartNumber, UploadId }: PartInput | PartCopyInput): string {
  return queryOf([
    ['partNumber', String(PartNumber)],
    ['uploadId', UploadId],
  ]);
}

function queryOf(sorted: readonly (readonly [string, string | undefined])[]): string {
  return sorted
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${escapeUri(value ?? '')}`)
    .join('&');
}

function documentOf(root: string, inside: string): Buffer {
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?><${root} xmlns="${NAMESPACE}">${inside}</${root}>`,
  );
}
