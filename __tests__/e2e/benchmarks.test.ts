import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { judge } from '../../benchmarks/bars.js';
import { renderBars, renderGrowth } from '../../benchmarks/plot.js';
import { type Cell, Results } from '../../benchmarks/results.js';
import { type RunOptions, runScenarios } from '../../benchmarks/runner.js';
import { SCENARIOS, type Scenario } from '../../benchmarks/scenarios.js';
import { InProcessServer } from '../../benchmarks/server.js';
import { renderTables } from '../../benchmarks/table.js';
import type { ToolName } from '../../benchmarks/tools.js';
import { removeTree, temporaryDirectory } from '../support/tree.js';

const FILES = 60;
const BYTES = 60_000;
const TINY: Scenario = {
  name: 'tiny',
  title: 'Tiny: 60 files',
  tree: { kind: 'site', files: FILES, bytes: BYTES },
  destination: 'empty',
  latency: 0,
  steps: [
    { name: 'fresh' },
    { name: 'no change', change: 'touch' },
    { name: 'edited', change: 'edit' },
    { name: 'renamed', change: 'rename' },
  ],
  rounds: { ours: 1, rclone: 1 },
  bars: [
    { step: 'fresh', wall: 0.5, rss: 1024, sent: 1 },
    { step: 'renamed', sent: 0, requests: { CopyObject: FILES, DeleteObjects: 1 } },
  ],
};
const TWICE: Scenario = { ...TINY, name: 'twice', steps: [{ name: 'fresh' }], rounds: { ours: 2 } };
const FILLED: Scenario = { ...TINY, name: 'filled', destination: 'filled', steps: [{ name: 'unchanged' }] };
const FETCHED: Scenario = { ...FILLED, name: 'fetched', steps: [{ name: 'fetch', isFetch: true }] };

let work: string;
let results: Results;
let servers: number;

beforeEach(async () => {
  work = await temporaryDirectory();
  results = new Results(join(work, 'results.json'), 'a test');
  servers = 0;
});

afterEach(() => removeTree(work));

/** What measures a process is Python's: Node does not tell what a child used. */
const hasPython = spawnSync('python3', ['--version']).status === 0;

(hasPython ? describe : describe.skip)(`the benchmarks${hasPython ? '' : ': skipped, no python3'}`, () => {
  test('measure every step, and the table, the bars and the plots show it', async () => {
    expect(await run(TINY)).toEqual([]);
    const sent = TINY.steps.map(({ name }) =>
      results.of('tiny', name, 'ours').map(({ counts }) => counts?.sent),
    );
    expect(sent[0]).toEqual([BYTES]);
    expect(sent[1]).toEqual([0]);
    // 50 of 60 files, of which none is half of it all.
    expect(sent[2]?.every((bytes = 0) => bytes > BYTES / 2 && bytes < BYTES)).toBe(true);
    expect(sent[3]).toEqual([0]);
    for (const { wall, cpu, rss } of results.all) {
      expect([wall > 0.01, cpu > 0.01, rss > 10 * 2 ** 20]).toEqual([true, true, true]);
    }

    const tables = renderTables([TINY], results);
    expect(tables).toContain('### Tiny: 60 files');
    expect(tables).toMatch(
      /^\| renamed \| ours v \| .* \| 0\.0 \| 60 CopyObject, \d ListObjectsV2, 1 DeleteObjects \|$/m,
    );
    // No peer was measured, so no ratio is judged.
    expect(judge([TINY], results).map(({ what, holds }) => [what, holds])).toEqual([
      ['wall time', undefined],
      ['peak memory', true],
      ['sent', true],
      ['sent', true],
      ['requests', true],
    ]);
    expect(renderBars([TINY], results)).toContain('Tiny: 60 files');
    expect(renderGrowth([{ ...TINY, growth: { by: 'latency', at: 0 } }], results)).toContain('<polyline');
  }, 180_000);

  test('go on where they were stopped', async () => {
    await run(TWICE, { rounds: 1 });
    const first = results.of('twice', 'fresh', 'ours');
    expect(first).toHaveLength(1);

    // What a new process knows is the file.
    results = new Results(join(work, 'results.json'), 'a test');
    await run(TWICE);
    expect(servers).toBe(2);
    expect(results.of('twice', 'fresh', 'ours')[0]).toEqual(first[0]);
    expect(results.of('twice', 'fresh', 'ours')).toHaveLength(2);

    await run(TWICE);
    expect(servers).toBe(2);
    results.forget(['twice'], ['rclone']);
    expect(results.all).toHaveLength(2);
    results.forget(['twice'], ['ours']);
    expect(results.all).toEqual([]);
  });

  test('find a filled destination that every tool compares with', async () => {
    expect(await run(FILLED, { rounds: 1 })).toEqual([]);
    expect(results.of('filled', 'unchanged', 'ours')[0]?.counts).toEqual({
      sent: 0,
      requests: { ListObjectsV2: 1 },
    });
  });

  test('fetch what a filled destination holds, and see that all of it is there', async () => {
    expect(await run(FETCHED, { rounds: 1 })).toEqual([]);
    expect(results.of('fetched', 'fetch', 'ours')[0]?.counts).toEqual({
      sent: 0,
      requests: { GetObject: FILES, ListObjectsV2: 1 },
    });
    expect(existsSync(join(work, 'fetched'))).toBe(false);
    results.forget(['fetched'], ['ours']);
    const incomplete = await run(FETCHED, {
      rounds: 1,
      startServer: async () => {
        const server = await InProcessServer.start({ latency: 0, discardBodies: false });
        const fill = server.fill.bind(server);
        server.fill = async (prefix, root) => {
          const directories = readdirSync(root, { withFileTypes: true }).filter((entry) =>
            entry.isDirectory(),
          );
          await fill(prefix, join(root, directories[0]!.name));
        };
        return server;
      },
    });
    expect(incomplete).toEqual([
      expect.stringMatching(
        /^fetched, fetch: ours: the directory holds [1-9]\d* files of \d+ bytes, the tree has 60 of 60000$/,
      ),
    ]);
  });

  test('say what failed, and measure nothing of it', async () => {
    const failures = await run(TINY, {
      rounds: 1,
      startServer: async () => {
        const server = await InProcessServer.start({ latency: 0, discardBodies: false });
        server.holds = async () => ({ files: 0, bytes: 0 });
        return server;
      },
    });
    expect(failures).toEqual([
      'tiny, fresh: ours: the destination holds 0 files of 0 bytes, the tree has 60 of 60000',
    ]);
    expect(results.all).toEqual([]);
  });

  test('keep results of one machine and server in a file', async () => {
    keep('ours', 0, 1);
    expect(JSON.parse(await readFile(join(work, 'results.json'), 'utf8')).setting).toBe('a test');
    expect(() => new Results(join(work, 'results.json'), 'another')).toThrow(
      'was measured by a test, this is another: name another file with --results',
    );
  });
});

describe('a line of the result', () => {
  test('compares medians with the best peer', () => {
    for (const [round, wall] of [1, 9, 1.2].entries()) keep('ours', round, wall);
    for (const [round, wall] of [3, 2, 2.6].entries()) keep('rclone', round, wall);
    keep('s5cmd', 0, 2.8);
    const [line] = judge([TINY], results);
    expect(line).toEqual({
      scenario: 'tiny',
      step: 'fresh',
      what: 'wall time',
      ours: "1.20 s, 0.46 of rclone's 2.60 s",
      bar: '0.5 of the best peer',
      holds: true,
    });
    keep('s5cmd', 0, 2.3);
    expect(judge([TINY], results)[0]).toMatchObject({ ours: "1.20 s, 0.52 of s5cmd's 2.30 s", holds: false });
  });

  test('counts requests beside the listings, in every round', () => {
    const requests = { CopyObject: FILES, DeleteObjects: 1, ListObjectsV2: 7 };
    keep('ours', 0, 1, 'renamed', requests);
    const of = (): unknown => judge([TINY], results).find(({ what }) => what === 'requests');
    expect(of()).toMatchObject({ ours: '60 CopyObject, 1 DeleteObjects', holds: true });
    keep('ours', 1, 1, 'renamed', { ...requests, HeadObject: 1 });
    expect(of()).toMatchObject({ ours: '60 CopyObject, 1 DeleteObjects, 1 HeadObject', holds: false });
  });

  test('is said of every scenario with a name of its own', () => {
    const names = SCENARIOS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { bars, steps } of SCENARIOS) {
      for (const { step } of bars) expect(steps.map(({ name }) => name)).toContain(step);
    }
  });
});

async function run(scenario: Scenario, options: Partial<RunOptions> = {}): Promise<readonly string[]> {
  return runScenarios(
    {
      scenarios: [scenario],
      tools: ['ours'],
      rounds: 5,
      work,
      startServer: async (serverOptions) => {
        servers++;
        return InProcessServer.start(serverOptions);
      },
      versions: { ours: 'v' },
      say: () => undefined,
      ...options,
    },
    results,
  );
}

function keep(
  tool: ToolName,
  round: number,
  wall: number,
  step = 'fresh',
  requests: Readonly<Record<string, number>> = {},
): void {
  const cell: Cell = {
    wall,
    cpu: 1,
    rss: 1,
    read: null,
    counts: { sent: 0, requests },
    version: 'v',
    load: 0,
    at: '2026-01-01T00:00:00.000Z',
  };
  results.keep({ scenario: 'tiny', step, tool, round }, cell);
}
