import type { Concurrency } from '../model/concurrency.js';
import type { PartRun } from '../model/digest-index.js';
import type { Emit, StepOutcome } from '../model/events.js';
import type { HeaderDecider, HeaderSet } from '../model/headers.js';
import type { ObjectKey } from '../model/object-key.js';
import type { LocalFile } from '../model/objects.js';
import type { ObjectStore } from '../store/object-store.js';
import type { BodyArena } from './body-arena.js';
import type { DigestPool } from './digest-pool.js';
import type { FileDigest } from './file-bytes.js';
import type { Filling } from './first-destination.js';
import type { OlderObjects } from './older-objects.js';
import type { UploadRate } from './upload-rate.js';
import type { Uploads } from './uploads.js';

/** What a transfer works with, and whom it tells. */
export interface TransferOptions {
  readonly store: ObjectStore;
  readonly digests: ReadonlyMap<string, FileDigest>;
  readonly pool: DigestPool;
  readonly preserve: boolean;
  readonly overwrite: 'if-unchanged' | 'always';
  readonly policy: HeaderDecider;
  readonly bodies: BodySource;
  /** What bodies lie in while they are sent. */
  readonly arena: BodyArena;
  readonly rate: UploadRate;
  /** Where a mirror is filled from the first destination. */
  readonly filling?: Pick<Filling, 'source'>;
  /** Everything is staged; nothing is ever put or copied to a key whose bytes are. */
  readonly delay: boolean;
  readonly uploads: Uploads;
  /** Bytes of all files that are sent in parts: they are digested by threads where that is much. */
  readonly toCut: number;
  /** Objects that large files may have most of their bytes in common with; absent: no index knows of what. */
  readonly older?: OlderObjects;
  /** Keys that others are copied from once they are written. */
  readonly sources: ReadonlySet<ObjectKey>;
  /** Steps in flight. */
  readonly concurrency: Concurrency;
  readonly emit: Emit;
  /** Asked before the first delete; see `Performer.beforeDeletes`. */
  readonly mayDelete: () => Promise<StepOutcome['error'] | undefined>;
  /** Told of every body that arrived, in bytes. */
  readonly onSent: (bytes: number) => void;
  /** Told of every part that was copied and need not be sent, in bytes. */
  readonly onReused: (bytes: number) => void;
  /** Nothing more is started when it is aborted. */
  readonly signal: AbortSignal;
  /** Requests in flight end with it. */
  readonly requests: AbortSignal;
  /** Aborts of uploads end with it. */
  readonly aborts: AbortSignal;
}

/** Makes the bytes of files that do not lie on this disk, as they are sent. */
export interface BodySource {
  /** The file with its bytes at hand. */
  ready(file: LocalFile): Promise<LocalFile>;
  /** The file as it is now. */
  again(file: LocalFile): Promise<LocalFile>;
  /** What was ready was sent, or will not be. */
  release?(ready: LocalFile): Promise<void>;
  /** Headers that files which are objects elsewhere bring along, by their names in lower case. */
  headersOf?(file: LocalFile): Promise<HeaderSet>;
  /** The part layouts that one may have: where S3 says it, the one. */
  layoutsOf?(file: LocalFile): Promise<readonly (readonly PartRun[])[]>;
}
