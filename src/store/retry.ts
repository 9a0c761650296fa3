import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from './object-store.js';
import { endedIdle, hadItsTime, heals, toStoreError } from './store-errors.js';

/** SlowDown heals by waiting: it may be met this many times as often as other failures, unless one attempt was asked for. */
const THROTTLE_ALLOWANCE = 4;

/** Longest wait between two attempts. Milliseconds. */
const LONGEST_WAIT_MS = 20_000;

/** Between the first two attempts, at most. Milliseconds. */
const FIRST_WAIT_MS = 200;
const FIRST_THROTTLED_WAIT_MS = 400;

export interface Attempts<T> {
  readonly operation: string;
  /** Attempts in all. */
  readonly maxAttempts: number;
  readonly signal: AbortSignal;
  /** Whether the server is likely to come back within seconds. */
  readonly comesBack: (error: StoreError) => boolean;
  readonly attempt: () => Promise<T>;
  /**
   * Asked when an attempt whose answer was lost may have succeeded, and a later one was refused as if it had
   * (C14); of an upload that is gone always, as a proxy may have asked twice. `undefined`: it had not.
   *
   * @param attempts that asking may take; as many as any request, unless it says so
   */
  readonly judge?: (attempts?: number) => Promise<T | undefined>;
}

/** Runs a request until it is answered, with exponential back-off and jitter. Rejects with `StoreError`. */
export async function withRetries<T>(attempts: Attempts<T>): Promise<T> {
  const { operation, maxAttempts, signal, judge } = attempts;
  let failures = 0;
  let throttles = 0;
  let lostAnswer = false;
  let isIdleMet = false;
  const maxThrottles = maxAttempts === 1 ? 1 : maxAttempts * THROTTLE_ALLOWANCE;
  for (;;) {
    let error: StoreError;
    try {
      return await attempts.attempt();
    } catch (thrown) {
      error = signal.aborted ? abortedError(operation, signal) : toStoreError(operation, thrown);
    }
    if (!heals(error)) {
      const isGone = error.kind === 'no-upload';
      const mayBeOurs = isGone || (lostAnswer && (error.kind === 'condition' || error.kind === 'source'));
      const judged = mayBeOurs
        ? await judge?.().catch((met) => {
            // Who may write need not be allowed to read: with no answer lost, the refusal is believed.
            if (lostAnswer || toStoreError(operation, met).kind !== 'denied') throw met;
            return undefined;
          })
        : undefined;
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
    const isUsedUp = failures >= maxAttempts || throttles >= maxThrottles;
    if (isUsedUp || hadItsTime(error)) {
      // Once: where nothing is answered, or all is asked to slow down, asking as often again would take as long again.
      const judged = await judge?.(1).catch(() => undefined);
      if (judged !== undefined) return judged;
      throw error;
    }
    const wait =
      error.kind === 'throttled'
        ? throttledWaitMs(failures + throttles)
        : failureWaitMs(failures, attempts.comesBack(error));
    await sleep(wait, undefined, { signal }).catch(() => {
      throw abortedError(operation, signal);
    });
  }
}

/**
 * How long is waited after the server asked so many times to slow down, at least half of it: what was refused at once comes
 * back spread over the other half, and 20 attempts outlast 140 s, whatever chance says.
 */
export function throttledWaitMs(met: number, share = Math.random()): number {
  return jittered(Math.min(LONGEST_WAIT_MS, FIRST_THROTTLED_WAIT_MS * 2 ** (met - 1)), share);
}

/**
 * How long is waited after so many failures, at least half of it: 0.2, 0.8, 3.2 and 12.8 s outlast the seconds that a load
 * balancer or a server takes to fail over. What is not likely to come back, as where the endpoint is wrong, is told after 3 s.
 */
export function failureWaitMs(failures: number, comesBack: boolean, share = Math.random()): number {
  return jittered(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * (comesBack ? 4 : 2) ** (failures - 1)), share);
}

function jittered(mostMs: number, share: number): number {
  return (mostMs * (1 + share)) / 2;
}

function abortedError(operation: string, signal: AbortSignal): StoreError {
  return new StoreError('aborted', 'Aborted', 0, operation, 'the run was stopped', { cause: signal.reason });
}
