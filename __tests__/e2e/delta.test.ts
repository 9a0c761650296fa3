import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { md5Of } from '../../src/model/digest.js';
import { copyOfDist, reach, runCli } from '../support/dist.js';
import { type EmbeddedTestServer, embedded, realServers, type TestServer } from '../support/servers.js';
import { noise, removeTree, temporaryDirectory, writeTree } from '../support/tree.js';

const MIB = 1024 * 1024;

const OLD = noise(80 * MIB, 5);

/** Edited in one place, longer in another. */
const NEW = Buffer.concat([
  OLD.subarray(0, 20 * MIB),
  noise(MIB, 6),
  OLD.subarray(21 * MIB, 60 * MIB + 17),
  noise(1_234, 7),
  OLD.subarray(60 * MIB + 17),
]);

/** Two parts of 5 MiB, and the chunks beside the changes. */
const LITTLE = 16 * MIB;

interface Ended {
  readonly type: string;
  readonly sentBytes: number;
  readonly reusedBytes?: number;
  readonly totals: Readonly<Record<string, { readonly files: number; readonly bytes: number }>>;
}

const servers = [
  { name: 'the embedded server', absent: undefined, start: (): Promise<TestServer> => embedded() },
  ...realServers,
];

for (const real of servers) {
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
    });
    afterAll(async () => {
      client?.destroy();
      await server?.stop();
      if (root !== undefined) await removeTree(root);
    });

    async function publish(prefix: string, ...options: readonly string[]): Promise<Ended> {
      const args = [
        'sync',
        'tree',
        `s3://${bucket}/${prefix}`,
        '--index',
        `${prefix}.index`,
        '--json',
        ...options,
      ];
      const ended = await runCli(dist, args, { cwd: root, env: reach(server) });
      expect({ status: ended.status, stderr: ended.stderr }).toEqual({ status: 0, stderr: '' });
      const lines = ended.stdout.trim().split('\n');
      return lines.map((line) => JSON.parse(line) as Ended).find(({ type }) => type === 'end')!;
    }

    async function md5At(key: string): Promise<string> {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return md5Of((await Body?.transformToByteArray()) ?? new Uint8Array());
    }

    test.each([
      ['plain', []],
      ['staged', ['--delay-updates']],
    ] as const)(
      'an image is renamed and edited (%s): what changed is sent, the next run is quiet',
      async (prefix, options) => {
        await writeTree({ 'tree/image-1.iso': OLD }, root);
        expect(await publish(prefix, ...options)).toMatchObject({ sentBytes: OLD.length });
        await rename(join(root, 'tree/image-1.iso'), join(root, 'tree/image-2.iso'));
        await writeFile(join(root, 'tree/image-2.iso'), NEW);
        const {
          sentBytes,
          reusedBytes = 0,
          totals,
        } = await publish(prefix, '--delete-after', '--max-delete', 'none', ...options);
        expect(totals).toMatchObject({ uploaded: { files: 1, bytes: NEW.length }, deleted: { files: 1 } });
        expect(sentBytes + reusedBytes).toBe(NEW.length);
        // Its copied parts prove nothing.
        if (real.name === 'seaweedfs') expect(reusedBytes).toBe(0);
        else expect(sentBytes).toBeLessThan(LITTLE);
        expect(await md5At(`${prefix}/image-2.iso`)).toBe(md5Of(NEW));
        expect(await publish(prefix, ...options)).toMatchObject({
          sentBytes: 0,
          totals: { unchanged: { files: 1 } },
        });
        expect(await publish(prefix, '--index', 'none')).toMatchObject({
          totals: { unchanged: { files: 1 } },
        });
        await removeTree(join(root, 'tree'));
      },
    );
  });
}

describe('killed', () => {
  let s3: EmbeddedTestServer;
  let dist: string;
  let root: string;

  beforeAll(async () => {
    [s3, dist, root] = await Promise.all([embedded(), copyOfDist(), temporaryDirectory()]);
  });
  afterAll(async () => {
    await s3?.stop();
    if (root !== undefined) await removeTree(root);
  });

  test('between two parts: the next run goes on, and the object is right', async () => {
    const bucket = await s3.bucket();
    const args = ['sync', 'tree', `s3://${bucket}/p`, '--index', 'index', '--json'];
    const surroundings = { cwd: root, env: reach(s3) };
    await writeTree({ 'tree/image': OLD }, root);
    expect(await runCli(dist, args, surroundings)).toMatchObject({ status: 0 });
    await writeTree({ 'tree/image': NEW }, root);
    let kill = (): void => undefined;
    let parts = 0;
    const remove = s3.server.after({ operation: ['UploadPart', 'UploadPartCopy'] }, () => {
      if (++parts === 4) kill();
    });
    const killed = await runCli(dist, args, {
      ...surroundings,
      started: (child) => {
        kill = () => void child.kill('SIGKILL');
      },
    });
    remove();
    expect(killed.status).toBeNull();
    expect(s3.server.uploads(bucket)).toHaveLength(1);
    s3.server.log.clear();
    expect(await runCli(dist, args, surroundings)).toMatchObject({ status: 0, stderr: '' });
    expect(s3.server.log.counts.CreateMultipartUpload).toBeUndefined();
    expect(s3.server.object(bucket, 'p/image')?.content.md5).toBe(md5Of(NEW));
    expect(s3.server.uploads(bucket)).toEqual([]);
  });
});
