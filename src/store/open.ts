import { readFileSync } from 'node:fs';
import { type AgentOptions, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { homeDirectory } from '../disk/home-directory.js';
import { messageOf } from '../model/errors.js';
import type { Emit, Identity } from '../model/events.js';
import {
  type Connection,
  mostRequestsInFlight,
  requestsInFlight,
  type SyncOptions,
} from '../model/options.js';
import { configurationError } from './configuration-error.js';
import type { RoleSurroundings } from './credentials.js';
import { endpointOf } from './endpoint.js';
import { environmentAccess } from './environment.js';
import { type Connecting, LONGEST_REQUEST_MS, SLOW_ANSWER_MS } from './exchange.js';
import { LeanCalls } from './lean-calls.js';
import type { OpenedStore } from './object-store.js';
import { providerOf } from './providers.js';
import { S3Store } from './s3-store.js';
import type { SdkAccess } from './sdk-client.js';
import { ServerClock } from './server-clock.js';
import type { SigningCredentials } from './sign.js';
import type { WireHeaders } from './wire-answer.js';

/** Below it nothing can be. */
const NO_HOME = '/dev/null';

/**
 * Reaches a destination: region, credentials and account are settled before anything else is done.
 * Rejects with a `SyncError` of exit 2 that says what was tried and what to set (R8).
 */
export async function openStore(
  options: Pick<SyncOptions, 'connection' | 'destination' | 'writeHeaders'>,
  emit: Emit,
  signal: AbortSignal,
  surroundings: RoleSurroundings = {},
): Promise<OpenedStore> {
  const { connection, destination, writeHeaders } = options;
  // The SDK warns on every run under Node 20, in words that no user of ours can act on.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  // Without a home the SDK fails, and with an empty HOME it reads `.aws` where it was started, in a checkout perhaps. It takes this
  // variable next, which nothing else reads outside of Windows.
  if (homeDirectory() === undefined) process.env.USERPROFILE = NO_HOME;
  // As the other AWS tools have it, and the SDK does not.
  const { AWS_PROFILE, AWS_DEFAULT_PROFILE } = process.env;
  if (!AWS_PROFILE && AWS_DEFAULT_PROFILE) process.env.AWS_PROFILE = AWS_DEFAULT_PROFILE;
  const { bucket } = destination;
  const endpoint = connection.endpointUrl ?? (await endpointOf('S3', connection.profile));
  if (endpoint !== undefined) checkEndpoint(endpoint);
  const provider = providerOf(endpoint);
  const { connecting, bytesMoved } = await connectingBy(connection, endpoint);
  // Who answers is settled by the first answer that names its server.
  let answering = provider;
  let isNamed = false;
  const serverClock = new ServerClock();
  const notice = (headers: WireHeaders): void => {
    serverClock.see(headers);
    const { server } = headers;
    if (isNamed || server === undefined) return;
    isNamed = true;
    answering = providerOf(endpoint, String(server));
  };
  /** What requests are dated by where the SDK is loaded late, or never. */
  let clock: { systemClockOffset: number } | undefined;
  let loading: Promise<SdkAccess> | undefined;
  const sdk = (): Promise<SdkAccess> => {
    loading ??= import('./sdk-client.js').then(async ({ sdkAccess }) => {
      const handler = await handlerBy(connecting);
      const access = await sdkAccess({
        connection,
        bucket,
        endpoint,
        handler,
        notice,
        signal,
        surroundings,
      });
      if (clock !== undefined) shareClock(access.client.config, clock);
      return access;
    });
    return loading;
  };
  const opened = async (
    lean: LeanCalls | undefined,
    credentials: () => Promise<SigningCredentials>,
    identity: Identity,
    region: string,
  ): Promise<OpenedStore> => ({
    store: new S3Store({
      rareCalls: async () => (await sdk()).rareCalls,
      credentials,
      calls: () => lean ?? sdk().then(({ calls }) => calls),
      bucket,
      provider: () => answering,
      writeHeaders,
      expectedBucketOwner: connection.expectedBucketOwner,
      requesterPays: connection.requesterPays,
      inFlight: { first: requestsInFlight(connection), most: mostRequestsInFlight(connection) },
      maxAttempts: connection.maxAttempts,
      bytesMoved: () => bytesMoved() + (lean?.bytesMoved ?? 0),
      clockOffset: () => serverClock.offset,
    }),
    identity,
    region,
    endpoint: endpoint === undefined ? undefined : withoutCredentials(endpoint),
    close() {
      lean?.close();
      connecting.httpAgent.destroy();
      connecting.httpsAgent.destroy();
    },
  });
  // How the calls made by the thousand are sent: past the SDK's commands, or for a single run by them.
  const isLean = process.env.S3DS_REQUESTS !== 'sdk';
  const known =
    isLean && !provider.accounts
      ? environmentAccess(connection, bucket, endpoint, process.env, homeDirectory())
      : undefined;
  if (known !== undefined) {
    const { target } = known;
    const credentials = async (): Promise<SigningCredentials> => known.credentials;
    const config = { credentials, systemClockOffset: 0 };
    clock = config;
    const lean = new LeanCalls({ client: { config }, target, connecting, notice });
    return opened(lean, credentials, { source: 'environment' }, target.region);
  }
  const { client, region } = await sdk();
  const { identify } = await import('./sdk-client.js');
  const handler = await handlerBy(connecting);
  const identity = await identify({ client, region, handler, connection, provider, emit, signal });
  const { resolveTarget } = await import('./target.js');
  const target = isLean ? await resolveTarget(client, bucket) : undefined;
  if (target === undefined)
    emit({ type: 'message', level: 'debug', message: 'all requests go by the AWS SDK' });
  const lean = target && new LeanCalls({ client, target, connecting, notice });
  return opened(lean, () => client.config.credentials(), identity, region);
}

/** Either way corrects the clock for both. */
function shareClock(client: { systemClockOffset: number }, clock: { systemClockOffset: number }): void {
  Object.defineProperty(client, 'systemClockOffset', {
    get: () => clock.systemClockOffset,
    set: (ms: number) => {
      clock.systemClockOffset = ms;
    },
  });
}

function checkEndpoint(endpoint: string): void {
  if (/^https?:\/\/[^/]/i.test(endpoint) && URL.canParse(endpoint)) return;
  throw configurationError(
    'usage',
    `the endpoint is ${JSON.stringify(endpoint.replace(/\/\/.*@/s, '//***@'))}, and it must be a URL as https://s3.example.com: correct endpoint-url, AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL, or endpoint_url of the profile`,
  );
}

/** For people, and to tell services apart. */
function withoutCredentials(endpoint: string): string {
  const url = new URL(endpoint);
  url.username = '';
  url.password = '';
  url.search = '';
  url.hash = '';
  return url.href;
}

interface Way {
  readonly connecting: Connecting;
  readonly bytesMoved: () => number;
}

/** @param endpoint where the requests go, which decides on the proxy; undefined: S3 itself */
export async function requestHandler(
  connection: Connection,
  endpoint: string | undefined,
): Promise<Way & { readonly handler: NodeHttpHandler }> {
  const way = await connectingBy(connection, endpoint);
  return { ...way, handler: await handlerBy(way.connecting) };
}

/** The same way by the SDK. */
async function handlerBy(connecting: Connecting): Promise<NodeHttpHandler> {
  const { BoundedHandler } = await import('./bounded-handler.js');
  const { httpAgent, httpsAgent, connectTimeoutMs, readTimeoutMs, longestRequestMs } = connecting;
  return new BoundedHandler({
    httpAgent,
    httpsAgent,
    connectionTimeout: connectTimeoutMs,
    socketTimeout: readTimeoutMs,
    requestTimeout: longestRequestMs,
    throwOnRequestTimeout: true,
  });
}

async function connectingBy(connection: Connection, endpoint: string | undefined): Promise<Way> {
  const authority = certificateAuthority();
  const agentOptions = { keepAlive: true, maxSockets: mostRequestsInFlight(connection), ...authority };
  const { getProxyForUrl } = await import('proxy-from-env');
  const target = endpoint ?? `https://s3.${connection.region ?? 'us-east-1'}.amazonaws.com`;
  const proxy = getProxyForUrl(target);
  if (proxy !== '' && !URL.canParse(proxy)) {
    throw configurationError(
      'usage',
      `the proxy for ${withoutCredentials(target)} is ${JSON.stringify(proxy.replace(/\/\/.*@/s, '//***@'))}, and it must be a URL as http://proxy.example.com:3128: correct HTTPS_PROXY, HTTP_PROXY or ALL_PROXY`,
    );
  }
  const [httpAgent, httpsAgent] =
    proxy === ''
      ? [new HttpAgent(agentOptions), new HttpsAgent(agentOptions)]
      : await proxyAgents(proxy, agentOptions);
  const { connectTimeoutMs, readTimeoutMs } = connection;
  return {
    connecting: {
      httpAgent,
      httpsAgent,
      connectTimeoutMs,
      readTimeoutMs,
      longestRequestMs: LONGEST_REQUEST_MS,
      slowAnswerMs: SLOW_ANSWER_MS,
      isProxied: proxy !== '',
      ...authority,
    },
    bytesMoved: receivedBy(httpAgent, httpsAgent),
  };
}

async function proxyAgents(
  proxy: string,
  options: AgentOptions & { ca?: Buffer },
): Promise<[HttpAgent, HttpsAgent]> {
  const [{ HttpProxyAgent }, { HttpsProxyAgent }] = await Promise.all([
    import('http-proxy-agent'),
    import('https-proxy-agent'),
  ]);
  const https = new HttpsProxyAgent(proxy, options);
  // It takes its options for the connection to the proxy alone; the server behind that is judged by these.
  if (options.ca !== undefined) Object.assign(https.options, { ca: options.ca });
  const agent: HttpAgent = https;
  return [new HttpProxyAgent(proxy, options), agent as HttpsAgent];
}

/** Bytes that came by sockets of these agents, those that were closed since the last look too. */
function receivedBy(...agents: readonly HttpAgent[]): () => number {
  const seen = new WeakMap<Socket, number>();
  let bytes = 0;
  return () => {
    for (const { sockets, freeSockets } of agents) {
      for (const socket of [...Object.values(sockets), ...Object.values(freeSockets)].flat()) {
        if (socket === undefined) continue;
        bytes += socket.bytesRead - (seen.get(socket) ?? 0);
        seen.set(socket, socket.bytesRead);
      }
    }
    return bytes;
  };
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
