import { readFileSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { selfSigned } from '../../dev/certificate.js';
import { INPUT_NAMES, inputDefinition } from '../../src/model/inputs.js';
import { copyOfDist, type Ended, reach, run, runAction, runCli } from '../support/dist.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { noise, removeTree, temporaryDirectory, writeTree } from '../support/tree.js';

const MIB = 1024 * 1024;

let dist: string;
let s3: EmbeddedTestServer;
let bucket: string;
let root: string;
let env: Record<string, string>;

beforeAll(async () => {
  dist = await copyOfDist();
  s3 = await embedded();
});
afterAll(async () => {
  await s3.stop();
  await removeTree(join(dist, '..'));
});
beforeEach(async () => {
  bucket = await s3.bucket();
  root = await temporaryDirectory();
  env = reach(s3);
  s3.server.log.clear();
});
afterEach(async () => {
  s3.server.faults.clear();
  await removeTree(root);
});

(process.platform === 'linux' ? test : test.skip)(
  'where 48 files may be open, a publish and a download make fewer requests at a time, and end well',
  async () => {
    const tree = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`d${i % 97}/${i}`, `file ${i}`]));
    await writeTree(tree, join(root, 'public'));
    const few = (...args: readonly string[]): ReturnType<typeof run> =>
      run(
        'bash',
        ['-c', 'ulimit -n 48 && exec "$@"', 'bash', process.execPath, join(dist, 'cli.js'), ...args],
        {
          cwd: root,
          env,
        },
      );
    const url = `s3://${bucket}/site`;
    expect(await few('public', url, '--index', 'index')).toMatchObject({ status: 0, stderr: '' });
    expect(Object.keys(s3.server.texts(bucket))).toHaveLength(300);
    expect(await readFile(join(root, 'index'), 'utf8')).toContain('site/d0/0');
    expect(await few(url, 'fetched', '--index', 'none')).toMatchObject({ status: 0, stderr: '' });
    for (const [name, text] of Object.entries(tree))
      expect(await readFile(join(root, 'fetched', name), 'utf8')).toBe(text);
  },
);

test('allowed-account-ids at an endpoint that has no STS: refused, with what to leave out', async () => {
  await writeTree({ a: 'one' }, join(root, 'public'));
  s3.server.faults.add({
    match: { operation: 'GetCallerIdentity' },
    fault: { kind: 'error', code: 'MethodNotAllowed' },
  });
  const args = ['public', `s3://${bucket}/site`, '--allowed-account-id', '123456789012'];
  const ended = await runCli(dist, args, { cwd: root, env });
  expect(ended.status).toBe(2);
  expect(ended.stderr).toContain('and may have no STS: leave allowed-account-ids out then');
});

const certificate = selfSigned();

(certificate === undefined ? describe.skip : describe)('over HTTPS, as all but tests do', () => {
  test.each(['lean', 'sdk'])('publishes, finds nothing to do, copies, fetches: by %s', async (requests) => {
    const secure = await embedded({ tls: certificate });
    try {
      const authority = join(root, 'authority.pem');
      await writeFile(authority, certificate?.cert ?? '');
      const place = await secure.bucket();
      const url = `s3://${place}/site`;
      const at = { cwd: root, env: { ...reach(secure), AWS_CA_BUNDLE: authority, S3DS_REQUESTS: requests } };
      const tree = {
        'a.txt': 'one',
        'b/a.txt': 'one',
        'middle.bin': noise(3 * MIB + 1),
        'big.bin': noise(70 * MIB),
      };
      await writeTree(tree, join(root, 'public'));
      const refused = await runCli(dist, ['sync', 'public', url], { cwd: root, env: reach(secure) });
      expect(refused.status).toBe(1);
      expect(refused.stderr).toContain('set AWS_CA_BUNDLE to a file');

      const first = await runCli(dist, ['sync', 'public', url, '--index', 'none'], at);
      expect(first).toMatchObject({ status: 0, stderr: '' });
      for (const [name, bytes] of Object.entries(tree))
        expect(secure.server.object(place, `site/${name}`)?.content.bytes().equals(Buffer.from(bytes))).toBe(
          true,
        );
      secure.server.log.clear();
      expect(await runCli(dist, ['sync', 'public', url, '--index', 'none'], at)).toMatchObject({ status: 0 });
      expect(secure.server.log.counts).toEqual({ ListObjectsV2: 1 });
      expect(await runCli(dist, ['sync', url, 'fetched'], at)).toMatchObject({ status: 0, stderr: '' });
      for (const [name, bytes] of Object.entries(tree))
        expect((await readFile(join(root, 'fetched', name))).equals(Buffer.from(bytes))).toBe(true);
    } finally {
      await secure.stop();
    }
  });
});

describe('the command line, from a copy of dist alone', () => {
  test('says its version and its options', async () => {
    const version = await runCli(dist, ['--version'], { cwd: root });
    const { version: expected } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(version).toMatchObject({ status: 0, stdout: expect.stringContaining(expected) });
    const help = await runCli(dist, ['--help'], { cwd: root });
    expect(help.status).toBe(0);
    for (const option of ['--delete-after', '--exclude', '--json', '--detailed-exitcode'])
      expect(help.stdout).toContain(option);
  });

  test('publishes, and a second run from a fresh copy without an index sends and asks nothing', async () => {
    const tree = { 'a.txt': 'one', 'b/a.txt': 'one', 'index.html': '<p>', 'big.bin': noise(70 * MIB) };
    await writeTree(tree, join(root, 'public'));
    const url = `s3://${bucket}/site`;
    const first = await runCli(dist, ['sync', './public', url], { cwd: root, env });
    expect(first).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/uploaded +3 files/),
    });
    expect(first.stdout).not.toMatch(/^::/m);
    expect(s3.server.objects(bucket).map(({ key }) => key)).toEqual([
      'site/a.txt',
      'site/b/a.txt',
      'site/big.bin',
      'site/index.html',
    ]);

    s3.server.log.clear();
    await writeTree(tree, join(root, 'fresh'));
    const second = await runCli(dist, ['sync', 'fresh', url, '--index', 'none', '--json'], {
      cwd: root,
      env,
    });
    expect(second.status).toBe(0);
    expect(s3.server.log.counts).toEqual({ ListObjectsV2: 1 });
    const events = second.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['start', 'identity', 'plan', 'end']),
    );
  });

  test('a dry run that would change something ends with 6 when asked, and writes nothing', async () => {
    await writeTree({ a: 'x' }, root);
    const plain = await runCli(dist, [root, `s3://${bucket}/p`, '--dry-run'], { cwd: root, env });
    const detailed = await runCli(
      dist,
      [root, `s3://${bucket}/p`, '--dry-run', '--detailed-exitcode', '--index', 'none'],
      { cwd: root, env },
    );
    expect([plain.status, detailed.status]).toEqual([0, 6]);
    expect(s3.server.log.counts).toEqual({ ListObjectsV2: 2 });
  });

  test('writes the report, also of a run that was refused', async () => {
    await writeTree({ 'public/a': 'x' }, root);
    await runCli(dist, ['public', `s3://${bucket}/p`, '--report', 'r.json'], { cwd: root, env });
    expect(JSON.parse(await readFile(join(root, 'r.json'), 'utf8'))).toMatchObject({
      version: 1,
      status: 'done',
      destinations: [
        {
          url: `s3://${bucket}/p/`,
          steps: [{ key: 'p/a', action: 'upload', reason: 'new', outcome: 'done' }],
        },
      ],
    });
    await mkdir(join(root, 'empty'));
    const refused = await runCli(
      dist,
      ['empty', `s3://${bucket}/p`, '--delete-after', '--report', 'r.json'],
      { cwd: root, env },
    );
    expect(refused.status).toBe(4);
    expect(JSON.parse(await readFile(join(root, 'r.json'), 'utf8'))).toMatchObject({
      status: 'refused',
      error: { code: 'no-files-found' },
    });
  });
});

test('what a run writes is its own, though it lies in the tree: not published, and not deleted by a download', async () => {
  await writeTree({ 'tree/a': 'x' }, root);
  const own = ['--report', 'tree/r.json', '--index', 'tree/i.index', '--delete-after'];
  for (let run = 0; run < 2; run++) {
    const ended = await runCli(dist, ['tree', `s3://${bucket}/p`, ...own], { cwd: root, env });
    expect(ended.status).toBe(0);
  }
  expect(Object.keys(s3.server.texts(bucket))).toEqual(['p/a']);
  for (let run = 0; run < 2; run++) {
    const ended = await runCli(dist, ['sync', `s3://${bucket}/p`, 'tree', ...own], { cwd: root, env });
    expect([ended.status, ended.stderr]).toEqual([0, '']);
  }
  expect((await readdir(join(root, 'tree'))).sort()).toEqual(['a', 'i.index', 'r.json']);
});

test('what mirrors write, and the journal that a killed run left, are not published either', async () => {
  await writeTree({ 'tree/a': 'x', 'tree/i.index.journal': '' }, root);
  const flags = ['--index', 'tree/i.index', '--mirror', `s3://${bucket}/m`];
  for (let run = 0; run < 2; run++) {
    const ended = await runCli(dist, ['tree', `s3://${bucket}/p`, ...flags], { cwd: root, env });
    expect(ended.status).toBe(0);
    await writeTree({ 'tree/i.index.journal': '' }, root);
  }
  expect((await readdir(join(root, 'tree'))).length).toBe(4);
  expect(Object.keys(s3.server.texts(bucket)).sort()).toEqual(['m/a', 'p/a']);
});

describe('bad input ends in one clear line', () => {
  beforeEach(() => writeTree({ 'public/a': 'x' }, root));

  const rows: readonly [string, readonly string[], number, RegExp, Record<string, string>?][] = [
    ['no bucket', ['--path', 'public'], 2, /bucket/],
    ['a wrong bucket name', ['public', 's3://No_Such_Name/p'], 2, /No_Such_Name/],
    ['a bucket that does not exist', ['public', 's3://no-such-bucket/p'], 2, /no such bucket/],
    ['an unknown option', ['public', 's3://bucket-1/p', '--delete-aftr'], 2, /delete-after/],
    ['an unknown value', ['public', 's3://bucket-1/p', '--symlinks', 'maybe'], 2, /symlinks.*maybe.*inside/],
    ['the whole bucket, unspelled', ['public', 's3://bucket-1', '--delete-after'], 4, /whole-bucket/],
    ['a tree that is not there', ['nowhere', 's3://bucket-1/p'], 4, /nowhere/],
    [
      'no credentials',
      ['public', 's3://bucket-1/p'],
      2,
      /no AWS credentials/,
      { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' },
    ],
    [
      'a region that cannot be one',
      ['public', 's3://bucket-1/p'],
      2,
      /^error: "eu central 1" was given as the region.*: correct region, or AWS_REGION/,
      { AWS_REGION: 'eu central 1' },
    ],
    [
      'an endpoint that nobody listens on',
      ['public', 's3://bucket-1/p', '--max-attempts', '2'],
      1,
      /no answer from S3.*ECONNREFUSED/,
      { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' },
    ],
    [
      'a profile that is nowhere, beside keys in the environment',
      ['public', 's3://bucket-1/p', '--profile', 'nope'],
      2,
      /^error: profile names "nope", and no such profile stands in \S+config or \S+credentials: correct [^\n]+\n$/,
    ],
    [
      'a profile of the environment that is nowhere',
      ['public', 's3://bucket-1/p'],
      2,
      /^error: AWS_PROFILE names "nope", and no such profile stands in [^\n]+\n$/,
      { AWS_PROFILE: 'nope', AWS_EC2_METADATA_DISABLED: 'true' },
    ],
    [
      'an STS that nobody listens on',
      ['public', 's3://bucket-1/p', '--role-to-assume', 'arn:aws:iam::123456789012:role/publish'],
      1,
      /^error: the role \S+ could not be assumed, as STS did not answer \(.*ECONNREFUSED/,
      { AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9' },
    ],
    [
      'an STS that nobody listens on, for a web identity of the environment',
      ['public', 's3://bucket-1/p'],
      1,
      /^error: no credentials could be fetched, as their source did not answer \(.*ECONNREFUSED/,
      {
        AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9',
        AWS_ACCESS_KEY_ID: '',
        AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/publish',
        AWS_WEB_IDENTITY_TOKEN_FILE: fileURLToPath(import.meta.url),
      },
    ],
    [
      'an endpoint that is no URL',
      ['public', 's3://bucket-1/p'],
      2,
      /endpoint is "localhost:9000".*must be a URL/,
      { AWS_ENDPOINT_URL_S3: 'localhost:9000' },
    ],
    [
      'the wrong account',
      ['public', 's3://bucket-1/p', '--allowed-account-id', '999999999999'],
      2,
      /account 123456789012.*999999999999/,
    ],
  ];
  test.each(rows)('%s', async (_, args, status, message, changes = {}) => {
    const ended = await runCli(dist, ['sync', ...args], {
      cwd: root,
      env: { ...env, AWS_ENDPOINT_URL_STS: s3.endpoint, ...changes },
    });
    const lines = ended.stderr.trim().split('\n');
    expect({ status: ended.status, stderr: ended.stderr }).toEqual({
      status,
      stderr: expect.stringMatching(message),
    });
    expect(lines.at(-1)).not.toMatch(/^\s+at /);
    expect(ended.stderr).not.toMatch(/^\s+at .*\.js:\d+/m);
    expect(s3.server.log.count('PutObject', 'DeleteObjects')).toBe(0);
  });

  test('an AWS_REGION that is empty, as of a variable that is not set, is none', async () => {
    const ended = await runCli(dist, ['public', `s3://${bucket}/p`], {
      cwd: root,
      env: { ...env, AWS_REGION: '' },
    });
    expect(ended).toMatchObject({ status: 0, stderr: '' });
  });

  test("a region that is not the bucket's", async () => {
    s3.server.createBucket('elsewhere', { region: 'eu-west-1' });
    const ended = await runCli(dist, ['public', 's3://elsewhere/p'], { cwd: root, env });
    expect(ended).toMatchObject({ status: 2, stderr: expect.stringMatching(/eu-west-1/) });
  });

  test.each([
    ['ListBucket', /s3:ListBucket/],
    ['PutObject', /s3:PutObject/],
    ['DeleteObject', /s3:DeleteObject/],
  ] as const)('no permission for %s names what is missing, and deletes nothing', async (action, message) => {
    s3.server.putObject(bucket, 'p/gone', 'gone');
    s3.server.putObject(bucket, 'p/a', 'other');
    s3.server.access.set({ id: s3.accessKeyId, deny: [action] });
    try {
      const ended = await runCli(dist, ['public', `s3://${bucket}/p`, '--delete-after'], { cwd: root, env });
      expect(ended).toMatchObject({ status: 1, stderr: expect.stringMatching(message) });
      expect(s3.server.object(bucket, 'p/gone')).toBeDefined();
    } finally {
      s3.server.access.set({ id: s3.accessKeyId });
    }
  });

  test('an index that cannot be written: a warning, the publish stands', async () => {
    await writeFile(join(root, 'blocked'), '');
    const ended = await runCli(dist, ['public', `s3://${bucket}/p`, '--index', 'blocked/index'], {
      cwd: root,
      env,
    });
    expect(ended).toMatchObject({ status: 0, stderr: expect.stringMatching(/index could not be written/) });
    expect(s3.server.object(bucket, 'p/a')).toBeDefined();
  });
});

describe('names that S3 cannot hold, disks that are full', () => {
  test('a key over 1,024 bytes and a name that is not UTF-8 are refused by name', async () => {
    const long = Array.from({ length: 5 }, (_, i) => `${i}`.repeat(210)).join('/');
    await writeTree({ 'public/a': 'x', [`public/${long}`]: 'long' }, root);
    const tooLong = await runCli(dist, ['public', `s3://${bucket}/p`], { cwd: root, env });
    expect(tooLong).toMatchObject({
      status: 4,
      stderr: expect.stringMatching(/has 1056 bytes, S3 allows 1024/),
    });
    await removeTree(join(root, 'public'));
    await writeTree({ 'public/a': 'x' }, root);
    await writeFile(Buffer.concat([Buffer.from(`${root}/public/caf`), Buffer.from([0xe9])]), 'latin-1');
    const latin = await runCli(dist, ['public', `s3://${bucket}/p`, '--delete-after'], { cwd: root, env });
    expect(latin).toMatchObject({ status: 4, stderr: expect.stringMatching(/caf.*UTF-8/) });
    expect(s3.server.log.count('PutObject')).toBe(0);
  });

  test('an index where no directory can be made, or that is a pipe, costs one line and no hang', async () => {
    await writeTree({ 'public/a': 'x' }, root);
    const url = `s3://${bucket}/p`;
    const nowhere = await runCli(dist, ['public', url, '--index', '/proc/none/x/y.index'], {
      cwd: root,
      env,
    });
    expect(nowhere).toMatchObject({ status: 0, stderr: expect.stringMatching(/index could not be written/) });
    await run('mkfifo', [join(root, 'pipe')], { cwd: root });
    const pipe = await runCli(dist, ['public', url, '--index', 'pipe', '--dry-run'], { cwd: root, env });
    expect(pipe).toMatchObject({ status: 0 });
    expect(pipe.stdout + pipe.stderr).toMatch(
      /index of earlier runs is ignored: \S+pipe: it is not a regular file/,
    );
  });

  test.each([
    ['help', ['--help']],
    ['the version', ['--version']],
    ['a log', ['public', 's3://BUCKET/p', '--report', 'r.json', '--index', 'none']],
    ['events', ['public', 's3://BUCKET/p', '--report', 'r.json', '--index', 'none', '--json']],
  ])('%s that cannot be written: that is said, and ends the output, not the publishing', async (_, words) => {
    await writeTree({ 'public/a': 'x' }, root);
    const command = `exec "$0" "$@" > /dev/full`;
    const args = words.map((word) => word.replace('BUCKET', bucket));
    const ended = await run('sh', ['-c', command, process.execPath, join(dist, 'cli.js'), ...args], {
      cwd: root,
      env,
    });
    expect(ended).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^error: standard output cannot be written \(ENOSPC: [^\n]+\n$/),
    });
    if (words.length === 1) return;
    expect(JSON.parse(await readFile(join(root, 'r.json'), 'utf8'))).toMatchObject({ status: 'done' });
  });

  test('SIGINT while a large file is hashed is obeyed at once', async () => {
    await writeTree({ 'public/sparse': '' }, root);
    await truncate(join(root, 'public/sparse'), 20 * 1024 ** 3);
    s3.server.putObject(bucket, 'p/sparse', 'x');
    const started = performance.now();
    let interrupted = 0;
    const ended = await runCli(dist, ['public', `s3://${bucket}/p`, '--index', 'none'], {
      cwd: root,
      env,
      started: (child) =>
        void setTimeout(() => {
          interrupted = performance.now() - started;
          child.kill('SIGINT');
        }, 2_500),
    });
    expect(ended.status).toBe(130);
    expect(performance.now() - started - interrupted).toBeLessThan(7_500);
  });

  test('a disk that is full when the index is written: one warning, everything else is done', async () => {
    const names = Object.fromEntries(
      Array.from({ length: 50 }, (_, i) => [`public/file-${i}`, `content ${i % 9}`]),
    );
    await writeTree(names, root);
    const command = `ulimit -f 1; exec "$0" "$@"`;
    const args = [
      '-c',
      command,
      process.execPath,
      join(dist, 'cli.js'),
      'public',
      `s3://${bucket}/p`,
      '--index',
      'my.index',
    ];
    const ended = await run('sh', args, { cwd: root, env });
    expect(ended).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/index could not be written \(\S+: EFBIG/),
    });
    expect(s3.server.objects(bucket)).toHaveLength(50);
    // What the next run goes by in its place.
    expect(await readdir(root)).toEqual(['my.index.journal', 'public']);
  });
});

describe('the index in a file', () => {
  test('spares the second run the hashing; damaged, it costs one line; what is none is left alone', async () => {
    await writeTree({ 'public/a': 'same size', 'public/b': 'emas size' }, root);
    // Settled: a file touched within two seconds is hashed again (C12).
    const { utimes } = await import('node:fs/promises');
    for (const name of ['a', 'b']) await utimes(join(root, 'public', name), 1, 1);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    const args = ['public', `s3://${bucket}/p`, '--index', 'my.index', '--json'];
    expect((await runCli(dist, args, { cwd: root, env })).status).toBe(0);
    const index = await readFile(join(root, 'my.index'), 'utf8');
    expect(index).toMatch(/^s3-dedup-sync-index 1\n/);
    expect(index).toContain('"path"');
    await writeFile(join(root, 'my.index'), index.slice(0, -10));
    const damaged = await runCli(dist, args, { cwd: root, env });
    expect(damaged).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/index of earlier runs is damaged: 1 line/),
    });
    await writeFile(join(root, 'my.index'), index.replace('index 1', 'index 9'));
    expect(await runCli(dist, args, { cwd: root, env })).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/index of earlier runs is ignored/),
    });
    expect(await readFile(join(root, 'my.index'), 'utf8')).toMatch(/^s3-dedup-sync-index 1\n/);
    await writeFile(join(root, 'my.index'), 'garbage');
    expect(await runCli(dist, args, { cwd: root, env })).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(
        /my\.index: what lies there is not replaced, as it is no index of this tool/,
      ),
    });
    expect(await readFile(join(root, 'my.index'), 'utf8')).toBe('garbage');
    expect(s3.server.log.count('PutObject')).toBe(2);
  });

  test('in the bucket', async () => {
    await writeTree({ 'public/a': 'x' }, root);
    // Settled: a file that was touched just before the first run is news to a second one that begins later (C12).
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    const args = [
      'public',
      `s3://${bucket}/p`,
      '--index',
      `s3://${bucket}/p/.s3-dedup-sync/index`,
      '--delete-after',
    ];
    expect((await runCli(dist, args, { cwd: root, env })).status).toBe(0);
    expect(s3.server.object(bucket, 'p/.s3-dedup-sync/index')?.content.text()).toMatch(/"key":\["p\/a"\]/);
    expect((await runCli(dist, args, { cwd: root, env })).status).toBe(0);
    // The file, before it that something is written, and what was learned.
    expect(s3.server.log.count('PutObject')).toBe(3);
    expect(s3.server.objects(bucket).map(({ key }) => key)).toEqual(['p/.s3-dedup-sync/index', 'p/a']);
  });
});

describe('the action, from a copy of dist alone', () => {
  test('publishes, sets outputs and writes the summary', async () => {
    await writeTree({ 'public/a.txt': 'one', 'public/b.txt': 'one', 'public/c|`<img>.txt': 'three' }, root);
    const inputs = { paths: 'public', bucket, prefix: 'p', 'delete-after': 'true', index: 'none' };
    const ended = await runAction(dist, inputs, { cwd: root, env });
    expect(ended.status).toBe(0);
    expect(ended.outputs).toMatchObject({
      status: 'done',
      changed: 'true',
      'uploaded-files': '2',
      'uploaded-bytes': '8',
      'copied-files': '1',
      'copied-bytes': '3',
      'deleted-files': '0',
      'failed-files': '0',
      requests: '5',
    });
    expect(ended.summary).toMatch(/copied \| 1 \|/);
    expect(ended.summary).not.toContain('<img>');
    expect(await readFile(ended.outputs['summary-file'] ?? '', 'utf8')).toContain('uploaded');

    await rename(join(root, 'public/a.txt'), join(root, 'public/z.txt'));
    const again = await runAction(dist, inputs, { cwd: root, env });
    expect(again.outputs).toMatchObject({
      status: 'done',
      'uploaded-files': '0',
      'copied-files': '1',
      'deleted-files': '1',
      'unchanged-files': '2',
    });
  });

  test('the post step publishes nothing, whatever became of the main one: a cancelled job left no state', async () => {
    await writeTree({ 'public/a.txt': 'one' }, root);
    const inputs = { paths: 'public', bucket, prefix: 'post', 'delete-after': 'true', index: 'none' };
    s3.server.log.clear();
    const ended = await runAction(dist, inputs, { cwd: root, env, step: 'post' });
    expect(ended).toMatchObject({ status: 0, stdout: '', stderr: '', outputs: {}, summary: '' });
    expect(s3.server.log.counts).toEqual({});
    expect(await readFile('action.yml', 'utf8')).toContain('  post: dist/post.js\n');
  });

  test('a failure fails the job by name; outputs and summary are there; R9: a name is no command', async () => {
    await writeTree({ 'public/::set-output name=x::y': 'one', 'public/b\n::error::boo': 'two!' }, root);
    s3.server.faults.add({
      match: { operation: 'PutObject' },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    const ended = await runAction(
      dist,
      { paths: 'public', bucket, prefix: 'p', index: 'none' },
      { cwd: root, env },
    );
    expect(ended.status).toBe(1);
    expect(ended.outputs).toMatchObject({ status: 'failed', 'uploaded-files': '0' });
    expect(ended.stdout).toMatch(/^::error/m);
    expect(ended.stdout).not.toMatch(/^\s*::set-output/m);
    expect(ended.stdout).not.toMatch(/^::error::boo/m);
    expect(ended.summary).toMatch(/s3(:|&#58;)PutObject/);
  });

  test.each([
    [{ 'delete-after': '' }, /delete-after.*true.*false/],
    [{ 'delete-after': 'yes' }, /delete-after.*yes.*true.*false/],
    [{ paths: '' }, /paths/],
    [{ 'max-delete': '30 percent' }, /max-delete.*30 percent/],
    [{ sse: 'AES128' }, /sse.*AES128/],
  ])('%j is refused in one line', async (change, message) => {
    await writeTree({ 'public/a': 'x' }, root);
    const ended = await runAction(
      dist,
      { paths: 'public', bucket, prefix: 'p', index: 'none', ...change },
      { cwd: root, env },
    );
    expect(ended).toMatchObject({ status: 2, stdout: expect.stringMatching(message) });
    expect(s3.server.log.total).toBe(0);
  });

  test('without a cache service: one notice, and it works', async () => {
    await writeTree({ 'public/a': 'x' }, root);
    const ended = await runAction(dist, { paths: 'public', bucket, prefix: 'p' }, { cwd: root, env });
    expect(ended.status).toBe(0);
    expect(ended.stdout.match(/cache/gi)?.length).toBeLessThanOrEqual(3);
    expect(s3.server.object(bucket, 'p/a')).toBeDefined();
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s: stops, says so, leaves no upload behind', async (signal, status) => {
    await writeTree({ 'public/big.bin': noise(17 * MIB), 'public/index.html': 'page' }, root);
    s3.server.latency = { UploadPart: 300 };
    const ended = await runAction(
      dist,
      { paths: 'public', bucket, prefix: 'p', index: 'none' },
      {
        cwd: root,
        env,
        started: (child) => {
          const remove = s3.server.before({ operation: 'UploadPart' }, () => {
            remove();
            child.kill(signal);
          });
        },
      },
    );
    s3.server.latency = 0;
    expect(ended.status).toBe(status);
    expect(ended.outputs.status).toBe('cancelled');
    expect(s3.server.objects(bucket)).toEqual([]);
    expect(s3.server.uploads(bucket)).toEqual([]);
  });
});

describe('check', () => {
  test('says whether a publish would change anything, reads everything back when asked, and writes nothing', async () => {
    await writeTree({ 'a.html': '<p>'.repeat(500), 'b.bin': noise(20 * MIB) }, join(root, 'public'));
    const args = ['public', `s3://${bucket}/site`, '--compress', '*.html', '--index', 'none'];
    expect(await runCli(dist, args, { cwd: root, env })).toMatchObject({ status: 0 });
    s3.server.log.clear();
    const same = await runCli(dist, ['check', ...args, '--read'], { cwd: root, env });
    expect(same).toMatchObject({ status: 0, stderr: '' });
    expect(same.stdout).toContain('(check: nothing is written)');
    expect(same.stdout).toMatch(/Read back 2 files, 20 MiB/);
    await writeTree({ 'new.txt': 'new' }, join(root, 'public'));
    const other = await runCli(dist, ['check', ...args], { cwd: root, env });
    expect(other.status).toBe(3);
    expect(other.stderr).toBe('error: the destination differs from what a sync would make of it, in 1 key\n');
    expect(other.stdout).toContain('site/new.txt (3 B, new)');
    const inputs = {
      command: 'check',
      paths: 'public',
      bucket,
      prefix: 'site',
      compress: '*.html',
      index: 'none',
    };
    const action = await runAction(dist, inputs, { cwd: root, env });
    expect(action).toMatchObject({ status: 3, outputs: { status: 'different', changed: 'true' } });
    expect(action.summary).toContain('Different from what a sync would make of it');
    const operations = new Set(s3.server.log.entries.map(({ operation }) => operation));
    expect([...operations].sort()).toEqual(['GetObject', 'ListObjectsV2']);
  });
});

describe('remove', () => {
  const keys = (): readonly string[] => s3.server.objects(bucket).map(({ key }) => key);
  const put = (...names: readonly string[]): void => {
    for (const name of names) s3.server.putObject(bucket, name, name);
  };

  test('of a published preview, index and journal in the bucket: nothing stays of it, all of its neighbour', async () => {
    await writeTree({ 'public/a': 'x', 'public/b': 'y' }, root);
    const index = (prefix: string): string => `s3://${bucket}/${prefix}/.s3-dedup-sync/index`;
    for (const prefix of ['pr-1', 'pr-10']) {
      const args = ['public', `s3://${bucket}/${prefix}`, '--index', index(prefix)];
      expect(await runCli(dist, args, { cwd: root, env })).toMatchObject({ status: 0 });
    }
    const neighbour = ['pr-10/.s3-dedup-sync/index', 'pr-10/a', 'pr-10/b'];
    const args = ['remove', `s3://${bucket}/pr-1`, '--index', index('pr-1')];
    const dry = await runCli(dist, [...args, '--dry-run', '--detailed-exitcode'], { cwd: root, env });
    expect(dry).toMatchObject({ status: 6, stdout: expect.stringMatching(/Would delete 3 files/) });
    expect(keys()).toHaveLength(6);
    const ended = await runCli(dist, [...args, '--lock', '--report', 'r.json'], { cwd: root, env });
    expect(ended).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/deleted +3 files/) });
    expect(ended.stdout).toMatch(/: remove s3:\/\/bucket-\d+\/pr-1\/$/m);
    expect(keys()).toEqual(neighbour);
    expect(JSON.parse(await readFile(join(root, 'r.json'), 'utf8'))).toMatchObject({
      command: 'remove',
      status: 'done',
      destinations: [{ steps: [{ key: 'pr-1/a', reason: 'removed' }, {}, { reason: 'own' }] }],
    });
    const again = await runCli(dist, [...args, '--detailed-exitcode'], { cwd: root, env });
    expect(again).toMatchObject({ status: 0, stdout: expect.stringMatching(/nothing to do/) });
  });

  test('the default index of the command line is harmless afterwards', async () => {
    await writeTree({ 'public/a': 'x' }, root);
    for (const args of [['public'], ['remove'], ['public']]) {
      const ended = await runCli(dist, [...args, `s3://${bucket}/pr-1`], { cwd: root, env });
      expect(ended).toMatchObject({ status: 0, stderr: '' });
    }
    expect(keys()).toEqual(['pr-1/a']);
  });

  test.each([
    ['a whole bucket', ['s3://BUCKET'], 4, /never a whole bucket/],
    ['too many', ['s3://BUCKET/pr-1', '--max-delete', '1'], 4, /2 of 2 objects .* max-delete allows 1/],
    ['an input of another command', ['s3://BUCKET/pr-1', '--delete-after'], 2, /--delete-after was given/],
  ] as const)('%s: refused in one line, nothing deleted', async (_, args, status, message) => {
    put('pr-1/a', 'pr-1/b', 'index.html');
    const given = args.map((arg) => arg.replace('BUCKET', bucket));
    const ended = await runCli(dist, ['remove', ...given], { cwd: root, env });
    expect(ended).toMatchObject({ status, stderr: expect.stringMatching(message) });
    expect(ended.stderr.trim()).not.toContain('\n');
    expect(keys()).toHaveLength(3);
  });

  /** The runner passes every default of action.yml. */
  const defaults = Object.fromEntries(
    INPUT_NAMES.flatMap((name) => {
      const { default: value } = inputDefinition(name);
      return [[name, value ?? '']];
    }),
  );

  test('as a step, of more than a thousand keys', async () => {
    for (let i = 0; i < 1_001; i++) s3.server.putObject(bucket, `pr-1/${i}`, 'x');
    put('pr-10/a');
    const inputs = { ...defaults, command: 'remove', bucket, prefix: 'pr-1', index: 'none' };
    const ended = await runAction(dist, inputs, { cwd: root, env });
    expect({ status: ended.status, stdout: ended.stdout }).toMatchObject({ status: 0 });
    expect(ended.outputs).toMatchObject({ status: 'done', changed: 'true', 'deleted-files': '1001' });
    expect(ended.summary).toContain('**Removed**');
    expect(keys()).toEqual(['pr-10/a']);
  });

  test('as a step: a key that may not be deleted fails it by name, one that changed stays', async () => {
    put('pr-1/a', 'pr-1/b');
    s3.server.faults.add({
      match: { operation: 'DeleteObjects' },
      fault: { kind: 'refuse-keys', code: 'AccessDenied', keys: /\/a$/ },
    });
    const inputs = { ...defaults, command: 'remove', bucket, prefix: 'pr-1', index: 'none' };
    const denied = await runAction(dist, inputs, { cwd: root, env });
    expect(denied).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/::error::1 file failed: pr-1\/a: .*s3:DeleteObject/),
    });
    expect([denied.outputs.status, keys()]).toEqual(['failed', ['pr-1/a']]);
    s3.server.faults.clear();
    const stop = s3.server.before({ operation: 'DeleteObjects' }, () => {
      s3.server.putObject(bucket, 'pr-1/a', 'theirs');
    });
    const foreign = await runAction(dist, inputs, { cwd: root, env });
    stop();
    expect(foreign.status).toBe(5);
    expect(s3.server.texts(bucket)).toEqual({ 'pr-1/a': 'theirs' });
  });

  test("a fork's pull request without credentials: one line that says why", async () => {
    const repo = (name: string): unknown => ({ repo: { full_name: name, fork: name !== 'org/site' } });
    const pull = { pull_request: { head: repo('me/site'), base: repo('org/site') } };
    await writeFile(join(root, 'event.json'), JSON.stringify(pull));
    const inputs = { ...defaults, command: 'remove', bucket, prefix: 'pr-1', index: 'none' };
    const without = {
      ...env,
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_EC2_METADATA_DISABLED: 'true',
      GITHUB_EVENT_PATH: join(root, 'event.json'),
    };
    const inFork = { ...without, GITHUB_EVENT_NAME: 'pull_request' };
    const fork = await runAction(dist, inputs, { cwd: root, env: inFork });
    expect(fork.status).toBe(2);
    expect(fork.stdout.match(/^::error::.*$/gm)).toEqual([
      expect.stringMatching(
        /forks get no secrets and no OIDC token; .*head\.repo\.full_name == github\.repository/,
      ),
    ]);
    const push = await runAction(dist, inputs, { cwd: root, env: { ...without, GITHUB_EVENT_NAME: 'push' } });
    expect(push.stdout).toMatch(/::error::no AWS credentials were found \(tried/);
  });
});

describe('through a proxy, the direct route closed', () => {
  let proxy: Server;
  const seen: string[] = [];

  beforeAll(async () => {
    // The name `s3.test` exists for the proxy alone, so nothing but the proxy can reach the server.
    proxy = createServer((incoming, outgoing) => {
      seen.push(incoming.url ?? '');
      const { port } = new URL(s3.endpoint);
      const path = (incoming.url ?? '').replace(/^http:\/\/s3\.test(:\d+)?/, '');
      incoming.pipe(
        request(
          { port, host: '127.0.0.1', method: incoming.method, path, headers: incoming.headers },
          (answer) => {
            outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
            answer.pipe(outgoing);
          },
        ),
      );
    });
    proxy.on('connect', (incoming, client, head) => {
      seen.push(`CONNECT ${incoming.url}`);
      const { port } = new URL(s3.endpoint);
      const upstream = connect(Number(port), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.write(head);
        client.pipe(upstream).pipe(client);
      });
      for (const socket of [client, upstream]) socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => proxy.close(resolve)));

  test('HTTP_PROXY is used, NO_PROXY is honoured', async () => {
    await writeTree({ 'public/a': 'x' }, root);
    const proxied = {
      ...env,
      AWS_ENDPOINT_URL_S3: 'http://s3.test',
      HTTP_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    };
    const ended = await runCli(dist, ['public', `s3://${bucket}/p`, '--index', 'none'], {
      cwd: root,
      env: proxied,
    });
    expect({ status: ended.status, stderr: ended.stderr }).toMatchObject({ status: 0 });
    expect(s3.server.object(bucket, 'p/a')).toBeDefined();
    expect(seen.some((url) => url.includes('s3.test'))).toBe(true);
    const direct = await runCli(
      dist,
      ['public', `s3://${bucket}/p`, '--index', 'none', '--max-attempts', '1'],
      { cwd: root, env: { ...proxied, NO_PROXY: 's3.test' } },
    );
    expect(direct.status).toBe(1);
  });
});

describe('the endpoint of the profile in use, in the configuration file', () => {
  test.each(['profile', 'AWS_PROFILE'])('is where a run goes, and is told: by %s', async (by) => {
    const { AWS_ENDPOINT_URL_S3: endpoint, AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = env;
    await mkdir(join(root, '.aws'));
    await writeFile(
      join(root, '.aws/config'),
      `[default]\nendpoint_url = http://127.0.0.1:9\n\n[profile there]\nservices = local\nregion = us-east-1\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n\n[services local]\ns3 =\n  endpoint_url = ${endpoint}\n`,
    );
    await writeTree({ 'a.txt': 'one', 'b.txt': 'one' }, join(root, 'public'));
    const args = ['sync', 'public', `s3://${bucket}/site`, '--index', 'none'];
    const ended =
      by === 'profile'
        ? await runCli(dist, [...args, '--profile', 'there'], { cwd: root, env: { AWS_PROFILE: 'default' } })
        : await runCli(dist, args, { cwd: root, env: { AWS_PROFILE: 'there' } });
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    expect(ended.stdout).toContain(`Credentials: profile there; ${endpoint}/, us-east-1`);
    expect(s3.server.object(bucket, 'site/b.txt')).toBeDefined();
  });

  test('keys beside AWS_PROFILE, which other tools would take, are told', async () => {
    await mkdir(join(root, '.aws'));
    await writeFile(
      join(root, '.aws/config'),
      `[profile there]\naws_access_key_id = ${env.AWS_ACCESS_KEY_ID}\naws_secret_access_key = ${env.AWS_SECRET_ACCESS_KEY}\n`,
    );
    await writeTree({ 'a.txt': 'one' }, join(root, 'public'));
    const args = ['sync', 'public', `s3://${bucket}/site`, '--index', 'none'];
    const ended = await runCli(dist, args, { cwd: root, env: { ...env, AWS_DEFAULT_PROFILE: 'there' } });
    expect(ended).toMatchObject({
      status: 0,
      stderr:
        'warning: AWS_PROFILE and AWS_ACCESS_KEY_ID are both set, and the profile there is used: unset the one that is not meant\n',
    });
  });
});

test('a tree that another user may not read is refused before the first write', async () => {
  const { chmod, chown } = await import('node:fs/promises');
  if (process.getuid?.() !== 0) return;
  await writeTree({ 'public/a': 'x', 'public/secret': 'y' }, root);
  await chmod(join(root, 'public/secret'), 0o600);
  await chown(root, 65534, 65534);
  await chmod(root, 0o755);
  await chmod(join(dist, '..'), 0o755);
  const args = [join(dist, 'cli.js'), 'public', `s3://${bucket}/p`, '--index', 'none'];
  const ended = await run(process.execPath, args, { cwd: root, env, uid: 65534 });
  await rm(join(root, 'public/secret'));
  expect({ status: ended.status, stderr: ended.stderr }).toEqual({
    status: 4,
    stderr: expect.stringMatching(/'secret' cannot be read/),
  });
});

describe('without a home directory', () => {
  /** Of no entry in the system, as containers are started with. */
  const nobodys = 54321;

  async function homeless(
    args: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): Promise<Ended> {
    await chmod(root, 0o777);
    await chmod(join(dist, '..'), 0o755);
    const where = { cwd: root, env: { ...env, ...more }, uid: nobodys };
    return run('env', ['-u', 'HOME', process.execPath, ...args], where);
  }

  test.each(['lean', 'sdk'])(
    'a user id that the system does not know publishes and fetches: by %s',
    async (requests) => {
      if (process.getuid?.() !== 0) return;
      await writeTree({ 'public/a.txt': 'one' }, root);
      const url = `s3://${bucket}/site`;
      const by = { S3DS_REQUESTS: requests };
      const command = join(dist, 'cli.js');
      expect(await homeless([command, 'public', url], by)).toMatchObject({ status: 0, stderr: '' });
      const fetched = await homeless([command, url, 'back', '--delete-after'], by);
      expect(fetched).toMatchObject({ status: 0, stderr: '' });
      const inputs = { INPUT_PATHS: 'public', INPUT_BUCKET: `${url}/action`, INPUT_INDEX: 'none' };
      const step = await homeless([join(dist, 'index.js')], { ...by, ...inputs, RUNNER_TEMP: root });
      expect(step.status).toBe(0);
      expect(s3.server.object(bucket, 'site/action/a.txt')).toBeDefined();
    },
  );

  test('what would lie in it is told in one line', async () => {
    if (process.getuid?.() !== 0) return;
    const url = `s3://${bucket}/site`;
    const args = [join(dist, 'cli.js'), '--bucket', url, '--path'];
    const path = await homeless([...args, '~/public']);
    expect([path.status, path.stderr]).toEqual([
      2,
      expect.stringMatching(/^error: [^\n]+ set HOME, [^\n]+\n$/),
    ]);
    const profile = await homeless([...args, 'public', '--profile', 'there']);
    const message = 'profile names "there", and this user has no home directory, where profiles stand';
    expect([profile.status, profile.stderr]).toEqual([
      2,
      `error: ${message}: set HOME, or AWS_CONFIG_FILE\n`,
    ]);
  });

  test('an empty HOME is none: what a checkout has in .aws is no configuration', async () => {
    await writeTree({ 'public/a.txt': 'one', '.aws/config': '[default]\nregion = of-the-checkout\n' }, root);
    const { AWS_REGION: _, ...unsaid } = env;
    const at = { cwd: root, env: { ...unsaid, HOME: '' } };
    const ended = await runCli(dist, ['public', `s3://${bucket}/site`], at);
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    expect(ended.stdout).toContain(`Credentials: environment; ${s3.server.endpoint}/, us-east-1`);
  });
});

test('a working directory that is gone is told in one line, by the action in its outputs and summary too', async () => {
  const gone = (args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Ended> => {
    const script = 'mkdir gone; cd gone; rmdir ../gone; exec "$@"';
    const where = { cwd: root, env: { ...env, ...more } };
    return run('sh', ['-c', script, 'sh', process.execPath, ...args], where);
  };
  const message = 'the working directory is gone: run this in one that exists';
  const url = `s3://${bucket}/p`;
  const cli = await gone([join(dist, 'cli.js'), root, url]);
  expect([cli.status, cli.stderr]).toEqual([2, `error: ${message}\n`]);
  const [output, summary] = [join(root, 'output'), join(root, 'summary')];
  for (const file of [output, summary]) await writeFile(file, '');
  const step = await gone([join(dist, 'index.js')], {
    INPUT_PATHS: root,
    INPUT_BUCKET: url,
    RUNNER_TEMP: root,
    GITHUB_OUTPUT: output,
    GITHUB_STEP_SUMMARY: summary,
  });
  expect(step.status).toBe(2);
  expect(step.stdout).toContain(`::error::${message}\n`);
  expect(await readFile(output, 'utf8')).toMatch(/^status<<(\S+)\nfailed\n\1$/m);
  expect(await readFile(summary, 'utf8')).toContain(message);
});
