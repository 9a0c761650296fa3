import { base64OfMd5, type Md5 } from '../model/digest.js';
import { META, REDIRECT_HEADER } from '../model/header-rules.js';
import {
  type Attributes,
  completedBy,
  FROM_METADATA,
  formatAttributes,
  type HeaderSet,
  metadataBytes,
  metadataMd5,
  type ObjectHeaders,
  objectHeaders,
  statedBy,
  withMd5,
  withoutDigests,
} from '../model/headers.js';
import type { LocalFile } from '../model/objects.js';
import type { TransferOptions } from './transfer-options.js';

/** The header of `FROM_METADATA`. */
const FROM = META + FROM_METADATA;

/** User metadata of one object: names and values. Bytes. */
const MOST_METADATA = 2_048;

/** The headers that objects are written with. */
export class UploadHeaders {
  readonly #options: Pick<TransferOptions, 'policy' | 'preserve' | 'bodies' | 'digests'>;
  /** The first file that leads elsewhere. */
  firstRedirect: string | undefined;

  constructor(options: Pick<TransferOptions, 'policy' | 'preserve' | 'bodies' | 'digests'>) {
    this.#options = options;
  }

  /**
   * @param md5 `undefined`: nobody knows it, and the object brings its headers along
   * @param attributes what the object keeps of its file
   */
  async of(
    file: LocalFile,
    md5: Md5 | undefined,
    multipart: boolean,
    attributes: Attributes = {},
  ): Promise<ObjectHeaders> {
    const { policy, preserve, bodies } = this.#options;
    if (file.object !== undefined && bodies.headersOf !== undefined) {
      // One of which this plan knew no content is known by the ETag that it had.
      const from = this.#options.digests.has(file.name) ? {} : { [FROM]: file.object.etag };
      const decided: HeaderSet = { ...policy.over(await bodies.headersOf(file), file), ...from };
      if (decided[REDIRECT_HEADER] !== undefined) this.firstRedirect ??= file.name;
      return withDigest(decided, md5, multipart);
    }
    if (md5 === undefined) throw new Error(`${file.name} has no digest`);
    const decided = policy.headersOf(file);
    if (decided[REDIRECT_HEADER] !== undefined) this.firstRedirect ??= file.name;
    // rclone reads a multipart object's MD5 from here.
    const rclone = multipart ? { md5chksum: base64OfMd5(md5) } : {};
    const own = {
      's3cmd-attrs': formatAttributes(md5, preserve ? file : undefined),
      ...rclone,
      ...statedBy(file),
    };
    const { 's3cmd-attrs': s3cmd, mtime } = attributes;
    if ((s3cmd ?? mtime) === undefined) return objectHeaders(decided, own);
    const kept: Attributes = { ...attributes, 's3cmd-attrs': withMd5(s3cmd, md5) };
    const full = objectHeaders(decided, { ...own, ...(preserve ? completedBy(kept, file) : kept) });
    return metadataBytes(full.metadata) <= MOST_METADATA ? full : objectHeaders(decided, own);
  }
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
