import { type ErrorCode, EXIT, SyncError } from '../model/errors.js';
import { namesOf } from '../model/file-columns.js';
import { compareKeys } from '../model/object-key.js';
import type { Files } from '../model/objects.js';

/** Why there can be no run with an entry, as a clause that begins with its name. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly name: string;
  readonly clause: string;
}

const REFUSALS_SHOWN = 10;
export const NAMES_SHOWN = 5;
const PAIRS_SHOWN = 3;

/** All that a run would be refused for, in one line, so that one run shows what there is to repair. */
export function refusalOf(refusals: readonly Refusal[]): SyncError | undefined {
  const sorted = [...refusals].sort((a, b) => compareKeys(a.name, b.name));
  const first = sorted[0];
  if (first === undefined) return undefined;
  const shown = sorted.slice(0, REFUSALS_SHOWN);
  const more = sorted.length - shown.length;
  const entries = sorted.length === 1 ? '1 entry' : `${sorted.length} entries`;
  const verb = sorted.length === 1 ? 'stands' : 'stand';
  const clauses = shown.map(({ clause }) => clause).join('; ') + (more > 0 ? `; and ${more} more` : '');
  const links = shown.some(({ code }) => code.startsWith('symlink-'));
  const advice = links ? 'exclude or repair them, or set symlinks' : 'exclude or repair them';
  return new SyncError(first.code, EXIT.refused, `${entries} ${verb} in the way: ${clauses}; ${advice}`);
}

/** A few of `count` things in a sentence, and how many more there are. */
export function listed(shown: readonly string[], count = shown.length, most = NAMES_SHOWN): string {
  const more = count - Math.min(most, shown.length);
  return shown.slice(0, most).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Of a longer name the beginning and the end are shown: 3,000 directories below one another are several KB. Characters. */
const MOST_SHOWN = 400;

/** A name in quotes, on one line whatever it holds. */
export function showName(name: string): string {
  const half = MOST_SHOWN / 2;
  const cut = name.length <= MOST_SHOWN ? name : `${name.slice(0, half)}…${name.slice(-half)}`.toWellFormed();
  return `'${cut.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, codePoint)}'`;
}

/** A name as the file system has it, bytes that are no UTF-8 as `\xNN`. */
export function showBytes(bytes: Uint8Array): string {
  const latin1 = Buffer.from(bytes).toString('latin1');
  return `'${latin1.replace(/[^\x20-\x7e]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)}'`;
}

function codePoint(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

/**
 * Names that a file system which folds case or normalises Unicode cannot hold side by side (R10). Both are
 * published. Takes sorted names.
 */
export function collisionWarning(files: Files): string | undefined {
  // At least one name of a pair is not its own folded form, so only those need to be remembered.
  const unfolded = new Map<string, string>();
  const pairs: string[] = [];
  let count = 0;
  const compare = (name: string, other: string | undefined): void => {
    if (other === undefined || other === name) return;
    count++;
    if (pairs.length < PAIRS_SHOWN) pairs.push(showPair(other, name));
  };
  for (const name of namesOf(files)) {
    const folded = fold(name);
    if (folded === name) continue;
    compare(name, unfolded.get(folded));
    if (!unfolded.has(folded)) unfolded.set(folded, name);
  }
  if (unfolded.size > 0) for (const name of namesOf(files)) compare(name, unfolded.get(name));
  if (count === 0) return undefined;
  return (
    `${count === 1 ? '1 pair of names differs' : `${count} pairs of names differ`} only in case or Unicode ` +
    `normalisation, and not every file system can hold both: ${listed(pairs, count, PAIRS_SHOWN)}`
  );
}

const ASCII = /^[\0-\x7f]*$/;

function fold(name: string): string {
  if (ASCII.test(name)) return name.toLowerCase();
  return name.normalize('NFC').toLowerCase().normalize('NFC');
}

/** Two spellings that look alike are told apart by their code points. */
function showPair(a: string, b: string): string {
  const spelled = a.normalize('NFC') === b.normalize('NFC') ? spell : (name: string) => name;
  return `${showName(spelled(a))} and ${showName(spelled(b))}`;
}

function spell(name: string): string {
  return name.replace(/[^\0-\x7f]/gu, codePoint);
}

const SECRETS: readonly RegExp[] = [
  /^\.env.*(?<!\.(?:example|sample|template))$/,
  /^id_(?:rsa|dsa|ecdsa|ed25519).*(?<!\.pub)$/,
  /^\.(?:npmrc|netrc|pypirc|git-credentials|dockercfg)$/,
  // Of package repositories it is the public key that their readers fetch.
  /(?<!^(?:repomd\.xml|Release)|public|\.pub)\.(?:pem|key)$/,
];

/** Whether a file's name says that it holds a secret; for some names the directory's says it. */
export function looksSecret(base: string, path: string): boolean {
  if (base === 'credentials') return /[\\/]\.aws[\\/]credentials$/.test(path);
  if (base === 'config.json') return /[\\/]\.docker[\\/]config\.json$/.test(path);
  return SECRETS.some((secret) => secret.test(base));
}
