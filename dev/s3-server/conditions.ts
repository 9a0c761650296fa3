import type { Context } from './context.js';
import { S3Error } from './errors.js';
import { header, type S3Request } from './request.js';
import type { Bucket, StoredObject } from './state.js';

export function isConditional(request: S3Request): boolean {
  return request.headers['if-match'] !== undefined || request.headers['if-none-match'] !== undefined;
}

/** The conditions of a PUT, a copy's destination or a Complete. */
export function checkDestination(context: Context, bucket: Bucket, request: S3Request): void {
  const ifMatch = header(request, 'if-match');
  const ifNoneMatch = header(request, 'if-none-match');
  if (bucket.options.demandsConditions === true && ifMatch === undefined && ifNoneMatch === undefined) {
    throw new S3Error('AccessDenied');
  }
  if (ifMatch !== undefined && ifNoneMatch !== undefined) throw new S3Error('NotImplemented');
  const object = bucket.objects.get(request.key);
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch !== '*' && context.deviations.ifNoneMatchEtag === 'NotImplemented') {
      throw new S3Error('NotImplemented', undefined, { Header: 'If-None-Match' });
    }
    if (object !== undefined && matches(object, ifNoneMatch)) throw failed('If-None-Match');
  }
  if (ifMatch !== undefined) {
    // A reader of the ETag: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    context.access.demand(request, 'GetObject', request.bucket, request.key);
    if (object === undefined) throw new S3Error(context.deviations.ifMatchMissing);
    if (!matches(object, ifMatch)) throw failed('If-Match');
  }
}

/** The conditions of a copy's source: 412 throughout on AWS. */
export function checkSource(context: Context, request: S3Request, source: StoredObject): void {
  const ifMatch = header(request, 'x-amz-copy-source-if-match');
  const ifNoneMatch = header(request, 'x-amz-copy-source-if-none-match');
  const ifModifiedSince = dateOf(header(request, 'x-amz-copy-source-if-modified-since'));
  const ifUnmodifiedSince = dateOf(header(request, 'x-amz-copy-source-if-unmodified-since'));
  if (ifMatch !== undefined) {
    if (!matches(source, ifMatch)) throw failed('x-amz-copy-source-If-Match');
  } else if (ifUnmodifiedSince !== undefined && source.lastModified > ifUnmodifiedSince) {
    throw failed('x-amz-copy-source-If-Unmodified-Since');
  }
  const isUnchanged =
    ifNoneMatch !== undefined
      ? matches(source, ifNoneMatch)
      : ifModifiedSince !== undefined && source.lastModified <= ifModifiedSince;
  if (!isUnchanged) return;
  if (context.deviations.copySourceUnchanged === 'NotModified') throw new S3Error('NotModified');
  throw failed('x-amz-copy-source-If-None-Match');
}

/** The conditions of a GET or HEAD. */
export function checkRead(request: S3Request, object: StoredObject): void {
  const ifMatch = header(request, 'if-match');
  const ifNoneMatch = header(request, 'if-none-match');
  const ifModifiedSince = dateOf(header(request, 'if-modified-since'));
  const ifUnmodifiedSince = dateOf(header(request, 'if-unmodified-since'));
  if (ifMatch !== undefined) {
    if (!matches(object, ifMatch)) throw failed('If-Match');
  } else if (ifUnmodifiedSince !== undefined && object.lastModified > ifUnmodifiedSince) {
    throw failed('If-Unmodified-Since');
  }
  const isUnchanged =
    ifNoneMatch !== undefined
      ? matches(object, ifNoneMatch)
      : ifModifiedSince !== undefined && object.lastModified <= ifModifiedSince;
  if (isUnchanged) throw new S3Error('NotModified', undefined, {}, { etag: `"${object.etag}"` });
}

/** `*`, or an ETag with or without quotes. */
export function matches(object: StoredObject, condition: string): boolean {
  return condition === '*' || unquoted(condition) === object.etag;
}

export function unquoted(etag: string): string {
  return etag.replace(/^"|"$/g, '');
}

export function failed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', undefined, { Condition: condition });
}

function dateOf(value: string | undefined): Date | undefined {
  if (value === undefined) return undefined;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
