import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { homeDirectory } from '../disk/home-directory.js';
import { EXIT, SyncError } from '../model/errors.js';

/** Where the SDK looks for profiles, whether these files are there or not. It takes `~/` for the home directory, if there is one. */
export function profileFiles(
  env: Readonly<Record<string, string | undefined>>,
  home: string | undefined,
): readonly string[] {
  const files = [
    env.AWS_CONFIG_FILE || '~/.aws/config',
    env.AWS_SHARED_CREDENTIALS_FILE || '~/.aws/credentials',
  ];
  return files.flatMap((path) => {
    if (!path.startsWith('~/')) return path;
    return home === undefined ? [] : join(home, path.slice(2));
  });
}

/**
 * A profile that stands in no file, told in one line: the SDK would look for other credentials, and might find those of
 * the machine. `undefined`: it stands there.
 *
 * @param given what names it: an input or a variable
 */
export function missingProfile(name: string, given: string): SyncError | undefined {
  const files = profileFiles(process.env, homeDirectory());
  // The SDK's own name for whatever there is.
  if (name === 'default') return undefined;
  if (files.some((file) => sectionsOf(file).has(name))) return undefined;
  return new SyncError(
    'no-credentials',
    EXIT.usage,
    `${given} names ${JSON.stringify(name)}, and ${
      files.length === 0
        ? 'this user has no home directory, where profiles stand: set HOME, or AWS_CONFIG_FILE'
        : `no such profile stands in ${files.join(' or ')}: correct the name, or add the profile`
    }`,
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
