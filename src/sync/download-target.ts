import type { BigIntStats } from 'node:fs';
import { access, constants, lstat, realpath, rm, stat } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { homeDirectories } from '../disk/home-directory.js';
import { isInside } from '../disk/is-inside.js';
import { hasProcessEnded } from '../disk/process-mark.js';
import { makeDirectory } from '../disk/replace-file.js';
import { baseOf, parentOf, type TargetDirectory } from '../disk/target-directory.js';
import { forEachConcurrent } from '../model/concurrency.js';
import { refusal, usageError } from '../model/errors.js';
import { compareKeys } from '../model/object-key.js';
import type { LocalFile } from '../model/objects.js';
import { type Count, type Plan, stepsOf } from '../model/plan.js';
import {
  conflicts,
  type Folding,
  markOfPartial,
  type NameProblem,
  nameRefusal,
  progressName,
  resumableName,
  temporaryName,
  whyNoFile,
} from './local-names.js';
import { haveRunsEnded } from './partial-file.js';
import type { RunFrame } from './run-frame.js';
import { reasonOf } from './system-error.js';
import type { Tree } from './walk.js';
import { listed, NAMES_SHOWN, showName } from './walk-findings.js';

/** Unfinished files whose run may go on elsewhere are nobody's when nothing was written to them for so long. Milliseconds. */
const ABANDONED_MS = 24 * 60 * 60_000;

/** Directories that are looked at side by side. */
const DIRECTORIES_AT_ONCE = 32;

export interface DownloadTargetOptions {
  readonly directory: string;
  readonly frame: RunFrame;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The directory that is downloaded to: what can be made in it, and what an interrupted run left there. */
export class DownloadTarget {
  readonly #directory: string;
  readonly #frame: RunFrame;
  readonly #now: () => number;

  constructor({ directory, frame, now }: DownloadTargetOptions) {
    this.#directory = directory;
    this.#frame = frame;
    this.#now = now;
  }

  /** Rejects where something else stands there. */
  exists(): Promise<boolean> {
    return isDirectory(this.#directory);
  }

  /** Rejects a place that is full of what no source has. Its path alone says so: nothing need be walked or listed first. */
  async refuseRootOrHome(): Promise<void> {
    if (!(await isRootOrHome(this.#directory))) return;
    throw refusal(
      'unrelated-destination',
      `${this.#directory}: delete-after would delete whatever the source does not have in it: name a directory of its own`,
    );
  }

  /** Names that cannot be files there, all in one line (R2). */
  async refuseNames(
    files: readonly LocalFile[],
    here: Tree,
    local: ReadonlyMap<string, LocalFile>,
  ): Promise<void> {
    const directory = this.#directory;
    const problems: NameProblem[] = [];
    const possible: string[] = [];
    const folding = await foldingOf(directory);
    for (const { name } of files) {
      const why = whyNoFile(name, directory, process.platform);
      if (why === undefined) possible.push(name);
      else problems.push({ code: 'unsafe-name', name, clause: `${showName(name)} ${why}` });
    }
    problems.push(...conflicts(possible, folding, local.keys()));
    for (const name of possible) {
      const clause = inTheWay(name, here, local);
      if (clause !== undefined) problems.push({ code: 'in-the-way', name, clause });
    }
    const error = nameRefusal(problems);
    if (error !== undefined) throw error;
  }

  /** Directories that nothing can be made in, in one line rather than one for each file. */
  async refuseUnwritable(here: Tree, plan: Plan): Promise<void> {
    const directory = this.#directory;
    const written = new Set<string>();
    for (const { action, key } of stepsOf(plan)) {
      if (action === 'keep' || action === 'refresh') continue;
      let at = parentOf(key);
      while (at !== '' && !here.hasDirectory(at)) at = parentOf(at);
      written.add(at);
    }
    const closed: string[] = [];
    await forEachConcurrent(written, DIRECTORIES_AT_ONCE, async (name) => {
      const path = join(directory, name);
      await access(path, constants.W_OK | constants.X_OK).catch(({ code }: NodeJS.ErrnoException) => {
        if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM')
          closed.push(`${showName(path)} (${code})`);
      });
    });
    if (closed.length === 0) return;
    const shown = listed(closed.sort(compareKeys).slice(0, NAMES_SHOWN), closed.length);
    throw refusal(
      'not-writable',
      `no files can be made in ${shown}: nothing was written; give this user permission to write there, or name another directory`,
    );
  }

  /** Makes the directory itself, where it is not there yet. */
  async make(): Promise<void> {
    const directory = this.#directory;
    await makeDirectory(directory).catch((error: unknown) => {
      throw refusal(
        'not-writable',
        `the directory ${showName(directory)} cannot be made (${reasonOf(error)}): nothing was written; make it, or name another one that this user may write to`,
      );
    });
  }

  /** What a file system takes for one name it may show only when it is written to: that of a mount, or an empty one. */
  async refuseFolded(
    opened: TargetDirectory,
    files: readonly LocalFile[],
    local: ReadonlyMap<string, LocalFile>,
  ): Promise<void> {
    if (!(await opened.foldsCase(temporaryName()))) return;
    const folding = { case: true, normalisation: process.platform === 'darwin' };
    const names = files.map(({ name }) => name);
    const error = nameRefusal(conflicts(names, folding, local.keys()));
    if (error !== undefined) throw error;
  }

  /** Takes away what an interrupted run left half done and this one does not go on with. */
  async clean(opened: TargetDirectory, partials: readonly string[], plan: Plan): Promise<void> {
    if (partials.length === 0) return;
    const met = new Set(partials);
    const wanted = new Set<string>();
    /** Of what now comes from elsewhere on this disk: they would be fetched no more. */
    const needless = new Set<string>();
    for (const step of stepsOf(plan)) {
      if (!('file' in step) || step.file.object === undefined) continue;
      const { name, object } = step.file;
      const partial = resumableName(name, object);
      const at = name.slice(0, name.length - baseOf(name).length);
      if (step.action === 'download') wanted.add(at + partial).add(at + progressName(partial));
      else needless.add(at + partial);
    }
    const now = this.#now();
    const removed = { files: 0, bytes: 0 };
    const left = { files: 0, bytes: 0 };
    for (const name of partials) {
      const part = name.replace(/\.done$/, '.part');
      const isProgress = part !== name;
      // What is written down of a file goes with it.
      if (wanted.has(name) || (isProgress && met.has(part))) continue;
      await opened
        .within(parentOf(name), false, async (at) => {
          const path = join(at, baseOf(name));
          // Not its mtime, which may be the object's.
          const { ctimeMs, size } = await lstat(path);
          const hasEnded = needless.has(name)
            ? await haveRunsEnded(progressName(path))
            : hasProcessEnded(markOfPartial(name) ?? '');
          const isNobodys = isProgress || (hasEnded ?? now - ctimeMs > ABANDONED_MS);
          if (isNobodys) {
            await rm(path, { force: true });
            await rm(progressName(path), { force: true });
          }
          if (isProgress) return;
          const count = isNobodys ? removed : left;
          count.files++;
          count.bytes += size;
        })
        .catch(() => undefined);
    }
    if (removed.files > 0) this.#frame.notice(`${unfinished(removed)} of interrupted downloads removed`);
    if (left.files > 0) {
      this.#frame.notice(
        `${unfinished(left)} of other downloads, which may still go on, left in ${this.#directory}: a download removes them once their run has ended, or a day after they were last written to`,
      );
    }
  }
}

function unfinished({ files, bytes }: Count): string {
  return `${files} unfinished ${files === 1 ? 'file' : 'files'} (${Math.ceil(bytes / 1024 ** 2)} MiB)`;
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      // A link that leads nowhere stands there all the same.
      if ((await lstat(path).catch(() => undefined)) === undefined) return false;
    } else if (code !== 'ENOTDIR') throw refusal('unreadable', `${path} cannot be looked at (${code})`);
  }
  throw usageError(
    `${path} was given as the directory to download to, and it is no directory: name another one`,
  );
}

/** Whether a directory is the root or somebody's home, or above it; a link is what it leads to. */
async function isRootOrHome(path: string): Promise<boolean> {
  const real = (at: string): Promise<string> => realpath(at).catch(() => at);
  const directory = await real(path);
  const homes = await Promise.all(homeDirectories().map(real));
  return directory === parse(directory).root || homes.some((home) => isInside(home, directory));
}

/** Whether the file system takes two spellings for one name, as it shows by the directory itself. */
async function foldingOf(directory: string): Promise<Folding> {
  // Linux has file systems that fold, macOS and Windows such that do not; the name of the directory tells where it can.
  const name = baseOf(directory.replaceAll('\\', '/'));
  const swapped = name === name.toLowerCase() ? name.toUpperCase() : name.toLowerCase();
  const isMac = process.platform === 'darwin';
  if (swapped === name) return { case: process.platform === 'win32' || isMac, normalisation: isMac };
  const [one, other] = await Promise.all(
    [name, swapped].map((spelled) =>
      lstat(join(directory, '..', spelled), { bigint: true }).catch(() => undefined),
    ),
  );
  if (one === undefined) return { case: process.platform === 'win32' || isMac, normalisation: isMac };
  const id = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`;
  return { case: other !== undefined && id(other) === id(one), normalisation: isMac };
}

/** What of the target stands where a file or its directory is to be. */
function inTheWay(name: string, here: Tree, local: ReadonlyMap<string, LocalFile>): string | undefined {
  if (here.skipped(name)) return `${showName(name)} is, or lies behind, a link or a special file there`;
  if (here.hasDirectory(name)) return `${showName(name)} is a directory there`;
  for (let slash = name.indexOf('/'); slash !== -1; slash = name.indexOf('/', slash + 1)) {
    const above = name.slice(0, slash);
    if (local.has(above))
      return `${showName(name)} needs the directory ${showName(above)}, which is a file there`;
  }
  return undefined;
}
