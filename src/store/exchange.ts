import { type Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Writable } from 'node:stream';
import type { Flow } from './flow.js';
import type { WireAnswer } from './wire-answer.js';

/** A request that takes longer than this does not end: an answer that trickles is no answer. Milliseconds. */
export const LONGEST_REQUEST_MS = 60 * 60_000;

/** In so long, and what it may be silent for, so much of an answer comes or its end, unless it may trickle. Milliseconds, bytes. */
export const SLOW_ANSWER_MS = 5 * 60_000;
const SLOWEST_ANSWER = 4 * 1024;

/** DeleteObjects repeats 1,000 keys of 1,024 bytes, each byte up to 6 when it is escaped. */
export const LONGEST_ANSWER = 8 * 1024 * 1024;

/**
 * A body is given to its connection one piece after the other: that shows whether it is taken. TLS encrypts whatever it is
 * given at once, into memory of its own beside the body: 916 MB in bodies of up to 8 MiB took 530 MiB of memory otherwise,
 * and 160 so. Bytes.
 */
export const BODY_PIECE = 128 * 1024;

/** On a connection of our own without TLS: small pieces took a tenth of the time more. Bytes. */
export const PLAIN_PIECE = 4 * 1024 * 1024;

/** How long a request may take. Milliseconds. */
export interface Limits {
  /** From the request to a connection: name, socket, TLS, proxy. */
  readonly connectTimeoutMs: number;
  /** Nothing sent and nothing received; or, once all is sent, nothing but interim answers. */
  readonly readTimeoutMs: number;
  readonly longestRequestMs: number;
  readonly slowAnswerMs: number;
}

/** How requests reach a server. */
export interface Connecting extends Limits {
  /** Of the SDK's own requests, and of ours through a proxy. */
  readonly httpAgent: Agent;
  readonly httpsAgent: Agent;
  readonly isProxied: boolean;
  /** Whom a server's certificate may be by, in place of those whom Node believes. */
  readonly ca?: Buffer;
}

export interface Origin {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number | undefined;
}

export interface Outgoing {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer | undefined;
  /** The bytes of an object come as slowly as the line is, and S3 keeps a connection by blanks while it copies. */
  readonly mayTrickle?: boolean;
}

/**
 * Sends one request and resolves with its whole answer, of at most `maxBytes`. A body that is cut short, too long or
 * too slow rejects, as does a signal; then the connection is closed, since nobody knows what is still to come on it.
 *
 * By node:http, and so through proxies; where there is none `Connections` does the same by fewer steps.
 */
export function exchange(
  { secure, host, port }: Origin,
  outgoing: Outgoing,
  connecting: Connecting,
  maxBytes: number,
  signal: AbortSignal,
  flow?: Flow,
): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(stoppedError());
      return;
    }
    const { method, path, headers, body, mayTrickle } = outgoing;
    const { connectTimeoutMs, readTimeoutMs, longestRequestMs } = connecting;
    const sent: ClientRequest = (secure ? httpsRequest : httpRequest)({
      agent: secure ? connecting.httpsAgent : connecting.httpAgent,
      // Without it an agent for proxies guesses by its call stack, differently when a connection is given back than
      // when one is asked for: it would never use one again.
      protocol: secure ? 'https:' : 'http:',
      host,
      ...(port === undefined ? {} : { port }),
      method,
      path,
      headers,
      timeout: readTimeoutMs,
    });
    let settled = false;
    let isAnswered = false;
    let promised: NodeJS.Timeout | undefined;
    const slow = mayTrickle === true ? undefined : new SlowAnswer(connecting, (error) => fail(error));
    const settle = (): boolean => {
      if (settled) return false;
      settled = true;
      clearTimeout(connect);
      clearTimeout(longest);
      clearTimeout(promised);
      slow?.clear();
      signal.removeEventListener('abort', onAbort);
      return true;
    };
    const fail = (error: Error): void => {
      if (!settle()) return;
      sent.destroy();
      reject(isAnswered ? unfinishedError(error) : error);
    };
    const onAbort = (): void => fail(stoppedError());
    const connect = setTimeout(
      () => fail(timeoutError(`no connection within ${connectTimeoutMs} ms`)),
      connectTimeoutMs,
    );
    const longest = setTimeout(
      () => fail(spentError(`no end within ${longestRequestMs} ms`)),
      longestRequestMs,
    );
    signal.addEventListener('abort', onAbort);
    sent.on('socket', (socket) => {
      if (!socket.connecting) clearTimeout(connect);
      else socket.once(secure ? 'secureConnect' : 'connect', () => clearTimeout(connect));
    });
    sent.on('timeout', () => {
      // While connecting the other limit counts.
      if (sent.socket?.connecting !== true) fail(timeoutError(`nothing happened for ${readTimeoutMs} ms`));
    });
    const lost = (error: Error): void => {
      const wasIdle = sent.reusedSocket && !isAnswered;
      if (wasIdle && !settled) closeIdle(secure ? connecting.httpsAgent : connecting.httpAgent);
      fail(wasIdle ? idleError(error) : error);
    };
    // It stays after the end: a socket may fail when its answer was read.
    sent.on('error', lost);
    // An answer that changes the protocol ends the request without a word.
    sent.on('close', () => {
      if (!isAnswered) lost(new Error('the connection was closed without an answer'));
    });
    // A head is told when it is whole.
    sent.on('finish', () => slow?.add(0));
    // Each one restarts the time that silence may take.
    sent.on('information', () => {
      if (sent.writableFinished)
        promised ??= setTimeout(() => fail(promiseError(readTimeoutMs)), readTimeoutMs);
    });
    sent.on('response', (response) => {
      isAnswered = true;
      clearTimeout(promised);
      // Of HEAD there is no more.
      flow?.received(1);
      response.on('data', ({ length }: Buffer) => {
        flow?.received(length);
        slow?.add(length);
      });
      collect(response, maxBytes, fail, (answer) => {
        if (!settle()) return;
        // Refused before the body was sent: a server that reads no further would hold the connection for ever.
        if (!sent.writableFinished) sent.destroy();
        resolve(answer);
      });
    });
    if (body !== undefined && body.length > 0) sendByPieces(sent, body, flow);
    else sent.end();
  });
}

/** Ends an answer that trickles. */
export class SlowAnswer {
  readonly #ms: number;
  readonly #end: (error: Error) => void;
  #timer: NodeJS.Timeout | undefined;
  #bytes = 0;

  constructor({ slowAnswerMs, readTimeoutMs }: Limits, end: (error: Error) => void) {
    this.#ms = slowAnswerMs + readTimeoutMs;
    this.#end = end;
  }

  /** It has begun, or so much more of it came. */
  add(bytes: number): void {
    const told = `fewer than ${SLOWEST_ANSWER} bytes of the answer came within ${this.#ms} ms`;
    this.#timer ??= setTimeout(() => this.#end(spentError(told)), this.#ms);
    this.#bytes += bytes;
    if (this.#bytes < SLOWEST_ANSWER) return;
    this.#bytes = 0;
    this.#timer.refresh();
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}

/** What befell one of them befell them all: a router forgot them, or a server was replaced. */
function closeIdle(agent: Agent): void {
  for (const sockets of Object.values(agent.freeSockets))
    for (const socket of sockets ?? []) socket.destroy();
}

function sendByPieces(sent: ClientRequest, body: Buffer, flow: Flow | undefined): void {
  const since = performance.now();
  let unsent: Buffer | undefined = body;
  const send = (): void => {
    if (sent.destroyed || unsent === undefined) return;
    unsent = givePieces(sent, unsent, BODY_PIECE);
    if (unsent !== undefined) return;
    sent.off('drain', soon);
    sent.end();
  };
  // An answer that comes meanwhile has its turn.
  const soon = (): void => {
    flow?.taken(BODY_PIECE, performance.now() - since);
    setImmediate(send);
  };
  sent.on('drain', soon);
  send();
}

/** Gives a stream pieces of a body until it has enough. What is left; `undefined`: nothing. */
export function givePieces(stream: Writable, body: Buffer, bytes: number): Buffer | undefined {
  let rest = body;
  while (rest.length > bytes) {
    const goesOn = stream.write(rest.subarray(0, bytes));
    rest = rest.subarray(bytes);
    if (!goesOn) return rest;
  }
  stream.write(rest);
  return undefined;
}

function collect(
  response: IncomingMessage,
  maxBytes: number,
  fail: (error: Error) => void,
  done: (answer: WireAnswer) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes)
      fail(new TooLongError(maxBytes, Number(response.headers['content-length']) || undefined));
    else chunks.push(chunk);
  });
  response.on('error', fail);
  response.on('close', () => {
    // An error is made where there is one: its stack costs 25 us.
    if (!response.complete) fail(new Error('the answer was cut short'));
  });
  response.on('end', () => {
    // The close that follows says so.
    if (!response.complete) return;
    const [only] = chunks;
    done({
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks),
    });
  });
}

/** An answer that is not read to its end. */
export class TooLongError extends Error {
  override readonly name = 'TooLongError';
  /** Bytes that it has, as far as it said so. */
  readonly said: number | undefined;

  constructor(maxBytes: number, said?: number) {
    super(`the answer is longer than ${maxBytes} bytes`);
    this.said = said;
  }
}

/** Named as the SDK names them: `toStoreError` reads both alike. */
export function stoppedError(): Error {
  return Object.assign(new Error('the request was stopped'), { name: 'AbortError' });
}

/** The same error, of a connection that was idle before and ended before a byte of the answer: `endedIdle` reads it. */
export function idleError(error: Error): Error {
  return Object.assign(error, { endedIdle: true });
}

/** The same error, of an answer of which at least the head arrived: `toStoreError` tells it from none. */
export function unfinishedError(error: Error): Error {
  return Object.assign(error, { isUnfinished: true });
}

/** Of interim answers, to a request that was sent whole, and of nothing else for so long. */
export function promiseError(ms: number): Error {
  return timeoutError(`nothing but interim answers for ${ms} ms`);
}

/** Of a request that had all the time that one may have: `hadItsTime` reads it. */
export function spentError(message: string): Error {
  return Object.assign(timeoutError(message), { hadItsTime: true });
}

export function timeoutError(message: string): Error {
  return Object.assign(new Error(message), { name: 'TimeoutError', code: 'ETIMEDOUT' });
}
