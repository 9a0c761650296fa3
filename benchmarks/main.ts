import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { between } from '../dev/generate.js';
import { judge } from './bars.js';
import { repository } from './measure.js';
import { renderBars, renderGrowth } from './plot.js';
import { Results, thisMachine } from './results.js';
import { runScenarios } from './runner.js';
import { SCENARIOS, type Scenario } from './scenarios.js';
import { GivenServer, ServerProcess } from './server.js';
import { barTable, renderTables } from './table.js';
import { installPeers, TOOL_NAMES, type ToolName, versionOf } from './tools.js';

const HELP = `npm run bench -- [options]

Publishes trees with this tool and with those that people use instead, and says what it cost: against the embedded
server with 20 ms latency, or an endpoint. What was measured is kept, so a run that was stopped goes on.

  --only NAME,...    scenarios, by name or its beginning: ${SCENARIOS.filter(
    ({ growth }) => growth === undefined,
  )
    .map(({ name }) => name)
    .join(', ')},
                     growth, growth-files, growth-mirrors, growth-latency, ...; default: all
  --tools NAME,...   ${TOOL_NAMES.join(', ')}; default: all
  --rounds N         at most N rounds
  --again            measure the chosen tools in the chosen scenarios again, in place of what is kept
  --docs             write the results into docs/PERFORMANCE.md and the plots beside it
  --work DIR         for trees, up to 10 GB; default: .cache/bench
  --results FILE     default: results.json in DIR
  --endpoint URL     another server than the embedded one, with the environment's credentials;
  --bucket NAME      its bucket. Such a server does not count: no bytes and requests in the results.

It ends with 1 when something falls short of its bar or fails.
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    tools: { type: 'string', default: TOOL_NAMES.join(',') },
    rounds: { type: 'string', default: '99' },
    again: { type: 'boolean', default: false },
    docs: { type: 'boolean', default: false },
    work: { type: 'string', default: join(repository, '.cache/bench') },
    results: { type: 'string' },
    endpoint: { type: 'string' },
    bucket: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  if (values.help) {
    console.log(HELP);
    return;
  }
  const { endpoint, bucket } = values;
  if ((endpoint === undefined) !== (bucket === undefined))
    throw new Error('--endpoint and --bucket go together');
  const scenarios = chosenScenarios(values.only?.split(',')).filter(
    // An endpoint has the latency that it has.
    ({ growth }) => endpoint === undefined || growth?.by !== 'latency',
  );
  const tools = chosenTools(values.tools.split(','));
  const rounds = Number(values.rounds);
  if (!(Number.isInteger(rounds) && rounds > 0))
    throw new Error(`--rounds ${values.rounds}: a number from 1`);
  const server = endpoint === undefined ? 'the embedded server' : endpoint;
  const results = new Results(
    values.results ?? join(values.work, 'results.json'),
    `${thisMachine()}, ${server}`,
  );
  if (values.again)
    results.forget(
      scenarios.map(({ name }) => name),
      tools,
    );

  if (tools.some((tool) => tool !== 'ours')) installPeers();
  const failures = await runScenarios(
    {
      scenarios,
      tools,
      rounds,
      work: values.work,
      startServer: async (options) =>
        endpoint === undefined || bucket === undefined
          ? ServerProcess.start(options)
          : new GivenServer(endpoint, bucket),
      versions: Object.fromEntries(tools.map((tool) => [tool, versionOf(tool)])),
      say: (line) => console.error(line),
    },
    results,
  );

  await writeResults(results);
  console.log(barTable(scenarios, results));
  const lines = judge(scenarios, results);
  const short = lines.filter(({ holds }) => holds === false);
  const unknown = lines.filter(({ holds }) => holds === undefined).length;
  const held = lines.length - short.length - unknown;
  console.log(
    `\n${held} of ${lines.length} lines hold, ${unknown} were not measured, ${short.length} fall short:`,
  );
  for (const { scenario, step, what, ours, bar } of short) {
    console.log(`  ${scenario}, ${step}: ${what} ${ours}; at most ${bar}`);
  }
  for (const failure of failures) console.log(`failed: ${failure}`);
  if (short.length + failures.length > 0) process.exitCode = 1;
}

/** The table and the plots of all that is kept. */
async function writeResults(results: Results): Promise<void> {
  const tables = renderTables(SCENARIOS, results);
  const directory = values.docs ? join(repository, 'docs') : values.work;
  const files: Readonly<Record<string, string>> = {
    [join(directory, 'performance.svg')]: renderBars(SCENARIOS, results),
    [join(directory, 'growth.svg')]: renderGrowth(SCENARIOS, results),
    ...(values.docs ? {} : { [join(directory, 'results.md')]: `${tables}\n` }),
  };
  for (const [path, content] of Object.entries(files)) await writeFile(path, content);
  if (values.docs) {
    const page = join(directory, 'PERFORMANCE.md');
    await writeFile(page, between(await readFile(page, 'utf8'), 'results', tables));
  }
  console.error(
    `written: ${values.docs ? 'docs/PERFORMANCE.md and its plots' : Object.keys(files).join(', ')}`,
  );
}

function chosenScenarios(names: readonly string[] | undefined): readonly Scenario[] {
  if (names === undefined) return SCENARIOS;
  return names.flatMap((wanted) => {
    const found = SCENARIOS.filter(({ name }) => name === wanted || name.startsWith(`${wanted}-`));
    if (found.length === 0) throw new Error(`--only ${wanted}: no scenario has that name`);
    return found;
  });
}

function chosenTools(names: readonly string[]): readonly ToolName[] {
  return names.map((wanted) => {
    const found = TOOL_NAMES.find((name) => name === wanted);
    if (found === undefined) throw new Error(`--tools ${wanted}: one of ${TOOL_NAMES.join(', ')}`);
    return found;
  });
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
