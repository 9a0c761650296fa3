import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestServer } from './servers.js';

const repository = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** The Node that the runner starts actions with, where CI has installed it; else the one that runs the tests. */
const actionNode = process.env.S3DS_NODE24 ?? process.execPath;

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ActionEnded extends Ended {
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
}

export interface Surroundings {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Which of the action's steps; `index` is the main one. */
  readonly step?: 'index' | 'post';
  /** Of another user, to run as; the tests of CI are root. */
  readonly uid?: number;
  /** Sees the process as soon as it runs. */
  readonly started?: (child: ChildProcess) => void;
}

/** A copy of `dist` and nothing else, so that nothing outside of it can help. */
export async function copyOfDist(): Promise<string> {
  const directory = join(await mkdtemp(join(tmpdir(), 's3ds-dist-')), 'dist');
  await cp(join(repository, 'dist'), directory, { recursive: true });
  return directory;
}

/** What a process needs to reach a test's server, and nothing of this machine's own configuration. */
export function reach(server: TestServer): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    AWS_REGION: server.region,
    AWS_ENDPOINT_URL_S3: server.endpoint,
  };
}

/** How far a run is: a slow machine is told that, a fast one is not. */
const PROGRESS =
  /^(Finding files|Listing|Compressing|Hashing|Planning|Reading back|Publishing|Downloading|Writing the index): .*\n/gm;

/** `stderr` is without lines of progress. */
export async function runCli(dist: string, args: readonly string[], where: Surroundings): Promise<Ended> {
  const ended = await run(process.execPath, [join(dist, 'cli.js'), ...args], where);
  return { ...ended, stderr: ended.stderr.replace(PROGRESS, '') };
}

/** Runs the action as the runner does: inputs in the environment, files for outputs, state and summary. */
export async function runAction(
  dist: string,
  inputs: Readonly<Record<string, string>>,
  where: Surroundings,
): Promise<ActionEnded> {
  const temp = await mkdtemp(join(tmpdir(), 's3ds-runner-'));
  const file = async (name: string): Promise<string> => {
    await writeFile(join(temp, name), '');
    return join(temp, name);
  };
  const env = {
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: where.cwd,
    RUNNER_TEMP: temp,
    GITHUB_OUTPUT: await file('output'),
    GITHUB_STATE: await file('state'),
    GITHUB_STEP_SUMMARY: await file('summary'),
    ...Object.fromEntries(
      Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
    ),
    ...where.env,
  };
  const ended = await run(actionNode, [join(dist, `${where.step ?? 'index'}.js`)], { ...where, env });
  const outputs = await readFile(env.GITHUB_OUTPUT, 'utf8');
  return {
    ...ended,
    outputs: parseOutputs(outputs),
    summary: await readFile(env.GITHUB_STEP_SUMMARY, 'utf8'),
  };
}

/** Never a synchronous spawn: the embedded server lives in this process. */
export function run(command: string, args: readonly string[], where: Surroundings): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: where.cwd,
      env: { PATH: process.env.PATH, HOME: where.cwd, ...where.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(where.uid === undefined ? {} : { uid: where.uid, gid: where.uid }),
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
    where.started?.(child);
  });
}

/** `name<<delimiter`, lines, `delimiter`, as the toolkit writes them. */
function parseOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  for (const match of text.matchAll(/^([^\n<]+)<<(.+)\n([\s\S]*?)\n?\2$/gm))
    outputs[match[1] ?? ''] = match[3] ?? '';
  return outputs;
}
