import { TooLongError } from './exchange.js';
import type { WireAnswer } from './wire-answer.js';

/** Of a head, or of what follows the last chunk: S3 says what it has to say in 8 KB. Bytes. */
const LONGEST_HEAD = 64 * 1024;

/** The length of a chunk and whatever is said beside it. Bytes. */
const LONGEST_CHUNK_HEAD = 1024;

const STATUS = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: |$)/;
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** A line break by itself would be one to some and none to others. */
const CONTROL = /[\0\r\n]/;
const LENGTH = /^[0-9]{1,15}$/;
const CHUNK_HEAD = /^([0-9A-Fa-f]{1,12})[\t ]*(?:;.*)?$/;

/** Said twice, the first counts, as node:http has it; of others the values are joined. */
const SAID_ONCE: ReadonlySet<string> = new Set([
  'content-type',
  'etag',
  'expires',
  'last-modified',
  'server',
]);

type State = 'head' | 'length' | 'close' | 'chunk head' | 'chunk' | 'chunk end' | 'trailer' | 'whole';

/**
 * Reads one answer of HTTP/1.1 out of what arrives on a connection: RFC 9112, and nothing that it leaves to taste. Throws
 * where it is not that: whoever reads on could take one answer for another.
 */
export class AnswerReader {
  readonly #hasBody: boolean;
  readonly #maxBytes: number;
  readonly #room: Buffer | undefined;
  #state: State = 'head';
  /** What has arrived and cannot be read by itself. */
  #rest: Buffer | undefined;
  #status = 0;
  #headers: Record<string, string> = {};
  readonly #pieces: Buffer[] = [];
  /** Where a body comes to lie whose length is known. */
  #whole: Buffer | undefined;
  #bytes = 0;
  /** What is to come of the body or of the chunk. Bytes. */
  #left = 0;
  #trailerBytes = 0;
  #stays = false;
  #isPromised = false;

  /**
   * @param isHead an answer to HEAD, which ends with its head
   * @param maxBytes of the body
   * @param room for the body, where it is of a length that fits
   */
  constructor(isHead: boolean, maxBytes: number, room?: Buffer) {
    this.#hasBody = !isHead;
    this.#maxBytes = maxBytes;
    this.#room = room;
  }

  /** Whether the connection may be used for another request: the answer is whole, and what follows it is the next. */
  get stays(): boolean {
    return this.#stays && this.#state === 'whole' && this.#rest === undefined;
  }

  get answer(): WireAnswer {
    if (this.#whole !== undefined) return { status: this.#status, headers: this.#headers, body: this.#whole };
    return {
      status: this.#status,
      headers: this.#headers,
      body: Buffer.concat(this.#pieces, this.#bytes),
    };
  }

  /** Takes what arrived, and keeps nothing of it but copies; true: the answer is whole. */
  take(arrived: Buffer): boolean {
    let chunk: Buffer | undefined = this.#rest === undefined ? arrived : Buffer.concat([this.#rest, arrived]);
    this.#rest = undefined;
    while (chunk !== undefined && this.#state !== 'whole') chunk = this.#read(chunk);
    // Bytes that nobody asked for.
    if (this.#state === 'whole' && chunk !== undefined) this.#rest = Buffer.from(chunk);
    return this.#state === 'whole';
  }

  /** Where what arrives next is best put, before it is taken; `undefined`: it has to be read. */
  get unfilled(): Buffer | undefined {
    return this.#state === 'length' ? this.#whole?.subarray(this.#bytes) : undefined;
  }

  /** The other end has said its last word; true: and that makes the answer whole. */
  end(): boolean {
    if (this.#state === 'close') this.#state = 'whole';
    return this.#state === 'whole';
  }

  /** Whether nothing has arrived. */
  get isUntouched(): boolean {
    return this.#state === 'head' && this.#rest === undefined && this.#status === 0;
  }

  /** Whether the head of the answer itself has arrived. */
  get hasBegun(): boolean {
    return this.#state !== 'head';
  }

  /** Whether interim answers, and no more, have arrived. */
  get isPromised(): boolean {
    return this.#isPromised && this.#state === 'head';
  }

  /** What follows what could be read; undefined: nothing, or not enough. */
  #read(chunk: Buffer): Buffer | undefined {
    switch (this.#state) {
      case 'head':
        return this.#readHead(chunk);
      case 'length':
      case 'chunk':
        return this.#readCounted(chunk);
      case 'close':
        this.#keep(chunk);
        return undefined;
      case 'chunk head':
        return this.#readChunkHead(chunk);
      case 'chunk end':
        return this.#readChunkEnd(chunk);
      case 'trailer':
        return this.#readTrailer(chunk);
      case 'whole':
        return chunk;
    }
  }

  #readHead(chunk: Buffer): Buffer | undefined {
    const end = chunk.indexOf('\r\n\r\n');
    if (end === -1 ? chunk.length > LONGEST_HEAD : end > LONGEST_HEAD)
      throw new Error(`the head of the answer is longer than ${LONGEST_HEAD} bytes`);
    if (end === -1) {
      // What speaks no HTTP is not waited for.
      if (!'HTTP/1.'.startsWith(chunk.toString('latin1', 0, Math.min(7, chunk.length)))) throw notHttp(chunk);
      this.#rest = Buffer.from(chunk);
      return undefined;
    }
    const [first = '', ...lines] = chunk.toString('latin1', 0, end).split('\r\n');
    const status = STATUS.exec(first);
    if (status === null || CONTROL.test(first)) throw notHttp(chunk);
    this.#status = Number(status[2]);
    this.#headers = headersOf(lines);
    this.#begin(status[1] === '1');
    return after(chunk, end + 4);
  }

  /** What comes after the head. */
  #begin(isOneDotOne: boolean): void {
    const status = this.#status;
    const headers = this.#headers;
    if (status === 101) throw new Error('the answer changes the protocol');
    // "Go on", "early hints": the answer follows.
    if (status < 200) {
      this.#isPromised = true;
      return;
    }
    const said = (headers.connection ?? '').toLowerCase().split(/[\t ]*,[\t ]*/);
    this.#stays = isOneDotOne ? !said.includes('close') : said.includes('keep-alive');
    const { 'content-length': length, 'transfer-encoding': encoding } = headers;
    if (length !== undefined && (encoding !== undefined || !LENGTH.test(length)))
      throw new Error(`the answer's length is ${JSON.stringify(length.slice(0, 40))}`);
    if (encoding !== undefined && encoding.toLowerCase() !== 'chunked')
      throw new Error(`the answer is encoded as ${JSON.stringify(encoding.slice(0, 40))}`);
    if (!this.#hasBody || status === 204 || status === 304) {
      this.#state = 'whole';
    } else if (encoding !== undefined) {
      this.#state = 'chunk head';
    } else if (length !== undefined) {
      this.#left = Number(length);
      if (this.#left > this.#maxBytes) throw new TooLongError(this.#maxBytes, this.#left);
      this.#state = this.#left === 0 ? 'whole' : 'length';
      if (this.#left > 0) this.#whole = this.#place(this.#left);
    } else {
      this.#stays = false;
      this.#state = 'close';
    }
  }

  #place(size: number): Buffer {
    const room = this.#room;
    return room !== undefined && room.length >= size ? room.subarray(0, size) : Buffer.allocUnsafe(size);
  }

  #readCounted(chunk: Buffer): Buffer | undefined {
    const taken = Math.min(chunk.length, this.#left);
    this.#keep(taken === chunk.length ? chunk : chunk.subarray(0, taken));
    this.#left -= taken;
    if (this.#left === 0) this.#state = this.#state === 'length' ? 'whole' : 'chunk end';
    return after(chunk, taken);
  }

  #readChunkHead(chunk: Buffer): Buffer | undefined {
    const line = this.#line(chunk, LONGEST_CHUNK_HEAD);
    if (line === undefined) return undefined;
    const [, size] = CHUNK_HEAD.exec(line) ?? [];
    if (size === undefined || CONTROL.test(line))
      throw new Error(`a chunk of the answer begins with ${JSON.stringify(line.slice(0, 40))}`);
    this.#left = Number.parseInt(size, 16);
    this.#checkSize(this.#bytes + this.#left);
    this.#state = this.#left === 0 ? 'trailer' : 'chunk';
    return after(chunk, line.length + 2);
  }

  #readChunkEnd(chunk: Buffer): Buffer | undefined {
    const line = this.#line(chunk, 0);
    if (line === undefined) return undefined;
    this.#state = 'chunk head';
    return after(chunk, 2);
  }

  /** What follows the last chunk says nothing that we asked for. */
  #readTrailer(chunk: Buffer): Buffer | undefined {
    const line = this.#line(chunk, LONGEST_HEAD - this.#trailerBytes);
    if (line === undefined) return undefined;
    this.#trailerBytes += line.length;
    if (line === '') this.#state = 'whole';
    return after(chunk, line.length + 2);
  }

  /** Without its end; undefined: it has not arrived. */
  #line(chunk: Buffer, longest: number): string | undefined {
    const end = chunk.indexOf('\r\n');
    if (end > longest || (end === -1 && chunk.length > longest + 1))
      throw new Error(`a line between the chunks of the answer is longer than ${longest} bytes`);
    if (end === -1) this.#rest = Buffer.from(chunk);
    return end === -1 ? undefined : chunk.toString('latin1', 0, end);
  }

  #keep(piece: Buffer): void {
    if (this.#whole === undefined) this.#pieces.push(Buffer.from(piece));
    else if (!this.#liesThere(piece, this.#whole)) piece.copy(this.#whole, this.#bytes);
    this.#bytes += piece.length;
    this.#checkSize(this.#bytes);
  }

  #liesThere(piece: Buffer, whole: Buffer): boolean {
    return piece.buffer === whole.buffer && piece.byteOffset === whole.byteOffset + this.#bytes;
  }

  #checkSize(bytes: number): void {
    if (bytes > this.#maxBytes) throw new TooLongError(this.#maxBytes);
  }
}

function headersOf(lines: readonly string[]): Record<string, string> {
  // Whatever a server calls a header, `__proto__` too.
  const headers = Object.create(null) as Record<string, string>;
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    if (colon < 1 || !NAME.test(name) || CONTROL.test(line))
      throw new Error(`the head of the answer has the line ${JSON.stringify(line.slice(0, 40))}`);
    // No other blanks: what ends with à in UTF-8 ends with a no-break space in Latin-1.
    const value = line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, '');
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    // Two lengths joined are no length.
    else if (!SAID_ONCE.has(name)) headers[name] = `${before}, ${value}`;
  }
  return headers;
}

function after(chunk: Buffer, taken: number): Buffer | undefined {
  return taken === chunk.length ? undefined : chunk.subarray(taken);
}

function notHttp(chunk: Buffer): Error {
  return new Error(`the answer is not HTTP: ${JSON.stringify(chunk.toString('latin1', 0, 40))}`);
}
