import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Report } from '../../src/model/report.js';
import { copyOfDist, type Ended, reach, runAction, runCli } from '../support/dist.js';
import { type EmbeddedTestServer, embedded, realServers, type TestServer } from '../support/servers.js';
import { noise, removeTree, temporaryDirectory, writeTree } from '../support/tree.js';

const MIB = 1024 * 1024;

const real = realServers.filter(({ name }) => name !== 'minio');
const absent = real.find((server) => server.absent !== undefined)?.absent;
const suite = absent === undefined ? describe : describe.skip;

/** Two SeaweedFS, one versitygw and the embedded one at once, through the bundle. */
suite(`four servers at once${absent === undefined ? '' : `: skipped, ${absent}`}`, () => {
  let dist: string;
  let root: string;
  let first: EmbeddedTestServer;
  let servers: readonly TestServer[];
  let places: readonly string[];

  beforeAll(async () => {
    dist = await copyOfDist();
    root = await temporaryDirectory();
    first = await embedded();
    const [weed, posix] = real;
    servers = await Promise.all([weed!.start(), weed!.start(), posix!.start()]);
    places = await Promise.all(
      servers.map(async (server) => `s3://${await server.bucket()}/p endpoint-url=${server.endpoint}`),
    );
    const tree = {
      'index.html': 'page',
      'a/one': 'same',
      'a/two': 'same',
      empty: '',
      'big.bin': noise(9 * MIB),
    };
    await writeTree(tree, join(root, 'public'));
  }, 120_000);
  afterAll(async () => {
    for (const server of [first, ...(servers ?? [])]) await server?.stop();
    await removeTree(join(dist, '..'));
    await removeTree(root);
  });

  async function cli(...args: readonly string[]): Promise<Ended> {
    return runCli(dist, args, { cwd: root, env: reach(first) });
  }

  async function sync(
    bucket: string,
    ...options: readonly string[]
  ): Promise<Ended & { readonly report: Report }> {
    const ended = await cli('public', `s3://${bucket}/p`, ...places, ...options, '--report', 'r.json');
    return { ...ended, report: JSON.parse(await readFile(join(root, 'r.json'), 'utf8')) as Report };
  }

  test('all are equal afterwards, by check; then one is killed half way, and the others do not wait for it', async () => {
    const bucket = await first.bucket();
    const fresh = await sync(bucket);
    expect(fresh.status).toBe(0);
    expect(
      fresh.report.destinations.map(({ totals }) => totals.uploaded.files + totals.copied.files),
    ).toEqual([5, 5, 5, 5]);
    const check = await cli('check', 'public', `s3://${bucket}/p`, ...places, '--read');
    expect(check.status).toBe(0);

    await writeTree({ 'index.html': 'changed', 'a/three': 'same' }, join(root, 'public'));
    await rm(join(root, 'public/a/one'));
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`many/${at}`, `file ${at}`]));
    await writeTree(many, join(root, 'public'));
    let puts = 0;
    const note = first.server.before({ operation: 'PutObject', bucket }, async () => {
      if (++puts === 50) await servers[1]?.stop();
    });
    const half = await sync(bucket, '--delete-after', '--max-attempts', '3');
    note();
    expect(half.status).toBe(1);
    expect(half.report.destinations.map(({ status }) => status)).toEqual(['done', 'done', 'failed', 'done']);
    expect(half.stderr).toMatch(
      /error: 1 of 4 destinations failed: s3:\/\/\S+( at \S+)?: p\/many\/\d+: no answer from S3/,
    );
    const left = places.filter((_, at) => at !== 1);
    const rest = await cli('check', 'public', `s3://${bucket}/p`, ...left, '--delete-after', '--read');
    expect(rest.status).toBe(0);
    await rm(join(root, 'public/many'), { recursive: true });
  }, 120_000);

  test('a mirror that may be read alone is named; a slow one holds up nobody', async () => {
    const [bucket, slow] = [await first.bucket(), await first.bucket()];
    first.server.faults.add({
      match: { operation: 'PutObject', bucket },
      times: Number.POSITIVE_INFINITY,
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    const done: string[] = [];
    const note = first.server.before({ bucket: slow }, async ({ operation }) => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      done.push(operation);
    });
    const args = ['public', `s3://${slow}/p`, `s3://${bucket}/p`, places[0] ?? '', '--mirror-by', 'upload'];
    const ended = await cli(...args, '--json', '--index', 'none');
    note();
    first.server.faults.clear();
    expect(ended.status).toBe(1);
    const ends = ended.stdout
      .split('\n')
      .filter((line) => line.includes('"destination-end"'))
      .map((line) => JSON.parse(line) as { readonly at: string; readonly status: string });
    expect(ends.map(({ status }) => status).sort()).toEqual(['done', 'done', 'failed']);
    expect(ends.at(-1)?.at).toBe(`s3://${slow}/p/`);
  }, 60_000);

  test('the action: mirrors by lines, one table, outputs are sums', async () => {
    const bucket = await first.bucket();
    const other = await first.bucket();
    const inputs = {
      paths: 'public',
      bucket: `s3://${bucket}/p`,
      mirrors: `s3://${other}/p\n`,
      index: 'none',
    };
    const ended = await runAction(dist, inputs, { cwd: root, env: reach(first) });
    expect(ended).toMatchObject({ status: 0, outputs: { status: 'done', changed: 'true' } });
    const files = Number(ended.outputs['uploaded-files']) + Number(ended.outputs['copied-files']);
    expect(files).toBe(10);
    expect(ended.summary).toMatch(/\| ✅ <code>s3&#58;\/\/bucket-\d+\/p\/<\/code> \(by copy\) \|/);
    expect(first.server.texts(other)).toEqual(first.server.texts(bucket));
  });
});
