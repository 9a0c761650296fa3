import { CANNED_ACLS, STORAGE_CLASSES } from './inputs.js';
import { MAX_KEY_BYTES } from './object-key.js';

/**
 * Rules in the syntax of `_headers` files, which Netlify and Cloudflare Pages read:
 *
 *     /assets/*
 *       Cache-Control: public, max-age=31536000, immutable
 *       ! X-Robots-Tag
 *
 * A line that begins with a slash is a pattern; the lines below it are headers, or names to detach. `*` stands for
 * anything, slashes too, `:name` for one segment; both may be used in the values (`:splat` for the `*`).
 * Sources: https://docs.netlify.com/manage/routing/headers and
 * https://developers.cloudflare.com/pages/configuration/headers
 */
export interface HeaderRule {
  /** As it was given. */
  readonly path: string;
  readonly pattern: RegExp;
  readonly changes: readonly HeaderChange[];
  /** Which of the inputs its lines belong to. */
  readonly author: HeaderAuthor;
}

/** Adds a value, or with `value` undefined takes away what the lines before it gave. */
export interface HeaderChange {
  /** In lower case. */
  readonly name: string;
  readonly value: string | undefined;
  /** From 1. */
  readonly line: number;
}

export interface ParsedHeaderRules {
  readonly rules: readonly HeaderRule[];
  /** What is wrong, by line; a file with any is not used. */
  readonly problems: readonly HeaderProblem[];
  /** Headers that S3 cannot store with an object, which belong to what serves it. */
  readonly elsewhere: readonly { readonly line: number; readonly name: string }[];
}

export interface HeaderProblem {
  readonly line: number;
  readonly message: string;
}

/** Who wrote the rules: what stands in a file comes with a pull request, and may change less. */
export type HeaderAuthor = 'inline' | 'file';

/** What S3 stores with an object and answers to readers. */
export const CONTENT_HEADERS: readonly string[] = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];

/** Where a reader of an empty object is sent. */
export const REDIRECT_HEADER = 'x-amz-website-redirect-location';

/** What readers are answered, or where they are sent. */
export const READER_HEADERS: readonly string[] = [...CONTENT_HEADERS, REDIRECT_HEADER];

export const ACL = 'x-amz-acl';
export const STORAGE_CLASS = 'x-amz-storage-class';

const INLINE_ONLY: ReadonlySet<string> = new Set([ACL, STORAGE_CLASS, 'x-amz-tagging', REDIRECT_HEADER]);

/** Ours and other sync tools'; what they say must be true. Names without `x-amz-meta-`. */
const RESERVED_METADATA: ReadonlySet<string> = new Set([
  'md5chksum',
  's3cmd-attrs',
  's3ds-from',
  's3ds-page',
  's3ds-source',
]);

/** Values of these are lists, and are joined where several lines give one; of all others the last one counts. */
const LISTS: ReadonlySet<string> = new Set(['cache-control', 'content-language']);

/** What headers of user metadata begin with. */
export const META = 'x-amz-meta-';

/** S3 takes 2 KB of user metadata: ours is at most some 300 bytes of that. */
export const MAX_METADATA_BYTES = 1_700;

/** S3 takes 8 KB of headers in all: the rest is for metadata and credentials. A redirect alone may have 2 KB. */
export const MAX_HEADER_BYTES = 4_000;

/** More wildcards than this make a pattern slow on names that nearly match: whoever writes rules must not hang a job. */
const MAX_WILDCARDS = 2;

/** A path of which every character is escaped; no key is longer. */
const MAX_PATTERN_LENGTH = 3 * MAX_KEY_BYTES;

/** In lower case. */
export const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;

export function parseHeaderRules(text: string, author: HeaderAuthor): ParsedHeaderRules {
  const rules: { path: string; pattern: RegExp; changes: HeaderChange[] }[] = [];
  const problems: HeaderProblem[] = [];
  const elsewhere: { line: number; name: string }[] = [];
  let current: HeaderChange[] | undefined;
  for (const [at, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = at + 1;
    const content = raw.trim();
    if (content === '' || content.startsWith('#')) continue;
    if (/^https?:\/\//i.test(content)) {
      // What host an object is asked for under is unknown when it is written.
      elsewhere.push({ line, name: content });
      current = [];
      continue;
    }
    if (content.startsWith('/')) {
      current = [];
      const pattern = patternOf(content);
      if (typeof pattern === 'string') problems.push({ line, message: pattern });
      else rules.push({ path: content, pattern, changes: current });
      continue;
    }
    const change = changeOf(content, line, author);
    if ('message' in change) {
      problems.push(change);
      current ??= [];
    } else if (current === undefined) {
      problems.push({ line, message: `${quoted(content)} stands before the first path, as /assets/*` });
    } else if (!isStored(change.name)) elsewhere.push({ line, name: originalName(content) });
    else current.push(change);
  }
  for (const { changes } of rules) {
    let bytes = 0;
    for (const { name, value } of changes) {
      if (name.startsWith(META))
        bytes += Buffer.byteLength(name) - META.length + Buffer.byteLength(value ?? '');
    }
    const [first] = changes;
    if (first === undefined || bytes <= MAX_METADATA_BYTES) continue;
    const message = `the x-amz-meta-* headers have ${bytes} bytes, S3 leaves room for ${MAX_METADATA_BYTES}`;
    problems.push({ line: first.line, message });
  }
  return {
    rules: rules.flatMap(({ path, pattern, changes }) =>
      changes.length === 0 ? [] : [{ path, pattern, changes: detachedFirst(changes), author }],
    ),
    problems,
    elsewhere,
  };
}

/** As Cloudflare has it: a rule takes away what the rules before it gave, never what it gives itself. */
function detachedFirst(changes: readonly HeaderChange[]): readonly HeaderChange[] {
  return [
    ...changes.filter(({ value }) => value === undefined),
    ...changes.filter(({ value }) => value !== undefined),
  ];
}

function isStored(name: string): boolean {
  return CONTENT_HEADERS.includes(name) || INLINE_ONLY.has(name) || name.startsWith(META);
}

function originalName(content: string): string {
  return content.startsWith('!') ? content : content.slice(0, content.indexOf(':')).trim();
}

function changeOf(content: string, line: number, author: HeaderAuthor): HeaderChange | HeaderProblem {
  const detached = content.startsWith('!');
  const colon = detached ? content.length : content.indexOf(':');
  const name = content
    .slice(detached ? 1 : 0, Math.max(colon, 0))
    .trim()
    .toLowerCase();
  const value = content.slice(colon + 1).trim();
  if (!HEADER_NAME.test(name)) {
    return {
      line,
      message: `${quoted(content)} is no path (they begin with /), no \`Name: value\` and no \`! Name\``,
    };
  }
  if (author === 'file' && INLINE_ONLY.has(name)) {
    return {
      line,
      message: `${name} may be set by the input headers alone: a file comes with a pull request, and must not decide who reads objects, where they lie or where they lead`,
    };
  }
  if (name.startsWith(META) && RESERVED_METADATA.has(name.slice(META.length))) {
    return { line, message: `${name} is what objects are recognised by, and is ours` };
  }
  if (name === META) return { line, message: `${quoted(content)} has no name behind ${META}` };
  if (detached) return { line, name, value: undefined };
  if (value === '')
    return { line, message: `${name} has no value; \`! ${name}\` takes away what earlier lines gave` };
  const bad = isStored(name) ? whyBadValue(name, value) : undefined;
  if (bad !== undefined) return { line, message: `${name}: ${quoted(value)} was given; allowed: ${bad}` };
  return { line, name, value };
}

/** What is allowed instead. `undefined`: the value is good. */
function whyBadValue(name: string, value: string): string | undefined {
  if (!/^[\x20-\x7e]*$/.test(value)) {
    return name === 'content-disposition'
      ? "ASCII; other characters as filename*=UTF-8''na%C3%AFve.pdf"
      : 'printable ASCII';
  }
  switch (name) {
    case 'content-type':
      return /^[\w.+-]+\/[\w.+-]+(\s*;.*)?$/.test(value) ? undefined : 'a type as text/html; charset=utf-8';
    case 'content-encoding':
      return /^[\w-]+(\s*,\s*[\w-]+)*$/.test(value) ? undefined : 'an encoding as gzip or br';
    case 'expires':
      return expiryOf(value) === undefined ? 'a date as Thu, 01 Dec 2033 16:00:00 GMT, or 0' : undefined;
    case STORAGE_CLASS:
      return (STORAGE_CLASSES as readonly string[]).includes(value) ? undefined : STORAGE_CLASSES.join(', ');
    case ACL:
      return (CANNED_ACLS as readonly string[]).includes(value) ? undefined : CANNED_ACLS.join(', ');
    case 'x-amz-tagging': {
      const tags = [...new URLSearchParams(value)];
      const good = tags.length <= 10 && tags.every(([key]) => key !== '') && value.includes('=');
      return good ? undefined : 'up to 10 tags as project=site&team=web';
    }
    case REDIRECT_HEADER:
      return isRedirectTarget(value)
        ? undefined
        : 'a path that begins with /, or a URL with http:// or https://';
    default:
      return undefined;
  }
}

/** A time zone at the end; digits are one behind a time alone, and the year of 01-12-2033 is none. */
const ZONE = /(?:\b(?:GMT|UTC)|[0-9]Z|:[0-9]{2}(?:\.[0-9]+)? ?[+-][0-9]{2}:?[0-9]{2})$/;

/**
 * A date as HTTP has it, the same on every machine: one without a time zone would be another one elsewhere. `0` and `-1`
 * say that an answer is stale already.
 */
export function expiryOf(text: string): string | undefined {
  if (text === '0' || text === '-1') return new Date(0).toUTCString();
  const date = ZONE.test(text) ? new Date(text) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date.toUTCString();
}

/** What S3 takes as a redirect's target. */
export function isRedirectTarget(target: string): boolean {
  return /^(\/|https?:\/\/[^/])/.test(target) && /^[\x21-\x7e]*$/.test(target) && target.length <= 2048;
}

/** A pattern as a regular expression over paths, or what is wrong with it. */
export function patternOf(text: string): RegExp | string {
  if (text.length > MAX_PATTERN_LENGTH)
    return `${quoted(text)} has ${text.length} characters; allowed: ${MAX_PATTERN_LENGTH}, as no key is longer`;
  const parts = text.replace(/\*{2,}/g, '*').split(/(\*|(?<!\\):[A-Za-z]\w*)/);
  const names = new Set<string>();
  let wildcards = 0;
  let source = '';
  for (const part of parts) {
    if (part === '*') {
      wildcards++;
      source += wildcards === 1 ? '(?<splat>.*)' : '.*';
    } else if (/^:[A-Za-z]\w*$/.test(part)) {
      const name = part.slice(1);
      if (name === 'splat' || names.has(name))
        return `${quoted(text)} names ${part} twice, or as the * is named`;
      names.add(name);
      source += `(?<${name}>[^/]+)`;
    } else source += escapeRegExp(decoded(part.replaceAll('\\:', ':')));
  }
  if (wildcards > MAX_WILDCARDS) return `${quoted(text)} has ${wildcards} *; allowed: ${MAX_WILDCARDS}`;
  // For the same reason: next to each other they could share the characters in countless ways.
  const crowded = text.split('/').find((segment) => (segment.match(WILD) ?? []).length > 1);
  if (crowded !== undefined && names.size > 0) {
    return `${quoted(crowded)} has more than one * or :name between two slashes; allowed: one`;
  }
  return new RegExp(`^${source}$`, 'su');
}

const WILD = /\*+|(?<!\\):[A-Za-z]\w*/g;

/** Site builders write the paths of URLs; keys have the characters themselves. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}

/** A line of one of the inputs. */
export interface RuleLine {
  readonly author: HeaderAuthor;
  /** From 1. */
  readonly line: number;
}

/** What the rules make of one name. */
export interface RuledHeaders {
  /** Names in lower case. A value of `undefined`: detached, so that no default takes its place. */
  readonly headers: ReadonlyMap<string, string | undefined>;
  /** Lines that gave Cache-Control values which contradict one another, and the joined value. */
  readonly contradiction?: { readonly lines: readonly RuleLine[]; readonly value: string };
}

/**
 * Applies the rules in their order. Lists of several lines are joined with a comma, as Netlify and Cloudflare do;
 * a header that has one value alone (Content-Type, a storage class) takes the last one.
 *
 * @param paths under which the object is found, as `/docs/index.html` and `/docs/`
 */
export function applyHeaderRules(rules: readonly HeaderRule[], paths: readonly string[]): RuledHeaders {
  const headers = new Map<string, string | undefined>();
  let cacheLines: RuleLine[] = [];
  for (const { pattern, changes, author } of rules) {
    const match = firstMatch(pattern, paths);
    if (match === undefined) continue;
    for (const { name, value, line } of changes) {
      if (name === 'cache-control') cacheLines = value === undefined ? [] : [...cacheLines, { author, line }];
      if (value === undefined) {
        headers.set(name, undefined);
        continue;
      }
      const filled = fill(name, value, match.groups);
      const known = headers.get(name);
      const joins = known !== undefined && (LISTS.has(name) || name.startsWith(META));
      headers.set(name, joins ? `${known}, ${filled}` : filled);
    }
  }
  const value = headers.get('cache-control');
  if (value === undefined || cacheLines.length < 2 || !contradicts(value)) return { headers };
  return { headers, contradiction: { lines: cacheLines, value } };
}

function firstMatch(pattern: RegExp, paths: readonly string[]): RegExpExecArray | undefined {
  for (const path of paths) {
    const match = pattern.exec(path);
    if (match !== null) return match;
  }
  return undefined;
}

/**
 * A name must not end the header that it is put into: it goes in as a URL has it. Nor may it end a tag's value: who
 * names files would choose tags.
 */
function fill(
  header: string,
  value: string,
  groups: Readonly<Record<string, string | undefined>> | undefined,
): string {
  if (groups === undefined) return value;
  const encode = header === 'x-amz-tagging' ? encodeURIComponent : encodeURI;
  return value.replace(/:([A-Za-z]\w*)/g, (whole, name: string) => {
    const text = groups[name];
    return text === undefined ? whole : encode(text);
  });
}

/** A directive given twice with other values, or a refusal to cache beside a permission. */
function contradicts(cacheControl: string): boolean {
  const directives = new Map<string, string>();
  for (const part of cacheControl.split(',')) {
    const [name = '', value = ''] = part.trim().toLowerCase().split('=', 2);
    const known = directives.get(name);
    if (known !== undefined && known !== value) return true;
    directives.set(name, value);
  }
  const refuses =
    directives.has('no-store') || directives.has('no-cache') || directives.get('max-age') === '0';
  if (directives.has('public') && directives.has('private')) return true;
  const allows = directives.has('immutable') || Number(directives.get('max-age') ?? 0) > 0;
  return refuses && allows;
}
