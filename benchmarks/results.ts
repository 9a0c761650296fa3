import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { arch, cpus, release, totalmem } from 'node:os';
import { dirname } from 'node:path';
import type { Usage } from './measure.js';
import type { Counts } from './server.js';
import type { ToolName } from './tools.js';

/** One step of one tool in one round. */
export interface Cell extends Usage {
  readonly counts: Counts | null;
  readonly version: string;
  /** The machine's load average of a minute, just before. */
  readonly load: number;
  readonly at: string;
}

export interface CellName {
  readonly scenario: string;
  readonly step: string;
  readonly tool: ToolName;
  readonly round: number;
}

/** What was measured on one machine against one server, in a file that is written after each cell. */
export class Results {
  readonly #path: string;
  readonly #cells: Map<string, Cell>;
  /** What measured: machine, Node, server. */
  readonly setting: string;

  constructor(path: string, setting: string) {
    this.#path = path;
    this.setting = setting;
    const kept = existsSync(path)
      ? (JSON.parse(readFileSync(path, 'utf8')) as { setting: string; cells: Record<string, Cell> })
      : { setting, cells: {} };
    if (kept.setting !== setting) {
      throw new Error(
        `${path} was measured by ${kept.setting}, this is ${setting}: name another file with --results`,
      );
    }
    this.#cells = new Map(Object.entries(kept.cells));
  }

  has(name: CellName): boolean {
    return this.#cells.has(keyOf(name));
  }

  keep(name: CellName, cell: Cell): void {
    this.#cells.set(keyOf(name), cell);
    this.#write();
  }

  /** Drops what is known of these tools in these scenarios. */
  forget(scenarios: readonly string[], tools: readonly string[]): void {
    for (const key of this.#cells.keys()) {
      const [scenario = '', , tool = ''] = key.split('/');
      if (scenarios.includes(scenario) && tools.includes(tool)) this.#cells.delete(key);
    }
    this.#write();
  }

  /** Every round of a step of a tool. */
  of(scenario: string, step: string, tool: ToolName): readonly Cell[] {
    const prefix = keyOf({ scenario, step, tool, round: 0 }).slice(0, -1);
    return [...this.#cells].filter(([key]) => key.startsWith(prefix)).map(([, cell]) => cell);
  }

  get all(): readonly Cell[] {
    return [...this.#cells.values()];
  }

  /** The rounds of each step of each tool. */
  get groups(): readonly (readonly Cell[])[] {
    const groups = new Map<string, Cell[]>();
    for (const [key, cell] of this.#cells) {
      const group = key.slice(0, key.lastIndexOf('/'));
      groups.set(group, [...(groups.get(group) ?? []), cell]);
    }
    return [...groups.values()];
  }

  #write(): void {
    mkdirSync(dirname(this.#path), { recursive: true });
    const temporary = `${this.#path}.new`;
    const cells = Object.fromEntries([...this.#cells].sort(([a], [b]) => (a < b ? -1 : 1)));
    writeFileSync(temporary, `${JSON.stringify({ setting: this.setting, cells }, undefined, 1)}\n`);
    renameSync(temporary, this.#path);
  }
}

export function thisMachine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores of ${cpus()[0]?.model.trim()} ${arch()}, ${memory} GiB, Linux ${release()}, Node ${process.versions.node}`;
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle) - 1] ?? Number.NaN)) / 2;
}

function keyOf({ scenario, step, tool, round }: CellName): string {
  return [scenario, step, tool, round].join('/');
}
