import { type ETag, parseETag } from '../model/digest.js';
import type { HeaderSet } from '../model/headers.js';
import type { HeadAnswer, WriteAnswer } from './calls.js';
import { type ObjectHead, StoreError, type Written } from './object-store.js';

/** Of what an answer says in place of what was asked for, so much is repeated. Characters. */
export const LONGEST_TOLD = 100;

/**
 * Throws where the answer is not S3's, as a login page is not: what it says of the object nobody knows, and least of all
 * that there is none.
 *
 * @param unsaid the size where the answer does not say it
 */
export function headOf(operation: string, answer: HeadAnswer, unsaid?: number): ObjectHead {
  const etag = etagOf(operation, answer.ETag);
  const size = answer.ContentLength ?? unsaid;
  if (size === undefined) throw unreadable(operation, 'without a Content-Length');
  return {
    size,
    etag,
    encryption:
      answer.SSECustomerAlgorithm === undefined ? answer.ServerSideEncryption : ('customer' as const),
    storageClass: answer.StorageClass ?? 'STANDARD',
    contentType: answer.ContentType,
    metadata: new Map(Object.entries(answer.Metadata ?? {}).map(([n, v]) => [n.toLowerCase(), v])),
    fields: fieldsOf(answer),
  };
}

/** Of an answer, what a rule can have decided. */
function fieldsOf(answer: HeadAnswer): HeaderSet {
  const { SSEKMSKeyId, ServerSideEncryption, StorageClass } = answer;
  const said = {
    'cache-control': answer.CacheControl,
    'content-disposition': answer.ContentDisposition,
    'content-encoding': answer.ContentEncoding,
    'content-language': answer.ContentLanguage,
    'content-type': answer.ContentType,
    expires: answer.ExpiresString,
    'x-amz-server-side-encryption': ServerSideEncryption,
    'x-amz-server-side-encryption-aws-kms-key-id': SSEKMSKeyId,
    'x-amz-storage-class': StorageClass,
    'x-amz-website-redirect-location': answer.WebsiteRedirectLocation,
  };
  const set = Object.entries(said).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(set) as HeaderSet;
}

export function written(operation: string, answer: WriteAnswer): Written {
  return {
    etag: etagOf(operation, answer.ETag),
    versionId: answer.VersionId === undefined ? undefined : detached(answer.VersionId),
    encryption: answer.ServerSideEncryption,
  };
}

export function etagOf(operation: string, text: string | undefined): ETag {
  const etag = parseETag(text);
  if (etag === undefined)
    throw new StoreError('server', 'NoETag', 200, operation, `${operation} answered without an ETag`);
  return detached(etag) as ETag;
}

/** Of a success that is not S3's. It may have taken effect: it is a lost answer (C14). */
export function unreadable(operation: string, how: string): StoreError {
  return new StoreError('server', 'InvalidAnswer', 200, operation, `${operation} answered ${how}`);
}

/** What a text may stand for that is URL-encoded, or is not. */
export function spellings(text: string): readonly string[] {
  try {
    return [text, decodeURIComponent(text), decodeURIComponent(text.replaceAll('+', '%20'))];
  } catch {
    return [text];
  }
}

/**
 * The engine keeps what is listed to the end of the run, and V8 makes a piece of a string a view of the whole: without
 * copies every page would be kept.
 */
export function detached(text: string): string {
  return Buffer.from(text).toString();
}
