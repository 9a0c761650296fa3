import type { ETag, Md5 } from './digest.js';
import type { Attributes } from './headers.js';
import type { ObjectKey } from './object-key.js';
import type { LocalFile, SourceBucket } from './objects.js';

export type Action = 'upload' | 'download' | 'copy' | 'link' | 'refresh' | 'delete' | 'keep';

/**
 * Why a step is planned, or done otherwise. The set is closed; the report's schema lists it.
 *
 * - `new`: no object has the key, and no object or earlier file has the content
 * - `changed`: the object under the key has other bytes, and no usable object has the file's
 * - `content-unknown`: the object's bytes could not be told from what S3 says of it
 * - `empty`: an empty file, cheaper to send than to copy (C10)
 * - `exists`: the content is already under another key
 * - `moved`: the content lies under a key that this plan overwrites, and is read before
 * - `duplicate`: the content is published once in this run, under another key
 * - `small`: the content is there, and smaller than `copy-min-size`
 * - `not-copied`: a copy was planned, and the bytes were sent or fetched as it could not be made; of no plan
 * - `headers`: the object has the bytes, and other headers than it should have (C13)
 * - `attributes`: the file has the bytes, and another mode or modification time than its object says
 * - `acl`: so too, and the copy onto itself that would renew them would take an ACL that nobody asked to drop
 * - `attributes-unknown`: so too, and mode and time of the file, which the copy would drop, may not be read
 * - `not-copyable`: so too, and the object cannot be copied onto itself: it is archived or above 5 GiB
 * - `absent`: the tree no longer has the key
 * - `excluded`: the key is excluded and `delete-excluded` is set
 * - `damaged`: the object that looked equal has other bytes when it is read; of `check` alone
 * - `grace`: the tree no longer has the key, and `delete-grace` keeps it for now
 * - `removed`: `remove` empties the prefix
 * - `own`: so too, and the object is one of our own (index, journal, lock)
 */
export type Reason =
  | 'new'
  | 'changed'
  | 'content-unknown'
  | 'empty'
  | 'exists'
  | 'moved'
  | 'duplicate'
  | 'small'
  | 'not-copied'
  | 'headers'
  | 'attributes'
  | 'acl'
  | 'acl-unknown'
  | 'attributes-unknown'
  | 'not-copyable'
  | 'absent'
  | 'excluded'
  | 'damaged'
  | 'grace'
  | 'removed'
  | 'own';

/** What must still be true of a key when it is written; what the listing showed. */
export type Condition = { readonly ifNoneMatch: '*' } | { readonly ifMatch: ETag };

interface StepBase {
  readonly key: ObjectKey;
  readonly reason: Reason;
  /** Index into `Plan.ranks`. */
  readonly rank: number;
  /** Size of the content, or of the deleted object, in bytes. */
  readonly bytes: number;
}

interface SendFields extends StepBase {
  readonly file: LocalFile;
  /** `undefined` when the size alone made the content new: it is hashed as it is sent. */
  readonly md5: Md5 | undefined;
  readonly condition: Condition;
  /** Sent in a stage phase, into an upload or a file that nobody sees; completed in its place. */
  readonly staged: boolean;
}

export interface UploadStep extends SendFields {
  readonly action: 'upload';
}

/** An object that becomes a file. */
export interface DownloadStep extends SendFields {
  readonly action: 'download';
}

interface CopyFields extends StepBase {
  readonly file: LocalFile;
  /** `undefined`: an object of which S3 says no more than its ETag. */
  readonly md5: Md5 | undefined;
  readonly source: CopySource;
  readonly condition: Condition;
  /** Read in a stage phase, by a part copy into an upload that nobody sees; completed in its place. */
  readonly staged: boolean;
}

export interface CopyStep extends CopyFields {
  readonly action: 'copy';
}

/** A further name of a file on this disk. */
export interface LinkStep extends CopyFields {
  readonly action: 'link';
}

/**
 * A listed object that this plan does not write before it is read, or a key that this run wrote: the first name that
 * it gave the content, or a name whose headers it renewed.
 */
export type CopySource =
  | {
      readonly kind: 'object';
      readonly key: ObjectKey;
      readonly etag: ETag;
      readonly size: number;
      /** Where a `copy-from` line found it; absent: in the destination's own bucket. */
      readonly bucket?: SourceBucket;
    }
  | { readonly kind: 'published'; readonly key: ObjectKey }
  /** What the first destination has under this key once its own run has written it. */
  | { readonly kind: 'first'; readonly key: ObjectKey; readonly bucket?: SourceBucket };

/** A copy of an object onto itself with the headers that it should have. */
export interface RefreshStep extends StepBase {
  readonly action: 'refresh';
  readonly file: LocalFile;
  readonly md5: Md5;
  /** As listed. */
  readonly etag: ETag;
  /** The class that it keeps; absent: the one that `storage-class` asks for. */
  readonly storageClass?: string;
  /** What others keep of the file in its metadata, and it keeps; absent: nothing that is known. */
  readonly attributes?: Attributes;
  readonly condition: Condition;
}

/** A key that is left as it is although something was to be done about it. */
export interface KeepStep extends StepBase {
  readonly action: 'keep';
  /** As listed. */
  readonly etag: ETag;
}

export interface DeleteStep extends StepBase {
  readonly action: 'delete';
  readonly etag: ETag;
}

/** Steps that put something under a key. */
export type WriteStep = UploadStep | DownloadStep | CopyStep | LinkStep | RefreshStep;

export type Step = WriteStep | KeepStep | DeleteStep;

/** Steps whose bytes can be put into an upload before they become visible. */
export type StagedStep = UploadStep | DownloadStep | CopyStep | LinkStep;

/**
 * Steps that may run in any order and at the same time. What a stage phase does stays invisible. `required`: nothing
 * is published unless all of it succeeded; else what could not be staged is sent in its place.
 */
export type Phase =
  | { readonly kind: 'stage'; readonly required: boolean; readonly steps: readonly StagedStep[] }
  | { readonly kind: 'publish'; readonly steps: readonly Step[] };

/** A place in the publish order; a rank starts when the one before it is done. */
export interface Rank {
  readonly name: string;
  readonly phases: readonly Phase[];
}

export interface Count {
  readonly files: number;
  readonly bytes: number;
}

export interface Plan {
  readonly ranks: readonly Rank[];
  /** Keys whose object has the file's bytes. */
  readonly unchanged: Count;
  /** Keys that the tree does not have and that stay: excluded, or no `delete-after`. */
  readonly kept: Count;
}

/** All steps in the order in which they are published. */
export function* stepsOf(plan: Plan): Generator<Step> {
  for (const rank of plan.ranks) {
    for (const phase of rank.phases) if (phase.kind === 'publish') yield* phase.steps;
  }
}

export function isWrite(step: Step): step is WriteStep {
  return step.action !== 'keep' && step.action !== 'delete';
}

/** Why a key of the tree is kept: it has the file's bytes. */
const OLD_HEADERS: ReadonlySet<Reason> = new Set([
  'acl',
  'acl-unknown',
  'attributes-unknown',
  'not-copyable',
]);

/** What a step counts as: a file that keeps its old headers is an unchanged one. */
export function totalOf({ action, reason }: Pick<Step, 'action' | 'reason'>): Action | 'unchanged' {
  return action === 'keep' && OLD_HEADERS.has(reason) ? 'unchanged' : action;
}

/** Whether a plan does anything but keep. */
export function changesAnything(plan: Plan): boolean {
  for (const { action } of stepsOf(plan)) if (action !== 'keep') return true;
  return false;
}

/** Keys of what is deleted, now or when `delete-grace` is over. */
export function* leavingKeys(plan: Plan): Generator<ObjectKey> {
  for (const step of stepsOf(plan))
    if (step.action === 'delete' || (step.action === 'keep' && step.reason === 'grace')) yield step.key;
}
