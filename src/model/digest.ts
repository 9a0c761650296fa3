import { hash } from 'node:crypto';

/** MD5 of bytes, 32 lower-case hex digits. With the size it is the identity of a content. */
export type Md5 = string & { readonly __brand: 'Md5' };

/** An entity tag without its quotes, as the server spells it. */
export type ETag = string & { readonly __brand: 'ETag' };

/** The MD5 of zero bytes. */
export const EMPTY_MD5 = 'd41d8cd98f00b204e9800998ecf8427e' as Md5;

const HEX32 = /^[0-9a-f]{32}$/;
const MULTIPART = /^[0-9a-f]{32}-([1-9][0-9]{0,4})$/;

/** Parses 32 lower-case hex digits; anything else is `undefined`. */
export function parseMd5(text: string | undefined): Md5 | undefined {
  return text !== undefined && HEX32.test(text) ? (text as Md5) : undefined;
}

/** Takes the quotes off an entity tag; servers differ in whether they write them. Empty is `undefined`. */
export function parseETag(text: string | undefined): ETag | undefined {
  if (text === undefined) return undefined;
  const bare = text.startsWith('W/') ? text.slice(2) : text;
  const tag = bare.length >= 2 && bare.startsWith('"') && bare.endsWith('"') ? bare.slice(1, -1) : bare;
  return tag === '' ? undefined : (tag as ETag);
}

export type ETagKind =
  | { readonly kind: 'md5'; readonly md5: Md5 }
  | { readonly kind: 'multipart'; readonly parts: number }
  | { readonly kind: 'opaque' };

/** What an ETag can prove: an MD5, the composite of `parts` part MD5s, or nothing. */
export function classifyETag(etag: ETag): ETagKind {
  if (HEX32.test(etag)) return { kind: 'md5', md5: etag as string as Md5 };
  const multipart = MULTIPART.exec(etag);
  if (multipart?.[1] !== undefined) return { kind: 'multipart', parts: Number(multipart[1]) };
  return { kind: 'opaque' };
}

export function md5Of(bytes: Uint8Array): Md5 {
  return hash('md5', bytes, 'hex') as Md5;
}

/** What contents are known by in Maps. @param size bytes */
export function contentId(md5: Md5 | undefined, size: number): string {
  return `${md5}/${size}`;
}

/** The `Content-MD5` spelling of a digest. */
export function base64OfMd5(md5: Md5): string {
  return Buffer.from(md5, 'hex').toString('base64');
}

/** The ETag that S3 gives a multipart object: the MD5 of its parts' MD5s, a hyphen, their number. */
export function multipartETag(partMd5s: readonly Md5[]): ETag {
  return `${hash('md5', Buffer.from(partMd5s.join(''), 'hex'), 'hex')}-${partMd5s.length}` as ETag;
}

/** Whether an ETag is that of an upload of one part: the MD5 of the whole can say which. */
export function isOfOnePart(etag: ETag): boolean {
  return etag.endsWith('-1') && MULTIPART.test(etag);
}
