import { describe, expect, test } from '@jest/globals';
import type { ETag } from '../../../src/model/digest.js';
import type { ObjectKey, Prefix } from '../../../src/model/object-key.js';
import type { ListedObject } from '../../../src/model/objects.js';
import type { ObjectStore } from '../../../src/store/object-store.js';
import { foreignWrites } from '../../../src/sync/foreign.js';

/** ETags, each with its size where that is not 1. */
type Objects = Readonly<Record<string, string>>;

const sizeOf = (etag: string): number => Number(etag.split(' ')[1] ?? 1);

function listed(objects: Objects): readonly ListedObject[] {
  return Object.entries(objects).map(([key, etag]) => ({
    key: `p/${key}` as ObjectKey,
    size: sizeOf(etag),
    etag: etag.split(' ')[0] as ETag,
    lastModified: 0,
    storageClass: 'STANDARD',
  }));
}

interface Case {
  readonly before: Objects;
  readonly written?: Objects;
  readonly deleted?: readonly string[];
  /** What the second listing shows. */
  readonly now: Objects;
  /** What HEAD answers, where that is not what the listing shows. */
  readonly there?: Objects;
  readonly matters?: (key: string) => boolean;
}

/** Keys that somebody else wrote, without the prefix; of what may not have been written at all `undone`. */
async function foreign({ before, written = {}, deleted = [], now, there = now, matters = () => true }: Case) {
  const heads = new Map(Object.entries(there));
  const store = {
    unlisted: new Set(),
    list: async function* () {
      yield listed(now);
    },
    head: async (key: ObjectKey) => {
      const etag = heads.get(key.slice(2));
      return etag === undefined ? undefined : { etag: etag.split(' ')[0], size: sizeOf(etag) };
    },
  } as unknown as ObjectStore;
  const found = await foreignWrites({
    store,
    prefix: 'p/' as Prefix,
    listing: new Map(listed(before).map((object) => [object.key, object])),
    written: new Map(listed(written).map((object) => [object.key, object])),
    deleted: new Set(deleted.map((key) => `p/${key}` as ObjectKey)),
    matters: (key) => matters(key.slice(2)),
    withOwn: false,
    concurrency: 1,
    signal: new AbortController().signal,
  });
  const keys = found.foreign.map((key) => key.slice(2));
  return found.areUndone && keys.length > 0 ? { undone: keys } : keys;
}

describe('another writer is', () => {
  test.each<readonly [string, Case, readonly string[] | { readonly undone: readonly string[] }]>([
    [
      'nobody, where all is as it was and as this run made it',
      { before: { a: '1' }, written: { b: '2' }, now: { a: '1', b: '2' } },
      [],
    ],
    ['who changed a key', { before: { a: '1', b: '1' }, now: { a: '2', b: '1' } }, ['a']],
    ['who made one', { before: {}, now: { b: '2', a: '1' } }, ['a', 'b']],
    ['who deleted one', { before: { a: '1' }, now: {} }, ['a']],
    [
      'who deleted what this run wrote, or what was answered is not so',
      { before: { b: '1' }, written: { a: '1', b: '2' }, now: { b: '1' } },
      { undone: ['a', 'b'] },
    ],
    [
      'who changed one key, whatever became of another one',
      { before: { b: '1' }, written: { a: '1', b: '2' }, now: { b: '3' } },
      ['a', 'b'],
    ],
    ['who deleted what this run overwrote', { before: { a: '1' }, written: { a: '2' }, now: {} }, ['a']],
    [
      'nobody, but an answer that was not so, where bytes were dropped and their ETag kept',
      { before: {}, written: { 'a/': '1' }, now: { 'a/': '1 0' } },
      { undone: ['a/'] },
    ],
    [
      'nobody, where the listing alone has another size for what this run wrote',
      { before: {}, written: { a: '1' }, now: { a: '1 0' }, there: { a: '1' } },
      [],
    ],
    ['who made again what this run deleted', { before: { a: '1' }, deleted: ['a'], now: { a: '1' } }, ['a']],
    ['nobody, where this run deleted it', { before: { a: '1' }, deleted: ['a'], now: {} }, []],
    [
      'nobody, where the listing lags behind',
      { before: { a: '1' }, written: { a: '2' }, now: { a: '1' }, there: { a: '2' } },
      [],
    ],
    ['nobody, where what is missing in it is there', { before: { a: '1' }, now: {}, there: { a: '1' } }, []],
    [
      'of no interest under keys that do not matter',
      { before: { a: '1', b: '1' }, now: { a: '2' }, matters: () => false },
      [],
    ],
  ])('%s', async (_, met, keys) => {
    expect(await foreign(met)).toEqual(keys);
  });
});
