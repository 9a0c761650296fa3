import { link, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type CacheService, runnerCache } from '../../src/action/index-cache.js';
import { parseSite, type SiteInputs } from '../../src/console/site.js';
import {
  type DigestIndex,
  emptyIndex,
  formatIndex,
  formatRenewing,
  formatWriting,
  parseIndex,
} from '../../src/model/digest-index.js';
import { fileIndexStorage } from '../../src/sync/index-file.js';
import { type Changes, memoryIndex, type Published, publish, stepsOf } from '../support/engine.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { noise, removeTree, temporaryDirectory, writeTree } from '../support/tree.js';

let s3: EmbeddedTestServer;
let bucket: string;
let root: string;

beforeAll(async () => {
  s3 = await embedded();
});
afterAll(() => s3.stop());
beforeEach(async () => {
  bucket = await s3.bucket();
  root = await writeTree({});
  s3.server.log.clear();
});
afterEach(async () => {
  s3.server.faults.clear();
  await removeTree(root);
});

/** What the inputs of a website ask for; files are named below the tree. */
async function site(inputs: {
  readonly headers?: string;
  readonly headersFile?: string;
  readonly defaults?: SiteInputs['defaults'];
  readonly refresh?: boolean;
  readonly redirectsFile?: string;
  readonly compress?: readonly string[];
  readonly cleanUrls?: boolean;
}): Promise<Pick<Changes, 'headers' | 'site'>> {
  return parseSite({
    headers: { name: 'headers', value: inputs.headers },
    headersFile: { name: 'headers-file', value: inputs.headersFile },
    defaults: inputs.defaults ?? 'none',
    refresh: inputs.refresh ?? false,
    redirectsFile: { name: 'redirects-file', value: inputs.redirectsFile },
    compress: { name: 'compress', value: inputs.compress ?? [] },
    cleanUrls: inputs.cleanUrls ?? false,
    from: { cwd: root, home: undefined },
  });
}

function headersOf(key: string): Readonly<Record<string, string>> {
  return s3.server.object(bucket, key)?.headers ?? {};
}

const ALL = `/*
  Cache-Control: public, max-age=60
  Content-Disposition: inline
  Content-Language: de
  Expires: Thu, 01 Dec 2033 16:00:00 GMT
  x-amz-meta-team: web
/*.csv
  Content-Type: text/plain
  Content-Encoding: identity
  x-amz-storage-class: STANDARD_IA
  x-amz-tagging: keep=yes&team=web
/old
  x-amz-website-redirect-location: /new
`;

/** As the server of the tests keeps them. */
const STORED = {
  'cache-control': 'public, max-age=60',
  'content-disposition': 'inline',
  'content-language': 'de',
  expires: 'Thu, 01 Dec 2033 16:00:00 GMT',
  'x-amz-meta-team': 'web',
};

describe('headers', () => {
  test.each([
    ['uploads and copies', {}],
    ['staged uploads and part copies', { delayUpdates: true }],
  ] satisfies [string, Changes][])('%s carry what the rules decide, each its own', async (_, changes) => {
    await writeTree({ 'a.txt': 'one', 'b.csv': 'one', old: 'two', 'big.txt': 'x'.repeat(100) }, root);
    const options = { ...changes, ...(await site({ headers: ALL })) };
    const first = await publish(s3, bucket, root, options);
    expect(first.exit).toBe(0);
    await writeTree({ 'copy.csv': 'x'.repeat(100), 'copy.txt': 'one' }, root);
    const run = await publish(s3, bucket, root, options);
    expect(run).toMatchObject({ exit: 0, report: { sentBytes: 0, totals: { copied: { files: 2 } } } });
    for (const key of ['p/a.txt', 'p/copy.txt', 'p/big.txt']) {
      expect(headersOf(key)).toMatchObject({ ...STORED, 'content-type': 'text/plain; charset=utf-8' });
      expect(headersOf(key)).not.toHaveProperty('content-encoding');
      expect(s3.server.object(bucket, key)?.tags.size).toBe(0);
    }
    for (const key of ['p/b.csv', 'p/copy.csv']) {
      expect(headersOf(key)).toMatchObject({
        ...STORED,
        'content-type': 'text/plain',
        'content-encoding': 'identity',
        'x-amz-storage-class': 'STANDARD_IA',
      });
      expect(Object.fromEntries(s3.server.object(bucket, key)?.tags ?? [])).toEqual({
        keep: 'yes',
        team: 'web',
      });
    }
    expect(headersOf('p/old')).toMatchObject({ 'x-amz-website-redirect-location': '/new' });
  });

  test('C13: a changed rule renews the objects that it is about, sends nothing, and is quiet afterwards', async () => {
    const index = memoryIndex();
    await writeTree({ 'a.html': 'page', 'b.css': 'style', 'big.css': 'x'.repeat(200) }, root);
    await publish(s3, bucket, root, { index, ...(await site({ headers: '/*\n Cache-Control: no-cache' })) });
    const changed = {
      index,
      ...(await site({ headers: '/*\n Cache-Control: no-cache\n/*.css\n ! Cache-Control' })),
    };
    s3.server.log.clear();
    const run = await publish(s3, bucket, root, changed);
    expect(stepsOf(run)).toEqual(['refresh p/b.css done', 'refresh p/big.css done']);
    expect(run.report.sentBytes).toBe(0);
    expect(s3.server.log.counts).toMatchObject({ CopyObject: 2 });
    expect(headersOf('p/a.html')['cache-control']).toBe('no-cache');
    expect(headersOf('p/b.css')).not.toHaveProperty('cache-control');
    expect(stepsOf(await publish(s3, bucket, root, changed))).toEqual([]);
  });

  test('versitygw leaves an object headers that a copy onto itself does not name: what is to lose some is sent', async () => {
    const gateway = await embedded({ profile: 'versitygw' });
    try {
      const there = await gateway.bucket();
      const index = memoryIndex();
      await writeTree({ a: 'one', 'b.css': 'style', 'c.css': 'more' }, root);
      const rules = (text: string) => site({ headers: `/*\n Cache-Control: ${text}` });
      await publish(gateway, there, root, { index, ...(await rules('no-cache\n Content-Language: de')) });
      const renewed = await publish(gateway, there, root, {
        index,
        ...(await rules('public\n Content-Language: de')),
      });
      expect(renewed.report).toMatchObject({ sentBytes: 0, totals: { refreshed: { files: 3 } } });
      const changed = { index, ...(await rules('public\n/a\n Content-Language: de')) };
      const told =
        'p/b.css and 1 more are sent, not copied onto itself: versitygw would keep content-language';
      const preview = await publish(gateway, there, root, { ...changed, dryRun: true });
      expect(preview.report).toMatchObject({
        totals: { uploaded: { files: 2, bytes: 9 }, refreshed: { files: 0 } },
        steps: [
          { key: 'p/b.css', reason: 'headers', headers: [{ name: 'content-language', from: 'de' }] },
          { key: 'p/c.css', reason: 'headers', headers: [{ name: 'content-language', from: 'de' }] },
        ],
      });
      const run = await publish(gateway, there, root, changed);
      expect(stepsOf(run)).toEqual(['upload p/b.css done', 'upload p/c.css done']);
      for (const { messages } of [preview, run])
        expect(messages.filter((message) => message === told)).toHaveLength(1);
      expect(run.report.requests).toMatchObject({ HeadObject: 2, PutObject: 2 });
      for (const key of ['p/b.css', 'p/c.css'])
        expect(gateway.server.object(there, key)?.headers).not.toHaveProperty('content-language');
      expect(gateway.server.object(there, 'p/a')?.headers).toMatchObject({ 'content-language': 'de' });
      expect(stepsOf(await publish(gateway, there, root, changed))).toEqual([]);
    } finally {
      await gateway.stop();
    }
  });

  test.each([
    ['as it is to lose a header', ''],
    ['as the copy was refused', ' Cache-Control: public\n'],
  ])(
    'what versitygw was sent in place of a copy onto itself, %s, is dated anew: its headers are known, and a new rule reaches it',
    async (_, rest) => {
      let later = 0;
      const gateway = await embedded({ profile: 'versitygw', clock: () => Date.now() + later });
      try {
        const there = await gateway.bucket();
        const index = memoryIndex();
        await writeTree({ a: 'one' }, root);
        const run = async (headers: string): Promise<Published> =>
          publish(gateway, there, root, { index, ...(await site({ headers })) });
        await run('/*\n Cache-Control: no-cache\n Content-Type: text/x-special');
        later = 60_000;
        const special = `/*\n${rest} Content-Type: text/x-special`;
        const fault = { kind: 'error', code: 'InvalidRequest' } as const;
        gateway.server.faults.add({ match: { operation: 'CopyObject' }, fault, times: 1 });
        expect(stepsOf(await run(special))).toEqual(['upload p/a done']);
        gateway.server.faults.clear();
        const same = await run(special);
        expect(same.report).toMatchObject({ headersUnknown: { files: 0 }, steps: [] });
        expect((await run(`/*\n${rest}`)).report.steps).toMatchObject([{ key: 'p/a', reason: 'headers' }]);
        expect(gateway.server.object(there, 'p/a')?.headers['content-type']).not.toBe('text/x-special');
      } finally {
        await gateway.stop();
      }
    },
  );

  test('a rule that sets tags gives them to objects that are renewed; no rule leaves them', async () => {
    const index = memoryIndex();
    await writeTree({ a: 'one', b: 'two' }, root);
    await publish(s3, bucket, root, { index });
    for (const [key, body] of [
      ['p/a', 'one'],
      ['p/b', 'two'],
    ] as const)
      s3.server.putObject(bucket, key, body, { headers: headersOf(key), tags: { by: 'hand' } });
    const rules = '/*\n Cache-Control: no-cache\n/b\n x-amz-tagging: by=rule';
    const run = await publish(s3, bucket, root, { index, ...(await site({ headers: rules })) });
    expect(run.report.totals.refreshed.files).toBe(2);
    expect(Object.fromEntries(s3.server.object(bucket, 'p/a')?.tags ?? [])).toEqual({ by: 'hand' });
    expect(Object.fromEntries(s3.server.object(bucket, 'p/b')?.tags ?? [])).toEqual({ by: 'rule' });
  });

  test('index pages are found under their directory', async () => {
    await writeTree({ 'index.html': 'home', 'docs/index.html': 'docs', 'docs/a.html': 'a' }, root);
    const rules = '/\n x-amz-meta-at: home\n/docs/\n x-amz-meta-at: docs\n/docs\n x-amz-meta-bare: docs';
    await publish(s3, bucket, root, await site({ headers: rules }));
    expect(headersOf('p/index.html')).toMatchObject({ 'x-amz-meta-at': 'home' });
    expect(headersOf('p/docs/index.html')).toMatchObject({
      'x-amz-meta-at': 'docs',
      'x-amz-meta-bare': 'docs',
    });
    expect(headersOf('p/docs/a.html')).not.toHaveProperty('x-amz-meta-at');
  });

  test('the file of rules is not published, its rules come before inline ones, and what is not for S3 is one line', async () => {
    const text = '/*\n  X-Frame-Options: DENY\n  Cache-Control: public\n  Content-Security-Policy: x\n';
    await writeTree({ 'a.html': 'a', _headers: text }, root);
    const run = await publish(s3, bucket, root, {
      ...(await site({ headersFile: '_headers', headers: '/*\n Cache-Control: max-age=5' })),
    });
    expect(Object.keys(s3.server.texts(bucket))).toEqual(['p/a.html']);
    expect(headersOf('p/a.html')['cache-control']).toBe('public, max-age=5');
    const said = run.messages.filter((message) => message.includes('X-Frame-Options'));
    expect(said).toEqual([
      expect.stringMatching(
        /X-Frame-Options \(line 2\), Content-Security-Policy \(line 4\).*response headers policy/,
      ),
    ]);
    const again = await publish(s3, bucket, root, {
      deletes: { deleteAfter: true },
      ...(await site({ headersFile: '_headers' })),
    });
    expect(again.exit).toBe(0);
    expect(Object.keys(s3.server.texts(bucket))).toEqual(['p/a.html']);
  });

  test('the rules are left out under every name: a link, what it leads to, a hard link; unasked for they are a file', async () => {
    await writeTree({ 'rules.txt': '/*\n  Cache-Control: public\n', 'sub/_headers': 'a file' }, root);
    await symlink('rules.txt', join(root, '_headers'));
    await symlink('_headers', join(root, 'alias'));
    await link(join(root, 'rules.txt'), join(root, 'hard'));
    for (const headersFile of ['_headers', 'rules.txt', 'hard']) {
      await publish(s3, bucket, root, await site({ headersFile }));
      expect(Object.keys(s3.server.texts(bucket))).toEqual(['p/sub/_headers']);
    }
    const run = await publish(s3, bucket, root);
    expect(run.messages).toEqual([expect.stringContaining('headers-file would apply its rules')]);
    expect(Object.keys(s3.server.texts(bucket))).toHaveLength(5);
  });

  test.each(['_headers', '_redirects', 'r.json', 'plan.jsonl'])(
    'an object of the time when %s was a file like any other is deleted, as a dry run says',
    async (name) => {
      await writeTree({ 'a.html': 'a', old: 'o', [name]: '# none\n' }, root);
      await publish(s3, bucket, root);
      const unpublished = new Set([join(root, name)]);
      const changes = { deletes: { deleteAfter: true }, site: { unpublished } };
      await rm(join(root, 'old'));
      for (const [dryRun, left] of [
        [true, ['p/a.html', `p/${name}`, 'p/old']],
        [false, ['p/a.html']],
      ] as const) {
        const run = await publish(s3, bucket, root, { ...changes, dryRun });
        expect(run).toMatchObject({ exit: 0, report: { totals: { deleted: { files: 2 } } } });
        expect(Object.keys(s3.server.texts(bucket)).sort()).toEqual([...left].sort());
      }
      expect(await readFile(join(root, name), 'utf8')).toBe('# none\n');
    },
  );

  test.each([true, false])(
    'so is one of an index and its journal, which the run itself makes: %s',
    async (isMade) => {
      await writeTree({ 'a.html': 'a', i: '', 'i.journal': '' }, root);
      await publish(s3, bucket, root);
      if (isMade) for (const name of ['i', 'i.journal']) await rm(join(root, name));
      // It is staged, and so journalled before the deletes.
      await writeTree({ 'b.html': 'b' }, root);
      const unpublished = new Set(['i', 'i.journal'].map((name) => join(root, name)));
      const index = fileIndexStorage(join(root, 'i'));
      const changes = { index, delayUpdates: true, deletes: { deleteAfter: true }, site: { unpublished } };
      expect((await publish(s3, bucket, root, changes)).exit).toBe(0);
      expect(Object.keys(s3.server.texts(bucket))).toEqual(['p/a.html', 'p/b.html']);
      expect(await readFile(join(root, 'i'), 'utf8')).toMatch(/^s3-dedup-sync-index/);
    },
  );

  test('a file of rules in the tree can set no ACL, tags, storage class or redirect', async () => {
    for (const header of ['x-amz-acl: public-read', 'x-amz-website-redirect-location: /evil']) {
      await writeTree({ _headers: `/*\n  ${header}\n` }, root);
      await expect(site({ headersFile: '_headers' })).rejects.toMatchObject({
        exit: 2,
        message: expect.stringMatching(
          /^headers-file _headers: line 2: x-amz-\S+ may be set by the input headers alone/,
        ),
      });
    }
    await expect(site({ headersFile: 'absent' })).rejects.toMatchObject({
      exit: 2,
      message: expect.stringContaining('headers-file: absent cannot be read'),
    });
  });

  test('values of several rules that contradict one another are published, and said with their lines', async () => {
    await writeTree({ 'assets/a.js': 'a' }, root);
    const rules =
      '/*\n  Cache-Control: no-cache\n/assets/*\n  Cache-Control: public, max-age=31536000, immutable\n';
    for (const dryRun of [true, false]) {
      const run = await publish(s3, bucket, root, { dryRun, ...(await site({ headers: rules })) });
      expect(run.messages).toEqual([
        expect.stringMatching(/lines 2 and 4 of headers .*assets\/a\.js.*contradicts itself/),
      ]);
    }
    await writeTree({ '.rules': '\n/*\n  Cache-Control: private\n' }, root);
    const both = await publish(s3, bucket, root, await site({ headersFile: '.rules', headers: rules }));
    expect(both.messages.filter((message) => /contradicts itself/.test(message))).toEqual([
      expect.stringContaining(
        'the rules of line 3 of headers-file and lines 2 and 4 of headers together give',
      ),
    ]);
    await publish(s3, bucket, root, await site({ headers: rules }));
    expect(headersOf('p/assets/a.js')['cache-control']).toBe('no-cache, public, max-age=31536000, immutable');
  });
});

test('every kind of write carries encryption, class, ACL, owner and payer alike, and what a rule says before them', async () => {
  const kms = { sse: 'aws:kms', kmsKeyId: 'arn:aws:kms:us-east-1:123456789012:key/k' };
  s3.server.createBucket('owned', { allowsAcls: true });
  const index = memoryIndex();
  const options: Changes = {
    index,
    writeHeaders: { ...kms, storageClass: 'STANDARD_IA', acl: 'bucket-owner-full-control' },
    connection: { expectedBucketOwner: '123456789012', requesterPays: true },
    overwrite: 'always',
  };
  const rules = '/ruled*\n x-amz-storage-class: ONEZONE_IA\n x-amz-acl: public-read';
  await writeTree({ a: 'one', 'big.bin': noise(9 * 1024 * 1024), ruled: 'two' }, root);
  await publish(s3, 'owned', root, { ...options, ...(await site({ headers: rules })) });
  // Copies, part copies, a renewal of each, and everything staged.
  await writeTree({ copy: 'one', 'ruled-copy': 'two' }, root);
  await publish(s3, 'owned', root, { ...options, ...(await site({ headers: rules })) });
  await writeTree({ 'staged-copy': 'one', staged: 'three', 'ruled-staged': 'four' }, root);
  await publish(s3, 'owned', root, { ...options, delayUpdates: true, ...(await site({ headers: rules })) });
  const renewed = await site({ headers: `${rules}\n/*\n Cache-Control: no-cache` });
  const last = await publish(s3, 'owned', root, { ...options, ...renewed });
  expect(last.report.totals.refreshed.files).toBe(8);
  const writes = s3.server.log.of('PutObject', 'CopyObject', 'CreateMultipartUpload');
  expect(new Set(writes.map(({ operation }) => operation)).size).toBe(3);
  for (const { key, headers } of writes) {
    const isRuled = key.startsWith('p/ruled');
    expect({ key, headers }).toMatchObject({
      headers: {
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': kms.kmsKeyId,
        'x-amz-storage-class': isRuled ? 'ONEZONE_IA' : 'STANDARD_IA',
        'x-amz-acl': isRuled ? 'public-read' : 'bucket-owner-full-control',
      },
    });
  }
  for (const { headers } of s3.server.log.entries) {
    expect(headers).toMatchObject({
      'x-amz-expected-bucket-owner': '123456789012',
      'x-amz-request-payer': 'requester',
    });
  }
});

test('tags where there are none are refused before anything is written', async () => {
  await writeTree({ a: 'one' }, root);
  const rules = await site({ headers: '/*\n x-amz-tagging: a=b' });
  const run = await publish(s3, bucket, root, { canTag: false, ...rules });
  expect(run).toMatchObject({
    exit: 2,
    report: { error: { message: expect.stringContaining('headers: line 2') } },
  });
  expect(s3.server.texts(bucket)).toEqual({});
});

test('more metadata or headers than S3 takes, of several rules or by a long name, are refused before anything is written', async () => {
  const long = 'ü'.repeat(100);
  await writeTree({ 'a.txt': 'a', [`${long}/b.txt`]: 'b' }, root);
  const rule = (name: string): string => `/*\n  x-amz-meta-${name}: ${'v'.repeat(900)}\n`;
  const joined = await publish(s3, bucket, root, await site({ headers: rule('a') + rule('b') }));
  const named = await publish(
    s3,
    bucket,
    root,
    await site({ headers: '/*\n  x-amz-meta-p: :splat :splat :splat' }),
  );
  const cached = `/*\n  Cache-Control: ${'v'.repeat(2200)}\n`;
  const headers = await publish(s3, bucket, root, await site({ headers: cached + cached }));
  for (const run of [joined, named, headers]) expect(run).toMatchObject({ exit: 2, report: { steps: [] } });
  expect(headers.report.error?.message).toMatch(/the rules give a\.txt 44\d\d bytes of headers/);
  expect(joined.report.error?.message).toContain('the rules give a.txt 1802 bytes');
  expect(named.report.error?.message).toContain(`the rules give ${long}/b.txt`);
  expect(s3.server.objects(bucket)).toEqual([]);
});

describe('headers-defaults: website', () => {
  const VITE = JSON.stringify({
    'index.html': { file: 'assets/index-DiwrgTda.js', src: 'index.html', css: ['assets/index-n_ryQ3BS.css'] },
    'src/plain-module.ts': { file: 'assets/plain-module.js', src: 'src/plain-module.ts' },
    '_hero-B6gkKPBk.js': {
      file: 'assets/hero-B6gkKPBk.js',
      name: 'hero',
      assets: ['assets/hero-CLDdwZDr.png'],
    },
    'gone.ts': { file: 'assets/gone-AbCdEf12.js', src: 'gone.ts' },
  });
  const CRA = JSON.stringify({
    files: { 'main.js': '/static/js/main.4f3c2a1b.js', 'index.html': '/index.html' },
  });

  test('pages revalidate, manifested hashes stay a year, everything else an hour', async () => {
    const unlisted = 'assets/other-DiwrgTdb.js';
    await writeTree(
      {
        'index.html': 'home',
        '404.html': 'none',
        'assets/index-DiwrgTda.js': '1',
        'assets/index-n_ryQ3BS.css': '2',
        'assets/plain-module.js': '3',
        'assets/hero-B6gkKPBk.js': '7',
        'assets/hero-CLDdwZDr.png': '8',
        [unlisted]: '4',
        '.vite/manifest.json': VITE,
        'cra/asset-manifest.json': CRA,
        'cra/static/js/main.4f3c2a1b.js': '5',
        'cra/index.html': '6',
        'broken/manifest.json': '{',
        'manifest.json': JSON.stringify({ name: 'an app', icons: [] }),
        'robots.txt': 'all',
      },
      root,
    );
    const run = await publish(s3, bucket, root, await site({ defaults: 'website' }));
    expect(run.messages).toEqual([expect.stringContaining('broken/manifest.json vouches for no names')]);
    const page = 'public, max-age=0, must-revalidate';
    const immutable = 'public, max-age=31536000, immutable';
    const found = Object.fromEntries(
      s3.server.objects(bucket).map(({ key, headers }) => [key.slice(2), headers['cache-control']]),
    );
    expect(found).toEqual({
      ...Object.fromEntries(Object.keys(found).map((name) => [name, 'public, max-age=3600'])),
      'index.html': page,
      '404.html': page,
      'cra/index.html': page,
      'assets/index-DiwrgTda.js': immutable,
      'assets/index-n_ryQ3BS.css': immutable,
      'assets/hero-B6gkKPBk.js': immutable,
      'assets/hero-CLDdwZDr.png': immutable,
      'cra/static/js/main.4f3c2a1b.js': immutable,
    });
    expect(found[unlisted]).toBe('public, max-age=3600');
    expect(found['assets/plain-module.js']).toBe('public, max-age=3600');
  });

  test('a rule takes the place of a default, and is not joined with it', async () => {
    await writeTree({ 'a.html': 'a', 'b.js': 'b', 'c.txt': 'c' }, root);
    const headers = '/*.js\n Cache-Control: public, max-age=31536000, immutable\n/c.txt\n ! Cache-Control';
    await publish(s3, bucket, root, await site({ headers, defaults: 'website' }));
    expect(headersOf('p/b.js')['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(headersOf('p/c.txt')).not.toHaveProperty('cache-control');
    expect(headersOf('p/a.html')['cache-control']).toBe('public, max-age=0, must-revalidate');
  });
});

describe('refresh-headers', () => {
  test('what nobody remembers is asked for, repaired where it differs, and remembered', async () => {
    await writeTree({ 'a.txt': 'one', 'b.txt': 'two', 'c.txt': 'three' }, root);
    const rules = '/*\n Cache-Control: no-cache\n x-amz-meta-team: web';
    await publish(s3, bucket, root, await site({ headers: rules }));
    s3.server.putObject(bucket, 'p/b.txt', 'two', {
      headers: { ...headersOf('p/b.txt'), 'cache-control': 'public' },
    });
    s3.server.putObject(bucket, 'p/c.txt', 'three', {
      headers: { ...headersOf('p/c.txt'), 'content-language': 'fr' },
    });
    const index = memoryIndex();
    const left = await publish(s3, bucket, root, { index, ...(await site({ headers: rules })) });
    expect(left).toMatchObject({ exit: 0, report: { headersUnknown: { files: 3 }, steps: [] } });
    expect(left.messages).toEqual([
      expect.stringMatching(/headers of 3 objects .* one run with refresh-headers compares/),
    ]);
    const asked = { index, ...(await site({ headers: rules, refresh: true })) };
    s3.server.log.clear();
    const dry = await publish(s3, bucket, root, { ...asked, dryRun: true });
    expect(dry.report.steps).toMatchObject([
      { key: 'p/b.txt', headers: [{ name: 'cache-control', from: 'public', to: 'no-cache' }] },
      { key: 'p/c.txt', headers: [{ name: 'content-language', from: 'fr' }] },
    ]);
    expect(s3.server.log.counts.HeadObject).toBe(3);
    const run = await publish(s3, bucket, root, asked);
    expect(stepsOf(run)).toEqual(['refresh p/b.txt done', 'refresh p/c.txt done']);
    expect(run.report).toMatchObject({ sentBytes: 0, headersUnknown: { files: 0 } });
    expect(headersOf('p/b.txt')['cache-control']).toBe('no-cache');
    expect(headersOf('p/c.txt')).not.toHaveProperty('content-language');
    s3.server.log.clear();
    expect(stepsOf(await publish(s3, bucket, root, asked))).toEqual([]);
    expect(s3.server.log.counts.HeadObject).toBeUndefined();
  });

  test('a HEAD that is denied leaves them unknown, with one line', async () => {
    await writeTree({ a: 'one', b: 'two' }, root);
    await publish(s3, bucket, root);
    s3.server.faults.add({
      match: { operation: 'HeadObject' },
      fault: { kind: 'error', code: 'AccessDenied' },
      times: Number.POSITIVE_INFINITY,
    });
    const run = await publish(
      s3,
      bucket,
      root,
      await site({ refresh: true, headers: '/*\n Cache-Control: x' }),
    );
    expect(run).toMatchObject({ exit: 0, report: { headersUnknown: { files: 2 }, steps: [] } });
    expect(run.messages.filter((message) => /left as they are/.test(message))).toHaveLength(1);
  });

  test('a preview names the headers that would change', async () => {
    const index = memoryIndex();
    await writeTree({ 'a.css': 'one' }, root);
    await publish(s3, bucket, root, { index, ...(await site({ headers: '/*\n Cache-Control: no-cache' })) });
    s3.server.log.clear();
    const run = await publish(s3, bucket, root, {
      index,
      dryRun: true,
      ...(await site({ headers: '/*\n Cache-Control: public' })),
    });
    expect(run.report.steps).toMatchObject([
      {
        key: 'p/a.css',
        action: 'refresh',
        outcome: 'planned',
        headers: [{ name: 'cache-control', from: 'no-cache', to: 'public' }],
      },
    ]);
    expect(s3.server.log.counts).toEqual({ ListObjectsV2: 1, HeadObject: 1, GetBucketOwnershipControls: 1 });
  });
});

test("one restore of the runner's cache that fails costs one run: the next one knows all headers again", async () => {
  let cached: Buffer | undefined;
  let failures = 0;
  const service: CacheService = {
    isFeatureAvailable: () => true,
    restoreCache: async () => {
      if (failures-- > 0) {
        process.stdout.write('::warning::Failed to restore: Rate limited%0Aas told\n');
        return undefined;
      }
      if (cached === undefined) return undefined;
      await writeFile(join(env.GITHUB_WORKSPACE ?? '', 's3-dedup-sync.index'), cached);
      return 'key';
    },
    saveCache: async ([path = '']) => {
      cached = await readFile(path);
      return 1;
    },
  };
  const temporary = await temporaryDirectory();
  const env: NodeJS.ProcessEnv = { RUNNER_TEMP: temporary };
  const run = async (value: string): Promise<Published> => {
    const emit = (): void => undefined;
    const index = runnerCache({ env, emit, saveState: emit, loadService: async () => service })('name');
    return publish(s3, bucket, root, { index, ...(await site({ headers: `/*\n Cache-Control: ${value}` })) });
  };
  try {
    await writeTree({ a: 'one', b: 'two', c: 'three' }, root);
    expect((await run('no-cache')).messages).toEqual([]);

    await writeTree({ c: 'changed' }, root);
    failures = 1;
    const blind = await run('no-cache');
    expect(stepsOf(blind)).toEqual(['upload p/c done']);
    expect(blind.messages).toEqual([
      "the index of earlier runs is ignored: the runner's cache: it could not be restored (Rate limited as told)",
      expect.stringMatching(
        /^the headers of 2 objects are not known, as the index of earlier runs could not be read, and left as they are: /,
      ),
    ]);

    const next = await run('public');
    expect(stepsOf(next)).toEqual(['refresh p/a done', 'refresh p/b done', 'refresh p/c done']);

    // Whatever is not restored even then stays the newest.
    const kept = cached;
    await writeTree({ c: 'changed again' }, root);
    failures = 2;
    expect((await run('public')).messages.at(-1)).toBe(
      "the index could not be written (the runner's cache: the last one could not be restored (Rate limited as told), and none takes its place unread): the next run will take longer, nothing else is lost",
    );
    expect(cached).toBe(kept);
  } finally {
    await removeTree(temporary);
  }
});

describe('C13: objects of the same bytes that somebody wrote again', () => {
  const HEADERS = '/*\n Cache-Control: no-cache';

  /** Another tool writes the same bytes with headers of its own, so much later than the object is dated. */
  function overwrite(key: string, afterMs: number): void {
    const object = s3.server.object(bucket, key);
    s3.server.putObject(bucket, key, object?.content.text() ?? '', {
      headers: { 'cache-control': 'public' },
      lastModified: new Date((object?.lastModified.getTime() ?? 0) + afterMs),
    });
  }

  test('their headers are unknown: counted and left, repaired by refresh-headers, then remembered', async () => {
    const index = memoryIndex();
    await writeTree({ 'a.txt': 'one', 'b.txt': 'two' }, root);
    await publish(s3, bucket, root, { index, ...(await site({ headers: HEADERS })) });
    overwrite('p/a.txt', 1);
    for (const changes of [{ index, command: 'check' }, { index }, { index }] satisfies Changes[]) {
      const run = await publish(s3, bucket, root, { ...changes, ...(await site({ headers: HEADERS })) });
      expect(run).toMatchObject({ exit: 0, report: { headersUnknown: { files: 1 }, steps: [] } });
    }
    const repair = { index, ...(await site({ headers: HEADERS, refresh: true })) };
    expect(stepsOf(await publish(s3, bucket, root, repair))).toEqual(['refresh p/a.txt done']);
    expect(headersOf('p/a.txt')['cache-control']).toBe('no-cache');
    s3.server.log.clear();
    const last = await publish(s3, bucket, root, repair);
    expect(last.report).toMatchObject({ headersUnknown: { files: 0 }, steps: [] });
    expect(s3.server.log.counts).toEqual({ ListObjectsV2: 1 });
  });

  test('with lock, where no listing dates what was written, so they are where another tool writes it seconds later', async () => {
    const index = memoryIndex();
    await writeTree({ 'a.txt': 'one', 'b.txt': 'two' }, root);
    const options = { index, lock: true, ...(await site({ headers: HEADERS })) };
    await publish(s3, bucket, root, options);
    overwrite('p/a.txt', 8000);
    for (let run = 0; run < 2; run++)
      expect(await publish(s3, bucket, root, options)).toMatchObject({
        exit: 0,
        report: { headersUnknown: { files: 1 }, steps: [] },
      });
    const repair = { ...options, ...(await site({ headers: HEADERS, refresh: true })) };
    expect(stepsOf(await publish(s3, bucket, root, repair))).toEqual(['refresh p/a.txt done']);
    const { report } = await publish(s3, bucket, root, options);
    expect(report).toMatchObject({ headersUnknown: { files: 0 }, steps: [] });
  });

  test('what HEAD answered as it should be is remembered for the object as it is listed', async () => {
    const index = memoryIndex();
    await writeTree({ 'a.txt': 'one' }, root);
    await publish(s3, bucket, root, await site({ headers: HEADERS }));
    const asking = { index, ...(await site({ headers: HEADERS, refresh: true })) };
    await publish(s3, bucket, root, asking);
    expect((await publish(s3, bucket, root, asking)).report.requests).toEqual({ ListObjectsV2: 1 });
    overwrite('p/a.txt', -1000);
    expect(stepsOf(await publish(s3, bucket, root, asking))).toEqual(['refresh p/a.txt done']);
  });

  test('a changed rule renews them as it renews all others: a run that was killed left them so', async () => {
    const index = memoryIndex();
    await writeTree({ 'a.txt': 'one' }, root);
    await publish(s3, bucket, root, { index, ...(await site({ headers: HEADERS })) });
    overwrite('p/a.txt', 1);
    const changed = { index, ...(await site({ headers: '/*\n Cache-Control: private' })) };
    expect(stepsOf(await publish(s3, bucket, root, changed))).toEqual(['refresh p/a.txt done']);
  });

  test.each([
    ['within two seconds of our write the next listing dates it', 1_000, 0],
    ['a request may be dated by when it was begun', -600_000, 0],
    ['later than that it was written by somebody else', 8_000, 1],
    ['what is older than a request can be is a version before it', -3_600_000, 1],
  ])('no listing after the writes, as with a lock: %s', async (_, afterMs, files) => {
    const index = memoryIndex();
    await writeTree({ 'a.txt': 'one' }, root);
    const options = { index, ...(await site({ headers: HEADERS })) };
    await publish(s3, bucket, root, { ...options, lock: true });
    overwrite('p/a.txt', afterMs);
    s3.server.log.clear();
    const next = await publish(s3, bucket, root, options);
    expect(next).toMatchObject({ exit: 0, report: { headersUnknown: { files }, steps: [] } });
    expect(s3.server.log.counts).toEqual({ ListObjectsV2: 1 });
    overwrite('p/a.txt', 1);
    const last = await publish(s3, bucket, root, options);
    expect(last.report).toMatchObject({ headersUnknown: { files: 1 }, steps: [] });
  });
});

describe('C13: a run that was killed while it renewed, and rules that were taken back', () => {
  const OLD = '/*\n Cache-Control: max-age=60';
  const NEW = '/*\n Cache-Control: immutable';
  let gateway: EmbeddedTestServer;

  beforeAll(async () => {
    gateway = await embedded({ profile: 'versitygw' });
  });
  afterAll(() => gateway.stop());

  /** What a run that was killed when it had renewed everything leaves: its objects and its journal. */
  async function killed(
    server: EmbeddedTestServer,
    at: string,
    isJournalled: boolean,
  ): Promise<ReturnType<typeof memoryIndex>> {
    const index = memoryIndex();
    await writeTree({ 'a.txt': 'one', 'b.txt': 'two' }, root);
    await publish(server, at, root, { index, ...(await site({ headers: OLD })) });
    const { bytes } = index;
    let lines = '';
    const { append } = index.journal;
    index.journal.append = async (more, signal) => {
      lines += more;
      await append(more, signal);
    };
    const run = await publish(server, at, root, { index, ...(await site({ headers: NEW })) });
    expect(stepsOf(run)).toEqual(['refresh p/a.txt done', 'refresh p/b.txt done']);
    return Object.assign(index, { bytes, lines: isJournalled ? lines : '' });
  }

  function aboutHeaders({ messages }: { readonly messages: readonly string[] }): readonly string[] {
    return messages.filter((message) => /headers/.test(message));
  }

  function cacheControl(server: EmbeddedTestServer, at: string): readonly (string | undefined)[] {
    return [...server.server.objects(at)].map(({ headers }) => headers['cache-control']);
  }

  test('its journal names what it renewed: that is asked for and repaired, and nothing else', async () => {
    for (const server of [gateway, s3]) {
      const at = await server.bucket();
      const index = await killed(server, at, true);
      server.server.putObject(at, 'p/c.txt', 'three', { headers: { 'cache-control': 'public' } });
      await writeTree({ 'c.txt': 'three' }, root);
      const options = { index, ...(await site({ headers: OLD })) };
      for (const command of ['check', 'sync'] as const) {
        const back = await publish(server, at, root, { ...options, command });
        expect(stepsOf(back)).toEqual(
          ['a', 'b'].map((name) => `refresh p/${name}.txt ${command === 'check' ? 'planned' : 'done'}`),
        );
        expect(back.report.headersUnknown).toMatchObject({ files: 1 });
        expect(aboutHeaders(back)).toEqual([expect.stringMatching(/^the headers of 1 object are not known/)]);
      }
      expect(cacheControl(server, at)).toEqual(['max-age=60', 'max-age=60', 'public']);
      const last = await publish(server, at, root, options);
      expect(last.report).toMatchObject({ steps: [], requests: { ListObjectsV2: 1 } });
      expect(last.report.requests).not.toHaveProperty('HeadObject');
      await rm(join(root, 'c.txt'));
    }
  });

  test('its journal names it, and HEAD is denied: told once, and asked for again', async () => {
    const at = await gateway.bucket();
    const index = await killed(gateway, at, true);
    const options = { index, ...(await site({ headers: OLD })) };
    gateway.server.faults.add({
      match: { operation: 'HeadObject' },
      fault: { kind: 'error', code: 'AccessDenied' },
      times: Number.POSITIVE_INFINITY,
    });
    const denied = await publish(gateway, at, root, options);
    expect(denied.report).toMatchObject({ headersUnknown: { files: 2 }, steps: [] });
    expect(aboutHeaders(denied)).toEqual([expect.stringMatching(/s3:GetObject lets them be compared$/)]);
    gateway.server.faults.clear();
    expect((await publish(gateway, at, root, options)).report.totals.refreshed.files).toBe(2);
  });

  test('where a copy onto itself is not dated anew and its journal is lost: repaired by refresh-headers', async () => {
    const at = await gateway.bucket();
    const index = await killed(gateway, at, false);
    const back = await publish(gateway, at, root, { index, ...(await site({ headers: OLD })) });
    expect(back).toMatchObject({ exit: 0, report: { steps: [] } });
    expect(aboutHeaders(back)).toEqual([]);
    const asking = { index, ...(await site({ headers: OLD, refresh: true })) };
    const repair = await publish(gateway, at, root, asking);
    expect(stepsOf(repair)).toEqual(['refresh p/a.txt done', 'refresh p/b.txt done']);
    expect(cacheControl(gateway, at)).toEqual(['max-age=60', 'max-age=60']);
    const last = await publish(gateway, at, root, { index, ...(await site({ headers: OLD })) });
    expect(last.report).toMatchObject({ headersUnknown: { files: 0 }, steps: [] });
  });

  test.each([
    ['tags', '\n x-amz-tagging: team=web', {}],
    ['encryption', '', { sse: 'AES256' }],
    ['encryption by a key', '', { sse: 'aws:kms', kmsKeyId: 'k' }],
  ] as const)(
    '%s: HEAD tells nothing of it, and it is not written in every run that asks',
    async (_, rule, writeHeaders) => {
      const at = await gateway.bucket();
      await writeTree({ 'a.txt': 'one' }, root);
      const headers = OLD + rule;
      const asking = { index: memoryIndex(), writeHeaders, ...(await site({ headers, refresh: true })) };
      await publish(gateway, at, root, asking);
      const again = await publish(gateway, at, root, asking);
      expect(again.report).toMatchObject({ steps: [], requests: { HeadObject: 1 } });
    },
  );

  test('its own rules again: it goes on, and the journal names no key twice', async () => {
    const at = await gateway.bucket();
    const index = await killed(gateway, at, true);
    index.lines = formatRenewing(['p/a.txt']);
    const appended: string[] = [];
    index.journal.append = async (lines) => void appended.push(lines);
    const again = await publish(gateway, at, root, { index, ...(await site({ headers: NEW })) });
    expect(stepsOf(again)).toEqual(['refresh p/a.txt done', 'refresh p/b.txt done']);
    expect(appended).toEqual([formatRenewing(['p/b.txt'])]);
    expect(index.lines).toBe('');
    const last = await publish(gateway, at, root, { index, ...(await site({ headers: NEW })) });
    expect(last.report).toMatchObject({ headersUnknown: { files: 0 }, steps: [] });
  });

  test('a renewal that failed may have been made: the index does not say that it was not', async () => {
    const index = memoryIndex();
    await writeTree({ 'a.txt': 'one' }, root);
    await publish(s3, bucket, root, { index, ...(await site({ headers: OLD })) });
    s3.server.faults.add({
      match: { operation: 'CopyObject' },
      times: 1,
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    const failed = await publish(s3, bucket, root, { index, ...(await site({ headers: NEW })) });
    expect(stepsOf(failed)).toEqual(['refresh p/a.txt failed']);
    const back = { index, ...(await site({ headers: OLD })) };
    expect((await publish(s3, bucket, root, back)).report).toMatchObject({
      steps: [],
      headersUnknown: { files: 0 },
      requests: { HeadObject: 1 },
    });
    expect((await publish(s3, bucket, root, back)).report.requests).toEqual({ ListObjectsV2: 1 });
    const on = await publish(s3, bucket, root, { index, ...(await site({ headers: NEW })) });
    expect(stepsOf(on)).toEqual(['refresh p/a.txt done']);
  });
});

describe('C13: a run that was killed while it wrote', () => {
  const rule = (age: number): string => `/*\n Cache-Control: max-age=${age}`;
  const T = Date.parse('2026-01-01T00:00:00Z');

  /** What a run leaves that was killed when its last file was to be written. */
  async function killed(at = bucket): Promise<ReturnType<typeof memoryIndex>> {
    const index = memoryIndex();
    await writeTree({ 'a.txt': 'one', 'b.txt': 'one', 'c.txt': 'two' }, root);
    let journal = '';
    const remove = s3.server.before({ operation: 'PutObject' }, () => {
      journal = journal === '' ? index.lines : journal;
    });
    await publish(s3, at, root, { index, now: () => T, ...(await site({ headers: rule(1) })) });
    remove();
    // S3's clock tells whole seconds, and the earlier one counts.
    const { writing } = emptyIndex(Buffer.from(journal));
    expect(T - writing!).toBeLessThan(1_000);
    expect(journal).toBe(formatWriting(writing!));
    await writeTree({ 'index.html': 'last' }, root);
    return Object.assign(index, { bytes: undefined, lines: journal });
  }

  function cacheControl(at = bucket): readonly (string | undefined)[] {
    return [...s3.server.objects(at)].map(({ headers }) => headers['cache-control']);
  }

  test('its own rules again, then other ones: what it wrote is asked for once, remembered, and renewed', async () => {
    const index = await killed();
    const again = { index, ...(await site({ headers: rule(1) })) };
    const second = await publish(s3, bucket, root, again);
    expect(stepsOf(second)).toEqual(['upload p/index.html done']);
    expect(second.report).toMatchObject({ headersUnknown: { files: 0 }, requests: { HeadObject: 3 } });
    expect((await publish(s3, bucket, root, again)).report.requests).toEqual({ ListObjectsV2: 1 });
    const without = { index, ...(await site({})) };
    expect((await publish(s3, bucket, root, without)).report.totals.refreshed.files).toBe(4);
    expect(cacheControl()).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('no rules any more: what it wrote is renewed, what is older is left alone', async () => {
    const index = await killed();
    s3.server.putObject(bucket, 'p/old.txt', 'old', {
      headers: { 'cache-control': 'public' },
      lastModified: new Date(T - 3_600_000),
    });
    await writeTree({ 'old.txt': 'old' }, root);
    const options = { index, ...(await site({})) };
    const check = await publish(s3, bucket, root, { ...options, command: 'check' });
    expect(check.report.steps.filter(({ action }) => action === 'refresh')).toHaveLength(3);
    const next = await publish(s3, bucket, root, options);
    expect(next.report).toMatchObject({
      headersUnknown: { files: 1 },
      totals: { uploaded: { files: 1 }, refreshed: { files: 3 } },
      requests: { HeadObject: 3 },
    });
    expect(cacheControl()).toEqual([undefined, undefined, undefined, undefined, 'public']);
    expect((await publish(s3, bucket, root, options)).report.requests).toEqual({ ListObjectsV2: 1 });
  });

  test('HEAD is denied: one line says so, and the next run asks again', async () => {
    const index = await killed();
    s3.server.faults.add({
      match: { operation: 'HeadObject' },
      fault: { kind: 'error', code: 'AccessDenied' },
      times: Number.POSITIVE_INFINITY,
    });
    const options = { index, ...(await site({ headers: rule(2) })) };
    const denied = await publish(s3, bucket, root, options);
    expect(stepsOf(denied)).toEqual(['upload p/index.html done']);
    expect(denied.messages.filter((message) => /headers/.test(message))).toEqual([
      expect.stringMatching(
        /the headers of objects that a run which was interrupted may have written are left as they are; s3:GetObject lets them be compared$/,
      ),
    ]);
    s3.server.faults.clear();
    expect((await publish(s3, bucket, root, options)).report.totals.refreshed.files).toBe(3);
    expect(new Set(cacheControl())).toEqual(new Set(['max-age=2']));
  });

  test('renewing it fails: the next run asks again, however long after', async () => {
    const index = await killed();
    s3.server.faults.add({
      match: { operation: 'CopyObject' },
      fault: { kind: 'error', code: 'AccessDenied' },
      times: Number.POSITIVE_INFINITY,
    });
    const later = { index, now: () => Date.now() + 3_600_000 };
    const failed = await publish(s3, bucket, root, { ...later, ...(await site({ headers: rule(2) })) });
    expect(failed.exit).toBe(1);
    s3.server.faults.clear();
    await publish(s3, bucket, root, { ...later, ...(await site({})) });
    expect(cacheControl()).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('a write that failed may have been made all the same: that is asked for too', async () => {
    const index = memoryIndex();
    await writeTree({ 'a.txt': 'one' }, root);
    s3.server.faults.add({
      match: { operation: 'PutObject' },
      times: 1,
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    const failed = await publish(s3, bucket, root, { index, ...(await site({ headers: rule(1) })) });
    expect(stepsOf(failed)).toEqual(['upload p/a.txt failed']);
    s3.server.putObject(bucket, 'p/a.txt', 'one', { headers: { 'cache-control': 'max-age=1' } });
    const next = await publish(s3, bucket, root, { index, ...(await site({})) });
    expect(stepsOf(next)).toEqual(['refresh p/a.txt done']);
  });
});

describe('an archived storage class: nothing is copied from what this run writes', () => {
  test.each([
    ['of every write', { writeHeaders: { storageClass: 'GLACIER' } }, ['a.bin', 'b.bin', 'c.bin'], []],
    [
      'of every write, staged',
      { writeHeaders: { storageClass: 'DEEP_ARCHIVE' }, delayUpdates: true },
      ['a.bin', 'b.bin', 'c.bin'],
      [],
    ],
    [
      'by a rule for one name',
      { rule: '/a.bin\n x-amz-storage-class: GLACIER' },
      ['a.bin', 'b.bin'],
      ['c.bin <- p/b.bin'],
    ],
  ] as [string, Changes & { rule?: string }, string[], string[]][])(
    '%s: planned as uploads, and nothing falls back',
    async (_, { rule, ...changes }, uploads, copies) => {
      await writeTree({ 'a.bin': 'same', 'b.bin': 'same', 'c.bin': 'same' }, root);
      const options = { ...changes, ...(rule === undefined ? {} : await site({ headers: rule })) };
      for (const dryRun of [true, false]) {
        const run = await publish(s3, bucket, root, { ...options, dryRun });
        expect(run).toMatchObject({ exit: 0, messages: [] });
        const outcome = dryRun ? 'planned' : 'done';
        expect([...stepsOf(run)].sort()).toEqual([
          ...copies.map((copy) => `copy p/${copy} ${outcome}`),
          ...uploads.map((name) => `upload p/${name} ${outcome}`),
        ]);
      }
    },
  );

  test('nor from what it moves there', async () => {
    const index = memoryIndex();
    await writeTree({ 'a.bin': 'same' }, root);
    await publish(s3, bucket, root, { index });
    await writeTree({ 'z.bin': 'same' }, root);
    const run = await publish(s3, bucket, root, {
      index,
      ...(await site({ headers: '/a.bin\n x-amz-storage-class: GLACIER' })),
    });
    expect(run.exit).toBe(0);
    expect([...stepsOf(run)].sort()).toEqual(['refresh p/a.bin done', 'upload p/z.bin done']);
  });
});

describe('what a run cannot do is said as it is', () => {
  test('encryption in a rule points to the inputs that set it', async () => {
    await writeTree({ a: 'a' }, root);
    const rules = '/*\n  x-amz-server-side-encryption: AES256\n  X-Frame-Options: DENY\n';
    const { messages } = await publish(s3, bucket, root, await site({ headers: rules }));
    expect(messages).toEqual([
      "headers: S3 cannot store X-Frame-Options (line 3) with an object: set them where the site is served; on CloudFront, in a response headers policy that the distribution's behaviour names",
      'headers: x-amz-server-side-encryption (line 2): the inputs sse and kms-key-id say how objects are encrypted, rules do not',
    ]);
  });

  test('headers that archived objects cannot take are one warning with their number', async () => {
    const index = memoryIndex();
    await writeTree({ a: 'a', b: 'b', c: 'c' }, root);
    const writeHeaders = { storageClass: 'GLACIER' };
    await publish(s3, bucket, root, { index, writeHeaders });
    const rules = await site({ headers: '/*\n Cache-Control: no-cache' });
    const run = await publish(s3, bucket, root, { index, writeHeaders, ...rules });
    expect(run).toMatchObject({
      exit: 0,
      report: { totals: { unchanged: { files: 3 }, kept: { files: 0 } } },
    });
    expect(run.messages.filter((message) => /old headers/.test(message))).toEqual([
      'p/a and 2 more keep the old headers: what is archived or above 5 GiB cannot be copied onto itself; restore it, or delete it and publish again',
    ]);
  });

  test('an ACL that may not be asked for is not said to be there', async () => {
    const index = memoryIndex();
    bucket = `acls-${bucket}`;
    s3.server.createBucket(bucket, { allowsAcls: true });
    await writeTree({ a: 'a' }, root);
    await publish(s3, bucket, root, { index });
    s3.server.faults.add({
      match: { operation: 'GetObjectAcl' },
      fault: { kind: 'error', code: 'AccessDenied' },
      times: Number.POSITIVE_INFINITY,
    });
    const rules = await site({ headers: '/*\n Cache-Control: no-cache' });
    const run = await publish(s3, bucket, root, { index, ...rules });
    expect(run.report.steps).toMatchObject([{ key: 'p/a', action: 'keep', reason: 'acl-unknown' }]);
    expect(run.messages.filter((message) => /old headers/.test(message))).toEqual([
      expect.stringMatching(
        /^p\/a keeps its old headers: whether renewing them would drop an ACL is not known \(/,
      ),
    ]);
  });

  test('a HEAD that is denied in a preview is told as a 403', async () => {
    const index = memoryIndex();
    await writeTree({ a: 'a' }, root);
    await publish(s3, bucket, root, { index });
    s3.server.faults.add({
      match: { operation: 'HeadObject' },
      fault: { kind: 'error', code: 'AccessDenied' },
      times: Number.POSITIVE_INFINITY,
    });
    const rules = await site({ headers: '/*\n Cache-Control: no-cache' });
    const { messages } = await publish(s3, bucket, root, { index, dryRun: true, ...rules });
    expect(messages.join('\n')).toContain('HeadObject was denied (AccessDenied: HTTP 403)');
    expect(messages.join('\n')).not.toContain('Unknown');
  });

  test.each([
    ['123456789012', /; or the bucket is not owned by 123456789012, which expected-bucket-owner says$/],
    [
      undefined,
      /allow s3:ListBucket in the policy of the identity, and of the bucket where another account has it, or set requester-pays where whoever asks for it has to pay$/,
    ],
  ])('a listing that is denied, with expected-bucket-owner %s', async (expectedBucketOwner, told) => {
    await writeTree({ a: 'a' }, root);
    s3.server.faults.add({
      match: { operation: 'ListObjectsV2' },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    const connection = expectedBucketOwner === undefined ? {} : { expectedBucketOwner };
    const run = await publish(s3, bucket, root, { connection });
    expect(run.report.error?.message).toMatch(told);
  });
});

describe('clean-urls', () => {
  test('pages are published under both names, for no byte more, with the type of a page and its rules', async () => {
    await writeTree(
      {
        'index.html': 'home',
        'about.html': 'about',
        'docs/a.html': 'a',
        'docs/index.html': 'docs',
        'x.js': 'x',
      },
      root,
    );
    const rules = '/about.html\n Cache-Control: no-cache\n/docs/a\n Cache-Control: public';
    const options = await site({ cleanUrls: true, headers: rules });
    const run = await publish(s3, bucket, root, { ...options, deletes: { deleteAfter: true } });
    expect(run.exit).toBe(0);
    expect(s3.server.texts(bucket)).toEqual({
      'p/about': 'about',
      'p/about.html': 'about',
      'p/docs/a': 'a',
      'p/docs/a.html': 'a',
      'p/docs/index.html': 'docs',
      'p/index.html': 'home',
      'p/x.js': 'x',
    });
    expect(run.report.totals).toMatchObject({ uploaded: { files: 5 }, copied: { files: 2 } });
    expect(run.report.sentBytes).toBe('homeaboutadocsx'.length);
    expect(headersOf('p/about')).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
    });
    expect(headersOf('p/docs/a')['cache-control']).toBe('public');
    // After what they name, as all pages.
    const ranks = Object.fromEntries(run.report.steps.map(({ key, rank }) => [key, run.report.ranks[rank]]));
    expect(ranks).toMatchObject({
      'p/about': 'new pages',
      'p/about.html': 'new pages',
      'p/x.js': 'new keys',
    });
    expect(stepsOf(await publish(s3, bucket, root, options))).toEqual([]);

    await rm(join(root, 'about.html'));
    await rename(join(root, 'docs/a.html'), join(root, 'docs/b.html'));
    const next = await publish(s3, bucket, root, { ...options, deletes: { deleteAfter: true } });
    expect(next.report.sentBytes).toBe(0);
    expect(Object.keys(s3.server.texts(bucket))).toEqual([
      'p/docs/b',
      'p/docs/b.html',
      'p/docs/index.html',
      'p/index.html',
      'p/x.js',
    ]);
  });

  test('a name that is there already is kept, one that is excluded stays so', async () => {
    await writeTree({ 'about.html': 'page', about: 'file', 'secret.html': 's' }, root);
    s3.server.putObject(bucket, 'p/secret', 'theirs');
    const run = await publish(s3, bucket, root, {
      tree: { excludes: ['secret'] },
      ...(await site({ cleanUrls: true })),
    });
    expect(s3.server.texts(bucket)).toMatchObject({ 'p/about': 'file', 'p/secret': 'theirs' });
    expect(run.messages).toEqual([expect.stringContaining('clean-urls: about is there already')]);
  });

  test.each<readonly [string, Changes['tree'], boolean]>([
    ['excluded', { excludes: ['about.html', 'docs/'] }, true],
    ['left alone', { symlinks: 'skip' }, true],
    ['excluded, with delete-excluded', { excludes: ['about.html', 'docs/'] }, false],
    ['left alone, with delete-excluded', { symlinks: 'skip' }, true],
  ])('D5: the further name of a page that is %s shares its protection', async (what, tree, stays) => {
    await writeTree({ 'about.html': 'page', 'docs/a.html': 'a', 'gone.html': 'g', 'x.html': 'x' }, root);
    const options = await site({ cleanUrls: true });
    await publish(s3, bucket, root, options);
    for (const name of ['about.html', 'docs', 'gone.html']) await rm(join(root, name), { recursive: true });
    if (what.startsWith('left'))
      for (const name of ['about.html', 'docs']) await symlink('../elsewhere', join(root, name));
    // A directory's own page has no further name.
    s3.server.putObject(bucket, 'p/index', 'old');
    const run = await publish(s3, bucket, root, {
      ...options,
      tree: { ...tree, excludes: [...(tree?.excludes ?? []), 'index.html'] },
      deletes: { deleteAfter: true, deleteExcluded: what.includes('delete-excluded') },
    });
    expect(run.exit).toBe(0);
    const kept = ['p/about', 'p/about.html', 'p/docs/a', 'p/docs/a.html'];
    const left = Object.keys(s3.server.texts(bucket));
    expect(left).toEqual([...(stays ? kept : []), 'p/x', 'p/x.html']);
  });

  test('the further name of a page that is retained stays with it', async () => {
    const gone = { 'old/a.html': 'a', 'old/index.html': 'i', 'gone.html': 'g' };
    await writeTree({ 'index.html': 'home', ...gone }, root);
    const options = await site({ cleanUrls: true });
    await publish(s3, bucket, root, options);
    for (const name of Object.keys(gone)) await rm(join(root, name));
    // A directory's own page has no further name.
    s3.server.putObject(bucket, 'p/old/index', 'theirs');
    const deletes = { deleteAfter: true, retain: ['/old/*.html'] };
    const run = await publish(s3, bucket, root, { ...options, deletes });
    expect(run).toMatchObject({ exit: 0, messages: [], report: { totals: { kept: { files: 3 } } } });
    const kept = ['p/index.html', 'p/old/a', 'p/old/a.html', 'p/old/index.html'];
    expect(Object.keys(s3.server.texts(bucket))).toEqual(kept);
    // A line with a slip refuses for the further name alone too.
    s3.server.deleteObject(bucket, 'p/old/a.html');
    s3.server.deleteObject(bucket, 'p/old/index.html');
    const slip = { deleteAfter: true, retain: ['./old/*.html'] };
    expect(await publish(s3, bucket, root, { ...options, deletes: slip })).toMatchObject({
      exit: 4,
      report: { error: { code: 'pattern-without-match', message: expect.stringContaining('p/old/a)') } },
    });
  });

  test('a further name that becomes a file of these bytes is renewed as one: a download would leave it out', async () => {
    const index = memoryIndex();
    await writeTree({ 'about.html': 'page', 'b.html': 'b' }, root);
    await publish(s3, bucket, root, { index, ...(await site({ cleanUrls: true })) });
    expect(headersOf('p/about')).toHaveProperty('x-amz-meta-s3ds-page');
    await writeTree({ about: 'page' }, root);
    const asFile = {
      index,
      deletes: { deleteAfter: true },
      ...(await site({ headers: '/about\n Content-Type: text/html; charset=utf-8' })),
    };
    const run = await publish(s3, bucket, root, asFile);
    expect(stepsOf(run)).toEqual(['refresh p/about done', 'delete p/b done']);
    expect(headersOf('p/about')).not.toHaveProperty('x-amz-meta-s3ds-page');
    expect(stepsOf(await publish(s3, bucket, root, asFile))).toEqual([]);
  });

  test('an index of an older version does not say which names are further ones: none of them is renewed for that', async () => {
    const index = memoryIndex();
    await writeTree({ 'about.html': 'page', 'docs/a.html': 'a' }, root);
    const options = { index, ...(await site({ cleanUrls: true })) };
    await publish(s3, bucket, root, options);
    const { index: known } = parseIndex(index.bytes!) as { readonly index: DigestIndex };
    const older = [...known.objects].map(([key, { headers = '', ...entry }]) => {
      return [key, { ...entry, headers: headers.replace(' page', '') }] as const;
    });
    expect(older.map(([, entry]) => entry)).not.toEqual([...known.objects.values()]);
    index.bytes = Buffer.from([...formatIndex({ ...known, objects: older })].join(''));
    expect(stepsOf(await publish(s3, bucket, root, options))).toEqual([]);
  });

  test('a name that the walk left alone is not replaced by a page', async () => {
    await writeTree({ 'about.html': 'page' }, root);
    await symlink('../elsewhere', join(root, 'about'));
    s3.server.putObject(bucket, 'p/about', 'theirs');
    const run = await publish(s3, bucket, root, {
      tree: { symlinks: 'skip' },
      ...(await site({ cleanUrls: true })),
    });
    expect(run.exit).toBe(0);
    expect(s3.server.texts(bucket)).toEqual({ 'p/about': 'theirs', 'p/about.html': 'page' });
    expect(run.messages).toEqual([
      expect.stringContaining('their keys are left alone'),
      expect.stringContaining('clean-urls: about is there already'),
    ]);
  });
});

describe('redirects-file', () => {
  test('rules count for a redirect under its own name, not under that of the page that it is published with', async () => {
    const headers = '/*.html\n  Cache-Control: max-age=1\n/get\n  Cache-Control: max-age=2\n';
    await writeTree(
      { 'new.html': 'n', _redirects: '/get /new.html\n/app.tar.gz /new.html\n/o.html /new.html\n' },
      root,
    );
    await publish(s3, bucket, root, await site({ headers, redirectsFile: '_redirects' }));
    const given = ['new.html', 'get', 'app.tar.gz', 'o.html'].map(
      (key) => headersOf(`p/${key}`)['cache-control'],
    );
    expect(given).toEqual(['max-age=1', 'max-age=2', undefined, 'max-age=1']);
  });

  test('exact paths become objects that redirect, with the pages, and a changed target is renewed without an index', async () => {
    await writeTree(
      { 'new.html': 'new', 'app.js': 'x', _redirects: '/old /new.html\n/dir/ /new.html 301\n' },
      root,
    );
    const run = await publish(s3, bucket, root, await site({ redirectsFile: '_redirects' }));
    expect(run.exit).toBe(0);
    expect(Object.keys(s3.server.texts(bucket))).toEqual([
      'p/app.js',
      'p/dir/index.html',
      'p/new.html',
      'p/old',
    ]);
    expect(headersOf('p/old')).toMatchObject({
      'x-amz-website-redirect-location': '/p/new.html',
      'content-type': 'text/html; charset=utf-8',
    });
    const order = run.report.steps.map(({ key }) => key);
    expect(order.indexOf('p/app.js')).toBeLessThan(order.indexOf('p/old'));
    expect(stepsOf(await publish(s3, bucket, root, await site({ redirectsFile: '_redirects' })))).toEqual([]);

    await writeTree({ _redirects: '/old https://example.com/\n' }, root);
    const next = await publish(s3, bucket, root, {
      deletes: { deleteAfter: true },
      ...(await site({ redirectsFile: '_redirects' })),
    });
    expect(stepsOf(next)).toEqual(['refresh p/old done', 'delete p/dir/index.html done']);
    expect(headersOf('p/old')['x-amz-website-redirect-location']).toBe('https://example.com/');
  });

  test('with an ACL and tags, of which HEAD says nothing: without an index they are renewed when asked for, and a check finds none', async () => {
    s3.server.createBucket('redirects-with-acls', { allowsAcls: true });
    await writeTree({ 'a.html': 'a', _redirects: '/old /a.html\n' }, root);
    const asked = async (refresh: boolean): Promise<Changes> => ({
      writeHeaders: { acl: 'public-read' },
      ...(await site({ redirectsFile: '_redirects', headers: '/*\n x-amz-tagging: team=web', refresh })),
    });
    const run = async (refresh: boolean, command: 'sync' | 'check' = 'sync'): Promise<readonly string[]> =>
      stepsOf(await publish(s3, 'redirects-with-acls', root, { ...(await asked(refresh)), command }));
    await run(false);
    expect(await run(false)).toEqual([]);
    expect(await run(false, 'check')).toEqual([]);
    expect(await run(true, 'check')).toEqual([]);
    expect(await run(true)).toEqual(['refresh p/a.html done', 'refresh p/old done']);
    await writeTree({ _redirects: '/old /b.html\n', 'b.html': 'b' }, root);
    expect(await run(false, 'check')).toContain('refresh p/old planned');
    expect(await run(false)).toContain('refresh p/old done');
    expect(s3.server.object('redirects-with-acls', 'p/old')?.acl).toBe('public-read');
  });

  test.each([
    ['SeaweedFS', { profile: 'seaweedfs' }, 'SeaweedFS', undefined],
    ['a server', { deviations: { serverHeader: 'Other', websiteRedirects: 'dropped' } }, 'S3', 1],
    ['another server', { deviations: { serverHeader: 'Other' } }, undefined, 1],
  ] as const)('%s: that redirects are not kept is told in one line, and is no difference', async (...row) => {
    const [, options, named, heads] = row;
    const other = await embedded(options);
    try {
      const there = await other.bucket();
      await writeTree({ 'a.html': 'a', _redirects: '/old /a.html\n/older /a.html\n/oldest /a.html\n' }, root);
      const run = await publish(other, there, root, await site({ redirectsFile: '_redirects' }));
      expect(run.exit).toBe(0);
      const told = run.messages.filter((message) => message.includes('website redirects'));
      expect(told).toEqual(
        named === undefined
          ? []
          : [
              expect.stringMatching(
                new RegExp(`^p/old\\w*: this server \\(${named}\\) keeps no website redirects`),
              ),
            ],
      );
      expect(run.report.requests.HeadObject).toBe(heads);
      if (named !== 'SeaweedFS') return;
      const again = await site({ redirectsFile: '_redirects', refresh: true });
      expect(stepsOf(await publish(other, there, root, again))).toEqual([]);
    } finally {
      await other.stop();
    }
  });

  test('staged like everything else', async () => {
    await writeTree({ 'new.html': 'new', _redirects: '/old /new.html\n' }, root);
    const options = await site({ redirectsFile: '_redirects' });
    const run = await publish(s3, bucket, root, { delayUpdates: true, preserve: true, ...options });
    expect(run.exit).toBe(0);
    expect(headersOf('p/old')['x-amz-website-redirect-location']).toBe('/p/new.html');
  });

  test('a redirect where the tree has a file is refused by its line, and nothing is written', async () => {
    await writeTree({ 'a.html': 'a', _redirects: '/x /a.html\n/a.html /b\n' }, root);
    const run = await publish(s3, bucket, root, await site({ redirectsFile: '_redirects' }));
    expect(run.exit).toBe(2);
    expect(run.report.error?.message).toMatch(/redirects-file line 2: a\.html cannot redirect/);
    await writeTree({ _redirects: '/.s3-dedup-sync/lock /b\n' }, root);
    const own = await publish(s3, bucket, root, await site({ redirectsFile: '_redirects' }));
    expect(own.report.error?.message).toMatch(/line 1: \.s3-dedup-sync\/lock cannot redirect: .* is ours/);
    expect(s3.server.texts(bucket)).toEqual({});
  });

  test('what is excluded is neither made nor changed by a redirect', async () => {
    await writeTree({ 'a.html': 'a', _redirects: '/kept /a.html\n/old /a.html\n' }, root);
    s3.server.putObject(bucket, 'p/kept', 'theirs');
    const run = await publish(s3, bucket, root, {
      tree: { excludes: ['kept'] },
      ...(await site({ redirectsFile: '_redirects' })),
    });
    expect(s3.server.texts(bucket)).toEqual({ 'p/a.html': 'a', 'p/kept': 'theirs', 'p/old': '' });
    expect(run.messages).toEqual([expect.stringMatching(/^redirects-file line 1: kept is excluded/)]);
  });

  test('what the walk left alone, and what lies behind it, is neither made nor changed by a redirect', async () => {
    await writeTree({ 'a.html': 'a', _redirects: '/docs/old /a.html\n/link /a.html\n/new /a.html\n' }, root);
    await symlink('../elsewhere', join(root, 'docs'));
    await symlink('../elsewhere', join(root, 'link'));
    s3.server.putObject(bucket, 'p/docs/old', 'theirs');
    const run = await publish(s3, bucket, root, {
      tree: { symlinks: 'skip' },
      ...(await site({ redirectsFile: '_redirects' })),
    });
    expect(run.exit).toBe(0);
    expect(s3.server.texts(bucket)).toEqual({ 'p/a.html': 'a', 'p/docs/old': 'theirs', 'p/new': '' });
    expect(run.messages).toEqual([
      expect.stringContaining('their keys are left alone'),
      expect.stringMatching(/^redirects-file line 1: docs\/old is, or lies behind, a link/),
      expect.stringMatching(/^redirects-file line 2: link is, or lies behind, a link/),
    ]);
  });

  test('S3 reads a target from the root of the bucket: a path stays within the prefix, a URL is as it was', async () => {
    await writeTree({ 'new.html': 'new', _redirects: '/a /new?x=1#y\n/b //example.com/z\n' }, root);
    const options = await site({ redirectsFile: '_redirects' });
    await publish(s3, bucket, root, { prefix: 'é/docs v1', ...options });
    expect(headersOf('é/docs v1/a')['x-amz-website-redirect-location']).toBe('/%C3%A9/docs%20v1/new?x=1#y');
    expect(headersOf('é/docs v1/b')['x-amz-website-redirect-location']).toBe('//example.com/z');
    await publish(s3, bucket, root, { prefix: '', ...options });
    expect(headersOf('a')['x-amz-website-redirect-location']).toBe('/new?x=1#y');
  });

  test('D1: redirects alone are no tree', async () => {
    await writeTree({ _redirects: '/x /a.html\n' }, root);
    s3.server.putObject(bucket, 'p/kept', 'kept');
    const run = await publish(s3, bucket, root, {
      deletes: { deleteAfter: true },
      ...(await site({ redirectsFile: '_redirects' })),
    });
    expect(run).toMatchObject({ exit: 4, report: { error: { code: 'no-files-found' } } });
    expect(s3.server.texts(bucket)).toEqual({ 'p/kept': 'kept' });
  });
});
