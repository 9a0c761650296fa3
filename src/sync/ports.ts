import type { ExitCode } from '../model/errors.js';
import type { Emit } from '../model/events.js';
import type { DestinationReport } from '../model/report.js';
import type { ObjectStore } from '../store/object-store.js';

/** Where the index is kept. Neither method may reject for a missing or unreadable index. */
export interface IndexStorage {
  /** Whether what lies here may be believed without an ETag or metadata that agrees: design rule 3. */
  readonly trust: { readonly remote: boolean; readonly local: boolean };
  /** The bytes of the last index, or undefined. Says itself why there is none. */
  load(signal: AbortSignal): Promise<Buffer | undefined>;
  /** Replaces the index whole. Rejects when it cannot; the old one is then still there. */
  save(bytes: Buffer, signal: AbortSignal): Promise<void>;
}

/** What the engine needs from outside. */
export interface SyncPorts {
  readonly store: ObjectStore;
  readonly index: IndexStorage | undefined;
  readonly emit: Emit;
  /** Aborted on SIGINT and SIGTERM; its reason is a `SyncError` of code `cancelled`. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface SyncResult {
  readonly report: DestinationReport;
  readonly exit: ExitCode;
}
