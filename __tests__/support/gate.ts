import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { TestServer } from './servers.js';

/** What a request may change; only the last four are seen by readers. */
export type WriteKind = 'stage' | 'abort' | 'put' | 'copy' | 'complete' | 'delete';

export interface Write {
  readonly kind: WriteKind;
  /** Path of the URL. */
  readonly path: string;
}

/** Returns once the write may go on. */
export type Permission = (write: Write) => Promise<void>;

/** A server in front of an S3 server, which lets one visible write through at a time, each when it is permitted. */
export interface Gate {
  readonly server: TestServer;
  /** Those that have been answered. */
  readonly visible: readonly Write[];
  readonly staged: number;
  stop(): Promise<void>;
}

/**
 * Signatures hold: the Host that the client signed is passed on as it is. So a test decides by events, not by
 * latencies, what readers do between two writes, on a server that knows no hooks too.
 *
 * @param port of an earlier gate: an index is one server's, and by another port it would be another one
 */
export async function gate(server: TestServer, permit: Permission, port = 0): Promise<Gate> {
  const visible: Write[] = [];
  let staged = 0;
  let turn: Promise<void> = Promise.resolve();
  const http = createServer((incoming, response) => {
    const write = writeOf(incoming);
    const forward = (): Promise<void> =>
      forwarded(server.endpoint, incoming, response).catch(() => void response.destroy());
    if (write === undefined || write.kind === 'abort') void forward();
    else if (write.kind === 'stage') {
      staged++;
      void forward();
    } else {
      turn = turn
        .then(() => permit(write))
        .then(forward)
        .then(() => void visible.push(write));
    }
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, '127.0.0.1', resolve);
  });
  return {
    server: { ...server, endpoint: `http://127.0.0.1:${(http.address() as AddressInfo).port}` },
    visible,
    get staged() {
      return staged;
    },
    stop: async () => {
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      http.closeAllConnections();
      await closed;
    },
  };
}

/** The bucket alone, without a key, is written by DeleteObjects only. */
function writeOf({ method, url = '/', headers }: IncomingMessage): Write | undefined {
  const { pathname: path, searchParams } = new URL(url, 'http://s3');
  const isUpload = searchParams.has('uploadId');
  const kind = ((): WriteKind | undefined => {
    switch (method) {
      case 'PUT':
        if (isUpload) return 'stage';
        return headers['x-amz-copy-source'] === undefined ? 'put' : 'copy';
      case 'POST':
        if (searchParams.has('uploads')) return 'stage';
        return isUpload ? 'complete' : 'delete';
      case 'DELETE':
        return isUpload ? 'abort' : 'delete';
      default:
        return undefined;
    }
  })();
  return kind === undefined ? undefined : { kind, path: decodeURIComponent(path) };
}

async function forwarded(
  endpoint: string,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { expect: _answeredHere, ...headers } = incoming.headers;
  const { hostname, port } = new URL(endpoint);
  const outgoing = send({
    hostname,
    port,
    method: incoming.method,
    path: incoming.url,
    headers,
    agent: false,
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
  });
  const [answer] = await Promise.all([answered, pipeline(incoming, outgoing)]);
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  await pipeline(answer, response);
}
