import { classifyETag, EMPTY_MD5, type ETag, type Md5 } from '../model/digest.js';
import { compareKeys, type ObjectKey, type Prefix } from '../model/object-key.js';
import { ARCHIVED_CLASSES, type ListedObject, type LocalFile } from '../model/objects.js';
import { MAX_COPY_SIZE } from '../model/part-sizes.js';
import type { Condition, CopySource, Count, Plan, Rank, Step } from '../model/plan.js';
import { BUILT_IN_RANKS, DELETE_RANK, rankOf } from './ranks.js';

/** What is known of a file's content before the plan is made. */
export interface KnownContent {
  readonly md5: Md5;
  /** Multipart ETags of the same bytes, under the layouts that objects of this size may have. */
  readonly multipartETags: readonly ETag[];
}

export interface PlanPolicy {
  readonly deleteAfter: boolean;
  readonly deleteExcluded: boolean;
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
  readonly files: readonly LocalFile[];
  readonly listing: ReadonlyMap<ObjectKey, ListedObject>;
  /** By name. A file without an entry has a size that no object and no other file has. */
  readonly contents: ReadonlyMap<string, KnownContent>;
  /** Digests of objects whose ETag proves none, from metadata or an index that may be believed. */
  readonly vouched: ReadonlyMap<ObjectKey, Md5>;
  readonly policy: PlanPolicy;
}

/** A plan, and what the guards and the index ask about it. */
export interface Planned {
  readonly plan: Plan;
  /** Keys whose object has the file's bytes, with the digest where it is known. */
  readonly unchanged: ReadonlyMap<ObjectKey, Md5>;
  /** Listed keys that are neither excluded nor skipped: the base of `max-delete: N%`. */
  readonly listedUnexcluded: number;
  /** Deletions whose content does not stay under another key. */
  readonly losses: number;
  /** Whether the destination and the tree have a key or a content in common. */
  readonly related: boolean;
}

type Wanted = { readonly file: LocalFile; readonly key: ObjectKey; readonly rank: number };

/**
 * Decides what becomes of every key.
 *
 * A copy is planned only from an object that this plan leaves alone or deletes at the very end, or from the
 * name under which this run sends the content first. What a copy reads is therefore never written before it.
 */
export function makePlan(input: PlanInput): Planned {
  const { prefix, files, listing, contents, policy } = input;
  const contentOf = objectContents(input);
  const treeKeys = new Set<string>();
  const unchanged = new Map<ObjectKey, Md5>();
  const wanted: Wanted[] = [];
  const kept = new Counter();
  const same = new Counter();
  let related = false;

  for (const file of files) {
    const key = (prefix + file.name) as ObjectKey;
    treeKeys.add(key);
    const object = listing.get(key);
    if (object !== undefined) related = true;
    const md5 = file.size === 0 ? EMPTY_MD5 : contents.get(file.name)?.md5;
    if (
      object !== undefined &&
      object.size === file.size &&
      (file.size === 0 || sameContent(md5, contentOf(object)))
    ) {
      unchanged.set(key, md5 ?? EMPTY_MD5);
      same.add(file.size);
    } else {
      wanted.push({ file, key, rank: rankOf(file.name, object === undefined) });
    }
  }

  const sources = new Map<string, ListedObject>();
  const deletions: ListedObject[] = [];
  let listedUnexcluded = 0;
  for (const object of listing.values()) {
    const name = object.key.slice(prefix.length);
    const excluded = policy.excluded(name);
    const isProtected = policy.skipped(name) || (excluded && !policy.deleteExcluded);
    if (!isProtected) listedUnexcluded++;
    const inTree = treeKeys.has(object.key);
    if (!inTree) {
      if (policy.deleteAfter && !isProtected && !isDirectoryMarker(name, object, policy))
        deletions.push(object);
      else kept.add(object.size);
    }
    if (inTree && !unchanged.has(object.key)) continue;
    const md5 = contentOf(object);
    if (md5 === undefined || !copyable(object)) continue;
    const id = contentId(object.size, md5);
    const known = sources.get(id);
    if (known === undefined || better(object, known, treeKeys)) sources.set(id, object);
  }

  const treeContents = new Set<string>();
  for (const file of files) {
    const content = contents.get(file.name);
    if (content !== undefined) treeContents.add(contentId(file.size, content.md5));
  }

  const ranks = new RankBuilder();
  const first = new Map<string, Wanted>();
  for (const want of wanted.sort((a, b) => a.rank - b.rank || compareKeys(a.key, b.key))) {
    const { file, key, rank } = want;
    const object = listing.get(key);
    const condition: Condition = object === undefined ? { ifNoneMatch: '*' } : { ifMatch: object.etag };
    const content = contents.get(file.name);
    const base = { key, rank, bytes: file.size, file, condition } as const;
    if (file.size === 0) {
      ranks.add(rank, 0, { ...base, action: 'upload', reason: 'empty', md5: EMPTY_MD5 });
      continue;
    }
    const id = content === undefined ? undefined : contentId(file.size, content.md5);
    const source = id === undefined ? undefined : sources.get(id);
    const sent = id === undefined ? undefined : first.get(id);
    if (content !== undefined && source !== undefined) {
      const from: CopySource = { kind: 'object', key: source.key, etag: source.etag, size: source.size };
      ranks.add(rank, 0, { ...base, action: 'copy', reason: 'exists', md5: content.md5, source: from });
    } else if (content !== undefined && sent !== undefined && file.size <= MAX_COPY_SIZE) {
      const from: CopySource = { kind: 'upload', key: sent.key };
      const phase = sent.rank === rank ? 1 : 0;
      ranks.add(rank, phase, {
        ...base,
        action: 'copy',
        reason: 'duplicate',
        md5: content.md5,
        source: from,
      });
    } else {
      if (id !== undefined) first.set(id, want);
      ranks.add(rank, 0, {
        ...base,
        action: 'upload',
        reason: uploadReason(object, file, contentOf),
        md5: content?.md5,
      });
    }
  }

  let losses = 0;
  const deleteRank = BUILT_IN_RANKS.length;
  for (const object of deletions.sort((a, b) => compareKeys(a.key, b.key))) {
    const excluded = policy.excluded(object.key.slice(prefix.length));
    const md5 = contentOf(object);
    const stays = object.size > 0 && md5 !== undefined && treeContents.has(contentId(object.size, md5));
    if (stays) related = true;
    else losses++;
    ranks.add(deleteRank, 0, {
      key: object.key,
      action: 'delete',
      reason: excluded ? 'excluded' : 'absent',
      rank: deleteRank,
      bytes: object.size,
      etag: object.etag,
    });
  }

  return {
    plan: { ranks: ranks.build(), unchanged: same.count(), kept: kept.count() },
    unchanged,
    listedUnexcluded,
    losses,
    related,
  };
}

/** Content identity: size and MD5. */
export function contentId(size: number, md5: Md5): string {
  return `${md5}${size}`;
}

/** The digest of an object's bytes as far as ETag, metadata and index can prove it: design rule 3. */
function objectContents(input: PlanInput): (object: ListedObject) => Md5 | undefined {
  const composites = new Map<string, Md5>();
  for (const file of input.files) {
    const content = input.contents.get(file.name);
    for (const etag of content?.multipartETags ?? []) composites.set(`${etag}/${file.size}`, content!.md5);
  }
  return (object) => {
    if (object.size === 0) return EMPTY_MD5;
    const vouched = input.vouched.get(object.key);
    if (vouched !== undefined) return vouched;
    const etag = classifyETag(object.etag);
    switch (etag.kind) {
      case 'md5':
        return etag.md5;
      case 'multipart':
        return composites.get(`${object.etag}/${object.size}`);
      case 'opaque':
        return undefined;
    }
  };
}

function sameContent(a: Md5 | undefined, b: Md5 | undefined): boolean {
  return a !== undefined && a === b;
}

function copyable(object: ListedObject): boolean {
  return object.size > 0 && object.size <= MAX_COPY_SIZE && !ARCHIVED_CLASSES.has(object.storageClass);
}

/** A source that stays is better than one that goes at the end; then the smaller key, so that plans repeat. */
function better(candidate: ListedObject, known: ListedObject, treeKeys: ReadonlySet<string>): boolean {
  const stays = treeKeys.has(candidate.key);
  if (stays !== treeKeys.has(known.key)) return stays;
  return compareKeys(candidate.key, known.key) < 0;
}

function isDirectoryMarker(name: string, object: ListedObject, policy: PlanPolicy): boolean {
  if (object.size !== 0) return false;
  return name === '' || (name.endsWith('/') && policy.hasDirectory(name.slice(0, -1)));
}

function uploadReason(
  object: ListedObject | undefined,
  file: LocalFile,
  contentOf: (object: ListedObject) => Md5 | undefined,
): 'new' | 'changed' | 'content-unknown' {
  if (object === undefined) return 'new';
  return object.size === file.size && contentOf(object) === undefined ? 'content-unknown' : 'changed';
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
  readonly #ranks: Step[][][] = [...BUILT_IN_RANKS, { name: DELETE_RANK }].map(() => [[], []]);

  add(rank: number, phase: 0 | 1, step: Step): void {
    this.#ranks[rank]?.[phase]?.push(step);
  }

  build(): readonly Rank[] {
    return this.#ranks.map((phases, rank) => ({
      name: BUILT_IN_RANKS[rank]?.name ?? DELETE_RANK,
      phases: phases.filter((phase) => phase.length > 0),
    }));
  }
}
