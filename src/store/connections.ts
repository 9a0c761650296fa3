import { connect as connectTcp, isIP, type OnReadOpts, type Socket } from 'node:net';
import {
  type ConnectionOptions,
  connect as connectTls,
  createSecureContext,
  type SecureContext,
} from 'node:tls';
import { AnswerReader } from './answer-reader.js';
import {
  BODY_PIECE,
  givePieces,
  idleError,
  type Limits,
  type Origin,
  type Outgoing,
  PLAIN_PIECE,
  promiseError,
  SlowAnswer,
  spentError,
  stoppedError,
  timeoutError,
  unfinishedError,
} from './exchange.js';
import { Flow } from './flow.js';
import type { WireAnswer } from './wire-answer.js';

/** A server that says when it closes an idle connection may do so a little early. Milliseconds. */
const EARLY_MS = 1_000;

/** As node:http has it. Milliseconds. */
const PROBE_AFTER_MS = 1_000;

/**
 * What arrives on any connection but the bulk of bodies, until its reader has taken it: one room in place of a new one each
 * time, which Node would allocate as large, cut down and leave to the garbage collection. Bytes.
 */
const ARRIVED = Buffer.allocUnsafeSlow(64 * 1024);

/** Methods with a body, which says its length though it be empty. */
const WITH_BODY: ReadonlySet<string> = new Set(['PUT', 'POST']);

/** What node:http would send, and no more: anything else in a header's value ends or forges it. */
const UNSENDABLE = /[^\t\x20-\x7e\x80-\xff]/;
const UNSENDABLE_PATH = /[^\x21-\x7e]/;

interface Exchange {
  readonly reader: AnswerReader;
  readonly readTimeoutMs: number;
  readonly signal: AbortSignal;
  readonly longest: NodeJS.Timeout;
  /** `undefined`: its answer may trickle. */
  readonly slow: SlowAnswer | undefined;
  readonly resolve: (answer: WireAnswer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Connections to one server, kept between requests, one request at a time on each. It is node:http's work by fewer
 * steps: a request there costs 0.3 ms of CPU, and 0.1 here, of 0.9 in all for a small file
 * (`node build/benchmarks/requests.js`).
 */
export class Connections {
  readonly #origin: Origin;
  readonly #connecting: Limits & { readonly ca?: Buffer };
  readonly #flow: Flow;
  readonly #open = new Set<Connection>();
  /** The last one used is the first: the others may be let go by the server. */
  readonly #idle: Connection[] = [];
  /** One listener a signal: there are a hundred requests to each. */
  readonly #stops = new Map<AbortSignal, { readonly onAbort: () => void; readonly using: Set<Connection> }>();
  /** Whom a certificate may be by, read once: for each connection it costs 1 ms, as much as all else of TLS. */
  #context: SecureContext | undefined;
  #session: Buffer | undefined;

  constructor(origin: Origin, connecting: Limits & { readonly ca?: Buffer }, flow = new Flow()) {
    this.#origin = origin;
    this.#connecting = connecting;
    this.#flow = flow;
  }

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  /**
   * As `exchange`.
   *
   * @param room where the answer's body may come to lie, good until the promise is settled
   */
  exchange(outgoing: Outgoing, maxBytes: number, signal: AbortSignal, room?: Buffer): Promise<WireAnswer> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(stoppedError());
        return;
      }
      const head = headOf(outgoing);
      const connection = this.#take() ?? this.#connect();
      const { longestRequestMs, readTimeoutMs } = this.#connecting;
      const longest = setTimeout(
        () => connection.fail(spentError(`no end within ${longestRequestMs} ms`)),
        longestRequestMs,
      );
      const reader = new AnswerReader(outgoing.method === 'HEAD', maxBytes, room);
      this.#listen(signal, connection);
      const slow =
        outgoing.mayTrickle === true
          ? undefined
          : new SlowAnswer(this.#connecting, (error) => connection.fail(error));
      connection.begin(
        { reader, readTimeoutMs, signal, longest, slow, resolve, reject },
        head,
        outgoing.body,
      );
    });
  }

  close(): void {
    for (const connection of [...this.#open]) connection.fail(new Error('the store was closed'));
  }

  #take(): Connection | undefined {
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      if (last.isUsable) return last;
      last.socket.destroy();
    }
    return undefined;
  }

  #connect(): Connection {
    const { secure, host, port } = this.#origin;
    const { connectTimeoutMs } = this.#connecting;
    let connection: Connection | undefined;
    const onread = {
      // Asked for before there is a connection, and after each time.
      buffer: (): Buffer => connection?.room ?? ARRIVED,
      callback: (bytes: number, into: Uint8Array): boolean => {
        connection?.take((into as Buffer).subarray(0, bytes));
        // And more may come.
        return true;
      },
    };
    const socket = secure ? this.#connectTls(onread) : connectTcp({ host, port: port ?? 80, onread });
    const made: Connection = new Connection(socket, secure ? BODY_PIECE : PLAIN_PIECE, this.#flow, {
      idle: () => this.#idle.push(made),
      done: (signal) => this.#unlisten(signal, made),
      closed: () => this.#open.delete(made),
      endedIdle: () => {
        for (const each of [...this.#open]) each.retire();
      },
    });
    connection = made;
    this.#open.add(made);
    const connect = setTimeout(
      () => made.fail(timeoutError(`no connection within ${connectTimeoutMs} ms`)),
      connectTimeoutMs,
    );
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      clearTimeout(connect);
      made.connected();
    });
    socket.once('close', () => clearTimeout(connect));
    return made;
  }

  #connectTls(onread: OnReadOpts): Socket {
    const { host, port } = this.#origin;
    const { ca } = this.#connecting;
    this.#context ??= createSecureContext(ca === undefined ? {} : { ca });
    // The types do not know that TLS takes it too.
    const options: ConnectionOptions & { readonly onread: OnReadOpts } = {
      host,
      port: port ?? 443,
      servername: isIP(host) === 0 ? host : '',
      ALPNProtocols: ['http/1.1'],
      secureContext: this.#context,
      onread,
      ...(this.#session === undefined ? {} : { session: this.#session }),
    };
    const socket = connectTls(options);
    socket.on('session', (session) => (this.#session = session));
    return socket;
  }

  #listen(signal: AbortSignal, connection: Connection): void {
    let stop = this.#stops.get(signal);
    if (stop === undefined) {
      const using = new Set<Connection>();
      const onAbort = (): void => {
        for (const each of [...using]) each.fail(stoppedError());
      };
      stop = { using, onAbort };
      this.#stops.set(signal, stop);
      signal.addEventListener('abort', stop.onAbort);
    }
    stop.using.add(connection);
  }

  #unlisten(signal: AbortSignal, connection: Connection): void {
    const stop = this.#stops.get(signal);
    stop?.using.delete(connection);
    if (stop === undefined || stop.using.size > 0) return;
    this.#stops.delete(signal);
    signal.removeEventListener('abort', stop.onAbort);
  }
}

/** What a connection tells. */
interface Owner {
  readonly idle: () => void;
  readonly done: (signal: AbortSignal) => void;
  readonly closed: () => void;
  /** After an answer, it died without a word. */
  readonly endedIdle: () => void;
}

class Connection {
  readonly socket: Socket;
  readonly #owner: Owner;
  #exchange: Exchange | undefined;
  #isConnected = false;
  /** Since when there is something to send, and where to. Milliseconds, of `performance.now()`. */
  #sendingSince = 0;
  /** What of the body was not given to the socket. */
  #unsent: Buffer | undefined;
  readonly #pieceBytes: number;
  readonly #flow: Flow;
  /** When the server closes it. */
  #until = Number.POSITIVE_INFINITY;
  #hasAnswered = false;
  /** Ends an exchange that is promised an answer and gets none. */
  #promised: NodeJS.Timeout | undefined;
  #isRetired = false;

  /** @param pieceBytes of a body that the socket is given at a time */
  constructor(socket: Socket, pieceBytes: number, flow: Flow, owner: Owner) {
    this.socket = socket;
    this.#pieceBytes = pieceBytes;
    this.#flow = flow;
    this.#owner = owner;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, PROBE_AFTER_MS);
    socket.on('end', () => this.#end());
    socket.on('error', (error) => this.#lost(error));
    socket.on('timeout', () => this.#silent());
    // What was written may be on its way at once, and so the next piece, and the next: meanwhile no answer would be heard.
    socket.on('drain', () => {
      flow.taken(pieceBytes, performance.now() - this.#sendingSince);
      if (this.#unsent !== undefined) setImmediate(() => this.#send());
    });
    socket.on('close', () => {
      owner.closed();
      this.#failClosed();
    });
  }

  get isUsable(): boolean {
    return this.socket.writable && !this.socket.readableEnded && Date.now() < this.#until;
  }

  connected(): void {
    this.#isConnected = true;
    this.#sendingSince = performance.now();
  }

  /** What befell another one befell it too, as a router forgets them all: no further request is sent on it. */
  retire(): void {
    if (!this.#hasAnswered) return;
    this.#isRetired = true;
    if (this.#exchange === undefined) this.socket.destroy();
  }

  begin(exchange: Exchange, head: string, body: Buffer | undefined): void {
    const { socket } = this;
    this.#exchange = exchange;
    this.#sendingSince = performance.now();
    socket.ref();
    if (socket.timeout !== exchange.readTimeoutMs) socket.setTimeout(exchange.readTimeoutMs);
    socket.cork();
    socket.write(head, 'latin1');
    this.#unsent = body?.length === 0 ? undefined : body;
    this.#send();
    socket.uncork();
  }

  #send(): void {
    if (this.#unsent !== undefined) this.#unsent = givePieces(this.socket, this.#unsent, this.#pieceBytes);
  }

  get #isSent(): boolean {
    return this.#unsent === undefined && this.socket.writableLength === 0;
  }

  /** Nobody knows what is still to come on it: it ends, and its request with it. */
  fail(error: Error): void {
    const exchange = this.#settle();
    this.socket.destroy();
    exchange?.reject(exchange.reader.hasBegun ? unfinishedError(error) : error);
  }

  /** The other end is gone. */
  #lost(error: Error): void {
    const wasIdle = this.#endsIdle();
    this.fail(wasIdle ? idleError(error) : error);
  }

  /** Whether it was idle before this request, of whose answer nothing has come; then all others like it end too. */
  #endsIdle(): boolean {
    if (!this.#hasAnswered || this.#exchange?.reader.isUntouched !== true) return false;
    if (!this.#isRetired) this.#owner.endedIdle();
    return true;
  }

  /** Where what arrives next is to be put. */
  get room(): Buffer {
    return this.#exchange?.reader.unfilled ?? ARRIVED;
  }

  /** What arrived, good until this returns. */
  take(chunk: Buffer): void {
    const exchange = this.#exchange;
    if (exchange === undefined) {
      // An answer that nobody asked for.
      this.socket.destroy();
      return;
    }
    this.#flow.received(chunk.length);
    try {
      if (exchange.reader.take(chunk)) this.#answered(exchange);
      else this.#limit(exchange, chunk.length);
    } catch (error) {
      this.fail(error as Error);
    }
  }

  /** Whatever comes restarts the time that silence may take. */
  #limit({ reader, readTimeoutMs, slow }: Exchange, bytes: number): void {
    slow?.add(bytes);
    if (reader.hasBegun) clearTimeout(this.#promised);
    else if (reader.isPromised && this.#isSent)
      this.#promised ??= setTimeout(() => this.fail(promiseError(readTimeoutMs)), readTimeoutMs);
  }

  #end(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) this.socket.destroy();
    else if (exchange.reader.end()) this.#answered(exchange);
    else this.#failClosed();
  }

  /** Where nobody waits for it, nobody is told. */
  #failClosed(): void {
    const isCut = this.#exchange?.reader.isUntouched === false;
    this.#lost(new Error(isCut ? 'the answer was cut short' : 'the connection was closed without an answer'));
  }

  #answered({ reader, resolve }: Exchange): void {
    const { answer } = reader;
    const isSent = this.#isSent;
    this.#settle();
    // Refused before the body was sent: a server that reads no further would hold the connection for ever.
    this.#hasAnswered = true;
    if (reader.stays && isSent && !this.#isRetired) {
      const [, seconds] = /timeout=(\d+)/.exec(String(answer.headers['keep-alive'] ?? '')) ?? [];
      if (seconds !== undefined) this.#until = Date.now() + Number(seconds) * 1000 - EARLY_MS;
      // It keeps nobody waiting.
      this.socket.unref();
      this.#owner.idle();
    } else {
      this.socket.destroy();
    }
    resolve(answer);
  }

  #silent(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) this.socket.destroy();
    // While connecting the other limit counts.
    else if (this.#isConnected) {
      // It may be slow, or gone: the time that is lost with it is not lost with each other one.
      this.#endsIdle();
      this.fail(timeoutError(`nothing happened for ${exchange.readTimeoutMs} ms`));
    }
  }

  #settle(): Exchange | undefined {
    const exchange = this.#exchange;
    if (exchange === undefined) return undefined;
    this.#exchange = undefined;
    this.#unsent = undefined;
    clearTimeout(exchange.longest);
    exchange.slow?.clear();
    clearTimeout(this.#promised);
    this.#promised = undefined;
    this.#owner.done(exchange.signal);
    return exchange;
  }
}

function headOf({ method, path, headers, body }: Outgoing): string {
  if (UNSENDABLE_PATH.test(path)) throw new Error(`the path ${JSON.stringify(path)} is not escaped`);
  let head = `${method} ${path} HTTP/1.1\r\n`;
  for (const name in headers) {
    const value = headers[name] ?? '';
    if (UNSENDABLE.test(value)) throw new Error(`the header ${name} has a character that HTTP cannot carry`);
    head += `${name}: ${value}\r\n`;
  }
  if (WITH_BODY.has(method) && headers['content-length'] === undefined)
    head += `content-length: ${body?.length ?? 0}\r\n`;
  return `${head}connection: keep-alive\r\n\r\n`;
}
