import { expect, test } from '@jest/globals';
import type { ETag } from '../../../src/model/digest.js';
import type { DigestIndex, PendingDelete } from '../../../src/model/digest-index.js';
import type { ObjectKey } from '../../../src/model/object-key.js';
import type { ListedObject } from '../../../src/model/objects.js';
import type { DeleteGrace } from '../../../src/model/options.js';
import type { DeleteStep, KeepStep, Plan, Step } from '../../../src/model/plan.js';
import { endedWaits, graceStates, pendingDeletes } from '../../../src/sync/grace.js';

const KEY = 'p/gone' as ObjectKey;
const NOW = 100_000;

function remembering(deploys: number, pending: Partial<PendingDelete>, key: string = KEY): DigestIndex {
  const entry: PendingDelete = { etag: 'e' as ETag, since: 0, deploys: 0, ...pending };
  return { deploys, pending: new Map([[key, entry]]) } as unknown as DigestIndex;
}

const stateOf = (
  grace: DeleteGrace,
  index: DigestIndex | undefined,
  isTrusted = true,
  isDeploy = true,
): string =>
  graceStates(grace, index, NOW, isTrusted)({ key: KEY, etag: 'e' as ETag } as ListedObject, isDeploy);

const DEPLOYS: DeleteGrace = { kind: 'deploys', deploys: 2 };
const TIME: DeleteGrace = { kind: 'time', ms: 1_000 };

test.each([
  ['no grace', { kind: 'none' } as const, remembering(0, {}), 'due'],
  ['no index', DEPLOYS, undefined, 'begins'],
  ['no index', TIME, undefined, 'begins'],
  ['a key that did not wait', DEPLOYS, remembering(9, {}, 'p/other'), 'begins'],
  ['another object under the key', DEPLOYS, remembering(9, { etag: 'f' as ETag }), 'begins'],
  ['a deploy too few', DEPLOYS, remembering(4, { deploys: 3 }), 'waits'],
  ['deploys enough with this one', DEPLOYS, remembering(5, { deploys: 3 }), 'expired'],
  ['deploys enough before this one', DEPLOYS, remembering(6, { deploys: 3 }), 'expired'],
  ['time and no deploy', DEPLOYS, remembering(3, { since: 0, deploys: 3 }), 'waits'],
  ['a millisecond too few', TIME, remembering(9, { since: NOW - 999 }), 'waits'],
  ['time enough', TIME, remembering(0, { since: NOW - 1_000 }), 'expired'],
  ['a clock that was set back', TIME, remembering(9, { since: NOW + 5_000 }), 'waits'],
] as const)('how a delete stands: %s, %j', (_, grace, index, state) => {
  expect(stateOf(grace, index)).toBe(state);
  // Who else can write the index says nothing of what was judged, and may well say how long it has waited.
  expect(stateOf(grace, index, false)).toBe(state === 'expired' ? 'due' : state);
});

test('a wait that a run ended which did not get to write its index counts for nothing', () => {
  for (const grace of [DEPLOYS, TIME]) {
    const index = { ...remembering(9, { since: 0 }), ended: new Set([KEY]) };
    expect(stateOf(grace, index)).toBe('begins');
    expect(stateOf(grace, { ...index, ended: new Set(['p/other']) })).toBe('expired');
    const waiting = [{ key: KEY, etag: 'e' as ETag } as KeepStep];
    const begins = [[KEY, { etag: 'e', since: NOW, deploys: 9 }]];
    expect([...pendingDeletes({ waiting, plan: planOf([]) }, new Set(), index, NOW)]).toEqual(begins);
  }
});

test('a wait ends where the plan neither keeps nor deletes the object that it is about', () => {
  const wait: PendingDelete = { etag: 'e' as ETag, since: 7, deploys: 3 };
  const index = remembering(5, wait);
  const kept = (etag: string): KeepStep => ({ key: KEY, etag: etag as ETag }) as KeepStep;
  const deleted = { key: KEY, action: 'delete', etag: 'e' as ETag } as DeleteStep;
  const ended = (waiting: readonly KeepStep[], steps: readonly Step[], of = index): unknown => [
    ...endedWaits({ waiting, plan: planOf(steps) }, of),
  ];
  expect(ended([], [])).toEqual([[KEY, wait]]);
  expect(ended([kept('f')], [])).toEqual([[KEY, wait]]);
  expect(ended([kept('e')], [])).toEqual([]);
  expect(ended([], [deleted])).toEqual([]);
  expect(ended([], [], { ...index, pending: new Map() })).toEqual([]);
});

test('a run that is no deploy is not counted', () => {
  expect(stateOf(DEPLOYS, remembering(5, { deploys: 3 }), true, false)).toBe('waits');
  expect(stateOf(DEPLOYS, remembering(6, { deploys: 3 }), true, false)).toBe('expired');
});

function planOf(steps: readonly Step[]): Plan {
  return { ranks: [{ phases: [{ kind: 'publish', steps }] }] } as unknown as Plan;
}

test('an object that waits is remembered since it began; another one under its key begins anew', () => {
  const waiting = [{ key: KEY, etag: 'e' as ETag } as KeepStep];
  const begun: PendingDelete = { etag: 'e' as ETag, since: 7, deploys: 3 };
  const planned = { waiting, plan: planOf([]) };
  const pending = (index: DigestIndex | undefined): unknown => [
    ...pendingDeletes(planned, new Set(), index, NOW),
  ];
  expect(pending(remembering(5, begun))).toEqual([[KEY, begun]]);
  const anew = (deploys: number): unknown => [[KEY, { etag: 'e', since: NOW, deploys }]];
  expect(pending(remembering(5, { ...begun, etag: 'f' as ETag }))).toEqual(anew(5));
  expect(pending(remembering(5, begun, 'p/other'))).toEqual(anew(5));
  expect(pending(undefined)).toEqual(anew(0));
});

test('one that has waited is remembered until its delete is confirmed, as the object that it was', () => {
  const planned = (etag = 'e'): Parameters<typeof pendingDeletes>[0] => ({
    waiting: [],
    plan: planOf([{ key: KEY, action: 'delete', etag: etag as ETag } as DeleteStep]),
  });
  const begun: PendingDelete = { etag: 'e' as ETag, since: 7, deploys: 3 };
  const index = remembering(5, begun);
  expect([...pendingDeletes(planned(), new Set(), index, NOW)]).toEqual([[KEY, begun]]);
  expect([...pendingDeletes(planned(), new Set([KEY]), index, NOW)]).toEqual([]);
  expect([...pendingDeletes(planned('f'), new Set(), index, NOW)]).toEqual([]);
  expect([...pendingDeletes(planned(), new Set(), undefined, NOW)]).toEqual([]);
});
