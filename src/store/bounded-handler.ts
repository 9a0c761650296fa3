import { NodeHttpHandler } from '@smithy/node-http-handler';
import { bounded } from './bounded-body.js';
import { LONGEST_ANSWER, LONGEST_REQUEST_MS, SLOW_ANSWER_MS } from './exchange.js';

/**
 * Answers of the SDK's own requests, which it reads whole, end like those of ours. An object's bytes are counted by
 * whoever reads them.
 */
export class BoundedHandler extends NodeHttpHandler {
  override async handle(
    ...args: Parameters<NodeHttpHandler['handle']>
  ): Promise<Awaited<ReturnType<NodeHttpHandler['handle']>>> {
    const answer = await super.handle(...args);
    const [{ method, query, headers }] = args;
    const { response } = answer;
    const isObject = query['x-id'] === 'GetObject' && response.statusCode < 300;
    // What S3 makes of what it has may take minutes, with blanks until it is done.
    const isMadeByS3 =
      headers['x-amz-copy-source'] !== undefined || (method === 'POST' && query.uploadId !== undefined);
    const longestMs = isMadeByS3 ? LONGEST_REQUEST_MS : SLOW_ANSWER_MS;
    if (!isObject) response.body = bounded(response.body, LONGEST_ANSWER, longestMs);
    return answer;
  }
}
