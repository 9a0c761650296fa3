import { NodeHttpHandler } from '@smithy/node-http-handler';
import { bounded } from './bounded-body.js';
import { LONGEST_ANSWER, LONGEST_REQUEST_MS } from './exchange.js';

/**
 * Answers of the SDK's own requests, which it reads whole, end like those of ours. An object's bytes are counted by
 * whoever reads them.
 */
export class BoundedHandler extends NodeHttpHandler {
  override async handle(
    ...args: Parameters<NodeHttpHandler['handle']>
  ): Promise<Awaited<ReturnType<NodeHttpHandler['handle']>>> {
    const answer = await super.handle(...args);
    const { response } = answer;
    const isObject = args[0].query['x-id'] === 'GetObject' && response.statusCode < 300;
    if (!isObject) response.body = bounded(response.body, LONGEST_ANSWER, LONGEST_REQUEST_MS);
    return answer;
  }
}
