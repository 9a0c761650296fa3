import {
  AbortMultipartUploadCommand,
  type AbortMultipartUploadCommandInput,
  GetBucketOwnershipControlsCommand,
  type GetBucketOwnershipControlsCommandInput,
  type GetBucketOwnershipControlsCommandOutput,
  GetObjectAclCommand,
  type GetObjectAclCommandInput,
  type GetObjectAclCommandOutput,
  GetObjectCommand,
  type GetObjectCommandInput,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  type HeadObjectCommandInput,
  type HeadObjectCommandOutput,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandInput,
  type ListMultipartUploadsCommandOutput,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  type ListObjectVersionsCommandOutput,
  ListPartsCommand,
  type ListPartsCommandInput,
  type ListPartsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';

/** The calls that many runs never make. A file of their own: with it the SDK is loaded, which takes 100 ms of CPU. */
export class RareCalls {
  readonly #client: S3Client;

  constructor(client: S3Client) {
    this.#client = client;
  }

  getObject(input: GetObjectCommandInput, abortSignal: AbortSignal): Promise<GetObjectCommandOutput> {
    return this.#client.send(new GetObjectCommand(input), { abortSignal });
  }

  headPart(input: HeadObjectCommandInput, abortSignal: AbortSignal): Promise<HeadObjectCommandOutput> {
    return this.#client.send(new HeadObjectCommand(input), { abortSignal });
  }

  getObjectAcl(
    input: GetObjectAclCommandInput,
    abortSignal: AbortSignal,
  ): Promise<GetObjectAclCommandOutput> {
    return this.#client.send(new GetObjectAclCommand(input), { abortSignal });
  }

  getBucketOwnershipControls(
    input: GetBucketOwnershipControlsCommandInput,
    abortSignal: AbortSignal,
  ): Promise<GetBucketOwnershipControlsCommandOutput> {
    return this.#client.send(new GetBucketOwnershipControlsCommand(input), { abortSignal });
  }

  listMultipartUploads(
    input: ListMultipartUploadsCommandInput,
    abortSignal: AbortSignal,
  ): Promise<ListMultipartUploadsCommandOutput> {
    return this.#client.send(new ListMultipartUploadsCommand(input), { abortSignal });
  }

  listObjectVersions(
    input: ListObjectVersionsCommandInput,
    abortSignal: AbortSignal,
  ): Promise<ListObjectVersionsCommandOutput> {
    return this.#client.send(new ListObjectVersionsCommand(input), { abortSignal });
  }

  listParts(input: ListPartsCommandInput, abortSignal: AbortSignal): Promise<ListPartsCommandOutput> {
    return this.#client.send(new ListPartsCommand(input), { abortSignal });
  }

  async abortMultipartUpload(
    input: AbortMultipartUploadCommandInput,
    abortSignal: AbortSignal,
  ): Promise<void> {
    await this.#client.send(new AbortMultipartUploadCommand(input), { abortSignal });
  }
}
