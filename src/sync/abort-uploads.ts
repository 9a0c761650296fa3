import { type Concurrency, forEachConcurrent } from '../model/concurrency.js';
import type { Emit } from '../model/events.js';
import type { ObjectStore, Upload } from '../store/object-store.js';
import { explain } from './explain.js';

interface Aborting {
  readonly store: ObjectStore;
  readonly concurrency: Concurrency;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/**
 * Aborts uploads that nobody is to complete. Of those that cannot be, which are billed, one warning tells: what keeps one
 * mostly keeps all.
 *
 * @param whose what they are, for messages: `an upload to KEY` goes before it
 * @returns those that are no more
 */
export async function abortUploads(
  uploads: readonly Upload[],
  whose: string,
  { store, concurrency, emit, signal }: Aborting,
): Promise<readonly Upload[]> {
  const aborted: Upload[] = [];
  let first: string | undefined;
  await forEachConcurrent(uploads, concurrency, async (upload) => {
    try {
      await store.abortUpload(upload, signal);
      aborted.push(upload);
    } catch (error) {
      first ??= explain(error, `an upload to ${upload.key} ${whose}`).message;
    }
  });
  if (first === undefined) return aborted;
  const more = uploads.length - aborted.length - 1;
  const what = more === 0 ? 'it is' : `it and ${more} more are`;
  const message = `${first}; ${what} billed until a later run or a lifecycle rule aborts ${more === 0 ? 'it' : 'them'}`;
  emit({ type: 'message', level: 'warning', message });
  return aborted;
}
