import { base64OfMd5 } from '../model/digest.js';
import type { ObjectKey } from '../model/object-key.js';
import type { CreateInput } from './calls.js';
import { etagOf, LONGEST_TOLD, spellings, unreadable, written } from './object-answers.js';
import { conditionOf, copySource, type ObjectInputs, PLAIN_KEY } from './object-inputs.js';
import {
  type CompleteRequest,
  type CreateRequest,
  type Part,
  type PartCopyRequest,
  type PartRequest,
  StoreError,
  type Upload,
  type Written,
} from './object-store.js';
import type { Requests } from './requests.js';
import { toStoreError } from './store-errors.js';
import { etagBefore, type Writes } from './writes.js';

/** Objects that come together from parts. */
export class Multipart {
  readonly #requests: Requests;
  readonly #inputs: ObjectInputs;
  readonly #writes: Writes;

  constructor(requests: Requests, inputs: ObjectInputs, writes: Writes) {
    this.#requests = requests;
    this.#inputs = inputs;
    this.#writes = writes;
  }

  async createUpload(request: CreateRequest, signal: AbortSignal): Promise<Upload> {
    const input: CreateInput = {
      Key: request.key,
      Metadata: request.headers.metadata,
      ...this.#requests.every,
      ...this.#inputs.decided(request.headers),
      ...(request.wholeCrc32 === true
        ? { ChecksumAlgorithm: 'CRC32' as const, ChecksumType: 'FULL_OBJECT' as const }
        : {}),
    };
    return this.#requests.call('CreateMultipartUpload', signal, async () => {
      const answer = await (await this.#requests.calls()).createMultipartUpload(input, signal);
      if (answer.UploadId === undefined) throw unreadable('CreateMultipartUpload', 'without an upload id');
      if (isOfAnother(answer.Key, request.key)) {
        const said = JSON.stringify(answer.Key?.slice(0, LONGEST_TOLD));
        throw unreadable('CreateMultipartUpload', `with an upload to the key ${said}`);
      }
      return { key: request.key, id: answer.UploadId, encryption: answer.ServerSideEncryption };
    });
  }

  async uploadPart(request: PartRequest, signal: AbortSignal): Promise<Part> {
    const input = {
      Key: request.upload.key,
      UploadId: request.upload.id,
      PartNumber: request.number,
      Body: request.body,
      ContentLength: request.body.length,
      ContentMD5: base64OfMd5(request.md5),
      ...this.#requests.every,
    };
    return this.#requests.call('UploadPart', signal, async () => {
      const answer = await (await this.#requests.calls()).uploadPart(input, signal);
      return { number: request.number, etag: etagOf('UploadPart', answer.ETag) };
    });
  }

  async copyPart(request: PartCopyRequest, signal: AbortSignal): Promise<Part> {
    const input = {
      Key: request.upload.key,
      UploadId: request.upload.id,
      PartNumber: request.number,
      ...this.#requests.every,
      ...copySource(request.source, this.#requests.every),
      ...(request.range === undefined
        ? {}
        : { CopySourceRange: `bytes=${request.range.first}-${request.range.last}` }),
    };
    return this.#requests.call('UploadPartCopy', signal, async () => {
      const answer = await (await this.#requests.calls()).uploadPartCopy(input, signal);
      const etag = etagOf('UploadPartCopy', answer.CopyPartResult?.ETag);
      const bySource = request.range === undefined && this.#requests.provider().partCopyProof === 'source';
      return { number: request.number, etag, ...(bySource ? { boundBySource: true as const } : {}) };
    });
  }

  async completeUpload(request: CompleteRequest, signal: AbortSignal): Promise<Written> {
    const { key } = request.upload;
    return this.#writes.create(key, request.condition, signal, async (condition) => {
      if (condition !== undefined) return this.#complete({ ...request, condition }, signal);
      // It would answer 500.
      const told = `${this.#requests.provider().name} completes no upload to a key that others lie below: delete those first, or publish small files without delay-updates`;
      throw new StoreError('rejected', 'KeyIsDirectory', 412, 'CompleteMultipartUpload', told);
    });
  }

  async #complete(request: CompleteRequest, signal: AbortSignal): Promise<Written> {
    const { upload, expected } = request;
    const input = {
      Key: upload.key,
      UploadId: upload.id,
      MultipartUpload: { Parts: request.parts.map((part) => ({ PartNumber: part.number, ETag: part.etag })) },
      ...this.#requests.every,
      ...conditionOf(request.condition),
      ...(request.crc32 === undefined
        ? {}
        : { ChecksumCRC32: request.crc32, ChecksumType: 'FULL_OBJECT' as const }),
    };
    const { etag, size, md5 } = expected;
    const etags = etag === undefined ? [] : [etag];
    const before = etagBefore(request.condition);
    return this.#requests.call(
      'CompleteMultipartUpload',
      signal,
      async () =>
        written(
          'CompleteMultipartUpload',
          await (await this.#requests.calls()).completeMultipartUpload(input, signal),
        ),
      {
        changes: upload.key,
        judge: (attempts) => this.#writes.judge(upload.key, { etags, size, md5, before }, signal, attempts),
        ...(etag === undefined
          ? {}
          : {
              check: (answer) =>
                this.#writes.ownAnswer('CompleteMultipartUpload', upload.key, etags, answer, signal),
            }),
      },
    );
  }

  async abortUpload(upload: Upload, signal: AbortSignal): Promise<void> {
    const input = { ...this.#requests.every, Key: upload.key, UploadId: upload.id };
    await this.#requests.call('AbortMultipartUpload', signal, async () => {
      try {
        await (await this.#requests.rareCalls()).abortMultipartUpload(input, signal);
      } catch (thrown) {
        const error = toStoreError('AbortMultipartUpload', thrown);
        if (error.kind !== 'no-upload' && error.status !== 404) throw error;
      }
    });
  }
}

/** Whether an answer is about another key, as far as that can be told. */
function isOfAnother(said = '', key: ObjectKey): boolean {
  if (said === '' || !PLAIN_KEY.test(key)) return false;
  return !spellings(said).some((spelled) => spelled === key || spelled === `/${key}`);
}
