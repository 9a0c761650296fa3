import { totalRequests } from '../console/totals.js';
import type { RunEnded } from '../model/events.js';
import { OUTPUT_NAMES, type OutputName } from '../model/inputs.js';

/** The outputs of a run that ended, however it ended. */
export function outputsOf(ended: RunEnded, summaryFile: string): ReadonlyMap<OutputName, string> {
  const { totals } = ended;
  const values: Readonly<Record<OutputName, string | number | boolean>> = {
    status: ended.status,
    changed: ended.changed,
    'uploaded-files': totals.uploaded.files,
    'uploaded-bytes': totals.uploaded.bytes,
    'downloaded-files': totals.downloaded.files,
    'downloaded-bytes': totals.downloaded.bytes,
    'linked-files': totals.linked.files,
    'copied-files': totals.copied.files,
    'copied-bytes': totals.copied.bytes,
    'unchanged-files': totals.unchanged.files,
    'unchanged-bytes': totals.unchanged.bytes,
    'refreshed-files': totals.refreshed.files,
    'deleted-files': totals.deleted.files,
    'deleted-bytes': totals.deleted.bytes,
    'failed-files': totals.failed.files,
    delayed: ended.delayed === undefined ? 'no' : 'yes',
    'invalidation-id': ended.invalidationIds?.join(' ') ?? '',
    requests: totalRequests(ended.requests),
    report: ended.report ?? '',
    'summary-file': summaryFile,
  };
  return new Map(OUTPUT_NAMES.map((name) => [name, String(values[name])]));
}
