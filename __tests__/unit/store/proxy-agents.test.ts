import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
// Jest's loader does not get along with two imports of one time.
import 'http-proxy-agent';
import 'https-proxy-agent';
import { afterEach, expect, test } from '@jest/globals';
import type { Connection } from '../../../src/model/options.js';
import { Ways } from '../../../src/store/ways.js';

const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
});

const connection: Connection = {
  allowedAccountIds: [],
  requesterPays: false,
  concurrency: 1,
  maxAttempts: 1,
  connectTimeoutMs: 1000,
  readTimeoutMs: 1000,
};

/** Where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test.each(['http', 'https'])(
  'a proxy that cannot be reached is named, with what names it: %s',
  async (scheme) => {
    const port = await closedPort();
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY'])
      process.env[name] = `http://me:secret@127.0.0.1:${port}`;
    delete process.env.NO_PROXY;
    delete process.env.no_proxy;
    const connecting = await new Ways(connection).to(`${scheme}://s3.test`);
    const asked =
      scheme === 'http'
        ? httpRequest('http://s3.test/', { agent: connecting.httpAgent })
        : httpsRequest('https://s3.test/', { agent: connecting.httpsAgent });
    asked.end();
    const [error] = await once(asked, 'error').catch((thrown: unknown) => [thrown]);
    expect(error).toMatchObject({
      code: 'ECONNREFUSED',
      message: expect.stringMatching(
        `^the proxy http://127.0.0.1:${port}/ of HTTPS_PROXY, HTTP_PROXY or ALL_PROXY: .*connect ECONNREFUSED`,
      ),
    });
  },
);
