import { type Concurrency, forEachConcurrent } from '../model/concurrency.js';
import { classifyETag, type ETag, type Md5 } from '../model/digest.js';
import { type DigestIndex, formatLayout, layoutParts } from '../model/digest-index.js';
import type { Emit } from '../model/events.js';
import { columnsOf } from '../model/file-columns.js';
import { metadataMd5 } from '../model/headers.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import { ObjectMap, type ReadonlyObjectMap } from '../model/object-map.js';
import { ARCHIVED_CLASSES, type Files, type ListedObject, type LocalFile } from '../model/objects.js';
import { candidatePartSizes } from '../model/part-sizes.js';
import { Proven, UNPROVEN, uncontradicted } from '../model/proven.js';
import { etagsProve, type ObjectHead, type ReadableStore, StoreError } from '../store/object-store.js';
import { beforeFirstWrite } from './digest.js';
import type { DigestPool } from './digest-pool.js';
import { explain } from './explain.js';
import { FileChangedError, type FileDigest } from './file-bytes.js';
import { layoutByFirstPart } from './verify.js';

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
  readonly pool: Pick<DigestPool, 'digest'>;
  readonly concurrency: Concurrency;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** A file, and the object of its size under its key. */
interface Own {
  readonly file: LocalFile;
  readonly digest: FileDigest;
  readonly object: ListedObject;
}

export interface Recognised {
  /** Digests of objects whose ETags say none. */
  readonly vouched: ReadonlyObjectMap<Md5>;
  /** Layouts that S3 was asked for, of objects whose multipart ETags they make: as the index has them. */
  readonly layouts: ReadonlyMap<ObjectKey, string>;
}

/**
 * Digests of objects whose ETag proves nothing: from an index that may be believed, else by HEAD, and by HEAD only
 * where a file has the object's size and nothing better. First the objects of the files' own keys, then, for files
 * whose content is found nowhere, the others of their size. Rules 2, 3 and 4 of "when is an object equal to a
 * file". A plain ETag that differs is contradicted by nothing but KMS or a customer's key: one HEAD finds out for
 * the whole place (C7, C15).
 */
export async function recognise(request: RecogniseRequest): Promise<Recognised> {
  const { prefix, files, digests, listing, concurrency } = request;
  const vouched = new ObjectMap<Md5>();
  const layouts = new Map<ObjectKey, string>();
  const asking = { vouched, unanswered: 0, emit: request.emit, signal: request.signal };
  const here = new Asker(request.store, asking);
  if (request.trustObjects && request.index !== undefined) here.believe(listing.values(), request.index);

  const own: Own[] = [];
  const columns = columnsOf(files);
  const proven = request.proven ?? Proven.none;
  for (let place = 0; place < columns.length; place++) {
    if (proven.rowOf(place) !== UNPROVEN) continue;
    const name = columns.nameAt(place);
    const digest = digests.get(name);
    const object = listing.get((prefix + name) as ObjectKey);
    if (digest === undefined || object === undefined || object.size !== columns.sizeAt(place)) continue;
    if (!vouched.has(object) && !proves(object.etag, digest))
      own.push({ file: columns.at(place), digest, object });
  }
  await here.ask(
    own.map(({ object }) => object),
    concurrency,
  );
  const inParts = own.filter(({ file, object }) => isHere(file) && here.saysNothingBut(object));
  await forEachConcurrent(inParts, concurrency, async (one) => {
    const layout = await layoutOf(one, request);
    if (layout === undefined) return;
    layouts.set(one.object.key, layout);
    vouched.set(one.object, one.digest.md5);
  });

  const places = [
    { asker: here, objects: listing.values() as Iterable<ListedObject> },
    ...request.further.map(({ store, objects }) => ({ asker: new Asker(store, asking), objects })),
  ];
  const missing = sizesWithout(request, vouched);
  if (missing.size === 0) return { vouched, layouts };
  for (const { asker, objects } of places) {
    const unknown: ListedObject[] = [];
    for (const object of objects) {
      const wanted = missing.get(object.size);
      if (wanted === undefined || vouched.has(object) || ARCHIVED_CLASSES.has(object.storageClass)) continue;
      if (!wanted.some((digest) => proves(object.etag, digest))) unknown.push(object);
    }
    await asker.ask(unknown, concurrency);
  }
  return { vouched, layouts };
}

/** Whether its bytes lie on this machine. */
function isHere({ path, object }: LocalFile): boolean {
  return path !== '' && object === undefined;
}

/**
 * The layout under which a file has the multipart ETag of its object, where no usual part size makes it: S3 is asked for
 * that of the first part, as one HEAD costs less than what it may save.
 */
async function layoutOf(
  { file, digest, object }: Own,
  { store, pool, signal }: RecogniseRequest,
): Promise<string | undefined> {
  const kind = classifyETag(object.etag);
  // The digests of the whole, and of parts of the usual sizes, are known to be others.
  if (kind.kind !== 'multipart' || kind.parts === 1) return undefined;
  signal.throwIfAborted();
  const layout = await layoutByFirstPart(store, object, signal).catch(unlessUnsaid);
  if (layout === undefined || layoutParts(layout) !== kind.parts) return undefined;
  if (candidatePartSizes(object.size, kind.parts).includes(layout[0]!.size)) return undefined;
  try {
    const { md5, etags } = await pool.digest({ file, layouts: [layout] }, file.size);
    return md5 === digest.md5 && etags.includes(object.etag) ? formatLayout(layout) : undefined;
  } catch (error) {
    // Then it is sent as it is by then.
    if (error instanceof FileChangedError) return undefined;
    throw beforeFirstWrite(error, file);
  }
}

/** Not every server knows the numbers of parts: what it does not say is unknown. */
function unlessUnsaid(error: unknown): undefined {
  if (!(error instanceof StoreError) || !['denied', 'rejected', 'server'].includes(error.kind)) throw error;
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
  /** Whether its ETag can be of MD5s and nothing else is said of it. */
  readonly #asked = new ObjectMap<boolean>();
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

  /** Whether S3 was asked about an object, and says nothing of its content but an ETag that proves it. */
  saysNothingBut(object: ListedObject): boolean {
    return this.#asked.get(object) === true;
  }

  /** Learns what metadata vouches for; `true` when a plain ETag turned out to be none. */
  async #learn(object: ListedObject): Promise<boolean> {
    const { vouched } = this.#asking;
    this.#asked.set(object, false);
    if (this.#asking.unanswered > 0) return false;
    const head = await this.#head(object.key);
    // Gone or replaced since the listing: the write's own condition will say so.
    if (head === undefined || head.etag !== object.etag) return false;
    const kind = classifyETag(head.etag).kind;
    if (kind === 'md5' && etagsProve(head.encryption)) return false;
    const md5 = metadataMd5(head.metadata);
    if (md5 !== undefined) vouched.set(object, md5);
    else this.#asked.set(object, etagsProve(head.encryption));
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
