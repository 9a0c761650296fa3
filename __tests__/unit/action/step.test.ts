import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ActionCommands } from '../../../src/action/commands.js';
import { NO_TOTALS } from '../../../src/console/totals.js';
import { EXIT, SyncError } from '../../../src/model/errors.js';
import { OUTPUT_NAMES } from '../../../src/model/inputs.js';
import type { Engine } from '../../../src/run.js';
import { step } from '../../../src/step.js';
import { destinationReport, fakeEngine } from '../console/fake-engine.js';

let temp: string;
beforeEach(async () => {
  temp = await mkdtemp(join(tmpdir(), 'step-'));
});
afterEach(() => rm(temp, { recursive: true, force: true }));

interface Stepped {
  readonly exit: number;
  readonly outputs: Readonly<Record<string, string>>;
  readonly failed: readonly string[];
  readonly log: readonly string[];
  readonly summary: string;
}

async function stepWith(
  env: Readonly<Record<string, string>>,
  engine: Partial<Engine> = {},
): Promise<Stepped> {
  const outputs: Record<string, string> = {};
  const failed: string[] = [];
  const log: string[] = [];
  const say =
    (kind: string) =>
    (text = ''): void =>
      void log.push(`${kind}|${text}`);
  const commands: ActionCommands = {
    info: say('info'),
    debug: say('debug'),
    notice: say('notice'),
    warning: say('warning'),
    error: say('error'),
    startGroup: say('group'),
    endGroup: say('end'),
    isDebug: () => false,
    setOutput: (name, value) => {
      outputs[name] = value;
    },
    setFailed: (message) => void failed.push(message),
    saveState: () => {},
    getState: () => '',
    setSecret: () => undefined,
    getIDToken: async () => 'a token',
  };
  const summaryPath = join(temp, 'step-summary');
  await writeFile(summaryPath, 'before\n');
  const exit = await step({
    commands,
    env: { RUNNER_TEMP: join(temp, '_temp'), GITHUB_STEP_SUMMARY: summaryPath, ...env },
    cwd: () => temp,
    now: () => 0,
    onSignals: () => ({ signal: new AbortController().signal, dispose: () => {} }),
    loadCache: async () => ({
      isFeatureAvailable: () => false,
      restoreCache: async () => undefined,
      saveCache: async () => 1,
    }),
    engine: fakeEngine(engine),
  });
  return { exit, outputs, failed, log, summary: await readFile(summaryPath, 'utf8') };
}

const inputs = { INPUT_PATHS: 'dist', INPUT_BUCKET: 's3://site/p' };
const changed: Engine['sync'] = async () => ({
  report: destinationReport({
    totals: { ...NO_TOTALS, uploaded: { files: 2, bytes: 30 } },
    requests: { PutObject: 2 },
  }),
  exit: 0,
});

test('a step that goes well sets every output, the summary, and its file', async () => {
  const { exit, outputs, failed, summary } = await stepWith(inputs, { sync: changed });
  expect([exit, failed]).toEqual([0, []]);
  expect(Object.keys(outputs).sort()).toEqual([...OUTPUT_NAMES].sort());
  expect(outputs).toMatchObject({
    status: 'done',
    changed: 'true',
    'uploaded-files': '2',
    'uploaded-bytes': '30',
    requests: '2',
  });
  const file = await readFile(outputs['summary-file'] ?? '', 'utf8');
  expect(outputs['summary-file']?.startsWith(join(temp, '_temp'))).toBe(true);
  expect(summary).toBe(`before\n${file}`);
  expect(file).toContain('| uploaded | 2 |');
});

describe('inputs that are wrong', () => {
  test.each([{}, { INPUT_BUCKET: '' }, { INPUT_COMMAND: 'remove', INPUT_PATHS: '' }])(
    'are refused where there is one like them, before anything is asked of S3: %j',
    async (more) => {
      const openStore = async (): Promise<never> => {
        throw new Error('S3 was asked');
      };
      const misspelled = { INPUT_DRYRUN: 'true', 'INPUT_DELETE-AFTER': 'true' };
      const { exit, failed, outputs, log } = await stepWith(
        { ...inputs, ...misspelled, ...more },
        { openStore },
      );
      expect([exit, failed, log]).toEqual([
        2,
        ['there is no input dryrun: write dry-run; nothing was written'],
        [],
      ]);
      expect(outputs).toMatchObject({ status: 'failed', changed: 'false' });
    },
  );

  test('fail the step in one line, with outputs and a summary that begins with it', async () => {
    const { exit, outputs, failed, log, summary } = await stepWith({ ...inputs, 'INPUT_DRY-RUN': '' });
    expect(exit).toBe(2);
    expect(failed).toEqual(['dry-run: nothing was given; allowed: true, false']);
    expect(outputs).toMatchObject({
      status: 'failed',
      changed: 'false',
      'uploaded-files': '0',
      requests: '0',
    });
    const file = await readFile(outputs['summary-file'] ?? '', 'utf8');
    expect(summary).toBe(`before\n${file}`);
    expect(file).toMatch(
      /^### ❌ s3-dedup-sync\S+\n\n\*\*Failed: nothing was written\*\* in 0.00 s\.\n\n> dry-run: nothing was given; allowed: true, false\n/,
    );
    expect(log).toEqual([]);
  });

  test('and say that it was a dry run, however that is spelled', async () => {
    for (const spelled of ['true', 'True']) {
      const wrong = { ...inputs, 'INPUT_DRY-RUN': spelled, INPUT_SSE: 'x' };
      expect((await stepWith(wrong)).summary).toContain('**Dry run failed**');
    }
  });

  test('have a report, in place of one that says of an earlier run that it is done', async () => {
    await writeFile(join(temp, 'r.json'), '{"version":1,"tool":"s3-dedup-sync/0.9.0","status":"done"}');
    const { outputs } = await stepWith({ ...inputs, INPUT_REPORT: 'r.json', 'INPUT_MAX-DELETE': 'x' });
    expect(outputs.report).toBe(join(temp, 'r.json'));
    expect(JSON.parse(await readFile(join(temp, 'r.json'), 'utf8'))).toMatchObject({
      status: 'failed',
      error: { code: 'usage' },
      destinations: [],
    });
    const unwritable = await stepWith({ ...inputs, INPUT_REPORT: '.', 'INPUT_MAX-DELETE': 'x' });
    expect([unwritable.exit, unwritable.outputs.report, unwritable.log]).toEqual([
      2,
      '',
      [expect.stringMatching(/^error\|report: .* cannot be written/)],
    ]);
  });

  test('and a summary that is not wanted or cannot be written: the failure stays', async () => {
    const wrong = { ...inputs, 'INPUT_MAX-DELETE': 'x' };
    const titled = await stepWith({ ...wrong, 'INPUT_SUMMARY-TITLE': 'The blog' });
    expect(titled.summary).toContain('### ❌ The blog\n\n**Failed: nothing was written** in');
    const unwanted = await stepWith({ ...wrong, INPUT_SUMMARY: 'never' });
    expect([unwanted.exit, unwanted.summary]).toEqual([2, 'before\n']);
    const none = await stepWith({ ...wrong, GITHUB_STEP_SUMMARY: join(temp, 'no/such') });
    expect([none.exit, none.outputs['summary-file'], none.failed.length]).toEqual([2, '', 1]);
  });

  test('that a guard refuses, are refused', async () => {
    const { exit, outputs } = await stepWith({
      INPUT_PATHS: 'dist',
      INPUT_BUCKET: 'site',
      'INPUT_DELETE-AFTER': 'true',
    });
    expect([exit, outputs.status]).toEqual([4, 'refused']);
  });
});

test('command: remove reaches the engine, and the summary says so', async () => {
  const removal: Engine['sync'] = async ({ command, destination }) => ({
    report: destinationReport({
      url: `${command} ${destination.prefix}`,
      totals: { ...NO_TOTALS, deleted: { files: 3, bytes: 30 } },
    }),
    exit: 0,
  });
  const env = { INPUT_COMMAND: 'remove', INPUT_BUCKET: 's3://site/pr-1', INPUT_INDEX: 'none' };
  const { exit, outputs, summary } = await stepWith(env, { sync: removal });
  expect(exit).toBe(0);
  expect(outputs).toMatchObject({ status: 'done', changed: 'true', 'deleted-files': '3' });
  expect(summary).toContain('<code>remove pr-1/</code>');
  expect(summary).toContain('**Removed**');
});

test('a store that cannot be opened: outputs, summary and one line', async () => {
  const openStore = async (): Promise<never> => {
    throw new SyncError('no-credentials', EXIT.usage, 'no credentials: set them');
  };
  const { exit, outputs, failed, summary, log } = await stepWith(inputs, { openStore });
  expect([exit, failed]).toEqual([2, ['no credentials: set them']]);
  expect(outputs.status).toBe('failed');
  expect(summary).toContain('> no credentials: set them');
  // setFailed says it; an annotation beside it would say it twice.
  expect(log.filter((line) => line.startsWith('error|'))).toEqual([]);
});

describe('the summary', () => {
  test.each([
    ['always', {}, true],
    ['changes', {}, false],
    ['changes', { sync: changed }, true],
    ['never', { sync: changed }, false],
  ] as const)('%s with %j', async (summary, engine, written) => {
    const stepped = await stepWith({ ...inputs, INPUT_SUMMARY: summary }, engine);
    expect(stepped.summary !== 'before\n').toBe(written);
    expect(stepped.outputs['summary-file']).not.toBe('');
  });

  test('of a failed run is one of its changes', async () => {
    const sync: Engine['sync'] = async () => ({ report: destinationReport({ status: 'failed' }), exit: 1 });
    expect((await stepWith({ ...inputs, INPUT_SUMMARY: 'changes' }, { sync })).summary).toContain('Failed');
  });

  test('that cannot be written warns, and the deploy stays a success', async () => {
    const { exit, outputs, log } = await stepWith({ ...inputs, GITHUB_STEP_SUMMARY: join(temp, 'no/such') });
    expect([exit, outputs['summary-file']]).toEqual([0, '']);
    expect(log).toContainEqual(expect.stringMatching(/^warning\|the summary was not written: /));
  });
});

test('without a cache service there is one notice', async () => {
  const sync: Engine['sync'] = async (_, { index, signal }) => {
    await index?.load(signal);
    await index?.save([Buffer.from('x')], signal);
    return { report: destinationReport(), exit: 0 };
  };
  const { log, exit } = await stepWith(inputs, { sync });
  expect(exit).toBe(0);
  expect(log.filter((line) => line.startsWith('notice|'))).toHaveLength(1);
});
