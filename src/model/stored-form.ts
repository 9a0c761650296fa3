import { type ETag, type Md5, multipartETag, parseETag, parseMd5 } from './digest.js';
import type { Encoding, ListedObject } from './objects.js';

/** What `compress` made of a file, as an index remembers it beside the file's own digest. */
export interface StoredForm {
  readonly encoding: Encoding;
  /** The encoded bytes; absent: they would not be smaller enough, and the file is stored as it is. */
  readonly bytes?: StoredBytes;
}

export interface StoredBytes {
  readonly md5: Md5;
  readonly size: number;
  /** Where they were sent in several parts: the ETag that they were seen to make. */
  readonly etag?: ETag;
}

/** `md5:<hex>/size:<bytes>/encoding:<gzip|br>` of the encoded bytes, `/etag:<ETag>` after it, or the encoding alone. */
export function formatStoredForm({ encoding, bytes }: StoredForm): string {
  if (bytes === undefined) return `encoding:${encoding}`;
  const { md5, size, etag } = bytes;
  return `md5:${md5}/size:${size}/encoding:${encoding}${etag === undefined ? '' : `/etag:${etag}`}`;
}

const FORM =
  /^(?:md5:(?<md5>[0-9a-f]{32})\/size:(?<size>0|[1-9][0-9]{0,14})\/)?encoding:(?<encoding>gzip|br)(?:\/etag:(?<etag>.+))?$/;

/** Parses what `formatStoredForm` writes. */
export function parseStoredForm(text: string | undefined): StoredForm | undefined {
  const said = FORM.exec(text ?? '')?.groups;
  if (said === undefined) return undefined;
  const encoding = said.encoding as Encoding;
  const md5 = parseMd5(said.md5);
  if (md5 === undefined) return { encoding };
  const etag = said.etag === undefined ? undefined : parseETag(said.etag);
  return { encoding, bytes: { md5, size: Number(said.size), ...(etag === undefined ? {} : { etag }) } };
}

/** Whether an object's ETag says that it holds just these bytes. */
export function holds(
  object: Pick<ListedObject, 'etag' | 'size'>,
  { md5, size, etag }: StoredBytes,
): boolean {
  const etags: readonly (string | undefined)[] = [md5, multipartETag([md5]), etag];
  return object.size === size && etags.includes(object.etag);
}
