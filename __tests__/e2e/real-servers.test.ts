import { cp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { md5Of } from '../../src/model/digest.js';
import { copyOfDist, reach, runCli } from '../support/dist.js';
import { realServers, type TestServer } from '../support/servers.js';
import { noise, removeTree, type TreeContents, temporaryDirectory, writeTree } from '../support/tree.js';

const MIB = 1024 * 1024;

/** Names that URL encoding, XML and shells trip over; servers keep `a/b` and `a/b/c` apart or not, so neither is here. */
const TREE: TreeContents = {
  'index.html': '<h1>one</h1>',
  'assets/app.js': 'console.log(1)',
  'assets/copy of app.js': 'console.log(1)',
  'assets/a+b & c%20d.txt': 'plus',
  'assets/été/ünï 日本 🎉.txt': 'plus!',
  "assets/quote's.txt": 'quote',
  'assets/empty': '',
  'assets/empty too': '',
  'big/image.bin': noise(20 * MIB),
  'big/again.bin': noise(20 * MIB),
};

interface Line {
  readonly type: string;
  readonly totals?: Readonly<Record<string, { readonly files: number; readonly bytes: number }>>;
}

for (const real of realServers) {
  const suite = real.absent === undefined ? describe : describe.skip;
  suite(`dist against ${real.name}${real.absent === undefined ? '' : `: skipped, ${real.absent}`}`, () => {
    let server: TestServer;
    let client: S3Client;
    let dist: string;
    let root: string;
    let bucket: string;

    beforeAll(async () => {
      [server, dist, root] = await Promise.all([real.start(), copyOfDist(), temporaryDirectory()]);
      bucket = await server.bucket();
      client = new S3Client({
        endpoint: server.endpoint,
        region: server.region,
        forcePathStyle: true,
        credentials: { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey },
      });
      await writeTree(TREE, join(root, 'public'));
    });
    afterAll(async () => {
      client?.destroy();
      await server?.stop();
      if (root !== undefined) await removeTree(root);
    });

    async function publish(
      tree: string,
      ...options: readonly string[]
    ): Promise<NonNullable<Line['totals']>> {
      const args = ['sync', tree, `s3://${bucket}/site`, '--index', 'none', '--json', ...options];
      const ended = await runCli(dist, args, { cwd: root, env: reach(server) });
      expect({ status: ended.status, stderr: ended.stderr }).toEqual({ status: 0, stderr: '' });
      const lines = ended.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Line);
      return lines.find(({ type }) => type === 'end')?.totals ?? {};
    }

    async function bytesOf(key: string): Promise<Buffer> {
      const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
    }

    async function keys(): Promise<readonly string[]> {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
      return Contents.flatMap(({ Key }) => Key ?? []).sort();
    }

    test('each distinct content is sent once, and arrives', async () => {
      const totals = await publish('public');
      expect(totals.uploaded?.files).toBe(8);
      expect(totals.copied).toEqual({ files: 2, bytes: 20 * MIB + 14 });
      expect(await keys()).toEqual(
        Object.keys(TREE)
          .map((name) => `site/${name}`)
          .sort(),
      );
      for (const [name, content] of Object.entries(TREE)) {
        expect({ name, md5: md5Of(await bytesOf(`site/${name}`)) }).toEqual({
          name,
          md5: md5Of(Buffer.from(content)),
        });
      }
      const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: 'site/big/image.bin' }));
      expect(head.Metadata?.['s3cmd-attrs']).toBe(`md5:${md5Of(noise(20 * MIB))}`);
      const page = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: 'site/index.html' }));
      expect(page.ContentType).toBe('text/html; charset=utf-8');
    });

    test('a second run from a fresh copy sends nothing', async () => {
      await cp(join(root, 'public'), join(root, 'fresh'), { recursive: true });
      const totals = await publish('fresh', '--delete-after');
      expect(totals.unchanged?.files).toBe(10);
      expect([totals.uploaded?.files, totals.copied?.files, totals.deleted?.files]).toEqual([0, 0, 0]);
    });

    test('a renamed directory is copied, its old names go; edited files are sent', async () => {
      await rename(join(root, 'public/big'), join(root, 'public/images'));
      await rename(join(root, 'public/assets'), join(root, 'public/files'));
      await rm(join(root, 'public/files/empty'));
      await writeFile(join(root, 'public/index.html'), '<h1>two</h1>');
      const totals = await publish('public', '--delete-after', '--max-delete', 'none');
      // The empty file and the edited page; empty files are sent, not copied (C10).
      expect(totals.uploaded).toEqual({ files: 2, bytes: 12 });
      expect(totals.copied?.files).toBe(7);
      expect(await keys()).toEqual(
        Object.keys(TREE)
          .filter((name) => name !== 'assets/empty')
          .map((name) => `site/${name.replace('assets/', 'files/').replace('big/', 'images/')}`)
          .sort(),
      );
      expect(md5Of(await bytesOf('site/images/again.bin'))).toBe(md5Of(noise(20 * MIB)));
      expect((await publish('public', '--delete-after')).unchanged?.files).toBe(9);
    });
  });
}
