import { NodeHttpHandler } from '@smithy/node-http-handler';
import { bounded } from './bounded-body.js';
import { type Connecting, LONGEST_ANSWER, LONGEST_REQUEST_MS, SLOW_ANSWER_MS } from './exchange.js';
import type { Ways } from './ways.js';

type Handle = NodeHttpHandler['handle'];

/**
 * The SDK's own requests, each by the way to its host. Answers, which it reads whole, end like those of ours; an object's
 * bytes are counted by whoever reads them.
 */
export class BoundedHandler extends NodeHttpHandler {
  readonly #ways: Ways;
  readonly #handlers = new Map<Connecting, NodeHttpHandler>();

  constructor(ways: Ways) {
    super();
    this.#ways = ways;
  }

  override async handle(...args: Parameters<Handle>): Promise<Awaited<ReturnType<Handle>>> {
    const [{ protocol, hostname, port, method, query, headers }] = args;
    const connecting = await this.#ways.to(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`);
    const handler = this.#handlers.get(connecting) ?? handlerBy(connecting);
    this.#handlers.set(connecting, handler);
    const answer = await handler.handle(...args);
    const { response } = answer;
    const isObject = query['x-id'] === 'GetObject' && response.statusCode < 300;
    // What S3 makes of what it has may take minutes, with blanks until it is done.
    const isMadeByS3 =
      headers['x-amz-copy-source'] !== undefined || (method === 'POST' && query.uploadId !== undefined);
    const longestMs = isMadeByS3 ? LONGEST_REQUEST_MS : SLOW_ANSWER_MS;
    if (!isObject) response.body = bounded(response.body, LONGEST_ANSWER, longestMs);
    return answer;
  }

  override destroy(): void {
    this.#ways.close();
  }
}

function handlerBy(connecting: Connecting): NodeHttpHandler {
  const { httpAgent, httpsAgent, connectTimeoutMs, readTimeoutMs, longestRequestMs } = connecting;
  return new NodeHttpHandler({
    httpAgent,
    httpsAgent,
    connectionTimeout: connectTimeoutMs,
    socketTimeout: readTimeoutMs,
    requestTimeout: longestRequestMs,
    throwOnRequestTimeout: true,
  });
}
