import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { changeTree, makeTree, type Tree } from './make-tree.js';
import { measure } from './measure.js';
import type { CellName, Results } from './results.js';
import type { Scenario, Step } from './scenarios.js';
import type { BenchServer, Held, ServerOptions } from './server.js';
import { commandOf, fetchCommandOf, makeHome, TOOL_NAMES, type ToolName } from './tools.js';

export interface RunOptions {
  readonly scenarios: readonly Scenario[];
  readonly tools: readonly ToolName[];
  /** At most so many, of tools that have more. */
  readonly rounds: number;
  /** Where trees and the tools' own directories lie. */
  readonly work: string;
  readonly startServer: (options: ServerOptions) => Promise<BenchServer>;
  readonly versions: Readonly<Partial<Record<ToolName, string>>>;
  readonly say: (line: string) => void;
}

interface Round {
  readonly scenario: Scenario;
  readonly number: number;
  /** In the order in which they take turns; each round begins with another one. */
  readonly tools: readonly ToolName[];
}

/** Measures every cell that `results` does not have. Returns what failed, a line each. */
export async function runScenarios(options: RunOptions, results: Results): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const scenario of options.scenarios) {
    const most = Math.max(...Object.values(scenario.rounds));
    for (let number = 0; number < Math.min(most, options.rounds); number++) {
      const tools = TOOL_NAMES.filter(
        (tool) =>
          options.tools.includes(tool) &&
          number < (scenario.rounds[tool] ?? 0) &&
          // A tool that was stopped within a round begins it again: its objects are gone.
          stepsOf(scenario, tool).some(
            ({ name: step }) => !results.has({ scenario: scenario.name, step, tool, round: number }),
          ),
      );
      if (tools.length === 0) continue;
      const first = number % tools.length;
      const turns = [...tools.slice(first), ...tools.slice(0, first)];
      failures.push(...(await runRound(options, { scenario, number, tools: turns }, results)));
    }
  }
  return failures;
}

/** Step by step, so that the tools' turns at one thing lie close together in time. */
async function runRound(options: RunOptions, round: Round, results: Results): Promise<readonly string[]> {
  const { scenario, number } = round;
  const root = join(options.work, 'trees', scenario.tree.kind);
  const kept = scenario.tree.kind === 'records' && scenario.steps.every(({ change }) => change === undefined);
  const place = kept ? `${root}-${scenario.tree.files}` : root;
  options.say(`${scenario.name}, round ${number + 1}: makes the tree`);
  const tree = makeTree(scenario.tree, place, kept);
  const server = await options.startServer({
    latency: scenario.latency,
    isTls: scenario.isTls === true,
    discardBodies: scenario.tree.kind === 'records',
  });
  const failures: string[] = [];
  const failed = new Set<ToolName>();
  try {
    for (const tool of round.tools) makeHome(homeOf(options, tool));
    if (scenario.destination === 'filled') await server.fill(prefixOf(round, undefined), tree.root);
    for (const step of scenario.steps) {
      if (failed.size === round.tools.length) break;
      if (step.change !== undefined) {
        await nextSecond();
        changeTree(scenario.tree, tree.root, step.change);
      }
      await nextSecond();
      for (const tool of round.tools) {
        if (failed.has(tool) || !stepsOf(scenario, tool).includes(step)) continue;
        try {
          await runCell(options, round, tree, server, step, tool, results);
        } catch (error) {
          // The other tools go on: what they cost does not depend on it.
          failed.add(tool);
          failures.push(
            `${scenario.name}, ${step.name}: ${tool}: ${error instanceof Error ? error.message : error}`,
          );
          options.say(failures.at(-1)!);
        }
      }
    }
  } finally {
    await server.stop();
    rmSync(join(options.work, 'fetched'), { recursive: true, force: true });
    // What is removed is still at work on the disk: files that are made meanwhile take several times as long.
    execFileSync('sync');
  }
  return failures;
}

async function runCell(
  options: RunOptions,
  round: Round,
  tree: Tree,
  server: BenchServer,
  step: Step,
  tool: ToolName,
  results: Results,
): Promise<void> {
  const { scenario } = round;
  const prefix = prefixOf(round, scenario.destination === 'filled' ? undefined : tool);
  const home = homeOf(options, tool);
  const job = { tree: tree.root, bucket: server.bucket, prefix, home };
  const target = join(options.work, 'fetched', tool);
  if (step.isFetch) mkdirSync(target, { recursive: true });
  const command = step.isFetch
    ? fetchCommandOf(tool, server.access, { ...job, tree: target })
    : commandOf(tool, server.access, job, scenario.mirrors);
  await server.counts();
  const load = loadavg()[0] ?? 0;
  const usage = await measure(command, home);
  const counts = (await server.counts()) ?? null;
  const held = step.isFetch ? heldIn(target) : await server.holds(prefix);
  if (held !== undefined && (held.files !== tree.files || held.bytes !== tree.bytes)) {
    throw new Error(
      `${step.isFetch ? 'the directory' : 'the destination'} holds ${held.files} files of ${held.bytes} bytes, the tree has ${tree.files} of ${tree.bytes}`,
    );
  }
  const name: CellName = { scenario: scenario.name, step: step.name, tool, round: round.number };
  const version = options.versions[tool] ?? '';
  results.keep(name, { ...usage, counts, version, load, at: new Date().toISOString() });
  options.say(
    `${scenario.name}, round ${round.number + 1}, ${step.name}: ${tool} ${usage.wall.toFixed(2)} s, ` +
      `${usage.cpu.toFixed(2)} s CPU, ${Math.round(usage.rss / 2 ** 20)} MiB`,
  );
}

/** The files below a directory. */
function heldIn(directory: string): Held {
  let [files, bytes] = [0, 0];
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files++;
    bytes += statSync(join(entry.parentPath, entry.name)).size;
  }
  return { files, bytes };
}

function stepsOf(scenario: Scenario, tool: ToolName): readonly Step[] {
  return scenario.steps.filter(({ tools }) => tools === undefined || tools.includes(tool));
}

/** What all tools find filled is one prefix; what each fills is its own. */
function prefixOf({ scenario, number }: Round, tool: ToolName | undefined): string {
  return `${scenario.name}/${number}/${tool ?? 'filled'}`;
}

function homeOf({ work }: RunOptions, tool: ToolName): string {
  return join(work, 'homes', tool);
}

/** S3 keeps times to the second: what goes by them must see the order in which things happened. */
async function nextSecond(): Promise<void> {
  await sleep(1100);
}
