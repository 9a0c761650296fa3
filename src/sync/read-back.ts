import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import { forEachConcurrent } from '../model/concurrency.js';
import { EMPTY_MD5, type Md5 } from '../model/digest.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import type { Encoding, ListedObject, LocalFile } from '../model/objects.js';
import type { ReadableStore } from '../store/object-store.js';

export interface ReadBackRequest {
  readonly store: ReadableStore;
  readonly prefix: Prefix;
  readonly listing: ReadonlyMap<ObjectKey, ListedObject>;
  readonly concurrency: number;
  readonly onProgress: (files: number, bytes: number) => void;
  /** Nothing more is read when it is aborted. */
  readonly signal: AbortSignal;
}

/** What is wrong with an object that the listing called equal to its file. */
export type Finding =
  | { readonly kind: 'damaged'; readonly file: LocalFile }
  | { readonly kind: 'unread'; readonly file: LocalFile; readonly error: unknown };

/**
 * Reads objects back, whole, and compares their bytes with those that their files have. What `compress` stored is
 * decoded. Memory does not grow with the objects' sizes.
 *
 * @param md5s of the stored bytes, by key
 */
export async function readBack(
  files: readonly LocalFile[],
  md5s: ReadonlyMap<ObjectKey, Md5>,
  request: ReadBackRequest,
): Promise<readonly Finding[]> {
  const { store, prefix, listing, signal, onProgress } = request;
  const findings: Finding[] = [];
  let done = 0;
  let bytes = 0;
  await forEachConcurrent(files, request.concurrency, async (file) => {
    signal.throwIfAborted();
    const key = (prefix + file.name) as ObjectKey;
    const object = listing.get(key);
    if (object === undefined) return;
    let digest: Md5 | undefined;
    try {
      await store.get(
        key,
        object.etag,
        async (body) => {
          digest = await digestOf(body, file.encoded?.encoding);
        },
        signal,
      );
      const wanted = file.size === 0 ? EMPTY_MD5 : (file.encoded?.md5 ?? md5s.get(key));
      if (digest !== wanted) findings.push({ kind: 'damaged', file });
    } catch (error) {
      signal.throwIfAborted();
      findings.push({ kind: 'unread', file, error });
    }
    bytes += object.size;
    onProgress(++done, bytes);
  });
  return findings;
}

/** `undefined`: the bytes are not what the encoding makes. */
async function digestOf(
  body: AsyncIterable<Uint8Array>,
  encoding: Encoding | undefined,
): Promise<Md5 | undefined> {
  const hash = createHash('md5');
  const digest = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of chunks) hash.update(chunk);
  };
  try {
    if (encoding === undefined) await digest(body);
    else await pipeline(body, encoding === 'gzip' ? createGunzip() : createBrotliDecompress(), digest);
  } catch (error) {
    const code = (error as { readonly code?: unknown }).code;
    // As zlib names what it cannot decode.
    if (typeof code === 'string' && /^(Z_|ERR__ERROR_|ERR_BROTLI)/.test(code)) return undefined;
    throw error;
  }
  return hash.digest('hex') as Md5;
}
