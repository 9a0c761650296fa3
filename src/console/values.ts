import { usageError } from '../model/errors.js';
import type { DeleteGrace, MaxDelete } from '../model/options.js';
import { oneLine, shorten } from './text.js';

/**
 * Spellings of single values. Every refusal is one line: the input's name, what was given, what is allowed.
 */

/** `what was given`, quoted and short enough for one line. */
function given(value: string): string {
  return `"${oneLine(shorten(value, 80))}"`;
}

/** A refusal in the one form that all of them have. */
export function refuse(name: string, value: string, allowed: string): never {
  throw usageError(`${name}: ${value === '' ? 'nothing' : given(value)} was given; allowed: ${allowed}`);
}

/** The spellings of YAML 1.2's core schema, as @actions/core takes them. */
export function parseBoolean(name: string, value: string): boolean {
  switch (value) {
    case 'true':
    case 'True':
    case 'TRUE':
      return true;
    case 'false':
    case 'False':
    case 'FALSE':
      return false;
    default:
      return refuse(name, value, 'true, false');
  }
}

export function parseEnum<T extends string>(name: string, value: string, values: readonly T[]): T {
  const found = values.find((candidate) => candidate === value);
  return found ?? refuse(name, value, values.join(', '));
}

export function parseNumber(
  name: string,
  value: string,
  min: number,
  max: number,
  words: readonly string[] = [],
): number {
  const allowed = [`a whole number from ${min} to ${max}`, ...words].join(', ');
  if (!/^[0-9]{1,15}$/.test(value)) return refuse(name, value, allowed);
  const number = Number(value);
  return number >= min && number <= max ? number : refuse(name, value, allowed);
}

const DAY_MS = 24 * 3_600_000;

const DURATION_UNITS: Readonly<Record<string, number>> = {
  '': 1000,
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: DAY_MS,
  day: DAY_MS,
  days: DAY_MS,
};

/** Node's timers hold 31 bits of milliseconds. */
const MAX_DURATION_MS = 2 ** 31 - 1;

/** Milliseconds. A plain number is seconds. */
export function parseDuration(name: string, value: string, max = MAX_DURATION_MS): number {
  const allowed = 'a time such as 500 ms, 10 s, 5 min, 1 h or 7 days (a plain number is seconds)';
  const match = /^([0-9]+(?:\.[0-9]+)?) *(ms|s|m|min|h|d|day|days|)$/.exec(value);
  const unit = match === null ? undefined : DURATION_UNITS[match[2] ?? ''];
  if (match === null || unit === undefined) return refuse(name, value, allowed);
  const milliseconds = Math.round(Number(match[1]) * unit);
  return milliseconds >= 1 && milliseconds <= max ? milliseconds : refuse(name, value, allowed);
}

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KIB: 1024,
  MIB: 1024 ** 2,
  GIB: 1024 ** 3,
};

/** Bytes. */
export function parseSize(name: string, value: string): number {
  const match = /^([0-9]{1,15}(?:\.[0-9]{1,9})?) *([A-Za-z]*)$/.exec(value);
  const unit = match === null ? undefined : SIZE_UNITS[(match[2] ?? '').toUpperCase()];
  const bytes = match === null || unit === undefined ? Number.NaN : Math.round(Number(match[1]) * unit);
  return Number.isSafeInteger(bytes)
    ? bytes
    : refuse(name, value, 'bytes, or a number with KB, MB, GB, KiB, MiB or GiB');
}

export function parseMaxDelete(name: string, value: string): MaxDelete {
  if (value === '') return { kind: 'default' };
  if (value === 'none') return { kind: 'none' };
  const percent = /^([0-9]{1,3}(?:\.[0-9]+)?) *%$/.exec(value);
  if (percent !== null && Number(percent[1]) <= 100) return { kind: 'percent', percent: Number(percent[1]) };
  if (/^[0-9]{1,15}$/.test(value)) return { kind: 'count', count: Number(value) };
  return refuse(name, value, 'a number of deletions, N% (0% to 100%), none');
}

/** A number of deploys, or a time of at least a minute. */
export function parseGrace(name: string, value: string): DeleteGrace {
  if (value === '') return { kind: 'none' };
  const match = /^([0-9]{1,6}) *(deploys?|days?|d|h|min)$/.exec(value);
  const [, digits = '0', unit = ''] = match ?? [];
  const count = Number(digits);
  if (count === 0) return refuse(name, value, 'how long, such as 3 deploys, 7 days or 12 h');
  if (unit.startsWith('deploy')) return { kind: 'deploys', deploys: count };
  return { kind: 'time', ms: count * (DURATION_UNITS[unit] ?? DAY_MS) };
}

export function parseAccountId(name: string, value: string): string {
  return /^[0-9]{12}$/.test(value)
    ? value
    : refuse(name, value, 'an account ID of 12 digits (quote it in YAML)');
}

/** Leniently: other providers have regions such as `auto`, `default`, `fr-par`. */
export function parseRegion(name: string, value: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/.test(value)
    ? value
    : refuse(name, value, 'a region such as eu-west-1 (letters, digits, hyphens)');
}

export function parseEndpoint(name: string, value: string): string {
  const allowed = 'a URL such as https://minio.example.com:9000, without credentials or query';
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    // What cannot be parsed may hold a password all the same.
    return refuse(name, value.replace(/\/\/.*@/s, '//***@'), allowed);
  }
  const bad = (url.protocol !== 'https:' && url.protocol !== 'http:') || url.search !== '' || url.hash !== '';
  // A refusal must not print the password that it refuses.
  if (url.username !== '' || url.password !== '')
    return refuse(name, `${url.protocol}//***@${url.host}`, allowed);
  return bad ? refuse(name, value, allowed) : value;
}
