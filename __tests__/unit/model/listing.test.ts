import { expect, test } from '@jest/globals';
import type { ETag, Md5 } from '../../../src/model/digest.js';
import { Listing } from '../../../src/model/listing.js';
import { Md5Table } from '../../../src/model/md5-table.js';
import type { ObjectKey } from '../../../src/model/object-key.js';
import { ObjectMap } from '../../../src/model/object-map.js';
import type { ListedObject } from '../../../src/model/objects.js';

const MD5 = '0123456789abcdef0123456789abcdef';
const ETAGS = [MD5, `${MD5}-3`, MD5.toUpperCase(), 'opaque', ''] as readonly string[] as readonly ETag[];

function object(key: string, etag: ETag, changes: Partial<ListedObject> = {}): ListedObject {
  const plain = { size: 5 * 2 ** 40, lastModified: 1_700_000_000_123, storageClass: 'STANDARD' };
  return { key: key as ObjectKey, etag, ...plain, ...changes };
}

test('a listing gives back what was listed, as a Map would', () => {
  const listing = new Listing();
  const map = new Map<ObjectKey, ListedObject>();
  const add = (listed: ListedObject): void => {
    listing.add(listed);
    map.set(listed.key, listed);
  };
  for (let i = 0; i < 3000; i++) {
    const storageClass = i % 7 === 0 ? `CLASS_${i % 3}` : 'STANDARD';
    add(object(`k/${i}`, ETAGS[i % ETAGS.length]!, { size: i, storageClass }));
  }
  // What is listed twice is as it was listed last, whichever kind of ETag it had before.
  for (let i = 0; i < 10; i++) add(object(`k/${i}`, ETAGS[(i + 1) % ETAGS.length]!));
  expect([...listing]).toEqual([...map]);
  expect([...listing.values()]).toEqual([...map.values()]);
  expect([...listing.keys()]).toEqual([...map.keys()]);
  expect(listing.get('k/7' as ObjectKey)).toEqual(map.get('k/7' as ObjectKey));
  expect([listing.size, listing.has('k' as ObjectKey), listing.get('k' as ObjectKey)]).toEqual([
    map.size,
    false,
    undefined,
  ]);
});

test('a listing has no object that nobody listed, though more is said under its names', () => {
  const listing = new Listing();
  listing.add(object('a', MD5 as ETag));
  new Md5Table<ObjectKey>(listing.names).set('b' as ObjectKey, MD5 as Md5);
  expect([listing.size, listing.has('b' as ObjectKey), listing.get('b' as ObjectKey)]).toEqual([
    1,
    false,
    undefined,
  ]);
  expect([...listing.keys()]).toEqual(['a']);
  expect(() => listing.add(object('c', MD5 as ETag))).toThrow('has 1 rows and skips to 2');
});

test('what is known of an object is known of the same object, and of no other state or place of its key', () => {
  const listed = object('k', ETAGS[0]!);
  const known = new ObjectMap<Md5>();
  known.set(listed, MD5 as Md5);
  expect(known.get({ ...listed })).toBe(MD5);
  const others = [
    { ...listed, etag: ETAGS[1]! },
    { ...listed, size: 1 },
    { ...listed, bucket: { name: 'other' } },
  ];
  expect(others.map((other) => known.has(other))).toEqual([false, false, false]);
});
