import { isUtf8 } from 'node:buffer';
import { META } from '../model/header-rules.js';
import type {
  CopyAnswer,
  CreateAnswer,
  DeleteBatchAnswer,
  GetAnswer,
  HeadAnswer,
  ListAnswer,
  ListedEntry,
  PartAnswer,
  PartCopyAnswer,
  WriteAnswer,
} from './calls.js';
import { AnswerError } from './store-errors.js';
import { childrenOf, parseXml, textOf, type XmlElement } from './xml.js';

/** Names in lower case. */
export type WireHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** An HTTP answer, whole. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: WireHeaders;
  readonly body: Buffer;
}

/** The longest message of an error that is kept: it goes into logs and the report. */
const LONGEST_MESSAGE = 1_000;

/** S3's are words; what is not one is a stranger's. */
const CODE = /^[\w.:-]{1,100}$/;

/**
 * Throws what an answer refuses. A 200 can be a refusal too: CopyObject, UploadPartCopy and Complete begin to answer
 * before they are done.
 *
 * @param isContent whether the body is an object's, which may hold anything
 */
export function throwRefusal(answer: WireAnswer, isContent: boolean): void {
  const { status, body } = answer;
  const isSuccess = status >= 200 && status < 300;
  if (isSuccess && isContent) return;
  if (isSuccess && !body.subarray(-64).toString('latin1').trimEnd().endsWith('</Error>')) return;
  const { code: said, message } = saidIn(answer);
  const code = said !== undefined && CODE.test(said) ? said : undefined;
  // A HEAD has no body, and who answers in S3's place has another: the status says it. Ceph gives a code and no words.
  throw new AnswerError(
    code ?? (status === 403 ? 'AccessDenied' : String(status)),
    (message || code || `HTTP ${status}`).slice(0, LONGEST_MESSAGE),
    answer,
  );
}

function saidIn(answer: WireAnswer): {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
} {
  try {
    const root = read(answer);
    return root.name === 'Error' ? { code: textOf(root, 'Code'), message: textOf(root, 'Message') } : {};
  } catch {
    // Whatever a proxy says in place of S3, or an error that says one of them twice; the status speaks for it.
    return {};
  }
}

export function readList(answer: WireAnswer): ListAnswer {
  const root = rootOf(answer);
  // Anything else is no listing, which the store says.
  if (root.name !== 'ListBucketResult') return {};
  const date = lastOf(dateOf);
  return reading(answer, () => {
    const EncodingType = textOf(root, 'EncodingType');
    return {
      IsTruncated: booleanOf(textOf(root, 'IsTruncated')),
      Prefix: textOf(root, 'Prefix'),
      KeyCount: sizeOf(textOf(root, 'KeyCount') || undefined),
      EncodingType,
      NextContinuationToken: textOf(root, 'NextContinuationToken'),
      Contents: childrenOf(root, 'Contents').map((element) => entryOf(element, date)),
      CommonPrefixes: childrenOf(root, 'CommonPrefixes').map((element) => ({
        Prefix: textOf(element, 'Prefix'),
      })),
    };
  });
}

/** One pass over the members: there are 1,000 entries a page, each with 5 to 10. */
function entryOf({ children }: XmlElement, date: typeof dateOf): ListedEntry {
  let Key: string | undefined;
  let ETag: string | undefined;
  let StorageClass: string | undefined;
  let Size: string | undefined;
  let LastModified: string | undefined;
  for (const child of children) {
    switch (child.name) {
      case 'Key':
        Key = onlyText(child, Key);
        break;
      case 'ETag':
        ETag = onlyText(child, ETag);
        break;
      case 'StorageClass':
        StorageClass = onlyText(child, StorageClass);
        break;
      case 'Size':
        Size = onlyText(child, Size);
        break;
      case 'LastModified':
        LastModified = onlyText(child, LastModified);
        break;
    }
  }
  return {
    Key,
    ETag,
    StorageClass,
    Size: sizeOf(Size),
    LastModified: date(LastModified),
  };
}

/** Objects that were written together were written at one time: most entries of a page have that of the one before. */
function lastOf<T>(of: (text: string | undefined) => T): (text: string | undefined) => T {
  let last: { readonly text: string | undefined; readonly value: T } | undefined;
  return (text) => {
    if (last === undefined || last.text !== text) last = { text, value: of(text) };
    return last.value;
  };
}

function onlyText({ name, text, children }: XmlElement, before: string | undefined): string {
  if (before !== undefined || children.length > 0) throw new Error(`${name} is not one text`);
  return text;
}

export function readHead(answer: WireAnswer): HeadAnswer {
  const { headers } = answer;
  const metadata: [string, string][] = [];
  for (const name of Object.keys(headers)) {
    if (name.startsWith(META)) metadata.push([name.slice(META.length), header(headers, name) ?? '']);
  }
  return {
    ContentLength: reading(answer, () => sizeOf(header(headers, 'content-length'))),
    ETag: header(headers, 'etag'),
    CacheControl: header(headers, 'cache-control'),
    ContentDisposition: header(headers, 'content-disposition'),
    ContentEncoding: header(headers, 'content-encoding'),
    ContentLanguage: header(headers, 'content-language'),
    ContentType: header(headers, 'content-type'),
    ExpiresString: header(headers, 'expires'),
    SSECustomerAlgorithm: header(headers, 'x-amz-server-side-encryption-customer-algorithm'),
    SSEKMSKeyId: header(headers, 'x-amz-server-side-encryption-aws-kms-key-id'),
    ServerSideEncryption: header(headers, 'x-amz-server-side-encryption'),
    StorageClass: header(headers, 'x-amz-storage-class'),
    WebsiteRedirectLocation: header(headers, 'x-amz-website-redirect-location'),
    // From entries: a name may be `__proto__`.
    Metadata: Object.fromEntries(metadata),
  };
}

export function readGet(answer: WireAnswer): GetAnswer {
  return { ...readHead(answer), Body: answer.body, ContentRange: header(answer.headers, 'content-range') };
}

export function readPut({ headers }: WireAnswer): WriteAnswer {
  return { ETag: header(headers, 'etag'), ...writtenBy(headers) };
}

export function readPart({ headers }: WireAnswer): PartAnswer {
  return { ETag: header(headers, 'etag') };
}

export function readCopy(answer: WireAnswer): CopyAnswer {
  return { CopyObjectResult: etagIn(answer, 'CopyObjectResult'), ...writtenBy(answer.headers) };
}

export function readPartCopy(answer: WireAnswer): PartCopyAnswer {
  return { CopyPartResult: etagIn(answer, 'CopyPartResult') };
}

export function readComplete(answer: WireAnswer): WriteAnswer {
  return { ...etagIn(answer, 'CompleteMultipartUploadResult'), ...writtenBy(answer.headers) };
}

export function readCreate(answer: WireAnswer): CreateAnswer {
  const root = rootOf(answer, 'InitiateMultipartUploadResult');
  const { Key, UploadId } = reading(answer, () => ({
    Key: textOf(root, 'Key'),
    UploadId: textOf(root, 'UploadId'),
  }));
  return { Key, UploadId: UploadId || undefined, ...writtenBy(answer.headers) };
}

export function readDeleteBatch(answer: WireAnswer): DeleteBatchAnswer {
  const root = rootOf(answer, 'DeleteResult');
  return reading(answer, () => ({
    Deleted: childrenOf(root, 'Deleted').map((element) => ({ Key: textOf(element, 'Key') })),
    Errors: childrenOf(root, 'Error').map((element) => ({
      Key: textOf(element, 'Key'),
      Code: textOf(element, 'Code'),
      Message: textOf(element, 'Message')?.slice(0, LONGEST_MESSAGE),
    })),
  }));
}

function etagIn(answer: WireAnswer, name: string): PartAnswer {
  const root = rootOf(answer, name);
  return { ETag: reading(answer, () => textOf(root, 'ETag')) };
}

function writtenBy(headers: WireHeaders): Pick<WriteAnswer, 'ServerSideEncryption' | 'VersionId'> {
  return {
    ServerSideEncryption: header(headers, 'x-amz-server-side-encryption'),
    VersionId: header(headers, 'x-amz-version-id'),
  };
}

function header(headers: WireHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'object' ? value.join(',') : value;
}

/** @param name of the root that the answer must have; absent: any */
function rootOf(answer: WireAnswer, name?: string): XmlElement {
  return reading(answer, () => {
    const root = read(answer);
    if (name !== undefined && root.name !== name) throw new Error(`its root is ${root.name}, not ${name}`);
    return root;
  });
}

/** A success that cannot be read has been sent, so it may have taken effect: it is a lost answer (C14). */
function reading<T>(answer: WireAnswer, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const { message } = cause as Error;
    throw new AnswerError('InvalidAnswer', `the answer is not S3's: ${message}`, answer, { cause });
  }
}

function read({ headers, body }: WireAnswer): XmlElement {
  const encoding = header(headers, 'content-encoding');
  if (!isUtf8(body))
    throw new Error(
      encoding === undefined
        ? 'it is not UTF-8'
        : `it is compressed (${encoding.slice(0, 20)}) unasked, as a proxy does`,
    );
  return parseXml(body.toString('utf8'));
}

function booleanOf(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  if (text === 'true' || text === 'false') return text === 'true';
  throw new Error(`${JSON.stringify(text.slice(0, 20))} is not true or false`);
}

function sizeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const size = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(size)) throw new Error(`${JSON.stringify(text.slice(0, 20))} is not a size`);
  return size;
}

function dateOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw new Error(`${JSON.stringify(text.slice(0, 40))} is not a time`);
  return date;
}
