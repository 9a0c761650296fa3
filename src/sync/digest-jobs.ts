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

/** @param onBytes told of what was read, as it is */
export async function perform(job: Job, onBytes: (bytes: number) => void): Promise<JobResult> {
  if ('encoding' in job) return encodeFile(job, onBytes);
  if ('unit' in job) return chunkFile(job, onBytes);
  if ('region' in job) return digestRegion(job, onBytes);
  return digestFile(job, onBytes);
}
