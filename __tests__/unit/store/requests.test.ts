import { afterEach, expect, jest, test } from '@jest/globals';
import { MayLackKeyError } from '../../../src/store/object-store.js';
import type { RareCalls } from '../../../src/store/rare-calls.js';
import type { S3StoreOptions } from '../../../src/store/requests.js';

/** Of each wait, milliseconds. */
const waits: number[] = [];
jest.unstable_mockModule('node:timers/promises', () => ({
  setTimeout: async (ms: number) => void waits.push(ms),
}));
const { Requests } = await import('../../../src/store/requests.js');
const { providerOf } = await import('../../../src/store/providers.js');

afterEach(() => {
  jest.restoreAllMocks();
});

function requestsOf(
  calls: S3StoreOptions['calls'],
  {
    endpoint = 'http://127.0.0.1',
    ...changes
  }: Partial<S3StoreOptions> & { endpoint?: string | undefined } = {},
): InstanceType<typeof Requests> {
  return new Requests({
    rareCalls: async () => ({}) as RareCalls,
    credentials: async () => ({ accessKeyId: 'A', secretAccessKey: 'S' }),
    calls,
    bucket: 'bucket',
    provider: () => providerOf(endpoint),
    writeHeaders: {},
    expectedBucketOwner: undefined,
    requesterPays: false,
    inFlight: { first: 1, most: 1 },
    maxAttempts: 5,
    bytesMoved: () => 0,
    clockOffset: () => 0,
    ...changes,
  });
}

function failing(code: string): InstanceType<typeof Requests> {
  waits.length = 0;
  return requestsOf(() => Promise.reject(Object.assign(new Error(code), { code })));
}

test.each([
  ['EAI_AGAIN', [100, 400, 1_600, 6_400]],
  ['ENOTFOUND', [100, 200, 400, 800]],
  ['ECONNREFUSED', [100, 200, 400, 800]],
])(
  '%s before any answer: a resolver that cannot say now is waited for as a server that fails over is',
  async (code, expected) => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    const requests = failing(code);
    const asked = requests.call('HeadObject', new AbortController().signal, async () => requests.calls());
    await expect(asked).rejects.toMatchObject({ kind: 'network', code });
    expect(waits).toEqual(expected);
  },
);

test('a server that answered once the clock was corrected is waited for as one that fails over', async () => {
  jest.spyOn(Math, 'random').mockReturnValue(0);
  const requests = failing('ECONNREFUSED');
  const { signal } = new AbortController();
  const skewed = { httpStatusCode: 403, clockSkewCorrected: true };
  const answers = [
    () => Promise.reject(Object.assign(new Error('late'), { $metadata: skewed })),
    async () => 'there',
  ];
  expect(await requests.call('HeadObject', signal, async () => answers.shift()?.())).toBe('there');
  expect(requests.counts()).toEqual({ HeadObject: 2 });
  const asked = requests.call('HeadObject', signal, async () => requests.calls());
  await expect(asked).rejects.toMatchObject({ kind: 'network' });
  expect(waits).toEqual([100, 400, 1_600, 6_400]);
});

test('what is refused for how it was signed is sent once more, and no more', async () => {
  const requests = failing('none');
  const renewed = { httpStatusCode: 400, credentialsRenewed: true };
  const refusal = Object.assign(new Error('expired'), { name: 'ExpiredToken', $metadata: renewed });
  const asked = requests.call('HeadObject', new AbortController().signal, () => Promise.reject(refusal));
  await expect(asked).rejects.toMatchObject({ code: 'ExpiredToken' });
  expect(requests.counts()).toEqual({ HeadObject: 2 });
});

test.each([
  ['PutObject', 'AES256', 'http://127.0.0.1', true],
  ['CreateMultipartUpload', 'aws:kms', 'http://127.0.0.1', true],
  ['UploadPart', 'AES256', 'http://127.0.0.1', false],
  ['PutObject', undefined, 'http://127.0.0.1', false],
  ['PutObject', 'AES256', 'https://s3.eu-west-1.amazonaws.com', false],
])(
  'an internal error to %s with sse %s at %s: the server may lack a key: %s',
  async (operation, sse, endpoint, mayLack) => {
    const error = Object.assign(new Error('as told'), {
      name: 'InternalError',
      $metadata: { httpStatusCode: 500 },
    });
    const writeHeaders = sse === undefined ? {} : { sse };
    const requests = requestsOf(() => Promise.reject(error), { endpoint, writeHeaders });
    const thrown = await requests
      .call(operation, new AbortController().signal, async () => requests.calls())
      .catch((met: unknown) => met);
    expect(thrown).toMatchObject({ kind: 'server', code: 'InternalError', status: 500, message: 'as told' });
    expect(thrown instanceof MayLackKeyError).toBe(mayLack);
  },
);
