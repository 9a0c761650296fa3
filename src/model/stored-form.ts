import { type ETag, type Md5, multipartETag, parseETag } from './digest.js';
import { formatSource, parseSource } from './headers.js';
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

/** As `formatSource` has it, of the encoded bytes; `/etag:<ETag>` after it, or `encoding:<gzip|br>` alone. */
export function formatStoredForm({ encoding, bytes }: StoredForm): string {
  if (bytes === undefined) return `encoding:${encoding}`;
  const { md5, size, etag } = bytes;
  return formatSource({ encoding, md5, source: { size } }) + (etag === undefined ? '' : ETAG + etag);
}

const ETAG = '/etag:';

/** Parses what `formatStoredForm` writes. */
export function parseStoredForm(text = ''): StoredForm | undefined {
  const [, alone] = /^encoding:(gzip|br)$/.exec(text) ?? [];
  if (alone !== undefined) return { encoding: alone as Encoding };
  const end = text.indexOf(ETAG);
  const said = parseSource(end === -1 ? text : text.slice(0, end));
  if (said === undefined) return undefined;
  const { encoding, ...bytes } = said;
  if (end === -1) return { encoding, bytes };
  const etag = parseETag(text.slice(end + ETAG.length));
  return etag === undefined ? undefined : { encoding, bytes: { ...bytes, etag } };
}

/** Whether an object's ETag says that it holds just these bytes. */
export function holds(
  object: Pick<ListedObject, 'etag' | 'size'>,
  { md5, size, etag }: StoredBytes,
): boolean {
  const etags: readonly (string | undefined)[] = [md5, multipartETag([md5]), etag];
  return object.size === size && etags.includes(object.etag);
}
