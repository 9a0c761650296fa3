/**
 * The XML that S3 answers, and no more of XML than that: elements, attributes that nobody reads, text, the five named
 * and the numeric character references. Who answers may be anybody, so what is not this is refused and nothing is
 * guessed: document types (and with them every bomb), comments, CDATA sections and processing instructions have no
 * place in an answer of S3; text beside elements and repeated elements could be read in more than one way.
 * A page of 1,000 keys takes 2 to 3 ms, the SDK's parser 20 to 27.
 */
export interface XmlElement {
  readonly name: string;
  /** Empty where there are elements inside. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

export class XmlError extends Error {
  override readonly name = 'XmlError';
}

/** S3's answers are 4 deep. */
const DEEPEST = 12;

/** A page of 1,000 keys with owners, checksums and restore status has 16,000. */
const MOST_ELEMENTS = 200_000;

/** S3's longest is ServerSideEncryptionConfigurationNotFoundError, and no element is called so. */
const LONGEST_NAME = 100;

const NAME = /^[A-Za-z_][\w.:-]*$/;
const NONE: readonly XmlElement[] = [];

interface Open {
  readonly name: string;
  text: string;
  children: XmlElement[] | undefined;
}

/** Reads a document; rejects with `XmlError`. Takes time proportional to the length, whatever is in it. */
export function parseXml(document: string): XmlElement {
  let at = afterProlog(document);
  const stack: Open[] = [];
  // A listing has ten names in all: the tag that was a good name once is not looked at again, and one string for all
  // elements of a name makes them quick to compare.
  const names = new Map<string, string>();
  let elements = 0;
  let root: XmlElement | undefined;
  while (at < document.length) {
    if (document.charCodeAt(at) !== LESS) {
      const next = document.indexOf('<', at);
      const end = next === -1 ? document.length : next;
      const open = stack.at(-1);
      if (open !== undefined) open.text += decode(document.slice(at, end));
      else if (skipBlanks(document, at) < end) throw new XmlError('text outside the root element');
      at = end;
      continue;
    }
    const close = document.indexOf('>', at);
    if (close === -1) throw new XmlError('a tag without an end');
    if (document.charCodeAt(at + 1) === SLASH) {
      const open = stack.pop();
      if (open === undefined) throw new XmlError('an end tag without a start');
      if (document.slice(at + 2, close).trimEnd() !== open.name) {
        throw new XmlError(`an end tag that is not that of ${open.name}`);
      }
      root = closed(open, stack, root);
      at = close + 1;
      continue;
    }
    if (root !== undefined) throw new XmlError('a second root element');
    if (++elements > MOST_ELEMENTS) throw new XmlError('too many elements');
    if (stack.length === DEEPEST) throw new XmlError('elements nested too deep');
    const tag = document.slice(at + 1, close);
    let name = names.get(tag);
    let end = close;
    if (name === undefined) {
      end = endOfTag(document, at + 1, close);
      const isEmpty = document.charCodeAt(end - 1) === SLASH;
      name = nameIn(document, at + 1, isEmpty ? end - 1 : end);
      if (name === tag) names.set(tag, name);
      if (isEmpty) {
        root = closed({ name, text: '', children: undefined }, stack, root);
        at = end + 1;
        continue;
      }
    }
    const next = document.indexOf('<', end + 1);
    if (next === -1) throw new XmlError('the document is cut short');
    const text = decode(document.slice(end + 1, next));
    const open: Open = { name, text, children: undefined };
    const last = next + 2 + name.length;
    // Nearly every element has nothing but text: it is done at once.
    if (
      document.charCodeAt(last) === GREATER &&
      document.charCodeAt(next + 1) === SLASH &&
      document.startsWith(name, next + 2)
    ) {
      root = closed(open, stack, root);
      at = last + 1;
    } else {
      stack.push(open);
      at = next;
    }
  }
  if (root === undefined || stack.length > 0) throw new XmlError('the document is cut short');
  return root;
}

/** Complete may answer blanks for minutes before and after the declaration, to keep the connection. */
function afterProlog(document: string): number {
  const start = skipBlanks(document, document.charCodeAt(0) === 0xfeff ? 1 : 0);
  if (!document.startsWith('<?xml', start)) return start;
  const end = document.indexOf('?>', start);
  if (end === -1) throw new XmlError('a declaration without an end');
  return skipBlanks(document, end + 2);
}

const LESS = 60;
const GREATER = 62;
const SLASH = 47;

function closed(open: Open, stack: readonly Open[], root: XmlElement | undefined): XmlElement | undefined {
  const { name, children = NONE } = open;
  let { text } = open;
  if (children !== NONE && text !== '') {
    if (skipBlanks(text, 0) < text.length) throw new XmlError(`text beside the elements in ${name}`);
    text = '';
  }
  const element: XmlElement = { name, text, children };
  const parent = stack.at(-1);
  if (parent === undefined) {
    if (root !== undefined) throw new XmlError('a second root element');
    return element;
  }
  if (parent.children === undefined) parent.children = [element];
  else parent.children.push(element);
  return root;
}

/** Where a start tag ends: a quoted attribute may hold `>`. */
function endOfTag(document: string, start: number, close: number): number {
  for (let i = start; i < close; i++) {
    const character = document.charCodeAt(i);
    if (character === LESS) throw new XmlError('a tag inside a tag');
    if (character !== 34 && character !== 39) continue;
    // There are quotes: go from pair to pair.
    let at = i;
    for (;;) {
      const end = document.indexOf(document.charAt(at), at + 1);
      if (end === -1) throw new XmlError('an attribute without an end');
      at = end + 1;
      while (at < document.length && !QUOTE_OR_END.test(document.charAt(at))) at++;
      if (at >= document.length) throw new XmlError('a tag without an end');
      if (document.charAt(at) === '>') return at;
    }
  }
  return close;
}

const QUOTE_OR_END = /["'>]/;

function nameIn(document: string, start: number, end: number): string {
  let stop = start;
  while (stop < end && !isBlank(document.charCodeAt(stop))) stop++;
  const name = document.slice(start, stop);
  // So are comments, CDATA sections, document types and processing instructions.
  if (name.length > LONGEST_NAME || !NAME.test(name)) throw new XmlError('an element without a name');
  return name;
}

function isBlank(character: number): boolean {
  return character === 32 || character === 10 || character === 13 || character === 9;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && isBlank(text.charCodeAt(at))) at++;
  return at;
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const QUOTE = '&quot;';

function decode(text: string): string {
  let at = text.indexOf('&');
  if (at === -1) return text;
  // Every ETag of a listing.
  if (
    at === 0 &&
    text.startsWith(QUOTE) &&
    text.endsWith(QUOTE) &&
    text.indexOf('&', 1) === text.length - 6
  ) {
    return `"${text.slice(6, -6)}"`;
  }
  const pieces: string[] = [];
  let from = 0;
  while (at !== -1) {
    const end = text.indexOf(';', at);
    // The longest is a numeric one; looking further for an end would take time for every `&`.
    const reference = end === -1 || end - at > 10 ? '' : text.slice(at + 1, end);
    const character = Object.hasOwn(NAMED, reference) ? NAMED[reference] : numeric(reference);
    if (character === undefined) throw new XmlError('a reference to a character that XML does not know');
    pieces.push(text.slice(from, at), character);
    from = end + 1;
    at = text.indexOf('&', from);
  }
  pieces.push(text.slice(from));
  return pieces.join('');
}

/** Control characters too: servers write keys so that XML 1.0 could not carry. */
function numeric(reference: string): string | undefined {
  const match = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(reference);
  if (match === null) return undefined;
  const code = match[1] === undefined ? Number(match[2]) : Number.parseInt(match[1], 16);
  const isCharacter = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isCharacter ? String.fromCodePoint(code) : undefined;
}

/** The text of the one child of that name; `undefined`: there is none. */
export function textOf(parent: XmlElement, name: string): string | undefined {
  let found: XmlElement | undefined;
  for (const child of parent.children) {
    if (child.name !== name) continue;
    if (found !== undefined) throw new XmlError(`${name} twice in ${parent.name}`);
    if (child.children.length > 0) throw new XmlError(`elements inside ${name}`);
    found = child;
  }
  return found?.text;
}

export function childrenOf(parent: XmlElement, name: string): readonly XmlElement[] {
  return parent.children.filter((child) => child.name === name);
}

/**
 * As the text of an element. What a parser would change (line ends) or could not read in an attribute is escaped too;
 * other control characters have no spelling in XML 1.0.
 */
export function escapeXml(text: string): string {
  return text.replace(
    /[&<>"'\r\n\u0085\u2028]/g,
    (character) => `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`,
  );
}
