import { readFileSync } from 'node:fs';
import { type AgentOptions, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import {
  HeadBucketCommand,
  S3Client,
  type S3ClientConfig,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { DeserializeMiddleware } from '@smithy/types';
import { EXIT, messageOf, SyncError } from '../model/errors.js';
import type { Emit, Identity } from '../model/events.js';
import { type Connection, requestsInFlight, type SyncOptions } from '../model/options.js';
import { bounded } from './bounded-body.js';
import { type RoleSurroundings, roleCredentials } from './credentials.js';
import { type Connecting, LONGEST_ANSWER, LONGEST_REQUEST_MS } from './exchange.js';
import { LeanCalls } from './lean-calls.js';
import type { OpenedStore } from './object-store.js';
import { type Provider, providerOf } from './providers.js';
import { S3Store } from './s3-store.js';
import { SdkCalls } from './sdk-calls.js';
import { resolveTarget } from './target.js';

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
  const { connection, destination } = options;
  // The SDK warns on every run under Node 20, in words that no user of ours can act on.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const endpoint = connection.endpointUrl ?? environmentEndpoint();
  if (endpoint !== undefined) checkEndpoint(endpoint);
  const provider = providerOf(endpoint);
  const { handler, connecting, bytesMoved } = await requestHandler(connection, endpoint);
  const shared: S3ClientConfig = {
    maxAttempts: 1,
    requestHandler: handler,
    ...(connection.profile === undefined ? {} : { profile: connection.profile }),
  };
  const configuration: S3ClientConfig = {
    ...shared,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Without it bodies of 2 MiB and more wait for a 100-continue on a connection each.
    expectContinueHeader: false,
    cacheMiddleware: true,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...((connection.forcePathStyle ?? endpoint !== undefined) ? { forcePathStyle: true } : {}),
  };
  const region = await resolveRegion(configuration, connection, endpoint, destination.bucket, signal);
  const { role } = connection;
  const credentials =
    role === undefined
      ? {}
      : {
          credentials: await roleCredentials(
            role,
            connection,
            { region, requestHandler: handler },
            surroundings,
          ),
        };
  const client = new S3Client({ ...configuration, region, ...credentials });
  // Who answers is settled by the first answer that names its server.
  let answering = provider;
  let isNamed = false;
  const notice = (server: string | undefined): void => {
    if (isNamed || server === undefined) return;
    isNamed = true;
    answering = providerOf(endpoint, server);
  };
  const noticeAnswer: DeserializeMiddleware<ServiceInputTypes, ServiceOutputTypes> =
    (next) => async (args) => {
      const result = await next(args);
      notice((result.response as { headers?: Record<string, string> }).headers?.server);
      return result;
    };
  client.middlewareStack.add(noticeAnswer, { step: 'deserialize', priority: 'low', name: 'noticeServer' });
  const identity = await identify(client, { ...shared, region }, connection, provider, emit, signal);
  const sdk = new SdkCalls(client);
  const target =
    process.env.S3DS_REQUESTS === 'sdk' ? undefined : await resolveTarget(client, destination.bucket);
  const lean = target === undefined ? sdk : new LeanCalls({ client, target, connecting, notice });
  if (lean === sdk) emit({ type: 'message', level: 'debug', message: 'all requests go by the AWS SDK' });
  return {
    store: new S3Store({
      client,
      calls: () => (answering.requests === 'lean' ? lean : sdk),
      bucket: destination.bucket,
      provider: () => answering,
      writeHeaders: options.writeHeaders,
      expectedBucketOwner: connection.expectedBucketOwner,
      requesterPays: connection.requesterPays,
      concurrency: requestsInFlight(connection),
      maxAttempts: connection.maxAttempts,
      bytesMoved,
    }),
    identity,
    region,
    endpoint: endpoint === undefined ? undefined : withoutCredentials(endpoint),
    close() {
      connecting.httpAgent.destroy();
      connecting.httpsAgent.destroy();
    },
  };
}

function environmentEndpoint(): string | undefined {
  if (process.env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true') return undefined;
  return process.env.AWS_ENDPOINT_URL_S3 || process.env.AWS_ENDPOINT_URL || undefined;
}

function checkEndpoint(endpoint: string): void {
  if (/^https?:\/\/[^/]/i.test(endpoint) && URL.canParse(endpoint)) return;
  throw configurationError(
    'usage',
    `the endpoint is ${JSON.stringify(endpoint.replace(/\/\/.*@/s, '//***@'))}, and it must be a URL as https://s3.example.com: correct endpoint-url, or AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL`,
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

interface Handler {
  readonly handler: NodeHttpHandler;
  /** The same way, past the SDK. */
  readonly connecting: Connecting;
  readonly bytesMoved: () => number;
}

/** @param endpoint where the requests go, which decides on the proxy; undefined: S3 itself */
export async function requestHandler(connection: Connection, endpoint: string | undefined): Promise<Handler> {
  const agentOptions = {
    keepAlive: true,
    maxSockets: requestsInFlight(connection),
    ...certificateAuthority(),
  };
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
    handler: new BoundedHandler({
      httpAgent,
      httpsAgent,
      connectionTimeout: connectTimeoutMs,
      socketTimeout: readTimeoutMs,
      requestTimeout: LONGEST_REQUEST_MS,
      throwOnRequestTimeout: true,
    }),
    connecting: {
      httpAgent,
      httpsAgent,
      connectTimeoutMs,
      readTimeoutMs,
      longestRequestMs: LONGEST_REQUEST_MS,
    },
    bytesMoved: () => carried(httpAgent) + carried(httpsAgent),
  };
}

/**
 * Answers of the SDK's own requests, which it reads whole, end like those of ours. An object's bytes are counted by
 * whoever reads them.
 */
class BoundedHandler extends NodeHttpHandler {
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

function carried(agent: HttpAgent): number {
  let bytes = 0;
  for (const sockets of [...Object.values(agent.sockets), ...Object.values(agent.freeSockets)]) {
    for (const { bytesRead, bytesWritten } of sockets ?? []) bytes += bytesRead + bytesWritten;
  }
  return bytes;
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

async function resolveRegion(
  configuration: S3ClientConfig,
  connection: Connection,
  endpoint: string | undefined,
  bucket: string,
  signal: AbortSignal,
): Promise<string> {
  if (connection.region !== undefined) return connection.region;
  try {
    return await new S3Client(configuration).config.region();
  } catch (error) {
    // A profile that does not exist is not a missing region.
    if (!/region is missing/i.test(messageOf(error))) throw noCredentials(connection, error);
  }
  if (endpoint !== undefined) return 'us-east-1';
  // AWS names a bucket's region to anyone who asks, in the headers of a refusal too.
  try {
    const answer = await new S3Client({ ...configuration, region: 'us-east-1' }).send(
      new HeadBucketCommand({ Bucket: bucket }),
      { abortSignal: signal },
    );
    return answer.BucketRegion ?? 'us-east-1';
  } catch (error) {
    if (isCredentialError(error)) throw noCredentials(connection, error);
    const headers = (error as { $response?: { headers?: Record<string, string> } }).$response?.headers;
    const region = headers?.['x-amz-bucket-region'];
    if (region !== undefined) return region;
    throw configurationError(
      'no-region',
      `no region is set and S3 did not say where the bucket ${bucket} is (${messageOf(error)}): set region, or AWS_REGION`,
      error,
    );
  }
}

async function identify(
  client: S3Client,
  shared: S3ClientConfig & { region: string },
  connection: Connection,
  provider: Provider,
  emit: Emit,
  signal: AbortSignal,
): Promise<Identity> {
  let credentials: Awaited<ReturnType<typeof client.config.credentials>>;
  try {
    credentials = await client.config.credentials();
  } catch (error) {
    throw noCredentials(connection, error);
  }
  const source = sourceOf((credentials as { $source?: Record<string, unknown> }).$source, connection);
  const allowed = connection.allowedAccountIds;
  if (!provider.accounts && allowed.length === 0) return { source };
  try {
    const { STSClient, GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
    const sts = new STSClient({
      region: shared.region,
      maxAttempts: allowed.length > 0 ? connection.maxAttempts : 1,
      ...(shared.profile === undefined ? {} : { profile: shared.profile }),
      ...(shared.requestHandler === undefined ? {} : { requestHandler: shared.requestHandler }),
      credentials,
    });
    const { Account: account, Arn: arn } = await sts.send(new GetCallerIdentityCommand({}), {
      abortSignal: signal,
    });
    if (allowed.length > 0 && (account === undefined || !allowed.includes(account))) {
      throw configurationError(
        'wrong-account',
        `the credentials (${source}) are of account ${account ?? 'unknown'}, allowed-account-ids allows ${allowed.join(', ')}: use credentials of that account`,
      );
    }
    return { source, ...(account === undefined ? {} : { account }), ...(arn === undefined ? {} : { arn }) };
  } catch (error) {
    if (error instanceof SyncError) throw error;
    const code = (error as { name?: string }).name ?? '';
    if (
      ['InvalidClientTokenId', 'ExpiredToken', 'ExpiredTokenException', 'SignatureDoesNotMatch'].includes(
        code,
      )
    ) {
      throw configurationError(
        'bad-credentials',
        `AWS refuses the credentials (${source}): ${messageOf(error)}; renew them, and check that key and secret belong together`,
        error,
      );
    }
    if (allowed.length > 0) {
      throw configurationError(
        'wrong-account',
        `allowed-account-ids is set and STS could not say whose credentials these are (${source}): ${messageOf(error)}`,
        error,
      );
    }
    emit({ type: 'message', level: 'debug', message: `STS did not name the account: ${messageOf(error)}` });
    return { source };
  }
}

/** The SDK notes where credentials came from under these names (its user-agent features). */
const SOURCES: readonly (readonly [string, string])[] = [
  ['CREDENTIALS_STS_ASSUME_ROLE_WEB_ID', 'web identity'],
  ['CREDENTIALS_ENV_VARS_STS_WEB_ID_TOKEN', 'web identity'],
  ['CREDENTIALS_STS_ASSUME_ROLE', 'assumed role'],
  ['CREDENTIALS_ENV_VARS', 'environment'],
  ['CREDENTIALS_SSO', 'single sign-on'],
  ['CREDENTIALS_PROCESS', 'credential process'],
  ['CREDENTIALS_HTTP', 'container role'],
  ['CREDENTIALS_IMDS', 'instance role'],
  ['CREDENTIALS_PROFILE', 'profile'],
];

function sourceOf(features: Readonly<Record<string, unknown>> | undefined, connection: Connection): string {
  const source =
    SOURCES.find(([name]) => features !== undefined && name in features)?.[1] ??
    (connection.role === undefined ? "the SDK's chain" : 'assumed role');
  const profile = connection.profile ?? process.env.AWS_PROFILE;
  return source === 'profile' && profile !== undefined && profile !== '' ? `profile ${profile}` : source;
}

function isCredentialError(error: unknown): boolean {
  const name = (error as { name?: string }).name ?? '';
  return name.endsWith('ProviderError') || name === 'CredentialsProviderError';
}

function noCredentials(connection: Connection, cause: unknown): SyncError {
  const { role } = connection;
  if (role !== undefined) {
    return configurationError(
      'no-credentials',
      `the role ${role.arn} could not be assumed (${messageOf(cause)}): check its ARN and whom its trust policy names; in a workflow the job needs permissions: id-token: write, elsewhere credentials that may assume it`,
      cause,
    );
  }
  const tried =
    connection.profile === undefined
      ? 'environment, profile, web identity, container, instance'
      : `profile ${connection.profile}`;
  return configurationError(
    'no-credentials',
    `no AWS credentials were found (tried: ${tried}; ${messageOf(cause)}): in a workflow add aws-actions/configure-aws-credentials before this step, elsewhere set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a profile`,
    cause,
  );
}

function configurationError(code: SyncError['code'], message: string, cause?: unknown): SyncError {
  return new SyncError(code, EXIT.usage, message, { cause });
}
