import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ETag, md5Of } from '../../../src/model/digest.js';
import type { ObjectEntry } from '../../../src/model/digest-index.js';
import type { ObjectKey } from '../../../src/model/object-key.js';
import { WrittenObjects } from '../../../src/model/written-objects.js';
import { SEED } from '../../support/seed.js';

const md5 = fc.nat(5).map((n) => md5Of(Buffer.from(`${n}`)));
const headers = fc.constantFrom('a'.repeat(64), 'b'.repeat(64));
const plain = fc
  .record({ md5, size: fc.nat(), headers })
  .map((entry): ObjectEntry => ({ etag: entry.md5 as string as ETag, ...entry }));
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
const key = fc.nat(30).map((n) => `p/${n}` as ObjectKey);

describe('what a run wrote', () => {
  test('is what a Map of the same entries holds, each as it was set last', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.oneof(plain, other)), { maxLength: 60 }), (sets) => {
        const written = new WrittenObjects();
        for (const [at, entry] of sets) written.set(at, entry);
        const expected = new Map(sets);
        expect([...written]).toEqual([...expected]);
        expect(written.size).toBe(expected.size);
        for (let n = 0; n <= 31; n++) {
          const at = `p/${n}` as ObjectKey;
          expect([written.has(at), written.get(at)]).toEqual([expected.has(at), expected.get(at)]);
        }
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  test('has room for many, and the time of each that was told', () => {
    const written = new WrittenObjects();
    const entry = {
      etag: md5Of(Buffer.from('x')) as string as ETag,
      size: 5,
      md5: md5Of(Buffer.from('x')),
      headers: 'h',
    };
    for (let i = 0; i < 5_000; i++) written.set(`p/${i}` as ObjectKey, { ...entry, size: i });
    for (let i = 0; i < 5_000; i += 2) written.date(`p/${i}` as ObjectKey, 1_000 + i);
    written.date('p/unknown' as ObjectKey, 7);
    expect(written.size).toBe(5_000);
    expect(written.get('p/4999' as ObjectKey)).toEqual({ ...entry, size: 4_999 });
    expect(['p/4998', 'p/4999', 'p/unknown'].map((at) => written.writtenAt(at as ObjectKey))).toEqual([
      5_998,
      undefined,
      undefined,
    ]);
  });
});
