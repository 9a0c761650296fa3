import type { Chunks } from '../model/chunks.js';
import { type EncodedFile, type EncodeJob, encodeFile } from './encode-file.js';
import {
  type ChunkJob,
  chunkFile,
  type DigestJob,
  digestFile,
  digestRegion,
  type FileDigest,
  type RegionDigest,
  type RegionJob,
} from './file-bytes.js';

/** What a thread of `DigestPool` does. */
export type Job = DigestJob | EncodeJob | ChunkJob | RegionJob;

export type JobResult = FileDigest | EncodedFile | Chunks | RegionDigest;

/**
 * Everything but encoding is done when it returns.
 *
 * @param onBytes told of what was read, as it is
 * @param buffer of `chunkBuffer`
 */
export function perform(
  job: Job,
  onBytes: (bytes: number) => void,
  buffer: Buffer,
): JobResult | Promise<EncodedFile> {
  if ('encoding' in job) return encodeFile(job, onBytes);
  if ('unit' in job) return chunkFile(job, onBytes, buffer);
  if ('region' in job) return digestRegion(job, onBytes, buffer);
  return digestFile(job, onBytes, buffer);
}
