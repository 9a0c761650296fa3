import { type Concurrency, forEachConcurrent } from '../model/concurrency.js';
import { classifyETag, type ETag, isOfOnePart, type Md5, multipartETag } from '../model/digest.js';
import {
  type DigestIndex,
  formatLayout,
  layoutParts,
  type ObjectEntry,
  type PartRun,
  partsOf,
  uniformLayout,
} from '../model/digest-index.js';
import type { Emit } from '../model/events.js';
import { columnsOf } from '../model/file-columns.js';
import { metadataMd5 } from '../model/headers.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import { ObjectMap, type ReadonlyObjectMap } from '../model/object-map.js';
import {
  ARCHIVED_CLASSES,
  type Files,
  isOnDisk,
  type ListedObject,
  type LocalFile,
} from '../model/objects.js';
import { candidatePartSizes, isLarge, LEAST_PART } from '../model/part-sizes.js';
import { Proven, UNPROVEN, uncontradicted } from '../model/proven.js';
import {
  etagsProve,
  isDeniedOrRejected,
  type ObjectHead,
  type ReadableStore,
} from '../store/object-store.js';
import { beforeFirstWrite } from './digest.js';
import type { DigestPool } from './digest-pool.js';
import { explain } from './explain.js';
import { FileChangedError, type FileDigest } from './file-bytes.js';
import { layoutByEachPart, layoutByFirstPart, PARTS_ASKED_AT_ONCE } from './verify.js';

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
  /** Whether of every object that seems to be changed it is asked whether its ETag can say so. */
  readonly askEach?: boolean;
  /**
   * Whether S3 is asked for the size of each part where they differ: a download would fetch such an object in every run, while
   * a publish sends it once and then knows it.
   */
  readonly askParts?: boolean;
  readonly concurrency: Concurrency;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** A file, and what is known of its bytes. */
interface Wanted {
  readonly file: LocalFile;
  readonly digest: FileDigest;
}

/** A file, and an object of its size: that under its key, or another one. */
interface Own extends Wanted {
  readonly object: ListedObject;
}

export interface Recognised {
  /** Digests of objects whose ETags say none. */
  readonly vouched: ReadonlyObjectMap<Md5>;
  /** Objects under files' own keys of which nothing says whether they are the files, or are others. */
  readonly undecided: ReadonlyObjectMap<true>;
  /** Layouts that S3 was asked for, of objects whose multipart ETags they make: as the index has them. */
  readonly layouts: ReadonlyMap<ObjectKey, string>;
}

/**
 * Digests of objects whose ETag proves nothing: from an index that may be believed, else by HEAD, and by HEAD only
 * where a file has the object's size and nothing better. First the objects of the files' own keys, then, for files
 * whose content is found nowhere, the others of their size. Rules 2, 3 and 4 of "when is an object equal to a
 * file". A plain ETag that differs is contradicted by nothing but KMS or a customer's key (C7, C15): each large object
 * is asked, and each where the oldest or the newest of the others has such a key.
 */
export async function recognise(request: RecogniseRequest): Promise<Recognised> {
  const { prefix, files, digests, listing, concurrency } = request;
  const vouched = new ObjectMap<Md5>();
  const layouts = new Map<ObjectKey, string>();
  const asking = {
    vouched,
    isDenied: false,
    isRefusalTold: false,
    emit: request.emit,
    signal: request.signal,
  };
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
    if (vouched.has(object) || proves(object.etag, digest)) continue;
    if (isMarked(object.etag, digest)) vouched.set(object, digest.md5);
    else own.push({ file: columns.at(place), digest, object });
  }
  // What is large costs more to send than to ask.
  const isWorthHead = ({ size }: ListedObject): boolean => request.askEach === true || isLarge(size);
  await here.ask(
    own.map(({ object }) => object),
    concurrency,
    (object) => here.saysMd5(object) && !isWorthHead(object),
  );
  // C15: an ETag that can be computed is asked before metadata that whoever overwrote the object may have kept.
  const isByMetadata = (one: Own): boolean =>
    here.isProvable(one.object) && vouched.get(one.object) === one.digest.md5 && isDoubtful(one, request);
  await forEachConcurrent(own, concurrency, async (one) => {
    if (!here.hasEtagAlone(one.object) && !isByMetadata(one)) return;
    if (!isOnDisk(one.file)) {
      if (isByMetadata(one)) here.doubt(one.object);
      return;
    }
    const found = await layoutOf(one, request.store, request);
    if (found?.isProof === true) {
      layouts.set(one.object.key, formatLayout(found.layout));
      vouched.set(one.object, one.digest.md5);
    } else if (found !== undefined && isByMetadata(one)) {
      if (!(await isUniform(one.object, found.layout, request))) return;
      if (request.store.compositeETags === 'all') here.contradict(one.object);
      else here.doubt(one.object);
    }
  });

  const undecided = new ObjectMap<true>();
  for (const { object } of own)
    if (!vouched.has(object) && !here.isOther(object)) undecided.set(object, true);
  const claims = claimsOf(own, here, request, vouched);

  const { store, further, index: known } = request;
  const places = [
    { asker: here, store, objects: listing.values() as Iterable<ListedObject>, known },
    ...further.map((place) => ({ asker: new Asker(place.store, asking), ...place, known: undefined })),
  ];
  const missing = sizesWithout(request, vouched);
  if (missing.size === 0) return { vouched, undecided, layouts };
  for (const place of places) await askForCopies(place, missing, claims, request, vouched);
  return { vouched, undecided, layouts };
}

/**
 * Asks for what files can be copied from whose content is found nowhere. Where an ETag could say the content, metadata alone
 * is too little for that (C15), as another writer may have kept it: the index must know the object, or the file make its ETag.
 * What it costs is an upload.
 */
async function askForCopies(
  {
    asker,
    store,
    objects,
    known,
  }: {
    readonly asker: Asker;
    readonly store: ReadableStore;
    readonly objects: Iterable<ListedObject>;
    readonly known: DigestIndex | undefined;
  },
  missing: ReadonlyMap<number, readonly Wanted[]>,
  claims: ReadonlyObjectMap<Md5>,
  request: RecogniseRequest,
  vouched: ObjectMap<Md5>,
): Promise<void> {
  const unknown: ListedObject[] = [];
  for (const object of objects) {
    const wanted = missing.get(object.size);
    if (wanted === undefined || vouched.has(object) || ARCHIVED_CLASSES.has(object.storageClass)) continue;
    if (wanted.some(({ digest }) => proves(object.etag, digest))) continue;
    const marked = wanted.find(({ digest }) => isMarked(object.etag, digest));
    const md5 = entryOf(known, object)?.md5;
    if (marked !== undefined) vouched.set(object, marked.digest.md5);
    // An index that is not true costs an upload here.
    else if (md5 === undefined || wanted.some(({ digest }) => digest.md5 === md5)) unknown.push(object);
  }
  // Of uploads of one part that no index knows, only a key that encrypts them makes metadata count: a sample says so.
  const isSampled = (object: ListedObject): boolean =>
    asker.saysMd5(object) || (isOfOnePart(object.etag) && entryOf(known, object)?.md5 === undefined);
  await asker.ask(unknown, request.concurrency, isSampled);
  await forEachConcurrent(unknown, request.concurrency, async (object) => {
    const md5 = vouched.get(object) ?? claims.get(object);
    if (md5 === undefined || !asker.isClaimed(object)) return;
    const wanted = missing.get(object.size)?.find(({ digest }) => digest.md5 === md5);
    const isProved =
      entryOf(known, object)?.md5 === md5 ||
      (wanted !== undefined &&
        isOnDisk(wanted.file) &&
        (await layoutOf({ ...wanted, object }, store, request))?.isProof === true);
    if (isProved) vouched.set(object, md5);
    else asker.doubt(object);
  });
}

/** Objects under files' own keys that say they hold another file, and are proved as those under other keys are. */
function claimsOf(
  own: readonly Own[],
  asker: Asker,
  { digests }: RecogniseRequest,
  vouched: ObjectMap<Md5>,
): ReadonlyObjectMap<Md5> {
  const claims = new ObjectMap<Md5>();
  for (const { object, digest } of own) {
    const md5 = vouched.get(object);
    if (md5 !== undefined && md5 !== digest.md5 && asker.isClaimed(object)) claims.set(object, md5);
  }
  if (claims.size === 0) return claims;
  const wanted = new Set<Md5>();
  for (const { md5 } of digests.values()) wanted.add(md5);
  for (const [object, md5] of claims) if (wanted.has(md5)) vouched.delete(object);
  return claims;
}

/**
 * Whether metadata alone is too little for an object with a multipart ETag that its file's parts do not make. An ETag under
 * which the index knows the file may be of copied parts; where nobody knows what ETags are made of, only one that
 * the index does not have tells that another writer was there, who may have kept the metadata.
 */
function isDoubtful(
  { file, digest, object }: Own,
  { store, index }: Pick<RecogniseRequest, 'store' | 'index'>,
): boolean {
  const known = entryOf(index, object);
  const isOther = known === undefined && index?.objects.has(object.key) === true;
  // Of bytes that lie in S3 alone nobody can compute it: without metadata each run would send them.
  if (!isOnDisk(file)) return isOther;
  switch (store.compositeETags) {
    case 'all':
      return true;
    case 'uncopied': {
      // An object that is copied by parts has one, as nothing has that other tools cut.
      const isCopied = isOfOnePart(object.etag);
      return !isCopied && known?.md5 !== digest.md5;
    }
    case 'unknown':
      return isOther;
  }
}

/** What an index says of an object as it was listed. */
function entryOf(index: DigestIndex | undefined, { key, etag, size }: ListedObject): ObjectEntry | undefined {
  const entry = index?.objects.get(key);
  return entry !== undefined && entry.etag === etag && entry.size === size ? entry : undefined;
}

interface KnownLayout {
  readonly layout: readonly PartRun[];
  /** Whether the file has the object's ETag under it. */
  readonly isProof: boolean;
}

/**
 * The layout of a multipart object as S3 says it of the first part, one HEAD costs less than what it may save, and whether
 * the file has the object's ETag under it, which no usual part size makes. `undefined`: S3 does not say, or its parts are not
 * of one size and are not asked for.
 */
async function layoutOf(
  own: Own,
  store: ReadableStore,
  { pool, signal, askParts }: RecogniseRequest,
): Promise<KnownLayout | undefined> {
  const { digest, object } = own;
  const kind = classifyETag(object.etag);
  if (kind.kind !== 'multipart') return undefined;
  if (kind.parts === 1) {
    const isProof = object.etag === multipartETag([digest.md5]);
    return { layout: uniformLayout(object.size, object.size), isProof };
  }
  signal.throwIfAborted();
  const even = await layoutByFirstPart(store, object, signal);
  if (even === undefined) return undefined;
  const isEven = layoutParts(even) === kind.parts;
  // The digests of parts of the usual sizes are known to be others.
  if (isEven && candidatePartSizes(object.size, kind.parts).includes(even[0]!.size))
    return { layout: even, isProof: false };
  const found = isEven ? await underLayout(own, even, pool) : undefined;
  // One HEAD for each 5 MiB, as S3 takes no smaller parts.
  const areFew = kind.parts <= Math.ceil(object.size / LEAST_PART);
  if (found?.isProof === true || askParts !== true || !areFew) return found;
  const each = await layoutByEachPart(store, object, kind.parts, signal);
  if (each === undefined || formatLayout(each) === formatLayout(even)) return found;
  return underLayout(own, each, pool);
}

/** `undefined`: it is another file by now, and then it is sent as it is. */
async function underLayout(
  { file, digest, object }: Own,
  layout: readonly PartRun[],
  pool: RecogniseRequest['pool'],
): Promise<KnownLayout | undefined> {
  try {
    const { md5, etags } = await pool.digest({ file, layouts: [layout] }, file.size);
    return md5 === digest.md5 ? { layout, isProof: etags.includes(object.etag) } : undefined;
  } catch (error) {
    if (error instanceof FileChangedError) return undefined;
    throw beforeFirstWrite(error, file);
  }
}

/**
 * Whether an object has the parts of a layout of one size, by S3's word for each but the first. Others can be as many, and
 * end alike: those of an image that was edited do.
 */
async function isUniform(
  { key, etag }: ListedObject,
  layout: readonly PartRun[],
  { store, signal }: RecogniseRequest,
): Promise<boolean> {
  let isSo = true;
  const others = [...partsOf(layout)].map(({ size }, i) => ({ size, number: i + 1 })).slice(1);
  await forEachConcurrent(others, PARTS_ASKED_AT_ONCE, async ({ size, number }) => {
    if (isSo && (await store.partSize(key, etag, number, signal)) !== size) isSo = false;
  });
  return isSo;
}

/** Digests of the files whose content no object is known to have, by size. */
function sizesWithout(
  request: RecogniseRequest,
  vouched: ReadonlyObjectMap<Md5>,
): ReadonlyMap<number, readonly Wanted[]> {
  const { prefix, files, digests, listing, further, copyMinSize } = request;
  const has = (object: ListedObject, digest: FileDigest): boolean =>
    !ARCHIVED_CLASSES.has(object.storageClass) &&
    (vouched.has(object) ? vouched.get(object) === digest.md5 : proves(object.etag, digest));
  const wanted = new Map<number, Map<Md5, Wanted>>();
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
    const ofSize = wanted.get(size) ?? new Map<Md5, Wanted>();
    wanted.set(size, ofSize);
    ofSize.set(digest.md5, { file: columns.at(place), digest });
  }
  if (wanted.size === 0) return new Map();
  const found = (object: ListedObject): void => {
    const ofSize = wanted.get(object.size);
    if (ofSize === undefined || ARCHIVED_CLASSES.has(object.storageClass)) return;
    const md5 = vouched.get(object);
    if (md5 !== undefined) ofSize.delete(md5);
    else ofSize.delete(object.etag as string as Md5);
    if (classifyETag(object.etag).kind !== 'multipart') return;
    for (const { digest } of ofSize.values())
      if (digest.etags.includes(object.etag)) ofSize.delete(digest.md5);
  };
  for (const object of listing.values()) found(object);
  for (const { objects } of further) for (const object of objects) found(object);
  const left = new Map<number, readonly Wanted[]>();
  for (const [size, ofSize] of wanted) if (ofSize.size > 0) left.set(size, [...ofSize.values()]);
  return left;
}

function proves(etag: ETag, digest: FileDigest): boolean {
  return (etag as string) === digest.md5 || digest.etags.includes(etag);
}

/** Whether an ETag is the MD5 as MinIO marks it where it compresses an object. */
function isMarked(etag: ETag, { md5 }: FileDigest): boolean {
  return (etag as string) === `${md5}-1`;
}

interface Asking {
  readonly vouched: ObjectMap<Md5>;
  /** After a HEAD that was denied nobody is asked. */
  isDenied: boolean;
  isRefusalTold: boolean;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** What S3 says of an object's content besides its ETag; `gone`: the listed one is there no more. */
type Told = 'etag-proves' | 'metadata' | 'metadata-beside-etag' | 'nothing' | 'gone' | 'another';

/** Asks one place about its objects. */
class Asker {
  readonly #store: ReadableStore;
  readonly #asking: Asking;
  readonly #told = new ObjectMap<Told>();
  /** Lines that contradict a plain ETag: they know more than it under KMS alone, which one HEAD must say first. */
  readonly #underKms = new ObjectMap<Md5>();
  #isSampled = false;
  /** A plain ETag turned out to be no MD5. */
  #hasKms = false;
  /** Or S3 does not say whether it is one: a sample says nothing of the others then. */
  #isMixed = false;

  constructor(store: ReadableStore, asking: Asking) {
    this.#store = store;
    this.#asking = asking;
  }

  believe(objects: Iterable<ListedObject>, index: DigestIndex): void {
    for (const object of objects) {
      const entry = index.objects.get(object.key);
      if (entry?.md5 === undefined || entry.etag !== object.etag || entry.size !== object.size) continue;
      if (!isPlain(object)) this.#asking.vouched.set(object, entry.md5);
      else if ((object.etag as string) !== entry.md5) this.#underKms.set(object, entry.md5);
    }
  }

  /**
   * Objects whose ETags do not say what they would have to.
   *
   * @param isSampled of those of that kind a sample says whether they are asked
   */
  async ask(
    objects: readonly ListedObject[],
    concurrency: Concurrency,
    isSampled: (object: ListedObject) => boolean,
  ): Promise<void> {
    const { vouched } = this.#asking;
    const due: ListedObject[] = [];
    const alike: ListedObject[] = [];
    for (const object of objects) {
      if (this.#told.has(object)) continue;
      (isSampled(object) || this.#underKms.has(object) ? alike : due).push(object);
    }
    if (!this.#isSampled) {
      const [line] = this.#underKms;
      const sample = alike.length > 0 ? sampleOf(alike) : line === undefined ? [] : [line[0]];
      this.#isSampled = sample.length > 0;
      due.push(...sample);
    }
    const learn = (object: ListedObject): Promise<void> => this.#learn(object);
    await forEachConcurrent(due, concurrency, learn);
    if (this.#hasKms) for (const [object, md5] of this.#underKms) vouched.set(object, md5);
    if (!this.#isMixed) return;
    const left = alike.filter((object) => !this.#told.has(object) && !vouched.has(object));
    await forEachConcurrent(left, concurrency, learn);
  }

  /** Whether an object's ETag says its MD5 where nothing encrypts it: no metadata contradicts that. */
  saysMd5(object: ListedObject): boolean {
    return isPlain(object) || (this.#store.compositeETags === 'all' && isOfOnePart(object.etag));
  }

  /** Whether S3 was asked about an object, and knows no more of its content than an ETag made of MD5s. */
  hasEtagAlone(object: ListedObject): boolean {
    return this.#told.get(object) === 'etag-proves';
  }

  /** Whether nothing encrypts an object that metadata vouches for: its ETag could say that it is another. */
  isProvable(object: ListedObject): boolean {
    return this.#told.get(object) === 'metadata-beside-etag';
  }

  /** Whether that ETag is one of parts, which their digests could make. */
  isClaimed(object: ListedObject): boolean {
    return this.isProvable(object) && classifyETag(object.etag).kind === 'multipart';
  }

  /** What its metadata says of an object is not true. */
  contradict(object: ListedObject): void {
    this.#told.set(object, 'another');
    this.#asking.vouched.delete(object);
  }

  /** What its metadata says of an object may not be true. */
  doubt(object: ListedObject): void {
    this.#told.set(object, 'nothing');
    this.#asking.vouched.delete(object);
  }

  /** Whether an object whose ETag is not a file's is another content, by all that is known. */
  isOther(object: ListedObject): boolean {
    const told = this.#told.get(object);
    if (told === undefined) return !this.#asking.isDenied;
    return told === 'gone' || told === 'another' || (told === 'etag-proves' && this.saysMd5(object));
  }

  async #learn(object: ListedObject): Promise<void> {
    this.#told.set(object, 'nothing');
    if (this.#asking.isDenied) return;
    const told = await this.#ask(object);
    this.#told.set(object, told);
    const isOpaque = told === 'metadata' || told === 'nothing';
    if (isOpaque && (isPlain(object) || isOfOnePart(object.etag))) this.#isMixed = true;
  }

  /** Learns what metadata vouches for. */
  async #ask(object: ListedObject): Promise<Told> {
    let head: ObjectHead | undefined;
    try {
      head = await this.#store.head(object.key, this.#asking.signal);
    } catch (error) {
      this.#leaveUnsaid(error, object);
      return 'nothing';
    }
    // The write's own condition will say so.
    if (head === undefined || head.etag !== object.etag) return 'gone';
    const proves = etagsProve(head.encryption);
    if (proves && this.saysMd5(object)) return 'etag-proves';
    if (!proves && isPlain(object)) this.#hasKms = true;
    const md5 = metadataMd5(head.metadata);
    if (md5 === undefined) return proves ? 'etag-proves' : 'nothing';
    this.#asking.vouched.set(object, md5);
    return proves ? 'metadata-beside-etag' : 'metadata';
  }

  /** What S3 does not say is unknown, and is sent: of this object where it has a customer's key, of all where it is denied. */
  #leaveUnsaid(error: unknown, { key }: ListedObject): void {
    if (!isDeniedOrRejected(error)) throw error;
    const isDenied = error.kind === 'denied';
    const isTold = isDenied ? this.#asking.isDenied : this.#asking.isRefusalTold;
    if (isDenied) this.#asking.isDenied = true;
    else this.#asking.isRefusalTold = true;
    if (isTold) return;
    const message = isDenied
      ? `${explain(error, key).message}: nothing more is asked, and what may be unchanged is sent`
      : `${key}: S3 refused HeadObject (${error.code}), as it does where a customer key (SSE-C) encrypts the object: it may be unchanged, and is sent, as is any other one that is refused`;
    this.#asking.emit({ type: 'message', level: 'notice', message });
  }
}

function isPlain({ etag }: ListedObject): boolean {
  return classifyETag(etag).kind === 'md5';
}

/** The oldest and the newest: how a bucket encrypts what it is given changes with time. */
function sampleOf(objects: readonly ListedObject[]): readonly ListedObject[] {
  let oldest = objects[0]!;
  let newest = oldest;
  for (const object of objects) {
    if (object.lastModified < oldest.lastModified) oldest = object;
    if (object.lastModified > newest.lastModified) newest = object;
  }
  return oldest === newest ? [oldest] : [oldest, newest];
}
