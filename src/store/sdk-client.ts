import {
  HeadBucketCommand,
  S3Client,
  type S3ClientConfig,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-s3';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import type { AwsCredentialIdentity, DeserializeMiddleware, HttpRequest } from '@smithy/types';
import { EXIT, messageOf, SyncError } from '../model/errors.js';
import type { Emit, Identity } from '../model/events.js';
import type { Connection } from '../model/options.js';
import { withoutSigningValues } from '../model/secrets.js';
import { configurationError } from './configuration-error.js';
import { type RoleSurroundings, roleConfiguration, SilentLogger } from './credentials.js';
import { atEndpoint, endpointOf } from './endpoint.js';
import { missingProfile } from './profiles.js';
import type { Provider } from './providers.js';
import { RareCalls } from './rare-calls.js';
import { SdkCalls } from './sdk-calls.js';
import { toStoreError } from './store-errors.js';
import type { WireHeaders } from './wire-answer.js';

/** What the SDK is asked for one bucket. */
export interface SdkRequest {
  readonly connection: Connection;
  readonly bucket: string;
  /** Absent: AWS itself. */
  readonly endpoint: string | undefined;
  /** How its requests are sent. */
  readonly handler: NodeHttpHandler;
  /** Told of the headers of every answer. */
  readonly notice: (headers: WireHeaders) => void;
  readonly signal: AbortSignal;
  readonly surroundings: RoleSurroundings;
}

export interface SdkAccess {
  readonly client: S3Client;
  readonly region: string;
  readonly handler: NodeHttpHandler;
  readonly calls: SdkCalls;
  readonly rareCalls: RareCalls;
}

/** A client of the SDK for one bucket. Rejects with a `SyncError` of exit 2 where there is no region or no role. */
export async function sdkAccess({
  connection,
  bucket,
  endpoint,
  handler,
  notice,
  signal,
  surroundings,
}: SdkRequest): Promise<SdkAccess> {
  const { profile } = connection;
  const missing = profile === undefined ? undefined : await missingProfile(profile, 'profile');
  if (missing !== undefined) throw missing;
  const logger = new SilentLogger();
  const configuration: S3ClientConfig = {
    maxAttempts: 1,
    logger,
    requestHandler: handler,
    ...(profile === undefined ? {} : { profile }),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Without it bodies of 2 MiB and more wait for a 100-continue on a connection each.
    expectContinueHeader: false,
    cacheMiddleware: true,
    ...atEndpoint(endpoint),
    ...((connection.forcePathStyle ?? endpoint !== undefined) ? { forcePathStyle: true } : {}),
  };
  const region = await resolveRegion(configuration, connection, endpoint, bucket, signal);
  const role = await roleConfiguration(connection, { region, requestHandler: handler, logger }, surroundings);
  const client = new S3Client({ ...configuration, region, ...role });
  const noticeAnswer: DeserializeMiddleware<ServiceInputTypes, ServiceOutputTypes> =
    (next) => async (args) => {
      const result = await next(args);
      notice((result.response as { headers?: WireHeaders }).headers ?? {});
      return result;
    };
  client.middlewareStack.add(noticeAnswer, { step: 'deserialize', priority: 'low', name: 'noticeServer' });
  return { client, region, handler, calls: new SdkCalls(client), rareCalls: new RareCalls(client) };
}

async function resolveRegion(
  configuration: S3ClientConfig,
  connection: Connection,
  endpoint: string | undefined,
  bucket: string,
  signal: AbortSignal,
): Promise<string> {
  const { region } = connection;
  try {
    const found = await new S3Client({
      ...configuration,
      ...(region === undefined ? {} : { region }),
    }).config.region();
    return region ?? found;
  } catch (error) {
    const message = messageOf(error);
    const refused = /^Region not accepted: region="(.+)"/.exec(message)?.[1];
    if (refused !== undefined)
      throw configurationError(
        'no-region',
        `${JSON.stringify(refused)} was given as the region, and a region is letters, digits and hyphens, as eu-central-1: correct region, or AWS_REGION`,
        error,
      );
    // An unset variable of a workflow sets AWS_REGION to nothing. A profile that does not exist is not a missing region.
    if (!/region is missing|region=""/i.test(message)) throw await noCredentials(connection, error);
  }
  const { AWS_DEFAULT_REGION: fallback } = process.env;
  if (endpoint !== undefined) return fallback || 'us-east-1';
  // AWS names a bucket's region to anyone who asks, in the headers of a refusal too: asked without a signature, as a role
  // that is assumed in that region may be all there is. So does GetBucketRegion of AWS's own SDK for Go.
  const anonymous = {
    credentials: { accessKeyId: '', secretAccessKey: '' },
    signer: { sign: async (request: HttpRequest) => request },
  };
  try {
    const answer = await new S3Client({ ...configuration, ...anonymous, region: 'us-east-1' }).send(
      new HeadBucketCommand({ Bucket: bucket }),
      { abortSignal: signal },
    );
    return answer.BucketRegion ?? 'us-east-1';
  } catch (error) {
    if (error instanceof SyncError) throw error;
    const headers = (error as { $response?: { headers?: Record<string, string> } }).$response?.headers;
    const region = headers?.['x-amz-bucket-region'];
    const found = region ?? (fallback || undefined);
    if (found !== undefined) return found;
    throw configurationError(
      'no-region',
      `no region is set and S3 did not say where the bucket ${bucket} is (${messageOf(error)}): set region, or AWS_REGION`,
      error,
    );
  }
}

/** The credentials that a run begins with. Rejects with a `SyncError` where there are none. */
export async function firstCredentials(
  client: S3Client,
  connection: Connection,
): Promise<AwsCredentialIdentity> {
  try {
    return await client.config.credentials();
  } catch (error) {
    throw await noCredentials(connection, error);
  }
}

/** The account's name is for the log alone: where nobody may reach STS, nothing waits for longer. Milliseconds. */
const NAMED_WITHIN_MS = 2_000;

/** Who is publishing, by the account's own word where there are accounts. */
export async function identify({
  credentials,
  region,
  handler,
  connection,
  provider,
  emit,
  signal,
}: {
  readonly credentials: AwsCredentialIdentity;
  readonly region: string;
  readonly handler: NodeHttpHandler;
  readonly connection: Connection;
  readonly provider: Provider;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}): Promise<Identity> {
  const source = sourceOf((credentials as { $source?: Record<string, unknown> }).$source, connection);
  warnOfBoth(connection, emit);
  const allowed = connection.allowedAccountIds;
  if (!provider.accounts && allowed.length === 0) return { source };
  const tooLate = AbortSignal.timeout(NAMED_WITHIN_MS);
  try {
    const { STSClient, GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
    const sts = new STSClient({
      region,
      maxAttempts: allowed.length > 0 ? connection.maxAttempts : 1,
      ...(connection.profile === undefined ? {} : { profile: connection.profile }),
      requestHandler: handler,
      credentials,
      ...atEndpoint(await endpointOf('STS', connection.profile)),
    });
    const { Account: account, Arn: arn } = await sts.send(new GetCallerIdentityCommand({}), {
      abortSignal: allowed.length > 0 ? signal : AbortSignal.any([signal, tooLate]),
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
    const told = withoutSigningValues(messageOf(error), credentials);
    if (
      ['InvalidClientTokenId', 'ExpiredToken', 'ExpiredTokenException', 'SignatureDoesNotMatch'].includes(
        code,
      )
    ) {
      throw configurationError(
        'bad-credentials',
        `AWS refuses the credentials (${source}): ${told}; renew them, and check that key and secret belong together`,
        error,
      );
    }
    if (allowed.length > 0) {
      throw configurationError(
        'wrong-account',
        `allowed-account-ids is set and STS could not say whose credentials these are (${source}): ${told}${provider.accounts ? '' : '; this endpoint is not of AWS, and may have no STS: leave allowed-account-ids out then'}`,
        error,
      );
    }
    const why = tooLate.aborted ? `no answer within ${NAMED_WITHIN_MS / 1000} s` : told;
    emit({ type: 'message', level: 'debug', message: `STS did not name the account: ${why}` });
    return { source };
  }
}

/** Other tools take the keys then; whoever set the other one must hear which account is written to. */
function warnOfBoth({ profile, role }: Connection, emit: Emit): void {
  const { AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = process.env;
  if (profile !== undefined || role !== undefined) return;
  if (!AWS_PROFILE || !AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) return;
  const message = `AWS_PROFILE and AWS_ACCESS_KEY_ID are both set, and the profile ${AWS_PROFILE} is used: unset the one that is not meant`;
  emit({ type: 'message', level: 'warning', message });
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

/** As Node calls what befalls a connection, and the SDK what took too long. */
const UNANSWERED =
  /^(E(AI_|CONN|HOST|NET|PIPE|PROTO|TIMEDOUT)|ENOTFOUND|TimeoutError|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|ERR_(SSL|TLS)_)/;

async function noCredentials(connection: Connection, cause: unknown): Promise<SyncError> {
  if (cause instanceof SyncError) return cause;
  const { role } = connection;
  const { kind, code, message } = toStoreError('AssumeRole', cause);
  // Nobody answered, or a login page, or one that is not well: that is no refusal.
  if (kind === 'server' || kind === 'throttled' || UNANSWERED.test(code)) {
    const [what, who] =
      role === undefined
        ? ['no credentials could be fetched', 'their source']
        : [`the role ${role.arn} could not be assumed`, 'STS'];
    const why =
      kind === 'throttled'
        ? `${who} was asked too often (${message}): run again`
        : `${who} did not answer (${message}): check network and proxy, and run again`;
    return new SyncError(
      kind === 'throttled' ? 'throttled' : 'unreachable',
      EXIT.failed,
      `${what}, as ${why}`,
      { cause },
    );
  }
  const { AWS_PROFILE } = process.env;
  const missing =
    AWS_PROFILE && isCredentialError(cause) && (await missingProfile(AWS_PROFILE, 'AWS_PROFILE'));
  if (missing) return missing;
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
