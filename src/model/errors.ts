import { withoutSecrets } from './secrets.js';

/** Exit status of the process and of the job; docs/VERSIONING.md calls it a contract. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  different: 3,
  refused: 4,
  foreignWriter: 5,
  wouldChange: 6,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What went wrong, as the report names it. The set is closed; the report's schema lists it. */
export type ErrorCode =
  // usage and configuration: exit 2
  | 'usage'
  | 'no-credentials'
  | 'bad-credentials'
  | 'wrong-account'
  | 'no-such-bucket'
  | 'wrong-region'
  | 'no-region'
  | 'file-not-found'
  // a guard refused before the first write: exit 4
  | 'no-files-found'
  | 'pattern-without-match'
  | 'too-many-deletions'
  | 'unrelated-destination'
  | 'whole-bucket'
  | 'unreadable'
  | 'name-not-utf8'
  | 'key-too-long'
  | 'symlink-broken'
  | 'symlink-outside'
  | 'symlink-cycle'
  | 'key-collision'
  | 'unsafe-name'
  | 'in-the-way'
  | 'cannot-delay'
  | 'plan-mismatch'
  | 'locked'
  // another writer: exit 5
  | 'foreign-writer'
  // failures: exit 1
  | 'access-denied'
  | 'credentials-expired'
  | 'unreachable'
  | 'throttled'
  | 'server-error'
  | 'rejected'
  | 'file-changed'
  | 'file-vanished'
  | 'wrong-content'
  | 'no-progress'
  | 'no-room'
  | 'not-writable'
  | 'mirror-absent'
  | 'report-not-written'
  | 'invalidation-failed'
  | 'internal'
  // signals: exit 129, 130, 143
  | 'cancelled';

/**
 * A failure that a person reads: `message` is one line that says what was given or met, what was expected,
 * and what to do. What it repeats of inputs and answers is without secrets.
 */
export class SyncError extends Error {
  override readonly name = 'SyncError';
  constructor(
    readonly code: ErrorCode,
    readonly exit: ExitCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(withoutSecrets(message), options);
  }
}

export function usageError(message: string): SyncError {
  return new SyncError('usage', EXIT.usage, message);
}

/** @param what the file that an input names, for people */
export function unreadableFile(what: string, cause: unknown): SyncError {
  const message = `${what} cannot be read (${messageOf(cause)}): check the path`;
  return new SyncError('file-not-found', EXIT.usage, message, { cause });
}

export function refusal(code: ErrorCode, message: string): SyncError {
  return new SyncError(code, EXIT.refused, message);
}

/** When several apply: 129/130/143, 2, 4, 5, 1, 3. */
export function worstExit(codes: Iterable<ExitCode>): ExitCode {
  const order: readonly ExitCode[] = [129, 130, 143, 2, 4, 5, 1, 3, 6, 0];
  let worst = order.length - 1;
  for (const code of codes) worst = Math.min(worst, order.indexOf(code));
  return order[worst] ?? EXIT.failed;
}

/** Of what nobody but us can mend. */
export function mistakeText(error: unknown): string {
  return `internal error: ${messageOf(error)}. This is a mistake in s3-dedup-sync: please report it, with the log of a run with log-level: debug`;
}

/** The message of anything thrown, on one line and without secrets. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return withoutSecrets(text.replace(/\s*[\r\n]+\s*/g, ' ').trim());
}
