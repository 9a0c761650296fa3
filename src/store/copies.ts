import { randomBytes } from 'node:crypto';
import { base64OfMd5, type ETag, md5Of, multipartETag } from '../model/digest.js';
import type { Condition } from '../model/plan.js';
import type { Multipart } from './multipart.js';
import { written } from './object-answers.js';
import { conditionOf, copySource, type ObjectInputs } from './object-inputs.js';
import { type CopyRequest, etagsProve, UnprovedCopyError, type Written } from './object-store.js';
import type { Requests } from './requests.js';
import { toStoreError } from './store-errors.js';
import type { Writes } from './writes.js';

/** Server-side copies of whole objects. */
export class Copies {
  readonly #requests: Requests;
  readonly #inputs: ObjectInputs;
  readonly #writes: Writes;
  readonly #multipart: Multipart;
  /** What an unknown server made of the first conditional copy. */
  #copyConditions: 'unknown' | 'asking' | 'honoured' | 'ignored' = 'unknown';
  #asked: Promise<void> = Promise.resolve();

  constructor(requests: Requests, inputs: ObjectInputs, writes: Writes, multipart: Multipart) {
    this.#requests = requests;
    this.#inputs = inputs;
    this.#writes = writes;
    this.#multipart = multipart;
  }

  /**
   * One CopyObject. Where a server ignores the condition on the destination, a part copy and a conditional Complete
   * in its place. A server that is not in the table is found out by its first copy, which goes out once with a
   * condition that cannot hold: refused means honoured, accepted means ignored, and it was the wanted write.
   */
  async copy(request: CopyRequest, signal: AbortSignal): Promise<Written> {
    // A copy onto itself is bound by its source.
    if (request.refresh !== undefined) return this.#copyObject(request, request.condition, signal);
    const { copyConditions } = this.#requests.provider();
    const known = copyConditions === 'unknown' ? this.#copyConditions : copyConditions;
    switch (known) {
      case 'asking':
        await this.#asked;
        return this.copy(request, signal);
      case 'unknown': {
        this.#copyConditions = 'asking';
        const asked = this.#firstCopy(request, signal);
        this.#asked = asked.then(
          () => undefined,
          () => undefined,
        );
        return asked;
      }
      case 'honoured':
      case 'none':
        return this.#writes.create(request.key, request.condition, signal, (condition) =>
          this.#copyObject(request, condition, signal),
        );
      case 'ignored':
        return this.#copyAsPart(request, signal);
    }
  }

  async #firstCopy(request: CopyRequest, signal: AbortSignal): Promise<Written> {
    let conditions: 'unknown' | 'honoured' | 'ignored' = 'unknown';
    try {
      const cannotHold: Condition = { ifMatch: md5Of(randomBytes(16)) as string as ETag };
      let written: Written | undefined;
      try {
        written = await this.#copyObject(request, cannotHold, signal);
        conditions = 'ignored';
      } catch (thrown) {
        if (toStoreError('CopyObject', thrown).kind !== 'source') throw thrown;
      }
      if (written !== undefined) return written;
      // The refusal may have been about the source: only a copy that then succeeds tells.
      const copied = await this.#copyObject(request, request.condition, signal);
      conditions = 'honoured';
      return copied;
    } finally {
      this.#copyConditions = conditions;
    }
  }

  async #copyAsPart(request: CopyRequest, signal: AbortSignal): Promise<Written> {
    const { key, source, md5, condition, uploads } = request;
    if (md5 === undefined) throw new UnprovedCopyError('nobody knows its digest');
    const metadata = { ...request.headers.metadata, md5chksum: base64OfMd5(md5) };
    const headers = { ...request.headers, metadata };
    const upload = await this.#multipart.createUpload({ key, headers }, signal);
    try {
      await uploads?.begun(upload, headers);
      const part = await this.#multipart.copyPart({ upload, number: 1, source }, signal);
      if ((part.etag as string) !== md5) {
        throw new UnprovedCopyError(
          etagsProve(upload.encryption)
            ? `its ETag is ${part.etag}, and not the MD5 ${md5} that its source was said to have`
            : 'it is encrypted, and its ETag says nothing',
        );
      }
      const expected = { etag: multipartETag([md5]), size: source.size, md5 };
      const written = await this.#multipart.completeUpload(
        { upload, parts: [part], expected, condition },
        signal,
      );
      uploads?.ended(upload);
      return written;
    } catch (error) {
      await this.#multipart.abortUpload(upload, signal).then(
        () => uploads?.ended(upload),
        () => undefined,
      );
      throw error;
    }
  }

  async #copyObject(
    request: CopyRequest,
    condition: Condition | undefined,
    signal: AbortSignal,
  ): Promise<Written> {
    const { key, source, md5, refresh } = request;
    const provider = this.#requests.provider();
    // A copy onto itself keeps the tags that others gave the object, unless a rule says which it shall have.
    const keepsTags = refresh !== undefined && request.headers.fields?.['x-amz-tagging'] === undefined;
    const directive = keepsTags ? ('COPY' as const) : ('REPLACE' as const);
    const input = {
      Key: key,
      MetadataDirective: 'REPLACE' as const,
      Metadata: request.headers.metadata,
      ...this.#requests.every,
      ...copySource(source, this.#requests.every),
      ...(provider.taggingDirective ? { TaggingDirective: directive } : {}),
      ...(provider.annotationDirective && refresh === undefined
        ? { AnnotationDirective: 'EXCLUDE' as const }
        : {}),
      ...this.#inputs.decided(request.headers),
      ...this.#inputs.keptClass(refresh?.storageClass, request.headers),
      ...conditionOf(condition),
    };
    const etags = [...(md5 === undefined ? [] : [md5 as string as ETag]), source.etag];
    // After a copy onto itself another ETag tells that it was made, or under KMS another one with all that was sent.
    const before = refresh === undefined ? undefined : source.etag;
    const renewed = refresh === undefined ? undefined : request.headers;
    const expected = { etags, size: source.size, md5, before, refresh: renewed };
    return this.#requests.call(
      'CopyObject',
      signal,
      async () => {
        const answer = await (await this.#requests.calls()).copyObject(input, signal);
        return written('CopyObject', { ETag: answer.CopyObjectResult?.ETag, ...answer });
      },
      {
        changes: key,
        judge: (attempts) => this.#writes.judge(key, expected, signal, attempts),
        // What nobody knows the digest of may have any.
        ...(md5 === undefined
          ? {}
          : { check: (answer) => this.#writes.ownAnswer('CopyObject', key, etags, answer, signal, renewed) }),
      },
    );
  }
}
