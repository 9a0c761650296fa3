import { costSentence, dollars, mirroredText } from '../console/cost.js';
import {
  formatBytes,
  formatCount,
  formatFiles,
  formatPercent,
  formatSeconds,
  formatStepsWere,
} from '../console/format.js';
import { delayedText, invalidationText, totalRows } from '../console/log.js';
import { markdownCode, markdownText, shorten } from '../console/text.js';
import { isChanged, spared, sumRequests, sumReused, sumTotals, totalRequests } from '../console/totals.js';
import { notDone, REASON_WORDS, withoutKey } from '../console/words.js';
import type { DestinationReport, Report, ReportStep, Status, Totals } from '../model/report.js';

/**
 * GitHub takes 1 MiB a step, and 65,536 characters as a comment on a pull request, which `summary-file` is for. A few
 * hundred are left for what a workflow puts around it. Bytes of UTF-8.
 */
export const MAX_SUMMARY_BYTES = 64_000;

/** Entries of the lists of the largest and of the copied most. */
const TOP = 10;

/** Deletions and failures that are listed. */
const LISTED = 20;

/** A longer name is shortened in the middle: 70 rows of 1,024-byte keys would fill the cap alone. */
const NAME_LENGTH = 150;

const MESSAGE_LENGTH = 400;

export interface SummaryOptions {
  readonly title?: string;
  /** See `RunEnded`. */
  readonly isUntouched?: boolean;
}

/**
 * The job summary: what someone wants to know who opens it after a deploy, the most wanted first. Markdown as
 * GitHub renders it; every name in it is other people's text and escaped (R9).
 */
export function renderSummary(
  report: Report,
  { title = '', isUntouched = false }: SummaryOptions = {},
): string {
  const totals = sumTotals(report);
  const sections = [
    headline(report, totals, title, isUntouched),
    failures(report),
    report.destinations.length > 1 ? destinationsTable(report) : totalsTable(report, totals),
    mirrorings(report),
    origin(report, totals),
    invalidations(report),
    warnings(report),
    largestUploads(report),
    copiedContents(report),
    refreshes(report),
    deletions(report),
    requests(report),
  ].filter((section) => section !== '');
  const end = footer(report);
  // Each section is bounded; all together are too, whatever the names are like.
  let text = '';
  let left = MAX_SUMMARY_BYTES - Buffer.byteLength(end) - Buffer.byteLength(LEFT_OUT) - 4;
  for (const section of sections) {
    const bytes = Buffer.byteLength(section) + 2;
    if (bytes > left) {
      text += LEFT_OUT;
      break;
    }
    text += `${section}\n\n`;
    left -= bytes;
  }
  return `${text}${end}\n`;
}

const LEFT_OUT = '_More is in the report._\n\n';

const EMOJI: Readonly<Record<Status, string>> = {
  done: '✅',
  planned: '📝',
  different: '❗',
  failed: '❌',
  refused: '⛔',
  cancelled: '🚫',
};

function statusSentence(report: Report, totals: Totals, isUntouched: boolean): string {
  switch (report.status) {
    case 'done':
      if (report.command === 'check') return 'No difference';
      if (report.command === 'apply') return 'Staged: nothing is visible before publish';
      if (report.command === 'remove')
        return isChanged(totals) ? 'Removed' : 'Nothing to do: there was nothing to delete';
      return isChanged(totals) ? doneWord(report) : 'Nothing to do: everything was already there';
    case 'planned':
      return isChanged(totals) ? 'Dry run: nothing was written' : 'Dry run: nothing would be done';
    case 'different':
      return 'Different from what a sync would make of it: nothing was written';
    case 'failed':
    case 'refused':
      return notDone(report.status, report.dryRun, isUntouched).join(': ');
    case 'cancelled':
      return 'Cancelled';
  }
}

/** A directory has no URL. */
function isDownload(report: Report): boolean {
  return report.destinations.some(({ url }) => !url.startsWith('s3://'));
}

function doneWord(report: Report): string {
  return isDownload(report) ? 'Downloaded' : 'Published';
}

function headline(report: Report, totals: Totals, title: string, isUntouched: boolean): string {
  const urls = report.destinations.map(({ url }) => markdownCode(url, NAME_LENGTH));
  // Of inputs that are wrong it is not known where to.
  const places = urls.length === 0 ? markdownText(report.tool) : urls.join(', ');
  const heading = title === '' ? places : markdownText(shorten(title, NAME_LENGTH));
  const seconds = (Date.parse(report.endedAt) - Date.parse(report.startedAt)) / 1000;
  const { bytes, of } = spared(totals, sumReused(report));
  const sentences = [`**${statusSentence(report, totals, isUntouched)}** in ${formatSeconds(seconds)}.`];
  if (title !== '' && urls.length > 0) sentences.unshift(`${places}:`);
  if (report.source !== undefined) sentences.push(`From ${markdownCode(report.source, NAME_LENGTH)}.`);
  // Of a run that failed it says nothing of what is still to come.
  if (bytes > 0 && report.status !== 'failed') {
    sentences.push(
      `**${formatPercent(bytes, of)}** of ${formatBytes(of)} ${report.dryRun ? 'would not have to travel' : 'did not have to travel'}.`,
    );
  }
  for (const { delayed } of report.destinations) {
    if (delayed !== undefined && delayed.keys > 0) {
      sentences.push(`Everything was staged first; ${delayedText(delayed)}.`);
    }
  }
  const error =
    report.error === undefined ? '' : `\n\n> ${markdownText(shorten(report.error.message, MESSAGE_LENGTH))}`;
  return `### ${EMOJI[report.status]} ${heading}\n\n${sentences.join(' ')}${error}`;
}

function totalsTable(report: Report, totals: Totals): string {
  const rows = totalRows(totals, report.dryRun);
  if (rows.length === 0) return '';
  return table(
    ['', 'files', 'bytes'],
    rows.map(({ word, count }) => [word, formatCount(count.files), formatBytes(count.bytes)]),
  );
}

/** A row a destination. */
function destinationsTable({ destinations, dryRun }: Report): string {
  const rows = destinations.map(({ status, totals, seconds, mirroredBy, mirrored, cost, ...at }) => {
    const { uploaded, copied, unchanged, deleted, failed } = totals;
    const price = cost?.usd === undefined ? '' : dollars(cost.usd + (mirrored?.transferUsd ?? 0));
    const word = `${EMOJI[status]} ${named(at, destinations)}${mirroredBy === undefined ? '' : ` (by ${MIRRORED_BY[mirroredBy]})`}`;
    return [
      word,
      ...[uploaded, copied, unchanged, deleted, failed].map(countAndBytes),
      formatSeconds(seconds ?? 0),
      price,
    ];
  });
  const done = dryRun ? 'would be ' : '';
  const heads = [
    '',
    `${done}uploaded`,
    `${done}copied`,
    'unchanged',
    `${done}deleted`,
    'failed',
    'time',
    'cost',
  ];
  return table(heads, rows);
}

const MIRRORED_BY = { upload: 'upload', copy: 'copy', both: 'copy and upload' } as const;

/** A destination by its URL, and by its service where another one has that URL too. */
function named(
  { url, endpoint = 'AWS' }: Pick<DestinationReport, 'url' | 'endpoint'>,
  all: readonly DestinationReport[],
): string {
  return isShared(url, all) ? `${code(url)} at ${code(endpoint)}` : code(url);
}

function isShared(url: string, all: readonly DestinationReport[]): boolean {
  return all.filter((other) => other.url === url).length > 1;
}

/** How each mirror got its bytes, and what each way costs. */
function mirrorings({ destinations, dryRun }: Report): string {
  return destinations
    .flatMap((destination) => {
      const { mirrored } = destination;
      if (mirrored === undefined) return [];
      return `- ${named(destination, destinations)}: ${mirroredText(mirrored, dryRun)}.`;
    })
    .join('\n');
}

function countAndBytes({ files, bytes }: Totals[keyof Totals]): string {
  if (files === 0) return '0';
  return `${formatCount(files)} (${formatBytes(bytes)})`;
}

/** A picture beside the table: where the bytes of the destination came from. Its labels are ours alone. */
function origin(report: Report, totals: Totals): string {
  const { dryRun } = report;
  const reused = sumReused(report);
  const slices = [
    { label: dryRun ? 'to be sent' : 'sent', bytes: totals.uploaded.bytes - reused },
    { label: dryRun ? 'to be fetched' : 'fetched', bytes: totals.downloaded.bytes },
    {
      label: `${dryRun ? 'to be copied' : 'copied'} ${isDownload(report) ? 'on the disk' : 'inside S3'}`,
      bytes: totals.copied.bytes + totals.linked.bytes + reused,
    },
    { label: 'already there', bytes: totals.unchanged.bytes + totals.refreshed.bytes },
  ].filter(({ bytes }) => bytes > 0);
  // One slice is a disc.
  if (slices.length < 2) return '';
  const lines = slices.map(({ label, bytes }) => `  "${label}, ${formatBytes(bytes)}" : ${bytes}`);
  return ['```mermaid', 'pie title Where the bytes come from', ...lines, '```'].join('\n');
}

function failures(report: Report): string {
  let count = 0;
  const rows: string[][] = [];
  for (const { step, where } of steps(report)) {
    if (step.outcome !== 'failed') continue;
    count++;
    if (rows.length < LISTED) {
      const message = withoutKey(step.key, step.error?.message ?? '');
      rows.push([where + code(step.key), step.action, markdownText(shorten(message, MESSAGE_LENGTH))]);
    }
  }
  if (count === 0) return '';
  let notStarted = 0;
  for (const { step } of steps(report)) if (step.outcome === 'skipped') notStarted++;
  const after =
    notStarted === 0 ? '' : `\n\n${formatStepsWere(notStarted)} not done; the next run does the rest.`;
  return `#### Failures\n\n${table(['key', '', 'what happened, and what to do'], rows)}${more(count, rows.length)}${after}`;
}

function invalidations(report: Report): string {
  return report.destinations
    .flatMap(({ invalidation }) => (invalidation === undefined ? [] : invalidationText(invalidation, code)))
    .map((text) => `${text}.`)
    .join('\n\n');
}

function warnings(report: Report): string {
  if (report.warnings.length === 0) return '';
  const lines = report.warnings
    .slice(0, TOP)
    .map((warning) => `- ⚠️ ${markdownText(shorten(warning, MESSAGE_LENGTH))}`);
  return `${lines.join('\n')}${more(report.warnings.length, lines.length)}`;
}

function largestUploads(report: Report): string {
  let count = 0;
  let largest: readonly PlacedStep[] = [];
  for (const placed of steps(report)) {
    const { step } = placed;
    if ((step.action !== 'upload' && step.action !== 'download') || !happened(step)) continue;
    count++;
    const last = largest[TOP - 1];
    if (last !== undefined && step.bytes <= last.step.bytes) continue;
    largest = [...largest, placed].sort((a, b) => b.step.bytes - a.step.bytes).slice(0, TOP);
  }
  if (count === 0) return '';
  const word = isDownload(report) ? 'downloads' : 'uploads';
  const heading = count <= TOP ? capital(word) : `Largest ${word}`;
  const rows = largest.map(({ step: { key, bytes, reason }, where }) => [
    where + code(key),
    formatBytes(bytes),
    REASON_WORDS[reason],
  ]);
  return folded(
    `${report.dryRun ? `Planned ${word}` : heading}: ${count <= TOP ? formatCount(count) : `${TOP} of ${formatCount(count)}`}`,
    table(['key', 'bytes', 'why'], rows),
  );
}

function copiedContents(report: Report): string {
  const places = new Map<string, { from: string; count: number; bytes: number; first: string }>();
  for (const { step, destination } of steps(report)) {
    const { action, source, key, bytes } = step;
    const isCopy = action === 'copy' || action === 'link';
    if (!isCopy || source === undefined || !happened(step)) continue;
    const from = sourceName(source, step, destination, report);
    // What a run overwrites may have been copied before that.
    const id = `${bytes} ${from}`;
    const place = places.get(id) ?? { from, count: 0, bytes, first: key };
    place.count++;
    places.set(id, place);
  }
  if (places.size === 0) return '';
  const most = [...places.values()].sort((a, b) => b.count - a.count || b.bytes - a.bytes).slice(0, TOP);
  const rows = most.map(({ from, count, bytes, first }) => [
    from,
    count === 1 ? code(first) : `${formatCount(count)} places`,
    formatBytes(bytes),
    formatBytes(bytes * count),
  ]);
  const verb = report.dryRun ? 'Contents that would be copied' : 'Contents copied';
  const heading = `${verb}: ${places.size <= TOP ? formatCount(places.size) : `${TOP} of ${formatCount(places.size)}`}`;
  return folded(
    heading,
    table(['content of', 'to', 'bytes each', isDownload(report) ? 'not fetched' : 'not sent'], rows),
  );
}

/** Headers that change, for whoever reviews a pull request. */
function refreshes(report: Report): string {
  let count = 0;
  const rows: string[][] = [];
  for (const { step, where } of steps(report)) {
    if (step.action !== 'refresh' || !happened(step)) continue;
    count++;
    if (rows.length >= LISTED) continue;
    const [first, ...others] = step.headers ?? [];
    const key = where + code(step.key);
    if (first === undefined) rows.push([key, REASON_WORDS[step.reason], '', '']);
    for (const [at, { name, from, to }] of (first === undefined ? [] : [first, ...others]).entries()) {
      rows.push([at === 0 ? key : '', code(name), headerValue(from), headerValue(to)]);
    }
  }
  if (count === 0) return '';
  const verb = report.dryRun ? 'Headers that would be renewed' : 'Headers renewed';
  const isAsked = rows.some(([, , from, to]) => from !== '' || to !== '');
  const body = isAsked
    ? table(['key', 'header', 'now', 'then'], rows)
    : table(
        ['key', 'why'],
        rows.map((row) => row.slice(0, 2)),
      );
  return folded(`${verb}: ${formatFiles(count)}`, `${body}${more(count, Math.min(count, LISTED))}`);
}

function headerValue(value: string | undefined): string {
  return value === undefined ? '_none_' : code(value);
}

function deletions(report: Report): string {
  let count = 0;
  const rows: string[][] = [];
  for (const { step, where } of steps(report)) {
    if (step.action !== 'delete' || !happened(step)) continue;
    count++;
    if (rows.length < LISTED)
      rows.push([where + code(step.key), formatBytes(step.bytes), REASON_WORDS[step.reason]]);
  }
  if (count === 0) return '';
  const heading = `${report.dryRun ? 'Would be deleted' : 'Deleted'}: ${formatFiles(count)}`;
  return folded(heading, `${table(['key', 'bytes', 'why'], rows)}${more(count, rows.length)}`);
}

function requests(report: Report): string {
  const byOperation = Object.entries(sumRequests(report)).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  if (byOperation.length === 0) return '';
  const total = totalRequests(Object.fromEntries(byOperation));
  const rows = byOperation.map(([operation, count]) => [markdownText(operation), formatCount(count)]);
  const costs = report.destinations.flatMap((destination) => {
    const { cost } = destination;
    return cost === undefined ? [] : whereOf(destination, report) + costSentence(cost);
  });
  const body = [table(['operation', 'requests'], rows), ...costs].join('\n\n');
  return folded(`Requests: ${formatCount(total)}`, body);
}

function footer(report: Report): string {
  const { identity } = report;
  const who = identity?.arn ?? identity?.account;
  const parts = [
    ...(who === undefined ? [] : [`as ${markdownCode(who, NAME_LENGTH)}`]),
    ...(identity === undefined
      ? []
      : [`credentials: ${markdownText(shorten(identity.source, NAME_LENGTH))}`]),
    ...(report.commit === undefined ? [] : [`commit ${markdownCode(report.commit.slice(0, 12))}`]),
    `${report.startedAt.slice(0, 19).replace('T', ' ')} UTC`,
    markdownText(report.tool),
  ];
  return `<sub>${parts.join(' · ')}</sub>`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

interface PlacedStep {
  readonly step: ReportStep;
  /** The destination, before its key, where there are several. */
  readonly where: string;
  readonly destination: DestinationReport;
}

function* steps(report: Report): Generator<PlacedStep> {
  for (const destination of report.destinations) {
    const where = whereOf(destination, report);
    for (const step of destination.steps) yield { step, where, destination };
  }
}

/** What a copy was made from: by its key alone where it can lie in one bucket only. */
function sourceName(
  source: string,
  { sourceBucket }: ReportStep,
  { url, endpoint = 'AWS' }: DestinationReport,
  { destinations }: Report,
): string {
  if (sourceBucket === undefined && destinations.length === 1) return code(source);
  const [, own] = /^s3:\/\/((?:arn:[^/]*:accesspoint\/)?[^/]*)/.exec(url) ?? [];
  const name = code(`s3://${sourceBucket ?? own}/${source}`);
  return isShared(url, destinations) ? `${name} at ${code(endpoint)}` : name;
}

function whereOf(destination: DestinationReport, { destinations }: Report): string {
  return destinations.length > 1 ? `${named(destination, destinations)} ` : '';
}

function happened(step: ReportStep): boolean {
  return step.outcome === 'done' || step.outcome === 'planned';
}

function code(name: string): string {
  return markdownCode(name, NAME_LENGTH);
}

function more(count: number, shown: number): string {
  return count > shown ? `\n\nand ${formatCount(count - shown)} more` : '';
}

/** Cells are Markdown already. The first column is text, numbers stand on the right. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const numeric = (column: number): boolean =>
    /^(files|bytes|requests|bytes each|not sent|not fetched)$/.test(heads[column] ?? '');
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(heads),
    line(heads.map((_, column) => (numeric(column) ? '--:' : '---'))),
    ...rows.map(line),
  ].join('\n');
}

function folded(heading: string, body: string): string {
  return `<details><summary>${markdownText(heading)}</summary>\n\n${body}\n\n</details>`;
}
