export const id = 819;
export const ids = [819];
export const modules = {

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

/***/ 7452:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   C: () => (/* binding */ forEachConcurrent),
/* harmony export */   G: () => (/* binding */ ByteBudget)
/* harmony export */ });
/** Runs `work` over the items, at most `limit` at a time, in order of start. Stops starting when `work` rejects. */
async function forEachConcurrent(items, limit, work) {
    const iterator = items[Symbol.iterator]();
    let failed = false;
    const lane = async () => {
        for (let next = iterator.next(); !failed && next.done !== true; next = iterator.next()) {
            try {
                await work(next.value);
            }
            catch (error) {
                failed = true;
                throw error;
            }
        }
    };
    await settleAll(Array.from({ length: Math.max(1, limit) }, lane));
}
/** Waits for all, then rejects with the first rejection: nothing is left running behind a failure. */
async function settleAll(promises) {
    const results = await Promise.allSettled(promises);
    return results.map((result) => {
        if (result.status === 'rejected')
            throw result.reason;
        return result.value;
    });
}
/** Bounds the bytes of bodies held in memory. One request larger than the whole is let through alone. */
class ByteBudget {
    #free;
    #capacity;
    #waiting = [];
    /** @param capacity bytes */
    constructor(capacity) {
        this.#capacity = capacity;
        this.#free = capacity;
    }
    /** Runs `work` while `bytes` are taken from the budget. First come, first served. */
    async with(bytes, work) {
        const taken = Math.min(bytes, this.#capacity);
        if (this.#waiting.length > 0 || taken > this.#free) {
            await new Promise((start) => this.#waiting.push({ bytes: taken, start }));
        }
        else {
            this.#free -= taken;
        }
        try {
            return await work();
        }
        finally {
            this.#free += taken;
            while (this.#waiting[0] !== undefined && this.#waiting[0].bytes <= this.#free) {
                const next = this.#waiting.shift();
                this.#free -= next?.bytes ?? 0;
                next?.start();
            }
        }
    }
}


/***/ }),

/***/ 5819:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  fileIndexStorage: () => (/* binding */ fileIndexStorage),
  machineId: () => (/* binding */ machineId),
  objectIndexStorage: () => (/* binding */ objectIndexStorage)
});

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: external "node:os"
var external_node_os_ = __webpack_require__(8161);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: ./build/src/disk/replace-file.js
var replace_file = __webpack_require__(170);
// EXTERNAL MODULE: ./build/src/model/concurrency.js
var concurrency = __webpack_require__(7452);
// EXTERNAL MODULE: ./build/src/model/digest.js
var digest = __webpack_require__(6799);
// EXTERNAL MODULE: ./build/src/model/digest-index.js
var digest_index = __webpack_require__(1710);
;// CONCATENATED MODULE: ./build/src/model/group-commit.js
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

;// CONCATENATED MODULE: ./build/src/sync/index-file.js










/** Objects of a journal that are read at a time. */
const JOURNAL_REQUESTS = 16;
/** The index in a file of this machine: replaced by a rename, so that a full disk leaves the old one. */
function fileIndexStorage(path) {
    const journal = `${path}.journal`;
    const clear = () => (0,promises_.rm)(journal, { force: true });
    return {
        trust: { remote: false, local: true },
        load: () => readRegular(path),
        async save(bytes) {
            await (0,replace_file/* replaceFile */.f)(path, [bytes]);
            await clear();
        },
        journal: {
            ofEndedRuns: false,
            load: async () => (await readRegular(journal)) ?? Buffer.alloc(0),
            append: groupCommit(async (lines) => {
                await (0,promises_.mkdir)((0,external_node_path_.dirname)(journal), { recursive: true });
                await (0,promises_.appendFile)(journal, lines);
            }),
            clear,
        },
    };
}
async function readRegular(path) {
    let stats;
    try {
        stats = await (0,promises_.stat)(path);
    }
    catch (error) {
        if (error.code === 'ENOENT')
            return undefined;
        throw error;
    }
    // A pipe would never end.
    if (!stats.isFile())
        throw new Error('it is not a regular file');
    if (stats.size > digest_index/* MAX_INDEX_BYTES */.w2)
        throw new Error(`it has ${stats.size} bytes, over ${digest_index/* MAX_INDEX_BYTES */.w2}`);
    return (0,promises_.readFile)(path);
}
/**
 * The index as an object. Believed alone only when it lies in the destination's own bucket: who can forge it
 * there can forge the objects. Its journal is a few objects beside it, one for each batch of lines.
 */
function objectIndexStorage(store, key, inDestination) {
    const directory = `${key}.journal/`;
    const run = (0,external_node_crypto_.randomBytes)(6).toString('hex');
    const journalKeys = new Set();
    let batches = 0;
    const put = async (at, body, signal) => {
        const headers = { contentType: 'text/plain; charset=utf-8', metadata: {} };
        await store.put({ key: at, body, md5: (0,digest/* md5Of */.iF)(body), headers }, signal);
    };
    const clear = async (signal) => {
        if (journalKeys.size === 0)
            return;
        for await (const page of store.list(directory, signal)) {
            // What another run appends meanwhile stays.
            const ours = page.filter((object) => journalKeys.has(object.key));
            if (ours.length > 0)
                await store.delete(ours, signal);
        }
        journalKeys.clear();
    };
    return {
        // Elsewhere even a line about a local file would let whoever writes that bucket choose what is copied (C18).
        trust: { remote: inDestination, local: inDestination },
        async load(signal) {
            return (await store.read(key, digest_index/* MAX_INDEX_BYTES */.w2, signal))?.bytes;
        },
        async save(bytes, signal) {
            await put(key, bytes, signal);
            await clear(signal);
        },
        journal: {
            ofEndedRuns: false,
            async load(signal) {
                for await (const page of store.list(directory, signal)) {
                    for (const object of page)
                        journalKeys.add(object.key);
                }
                const bodies = [];
                await (0,concurrency/* forEachConcurrent */.C)([...journalKeys], JOURNAL_REQUESTS, async (at) => {
                    const body = await store.read(at, digest_index/* MAX_INDEX_BYTES */.w2, signal);
                    if (body !== undefined)
                        bodies.push(body.bytes);
                });
                return Buffer.concat(bodies);
            },
            append: groupCommit(async (lines, signal) => {
                const at = `${directory}${run}-${++batches}`;
                journalKeys.add(at);
                await put(at, Buffer.from(lines), signal);
            }),
            clear,
        },
    };
}
/** Names this machine without telling anyone its name: stat lines are believed on it alone. */
function machineId() {
    let id = '';
    try {
        id = (0,external_node_fs_.readFileSync)('/etc/machine-id', 'utf8').trim();
    }
    catch {
        // Systems without it are told apart by their host name.
    }
    return (0,external_node_crypto_.createHash)('sha256').update(`${id}\n${(0,external_node_os_.hostname)()}\n`).digest('hex').slice(0, 32);
}


/***/ })

};
