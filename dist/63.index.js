export const id = 63;
export const ids = [63];
export const modules = {

/***/ 9063:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Y: () => (/* binding */ cacheIndexStorage),
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
/* harmony import */ var _model_errors_js__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(4132);







/** @actions/cache takes a quarter of a second to load; only a run that keeps its index there pays. */
async function loadCacheService() {
    return await Promise.all(/* import() */[__webpack_require__.e(581), __webpack_require__.e(830), __webpack_require__.e(860), __webpack_require__.e(312)]).then(__webpack_require__.bind(__webpack_require__, 9312));
}
/** The one file that is kept, by this spelling: a cache's version is a hash of it, so it is the same everywhere. */
const FILE = 's3-dedup-sync.index';
/** An index is the same on any system; without this a Windows runner would have its own. */
const ANY_SYSTEM = true;
/** An index of a million keys has some 250 MiB. What is larger is not ours. Bytes. */
const MAX_BYTES = 1024 ** 3;
/** The index saves time; waiting longer than this for it does not. Milliseconds. */
const RESTORE_MS = 60_000;
/** State that main leaves for post: an index that is written and not yet saved. */
const STATE = 'index';
/**
 * The index in the runner's cache. Caches are immutable, so each save has a key of its own, and the newest of the
 * destination's is restored. Anyone who can write the repository's caches can forge one: nothing in it is trusted.
 *
 * Missing service, missing token, failing saves: a notice, once, and the run goes on without.
 */
function cacheIndexStorage(name, { env, emit, saveState, loadService }) {
    const prefix = `s3ds-v1-${name}-`;
    // Two jobs of one run may publish to one destination.
    const unique = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.randomBytes)(4).toString('hex');
    const key = `${prefix}${env.GITHUB_RUN_ID ?? '0'}-${env.GITHUB_RUN_ATTEMPT ?? '0'}-${unique}`;
    let available = true;
    function giveUp(why) {
        if (!available)
            return;
        available = false;
        emit({
            type: 'message',
            level: 'notice',
            message: `the index is not kept: ${why}. Nothing is wrong with what is published; the next run reads more. index: s3://bucket/key or a path keeps it elsewhere`,
        });
    }
    async function service() {
        try {
            const loaded = await loadService();
            if (loaded.isFeatureAvailable())
                return loaded;
            giveUp('this runner has no cache service');
        }
        catch (error) {
            giveUp(`the cache service cannot be used (${(0,_model_errors_js__WEBPACK_IMPORTED_MODULE_6__/* .messageOf */ .bD)(error)})`);
        }
        return undefined;
    }
    return {
        trust: { remote: false, local: false },
        async load(signal) {
            const cache = await service();
            if (cache === undefined)
                return undefined;
            const directory = await freshDirectory(env);
            try {
                const restored = restore(cache, directory, key, prefix, env);
                const hit = await patiently(restored, signal);
                return hit === undefined ? undefined : await readIndex(directory);
            }
            catch (error) {
                if (signal.aborted)
                    return undefined;
                giveUp(`it could not be restored (${(0,_model_errors_js__WEBPACK_IMPORTED_MODULE_6__/* .messageOf */ .bD)(error)})`);
                return undefined;
            }
            finally {
                await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.rm)(directory, { recursive: true, force: true });
            }
        },
        async save(bytes, signal) {
            if (!available)
                return;
            const directory = await freshDirectory(env);
            await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.writeFile)((0,node_path__WEBPACK_IMPORTED_MODULE_4__.join)(directory, FILE), bytes);
            const unsaved = { directory, key };
            saveState(STATE, JSON.stringify(unsaved));
            // A cancelled job is killed in seconds, its post step is not.
            if (signal.aborted)
                return;
            const cache = await service();
            if (cache !== undefined) {
                try {
                    if (!(await saveDirectory(cache, unsaved, env)))
                        giveUp('the cache service did not take it');
                }
                catch (error) {
                    giveUp(`the cache service did not take it (${(0,_model_errors_js__WEBPACK_IMPORTED_MODULE_6__/* .messageOf */ .bD)(error)})`);
                }
            }
            saveState(STATE, '');
            await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.rm)(directory, { recursive: true, force: true });
        },
    };
}
/** The post step: saves what main wrote and was killed before it could save. Never fails a job. */
async function saveUnsaved(state, { env, loadService }, say) {
    const unsaved = parseState(state);
    if (unsaved === undefined)
        return;
    try {
        const cache = await loadService();
        if (cache.isFeatureAvailable() && (await saveDirectory(cache, unsaved, env))) {
            say('the index of the interrupted run was saved');
        }
    }
    catch (error) {
        say(`the index of the interrupted run was not saved: ${(0,_model_errors_js__WEBPACK_IMPORTED_MODULE_6__/* .messageOf */ .bD)(error)}`);
    }
    finally {
        await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.rm)(unsaved.directory, { recursive: true, force: true });
    }
}
/** What main left for post. */
function unsavedState(getState) {
    return getState(STATE);
}
function parseState(state) {
    if (state === '')
        return undefined;
    const { directory, key } = JSON.parse(state);
    return directory === undefined || key === undefined ? undefined : { directory, key };
}
async function freshDirectory(env) {
    const base = env.RUNNER_TEMP || (0,node_os__WEBPACK_IMPORTED_MODULE_3__.tmpdir)();
    await (0,_disk_replace_file_js__WEBPACK_IMPORTED_MODULE_5__/* .makeDirectory */ .O)(base);
    return await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.mkdtemp)((0,node_path__WEBPACK_IMPORTED_MODULE_4__.join)(base, 's3-dedup-sync-'));
}
async function restore(cache, directory, key, prefix, env) {
    const back = pretendWorkspace(directory, env);
    try {
        return await cache.restoreCache([FILE], key, [prefix], { timeoutInMs: 30_000, segmentTimeoutInMs: RESTORE_MS }, ANY_SYSTEM);
    }
    finally {
        back();
    }
}
async function saveDirectory(cache, { directory, key }, env) {
    const back = pretendWorkspace(directory, env);
    const cwd = process.cwd();
    try {
        // The library resolves what it saves against the working directory, and names it relative to the workspace.
        process.chdir(directory);
        return (await cache.saveCache([FILE], key, undefined, ANY_SYSTEM)) !== -1;
    }
    finally {
        process.chdir(cwd);
        back();
    }
}
/**
 * @actions/cache packs and unpacks relative to GITHUB_WORKSPACE, and refuses `..` in a path. A file outside of the
 * workspace could be named by its absolute path alone, which differs from runner to runner and with it the cache's
 * version. So for the length of a call our own directory is the workspace. It also keeps a forged archive, which
 * is unpacked before anyone sees it, from writing by relative names into the tree that is about to be published.
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
/** Waits for a restore, but not for ever, and not after the run was stopped. */
async function patiently(work, signal) {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(RESTORE_MS)]);
    return await new Promise((resolve, reject) => {
        const stop = () => reject(signal.aborted ? signal.reason : new Error(`no answer within ${RESTORE_MS / 1000} s`));
        if (limit.aborted)
            stop();
        limit.addEventListener('abort', stop, { once: true });
        work.then(resolve, reject).finally(() => limit.removeEventListener('abort', stop));
    });
}
/** The archive is other people's: only the one file is read, no link is followed, and no more than could be ours. */
async function readIndex(directory) {
    const handle = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.open)((0,node_path__WEBPACK_IMPORTED_MODULE_4__.join)(directory, FILE), node_fs__WEBPACK_IMPORTED_MODULE_1__.constants.O_RDONLY | (node_fs__WEBPACK_IMPORTED_MODULE_1__.constants.O_NOFOLLOW ?? 0));
    try {
        const { size } = await handle.stat();
        const file = (await handle.stat()).isFile();
        if (!file || size > MAX_BYTES)
            throw new Error(`it is ${file ? `${size} bytes long` : 'no file'}`);
        return await handle.readFile();
    }
    finally {
        await handle.close();
    }
}


/***/ }),

/***/ 170:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   O: () => (/* binding */ makeDirectory),
/* harmony export */   f: () => (/* binding */ replaceFile)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(1455);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6760);



/**
 * Writes a file whole or not at all: to a temporary file beside it, then renamed. Piece by piece, as what is
 * written need not fit one string. Rejects with the system's error; the old file is then still there.
 */
async function replaceFile(path, pieces) {
    await makeDirectory((0,node_path__WEBPACK_IMPORTED_MODULE_2__.dirname)(path));
    const temporary = `${path}.${(0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.randomBytes)(6).toString('hex')}.tmp`;
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

/***/ 4132:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   S0: () => (/* binding */ SyncError),
/* harmony export */   Wp: () => (/* binding */ usageError),
/* harmony export */   bD: () => (/* binding */ messageOf),
/* harmony export */   dc: () => (/* binding */ EXIT),
/* harmony export */   gX: () => (/* binding */ worstExit),
/* harmony export */   x5: () => (/* binding */ refusal)
/* harmony export */ });
/** Exit status of the process and of the job; interface.md of this project's docs calls it a contract. */
const EXIT = {
    done: 0,
    failed: 1,
    usage: 2,
    different: 3,
    refused: 4,
    foreignWriter: 5,
    wouldChange: 6,
    interrupted: 130,
    terminated: 143,
};
/**
 * A failure that a person reads: `message` is one line that says what was given or met, what was expected,
 * and what to do.
 */
class SyncError extends Error {
    code;
    exit;
    name = 'SyncError';
    constructor(code, exit, message, options) {
        super(message, options?.cause === undefined ? undefined : { cause: options.cause });
        this.code = code;
        this.exit = exit;
        this.key = options?.key;
    }
    key;
}
function usageError(message) {
    return new SyncError('usage', EXIT.usage, message);
}
function refusal(code, message) {
    return new SyncError(code, EXIT.refused, message);
}
/** When several apply: 130/143, 2, 4, 5, 1, 3. */
function worstExit(codes) {
    const order = [130, 143, 2, 4, 5, 1, 3, 6, 0];
    let worst = order.length - 1;
    for (const code of codes)
        worst = Math.min(worst, order.indexOf(code));
    return order[worst] ?? EXIT.failed;
}
/** The message of anything thrown, on one line. */
function messageOf(error) {
    const text = error instanceof Error ? error.message || error.name : String(error);
    return text.replace(/\s*[\r\n]+\s*/g, ' ').trim();
}


/***/ })

};
