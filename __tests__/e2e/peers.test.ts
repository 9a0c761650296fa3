import { mkdtemp, readFile, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Report } from '../../src/model/report.js';
import { copyOfDist, reach, runCli } from '../support/dist.js';
import { awsCli, type Peer, rclone, s3cmd, s5cmd } from '../support/peers.js';
import { type EmbeddedTestServer, embedded, realServers, type TestServer } from '../support/servers.js';
import { noise, removeTree, type TreeContents, temporaryDirectory, writeTree } from '../support/tree.js';

const MIB = 1024 * 1024;

/** The two large files meet the default part size of every tool but rclone's, from 8 to 50 MiB. */
const TREE: TreeContents = {
  'index.html': '<h1>one</h1>',
  'assets/app.js': 'console.log(1)',
  'assets/copy of app.js': 'console.log(1)',
  'assets/a+b & c%20d.txt': 'plus',
  'assets/été/ünï 日本 🎉.txt': 'plus!',
  "assets/quote's.txt": 'quote',
  'assets/empty': '',
  'big/20.bin': noise(20 * MIB),
  'big/60.bin': noise(60 * MIB, 2),
};
const FILES = Object.keys(TREE).length;
const BYTES = Object.values(TREE).reduce((sum, content) => sum + Buffer.byteLength(content), 0);

interface Filler {
  readonly peer: Peer;
  /** The parts it makes of 20 and 60 MiB; 0 is a plain PUT. */
  readonly parts: readonly [number, number];
  /** Requests to recognise them with, beside the listing. */
  readonly heads?: number;
}
const FILLERS: readonly Filler[] = [
  { peer: awsCli, parts: [3, 8] },
  { peer: s3cmd('s3cmd'), parts: [2, 4] },
  { peer: s5cmd, parts: [0, 2] },
  { peer: rclone('rclone'), parts: [0, 0] },
  { peer: rclone('rclone in parts', '--s3-upload-cutoff=5M'), parts: [4, 12] },
  // Part sizes that nobody's default is: then the MD5 in the metadata counts.
  { peer: s3cmd('s3cmd in odd parts', '--multipart-chunk-size-mb=7'), parts: [3, 9], heads: 2 },
  {
    peer: rclone('rclone in odd parts', '--s3-upload-cutoff=5M', '--s3-chunk-size=7M'),
    parts: [3, 9],
    heads: 2,
  },
];

/** s3cmd and rclone compare digests, the others sizes and times: the objects are younger than the files. */
const READERS: readonly Peer[] = [s3cmd('s3cmd'), rclone('rclone --checksum'), awsCli, s5cmd];

interface Suite {
  readonly name: string;
  readonly absent: string | undefined;
  start(): Promise<TestServer>;
}
const SUITES: readonly Suite[] = [
  { name: 'the embedded server', absent: undefined, start: () => embedded() },
  ...realServers.filter(({ name }) => name === 'seaweedfs'),
];

for (const suite of SUITES) {
  const describeIf = suite.absent === undefined ? describe : describe.skip;
  describeIf(`peers on ${suite.name}${skipped(suite.absent)}`, () => {
    let server: TestServer;
    let client: S3Client;
    let dist: string;
    let root: string;
    let bucket: string;

    beforeAll(async () => {
      [server, dist, root] = await Promise.all([suite.start(), copyOfDist(), temporaryDirectory()]);
      // One for all: SeaweedFS sets volumes aside for each bucket that is written to.
      bucket = await server.bucket();
      client = new S3Client({
        endpoint: server.endpoint,
        region: server.region,
        forcePathStyle: true,
        credentials: { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey },
      });
      await writeTree(TREE, join(root, 'tree'));
      const anHourAgo = Date.now() / 1000 - 3600;
      for (const name of Object.keys(TREE)) await utimes(join(root, 'tree', name), anHourAgo, anHourAgo);
    });
    afterAll(async () => {
      client?.destroy();
      await server?.stop();
      if (root !== undefined) await removeTree(root);
      if (dist !== undefined) await removeTree(dirname(dist));
    });

    /** Every object of a prefix with what a write would change. */
    async function state(prefix: string): Promise<ReadonlyMap<string, string>> {
      const answer = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `${prefix}/` }));
      const objects = (answer.Contents ?? []).map(
        ({ Key = '', ETag = '', LastModified }) =>
          [Key.slice(prefix.length + 1), `${ETag} ${LastModified?.toISOString()}`] as const,
      );
      return new Map(objects.sort());
    }

    async function publish(prefix: string): Promise<Report['destinations'][number]> {
      const args = ['sync', 'tree', `s3://${bucket}/${prefix}`, '--index', 'none', '--report', 'report.json'];
      const ended = await runCli(dist, args, { cwd: root, env: reach(server) });
      expect({ status: ended.status, stderr: ended.stderr }).toEqual({ status: 0, stderr: '' });
      const report = JSON.parse(await readFile(join(root, 'report.json'), 'utf8')) as Report;
      return report.destinations[0]!;
    }

    async function run(peer: Peer, prefix: string): Promise<string> {
      const home = await mkdtemp(join(root, 'home-'));
      const ended = await peer.sync(server, join(root, 'tree'), bucket, prefix, home);
      if (ended.status !== 0) throw new Error(`${peer.name} failed: ${ended.stdout}${ended.stderr}`);
      return `${ended.stdout}${ended.stderr}`;
    }

    for (const { peer, parts, heads } of FILLERS) {
      const testIf = peer.absent === undefined ? test : test.skip;
      testIf(
        `a bucket filled by ${peer.name} is taken over with nothing sent${skipped(peer.absent)}`,
        async () => {
          const prefix = peer.name.replaceAll(' ', '-');
          await run(peer, prefix);
          const before = await state(prefix);
          expect([...before.keys()].sort()).toEqual(Object.keys(TREE).sort());
          expect([partsOf(before.get('big/20.bin')), partsOf(before.get('big/60.bin'))]).toEqual(parts);

          forget(server);
          const { totals, requests, sentBytes, steps } = await publish(prefix);
          expect(totals.unchanged).toEqual({ files: FILES, bytes: BYTES });
          expect({ sentBytes, steps }).toEqual({ sentBytes: 0, steps: [] });
          // One page of a listing; HEADs only where no known part size gives the ETag: what vouches for it, and the size of the
          // first part.
          const asked = 2 * (heads ?? 0);
          const expected = { ListObjectsV2: 1, ...(asked === 0 ? {} : { HeadObject: asked }) };
          expect(requests).toEqual(expected);
          if (isEmbedded(server)) expect(server.server.log.counts).toEqual(expected);
          expect(await state(prefix)).toEqual(before);
        },
      );
    }

    describe('a bucket that we filled', () => {
      let before: ReadonlyMap<string, string>;
      beforeAll(async () => {
        expect((await publish('ours')).totals.uploaded.files).toBe(FILES - 1);
        before = await state('ours');
      });

      for (const peer of READERS) {
        const testIf = peer.absent === undefined ? test : test.skip;
        testIf(`gives ${peer.name} nothing to do${skipped(peer.absent)}`, async () => {
          forget(server);
          const said = await run(peer, 'ours');
          // The others name what they transfer, and otherwise say nothing.
          if (peer.name.startsWith('rclone')) expect(said).toContain('There was nothing to transfer');
          else expect(said).toBe('');
          if (isEmbedded(server)) expect(writesOf(server)).toEqual([]);
          expect(await state('ours')).toEqual(before);
        });
      }
    });
  });
}

function skipped(why: string | undefined): string {
  return why === undefined ? '' : `: skipped, ${why}`;
}

function partsOf(state: string | undefined): number {
  return Number(/-(\d+)"? /.exec(state ?? '')?.[1] ?? 0);
}

function isEmbedded(server: TestServer): server is EmbeddedTestServer {
  return 'server' in server;
}

function forget(server: TestServer): void {
  if (isEmbedded(server)) server.server.log.clear();
}

function writesOf({ server }: EmbeddedTestServer): readonly string[] {
  return server.log.entries
    .filter(({ method }) => method !== 'GET' && method !== 'HEAD')
    .map(({ operation, key }) => `${operation} ${key}`);
}
