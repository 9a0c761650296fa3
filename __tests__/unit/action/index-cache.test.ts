import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  type CacheService,
  type CacheSurroundings,
  loadCacheService,
  runnerCache,
  saveUnsaved,
} from '../../../src/action/index-cache.js';
import { indexName } from '../../../src/console/index-name.js';
import { EMPTY_INDEX } from '../../../src/model/digest-index.js';
import type { Event } from '../../../src/model/events.js';
import type { Prefix } from '../../../src/model/object-key.js';
import type { IndexStorage } from '../../../src/sync/ports.js';

const NAME = '0123456789abcdef0123456789abcdef';
const never = new AbortController().signal;

let temp: string;
let env: NodeJS.ProcessEnv;
let messages: string[];
let state: Map<string, string>;

beforeEach(async () => {
  temp = await mkdtemp(join(tmpdir(), 'cache-'));
  await mkdir(join(temp, 'workspace'));
  env = {
    RUNNER_TEMP: join(temp, '_temp'),
    GITHUB_WORKSPACE: join(temp, 'workspace'),
    GITHUB_RUN_ID: '42',
    GITHUB_RUN_ATTEMPT: '2',
  };
  messages = [];
  state = new Map();
});
afterEach(() => rm(temp, { recursive: true, force: true }));

function surroundings(service: Partial<CacheService> | Error): CacheSurroundings {
  return {
    env,
    emit: (event: Event) => {
      if (event.type === 'message') messages.push(`${event.level}: ${event.message}`);
    },
    saveState: (name, value) => void state.set(name, value),
    loadService: async () => {
      if (service instanceof Error) throw service;
      return {
        isFeatureAvailable: () => true,
        restoreCache: async () => undefined,
        saveCache: async () => 1,
        ...service,
      };
    },
  };
}

const indexStorage = (name: string, given: CacheSurroundings): IndexStorage => runnerCache(given)(name);

/** A restore that unpacks what `write` writes, where @actions/cache would. */
function restoring(write: (directory: string) => Promise<void>): Partial<CacheService> {
  return {
    restoreCache: async () => {
      await write(env.GITHUB_WORKSPACE ?? '');
      return 'key';
    },
  };
}

describe('restoring', () => {
  test("asks for the newest of the destination's caches, by one spelling of the path on every runner", async () => {
    const restoreCache = jest.fn<CacheService['restoreCache']>(async () => undefined);
    const storage = indexStorage(NAME, surroundings({ restoreCache }));
    expect(await storage.load(never)).toBeUndefined();
    expect(restoreCache).toHaveBeenCalledTimes(1);
    const [paths, key, restoreKeys, , crossOs] = restoreCache.mock.calls[0] ?? [];
    expect(paths).toEqual(['s3-dedup-sync.index']);
    expect(key).toMatch(new RegExp(`^s3ds-v1-${NAME}-42-2-[0-9a-f]{8}$`));
    expect(restoreKeys).toEqual([`s3ds-v1-${NAME}-`]);
    expect(crossOs).toBe(true);
    expect(messages).toEqual([]);
    expect(storage.trust).toEqual({ remote: false, local: false, grace: false });
  });

  test('answers the bytes of the one file, and keeps the archive out of the workspace', async () => {
    const storage = indexStorage(
      NAME,
      surroundings(
        restoring(async (directory) => {
          await writeFile(join(directory, 's3-dedup-sync.index'), 'bytes');
          await writeFile(join(directory, 'index.html'), 'forged');
        }),
      ),
    );
    expect((await storage.load(never))?.toString()).toBe('bytes');
    expect(env.GITHUB_WORKSPACE).toBe(join(temp, 'workspace'));
    expect(await readdir(join(temp, 'workspace'))).toEqual([]);
    expect(await readdir(join(temp, '_temp'))).toEqual([]);
  });

  test('a forged archive with a link, a pipe, a directory, a huge file or nothing in its place is no index, and the next save takes its place', async () => {
    const secret = join(temp, 'secret');
    await writeFile(secret, EMPTY_INDEX);
    const forged: readonly ((path: string) => unknown)[] = [
      (path) => symlink(secret, path),
      (path) => link(secret, path),
      (path) => execFileSync('mkfifo', [path]),
      (path) => mkdir(path),
      async (path) => {
        await writeFile(path, '');
        await truncate(path, 2 ** 40);
      },
      async () => undefined,
    ];
    for (const forge of forged) {
      messages = [];
      const write = async (directory: string): Promise<void> =>
        void (await forge(join(directory, 's3-dedup-sync.index')));
      let saved = '';
      const saveCache: CacheService['saveCache'] = async ([path = '']) => {
        saved = await readFile(path, 'utf8');
        return 1;
      };
      const storage = indexStorage(NAME, surroundings({ ...restoring(write), saveCache }));
      await expect(storage.load(never)).rejects.toThrow(/^it could not be restored \(/);
      // It would be the newest for good.
      await storage.save([Buffer.from('the next one')], never);
      expect(saved).toBe('the next one');
      expect(messages).toEqual([]);
    }
    expect(await readFile(secret)).toEqual(EMPTY_INDEX);
    expect(await readdir(join(temp, '_temp'))).toEqual([]);
  });

  test('what is no index does not get into the next cache with the lines of this run', async () => {
    for (const [bytes, kept] of [
      ['a secret of the runner\n', EMPTY_INDEX.toString()],
      [`${EMPTY_INDEX}a line\n`, `${EMPTY_INDEX}a line\n`],
    ] as const) {
      const write = (directory: string): Promise<void> =>
        writeFile(join(directory, 's3-dedup-sync.index'), bytes);
      const storage = indexStorage(NAME, surroundings(restoring(write)));
      expect((await storage.load(never))?.toString()).toBe(bytes);
      await storage.journal.append('of this run\n', never);
      const [left] = JSON.parse(state.get('index') ?? '') as { directory: string }[];
      expect(await readFile(join(left?.directory ?? '', 's3-dedup-sync.index'), 'utf8')).toBe(
        `${kept}of this run\n`,
      );
      await storage.journal.clear(never);
    }
  });

  test('whatever bucket and prefix are called, it lies in a directory of its own below the temporary one', async () => {
    for (const [bucket, prefix] of [
      ['../../b', ''],
      ['b', '../../../etc/'],
      ['/etc', 'x\0y/'],
      ['b', `${'x/'.repeat(2000)}`],
      ['..', '..\\..\\'],
    ] as const) {
      const name = indexName('http://../../e', { bucket, prefix: prefix as Prefix });
      expect(name).toMatch(/^[0-9a-f]{32}$/);
      const places: string[] = [];
      const saveCache: CacheService['saveCache'] = async ([path = '']) => places.push(await realpath(path));
      await indexStorage(name, surroundings({ saveCache })).save([Buffer.from('bytes')], never);
      const ours = join(await realpath(env.RUNNER_TEMP ?? ''), 's3-dedup-sync-');
      expect(places).toEqual([expect.stringMatching(/s3-dedup-sync\.index$/)]);
      expect(places[0]?.startsWith(ours)).toBe(true);
    }
    expect(await readdir(temp)).toEqual(['_temp', 'workspace']);
    expect(await readdir(join(temp, '_temp'))).toEqual([]);
  });

  test('is not waited for after the run was stopped', async () => {
    const stop = new AbortController();
    const storage = indexStorage(NAME, surroundings({ restoreCache: () => new Promise(() => {}) }));
    setTimeout(() => stop.abort(new Error('stopped')), 20);
    expect(await storage.load(stop.signal)).toBeUndefined();
    expect(messages).toEqual([]);
  });

  test('what is unpacked when nobody waits for it any more does not get into the workspace', async () => {
    const stop = new AbortController();
    const asked: string[] = [];
    let begun = (): void => undefined;
    const isAsked = new Promise<void>((resolve) => {
      begun = resolve;
    });
    let answer = (): void => undefined;
    const restoreCache: CacheService['restoreCache'] = async (_paths, key) => {
      asked.push(key);
      if (asked.length > 1) return undefined;
      begun();
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      await writeFile(join(env.GITHUB_WORKSPACE ?? '', 's3-dedup-sync.index'), 'late');
      return 'key';
    };
    const cache = runnerCache(surroundings({ restoreCache }));
    const first = cache(NAME).load(stop.signal);
    await isAsked;
    stop.abort(new Error('stopped'));
    expect(await first).toBeUndefined();
    // One call at a time, waited for or not.
    const second = cache('f'.repeat(32)).load(never);
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toHaveLength(1);
    answer();
    expect(await second).toBeUndefined();
    expect(asked).toHaveLength(2);
    expect(await readdir(join(temp, 'workspace'))).toEqual([]);
    expect(await readdir(join(temp, '_temp'))).toEqual([]);
    expect(env.GITHUB_WORKSPACE).toBe(join(temp, 'workspace'));
  });
});

describe('saving', () => {
  test('packs the file relative to a directory of its own, and puts everything back', async () => {
    const cwd = process.cwd();
    let saved = '';
    const saveCache = jest.fn<CacheService['saveCache']>(async ([path = '']) => {
      expect(process.cwd()).toBe(env.GITHUB_WORKSPACE);
      saved = await readFile(path, 'utf8');
      expect(state.get('index')).not.toBe('');
      return 7;
    });
    const storage = indexStorage(NAME, surroundings({ saveCache }));
    await storage.save([Buffer.from('bytes')], never);
    expect(saved).toBe('bytes');
    expect(saveCache.mock.calls[0]?.[1]).toMatch(new RegExp(`^s3ds-v1-${NAME}-42-2-[0-9a-f]{8}$`));
    expect(process.cwd()).toBe(cwd);
    expect(env.GITHUB_WORKSPACE).toBe(join(temp, 'workspace'));
    expect(await readdir(join(temp, '_temp'))).toEqual([]);
    expect(state.get('index')).toBe('');
    expect(messages).toEqual([]);
  });

  test('what is too long to be restored is not saved, and no part of it stays', async () => {
    const saveCache = jest.fn<CacheService['saveCache']>(async () => 1);
    const storage = indexStorage(NAME, surroundings({ saveCache }));
    const long = storage.save([EMPTY_INDEX, Buffer.alloc(320 * 1024 ** 2)], never);
    await expect(long).rejects.toThrow(/^it has more than 320 MiB, which would not be restored: /);
    expect(saveCache).not.toHaveBeenCalled();
    expect(state.get('index') ?? '').toBe('');
    expect(await readdir(join(temp, '_temp'))).toEqual([]);
  });

  test('two jobs of one run have different keys', async () => {
    const keys: string[] = [];
    const service = { saveCache: async (_: string[], key: string) => keys.push(key) };
    for (let i = 0; i < 2; i++)
      await indexStorage(NAME, surroundings(service)).save([Buffer.from('')], never);
    expect(new Set(keys).size).toBe(2);
  });

  test.each([
    ['says -1', async () => -1],
    [
      'throws, as without a token',
      async () => {
        throw new Error('Unable to get the ACTIONS_RUNTIME_TOKEN env variable');
      },
    ],
  ])('a service that %s costs a notice and no run', async (_, saveCache) => {
    const storage = indexStorage(NAME, surroundings({ saveCache }));
    expect(storage.whyNotKept?.()).toBeUndefined();
    await storage.save([Buffer.from('x')], never);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(/^notice: the index is not kept: the cache service did not take it/);
    expect(state.get('index')).toBe('');
    expect(storage.whyNotKept?.()).toMatch(/^the cache service did not take it/);
    await expect(storage.journal.append('line\n', never)).rejects.toThrow('did not take it');
  });

  test.each([
    ['a service that does not answer in time', 'no answer within 60 s'],
    ['a run that is stopped meanwhile', 'stopped'],
  ])('%s is not waited for: the post step tries once more, by another key', async (_, why) => {
    const cwd = process.cwd();
    const stop = new AbortController();
    const soon = (): void =>
      void jest
        .spyOn(globalThis, 'setTimeout')
        .mockImplementation(((work: () => void) => setImmediate(work)) as unknown as typeof setTimeout);
    if (why === 'stopped') setTimeout(() => stop.abort(new Error('stopped')), 50);
    else soon();
    const keys: string[] = [];
    const saveCache: CacheService['saveCache'] = (_paths, key) => {
      keys.push(key);
      return new Promise(() => {});
    };
    try {
      const given = surroundings({ saveCache });
      const cache = runnerCache(given);
      await Promise.all(
        [NAME, 'f'.repeat(32)].map((name) => cache(name).save([Buffer.from('x')], stop.signal)),
      );
      expect(messages).toEqual(
        Array(2).fill(
          `warning: the index is not saved yet (${why}): the post step tries once more. Nothing is wrong with what is published`,
        ),
      );
      expect(process.cwd()).toBe(cwd);
      const left = JSON.parse(state.get('index') ?? '') as { key: string }[];
      expect(left).toHaveLength(2);
      expect(keys).not.toContain(left[0]?.key);

      // It is not waited for there either.
      soon();
      const said: string[] = [];
      await saveUnsaved(state.get('index') ?? '', given, (line) => said.push(line));
      expect(said).toEqual(
        Array(2).fill('the index of the interrupted run was not saved: no answer within 60 s'),
      );
      expect(await readdir(join(temp, '_temp'))).toEqual([]);
    } finally {
      jest.restoreAllMocks();
    }
  });
});

test('a service that is broken costs a run of many destinations a minute, not a minute each', async () => {
  let now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  try {
    let calls = 0;
    const restoreCache: CacheService['restoreCache'] = async () => {
      calls++;
      now += 27_000;
      return undefined;
    };
    const cache = runnerCache(surroundings({ restoreCache }));
    const signal = new AbortController().signal;
    const names = ['a', 'b', 'c', 'd', 'e'].map((letter) => letter.repeat(32));
    const loaded = await Promise.allSettled(names.map((name) => cache(name).load(signal)));
    const late = new Error('it could not be restored (no answer within 60 s)');
    expect(loaded).toEqual([
      ...Array(3).fill({ status: 'fulfilled', value: undefined }),
      ...Array(2).fill({ status: 'rejected', reason: late }),
    ]);
    expect(calls).toBe(3);
    expect(messages).toEqual([expect.stringContaining('it could not be restored (no answer within 60 s)')]);
    for (const name of names) await cache(name).save([Buffer.from('x')], signal);
    expect(state.get('index') ?? '').toBe('');
  } finally {
    jest.restoreAllMocks();
  }
});

describe('without a cache service (GHES, other runners, by hand)', () => {
  test.each([
    ['not there', { isFeatureAvailable: () => false } as Partial<CacheService>],
    ['not loadable', new Error('no module')],
  ])('%s: one notice, and the run goes on', async (what, service) => {
    const storage = indexStorage(NAME, surroundings(service));
    expect(await storage.load(never)).toBeUndefined();
    const appended = storage.journal.append('line\n', never);
    if (what === 'not there') await appended;
    else await expect(appended).rejects.toThrow(/^the cache service cannot be used /);
    await storage.save([Buffer.from('x')], never);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(/index: s3:\/\/bucket\/key or a path keeps it elsewhere$/);
    expect(storage.whyNotKept?.()).toMatch(/cache service/);
    expect(state.size).toBe(0);
  });
});

describe('the post step', () => {
  test('saves what main wrote and could not save before it was stopped', async () => {
    const stopped = AbortSignal.abort(new Error('stopped'));
    const saveCache = jest.fn<CacheService['saveCache']>(async () => 1);
    const given = surroundings({ saveCache });
    await indexStorage(NAME, given).save([Buffer.from('late')], stopped);
    expect(saveCache).not.toHaveBeenCalled();

    let saved = '';
    saveCache.mockImplementation(async ([path = '']) => {
      saved = await readFile(path, 'utf8');
      return 1;
    });
    const said: string[] = [];
    await saveUnsaved(state.get('index') ?? '', given, (line) => said.push(line));
    expect(saved).toBe('late');
    expect(said).toEqual(['the index of the interrupted run was saved']);
    expect(await readdir(join(temp, '_temp'))).toEqual([]);
  });

  test('a journal that found no room once keeps neither the next line nor the index from theirs', async () => {
    const storage = indexStorage(NAME, surroundings({ saveCache: async () => 1 }));
    await storage.load(never);
    await rm(join(temp, '_temp'), { recursive: true, force: true });
    await writeFile(join(temp, '_temp'), 'a file in the way');
    await expect(storage.journal.append('line\n', never)).rejects.toThrow(/EEXIST|ENOTDIR/);
    await rm(join(temp, '_temp'));
    await storage.journal.append('line\n', never);
    expect(state.get('index')).toMatch(/directory/);
    await storage.save([EMPTY_INDEX], never);
    expect(state.get('index')).not.toMatch(/directory/);
  });

  test('is told of the journal until the index is written: main may be killed in between', async () => {
    const storage = indexStorage(NAME, surroundings({ saveCache: async () => 1 }));
    await storage.journal.append('line\n', never);
    const journal = state.get('index');
    expect(journal).toMatch(/directory/);
    const told: (string | undefined)[] = [];
    function* pieces(): Generator<Buffer> {
      told.push(state.get('index'));
      yield Buffer.from('whole');
    }
    await storage.save(pieces(), AbortSignal.abort(new Error('stopped')));
    expect(told).toEqual([journal]);
    expect(state.get('index')).not.toBe(journal);
    expect(await readdir(join(temp, '_temp'))).toHaveLength(1);
  });

  test('saves the indexes of all destinations of a run', async () => {
    const stopped = AbortSignal.abort(new Error('stopped'));
    const saved: string[] = [];
    const saveCache: CacheService['saveCache'] = async ([path = '']) => {
      saved.push(await readFile(path, 'utf8'));
      return 1;
    };
    const cache = runnerCache(surroundings({ saveCache }));
    const names = ['a', 'b', 'c'].map((letter) => letter.repeat(32));
    await Promise.all(names.map((name) => cache(name).save([Buffer.from(name)], stopped)));
    await saveUnsaved(state.get('index') ?? '', surroundings({ saveCache }), () => undefined);
    expect(saved.sort()).toEqual(names);
    expect(await readdir(join(temp, '_temp'))).toEqual([]);
  });

  test('does nothing where nothing was left, and never fails', async () => {
    const said: string[] = [];
    for (const none of ['', 'true', '{', 'null', '[null, 1, {"directory": 1, "key": "k"}]'])
      await saveUnsaved(none, surroundings(new Error('not to be loaded')), (line) => said.push(line));
    expect(said).toEqual([]);
    const gone = JSON.stringify([{ directory: join(temp, 'gone'), key: 'k' }]);
    await saveUnsaved(gone, surroundings({}), (line) => said.push(line));
    await saveUnsaved('[{}]', surroundings({}), (line) => said.push(line));
    expect(said).toEqual([expect.stringMatching(/^the index of the interrupted run was not saved: /)]);
  });
});

describe('with @actions/cache itself and a cache service of version 1', () => {
  let server: Server;
  let before: NodeJS.ProcessEnv;
  let isRefusing: boolean;
  let archives: Map<string, { readonly version: string; body: Buffer }>;

  beforeEach(async () => {
    isRefusing = false;
    archives = new Map();
    const pending: { key: string; version: string; body: Buffer }[] = [];
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      const url = new URL(request.url ?? '', 'http://x');
      const answer = (status: number, value?: unknown): void => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(value === undefined ? '' : JSON.stringify(value));
      };
      const [, id] = /caches\/(\d+)$/.exec(url.pathname) ?? [];
      const upload = pending[Number(id) - 1];
      if (url.pathname === '/archive') {
        response.end(archives.get(url.searchParams.get('key') ?? '')?.body);
      } else if (request.method === 'GET' && isRefusing) {
        answer(403, { message: 'refused' });
      } else if (request.method === 'GET') {
        const [primary = '', prefix = ''] = (url.searchParams.get('keys') ?? '').split(',');
        const key = [...archives.keys()].findLast((own) => own === primary || own.startsWith(prefix));
        const version = url.searchParams.get('version');
        if (key === undefined || archives.get(key)?.version !== version) answer(204);
        else answer(200, { cacheKey: key, archiveLocation: `${base(server)}archive?key=${key}` });
      } else if (request.method === 'POST' && upload === undefined) {
        pending.push({ ...JSON.parse(body.toString()), body: Buffer.alloc(0) });
        answer(201, { cacheId: pending.length });
      } else if (request.method === 'PATCH' && upload !== undefined) {
        upload.body = Buffer.concat([upload.body, body]);
        answer(204);
      } else if (upload !== undefined) {
        archives.set(upload.key, upload);
        answer(204);
      } else answer(404);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    before = { ...process.env };
    Object.assign(process.env, {
      ACTIONS_CACHE_SERVICE_V2: '',
      ACTIONS_CACHE_MODE: '',
      GITHUB_SERVER_URL: 'https://github.com',
      ACTIONS_CACHE_URL: base(server),
      ACTIONS_RUNTIME_TOKEN: 'token',
      RUNNER_TEMP: env.RUNNER_TEMP,
      GITHUB_WORKSPACE: env.GITHUB_WORKSPACE,
    });
    await mkdir(env.RUNNER_TEMP ?? '');
    jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  function base(own: Server): string {
    return `http://127.0.0.1:${(own.address() as AddressInfo).port}/`;
  }

  test('what one runner saves another restores, wherever its workspace and its temporary directory are', async () => {
    const real = { ...surroundings({}), env: process.env, loadService: loadCacheService };
    const bytes = Buffer.from('an index'.repeat(1000));
    await indexStorage(NAME, real).save([Buffer.from('older')], never);
    await indexStorage(NAME, real).save([bytes], never);
    expect(archives.size).toBe(2);

    const elsewhere = join(temp, 'other/runner/_temp');
    const workspace = join(temp, 'elsewhere/repo');
    await mkdir(elsewhere, { recursive: true });
    await mkdir(workspace, { recursive: true });
    Object.assign(process.env, { RUNNER_TEMP: elsewhere, GITHUB_WORKSPACE: workspace });
    expect(await indexStorage(NAME, real).load(never)).toEqual(bytes);
    expect(await indexStorage('f'.repeat(32), real).load(never)).toBeUndefined();
    expect(await readdir(workspace)).toEqual([]);
    expect(existsSync(join(temp, 'workspace/s3-dedup-sync.index'))).toBe(false);
    expect(messages).toEqual([]);
  });

  test('GHES is spoken to by version 1, whatever the runner says of version 2', async () => {
    Object.assign(process.env, {
      GITHUB_SERVER_URL: 'https://ghes.example.com',
      ACTIONS_CACHE_SERVICE_V2: 'true',
    });
    const real = { ...surroundings({}), env: process.env, loadService: loadCacheService };
    await indexStorage(NAME, real).save([Buffer.from('an index')], never);
    expect(await indexStorage(NAME, real).load(never)).toEqual(Buffer.from('an index'));
    expect(messages).toEqual([]);
  });

  test('a failure is no miss: nothing takes the place of what could not be restored, and it is added to what could', async () => {
    const real = { ...surroundings({}), env: process.env, loadService: loadCacheService };
    const good = Buffer.from(`${EMPTY_INDEX}good\n`);
    const learned = Buffer.from(`${EMPTY_INDEX}learned\n`);
    await indexStorage(NAME, real).save([good], never);
    isRefusing = true;
    const storage = indexStorage(NAME, real);
    const why = 'Cache service responded with 403';
    await expect(storage.load(never)).rejects.toThrow(`it could not be restored (${why})`);
    const unread = /could not be restored.*, and none takes its place unread$/;
    await expect(storage.journal.append('line\n', never)).rejects.toThrow(unread);
    await expect(storage.save([learned], never)).rejects.toThrow(unread);
    expect([archives.size, state.get('index')]).toEqual([1, '']);

    isRefusing = false;
    await storage.save([learned], never);
    expect(archives.size).toBe(2);
    expect(`${await indexStorage(NAME, real).load(never)}`).toBe(`${EMPTY_INDEX}good\nlearned\n`);
    expect(messages).toEqual([]);
    const { calls } = jest.mocked(process.stdout.write).mock;
    expect(calls.filter(([text]) => `${text}`.includes('Failed to restore'))).toEqual([]);
  });

  test('what tar does not unpack is no index, and the next save takes its place', async () => {
    const real = { ...surroundings({}), env: process.env, loadService: loadCacheService };
    await indexStorage(NAME, real).save([EMPTY_INDEX], never);
    for (const archive of archives.values()) archive.body = Buffer.from('no archive');
    const storage = indexStorage(NAME, real);
    await expect(storage.load(never)).rejects.toThrow(/^it could not be restored \(.* failed with error: /);
    await storage.save([Buffer.from('the next one')], never);
    expect(await indexStorage(NAME, real).load(never)).toEqual(Buffer.from('the next one'));
  });

  test('a job whose cache-mode is read has the index, and says why it saves none', async () => {
    const real = { ...surroundings({}), env: process.env, loadService: loadCacheService };
    await indexStorage(NAME, real).save([Buffer.from('an index')], never);
    process.env.ACTIONS_CACHE_MODE = 'read';
    const storage = indexStorage(NAME, real);
    expect(await storage.load(never)).toEqual(Buffer.from('an index'));
    expect(storage.whyNotKept?.()).toBe("the job's cache-mode is read");
    await expect(storage.journal.append('line\n', never)).rejects.toThrow('cache-mode is read');
    await storage.save([Buffer.from('another')], never);
    expect(archives.size).toBe(1);
    expect(messages).toEqual([
      expect.stringMatching(/^notice: the index is not kept: the job's cache-mode is read\. /),
    ]);
  });
});
