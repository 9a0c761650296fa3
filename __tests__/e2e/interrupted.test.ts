import type { ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { copyOfDist, reach, run, runAction, runCli } from '../support/dist.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { noise, removeTree, temporaryDirectory, writeTree } from '../support/tree.js';

/**
 * Runs that end where nobody wanted them to. `S3DS_CRASH_POINTS` sets how many requests apart the points are: 1 kills
 * before and after every request of a run.
 */
const EVERY = Number(process.env.S3DS_CRASH_POINTS ?? 7);

const MIB = 1024 * 1024;

type Texts = Readonly<Record<string, string>>;

let s3: EmbeddedTestServer;
let bucket: string;
let dist: string;
let directory: string;

beforeAll(async () => {
  [s3, dist] = await Promise.all([embedded(), copyOfDist()]);
});
afterAll(() => s3.stop());
beforeEach(async () => {
  bucket = await s3.bucket();
  directory = await temporaryDirectory();
});
afterEach(async () => {
  s3.server.faults.clear();
  await removeTree(directory);
});

const BIG = noise(9 * MIB, 3).toString('latin1');
const OLD: Texts = {
  'assets/app.1.js': 'one',
  'assets/logo.svg': 'logo',
  'docs/a.html': 'page a, app.1.js',
  'index.html': 'home, app.1.js',
  log: 'log one',
  'log.1': 'log two',
  'gone.txt': 'gone',
};
const NEW: Texts = {
  'assets/app.2.js': 'two',
  'assets/copy.svg': 'logo',
  'assets/logo.svg': 'logo',
  'docs/a.html': 'page a, app.2.js',
  'docs/b.html': 'page b, app.2.js',
  'index.html': 'home, app.2.js',
  log: 'log new',
  'log.1': 'log one',
  'log.2': 'log two',
  'moved.txt': 'gone',
};

function flags(delay: boolean): readonly string[] {
  const common = ['--delete-after', '--max-delete', 'none', '--index', join(directory, 'index')];
  return [...common, '--concurrency', '4', ...(delay ? ['--delay-updates'] : [])];
}

function publish(delay: boolean, started?: (child: ChildProcess) => void): ReturnType<typeof runCli> {
  return runCli(dist, ['sync', 'tree', `s3://${bucket}/p`, ...flags(delay)], {
    cwd: directory,
    env: reach(s3),
    ...(started === undefined ? {} : { started }),
  });
}

function texts(): Texts {
  return Object.fromEntries(
    Object.entries(s3.server.texts(bucket)).map(([key, text]) => [key.slice('p/'.length), text]),
  );
}

async function oldThenNew(): Promise<void> {
  await rm(join(directory, 'tree'), { recursive: true, force: true });
  await writeTree(OLD, join(directory, 'tree'));
  expect((await publish(false)).status).toBe(0);
  await rm(join(directory, 'tree'), { recursive: true });
  await writeTree(NEW, join(directory, 'tree'));
}

/** What a reader may see between the two releases: every key old or new, and no page before what it names. */
function contract(seen: Texts): readonly string[] {
  const broken: string[] = [];
  for (const [key, text] of Object.entries(seen)) {
    if (text !== OLD[key] && text !== NEW[key]) broken.push(`${key} is ${text}`);
  }
  for (const key of Object.keys(OLD)) {
    if (key in NEW && !(key in seen)) broken.push(`${key} is missing`);
  }
  for (const page of ['index.html', 'docs/a.html', 'docs/b.html']) {
    const asset = /app\.\d\.js/.exec(seen[page] ?? '')?.[0];
    if (asset !== undefined && !(`assets/${asset}` in seen))
      broken.push(`${page} names ${asset}, which is not there`);
  }
  // The deletes come last.
  const isNew = Object.entries(NEW).every(([key, text]) => seen[key] === text);
  if (!isNew && !('gone.txt' in seen)) broken.push('something is deleted before everything is there');
  return broken;
}

test.each([
  ['connections are reset', { kind: 'reset' }],
  ['errors are answered', { kind: 'error', code: 'InternalError' }],
] as const)('an outage of 2 s in the middle of a run, %s: the run goes on', async (_, fault) => {
  await oldThenNew();
  let since: number | undefined;
  s3.server.faults.intercept = ({ operation }) => {
    if (since === undefined && operation !== 'PutObject') return 'pass';
    since ??= performance.now();
    return performance.now() - since < 2_000 ? fault : 'pass';
  };
  const ended = await publish(false);
  s3.server.faults.intercept = undefined;
  expect([ended.status, texts()]).toEqual([0, NEW]);
});

describe.each([
  ['as they come', false],
  ['with delay-updates', true],
] as const)('killed at any request, %s', (_, delay) => {
  test('a reader sees old or new, in order; the next run converges and leaves no upload', async () => {
    let points = 0;
    for (let at = 1; ; at += EVERY) {
      let requests = Number.POSITIVE_INFINITY;
      for (const moment of ['before', 'after'] as const) {
        bucket = await s3.bucket();
        await rm(join(directory, 'index'), { force: true });
        await rm(join(directory, 'index.journal'), { force: true });
        await oldThenNew();
        let child: ChildProcess | undefined;
        let seen = 0;
        const killed = new Promise<void>((resolve) => {
          s3.server[moment]({ bucket }, async () => {
            if (++seen === at) {
              child?.kill('SIGKILL');
              resolve();
            }
          });
        });
        const ended = await publish(delay, (started) => {
          child = started;
        });
        requests = seen;
        if (ended.status !== null) break;
        await killed;
        points++;
        expect({ at, moment, broken: contract(texts()) }).toEqual({ at, moment, broken: [] });
        const next = await publish(delay);
        expect({ at, moment, status: next.status, stderr: next.stderr }).toEqual({
          at,
          moment,
          status: 0,
          stderr: '',
        });
        expect({ at, moment, texts: texts() }).toEqual({ at, moment, texts: NEW });
        // An upload whose Create was not answered is in no journal.
        expect(s3.server.uploads(bucket).length).toBeLessThanOrEqual(4);
      }
      if (requests < at) break;
    }
    expect(points).toBeGreaterThan(2);
    if (EVERY === 1) console.log(`${points} crash points`);
  }, 3_600_000);

  test('30% of the answers are 503, reset, or lost: the run completes and is right', async () => {
    await oldThenNew();
    for (const fault of [
      { kind: 'error', code: 'SlowDown' },
      { kind: 'reset' },
      { kind: 'reset', after: true },
    ] as const) {
      s3.server.faults.add({ match: { bucket }, probability: 0.1, fault });
    }
    const ended = await runCli(
      dist,
      ['sync', 'tree', `s3://${bucket}/p`, ...flags(delay), '--max-attempts', '12'],
      { cwd: directory, env: reach(s3) },
    );
    s3.server.faults.clear();
    expect({ status: ended.status, stderr: ended.stderr }).toEqual({ status: 0, stderr: '' });
    expect(texts()).toEqual(NEW);
  });
});

describe('a killed run', () => {
  test('a large upload is gone on with by the next run, which finds it in the journal', async () => {
    await writeTree({ 'big.bin': noise(40 * MIB) }, join(directory, 'tree'));
    s3.server.faults.add({ match: { operation: 'UploadPart' }, nth: [4, 5], fault: { kind: 'hang' } });
    let parts = 0;
    let child: ChildProcess | undefined;
    const remove = s3.server.after({ operation: 'UploadPart' }, () => {
      if (++parts === 3) child?.kill('SIGKILL');
    });
    const first = await publish(false, (started) => {
      child = started;
    });
    remove();
    s3.server.faults.clear();
    expect(first.status).toBeNull();
    s3.server.log.clear();
    const second = await publish(false);
    expect({ status: second.status, stderr: second.stderr }).toEqual({ status: 0, stderr: '' });
    expect(s3.server.log.counts).toMatchObject({ ListParts: 1, UploadPart: 2, CompleteMultipartUpload: 1 });
    expect(s3.server.log.counts.CreateMultipartUpload).toBeUndefined();
    expect(s3.server.uploads(bucket)).toEqual([]);
  });

  test('the same with the index in the bucket, whose journal goes when it is used', async () => {
    await writeTree({ 'big.bin': noise(40 * MIB) }, join(directory, 'tree'));
    const args = ['sync', 'tree', `s3://${bucket}/p`, '--index', `s3://${bucket}/p/.s3-dedup-sync/index`];
    let child: ChildProcess | undefined;
    let parts = 0;
    const remove = s3.server.after({ operation: 'UploadPart' }, () => {
      if (++parts === 2) child?.kill('SIGKILL');
    });
    await runCli(dist, args, {
      cwd: directory,
      env: reach(s3),
      started: (started) => {
        child = started;
      },
    });
    remove();
    expect(Object.keys(texts()).some((key) => key.startsWith('.s3-dedup-sync/index.journal/'))).toBe(true);
    s3.server.log.clear();
    const second = await runCli(dist, args, { cwd: directory, env: reach(s3) });
    expect({ status: second.status, stderr: second.stderr }).toEqual({ status: 0, stderr: '' });
    expect(s3.server.log.counts.UploadPart ?? 0).toBeLessThan(5);
    expect(Object.keys(texts()).sort()).toEqual(['.s3-dedup-sync/index', 'big.bin']);
    expect(s3.server.uploads(bucket)).toEqual([]);
  });
});

describe('signals as the runner sends them', () => {
  test('SIGINT: ends within the 7.5 s that it has, with 130, index and outputs written', async () => {
    await writeTree({ ...NEW, 'big.bin': BIG }, join(directory, 'tree'));
    s3.server.faults.add({ match: { operation: 'PutObject' }, nth: [3, 4, 5], fault: { kind: 'hang' } });
    let child: ChildProcess | undefined;
    let puts = 0;
    const remove = s3.server.before({ operation: 'PutObject' }, () => {
      if (++puts === 3) child?.kill('SIGINT');
    });
    const began = performance.now();
    const ended = await run(
      process.execPath,
      [join(dist, 'cli.js'), 'sync', 'tree', `s3://${bucket}/p`, ...flags(true), '--delay-updates=false'],
      {
        cwd: directory,
        env: reach(s3),
        started: (started) => {
          child = started;
        },
      },
    );
    remove();
    s3.server.faults.clear();
    expect(ended.status).toBe(130);
    expect(performance.now() - began).toBeLessThan(7_500);
    const next = await publish(false);
    expect({ status: next.status, stderr: next.stderr }).toEqual({ status: 0, stderr: '' });
    expect(s3.server.uploads(bucket)).toEqual([]);
  });
});

describe('a run that loses what it needs', () => {
  test.each([
    ['the credentials expire', { kind: 'error', code: 'ExpiredToken' }, 'credentials-expired'],
    ['the network is gone', { kind: 'reset' }, 'unreachable'],
  ] as const)('%s: it fails saying so, and the next one converges', async (_, fault, code) => {
    await oldThenNew();
    s3.server.faults.add({
      match: { operation: ['PutObject', 'CopyObject'], bucket },
      nth: [1],
      fault: { kind: 'delay', ms: 1 },
    });
    let puts = 0;
    const remove = s3.server.before({ operation: 'PutObject', bucket }, () => {
      if (++puts === 2) s3.server.faults.add({ match: { bucket }, fault });
    });
    const args = ['sync', 'tree', `s3://${bucket}/p`, ...flags(false), '--json', '--max-attempts', '2'];
    const ended = await runCli(dist, args, { cwd: directory, env: reach(s3) });
    remove();
    s3.server.faults.clear();
    expect(ended.status).toBe(1);
    expect(ended.stdout).toContain(`"code":"${code}"`);
    expect(contract(texts())).toEqual([]);
    const next = await publish(false);
    expect({ status: next.status, stderr: next.stderr }).toEqual({ status: 0, stderr: '' });
    expect(texts()).toEqual(NEW);
  });

  test('a journal and an index that cannot be written cost a warning each, never the run', async () => {
    await writeTree({ ...NEW, 'big.bin': BIG, file: 'in the way' }, join(directory, 'tree'));
    const index = join(directory, 'tree', 'file', 'index');
    const args = ['sync', 'tree', `s3://${bucket}/p`, '--index', index, '--delay-updates'];
    const ended = await runCli(dist, args, { cwd: directory, env: reach(s3) });
    expect(ended.status).toBe(0);
    expect(texts()).toMatchObject(NEW);
  });
});

test('the action: SIGINT, SIGTERM 7.5 s later: it has ended before, outputs and summary are there', async () => {
  await writeTree(NEW, join(directory, 'tree'));
  s3.server.faults.add({
    match: { operation: 'PutObject', bucket },
    nth: [2, 3, 4],
    fault: { kind: 'hang' },
  });
  let child: ChildProcess | undefined;
  let puts = 0;
  const signalled: string[] = [];
  const remove = s3.server.before({ operation: 'PutObject', bucket }, () => {
    if (++puts !== 2) return;
    for (const [signal, ms] of [
      ['SIGINT', 0],
      ['SIGTERM', 7_500],
      ['SIGKILL', 10_000],
    ] as const) {
      setTimeout(() => {
        if (child?.exitCode !== null) return;
        signalled.push(signal);
        child.kill(signal);
      }, ms).unref();
    }
  });
  const inputs = { paths: 'tree', bucket, prefix: 'p', index: 'none' };
  const ended = await runAction(dist, inputs, {
    cwd: directory,
    env: reach(s3),
    started: (started) => {
      child = started;
    },
  });
  remove();
  s3.server.faults.clear();
  expect(signalled).toEqual(['SIGINT']);
  expect(ended.status).not.toBe(0);
  expect(ended.outputs).toMatchObject({ status: 'cancelled' });
  expect(ended.summary).toContain('Cancelled');
});

test('two runs at once: no key ever holds what neither tree has, and the loser says so', async () => {
  let contested = 0;
  const rounds = Number(process.env.S3DS_INTERLEAVINGS ?? 4);
  for (let round = 0; round < rounds; round++) {
    bucket = await s3.bucket();
    await writeTree(OLD, join(directory, 'tree'));
    expect((await publish(false)).status).toBe(0);
    const trees = ['one', 'two'].map((name) => join(directory, name));
    for (const [i, tree] of trees.entries()) {
      const contents = Object.fromEntries(Object.entries(NEW).map(([key, text]) => [key, `${text} of ${i}`]));
      await writeTree(contents, tree);
    }
    s3.server.faults.intercept = (_, random) => ({ kind: 'delay', ms: Math.floor(random() * 15) });
    const lock = round % 2 === 1 ? ['--lock'] : [];
    const ended = await Promise.all(
      ['one', 'two'].map((tree) =>
        runCli(
          dist,
          [
            'sync',
            tree,
            `s3://${bucket}/p`,
            '--delete-after',
            '--max-delete',
            'none',
            '--index',
            'none',
            ...lock,
          ],
          {
            cwd: directory,
            env: reach(s3),
          },
        ),
      ),
    );
    s3.server.faults.clear();
    const statuses = ended.map(({ status }) => status);
    for (const status of statuses) expect([0, 4, 5]).toContain(status);
    for (const [key, text] of Object.entries(texts())) {
      expect([`${NEW[key]} of 0`, `${NEW[key]} of 1`, OLD[key]]).toContain(text);
    }
    const isMixed = new Set(Object.values(texts()).map((text) => / of (\d)$/.exec(text)?.[1])).size > 1;
    if (lock.length > 0) expect(isMixed).toBe(false);
    // Where both wrote, at least one knows.
    if (isMixed) expect(Math.max(...statuses.map((status) => status ?? 9))).toBeGreaterThan(0);
    if (statuses.some((status) => status !== 0)) contested++;
  }
  if (rounds > 4) console.log(`${contested} of ${rounds} interleavings were contested`);
}, 3_600_000);
