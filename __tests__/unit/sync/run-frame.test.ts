import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { EXIT, SyncError } from '../../../src/model/errors.js';
import type { SyncPorts } from '../../../src/sync/ports.js';
import { RunFrame } from '../../../src/sync/run-frame.js';
import { optionsFor } from '../../support/engine.js';

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'performance', 'setImmediate'] });
});
afterEach(() => {
  jest.useRealTimers();
});

const options = optionsFor({ region: 'us-east-1', endpoint: 'http://127.0.0.1' }, 'b', '/');
const cancelled = new SyncError('cancelled', EXIT.interrupted, 'cancelled by SIGINT');

test('all that a cancelled run still does ends within six seconds of the signal: the runner kills after ten', async () => {
  const cancel = new AbortController();
  const ports = { signal: cancel.signal, emit: () => undefined, index: undefined } as unknown as SyncPorts;
  const frame = new RunFrame(options, ports, () => []);
  const ends = { requests: frame.requests, ...frame.last };
  const over = (): readonly string[] =>
    Object.entries(ends).flatMap(([what, { aborted }]) => (aborted ? [what] : []));
  jest.advanceTimersByTime(60_000);
  expect(over()).toEqual([]);
  cancel.abort(cancelled);
  // What takes its whole time takes none of what comes after it.
  const ended = [2_000, 2_000, 1_000, 1_000].map((ms) => {
    jest.advanceTimersByTime(ms);
    return over().at(-1);
  });
  expect(ended).toEqual(['requests', 'index', 'aborts', 'lock']);
  await frame.close();
});

test('of a run that ends itself no request is waited for', async () => {
  const { signal } = new AbortController();
  const ports = { signal, emit: () => undefined, index: undefined } as unknown as SyncPorts;
  const frame = new RunFrame(options, ports, () => []);
  frame.stop(new SyncError('foreign-writer', EXIT.foreignWriter, 'the lock was lost'));
  expect([frame.requests.aborted, frame.last.index.aborted]).toEqual([true, false]);
  jest.advanceTimersByTime(6_000);
  expect(Object.values(frame.last).map(({ aborted }) => aborted)).toEqual([true, true, true]);
  await frame.close();
});
