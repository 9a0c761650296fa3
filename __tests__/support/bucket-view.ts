import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { TestServer } from './servers.js';

export type RawHeaders = Readonly<Record<string, string>>;

/** A plain HTTP view of what lies under a prefix, as a website endpoint gives it. */
export interface BucketView {
  readonly origin: string;
  stop(): Promise<void>;
}

export function clientOf(server: TestServer): S3Client {
  return new S3Client({
    endpoint: server.endpoint,
    region: server.region,
    forcePathStyle: true,
    credentials: { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey },
    // SeaweedFS cuts a connection after some answers, and the next request on it fails.
    requestHandler: { httpAgent: { keepAlive: false } },
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

/** The headers of an object as they came through HTTP, names in lower case, before the SDK makes fields of them. */
export async function rawHeaders(client: S3Client, bucket: string, key: string): Promise<RawHeaders> {
  const command = new GetObjectCommand({ Bucket: bucket, Key: key });
  const headers = watchHeaders(command);
  const { Body } = await client.send(command);
  await Body?.transformToByteArray();
  return headers();
}

/** Stored with an object and passed on to readers; the rest of an answer is between S3 and the view. */
const PASSED_ON = [
  'content-type',
  'content-length',
  'content-encoding',
  'content-language',
  'content-disposition',
  'cache-control',
  'expires',
  'etag',
  'last-modified',
];

/**
 * Every request asks S3 anew: nothing is cached or negotiated here, so that what the browser sees is what S3 has.
 * `/` at the end stands for the index page, an unknown path for `404.html` of the site.
 */
export async function viewBucket(server: TestServer, bucket: string, prefix: string): Promise<BucketView> {
  const client = clientOf(server);
  const http = createServer((request, response) => {
    answer(client, bucket, prefix, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502, { 'content-type': 'text/plain' }).end(String(error));
    });
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(0, '127.0.0.1', resolve);
  });
  return {
    origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    stop: async () => {
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      http.closeAllConnections();
      await closed;
      client.destroy();
    },
  };
}

async function answer(
  client: S3Client,
  bucket: string,
  prefix: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405).end();
    return;
  }
  const path = decodeURIComponent(new URL(request.url ?? '/', 'http://view').pathname);
  const name = path.endsWith('/') ? `${path.slice(1)}index.html` : path.slice(1);
  const isKnown = await pass(client, bucket, `${prefix}/${name}`, 200, request, response);
  if (isKnown || (await pass(client, bucket, `${prefix}/404.html`, 404, request, response))) return;
  response.writeHead(404, { 'content-type': 'text/plain' }).end('no such key');
}

/** Whether the object is there. */
async function pass(
  client: S3Client,
  bucket: string,
  key: string,
  status: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const known = request.headers['if-none-match'];
  const condition = known === undefined || status !== 200 ? {} : { IfNoneMatch: known };
  const command = new GetObjectCommand({ Bucket: bucket, Key: key, ...condition });
  const headers = watchHeaders(command);
  try {
    const { Body } = await client.send(command);
    const raw = headers();
    const target = raw['x-amz-website-redirect-location'];
    if (target !== undefined) {
      response.writeHead(301, { location: target }).end();
      return true;
    }
    const kept = PASSED_ON.flatMap((name) => (raw[name] === undefined ? [] : [[name, raw[name]]]));
    response.writeHead(status, Object.fromEntries(kept));
    if (request.method === 'HEAD' || Body === undefined) response.end();
    else await pipeline(Body as NodeJS.ReadableStream, response);
    return true;
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    const { httpStatusCode } = error.$metadata;
    if (httpStatusCode === 304) {
      const { etag, 'cache-control': cacheControl } = headers();
      const validators = { ...(etag && { etag }), ...(cacheControl && { 'cache-control': cacheControl }) };
      response.writeHead(304, validators).end();
      return true;
    }
    if (httpStatusCode === 404) return false;
    throw error;
  }
}

/** Returns what gives the headers of the command's answer once it was sent. */
function watchHeaders(command: GetObjectCommand): () => RawHeaders {
  let seen: RawHeaders = {};
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      seen = (result.response as { readonly headers: RawHeaders }).headers;
      return result;
    },
    // Nearest to the wire: an error is one only after the answer was read.
    { step: 'deserialize', priority: 'low' },
  );
  return () => seen;
}
