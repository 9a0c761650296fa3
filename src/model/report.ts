import { type ErrorCode, EXIT, type ExitCode } from './errors.js';
import type { Identity, Outcome, PhaseName } from './events.js';
import type { Invalidation } from './invalidation.js';
import type { Action, Count, Reason } from './plan.js';

/** Version of the report's schema; `docs/report.schema.json` is its description. */
export const REPORT_VERSION = 1;

export type Status = 'done' | 'failed' | 'refused' | 'planned' | 'different' | 'cancelled';

export interface Totals {
  readonly uploaded: Count;
  readonly downloaded: Count;
  readonly copied: Count;
  readonly linked: Count;
  readonly refreshed: Count;
  readonly unchanged: Count;
  readonly deleted: Count;
  readonly kept: Count;
  readonly failed: Count;
}

export interface ReportError {
  readonly code: ErrorCode;
  readonly message: string;
}

/** A header that an object has, or lacks, and the one that it shall have, or none. Names in lower case. */
export interface HeaderDifference {
  readonly name: string;
  readonly from?: string;
  readonly to?: string;
}

export interface ReportStep {
  readonly key: string;
  readonly action: Action;
  readonly reason: Reason;
  /** The rank's place in the publish order, from 0. */
  readonly rank: number;
  readonly bytes: number;
  /** Key that a copy was made from; of an upload, the object that it shares bytes with. */
  readonly source?: string;
  /** Bucket of that key, where it is not the destination's own. */
  readonly sourceBucket?: string;
  /** Of an upload: bytes that were copied from that object, not sent. */
  readonly reusedBytes?: number;
  /** Of an upload in place of a copy: why that was not made; for people. */
  readonly notCopied?: string;
  readonly outcome: Outcome;
  readonly error?: ReportError;
  readonly etag?: string;
  readonly versionId?: string;
  /** Headers that change, where S3 was asked: in a dry run, and of headers that nobody remembered or that a copy would keep. */
  readonly headers?: readonly HeaderDifference[];
}

/** Requests by the classes that S3 bills, and an estimate of their price. */
export interface RequestCost {
  /** PUT, COPY, POST, LIST. */
  readonly put: number;
  /** GET, HEAD. */
  readonly get: number;
  readonly free: number;
  /** Requests of the first class that sending the whole tree would have taken. */
  readonly sendAll: number;
  /** US dollars; absent where there is no price: another provider, an unlisted region. */
  readonly usd?: number;
  readonly sendAllUsd?: number;
  /** Year and month of the prices. */
  readonly pricesAsOf?: string;
}

/** How the switch from the old tree to the new one went, from its first completion to its last. */
export interface Delayed {
  readonly keys: number;
  /** How many it would have been, where it stopped before the last one. */
  readonly of?: number;
  readonly seconds: number;
}

/** How the bytes of a mirror came, and what each way costs for all of them. */
export interface Mirrored {
  /** Copied from the first destination. */
  readonly copied: Count;
  /** Sent from this machine. */
  readonly sent: Count;
  /** Of large bodies from this machine to all destinations; absent where too little was sent to tell. */
  readonly bytesPerSecond?: number;
  /** US dollars for the transfer between regions of a copy of all; absent where none can be made or no price is known. */
  readonly copyUsd?: number;
  /** US dollars for the transfer between regions of what was copied. */
  readonly transferUsd?: number;
  /** Whether the first destination can be copied from: one service, and one set of credentials. */
  readonly copyable: boolean;
}

export interface DestinationReport {
  /** Of a download, the directory. */
  readonly url: string;
  /** Of a service that is not AWS, where there are several destinations. */
  readonly endpoint?: string;
  readonly status: Status;
  readonly totals: Totals;
  /** Requests sent, retries included, by S3 operation. */
  readonly requests: Readonly<Record<string, number>>;
  /** Wall seconds. Walk and list overlap. */
  readonly phases: Readonly<Partial<Record<PhaseName, number>>>;
  /** Names of the ranks, so that `steps[].rank` can be read. */
  readonly ranks: readonly string[];
  /** Objects with the right bytes whose headers nobody remembers: they are left alone. */
  readonly headersUnknown: Count;
  /** Bytes of file content that left this machine, retries left out. */
  readonly sentBytes: number;
  /** Bytes of uploaded files that older objects had, and that S3 copied; absent: none. */
  readonly reusedBytes?: number;
  /** Requests that sending the whole tree would have taken; 0 for a run that ended before it knew. */
  readonly sendAllRequests: number;
  /** Wall seconds of this destination; present where there are several. */
  readonly seconds?: number;
  /** How a mirror got its bytes. */
  readonly mirroredBy?: 'upload' | 'copy' | 'both';
  /** Present for a mirror that bytes had to get to. */
  readonly mirrored?: Mirrored;
  /** Who published here; present where there are several. */
  readonly identity?: Identity;
  /** Present once a store was reached. */
  readonly cost?: RequestCost;
  /** Present when every byte was in S3 before anything changed, or in a dry run would be. */
  readonly delayed?: Delayed;
  /** Present when CloudFront was, or is still to be, told something. */
  readonly invalidation?: Invalidation;
  readonly error?: ReportError;
  /** Unchanged files are in the totals alone. */
  readonly steps: readonly ReportStep[];
}

export interface Report {
  readonly version: typeof REPORT_VERSION;
  /** `s3-dedup-sync/1.2.3`. */
  readonly tool: string;
  readonly command: string;
  readonly dryRun: boolean;
  /** `s3://bucket/prefix/` that the tree came from, when it did not lie on this disk. */
  readonly source?: string;
  readonly status: Status;
  readonly error?: ReportError;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly identity?: Identity;
  /** The commit that was published, where CI says it (GITHUB_SHA, CI_COMMIT_SHA, ...). */
  readonly commit?: string;
  /** One line each. */
  readonly warnings: readonly string[];
  readonly destinations: readonly DestinationReport[];
}

/** The status that goes with an exit status. */
export function statusOf(exit: ExitCode, dryRun: boolean): Status {
  switch (exit) {
    case EXIT.done:
    case EXIT.wouldChange:
      return dryRun ? 'planned' : 'done';
    case EXIT.refused:
      return 'refused';
    case EXIT.different:
      return 'different';
    case EXIT.hungUp:
    case EXIT.interrupted:
    case EXIT.terminated:
      return 'cancelled';
    case EXIT.failed:
    case EXIT.usage:
    case EXIT.foreignWriter:
      return 'failed';
  }
}
