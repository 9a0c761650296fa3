import { afterEach, expect, jest, test } from '@jest/globals';
import { roleConfiguration, SilentLogger } from '../../../src/store/credentials.js';
import { optionsFor } from '../../support/engine.js';

afterEach(() => {
  jest.useRealTimers();
});

test('a token service that hangs is waited for a minute', async () => {
  const role = { arn: 'arn:aws:iam::1:role/r', audience: 'a', sessionName: 's', durationSeconds: 900 };
  const { connection } = optionsFor({ region: '', endpoint: '' }, 'b', '/', { connection: { role } });
  const idToken = (): Promise<string> => new Promise(() => undefined);
  const client = { region: 'us-east-1', logger: new SilentLogger() };
  const { credentials } = await roleConfiguration(connection, client, { idToken });
  jest.useFakeTimers();
  let ended = false;
  const failed = credentials?.().catch((error: unknown) => {
    ended = true;
    return error;
  });
  await jest.advanceTimersByTimeAsync(59_000);
  expect(ended).toBe(false);
  await jest.advanceTimersByTimeAsync(1_000);
  expect(await failed).toMatchObject({
    code: 'unreachable',
    exit: 1,
    message: expect.stringContaining('gave the job no token (no answer within 60 s): run again'),
  });
  expect(jest.getTimerCount()).toBe(0);
});
