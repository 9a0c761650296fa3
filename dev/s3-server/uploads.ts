import { type Answer, xmlAnswer } from './answer.js';
import {
  attributesOf,
  checksumHeaders,
  demandKey,
  encryptionHeaders,
  hasOpaqueEtags,
  verifyBody,
  wrongChecksum,
} from './attributes.js';
import { encoded, owner, pageSize } from './buckets.js';
import { checkDestination, isConditional, unquoted } from './conditions.js';
import { Content } from './content.js';
import type { Context } from './context.js';
import { S3Error } from './errors.js';
import {
  checkKey,
  checkLength,
  copyEtag,
  copySource,
  demandWrite,
  etagOf,
  tooLargeToCopy,
} from './objects.js';
import { header, type S3Request } from './request.js';
import {
  type Bucket,
  type Checksum,
  multipartEtag,
  opaqueEtag,
  type Part,
  type StoredObject,
  type Upload,
} from './state.js';
import { document, elements, leaf, textOf } from './xml.js';

export function createMultipartUpload(context: Context, request: S3Request): Answer {
  const bucket = context.bucketOf(request);
  demandWrite(context, request);
  checkKey(context, bucket, request);
  const checksum = declaredChecksum(request);
  const upload: Upload = {
    ...attributesOf(context, bucket, request),
    id: `upload-${context.nextId()}`,
    key: request.key,
    initiated: context.now(),
    checksum,
    parts: new Map(),
    isOvertaken: false,
  };
  demandKey(context, request, upload.encryption, 'kms:GenerateDataKey');
  bucket.addUpload(upload);
  const content = `${leaf('Bucket', bucket.name)}${leaf('Key', upload.key)}${leaf('UploadId', upload.id)}`;
  return xmlAnswer(document('InitiateMultipartUploadResult', content), {
    ...encryptionHeaders(upload.encryption),
    ...(checksum === undefined
      ? {}
      : { 'x-amz-checksum-algorithm': checksum.algorithm, 'x-amz-checksum-type': checksum.type }),
  });
}

/** CRC64NVME is always of the full object; the others are composite unless the request says otherwise. */
function declaredChecksum(request: S3Request): Checksum | undefined {
  const algorithm = header(request, 'x-amz-checksum-algorithm');
  if (algorithm === undefined) return undefined;
  const isFull = header(request, 'x-amz-checksum-type') === 'FULL_OBJECT' || algorithm === 'CRC64NVME';
  return { algorithm, type: isFull ? 'FULL_OBJECT' : 'COMPOSITE', value: undefined };
}

export function uploadPart(context: Context, request: S3Request): Answer {
  demandWrite(context, request);
  const { upload } = openUpload(context, request);
  const number = partNumber(request);
  checkLength(context, request);
  if (request.body.size > context.limits.maxPartSize) {
    throw new S3Error('InvalidRequest', 'Your proposed upload exceeds the maximum allowed object size.');
  }
  const checksum = verifyBody(context, request);
  if (checksum === undefined) checkMissingChecksum(context, upload);
  const etag = etagOf(context, upload.encryption, request.body);
  const isDeclared = checksum?.algorithm === upload.checksum?.algorithm;
  const stored = isDeclared ? checksum : partChecksum(upload, request.body);
  upload.parts.set(number, {
    number,
    content: request.body,
    etag,
    lastModified: context.now(),
    checksum: stored,
  });
  const shown = checksum ?? stored;
  return {
    status: 200,
    headers: { etag: `"${etag}"`, ...encryptionHeaders(upload.encryption), ...checksumHeaders(shown) },
  };
}

function checkMissingChecksum(context: Context, upload: Upload): void {
  if (upload.checksum === undefined) return;
  if (upload.checksum.type === 'FULL_OBJECT' && context.deviations.partWithoutChecksum === 'accepted') return;
  const expected = upload.checksum.algorithm.toLowerCase();
  const message = `Checksum Type mismatch occurred, expected checksum Type: ${expected}, actual checksum Type: null`;
  throw new S3Error(
    context.deviations.partWithoutChecksum === 'accepted' ? 'InvalidRequest' : 'InvalidArgument',
    message,
  );
}

function partChecksum(upload: Upload, content: Content): Checksum | undefined {
  if (upload.checksum === undefined) return undefined;
  return { ...upload.checksum, value: content.checksum(upload.checksum.algorithm) };
}

export function uploadPartCopy(context: Context, request: S3Request): Answer {
  demandWrite(context, request);
  const { upload } = openUpload(context, request);
  const number = partNumber(request);
  const source = copySource(context, request).object;
  const { start, end } = copyRange(context, request, source);
  if (end - start > context.limits.maxCopySize) throw tooLargeToCopy(context);
  if (context.deviations.partWithoutChecksum === 'refused') checkMissingChecksum(context, upload);
  const content = source.content.slice(start, end);
  const etag = etagOfCopiedPart(context, upload, source, content, start, end);
  const lastModified = context.now();
  const checksum = checksumOfCopiedPart(context, upload, source, content);
  upload.parts.set(number, { number, content, etag, lastModified, checksum });
  const algorithm = checksum?.algorithm ?? '';
  const answer = [
    leaf('LastModified', lastModified.toISOString()),
    copyEtag(context, etag),
    leaf(`Checksum${algorithm}`, checksum?.value),
  ];
  return xmlAnswer(document('CopyPartResult', answer.join('')), encryptionHeaders(upload.encryption));
}

function checksumOfCopiedPart(
  context: Context,
  upload: Upload,
  { checksum }: StoredObject,
  content: Content,
): Checksum | undefined {
  const isInherited =
    context.deviations.partCopyChecksum === 'inherited' && checksum?.algorithm === upload.checksum?.algorithm;
  return isInherited && checksum?.value !== undefined ? checksum : partChecksum(upload, content);
}

function copyRange(
  context: Context,
  request: S3Request,
  source: StoredObject,
): { readonly start: number; readonly end: number } {
  const range = header(request, 'x-amz-copy-source-range');
  const { size } = source.content;
  if (range === undefined) return { start: 0, end: size };
  const match = /^bytes=(\d+)-(\d*)$/.exec(range);
  const isOpen = match?.[2] === '';
  const { partCopyOpenRange, partCopyRangeError } = context.deviations;
  if (match === null || (isOpen && partCopyOpenRange === 'refused')) {
    const message =
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the ' +
      'zero-based offsets of the first and last bytes to copy';
    throw new S3Error(partCopyRangeError, message);
  }
  const start = Number(match[1]);
  const end = isOpen ? size : Number(match[2]) + 1;
  if (start >= end || end > size) {
    throw new S3Error(partCopyRangeError, `Range specified is not valid for source object of size: ${size}`);
  }
  return { start, end };
}

/** SeaweedFS stores objects in chunks of 4 MiB and answers with what it knows of those that the range touches. */
const CHUNK = 4 * 1024 ** 2;

function etagOfCopiedPart(
  context: Context,
  upload: Upload,
  source: StoredObject,
  content: Content,
  start: number,
  end: number,
): string {
  if (context.deviations.partCopyEtag === 'md5') return etagOf(context, upload.encryption, content);
  const chunks: Part[] = [];
  for (let offset = start - (start % CHUNK); offset < end; offset += CHUNK) {
    const chunk = source.content.slice(offset, Math.min(offset + CHUNK, source.content.size));
    chunks.push({
      number: chunks.length + 1,
      content: chunk,
      etag: chunk.md5,
      lastModified: source.lastModified,
      checksum: undefined,
    });
  }
  if (chunks.length === 0) return content.md5;
  return chunks.length === 1 ? chunks[0]!.etag : multipartEtag(chunks);
}

export function listParts(context: Context, request: S3Request): Answer {
  context.access.demand(request, 'ListMultipartUploadParts', request.bucket, request.key);
  const { bucket, upload } = openUpload(context, request);
  const marker = Number(request.query.get('part-number-marker') ?? 0);
  const maxParts = Math.min(pageSize(request, 'max-parts'), context.limits.maxPageSize);
  const parts = [...upload.parts.values()]
    .filter(({ number }) => number > marker)
    .sort((a, b) => a.number - b.number);
  const page = parts.slice(0, maxParts);
  const isTruncated = parts.length > page.length;
  const content = [
    leaf('Bucket', bucket.name),
    leaf('Key', upload.key),
    leaf('UploadId', upload.id),
    owner(context),
    leaf('StorageClass', upload.headers['x-amz-storage-class'] ?? 'STANDARD'),
    leaf('PartNumberMarker', marker),
    leaf('NextPartNumberMarker', page.at(-1)?.number ?? marker),
    leaf('MaxParts', maxParts),
    leaf('IsTruncated', isTruncated),
    leaf('ChecksumAlgorithm', upload.checksum?.algorithm),
    leaf('ChecksumType', upload.checksum?.type),
    ...page.map(
      ({ number, lastModified, etag, content: { size } }) =>
        `<Part>${leaf('PartNumber', number)}${leaf('LastModified', lastModified.toISOString())}` +
        `${leaf('ETag', `"${etag}"`)}${leaf('Size', size)}</Part>`,
    ),
  ].join('');
  return xmlAnswer(document('ListPartsResult', content));
}

export function listMultipartUploads(context: Context, request: S3Request): Answer {
  const { query } = request;
  const bucket = context.bucketOf(request);
  context.access.demand(request, 'ListBucketMultipartUploads', bucket.name, '');
  if (query.has('delimiter')) throw new S3Error('NotImplemented');
  const prefix = query.get('prefix') ?? '';
  const keyMarker = query.get('key-marker') ?? '';
  const idMarker = query.get('upload-id-marker') ?? '';
  const maxUploads = Math.min(pageSize(request, 'max-uploads'), context.limits.maxPageSize);
  const { order } = bucket.keys;
  const isFound = context.deviations.uploadsPrefix === 'key' ? isWholeKey : startsWith;
  // Sorting is stable: uploads of one key stay in the order of their creation, which is that of their ids.
  const sorted = [...bucket.uploads.values()]
    .filter(({ key }) => isFound(key))
    .sort((a, b) => order(a.key, b.key));
  const rest = sorted.filter(({ key, id }) => {
    if (keyMarker === '') return true;
    const compared = order(key, keyMarker);
    return compared > 0 || (compared === 0 && idMarker !== '' && id > idMarker);
  });
  const page = rest.slice(0, maxUploads);
  const last = rest.length > page.length ? page.at(-1) : undefined;
  const url = query.get('encoding-type') === 'url' && context.deviations.urlEncoding === 'applied';
  const content = [
    leaf('Bucket', bucket.name),
    leaf('KeyMarker', encoded(keyMarker, url)),
    leaf('UploadIdMarker', idMarker),
    leaf('NextKeyMarker', last === undefined ? undefined : encoded(last.key, url)),
    leaf('NextUploadIdMarker', last?.id),
    leaf('Prefix', encoded(prefix, url)),
    leaf('MaxUploads', maxUploads),
    leaf('EncodingType', query.get('encoding-type') ?? undefined),
    leaf('IsTruncated', last !== undefined),
    ...page.map(
      ({ key, id, initiated, headers }) =>
        `<Upload>${leaf('Key', encoded(key, url))}${leaf('UploadId', id)}${owner(context)}` +
        `${leaf('StorageClass', headers['x-amz-storage-class'] ?? 'STANDARD')}` +
        `${leaf('Initiated', initiated.toISOString())}</Upload>`,
    ),
  ].join('');
  return xmlAnswer(document('ListMultipartUploadsResult', content));

  function startsWith(key: string): boolean {
    return key.startsWith(prefix);
  }

  function isWholeKey(key: string): boolean {
    return prefix === '' || key === prefix;
  }
}

export function completeMultipartUpload(context: Context, request: S3Request): Answer {
  const bucket = context.bucketOf(request);
  demandWrite(context, request);
  const upload = bucket.uploads.get(request.query.get('uploadId') ?? '');
  if (upload === undefined || upload.key !== request.key) return completeAgain(context, bucket, request);
  const named = namedParts(context, request, upload);
  checkConflict(context, bucket, request, upload);
  checkDestination(context, bucket, request);
  const parts = chosenParts(context, upload, named);
  // S3 reads the parts to make the object of them.
  demandKey(context, request, upload.encryption, 'kms:Decrypt');
  const content = Content.concat(parts.map((part) => part.content));
  const checksum = completedChecksum(context, request, upload, content, parts, named);
  const declaredSize = header(request, 'x-amz-mp-object-size');
  if (declaredSize !== undefined && Number(declaredSize) !== content.size) {
    throw new S3Error(
      'InvalidRequest',
      'The provided x-amz-mp-object-size does not match the size of the object',
    );
  }
  const isOpaque = hasOpaqueEtags(upload.encryption);
  const etag = isOpaque ? `${opaqueEtag(context.nextId())}-${parts.length}` : multipartEtag(parts);
  const isLate = context.deviations.lastModifiedOfMultipart === 'completion';
  const object: StoredObject = {
    headers: upload.headers,
    tags: upload.tags,
    encryption: upload.encryption,
    acl: upload.acl,
    key: upload.key,
    content,
    etag,
    lastModified: isLate ? context.now() : upload.initiated,
    checksum,
    parts: parts.map((part) => part.content.size),
    isRestored: false,
  };
  const loses =
    upload.isOvertaken && !isConditional(request) && context.deviations.overtakenComplete === 'loses';
  bucket.removeUpload(upload);
  // The younger PUT stays the object although this answers 200: the upload counts as of its creation.
  if (!loses) bucket.put(object);
  bucket.completed.set(upload.id, { key: upload.key, etag });
  return completeAnswer(bucket, request, etag, checksum, encryptionHeaders(upload.encryption));
}

interface NamedPart {
  readonly number: number;
  readonly etag: string;
  /** In the upload's algorithm. */
  readonly checksum: string | undefined;
}

function namedParts(context: Context, request: S3Request, upload: Upload): readonly NamedPart[] {
  const xml = request.body.text();
  const parts = elements(xml, 'Part').map((part) => ({
    number: Number(textOf(part, 'PartNumber')),
    etag: unquoted(textOf(part, 'ETag') ?? ''),
    checksum:
      upload.checksum === undefined ? undefined : textOf(part, `Checksum${upload.checksum.algorithm}`),
  }));
  if (parts.length === 0) throw new S3Error(context.deviations.emptyComplete);
  return parts;
}

/** A conditional Complete of a key that was written or deleted since Create; the upload is lost with it. */
function checkConflict(context: Context, bucket: Bucket, request: S3Request, upload: Upload): void {
  if (!upload.isOvertaken || !isConditional(request)) return;
  if (context.deviations.completeConflict === 'evaluated') return;
  bucket.removeUpload(upload);
  throw new S3Error('ConditionalRequestConflict', undefined, { Key: upload.key });
}

function chosenParts(context: Context, upload: Upload, named: readonly NamedPart[]): readonly Part[] {
  const checkOrder = (): void => {
    for (const [i, { number }] of named.entries()) {
      if (i > 0 && number <= named[i - 1]!.number) throw new S3Error('InvalidPartOrder');
    }
  };
  if (context.deviations.completeChecksFirst === 'order') checkOrder();
  const parts = named.map(({ number, etag, checksum }) => {
    const part = upload.parts.get(number);
    if (part === undefined || part.etag !== etag) {
      throw new S3Error('InvalidPart', undefined, {
        UploadId: upload.id,
        PartNumber: `${number}`,
        ETag: etag,
      });
    }
    const stored = part.checksum?.value;
    if (checksum !== undefined && stored !== undefined && checksum !== stored) {
      throw new S3Error(context.deviations.wrongPartChecksum);
    }
    return part;
  });
  for (const { number, content } of parts.slice(0, -1)) {
    if (content.size >= context.limits.minPartSize) continue;
    throw new S3Error('EntityTooSmall', undefined, {
      ProposedSize: `${content.size}`,
      MinSizeAllowed: `${context.limits.minPartSize}`,
      PartNumber: `${number}`,
    });
  }
  checkOrder();
  return parts;
}

function completedChecksum(
  context: Context,
  request: S3Request,
  upload: Upload,
  content: Content,
  parts: readonly Part[],
  named: readonly NamedPart[],
): Checksum | undefined {
  if (upload.checksum === undefined) return undefined;
  const { algorithm, type } = upload.checksum;
  const { completeWithoutPartChecksums } = context.deviations;
  const isStrict = type === 'COMPOSITE' || completeWithoutPartChecksums !== 'accepted';
  if (isStrict && named.some(({ checksum }) => checksum === undefined)) {
    const message =
      `The upload was created using a ${algorithm.toLowerCase()} checksum. ` +
      'The complete request must include the checksum for each part.';
    const code =
      completeWithoutPartChecksums === 'accepted' ? 'InvalidRequest' : completeWithoutPartChecksums;
    throw new S3Error(code, message);
  }
  if (type === 'COMPOSITE') return { algorithm, type, value: undefined };
  const given = header(request, `x-amz-checksum-${algorithm.toLowerCase()}`);
  const value = content.checksum(algorithm);
  // It is combined from those of the parts, so a copied range that has the checksum of its whole source spoils it.
  const isSpoilt =
    context.deviations.partCopyChecksum === 'inherited' &&
    parts.some((part) => part.checksum?.value !== part.content.checksum(algorithm));
  const isRight = given === value && !isSpoilt;
  if (given !== undefined && value !== undefined && !isRight) throw wrongChecksum(context, algorithm);
  return { algorithm, type, value: value ?? given };
}

function completeAgain(context: Context, bucket: Bucket, request: S3Request): Answer {
  const completed = bucket.completed.get(request.query.get('uploadId') ?? '');
  if (completed === undefined || completed.key !== request.key) throw noSuchUpload(request);
  if (context.deviations.conditionalCompleteRetry === 'PreconditionFailed')
    checkDestination(context, bucket, request);
  if (context.deviations.completeRetry === 'NoSuchUpload') throw noSuchUpload(request);
  return completeAnswer(bucket, request, completed.etag, undefined, {});
}

function completeAnswer(
  bucket: Bucket,
  request: S3Request,
  etag: string,
  checksum: Checksum | undefined,
  headers: Readonly<Record<string, string>>,
): Answer {
  const location = `http://${request.headers.host ?? 'localhost'}/${bucket.name}/${encodeURIComponent(request.key)}`;
  const content = [
    leaf('Location', location),
    leaf('Bucket', bucket.name),
    leaf('Key', request.key),
    leaf('ETag', `"${etag}"`),
    leaf(`Checksum${checksum?.algorithm ?? ''}`, checksum?.value),
    leaf('ChecksumType', checksum?.type),
  ].join('');
  return xmlAnswer(document('CompleteMultipartUploadResult', content), headers);
}

export function abortMultipartUpload(context: Context, request: S3Request): Answer {
  const bucket = context.bucketOf(request);
  context.access.demand(request, 'AbortMultipartUpload', bucket.name, request.key);
  const upload = bucket.uploads.get(request.query.get('uploadId') ?? '');
  if (upload !== undefined && upload.key === request.key) bucket.removeUpload(upload);
  else if (context.deviations.secondAbort === 'NoSuchUpload') throw noSuchUpload(request);
  return { status: 204, headers: {} };
}

function openUpload(
  context: Context,
  request: S3Request,
): { readonly bucket: Bucket; readonly upload: Upload } {
  const bucket = context.bucketOf(request);
  const upload = bucket.uploads.get(request.query.get('uploadId') ?? '');
  if (upload === undefined || upload.key !== request.key) throw noSuchUpload(request);
  return { bucket, upload };
}

function noSuchUpload(request: S3Request): S3Error {
  return new S3Error('NoSuchUpload', undefined, { UploadId: request.query.get('uploadId') ?? '' });
}

function partNumber(request: S3Request): number {
  const number = Number(request.query.get('partNumber'));
  if (Number.isInteger(number) && number >= 1 && number <= 10_000) return number;
  throw new S3Error('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive', {
    ArgumentName: 'partNumber',
    ArgumentValue: request.query.get('partNumber') ?? '',
  });
}
