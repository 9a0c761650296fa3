import { afterEach, expect, jest, test } from '@jest/globals';
import type { RareCalls } from '../../../src/store/rare-calls.js';

/** Of each wait, milliseconds. */
const waits: number[] = [];
jest.unstable_mockModule('node:timers/promises', () => ({
  setTimeout: async (ms: number) => void waits.push(ms),
}));
const { Requests } = await import('../../../src/store/requests.js');
const { providerOf } = await import('../../../src/store/providers.js');

function failing(code: string): InstanceType<typeof Requests> {
  waits.length = 0;
  return new Requests({
    rareCalls: async () => ({}) as RareCalls,
    credentials: async () => ({ accessKeyId: 'A', secretAccessKey: 'S' }),
    calls: () => Promise.reject(Object.assign(new Error(code), { code })),
    bucket: 'bucket',
    provider: () => providerOf('http://127.0.0.1'),
    writeHeaders: {},
    expectedBucketOwner: undefined,
    requesterPays: false,
    inFlight: { first: 1, most: 1 },
    maxAttempts: 5,
    bytesMoved: () => 0,
    clockOffset: () => 0,
  });
}

afterEach(() => {
  jest.restoreAllMocks();
});

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
