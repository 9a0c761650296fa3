import { hash } from 'node:crypto';
import mime from 'mime-types';
import { classifyETag, type ETag, type Md5, multipartETag, parseMd5 } from './digest.js';
import {
  ACL,
  applyHeaderRules,
  expiryOf,
  META,
  REDIRECT_HEADER,
  type RuleLine,
  STORAGE_CLASS,
} from './header-rules.js';
import type { Encoded, Encoding, LocalFile, Stored } from './objects.js';
import type { HeaderOptions, WriteHeaders } from './options.js';

/**
 * The Content-Type that a name stands for, with a charset for text. The table is mime-types at the exact
 * version in package.json: another table would refresh every object of every site, so it changes with a
 * major version alone.
 */
export function contentTypeOf(name: string): string {
  const type = mime.contentType(extensionOf(name));
  return type === false ? 'application/octet-stream' : type;
}

/** With its dot; a dot alone: there is none. */
function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > name.lastIndexOf('/') ? name.slice(dot) : '.';
}

/**
 * `x-amz-meta-s3cmd-attrs` as s3cmd writes and reads it: `md5:<hex>`, and with `preserve`
 * `md5:<hex>/mode:<decimal>/mtime:<seconds>`.
 */
export function formatAttributes(md5: Md5, file: LocalFile | undefined): string {
  if (file === undefined || file.redirect !== undefined) return `md5:${md5}`;
  const { mode, mtime } = preservedOf(file);
  return `md5:${md5}/mode:${mode}/mtime:${mtime}`;
}

/** What `preserve` keeps of a file. `mtime`: seconds. */
function preservedOf(file: LocalFile): { readonly mode: number; readonly mtime: bigint } {
  const { mode, mtimeNs } = file.encoded?.source ?? file;
  return { mode, mtime: mtimeNs / 1_000_000_000n };
}

/** Attributes that somebody else wrote, with the digest of the bytes that they are about now. */
export function withMd5(attributes: string | undefined, md5: Md5): string {
  const fields = attributes === undefined || attributes === '' ? [] : attributes.split('/');
  const at = fields.findIndex((field) => field.startsWith('md5:'));
  return at === -1 ? [...fields, `md5:${md5}`].join('/') : fields.with(at, `md5:${md5}`).join('/');
}

/** The MD5 that an object's own metadata names: s3cmd's attributes, then rclone's `md5chksum` (base64). */
export function metadataMd5(metadata: ReadonlyMap<string, string>): Md5 | undefined {
  for (const field of (metadata.get('s3cmd-attrs') ?? '').split('/')) {
    if (field.startsWith('md5:')) return parseMd5(field.slice('md5:'.length));
  }
  const rclone = metadata.get('md5chksum');
  return rclone === undefined ? undefined : parseMd5(Buffer.from(rclone, 'base64').toString('hex'));
}

/** Name of the metadata by which an encoded object says what it encodes. Without `x-amz-meta-`. */
export const SOURCE_METADATA = 's3ds-source';

/** Metadata of a page's further name: a download of the tree leaves it out. */
export const PAGE_METADATA = 's3ds-page';

/** What s3cmd and rclone keep of a file, and we. Without `x-amz-meta-`. */
const OWN_METADATA = /^(?:s3cmd-attrs|md5chksum|mtime|s3ds-.*)$/;

/** Whether metadata of this name says something of the file, and is no header that a rule may give. */
export function isOwnMetadata(name: string): boolean {
  return OWN_METADATA.test(name);
}

/**
 * Metadata of a copy from another bucket of which neither ETag nor metadata said the content: the ETag that the source
 * had. Without `x-amz-meta-`.
 */
export const FROM_METADATA = 's3ds-from';

/** Of what HEAD says of an object, what says its content. */
interface Told {
  readonly etag: ETag;
  readonly metadata: ReadonlyMap<string, string>;
  readonly encryption: string | undefined;
}

/**
 * The ETag of the source that an object is a copy of, as its metadata says. Believed as what `statedMd5` says is; and beside
 * an ETag of several parts, which nothing here can make, as the bytes lie in S3: else they would be carried by each run.
 */
export function copiedFrom(head: Told): string | undefined {
  const { etag, metadata, encryption } = head;
  const kind = classifyETag(etag);
  const isInParts = kind.kind === 'multipart' && kind.parts > 1;
  const md5 = isInParts ? metadataMd5(metadata) : statedMd5(head);
  return isEncrypted(encryption) || md5 !== undefined ? metadata.get(FROM_METADATA) : undefined;
}

function isEncrypted(encryption: string | undefined): boolean {
  return encryption !== undefined && encryption !== 'AES256';
}

/** The digest that an object gives of itself, where its ETag says the same. */
export function provenMd5(etag: ETag, metadata: ReadonlyMap<string, string>): Md5 | undefined {
  const md5 = metadataMd5(metadata);
  const isSame = md5 !== undefined && ((etag as string) === md5 || etag === multipartETag([md5]));
  return isSame ? md5 : undefined;
}

/**
 * The digest that an object gives of itself, as far as that may be believed without its bytes (C15): where its ETag says the
 * same, or can say nothing. Who overwrites an object keeps metadata now and then.
 */
export function statedMd5({ etag, metadata, encryption }: Told): Md5 | undefined {
  const isMute = isEncrypted(encryption) || classifyETag(etag).kind === 'opaque';
  return isMute ? metadataMd5(metadata) : provenMd5(etag, metadata);
}

/** `md5:<hex>/size:<bytes>/encoding:<gzip|br>` of the file that an encoded object holds. */
export function formatSource({
  encoding,
  md5,
  source,
}: Pick<Encoded, 'encoding' | 'md5'> & { readonly source: { readonly size: number } }): string {
  return `md5:${md5}/size:${source.size}/encoding:${encoding}`;
}

/** Whether an object is a further name of a page, and no file of its own. */
export function isFurtherName({ page, redirect }: Stored): boolean {
  return page !== undefined && redirect === undefined;
}

/** What an object's metadata says of what it holds, beside digests: a download goes by it. Names without `x-amz-meta-`. */
export function statedBy(file: Stored): Readonly<Record<string, string>> {
  return {
    ...(file.encoded === undefined ? {} : { [SOURCE_METADATA]: formatSource(file.encoded) }),
    ...(isFurtherName(file) ? { [PAGE_METADATA]: 'html' } : {}),
  };
}

/** Whether metadata of this name is what `statedBy` makes. Without `x-amz-meta-`. */
export function isStated(name: string): boolean {
  return name === SOURCE_METADATA || name === PAGE_METADATA;
}

/** What an encoded object says of its file. */
export interface SourceForm {
  readonly md5: Md5;
  /** Bytes. */
  readonly size: number;
  readonly encoding: Encoding;
}

/** Parses what `formatSource` writes. */
export function parseSource(text: string | undefined): SourceForm | undefined {
  const match = /^md5:([0-9a-f]{32})\/size:(0|[1-9][0-9]{0,14})\/encoding:(gzip|br)$/.exec(text ?? '');
  const [, md5, size, encoding] = match ?? [];
  const parsed = parseMd5(md5);
  if (parsed === undefined) return undefined;
  return { md5: parsed, size: Number(size), encoding: encoding as Encoding };
}

/** In an index in place of that: the object was asked, and encodes nothing. */
export const NO_SOURCE = 'none';

/**
 * The file that an object encodes, as its metadata says. That is believed when it gives the digest that its stored bytes
 * have: who overwrites an object keeps metadata now and then.
 *
 * @param md5 of the stored bytes, where they were read
 */
export function storedSource(head: Told, md5 = statedMd5(head)): SourceForm | undefined {
  const { metadata } = head;
  if (md5 === undefined || metadataMd5(metadata) !== md5) return undefined;
  return parseSource(metadata.get(SOURCE_METADATA));
}

/** Mode and time that an object keeps of its file. */
export interface FileAttributes {
  /** As `st_mode`. */
  readonly mode?: number;
  /** Seconds since the epoch. */
  readonly mtime?: number;
}

/** As s3cmd and `preserve` write them, or the time as rclone does. */
export function fileAttributes(metadata: ReadonlyMap<string, string>): FileAttributes {
  const fields = new Map<string, string>();
  for (const field of (metadata.get('s3cmd-attrs') ?? '').split('/')) {
    const colon = field.indexOf(':');
    if (colon > 0) fields.set(field.slice(0, colon), field.slice(colon + 1));
  }
  const mode = /^[0-9]{1,7}$/.exec(fields.get('mode') ?? '')?.[0];
  const mtime = /^-?[0-9]{1,12}$/.exec(fields.get('mtime') ?? '')?.[0];
  const rclone = /^-?[0-9]{1,12}(?:\.[0-9]{1,9})?$/.exec(metadata.get('mtime') ?? '')?.[0];
  const time = mtime ?? rclone;
  return {
    ...(mode === undefined ? {} : { mode: Number(mode) }),
    // `-0` is written as 0.
    ...(time === undefined ? {} : { mtime: Number(time) || 0 }),
  };
}

/** Metadata in which tools keep mode, time and the like. Without `x-amz-meta-`. */
const ATTRIBUTE_METADATA = ['s3cmd-attrs', 'mtime'] as const;

/** What an object's metadata says of its file beside digests, names without `x-amz-meta-`. `undefined`: nothing. */
export type Attributes = Readonly<Partial<Record<(typeof ATTRIBUTE_METADATA)[number], string>>>;

export function attributesIn(metadata: ReadonlyMap<string, string>): Attributes | undefined {
  const kept = ATTRIBUTE_METADATA.flatMap((name) => {
    const text = metadata.get(name);
    return text === undefined || text === '' || /^md5:[^/]*$/.test(text) ? [] : [[name, text] as const];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** How much an object's metadata says of its file: mode and time, or less. */
export type Attributed = 'none' | 'some' | 'all';

export function attributedBy(attributes: Attributes | undefined): Attributed {
  if (attributes === undefined) return 'none';
  const { mode, mtime } = fileAttributes(new Map(Object.entries(attributes)));
  return mode === undefined || mtime === undefined ? 'some' : 'all';
}

/** Attributes as they are, and of mode and time what they lack as the file has it. */
export function completedBy(attributes: Attributes, file: LocalFile): Attributes {
  if (!isPreserved(file)) return attributes;
  const known = fileAttributes(new Map(Object.entries(attributes)));
  const own = preservedOf(file);
  const fields = (attributes['s3cmd-attrs'] ?? '').split('/').filter((field) => field !== '');
  const missing = (['mode', 'mtime'] as const).filter((name) => known[name] === undefined);
  const kept = fields.filter((field) => !missing.some((name) => field.startsWith(`${name}:`)));
  const added = missing.map((name) => `${name}:${own[name]}`);
  return { ...attributes, 's3cmd-attrs': [...kept, ...added].join('/') };
}

/** Whether `preserve` keeps mode and time of a file with its object. */
export function isPreserved({ redirect, object }: Stored): boolean {
  return redirect === undefined && object === undefined;
}

/** Headers by their names in lower case. */
export type HeaderSet = Readonly<Record<string, string>>;

/** The headers that belong to an object; the store adds what every write carries. */
export interface ObjectHeaders {
  readonly contentType: string;
  /** User metadata, names in lower case without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** All others that were decided, names in lower case. */
  readonly fields?: HeaderSet;
}

/** @param own metadata without `x-amz-meta-`: digests and times */
export function objectHeaders(decided: HeaderSet, own: Readonly<Record<string, string>>): ObjectHeaders {
  let known = SORTED.get(decided);
  if (known === undefined) {
    known = sorted(decided);
    SORTED.set(decided, known);
  }
  const { contentType, metadata, fields } = known;
  return { contentType, metadata: metadata === undefined ? own : { ...metadata, ...own }, fields };
}

/** By the names that they have in a request. */
export function everyHeader({ contentType, metadata, fields }: ObjectHeaders): HeaderSet {
  const own = Object.entries(metadata).map(([name, value]) => [META + name, value] as const);
  // From entries: a name may be `__proto__`.
  return { ...Object.fromEntries(own), ...fields, 'content-type': contentType };
}

/** What an object's headers are without those that are its own. */
interface SortedHeaders extends Omit<Required<ObjectHeaders>, 'metadata'> {
  readonly metadata: ObjectHeaders['metadata'] | undefined;
}

/** Nearly all files of a run have one of a few sets. */
const SORTED = new WeakMap<HeaderSet, SortedHeaders>();

function sorted(decided: HeaderSet): SortedHeaders {
  const { 'content-type': contentType = '', ...rest } = decided;
  const metadata: [string, string][] = [];
  const fields: [string, string][] = [];
  for (const [name, value] of Object.entries(rest)) {
    if (name.startsWith(META)) metadata.push([name.slice(META.length), value]);
    else fields.push([name, value]);
  }
  // From entries: a name may be `__proto__`.
  return {
    contentType,
    metadata: metadata.length === 0 ? undefined : Object.freeze(Object.fromEntries(metadata)),
    fields: Object.freeze(Object.fromEntries(fields)),
  };
}

/** The class that an object is to have; `undefined`: the standard one, whether it was asked for or not. */
export function classOf(headers: HeaderSet): string | undefined {
  const asked = headers[STORAGE_CLASS];
  return asked === 'STANDARD' ? undefined : asked;
}

/** What S3 counts of an object's metadata: names and values. Bytes. */
export function metadataBytes(metadata: Readonly<Record<string, string>>): number {
  return Object.entries(metadata).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
}

/** Headers without what they say of their object's digest. */
export function withoutDigests({
  'x-amz-meta-s3cmd-attrs': _,
  'x-amz-meta-md5chksum': __,
  ...others
}: HeaderSet): HeaderSet {
  return others;
}

/** Sets of headers that are kept for extensions. */
const MOST_PLAIN = 1_000;

/** What pages and other files get from `headers-defaults: website`; a change of these is a change of every site. */
const WEBSITE_DEFAULTS = {
  page: 'public, max-age=0, must-revalidate',
  immutable: 'public, max-age=31536000, immutable',
  other: 'public, max-age=3600',
} as const;

/** Says which headers an object shall have. */
export interface HeaderDecider {
  headersOf(file: LocalFile): HeaderSet;
  /** Headers that an object brings along, and over them what was decided. */
  over(kept: HeaderSet, file: LocalFile): HeaderSet;
  /** Whether a rule says in which encoding the file already is. */
  saysEncoding(file: LocalFile): boolean;
}

/**
 * Decides the headers of every object: the inputs for every write, then the defaults for websites, then the rules.
 * The digests and times that go into metadata are no part of it.
 */
export class HeaderPolicy implements HeaderDecider {
  readonly #write: HeaderSet;
  readonly #options: HeaderOptions;
  readonly #immutable: ReadonlySet<string>;
  /** By extension. */
  readonly #plain = new Map<string, HeaderSet>();
  /** Of the first name whose rules contradict one another. */
  #contradiction: string | undefined;

  /** @param immutable names that a build manifest vouches for: their content never changes */
  constructor(write: WriteHeaders, options: HeaderOptions, immutable: ReadonlySet<string> = new Set()) {
    const { sse, kmsKeyId, storageClass, acl } = write;
    this.#write = {
      ...(sse === undefined ? {} : { 'x-amz-server-side-encryption': sse }),
      ...(kmsKeyId === undefined ? {} : { 'x-amz-server-side-encryption-aws-kms-key-id': kmsKeyId }),
      ...(storageClass === undefined ? {} : { [STORAGE_CLASS]: storageClass }),
      ...(acl === undefined ? {} : { [ACL]: acl }),
    };
    this.#options = options;
    this.#immutable = immutable;
  }

  /** Said once the headers of all files were asked for. */
  get warnings(): readonly string[] {
    return this.#contradiction === undefined ? [] : [this.#contradiction];
  }

  headersOf(file: Stored): HeaderSet {
    const isPlain =
      this.#options.rules.length === 0 &&
      file.page === undefined &&
      file.redirect === undefined &&
      file.object === undefined &&
      file.encoded === undefined;
    return isPlain ? this.#plainHeaders(file) : this.#decide(file);
  }

  /** Where nothing but the name's extension decides, files have one set together. */
  #plainHeaders(file: Stored): HeaderSet {
    const kind = `${extensionOf(file.name)}/${this.#immutable.has(file.name)}`;
    const known = this.#plain.get(kind);
    if (known !== undefined) return known;
    const headers = Object.freeze(this.#decide(file));
    // As many as a tree of nothing but extensions has would take the memory.
    if (this.#plain.size < MOST_PLAIN) this.#plain.set(kind, headers);
    return headers;
  }

  #decide(file: Stored): HeaderSet {
    const page = file.page ?? file.name;
    const type = file.redirect === undefined ? contentTypeOf(page) : 'text/html; charset=utf-8';
    // An object brings its own type.
    const typed = file.object === undefined ? { 'content-type': type } : {};
    const headers: Record<string, string> = { ...typed, ...this.#write };
    const { defaults, rules } = this.#options;
    if (defaults === 'website') {
      const kind = type.startsWith('text/html')
        ? 'page'
        : this.#immutable.has(file.name)
          ? 'immutable'
          : 'other';
      headers['cache-control'] = WEBSITE_DEFAULTS[kind];
    }
    if (rules.length > 0) {
      const ruled = applyHeaderRules(rules, pathsOf(file));
      for (const [name, value] of ruled.headers) {
        if (value !== undefined) headers[name] = value;
        else if (name !== 'content-type' && !(name in this.#write)) delete headers[name];
      }
      const { contradiction } = ruled;
      if (contradiction !== undefined) {
        const { lines, value } = contradiction;
        this.#contradiction ??= `the rules of ${linesText(lines)} together give ${file.name} the Cache-Control "${value}", which contradicts itself: values of several rules are joined; put \`! Cache-Control\` into the one that shall replace the others`;
      }
    }
    if (headers.expires !== undefined) headers.expires = expiryOf(headers.expires) ?? headers.expires;
    if (file.encoded !== undefined) headers['content-encoding'] = file.encoded.encoding;
    if (file.redirect !== undefined) headers[REDIRECT_HEADER] = file.redirect;
    return headers;
  }

  /** Headers that an object brings along, and over them what inputs and rules decide. */
  over(kept: HeaderSet, file: Stored): HeaderSet {
    const headers: Record<string, string> = { ...kept };
    for (const [name, value] of applyHeaderRules(this.#options.rules, pathsOf(file)).headers) {
      if (value === undefined && name !== 'content-type') delete headers[name];
    }
    return { ...headers, ...this.headersOf(file) };
  }

  /** Whether a rule says in which encoding the file already is. */
  saysEncoding(file: Stored): boolean {
    if (this.#options.rules.length === 0) return false;
    return applyHeaderRules(this.#options.rules, pathsOf(file)).headers.get('content-encoding') !== undefined;
  }
}

/** Each line with the input that it belongs to. */
function linesText(lines: readonly RuleLine[]): string {
  const named = (author: RuleLine['author'], input: string): readonly string[] => {
    const own = [...new Set(lines.filter((line) => line.author === author).map(({ line }) => line))];
    return own.length === 0
      ? []
      : [`${own.length === 1 ? 'line' : 'lines'} ${own.join(' and ')} of ${input}`];
  };
  return [...named('file', 'headers-file'), ...named('inline', 'headers')].join(' and ');
}

/** The paths under which readers find an object: a directory's index page is found under the directory too. */
export function pathsOf({ name, page, redirect }: Stored): readonly string[] {
  const paths = [`/${name}`];
  // A redirect is of the rank of a page, and under no other name than its own.
  if (page !== undefined && page !== name && redirect === undefined) paths.push(`/${page}`);
  const index = /^(?:(.*)\/)?index\.html?$/.exec(name);
  if (index !== null) paths.push(index[1] === undefined ? '/' : `/${index[1]}/`);
  if (index?.[1] !== undefined) paths.push(`/${index[1]}`);
  return paths;
}

/** Of sets that do not change. */
const digests = new WeakMap<HeaderSet, string>();

/**
 * Header state of an object: SHA-256 over the sorted `name:value` lines, names in lower case, of every header
 * that an input or a rule set and of the inferred Content-Type. Mode and mtime are left out.
 */
export function headerDigest(headers: HeaderSet): string {
  const known = digests.get(headers);
  if (known !== undefined) return known;
  const lines = Object.entries(headers)
    .filter(([name]) => name !== STORAGE_CLASS || classOf(headers) !== undefined)
    .map(([name, value]) => `${name.toLowerCase()}:${value}\n`);
  const digest = hash('sha256', lines.sort().join(''), 'hex');
  if (Object.isFrozen(headers)) digests.set(headers, digest);
  return digest;
}

/** What an index remembers of an object's headers. */
export interface HeaderMemory {
  readonly digest: string;
  readonly attributed: Attributed;
  /** It was written as a further name of a page. Lines of older versions do not say so. */
  readonly isFurtherName: boolean;
  /** They came along with an object of another bucket, and the digest is of what went over them. Nor do older lines say this. */
  readonly isBrought: boolean;
}

/** The digest of the headers that were decided, and words that most objects have none of. */
export function formatHeaderState(file: Stored, decided: HeaderSet, attributed: Attributed): string {
  const said = attributed === 'none' ? '' : ` ${attributed}`;
  const kind = file.object !== undefined ? ' brought' : isFurtherName(file) ? ' page' : '';
  return `${headerDigest(decided)}${said}${kind}`;
}

/** Parses what `formatHeaderState` writes. */
export function parseHeaderState(text: string): HeaderMemory {
  if (!text.includes(' '))
    return { digest: text, attributed: 'none', isFurtherName: false, isBrought: false };
  const [digest = '', ...words] = text.split(' ');
  return {
    digest,
    attributed: words.includes('all') ? 'all' : words.includes('some') ? 'some' : 'none',
    isFurtherName: words.includes('page'),
    isBrought: words.includes('brought'),
  };
}
