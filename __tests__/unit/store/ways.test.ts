import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type AddressInfo, createServer as createConnectionServer } from 'node:net';
// Jest's loader does not get along with two imports of one time.
import 'http-proxy-agent';
import 'https-proxy-agent';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { HttpRequest } from '@smithy/core/protocols';
import type { Connection } from '../../../src/model/options.js';
import { BoundedHandler } from '../../../src/store/bounded-handler.js';
import { Ways } from '../../../src/store/ways.js';

const connection: Connection = {
  allowedAccountIds: [],
  requesterPays: false,
  concurrency: 4,
  maxAttempts: 1,
  connectTimeoutMs: 10_000,
  readTimeoutMs: 10_000,
};

let kept: NodeJS.ProcessEnv;
beforeEach(() => {
  kept = process.env;
  process.env = { PATH: kept.PATH };
});
afterEach(() => {
  process.env = kept;
});

/** Where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createConnectionServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const STS = 'https://sts.eu-west-1.amazonaws.com';
const BUCKET = 'https://site.s3.eu-west-1.amazonaws.com';

describe('a proxy is between, by the name of each host that is asked', () => {
  test.each([
    ['', BUCKET, true],
    ['site.s3.eu-west-1.amazonaws.com', BUCKET, false],
    ['s3.eu-west-1.amazonaws.com', BUCKET, false],
    ['.s3.eu-west-1.amazonaws.com', BUCKET, false],
    ['*.s3.eu-west-1.amazonaws.com', BUCKET, false],
    ['amazonaws.com', BUCKET, false],
    ['other.s3.eu-west-1.amazonaws.com, s3.us-east-1.amazonaws.com', BUCKET, true],
    ['e.s3.eu-west-1.amazonaws.com', BUCKET, true],
    ['s3.eu-west-1.amazonaws.com', STS, true],
    ['sts.eu-west-1.amazonaws.com', STS, false],
    ['*', STS, false],
    ['s3.test:8443', 'https://a.s3.test:8443', false],
    ['s3.test:8443', 'https://a.s3.test', true],
    ['10.0.0.1', 'https://10.0.0.1:9000', false],
    ['0.0.1', 'https://10.0.0.1:9000', true],
    ['[::1]', 'https://[::1]:9000', false],
    ['', 'https://[::1]:9000', true],
  ])('NO_PROXY=%s, %s: %s', async (exempt, url, isProxied) => {
    process.env.HTTPS_PROXY = 'http://proxy.test:3128';
    process.env.NO_PROXY = exempt;
    expect(await new Ways(connection).to(url)).toMatchObject({ isProxied });
  });

  test('hosts that are reached alike share their connections', async () => {
    process.env.HTTPS_PROXY = 'http://proxy.test:3128';
    process.env.NO_PROXY = 's3.test';
    const ways = new Ways(connection);
    expect(await ways.to(STS)).toBe(await ways.to(BUCKET));
    expect(await ways.to('https://s3.test')).not.toBe(await ways.to(BUCKET));
  });

  test('what can be no proxy is told with the host that it is for', async () => {
    process.env.HTTPS_PROXY = 'http://user:secret@proxy:port';
    await expect(new Ways(connection).to(STS)).rejects.toMatchObject({
      code: 'usage',
      exit: 2,
      message: expect.stringMatching(
        /^the proxy for https:\/\/sts\.\S+ is "http:\/\/\*\*\*@proxy:port", and it must be/,
      ),
    });
  });
});

test.each(['http', 'https'])(
  'a proxy that cannot be reached is named, with what names it: %s',
  async (scheme) => {
    const port = await closedPort();
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY'])
      process.env[name] = `http://me:secret@127.0.0.1:${port}`;
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

describe("the SDK's own requests", () => {
  let server: Server;
  let port: number;
  beforeAll(async () => {
    // A proxy is asked for whole URLs, a server for paths.
    server = createServer((request, response) => response.end(request.url));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test('go each by the way to its host', async () => {
    process.env.HTTP_PROXY = `http://127.0.0.1:${port}`;
    process.env.NO_PROXY = '127.0.0.1';
    const ways = new Ways(connection);
    const handler = new BoundedHandler(ways);
    const ask = async (hostname: string): Promise<string> => {
      const { response } = await handler.handle(
        new HttpRequest({ protocol: 'http:', hostname, port, path: '/a', method: 'GET' }),
      );
      let text = '';
      for await (const chunk of response.body) text += chunk;
      return text;
    };
    expect(await ask('127.0.0.1')).toBe('/a');
    expect(await ask('sts.test')).toBe(`http://sts.test:${port}/a`);
    expect(ways.bytesMoved()).toBeGreaterThan(200);
    ways.close();
  });
});
