import { type Concurrency, forEachConcurrent } from '../model/concurrency.js';
import { ARCHIVED_CLASSES, type LocalFile, type RemoteObject } from '../model/objects.js';
import { type Plan, stepsOf, type WriteStep } from '../model/plan.js';
import type { ReadableStore } from '../store/object-store.js';

export interface ArchivedRequest {
  readonly store: ReadableStore;
  readonly concurrency: Concurrency;
  readonly signal: AbortSignal;
  /** What the run itself would fail with. */
  readonly failure: (error: unknown, file: LocalFile, object: RemoteObject) => unknown;
}

/**
 * For a dry run, which reads nothing: asks for a byte of each archived object that the plan would read, as a listing does
 * not say whether it was restored. Rejects with `failure` at the first that cannot be read.
 */
export async function tryArchived(
  plan: Plan,
  { store, concurrency, signal, failure }: ArchivedRequest,
): Promise<void> {
  const due: { readonly file: LocalFile; readonly object: RemoteObject }[] = [];
  for (const step of stepsOf(plan)) {
    if (!('file' in step)) continue;
    const { file } = step;
    const { object } = file;
    if (object === undefined || object.size === 0) continue;
    if (ARCHIVED_CLASSES.has(object.storageClass ?? '') && reads(step, object)) due.push({ file, object });
  }
  await forEachConcurrent(due, concurrency, async ({ file, object }) => {
    signal.throwIfAborted();
    try {
      await store.getWhole(object, signal, { range: { first: 0, last: 0 } });
    } catch (error) {
      throw failure(error, file, object);
    }
  });
}

function reads(step: WriteStep, { key, etag }: RemoteObject): boolean {
  switch (step.action) {
    case 'download':
    case 'upload':
      return true;
    case 'copy':
      // Not of what the destination has: a file of a download may have the key as its name.
      return step.source.kind === 'object' && step.source.key === key && step.source.etag === etag;
    case 'link':
    case 'refresh':
      return false;
  }
}
