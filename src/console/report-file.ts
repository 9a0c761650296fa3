import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Report, ReportStep } from '../model/report.js';

/**
 * Writes the report whole or not at all: to a temporary file beside it, then renamed. Step by step, as the
 * report of a million files would not fit one string.
 */
export async function writeReportFile(path: string, report: Report): Promise<void> {
  await makeDirectory(dirname(path));
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx');
    try {
      for (const chunk of batched(path.endsWith('.jsonl') ? jsonLines(report) : json(report))) {
        await handle.appendFile(chunk);
      }
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Not `recursive`: Node never returns from it where a directory cannot be made in one that exists, as in /proc. */
async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeDirectory(dirname(path));
    await mkdir(path).catch((again: NodeJS.ErrnoException) => {
      if (again.code !== 'EEXIST') throw again;
    });
  }
}

/** JSON Lines: the run without its steps, then a line for each step, with its destination's place from 0. */
export function* jsonLines(report: Report): Generator<string> {
  const destinations = report.destinations.map(({ steps: _, ...rest }) => rest);
  yield `${JSON.stringify({ ...report, destinations })}\n`;
  for (const [destination, { steps }] of report.destinations.entries()) {
    for (const step of steps) yield `${JSON.stringify({ destination, ...step })}\n`;
  }
}

/** JSON for programs that a person can also read: a step has a line. */
export function* json(report: Report): Generator<string> {
  const { destinations, ...run } = report;
  // Without the closing brace: what follows is the last member.
  yield `${JSON.stringify(run, undefined, 2).slice(0, -2)},\n  "destinations": [`;
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
    yield `${separator}        ${JSON.stringify(step)}`;
    separator = ',\n';
  }
  if (steps.length > 0) yield '\n      ';
}

function indented(value: object): string {
  return JSON.stringify(value, undefined, 2).replaceAll('\n', '\n    ');
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
