import { type Chunks, formatChunks } from '../model/chunks.js';
import { type Concurrency, forEachConcurrent } from '../model/concurrency.js';
import { base64OfMd5, classifyETag, type ETag, type Md5, md5Of, multipartETag } from '../model/digest.js';
import { formatLayout, type PartRun, partsOf } from '../model/digest-index.js';
import { EXIT, type ExitCode, SyncError } from '../model/errors.js';
import type { Emit, Reused, StepOutcome } from '../model/events.js';
import { CONTENT_HEADERS, REDIRECT_HEADER } from '../model/header-rules.js';
import {
  classOf,
  everyHeader,
  FROM_METADATA,
  formatAttributes,
  formatSource,
  type HeaderDecider,
  type HeaderSet,
  headerDigest,
  metadataBytes,
  metadataMd5,
  type ObjectHeaders,
  objectHeaders,
  PAGE_METADATA,
  provenMd5,
  SOURCE_METADATA,
  withMd5,
  withoutDigests,
} from '../model/headers.js';
import { Md5Table } from '../model/md5-table.js';
import type { ObjectKey } from '../model/object-key.js';
import type { LocalFile } from '../model/objects.js';
import { layoutOf, type PlannedPart, planParts, regionsOf } from '../model/part-plan.js';
import { LEAST_PART, MULTIPART_THRESHOLD, ownLayout, ownPartSize } from '../model/part-sizes.js';
import type {
  Condition,
  CopyStep,
  DeleteStep,
  DownloadStep,
  LinkStep,
  RefreshStep,
  StagedStep,
  Step,
  UploadStep,
  WriteStep,
} from '../model/plan.js';
import { WrittenObjects } from '../model/written-objects.js';
import {
  BAD_PART_ETAG,
  etagsProve,
  type ObjectStore,
  type Part,
  type SourceObject,
  StoreError,
  UnprovedCopyError,
  type Upload,
  type Written,
} from '../store/object-store.js';
import type { BodyArena } from './body-arena.js';
import type { DigestPool } from './digest-pool.js';
import { CannotStageError, failedOutcome, type Performer } from './execute.js';
import { explain, explainDenied } from './explain.js';
import {
  crc32Of,
  createWholeReader,
  FileChangedError,
  type FileDigest,
  readRange,
  withOpenFile,
} from './file-bytes.js';
import type { Filling } from './first-destination.js';
import type { OlderObjects } from './older-objects.js';
import type { UploadRate } from './upload-rate.js';
import type { Uploads } from './uploads.js';

/** Parts of one file in flight; other files and the arena share the rest. */
const PARTS_IN_FLIGHT = 8;

/** Of files that are sent in one piece, so much is in memory at a time: more makes runs hardly faster. Bytes. */
const WHOLE_BYTES = 32 * 1024 * 1024;

/** So too where some of them are copied, which costs this machine nothing. */
const COPIED_PARTS_IN_FLIGHT = 32;

/** The largest part that is held in memory whole. Bytes. */
const MOST_SENT_PART = 512 * 1024 * 1024;

/** The header of `FROM_METADATA`. */
const FROM = `x-amz-meta-${FROM_METADATA}`;

const NOT_AS_DIGESTED = 'it is not what it was when it was digested';

/** User metadata of one object: names and values. Bytes. */
const MOST_METADATA = 2_048;

/** What another writer may do to a key while it is written over and over. */
const OVERWRITE_TRIES = 3;

/** How long an abort may take when the run itself was stopped. The runner leaves 7.5 s. Milliseconds. */
const ABORT_TIME_MS = 2_000;

export interface TransferOptions {
  readonly store: ObjectStore;
  readonly digests: ReadonlyMap<string, FileDigest>;
  readonly pool: DigestPool;
  readonly preserve: boolean;
  readonly overwrite: 'if-unchanged' | 'always';
  readonly policy: HeaderDecider;
  readonly bodies: BodySource;
  /** What bodies lie in while they are sent. */
  readonly arena: BodyArena;
  readonly rate: UploadRate;
  /** Where a mirror is filled from the first destination. */
  readonly filling?: Pick<Filling, 'source'>;
  /** Everything is staged; nothing is ever put or copied to a key whose bytes are. */
  readonly delay: boolean;
  readonly uploads: Uploads;
  /** Bytes of all files that are sent in parts: they are digested by threads where that is much. */
  readonly toCut: number;
  /** Objects that large files may have most of their bytes in common with; absent: no index knows of what. */
  readonly older?: OlderObjects;
  /** Keys that others are copied from once they are written. */
  readonly sources: ReadonlySet<ObjectKey>;
  /** Steps in flight. */
  readonly concurrency: Concurrency;
  readonly emit: Emit;
  /** Asked before the first delete; see `Performer.beforeDeletes`. */
  readonly mayDelete: () => Promise<StepOutcome['error'] | undefined>;
  /** Told of every body that arrived, in bytes. */
  readonly onSent: (bytes: number) => void;
  /** Told of every part that was copied and need not be sent, in bytes. */
  readonly onReused: (bytes: number) => void;
  /** Nothing more is started when it is aborted. */
  readonly signal: AbortSignal;
  /** Requests in flight end with it. */
  readonly requests: AbortSignal;
}

/** Makes the bytes of files that do not lie on this disk, as they are sent. */
export interface BodySource {
  /** The file with its bytes at hand. */
  ready(file: LocalFile): Promise<LocalFile>;
  /** The file as it is now. */
  again(file: LocalFile): Promise<LocalFile>;
  /** What was ready was sent, or will not be. */
  release?(ready: LocalFile): Promise<void>;
  /** Headers that files which are objects elsewhere bring along, by their names in lower case. */
  headersOf?(file: LocalFile): Promise<HeaderSet>;
  /** The part layouts that one may have: where S3 says it, the one. */
  layoutsOf?(file: LocalFile): Promise<readonly (readonly PartRun[])[]>;
}

/** Steps whose outcome is an object. */
type ObjectStep = UploadStep | CopyStep | RefreshStep;

/** Parts of an upload that hold what they should, and what Complete will check. */
export interface Staged {
  readonly action: 'upload' | 'copy';
  readonly upload: Upload;
  readonly parts: readonly Part[];
  readonly layout: readonly PartRun[];
  readonly expected: {
    readonly etag: ETag | undefined;
    readonly size: number;
    readonly md5: Md5 | undefined;
  };
  readonly crc32?: string;
  /** As it was when it was sent. */
  readonly file: LocalFile;
  /** Bytes that left this machine for it. */
  readonly sentBytes: number;
  /** Present where parts were cut around what an older object has in common with the file. */
  readonly reused?: Reused;
  /** As `formatChunks` has it. */
  readonly chunks?: string;
}

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

/** A copy, and what it is made from. */
interface Copy {
  readonly step: CopyStep;
  readonly source: SourceObject;
}

/** What a finished write put under its key. */
interface Sent {
  readonly written: Written;
  /** `undefined`: an object that is known by its multipart ETag alone. */
  readonly md5: Md5 | undefined;
  readonly file: LocalFile;
  readonly parts?: string;
  readonly sentBytes: number;
  readonly reused?: Reused;
  readonly chunks?: string;
}

/**
 * Performs steps against a store. A body that is not what it is said to be is refused, or sent anew at once (C6), a
 * copy is made only under the ETag that vouched for its source (C5), and every write under the condition that the
 * listing set.
 */
export class Transfer implements Performer {
  readonly #options: TransferOptions;
  readonly #arena: BodyArena;
  readonly #readWhole = createWholeReader();
  /** Of `sources`. */
  readonly #sent = new Map<ObjectKey, Sent>();
  readonly #staged = new Map<ObjectKey, Staged>();
  /** Ids of uploads that other runs staged: they are theirs until they are completed. */
  readonly #adopted = new Set<string>();
  /** How many of the keys learned other runs published. */
  recalled = 0;
  /** What is confirmed to lie under the keys written, for the index. */
  readonly learned = new WrittenObjects();
  /** MD5 of the files whose bytes were sent or copied. */
  readonly published = new Md5Table<string>();
  /** Those of them that were not what the plan says. */
  readonly changed = new Map<string, LocalFile>();
  /** Keys confirmed to be gone. */
  readonly deleted = new Set<ObjectKey>();
  /** Exit statuses of the failures met. */
  readonly exits = new Set<ExitCode>();
  /** Of the first destination's objects, for a mirror. */
  readonly copiedFromFirst = { files: 0, bytes: 0 };
  readonly #fromFirst = new Set<ObjectKey>();
  #refusedCopies = 0;
  #deniedParts = 0;
  /** The first file that leads elsewhere. */
  #firstRedirect: string | undefined;
  #deniedAborts = 0;
  /** Until the server shows that it does not. */
  #copiesRanges = true;

  constructor(options: TransferOptions) {
    this.#options = options;
    this.#arena = options.arena;
  }

  async stage(step: StagedStep, required: boolean): Promise<StepOutcome | undefined> {
    const started = performance.now();
    try {
      refuseFileSteps(step);
      this.#staged.set(step.key, await this.#stage(step));
      return undefined;
    } catch (error) {
      if (error instanceof CannotStageError) throw error;
      if (required) return this.#failed(step, error, performance.now() - started);
      const { message } = explain(error, `${step.key} is not staged`);
      this.#options.emit({ type: 'message', level: 'debug', message });
      return undefined;
    }
  }

  /** What was staged for a key leaves this run's hands: another one completes it. */
  handOver(key: ObjectKey): void {
    const staged = this.#staged.get(key);
    this.#staged.delete(key);
    if (staged !== undefined) this.#options.uploads.ended(staged.upload);
  }

  stagedAt(key: ObjectKey): Staged | undefined {
    return this.#staged.get(key);
  }

  /** Takes what another run staged. Where it cannot be completed it is left for one that can. */
  adopt(staged: Staged): void {
    this.#staged.set(staged.upload.key, staged);
    this.#adopted.add(staged.upload.id);
  }

  /** Takes what another run published: it can be copied from, and is remembered. */
  recall({ key, file, ...step }: UploadStep | CopyStep | RefreshStep, etag: ETag, staged?: Staged): void {
    const md5 = step.md5 ?? staged?.expected.md5;
    const parts = staged?.expected.etag === etag ? { parts: formatLayout(staged.layout) } : {};
    const written = { etag, versionId: undefined, encryption: undefined };
    this.#remember(key, { written, md5, file, sentBytes: 0, ...parts }, file);
    this.recalled++;
  }

  /**
   * Aborts what was staged and not completed, while time lasts. A run that was stopped keeps the large uploads that
   * the next one will go on with.
   */
  async close(): Promise<void> {
    const { signal, uploads, concurrency, emit } = this.#options;
    const stopped = signal.aborted;
    const due = [...this.#staged.values()].filter(
      ({ upload, expected }) =>
        !this.#adopted.has(upload.id) && !(stopped && uploads.journalled && isLarge(expected.size)),
    );
    this.#staged.clear();
    if (this.#adopted.size > 0) {
      const what = `${this.#adopted.size} staged ${this.#adopted.size === 1 ? 'upload is' : 'uploads are'} left open`;
      const message = `${what}: publish again, or give the plan up with abort`;
      emit({ type: 'message', level: 'warning', message });
    }
    const until = performance.now() + (stopped ? ABORT_TIME_MS : Number.POSITIVE_INFINITY);
    await forEachConcurrent(due, concurrency, async ({ upload }) => {
      if (performance.now() < until) await this.#abort(upload);
    });
    const left = uploads.left().size;
    if (left === 0) return;
    const what = `${left} multipart ${left === 1 ? 'upload is' : 'uploads are'} left open`;
    const message = uploads.journalled
      ? `${what}: the next run goes on with what it can use and aborts the rest`
      : `${what} and will be billed until a lifecycle rule aborts them: an index would let the next run do it`;
    emit({ type: 'message', level: uploads.journalled ? 'notice' : 'warning', message });
  }

  async write(step: WriteStep): Promise<StepOutcome> {
    const started = performance.now();
    const ms = (): number => performance.now() - started;
    refuseFileSteps(step);
    let { condition } = step;
    for (let tries = 1; ; tries++) {
      try {
        const { action, sent } = await this.#writeUnder(step, condition);
        this.#remember(step.key, sent, step.file);
        if (step.file.name === this.#firstRedirect) await this.#lookForRedirect(step.key);
        if (action === 'copy' && this.#fromFirst.has(step.key)) {
          this.copiedFromFirst.files++;
          this.copiedFromFirst.bytes += sent.file.size;
        }
        return {
          step,
          outcome: 'done',
          action,
          sentBytes: sent.sentBytes,
          ...(sent.reused === undefined || sent.reused.bytes === 0 ? {} : { reused: sent.reused }),
          etag: sent.written.etag,
          ...(sent.written.versionId === undefined ? {} : { versionId: sent.written.versionId }),
          ms: ms(),
        };
      } catch (error) {
        const foreign = error instanceof StoreError && error.kind === 'condition';
        if (!foreign || this.#options.overwrite === 'if-unchanged' || tries === OVERWRITE_TRIES) {
          return this.#failed(step, error, ms());
        }
        try {
          const head = await this.#options.store.head(step.key, this.#options.requests);
          condition = head === undefined ? { ifNoneMatch: '*' } : { ifMatch: head.etag };
        } catch (cause) {
          return this.#failed(step, cause, ms());
        }
      }
    }
  }

  /** Copies where the plan says so and the source still is what vouched for it; else the bytes are sent. */
  async #writeUnder(
    step: ObjectStep,
    condition: Condition,
  ): Promise<{ readonly action: 'upload' | 'copy' | 'refresh'; readonly sent: Sent }> {
    if (step.action !== 'refresh' && step.staged) {
      const published = await this.#publishStaged(step, condition);
      if (published !== undefined) return published;
    }
    let copied: { readonly sent?: Sent; readonly overwrite?: Condition } = {};
    if (step.action === 'refresh') {
      copied = await this.#refresh(step, condition);
      if (copied.sent !== undefined) return { action: 'refresh', sent: copied.sent };
    } else if (!step.staged) {
      const copy = await this.#copyOf(step);
      if (copy !== undefined) copied = await this.#copy(copy.step, copy.source, condition);
      if (copied.sent !== undefined) return { action: 'copy', sent: copied.sent };
    }
    return { action: 'upload', sent: await this.#uploadTwice(step, copied.overwrite ?? condition) };
  }

  async beforeDeletes(): Promise<StepOutcome['error'] | undefined> {
    return this.#options.mayDelete();
  }

  async delete(steps: readonly DeleteStep[]): Promise<readonly StepOutcome[]> {
    const { store, requests } = this.#options;
    const started = performance.now();
    try {
      const answers = await store.delete(steps, requests);
      return steps.map((step, i) => {
        const answer = answers[i];
        const ms = performance.now() - started;
        if (answer?.deleted !== true) return this.#failed(step, answer?.error ?? new Error('no answer'), ms);
        this.deleted.add(step.key);
        return { step, outcome: 'done', action: 'delete', sentBytes: 0, ms };
      });
    } catch (error) {
      return steps.map((step) => this.#failed(step, error, performance.now() - started));
    }
  }

  #failed(step: Step, error: unknown, ms: number): StepOutcome {
    return failedOutcome(step, error, ms, this.#options.signal, this.exits);
  }

  /** Says where a server does not keep where an object leads. */
  async #lookForRedirect(key: ObjectKey): Promise<void> {
    const { store, emit, requests } = this.#options;
    if (store.redirects === 'kept') return;
    if (store.redirects === 'unknown') {
      // Whoever may not read it is not told.
      const head = await store.head(key, requests).catch(() => undefined);
      if (head === undefined || head.fields[REDIRECT_HEADER] !== undefined) return;
    }
    const message = `${key}: this server (${store.provider}) keeps no website redirects, so this object and every other one with a redirect leads nowhere: redirect in what serves the bucket, and leave redirects-file out here`;
    emit({ type: 'message', level: 'warning', message });
  }

  /** @param planned the file that the plan knows */
  #remember(key: ObjectKey, sent: Sent, planned: LocalFile): void {
    const decided = this.#options.policy.headersOf(sent.file);
    const asked = classOf(decided);
    if (this.#options.sources.has(key)) this.#sent.set(key, sent);
    const { md5 } = sent;
    // Of what another machine sent there is no file.
    const isHere = (sent.file.encoded?.source ?? sent.file).path !== '' && sent.file.object === undefined;
    if (isHere && md5 !== undefined) {
      this.published.set(sent.file.name, md5);
      if (sent.file !== planned) this.changed.set(sent.file.name, sent.file);
    }
    this.learned.set(key, {
      etag: sent.written.etag,
      size: sent.file.size,
      headers: headerDigest(decided),
      ...(md5 === undefined ? {} : { md5 }),
      ...(sent.parts === undefined ? {} : { parts: sent.parts }),
      ...(sent.chunks === undefined ? {} : { chunks: sent.chunks }),
      ...(sent.file.encoded === undefined ? {} : { source: formatSource(sent.file.encoded) }),
      ...(asked === undefined ? {} : { class: asked }),
    });
  }

  /** @param md5 `undefined`: nobody knows it, and the object brings its headers along */
  async #headers(file: LocalFile, md5: Md5 | undefined, multipart: boolean): Promise<ObjectHeaders> {
    const { policy, preserve, bodies } = this.#options;
    if (file.object !== undefined && bodies.headersOf !== undefined) {
      // One of which this plan knew no content is known by the ETag that it had.
      const from = this.#options.digests.has(file.name) ? {} : { [FROM]: file.object.etag };
      const decided: HeaderSet = { ...policy.over(await bodies.headersOf(file), file), ...from };
      if (decided[REDIRECT_HEADER] !== undefined) this.#firstRedirect ??= file.name;
      return withDigest(decided, md5, multipart);
    }
    if (md5 === undefined) throw new Error(`${file.name} has no digest`);
    const decided = policy.headersOf(file);
    if (decided[REDIRECT_HEADER] !== undefined) this.#firstRedirect ??= file.name;
    // rclone reads a multipart object's MD5 from here.
    const rclone = multipart ? { md5chksum: base64OfMd5(md5) } : {};
    return objectHeaders(decided, {
      's3cmd-attrs': formatAttributes(md5, preserve ? file : undefined),
      ...rclone,
      ...(file.encoded === undefined ? {} : { [SOURCE_METADATA]: formatSource(file.encoded) }),
      ...(file.page === undefined || file.redirect !== undefined ? {} : { [PAGE_METADATA]: 'html' }),
    });
  }

  /**
   * Copies, or says why the bytes must be sent: `sent` is undefined when the source no longer is what vouched
   * for it or may not be copied, and `overwrite` is set when the copy was made and is not what it should be.
   */
  async #copy(
    step: CopyStep,
    source: SourceObject,
    condition: Condition,
  ): Promise<{ readonly sent?: Sent; readonly overwrite?: Condition }> {
    const { store, requests } = this.#options;
    const { key, file, md5 } = step;
    try {
      if (md5 === undefined) return { sent: await this.#copyUnknown(step, source, condition) };
      if (source.size > store.maxCopySize) {
        const staged = await this.#copyParts(step, source);
        return { sent: await this.#complete(staged, condition) };
      }
      const headers = await this.#headers(file, md5, false);
      const written = await store.copy({ key, source, md5, headers, condition }, requests);
      return this.#checked({ ...step, md5 }, written);
    } catch (error) {
      return this.#sendInstead(step, error);
    }
  }

  /**
   * Gives an object the headers that it should have. Where S3 refuses to copy it onto itself it is sent, under a
   * condition that leaves alone what another writer put there.
   */
  async #refresh(
    step: RefreshStep,
    condition: Condition,
  ): Promise<{ readonly sent?: Sent; readonly overwrite?: Condition }> {
    const { store, requests } = this.#options;
    const { key, etag, file, md5, storageClass } = step;
    const refresh = storageClass === undefined ? {} : { storageClass };
    const source = { key, etag, size: file.size };
    const headers = await this.#headers(file, md5, classifyETag(etag).kind === 'multipart');
    try {
      const left = store.mergesHeaders ? await this.#wouldStay(key, headers) : [];
      if (left.length > 0) {
        this.#sayRefused(step, `${store.provider} would keep its ${left.join(', ')}`);
        return {};
      }
      return this.#checked(
        step,
        await store.copy({ key, source, md5, headers, condition, refresh }, requests),
      );
    } catch (error) {
      return this.#sendInstead(step, error);
    }
  }

  /** Headers that an object has and is not to have. */
  async #wouldStay(key: ObjectKey, { fields = {} }: ObjectHeaders): Promise<readonly string[]> {
    const head = await this.#options.store.head(key, this.#options.requests);
    return CONTENT_HEADERS.filter(
      (name) => name !== 'content-type' && head?.fields[name] !== undefined && fields[name] === undefined,
    );
  }

  #checked(
    step: (CopyStep & { readonly md5: Md5 }) | RefreshStep,
    written: Written,
  ): { readonly sent?: Sent; readonly overwrite?: Condition } {
    const etag = classifyETag(written.etag);
    if (etag.kind === 'md5' && etag.md5 !== step.md5 && etagsProve(written.encryption)) {
      this.#sayRefused(step, 'the copy is not what its source was said to be');
      return { overwrite: { ifMatch: written.etag } };
    }
    return { sent: { written, md5: step.md5, file: step.file, sentBytes: 0 } };
  }

  /** A copy that S3 refuses is sent in the same run; what would fail an upload as well is thrown on. */
  #sendInstead(step: CopyStep | RefreshStep, error: unknown): Record<string, never> {
    if (error instanceof FileChangedError) {
      this.#sayRefused(step, 'the file changed during this run');
      return {};
    }
    if (!(error instanceof StoreError)) throw error;
    switch (error.kind) {
      case 'source':
        // To read it is refused as well.
        if (error.code === 'InvalidObjectState' && step.file.object !== undefined) throw archived(step);
        this.#sayRefused(step, 'its source changed or went away');
        return {};
      case 'digest':
        this.#sayRefused(
          step,
          error instanceof UnprovedCopyError
            ? `the copy is not proved, as ${error.message}`
            : `it has other bytes than its source was said to have (${error.code})`,
        );
        return {};
      case 'denied':
        // Whoever may not take the object's tags along would lose them with an upload.
        if (step.action === 'refresh') throw error;
        this.#sayRefused(step, explainDenied(error));
        return {};
      case 'rejected':
        this.#sayRefused(step, `the copy was refused (${error.code})`);
        return {};
      case 'no-upload':
        this.#sayRefused(step, 'its upload was aborted by someone else');
        return {};
      default:
        throw error;
    }
  }

  /**
   * Copies the source into a multipart upload: whole, or above the limit of one copy in our own layout. Each part
   * must be proved by its ETag. Where ETags prove nothing (KMS, a customer's key) the CRC32 of the whole is declared
   * at Create and given at Complete; on servers whose part copies answer no digest, a whole source that was bound by
   * an ETag which is itself a proof counts. Rejects when nothing proves it, the upload aborted.
   */
  async #copyParts(step: CopyStep, source: SourceObject): Promise<Staged> {
    const { store, requests, signal } = this.#options;
    const { key, file, md5 } = step;
    const whole = source.size <= store.maxCopySize;
    const isHere = file.path !== '';
    if (md5 === undefined || (!whole && !isHere)) return this.#copyInLayout(step, source);
    const headers = await this.#headers(file, md5, true);
    const layout = whole ? [{ count: 1, size: source.size }] : ownLayout(source.size);
    const partMd5s = whole ? [md5] : await this.#partMd5s(file, layout);
    const begun = await this.#begin(key, file, md5, layout, partMd5s, headers);
    let { upload } = begun;
    let crc32: string | undefined;
    if (!etagsProve(upload.encryption)) {
      await this.#abort(upload);
      if (!isHere) throw new UnprovedCopyError('it is encrypted, and its bytes lie in S3 alone');
      crc32 = await crc32Of(file);
      upload = (await this.#begin(key, file, md5, layout, partMd5s, headers, true)).upload;
    }
    try {
      const ranges = [...partsOf(layout)].map((range, i) => ({ ...range, number: i + 1 }));
      const parts: Part[] = [];
      await forEachConcurrent(ranges, PARTS_IN_FLIGHT, async ({ offset, size, number }) => {
        signal.throwIfAborted();
        const range = whole ? {} : { range: { first: offset, last: offset + size - 1 } };
        const part =
          begun.have.get(number) ?? (await store.copyPart({ upload, number, source, ...range }, requests));
        const bound = part.boundBySource === true && this.#provesContent(source.etag, step);
        if (crc32 === undefined && (part.etag as string) !== partMd5s[number - 1] && !bound) {
          const told = `the ETag of part ${number} is ${part.etag}, and not the MD5 of what it should hold`;
          throw new UnprovedCopyError(told);
        }
        parts[number - 1] = part;
      });
      const proved = crc32 === undefined && parts.every((part) => part.boundBySource !== true);
      const expected = { etag: proved ? multipartETag(partMd5s) : undefined, size: source.size, md5 };
      const whole32 = crc32 === undefined ? {} : { crc32 };
      return { action: 'copy', upload, parts, layout, expected, file, sentBytes: 0, ...whole32 };
    } catch (error) {
      await this.#giveUp(upload, source.size, error);
      throw error;
    }
  }

  /**
   * Copies an object of which nobody knows the MD5: in its own layout if that can be, else whole, bound by its ETag. The
   * answer then says the digest, where ETags say one.
   */
  async #copyUnknown(step: CopyStep, source: SourceObject, condition: Condition): Promise<Sent> {
    const { store, requests } = this.#options;
    const { key, file } = step;
    try {
      return await this.#complete(await this.#copyInLayout(step, source), condition);
    } catch (error) {
      if (!isUnproved(error) || source.size > store.maxCopySize) throw error;
    }
    const known = await this.#digestThere(step, source);
    const headers = await this.#headers(file, known, false);
    const written = await store.copy({ key, source, md5: known, headers, condition }, requests);
    const etag = classifyETag(written.etag);
    const md5 = etag.kind === 'md5' && etagsProve(written.encryption) ? etag.md5 : known;
    return { written, md5, file, sentBytes: 0 };
  }

  /** What this run sent is known by now; what lay in the destination may say its digest itself. */
  async #digestThere(step: CopyStep, source: SourceObject): Promise<Md5 | undefined> {
    const { store, requests } = this.#options;
    if (step.source.kind === 'published') return this.#sent.get(step.source.key)?.md5;
    if (source.bucket !== undefined) return undefined;
    const head = await store.head(source.key, requests);
    return head?.etag === source.etag ? provenMd5(head.etag, head.metadata) : undefined;
  }

  /**
   * A multipart object is copied in its own layout: the ETag of the whole then proves it, and the next run knows it by
   * that. Rejects where the layout is not known, or the parts do not prove it.
   */
  async #copyInLayout(step: CopyStep, source: SourceObject): Promise<Staged> {
    let why: unknown = new UnprovedCopyError('its part layout is not known');
    for (const layout of (await this.#options.bodies.layoutsOf?.(step.file)) ?? []) {
      try {
        return await this.#copyRanges(step, source, layout);
      } catch (error) {
        if (!isUnproved(error)) throw error;
        why = error;
      }
    }
    throw why;
  }

  async #copyRanges(
    { key, file, md5 }: CopyStep,
    source: SourceObject,
    layout: readonly PartRun[],
  ): Promise<Staged> {
    const { store, requests, signal } = this.#options;
    const headers = await this.#headers(file, md5, true);
    // Of an upload that is left behind no part is proved alone: the next run aborts it.
    const purpose = md5 ?? md5Of(Buffer.from(source.etag));
    const { upload } = await this.#begin(key, file, purpose, layout, [], headers);
    try {
      if (!etagsProve(upload.encryption))
        throw new UnprovedCopyError('it is encrypted, and its ETag says nothing');
      const ranges = [...partsOf(layout)].map((range, i) => ({ ...range, number: i + 1 }));
      const parts: Part[] = [];
      await forEachConcurrent(ranges, PARTS_IN_FLIGHT, async ({ offset, size, number }) => {
        signal.throwIfAborted();
        const range = ranges.length === 1 ? {} : { range: { first: offset, last: offset + size - 1 } };
        parts[number - 1] = await store.copyPart({ upload, number, source, ...range }, requests);
      });
      const etags = parts.map(({ etag }) => classifyETag(etag));
      const md5s = etags.flatMap((etag) => (etag.kind === 'md5' ? [etag.md5] : []));
      if (md5s.length < parts.length || multipartETag(md5s) !== source.etag)
        throw new UnprovedCopyError('its parts are not those of its source');
      const expected = { etag: source.etag, size: source.size, md5 };
      return { action: 'copy', upload, parts, layout, expected, file, sentBytes: 0 };
    } catch (error) {
      await this.#abort(upload);
      throw error;
    }
  }

  /** Whether an ETag by itself says that the bytes are the file's. */
  #provesContent(etag: ETag, step: CopyStep): boolean {
    const known = this.#options.digests.get(step.file.name);
    return (etag as string) === step.md5 || known?.etags.includes(etag) === true;
  }

  async #partMd5s(file: LocalFile, layout: readonly PartRun[]): Promise<readonly Md5[]> {
    const known = this.#options.digests.get(file.name)?.partMd5s ?? [];
    if (known.length > 0) return known;
    return (await this.#options.pool.digest({ file, layouts: [layout] }, file.size)).partMd5s;
  }

  async #complete(staged: Staged, condition: Condition): Promise<Sent> {
    const { store, requests, uploads } = this.#options;
    const { layout, file, upload, parts, expected, crc32, sentBytes, reused, chunks } = staged;
    const whole = crc32 === undefined ? {} : { crc32 };
    try {
      const written = await store.completeUpload({ upload, parts, expected, condition, ...whole }, requests);
      uploads.ended(upload);
      this.#adopted.delete(upload.id);
      return {
        written,
        md5: expected.md5,
        file,
        parts: formatLayout(layout),
        sentBytes,
        ...(reused === undefined ? {} : { reused }),
        ...(chunks === undefined ? {} : { chunks }),
      };
    } catch (error) {
      await this.#giveUp(upload, expected.size, error);
      throw error;
    }
  }

  /** Stages a step: its source's bytes where they can be copied, else the file's. */
  async #stage(step: UploadStep | CopyStep): Promise<Staged> {
    try {
      const copy = await this.#copyOf(step);
      if (copy !== undefined) {
        try {
          return await this.#copyParts(copy.step, copy.source);
        } catch (error) {
          // What is not required is sent in its place, by one request.
          if (!this.#options.delay || isUnknownThere(error)) throw error;
          this.#sendInstead(copy.step, error);
        }
      }
      return await this.#twice(step, (file, digest) => this.#uploadParts(step.key, file, digest));
    } catch (error) {
      if (!this.#options.delay || !isUnknownThere(error)) throw error;
      throw new CannotStageError(`${error.operation}: ${error.code}`, { cause: error });
    }
  }

  /** Makes visible what was staged. `undefined`: it was not, and what was read for it must be sent. */
  async #publishStaged(
    step: UploadStep | CopyStep,
    condition: Condition,
  ): Promise<{ readonly action: 'upload' | 'copy'; readonly sent: Sent } | undefined> {
    const { delay } = this.#options;
    let staged = this.#staged.get(step.key);
    this.#staged.delete(step.key);
    if (staged === undefined && step.action === 'copy' && !delay) {
      this.#sayRefused(step, 'it could not be staged before its source was overwritten');
      return undefined;
    }
    // Staged once more where an earlier Complete was refused.
    staged ??= await this.#stage(step);
    try {
      return { action: staged.action, sent: await this.#complete(staged, condition) };
    } catch (error) {
      if (step.action === 'copy' && !delay) {
        this.#sendInstead(step, error);
        return undefined;
      }
      if (!wantsAnotherUpload(error) && !this.#refusesLayout(staged, error)) throw error;
      const again = await this.#stage(step);
      return { action: again.action, sent: await this.#complete(again, condition) };
    }
  }

  /** A step as a copy of what its content lies in by now; `undefined`: its bytes must be sent. */
  async #copyOf(step: UploadStep | CopyStep): Promise<Copy | undefined> {
    if (step.action === 'upload' || step.source.kind === 'first') return this.#copyOfFirst(step);
    const source = step.source.kind === 'object' ? step.source : this.#sentAs(step, step.source.key);
    return source === undefined ? undefined : { step, source };
  }

  async #copyOfFirst(step: UploadStep | CopyStep): Promise<Copy | undefined> {
    const { filling, signal } = this.#options;
    const held = await filling?.source(step.file, step.md5, signal);
    if (held === undefined) return undefined;
    const { source, md5 } = held;
    this.#fromFirst.add(step.key);
    const copy = {
      ...step,
      action: 'copy',
      reason: 'exists',
      md5,
      source: { kind: 'object', ...source },
    } as const;
    return { step: copy, source };
  }

  #sentAs(step: CopyStep, key: ObjectKey): SourceObject | undefined {
    const sent = this.#sent.get(key);
    // The file whose first name was sent may have changed since the plan: then this name has content of its own.
    const isSame =
      sent !== undefined &&
      (step.md5 === undefined ? sent.file.object?.etag === step.file.object?.etag : sent.md5 === step.md5);
    return isSame ? { key, etag: sent.written.etag, size: sent.file.size } : undefined;
  }

  #sayRefused(step: CopyStep | RefreshStep, why: string): void {
    const level = this.#refusedCopies++ === 0 ? 'notice' : 'debug';
    const from = step.action === 'copy' ? shownSource(step.source) : 'itself';
    const message = `${step.key} is uploaded, not copied from ${from}: ${why}`;
    this.#options.emit({ type: 'message', level, message });
  }

  async #uploadTwice(step: ObjectStep, condition: Condition): Promise<Sent> {
    return this.#twice(step, (file, digest) => this.#upload(step.key, file, digest, condition));
  }

  /** A file that changed since it was digested is digested and sent anew, once; so is one of which a part arrived otherwise. */
  async #twice<T>(
    { file }: ObjectStep,
    send: (file: LocalFile, digest: FileDigest | undefined) => Promise<T>,
  ): Promise<T> {
    const { bodies, digests } = this.#options;
    try {
      const ready = await bodies.ready(file);
      return await this.#released(ready, () =>
        send(ready, ready === file ? digests.get(file.name) : undefined),
      );
    } catch (error) {
      if (!(error instanceof FileChangedError) && !isOtherPart(error)) throw error;
      const again = await bodies.again(file);
      this.#options.pool.forget(again);
      return this.#released(again, () => send(again, undefined));
    }
  }

  async #released<T>(ready: LocalFile, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      await this.#options.bodies.release?.(ready);
    }
  }

  async #upload(
    key: ObjectKey,
    file: LocalFile,
    digest: FileDigest | undefined,
    condition: Condition,
  ): Promise<Sent> {
    // In the layout of the object that it was, so that its ETag says next time that it is the same.
    const isMultipart = file.object !== undefined && classifyETag(file.object.etag).kind === 'multipart';
    if (isLarge(file.size) || isMultipart) {
      const staged = await this.#uploadParts(key, file, digest);
      try {
        return await this.#complete(staged, condition);
      } catch (error) {
        if (!this.#refusesLayout(staged, error)) throw error;
        return this.#complete(await this.#uploadParts(key, file, digest), condition);
      }
    }
    const send = async (body: Buffer): Promise<Sent> => {
      this.#options.signal.throwIfAborted();
      await this.#readBody(file, body);
      const known = file.redirect === undefined ? digest?.md5 : undefined;
      return this.#put(key, file, body, known, condition);
    };
    return this.#arena.with(file.size, send, { within: WHOLE_BYTES });
  }

  /**
   * @param known MD5 of the file when it was digested, or of its stat as an index has it: S3 refuses a body that has another one
   */
  async #put(
    key: ObjectKey,
    file: LocalFile,
    body: Buffer,
    known: Md5 | undefined,
    condition: Condition,
  ): Promise<Sent> {
    const { store, rate, requests } = this.#options;
    const md5 = known ?? md5Of(body);
    const headers = await this.#headers(file, md5, false);
    let written: Written;
    try {
      const put = { key, body, md5, headers, condition };
      written = await rate.measure(body.length, () => store.put(put, requests));
    } catch (error) {
      if (known !== undefined && isRefused(error) && md5Of(body) !== md5)
        throw new FileChangedError(NOT_AS_DIGESTED);
      throw error;
    }
    // A server that compares nothing; where ETags are no digests, that shows by the body alone.
    if (known !== undefined && (written.etag as string) !== md5 && md5Of(body) !== md5)
      return this.#put(key, file, body, undefined, { ifMatch: written.etag });
    this.#options.onSent(file.size);
    return { written, md5, file, sentBytes: file.size };
  }

  /** A redirect has no bytes and no file. */
  async #readBody(file: LocalFile, body: Buffer): Promise<void> {
    if (file.redirect === undefined) await this.#readWhole(file, body);
  }

  /** Sends a file into an upload: large ones in parts, small ones as its only one. */
  async #uploadParts(key: ObjectKey, file: LocalFile, known: FileDigest | undefined): Promise<Staged> {
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
      const staged = await (delta === undefined
        ? this.#sendParts(key, file, digest, layout)
        : this.#sendParts(key, file, { ...digest, ...delta }, layoutOf(delta.parts), delta));
      const chunks = await cutting;
      if (signal.aborted) {
        await this.#giveUp(staged.upload, file.size, signal.reason);
        signal.throwIfAborted();
      }
      return chunks === undefined ? staged : { ...staged, chunks: formatChunks(chunks) };
    }
    return this.#arena.with(file.size, async (body) => {
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

  /** Whether an upload failed for the sizes of its parts: then no other one of this run has such. */
  #refusesLayout({ reused, upload }: Staged, error: unknown): boolean {
    if (reused === undefined || !(error instanceof StoreError) || error.kind !== 'rejected') return false;
    this.#sayNotReused(upload.key, reused.source, `the upload was refused (${error.code})`);
    this.#copiesRanges = false;
    return true;
  }

  #sayNotReused(key: ObjectKey, source: string, why: string): void {
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
    const { store, requests } = this.#options;
    try {
      const range = { first: from, last: from + size - 1 };
      const part = await store.copyPart({ upload, number, source, range }, requests);
      return (part.etag as string) === md5 ? part : 'its bytes are not those that the index says';
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      switch (error.kind) {
        case 'source':
          return 'it changed or went away';
        case 'rejected':
          // Something about this object, unless the server does not know how.
          if (isUnknownThere(error)) this.#copiesRanges = false;
          return `the copy was refused (${error.code})`;
        case 'digest':
        case 'denied':
        case 'server':
          this.#copiesRanges = false;
          return `the copy was refused (${error.code})`;
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
    const headers = await this.#headers(file, md5, true);
    const { upload, have } = await this.#begin(key, file, md5, layout, partMd5s, headers);
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
        await withOpenFile(file, (handle) =>
          forEachConcurrent(due, lanes, async ({ offset, size, number, from }) => {
            if (from !== undefined && (await copy(number, from, size))) return;
            await this.#arena.with(size, async (body) => {
              signal.throwIfAborted();
              await readRange(handle, offset, body);
              await send(number, body);
            });
          }),
        );
      }
      signal.throwIfAborted();
      const expected = { etag: proves ? multipartETag(partMd5s) : undefined, size: file.size, md5 };
      const reused = delta === undefined ? {} : { reused: { source: delta.source.key, bytes: reusedBytes } };
      return { action: 'upload', upload, parts, layout, expected, file, sentBytes, ...reused };
    } catch (error) {
      await this.#giveUp(upload, file.size, error);
      // S3 refuses a part that is not what was digested: the file changed under us.
      if (isUnproved(error) && !isOtherPart(error))
        throw new FileChangedError('a part is not what was digested');
      if (isRefused(error) && isOther(only, md5)) throw new FileChangedError(NOT_AS_DIGESTED);
      throw error;
    }
  }

  /**
   * An upload, journalled before its first part: one that an earlier run left behind for just this, with the parts
   * that are proved to hold what they should, else a new one.
   */
  async #begin(
    key: ObjectKey,
    file: LocalFile,
    md5: Md5,
    layout: readonly PartRun[],
    partMd5s: readonly Md5[],
    headers: ObjectHeaders,
    wholeCrc32 = false,
  ): Promise<{ readonly upload: Upload; readonly have: ReadonlyMap<number, Part> }> {
    const { store, requests, uploads } = this.#options;
    const parts = formatLayout(layout);
    const purpose = { key, md5, size: file.size, parts, headers: headerDigest(everyHeader(headers)) };
    const left = wholeCrc32 ? undefined : await uploads.take(purpose);
    if (left !== undefined) {
      const have = await this.#partsOf(left, layout, partMd5s);
      if (have.size > 0) return { upload: left, have };
      if (uploads.drop(left)) await this.#abort(left);
    }
    const crc32 = wholeCrc32 ? { wholeCrc32 } : {};
    const upload = await store.createUpload({ key, headers, ...crc32 }, requests);
    await uploads.begun(upload, purpose);
    return { upload, have: new Map() };
  }

  /** The parts of an earlier run's upload whose ETags prove them. None, where it is gone. */
  async #partsOf(
    upload: Upload,
    layout: readonly PartRun[],
    partMd5s: readonly Md5[],
  ): Promise<ReadonlyMap<number, Part>> {
    const { store, requests } = this.#options;
    const sizes = [...partsOf(layout)].map(({ size }) => size);
    try {
      const listed = await store.listParts(upload, requests);
      const proved = listed.filter(
        ({ number, etag, size }) =>
          size === sizes[number - 1] && (etag as string) === (partMd5s[number - 1] as string | undefined),
      );
      return new Map(proved.map(({ number, etag }) => [number, { number, etag }]));
    } catch (error) {
      if (!(error instanceof StoreError) || !['no-upload', 'denied', 'rejected'].includes(error.kind))
        throw error;
      if (error.kind === 'denied' && this.#deniedParts++ === 0) {
        const message = `${upload.key} and others are sent anew, not from where an interrupted run left them: ${explainDenied(error)}`;
        this.#options.emit({ type: 'message', level: 'notice', message });
      }
      return new Map();
    }
  }

  /** An upload that failed: a large one that only lacks an answer is left to the next run, which goes on with it. */
  async #giveUp(upload: Upload, size: number, error: unknown): Promise<void> {
    const { uploads, signal } = this.#options;
    if (this.#adopted.has(upload.id)) return;
    const heals =
      signal.aborted ||
      (error instanceof StoreError && ['network', 'server', 'throttled', 'fatal'].includes(error.kind));
    if (heals && uploads.journalled && isLarge(size)) return;
    await this.#abort(upload);
  }

  /** What was begun and will not be completed costs storage until it is aborted. */
  async #abort(upload: Upload): Promise<void> {
    const { store, requests, emit, uploads } = this.#options;
    const time = requests.aborted ? AbortSignal.timeout(ABORT_TIME_MS) : requests;
    try {
      await store.abortUpload(upload, time);
      uploads.ended(upload);
    } catch (error) {
      const { message } = explain(error, upload.key);
      const denied = error instanceof StoreError && error.kind === 'denied';
      const level = denied && this.#deniedAborts++ === 0 ? 'warning' : 'debug';
      const text = `an upload could not be aborted, and is billed until a lifecycle rule does it: ${message}`;
      emit({ type: 'message', level, message: text });
    }
  }
}

/** Files are made by another performer. */
function refuseFileSteps<S extends Step>(step: S): asserts step is Exclude<S, DownloadStep | LinkStep> {
  if (step.action === 'download' || step.action === 'link') throw new Error(`${step.action} of an object`);
}

/** S3 takes no smaller parts but the last one, and each is held in memory. */
function canBeSent(layout: readonly PartRun[]): boolean {
  const isLast = (i: number, count: number): boolean => i === layout.length - 1 && count === 1;
  return layout.every(
    ({ count, size }, i) => size <= MOST_SENT_PART && (size >= LEAST_PART || isLast(i, count)),
  );
}

function archived({ key, ...step }: CopyStep | RefreshStep): SyncError {
  const what = step.action === 'copy' ? shownSource(step.source) : key;
  const message = `${what}: the object is archived: restore it first, or exclude it`;
  return new SyncError('rejected', EXIT.failed, message, { key });
}

function shownSource({ key, ...source }: CopyStep['source']): string {
  return source.kind !== 'published' && source.bucket !== undefined
    ? `s3://${source.bucket.name}/${key}`
    : key;
}

/**
 * Headers that came along, with the digest of these bytes. What they say of the digest themselves may be of other ones;
 * where S3 has no room for ours besides theirs, the ETag must do.
 */
function withDigest(decided: HeaderSet, md5: Md5 | undefined, multipart: boolean): ObjectHeaders {
  const { metadata } = objectHeaders(decided, {});
  const rclone = multipart || metadata.md5chksum !== undefined;
  const own =
    md5 === undefined
      ? {}
      : {
          's3cmd-attrs': withMd5(metadata['s3cmd-attrs'], md5),
          ...(rclone ? { md5chksum: base64OfMd5(md5) } : {}),
        };
  const full = objectHeaders(decided, own);
  if (metadataBytes(full.metadata) <= MOST_METADATA) return full;
  const { [FROM]: _, ...kept } = decided;
  const told = metadataMd5(new Map(Object.entries(metadata)));
  if (told === undefined || told === md5) return objectHeaders(kept, {});
  return objectHeaders(withoutDigests(kept), {});
}

/** Whether a part that is the whole file has another digest than it was said to have. */
function isOther(only: OnlyPart | undefined, md5: Md5): boolean {
  return only?.isHashed === false && md5Of(only.body) !== md5;
}

/** Whether a server refused a body, maybe for a digest that is not its own: some have no code for that. */
function isRefused(error: unknown): boolean {
  return error instanceof StoreError && ['digest', 'rejected', 'server'].includes(error.kind);
}

function isUnproved(error: unknown): boolean {
  return error instanceof StoreError && error.kind === 'digest';
}

/** Whether a part has the ETag of other bytes than were sent. */
function isOtherPart(error: unknown): boolean {
  return error instanceof StoreError && error.code === BAD_PART_ETAG;
}

function isLarge(size: number): boolean {
  return size >= MULTIPART_THRESHOLD;
}

/** Whether the server does not have what a request asks of it. */
function isUnknownThere(error: unknown): error is StoreError {
  return (
    error instanceof StoreError &&
    (error.code === 'NotImplemented' || error.status === 501 || error.status === 405)
  );
}

/** Whether Complete may succeed with another upload: this one is gone, or was in the way of another writer's. */
function wantsAnotherUpload(error: unknown): boolean {
  return (
    error instanceof StoreError && (error.kind === 'no-upload' || error.code === 'ConditionalRequestConflict')
  );
}
