import { afterEach, expect, jest, test } from '@jest/globals';
import type { RareCalls } from '../../../src/store/rare-calls.js';

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

test.each([
  ['EAI_AGAIN', [100, 400, 1_600, 6_400]],
  ['ENOTFOUND', [100, 200, 400, 800]],
  ['ECONNREFUSED', [100, 200, 400, 800]],
])(
  '%s before any answer: a resolver that cannot say now is waited for as a server that fails over is',
  async (code, expected) => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    const requests = new Requests({
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
    waits.length = 0;
    const asked = requests.call('HeadObject', new AbortController().signal, async () => requests.calls());
    await expect(asked).rejects.toMatchObject({ kind: 'network', code });
    expect(waits).toEqual(expected);
  },
);
