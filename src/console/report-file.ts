import { NotOursError, type Ours, replaceFile, tryReplacing } from '../disk/replace-file.js';
import { messageOf } from '../model/errors.js';
import type { Report, ReportStep } from '../model/report.js';
import { withoutCommands } from './text.js';

/** As a report of any version begins, also behind a program that set it otherwise. */
const REPORT: Ours = {
  what: 'report',
  begins: (begin) => /^\{\s*"version":\s*\d+,\s*"tool":\s*"s3-dedup-sync\//.test(begin.toString('latin1')),
};

/** Rejects where `writeReportFile` could not even begin. */
export async function tryReportFile(path: string): Promise<void> {
  await tryReplacing(path, REPORT);
}

/** Why no report is there, in one line. */
export function notWritten(
  path: string,
  thrown: unknown,
  { done = '', check }: { done?: string; check: string },
): string {
  const advice = thrown instanceof NotOursError ? thrown.advice : `check ${check}`;
  return `report: ${path} cannot be written (${messageOf(thrown)})${done}: ${advice}`;
}

/** Writes the report whole or not at all; step by step, as the report of a million files would not fit one string. */
export async function writeReportFile(path: string, report: Report): Promise<void> {
  await replaceFile(path, batched(path.endsWith('.jsonl') ? jsonLines(report) : json(report)), REPORT);
}

/** JSON Lines: the run without its steps, then a line for each step, with its destination's place from 0. */
export function* jsonLines(report: Report): Generator<string> {
  const destinations = report.destinations.map(({ steps: _, ...rest }) => rest);
  yield `${jsonOf({ ...report, destinations })}\n`;
  for (const [destination, { steps }] of report.destinations.entries()) {
    for (const step of steps) yield `${jsonOf({ destination, ...step })}\n`;
  }
}

/** JSON for programs that a person can also read: a step has a line. */
export function* json(report: Report): Generator<string> {
  const { destinations, ...run } = report;
  // Without the closing brace: what follows is the last member.
  yield `${jsonOf(run, 2).slice(0, -2)},\n  "destinations": [`;
  let first = true;
  for (const { steps, ...destination } of destinations) {
    yield `${first ? '' : ','}\n    ${indented(destination).slice(0, -6)},\n      "steps": [`;
    yield* stepLines(steps);
    yield ']\n    }';
    first = false;
  }
  yield '\n  ]\n}\n';
}

function* stepLines(steps: readonly ReportStep[]): Generator<string> {
  let separator = '\n';
  for (const step of steps) {
    yield `${separator}        ${jsonOf(step)}`;
    separator = ',\n';
  }
  if (steps.length > 0) yield '\n      ';
}

/** A report may be printed to the log. */
function jsonOf(value: object, indent?: number): string {
  return withoutCommands(JSON.stringify(value, undefined, indent));
}

function indented(value: object): string {
  return jsonOf(value, 2).replaceAll('\n', '\n    ');
}

/** Joins small pieces: a system call a step is slower than the run. */
function* batched(pieces: Iterable<string>): Generator<string> {
  const BATCH = 256 * 1024;
  let batch = '';
  for (const piece of pieces) {
    batch += piece;
    if (batch.length < BATCH) continue;
    yield batch;
    batch = '';
  }
  if (batch !== '') yield batch;
}
