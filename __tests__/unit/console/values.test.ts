import { describe, expect, test } from '@jest/globals';
import {
  parseAccountId,
  parseBoolean,
  parseDuration,
  parseEndpoint,
  parseEnum,
  parseMaxDelete,
  parseNumber,
  parseRegion,
} from '../../../src/console/values.js';
import { SyncError } from '../../../src/model/errors.js';

/** The message of the usage error that `parse` throws; fails if there is none, or it is not one line. */
function refused(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    expect(error).toMatchObject({ code: 'usage', exit: 2 });
    expect(error.message).not.toMatch(/[\r\n]/);
    return error.message;
  }
  throw new Error('nothing was refused');
}

test('a refusal names the input, what was given and what is allowed', () => {
  expect(refused(() => parseBoolean('dry-run', 'yes'))).toBe(
    'dry-run: "yes" was given; allowed: true, false',
  );
  expect(refused(() => parseBoolean('dry-run', ''))).toBe('dry-run: nothing was given; allowed: true, false');
  expect(refused(() => parseEnum('symlinks', 'none', ['inside', 'all']))).toBe(
    'symlinks: "none" was given; allowed: inside, all',
  );
  expect(refused(() => parseEnum('symlinks', `x\n::error::${'y'.repeat(200)}`, ['a']))).toMatch(
    /^symlinks: "x /,
  );
});

test('booleans are spelled as in YAML 1.2', () => {
  expect(['true', 'True', 'TRUE', 'false', 'False', 'FALSE'].map((text) => parseBoolean('x', text))).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
  for (const text of ['tRUE', '1', 'on', 'no', ' true']) refused(() => parseBoolean('x', text));
});

describe('durations', () => {
  test.each([
    ['10 s', 10_000],
    ['10s', 10_000],
    ['10', 10_000],
    ['1.5', 1500],
    ['500ms', 500],
    ['5m', 300_000],
    ['5 min', 300_000],
    ['1 h', 3_600_000],
  ])('%s', (text, milliseconds) => expect(parseDuration('t', text)).toBe(milliseconds));

  test.each(['', '0', '0.1 ms', '-1', '10 parsecs', '1e3', 's', '10 s s', '600 h'])('%j is none', (text) => {
    refused(() => parseDuration('t', text));
  });
});

describe('max-delete', () => {
  test.each([
    ['', { kind: 'default' }],
    ['none', { kind: 'none' }],
    ['0', { kind: 'count', count: 0 }],
    ['12', { kind: 'count', count: 12 }],
    ['25%', { kind: 'percent', percent: 25 }],
    ['12.5 %', { kind: 'percent', percent: 12.5 }],
    ['100%', { kind: 'percent', percent: 100 }],
  ])('%j', (text, limit) => expect(parseMaxDelete('max-delete', text)).toEqual(limit));

  test.each(['101%', '-1', 'all', '1.5', '%', '1e3'])('%j is refused', (text) => {
    expect(refused(() => parseMaxDelete('max-delete', text))).toMatch(/allowed: a number of deletions, N%/);
  });
});

test('numbers have bounds, and may have words', () => {
  expect(parseNumber('n', '1000', 1, 1000)).toBe(1000);
  expect(refused(() => parseNumber('n', '0', 1, 1000, ['auto']))).toMatch(/from 1 to 1000, auto$/);
  for (const text of ['', '1.5', '1e2', '0x10', ' 1', '99999999999999999999'])
    refused(() => parseNumber('n', text, 0, 5));
});

test('account IDs keep their leading zeros', () => {
  expect(parseAccountId('a', '012345678901')).toBe('012345678901');
  for (const text of ['12345678901', '1234567890123', '1234-5678-901', '１２３４５６７８９０１２']) {
    refused(() => parseAccountId('a', text));
  }
});

test('regions of any provider', () => {
  for (const text of ['eu-west-1', 'auto', 'fr-par', 'us-gov-west-1', 'RegionOne'])
    expect(parseRegion('r', text)).toBe(text);
  for (const text of ['', 'eu west', 'eu-west-1/', 'https://x']) refused(() => parseRegion('r', text));
});

test('an endpoint is a URL, and its password is not repeated', () => {
  for (const text of ['https://s3.example.com', 'http://127.0.0.1:9000/'])
    expect(parseEndpoint('e', text)).toBe(text);
  for (const text of ['s3.example.com', 'ftp://x', 'https://x/?a=b', 'https://x/#y', '']) {
    refused(() => parseEndpoint('e', text));
  }
  const message = refused(() => parseEndpoint('e', 'https://key:hunter2@s3.example.com'));
  expect(message).toContain('s3.example.com');
  expect(message).not.toContain('hunter2');
});
