import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PutOptions } from '../../dev/s3-server/index.js';
import { md5Of } from '../../src/model/digest.js';
import { CloudFrontStub } from '../support/cloudfront.js';
import { copyOfDist, type Ended, reach, runCli } from '../support/dist.js';
import { actionsOf, allows, documentedPolicies, type Statement } from '../support/policy.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { StsStub } from '../support/sts.js';
import { noise, removeTree, temporaryDirectory, writeTree } from '../support/tree.js';

/**
 * What docs/PERMISSIONS.md promises: its policies are read from the file and judged as IAM judges them, by a server
 * that answers as AWS does to who may not.
 */
const policies = documentedPolicies(join(dirname(fileURLToPath(import.meta.url)), '../..'));

const MIB = 1024 * 1024;
const SITE = 's3://www.example.com/site';
const PREVIEW = 's3://previews.example.com/pr-1';
const BUCKETS = ['www.example.com', 'downloads', 'staging', 'previews.example.com'];
const KEY = '1234abcd-12ab-34cd-56ef-1234567890ab';

let dist: string;
let s3: EmbeddedTestServer;
let cloudfront: CloudFrontStub;
let sts: StsStub;
let root: string;
let env: Record<string, string>;

beforeAll(async () => {
  dist = await copyOfDist();
  cloudfront = await CloudFrontStub.start();
  sts = await StsStub.start();
});
afterAll(async () => {
  await cloudfront.stop();
  await sts.stop();
  await removeTree(join(dist, '..'));
});
beforeEach(async () => {
  s3 = await embedded({ buckets: BUCKETS });
  root = await temporaryDirectory();
  env = {
    ...reach(s3),
    AWS_ENDPOINT_URL_CLOUDFRONT: cloudfront.endpoint,
    AWS_ENDPOINT_URL_STS: sts.endpoint,
  };
  await writeTree({ 'public/index.html': 'page', 'public/a.css': 'one' }, root);
});
afterEach(async () => {
  cloudfront.clear();
  sts.clear();
  await s3.stop();
  await removeTree(root);
});

function cli(...args: readonly string[]): Promise<Ended> {
  return runCli(dist, args, { cwd: root, env });
}

/** How a run ends when an action is missing, and the one line that names it. */
interface Without {
  readonly status: number;
  readonly line: RegExp;
}

interface Feature {
  /** Headings of docs/PERMISSIONS.md whose policies are put together; the actions of the last one are taken away. */
  readonly policies: readonly string[];
  /** With all rights. */
  readonly prepare?: () => Promise<void> | void;
  readonly run: () => Promise<Ended>;
  readonly works: (ended: Ended) => Promise<void> | void;
  readonly without: Readonly<Record<string, Without>>;
}

/** The last line, which the run ends with; there may be one for each file before. */
const fails = (line: RegExp): Without => ({ status: 1, line });
/** The one warning or notice. */
const says = (line: RegExp): Without => ({ status: 0, line });

const NO_LISTING = fails(/ListObjectsV2 was denied \(AccessDenied: .*\): allow s3:ListBucket in the policy/);

/** The order is that of the document; one section may have several. */
const features: Readonly<Record<string, Feature>> = {
  'a publish that sends and copies': {
    policies: ['Publish'],
    prepare: async () => void (await writeTree({ 'public/twin.css': 'one' }, root)),
    run: () => cli('public', SITE),
    works: () => {
      expect(texts()).toEqual({ 'site/a.css': 'one', 'site/index.html': 'page', 'site/twin.css': 'one' });
      expect(s3.server.log.counts).toEqual({ CopyObject: 1, ListObjectsV2: 2, PutObject: 2 });
    },
    without: {
      's3:ListBucket': NO_LISTING,
      's3:PutObject': fails(/PutObject was denied \(AccessDenied: .*\): allow s3:PutObject in the policy/),
      's3:GetObject': says(
        /twin\.css is uploaded, not copied from .*: CopyObject was denied .*: allow s3:GetObject in/,
      ),
    },
  },
  'a publish that replaces an object': {
    policies: ['Publish'],
    prepare: () => put('site/a.css', 'old'),
    run: () => cli('public', SITE),
    works: () => expect(texts()).toEqual({ 'site/a.css': 'one', 'site/index.html': 'page' }),
    without: {
      's3:GetObject': fails(
        /site\/a\.css: PutObject was denied \(AccessDenied: .*\): allow s3:GetObject in the policy/,
      ),
    },
  },
  'a publish that meets objects whose ETag proves nothing': {
    policies: ['Publish'],
    prepare: () =>
      put('site/a.css', 'one', {
        etag: 'of-another-tool',
        headers: { 'x-amz-meta-s3cmd-attrs': `md5:${md5Of(Buffer.from('one'))}` },
      }),
    run: () => cli('public', SITE, '--overwrite', 'always'),
    works: () => expect(s3.server.log.counts).toEqual({ HeadObject: 1, ListObjectsV2: 2, PutObject: 1 }),
    without: { 's3:GetObject': fails(/a\.css: PutObject was denied .* allow s3:GetObject in the policy/) },
  },
  'a publish that takes back a large upload which failed': {
    policies: ['Publish'],
    async prepare() {
      await writeTree({ 'public/large.bin': noise(9 * MIB) }, root);
      s3.server.faults.add({
        match: { operation: 'UploadPart' },
        fault: { kind: 'error', code: 'BadDigest' },
      });
    },
    run: async () => {
      const ended = await cli('public', SITE, '--index', 'none');
      return { ...ended, status: ended.status === 1 ? 0 : ended.status };
    },
    works: () => expect(s3.server.uploads('www.example.com')).toEqual([]),
    without: {
      's3:AbortMultipartUpload': says(
        /could not be aborted, .*AbortMultipartUpload was denied .*: allow s3:AbortMultipartUpload in the policy/,
      ),
    },
  },
  'plan, apply and publish': {
    policies: ['Publish'],
    async run() {
      const planned = await cli('plan', 'public', SITE, '--plan-file', 'plan.jsonl');
      expect(planned.status).toBe(0);
      const share = ['--plan-file', 'plan.jsonl', '--shard', '1/1', '--results', 'results.jsonl'];
      const applied = await cli('apply', 'public', SITE, ...share);
      if (applied.status !== 0) return applied;
      return cli('publish', SITE, '--plan-file', 'plan.jsonl', '--results', 'results.jsonl');
    },
    works: () => expect(texts()).toEqual({ 'site/a.css': 'one', 'site/index.html': 'page' }),
    without: {
      's3:PutObject': fails(/CreateMultipartUpload was denied .*: allow s3:PutObject in the policy/),
    },
  },
  'a mirror that may not be written: the first destination is published': {
    policies: ['Publish', 'Bucket of an index'],
    run: () => cli('public', SITE, 's3://downloads/index'),
    works: () => {
      expect(texts()).toEqual({ 'site/a.css': 'one', 'site/index.html': 'page' });
      expect(s3.server.texts('downloads')).toEqual({ 'index/a.css': 'one', 'index/index.html': 'page' });
    },
    without: {
      's3:PutObject': fails(
        /s3:\/\/downloads\/index\/.*PutObject was denied .*: allow s3:PutObject in the policy/,
      ),
    },
  },
  'delete-after': {
    policies: ['Publish', 'Delete after'],
    prepare: () => {
      put('site/a.css', 'one');
      put('site/gone', 'gone');
    },
    run: () => cli('public', SITE, '--delete-after'),
    works: () => expect(texts()).toEqual({ 'site/a.css': 'one', 'site/index.html': 'page' }),
    without: {
      's3:DeleteObject': fails(
        /site\/gone: DeleteObjects was denied \(AccessDenied.*\): allow s3:DeleteObject and s3:GetObject in the policy/,
      ),
    },
  },
  lock: {
    policies: ['Publish', 'Delete after'],
    run: () => cli('public', SITE, '--lock'),
    works: () => expect(texts()).toEqual({ 'site/a.css': 'one', 'site/index.html': 'page' }),
    without: {
      's3:DeleteObject': says(
        /the lock could not be given back .*allow s3:DeleteObject and s3:GetObject in the policy/,
      ),
    },
  },
  'going on with the uploads of a run that was killed, by an index on this machine': {
    policies: ['Publish', 'Delayed updates'],
    prepare: () => killedPublish('i'),
    run: () => cli('public', SITE, '--delay-updates', '--index', 'i'),
    works: () => {
      expect(s3.server.log.count('ListParts')).toBeGreaterThan(0);
      expect(s3.server.uploads('www.example.com')).toEqual([]);
    },
    without: {
      's3:ListMultipartUploadParts': says(
        /and others are sent anew, .*: ListParts was denied .*: allow s3:ListMultipartUploadParts in the policy/,
      ),
    },
  },
  'going on with them by an index that others may have written': {
    policies: ['Publish', 'Bucket of an index', 'Delayed updates'],
    prepare: () => killedPublish('s3://downloads/index/site'),
    run: () => cli('public', SITE, '--delay-updates', '--index', 's3://downloads/index/site'),
    works: () => {
      expect(s3.server.log.count('ListParts')).toBeGreaterThan(0);
      expect(s3.server.uploads('www.example.com')).toEqual([]);
    },
    without: {
      's3:ListBucketMultipartUploads': says(
        /uploads of an interrupted run: ListMultipartUploads was denied .*: allow s3:ListBucketMultipartUploads in the policy/,
      ),
    },
  },
  'copy-from': {
    policies: ['Publish', 'Copies from other places'],
    prepare: () => void s3.server.putObject('downloads', 'v1.4/old.css', 'one'),
    run: () => cli('public', SITE, '--copy-from', 's3://downloads/v1.4'),
    works: () => expect(s3.server.log.counts).toEqual({ CopyObject: 1, ListObjectsV2: 3, PutObject: 1 }),
    without: {
      's3:ListBucket': fails(
        /copy-from s3:\/\/downloads\/v1\.4\/: ListObjectsV2 was denied .*: allow s3:ListBucket in the policy/,
      ),
      's3:GetObject': says(
        /a\.css is uploaded, not copied from .*: CopyObject was denied .*: allow s3:GetObject in/,
      ),
    },
  },
  'a rule that sets tags': {
    policies: ['Publish', 'Tags'],
    run: () => cli('public', SITE, '--headers', '/*\n  x-amz-tagging: team=web'),
    works: () => expect(s3.server.object('www.example.com', 'site/a.css')?.tags.get('team')).toBe('web'),
    without: {
      's3:PutObjectTagging': fails(/PutObject was denied .*: allow s3:PutObjectTagging in the policy/),
    },
  },
  acl: {
    policies: ['Publish', 'ACLs'],
    run: () => cli('public', SITE, '--acl', 'bucket-owner-full-control'),
    works: () =>
      expect(s3.server.object('www.example.com', 'site/a.css')?.acl).toBe('bucket-owner-full-control'),
    without: { 's3:PutObjectAcl': fails(/PutObject was denied .*: allow s3:PutObjectAcl in the policy/) },
  },
  'refresh-headers, of objects with tags': {
    policies: ['Publish', 'Renewing headers in place'],
    prepare: () => {
      for (const [name, text] of [
        ['a.css', 'one'],
        ['index.html', 'page'],
      ] as const)
        put(`site/${name}`, text, { headers: { 'cache-control': 'no-store' }, tags: { kept: 'yes' } });
    },
    run: () => cli('public', SITE, '--refresh-headers'),
    works: () => {
      const { headers, tags } = s3.server.object('www.example.com', 'site/a.css') ?? {};
      expect(headers?.['cache-control']).toBeUndefined();
      expect(tags?.get('kept')).toBe('yes');
      expect(s3.server.log.counts).toEqual({
        CopyObject: 2,
        GetBucketOwnershipControls: 1,
        HeadObject: 2,
        ListObjectsV2: 2,
      });
    },
    without: {
      's3:GetBucketOwnershipControls': says(
        /keep their old headers: .*GetObjectAcl was denied .*; allow s3:GetBucketOwnershipControls or s3:GetObjectAcl, or set acl/,
      ),
      's3:GetObjectTagging': fails(/allow s3:GetObjectTagging in the policy/),
      's3:PutObjectTagging': fails(/allow s3:PutObjectTagging in the policy/),
    },
  },
  'an index below the prefix, at first and again': {
    policies: ['Publish', 'Index in a bucket'],
    prepare: async () => void (await writeTree({ 'public/large.bin': noise(9 * MIB) }, root)),
    run: () => twiceWithIndex(`${SITE}/.s3-dedup-sync/index`),
    works: () => {
      const ours = Object.keys(texts()).filter((key) => key.includes('.s3-dedup-sync/'));
      expect(ours).toEqual(['site/.s3-dedup-sync/index']);
    },
    without: {
      's3:DeleteObject': says(
        /but its journal could not be deleted \(\S+: DeleteObjects was denied .*: allow s3:DeleteObject and s3:GetObject in the policy/,
      ),
    },
  },
  'an index in another bucket, at first and again': {
    policies: ['Publish', 'Bucket of an index'],
    prepare: async () => void (await writeTree({ 'public/large.bin': noise(9 * MIB) }, root)),
    run: () => twiceWithIndex('s3://downloads/index/site'),
    works: () => expect(Object.keys(s3.server.texts('downloads'))).toEqual(['index/site']),
    without: {
      's3:ListBucket': says(
        /the journal of earlier runs is not read \(\S+: ListObjectsV2 was denied .*: allow s3:ListBucket in/,
      ),
      's3:GetObject': says(
        /the index of earlier runs is ignored: \S+: GetObject was denied .*: allow s3:GetObject in the policy/,
      ),
      's3:PutObject': says(
        /the index could not be written \(\S+: PutObject was denied .*: allow s3:PutObject in the policy/,
      ),
      's3:DeleteObject': says(
        /but its journal could not be deleted \(\S+: DeleteObjects was denied .*: allow s3:DeleteObject and s3:GetObject in the policy/,
      ),
    },
  },
  'a dry run': {
    policies: ['Dry run and check'],
    prepare: () => put('site/a.css', 'one', { etag: `${'0'.repeat(32)}-1` }),
    run: () => cli('public', SITE, '--dry-run'),
    works: () => expect(s3.server.log.counts).toEqual({ HeadObject: 1, ListObjectsV2: 1 }),
    without: {
      's3:ListBucket': NO_LISTING,
      's3:GetObject': says(
        /site\/a\.css: HeadObject was denied .*: allow s3:GetObject in the policy .*may be unchanged is sent/,
      ),
    },
  },
  'a dry run of changed headers': {
    policies: ['Dry run and check', 'Renewing headers in place'],
    prepare: () => put('site/a.css', 'one', { headers: { 'cache-control': 'no-store' } }),
    run: () => cli('public', SITE, '--dry-run', '--refresh-headers'),
    works: ({ stdout }) => {
      expect(stdout).toMatch(/refresh 1 file/);
      expect(s3.server.log.counts).toEqual({
        GetBucketOwnershipControls: 1,
        HeadObject: 1,
        ListObjectsV2: 1,
      });
    },
    without: { 's3:GetBucketOwnershipControls': says(/site\/a\.css keeps its old headers: .*GetObjectAcl/) },
  },
  'check, reading everything': {
    policies: ['Dry run and check'],
    prepare: () => {
      put('site/a.css', 'one');
      put('site/index.html', 'page');
    },
    run: () => cli('check', 'public', SITE, '--read'),
    works: () => expect(s3.server.log.counts).toEqual({ GetObject: 2, ListObjectsV2: 1 }),
    without: {
      's3:ListBucket': NO_LISTING,
      's3:GetObject': fails(/GetObject was denied .*: allow s3:GetObject in the policy/),
    },
  },
  'a download': {
    policies: ['Download'],
    prepare: () => put('site/a.css', 'other'),
    run: () => cli('sync', SITE, 'public'),
    works: async () => expect(await readFile(join(root, 'public/a.css'), 'utf8')).toBe('other'),
    without: {
      's3:ListBucket': NO_LISTING,
      's3:GetObject': fails(/a\.css.*: GetObject was denied .*: allow s3:GetObject in the policy/),
    },
  },
  'bucket to bucket': {
    policies: ['Publish', 'Bucket to bucket'],
    prepare: () => void s3.server.putObject('staging', 'site/a.css', 'one'),
    run: () => cli('sync', 's3://staging/site', SITE),
    works: () => expect(texts()).toEqual({ 'site/a.css': 'one' }),
    without: {
      's3:ListBucket': fails(
        /s3:\/\/staging\/site\/: ListObjectsV2 was denied .*: allow s3:ListBucket in the policy/,
      ),
      's3:GetObject': fails(
        /s3:\/\/staging\/site\/a\.css: HeadObject was denied .*: allow s3:GetObject in the policy/,
      ),
    },
  },
  remove: {
    policies: ['Remove'],
    prepare: () => void s3.server.putObject('previews.example.com', 'pr-1/a', 'x'),
    run: () => cli('remove', 's3://previews.example.com/pr-1'),
    works: () => expect(s3.server.texts('previews.example.com')).toEqual({}),
    without: {
      's3:ListBucket': NO_LISTING,
      's3:DeleteObject': fails(
        /pr-1\/a: DeleteObjects was denied .*: allow s3:DeleteObject and s3:GetObject in the policy/,
      ),
      's3:GetObject': fails(
        /pr-1\/a: DeleteObjects was denied .*: allow s3:DeleteObject and s3:GetObject in the policy/,
      ),
    },
  },
  'remove, with lock': {
    policies: ['Remove'],
    prepare: () => void s3.server.putObject('previews.example.com', 'pr-1/a', 'x'),
    run: () => cli('remove', PREVIEW, '--lock'),
    works: () => expect(s3.server.texts('previews.example.com')).toEqual({}),
    without: {
      's3:PutObject': fails(/PutObject was denied .*: allow s3:PutObject in the policy/),
    },
  },
  'remove, of what a publish that was killed left behind': {
    policies: ['Remove'],
    prepare: () => killedPublish(`${PREVIEW}/.s3-dedup-sync/index`, PREVIEW),
    run: () => cli('remove', PREVIEW, '--index', `${PREVIEW}/.s3-dedup-sync/index`),
    works: () => {
      expect(s3.server.uploads('previews.example.com')).toEqual([]);
      expect(s3.server.texts('previews.example.com')).toEqual({});
    },
    without: {
      's3:AbortMultipartUpload': says(
        /^warning: an upload to pr-1\/\S+ that an earlier run left behind: AbortMultipartUpload was denied .*: allow s3:AbortMultipartUpload in the policy/,
      ),
    },
  },
  'remove, of what it left behind, by an index that others may have written': {
    policies: ['Bucket of an index', 'Remove'],
    prepare: () => killedPublish('s3://downloads/index/pr-1', PREVIEW),
    run: () => cli('remove', PREVIEW, '--index', 's3://downloads/index/pr-1'),
    works: () => expect(s3.server.uploads('previews.example.com')).toEqual([]),
    without: {
      's3:ListBucketMultipartUploads': says(
        /uploads of an interrupted run: ListMultipartUploads was denied .*: allow s3:ListBucketMultipartUploads in the policy/,
      ),
    },
  },
  'an object encrypted by KMS, and a copy of it': {
    policies: ['Publish', 'KMS'],
    prepare: async () => void (await writeTree({ 'public/twin.css': 'one' }, root)),
    run: () => cli('public', SITE, '--sse', 'aws:kms', '--kms-key-id', KEY),
    works: () => expect(s3.server.log.counts).toMatchObject({ CopyObject: 1, PutObject: 2 }),
    without: {
      'kms:GenerateDataKey': fails(
        /PutObject was denied .*: allow kms:GenerateDataKey in the policy of the identity, and of the key/,
      ),
      'kms:Decrypt': says(
        /twin\.css is uploaded, not copied from .*: CopyObject was denied .*: allow kms:Decrypt in the policy of the identity, and of the key/,
      ),
    },
  },
  'a large object encrypted by KMS': {
    policies: ['Publish', 'KMS'],
    prepare: async () => void (await writeTree({ 'public/large.bin': noise(9 * MIB) }, root)),
    run: () => cli('public', SITE, '--sse', 'aws:kms', '--kms-key-id', KEY),
    works: () => expect(s3.server.object('www.example.com', 'site/large.bin')?.encryption?.keyId).toBe(KEY),
    without: {
      'kms:Decrypt': fails(
        /CompleteMultipartUpload was denied .*: allow kms:Decrypt in the policy of the identity, and of the key/,
      ),
    },
  },
};

const statements = (heading: string): readonly Statement[] => {
  const found = policies.get(heading);
  if (found === undefined) throw new Error(`docs/PERMISSIONS.md has no policy under ${heading}`);
  return found;
};

describe.each(Object.entries(features))('%s', (_, feature) => {
  const allowed = feature.policies.flatMap(statements);

  test('works under the documented policy alone', async () => {
    await feature.prepare?.();
    s3.server.log.clear();
    permit(allowed);
    const ended = await feature.run();
    expect(ended.stdout + ended.stderr).not.toMatch(/denied/);
    expect(ended.status).toBe(0);
    await feature.works(ended);
  });

  test.each(Object.entries(feature.without))('without %s', async (action, { status, line }) => {
    await feature.prepare?.();
    const before = allKeys();
    permit(allowed, { heading: feature.policies.at(-1) ?? '', action });
    const { stdout, stderr, ...ended } = await feature.run();
    const lines = (status === 0 ? stdout + stderr : `\n${stderr.trim().split('\n').at(-1)}`)
      .split('\n')
      .filter((text) => line.test(text));
    expect({ status: ended.status, lines, stdout, stderr }).toMatchObject({
      status,
      lines: [expect.anything()],
    });
    expect(stderr).not.toMatch(/^\s+at /m);
    const gone = before.filter((key) => !allKeys().includes(key));
    expect(gone.filter((key) => !key.includes('.journal/'))).toEqual([]);
  });
});

test('every action of every documented policy was taken away from some feature', () => {
  const tried = new Set(
    Object.values(features).flatMap(({ policies: headings, without }) =>
      Object.keys(without).map((action) => `${headings.at(-1)}: ${action}`),
    ),
  );
  const documented = [...policies].flatMap(([heading, list]) =>
    actionsOf(list).map((action) => `${heading}: ${action}`),
  );
  expect(documented.filter((action) => !tried.has(action)).sort()).toEqual([
    // Not S3's: tried below, and by __tests__/engine/invalidate.test.ts.
    'CloudFront: cloudfront:CreateInvalidation',
    'CloudFront: cloudfront:GetInvalidation',
  ]);
});

test('CloudFront: without cloudfront:CreateInvalidation everything is published, and the run fails in one line', async () => {
  cloudfront.errors.push('AccessDenied');
  const ended = await cli('public', SITE, '--invalidate', 'E2EXAMPLE');
  expect(ended).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(
      /^error: .*allow cloudfront:CreateInvalidation on the distribution; .*\n$/m,
    ),
  });
  expect(texts()).toEqual({ 'site/a.css': 'one', 'site/index.html': 'page' });
});

test('a role that may not be assumed: one line names the action and what decides on it, nothing is written', async () => {
  sts.refuses = 'AccessDenied';
  const ended = await cli('public', SITE, '--role-to-assume', 'arn:aws:iam::123456789012:role/publish-site');
  expect(ended).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^error: .*Not authorized to perform sts:AssumeRole\b.*trust policy.*\n$/m),
  });
  expect(texts()).toEqual({});
});

/** Lets the test's key do what the statements say, but for one action of what stands under a heading. */
function permit(
  allowed: readonly Statement[],
  taken?: { readonly heading: string; readonly action: string },
): void {
  const rest =
    taken === undefined
      ? allowed
      : allowed.flatMap((statement) => {
          if (!statements(taken.heading).includes(statement)) return [statement];
          return [
            { ...statement, Action: [statement.Action].flat().filter((action) => action !== taken.action) },
          ];
        });
  s3.server.access.set({
    id: s3.accessKeyId,
    arn: 'arn:aws:sts::123456789012:assumed-role/publish-site/run',
    permits: (access) => allows(rest, access),
  });
}

function put(key: string, text: string, options?: PutOptions): void {
  s3.server.putObject('www.example.com', key, text, options);
}

function texts(): Readonly<Record<string, string>> {
  return s3.server.texts('www.example.com');
}

function allKeys(): readonly string[] {
  return BUCKETS.flatMap((bucket) => s3.server.objects(bucket).map(({ key }) => `${bucket}/${key}`));
}

/** The end of the second run, after another change of a large file. */
async function twiceWithIndex(index: string): Promise<Ended> {
  const first = await cli('public', SITE, '--index', index);
  expect(first.status).toBe(0);
  await writeTree({ 'public/large.bin': noise(9 * MIB, 2) }, root);
  return cli('public', SITE, '--index', index);
}

/** Killed with one large upload begun, which the journal of its index names. */
async function killedPublish(index: string, destination = SITE): Promise<void> {
  await writeTree({ 'public/large.bin': noise(20 * MIB) }, root);
  const { host, pathname } = new URL(destination);
  const key = `${pathname.slice(1)}/large.bin`;
  await runCli(dist, ['public', destination, '--delay-updates', '--index', index], {
    cwd: root,
    env,
    started: (child) => {
      const stop = s3.server.after({ operation: 'UploadPart', key }, () => {
        stop();
        child.kill('SIGKILL');
      });
    },
  });
  expect(s3.server.uploads(host).map((upload) => upload.key)).toContain(key);
}
