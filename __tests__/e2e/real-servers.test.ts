import { cp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
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

    test('C7: what another tool uploaded in parts of 7 MiB is not sent, where the server says how large a part is', async () => {
      const body = noise(20 * MIB, 7);
      await writeTree({ 'theirs.bin': body }, join(root, 'theirs'));
      const at = { Bucket: bucket, Key: 'site/theirs.bin' };
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(at));
      const Parts: CompletedPart[] = [];
      for (const [i, offset] of [0, 7 * MIB, 14 * MIB].entries()) {
        const Body = body.subarray(offset, offset + 7 * MIB);
        const part = await client.send(new UploadPartCommand({ ...at, UploadId, PartNumber: i + 1, Body }));
        Parts.push({ PartNumber: i + 1, ETag: part.ETag ?? '' });
      }
      await client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }));
      const { PartsCount } = await client.send(new HeadObjectCommand({ ...at, PartNumber: 1 }));
      const { uploaded } = await publish('theirs');
      expect({ files: uploaded?.files }).toEqual({ files: PartsCount === undefined ? 1 : 0 });
      await client.send(new DeleteObjectCommand(at));
    });

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

    test('a website: compressed, with its headers, under clean URLs, staged or not, and quiet afterwards', async () => {
      const page = '<p>the same again and again</p>'.repeat(500);
      // Threads encode it, as a stream.
      const data = `[${'{"name":"a value","and":"another"},'.repeat(500_000)}0]`;
      const site = { 'index.html': page, 'about.html': page, 'app.css': `/* ${page} */`, 'data.json': data };
      const rules = [
        '/*.css',
        '  Cache-Control: no-cache',
        '  Content-Language: de',
        '  Content-Disposition: inline',
        '  Expires: Thu, 01 Dec 2033 16:00:00 GMT',
        '  x-amz-meta-team: web',
      ];
      await writeTree({ ...site, _headers: rules.join('\n') }, join(root, 'site'));
      const options = [
        '--headers-file',
        'site/_headers',
        '--headers-defaults',
        'website',
        '--clean-urls',
        '--compress',
        '*.html',
        '--compress',
        '*.json',
        '--compress',
        '*.css encoding=br',
      ];
      for (const prefix of ['plain', 'staged']) {
        const staged = prefix === 'staged' && server.name !== 'versitygw' ? ['--delay-updates'] : [];
        const args = ['sync', 'site', `s3://${bucket}/${prefix}`, '--index', 'none', ...options, ...staged];
        expect(await runCli(dist, args, { cwd: root, env: reach(server) })).toMatchObject({
          status: 0,
          stderr: '',
        });
        // Its HEADs find every header as it was written.
        const again = await runCli(dist, [...args, '--refresh-headers'], { cwd: root, env: reach(server) });
        expect(again).toMatchObject({ status: 0, stderr: '' });
        expect(again.stdout).toContain('nothing to do; unchanged 5 files');
        expect((await keys()).filter((key) => key.startsWith(`${prefix}/`))).toEqual(
          ['about', 'about.html', 'app.css', 'data.json', 'index.html'].map((name) => `${prefix}/${name}`),
        );
        const found = await Promise.all(
          ['about', 'app.css', 'data.json'].map(async (name) =>
            client.send(new HeadObjectCommand({ Bucket: bucket, Key: `${prefix}/${name}` })),
          ),
        );
        expect(
          found.map(({ CacheControl, ContentEncoding, ContentType }) => [
            ContentType,
            ContentEncoding,
            CacheControl,
          ]),
        ).toEqual([
          ['text/html; charset=utf-8', 'gzip', 'public, max-age=0, must-revalidate'],
          ['text/css; charset=utf-8', 'br', 'no-cache'],
          ['application/json; charset=utf-8', 'gzip', 'public, max-age=3600'],
        ]);
        expect(gunzipSync(await bytesOf(`${prefix}/about`)).toString()).toBe(page);
        expect(brotliDecompressSync(await bytesOf(`${prefix}/app.css`)).toString()).toBe(site['app.css']);
        expect(md5Of(gunzipSync(await bytesOf(`${prefix}/data.json`)))).toBe(md5Of(Buffer.from(data)));
      }
    });

    test('a page beside a directory of its name is published, or refused where both cannot exist', async () => {
      await writeTree({ 'nested/about.html': 'a page', 'nested/about/index.html': 'below' }, root);
      const args = ['nested', `s3://${bucket}/nested`, '--clean-urls', '--index', 'none'];
      const surroundings = { cwd: root, env: reach(server) };
      const first = await runCli(dist, args, surroundings);
      if (real.name === 'seaweedfs') {
        expect(first).toMatchObject({ status: 0, stderr: '' });
        expect((await bytesOf('nested/about')).toString()).toBe('a page');
        await writeTree({ 'nested/about.html': 'other' }, root);
        expect(await runCli(dist, args, surroundings)).toMatchObject({ status: 0, stderr: '' });
        expect((await bytesOf('nested/about')).toString()).toBe('other');
      } else {
        expect(first).toMatchObject({ status: 4, stderr: expect.stringMatching(/cannot hold about beside/) });
        expect((await keys()).filter((key) => key.startsWith('nested/'))).toEqual([]);
      }
    });

    test('remove empties a prefix, its index and lock with it, and not its neighbour', async () => {
      const surroundings = { cwd: root, env: reach(server) };
      for (const prefix of ['pr-1', 'pr-10']) {
        const url = `s3://${bucket}/${prefix}`;
        const args = ['files', url, '--index', `${url}/.s3-dedup-sync/index`];
        expect(await runCli(dist, args, { ...surroundings, cwd: join(root, 'public') })).toMatchObject({
          status: 0,
        });
      }
      const others = (await keys()).filter((key) => !key.startsWith('pr-1/'));
      expect(others.filter((key) => key.startsWith('pr-10/')).length).toBeGreaterThan(2);
      const args = ['remove', `s3://${bucket}/pr-1`, '--lock', '--index', 'none'];
      expect(await runCli(dist, args, surroundings)).toMatchObject({ status: 0, stderr: '' });
      expect(await keys()).toEqual(others);
      expect(await runCli(dist, args, surroundings)).toMatchObject({ status: 0, stderr: '' });
    });
  });
}
