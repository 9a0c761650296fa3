import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

const NO_PARTS: ReadonlyMap<number, Content> = new Map();

/**
 * The bytes of an object or part, as a rope: a multipart object shares its parts' buffers, a range its source's.
 * A discarded content (`discardBodies`, for benchmarks) keeps size and MD5 alone.
 */
export class Content {
  readonly size: number;
  readonly #chunks: readonly Buffer[] | undefined;
  #md5: string | undefined;
  /** What it was put together from, by where that ends: the same range again is not hashed again. */
  readonly #parts: ReadonlyMap<number, Content>;

  private constructor(
    size: number,
    chunks: readonly Buffer[] | undefined,
    md5: string | undefined,
    parts: ReadonlyMap<number, Content> = NO_PARTS,
  ) {
    this.size = size;
    this.#chunks = chunks;
    this.#md5 = md5;
    this.#parts = parts;
  }

  static of(bytes: Buffer, md5?: string): Content {
    return new Content(bytes.length, [bytes], md5);
  }

  /** Small bodies are copied, lest a few bytes keep the 64 KiB buffer alive that a socket was read into. */
  static received(chunks: readonly Buffer[]): Content {
    const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    return size < 65_536 ? Content.of(Buffer.concat(chunks)) : new Content(size, chunks, undefined);
  }

  static discarded(size: number, md5: string): Content {
    return new Content(size, undefined, md5);
  }

  static concat(parts: readonly Content[]): Content {
    if (parts.length === 1) return parts[0]!;
    const size = parts.reduce((sum, part) => sum + part.size, 0);
    const chunks: Buffer[] = [];
    for (const part of parts) {
      if (part.#chunks === undefined)
        return Content.discarded(size, standIn(parts.map(({ md5 }) => md5).join()));
      for (const chunk of part.#chunks) chunks.push(chunk);
    }
    return new Content(size, chunks, undefined, byEnd(parts));
  }

  /** The MD5 in lower-case hex. */
  get md5(): string {
    if (this.#md5 === undefined) {
      const hash = createHash('md5');
      for (const chunk of this.#chunks ?? []) hash.update(chunk);
      this.#md5 = hash.digest('hex');
    }
    return this.#md5;
  }

  get isDiscarded(): boolean {
    return this.#chunks === undefined;
  }

  get chunks(): readonly Buffer[] {
    return this.#chunks ?? [Buffer.alloc(this.size)];
  }

  /** Copies when there is more than one chunk: for tests, not for the hot path. */
  bytes(): Buffer {
    return this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks);
  }

  text(): string {
    return this.bytes().toString('utf8');
  }

  /** The bytes from `start` to before `end`. */
  slice(start: number, end: number): Content {
    if (start === 0 && end === this.size) return this;
    const part = this.#parts.get(end);
    if (part !== undefined && end - part.size === start) return part;
    if (this.#chunks === undefined)
      return Content.discarded(end - start, standIn(`${this.md5} ${start}-${end}`));
    const chunks: Buffer[] = [];
    let offset = 0;
    for (const chunk of this.#chunks) {
      const from = Math.max(start - offset, 0);
      const to = Math.min(end - offset, chunk.length);
      if (from < to) chunks.push(chunk.subarray(from, to));
      offset += chunk.length;
    }
    return new Content(end - start, chunks, undefined);
  }

  /** The checksum in base64 as an `x-amz-checksum-*` header has it; undefined where it cannot be known. */
  checksum(algorithm: string): string | undefined {
    if (this.#chunks === undefined) return undefined;
    switch (algorithm.toUpperCase()) {
      case 'MD5':
        return Buffer.from(this.md5, 'hex').toString('base64');
      case 'SHA1':
      case 'SHA256': {
        const hash = createHash(algorithm.toLowerCase());
        for (const chunk of this.#chunks) hash.update(chunk);
        return hash.digest('base64');
      }
      case 'CRC32': {
        let value = 0;
        for (const chunk of this.#chunks) value = crc32(chunk, value);
        const bytes = Buffer.alloc(4);
        bytes.writeUInt32BE(value);
        return bytes.toString('base64');
      }
      default:
        return undefined;
    }
  }
}

function byEnd(parts: readonly Content[]): ReadonlyMap<number, Content> {
  const ends = new Map<number, Content>();
  let end = 0;
  for (const part of parts) {
    end += part.size;
    ends.set(end, part);
  }
  return ends;
}

/** Stable, and never the MD5 of anything sent: what was discarded cannot be hashed again. */
function standIn(what: string): string {
  return createHash('md5').update(`discarded ${what}`).digest('hex');
}
