import { randomBytes } from 'node:crypto';
import { appendFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ActionCommands } from './action/commands.js';
import { type CacheService, loadCacheService, runnerCache } from './action/index-cache.js';
import { readInputs, refuseMisspelledInputs } from './action/inputs.js';
import { actionSink } from './action/log-events.js';
import { outputsOf } from './action/outputs.js';
import { renderSummary } from './action/summary.js';
import { saysDryRun } from './console/given-inputs.js';
import { indexName } from './console/index-name.js';
import { createLog } from './console/log.js';
import { parseOptions } from './console/options.js';
import { firstProgress, lineProgress } from './console/progress.js';
import { oneLine } from './console/text.js';
import { homeDirectory } from './disk/home-directory.js';
import { makeDirectory } from './disk/replace-file.js';
import { EXIT, type ExitCode, messageOf } from './model/errors.js';
import type { Event, RunEnded } from './model/events.js';
import type { SyncOptions } from './model/options.js';
import type { Report } from './model/report.js';
import { abortOnSignals, beginning, type Engine, endBeforeRun, engine, parsing, run } from './run.js';
import { workingDirectory } from './working-directory.js';

export interface StepSurroundings {
  readonly commands: ActionCommands;
  readonly env: NodeJS.ProcessEnv;
  /** Throws where there is none. */
  readonly cwd: () => string;
  readonly now: () => number;
  readonly onSignals: typeof abortOnSignals;
  readonly loadCache: () => Promise<CacheService>;
  readonly engine: Engine;
}

/** A line of progress in the job's log. Milliseconds. */
const PROGRESS_LINE_MS = 10_000;

export function stepSurroundings(commands: ActionCommands): StepSurroundings {
  return {
    commands,
    env: process.env,
    cwd: workingDirectory,
    now: Date.now,
    onSignals: abortOnSignals,
    loadCache: loadCacheService,
    engine,
  };
}

/** The action's main step, from inputs to exit status. */
export async function step(surroundings: StepSurroundings): Promise<ExitCode> {
  const { commands, env, cwd, now } = surroundings;
  const began = beginning(now);
  const raw = readInputs(env);
  let options: SyncOptions;
  try {
    refuseMisspelledInputs(env);
    options = await parseOptions(raw, {
      shell: 'action',
      cwd: cwd(),
      env,
      platform: process.platform,
      home: homeDirectory(),
      ...parsing,
    });
  } catch (error) {
    const level = commands.isDebug() ? 'debug' : 'info';
    const emit = (event: Event): void => actionSink(commands, level)(createLog()(event));
    const command = String(raw.command || 'sync');
    const report = String(raw.report ?? '');
    const given = { command, dryRun: saysDryRun(raw), report, cwd, home: homeDirectory() };
    // As far as they can be read.
    const wishes = {
      summary: raw.summary === 'never' ? 'never' : 'always',
      summaryTitle: String(raw['summary-title'] ?? ''),
    } as const;
    return await endBeforeRun(error, given, began, {
      env,
      emit,
      finish: async (report, ended) => {
        setOutputs(commands, ended, await writeSummary(report, ended, wishes, env, emit));
      },
      fail: (message) => commands.setFailed(oneLine(message)),
    });
  }

  const sink = actionSink(commands, options.logLevel);
  const log = createLog();
  const view = lineProgress(
    (text) => sink([{ kind: 'line', level: 'info', text }]),
    PROGRESS_LINE_MS,
    () => performance.now(),
    options.dryRun,
  );
  const showProgress = firstProgress((progress) => view.show(progress));
  const emit = (event: Event): void => {
    showProgress(event);
    sink(log(event));
  };
  const cache = runnerCache({
    env,
    emit,
    saveState: (name, value) => commands.saveState(name, value),
    loadService: surroundings.loadCache,
  });
  const signals = surroundings.onSignals();
  try {
    return await run(
      options,
      {
        emit,
        env,
        now,
        detailedExit: false,
        hide: (secret) => commands.setSecret(secret),
        // The runner offers one to jobs with `permissions: id-token: write`.
        ...(env.ACTIONS_ID_TOKEN_REQUEST_URL ? { idToken: commands.getIDToken } : {}),
        cacheStorage: async ({ destination, target }, { endpoint }) =>
          cache(indexName(endpoint, destination, target?.directory)),
        finish: async (report, ended) => {
          setOutputs(commands, ended, await writeSummary(report, ended, options, env, emit));
        },
        fail: (message) => commands.setFailed(oneLine(message)),
      },
      signals.signal,
      surroundings.engine,
    );
  } finally {
    signals.dispose();
  }
}

function setOutputs(commands: ActionCommands, ended: RunEnded, summaryFile: string): void {
  for (const [name, value] of outputsOf(ended, summaryFile)) commands.setOutput(name, value);
}

/** Writes the summary; answers where it also lies as a file. A summary that cannot be written is no failed deploy. */
async function writeSummary(
  report: Report,
  ended: RunEnded,
  options: Pick<SyncOptions, 'summary' | 'summaryTitle'>,
  env: NodeJS.ProcessEnv,
  emit: (event: Event) => void,
): Promise<string> {
  const { isUntouched } = ended;
  const markdown = renderSummary(report, { title: options.summaryTitle, isUntouched });
  const directory = env.RUNNER_TEMP || tmpdir();
  const file = join(directory, `s3-dedup-sync-summary-${randomBytes(4).toString('hex')}.md`);
  try {
    await makeDirectory(directory);
    await writeFile(file, markdown);
    const jobSummary = env.GITHUB_STEP_SUMMARY ?? '';
    if (jobSummary !== '' && isWanted(options.summary, ended)) await appendFile(jobSummary, markdown);
    return file;
  } catch (error) {
    emit({ type: 'message', level: 'warning', message: `the summary was not written: ${messageOf(error)}` });
    return '';
  }
}

function isWanted(when: SyncOptions['summary'], ended: RunEnded): boolean {
  switch (when) {
    case 'always':
      return true;
    case 'changes':
      return ended.changed || ended.exit !== EXIT.done;
    case 'never':
      return false;
  }
}
