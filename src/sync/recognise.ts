import { classifyETag, type Md5 } from '../model/digest.js';
import type { DigestIndex } from '../model/digest-index.js';
import type { Emit } from '../model/events.js';
import { metadataMd5 } from '../model/headers.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import type { ListedObject, LocalFile } from '../model/objects.js';
import { etagsProve, type ObjectHead, type ReadableStore, StoreError } from '../store/object-store.js';
import { forEachConcurrent } from './concurrency.js';
import type { FileDigest } from './file-bytes.js';

export interface RecogniseRequest {
  readonly store: ReadableStore;
  readonly prefix: Prefix;
  readonly files: readonly LocalFile[];
  readonly digests: ReadonlyMap<string, FileDigest>;
  readonly listing: ReadonlyMap<ObjectKey, ListedObject>;
  readonly index: DigestIndex | undefined;
  /** Whether a line about an object is believed alone: the index lies in the destination's own bucket. */
  readonly trustObjects: boolean;
  readonly concurrency: number;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/**
 * Digests of objects whose ETag proves nothing: from an index that may be believed, else by HEAD, and by HEAD
 * only where an object and the file of its key have one size. Rules 2, 3 and 4 of "when is an object equal to
 * a file". A plain ETag that differs is contradicted by nothing but KMS or a customer's key: one HEAD finds out
 * for the whole run (C7, C15).
 */
export async function recognise(request: RecogniseRequest): Promise<ReadonlyMap<ObjectKey, Md5>> {
  const { store, prefix, digests, listing, index, signal } = request;
  const vouched = new Map<ObjectKey, Md5>();
  /** Lines that contradict a plain ETag: they know more than it under KMS alone, which one HEAD must say first. */
  const underKms = new Map<ObjectKey, Md5>();
  if (request.trustObjects && index !== undefined) {
    for (const object of listing.values()) {
      const entry = index.objects.get(object.key);
      if (entry === undefined || entry.etag !== object.etag || entry.size !== object.size) continue;
      if (classifyETag(object.etag).kind !== 'md5') vouched.set(object.key, entry.md5);
      else if ((object.etag as string) !== entry.md5) underKms.set(object.key, entry.md5);
    }
  }
  const ask: ObjectKey[] = [];
  const plain: ObjectKey[] = [];
  for (const file of request.files) {
    const digest = digests.get(file.name);
    const key = (prefix + file.name) as ObjectKey;
    const object = listing.get(key);
    if (digest === undefined || object === undefined || object.size !== file.size || vouched.has(key))
      continue;
    switch (classifyETag(object.etag).kind) {
      case 'md5':
        if ((object.etag as string) !== digest.md5) plain.push(key);
        break;
      case 'multipart':
        if (!digest.etags.includes(object.etag)) ask.push(key);
        break;
      case 'opaque':
        ask.push(key);
        break;
    }
  }
  let unanswered = 0;
  const headOf = async (key: ObjectKey): Promise<ObjectHead | undefined> => {
    try {
      return await store.head(key, signal);
    } catch (error) {
      // Denied, or a customer's key that we do not have: what S3 does not say is unknown, and is sent.
      if (!(error instanceof StoreError) || (error.kind !== 'denied' && error.kind !== 'rejected'))
        throw error;
      if (unanswered++ === 0) {
        const message = `${key} is not asked about, nor others: ${error.code} to HeadObject; s3:GetObject lets unchanged files be told`;
        request.emit({ type: 'message', level: 'notice', message });
      }
      return undefined;
    }
  };
  const learn = async (key: ObjectKey): Promise<boolean> => {
    if (unanswered > 0) return false;
    const head = await headOf(key);
    // Gone or replaced since the listing: the write's own condition will say so.
    if (head === undefined || head.etag !== listing.get(key)?.etag) return false;
    const kind = classifyETag(head.etag).kind;
    if (kind === 'md5' && etagsProve(head.encryption)) return false;
    const md5 = metadataMd5(head.metadata);
    if (md5 !== undefined) vouched.set(key, md5);
    return kind === 'md5';
  };
  const probe = plain[0] ?? underKms.keys().next().value;
  if (probe !== undefined && (await learn(probe))) {
    for (const [key, md5] of underKms) vouched.set(key, md5);
    for (const key of plain) if (key !== probe && !vouched.has(key)) ask.push(key);
  }
  await forEachConcurrent(ask, request.concurrency, async (key) => {
    await learn(key);
  });
  return vouched;
}
