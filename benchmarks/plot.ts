import { type Cell, median, type Results } from './results.js';
import type { GrowthAxis, Scenario } from './scenarios.js';
import { TOOL_NAMES, type ToolName } from './tools.js';

const COLOURS: Readonly<Record<ToolName, string>> = {
  ours: '#d9480f',
  rclone: '#1c7ed6',
  s5cmd: '#2b8a3e',
  'aws-cli': '#9c36b5',
  s3cmd: '#868e96',
};

interface Metric {
  readonly title: string;
  /** NaN where it is not known. */
  readonly of: (cell: Cell) => number;
}

const METRICS: readonly Metric[] = [
  { title: 'wall time, s', of: ({ wall }) => wall },
  { title: 'MB sent', of: ({ counts }) => (counts === null ? Number.NaN : counts.sent / 1e6) },
  {
    title: 'requests',
    of: ({ counts }) =>
      counts === null ? Number.NaN : Object.values(counts.requests).reduce((sum, count) => sum + count, 0),
  },
  { title: 'peak memory, MiB', of: ({ rss }) => rss / 2 ** 20 },
];

const BAR = 12;
const LABELS = 190;
const PANEL = 170;
const GAP = 14;

/** Bars: a row of four panels for each step, a bar for each tool. */
export function renderBars(scenarios: readonly Scenario[], results: Results): string {
  const parts: string[] = [];
  let y = 40;
  METRICS.forEach(({ title }, i) => {
    parts.push(text(LABELS + i * (PANEL + GAP), 24, title, 'font-weight="bold"'));
  });
  for (const scenario of scenarios.filter(({ growth }) => growth === undefined)) {
    const steps = scenario.steps.filter(({ name }) => results.of(scenario.name, name, 'ours').length > 0);
    if (steps.length === 0) continue;
    parts.push(text(8, y + 10, scenario.title, 'font-weight="bold"'));
    y += 18;
    for (const { name: step } of steps) {
      const tools = TOOL_NAMES.filter((tool) => results.of(scenario.name, step, tool).length > 0);
      parts.push(text(8, y + 10, step));
      METRICS.forEach((metric, i) => {
        const values = tools.map((tool) => median(results.of(scenario.name, step, tool).map(metric.of)));
        parts.push(...panel(LABELS + i * (PANEL + GAP), y, tools, values));
      });
      y += tools.length * BAR + 12;
    }
    y += 8;
  }
  parts.push(...legend(y + 8));
  return svg('What each tool costs, step by step', LABELS + METRICS.length * (PANEL + GAP), y + 30, parts);
}

function panel(
  x: number,
  y: number,
  tools: readonly ToolName[],
  values: readonly number[],
): readonly string[] {
  const most = Math.max(...values.filter((value) => !Number.isNaN(value)), 0);
  // The number stands behind its bar, within the panel.
  const room = PANEL - 50;
  return tools.flatMap((tool, i) => {
    const value = values[i]!;
    if (Number.isNaN(value)) return [];
    const width = most === 0 ? 0 : Math.max((value / most) * room, value > 0 ? 1 : 0);
    const top = y + i * BAR;
    return [
      `<rect x="${x}" y="${top + 1}" width="${width.toFixed(1)}" height="${BAR - 2}" fill="${COLOURS[tool]}"/>`,
      text(x + width + 4, top + BAR - 2, figure(value), 'font-size="10"'),
    ];
  });
}

function legend(y: number): readonly string[] {
  return TOOL_NAMES.flatMap((tool, i) => [
    `<rect x="${LABELS + i * 90}" y="${y}" width="10" height="10" fill="${COLOURS[tool]}"/>`,
    text(LABELS + i * 90 + 14, y + 9, tool),
  ]);
}

const CURVES: readonly {
  readonly title: string;
  readonly axes: readonly GrowthAxis[];
  readonly log: boolean;
}[] = [
  { title: 'files', axes: ['files'], log: true },
  { title: 'destinations', axes: ['mirrors sent', 'mirrors copied'], log: false },
  { title: 'latency, ms', axes: ['latency'], log: false },
];
const STROKES = ['#d9480f', '#1c7ed6', '#2b8a3e', '#9c36b5'] as const;
const SIDE = 220;

/** Curves: wall time over files (both logarithmic), destinations and latency, a line for each step. */
export function renderGrowth(scenarios: readonly Scenario[], results: Results): string {
  const parts = CURVES.flatMap(({ title, axes, log }, column) => {
    const lines = axes.flatMap((axis) => linesOf(axis, scenarios, results));
    return lines.length === 0 ? [] : curve(60 + column * (SIDE + 90), 40, title, lines, log);
  });
  return svg('How the wall time grows', 60 + CURVES.length * (SIDE + 90), SIDE + 150, parts);
}

interface CurveLine {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

function linesOf(axis: GrowthAxis, scenarios: readonly Scenario[], results: Results): readonly CurveLine[] {
  const along = scenarios.filter(({ growth }) => growth?.by === axis);
  const steps = [...new Set(along.flatMap(({ steps }) => steps.map(({ name }) => name)))];
  return steps.flatMap((step) => {
    const points = along.flatMap(({ name, growth }) => {
      const cells = results.of(name, step, 'ours');
      return cells.length === 0 ? [] : [[growth?.at ?? 0, median(cells.map(({ wall }) => wall))] as const];
    });
    return points.length === 0 ? [] : [{ name: axis.startsWith('mirrors') ? axis : step, points }];
  });
}

function curve(
  left: number,
  top: number,
  title: string,
  lines: readonly CurveLine[],
  log: boolean,
): readonly string[] {
  const all = lines.flatMap(({ points }) => points);
  const scale = (value: number): number => (log ? Math.log10(value) : value);
  const low = log ? Math.min(...all.map(([at]) => scale(at))) : 0;
  const high = Math.max(...all.map(([at]) => scale(at)));
  const bottom = log ? Math.min(...all.map(([, wall]) => scale(wall))) : 0;
  const peak = Math.max(...all.map(([, wall]) => scale(wall)));
  const x = (at: number): number => left + ((scale(at) - low) / (high - low || 1)) * SIDE;
  const y = (wall: number): number => top + SIDE - ((scale(wall) - bottom) / (peak - bottom || 1)) * SIDE;
  const frame = `<path d="M${left} ${top}V${top + SIDE}H${left + SIDE}" fill="none" stroke="#868e96"/>`;
  const ticks = [...new Set(all.map(([at]) => at))].map((at) =>
    text(
      x(at),
      top + SIDE + 16,
      at >= 1000 ? `10^${Math.log10(at)}` : String(at),
      'text-anchor="middle" font-size="10"',
    ),
  );
  const drawn = lines.flatMap(({ name, points }, i) => {
    const stroke = STROKES[i % STROKES.length];
    const path = points.map(([at, wall]) => `${x(at).toFixed(1)},${y(wall).toFixed(1)}`).join(' ');
    return [
      `<polyline points="${path}" fill="none" stroke="${stroke}" stroke-width="2"/>`,
      ...points.flatMap(([at, wall]) => [
        `<circle cx="${x(at).toFixed(1)}" cy="${y(wall).toFixed(1)}" r="3" fill="${stroke}"/>`,
        text(x(at) + 4, y(wall) - 5, figure(wall), 'font-size="9"'),
      ]),
      text(left, top + SIDE + 54 + i * 14, name, `fill="${stroke}"`),
    ];
  });
  const caption = text(left + SIDE / 2, top + SIDE + 34, title, 'text-anchor="middle"');
  return [frame, text(left, top - 14, 'wall time, s', 'font-weight="bold"'), ...ticks, caption, ...drawn];
}

/** Whole, or two or three figures that count. */
function figure(value: number): string {
  return value >= 100 || Number.isInteger(value)
    ? Math.round(value).toLocaleString('en')
    : value.toPrecision(value < 10 ? 2 : 3);
}

function text(x: number, y: number, content: string, attributes = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escaped}</text>`;
}

function svg(title: string, width: number, height: number, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#212529">`,
    `<title>${title}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}
