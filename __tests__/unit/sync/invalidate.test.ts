import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { StepOutcome } from '../../../src/model/events.js';
import { EVERYTHING } from '../../../src/model/invalidation.js';
import type { ObjectKey } from '../../../src/model/object-key.js';
import type { InvalidationOptions } from '../../../src/model/options.js';
import type { Plan, Step } from '../../../src/model/plan.js';
import type { StoreErrorKind } from '../../../src/store/object-store.js';
import type { IndexStorage } from '../../../src/sync/ports.js';
import { Cdn, invalidation, refused } from '../../support/cdn.js';

/** Pauses take no time and pass on this clock. Milliseconds. */
let now = 0;
let onPause: () => void = () => undefined;
jest.unstable_mockModule('node:timers/promises', () => ({
  setTimeout: async (ms: number, _: undefined, { signal }: { readonly signal: AbortSignal }) => {
    now += ms;
    onPause();
    signal.throwIfAborted();
  },
  setImmediate: async () => undefined,
}));
const { Invalidations } = await import('../../../src/sync/invalidate.js');

let cdn: Cdn;
let stop: AbortController;
let messages: string[];

beforeEach(() => {
  now = 0;
  onPause = () => undefined;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  cdn = new Cdn();
  stop = new AbortController();
  messages = [];
});
afterEach(() => {
  jest.restoreAllMocks();
});

function invalidations(
  changes: Partial<InvalidationOptions> = {},
  published: readonly Step[] = [],
  others: readonly string[] = [],
): InstanceType<typeof Invalidations> {
  return new Invalidations({
    options: invalidation({ ...changes }),
    invalidator: cdn,
    storage: {} as IndexStorage,
    remembered: new Map(['E2EXAMPLE', ...others].map((distribution) => [distribution, { paths: [] }])),
    known: new Map(),
    listing: new Map(),
    published,
    keys: [],
    url: 's3://b/p/',
    emit: (event) => void (event.type === 'message' && messages.push(event.message)),
    onMove: () => undefined,
    signal: stop.signal,
    requests: new AbortController().signal,
  });
}

const remove = { action: 'delete', key: 'p/a' as ObjectKey, reason: 'removed', rank: 0, bytes: 1 } as Step;
const keep = { ...remove, action: 'keep', key: 'p/kept' as ObjectKey, reason: 'grace' } as Step;
const outcome = (step: Step): StepOutcome => ({
  step,
  outcome: 'done',
  action: step.action,
  sentBytes: 0,
  ms: 0,
});

/** What a run that deleted one object sent. */
async function sent(changes: Partial<InvalidationOptions> = {}): Promise<InstanceType<typeof Invalidations>> {
  const made = invalidations(changes);
  made.settle([outcome(remove)]);
  expect(await made.send()).toBeUndefined();
  return made;
}

test('what a plan keeps may stay in caches', () => {
  const made = invalidations();
  const none = { files: 0, bytes: 0 };
  const plan = (...steps: readonly Step[]): Plan => ({
    ranks: [{ name: 'all', phases: [{ kind: 'publish', steps }] }],
    unchanged: none,
    kept: none,
  });
  made.plan(plan(keep));
  made.tellPlanned();
  expect(made.report).toBeUndefined();
  made.plan(plan(keep, remove));
  made.tellPlanned();
  expect(made.report).toMatchObject({ paths: ['/a'], status: 'planned' });
});

test('what other machines published is owed with what this run does', async () => {
  const theirs = { ...remove, key: 'p/theirs' as ObjectKey };
  const made = invalidations({}, [theirs]);
  made.settle([]);
  await made.send();
  expect(cdn.paths).toEqual([['/theirs']]);
});

test('what may be done though the run was stopped is owed: to this distribution, and to every other one', () => {
  const inDoubt: StepOutcome = { ...outcome(remove), outcome: 'skipped', inDoubt: true };
  const notBegun: StepOutcome = { ...outcome(remove), outcome: 'skipped' };
  const owed = (of: StepOutcome): readonly (readonly string[] | undefined)[] => {
    const made = invalidations({}, [], ['E3EXAMPLE']);
    made.settle([of]);
    return ['E2EXAMPLE', 'E3EXAMPLE'].map((distribution) => made.left().get(distribution)?.paths);
  };
  expect(owed(inDoubt)).toEqual([['/a'], [EVERYTHING]]);
  expect(owed(notBegun)).toEqual([[], []]);
});

describe('an invalidation that fails', () => {
  test.each<readonly [StoreErrorKind | 'none', string, RegExp]>([
    ['denied', 'AccessDenied', /\(AccessDenied\): allow cloudfront:CreateInvalidation on the distribution; /],
    ['rejected', 'NoSuchDistribution', /: check invalidate, and that the credentials are of its account; /],
    ['throttled', 'Throttling', /: other invalidations are in progress there, so run again later; /],
    ['network', 'ECONNRESET', /: check proxy and network; /],
    ['server', 'ServiceUnavailable', /: run again; /],
    ['none', 'no route', /\(no route\): run again; /],
  ])('%s, %s: the run says what to do, and leaves it to the next one', async (kind, code, advice) => {
    const error = kind === 'none' ? new Error(code) : refused(kind, code);
    cdn.create = async () => {
      throw error;
    };
    const made = invalidations();
    made.settle([outcome(remove)]);
    const told = await made.send();
    expect(told).toMatchObject({ code: 'invalidation-failed', exit: 1 });
    expect(told?.message).toMatch(/^s3:\/\/b\/p\/: the invalidation of \/a in E2EXAMPLE failed /);
    expect(told?.message).toMatch(advice);
    expect(told?.message).toMatch(/the next run sends what is missing$/);
    expect(made.report).toMatchObject({ status: 'failed' });
    expect(made.left().get('E2EXAMPLE')).toEqual({ paths: ['/a'], mapping: invalidation().mapping });
  });

  test('because its paths are not taken is sent for everything instead', async () => {
    cdn.failures.push(refused('rejected', 'InvalidArgument', 'a path is wrong'));
    const made = await sent();
    expect(cdn.paths).toEqual([[EVERYTHING]]);
    expect(messages).toEqual([
      'E2EXAMPLE does not take /a (InvalidArgument: a path is wrong): this run invalidates /* instead',
    ]);
    expect(made.left().get('E2EXAMPLE')?.paths).toEqual([]);
  });
});

describe('invalidate-wait', () => {
  const wait = { wait: true } as const;

  test('asks again where CloudFront cannot answer, and fails where it never can: it was sent all the same', async () => {
    const answers = ['server', 'network', 'throttled'] as const;
    let asked = 0;
    cdn.isDone = async () => {
      const kind = answers[asked++];
      if (kind !== undefined) throw refused(kind, 'as told');
      return true;
    };
    const made = await sent(wait);
    expect([await made.wait(), made.report?.status, asked]).toEqual([undefined, 'completed', 4]);
    cdn.isDone = async () => {
      throw refused('server', 'ServiceUnavailable');
    };
    const never = await sent(wait);
    expect((await never.wait())?.message).toMatch(
      /could not be asked \(ServiceUnavailable\): CloudFront goes on with it$/,
    );
    expect(never.left().get('E2EXAMPLE')?.paths).toEqual([]);
  });

  test('ends after half an hour', async () => {
    cdn.questions = Number.POSITIVE_INFINITY;
    const made = await sent(wait);
    expect((await made.wait())?.message).toMatch(/is not complete after 30 minutes: everything is published/);
    expect(made.report?.status).toBe('failed');
  });

  test('that is stopped fails nothing: what was sent is done without it', async () => {
    cdn.questions = Number.POSITIVE_INFINITY;
    const made = await sent(wait);
    onPause = () => stop.abort(new Error('stopped'));
    expect([await made.wait(), made.report?.status]).toEqual([undefined, 'sent']);
  });
});
