import { sep } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Md5, md5Of } from '../../../src/model/digest.js';
import { compareKeys } from '../../../src/model/object-key.js';
import type { LocalFile } from '../../../src/model/objects.js';
import { DigestTable } from '../../../src/sync/digest-table.js';
import type { FileDigest } from '../../../src/sync/file-bytes.js';
import { FileTable } from '../../../src/sync/file-table.js';

function file(name: string, changes: Partial<LocalFile> = {}): LocalFile {
  const path = `/tree/${name}`;
  const times = { mtimeNs: -1n, ctimeNs: 2n ** 62n, dev: 2n ** 40n, ino: 2n ** 63n - 1n };
  return { name, path, real: path, size: 3, ...times, nlink: 1, mode: 0o100644, ...changes };
}

describe('a table of files', () => {
  test('gives back what was put in, sorted by name', () => {
    const table = new FileTable();
    const files = [
      file('b/b', { real: '/tree/b/other', size: 2 ** 45 }),
      file('a.html', { dev: 0n, nlink: 2, mode: 0o100755 }),
      // Of the year 2400, which 64 bits of nanoseconds do not reach.
      file('far', { mtimeNs: 13_569_465_600n * 10n ** 9n }),
      file('far and gone', { ctimeNs: -(2n ** 70n) }),
      file('b.html', { path: '/elsewhere/b.html', real: '/elsewhere/b.html' }),
      file('under another name', { path: '/tree/page.html', real: '/tree/page.html' }),
      ...Array.from({ length: 3000 }, (_, i) => file(`b/${i}/\ue000${i}`, { size: i, ino: BigInt(i) })),
    ];
    for (const [row, one] of files.entries()) expect(table.add(one)).toBe(row);
    const sorted = table.sorted();
    expect(sorted).toHaveLength(files.length);
    const expected = files.sort((a, b) => compareKeys(a.name, b.name));
    for (let twice = 0; twice < 2; twice++) expect([...sorted]).toEqual(expected);
  });

  test('tells by their places what it would tell of each file, and whether the paths are in that order', () => {
    const table = new FileTable();
    for (const name of ['b', 'a/é', 'a.html']) table.add(file(name, { size: name.length }));
    const files = table.sorted();
    const { columns } = files;
    const told = [...files].map(({ name, size }) => [name, size]);
    const places = [...files].map((_, place) => place);
    expect(places.map((place) => [columns?.nameAt(place), columns?.sizeAt(place)])).toEqual(told);
    expect(places.map((place) => table.names.at(columns!.rowAt(place)))).toEqual(told.map(([name]) => name));
    expect(places.map((place) => columns?.at(place))).toEqual([...files]);
    expect(columns?.areByPath).toBe(sep === '/');
    table.add(file('c', { path: '/tree/a', real: '/tree/a' }));
    expect(table.sorted().columns?.areByPath).toBe(false);
  });

  test('has no file that nobody met, though more is said under its names', () => {
    const table = new FileTable();
    table.add(file('a'));
    new DigestTable(table.names).set('b', { md5: md5Of(Buffer.from('b')), partMd5s: [], etags: [] });
    expect([table.length, [...table.sorted()].map(({ name }) => name)]).toEqual([1, ['a']]);
    expect(() => table.add(file('c'))).toThrow('has 1 rows and skips to 2');
  });
});

test('digests by name are what was set last, with all that they say', () => {
  const md5 = (text: string): Md5 => md5Of(Buffer.from(text));
  const plain: FileDigest = { md5: md5('plain'), partMd5s: [], etags: [] };
  const parts: FileDigest = { md5: md5('parts'), partMd5s: [md5('part')], etags: [] };
  const digests = new DigestTable();
  digests.set('a', parts);
  digests.set('b', plain);
  digests.set('a', plain);
  digests.set('b', parts);
  expect([...digests]).toEqual([
    ['a', plain],
    ['b', parts],
  ]);
  expect([digests.size, digests.get('c'), digests.has('c'), digests.has('a')]).toEqual([
    2,
    undefined,
    false,
    true,
  ]);
});
