import { base64OfMd5, classifyETag, type ETag, type Md5, parseETag } from '../model/digest.js';
import { READER_HEADERS } from '../model/header-rules.js';
import { metadataMd5, type ObjectHeaders } from '../model/headers.js';
import type { ObjectKey } from '../model/object-key.js';
import type { Condition } from '../model/plan.js';
import { unreadable, written } from './object-answers.js';
import { conditionOf, type ObjectInputs } from './object-inputs.js';
import {
  CHANGED_AFTER_WRITE,
  etagsProve,
  type ObjectHead,
  type PutRequest,
  StoreError,
  type Written,
} from './object-store.js';
import type { Requests } from './requests.js';

/** Writes of whole objects, and what proves those whose answers were lost or are another's. */
export class Writes {
  readonly #requests: Requests;
  readonly #inputs: ObjectInputs;
  /** The server gives ETags that are no digests of what was sent. */
  #hasOtherETags = false;

  constructor(requests: Requests, inputs: ObjectInputs) {
    this.#requests = requests;
    this.#inputs = inputs;
  }

  async put(request: PutRequest, signal: AbortSignal): Promise<Written> {
    return this.create(request.key, request.condition, signal, (condition) =>
      this.#put(request, condition, signal),
    );
  }

  async #put(request: PutRequest, condition: Condition | undefined, signal: AbortSignal): Promise<Written> {
    const { key, body, md5 } = request;
    // Spread last: each member behind a spread takes Node 20 a microsecond.
    const input = {
      Key: key,
      Body: body,
      ContentLength: body.length,
      ContentMD5: base64OfMd5(md5),
      Metadata: request.headers.metadata,
      ...this.#requests.every,
      ...this.#inputs.decided(request.headers),
      ...conditionOf(condition),
    };
    const etag = md5 as string as ETag;
    const expected = { etags: [etag], size: body.length, md5, before: etagBefore(request.condition) };
    return this.#requests.call(
      'PutObject',
      signal,
      async () => written('PutObject', await (await this.#requests.calls()).putObject(input, signal)),
      {
        changes: key,
        judge: (attempts) => this.judge(key, expected, signal, attempts),
        check: (answer) => this.ownAnswer('PutObject', key, [etag], answer, signal),
      },
    );
  }

  /**
   * Makes a conditional write. Where a server takes something else for an object and refuses to create one of that name, a
   * HEAD tells, and the write goes out once more: over a delete marker bound to the ETag that the marker has there, beside
   * a directory without its condition.
   */
  async create(
    key: ObjectKey,
    condition: Condition | undefined,
    signal: AbortSignal,
    write: (condition: Condition | undefined) => Promise<Written>,
  ): Promise<Written> {
    try {
      return await write(condition);
    } catch (thrown) {
      const { directoriesAreKeys, deleteMarkersAreKeys } = this.#requests.provider();
      const isCreate = condition !== undefined && 'ifNoneMatch' in condition;
      const isTaken = thrown instanceof StoreError && thrown.status === 412;
      if (!isCreate || !isTaken || !(directoriesAreKeys || deleteMarkersAreKeys)) throw thrown;
      if ((await this.#requests.head(key, signal)) !== undefined) throw thrown;
      if (deleteMarkersAreKeys) return write({ ifMatch: await this.#deletedETag(key, thrown, signal) });
      const written = await write(undefined);
      // Nothing kept another writer out in between: who was last is seen at least.
      const head = await this.#requests.head(key, signal);
      if (head?.etag === written.etag) return written;
      const told = 'the object is not the one that was written';
      throw new StoreError('condition', CHANGED_AFTER_WRITE, 412, thrown.operation, told, { cause: thrown });
    }
  }

  /** The ETag of what was deleted last. Rejects with the refusal where no delete marker is in the way of the key. */
  async #deletedETag(key: ObjectKey, refusal: StoreError, signal: AbortSignal): Promise<ETag> {
    const page = await this.#requests.call('ListObjectVersions', signal, async () =>
      (await this.#requests.rareCalls()).listObjectVersions({ ...this.#requests.every, Prefix: key }, signal),
    );
    const isDeleted = page.DeleteMarkers?.some((marker) => marker.Key === key && marker.IsLatest === true);
    if (isDeleted !== true) throw refusal;
    // The newest comes first.
    const etag = parseETag(page.Versions?.find((version) => version.Key === key)?.ETag);
    if (etag !== undefined) return etag;
    const told = `${this.#requests.provider().name} takes its delete marker for an object and keeps no version of it: delete the marker by its version id`;
    throw new StoreError('rejected', 'KeyIsDeleteMarker', 412, refusal.operation, told, { cause: refusal });
  }

  /** Whether the key holds what we sent: size and ETag, or under KMS size and our own metadata. */
  async judge(
    key: ObjectKey,
    expected: {
      readonly etags: readonly ETag[];
      readonly size: number;
      readonly md5: Md5 | undefined;
      /** Of a copy onto itself: the metadata named the same bytes before, so all that was sent must be there. */
      readonly refresh?: ObjectHeaders | undefined;
      /** What was there before: where it has the same bytes, nothing tells it from what was sent but its headers. */
      readonly before?: ETag | undefined;
    },
    signal: AbortSignal,
    attempts?: number,
  ): Promise<Written | undefined> {
    const head = await this.#requests.head(key, signal, attempts);
    if (head === undefined || head.size !== expected.size || head.etag === expected.before) return undefined;
    const proved =
      expected.etags.includes(head.etag) ||
      // Metadata speaks only where the ETag cannot contradict it (C15).
      ((expected.refresh === undefined
        ? !etagsProve(head.encryption) || classifyETag(head.etag).kind !== 'md5'
        : !etagsProve(head.encryption) && hasHeaders(head, expected.refresh)) &&
        expected.md5 !== undefined &&
        metadataMd5(head.metadata) === expected.md5);
    return proved ? { etag: head.etag, versionId: undefined, encryption: head.encryption } : undefined;
  }

  /**
   * An answer with the digest of other bytes than were written is another request's, whatever stands in between, unless the
   * object has it too: the ETags of some servers are no digests. Rejects where the object is not the one that was written.
   *
   * @param refresh of a copy onto itself: the bytes were there before, so all that was sent must be
   */
  async ownAnswer(
    operation: string,
    key: ObjectKey,
    expected: readonly ETag[],
    answer: Written,
    signal: AbortSignal,
    refresh?: ObjectHeaders,
  ): Promise<Written> {
    const isNoDigest = classifyETag(answer.etag).kind === 'opaque' || !etagsProve(answer.encryption);
    if (expected.includes(answer.etag) || isNoDigest || this.#hasOtherETags) return answer;
    let head: ObjectHead | undefined;
    try {
      head = await this.#requests.head(key, signal);
    } catch (error) {
      // Who may write need not be allowed to read.
      if (!(error instanceof StoreError) || error.kind !== 'denied') throw error;
      this.#hasOtherETags = true;
      return answer;
    }
    if (
      head !== undefined &&
      expected.includes(head.etag) &&
      (refresh === undefined || hasHeaders(head, refresh))
    )
      return { etag: head.etag, versionId: undefined, encryption: head.encryption };
    if (head?.etag !== answer.etag)
      throw unreadable(operation, `with the ETag of something else (${answer.etag})`);
    this.#hasOtherETags = true;
    return answer;
  }
}

/** Whether an object answers what was sent with it, as far as HEAD says it, and nothing else. */
function hasHeaders(head: ObjectHead, { contentType, metadata, fields = {} }: ObjectHeaders): boolean {
  const sent = Object.entries(metadata);
  return (
    head.contentType === contentType &&
    head.metadata.size === sent.length &&
    sent.every(([name, value]) => head.metadata.get(name) === value) &&
    READER_HEADERS.every((name) => name === 'content-type' || head.fields[name] === fields[name])
  );
}

export function etagBefore(condition: Condition | undefined): ETag | undefined {
  return condition !== undefined && 'ifMatch' in condition ? condition.ifMatch : undefined;
}
