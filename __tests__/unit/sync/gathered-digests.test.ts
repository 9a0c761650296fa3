import { expect, test } from '@jest/globals';
import type { DigestPool } from '../../../src/sync/digest-pool.js';
import type { FileDigest, FileJob } from '../../../src/sync/file-bytes.js';
import { GatheredDigests } from '../../../src/sync/gathered-digests.js';

/** Files in the making, by name; each asks for its digest when it is let go, or fails. */
function making(...names: readonly string[]): {
  readonly digests: GatheredDigests;
  readonly batches: readonly string[][];
  readonly ended: readonly string[];
  readonly ask: (name: string) => Promise<void>;
  readonly fail: (name: string) => Promise<void>;
} {
  const batches: string[][] = [];
  const ended: string[] = [];
  const pool = {
    digestTogether: (jobs: readonly FileJob[]) => {
      batches.push(jobs.map(({ file: { name } }) => name));
      return jobs.map(({ file: { name } }) => Promise.resolve({ md5: name } as unknown as FileDigest));
    },
  } as unknown as DigestPool;
  const digests = new GatheredDigests(pool, 0);
  const whole = new Map<string, (isThere: boolean) => void>();
  for (const name of names) {
    const isWhole = new Promise<boolean>((resolve) => whole.set(name, resolve));
    const work = digests.making(async (digest) => {
      if (!(await isWhole)) throw new Error('it cannot be had');
      const { md5 } = await digest({ file: { name }, layouts: [] } as unknown as FileJob);
      expect(md5).toBe(name);
    });
    void work.then(
      () => ended.push(name),
      () => ended.push(`no ${name}`),
    );
  }
  const settle = async (name: string, isThere: boolean): Promise<void> => {
    whole.get(name)?.(isThere);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    digests,
    batches,
    ended,
    ask: (name) => settle(name, true),
    fail: (name) => settle(name, false),
  };
}

test('files wait for others that are coming, and for no more than can be digested beside each other', async () => {
  const names = Array.from({ length: 10 }, (_, i) => `f${i}`);
  const { batches, ended, ask } = making(...names);
  for (const name of names.slice(0, 7)) await ask(name);
  expect([batches, ended]).toEqual([[], []]);
  await ask('f7');
  expect([batches, ended]).toEqual([[names.slice(0, 8)], names.slice(0, 8)]);
  await ask('f8');
  await ask('f9');
  expect(batches.slice(1)).toEqual([['f8', 'f9']]);
  expect(ended).toEqual(names);
});

test('nobody waits for a file that fails', async () => {
  const { batches, ended, ask, fail } = making('a', 'b', 'c');
  await ask('a');
  await fail('b');
  expect(ended).toEqual(['no b']);
  await fail('c');
  expect([batches, ended]).toEqual([[['a']], ['no b', 'no c', 'a']]);
});

test('one by itself waits for nobody', async () => {
  const { batches, ended, ask } = making('a');
  await ask('a');
  expect([batches, ended]).toEqual([[['a']], ['a']]);
});
