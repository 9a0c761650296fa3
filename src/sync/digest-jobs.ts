import type { Chunks } from '../model/chunks.js';
import { type EncodedFile, type EncodeJob, encodeFile } from './encode-file.js';
import {
  type ChunkJob,
  chunkFile,
  type DigestJob,
  digestFile,
  digestParts,
  digestRegion,
  digestWhole,
  type FileDigest,
  type PartDigest,
  type PartsJob,
  type RegionDigest,
  type RegionJob,
  type Scratch,
  type WholeDigest,
  type WholeJob,
} from './file-bytes.js';

/** What a thread of `DigestPool` does. */
export type Job = DigestJob | EncodeJob | ChunkJob | RegionJob | WholeJob | PartsJob;

export type JobResult =
  | FileDigest
  | EncodedFile
  | Chunks
  | RegionDigest
  | WholeDigest
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
  if ('encoding' in job) return encodeFile(job, onBytes);
  if ('unit' in job) return chunkFile(job, onBytes, scratch);
  if ('region' in job) return digestRegion(job, onBytes, scratch);
  if ('what' in job)
    return job.what === 'whole' ? digestWhole(job, onBytes, scratch) : digestParts(job, onBytes, scratch);
  return digestFile(job, onBytes, scratch);
}
