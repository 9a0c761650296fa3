import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { runCommandLine, type Terminal } from '../../src/command-line.js';
import { VERSION } from '../../src/console/version.js';
import { EXIT, SyncError } from '../../src/model/errors.js';
import type { SyncOptions } from '../../src/model/options.js';
import type { Engine } from '../../src/run.js';
import { destinationReport, fakeEngine } from './console/fake-engine.js';
import { outcome, upload } from './console/fixtures.js';

interface Said {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
  readonly options: SyncOptions | undefined;
}

async function cli(
  argv: readonly string[],
  changes: Partial<Engine> = {},
  terminal: Partial<Terminal> = {},
): Promise<Said> {
  let out = '';
  let err = '';
  const engine = fakeEngine(changes);
  const exit = await runCommandLine(
    {
      argv,
      env: {},
      cwd: () => '/work',
      platform: 'linux',
      home: '/home/me',
      stdout: { write: (text) => (out += text) },
      stderr: { write: (text) => (err += text) },
      now: () => 0,
      onSignals: () => ({ signal: new AbortController().signal, dispose: () => {} }),
      ...terminal,
    },
    engine,
  );
  return { exit, out, err, options: engine.sync.mock.calls[0]?.[0] };
}

const optionsOf = async (...argv: readonly string[]): Promise<SyncOptions> => {
  const { options, err } = await cli(argv);
  if (options === undefined) throw new Error(err);
  return options;
};

describe('help and version', () => {
  test('answer on standard output with 0', async () => {
    const help = await cli(['--help']);
    expect(help).toMatchObject({ exit: 0, err: '' });
    expect(help.out).toMatch(/^Usage: s3-dedup-sync \[sync\] DIR s3:\/\/bucket\/prefix/);
    for (const command of ['check', 'remove', 'plan', 'apply', 'publish'])
      expect(help.out).toMatch(new RegExp(`^ {7}s3-dedup-sync ${command} `, 'm'));
    expect(help.out).toContain('Exit status: 0 done');
    for (const line of help.out.split('\n')) expect(line.length).toBeLessThanOrEqual(111);
    expect(await cli(['--version'])).toMatchObject({ exit: 0, out: `${VERSION}\n`, err: '' });
  });
});

describe('the two shapes', () => {
  test('DIR and URL, with or without the command', async () => {
    for (const argv of [
      ['dist', 's3://site/p'],
      ['sync', 'dist', 's3://site/p'],
    ]) {
      const { destination, tree } = await optionsOf(...argv);
      expect(destination).toEqual({ bucket: 'site', prefix: 'p/' });
      expect(tree.patterns).toMatchObject([{ searchPath: resolve('/work/dist'), glob: '', negate: false }]);
    }
  });

  test('--path and --bucket', async () => {
    const { destination, tree } = await optionsOf(
      '--path',
      'dist/**/*.html',
      '--path',
      '!dist/x',
      '--bucket',
      'site',
      '--prefix',
      'p',
    );
    expect(destination).toEqual({ bucket: 'site', prefix: 'p/' });
    expect(tree.patterns.map(({ text }) => text)).toEqual(['dist/**/*.html', '!dist/x']);
  });

  test('words behind the URL', async () => {
    const { connection } = await optionsOf('dist', 's3://site/p region=eu-west-1');
    expect(connection.region).toBe('eu-west-1');
  });

  test('a place first: a download, or a copy from bucket to bucket', async () => {
    const download = await optionsOf('s3://site/p region=eu-west-1', 'dist');
    expect(download).toMatchObject({
      destination: { bucket: 'site', prefix: 'p/' },
      connection: { region: 'eu-west-1' },
      target: { directory: expect.stringMatching(/\/dist$/), duplicates: 'copy', asStored: false },
    });
    const copy = await optionsOf('check', 's3://from/p requester-pays=true', 's3://to-it/q region=eu-west-1');
    expect(copy).toMatchObject({
      command: 'check',
      source: { place: { bucket: 'from', prefix: 'p/' }, connection: { requesterPays: true } },
      destination: { bucket: 'to-it', prefix: 'q/' },
      connection: { region: 'eu-west-1', requesterPays: false },
    });
    expect(copy.source?.connection.region).toBeUndefined();
  });

  test('further destinations are mirrors, each with words of its own', async () => {
    const { mirrors, mirrorBy, destination } = await optionsOf(
      'dist',
      's3://site/p region=eu-west-1 invalidate=E2EXAMPLE',
      's3://far/p region=ap-southeast-1 storage-class=STANDARD_IA',
      '--mirror',
      's3://third/q',
      '--mirror-by',
      'copy',
      '--storage-class',
      'GLACIER_IR',
    );
    expect(destination.bucket).toBe('site');
    expect(mirrorBy).toBe('copy');
    expect(mirrors).toMatchObject([
      {
        destination: { bucket: 'far', prefix: 'p/' },
        connection: { region: 'ap-southeast-1' },
        writeHeaders: { storageClass: 'STANDARD_IA' },
      },
      { destination: { bucket: 'third', prefix: 'q/' }, writeHeaders: { storageClass: 'GLACIER_IR' } },
    ]);
    expect(mirrors.map(({ invalidation }) => invalidation)).toEqual([undefined, undefined]);
    expect(mirrors[1]?.connection.region).toBeUndefined();
    expect(new Set(mirrors.map(({ index }) => JSON.stringify(index))).size).toBe(2);
  });

  test('one run on several machines', async () => {
    const plan = ['--plan-file', 'plan.jsonl'];
    expect(await optionsOf('plan', 'dist', 's3://site/p', ...plan)).toMatchObject({
      command: 'plan',
      dryRun: true,
    });
    const apply = await optionsOf(
      'apply',
      'dist',
      's3://site/p',
      ...plan,
      '--shard',
      '1/2',
      '--results',
      'r',
    );
    expect(apply).toMatchObject({ command: 'apply', sharding: { shard: { number: 1, of: 2 } } });
    const results = ['--results', 'r1', '--results', 'r2'];
    expect(await optionsOf('publish', 's3://site/p', ...plan, ...results)).toMatchObject({
      command: 'publish',
      destination: { bucket: 'site', prefix: 'p/' },
      tree: { patterns: [] },
    });
  });

  test.each([
    [[], /^error: nothing was given to publish/],
    [['dist'], /^error: dist says what to publish, but not where to/],
    [['s3://site'], /^error: s3:\/\/site is one place, and two are needed/],
    [['sync', 's3://site'], /and two are needed/],
    [['dist', 'site'], /^error: site is no destination: it begins with s3:\/\//],
    [['dist', 's3://site', '--path', 'x'], /^error: dist s3:\/\/site and --path were given/],
    [['dist', '--bucket', 'site'], /^error: dist and --bucket were given/],
    [['a', 'b', 's3://site'], /^error: one DIR can be given, and behind it places that begin with s3:\/\//],
    [['cp', 'dist', 's3://site'], /^error: cp is no command here: write sync, or nothing/],
    [['s3', 'sync', 'dist', 's3://site'], /^error: s3 sync is no command here/],
    [['s3', 'dist', 's3://site'], /^error: s3 is no command here/],
    [['dist', 's3://site', 'region=eu-west-1'], /words behind the destination stand in one argument with it/],
    [['plan', 's3://site'], /^error: s3:\/\/site is one place, and two are needed/],
    [['publish', 's3://site/p', 's3://site/q'], /^error: publish takes one destination/],
    [['check', 's3://site'], /^error: s3:\/\/site is one place, and two are needed/],
    [['check'], /^error: nothing was given to/],
  ])('%j: exit 2 with the table', async (argv, message) => {
    const { exit, err, out } = await cli(argv);
    expect(exit).toBe(2);
    expect(err).toMatch(message);
    expect(err).toMatch(
      /\n {2}s3-dedup-sync \[sync\] DIR s3:\/\/bucket\/prefix \[s3:\/\/mirror\/prefix \.\.\.\]\n {2}s3-dedup-sync \[sync\] --path/,
    );
    expect(out).toBe('');
  });
});

describe('remove', () => {
  test.each([
    [['remove', 's3://site/pr-1']],
    [['remove', '--bucket', 'site', '--prefix', 'pr-1']],
    [['remove', '--bucket', 's3://site/pr-1']],
    [['remove', 's3://site', '--prefix', 'pr-1/']],
    [['--dry-run', 'remove', 's3://site/pr-1']],
  ])('%j', async (argv) => {
    const { command, destination, tree, deletes } = await optionsOf(...argv);
    expect(command).toBe('remove');
    expect(destination).toEqual({ bucket: 'site', prefix: 'pr-1/' });
    expect(tree.patterns).toEqual([]);
    expect(deletes).toMatchObject({ deleteAfter: true, maxDelete: { kind: 'none' } });
  });

  test('a directory of that name is published as ./remove', async () => {
    const { command, tree } = await optionsOf('./remove', 's3://site/p');
    expect([command, tree.patterns.map(({ searchPath }) => searchPath)]).toEqual(['sync', ['/work/remove']]);
  });

  test.each([
    [['remove'], /^error: nothing was given to remove/],
    [['remove', 'site'], /^error: site is no destination: it begins with s3:\/\//],
    [['remove', 'dist', 's3://site/p'], /^error: dist is no destination/],
    [
      ['remove', 's3://site/a', 's3://site/b'],
      /^error: remove takes one destination, 2 arguments were given/,
    ],
    [['remove', 's3://site/a', '--bucket', 'site'], /^error: s3:\/\/site\/a and --bucket were given/],
  ])('%j: exit 2 with the table', async (argv, message) => {
    const { exit, err, options } = await cli(argv);
    expect([exit, options]).toEqual([2, undefined]);
    expect(err).toMatch(message);
    expect(err).toMatch(/\n {2}s3-dedup-sync remove s3:\/\/bucket\/prefix\n/);
  });

  test.each([
    [
      ['remove', 's3://site'],
      4,
      /^error: s3:\/\/site has no prefix, and remove empties a prefix, never a whole/,
    ],
    [['remove', 's3://site/'], 4, /has no prefix/],
    [['remove', '--bucket', 'site', '--prefix', '/'], 4, /has no prefix/],
    [['remove', 's3://site/p', '--whole-bucket'], 4, /^error: --whole-bucket was given, and remove/],
    [['remove', 's3://site/p', '--path', 'x'], 2, /^error: --path was given, and remove does not heed it/],
    [['remove', 's3://site/p', '--delete-after=false'], 2, /^error: --delete-after was given/],
    [
      ['remove', 's3://site/p storage-class=STANDARD'],
      2,
      /^error: --storage-class was given.* without --lock/,
    ],
    [['remove', 's3://site/p', '--max-delete', 'all'], 2, /^error: --max-delete: "all" was given/],
  ])('%j is refused in one line with %d', async (argv, status, message) => {
    const { exit, err, options } = await cli(argv);
    expect([exit, options]).toEqual([status, undefined]);
    expect(err).toMatch(message);
    expect(err.trimEnd()).not.toContain('\n');
  });
});

describe('options', () => {
  const base = ['dist', 's3://site/p'];

  test('a bare flag means true and takes no argument from what follows', async () => {
    expect(await optionsOf('--dry-run', '--delete-after', ...base)).toMatchObject({
      dryRun: true,
      deletes: { deleteAfter: true },
    });
    expect((await optionsOf('--dry-run=false', ...base)).dryRun).toBe(false);
    expect((await optionsOf('--delay-updates', ...base)).delayUpdates).toBe(true);
    expect((await optionsOf('--delay-updates', 'best-effort', ...base)).delayUpdates).toBe('best-effort');
    expect((await optionsOf('--delay-updates=false', ...base)).delayUpdates).toBe(false);
    expect((await optionsOf('--force-path-style', ...base)).connection.forcePathStyle).toBe(true);
    expect((await optionsOf('--force-path-style=false', ...base)).connection.forcePathStyle).toBe(false);
    expect((await optionsOf(...base)).connection).not.toHaveProperty('forcePathStyle');
  });

  test('lists are repeated, accounts also separated by commas', async () => {
    const { tree, connection } = await optionsOf(
      ...base,
      '--exclude=*.map',
      '--exclude',
      '/private/',
      '--allowed-account-id',
      '123456789012,210987654321',
      '--allowed-account-id=000000000000',
    );
    expect(tree.excludes).toEqual(['*.map', '/private/']);
    expect(connection.allowedAccountIds).toEqual(['123456789012', '210987654321', '000000000000']);
  });

  test('what is a text of lines goes on where it is given again', async () => {
    const { headers } = await optionsOf(
      ...base,
      '--headers',
      '/*\n  Cache-Control: max-age=60',
      '--headers=/assets/*\n  Content-Language: de',
    );
    expect(headers.rules.map(({ pattern }) => pattern.test('/a.css'))).toEqual([true, false]);
  });

  test('behind -- nothing is an option', async () => {
    const { tree } = await optionsOf('--', '--dry-run', 's3://site');
    expect(tree.patterns).toMatchObject([{ searchPath: '/work/--dry-run' }]);
  });

  test.each([
    [['--exlude', 'x'], /^error: unknown option '--exlude' \(Did you mean --exclude\?\)/],
    [['--summary', 'never'], /^error: unknown option '--summary'/],
    [['--delete'], /^error: unknown option '--delete': write --delete-after \(--help/],
    [
      ['--cache-control', 'max-age=60'],
      /^error: unknown option '--cache-control': write a rule, as --headers \$'\/\*\\n {2}Cache-Control: max-age=60'/,
    ],
    [['--tagging', 'a=b'], /: write a rule, as --headers \$'\/\*\\n {2}x-amz-tagging: NAME=VALUE' \(--help/],
    [
      ['--content-type', 'text/html'],
      /: write a rule, as .*\\n {2}Content-Type: text\/plain', or --headers-file/,
    ],
    [['--no-overwrite'], /'--no-overwrite': there is no such mode, .* --exclude what is to stay \(--help/],
    [['--ignore-existing'], /: there is no such mode, as an object whose content differs is replaced/],
    [
      ['--include=*.html'],
      /^error: unknown option '--include[^']*': the last --exclude that matches counts, .* !\/assets\/\*\* for assets\/\*/,
    ],
    [
      ['--size-only'],
      /^error: unknown option '--size-only': leave it out: contents are compared, never times/,
    ],
    [
      ['--rexclude', '^a'],
      /^error: unknown option '--rexclude': it takes regular expressions: write --exclude/,
    ],
    [['--watch'], /^error: unknown option '--watch': leave it out, and run it again/],
    [['-n'], /^error: unknown option '-n': write --dry-run/],
    [['--bucket'], /^error: option '--bucket <BUCKET>' argument missing/],
    [[...base, '--dry-run=maybe'], /^error: --dry-run: "maybe" was given; allowed: true, false\n$/],
    [[...base, '--index', 'cache'], /^error: --index: "cache" was given/],
    [[...base, '--sse', 'x'], /^error: --sse: "x" was given; allowed: AES256/],
  ])('%j is a usage error of one line', async (argv, message) => {
    const { exit, err, out } = await cli(argv);
    expect(exit).toBe(2);
    expect(err).toMatch(message);
    expect(err.trimEnd()).not.toContain('\n');
    expect(out).toBe('');
  });

  test('a guard that refuses what is asked ends with 4', async () => {
    const { exit, err } = await cli(['dist', 's3://site', '--delete-after']);
    expect(exit).toBe(4);
    expect(err).toMatch(/^error: --delete-after without a prefix/);
  });
});

describe('what is said', () => {
  const sync: Engine['sync'] = async (_, { emit }) => {
    emit(outcome(upload('p/a\n::error::x', 10)));
    emit({ type: 'message', level: 'warning', message: 'careful' });
    return { report: destinationReport(), exit: 0 };
  };

  test('the log goes to standard output, warnings to standard error', async () => {
    const { out, err } = await cli(['dist', 's3://site/p'], { sync });
    expect(out).toMatch(/^s3-dedup-sync\/.*: dist → s3:\/\/site\/p\/\nCredentials: environment; eu-west-1\n/);
    expect(out).toContain('  "p/a\\n::error::x" (10 B, new)\n');
    expect(err).toBe('warning: careful\n');
  });

  test.each([
    [{ TERM: 'xterm', NO_COLOR: '' }, true],
    [{ TERM: 'dumb' }, false],
    [{ NO_COLOR: '1' }, false],
  ])('%j: a bar is drawn: %p', async (env, isDrawn) => {
    let drawn = '';
    const bar = {
      isTTY: true,
      columns: 120,
      write: (text: string) => {
        drawn += text;
        return true;
      },
      cursorTo: () => true,
      clearLine: () => true,
      on() {},
      once() {},
      removeListener() {},
    } as unknown as NodeJS.WriteStream;
    const slow: Engine['sync'] = async (_, { emit }) => {
      emit({ type: 'progress', progress: { phase: 'execute', files: 1, filesTotal: 2, bytes: 0 } });
      return { report: destinationReport(), exit: 0 };
    };
    await cli(['dist', 's3://site/p'], { sync: slow }, { env, bar });
    expect(drawn !== '').toBe(isDrawn);
  });

  test('--json writes events and nothing else', async () => {
    const { out, err, exit } = await cli(['dist', 's3://site/p', '--json'], { sync });
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ type }) => type)).toEqual(['start', 'identity', 'outcome', 'message', 'end']);
    expect(events[2].outcome.step.file).toEqual({ name: 'p/a\n::error::x', size: 10 });
    expect(events.at(-1)).toMatchObject({ status: 'done', exit: 0 });
    expect([err, exit]).toEqual(['', 0]);
  });

  test('--json tells the end of a run that could not begin, too', async () => {
    const { out, err, exit } = await cli(['dist', '--json']);
    expect(exit).toBe(2);
    expect(JSON.parse(out)).toMatchObject({
      type: 'end',
      exit: 2,
      status: 'failed',
      error: { code: 'usage' },
    });
    expect(err).toMatch(/^error: dist says/);
  });

  test('--json tells of inputs that are wrong whether a dry run was asked for, however that is spelled', async () => {
    for (const [flag, dryRun] of [
      ['--dry-run', true],
      ['--dry-run=True', true],
      ['--dry-run=False', false],
    ] as const) {
      for (const wrong of ['--sse=x', '--unknown']) {
        const { out } = await cli(['--json', 'dist', 's3://site/p', flag, wrong]);
        expect(JSON.parse(out)).toMatchObject({ type: 'end', exit: 2, dryRun });
      }
    }
  });

  test('--json tells the end of arguments that are wrong, wherever among them it stands', async () => {
    for (const argv of [
      ['dist', 's3://site/p', '--jso', '--json'],
      ['--json', 'dist', 's3://site/p', '--dry-run', '--prefix'],
    ]) {
      const { out, err, exit } = await cli(argv);
      expect(exit).toBe(2);
      expect(JSON.parse(out)).toMatchObject({
        type: 'end',
        exit: 2,
        status: 'failed',
        dryRun: argv.includes('--dry-run'),
        error: {
          code: 'usage',
          message: expect.stringMatching(/^(unknown option|option '--prefix).*--help/),
        },
      });
      expect(err).toMatch(/^error: [^\n]+ \(--help lists all options\)\n$/);
    }
    expect(await cli(['dist', '--jso', '--', '--json'])).toMatchObject({ exit: 2, out: '' });
  });

  test.each([
    [['dist', 's3://site/p', '--max-delete', 'x', '--report', 'r.json'], 'failed'],
    [['dist', 's3://site', '--report=r.json', '--delete-after'], 'refused'],
    [['dist', 's3://site/p', '--report', 'other.json', '--report', 'r.json', '--bogus'], 'failed'],
    [['dist', 's3://site/p', '--report=r.json', '--bogus'], 'failed'],
    [['dist', 's3://site/p', '--report=~/r.json', '--bogus'], 'failed'],
    [['dist', 's3://site/p', '--bogus', '--report', '--json'], undefined],
    [['dist', 's3://site/p', '--bogus', '--', '--report=r.json'], undefined],
  ])('a run that could not begin has the report that it was asked for: %j', async (argv, status) => {
    const cwd = await mkdtemp(join(tmpdir(), 's3ds-cli-'));
    await cli(argv, {}, { cwd: () => cwd, home: cwd });
    const found = await readdir(cwd);
    expect(found).toEqual(status === undefined ? [] : ['r.json']);
    for (const name of found)
      expect(JSON.parse(await readFile(join(cwd, name), 'utf8'))).toMatchObject({ status });
    await rm(cwd, { recursive: true });
  });

  test('a run that could not begin, as its directory is gone, says so, whatever report it was asked for', async () => {
    const cwd = (): never => {
      throw new SyncError('usage', EXIT.usage, 'gone');
    };
    const argv = ['dist', 's3://site/p', '--report', 'r.json'];
    expect(await cli(argv, {}, { cwd })).toMatchObject({ exit: 2, err: 'error: gone\n' });
  });

  test('a failed run says why, last and in one line', async () => {
    const openStore = async (): Promise<never> => {
      throw new SyncError('no-credentials', EXIT.usage, 'no credentials\n::error::x');
    };
    const { exit, err, out } = await cli(['dist', 's3://site/p'], { openStore });
    expect(exit).toBe(2);
    expect(err).toBe('error: no credentials ::error::x\n');
    expect(out).toMatch(/\nFailed, nothing was written, in [\d.]+ s\n$/);
  });

  test('--detailed-exitcode', async () => {
    const totals = { ...destinationReport().totals, uploaded: { files: 1, bytes: 1 } };
    const would: Engine['sync'] = async () => ({
      report: destinationReport({ status: 'planned', totals }),
      exit: 0,
    });
    expect(
      (await cli(['dist', 's3://site/p', '--dry-run', '--detailed-exitcode'], { sync: would })).exit,
    ).toBe(6);
    expect((await cli(['dist', 's3://site/p', '--dry-run'], { sync: would })).exit).toBe(0);
  });
});
