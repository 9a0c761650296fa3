import { describe, expect, test } from '@jest/globals';
import { EXIT, type ExitCode, SyncError } from '../../../src/model/errors.js';
import type { Event, StepOutcome } from '../../../src/model/events.js';
import type { ObjectKey } from '../../../src/model/object-key.js';
import type { Phase, Plan, Rank, Step } from '../../../src/model/plan.js';
import { StoreError } from '../../../src/store/object-store.js';
import {
  CannotStageError,
  dryRunPerformer,
  type ExecuteOptions,
  execute,
  failedOutcome,
  mayBeDone,
  type Performer,
} from '../../../src/sync/execute.js';

const step = (action: Step['action'], key: string): Step => ({ action, key: key as ObjectKey }) as Step;
const steps = (action: Step['action'], ...keys: readonly string[]): readonly Step[] =>
  keys.map((key) => step(action, key));

function publish(...parts: readonly (readonly Step[])[]): Phase {
  return { kind: 'publish', steps: parts.flat() };
}

function stage(required: boolean, ...parts: readonly (readonly Step[])[]): Phase {
  return { kind: 'stage', required, steps: parts.flat() } as Phase;
}

function rank(name: string, ...phases: readonly Phase[]): Rank {
  return { name, phases };
}

const done = (of: Step): StepOutcome => ({
  step: of,
  outcome: 'done',
  action: of.action,
  sentBytes: 0,
  ms: 1,
});
const failed = (of: Step, code: 'throttled' | 'rejected' = 'throttled'): StepOutcome => ({
  ...done(of),
  outcome: 'failed',
  error: { code, message: `${of.key} went wrong` },
});

interface Ran {
  /** What was asked of the performer, in order. */
  readonly calls: readonly string[];
  /** `key outcome: message`, in the order of the plan. */
  readonly outcomes: readonly string[];
  readonly events: readonly Event[];
  /** The most steps that were in flight at once. */
  readonly most: number;
}

/** Runs ranks with a performer that notes its calls and answers `done`, or what a test has it answer. */
async function run(
  ranks: readonly Rank[],
  answers: Partial<Performer> = {},
  options: Partial<ExecuteOptions> = {},
): Promise<Ran> {
  const calls: string[] = [];
  const events: Event[] = [];
  let flying = 0;
  let most = 0;
  const call = async <T>(text: string, answer: () => Promise<T>): Promise<T> => {
    calls.push(text);
    most = Math.max(most, ++flying);
    try {
      await new Promise((resolve) => setImmediate(resolve));
      return await answer();
    } finally {
      flying--;
    }
  };
  const performer: Performer = {
    stage: (of, required) => call(`stage ${of.key}`, async () => answers.stage?.(of, required)),
    write: (of) => call(`${of.action} ${of.key}`, async () => answers.write?.(of) ?? done(of)),
    beforeDeletes: () => call('before deletes', async () => answers.beforeDeletes?.()),
    delete: (of) =>
      call(`delete ${of.map(({ key }) => key).join(' ')}`, async () => answers.delete?.(of) ?? of.map(done)),
  };
  const plan = { ranks } as unknown as Plan;
  const emit = (event: Event): void => void events.push(event);
  const { signal } = new AbortController();
  const outcomes = await execute(plan, performer, { concurrency: 1, emit, signal, ...options });
  const shown = outcomes.map(
    ({ step: of, outcome, error }) =>
      `${of.key} ${outcome}${error === undefined ? '' : `: ${error.code}, ${error.message}`}`,
  );
  return { calls, outcomes: shown, events, most };
}

describe('a plan is run', () => {
  test('rank by rank and phase by phase, deletes last and asked about before', async () => {
    const ranks = [
      rank(
        'new keys',
        stage(false, steps('copy', 's')),
        publish(steps('upload', 'a')),
        publish(steps('copy', 'b')),
      ),
      rank('nothing'),
      rank('changed keys', publish(steps('refresh', 'c'), steps('keep', 'k'))),
      rank('deletes', publish(steps('delete', 'x', 'y'))),
    ];
    const ran = await run(ranks);
    expect(ran.calls).toEqual(['stage s', 'upload a', 'copy b', 'refresh c', 'before deletes', 'delete x y']);
    expect(ran.outcomes).toEqual(['a done', 'b done', 'c done', 'k done', 'x done', 'y done']);
    expect(ran.events.filter(({ type }) => type === 'rank')).toEqual([
      { type: 'rank', name: 'new keys', steps: 2 },
      { type: 'rank', name: 'changed keys', steps: 2 },
      { type: 'rank', name: 'deletes', steps: 2 },
    ]);
    const told = ran.events.flatMap((event) => (event.type === 'outcome' ? [event.outcome.step.key] : []));
    expect(told).toEqual(['a', 'b', 'c', 'k', 'x', 'y']);
  });

  test('a phase at a time, as many steps at once as may be, outcomes in the order of the plan', async () => {
    const delays: Readonly<Record<string, number>> = { a: 20, b: 1, c: 10, d: 1 };
    const write = async (of: Step): Promise<StepOutcome> => {
      await new Promise((resolve) => setTimeout(resolve, delays[of.key]));
      return done(of);
    };
    const ranks = [rank('one', publish(steps('upload', 'a', 'b', 'c')), publish(steps('copy', 'd')))];
    const ran = await run(ranks, { write }, { concurrency: 3 });
    expect(ran.outcomes).toEqual(['a done', 'b done', 'c done', 'd done']);
    expect(ran.calls.at(-1)).toBe('copy d');
    expect(ran.most).toBe(3);
  });

  test('deletes go a thousand at a time, and each has its own outcome', async () => {
    const thousand = Array.from({ length: 1000 }, (_, i) => `k${i}`);
    const one = await run([rank('deletes', publish(steps('delete', ...thousand)))]);
    expect(one.calls).toHaveLength(2);
    const keys = Array.from({ length: 2001 }, (_, i) => `k${i}`);
    const ranks = [rank('deletes', publish(steps('delete', ...keys)))];
    const sizes: number[] = [];
    const refuse = async (of: readonly Step[]): Promise<readonly StepOutcome[]> => {
      sizes.push(of.length);
      return of.map((one) => (one.key === 'k1500' ? failed(one) : done(one)));
    };
    const { outcomes } = await run(ranks, { delete: refuse });
    expect(sizes).toEqual([1000, 1000]);
    expect(outcomes).toHaveLength(2001);
    expect(outcomes.filter((text) => !text.endsWith('done'))).toEqual([
      'k1500 failed: throttled, k1500 went wrong',
      'k2000 skipped: throttled, not started: k1500 failed before it',
    ]);
  });
});

describe('after a failure', () => {
  test('D6: no later step, rank or delete is started, and each says what failed', async () => {
    const ranks = [
      rank('new keys', publish(steps('upload', 'a', 'b', 'c')), publish(steps('copy', 'd'))),
      rank(
        'changed keys',
        stage(false, steps('copy', 's')),
        publish(steps('upload', 'e'), steps('keep', 'k')),
      ),
      rank('deletes', publish(steps('delete', 'x'))),
    ];
    const write = async (of: Step): Promise<StepOutcome> =>
      of.key === 'b' ? failed(of, 'rejected') : done(of);
    const { calls, outcomes, events } = await run(ranks, { write });
    expect(calls).toEqual(['upload a', 'upload b']);
    const skipped = 'skipped: rejected, not started: b failed before it';
    expect(outcomes).toEqual([
      'a done',
      'b failed: rejected, b went wrong',
      ...['c', 'd', 'e', 'k', 'x'].map((key) => `${key} ${skipped}`),
    ]);
    expect(events.flatMap((event) => (event.type === 'rank' ? [event.name] : []))).toEqual(['new keys']);
  });

  test('what is in flight ends; the first failure is the one that is named', async () => {
    const write = async (of: Step): Promise<StepOutcome> => {
      await new Promise((resolve) => setTimeout(resolve, of.key === 'b' ? 5 : 20));
      return of.key === 'c' ? done(of) : failed(of);
    };
    const ranks = [rank('one', publish(steps('upload', 'a', 'b', 'c', 'd')))];
    const { outcomes } = await run(ranks, { write }, { concurrency: 3 });
    expect(outcomes).toEqual([
      'a failed: throttled, a went wrong',
      'b failed: throttled, b went wrong',
      'c done',
      'd skipped: throttled, not started: b failed before it',
    ]);
  });

  test('a failure that has no code is an internal one', async () => {
    const write = async (of: Step): Promise<StepOutcome> => ({ ...done(of), outcome: 'failed' });
    const { outcomes } = await run([rank('one', publish(steps('upload', 'a', 'b')))], { write });
    expect(outcomes[1]).toBe('b skipped: internal, not started: a failed before it');
  });

  test('a run that is stopped starts nothing more, and says so', async () => {
    const stop = new AbortController();
    const write = async (of: Step): Promise<StepOutcome> => {
      stop.abort();
      return done(of);
    };
    const ranks = [
      rank('one', publish(steps('upload', 'a', 'b'))),
      rank('two', stage(true, steps('upload', 's'))),
      rank('deletes', publish(steps('delete', 'x'))),
    ];
    const { calls, outcomes, events } = await run(ranks, { write }, { signal: stop.signal });
    expect(calls).toEqual(['upload a']);
    expect(outcomes).toEqual([
      'a done',
      'b skipped: cancelled, not started: the run was stopped',
      'x skipped: cancelled, not started: the run was stopped',
    ]);
    expect(events.filter(({ type }) => type === 'rank')).toHaveLength(1);
  });
});

describe('what is staged', () => {
  test('R13: where all of it is required and one is not, nothing is published', async () => {
    // The step that is published is the one that is staged.
    const [a, b, c] = steps('upload', 'a', 'b', 'c');
    const ranks = [
      rank('one', stage(true, [a!, b!, c!]), publish([a!])),
      rank('two', publish([b!, c!])),
      rank('deletes', publish(steps('delete', 'x'))),
    ];
    const { calls, outcomes } = await run(ranks, {
      stage: async (of) => (of.key === 'b' ? failed(of) : undefined),
    });
    expect(calls).toEqual(['stage a', 'stage b']);
    const skipped = 'skipped: throttled, not started: b failed before it';
    expect(outcomes).toEqual([
      `a ${skipped}`,
      'b failed: throttled, b went wrong',
      `c ${skipped}`,
      `x ${skipped}`,
    ]);
  });

  test('what was stopped while it was staged did not fail', async () => {
    const [a, b] = steps('upload', 'a', 'b');
    const ranks = [rank('one', stage(true, [a!, b!]), publish([a!, b!]))];
    const stop = new AbortController();
    const error = { code: 'cancelled', message: 'interrupted' } as const;
    const { outcomes } = await run(
      ranks,
      {
        stage: async (of) => {
          stop.abort();
          return { ...done(of), outcome: 'skipped', error };
        },
      },
      { signal: stop.signal },
    );
    expect(outcomes).toEqual([
      'a skipped: cancelled, interrupted',
      'b skipped: cancelled, not started: the run was stopped',
    ]);
  });

  test('where it is not required, what could not be staged is published all the same', async () => {
    const ranks = [rank('one', stage(false, steps('copy', 'a', 'b')), publish(steps('copy', 'a', 'b')))];
    const asked: boolean[] = [];
    const { calls } = await run(ranks, {
      stage: async (_, required) => {
        asked.push(required);
        return undefined;
      },
    });
    expect(calls).toEqual(['stage a', 'stage b', 'copy a', 'copy b']);
    expect(asked).toEqual([false, false]);
  });

  test('the first of each kind alone, where all of it is required: they show whether it can be done', async () => {
    const phase = (required: boolean): Rank =>
      rank('one', stage(required, steps('upload', 'u1', 'u2'), steps('copy', 'c1', 'c2')));
    const cannot = async (of: Step): Promise<undefined> => {
      if (of.key === 'c1') throw new CannotStageError('no part copies');
    };
    const calls: string[] = [];
    const note = async (of: Step): Promise<undefined> => {
      calls.push(of.key);
      return cannot(of);
    };
    await expect(run([phase(true)], { stage: note }, { concurrency: 4 })).rejects.toThrow(CannotStageError);
    expect(calls).toEqual(['c1']);
    const { calls: all, most } = await run([phase(true)], {}, { concurrency: 4 });
    expect(all).toEqual(['stage c1', 'stage u1', 'stage u2', 'stage c2']);
    expect(most).toBe(2);
    expect((await run([phase(false)], {}, { concurrency: 4 })).most).toBe(4);
  });
});

describe('who is asked before', () => {
  const refused = { code: 'foreign-writer', message: 'another writer' } as const;

  test('D6: deletes are withheld when there is a reason, once for all, and writes are not', async () => {
    const ranks = [
      rank('one', publish(steps('upload', 'a'))),
      rank('deletes', publish(steps('delete', 'x')), publish(steps('delete', 'y'))),
    ];
    const { calls, outcomes } = await run(ranks, { beforeDeletes: async () => refused });
    expect(calls).toEqual(['upload a', 'before deletes']);
    expect(outcomes).toEqual([
      'a done',
      'x skipped: foreign-writer, another writer',
      'y skipped: foreign-writer, another writer',
    ]);
  });

  test('the other destinations, once, when everything is staged and before anything is published', async () => {
    const order: string[] = [];
    const meet = async (): Promise<undefined> => void order.push('meet');
    const note = (kind: string) => async (of: Step) => {
      order.push(`${kind} ${of.key}`);
      return done(of);
    };
    const ranks = [
      rank('one', stage(true, steps('upload', 'a')), publish(steps('upload', 'a'))),
      rank('two', publish(steps('upload', 'b'))),
    ];
    const staged = async (of: Step): Promise<undefined> => void order.push(`stage ${of.key}`);
    await run(ranks, { stage: staged, write: note('write') }, { meet });
    expect(order).toEqual(['stage a', 'meet', 'write a', 'write b']);
  });

  test('who has nothing to publish meets them too; who failed does not', async () => {
    let met = 0;
    const meet = async (): Promise<undefined> => void met++;
    await run([rank('one')], {}, { meet });
    expect(met).toBe(1);
    const ranks = [rank('one', stage(true, steps('upload', 'a')), publish(steps('upload', 'a')))];
    await run(ranks, { stage: async (of) => failed(of) }, { meet });
    expect(met).toBe(1);
  });

  test('nothing is published or deleted when they cannot be met', async () => {
    const ranks = [
      rank('one', publish(steps('upload', 'a'), steps('keep', 'k'))),
      rank('deletes', publish(steps('delete', 'x'))),
    ];
    const { calls, outcomes } = await run(ranks, {}, { meet: async () => refused });
    expect(calls).toEqual([]);
    expect(outcomes).toEqual(['a', 'k', 'x'].map((key) => `${key} skipped: foreign-writer, another writer`));
  });
});

test('a dry run plans every step and does none', async () => {
  const plan = {
    ranks: [
      rank('one', stage(true, steps('upload', 'a')), publish(steps('upload', 'a'), steps('keep', 'k'))),
      rank('deletes', publish(steps('delete', 'x', 'y'))),
    ],
  } as unknown as Plan;
  const { signal } = new AbortController();
  const outcomes = await execute(plan, dryRunPerformer, { concurrency: 2, emit: () => undefined, signal });
  expect(outcomes.map(({ step: of, ...rest }) => ({ key: of.key, ...rest }))).toEqual([
    { key: 'a', outcome: 'planned', action: 'upload', sentBytes: 0, ms: 0 },
    { key: 'k', outcome: 'done', action: 'keep', sentBytes: 0, ms: 0 },
    { key: 'x', outcome: 'planned', action: 'delete', sentBytes: 0, ms: 0 },
    { key: 'y', outcome: 'planned', action: 'delete', sentBytes: 0, ms: 0 },
  ]);
});

test('what a step that met an error becomes: failed, or skipped where the run was stopped', () => {
  const of = step('upload', 'a');
  const exits = new Set<ExitCode>();
  const { signal } = new AbortController();
  const error = new SyncError('file-changed', EXIT.failed, 'a changed');
  expect(failedOutcome(of, error, 7, signal, exits)).toEqual({
    step: of,
    outcome: 'failed',
    action: 'upload',
    sentBytes: 0,
    error: { code: 'file-changed', message: 'a changed' },
    ms: 7,
  });
  expect([...exits]).toEqual([EXIT.failed]);
  // A refusal comes before the first write; what is met later is a failure.
  failedOutcome(of, new SyncError('key-collision', EXIT.refused, 'a'), 7, signal, exits);
  expect([...exits]).toEqual([EXIT.failed]);
  failedOutcome(of, new SyncError('foreign-writer', EXIT.foreignWriter, 'a'), 7, signal, exits);
  expect([...exits]).toEqual([EXIT.failed, EXIT.foreignWriter]);
  const stopped = failedOutcome(of, error, 7, AbortSignal.abort(), exits);
  expect(stopped).toEqual({
    step: of,
    outcome: 'skipped',
    action: 'upload',
    sentBytes: 0,
    error: { code: 'cancelled', message: 'interrupted: the run was stopped' },
    ms: 7,
  });
  expect([...exits]).toEqual([EXIT.failed, EXIT.foreignWriter]);
});

test.each([
  ['PutObject', 'aborted', true],
  ['CompleteMultipartUpload', 'network', true],
  ['DeleteObjects', 'aborted', true],
  ['UploadPart', 'aborted', false],
  ['CopyObject', 'denied', false],
  // A gateway may say so of what is done.
  ['PutObject', 'throttled', true],
  // Whether a write whose answer was lost was made.
  ['HeadObject', 'aborted', true],
] as const)(
  'R3: of %s (%s) that was on its way when the run was stopped: whether it may be done: %s',
  (operation, kind, mayBe) => {
    const error = new StoreError(kind, 'Aborted', 0, operation, 'the run was stopped');
    const stopped = failedOutcome(step('upload', 'a'), error, 7, AbortSignal.abort(), new Set());
    expect(stopped).toMatchObject({ outcome: 'skipped', error: { code: 'cancelled' } });
    expect(stopped.error?.message.endsWith('which may be done all the same')).toBe(mayBe);
    expect(mayBeDone(stopped)).toBe(mayBe);
  },
);
