import { classifyETag, EMPTY_MD5, type ETag, type Md5 } from '../model/digest.js';
import { columnsOf } from '../model/file-columns.js';
import type { Attributes } from '../model/headers.js';
import { Listing } from '../model/listing.js';
import { Md5Table } from '../model/md5-table.js';
import { compareKeys, type ObjectKey, type Prefix } from '../model/object-key.js';
import type { ReadonlyObjectMap } from '../model/object-map.js';
import {
  ARCHIVED_CLASSES,
  type Files,
  type ListedObject,
  type ListedObjects,
  type LocalFile,
  type SourceBucket,
} from '../model/objects.js';
import { MAX_COPY_SIZE } from '../model/part-sizes.js';
import type {
  Condition,
  CopySource,
  CopyStep,
  Count,
  DownloadStep,
  KeepStep,
  LinkStep,
  Phase,
  Plan,
  Rank,
  Reason,
  RefreshStep,
  StagedStep,
  Step,
  UploadStep,
} from '../model/plan.js';
import { type Proven, UNPROVEN, uncontradicted } from '../model/proven.js';
import type { PublishOrder } from './ranks.js';
import { orderReads } from './read-order.js';

/** What is known of a file's content before the plan is made. */
export interface KnownContent {
  /** `undefined`: an object that is known by its multipart ETag alone. */
  readonly md5: Md5 | undefined;
  /** Multipart ETags of the same bytes, under the layouts that objects of this size may have. */
  readonly etags: readonly ETag[];
}

/** What stands for a content beside its size: its MD5; or, where nobody knows that, a multipart ETag. */
export type Identity = Md5 | ETag;

function identityOf(content: KnownContent | undefined): Identity | undefined {
  return content?.md5 ?? content?.etags[0];
}

/**
 * Whether an object has the headers that it should have, as far as the index remembers. `class`: the storage class
 * that it was written with is another one than is asked for now; else a refresh keeps the class that it has.
 */
export type HeaderState = 'same' | 'changed' | 'class';

/**
 * How a delete stands: it `begins` to wait, `waits` since an earlier run or has `expired`, judged when it began; `due`: it
 * waits for nothing, and is judged now.
 */
export type GraceState = 'due' | 'begins' | 'waits' | 'expired';

export interface PlanPolicy {
  readonly order: PublishOrder;
  /** What bytes that are not there yet become, and what those that are. */
  readonly send: 'upload' | 'download';
  readonly again: 'copy' | 'link';
  /** Everything is staged before anything changes. */
  readonly delay: boolean;
  /** Whether the destination can stage, as far as is known. */
  readonly canStage: boolean;
  /** Bytes; content below it is sent, not copied. */
  readonly copyMinSize: number;
  readonly deleteAfter: boolean;
  readonly deleteExcluded: boolean;
  /** Keys that are never deleted. Takes the path below the prefix. */
  readonly retained: (name: string) => boolean;
  /** @param isDeploy whether this plan changes something else at the destination */
  readonly grace: (object: ListedObject, isDeploy: boolean) => GraceState;
  /** Takes the path below the prefix. */
  readonly excluded: (name: string) => boolean;
  readonly skipped: (name: string) => boolean;
  /** Whether the tree has a directory of this name (no closing slash): its marker object stays (D10). */
  readonly hasDirectory: (name: string) => boolean;
}

/** Everything that a plan depends on. No client, no clock, no file system. */
export interface PlanInput {
  readonly prefix: Prefix;
  /** Sorted by `compareKeys` of their names, which are unique. */
  readonly files: Files;
  readonly listing: ListedObjects;
  /** What `copy-from` found: never written, so always safe to read. */
  readonly further: readonly ListedObject[];
  /** By name. A file without an entry has a size that no object and no other file has. */
  readonly contents: ReadonlyMap<string, KnownContent>;
  /** Of `files`, by `contents` and `listing`. */
  readonly proven?: Proven;
  /** Digests of objects whose ETag proves none, from metadata or an index that may be believed. */
  readonly vouched: ReadonlyObjectMap<Identity>;
  /** Objects of which nothing says what they hold: a plain ETag of theirs is no MD5, or may be none. */
  readonly undecided?: ReadonlyObjectMap<true>;
  /** By name: the object that a file of another bucket is, where it can be copied. It is never written. */
  readonly own?: ReadonlyMap<string, ListedObject>;
  /** Where the first destination has the whole tree, or will have it: what is not there otherwise is copied from it. */
  readonly filled?: {
    readonly keyOf: (name: string) => ObjectKey;
    readonly bucket: SourceBucket | undefined;
  };
  /** What is remembered of the objects' headers; no entry: unknown, and left alone. */
  readonly headers: ReadonlyMap<ObjectKey, HeaderState>;
  /** What the metadata of objects that are renewed is to keep, as far as it is known. */
  readonly attributes?: ReadonlyMap<ObjectKey, Attributes>;
  /** Keys of which nobody may know what their metadata is to keep. */
  readonly attributesUnknown?: ReadonlySet<ObjectKey>;
  /** Whether a file's object is written into an archived class, from which nothing is copied; absent: none is. */
  readonly archives?: (file: LocalFile) => boolean;
  /** Keys whose ACL a copy onto themselves would drop. */
  readonly aclBound: ReadonlySet<ObjectKey>;
  /** Keys of which nobody may know whether it would. */
  readonly aclUnknown?: ReadonlySet<ObjectKey>;
  /** Keys to which a copy onto themselves would leave headers that they are to lose: they are sent; absent: none. */
  readonly resent?: ReadonlySet<ObjectKey>;
  readonly policy: PlanPolicy;
}

const ABSENT: Condition = { ifNoneMatch: '*' };

/** Losses that a refusal names. */
export const LOSSES_NAMED = 3;

/** A plan, and what the guards and the index ask about it. */
export interface Planned {
  readonly plan: Plan;
  /** Keys whose object has the file's bytes, with the digest where it is known. */
  readonly unchanged: ReadonlyMap<ObjectKey, Md5 | undefined>;
  /** Unchanged keys whose headers nobody remembers. */
  readonly headersUnknown: Count;
  readonly unknownHeaders: Iterable<LocalFile>;
  /** Listed keys that are neither excluded nor skipped: the base of `max-delete: N%`. */
  readonly listedUnexcluded: number;
  readonly deletions: number;
  /** Deletions that `delete-grace` puts off. */
  readonly waiting: readonly KeepStep[];
  /** Deletions whose content does not stay under another key. */
  readonly losses: number;
  /** The first few of them. */
  readonly firstLosses: readonly ObjectKey[];
  /** Whether the destination and the tree have a key or a content in common. */
  readonly related: boolean;
}

interface Wanted {
  readonly file: LocalFile;
  readonly key: ObjectKey;
  readonly rank: number;
}

/** Where the content of a key comes from; `from` is absent where it is sent. */
interface Decided extends Wanted {
  readonly from?:
    | { readonly reason: 'exists' | 'moved'; readonly object: ListedObject }
    | { readonly reason: 'exists' | 'duplicate'; readonly key: ObjectKey }
    | { readonly reason: 'exists'; readonly first: NonNullable<PlanInput['filled']>; readonly name: string };
  readonly small?: true;
}

/** An object whose headers are to change, and nothing else. */
interface Renewed extends Wanted {
  readonly object: ListedObject;
  readonly md5: Md5;
}

/** The tree beside what lies there. */
interface Compared {
  readonly unchanged: Md5Table<ObjectKey>;
  /** Whose bytes are to come to their keys. */
  readonly wanted: Wanted[];
  readonly renewed: readonly Renewed[];
  /** Files of which nothing changes. */
  readonly same: Count;
  readonly headersUnknown: Count;
  /** A file and an object have a key in common. */
  readonly related: boolean;
}

/** What lies there beside the tree. */
interface Present {
  /** By content: an object that this plan does not write. */
  readonly sources: ReadonlyMap<string, ListedObject>;
  /** By content: one that this plan writes. */
  readonly moving: ReadonlyMap<string, ListedObject>;
  readonly deletions: ListedObject[];
  readonly kept: Count;
  readonly listedUnexcluded: number;
}

type ContentOf = (object: ListedObject) => Identity | undefined;

/**
 * Decides what becomes of every key.
 *
 * A content that lies under the destination is copied: best from an object that this plan leaves alone or deletes
 * at the very end; else from one that it overwrites, and then the read is ordered before the write. Content that
 * lies nowhere is sent once, under its name of the lowest rank, and its other names are copied from that.
 */
export function makePlan(input: PlanInput): Planned {
  const { order, delay } = input.policy;
  const contentOf = objectContents(input);
  const compared = compare(input, contentOf);
  const present = lookThrough(input, compared, contentOf);
  const ranks = new RankBuilder(order.names, delay);
  const refreshed = addRefreshes(ranks, input, compared.renewed);
  const decided = decide(input, compared.wanted, present, refreshed);
  addWrites(ranks, input, decided, refreshed, contentOf);
  const isWritten = decided.length + refreshed.size > 0;
  const deletes = addDeletes(ranks, input, isWritten, present.deletions, contentOf);
  const { unchanged, same, headersUnknown } = compared;
  return {
    plan: { ranks: ranks.build(), unchanged: same, kept: present.kept },
    unchanged,
    headersUnknown,
    unknownHeaders: { [Symbol.iterator]: () => withUnknownHeaders(input, unchanged) },
    listedUnexcluded: present.listedUnexcluded,
    deletions: present.deletions.length,
    waiting: deletes.waiting,
    losses: deletes.losses,
    firstLosses: deletes.firstLosses,
    related: compared.related || deletes.related,
  };
}

function compare(input: PlanInput, contentOf: ContentOf): Compared {
  const { prefix, files, listing, contents, headers, policy } = input;
  const { rankOf } = policy.order;
  const placeOf = ({ name, page = name }: LocalFile, isNew: boolean): number =>
    Math.max(rankOf(name, isNew), page === name ? 0 : rankOf(page, isNew));
  const columns = columnsOf(files);
  const keyAt = (place: number): ObjectKey => (prefix + columns.nameAt(place)) as ObjectKey;
  const unchanged = new Md5Table<ObjectKey>(listing.names);
  const wanted: Wanted[] = [];
  const renewed: Renewed[] = [];
  const same = new Counter();
  const headersUnknown = new Counter();
  let related = false;

  const proven = uncontradicted(input.proven, input.vouched);
  for (let place = 0; place < columns.length; place++) {
    const row = proven.rowOf(place);
    if (row !== UNPROVEN) {
      related = true;
      const size = columns.sizeAt(place);
      const state = headers.size === 0 ? undefined : headers.get(keyAt(place));
      if (state === undefined) headersUnknown.add(size);
      if (state === undefined || state === 'same') {
        unchanged.adopt(row, proven.md5s, columns.rowAt(place));
        same.add(size);
        continue;
      }
    }
    const file = columns.at(place);
    const key = keyAt(place);
    const object = listing.get(key);
    if (object !== undefined) related = true;
    const content = contents.get(file.name);
    const md5 = file.size === 0 ? EMPTY_MD5 : content?.md5;
    if (
      object !== undefined &&
      object.size === file.size &&
      (file.size === 0 || sameContent(identityOf(content), contentOf(object)))
    ) {
      unchanged.set(key, md5);
      const state = headers.get(key);
      if (state === undefined) headersUnknown.add(file.size);
      if (state === undefined || state === 'same') same.add(file.size);
      else if (md5 === undefined) wanted.push({ file, key, rank: placeOf(file, false) });
      else renewed.push({ file, key, rank: placeOf(file, false), object, md5 });
    } else {
      wanted.push({ file, key, rank: placeOf(file, object === undefined) });
    }
  }

  return { unchanged, wanted, renewed, same: same.count(), headersUnknown: headersUnknown.count(), related };
}

function lookThrough(
  input: PlanInput,
  { unchanged, wanted, renewed }: Compared,
  contentOf: ContentOf,
): Present {
  const { prefix, listing, contents, headers, policy } = input;
  const kept = new Counter();
  // A refresh keeps the class that an object has unless the class is what changed.
  const archived = new Set(
    renewed.flatMap(({ file, key }) =>
      headers.get(key) === 'class' && input.archives?.(file) === true ? [key] : [],
    ),
  );
  const wantedRanks = new Map(wanted.map(({ key, rank }) => [key, rank]));
  const isInTree = (key: ObjectKey): boolean => unchanged.has(key) || wantedRanks.has(key);
  // Nobody looks for any other content.
  const wantedContents = new Set(wanted.map(({ file }) => contentIdOf(file, contents)));
  const wantedSizes = new Set(wanted.map(({ file }) => file.size));
  const sources = new Map<string, ListedObject>();
  const moving = new Map<string, ListedObject>();
  const deletions: ListedObject[] = [];
  let listedUnexcluded = listing.size;
  const isSettled = (row: number, size: number): boolean => unchanged.hasRow(row) && !wantedSizes.has(size);
  for (const object of listing instanceof Listing ? listing.except(isSettled) : listing.values()) {
    const inTree = isInTree(object.key);
    const name = object.key.slice(prefix.length);
    // What the tree has counts, whatever its name says.
    const isProtected =
      !inTree && (policy.skipped(name) || (policy.excluded(name) && !policy.deleteExcluded));
    if (isProtected) listedUnexcluded--;
    if (!inTree) {
      const stays = isProtected || policy.retained(name) || isDirectoryMarker(name, object, policy);
      if (policy.deleteAfter && !stays) deletions.push(object);
      else kept.add(object.size);
    }
    if (!wantedSizes.has(object.size)) continue;
    const md5 = contentOf(object);
    if (md5 === undefined || !copyable(object) || archived.has(object.key)) continue;
    const id = contentId(object.size, md5);
    if (!wantedContents.has(id)) continue;
    if (inTree && !unchanged.has(object.key)) {
      const known = moving.get(id);
      if (known === undefined || later(object, known, wantedRanks)) moving.set(id, object);
    } else {
      const known = sources.get(id);
      if (known === undefined || better(object, known, isInTree)) sources.set(id, object);
    }
  }

  for (const object of input.further) {
    if (!wantedSizes.has(object.size)) continue;
    const md5 = contentOf(object);
    if (md5 === undefined || !copyable(object)) continue;
    const id = contentId(object.size, md5);
    if (wantedContents.has(id) && !sources.has(id)) sources.set(id, object);
  }
  return { sources, moving, deletions, kept: kept.count(), listedUnexcluded };
}

/** Rank of each key that is copied onto itself, or sent in place of that: it may have another ETag after that. */
function addRefreshes(
  ranks: RankBuilder,
  input: PlanInput,
  renewed: readonly Renewed[],
): ReadonlyMap<ObjectKey, number> {
  const { headers, policy } = input;
  const refreshed = new Map<ObjectKey, number>();
  for (const { file, key, rank, object, md5 } of renewed) {
    const base = { key, rank, bytes: file.size } as const;
    const kept = policy.send === 'upload' ? whyNotRefreshed(object, input) : undefined;
    if (kept !== undefined) {
      ranks.add(rank, 0, { action: 'keep', reason: kept, etag: object.etag, ...base } satisfies KeepStep);
      continue;
    }
    refreshed.set(key, rank);
    if (input.resent?.has(key) === true) {
      const condition = { ifMatch: object.etag };
      const staged = policy.delay;
      const step: UploadStep = { action: 'upload', reason: 'headers', file, md5, condition, staged, ...base };
      if (staged) ranks.stage(0, step);
      ranks.add(rank, 0, step);
      continue;
    }
    const attributes = input.attributes?.get(key);
    const step: RefreshStep = {
      action: 'refresh',
      reason: policy.send === 'upload' ? 'headers' : 'attributes',
      file,
      md5,
      etag: object.etag,
      condition: { ifMatch: object.etag },
      ...base,
      ...(headers.get(key) === 'class' ? {} : { storageClass: object.storageClass }),
      ...(attributes === undefined ? {} : { attributes }),
    };
    ranks.add(rank, 0, step);
  }
  return refreshed;
}

/** Where the content of each key comes from, in the order in which they are published. */
function decide(
  input: PlanInput,
  wanted: Wanted[],
  { sources, moving }: Present,
  refreshed: ReadonlyMap<ObjectKey, number>,
): readonly Decided[] {
  const { contents, policy } = input;
  // Spread last, here and below: each member behind a spread takes Node 20 a microsecond, and an object of that kind much memory.
  const first = new Map<string, ObjectKey>();
  const decided: Decided[] = [];
  const last = (want: Wanted): number => Number(isArchived(want.file));
  // What cannot be read is made from a twin that can, where that is there by then.
  for (const want of wanted.sort(
    (a, b) => a.rank - b.rank || last(a) - last(b) || compareKeys(a.key, b.key),
  )) {
    const { file, key } = want;
    const id = file.size === 0 ? undefined : contentIdOf(file, contents);
    const leader = id === undefined ? undefined : first.get(id);
    const isUnread = leader !== undefined && isArchived(file);
    const own = file.size === 0 || isUnread ? undefined : input.own?.get(file.name);
    const safe = id === undefined ? undefined : sources.get(id);
    const moved = id === undefined ? undefined : moving.get(id);
    const filled = file.size === 0 ? undefined : input.filled;
    if (file.size < policy.copyMinSize && (own ?? safe ?? leader ?? moved ?? filled) !== undefined) {
      decided.push({ small: true, ...want });
    } else if (own !== undefined) {
      // It is the one whose headers are wanted too.
      decided.push({ from: { reason: 'exists', object: own }, ...want });
      if (id !== undefined && input.archives?.(file) !== true && !first.has(id)) first.set(id, key);
    } else if (safe !== undefined) {
      const renewedAt = safe.bucket === undefined ? refreshed.get(safe.key) : undefined;
      // What is staged is read before anything is renewed.
      const follows = renewedAt !== undefined && renewedAt <= want.rank && !policy.delay;
      decided.push({
        from: { reason: 'exists', ...(follows ? { key: safe.key } : { object: safe }) },
        ...want,
      });
    } else if (leader !== undefined) decided.push({ from: { reason: 'duplicate', key: leader }, ...want });
    else {
      if (id !== undefined && input.archives?.(file) !== true) first.set(id, key);
      if (moved !== undefined) decided.push({ from: { reason: 'moved', object: moved }, ...want });
      else if (filled === undefined) decided.push(want);
      else decided.push({ from: { reason: 'exists', first: filled, name: file.name }, ...want });
    }
  }
  return decided;
}

function addWrites(
  ranks: RankBuilder,
  input: PlanInput,
  decided: readonly Decided[],
  refreshed: ReadonlyMap<ObjectKey, number>,
  contentOf: ContentOf,
): void {
  const { listing, contents, policy } = input;
  const order = orderReads(
    decided.map(({ key, rank, file, from }) => ({
      key,
      rank,
      size: file.size,
      // Staged reads all come before the first write.
      reads: from?.reason === 'moved' && !policy.delay ? from.object.key : undefined,
      follows: from !== undefined && 'key' in from ? from.key : undefined,
    })),
    refreshed,
    policy.canStage,
  );
  for (const { key, rank, file, from, small } of decided) {
    const object = listing.get(key);
    const condition: Condition = object === undefined ? ABSENT : { ifMatch: object.etag };
    const content = contents.get(file.name);
    const phase = order.phases.get(key) ?? 0;
    // Spelled out, as what is spread lies in an object of its own; there may be a million.
    if (from !== undefined) {
      const source = copySource(from);
      const stagedAt = policy.delay && source.kind !== 'published' ? 0 : order.staged.get(key);
      const step: CopyStep | LinkStep = {
        action: policy.again,
        key,
        reason: from.reason,
        rank,
        bytes: file.size,
        file,
        md5: content?.md5,
        source,
        condition,
        staged: stagedAt !== undefined,
      };
      if (stagedAt !== undefined) ranks.stage(stagedAt, step);
      ranks.add(rank, phase, step);
    } else {
      const reason =
        file.size === 0 ? 'empty' : small ? 'small' : uploadReason(object, file, content, contentOf);
      const md5 = file.size === 0 ? EMPTY_MD5 : content?.md5;
      const step: UploadStep | DownloadStep = {
        action: policy.send,
        key,
        reason,
        rank,
        bytes: file.size,
        file,
        md5,
        condition,
        staged: policy.delay,
      };
      if (policy.delay) ranks.stage(0, step);
      ranks.add(rank, phase, step);
    }
  }
}

/**
 * What goes at the end, and what of it waits. `related`: some of their contents are in the tree.
 *
 * @param isWritten whether anything is: an object that keeps its old headers is not
 */
function addDeletes(
  ranks: RankBuilder,
  input: PlanInput,
  isWritten: boolean,
  deletions: ListedObject[],
  contentOf: ContentOf,
): Pick<Planned, 'waiting' | 'losses' | 'firstLosses' | 'related'> {
  const { prefix, files, contents, policy } = input;
  const { deleteRank } = policy.order;
  const treeContents = new Set<string | undefined>();
  if (deletions.length > 0) for (const file of files) treeContents.add(contentIdOf(file, contents));
  let losses = 0;
  let related = false;
  const firstLosses: ObjectKey[] = [];
  const waiting: KeepStep[] = [];
  const isDeploy = isWritten || deletions.some((object) => policy.grace(object, false) === 'begins');
  for (const object of deletions.sort((a, b) => compareKeys(a.key, b.key))) {
    // Else what is excluded is protected.
    const excluded = policy.deleteExcluded && policy.excluded(object.key.slice(prefix.length));
    const md5 = contentOf(object);
    const stays = object.size > 0 && md5 !== undefined && treeContents.has(contentId(object.size, md5));
    if (stays) related = true;
    const grace = policy.grace(object, isDeploy);
    // What begins to wait is judged now: when it has expired, nobody looks any more.
    if (!stays && (grace === 'due' || grace === 'begins')) {
      losses++;
      if (firstLosses.length < LOSSES_NAMED) firstLosses.push(object.key);
    }
    if (grace === 'waits' || grace === 'begins') {
      const { key, size: bytes, etag } = object;
      const step: KeepStep = { key, action: 'keep', reason: 'grace', rank: 0, bytes, etag };
      waiting.push(step);
      continue;
    }
    ranks.add(deleteRank, 0, {
      key: object.key,
      action: 'delete',
      reason: excluded ? 'excluded' : 'absent',
      rank: deleteRank,
      bytes: object.size,
      etag: object.etag,
    });
  }

  for (const step of waiting) ranks.add(0, 0, step);
  return { waiting, losses, firstLosses, related };
}

function* withUnknownHeaders(
  { files, prefix, headers }: PlanInput,
  unchanged: ReadonlyMap<ObjectKey, unknown>,
): Generator<LocalFile> {
  const columns = columnsOf(files);
  for (let place = 0; place < columns.length; place++) {
    const key = (prefix + columns.nameAt(place)) as ObjectKey;
    if (unchanged.has(key) && headers.get(key) === undefined) yield columns.at(place);
  }
}

/** Content identity: size and MD5, or what stands for it. */
function contentId(size: number, identity: Identity): string {
  return `${identity}/${size}`;
}

function contentIdOf({ name, size }: LocalFile, contents: PlanInput['contents']): string | undefined {
  const identity = identityOf(contents.get(name));
  return identity === undefined ? undefined : contentId(size, identity);
}

/**
 * The digest of an object's bytes as far as something proves it: what metadata or a believed index vouches for, an ETag that is
 * an MD5, or one of parts that a file's bytes make too.
 */
function objectContents(input: PlanInput): ContentOf {
  const composites = new Map<string, Identity>();
  const columns = columnsOf(input.files);
  for (let place = 0; place < columns.length; place++) {
    // By its MD5, and nothing else is known.
    if ((input.proven?.rowOf(place) ?? UNPROVEN) !== UNPROVEN) continue;
    const content = input.contents.get(columns.nameAt(place));
    const identity = identityOf(content);
    if (content === undefined || identity === undefined) continue;
    for (const etag of content.etags) composites.set(`${etag}/${columns.sizeAt(place)}`, identity);
  }
  return (object) => {
    if (object.size === 0) return EMPTY_MD5;
    const vouched = input.vouched.get(object);
    if (vouched !== undefined) return vouched;
    const etag = classifyETag(object.etag);
    switch (etag.kind) {
      case 'md5':
        return input.undecided?.has(object) === true ? undefined : etag.md5;
      case 'multipart':
        return composites.get(`${object.etag}/${object.size}`);
      case 'opaque':
        return undefined;
    }
  };
}

function sameContent(a: Identity | undefined, b: Identity | undefined): boolean {
  return a !== undefined && a === b;
}

function copyable(object: ListedObject): boolean {
  return object.size > 0 && !ARCHIVED_CLASSES.has(object.storageClass);
}

/** Whether a file is an object of another place that must be restored before it is read. */
function isArchived({ object }: LocalFile): boolean {
  return object !== undefined && ARCHIVED_CLASSES.has(object.storageClass ?? '');
}

function whyNotRefreshed(
  { key, size, storageClass }: ListedObject,
  {
    aclBound,
    aclUnknown,
    attributesUnknown,
  }: Pick<PlanInput, 'aclBound' | 'aclUnknown' | 'attributesUnknown'>,
): Reason | undefined {
  if (ARCHIVED_CLASSES.has(storageClass) || size > MAX_COPY_SIZE) return 'not-copyable';
  if (aclBound.has(key)) return 'acl';
  if (aclUnknown?.has(key) === true) return 'acl-unknown';
  return attributesUnknown?.has(key) === true ? 'attributes-unknown' : undefined;
}

/** A source that stays is better than one that goes at the end; then the smaller key, so that plans repeat. */
function better(
  candidate: ListedObject,
  known: ListedObject,
  isInTree: (key: ObjectKey) => boolean,
): boolean {
  const stays = isInTree(candidate.key);
  if (stays !== isInTree(known.key)) return stays;
  return compareKeys(candidate.key, known.key) < 0;
}

function isDirectoryMarker(name: string, object: ListedObject, policy: PlanPolicy): boolean {
  if (object.size !== 0) return false;
  return name === '' || (name.endsWith('/') && policy.hasDirectory(name.slice(0, -1)));
}

function uploadReason(
  object: ListedObject | undefined,
  file: LocalFile,
  content: KnownContent | undefined,
  contentOf: ContentOf,
): 'new' | 'changed' | 'content-unknown' {
  if (object === undefined) return 'new';
  if (object.size !== file.size) return 'changed';
  // An ETag of parts that stands for a content says of no other one that it is not the same.
  return content?.md5 !== undefined && isMd5(contentOf(object)) ? 'changed' : 'content-unknown';
}

function isMd5(identity: Identity | undefined): boolean {
  return identity !== undefined && classifyETag(identity as string as ETag).kind === 'md5';
}

/** A source that is overwritten late needs staging less often; then the smaller key. */
function later(candidate: ListedObject, known: ListedObject, ranks: ReadonlyMap<ObjectKey, number>): boolean {
  const difference = ranks.get(candidate.key)! - ranks.get(known.key)!;
  return difference === 0 ? compareKeys(candidate.key, known.key) < 0 : difference > 0;
}

function copySource(from: NonNullable<Decided['from']>): CopySource {
  if ('key' in from) return { kind: 'published', key: from.key };
  if ('first' in from) {
    const { first, name } = from;
    return {
      kind: 'first',
      key: first.keyOf(name),
      ...(first.bucket === undefined ? {} : { bucket: first.bucket }),
    };
  }
  const { key, etag, size, bucket } = from.object;
  return { kind: 'object', key, etag, size, ...(bucket === undefined ? {} : { bucket }) };
}

class Counter {
  #files = 0;
  #bytes = 0;

  add(bytes: number): void {
    this.#files++;
    this.#bytes += bytes;
  }

  count(): Count {
    return { files: this.#files, bytes: this.#bytes };
  }
}

class RankBuilder {
  readonly #ranks: readonly { name: string; staged: StagedStep[]; phases: Step[][] }[];
  readonly #required: boolean;

  constructor(names: readonly string[], stagingRequired: boolean) {
    this.#ranks = names.map((name) => ({ name, staged: [], phases: [] }));
    this.#required = stagingRequired;
  }

  stage(rank: number, step: StagedStep): void {
    this.#ranks[rank]!.staged.push(step);
  }

  add(rank: number, phase: number, step: Step): void {
    const { phases } = this.#ranks[rank]!;
    while (phases.length <= phase) phases.push([]);
    phases[phase]?.push(step);
  }

  build(): readonly Rank[] {
    const required = this.#required;
    return this.#ranks.map(({ name, staged, phases }) => {
      const stage: Phase[] = staged.length === 0 ? [] : [{ kind: 'stage', required, steps: staged }];
      const publish = phases.filter((steps) => steps.length > 0);
      return { name, phases: [...stage, ...publish.map((steps): Phase => ({ kind: 'publish', steps }))] };
    });
  }
}
