import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NameTable } from '../../../src/model/name-table.js';
import type { ObjectKey } from '../../../src/model/object-key.js';
import { HeaderStates } from '../../../src/sync/header-states.js';
import type { HeaderState } from '../../../src/sync/plan.js';
import { SEED } from '../../support/seed.js';

const key = fc.nat(2_000).map((n) => `p/${n}` as ObjectKey);
const state = fc.constantFrom<HeaderState | undefined>('same', 'changed', 'class', undefined);

describe('what is known of headers', () => {
  test('is what a Map of the same states holds, in the order of the keys that it shares', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, state), { maxLength: 60 }), fc.array(key), (sets, names) => {
        const shared = new NameTable();
        for (const name of names) shared.add(name);
        const states = new HeaderStates(shared);
        const expected = new Map<ObjectKey, HeaderState>();
        for (const [at, state] of sets) {
          if (state === undefined) {
            states.delete(at);
            expected.delete(at);
          } else {
            states.set(at, state);
            expected.set(at, state);
          }
        }
        expect(new Map(states)).toEqual(expected);
        const rows = [...states.keys()].map((at) => shared.find(at));
        expect(rows).toEqual([...rows].sort((a, b) => a - b));
        expect(states.size).toBe(expected.size);
        const others = [...expected].flatMap(([at, state]) => (state === 'same' ? [] : at));
        expect(new Set(states.others())).toEqual(new Set(others));
        for (const at of [...names, ...sets.map(([at]) => at)])
          expect([states.has(at), states.get(at)]).toEqual([expected.has(at), expected.get(at)]);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });
});
