/**
 * The XML that S3 answers, and no more of XML than that: elements, attributes that nobody reads, text, the five named
 * and the numeric character references. Who answers may be anybody, so what is not this is refused and nothing is
 * guessed: document types (and with them every bomb), comments, CDATA sections and processing instructions have no
 * place in an answer of S3; text beside elements and repeated elements could be read in more than one way.
 * A page of 1,000 keys takes 2 ms, the SDK's parser 27.
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
  let at = document.charCodeAt(0) === 0xfeff ? 1 : 0;
  at = skipBlanks(document, at);
  // Complete may answer blanks for minutes before and after the declaration, to keep the connection.
  if (document.startsWith('<?xml', at)) {
    const end = document.indexOf('?>', at);
    if (end === -1) throw new XmlError('a declaration without an end');
    at = skipBlanks(document, end + 2);
  }
  const stack: Open[] = [];
  let elements = 0;
  let root: XmlElement | undefined;
  while (at < document.length) {
    if (document.charCodeAt(at) !== LESS) {
      if (root === undefined && stack.length === 0) throw new XmlError('text before the root element');
      const next = document.indexOf('<', at);
      const end = next === -1 ? document.length : next;
      const open = stack.at(-1);
      if (open !== undefined) open.text += decode(document.slice(at, end));
      else if (skipBlanks(document, at) < end) throw new XmlError('text after the root element');
      at = end;
      continue;
    }
    const close = document.indexOf('>', at);
    if (close === -1) throw new XmlError('a tag without an end');
    const first = document.charCodeAt(at + 1);
    if (first === SLASH) {
      const open = stack.pop();
      if (open === undefined) throw new XmlError('an end tag without a start');
      const { name } = open;
      const exact = close === at + 2 + name.length && document.startsWith(name, at + 2);
      if (!exact && document.slice(at + 2, close).trimEnd() !== name) {
        throw new XmlError(`an end tag that is not ${name}'s`);
      }
      root = closed(open, stack, root);
      at = close + 1;
      continue;
    }
    if (first === BANG || first === QUESTION) throw new XmlError('a construct that S3 does not use');
    if (root !== undefined) throw new XmlError('a second root element');
    if (++elements > MOST_ELEMENTS) throw new XmlError('too many elements');
    if (stack.length === DEEPEST) throw new XmlError('elements nested too deep');
    const end = endOfTag(document, at + 1, close);
    const empty = document.charCodeAt(end - 1) === SLASH;
    const name = nameIn(document, at + 1, empty ? end - 1 : end);
    const open: Open = { name, text: '', children: undefined };
    if (empty) root = closed(open, stack, root);
    else stack.push(open);
    at = end + 1;
  }
  if (root === undefined || stack.length > 0) throw new XmlError('the document is cut short');
  return root;
}

const LESS = 60;
const SLASH = 47;
const BANG = 33;
const QUESTION = 63;

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

function decode(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&([^;&]{0,10});|&/g, (_, reference: string | undefined) => {
    const named = reference !== undefined && Object.hasOwn(NAMED, reference) ? NAMED[reference] : undefined;
    const character = named ?? numeric(reference ?? '');
    if (character === undefined) throw new XmlError('a reference to a character that XML does not know');
    return character;
  });
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
