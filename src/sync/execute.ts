import { forEachConcurrent } from '../model/concurrency.js';
import type { Emit, StepOutcome } from '../model/events.js';
import type { CopyStep, DeleteStep, KeepStep, Plan, Step, WriteStep } from '../model/plan.js';

/** DeleteObjects takes at most this many keys. */
const DELETE_BATCH = 1000;

/** Performs steps; never rejects. The dry run is another one of these. */
export interface Performer {
  /** Reads a copy's source into an upload that nobody sees. What cannot be staged is sent in its place later. */
  stage(step: CopyStep): Promise<void>;
  write(step: WriteStep): Promise<StepOutcome>;
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
 * nothing more is started (D6, R13), and what was not is `skipped`, naming the key that failed. The outcomes
 * come back in the order of the plan.
 */
export async function execute(
  plan: Plan,
  performer: Performer,
  options: ExecuteOptions,
): Promise<readonly StepOutcome[]> {
  const { concurrency, emit, signal } = options;
  const outcomes: StepOutcome[] = [];
  let phaseStart = 0;
  let failed: StepOutcome | undefined;
  const settle = (outcome: StepOutcome, place: number): void => {
    if (outcome.outcome === 'failed') failed ??= outcome;
    outcomes[place] = outcome;
    emit({ type: 'outcome', outcome });
  };
  const stopped = (): boolean => failed !== undefined || signal.aborted;

  for (const { name, phases } of plan.ranks) {
    const steps = phases.reduce((sum, phase) => sum + (phase.kind === 'publish' ? phase.steps.length : 0), 0);
    if (steps > 0 && !stopped()) emit({ type: 'rank', name, steps });
    for (const phase of phases) {
      if (phase.kind === 'stage') {
        await forEachConcurrent(phase.steps, concurrency, async (step) => {
          if (!stopped()) await performer.stage(step);
        });
        continue;
      }
      const batches = batchesOf(phase.steps);
      const from = phaseStart;
      await forEachConcurrent(batches, concurrency, async ({ work, offset }) => {
        const steps: readonly Step[] = isDeletes(work) ? work : [work];
        let results: readonly StepOutcome[];
        if (stopped()) results = steps.map((step) => skipped(step, failed));
        else if (isDeletes(work)) results = await performer.delete(work);
        else if (work.action === 'keep') results = [kept(work)];
        else results = [await performer.write(work)];
        for (const [i, outcome] of results.entries()) settle(outcome, from + offset + i);
      });
      phaseStart += phase.steps.length;
    }
  }
  return outcomes;
}

/** A step, or up to a thousand deletes, and the place of the first one in the phase. */
interface Batch {
  readonly work: WriteStep | KeepStep | readonly DeleteStep[];
  readonly offset: number;
}

function isDeletes(work: Batch['work']): work is readonly DeleteStep[] {
  return Array.isArray(work);
}

/** A phase has deletes alone, or none. */
function* batchesOf(phase: readonly Step[]): Generator<Batch> {
  if (phase[0]?.action === 'delete') {
    for (let offset = 0; offset < phase.length; offset += DELETE_BATCH) {
      yield { work: phase.slice(offset, offset + DELETE_BATCH) as DeleteStep[], offset };
    }
    return;
  }
  for (const [offset, step] of phase.entries()) yield { work: step as WriteStep | KeepStep, offset };
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

function kept(step: KeepStep): StepOutcome {
  return { step, outcome: 'done', action: 'keep', sentBytes: 0, ms: 0 };
}

/** What `dry-run` runs instead: the same plan, each step `planned`. */
export const dryRunPerformer: Performer = {
  stage: async () => undefined,
  write: async (step) => planned(step),
  delete: async (steps) => steps.map(planned),
};

function planned(step: Step): StepOutcome {
  return { step, outcome: 'planned', action: step.action, sentBytes: 0, ms: 0 };
}
