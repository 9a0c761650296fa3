import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type FileHandle, open, stat, writeFile } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, createBrotliCompress, createGzip, gzip } from 'node:zlib';
import { type Md5, md5Of } from '../model/digest.js';
import type { Encoding, LocalFile } from '../model/objects.js';
import { FileChangedError, readRange, withOpenFile } from './file-bytes.js';

/** One file to encode. */
export interface EncodeJob {
  readonly file: LocalFile;
  readonly encoding: Encoding;
  /** Where the encoded bytes go. */
  readonly to: string;
  /** Write them even where encoding does not pay. */
  readonly always?: true;
}

export interface EncodedFile {
  /** Of the file itself. */
  readonly md5: Md5;
  /** The encoded bytes; absent: encoding does not pay, and nothing was written. */
  readonly stored?: {
    readonly md5: Md5;
    readonly stat: Pick<LocalFile, 'size' | 'mtimeNs' | 'ctimeNs' | 'dev' | 'ino' | 'nlink' | 'mode'>;
  };
}

/** What is not a tenth smaller is not worth a decoder's time. */
const PAYS = 0.9;

/** Up to this a file is read and encoded in one piece. Bytes. */
const AT_ONCE = 16 * 1024 * 1024;

/** Above this the best Brotli quality takes seconds (0.5 MB/s); 9 takes a tenth and gives a few per cent more. Bytes. */
const BEST_BROTLI = 1024 * 1024;

const gzipped = promisify(gzip);
const brotlied = promisify(brotliCompress);

/**
 * Encodes a file and digests it in the same pass. Rejects with FileChangedError when the file is not what its stat
 * said before and after. `onBytes` is told of every chunk that was read.
 */
export async function encodeFile(job: EncodeJob, onBytes: (bytes: number) => void): Promise<EncodedFile> {
  const { file, to } = job;
  const { md5, stored } = await withOpenFile(file, (handle) =>
    file.size <= AT_ONCE ? encodeAtOnce(job, handle, onBytes) : encodeStream(job, handle, onBytes),
  );
  if (stored === undefined) return { md5 };
  const { size, mtimeNs, ctimeNs, dev, ino, nlink, mode } = await stat(to, { bigint: true });
  const times = { mtimeNs, ctimeNs, dev, ino };
  return {
    md5,
    stored: { md5: stored, stat: { ...times, size: Number(size), nlink: Number(nlink), mode: Number(mode) } },
  };
}

interface Passed {
  readonly md5: Md5;
  /** Of what was written. */
  readonly stored?: Md5;
}

async function encodeAtOnce(
  { file, encoding, to, always }: EncodeJob,
  handle: FileHandle,
  onBytes: (bytes: number) => void,
): Promise<Passed> {
  const bytes = Buffer.allocUnsafe(file.size);
  await readRange(handle, 0, bytes);
  onBytes(bytes.length);
  const md5 = md5Of(bytes);
  const encoded =
    encoding === 'gzip' ? await gzipped(bytes, GZIP) : await brotlied(bytes, brotliOptions(file.size));
  if (always !== true && encoded.length > file.size * PAYS) return { md5 };
  await writeFile(to, encoded, { mode: 0o600 });
  return { md5, stored: md5Of(encoded) };
}

async function encodeStream(
  { file, encoding, to, always }: EncodeJob,
  handle: FileHandle,
  onBytes: (bytes: number) => void,
): Promise<Passed> {
  const hash = createHash('md5');
  let read = 0;
  const writtenHash = createHash('md5');
  let written = 0;
  const digest = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      read += chunk.length;
      onBytes(chunk.length);
      done(null, chunk);
    },
  });
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      written += chunk.length;
      writtenHash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(
    handle.createReadStream({ start: 0, highWaterMark: 1024 * 1024, autoClose: false }),
    digest,
    encoding === 'gzip' ? createGzip(GZIP) : createBrotliCompress(brotliOptions(file.size)),
    count,
    createWriteStream(to, { mode: 0o600 }),
  );
  if (read !== file.size) throw new FileChangedError('it changed while it was read');
  const md5 = hash.digest('hex') as Md5;
  if (always === true || written <= file.size * PAYS) {
    return { md5, stored: writtenHash.digest('hex') as Md5 };
  }
  // Emptied at once: the directory goes at the end of the run.
  await (await open(to, 'w')).close();
  return { md5 };
}

const GZIP = { level: 9 } as const;

function brotliOptions(size: number): { readonly params: Record<number, number> } {
  return {
    params: {
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_QUALITY]: size <= BEST_BROTLI ? 11 : 9,
      [constants.BROTLI_PARAM_SIZE_HINT]: size,
    },
  };
}
