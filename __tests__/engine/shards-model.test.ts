import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Event } from '../../src/model/events.js';
import type { Sharding, SyncOptions } from '../../src/model/options.js';
import type { Report } from '../../src/model/report.js';
import { run } from '../../src/run.js';
import { type Changes, optionsFor, publish } from '../support/engine.js';
import { randomNumbers } from '../support/random.js';
import { SEED } from '../support/seed.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { removeTree, temporaryDirectory, writeTree } from '../support/tree.js';

/**
 * Random releases, planned, staged and published by random numbers of machines of which some fail, are stopped, run
 * twice or lose what they wrote down. A rank never begins before the one before it is done, and in the end the
 * destination is what one run makes of it, with no upload left. `S3DS_RUNS` sets the number of releases, `S3DS_SEED`
 * repeats them.
 */
const RELEASES = Number(process.env.S3DS_RUNS ?? 8);

const NAMES = [
  'a',
  'b',
  'c',
  'd.js',
  'e/f.css',
  'e/g',
  'index.html',
  'e/h.html',
  'sitemap.xml',
  'SHA256SUMS',
  'sw.js',
];
const BODIES = ['', 'one', 'two', 'three', '<p>all the same again and again</p>'.repeat(40)];
const CHANGES: Changes = {
  deletes: { deleteAfter: true, maxDelete: { kind: 'none' } },
  site: { compress: [{ pattern: '*.html', encoding: 'gzip' }] },
};

let s3: EmbeddedTestServer;

beforeAll(async () => {
  s3 = await embedded();
});
afterAll(() => s3.stop());

test('whatever becomes of the machines, the destination becomes what was planned, rank by rank', async () => {
  const random = randomNumbers(SEED);
  const below = (limit: number): number => Math.floor(random() * limit);
  const chance = (share: number): boolean => random() < share;
  const tree = (): Record<string, string> =>
    Object.fromEntries(
      NAMES.filter(() => chance(0.6)).map((name) => [name, BODIES[below(BODIES.length)] ?? '']),
    );

  for (let release = 0; release < RELEASES; release++) {
    const work = await temporaryDirectory();
    const bucket = await s3.bucket();
    const results = join(work, 'results');
    await mkdir(results);
    const root = join(work, 'tree');
    await writeTree({ ...tree(), always: 'there' }, root);
    await publish(s3, bucket, root, CHANGES);
    await rm(root, { recursive: true });
    await writeTree({ ...tree(), always: 'there' }, root);

    const command = async (
      name: 'plan' | 'apply' | 'publish',
      sharding: Partial<Sharding> = {},
      signal = new AbortController().signal,
    ): Promise<{ readonly exit: number; readonly report: Report }> => {
      const options: SyncOptions = {
        ...optionsFor(s3, bucket, root, { ...CHANGES, dryRun: name === 'plan', delayUpdates: true }),
        command: name,
        sharding: { planFile: join(work, 'plan'), results: [results], abort: false, beside: '', ...sharding },
      };
      let report: Report | undefined;
      const exit = await run(
        options,
        {
          emit: (_: Event) => undefined,
          env: {},
          now: Date.now,
          detailedExit: false,
          finish: async (made) => {
            report = made;
          },
          fail: () => undefined,
        },
        signal,
      );
      if (report === undefined) throw new Error('no report');
      return { exit, report };
    };

    const planned = await command('plan');
    expect(planned.exit).toBe(0);
    const steps = planned.report.destinations[0]?.steps ?? [];
    const rankOf = new Map(steps.map(({ key, rank }) => [key, rank]));
    const applies = 1 + below(3);
    let attempts = 0;
    const apply = async (number: number): Promise<void> => {
      const path = join(results, `results-${number}-${attempts++}.jsonl`);
      const shard = { number, of: applies };
      expect((await command('apply', { shard, results: [path] })).exit).toBe(0);
    };
    for (let number = 1; number <= applies; number++) {
      for (let attempt = chance(0.3) ? 2 : 1; attempt > 0; attempt--) await apply(number);
    }

    s3.server.log.clear();
    const trouble = (): void => {
      s3.server.faults.clear();
      const match = { operation: ['CompleteMultipartUpload', 'CopyObject', 'DeleteObjects'] } as const;
      if (chance(0.3))
        s3.server.faults.add({ match, nth: 1 + below(3), fault: { kind: 'error', code: 'AccessDenied' } });
      if (chance(0.3))
        s3.server.faults.add({ match, nth: 1 + below(3), fault: { kind: 'reset', after: true } });
    };
    const publishers = 1 + below(3);
    for (let job = below(5); job > 0; job--) {
      trouble();
      const shards = Array.from({ length: publishers }, (_, i) => i + 1).filter(() => chance(0.8));
      await Promise.all(
        shards.map(async (number) => {
          const stop = new AbortController();
          if (chance(0.2)) setTimeout(() => stop.abort(), below(100));
          await command('publish', { shard: { number, of: publishers } }, stop.signal);
        }),
      );
      for (const name of await readdir(results)) {
        if (name.startsWith('published') && chance(0.2)) await rm(join(results, name));
      }
      s3.server.faults.clear();
      if (chance(0.2)) await apply(1 + below(applies));
    }
    let isDone = false;
    for (let tries = 0; tries < 6 && !isDone; tries++) {
      if (tries < 3) trouble();
      else s3.server.faults.clear();
      isDone = (await command('publish')).exit === 0;
    }
    s3.server.faults.clear();
    expect({ release, isDone }).toEqual({ release, isDone: true });

    const at = new Map<string, number>();
    const writes = s3.server.log
      .of('CompleteMultipartUpload', 'CopyObject')
      .filter(({ isProcessed, error }) => isProcessed && error === undefined);
    for (const { key, answered } of writes) if (!at.has(key)) at.set(key, answered);
    const times = [...at].map(([key, time]) => ({ key, time, rank: rankOf.get(key) ?? -1 }));
    for (const one of times) {
      const early = times.filter(({ rank, time }) => rank > one.rank && time < one.time);
      expect({ release, key: one.key, early }).toEqual({ release, key: one.key, early: [] });
    }
    expect({ release, uploads: s3.server.uploads(bucket) }).toEqual({ release, uploads: [] });
    const check = await publish(s3, bucket, root, { ...CHANGES, command: 'check', dryRun: true, read: true });
    expect({ release, steps: check.report.steps }).toEqual({ release, steps: [] });
    await removeTree(work);
  }
}, 240_000);
