import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { copyOfDist, type Ended, reach, runCli } from '../support/dist.js';
import { realServers, type TestServer } from '../support/servers.js';
import { noise, removeTree, temporaryDirectory, writeTree } from '../support/tree.js';

const MIB = 1024 * 1024;

/** A release on several machines through the bundle; ETags of SeaweedFS's part copies prove nothing. */
describe.each(realServers.filter(({ name }) => name !== 'minio'))('$name', (server) => {
  const suite = server.absent === undefined ? describe : describe.skip;

  suite(`several machines${server.absent === undefined ? '' : `: skipped, ${server.absent}`}`, () => {
    let dist: string;
    let work: string;
    let s3: TestServer;
    let to: string;

    beforeAll(async () => {
      dist = await copyOfDist();
      work = await temporaryDirectory();
      s3 = await server.start();
      to = `s3://${await s3.bucket()}/p`;
    }, 120_000);
    afterAll(async () => {
      await s3?.stop();
      await removeTree(join(dist, '..'));
      await removeTree(work);
    });

    const cli = (...args: readonly string[]): Promise<Ended> =>
      runCli(dist, args, { cwd: work, env: reach(s3) });
    const sharded = (command: string, ...args: readonly string[]): Promise<Ended> =>
      cli(command, ...(command === 'publish' ? [] : ['tree']), to, '--plan-file', 'plan', ...args);

    test('stage and publish by shards, whose results are lost or not, and one gives its plan up', async () => {
      const tree = join(work, 'tree');
      await writeTree({ 'old.bin': noise(9 * MIB), f1: 'one', f2: 'two', 'index.html': 'first' }, tree);
      expect(await cli('tree', to)).toMatchObject({ status: 0 });
      await rename(join(tree, 'old.bin'), join(tree, 'new.bin'));
      await writeTree({ f1: 'changed', a: 'new', b: 'new', c: 'other', 'index.html': 'second' }, tree);
      await rm(join(tree, 'f2'));
      for (const last of ['--abort', '']) {
        await rm(join(work, 'results'), { recursive: true, force: true });
        await mkdir(join(work, 'results'));
        expect(await sharded('plan', '--delete-after')).toMatchObject({ status: 0 });
        for (const number of [1, 2]) {
          const results = ['--shard', `${number}/2`, '--results', `results/${number}.jsonl`];
          expect(await sharded('apply', ...results)).toMatchObject({ status: 0 });
        }
        if (last !== '')
          expect(await sharded('publish', last, '--results', 'results')).toMatchObject({ status: 0 });
      }
      for (const job of [1, 2]) {
        for (const number of [1, 2]) {
          const share = await sharded('publish', '--shard', `${number}/2`, '--results', 'results');
          expect({ job, ...share }).toMatchObject({ job, status: 0 });
        }
        const names = await readdir(join(work, 'results'));
        const lost = job === 1 ? names.filter((name) => name.startsWith('published-1')) : [];
        for (const name of lost) await rm(join(work, 'results', name));
      }
      expect(await sharded('publish', '--results', 'results')).toMatchObject({ status: 0 });
      expect(await cli('check', 'tree', to, '--delete-after', '--read')).toMatchObject({ status: 0 });
    }, 300_000);
  });
});
