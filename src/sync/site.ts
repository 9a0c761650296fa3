import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { usageError } from '../model/errors.js';
import { namesOf } from '../model/file-columns.js';
import { compareKeys, OWN_DIRECTORY, type Prefix } from '../model/object-key.js';
import { type LocalFile, NO_FILE } from '../model/objects.js';
import type { Redirect, SiteOptions } from '../model/options.js';
import { fileId } from './file-id.js';
import { statFields } from './lstat.js';
import type { Tree } from './walk.js';

const PAGE = /^(.*[^/])\.html$/;

/** A directory's own page: readers find it under the directory. */
const INDEX_PAGE = /(^|\/)index\.html$/;

/**
 * The tree without the files that say how to publish it and those that the run itself writes, under whatever names and
 * links they lie there. Nor are they there by now: their objects, of runs for which they were files like any other, go.
 */
export async function withoutOwnFiles(
  tree: Tree,
  { unpublished }: Pick<SiteOptions, 'unpublished'>,
): Promise<Tree> {
  if (unpublished.size === 0) return tree;
  const { root, files } = tree;
  const isOwn = await isAmong(unpublished);
  const isThere: Tree['isThere'] = async (name) => {
    if (!(await tree.isThere(name))) return false;
    // Looked at anew: the run replaces some, and makes those that were not there.
    const [file, isOwnByNow] = [await fileAt(join(root, name)), await isAmong(unpublished)];
    return file === undefined || !isOwnByNow(file);
  };
  // Most trees have none, and may have a million files.
  if (!some(files, isOwn)) return { ...tree, isThere };
  return { ...tree, files: [...files].filter((file) => !isOwn(file)), isThere };
}

type Identity = Parameters<typeof fileId>[0];

/** Whether a file is one of those that lie at `paths`. */
async function isAmong(paths: Iterable<string>): Promise<(file: Identity) => boolean> {
  const own = new Set<string>();
  for (const path of paths) {
    const file = await fileAt(path);
    if (file !== undefined) own.add(file.real).add(fileId(file));
  }
  return (file) => own.has(file.real) || (file.nlink > 1 && own.has(fileId(file)));
}

/** `undefined`: it is not there, and so it is no file of the tree. */
async function fileAt(path: string): Promise<Identity | undefined> {
  try {
    const real = await realpath(path);
    return { real, ...statFields(await stat(real, { bigint: true })) };
  } catch {
    return undefined;
  }
}

function some<T>(all: Iterable<T>, is: (one: T) => boolean): boolean {
  for (const one of all) if (is(one)) return true;
  return false;
}

/** Files that site builders write for other hosts, and that are published as they are unless an input names them. */
const RULE_FILES: ReadonlyMap<string, string> = new Map([
  ['_headers', 'headers-file'],
  ['_redirects', 'redirects-file'],
]);

/** One line each. */
export function unusedRules(tree: Tree): readonly string[] {
  const lines: string[] = [];
  for (const name of namesOf(tree.files)) {
    const input = RULE_FILES.get(name);
    if (input === undefined) continue;
    lines.push(`${name} is published as a file like any other; ${input} would apply its rules instead`);
  }
  return lines;
}

/**
 * The tree with what a website has besides its files: pages under their names without `.html`, and objects that
 * redirect. A key that is excluded, or that the walk left alone, is neither. The further name of a page that is excluded or left
 * alone is protected like the page.
 *
 * @param prefix where the site lies in its bucket
 */
export function withSite(tree: Tree, { cleanUrls, redirects }: SiteOptions, prefix: Prefix): Tree {
  if (tree.files.length === 0 || (!cleanUrls && redirects.length === 0)) return tree;
  const names = new Set<string>();
  for (const name of namesOf(tree.files)) names.add(name);
  const warnings: string[] = [...tree.warnings];
  const added: LocalFile[] = [];
  for (const redirect of redirects) {
    refuseTaken(redirect, names);
    const why = whyLeftAlone(tree, redirect.name);
    if (why !== undefined) {
      const text = `redirects-file line ${redirect.line}: ${redirect.name} ${why}, and its object is left as it is`;
      warnings.push(text);
      continue;
    }
    names.add(redirect.name);
    added.push(redirectFile(redirect, prefix));
  }
  const kept: string[] = [];
  for (const file of cleanUrls ? tree.files : []) {
    const name = PAGE.exec(file.name)?.[1];
    if (name === undefined || INDEX_PAGE.test(file.name) || tree.excluded(name)) continue;
    if (names.has(name) || tree.skipped(name)) kept.push(name);
    else added.push({ ...file, name, page: file.name });
  }
  const [first] = kept;
  if (first !== undefined) {
    const more = kept.length > 1 ? ` and ${kept.length - 1} more` : '';
    warnings.push(`clean-urls: ${first}${more} is there already, and is not replaced by ${first}.html`);
  }
  const files = [...tree.files, ...added].sort((a, b) => compareKeys(a.name, b.name));
  return { ...tree, ...(cleanUrls ? protection(tree) : {}), warnings, files };
}

function protection({ excluded, skipped }: Tree): Pick<Tree, 'excluded' | 'skipped'> {
  return { excluded: withFurtherNames(excluded), skipped: withFurtherNames(skipped) };
}

/** What is protected, and the further names that `clean-urls` gives to its pages. */
export function withFurtherNames(isProtected: (name: string) => boolean): (name: string) => boolean {
  return (name) => {
    if (isProtected(name)) return true;
    const page = `${name}.html`;
    return PAGE.test(page) && !INDEX_PAGE.test(page) && isProtected(page);
  };
}

function whyLeftAlone({ excluded, skipped }: Tree, name: string): string | undefined {
  if (excluded(name)) return 'is excluded';
  return skipped(name) ? 'is, or lies behind, a link or a special file that is not published' : undefined;
}

/** One object has one content: a file and a redirect under one key cannot both be meant. */
function refuseTaken({ name, line }: Redirect, names: ReadonlySet<string>): void {
  const own = name.startsWith(OWN_DIRECTORY);
  if (!own && !names.has(name)) return;
  const why = own
    ? `${OWN_DIRECTORY} is ours`
    : 'the tree has a file of this name, and one object cannot be both';
  throw usageError(`redirects-file line ${line}: ${name} cannot redirect: ${why}; nothing was written`);
}

/** S3 reads a path from the root of the bucket's website, and whoever writes the rules from that of the site. */
function locationOf(target: string, prefix: Prefix): string {
  return isPath(target) ? `/${encoded(prefix)}${target.slice(1)}` : target;
}

/** Where the copy of an object that redirects leads: below its own prefix, where the object leads below its. */
export function movedLocation(location: string, from: Prefix, to: Prefix): string {
  if (from === to || !isPath(location)) return location;
  // Other tools may have written it as it is.
  const root = [encoded(from), from].find((start) => location.startsWith(`/${start}`));
  return root === undefined ? location : locationOf(location.slice(root.length), to);
}

function isPath(target: string): boolean {
  return target.startsWith('/') && !target.startsWith('//');
}

function encoded(prefix: Prefix): string {
  return prefix.split('/').map(encodeURIComponent).join('/');
}

/** No bytes, and no file on the disk. It is published with the pages, after what it leads to. */
function redirectFile({ name, target }: Redirect, prefix: Prefix): LocalFile {
  return {
    ...NO_FILE,
    name,
    page: name.endsWith('.html') ? name : `${name}.html`,
    redirect: locationOf(target, prefix),
    size: 0,
  };
}
