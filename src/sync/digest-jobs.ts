import type { Chunks } from '../model/chunks.js';
import { type Md5, md5Of } from '../model/digest.js';
import { type EncodedFile, type EncodeJob, encodeFile } from './encode-file.js';
import {
  type ChunkJob,
  chunkFile,
  type DigestJob,
  digestFile,
  digestNext,
  digestParts,
  digestRegion,
  digestWhole,
  type FileDigest,
  type GrowingJob,
  type PartDigest,
  type PartsJob,
  type RegionDigest,
  type RegionJob,
  type Scratch,
  type WholeDigest,
  type WholeJob,
} from './file-bytes.js';

/** Of bytes in memory that threads share. */
export interface BytesJob {
  readonly file: { readonly size: number };
  readonly bytes: Uint8Array;
}

/** What a thread of `DigestPool` does. */
export type Job = DigestJob | EncodeJob | ChunkJob | RegionJob | WholeJob | PartsJob | BytesJob | GrowingJob;

export type JobResult =
  | FileDigest
  | EncodedFile
  | Chunks
  | RegionDigest
  | WholeDigest
  | Md5
  | undefined
  | readonly PartDigest[];

/**
 * Everything but encoding is done when it returns.
 *
 * @param onBytes told of what was read, as it is
 */
export function perform(
  job: Job,
  onBytes: (bytes: number) => void,
  scratch: Scratch,
): JobResult | Promise<EncodedFile> {
  if ('bytes' in job) return md5Of(job.bytes);
  if ('growing' in job) return digestNext(job, onBytes, scratch);
  if ('encoding' in job) return encodeFile(job, onBytes);
  if ('unit' in job) return chunkFile(job, onBytes, scratch);
  if ('region' in job) return digestRegion(job, onBytes, scratch);
  if ('what' in job)
    return job.what === 'whole' ? digestWhole(job, onBytes, scratch) : digestParts(job, onBytes, scratch);
  return digestFile(job, onBytes, scratch);
}
