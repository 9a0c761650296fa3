/** Text and markup for the few documents of S3; not an XML library. */

/** Markup, and the control characters, written as what is not printable: \p{Cc}. */
const UNSAFE = /[&<>"\p{Cc}]/u;
const EACH_UNSAFE = /[&<>"\p{Cc}]/gu;

export function escapeXml(text: string): string {
  return UNSAFE.test(text) ? text.replace(EACH_UNSAFE, entity) : text;
}

function entity(character: string): string {
  switch (character) {
    case '&':
      return '&amp;';
    case '<':
      return '&lt;';
    case '>':
      return '&gt;';
    case '"':
      return '&quot;';
    default:
      return `&#x${character.charCodeAt(0).toString(16)};`;
  }
}

/** One element with text; nothing where there is no value. */
export function leaf(name: string, value: string | number | boolean | undefined): string {
  return value === undefined ? '' : `<${name}>${escapeXml(String(value))}</${name}>`;
}

export function document(name: string, content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${name}>`;
}

/** The contents of each `<name>` in a request's document, in order; they never nest in S3's requests. */
export function elements(xml: string, name: string): readonly string[] {
  const found: string[] = [];
  for (const match of xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?(?:/>|>([\\s\\S]*?)</${name}>)`, 'g'))) {
    found.push(match[1] ?? '');
  }
  return found;
}

export function textOf(xml: string, name: string): string | undefined {
  const content = elements(xml, name)[0];
  return content === undefined ? undefined : unescapeXml(content);
}

function unescapeXml(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#([0-9]+)|(amp|lt|gt|quot|apos));/gi, (_, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number.parseInt(decimal, 10));
    return NAMED[String(name).toLowerCase()] ?? '';
  });
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
