import type { AwsCredentialIdentityProvider, Logger } from '@smithy/types';
import { EXIT, messageOf, SyncError } from '../model/errors.js';
import type { AssumedRole, Connection } from '../model/options.js';
import { atEndpoint, endpointOf } from './endpoint.js';
import { heals, toStoreError } from './store-errors.js';

/** Gives a token of the runner's identity provider for an audience. It is a secret. */
export type IdToken = (audience: string) => Promise<string>;

/** The service that gives it answers within a second, or tries again for half a minute. Milliseconds. */
const TOKEN_MS = 60_000;

/** Where a role's credentials come from and go to. */
export interface RoleSurroundings {
  readonly idToken?: IdToken;
  /** Told of every secret that is obtained, before it is used: the runner then masks it in its log. */
  readonly hide?: (secret: string) => void;
}

/** What a credential_process said that failed: the SDK's chain tells its logger alone, before it tries the next source. */
const FAILED_PROCESS = /^@smithy\/property-provider -> Command failed: [^\n]*\n(.*\S)/s;

const NO_PROVIDER = 'Could not load credentials from any providers';

/** The SDK writes to standard error of profiles and keys that are both set; what counts is in the log's line on credentials. */
export class SilentLogger implements Logger {
  #saidByProcess: string | undefined;

  /** What a credential_process said that failed. */
  get saidByProcess(): string | undefined {
    return this.#saidByProcess;
  }

  debug(said: unknown): void {
    this.#saidByProcess = FAILED_PROCESS.exec(String(said))?.[1] ?? this.#saidByProcess;
  }

  trace(): void {}
  info(): void {}
  warn(): void {}
  error(): void {}
}

/**
 * Credentials for one more request of a run that began with some. Where they cannot be renewed, nothing was sent and nobody
 * refused the request: what the source says is told under the SDK's name for that. What may heal stays as it is.
 *
 * @param logger of the client that they are of
 */
export async function renewed<T>(credentials: () => Promise<T>, logger?: unknown): Promise<T> {
  try {
    return await credentials();
  } catch (cause) {
    if (cause instanceof SyncError || heals(toStoreError('AssumeRole', cause))) throw cause;
    const told = innermost(cause);
    const said = logger instanceof SilentLogger ? logger.saidByProcess : undefined;
    const message = told === NO_PROVIDER ? (said ?? told) : told;
    throw Object.assign(new Error(message, { cause }), { name: 'CredentialsProviderError' });
  }
}

function innermost(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return cause instanceof Error ? innermost(cause) : messageOf(error);
}

/** What an STS client is made with. */
interface StsClient {
  readonly region: string;
  readonly requestHandler?: unknown;
  readonly logger: SilentLogger;
}

/** What makes a client of the SDK act as the connection's role; nothing, and so the SDK's chain, where there is none. */
export async function roleConfiguration(
  connection: Connection,
  client: StsClient,
  surroundings: RoleSurroundings,
): Promise<{ readonly credentials?: AwsCredentialIdentityProvider }> {
  const { role } = connection;
  return role === undefined
    ? {}
    : { credentials: await roleCredentials(role, connection, client, surroundings) };
}

/**
 * Credentials of a role: by the runner's own identity token where there is one, else from what the SDK's chain gives.
 * Each call asks for new ones: the SDK calls again before they expire.
 *
 * @param client what the STS client is made with
 */
async function roleCredentials(
  { arn, audience, sessionName, durationSeconds }: AssumedRole,
  { profile }: Connection,
  client: StsClient,
  { idToken, hide }: RoleSurroundings,
): Promise<AwsCredentialIdentityProvider> {
  const { fromTemporaryCredentials, fromWebToken, fromNodeProviderChain } = await import(
    '@aws-sdk/credential-providers'
  );
  const sts = { ...client, ...atEndpoint(await endpointOf('STS', profile)) };
  const clientConfig = sts as NonNullable<Parameters<typeof fromWebToken>[0]['clientConfig']>;
  const hidden =
    (give: AwsCredentialIdentityProvider): AwsCredentialIdentityProvider =>
    async (...args) => {
      const credentials = await give(...args);
      hide?.(credentials.secretAccessKey);
      if (credentials.sessionToken !== undefined) hide?.(credentials.sessionToken);
      return credentials;
    };
  if (idToken !== undefined) {
    return hidden(async () => {
      const webIdentityToken = await tokenOf(idToken, audience, arn);
      hide?.(webIdentityToken);
      const give = fromWebToken({
        roleArn: arn,
        roleSessionName: sessionName,
        durationSeconds,
        webIdentityToken,
        clientConfig,
      });
      return give();
    });
  }
  return hidden(
    fromTemporaryCredentials({
      masterCredentials: fromNodeProviderChain({
        logger: client.logger,
        ...(profile === undefined ? {} : { profile }),
      }),
      params: { RoleArn: arn, RoleSessionName: sessionName, DurationSeconds: durationSeconds },
      clientConfig,
    }) as AwsCredentialIdentityProvider,
  );
}

/** Rejects with a `SyncError` of exit 1: a service that fails says nothing of the role. */
async function tokenOf(idToken: IdToken, audience: string, role: string): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${TOKEN_MS / 1000} s`)), TOKEN_MS);
  });
  try {
    return await Promise.race([idToken(audience), tooLong]);
  } catch (cause) {
    throw new SyncError(
      'unreachable',
      EXIT.failed,
      `the role ${role} could not be assumed, as the runner's token service gave the job no token (${messageOf(cause)}): run again; STS was not asked`,
      { cause },
    );
  } finally {
    clearTimeout(timer);
  }
}
