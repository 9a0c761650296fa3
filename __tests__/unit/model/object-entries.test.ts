import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ETag, md5Of } from '../../../src/model/digest.js';
import {
  emptyIndex,
  formatIndex,
  type ObjectEntry,
  parseIndex,
  type WritableIndex,
} from '../../../src/model/digest-index.js';
import { ObjectEntries } from '../../../src/model/object-entries.js';
import { compareKeys, type ObjectKey } from '../../../src/model/object-key.js';
import { SEED } from '../../support/seed.js';

const md5 = fc.nat(5).map((n) => md5Of(Buffer.from(`${n}`)));
const headers = fc.constantFrom('a'.repeat(64), 'b'.repeat(64));
const plain = fc
  .record(
    { md5, size: fc.nat(), headers, modified: fc.nat(), written: fc.nat() },
    { requiredKeys: ['md5', 'size'] },
  )
  .map((entry): ObjectEntry => ({ etag: entry.md5 as string as ETag, ...entry }));
const underKms = fc.record({
  etag: md5 as fc.Arbitrary<string> as fc.Arbitrary<ETag>,
  md5,
  size: fc.nat(),
  headers,
});
const other = fc.record(
  {
    etag: fc.constantFrom('opaque', `${'0'.repeat(32)}-2`) as fc.Arbitrary<ETag>,
    size: fc.nat(),
    md5,
    headers,
    parts: fc.constant('1x8'),
    chunks: fc.constant('AAAA'),
    source: fc.constant('md5:x'),
    class: fc.constant('GLACIER'),
    modified: fc.nat(),
    written: fc.nat(),
    extra: fc.constant({ x: 1 }),
  },
  { requiredKeys: ['etag', 'size'] },
) as fc.Arbitrary<ObjectEntry>;
const entry = fc.oneof(plain, underKms, other);
const key = fc.nat(30).map((n) => `p/${n}` as ObjectKey);

describe('what is known of objects', () => {
  test('is what a Map of the same entries holds, each as it was set last', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, entry), { maxLength: 60 }), (sets) => {
        const known = new ObjectEntries<ObjectKey>();
        for (const [at, entry] of sets) known.set(at, entry);
        const expected = new Map(sets);
        expect([...known]).toEqual([...expected]);
        expect([...known.keys()]).toEqual([...expected.keys()]);
        expect([...known.values()]).toEqual([...expected.values()]);
        expect([...known.inOrder()]).toEqual([...expected].sort(([a], [b]) => compareKeys(a, b)));
        expect(known.size).toBe(expected.size);
        for (let n = 0; n <= 31; n++) {
          const at = `p/${n}` as ObjectKey;
          expect([known.has(at), known.get(at)]).toEqual([expected.has(at), expected.get(at)]);
        }
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  test('is written and read again, in place of what was known of the same keys', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, entry), { maxLength: 60 }), (sets) => {
        const known = new ObjectEntries();
        for (const [at, entry] of sets) known.set(at, entry);
        const lines = (objects: WritableIndex['objects']): readonly string[] => [
          ...formatIndex({ ...emptyIndex(Buffer.alloc(0)), objects }),
        ];
        // What is read last counts.
        const twice = [...lines(sets), ...lines(known).slice(1)];
        const { index } = parseIndex(Buffer.from(twice.join('')));
        expect(new Map(index?.objects)).toEqual(new Map(known));
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  test('has room for many, and the time at which each was written', () => {
    const known = new ObjectEntries<ObjectKey>();
    const entry = {
      etag: md5Of(Buffer.from('x')) as string as ETag,
      size: 5,
      md5: md5Of(Buffer.from('x')),
      headers: 'h',
    };
    for (let i = 0; i < 5_000; i++) known.set(`p/${i}` as ObjectKey, { ...entry, size: i });
    known.set('p/parts' as ObjectKey, { ...entry, parts: '1x5' });
    for (let i = 0; i < 5_000; i += 2) known.date(`p/${i}` as ObjectKey, 1_000 + i);
    for (const at of ['p/unknown', 'p/parts'] as readonly string[] as readonly ObjectKey[]) known.date(at, 7);
    expect(known.size).toBe(5_001);
    expect(['p/4998', 'p/4999', 'p/parts', 'p/unknown'].map((at) => known.get(at as ObjectKey))).toEqual([
      { ...entry, size: 4_998, written: 5_998 },
      { ...entry, size: 4_999 },
      { ...entry, parts: '1x5', written: 7 },
      undefined,
    ]);
  });
});
