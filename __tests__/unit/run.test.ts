import { EventEmitter } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { NO_TOTALS } from '../../src/console/totals.js';
import { EXIT, type ExitCode, SyncError } from '../../src/model/errors.js';
import type { Event, RunEnded } from '../../src/model/events.js';
import { type ObjectKey, parsePrefix } from '../../src/model/object-key.js';
import type { CopyFrom, SyncOptions } from '../../src/model/options.js';
import type { Report, ReportStep } from '../../src/model/report.js';
import { abortOnSignals, commitOf, type Engine, run, type Shell } from '../../src/run.js';
import type { IndexStorage } from '../../src/sync/ports.js';
import { destinationReport, fakeEngine, opened, storage } from './console/fake-engine.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'run-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const options: SyncOptions = {
  command: 'sync',
  tree: {
    patterns: [
      {
        text: 'dist',
        base: '/w/dist',
        glob: '',
        searchPath: '/w/dist',
        directoriesOnly: false,
        negate: false,
      },
      {
        text: '!dist/x',
        base: '/w',
        glob: 'dist/x',
        searchPath: '/w/dist/x',
        directoriesOnly: false,
        negate: true,
      },
    ],
    root: undefined,
    excludes: [],
    includeGit: false,
    symlinks: 'inside',
    ifNoFilesFound: 'error',
  },
  destination: { bucket: 'site', prefix: parsePrefix('p') },
  connection: {
    allowedAccountIds: [],
    expectedBucketOwner: '123456789012',
    requesterPays: false,
    concurrency: 'auto',
    maxAttempts: 5,
    connectTimeoutMs: 1,
    readTimeoutMs: 1,
  },
  writeHeaders: { acl: 'public-read' },
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
  overwrite: 'if-unchanged',
  mirrors: [],
  mirrorBy: 'auto',
  mirrorsAtomic: false,
  delayUpdates: false,
  publishLast: ['default'],
  lock: false,
  abortUploadsAfterMs: 1,
  preserve: false,
  index: { kind: 'none' },
  dryRun: false,
  read: false,
  report: undefined,
  summary: 'always',
  summaryTitle: '',
  logLevel: 'info',
};

interface Ran {
  readonly exit: ExitCode;
  readonly events: readonly Event[];
  readonly failures: readonly string[];
  readonly report: Report;
  readonly ended: RunEnded;
}

async function runWith(
  changes: Partial<SyncOptions> = {},
  engine: Partial<Engine> = {},
  shell: Partial<Shell> = {},
  signal = new AbortController().signal,
): Promise<Ran> {
  const events: Event[] = [];
  const failures: string[] = [];
  const finished: { report: Report; ended: RunEnded }[] = [];
  let time = Date.UTC(2026, 0, 1);
  const exit = await run(
    { ...options, ...changes },
    {
      emit: (event) => void events.push(event),
      env: { CI_COMMIT_SHA: 'abcdef1' },
      now: () => (time += 500),
      detailedExit: false,
      finish: async (report, ended) => void finished.push({ report, ended }),
      fail: (message, status) => void failures.push(`${status} ${message}`),
      ...shell,
    },
    signal,
    fakeEngine(engine),
  );
  const last = events.at(-1);
  if (last?.type !== 'end') throw new Error('the last event is not the end');
  const report = finished[0]?.report ?? ({} as Report);
  return { exit, events, failures, report, ended: last };
}

const failing = (error: unknown) => async (): Promise<never> => {
  throw error;
};

test('a run that goes well: who, what, and the end', async () => {
  const { exit, events, failures, report } = await runWith();
  expect(exit).toBe(0);
  expect(failures).toEqual([]);
  expect(events.map(({ type }) => type)).toEqual(['start', 'identity', 'end']);
  expect(events[0]).toEqual({
    type: 'start',
    command: 'sync',
    dryRun: false,
    url: 's3://site/p/',
    roots: ['dist'],
  });
  expect(report).toMatchObject({
    version: 1,
    tool: expect.stringMatching(/^s3-dedup-sync\/\d/),
    command: 'sync',
    dryRun: false,
    status: 'done',
    startedAt: '2026-01-01T00:00:00.500Z',
    identity: { source: 'environment' },
    commit: 'abcdef1',
    warnings: [],
    destinations: [{ url: 's3://site/p/' }],
  });
  expect(report).not.toHaveProperty('error');
});

test('a clock that is set while it goes changes no duration: its end is its beginning and what it took', async () => {
  let time = Date.UTC(2026, 0, 1, 12);
  const now = (): number => (time -= 3_600_000);
  const mirrors = [{ ...options, destination: { bucket: 'mirror', prefix: parsePrefix('p') } }];
  const { ended, report } = await runWith({ mirrors }, {}, { now });
  const { startedAt, endedAt, destinations } = report;
  const took = (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
  expect(startedAt).toBe('2026-01-01T11:00:00.000Z');
  for (const seconds of [took, ended.seconds, ...destinations.map(({ seconds }) => seconds)]) {
    expect(seconds).toBeGreaterThanOrEqual(0);
    expect(seconds).toBeLessThan(60);
  }
});

test('CloudFront is reached when something is to be invalidated, and the end says what was', async () => {
  const invalidation = {
    distribution: 'E2EXAMPLE',
    newKeys: false,
    mapping: { stripPrefix: '', addPrefix: '' },
    maxPaths: 3,
    wait: false,
  };
  const sent = { distribution: 'E2EXAMPLE', paths: ['/*'], id: 'I1', status: 'sent' } as const;
  const engine = fakeEngine({
    sync: async () => ({ report: destinationReport({ invalidation: sent }), exit: 0 as const }),
  });
  const { ended } = await runWith({ invalidation }, engine);
  expect(ended.invalidationIds).toEqual(['I1']);
  expect(engine.openInvalidator.mock.calls).toEqual([
    [expect.anything(), 'E2EXAMPLE', 'eu-west-1', expect.anything()],
  ]);
  expect(engine.sync.mock.calls[0]?.[1].invalidator?.distribution).toBe('E2EXAMPLE');

  for (const changes of [{}, { invalidation, dryRun: true }]) {
    const idle = fakeEngine();
    expect((await runWith(changes, idle)).ended).not.toHaveProperty('invalidationIds');
    expect(idle.openInvalidator).not.toHaveBeenCalled();
    expect(idle.sync.mock.calls[0]?.[1]).not.toHaveProperty('invalidator');
  }
});

test('warnings reach the report', async () => {
  const { report } = await runWith(
    {},
    {
      sync: async (_, { emit }) => {
        emit({ type: 'message', level: 'warning', message: 'careful' });
        emit({ type: 'message', level: 'notice', message: 'by the way' });
        return { report: destinationReport(), exit: 0 };
      },
    },
  );
  expect(report.warnings).toEqual(['careful']);
});

describe('exit status and failure', () => {
  const steps: readonly ReportStep[] = [
    {
      key: 'p/a',
      action: 'upload',
      reason: 'new',
      rank: 0,
      bytes: 1,
      outcome: 'failed',
      error: { code: 'server-error', message: 'p/a: 500' },
    },
  ];

  test.each([1, 2, 4, 5, 129, 130, 143] as const)(
    "%d of the engine is the run's, and is said once",
    async (exit) => {
      const error = { code: 'internal', message: 'why' } as const;
      const ran = await runWith(
        {},
        { sync: async () => ({ report: destinationReport({ status: 'failed', error }), exit }) },
      );
      expect(ran.exit).toBe(exit);
      expect(ran.failures).toEqual([`${exit} why`]);
      expect(ran.report.error).toEqual(error);
      expect(ran.ended).toMatchObject({ exit, error });
    },
  );

  test('failed files fail the run by name (R5)', async () => {
    const totals = { ...NO_TOTALS, failed: { files: 1, bytes: 1 } };
    const one = await runWith(
      {},
      { sync: async () => ({ report: destinationReport({ status: 'failed', totals, steps }), exit: 1 }) },
    );
    expect(one.failures).toEqual(['1 1 file failed: p/a: 500']);
    // Whoever reads events or the report alone is told as well.
    const error = { code: 'server-error', message: '1 file failed: p/a: 500' };
    expect([one.ended.error, one.report.error]).toEqual([error, error]);
    const two = { ...totals, failed: { files: 2, bytes: 1 } };
    const more = await runWith(
      {},
      { sync: async () => ({ report: destinationReport({ totals: two, steps }), exit: 1 }) },
    );
    expect(more.failures).toEqual(['1 2 files failed, the first: p/a: 500']);
  });

  test('a dry run that would change something ends with 6 where that is asked for', async () => {
    const totals = { ...NO_TOTALS, deleted: { files: 1, bytes: 1 } };
    const sync: Engine['sync'] = async () => ({
      report: destinationReport({ status: 'planned', totals }),
      exit: 0,
    });
    const would = await runWith({ dryRun: true }, { sync }, { detailedExit: true });
    expect([would.exit, would.ended.exit, would.failures]).toEqual([6, 6, []]);
    const plain = await runWith({ dryRun: true }, { sync });
    expect([plain.exit, plain.ended]).toEqual([0, expect.objectContaining({ exit: 0, isUntouched: true })]);
    expect((await runWith({ dryRun: false }, { sync }, { detailedExit: true })).exit).toBe(0);
    expect((await runWith({ dryRun: true }, {}, { detailedExit: true })).exit).toBe(0);
  });

  test('outputs or a summary that cannot be written fail a run that went well, and hide no other failure', async () => {
    const finish = failing(new Error('disk full'));
    expect((await runWith({}, {}, { finish })).failures).toEqual([
      '1 outputs or summary could not be written: disk full; everything else was done',
    ]);
    const refused = failing(new SyncError('no-credentials', EXIT.usage, 'none'));
    const both = await runWith({}, { openStore: refused }, { finish });
    expect([both.exit, both.failures]).toEqual([2, ['2 none']]);
  });
});

describe('a store that cannot be opened', () => {
  test('is a report like any other (R8)', async () => {
    const { exit, report, failures } = await runWith(
      { report: join(directory, 'r.json') },
      { openStore: failing(new SyncError('no-credentials', EXIT.usage, 'no credentials: set them')) },
    );
    expect(exit).toBe(2);
    expect(failures).toEqual(['2 no credentials: set them']);
    expect(JSON.parse(await readFile(join(directory, 'r.json'), 'utf8'))).toEqual(report);
    expect(report).toMatchObject({
      status: 'failed',
      error: { code: 'no-credentials', message: 'no credentials: set them' },
      destinations: [{ url: 's3://site/p/', status: 'failed', totals: NO_TOTALS, steps: [] }],
    });
    expect(report).not.toHaveProperty('identity');
  });

  test('is a refusal where a guard refused', async () => {
    const { report } = await runWith(
      {},
      { openStore: failing(new SyncError('whole-bucket', EXIT.refused, 'no')) },
    );
    expect(report.status).toBe('refused');
  });

  test('is a cancellation where the run was stopped meanwhile, whatever was thrown', async () => {
    const stop = new AbortController();
    const openStore = async (): Promise<never> => {
      stop.abort(new SyncError('cancelled', EXIT.terminated, 'cancelled by SIGTERM'));
      throw new SyncError('no-credentials', EXIT.usage, 'aborted');
    };
    const { exit, report, failures } = await runWith({}, { openStore }, {}, stop.signal);
    expect([exit, report.status, failures]).toEqual([143, 'cancelled', ['143 cancelled by SIGTERM']]);
  });

  test('is not even tried after the run was stopped', async () => {
    const engine = fakeEngine();
    const signal = AbortSignal.abort(new SyncError('cancelled', EXIT.interrupted, 'cancelled'));
    const { exit } = await runWith({}, engine, {}, signal);
    expect(exit).toBe(130);
    expect(engine.openStore).not.toHaveBeenCalled();
  });
});

test('what should not happen asks for a report, with its stack in the debug log alone', async () => {
  const { exit, failures, events } = await runWith(
    {},
    { sync: failing(new TypeError('x is not a function')) },
  );
  expect(exit).toBe(1);
  expect(failures).toHaveLength(1);
  expect(failures[0]).toMatch(
    /^1 internal error: x is not a function\. .*please report it.*log-level: debug$/,
  );
  const said = events.filter((event) => event.type === 'message');
  expect(said).toEqual([
    { type: 'message', level: 'debug', message: expect.stringMatching(/TypeError: x is[\s\S]*run\.test/) },
  ]);
});

describe('the report', () => {
  test('is JSON Lines when its name says so', async () => {
    const { ended } = await runWith({ report: join(directory, 'r.jsonl') });
    expect(ended.report).toBe(join(directory, 'r.jsonl'));
    expect(await readFile(join(directory, 'r.jsonl'), 'utf8')).toMatch(/^\{.*\}\n$/);
  });

  test.each(['file/r.json', '.', 'file/not/there/r.json'])(
    'that could never be written is told before anything is asked or made: %s',
    async (name) => {
      await writeFile(join(directory, 'file'), '');
      const engine = fakeEngine();
      const path = join(directory, name);
      const mirrors = [{ ...options, destination: { bucket: 'site', prefix: parsePrefix('q') } }];
      const { exit, report, failures, ended } = await runWith({ report: path, mirrors }, engine);
      expect(exit).toBe(2);
      expect(engine.openStore).not.toHaveBeenCalled();
      expect(report).toMatchObject({ status: 'failed', error: { code: 'report-not-written' } });
      expect(failures).toEqual([
        expect.stringMatching(
          /^2 report: [^ ]* cannot be written \(.*\): check the directory and its permissions$/,
        ),
      ]);
      expect(ended).toMatchObject({ exit: 2, isUntouched: true });
      expect(ended).not.toHaveProperty('report');
      expect(await readdir(directory)).toEqual(['file']);
    },
  );

  const OLDER = '{"version":1,"tool":"s3-dedup-sync/0.9.0"}';

  test('that would replace a file which is none is told before anything is asked or made', async () => {
    const path = join(directory, 'index.html');
    await writeFile(path, '<!doctype html>');
    const engine = fakeEngine();
    const { exit, failures } = await runWith({ report: path }, engine);
    expect([exit, failures]).toEqual([
      2,
      [
        `2 report: ${path} cannot be written (what lies there is no report of this tool): name another place, or delete it`,
      ],
    ]);
    expect(engine.openStore).not.toHaveBeenCalled();
    expect(await readFile(path, 'utf8')).toBe('<!doctype html>');
    expect(await readdir(directory)).toEqual(['index.html']);
  });

  test('replaces no file that came there while the run went on, as by a download', async () => {
    const path = join(directory, 'r.json');
    const sync: Engine['sync'] = async () => {
      await writeFile(path, 'downloaded');
      return { report: destinationReport(), exit: 0 };
    };
    const { exit, failures } = await runWith({ report: path }, { sync });
    expect([exit, failures]).toEqual([
      1,
      [
        `1 report: ${path} cannot be written (what lies there is no report of this tool); everything else was done: name another place, or delete it`,
      ],
    ]);
    expect(await readFile(path, 'utf8')).toBe('downloaded');
  });

  test('of an earlier run is gone while a run goes on, which may be killed', async () => {
    const path = join(directory, 'r.json');
    await writeFile(path, OLDER);
    let meanwhile: unknown;
    await runWith(
      { report: path },
      {
        sync: async () => {
          meanwhile = await readdir(directory);
          return { report: destinationReport(), exit: 0 };
        },
      },
    );
    expect(meanwhile).toEqual([]);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ status: 'done' });
  });

  test('that can no longer be written fails the run, and says that everything else was done', async () => {
    const path = join(directory, 'r.json');
    const sync: Engine['sync'] = async () => {
      await mkdir(path);
      return { report: destinationReport(), exit: 0 };
    };
    const { exit, report, failures, ended } = await runWith({ report: path }, { sync });
    expect(exit).toBe(1);
    expect(report).toMatchObject({ status: 'failed', error: { code: 'report-not-written' } });
    expect(failures).toEqual([
      `1 report: ${path} cannot be written (it is not a regular file); everything else was done: check the disk, the directory and its permissions`,
    ]);
    expect(ended).not.toHaveProperty('report');
  });

  test('that cannot be written is said beside the failure that the run has anyway', async () => {
    const path = join(directory, 'r.json');
    const openStore = async (): Promise<never> => {
      await mkdir(path);
      throw new SyncError('no-such-bucket', EXIT.usage, 'no bucket');
    };
    const { exit, failures, events } = await runWith({ report: path }, { openStore });
    expect([exit, failures]).toEqual([2, ['2 no bucket']]);
    expect(events).toContainEqual({
      type: 'message',
      level: 'error',
      message: expect.stringMatching(/^report: .* \(it is not a regular file\): check/),
    });
  });

  test('says the commit where CI does', () => {
    expect(commitOf({ GITHUB_SHA: 'a'.repeat(40), CI_COMMIT_SHA: 'b'.repeat(40) })).toBe('a'.repeat(40));
    expect(commitOf({ GIT_COMMIT: 'not a commit' })).toBeUndefined();
    expect(commitOf({})).toBeUndefined();
  });
});

describe('places to copy from', () => {
  const place = (bucket: string): CopyFrom => ({
    place: { bucket, prefix: parsePrefix('v1') },
    requesterPays: false,
  });
  const copies = { from: [place('releases'), place('far')], minSize: 0 };
  const mirrorAt = (endpointUrl: string): SyncOptions => ({
    ...options,
    copies,
    destination: { bucket: 'far', prefix: parsePrefix('m') },
    connection: { ...options.connection, endpointUrl },
  });
  const openStore: Engine['openStore'] = async ({ connection: { endpointUrl } }) => ({
    ...opened,
    endpoint: endpointUrl,
  });
  const ran = async (mirror: SyncOptions, open = openStore): Promise<[string[][], string[]]> => {
    const engine = fakeEngine({ openStore: open });
    const connection = { ...options.connection, endpointUrl: 'https://one.example' };
    const { events } = await runWith({ copies, connection, mirrors: [mirror] }, engine);
    const places = engine.sync.mock.calls.map(([, { copyFrom }]) => copyFrom.map(({ url }) => url));
    const notices = events.flatMap((event) =>
      event.type === 'message' && event.level === 'notice' ? `${event.at}: ${event.message}` : [],
    );
    return [places, notices];
  };

  test('are read by a mirror on the same service', async () => {
    const both = ['s3://releases/v1/', 's3://far/v1/'];
    expect(await ran(mirrorAt('https://one.example'))).toEqual([[both, both], []]);
  });

  test("on another service are none of a mirror's but those in its own bucket, and the run says so", async () => {
    expect(await ran(mirrorAt('https://two.example'))).toEqual([
      [['s3://releases/v1/', 's3://far/v1/'], ['s3://far/v1/']],
      [
        's3://far/m/: copy-from: nothing is copied from s3://releases/v1/, as this mirror is on another service than the first destination',
      ],
    ]);
  });

  test('are left out there too where the first destination is not reached', async () => {
    const away: Engine['openStore'] = async (asked, ...rest) => {
      if (asked.destination.bucket === 'site') throw new Error('away');
      return openStore(asked, ...rest);
    };
    expect(await ran(mirrorAt('https://two.example'), away)).toEqual([
      [['s3://far/v1/']],
      [expect.stringMatching(/nothing is copied from s3:\/\/releases\/v1\/,/)],
    ]);
  });
});

describe('the index', () => {
  const indexOf = (engine: ReturnType<typeof fakeEngine>): unknown => engine.sync.mock.calls[0]?.[1].index;
  const isOf = (own: IndexStorage) => ({ destination: 's3://site/p/', trust: own.trust });

  test('is none, a file, or what the shell has, and says whose it is', async () => {
    const own = storage();
    const engine = fakeEngine({ fileIndexStorage: async () => own });
    await runWith({}, engine);
    expect(indexOf(engine)).toBeUndefined();

    const file = fakeEngine({ fileIndexStorage: async () => own });
    await runWith({ index: { kind: 'file', path: '/x' } }, file);
    expect(file.fileIndexStorage).toHaveBeenCalledWith('/x', undefined);
    expect(indexOf(file)).toMatchObject(isOf(own));

    const cached = fakeEngine();
    const cacheStorage = jest.fn(async () => own);
    await runWith({ index: { kind: 'cache' } }, cached, { cacheStorage });
    expect(indexOf(cached)).toMatchObject(isOf(own));
  });

  test("is believed in the destination's bucket, and reached as the destination is", async () => {
    const engine = fakeEngine();
    await runWith({ index: { kind: 's3', bucket: 'site', key: 'k' } }, engine);
    expect(engine.openStore).toHaveBeenCalledTimes(1);
    expect(engine.objectIndexStorage).toHaveBeenCalledWith(
      opened.store,
      { bucket: 'site', key: 'k' as ObjectKey },
      true,
    );
  });

  test("is not believed in another bucket, which is neither the destination's owner's nor gets its headers", async () => {
    const engine = fakeEngine();
    await runWith({ index: { kind: 's3', bucket: 'other', key: 'k' } }, engine);
    expect(engine.openStore).toHaveBeenCalledTimes(2);
    const [second] = engine.openStore.mock.calls[1] ?? [];
    expect(second).toMatchObject({ destination: { bucket: 'other', prefix: '' }, writeHeaders: {} });
    expect(second?.connection).not.toHaveProperty('expectedBucketOwner');
    expect(engine.objectIndexStorage).toHaveBeenCalledWith(
      opened.store,
      { bucket: 'other', key: 'k' as ObjectKey },
      false,
    );
    await runWith({ index: { kind: 's3', bucket: 'other', key: 'k', region: 'us-west-2' } }, engine);
    expect(engine.openStore.mock.calls[3]?.[0].connection).toMatchObject({ region: 'us-west-2' });
  });

  test('of a mirror is reached as the first destination is, in its bucket with its owner and headers, elsewhere without', async () => {
    const first = {
      connection: { ...options.connection, region: 'eu-central-1', expectedBucketOwner: '123456789012' },
      writeHeaders: { sse: 'aws:kms', acl: 'private' },
    } as const;
    const mirrorTo = (bucket: string): SyncOptions => ({
      ...options,
      destination: { bucket: 'far', prefix: parsePrefix('m') },
      connection: { ...options.connection, region: 'auto', endpointUrl: 'https://far.example.com' },
      index: { kind: 's3', bucket, key: 'k.own' },
    });
    const index = { kind: 's3', bucket: 'site', key: 'k' } as const;
    const engine = fakeEngine();
    await runWith({ ...first, index, mirrors: [mirrorTo('site')] }, engine);
    const [, , third] = engine.openStore.mock.calls.map(([asked]) => asked);
    expect(third).toMatchObject({ ...first, destination: options.destination });
    const other = fakeEngine();
    await runWith({ ...first, index: { ...index, bucket: 'other' }, mirrors: [mirrorTo('other')] }, other);
    const apart = other.openStore.mock.calls
      .map(([asked]) => asked)
      .filter(({ destination }) => destination.bucket === 'other');
    expect(apart).toHaveLength(2);
    for (const { connection, writeHeaders } of apart) {
      expect(connection).toMatchObject({ region: 'eu-central-1' });
      expect(connection).not.toHaveProperty('endpointUrl');
      expect(connection).not.toHaveProperty('expectedBucketOwner');
      expect(writeHeaders).toEqual({});
    }
  });
});

test('destinations alone are asked whose credentials they are, and what any of the buckets says is said of its destination', async () => {
  const asked: string[] = [];
  const openStore: Engine['openStore'] = async ({ destination: { bucket } }, emit) => {
    emit({ type: 'message', level: 'debug', message: bucket });
    const whose = async () => {
      asked.push(bucket);
      return { source: 'environment' };
    };
    return { ...opened, whose };
  };
  const read: Pick<SyncOptions, 'copies' | 'source'> = {
    copies: {
      from: [{ place: { bucket: 'last', prefix: parsePrefix('p') }, requesterPays: false }],
      minSize: 0,
    },
    source: { place: { bucket: 'from', prefix: parsePrefix('p') }, connection: options.connection },
  };
  const mirror: SyncOptions = {
    ...options,
    ...read,
    destination: { bucket: 'far', prefix: parsePrefix('m') },
  };
  const all = { ...read, index: { kind: 's3', bucket: 'ours', key: 'k' }, mirrors: [mirror] } as const;
  const { exit, events } = await runWith(all, { openStore });
  expect(exit).toBe(0);
  expect(asked.sort()).toEqual(['far', 'site']);
  const said = events.flatMap((event) =>
    event.type === 'message' && event.level === 'debug' ? `${event.at} ${event.message}` : [],
  );
  expect(said.sort()).toEqual([
    's3://far/m/ far',
    's3://far/m/ from',
    's3://far/m/ last',
    's3://site/p/ from',
    's3://site/p/ last',
    's3://site/p/ ours',
    's3://site/p/ site',
  ]);
});

describe('signals', () => {
  function pretend(): {
    readonly process: EventEmitter;
    readonly exits: number[];
    readonly clock: { now: number };
    readonly stop: ReturnType<typeof abortOnSignals>;
  } {
    const process = new EventEmitter();
    const exits: number[] = [];
    const clock = { now: 0 };
    const target = process as unknown as Pick<NodeJS.Process, 'on' | 'off'>;
    return {
      process,
      exits,
      clock,
      stop: abortOnSignals(
        target,
        (code) => exits.push(code),
        () => clock.now,
      ),
    };
  }

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s stops the run in good order with %d', (name, exit) => {
    const { process, stop, exits } = pretend();
    process.emit(name);
    expect(stop.signal.reason).toMatchObject({ code: 'cancelled', exit });
    expect(exits).toEqual([]);
  });

  test('the runner sends SIGINT, then SIGTERM: the first counts', () => {
    const { process, stop, exits } = pretend();
    process.emit('SIGINT');
    process.emit('SIGTERM');
    process.emit('SIGTERM');
    expect(stop.signal.reason).toMatchObject({ exit: 130 });
    expect(exits).toEqual([]);
  });

  test('a second SIGINT ends at once; the echo that npm makes of the first does not', () => {
    const { process, exits, clock } = pretend();
    process.emit('SIGINT');
    clock.now = 5;
    process.emit('SIGINT');
    expect(exits).toEqual([]);
    clock.now = 1000;
    process.emit('SIGINT');
    expect(exits).toEqual([130]);
  });

  test('are let go of afterwards', () => {
    const { process, stop } = pretend();
    stop.dispose();
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    expect(signals.map((name) => process.listenerCount(name))).toEqual([0, 0, 0]);
  });
});
