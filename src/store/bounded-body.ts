import { pipeline, type Readable, Transform } from 'node:stream';
import { spentError, unfinishedError } from './exchange.js';

/** Slower than this is an answer that trickles, once it has had its time. Bytes a second. */
const SLOWEST = 64 * 1024;

/** An end for bodies that never stop: so long, and longer for what is long. */
export class BodyLimit {
  readonly #longestMs: number;
  readonly #began = performance.now();
  #bytes = 0;

  constructor(longestMs: number) {
    this.#longestMs = longestMs;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Throws when the time is over. A body of which nothing comes any more is the socket's matter. */
  add({ length }: Uint8Array): void {
    this.#bytes += length;
    const allowed = this.#longestMs + (this.#bytes / SLOWEST) * 1000;
    if (performance.now() - this.#began <= allowed) return;
    const message = `no end within ${this.#longestMs} ms, and ${this.#bytes} bytes`;
    throw unfinishedError(spentError(message));
  }
}

/** The body as it comes: where it breaks off, its answer had begun. */
export async function* arriving(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw unfinishedError(error as Error);
  }
}

/** The body as it is, as long as it is within the limits. */
export function bounded(body: Readable, maxBytes: number, longestMs: number): Readable {
  const limit = new BodyLimit(longestMs);
  const gate = new Transform({
    transform(chunk: Buffer, _, done) {
      try {
        limit.add(chunk);
      } catch (error) {
        done(error as Error);
        return;
      }
      if (limit.bytes > maxBytes)
        done(unfinishedError(new Error(`the answer is longer than ${maxBytes} bytes`)));
      else done(null, chunk);
    },
  });
  pipeline(body, gate, () => undefined);
  return gate;
}
