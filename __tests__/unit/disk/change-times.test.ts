import { lstatSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from '@jest/globals';
import { ChangeTimes } from '../../../src/disk/change-times.js';

const FILE = { path: '/tree/a', dev: 1n, ctimeNs: 1_795_839_812_348_529_883n };

test.each([
  ['ext4', 0xef53, true],
  ['tmpfs', 0x1021994, true],
  ['overlay', 0x794c7630, true],
  ['xfs', 0x58465342, true],
  ['btrfs', 0x9123683e, true],
  ['zfs', 0x2fc12fc1, true],
  ['nfs', 0x6969, true],
  ['apfs, by its number on macOS', 26, true],
  ['whatever Windows has', 0, true],
  ['fuse', 0x65735546, false],
  ['vfat', 0x4d44, false],
  ['exfat', 0x2011bab2, false],
  ['squashfs', 0x73717368, false],
  ['erofs', 0xe0f5e1e2, false],
  ['iso9660', 0x9660, false],
  ['cifs', 0xff534d42, false],
])('whether a ctime tells a change goes by the file system: %s', (_, type, isTold) => {
  expect(new ChangeTimes(() => type).areToldOf(FILE)).toBe(isTold);
});

test('whole seconds tell none on any: times of images, archives and old formats', () => {
  const changeTimes = new ChangeTimes(() => 0xef53);
  expect(changeTimes.areToldOf({ ...FILE, ctimeNs: 1_795_839_812_000_000_000n })).toBe(false);
  expect(changeTimes.areToldOf({ ...FILE, ctimeNs: 0n })).toBe(false);
});

test('each device is asked once, and once more where a file is gone', () => {
  const asked: string[] = [];
  const changeTimes = new ChangeTimes((path) => {
    asked.push(path);
    if (path === '/gone') throw new Error('ENOENT');
    return path.startsWith('/mnt') ? 0x65735546 : 0xef53;
  });
  const told = (path: string, dev: bigint): boolean => changeTimes.areToldOf({ ...FILE, path, dev });
  expect([told('/gone', 1n), told('/a', 1n), told('/b', 1n), told('/gone', 1n)]).toEqual([
    false,
    true,
    true,
    true,
  ]);
  expect([told('/mnt/a', 2n), told('/mnt/b', 2n)]).toEqual([false, false]);
  expect(asked).toEqual(['/gone', '/a', '/mnt/a']);
});

test('a temporary directory keeps the benefit', () => {
  const { dev, ctimeNs } = lstatSync(tmpdir(), { bigint: true });
  expect(new ChangeTimes().areToldOf({ path: tmpdir(), dev, ctimeNs: ctimeNs | 1n })).toBe(true);
});
