import { describe, expect, jest, test } from '@jest/globals';
import type { ETag } from '../../../src/model/digest.js';
import type { ObjectKey, Prefix } from '../../../src/model/object-key.js';
import type { ListedObject } from '../../../src/model/objects.js';
import type { ReadableStore } from '../../../src/store/object-store.js';

/** Room for a hundred objects, so that a listing need not be large. Bytes. */
let memory = 4 * 1024 ** 3;
jest.unstable_mockModule('node:v8', () => ({ getHeapStatistics: () => ({ heap_size_limit: memory }) }));
const { listAll } = await import('../../../src/sync/list.js');

function object(key: string): ListedObject {
  return {
    key: `p/${key}` as ObjectKey,
    size: 1,
    etag: 'e' as ETag,
    lastModified: 1,
    storageClass: 'STANDARD',
  };
}

async function list(
  pages: Iterable<readonly string[]>,
): Promise<{ readonly keys: readonly string[]; readonly told: readonly number[] }> {
  const store = {
    unlisted: new Set(),
    async *list() {
      for (const page of pages) yield page.map(object);
    },
  } as unknown as ReadableStore;
  const told: number[] = [];
  const { signal } = new AbortController();
  const listing = await listAll(store, 'p/' as Prefix, (keys) => told.push(keys), signal);
  return { keys: [...listing.keys()], told };
}

function* repeated(page: readonly string[], times: number): Generator<readonly string[]> {
  for (let i = 0; i < times; i++) yield page;
}

describe('a listing', () => {
  test('that tells keys twice has each once', async () => {
    expect(await list([['a', 'b'], ['b', 'c'], ['c']])).toEqual({
      keys: ['p/a', 'p/b', 'p/c'],
      told: [2, 3, 3],
    });
  });

  test('that repeats itself is ended; the hundredth page in a row that says nothing new is not too much', async () => {
    await expect(list(repeated(['a'], 1_000_000))).rejects.toMatchObject({ code: 'InvalidListing' });
    function* slow(): Generator<readonly string[]> {
      yield* repeated(['a'], 101);
      yield ['b'];
    }
    expect((await list(slow())).keys).toEqual(['p/a', 'p/b']);
  });

  test('that does not fit into memory fails in one line, and repeats count for nothing there', async () => {
    memory = 100 * 300;
    const keys = Array.from({ length: 50 }, (_, i) => `${i}`);
    expect((await list(repeated(keys, 20))).keys).toHaveLength(50);
    await expect(list(keys.map((key) => keys.map((other) => `${key}/${other}`)))).rejects.toMatchObject({
      code: 'ListingTooLarge',
      message: expect.stringMatching(/^the listing has more than \d+ objects, .*: take a narrower prefix/),
    });
  });
});
