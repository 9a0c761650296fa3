import { execFileSync, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { cp, rename, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { reach } from '../support/dist.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { noise, removeTree, temporaryDirectory, writeTree } from '../support/tree.js';

const MIB = 1024 * 1024;
const repository = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** nektos/act runs a workflow without Docker, with a cache server of its own. */
const act = [
  join(repository, '.cache/servers/bin/act'),
  ...(process.env.PATH ?? '').split(delimiter).map((d) => join(d, 'act')),
].find((path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
});

const WORKFLOW = `
on: push
jobs:
  publish:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: ./
        id: s3
        with:
          paths: \${{ env.TREE }}
          bucket: \${{ env.BUCKET }}
          prefix: site
          delete-after: true
          max-delete: none
          log-level: debug
      - if: always()
        run: echo "seen=\${{ steps.s3.outputs.status }}/\${{ steps.s3.outputs.uploaded-files }}/\${{ steps.s3.outputs.copied-files }}/\${{ steps.s3.outputs.deleted-files }}"
`;

/** Four machines stage what one of them planned; in place of artifacts they share a directory here. */
const SHARDED = `
on: workflow_dispatch
jobs:
  plan:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: ./
        with:
          command: plan
          paths: \${{ env.TREE }}
          bucket: \${{ env.BUCKET }}
          prefix: sharded
          delete-after: true
          plan-file: \${{ env.WORK }}/plan.jsonl
          index: none
  apply:
    needs: plan
    runs-on: ubuntu-latest
    strategy:
      matrix:
        shard: [1, 2, 3, 4]
    steps:
      - uses: actions/checkout@v4
      - uses: ./
        with:
          command: apply
          paths: \${{ env.TREE }}
          bucket: \${{ env.BUCKET }}
          prefix: sharded
          plan-file: \${{ env.WORK }}/plan.jsonl
          shard: \${{ matrix.shard }}/4
          results: \${{ env.WORK }}/results/\${{ matrix.shard }}.jsonl
          index: none
  publish-shards:
    needs: apply
    runs-on: ubuntu-latest
    strategy:
      matrix:
        shard: [1, 2]
    steps:
      - uses: actions/checkout@v4
      - uses: ./
        id: s3
        with:
          command: publish
          bucket: \${{ env.BUCKET }}
          prefix: sharded
          plan-file: \${{ env.WORK }}/plan.jsonl
          shard: \${{ matrix.shard }}/2
          results: \${{ env.WORK }}/results
      - run: echo "share=\${{ steps.s3.outputs.status }}/\${{ steps.s3.outputs.uploaded-files }}"
  publish:
    needs: publish-shards
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: ./
        id: s3
        with:
          command: publish
          bucket: \${{ env.BUCKET }}
          prefix: sharded
          plan-file: \${{ env.WORK }}/plan.jsonl
          results: \${{ env.WORK }}/results
          index: none
      - run: echo "sharded=\${{ steps.s3.outputs.status }}/\${{ steps.s3.outputs.uploaded-files }}/\${{ steps.s3.outputs.copied-files }}"
`;

(act === undefined ? describe.skip : describe)(
  `as a workflow under act${act === undefined ? ': skipped, act is not installed' : ''}`,
  () => {
    let s3: EmbeddedTestServer;
    let directory: string;
    let bucket: string;

    beforeAll(async () => {
      s3 = await embedded();
      bucket = await s3.bucket();
      directory = await temporaryDirectory();
      const checkout = join(directory, 'repository');
      const workflows = {
        '.github/workflows/publish.yml': WORKFLOW,
        '.github/workflows/sharded.yml': SHARDED,
      };
      await writeTree(workflows, checkout);
      await cp(join(repository, 'dist'), join(checkout, 'dist'), { recursive: true });
      await cp(join(repository, 'action.yml'), join(checkout, 'action.yml'));
      const git = (...args: readonly string[]): void => {
        execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
          cwd: checkout,
        });
      };
      git('init', '-q', '.');
      git('add', '-A');
      git('commit', '-qm', 'site');
      await writeTree(
        {
          'tree/index.html': 'page',
          'tree/a.txt': 'one',
          'tree/b.txt': 'one',
          'tree/big.bin': noise(9 * MIB),
        },
        directory,
      );
    });
    afterAll(async () => {
      await s3?.stop();
      if (directory !== undefined) await removeTree(directory);
    });

    async function push(event = 'push'): Promise<{ readonly status: number | null; readonly log: string }> {
      const env = {
        ...reach(s3),
        ACTIONS_RUNTIME_TOKEN: 'x',
        TREE: join(directory, 'tree'),
        WORK: join(directory, 'work'),
        BUCKET: bucket,
      };
      const args = [event, '-P', 'ubuntu-latest=-self-hosted', '--cache-server-addr', '127.0.0.1'];
      args.push('--cache-server-path', join(directory, 'cache'));
      for (const [name, value] of Object.entries(env)) args.push('--env', `${name}=${value}`);
      const node24 = process.env.S3DS_NODE24;
      const path = [...(node24 === undefined ? [] : [dirname(node24)]), process.env.PATH].join(delimiter);
      return new Promise((resolve, reject) => {
        const child = spawn(act ?? '', args, {
          cwd: join(directory, 'repository'),
          env: { PATH: path, HOME: directory },
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        let log = '';
        for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (log += chunk));
        child.on('error', reject);
        child.on('close', (status) => resolve({ status, log }));
      });
    }

    test('the first run uploads; outputs and summary are there; the index is saved', async () => {
      const { status, log } = await push();
      expect({ status, log }).toMatchObject({ status: 0, log: expect.stringContaining('seen=done/3/1/0') });
      expect(log).toMatch(/Summary - .*s3-dedup-sync|Summary - #/);
      expect(log).toMatch(/copied \| 1 \|/);
      expect(s3.server.objects(bucket)).toHaveLength(4);
    });

    test('the second restores the index and sends nothing', async () => {
      s3.server.log.clear();
      const { status, log } = await push();
      expect({ status, log }).toMatchObject({ status: 0, log: expect.stringContaining('seen=done/0/0/0') });
      expect(log).toContain('index of earlier runs knows 4 objects');
      expect(s3.server.log.counts).toEqual({ ListObjectsV2: 1 });
    });

    test('a rename is copied', async () => {
      await rename(join(directory, 'tree/big.bin'), join(directory, 'tree/image.bin'));
      const { log } = await push();
      expect(log).toContain('seen=done/0/1/1');
    });

    test('a publish that fails fails the job, and its outputs say so', async () => {
      await writeFile(join(directory, 'tree/new.txt'), 'new');
      s3.server.faults.add({
        match: { operation: 'PutObject' },
        fault: { kind: 'error', code: 'AccessDenied' },
      });
      const { status, log } = await push();
      expect(status).not.toBe(0);
      expect(log).toContain('seen=failed/0/0/0');
      expect(log).toMatch(/Job failed/);
      s3.server.faults.clear();
    });

    test('a step that is killed: post saves its journal, and the next run goes on with the upload', async () => {
      await writeFile(join(directory, 'tree/large.bin'), noise(40 * MIB, 9));
      s3.server.faults.add({ match: { operation: 'UploadPart' }, nth: [4, 5], fault: { kind: 'hang' } });
      let parts = 0;
      const remove = s3.server.after({ operation: 'UploadPart' }, () => {
        if (++parts === 3) execFileSync('pkill', ['-9', '-f', `${directory}.*dist/index.js`]);
      });
      const killed = await push();
      remove();
      s3.server.faults.clear();
      expect(killed.status).not.toBe(0);
      expect(killed.log).toContain('the index of the interrupted run was saved');
      expect(s3.server.uploads(bucket)).toHaveLength(1);
      s3.server.log.clear();
      const { log } = await push();
      expect({ log }).toMatchObject({ log: expect.stringContaining('seen=done/') });
      expect(s3.server.log.counts).toMatchObject({ ListMultipartUploads: 1, ListParts: 1, UploadPart: 2 });
      expect(s3.server.uploads(bucket)).toEqual([]);
    });

    test('four shards that stage and two that publish; one that fails, and is run again', async () => {
      const files = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`tree/f${i}`, `content ${i}`]));
      await writeTree(files, directory);
      s3.server.faults.add({
        match: { operation: 'UploadPart', key: 'sharded/f7' },
        times: 1,
        fault: { kind: 'error', code: 'AccessDenied' },
      });
      const failed = await push('workflow_dispatch');
      expect(failed.status).not.toBe(0);
      expect(failed.log).not.toMatch(/sharded=|share=/);
      expect(s3.server.objects(bucket).filter(({ key }) => key.startsWith('sharded/'))).toEqual([]);
      const { status, log } = await push('workflow_dispatch');
      expect({ status, log }).toMatchObject({
        status: 0,
        // The page alone: new keys were published by the two before it.
        log: expect.stringMatching(/sharded=done\/1\/0/),
      });
      const shares = log.matchAll(/publish-shards-(\d)[^\n]*share=done\/[1-9]/g);
      expect(new Set([...shares].map(([, shard]) => shard))).toEqual(new Set(['1', '2']));
      const published = s3.server.objects(bucket).filter(({ key }) => key.startsWith('sharded/'));
      expect(published).toHaveLength(18);
    });
  },
);
