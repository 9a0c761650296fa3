import { execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { OptionsContext } from '../../../src/console/given-inputs.js';
import { indexName, userCacheDirectory } from '../../../src/console/index-name.js';
import { parseOptions } from '../../../src/console/options.js';
import { SyncError } from '../../../src/model/errors.js';
import { INPUT_NAMES, inputDefinition, type RawInputs } from '../../../src/model/inputs.js';
import { parsePrefix } from '../../../src/model/object-key.js';
import type { PathPattern, SyncOptions } from '../../../src/model/options.js';

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'options-'));
  await writeFile(join(cwd, 'ignore'), '\ufeff*.map\r\n\r\n# why\r\n/private/\n');
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const pattern = (text: string): PathPattern => ({
  text,
  base: text,
  glob: '',
  searchPath: text,
  directoriesOnly: false,
  negate: text.startsWith('!'),
});

const action = (): OptionsContext => ({
  shell: 'action',
  cwd,
  env: {},
  platform: 'linux',
  home: '/home/me',
  parsePathLines: async (lines) => lines.map(pattern),
  literalPath: async (path) => pattern(`literal ${path}`),
  endpointOf: async () => undefined,
});
const cli = (): OptionsContext => ({ ...action(), shell: 'cli' });

const least: RawInputs = { paths: ['dist'], bucket: 'site' };

const parse = (raw: RawInputs = {}, context = action()): Promise<SyncOptions> =>
  parseOptions({ ...least, ...raw }, context);

async function refusal(raw: RawInputs, context = action()): Promise<SyncError> {
  const error = await parse(raw, context).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SyncError)) throw error ?? new Error(`${JSON.stringify(raw)} was not refused`);
  expect(error.message).not.toMatch(/[\r\n]/);
  return error;
}

test('concurrency auto is no more than the files that may be open are enough for; a number is what was said', async () => {
  const given = async (openFiles: number, raw: RawInputs = {}): Promise<unknown[]> => {
    const { connection, mirrors } = await parseOptions({ ...least, ...raw }, action(), openFiles);
    return [connection, ...mirrors.map((mirror) => mirror.connection)].map(({ concurrency }) => concurrency);
  };
  expect(await given(Number.POSITIVE_INFINITY)).toEqual(['auto']);
  expect(await given(1056)).toEqual(['auto']);
  expect(await given(1024)).toEqual([64]);
  expect(await given(128)).toEqual([24]);
  expect(await given(16)).toEqual([1]);
  expect(await given(128, { mirrors: ['s3://other/p'] })).toEqual([8, 8]);
  expect(await given(128, { concurrency: '100' })).toEqual([100]);
});

test('mirror-by copy with a mirror at another endpoint is refused before any destination is written', async () => {
  const mirrors = ['s3://other/p endpoint-url=https://two.example.org'];
  const raw = { mirrors, 'mirror-by': 'copy', 'endpoint-url': 'https://one.example.org' };
  const error = await refusal(raw);
  expect(error.exit).toBe(2);
  expect(error.message).toMatch(
    /^mirror-by copy was given, and s3:\/\/other\/p\/ is reached by another endpoint than s3:\/\/.+: use upload or auto$/,
  );
  expect(await parse({ ...raw, 'mirror-by': 'auto' })).toMatchObject({ mirrorBy: 'auto' });
});

test('mirror-by copy fills mirrors by copies whatever copy-min-size says of the first destination', async () => {
  const raw = { mirrors: ['s3://other/p'], 'copy-min-size': '1 KiB', 'copy-from': ['s3://old/p'] };
  const minSizes = async (given: object): Promise<readonly number[]> => {
    const first = await parse({ ...raw, ...given });
    return [first, ...first.mirrors].map(({ copies }) => copies.from.length * copies.minSize);
  };
  expect(await minSizes({ 'mirror-by': 'copy' })).toEqual([1024, 0]);
  expect(await minSizes({})).toEqual([1024, 1024]);
});

test('what is not given has the documented default', async () => {
  expect(await parse()).toEqual({
    command: 'sync',
    tree: {
      patterns: [pattern('dist')],
      root: undefined,
      excludes: [],
      includeGit: false,
      symlinks: 'inside',
      ifNoFilesFound: 'error',
    },
    destination: { bucket: 'site', prefix: '' },
    connection: {
      allowedAccountIds: [],
      requesterPays: false,
      concurrency: 'auto',
      maxAttempts: 5,
      connectTimeoutMs: 10_000,
      readTimeoutMs: 60_000,
    },
    writeHeaders: {},
    headers: { rules: [], defaults: 'none', refresh: false },
    site: { compress: [], cleanUrls: false, redirects: [], unpublished: new Set(), warnings: [] },
    deletes: {
      deleteAfter: false,
      maxDelete: { kind: 'default' },
      deleteExcluded: false,
      grace: { kind: 'none' },
      retain: [],
    },
    copies: { from: [], minSize: 0 },
    mirrors: [],
    mirrorBy: 'auto',
    mirrorsAtomic: false,
    delayUpdates: false,
    publishLast: ['default'],
    lock: false,
    abortUploadsAfterMs: 604_800_000,
    overwrite: 'if-unchanged',
    preserve: false,
    index: { kind: 'cache' },
    dryRun: false,
    read: false,
    report: undefined,
    summary: 'always',
    summaryTitle: '',
    logLevel: 'info',
  });
});

test('delay-updates is spelled as every boolean may be', async () => {
  for (const given of ['true', 'True', 'TRUE'])
    expect(await parse({ 'delay-updates': given })).toMatchObject({ delayUpdates: true });
  expect(await parse({ 'delay-updates': 'False' })).toMatchObject({ delayUpdates: false });
});

test('an input that is given empty is not given, and every input arrives', async () => {
  const empty = {
    root: '',
    prefix: '',
    sse: '',
    'max-delete': '',
    symlinks: '',
    region: '',
    'force-path-style': '',
  };
  expect(await parse(empty)).toEqual(await parse());
  const all = await parse({
    root: 'dist',
    excludes: ['*.map', ' '],
    'include-git': 'true',
    symlinks: 'skip',
    'if-no-files-found': 'warn',
    prefix: '/a/b',
    'delete-after': 'true',
    'max-delete': '10%',
    'delete-excluded': 'true',
    sse: 'aws:kms',
    'kms-key-id': 'alias/k',
    'storage-class': 'STANDARD_IA',
    acl: 'public-read',
    'expected-bucket-owner': '123456789012',
    'requester-pays': 'true',
    preserve: 'true',
    headers: '/*\n  Cache-Control: no-cache',
    'headers-defaults': 'website',
    'refresh-headers': 'true',
    compress: ['*.html', '*.css encoding=br', '!vendor/', '# not a pattern'],
    'clean-urls': 'true',
    index: 'none',
    report: 'out/report.jsonl',
    summary: 'changes',
    'summary-title': 'Site',
    'dry-run': 'true',
    region: 'eu-west-1',
    'endpoint-url': 'http://127.0.0.1:9000',
    'force-path-style': 'false',
    profile: 'me',
    'allowed-account-ids': ['123456789012, 210987654321', '000000000000'],
    concurrency: '8',
    'max-attempts': '2',
    'connect-timeout': '500 ms',
    'read-timeout': '2 min',
    'log-level': 'debug',
  });
  expect(all).toEqual({
    command: 'sync',
    tree: {
      patterns: [pattern('dist')],
      root: resolve(cwd, 'dist'),
      excludes: ['*.map'],
      includeGit: true,
      symlinks: 'skip',
      ifNoFilesFound: 'warn',
    },
    destination: { bucket: 'site', prefix: 'a/b/' },
    connection: {
      region: 'eu-west-1',
      endpointUrl: 'http://127.0.0.1:9000',
      forcePathStyle: false,
      profile: 'me',
      allowedAccountIds: ['123456789012', '210987654321', '000000000000'],
      expectedBucketOwner: '123456789012',
      requesterPays: true,
      concurrency: 8,
      maxAttempts: 2,
      connectTimeoutMs: 500,
      readTimeoutMs: 120_000,
    },
    writeHeaders: { sse: 'aws:kms', kmsKeyId: 'alias/k', storageClass: 'STANDARD_IA', acl: 'public-read' },
    headers: {
      rules: [
        {
          path: '/*',
          pattern: expect.any(RegExp),
          changes: [{ name: 'cache-control', value: 'no-cache', line: 2 }],
          author: 'inline',
        },
      ],
      defaults: 'website',
      refresh: true,
    },
    site: {
      compress: [
        { pattern: '*.html', encoding: 'gzip' },
        { pattern: '*.css', encoding: 'br' },
        { pattern: '!vendor/', encoding: 'gzip' },
        { pattern: '# not a pattern', encoding: 'gzip' },
      ],
      cleanUrls: true,
      redirects: [],
      unpublished: new Set(),
      warnings: [],
    },
    deletes: {
      deleteAfter: true,
      maxDelete: { kind: 'percent', percent: 10 },
      deleteExcluded: true,
      grace: { kind: 'none' },
      retain: [],
    },
    copies: { from: [], minSize: 0 },
    delayUpdates: false,
    publishLast: ['default'],
    lock: false,
    abortUploadsAfterMs: 604_800_000,
    overwrite: 'if-unchanged',
    preserve: true,
    index: { kind: 'none' },
    dryRun: true,
    read: false,
    report: join(cwd, 'out/report.jsonl'),
    summary: 'changes',
    summaryTitle: 'Site',
    mirrors: [],
    mirrorBy: 'auto',
    mirrorsAtomic: false,
    logLevel: 'debug',
  });
});

test('a download does not heed what is about objects', async () => {
  const download = { paths: [], bucket: '', source: 's3://from/p', destination: 'out' };
  expect((await parse(download)).target?.directory).toBe(join(cwd, 'out'));
  for (const [name, value] of [
    ['delete-excluded', 'true'],
    ['compress', '*.html'],
    ['storage-class', 'GLACIER'],
    ['delete-grace', '3 deploys'],
    ['lock', 'true'],
  ] as const) {
    const error = await refusal({ ...download, [name]: value });
    expect([error.exit, error.message]).toEqual([
      2,
      `${name} was given, and a download does not heed it: take it out`,
    ]);
  }
});

describe('commands of several machines', () => {
  const plan = { command: 'plan', 'plan-file': 'plan.jsonl' };
  const apply = { ...plan, command: 'apply', shard: '2/4', results: ['r.jsonl'] };
  const share = { ...apply, command: 'publish', paths: [] };

  test('what each needs arrives, with paths made absolute', async () => {
    expect(await parse(plan)).toMatchObject({
      command: 'plan',
      dryRun: true,
      delayUpdates: true,
      sharding: { planFile: join(cwd, 'plan.jsonl') },
    });
    expect((await parse(apply)).sharding).toEqual({
      planFile: join(cwd, 'plan.jsonl'),
      shard: { number: 2, of: 4 },
      results: [join(cwd, 'r.jsonl')],
      abort: false,
      beside: '',
    });
    const publish = { command: 'publish', 'plan-file': 'plan.jsonl', results: ['a', 'b'], paths: [] };
    expect((await parse(publish)).tree.patterns).toEqual([]);
    const share = { ...publish, results: ['all'], shard: '2/4', index: 'somewhere' };
    expect(await parse(share)).toMatchObject({
      sharding: { shard: { number: 2, of: 4 }, results: [join(cwd, 'all')] },
      index: { kind: 'none' },
    });
    expect((await parse({ ...publish, abort: 'true' })).sharding).toMatchObject({ abort: true });
    const mirrors = ['s3://other/p', 's3://third/p'];
    for (const each of [plan, apply, publish, share]) {
      const all = await parse({ ...each, mirrors });
      const beside = [all, ...all.mirrors].map(({ sharding }) => sharding?.beside);
      expect(new Set(beside).size).toBe(3);
      expect(beside).toEqual(['', ...mirrors.map(() => expect.stringMatching(/^\.[0-9a-f]{12}$/))]);
      const again = (await parse({ ...publish, mirrors })).mirrors.map(({ sharding }) => sharding?.beside);
      expect(beside.slice(1)).toEqual(again);
    }
  });

  test.each([
    [{ command: 'plan' }, 'plan needs plan-file'],
    [{ ...apply, shard: '' }, 'apply needs shard'],
    [{ ...apply, shard: '5/4' }, /^shard: "5\/4" was given; allowed: I\/N with I from 1 to N/],
    [{ ...apply, shard: '0/4' }, /^shard: "0\/4"/],
    [{ ...apply, results: ['a', 'b'] }, /^results: .*one file/],
    [
      { ...apply, results: ['plan.jsonl'] },
      /^results and plan-file name one file, \S+plan\.jsonl, and apply/,
    ],
    [{ ...plan, shard: '1/2' }, /^shard was given, and plan does not heed it/],
    [{ 'plan-file': 'x' }, /^plan-file was given, and sync does not heed it/],
    [{ ...apply, abort: 'true' }, /^abort was given, and apply does not heed it/],
    [{ ...share, lock: 'true' }, /^lock was given, and publish does not heed it with shard: it belongs to/],
    [{ ...share, abort: 'true' }, /^abort was given, and publish does not heed it with shard/],
    [{ ...share, invalidate: 'E2EXAMPLE' }, /^invalidate was given, and publish does not heed it with shard/],
    [{ ...share, results: ['a', 'b'] }, /^results: .*the one directory of all results/],
    [
      { ...plan, mirrors: ['s3://other/p'], 'mirror-by': 'copy' },
      /^mirror-by copy was given, and plan does not heed it: nothing can be copied from what is not visible yet/,
    ],
    [
      { ...share, mirrors: ['s3://other/p'], 'mirrors-atomic': 'true' },
      /^mirrors-atomic was given, and publish does not heed it with shard/,
    ],
    [{ ...apply, 'dry-run': 'true' }, /^dry-run was given/],
    [
      { command: 'publish', 'plan-file': 'p', results: ['r'], 'delete-after': 'true', paths: [] },
      /^delete-after was given/,
    ],
  ])('%j: %s', async (raw, message) => {
    const error = await refusal(raw as RawInputs);
    expect(error.exit).toBe(2);
    expect(error.message).toMatch(message);
  });
});

describe('command: remove', () => {
  /** As the runner passes them: what a workflow does not set has the default of action.yml. */
  const defaults = Object.fromEntries(
    INPUT_NAMES.flatMap((name) => {
      const { default: value, kind } = inputDefinition(name);
      if (value === undefined) return [[name, kind === 'lines' ? [] : '']];
      return [[name, kind === 'lines' ? value.split('\n') : value]];
    }),
  );
  const removal: RawInputs = { ...defaults, command: 'remove', bucket: 'site', prefix: 'pr-1' };
  const remove = (raw: RawInputs = {}): Promise<SyncOptions> =>
    parseOptions({ ...removal, ...raw }, action());

  test('wants a prefix and nothing else, among the defaults that the runner passes', async () => {
    expect(await remove()).toMatchObject({
      command: 'remove',
      destination: { bucket: 'site', prefix: 'pr-1/' },
      tree: { patterns: [], excludes: [] },
      deletes: { deleteAfter: true, maxDelete: { kind: 'none' }, grace: { kind: 'none' }, retain: [] },
      lock: false,
      dryRun: false,
      read: false,
      index: { kind: 'cache' },
    });
  });

  test('what it heeds arrives', async () => {
    const heeded = {
      'max-delete': '50%',
      retain: ['keep/'],
      lock: 'true',
      sse: 'aws:kms',
      'dry-run': 'true',
      report: 'r.json',
      'summary-title': 'Preview',
      index: 'none',
      'abort-uploads-after': '1 h',
      region: 'eu-west-1',
      'allowed-account-ids': ['123456789012'],
    };
    expect(await remove(heeded)).toMatchObject({
      deletes: { maxDelete: { kind: 'percent', percent: 50 }, retain: ['keep/'] },
      lock: true,
      writeHeaders: { sse: 'aws:kms' },
      dryRun: true,
      read: false,
      summaryTitle: 'Preview',
      index: { kind: 'none' },
      abortUploadsAfterMs: 3_600_000,
      connection: { region: 'eu-west-1', allowedAccountIds: ['123456789012'] },
    });
  });

  test.each([
    [{ prefix: '' }],
    [{ prefix: '/' }],
    [{ prefix: '//' }],
    [{ bucket: 's3://site/', prefix: '' }],
    [{ 'whole-bucket': 'true' }],
    [{ prefix: '', 'whole-bucket': 'true' }],
    [{ bucket: 's3://site/pr-1 whole-bucket=true' }],
  ])('D13: %j: never a whole bucket', async (raw) => {
    const error = await remove(raw).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'whole-bucket', exit: 4 });
    expect((error as SyncError).message).toMatch(/remove empties a prefix, never a whole bucket: set prefix/);
  });

  test.each([
    [{ paths: ['dist'] }, 'paths'],
    [{ root: 'dist' }, 'root'],
    [{ excludes: ['*.map'] }, 'excludes'],
    [{ 'delete-after': 'true' }, 'delete-after'],
    [{ 'delete-excluded': 'true' }, 'delete-excluded'],
    [{ 'delete-grace': '3 deploys' }, 'delete-grace'],
    [{ 'delay-updates': 'best-effort' }, 'delay-updates'],
    [{ 'publish-last': ['default', 'x'] }, 'publish-last'],
    [{ 'copy-from': ['s3://other/x'] }, 'copy-from'],
    [{ overwrite: 'always' }, 'overwrite'],
    [{ symlinks: 'all' }, 'symlinks'],
    [{ sse: 'AES256' }, 'sse'],
    [{ bucket: 's3://site/pr-1 acl=private', prefix: '' }, 'acl'],
  ])('%j has no meaning there', async (raw, name) => {
    const error = await remove(raw).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'usage', exit: 2 });
    expect((error as SyncError).message).toMatch(
      new RegExp(`^${name} was given, and remove .*: take it out$`),
    );
  });

  test('another word is no command', async () => {
    expect((await refusal({ command: 'purge' })).message).toBe(
      'command: "purge" was given; allowed: sync, remove, check, plan, apply, publish',
    );
  });
});

describe('what is refused, in one line', () => {
  test.each([
    [{ bucket: ' ' }, /^bucket: nothing was given; allowed: a bucket's name/],
    [{ paths: [' '] }, /^paths: nothing was given/],
    [{ 'dry-run': '' }, /^dry-run: nothing was given; allowed: true, false$/],
    [{ command: '' }, /^command: nothing was given; allowed: sync, remove, check, plan, apply, publish$/],
    [{ 'delay-updates': '' }, /^delay-updates: nothing was given; allowed: true, false, best-effort$/],
    [{ 'delay-updates': 'Yes' }, /^delay-updates: "Yes" was given; allowed: true, false, best-effort$/],
    [{ 'requester-pays': 'yes' }, /^requester-pays: "yes" was given; allowed: true, false$/],
    [{ symlinks: 'follow' }, /^symlinks: "follow" was given; allowed: inside, all, skip$/],
    [{ sse: 'KMS' }, /^sse: "KMS" was given; allowed: AES256, aws:kms, aws:kms:dsse$/],
    [{ 'storage-class': 'COLD' }, /^storage-class: "COLD" was given; allowed: STANDARD, STANDARD_IA, /],
    [{ acl: 'public' }, /^acl: "public" was given; allowed: private, public-read, /],
    [{ 'kms-key-id': 'k' }, /^kms-key-id was given without sse: set sse to aws:kms or aws:kms:dsse$/],
    [{ 'kms-key-id': 'k', sse: 'AES256' }, /^kms-key-id was given with sse AES256: set sse to aws:kms /],
    [{ concurrency: '0' }, /^concurrency: "0" was given; allowed: a whole number from 1 to 1000, auto$/],
    [{ 'max-attempts': 'many' }, /^max-attempts: "many"/],
    [{ 'read-timeout': 'long' }, /^read-timeout: "long" was given; allowed: a time such as/],
    [{ 'allowed-account-ids': ['12345'] }, /^allowed-account-ids: "12345" was given; allowed: .*12 digits/],
    [
      { headers: 'Cache-Control: x' },
      /^headers: line 1: .*stands before the first path.*; nothing was written$/,
    ],
    [{ headers: '/*\n a\n b\n c\n d' }, /^headers: line 2: .*line 3: .*line 4: .*; and line 5; nothing/],
    [
      { compress: ['encoding=br'] },
      /^compress: "encoding=br" was given; allowed: a pattern before encoding=/,
    ],
    [
      { compress: ['*.css br'] },
      /^compress: "\*\.css br" was given; allowed: a pattern, then encoding=gzip or encoding=br; a blank of a name as \?/,
    ],
    [
      { compress: ['*.html encoding=zstd'] },
      /^compress: "\*\.html encoding=zstd" was given; allowed: a pattern/,
    ],
    [{ index: 's3://site' }, /^index: "s3:\/\/site" was given; allowed: s3:\/\/bucket\/key/],
    [{ index: 's3://site/dir/' }, /does not end at a slash/],
    [
      { index: 's3://other/i endpoint-url=x' },
      /^index, behind the place: "endpoint-url=x" was given; allowed: region=REGION/,
    ],
    [{ index: 's3://other/i region=us-west-2 region=us-east-1' }, /^index, behind the place: /],
    [{ index: 's3://site/x.index', prefix: '' }, /allowed: s3:\/\/site\/\.s3-dedup-sync\/NAME/],
    [{ index: 's3://site/p/x', prefix: 'p' }, /allowed: s3:\/\/site\/p\/\.s3-dedup-sync\/NAME/],
    [{ bucket: 's3://site/a', prefix: 'b' }, /^prefix: b was given, and a\/ in the URL; give one of them$/],
    [{ prefix: 'x'.repeat(1024) }, /^prefix: 1025 bytes were given/],
    [
      { prefix: '"in1"' },
      /^prefix: ""in1"" was given; allowed: a prefix as it is, without quotes and patterns: write in1$/,
    ],
    [{ prefix: "'a/in1/**'/" }, /^prefix: "'a\/in1\/\*\*'" was given; .*: write a\/in1$/],
    [{ bucket: 's3://site/in1/*' }, /^bucket: "in1\/\*" was given; .*: write in1$/],
    [{ bucket: "s3://site/'in1'" }, /^bucket: "'in1'" was given; .*: write in1$/],
    [{ prefix: '**' }, /^prefix: "\*\*" was given; allowed: a prefix as it is, without quotes and patterns$/],
    [{ mirrors: ['s3://other/in1/*'] }, /^mirrors: "in1\/\*" was given; .*: write in1$/],
    [{ bucket: 's3://site region=' }, /^bucket, region=: nothing was given; allowed: a value, or no region=/],
    [{ mirrors: ['s3://other profile='] }, /^mirrors, profile=: nothing was given/],
    [{ mirrors: [' region=eu-west-1'] }, /^mirrors: region=eu-west-1 cannot be a bucket's name/],
    [{ 'copy-from': ['s3://other region='] }, /^copy-from, region=: nothing was given/],
    [{ paths: [], source: 's3://from/x role-to-assume=' }, /^source, role-to-assume=: nothing was given/],
  ] as const)('%j', async (raw, message) => {
    const error = await refusal(raw);
    expect(error).toMatchObject({ code: 'usage', exit: 2 });
    expect(error.message).toMatch(message);
  });

  test('on the command line, by the name that was written there', async () => {
    expect((await refusal({ 'dry-run': 'no' }, cli())).message).toMatch(/^--dry-run: "no"/);
    expect((await refusal({ 'allowed-account-ids': ['1'] }, cli())).message).toMatch(
      /^--allowed-account-id: /,
    );
    expect((await refusal({ paths: [] }, cli())).message).toMatch(/^--path: nothing/);
  });

  test('an excludes file that cannot be read', async () => {
    const error = await refusal({ 'excludes-from': ['missing'] });
    expect(error).toMatchObject({ code: 'file-not-found', exit: 2 });
    expect(error.message).toMatch(/^excludes-from: missing cannot be read \((Error: )?ENOENT/);
  });
});

describe('excludes', () => {
  test('those of files come first; blank lines, carriage returns and byte-order marks do not count', async () => {
    const { tree } = await parse({ excludes: ['!keep.map', 'trailing\\ '], 'excludes-from': ['ignore'] });
    expect(tree.excludes).toEqual(['*.map', '# why', '/private/', '!keep.map', 'trailing\\ ']);
  });
});

describe('D13: an unset prefix must not mean the whole bucket', () => {
  test.each([
    [{ 'delete-after': 'true' }],
    [{ 'delete-after': 'true', prefix: '' }],
    [{ 'delete-after': 'true', bucket: 's3://site' }],
    [{ 'delete-after': 'true', bucket: 's3://site//' }],
    [{ 'delete-after': 'true', bucket: 's3://site whole-bucket=false' }],
  ] as const)('%j is refused', async (raw) => {
    const error = await refusal(raw);
    expect(error).toMatchObject({ code: 'whole-bucket', exit: 4 });
    expect(error.message).toMatch(/all of s3:\/\/site\/.*prefix: \/ or whole-bucket$/);
  });

  test.each(['//', '///'])('prefix %j is what an unset variable leaves between slashes', async (prefix) => {
    const error = await refusal({ 'delete-after': 'true', prefix });
    expect(error).toMatchObject({ code: 'whole-bucket', exit: 4 });
    expect(error.message).toMatch(/set prefix \(a variable between its slashes may be empty\), or mean/);
  });

  test.each([
    [{ 'delete-after': 'true', prefix: '/' }],
    [{ 'delete-after': 'true', 'whole-bucket': 'true' }],
    [{ 'delete-after': 'true', bucket: 's3://site/ whole-bucket=true' }],
    [{ 'delete-after': 'false' }],
  ] as const)('%j is spelled', async (raw) => {
    expect((await parse(raw)).destination).toEqual({ bucket: 'site', prefix: '' });
  });

  test('the command line says what to write there', async () => {
    expect((await refusal({ 'delete-after': 'true' }, cli())).message).toMatch(
      /--prefix \/ or --whole-bucket$/,
    );
  });
});

describe('the destination', () => {
  test('quotes and asterisks inside of a prefix are its own, and what was published below them can be removed', async () => {
    expect((await parse({ prefix: 'a*b/c"d/e' })).destination.prefix).toBe('a*b/c"d/e/');
    const removal = { ...least, paths: [], command: 'remove', bucket: 's3://site/in1/*' };
    expect((await parse(removal)).destination.prefix).toBe('in1/*/');
  });

  test('one prefix said twice alike is fine, and a URL without one leaves it to the input', async () => {
    expect((await parse({ bucket: 's3://site/a/', prefix: '/a' })).destination.prefix).toBe('a/');
    expect((await parse({ bucket: 's3://site/', prefix: 'b' })).destination.prefix).toBe('b/');
  });

  test('words behind the URL go before inputs', async () => {
    const { connection, writeHeaders, deletes } = await parse({
      bucket:
        's3://site/p region=eu-west-1 sse=aws:kms kms-key-id=k max-delete=none requester-pays=true allowed-account-ids=123456789012,210987654321',
      region: 'us-east-1',
      'max-delete': '5',
    });
    expect(connection).toMatchObject({
      region: 'eu-west-1',
      requesterPays: true,
      allowedAccountIds: ['123456789012', '210987654321'],
    });
    expect(writeHeaders).toEqual({ sse: 'aws:kms', kmsKeyId: 'k' });
    expect(deletes.maxDelete).toEqual({ kind: 'none' });
  });

  test('with an endpoint, a bucket may have a name that AWS does not allow', async () => {
    const endpoint = { 'endpoint-url': 'http://127.0.0.1:9000' };
    expect((await parse({ bucket: 'My_Bucket', ...endpoint })).destination.bucket).toBe('My_Bucket');
    expect((await parse({ bucket: 'My_Bucket endpoint-url=http://127.0.0.1:9000' })).destination.bucket).toBe(
      'My_Bucket',
    );
    const env = { AWS_ENDPOINT_URL: 'http://127.0.0.1:9000' };
    expect((await parse({ bucket: 'My_Bucket' }, { ...action(), env })).destination.bucket).toBe('My_Bucket');
    expect((await refusal({ bucket: 'My_Bucket' })).message).toMatch(/lower-case/);
  });

  test('~ is the home directory wherever a path is an input', async () => {
    const home = join(cwd, 'home');
    await mkdir(home, { recursive: true });
    for (const name of ['ignore', 'rules', 'redirects']) await writeFile(join(home, name), '');
    await writeFile(join(home, 'ignore'), '*.map\n');
    const context = { ...action(), home };
    const options = await parse(
      {
        'excludes-from': ['~/ignore'],
        'headers-file': '~/rules',
        'redirects-file': '~/redirects',
        root: '~',
        index: '~/index',
        report: '~/report.json',
      },
      context,
    );
    expect(options.tree).toMatchObject({ root: home, excludes: ['*.map'] });
    expect(options.index).toEqual({ kind: 'file', path: join(home, 'index') });
    expect(options.report).toBe(join(home, 'report.json'));
    expect([...options.site.unpublished]).toEqual([join(home, 'rules'), join(home, 'redirects')]);
    const downloaded = await parseOptions({ source: 's3://site', destination: '~/site' }, context);
    expect(downloaded.target?.directory).toBe(join(home, 'site'));
    const sharded = { command: 'apply', 'plan-file': '~/plan', shard: '1/2', results: ['~/results'] };
    expect((await parse(sharded, context)).sharding).toMatchObject({
      planFile: join(home, 'plan'),
      results: [join(home, 'results')],
    });
    expect((await parse({ report: '~other/x' }, context)).report).toBe(join(cwd, '~other/x'));
    expect((await refusal({ report: '~/x' }, { ...action(), home: undefined })).message).toMatch(
      /^the path "~\/x" cannot be used: this user has no home directory/,
    );
  });

  test('DIR of the command line is taken literally', async () => {
    const { tree } = await parseOptions({ bucket: 's3://site' }, { ...cli(), directory: 'a*b' });
    expect(tree.patterns).toEqual([pattern('literal a*b')]);
  });
});

describe('the index', () => {
  const destination = { bucket: 'site', prefix: parsePrefix('p') };

  test('is in the cache, a file, an object, or nowhere', async () => {
    expect((await parse({ index: 'cache' })).index).toEqual({ kind: 'cache' });
    expect((await parse({ index: 'state/x' })).index).toEqual({ kind: 'file', path: join(cwd, 'state/x') });
    expect((await parse({ index: 's3://other/i region=us-west-2' })).index).toEqual({
      kind: 's3',
      bucket: 'other',
      key: 'i',
      region: 'us-west-2',
    });
    expect((await parse({ index: 's3://other/a/b c' })).index).toEqual({
      kind: 's3',
      bucket: 'other',
      key: 'a/b c',
    });
    expect((await parse({ index: 's3://site/other/x', prefix: 'p' })).index).toMatchObject({
      key: 'other/x',
    });
    expect((await parse({ index: 's3://site/p/.s3-dedup-sync/index', prefix: 'p' })).index).toEqual({
      kind: 's3',
      bucket: 'site',
      key: 'p/.s3-dedup-sync/index',
    });
  });

  test("on the command line is a file of the destination in the user's cache directory", async () => {
    const name = `${indexName(undefined, destination)}.index`;
    expect(name).toMatch(/^[0-9a-f]{32}\.index$/);
    expect((await parse({ prefix: 'p' }, cli())).index).toEqual({
      kind: 'file',
      path: `/home/me/.cache/s3-dedup-sync/${name}`,
      isOwn: true,
    });
    expect((await parse({}, { ...cli(), home: undefined })).index).toEqual({ kind: 'none' });
    expect((await refusal({ index: 'cache' }, cli())).message).toMatch(
      /runner's cache is reached from the GitHub action alone/,
    );
  });

  test("on the command line is another one where the destination's profile names another service", async () => {
    const context: OptionsContext = {
      ...cli(),
      endpointOf: async (profile) => profile && `http://${profile}`,
    };
    const named = async (raw: RawInputs): Promise<unknown> =>
      (await parse({ prefix: 'p', ...raw }, context)).index;
    const at = (endpoint: string | undefined): unknown => ({
      kind: 'file',
      path: `/home/me/.cache/s3-dedup-sync/${indexName(endpoint, destination)}.index`,
      isOwn: true,
    });
    expect(await named({})).toEqual(at(undefined));
    expect(await named({ profile: 'test' })).toEqual(at('http://test'));
    expect(await named({ profile: 'test', 'endpoint-url': 'http://given' })).toEqual(at('http://given'));
    const { mirrors } = await parse({ mirrors: ['s3://other/p profile=backup'] }, context);
    expect(mirrors[0]?.index).toMatchObject({
      path: expect.stringContaining(indexName('http://backup', { ...destination, bucket: 'other' })),
    });
  });

  test('is told apart by endpoint, bucket and prefix', () => {
    const names = [
      indexName(undefined, destination),
      indexName('http://a', destination),
      indexName(undefined, { ...destination, bucket: 'sitep' }),
      indexName(undefined, { ...destination, prefix: parsePrefix('') }),
    ];
    expect(new Set(names).size).toBe(names.length);
  });

  test.each([
    ['linux', {}, '/home/me', '/home/me/.cache'],
    ['linux', { XDG_CACHE_HOME: '/x' }, '/home/me', '/x'],
    ['linux', { XDG_CACHE_HOME: 'relative' }, '/home/me', '/home/me/.cache'],
    ['darwin', {}, '/Users/me', '/Users/me/Library/Caches'],
    [
      'win32',
      { LOCALAPPDATA: 'C:\\Users\\me\\AppData\\Local' },
      'C:\\Users\\me',
      'C:\\Users\\me\\AppData\\Local',
    ],
    ['win32', {}, 'C:\\Users\\me', undefined],
    ['linux', {}, undefined, undefined],
    ['linux', {}, '/', undefined],
  ] as const)('cache directory on %s with %j', (platform, env, home, directory) => {
    expect(userCacheDirectory(env, platform, home)).toBe(directory);
  });
});

test('copy-from: places, with what may stand behind them', async () => {
  const { copies } = await parse({
    'copy-from': [
      's3://releases/v1',
      'other',
      's3://far/x region=eu-west-1 expected-bucket-owner=123456789012',
    ],
    'copy-min-size': '64 KiB',
  });
  expect(copies).toEqual({
    from: [
      { place: { bucket: 'releases', prefix: 'v1/' }, requesterPays: false },
      { place: { bucket: 'other', prefix: '' }, requesterPays: false },
      {
        place: { bucket: 'far', prefix: 'x/' },
        region: 'eu-west-1',
        expectedBucketOwner: '123456789012',
        requesterPays: false,
      },
    ],
    minSize: 65_536,
  });
  expect((await refusal({ 'copy-from': ['s3://releases/x acl=private'] })).message).toMatch(
    /copy-from, behind the place: "acl=" was given; allowed: region=/,
  );
  expect((await refusal({ 'copy-min-size': 'some' })).message).toMatch(/copy-min-size: "some" was given/);
  expect((await refusal({ overwrite: 'yes' })).message).toMatch(/allowed: if-unchanged, always/);
});

describe('order and deletes that wait', () => {
  test('what was given arrives', async () => {
    expect(
      await parse({
        'delay-updates': 'best-effort',
        'publish-last': ['default', 'manifest.json', '# a remark'],
        'abort-uploads-after': '30 days',
        lock: 'true',
        'delete-grace': '3 deploys',
        retain: ['/keep/'],
        index: 's3://site/.s3-dedup-sync/index',
      }),
    ).toMatchObject({
      delayUpdates: 'best-effort',
      publishLast: ['default', 'manifest.json'],
      abortUploadsAfterMs: 30 * 24 * 3_600_000,
      lock: true,
      deletes: { grace: { kind: 'deploys', deploys: 3 }, retain: ['/keep/'] },
    });
    const days = await parse({ 'delete-grace': '7 days', index: 'an-index' });
    expect(days.deletes.grace).toEqual({ kind: 'time', ms: 7 * 24 * 3_600_000 });
  });

  test.each([
    [{ 'delay-updates': 'maybe' }, /^delay-updates: "maybe" was given; allowed: true, false, best-effort$/],
    [{ 'publish-last': ['!a'] }, /^publish-last: "!a" was given; allowed: patterns that match/],
    [
      { 'publish-last': ['default', 'a', 'default'] },
      /^publish-last: "default" was given; allowed: default once$/,
    ],
    [
      { 'delete-grace': '3', index: 'i' },
      /^delete-grace: "3" was given; allowed: how long, such as 3 deploys/,
    ],
    [{ 'delete-grace': '0 days', index: 'i' }, /^delete-grace: "0 days" was given/],
    [
      { 'delete-grace': '3 deploys' },
      /^delete-grace needs an index that lasts, and the runner's cache may be dropped/,
    ],
    [
      { 'delete-grace': '3 deploys', index: 'none' },
      /^delete-grace needs an index that lasts, and none was given/,
    ],
    [{ 'abort-uploads-after': 'soon' }, /^abort-uploads-after: "soon" was given; allowed: a time such as/],
  ] as const)('%j is refused in one line', async (raw, message) => {
    const error = await refusal(raw);
    expect(error.message).toMatch(message);
    expect(error.exit).toBe(2);
  });
});

describe('invalidate', () => {
  test('a distribution, new keys when asked, and how keys become paths', async () => {
    expect((await parse({ invalidate: 'E2EXAMPLE' })).invalidation).toEqual({
      distribution: 'E2EXAMPLE',
      newKeys: false,
      mapping: { stripPrefix: '', addPrefix: '' },
      maxPaths: 3,
      wait: false,
    });
    const all = {
      bucket: 's3://site/blog "invalidate=E2EXAMPLE new=true"',
      'invalidate-strip-prefix': '/blog',
      'invalidate-prefix': '/docs/v1',
      'invalidate-max-paths': '20',
      'invalidate-wait': 'true',
    };
    expect((await parse(all)).invalidation).toEqual({
      distribution: 'E2EXAMPLE',
      newKeys: true,
      mapping: { stripPrefix: 'blog/', addPrefix: 'docs/v1/' },
      maxPaths: 20,
      wait: true,
    });
    expect('invalidation' in (await parse({ 'invalidate-wait': 'false' }))).toBe(false);
  });

  const wrong: readonly (readonly [RawInputs, RegExp])[] = [
    [{ invalidate: 'my-site' }, /^invalidate: "my-site" was given; allowed: .*E2EXAMPLE/],
    [
      { invalidate: 'E2EXAMPLE all=true' },
      /^invalidate: "E2EXAMPLE all=true" was given; allowed: .*new=true/,
    ],
    [{ invalidate: 'E2EXAMPLE new=true new=true' }, /^invalidate: /],
    [{ invalidate: 'E2EXAMPLE', 'invalidate-max-paths': '0' }, /^invalidate-max-paths: "0".*1 to 1000/],
    [{ invalidate: 'E2EXAMPLE', 'invalidate-prefix': 'a*' }, /^invalidate-prefix: "a\*\/" was given/],
    [
      { invalidate: 'E2EXAMPLE', bucket: 's3://site/blog', 'invalidate-strip-prefix': 'shop' },
      /^invalidate-strip-prefix: "shop\/" was given; allowed: .*blog\//,
    ],
    [{ 'invalidate-strip-prefix': 'a' }, /^invalidate-strip-prefix was given without invalidate/],
    [{ 'invalidate-prefix': 'a' }, /^invalidate-prefix was given without invalidate/],
    [{ 'invalidate-max-paths': '3' }, /^invalidate-max-paths was given without invalidate/],
    [{ 'invalidate-wait': 'true' }, /^invalidate-wait was given without invalidate/],
  ];
  test.each(wrong)('%j is refused', async (raw, message) => {
    expect(await refusal(raw)).toMatchObject({ code: 'usage', message: expect.stringMatching(message) });
  });

  test('a strip prefix may be shorter or longer than the destination', async () => {
    for (const stripPrefix of ['a', 'a/b', 'a/b/c']) {
      const options = await parse({
        invalidate: 'E2EXAMPLE',
        bucket: 's3://site/a/b',
        'invalidate-strip-prefix': stripPrefix,
      });
      expect(options.invalidation?.mapping.stripPrefix).toBe(`${stripPrefix}/`);
    }
  });
});

describe('from bucket to bucket', () => {
  const copy = (raw: RawInputs = {}, context = action()): Promise<SyncOptions> =>
    parse({ paths: [], source: 's3://from/a', bucket: 's3://site/b', ...raw }, context);
  const copyRefusal = (raw: RawInputs = {}, context = action()): Promise<SyncError> =>
    refusal({ paths: [], source: 's3://from/a', bucket: 's3://site/b', ...raw }, context);

  test('source and bucket: no files of this disk, and no pattern', async () => {
    const options = await copy({ excludes: ['*.map'], 'delete-after': 'true' });
    expect(options).toMatchObject({
      source: { place: { bucket: 'from', prefix: 'a/' } },
      destination: { bucket: 'site', prefix: 'b/' },
      deletes: { deleteAfter: true },
      tree: { patterns: [], excludes: ['*.map'] },
    });
    expect(options.target).toBeUndefined();
    expect((await copy({ source: 's3://from' })).source?.place).toEqual({ bucket: 'from', prefix: '' });
    expect((await copy({ bucket: 'site', prefix: 'c' })).destination.prefix).toBe('c/');
  });

  test('words behind a place are about that place alone; what is said in general is about both', async () => {
    const behindTo = await copy({
      bucket:
        's3://site/b endpoint-url=https://r2.example profile=there region=auto force-path-style=true requester-pays=true expected-bucket-owner=111111111111 allowed-account-ids=111111111111',
    });
    expect(behindTo.source?.connection).toEqual({
      allowedAccountIds: [],
      requesterPays: false,
      concurrency: 'auto',
      maxAttempts: 5,
      connectTimeoutMs: 10_000,
      readTimeoutMs: 60_000,
    });
    expect(behindTo.connection).toMatchObject({ profile: 'there', region: 'auto', requesterPays: true });

    const behindFrom = await copy({
      source:
        's3://from/a endpoint-url=https://r2.example profile=there region=auto force-path-style=true requester-pays=true expected-bucket-owner=222222222222 allowed-account-ids=222222222222,333333333333',
    });
    expect(behindFrom.source?.connection).toMatchObject({
      endpointUrl: 'https://r2.example',
      profile: 'there',
      region: 'auto',
      forcePathStyle: true,
      requesterPays: true,
      expectedBucketOwner: '222222222222',
      allowedAccountIds: ['222222222222', '333333333333'],
    });
    expect(behindFrom.connection).toMatchObject({ requesterPays: false, allowedAccountIds: [] });
    expect(behindFrom.connection).not.toHaveProperty('endpointUrl');
    expect(behindFrom.connection).not.toHaveProperty('profile');

    const general = await copy({
      'endpoint-url': 'https://minio.example',
      region: 'garage',
      profile: 'both',
      'max-attempts': '7',
      'requester-pays': 'true',
      'expected-bucket-owner': '111111111111',
    });
    expect(general.source?.connection).toMatchObject({
      endpointUrl: 'https://minio.example',
      region: 'garage',
      profile: 'both',
      maxAttempts: 7,
      requesterPays: false,
    });
    // An account owns one of them, as far as anybody said.
    expect(general.source?.connection).not.toHaveProperty('expectedBucketOwner');
  });

  test('one region serves one service; on AWS each bucket has its own', async () => {
    expect((await copy({ region: 'eu-west-1' })).source?.connection).not.toHaveProperty('region');
    const env = { AWS_ENDPOINT_URL_S3: 'https://garage.example' };
    const there = await copy({ region: 'garage' }, { ...action(), env });
    expect(there.source?.connection.region).toBe('garage');
  });

  test.each<[string, RawInputs, RegExp]>([
    ['paths', { paths: ['dist'] }, /^paths and source were given: paths and bucket publish, source and/],
    [
      'destination',
      { destination: 'dir' },
      /^destination and bucket were given: .*copy from bucket to bucket/,
    ],
    ['no place to copy to', { bucket: '' }, /^source was given without destination or bucket: /],
    [
      'a destination alone',
      { source: '', destination: 'dir', paths: ['x'] },
      /^destination was given without source/,
    ],
    ['remove', { command: 'remove' }, /^source was given, and remove empties bucket/],
    ['root', { root: 'x' }, /^root was given, and a copy from bucket to bucket does not heed it/],
    ['symlinks', { symlinks: 'all' }, /^symlinks was given/],
    ['preserve', { preserve: 'true' }, /^preserve was given/],
    ['compress', { compress: ['*.html'] }, /^compress was given/],
    ['clean-urls', { 'clean-urls': 'true' }, /^clean-urls was given/],
    ['redirects-file', { 'redirects-file': 'x' }, /^redirects-file was given/],
    ['local-duplicates', { 'local-duplicates': 'link' }, /^local-duplicates was given/],
    ['as-stored', { 'as-stored': 'true' }, /^as-stored was given/],
    ['read without check', { read: 'true' }, /^read was given, and sync does not read objects back/],
    ['a word of the destination', { source: 's3://from/a sse=AES256' }, /^source, behind the place: "?sse=/],
    ['an unknown word', { source: 's3://from/a colour=red' }, /colour/],
    ['a wrong account', { source: 's3://from/a expected-bucket-owner=1' }, /^source: /],
    ['no place', { source: 'from/a b' }, /source/],
  ])('%s: refused with one line, exit 2', async (_, raw, message) => {
    const error = await copyRefusal(raw);
    expect(error.message).toMatch(message);
    expect(error.exit).toBe(2);
  });

  test.each([
    ['s3://site/b', 's3://site/b'],
    ['s3://site/b/c', 's3://site/b'],
    ['s3://site/b', 's3://site/b/c'],
    ['s3://site', 's3://site/b'],
    ['s3://site/b', 's3://site/'],
    ['s3://site/b endpoint-url=https://x.example', 's3://site/b endpoint-url=https://x.example'],
  ])('%s into %s: they lie in one another', async (source, bucket) => {
    const error = await copyRefusal({ source, bucket });
    expect(error.message).toMatch(/^source: s3:\/\/site\/.* and s3:\/\/site\/.* lie in one another/);
    expect(error.exit).toBe(2);
  });

  test.each([
    ['s3://site/b', 's3://site/bc'],
    ['s3://site/b', 's3://other/b'],
    ['s3://site/b endpoint-url=https://x.example', 's3://site/b'],
  ])('%s into %s: they do not', async (source, bucket) => {
    expect((await copy({ source, bucket })).source).toBeDefined();
  });

  test('an endpoint of the environment is an endpoint', async () => {
    const context = { ...action(), env: { AWS_ENDPOINT_URL_S3: 'https://x.example' } };
    const spelled = { source: 's3://site/b endpoint-url=https://x.example', bucket: 's3://site/b/c' };
    expect((await copyRefusal(spelled, context)).message).toMatch(/lie in one another/);
  });

  test('D13: delete-after in a whole bucket must be spelled', async () => {
    const raw = { bucket: 's3://site', 'delete-after': 'true' };
    expect(await copyRefusal(raw)).toMatchObject({ code: 'whole-bucket', exit: 4 });
    expect((await copy({ ...raw, 'whole-bucket': 'true' })).deletes.deleteAfter).toBe(true);
    expect((await copy({ ...raw, prefix: '/' })).destination.prefix).toBe('');
  });

  test('an index that would be copied itself is refused', async () => {
    const error = await copyRefusal({ index: 's3://from/a/index' });
    expect(error.message).toMatch(/^index: s3:\/\/from\/a\/index lies in what is copied, s3:\/\/from\/a\/: /);
    for (const index of [
      's3://from/b/index',
      's3://from/a/.s3-dedup-sync/index',
      's3://site/b/.s3-dedup-sync/x',
    ])
      expect((await copy({ index })).index.kind).toBe('s3');
  });

  test('check reads, and writes nothing', async () => {
    const options = await copy({ command: 'check', read: 'true' });
    expect(options).toMatchObject({ command: 'check', read: true, dryRun: true });
  });
});

test('what any of several destinations writes in the tree is published to none of them', async () => {
  const { site, mirrors } = await parse({
    paths: [cwd],
    index: 'i',
    report: 'r.json',
    mirrors: ['s3://far/m'],
  });
  const [mirror] = mirrors;
  const beside = mirror?.index.kind === 'file' ? mirror.index.path : '';
  expect(beside).toMatch(/\/i\.[0-9a-f]{12}$/);
  const own = [join(cwd, 'r.json'), join(cwd, 'i'), join(cwd, 'i.journal'), beside, `${beside}.journal`];
  for (const { unpublished } of [site, ...mirrors.map((one) => one.site)])
    expect(new Set(own)).toEqual(unpublished);
});

test('rules and patterns that come by a pipe, which is empty the second time, are those of all destinations', async () => {
  const texts = {
    'headers-file': '/*\n  Cache-Control: no-store',
    'redirects-file': '/old /new 301',
    'excludes-from': 'x',
  };
  const pipes = Object.entries(texts).map(([input, text]) => {
    const path = join(cwd, input);
    execFileSync('mkfifo', [path]);
    return {
      path,
      writer: spawn('sh', ['-c', 'echo "$1" > "$2"; while :; do : > "$2"; done', 'sh', text, path]),
    };
  });
  try {
    const [headers = '', redirects = '', excludes = ''] = pipes.map(({ path }) => path);
    const { mirrors, ...first } = await parse({
      mirrors: ['s3://one/p', 's3://two/p'],
      'headers-file': headers,
      'redirects-file': redirects,
      'excludes-from': [excludes],
    });
    for (const one of [first, ...mirrors])
      expect(one).toMatchObject({
        headers: { rules: [{ changes: [{ name: 'cache-control', value: 'no-store' }] }] },
        site: { redirects: [{ name: 'old', target: '/new' }] },
        tree: { excludes: ['x'] },
      });
    expect(mirrors).toHaveLength(2);
  } finally {
    for (const { writer } of pipes) writer.kill();
  }
});

test.each([
  ['<!doctype html>', false],
  ['GIF89a', false],
  ['s3-dedup-sync-index 9\n', true],
  ['', true],
])('a page that index names by mistake is a file of the tree like any other: %j', async (text, isOwn) => {
  await writeFile(join(cwd, 'page.html'), text);
  const { site } = await parse({ paths: [cwd], index: 'page.html' });
  const own = ['page.html', 'page.html.journal'].map((name) => join(cwd, name));
  expect([...site.unpublished]).toEqual(isOwn ? own : []);
});
