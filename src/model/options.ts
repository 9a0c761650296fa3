import type { HeaderRule } from './header-rules.js';
import type { PathMapping } from './invalidation.js';
import { type Destination, destinationUrl, type Encoding } from './objects.js';
import type { Shard } from './plan-file.js';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** A role in whose name a bucket is reached. */
export interface AssumedRole {
  readonly arn: string;
  /** Of the runner's identity token. */
  readonly audience: string;
  readonly sessionName: string;
  readonly durationSeconds: number;
}

/** How to reach a destination's bucket. Absent fields are left to the SDK's own chain. */
export interface Connection {
  readonly region?: string;
  readonly endpointUrl?: string;
  readonly forcePathStyle?: boolean;
  readonly profile?: string;
  readonly role?: AssumedRole;
  readonly allowedAccountIds: readonly string[];
  readonly expectedBucketOwner?: string;
  readonly requesterPays: boolean;
  /** Requests in flight; `auto` lets the engine choose. */
  readonly concurrency: number | 'auto';
  readonly maxAttempts: number;
  /** Milliseconds. */
  readonly connectTimeoutMs: number;
  /** Milliseconds. */
  readonly readTimeoutMs: number;
}

/** Headers that are sent on every write alike. */
export interface WriteHeaders {
  readonly sse?: string;
  readonly kmsKeyId?: string;
  readonly storageClass?: string;
  /** Never sent unasked (R7). */
  readonly acl?: string;
}

/** What decides the headers of single objects. */
export interface HeaderOptions {
  /** Those of `headers-file` first. */
  readonly rules: readonly HeaderRule[];
  readonly defaults: 'none' | 'website';
  /** Ask S3 for the headers that nobody remembers, and renew those that are not as they should be. */
  readonly refresh: boolean;
}

/** A line of `compress`. */
export interface CompressRule {
  /** In the gitignore dialect; a leading `!` takes out what the lines before it took in. */
  readonly pattern: string;
  readonly encoding: Encoding;
}

/** An exact path that leads elsewhere. */
export interface Redirect {
  /** Path below the prefix. */
  readonly name: string;
  readonly target: string;
  /** In the file, from 1. */
  readonly line: number;
}

/** How the tree becomes objects other than file by file. */
export interface SiteOptions {
  readonly compress: readonly CompressRule[];
  /** Publish `about.html` also as `about`. */
  readonly cleanUrls: boolean;
  readonly redirects: readonly Redirect[];
  /**
   * Files that say how to publish, and those that the run writes; neither they nor other names of them are published, or
   * deleted by a download. Paths.
   */
  readonly unpublished: ReadonlySet<string>;
  /** What the files of rules could not be taken at, to be said when the run begins. */
  readonly warnings: readonly string[];
}

export type MaxDelete =
  | { readonly kind: 'default' }
  | { readonly kind: 'none' }
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'percent'; readonly percent: number };

/** One line of `paths`, parsed; or a DIR argument, in which nothing is a wildcard. */
export interface PathPattern {
  /** As it was given, for messages. */
  readonly text: string;
  /** Absolute path that `glob` starts from; nothing in it is a wildcard. */
  readonly base: string;
  /**
   * Pattern below `base` in the dialect of @actions/glob, `/`-separated on every system, no slash at its end.
   * Empty: `base` itself.
   */
  readonly glob: string;
  /** Absolute directory or file before the first wildcard. */
  readonly searchPath: string;
  /** Written with a slash at its end: matches directories (and so what is in them), never a file. */
  readonly directoriesOnly: boolean;
  /** A `!` line. */
  readonly negate: boolean;
}

export interface TreeOptions {
  readonly patterns: readonly PathPattern[];
  /** Absolute; names are taken below it. Undefined: the one root of the patterns. */
  readonly root: string | undefined;
  /** Lines in the gitignore dialect, those of `excludes-from` first. */
  readonly excludes: readonly string[];
  readonly includeGit: boolean;
  readonly symlinks: 'inside' | 'all' | 'skip';
  readonly ifNoFilesFound: 'error' | 'warn' | 'ignore';
}

/** How long a key stays that the tree no longer has. A deploy is a successful run that changed the destination. */
export type DeleteGrace =
  | { readonly kind: 'none' }
  | { readonly kind: 'deploys'; readonly deploys: number }
  /** Milliseconds. */
  | { readonly kind: 'time'; readonly ms: number };

export interface DeleteOptions {
  readonly deleteAfter: boolean;
  readonly maxDelete: MaxDelete;
  readonly deleteExcluded: boolean;
  readonly grace: DeleteGrace;
  /** Lines in the gitignore dialect: keys that are never deleted. */
  readonly retain: readonly string[];
}

/** A line of `copy-from`: where else content may lie that need not be sent. Read only. */
export interface CopyFrom {
  readonly place: Destination;
  readonly region?: string;
  readonly expectedBucketOwner?: string;
  readonly requesterPays: boolean;
}

export interface CopyOptions {
  readonly from: readonly CopyFrom[];
  /** Bytes; smaller content is sent. */
  readonly minSize: number;
}

/** What CloudFront is told after publishing. */
export interface InvalidationOptions {
  readonly distribution: string;
  /** New keys too: that they were not there may be cached as well. */
  readonly newKeys: boolean;
  readonly mapping: PathMapping;
  readonly maxPaths: number;
  /** The run ends when the invalidation is complete. */
  readonly wait: boolean;
}

export type IndexPlace =
  | { readonly kind: 'none' }
  /** The runner's cache; anyone who may write it may forge it. */
  | { readonly kind: 'cache' }
  /** `isOwn`: under a name of ours in the user's cache directory, as none was given. */
  | { readonly kind: 'file'; readonly path: string; readonly isOwn?: true }
  /** `region`: of another bucket than the destination's, where it is not the first destination's. */
  | { readonly kind: 's3'; readonly bucket: string; readonly key: string; readonly region?: string };

/** `sync` publishes a tree; `remove` empties a prefix: its tree has no patterns, and its `deletes` are all there is. */
export type Command = 'sync' | 'remove' | 'check' | 'plan' | 'apply' | 'publish';

/** One run on several machines: a plan, its shards, and what they staged. */
export interface Sharding {
  /** Absolute. Written by `plan`, read by the others. */
  readonly planFile: string;
  /** Of `apply`, and of a `publish` of one share of a rank; absent: of all. */
  readonly shard?: Shard;
  /**
   * Absolute. Written by `apply`, which has one; files or directories of them that `publish` reads. A `publish` of a
   * share has one directory, and puts there what it published.
   */
  readonly results: readonly string[];
  /** `publish` gives the plan up: what was staged is aborted. */
  readonly abort: boolean;
  /** What the names of a mirror's files end with: they lie beside those of the first destination, where it is empty. */
  readonly beside: string;
}

/** Where the tree is taken from when it lies in a bucket, and how that is reached. */
export interface Source {
  readonly place: Destination;
  readonly connection: Connection;
}

/** A download: where to, and how files are made of objects. */
export interface Target {
  /** Absolute. */
  readonly directory: string;
  /** What further names of one content become. */
  readonly duplicates: 'copy' | 'reflink' | 'link';
  /** Nothing is decoded, and nothing left out. */
  readonly asStored: boolean;
}

/** Everything that a run is asked to do, parsed and checked. */
export interface SyncOptions {
  readonly command: Command;
  readonly tree: TreeOptions;
  /** In a download, the bucket that is read. */
  readonly destination: Destination;
  /** Absent: the tree lies on this disk. */
  readonly source?: Source;
  /** Absent: objects are written. */
  readonly target?: Target;
  /** Further destinations of the same tree, each whole; they have none of their own. */
  readonly mirrors: readonly SyncOptions[];
  readonly mirrorBy: 'auto' | 'upload' | 'copy';
  /** Nothing becomes visible anywhere before everything is staged everywhere. */
  readonly mirrorsAtomic: boolean;
  /** Of `plan`, `apply` and `publish` alone. */
  readonly sharding?: Sharding;
  readonly connection: Connection;
  readonly writeHeaders: WriteHeaders;
  readonly headers: HeaderOptions;
  readonly site: SiteOptions;
  readonly deletes: DeleteOptions;
  readonly copies: CopyOptions;
  readonly invalidation?: InvalidationOptions;
  /** `if-unchanged`: only what the listing showed; `always`: a key as it is when it is written. */
  readonly overwrite: 'if-unchanged' | 'always';
  /** Nothing changes before every byte is in S3; `best-effort`: where the destination can. */
  readonly delayUpdates: boolean | 'best-effort';
  /** Lines of the publish order after new and changed keys; `default` stands for the built-in ones. */
  readonly publishLast: readonly string[];
  readonly lock: boolean;
  /** Milliseconds; journalled uploads of other runs are aborted when they are this old. */
  readonly abortUploadsAfterMs: number;
  readonly preserve: boolean;
  readonly index: IndexPlace;
  readonly dryRun: boolean;
  /** `check` reads every object back. */
  readonly read: boolean;
  /** Path of the report; JSON Lines when it ends in `.jsonl`. */
  readonly report: string | undefined;
  readonly summary: 'always' | 'changes' | 'never';
  readonly summaryTitle: string;
  readonly logLevel: LogLevel;
}

/** Requests in flight where `concurrency` is `auto`, at first: what keeps 2 cores busy at 20 ms latency. */
const AUTO_CONCURRENCY = 64;

/** As many where that is faster: what one thread is busy with at 100 ms latency, and as s5cmd has it. */
const MOST_AUTO_CONCURRENCY = 256;

/** What is open besides: Node's own, those of threads, an index, files that are digested. */
const FILES_BESIDES = 32;

/** Of one request at most: two connections from bucket to bucket, else one; its file and the directory it is made in. */
const FILES_OF_A_REQUEST = 4;

/**
 * What `auto` comes to where a process may have so many files open: with more it would fail at a file, or at its index,
 * what it does with fewer.
 */
export function autoConcurrency(openFiles: number): number | 'auto' {
  const most = Math.floor((openFiles - FILES_BESIDES) / FILES_OF_A_REQUEST);
  return most >= MOST_AUTO_CONCURRENCY ? 'auto' : Math.max(1, Math.min(AUTO_CONCURRENCY, most));
}

/** At first, and of requests that are not paced: those that read bodies. */
export function requestsInFlight({ concurrency }: Connection): number {
  return concurrency === 'auto' ? AUTO_CONCURRENCY : concurrency;
}

export function mostRequestsInFlight({ concurrency }: Connection): number {
  return concurrency === 'auto' ? MOST_AUTO_CONCURRENCY : concurrency;
}

/** What a run writes to, for people. */
export function runUrl({ destination, target }: SyncOptions): string {
  return target === undefined ? destinationUrl(destination) : target.directory;
}
