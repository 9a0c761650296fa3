import type { Md5 } from '../model/digest.js';
import { formatLayout, type PartRun, partsOf } from '../model/digest-index.js';
import { everyHeader, headerDigest, type ObjectHeaders } from '../model/headers.js';
import type { ObjectKey } from '../model/object-key.js';
import type { LocalFile } from '../model/objects.js';
import { isLarge } from '../model/part-sizes.js';
import {
  type CopyUploads,
  etagsProve,
  isDenied,
  type Part,
  StoreError,
  type Upload,
} from '../store/object-store.js';
import { explain, explainDenied } from './explain.js';
import type { TransferOptions } from './transfer-options.js';

/** Parts of one file in flight; other files and the arena share the rest. */
export const PARTS_IN_FLIGHT = 8;

/** Begins multipart uploads, or goes on with those of earlier runs, and ends those that come to nothing. */
export class OpenUploads {
  readonly #options: Pick<TransferOptions, 'store' | 'uploads' | 'emit' | 'signal' | 'requests' | 'aborts'>;
  /** Ids of uploads that other runs staged: they are theirs until they are completed. */
  readonly adopted = new Set<string>();
  #deniedParts = 0;
  #deniedAborts = 0;

  constructor(
    options: Pick<TransferOptions, 'store' | 'uploads' | 'emit' | 'signal' | 'requests' | 'aborts'>,
  ) {
    this.#options = options;
  }

  /**
   * An upload, journalled before its first part: one that an earlier run left behind for just this, with the parts
   * that are proved to hold what they should, else a new one.
   */
  async begin(
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
      if (uploads.drop(left)) await this.abort(left);
    }
    const crc32 = wholeCrc32 ? { wholeCrc32 } : {};
    const upload = await store.createUpload({ key, headers, ...crc32 }, requests);
    // Where ETags prove nothing parts are copied under a checksum of the whole alone.
    const isSent = !wholeCrc32 && !etagsProve(upload.encryption);
    await uploads.begun(upload, purpose, isSent ? upload.encryption : undefined);
    return { upload, have: new Map() };
  }

  /** Journals the upload that a server-side copy is made by, where a server has no better way. */
  ofCopy(md5: Md5, size: number): CopyUploads {
    const { uploads } = this.#options;
    const parts = formatLayout([{ count: 1, size }]);
    return {
      begun: (upload, headers) => {
        const { key } = upload;
        return uploads.begun(upload, { key, md5, size, parts, headers: headerDigest(everyHeader(headers)) });
      },
      ended: (upload) => uploads.ended(upload),
    };
  }

  /**
   * The parts of an earlier run's upload that are proved: by their ETags, or as the journal says that each was sent with its
   * MD5. None, where it is gone.
   */
  async #partsOf(
    upload: Upload,
    layout: readonly PartRun[],
    partMd5s: readonly Md5[],
  ): Promise<ReadonlyMap<number, Part>> {
    const { store, requests } = this.#options;
    const sizes = [...partsOf(layout)].map(({ size }) => size);
    try {
      const listed = await store.listParts(upload, requests);
      const isSent = !etagsProve(upload.encryption);
      const proved = listed.filter(
        ({ number, etag, size }) =>
          size === sizes[number - 1] && (isSent || (etag as string) === (partMd5s[number - 1] as string)),
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
  async giveUp(upload: Upload, size: number, error: unknown): Promise<void> {
    const { uploads, signal } = this.#options;
    if (this.adopted.has(upload.id)) return;
    const heals =
      signal.aborted ||
      (error instanceof StoreError && ['network', 'server', 'throttled', 'fatal'].includes(error.kind));
    if (heals && uploads.journalled && isLarge(size)) return;
    await this.abort(upload);
  }

  /** What was begun and will not be completed costs storage until it is aborted. */
  async abort(upload: Upload): Promise<void> {
    const { store, aborts, emit, uploads } = this.#options;
    try {
      await store.abortUpload(upload, aborts);
      uploads.ended(upload);
    } catch (error) {
      const { message } = explain(error, upload.key);
      const level = isDenied(error) && this.#deniedAborts++ === 0 ? 'warning' : 'debug';
      const text = `an upload could not be aborted, and is billed until a lifecycle rule does it: ${message}`;
      emit({ type: 'message', level, message: text });
    }
  }
}
