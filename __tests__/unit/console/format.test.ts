import { describe, expect, test } from '@jest/globals';
import {
  formatBytes,
  formatCount,
  formatFilesAndBytes,
  formatPercent,
  formatRate,
  formatRequests,
  formatSeconds,
} from '../../../src/console/format.js';

const KIB = 1024;
const MIB = 1024 ** 2;

describe('numbers for people', () => {
  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [99.94 * KIB, '99.9 KiB'],
    [99.96 * KIB, '100 KiB'],
    [1023.4 * KIB, '1023 KiB'],
    [1023.9 * KIB, '1 MiB'],
    [12.34 * MIB, '12.3 MiB'],
    [1024 ** 4, '1 TiB'],
    [2 ** 70, '1024 EiB'],
    [Number.NaN, '?'],
    [-1, '?'],
  ])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  test.each([
    [0, '0.00 s'],
    [0.994, '0.99 s'],
    [0.999, '1.0 s'],
    [9.94, '9.9 s'],
    [9.96, '10 s'],
    [59.4, '59 s'],
    [59.6, '1 min 0 s'],
    [125, '2 min 5 s'],
    [3599.6, '1 h 0 min'],
    [3725, '1 h 2 min'],
    [-1, '?'],
  ])('%d seconds are %s', (seconds, text) => expect(formatSeconds(seconds)).toBe(text));

  test.each([
    [0, 0, '0 %'],
    [0, 10, '0 %'],
    [1, 1000, '<1 %'],
    [999, 1000, '99.9 %'],
    [99_999, 100_000, '99.9 %'],
    [10, 10, '100 %'],
    [2, 3, '66 %'],
  ])('%d of %d is %s', (part, whole, text) => expect(formatPercent(part, whole)).toBe(text));

  test('counts have separators, and their nouns agree', () => {
    expect(formatCount(1_234_567)).toBe('1,234,567');
    expect(formatCount(999)).toBe('999');
    expect(formatFilesAndBytes({ files: 1, bytes: 1 })).toBe('1 file, 1 B');
    expect(formatFilesAndBytes({ files: 2000, bytes: 0 })).toBe('2,000 files, 0 B');
    expect([formatRequests(1), formatRequests(2)]).toEqual(['1 request', '2 requests']);
    expect(formatRate(10 * MIB, 2)).toBe('5 MiB/s');
    expect(formatRate(10, 0)).toBe('0 B/s');
  });
});
