import { existsSync } from 'node:fs';
import { homeDirectory } from '../disk/home-directory.js';
import { environmentEndpoint, type Service } from '../model/endpoint.js';
import { configurationError } from './configuration-error.js';
import { prepareProfiles, profileFiles } from './profiles.js';

/**
 * Where a service is reached: as the environment says, else as the profile in use does. The SDK reads the configuration
 * files too, but those of `default` or AWS_PROFILE, whatever profile its client is made with. Rejects with a `SyncError` of exit 2.
 *
 * @param profile of the input; `undefined`: AWS_PROFILE, or `default`
 * @returns `undefined`: AWS itself
 */
export async function endpointOf(service: Service, profile: string | undefined): Promise<string | undefined> {
  const { env } = process;
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true') return undefined;
  const said = environmentEndpoint(env, service);
  if (said !== undefined || !profileFiles(env, homeDirectory()).some((file) => existsSync(file))) return said;
  prepareProfiles();
  const { loadConfig } = await import('@smithy/core/config');
  // What a selector throws is lost: the SDK goes on as if nothing stood there.
  const read = loadConfig<{ readonly section: Section; readonly all: Sections } | undefined>(
    {
      environmentVariableSelector: () => undefined,
      configFileSelector: (section, all = {}) => ({ section, all }),
      default: undefined,
    },
    profile === undefined ? {} : { profile },
  );
  const found = await read();
  return found && endpointIn(found.section, found.all, service);
}

type Section = Readonly<Record<string, string | undefined>>;
type Sections = Readonly<Record<string, Section>>;

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
function endpointIn(section: Section, all: Sections, service: Service): string | undefined {
  if (section.ignore_configured_endpoint_urls === 'true') return undefined;
  const { services } = section;
  const own = services === undefined ? undefined : all[`services.${services}`];
  if (services !== undefined && own === undefined)
    throw configurationError(
      'usage',
      `the profile names the services ${JSON.stringify(services)}, and the configuration file has no section [services ${services}]: add it, or take the line out`,
    );
  return own?.[`${service.toLowerCase()}.endpoint_url`] || section.endpoint_url || undefined;
}

/** How a client of the SDK is told where its service is, so that it does not look for itself. */
export function atEndpoint(
  endpoint: string | undefined,
): { readonly endpoint: string } | { readonly ignoreConfiguredEndpointUrls: true } {
  return endpoint === undefined ? { ignoreConfiguredEndpointUrls: true } : { endpoint };
}

/** For people, and to tell services apart. */
export function withoutCredentials(endpoint: string): string {
  const url = new URL(endpoint);
  url.username = '';
  url.password = '';
  url.search = '';
  url.hash = '';
  return url.href;
}
