import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CloudFrontStub } from '../support/cloudfront.js';
import { copyOfDist, type Ended, reach, runAction, runCli } from '../support/dist.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { removeTree, temporaryDirectory, writeTree } from '../support/tree.js';

let dist: string;
let s3: EmbeddedTestServer;
let cloudfront: CloudFrontStub;
let bucket: string;
let root: string;
let env: Record<string, string>;

beforeAll(async () => {
  dist = await copyOfDist();
  s3 = await embedded();
  cloudfront = await CloudFrontStub.start();
});
afterAll(async () => {
  await s3.stop();
  await cloudfront.stop();
  await removeTree(join(dist, '..'));
});
beforeEach(async () => {
  bucket = await s3.bucket();
  root = await temporaryDirectory();
  env = { ...reach(s3), AWS_ENDPOINT_URL_CLOUDFRONT: cloudfront.endpoint };
  await writeTree({ 'public/index.html': 'page', 'public/a.css': 'one' }, root);
});
afterEach(async () => {
  cloudfront.clear();
  await removeTree(root);
});

async function deploy(...options: readonly string[]): Promise<Ended> {
  const args = ['public', `s3://${bucket}/site`, '--invalidate-strip-prefix', 'site', ...options];
  return runCli(dist, [...args, '--invalidate', 'E2EXAMPLE'], { cwd: root, env });
}

/** Nobody knows what was there before: everything, once. */
async function firstDeploy(): Promise<void> {
  expect(await deploy()).toMatchObject({ status: 0, stderr: '' });
  expect(cloudfront.told.map(({ paths }) => paths)).toEqual([['/*']]);
  cloudfront.clear();
}

describe('the command line tells CloudFront', () => {
  test('everything at a first publish; then what changed, when there is room, and waits for it', async () => {
    await firstDeploy();
    await writeTree({ 'public/index.html': 'changed' }, root);
    cloudfront.errors.push('TooManyInvalidationsInProgress', 'lost');
    const run = await deploy('--invalidate-wait', '--report', 'r.json');
    expect(run.status).toBe(0);
    expect(cloudfront.told).toMatchObject([{ paths: ['/', '/index.html'] }]);
    expect(cloudfront.requests.map((request) => request.split(' ')[0])).toEqual([
      'POST',
      'POST',
      'POST',
      'GET',
    ]);
    const [{ id } = { id: '' }] = cloudfront.told;
    expect(run.stdout).toContain(`Invalidated 2 paths of E2EXAMPLE (id ${id}): /, /index.html\n`);
    expect(run.stdout).toContain(`The invalidation ${id} is complete\n`);
    expect(run.stdout).toMatch(
      /E2EXAMPLE cannot be told to invalidate now \(TooManyInvalidationsInProgress: /,
    );
    const report = JSON.parse(await readFile(join(root, 'r.json'), 'utf8')) as object;
    expect(report).toMatchObject({
      destinations: [
        {
          invalidation: {
            distribution: 'E2EXAMPLE',
            paths: ['/', '/index.html'],
            id,
            status: 'completed',
          },
          requests: { ListObjectsV2: 2, PutObject: 1 },
        },
      ],
    });
  });

  test('R15: published, and the invalidation failed: exit 1 in one line; the next run sends it', async () => {
    await firstDeploy();
    await writeTree({ 'public/a.css': 'changed' }, root);
    cloudfront.errors.push('AccessDenied');
    const failed = await deploy();
    expect(failed).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /^error: s3:.*: the invalidation of \/a\.css in E2EXAMPLE failed \(AccessDenied: .*\): allow cloudfront:CreateInvalidation on the distribution; the next run sends what is missing\n$/,
      ),
    });
    expect(s3.server.texts(bucket)['site/a.css']).toBe('changed');
    const next = await deploy();
    expect(next).toMatchObject({ status: 0, stderr: '' });
    expect(next.stdout).toContain('Invalidated 1 path of E2EXAMPLE');
    expect(cloudfront.told.map(({ paths }) => paths)).toEqual([['/a.css']]);
    await deploy();
    expect(cloudfront.told).toHaveLength(1);
  });

  const signals = [
    ['SIGKILL', null],
    ['SIGINT', 130],
  ] as const;
  test.each(signals)(
    '%s between the last write and the invalidation: the next run sends it',
    async (signal, status) => {
      await firstDeploy();
      await writeTree({ 'public/a.css': 'changed' }, root);
      cloudfront.errors.push('TooManyInvalidationsInProgress', 'TooManyInvalidationsInProgress');
      const args = ['public', `s3://${bucket}/site`, '--invalidate', 'E2EXAMPLE'];
      const ended = await runCli(dist, args, {
        cwd: root,
        env,
        started: (child) => {
          const watch = setInterval(() => {
            if (cloudfront.requests.length === 0) return;
            // Once: a second one that comes when the run is over ends the process before its status is set.
            clearInterval(watch);
            child.kill(signal);
          }, 5);
          child.on('close', () => clearInterval(watch));
        },
      });
      expect(ended.status).toBe(status);
      expect(s3.server.texts(bucket)['site/a.css']).toBe('changed');
      expect(cloudfront.told).toEqual([]);
      cloudfront.clear();
      const next = await runCli(dist, args, { cwd: root, env });
      expect(next).toMatchObject({ status: 0, stderr: '' });
      expect(cloudfront.told.map(({ paths }) => paths)).toEqual([['/site/a.css']]);
    },
  );

  test('a distribution that does not exist, and a lost index', async () => {
    await firstDeploy();
    await rm(join(root, '.cache'), { recursive: true });
    cloudfront.errors.push('NoSuchDistribution');
    const unknown = await deploy();
    expect(unknown).toMatchObject({ status: 1, stderr: expect.stringContaining('check invalidate') });
    await deploy();
    expect(cloudfront.told.map(({ paths }) => paths)).toEqual([['/*']]);
  });

  test('a dry run asks CloudFront nothing', async () => {
    await firstDeploy();
    await writeTree({ 'public/a.css': 'changed' }, root);
    const dry = await deploy('--dry-run');
    expect(dry).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('Would invalidate 1 path of E2EXAMPLE: /a.css\n'),
    });
    expect(cloudfront.requests).toEqual([]);
  });

  test('a wrong ID is refused before anything is done', async () => {
    const run = await runCli(dist, ['public', `s3://${bucket}/site`, '--invalidate', 'my-site'], {
      cwd: root,
      env,
    });
    expect(run).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^error: --invalidate: "my-site"/),
    });
    expect(s3.server.texts(bucket)).toEqual({});
  });
});

test('the action says what it invalidated: log, output, summary', async () => {
  const inputs = {
    paths: 'public',
    bucket: `s3://${bucket}/site invalidate=E2EXAMPLE`,
    'invalidate-strip-prefix': 'site',
    'invalidate-wait': 'false',
    index: 'the.index',
  };
  const first = await runAction(dist, inputs, { cwd: root, env });
  expect(first.status).toBe(0);
  expect(first.outputs['invalidation-id']).not.toBe('');
  cloudfront.clear();
  await writeTree({ 'public/a.css': 'changed' }, root);
  const second = await runAction(dist, inputs, { cwd: root, env });
  const [{ id } = { id: '' }] = cloudfront.told;
  expect(second).toMatchObject({ status: 0, outputs: { 'invalidation-id': id, changed: 'true' } });
  expect(second.stdout).toContain(`Invalidated 1 path of E2EXAMPLE (id ${id}): /a.css\n`);
  expect(second.summary).toContain(
    `Invalidated 1 path of <code>E2EXAMPLE</code> (id <code>${id}</code>): <code>/a.css</code>.`,
  );
});

test('the client of CloudFront is loaded only then', async () => {
  const without = await copyOfDist();
  try {
    let removed = 0;
    for (const folder of [without, join(without, 'cli')]) {
      for (const name of await readdir(folder)) {
        if (!/^[0-9]+\.index\.js$/.test(name)) continue;
        const text = await readFile(join(folder, name), 'utf8');
        if (!text.includes('class CloudFrontClient ')) continue;
        await rm(join(folder, name));
        removed++;
      }
    }
    expect(removed).toBe(2);
    const args = ['public', `s3://${bucket}/site`];
    expect(await runCli(without, args, { cwd: root, env })).toMatchObject({ status: 0 });
    expect(await runCli(without, [...args, '--invalidate', 'E2EXAMPLE'], { cwd: root, env })).toMatchObject({
      status: 1,
    });
  } finally {
    await removeTree(join(without, '..'));
  }
});
