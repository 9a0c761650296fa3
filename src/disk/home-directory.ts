import { homedir, userInfo } from 'node:os';

/** The user's home: where HOME says, else the system. `undefined`: HOME is empty, or neither knows one. */
export function homeDirectory(): string | undefined {
  return whereKnown(homedir);
}

/** With the one that the system knows, which may be another: in a container's job HOME is the runner's. */
export function homeDirectories(): readonly string[] {
  const homes = [homeDirectory(), whereKnown(() => userInfo().homedir)];
  return homes.filter((home) => home !== undefined);
}

/** Both calls throw for a user id without an entry, as containers are started with. */
function whereKnown(ask: () => string): string | undefined {
  try {
    return ask() || undefined;
  } catch {
    return undefined;
  }
}
