import { homeDirectory } from '../disk/home-directory.js';
import type { Emit, Identity } from '../model/events.js';
import { mostRequestsInFlight, requestsInFlight, type SyncOptions } from '../model/options.js';
import { configurationError } from './configuration-error.js';
import type { RoleSurroundings } from './credentials.js';
import { endpointOf, withoutCredentials } from './endpoint.js';
import { environmentAccess } from './environment.js';
import { LeanCalls } from './lean-calls.js';
import type { OpenedStore } from './object-store.js';
import { prepareProfiles } from './profiles.js';
import { providerOf } from './providers.js';
import { S3Store } from './s3-store.js';
import type { SdkAccess } from './sdk-client.js';
import { ServerClock } from './server-clock.js';
import type { SigningCredentials } from './sign.js';
import type { Target } from './target.js';
import { Ways } from './ways.js';
import type { WireHeaders } from './wire-answer.js';

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
  prepareProfiles();
  const { bucket } = destination;
  const endpoint = connection.endpointUrl ?? (await endpointOf('S3', connection.profile));
  if (endpoint !== undefined) checkEndpoint(endpoint);
  const provider = providerOf(endpoint);
  const ways = new Ways(connection);
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
      const { BoundedHandler } = await import('./bounded-handler.js');
      const access = await sdkAccess({
        connection,
        bucket,
        endpoint,
        handler: new BoundedHandler(ways),
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
    whose: OpenedStore['whose'],
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
      bytesMoved: () => ways.bytesMoved() + (lean?.bytesMoved ?? 0),
      clockOffset: () => serverClock.offset,
    }),
    whose,
    region,
    endpoint: endpoint === undefined ? undefined : withoutCredentials(endpoint),
    close() {
      lean?.close();
      ways.close();
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
    const lean = new LeanCalls({
      client: { config },
      target,
      connecting: await ways.to(urlOf(target)),
      notice,
    });
    return opened(lean, credentials, async () => ({ source: 'environment' }), target.region);
  }
  const { client, region, handler } = await sdk();
  const { firstCredentials, identify } = await import('./sdk-client.js');
  const credentials = await firstCredentials(client, connection);
  let identity: Promise<Identity> | undefined;
  const whose = (): Promise<Identity> => {
    identity ??= identify({ credentials, region, handler, connection, provider, emit, signal });
    return identity;
  };
  // A guard: nothing else is asked before.
  if (connection.allowedAccountIds.length > 0) await whose();
  const { resolveTarget } = await import('./target.js');
  const target = isLean ? await resolveTarget(client, bucket) : undefined;
  if (target === undefined)
    emit({ type: 'message', level: 'debug', message: 'all requests go by the AWS SDK' });
  const lean = target && new LeanCalls({ client, target, connecting: await ways.to(urlOf(target)), notice });
  return opened(lean, () => client.config.credentials(), whose, region);
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

function urlOf({ secure, authority }: Target): string {
  return `${secure ? 'https' : 'http'}://${authority}`;
}

function checkEndpoint(endpoint: string): void {
  if (/^https?:\/\/[^/]/i.test(endpoint) && URL.canParse(endpoint)) return;
  throw configurationError(
    'usage',
    `the endpoint is ${JSON.stringify(endpoint.replace(/\/\/.*@/s, '//***@'))}, and it must be a URL as https://s3.example.com: correct endpoint-url, AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL, or endpoint_url of the profile`,
  );
}
