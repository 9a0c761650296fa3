import type { Count } from '../model/plan.js';

/** Every number that a person reads is spelled here. */

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/** `0 B`, `1023 B`, `1.5 KiB`, `12.3 MiB`, `220 GiB`: IEC units, three digits. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 0) return '?';
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  let value = bytes / 1024;
  let unit = 0;
  // 1023.95 KiB would round to 1024 KiB; it is 1 MiB.
  while (value >= 1023.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value < 99.95 ? value.toFixed(1).replace(/\.0$/, '') : Math.round(value)} ${UNITS[unit]}`;
}

/** `1,234,567`: the same in every locale, so that logs can be compared. */
export function formatCount(count: number): string {
  return String(Math.trunc(count)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `1 file`, `1,234 files`. */
export function formatFiles(count: number): string {
  return `${formatCount(count)} ${count === 1 ? 'file' : 'files'}`;
}

/** `1 step was`, `2 steps were`: begins a sentence. */
export function formatStepsWere(count: number): string {
  return count === 1 ? '1 step was' : `${formatCount(count)} steps were`;
}

/** `1 request`, `2 requests`. */
export function formatRequests(count: number): string {
  return `${formatCount(count)} ${count === 1 ? 'request' : 'requests'}`;
}

/** `1 file, 3 KiB`. */
export function formatFilesAndBytes(count: Count): string {
  return `${formatFiles(count.files)}, ${formatBytes(count.bytes)}`;
}

/** `0.04 s`, `1.2 s`, `59 s`, `2 min 5 s`, `1 h 2 min`. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '?';
  if (seconds < 0.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${formatCount(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

/** `12 MiB/s`. */
export function formatRate(bytes: number, seconds: number): string {
  return `${formatBytes(seconds > 0 ? bytes / seconds : 0)}/s`;
}

/**
 * `97 %`, `99.9 %`. Rounded down, and never `100 %` of something that is not whole: 99.96 % of a terabyte that
 * did not travel leaves 400 MiB that did.
 */
export function formatPercent(part: number, whole: number): string {
  if (whole <= 0) return '0 %';
  const percent = (part / whole) * 100;
  if (part >= whole) return '100 %';
  if (percent >= 99) return `${(Math.floor(percent * 10) / 10).toFixed(1)} %`;
  if (percent > 0 && percent < 1) return '<1 %';
  return `${Math.floor(percent)} %`;
}
