import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a request asks for, as its shape says. */
export type S3Operation =
  | 'ListObjectsV2'
  | 'ListMultipartUploads'
  | 'ListParts'
  | 'HeadObject'
  | 'GetObject'
  | 'PutObject'
  | 'CopyObject'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'UploadPartCopy'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'DeleteObject'
  | 'DeleteObjects'
  | 'other';

export interface HostileRequest {
  readonly operation: S3Operation;
  readonly url: URL;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** Lets the real server answer, as if nothing were. */
  readonly pass: () => void;
}

/** Answers in the real server's place; `false`: it may answer itself. */
export type Lie = (asked: HostileRequest) => boolean | undefined;

/** An endpoint between the engine and a real server, which lies when it is told to. */
export class HostileServer {
  readonly #server: Server;
  readonly #behind: string;
  lie: Lie | undefined;
  /** Everything that was asked of it. */
  readonly asked: { readonly operation: S3Operation; readonly headers: IncomingMessage['headers'] }[] = [];

  private constructor(server: Server, behind: string) {
    this.#server = server;
    this.#behind = behind;
  }

  static async start(behind: string): Promise<HostileServer> {
    const server = createServer();
    const hostile = new HostileServer(server, behind);
    server.on('request', (incoming, outgoing) => hostile.#answer(incoming, outgoing));
    server.on('clientError', (_, socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return hostile;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #answer(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const url = new URL(incoming.url ?? '', this.endpoint);
    const operation = operationOf(incoming, url);
    this.asked.push({ operation, headers: incoming.headers });
    outgoing.on('error', () => undefined);
    const pass = (): void => {
      const { port } = new URL(this.#behind);
      const { method, headers, url: path } = incoming;
      const forward = request({ host: '127.0.0.1', port, method, headers, path }, (real) => {
        outgoing.writeHead(real.statusCode ?? 500, real.headers);
        real.pipe(outgoing);
      });
      forward.on('error', () => outgoing.destroy());
      incoming.pipe(forward);
    };
    if (this.lie?.({ operation, url, incoming, outgoing, pass }) === true) incoming.resume();
    else pass();
  }
}

function operationOf(
  { method, headers }: IncomingMessage,
  { pathname, searchParams: query }: URL,
): S3Operation {
  const isCopy = headers['x-amz-copy-source'] !== undefined;
  switch (method) {
    case 'GET':
      if (query.has('list-type')) return 'ListObjectsV2';
      if (query.has('uploads')) return 'ListMultipartUploads';
      if (query.has('uploadId')) return 'ListParts';
      return pathname.split('/').length > 2 && !query.has('acl') ? 'GetObject' : 'other';
    case 'HEAD':
      return 'HeadObject';
    case 'PUT':
      if (query.has('partNumber')) return isCopy ? 'UploadPartCopy' : 'UploadPart';
      return isCopy ? 'CopyObject' : 'PutObject';
    case 'POST':
      if (query.has('uploads')) return 'CreateMultipartUpload';
      if (query.has('uploadId')) return 'CompleteMultipartUpload';
      return query.has('delete') ? 'DeleteObjects' : 'other';
    case 'DELETE':
      return query.has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject';
    default:
      return 'other';
  }
}
