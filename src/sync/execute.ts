import type { Emit, StepOutcome } from '../model/events.js';
import type { DeleteStep, Plan, Step } from '../model/plan.js';
import { forEachConcurrent } from './concurrency.js';

/** DeleteObjects takes at most this many keys. */
const DELETE_BATCH = 1000;

/** Performs steps; never rejects. The dry run is another one of these. */
export interface Performer {
  write(step: Exclude<Step, DeleteStep>): Promise<StepOutcome>;
  /** At most 1,000; one outcome each, in order. */
  delete(steps: readonly DeleteStep[]): Promise<readonly StepOutcome[]>;
}

export interface ExecuteOptions {
  /** Steps in flight. */
  readonly concurrency: number;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/**
 * Runs the plan, rank by rank and phase by phase. Never rejects: failures are outcomes. After the first one
 * nothing more is started (D6, R13), and what was not is `skipped`, naming the key that failed.
 */
export async function execute(
  plan: Plan,
  performer: Performer,
  options: ExecuteOptions,
): Promise<readonly StepOutcome[]> {
  const { concurrency, emit, signal } = options;
  const outcomes: StepOutcome[] = [];
  let failed: StepOutcome | undefined;
  const settle = (outcome: StepOutcome): void => {
    if (outcome.outcome === 'failed') failed ??= outcome;
    outcomes.push(outcome);
    emit({ type: 'outcome', outcome });
  };
  const stopped = (): boolean => failed !== undefined || signal.aborted;

  for (const { name, phases } of plan.ranks) {
    const steps = phases.reduce((sum, phase) => sum + phase.length, 0);
    if (steps > 0 && !stopped()) emit({ type: 'rank', name, steps });
    for (const phase of phases) {
      const batches = batchesOf(phase);
      await forEachConcurrent(batches, concurrency, async (batch) => {
        if (stopped()) for (const step of batch) settle(skipped(step, failed));
        else if (batch.length === 1 && batch[0]?.action !== 'delete') settle(await performer.write(batch[0] as never));
        else for (const outcome of await performer.delete(batch as readonly DeleteStep[])) settle(outcome);
      });
    }
  }
  return outcomes;
}

/** Deletes go a thousand at a time, everything else alone. */
function* batchesOf(phase: readonly Step[]): Generator<readonly Step[]> {
  let deletes: DeleteStep[] = [];
  for (const step of phase) {
    if (step.action !== 'delete') {
      yield [step];
      continue;
    }
    deletes.push(step);
    if (deletes.length === DELETE_BATCH) {
      yield deletes;
      deletes = [];
    }
  }
  if (deletes.length > 0) yield deletes;
}

function skipped(step: Step, failed: StepOutcome | undefined): StepOutcome {
  const error =
    failed === undefined
      ? ({ code: 'cancelled', message: 'not started: the run was stopped' } as const)
      : ({
          code: failed.error?.code ?? 'internal',
          message: `not started: ${failed.step.key} failed before it`,
        } as const);
  return { step, outcome: 'skipped', action: step.action, sentBytes: 0, error, ms: 0 };
}

/** What `dry-run` runs instead: the same plan, each step `planned`. */
export const dryRunPerformer: Performer = {
  write: async (step) => planned(step),
  delete: async (steps) => steps.map(planned),
};

function planned(step: Step): StepOutcome {
  return { step, outcome: 'planned', action: step.action, sentBytes: 0, ms: 0 };
}
