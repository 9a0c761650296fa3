import { type Concurrency, forEachConcurrent } from '../model/concurrency.js';
import { classifyETag, type ETag, type Md5 } from '../model/digest.js';
import type { DigestIndex } from '../model/digest-index.js';
import type { Emit } from '../model/events.js';
import { columnsOf } from '../model/file-columns.js';
import { metadataMd5 } from '../model/headers.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import { ObjectMap, type ReadonlyObjectMap } from '../model/object-map.js';
import { ARCHIVED_CLASSES, type Files, type ListedObject } from '../model/objects.js';
import { Proven, UNPROVEN, uncontradicted } from '../model/proven.js';
import { etagsProve, type ObjectHead, type ReadableStore, StoreError } from '../store/object-store.js';
import { explain } from './explain.js';
import type { FileDigest } from './file-bytes.js';

/** A listing, and who answers for its objects. */
export interface ListedPlace {
  readonly store: ReadableStore;
  readonly objects: readonly ListedObject[];
}

export interface RecogniseRequest {
  readonly store: ReadableStore;
  readonly prefix: Prefix;
  readonly files: Files;
  readonly digests: ReadonlyMap<string, FileDigest>;
  /** Of `files`, by `digests` and `listing`. */
  readonly proven?: Proven;
  readonly listing: ReadonlyMap<ObjectKey, ListedObject>;
  /** What `copy-from` lists. */
  readonly further: readonly ListedPlace[];
  /** Bytes; a file below it is never copied. */
  readonly copyMinSize: number;
  readonly index: DigestIndex | undefined;
  /** Whether a line about an object is believed alone: the index lies in the destination's own bucket. */
  readonly trustObjects: boolean;
  readonly concurrency: Concurrency;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/**
 * Digests of objects whose ETag proves nothing: from an index that may be believed, else by HEAD, and by HEAD only
 * where a file has the object's size and nothing better. First the objects of the files' own keys, then, for files
 * whose content is found nowhere, the others of their size. Rules 2, 3 and 4 of "when is an object equal to a
 * file". A plain ETag that differs is contradicted by nothing but KMS or a customer's key: one HEAD finds out for
 * the whole place (C7, C15).
 */
export async function recognise(request: RecogniseRequest): Promise<ReadonlyObjectMap<Md5>> {
  const { prefix, files, digests, listing, concurrency } = request;
  const vouched = new ObjectMap<Md5>();
  const asking = { vouched, unanswered: 0, emit: request.emit, signal: request.signal };
  const here = new Asker(request.store, asking);
  if (request.trustObjects && request.index !== undefined) here.believe(listing.values(), request.index);

  const own: ListedObject[] = [];
  const columns = columnsOf(files);
  const proven = request.proven ?? Proven.none;
  for (let place = 0; place < columns.length; place++) {
    if (proven.rowOf(place) !== UNPROVEN) continue;
    const name = columns.nameAt(place);
    const digest = digests.get(name);
    const object = listing.get((prefix + name) as ObjectKey);
    if (digest === undefined || object === undefined || object.size !== columns.sizeAt(place)) continue;
    if (!vouched.has(object) && !proves(object.etag, digest)) own.push(object);
  }
  await here.ask(own, concurrency);

  const places = [
    { asker: here, objects: listing.values() as Iterable<ListedObject> },
    ...request.further.map(({ store, objects }) => ({ asker: new Asker(store, asking), objects })),
  ];
  const missing = sizesWithout(request, vouched);
  if (missing.size === 0) return vouched;
  for (const { asker, objects } of places) {
    const unknown: ListedObject[] = [];
    for (const object of objects) {
      const wanted = missing.get(object.size);
      if (wanted === undefined || vouched.has(object) || ARCHIVED_CLASSES.has(object.storageClass)) continue;
      if (!wanted.some((digest) => proves(object.etag, digest))) unknown.push(object);
    }
    await asker.ask(unknown, concurrency);
  }
  return vouched;
}

/** Digests of the files whose content no object is known to have, by size. */
function sizesWithout(
  request: RecogniseRequest,
  vouched: ReadonlyObjectMap<Md5>,
): ReadonlyMap<number, readonly FileDigest[]> {
  const { prefix, files, digests, listing, further, copyMinSize } = request;
  const has = (object: ListedObject, digest: FileDigest): boolean =>
    !ARCHIVED_CLASSES.has(object.storageClass) &&
    (vouched.has(object) ? vouched.get(object) === digest.md5 : proves(object.etag, digest));
  const wanted = new Map<number, Map<Md5, FileDigest>>();
  const columns = columnsOf(files);
  const proven = uncontradicted(request.proven, vouched);
  for (let place = 0; place < columns.length; place++) {
    const size = columns.sizeAt(place);
    if (size === 0 || size < copyMinSize || proven.rowOf(place) !== UNPROVEN) continue;
    const name = columns.nameAt(place);
    const digest = digests.get(name);
    if (digest === undefined) continue;
    const own = listing.get((prefix + name) as ObjectKey);
    if (own?.size === size && has(own, digest)) continue;
    const ofSize = wanted.get(size) ?? new Map<Md5, FileDigest>();
    wanted.set(size, ofSize);
    ofSize.set(digest.md5, digest);
  }
  if (wanted.size === 0) return new Map();
  const found = (object: ListedObject): void => {
    const ofSize = wanted.get(object.size);
    if (ofSize === undefined || ARCHIVED_CLASSES.has(object.storageClass)) return;
    const md5 = vouched.get(object);
    if (md5 !== undefined) ofSize.delete(md5);
    else ofSize.delete(object.etag as string as Md5);
    if (classifyETag(object.etag).kind !== 'multipart') return;
    for (const digest of ofSize.values()) if (digest.etags.includes(object.etag)) ofSize.delete(digest.md5);
  };
  for (const object of listing.values()) found(object);
  for (const { objects } of further) for (const object of objects) found(object);
  const left = new Map<number, readonly FileDigest[]>();
  for (const [size, ofSize] of wanted) if (ofSize.size > 0) left.set(size, [...ofSize.values()]);
  return left;
}

function proves(etag: ETag, digest: FileDigest): boolean {
  return (etag as string) === digest.md5 || digest.etags.includes(etag);
}

interface Asking {
  readonly vouched: ObjectMap<Md5>;
  /** HEADs that were denied: after the first one nobody is asked. */
  unanswered: number;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** Asks one place about its objects. */
class Asker {
  readonly #store: ReadableStore;
  readonly #asking: Asking;
  readonly #asked = new ObjectMap<true>();
  /** Lines that contradict a plain ETag: they know more than it under KMS alone, which one HEAD must say first. */
  readonly #underKms = new ObjectMap<Md5>();
  #kms: boolean | undefined;

  constructor(store: ReadableStore, asking: Asking) {
    this.#store = store;
    this.#asking = asking;
  }

  believe(objects: Iterable<ListedObject>, index: DigestIndex): void {
    for (const object of objects) {
      const entry = index.objects.get(object.key);
      if (entry?.md5 === undefined || entry.etag !== object.etag || entry.size !== object.size) continue;
      if (classifyETag(object.etag).kind !== 'md5') this.#asking.vouched.set(object, entry.md5);
      else if ((object.etag as string) !== entry.md5) this.#underKms.set(object, entry.md5);
    }
  }

  /** Objects whose ETags do not say what they would have to. */
  async ask(objects: readonly ListedObject[], concurrency: Concurrency): Promise<void> {
    const due: ListedObject[] = [];
    const plain: ListedObject[] = [];
    for (const object of objects) {
      if (this.#asked.has(object)) continue;
      (classifyETag(object.etag).kind === 'md5' ? plain : due).push(object);
    }
    if (this.#kms === undefined) {
      const [underKms] = this.#underKms;
      const probe = plain[0] ?? underKms?.[0];
      if (probe !== undefined) this.#kms = await this.#learn(probe);
      if (this.#kms === true) {
        for (const [object, md5] of this.#underKms) this.#asking.vouched.set(object, md5);
      }
    }
    if (this.#kms === true) {
      for (const object of plain)
        if (!this.#asked.has(object) && !this.#asking.vouched.has(object)) due.push(object);
    }
    await forEachConcurrent(due, concurrency, async (object) => {
      await this.#learn(object);
    });
  }

  /** Learns what metadata vouches for; `true` when a plain ETag turned out to be none. */
  async #learn(object: ListedObject): Promise<boolean> {
    const { vouched } = this.#asking;
    this.#asked.set(object, true);
    if (this.#asking.unanswered > 0) return false;
    const head = await this.#head(object.key);
    // Gone or replaced since the listing: the write's own condition will say so.
    if (head === undefined || head.etag !== object.etag) return false;
    const kind = classifyETag(head.etag).kind;
    if (kind === 'md5' && etagsProve(head.encryption)) return false;
    const md5 = metadataMd5(head.metadata);
    if (md5 !== undefined) vouched.set(object, md5);
    return kind === 'md5';
  }

  async #head(key: ObjectKey): Promise<ObjectHead | undefined> {
    try {
      return await this.#store.head(key, this.#asking.signal);
    } catch (error) {
      // Denied, or a customer's key that we do not have: what S3 does not say is unknown, and is sent.
      if (!(error instanceof StoreError) || (error.kind !== 'denied' && error.kind !== 'rejected'))
        throw error;
      if (this.#asking.unanswered++ === 0) {
        const message = `${explain(error, key).message}: nothing more is asked, and what may be unchanged is sent`;
        this.#asking.emit({ type: 'message', level: 'notice', message });
      }
      return undefined;
    }
  }
}
