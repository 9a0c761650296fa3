import { OWN_DIRECTORY } from '../model/object-key.js';
import { isClosed } from './excludes.js';
import { listed } from './walk-findings.js';

/** Of a pattern, how much is shown. Characters. */
const SHOWN = 80;

/** `.git` and our own are kept back without asking the lines. */
const BUILT_IN = [/(^|\/)\.git(\/|$)/, new RegExp(`^/?${OWN_DIRECTORY.replaceAll('.', '\\.')}`)];

/** Lines in the dialect of .gitignore that kept nothing back; comments, `!` lines and what is built in are none. */
export function unusedExcludes(lines: readonly string[], used: ReadonlySet<string>): readonly string[] {
  return unusedLines(lines, used).filter((line) => !BUILT_IN.some((r) => r.test(line)));
}

/** The same, with what is built in. */
export function unusedLines(lines: readonly string[], used: ReadonlySet<string>): readonly string[] {
  return [...new Set(lines)].filter((line) => line.trim() !== '' && !/^[#!]/.test(line) && !used.has(line));
}

/** What a line was compared with. */
const UNMATCHED = {
  excludes: 'no file and no listed key',
  retain: 'no key or file that would be deleted',
} as const;

/** What unused lines are judged by. */
export interface UnusedContext {
  /** Root, prefix and URL, `/`-separated: a line that begins with the end of one was meant to begin below it. */
  readonly places: readonly string[];
  readonly hasDirectory: (name: string) => boolean;
  /** Whether the plan deletes objects or files. */
  readonly deletes: boolean;
}

/** A line each, or none, for lines that kept nothing back. */
export interface UnusedMessages {
  /** Of what can only be a slip; and where something is deleted, of paths, which were to protect one place. */
  readonly warning?: string;
  /** Of the others: a list that goes along to every repository has such lines. */
  readonly notice?: string;
}

/** @param input that the lines belong to */
export function tellUnused(
  input: keyof typeof UNMATCHED,
  lines: readonly string[],
  context: UnusedContext,
): UnusedMessages {
  const warned: string[] = [];
  const noticed: string[] = [];
  for (const line of lines) {
    const meant = slipOf(line, context);
    const isWarned = meant !== undefined || (context.deletes && firstName(line) !== undefined);
    (isWarned ? warned : noticed).push(withAdvice(line, meant));
  }
  const text = (shown: readonly string[]): string =>
    `${input}: nothing is kept back by ${listed(shown)}: ${UNMATCHED[input]} matches, or another line matches too; a pattern is compared with the path below the root, which is the key below the prefix`;
  return {
    ...(warned.length === 0 ? {} : { warning: text(warned) }),
    ...(noticed.length === 0 ? {} : { notice: text(noticed) }),
  };
}

/** The lines that a line was to be, where it can only be a slip. */
export function slipOf(line: string, context: Omit<UnusedContext, 'deletes'>): readonly string[] | undefined {
  const meant = meantBy(line, context);
  return meant.length === 1 && meant[0] === line.trimEnd() ? undefined : meant;
}

/** Lines of an input, and how they are compared with names. */
export interface NamedLines {
  readonly input: string;
  readonly lines: readonly string[];
  readonly meant: (line: string) => readonly string[] | undefined;
  /** Whether one of the patterns matches a name of the tree. */
  readonly matches: (patterns: readonly string[]) => boolean;
}

/** A warning for lines that match nothing in the tree, where what they can only have been meant as does. */
export function tellSlips({ input, lines, meant, matches }: NamedLines): string | undefined {
  const slips = [...new Set(lines)].flatMap((line) => {
    const patterns = meant(line);
    const isSlip = patterns !== undefined && !matches([line]) && matches(patterns);
    return isSlip ? [withAdvice(line, patterns)] : [];
  });
  if (slips.length === 0) return undefined;
  return `${input}: nothing matches ${listed(slips)}: a pattern is compared with the path below the root, which is the key below the prefix`;
}

/** A line, and what to write instead. */
export function withAdvice(line: string, meant: readonly string[] = []): string {
  return shown(line) + (meant.length === 0 ? '' : ` (write ${listed(meant.map(shown))})`);
}

/** A pattern in quotes, cut where it is long. */
export function shown(pattern: string): string {
  return JSON.stringify(pattern.length > SHOWN ? `${pattern.slice(0, SHOWN)}…` : pattern);
}

/** The first name of a pattern that is one place below the root, and no name that may be anywhere. */
export function firstName(line: string): string | undefined {
  const [first = ''] = line.replace(/^\//, '').split('/');
  return line.trimEnd().slice(0, -1).includes('/') && !/[*?[]/.test(first) ? first : undefined;
}

/** The lines that a line was to be: it itself where it holds no slip. */
function meantBy(line: string, context: Omit<UnusedContext, 'deletes'>): readonly string[] {
  const comment = line.search(/\s#/);
  const text = unquoted((comment > 0 ? line.slice(0, comment) : line).trim());
  const patterns = alternatives(text).map((part) => unquoted(part.trim()));
  // A comma or a # in brackets is one of their characters.
  if (!patterns.every(isClosed)) return [line.trimEnd()];
  return patterns.filter((pattern) => pattern !== '').map((pattern) => belowPlaces(pattern, context));
}

function unquoted(text: string): string {
  return /^(["'`])(.+)\1$/.exec(text)?.[2] ?? text;
}

/** Neither braces nor commas mean anything in the dialect. */
function alternatives(text: string): readonly string[] {
  const braces = text.split('{').length - 1;
  if (braces === 0) return text.split(',');
  const [, before = '', inside, after = ''] = /^([^{}]*)\{([^{}]*,[^{}]*)\}([^{}]*)$/.exec(text) ?? [];
  return inside === undefined ? [text] : inside.split(',').map((one) => before + one + after);
}

/** A pattern without `./`, or the name of a place that it was written with. */
export function belowPlaces(
  pattern: string,
  { places, hasDirectory }: Omit<UnusedContext, 'deletes'>,
): string {
  const body = pattern.replace(/^(\.?\/)+/, '').replace(/^s3:\/\//, 's3:/');
  for (const place of places) {
    const segments = place.split('/').filter((segment) => segment !== '');
    for (let from = 0; from < segments.length; from++) {
      const above = `${segments.slice(from).join('/')}/`;
      if (!body.startsWith(above) || body.length === above.length) continue;
      if (!hasDirectory(body.slice(0, body.indexOf('/')))) return `/${body.slice(above.length)}`;
    }
  }
  return pattern.startsWith('./') ? `/${body}` : pattern;
}
