import type { Count } from '../model/plan.js';
import type { Report, Totals } from '../model/report.js';

const NOTHING: Count = { files: 0, bytes: 0 };

export const NO_TOTALS: Totals = {
  uploaded: NOTHING,
  downloaded: NOTHING,
  copied: NOTHING,
  linked: NOTHING,
  refreshed: NOTHING,
  unchanged: NOTHING,
  deleted: NOTHING,
  kept: NOTHING,
  failed: NOTHING,
};

function add(a: Count, b: Count): Count {
  return { files: a.files + b.files, bytes: a.bytes + b.bytes };
}

/** Over several destinations, totals are sums. */
export function sumTotals(report: Report): Totals {
  return report.destinations.reduce<Totals>(
    (sum, { totals }) => ({
      uploaded: add(sum.uploaded, totals.uploaded),
      downloaded: add(sum.downloaded, totals.downloaded),
      copied: add(sum.copied, totals.copied),
      linked: add(sum.linked, totals.linked),
      refreshed: add(sum.refreshed, totals.refreshed),
      unchanged: add(sum.unchanged, totals.unchanged),
      deleted: add(sum.deleted, totals.deleted),
      kept: add(sum.kept, totals.kept),
      failed: add(sum.failed, totals.failed),
    }),
    NO_TOTALS,
  );
}

export function sumRequests(report: Report): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const { requests } of report.destinations) {
    for (const [operation, count] of Object.entries(requests)) {
      sums.set(operation, (sums.get(operation) ?? 0) + count);
    }
  }
  return Object.fromEntries(sums);
}

/** What was, or in a dry run would be, written or deleted. */
export function changedFiles(totals: Totals): number {
  const { uploaded, downloaded, copied, linked, refreshed, deleted } = totals;
  return [uploaded, downloaded, copied, linked, refreshed, deleted].reduce(
    (sum, { files }) => sum + files,
    0,
  );
}

export function isChanged(totals: Totals): boolean {
  return changedFiles(totals) > 0;
}

/**
 * Bytes that the destination has and that did not have to travel, of all that it has now from the tree.
 *
 * @param reused of the uploaded ones, those that older objects had
 */
export function spared(totals: Totals, reused: number): { readonly bytes: number; readonly of: number } {
  const { copied, linked, unchanged, refreshed, uploaded, downloaded } = totals;
  const bytes = copied.bytes + linked.bytes + unchanged.bytes + refreshed.bytes;
  return { bytes: bytes + reused, of: bytes + uploaded.bytes + downloaded.bytes };
}

/** Over several destinations. */
export function sumReused(report: Report): number {
  return report.destinations.reduce((sum, { reusedBytes = 0 }) => sum + reusedBytes, 0);
}

export function totalRequests(requests: Readonly<Record<string, number>>): number {
  return Object.values(requests).reduce((sum, count) => sum + count, 0);
}
