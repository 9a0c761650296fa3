import { classifyETag, type ETag } from './digest.js';
import { type PartRun, uniformLayout } from './digest-index.js';

const MIB = 1024 * 1024;

/** Files of this size and more go up in parts. Bytes. */
const MULTIPART_THRESHOLD = 8 * MIB;

/** Whether a file of this size, in bytes, goes up in parts. */
export function isLarge(size: number): boolean {
  return size >= MULTIPART_THRESHOLD;
}

/** Whether the digest of a file as a whole does not do for knowing that its bytes make an ETag. */
export function isOfParts(etag: ETag, size: number): boolean {
  const kind = classifyETag(etag);
  return kind.kind === 'multipart' && (kind.parts > 1 || isLarge(size));
}

/** S3 takes at most this many parts of an upload. */
export const MAX_PARTS = 10_000;

/** S3's least part but the last. Bytes. */
export const LEAST_PART = 5 * MIB;

/** S3's largest source of one CopyObject; larger ones are copied by parts (C9). Bytes. */
export const MAX_COPY_SIZE = 5 * 1024 ** 3;

/**
 * Our part size for a file, in bytes: 8 MiB, and above 78 GiB the next whole MiB that keeps within 10,000
 * parts. A function of the size alone, so that a later run can recompute the ETag without an index.
 */
export function ownPartSize(size: number): number {
  return Math.max(8 * MIB, Math.ceil(size / MAX_PARTS / MIB) * MIB);
}

export function ownLayout(size: number): readonly PartRun[] {
  return uniformLayout(size, ownPartSize(size));
}

/**
 * Part sizes that tools use by default, in MiB: aws-cli, boto3 and the Java SDK's transfer manager 8, rclone,
 * minio-go's lower bound and the SDKs' uploaders 5, s3cmd 15, s5cmd 50, mc 16 and 64, Cyberduck 10, others 32,
 * 100, 128 and more.
 */
const KNOWN_PART_MIB = [8, 5, 16, 15, 50, 10, 64, 32, 20, 25, 100, 128, 256, 512, 1024, 5 * 1024];

/**
 * Part sizes under which a file of `size` bytes has exactly `parts` parts, the likeliest first. Where a tool's
 * default makes more than 10,000 parts, aws-cli and boto3 double it (s3transfer, ChunksizeAdjuster); minio-go and
 * mc take the next multiple of it (optimalPartInfo); rclone takes the next whole MiB as we do (fs/chunksize);
 * aws-c-s3 and lib-storage divide by 10,000 and round up; the Go SDK, and s5cmd with it, rounds down and adds 1
 * (s3manager, initSize).
 */
export function candidatePartSizes(size: number, parts: number): readonly number[] {
  // One part: any part size at least as large as the file gives the same ETag.
  if (parts === 1) return [size];
  const sizes = new Set<number>([ownPartSize(size)]);
  for (const mib of KNOWN_PART_MIB) {
    const usual = mib * MIB;
    let doubled = usual;
    while (Math.ceil(size / doubled) > MAX_PARTS) doubled *= 2;
    sizes.add(doubled);
    if (doubled !== usual) sizes.add(Math.ceil(size / MAX_PARTS / usual) * usual);
  }
  if (size >= MAX_PARTS * 5 * MIB) {
    const least = size / MAX_PARTS;
    for (const partSize of [Math.ceil(least / MIB) * MIB, Math.ceil(least), Math.floor(least) + 1]) {
      sizes.add(partSize);
    }
  }
  return [...sizes].filter((partSize) => Math.ceil(size / partSize) === parts);
}
