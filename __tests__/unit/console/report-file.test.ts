import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { json, jsonLines, tryReportFile, writeReportFile } from '../../../src/console/report-file.js';
import { NO_TOTALS } from '../../../src/console/totals.js';
import type { Report, ReportStep } from '../../../src/model/report.js';

const step = (key: string): ReportStep => ({
  key,
  action: 'upload',
  reason: 'new',
  rank: 0,
  bytes: 1,
  outcome: 'done',
});

function report(...steps: (readonly ReportStep[])[]): Report {
  return {
    version: 1,
    tool: 's3-dedup-sync/1.0.0',
    command: 'sync',
    dryRun: false,
    status: 'done',
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:00:01.000Z',
    warnings: ['w'],
    destinations: steps.map((own, at) => ({
      url: `s3://b${at}/`,
      status: 'done',
      totals: NO_TOTALS,
      requests: {},
      phases: {},
      ranks: [],
      headersUnknown: { files: 0, bytes: 0 },
      sentBytes: 0,
      sendAllRequests: 0,
      steps: own,
    })),
  };
}

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'report-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test.each([json, jsonLines])(
  'a key in it is no command to a runner that it is printed to (R9): %p',
  (write) => {
    const keys = ['##[error]a', 'a##vso[task.setvariable]b'];
    const text = [...write({ ...report(keys.map(step)), warnings: keys })].join('');
    expect(text).not.toMatch(/##\w*\[/);
    for (const key of keys) expect(text).toContain(JSON.stringify(key).replace('##', '#\\u0023'));
  },
);

describe('JSON', () => {
  test.each([
    ['no destination', report()],
    ['no steps', report([])],
    ['steps', report([step('a'), step('b"\n')], [], [step('c')])],
  ])('%s: what is written step by step reads as the whole', (_, value) => {
    expect(JSON.parse([...json(value)].join(''))).toEqual(value);
  });

  test('a step has a line', () => {
    const lines = [...json(report([step('a'), step('b')]))].join('').split('\n');
    expect(lines.filter((line) => line.includes('"key"'))).toHaveLength(2);
  });
});

test('JSON Lines: first the run, then the steps with the place of their destination', () => {
  const [run, ...steps] = [...jsonLines(report([step('a')], [step('b')]))].map((line) => JSON.parse(line));
  const { destinations, ...rest } = report([], []);
  expect(run).toEqual({ ...rest, destinations: destinations.map(({ steps: _, ...own }) => own) });
  expect(steps).toEqual([
    { destination: 0, ...step('a') },
    { destination: 1, ...step('b') },
  ]);
});

describe('the file', () => {
  test('is written whole, in directories that are made, and replaces the old one', async () => {
    const path = join(directory, 'a/b/report.jsonl');
    await writeReportFile(path, report([step('a')]));
    await writeReportFile(path, report([step('a'), step('b')]));
    expect((await readFile(path, 'utf8')).trimEnd().split('\n')).toHaveLength(3);
    expect(await readdir(join(directory, 'a/b'))).toEqual(['report.jsonl']);
  });

  test('many steps are written as they are', async () => {
    const path = join(directory, 'r.json');
    const steps = Array.from({ length: 20_000 }, (_, i) => step(`key/${i}`));
    await writeReportFile(path, report(steps));
    expect(JSON.parse(await readFile(path, 'utf8')).destinations[0].steps).toHaveLength(20_000);
  });

  test('that cannot be written leaves nothing behind', async () => {
    await writeFile(join(directory, 'file'), '');
    await expect(writeReportFile(join(directory, 'file/report.json'), report())).rejects.toThrow(
      /ENOTDIR|EEXIST/,
    );
    expect(await readdir(directory)).toEqual(['file']);
  });
});

test.each(['r.json', 'r.jsonl'])(
  '%s replaces reports of any shape and version, and nothing else',
  async (name) => {
    const path = join(directory, name);
    const other = { ...report([step('a')]), version: 2 };
    const shapes = [
      [...json(report([step('a')]))].join(''),
      [...jsonLines(report())].join(''),
      JSON.stringify(other),
      JSON.stringify(other, undefined, '\t'),
      '',
    ];
    for (const shape of shapes) {
      await writeFile(path, shape);
      await tryReportFile(path);
      await writeReportFile(path, report());
      await tryReportFile(path);
    }
    for (const page of [
      '{}',
      '{"version":1}',
      '<!doctype html>',
      '*.map\n',
      ' ',
      '{"version":1,"tool":"other/1"}',
    ]) {
      await writeFile(path, page);
      await expect(tryReportFile(path)).rejects.toThrow('is no report');
      await expect(writeReportFile(path, report())).rejects.toThrow('is no report');
      expect(await readFile(path, 'utf8')).toBe(page);
    }
  },
);
