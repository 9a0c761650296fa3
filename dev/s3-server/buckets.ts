import { type Answer, xmlAnswer } from './answer.js';
import type { Context } from './context.js';
import { S3Error } from './errors.js';
import { header, type S3Request } from './request.js';
import type { Bucket, StoredObject } from './state.js';
import { document, escapeXml, leaf, textOf } from './xml.js';

export function listBuckets(context: Context, request: S3Request): Answer {
  context.access.demand(request, 'ListAllMyBuckets', '', '');
  const buckets = [...context.buckets.values()]
    .map(
      ({ name, created }) =>
        `<Bucket>${leaf('Name', name)}${leaf('CreationDate', created.toISOString())}</Bucket>`,
    )
    .join('');
  return xmlAnswer(document('ListAllMyBucketsResult', `${owner(context)}<Buckets>${buckets}</Buckets>`));
}

export function createBucket(context: Context, request: S3Request): Answer {
  const name = request.bucket;
  context.access.demand(request, 'CreateBucket', name, '');
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) throw new S3Error('InvalidBucketName');
  const region = textOf(request.body.text(), 'LocationConstraint') ?? context.region;
  if (context.buckets.has(name)) {
    if (context.deviations.ownedBucket === 'refused' || region !== 'us-east-1') {
      throw new S3Error('BucketAlreadyOwnedByYou', undefined, { BucketName: name });
    }
  } else {
    context.createBucket(name, { region, allowsAcls: allowsAcls(context, request) });
  }
  return { status: 200, headers: { location: `/${name}` } };
}

/** BucketOwnerPreferred allows ACLs too, but nothing here tells owners apart. */
function allowsAcls({ deviations }: Context, request: S3Request): boolean {
  const ownership = header(request, 'x-amz-object-ownership') ?? 'BucketOwnerEnforced';
  if (deviations.ownershipOfCreate === 'ignored' || ownership === 'BucketOwnerEnforced') return false;
  if (ownership === 'ObjectWriter') return true;
  throw new S3Error('NotImplemented', undefined, { Header: 'x-amz-object-ownership' });
}

export function headBucket(context: Context, request: S3Request): Answer {
  const bucket = context.bucketOf(request);
  const region = bucket.options.region ?? context.region;
  const headers = context.deviations.bucketRegionHeader === 'sent' ? { 'x-amz-bucket-region': region } : {};
  if (!context.access.permits(request, 'ListBucket', bucket.name, '')) {
    throw new S3Error('AccessDenied', undefined, {}, headers);
  }
  return { status: 200, headers: { ...headers, 'x-amz-access-point-alias': 'false' } };
}

export function deleteBucket(context: Context, request: S3Request): Answer {
  const bucket = context.bucketOf(request);
  context.access.demand(request, 'DeleteBucket', bucket.name, '');
  if (bucket.objects.size > 0) throw new S3Error('BucketNotEmpty', undefined, { BucketName: bucket.name });
  context.buckets.delete(bucket.name);
  return { status: 204, headers: {} };
}

export function getBucketLocation(context: Context, request: S3Request): Answer {
  const bucket = context.bucketOf(request);
  context.access.demand(request, 'GetBucketLocation', bucket.name, '');
  const region = bucket.options.region ?? context.region;
  // us-east-1 is the absence of a constraint.
  return xmlAnswer(document('LocationConstraint', region === 'us-east-1' ? '' : escapeXml(region)));
}

export function getBucketVersioning(context: Context, request: S3Request): Answer {
  const bucket = context.bucketOf(request);
  context.access.demand(request, 'GetBucketVersioning', bucket.name, '');
  return xmlAnswer(document('VersioningConfiguration', ''));
}

export function getBucketOwnershipControls(context: Context, request: S3Request): Answer {
  if (context.deviations.ownershipControls === 'NotImplemented') throw new S3Error('NotImplemented');
  const bucket = context.bucketOf(request);
  context.access.demand(request, 'GetBucketOwnershipControls', bucket.name, '');
  const ownership = bucket.options.allowsAcls === true ? 'ObjectWriter' : 'BucketOwnerEnforced';
  return xmlAnswer(document('OwnershipControls', `<Rule>${leaf('ObjectOwnership', ownership)}</Rule>`));
}

export function listObjectsV2(context: Context, request: S3Request): Answer {
  const { query } = request;
  const bucket = context.bucketOf(request);
  context.access.demand(request, 'ListBucket', bucket.name, '');
  const token = query.get('continuation-token');
  const startAfter = query.get('start-after') ?? '';
  const page = pageOf(context, bucket, request, token === null ? { after: startAfter } : decodeToken(token));
  const url = query.get('encoding-type') === 'url' && context.deviations.urlEncoding === 'applied';
  const content = [
    leaf('Name', bucket.name),
    leaf('Prefix', encoded(query.get('prefix') ?? '', url)),
    leaf(
      'Delimiter',
      query.get('delimiter') === null ? undefined : encoded(query.get('delimiter') ?? '', url),
    ),
    leaf('StartAfter', startAfter === '' ? undefined : encoded(startAfter, url)),
    leaf('ContinuationToken', token ?? undefined),
    leaf('NextContinuationToken', page.next === undefined ? undefined : encodeToken(page.next)),
    leaf('KeyCount', page.objects.length + page.prefixes.length),
    leaf('MaxKeys', page.maxKeys),
    // What does not encode does not say that it did.
    leaf('EncodingType', url ? 'url' : undefined),
    leaf('IsTruncated', page.next !== undefined),
    entries(context, page, url, query.get('fetch-owner') === 'true'),
  ].join('');
  return xmlAnswer(document('ListBucketResult', content));
}

/** The listing of version 1, for the other tools in the benchmarks. */
export function listObjects(context: Context, request: S3Request): Answer {
  const { query } = request;
  const bucket = context.bucketOf(request);
  context.access.demand(request, 'ListBucket', bucket.name, '');
  const marker = query.get('marker') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  // A marker that is a common prefix stands behind all keys that it rolls up.
  const isPrefix = delimiter !== '' && marker.endsWith(delimiter);
  const page = pageOf(context, bucket, request, isPrefix ? { afterPrefix: marker } : { after: marker });
  const url = query.get('encoding-type') === 'url' && context.deviations.urlEncoding === 'applied';
  const nextMarker = delimiter === '' ? undefined : (page.next?.afterPrefix ?? page.next?.after);
  const content = [
    leaf('Name', bucket.name),
    leaf('Prefix', encoded(query.get('prefix') ?? '', url)),
    leaf('Marker', encoded(marker, url)),
    leaf('NextMarker', nextMarker === undefined ? undefined : encoded(nextMarker, url)),
    leaf('Delimiter', delimiter === '' ? undefined : encoded(delimiter, url)),
    leaf('MaxKeys', page.maxKeys),
    leaf('EncodingType', query.get('encoding-type') ?? undefined),
    leaf('IsTruncated', page.next !== undefined),
    entries(context, page, url, true),
  ].join('');
  return xmlAnswer(document('ListBucketResult', content));
}

/** Where a page begins: after a key, or after all keys with a prefix. */
interface Position {
  readonly after?: string;
  readonly afterPrefix?: string;
}

interface Page {
  readonly objects: readonly StoredObject[];
  readonly prefixes: readonly string[];
  readonly maxKeys: number;
  /** Undefined on the last page. */
  readonly next: Position | undefined;
}

function pageOf(context: Context, bucket: Bucket, request: S3Request, start: Position): Page {
  const prefix = request.query.get('prefix') ?? '';
  const delimiter = request.query.get('delimiter') ?? '';
  const maxKeys = Math.min(pageSize(request, 'max-keys'), context.limits.maxPageSize);
  const objects: StoredObject[] = [];
  const prefixes: string[] = [];
  let position = start;
  const page = (next: Position | undefined): Page => ({ objects, prefixes, maxKeys, next });
  if (maxKeys === 0) return page(undefined);
  for (;;) {
    const rolledUp = nextGroup();
    if (rolledUp === undefined) return page(undefined);
    if (rolledUp === 'full') return page(position);
    prefixes.push(rolledUp);
    position = { afterPrefix: rolledUp };
  }

  /** Adds objects up to the next common prefix, or to the end of the page or listing. */
  function nextGroup(): string | 'full' | undefined {
    for (const key of bucket.keys.from(isBefore(bucket, prefix, position))) {
      if (!key.startsWith(prefix)) return undefined;
      const object = bucket.objects.get(key);
      if (context.deviations.keysBelowKeys === 'hidden' && hasParent(bucket, key)) continue;
      const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      if (end < 0 && object === undefined) continue;
      if (objects.length + prefixes.length === maxKeys) return 'full';
      if (end >= 0) return key.slice(0, end + delimiter.length);
      if (object !== undefined) objects.push(object);
      position = { after: key };
    }
    return undefined;
  }
}

function isBefore(
  bucket: Bucket,
  prefix: string,
  { after, afterPrefix }: Position,
): (key: string) => boolean {
  const { order } = bucket.keys;
  return (key) =>
    order(key, prefix) < 0 ||
    (after !== undefined && order(key, after) <= 0) ||
    (afterPrefix !== undefined && (order(key, afterPrefix) < 0 || key.startsWith(afterPrefix)));
}

function hasParent(bucket: Bucket, key: string): boolean {
  for (let slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) {
    if (bucket.objects.has(key.slice(0, slash))) return true;
  }
  return false;
}

export function pageSize(request: S3Request, name: string): number {
  const given = request.query.get(name);
  if (given === null) return 1000;
  const size = Number(given);
  if (!Number.isInteger(size) || size < 0) {
    throw new S3Error('InvalidArgument', `Provided ${name} not an integer or within integer range`);
  }
  return size;
}

function entries(context: Context, page: Page, url: boolean, withOwner: boolean): string {
  const ownerElement = withOwner ? owner(context) : '';
  const isSpelled = context.deviations.urlEncoding === 'applied';
  const keyOf = (text: string): string => escapeXml(isSpelled ? encoded(text, url) : spelled(text));
  let xml = '';
  for (const { key, lastModified, etag, content, headers } of page.objects) {
    const storageClass = headers['x-amz-storage-class'] ?? 'STANDARD';
    xml +=
      `<Contents><Key>${keyOf(key)}</Key>` +
      `<LastModified>${lastModified.toISOString()}</LastModified><ETag>&quot;${etag}&quot;</ETag>` +
      `<Size>${content.size}</Size><StorageClass>${storageClass}</StorageClass>${ownerElement}</Contents>`;
  }
  for (const prefix of page.prefixes) {
    xml += `<CommonPrefixes><Prefix>${keyOf(prefix)}</Prefix></CommonPrefixes>`;
  }
  return xml;
}

export function owner(context: Context): string {
  return `<Owner>${leaf('ID', context.account)}${leaf('DisplayName', 'owner')}</Owner>`;
}

/** `encoding-type=url` as AWS does it: a form's encoding, but for the slash. */
export function encoded(key: string, url: boolean): string {
  if (!url) return key;
  return encodeURIComponent(key)
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', '/')
    .replaceAll('%20', '+');
}

/** As Go's XML encoder does it: U+FFFD for what XML cannot carry. */
function spelled(key: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  return key.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
}

function encodeToken(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64');
}

function decodeToken(token: string): Position {
  try {
    return JSON.parse(Buffer.from(token, 'base64').toString('utf8')) as Position;
  } catch {
    throw new S3Error('InvalidArgument', 'The continuation token provided is incorrect');
  }
}

/** Shared by HEAD and GET, which on AWS hide from those who may not list whether a key exists. */
export function missingKey(context: Context, request: S3Request): S3Error {
  const mayList = context.access.permits(request, 'ListBucket', request.bucket, '');
  if (!mayList) return new S3Error('AccessDenied');
  return new S3Error('NoSuchKey', undefined, { Key: request.key });
}

export function requestedRange(
  request: S3Request,
  size: number,
): { readonly start: number; readonly end: number } | undefined {
  const range = /^bytes=(\d*)-(\d*)$/.exec(header(request, 'range') ?? '');
  if (range === null || (range[1] === '' && range[2] === '')) return undefined;
  const start = range[1] === '' ? Math.max(size - Number(range[2]), 0) : Number(range[1]);
  const last = range[1] === '' || range[2] === '' ? size - 1 : Math.min(Number(range[2]), size - 1);
  if (start >= size || last < start) {
    throw new S3Error(
      'InvalidRange',
      undefined,
      { ActualObjectSize: `${size}` },
      { 'content-range': `bytes */${size}` },
    );
  }
  return { start, end: last + 1 };
}
