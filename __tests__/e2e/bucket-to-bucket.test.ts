import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { clientOf } from '../support/bucket-view.js';
import { copyOfDist, reach, runAction, runCli } from '../support/dist.js';
import { type EmbeddedTestServer, embedded, realServers, type TestServer } from '../support/servers.js';
import { noise, removeTree, type TreeContents, temporaryDirectory, writeTree } from '../support/tree.js';

const MIB = 1024 * 1024;

const TREE: TreeContents = {
  'index.html': '<h1>one</h1>',
  'assets/app.js': 'console.log(1)',
  'assets/copy of app.js': 'console.log(1)',
  'assets/a+b & c%20d.txt': 'plus',
  'assets/\u00e9t\u00e9/\u00fcn\u00ef \u65e5\u672c \u{1f389}.txt': 'plus!',
  'assets/empty': '',
  'big/image.bin': noise(20 * MIB),
  'big/again.bin': noise(20 * MIB),
};
const FILES = Object.keys(TREE).length;

type Totals = Readonly<Record<string, { readonly files: number; readonly bytes: number }>>;

interface Line {
  readonly type: string;
  readonly totals?: Totals;
  readonly requests?: Readonly<Record<string, number>>;
}

let dist: string;
let root: string;
beforeAll(async () => {
  dist = await copyOfDist();
  root = await temporaryDirectory();
  await writeTree(TREE, `${root}/public`);
});
afterAll(() => removeTree(root));

async function cli(
  server: TestServer,
  ...args: readonly string[]
): Promise<{ readonly status: number | null; readonly stderr: string; readonly end: Line }> {
  const ended = await runCli(dist, [...args, '--index', 'none', '--json'], { cwd: root, env: reach(server) });
  const lines = ended.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  return { status: ended.status, stderr: ended.stderr, end: lines.at(-1) ?? { type: '' } };
}

async function headers(client: S3Client, bucket: string, key: string): Promise<object> {
  const { ContentType, CacheControl, Metadata, ETag } = await client.send(
    new HeadObjectCommand({ Bucket: bucket, Key: key }),
  );
  const { 's3cmd-attrs': _, md5chksum: __, ...metadata } = Metadata ?? {};
  return { ContentType, CacheControl, metadata, isKnown: ETag !== undefined };
}

const RULES = '/*.html\n  Cache-Control: no-cache\n  x-amz-meta-team: web\n';

/** SeaweedFS has room for the volumes of few buckets. */
const buckets = new Map<TestServer, Promise<readonly [string, string]>>();
function bucketsOf(server: TestServer): Promise<readonly [string, string]> {
  const known = buckets.get(server) ?? Promise.all([server.bucket(), server.bucket()]);
  buckets.set(server, known);
  return known;
}

/** Copies from one place to another, changes the source, copies again; check and a download say that all is right. */
async function round(from: TestServer, to: TestServer): Promise<void> {
  const [client, toClient] = [clientOf(from), clientOf(to)];
  const [[source], [, destination]] = [await bucketsOf(from), await bucketsOf(to)];
  const [at, into] = [to, from].map(({ name }) => name.replace(' ', '-')) as [string, string];
  const isSame = from === to;
  const words = isSame ? '' : ` endpoint-url=${from.endpoint}`;
  const place = `s3://${source}/${at}${words}`;
  const there = `s3://${destination}/${into}`;
  try {
    expect(await cli(from, 'sync', 'public', `s3://${source}/${at}`, '--headers', RULES)).toMatchObject({
      status: 0,
      stderr: '',
    });
    const first = await cli(to, 'sync', place, there);
    expect(first).toMatchObject({ status: 0, stderr: '' });
    const totals = first.end.totals ?? {};
    expect((totals.copied?.files ?? 0) + (totals.uploaded?.files ?? 0)).toBe(FILES);
    if (isSame) expect(totals.uploaded?.bytes).toBe(0);
    // The twins of the large file go over the line once, but where the copy's ETag is of another kind: then metadata alone says
    // that they are twins.
    else expect(totals.uploaded?.bytes).toBeLessThan((from.name.startsWith('embedded') ? 41 : 21) * MIB);
    expect(await headers(toClient, destination, `${into}/index.html`)).toEqual(
      await headers(client, source, `${at}/index.html`),
    );
    const checked = await cli(to, 'check', place, there, '--read');
    expect(checked).toMatchObject({
      status: 0,
      stderr: '',
      end: { totals: { unchanged: { files: FILES } } },
    });
    const again = await cli(to, 'sync', place, there, '--delete-after');
    expect(again).toMatchObject({ status: 0, end: { totals: { unchanged: { files: FILES } } } });
    const { ListObjectsV2, ...others } = again.end.requests ?? {};
    expect(ListObjectsV2).toBe(2);
    for (const name of Object.keys(others)) expect(name).toBe('HeadObject');

    await writeTree({ ...TREE, 'index.html': '<h1>two</h1>', new: 'new' }, `${root}/next`);
    await cli(from, 'sync', 'next', `s3://${source}/${at}`, '--headers', RULES);
    const differs = await cli(to, 'check', place, there);
    expect(differs.status).toBe(3);
    const staged = await cli(
      to,
      'sync',
      place,
      there,
      '--delay-updates',
      '--delete-after',
      '--exclude',
      'big/',
    );
    expect(staged).toMatchObject({ status: 0, stderr: '' });
    expect((await cli(to, 'check', place, there, '--read')).status).toBe(0);
    const quiet = await cli(to, 'sync', place, there, '--delete-after');
    expect(quiet.end.totals).toMatchObject({
      uploaded: { files: 0 },
      copied: { files: 0 },
      deleted: { files: 0 },
    });
  } finally {
    client.destroy();
    toClient.destroy();
  }
}

const real = (name: string): (typeof realServers)[number] | undefined =>
  realServers.find((server) => server.name === name && server.absent === undefined);

describe('dist, from bucket to bucket', () => {
  const started = new Map<string, Promise<TestServer>>();
  const start = (name: string): Promise<TestServer> => {
    const known =
      started.get(name) ?? (name === 'embedded' ? embedded() : (real(name)?.start() ?? embedded()));
    started.set(name, known);
    return known;
  };
  afterAll(async () => {
    for (const server of started.values()) await (await server).stop();
  });

  test.each([
    ['seaweedfs', 'seaweedfs'],
    ['versitygw', 'versitygw'],
    ['embedded', 'seaweedfs'],
    ['seaweedfs', 'versitygw'],
  ] as const)(
    '%s to %s',
    async (from, to) => {
      for (const name of [from, to]) if (name !== 'embedded' && real(name) === undefined) return;
      await round(await start(from), await start(to));
    },
    240_000,
  );

  test('in the action: source and bucket, outputs and summary; command: check', async () => {
    const server = (await start('embedded')) as EmbeddedTestServer;
    const [from, to] = [await server.bucket(), await server.bucket()];
    for (const name of ['index.html', 'app.js']) server.server.putObject(from, `a/${name}`, name);
    server.server.putObject(to, 'b/old', 'app.js');
    const inputs = {
      source: `s3://${from}/a`,
      bucket: `s3://${to}/b`,
      'delete-after': 'true',
      index: 'none',
      summary: 'always',
    };
    const where = { cwd: root, env: reach(server) };
    const differs = await runAction(dist, { ...inputs, command: 'check' }, where);
    expect(differs).toMatchObject({ status: 3, outputs: { status: 'different' } });
    const run = await runAction(dist, inputs, where);
    expect(run).toMatchObject({
      status: 0,
      outputs: {
        status: 'done',
        changed: 'true',
        'copied-files': '2',
        'uploaded-bytes': '0',
        'deleted-files': '1',
      },
    });
    expect(run.summary).toContain(`s3&#58;//${from}/a/`);
    expect(run.stdout).toContain(`s3://${from}/a/`);
    expect(server.server.texts(to)).toEqual({ 'b/app.js': 'app.js', 'b/index.html': 'index.html' });
    const same = await runAction(dist, { ...inputs, command: 'check', read: 'true' }, where);
    expect(same).toMatchObject({
      status: 0,
      outputs: { status: 'done', changed: 'false', 'unchanged-files': '2' },
    });
    const both = await runAction(dist, { ...inputs, paths: 'public' }, where);
    expect(both.status).toBe(2);
    expect(both.stdout).toContain('paths and bucket publish, source and destination download');
  });

  test('what the command line says of it', async () => {
    const server = (await start('embedded')) as EmbeddedTestServer;
    const [from, to] = [await server.bucket(), await server.bucket()];
    server.server.putObject(from, 'a/x', 'x');
    server.server.log.clear();
    const ended = await runCli(
      dist,
      [`s3://${from}/a requester-pays=true`, `s3://${to}/b`, '--index', 'none'],
      { cwd: root, env: reach(server) },
    );
    expect(ended.status).toBe(0);
    expect(ended.stdout).toContain(`s3://${from}/a/`);
    expect(ended.stdout).toContain(`s3://${to}/b/`);
    const [copy] = server.server.log.of('CopyObject');
    expect(copy?.headers).toMatchObject({ 'x-amz-request-payer': 'requester' });
    const gone = await runCli(dist, ['s3://no-such-bucket/a', `s3://${to}/b`, '--index', 'none'], {
      cwd: root,
      env: reach(server),
    });
    expect(gone.status).toBe(2);
    expect(gone.stderr).toMatch(/^error: s3:\/\/no-such-bucket\/a\/: there is no such bucket/);
  });
});
