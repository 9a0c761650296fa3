import { createHash } from 'node:crypto';
import { type Answer, xmlAnswer } from './answer.js';
import {
  aclOf,
  attributesOf,
  checkCustomerKey,
  checksumHeaders,
  demandKey,
  encryptionHeaders,
  encryptionOf,
  hasOpaqueEtags,
  isArchived,
  placementOf,
  shownHeaders,
  tagsOf,
  verifyBody,
} from './attributes.js';
import { missingKey, owner, requestedRange } from './buckets.js';
import { checkDestination, checkRead, checkSource, failed, matches } from './conditions.js';
import type { Content } from './content.js';
import type { Context } from './context.js';
import { S3Error } from './errors.js';
import { header, type S3Request } from './request.js';
import { type Attributes, type Bucket, type Encryption, opaqueEtag, type StoredObject } from './state.js';
import { document, elements, leaf, textOf } from './xml.js';

export function headOrGetObject(context: Context, request: S3Request): Answer {
  const bucket = context.bucketOf(request);
  context.access.demand(request, 'GetObject', bucket.name, request.key);
  const object = bucket.objects.get(request.key);
  if (object === undefined) throw missingKey(context, request);
  checkRead(request, object);
  checkCustomerKey(object, header(request, 'x-amz-server-side-encryption-customer-key-md5'));
  if (request.operation === 'GetObject' && isArchived(object)) throw archived(object);
  if (request.operation === 'GetObject') demandKey(context, request, object.encryption, 'kms:Decrypt');
  const headers = shownHeaders(context, request, object);
  const { size } = object.content;
  const partNumber = request.query.get('partNumber');
  const range = partNumber === null ? requestedRange(request, size) : partRange(object, Number(partNumber));
  if (range === undefined) {
    return { status: 200, headers: { ...headers, 'content-length': `${size}` }, body: object.content.chunks };
  }
  const answered = {
    ...headers,
    'content-length': `${range.end - range.start}`,
    'content-range': `bytes ${range.start}-${range.end - 1}/${size}`,
    ...(partNumber !== null && object.parts !== undefined
      ? { 'x-amz-mp-parts-count': `${object.parts.length}` }
      : {}),
  };
  return { status: 206, headers: answered, body: object.content.slice(range.start, range.end).chunks };
}

function partRange(object: StoredObject, number: number): { readonly start: number; readonly end: number } {
  const parts = object.parts ?? [object.content.size];
  const size = parts[number - 1];
  if (size === undefined) throw new S3Error('InvalidRange', 'The requested partnumber is not satisfiable');
  const start = parts.slice(0, number - 1).reduce((sum, part) => sum + part, 0);
  return { start, end: start + size };
}

function archived(object: StoredObject): S3Error {
  const storageClass = object.headers['x-amz-storage-class'] ?? 'INTELLIGENT_TIERING';
  return new S3Error('InvalidObjectState', undefined, { StorageClass: storageClass });
}

export function putObject(context: Context, request: S3Request): Answer {
  const bucket = context.bucketOf(request);
  demandWrite(context, request);
  checkKey(context, bucket, request);
  checkLength(context, request);
  if (request.body.size > context.limits.maxPutSize) {
    throw new S3Error('InvalidRequest', 'Your proposed upload exceeds the maximum allowed size');
  }
  const checksum = verifyBody(context, request);
  checkDestination(context, bucket, request);
  const attributes = attributesOf(context, bucket, request);
  demandKey(context, request, attributes.encryption, 'kms:GenerateDataKey');
  const etag = etagOf(context, attributes.encryption, request.body);
  bucket.put({
    ...attributes,
    key: request.key,
    content: request.body,
    etag,
    lastModified: context.now(),
    checksum,
    parts: undefined,
    isRestored: false,
  });
  const headers = {
    etag: `"${etag}"`,
    ...encryptionHeaders(attributes.encryption),
    ...checksumHeaders(checksum),
  };
  return { status: 200, headers };
}

/** What every write of an object needs to be allowed. */
export function demandWrite(context: Context, request: S3Request): void {
  const { bucket, key } = request;
  context.access.demand(request, 'PutObject', bucket, key);
  if (header(request, 'x-amz-tagging') !== undefined)
    context.access.demand(request, 'PutObjectTagging', bucket, key);
  if (header(request, 'x-amz-acl') !== undefined) context.access.demand(request, 'PutObjectAcl', bucket, key);
}

export function checkKey(context: Context, bucket: Bucket, request: S3Request): void {
  const { key } = request;
  const { deviations } = context;
  if (Buffer.byteLength(key) > 1024 && deviations.longKeys === 'refused') {
    throw new S3Error('KeyTooLongError', undefined, {
      Size: `${Buffer.byteLength(key)}`,
      MaxSizeAllowed: '1024',
    });
  }
  if (key.endsWith('/') && request.body.size > 0 && deviations.directoryMarkerBody === 'refused') {
    throw new S3Error('DirectoryObjectContainsData');
  }
  if (deviations.keysBelowKeys !== 'refused') return;
  for (let slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) {
    if (bucket.objects.has(key.slice(0, slash))) throw new S3Error('ObjectParentIsFile');
  }
  const [below] = bucket.keys.from((other) => bucket.keys.order(other, `${key}/`) < 0);
  if (below?.startsWith(`${key}/`)) throw new S3Error('ExistingObjectIsDirectory');
}

/** AWS takes no body of unknown length, other than as aws-chunked, which names the length in a header of its own. */
export function checkLength({ deviations }: Context, { headers }: S3Request): void {
  if (headers['content-length'] !== undefined || headers['x-amz-decoded-content-length'] !== undefined)
    return;
  if (deviations.unknownLength === 'accepted') return;
  if (deviations.unknownLength === 'MissingContentLength' || headers['transfer-encoding'] === undefined) {
    throw new S3Error('MissingContentLength');
  }
  throw new S3Error('NotImplemented', undefined, { Header: 'Transfer-Encoding' });
}

export function etagOf(context: Context, encryption: Encryption | undefined, content: Content): string {
  return hasOpaqueEtags(encryption) ? opaqueEtag(context.nextId()) : content.md5;
}

/** The object that `x-amz-copy-source` names, and its bucket. */
export function copySource(
  context: Context,
  request: S3Request,
): { readonly bucket: Bucket; readonly object: StoredObject } {
  const named = (header(request, 'x-amz-copy-source') ?? '')
    .replace(/^\//, '')
    .replace(/\?versionId=null$/, '');
  const path = decodeURIComponent(named);
  const slash = path.indexOf('/');
  if (slash <= 0 || slash === path.length - 1) {
    throw new S3Error(
      'InvalidArgument',
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    );
  }
  const [name, key] = [path.slice(0, slash), path.slice(slash + 1)];
  const bucket = context.buckets.get(name);
  if (bucket === undefined) throw new S3Error('NoSuchBucket', undefined, { BucketName: name });
  const sourceOwner = header(request, 'x-amz-source-expected-bucket-owner');
  if (sourceOwner !== undefined && sourceOwner !== context.account) throw new S3Error('AccessDenied');
  context.access.demand(request, 'GetObject', name, key);
  const object = bucket.objects.get(key);
  if (object === undefined) {
    if (!context.access.permits(request, 'ListBucket', name, '')) throw new S3Error('AccessDenied');
    throw new S3Error('NoSuchKey', undefined, { Key: key });
  }
  checkSource(context, request, object);
  checkCustomerKey(object, header(request, 'x-amz-copy-source-server-side-encryption-customer-key-md5'));
  if (isArchived(object)) throw archived(object);
  demandKey(context, request, object.encryption, 'kms:Decrypt');
  return { bucket, object };
}

export function copyObject(context: Context, request: S3Request): Answer {
  const bucket = context.bucketOf(request);
  demandWrite(context, request);
  checkKey(context, bucket, request);
  const source = copySource(context, request);
  if (source.object.content.size > context.limits.maxCopySize) throw tooLargeToCopy(context);
  const isSelf = source.bucket === bucket && source.object.key === request.key;
  if (isSelf && !changesSomething(request)) {
    const message =
      'This copy request is illegal because it is trying to copy an object to itself without changing ' +
      "the object's metadata, storage class, website redirect location or encryption attributes.";
    throw new S3Error('InvalidRequest', message);
  }
  if (context.deviations.copyDestinationConditions === 'honoured') checkDestination(context, bucket, request);
  const attributes = attributesOfCopy(context, bucket, request, source, isSelf);
  demandKey(context, request, attributes.encryption, 'kms:GenerateDataKey');
  const etag = etagOfCopy(context, attributes.encryption, source.object);
  const isUndated = isSelf && context.deviations.lastModifiedOfSelfCopy === 'inherited';
  const lastModified = isUndated ? source.object.lastModified : context.now();
  bucket.put({
    ...attributes,
    key: request.key,
    content: source.object.content,
    etag,
    lastModified,
    checksum: source.object.checksum?.type === 'FULL_OBJECT' ? source.object.checksum : undefined,
    parts: undefined,
    isRestored: false,
  });
  const content = `${leaf('LastModified', lastModified.toISOString())}${copyEtag(context, etag)}`;
  return xmlAnswer(document('CopyObjectResult', content), encryptionHeaders(attributes.encryption));
}

export function tooLargeToCopy(context: Context): S3Error {
  const message =
    'The specified copy source is larger than the maximum allowable size for a copy source: ' +
    `${context.limits.maxCopySize}`;
  return new S3Error('InvalidRequest', message);
}

export function copyEtag(context: Context, etag: string): string {
  return leaf('ETag', context.deviations.copyAnswerEtag === 'quoted' ? `"${etag}"` : etag);
}

function changesSomething(request: S3Request): boolean {
  if (header(request, 'x-amz-metadata-directive') === 'REPLACE') return true;
  return Object.keys(request.headers).some(
    (name) =>
      name === 'x-amz-storage-class' ||
      name === 'x-amz-website-redirect-location' ||
      name.startsWith('x-amz-server-side-encryption'),
  );
}

function attributesOfCopy(
  context: Context,
  bucket: Bucket,
  request: S3Request,
  source: { readonly bucket: Bucket; readonly object: StoredObject },
  isSelf: boolean,
): Attributes {
  return {
    headers: headersOfCopy(context, bucket, request, source.object, isSelf),
    tags: tagsOfCopy(context, request, source),
    encryption: encryptionOf(context, bucket, request),
    acl: aclOf(context, bucket, request),
  };
}

function headersOfCopy(
  context: Context,
  bucket: Bucket,
  request: S3Request,
  source: StoredObject,
  isSelf: boolean,
): Readonly<Record<string, string>> {
  const { deviations } = context;
  const {
    'x-amz-website-redirect-location': _redirect,
    'x-amz-storage-class': storageClass,
    ...inherited
  } = source.headers;
  const placement = {
    ...(storageClass !== undefined && deviations.storageClassOfCopy === 'inherited'
      ? { 'x-amz-storage-class': storageClass }
      : {}),
    ...placementOf(context, request),
  };
  if (header(request, 'x-amz-metadata-directive') === 'REPLACE') {
    const { headers } = attributesOf(context, bucket, request);
    if (!isSelf || deviations.selfCopy === 'replaced') return { ...headers, ...placement };
    const kept = Object.entries(inherited).filter(([name]) => !name.startsWith('x-amz-meta-'));
    return { ...Object.fromEntries(kept), ...headers, ...placement };
  }
  const { expires, ...withoutExpires } = inherited;
  const isDropped = expires === undefined || deviations.expiresOfCopy === 'dropped';
  return { ...withoutExpires, ...(isDropped ? {} : { expires }), ...placement };
}

function tagsOfCopy(
  context: Context,
  request: S3Request,
  source: { readonly bucket: Bucket; readonly object: StoredObject },
): ReadonlyMap<string, string> {
  if (header(request, 'x-amz-tagging-directive') === 'REPLACE')
    return tagsOf(header(request, 'x-amz-tagging'));
  // Tags come along only for those who may read and write them; without them the copy is refused.
  if (source.object.tags.size > 0) {
    context.access.demand(request, 'GetObjectTagging', source.bucket.name, source.object.key);
    context.access.demand(request, 'PutObjectTagging', request.bucket, request.key);
  }
  return source.object.tags;
}

function etagOfCopy(context: Context, encryption: Encryption | undefined, source: StoredObject): string {
  if (context.deviations.etagOfCopiedMultipart === 'inherited' && source.parts !== undefined)
    return source.etag;
  return etagOf(context, encryption, source.content);
}

export function deleteObject(context: Context, request: S3Request): Answer {
  const bucket = context.bucketOf(request);
  context.access.demand(request, 'DeleteObject', bucket.name, request.key);
  const ifMatch = header(request, 'if-match');
  if (ifMatch !== undefined && context.deviations.deleteConditions === 'honoured') {
    context.access.demand(request, 'GetObject', bucket.name, request.key);
    const object = bucket.objects.get(request.key);
    const { deleteIfMatchMissing } = context.deviations;
    if (object === undefined && deleteIfMatchMissing !== 'accepted') throw new S3Error(deleteIfMatchMissing);
    if (object !== undefined && !matches(object, ifMatch)) throw failed('If-Match');
  }
  bucket.delete(request.key);
  return { status: 204, headers: {} };
}

/** Refuses single keys of a DeleteObjects, as a fault asks for. */
export type KeyRefusal = (key: string) => S3Error | undefined;

export function deleteObjects(
  context: Context,
  request: S3Request,
  refusal: KeyRefusal = () => undefined,
): Answer {
  const bucket = context.bucketOf(request);
  checkDeleteDigest(context, request);
  const xml = request.body.text();
  if (!xml.includes('<Delete')) throw new S3Error('MalformedXML');
  const objects = elements(xml, 'Object');
  const { bulkDeleteLimit, bulkDeleteQuiet } = context.deviations;
  if (objects.length === 0 || (objects.length > 1000 && bulkDeleteLimit !== 'none')) {
    throw new S3Error(bulkDeleteLimit === 'none' ? 'MalformedXML' : bulkDeleteLimit);
  }
  const isQuiet = textOf(xml, 'Quiet') === 'true' && bulkDeleteQuiet === 'honoured';
  const answers = objects.map((object) => {
    const key = textOf(object, 'Key') ?? '';
    const error = refusal(key) ?? deleteOne(context, bucket, request, key, textOf(object, 'ETag'));
    if (error === undefined) return isQuiet ? '' : `<Deleted>${leaf('Key', key)}</Deleted>`;
    return `<Error>${leaf('Key', key)}${leaf('Code', error.code)}${leaf('Message', error.message)}</Error>`;
  });
  return xmlAnswer(document('DeleteResult', answers.join('')));
}

function checkDeleteDigest(context: Context, request: S3Request): void {
  const checksum = verifyBody(context, request);
  if (checksum === undefined && header(request, 'content-md5') === undefined) {
    throw new S3Error('InvalidRequest', 'Missing required header for this request: Content-MD5');
  }
  const isAnnounced = header(request, 'x-amz-sdk-checksum-algorithm') !== undefined;
  if (isAnnounced && checksum === undefined && context.deviations.announcedMd5 === 'refused') {
    const message =
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.';
    throw new S3Error('InvalidRequest', message);
  }
}

function deleteOne(
  context: Context,
  bucket: Bucket,
  request: S3Request,
  key: string,
  etag: string | undefined,
): S3Error | undefined {
  if (!context.access.permits(request, 'DeleteObject', bucket.name, key)) return new S3Error('AccessDenied');
  if (etag !== undefined && context.deviations.bulkDeleteConditions === 'honoured') {
    if (!context.access.permits(request, 'GetObject', bucket.name, key)) return new S3Error('AccessDenied');
    const object = bucket.objects.get(key);
    if (object === undefined) return new S3Error('NoSuchKey');
    if (!matches(object, etag)) return failed('If-Match');
  }
  bucket.delete(key);
  return undefined;
}

export function getObjectTagging(context: Context, request: S3Request): Answer {
  const { object } = existing(context, request, 'GetObjectTagging');
  const tags = [...object.tags].map(
    ([name, value]) => `<Tag>${leaf('Key', name)}${leaf('Value', value)}</Tag>`,
  );
  return xmlAnswer(document('Tagging', `<TagSet>${tags.join('')}</TagSet>`));
}

export function putObjectTagging(context: Context, request: S3Request): Answer {
  const { bucket, object } = existing(context, request, 'PutObjectTagging');
  const query = new URLSearchParams();
  for (const tag of elements(request.body.text(), 'Tag')) {
    query.append(textOf(tag, 'Key') ?? '', textOf(tag, 'Value') ?? '');
  }
  bucket.objects.set(object.key, { ...object, tags: tagsOf(query.toString()) });
  return { status: 200, headers: {} };
}

export function deleteObjectTagging(context: Context, request: S3Request): Answer {
  const { bucket, object } = existing(context, request, 'DeleteObjectTagging');
  bucket.objects.set(object.key, { ...object, tags: new Map() });
  return { status: 204, headers: {} };
}

export function getObjectAcl(context: Context, request: S3Request): Answer {
  const { objectAcl } = context.deviations;
  if (objectAcl === 'NotImplemented') throw new S3Error('NotImplemented');
  const { bucket, object } = existing(context, request, 'GetObjectAcl');
  const isNameless = objectAcl === 'nameless';
  const self = isNameless ? '' : leaf('ID', context.account);
  // What was granted before a bucket switched its ACLs off is neither heeded nor shown.
  const isShown = objectAcl === 'kept' && bucket.options.allowsAcls === true;
  const granted = isShown ? (GRANTS_OF_ACL[object.acl ?? 'private'] ?? []) : [];
  const grants = [
    grant('CanonicalUser', self, 'FULL_CONTROL'),
    ...granted.map(({ group, permission }) => grant('Group', leaf('URI', GROUPS + group), permission)),
  ];
  const named = isNameless ? `<Owner>${leaf('ID', '')}${leaf('DisplayName', '')}</Owner>` : owner(context);
  const list = `<AccessControlList>${grants.join('')}</AccessControlList>`;
  return xmlAnswer(document('AccessControlPolicy', `${named}${list}`));
}

const GROUPS = 'http://acs.amazonaws.com/groups/global/';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl, beside the owner's own grant. */
const GRANTS_OF_ACL: Readonly<
  Record<string, readonly { readonly group: string; readonly permission: string }[]>
> = {
  'public-read': [{ group: 'AllUsers', permission: 'READ' }],
  'public-read-write': [
    { group: 'AllUsers', permission: 'READ' },
    { group: 'AllUsers', permission: 'WRITE' },
  ],
  'authenticated-read': [{ group: 'AuthenticatedUsers', permission: 'READ' }],
};

function grant(type: 'CanonicalUser' | 'Group', grantee: string, permission: string): string {
  const attributes = `xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="${type}"`;
  return `<Grant><Grantee ${attributes}>${grantee}</Grantee>${leaf('Permission', permission)}</Grant>`;
}

function existing(
  context: Context,
  request: S3Request,
  action: 'GetObjectTagging' | 'PutObjectTagging' | 'DeleteObjectTagging' | 'GetObjectAcl',
): { readonly bucket: Bucket; readonly object: StoredObject } {
  const bucket = context.bucketOf(request);
  context.access.demand(request, action, bucket.name, request.key);
  const object = bucket.objects.get(request.key);
  if (object === undefined) throw missingKey(context, request);
  return { bucket, object };
}

/** STS, which lives here so that one endpoint can serve a whole run. */
export function getCallerIdentity(context: Context, request: S3Request): Answer {
  const accessKey = context.access.get(request.accessKeyId);
  const account = accessKey?.account ?? context.account;
  const arn = accessKey?.arn ?? `arn:aws:iam::${account}:user/test`;
  const userId = `AID${createHash('sha256').update(arn).digest('hex').slice(0, 18).toUpperCase()}`;
  const result = `${leaf('Arn', arn)}${leaf('UserId', userId)}${leaf('Account', account)}`;
  const metadata = `<ResponseMetadata>${leaf('RequestId', request.id)}</ResponseMetadata>`;
  return {
    status: 200,
    headers: { 'content-type': 'text/xml' },
    body:
      '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">' +
      `<GetCallerIdentityResult>${result}</GetCallerIdentityResult>${metadata}</GetCallerIdentityResponse>`,
  };
}
