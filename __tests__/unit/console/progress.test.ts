import { describe, expect, test } from '@jest/globals';
import { barProgress, lineProgress, progressLine } from '../../../src/console/progress.js';

const MIB = 1024 ** 2;

describe('a line of progress', () => {
  test.each([
    [{ phase: 'walk', files: 1, bytes: 0 }, 0, 'Finding files: 1 file'],
    [{ phase: 'list', files: 12_000, bytes: 0 }, 5, 'Listing: 12,000 files'],
    [
      { phase: 'digest', files: 0, bytes: 5 * MIB, bytesTotal: 10 * MIB },
      0.5,
      'Hashing: 5 MiB of 10 MiB (50 %)',
    ],
    [
      { phase: 'execute', files: 10, filesTotal: 100, bytes: 25 * MIB, bytesTotal: 100 * MIB },
      10,
      'Publishing: 10 of 100 files, 25 MiB of 100 MiB (25 %), 2.5 MiB/s, about 30 s left',
    ],
    [
      { phase: 'execute', files: 50, filesTotal: 100, bytes: 0, bytesTotal: 0 },
      10,
      'Publishing: 50 of 100 files, about 10 s left',
    ],
    [{ phase: 'execute', files: 100, filesTotal: 100, bytes: 0 }, 10, 'Publishing: 100 of 100 files'],
  ] as const)('%j after %d s', (progress, seconds, line) => {
    expect(progressLine(progress, seconds, false)).toBe(line);
  });
});

test('without a terminal it is a line every few seconds, and none for a short run', () => {
  let time = 0;
  const lines: string[] = [];
  const view = lineProgress(
    (line) => lines.push(line),
    5000,
    () => time,
    false,
  );
  for (time = 0; time <= 12_000; time += 200) view.show({ phase: 'walk', files: time, bytes: 0 });
  view.clear();
  view.stop();
  expect(lines).toEqual(['Finding files: 5,000 files', 'Finding files: 10,000 files']);
});

test('on a terminal it is a bar that leaves nothing behind', async () => {
  let written = '';
  const stream = {
    isTTY: true,
    columns: 120,
    write: (text: string) => {
      written += text;
      return true;
    },
    cursorTo() {},
    clearLine() {},
    on() {},
    once() {},
    removeListener() {},
  };
  const view = await barProgress(stream as unknown as NodeJS.WriteStream, () => 0, false);
  view.show({ phase: 'execute', files: 1, filesTotal: 2, bytes: 5, bytesTotal: 10 });
  view.clear();
  view.show({ phase: 'execute', files: 2, filesTotal: 2, bytes: 10, bytesTotal: 10 });
  view.stop();
  view.stop();
  expect(written).toMatch(/█+░+ Publishing: 1 of 2 files, 5 B of 10 B \(50 %\)/);
});
