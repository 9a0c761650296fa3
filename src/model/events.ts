import type { ErrorCode, ExitCode } from './errors.js';
import type { Invalidation } from './invalidation.js';
import type { Count, Step } from './plan.js';
import type { Delayed, Mirrored, ReportError, Status, Totals } from './report.js';

/** Who is publishing: never a secret, a token or a signature. */
export interface Identity {
  /** Twelve digits; absent where the provider has no accounts, or STS was not reached. */
  readonly account?: string;
  /** ARN of the user or assumed role; absent likewise. */
  readonly arn?: string;
  /** Where the credentials came from, as `environment`, `profile NAME`, `web identity`, `instance role`. */
  readonly source: string;
}

export type Outcome = 'done' | 'planned' | 'skipped' | 'failed';

/** What of an upload was not sent, as an older object had it. */
export interface Reused {
  /** The key of that object. */
  readonly source: string;
  /** Its bucket, where it is not the destination's own. */
  readonly sourceBucket?: string;
  /** Bytes. */
  readonly bytes: number;
}

/** What became of a step. Every total is derived from these (R4). */
export interface StepOutcome {
  readonly step: Step;
  readonly outcome: Outcome;
  /** What was really done: a copy that could not be made is an `upload`. */
  readonly action: Step['action'];
  /** Bytes that left this machine for this step. */
  readonly sentBytes: number;
  /** Of an upload. */
  readonly reused?: Reused;
  /** Of an upload in place of a copy: why that was not made; for people. */
  readonly notCopied?: string;
  readonly etag?: string;
  readonly versionId?: string;
  readonly error?: { readonly code: ErrorCode; readonly message: string };
  /** Of what is `skipped`: the run was stopped while S3 was asked for it, so it may be done all the same. */
  readonly inDoubt?: true;
  /** Milliseconds from the start of the step to its end. */
  readonly ms: number;
}

export type PhaseName =
  | 'walk'
  | 'list'
  | 'encode'
  | 'digest'
  | 'plan'
  | 'read'
  | 'execute'
  | 'fetch'
  | 'index';

/** What the plan would do, known before the first write. */
export interface PlanTotals {
  readonly upload: Count;
  readonly download: Count;
  readonly copy: Count;
  readonly link: Count;
  readonly refresh: Count;
  readonly delete: Count;
  readonly unchanged: Count;
  readonly kept: Count;
}

/** How far the run is; sent at most a few times a second. */
export interface Progress {
  readonly phase: PhaseName;
  readonly files: number;
  readonly filesTotal?: number;
  readonly bytes: number;
  readonly bytesTotal?: number;
}

/** What the engine says. The shell turns it into a log, JSON lines or a progress bar. */
/** @see Event */
type Said =
  | {
      readonly type: 'start';
      readonly command: string;
      readonly dryRun: boolean;
      readonly url: string;
      /** URLs of further destinations. */
      readonly mirrors?: readonly string[];
      readonly roots: readonly string[];
    }
  | {
      readonly type: 'identity';
      readonly identity: Identity;
      readonly region: string;
      readonly endpoint?: string;
    }
  | { readonly type: 'phase-start'; readonly phase: PhaseName }
  | {
      readonly type: 'phase-end';
      readonly phase: PhaseName;
      readonly seconds: number;
      readonly files?: number;
      readonly bytes?: number;
    }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'plan'; readonly url: string; readonly totals: PlanTotals }
  | { readonly type: 'rank'; readonly name: string; readonly steps: number }
  | { readonly type: 'outcome'; readonly outcome: StepOutcome }
  | { readonly type: 'invalidation'; readonly invalidation: Invalidation }
  /** One of several destinations is done with. */
  | {
      readonly type: 'destination-end';
      readonly status: Status;
      readonly dryRun: boolean;
      readonly seconds: number;
      readonly totals: Totals;
      /** Of a mirror that bytes had to get to. */
      readonly mirrored?: Mirrored;
    }
  | {
      readonly type: 'message';
      readonly level: 'error' | 'warning' | 'notice' | 'debug';
      readonly message: string;
    }
  /** The last one; the shell's own. */
  | RunEnded;

/** Everything that is said. `at`: the URL of the destination that it is about, where there are several. */
export type Event = Said & { readonly at?: string };

/** How a run ended, over all its destinations. */
export interface RunEnded {
  readonly type: 'end';
  readonly status: Status;
  readonly exit: ExitCode;
  readonly dryRun: boolean;
  readonly changed: boolean;
  /** It is certain that no file was published or deleted: of what got no answer nobody knows. */
  readonly isUntouched: boolean;
  readonly seconds: number;
  readonly totals: Totals;
  /** Bytes of file content that left this machine, retries left out. */
  readonly sentBytes: number;
  /** Bytes of uploaded files that older objects had, and that S3 copied; absent: none. */
  readonly reusedBytes?: number;
  /** Requests sent, retries included, by S3 operation. */
  readonly requests: Readonly<Record<string, number>>;
  /** With `delay-updates`: how many keys were switched. */
  readonly delayed?: Delayed;
  /** Of the invalidations that CloudFront accepted. */
  readonly invalidationIds?: readonly string[];
  readonly error?: ReportError;
  /** Path of the report that was written. */
  readonly report?: string;
}

export type Emit = (event: Event) => void;
