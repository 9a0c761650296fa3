/**
 * File names, keys and server messages are other people's text (R9): a name may hold a newline, an escape
 * sequence, `::set-output` or Markdown. What is printed passes through here.
 */

/** C0, DEL, C1, line separators, bidirectional controls, zero-width and byte-order marks, lone surrogates. */
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeCharacter(character: string): string {
  const short = SHORT_ESCAPES[character];
  if (short !== undefined) return short;
  const code = character.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** What a runner reads a command from anywhere in a line: `##[` on GitHub, `##vso[` on Azure, `##teamcity[`. */
const COMMAND = /##(?=\w*\[)/g;

/**
 * A name as it is, or in double quotes with C-style escapes when it holds what a terminal, a log or a reader
 * would take for something else. GitHub's runner reads a command from a line that begins `::` after blanks too.
 */
export function printable(name: string): string {
  const plain =
    name !== '' &&
    name.search(UNPRINTABLE) === -1 &&
    !/^[\s"]|\s$/.test(name) &&
    !name.startsWith('::') &&
    name.search(COMMAND) === -1;
  if (plain) return name;
  const escaped = name
    .replace(/[\\"]/g, '\\$&')
    .replace(UNPRINTABLE, escapeCharacter)
    .replace(COMMAND, '#\\x23');
  return `"${escaped}"`;
}

/**
 * Any text as one line that no terminal and no runner takes for a command. For sentences: nothing is quoted,
 * blanks stay. The last gate before every sink.
 */
export function oneLine(text: string): string {
  const flat = text
    .replace(/\s*[\r\n\u2028\u2029]+\s*/g, ' ')
    .replace(/\t/g, ' ')
    .replace(UNPRINTABLE, escapeCharacter)
    .replace(COMMAND, '#\\x23');
  return flat.replace(/^(\s*)::/, '$1\\x3a:');
}

/** JSON in which no runner finds a command, and every program what was in it before. */
export function withoutCommands(json: string): string {
  return json.replace(COMMAND, '#\\u0023');
}

/** Shortens in the middle: the beginning names the place, the end the file. */
export function shorten(text: string, length: number): string {
  if (text.length <= length) return text;
  const head = Math.ceil((length - 1) / 2);
  const tail = length - 1 - head;
  // A cut through a surrogate pair would leave a character that no encoding has.
  return `${text.slice(0, head)}…${tail > 0 ? text.slice(-tail) : ''}`.toWellFormed();
}

/**
 * A name in a Markdown table, list or heading: `<code>` with every character that Markdown, HTML or GitHub gives
 * a meaning (`|`, backticks, `<`, `@mention`, `#1`, `:smile:`, `www.`) as a numeric entity. A code span would not
 * do: nothing can spell a backslash before a pipe in a table's code span.
 */
export function markdownCode(name: string, length = 200): string {
  return `<code>${markdownText(shorten(printable(name), length))}</code>`;
}

/** A sentence in Markdown, taken literally. */
export function markdownText(text: string): string {
  return oneLine(text)
    .replace(/:(?![ ]|$)|[^\p{L}\p{M}\p{N}\p{Extended_Pictographic} /.,;:()+=%→…·-]/gu, entity)
    .replace(/www(?=\.)/gi, (word) => `${entity('w')}${word.slice(1)}`)
    .replace(/^([-+=]|\d+(?=[.)]))/, (start) => `${entity(start)}${start.slice(1)}`);
}

function entity(character: string): string {
  return `&#${character.codePointAt(0)};`;
}
