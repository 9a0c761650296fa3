export const id = 63;
export const ids = [63];
export const modules = {

/***/ 9063:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   $: () => (/* binding */ runnerCache),
/* harmony export */   loadCacheService: () => (/* binding */ loadCacheService),
/* harmony export */   saveUnsaved: () => (/* binding */ saveUnsaved),
/* harmony export */   unsavedState: () => (/* binding */ unsavedState)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(3024);
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(1455);
/* harmony import */ var node_os__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(8161);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(6760);
/* harmony import */ var _disk_replace_file_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(170);
/* harmony import */ var _model_digest_index_js__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(6112);
/* harmony import */ var _model_errors_js__WEBPACK_IMPORTED_MODULE_7__ = __webpack_require__(4132);
/* harmony import */ var _model_group_commit_js__WEBPACK_IMPORTED_MODULE_8__ = __webpack_require__(4460);









/** @actions/cache takes a quarter of a second to load; only a run that keeps its index there pays. */
async function loadCacheService() {
    return await Promise.all(/* import() */[__webpack_require__.e(581), __webpack_require__.e(830), __webpack_require__.e(860), __webpack_require__.e(312)]).then(__webpack_require__.bind(__webpack_require__, 9312));
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
/** The runner's cache as one run uses it: for the index of each of its destinations. */
function runnerCache(surroundings) {
    const { emit, saveState } = surroundings;
    const left = new Map();
    let last = Promise.resolve();
    /** Settles with the last call, which goes on when it is no longer waited for. */
    let call = Promise.resolve();
    let givenUp;
    let patienceMs = PATIENCE_MS;
    const shared = {
        ...surroundings,
        givenUp: () => givenUp,
        // The library's idea of the workspace is the process's: one call at a time.
        inTurn(signal, work) {
            const take = async () => {
                if (givenUp !== undefined)
                    return undefined;
                if (patienceMs <= 0)
                    throw new OutOfPatienceError();
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
                }
                finally {
                    release();
                    if (!isOfUse)
                        patienceMs -= performance.now() - began;
                }
            };
            const turn = last.then(take, take);
            last = turn.catch(() => undefined);
            return turn;
        },
        leave(name, unsaved) {
            if (unsaved === undefined)
                left.delete(name);
            else
                left.set(name, unsaved);
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
            if (givenUp !== undefined)
                return;
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
/**
 * The index in the runner's cache. Caches are immutable, so each save has a key of its own, and the newest of the
 * destination's is restored. Anyone who can write the repository's caches can forge one: nothing in it is trusted.
 *
 * Missing service, missing token, failing saves: a notice, once, and the run goes on without. One that is there and
 * could not be restored is asked for again before another is saved, which would hide it.
 */
function cacheIndexStorage(name, { env, loadService, givenUp, inTurn, leave, putOff, giveUp }) {
    const prefix = `s3ds-v1-${name}-`;
    // Two jobs of one run may publish to one destination.
    const unique = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.randomBytes)(4).toString('hex');
    const key = `${prefix}${env.GITHUB_RUN_ID ?? '0'}-${env.GITHUB_RUN_ATTEMPT ?? '0'}-${unique}`;
    let restored;
    /** Whether there may be one that was not restored. */
    let isUnread = false;
    let unsaved;
    /** What post saves if main never comes to it. */
    async function leaveForPost(pieces) {
        const directory = await freshDirectory(env);
        try {
            await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.writeFile)((0,node_path__WEBPACK_IMPORTED_MODULE_4__.join)(directory, FILE), bounded(pieces));
        }
        catch (error) {
            await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.rm)(directory, { recursive: true, force: true });
            throw error;
        }
        // What main began to save has its key, and no other may.
        const left = { directory, key: `${key}-post` };
        leave(name, left);
        return left;
    }
    /** The new one in place of the journal, which post is told of until it is there: main may be killed meanwhile. */
    async function replaceForPost(pieces) {
        const journal = await unsaved;
        const left = await leaveForPost(pieces);
        unsaved = Promise.resolve(left);
        await remove(journal);
        return left;
    }
    async function forget() {
        const left = await unsaved;
        unsaved = undefined;
        if (left === undefined)
            return;
        leave(name, undefined);
        await remove(left);
    }
    async function service() {
        try {
            const loaded = await loadService();
            if (loaded.isFeatureAvailable())
                return loaded;
            giveUp(NO_SERVICE);
        }
        catch (error) {
            giveUp(`the cache service cannot be used (${(0,_model_errors_js__WEBPACK_IMPORTED_MODULE_7__/* .messageOf */ .bD)(error)})`);
        }
        return undefined;
    }
    async function lastIndex(signal) {
        const cache = await service();
        if (cache === undefined)
            return undefined;
        try {
            isUnread = true;
            const bytes = await inTurn(signal, () => restore(cache, key, prefix, env));
            isUnread = false;
            // Lines that were appended to anything else would be lost, and what it is would get into another cache.
            if (bytes !== undefined && isIndex(bytes))
                restored = bytes;
            return bytes;
        }
        catch (error) {
            isUnread = !(error instanceof UnusableError);
            throw error;
        }
    }
    /** Lines that come later stand: those of an index that could not be restored when the run began go before. */
    async function withOlder(pieces, signal) {
        if (!isUnread)
            return pieces;
        try {
            await lastIndex(signal);
        }
        catch (error) {
            if (isUnread)
                throw new Error(`the last one could not be restored (${(0,_model_errors_js__WEBPACK_IMPORTED_MODULE_7__/* .messageOf */ .bD)(error)}), and none takes its place unread`);
        }
        return restored === undefined ? pieces : joined(restored, pieces);
    }
    const whyNotKept = () => givenUp() ?? whyNotWritable(env);
    return {
        trust: { remote: false, local: false, grace: false },
        place: "the runner's cache",
        whyNotKept,
        async load(signal) {
            try {
                return await lastIndex(signal);
            }
            catch (error) {
                if (signal.aborted)
                    return undefined;
                const why = `it could not be restored (${(0,_model_errors_js__WEBPACK_IMPORTED_MODULE_7__/* .messageOf */ .bD)(error)})`;
                if (error instanceof OutOfPatienceError)
                    giveUp(why);
                throw new Error(why);
            }
        },
        async save(pieces, signal) {
            if (givenUp() !== undefined)
                return;
            const { directory } = await replaceForPost(await withOlder(pieces, signal));
            // A cancelled job is killed in seconds, its post step is not.
            if (signal.aborted)
                return;
            const cache = await service();
            if (cache !== undefined) {
                try {
                    const saved = await inTurn(signal, (limit) => saveDirectory(cache, { directory, key }, env, limit));
                    if (saved === undefined)
                        giveUp(whyNotWritable(env) ?? 'the cache service did not take it');
                }
                catch (error) {
                    if (signal.aborted || error instanceof OutOfPatienceError)
                        return putOff((0,_model_errors_js__WEBPACK_IMPORTED_MODULE_7__/* .messageOf */ .bD)(error));
                    giveUp(`the cache service did not take it (${(0,_model_errors_js__WEBPACK_IMPORTED_MODULE_7__/* .messageOf */ .bD)(error)})`);
                }
            }
            await forget();
        },
        // Lines are appended to the index that was restored: post saves it if main is killed.
        journal: {
            ofEndedRuns: true,
            load: async () => Buffer.alloc(0),
            append: (0,_model_group_commit_js__WEBPACK_IMPORTED_MODULE_8__/* .groupCommit */ .D)(async (lines) => {
                const why = whyNotKept();
                // What no run has none misses.
                if (why === NO_SERVICE)
                    return;
                if (why !== undefined)
                    throw new Error(why);
                if (isUnread)
                    throw new Error('the last one could not be restored, and none takes its place unread');
                unsaved ??= leaveForPost([restored ?? _model_digest_index_js__WEBPACK_IMPORTED_MODULE_6__/* .EMPTY_INDEX */ .ZK]).catch((error) => {
                    // What comes next may find room.
                    unsaved = undefined;
                    throw error;
                });
                const { directory } = await unsaved;
                await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.appendFile)((0,node_path__WEBPACK_IMPORTED_MODULE_4__.join)(directory, FILE), lines);
            }),
            clear: forget,
        },
    };
}
function isIndex(bytes) {
    return bytes.subarray(0, _model_digest_index_js__WEBPACK_IMPORTED_MODULE_6__/* .EMPTY_INDEX */ .ZK.length).equals(_model_digest_index_js__WEBPACK_IMPORTED_MODULE_6__/* .EMPTY_INDEX */ .ZK);
}
/** What would not be restored need not be saved. */
function* bounded(pieces) {
    let left = MAX_CACHED_BYTES;
    for (const piece of pieces) {
        left -= piece.length;
        if (left < 0)
            throw new Error(`it has more than ${MAX_CACHED_BYTES / 1024 ** 2} MiB, which would not be restored: index: s3://bucket/key or a path keeps it`);
        yield piece;
    }
}
/** One index of two: what the second one says of the same stands. */
function* joined(first, second) {
    yield first;
    // A journal may have been cut short.
    if (first.at(-1) !== NEWLINE)
        yield Buffer.of(NEWLINE);
    let isFirst = true;
    for (const piece of second) {
        yield isFirst ? piece.subarray(_model_digest_index_js__WEBPACK_IMPORTED_MODULE_6__/* .EMPTY_INDEX */ .ZK.length) : piece;
        isFirst = false;
    }
}
/** What `cache-mode` of the workflow or the job says; GitHub's default for pull_request_target is `read`. */
function whyNotWritable({ ACTIONS_CACHE_MODE = '' }) {
    const mode = ACTIONS_CACHE_MODE.trim().toLowerCase();
    return mode === 'read' || mode === 'none' ? `the job's cache-mode is ${mode}` : undefined;
}
/** The post step: saves what main wrote and was killed before it could save. Never fails a job. */
async function saveUnsaved(state, { env, loadService }, say) {
    const all = parseState(state);
    // Together they have the time of one.
    const { limit, release } = limitOf();
    for (const unsaved of all) {
        try {
            const cache = await loadService();
            const isSaved = cache.isFeatureAvailable() && (await patiently(saveDirectory(cache, unsaved, env, limit), limit));
            if (isSaved) {
                say('the index of the interrupted run was saved');
            }
        }
        catch (error) {
            say(`the index of the interrupted run was not saved: ${(0,_model_errors_js__WEBPACK_IMPORTED_MODULE_7__/* .messageOf */ .bD)(error)}`);
        }
        finally {
            await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.rm)(unsaved.directory, { recursive: true, force: true });
        }
    }
    release();
}
/** What main left for post. */
function unsavedState(getState) {
    return getState(STATE);
}
async function remove(left) {
    if (left !== undefined)
        await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.rm)(left.directory, { recursive: true, force: true });
}
/** Nothing, where it is none of ours. */
function parseState(state) {
    let all;
    try {
        all = JSON.parse(state);
    }
    catch {
        return [];
    }
    if (!Array.isArray(all))
        return [];
    return all.flatMap((unsaved) => {
        const { directory, key } = unsaved ?? {};
        return typeof directory === 'string' && typeof key === 'string' ? [{ directory, key }] : [];
    });
}
async function freshDirectory(env) {
    const base = env.RUNNER_TEMP || (0,node_os__WEBPACK_IMPORTED_MODULE_3__.tmpdir)();
    await (0,_disk_replace_file_js__WEBPACK_IMPORTED_MODULE_5__/* .makeDirectory */ .Oh)(base);
    return await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.mkdtemp)((0,node_path__WEBPACK_IMPORTED_MODULE_4__.join)(base, 's3-dedup-sync-'));
}
/** Whoever no longer waits for it leaves the workspace and the directory to it until it has settled. */
async function restore(cache, key, prefix, env) {
    const directory = await freshDirectory(env);
    const back = pretendWorkspace(directory, env);
    const times = { timeoutInMs: 30_000, segmentTimeoutInMs: PATIENCE_MS };
    try {
        const hit = await orFailure(() => cache.restoreCache([FILE], key, [prefix], times, ANY_SYSTEM));
        return hit === undefined ? undefined : await readIndex(directory);
    }
    finally {
        back();
        await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.rm)(directory, { recursive: true, force: true });
    }
}
/** `undefined`: it was not taken. At `limit` the working directory is as it was, the workspace when it has settled. */
async function saveDirectory(cache, { directory, key }, env, limit) {
    limit.throwIfAborted();
    const back = pretendWorkspace(directory, env);
    const cwd = process.cwd();
    const leave = () => process.chdir(cwd);
    limit.addEventListener('abort', leave, { once: true });
    try {
        // The library resolves what it saves against the working directory, and names it relative to the workspace.
        process.chdir(directory);
        const id = await cache.saveCache([FILE], key, undefined, ANY_SYSTEM);
        return id === -1 ? undefined : true;
    }
    finally {
        limit.removeEventListener('abort', leave);
        if (!limit.aborted)
            leave();
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
function pretendWorkspace(directory, env) {
    const workspace = env.GITHUB_WORKSPACE;
    env.GITHUB_WORKSPACE = directory;
    return () => {
        if (workspace === undefined)
            delete env.GITHUB_WORKSPACE;
        else
            env.GITHUB_WORKSPACE = workspace;
    };
}
/** What the newest cache holds is no index, and never will be: the next one takes its place. */
class UnusableError extends Error {
    name = 'UnusableError';
}
const FAILURE = /^::(?:warning|error)::Failed to restore: ([^\r\n]*)/;
/** The library's words where the archive is there and tar does not unpack it. */
const NOT_UNPACKED = / failed with error: /;
/**
 * The library answers a failure as it answers a miss, and tells them apart in the log alone. An annotation less: who
 * is told of the failure says it.
 */
async function orFailure(work) {
    const { stdout } = process;
    const { write } = stdout;
    let failure;
    stdout.write = ((...given) => {
        const [, why] = FAILURE.exec(String(given[0])) ?? [];
        if (why === undefined)
            return write.apply(stdout, given);
        failure = why.replace(/%0[AD]/g, ' ').replaceAll('%25', '%');
        return true;
    });
    try {
        const answer = await work();
        if (failure === undefined)
            return answer;
    }
    finally {
        stdout.write = write;
    }
    throw NOT_UNPACKED.test(failure) ? new UnusableError(failure) : new Error(failure);
}
class OutOfPatienceError extends Error {
    name = 'OutOfPatienceError';
    constructor() {
        super(`no answer within ${PATIENCE_MS / 1000} s`);
    }
}
/** Ends with `signal`, or after `ms`. By hand: Node 20 forgets an `any` of a `timeout`. */
function limitOf(signal, ms = PATIENCE_MS) {
    const stop = new AbortController();
    const end = () => stop.abort(signal?.reason);
    const timer = setTimeout(() => stop.abort(new OutOfPatienceError()), ms);
    if (signal?.aborted === true)
        end();
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
async function patiently(work, limit) {
    return await new Promise((resolve, reject) => {
        const stop = () => reject(limit.reason);
        if (limit.aborted)
            stop();
        limit.addEventListener('abort', stop, { once: true });
        work.then(resolve, reject).finally(() => limit.removeEventListener('abort', stop));
    });
}
/** Opening a pipe would wait for its writer. Windows has none of the two. */
const AS_IT_IS = node_fs__WEBPACK_IMPORTED_MODULE_1__.constants.O_RDONLY | (node_fs__WEBPACK_IMPORTED_MODULE_1__.constants.O_NOFOLLOW ?? 0) | (node_fs__WEBPACK_IMPORTED_MODULE_1__.constants.O_NONBLOCK ?? 0);
/**
 * The archive is other people's: only the one file is read, no link is followed, not even a hard one, and no more than
 * could be ours.
 */
async function readIndex(directory) {
    try {
        return await readOwn((0,node_path__WEBPACK_IMPORTED_MODULE_4__.join)(directory, FILE));
    }
    catch (error) {
        throw new UnusableError((0,_model_errors_js__WEBPACK_IMPORTED_MODULE_7__/* .messageOf */ .bD)(error), { cause: error });
    }
}
async function readOwn(path) {
    const handle = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.open)(path, AS_IT_IS);
    try {
        const stats = await handle.stat();
        if (!stats.isFile() || stats.nlink > 1)
            throw new Error('it is no file of its own');
        if (stats.size > MAX_CACHED_BYTES)
            throw new Error(`it is ${stats.size} bytes long`);
        return await handle.readFile();
    }
    finally {
        await handle.close();
    }
}


/***/ }),

/***/ 8781:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   MF: () => (/* binding */ FileCalls),
/* harmony export */   N6: () => (/* binding */ giveTraits),
/* harmony export */   QY: () => (/* binding */ unlessAbsent)
/* harmony export */ });
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3024);
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(1455);
/* harmony import */ var _in_place_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(8090);



/** Longer bodies are written through the pool: the copy alone would keep the thread. Bytes. */
const IN_PLACE_BYTES = 256 * 1024;
/** Open, write, close. */
const CREATE_CALLS = 3;
/**
 * The calls that make a small file under a name, each in place or through the thread pool, see `InPlace`. A download
 * makes seven of them a file; through the pool alone they take more of this thread than everything else of it.
 */
class FileCalls {
    #inPlace;
    /** @param now milliseconds */
    constructor(now) {
        this.#inPlace = new _in_place_js__WEBPACK_IMPORTED_MODULE_2__/* .InPlace */ .B(_in_place_js__WEBPACK_IMPORTED_MODULE_2__/* .QUICK_CALLS */ .g, now);
    }
    /** `undefined`: nothing is there. */
    lstat(path) {
        return this.#inPlace.call(() => (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.lstatSync)(path, { bigint: true, throwIfNoEntry: false }), () => (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.lstat)(path, { bigint: true }).catch(unlessAbsent));
    }
    link(from, to) {
        return this.#inPlace.call(() => (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.linkSync)(from, to), () => (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.link)(from, to));
    }
    rename(from, to) {
        return this.#inPlace.call(() => (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.renameSync)(from, to), () => (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.rename)(from, to));
    }
    unlink(path) {
        return this.#inPlace.call(() => (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.unlinkSync)(path), () => (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.unlink)(path));
    }
    /** Makes a file where there is none, and through no link; of one that could not be written whole a part may be left. */
    async create(path, body, traits) {
        if (body.length > IN_PLACE_BYTES)
            return createThroughPool(path, body, traits);
        return this.#inPlace.call(() => createInPlace(path, body, traits), () => createThroughPool(path, body, traits), CREATE_CALLS);
    }
}
function createInPlace(path, body, { mode, time }) {
    const descriptor = (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.openSync)(path, 'wx');
    try {
        (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.writeFileSync)(descriptor, body);
        if (mode !== undefined)
            (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.fchmodSync)(descriptor, mode);
        if (time !== undefined)
            (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.futimesSync)(descriptor, time, time);
    }
    finally {
        (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.closeSync)(descriptor);
    }
}
async function createThroughPool(path, body, traits) {
    const handle = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.open)(path, 'wx');
    try {
        await handle.writeFile(body);
        await giveTraits(handle, traits);
    }
    finally {
        await handle.close();
    }
}
async function giveTraits(handle, { mode, time }) {
    if (mode !== undefined)
        await handle.chmod(mode);
    if (time !== undefined)
        await handle.utimes(time, time);
}
/** For what may not be there. */
function unlessAbsent(error) {
    if (error.code !== 'ENOENT')
        throw error;
    return undefined;
}


/***/ }),

/***/ 8090:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   B: () => (/* binding */ InPlace),
/* harmony export */   g: () => (/* binding */ QUICK_CALLS)
/* harmony export */ });
/* harmony import */ var node_timers_promises__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8500);

/** Milliseconds that the thread may be kept from everything else. */
const BREATH_MS = 3;
/** Of calls that take microseconds where memory answers them. */
const QUICK_CALLS = { slowMs: 0.2, judged: 100, through: 2_000 };
/**
 * Decides how calls of a file system are made. In place a call takes a few microseconds where it is answered from memory,
 * through the thread pool several times as many of this thread alone. So calls are made in place as long as that holds,
 * and through the pool while the file system shows itself to be slow: there they run side by side.
 */
class InPlace {
    #limits;
    #now;
    #through = 0;
    #calls = 0;
    #spent = 0;
    /** When everything else had its turn last; at first, when calls began. */
    #breathed;
    #breath;
    /** @param now milliseconds */
    constructor(limits, now = () => performance.now()) {
        this.#limits = limits;
        this.#now = now;
    }
    /** Makes calls, so many: in place, with a breath before them for everything else where one is due, or through the pool. */
    async call(inPlace, throughPool, calls = 1) {
        if (this.isSlow(calls))
            return throughPool();
        this.#breathed ??= this.#now();
        // Those who waited for one breath look at the clock again, but for the first: else all would go on at once.
        while (this.#now() - this.#breathed > BREATH_MS) {
            const isFirst = this.#breath === undefined;
            this.#breath ??= (0,node_timers_promises__WEBPACK_IMPORTED_MODULE_0__.setImmediate)().then(() => {
                this.#breath = undefined;
                this.#breathed = this.#now();
            });
            await this.#breath;
            if (isFirst)
                break;
        }
        return this.make(inPlace, calls);
    }
    /** Whether the next calls, so many, go through the pool. */
    isSlow(calls = 1) {
        if (this.#through <= 0)
            return false;
        this.#through -= calls;
        return true;
    }
    /** Makes calls in place, so many. */
    make(work, calls = 1) {
        const start = this.#now();
        try {
            return work();
        }
        finally {
            this.#count(this.#now() - start, calls);
        }
    }
    #count(ms, calls) {
        const { slowMs, judged, through } = this.#limits;
        this.#spent += ms;
        this.#calls += calls;
        if (this.#calls < judged)
            return;
        if (this.#spent > slowMs * this.#calls)
            this.#through = through;
        this.#calls = 0;
        this.#spent = 0;
    }
}


/***/ }),

/***/ 170:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   LB: () => (/* binding */ tryReplacing),
/* harmony export */   Oh: () => (/* binding */ makeDirectory),
/* harmony export */   Px: () => (/* binding */ NotOursError),
/* harmony export */   VI: () => (/* binding */ beginningOf),
/* harmony export */   fR: () => (/* binding */ replaceFile)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(1455);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6760);
/* harmony import */ var _file_calls_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(8781);




/** Enough of a file to tell what wrote it. Bytes. */
const BEGIN_BYTES = 256;
/** What lies there is somebody's file, that a path was given of by mistake. */
class NotOursError extends Error {
    name = 'NotOursError';
    advice = 'name another place, or delete it';
}
/**
 * Writes a file whole or not at all: to a temporary file beside it, then renamed. Piece by piece, as what is
 * written need not fit one string. Rejects with the system's error; the old file is then still there.
 *
 * Devices and pipes are left alone: as root a rename would put a file in the place of /dev/null, for all of the machine.
 *
 * @param ours what a file is that may be replaced; absent: any, and an empty one is anybody's
 */
async function replaceFile(path, pieces, ours) {
    await makeDirectory((0,node_path__WEBPACK_IMPORTED_MODULE_2__.dirname)(path));
    await refuseOthers(path, ours);
    const temporary = besides(path);
    try {
        const handle = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.open)(temporary, 'wx');
        try {
            for (const piece of pieces)
                await handle.appendFile(piece);
            await handle.sync();
        }
        finally {
            await handle.close();
        }
        await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.rename)(temporary, path);
    }
    catch (error) {
        await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.rm)(temporary, { force: true });
        throw error;
    }
}
/**
 * Rejects where `replaceFile` could not even begin; the file stays as it is. Directories that are not there are not made:
 * below a root an empty one looks like a build that made nothing.
 */
async function tryReplacing(path, ours) {
    await refuseOthers(path, ours);
    let directory = (0,node_path__WEBPACK_IMPORTED_MODULE_2__.dirname)(path);
    while (!(await isThere(directory)))
        directory = (0,node_path__WEBPACK_IMPORTED_MODULE_2__.dirname)(directory);
    const temporary = besides((0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(directory, (0,node_path__WEBPACK_IMPORTED_MODULE_2__.basename)(path)));
    await (await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.open)(temporary, 'wx')).close();
    await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.rm)(temporary);
}
/** Where a file is written that is to take the place of another, or to be a new one. */
function besides(path) {
    return `${path}.${(0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.randomBytes)(6).toString('hex')}.tmp`;
}
/** How a regular file begins, be it led to by a link; `undefined`: there is none. */
async function beginningOf(path) {
    // A pipe would never end.
    if ((await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.stat)(path).catch(_file_calls_js__WEBPACK_IMPORTED_MODULE_3__/* .unlessAbsent */ .QY))?.isFile() !== true)
        return undefined;
    const file = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.open)(path);
    try {
        const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(BEGIN_BYTES) });
        return buffer.subarray(0, bytesRead);
    }
    finally {
        await file.close();
    }
}
async function refuseOthers(path, ours) {
    const there = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.stat)(path).catch(() => undefined);
    // /dev/stdout leads to what the process has open, be that a file: what would be replaced is the link.
    const link = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.readlink)(path).catch(() => '');
    if (there?.isFile() === false || link.startsWith('/proc/'))
        throw new Error('it is not a regular file');
    const begin = ours === undefined ? undefined : await beginningOf(path);
    if (begin !== undefined && begin.length > 0 && !ours?.begins(begin))
        throw new NotOursError(`what lies there is no ${ours?.what} of this tool`);
}
async function isThere(path) {
    try {
        await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.stat)(path);
        return true;
    }
    catch (error) {
        if (error.code === 'ENOENT' && (0,node_path__WEBPACK_IMPORTED_MODULE_2__.dirname)(path) !== path)
            return false;
        throw error;
    }
}
/** Not `recursive`: Node never returns from it where a directory cannot be made in one that exists, as in /proc. */
async function makeDirectory(path) {
    try {
        await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.mkdir)(path);
    }
    catch (error) {
        const { code } = error;
        if (code === 'EEXIST')
            return;
        if (code !== 'ENOENT' || (0,node_path__WEBPACK_IMPORTED_MODULE_2__.dirname)(path) === path)
            throw error;
        await makeDirectory((0,node_path__WEBPACK_IMPORTED_MODULE_2__.dirname)(path));
        await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.mkdir)(path).catch((again) => {
            if (again.code !== 'EEXIST')
                throw again;
        });
    }
}


/***/ }),

/***/ 9621:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   E0: () => (/* binding */ cutSize),
/* harmony export */   G3: () => (/* binding */ areOfUnit),
/* harmony export */   TM: () => (/* binding */ stretchesOf),
/* harmony export */   U9: () => (/* binding */ isChunksText),
/* harmony export */   bF: () => (/* binding */ cutChunks),
/* harmony export */   ey: () => (/* binding */ formatChunks),
/* harmony export */   si: () => (/* binding */ parseChunks),
/* harmony export */   u8: () => (/* binding */ chunkUnit)
/* harmony export */ });
/* harmony import */ var node_zlib__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8522);

const KIB = 1024;
const MIB = 1024 * KIB;
/** Files of this size are cut into chunks: below it a plain upload is over before much could be spared. Bytes. */
const LEAST_FILE = 64 * MIB;
const MOST_FILE = 4 * 1024 ** 4;
/** Chunks of one file, each of the least size: what the index has to carry is bounded. Twice as many beside an older version. */
const MOST_CHUNKS = 8_192;
/** What a chunk has at least, but for the last one of a file, and at most. Units, as `chunkUnit` has them. */
const LEAST_UNITS = 2;
const MOST_UNITS = 8;
/** Of a size and of a CRC32 each. */
const BYTES_A_CHUNK = 8;
/** Base64 of as many chunks as a file can have. Characters. */
const MOST_TEXT = Math.ceil(((2 * MOST_CHUNKS + 1) * BYTES_A_CHUNK) / 3) * 4;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** Of the file that they are. Bytes. */
function cutSize({ sizes }) {
    return sizes.reduce((sum, size) => sum + size, 0);
}
/**
 * The measure of a file's chunks: none but the last is smaller than two of it, one has three on average, none more than
 * eight. `undefined`: the file is not cut.
 *
 * @param older an older version: beside one of half the unit or of twice as much, that one is kept, as a log is that grew
 *   beyond 2 GiB; chunks of two units have nothing in common
 */
function chunkUnit(size, older) {
    if (size < LEAST_FILE || size > MOST_FILE)
        return undefined;
    let unit = 128 * KIB;
    while (size / (LEAST_UNITS * unit) > MOST_CHUNKS)
        unit *= 2;
    if (older === undefined)
        return unit;
    return [unit, unit / 2, unit * 2].find((each) => areOfUnit(older, each)) ?? unit;
}
/** Whether chunks are as long as those of a unit. */
function areOfUnit({ sizes }, unit) {
    return sizes.every((size, i) => size <= MOST_UNITS * unit && (size >= LEAST_UNITS * unit || i === sizes.length - 1));
}
/** Every bit of a byte moves every bit of its number: MurmurHash3's finalizer. */
const GEAR = Int32Array.from({ length: 256 }, (_, byte) => {
    let mixed = Math.imul(byte + 1, 0x9e3779b1);
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return mixed ^ (mixed >>> 16);
});
/**
 * Cuts a file: FastCDC's gear hash (https://www.usenix.org/conference/atc16/technical-sessions/presentation/xia),
 * which looks at no byte that is too near to the last border. 600 MiB/s of those that it looks at, a third.
 *
 * @param size bytes of the file
 * @param unit as `chunkUnit` has it, a power of two
 * @param older chunks of an older version: where this one begins as one of them, and has its sum, it is the same chunk,
 *   whose end need not be looked for. The chunks are those that they are without it.
 */
function cutChunks(size, unit, bytesFrom, older) {
    const sizes = [];
    const sums = [];
    const places = older && new ChunkPlaces(older);
    for (let start = 0; start < size;) {
        const same = places?.expected(start, size - start, unit);
        const isSame = same !== undefined && sumOf(start, same.size, bytesFrom) === same.sum;
        const chunk = isSame ? same : nextChunk(start, size - start, unit, bytesFrom);
        if (!isSame)
            places?.find(start, chunk);
        sizes.push(chunk.size);
        sums.push(chunk.sum);
        start += chunk.size;
    }
    return { sizes: Uint32Array.from(sizes), sums: Uint32Array.from(sums) };
}
/** @param left bytes until the end of the file, 1 or more */
function nextChunk(start, left, unit, bytesFrom) {
    // The high bits: each of the last 32 bytes has moved them.
    const mask = -1 << (32 - Math.log2(unit));
    const limit = Math.min(MOST_UNITS * unit, left);
    let size = 0;
    let sum = 0;
    let hash = 0;
    while (size < limit) {
        const bytes = bytesFrom(start + size);
        const end = Math.min(bytes.length, limit - size);
        let at = Math.min(Math.max(LEAST_UNITS * unit - size, 0), end);
        let isBorder = false;
        while (at < end) {
            hash = ((hash << 1) + GEAR[bytes[at++]]) | 0;
            if ((hash & mask) === 0) {
                isBorder = true;
                break;
            }
        }
        sum = (0,node_zlib__WEBPACK_IMPORTED_MODULE_0__.crc32)(bytes.subarray(0, at), sum);
        size += at;
        if (isBorder)
            break;
    }
    return { size, sum };
}
function sumOf(start, size, bytesFrom) {
    let sum = 0;
    for (let done = 0; done < size;) {
        const bytes = bytesFrom(start + done).subarray(0, size - done);
        sum = (0,node_zlib__WEBPACK_IMPORTED_MODULE_0__.crc32)(bytes, sum);
        done += bytes.length;
    }
    return sum;
}
/** Where the chunks of an object lie. */
class ChunkPlaces {
    #chunks;
    offsets;
    #byOffset = new Map();
    #bySum = new Map();
    /** How far the last one that was found had moved. */
    #moved = 0;
    constructor(chunks) {
        const offsets = [];
        let offset = 0;
        for (const [i, size] of chunks.sizes.entries()) {
            offsets.push(offset);
            this.#byOffset.set(offset, i);
            if (!this.#bySum.has(chunks.sums[i]))
                this.#bySum.set(chunks.sums[i], i);
            offset += size;
        }
        this.#chunks = chunks;
        this.offsets = offsets;
    }
    /**
     * The number of a chunk like one at an offset of another file: of those that occur
     * more than once, the one that moved as far as the last one did.
     */
    find(offset, { size, sum }) {
        const { sizes, sums } = this.#chunks;
        const near = this.#byOffset.get(offset + this.#moved);
        const isSame = (i) => i !== undefined && sums[i] === sum && sizes[i] === size;
        const found = isSame(near) ? near : this.#bySum.get(sum);
        if (!isSame(found))
            return undefined;
        this.#moved = this.offsets[found] - offset;
        return found;
    }
    /**
     * The chunk that begins where what is at an offset of another file would be, if it moved as far as the last one that was
     * found. `undefined`: none does, or this file, of which so much is left, cannot have it.
     */
    expected(offset, left, unit) {
        const { sizes, sums } = this.#chunks;
        const i = this.#byOffset.get(offset + this.#moved);
        if (i === undefined)
            return undefined;
        const size = sizes[i];
        // Where an object ends says nothing of its content, and lines of an index may say anything.
        const isChunk = size === left || (size < left && size >= LEAST_UNITS * unit && i !== sizes.length - 1);
        return size <= MOST_UNITS * unit && isChunk ? { size, sum: sums[i] } : undefined;
    }
}
/** As the index has them: size and sum of each, four bytes each, the lowest first, in base64. */
function formatChunks({ sizes, sums }) {
    const bytes = Buffer.alloc(sizes.length * BYTES_A_CHUNK);
    for (const [i, size] of sizes.entries()) {
        bytes.writeUInt32LE(size, i * BYTES_A_CHUNK);
        bytes.writeUInt32LE(sums[i], i * BYTES_A_CHUNK + 4);
    }
    return bytes.toString('base64');
}
/** Whether a value may be chunks at all; `parseChunks` says whether they are those of an object. */
function isChunksText(value) {
    return typeof value === 'string' && value.length <= MOST_TEXT && BASE64.test(value);
}
/** `undefined`: these are no chunks of an object of `size` bytes. */
function parseChunks(text, size) {
    if (!isChunksText(text))
        return undefined;
    const bytes = Buffer.from(text, 'base64');
    if (bytes.length === 0 || bytes.length % BYTES_A_CHUNK !== 0)
        return undefined;
    const count = bytes.length / BYTES_A_CHUNK;
    const chunks = { sizes: new Uint32Array(count), sums: new Uint32Array(count) };
    let total = 0;
    for (let i = 0; i < count; i++) {
        const own = bytes.readUInt32LE(i * BYTES_A_CHUNK);
        if (own === 0)
            return undefined;
        chunks.sizes[i] = own;
        chunks.sums[i] = bytes.readUInt32LE(i * BYTES_A_CHUNK + 4);
        total += own;
    }
    return total === size ? chunks : undefined;
}
/** What a file has of another one, in order; neighbours that are neighbours there too are one stretch. */
function stretchesOf(file, other) {
    const places = new ChunkPlaces(other);
    const stretches = [];
    let offset = 0;
    for (const [i, size] of file.sizes.entries()) {
        const found = places.find(offset, { size, sum: file.sums[i] });
        if (found !== undefined) {
            const from = places.offsets[found];
            const last = stretches.at(-1);
            if (last !== undefined && last.offset + last.size === offset && last.from + last.size === from)
                stretches[stretches.length - 1] = { ...last, size: last.size + size };
            else
                stretches.push({ offset, size, from });
        }
        offset += size;
    }
    return stretches;
}


/***/ }),

/***/ 6112:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  ZK: () => (/* binding */ EMPTY_INDEX),
  w2: () => (/* binding */ MAX_INDEX_BYTES),
  JS: () => (/* binding */ beginsAsIndex),
  Qd: () => (/* binding */ earliest),
  gW: () => (/* binding */ emptyIndex),
  kS: () => (/* binding */ formatDestination),
  su: () => (/* binding */ formatEnded),
  Qe: () => (/* binding */ formatIndex),
  Ak: () => (/* binding */ formatInvalidation),
  Cu: () => (/* binding */ formatLayout),
  TT: () => (/* binding */ formatRenewing),
  JR: () => (/* binding */ formatUpload),
  c4: () => (/* binding */ formatWriting),
  HY: () => (/* binding */ journalPath),
  db: () => (/* binding */ layoutParts),
  ev: () => (/* binding */ layoutSize),
  qw: () => (/* binding */ otherLines),
  A1: () => (/* binding */ parseIndex),
  U8: () => (/* binding */ parseLayout),
  CI: () => (/* binding */ partsOf),
  Ng: () => (/* binding */ uniformLayout)
});

// EXTERNAL MODULE: external "node:zlib"
var external_node_zlib_ = __webpack_require__(8522);
// EXTERNAL MODULE: ./build/src/model/chunks.js
var model_chunks = __webpack_require__(9621);
// EXTERNAL MODULE: ./build/src/model/digest.js
var digest = __webpack_require__(6799);
// EXTERNAL MODULE: ./build/src/model/entries-table.js
var entries_table = __webpack_require__(3842);
// EXTERNAL MODULE: ./build/src/model/index-rows.js
var index_rows = __webpack_require__(8401);
// EXTERNAL MODULE: ./build/src/model/md5-column.js
var md5_column = __webpack_require__(9018);
// EXTERNAL MODULE: ./build/src/model/name-table.js
var name_table = __webpack_require__(8025);
;// CONCATENATED MODULE: ./build/src/model/file-entries.js




const FIRST_ROWS = 1024;
/** What an index knows of local files, by path, in the order of its lines: 71 bytes each beside the path. */
class FileEntries extends entries_table/* EntriesTable */.r {
    #sizes = new Float64Array(FIRST_ROWS);
    #mtimes = new BigInt64Array(FIRST_ROWS);
    #ctimes = new BigInt64Array(FIRST_ROWS);
    #inodes = new BigInt64Array(FIRST_ROWS);
    #md5s = new md5_column/* Md5Column */.B();
    #plain = new Uint8Array(FIRST_ROWS);
    /** Those that columns cannot hold. */
    #others = new Map();
    /** Replaces what has the same path. */
    set(path, entry) {
        const row = this.names.add(path);
        if (row >= this.#sizes.length)
            this.#widen();
        const { size, mtimeNs, ctimeNs, ino, md5, plain } = entry;
        if (!(0,index_rows/* isFileRow */.hg)(entry)) {
            this.#others.set(row, entry);
            return;
        }
        this.#others.delete(row);
        this.#sizes[row] = size;
        this.#mtimes[row] = mtimeNs;
        this.#ctimes[row] = ctimeNs;
        this.#inodes[row] = ino;
        this.#md5s.set(row, md5);
        this.#plain[row] = plain === true ? 1 : 0;
    }
    /** As `set` of each. */
    setRows({ paths, sizes, md5s, mtimes, ctimes, inodes, plain }) {
        for (const [i, path] of paths.entries()) {
            const row = this.names.add(path);
            if (row >= this.#sizes.length)
                this.#widen();
            this.#others.delete(row);
            this.#sizes[row] = sizes[i];
            this.#mtimes[row] = mtimes[i];
            this.#ctimes[row] = ctimes[i];
            this.#inodes[row] = inodes[i];
            this.#md5s.setBytes(row, md5s, i);
            this.#plain[row] = plain?.[i] === '1' ? 1 : 0;
        }
    }
    at(row) {
        const other = this.#others.get(row);
        if (other !== undefined)
            return other;
        const entry = {
            size: this.#sizes[row],
            mtimeNs: this.#mtimes[row],
            ctimeNs: this.#ctimes[row],
            ino: this.#inodes[row],
            md5: this.#md5s.at(row),
        };
        if (this.#plain[row] === 1)
            entry.plain = true;
        return entry;
    }
    #widen() {
        const rows = this.#sizes.length * 2;
        this.#sizes = (0,name_table/* moved */.aW)(this.#sizes, new Float64Array(rows));
        this.#mtimes = (0,name_table/* moved */.aW)(this.#mtimes, new BigInt64Array(rows));
        this.#ctimes = (0,name_table/* moved */.aW)(this.#ctimes, new BigInt64Array(rows));
        this.#inodes = (0,name_table/* moved */.aW)(this.#inodes, new BigInt64Array(rows));
        this.#plain = (0,name_table/* moved */.aW)(this.#plain, new Uint8Array(rows));
    }
}

// EXTERNAL MODULE: ./build/src/model/invalidation.js
var model_invalidation = __webpack_require__(5135);
// EXTERNAL MODULE: ./build/src/model/object-entries.js
var object_entries = __webpack_require__(945);
;// CONCATENATED MODULE: ./build/src/model/digest-index.js







/**
 * What earlier runs learned, one text line each:
 *
 *     s3-dedup-sync-index 1
 *     <crc32 of the JSON, 8 hex digits> <JSON object>
 *
 * A line with `objects` or `files` speaks of many as columns (`index-rows.ts`); what columns have no room for has a line
 * of its own, with `key` for an object and `path` for a local file. One with `upload` speaks of a multipart upload that
 * was begun and is not known to have ended, one with `pending` of a key whose delete waits, those with `invalidation`
 * of what a CloudFront distribution is still to be told, and by which mapping of keys to paths, those with `renewing` of keys that may have other headers than
 * their lines say, one with `writing` of when a run began to write that may have left objects without a line, one with
 * `ended`, in the journal alone, of a wait of `pending` that a run ended, one with `machine` of the writer. A line with `destination`, which may be the writer's, says of which place the lines after it
 * speak; those about local files speak of no place.
 * A damaged line is dropped and the others stand. Fields that this version does not know are kept when the
 * index is written again, where they stand in a line of one object or file; `encryption` is reserved for one.
 */
const FORMAT = 's3-dedup-sync-index ';
const FIRST_LINE = `${FORMAT}1`;
const OTHER_VERSION = new RegExp(`^${FORMAT}(\\d{1,9})$`);
/** An index that knows nothing, and to which lines can be appended. */
const EMPTY_INDEX = Buffer.from(`${FIRST_LINE}\n`);
/** Where the journal of an index in a file lies: beside it. */
function journalPath(path) {
    return `${path}.journal`;
}
/** An index of a million keys has some 220 MiB; anything above this is not ours. Bytes. */
const MAX_INDEX_BYTES = 1024 ** 3;
/** Objects, files and other lines; short ones are cheap to forge and take five times their memory. */
const MAX_ENTRIES = 4_000_000;
/** Paths that a distribution is owed: a run leaves 1,000 at most, and more of them are everything. */
const MAX_OWED_PATHS = 5_000;
/** A line longer than this is not ours: columns are the longest, with 96 Ki characters of names. */
const MAX_LINE = 1024 * 1024;
/** Paths or keys of one line. Characters. */
const MAX_LINE_OF_NAMES = 32 * 1024;
/** Whether bytes begin as an index of any version does, as far as they go: what does not is somebody's file. */
function beginsAsIndex(bytes) {
    return FORMAT.startsWith(bytes.toString('latin1', 0, FORMAT.length));
}
/**
 * Reads an index. Any bytes are allowed: what is not an intact line is dropped.
 *
 * @param journal lines that were appended since it was written; the last one may be cut short
 * @param destination what lines say of objects, uploads and invalidations of another one is left out; absent: nothing is
 */
function parseIndex(bytes, journal = Buffer.alloc(0), destination) {
    const start = bytes.indexOf(0x0a);
    const first = bytes.toString('latin1', 0, Math.max(start, 0));
    if (first !== FIRST_LINE) {
        const [, version] = OTHER_VERSION.exec(first) ?? [];
        return {
            index: undefined,
            why: version === undefined
                ? 'it is not an index of this version'
                : `another release wrote it (version ${version}), and what this one learns takes its place`,
        };
    }
    const said = new Said(destination);
    for (const record of recordsOf(journal, 0))
        if (record !== undefined)
            said.takeJournalled(record);
    said.endJournal();
    let entries = 0;
    let droppedLines = 0;
    for (const record of recordsOf(bytes, start + 1)) {
        if (++entries > MAX_ENTRIES)
            return { index: undefined, why: `it has more than ${MAX_ENTRIES} entries` };
        const further = record === undefined ? DAMAGED : said.take(record);
        if (further === DAMAGED)
            droppedLines++;
        else
            entries += further;
    }
    return { index: said.index(droppedLines), droppedLines };
}
/** Of a line that says nothing that may be believed. */
const DAMAGED = -1;
/** What the lines of a journal and then of its index say, as far as they are about one destination. */
class Said {
    #destination;
    /** What the lines that come are about. */
    #speaksOf;
    #objects = new object_entries/* ObjectEntries */.Q();
    #files = new FileEntries();
    #uploads = new Map();
    #pending = new Map();
    #owed = new Map();
    #renewing = new Set();
    #begins = [];
    #ends = [];
    #writer = {
        machine: '',
        writtenNs: 0n,
        deploys: 0,
    };
    constructor(destination) {
        this.#destination = destination;
    }
    /** Whoever appended it may have been stopped: what is not whole says nothing. */
    takeJournalled(record) {
        if (this.#isElsewhere(record))
            return;
        this.#takeUpload(record);
        addInvalidation(this.#owed, record);
        addRenewing(this.#renewing, record);
        this.#takeWriting(record);
        const end = typeof record.ended === 'string' ? pendingDelete(record) : undefined;
        if (end !== undefined)
            this.#ends.push([record.ended, end]);
    }
    endJournal() {
        this.#speaksOf = undefined;
    }
    /** Takes a line of the index. Returns how many entries it has beside itself, or DAMAGED. */
    take(record) {
        const { objects, files, key, path, upload, pending, invalidation, renewing, writing, machine } = record;
        const isElsewhere = this.#isElsewhere(record);
        const isOfMachine = files !== undefined || typeof path === 'string' || typeof machine === 'string';
        if (isElsewhere && !isOfMachine)
            return 0;
        if (objects !== undefined)
            return this.#takeObjects(objects);
        if (files !== undefined)
            return this.#takeFiles(files);
        if (renewing !== undefined)
            return addRenewing(this.#renewing, record) ? renewing.length : DAMAGED;
        let isIntact = true;
        if (typeof upload === 'string')
            isIntact = this.#takeUpload(record);
        else if (typeof pending === 'string')
            isIntact = put(this.#pending, pending, pendingDelete(record));
        else if (invalidation !== undefined)
            isIntact = addInvalidation(this.#owed, record);
        else if (writing !== undefined)
            isIntact = this.#takeWriting(record);
        else if (typeof key === 'string')
            isIntact = put(this.#objects, key, objectEntry(record));
        else if (typeof path === 'string')
            isIntact = put(this.#files, path, fileEntry(record));
        else if (typeof machine === 'string')
            this.#takeWriter(machine, record, isElsewhere);
        return isIntact ? 0 : DAMAGED;
    }
    #isElsewhere({ destination }) {
        if (typeof destination === 'string')
            this.#speaksOf = destination;
        const ours = this.#destination;
        return ours !== undefined && this.#speaksOf !== undefined && this.#speaksOf !== ours;
    }
    #takeObjects(columns) {
        const block = (0,index_rows/* objectBlock */.rs)(columns);
        if (block === undefined)
            return DAMAGED;
        this.#objects.setRows(block);
        return block.keys.length;
    }
    #takeFiles(columns) {
        const block = (0,index_rows/* fileBlock */.Ap)(columns);
        if (block === undefined)
            return DAMAGED;
        this.#files.setRows(block);
        return block.paths.length;
    }
    #takeUpload(record) {
        const [id, entry] = uploadEntry(record) ?? [];
        return id !== undefined && put(this.#uploads, id, entry);
    }
    #takeWriting({ writing }) {
        if (!(0,index_rows/* isSize */.kp)(writing))
            return false;
        this.#begins.push(writing);
        return true;
    }
    #takeWriter(machine, { writtenNs, deploys }, isElsewhere) {
        if (!isDecimal(writtenNs))
            return;
        this.#writer = {
            machine,
            ...(this.#speaksOf === undefined ? {} : { destination: this.#speaksOf }),
            writtenNs: BigInt(writtenNs),
            deploys: (0,index_rows/* isSize */.kp)(deploys) && !isElsewhere ? deploys : this.#writer.deploys,
        };
    }
    /** @param droppedLines any of them may have been of what is owed, half of which is worse than not knowing */
    index(droppedLines) {
        const pending = this.#pending;
        // A journal that could not be deleted does not end what began to wait since.
        const isOfPending = ([key, { etag, since }]) => pending.get(key)?.etag === etag && pending.get(key)?.since === since;
        const ended = new Set(this.#ends.filter(isOfPending).map(([key]) => key));
        const writing = earliest(this.#begins);
        return {
            ...this.#writer,
            objects: this.#objects,
            files: this.#files,
            uploads: this.#uploads,
            pending,
            invalidations: droppedLines > 0 ? new Map() : owedOf(this.#owed),
            renewing: this.#renewing,
            ...(ended.size === 0 ? {} : { ended }),
            ...(writing === undefined ? {} : { writing }),
        };
    }
}
/** Whether there is a value to put. */
function put(map, key, value) {
    if (value !== undefined)
        map.set(key, value);
    return value !== undefined;
}
/** An index of a run that never wrote one: what its journal says. */
function emptyIndex(journal, destination) {
    const parsed = parseIndex(EMPTY_INDEX, journal, destination);
    if (parsed.index === undefined)
        throw new Error(parsed.why);
    return parsed.index;
}
function* recordsOf(bytes, from) {
    for (let start = from; start < bytes.length;) {
        const newline = bytes.indexOf(0x0a, start);
        const end = newline < 0 ? bytes.length : newline;
        yield end - start > MAX_LINE || newline < 0 ? undefined : parseLine(bytes, start, end);
        start = end + 1;
    }
}
/** Writes an index; equal indexes but for `writtenNs` differ in that one line alone. */
function* formatIndex(index) {
    yield `${FIRST_LINE}\n`;
    const { machine, destination, writtenNs, deploys } = index;
    const place = destination === undefined ? {} : { destination };
    yield line({ machine, ...place, writtenNs: writtenNs.toString(), ...(deploys === 0 ? {} : { deploys }) });
    yield* formatObjects(index.objects);
    yield* formatFiles(index.files);
    for (const [pending, entry] of index.pending)
        yield line({ pending, ...entry });
    for (const [distribution, owed] of index.invalidations)
        yield formatInvalidation(distribution, owed);
    yield formatRenewing(index.renewing);
    if (index.writing !== undefined)
        yield formatWriting(index.writing);
    for (const [upload, entry] of index.uploads)
        yield formatUpload(upload, entry);
}
/** In columns as far as they go; where a line of columns ends depends on nothing but what is in it. */
function* formatObjects(objects) {
    let rows = new index_rows/* ObjectRows */.Jp();
    for (const [key, entry] of objects) {
        if (!(0,index_rows/* isObjectRow */.oM)(entry)) {
            const { extra, ...members } = entry;
            yield line({ ...extra, key, ...members });
            continue;
        }
        rows.add(key, entry);
        if (!rows.isFull)
            continue;
        yield line({ objects: rows.columns });
        rows = new index_rows/* ObjectRows */.Jp();
    }
    if (rows.length > 0)
        yield line({ objects: rows.columns });
}
/** In their order, by which two runs are compared. */
function* formatFiles(files) {
    let rows = new index_rows/* FileRows */.uP();
    for (const [path, entry] of files) {
        const isRow = (0,index_rows/* isFileRow */.hg)(entry);
        if (isRow)
            rows.add(path, entry);
        if (rows.isFull || (!isRow && rows.length > 0)) {
            yield line({ files: rows.columns });
            rows = new index_rows/* FileRows */.uP();
        }
        if (!isRow)
            yield formatFile(path, entry);
    }
    if (rows.length > 0)
        yield line({ files: rows.columns });
}
function formatFile(path, { mtimeNs, ctimeNs, ino, extra, ...members }) {
    // JSON has no integers of this size.
    const numbers = { mtimeNs: `${mtimeNs}`, ctimeNs: `${ctimeNs}`, ino: `${ino}` };
    return line({ ...extra, path, ...numbers, ...members });
}
/** A line of the journal, before those that are about the destination. */
function formatDestination(destination) {
    return line({ destination });
}
const DESTINATION_LINE = /^[0-9a-f]{8} \{"destination":"(?:[^"\\]|\\.)*"\}$/;
/** What a journal has beside the lines of `known`, each with the destination that it is about. */
function otherLines(journal, known) {
    const ours = new Set(known.flatMap((lines) => lines.split('\n')));
    let left = '';
    let speaksOf = '';
    let said = '';
    for (const each of journal.split('\n')) {
        if (DESTINATION_LINE.test(each))
            speaksOf = `${each}\n`;
        else if (each !== '' && !ours.has(each)) {
            left += said === speaksOf ? `${each}\n` : `${speaksOf}${each}\n`;
            said = speaksOf;
        }
    }
    return left;
}
/** A line of the journal. */
function formatUpload(upload, entry) {
    return line({ upload, ...entry });
}
/** Lines of index and journal; as many as the longest line asks for, at least one. */
function formatInvalidation(invalidation, { paths, mapping }) {
    if (paths.length === 0)
        return line({ invalidation, ...mapping, paths });
    let lines = '';
    for (const some of linefuls(paths))
        lines += line({ invalidation, ...mapping, paths: some });
    return lines;
}
/** Lines of index and journal; none where there are no keys. */
function formatRenewing(keys) {
    let lines = '';
    for (const renewing of linefuls(keys))
        lines += line({ renewing });
    return lines;
}
/** A line of index and journal. */
function formatWriting(writing) {
    return line({ writing });
}
/** A line of the journal. */
function formatEnded(ended, wait) {
    return line({ ended, ...wait });
}
/** The first of some times; none of none. */
function earliest(times) {
    let first;
    for (const time of times)
        if (first === undefined || time < first)
            first = time;
    return first;
}
/** As many at a time as the longest line asks for. */
function* linefuls(names) {
    let some = [];
    let length = 0;
    for (const name of names) {
        if (length + name.length > MAX_LINE_OF_NAMES) {
            yield some;
            some = [];
            length = 0;
        }
        some.push(name);
        length += name.length + 3;
    }
    if (some.length > 0)
        yield some;
}
function line(record) {
    const json = JSON.stringify(record);
    return `${(0,external_node_zlib_.crc32)(json).toString(16).padStart(8, '0')} ${json}\n`;
}
function parseLine(bytes, start, end) {
    if (end - start < 11 || bytes[start + 8] !== 0x20)
        return undefined;
    const body = new Uint8Array(bytes.buffer, bytes.byteOffset + start + 9, end - start - 9);
    if (checksumAt(bytes, start) !== (0,external_node_zlib_.crc32)(body))
        return undefined;
    try {
        const value = JSON.parse(bytes.toString('utf8', start + 9, end));
        return typeof value === 'object' && value !== null && !Array.isArray(value)
            ? value
            : undefined;
    }
    catch {
        // Not JSON although its checksum holds: foreign or hostile, dropped like any damaged line.
        return undefined;
    }
}
/** Eight lower-case hex digits. -1: they are none. */
function checksumAt(bytes, start) {
    let sum = 0;
    for (let at = start; at < start + 8; at++) {
        const digit = bytes[at];
        if (digit >= 0x30 && digit <= 0x39)
            sum = sum * 16 + (digit - 0x30);
        else if (digit >= 0x61 && digit <= 0x66)
            sum = sum * 16 + (digit - 0x57);
        else
            return -1;
    }
    return sum;
}
const OBJECT_FIELDS = new Set([
    'key',
    'etag',
    'size',
    'md5',
    'parts',
    'chunks',
    'headers',
    'source',
    'incompressible',
    'class',
    'modified',
    'written',
]);
const FILE_FIELDS = new Set([
    'path',
    'size',
    'mtimeNs',
    'ctimeNs',
    'ino',
    'md5',
    'etag',
    'plain',
    'stored',
]);
/** What a newer version wrote. */
function extraOf(record, known) {
    const names = Object.keys(record).filter((name) => !known.has(name));
    if (names.length === 0)
        return undefined;
    // Its own member, whatever it is called.
    return Object.fromEntries(names.map((name) => [name, record[name]]));
}
/** Member by member: an index has as many lines as the destination has objects, and spreading each costs more than reading it. */
function objectEntry(record) {
    const { etag: rawETag, size, md5: rawMd5, parts, chunks, headers, source, class: asked } = record;
    const { modified, written, incompressible } = record;
    const etag = typeof rawETag === 'string' ? (0,digest/* parseETag */.nn)(rawETag) : undefined;
    const md5 = typeof rawMd5 === 'string' ? (0,digest/* parseMd5 */.S2)(rawMd5) : undefined;
    const isWrong = rawMd5 !== undefined && md5 === undefined;
    if (etag === undefined || isWrong || !(0,index_rows/* isSize */.kp)(size))
        return undefined;
    const entry = { etag, size };
    if (md5 !== undefined)
        entry.md5 = md5;
    if (typeof parts === 'string' && parseLayout(parts) !== undefined)
        entry.parts = parts;
    if ((0,model_chunks/* isChunksText */.U9)(chunks))
        entry.chunks = chunks;
    if (typeof headers === 'string')
        entry.headers = headers;
    if (typeof source === 'string')
        entry.source = source;
    if (incompressible === 'gzip' || incompressible === 'br')
        entry.incompressible = incompressible;
    if (typeof asked === 'string')
        entry.class = asked;
    if ((0,index_rows/* isSize */.kp)(modified))
        entry.modified = modified;
    if ((0,index_rows/* isSize */.kp)(written))
        entry.written = written;
    const extra = extraOf(record, OBJECT_FIELDS);
    if (extra !== undefined)
        entry.extra = extra;
    return entry;
}
function fileEntry(record) {
    const { size, mtimeNs, ctimeNs, ino, md5: rawMd5, etag: rawETag, plain, stored } = record;
    const md5 = typeof rawMd5 === 'string' ? (0,digest/* parseMd5 */.S2)(rawMd5) : undefined;
    const etag = typeof rawETag === 'string' ? (0,digest/* parseETag */.nn)(rawETag) : undefined;
    if (md5 === undefined || !(0,index_rows/* isSize */.kp)(size))
        return undefined;
    if (!isDecimal(mtimeNs) || !isDecimal(ctimeNs) || !isDecimal(ino))
        return undefined;
    const extra = extraOf(record, FILE_FIELDS);
    return {
        ...{ size, mtimeNs: BigInt(mtimeNs), ctimeNs: BigInt(ctimeNs), ino: BigInt(ino), md5 },
        ...(etag === undefined ? {} : { etag }),
        ...(plain === true ? { plain } : {}),
        ...(typeof stored === 'string' ? { stored } : {}),
        ...(extra === undefined ? {} : { extra }),
    };
}
function pendingDelete(record) {
    const { etag: text, since, deploys } = record;
    const etag = typeof text === 'string' ? (0,digest/* parseETag */.nn)(text) : undefined;
    return etag === undefined || !(0,index_rows/* isSize */.kp)(since) || !(0,index_rows/* isSize */.kp)(deploys) ? undefined : { etag, since, deploys };
}
function owedOf(lines) {
    const invalidations = new Map();
    for (const [distribution, { paths, mapping }] of lines) {
        const all = paths.size > MAX_OWED_PATHS ? [model_invalidation/* EVERYTHING */.Qz] : [...paths];
        invalidations.set(distribution, { paths: all, ...(mapping === undefined ? {} : { mapping }) });
    }
    return invalidations;
}
/** Adds what a line says; false: it says nothing that may be believed. */
function addInvalidation(owed, record) {
    const { invalidation, paths, stripPrefix, addPrefix } = record;
    if (typeof invalidation !== 'string' || !(0,model_invalidation/* isDistribution */.Rj)(invalidation) || !Array.isArray(paths))
        return false;
    const known = paths.filter((path) => typeof path === 'string' && (0,model_invalidation/* isInvalidationPath */.eX)(path));
    const isMapped = typeof stripPrefix === 'string' && typeof addPrefix === 'string';
    const isUnmapped = stripPrefix === undefined && addPrefix === undefined;
    if (known.length < paths.length || !(isMapped || isUnmapped))
        return false;
    const all = owed.get(invalidation) ?? { paths: new Set(), mapping: undefined };
    owed.set(invalidation, all);
    if (isMapped) {
        all.mapping ??= { stripPrefix, addPrefix };
        // Two runs at once, which mapped otherwise.
        if (!(0,model_invalidation/* isSameMapping */.vu)(all.mapping, { stripPrefix, addPrefix }))
            known.push(model_invalidation/* EVERYTHING */.Qz);
    }
    for (const path of known)
        if (all.paths.size <= MAX_OWED_PATHS)
            all.paths.add(path);
    return true;
}
function addRenewing(keys, { renewing }) {
    if (!Array.isArray(renewing) || !renewing.every((key) => typeof key === 'string'))
        return false;
    for (const key of renewing)
        keys.add(key);
    return true;
}
function uploadEntry(record) {
    // Early versions told of none: it is one that nobody here knows, and the upload is aborted when it is old enough.
    const { upload, key, md5: rawMd5, size, parts, headers, begun, process = '', sentUnder } = record;
    const md5 = typeof rawMd5 === 'string' ? (0,digest/* parseMd5 */.S2)(rawMd5) : undefined;
    if (typeof upload !== 'string' || upload === '' || typeof key !== 'string' || md5 === undefined)
        return undefined;
    if (typeof parts !== 'string' || typeof headers !== 'string' || typeof process !== 'string')
        return undefined;
    const layout = parseLayout(parts);
    if (!(0,index_rows/* isSize */.kp)(size) || !(0,index_rows/* isSize */.kp)(begun) || layout === undefined)
        return undefined;
    if (layoutSize(layout) !== size)
        return undefined;
    if (sentUnder !== undefined && typeof sentUnder !== 'string')
        return undefined;
    const under = sentUnder === undefined ? {} : { sentUnder };
    return [upload, { key: key, md5, size, parts, headers, begun, process, ...under }];
}
function isDecimal(value) {
    return typeof value === 'string' && /^-?[0-9]{1,20}$/.test(value);
}
/** Parses `12x8388608+1x77`. `undefined`: not a layout of 1 to 10,000 parts. */
function parseLayout(text) {
    const runs = [];
    let parts = 0;
    for (const word of text.split('+')) {
        const match = /^([1-9][0-9]{0,4})x([0-9]{1,14})$/.exec(word);
        if (match === null)
            return undefined;
        const run = { count: Number(match[1]), size: Number(match[2]) };
        parts += run.count;
        if (parts > 10_000)
            return undefined;
        runs.push(run);
    }
    return runs;
}
/** The layout of a file that is cut into parts of `partSize` bytes, the last one shorter. */
function uniformLayout(size, partSize) {
    const full = Math.floor(size / partSize);
    const rest = size - full * partSize;
    return [
        ...(full > 0 ? [{ count: full, size: partSize }] : []),
        ...(rest > 0 || full === 0 ? [{ count: 1, size: rest }] : []),
    ];
}
function formatLayout(layout) {
    return layout.map((run) => `${run.count}x${run.size}`).join('+');
}
function layoutSize(layout) {
    return layout.reduce((sum, run) => sum + run.count * run.size, 0);
}
function layoutParts(layout) {
    return layout.reduce((sum, run) => sum + run.count, 0);
}
/** Byte ranges of the parts, in order. */
function* partsOf(layout) {
    let offset = 0;
    for (const run of layout) {
        for (let i = 0; i < run.count; i++) {
            yield { offset, size: run.size };
            offset += run.size;
        }
    }
}


/***/ }),

/***/ 6799:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Eq: () => (/* binding */ multipartETag),
/* harmony export */   JK: () => (/* binding */ isOfOnePart),
/* harmony export */   Q: () => (/* binding */ classifyETag),
/* harmony export */   S2: () => (/* binding */ parseMd5),
/* harmony export */   fm: () => (/* binding */ contentId),
/* harmony export */   iF: () => (/* binding */ md5Of),
/* harmony export */   lQ: () => (/* binding */ EMPTY_MD5),
/* harmony export */   nn: () => (/* binding */ parseETag),
/* harmony export */   tI: () => (/* binding */ base64OfMd5)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);

/** The MD5 of zero bytes. */
const EMPTY_MD5 = 'd41d8cd98f00b204e9800998ecf8427e';
const HEX32 = /^[0-9a-f]{32}$/;
const MULTIPART = /^[0-9a-f]{32}-([1-9][0-9]{0,4})$/;
/** Parses 32 lower-case hex digits; anything else is `undefined`. */
function parseMd5(text) {
    return text !== undefined && HEX32.test(text) ? text : undefined;
}
/** Takes the quotes off an entity tag; servers differ in whether they write them. Empty is `undefined`. */
function parseETag(text) {
    if (text === undefined)
        return undefined;
    const bare = text.startsWith('W/') ? text.slice(2) : text;
    const tag = bare.length >= 2 && bare.startsWith('"') && bare.endsWith('"') ? bare.slice(1, -1) : bare;
    return tag === '' ? undefined : tag;
}
/** What an ETag can prove: an MD5, the composite of `parts` part MD5s, or nothing. */
function classifyETag(etag) {
    if (HEX32.test(etag))
        return { kind: 'md5', md5: etag };
    const multipart = MULTIPART.exec(etag);
    if (multipart?.[1] !== undefined)
        return { kind: 'multipart', parts: Number(multipart[1]) };
    return { kind: 'opaque' };
}
function md5Of(bytes) {
    return (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.hash)('md5', bytes, 'hex');
}
/** What contents are known by in Maps. @param size bytes */
function contentId(md5, size) {
    return `${md5}/${size}`;
}
/** The `Content-MD5` spelling of a digest. */
function base64OfMd5(md5) {
    return Buffer.from(md5, 'hex').toString('base64');
}
/** The ETag that S3 gives a multipart object: the MD5 of its parts' MD5s, a hyphen, their number. */
function multipartETag(partMd5s) {
    return `${(0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.hash)('md5', Buffer.from(partMd5s.join(''), 'hex'), 'hex')}-${partMd5s.length}`;
}
/** Whether an ETag is that of an upload of one part: the MD5 of the whole can say which. */
function isOfOnePart(etag) {
    return etag.endsWith('-1') && MULTIPART.test(etag);
}


/***/ }),

/***/ 6452:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   v: () => (/* binding */ EntriesMap)
/* harmony export */ });
/** What a read-only Map is besides its entries, for tables that make those as they are asked for. */
class EntriesMap {
    *keys() {
        for (const [key] of this.entries())
            yield key;
    }
    *values() {
        for (const [, value] of this.entries())
            yield value;
    }
    [Symbol.iterator]() {
        return this.entries();
    }
    forEach(tell) {
        for (const [key, value] of this.entries())
            tell(value, key, this);
    }
}


/***/ }),

/***/ 3842:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   r: () => (/* binding */ EntriesTable)
/* harmony export */ });
/* harmony import */ var _entries_map_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6452);
/* harmony import */ var _name_table_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(8025);


/** Entries by name whose members lie in columns, in the order in which the names were first met. Each is made as it is asked for. */
class EntriesTable extends _entries_map_js__WEBPACK_IMPORTED_MODULE_0__/* .EntriesMap */ .v {
    names = new _name_table_js__WEBPACK_IMPORTED_MODULE_1__/* .NameTable */ .K3();
    get size() {
        return this.names.size;
    }
    get(name) {
        const row = this.names.find(name);
        return row === -1 ? undefined : this.at(row);
    }
    has(name) {
        return this.names.find(name) !== -1;
    }
    *keys() {
        for (let row = 0; row < this.size; row++)
            yield this.names.at(row);
    }
    *values() {
        for (let row = 0; row < this.size; row++)
            yield this.at(row);
    }
    *entries() {
        for (let row = 0; row < this.size; row++)
            yield [this.names.at(row), this.at(row)];
    }
}


/***/ }),

/***/ 4132:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Mr: () => (/* binding */ mistakeText),
/* harmony export */   S0: () => (/* binding */ SyncError),
/* harmony export */   Wp: () => (/* binding */ usageError),
/* harmony export */   _s: () => (/* binding */ unreadableFile),
/* harmony export */   bD: () => (/* binding */ messageOf),
/* harmony export */   dc: () => (/* binding */ EXIT),
/* harmony export */   gX: () => (/* binding */ worstExit),
/* harmony export */   x5: () => (/* binding */ refusal)
/* harmony export */ });
/* harmony import */ var _secrets_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(2166);

/** Exit status of the process and of the job; docs/VERSIONING.md calls it a contract. */
const EXIT = {
    done: 0,
    failed: 1,
    usage: 2,
    different: 3,
    refused: 4,
    foreignWriter: 5,
    wouldChange: 6,
    hungUp: 129,
    interrupted: 130,
    terminated: 143,
};
/**
 * A failure that a person reads: `message` is one line that says what was given or met, what was expected,
 * and what to do. What it repeats of inputs and answers is without secrets.
 */
class SyncError extends Error {
    code;
    exit;
    name = 'SyncError';
    constructor(code, exit, message, options) {
        super((0,_secrets_js__WEBPACK_IMPORTED_MODULE_0__/* .withoutSecrets */ .c)(message), options);
        this.code = code;
        this.exit = exit;
    }
}
function usageError(message) {
    return new SyncError('usage', EXIT.usage, message);
}
/** @param what the file that an input names, for people */
function unreadableFile(what, cause) {
    const message = `${what} cannot be read (${messageOf(cause)}): check the path`;
    return new SyncError('file-not-found', EXIT.usage, message, { cause });
}
function refusal(code, message) {
    return new SyncError(code, EXIT.refused, message);
}
/** When several apply: 129/130/143, 2, 4, 5, 1, 3. */
function worstExit(codes) {
    const order = [129, 130, 143, 2, 4, 5, 1, 3, 6, 0];
    let worst = order.length - 1;
    for (const code of codes)
        worst = Math.min(worst, order.indexOf(code));
    return order[worst] ?? EXIT.failed;
}
/** Of what nobody but us can mend. */
function mistakeText(error) {
    return `internal error: ${messageOf(error)}. This is a mistake in s3-dedup-sync: please report it, with the log of a run with log-level: debug`;
}
/** The message of anything thrown, on one line and without secrets. */
function messageOf(error) {
    const text = error instanceof Error ? error.message || error.name : String(error);
    return (0,_secrets_js__WEBPACK_IMPORTED_MODULE_0__/* .withoutSecrets */ .c)(text.replace(/\s*[\r\n]+\s*/g, ' ').trim());
}


/***/ }),

/***/ 4460:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   D: () => (/* binding */ groupCommit)
/* harmony export */ });
/** Lines that arrive while a write is under way go together in the next one; each caller waits for its own. */
function groupCommit(write) {
    let writing;
    let waiting;
    return (lines, signal) => {
        if (waiting !== undefined) {
            waiting.lines += lines;
            return waiting.written;
        }
        const before = writing ?? Promise.resolve();
        const batch = { lines, written: before };
        const written = before
            .catch(() => undefined)
            .then(() => {
            waiting = undefined;
            writing = write(batch.lines, signal);
            return writing;
        });
        batch.written = written;
        waiting = batch;
        return written;
    };
}


/***/ }),

/***/ 8401:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Ap: () => (/* binding */ fileBlock),
/* harmony export */   Jp: () => (/* binding */ ObjectRows),
/* harmony export */   hg: () => (/* binding */ isFileRow),
/* harmony export */   kp: () => (/* binding */ isSize),
/* harmony export */   oM: () => (/* binding */ isObjectRow),
/* harmony export */   rs: () => (/* binding */ objectBlock),
/* harmony export */   uP: () => (/* binding */ FileRows),
/* harmony export */   x3: () => (/* binding */ NONE)
/* harmony export */ });
/* harmony import */ var _digest_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6799);
/* harmony import */ var _name_table_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(8025);
/* harmony import */ var _numbering_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(4684);



/*
 * Most of what an index says is a few plain members of many objects or files. A line for each costs more to read and to
 * write than all else of a run in which nothing changed; as columns JSON has few values to make, and they are told apart
 * by their place.
 */
/** Rows of one line: what a damaged one takes along. */
const ROWS = 1000;
/** Names of one line. Characters: JSON may take six bytes for each. */
const NAME_CHARS = 96 * 1024;
const MD5_DIGITS = 32;
const HEX = /^[0-9a-f]*$/;
const BITS = /^[01]*$/;
/** In place of what a row does not have. */
const NONE = -1;
const OBJECT_COLUMNS = new Set([
    'key',
    'size',
    'md5',
    'etag',
    'headers',
    'modified',
    'written',
]);
const FILE_COLUMNS = new Set([
    'path',
    'size',
    'md5',
    'mtimeNs',
    'ctimeNs',
    'ino',
    'plain',
]);
/** Whether columns can say all of it. */
function isObjectRow(entry) {
    const { etag, md5, parts, chunks, source, incompressible, extra } = entry;
    if (md5 === undefined || entry.class !== undefined || incompressible !== undefined)
        return false;
    if (parts !== undefined || chunks !== undefined || source !== undefined || extra !== undefined)
        return false;
    return etag === md5 || (0,_digest_js__WEBPACK_IMPORTED_MODULE_0__/* .parseMd5 */ .S2)(etag) !== undefined;
}
/** Whether columns can say all of it. */
function isFileRow({ mtimeNs, ctimeNs, ino, etag, stored, extra }) {
    if (etag !== undefined || stored !== undefined || extra !== undefined)
        return false;
    return (0,_name_table_js__WEBPACK_IMPORTED_MODULE_1__/* .fits */ .lA)(mtimeNs) && (0,_name_table_js__WEBPACK_IMPORTED_MODULE_1__/* .fits */ .lA)(ctimeNs) && (0,_name_table_js__WEBPACK_IMPORTED_MODULE_1__/* .fits */ .lA)(ino);
}
/** Gathers objects for one line. */
class ObjectRows {
    #keys = [];
    #sizes = [];
    #md5s = '';
    #etags = '';
    #headers = [];
    #headerDigests = new _numbering_js__WEBPACK_IMPORTED_MODULE_2__/* .Numbering */ .U();
    #modified = [];
    #written = [];
    #chars = 0;
    get length() {
        return this.#keys.length;
    }
    /** By what was added alone: the same objects always make the same lines. */
    get isFull() {
        return this.length === ROWS || this.#chars >= NAME_CHARS;
    }
    /** @param entry as `isObjectRow` wants it */
    add(key, entry) {
        const { etag, size, md5, headers, modified, written } = entry;
        this.#keys.push(key);
        this.#sizes.push(size);
        this.#md5s += md5;
        this.#etags += etag;
        this.#headers.push(headers === undefined ? NONE : this.#headerDigests.numberOf(headers));
        this.#modified.push(modified ?? NONE);
        this.#written.push(written ?? NONE);
        this.#chars += key.length;
    }
    get columns() {
        const { texts } = this.#headerDigests;
        return {
            key: this.#keys,
            size: this.#sizes,
            md5: this.#md5s,
            ...(this.#etags === this.#md5s ? {} : { etag: this.#etags }),
            ...(texts.length === 0 ? {} : { headers: [texts, this.#headers] }),
            ...(this.#modified.every(isNone) ? {} : { modified: this.#modified }),
            ...(this.#written.every(isNone) ? {} : { written: this.#written }),
        };
    }
}
/** Gathers local files for one line. */
class FileRows {
    #paths = [];
    #sizes = [];
    #md5s = '';
    #mtimes = new BigInt64Array(ROWS);
    #ctimes = new BigInt64Array(ROWS);
    #inodes = new BigInt64Array(ROWS);
    #plain = '';
    #chars = 0;
    get length() {
        return this.#paths.length;
    }
    get isFull() {
        return this.length === ROWS || this.#chars >= NAME_CHARS;
    }
    /** @param entry as `isFileRow` wants it */
    add(path, { size, mtimeNs, ctimeNs, ino, md5, plain }) {
        const row = this.length;
        this.#paths.push(path);
        this.#sizes.push(size);
        this.#md5s += md5;
        this.#mtimes[row] = mtimeNs;
        this.#ctimes[row] = ctimeNs;
        this.#inodes[row] = ino;
        this.#plain += plain === true ? '1' : '0';
        this.#chars += path.length;
    }
    get columns() {
        return {
            path: this.#paths,
            size: this.#sizes,
            md5: this.#md5s,
            mtimeNs: base64(this.#mtimes, this.length),
            ctimeNs: base64(this.#ctimes, this.length),
            ino: base64(this.#inodes, this.length),
            ...(this.#plain.includes('1') ? { plain: this.#plain } : {}),
        };
    }
}
/** `undefined`: the line is not whole. */
function objectBlock(value) {
    if (!isRecord(value, OBJECT_COLUMNS))
        return undefined;
    const { key: keys, size: sizes, md5: md5s, etag: etags = md5s, headers, modified, written } = value;
    if (!isEvery(keys, isString))
        return undefined;
    const rows = keys.length;
    const isTime = (column) => column === undefined || (isEvery(column, isTimeOrNone) && column.length === rows);
    if (!isEvery(sizes, isSize) || sizes.length !== rows)
        return undefined;
    if (!isDigits(md5s, rows) || !isDigits(etags, rows))
        return undefined;
    if (!isTime(modified) || !isTime(written))
        return undefined;
    const [distinct, places] = headers === undefined ? [[], undefined] : placed(headers, rows);
    if (distinct === undefined)
        return undefined;
    return {
        ...{ keys, sizes, modified, written },
        md5s: Buffer.from(md5s, 'hex'),
        ...(etags === md5s ? {} : { etags: Buffer.from(etags, 'hex') }),
        headers: (row) => (places === undefined || places[row] === NONE ? undefined : distinct[places[row]]),
    };
}
/** `undefined`: the line is not whole. */
function fileBlock(value) {
    if (!isRecord(value, FILE_COLUMNS))
        return undefined;
    const { path: paths, size: sizes, md5, mtimeNs, ctimeNs, ino, plain } = value;
    if (!isEvery(paths, isString) || !isEvery(sizes, isSize) || sizes.length !== paths.length)
        return undefined;
    const rows = paths.length;
    const mtimes = words(mtimeNs, rows);
    const ctimes = words(ctimeNs, rows);
    const inodes = words(ino, rows);
    if (!isDigits(md5, rows) || mtimes === undefined || ctimes === undefined || inodes === undefined)
        return undefined;
    if (!isBits(plain, rows))
        return undefined;
    return { paths, sizes, md5s: Buffer.from(md5, 'hex'), mtimes, ctimes, inodes, plain };
}
/** A column that a newer version added may say what the others mean: such a line is not read. */
function isRecord(value, columns) {
    return typeof value === 'object' && value !== null && Object.keys(value).every((name) => columns.has(name));
}
function isEvery(column, is) {
    return Array.isArray(column) && column.every(is);
}
function isString(value) {
    return typeof value === 'string';
}
function isSize(value) {
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
function isTimeOrNone(value) {
    return value === NONE || isSize(value);
}
function isNone(value) {
    return value === NONE;
}
function isDigits(column, rows) {
    return typeof column === 'string' && column.length === rows * MD5_DIGITS && HEX.test(column);
}
function isBits(column, rows) {
    return column === undefined || (typeof column === 'string' && column.length === rows && BITS.test(column));
}
/** Texts, and the place of each row's among them; `undefined`: they are none. */
function placed(column, rows) {
    const [distinct, places] = Array.isArray(column) ? column : [];
    if (!isEvery(distinct, isString) || !isEvery(places, isTimeOrNone) || places.length !== rows)
        return [undefined, undefined];
    return places.every((place) => place < distinct.length) ? [distinct, places] : [undefined, undefined];
}
function base64(column, rows) {
    return Buffer.from(column.buffer, column.byteOffset, rows * column.BYTES_PER_ELEMENT).toString('base64');
}
function words(column, rows) {
    if (typeof column !== 'string')
        return undefined;
    const bytes = new Uint8Array(Buffer.from(column, 'base64'));
    return bytes.length === rows * BigInt64Array.BYTES_PER_ELEMENT
        ? new BigInt64Array(bytes.buffer)
        : undefined;
}


/***/ }),

/***/ 5135:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   QD: () => (/* binding */ groupPaths),
/* harmony export */   Qz: () => (/* binding */ EVERYTHING),
/* harmony export */   Rj: () => (/* binding */ isDistribution),
/* harmony export */   eX: () => (/* binding */ isInvalidationPath),
/* harmony export */   vu: () => (/* binding */ isSameMapping),
/* harmony export */   vv: () => (/* binding */ coverOf),
/* harmony export */   wG: () => (/* binding */ pathsOf)
/* harmony export */ });
/* unused harmony exports invalidationPath, covers */
/**
 * From keys to the paths that CloudFront is told to forget. What it takes: "What you need to know when invalidating
 * files", https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html
 */
/** What invalidates all that a distribution has. */
const EVERYTHING = '/*';
/** CloudFront refuses a longer path. */
const MAX_PATH_LENGTH = 4000;
/** CloudFront refuses more paths with a wildcard than this, in all invalidations that are in progress. */
const MAX_WILDCARDS = 15;
/**
 * Everything but what is encoded: non-ASCII, control characters, blanks and what RFC 1738 calls unsafe. "Do not
 * URL-encode any other characters in the path, or CloudFront will not invalidate the old version". A question mark
 * would begin a query string.
 */
const UNSAFE = /[^!$&()*+,\-./0-9:;=@A-Z_a-z]+/g;
/**
 * What no path can name: an asterisk means anything, and may stand at the end alone. An apostrophe and a tilde are
 * refused as they are, and encoded they are another path than the one that browsers ask for. A plus sign is a blank to S3 in a
 * path, so that readers ask for `%2B`, as encoders write it, or for `%2b`, as apt does.
 * https://github.com/laurilehmijoki/s3_website/issues/63, https://github.com/aws/aws-sdk-js/issues/4234,
 * https://github.com/dnbert/prm/pull/46
 */
const UNNAMABLE = /[*'~+]/;
const VALID = /^\/(?:[!$&()+,\-./0-9:;=@A-Z_a-z]|%[0-9A-F]{2})*\*?$/;
const DISTRIBUTION = /^E[A-Z0-9]{5,31}$/;
/** Whether CloudFront would take it as a path. */
function isInvalidationPath(text) {
    return text.length <= MAX_PATH_LENGTH && VALID.test(text);
}
function isDistribution(text) {
    return DISTRIBUTION.test(text);
}
function isSameMapping(a, b) {
    return a.stripPrefix === b.stripPrefix && a.addPrefix === b.addPrefix;
}
/** The path under which a key is served; `undefined`: it is not. */
function invalidationPath(key, mapping) {
    const { stripPrefix, addPrefix } = mapping;
    if (!key.startsWith(stripPrefix))
        return undefined;
    const path = `/${addPrefix}${key.slice(stripPrefix.length)}`;
    const cut = path.search(UNNAMABLE);
    // What begins like the key goes too.
    const named = cut === -1 ? path : `${path.slice(0, cut)}*`;
    const whole = named.replace(UNSAFE, (text) => Buffer.from(text)
        .reduce((encoded, byte) => `${encoded}%${byte.toString(16).padStart(2, '0')}`, '')
        .toUpperCase());
    return whole.length <= MAX_PATH_LENGTH ? whole : wildcard(directoryOf(whole.slice(0, MAX_PATH_LENGTH)));
}
/** The paths under which keys are served: an index page also under its directory. */
function pathsOf(keys, mapping) {
    const paths = new Set();
    for (const key of keys) {
        const path = invalidationPath(key, mapping);
        if (path === undefined)
            continue;
        paths.add(path);
        if (path.endsWith('/index.html'))
            paths.add(directoryOf(path));
    }
    return [...paths];
}
/**
 * At most `maxPaths` paths that cover all of them: these themselves when they fit, else wildcards of directories. The
 * widest wildcards are broken up first, into what lies in their directories, as long as all of it fits.
 */
function groupPaths(paths, maxPaths) {
    const all = withoutCovered(paths);
    if (all.length <= maxPaths && wildcards(all) <= MAX_WILDCARDS)
        return all;
    const grouped = breakUp(all, maxPaths);
    return wildcards(grouped) <= MAX_WILDCARDS ? grouped : breakUp(all, Math.min(maxPaths, MAX_WILDCARDS));
}
/** Whether a path of a result stands for this one. */
function covers(path, covered) {
    return path === covered || (isWildcard(path) && stemOf(covered).startsWith(stemOf(path)));
}
/** What tells, at once whatever they are, whether one of these paths stands for another. */
function coverOf(paths) {
    const whole = new Set(paths);
    const stems = new Set(paths.filter(isWildcard).map(stemOf));
    const lengths = [...new Set(Array.from(stems, ({ length }) => length))].sort((a, b) => a - b);
    return (path) => {
        if (whole.has(path))
            return true;
        const stem = stemOf(path);
        for (const length of lengths) {
            if (length > stem.length)
                return false;
            if (stems.has(stem.slice(0, length)))
                return true;
        }
        return false;
    };
}
/** In the order of their stems: what has a common beginning stands together, a wildcard before what it covers. */
function withoutCovered(paths) {
    const sorted = [...new Set(paths)].sort((a, b) => {
        const x = stemOf(a);
        const y = stemOf(b);
        if (x !== y)
            return x < y ? -1 : 1;
        return a < b ? 1 : -1;
    });
    const kept = [];
    let cover;
    for (const path of sorted) {
        if (cover !== undefined && covers(cover, path))
            continue;
        if (isWildcard(path))
            cover = path;
        kept.push(path);
    }
    return kept;
}
function breakUp(paths, maxPaths) {
    const first = group(paths, 0, paths.length);
    let count = 1;
    const whole = [];
    const open = first.to - first.from > 1 ? [first] : [];
    if (open.length === 0)
        whole.push(first);
    while (open.length > 0) {
        // At most `maxPaths` are open at a time.
        const widest = open.reduce((a, b) => (b.directory.length < a.directory.length ? b : a));
        open.splice(open.indexOf(widest), 1);
        const parts = partsOf(paths, widest, maxPaths - count + 1);
        if (parts === undefined) {
            whole.push(widest);
            continue;
        }
        count += parts.length - 1;
        for (const part of parts)
            (part.to - part.from > 1 ? open : whole).push(part);
    }
    return whole
        .sort((a, b) => a.from - b.from)
        .map(({ from, to, directory }) => (to - from > 1 ? wildcard(directory) : (paths[from] ?? EVERYTHING)));
}
/** A group's files and directories; `undefined`: they are more than `most`. */
function partsOf(paths, { from, to, directory }, most) {
    const parts = [];
    for (let at = from; at < to;) {
        if (parts.length === most)
            return undefined;
        const stem = stemOf(paths[at] ?? '');
        const slash = stem.indexOf('/', directory.length);
        const next = slash === -1 ? at + 1 : endOf(paths, stem.slice(0, slash + 1), at, to);
        parts.push(group(paths, at, next));
        at = next;
    }
    return parts;
}
/** The end of those that begin so. They stand together, so halving finds it. */
function endOf(paths, beginning, from, to) {
    let low = from + 1;
    let high = to;
    while (low < high) {
        const middle = (low + high) >>> 1;
        if (stemOf(paths[middle] ?? '').startsWith(beginning))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
/** What the first and the last one in an order share, all between them do. */
function group(paths, from, to) {
    const first = stemOf(paths[from] ?? '');
    const last = stemOf(paths[to - 1] ?? '');
    let length = 0;
    while (length < first.length && first[length] === last[length])
        length++;
    return { from, to, directory: directoryOf(first.slice(0, length)) };
}
function wildcards(paths) {
    return paths.reduce((count, path) => (isWildcard(path) ? count + 1 : count), 0);
}
function isWildcard(path) {
    return path.endsWith('*');
}
function wildcard(directory) {
    return `${directory}*`;
}
function stemOf(path) {
    return isWildcard(path) ? path.slice(0, -1) : path;
}
/** Up to and with the last slash. */
function directoryOf(path) {
    return path.slice(0, path.lastIndexOf('/') + 1);
}


/***/ }),

/***/ 9018:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   B: () => (/* binding */ Md5Column)
/* harmony export */ });
/* harmony import */ var _name_table_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8025);

const FIRST_ROWS = 1024;
const BYTES = 16;
const WORDS = BYTES / Int32Array.BYTES_PER_ELEMENT;
/** MD5s by row, 17 bytes each. */
class Md5Column {
    #bytes = Buffer.alloc(FIRST_ROWS * BYTES);
    /** The same bytes. */
    #words = new Int32Array(this.#bytes.buffer);
    #isSet = new Uint8Array(FIRST_ROWS);
    set(row, md5) {
        this.#reach(row);
        this.#bytes.write(md5, row * BYTES, BYTES, 'hex');
        this.#isSet[row] = 1;
    }
    /** Takes one over from others, 16 bytes each. */
    setBytes(row, md5s, from) {
        this.#reach(row);
        md5s.copy(this.#bytes, row * BYTES, from * BYTES, (from + 1) * BYTES);
        this.#isSet[row] = 1;
    }
    #reach(row) {
        if (row >= this.#isSet.length) {
            const rows = Math.max(row + 1, this.#isSet.length * 2);
            this.#isSet = (0,_name_table_js__WEBPACK_IMPORTED_MODULE_0__/* .moved */ .aW)(this.#isSet, new Uint8Array(rows));
            const bytes = Buffer.alloc(rows * BYTES);
            this.#bytes.copy(bytes);
            this.#bytes = bytes;
            this.#words = new Int32Array(bytes.buffer);
        }
    }
    /** Whether it has the MD5 that another column has. */
    isSame(row, other, otherRow) {
        if (!this.has(row) || !other.has(otherRow))
            return false;
        for (let word = 0; word < WORDS; word++)
            if (this.#words[row * WORDS + word] !== other.#words[otherRow * WORDS + word])
                return false;
        return true;
    }
    /** Takes one over from another column, where it has one. */
    copy(row, other, otherRow) {
        this.setBytes(row, other.#bytes, otherRow);
    }
    at(row) {
        if (this.#isSet[row] !== 1)
            return undefined;
        return this.#bytes.toString('hex', row * BYTES, (row + 1) * BYTES);
    }
    has(row) {
        return this.#isSet[row] === 1;
    }
    clear(row) {
        if (row < this.#isSet.length)
            this.#isSet[row] = 0;
    }
}


/***/ }),

/***/ 8025:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   K3: () => (/* binding */ NameTable),
/* harmony export */   aW: () => (/* binding */ moved),
/* harmony export */   lA: () => (/* binding */ fits)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);
/* harmony import */ var _object_key_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(5142);


/** Bytes of names that are allocated together: what is there is never copied. */
const PAGE = 1024 * 1024;
/** Names that there is room for at first. */
const FIRST_ROWS = 1024;
/** Names that a Map holds: it is quicker while code is cold, as it hashes without any. */
const MOST_IN_MAP = 16_384;
/** In `#lengths`: the name is kept as UTF-16. Without it, a byte a character. */
const WIDE = 0x8000_0000;
/**
 * Distinct names, numbered in the order in which they were added. A million of them take 20 bytes each beside their
 * characters, a third of what they take as strings in a Map, and nothing that a garbage collector has to visit. A few are
 * strings in a Map.
 */
class NameTable {
    #size = 0;
    /** `undefined`: they are too many. */
    #few = {
        rows: new Map(),
        names: [],
    };
    #mostInMap;
    #pages = [];
    /** What is used of the last page. */
    #used = 0;
    /** Where each name begins: a multiple of PAGE for its page, and the place there. */
    #starts = new Float64Array(FIRST_ROWS);
    /** Bytes of each name, and whether it is WIDE. */
    #lengths = new Uint32Array(FIRST_ROWS);
    #hashes = new Int32Array(FIRST_ROWS);
    /** Rows by hash, each plus 1; 0 is free. A power of two, at most half full. */
    #slots = new Uint32Array(FIRST_ROWS * 2);
    /** So that nobody can choose names that all fall into one slot. */
    #seed = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.randomInt)(2 ** 32) | 0;
    /** @param mostInMap names that a Map holds */
    constructor(mostInMap = MOST_IN_MAP) {
        this.#mostInMap = mostInMap;
    }
    get size() {
        return this.#size;
    }
    /** The row of a name, which is new if it is the size that the table had. */
    add(name) {
        if (this.#few === undefined)
            return this.#pack(name);
        const { rows, names } = this.#few;
        const known = rows.get(name);
        if (known !== undefined)
            return known;
        const row = this.#size++;
        rows.set(name, row);
        names.push(name);
        if (row >= this.#mostInMap) {
            this.#few = undefined;
            this.#size = 0;
            for (const each of names)
                this.#pack(each);
        }
        return row;
    }
    #pack(name) {
        const hash = this.#hash(name);
        const slot = this.#slotOf(name, hash);
        const known = this.#slots[slot];
        if (known !== 0)
            return known - 1;
        const row = this.#size++;
        this.#slots[slot] = row + 1;
        if (row === this.#hashes.length)
            this.#widen();
        this.#hashes[row] = hash;
        this.#write(row, name);
        if (this.#size * 2 > this.#slots.length)
            this.#rehash();
        return row;
    }
    /** -1: there is none. */
    find(name) {
        if (this.#few !== undefined)
            return this.#few.rows.get(name) ?? -1;
        return this.#slots[this.#slotOf(name, this.#hash(name))] - 1;
    }
    /** Where `prefix` and a name of another table together are; -1: there is none. No string is made of them. */
    findBelow(prefix, names, row) {
        const length = names.#lengths[row];
        if (this.#few !== undefined || names.#few !== undefined || length >= WIDE)
            return this.find(prefix + names.at(row));
        const start = names.#starts[row];
        const page = names.#pages[Math.floor(start / PAGE)];
        const from = start % PAGE;
        let hash = this.#hash(prefix);
        for (let i = from; i < from + length; i++)
            hash = hashed(hash, page[i]);
        const mask = this.#slots.length - 1;
        for (let slot = hash & mask;; slot = (slot + 1) & mask) {
            const found = this.#slots[slot] - 1;
            if (found === -1)
                return -1;
            if (this.#hashes[found] === hash && this.#isBelow(found, prefix, page, from, length))
                return found;
        }
    }
    #isBelow(row, prefix, bytes, from, count) {
        const length = this.#lengths[row];
        if (length >= WIDE)
            return this.at(row) === prefix + bytes.toString('latin1', from, from + count);
        if (length !== prefix.length + count)
            return false;
        const start = this.#starts[row];
        const page = this.#pages[Math.floor(start / PAGE)];
        let at = start % PAGE;
        for (let i = 0; i < prefix.length; i++)
            if (page[at++] !== prefix.charCodeAt(i))
                return false;
        for (let i = from; i < from + count; i++)
            if (page[at++] !== bytes[i])
                return false;
        return true;
    }
    at(row) {
        if (this.#few !== undefined)
            return this.#few.names[row];
        const start = this.#starts[row];
        const length = this.#lengths[row];
        const page = this.#pages[Math.floor(start / PAGE)];
        const from = start % PAGE;
        return length < WIDE
            ? page.toString('latin1', from, from + length)
            : page.toString('utf16le', from, from + (length - WIDE));
    }
    /** As `compareKeys` of the names. */
    compare(a, b) {
        if (this.#few !== undefined)
            return (0,_object_key_js__WEBPACK_IMPORTED_MODULE_1__/* .compareKeys */ .YD)(this.at(a), this.at(b));
        const [aLength, bLength] = [this.#lengths[a], this.#lengths[b]];
        if (aLength >= WIDE || bLength >= WIDE)
            return (0,_object_key_js__WEBPACK_IMPORTED_MODULE_1__/* .compareKeys */ .YD)(this.at(a), this.at(b));
        const [aStart, bStart] = [this.#starts[a], this.#starts[b]];
        const aPage = this.#pages[Math.floor(aStart / PAGE)];
        const bPage = this.#pages[Math.floor(bStart / PAGE)];
        const [aFrom, bFrom] = [aStart % PAGE, bStart % PAGE];
        const length = Math.min(aLength, bLength);
        for (let i = 0; i < length; i++) {
            const difference = aPage[aFrom + i] - bPage[bFrom + i];
            if (difference !== 0)
                return difference;
        }
        return aLength - bLength;
    }
    /** The rows of the first so many names, in the order of `compareKeys`. */
    ordered(size = this.#size) {
        const rows = Uint32Array.from({ length: size }, (_, row) => row);
        for (let row = 1; row < size; row++) {
            // An array is sorted by what is in order already, as the names of a directory are; its columns are not.
            if (this.compare(row - 1, row) > 0)
                return Uint32Array.from(Array.from(rows).sort((a, b) => this.compare(a, b)));
        }
        return rows;
    }
    #slotOf(name, hash) {
        const mask = this.#slots.length - 1;
        for (let slot = hash & mask;; slot = (slot + 1) & mask) {
            const row = this.#slots[slot] - 1;
            if (row === -1 || (this.#hashes[row] === hash && this.#is(row, name)))
                return slot;
        }
    }
    #is(row, name) {
        const length = this.#lengths[row];
        if (length >= WIDE)
            return this.at(row) === name;
        if (length !== name.length)
            return false;
        const start = this.#starts[row];
        const page = this.#pages[Math.floor(start / PAGE)];
        const from = start % PAGE;
        for (let i = 0; i < length; i++)
            if (page[from + i] !== name.charCodeAt(i))
                return false;
        return true;
    }
    #write(row, name) {
        const isWide = /[^\0-\xff]/.test(name);
        const length = isWide ? name.length * 2 : name.length;
        if (this.#pages.length === 0 || this.#used + length > this.#pages.at(-1).length) {
            this.#pages.push(Buffer.allocUnsafeSlow(Math.max(PAGE, length)));
            this.#used = 0;
        }
        this.#pages.at(-1).write(name, this.#used, isWide ? 'utf16le' : 'latin1');
        this.#starts[row] = (this.#pages.length - 1) * PAGE + this.#used;
        this.#lengths[row] = isWide ? length + WIDE : length;
        this.#used += length;
    }
    #hash(name) {
        let hash = this.#seed;
        for (let i = 0; i < name.length; i++) {
            hash = hashed(hash, name.charCodeAt(i));
        }
        return hash;
    }
    #widen() {
        const rows = this.#hashes.length * 2;
        this.#starts = moved(this.#starts, new Float64Array(rows));
        this.#lengths = moved(this.#lengths, new Uint32Array(rows));
        this.#hashes = moved(this.#hashes, new Int32Array(rows));
    }
    #rehash() {
        this.#slots = new Uint32Array(this.#slots.length * 2);
        const mask = this.#slots.length - 1;
        for (let row = 0; row < this.#size; row++) {
            let slot = this.#hashes[row] & mask;
            while (this.#slots[slot] !== 0)
                slot = (slot + 1) & mask;
            this.#slots[slot] = row + 1;
        }
    }
}
function hashed(hash, character) {
    const mixed = Math.imul(hash ^ character, 0x5bd1e995);
    return mixed ^ (mixed >>> 15);
}
/** A longer column with what the other one has. Nothing is resident of it but what was written. */
function moved(from, to) {
    to.set(from);
    return to;
}
/** Whether a column of BigInt64 can hold it: nanoseconds of times until the year 2262. */
function fits(value) {
    return BigInt.asIntN(64, value) === value;
}


/***/ }),

/***/ 4684:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   U: () => (/* binding */ Numbering)
/* harmony export */ });
/** Numbers texts from 0 in the order in which they are met, so that a column of numbers can stand for them. */
class Numbering {
    #numbers = new Map();
    #texts = [];
    /** By their numbers. */
    get texts() {
        return this.#texts;
    }
    numberOf(text) {
        const known = this.#numbers.get(text);
        if (known !== undefined)
            return known;
        const number = this.#texts.push(text) - 1;
        this.#numbers.set(text, number);
        return number;
    }
}


/***/ }),

/***/ 945:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Q: () => (/* binding */ ObjectEntries)
/* harmony export */ });
/* harmony import */ var _entries_table_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3842);
/* harmony import */ var _index_rows_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(8401);
/* harmony import */ var _md5_column_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(9018);
/* harmony import */ var _name_table_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(8025);
/* harmony import */ var _numbering_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(4684);





const FIRST_ROWS = 1024;
/** In place of a number of header digests. */
const NO_HEADERS = 0;
/**
 * What an index knows of objects, by key, in the order in which they were first met: 65 bytes each beside the key. There may be a
 * million, and more before one is written. Entries are made as they are asked for: the same one is another object each time.
 */
class ObjectEntries extends _entries_table_js__WEBPACK_IMPORTED_MODULE_0__/* .EntriesTable */ .r {
    #md5s = new _md5_column_js__WEBPACK_IMPORTED_MODULE_2__/* .Md5Column */ .B();
    /** Those that are not the MD5, as under KMS. */
    #etags = new _md5_column_js__WEBPACK_IMPORTED_MODULE_2__/* .Md5Column */ .B();
    #sizes = new Float64Array(FIRST_ROWS);
    /** Of `#headerDigests`, plus 1. */
    #headers = new Uint32Array(FIRST_ROWS);
    #headerDigests = new _numbering_js__WEBPACK_IMPORTED_MODULE_4__/* .Numbering */ .U();
    #modified = new Float64Array(FIRST_ROWS);
    #written = new Float64Array(FIRST_ROWS);
    /** Those that columns cannot hold. */
    #others = new Map();
    /** Replaces what has the same key. */
    set(key, entry) {
        const row = this.#rowOf(key);
        const { etag, size, md5, headers, modified = _index_rows_js__WEBPACK_IMPORTED_MODULE_1__/* .NONE */ .x3, written = _index_rows_js__WEBPACK_IMPORTED_MODULE_1__/* .NONE */ .x3 } = entry;
        if (md5 === undefined || !(0,_index_rows_js__WEBPACK_IMPORTED_MODULE_1__/* .isObjectRow */ .oM)(entry)) {
            this.#others.set(row, entry);
            return;
        }
        this.#others.delete(row);
        this.#md5s.set(row, md5);
        if (etag === md5)
            this.#etags.clear(row);
        else
            this.#etags.set(row, etag);
        this.#sizes[row] = size;
        this.#headers[row] = headers === undefined ? NO_HEADERS : this.#headerDigests.numberOf(headers) + 1;
        this.#modified[row] = modified;
        this.#written[row] = written;
    }
    /** As `set` of each. */
    setRows({ keys, sizes, md5s, etags, headers, modified, written }) {
        for (const [i, key] of keys.entries()) {
            const row = this.#rowOf(key);
            this.#others.delete(row);
            this.#md5s.setBytes(row, md5s, i);
            if (etags === undefined)
                this.#etags.clear(row);
            else
                this.#etags.setBytes(row, etags, i);
            const digest = headers(i);
            this.#sizes[row] = sizes[i];
            this.#headers[row] = digest === undefined ? NO_HEADERS : this.#headerDigests.numberOf(digest) + 1;
            this.#modified[row] = modified?.[i] ?? _index_rows_js__WEBPACK_IMPORTED_MODULE_1__/* .NONE */ .x3;
            this.#written[row] = written?.[i] ?? _index_rows_js__WEBPACK_IMPORTED_MODULE_1__/* .NONE */ .x3;
        }
    }
    /** Says when what is there was written, by S3's clock. Milliseconds since the epoch. */
    date(key, written) {
        const row = this.names.find(key);
        if (row === -1)
            return;
        const other = this.#others.get(row);
        if (other === undefined)
            this.#written[row] = written;
        else
            this.#others.set(row, { ...other, written });
    }
    /** In the order of `compareKeys`. */
    *inOrder() {
        for (const row of this.names.ordered())
            yield [this.names.at(row), this.at(row)];
    }
    #rowOf(key) {
        const row = this.names.add(key);
        if (row >= this.#sizes.length)
            this.#widen();
        return row;
    }
    at(row) {
        const other = this.#others.get(row);
        if (other !== undefined)
            return other;
        const md5 = this.#md5s.at(row);
        const entry = {
            etag: (this.#etags.at(row) ?? md5),
            size: this.#sizes[row],
            md5,
        };
        const [headers, modified, written] = [this.#headers[row], this.#modified[row], this.#written[row]];
        if (headers !== NO_HEADERS)
            entry.headers = this.#headerDigests.texts[headers - 1];
        if (modified !== _index_rows_js__WEBPACK_IMPORTED_MODULE_1__/* .NONE */ .x3)
            entry.modified = modified;
        if (written !== _index_rows_js__WEBPACK_IMPORTED_MODULE_1__/* .NONE */ .x3)
            entry.written = written;
        return entry;
    }
    #widen() {
        const rows = this.#sizes.length * 2;
        this.#sizes = (0,_name_table_js__WEBPACK_IMPORTED_MODULE_3__/* .moved */ .aW)(this.#sizes, new Float64Array(rows));
        this.#headers = (0,_name_table_js__WEBPACK_IMPORTED_MODULE_3__/* .moved */ .aW)(this.#headers, new Uint32Array(rows));
        this.#modified = (0,_name_table_js__WEBPACK_IMPORTED_MODULE_3__/* .moved */ .aW)(this.#modified, new Float64Array(rows));
        this.#written = (0,_name_table_js__WEBPACK_IMPORTED_MODULE_3__/* .moved */ .aW)(this.#written, new Float64Array(rows));
    }
}


/***/ }),

/***/ 5142:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   A1: () => (/* binding */ parsePrefix),
/* harmony export */   ID: () => (/* binding */ joinKey),
/* harmony export */   Nt: () => (/* binding */ OWN_DIRECTORY),
/* harmony export */   QE: () => (/* binding */ NOT_IN_XML),
/* harmony export */   Xd: () => (/* binding */ MAX_KEY_BYTES),
/* harmony export */   YD: () => (/* binding */ compareKeys),
/* harmony export */   jH: () => (/* binding */ directoriesAbove),
/* harmony export */   k2: () => (/* binding */ NOT_SPELLED)
/* harmony export */ });
/** S3's limit on a key, in bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;
/** Our own objects (index, journal, lock) live below this name; they are never tree, source or deletion. */
const OWN_DIRECTORY = '.s3-dedup-sync/';
/** What XML 1.0 cannot carry as it is. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const NOT_IN_XML = /[\u0000-\u0008\u000b\u000c\u000d\u000e-\u001f\ufffe\uffff]/;
/** What stands for it where a server lists keys without encoding them, and for bytes that are no UTF-8. */
const NOT_SPELLED = '\ufffd';
/** Strips leading slashes and closes the prefix with one. `/` alone and the empty string are the bucket's root. */
function parsePrefix(text) {
    const bare = text.replace(/^\/+/, '').replace(/\/+$/, '');
    return (bare === '' ? '' : `${bare}/`);
}
/**
 * Joins a prefix and a path below it.
 * `undefined` when S3 cannot hold the name: empty, over 1,024 bytes, or with a lone surrogate.
 */
function joinKey(prefix, path) {
    const key = prefix + path;
    if (path === '' || !key.isWellFormed() || Buffer.byteLength(key) > MAX_KEY_BYTES)
        return undefined;
    return key;
}
/** The order of S3's listings: by UTF-8 bytes, which is by code point and not JavaScript's `<`. */
function compareKeys(a, b) {
    const length = Math.min(a.length, b.length);
    for (let i = 0; i < length; i++) {
        let x = a.charCodeAt(i);
        let y = b.charCodeAt(i);
        if (x === y)
            continue;
        // Surrogates encode code points above U+FFFF and sort after U+E000..U+FFFF in UTF-8.
        if (x >= 0xd800 && y >= 0xd800) {
            x = x >= 0xe000 ? x - 0x800 : x + 0x2000;
            y = y >= 0xe000 ? y - 0x800 : y + 0x2000;
        }
        return x - y;
    }
    return a.length - b.length;
}
/** `a` and `a/b` for `a/b/c`. */
function* directoriesAbove(name) {
    for (let i = name.indexOf('/'); i !== -1; i = name.indexOf('/', i + 1))
        yield name.slice(0, i);
}


/***/ }),

/***/ 2166:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   c: () => (/* binding */ withoutSecrets),
/* harmony export */   e: () => (/* binding */ withoutSigningValues)
/* harmony export */ });
/** What stands in a secret's place. */
const HIDDEN = '***';
/**
 * Secrets by their shape, in what others say: servers and proxies repeat requests in their errors, and whoever reads a
 * log must not be able to sign, nor to use a signed URL. Each keeps its first group. Lengths have an end:
 * what is said may be long.
 */
const SHAPES = [
    // https://user:password@host, https://token@host
    /(\b[a-z][a-z0-9+.-]{0,15}:\/\/)[^\s/?#"'<>]{1,512}(?=@)/gi,
    // Of presigned URLs: AWS Signature 4 and 2, Google, Azure; also in a URL that is the parameter of another one.
    /((?:[?&]|%3F|%26)(?:X-(?:Amz|Goog)-(?:Signature|Credential|Security-Token)|Signature|AWSAccessKeyId|GoogleAccessId|sig|token|access_token)(?:=|%3D))(?:(?!%26)[^\s&"'<>])+/gi,
    // As an error says which one was expected.
    /(\bSignature[^\r\n]{1,40}?\b)[0-9a-f]{64}\b/gi,
    // Headers, as they are or as an error lists them.
    /(\bSignature\s*[=:]\s*)[A-Za-z0-9+/=%]{16,}/gi,
    /(\bx-amz-security-token["']?\s*[=:>]\s*["']?)[^\s"'<>,;&]+/gi,
    /(\b(?:proxy-)?authorization["']?\s*[=:]\s*["']?(?:Basic|Bearer)\s+)[^\s"'<>,;]+/gi,
    /(\bAWS [A-Z0-9]{16,}:)[A-Za-z0-9+/=]{20,}/g,
    // A JSON Web Token, as the runner's identity is.
    /(\beyJ)[A-Za-z0-9_-]{8,2048}\.[A-Za-z0-9_-]{1,4096}(?:\.[A-Za-z0-9_-]{1,2048})?/g,
];
/** A text of somebody else without what could be used. */
function withoutSecrets(text) {
    return SHAPES.reduce((masked, shape) => masked.replace(shape, `$1${HIDDEN}`), text);
}
/** AWS has no shorter ids of keys; other services have such as are words, which may be meant. Characters. */
const LEAST_KEY_ID = 16;
/** What a server says, without what requests to it were signed with. */
function withoutSigningValues(text, { accessKeyId, secretAccessKey, sessionToken }) {
    let masked = text;
    for (const value of [secretAccessKey, sessionToken, accessKeyId.length < LEAST_KEY_ID ? '' : accessKeyId]) {
        if (value === undefined || value === '')
            continue;
        for (const spelled of [value, encodeURIComponent(value)])
            masked = masked.replaceAll(spelled, HIDDEN);
    }
    return masked;
}


/***/ })

};
