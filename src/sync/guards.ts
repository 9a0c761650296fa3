import { basename, join, posix, sep } from 'node:path';
import { EXIT, refusal, SyncError, usageError } from '../model/errors.js';
import { columnsOf, namesOf } from '../model/file-columns.js';
import { directoriesAbove, type ObjectKey, OWN_DIRECTORY, type Prefix } from '../model/object-key.js';
import { type Destination, destinationUrl, type Files, type ListedObject } from '../model/objects.js';
import type { DeleteOptions, TreeOptions } from '../model/options.js';
import { leavingKeys, type Plan } from '../model/plan.js';
import type { ObjectStore, ReadableStore } from '../store/object-store.js';
import type { Planned } from './plan.js';
import type { SourcePort } from './ports.js';
import { shown } from './unused-excludes.js';
import type { Tree } from './walk.js';
import { listed, showName } from './walk-findings.js';

/** Deletions that the default limit always allows: a small site may lose half its pages in one deploy. */
const ALWAYS_ALLOWED = 20;

/** The default limit: a share of the listed keys that are not excluded. */
const DEFAULT_PERCENT = 25;

/**
 * Refuses before anything else is done: an empty tree, a pattern that met nothing under `delete-after`
 * (D1, D12). Returns warnings.
 *
 * @param places where files were looked for, as they were given
 */
export function guardTree(
  tree: Tree,
  places: readonly string[],
  options: Pick<TreeOptions, 'ifNoFilesFound'>,
  deletes: DeleteOptions,
): readonly string[] {
  if (tree.files.length === 0) {
    const missing = tree.missing.map((path) =>
      path.endsWith(sep) ? `directory ${showName(path)}` : showName(path),
    );
    const where = missing.length === 0 ? '' : `, as there is no ${missing.join(', no ')}`;
    const message = `no files were found under ${places.join(', ')}${where}${butExcluded(tree)}`;
    if (options.ifNoFilesFound === 'error') {
      throw refusal(
        'no-files-found',
        `${message}${literalPattern(tree.missing, places)}: nothing was written or deleted; check paths or source, and excludes, or set if-no-files-found to warn`,
      );
    }
    return options.ifNoFilesFound === 'warn' ? [`${message}: nothing is written or deleted`] : [];
  }
  if (tree.patternsWithoutMatch.length === 0) return [];
  const patterns = tree.patternsWithoutMatch.join(', ');
  if (deletes.deleteAfter) {
    throw refusal(
      'pattern-without-match',
      `delete-after is set and these paths matched no file: ${patterns}; what they should have published would be deleted. Check the build, or take the lines out`,
    );
  }
  return [`these paths matched no file: ${patterns}`];
}

/** What `excludes` kept back where nothing was found, to end a message with. */
export function butExcluded({ excludedBy = [] }: Pick<Tree, 'excludedBy'>): string {
  const lines = excludedBy.map(shown);
  return lines.length === 0 ? '' : `, but for what is excluded by ${listed(lines)}`;
}

/** What to write for a DIR that is a pattern, which only a quoted one can be. */
function literalPattern(missing: readonly string[], places: readonly string[]): string {
  const given = places.find(
    (place) => /[*?]/.test(place) && missing.some((path) => path.endsWith(place.replace(/^(\.?[\\/])+/, ''))),
  );
  if (given === undefined) return '';
  const directory = given.slice(0, given.search(/[^\\/]*[*?]/)) || '.';
  return ` (a DIR is no pattern: write ${showName(directory)}, or --path ${showName(given)})`;
}

/**
 * Refuses to copy between places that lie in one another where names and endpoints did not tell: an access point and its
 * bucket, two names of one host. The objects tell: one of them is found in both, with its content and its time. Deletes would
 * take the source itself, and what is copied would be copied again by the next run.
 */
export function guardOverlap(
  { files }: Tree,
  source: Pick<SourcePort, 'prefix' | 'url'>,
  listing: ReadonlyMap<ObjectKey, ListedObject>,
  destination: Destination,
): void {
  const { prefix } = destination;
  if (prefix === source.prefix || !(prefix.startsWith(source.prefix) || source.prefix.startsWith(prefix)))
    return;
  for (const { object } of files) {
    const there = object === undefined ? undefined : listing.get(object.key);
    if (object === undefined || there === undefined || !isSameObject(object, there)) continue;
    throw usageError(
      `${source.url} and ${destinationUrl(destination)} lie in one another: both have ${there.key}, the same and as old; nothing was written; copy between places that do not`,
    );
  }
}

/**
 * Refuses deletes that would take what another destination of this run holds, where names and endpoints did not tell that
 * it lies in this one. Again the objects tell.
 *
 * @param inner what is listed of a destination whose prefix lies in this one's
 */
export function guardInner(
  { plan }: Planned,
  listing: ReadonlyMap<ObjectKey, ListedObject>,
  destination: Destination,
  inner: { readonly destination: Destination; readonly listing: ReadonlyMap<ObjectKey, ListedObject> },
): void {
  for (const key of leavingKeys(plan)) {
    const object = listing.get(key);
    const there = inner.listing.get(key);
    if (object === undefined || there === undefined || !isSameObject(object, there)) continue;
    const [here, within] = [destination, inner.destination].map(destinationUrl);
    throw usageError(
      `mirrors: ${within} seems to lie in ${here}: both have ${key}, the same and as old, and delete-after would delete it; nothing was written; name places that do not lie in one another, or publish to them in runs of their own`,
    );
  }
}

/** Whether a plan deletes anything below a prefix, now or later. */
export function deletesBelow(plan: Plan, prefix: Prefix): boolean {
  for (const key of leavingKeys(plan)) if (key.startsWith(prefix)) return true;
  return false;
}

/**
 * Refuses deletes below a prefix that another run publishes to: our own objects there say so (D14), whether they stay or not.
 * Those that wait count too: with each deploy there its index begins to wait anew, while pages that did not change expire.
 *
 * @param keys what is listed
 */
export function guardInnerRun(
  { plan, deletions }: Pick<Planned, 'plan' | 'deletions'>,
  keys: Iterable<ObjectKey>,
  { prefix }: Pick<Destination, 'prefix'>,
  url: string,
): void {
  if (deletions === 0) return;
  const directories = new Set<string>();
  for (const key of keys) {
    const at = key.indexOf(`/${OWN_DIRECTORY}`, prefix.length);
    if (at !== -1) directories.add(key.slice(0, at));
  }
  if (directories.size === 0) return;
  for (const key of leavingKeys(plan)) {
    for (const directory of directoriesAbove(key)) {
      if (!directories.has(directory)) continue;
      const inner = `${directory}/`;
      throw refusal(
        'unrelated-destination',
        `${url}: ${inner}${OWN_DIRECTORY} says that another run publishes to ${inner}, and delete-after would delete that: exclude it (${JSON.stringify(`/${inner.slice(prefix.length)}`)}), which protects it; only if nothing is published there any more, remove it`,
      );
    }
  }
}

/** Whether two listings, maybe by two names of one bucket, show one object. */
function isSameObject(
  one: Pick<ListedObject, 'etag' | 'lastModified'>,
  other: Pick<ListedObject, 'etag' | 'lastModified'>,
): boolean {
  return one.lastModified !== 0 && one.etag === other.etag && one.lastModified === other.lastModified;
}

/**
 * Refuses a source of which the server cannot spell some keys: what they are would be left out, and deleted where the others
 * are brought to.
 */
export function guardSpelling(
  { unlisted }: Pick<ReadableStore, 'unlisted'>,
  prefix: Prefix,
  { excluded }: Pick<Tree, 'excluded'>,
  url: string,
): void {
  const names = [...unlisted].map((key) => key.slice(prefix.length)).filter((name) => !excluded(name));
  if (names.length === 0) return;
  throw refusal(
    'unsafe-name',
    `${url} has keys whose characters its server cannot list (${listed(names)}): nothing was written; rename them there, or exclude them`,
  );
}

/** Names that a refusal shows. */
const SHOWN_NAMES = 3;

/** Files beside a directory of their name, which some servers cannot hold, as people read it; `undefined`: none. */
export function nestedNames(tree: Tree): string | undefined {
  const names = new Set<string>();
  for (const name of namesOf(tree.files)) names.add(name);
  const parents = new Set<string>();
  for (const name of names) {
    for (let slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
      const parent = name.slice(0, slash);
      if (names.has(parent)) parents.add(parent);
    }
  }
  const [first] = parents;
  if (first === undefined) return undefined;
  const shown = [...parents].slice(0, SHOWN_NAMES).join(', ');
  const more = parents.size > SHOWN_NAMES ? ` and ${parents.size - SHOWN_NAMES} more` : '';
  return `${shown}${more} beside what lies below ${first}/`;
}

/**
 * Refuses keys that are another key's name there, or may be: its bytes would be overwritten, even outside of the prefix, and
 * deleted as absent from the tree. What is listed under such names shows that they are kept as they are spelled.
 */
export function guardNames(
  names: Iterable<string>,
  prefix: Prefix,
  listing: ReadonlyMap<ObjectKey, ListedObject>,
  { provider, otherNames }: Pick<ObjectStore, 'provider' | 'otherNames'>,
): void {
  if (otherNames === undefined) return;
  const kindsOf = (key: string): string[] => Array.from(key.matchAll(otherNames), ([kind]) => kind);
  let kept: ReadonlySet<string> | undefined;
  const isOther = (key: string): boolean => {
    if (key.search(otherNames) === -1) return false;
    kept ??= new Set([...listing.keys()].flatMap(kindsOf));
    return !kindsOf(key).every((kind) => kept?.has(kind));
  };
  const may = `the server (${provider}) may take for the path of another object: nothing was`;
  if (isOther(prefix))
    throw refusal(
      'unsafe-name',
      `the prefix ${showName(prefix)} has an empty, \`.\` or \`..\` directory name, which ${may} written or deleted; write ${showName(posix.normalize(prefix))} if that is meant`,
    );
  const others: string[] = [];
  for (const name of names) if (isOther(prefix + name)) others.push(name);
  if (others.length === 0) return;
  const shown = listed(others.slice(0, SHOWN_NAMES).map(showName), others.length, SHOWN_NAMES);
  const what = others.length === 1 ? '1 name has' : `${others.length} names have`;
  throw refusal(
    'unsafe-name',
    `${what} an empty, \`.\` or \`..\` directory name or a backslash, which ${may} written: ${shown}; rename or exclude them`,
  );
}

/** Refuses bytes under names that end at a slash where they would be dropped without a word. */
export function guardMarkers(
  files: Files,
  { provider, markersHaveBytes }: Pick<ObjectStore, 'provider' | 'markersHaveBytes'>,
): void {
  if (markersHaveBytes) return;
  const columns = columnsOf(files);
  const names: string[] = [];
  for (let place = 0; place < columns.length; place++)
    if (columns.sizeAt(place) > 0 && columns.nameAt(place).endsWith('/')) names.push(columns.nameAt(place));
  if (names.length === 0) return;
  throw refusal(
    'unsafe-name',
    `${provider} keeps no bytes under a name that ends at a slash (${listed(names.map(showName), names.length, SHOWN_NAMES)}): nothing was written; rename or exclude them`,
  );
}

export function guardNesting(tree: Tree, provider: string): void {
  const nested = nestedNames(tree);
  if (nested === undefined) return;
  throw refusal(
    'key-collision',
    `${provider} keeps objects as files and cannot hold ${nested}: nothing was written; rename them, or leave them out (clean-urls and redirects-file make such names)`,
  );
}

/**
 * Refuses to make a directory of a file or the other way round where a server cannot hold both until the deletes, which
 * come last.
 */
export function guardBlocked(
  tree: Tree,
  listing: ReadonlyMap<ObjectKey, ListedObject>,
  prefix: Prefix,
  provider: string,
): void {
  const created = new Set<string>();
  for (const name of namesOf(tree.files))
    if (!listing.has((prefix + name) as ObjectKey)) created.add(prefix + name);
  if (created.size === 0 || listing.size === 0) return;
  const blocked: string[] = [];
  for (const key of created)
    for (const above of directoriesAbove(key))
      if (listing.has(above as ObjectKey)) blocked.push(`${above} is in the way of ${key}`);
  for (const key of listing.keys())
    for (const above of directoriesAbove(key))
      if (created.has(above)) blocked.push(`${key} is in the way of ${above}`);
  if (blocked.length === 0) return;
  throw refusal(
    'in-the-way',
    `${provider} keeps objects as files: ${listed(blocked)}, and deletes come last: nothing was written; delete what is in the way by hand first, in a versioned bucket with all its versions`,
  );
}

/**
 * Refuses deletions that look like a mistake (D8, D11, D14). Judged before the first write.
 *
 * @param cause what decides on them
 */
export function guardDeletions(
  planned: Planned,
  deletes: DeleteOptions,
  url: string,
  cause = 'the tree',
): void {
  if (!deletes.deleteAfter) return;
  const { losses, firstLosses, deletions, listedUnexcluded, related } = planned;
  const { maxDelete } = deletes;
  const isTarget = cause === 'the source';
  const kind = isTarget ? 'file' : 'object';
  if (maxDelete.kind === 'default' && deletions > 0 && !related) {
    throw refusal(
      'unrelated-destination',
      `${url} holds ${listedUnexcluded} ${kind}${listedUnexcluded === 1 ? '' : 's'} (${listed(firstLosses, listedUnexcluded)}) and shares neither a ${isTarget ? 'name' : 'key'} nor a content with ${cause}, so delete-after would delete somebody else's files: check ${isTarget ? 'source and target' : 'bucket and prefix'}, or set max-delete to allow it`,
    );
  }
  const limit = deletionLimit(maxDelete, listedUnexcluded);
  if (losses > limit) {
    throw new SyncError(
      'too-many-deletions',
      EXIT.refused,
      `${losses} of ${listedUnexcluded} ${kind}s under ${url} would be deleted (${listed(firstLosses, losses)}) and max-delete allows ${limit}: nothing was written; check ${cause}, or set max-delete: ${losses}`,
    );
  }
}

/**
 * Refuses to move a whole destination by one directory: it was published with the root's own name before its keys, as s3cmd
 * and other roots have it, or without. Each content stays, so that none counts as lost, and each URL is gone.
 */
export function guardMoved(
  { deletions, listedUnexcluded }: Planned,
  tree: Pick<Tree, 'root' | 'files' | 'excluded'>,
  listing: ReadonlyMap<ObjectKey, ListedObject>,
  { deleteAfter, maxDelete }: DeleteOptions,
  { prefix }: Pick<Destination, 'prefix'>,
  url: string,
): void {
  const limit = maxDelete.kind === 'default' ? 0 : deletionLimit(maxDelete, listedUnexcluded);
  if (!deleteAfter || deletions <= limit) return;
  // The marker of the prefix itself stays.
  if (deletions < listedUnexcluded - (listing.has(prefix as string as ObjectKey) ? 1 : 0)) return;
  const names: string[] = [];
  for (const key of listing.keys()) {
    const name = key.slice(prefix.length);
    if (name !== '' && !tree.excluded(name)) names.push(name);
  }
  const files = new Set(namesOf(tree.files));
  const above = `${basename(tree.root)}/`;
  const [first = ''] = files;
  const below = first.slice(0, first.indexOf('/') + 1);
  const isAbove =
    above !== '/' &&
    names.every((name) => name.startsWith(above)) &&
    names.some((name) => files.has(name.slice(above.length)));
  const isBelow =
    below !== '' &&
    names.some((name) => files.has(below + name)) &&
    [...files].every((name) => name.startsWith(below));
  if (!isAbove && !isBelow) return;
  const told = isAbove
    ? `they lie below ${above}, and the tree is the inside of ${showName(tree.root)}: nothing was written; publish to ${url}${above} to go on there`
    : `the tree has its files below ${below}: nothing was written; publish the inside of ${showName(join(tree.root, below))} to go on`;
  throw refusal(
    'too-many-deletions',
    `all ${deletions} objects under ${url} would be deleted, as ${told}, or set max-delete: none to move them`,
  );
}

function deletionLimit(maxDelete: DeleteOptions['maxDelete'], listed: number): number {
  switch (maxDelete.kind) {
    case 'default':
      return Math.max(ALWAYS_ALLOWED, Math.floor((listed * DEFAULT_PERCENT) / 100));
    case 'none':
      return Number.POSITIVE_INFINITY;
    case 'count':
      return maxDelete.count;
    case 'percent':
      return Math.floor((listed * maxDelete.percent) / 100);
  }
}
