import type { Event, PhaseName, PlanTotals, RunEnded, StepOutcome } from '../model/events.js';
import type { Invalidation } from '../model/invalidation.js';
import type { LogLevel } from '../model/options.js';
import type { Action, CopySource, Count } from '../model/plan.js';
import type { Delayed, Status, Totals } from '../model/report.js';
import { mirroredText } from './cost.js';
import {
  formatBytes,
  formatCount,
  formatFiles,
  formatFilesAndBytes,
  formatPercent,
  formatRequests,
  formatSeconds,
  formatStepsWere,
} from './format.js';
import { printable } from './text.js';
import { spared, totalRequests } from './totals.js';
import { TOOL } from './version.js';
import { notDone, REASON_WORDS, verbOf, withoutKey } from './words.js';

/** One line of the log; the sink decides where it goes and how it is marked. */
export type LogLine =
  | { readonly kind: 'line'; readonly level: LogLevel; readonly text: string }
  /** Something to notice beyond the log: an annotation in the action. */
  | { readonly kind: 'annotation'; readonly level: 'error' | 'warning' | 'notice'; readonly text: string }
  /** Begins lines that can be folded. */
  | { readonly kind: 'group'; readonly text: string }
  | { readonly kind: 'group-end' };

/** Lines of each kind of step that are shown; the report has all. */
export const SHOWN_STEPS = 20;

/** Entries of the lists of the largest and the slowest. */
const SHOWN_TOP = 5;

const ORDER: readonly Action[] = ['upload', 'download', 'copy', 'link', 'refresh', 'delete', 'keep'];

interface Group {
  files: number;
  bytes: number;
  readonly lines: string[];
}

interface Top {
  readonly value: number;
  readonly text: string;
}

/**
 * Events in, lines out. It remembers a bounded number of steps, so that a run of a million files logs as briefly
 * as one of three.
 */
export function createLog(): (event: Event) => readonly LogLine[] {
  let dryRun = false;
  const groups = new Map<Action, Group>();
  const failures: string[] = [];
  let failed = 0;
  let skipped = 0;
  /** Some steps may have been on their way then: their reports say which. */
  let isStopped = false;
  let largest: readonly Top[] = [];
  let slowest: readonly Top[] = [];

  function remember(outcome: StepOutcome, at: string | undefined): readonly LogLine[] {
    const { step } = outcome;
    const where = at === undefined ? '' : `${printable(at)} `;
    switch (outcome.outcome) {
      case 'failed':
        failed++;
        if (failures.length < SHOWN_STEPS) failures.push(where + failureText(outcome));
        return debug(() => `failed ${failureText(outcome)}`);
      case 'skipped':
        skipped++;
        isStopped ||= outcome.error?.code === 'cancelled';
        return debug(() => `not done ${printable(step.key)}`);
      case 'done':
      case 'planned': {
        const group = groups.get(outcome.action) ?? { files: 0, bytes: 0, lines: [] };
        groups.set(outcome.action, group);
        group.files++;
        group.bytes += step.bytes;
        if (group.lines.length < SHOWN_STEPS) group.lines.push(where + stepText(outcome));
        if (outcome.action === 'upload' || outcome.action === 'download')
          largest = insert(largest, step.bytes, () => `${printable(step.key)} (${formatBytes(step.bytes)})`);
        if (outcome.outcome === 'done') {
          slowest = insert(
            slowest,
            outcome.ms,
            () => `${printable(step.key)} (${formatSeconds(outcome.ms / 1000)}, ${formatBytes(step.bytes)})`,
          );
        }
        return debug(
          () =>
            `${outcome.outcome} ${outcome.action} ${stepText(outcome)} ${formatSeconds(outcome.ms / 1000)}`,
        );
      }
    }
  }

  /** Whether the line that a failed run ends with says all that failed. */
  function isLastWord({ error }: RunEnded): boolean {
    const [only = ''] = failures;
    return failed === 1 && error?.message.endsWith(only) === true;
  }

  function* details(ended: RunEnded): Generator<LogLine> {
    const more = ended.report === undefined ? 'set report to have all' : 'all in the report';
    for (const action of ORDER) {
      const group = groups.get(action);
      if (group === undefined) continue;
      yield { kind: 'group', text: `${verbOf(action, dryRun)} ${formatFilesAndBytes(group)}` };
      for (const text of group.lines) yield info(`  ${text}`);
      const rest = group.files - group.lines.length;
      if (rest > 0) yield info(`  and ${formatCount(rest)} more, ${more}`);
      yield { kind: 'group-end' };
    }
    const [sent, word] = groups.has('download')
      ? (['download', 'downloads'] as const)
      : (['upload', 'uploads'] as const);
    if ((groups.get(sent)?.files ?? 0) > SHOWN_STEPS) yield* list(`Largest ${word}`, largest);
    if (!dryRun && [...groups.values()].some(({ files }) => files > SHOWN_STEPS))
      yield* list('Slowest', slowest);
  }

  const say = (event: Event): readonly LogLine[] => {
    switch (event.type) {
      case 'start':
        dryRun = event.dryRun;
        return [
          info(
            `${TOOL}: ${event.command === 'remove' ? 'remove' : `${event.roots.map(printable).join(', ')} →`} ${[event.url, ...(event.mirrors ?? [])].map(printable).join(', ')}${event.command === 'check' ? ' (check: nothing is written)' : dryRun ? ' (dry run: nothing is written)' : ''}`,
          ),
        ];
      case 'identity': {
        const { identity, region, endpoint } = event;
        const who =
          identity.arn ?? (identity.account === undefined ? undefined : `account ${identity.account}`);
        const where = endpoint === undefined ? region : `${endpoint}, ${region}`;
        return [
          info(
            who === undefined
              ? `Credentials: ${identity.source}; ${where}`
              : `As ${who} (${identity.source}); ${where}`,
          ),
        ];
      }
      case 'phase-start':
        return debug(() => `${event.phase} begins`);
      case 'phase-end':
        return phaseEnd(event, dryRun);
      case 'progress':
        return [];
      case 'plan':
        return [info(planText(event.totals))];
      case 'rank':
        return debug(() => `rank ${event.name}: ${formatCount(event.steps)} steps`);
      case 'outcome':
        return remember(event.outcome, event.at);
      case 'invalidation':
        return [info(invalidationLine(event.invalidation))];
      case 'destination-end': {
        const { mirrored, dryRun } = event;
        const came = mirrored === undefined ? [] : [info(mirroredText(mirrored, dryRun))];
        return [info(destinationText(event)), ...came];
      }
      case 'message':
        return event.level === 'debug'
          ? debug(() => event.message)
          : [{ kind: 'annotation', level: event.level, text: event.message }];
      case 'end':
        return [
          ...details(event),
          ...endLines(event),
          ...(isLastWord(event) ? [] : failures).map(
            (text): LogLine => ({ kind: 'annotation', level: 'error', text }),
          ),
          ...(failed > failures.length
            ? [
                error(
                  `and ${formatCount(failed - failures.length)} more failures, ${event.report === undefined ? 'set report to have all' : 'all in the report'}`,
                ),
              ]
            : []),
          ...(skipped > 0
            ? [
                error(
                  `${formatStepsWere(skipped)} not done${isStopped ? ', or cut short on the way' : ''}; the next run does the rest`,
                ),
              ]
            : []),
        ];
    }
  };
  // Several destinations talk at once: each line says of which it is.
  return (event) => {
    const { at } = event;
    const lines = say(event);
    if (at === undefined) return lines;
    return lines.map((line) => ('text' in line ? { ...line, text: `${printable(at)} ${line.text}` } : line));
  };
}

function info(text: string): LogLine {
  return { kind: 'line', level: 'info', text };
}

function error(text: string): LogLine {
  return { kind: 'line', level: 'error', text };
}

/** There is one of each step, and hardly ever is it shown: its text is made when it is asked for. */
function debug(text: () => string): readonly LogLine[] {
  const line: LogLine = {
    kind: 'line',
    level: 'debug',
    get text() {
      return text();
    },
  };
  return [line];
}

/** Keeps the few greatest, in descending order; earlier ones win a tie. */
function insert(top: readonly Top[], value: number, text: () => string): readonly Top[] {
  const last = top[SHOWN_TOP - 1];
  if (last !== undefined && value <= last.value) return top;
  const at = top.findIndex((entry) => entry.value < value);
  const place = at === -1 ? top.length : at;
  return [...top.slice(0, place), { value, text: text() }, ...top.slice(place)].slice(0, SHOWN_TOP);
}

function* list(heading: string, top: readonly Top[]): Generator<LogLine> {
  yield { kind: 'group', text: heading };
  for (const { text } of top) yield info(`  ${text}`);
  yield { kind: 'group-end' };
}

function stepText(outcome: StepOutcome): string {
  const { step, sentBytes, reused } = outcome;
  const made =
    reused === undefined
      ? ''
      : `: ${formatBytes(sentBytes)} sent, ${formatBytes(reused.bytes)} copied from ${printable(placeText(reused.source, reused.sourceBucket))}`;
  return `${printable(step.key)} (${formatBytes(step.bytes)}, ${reasonText(outcome)}${made})`;
}

function reasonText({ step, action, notCopied }: StepOutcome): string {
  const reason = REASON_WORDS[step.reason];
  if (step.action !== 'copy' && step.action !== 'link') return reason;
  if (notCopied !== undefined) return `sent, not copied: ${notCopied}`;
  if (action === 'upload' || action === 'download')
    return `${action === 'upload' ? 'sent' : 'fetched'}, as the source of its copy had changed`;
  return `from ${printable(sourceText(step.source))}: ${reason}`;
}

function sourceText(source: CopySource): string {
  return placeText(source.key, source.kind === 'published' ? undefined : source.bucket?.name);
}

/** A key of another bucket says which. */
function placeText(key: string, bucket: string | undefined): string {
  return bucket === undefined ? key : `s3://${bucket}/${key}`;
}

function failureText({ step, error: met }: StepOutcome): string {
  return `${printable(step.key)}: ${withoutKey(step.key, met?.message ?? 'failed')}`;
}

function phaseEnd(event: Extract<Event, { type: 'phase-end' }>, dryRun: boolean): readonly LogLine[] {
  const took = `in ${formatSeconds(event.seconds)}`;
  const count: Count = { files: event.files ?? 0, bytes: event.bytes ?? 0 };
  const text = phaseText(event.phase, count, dryRun);
  return text === undefined ? debug(() => `${event.phase} ended ${took}`) : [info(`${text} ${took}`)];
}

/** `undefined`: of no interest by itself. */
function phaseText(phase: PhaseName, { files, bytes }: Count, dryRun: boolean): string | undefined {
  switch (phase) {
    case 'walk':
      return `Found ${formatFiles(files)}${bytes === 0 ? '' : `, ${formatBytes(bytes)}`}`;
    case 'list':
      return `Listed ${formatCount(files)} ${files === 1 ? 'object' : 'objects'}${bytes === 0 ? '' : `, ${formatBytes(bytes)}`}`;
    case 'encode':
      return `Compressed ${formatFilesAndBytes({ files, bytes })}`;
    case 'digest':
      if (files === 0 && bytes === 0) return undefined;
      return `Hashed ${files === 0 ? formatBytes(bytes) : formatFilesAndBytes({ files, bytes })}`;
    case 'read':
      return `Read back ${formatFilesAndBytes({ files, bytes })}`;
    case 'execute':
      if (dryRun || files === 0) return undefined;
      return bytes === 0 ? 'Executed' : `Executed, ${formatBytes(bytes)} sent,`;
    case 'fetch':
      if (dryRun || files === 0) return undefined;
      return bytes === 0 ? 'Executed' : `Executed, ${formatBytes(bytes)} received,`;
    case 'plan':
    case 'index':
      return undefined;
  }
}

function planText(totals: PlanTotals): string {
  const clauses = [
    clause('upload', totals.upload),
    clause('download', totals.download),
    clause('copy', totals.copy),
    clause('link', totals.link),
    clause('refresh', totals.refresh),
    clause('delete', totals.delete),
  ].filter((text) => text !== undefined);
  const rest = [clause('unchanged', totals.unchanged), clause('kept', totals.kept)].filter(
    (text) => text !== undefined,
  );
  return `Plan: ${[...(clauses.length === 0 ? ['nothing to do'] : clauses), ...rest].join('; ')}`;
}

function clause(word: string, count: Count): string | undefined {
  return count.files === 0 ? undefined : `${word} ${formatFilesAndBytes(count)}`;
}

/** How the switch went, once everything was staged. */
export function delayedText({ keys, of, seconds }: Delayed): string {
  if (of !== undefined)
    return `the switch stopped after ${formatCount(keys)} of ${formatCount(of)} keys: readers see both releases until the next run finishes it`;
  return `the switch took ${formatSeconds(seconds)} for ${formatCount(keys)} ${keys === 1 ? 'key' : 'keys'}`;
}

/** The log has said what was sent when it says how that ended. */
function invalidationLine(invalidation: Invalidation): string {
  const { id, status } = invalidation;
  if (id === undefined || status === 'sent') return invalidationText(invalidation);
  return `The invalidation ${printable(id)} is ${status === 'completed' ? 'complete' : 'not known to be complete'}`;
}

/** What became of an invalidation; begins a sentence. */
export function invalidationText(
  { distribution, paths, id, status }: Invalidation,
  code: (text: string) => string = printable,
): string {
  const what = `${formatCount(paths.length)} ${paths.length === 1 ? 'path' : 'paths'} of ${code(distribution)}`;
  const some = paths.slice(0, SHOWN_TOP).map(code).join(', ');
  const list = paths.length > SHOWN_TOP ? `${some} and ${formatCount(paths.length - SHOWN_TOP)} more` : some;
  switch (status) {
    case 'sent':
      return `Invalidated ${what} (id ${code(id ?? '')}): ${list}`;
    case 'completed':
      return `Invalidated ${what} (id ${code(id ?? '')}), which is complete: ${list}`;
    case 'planned':
      return `Would invalidate ${what}: ${list}`;
    case 'pending':
      return `Left to the next run to invalidate: ${what}: ${list}`;
    case 'failed':
      return id === undefined
        ? `Not invalidated: ${what}: ${list}`
        : `Invalidated ${what} (id ${code(id)}), which is not known to be complete: ${list}`;
  }
}

/**
 * The end of a run in a few words; begins a sentence.
 *
 * @param isUntouched whether it is certain that no file was published or deleted, at any destination
 */
function statusText(status: Status, dryRun: boolean, isUntouched = status === 'refused'): string {
  switch (status) {
    case 'done':
      return 'Done';
    case 'planned':
      return 'Dry run';
    case 'failed':
    case 'refused': {
      const [what, certain] = notDone(status, dryRun, isUntouched);
      return certain === undefined ? what : `${what}, ${certain},`;
    }
    case 'different':
      return 'Different';
    case 'cancelled':
      return 'Cancelled';
  }
}

/** One of several destinations, in one line. */
function destinationText({
  status,
  dryRun,
  seconds,
  totals,
}: Extract<Event, { type: 'destination-end' }>): string {
  const rows = totalRows(totals, dryRun).map(({ word, count }) => `${word} ${formatFilesAndBytes(count)}`);
  const what = rows.length === 0 ? '' : `: ${rows.join('; ')}`;
  return `${statusText(status, dryRun)} in ${formatSeconds(seconds)}${what}`;
}

/** Totals that are not nothing, in the order of the docs, with their words. */
export function totalRows(
  totals: Totals,
  dryRun: boolean,
): readonly { readonly word: string; readonly count: Count }[] {
  const would = (word: string, infinitive: string): string => (dryRun ? `would be ${word}` : infinitive);
  const rows = [
    { word: would('uploaded', 'uploaded'), count: totals.uploaded },
    { word: would('downloaded', 'downloaded'), count: totals.downloaded },
    { word: would('copied', 'copied'), count: totals.copied },
    { word: would('linked', 'linked'), count: totals.linked },
    { word: would('refreshed', 'refreshed'), count: totals.refreshed },
    { word: 'unchanged', count: totals.unchanged },
    { word: would('deleted', 'deleted'), count: totals.deleted },
    { word: 'kept', count: totals.kept },
    { word: 'failed', count: totals.failed },
  ];
  return rows.filter(({ count }) => count.files > 0);
}

function* endLines(ended: RunEnded): Generator<LogLine> {
  const rows = totalRows(ended.totals, ended.dryRun);
  yield info(
    `${statusText(ended.status, ended.dryRun, ended.isUntouched)} in ${formatSeconds(ended.seconds)}${rows.length === 0 ? '' : ':'}`,
  );
  const words = Math.max(0, ...rows.map(({ word }) => word.length));
  const files = Math.max(0, ...rows.map(({ count }) => formatCount(count.files).length));
  for (const { word, count } of rows) {
    const number = formatFiles(count.files).padEnd('files'.length + 1 + formatCount(count.files).length);
    const pad = ' '.repeat(files - formatCount(count.files).length);
    yield info(`  ${word.padEnd(words)}  ${pad}${number}  ${formatBytes(count.bytes)}`);
  }
  const { bytes, of } = spared(ended.totals, ended.reusedBytes ?? 0);
  // Of a run that failed it says nothing of what is still to come.
  if (bytes > 0 && ended.status !== 'failed')
    yield info(
      `  ${formatPercent(bytes, of)} of the bytes ${ended.dryRun ? 'would' : 'did'} not have to travel`,
    );
  if (ended.delayed !== undefined && ended.delayed.keys > 0)
    yield ended.delayed.of === undefined
      ? info(`  ${delayedText(ended.delayed)}`)
      : error(delayedText(ended.delayed));
  const requests = totalRequests(ended.requests);
  if (requests > 0) yield info(`  ${formatRequests(requests)}`);
  if (ended.report !== undefined) yield info(`  report: ${printable(ended.report)}`);
}
