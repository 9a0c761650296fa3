import { randomBytes } from 'node:crypto';
import { getEventListeners, once } from 'node:events';
import type { Agent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { selfSigned } from '../../dev/certificate.js';
import { Connections } from '../../src/store/connections.js';
import { BODY_PIECE, type Connecting, exchange, type Outgoing } from '../../src/store/exchange.js';
import { Flow } from '../../src/store/flow.js';
import { StoreError } from '../../src/store/object-store.js';
import { endedIdle, toStoreError } from '../../src/store/store-errors.js';
import { Ways } from '../../src/store/ways.js';
import type { WireAnswer } from '../../src/store/wire-answer.js';

/** One request over a real connection to a server that misbehaves, byte by byte. */
let server: Server | undefined;
const sockets = new Set<Socket>();

afterEach(async () => {
  for (const agent of agents) agent.destroy();
  agents.clear();
  for (const socket of sockets) socket.destroy();
  await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  server = undefined;
});

const certificate = selfSigned();

/** Whether the tests that run now go through TLS. */
let secure = false;

/** @param serve is called for each request whose head has arrived, or for all that arrives */
async function listen(
  serve: (socket: Socket, request: string) => void,
  when: 'by requests' | 'piece by piece' = 'by requests',
): Promise<number> {
  const make = (accept: (socket: Socket) => void): Server =>
    secure ? createTlsServer({ ...certificate }, accept) : createServer(accept);
  const made = make((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (when === 'by requests' && !text.includes('\r\n\r\n')) return;
      const request = text;
      text = '';
      serve(socket, request);
    });
  });
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  const address = made.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

const agents = new Set<Agent>();

const never = new AbortController().signal;

async function connecting(changes: Partial<Connecting> = {}): Promise<Connecting> {
  const made = await new Ways({
    allowedAccountIds: [],
    requesterPays: false,
    concurrency: 4,
    maxAttempts: 1,
    connectTimeoutMs: 2_000,
    readTimeoutMs: 2_000,
  }).to('http://127.0.0.1');
  const { httpAgent } = made;
  const authority = certificate === undefined ? {} : { ca: certificate.cert };
  const httpsAgent = new HttpsAgent({ keepAlive: true, ...authority });
  agents.add(httpAgent).add(httpsAgent);
  return { ...made, httpsAgent, ...authority, ...changes };
}

interface Sending {
  readonly method?: string;
  readonly body?: Buffer;
  readonly signal?: AbortSignal;
  readonly host?: string;
  readonly mayTrickle?: boolean;
  readonly maxBytes?: number;
}

const MAX_BYTES = 1_000;

/** Both ways: by node:http, and by connections of our own. */
interface Way {
  readonly name: string;
  readonly open: (
    through: Connecting,
    flow?: Flow,
  ) => {
    readonly send: (port: number, sending?: Sending) => Promise<WireAnswer>;
    readonly isEmpty: () => boolean;
  };
}

const WAYS: readonly Way[] = [
  {
    name: 'by node:http',
    open: (through, flow) => ({
      send: (port, { host = '127.0.0.1', signal = never, maxBytes = MAX_BYTES, ...rest } = {}) =>
        exchange({ secure, host, port }, outgoingOf(rest), through, maxBytes, signal, flow),
      isEmpty: () =>
        [through.httpAgent, through.httpsAgent].every(
          ({ sockets: used }) => Object.values(used).flat().length === 0,
        ),
    }),
  },
  {
    name: 'by our own connections',
    open: (through, flow) => {
      let connections: Connections | undefined;
      return {
        send(port, { host = '127.0.0.1', signal = never, maxBytes = MAX_BYTES, ...rest } = {}) {
          connections ??= new Connections({ secure, host, port }, through, flow);
          return connections.exchange(outgoingOf(rest), maxBytes, signal);
        },
        isEmpty: () => connections?.isEmpty ?? true,
      };
    },
  },
];

function outgoingOf({
  method = 'PUT',
  body,
  mayTrickle = false,
}: Pick<Sending, 'method' | 'body' | 'mayTrickle'>): Outgoing {
  const headers: Record<string, string> = { host: '127.0.0.1' };
  if (body !== undefined) headers['content-length'] = String(body.length);
  return { method, path: '/k', headers, body, mayTrickle };
}

async function kindOf(sent: Promise<WireAnswer>): Promise<string> {
  return sent.then(
    () => 'answered',
    (thrown) => toStoreError('PutObject', thrown).kind,
  );
}

const CASES = WAYS.flatMap((way) => [
  { ...way, over: 'TCP', isSecure: false },
  ...(certificate === undefined ? [] : [{ ...way, over: 'TLS', isSecure: true }]),
]);

describe.each(CASES)('one request $name over $over', ({ open, isSecure }) => {
  beforeAll(() => {
    secure = isSecure;
  });

  const send = (port: number, through: Connecting, sending?: Sending): Promise<WireAnswer> =>
    open(through).send(port, sending);

  test('is answered, with what the answer says, and its connection is used again', async () => {
    const used = new Set<Socket>();
    const port = await listen((socket, request) => {
      used.add(socket);
      expect(request).not.toMatch(/^expect:/im);
      socket.write('HTTP/1.1 200 OK\r\nETag: "e"\r\nContent-Length: 2\r\n\r\nok');
    });
    const way = open(await connecting());
    for (let i = 0; i < 3; i++) {
      const { status, headers, body } = await way.send(port, { body: Buffer.from('x') });
      expect([status, headers.etag, body.toString()]).toEqual([200, '"e"', 'ok']);
    }
    expect(used.size).toBe(1);
  });

  test('of HEAD: a length, and no body', async () => {
    const port = await listen((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n'));
    const { headers, body } = await send(port, await connecting(), { method: 'HEAD' });
    expect([headers['content-length'], body.length]).toEqual(['500', 0]);
  });

  test.each([
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour'],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n'],
    ['in its head', 'HTTP/1.1 200 OK\r\nContent-'],
    ['before a byte', ''],
  ])('whose answer is cut short %s is a lost answer', async (_, bytes) => {
    const port = await listen((socket) => socket.end(bytes));
    expect(await kindOf(send(port, await connecting()))).toBe('network');
  });

  test.each([
    ['a length of another kind', 'HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n'],
    ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
    ['nothing but patience', `HTTP/1.1 100 Continue\r\n\r\n`],
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n'],
    ['a head without end', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(100_000)}`],
  ])('answered with %s is a lost answer', async (_, bytes) => {
    const port = await listen((socket) => socket.write(bytes));
    const started = performance.now();
    expect(await kindOf(send(port, await connecting({ readTimeoutMs: 500 })))).toBe('network');
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test('whose answer does not end is given up at its limit', async () => {
    const port = await listen((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      const more = setInterval(() => socket.write(`64\r\n${'a'.repeat(100)}\r\n`), 5);
      socket.on('close', () => clearInterval(more));
    });
    await expect(send(port, await connecting())).rejects.toThrow('longer than 1000 bytes');
  });

  test('that nobody answers ends after the silence that is allowed', async () => {
    const port = await listen(() => undefined);
    const started = performance.now();
    const sent = send(port, await connecting({ readTimeoutMs: 200 }));
    await expect(sent).rejects.toMatchObject({ name: 'TimeoutError', code: 'ETIMEDOUT' });
    expect(performance.now() - started).toBeLessThan(1_500);
  });

  test('that is promised an answer again and again ends as if nothing came', async () => {
    const port = await listen((socket) => {
      const more = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 20);
      socket.on('close', () => clearInterval(more));
    });
    const sent = send(port, await connecting({ readTimeoutMs: 200, longestRequestMs: 5_000 }));
    await expect(sent).rejects.toMatchObject({
      code: 'ETIMEDOUT',
      message: 'nothing but interim answers for 200 ms',
    });
  });

  test('whose promise is kept has its time for the answer itself', async () => {
    const port = await listen((socket) => {
      socket.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n');
      let left = 10;
      const more = setInterval(() => {
        if (left === 10) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n');
        else socket.write('a');
        if (--left === 0) clearInterval(more);
      }, 60);
      socket.on('close', () => clearInterval(more));
    });
    const way = open(await connecting({ readTimeoutMs: 300 }));
    for (let i = 0; i < 2; i++) expect((await way.send(port)).body.toString()).toBe('a'.repeat(9));
  });

  test('whose answer stops in the middle ends too', async () => {
    const port = await listen((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour'));
    expect(await kindOf(send(port, await connecting({ readTimeoutMs: 200 })))).toBe('network');
  });

  test('whose answer trickles ends at the limit for the longest', async () => {
    const port = await listen((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n');
      const more = setInterval(() => socket.write('a'), 20);
      socket.on('close', () => clearInterval(more));
    });
    const sent = send(port, await connecting({ readTimeoutMs: 200, longestRequestMs: 500 }));
    await expect(sent).rejects.toMatchObject({ message: 'no end within 500 ms', hadItsTime: true });
  });

  test.each([
    ['body', 'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n'],
    ['head', 'HTTP/1.1 200 OK\r\nX: '],
  ])('whose answer trickles in its %s ends soon, unless it may', async (_, begin) => {
    const port = await listen((socket) => {
      socket.write(begin);
      const more = setInterval(() => socket.write('a'), 20);
      socket.on('close', () => clearInterval(more));
    });
    const limits = { readTimeoutMs: 200, slowAnswerMs: 100, longestRequestMs: 900 };
    const way = open(await connecting(limits));
    const trickling = { hadItsTime: true, message: 'fewer than 4096 bytes of the answer came within 300 ms' };
    await expect(way.send(port)).rejects.toMatchObject(trickling);
    await expect(way.send(port, { mayTrickle: true })).rejects.toThrow('no end within 900 ms');
  });

  test('whose answer is long has its time as long as enough of it comes', async () => {
    const port = await listen((socket) => {
      let left = 5;
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${left * 5_000}\r\n\r\n`);
      const more = setInterval(() => {
        socket.write('a'.repeat(5_000));
        if (--left === 0) clearInterval(more);
      }, 100);
      socket.on('close', () => clearInterval(more));
    });
    const way = open(await connecting({ readTimeoutMs: 250, slowAnswerMs: 50 }));
    expect((await way.send(port, { maxBytes: 30_000 })).body.length).toBe(25_000);
  });

  test('to where no connection comes about ends after its own limit', async () => {
    // An address of which nothing comes back; where the machine says at once that there is no way, that will do.
    const sent = send(9, await connecting({ connectTimeoutMs: 300, readTimeoutMs: 100 }), {
      host: '192.0.2.1',
    });
    const started = performance.now();
    await expect(sent).rejects.toMatchObject({
      code: expect.stringMatching(/^(ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ECONNREFUSED)$/),
    });
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test('to a port that nobody listens on is refused', async () => {
    const port = await listen(() => undefined);
    await new Promise((resolve) => server?.close(resolve));
    server = undefined;
    await expect(send(port, await connecting())).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('stops with the run: before it, while it waits, in its answer; and lets go of the signal', async () => {
    const port = await listen((socket, request) => {
      if (request.startsWith('GET')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour');
      else if (request.startsWith('DELETE')) socket.write('HTTP/1.1 204 No Content\r\n\r\n');
    });
    const way = open(await connecting());
    const stop = new AbortController();
    const sent = ['PUT', 'GET'].map((method) => kindOf(way.send(port, { method, signal: stop.signal })));
    expect((await way.send(port, { method: 'DELETE', signal: stop.signal })).status).toBe(204);
    setTimeout(() => stop.abort(), 50);
    expect(await Promise.all(sent)).toEqual(['aborted', 'aborted']);
    expect(await kindOf(way.send(port, { signal: stop.signal }))).toBe('aborted');
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  });

  test.each([
    [
      'in chunks',
      'Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nok\r\n003\r\n, 5\r\n0\r\nSum: 1\r\n\r\n',
      'ok, 5',
    ],
    [
      'after others that promise it',
      'Content-Length: 2\r\n\r\nok',
      'ok',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n',
    ],
  ])('is answered %s, whatever pieces it comes in', async (_, rest, expected, before = '') => {
    const answer = `${before}HTTP/1.1 200 OK\r\nX-Amz-Meta-A:\t \xc3\xa0 \r\n${rest}`;
    for (const size of [1, 3, 1_000]) {
      const port = await listen(async (socket) => {
        for (let at = 0; at < answer.length && socket.writable; at += size) {
          socket.write(answer.slice(at, at + size), 'latin1');
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
      const way = open(await connecting());
      for (let i = 0; i < 2; i++) {
        const { headers, body } = await way.send(port);
        expect([headers['x-amz-meta-a'], body.toString()]).toEqual(['\xc3\xa0', expected]);
      }
      await new Promise<void>((resolve) => {
        server?.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      });
    }
  });

  test('takes no answer for the next, though more came than was announced', async () => {
    const port = await listen((socket, request) => {
      const body = request.startsWith('PUT') ? 'ok' : 'no';
      const lies = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlies';
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${body}${request.startsWith('PUT') ? lies : ''}`,
      );
    });
    const way = open(await connecting());
    expect((await way.send(port)).body.toString()).toBe('ok');
    expect(
      (
        await way.send(port, { method: 'GET' }).catch(() => way.send(port, { method: 'GET' }))
      ).body.toString(),
    ).toBe('no');
  });

  test('is answered up to the end of the connection where no length is said', async () => {
    const port = await listen((socket) => socket.end('HTTP/1.0 403 Forbidden\r\n\r\nno'));
    const { status, body } = await send(port, await connecting());
    expect([status, body.toString()]).toEqual([403, 'no']);
  });

  test.each([
    ['says so', 'HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\nok'],
    ['is older', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['will have closed by then', 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok'],
  ])('uses no connection again whose server %s', async (_, answer) => {
    const used = new Set<Socket>();
    const port = await listen((socket) => {
      used.add(socket);
      socket.write(answer);
    });
    const way = open(await connecting());
    for (let i = 0; i < 2; i++) {
      expect((await way.send(port)).status).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(used.size).toBe(2);
  });

  test('that is refused before its body was read is answered, and its connection does not stay', async () => {
    const port = await listen((socket) => {
      socket.pause();
      socket.write('HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n');
    });
    const way = open(await connecting({ readTimeoutMs: 300 }));
    const answer = await way.send(port, { body: Buffer.alloc(32 * 1024 * 1024) });
    expect(answer.status).toBe(412);
    for (let i = 0; i < 40 && !way.isEmpty(); i++) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(way.isEmpty()).toBe(true);
  });

  test('arrives whole, whatever its length', async () => {
    for (const length of [0, 1, BODY_PIECE, BODY_PIECE + 1, 5 * BODY_PIECE + 7]) {
      const body = randomBytes(length);
      let arrived = '';
      const port = await listen((socket, text) => {
        arrived += text;
        const end = arrived.indexOf('\r\n\r\n') + 4;
        if (arrived.length - end >= length) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      }, 'piece by piece');
      const way = open(await connecting());
      for (let i = 0; i < 2; i++) {
        arrived = '';
        expect((await way.send(port, { body })).status).toBe(200);
        const end = arrived.indexOf('\r\n\r\n') + 4;
        expect(Buffer.from(arrived.slice(end), 'latin1').equals(body)).toBe(true);
      }
      await new Promise<void>((resolve) => {
        server?.close(() => resolve());
        for (const agent of agents) agent.destroy();
        for (const socket of sockets) socket.destroy();
      });
    }
  });

  if (isSecure)
    test('lets everything else have its turn while it is sent', async () => {
      // By another thread: in this one the server would have to wait for the same turns.
      const script = `
        const { parentPort, workerData } = require('node:worker_threads');
        const server = require('node:tls').createServer(workerData, (socket) => {
          let left = ${64 * 1024 * 1024};
          socket.on('error', () => undefined);
          socket.on('data', (bytes) => {
            left -= bytes.length;
            if (left < 0) socket.end('HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n');
          });
        });
        server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`;
      const worker = new Worker(script, { eval: true, workerData: { ...certificate } });
      try {
        const [port] = (await once(worker, 'message')) as [number];
        const taken = new Flow(0);
        const way = open(await connecting(), taken);
        let [before, most, isSent] = [0, 0, false];
        const look = (): void => {
          most = Math.max(most, taken.bytes - before);
          before = taken.bytes;
          if (!isSent) setImmediate(look);
        };
        look();
        expect((await way.send(port, { body: Buffer.alloc(64 * 1024 * 1024) })).status).toBe(200);
        isSent = true;
        expect(most).toBeLessThan(4 * 1024 * 1024);
      } finally {
        await worker.terminate();
      }
    });

  if (isSecure)
    test('is encrypted no further than it is read', async () => {
      const port = await listen((socket) => void socket.pause());
      const taken = new Flow(0);
      const way = open(await connecting(), taken);
      const stop = new AbortController();
      const sent = kindOf(way.send(port, { body: Buffer.alloc(64 * 1024 * 1024), signal: stop.signal }));
      for (let before = -1; before !== taken.bytes || before < 64 * 1024; ) {
        before = taken.bytes;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
      // What the system holds of a connection on its way.
      expect(taken.bytes).toBeLessThan(32 * 1024 * 1024);
      stop.abort();
      expect(await sent).toBe('aborted');
    });

  test('that nobody answers is no progress, whatever the connection takes of it; what is taken later on is, and so is an answer', async () => {
    const port = await listen((socket, request) => {
      if (request.startsWith('PUT')) socket.pause();
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
    const flow = new Flow();
    const way = open(await connecting({ readTimeoutMs: 200 }), flow);
    for (let i = 0; i < 2; i++)
      expect(await kindOf(way.send(port, { body: Buffer.alloc(4 * BODY_PIECE) }))).toBe('network');
    expect(flow.bytes).toBe(0);
    await way.send(port, { method: 'HEAD' });
    const answered = flow.bytes;
    expect(answered).toBeGreaterThan(0);
    const later = new Flow(0);
    const slow = open(await connecting({ readTimeoutMs: 200 }), later);
    expect(await kindOf(slow.send(port, { body: Buffer.alloc(4 * BODY_PIECE) }))).toBe('network');
    expect(later.bytes).toBeGreaterThan(0);
    expect(flow.bytes).toBe(answered);
  });

  test('finds a connection dead that had been idle: that is said, and no other one like it is used again', async () => {
    const dead = new Set<Socket>();
    const port = await listen((socket) => {
      if (dead.has(socket)) socket.destroy();
      // So late that each request has a connection of its own.
      else setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'), 100);
    });
    const way = open(await connecting());
    await Promise.all(Array.from({ length: 4 }, () => way.send(port)));
    expect(sockets.size).toBe(4);
    for (const socket of sockets) dead.add(socket);
    const error = await way.send(port).then(
      () => undefined,
      (thrown) => toStoreError('PutObject', thrown),
    );
    expect([error?.kind, error !== undefined && endedIdle(error)]).toEqual(['network', true]);
    for (let i = 0; i < 3; i++) expect((await way.send(port)).status).toBe(200);
  });

  test('is not said to be of an idle connection where it is the first of one', async () => {
    const port = await listen((socket) => socket.destroy());
    const error = await open(await connecting())
      .send(port)
      .catch((thrown) => toStoreError('PutObject', thrown));
    expect(error instanceof StoreError && [error.kind, endedIdle(error)]).toEqual(['network', false]);
  });

  test('leaves nothing to a connection that the server closed while it was idle', async () => {
    let closed: Promise<unknown> = Promise.resolve();
    const port = await listen((socket) => {
      closed = once(socket, 'close');
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      setTimeout(() => socket.destroy(), 20);
    });
    const way = open(await connecting());
    for (let i = 0; i < 3; i++) {
      expect((await way.send(port)).status).toBe(200);
      await closed;
      // And this end hears of it.
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  });
});

describe.each([
  { over: 'TCP', isSecure: false },
  ...(certificate === undefined ? [] : [{ over: 'TLS', isSecure: true }]),
])('room for the body of an answer over $over', ({ isSecure }) => {
  beforeAll(() => {
    secure = isSecure;
  });

  const UNTOUCHED = 0xaa;
  const MOST = 4 * 1024 * 1024;

  /** Each request on one and the same connection, answered as the server of `listen` does. */
  async function requests(
    port: number,
  ): Promise<(room: Buffer, signal?: AbortSignal) => Promise<WireAnswer>> {
    const connections = new Connections({ secure, host: '127.0.0.1', port }, await connecting());
    return (room, signal = never) => connections.exchange(outgoingOf({ method: 'GET' }), MOST, signal, room);
  }

  test('takes it, whatever pieces it comes in, and nothing beside it', async () => {
    const used = new Set<Socket>();
    let [body, pieces]: [Buffer, readonly number[]] = [Buffer.alloc(0), []];
    const port = await listen(async (socket) => {
      used.add(socket);
      const answer = Buffer.concat([
        Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`),
        body,
      ]);
      let at = 0;
      for (const size of [...pieces, answer.length]) {
        socket.write(answer.subarray(at, at + size));
        at += size;
        await new Promise((resolve) => setTimeout(resolve, pieces.length === 0 ? 0 : 2));
      }
    });
    const ask = await requests(port);
    const shared = Buffer.from(new SharedArrayBuffer(MOST));
    for (const size of [0, 1, 1_000, 64 * 1024, 64 * 1024 + 1, 3_000_007]) {
      for (const cuts of [[], [10, 30, 1, 400], [45, 100_000, 1, 1, 70_000]]) {
        [body, pieces] = [randomBytes(size), cuts];
        shared.fill(UNTOUCHED);
        const room = shared.subarray(100, 100 + size + 9);
        const answer = await ask(room);
        expect(answer.body.equals(body)).toBe(true);
        if (size === 0) continue;
        expect([answer.body.buffer, answer.body.byteOffset]).toEqual([shared.buffer, room.byteOffset]);
        expect(shared.subarray(0, 100).every((byte) => byte === UNTOUCHED)).toBe(true);
        expect(shared.subarray(100 + size).every((byte) => byte === UNTOUCHED)).toBe(true);
      }
    }
    expect(used.size).toBe(1);
  });

  test.each([
    ['is longer', `Content-Length: 200000\r\n\r\n${'a'.repeat(200_000)}`],
    [
      'comes in chunks',
      `Transfer-Encoding: chunked\r\n\r\n${`186A0\r\n${'a'.repeat(100_000)}\r\n`.repeat(2)}0\r\n\r\n`,
    ],
  ])('is left as it is by a body that %s', async (_, rest) => {
    const port = await listen((socket) => socket.write(`HTTP/1.1 200 OK\r\n${rest}`));
    const ask = await requests(port);
    const room = Buffer.alloc(150_000, UNTOUCHED);
    for (let i = 0; i < 2; i++) expect((await ask(room)).body.toString()).toBe('a'.repeat(200_000));
    expect(room.every((byte) => byte === UNTOUCHED)).toBe(true);
  });

  test("takes no more than was announced: what follows is nobody's answer", async () => {
    let number = 0;
    const port = await listen((socket) => {
      const body = Buffer.alloc(300_000, ++number);
      const more =
        number === 1 ? `${'b'.repeat(70_000)}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlies` : '';
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
      socket.write(Buffer.concat([body, Buffer.from(more)]));
    });
    const ask = await requests(port);
    const room = Buffer.alloc(400_000, UNTOUCHED);
    expect((await ask(room)).body.equals(Buffer.alloc(300_000, 1))).toBe(true);
    expect(room.subarray(300_000).every((byte) => byte === UNTOUCHED)).toBe(true);
    const next = await ask(room).catch(() => ask(room));
    expect(next.body.equals(Buffer.alloc(300_000, number))).toBe(true);
  });

  test("is nobody's once the request has ended", async () => {
    let written = 0;
    const port = await listen((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n');
      const more = setInterval(() => {
        written += 10_000;
        socket.write(Buffer.alloc(10_000, 1));
      }, 2);
      socket.on('close', () => clearInterval(more));
    });
    const ask = await requests(port);
    const room = Buffer.alloc(3_000_000);
    const stop = new AbortController();
    const sent = ask(room, stop.signal).catch((error: Error) => error.name);
    while (room[100_000] !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    expect(await sent).toBe('AbortError');
    room.fill(UNTOUCHED);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(written).toBeLessThan(3_000_000);
    expect(room.every((byte) => byte === UNTOUCHED)).toBe(true);
  });
});
