import { lstat, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FileCalls } from '../../../src/disk/file-calls.js';
import { InPlace } from '../../../src/disk/in-place.js';
import { turnsDuring } from '../../support/turns.js';

let work: string;
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'calls-'));
});
afterEach(() => rm(work, { recursive: true }));

/** Milliseconds that a call takes, by a clock that is read before and after it. */
const clock = (ms: number): (() => number) => {
  let now = 0;
  return () => (now += ms);
};

test('everything else has its turn between calls in place', async () => {
  const calls = new FileCalls(clock(2));
  const one = async (_: unknown, i: number): Promise<void> => {
    const [from, to] = [join(work, `${i}`), join(work, `to-${i}`)];
    await calls.create(from, Buffer.from('x'), {});
    await calls.link(from, to);
    await calls.unlink(from);
    await calls.rename(to, from);
    await calls.lstat(from);
  };
  expect(await turnsDuring(() => Promise.all(Array.from({ length: 30 }, one)))).toBeGreaterThan(50);
});

describe('calls are made', () => {
  const limits = { slowMs: 1, judged: 10, through: 25 };
  const ways = (inPlace: InPlace, calls: number): string => {
    let way = '';
    for (let i = 0; i < calls; i++) {
      if (inPlace.isSlow()) way += 'p';
      else way += inPlace.make(() => 'i');
    }
    return way;
  };

  test.each([
    ['in place as long as they are fast', 1, 'i'.repeat(80)],
    [
      'through the pool once they are slow, and in place again later',
      1.1,
      `${'i'.repeat(10)}${'p'.repeat(25)}`.repeat(2) + 'i'.repeat(10),
    ],
  ])('%s', (_, ms, expected) => {
    expect(ways(new InPlace(limits, clock(ms)), 80).slice(0, expected.length)).toBe(expected);
  });

  test('several at a time count as so many', () => {
    const inPlace = new InPlace(limits, clock(9));
    inPlace.make(() => undefined, 9);
    expect(inPlace.isSlow()).toBe(false);
    inPlace.make(() => undefined);
    expect([inPlace.isSlow(24), inPlace.isSlow(1), inPlace.isSlow(1)]).toEqual([true, true, false]);
  });

  test('one that fails fails, and counts', () => {
    const inPlace = new InPlace({ ...limits, judged: 1 }, clock(9));
    const fail = (): never => {
      throw new Error('as told');
    };
    expect(() => inPlace.make(fail)).toThrow('as told');
    expect(inPlace.isSlow()).toBe(true);
  });
});

describe.each([
  ['in place', 0],
  ['through the pool', 1_000],
])('a file is made %s', (_, ms) => {
  let calls: FileCalls;
  beforeEach(async () => {
    calls = new FileCalls(clock(ms));
    for (let i = 0; i < 100; i++) await calls.lstat(work);
  });

  test('with its bytes, mode and time, where there is none', async () => {
    const path = join(work, 'new');
    await calls.create(path, Buffer.from('bytes'), { mode: 0o640, time: new Date(-5_000) });
    const stats = await lstat(path);
    expect(await readFile(path, 'utf8')).toBe('bytes');
    expect({ mode: stats.mode & 0o777, time: stats.mtimeMs }).toEqual({ mode: 0o640, time: -5_000 });
    expect(await calls.lstat(path)).toEqual(await lstat(path, { bigint: true }));
    const again = calls.create(path, Buffer.from('other'), {});
    await expect(again).rejects.toMatchObject({ code: 'EEXIST', syscall: 'open' });
    expect(await readFile(path, 'utf8')).toBe('bytes');
  });

  test('a long one as well', async () => {
    const path = join(work, 'long');
    const body = Buffer.alloc(1024 * 1024, 'x');
    await calls.create(path, body, {});
    expect((await readFile(path)).equals(body)).toBe(true);
  });

  test('through no link', async () => {
    const path = join(work, 'link');
    await symlink(join(work, 'elsewhere'), path);
    await expect(calls.create(path, Buffer.from('x'), {})).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(lstat(join(work, 'elsewhere'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('and linked, renamed, taken away and looked at, with the errors of the system', async () => {
    const at = (name: string): string => join(work, name);
    await writeFile(at('a'), 'a');
    await mkdir(at('directory'));
    await calls.link(at('a'), at('b'));
    await expect(calls.link(at('a'), at('b'))).rejects.toMatchObject({ code: 'EEXIST', syscall: 'link' });
    await calls.unlink(at('a'));
    await expect(calls.unlink(at('a'))).rejects.toMatchObject({ code: 'ENOENT', syscall: 'unlink' });
    await calls.rename(at('b'), at('c'));
    const onto = calls.rename(at('c'), at('directory'));
    await expect(onto).rejects.toMatchObject({ code: 'EISDIR', syscall: 'rename' });
    expect(await calls.lstat(at('b'))).toBeUndefined();
    await expect(calls.lstat(at('c/below'))).rejects.toMatchObject({ code: 'ENOTDIR', syscall: 'lstat' });
  });
});
