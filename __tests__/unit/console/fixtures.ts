import { NO_TOTALS } from '../../../src/console/totals.js';
import type { ETag } from '../../../src/model/digest.js';
import type { Event, RunEnded, StepOutcome } from '../../../src/model/events.js';
import type { ObjectKey } from '../../../src/model/object-key.js';
import type { LocalFile } from '../../../src/model/objects.js';
import type { CopyStep, DeleteStep, UploadStep } from '../../../src/model/plan.js';
import type { Totals } from '../../../src/model/report.js';

export function localFile(name: string, size: number): LocalFile {
  return {
    name,
    path: `/tree/${name}`,
    real: `/tree/${name}`,
    size,
    mtimeNs: 1n,
    ctimeNs: 2n,
    dev: 3n,
    ino: 2n ** 63n,
    nlink: 1,
    mode: 0o100644,
  };
}

export function upload(key: string, bytes: number): UploadStep {
  return {
    action: 'upload',
    key: key as ObjectKey,
    reason: 'new',
    rank: 0,
    bytes,
    file: localFile(key, bytes),
    md5: undefined,
    condition: { ifNoneMatch: '*' },
    staged: false,
  };
}

export function copy(key: string, source: string, bytes: number): CopyStep {
  return {
    action: 'copy',
    key: key as ObjectKey,
    reason: 'duplicate',
    rank: 0,
    bytes,
    file: localFile(key, bytes),
    md5: 'd'.repeat(32) as CopyStep['md5'],
    staged: false,
    source: { kind: 'published', key: source as ObjectKey },
    condition: { ifNoneMatch: '*' },
  };
}

export function deletion(key: string, bytes: number): DeleteStep {
  return { action: 'delete', key: key as ObjectKey, reason: 'absent', rank: 2, bytes, etag: 'e' as ETag };
}

export function outcome(step: StepOutcome['step'], changes: Partial<StepOutcome> = {}): Event {
  return {
    type: 'outcome',
    outcome: { step, outcome: 'done', action: step.action, sentBytes: 0, ms: 10, ...changes },
  };
}

export function ended(changes: Partial<RunEnded> = {}, totals: Partial<Totals> = {}): RunEnded {
  return {
    type: 'end',
    status: 'done',
    exit: 0,
    dryRun: false,
    changed: true,
    isUntouched: false,
    seconds: 1.5,
    totals: { ...NO_TOTALS, ...totals },
    sentBytes: 0,
    requests: {},
    ...changes,
  };
}
