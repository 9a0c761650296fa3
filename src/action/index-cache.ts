import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { appendFile, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDirectory } from '../disk/replace-file.js';
import { EMPTY_INDEX } from '../model/digest-index.js';
import { messageOf } from '../model/errors.js';
import type { Emit } from '../model/events.js';
import { groupCommit } from '../model/group-commit.js';
import type { IndexStorage } from '../sync/ports.js';

/** What of @actions/cache is used. */
export interface CacheService {
  isFeatureAvailable(): boolean;
  restoreCache(
    paths: string[],
    primaryKey: string,
    restoreKeys?: string[],
    options?: { timeoutInMs?: number; segmentTimeoutInMs?: number },
    enableCrossOsArchive?: boolean,
  ): Promise<string | undefined>;
  saveCache(
    paths: string[],
    key: string,
    options?: undefined,
    enableCrossOsArchive?: boolean,
  ): Promise<number>;
}

export interface CacheSurroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly emit: Emit;
  readonly saveState: (name: string, value: string) => void;
  readonly loadService: () => Promise<CacheService>;
}

/** @actions/cache takes a quarter of a second to load; only a run that keeps its index there pays. */
export async function loadCacheService(): Promise<CacheService> {
  return await import('@actions/cache');
}

/** The one file that is kept, by this spelling: a cache's version is a hash of it, so it is the same everywhere. */
const FILE = 's3-dedup-sync.index';

/** An index is the same on any system; without this a Windows runner would have its own. */
const ANY_SYSTEM = true;

/**
 * Larger ones are not read: what others may have written can take four times its length of memory. A million objects
 * that need a line, with 270 bytes each, fit. Bytes.
 */
const MAX_CACHED_BYTES = 320 * 1024 ** 2;

/**
 * The index saves time; waiting longer than this for it, for one answer or for nothing over the whole run, does not.
 * Milliseconds.
 */
const PATIENCE_MS = 60_000;

const NEWLINE = 0x0a;

const NO_SERVICE = 'this runner has no cache service';

/** State that main leaves for post: indexes that are written and not yet saved. */
const STATE = 'index';

interface Unsaved {
  readonly directory: string;
  readonly key: string;
}

/** The runner's cache as one run uses it: for the index of each of its destinations. */
export function runnerCache(surroundings: CacheSurroundings): (name: string) => IndexStorage {
  const { emit, saveState } = surroundings;
  const left = new Map<string, Unsaved>();
  let last: Promise<unknown> = Promise.resolve();
  /** Settles with the last call, which goes on when it is no longer waited for. */
  let call: Promise<unknown> = Promise.resolve();
  let givenUp: string | undefined;
  let patienceMs = PATIENCE_MS;
  const shared: SharedCache = {
    ...surroundings,
    givenUp: () => givenUp,
    // The library's idea of the workspace is the process's: one call at a time.
    inTurn(signal, work) {
      const take = async (): ReturnType<typeof work> => {
        if (givenUp !== undefined) return undefined;
        if (patienceMs <= 0) throw new OutOfPatienceError();
        const began = performance.now();
        const { limit, release } = limitOf(signal, patienceMs);
        let isOfUse = false;
        try {
          await patiently(call, limit);
          const begun = work(limit);
          call = begun.catch(() => undefined);
          const answer = await patiently(begun, limit);
          isOfUse = answer !== undefined;
          return answer;
        } finally {
          release();
          if (!isOfUse) patienceMs -= performance.now() - began;
        }
      };
      const turn = last.then(take, take);
      last = turn.catch(() => undefined);
      return turn;
    },
    leave(name, unsaved) {
      if (unsaved === undefined) left.delete(name);
      else left.set(name, unsaved);
      saveState(STATE, left.size === 0 ? '' : JSON.stringify([...left.values()]));
    },
    putOff(why) {
      emit({
        type: 'message',
        level: 'warning',
        message: `the index is not saved yet (${why}): the post step tries once more. Nothing is wrong with what is published`,
      });
    },
    giveUp(why) {
      if (givenUp !== undefined) return;
      givenUp = why;
      emit({
        type: 'message',
        level: 'notice',
        message: `the index is not kept: ${why}. Nothing is wrong with what is published; the next run reads more. index: s3://bucket/key or a path keeps it elsewhere`,
      });
    },
  };
  return (name) => cacheIndexStorage(name, shared);
}

interface SharedCache extends CacheSurroundings {
  /** Why there is no cache. */
  readonly givenUp: () => string | undefined;
  /** `undefined`: by then the cache is given up. What `work` waits for in vain, up to `limit`, others need not wait for. */
  readonly inTurn: <T>(
    signal: AbortSignal,
    work: (limit: AbortSignal) => Promise<T | undefined>,
  ) => Promise<T | undefined>;
  /** Tells post what is not saved yet. */
  readonly leave: (name: string, unsaved: Unsaved | undefined) => void;
  /** Says why the index is left for post. */
  readonly putOff: (why: string) => void;
  /** Says once why there is no cache. */
  readonly giveUp: (why: string) => void;
}

/**
 * The index in the runner's cache. Caches are immutable, so each save has a key of its own, and the newest of the
 * destination's is restored. Anyone who can write the repository's caches can forge one: nothing in it is trusted.
 *
 * Missing service, missing token, failing saves: a notice, once, and the run goes on without. One that is there and
 * could not be restored is asked for again before another is saved, which would hide it.
 */
function cacheIndexStorage(
  name: string,
  { env, loadService, givenUp, inTurn, leave, putOff, giveUp }: SharedCache,
): IndexStorage {
  const prefix = `s3ds-v1-${name}-`;
  // Two jobs of one run may publish to one destination.
  const unique = randomBytes(4).toString('hex');
  const key = `${prefix}${env.GITHUB_RUN_ID ?? '0'}-${env.GITHUB_RUN_ATTEMPT ?? '0'}-${unique}`;
  let restored: Buffer | undefined;
  /** Whether there may be one that was not restored. */
  let isUnread = false;
  let unsaved: Promise<Unsaved> | undefined;

  /** What post saves if main never comes to it. */
  async function leaveForPost(pieces: Iterable<Buffer>): Promise<Unsaved> {
    const directory = await freshDirectory(env);
    try {
      await writeFile(join(directory, FILE), bounded(pieces));
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
    // What main began to save has its key, and no other may.
    const left: Unsaved = { directory, key: `${key}-post` };
    leave(name, left);
    return left;
  }

  /** The new one in place of the journal, which post is told of until it is there: main may be killed meanwhile. */
  async function replaceForPost(pieces: Iterable<Buffer>): Promise<Unsaved> {
    const journal = await unsaved;
    const left = await leaveForPost(pieces);
    unsaved = Promise.resolve(left);
    await remove(journal);
    return left;
  }

  async function forget(): Promise<void> {
    const left = await unsaved;
    unsaved = undefined;
    if (left === undefined) return;
    leave(name, undefined);
    await remove(left);
  }

  async function service(): Promise<CacheService | undefined> {
    try {
      const loaded = await loadService();
      if (loaded.isFeatureAvailable()) return loaded;
      giveUp(NO_SERVICE);
    } catch (error) {
      giveUp(`the cache service cannot be used (${messageOf(error)})`);
    }
    return undefined;
  }

  async function lastIndex(signal: AbortSignal): Promise<Buffer | undefined> {
    const cache = await service();
    if (cache === undefined) return undefined;
    try {
      isUnread = true;
      const bytes = await inTurn(signal, () => restore(cache, key, prefix, env));
      isUnread = false;
      // Lines that were appended to anything else would be lost, and what it is would get into another cache.
      if (bytes !== undefined && isIndex(bytes)) restored = bytes;
      return bytes;
    } catch (error) {
      isUnread = !(error instanceof UnusableError);
      throw error;
    }
  }

  /** Lines that come later stand: those of an index that could not be restored when the run began go before. */
  async function withOlder(pieces: Iterable<Buffer>, signal: AbortSignal): Promise<Iterable<Buffer>> {
    if (!isUnread) return pieces;
    try {
      await lastIndex(signal);
    } catch (error) {
      if (isUnread)
        throw new Error(
          `the last one could not be restored (${messageOf(error)}), and none takes its place unread`,
        );
    }
    return restored === undefined ? pieces : joined(restored, pieces);
  }

  const whyNotKept = (): string | undefined => givenUp() ?? whyNotWritable(env);

  return {
    trust: { remote: false, local: false, grace: false },
    place: "the runner's cache",
    whyNotKept,
    async load(signal) {
      try {
        return await lastIndex(signal);
      } catch (error) {
        if (signal.aborted) return undefined;
        const why = `it could not be restored (${messageOf(error)})`;
        if (error instanceof OutOfPatienceError) giveUp(why);
        throw new Error(why);
      }
    },
    async save(pieces, signal) {
      if (givenUp() !== undefined) return;
      const { directory } = await replaceForPost(await withOlder(pieces, signal));
      // A cancelled job is killed in seconds, its post step is not.
      if (signal.aborted) return;
      const cache = await service();
      if (cache !== undefined) {
        try {
          const saved = await inTurn(signal, (limit) => saveDirectory(cache, { directory, key }, env, limit));
          if (saved === undefined) giveUp(whyNotWritable(env) ?? 'the cache service did not take it');
        } catch (error) {
          if (signal.aborted || error instanceof OutOfPatienceError) return putOff(messageOf(error));
          giveUp(`the cache service did not take it (${messageOf(error)})`);
        }
      }
      await forget();
    },
    // Lines are appended to the index that was restored: post saves it if main is killed.
    journal: {
      ofEndedRuns: true,
      load: async () => Buffer.alloc(0),
      append: groupCommit(async (lines) => {
        const why = whyNotKept();
        // What no run has none misses.
        if (why === NO_SERVICE) return;
        if (why !== undefined) throw new Error(why);
        if (isUnread) throw new Error('the last one could not be restored, and none takes its place unread');
        unsaved ??= leaveForPost([restored ?? EMPTY_INDEX]).catch((error: unknown) => {
          // What comes next may find room.
          unsaved = undefined;
          throw error;
        });
        const { directory } = await unsaved;
        await appendFile(join(directory, FILE), lines);
      }),
      clear: forget,
    },
  };
}

function isIndex(bytes: Buffer): boolean {
  return bytes.subarray(0, EMPTY_INDEX.length).equals(EMPTY_INDEX);
}

/** What would not be restored need not be saved. */
function* bounded(pieces: Iterable<Buffer>): Generator<Buffer> {
  let left = MAX_CACHED_BYTES;
  for (const piece of pieces) {
    left -= piece.length;
    if (left < 0)
      throw new Error(
        `it has more than ${MAX_CACHED_BYTES / 1024 ** 2} MiB, which would not be restored: index: s3://bucket/key or a path keeps it`,
      );
    yield piece;
  }
}

/** One index of two: what the second one says of the same stands. */
function* joined(first: Buffer, second: Iterable<Buffer>): Generator<Buffer> {
  yield first;
  // A journal may have been cut short.
  if (first.at(-1) !== NEWLINE) yield Buffer.of(NEWLINE);
  let isFirst = true;
  for (const piece of second) {
    yield isFirst ? piece.subarray(EMPTY_INDEX.length) : piece;
    isFirst = false;
  }
}

/** What `cache-mode` of the workflow or the job says; GitHub's default for pull_request_target is `read`. */
function whyNotWritable({ ACTIONS_CACHE_MODE = '' }: NodeJS.ProcessEnv): string | undefined {
  const mode = ACTIONS_CACHE_MODE.trim().toLowerCase();
  return mode === 'read' || mode === 'none' ? `the job's cache-mode is ${mode}` : undefined;
}

/** The post step: saves what main wrote and was killed before it could save. Never fails a job. */
export async function saveUnsaved(
  state: string,
  { env, loadService }: Pick<CacheSurroundings, 'env' | 'loadService'>,
  say: (line: string) => void,
): Promise<void> {
  const all = parseState(state);
  // Together they have the time of one.
  const { limit, release } = limitOf();
  for (const unsaved of all) {
    try {
      const cache = await loadService();
      const isSaved =
        cache.isFeatureAvailable() && (await patiently(saveDirectory(cache, unsaved, env, limit), limit));
      if (isSaved) {
        say('the index of the interrupted run was saved');
      }
    } catch (error) {
      say(`the index of the interrupted run was not saved: ${messageOf(error)}`);
    } finally {
      await rm(unsaved.directory, { recursive: true, force: true });
    }
  }
  release();
}

/** What main left for post. */
export function unsavedState(getState: (name: string) => string): string {
  return getState(STATE);
}

async function remove(left: Unsaved | undefined): Promise<void> {
  if (left !== undefined) await rm(left.directory, { recursive: true, force: true });
}

/** Nothing, where it is none of ours. */
function parseState(state: string): readonly Unsaved[] {
  let all: unknown;
  try {
    all = JSON.parse(state);
  } catch {
    return [];
  }
  if (!Array.isArray(all)) return [];
  return (all as readonly (Partial<Unsaved> | null)[]).flatMap((unsaved) => {
    const { directory, key } = unsaved ?? {};
    return typeof directory === 'string' && typeof key === 'string' ? [{ directory, key }] : [];
  });
}

async function freshDirectory(env: NodeJS.ProcessEnv): Promise<string> {
  const base = env.RUNNER_TEMP || tmpdir();
  await makeDirectory(base);
  return await mkdtemp(join(base, 's3-dedup-sync-'));
}

/** Whoever no longer waits for it leaves the workspace and the directory to it until it has settled. */
async function restore(
  cache: CacheService,
  key: string,
  prefix: string,
  env: NodeJS.ProcessEnv,
): Promise<Buffer | undefined> {
  const directory = await freshDirectory(env);
  const back = pretendWorkspace(directory, env);
  const times = { timeoutInMs: 30_000, segmentTimeoutInMs: PATIENCE_MS };
  try {
    const hit = await orFailure(() => cache.restoreCache([FILE], key, [prefix], times, ANY_SYSTEM));
    return hit === undefined ? undefined : await readIndex(directory);
  } finally {
    back();
    await rm(directory, { recursive: true, force: true });
  }
}

/** `undefined`: it was not taken. At `limit` the working directory is as it was, the workspace when it has settled. */
async function saveDirectory(
  cache: CacheService,
  { directory, key }: Unsaved,
  env: NodeJS.ProcessEnv,
  limit: AbortSignal,
): Promise<true | undefined> {
  limit.throwIfAborted();
  const back = pretendWorkspace(directory, env);
  const cwd = process.cwd();
  const leave = (): void => process.chdir(cwd);
  limit.addEventListener('abort', leave, { once: true });
  try {
    // The library resolves what it saves against the working directory, and names it relative to the workspace.
    process.chdir(directory);
    const id = await cache.saveCache([FILE], key, undefined, ANY_SYSTEM);
    return id === -1 ? undefined : true;
  } finally {
    limit.removeEventListener('abort', leave);
    if (!limit.aborted) leave();
    back();
  }
}

/**
 * @actions/cache packs and unpacks relative to GITHUB_WORKSPACE, and refuses `..` in a path. A file outside of the
 * workspace could be named by its absolute path alone, which differs from runner to runner and with it the cache's
 * version. So for the length of a call our own directory is the workspace. It also keeps a forged archive, which
 * is unpacked before anyone sees it, from writing by relative names into the tree that is about to be published.
 * The library reads it late, just before it unpacks: it stays until the call has settled, waited for or not.
 */
function pretendWorkspace(directory: string, env: NodeJS.ProcessEnv): () => void {
  const workspace = env.GITHUB_WORKSPACE;
  env.GITHUB_WORKSPACE = directory;
  return () => {
    if (workspace === undefined) delete env.GITHUB_WORKSPACE;
    else env.GITHUB_WORKSPACE = workspace;
  };
}

/** What the newest cache holds is no index, and never will be: the next one takes its place. */
class UnusableError extends Error {
  override readonly name = 'UnusableError';
}

const FAILURE = /^::(?:warning|error)::Failed to restore: ([^\r\n]*)/;

/** The library's words where the archive is there and tar does not unpack it. */
const NOT_UNPACKED = / failed with error: /;

/**
 * The library answers a failure as it answers a miss, and tells them apart in the log alone. An annotation less: who
 * is told of the failure says it.
 */
async function orFailure<T>(work: () => Promise<T>): Promise<T> {
  const { stdout } = process;
  const { write } = stdout;
  let failure: string | undefined;
  stdout.write = ((...given: Parameters<typeof write>) => {
    const [, why] = FAILURE.exec(String(given[0])) ?? [];
    if (why === undefined) return write.apply(stdout, given);
    failure = why.replace(/%0[AD]/g, ' ').replaceAll('%25', '%');
    return true;
  }) as typeof write;
  try {
    const answer = await work();
    if (failure === undefined) return answer;
  } finally {
    stdout.write = write;
  }
  throw NOT_UNPACKED.test(failure) ? new UnusableError(failure) : new Error(failure);
}

class OutOfPatienceError extends Error {
  override readonly name = 'OutOfPatienceError';

  constructor() {
    super(`no answer within ${PATIENCE_MS / 1000} s`);
  }
}

/** Ends with `signal`, or after `ms`. By hand: Node 20 forgets an `any` of a `timeout`. */
function limitOf(
  signal?: AbortSignal,
  ms: number = PATIENCE_MS,
): { readonly limit: AbortSignal; readonly release: () => void } {
  const stop = new AbortController();
  const end = (): void => stop.abort(signal?.reason);
  const timer = setTimeout(() => stop.abort(new OutOfPatienceError()), ms);
  if (signal?.aborted === true) end();
  signal?.addEventListener('abort', end, { once: true });
  return {
    limit: stop.signal,
    release: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
    },
  };
}

/** Waits for the cache service until `limit`. */
async function patiently<T>(work: Promise<T>, limit: AbortSignal): Promise<T> {
  return await new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(limit.reason);
    if (limit.aborted) stop();
    limit.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => limit.removeEventListener('abort', stop));
  });
}

/** Opening a pipe would wait for its writer. Windows has none of the two. */
const AS_IT_IS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * The archive is other people's: only the one file is read, no link is followed, not even a hard one, and no more than
 * could be ours.
 */
async function readIndex(directory: string): Promise<Buffer> {
  try {
    return await readOwn(join(directory, FILE));
  } catch (error) {
    throw new UnusableError(messageOf(error), { cause: error });
  }
}

async function readOwn(path: string): Promise<Buffer> {
  const handle = await open(path, AS_IT_IS);
  try {
    const stats = await handle.stat();
    if (!stats.isFile() || stats.nlink > 1) throw new Error('it is no file of its own');
    if (stats.size > MAX_CACHED_BYTES) throw new Error(`it is ${stats.size} bytes long`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}
