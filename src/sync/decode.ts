import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import {
  type BrotliDecompress,
  brotliDecompressSync,
  constants,
  createBrotliDecompress,
  createGunzip,
} from 'node:zlib';
import type { Md5 } from '../model/digest.js';
import type { SourceForm } from '../model/headers.js';
import type { Encoding } from '../model/objects.js';
import { READING } from './file-bytes.js';

/** Bytes are not those that something vouched for. */
export class WrongContentError extends Error {
  override readonly name = 'WrongContentError';
}

/** What is read of a file to tell whether it is encoded. Bytes. */
const BEGINNING = 4096;

/** Of fewer bytes a stream may be text by chance: `brotliCompressSync('')` is a semicolon. */
const LEAST_TEXT = 64;

/** What zlib decodes at a time: of most files it decodes nothing, and its own 16 KiB cost more than to try. Bytes. */
const TRIED = 1024;

/** Calls that it takes to read that. */
export const BEGINNING_CALLS = 3;

/** Whether a file begins as encoded ones do. By chance another one does too: who asks must ask more. */
export async function looksEncoded(path: string): Promise<boolean> {
  const handle = await open(path, READING);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(BEGINNING), 0, BEGINNING, 0);
    return areEncoded(buffer.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
}

/** As `looksEncoded`, in place. */
export function looksEncodedInPlace(path: string): boolean {
  const descriptor = openSync(path, READING);
  try {
    const buffer = Buffer.alloc(BEGINNING);
    return areEncoded(buffer.subarray(0, readSync(descriptor, buffer, 0, BEGINNING, 0)));
  } finally {
    closeSync(descriptor);
  }
}

function areEncoded(beginning: Buffer): boolean {
  if (beginning[0] === 0x1f && beginning[1] === 0x8b) return true;
  // A try costs as much as to read and digest the file, and most files are text.
  if (beginning.length >= LEAST_TEXT && isText(beginning)) return false;
  const isWhole = beginning.length < BEGINNING;
  const finishFlush = isWhole ? constants.BROTLI_OPERATION_FINISH : constants.BROTLI_OPERATION_FLUSH;
  try {
    const options = { finishFlush, maxOutputLength: BEGINNING * 16, chunkSize: TRIED, info: true };
    const { engine } = brotliDecompressSync(beginning, options) as unknown as { engine: BrotliDecompress };
    // Text that begins with a 9 is a whole stream of nothing, and more behind it.
    return engine.bytesWritten === beginning.length;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
  }
}

/**
 * UTF-8, maybe cut within its last character. Of what Brotli makes smaller each bit is as good as chance, the highest of every
 * byte too: 64 bytes of it are text less than once in 10^14 times.
 */
function isText(bytes: Buffer): boolean {
  return [0, 1, 2, 3].some((cut) => isUtf8(bytes.subarray(0, bytes.length - cut)));
}

/** The stored bytes, decoded. Errors of zlib become WrongContentError. */
export async function decode(
  body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  encoding: Encoding,
  consume: (chunks: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  try {
    await pipeline(body, encoding === 'gzip' ? createGunzip() : createBrotliDecompress(), consume);
  } catch (error) {
    const code = (error as { readonly code?: unknown }).code;
    // As zlib names what it cannot decode.
    if (typeof code === 'string' && /^(Z_|ERR__ERROR_|ERR_BROTLI)/.test(code))
      throw new WrongContentError(`the stored bytes are no ${encoding}`, { cause: error });
    throw error;
  }
}

/** Writes the file that the stored bytes encode. Rejects with WrongContentError where it is not what the object says. */
export async function decodeTo(
  handle: FileHandle,
  body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { md5, size, encoding }: SourceForm,
): Promise<void> {
  const hash = createHash('md5');
  let written = 0;
  await decode(body, encoding, async (chunks) => {
    for await (const chunk of chunks) {
      written += chunk.length;
      // A bomb is stopped where the file that it says it is would end.
      if (written > size) throw wrongSource();
      hash.update(chunk);
      await handle.writeFile(chunk);
    }
  });
  if (written !== size || (hash.digest('hex') as Md5) !== md5) throw wrongSource();
}

function wrongSource(): WrongContentError {
  return new WrongContentError('the decoded bytes are not those that the object names as its source');
}
