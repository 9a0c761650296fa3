import type { Concurrency } from '../model/concurrency.js';
import type { DigestIndex } from '../model/digest-index.js';
import { namesOf } from '../model/file-columns.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import type { Files, ListedObject } from '../model/objects.js';
import type { SyncOptions } from '../model/options.js';
import type { Digested } from './digest.js';
import type { Encodings } from './encode.js';
import type { OlderObjects } from './older-objects.js';
import type { SyncPorts } from './ports.js';
import type { ListedPlace } from './recognise.js';
import type { RunFrame } from './run-frame.js';
import type { SharedTree } from './shared-tree.js';
import type { SourceObjects } from './source-objects.js';
import type { Tree } from './walk.js';

/** What the parts of one run have in common. */
export interface RunParts {
  readonly options: SyncOptions;
  readonly ports: SyncPorts;
  readonly frame: RunFrame;
  readonly shared: SharedTree;
  readonly encodings: Encodings;
  /** Where the tree lies in a bucket. */
  readonly source: SourceObjects | undefined;
  /**
   * What time it is by S3's clock or by this machine's, whichever is behind, and whichever is ahead: one of them may be wrong.
   * Milliseconds since the epoch.
   */
  readonly earliestNow: () => number;
  readonly latestNow: () => number;
  /** By S3's clock, up to a second too early. Milliseconds since the epoch. */
  readonly storeNow: () => number;
  /** Requests in flight, as many as the store finds good. */
  readonly inFlight: Concurrency;
}

/** What walk and listings found. */
export interface Looked {
  readonly tree: Tree;
  readonly listing: ReadonlyMap<ObjectKey, ListedObject>;
  readonly further: readonly ListedPlace[];
}

/** What the run went by. */
export interface Seen extends Digested {
  readonly listing: ReadonlyMap<ObjectKey, ListedObject>;
  /** Whether it matters what another writer makes of a key. */
  readonly matters: (key: ObjectKey) => boolean;
  /** As a tree has it; absent: there is none. */
  readonly isThere?: Tree['isThere'];
  readonly index: DigestIndex | undefined;
  readonly older?: OlderObjects;
  readonly digestedNs: bigint;
  /** How many keys other machines published of which no index knows yet. */
  readonly published?: number;
}

export function* keysOf(files: Files, prefix: Prefix): Generator<ObjectKey> {
  for (const name of namesOf(files)) yield (prefix + name) as ObjectKey;
}
