import { forEachConcurrent } from '../model/concurrency.js';
import { NOT_IN_XML, type ObjectKey } from '../model/object-key.js';
import type { DeleteBatchAnswer } from './calls.js';
import { type DeleteAnswer, type DeleteRequest, StoreError } from './object-store.js';
import type { Requests } from './requests.js';
import { heals, toStoreError, withoutSent } from './store-errors.js';

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
    if (due.length > 0)
      for (const answer of await this.#deleteBatch(due, signal)) answers.set(answer.key, answer);
    await forEachConcurrent(single, SINGLE_DELETES_IN_FLIGHT, async (request) => {
      answers.set(request.key, await this.#deleteOne(request, signal));
    });
    return requests.map(
      ({ key }) =>
        answers.get(key) ?? notDeleted(key, 'NoAnswer', 'the answer does not say what became of it'),
    );
  }

  /** Where a server ignores the ETags of deletes, a look right before it narrows what nothing closes. */
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

  /** What S3 could not do for some keys of a batch is asked again for these alone. */
  async #deleteBatch(
    requests: readonly DeleteRequest[],
    signal: AbortSignal,
  ): Promise<readonly DeleteAnswer[]> {
    let due = requests;
    const told = new Map<ObjectKey, KeyError | 'deleted' | undefined>();
    let unhealed: StoreError | undefined;
    try {
      const attempt = async (): Promise<void> => {
        const { deleted, errors } = await this.#deleteObjects(due, signal);
        const again: DeleteRequest[] = [];
        let first: StoreError | undefined;
        for (const request of due) {
          const { key } = request;
          const error = errors.get(key);
          const passing = error === undefined ? undefined : passingError(error);
          // Only what the answer says is deleted is deleted (D7): a proxy's page is a 200 too.
          if (passing === undefined) told.set(key, error ?? (deleted.has(key) ? 'deleted' : undefined));
          else again.push(request);
          first ??= passing;
        }
        due = again;
        if (first !== undefined) throw first;
      };
      await this.#requests.call('DeleteObjects', signal, attempt, { changes: requests[0]?.key });
    } catch (thrown) {
      unhealed = toStoreError('DeleteObjects', thrown);
      if (told.size === 0) throw unhealed;
    }
    const unanswered = new Set(due.map(({ key }) => key));
    const answers: DeleteAnswer[] = [];
    for (const { key } of requests) {
      const answer = told.get(key);
      if (unhealed !== undefined && unanswered.has(key))
        answers.push({ key, deleted: false, error: unhealed });
      else if (answer === 'deleted') answers.push({ key, deleted: true });
      else if (answer === undefined)
        answers.push(notDeleted(key, 'NoAnswer', 'the answer does not say what became of it'));
      else {
        const message = await withoutSent(answer.Message ?? '', this.#requests.credentials);
        answers.push(await this.#judgeDelete(key, answer.Code ?? 'Error', message, signal));
      }
    }
    return answers;
  }

  async #deleteObjects(
    requests: readonly DeleteRequest[],
    signal: AbortSignal,
  ): Promise<{ readonly deleted: ReadonlySet<string>; readonly errors: ReadonlyMap<string, KeyError> }> {
    const input = {
      ...this.#requests.every,
      Delete: { Quiet: false, Objects: requests.map(({ key, etag }) => ({ Key: key, ETag: etag })) },
    };
    const answer = await (await this.#requests.calls()).deleteObjects(input, signal);
    const deleted = new Set((answer.Deleted ?? []).map(({ Key }) => Key ?? ''));
    const errors = new Map((answer.Errors ?? []).map((error) => [error.Key ?? '', error]));
    const asked = new Set<string>(requests.map(({ key }) => key));
    for (const [key, { Code, Message }] of errors) {
      // An error that names no key of ours may speak of any of them.
      if (asked.has(key)) continue;
      throw new StoreError(
        'rejected',
        Code ?? 'Error',
        200,
        'DeleteObjects',
        Message ?? 'an error without a key',
      );
    }
    return { deleted, errors };
  }

  async #deleteOne(request: DeleteRequest, signal: AbortSignal): Promise<DeleteAnswer> {
    const { key, etag } = request;
    try {
      const input = { ...this.#requests.every, Key: key, IfMatch: `"${etag}"` };
      const attempt = async (): Promise<number | undefined> =>
        (await this.#requests.calls()).deleteObject(input, signal);
      const status = await this.#requests.call('DeleteObject', signal, attempt, { changes: key });
      // Another success may be a proxy's page (D7): the object says whether it is there.
      if (status === 204 || (await this.#requests.head(key, signal)) === undefined)
        return { key, deleted: true };
      return notDeleted(
        key,
        'NoAnswer',
        `the answer was ${status} where S3 says 204, and the object is there`,
      );
    } catch (thrown) {
      const error = toStoreError('DeleteObject', thrown);
      if (error.kind === 'fatal' || error.kind === 'aborted') throw error;
      return this.#judgeDelete(key, error.code, error.message, signal);
    }
  }

  /** A refused delete of a key that is gone is what was wanted, whoever did it (C14). */
  async #judgeDelete(
    key: ObjectKey,
    code: string,
    message: string,
    signal: AbortSignal,
  ): Promise<DeleteAnswer> {
    const thrown = Object.assign(new Error(message), { name: code, $metadata: { httpStatusCode: 200 } });
    const error = toStoreError('DeleteObjects', thrown);
    const gone = code === 'NoSuchKey' || code === 'NoSuchVersion';
    if (gone || (error.kind === 'condition' && (await this.#requests.head(key, signal)) === undefined)) {
      return { key, deleted: true };
    }
    const denied = code === 'AccessDenied';
    return {
      key,
      deleted: false,
      error: new StoreError(
        denied ? 'denied' : error.kind,
        code,
        denied ? 403 : 200,
        'DeleteObjects',
        message,
      ),
    };
  }
}

/** What an answer to a batch says of one key. */
type KeyError = NonNullable<DeleteBatchAnswer['Errors']>[number];

/** An error of a key that may heal; `undefined`: it will not. */
function passingError({ Code: code = '', Message: message = '' }: KeyError): StoreError | undefined {
  // The status of the whole says nothing of a key: its code alone does.
  const thrown = Object.assign(new Error(message), { name: code, $metadata: { httpStatusCode: 400 } });
  const { kind } = toStoreError('DeleteObjects', thrown);
  return heals({ kind }) ? new StoreError(kind, code, 200, 'DeleteObjects', message) : undefined;
}

function notDeleted(key: ObjectKey, code: string, message: string): DeleteAnswer {
  return { key, deleted: false, error: new StoreError('rejected', code, 200, 'DeleteObjects', message) };
}
