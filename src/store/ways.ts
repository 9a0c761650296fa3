import { readFileSync } from 'node:fs';
import { type AgentOptions, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { getProxyForUrl } from 'proxy-from-env';
import { messageOf } from '../model/errors.js';
import { type Connection, mostRequestsInFlight } from '../model/options.js';
import { configurationError } from './configuration-error.js';
import { withoutCredentials } from './endpoint.js';
import { type Connecting, LONGEST_REQUEST_MS, SLOW_ANSWER_MS } from './exchange.js';

/**
 * How a connection's requests reach their hosts: the bucket, STS, and whom S3 is asked of. The environment says of each
 * by its name whether a proxy is between.
 */
export class Ways {
  readonly #connection: Connection;
  readonly #authority = certificateAuthority();
  /** By the proxy; of none by ''. */
  readonly #ways = new Map<string, Promise<Connecting>>();
  readonly #agents: HttpAgent[] = [];
  readonly #seen = new WeakMap<Socket, number>();
  #bytesMoved = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Rejects with a `SyncError` of exit 2 where what should be a proxy cannot be one. */
  async to(url: string): Promise<Connecting> {
    const proxy = proxyFor(url);
    if (proxy !== '' && !URL.canParse(proxy)) {
      throw configurationError(
        'usage',
        `the proxy for ${withoutCredentials(url)} is ${JSON.stringify(proxy.replace(/\/\/.*@/s, '//***@'))}, and it must be a URL as http://proxy.example.com:3128: correct HTTPS_PROXY, HTTP_PROXY or ALL_PROXY`,
      );
    }
    const way = this.#ways.get(proxy) ?? this.#by(proxy);
    this.#ways.set(proxy, way);
    return way;
  }

  /** Bytes that came by all sockets, those that were closed since the last look too. */
  bytesMoved(): number {
    for (const { sockets, freeSockets } of this.#agents) {
      for (const socket of [...Object.values(sockets), ...Object.values(freeSockets)].flat()) {
        if (socket === undefined) continue;
        this.#bytesMoved += socket.bytesRead - (this.#seen.get(socket) ?? 0);
        this.#seen.set(socket, socket.bytesRead);
      }
    }
    return this.#bytesMoved;
  }

  close(): void {
    for (const agent of this.#agents) agent.destroy();
  }

  async #by(proxy: string): Promise<Connecting> {
    const options = {
      keepAlive: true,
      maxSockets: mostRequestsInFlight(this.#connection),
      ...this.#authority,
    };
    const [httpAgent, httpsAgent] =
      proxy === '' ? [new HttpAgent(options), new HttpsAgent(options)] : await proxyAgents(proxy, options);
    this.#agents.push(httpAgent, httpsAgent);
    const { connectTimeoutMs, readTimeoutMs } = this.#connection;
    return {
      httpAgent,
      httpsAgent,
      connectTimeoutMs,
      readTimeoutMs,
      longestRequestMs: LONGEST_REQUEST_MS,
      slowAnswerMs: SLOW_ANSWER_MS,
      isProxied: proxy !== '',
      ...this.#authority,
    };
  }
}

/** A name in NO_PROXY is that of all below it too, as curl, Go and Python read it; the package wants a dot before it for that. */
function proxyFor(url: string): string {
  const { protocol, hostname, port } = new URL(url);
  const labels = isIP(hostname) === 0 ? hostname.split('.') : [hostname];
  const proxies = labels.map((_, at) => getProxyForUrl(`${protocol}//${labels.slice(at).join('.')}:${port}`));
  return proxies.includes('') ? '' : (proxies[0] ?? '');
}

async function proxyAgents(
  proxy: string,
  options: AgentOptions & { ca?: Buffer },
): Promise<[HttpAgent, HttpsAgent]> {
  const { HttpProxyAgent } = await import('http-proxy-agent');
  const { HttpsProxyAgent } = await import('https-proxy-agent');
  const http = new HttpProxyAgent(proxy, options);
  const https = new HttpsProxyAgent(proxy, options);
  for (const agent of [http, https]) {
    const connect = agent.connect.bind(agent) as (...args: unknown[]) => Promise<Socket>;
    // Its failures would be taken for the server's.
    agent.connect = (...args: unknown[]) =>
      connect(...args).catch((cause: NodeJS.ErrnoException) => {
        const message = `the proxy ${withoutCredentials(proxy)} of HTTPS_PROXY, HTTP_PROXY or ALL_PROXY: ${messageOf(cause)}`;
        throw Object.assign(new Error(message, { cause }), { code: cause.code });
      });
  }
  // It takes its options for the connection to the proxy alone; the server behind that is judged by these.
  if (options.ca !== undefined) Object.assign(https.options, { ca: options.ca });
  const agent: HttpAgent = https;
  return [http, agent as HttpsAgent];
}

/** AWS_CA_BUNDLE as the other AWS tools know it; Node itself honours NODE_EXTRA_CA_CERTS. */
function certificateAuthority(): { ca?: Buffer } {
  const path = process.env.AWS_CA_BUNDLE;
  if (path === undefined || path === '') return {};
  try {
    return { ca: readFileSync(path) };
  } catch (cause) {
    throw configurationError(
      'file-not-found',
      `AWS_CA_BUNDLE names ${JSON.stringify(path)}, which cannot be read (${messageOf(cause)}): set it to a PEM file, or unset it`,
      cause,
    );
  }
}
