import { isUtf8 } from 'node:buffer';
import type { BigIntStats, Dirent } from 'node:fs';
import { access, constants, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, sep } from 'node:path';
import { isInside } from '../disk/is-inside.js';
import type { ErrorCode } from '../model/errors.js';
import { directoriesAbove, OWN_DIRECTORY } from '../model/object-key.js';
import type { LocalFile } from '../model/objects.js';
import type { TreeOptions } from '../model/options.js';
import type { Excludes } from './excludes.js';
import type { FileTable } from './file-table.js';
import { isPartial } from './local-names.js';
import { createLstat, statFields } from './lstat.js';
import type { DirectoryMatch, PathMatcher } from './path-match.js';
import type { Start } from './roots.js';
import { errorCode, isGone, reasonOf } from './system-error.js';
import { looksSecret, type Refusal, showBytes, showName } from './walk-findings.js';

/** Entries of a directory that are looked at in one go. */
const SLICE = 32;
export const GIT = '.git';
/** What decoding puts in place of bytes that are no UTF-8. */
const REPLACEMENT = '\ufffd';

/**
 * Ways to one directory by a link that lies behind another link: so many, or so many for each link there is. Two links in each
 * of 40 directories to the next one are 2^39 ways to the last, and no name among them is too long for a key; thousands of
 * versions that share what has a link inside are one way each.
 */
const MOST_WAYS = 1_000;
const MOST_WAYS_A_LINK = 16;

interface Directory {
  /** To open it by. */
  readonly path: string;
  /** `path` and a separator. */
  readonly pathPrefix: string;
  /** Name below the root and a slash; empty at the root. */
  readonly namePrefix: string;
  /** Without symbolic links: where a cycle shows. */
  readonly real: string;
  readonly parent: Directory | undefined;
  /** Whether a link was followed on the way. */
  readonly behindLink: boolean;
  readonly match: DirectoryMatch;
}

interface Slice {
  readonly directory: Directory;
  readonly entries: readonly Dirent[];
  /** Names that are no UTF-8, ready to be shown, by what they were decoded to: more than one may be alike. */
  readonly undecodable: ReadonlyMap<string, readonly string[]>;
}

/** A directory to open, or some of its entries to look at. */
export type Work = { readonly open: Directory } | { readonly look: Slice };

/** What keeps names from being published, but for the `!` lines. */
export interface Rules {
  readonly includeGit: boolean;
  readonly excludes: Excludes | undefined;
}

/** What a walk gathers as it goes. */
export interface Findings {
  readonly files: FileTable;
  readonly refusals: Refusal[];
  /** Name to a word for what it is. */
  readonly skipped: Map<string, string>;
  /** Names of directories that were opened, and of those on the way to a search path. */
  readonly directories: Set<string>;
  /** Names of files that look like secrets. */
  readonly secrets: string[];
  /** Names of directories that are our own, and not the root's: what another run remembers, of another tree. */
  readonly ownBelow: Set<string>;
}

/** Told of every file as it is met. */
export type OnFound = (files: FileTable, row: number, file: LocalFile) => void;

export interface WalkerParts {
  readonly options: TreeOptions;
  readonly rules: Rules;
  readonly matcher: PathMatcher;
  readonly realRoots: readonly string[];
  readonly findings: Findings;
  readonly onProgress: (files: number) => void;
  readonly onFound: OnFound;
}

export interface Walker {
  /** A search path and its name below the root, which is empty for the root itself. */
  begin(start: Start, name: string): Promise<readonly Work[]>;
  /** Does one piece of work and returns what it leads to. */
  visit(work: Work): Promise<readonly Work[]>;
}

export function createWalker({
  options,
  rules,
  matcher,
  realRoots,
  findings,
  onProgress,
  onFound,
}: WalkerParts): Walker {
  const lookAt = createLstat();
  const uid = process.geteuid?.();
  /** Behind a link, by where they lead. */
  const ways = new Map<string, number>();
  /** Where links lie, each met by one way or by many. */
  const links = new Set<string>();
  let multiplies = false;

  function refuse(code: ErrorCode, name: string, clause: string): void {
    findings.refusals.push({ code, name, clause });
  }

  function takesFile(directory: Directory, base: string): boolean {
    if (base === GIT && !rules.includeGit) return false;
    if (rules.excludes?.(directory.namePrefix + base, false) === true) return false;
    return matcher.takes(directory.match, base);
  }

  function enters(directory: Directory, base: string): DirectoryMatch | undefined {
    if (base === GIT && !rules.includeGit) return undefined;
    const name = directory.namePrefix + base;
    if (rules.excludes?.(name, true) === true) return undefined;
    const match = matcher.enter(directory.match, base);
    if (match === undefined || `${base}/` !== OWN_DIRECTORY) return match;
    if (name !== base) findings.ownBelow.add(name);
    return undefined;
  }

  /**
   * What was listed and is gone would count as absent, and its objects be deleted: the tree is being changed. What a download
   * has not finished is none of it: a file gets its own name so.
   */
  function vanished(name: string): void {
    if (isPartial(name)) return;
    refuse('file-vanished', name, `${showName(name)} vanished while the tree was read`);
  }

  /** Refuses a file that cannot be read, before anything is written. */
  async function isUnreadable(name: string, path: string, stats: BigIntStats): Promise<boolean> {
    if (isSurelyReadable(stats, uid)) return false;
    const error = await access(path, constants.R_OK).then(() => undefined, reasonOf);
    if (error !== undefined) refuse('unreadable', name, `${showName(name)} cannot be read (${error})`);
    return error !== undefined;
  }

  /** Takes a file whose metadata is `stats`; through a link, the target's. */
  function add(
    name: string,
    path: string,
    real: string,
    stats: BigIntStats,
    match: DirectoryMatch,
    base: string,
  ): void {
    const file = { name, path, real, ...statFields(stats) };
    onFound(findings.files, findings.files.add(file), file);
    matcher.found(match, base);
    if (looksSecret(base, path)) findings.secrets.push(name);
  }

  async function open(directory: Directory): Promise<readonly Work[]> {
    let entries: readonly Dirent[];
    let undecodable: ReadonlyMap<string, readonly string[]> = new Map();
    try {
      entries = await readdir(directory.path, { withFileTypes: true });
      // Reading names as bytes costs twice as much, so only a directory that needs it is read again.
      if (entries.some(({ name }) => name.includes(REPLACEMENT))) {
        undecodable = await readUndecodable(directory.path);
      }
    } catch (error) {
      const name = directory.namePrefix === '' ? directory.path : directory.namePrefix;
      if (isGone(error)) {
        vanished(name);
        return [];
      }
      // What cannot be listed would count as absent, and be deleted (D2).
      refuse('unreadable', name, `the directory ${showName(name)} cannot be read (${reasonOf(error)})`);
      return [];
    }
    findings.directories.add(directory.namePrefix.slice(0, -1));
    const slices: Work[] = [];
    for (let i = 0; i < entries.length; i += SLICE) {
      slices.push({ look: { directory, entries: entries.slice(i, i + SLICE), undecodable } });
    }
    return slices;
  }

  async function look({ directory, entries, undecodable }: Slice): Promise<readonly Work[]> {
    const subdirectories: Work[] = [];
    const files: string[] = [];
    const links: string[] = [];
    for (const entry of entries) {
      const base = entry.name;
      const spellings = undecodable.get(base);
      if (spellings !== undefined) {
        if (takesFile(directory, base) || enters(directory, base) !== undefined) {
          refuseName(directory, base, spellings);
        }
      } else if (entry.isFile()) {
        if (takesFile(directory, base)) files.push(base);
      } else if (entry.isDirectory()) {
        const match = enters(directory, base);
        if (match !== undefined) subdirectories.push({ open: below(directory, base, match) });
      } else if (entry.isSymbolicLink()) {
        links.push(base);
      } else if (takesFile(directory, base)) {
        findings.skipped.set(directory.namePrefix + base, kindOf(entry));
      }
    }
    const looks = await lookAt(files.map((base) => directory.pathPrefix + base));
    for (const [i, base] of files.entries()) {
      const name = directory.namePrefix + base;
      const path = directory.pathPrefix + base;
      const look = looks[i];
      if (look === undefined) {
        vanished(name);
      } else if ('error' in look) {
        refuse('unreadable', name, `${showName(name)} cannot be looked at (${reasonOf(look.error)})`);
      } else if (!look.isFile()) {
        refuse('unreadable', name, `${showName(name)} was replaced while it was looked at`);
      } else if (isSurelyReadable(look, uid) || !(await isUnreadable(name, path, look))) {
        add(name, path, withSeparator(directory.real) + base, look, directory.match, base);
      }
    }
    for (const base of links) {
      const followed = await follow(directory, base);
      if (followed !== undefined) subdirectories.push({ open: followed });
    }
    return subdirectories;
  }

  /** A name that S3 cannot hold is refused: skipped, it would count as absent (D3). */
  function refuseName(directory: Directory, base: string, shown: readonly string[]): void {
    const name = directory.namePrefix + base;
    if (findings.refusals.some((refusal) => refusal.name === name)) return;
    const place = directory.namePrefix === '' ? '' : ` in ${showName(directory.namePrefix)}`;
    for (const spelled of shown) refuse('name-not-utf8', name, `the name ${spelled}${place} is not UTF-8`);
  }

  /** Publishes what a link leads to under the link's own name; a directory is returned, to be walked. */
  async function follow(directory: Directory, base: string): Promise<Directory | undefined> {
    const name = directory.namePrefix + base;
    const path = directory.pathPrefix + base;
    const takes = takesFile(directory, base);
    const match = enters(directory, base);
    if (!takes && match === undefined) return undefined;
    if (options.symlinks === 'skip') {
      findings.skipped.set(name, 'symbolic link');
      return undefined;
    }
    let text: string;
    let real: string;
    let stats: BigIntStats;
    try {
      text = await readlink(path);
    } catch (error) {
      if (isGone(error)) vanished(name);
      else refuse('unreadable', name, `the link ${showName(name)} cannot be read (${reasonOf(error)})`);
      return undefined;
    }
    const link = `${showName(name)} is a symbolic link to ${showName(text)}`;
    try {
      real = await realpath(path);
      stats = await stat(real, { bigint: true });
    } catch (error) {
      if (errorCode(error) === 'ELOOP') refuse('symlink-cycle', name, `${link}, which leads in a circle`);
      else if (isGone(error)) refuse('symlink-broken', name, `${link}, which does not exist`);
      else refuse('unreadable', name, `${link}, which cannot be read (${reasonOf(error)})`);
      return undefined;
    }
    if (stats.isDirectory() ? match === undefined : !takes) return undefined;
    if (options.symlinks === 'inside' && !realRoots.some((root) => isInside(real, root))) {
      refuse('symlink-outside', name, `${link}, outside of the published directory`);
    } else if (!rules.includeGit && hasGitSegment(real, sep)) {
      findings.skipped.set(name, 'symbolic link into .git');
    } else if (stats.isFile()) {
      if (!(await isUnreadable(name, path, stats))) add(name, path, real, stats, directory.match, base);
    } else if (!stats.isDirectory()) {
      findings.skipped.set(name, kindOf(stats));
    } else if (isOnTheWay(directory, real)) {
      refuse('symlink-cycle', name, `${link}, a directory that the link itself lies in`);
    } else if (match !== undefined && isOneOfFew(directory, base, real)) {
      return { ...below(directory, base, match), real, behindLink: true };
    }
    return undefined;
  }

  /** Links that lead to directories with further links multiply: the walk would not end. Told once, as it ends the run. */
  function isOneOfFew(directory: Directory, base: string, real: string): boolean {
    links.add(withSeparator(directory.real) + base);
    if (!directory.behindLink) return true;
    if (multiplies) return false;
    const met = (ways.get(real) ?? 0) + 1;
    ways.set(real, met);
    const most = Math.max(MOST_WAYS, MOST_WAYS_A_LINK * links.size);
    multiplies = met > most;
    const name = directory.namePrefix + base;
    const what = `${showName(name)} is one of more than ${most} ways to one directory, by links behind links`;
    if (multiplies) refuse('symlink-cycle', name, what);
    return !multiplies;
  }

  async function begin({ path, found }: Start, name: string): Promise<readonly Work[]> {
    if (found.kind === 'missing') return [];
    for (const directory of directoriesAbove(name)) findings.directories.add(directory);
    const shown = showName(path);
    switch (found.kind) {
      case 'directory': {
        const match = matcher.at(path);
        if (match === undefined) return [];
        const namePrefix = name === '' ? '' : `${name}/`;
        const { real } = found;
        const pathPrefix = withSeparator(path);
        const at = { path, pathPrefix, namePrefix, real, parent: undefined, behindLink: false, match };
        return [{ open: at }];
      }
      case 'file': {
        const base = basename(path);
        const match = matcher.at(dirname(path));
        if (match === undefined || !matcher.takes(match, base)) return [];
        if (!(await isUnreadable(name, path, found.stats))) {
          add(name, path, found.real, found.stats, match, base);
        }
        return [];
      }
      case 'special':
        findings.skipped.set(name, kindOf(found.stats));
        return [];
      case 'broken':
      case 'cycle':
        if (options.symlinks === 'skip') {
          findings.skipped.set(name, 'symbolic link');
        } else if (found.kind === 'cycle') {
          refuse('symlink-cycle', name, `${shown} is a symbolic link that leads in a circle`);
        } else {
          refuse('symlink-broken', name, `${shown} is a symbolic link to what does not exist`);
        }
        return [];
      case 'unreadable':
        refuse('unreadable', name, `${shown} cannot be read (${reasonOf(found.error)})`);
        return [];
    }
  }

  return {
    begin,
    visit: async (work) => {
      const more = await ('open' in work ? open(work.open) : look(work.look));
      // Even where nothing is published: whoever waits sees that the walk goes on.
      onProgress(findings.files.length);
      return more;
    },
  };
}

export function hasGitSegment(path: string, separator: string): boolean {
  return path.includes(GIT) && path.split(separator).includes(GIT);
}

function isOnTheWay(directory: Directory, real: string): boolean {
  for (let on: Directory | undefined = directory; on !== undefined; on = on.parent) {
    if (on.real === real) return true;
  }
  return false;
}

function below(parent: Directory, base: string, match: DirectoryMatch): Directory {
  const path = parent.pathPrefix + base;
  return {
    path,
    pathPrefix: path + sep,
    namePrefix: `${parent.namePrefix}${base}/`,
    real: withSeparator(parent.real) + base,
    parent,
    behindLink: parent.behindLink,
    match,
  };
}

function withSeparator(path: string): string {
  return path.endsWith(sep) ? path : path + sep;
}

/** By the permission bits, which cost nothing; where these leave it open, the system is asked. */
function isSurelyReadable({ mode, uid }: BigIntStats, own: number | undefined): boolean {
  if (own === undefined || own === 0) return true;
  const bits = Number(mode);
  return (bits & 0o444) === 0o444 || ((bits & 0o400) !== 0 && Number(uid) === own);
}

async function readUndecodable(path: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = new Map<string, readonly string[]>();
  for (const bytes of await readdir(path, { encoding: 'buffer' })) {
    if (isUtf8(bytes)) continue;
    const decoded = bytes.toString();
    names.set(decoded, [...(names.get(decoded) ?? []), showBytes(bytes)]);
  }
  return names;
}

function kindOf(entry: Pick<Dirent, 'isSocket' | 'isFIFO'>): string {
  if (entry.isSocket()) return 'socket';
  return entry.isFIFO() ? 'pipe' : 'device';
}
