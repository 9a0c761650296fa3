import { cpus } from 'node:os';
import { bestPeer, judge, requestList } from './bars.js';
import { type Cell, median, type Results } from './results.js';
import type { GrowthAxis, Scenario } from './scenarios.js';
import { TOOL_NAMES } from './tools.js';

/** Everything that was measured, as Markdown. */
export function renderTables(scenarios: readonly Scenario[], results: Results): string {
  return [
    setting(results),
    barTable(scenarios, results),
    ...scenarios
      .filter(({ growth }) => growth === undefined)
      .map((scenario) => scenarioTable(scenario, results)),
    ...AXES.map((axis) => growthTable(axis, scenarios, results)),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function setting(results: Results): string {
  const cells = results.all;
  if (cells.length === 0) return 'Nothing was measured yet.';
  const days = [...new Set(cells.map(({ at }) => at.slice(0, 10)))].sort();
  const loads = cells.map(({ load }) => load);
  const apart = spreads(results);
  return [
    `Measured ${days.length === 1 ? `on ${days[0]}` : `from ${days[0]} to ${days.at(-1)}`} on ${results.setting}.`,
    `Load average before a run: median ${median(loads).toFixed(1)}, at most ${Math.max(...loads).toFixed(1)}.`,
    median(loads) > cpus().length
      ? 'Others kept the machine busy: ratios, CPU, bytes and requests say more here than seconds.'
      : '',
    apart.length === 0
      ? ''
      : `Slowest round over fastest, same tool and step: median ${median(apart).toFixed(2)}, at most ${Math.max(...apart).toFixed(2)}.`,
  ]
    .filter((line) => line !== '')
    .join('\n');
}

function spreads(results: Results): readonly number[] {
  return results.groups
    .filter((cells) => cells.length > 1)
    .map((cells) => {
      const walls = cells.map(({ wall }) => wall);
      return Math.max(...walls) / Math.min(...walls);
    });
}

export function barTable(scenarios: readonly Scenario[], results: Results): string {
  const lines = judge(scenarios, results);
  if (lines.length === 0) return '';
  const rows = lines.map(
    ({ scenario, step, what, ours, bar, holds }) =>
      `| ${scenario}, ${step} | ${what} | ${ours} | ${bar} | ${holds === undefined ? '' : holds ? 'yes' : '**no**'} |`,
  );
  return ['| line | | ours | at most | holds |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}

function scenarioTable(scenario: Scenario, results: Results): string {
  const rows = scenario.steps.flatMap(({ name: step }) => {
    const best = bestPeer(scenario, step, results)?.wall;
    return TOOL_NAMES.flatMap((tool) => {
      const cells = results.of(scenario.name, step, tool);
      if (cells.length === 0) return [];
      const versions = [...new Set(cells.map(({ version }) => version))].join(', ');
      const ratio = best === undefined ? '' : (medianOf(cells, 'wall') / best).toFixed(2);
      return `| ${step} | ${tool} ${versions} | ${range(cells)} | ${ratio} | ${costs(cells)} |`;
    });
  });
  if (rows.length === 0) return '';
  return [
    `### ${scenario.title}`,
    '',
    '| step | tool | wall s | of the best peer | CPU s | peak MiB | MB sent | requests |',
    '| --- | --- | --: | --: | --: | --: | --: | --- |',
    ...rows,
  ].join('\n');
}

const AXES: readonly GrowthAxis[] = ['files', 'mirrors sent', 'mirrors copied', 'latency'];
const AXIS_TITLES: Readonly<Record<GrowthAxis, string>> = {
  files: 'Files of 1 KB on average',
  'mirrors sent': 'Destinations, each sent its bytes; the site',
  'mirrors copied': 'Destinations, copied from the first; the site',
  latency: 'Latency in milliseconds; the site',
};

function growthTable(axis: GrowthAxis, scenarios: readonly Scenario[], results: Results): string {
  const points = scenarios.filter(({ growth }) => growth?.by === axis);
  const steps = [...new Set(points.flatMap((point) => point.steps.map(({ name }) => name)))];
  const rows = steps.flatMap((step) =>
    points.flatMap((point) => {
      const cells = results.of(point.name, step, 'ours');
      if (cells.length === 0) return [];
      const read = cells.every((cell) => cell.read === null)
        ? ''
        : (median(cells.map((cell) => cell.read ?? Number.NaN)) / 1e6).toFixed(0);
      return `| ${step} | ${point.growth?.at.toLocaleString('en')} | ${range(cells)} | ${read} | ${costs(cells)} |`;
    }),
  );
  if (rows.length === 0) return '';
  return [
    `### ${AXIS_TITLES[axis]}`,
    '',
    `| step | ${axis.split(' ')[0]} | wall s | MB read | CPU s | peak MiB | MB sent | requests |`,
    '| --- | --: | --: | --: | --: | --: | --: | --- |',
    ...rows,
  ].join('\n');
}

/** The median, and the fastest and the slowest round. */
function range(cells: readonly Cell[]): string {
  const walls = cells.map(({ wall }) => wall);
  const middle = median(walls).toFixed(2);
  if (cells.length === 1) return `${middle} (once)`;
  return `${middle} (${Math.min(...walls).toFixed(2)}-${Math.max(...walls).toFixed(2)})`;
}

function costs(cells: readonly Cell[]): string {
  const counts = cells.at(-1)?.counts ?? undefined;
  const cpu = medianOf(cells, 'cpu').toFixed(2);
  const rss = Math.round(medianOf(cells, 'rss') / 2 ** 20);
  const sent = counts === undefined ? '' : (counts.sent / 1e6).toFixed(counts.sent < 1e7 ? 1 : 0);
  return [cpu, rss, sent, counts === undefined ? '' : requestList(counts.requests)].join(' | ');
}

function medianOf(cells: readonly Cell[], of: 'wall' | 'cpu' | 'rss'): number {
  return median(cells.map((cell) => cell[of]));
}
