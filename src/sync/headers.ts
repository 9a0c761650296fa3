import { type Concurrency, forEachConcurrent } from '../model/concurrency.js';
import { classifyETag } from '../model/digest.js';
import type { DigestIndex, ObjectEntry } from '../model/digest-index.js';
import type { Emit } from '../model/events.js';
import { ACL } from '../model/header-rules.js';
import {
  classOf,
  formatSource,
  type HeaderDecider,
  type HeaderMemory,
  type HeaderSet,
  headerDigest,
  isFurtherName,
  isPreserved,
  parseHeaderState,
} from '../model/headers.js';
import { CANNED_ACLS } from '../model/inputs.js';
import { Listing } from '../model/listing.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import type { Files, ListedObject, LocalFile } from '../model/objects.js';
import { type Plan, type RefreshStep, stepsOf } from '../model/plan.js';
import { type ObjectStore, type ReadableStore, StoreError } from '../store/object-store.js';
import { explain } from './explain.js';
import { HeaderStates } from './header-states.js';

/**
 * An object that is dated this much later than our write was answered is another writer's: of S3's clock we know whole
 * seconds, and its machines may be a little apart. Milliseconds.
 */
export const DATED_MS = 2_000;

/** S3 takes no request that was signed longer ago, by however much clocks are apart. Milliseconds. */
const REQUEST_MS = 15 * 60_000;

/**
 * Whether an object of the same bytes was written again since the index last saw it, maybe with other headers. Where
 * no listing showed our own write yet, its time decides: one that is much older is a version before it, which is current
 * again, but of an object in parts, which is dated by its creation call. Lifecycle transitions leave Last-Modified alone.
 */
export function isRewritten(entry: ObjectEntry, { lastModified }: ListedObject): boolean {
  const { modified, written, parts, etag } = entry;
  if (lastModified === 0) return false;
  if (modified !== undefined) return lastModified !== modified;
  if (written === undefined) return false;
  const isOfParts = parts !== undefined || classifyETag(etag).kind === 'multipart';
  return lastModified > written + DATED_MS || (!isOfParts && lastModified < written - REQUEST_MS);
}

/** Whether an object may be one that a run wrote which began at `writing` and never said what it wrote. */
export function mayBeOf(writing: number | undefined, { lastModified }: ListedObject): boolean {
  if (writing === undefined) return false;
  return lastModified === 0 || lastModified >= writing - REQUEST_MS;
}

/**
 * Whether an object is not in the class that it is to have, and no lifecycle rule moved it: none moves anything back to the
 * standard one.
 */
export function lacksClass(
  headers: HeaderSet,
  { storageClass }: Pick<ListedObject, 'storageClass'>,
  { storageClasses }: Pick<ObjectStore, 'storageClasses'>,
): boolean {
  return storageClasses && classOf(headers) !== undefined && storageClass === 'STANDARD';
}

export interface HeaderStatesOptions {
  readonly store: Pick<ObjectStore, 'storageClasses'>;
  /** Whether objects that may lack mode or time of their files are not taken for known. */
  readonly asksAttributes: boolean;
}

/**
 * What the index remembers of the headers of the files' objects, against what they should be now (C13). Objects
 * that others wrote, or that were written since, have no entry; nor have those that a run which was killed, or one
 * beside another, may have given other headers. But where the rules have changed, all of them are renewed like the
 * rest. Of what a run from another bucket decided, a publish of files asks S3, as its rules are all that an object is to
 * have; the other way round nothing is known.
 */
export function headerStates(
  files: Files,
  prefix: Prefix,
  listing: ReadonlyMap<ObjectKey, ListedObject>,
  index: DigestIndex | undefined,
  policy: HeaderDecider,
  { store, asksAttributes }: HeaderStatesOptions,
): HeaderStates {
  const states = new HeaderStates(listing instanceof Listing ? listing.names : undefined);
  if (index === undefined) return states;
  const hadAcl = aclFinder();
  for (const file of files) {
    const key = (prefix + file.name) as ObjectKey;
    const object = listing.get(key);
    const entry = index.objects.get(key);
    if (object === undefined || entry?.headers === undefined) continue;
    if (entry.etag !== object.etag || entry.size !== object.size) continue;
    const headers = policy.headersOf(file);
    const known = parseHeaderState(entry.headers);
    const isSameDigest = known.digest === headerDigest(headers);
    // What one kind of run decided says nothing of what the other one is to leave there.
    if (known.isBrought && file.object === undefined) {
      states.asked.add(key);
      continue;
    }
    if (!known.isBrought && file.object !== undefined && !isSameDigest) continue;
    const isOtherClass = lacksClass(headers, object, store);
    const isAclLeft = !isSameDigest && hadAcl(known.digest, headers);
    if ((isSameDigest || isAclLeft) && isStatedBy(file, known, entry)) {
      const mayLack = asksAttributes && known.attributed !== 'all' && isPreserved(file);
      const isUnknown = mayLack || isOtherClass || isRewritten(entry, object) || index.renewing.has(key);
      if (isUnknown) continue;
      states.set(key, 'same');
      if (isAclLeft) states.aclsLeft.add(key);
    } else states.set(key, isOtherClass || classOf(headers) !== entry.class ? 'class' : 'changed');
  }
  return states;
}

/**
 * Whether metadata says what it is to say of what the object holds, as far as lines tell: that of a further name may be an
 * older version's, and one from another bucket brings its own along.
 */
function isStatedBy(file: LocalFile, known: HeaderMemory, { source }: ObjectEntry): boolean {
  if (file.object !== undefined) return true;
  const wanted = file.encoded === undefined ? undefined : formatSource(file.encoded);
  return source === wanted && (isFurtherName(file) || !known.isFurtherName);
}

/**
 * Says whether a digest is of these headers and an ACL. None is sent where none is asked for, so an object may keep its own: a
 * copy onto itself would change nothing but that. Many objects have few digests.
 */
function aclFinder(): (digest: string, headers: HeaderSet) => boolean {
  const known = new Map<string, boolean>();
  return (digest, headers) => {
    if (headers[ACL] !== undefined) return false;
    const pair = `${digest} ${headerDigest(headers)}`;
    const had =
      known.get(pair) ?? CANNED_ACLS.some((acl) => headerDigest({ ...headers, [ACL]: acl }) === digest);
    known.set(pair, had);
    return had;
  };
}

interface AclRequest {
  readonly store: ReadableStore;
  readonly policy: HeaderDecider;
  readonly concurrency: Concurrency;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/**
 * Keys of the plan's refreshes whose ACL a copy onto themselves would drop: S3 never takes an ACL along. Asked only
 * where there are refreshes and no `acl` to send. Where it cannot be told, the object is left alone too.
 */
export async function whatWouldLoseAcls(
  plan: Plan,
  request: AclRequest,
): Promise<{ readonly aclBound: ReadonlySet<ObjectKey>; readonly aclUnknown: ReadonlySet<ObjectKey> }> {
  const { store, policy, emit, signal } = request;
  const aclBound = new Set<ObjectKey>();
  const aclUnknown = new Set<ObjectKey>();
  const steps = [...stepsOf(plan)].filter(
    (step): step is RefreshStep =>
      step.action === 'refresh' && policy.headersOf(step.file)[ACL] === undefined,
  );
  let denied: string | undefined;
  await forEachConcurrent(steps, request.concurrency, async ({ key }) => {
    if (denied !== undefined) {
      aclUnknown.add(key);
      return;
    }
    try {
      if (await store.hasAcl(key, signal)) aclBound.add(key);
    } catch (error) {
      if (!(error instanceof StoreError) || error.kind !== 'denied') throw error;
      denied ??= explain(error, key).message;
      aclUnknown.add(key);
    }
  });
  const warn = (keys: ReadonlySet<ObjectKey>, why: string): void => {
    const [first] = keys;
    if (first === undefined) return;
    const objects =
      keys.size === 1
        ? `${first} keeps its old headers`
        : `${first} and ${keys.size - 1} more keep their old headers`;
    emit({ type: 'message', level: 'warning', message: `${objects}: ${why}` });
  };
  warn(
    aclBound,
    'renewing them would drop an ACL that was set on the object; set acl to say which ACL it shall have',
  );
  warn(
    aclUnknown,
    `whether renewing them would drop an ACL is not known (${denied ?? ''}); allow s3:GetBucketOwnershipControls or s3:GetObjectAcl, or set acl`,
  );
  return { aclBound, aclUnknown };
}
