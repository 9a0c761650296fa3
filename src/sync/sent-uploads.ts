import { type Chunks, formatChunks } from '../model/chunks.js';
import { forEachConcurrent } from '../model/concurrency.js';
import { classifyETag, type ETag, type Md5, md5Of, multipartETag } from '../model/digest.js';
import { type PartRun, partsOf } from '../model/digest-index.js';
import type { Reused } from '../model/events.js';
import type { ObjectKey } from '../model/object-key.js';
import type { LocalFile } from '../model/objects.js';
import { layoutOf, type PlannedPart, planParts, regionsOf } from '../model/part-plan.js';
import { isLarge, LEAST_PART, ownLayout, ownPartSize } from '../model/part-sizes.js';
import {
  BAD_PART_ETAG,
  etagsProve,
  type Part,
  type SourceObject,
  StoreError,
  type Upload,
} from '../store/object-store.js';
import { FileChangedError, type FileDigest, readRange, withOpenFile } from './file-bytes.js';
import { type OpenUploads, PARTS_IN_FLIGHT } from './open-uploads.js';
import type { Staged } from './staged.js';
import type { TransferOptions } from './transfer-options.js';
import {
  isOtherPart,
  isRefused,
  isUnknownThere,
  isUnproved,
  NOT_AS_DIGESTED,
  wantsAnotherUpload,
} from './upload-failures.js';
import type { UploadHeaders } from './upload-headers.js';

/** Parts of one file in flight where some of them are copied, which costs this machine nothing. */
const COPIED_PARTS_IN_FLIGHT = 32;

/** The largest part that is held in memory whole. Bytes. */
const MOST_SENT_PART = 512 * 1024 * 1024;

/** An upload of which some parts are copied from an older object. */
interface Delta {
  readonly source: SourceObject;
  readonly parts: readonly PlannedPart[];
  readonly partMd5s: readonly Md5[];
}

/** The whole file, where it is one part. */
interface OnlyPart {
  readonly body: Buffer;
  /** Whether its digest was made of this very body. */
  readonly isHashed: boolean;
}

type SentUploadsOptions = Pick<
  TransferOptions,
  | 'store'
  | 'pool'
  | 'arena'
  | 'rate'
  | 'bodies'
  | 'older'
  | 'toCut'
  | 'emit'
  | 'onSent'
  | 'onReused'
  | 'signal'
  | 'requests'
>;

/** Multipart uploads of files: their parts are sent, or copied from an older object that has them. */
export class SentUploads {
  readonly #options: SentUploadsOptions;
  readonly #open: OpenUploads;
  readonly #headers: UploadHeaders;
  readonly #readBody: (file: LocalFile, body: Buffer) => Promise<void>;
  /** Until the server shows that it does not. */
  #copiesRanges = true;
  readonly #toldNotReused = new Set<ObjectKey>();

  constructor(
    options: SentUploadsOptions,
    open: OpenUploads,
    headers: UploadHeaders,
    readBody: (file: LocalFile, body: Buffer) => Promise<void>,
  ) {
    this.#options = options;
    this.#open = open;
    this.#headers = headers;
    this.#readBody = readBody;
  }

  /** Sends a file into an upload: large ones in parts, small ones as its only one. Once more where the upload went away. */
  async send(key: ObjectKey, file: LocalFile, known: FileDigest | undefined): Promise<Staged> {
    try {
      return await this.#send(key, file, known);
    } catch (error) {
      if (!wantsAnotherUpload(error)) throw error;
      return this.#send(key, file, known);
    }
  }

  async #send(key: ObjectKey, file: LocalFile, known: FileDigest | undefined): Promise<Staged> {
    const { pool, toCut, signal } = this.#options;
    const given = file.object === undefined ? undefined : await this.#layoutOf(file, file.object.etag);
    if (isLarge(file.size) || given !== undefined) {
      const layout = given ?? ownLayout(file.size);
      const usable = given === undefined && known !== undefined && known.partMd5s.length > 0;
      const ahead = Math.max(file.size, toCut);
      const digesting = usable ? known : pool.digest({ file, layouts: [layout] }, ahead);
      const cutting = known?.chunks ?? this.#chunksOf(key, file);
      const digest = await digesting;
      const delta = await this.#deltaOf(key, file, digest, cutting);
      signal.throwIfAborted();
      const staged =
        (delta === undefined ? undefined : await this.#sendDelta(key, file, digest, delta)) ??
        (await this.#sendParts(key, file, digest, layout));
      const chunks = await cutting;
      if (signal.aborted) {
        await this.#open.giveUp(staged.upload, file.size, signal.reason);
        signal.throwIfAborted();
      }
      return chunks === undefined ? staged : { ...staged, chunks: formatChunks(chunks) };
    }
    return this.#options.arena.with(file.size, async (body) => {
      signal.throwIfAborted();
      await this.#readBody(file, body);
      const md5 = known?.md5 ?? md5Of(body);
      const layout = [{ count: 1, size: file.size }];
      const only = { body, isHashed: known === undefined };
      return this.#sendParts(key, file, { md5, partMd5s: [md5] }, layout, undefined, only);
    });
  }

  /** The layout of the object that a file is: of those that it may have, the one that makes its ETag. */
  async #layoutOf(file: LocalFile, etag: ETag): Promise<readonly PartRun[] | undefined> {
    const { bodies, pool } = this.#options;
    const layouts = ((await bodies.layoutsOf?.(file)) ?? []).filter(canBeSent);
    if (layouts.length < 2) return layouts[0];
    const { etags } = await pool.digest({ file, layouts }, file.size);
    return layouts[etags.indexOf(etag)];
  }

  /** Hints for this upload and the next version's, where an index keeps them. Never rejects. */
  async #chunksOf(key: ObjectKey, file: LocalFile): Promise<Chunks | undefined> {
    const { older, pool } = this.#options;
    // What is an object elsewhere keeps the parts that it has there.
    if (older === undefined || file.object !== undefined || !this.#canReuse) return undefined;
    return pool.chunks(file, older.likely(key, file.size));
  }

  get #canReuse(): boolean {
    return this.#copiesRanges && this.#options.store.copiesRanges;
  }

  /**
   * The parts of a file of which an object has some already, and their digests. `undefined`: none has, or what copies
   * ranges here proves nothing.
   */
  async #deltaOf(
    key: ObjectKey,
    file: LocalFile,
    { partMd5s: known }: FileDigest,
    cutting: Chunks | Promise<Chunks | undefined>,
  ): Promise<Delta | undefined> {
    const { older, pool } = this.#options;
    // With nothing to compare with, the file is cut for later versions, while it is sent.
    if (older === undefined || older.isEmpty || !this.#canReuse) return undefined;
    const chunks = await cutting;
    if (chunks === undefined) return undefined;
    const found = await older.likest(key, file.size, chunks);
    const parts = found && planParts(file.size, found.stretches, ownPartSize(file.size));
    if (found === undefined || parts === undefined) return undefined;
    const regions = [...regionsOf(partsOf(ownLayout(file.size)), parts)];
    const digests: (readonly Md5[])[] = [];
    let own = 0;
    const due: (() => Promise<void>)[] = [];
    for (const [i, region] of regions.entries()) {
      const ours = known.slice(own, own + region.one.length);
      own += region.one.length;
      digests[i] = ours;
      if (region.one.length === 1 && region.other.length === 1) continue;
      due.push(async () => {
        const { one, other } = await pool.digestRegion({ file, region });
        // Of the very bytes that the digest of the whole was made of.
        if (one.some((md5, at) => md5 !== ours[at]))
          throw new FileChangedError('it changed after it was digested');
        digests[i] = other;
      });
    }
    await forEachConcurrent(due, pool.width, (work) => work());
    return { source: found.source, parts, partMd5s: digests.flat() };
  }

  /** `undefined`: the server refused a part, as one does that takes fewer of them, and the file is to be sent whole. */
  async #sendDelta(
    key: ObjectKey,
    file: LocalFile,
    { md5 }: FileDigest,
    delta: Delta,
  ): Promise<Staged | undefined> {
    const digest = { md5, partMd5s: delta.partMd5s };
    try {
      return await this.#sendParts(key, file, digest, layoutOf(delta.parts), delta);
    } catch (error) {
      const isOfPart = error instanceof StoreError && error.operation === 'UploadPart';
      if (!isOfPart || !this.#refusesDelta(key, delta.source.key, error)) throw error;
      return undefined;
    }
  }

  /** Whether an upload failed for its parts, by their sizes or number: then no other one of this run has such. */
  refusesLayout({ reused, upload }: Staged, error: unknown): boolean {
    return reused !== undefined && this.#refusesDelta(upload.key, reused.source, error);
  }

  #refusesDelta(key: ObjectKey, source: string, error: unknown): boolean {
    if (!(error instanceof StoreError) || error.kind !== 'rejected') return false;
    const told = this.#noneFromNowOn(`the upload was refused (${error.code})`);
    this.#sayNotReused(key, source, told);
    return true;
  }

  /** Gives up older objects for the rest of the run, for what says something of the server. */
  #noneFromNowOn(why: string): string {
    this.#copiesRanges = false;
    return `${why}; no other file of this run is made from an older object`;
  }

  #sayNotReused(key: ObjectKey, source: string, why: string): void {
    // A copy that was refused may have been told already.
    if (this.#toldNotReused.has(key)) return;
    this.#toldNotReused.add(key);
    const message = `${key} is sent, not made from ${source}: ${why}`;
    this.#options.emit({ type: 'message', level: 'notice', message });
  }

  /** Copies a part of an upload, or says why it must be sent, and with it all that were to be copied after it. */
  async #copyPart(
    upload: Upload,
    number: number,
    { source }: Delta,
    { from, size }: { readonly from: number; readonly size: number },
    md5: Md5,
  ): Promise<Part | string> {
    const { store, requests, older } = this.#options;
    try {
      const range = { first: from, last: from + size - 1 };
      const part = await store.copyPart({ upload, number, source, range }, requests);
      return (part.etag as string) === md5 ? part : 'its bytes are not those that the index says';
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const refused = `the copy was refused (${error.code})`;
      switch (error.kind) {
        case 'source':
          return 'it changed or went away';
        case 'rejected':
        case 'digest':
          // Something about this object, unless the server does not know how.
          return isUnknownThere(error) ? this.#noneFromNowOn(refused) : refused;
        case 'denied':
          older?.refuse(source);
          return source.bucket === undefined
            ? refused
            : `${refused}; nothing else of bucket ${source.bucket.name} is copied for such files`;
        case 'server':
          return this.#noneFromNowOn(refused);
        default:
          throw error;
      }
    }
  }

  /**
   * @param delta what of it is copied
   * @param only the whole file, where it is one part and already read
   */
  async #sendParts(
    key: ObjectKey,
    file: LocalFile,
    { md5, partMd5s }: Pick<FileDigest, 'md5' | 'partMd5s'>,
    layout: readonly PartRun[],
    delta?: Delta,
    only?: OnlyPart,
  ): Promise<Staged> {
    const { store, rate, signal, requests } = this.#options;
    const headers = await this.#headers.of(file, md5, true);
    const { upload, have } = await this.#open.begin(key, file, md5, layout, partMd5s, headers);
    const proves = etagsProve(upload.encryption);
    const ranges = [...partsOf(layout)].map((range, i) => ({
      ...range,
      number: i + 1,
      from: delta?.parts[i]?.from,
    }));
    const parts: Part[] = [];
    let sentBytes = 0;
    let reusedBytes = 0;
    let isLike = delta !== undefined && proves;
    /** Whether S3 said of every part the MD5 that it was digested with. */
    let isProved = true;
    const send = async (number: number, body: Buffer): Promise<void> => {
      signal.throwIfAborted();
      const due = { upload, number, body, md5: partMd5s[number - 1]! };
      const part = await rate.measure(body.length, () => store.uploadPart(due, requests));
      const proof = classifyETag(part.etag);
      if (proves && proof.kind === 'md5' && proof.md5 !== due.md5) {
        if (md5Of(body) !== due.md5) throw new FileChangedError(NOT_AS_DIGESTED);
        const told = `the ETag of part ${number} is ${part.etag}, and not the MD5 of what it should hold`;
        throw new StoreError('digest', BAD_PART_ETAG, 200, 'UploadPart', told);
      }
      if (!proves || proof.kind !== 'md5') isProved = false;
      if ((part.etag as string) !== md5 && isOther(only, md5)) throw new FileChangedError(NOT_AS_DIGESTED);
      parts[number - 1] = part;
      sentBytes += body.length;
      this.#options.onSent(body.length);
    };
    const copy = async (number: number, from: number, size: number): Promise<boolean> => {
      if (delta === undefined || !isLike) return false;
      signal.throwIfAborted();
      const part = await this.#copyPart(upload, number, delta, { from, size }, partMd5s[number - 1]!);
      if (typeof part === 'string') {
        if (isLike) this.#sayNotReused(key, delta.source.key, part);
        isLike = false;
        return false;
      }
      parts[number - 1] = part;
      reusedBytes += size;
      this.#options.onReused(size);
      return true;
    };
    try {
      for (const [number, part] of have) parts[number - 1] = part;
      const due = ranges.filter(({ number }) => !have.has(number));
      if (only !== undefined) {
        for (const { number } of due) await send(number, only.body);
      } else if (due.length > 0) {
        const lanes = isLike ? COPIED_PARTS_IN_FLIGHT : PARTS_IN_FLIGHT;
        // A further link or another mode is no reason to send all of it again.
        await withOpenFile(
          file,
          (handle) =>
            forEachConcurrent(due, lanes, async ({ offset, size, number, from }) => {
              if (from !== undefined && (await copy(number, from, size))) return;
              await this.#options.arena.with(size, async (body) => {
                signal.throwIfAborted();
                await readRange(handle, offset, body);
                await send(number, body);
              });
            }),
          () => isProved,
        );
      }
      signal.throwIfAborted();
      const expected = { etag: proves ? multipartETag(partMd5s) : undefined, size: file.size, md5 };
      const reused = delta === undefined ? {} : { reused: reusedOf(delta.source, reusedBytes) };
      return { action: 'upload', upload, parts, layout, expected, file, sentBytes, ...reused };
    } catch (error) {
      await this.#open.giveUp(upload, file.size, error);
      // S3 refuses a part that is not what was digested: the file changed under us.
      if (isUnproved(error) && !isOtherPart(error))
        throw new FileChangedError('a part is not what was digested');
      if (isRefused(error) && isOther(only, md5)) throw new FileChangedError(NOT_AS_DIGESTED);
      throw error;
    }
  }
}

/** S3 takes no smaller parts but the last one, and each is held in memory. */
function canBeSent(layout: readonly PartRun[]): boolean {
  const isLast = (i: number, count: number): boolean => i === layout.length - 1 && count === 1;
  return layout.every(
    ({ count, size }, i) => size <= MOST_SENT_PART && (size >= LEAST_PART || isLast(i, count)),
  );
}

/** Whether a part that is the whole file has another digest than it was said to have. */
function isOther(only: OnlyPart | undefined, md5: Md5): boolean {
  return only?.isHashed === false && md5Of(only.body) !== md5;
}

function reusedOf({ key: source, bucket }: SourceObject, bytes: number): Reused {
  return bucket === undefined ? { source, bytes } : { source, sourceBucket: bucket.name, bytes };
}
