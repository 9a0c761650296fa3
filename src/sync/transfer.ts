import { forEachConcurrent } from '../model/concurrency.js';
import { classifyETag, type ETag, type Md5, md5Of, multipartETag } from '../model/digest.js';
import { formatLayout, type ObjectEntry } from '../model/digest-index.js';
import { EXIT, type ExitCode, SyncError } from '../model/errors.js';
import type { Reused, StepOutcome } from '../model/events.js';
import { REDIRECT_HEADER } from '../model/header-rules.js';
import {
  type Attributes,
  attributedBy,
  classOf,
  everyHeader,
  formatHeaderState,
  formatSource,
  isPreserved,
  provenMd5,
  statedMd5,
} from '../model/headers.js';
import type { Writable } from '../model/index-rows.js';
import { Md5Table } from '../model/md5-table.js';
import { ObjectEntries } from '../model/object-entries.js';
import type { ObjectKey } from '../model/object-key.js';
import { isOnDisk, type LocalFile } from '../model/objects.js';
import { isLarge, isOfParts } from '../model/part-sizes.js';
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
import {
  etagsProve,
  type ObjectHead,
  type SourceObject,
  StoreError,
  UnprovedCopyError,
  type Written,
} from '../store/object-store.js';
import { CopiedUploads } from './copied-uploads.js';
import { CannotStageError, failedOutcome, type Performer } from './execute.js';
import { explain, explainDenied } from './explain.js';
import { createWholeReader, FileChangedError, type FileDigest } from './file-bytes.js';
import { lacksClass } from './headers.js';
import { OpenUploads } from './open-uploads.js';
import { differences } from './refresh-headers.js';
import { SentUploads } from './sent-uploads.js';
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
import { UploadHeaders } from './upload-headers.js';

/** Of files that are sent in one piece, so much is in memory at a time: more makes runs hardly faster. Bytes. */
const WHOLE_BYTES = 32 * 1024 * 1024;

/** What another writer may do to a key while it is written over and over. */
const OVERWRITE_TRIES = 3;

/** Steps whose outcome is an object. */
type ObjectStep = UploadStep | CopyStep | RefreshStep;

/** A copy, and what it is made from. */
interface Copy {
  readonly step: CopyStep;
  readonly source: SourceObject;
}

/** What a finished write put under its key. */
interface Sent {
  readonly written: WrittenHere;
  /** `undefined`: an object that is known by its multipart ETag alone. */
  readonly md5: Md5 | undefined;
  readonly file: LocalFile;
  readonly parts?: string;
  readonly sentBytes: number;
  readonly reused?: Reused;
  readonly chunks?: string;
  /** Of a copy onto itself: what it kept. */
  readonly attributes?: Attributes;
}

interface WrittenHere extends Written {
  /** Another run wrote it, with the same bytes and headers. */
  readonly isOthers?: true;
}

/**
 * Performs steps against a store. A body that is not what it is said to be is refused, or sent anew at once (C6), a
 * copy is made only under the ETag that vouched for its source (C5), and every write under the condition that the
 * listing set.
 */
export class Transfer implements Performer {
  readonly #options: TransferOptions;
  readonly #headers: UploadHeaders;
  readonly #open: OpenUploads;
  readonly #copied: CopiedUploads;
  readonly #parts: SentUploads;
  readonly #readWhole = createWholeReader();
  /** Of `sources`. */
  readonly #sent = new Map<ObjectKey, Sent>();
  readonly #staged = new Map<ObjectKey, Staged>();
  /** How many of the keys learned other runs published. */
  recalled = 0;
  /** Whether another run wrote during this one what this one was to write. */
  meetsAnother = false;
  /** What is confirmed to lie under the keys written, for the index. */
  readonly learned = new ObjectEntries<ObjectKey>();
  /** MD5 of the files whose bytes were sent or copied. */
  readonly published = new Md5Table<string>();
  /** ETags that files of them made which were sent in parts, each of which was proved, by name. */
  readonly composites = new Map<string, ETag>();
  /** Those of them that were not what the plan says. */
  readonly changed = new Map<string, LocalFile>();
  /** Keys confirmed to be gone. */
  readonly deleted = new Set<ObjectKey>();
  /** Exit statuses of the failures met. */
  readonly exits = new Set<ExitCode>();
  /** Of the first destination's objects, for a mirror. */
  readonly copiedFromFirst = { files: 0, bytes: 0 };
  readonly #fromFirst = new Set<ObjectKey>();
  /** Why copies were not made that the plan has. */
  readonly #notCopied = new Map<ObjectKey, string>();

  constructor(options: TransferOptions) {
    this.#options = options;
    this.#headers = new UploadHeaders(options);
    this.#open = new OpenUploads(options);
    this.#copied = new CopiedUploads(options, this.#open, this.#headers);
    this.#parts = new SentUploads(options, this.#open, this.#headers, (file, body) =>
      this.#readBody(file, body),
    );
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
    this.#open.adopted.add(staged.upload.id);
  }

  /** Takes what another run published: it can be copied from, and is remembered. */
  recall({ key, file, ...step }: WriteStep, etag: ETag, staged?: Staged): void {
    const md5 = step.md5 ?? staged?.expected.md5;
    const parts = staged?.expected.etag === etag ? { parts: formatLayout(staged.layout) } : {};
    const written = { etag, versionId: undefined, encryption: undefined };
    this.#remember(key, { written, md5, file, sentBytes: 0, ...parts, ...keptBy(step) }, file);
    this.recalled++;
  }

  /**
   * Aborts what was staged and not completed, while time lasts. A run that was stopped keeps the large uploads that
   * the next one will go on with.
   */
  async close(): Promise<void> {
    const { signal, aborts, uploads, concurrency, emit } = this.#options;
    const stopped = signal.aborted;
    const due = [...this.#staged.values()].filter(
      ({ upload, expected }) =>
        !this.#open.adopted.has(upload.id) && !(stopped && uploads.journalled && isLarge(expected.size)),
    );
    this.#staged.clear();
    if (this.#open.adopted.size > 0) {
      const what = `${this.#open.adopted.size} staged ${this.#open.adopted.size === 1 ? 'upload is' : 'uploads are'} left open`;
      const message = `${what}: publish again, or give the plan up with abort`;
      emit({ type: 'message', level: 'warning', message });
    }
    await forEachConcurrent(due, concurrency, async ({ upload }) => {
      if (!aborts.aborted) await this.#open.abort(upload);
    });
    const left = uploads.count;
    if (left === 0) return;
    const what = `${left} multipart ${left === 1 ? 'upload is' : 'uploads are'} left open`;
    const knows = uploads.journalled
      ? ': the next run'
      : `, billed until a lifecycle rule aborts ${left === 1 ? 'it' : 'them'}: if the index can be written the next run`;
    const message = uploads.isKept
      ? `${what}${knows} goes on with what it can use and aborts the rest`
      : `${what} and will be billed until a lifecycle rule aborts ${left === 1 ? 'it' : 'them'}: an index that is kept (a path or s3://) would let the next run do it`;
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
        if (step.file.name === this.#headers.firstRedirect) await this.#lookForRedirect(step.key);
        if (action === 'copy' && this.#fromFirst.has(step.key)) {
          this.copiedFromFirst.files++;
          this.copiedFromFirst.bytes += sent.file.size;
        }
        const { sentBytes, reused, written } = sent;
        const done: Writable<StepOutcome> = {
          step,
          outcome: 'done',
          action,
          sentBytes,
          etag: written.etag,
          ms: ms(),
        };
        if (reused !== undefined && reused.bytes > 0) done.reused = reused;
        if (written.versionId !== undefined) done.versionId = written.versionId;
        const notCopied = action === 'upload' ? this.#notCopied.get(step.key) : undefined;
        if (notCopied !== undefined) done.notCopied = notCopied;
        return done;
      } catch (thrown) {
        const isSame = thrown instanceof OtherHeadersError;
        const error = isSame ? thrown.cause : thrown;
        const foreign = error instanceof StoreError && error.kind === 'condition';
        this.meetsAnother ||= isSame || foreign;
        if (isSame && tries < OVERWRITE_TRIES) {
          condition = { ifMatch: thrown.etag };
          continue;
        }
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
    const isPreserving = this.#options.preserve && isPreserved(sent.file);
    const attributed = isPreserving ? 'all' : attributedBy(sent.attributes);
    if (this.#options.sources.has(key)) this.#sent.set(key, sent);
    const { md5, written, parts, chunks } = sent;
    // Of what another machine sent there is no file.
    const isHere = isOnDisk(sent.file.encoded?.source ?? sent.file);
    if (isHere && md5 !== undefined) {
      this.published.set(sent.file.name, md5);
      const isProved = sent.sentBytes > 0 && etagsProve(written.encryption);
      if (isProved && isOfParts(written.etag, sent.file.size))
        this.composites.set(sent.file.name, written.etag);
      if (sent.file !== planned) this.changed.set(sent.file.name, sent.file);
    }
    const headers = formatHeaderState(sent.file, decided, attributed);
    const entry: Writable<ObjectEntry> = { etag: written.etag, size: sent.file.size, headers };
    if (asked !== undefined) entry.class = asked;
    if (md5 !== undefined) entry.md5 = md5;
    if (parts !== undefined) entry.parts = parts;
    if (chunks !== undefined) entry.chunks = chunks;
    if (sent.file.encoded !== undefined) entry.source = formatSource(sent.file.encoded);
    this.learned.set(key, entry);
  }

  /**
   * A write, unless another run made the same one first: jobs that have files in common, and publish them side by side, find
   * each other's objects. Rejects with `OtherHeadersError` where the same bytes have other headers: without Content-Encoding a
   * reader is answered something else.
   */
  async #unlessThere(
    key: ObjectKey,
    file: LocalFile,
    expected: { readonly md5: Md5 | undefined; readonly etag?: ETag | undefined },
    write: () => Promise<Written>,
  ): Promise<WrittenHere> {
    const { store, requests, overwrite } = this.#options;
    try {
      return await write();
    } catch (error) {
      // Of a copy the refusal does not say which side it is about.
      const isForeign = error instanceof StoreError && (error.kind === 'condition' || error.status === 412);
      if (!isForeign || overwrite === 'always') throw error;
      // Whoever may not read it knows nothing but the refusal.
      const head = await store.head(key, requests).catch(() => undefined);
      if (head === undefined || !isWhole(head, file, expected)) throw error;
      const { etag, encryption } = head;
      const isMultipart = classifyETag(etag).kind === 'multipart';
      const due = everyHeader(await this.#headers.of(file, expected.md5, isMultipart));
      if (differences(due, head).length > 0 || lacksClass(due, head, store))
        throw new OtherHeadersError(etag, error);
      return { etag, versionId: undefined, encryption, isOthers: true };
    }
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
        const staged = await this.#copied.copy(step, source);
        return { sent: await this.#complete(staged, condition) };
      }
      const headers = await this.#headers.of(file, md5, false);
      const uploads = this.#open.ofCopy(md5, source.size);
      const written = await this.#unlessThere(key, file, { md5, etag: source.etag }, () =>
        store.copy({ key, source, md5, headers, condition, uploads }, requests),
      );
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
    const isMultipart = classifyETag(etag).kind === 'multipart';
    const headers = await this.#headers.of(file, md5, isMultipart, step.attributes);
    try {
      return this.#checked(
        step,
        await store.copy({ key, source, md5, headers, condition, refresh }, requests),
      );
    } catch (error) {
      return this.#sendInstead(step, error);
    }
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
    return { sent: { written, md5: step.md5, file: step.file, sentBytes: 0, ...keptBy(step) } };
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
   * Copies an object of which nobody knows the MD5: in its own layout if that can be, else whole, bound by its ETag. The
   * answer then says the digest, where ETags say one.
   */
  async #copyUnknown(step: CopyStep, source: SourceObject, condition: Condition): Promise<Sent> {
    const { store, requests } = this.#options;
    const { key, file } = step;
    try {
      return await this.#complete(await this.#copied.copyInLayout(step, source), condition);
    } catch (error) {
      if (!isUnproved(error) || source.size > store.maxCopySize) throw error;
    }
    const known = await this.#digestThere(step, source);
    const headers = await this.#headers.of(file, known, false);
    const uploads = known === undefined ? {} : { uploads: this.#open.ofCopy(known, source.size) };
    const request = { key, source, md5: known, headers, condition, ...uploads };
    const written = await store.copy(request, requests);
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

  async #complete(staged: Staged, condition: Condition): Promise<Sent> {
    const { store, requests, uploads } = this.#options;
    const { layout, file, upload, parts, expected, crc32, sentBytes, reused, chunks } = staged;
    const whole = crc32 === undefined ? {} : { crc32 };
    try {
      const { etag, md5 } = expected;
      const written = await this.#unlessThere(upload.key, file, expected, () =>
        store.completeUpload({ upload, parts, expected, condition, ...whole }, requests),
      );
      this.#open.adopted.delete(upload.id);
      if (written.isOthers === true) await this.#open.abort(upload);
      else uploads.ended(upload);
      const sent: Writable<Sent> = { written, md5, file, sentBytes };
      if (written.isOthers !== true || written.etag === etag) sent.parts = formatLayout(layout);
      if (reused !== undefined) sent.reused = reused;
      if (chunks !== undefined) sent.chunks = chunks;
      return sent;
    } catch (error) {
      await this.#open.giveUp(upload, expected.size, error);
      throw error;
    }
  }

  /** Stages a step: its source's bytes where they can be copied, else the file's. */
  async #stage(step: UploadStep | CopyStep): Promise<Staged> {
    try {
      const copy = await this.#copyOf(step);
      if (copy !== undefined) {
        try {
          return await this.#copied.copy(copy.step, copy.source);
        } catch (error) {
          // What is not required is sent in its place, by one request.
          if (!this.#options.delay || isUnknownThere(error)) throw error;
          this.#sendInstead(copy.step, error);
        }
      }
      return await this.#twice(step, (file, digest) => this.#parts.send(step.key, file, digest));
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
      if (!wantsAnotherUpload(error) && !this.#parts.refusesLayout(staged, error)) throw error;
      const again = await this.#stage(step);
      return { action: again.action, sent: await this.#complete(again, condition) };
    }
  }

  /** A step as a copy of what its content lies in by now; `undefined`: its bytes must be sent. */
  async #copyOf(step: UploadStep | CopyStep): Promise<Copy | undefined> {
    if (step.action === 'upload') return this.#copyOfFirst(step);
    if (step.source.kind === 'first') {
      const copy = await this.#copyOfFirst(step);
      if (copy === undefined) this.#sayRefused(step, 'the first destination does not have it');
      return copy;
    }
    const source = step.source.kind === 'object' ? step.source : this.#sentAs(step, step.source.key);
    if (source !== undefined) return { step, source };
    this.#sayRefused(step, 'what it was to be copied from is not what was planned');
    return undefined;
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
    const level = this.#notCopied.size === 0 ? 'notice' : 'debug';
    this.#notCopied.set(step.key, why);
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
    // In the layout of the object that it was, so that its ETag says next time that it is the same. None is needed for nothing.
    const isMultipart =
      file.size > 0 && file.object !== undefined && classifyETag(file.object.etag).kind === 'multipart';
    if (isLarge(file.size) || isMultipart) {
      const staged = await this.#parts.send(key, file, digest);
      try {
        return await this.#complete(staged, condition);
      } catch (error) {
        if (!wantsAnotherUpload(error) && !this.#parts.refusesLayout(staged, error)) throw error;
        return this.#complete(await this.#parts.send(key, file, digest), condition);
      }
    }
    const send = async (body: Buffer): Promise<Sent> => {
      this.#options.signal.throwIfAborted();
      await this.#readBody(file, body);
      const known = file.redirect === undefined ? digest?.md5 : undefined;
      return this.#put(key, file, body, known, condition);
    };
    return this.#options.arena.with(file.size, send, { within: WHOLE_BYTES });
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
    const headers = await this.#headers.of(file, md5, false);
    let written: WrittenHere;
    try {
      const put = { key, body, md5, headers, condition };
      written = await this.#unlessThere(key, file, { md5 }, () =>
        rate.measure(body.length, () => store.put(put, requests)),
      );
    } catch (error) {
      if (known !== undefined && isRefused(error) && md5Of(body) !== md5)
        throw new FileChangedError(NOT_AS_DIGESTED);
      throw error;
    }
    // A server that compares nothing; where ETags are no digests, that shows by the body alone.
    const { etag } = written;
    const isNotChecked = known !== undefined && written.isOthers !== true && (etag as string) !== md5;
    if (isNotChecked && md5Of(body) !== md5) return this.#put(key, file, body, undefined, { ifMatch: etag });
    this.#options.onSent(file.size);
    return { written, md5, file, sentBytes: file.size };
  }

  /** A redirect has no bytes and no file. */
  async #readBody(file: LocalFile, body: Buffer): Promise<void> {
    if (file.redirect === undefined) await this.#readWhole(file, body);
  }
}

/** Another run wrote the same bytes first, with other headers: written over, nobody's bytes are lost. */
class OtherHeadersError extends Error {
  constructor(
    readonly etag: ETag,
    override readonly cause: StoreError,
  ) {
    super('another run wrote the same bytes with other headers');
  }
}

/** Whether a key has a file's content. Whoever wrote it, metadata says so where no ETag can contradict it (C15). */
function isWhole(
  head: ObjectHead,
  file: LocalFile,
  { md5, etag }: { readonly md5: Md5 | undefined; readonly etag?: ETag | undefined },
): boolean {
  if (head.size !== file.size || head.fields[REDIRECT_HEADER] !== file.redirect) return false;
  if (head.etag === etag) return true;
  // In one piece, in one part, or under KMS.
  const isMd5 = md5 !== undefined && [md5 as string, multipartETag([md5])].includes(head.etag);
  return isMd5 || (md5 !== undefined && statedMd5(head) === md5);
}

function keptBy({
  attributes,
}: Pick<Step, 'action'> & Pick<RefreshStep, 'attributes'>): Pick<Sent, 'attributes'> {
  return attributes === undefined ? {} : { attributes };
}

/** Files are made by another performer. */
function refuseFileSteps<S extends Step>(step: S): asserts step is Exclude<S, DownloadStep | LinkStep> {
  if (step.action === 'download' || step.action === 'link') throw new Error(`${step.action} of an object`);
}

function archived({ key, ...step }: CopyStep | RefreshStep): SyncError {
  const what = step.action === 'copy' ? shownSource(step.source) : key;
  const message = `${what}: the object is archived: restore it first, or exclude it`;
  return new SyncError('rejected', EXIT.failed, message);
}

function shownSource({ key, ...source }: CopyStep['source']): string {
  return source.kind !== 'published' && source.bucket !== undefined
    ? `s3://${source.bucket.name}/${key}`
    : key;
}
