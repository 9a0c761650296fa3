import type { Content } from './content.js';
import type { Context } from './context.js';
import { S3Error } from './errors.js';
import { header, type S3Request } from './request.js';
import type { Attributes, Bucket, Checksum, Encryption, StoredObject } from './state.js';

const SYSTEM_HEADERS = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
] as const;

const STORAGE_CLASSES: readonly string[] = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'DEEP_ARCHIVE',
  'GLACIER_IR',
];

/** What a PUT, a Create or a copy with REPLACE says of the object to be. */
export function attributesOf(context: Context, bucket: Bucket, request: S3Request): Attributes {
  return {
    headers: {
      ...systemHeadersOf(context, request),
      ...metadataOf(request),
      ...placementOf(context, request),
    },
    tags: tagsOf(header(request, 'x-amz-tagging')),
    encryption: encryptionOf(context, bucket, request),
    acl: aclOf(context, bucket, request),
  };
}

function systemHeadersOf(context: Context, request: S3Request): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of SYSTEM_HEADERS) {
    const value = header(request, name);
    if (value !== undefined) headers[name] = value;
  }
  const encoding = headers['content-encoding'];
  if (encoding?.includes('aws-chunked')) {
    const codings = encoding.split(',').map((coding) => coding.trim());
    const kept = codings.filter((coding) => coding !== 'aws-chunked');
    if (context.deviations.awsChunkedEncoding === 'appended') kept.push('aws-chunked');
    if (kept.length === 0) delete headers['content-encoding'];
    else headers['content-encoding'] = kept.join(',');
  }
  headers['content-type'] ??= defaultType(context, request.body);
  return headers;
}

function defaultType(context: Context, body: Content): string {
  if (context.deviations.defaultType !== 'sniffed') return 'binary/octet-stream';
  const isText =
    !body.isDiscarded &&
    body.size > 0 &&
    /^[\t\n\r -~]*$/.test(body.slice(0, Math.min(512, body.size)).text());
  return isText ? 'text/plain; charset=utf-8' : 'application/octet-stream';
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html: 2 KB of names and values. */
function metadataOf(request: S3Request): Record<string, string> {
  const metadata: Record<string, string> = {};
  let size = 0;
  for (const name of Object.keys(request.headers)) {
    if (!name.startsWith('x-amz-meta-')) continue;
    const value = header(request, name) ?? '';
    metadata[name] = value;
    size += Buffer.byteLength(name) - 'x-amz-meta-'.length + Buffer.byteLength(value);
  }
  if (size > 2048)
    throw new S3Error('MetadataTooLarge', undefined, { Size: `${size}`, MaxSizeAllowed: '2048' });
  return metadata;
}

/** The headers that no copy inherits. */
export function placementOf(context: Context, request: S3Request): Record<string, string> {
  const headers: Record<string, string> = {};
  const redirect = header(request, 'x-amz-website-redirect-location');
  if (redirect !== undefined && context.deviations.websiteRedirects === 'kept') {
    headers['x-amz-website-redirect-location'] = redirect;
  }
  const storageClass = header(request, 'x-amz-storage-class');
  if (storageClass !== undefined && storageClass !== 'STANDARD') {
    const isKnown = STORAGE_CLASSES.includes(storageClass);
    if (!isKnown || context.deviations.storageClasses === 'refused') throw new S3Error('InvalidStorageClass');
    if (context.deviations.storageClasses === 'kept') headers['x-amz-storage-class'] = storageClass;
  }
  return headers;
}

export function tagsOf(query: string | undefined): ReadonlyMap<string, string> {
  const tags = new Map<string, string>();
  if (query === undefined || query === '') return tags;
  for (const [name, value] of new URLSearchParams(query)) {
    if (tags.has(name) || name.length > 128 || value.length > 256) throw new S3Error('InvalidTag');
    tags.set(name, value);
  }
  if (tags.size > 10) throw new S3Error('InvalidTag', 'Object tags cannot be greater than 10');
  return tags;
}

export function encryptionOf(context: Context, bucket: Bucket, request: S3Request): Encryption | undefined {
  const customerKeyMd5 = header(request, 'x-amz-server-side-encryption-customer-key-md5');
  if (customerKeyMd5 !== undefined) return { algorithm: 'AES256', customerKeyMd5 };
  const algorithm = header(request, 'x-amz-server-side-encryption');
  if (algorithm === undefined) return bucket.options.encryption ?? defaultEncryption(context);
  if (algorithm !== 'AES256' && algorithm !== 'aws:kms' && algorithm !== 'aws:kms:dsse') {
    throw new S3Error('InvalidArgument', 'The encryption method specified is not supported');
  }
  const { requestedEncryption } = context.deviations;
  if (requestedEncryption === 'dropped') return undefined;
  if (requestedEncryption !== 'kept') throw new S3Error(requestedEncryption);
  const keyId = header(request, 'x-amz-server-side-encryption-aws-kms-key-id');
  return keyId === undefined ? { algorithm } : { algorithm, keyId };
}

export function defaultEncryption(context: Context): Encryption | undefined {
  return context.deviations.defaultEncryption === 'shown' ? { algorithm: 'AES256' } : undefined;
}

/**
 * What is encrypted under a key of the customer's in KMS takes a right to that key:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html. AWS's own key is open to its account.
 */
export function demandKey(
  context: Context,
  request: S3Request,
  encryption: Encryption | undefined,
  action: 'kms:GenerateDataKey' | 'kms:Decrypt',
): void {
  if (encryption?.keyId !== undefined) context.access.demand(request, action, '', encryption.keyId);
}

/** Under KMS and customer keys an ETag proves nothing. */
export function hasOpaqueEtags(encryption: Encryption | undefined): boolean {
  return (
    encryption !== undefined && (encryption.algorithm !== 'AES256' || encryption.customerKeyMd5 !== undefined)
  );
}

export function encryptionHeaders(encryption: Encryption | undefined): Record<string, string> {
  if (encryption === undefined) return {};
  if (encryption.customerKeyMd5 !== undefined) {
    return {
      'x-amz-server-side-encryption-customer-algorithm': 'AES256',
      'x-amz-server-side-encryption-customer-key-md5': encryption.customerKeyMd5,
    };
  }
  return {
    'x-amz-server-side-encryption': encryption.algorithm,
    ...(encryption.keyId === undefined
      ? {}
      : { 'x-amz-server-side-encryption-aws-kms-key-id': encryption.keyId }),
  };
}

/** Whoever reads what a customer's key encrypts must send that key. */
export function checkCustomerKey(object: StoredObject, keyMd5: string | undefined): void {
  const expected = object.encryption?.customerKeyMd5;
  if (expected === keyMd5) return;
  if (expected === undefined) {
    throw new S3Error('InvalidRequest', 'The encryption parameters are not applicable to this object.');
  }
  if (keyMd5 !== undefined) throw new S3Error('AccessDenied');
  throw new S3Error(
    'InvalidRequest',
    'The object was stored using a form of Server Side Encryption. ' +
      'The correct parameters must be provided to retrieve the object.',
  );
}

/** Of the request alone: neither a write nor a copy keeps the ACL of what was there before. */
export function aclOf(context: Context, bucket: Bucket, request: S3Request): string | undefined {
  if (context.deviations.objectAcl !== 'kept') return undefined;
  const acl = header(request, 'x-amz-acl');
  const grants = Object.keys(request.headers).some((name) => name.startsWith('x-amz-grant-'));
  if (bucket.options.allowsAcls !== true && (grants || (acl !== undefined && !HARMLESS_ACLS.includes(acl)))) {
    throw new S3Error('AccessControlListNotSupported');
  }
  return acl;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html */
const HARMLESS_ACLS: readonly string[] = ['bucket-owner-full-control', 'private'];

/** An object of these classes must be restored before it can be read or copied. */
export function isArchived(object: StoredObject): boolean {
  if (object.isRestored) return false;
  const storageClass = object.headers['x-amz-storage-class'];
  const isArchive = storageClass === 'GLACIER' || storageClass === 'DEEP_ARCHIVE';
  return isArchive || object.headers['x-amz-archive-status'] !== undefined;
}

/** The headers of a HEAD or GET, but for the length. */
export function shownHeaders(
  context: Context,
  request: S3Request,
  object: StoredObject,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(object.headers)) headers[name] = asHeader(value);
  if (context.deviations.storageClasses === 'standard') headers['x-amz-storage-class'] = 'STANDARD';
  const mayReadTags = context.access.permits(request, 'GetObjectTagging', request.bucket, request.key);
  if (object.tags.size > 0 && mayReadTags) headers['x-amz-tagging-count'] = `${object.tags.size}`;
  if (request.headers['x-amz-checksum-mode'] === 'ENABLED')
    Object.assign(headers, checksumHeaders(object.checksum));
  return {
    ...headers,
    ...encryptionHeaders(object.encryption),
    etag: `"${object.etag}"`,
    'last-modified': object.lastModified.toUTCString(),
    'accept-ranges': 'bytes',
  };
}

export function checksumHeaders(checksum: Checksum | undefined): Record<string, string> {
  if (checksum?.value === undefined) return {};
  return {
    [`x-amz-checksum-${checksum.algorithm.toLowerCase()}`]: checksum.value,
    'x-amz-checksum-type': checksum.type,
  };
}

/** Values beyond ASCII come back as RFC 2047 says, as AWS sends them. */
function asHeader(value: string): string {
  return /^[\t -~]*$/.test(value) ? value : `=?UTF-8?B?${Buffer.from(value).toString('base64')}?=`;
}

/** Verifies Content-MD5 and the `x-amz-checksum-*` of a body; the checksum to remember. */
export function verifyBody(context: Context, request: S3Request): Checksum | undefined {
  const md5 = header(request, 'content-md5');
  if (md5 !== undefined) verifyMd5(context, request.body, md5);
  for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256', 'MD5']) {
    const given = header(request, `x-amz-checksum-${algorithm.toLowerCase()}`);
    if (given === undefined) continue;
    const value = request.body.checksum(algorithm);
    if (value !== undefined && value !== given) throw wrongChecksum(context, algorithm);
    return { algorithm, type: 'FULL_OBJECT', value: given };
  }
  return undefined;
}

function verifyMd5(context: Context, body: Content, md5: string): void {
  const given = Buffer.from(md5, 'base64');
  if (given.length !== 16) throw new S3Error(context.deviations.malformedMd5);
  if (given.toString('hex') === body.md5) return;
  throw new S3Error('BadDigest', undefined, {
    ExpectedDigest: md5,
    CalculatedDigest: Buffer.from(body.md5, 'hex').toString('base64'),
  });
}

export function wrongChecksum(context: Context, algorithm: string): S3Error {
  const message = `The ${algorithm} you specified did not match the calculated checksum.`;
  return new S3Error(context.deviations.wrongChecksum, message);
}
