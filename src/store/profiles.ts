import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { EXIT, SyncError } from '../model/errors.js';

/** Where the SDK looks for profiles, whether these files are there or not. It takes `~/` for the home directory. */
export function profileFiles(
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): readonly string[] {
  return [
    env.AWS_CONFIG_FILE || join(home, '.aws', 'config'),
    env.AWS_SHARED_CREDENTIALS_FILE || join(home, '.aws', 'credentials'),
  ].map((path) => (path.startsWith('~/') ? join(home, path.slice(2)) : path));
}

/**
 * A profile that stands in no file, told in one line: the SDK would look for other credentials, and might find those of
 * the machine. `undefined`: it stands there.
 *
 * @param given what names it: an input or a variable
 */
export function missingProfile(name: string, given: string): SyncError | undefined {
  const files = profileFiles(process.env, homedir());
  // The SDK's own name for whatever there is.
  if (name === 'default') return undefined;
  if (files.some((file) => sectionsOf(file).has(name))) return undefined;
  return new SyncError(
    'no-credentials',
    EXIT.usage,
    `${given} names ${JSON.stringify(name)}, and no such profile stands in ${files.join(' or ')}: correct the name, or add the profile`,
  );
}

/** Names of profiles, as both files spell them. */
function sectionsOf(file: string): ReadonlySet<string> {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // One file is enough.
  }
  const headings = text.matchAll(/^\s*\[\s*(?:profile\s+)?(["']?)(.+?)\1\s*\]/gm);
  return new Set([...headings].map(([, , name = '']) => name));
}
