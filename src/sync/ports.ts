import type { ExitCode } from '../model/errors.js';
import type { Emit } from '../model/events.js';
import type { Prefix } from '../model/object-key.js';
import type { SourceBucket } from '../model/objects.js';
import type { Count } from '../model/plan.js';
import type { DestinationReport } from '../model/report.js';
import type { Invalidator, ObjectStore, ReadableStore } from '../store/object-store.js';
import type { Filling, FirstDestination } from './first-destination.js';
import type { Seat } from './meeting.js';
import type { SharedTree } from './shared-tree.js';

/** What may be believed of what lies in an index, by who can write where it is kept: docs/decisions/0007. */
export interface IndexTrust {
  /** What objects hold, without an ETag or metadata that agrees. */
  readonly remote: boolean;
  /** What local files hold. */
  readonly local: boolean;
  /** That a delete which has waited long enough was judged by `max-delete` when it began to. */
  readonly grace: boolean;
}

/** Where the index is kept. */
export interface IndexStorage {
  readonly trust: IndexTrust;
  /** Where that is, for messages. */
  readonly place: string;
  /** Where it lies in a bucket: requests to it are the run's. */
  readonly store?: ReadableStore;
  /** Which destination it is of, as `indexDestination` names it; absent: any. */
  readonly destination?: string;
  /** The bytes of the last index; `undefined`: there is none. Rejects where it cannot be read, or is none of ours. */
  load(signal: AbortSignal): Promise<Buffer | undefined>;
  /** Replaces the index whole, and with it the journal; `pieces` make its bytes, once, as they are taken. Rejects when it cannot, and the old one is then still there; with `JournalLeftError` where the journal alone stays. */
  save(pieces: Iterable<Buffer>, signal: AbortSignal): Promise<void>;
  /**
   * Why nothing that this run learns is kept, as far as is known by now: then `save` resolves all the same, as a run
   * without an index is right. Absent: what is not kept rejects.
   */
  readonly whyNotKept?: () => string | undefined;
  readonly journal: JournalStorage;
}

/** Lines that a run writes while it goes on, for the next one if it never gets to save its index. */
export interface JournalStorage {
  /** Whether every run whose lines are loaded has ended: no other can be at work now. */
  readonly ofEndedRuns: boolean;
  /** Lines since the index was saved. Rejects like `load`. */
  load(signal: AbortSignal): Promise<Buffer>;
  /** Resolves when the lines will outlive this process. */
  append(lines: string, signal: AbortSignal): Promise<void>;
  /** Drops what was loaded and appended. Rejects with `JournalLeftError`. */
  clear(signal: AbortSignal): Promise<void>;
}

/** A place of `copy-from`: it is listed and asked, and never written. */
export interface CopyPlace {
  /** `s3://bucket/prefix/`, for messages. */
  readonly url: string;
  readonly store: ReadableStore;
  readonly prefix: Prefix;
  /** Absent: the destination's own bucket. */
  readonly bucket: SourceBucket | undefined;
}

/** The bucket that a tree is taken from. */
export interface SourcePort extends CopyPlace {
  readonly bucket: SourceBucket;
  /** Whether the destination's own credentials and service reach it: then bytes are copied, not carried. */
  readonly copyable: boolean;
}

/** What the engine needs from outside. */
export interface SyncPorts {
  readonly store: ObjectStore;
  /** Custom endpoint; empty or absent: AWS itself. */
  readonly endpoint?: string;
  readonly copyFrom: readonly CopyPlace[];
  /** Whether this is one of the further destinations: the first one's index knows the local files. */
  readonly isMirror?: true;
  /** Told what this destination has, for the mirrors that are filled from it. */
  readonly first?: FirstDestination;
  /** How a mirror is filled from the first destination. */
  readonly filling?: Filling;
  /** With other destinations of the same tree. */
  readonly shared?: SharedTree;
  /** Where all destinations meet before any of them publishes. */
  readonly meeting?: Seat;
  /** Absent: the tree lies on this disk, or is downloaded. */
  readonly source?: SourcePort;
  readonly index: IndexStorage | undefined;
  /** Given when something is to be invalidated, but for a dry run. */
  readonly invalidator?: Invalidator;
  /** Where temporary files lie; absent: where the system has them. */
  readonly temporary?: string;
  /** Who this run is, for the holder of a lock to be told by: a host, a process, the URL of a job. */
  readonly owner: string;
  readonly emit: Emit;
  /** Aborted on SIGINT, SIGTERM and SIGHUP; its reason is a `SyncError` of code `cancelled`. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface SyncResult {
  readonly report: DestinationReport;
  readonly exit: ExitCode;
  /** What a mirror got by copies from the first destination. */
  readonly copiedFromFirst?: Count;
}
