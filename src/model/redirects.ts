import { isRedirectTarget } from './header-rules.js';
import { MAX_KEY_BYTES } from './object-key.js';
import type { Redirect } from './options.js';

export interface ParsedRedirects {
  readonly redirects: readonly Redirect[];
  /** What S3 cannot do, by line. */
  readonly problems: readonly { readonly line: number; readonly message: string }[];
}

/**
 * A file in the `_redirects` convention of Netlify and Cloudflare Pages: `FROM TO [STATUS]` a line, 301 where none
 * stands. An object can redirect one exact path, permanently, and nothing else.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-page-redirect.html
 */
export function parseRedirects(text: string): ParsedRedirects {
  const redirects = new Map<string, Redirect>();
  const problems: { line: number; message: string }[] = [];
  for (const [at, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = at + 1;
    // As both have it: a comment may stand behind a rule.
    const content = raw.replace(/(^|\s)#.*$/, '').trim();
    if (content === '') continue;
    const rule = redirectOf(content, line);
    if (typeof rule === 'string') {
      problems.push({ line, message: rule });
      continue;
    }
    const first = redirects.get(rule.name);
    // A path as it is and once more as URLs spell it is one rule.
    if (first === undefined) redirects.set(rule.name, rule);
    else if (first.target !== rule.target) {
      const message = `the same path stands in line ${first.line}; one object leads to one place`;
      problems.push({ line, message });
    }
  }
  return { redirects: [...redirects.values()], problems };
}

/** `.`, `..` and empty segments, but for the end of a directory's path; control characters. */
const UNASKABLE = /(^|\/)(\.{1,2}(\/|$)|\/)|\p{Cc}/u;

function redirectOf(content: string, line: number): Redirect | string {
  const [from = '', ...rest] = content.split(/\s+/);
  if (!from.startsWith('/')) {
    return `${quoted(from)} was given; allowed: a path that begins with /, as an object has no host`;
  }
  if (/[*]|\/:[A-Za-z]/.test(from)) {
    return `${quoted(from)} stands for many paths, and an object is one: list the paths, or use a CloudFront function`;
  }
  if (from.includes('?') || rest.some((word, i) => i === 0 && /^[A-Za-z]\w*=/.test(word))) {
    return `${quoted(content)} depends on the query, which S3 does not look at`;
  }
  const [given = '', status = '301', ...conditions] = rest;
  // A header holds ASCII alone; so does a URL, as browsers send it.
  const target = given.replace(/\P{ASCII}+/gu, (text) => encodeURI(text.toWellFormed()));
  if (target === '') return `${quoted(content)} does not say where to`;
  if (conditions.length > 0)
    return `${quoted(conditions.join(' '))} is a condition, and S3 redirects everybody`;
  if (status !== '301' && status !== '301!') {
    return `status ${quoted(status)} was given; allowed: 301, the one that S3 answers for an object`;
  }
  if (/:splat\b/.test(target) || !isRedirectTarget(target)) {
    return `${quoted(given)} is no target; allowed: a path that begins with /, or a URL with http:// or https://, of up to 2,048 characters`;
  }
  const path = decoded(from.slice(1));
  if (path === undefined || Buffer.byteLength(path) > MAX_KEY_BYTES - 'index.html'.length) {
    return `${quoted(from)} is no path that S3 can hold`;
  }
  if (UNASKABLE.test(path)) {
    return `${quoted(from)} is no path that a reader can ask for: browsers take . and .. out, and many servers refuse them, control characters and empty segments`;
  }
  // A website endpoint looks for the index page where a path ends at a slash.
  return { name: path === '' || path.endsWith('/') ? `${path}index.html` : path, target, line };
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}
