import { type Concurrency, forEachConcurrent } from '../model/concurrency.js';
import { EXIT, type ExitCode } from '../model/errors.js';
import type { Emit, StepOutcome } from '../model/events.js';
import type { DeleteStep, KeepStep, Phase, Plan, StagedStep, Step, WriteStep } from '../model/plan.js';
import { StoreError, type StoreErrorKind } from '../store/object-store.js';
import { explain } from './explain.js';

/** DeleteObjects takes at most this many keys. */
const DELETE_BATCH = 1000;

/** Whose deploy failed wants to know what readers see. */
const NOTHING_CHANGED =
  'nothing was changed: delay-updates changes nothing before everything is staged, and not everything was';

/** Performs steps; never rejects. The dry run is another one of these. */
export interface Performer {
  /**
   * Puts a step's bytes into an upload that nobody sees. `required`: the outcome when it failed, else `undefined`. Not
   * required: always `undefined`, what cannot be staged is sent in its place later. Rejects with `CannotStageError`
   * alone.
   */
  stage(step: StagedStep, required: boolean): Promise<StepOutcome | undefined>;
  write(step: WriteStep): Promise<StepOutcome>;
  /** Asked once before the first delete: why nothing may be deleted, if so. */
  beforeDeletes(): Promise<StepOutcome['error'] | undefined>;
  /** At most 1,000; one outcome each, in order. */
  delete(steps: readonly DeleteStep[]): Promise<readonly StepOutcome[]>;
}

export interface ExecuteOptions {
  /** Steps in flight. */
  readonly concurrency: Concurrency;
  readonly emit: Emit;
  /** Asked once when everything is staged, before anything is published: why nothing may be, if so. */
  readonly meet?: () => Promise<StepOutcome['error'] | undefined>;
  /** Waited for before each step; what makes the rest of the plan wrong aborts `signal`. */
  readonly awake?: () => Promise<void>;
  readonly signal: AbortSignal;
}

/** This destination has no uploads of one part, or no part copies: nothing can be staged there. */
export class CannotStageError extends Error {
  override readonly name = 'CannotStageError';
}

/**
 * Runs the plan, rank by rank and phase by phase. Failures are outcomes; it rejects with `CannotStageError` alone,
 * before anything was published. After the first one
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
  let isAsked = false;
  let withheld: StepOutcome['error'];
  let isMet = options.meet === undefined;
  let unmet: StepOutcome['error'];
  const meet = async (): Promise<void> => {
    if (isMet || stopped()) return;
    isMet = true;
    unmet = await options.meet?.();
  };
  const settle = (outcome: StepOutcome, place: number): void => {
    if (outcome.outcome === 'failed') failed ??= outcome;
    outcomes[place] = outcome;
    emit({ type: 'outcome', outcome });
  };
  const stopped = (): boolean => failed !== undefined || signal.aborted;
  /** What could not be staged and had to be. */
  const unstaged = new Map<Step, StepOutcome>();
  const stage = async (phase: Extract<Phase, { kind: 'stage' }>): Promise<void> => {
    const one = async (step: StagedStep): Promise<void> => {
      if (stopped()) return;
      const outcome = await performer.stage(step, phase.required);
      if (outcome === undefined) return;
      if (outcome.outcome === 'failed') failed ??= outcome;
      unstaged.set(step, outcome);
    };
    const first = phase.required ? probes(phase.steps) : new Set<StagedStep>();
    for (const step of first) await one(step);
    const rest = phase.steps.filter((step) => !first.has(step));
    await forEachConcurrent(rest, concurrency, one);
  };

  for (const { name, phases } of plan.ranks) {
    const steps = phases.reduce((sum, phase) => sum + (phase.kind === 'publish' ? phase.steps.length : 0), 0);
    if (steps > 0 && !stopped()) emit({ type: 'rank', name, steps });
    for (const phase of phases) {
      if (phase.kind === 'stage') {
        await stage(phase);
        if (phase.required && phaseStart === 0 && stopped())
          emit({ type: 'message', level: 'warning', message: NOTHING_CHANGED });
        continue;
      }
      await meet();
      const isDeleting = phase.steps[0]?.action === 'delete';
      if (isDeleting && !isAsked && !stopped() && unmet === undefined) {
        isAsked = true;
        withheld = await performer.beforeDeletes();
      }
      const reason = unmet ?? (isDeleting ? withheld : undefined);
      const batches = batchesOf(phase.steps);
      const from = phaseStart;
      await forEachConcurrent(batches, concurrency, async ({ work, offset }) => {
        const steps: readonly Step[] = isDeletes(work) ? work : [work];
        let results: readonly StepOutcome[];
        await options.awake?.();
        if (reason !== undefined) results = steps.map((step) => notDone(step, reason));
        else if (stopped()) results = steps.map((step) => unstaged.get(step) ?? skipped(step, failed));
        else if (isDeletes(work)) results = await performer.delete(work);
        else if (work.action === 'keep') results = [kept(work)];
        else results = [await performer.write(work)];
        for (const [i, outcome] of results.entries()) settle(outcome, from + offset + i);
      });
      phaseStart += phase.steps.length;
    }
  }
  await meet();
  return outcomes;
}

/** What readers see the effect of at once, and the question whether one of these was done whose answer was lost. */
const VISIBLE: ReadonlySet<string> = new Set([
  'PutObject',
  'CopyObject',
  'CompleteMultipartUpload',
  'DeleteObject',
  'DeleteObjects',
  'HeadObject',
]);

/** After which it is not known whether S3 did what it was asked for. A gateway may say 503 after it took effect. */
const UNANSWERED: ReadonlySet<StoreErrorKind> = new Set(['aborted', 'network', 'server', 'throttled']);

function isInDoubt(error: unknown): boolean {
  return error instanceof StoreError && VISIBLE.has(error.operation) && UNANSWERED.has(error.kind);
}

/** Whether readers may see something else since a step, though nobody knows that it was done. */
export function mayBeDone({ outcome, inDoubt }: StepOutcome): boolean {
  return outcome === 'failed' || inDoubt === true;
}

/** What became of a step that met an error; of a run that was stopped, that it was. */
export function failedOutcome(
  step: Step,
  error: unknown,
  ms: number,
  signal: AbortSignal,
  exits: Set<ExitCode>,
): StepOutcome {
  if (signal.aborted) {
    const inDoubt = isInDoubt(error);
    const doubt = inDoubt ? ' while S3 was asked for this, which may be done all the same' : '';
    const stopped = { code: 'cancelled', message: `interrupted: the run was stopped${doubt}` } as const;
    const told = { error: stopped, ...(inDoubt ? { inDoubt } : {}) };
    return { step, outcome: 'skipped', action: step.action, sentBytes: 0, ...told, ms };
  }
  const { code, exit, message } = explain(error, step.key);
  exits.add(exit === EXIT.refused ? EXIT.failed : exit);
  return { step, outcome: 'failed', action: step.action, sentBytes: 0, error: { code, message }, ms };
}

/** The first of each kind, alone: they show whether this destination can stage at all. */
function probes(steps: readonly StagedStep[]): ReadonlySet<StagedStep> {
  const firsts = (['copy', 'upload'] as const).map((action) => steps.find((step) => step.action === action));
  return new Set(firsts.filter((step) => step !== undefined));
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

export function skipped(step: Step, failed: StepOutcome | undefined): StepOutcome {
  const error =
    failed === undefined
      ? ({ code: 'cancelled', message: 'not started: the run was stopped' } as const)
      : ({
          code: failed.error?.code ?? 'internal',
          message: `not started: ${failed.step.key} failed before it`,
        } as const);
  return notDone(step, error);
}

function notDone(step: Step, error: NonNullable<StepOutcome['error']>): StepOutcome {
  return { step, outcome: 'skipped', action: step.action, sentBytes: 0, error, ms: 0 };
}

function kept(step: KeepStep): StepOutcome {
  return { step, outcome: 'done', action: 'keep', sentBytes: 0, ms: 0 };
}

/** What `dry-run` runs instead: the same plan, each step `planned`. */
export const dryRunPerformer: Performer = {
  stage: async () => undefined,
  beforeDeletes: async () => undefined,
  write: async (step) => planned(step),
  delete: async (steps) => steps.map(planned),
};

function planned(step: Step): StepOutcome {
  return { step, outcome: 'planned', action: step.action, sentBytes: 0, ms: 0 };
}
