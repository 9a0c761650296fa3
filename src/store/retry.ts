import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from './object-store.js';
import { endedIdle, toStoreError } from './store-errors.js';

/** SlowDown heals by waiting: it may be met this many times as often as other failures. */
const THROTTLE_ALLOWANCE = 4;

/** Longest wait between two attempts. Milliseconds. */
const LONGEST_WAIT_MS = 20_000;

export interface Attempts<T> {
  readonly operation: string;
  /** Attempts in all. */
  readonly maxAttempts: number;
  readonly signal: AbortSignal;
  readonly attempt: () => Promise<T>;
  /**
   * Asked when an attempt whose answer was lost may have succeeded, and a later one was refused as if it had
   * (C14). `undefined`: it had not.
   */
  readonly judge?: () => Promise<T | undefined>;
}

/** Runs a request until it is answered, with exponential back-off and full jitter. Rejects with `StoreError`. */
export async function withRetries<T>(attempts: Attempts<T>): Promise<T> {
  const { operation, maxAttempts, signal, judge } = attempts;
  let failures = 0;
  let throttles = 0;
  let lostAnswer = false;
  let isIdleMet = false;
  for (;;) {
    let error: StoreError;
    try {
      return await attempts.attempt();
    } catch (thrown) {
      error = signal.aborted ? abortedError(operation, signal) : toStoreError(operation, thrown);
    }
    const heals = error.kind === 'server' || error.kind === 'network' || error.kind === 'throttled';
    if (!heals) {
      const mayBeOurs = error.kind === 'condition' || error.kind === 'source' || error.kind === 'no-upload';
      const judged = lostAnswer && mayBeOurs ? await judge?.() : undefined;
      if (judged !== undefined) return judged;
      throw error;
    }
    // A gateway may say 503 after the request took effect.
    lostAnswer = true;
    // The next one is new, and needs no wait.
    if (!isIdleMet && endedIdle(error)) {
      isIdleMet = true;
      continue;
    }
    if (error.kind === 'throttled') throttles++;
    else failures++;
    if (failures >= maxAttempts || throttles >= maxAttempts * THROTTLE_ALLOWANCE) {
      const judged = lostAnswer ? await judge?.().catch(() => undefined) : undefined;
      if (judged !== undefined) return judged;
      throw error;
    }
    const base = error.kind === 'throttled' ? 400 : 100;
    const wait = Math.random() * Math.min(LONGEST_WAIT_MS, base * 2 ** (failures + throttles - 1));
    await sleep(wait, undefined, { signal }).catch(() => {
      throw abortedError(operation, signal);
    });
  }
}

function abortedError(operation: string, signal: AbortSignal): StoreError {
  return new StoreError('aborted', 'Aborted', 0, operation, 'the run was stopped', { cause: signal.reason });
}
