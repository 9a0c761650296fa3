import { type Cell, median, type Results } from './results.js';
import type { Bar, Scenario } from './scenarios.js';
import { TOOL_NAMES, type ToolName } from './tools.js';

const PEER_NAMES = TOOL_NAMES.filter((tool) => tool !== 'ours');

/** One thing to reach, and how far it is reached. */
export interface Line {
  readonly scenario: string;
  readonly step: string;
  readonly what: string;
  readonly bar: string;
  readonly ours: string;
  /** Undefined when it was not measured. */
  readonly holds: boolean | undefined;
}

export function judge(scenarios: readonly Scenario[], results: Results): readonly Line[] {
  return scenarios.flatMap((scenario) =>
    scenario.bars.flatMap((bar) =>
      verdicts(bar, results.of(scenario.name, bar.step, 'ours'), bestPeer(scenario, bar.step, results)).map(
        (verdict) => ({ scenario: scenario.name, step: bar.step, ...verdict }),
      ),
    ),
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

type Verdict = Omit<Line, 'scenario' | 'step'>;

function verdicts(bar: Bar, cells: readonly Cell[], peer: ReturnType<typeof bestPeer>): readonly Verdict[] {
  const counts = cells.flatMap((cell) => cell.counts ?? []);
  const verdict = (what: string, limit: string, judged: [string, boolean] | undefined): Verdict => {
    return { what, bar: limit, ours: judged?.[0] ?? 'not measured', holds: judged?.[1] };
  };
  const parts: Verdict[] = [];
  if (bar.wall !== undefined) {
    parts.push(verdict('wall time', `${bar.wall} of the best peer`, judgedWall(bar.wall, cells, peer)));
  }
  if (bar.rss !== undefined) {
    const rss = median(cells.map((cell) => cell.rss)) / 2 ** 20;
    const judged: [string, boolean] = [`${Math.round(rss)} MiB`, rss <= bar.rss];
    parts.push(verdict('peak memory', `${bar.rss} MiB`, cells.length === 0 ? undefined : judged));
  }
  if (bar.sent !== undefined) {
    const sent = Math.max(...counts.map((count) => count.sent)) / 2 ** 20;
    const judged: [string, boolean] = [`${sent.toFixed(1)} MiB`, sent <= bar.sent];
    parts.push(verdict('sent', `${bar.sent.toFixed(1)} MiB`, counts.length === 0 ? undefined : judged));
  }
  if (bar.requests !== undefined) {
    const wanted = requestList(bar.requests);
    const others = counts.map(({ requests }) =>
      requestList(Object.fromEntries(Object.entries(requests).filter(([name]) => name !== 'ListObjectsV2'))),
    );
    const odd = others.find((list) => list !== wanted);
    const judged: [string, boolean] = [odd ?? wanted, odd === undefined];
    parts.push(verdict('requests', `${wanted}, and listings`, counts.length === 0 ? undefined : judged));
  }
  return parts;
}

function judgedWall(
  limit: number,
  cells: readonly Cell[],
  peer: ReturnType<typeof bestPeer>,
): [string, boolean] | undefined {
  if (cells.length === 0 || peer === undefined) return undefined;
  const wall = median(cells.map((cell) => cell.wall));
  const ratio = wall / peer.wall;
  const ours = `${wall.toFixed(2)} s, ${ratio.toFixed(2)} of ${peer.tool}'s ${peer.wall.toFixed(2)} s`;
  return [ours, ratio <= limit];
}

/** `5,000 CopyObject, 5 DeleteObjects`: the most frequent first. */
export function requestList(requests: Readonly<Record<string, number>>): string {
  return Object.entries(requests)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([name, count]) => `${count.toLocaleString('en')} ${name}`)
    .join(', ');
}
