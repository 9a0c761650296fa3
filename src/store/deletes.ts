import { forEachConcurrent } from '../model/concurrency.js';
import { NOT_IN_XML, type ObjectKey } from '../model/object-key.js';
import type { DeleteBatchAnswer } from './calls.js';
import { type DeleteAnswer, type DeleteRequest, isDenied, StoreError } from './object-store.js';
import type { Requests } from './requests.js';
import { heals, repeatingNothing, toStoreError } from './store-errors.js';

/** DeleteObject and HeadObject requests in flight where a batch cannot carry the conditions. */
const SINGLE_DELETES_IN_FLIGHT = 32;

/** Deletes bound to the ETags that were listed, in batches where the server minds them there. */
export class Deletes {
  readonly #requests: Requests;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  async delete(requests: readonly DeleteRequest[], signal: AbortSignal): Promise<readonly DeleteAnswer[]> {
    const { deleteConditions } = this.#requests.provider();
    const answers = new Map<ObjectKey, DeleteAnswer>();
    const batch: DeleteRequest[] = [];
    const single: DeleteRequest[] = [];
    for (const request of requests) {
      // Keys that XML cannot carry are deleted one by one.
      (deleteConditions === 'single' || NOT_IN_XML.test(request.key) ? single : batch).push(request);
    }
    const due = deleteConditions === 'none' ? await this.#stillListed(batch, answers, signal) : batch;
    if (due.length > 0) await this.#deleteBatch(due, answers, signal);
    await forEachConcurrent(single, SINGLE_DELETES_IN_FLIGHT, async (request) => {
      answers.set(request.key, await this.#deleteOne(request, signal));
    });
    return requests.map(
      ({ key }) => answers.get(key) ?? { key, deleted: false, error: unsaid('DeleteObjects') },
    );
  }

  /** Those of which the object is still the one that was listed, by a look; what became of the others is answered. */
  async #stillListed(
    requests: readonly DeleteRequest[],
    answers: Map<ObjectKey, DeleteAnswer>,
    signal: AbortSignal,
  ): Promise<readonly DeleteRequest[]> {
    const still: DeleteRequest[] = [];
    await forEachConcurrent(requests, SINGLE_DELETES_IN_FLIGHT, async (request) => {
      const { key, etag } = request;
      const head = await this.#requests.head(key, signal);
      if (head === undefined) answers.set(key, { key, deleted: true });
      else if (head.etag === etag) still.push(request);
      else {
        const message = 'the object is not the one that was listed';
        const error = new StoreError('condition', 'PreconditionFailed', 412, 'DeleteObjects', message);
        answers.set(key, { key, deleted: false, error });
      }
    });
    return still;
  }

  /**
   * What S3 could not do for some keys of a batch is asked again for these alone, and so is what it says nothing of and
   * that is still there. Where ETags are ignored the look right before it narrows what nothing closes.
   */
  async #deleteBatch(
    requests: readonly DeleteRequest[],
    answers: Map<ObjectKey, DeleteAnswer>,
    signal: AbortSignal,
  ): Promise<void> {
    let due = requests;
    const refused = new Map<ObjectKey, StoreError>();
    const attempt = async (): Promise<void> => {
      const { deleted, errors } = await this.#deleteObjects(due, signal);
      const again: DeleteRequest[] = [];
      let first: StoreError | undefined;
      for (const request of due) {
        const { key } = request;
        const error = errors.get(key);
        // Only what the answer says is deleted is deleted (D7): a proxy's page is a 200 too.
        if (error === undefined && deleted.has(key)) answers.set(key, { key, deleted: true });
        else if (error === undefined || heals(error)) again.push(request);
        else refused.set(key, error);
        if (error !== undefined && heals(error)) first ??= error;
      }
      due = again;
      if (first !== undefined) throw first;
    };
    // An answer may be another batch's, spell keys otherwise, or be quiet: the objects say what became of them.
    const check = async (): Promise<void> => {
      due = await this.#stillListed(due, answers, signal).catch((error) => {
        // Who may delete need not be allowed to read.
        throw isDenied(error) ? unsaid('DeleteObjects') : error;
      });
      if (due.length > 0) throw unsaid('DeleteObjects');
    };
    try {
      await this.#requests.call('DeleteObjects', signal, attempt, { check, changes: requests[0]?.key });
    } catch (thrown) {
      const error = toStoreError('DeleteObjects', thrown);
      if (due.length === requests.length) throw error;
      for (const { key } of due) if (!answers.has(key)) answers.set(key, { key, deleted: false, error });
    }
    for (const [key, error] of refused) {
      const told = await repeatingNothing(error, this.#requests.credentials);
      answers.set(key, await this.#judgeDelete(key, told, signal));
    }
  }

  async #deleteObjects(
    requests: readonly DeleteRequest[],
    signal: AbortSignal,
  ): Promise<{ readonly deleted: ReadonlySet<string>; readonly errors: ReadonlyMap<string, StoreError> }> {
    const input = {
      ...this.#requests.every,
      Delete: { Quiet: false, Objects: requests.map(({ key, etag }) => ({ Key: key, ETag: etag })) },
    };
    const answer = await (await this.#requests.calls()).deleteObjects(input, signal);
    const deleted = new Set((answer.Deleted ?? []).map(({ Key }) => Key ?? ''));
    const errors = new Map((answer.Errors ?? []).map((error) => [error.Key ?? '', errorOfKey(error)]));
    const asked = new Set<string>(requests.map(({ key }) => key));
    for (const [key, { code, message }] of errors) {
      // An error that names no key of ours may speak of any of them.
      if (!asked.has(key)) throw new StoreError('rejected', code, 200, 'DeleteObjects', message);
    }
    return { deleted, errors };
  }

  async #deleteOne(request: DeleteRequest, signal: AbortSignal): Promise<DeleteAnswer> {
    const { key, etag } = request;
    try {
      const input = { ...this.#requests.every, Key: key, IfMatch: `"${etag}"` };
      const attempt = async (): Promise<number | undefined> =>
        (await this.#requests.calls()).deleteObject(input, signal);
      // Another success may be a proxy's page (D7): the object says whether it is there.
      const check = async (status: number | undefined): Promise<number | undefined> => {
        if (status === 204 || (await this.#requests.head(key, signal)) === undefined) return status;
        throw unsaid('DeleteObject');
      };
      await this.#requests.call('DeleteObject', signal, attempt, { check, changes: key });
      return { key, deleted: true };
    } catch (thrown) {
      const error = toStoreError('DeleteObject', thrown);
      if (error.kind === 'fatal' || error.kind === 'aborted') throw error;
      return this.#judgeDelete(key, error, signal);
    }
  }

  /** A refused delete of a key that is gone is what was wanted, whoever did it (C14). */
  async #judgeDelete(key: ObjectKey, error: StoreError, signal: AbortSignal): Promise<DeleteAnswer> {
    const { code, kind } = error;
    const isGone =
      code === 'NoSuchKey' ||
      code === 'NoSuchVersion' ||
      (kind === 'condition' && (await this.#requests.head(key, signal)) === undefined);
    return isGone ? { key, deleted: true } : { key, deleted: false, error };
  }
}

/** What an answer to a batch says of one key. */
function errorOfKey({
  Code: code = 'Error',
  Message: message = 'an error without a word',
}: NonNullable<DeleteBatchAnswer['Errors']>[number]): StoreError {
  // The status of the whole says nothing of a key: its code alone does.
  const status = code === 'AccessDenied' ? 403 : 400;
  const thrown = Object.assign(new Error(message), { name: code, $metadata: { httpStatusCode: status } });
  const { kind } = toStoreError('DeleteObjects', thrown);
  return new StoreError(kind, code, kind === 'denied' ? status : 200, 'DeleteObjects', message);
}

function unsaid(operation: string): StoreError {
  const message = 'the answer does not say what became of it';
  return new StoreError('server', 'NoAnswer', 200, operation, message);
}
