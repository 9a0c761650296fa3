import { createHash, randomBytes } from 'node:crypto';
import { processMark } from '../disk/process-mark.js';
import type { ErrorCode } from '../model/errors.js';
import { EXIT, SyncError } from '../model/errors.js';
import { compareKeys } from '../model/object-key.js';
import type { RemoteObject } from '../model/objects.js';
import { listed, NAMES_SHOWN, showName } from './walk-findings.js';

/** Longest name of an entry, on every file system in use. Bytes of UTF-8. */
const MAX_NAME_BYTES = 255;

/** Longest path that a call takes: Linux 4,096 with its end, macOS 1,024. Bytes of UTF-8. */
const MAX_PATH_BYTES: Readonly<Partial<Record<NodeJS.Platform, number>>> = { linux: 4_095, darwin: 1_023 };

/**
 * Names of what a download has not finished, in the directory of the file that it becomes. What no later run goes on with
 * has the mark of its process in it.
 */
const PARTIAL = /^\.s3ds-[0-9a-f]{24}(?:\.([0-9a-f]{12}\.\d{1,10}\.\d{1,20}))?\.(?:part|done)$/;

/** Names that Windows keeps for devices, with any ending. */
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\.|$)/i;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what Windows does not allow
const WINDOWS_CHARACTERS = /[<>:"|?*\\\u0000-\u001f]/;

/** Whether a name below the target is a leftover of a download: never a file of the tree. */
export function isPartial(name: string): boolean {
  return PARTIAL.test(name.slice(name.lastIndexOf('/') + 1));
}

/** The mark of the process that an unfinished file belongs to; `undefined`: it may be gone on with, or nobody knows. */
export function markOfPartial(name: string): string | undefined {
  return PARTIAL.exec(name.slice(name.lastIndexOf('/') + 1))?.[1];
}

/** @param what the bytes are: equal for what may be gone on with, random else */
export function partialName(what: string, mark?: string): string {
  const hash = createHash('sha256').update(what).digest('hex').slice(0, 24);
  return mark === undefined ? `.s3ds-${hash}.part` : `.s3ds-${hash}.${mark}.part`;
}

/** What nobody can guess, once a process: random bytes for each name take longer than the file. */
const SECRET = randomBytes(24).toString('hex');
let temporaries = 0;

/** Of a file that no later run goes on with: one of this machine may take it away once this process has ended. */
export function temporaryName(): string {
  return partialName(`${SECRET}\0${++temporaries}`, processMark());
}

/** Of an object that is fetched in ranges: the same in every run, while both are the same. */
export function resumableName(name: string, { key, etag, size }: RemoteObject): string {
  return partialName(`${name}\0${key}\0${etag}\0${size}`);
}

/** Beside a partial file: which of its parts are there. */
export function progressName(partial: string): string {
  return partial.replace(/\.part$/, '.done');
}

/** Why a key's name cannot be a file below a directory; `undefined`: it can (R2). */
export function whyNoFile(name: string, directory: string, platform: NodeJS.Platform): string | undefined {
  if (name.includes('\0')) return 'has a NUL';
  if (name.endsWith('/')) return 'ends at a slash and is not empty';
  if (name.startsWith('/')) return 'is an absolute path';
  for (const segment of name.split('/')) {
    if (segment === '') return 'has an empty directory name';
    if (segment === '.' || segment === '..') return `has ${segment} as a directory name`;
    if (Buffer.byteLength(segment) > MAX_NAME_BYTES)
      return `has a part of ${Buffer.byteLength(segment)} bytes, and a file's name has at most ${MAX_NAME_BYTES}`;
    if (platform !== 'win32') continue;
    if (WINDOWS_CHARACTERS.test(segment)) return 'has a character that Windows does not allow';
    if (/[ .]$/.test(segment)) return 'ends at a dot or a blank, which Windows drops';
    if (WINDOWS_DEVICE.test(segment)) return 'is the name of a device on Windows';
  }
  if (isPartial(name)) return 'is a name that unfinished downloads have';
  const most = MAX_PATH_BYTES[platform];
  const length = Buffer.byteLength(directory) + 1 + Buffer.byteLength(name);
  return most !== undefined && length > most
    ? `makes a path of ${length} bytes, and ${most} is most`
    : undefined;
}

/** What a file system makes of two spellings: one file, or two. */
export interface Folding {
  readonly case: boolean;
  readonly normalisation: boolean;
}

export interface NameProblem {
  readonly code: ErrorCode;
  readonly name: string;
  /** Begins with the name. */
  readonly clause: string;
}

/**
 * Names that cannot stand side by side: one is a file where the other needs a directory, or both are one file there.
 *
 * @param met names that the file system has already
 */
export function conflicts(
  names: readonly string[],
  folding: Folding,
  met: Iterable<string> = [],
): readonly NameProblem[] {
  const problems: NameProblem[] = [];
  const files = new Set(names);
  for (const name of names) {
    for (let slash = name.indexOf('/'); slash !== -1; slash = name.indexOf('/', slash + 1)) {
      const above = name.slice(0, slash);
      if (!files.has(above)) continue;
      const clause = `${showName(name)} lies below ${showName(above)}, which is a file too`;
      problems.push({ code: 'in-the-way', name, clause });
      break;
    }
  }
  if (!folding.case && !folding.normalisation) return problems;
  const fold = (text: string): string => {
    const normal = folding.normalisation ? text.normalize('NFC') : text;
    return folding.case ? normal.toLowerCase() : normal;
  };
  /** Every path and directory by its folded spelling. */
  const spelled = new Map<string, string>();
  for (const name of names) {
    for (const path of pathsOf(name)) {
      const other = spelled.get(fold(path));
      if (other !== undefined && other !== path) {
        const clause = `${showName(name)} and ${showName(other)} are one name on this file system`;
        problems.push({ code: 'key-collision', name, clause });
        break;
      }
      spelled.set(fold(path), path);
    }
  }
  const inTheWay = new Map<string, string>();
  for (const name of met) {
    for (const path of pathsOf(name)) {
      const wanted = spelled.get(fold(path));
      if (wanted === undefined || files.has(path) || wanted === path) continue;
      inTheWay.set(wanted, path);
      break;
    }
  }
  for (const [name, path] of inTheWay) {
    const clause = `${showName(name)} is one name with ${showName(path)}, which is there, on this file system`;
    problems.push({ code: 'key-collision', name, clause });
  }
  return problems;
}

/** A name, and before it the directories that it lies in. */
function* pathsOf(name: string): Generator<string> {
  for (let end = name.indexOf('/'); end !== -1; end = name.indexOf('/', end + 1)) yield name.slice(0, end);
  yield name;
}

/** All that a download is refused for, in one line. */
export function nameRefusal(problems: readonly NameProblem[]): SyncError | undefined {
  const sorted = [...problems].sort((a, b) => compareKeys(a.name, b.name));
  const [first] = sorted;
  if (first === undefined) return undefined;
  const shown = sorted.slice(0, NAMES_SHOWN).map(({ clause }) => clause);
  const what = sorted.length === 1 ? '1 object cannot be a file' : `${sorted.length} objects cannot be files`;
  // In an exclude the first slash stands for the root.
  const absolute = sorted.find(({ name }) => name.startsWith('/'))?.name;
  const how =
    absolute === undefined
      ? ''
      : ` (what begins with a slash by a line with one slash more, as ${showName(`/${absolute}`)})`;
  return new SyncError(
    first.code,
    EXIT.refused,
    `${what} there: ${listed(shown, sorted.length)}; exclude them${how}, or move what is in the way; nothing was written`,
  );
}
