import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Content } from './content.js';
import { S3Error } from './errors.js';

export type Operation =
  | 'ListBuckets'
  | 'CreateBucket'
  | 'HeadBucket'
  | 'DeleteBucket'
  | 'GetBucketLocation'
  | 'GetBucketVersioning'
  | 'GetBucketOwnershipControls'
  | 'ListObjects'
  | 'ListObjectsV2'
  | 'ListMultipartUploads'
  | 'DeleteObjects'
  | 'HeadObject'
  | 'GetObject'
  | 'PutObject'
  | 'CopyObject'
  | 'DeleteObject'
  | 'GetObjectTagging'
  | 'PutObjectTagging'
  | 'DeleteObjectTagging'
  | 'GetObjectAcl'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'UploadPartCopy'
  | 'ListParts'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'GetCallerIdentity'
  | 'Unknown';

/** A request that was received as a whole. */
export interface S3Request {
  readonly id: string;
  readonly operation: Operation;
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  /** Empty where the operation has none. */
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Decoded: without the framing of aws-chunked. */
  readonly body: Content;
  readonly accessKeyId: string | undefined;
  /** The region that the request was signed for. */
  readonly region: string | undefined;
}

/** A header's value as UTF-8, which Node hands over as Latin-1. */
export function header(request: Pick<S3Request, 'headers'>, name: string): string | undefined {
  const value = request.headers[name];
  const text = Array.isArray(value) ? value.join(',') : value;
  if (text === undefined) return undefined;
  return /[\u0080-\u00ff]/.test(text) ? Buffer.from(text, 'latin1').toString('utf8') : text;
}

export async function receive(
  message: IncomingMessage,
  id: string,
  options: { readonly discardBodies: boolean; readonly minChunkSize: number },
): Promise<S3Request> {
  const url = message.url ?? '/';
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
  const slash = path.indexOf('/', 1);
  const bucket = decodeURIComponent(slash < 0 ? path.slice(1) : path.slice(1, slash));
  const key = slash < 0 ? '' : decodeURIComponent(path.slice(slash + 1));
  const method = message.method ?? 'GET';
  const { headers } = message;
  const operation = operationOf(method, bucket, key, query, headers);
  const credential = credentialOf(headers, query);
  const isStored = operation === 'PutObject' || operation === 'UploadPart';
  const body = await readBody(message, options.discardBodies && isStored, options.minChunkSize);
  return { id, operation, method, url, bucket, key, query, headers, body, ...credential };
}

function operationOf(
  method: string,
  bucket: string,
  key: string,
  query: URLSearchParams,
  headers: IncomingHttpHeaders,
): Operation {
  if (bucket === '') {
    if (method === 'GET') return 'ListBuckets';
    return method === 'POST' ? 'GetCallerIdentity' : 'Unknown';
  }
  return key === '' ? bucketOperation(method, query) : objectOperation(method, query, headers);
}

function bucketOperation(method: string, query: URLSearchParams): Operation {
  switch (method) {
    case 'HEAD':
      return 'HeadBucket';
    case 'PUT':
      return query.size === 0 || query.has('x-id') ? 'CreateBucket' : 'Unknown';
    case 'DELETE':
      return query.size === 0 || query.has('x-id') ? 'DeleteBucket' : 'Unknown';
    case 'POST':
      return query.has('delete') ? 'DeleteObjects' : 'Unknown';
    case 'GET':
      if (query.get('list-type') === '2') return 'ListObjectsV2';
      if (query.has('uploads')) return 'ListMultipartUploads';
      if (query.has('location')) return 'GetBucketLocation';
      if (query.has('versioning')) return 'GetBucketVersioning';
      if (query.has('ownershipControls')) return 'GetBucketOwnershipControls';
      return UNSUPPORTED_SUBRESOURCES.some((name) => query.has(name)) ? 'Unknown' : 'ListObjects';
    default:
      return 'Unknown';
  }
}

function objectOperation(method: string, query: URLSearchParams, headers: IncomingHttpHeaders): Operation {
  const isCopy = headers['x-amz-copy-source'] !== undefined;
  if (query.has('tagging')) {
    if (method === 'GET') return 'GetObjectTagging';
    if (method === 'PUT') return 'PutObjectTagging';
    return method === 'DELETE' ? 'DeleteObjectTagging' : 'Unknown';
  }
  if (query.has('acl')) return method === 'GET' ? 'GetObjectAcl' : 'Unknown';
  if (UNSUPPORTED_SUBRESOURCES.some((name) => query.has(name))) return 'Unknown';
  switch (method) {
    case 'HEAD':
      return 'HeadObject';
    case 'GET':
      return query.has('uploadId') ? 'ListParts' : 'GetObject';
    case 'PUT':
      if (query.has('uploadId')) return isCopy ? 'UploadPartCopy' : 'UploadPart';
      return isCopy ? 'CopyObject' : 'PutObject';
    case 'POST':
      if (query.has('uploads')) return 'CreateMultipartUpload';
      return query.has('uploadId') ? 'CompleteMultipartUpload' : 'Unknown';
    case 'DELETE':
      return query.has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject';
    default:
      return 'Unknown';
  }
}

const UNSUPPORTED_SUBRESOURCES = [
  'accelerate',
  'acl',
  'attributes',
  'cors',
  'encryption',
  'lifecycle',
  'logging',
  'metadataTable',
  'notification',
  'object-lock',
  'ownershipControls',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'replication',
  'requestPayment',
  'restore',
  'retention',
  'select',
  'tagging',
  'torrent',
  'versionId',
  'versions',
  'website',
] as const;

interface Credential {
  readonly accessKeyId: string | undefined;
  readonly region: string | undefined;
}

/** From the header of Signature Version 4 or from a presigned query; the signature itself is not verified. */
function credentialOf(headers: IncomingHttpHeaders, query: URLSearchParams): Credential {
  const scope =
    /Credential=([^,\s]+)/.exec(headers.authorization ?? '')?.[1] ??
    query.get('X-Amz-Credential') ??
    undefined;
  if (scope === undefined) return { accessKeyId: undefined, region: undefined };
  const fields = scope.split('/');
  return { accessKeyId: fields[0], region: fields[2] };
}

async function readBody(message: IncomingMessage, discard: boolean, minChunkSize: number): Promise<Content> {
  const { headers } = message;
  const isChunked =
    (headers['content-encoding'] ?? '').split(',').some((coding) => coding.trim() === 'aws-chunked') ||
    String(headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-');
  if (discard && !isChunked) {
    const hash = createHash('md5');
    let size = 0;
    for await (const chunk of message as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
    }
    return Content.discarded(size, hash.digest('hex'));
  }
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  if (!isChunked) return Content.received(chunks);
  const { bytes, trailers } = decodeAwsChunked(Buffer.concat(chunks), minChunkSize);
  const expected = headers['x-amz-decoded-content-length'];
  if (expected !== undefined && Number(expected) !== bytes.length) throw new S3Error('IncompleteBody');
  // A trailing checksum counts as if it had come as a header.
  for (const [name, value] of trailers) if (name.startsWith('x-amz-checksum-')) headers[name] = value;
  const content = Content.of(bytes);
  return discard ? Content.discarded(content.size, content.md5) : content;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html */
function decodeAwsChunked(
  raw: Buffer,
  minChunkSize: number,
): {
  readonly bytes: Buffer;
  readonly trailers: readonly (readonly [string, string])[];
} {
  const chunks: Buffer[] = [];
  let offset = 0;
  for (;;) {
    const end = raw.indexOf('\r\n', offset);
    if (end < 0) throw new S3Error('IncompleteBody');
    const size = Number.parseInt(raw.toString('latin1', offset, end), 16);
    if (Number.isNaN(size)) throw new S3Error('IncompleteBody');
    offset = end + 2;
    if (size === 0) break;
    // Another chunk after a small one: only the last may be small.
    if ((chunks.at(-1)?.length ?? minChunkSize) < minChunkSize) throw new S3Error('InvalidChunkSizeError');
    if (offset + size > raw.length) throw new S3Error('IncompleteBody');
    chunks.push(raw.subarray(offset, offset + size));
    offset += size + 2;
  }
  const trailers = raw
    .toString('latin1', offset)
    .split('\r\n')
    .map((line) => line.split(':', 2) as [string, string | undefined])
    .filter((pair): pair is [string, string] => pair[1] !== undefined)
    .map(([name, value]) => [name.trim().toLowerCase(), value.trim()] as const);
  return { bytes: Buffer.concat(chunks), trailers };
}
