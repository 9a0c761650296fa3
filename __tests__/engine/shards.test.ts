import { rmSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateMultipartUploadCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { NO_TOTALS } from '../../src/console/totals.js';
import { parseIndex } from '../../src/model/digest-index.js';
import type { Event } from '../../src/model/events.js';
import { parseHeaderRules } from '../../src/model/header-rules.js';
import type { Sharding, SyncOptions } from '../../src/model/options.js';
import { parsePlan, parseResults } from '../../src/model/plan-file.js';
import type { Report } from '../../src/model/report.js';
import { engine, run } from '../../src/run.js';
import { shardOf } from '../../src/sync/shards.js';
import { Cdn, invalidation } from '../support/cdn.js';
import { type Changes, optionsFor, publish } from '../support/engine.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { noise, removeTree, temporaryDirectory, writeTree } from '../support/tree.js';

const MIB = 1024 * 1024;

let s3: EmbeddedTestServer;
let root: string;
let work: string;
let bucket: string;
let cdn: Cdn;

beforeAll(async () => {
  s3 = await embedded();
});
afterAll(() => s3.stop());
beforeEach(async () => {
  root = await temporaryDirectory();
  work = await temporaryDirectory();
  cdn = new Cdn();
  bucket = await s3.bucket();
});
afterEach(async () => {
  s3.server.faults.clear();
  await removeTree(root);
  await removeTree(work);
});

interface Ended {
  readonly exit: number;
  readonly report: Report;
  readonly messages: readonly string[];
}

async function command(
  name: 'plan' | 'apply' | 'publish',
  sharding: Partial<Sharding> = {},
  changes: Changes = {},
  index: SyncOptions['index'] = { kind: 'none' },
): Promise<Ended> {
  return ended(optionsOf(name, sharding, changes, index));
}

function optionsOf(
  name: 'plan' | 'apply' | 'publish',
  sharding: Partial<Sharding>,
  changes: Changes = {},
  index: SyncOptions['index'] = { kind: 'none' },
): SyncOptions {
  return {
    ...optionsFor(s3, bucket, root, { dryRun: name === 'plan', delayUpdates: true, ...changes }),
    command: name,
    index,
    sharding: { planFile: join(work, 'plan'), results: [], abort: false, beside: '', ...sharding },
  };
}

async function ended(
  options: SyncOptions,
  onEvent: (event: Event) => void = () => undefined,
): Promise<Ended> {
  process.env.AWS_ACCESS_KEY_ID = s3.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = s3.secretAccessKey;
  let report: Report | undefined;
  const messages: string[] = [];
  const shell = {
    emit: (event: Event) => {
      if (event.type === 'message') messages.push(event.message);
      onEvent(event);
    },
    env: {},
    now: Date.now,
    detailedExit: false,
    finish: async (made: Report) => {
      report = made;
    },
    fail: () => undefined,
  };
  const { signal } = new AbortController();
  const exit = await run(options, shell, signal, { ...engine, openInvalidator: async () => cdn });
  if (report === undefined) throw new Error('no report');
  return { exit, report, messages };
}

const resultsOf = (number: number): string => join(work, `results-${number}.jsonl`);

async function apply(number: number, of: number, changes: Changes = {}): Promise<Ended> {
  return command('apply', { shard: { number, of }, results: [resultsOf(number)] }, changes);
}

async function applyAll(of: number): Promise<void> {
  for (let number = 1; number <= of; number++) expect((await apply(number, of)).exit).toBe(0);
}

const publishPlan = (changes: Changes = {}): Promise<Ended> =>
  command('publish', { results: [work] }, changes);

/** An upload that somebody else began. */
async function theirUpload(key: string): Promise<string> {
  const { region, endpoint, accessKeyId, secretAccessKey } = s3;
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({ region, endpoint, credentials, forcePathStyle: true });
  const { UploadId = '' } = await client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: key }));
  client.destroy();
  return UploadId;
}

/** A release: changed, new, renamed, duplicated, deleted. */
async function twoReleases(changes: Changes = {}, large = 9 * MIB): Promise<void> {
  const files = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`f${i}`, `content ${i}`]));
  await writeTree({ ...files, 'big.bin': noise(large), 'index.html': 'one' }, root);
  await publish(s3, bucket, root, changes);
  await writeTree(
    {
      f1: 'changed',
      f2: 'changed',
      'new/a': noise(large, 2),
      'new/b': noise(large, 2),
      'index.html': 'two',
    },
    root,
  );
  await rename(join(root, 'f3'), join(root, 'g3'));
  await rm(join(root, 'f4'));
}

test('a plan, three shards, one publish: equal to one run, and nothing is visible before', async () => {
  const deletes = { deletes: { deleteAfter: true } };
  await twoReleases();
  const before = s3.server.texts(bucket);
  expect((await command('plan', {}, deletes)).report).toMatchObject({ status: 'planned', command: 'plan' });
  await applyAll(3);
  expect(s3.server.texts(bucket)).toEqual(before);
  const { exit, report } = await publishPlan();
  expect(exit).toBe(0);
  expect(report.destinations[0]?.totals).toMatchObject({
    uploaded: { files: 3 },
    copied: { files: 3 },
    deleted: { files: 2 },
  });
  expect(s3.server.uploads(bucket)).toEqual([]);
  const check = await publish(s3, bucket, root, { ...deletes, command: 'check', dryRun: true, read: true });
  expect(check.exit).toBe(0);
  // Pages come after what they name, as in one run.
  const order = s3.server.log.of('CompleteMultipartUpload').map(({ key }) => key);
  expect(order.at(-1)).toBe('p/index.html');
});

test('each step is in one shard, and the shards weigh alike', async () => {
  const sizes = [9, 8, 5, 4, 4, 3, 1, 1];
  await writeTree(Object.fromEntries(sizes.map((size, i) => [`f${i}`, noise(size * 100_000, i)])), root);
  await command('plan');
  const { plan } = parsePlan(await readFile(join(work, 'plan')));
  const shards = [1, 2, 3].map((number) => shardOf(plan, { number, of: 3 }));
  expect(
    shards
      .flat()
      .map(({ key }) => key)
      .sort(),
  ).toEqual(sizes.map((_, i) => `p/f${i}`));
  const weights = shards.map((steps) => steps.reduce((sum, { bytes }) => sum + bytes, 0));
  expect(Math.max(...weights) - Math.min(...weights)).toBeLessThanOrEqual(300_000);
});

describe('a shard that failed', () => {
  test('leaves nothing, is missed by name, and is run again', async () => {
    await twoReleases();
    await command('plan');
    const { plan } = parsePlan(await readFile(join(work, 'plan')));
    const [victim] = shardOf(plan, { number: 2, of: 3 });
    await apply(1, 3);
    s3.server.faults.add({
      match: { operation: ['UploadPart', 'UploadPartCopy'], key: victim?.key ?? '' },
      times: Number.POSITIVE_INFINITY,
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    const others = s3.server.uploads(bucket).length;
    expect((await apply(2, 3)).exit).toBe(1);
    expect(s3.server.uploads(bucket)).toHaveLength(others);
    s3.server.faults.clear();
    await apply(3, 3);
    const early = await publishPlan();
    expect(early).toMatchObject({ exit: 4, report: { error: { code: 'plan-mismatch' } } });
    expect(early.report.error?.message).toMatch(/the results of shard 2\/3 are missing/);
    expect((await apply(2, 3)).exit).toBe(0);
    expect((await publishPlan()).exit).toBe(0);
    expect(s3.server.texts(bucket)['p/index.html']).toBe('two');
  });

  test.each(['first-try.jsonl', 'try-first.jsonl'])(
    'run twice: the last attempt is published, the uploads of the first, %s, are aborted',
    async (name) => {
      await twoReleases({}, 1000);
      await command('plan');
      await applyAll(2);
      await rename(resultsOf(1), join(work, name));
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect((await apply(1, 2)).exit).toBe(0);
      expect((await publishPlan()).exit).toBe(0);
      expect(s3.server.uploads(bucket)).toEqual([]);
      expect((await publish(s3, bucket, root)).report.totals.uploaded.files).toBe(0);
    },
  );
});

test('uploads of an earlier attempt that cannot be aborted are told of once, as they are billed', async () => {
  await writeTree({ a: 'aaa', b: 'bb' }, root);
  await command('plan');
  await apply(1, 1);
  await rename(resultsOf(1), join(work, 'first-try.jsonl'));
  await new Promise((resolve) => setTimeout(resolve, 5));
  await apply(1, 1);
  s3.server.access.set({ id: s3.accessKeyId, deny: ['AbortMultipartUpload'] });
  const told = await publishPlan();
  s3.server.access.set({ id: s3.accessKeyId });
  const billed =
    /^an upload to p\/[ab] that this publish does not need: AbortMultipartUpload was denied .*: allow s3:AbortMultipartUpload in .*; it and 1 more are billed until a later run or a lifecycle rule aborts them$/;
  expect(told).toMatchObject({ exit: 0, messages: [expect.stringMatching(billed)] });
  expect(s3.server.uploads(bucket)).toHaveLength(2);
  // Nothing is left to publish.
  expect(await publishPlan()).toMatchObject({ exit: 0, messages: [] });
  expect(s3.server.uploads(bucket)).toEqual([]);
});

describe('a directory of results', () => {
  beforeEach(async () => {
    await writeTree({ a: 'aaa', b: 'bb' }, root);
    await command('plan');
    await applyAll(2);
    await writeFile(join(work, 'notes.txt'), 'no results');
  });

  test.each([['2'], ['results-2.ndjson'], ['results-2.jsonl.0123456789ab']])(
    'results in a directory count by what they are, whatever their name: %s',
    async (name) => {
      await rename(resultsOf(2), join(work, name));
      // What a killed run left, and of another plan.
      const whole = await readFile(resultsOf(1), 'utf8');
      await writeFile(`${resultsOf(1)}.aaaaaaaaaaaa.tmp`, whole.slice(0, -5));
      await writeFile(join(work, 'older'), whole.replace(/"plan":"./, '"plan":"-'));
      expect(await publishPlan()).toMatchObject({ exit: 0, messages: [] });
      expect(s3.server.texts(bucket)).toEqual({ 'p/a': 'aaa', 'p/b': 'bb' });
    },
  );

  test('what is none of its results is named where some are missing', async () => {
    await mkdir(join(work, 'staged-2'));
    await rename(resultsOf(2), join(work, 'staged-2/results-2.jsonl'));
    const left = `; no results of this plan: ${join(work, 'notes.txt')}, ${join(work, 'staged-2')}`;
    const early = await publishPlan();
    expect(early.report.error?.message).toContain(
      `the results of shard 2/2 are missing: run apply for it again${left}`,
    );
    await rm(resultsOf(1));
    expect((await publishPlan()).report.error?.message).toContain(
      `no results were given: publish needs those of every shard${left}`,
    );
    expect((await command('publish', { results: [work], abort: true })).messages).toEqual([
      `0 uploads of the plan were aborted, or had ended${left}`,
    ]);
    expect(s3.server.uploads(bucket)).toHaveLength(2);
  });
});

describe('what does not belong together is refused before anything is written', () => {
  beforeEach(async () => {
    await twoReleases({}, 1000);
    await command('plan');
    await applyAll(2);
  });
  afterEach(() => {
    expect(s3.server.texts(bucket)['p/index.html']).toBe('one');
  });

  test("another plan's results", async () => {
    await writeTree({ more: 'more' }, root);
    await command('plan');
    const { exit, report } = await publishPlan();
    expect([exit, report.error?.message]).toEqual([
      4,
      expect.stringMatching(/holds results of another plan/),
    ]);
  });

  test.each([
    ['cut short', (text: string) => text.slice(0, -5)],
    ['without its end', (text: string) => `${text.split('\n').slice(0, -2).join('\n')}\n`],
    [
      'without a line',
      (text: string) =>
        text
          .split('\n')
          .filter((_, at) => at !== 1)
          .join('\n'),
    ],
    ['not JSON', (text: string) => text.replace('"key"', 'key')],
  ])('results %s', async (_, damage) => {
    await writeFile(resultsOf(1), damage(await readFile(resultsOf(1), 'utf8')));
    expect((await publishPlan()).exit).toBe(4);
  });

  test('a plan of another destination', async () => {
    const { exit, report } = await publishPlan({ prefix: 'q' });
    expect([exit, report.error?.message]).toEqual([
      4,
      expect.stringMatching(/is a plan for s3:\/\/.*\/p\/ at http/),
    ]);
  });

  test('a plan that names a key outside of its destination', async () => {
    const path = join(work, 'plan');
    await writeFile(path, (await readFile(path, 'utf8')).replace('"key":"p/f1"', '"key":"elsewhere/f1"'));
    const { exit, report } = await publishPlan();
    expect([exit, report.error?.message]).toEqual([4, expect.stringMatching(/names "elsewhere\/f1"/)]);
  });

  test('a plan that names a key which the server takes for another one', async () => {
    const { serverHeader } = s3.server.deviations;
    Object.assign(s3.server.deviations, { serverHeader: 'VERSITYGW' });
    try {
      const path = join(work, 'plan');
      const forged = (await readFile(path, 'utf8')).replaceAll('"p/g3"', '"p/../g3"');
      await writeFile(path, forged);
      await applyAll(2);
      const { exit, report } = await publishPlan();
      expect([exit, report.error?.message]).toEqual([
        4,
        expect.stringContaining("nothing was written: 'p/../g3'; rename"),
      ]);
    } finally {
      Object.assign(s3.server.deviations, { serverHeader });
    }
  });

  test.each([
    ['outside of the prefix', 'elsewhere/f1'],
    ['beside the prefix', 'prefix/f1'],
    ['of our own', 'p/.s3-dedup-sync/lock'],
    ['that no plan has', '__proto__'],
    ['below it that is not planned', 'p/f8'],
  ])('a key %s, in the plan or in results, and no upload of it is touched', async (what, key) => {
    const theirs = await theirUpload(key);
    const planFile = join(work, 'plan');
    const results = await readFile(resultsOf(1), 'utf8');
    const [, forged = ''] = /"key":"(p\/[^"]*)"/.exec(results) ?? [];
    // The loser of two attempts is aborted: it names what is to go.
    const loser = results
      .replaceAll(/"attempt":\d+/g, '"attempt":1')
      .replaceAll(`"key":"${forged}"`, `"key":"${key}"`)
      .replaceAll(/"uploadId":"[^"]*"/g, `"uploadId":"${theirs}"`);
    await writeFile(join(work, 'loser.jsonl'), loser);
    for (const changes of [{}, { dryRun: true }]) {
      const { exit, report } = await publishPlan(changes);
      expect([exit, report.error?.message]).toEqual([
        4,
        expect.stringMatching(/loser\.jsonl names ".*", which the plan does not stage/),
      ]);
      expect(report.error?.message).not.toContain('\n');
    }
    await rm(join(work, 'loser.jsonl'));
    if (what !== 'below it that is not planned') {
      const plan = (await readFile(planFile, 'utf8')).replace('"key":"p/f1"', `"key":"${key}"`);
      await writeFile(planFile, plan);
      expect((await publishPlan()).exit).toBe(4);
      expect((await apply(1, 2)).exit).toBe(4);
    }
    expect(s3.server.uploads(bucket).map(({ id }) => id)).toContain(theirs);
    expect(s3.server.objects(bucket).every(({ key: there }) => there.startsWith('p/'))).toBe(true);
  });

  test('a destination that changed since', async () => {
    s3.server.putObject(bucket, 'p/f1', 'theirs');
    const { exit, report } = await publishPlan();
    expect([exit, report.error?.message]).toEqual([
      5,
      expect.stringMatching(
        /p\/f1 changed since the plan was made; .*publish with abort, .* so plan again only if this tree is the one to be there$/,
      ),
    ]);
    expect(s3.server.uploads(bucket)).not.toEqual([]);
    expect((await command('publish', { results: [work], abort: true })).exit).toBe(0);
    expect(s3.server.uploads(bucket)).toEqual([]);
  });

  test('a plan that cannot be read, and results that are not there', async () => {
    expect((await command('publish', { planFile: join(work, 'none'), results: [work] })).exit).toBe(2);
    expect((await command('publish', { results: [join(work, 'none')] })).exit).toBe(2);
    expect((await command('publish', { results: [] })).exit).toBe(4);
  });
});

test('a tree that is not the one that was planned: by size before anything is staged, by content when it is', async () => {
  await twoReleases();
  await command('plan');
  await writeTree({ f1: 'of another size' }, root);
  expect(await apply(1, 1)).toMatchObject({ exit: 4, report: { error: { code: 'plan-mismatch' } } });
  await writeTree({ f1: 'CHANGED' }, root);
  expect((await apply(1, 1)).exit).toBe(1);
  expect(s3.server.uploads(bucket)).toEqual([]);
});

test('a publish takes the lock, and is refused where another run holds it', async () => {
  await twoReleases({}, 1000);
  await command('plan');
  await applyAll(1);
  const lock = 'p/.s3-dedup-sync/lock';
  s3.server.putObject(bucket, lock, JSON.stringify({ owner: 'another run', expires: Date.now() + 60_000 }));
  expect(await publishPlan({ lock: true })).toMatchObject({ exit: 4, report: { error: { code: 'locked' } } });
  expect((await publishPlan({ lock: true, dryRun: true })).exit).toBe(0);
  expect(s3.server.texts(bucket)['p/index.html']).toBe('one');
  s3.server.putObject(bucket, lock, JSON.stringify({ owner: 'another run', expires: 0 }));
  expect((await publishPlan({ lock: true })).exit).toBe(0);
  expect(s3.server.texts(bucket)).toMatchObject({ 'p/index.html': 'two' });
  expect(s3.server.object(bucket, lock)).toBeUndefined();
});

test('a dry run of publish tells every step, and completes nothing', async () => {
  await twoReleases({}, 1000);
  await command('plan');
  await applyAll(2);
  const [objects, uploads] = [s3.server.texts(bucket), s3.server.uploads(bucket).length];
  const dry = await publishPlan({ dryRun: true });
  expect(dry).toMatchObject({ exit: 0, report: { status: 'planned' } });
  expect([s3.server.texts(bucket), s3.server.uploads(bucket).length]).toEqual([objects, uploads]);
  const steps = ({ report }: Ended): unknown =>
    report.destinations[0]?.steps.map(({ key, action }) => `${action} ${key}`).sort();
  expect(steps(await publishPlan())).toEqual(steps(dry));
});

test('delete-grace: what waits is remembered by the publish, and goes with a later run', async () => {
  const index = { kind: 'file', path: join(work, 'an index') } as const;
  const deletes: Changes = { deletes: { deleteAfter: true, grace: { kind: 'deploys', deploys: 1 } } };
  await writeTree({ a: 'a', b: 'b', old: 'old' }, root);
  await command('plan', {}, deletes, index);
  await applyAll(1);
  await command('publish', { results: [work] }, deletes, index);
  await rm(join(root, 'old'));
  for (const [content, left] of [
    ['changed', 'old'],
    ['changed again', undefined],
  ]) {
    for (const name of await readdir(work)) if (name.startsWith('results')) await rm(join(work, name));
    await writeTree({ a: content ?? '' }, root);
    await command('plan', {}, deletes, index);
    await applyAll(1);
    expect((await command('publish', { results: [work] }, deletes, index)).exit).toBe(0);
    const now = s3.server.texts(bucket);
    expect([now['p/a'], now['p/old']]).toEqual([content, left]);
  }
});

test.each([false, true])(
  'what shards published is invalidated by the last publish, once, with a lock: %s',
  async (lock) => {
    const index = { kind: 'file', path: join(work, 'an index') } as const;
    const told = { invalidation: invalidation(), lock };
    const last = async (): Promise<number> =>
      (await command('publish', { results: [work] }, told, index)).exit;
    await writeTree({ a: 'a', b: 'b' }, root);
    await command('plan', {}, told, index);
    await applyAll(1);
    expect(await last()).toBe(0);
    expect(cdn.paths).toEqual([['/*']]);
    await rm(resultsOf(1));
    await writeTree({ a: 'changed' }, root);
    await command('plan', {}, told, index);
    await applyAll(1);
    expect((await publishShare(1, 1)).exit).toBe(0);
    expect(s3.server.texts(bucket)['p/a']).toBe('changed');
    expect(cdn.paths).toHaveLength(1);
    expect([await last(), await last()]).toEqual([0, 0]);
    expect(cdn.paths.slice(1)).toEqual([['/a']]);
  },
);

test('what a publish with a new index left alone is no stranger of the next run', async () => {
  const index = { kind: 'file', path: join(work, 'an index') } as const;
  const told: Changes = { invalidation: invalidation() };
  await writeTree({ a: 'a', b: 'b' }, root);
  await publish(s3, bucket, root);
  await writeTree({ c: 'c' }, root);
  await command('plan', {}, told, index);
  await applyAll(1);
  expect((await command('publish', { results: [work] }, told, index)).exit).toBe(0);
  expect(cdn.paths).toEqual([['/*']]);
  const next = { ...optionsFor(s3, bucket, root, told), index };
  expect((await ended(next)).exit).toBe(0);
  expect(cdn.paths).toHaveLength(1);
  // Nor does it hide what another run wrote since.
  await writeTree({ a: 'changed' }, root);
  await publish(s3, bucket, root);
  expect((await ended(next)).exit).toBe(0);
  expect(cdn.paths.slice(1)).toEqual([['/*']]);
});

test("what another tool wrote over the tree's own is told once, by whichever run; so is what others have beside it", async () => {
  const index = { kind: 'file', path: join(work, 'an index') } as const;
  const told: Changes = { invalidation: invalidation() };
  const publishNext = async (content: string): Promise<void> => {
    for (const name of await readdir(work)) if (name.startsWith('results')) await rm(join(work, name));
    await writeTree({ next: content }, root);
    await command('plan', {}, told, index);
    await applyAll(1);
    expect((await command('publish', { results: [work] }, told, index)).exit).toBe(0);
  };
  await writeTree({ a: 'a', b: 'b' }, root);
  s3.server.putObject(bucket, 'p/others', 'one');
  // Its index is new, and has a line of theirs too.
  await publishNext('1');
  expect((await ended({ ...optionsFor(s3, bucket, root, told), index })).exit).toBe(0);
  expect(cdn.paths).toEqual([['/*']]);

  // In one piece: another ETag than that of what was staged.
  s3.server.putObject(bucket, 'p/a', 'a');
  await publishNext('2');
  expect(cdn.paths.slice(1)).toEqual([['/*']]);
  expect((await ended({ ...optionsFor(s3, bucket, root, told), index })).exit).toBe(0);
  expect(cdn.paths).toHaveLength(2);

  s3.server.putObject(bucket, 'p/others', 'two');
  await publishNext('3');
  s3.server.putObject(bucket, 'p/others', 'three');
  await publishNext('4');
  expect(cdn.paths.slice(2)).toEqual([['/*'], ['/next']]);
});

test('a plan of deletes alone needs no shards, and one of nothing says nothing of them', async () => {
  const deletes: Changes = { deletes: { deleteAfter: true } };
  await writeTree({ a: 'a', b: 'b', gone: 'gone' }, root);
  await publish(s3, bucket, root);
  expect((await command('plan', {}, deletes)).messages).toEqual([
    `the plan was written to ${join(work, 'plan')}`,
  ]);
  await rm(join(root, 'gone'));
  await command('plan', {}, deletes);
  expect((await command('publish', { results: [] }, deletes)).exit).toBe(0);
  expect(s3.server.texts(bucket)).toEqual({ 'p/a': 'a', 'p/b': 'b' });
});

test('apply without a shard stages all; after a failure it begins nothing more, and names the key that failed', async () => {
  await writeTree({ a: 'aaa', b: 'bb', c: 'c' }, root);
  await command('plan');
  const all = { results: [resultsOf(1)] };
  s3.server.faults.add({
    match: { operation: 'UploadPart', key: 'p/a' },
    fault: { kind: 'error', code: 'AccessDenied' },
  });
  const failed = await command('apply', all, { connection: { concurrency: 1 } });
  expect(failed.exit).toBe(1);
  expect(failed.report.destinations[0]?.steps.map(({ key, outcome }) => [key, outcome])).toEqual([
    ['p/a', 'failed'],
    ['p/b', 'skipped'],
    ['p/c', 'skipped'],
  ]);
  expect(failed.report.destinations[0]?.steps[1]?.error?.message).toContain('p/a');
  expect(await readdir(work)).toEqual(['plan']);
  s3.server.faults.clear();
  expect((await command('apply', all)).exit).toBe(0);
  expect((await publishPlan()).exit).toBe(0);
  expect(s3.server.texts(bucket)).toEqual({ 'p/a': 'aaa', 'p/b': 'bb', 'p/c': 'c' });
});

test('a file that a plan or results were named after by mistake is not replaced, and nothing is staged', async () => {
  await writeTree({ 'a.html': 'a' }, root);
  await writeTree({ plan: '{"name": "site"}', page: '<!doctype html>' }, work);
  const [planFile, page] = [join(work, 'plan'), join(work, 'page')];
  const refusing = (path: string, what: string) => ({
    exit: 4,
    report: {
      error: {
        code: 'not-writable',
        message: `${path} cannot be written (what lies there is no ${what} of this tool): name another place, or delete it`,
      },
    },
  });
  expect(await command('plan')).toMatchObject(refusing(planFile, 'plan'));
  expect(await readFile(planFile, 'utf8')).toBe('{"name": "site"}');
  await rm(planFile);
  // Its own plan and results are replaced.
  for (const _ of [1, 2]) expect((await command('plan')).exit).toBe(0);
  const results = [join(work, 'r')];
  for (const _ of [1, 2]) expect((await command('apply', { results })).exit).toBe(0);
  const creates = s3.server.log.count('CreateMultipartUpload');
  expect(await command('apply', { results: [page] })).toMatchObject(refusing(page, 'file of results'));
  expect(await readFile(page, 'utf8')).toBe('<!doctype html>');
  expect(s3.server.log.count('CreateMultipartUpload')).toBe(creates);
});

describe('a plan or results that cannot be written are named', () => {
  const nowhere = (name: string): string => join(work, 'a file', name);
  beforeEach(async () => {
    await writeFile(join(work, 'a file'), '');
    await writeTree({ a: 'aaa', b: 'bb' }, root);
  });

  test('before anything is done', async () => {
    s3.server.log.clear();
    const unwritten = expect.stringMatching(
      /\/a file\/x cannot be written \(.*ENOTDIR.*\): check the directory/,
    );
    const refused = { exit: 4, report: { error: { code: 'not-writable', message: unwritten } } };
    expect(await command('plan', { planFile: nowhere('x') })).toMatchObject(refused);
    await command('plan');
    s3.server.log.clear();
    expect(await command('apply', { results: [nowhere('x')] })).toMatchObject(refused);
    expect(s3.server.log.entries).toEqual([]);
  });

  test('when everything was staged: nothing is left that nobody could complete', async () => {
    await command('plan');
    await mkdir(join(work, 'out'));
    const options = optionsOf('apply', { results: [join(work, 'out/r')] });
    const { exit, report } = await ended(options, (event) => {
      if (event.type !== 'outcome') return;
      rmSync(join(work, 'out'), { recursive: true, force: true });
      writeFileSync(join(work, 'out'), '');
    });
    expect([exit, report.error?.code]).toEqual([1, 'not-writable']);
    expect(report.error?.message).toMatch(/\/out\/r cannot be written /);
    expect(s3.server.log.count('CreateMultipartUpload')).toBeGreaterThan(0);
    expect(s3.server.uploads(bucket)).toEqual([]);
  });
});

test('header rules travel with the plan', async () => {
  const headers: Changes['headers'] = { defaults: 'website' };
  await twoReleases({ headers });
  await command('plan', {}, { headers });
  await applyAll(2);
  expect((await publishPlan()).exit).toBe(0);
  expect(s3.server.object(bucket, 'p/new/b')?.headers['cache-control']).toBe('public, max-age=3600');
  expect(s3.server.object(bucket, 'p/index.html')?.headers['cache-control']).toBe(
    'public, max-age=0, must-revalidate',
  );
});

test('mode and time of files travel with the plan, to names that publish copies too', async () => {
  const preserve = true;
  await writeTree({ 'a.txt': 'same', 'b.txt': 'same', 'c.html': '<p>page</p>'.repeat(100) }, root);
  const site = { compress: [{ pattern: '*.html', encoding: 'gzip' }], cleanUrls: true } as const;
  await command('plan', {}, { preserve, site });
  await apply(1, 1, { site });
  expect((await publishPlan()).exit).toBe(0);
  const alone = await s3.bucket();
  await publish(s3, alone, root, { preserve, site });
  const attributes = (name: string): unknown[] =>
    s3.server.objects(name).map(({ key, headers }) => [key, headers['x-amz-meta-s3cmd-attrs']]);
  expect(attributes(bucket)).toHaveLength(4);
  expect(attributes(bucket)).toEqual(attributes(alone));
});

describe('what is compressed', () => {
  const site: NonNullable<Changes['site']> = {
    compress: [
      { pattern: '*.html', encoding: 'br' },
      { pattern: '*.css', encoding: 'gzip' },
    ],
    cleanUrls: true,
  };
  const page = (text: string): string => `<p>${text}</p>\n`.repeat(500);

  /** Changed, new, twice, renamed, and one that is not worth it. */
  async function twoSites(): Promise<void> {
    await writeTree({ 'index.html': page('one'), 'old.html': page('moved'), 'a.css': page('a') }, root);
    await publish(s3, bucket, root, { site });
    await rename(join(root, 'old.html'), join(root, 'new.html'));
    const more = { 'b.html': page('b'), 'c.html': page('b'), 'small.html': 'x', 'd.css': page('d') };
    await writeTree({ 'index.html': page('two'), ...more }, root);
  }

  test('is encoded by each machine to the bytes that were planned: the same as one run publishes', async () => {
    await twoSites();
    const deletes = { deletes: { deleteAfter: true } };
    expect((await command('plan', {}, { site, ...deletes })).exit).toBe(0);
    for (const number of [1, 2, 3]) expect((await apply(number, 3, { site })).exit).toBe(0);
    expect((await publishPlan()).exit).toBe(0);
    expect(s3.server.uploads(bucket)).toEqual([]);
    const check = await publish(s3, bucket, root, { site, ...deletes, command: 'check', read: true });
    expect(check.exit).toBe(0);
    const alone = await s3.bucket();
    await publish(s3, alone, root, { site });
    const stored = (name: string): unknown[] =>
      s3.server.objects(name).map(({ key, content, headers }) => {
        const { 'x-amz-meta-md5chksum': _, ...others } = headers;
        return [key, content.bytes().toString('base64'), others];
      });
    expect(stored(bucket)).toEqual(stored(alone));
    expect(s3.server.object(bucket, 'p/b')?.headers['content-encoding']).toBe('br');
  });

  test('to other bytes than were planned: the shard fails in one line, and leaves nothing', async () => {
    await twoSites();
    await command('plan', {}, { site });
    const path = join(work, 'plan');
    const lines = (await readFile(path, 'utf8')).split('\n');
    const other = lines.map((line) =>
      line.includes('"key":"p/d.css"')
        ? line.replace(/"md5":"[0-9a-f]{32}"/, `"md5":"${'0'.repeat(32)}"`)
        : line,
    );
    expect(other).not.toEqual(lines);
    await writeFile(path, other.join('\n'));
    const { exit, report } = await apply(1, 1, { site });
    expect(exit).toBe(1);
    const failed = report.destinations[0]?.steps.filter(({ outcome }) => outcome === 'failed');
    expect(failed?.map(({ error }) => error?.message)).toEqual([
      expect.stringMatching(/^p\/d\.css: this machine compresses the file to other bytes than were planned/),
    ]);
    expect(s3.server.uploads(bucket)).toEqual([]);
  });

  test('is another file than was planned', async () => {
    await twoSites();
    await command('plan', {}, { site });
    await writeTree({ 'd.css': page('e') }, root);
    const { exit, report } = await apply(1, 1, { site });
    expect(exit).toBe(1);
    const failed = report.destinations[0]?.steps.find(({ outcome }) => outcome === 'failed');
    expect(failed?.error?.message).toMatch(/the file is not the one that was planned/);
    await writeTree({ 'd.css': page('longer') }, root);
    expect(await apply(1, 1, { site })).toMatchObject({ exit: 4 });
  });
});

/** One job of a matrix of publishers. */
const publishShare = (number: number, of: number, changes: Changes = {}): Promise<Ended> =>
  command('publish', { shard: { number, of }, results: [work] }, changes);

const names = (): string[] => s3.server.objects(bucket).map(({ key }) => key);

describe('a matrix of publishers', () => {
  const deletes = { deletes: { deleteAfter: true } };

  beforeEach(async () => {
    await twoReleases({}, 1000);
    await command('plan', {}, deletes);
    await applyAll(2);
  });

  const nothingLeft = async (): Promise<void> => {
    expect(s3.server.uploads(bucket)).toEqual([]);
    const check = await publish(s3, bucket, root, { ...deletes, command: 'check', dryRun: true, read: true });
    expect(check.report.steps).toEqual([]);
    expect(check.exit).toBe(0);
  };

  test('publishes a rank at a time, and the last publish has nothing to do but the deletes', async () => {
    const visible: string[][] = [];
    for (let job = 1; job <= 3; job++) {
      s3.server.log.clear();
      const shards = await Promise.all([1, 2, 3].map((number) => publishShare(number, 3)));
      expect(shards.map(({ exit }) => exit)).toEqual([0, 0, 0]);
      const writes = [...s3.server.log.of('CompleteMultipartUpload'), ...s3.server.log.of('CopyObject')];
      visible.push(writes.map(({ key }) => key ?? '').sort());
      expect(s3.server.log.of('DeleteObjects')).toEqual([]);
    }
    expect(visible).toEqual([['p/g3', 'p/new/a', 'p/new/b'], ['p/f1', 'p/f2'], ['p/index.html']]);
    expect((await publishShare(1, 3)).report.destinations[0]?.steps).toEqual([]);
    expect(names()).toContain('p/f4');
    s3.server.log.clear();
    const { exit, report } = await publishPlan();
    expect(exit).toBe(0);
    expect(s3.server.log.counts).toEqual({ ListObjectsV2: 3, DeleteObjects: 1 });
    // Of what shards did they told themselves.
    expect(report.destinations[0]?.totals).toMatchObject({
      uploaded: { files: 0 },
      copied: { files: 0 },
      unchanged: { files: 7 + 6 },
      deleted: { files: 2 },
    });
    await nothingLeft();
  });

  test('publishes once: run again it did nothing, says so, and counts no deploy', async () => {
    const index = { kind: 'file', path: join(work, 'an index') } as const;
    const deploys = async (): Promise<number | undefined> =>
      parseIndex(await readFile(index.path)).index?.deploys;
    const again = (dryRun = false): Promise<Ended> =>
      command('publish', { results: [work] }, { ...deletes, dryRun }, index);
    for (const number of [1, 2]) await publishShare(number, 2);
    expect((await again()).report.destinations[0]?.totals).toMatchObject({
      uploaded: { files: 2 },
      copied: { files: 1 },
      unchanged: { files: 7 + 3 },
      deleted: { files: 2 },
    });
    expect(await deploys()).toBe(1);
    for (const dryRun of [true, false]) {
      const { exit, report } = await again(dryRun);
      expect([exit, report.destinations[0]?.steps]).toEqual([0, []]);
      expect(report.destinations[0]?.totals).toEqual({
        ...NO_TOTALS,
        unchanged: { files: 13, bytes: expect.any(Number) },
      });
    }
    expect(await deploys()).toBe(1);
    await nothingLeft();
  });

  test('a further name of a content goes with the one that it is copied from', async () => {
    const shards = await Promise.all([1, 2, 3, 4].map((number) => publishShare(number, 4)));
    const keys = shards.map(({ report }) => report.destinations[0]?.steps.map(({ key }) => key));
    expect(keys.filter((of) => of?.includes('p/new/a'))).toEqual([['p/new/a', 'p/new/b']]);
    expect(keys.flat().sort()).toEqual(['p/g3', 'p/new/a', 'p/new/b']);
  });

  test('a rank of which a shard is missing is waited for, and done by the last publish', async () => {
    expect((await publishShare(1, 2)).exit).toBe(0);
    const early = await publishShare(1, 2);
    expect(early.exit).toBe(0);
    expect(early.report.warnings).toEqual([
      expect.stringMatching(
        /nothing is left here of the rank to publish, new keys, and .* not published yet/,
      ),
    ]);
    expect(s3.server.texts(bucket)).toMatchObject({ 'p/f1': 'content 1', 'p/index.html': 'one' });
    s3.server.log.clear();
    expect((await publishPlan()).exit).toBe(0);
    const order = s3.server.log.of('CompleteMultipartUpload').map(({ key }) => key);
    expect(order).toEqual(['p/new/a', 'p/f1', 'p/index.html']);
    await nothingLeft();
  });

  test('a shard that fails half way is run again, and its uploads wait for it', async () => {
    s3.server.faults.add({
      match: { operation: 'CompleteMultipartUpload', key: 'p/f1' },
      times: 1,
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    await publishShare(1, 1);
    const open = s3.server.uploads(bucket).length;
    const { exit, report } = await publishShare(1, 1);
    expect([exit, s3.server.texts(bucket)['p/index.html']]).toEqual([1, 'one']);
    expect(report.warnings).toEqual([expect.stringMatching(/left open: publish again, or give the plan up/)]);
    expect(s3.server.uploads(bucket).length).toBeGreaterThanOrEqual(open - 1);
    expect((await publishShare(1, 1)).exit).toBe(0);
    expect((await publishShare(1, 1)).exit).toBe(0);
    expect(s3.server.texts(bucket)['p/index.html']).toBe('two');
    expect((await publishPlan()).exit).toBe(0);
    await nothingLeft();
  });

  test('what shards published and nobody was told of is recognised by its ETag', async () => {
    for (const number of [1, 2]) await publishShare(number, 2);
    for (const name of await readdir(work)) if (name.startsWith('published')) await rm(join(work, name));
    s3.server.log.clear();
    expect((await publishPlan()).exit).toBe(0);
    expect(s3.server.log.of('CompleteMultipartUpload').map(({ key }) => key)).toEqual([
      'p/f1',
      'p/index.html',
    ]);
    await nothingLeft();
  });

  test('a key that somebody else wrote after a shard published it: nothing more is written', async () => {
    for (const number of [1, 2]) await publishShare(number, 2);
    s3.server.putObject(bucket, 'p/g3', 'theirs');
    for (const ended of [await publishShare(1, 2), await publishPlan()]) {
      expect([ended.exit, ended.report.error?.message]).toEqual([
        5,
        expect.stringMatching(
          /p\/g3 changed since the plan was made; nothing was written: .* so plan again only if this tree is the one to be there/,
        ),
      ]);
    }
    expect(s3.server.texts(bucket)).toMatchObject({ 'p/g3': 'theirs', 'p/f1': 'content 1' });
  });

  test('results of what was published that are cut short, of another plan, or name what the plan does not', async () => {
    await publishShare(1, 1);
    const name = (await readdir(work)).find((file) => file.startsWith('published')) ?? '';
    const path = join(work, name);
    const text = await readFile(path, 'utf8');
    for (const [forged, message] of [
      [text.slice(0, -5), /the results is cut short|the end is missing|is no JSON/],
      [text.replace('"p/g3"', '"p/f8"'), /names "p\/f8", which the plan does not publish/],
      [text.replace('"p/g3"', '"elsewhere"'), /names "elsewhere", which the plan does not publish/],
      [text.replace(/"plan":"./, '"plan":"-'), /holds results of another plan/],
    ] as const) {
      expect(forged).not.toBe(text);
      await writeFile(path, forged);
      for (const ended of [await publishShare(1, 1), await publishPlan()])
        expect([ended.exit, ended.report.error?.message]).toEqual([4, expect.stringMatching(message)]);
    }
    expect(s3.server.texts(bucket)['p/f1']).toBe('content 1');
  });

  test('results that are no directory, and a shard that is missing, are refused', async () => {
    const shard = { number: 1, of: 1 };
    const inFile = await command('publish', { shard, results: [resultsOf(1)] });
    expect(inFile.exit).toBe(4);
    await applyAll(1);
    await rm(resultsOf(2));
    expect((await command('publish', { shard, results: [resultsOf(1)] })).exit).toBe(2);
    expect(s3.server.texts(bucket)['p/f1']).toBe('content 1');
  });

  test('a dry run shows the share', async () => {
    const { exit, report } = await publishShare(1, 1, { dryRun: true });
    expect([exit, report.destinations[0]?.steps.map(({ key }) => key)]).toEqual([
      0,
      ['p/g3', 'p/new/a', 'p/new/b'],
    ]);
    expect((await readdir(work)).filter((name) => name.startsWith('published'))).toEqual([]);
  });
});

test('versitygw would keep headers that a copy onto itself does not name: what is to lose one is planned, staged and published as sent', async () => {
  const aws = s3;
  s3 = await embedded({ profile: 'versitygw' });
  try {
    bucket = await s3.bucket();
    const index = { kind: 'file', path: join(work, 'index') } as const;
    await writeTree({ 'a.css': 'a{}' }, root);
    const headers = { rules: parseHeaderRules('/*\n  Cache-Control: no-cache', 'inline').rules };
    await ended({ ...optionsFor(s3, bucket, root, { headers }), index });
    const { report } = await command('plan', {}, {}, index);
    expect(report.destinations[0]?.steps).toMatchObject([{ action: 'upload', reason: 'headers' }]);
    await applyAll(1);
    expect(await command('publish', { results: [work] }, {}, index)).toMatchObject({ exit: 0 });
    expect(s3.server.object(bucket, 'p/a.css')?.headers).not.toHaveProperty('cache-control');
  } finally {
    await s3.stop();
    s3 = aws;
  }
});

test.each(['aws', 'versitygw'] as const)(
  'headers are renewed once, as the index remembers: run again it renews none, and counts no deploy: %s',
  async (profile) => {
    const aws = s3;
    s3 = await embedded({ profile });
    try {
      bucket = await s3.bucket();
      const index = { kind: 'file', path: join(work, 'index') } as const;
      const headers = { rules: parseHeaderRules('/*\n  Cache-Control: no-cache', 'inline').rules };
      await writeTree({ 'a.css': 'a{}' }, root);
      await ended({ ...optionsFor(s3, bucket, root), index });
      await command('plan', {}, { headers }, index);
      await applyAll(1);
      for (const files of [1, 0, 0]) {
        s3.server.log.clear();
        const { report } = await command('publish', { results: [work] }, {}, index);
        expect(report.destinations[0]?.totals.refreshed.files).toBe(files);
        expect(s3.server.log.count('CopyObject')).toBe(files);
        expect(parseIndex(await readFile(index.path)).index?.deploys).toBe(2);
      }
      s3.server.putObject(bucket, 'p/a.css', 'a{}', { lastModified: new Date(Date.now() + 60_000) });
      const { report } = await command('publish', { results: [work] }, {}, index);
      expect(report.destinations[0]?.totals.refreshed.files).toBe(1);
    } finally {
      await s3.stop();
      s3 = aws;
    }
  },
);

test('a publish that fails half way is run again, and goes on', async () => {
  await twoReleases({}, 1000);
  await command('plan');
  await applyAll(2);
  s3.server.faults.add({
    match: { operation: 'CompleteMultipartUpload', key: 'p/f1' },
    times: 1,
    fault: { kind: 'error', code: 'AccessDenied' },
  });
  expect((await publishPlan()).exit).toBe(1);
  expect(s3.server.texts(bucket)).toMatchObject({ 'p/g3': 'content 3', 'p/index.html': 'one' });
  expect((await publishPlan()).exit).toBe(0);
  expect(s3.server.texts(bucket)).toMatchObject({ 'p/f2': 'changed', 'p/index.html': 'two' });
  expect(s3.server.uploads(bucket)).toEqual([]);
});

test('a shard that is staged anew after half of it was published leaves no upload', async () => {
  await twoReleases({}, 1000);
  await command('plan');
  await applyAll(1);
  await publishShare(1, 1);
  await rename(resultsOf(1), join(work, 'first-try.jsonl'));
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect((await apply(1, 1)).exit).toBe(0);
  expect((await publishPlan()).exit).toBe(0);
  expect(s3.server.uploads(bucket)).toEqual([]);
});

test('where ETags prove nothing, what was published and nobody was told of says its digest itself', async () => {
  const kms: Changes = { writeHeaders: { sse: 'aws:kms' } };
  await writeTree({ a: 'one', b: 'one', 'index.html': 'page' }, root);
  await command('plan', {}, kms);
  await apply(1, 1, kms);
  await publishShare(1, 1, kms);
  for (const name of await readdir(work)) if (name.startsWith('published')) await rm(join(work, name));
  s3.server.log.clear();
  expect((await publishPlan(kms)).exit).toBe(0);
  expect(s3.server.log.counts).toMatchObject({ HeadObject: 2, CompleteMultipartUpload: 1 });
  expect(s3.server.texts(bucket)).toMatchObject({ 'p/a': 'one', 'p/b': 'one', 'p/index.html': 'page' });
});

describe('a plan that is given up', () => {
  test('the uploads of every attempt are aborted, and no others', async () => {
    await twoReleases();
    await command('plan');
    await applyAll(2);
    await rename(resultsOf(1), join(work, 'first-try.jsonl'));
    await new Promise((resolve) => setTimeout(resolve, 5));
    await apply(1, 2);
    await rm(resultsOf(2));
    const theirs = [await theirUpload('p/f1'), await theirUpload('p/theirs')];
    const ofShard2 = s3.server.uploads(bucket).length;
    const abort = { results: [work], abort: true };
    s3.server.log.clear();
    expect((await command('publish', abort, { dryRun: true })).exit).toBe(0);
    expect(s3.server.uploads(bucket)).toHaveLength(ofShard2);
    const { exit, report } = await command('publish', abort);
    expect([exit, report.status, report.destinations[0]?.steps]).toEqual([0, 'done', []]);
    const left = s3.server.uploads(bucket).map(({ id }) => id);
    expect(left).toEqual(expect.arrayContaining(theirs));
    expect(Object.keys(s3.server.log.counts)).toEqual(['AbortMultipartUpload']);
    expect(s3.server.log.of('AbortMultipartUpload').every(({ key }) => key?.startsWith('p/'))).toBe(true);
    expect(left.length).toBeLessThan(ofShard2);
    expect((await command('publish', abort)).exit).toBe(0);
    expect(s3.server.texts(bucket)['p/index.html']).toBe('one');
  });

  test('one upload and several are told apart', async () => {
    await writeTree({ a: 'a' }, root);
    const abort = { results: [work], abort: true };
    const told = async (): Promise<readonly string[]> => {
      await command('plan');
      await applyAll(1);
      return (await command('publish', abort)).messages;
    };
    expect(await told()).toContain('1 upload of the plan was aborted, or had ended');
    await writeTree({ b: 'b' }, root);
    expect(await told()).toContain('2 uploads of the plan were aborted, or had ended');
  });

  test('and can be published no more', async () => {
    await twoReleases();
    await command('plan');
    await applyAll(1);
    await command('publish', { results: [work], abort: true });
    const { exit, report } = await publishPlan();
    expect(exit).toBe(1);
    const failed = report.destinations[0]?.steps.find(({ outcome }) => outcome === 'failed');
    expect(failed?.error?.message).toMatch(/publish has no bytes: run plan and apply again/);
    expect(s3.server.texts(bucket)['p/index.html']).toBe('one');
  });

  test("another plan's results abort nothing", async () => {
    await twoReleases();
    await command('plan');
    await applyAll(1);
    const open = s3.server.uploads(bucket).length;
    await writeTree({ more: 'more' }, root);
    await command('plan');
    expect((await command('publish', { results: [work], abort: true })).exit).toBe(4);
    expect(s3.server.uploads(bucket)).toHaveLength(open);
  });
});

describe('several destinations', () => {
  const buckets: string[] = [];

  /** As the inputs make it: each mirror's files lie beside those of the first destination. */
  function everywhere(
    name: 'plan' | 'apply' | 'publish',
    sharding: Partial<Sharding> = {},
    changes: Changes & Partial<Pick<SyncOptions, 'mirrorsAtomic'>> = {},
  ): Promise<Ended> {
    const of = (to: string, beside: string): SyncOptions => ({
      ...optionsFor(s3, to, root, { dryRun: name === 'plan', delayUpdates: true, ...changes }),
      mirrorsAtomic: changes.mirrorsAtomic ?? false,
      command: name,
      sharding: { planFile: join(work, 'plan'), results: [work], abort: false, beside, ...sharding },
    });
    const mirrors = buckets.map((to, at) => of(to, `.mirror${at}`));
    return ended({ ...of(bucket, ''), mirrors });
  }

  const texts = (): unknown[] => [bucket, ...buckets].map((name) => s3.server.texts(name)['p/index.html']);

  beforeEach(async () => {
    buckets.splice(0, buckets.length, await s3.bucket(), await s3.bucket());
    await twoReleases({}, 1000);
    // One mirror is new, one has the release before it.
    await writeTree({ 'index.html': 'older' }, join(work, 'old'));
    await publish(s3, buckets[1] ?? '', join(work, 'old'));
    expect((await everywhere('plan')).exit).toBe(0);
    for (const number of [1, 2]) {
      const results = [resultsOf(number)];
      expect((await everywhere('apply', { shard: { number, of: 2 }, results })).exit).toBe(0);
    }
    expect(texts()).toEqual(['one', undefined, 'older']);
  });

  test('have a plan and results each, and are published at once', async () => {
    const { exit, report } = await everywhere('publish');
    expect([exit, report.destinations.map(({ status }) => status)]).toEqual([0, ['done', 'done', 'done']]);
    for (const name of [bucket, ...buckets]) {
      expect(s3.server.uploads(name)).toEqual([]);
      const check = await publish(s3, name, root, { command: 'check', dryRun: true, read: true });
      expect(check.exit).toBe(0);
    }
  });

  test('by a matrix of publishers', async () => {
    for (let job = 1; job <= 3; job++)
      for (const number of [1, 2])
        expect((await everywhere('publish', { shard: { number, of: 2 } })).exit).toBe(0);
    expect(texts()).toEqual(['two', 'two', 'two']);
    s3.server.log.clear();
    expect((await everywhere('publish')).exit).toBe(0);
    expect(Object.keys(s3.server.log.counts)).toEqual(['ListObjectsV2']);
  });

  test('a mirror that fails is named, the others are published, and it can be published again', async () => {
    s3.server.faults.add({
      match: { operation: 'CompleteMultipartUpload', bucket: buckets[0] ?? '' },
      times: Number.POSITIVE_INFINITY,
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    const { exit, report } = await everywhere('publish');
    expect([exit, report.error?.message]).toEqual([
      1,
      expect.stringMatching(`1 of 3 destinations failed: s3://${buckets[0]}/p/`),
    ]);
    expect(texts()).toEqual(['two', undefined, 'two']);
    s3.server.faults.clear();
    expect((await everywhere('publish')).exit).toBe(0);
    expect(texts()).toEqual(['two', 'two', 'two']);
  });

  test("a mirror of which a shard's results are missing; with mirrors-atomic nothing changes anywhere", async () => {
    const missing = `${resultsOf(2)}.mirror1`;
    const kept = await readFile(missing);
    await rm(missing);
    const atomic = await everywhere('publish', {}, { mirrorsAtomic: true });
    expect(atomic.exit).toBe(4);
    expect(atomic.report.error?.message).toMatch(/the results of shard 2\/2 are missing/);
    expect(texts()).toEqual(['one', undefined, 'older']);
    expect((await everywhere('publish')).exit).toBe(4);
    expect(texts()).toEqual(['two', 'two', 'older']);
    await writeFile(missing, kept);
    expect((await everywhere('publish', {}, { mirrorsAtomic: true })).exit).toBe(0);
    expect(texts()).toEqual(['two', 'two', 'two']);
  });

  test('are given up together', async () => {
    expect((await everywhere('publish', { abort: true })).exit).toBe(0);
    for (const name of [bucket, ...buckets]) expect(s3.server.uploads(name)).toEqual([]);
    expect(texts()).toEqual(['one', undefined, 'older']);
  });
});

test('results hold what S3 must be told, and nothing secret', async () => {
  await writeTree({ a: 'one' }, root);
  await command('plan');
  await apply(1, 1);
  expect(parseResults(await readFile(resultsOf(1)))).toMatchObject({
    uploads: [{ key: 'p/a', action: 'upload', parts: [{ number: 1 }], size: 3 }],
  });
});
