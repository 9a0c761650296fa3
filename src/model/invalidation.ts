/**
 * From keys to the paths that CloudFront is told to forget. What it takes: "What you need to know when invalidating
 * files", https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html
 */

/** How a distribution serves keys. Both end at a slash, or are empty. */
export interface PathMapping {
  /** What keys begin with and paths do not: the origin's path. Other keys are not served. */
  readonly stripPrefix: string;
  /** What paths begin with, after the first slash, and keys do not: a behaviour's path. */
  readonly addPrefix: string;
}

/** What earlier runs left of a distribution. */
export interface Owed {
  /** That it is still to be told. */
  readonly paths: readonly string[];
  /** How it was told what changed since it was last told everything; absent: nothing did, or nobody knows. */
  readonly mapping?: PathMapping;
}

export type InvalidationStatus = 'sent' | 'completed' | 'pending' | 'planned' | 'failed';

/** What became of an invalidation. `pending` and, without an id, `failed`: the next run sends it. */
export interface Invalidation {
  readonly distribution: string;
  readonly paths: readonly string[];
  /** What CloudFront calls it, once it was accepted. */
  readonly id?: string;
  readonly status: InvalidationStatus;
}

/** What invalidates all that a distribution has. */
export const EVERYTHING = '/*';

/** CloudFront refuses a longer path. */
const MAX_PATH_LENGTH = 4000;

/** CloudFront refuses more paths with a wildcard than this, in all invalidations that are in progress. */
const MAX_WILDCARDS = 15;

/**
 * Everything but what is encoded: non-ASCII, control characters, blanks and what RFC 1738 calls unsafe. "Do not
 * URL-encode any other characters in the path, or CloudFront will not invalidate the old version". A question mark
 * would begin a query string.
 */
const UNSAFE = /[^!$&()*+,\-./0-9:;=@A-Z_a-z]+/g;

/**
 * What no path can name: an asterisk means anything, and may stand at the end alone. An apostrophe and a tilde are
 * refused as they are, and encoded they are another path than the one that browsers ask for. A plus sign is a blank to S3 in a
 * path, so that readers ask for `%2B`, as encoders write it, or for `%2b`, as apt does.
 * https://github.com/laurilehmijoki/s3_website/issues/63, https://github.com/aws/aws-sdk-js/issues/4234,
 * https://github.com/dnbert/prm/pull/46
 */
const UNNAMABLE = /[*'~+]/;

const VALID = /^\/(?:[!$&()+,\-./0-9:;=@A-Z_a-z]|%[0-9A-F]{2})*\*?$/;

const DISTRIBUTION = /^E[A-Z0-9]{5,31}$/;

/** Whether CloudFront would take it as a path. */
export function isInvalidationPath(text: string): boolean {
  return text.length <= MAX_PATH_LENGTH && VALID.test(text);
}

export function isDistribution(text: string): boolean {
  return DISTRIBUTION.test(text);
}

export function isSameMapping(a: PathMapping, b: PathMapping): boolean {
  return a.stripPrefix === b.stripPrefix && a.addPrefix === b.addPrefix;
}

/** The path under which a key is served; `undefined`: it is not. */
export function invalidationPath(key: string, mapping: PathMapping): string | undefined {
  const { stripPrefix, addPrefix } = mapping;
  if (!key.startsWith(stripPrefix)) return undefined;
  const path = `/${addPrefix}${key.slice(stripPrefix.length)}`;
  const cut = path.search(UNNAMABLE);
  // What begins like the key goes too.
  const named = cut === -1 ? path : `${path.slice(0, cut)}*`;
  const whole = named.replace(UNSAFE, (text) =>
    Buffer.from(text)
      .reduce((encoded, byte) => `${encoded}%${byte.toString(16).padStart(2, '0')}`, '')
      .toUpperCase(),
  );
  return whole.length <= MAX_PATH_LENGTH ? whole : wildcard(directoryOf(whole.slice(0, MAX_PATH_LENGTH)));
}

/** The paths under which keys are served: an index page also under its directory. */
export function pathsOf(keys: Iterable<string>, mapping: PathMapping): readonly string[] {
  const paths = new Set<string>();
  for (const key of keys) {
    const path = invalidationPath(key, mapping);
    if (path === undefined) continue;
    paths.add(path);
    if (path.endsWith('/index.html')) paths.add(directoryOf(path));
  }
  return [...paths];
}

/**
 * At most `maxPaths` paths that cover all of them: these themselves when they fit, else wildcards of directories. The
 * widest wildcards are broken up first, into what lies in their directories, as long as all of it fits.
 */
export function groupPaths(paths: Iterable<string>, maxPaths: number): readonly string[] {
  const all = withoutCovered(paths);
  if (all.length <= maxPaths && wildcards(all) <= MAX_WILDCARDS) return all;
  const grouped = breakUp(all, maxPaths);
  return wildcards(grouped) <= MAX_WILDCARDS ? grouped : breakUp(all, Math.min(maxPaths, MAX_WILDCARDS));
}

/** Whether a path of a result stands for this one. */
export function covers(path: string, covered: string): boolean {
  return path === covered || (isWildcard(path) && stemOf(covered).startsWith(stemOf(path)));
}

/** What tells, at once whatever they are, whether one of these paths stands for another. */
export function coverOf(paths: readonly string[]): (path: string) => boolean {
  const whole = new Set(paths);
  const stems = new Set(paths.filter(isWildcard).map(stemOf));
  const lengths = [...new Set(Array.from(stems, ({ length }) => length))].sort((a, b) => a - b);
  return (path) => {
    if (whole.has(path)) return true;
    const stem = stemOf(path);
    for (const length of lengths) {
      if (length > stem.length) return false;
      if (stems.has(stem.slice(0, length))) return true;
    }
    return false;
  };
}

/** In the order of their stems: what has a common beginning stands together, a wildcard before what it covers. */
function withoutCovered(paths: Iterable<string>): readonly string[] {
  const sorted = [...new Set(paths)].sort((a, b) => {
    const x = stemOf(a);
    const y = stemOf(b);
    if (x !== y) return x < y ? -1 : 1;
    return a < b ? 1 : -1;
  });
  const kept: string[] = [];
  let cover: string | undefined;
  for (const path of sorted) {
    if (cover !== undefined && covers(cover, path)) continue;
    if (isWildcard(path)) cover = path;
    kept.push(path);
  }
  return kept;
}

/** Paths `from` to before `to`, which lie in `directory`; one alone stands for itself. */
interface Group {
  readonly from: number;
  readonly to: number;
  readonly directory: string;
}

function breakUp(paths: readonly string[], maxPaths: number): readonly string[] {
  const first = group(paths, 0, paths.length);
  let count = 1;
  const whole: Group[] = [];
  const open = first.to - first.from > 1 ? [first] : [];
  if (open.length === 0) whole.push(first);
  while (open.length > 0) {
    // At most `maxPaths` are open at a time.
    const widest = open.reduce((a, b) => (b.directory.length < a.directory.length ? b : a));
    open.splice(open.indexOf(widest), 1);
    const parts = partsOf(paths, widest, maxPaths - count + 1);
    if (parts === undefined) {
      whole.push(widest);
      continue;
    }
    count += parts.length - 1;
    for (const part of parts) (part.to - part.from > 1 ? open : whole).push(part);
  }
  return whole
    .sort((a, b) => a.from - b.from)
    .map(({ from, to, directory }) => (to - from > 1 ? wildcard(directory) : (paths[from] ?? EVERYTHING)));
}

/** A group's files and directories; `undefined`: they are more than `most`. */
function partsOf(
  paths: readonly string[],
  { from, to, directory }: Group,
  most: number,
): readonly Group[] | undefined {
  const parts: Group[] = [];
  for (let at = from; at < to; ) {
    if (parts.length === most) return undefined;
    const stem = stemOf(paths[at] ?? '');
    const slash = stem.indexOf('/', directory.length);
    const next = slash === -1 ? at + 1 : endOf(paths, stem.slice(0, slash + 1), at, to);
    parts.push(group(paths, at, next));
    at = next;
  }
  return parts;
}

/** The end of those that begin so. They stand together, so halving finds it. */
function endOf(paths: readonly string[], beginning: string, from: number, to: number): number {
  let low = from + 1;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (stemOf(paths[middle] ?? '').startsWith(beginning)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What the first and the last one in an order share, all between them do. */
function group(paths: readonly string[], from: number, to: number): Group {
  const first = stemOf(paths[from] ?? '');
  const last = stemOf(paths[to - 1] ?? '');
  let length = 0;
  while (length < first.length && first[length] === last[length]) length++;
  return { from, to, directory: directoryOf(first.slice(0, length)) };
}

function wildcards(paths: readonly string[]): number {
  return paths.reduce((count, path) => (isWildcard(path) ? count + 1 : count), 0);
}

function isWildcard(path: string): boolean {
  return path.endsWith('*');
}

function wildcard(directory: string): string {
  return `${directory}*`;
}

function stemOf(path: string): string {
  return isWildcard(path) ? path.slice(0, -1) : path;
}

/** Up to and with the last slash. */
function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}
