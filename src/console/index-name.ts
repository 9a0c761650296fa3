import { createHash } from 'node:crypto';
import { isAbsolute, join } from 'node:path';
import type { Destination } from '../model/objects.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Names an index: 32 hex digits of a SHA-256 over endpoint, bucket and prefix, and of a download its directory.
 */
export function indexName(
  endpoint: string | undefined,
  { bucket, prefix }: Destination,
  directory?: string,
): string {
  const place = [endpoint ?? '', bucket, prefix];
  const identity = JSON.stringify(directory === undefined ? place : [...place, directory]);
  return createHash('sha256').update(identity).digest('hex').slice(0, 32);
}

/** The user's cache directory on this system; `undefined` where there is no home (a service, a bare container). */
export function userCacheDirectory(
  env: Environment,
  platform: NodeJS.Platform,
  home: string | undefined,
): string | undefined {
  const xdg = env.XDG_CACHE_HOME ?? '';
  if (platform === 'win32') {
    const local = env.LOCALAPPDATA ?? '';
    return local === '' ? undefined : local;
  }
  // The XDG specification: a relative path is to be ignored.
  if (isAbsolute(xdg)) return xdg;
  if (home === undefined || home === '/') return undefined;
  return platform === 'darwin' ? join(home, 'Library', 'Caches') : join(home, '.cache');
}
