import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { ServerClock } from '../../../src/store/server-clock.js';

const START = Date.UTC(2026, 10, 28, 12);
const HOUR = 3_600_000;
/** By this machine's clock. */
let now = START;

beforeEach(() => {
  now = START;
  jest.spyOn(Date, 'now').mockImplementation(() => now);
});
afterEach(() => {
  jest.restoreAllMocks();
});

const dated = (ms: number): { readonly date: string } => ({ date: new Date(ms).toUTCString() });

test('what answers are dated says how far the clock of S3 is ahead; those that were long on their way, and caches, say nothing', () => {
  const clock = new ServerClock();
  expect(clock.offset).toBe(0);
  clock.see({});
  clock.see({ date: 'yesterday' });
  clock.see({ ...dated(START - 9 * HOUR), age: '32400' });
  expect(clock.offset).toBe(0);
  clock.see(dated(START + HOUR));
  expect(clock.offset).toBe(HOUR);
  now += 900;
  clock.see(dated(START + HOUR));
  now += 30_000;
  clock.see(dated(START + HOUR + 1_000));
  expect(clock.offset).toBe(HOUR);
  now = START + 40_000;
  clock.see(dated(START + HOUR + 41_000));
  expect(clock.offset).toBe(HOUR + 1_000);
});

test('a clock of this machine that is set is followed', () => {
  const clock = new ServerClock();
  clock.see(dated(START));
  now += HOUR;
  clock.see(dated(START + 1_000));
  expect(clock.offset).toBe(1_000 - HOUR);
  now -= 2 * HOUR;
  clock.see(dated(START + 2_000));
  expect(clock.offset).toBe(2_000 + HOUR);
});
