import { type Cell, median, type Results } from './results.js';
import type { Bar, Scenario } from './scenarios.js';
import { TOOL_NAMES, type ToolName } from './tools.js';

const PEER_NAMES = TOOL_NAMES.filter((tool) => tool !== 'ours');

/** One thing to reach, and how far it is reached. */
export interface Line {
  readonly scenario: string;
  readonly step: string;
  readonly what: string;
  readonly ours: string;
  readonly bar: string;
  readonly holds: boolean;
}

/** What can be judged by what was measured. */
export function judge(scenarios: readonly Scenario[], results: Results): readonly Line[] {
  return scenarios.flatMap((scenario) =>
    scenario.bars.flatMap((bar) => {
      const cells = results.of(scenario.name, bar.step, 'ours');
      if (cells.length === 0) return [];
      const peer = bestPeer(scenario, bar.step, results);
      const line = (what: string, ours: string, limit: string, holds: boolean): Line => {
        return { scenario: scenario.name, step: bar.step, what, ours, bar: limit, holds };
      };
      return linesOf(bar, cells, peer, line);
    }),
  );
}

/** The peer with the least median of wall time. */
export function bestPeer(
  scenario: Scenario,
  step: string,
  results: Results,
): { readonly tool: ToolName; readonly wall: number } | undefined {
  return PEER_NAMES.map((tool) => ({
    tool,
    wall: median(results.of(scenario.name, step, tool).map(({ wall }) => wall)),
  }))
    .filter(({ wall }) => !Number.isNaN(wall))
    .sort((a, b) => a.wall - b.wall)[0];
}

function linesOf(
  bar: Bar,
  cells: readonly Cell[],
  peer: ReturnType<typeof bestPeer>,
  line: (what: string, ours: string, limit: string, holds: boolean) => Line,
): readonly Line[] {
  const lines: Line[] = [];
  if (bar.wall !== undefined && peer !== undefined) {
    const wall = median(cells.map((cell) => cell.wall));
    const ratio = wall / peer.wall;
    const ours = `${wall.toFixed(2)} s, ${ratio.toFixed(2)} of ${peer.tool}'s ${peer.wall.toFixed(2)} s`;
    lines.push(line('wall time', ours, `${bar.wall} of the best peer`, ratio <= bar.wall));
  }
  if (bar.rss !== undefined) {
    const rss = median(cells.map((cell) => cell.rss)) / 2 ** 20;
    lines.push(line('peak memory', `${Math.round(rss)} MiB`, `${bar.rss} MiB`, rss <= bar.rss));
  }
  const counts = cells.flatMap((cell) => cell.counts ?? []);
  if (bar.sent !== undefined && counts.length > 0) {
    const sent = Math.max(...counts.map((count) => count.sent)) / 2 ** 20;
    lines.push(line('sent', `${sent.toFixed(1)} MiB`, `${bar.sent.toFixed(1)} MiB`, sent <= bar.sent));
  }
  if (bar.requests !== undefined && counts.length > 0) {
    const wanted = requestList(bar.requests);
    const others = counts.map(({ requests }) =>
      requestList(Object.fromEntries(Object.entries(requests).filter(([name]) => name !== 'ListObjectsV2'))),
    );
    const odd = others.find((list) => list !== wanted);
    lines.push(line('requests', odd ?? wanted, `${wanted}, and listings`, odd === undefined));
  }
  return lines;
}

/** `5,000 CopyObject, 5 DeleteObjects`: the most frequent first. */
export function requestList(requests: Readonly<Record<string, number>>): string {
  return Object.entries(requests)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([name, count]) => `${count.toLocaleString('en')} ${name}`)
    .join(', ');
}
