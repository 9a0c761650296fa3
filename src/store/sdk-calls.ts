import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import type { BuildHandler } from '@smithy/types';
import { base64OfMd5, md5Of } from '../model/digest.js';
import { arriving, BodyLimit } from './bounded-body.js';
import type {
  CompleteInput,
  CopyAnswer,
  CopyInput,
  CreateAnswer,
  CreateInput,
  DeleteBatchAnswer,
  DeleteBatchInput,
  DeleteOneInput,
  GetAnswer,
  GetInput,
  HeadAnswer,
  HeadInput,
  ListAnswer,
  ListInput,
  PartAnswer,
  PartCopyAnswer,
  PartCopyInput,
  PartInput,
  PutInput,
  S3Calls,
  WriteAnswer,
} from './calls.js';
import { LONGEST_REQUEST_MS, TooLongError } from './exchange.js';

/** The calls as commands of the AWS SDK: 1 to 3 ms of CPU each. */
export class SdkCalls implements S3Calls {
  readonly #client: S3Client;

  constructor(client: S3Client) {
    this.#client = client;
  }

  listObjectsV2(input: ListInput, abortSignal: AbortSignal): Promise<ListAnswer> {
    return this.#client.send(new ListObjectsV2Command(input), { abortSignal });
  }

  headObject(input: HeadInput, abortSignal: AbortSignal): Promise<HeadAnswer> {
    return this.#client.send(new HeadObjectCommand(input), { abortSignal });
  }

  async getObject(input: GetInput, maxBytes: number, abortSignal: AbortSignal): Promise<GetAnswer> {
    const answer = await this.#client.send(new GetObjectCommand(input), { abortSignal });
    const body = answer.Body as (AsyncIterable<Uint8Array> & { destroy(): void }) | undefined;
    if (body === undefined) throw new Error('GetObject answered without a body');
    const limit = new BodyLimit(LONGEST_REQUEST_MS);
    const chunks: Uint8Array[] = [];
    try {
      for await (const chunk of arriving(body)) {
        limit.add(chunk);
        if (limit.bytes > maxBytes) throw new TooLongError(maxBytes, answer.ContentLength);
        chunks.push(chunk);
      }
    } finally {
      // Of a body that is not read to its end the connection cannot be used again.
      body.destroy();
    }
    return { ...answer, Body: Buffer.concat(chunks) };
  }

  putObject(input: PutInput, abortSignal: AbortSignal): Promise<WriteAnswer> {
    return this.#client.send(new PutObjectCommand(input), { abortSignal });
  }

  copyObject(input: CopyInput, abortSignal: AbortSignal): Promise<CopyAnswer> {
    return this.#client.send(new CopyObjectCommand(input), { abortSignal });
  }

  createMultipartUpload(input: CreateInput, abortSignal: AbortSignal): Promise<CreateAnswer> {
    return this.#client.send(new CreateMultipartUploadCommand(input), { abortSignal });
  }

  uploadPart(input: PartInput, abortSignal: AbortSignal): Promise<PartAnswer> {
    return this.#client.send(new UploadPartCommand(input), { abortSignal });
  }

  uploadPartCopy(input: PartCopyInput, abortSignal: AbortSignal): Promise<PartCopyAnswer> {
    return this.#client.send(new UploadPartCopyCommand(input), { abortSignal });
  }

  completeMultipartUpload(input: CompleteInput, abortSignal: AbortSignal): Promise<WriteAnswer> {
    return this.#client.send(new CompleteMultipartUploadCommand(input), { abortSignal });
  }

  async deleteObject(input: DeleteOneInput, abortSignal: AbortSignal): Promise<number | undefined> {
    const { $metadata } = await this.#client.send(new DeleteObjectCommand(input), { abortSignal });
    return $metadata.httpStatusCode;
  }

  deleteObjects(input: DeleteBatchInput, abortSignal: AbortSignal): Promise<DeleteBatchAnswer> {
    const command = new DeleteObjectsCommand(input);
    command.middlewareStack.add(contentMd5Alone, { step: 'build', priority: 'low', name: 'contentMd5Alone' });
    return this.#client.send(command, { abortSignal });
  }
}

/**
 * DeleteObjects must carry a checksum of its body. Content-MD5 and nothing beside it is the one spelling that
 * every server takes: older ones know no other, versitygw refuses MD5 under the SDK's own headers.
 */
function contentMd5Alone<Input extends object, Output extends object>(
  next: BuildHandler<Input, Output>,
): BuildHandler<Input, Output> {
  return async (args) => {
    const request = args.request as { body?: string | Uint8Array; headers: Record<string, string> };
    for (const name of Object.keys(request.headers)) {
      if (/^x-amz-(checksum-|sdk-checksum-)/i.test(name)) delete request.headers[name];
    }
    request.headers['content-md5'] = base64OfMd5(md5Of(Buffer.from(request.body ?? '')));
    return next(args);
  };
}
