import { describe, expect, test } from '@jest/globals';
import { StoreError, type StoreErrorKind } from '../../../src/store/object-store.js';
import { failureWaitMs, throttledWaitMs, withRetries } from '../../../src/store/retry.js';
import { toStoreError } from '../../../src/store/store-errors.js';

/** Answers of S3 in turn: an error's name and status, Node's code, or a result. */
function answers(
  ...list: readonly (
    | readonly [string, number]
    | { readonly code: string; readonly endedIdle?: boolean; readonly hadItsTime?: boolean }
    | { readonly ok: string }
  )[]
) {
  let calls = 0;
  const attempt = async (): Promise<string> => {
    const answer = list[calls++];
    if (answer === undefined) throw new Error('more attempts than answers');
    if ('ok' in answer) return answer.ok;
    if ('code' in answer) throw Object.assign(new Error(answer.code), answer);
    const [name, httpStatusCode] = answer as readonly [string, number];
    throw Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });
  };
  return { attempt, calls: () => calls };
}

function run(
  source: ReturnType<typeof answers>,
  judge?: () => Promise<string | undefined>,
  operation = 'PutObject',
  maxAttempts = 3,
) {
  const signal = new AbortController().signal;
  return withRetries({
    operation,
    maxAttempts,
    signal,
    comesBack: () => true,
    attempt: source.attempt,
    ...(judge === undefined ? {} : { judge }),
  });
}

describe('retries', () => {
  test('5xx, resets and SlowDown heal', async () => {
    const source = answers(['InternalError', 500], { code: 'ECONNRESET' }, ['SlowDown', 503], { ok: 'done' });
    await expect(run(source)).resolves.toBe('done');
    expect(source.calls()).toBe(4);
  });

  test('one attempt is one, though SlowDown is else met four times as often', async () => {
    const source = answers(['SlowDown', 503]);
    await expect(run(source, undefined, 'PutObject', 1)).rejects.toMatchObject({ kind: 'throttled' });
    expect(source.calls()).toBe(1);
  });

  test.each([408, 425])(
    'HTTP %i of a proxy heals, and leaves in doubt whether the request arrived',
    async (status) => {
      const source = answers([`${status}`, status], ['PreconditionFailed', 412]);
      await expect(run(source, async () => 'ours')).resolves.toBe('ours');
      await expect(run(answers(['Unknown', status], { ok: 'done' }), undefined, 'HeadObject')).resolves.toBe(
        'done',
      );
    },
  );

  test('a refusal is not asked again', async () => {
    const source = answers(['AccessDenied', 403]);
    await expect(run(source)).rejects.toMatchObject({ kind: 'denied', operation: 'PutObject' });
    expect(source.calls()).toBe(1);
  });

  test('a network that wants a login first is not asked again', async () => {
    const source = answers(['511', 511]);
    await expect(run(source)).rejects.toMatchObject({ kind: 'server', status: 511 });
    expect(source.calls()).toBe(1);
  });

  test('too many open files are waited for: others are closed meanwhile', async () => {
    const source = answers({ code: 'EMFILE' }, { ok: 'done' });
    await expect(run(source)).resolves.toBe('done');
  });

  test('the attempts end', async () => {
    const source = answers(['InternalError', 500], ['InternalError', 500], ['InternalError', 500]);
    await expect(run(source)).rejects.toBeInstanceOf(StoreError);
    expect(source.calls()).toBe(3);
  });

  test('C14: a 412 after a lost answer is judged, and may be our own success', async () => {
    await expect(
      run(answers({ code: 'ECONNRESET' }, ['PreconditionFailed', 412]), async () => 'ours'),
    ).resolves.toBe('ours');
    const foreign = run(answers({ code: 'ECONNRESET' }, ['PreconditionFailed', 412]), async () => undefined);
    await expect(foreign).rejects.toMatchObject({ kind: 'condition' });
  });

  test('C14: NoSuchUpload after a lost answer to Complete is judged', async () => {
    const source = answers(['InternalError', 500], ['NoSuchUpload', 404]);
    await expect(run(source, async () => 'ours', 'CompleteMultipartUpload')).resolves.toBe('ours');
  });

  test('C14: NoSuchUpload to the first Complete too: a proxy may have asked twice', async () => {
    const gone = ['NoSuchUpload', 404] as const;
    const judgedBy = (judge: () => Promise<string | undefined>) =>
      run(answers(gone), judge, 'CompleteMultipartUpload');
    await expect(judgedBy(async () => 'ours')).resolves.toBe('ours');
    await expect(judgedBy(async () => undefined)).rejects.toMatchObject({ kind: 'no-upload' });
    const head = (kind: StoreErrorKind): (() => Promise<undefined>) => {
      return () => Promise.reject(new StoreError(kind, kind, 0, 'HeadObject', 'as told'));
    };
    // Who may not look believes the refusal; what may be known in a while is not guessed.
    await expect(judgedBy(head('denied'))).rejects.toMatchObject({ kind: 'no-upload' });
    await expect(judgedBy(head('network'))).rejects.toMatchObject({ kind: 'network' });
  });

  test('a 412 to the first attempt is a foreign writer, whatever the key holds', async () => {
    await expect(run(answers(['PreconditionFailed', 412]), async () => 'ours')).rejects.toMatchObject({
      kind: 'condition',
    });
  });

  test('a connection that had died while it was idle is no attempt, once; C14: its request may have taken effect', async () => {
    const idle = { code: 'ECONNRESET', endedIdle: true };
    const spared = answers(idle, { ok: 'done' });
    await expect(run(spared, undefined, 'PutObject', 1)).resolves.toBe('done');
    const twice = answers(idle, idle);
    await expect(run(twice, undefined, 'PutObject', 1)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(twice.calls()).toBe(2);
    const taken = answers(idle, ['PreconditionFailed', 412]);
    await expect(run(taken, async () => 'ours', 'PutObject', 1)).resolves.toBe('ours');
  });

  test('a request that had all the time there is for one is not sent again, but judged', async () => {
    const spent = answers({ code: 'ETIMEDOUT', hadItsTime: true });
    await expect(run(spent)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    const taken = answers({ code: 'ETIMEDOUT', hadItsTime: true });
    await expect(run(taken, async () => 'ours')).resolves.toBe('ours');
  });

  test('the waits outlast a server that fails over; what does not come back is given up soon', () => {
    const waits = (comesBack: boolean, share: number) =>
      [1, 2, 3, 4].map((failures) => failureWaitMs(failures, comesBack, share));
    expect(waits(true, 1)).toEqual([200, 800, 3_200, 12_800]);
    expect(waits(true, 0)).toEqual([100, 400, 1_600, 6_400]);
    expect(waits(false, 1)).toEqual([200, 400, 800, 1_600]);
    expect(failureWaitMs(100, true, 1)).toBe(20_000);
  });

  test('the attempts of five outlast a server that asks to slow down for two minutes, whatever chance says', () => {
    const waits = (share: number) => Array.from({ length: 19 }, (_, i) => throttledWaitMs(i + 1, share));
    expect(waits(1).slice(0, 7)).toEqual([400, 800, 1_600, 3_200, 6_400, 12_800, 20_000]);
    expect(waits(0).slice(0, 3)).toEqual([200, 400, 800]);
    expect(waits(0).reduce((sum, ms) => sum + ms)).toBeGreaterThan(140_000);
  });

  test('a stopped run stops waiting', async () => {
    const stop = new AbortController();
    const source = answers(
      ['SlowDown', 503],
      ['SlowDown', 503],
      ['SlowDown', 503],
      ['SlowDown', 503],
      ['SlowDown', 503],
    );
    const running = withRetries({
      operation: 'PutObject',
      maxAttempts: 100,
      signal: stop.signal,
      comesBack: () => true,
      attempt: source.attempt,
    });
    stop.abort();
    await expect(running).rejects.toMatchObject({ kind: 'aborted' });
  });
});

describe('what an answer means', () => {
  const rows: readonly [string, string, number, string][] = [
    ['PutObject', 'PreconditionFailed', 412, 'condition'],
    ['PutObject', 'NoSuchKey', 404, 'condition'],
    ['PutObject', 'ConditionalRequestConflict', 409, 'server'],
    ['CompleteMultipartUpload', 'ConditionalRequestConflict', 409, 'condition'],
    ['CompleteMultipartUpload', 'NoSuchUpload', 404, 'no-upload'],
    ['CopyObject', 'PreconditionFailed', 412, 'source'],
    ['CopyObject', 'NoSuchKey', 404, 'source'],
    ['CopyObject', 'NoSuchBucket', 404, 'fatal'],
    ['CopyObject', 'InvalidObjectState', 403, 'source'],
    ['PutObject', 'BadDigest', 400, 'digest'],
    ['PutObject', 'ExpiredToken', 400, 'fatal'],
    ['ListObjectsV2', 'XAdminUserNotFound', 404, 'fatal'],
    ['PutObject', 'SlowDown', 503, 'throttled'],
    ['PutObject', 'Other', 503, 'throttled'],
    ['PutObject', 'Other', 502, 'server'],
    ['HeadObject', 'Other', 501, 'rejected'],
    ['PutObject', 'Other', 403, 'denied'],
    ['PutObject', 'Other', 400, 'rejected'],
    ['CopyObject', 'Other', 200, 'server'],
    ['ListObjectsV2', 'PermanentRedirect', 301, 'fatal'],
  ];
  test.each(rows)('%s %s %i: %s', (operation, name, httpStatusCode, kind) => {
    const thrown = Object.assign(new Error('m'), { name, $metadata: { httpStatusCode } });
    expect(toStoreError(operation, thrown).kind).toBe(kind);
  });
});
