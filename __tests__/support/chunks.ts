import { type Chunks, chunkUnit, cutChunks } from '../../src/model/chunks.js';

/** Chunks of bytes in memory, read `block` bytes at a time. */
export function chunksOf(
  bytes: Buffer,
  older?: Chunks,
  unit = chunkUnit(bytes.length)!,
  block: () => number = () => 256 * 1024,
): Chunks {
  return cutChunks(bytes.length, unit, (offset) => bytes.subarray(offset, offset + block()), older);
}
