import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GetObjectTaggingCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Profile } from '../../dev/s3-server/index.js';
import type { Report } from '../../src/model/report.js';
import { clientOf, rawHeaders } from '../support/bucket-view.js';
import { copyOfDist, reach, runCli } from '../support/dist.js';
import { embedded, realServers, type TestServer } from '../support/servers.js';
import { removeTree, temporaryDirectory, writeTree } from '../support/tree.js';

/**
 * Every header that a rule can set, on objects of every kind that `dist` writes, read back through HTTP from the
 * embedded server and from real ones. The ACL is missing: readers do not see it, and the contract's cases do.
 */

const RULES = `/*
  Cache-Control: public, max-age=60
  Content-Disposition: inline; filename="a.txt"
  Content-Language: de
  Expires: Thu, 01 Dec 2033 16:00:00 GMT
  x-amz-meta-team: web
  x-amz-tagging: keep=yes&team=web
/*.csv
  Content-Type: text/plain; charset=us-ascii
  Content-Encoding: gzip
  x-amz-storage-class: STANDARD_IA
/old
  x-amz-website-redirect-location: /new
`;

type Headers = Readonly<Record<string, string>>;

const PLAIN: Headers = {
  'content-type': 'text/plain; charset=utf-8',
  'cache-control': 'public, max-age=60',
  'content-disposition': 'inline; filename="a.txt"',
  'content-language': 'de',
  expires: 'Thu, 01 Dec 2033 16:00:00 GMT',
  'x-amz-meta-team': 'web',
  tags: 'keep=yes&team=web',
};
const SPECIAL: Headers = {
  ...PLAIN,
  'content-type': 'text/plain; charset=us-ascii',
  'content-encoding': 'gzip',
  'x-amz-storage-class': 'STANDARD_IA',
};
const REDIRECT: Headers = {
  ...PLAIN,
  'content-type': 'application/octet-stream',
  'x-amz-website-redirect-location': '/new',
};

/** By the name of the file, which says how its object is written. */
const EXPECTED: Readonly<Record<string, Headers>> = {
  'uploaded.txt': PLAIN,
  'uploaded.csv': SPECIAL,
  'copied.txt': PLAIN,
  'copied.csv': SPECIAL,
  'staged.txt': PLAIN,
  'staged.csv': SPECIAL,
  'staged-copy.txt': PLAIN,
  'staged-copy.csv': SPECIAL,
  old: REDIRECT,
};

type Deviation = (name: string, headers: Headers) => Headers;

/** What the servers do not keep, as contract/server/deviations.ts has it too; MinIO refuses the storage class. */
const DEVIATIONS: Readonly<Record<Exclude<Profile, 'minio'>, Deviation>> = {
  aws: (_, headers) => headers,
  // No redirect is kept; a copy that names no storage class has its source's.
  seaweedfs: (name, { 'x-amz-website-redirect-location': _, ...headers }) =>
    name === 'copied.txt' ? { ...headers, 'x-amz-storage-class': 'STANDARD_IA' } : headers,
  // There is one storage class, and it is shown.
  versitygw: (_, headers) => ({ ...headers, 'x-amz-storage-class': 'STANDARD' }),
};

interface Suite {
  readonly name: string;
  readonly profile: Exclude<Profile, 'minio'>;
  readonly absent: string | undefined;
  start(): Promise<TestServer>;
}
const SUITES: readonly Suite[] = [
  ...(['aws', 'seaweedfs', 'versitygw'] as const).map((profile) => ({
    name: `the embedded server as ${profile}`,
    profile,
    absent: undefined,
    start: () => embedded({ profile }),
  })),
  ...realServers.flatMap(({ name, absent, start }) =>
    name === 'minio' ? [] : [{ name, profile: name, absent, start }],
  ),
];

for (const { name, profile, absent, start } of SUITES) {
  const suite = absent === undefined ? describe : describe.skip;
  suite(`headers on ${name}${absent === undefined ? '' : `: skipped, ${absent}`}`, () => {
    let server: TestServer;
    let client: S3Client;
    let dist: string;
    let root: string;
    let bucket: string;

    beforeAll(async () => {
      [server, dist, root] = await Promise.all([start(), copyOfDist(), temporaryDirectory()]);
      client = clientOf(server);
      bucket = await server.bucket();
    });
    afterAll(async () => {
      client?.destroy();
      await server?.stop();
      if (root !== undefined) await removeTree(root);
    });

    /** How the run says that it wrote each file, by its name. */
    async function publish(rules: string, index: string, ...options: readonly string[]): Promise<Headers> {
      const report = join(root, 'report.json');
      const args = [
        'public',
        `s3://${bucket}/site`,
        '--headers',
        rules,
        '--index',
        index,
        '--report',
        report,
      ];
      const ended = await runCli(dist, [...args, ...options], { cwd: root, env: reach(server) });
      const lost = /^warning: site\/old: this server \(SeaweedFS\) keeps no website redirects, .*\n/;
      const said = profile === 'seaweedfs' ? ended.stderr.replace(lost, '') : ended.stderr;
      expect({ status: ended.status, said }).toEqual({ status: 0, said: '' });
      const { destinations } = JSON.parse(await readFile(report, 'utf8')) as Report;
      const { steps } = destinations[0]!;
      return Object.fromEntries(steps.map(({ key, action }) => [key.slice('site/'.length), action]));
    }

    async function readBack(): Promise<Readonly<Record<string, Headers>>> {
      const interesting = new Set(Object.values(EXPECTED).flatMap((headers) => Object.keys(headers)));
      const one = async (name: string): Promise<Headers> => {
        const Key = `site/${name}`;
        const raw = await rawHeaders(client, bucket, Key);
        const { TagSet = [] } = await client.send(new GetObjectTaggingCommand({ Bucket: bucket, Key }));
        const tags = TagSet.map((tag) => `${tag.Key}=${tag.Value}`).sort();
        const kept = Object.entries(raw).filter(([header]) => interesting.has(header));
        return { ...Object.fromEntries(kept), ...(tags.length > 0 && { tags: tags.join('&') }) };
      };
      return Object.fromEntries(
        await Promise.all(Object.keys(EXPECTED).map(async (name) => [name, await one(name)] as const)),
      );
    }

    function expected(changes: Headers = {}, target = '/new'): Readonly<Record<string, Headers>> {
      const redirect = { 'x-amz-website-redirect-location': target };
      return Object.fromEntries(
        Object.entries(EXPECTED).map(([name, headers]) => [
          name,
          DEVIATIONS[profile](name, { ...headers, ...changes, ...(name === 'old' && redirect) }),
        ]),
      );
    }

    test('uploaded, copied, staged and staged by a part copy', async () => {
      const index = join(root, 'index');
      await writeTree({ 'uploaded.txt': 'one', 'uploaded.csv': 'two', old: 'three' }, join(root, 'public'));
      expect(await publish(RULES, index)).toEqual({
        'uploaded.txt': 'upload',
        'uploaded.csv': 'upload',
        old: 'upload',
      });
      await writeTree({ 'copied.txt': 'two', 'copied.csv': 'one' }, join(root, 'public'));
      expect(await publish(RULES, index)).toEqual({ 'copied.txt': 'copy', 'copied.csv': 'copy' });
      const staged = {
        'staged.txt': 'four',
        'staged.csv': 'five',
        'staged-copy.txt': 'two',
        'staged-copy.csv': 'one',
      };
      await writeTree(staged, join(root, 'public'));
      expect(await publish(RULES, index, '--delay-updates')).toEqual({
        'staged.txt': 'upload',
        'staged.csv': 'upload',
        'staged-copy.txt': 'copy',
        'staged-copy.csv': 'copy',
      });
      expect(await readBack()).toEqual(expected());
    });

    test('refreshed, by what the index remembers and by what S3 is asked', async () => {
      const all = Object.fromEntries(Object.keys(EXPECTED).map((file) => [file, 'refresh']));
      const newer = RULES.replace('max-age=60', 'max-age=61').replace('/new', '/newer');
      expect(await publish(newer, join(root, 'index'))).toEqual(all);
      expect(await readBack()).toEqual(expected({ 'cache-control': 'public, max-age=61' }, '/newer'));

      const newest = newer.replace('max-age=61', 'max-age=62').replace('team=web', 'team=site');
      expect(await publish(newest, 'none', '--refresh-headers')).toEqual(all);
      const changes = { 'cache-control': 'public, max-age=62', tags: 'keep=yes&team=site' };
      expect(await readBack()).toEqual(expected(changes, '/newer'));
      // HEAD does not tell tags, so without an index these are written every time; with one they are remembered.
      expect(await publish(newest, join(root, 'index'), '--refresh-headers')).toEqual(all);
      expect(await publish(newest, join(root, 'index'), '--refresh-headers')).toEqual({});
    });
  });
}
