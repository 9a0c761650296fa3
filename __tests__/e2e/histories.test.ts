import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { md5Of } from '../../src/model/digest.js';
import { contentTypeOf } from '../../src/model/headers.js';
import { copyOfDist, reach, runCli } from '../support/dist.js';
import { randomNumbers } from '../support/random.js';
import { SEED } from '../support/seed.js';
import { embedded, realServers, type TestServer } from '../support/servers.js';
import { noise, removeTree, temporaryDirectory } from '../support/tree.js';

/**
 * What trees go through between releases, through the bundle, every object read back. `S3DS_HISTORIES` sets how many
 * of them each server sees, `S3DS_SEED` repeats a run.
 */
const HISTORIES = Number(process.env.S3DS_HISTORIES ?? 3);

const MIB = 1024 * 1024;

const NAMES = [
  'index.html',
  'docs/index.html',
  'docs/Index.html',
  'app.js',
  'app.css',
  'app.js.map',
  'caf\u00e9.txt',
  'cafe\u0301.txt',
  'log',
  'log.1',
  'log.2',
  'log.3',
  'repodata/primary.xml.gz',
  'repodata/repomd.xml',
  'SHA256SUMS',
  'next/app',
  'latest/app',
  'sw.js',
  'a+b & c%20d.txt',
] as const;

/** Equal sizes among small contents; the last one goes up in parts. */
const CONTENTS: readonly Buffer[] = [
  ...['', 'A', 'B', 'one', 'two', 'six', 'four', 'five', '0123456789', 'abcdefghij'].map((text) =>
    Buffer.from(text),
  ),
  noise(20 * MIB, 7),
];

interface Line {
  readonly type: string;
}

type Tree = ReadonlyMap<string, Buffer>;

/** The next state of a tree: what builds, log rotations, swaps, rings, promotions and clean-ups do to it. */
function edited(before: Tree, random: () => number, large: boolean): Tree {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const contents = large ? CONTENTS : CONTENTS.slice(0, -1);
  const after = new Map(before);
  const edits = 1 + Math.floor(random() * 5);
  for (let i = 0; i < edits; i++) {
    const names = [...new Set([pick(NAMES), pick(NAMES), pick(NAMES), pick(NAMES)])];
    const kind = pick(['write', 'write', 'duplicate', 'ring', 'chain', 'remove', 'promote']);
    const carried = names.map((name) => after.get(name));
    const [first, second] = names as [string, string | undefined];
    if (kind === 'write') after.set(first, pick(contents));
    else if (kind === 'remove') after.delete(first);
    else if (kind === 'promote') {
      const next = after.get('next/app');
      if (next !== undefined) after.set('latest/app', next);
      after.set('next/app', pick(contents));
    } else if (kind === 'duplicate') {
      if (second !== undefined && carried[0] !== undefined) after.set(second, carried[0]);
    } else {
      for (const [at, content] of carried.entries()) {
        const to = names[at + 1] ?? (kind === 'ring' ? first : undefined);
        if (to !== undefined && content !== undefined) after.set(to, content);
      }
      if (kind === 'chain') after.set(first, pick(contents));
    }
  }
  if (after.size === 0) after.set('index.html', Buffer.from('home'));
  return after;
}

async function writeFiles(root: string, tree: Tree, hardLinks: boolean): Promise<void> {
  await rm(root, { recursive: true, force: true });
  const first = new Map<Buffer, string>();
  for (const [name, content] of tree) {
    const path = join(root, name);
    await mkdir(dirname(path), { recursive: true });
    const known = first.get(content);
    if (hardLinks && known !== undefined) await link(known, path);
    else await writeFile(path, content);
    first.set(content, path);
  }
}

const servers = [
  { name: 'embedded', absent: undefined, start: () => embedded() as Promise<TestServer> },
  ...realServers.filter(({ name }) => name !== 'minio'),
];

for (const { name, absent, start } of servers) {
  const suite = absent === undefined ? describe : describe.skip;
  suite(`histories on ${name}${absent === undefined ? '' : `: skipped, ${absent}`}`, () => {
    let server: TestServer;
    let client: S3Client;
    let dist: string;
    let directory: string;
    let bucket: string;

    beforeAll(async () => {
      [server, dist, directory] = await Promise.all([start(), copyOfDist(), temporaryDirectory()]);
      // SeaweedFS gives each bucket volumes of its own, and has only so many.
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
      if (directory !== undefined) await removeTree(directory);
    });

    async function objects(prefix: string): Promise<Readonly<Record<string, unknown>>> {
      const { Contents = [] } = await client.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }),
      );
      const found: Record<string, unknown> = {};
      for (const { Key = '' } of Contents) {
        const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
        const bytes = Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
        const { 's3cmd-attrs': told } = answer.Metadata ?? {};
        found[Key.slice(prefix.length)] = { md5: md5Of(bytes), told, type: answer.ContentType };
      }
      return found;
    }

    function wanted(tree: Tree): Readonly<Record<string, unknown>> {
      return Object.fromEntries(
        [...tree].map(([at, bytes]) => [
          at,
          { md5: md5Of(bytes), told: `md5:${md5Of(bytes)}`, type: contentTypeOf(at) },
        ]),
      );
    }

    test(`${HISTORIES} of them, seed ${SEED}: every object is right after every publish`, async () => {
      for (let number = 0; number < HISTORIES; number++) {
        const seed = SEED + number;
        const random = randomNumbers(seed);
        const prefix = `p${number}/`;
        const root = join(directory, 'tree');
        const index = random() < 0.5 ? 'none' : join(directory, `index-${number}`);
        const publish = async (killAfterMs?: number): Promise<readonly unknown[]> => {
          const delay = random() < 0.5 ? ['--delay-updates'] : [];
          const flags = ['--delete-after', '--max-delete', '100%', '--index', index, '--json', ...delay];
          const ended = await runCli(dist, ['sync', root, `s3://${bucket}/${prefix}`, ...flags], {
            cwd: directory,
            env: reach(server),
            started: (child) => {
              if (killAfterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfterMs);
            },
          });
          if (killAfterMs !== undefined) return [];
          const lines = ended.stdout
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as Line);
          const failed = lines.filter((line) => JSON.stringify(line).includes('"error"'));
          expect({ seed, status: ended.status, stderr: ended.stderr, failed }).toEqual({
            seed,
            status: 0,
            stderr: '',
            failed: [],
          });
          return lines.filter(({ type }) => type === 'outcome');
        };

        let tree: Tree = new Map();
        const large = random() < 0.2;
        for (let state = 0; state < 4; state++) {
          tree = edited(tree, random, large);
          if (state === 0) tree = edited(edited(tree, random, large), random, large);
          await writeFiles(root, tree, random() < 0.5);
          if (random() < 0.3) await publish(300 + random() * 400);
          await publish();
          expect({ seed, state, objects: await objects(prefix) }).toEqual({
            seed,
            state,
            objects: wanted(tree),
          });
        }
        expect({ seed, steps: await publish() }).toEqual({ seed, steps: [] });
      }
    }, 7_200_000);
  });
}
