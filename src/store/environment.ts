import { existsSync } from 'node:fs';
import type { Connection } from '../model/options.js';
import { profileFiles } from './profiles.js';
import { isDirectoryBucket } from './providers.js';
import type { SigningCredentials } from './sign.js';
import type { Target } from './target.js';

/** Everything that a run needs to know of a bucket behind an endpoint of one's own. */
export interface EnvironmentAccess {
  readonly credentials: SigningCredentials;
  readonly target: Target;
}

/** What the SDK reads of the environment and is settled here, or does not change a request. */
const SETTLED: ReadonlySet<string> = new Set([
  'AWS_ACCESS_KEY_ID',
  'AWS_CA_BUNDLE',
  'AWS_CONFIG_FILE',
  'AWS_DEFAULT_REGION',
  'AWS_EC2_METADATA_DISABLED',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_S3',
  'AWS_MAX_ATTEMPTS',
  'AWS_PAGER',
  'AWS_REGION',
  'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_SHARED_CREDENTIALS_FILE',
]);

/** Of AWS's own regions some are no region, but a way to one (`aws-global`, `fips-us-east-1`). */
const REGION = /^(?!aws-|fips-)(?!.*-fips$)[a-z0-9][a-z0-9-]*$/;

/** Path style takes what every bucket is called since 2018. */
const BUCKET = /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/;

/**
 * Where to and as whom, when the environment says all of it in so many words: keys, region and an endpoint that is
 * spoken to in path style. Loading the SDK and asking it takes half as long as a run that finds nothing to do.
 * `undefined`: there is a profile, a role, a configuration file or a setting that the SDK has to judge.
 */
export function environmentAccess(
  connection: Connection,
  bucket: string,
  endpoint: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  home: string | undefined,
): EnvironmentAccess | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  const region = connection.region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || '');
  if (!accessKeyId || !secretAccessKey || endpoint === undefined) return undefined;
  if (!REGION.test(region) || !BUCKET.test(bucket) || isDirectoryBucket(bucket)) return undefined;
  const { role, profile, forcePathStyle, allowedAccountIds } = connection;
  if (role !== undefined || profile !== undefined || forcePathStyle === false) return undefined;
  if (allowedAccountIds.length > 0) return undefined;
  const isOther = (name: string): boolean => /^_?(AWS|X_AMZN)_/i.test(name) && !SETTLED.has(name);
  if (Object.keys(env).some((name) => isOther(name) && env[name] !== '')) return undefined;
  if (profileFiles(env, home).some((file) => existsSync(file))) return undefined;
  const url = new URL(endpoint);
  if (url.username !== '' || url.search !== '' || url.hash !== '' || /[^\w./-]/.test(url.pathname))
    return undefined;
  const path = `${url.pathname.replace(/\/$/, '')}/${bucket}/`;
  return {
    credentials: { accessKeyId, secretAccessKey, sessionToken: env.AWS_SESSION_TOKEN || undefined },
    target: {
      secure: url.protocol === 'https:',
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port === '' ? undefined : Number(url.port),
      authority: url.host,
      bucketPath: path,
      objectPath: path,
      region,
      service: 's3',
      userAgent: 's3-dedup-sync',
    },
  };
}
