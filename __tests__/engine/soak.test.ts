import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { growth, soak } from '../../benchmarks/soak.js';
import { openStore } from '../../src/store/open.js';
import { sync } from '../../src/sync/sync.js';
import { optionsFor } from '../support/engine.js';
import { SEED } from '../support/seed.js';
import { embedded } from '../support/servers.js';
import { removeTree, writeTree } from '../support/tree.js';

/** The long run, by hand: benchmarks/soak-main.ts. */
test('run after run in one process, through faults and changes: the bucket is the tree, and no file stays open', async () => {
  const { runs, exits, samples } = await soak({
    runs: 12,
    minutes: 1,
    objects: 60,
    changed: 0.1,
    faults: 0.03,
    server: 'embedded',
    secondWriter: false,
    seed: SEED,
    say: () => undefined,
  });
  expect(runs).toBeGreaterThan(3);
  expect(exits[0] ?? 0).toBeGreaterThan(0);
  expect(growth(samples)).toBeUndefined();
}, 120_000);

test('what a run used is let go of when it has ended', async () => {
  const s3 = await embedded();
  const root = await writeTree({ a: 'one', b: 'two' });
  process.env.AWS_ACCESS_KEY_ID = s3.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = s3.secretAccessKey;
  const bucket = await s3.bucket();
  const { signal } = new AbortController();
  const emit = (): void => undefined;
  const run = async (): Promise<WeakRef<object>> => {
    const options = optionsFor(s3, bucket, root);
    const { store, close } = await openStore(options, emit, signal);
    const ports = { store, copyFrom: [], index: undefined, owner: 'a test', emit, signal, now: Date.now };
    const { exit } = await sync(options, ports);
    expect(exit).toBe(0);
    close();
    return new WeakRef(store);
  };
  const used: WeakRef<object>[] = [];
  for (let i = 0; i < 6; i++) used.push(await run());
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    collect();
  }
  // The last one may be on the stack still.
  expect(used.filter((ref) => ref.deref() !== undefined).length).toBeLessThanOrEqual(1);
  await s3.stop();
  await removeTree(root);
});
