import { base64OfMd5, classifyETag, type ETag, type Md5, md5Of, multipartETag } from '../model/digest.js';
import { formatLayout, type ObjectEntry, partsOf } from '../model/digest-index.js';
import { EXIT, type ExitCode } from '../model/errors.js';
import type { Emit, StepOutcome } from '../model/events.js';
import { contentTypeOf, formatAttributes, headerDigest } from '../model/headers.js';
import type { ObjectKey } from '../model/object-key.js';
import type { LocalFile } from '../model/objects.js';
import type { WriteHeaders } from '../model/options.js';
import { MULTIPART_THRESHOLD, ownLayout } from '../model/part-sizes.js';
import type { Condition, CopyStep, DeleteStep, Step, UploadStep } from '../model/plan.js';
import {
  etagsProve,
  type ObjectHeaders,
  type ObjectStore,
  type Part,
  StoreError,
  type Upload,
  type Written,
} from '../store/object-store.js';
import { ByteBudget, forEachConcurrent } from './concurrency.js';
import type { DigestPool } from './digest-pool.js';
import type { Performer } from './execute.js';
import { explain } from './explain.js';
import {
  FileChangedError,
  type FileDigest,
  readRange,
  readWhole,
  restat,
  withOpenFile,
} from './file-bytes.js';

/** Bodies held in memory at a time, over all requests. Bytes. */
const BODY_BUDGET = 64 * 1024 * 1024;

/** Parts of one file in flight; other files and the budget share the rest. */
const PARTS_IN_FLIGHT = 8;

/** How long an abort may take when the run itself was stopped. The runner leaves 7.5 s. Milliseconds. */
const ABORT_TIME_MS = 2_000;

export interface TransferOptions {
  readonly store: ObjectStore;
  readonly digests: ReadonlyMap<string, FileDigest>;
  readonly pool: DigestPool;
  readonly preserve: boolean;
  readonly writeHeaders: WriteHeaders;
  readonly emit: Emit;
  /** Told of every body that arrived, in bytes. */
  readonly onSent: (bytes: number) => void;
  /** Nothing more is started when it is aborted. */
  readonly signal: AbortSignal;
  /** Requests in flight end with it. */
  readonly requests: AbortSignal;
}

/** What a finished write put under its key. */
interface Sent {
  readonly written: Written;
  readonly md5: Md5;
  readonly file: LocalFile;
  readonly parts?: string;
}

/**
 * Performs steps against a store. A body is only ever sent with the digest of exactly its own bytes (C6), a
 * copy only under the ETag that vouched for its source (C5), and every write under the condition that the
 * listing set.
 */
export class Transfer implements Performer {
  readonly #options: TransferOptions;
  readonly #bodies = new ByteBudget(BODY_BUDGET);
  readonly #sent = new Map<ObjectKey, Sent>();
  readonly #staged = new Map<ObjectKey, { readonly upload: Upload; readonly part: Part }>();
  /** What is confirmed to lie under the keys written, for the index. */
  readonly learned = new Map<ObjectKey, ObjectEntry>();
  /** Files whose bytes were sent or copied, as they were then. */
  readonly published = new Map<string, { readonly file: LocalFile; readonly md5: Md5 }>();
  /** Keys confirmed to be gone. */
  readonly deleted = new Set<ObjectKey>();
  /** Exit statuses of the failures met. */
  readonly exits = new Set<ExitCode>();
  #refusedCopies = 0;

  constructor(options: TransferOptions) {
    this.#options = options;
  }

  /**
   * Part-copies the whole source into an upload. It counts as read only when the part's ETag is the digest: where
   * it is not (KMS, SeaweedFS above its chunk size), or the source changed, the bytes are sent in their place.
   */
  async stage(step: CopyStep): Promise<void> {
    const { store, requests, emit } = this.#options;
    if (step.source.kind !== 'object') return;
    let upload: Upload | undefined;
    try {
      upload = await store.createUpload(
        { key: step.key, headers: this.#headers(step.file, step.md5) },
        requests,
      );
      const part = await store.copyPart({ upload, number: 1, source: step.source }, requests);
      if ((part.etag as string) === step.md5) {
        this.#staged.set(step.key, { upload, part });
        return;
      }
      emit({
        type: 'message',
        level: 'debug',
        message: `${step.key} is not staged: its part has the ETag ${part.etag}`,
      });
    } catch (error) {
      emit({ type: 'message', level: 'debug', message: explain(error, `${step.key} is not staged`).message });
    }
    if (upload !== undefined) await this.#abort(upload);
  }

  /** Aborts what was staged and not completed. */
  async close(): Promise<void> {
    const left = [...this.#staged.values()];
    this.#staged.clear();
    await Promise.all(left.map(({ upload }) => this.#abort(upload)));
  }

  async write(step: UploadStep | CopyStep): Promise<StepOutcome> {
    const started = performance.now();
    const ms = (): number => performance.now() - started;
    try {
      const copied = step.action === 'copy' ? await this.#copy(step) : undefined;
      const sent = copied?.sent ?? (await this.#uploadTwice(step, copied?.overwrite ?? step.condition));
      this.#remember(step.key, sent);
      return {
        step,
        outcome: 'done',
        action: copied?.sent === undefined ? 'upload' : 'copy',
        sentBytes: copied?.sent === undefined ? sent.file.size : 0,
        etag: sent.written.etag,
        ...(sent.written.versionId === undefined ? {} : { versionId: sent.written.versionId }),
        ms: ms(),
      };
    } catch (error) {
      return this.#failed(step, error, ms());
    }
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
    if (this.#options.signal.aborted) {
      const stopped = { code: 'cancelled', message: 'interrupted: the run was stopped' } as const;
      return { step, outcome: 'skipped', action: step.action, sentBytes: 0, error: stopped, ms };
    }
    const { code, exit, message } = explain(error, step.key);
    this.exits.add(exit === EXIT.refused ? EXIT.failed : exit);
    return { step, outcome: 'failed', action: step.action, sentBytes: 0, error: { code, message }, ms };
  }

  #remember(key: ObjectKey, sent: Sent): void {
    this.#sent.set(key, sent);
    this.published.set(sent.file.name, sent);
    this.learned.set(key, {
      etag: sent.written.etag,
      size: sent.file.size,
      md5: sent.md5,
      ...(sent.parts === undefined ? {} : { parts: sent.parts }),
      headers: headerDigest(this.#decidedHeaders(sent.file)),
    });
  }

  #decidedHeaders(file: LocalFile): Record<string, string> {
    const { sse, kmsKeyId, storageClass, acl } = this.#options.writeHeaders;
    return {
      'content-type': contentTypeOf(file.name),
      ...(sse === undefined ? {} : { 'x-amz-server-side-encryption': sse }),
      ...(kmsKeyId === undefined ? {} : { 'x-amz-server-side-encryption-aws-kms-key-id': kmsKeyId }),
      ...(storageClass === undefined ? {} : { 'x-amz-storage-class': storageClass }),
      ...(acl === undefined ? {} : { 'x-amz-acl': acl }),
    };
  }

  #headers(file: LocalFile, md5: Md5): ObjectHeaders {
    const attributes = formatAttributes(md5, this.#options.preserve ? file : undefined);
    const multipart = file.size >= MULTIPART_THRESHOLD;
    return {
      contentType: contentTypeOf(file.name),
      metadata: {
        's3cmd-attrs': attributes,
        // rclone reads a multipart object's MD5 from here.
        ...(multipart ? { md5chksum: base64OfMd5(md5) } : {}),
      },
    };
  }

  /**
   * Copies, or says why the bytes must be sent: `sent` is undefined when the source no longer is what vouched
   * for it, and `overwrite` is set when the copy was made and is not what it should be.
   */
  async #copy(step: CopyStep): Promise<{ readonly sent?: Sent; readonly overwrite?: Condition }> {
    const { store, requests } = this.#options;
    if (step.staged) return this.#completeStaged(step);
    const source = this.#sourceOf(step);
    if (source === undefined) return {};
    let written: Written;
    try {
      written = await store.copy(
        {
          key: step.key,
          source,
          md5: step.md5,
          headers: this.#headers(step.file, step.md5),
          condition: step.condition,
        },
        requests,
      );
    } catch (error) {
      if (!(error instanceof StoreError) || error.kind !== 'source') throw error;
      this.#sayRefused(step, 'its source changed or went away');
      return {};
    }
    const etag = classifyETag(written.etag);
    if (etag.kind === 'md5' && etag.md5 !== step.md5 && etagsProve(written.encryption)) {
      this.#sayRefused(step, 'the copy is not what its source was said to be');
      return { overwrite: { ifMatch: written.etag } };
    }
    return { sent: { written, md5: step.md5, file: step.file } };
  }

  async #completeStaged(step: CopyStep): Promise<{ readonly sent?: Sent }> {
    const { store, requests } = this.#options;
    const staged = this.#staged.get(step.key);
    if (staged === undefined) {
      this.#sayRefused(step, 'it could not be staged before its source was overwritten');
      return {};
    }
    const { upload, part } = staged;
    const expected = { etag: multipartETag([step.md5]), size: step.bytes, md5: step.md5 };
    try {
      const written = await store.completeUpload(
        { upload, parts: [part], expected, condition: step.condition },
        requests,
      );
      this.#staged.delete(step.key);
      return { sent: { written, md5: step.md5, file: step.file, parts: `1x${step.bytes}` } };
    } catch (error) {
      if (!(error instanceof StoreError) || error.kind !== 'no-upload') throw error;
      this.#staged.delete(step.key);
      this.#sayRefused(step, 'its upload was aborted by someone else');
      return {};
    }
  }

  #sourceOf(
    step: CopyStep,
  ): { readonly key: ObjectKey; readonly etag: ETag; readonly size: number } | undefined {
    if (step.source.kind === 'object') return step.source;
    const sent = this.#sent.get(step.source.key);
    // The file whose first name was sent may have changed since the plan: then this name has content of its own.
    if (sent === undefined || sent.md5 !== step.md5) return undefined;
    return { key: step.source.key, etag: sent.written.etag, size: sent.file.size };
  }

  #sayRefused(step: CopyStep, why: string): void {
    const level = this.#refusedCopies++ === 0 ? 'notice' : 'debug';
    const message = `${step.key} is uploaded, not copied from ${step.source.key}: ${why}`;
    this.#options.emit({ type: 'message', level, message });
  }

  /** A file that changed since it was digested is digested and sent anew, once. */
  async #uploadTwice(step: UploadStep | CopyStep, condition: Condition): Promise<Sent> {
    const { digests } = this.#options;
    try {
      return await this.#upload(step.key, step.file, digests.get(step.file.name), condition);
    } catch (error) {
      if (!(error instanceof FileChangedError)) throw error;
      return this.#upload(step.key, await restat(step.file), undefined, condition);
    }
  }

  async #upload(
    key: ObjectKey,
    file: LocalFile,
    digest: FileDigest | undefined,
    condition: Condition,
  ): Promise<Sent> {
    if (file.size >= MULTIPART_THRESHOLD) return this.#uploadParts(key, file, digest, condition);
    const { store, signal, requests } = this.#options;
    return this.#bodies.with(file.size, async () => {
      signal.throwIfAborted();
      const body = await readWhole(file);
      const md5 = md5Of(body);
      const written = await store.put(
        { key, body, md5, headers: this.#headers(file, md5), condition },
        requests,
      );
      this.#options.onSent(file.size);
      return { written, md5, file };
    });
  }

  async #uploadParts(
    key: ObjectKey,
    file: LocalFile,
    known: FileDigest | undefined,
    condition: Condition,
  ): Promise<Sent> {
    const { store, pool, signal, requests } = this.#options;
    const layout = ownLayout(file.size);
    const usable = known !== undefined && known.partMd5s.length > 0;
    const digest = usable ? known : await pool.digest({ file, layouts: [layout] }, file.size);
    signal.throwIfAborted();
    const upload = await store.createUpload({ key, headers: this.#headers(file, digest.md5) }, requests);
    try {
      const parts = await this.#sendParts(upload, file, digest);
      const proves = etagsProve(upload.encryption);
      const expected = {
        etag: proves ? multipartETag(digest.partMd5s) : undefined,
        size: file.size,
        md5: digest.md5,
      };
      signal.throwIfAborted();
      const written = await store.completeUpload({ upload, parts, expected, condition }, requests);
      return { written, md5: digest.md5, file, parts: formatLayout(layout) };
    } catch (error) {
      await this.#abort(upload);
      // S3 refuses a part that is not what was digested: the file changed under us.
      if (error instanceof StoreError && error.kind === 'digest')
        throw new FileChangedError('a part is not what was digested');
      throw error;
    }
  }

  async #sendParts(upload: Upload, file: LocalFile, digest: FileDigest): Promise<readonly Part[]> {
    const { store, signal, requests } = this.#options;
    const ranges = [...partsOf(ownLayout(file.size))].map((range, i) => ({ ...range, number: i + 1 }));
    const parts: Part[] = [];
    await withOpenFile(file, (handle) =>
      forEachConcurrent(ranges, PARTS_IN_FLIGHT, ({ offset, size, number }) =>
        this.#bodies.with(size, async () => {
          signal.throwIfAborted();
          const body = await readRange(handle, offset, size);
          const md5 = digest.partMd5s[number - 1]!;
          const part = await store.uploadPart({ upload, number, body, md5 }, requests);
          const proof = classifyETag(part.etag);
          if (etagsProve(upload.encryption) && proof.kind === 'md5' && proof.md5 !== md5) {
            throw new StoreError(
              'digest',
              'BadPartETag',
              200,
              'UploadPart',
              `part ${number} has the ETag ${part.etag}`,
            );
          }
          parts[number - 1] = part;
          this.#options.onSent(size);
        }),
      ),
    );
    return parts;
  }

  /** What was begun and will not be completed costs storage until it is aborted. */
  async #abort(upload: Upload): Promise<void> {
    const { store, requests, emit } = this.#options;
    const time = requests.aborted ? AbortSignal.timeout(ABORT_TIME_MS) : requests;
    try {
      await store.abortUpload(upload, time);
    } catch (error) {
      const { message } = explain(error, upload.key);
      emit({
        type: 'message',
        level: 'warning',
        message: `a multipart upload was left behind and will be billed until it is aborted: ${message}`,
      });
    }
  }
}
