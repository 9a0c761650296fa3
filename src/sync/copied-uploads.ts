import { forEachConcurrent } from '../model/concurrency.js';
import { classifyETag, type ETag, type Md5, md5Of, multipartETag } from '../model/digest.js';
import { type PartRun, partsOf } from '../model/digest-index.js';
import { isOnDisk, type LocalFile } from '../model/objects.js';
import { ownLayout } from '../model/part-sizes.js';
import type { CopyStep } from '../model/plan.js';
import { etagsProve, type Part, type SourceObject, UnprovedCopyError } from '../store/object-store.js';
import { crc32Of } from './file-bytes.js';
import { type OpenUploads, PARTS_IN_FLIGHT } from './open-uploads.js';
import type { Staged } from './staged.js';
import type { TransferOptions } from './transfer-options.js';
import { isUnproved } from './upload-failures.js';
import type { UploadHeaders } from './upload-headers.js';

/** Multipart uploads whose parts are copied from one object. */
export class CopiedUploads {
  readonly #options: Pick<TransferOptions, 'store' | 'digests' | 'pool' | 'bodies' | 'signal' | 'requests'>;
  readonly #open: OpenUploads;
  readonly #headers: UploadHeaders;

  constructor(
    options: Pick<TransferOptions, 'store' | 'digests' | 'pool' | 'bodies' | 'signal' | 'requests'>,
    open: OpenUploads,
    headers: UploadHeaders,
  ) {
    this.#options = options;
    this.#open = open;
    this.#headers = headers;
  }

  /**
   * Copies the source into a multipart upload: whole, or above the limit of one copy in our own layout. Each part
   * must be proved by its ETag. Where ETags prove nothing (KMS, a customer's key) the CRC32 of the whole is declared
   * at Create and given at Complete; on servers whose part copies answer no digest, a whole source that was bound by
   * an ETag which is itself a proof counts. Rejects when nothing proves it, the upload aborted.
   */
  async copy(step: CopyStep, source: SourceObject): Promise<Staged> {
    const { store, requests, signal } = this.#options;
    const { key, file, md5 } = step;
    const whole = source.size <= store.maxCopySize;
    const isHere = isOnDisk(file);
    if (md5 === undefined || (!whole && !isHere)) return this.copyInLayout(step, source);
    const headers = await this.#headers.of(file, md5, true);
    const layout = whole ? [{ count: 1, size: source.size }] : ownLayout(source.size);
    const partMd5s = whole ? [md5] : await this.#partMd5s(file, layout);
    const begun = await this.#open.begin(key, file, md5, layout, partMd5s, headers);
    let { upload } = begun;
    let crc32: string | undefined;
    if (!etagsProve(upload.encryption)) {
      await this.#open.abort(upload);
      if (!isHere) throw new UnprovedCopyError('it is encrypted, and its bytes lie in S3 alone');
      crc32 = await crc32Of(file);
      upload = (await this.#open.begin(key, file, md5, layout, partMd5s, headers, true)).upload;
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
      await this.#open.giveUp(upload, source.size, error);
      throw error;
    }
  }

  /**
   * A multipart object is copied in its own layout: the ETag of the whole then proves it, and the next run knows it by
   * that. Rejects where the layout is not known, or the parts do not prove it.
   */
  async copyInLayout(step: CopyStep, source: SourceObject): Promise<Staged> {
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
    const headers = await this.#headers.of(file, md5, true);
    // Of an upload that is left behind no part is proved alone: the next run aborts it.
    const purpose = md5 ?? md5Of(Buffer.from(source.etag));
    const { upload } = await this.#open.begin(key, file, purpose, layout, [], headers);
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
      await this.#open.abort(upload);
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
}
