import { readFile } from 'node:fs/promises';
import { unreadableFile, usageError } from '../model/errors.js';
import {
  type HeaderAuthor,
  type HeaderRule,
  type ParsedHeaderRules,
  parseHeaderRules,
} from '../model/header-rules.js';
import type { CompressRule, HeaderOptions, SiteOptions } from '../model/options.js';
import { parseRedirects } from '../model/redirects.js';
import type { OptionsContext } from './given-inputs.js';
import { pathFrom } from './path.js';
import { printable } from './text.js';
import { refuse } from './values.js';

/** Problems of a file that one line tells, and lines with further ones that it names by their numbers. */
const SHOWN_PROBLEMS = 3;
const SHOWN_LINES = 50;

/** What the inputs of a website say, unparsed, with the names that people gave them by. */
export interface SiteInputs {
  readonly headers: Named<string | undefined>;
  readonly headersFile: Named<string | undefined>;
  readonly defaults: HeaderOptions['defaults'];
  readonly refresh: boolean;
  readonly redirectsFile: Named<string | undefined>;
  readonly compress: Named<readonly string[]>;
  readonly cleanUrls: boolean;
  readonly from: Pick<OptionsContext, 'cwd' | 'home'>;
}

export interface Named<T> {
  readonly name: string;
  readonly value: T;
}

/** Rejects with a `SyncError` of exit 2 that names the lines that cannot be used. */
export async function parseSite(
  inputs: SiteInputs,
): Promise<{ readonly headers: HeaderOptions; readonly site: SiteOptions }> {
  const unpublished = new Set<string>();
  const warnings: string[] = [];
  const rules: HeaderRule[] = [];
  const add = (place: string, text: string, author: HeaderAuthor): void => {
    const parsed = parseHeaderRules(text, author);
    refuseProblems(place, parsed.problems);
    rules.push(...parsed.rules);
    const isEncryption = ({ name }: { readonly name: string }): boolean => ENCRYPTION.test(name);
    const encryption = parsed.elsewhere.filter(isEncryption);
    const elsewhere = parsed.elsewhere.filter((line) => !isEncryption(line));
    if (elsewhere.length > 0) warnings.push(elsewhereText(place, elsewhere));
    if (encryption.length > 0) {
      const lines = namedLines(encryption);
      warnings.push(
        `${place}: ${lines}: the inputs sse and kms-key-id say how objects are encrypted, rules do not`,
      );
    }
  };
  const { headers, headersFile, redirectsFile } = inputs;
  if (headersFile.value !== undefined) {
    const { text, path } = await readRules(headersFile, headersFile.value, inputs.from);
    unpublished.add(path);
    add(`${headersFile.name} ${printable(headersFile.value)}`, text, 'file');
  }
  if (headers.value !== undefined) add(headers.name, headers.value, 'inline');
  let redirects: SiteOptions['redirects'] = [];
  if (redirectsFile.value !== undefined) {
    const { text, path } = await readRules(redirectsFile, redirectsFile.value, inputs.from);
    unpublished.add(path);
    const parsed = parseRedirects(text);
    refuseProblems(`${redirectsFile.name} ${printable(redirectsFile.value)}`, parsed.problems);
    redirects = parsed.redirects;
  }
  return {
    headers: { rules, defaults: inputs.defaults, refresh: inputs.refresh },
    site: {
      compress: inputs.compress.value.map((line) => compressRule(inputs.compress.name, line)),
      cleanUrls: inputs.cleanUrls,
      redirects,
      unpublished,
      warnings,
    },
  };
}

async function readRules(
  { name }: Named<unknown>,
  file: string,
  from: SiteInputs['from'],
): Promise<{ readonly text: string; readonly path: string }> {
  const path = pathFrom(from, file);
  try {
    return { text: await readFile(path, 'utf8'), path };
  } catch (cause) {
    throw unreadableFile(`${name}: ${printable(file)}`, cause);
  }
}

function refuseProblems(
  place: string,
  problems: readonly { readonly line: number; readonly message: string }[],
): void {
  if (problems.length === 0) return;
  const shown = problems.slice(0, SHOWN_PROBLEMS).map(({ line, message }) => `line ${line}: ${message}`);
  const others = problems.slice(shown.length).map(({ line }) => line);
  const named = others.slice(0, SHOWN_LINES).join(', ');
  const rest = others.length > SHOWN_LINES ? ` and ${others.length - SHOWN_LINES} more` : '';
  const more = others.length === 0 ? '' : `; and ${others.length === 1 ? 'line' : 'lines'} ${named}${rest}`;
  throw usageError(`${place}: ${shown.join('; ')}${more}; nothing was written`);
}

/** What decides on encryption; a rule that seems to and does not would be believed. */
const ENCRYPTION = /^!?\s*x-amz-server-side-encryption/i;

function namedLines(named: ParsedHeaderRules['elsewhere']): string {
  const lines = named.slice(0, 10).map(({ line, name }) => `${printable(name)} (line ${line})`);
  return `${lines.join(', ')}${named.length > lines.length ? ` and ${named.length - lines.length} more` : ''}`;
}

function elsewhereText(place: string, elsewhere: ParsedHeaderRules['elsewhere']): string {
  return `${place}: S3 cannot store ${namedLines(elsewhere)} with an object: set them where the site is served; on CloudFront, in a response headers policy that the distribution's behaviour names`;
}

/** `PATTERN`, `PATTERN encoding=br`. */
function compressRule(name: string, line: string): CompressRule {
  const words = /^(?:(.*?)\s+)?encoding=(\S*)\s*$/.exec(line);
  const [pattern, encoding] = words === null ? [line.trim(), 'gzip'] : [words[1]?.trim() ?? '', words[2]];
  if (encoding !== 'gzip' && encoding !== 'br') {
    return refuse(name, line, 'a pattern, then encoding=gzip or encoding=br');
  }
  // A word behind the pattern would be part of it, and nothing be compressed.
  if (words === null && /^[^#].*\s/.test(pattern))
    return refuse(name, line, 'a pattern, then encoding=gzip or encoding=br; a blank of a name as ?');
  if (pattern === '' || pattern === '!') return refuse(name, line, 'a pattern before encoding=');
  return { pattern, encoding };
}
