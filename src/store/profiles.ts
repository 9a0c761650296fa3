import { join } from 'node:path';
import { homeDirectory } from '../disk/home-directory.js';
import { EXIT, SyncError } from '../model/errors.js';

/** Below it nothing can be. */
const NO_HOME = '/dev/null';

/** Before the SDK reads profiles. */
export function prepareProfiles(): void {
  // Without a home the SDK fails, and with an empty HOME it reads `.aws` where it was started, in a checkout perhaps. It takes this
  // variable next, which nothing else reads outside of Windows.
  if (homeDirectory() === undefined) process.env.USERPROFILE = NO_HOME;
  // As the other AWS tools have it, and the SDK does not.
  const { AWS_PROFILE, AWS_DEFAULT_PROFILE } = process.env;
  if (!AWS_PROFILE && AWS_DEFAULT_PROFILE) process.env.AWS_PROFILE = AWS_DEFAULT_PROFILE;
}

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
 * the machine. `undefined`: it stands there. The SDK itself is asked, which keeps what it read: a file may be a pipe, and
 * that is empty the second time.
 *
 * @param given what names it: an input or a variable
 */
export async function missingProfile(name: string, given: string): Promise<SyncError | undefined> {
  // The SDK's own name for whatever there is.
  if (name === 'default') return undefined;
  const { loadSharedConfigFiles } = await import('@smithy/core/config');
  const { configFile, credentialsFile } = await loadSharedConfigFiles();
  if (Object.hasOwn(configFile, name) || Object.hasOwn(credentialsFile, name)) return undefined;
  const files = profileFiles(process.env, homeDirectory());
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
