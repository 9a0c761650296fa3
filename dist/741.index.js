export const id = 741;
export const ids = [741,532];
export const modules = {

/***/ 8078:
/***/ ((module, __unused_webpack_exports, __webpack_require__) => {

module.exports = __webpack_require__.p + "a72c51e6fba4ce147e6e.js";

/***/ }),

/***/ 6592:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   AD: () => (/* binding */ StoreError),
/* harmony export */   GZ: () => (/* binding */ isDenied),
/* harmony export */   J0: () => (/* binding */ unlessRefused),
/* harmony export */   PF: () => (/* binding */ etagsProve),
/* harmony export */   Pb: () => (/* binding */ UnprovedCopyError),
/* harmony export */   Re: () => (/* binding */ isDeniedOrRejected),
/* harmony export */   UD: () => (/* binding */ BAD_PART_ETAG),
/* harmony export */   Y8: () => (/* binding */ CHANGED_AFTER_WRITE),
/* harmony export */   ic: () => (/* binding */ MayLackKeyError),
/* harmony export */   ku: () => (/* binding */ isOfS3),
/* harmony export */   mN: () => (/* binding */ LOGIN_REQUIRED),
/* harmony export */   yA: () => (/* binding */ UNFINISHED)
/* harmony export */ });
/* harmony import */ var _model_secrets_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(2166);

class StoreError extends Error {
    kind;
    code;
    status;
    operation;
    name = 'StoreError';
    constructor(kind, 
    /** S3's code, as `PreconditionFailed`; or Node's, as `ECONNRESET`. */
    code, 
    /** HTTP status, 0 without an answer. */
    status, 
    /** S3 operation, as `PutObject`: also the IAM action that a denied call lacks. */
    operation, message, options) {
        super((0,_model_secrets_js__WEBPACK_IMPORTED_MODULE_0__/* .withoutSecrets */ .c)(message), options);
        this.kind = kind;
        this.code = code;
        this.status = status;
        this.operation = operation;
    }
}
/** "Network Authentication Required" (RFC 6585): a network's own answer in place of S3's, until somebody has logged in. */
const LOGIN_REQUIRED = 511;
/** S3 gives every refusal a code; what has none is of a proxy, a web page, another service. HEAD has no body at all. */
function isOfS3({ operation, status, message }) {
    return operation.startsWith('Head') || message !== `HTTP ${status}`;
}
/** Whether whoever asks has not the right to. */
function isDenied(error) {
    return error instanceof StoreError && error.kind === 'denied';
}
/** Whether S3 will not say what was asked, to whoever asks or at all: what it would have said is not known. */
function isDeniedOrRejected(error) {
    return error instanceof StoreError && (error.kind === 'denied' || error.kind === 'rejected');
}
/** What S3 does not say is unknown. Throws what is no refusal. */
function unlessRefused(error) {
    if (!isDeniedOrRejected(error))
        throw error;
    return undefined;
}
/** Of a `network`: an answer began, and could not be read to its end. */
const UNFINISHED = 'UnfinishedAnswer';
/** Of a `condition` that was found after this run's own write, which nothing could bind to one. */
const CHANGED_AFTER_WRITE = 'ChangedAfterWrite';
/** Of a `digest`: a part was sent as it was digested, and its ETag is another MD5. */
const BAD_PART_ETAG = 'BadPartETag';
/** A copy of which nothing proves that it holds what it should: it is none, and the bytes are sent. */
class UnprovedCopyError extends StoreError {
    /** @param why goes on after "as" */
    constructor(why) {
        super('digest', 'UnprovedCopy', 200, 'UploadPartCopy', why);
    }
}
/** A write that was to be encrypted failed, as each does where a server has no key to do it by. */
class MayLackKeyError extends StoreError {
    constructor({ kind, code, status, operation, message, cause }) {
        super(kind, code, status, operation, message, { cause });
    }
}
/** Whether an ETag can be an MD5 at all under this encryption: not under KMS, nor with a customer's key. */
function etagsProve(encryption) {
    return encryption === undefined || encryption === 'AES256';
}


/***/ }),

/***/ 5532:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   JournalLeftError: () => (/* binding */ JournalLeftError),
/* harmony export */   fileIndexStorage: () => (/* binding */ fileIndexStorage),
/* harmony export */   machineId: () => (/* binding */ machineId),
/* harmony export */   objectIndexStorage: () => (/* binding */ objectIndexStorage)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(3024);
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(1455);
/* harmony import */ var node_os__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(8161);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(6760);
/* harmony import */ var _disk_replace_file_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(170);
/* harmony import */ var _model_concurrency_js__WEBPACK_IMPORTED_MODULE_12__ = __webpack_require__(7452);
/* harmony import */ var _model_digest_js__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(6799);
/* harmony import */ var _model_digest_index_js__WEBPACK_IMPORTED_MODULE_7__ = __webpack_require__(6112);
/* harmony import */ var _model_errors_js__WEBPACK_IMPORTED_MODULE_8__ = __webpack_require__(4132);
/* harmony import */ var _model_group_commit_js__WEBPACK_IMPORTED_MODULE_10__ = __webpack_require__(4460);
/* harmony import */ var _model_object_key_js__WEBPACK_IMPORTED_MODULE_11__ = __webpack_require__(5142);
/* harmony import */ var _store_object_store_js__WEBPACK_IMPORTED_MODULE_9__ = __webpack_require__(6592);













/** Objects of a journal that are read at a time. */
const JOURNAL_REQUESTS = 16;
const NEWLINE = 0x0a;
const INDEX = { what: 'index', begins: _model_digest_index_js__WEBPACK_IMPORTED_MODULE_7__/* .beginsAsIndex */ .JS };
/** What lies there is no index, whatever it is. */
class NoIndexError extends Error {
    name = 'NoIndexError';
}
/** The journal stays where it is, and every run reads it again; the index itself is up to date. */
class JournalLeftError extends Error {
    name = 'JournalLeftError';
}
/**
 * The index in a file of this machine: replaced by a rename, so that a full disk leaves the old one.
 *
 * @param isOwn whether the path is one of ours: then what cannot be read there is replaced too
 */
function fileIndexStorage(path, isOwn = false) {
    const journal = (0,_model_digest_index_js__WEBPACK_IMPORTED_MODULE_7__/* .journalPath */ .HY)(path);
    /** What was read of the journal, and what was appended to it: the index says it all. */
    let known = [];
    const clear = async () => {
        try {
            // What another run appended meanwhile stays; what cannot be read does not.
            const left = await readRegular(journal).then((bytes) => (bytes === undefined ? '' : (0,_model_digest_index_js__WEBPACK_IMPORTED_MODULE_7__/* .otherLines */ .qw)(`${bytes}`, known.map(String))), () => '');
            await (left === '' ? (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.rm)(journal, { force: true }) : (0,_disk_replace_file_js__WEBPACK_IMPORTED_MODULE_5__/* .replaceFile */ .fR)(journal, [left]));
            known = [];
        }
        catch (error) {
            throw new JournalLeftError((0,_model_errors_js__WEBPACK_IMPORTED_MODULE_8__/* .messageOf */ .bD)(error), { cause: error });
        }
    };
    let unread;
    /** Whether it is known to end with a line. */
    let isWhole = false;
    return {
        trust: { remote: false, local: true, grace: true },
        place: path,
        async load() {
            try {
                const bytes = await readRegular(path);
                if (!isOwn)
                    refuseOthers(bytes);
                return bytes;
            }
            catch (error) {
                unread = error;
                throw error;
            }
        },
        async save(pieces) {
            if (unread !== undefined && !isOwn)
                throw notReplaced(unread);
            await (0,_disk_replace_file_js__WEBPACK_IMPORTED_MODULE_5__/* .replaceFile */ .fR)(path, pieces, isOwn ? undefined : INDEX);
            await clear();
        },
        journal: {
            ofEndedRuns: false,
            async load() {
                const bytes = (await readRegular(journal)) ?? Buffer.alloc(0);
                known.push(bytes);
                return bytes;
            },
            append: (0,_model_group_commit_js__WEBPACK_IMPORTED_MODULE_10__/* .groupCommit */ .D)(async (lines) => {
                if (unread instanceof NoIndexError && !isOwn)
                    throw notReplaced(unread);
                const wasWhole = isWhole;
                isWhole = false;
                known.push(lines);
                await appendLines(journal, lines, wasWhole);
                isWhole = true;
            }),
            clear,
        },
    };
}
/** What a full disk or a killed run left of a line would take the next one along. */
async function appendLines(path, lines, isWhole) {
    await (0,_disk_replace_file_js__WEBPACK_IMPORTED_MODULE_5__/* .makeDirectory */ .Oh)((0,node_path__WEBPACK_IMPORTED_MODULE_4__.dirname)(path));
    const last = isWhole ? undefined : (await readRegular(path))?.at(-1);
    await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.appendFile)(path, last === undefined || last === NEWLINE ? lines : `\n${lines}`);
}
/** Rejects what does not begin as an index of any version: somebody's file, or an index of which nothing is left. */
function refuseOthers(bytes) {
    if (bytes !== undefined && !(0,_model_digest_index_js__WEBPACK_IMPORTED_MODULE_7__/* .beginsAsIndex */ .JS)(bytes))
        throw new NoIndexError('it is no index of this tool');
}
/** What lies where a user said that the index does may be anything, as long as it could not be read. */
function notReplaced(unread) {
    if (unread instanceof NoIndexError)
        return new Error(`what lies there is not replaced, as ${unread.message}: name another place for index, or delete it`);
    return new Error(`what lies there could not be read (${(0,_model_errors_js__WEBPACK_IMPORTED_MODULE_8__/* .messageOf */ .bD)(unread)}), and nothing is replaced unread`);
}
async function readRegular(path) {
    let stats;
    try {
        stats = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.stat)(path);
    }
    catch (error) {
        if (error.code === 'ENOENT')
            return undefined;
        throw error;
    }
    // A pipe would never end.
    if (!stats.isFile())
        throw new NoIndexError('it is not a regular file');
    if (stats.size > _model_digest_index_js__WEBPACK_IMPORTED_MODULE_7__/* .MAX_INDEX_BYTES */ .w2)
        throw new NoIndexError(`it has ${stats.size} bytes, over ${_model_digest_index_js__WEBPACK_IMPORTED_MODULE_7__/* .MAX_INDEX_BYTES */ .w2}`);
    return (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.readFile)(path);
}
/**
 * The index as an object. Believed alone only when it lies in the destination's own bucket: who can forge it
 * there can forge the objects. Its journal is a few objects beside it, one for each batch of lines. What lies below
 * `.s3-dedup-sync/` is ours and replaced whatever it is; elsewhere what is no index is somebody's object.
 */
function objectIndexStorage(store, { bucket, key }, inDestination) {
    const directory = `${key}.journal/`;
    const isOwn = key.includes(_model_object_key_js__WEBPACK_IMPORTED_MODULE_11__/* .OWN_DIRECTORY */ .Nt);
    const run = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.randomBytes)(6).toString('hex');
    const journalKeys = new Set();
    let batches = 0;
    let unread;
    /** Whether the bucket's policy takes no write without a condition. */
    let isDemanded = false;
    const put = async (at, body, signal, when = {}) => {
        const headers = { contentType: 'text/plain; charset=utf-8', metadata: {} };
        await store.put({ key: at, body, md5: (0,_model_digest_js__WEBPACK_IMPORTED_MODULE_6__/* .md5Of */ .iF)(body), headers, ...when }, signal);
    };
    /** Whoever is last wins, also where a condition is demanded. */
    const putLast = async (at, body, signal) => {
        let denied;
        try {
            if (!isDemanded)
                return await put(at, body, signal);
        }
        catch (error) {
            if (!(0,_store_object_store_js__WEBPACK_IMPORTED_MODULE_9__/* .isDenied */ .GZ)(error))
                throw error;
            denied = error;
        }
        const there = await store.head(at, signal).catch(_store_object_store_js__WEBPACK_IMPORTED_MODULE_9__/* .unlessRefused */ .J0);
        const condition = there === undefined ? { ifNoneMatch: '*' } : { ifMatch: there.etag };
        try {
            await put(at, body, signal, { condition });
        }
        catch (error) {
            throw (0,_store_object_store_js__WEBPACK_IMPORTED_MODULE_9__/* .isDenied */ .GZ)(error) ? (denied ?? error) : error;
        }
        isDemanded = true;
    };
    /** Who may write the bucket and not read it has a first index there all the same. */
    const putUnread = async (body, signal) => {
        if (unread instanceof NoIndexError)
            throw notReplaced(unread);
        // Some servers heed no condition. Who may not ask goes by it alone.
        const there = await store.head(key, signal).catch(_store_object_store_js__WEBPACK_IMPORTED_MODULE_9__/* .unlessRefused */ .J0);
        if (there !== undefined)
            throw notReplaced(unread);
        try {
            await put(key, body, signal, { condition: { ifNoneMatch: '*' } });
        }
        catch (error) {
            throw error instanceof _store_object_store_js__WEBPACK_IMPORTED_MODULE_9__/* .StoreError */ .AD && error.kind === 'condition' ? notReplaced(unread) : error;
        }
    };
    const drop = async (signal) => {
        if (journalKeys.size === 0)
            return;
        for await (const page of store.list(directory, signal)) {
            // What another run appends meanwhile stays.
            const ours = page.filter((object) => journalKeys.has(object.key));
            const answers = ours.length === 0 ? [] : await store.delete(ours, signal);
            for (const answer of answers)
                if (!answer.deleted)
                    throw answer.error;
        }
        journalKeys.clear();
    };
    const clear = async (signal) => {
        try {
            await drop(signal);
        }
        catch (error) {
            throw new JournalLeftError((0,_model_errors_js__WEBPACK_IMPORTED_MODULE_8__/* .messageOf */ .bD)(error), { cause: error });
        }
    };
    return {
        // Elsewhere even a line about a local file would let whoever writes that bucket choose what is copied (C18).
        trust: { remote: inDestination, local: inDestination, grace: inDestination },
        place: `s3://${bucket}/${key}`,
        store,
        async load(signal) {
            try {
                const bytes = (await store.read(key, _model_digest_index_js__WEBPACK_IMPORTED_MODULE_7__/* .MAX_INDEX_BYTES */ .w2, signal))?.bytes;
                if (!isOwn)
                    refuseOthers(bytes);
                return bytes;
            }
            catch (error) {
                const isTooLarge = error instanceof _store_object_store_js__WEBPACK_IMPORTED_MODULE_9__/* .StoreError */ .AD && error.code === 'TooLarge';
                unread = isTooLarge ? new NoIndexError(error.message) : error;
                throw unread;
            }
        },
        async save(pieces, signal) {
            const body = Buffer.concat([...pieces]);
            await (unread === undefined || isOwn ? putLast(key, body, signal) : putUnread(body, signal));
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
                await (0,_model_concurrency_js__WEBPACK_IMPORTED_MODULE_12__/* .forEachConcurrent */ .C6)([...journalKeys], JOURNAL_REQUESTS, async (at) => {
                    const body = await store.read(at, _model_digest_index_js__WEBPACK_IMPORTED_MODULE_7__/* .MAX_INDEX_BYTES */ .w2, signal);
                    if (body !== undefined)
                        bodies.push(body.bytes);
                });
                return Buffer.concat(bodies);
            },
            append: (0,_model_group_commit_js__WEBPACK_IMPORTED_MODULE_10__/* .groupCommit */ .D)(async (lines, signal) => {
                if (unread instanceof NoIndexError && !isOwn)
                    throw notReplaced(unread);
                const at = `${directory}${run}-${++batches}`;
                journalKeys.add(at);
                await putLast(at, Buffer.from(lines), signal);
            }),
            clear,
        },
    };
}
/** Names this machine without telling anyone its name: stat lines are believed on it alone. */
function machineId() {
    let id = '';
    try {
        id = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.readFileSync)('/etc/machine-id', 'utf8').trim();
    }
    catch {
        // Systems without it are told apart by their host name.
    }
    return (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('sha256').update(`${id}\n${(0,node_os__WEBPACK_IMPORTED_MODULE_3__.hostname)()}\n`).digest('hex').slice(0, 32);
}


/***/ }),

/***/ 8741:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  sync: () => (/* binding */ sync)
});

// EXTERNAL MODULE: ./build/src/model/errors.js
var errors = __webpack_require__(4132);
;// CONCATENATED MODULE: ./build/src/model/object-map.js
/** By all that tells objects apart: a `Listing` makes an object anew each time, and two listings may show two states of one key. */
class ObjectMap {
    #entries = new Map();
    constructor(...entries) {
        for (const some of entries)
            for (const [object, value] of some)
                this.set(object, value);
    }
    get size() {
        return this.#entries.size;
    }
    get(object) {
        return this.size === 0 ? undefined : this.#entries.get(idOf(object))?.[1];
    }
    has(object) {
        return this.size > 0 && this.#entries.has(idOf(object));
    }
    set(object, value) {
        this.#entries.set(idOf(object), [object, value]);
    }
    delete(object) {
        this.#entries.delete(idOf(object));
    }
    [Symbol.iterator]() {
        return this.#entries.values();
    }
}
function idOf({ bucket, etag, size, key }) {
    return `${bucket?.name ?? ''}\n${etag}\n${size}\n${key}`;
}

// EXTERNAL MODULE: ./build/src/model/objects.js
var model_objects = __webpack_require__(6139);
// EXTERNAL MODULE: ./build/src/model/options.js
var model_options = __webpack_require__(153);
;// CONCATENATED MODULE: ./build/src/model/plan.js
/** All steps in the order in which they are published. */
function* stepsOf(plan) {
    for (const rank of plan.ranks) {
        for (const phase of rank.phases)
            if (phase.kind === 'publish')
                yield* phase.steps;
    }
}
function isWrite(step) {
    return step.action !== 'keep' && step.action !== 'delete';
}
/** Why a key of the tree is kept: it has the file's bytes. */
const OLD_HEADERS = new Set([
    'acl',
    'acl-unknown',
    'attributes-unknown',
    'not-copyable',
]);
/** What a step counts as: a file that keeps its old headers is an unchanged one. */
function totalOf({ action, reason }) {
    return action === 'keep' && OLD_HEADERS.has(reason) ? 'unchanged' : action;
}
/** Whether a plan does anything but keep. */
function changesAnything(plan) {
    for (const { action } of stepsOf(plan))
        if (action !== 'keep')
            return true;
    return false;
}
/** Keys of what is deleted, now or when `delete-grace` is over. */
function* leavingKeys(plan) {
    for (const step of stepsOf(plan))
        if (step.action === 'delete' || (step.action === 'keep' && step.reason === 'grace'))
            yield step.key;
}

// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: ./build/src/disk/open-files.js
var open_files = __webpack_require__(6417);
;// CONCATENATED MODULE: ./build/src/disk/target-directory.js




/** A link, a file or something else stands where a directory was to be. */
class InTheWayError extends Error {
    name = 'InTheWayError';
}
/** Directories that are kept open between two uses: of what the process may have open this share, and never more. */
const MOST_OPEN = 64;
const SHARE_OPEN = 1 / 8;
/** Where Linux shows what a descriptor has open: a path below it cannot be led elsewhere by a link planted later. */
const DESCRIPTORS = '/proc/self/fd';
/**
 * A directory below which files are made. Every step below it is taken by the name of a real directory, never through a
 * link. On Linux each directory is held open and named by its descriptor, so that exchanging one for a link meanwhile
 * changes nothing; elsewhere the path is looked at right before it is used.
 */
class TargetDirectory {
    #root;
    #held = new Map();
    #byDescriptor;
    #mostOpen = Math.min(MOST_OPEN, (0,open_files/* openFilesLimit */.j)() * SHARE_OPEN);
    constructor(root, byDescriptor) {
        this.#root = root;
        this.#byDescriptor = byDescriptor;
    }
    /** @param path of a directory that exists; it may itself be a link, whoever names it means what it leads to */
    static async open(path, byDescriptor = process.platform === 'linux' && (0,external_node_fs_.existsSync)(DESCRIPTORS)) {
        return new TargetDirectory(await (0,promises_.realpath)(path), byDescriptor);
    }
    /**
     * Gives `work` a path to a directory below, and holds the directory meanwhile.
     * Rejects with InTheWayError, with ENOENT where it is not there and not to be made, and with the system's errors.
     *
     * @param name below the root, `/`-separated, no slash at its end; empty: the root
     */
    async within(name, create, work) {
        if (!this.#byDescriptor)
            return work(await this.#look(name, create));
        const held = await this.#hold(name, create);
        try {
            const { fd } = await held.opening;
            return await work(`${DESCRIPTORS}/${fd}`);
        }
        finally {
            await this.#release(name, held);
        }
    }
    /**
     * Whether a name in capitals is the same one: by a file that is made and taken away again. What is not known, as nothing
     * can be made here, is no.
     *
     * @param name of a file that is not there, with small letters
     */
    async foldsCase(name) {
        return this.within('', false, async (directory) => {
            const path = (0,external_node_path_.join)(directory, name);
            await (await (0,promises_.open)(path, 'wx')).close();
            try {
                await (0,promises_.lstat)((0,external_node_path_.join)(directory, name.toUpperCase()));
                return true;
            }
            finally {
                await (0,promises_.unlink)(path);
            }
        }).catch(() => false);
    }
    /** Removes a directory below that has become empty, and those above it that have; never the root. */
    async removeEmpty(name) {
        for (let at = name; at !== ''; at = parentOf(at)) {
            try {
                await this.within(parentOf(at), false, (parent) => (0,promises_.rmdir)((0,external_node_path_.join)(parent, baseOf(at))));
                await this.#forget(at);
            }
            catch {
                // It is not empty, not there, or not ours to remove.
                return;
            }
        }
    }
    async close() {
        const all = [...this.#held.values()];
        this.#held.clear();
        for (const { opening } of all)
            await opening.then((handle) => handle.close()).catch(() => undefined);
    }
    async #forget(name) {
        const held = this.#held.get(name);
        if (held === undefined)
            return;
        this.#held.delete(name);
        // Else whoever uses it last closes it.
        if (held.users === 0)
            await target_directory_close(held);
    }
    /** Counts the caller as a user. */
    async #hold(name, create) {
        for (;;) {
            const held = this.#held.get(name) ?? { opening: this.#open(name, create), create, users: 0 };
            // The one used last is let go last.
            this.#held.delete(name);
            this.#held.set(name, held);
            held.users++;
            try {
                await held.opening;
                return held;
            }
            catch (error) {
                if (this.#held.get(name) === held)
                    this.#held.delete(name);
                // Whoever asked first did not want it made.
                const isToMake = create && !held.create && error.code === 'ENOENT';
                if (!isToMake)
                    throw error;
            }
        }
    }
    /** Waits for nobody: those who are waited for may wait for the caller. */
    async #release(name, held) {
        held.users--;
        if (held.users === 0 && this.#held.get(name) !== held)
            await target_directory_close(held);
        for (const [idle, other] of this.#held) {
            if (this.#held.size <= this.#mostOpen)
                return;
            if (other.users > 0)
                continue;
            this.#held.delete(idle);
            await target_directory_close(other);
        }
    }
    async #open(name, create) {
        if (name === '')
            return openDirectory(this.#root, this.#root);
        return this.within(parentOf(name), create, async (parent) => {
            const path = (0,external_node_path_.join)(parent, baseOf(name));
            try {
                return await openDirectory(path, name);
            }
            catch (error) {
                if (!create || error.code !== 'ENOENT')
                    throw error;
                await makeOne(path);
                return openDirectory(path, name);
            }
        });
    }
    /** Without descriptors to name: each directory on the way is one, and no link. */
    async #look(name, create) {
        let path = this.#root;
        let at = '';
        for (const segment of name === '' ? [] : name.split('/')) {
            path = (0,external_node_path_.join)(path, segment);
            at = at === '' ? segment : `${at}/${segment}`;
            let stats;
            try {
                stats = await (0,promises_.lstat)(path);
            }
            catch (error) {
                if (!create || error.code !== 'ENOENT')
                    throw error;
                await makeOne(path);
                stats = await (0,promises_.lstat)(path);
            }
            if (!stats.isDirectory())
                throw new InTheWayError(`${at} is no directory`);
        }
        return path;
    }
}
async function target_directory_close({ opening }) {
    await (await opening).close();
}
/** Of a name below the root: the directory that it lies in. */
function parentOf(name) {
    return name.slice(0, Math.max(0, name.lastIndexOf('/')));
}
function baseOf(name) {
    return name.slice(name.lastIndexOf('/') + 1);
}
async function openDirectory(path, name) {
    const flags = promises_.constants.O_RDONLY | promises_.constants.O_DIRECTORY | promises_.constants.O_NOFOLLOW;
    try {
        return await (0,promises_.open)(path, flags);
    }
    catch (error) {
        const { code } = error;
        if (code === 'ELOOP' || code === 'ENOTDIR')
            throw new InTheWayError(`${name} is no directory`, { cause: error });
        throw error;
    }
}
async function makeOne(path) {
    try {
        await (0,promises_.mkdir)(path);
    }
    catch (error) {
        if (error.code !== 'EEXIST')
            throw error;
    }
}

// EXTERNAL MODULE: ./build/src/model/digest.js
var model_digest = __webpack_require__(6799);
// EXTERNAL MODULE: ./build/src/model/file-columns.js
var file_columns = __webpack_require__(9511);
// EXTERNAL MODULE: ./build/src/model/headers.js
var model_headers = __webpack_require__(6061);
// EXTERNAL MODULE: ./build/src/model/entries-map.js
var entries_map = __webpack_require__(6452);
// EXTERNAL MODULE: ./build/src/model/md5-column.js
var md5_column = __webpack_require__(9018);
// EXTERNAL MODULE: ./build/src/model/name-table.js
var name_table = __webpack_require__(8025);
// EXTERNAL MODULE: ./build/src/model/numbering.js
var numbering = __webpack_require__(4684);
;// CONCATENATED MODULE: ./build/src/model/listing.js





const FIRST_ROWS = 1024;
/**
 * What a prefix holds, in the order in which it was listed, 55 bytes an object beside its key. Objects are made as they are
 * asked for: the same one is another object each time.
 */
class Listing extends entries_map/* EntriesMap */.v {
    /** Its keys; further ones may follow, of whoever says something of them. */
    names = new name_table/* NameTable */.K3();
    #size = 0;
    /** ETags that are spelled like an MD5. */
    md5s = new md5_column/* Md5Column */.B();
    #otherETags = new Map();
    #sizes = new Float64Array(FIRST_ROWS);
    #lastModified = new Float64Array(FIRST_ROWS);
    /** Of `#classNames`. */
    #classes = new Uint32Array(FIRST_ROWS);
    #classNames = new numbering/* Numbering */.U();
    /** Replaces what has the same key. */
    add({ key, size, etag, lastModified, storageClass }) {
        const row = this.names.add(key);
        // A row that nobody filled would be an object that nobody listed.
        if (row > this.#size)
            throw new Error(`the table of objects has ${this.#size} rows and skips to ${row}`);
        this.#size = Math.max(this.#size, row + 1);
        if (row >= this.#sizes.length)
            this.#widen();
        this.#sizes[row] = size;
        this.#lastModified[row] = lastModified;
        this.#classes[row] = this.#classNames.numberOf(storageClass);
        const kind = (0,model_digest/* classifyETag */.Q)(etag);
        if (kind.kind === 'md5') {
            this.md5s.set(row, kind.md5);
            this.#otherETags.delete(row);
        }
        else {
            this.md5s.clear(row);
            this.#otherETags.set(row, etag);
        }
    }
    get size() {
        return this.#size;
    }
    /** Of all objects. */
    get bytes() {
        let bytes = 0;
        for (let row = 0; row < this.#size; row++)
            bytes += this.#sizes[row];
        return bytes;
    }
    has(key) {
        return this.#find(key) !== -1;
    }
    get(key) {
        const row = this.#find(key);
        return row === -1 ? undefined : this.#object(row, key);
    }
    *keys() {
        for (let row = 0; row < this.size; row++)
            yield this.names.at(row);
    }
    *values() {
        for (let row = 0; row < this.size; row++)
            yield this.#object(row, this.names.at(row));
    }
    *entries() {
        for (const object of this.values())
            yield [object.key, object];
    }
    sizeAt(row) {
        return this.#sizes[row];
    }
    storageClassAt(row) {
        return this.#classNames.texts[this.#classes[row]];
    }
    /** Those of rows that are not passed over. */
    *except(isPassed) {
        for (let row = 0; row < this.size; row++)
            if (!isPassed(row, this.#sizes[row]))
                yield this.#object(row, this.names.at(row));
    }
    /** Those of rows that are not passed over, in the order of `compareKeys`. */
    *inOrder(isPassed) {
        for (const row of this.names.ordered(this.size))
            if (!isPassed(row))
                yield this.#object(row, this.names.at(row));
    }
    #find(key) {
        const row = this.names.find(key);
        return row < this.#size ? row : -1;
    }
    #object(row, key) {
        return {
            key,
            size: this.#sizes[row],
            etag: this.md5s.at(row) ?? this.#otherETags.get(row),
            lastModified: this.#lastModified[row],
            storageClass: this.storageClassAt(row),
        };
    }
    #widen() {
        const rows = this.#sizes.length * 2;
        this.#sizes = (0,name_table/* moved */.aW)(this.#sizes, new Float64Array(rows));
        this.#lastModified = (0,name_table/* moved */.aW)(this.#lastModified, new Float64Array(rows));
        this.#classes = (0,name_table/* moved */.aW)(this.#classes, new Uint32Array(rows));
    }
}

// EXTERNAL MODULE: ./build/src/model/object-entries.js
var object_entries = __webpack_require__(945);
// EXTERNAL MODULE: ./build/src/model/part-sizes.js
var part_sizes = __webpack_require__(9945);
// EXTERNAL MODULE: ./build/src/model/concurrency.js
var model_concurrency = __webpack_require__(7452);
;// CONCATENATED MODULE: ./build/src/sync/archived.js



/**
 * For a dry run, which reads nothing: asks for a byte of each archived object that the plan would read, as a listing does
 * not say whether it was restored. Rejects with `failure` at the first that cannot be read.
 */
async function tryArchived(plan, { store, concurrency, signal, failure }) {
    const due = [];
    for (const step of stepsOf(plan)) {
        if (!('file' in step))
            continue;
        const { file } = step;
        const { object } = file;
        if (object === undefined || object.size === 0)
            continue;
        if (model_objects/* ARCHIVED_CLASSES */.EF.has(object.storageClass ?? '') && reads(step, object))
            due.push({ file, object });
    }
    await (0,model_concurrency/* forEachConcurrent */.C6)(due, concurrency, async ({ file, object }) => {
        signal.throwIfAborted();
        try {
            await store.getWhole(object, signal, { range: { first: 0, last: 0 } });
        }
        catch (error) {
            throw failure(error, file, object);
        }
    });
}
function reads(step, { key, etag }) {
    switch (step.action) {
        case 'download':
        case 'upload':
            return true;
        case 'copy':
            // Not of what the destination has: a file of a download may have the key as its name.
            return step.source.kind === 'object' && step.source.key === key && step.source.etag === etag;
        case 'link':
        case 'refresh':
            return false;
    }
}

// EXTERNAL MODULE: external "node:timers/promises"
var external_node_timers_promises_ = __webpack_require__(8500);
;// CONCATENATED MODULE: ./build/src/disk/change-times.js

/**
 * Linux file systems whose ctime tells no change: it is the mtime, which `rsync -t` or `touch -r` set back, the one time of
 * an image, or whatever a program or a server makes of it. By what statfs(2) calls them; no other system has such numbers.
 */
const TELL_NONE = new Set([
    0x65735546, // FUSE: sshfs, rclone mount, s3fs, image layers that are loaded as they are read
    0x4d44, // vfat
    0x2011bab2, // exfat
    0x73717368, // squashfs
    0xe0f5e1e2, // erofs
    0x9660, // iso9660
    0x517b, // smbfs
    0xff534d42, // cifs
    0xfe534d42, // smb3
]);
/**
 * Whether a ctime may be when something changed: clocks do not stop at whole seconds, while what images, archives and old
 * formats hold does.
 */
function isChangeTime(ctimeNs) {
    return ctimeNs % 1000000000n !== 0n;
}
/** Whether a file that changes is sure to get another ctime. Each device is asked once what it is. */
class ChangeTimes {
    #typeOf;
    #told = new Map();
    constructor(typeOf = (path) => (0,external_node_fs_.statfsSync)(path).type) {
        this.#typeOf = typeOf;
    }
    areToldOf({ path, dev, ctimeNs }) {
        if (!isChangeTime(ctimeNs))
            return false;
        const known = this.#told.get(dev);
        if (known !== undefined)
            return known;
        try {
            const told = !TELL_NONE.has(this.#typeOf(path));
            this.#told.set(dev, told);
            return told;
        }
        catch {
            // It is gone, which says nothing of others on its device.
            return false;
        }
    }
}

// EXTERNAL MODULE: ./build/src/model/chunks.js
var model_chunks = __webpack_require__(9621);
// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
// EXTERNAL MODULE: external "node:zlib"
var external_node_zlib_ = __webpack_require__(8522);
// EXTERNAL MODULE: ./build/src/disk/in-place.js
var in_place = __webpack_require__(8090);
// EXTERNAL MODULE: ./build/src/model/digest-index.js + 1 modules
var digest_index = __webpack_require__(6112);
// EXTERNAL MODULE: ./build/src/sync/lstat.js
var lstat = __webpack_require__(5631);
;// CONCATENATED MODULE: ./build/src/sync/md5-module.js
/**
 * WebAssembly that hashes several streams at a time. MD5 waits for each step's result before the next one, so one
 * stream leaves most of a core idle; eight, of which every instruction treats four, fill it: 2.8 GiB/s of all together
 * where OpenSSL does 0.6. Written out here by a few lines that know the dozen instructions it takes.
 */
/** Streams that one vector of four 32-bit numbers holds. */
const VECTOR = 4;
/** Vectors side by side: each waits for itself, so the other one's steps are free. */
const VECTORS = 2;
const LANES = VECTOR * VECTORS;
/** Bytes of one block of MD5. */
const BLOCK = 64;
/** Bytes of one vector. */
const WORD_VECTOR = 16;
/** Where in memory what lies. */
const CONSTANTS_AT = 0;
/** The four words of all lanes' states, word by word. */
const STATES_AT = 1024;
const STATES_BYTES = 4 * LANES * 4;
/** Addresses of the next block of each lane. */
const POINTERS_AT = STATES_AT + STATES_BYTES;
/** Of `sum`: two vectors. */
const SUM_AT = POINTERS_AT + LANES * 4;
const DATA_AT = 2048;
/** Left rotations of each round's steps (RFC 1321). */
const ROTATIONS = [
    [7, 12, 17, 22],
    [5, 9, 14, 20],
    [4, 11, 16, 23],
    [6, 10, 15, 21],
];
/** The word of the block that a step takes. */
function wordOf(step) {
    const words = [step, 5 * step + 1, 3 * step + 5, 7 * step];
    return words[step >> 4] % 16;
}
const I32 = 0x7f;
const V128 = 0x7b;
const OP = {
    loop: [0x03, 0x40],
    branchIf: [0x0d, 0x00],
    end: [0x0b],
    localGet: 0x20,
    localSet: 0x21,
    localTee: 0x22,
    i32Load: [0x28, 2],
    i32Const: 0x41,
    i32Add: [0x6a],
    load: [0xfd, 0x00, 0],
    store: [0xfd, 0x0b, 0],
    shuffle: [0xfd, 0x0d],
    not: [0xfd, 0x4d],
    or: [0xfd, 0x50],
    xor: [0xfd, 0x51],
    bitselect: [0xfd, 0x52],
    shiftLeft: [0xfd, 0xab, 0x01],
    shiftRight: [0xfd, 0xad, 0x01],
    add: [0xfd, 0xae, 0x01],
};
/** LEB128. */
function unsigned(value) {
    const bytes = [];
    for (let rest = value;;) {
        const low = rest & 0x7f;
        rest >>>= 7;
        if (rest === 0)
            return [...bytes, low];
        bytes.push(low | 0x80);
    }
}
function signed(value) {
    const bytes = [];
    for (let rest = value;;) {
        const low = rest & 0x7f;
        rest >>= 7;
        if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0))
            return [...bytes, low];
        bytes.push(low | 0x80);
    }
}
function list(items) {
    return [...unsigned(items.length), ...items.flat()];
}
function section(id, content) {
    return [id, ...unsigned(content.length), ...content];
}
/** One function's code. */
class Code {
    #bytes = [];
    #locals = [];
    #parameters;
    constructor(parameters) {
        this.#parameters = parameters;
    }
    local(type) {
        this.#locals.push(type);
        return this.#parameters + this.#locals.length - 1;
    }
    vectors(count) {
        return Array.from({ length: count }, () => this.local(V128));
    }
    op(bytes) {
        for (const byte of bytes)
            this.#bytes.push(byte);
        return this;
    }
    get(...locals) {
        for (const local of locals)
            this.op([OP.localGet, ...unsigned(local)]);
        return this;
    }
    set(local) {
        return this.op([OP.localSet, ...unsigned(local)]);
    }
    tee(local) {
        return this.op([OP.localTee, ...unsigned(local)]);
    }
    number(value) {
        return this.op([OP.i32Const, ...signed(value)]);
    }
    load(offset) {
        return this.op([...OP.load, ...unsigned(offset)]);
    }
    store(offset) {
        return this.op([...OP.store, ...unsigned(offset)]);
    }
    /** Four words out of those of two vectors: 0 to 3 of the first, 4 to 7 of the second. */
    shuffle(...words) {
        return this.op([...OP.shuffle, ...words.flatMap((word) => [0, 1, 2, 3].map((byte) => 4 * word + byte))]);
    }
    finish() {
        const body = [...list(this.#locals.map((type) => [1, type])), ...this.#bytes, ...OP.end];
        return [...unsigned(body.length), ...body];
    }
}
/** `hash(blocks)`: takes so many blocks of every lane into its state. The pointers stay as they are. */
function hashCode() {
    const code = new Code(1);
    const blocks = 0;
    const pointers = Array.from({ length: LANES }, () => code.local(I32));
    const states = Array.from({ length: VECTORS }, () => code.vectors(4));
    const before = Array.from({ length: VECTORS }, () => code.vectors(4));
    const words = Array.from({ length: VECTORS }, () => code.vectors(16));
    const rows = code.vectors(VECTOR);
    const stateAt = (vector, word) => STATES_AT + (word * VECTORS + vector) * WORD_VECTOR;
    for (const [lane, pointer] of pointers.entries())
        code
            .number(0)
            .op([...OP.i32Load, ...unsigned(POINTERS_AT + 4 * lane)])
            .set(pointer);
    for (const [vector, state] of states.entries())
        for (const [word, local] of state.entries())
            code.number(0).load(stateAt(vector, word)).set(local);
    code.op(OP.loop);
    for (const [vector, own] of words.entries()) {
        for (let at = 0; at < 16; at += VECTOR) {
            for (const [row, local] of rows.entries())
                code
                    .get(pointers[VECTOR * vector + row])
                    .load(4 * at)
                    .set(local);
            transpose(code, rows, own.slice(at, at + VECTOR));
        }
    }
    for (const [vector, state] of states.entries())
        for (const [word, local] of state.entries())
            code.get(local).set(before[vector][word]);
    for (let step = 0; step < 64; step++) {
        for (const [vector, state] of states.entries()) {
            const [a, b, c, d] = [0, 1, 2, 3].map((i) => state[(64 - step + i) % 4]);
            code.get(a, words[vector][wordOf(step)]).op(OP.add);
            code
                .number(0)
                .load(CONSTANTS_AT + WORD_VECTOR * step)
                .op(OP.add);
            mix(code, step >> 4, b, c, d);
            const rotation = ROTATIONS[step >> 4][step % 4];
            const sum = rows[0];
            code.op(OP.add).tee(sum).number(rotation).op(OP.shiftLeft);
            code
                .get(sum)
                .number(32 - rotation)
                .op(OP.shiftRight)
                .op(OP.or);
            code.get(b).op(OP.add).set(a);
        }
    }
    for (const [vector, state] of states.entries())
        for (const [word, local] of state.entries())
            code.get(local, before[vector][word]).op(OP.add).set(local);
    for (const pointer of pointers)
        code.get(pointer).number(BLOCK).op(OP.i32Add).set(pointer);
    code.get(blocks).number(-1).op(OP.i32Add).tee(blocks).op(OP.branchIf).op(OP.end);
    for (const [vector, state] of states.entries())
        for (const [word, local] of state.entries())
            code.number(0).get(local).store(stateAt(vector, word));
    return code.finish();
}
/** Four words of each of four lanes, to four lanes of each of four words. */
function transpose(code, rows, columns) {
    const [a, b, c, d] = rows;
    const [e, f, g, h] = columns;
    code.get(a, b).shuffle(0, 4, 1, 5).set(e);
    code.get(c, d).shuffle(0, 4, 1, 5).set(f);
    code.get(a, b).shuffle(2, 6, 3, 7).set(g);
    code.get(c, d).shuffle(2, 6, 3, 7).set(h);
    code.get(e, f).shuffle(0, 1, 4, 5).set(a);
    code.get(e, f).shuffle(2, 3, 6, 7).set(b);
    code.get(g, h).shuffle(0, 1, 4, 5).set(c);
    code.get(g, h).shuffle(2, 3, 6, 7).set(d);
    for (const [i, column] of columns.entries())
        code.get(rows[i]).set(column);
}
/** The function of a round. */
function mix(code, round, b, c, d) {
    if (round === 0)
        code.get(c, d, b).op(OP.bitselect);
    else if (round === 1)
        code.get(b, c, d).op(OP.bitselect);
    else if (round === 2)
        code.get(b, c).op(OP.xor).get(d).op(OP.xor);
    else
        code.get(d).op(OP.not).get(b).op(OP.or).get(c).op(OP.xor);
}
/** `sum(from, vectors)`: Fletcher's two sums of so many vectors, to `SUM_AT`. 10 GiB/s. */
function sumCode() {
    const code = new Code(2);
    const [from, vectors] = [0, 1];
    const [first, second] = code.vectors(2);
    code.op(OP.loop);
    code.get(first, from).load(0).op(OP.add).tee(first);
    code.get(second).op(OP.add).set(second);
    code.get(from).number(WORD_VECTOR).op(OP.i32Add).set(from);
    code.get(vectors).number(-1).op(OP.i32Add).tee(vectors).op(OP.branchIf).op(OP.end);
    code.number(0).get(first).store(SUM_AT);
    code
        .number(0)
        .get(second)
        .store(SUM_AT + WORD_VECTOR);
    return code.finish();
}
function md5_module_name(text) {
    return list([...Buffer.from(text)].map((byte) => [byte]));
}
/** Imports `env.memory`, exports `hash` and `sum`. */
function md5Module() {
    return Uint8Array.from([
        ...Buffer.from('\0asm'),
        ...[1, 0, 0, 0],
        ...section(1, list([
            [0x60, 1, I32, 0],
            [0x60, 2, I32, I32, 0],
        ])),
        ...section(2, list([[...md5_module_name('env'), ...md5_module_name('memory'), 2, 0, 1]])),
        ...section(3, list([[0], [1]])),
        ...section(7, list([
            [...md5_module_name('hash'), 0, 0],
            [...md5_module_name('sum'), 0, 1],
        ])),
        ...section(10, list([hashCode(), sumCode()])),
    ]);
}
/** Each step's constant, once for each lane of a vector. */
function writeConstants(memory) {
    for (let step = 0; step < 64; step++) {
        const constant = Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32);
        for (let lane = 0; lane < VECTOR; lane++)
            memory.setUint32(CONSTANTS_AT + WORD_VECTOR * step + 4 * lane, constant, true);
    }
}

;// CONCATENATED MODULE: ./build/src/sync/md5-lanes.js



/** What is summed at a time: ranges that begin at multiples of it have comparable sums. Bytes. */
const GRANULE = 64 * 1024;
/** Read at a time for each lane: the second-level cache has room for all. */
const PIECE = GRANULE;
/** Room for what MD5 puts after the last bytes. */
const PADDING = 2 * BLOCK;
const LANE_BYTES = PIECE + PADDING;
/** Of lanes that end where others go on. */
const PADS_AT = DATA_AT + LANES * LANE_BYTES;
const PAGE = 64 * 1024;
/** RFC 1321. */
const INITIAL = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
/** Fletcher's two sums of four columns each. */
const SUM_WORDS = 8;
/** Spreads the granules' numbers: a sum must tell in which order they were. */
const SPREAD = 0x9e3779b1;
function emptySum() {
    return new Uint32Array(SUM_WORDS);
}
/** What several ranges are together. */
function totalSum(sums) {
    const total = emptySum();
    for (const sum of sums)
        for (const [word, value] of sum.entries())
            total[word] += value;
    return total;
}
function isSameSum(one, other) {
    return one.every((word, i) => word === other[i]);
}
/** MD5 of several streams at a time, for four times the bytes a second of one after the other. Of one thread. */
class md5_lanes_Md5Lanes {
    #bytes;
    #view;
    #code;
    #sums;
    /** Room to read into for `add`. */
    buffer;
    constructor() {
        const initial = Math.ceil((PADS_AT + LANES * PADDING) / PAGE);
        const memory = new WebAssembly.Memory({ initial });
        this.#bytes = Buffer.from(memory.buffer);
        this.#view = new DataView(memory.buffer);
        this.#sums = new Uint32Array(memory.buffer, SUM_AT, SUM_WORDS);
        this.buffer = this.#bytes.subarray(DATA_AT, DATA_AT + LANES * GRANULE);
        md5_lanes_Md5Lanes.#module ??= new WebAssembly.Module(md5Module());
        this.#code = new WebAssembly.Instance(md5_lanes_Md5Lanes.#module, { env: { memory } }).exports;
        writeConstants(this.#view);
    }
    /** Made once a thread: it takes 10 ms to write out. */
    static #module;
    static #isSupported;
    /** Not where Node has no WebAssembly, the processor not the instructions, or one of them something else in mind. */
    static get isSupported() {
        md5_lanes_Md5Lanes.#isSupported ??= md5_lanes_Md5Lanes.#isRight();
        return md5_lanes_Md5Lanes.#isSupported;
    }
    /** Whether it says what Node says of ranges that end at every kind of place. A wrong digest would be a wrong object. */
    static #isRight() {
        const bytes = Buffer.alloc(1000, 'no two of its blocks are alike, 37 bytes');
        const sizes = [0, 1, 55, 56, 63, 64, 119, 120, 640, bytes.length];
        const ranges = sizes.map((size) => {
            const read = (into) => void bytes.copy(into, 0, 0, size);
            return { offset: 0, size, sum: emptySum(), read };
        });
        try {
            const digests = new md5_lanes_Md5Lanes().digest(ranges);
            return sizes.every((size, i) => digests[i] === (0,model_digest/* md5Of */.iF)(bytes.subarray(0, size)));
        }
        catch {
            return false;
        }
    }
    /** Adds the first bytes of `buffer` to a sum: those of the file from `offset`, a multiple of `GRANULE`, on. */
    add(offset, size, sum) {
        for (let at = 0; at < size; at += GRANULE)
            this.#add(DATA_AT + at, Math.min(GRANULE, size - at), (offset + at) / GRANULE, sum);
    }
    #add(from, size, granule, sum) {
        if (size === 0)
            return;
        const vectors = Math.ceil(size / WORD_VECTOR);
        this.#bytes.fill(0, from + size, from + vectors * WORD_VECTOR);
        this.#code.sum(from, vectors);
        const weight = Math.imul(2 * granule + 1, SPREAD);
        for (let word = 0; word < SUM_WORDS; word++)
            sum[word] += Math.imul(this.#sums[word], weight);
    }
    /**
     * Of each range, in order: of the whole, and of each layout's parts. What a range throws ends all, and one that takes
     * more lanes than there are is a RangeError.
     */
    digest(ranges) {
        const all = [];
        const waiting = ranges[Symbol.iterator]();
        const free = Array.from({ length: LANES }, (_, lane) => lane);
        for (const lane of free)
            this.#point(lane, DATA_AT);
        const feeds = new Set();
        for (let next = waiting.next();;) {
            while (next.done !== true) {
                const { layouts = [] } = next.value;
                const needed = 1 + layouts.length;
                if (needed > LANES)
                    throw new RangeError(`${needed} digests of one file at a time`);
                if (needed > free.length)
                    break;
                const feed = this.#begin(next.value, free.splice(0, needed));
                all.push(...feed.digests);
                feeds.add(feed);
                next = waiting.next();
            }
            let blocks = Number.POSITIVE_INFINITY;
            for (const feed of feeds) {
                while (feed.blocks === 0 && this.#goOn(feed))
                    ;
                if (feed.blocks > 0) {
                    blocks = Math.min(blocks, feed.blocks);
                    continue;
                }
                feeds.delete(feed);
                for (const { lane } of feed.digests) {
                    // An idle lane hashes what nobody asks for.
                    this.#point(lane, DATA_AT);
                    free.push(lane);
                }
            }
            if (feeds.size === 0) {
                if (next.done === true)
                    return all.flatMap(({ md5s }) => md5s);
                continue;
            }
            for (const feed of feeds)
                for (const { lane } of feed.digests)
                    this.#point(lane, feed.next);
            this.#code.hash(blocks);
            for (const feed of feeds) {
                feed.next += blocks * BLOCK;
                feed.blocks -= blocks;
            }
        }
    }
    #begin(range, lanes) {
        const sizes = [[range][Symbol.iterator](), ...(range.layouts ?? []).map(digest_index/* partsOf */.CI)];
        const digests = sizes.map((own, i) => {
            const running = { lane: lanes[i], sizes: own, md5s: [], size: 0, left: 0 };
            this.#beginNext(running);
            return running;
        });
        return { range, digests, done: 0, next: 0, blocks: 0, piece: -1, isPadded: false };
    }
    #beginNext(running) {
        const size = running.sizes.next().value?.size;
        if (size === undefined)
            return;
        running.size = size;
        running.left = size;
        for (const [word, value] of INITIAL.entries())
            this.#view.setUint32(stateAt(running.lane, word), value, true);
    }
    #point(lane, to) {
        this.#view.setUint32(POINTERS_AT + 4 * lane, to, true);
    }
    /** When all blocks at hand are hashed: ends what ends there, and reads on. `false`: nothing is left. */
    #goOn(feed) {
        const { range, digests: own } = feed;
        if (feed.isPadded) {
            own[0].md5s.push(this.#md5(own[0].lane));
            return false;
        }
        if (feed.piece >= 0) {
            for (const running of own)
                running.left -= feed.piece;
            const ended = own.filter(({ left }) => left === 0);
            if (ended.length > 0)
                this.#end(ended, feed);
            if (feed.done === range.size)
                return false;
        }
        this.#fill(feed);
        return true;
    }
    /** Ends digests at the bytes behind the blocks at hand, and begins the next ones of their lanes. */
    #end(ended, { next, piece }) {
        const tail = piece % BLOCK;
        const blocks = Math.ceil((tail + 9) / BLOCK);
        const states = Buffer.from(this.#bytes.subarray(STATES_AT, STATES_AT + STATES_BYTES));
        for (const { lane, size } of ended) {
            const pad = PADS_AT + lane * PADDING;
            this.#bytes.copyWithin(pad, next, next + tail);
            this.#pad(pad, tail, blocks, size);
            this.#point(lane, pad);
        }
        this.#code.hash(blocks);
        for (const { lane, md5s } of ended)
            md5s.push(this.#md5(lane));
        // The others are where they were.
        states.copy(this.#bytes, STATES_AT);
        for (const running of ended)
            this.#beginNext(running);
    }
    /** The next bytes; with the last ones what MD5 puts after them, where one lane alone hashes them. */
    #fill(feed) {
        const { range, digests } = feed;
        const from = DATA_AT + digests[0].lane * LANE_BYTES;
        const size = Math.min(PIECE, range.size - feed.done);
        range.read(this.#bytes.subarray(from, from + size));
        if (range.sum !== undefined)
            this.#add(from, size, (range.offset + feed.done) / GRANULE, range.sum);
        feed.done += size;
        feed.next = from;
        feed.piece = size;
        feed.blocks = Math.floor(size / BLOCK);
        if (feed.done < range.size || digests.length > 1)
            return;
        feed.blocks = Math.ceil((size + 9) / BLOCK);
        this.#pad(from, size, feed.blocks, range.size);
        feed.isPadded = true;
    }
    /** What MD5 puts behind the last bytes of a message of `size`. */
    #pad(from, bytes, blocks, size) {
        const end = from + blocks * BLOCK;
        this.#bytes.fill(0, from + bytes, end);
        this.#bytes[from + bytes] = 0x80;
        this.#view.setBigUint64(end - 8, BigInt(size) * 8n, true);
    }
    #md5(number) {
        const digest = Buffer.alloc(4 * INITIAL.length);
        for (const word of INITIAL.keys())
            digest.writeUInt32LE(this.#view.getUint32(stateAt(number, word), true), 4 * word);
        return digest.toString('hex');
    }
}
function stateAt(lane, word) {
    return STATES_AT + (word * LANES + lane) * 4;
}

;// CONCATENATED MODULE: ./build/src/sync/file-bytes.js











/** The file is not, or no longer, what its stat said. */
class FileChangedError extends Error {
    name = 'FileChangedError';
}
/**
 * Opening a pipe waits for whoever writes to it, in which no signal is heard: what became one after the walk is opened all
 * the same, and is no regular file. Of no account for files; Windows has neither.
 */
const NO_WAITING = external_node_fs_.constants.O_NONBLOCK ?? 0;
const READING = external_node_fs_.constants.O_RDONLY | NO_WAITING;
const CHUNK = 1024 * 1024;
/** Read at a time of what is cut: it stays in the second-level cache. Bytes. */
const CHUNK_READ = 256 * 1024;
const NO_PARTS = [];
const NO_ETAGS = [];
/** Of a file that was digested as a whole alone. Spelled out, as members that are spread lie in an object of their own. */
function wholeDigest(md5, etags = NO_ETAGS) {
    return { md5, partMd5s: NO_PARTS, etags };
}
/** What one thread reads files into and hashes several parts at a time with; new for each file it takes too long. */
class Scratch {
    buffer = Buffer.allocUnsafeSlow(CHUNK);
    /** The digest of a file that is being written. */
    growing;
    #lanes;
    get lanes() {
        this.#lanes ??= new md5_lanes_Md5Lanes();
        return this.#lanes;
    }
}
/** Whether a stat still shows the file that the walk met. */
function sameStat(file, now) {
    return sameBytes(file, now) && now.ctimeNs === file.ctimeNs;
}
/** Whether it does but for what a further link or another mode changes too. */
function sameBytes(file, now) {
    return (now.isFile() && Number(now.size) === file.size && now.mtimeNs === file.mtimeNs && now.ino === file.ino);
}
/**
 * The file as it is now. Throws ENOENT and its kin, and FileChangedError when the path leads elsewhere by now: what
 * the walk accepted must not be exchanged for a link to a file outside of the tree.
 */
async function restat(file) {
    const now = await (0,promises_.stat)(file.path, { bigint: true });
    if (!now.isFile())
        throw new FileChangedError('it is no longer a regular file');
    if ((await (0,promises_.realpath)(file.path)) !== file.real)
        throw new FileChangedError('its path leads to another file now');
    return { ...file, ...(0,lstat/* statFields */.q)(now) };
}
/**
 * MD5 of the whole file and of the parts of each layout, without leaving the thread. Throws FileChangedError when the
 * file is not what its stat said before and after. `onBytes` is told of what is read.
 */
function digestFile({ file, layouts }, onBytes, scratch = new Scratch()) {
    const { buffer } = scratch;
    if (layouts.length === 0 && file.size <= buffer.length) {
        const md5 = (0,external_node_crypto_.hash)('md5', readInPlace(file, buffer.subarray(0, file.size)), 'hex');
        onBytes(file.size);
        return wholeDigest(md5);
    }
    checkSizes(file, layouts);
    const parts = distinctParts(layouts).flat();
    if (parts.length >= WORTH_LANES && canSplit(layouts)) {
        const whole = digestWhole({ file, what: 'whole' }, onBytes, scratch);
        return joined(whole, layouts, digestParts({ file, what: 'parts', parts }, onBytes, scratch));
    }
    const whole = (0,external_node_crypto_.createHash)('md5');
    const cutters = layouts.filter(isCut).map((layout) => new PartCutter((0,digest_index/* partsOf */.CI)(layout)));
    readThrough(file, 0, file.size, buffer, (bytes) => {
        whole.update(bytes);
        for (const cutter of cutters)
            cutter.update(bytes);
        onBytes(bytes.length);
    });
    return underLayouts(whole.digest('hex'), layouts, cutters.flatMap((cutter) => cutter.finish()).values());
}
function checkSizes({ size }, layouts) {
    for (const layout of layouts) {
        if ((0,digest_index/* layoutSize */.ev)(layout) !== size)
            throw new RangeError(`a part layout of another size than ${size}`);
    }
}
/** Whether the digest of the whole does not say what its part's is. */
function isCut(layout) {
    return (0,digest_index/* layoutParts */.db)(layout) > 1;
}
/** @param parts of those that are cut, one layout after the other; no further ones are taken */
function underLayouts(md5, layouts, parts) {
    const all = layouts.map((layout) => {
        if (!isCut(layout))
            return [md5];
        return Array.from({ length: (0,digest_index/* layoutParts */.db)(layout) }, () => parts.next().value);
    });
    return { md5, partMd5s: all[0] ?? NO_PARTS, etags: all.map(model_digest/* multipartETag */.Eq) };
}
/** Below so many digests one after the other is as fast. */
const WORTH_LANES = 3;
/**
 * What `digestFile` says of each, several at a time: whole and parts of the same bytes, which are read once. Throws where
 * one cannot be read or is not what its stat said, whichever.
 */
function digestFiles(jobs, onBytes, { lanes }) {
    const open = new Set();
    const rangeOf = ({ file, layouts }) => {
        checkSizes(file, layouts);
        let descriptor;
        let at = 0;
        const read = (into) => {
            descriptor ??= openSync(file.path, READING);
            open.add(descriptor);
            fill(descriptor, into, at);
            at += into.length;
            onBytes(into.length);
            if (at < file.size)
                return;
            if (!sameStat(file, fstatSync(descriptor, { bigint: true })))
                throw new FileChangedError('it changed after the walk');
            open.delete(descriptor);
            closeSync(descriptor);
        };
        return { offset: 0, size: file.size, read, layouts: layouts.filter(isCut) };
    };
    try {
        const md5s = lanes.digest(jobs.map(rangeOf)).values();
        return jobs.map(({ layouts }) => underLayouts(md5s.next().value, layouts, md5s));
    }
    finally {
        for (const descriptor of open)
            closeSync(descriptor);
    }
}
/** What `digestFiles` needs takes a while to be made, once a thread. */
function prepareLanes() {
    void Md5Lanes.isSupported;
}
/** How many digests at a time a file takes in `digestFiles`. 0: it is none for it. */
function lanesOf(layouts) {
    if (layouts.length === 0)
        return 1;
    const lanes = 1 + layouts.filter(isCut).length;
    return lanes <= LANES && layouts.every(isGranular) ? lanes : 0;
}
/** Whether `digestFiles` is worth it. */
function areSeveral(jobs) {
    let lanes = 0;
    for (const { layouts } of jobs) {
        const own = lanesOf(layouts);
        if (own === 0)
            return false;
        lanes += own;
    }
    // A file for itself waits for its whole, which OpenSSL gets through faster.
    return jobs.length > 1 && lanes >= WORTH_LANES && md5_lanes_Md5Lanes.isSupported;
}
/**
 * Whether whole and parts can be digested by passes of their own, in threads side by side, and be shown to be of the
 * same bytes: sums are comparable where all parts begin at granules.
 */
function canSplit(layouts) {
    return layouts.every(isGranular) && md5_lanes_Md5Lanes.isSupported;
}
/** Whether all its parts begin at granules. */
function isGranular(layout) {
    return layout.every(({ count, size }, i) => size % GRANULE === 0 || (i === layout.length - 1 && count === 1));
}
function digestWhole({ file }, onBytes, { lanes }) {
    const whole = (0,external_node_crypto_.createHash)('md5');
    const sum = emptySum();
    let offset = 0;
    readThrough(file, 0, file.size, lanes.buffer, (bytes) => {
        whole.update(bytes);
        lanes.add(offset, bytes.length, sum);
        offset += bytes.length;
        onBytes(bytes.length);
    });
    return { md5: whole.digest('hex'), sum };
}
function digestParts({ file, parts }, onBytes, { lanes }) {
    return withDescriptor(file, (descriptor) => {
        const ranges = parts.map(({ offset, size }) => {
            let at = offset;
            const read = (into) => {
                fill(descriptor, into, at);
                at += into.length;
                onBytes(into.length);
            };
            return { offset, size, sum: emptySum(), read };
        });
        const md5s = lanes.digest(ranges);
        return ranges.map(({ offset, size, sum }, i) => ({ offset, size, sum, md5: md5s[i] }));
    });
}
/**
 * Of each layout the parts that none before it has: what several have in common is read once, and what is the whole not
 * at all.
 */
function distinctParts(layouts) {
    const known = new Set();
    return layouts.map((layout) => {
        if (!isCut(layout))
            return [];
        const own = [...(0,digest_index/* partsOf */.CI)(layout)].filter((part) => !known.has(rangeId(part)));
        for (const part of own)
            known.add(rangeId(part));
        return own;
    });
}
function rangeId({ offset, size }) {
    return `${offset}+${size}`;
}
/**
 * What two passes or more say together: one over the whole, others over the parts of layouts. Throws FileChangedError where
 * they did not read the same.
 */
function joined({ md5, sum }, layouts, parts) {
    const known = new Map(parts.map((part) => [rangeId(part), part]));
    const all = layouts.filter(isCut).flatMap((layout) => {
        const own = Array.from((0,digest_index/* partsOf */.CI)(layout), (part) => known.get(rangeId(part)));
        if (!isSameSum(sum, totalSum(own.map((part) => part.sum))))
            throw new FileChangedError('it changed while it was read');
        return own.map((part) => part.md5);
    });
    return underLayouts(md5, layouts, all.values());
}
/** Throws FileChangedError. */
function chunkFile({ file, unit, older }, onBytes, { buffer }) {
    return withDescriptor(file, (descriptor) => {
        let from = 0;
        let bytes = buffer.subarray(0, 0);
        const bytesFrom = (offset) => {
            if (offset < from || offset >= from + bytes.length) {
                from = offset;
                bytes = buffer.subarray(0, Math.min(CHUNK_READ, file.size - offset));
                fill(descriptor, bytes, offset);
                onBytes(bytes.length);
            }
            return bytes.subarray(offset - from);
        };
        return (0,model_chunks/* cutChunks */.bF)(file.size, unit, bytesFrom, older);
    });
}
/** Answers the MD5 at the end. One file at a time: another one's first bytes end it. Throws FileChangedError. */
function digestNext({ file, growing: number, from, whole }, onBytes, scratch) {
    const { buffer, growing: before } = scratch;
    scratch.growing = undefined;
    if (from > 0 && before?.number !== number)
        throw new Error('the digest of what is before was not made here');
    const descriptor = (0,external_node_fs_.openSync)(file.path, READING);
    try {
        const now = (0,external_node_fs_.fstatSync)(descriptor, { bigint: true });
        const { digest, ino } = from > 0 && before !== undefined ? before : { digest: (0,external_node_crypto_.createHash)('md5'), ino: now.ino };
        if (now.ino !== ino)
            throw new FileChangedError('it became another file while it was written');
        readPieces(descriptor, from, file.size, buffer, (bytes) => {
            digest.update(bytes);
            onBytes(bytes.length);
        });
        if (whole === undefined) {
            scratch.growing = { number, digest, ino };
            return undefined;
        }
        if (!sameStat(whole, (0,external_node_fs_.fstatSync)(descriptor, { bigint: true })))
            throw new FileChangedError('it changed while it was read');
        return digest.digest('hex');
    }
    finally {
        (0,external_node_fs_.closeSync)(descriptor);
    }
}
/** The parts of both layouts, of the same bytes. Throws FileChangedError. */
function digestRegion({ file, region }, onBytes, { buffer }) {
    const [one, other] = [region.one, region.other].map((sizes) => new PartCutter(sizes.map((size) => ({ size }))[Symbol.iterator]()));
    const size = region.one.reduce((sum, part) => sum + part, 0);
    readThrough(file, region.offset, size, buffer, (bytes) => {
        one.update(bytes);
        other.update(bytes);
        onBytes(bytes.length);
    });
    return { one: one.finish(), other: other.finish() };
}
/** Reads a range of one state of a file. */
function readThrough(file, from, size, buffer, each) {
    withDescriptor(file, (descriptor) => readPieces(descriptor, from, size, buffer, each));
}
/** As many bytes at a time as the buffer has; the last ones are fewer. */
function readPieces(descriptor, from, size, buffer, each) {
    for (let done = 0; done < size;) {
        const bytes = buffer.subarray(0, Math.min(buffer.length, size - done));
        fill(descriptor, bytes, from + done);
        each(bytes);
        done += bytes.length;
    }
}
/** Proves that one state of the file was read. */
function withDescriptor(file, work) {
    const descriptor = (0,external_node_fs_.openSync)(file.path, READING);
    try {
        if (!sameStat(file, (0,external_node_fs_.fstatSync)(descriptor, { bigint: true })))
            throw new FileChangedError('it changed after the walk');
        const result = work(descriptor);
        if (!sameStat(file, (0,external_node_fs_.fstatSync)(descriptor, { bigint: true })))
            throw new FileChangedError('it changed while it was read');
        return result;
    }
    finally {
        (0,external_node_fs_.closeSync)(descriptor);
    }
}
function fill(descriptor, into, from) {
    for (let filled = 0; filled < into.length;) {
        const read = (0,external_node_fs_.readSync)(descriptor, into, filled, into.length - filled, from + filled);
        if (read === 0)
            throw new FileChangedError('it became shorter while it was read');
        filled += read;
    }
}
/** Cuts a stream of bytes at the borders of a layout. */
class PartCutter {
    #sizes;
    #digests = [];
    #hash;
    #left;
    constructor(parts) {
        this.#sizes = parts;
        this.#left = this.#sizes.next().value?.size ?? 0;
        this.#hash = (0,external_node_crypto_.createHash)('md5');
    }
    update(bytes) {
        let rest = bytes;
        while (rest.length > 0) {
            if (this.#left === 0)
                this.#cut();
            const taken = rest.subarray(0, this.#left);
            this.#hash.update(taken);
            this.#left -= taken.length;
            rest = rest.subarray(taken.length);
        }
    }
    #cut() {
        this.#digests.push(this.#hash.digest('hex'));
        this.#hash = (0,external_node_crypto_.createHash)('md5');
        this.#left = this.#sizes.next().value?.size ?? Number.POSITIVE_INFINITY;
    }
    finish() {
        this.#digests.push(this.#hash.digest('hex'));
        return this.#digests;
    }
}
/** Files up to this size are read in place. Bytes. */
const IN_PLACE = 256 * 1024;
/** Of whole files. */
const READ_LIMITS = { slowMs: 1, judged: 64, through: 512 };
/**
 * Reads small files whole, into a body of their size. In place one takes some 50 µs, through the thread pool five calls
 * and 260 µs of this thread: see `InPlace`.
 *
 * @param now milliseconds
 */
function createWholeReader(now) {
    const inPlace = new in_place/* InPlace */.B(READ_LIMITS, now);
    const readThroughPool = (file, body) => withOpenFile(file, (handle) => readRange(handle, 0, body));
    return async (file, body) => {
        if (file.size > IN_PLACE || inPlace.isSlow())
            return readThroughPool(file, body);
        inPlace.make(() => readInPlace(file, body));
    };
}
/** Fills `body`. The stat after the read is that of the walk: nothing changed between them, so one stat proves both ends. */
function readInPlace(file, body) {
    const descriptor = (0,external_node_fs_.openSync)(file.path, READING);
    try {
        for (let filled = 0; filled < file.size;) {
            const read = (0,external_node_fs_.readSync)(descriptor, body, filled, file.size - filled, filled);
            if (read === 0)
                throw new FileChangedError('it became shorter after the walk');
            filled += read;
        }
        if (!sameStat(file, (0,external_node_fs_.fstatSync)(descriptor, { bigint: true })))
            throw new FileChangedError('it changed after the walk');
        return body;
    }
    catch (error) {
        // A directory by now: it cannot be read, and that is no fault of the disk.
        if (error instanceof FileChangedError || sameStat(file, (0,external_node_fs_.fstatSync)(descriptor, { bigint: true })))
            throw error;
        throw new FileChangedError('it changed after the walk');
    }
    finally {
        (0,external_node_fs_.closeSync)(descriptor);
    }
}
/**
 * Opens a file, checks that it is what its stat said before and after `work`.
 *
 * @param isProved whether every byte that was read turned out to be what it was digested as: then its ctime says nothing more
 */
async function withOpenFile(file, work, isProved = () => false) {
    const handle = await (0,promises_.open)(file.path, READING);
    try {
        if (!sameStat(file, await handle.stat({ bigint: true })))
            throw new FileChangedError('it changed after the walk');
        const result = await work(handle);
        const isSame = isProved() ? sameBytes : sameStat;
        if (!isSame(file, await handle.stat({ bigint: true })))
            throw new FileChangedError('it changed while it was read');
        return result;
    }
    finally {
        await handle.close();
    }
}
/** MD5 of whatever a file has while it is read, through no link. `undefined`: it is no file. */
async function md5At(path) {
    const handle = await (0,promises_.open)(path, READING | external_node_fs_.constants.O_NOFOLLOW);
    try {
        if (!(await handle.stat()).isFile())
            return undefined;
        const whole = (0,external_node_crypto_.createHash)('md5');
        for await (const bytes of handle.createReadStream({ autoClose: false }))
            whole.update(bytes);
        return whole.digest('hex');
    }
    finally {
        await handle.close();
    }
}
/** CRC32 of a file as S3 spells it: base64 of four bytes, the highest first. Throws FileChangedError. */
async function crc32Of(file) {
    const buffer = Buffer.allocUnsafeSlow(CHUNK);
    return withOpenFile(file, async (handle) => {
        let sum = 0;
        for (let offset = 0; offset < file.size; offset += CHUNK) {
            const bytes = buffer.subarray(0, Math.min(CHUNK, file.size - offset));
            await readRange(handle, offset, bytes);
            sum = (0,external_node_zlib_.crc32)(bytes, sum);
        }
        const bytes = Buffer.alloc(4);
        bytes.writeUInt32BE(sum);
        return bytes.toString('base64');
    });
}
/** Fills `body`. */
async function readRange(handle, offset, body) {
    for (let filled = 0; filled < body.length;) {
        const { bytesRead } = await handle.read(body, filled, body.length - filled, offset + filled);
        if (bytesRead === 0)
            throw new FileChangedError('it became shorter while it was read');
        filled += bytesRead;
    }
}

;// CONCATENATED MODULE: ./build/src/sync/digest-table.js




/** What is known of files by their MD5s alone, by the rows of their names; `undefined`: not all of them are in tables. */
function wholeDigestsOf(files, digests) {
    const areOfTable = digests instanceof DigestTable && digests.names === files.names;
    return areOfTable ? digests.whole : undefined;
}
/** Digests by the names of files. Most are nothing but an MD5, and take 17 bytes. */
class DigestTable extends entries_map/* EntriesMap */.v {
    names;
    /** Of those of which nothing else is known, by the rows of the names. */
    whole = new md5_column/* Md5Column */.B();
    /** Those that say more. */
    #others = new Map();
    #size = 0;
    /** @param names of the files, which are kept once */
    constructor(names = new name_table/* NameTable */.K3()) {
        super();
        this.names = names;
    }
    get size() {
        return this.#size;
    }
    set(name, digest) {
        this.setAt(this.names.add(name), digest);
    }
    setAt(row, digest) {
        if (!this.#hasRow(row))
            this.#size++;
        const { md5, partMd5s, etags, chunks } = digest;
        if (partMd5s.length + etags.length === 0 && chunks === undefined) {
            this.whole.set(row, md5);
            this.#others.delete(row);
        }
        else {
            this.#others.set(row, digest);
            this.whole.clear(row);
        }
    }
    get(name) {
        const row = this.names.find(name);
        return row === -1 ? undefined : this.#at(row);
    }
    has(name) {
        const row = this.names.find(name);
        return row !== -1 && this.#hasRow(row);
    }
    *entries() {
        for (let row = 0; row < this.names.size; row++) {
            const digest = this.#at(row);
            if (digest !== undefined)
                yield [this.names.at(row), digest];
        }
    }
    #hasRow(row) {
        return this.whole.has(row) || this.#others.has(row);
    }
    #at(row) {
        const md5 = this.whole.at(row);
        return md5 === undefined ? this.#others.get(row) : wholeDigest(md5);
    }
}

// EXTERNAL MODULE: ./build/src/store/object-store.js
var object_store = __webpack_require__(6592);
// EXTERNAL MODULE: ./build/src/sync/system-error.js
var system_error = __webpack_require__(1515);
;// CONCATENATED MODULE: ./build/src/sync/explain.js




/**
 * AWS names the action that is missing to whoever belongs to the bucket's account: tags, ACLs and keys of KMS too are
 * missing from a PutObject.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
 */
const NAMED_ACTION = /not authorized to perform: ([a-z0-9]+:[A-Za-z]+)/;
/** The kind of policy that it names with it: one that does not allow the action, or one that denies it. */
const LACKING_POLICY = /because no ([A-Za-z -]+?) allows/;
const DENYING_POLICY = /with an explicit deny in an? ([A-Za-z -]+)/;
/** What a write can need besides: who is refused without a name has to look for it. */
const WRITE = 's3:PutObject (s3:GetObject too where an object is replaced, s3:PutObjectTagging with tags, s3:PutObjectAcl with an ACL)';
/** The IAM actions that an S3 operation needs, where the answer does not say which one was missing. */
const IAM_ACTIONS = {
    ListObjectsV2: 's3:ListBucket',
    HeadObject: 's3:GetObject',
    GetObject: 's3:GetObject',
    GetObjectAcl: 's3:GetObjectAcl',
    GetBucketOwnershipControls: 's3:GetBucketOwnershipControls',
    PutObject: WRITE,
    CopyObject: `${WRITE}, and s3:GetObject on the source`,
    CreateMultipartUpload: WRITE,
    UploadPart: 's3:PutObject',
    UploadPartCopy: 's3:PutObject, and s3:GetObject on the source',
    CompleteMultipartUpload: 's3:PutObject, and s3:GetObject where an object is replaced',
    AbortMultipartUpload: 's3:AbortMultipartUpload',
    ListMultipartUploads: 's3:ListBucketMultipartUploads',
    ListObjectVersions: 's3:ListBucketVersions',
    ListParts: 's3:ListMultipartUploadParts',
    DeleteObject: 's3:DeleteObject and s3:GetObject',
    DeleteObjects: 's3:DeleteObject and s3:GetObject',
};
/** What was denied, and what to allow. */
function explainDenied(error) {
    const { message, operation } = error;
    const named = NAMED_ACTION.exec(message)?.[1];
    const action = named ?? IAM_ACTIONS[operation] ?? `s3:${operation}`;
    // A bucket whose readers pay does not say so.
    const mayHaveToPay = named === undefined && operation.startsWith('List');
    const orPay = mayHaveToPay ? ', or set requester-pays where whoever asks for it has to pay' : '';
    const allow = whatToAllow(message, action) + orPay;
    return (0,object_store/* isOfS3 */.ku)(error)
        ? `${operation} was denied (${toldOf(error)}): ${allow}`
        : `${notOfS3(error)}: check endpoint-url and proxy, or ${allow}`;
}
function whatToAllow(message, action) {
    const resource = action.startsWith('kms:') ? 'key' : 'bucket';
    if (message.includes('BlockPublicAcls'))
        return 'leave acl out, as the bucket takes no ACL that lets anyone in (S3 Block Public Access)';
    const denying = DENYING_POLICY.exec(message)?.[1];
    if (denying !== undefined)
        return `meet the conditions of the ${policyOf(denying, resource)} (encryption: sse and kms-key-id; acl; VPC endpoint; TLS) or, if it has none, take ${action} out of what it denies: that goes before whatever is allowed`;
    const lacking = LACKING_POLICY.exec(message)?.[1];
    if (lacking !== undefined && lacking !== 'identity-based policy')
        return `allow ${action} in the ${policyOf(lacking, resource)}`;
    // Within one account one of the two is enough; a key's policy must let IAM decide, or name the identity.
    const where = resource === 'key' ? '' : ' where another account has it';
    return `allow ${action} in the policy of the identity, and of the ${resource}${where}`;
}
function policyOf(kind, resource) {
    return kind === 'resource-based policy' ? `policy of the ${resource}` : kind;
}
/** Insufficient Storage: MinIO's, and of what has WebDAV below. */
const STORAGE_FULL = 507;
/** Content Too Large: S3 itself answers 400 EntityTooLarge. */
const BODY_TOO_LARGE = 413;
/** A success with something else in it than S3 answers; by the SDK's requests the status is its code. */
const UNREADABLE = new Set(['NoListing', 'NoAnswer', 'InvalidAnswer', 'NoETag', '200']);
function notOfS3({ operation, status }) {
    return `${operation} was answered with HTTP ${status} and no error of S3's, as a proxy or a web page answers`;
}
/** Why there was no answer: a server that was reached, but not trusted or not understood, is none that is away. */
function explainSilence({ code, message }, told) {
    if (code === 'EMFILE' || code === 'ENFILE')
        return tooManyFiles(code);
    if (code === object_store/* UNFINISHED */.yA)
        return `the answer could not be read to its end (${message}) on any attempt: check network and proxy, and run again`;
    if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
        return `the server's certificate is not valid at this time (${told}): renew it on the server, or set the clock of this machine where that is wrong`;
    if (/^(CERT_|SELF_SIGNED_CERT|DEPTH_ZERO_|UNABLE_TO_(GET|VERIFY)|ERR_TLS_CERT)/.test(code))
        return `the server's certificate is not accepted (${told}): set AWS_CA_BUNDLE to a file with that of its authority, or correct endpoint-url`;
    if (/^(EPROTO|ERR_SSL_)/.test(code)) {
        // What OpenSSL says has its own source files in it.
        const reason = /:SSL routines:[^:]*:([^:]+)/.exec(message)?.[1] ?? told;
        return `no TLS connection came about (${reason}): check that the port of endpoint-url speaks TLS, else begin it with http://`;
    }
    if (code === 'EAI_AGAIN')
        return `the name of the server could not be looked up (${told}) on any attempt: check network and name servers of this machine, and run again`;
    return `no answer from S3 (${told}) on any attempt: check endpoint-url, region, proxy and network`;
}
/** What is asked of files that are read. */
const READS = new Set(['open', 'read', 'fstat', 'lstat', 'stat', 'realpath', 'close']);
/** Of connections and files together: S3 was not even asked. */
function tooManyFiles(code) {
    return `too many files are open (${code}): raise the limit (ulimit -n), or set concurrency to less`;
}
function toldOf({ code, message }) {
    if (message === '' || message === code)
        return code;
    // What has no name but this says all in its words.
    return code === 'Error' ? message : `${code}: ${message}`;
}
/** Why a place that remembers for the next run could not be read or written; it begins with the place. */
function whyNot(error, place) {
    if (error instanceof object_store/* StoreError */.AD && error.code === 'InvalidObjectState')
        return `${place}: the object is archived: leave it out of the lifecycle rule that does that`;
    // What S3 rejects, and what was no answer of its own, has no better words.
    const isKnown = error instanceof object_store/* StoreError */.AD && error.kind !== 'rejected';
    return isKnown ? explain(error, place).message : `${place}: ${(0,errors/* messageOf */.bD)(error)}`;
}
/** No condition holds the next run back: what another writer left is what it lists, and what it goes by. */
function afterAnotherWriter(next) {
    const wanted = next === 'deletes' ? 'that may go' : 'this tree is the one to be there';
    return `the next run ${next} what that one wrote, so run again only if ${wanted}, and let one run at a time publish here (a concurrency group, or lock)`;
}
/** Puts whatever a step or a phase met into one line that says what to do. */
function explain(error, what) {
    if (error instanceof errors/* SyncError */.S0)
        return { code: error.code, exit: error.exit, message: error.message };
    if (error instanceof object_store/* StoreError */.AD)
        return explainStore(error, what);
    if (error instanceof FileChangedError) {
        return failure('file-changed', `${what}: the file changed twice during the run (${error.message}): run again when nothing writes to it`);
    }
    const code = (0,system_error/* errorCode */.CA)(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
        return failure('file-vanished', `${what}: the file vanished during the run: run again when nothing moves or deletes it`);
    }
    if (code === 'EACCES' || code === 'EPERM') {
        return {
            code: 'unreadable',
            exit: errors/* EXIT */.dc.failed,
            message: `${what}: the file cannot be read (${code}): give this user read permission, or exclude it`,
        };
    }
    if (code === 'EMFILE' || code === 'ENFILE')
        return failure('unreadable', `${what}: ${tooManyFiles(code)}`);
    const syscall = error?.syscall;
    if (syscall !== undefined && READS.has(syscall))
        return failure('unreadable', `${what}: the file cannot be read (${(0,system_error/* systemMessage */.H4)(error)})`);
    return failure('internal', `${what}: ${code === undefined && isMistake(error) ? (0,errors/* mistakeText */.Mr)(error) : (0,errors/* messageOf */.bD)(error)}`);
}
/** Whether it is the program that did what it cannot: the names that the language gives to that. */
function isMistake(error) {
    return [TypeError, RangeError, ReferenceError].some((mistake) => error instanceof mistake);
}
function explainStore(error, what) {
    const told = toldOf(error);
    switch (error.kind) {
        case 'condition': {
            const how = error.code === object_store/* CHANGED_AFTER_WRITE */.Y8
                ? 'and after this run wrote it, which this server does not let it do under a condition'
                : `(${error.code}); its bytes were left alone`;
            const next = error.operation.startsWith('Delete') ? 'deletes' : 'replaces';
            return {
                code: 'foreign-writer',
                exit: errors/* EXIT */.dc.foreignWriter,
                message: `${what}: another writer changed the key during this run ${how}: ${afterAnotherWriter(next)}`,
            };
        }
        case 'source':
            return failure('rejected', `${what}: the source of the copy is gone or was changed (${told})`);
        case 'digest':
            if (error.code === 'InvalidDigest') {
                return failure('rejected', `${what}: S3 does not take the digest that was sent (${told}): a proxy changes headers, or, on SeaweedFS, max-age in Cache-Control has no number`);
            }
            if (error.code === object_store/* BAD_PART_ETAG */.UD) {
                return failure('wrong-content', `${what}: ${error.message}, though that was sent: the ETags of parts prove nothing on this server, or a proxy changes bodies or answers; nothing was published under the key`);
            }
            if (error instanceof object_store/* UnprovedCopyError */.Pb)
                return failure('rejected', `${what}: the copy is not proved, as ${error.message}`);
            return failure('wrong-content', `${what}: S3 received other bytes than were sent (${told}): the connection or a proxy changes bodies; run again`);
        case 'no-upload':
            return failure('rejected', `${what}: the multipart upload is gone (${told}): another job or a lifecycle rule aborted it; run again`);
        case 'denied':
            if (error.code === 'InvalidObjectState')
                return failure('rejected', `${what}: the object is archived: restore it first, or exclude it`);
            return failure('access-denied', `${what}: ${explainDenied(error)}`);
        case 'throttled':
            return failure('throttled', `${what}: S3 asked to slow down until the attempts were used up (${told}): lower concurrency, or raise max-attempts`);
        case 'server':
            if (error.status === object_store/* LOGIN_REQUIRED */.mN)
                return failure('server-error', `${what}: ${notOfS3(error)}: this network wants a login first, so check network, endpoint-url and proxy`);
            if (error instanceof object_store/* MayLackKeyError */.ic)
                return failure('server-error', `${what}: ${error.operation} failed (${told}) on every attempt: this server may have no key for sse, so leave sse out, or set one up there; else run again`);
            return failure('server-error', `${what}: ${error.operation} failed (${told}) on every attempt: ${UNREADABLE.has(error.code) ? "that is not S3's, so check endpoint-url, and whether a proxy or a login page answers in its place" : 'run again'}`);
        case 'network':
            return failure('unreachable', `${what}: ${explainSilence(error, told)}`);
        case 'aborted':
            return failure('cancelled', `${what}: stopped`);
        case 'rejected':
            if (error.status === STORAGE_FULL)
                return failure('rejected', `${what}: ${error.operation} was refused (${told}): the storage of the server is full: free some, or add to it`);
            if (error.code === 'ObjectParentIsFile') {
                return failure('rejected', `${what}: this server keeps objects as files, and a part of the key is an object there (${told}): delete that object by hand first, in a versioned bucket with all its versions`);
            }
            if (error.code === 'ExistingObjectIsDirectory') {
                return failure('rejected', `${what}: this server keeps objects as files, and others lie below this key (${told}): delete those by hand first, in a versioned bucket with all their versions`);
            }
            if (isHeadOfCustomerKey(error)) {
                return failure('rejected', `${what}: S3 refused HeadObject (HTTP 400), as it does where a customer key (SSE-C) encrypts the object, which is not supported: exclude it, or store it under SSE-S3 or KMS; where none does, the credentials may have expired`);
            }
            if (error.message.includes('stored using a form of Server Side Encryption')) {
                return failure('rejected', `${what}: a customer key (SSE-C) encrypts the object, which is not supported: exclude it, or store it under SSE-S3 or KMS`);
            }
            if (!(0,object_store/* isOfS3 */.ku)(error)) {
                const advice = error.status === BODY_TOO_LARGE
                    ? 'it takes no body of this size, so raise its limit (client_max_body_size of nginx), or go past it'
                    : 'check endpoint-url and proxy';
                return failure('rejected', `${what}: ${notOfS3(error)}: ${advice}`);
            }
            // A request about a bucket that is answered with a key.
            if (error.operation.startsWith('List') && error.code === 'NoSuchKey') {
                return {
                    code: 'no-such-bucket',
                    exit: errors/* EXIT */.dc.usage,
                    message: `${what}: S3 took the bucket for a key (${told}), as it does where endpoint-url names the bucket too: take the bucket out of its path or host name`,
                };
            }
            return failure('rejected', `${what}: S3 refused ${error.operation} (${told})${whatToDo(error)}`);
        case 'fatal':
            return explainFatal(error, what, told);
    }
}
function whatToDo({ code }) {
    switch (code) {
        case 'QuotaExceeded':
            return ': a quota is used up, of the bucket, the user or the account: raise it, or delete what nobody needs';
        case 'AccountProblem':
        case 'AllAccessDisabled':
        case 'NotSignedUp':
            return ': the account or the bucket is blocked: settle that with the provider';
        case 'AccessControlListNotSupported':
            return ': the bucket takes no ACL, so leave acl out; what anyone may read is said by a policy of the bucket';
        case 'InvalidStorageClass':
            return ': this server does not have the storage class, so leave storage-class out, here and in rules';
        default:
            return '';
    }
}
/** An answer to HEAD has no words, and so nothing but its status. */
function isHeadOfCustomerKey({ operation, status, code }) {
    return operation === 'HeadObject' && status === 400 && code === '400';
}
function explainFatal(error, what, told) {
    const usage = (code, message) => ({
        code,
        exit: errors/* EXIT */.dc.usage,
        message: `${what}: ${message}`,
    });
    switch (error.code) {
        case 'NoSuchBucket':
            return usage('no-such-bucket', 'there is no such bucket: check its name, the endpoint and the account');
        case 'PermanentRedirect':
        case 'AuthorizationHeaderMalformed':
        case 'IllegalLocationConstraintException':
        case '301':
        case '302':
        case '303':
        case '307':
        case '308':
            return usage('wrong-region', (0,object_store/* isOfS3 */.ku)(error)
                ? `S3 answers that the region is wrong (${told}): set region to the bucket's, or, of any place but the first destination, region= behind it`
                : `${error.operation} is redirected (${told}), and no redirect is followed: set endpoint-url to where it leads, or region to the bucket's`);
        case 'TemporaryRedirect':
        case 'Redirect':
            return usage('wrong-region', `S3 redirects the requests of this bucket (${told}), and no redirect is followed: set region to the bucket's; a bucket that was just made is redirected for some hours`);
        case 'ExpiredToken':
        case 'ExpiredTokenException':
        case 'TokenRefreshRequired':
            return failure('credentials-expired', `${what}: the credentials expired (${told}): run again with fresh ones, what was published stays and is not sent again`);
        case 'CredentialsProviderError':
            return failure('credentials-expired', `${what}: the credentials could not be renewed (${error.message}): run again when their source gives them, what was published stays and is not sent again`);
        case 'RequestTimeTooSkewed':
            // The one that S3 says has been tried.
            return usage('bad-credentials', `the clock of this machine is wrong (${told}): set it; where it is right, those of the servers behind endpoint-url differ: set these`);
        case 'InvalidAccessKeyId':
        case 'XAdminUserNotFound':
        case 'InvalidToken':
        case 'SignatureDoesNotMatch':
            return usage('bad-credentials', `S3 refuses the credentials (${told}): check that key, secret and endpoint belong together`);
        default:
            return failure('rejected', `${what}: ${told}`);
    }
}
function failure(code, message) {
    return { code, exit: errors/* EXIT */.dc.failed, message };
}

// EXTERNAL MODULE: ./build/src/sync/file-id.js
var file_id = __webpack_require__(9857);
;// CONCATENATED MODULE: ./build/src/sync/listed-sizes.js



/** Sizes of listed objects, each with the part layouts that its multipart ETags may come from. */
class ListedSizes {
    #index;
    #sizes = new Map();
    /** @param index knows the layouts of objects that earlier runs met */
    constructor(index) {
        this.#index = index;
    }
    add({ key, size, etag }) {
        const before = this.#sizes.get(size);
        const kind = size === 0 ? undefined : (0,model_digest/* classifyETag */.Q)(etag);
        if (kind?.kind !== 'multipart') {
            this.#sizes.set(size, before);
            return;
        }
        const layouts = before ?? new Map();
        this.#sizes.set(size, layouts);
        const remembered = this.#index?.objects.get(key);
        const layout = remembered?.etag === etag ? (0,digest_index/* parseLayout */.U8)(remembered.parts ?? '') : undefined;
        if (layout !== undefined && (0,digest_index/* layoutSize */.ev)(layout) === size && (0,digest_index/* layoutParts */.db)(layout) === kind.parts) {
            layouts.set((0,digest_index/* formatLayout */.Cu)(layout), layout);
            return;
        }
        for (const partSize of (0,part_sizes/* candidatePartSizes */.xF)(size, kind.parts)) {
            const candidate = (0,digest_index/* uniformLayout */.Ng)(size, partSize);
            layouts.set((0,digest_index/* formatLayout */.Cu)(candidate), candidate);
        }
    }
    has(size) {
        return this.#sizes.has(size);
    }
    /** Whether the MD5 of the whole is all that there is to know of a file of this size. */
    asksWhole(size) {
        return !(0,part_sizes/* isLarge */.sV)(size) && this.#sizes.get(size) === undefined;
    }
    /** What to recompute for a file. Our own layout first, whose part digests the upload needs. */
    layoutsOf({ size }) {
        const others = this.#sizes.get(size);
        if (!(0,part_sizes/* isLarge */.sV)(size))
            return others === undefined ? NONE : [...others.values()];
        const own = (0,part_sizes/* ownLayout */.vh)(size);
        const ownText = (0,digest_index/* formatLayout */.Cu)(own);
        return [own, ...[...(others ?? [])].filter(([text]) => text !== ownText).map(([, layout]) => layout)];
    }
}
const NONE = [];

;// CONCATENATED MODULE: ./build/src/sync/digest.js













/** Digests asked for at a time: the pool hands small ones to a thread by the batch. */
const JOBS_IN_FLIGHT = 256;
/**
 * Digests what the plan needs and no more: a file whose size no listed object and no other file has is new by
 * its size alone. Hard links are read once. A file that changes while it is read is read once more (C6).
 */
async function digestTree(request) {
    const { index, early, pool, signal } = request;
    const sizes = new Set();
    const twinSizes = new Set();
    for (const size of (0,file_columns/* sizesOf */.gN)(request.files))
        (sizes.has(size) ? twinSizes : sizes).add(size);
    const listed = early?.sizes ?? new ListedSizes(index);
    if (early === undefined)
        for (const object of request.listing.values())
            listed.add(object);
    for (const object of request.further)
        listed.add(object);
    await early?.finish();
    const known = early?.digests ?? new DigestTable(request.files.names);
    for (const [name, digest] of request.adopted ?? [])
        known.set(name, digest);
    const jobs = new Map();
    /** Large files that were digested early. */
    const uncut = [];
    const listedAs = ({ name }) => request.listing.get((request.prefix + name))?.etag;
    const columns = (0,file_columns/* columnsOf */.PL)(request.files);
    const whole = wholeDigestsOf(request.files, known);
    for (let place = 0; place < columns.length; place++) {
        const size = columns.sizeAt(place);
        const hasTwin = request.onlyListed !== true && twinSizes.has(size);
        if (size === 0 || (!hasTwin && !listed.has(size)))
            continue;
        // Of most nothing else is asked.
        if (whole?.has(columns.rowAt(place)) === true && listed.asksWhole(size))
            continue;
        const file = columns.at(place);
        if (request.adopted?.has(file.name) === true)
            continue;
        const layouts = listed.layoutsOf(file);
        const remembered = early?.take(file, layouts) ?? recall(request.fileIndex, file, layouts, listedAs(file));
        if (remembered !== undefined) {
            known.set(file.name, remembered);
            if (request.chunks === true && remembered.chunks === undefined && (0,model_chunks/* chunkUnit */.u8)(file.size) !== undefined)
                uncut.push(file);
            continue;
        }
        const id = (0,file_id/* fileId */.q)(file);
        const names = jobs.get(id);
        if (names === undefined)
            jobs.set(id, [file]);
        else
            names.push(file);
    }
    let ahead = 0;
    for (const [file] of jobs.values())
        ahead += file.size;
    const total = ahead + (early?.bytes ?? 0);
    let done = early?.files ?? 0;
    const restated = new Map();
    const one = async (names) => {
        signal.throwIfAborted();
        const [file] = names;
        const key = (request.prefix + file.name);
        const chunks = request.chunks === true ? idleChunks(pool, file, index, key) : undefined;
        try {
            const digest = await pool.digest({ file, layouts: listed.layoutsOf(file) }, ahead);
            const found = await chunks;
            const all = found === undefined ? digest : { ...digest, chunks: found };
            for (const { name } of names)
                known.set(name, all);
        }
        catch (error) {
            if (!(error instanceof FileChangedError))
                throw beforeFirstWrite(error, file);
            await again(names);
        }
        ahead -= file.size;
        request.onProgress(++done, total - ahead, total);
    };
    /** Of what was one file some names may have become another one's. */
    const again = async (names) => {
        const digests = new Map();
        for (const met of names) {
            try {
                const file = await restat(met);
                const id = (0,file_id/* fileId */.q)(file);
                const digest = digests.get(id) ?? (await pool.digest({ file, layouts: listed.layoutsOf(file) }, ahead));
                digests.set(id, digest);
                restated.set(file.name, file);
                known.set(file.name, digest);
            }
            catch (error) {
                throw beforeFirstWrite(error, met);
            }
        }
    };
    const cut = async (file) => {
        const { name } = file;
        const digest = known.get(name);
        const key = (request.prefix + name);
        const entry = index?.objects.get(key);
        if (entry?.md5 === digest.md5 && entry.chunks !== undefined)
            return;
        const chunks = await idleChunks(pool, file, index, key);
        if (chunks !== undefined)
            known.set(name, { ...digest, chunks });
    };
    await pool.helping(async () => {
        await (0,model_concurrency/* forEachConcurrent */.C6)(jobs.values(), JOBS_IN_FLIGHT, one);
        await (0,model_concurrency/* forEachConcurrent */.C6)(uncut, pool.width, cut);
    });
    const files = restated.size === 0
        ? request.files
        : Array.from(request.files, (file) => restated.get(file.name) ?? file);
    return { files, digests: known };
}
/**
 * What is cut later costs time then; what is cut in place of another file's digest costs it now.
 *
 * @param index knows the chunks of an older version, under the file's own key
 */
async function idleChunks(pool, file, index, key) {
    // Every digest that can be is asked for by then.
    await (0,external_node_timers_promises_.setImmediate)();
    if (!pool.isIdle)
        return undefined;
    const { chunks, size = 0 } = index?.objects.get(key) ?? {};
    return pool.chunks(file, chunks === undefined ? undefined : (0,model_chunks/* parseChunks */.si)(chunks, size));
}
/** Nothing is written yet: a file that cannot be read refuses the run, one that will not hold still fails it. */
function beforeFirstWrite(error, file) {
    const { code, exit, message } = explain(error, file.name);
    return new errors/* SyncError */.S0(code, code === 'unreadable' ? errors/* EXIT */.dc.refused : exit, message, { cause: error });
}
/** @param listed what lies under the file's own key */
function recall(index, file, layouts, listed) {
    const { md5, etag } = (index === undefined ? undefined : recallFile(index, file)) ?? {};
    if (md5 === undefined)
        return undefined;
    if (!(0,part_sizes/* isLarge */.sV)(file.size) && areWhole(layouts))
        return wholeUnder(md5, layouts);
    // Of digests of several parts the index holds what one layout makes of them: where that is not there, the file is read.
    return etag !== undefined && etag === listed ? wholeDigest(md5, [etag]) : undefined;
}
/** The digest of a file whose stat is as it was when an earlier run on this machine digested it. */
function recallMd5(index, file) {
    return recallFile(index, file)?.md5;
}
/** What an earlier run on this machine knew of a file whose stat is as it was then. */
function recallFile(index, file) {
    const entry = index.files.get(file.path);
    if (entry === undefined)
        return undefined;
    const same = entry.size === file.size &&
        entry.mtimeNs === file.mtimeNs &&
        entry.ctimeNs === file.ctimeNs &&
        entry.ino === file.ino;
    // git's racy rule: a file touched at or after the index was written may have changed unseen (C12).
    const settled = file.mtimeNs < index.writtenNs && file.ctimeNs < index.writtenNs;
    return same && settled && isChangeTime(file.ctimeNs) ? entry : undefined;
}
/** Whether the digest of a whole file says all: an upload of one part is what delay-updates leaves. */
function areWhole(layouts) {
    return !layouts.some(isCut);
}
/** What the digest of the whole says under layouts that are whole. */
function wholeUnder(md5, layouts) {
    return layouts.length === 0 ? wholeDigest(md5) : wholeDigest(md5, [(0,model_digest/* multipartETag */.Eq)([md5])]);
}

// EXTERNAL MODULE: ./build/src/disk/home-directory.js
var home_directory = __webpack_require__(6190);
// EXTERNAL MODULE: ./build/src/disk/is-inside.js
var is_inside = __webpack_require__(2572);
// EXTERNAL MODULE: ./build/src/disk/process-mark.js
var process_mark = __webpack_require__(7650);
// EXTERNAL MODULE: ./build/src/disk/replace-file.js
var replace_file = __webpack_require__(170);
// EXTERNAL MODULE: ./build/src/model/object-key.js
var object_key = __webpack_require__(5142);
// EXTERNAL MODULE: ./build/src/sync/local-names.js
var local_names = __webpack_require__(8163);
// EXTERNAL MODULE: external "node:buffer"
var external_node_buffer_ = __webpack_require__(4573);
// EXTERNAL MODULE: external "node:stream/promises"
var external_node_stream_promises_ = __webpack_require__(6466);
;// CONCATENATED MODULE: ./build/src/sync/decode.js







/** Bytes are not those that something vouched for. */
class WrongContentError extends Error {
    name = 'WrongContentError';
}
/** What is read of a file to tell whether it is encoded. Bytes. */
const BEGINNING = 4096;
/** Of fewer bytes a stream may be text by chance: `brotliCompressSync('')` is a semicolon. */
const LEAST_TEXT = 64;
/** What zlib decodes at a time: of most files it decodes nothing, and its own 16 KiB cost more than to try. Bytes. */
const TRIED = 1024;
/** Calls that it takes to read that. */
const BEGINNING_CALLS = 3;
/** Whether a file begins as encoded ones do. By chance another one does too: who asks must ask more. */
async function looksEncoded(path) {
    const handle = await (0,promises_.open)(path, READING);
    try {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(BEGINNING), 0, BEGINNING, 0);
        return areEncoded(buffer.subarray(0, bytesRead));
    }
    finally {
        await handle.close();
    }
}
/** As `looksEncoded`, in place. */
function looksEncodedInPlace(path) {
    const descriptor = (0,external_node_fs_.openSync)(path, READING);
    try {
        const buffer = Buffer.alloc(BEGINNING);
        return areEncoded(buffer.subarray(0, (0,external_node_fs_.readSync)(descriptor, buffer, 0, BEGINNING, 0)));
    }
    finally {
        (0,external_node_fs_.closeSync)(descriptor);
    }
}
function areEncoded(beginning) {
    if (beginning[0] === 0x1f && beginning[1] === 0x8b)
        return true;
    // A try costs as much as to read and digest the file, and most files are text.
    if (beginning.length >= LEAST_TEXT && isText(beginning))
        return false;
    const isWhole = beginning.length < BEGINNING;
    const finishFlush = isWhole ? external_node_zlib_.constants.BROTLI_OPERATION_FINISH : external_node_zlib_.constants.BROTLI_OPERATION_FLUSH;
    try {
        const options = { finishFlush, maxOutputLength: BEGINNING * 16, chunkSize: TRIED, info: true };
        const { engine } = (0,external_node_zlib_.brotliDecompressSync)(beginning, options);
        // Text that begins with a 9 is a whole stream of nothing, and more behind it.
        return engine.bytesWritten === beginning.length;
    }
    catch (error) {
        return error.code === 'ERR_BUFFER_TOO_LARGE';
    }
}
/**
 * UTF-8, maybe cut within its last character. Of what Brotli makes smaller each bit is as good as chance, the highest of every
 * byte too: 64 bytes of it are text less than once in 10^14 times.
 */
function isText(bytes) {
    return [0, 1, 2, 3].some((cut) => (0,external_node_buffer_.isUtf8)(bytes.subarray(0, bytes.length - cut)));
}
/** The stored bytes, decoded. Errors of zlib become WrongContentError. */
async function decode(body, encoding, consume) {
    try {
        await (0,external_node_stream_promises_.pipeline)(body, encoding === 'gzip' ? (0,external_node_zlib_.createGunzip)() : (0,external_node_zlib_.createBrotliDecompress)(), consume);
    }
    catch (error) {
        const code = error.code;
        // As zlib names what it cannot decode.
        if (typeof code === 'string' && /^(Z_|ERR__ERROR_|ERR_BROTLI)/.test(code))
            throw new WrongContentError(`the stored bytes are no ${encoding}`, { cause: error });
        throw error;
    }
}
/** Writes the file that the stored bytes encode. Rejects with WrongContentError where it is not what the object says. */
async function decodeTo(handle, body, { md5, size, encoding }) {
    const hash = (0,external_node_crypto_.createHash)('md5');
    let written = 0;
    await decode(body, encoding, async (chunks) => {
        for await (const chunk of chunks) {
            written += chunk.length;
            // A bomb is stopped where the file that it says it is would end.
            if (written > size)
                throw wrongSource();
            hash.update(chunk);
            await handle.writeFile(chunk);
        }
    });
    if (written !== size || hash.digest('hex') !== md5)
        throw wrongSource();
}
function wrongSource() {
    return new WrongContentError('the decoded bytes are not those that the object names as its source');
}

;// CONCATENATED MODULE: ./build/src/sync/fetch-failures.js






/** What to do about errors that permissions have no part in. */
const ADVICE = new Map([
    ['EROFS', 'the target is on a file system that is read-only: mount it for writing, or take another one'],
    ['EIO', 'the disk under the target, or the connection to it, fails: check it, and run again'],
    ['ESTALE', 'the network file system under the target was changed or came back: run again'],
    [
        'ENOENT',
        'the target, or a directory in it, was moved or deleted during this run: run again when nothing does',
    ],
    ['EFBIG', 'the file system of the target, or a limit (ulimit -f), holds no file of that size'],
]);
function changed(key) {
    return new errors/* SyncError */.S0('file-changed', errors/* EXIT */.dc.failed, `${key}: the object changed or went away during this run: run again when nothing publishes there`);
}
function foreign(name) {
    return new errors/* SyncError */.S0('foreign-writer', errors/* EXIT */.dc.foreignWriter, `${name}: something else made or changed the file during this run; it was left alone: the next run replaces or deletes it, so run again only if what the bucket has is to be there, and let one thing at a time write there`);
}
function collision(name, other) {
    return new errors/* SyncError */.S0('key-collision', errors/* EXIT */.dc.failed, `${name}: it is one name with ${other} on this file system; what is there was left alone: exclude one of them, or move what is in the way`);
}
/** Whatever a step met, in words that fit a file. */
function asFailure(error, name, key) {
    const failure = (code, message) => new errors/* SyncError */.S0(code, errors/* EXIT */.dc.failed, `${name}: ${message}`, { cause: error });
    if (error instanceof object_store/* StoreError */.AD && error.kind === 'condition')
        return changed(key);
    if (error instanceof WrongContentError)
        return failure('wrong-content', `${error.message}, twice: the object or the way to it is damaged; run check --read`);
    if (error instanceof InTheWayError)
        return failure('in-the-way', `${error.message} any more: a link or a file was put in the way during this run; nothing was written through it`);
    const { syscall } = error;
    const code = (0,system_error/* errorCode */.CA)(error);
    if (syscall === undefined || code === undefined)
        return error;
    switch (code) {
        case 'ENOSPC':
        case 'EDQUOT':
            return failure('no-room', `there is no room for it (${code}): free some, and run again`);
        case 'ELOOP':
        case 'EISDIR':
        case 'ENOTDIR':
        case 'EEXIST':
            return failure('in-the-way', `a link, a file or a directory is in its way (${code}): move it`);
        case 'EMFILE':
        case 'ENFILE':
            return failure('not-writable', tooManyFiles(code));
        case 'ENAMETOOLONG':
        case 'EILSEQ':
        case 'EINVAL':
            return failure('unsafe-name', `this file system cannot hold the name (${code}): exclude it`);
        default: {
            const verb = syscall === 'unlink' ? 'deleted' : 'written';
            const what = `the file cannot be ${verb} (${(0,system_error/* systemMessage */.H4)(error)})`;
            return failure('not-writable', `${what}: ${ADVICE.get(code) ?? 'check the permissions of the target'}`);
        }
    }
}

;// CONCATENATED MODULE: ./build/src/sync/partial-file.js





/**
 * Ranges that an interrupted run wrote down after it had written them. `undefined`: there is no file to go on with, or
 * not one of ours: what has further names is never written through (R3), what is kept from writing has its mode already.
 */
async function doneRanges(path, progress, size) {
    const stats = await (0,promises_.lstat)(path).catch(() => undefined);
    if (stats === undefined || !stats.isFile() || stats.nlink !== 1)
        return undefined;
    if (stats.size !== size || (stats.mode & 0o600) !== 0o600)
        return undefined;
    const lines = await linesOf(progress);
    if (lines === undefined)
        return undefined;
    const numbers = lines.map(Number);
    return new Set(numbers.filter((number) => Number.isSafeInteger(number)));
}
/** Whether another run that can be seen from here writes to the file: each says so before it does. */
async function isInUse(progress) {
    const lines = (await linesOf(progress)) ?? [];
    return lines.some((line) => line !== (0,process_mark/* processMark */.t)() && (0,process_mark/* hasProcessEnded */.C)(line) === false);
}
/** Whether every run that wrote to the file has ended. `undefined`: nobody here can know. */
async function haveRunsEnded(progress) {
    const marks = ((await linesOf(progress)) ?? []).filter((line) => Number.isNaN(Number(line)));
    const ended = marks.map((mark) => (0,process_mark/* hasProcessEnded */.C)(mark));
    if (ended.includes(false))
        return false;
    return ended.length === 0 || ended.includes(undefined) ? undefined : true;
}
/** `undefined`: something else has the name. */
async function linesOf(progress) {
    let handle;
    try {
        handle = await (0,promises_.open)(progress, READING | promises_.constants.O_NOFOLLOW);
    }
    catch (error) {
        return error.code === 'ENOENT' ? [] : undefined;
    }
    try {
        if (!isPlain(await handle.stat()))
            return undefined;
        return (await handle.readFile('latin1')).split('\n').slice(0, -1);
    }
    finally {
        await handle.close();
    }
}
/** Of a range that is there. Where another run has taken the file, what is written down of it is gone too: ENOENT. */
async function addRange(progress, i) {
    await appendLine(progress, `${i}`, 0);
}
/** Through no link, of whichever kind, and into nothing but a file: whoever may write here must not choose what is written to. */
async function appendLine(progress, line, create) {
    const flags = promises_.constants.O_WRONLY | promises_.constants.O_APPEND | create;
    const handle = await (0,promises_.open)(progress, flags | promises_.constants.O_NOFOLLOW | NO_WAITING, 0o666);
    try {
        if (!isPlain(await handle.stat()))
            throw foreign((0,external_node_path_.basename)(progress));
        await handle.appendFile(`${line}\n`);
    }
    finally {
        await handle.close();
    }
}
function isSameInode(one, other) {
    return one.ino === other.ino && one.dev === other.dev;
}
function isPlain(stats) {
    return stats.isFile() && stats.nlink === 1;
}
/** Opens a file that is fetched range by range, and writes down whose it is. One that is there already may be another run's too. */
async function openPartial(path, progress, isFresh) {
    const flags = promises_.constants.O_RDWR | promises_.constants.O_CREAT | promises_.constants.O_NOFOLLOW;
    await appendLine(progress, (0,process_mark/* processMark */.t)(), promises_.constants.O_CREAT);
    const made = isFresh
        ? await (0,promises_.open)(path, flags | promises_.constants.O_EXCL, 0o666).catch((error) => {
            if (error.code !== 'EEXIST')
                throw error;
            return undefined;
        })
        : undefined;
    if (made !== undefined)
        return { handle: made, isNew: true };
    return { handle: await (0,promises_.open)(path, flags, 0o666), isNew: false };
}

// EXTERNAL MODULE: ./build/src/sync/walk-findings.js
var walk_findings = __webpack_require__(4908);
;// CONCATENATED MODULE: ./build/src/sync/download-target.js















/** Unfinished files whose run may go on elsewhere are nobody's when nothing was written to them for so long. Milliseconds. */
const ABANDONED_MS = 24 * 60 * 60_000;
/** Directories that are looked at side by side. */
const DIRECTORIES_AT_ONCE = 32;
/** The directory that is downloaded to: what can be made in it, and what an interrupted run left there. */
class DownloadTarget {
    #directory;
    #frame;
    #now;
    constructor({ directory, frame, now }) {
        this.#directory = directory;
        this.#frame = frame;
        this.#now = now;
    }
    /** Rejects where something else stands there. */
    exists() {
        return isDirectory(this.#directory);
    }
    /** Rejects a place that is full of what no source has. Its path alone says so: nothing need be walked or listed first. */
    async refuseRootOrHome() {
        if (!(await isRootOrHome(this.#directory)))
            return;
        throw (0,errors/* refusal */.x5)('unrelated-destination', `${this.#directory}: delete-after would delete whatever the source does not have in it: name a directory of its own`);
    }
    /** Names that cannot be files there, all in one line (R2). */
    async refuseNames(files, here, local) {
        const directory = this.#directory;
        const problems = [];
        const possible = [];
        const folding = await foldingOf(directory);
        for (const { name } of files) {
            const why = (0,local_names/* whyNoFile */.Ij)(name, directory, process.platform);
            if (why === undefined)
                possible.push(name);
            else
                problems.push({ code: 'unsafe-name', name, clause: `${(0,walk_findings/* showName */.$i)(name)} ${why}` });
        }
        problems.push(...(0,local_names/* conflicts */.em)(possible, folding, local.keys()));
        for (const name of possible) {
            const clause = inTheWay(name, here, local);
            if (clause !== undefined)
                problems.push({ code: 'in-the-way', name, clause });
        }
        const error = (0,local_names/* nameRefusal */.yn)(problems);
        if (error !== undefined)
            throw error;
    }
    /** Directories that nothing can be made in, in one line rather than one for each file. */
    async refuseUnwritable(here, plan) {
        const directory = this.#directory;
        const written = new Set();
        for (const { action, key } of stepsOf(plan)) {
            if (action === 'keep' || action === 'refresh')
                continue;
            let at = parentOf(key);
            while (at !== '' && !here.hasDirectory(at))
                at = parentOf(at);
            written.add(at);
        }
        const closed = [];
        await (0,model_concurrency/* forEachConcurrent */.C6)(written, DIRECTORIES_AT_ONCE, async (name) => {
            const path = (0,external_node_path_.join)(directory, name);
            await (0,promises_.access)(path, promises_.constants.W_OK | promises_.constants.X_OK).catch(({ code }) => {
                if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM')
                    closed.push(`${(0,walk_findings/* showName */.$i)(path)} (${code})`);
            });
        });
        if (closed.length === 0)
            return;
        const shown = (0,walk_findings/* listed */.KE)(closed.sort(object_key/* compareKeys */.YD).slice(0, walk_findings/* NAMES_SHOWN */.t6), closed.length);
        throw (0,errors/* refusal */.x5)('not-writable', `no files can be made in ${shown}: nothing was written; give this user permission to write there, or name another directory`);
    }
    /** Makes the directory itself, where it is not there yet. */
    async make() {
        const directory = this.#directory;
        await (0,replace_file/* makeDirectory */.Oh)(directory).catch((error) => {
            throw (0,errors/* refusal */.x5)('not-writable', `the directory ${(0,walk_findings/* showName */.$i)(directory)} cannot be made (${(0,system_error/* reasonOf */.A3)(error)}): nothing was written; make it, or name another one that this user may write to`);
        });
    }
    /** What a file system takes for one name it may show only when it is written to: that of a mount, or an empty one. */
    async refuseFolded(opened, files, local) {
        if (!(await opened.foldsCase((0,local_names/* temporaryName */.NT)())))
            return;
        const folding = { case: true, normalisation: process.platform === 'darwin' };
        const names = files.map(({ name }) => name);
        const error = (0,local_names/* nameRefusal */.yn)((0,local_names/* conflicts */.em)(names, folding, local.keys()));
        if (error !== undefined)
            throw error;
    }
    /** Takes away what an interrupted run left half done and this one does not go on with. */
    async clean(opened, partials, plan) {
        if (partials.length === 0)
            return;
        const met = new Set(partials);
        const wanted = new Set();
        /** Of what now comes from elsewhere on this disk: they would be fetched no more. */
        const needless = new Set();
        for (const step of stepsOf(plan)) {
            if (!('file' in step) || step.file.object === undefined)
                continue;
            const { name, object } = step.file;
            const partial = (0,local_names/* resumableName */.sh)(name, object);
            const at = name.slice(0, name.length - baseOf(name).length);
            if (step.action === 'download')
                wanted.add(at + partial).add(at + (0,local_names/* progressName */.v3)(partial));
            else
                needless.add(at + partial);
        }
        const now = this.#now();
        const removed = { files: 0, bytes: 0 };
        const left = { files: 0, bytes: 0 };
        for (const name of partials) {
            const part = name.replace(/\.done$/, '.part');
            const isProgress = part !== name;
            // What is written down of a file goes with it.
            if (wanted.has(name) || (isProgress && met.has(part)))
                continue;
            await opened
                .within(parentOf(name), false, async (at) => {
                const path = (0,external_node_path_.join)(at, baseOf(name));
                // Not its mtime, which may be the object's.
                const { ctimeMs, size } = await (0,promises_.lstat)(path);
                const hasEnded = needless.has(name)
                    ? await haveRunsEnded((0,local_names/* progressName */.v3)(path))
                    : (0,process_mark/* hasProcessEnded */.C)((0,local_names/* markOfPartial */.A4)(name) ?? '');
                const isNobodys = isProgress || (hasEnded ?? now - ctimeMs > ABANDONED_MS);
                if (isNobodys) {
                    await (0,promises_.rm)(path, { force: true });
                    await (0,promises_.rm)((0,local_names/* progressName */.v3)(path), { force: true });
                }
                if (isProgress)
                    return;
                const count = isNobodys ? removed : left;
                count.files++;
                count.bytes += size;
            })
                .catch(() => undefined);
        }
        if (removed.files > 0)
            this.#frame.notice(`${unfinished(removed)} of interrupted downloads removed`);
        if (left.files > 0) {
            this.#frame.notice(`${unfinished(left)} of other downloads, which may still go on, left in ${this.#directory}: a download removes them once their run has ended, or a day after they were last written to`);
        }
    }
}
function unfinished({ files, bytes }) {
    return `${files} unfinished ${files === 1 ? 'file' : 'files'} (${Math.ceil(bytes / 1024 ** 2)} MiB)`;
}
async function isDirectory(path) {
    try {
        if ((await (0,promises_.stat)(path)).isDirectory())
            return true;
    }
    catch (error) {
        const { code } = error;
        if (code === 'ENOENT') {
            // A link that leads nowhere stands there all the same.
            if ((await (0,promises_.lstat)(path).catch(() => undefined)) === undefined)
                return false;
        }
        else if (code !== 'ENOTDIR')
            throw (0,errors/* refusal */.x5)('unreadable', `${path} cannot be looked at (${code})`);
    }
    throw (0,errors/* usageError */.Wp)(`${path} was given as the directory to download to, and it is no directory: name another one`);
}
/** Whether a directory is the root or somebody's home, or above it; a link is what it leads to. */
async function isRootOrHome(path) {
    const real = (at) => (0,promises_.realpath)(at).catch(() => at);
    const directory = await real(path);
    const homes = await Promise.all((0,home_directory/* homeDirectories */.v)().map(real));
    return directory === (0,external_node_path_.parse)(directory).root || homes.some((home) => (0,is_inside/* isInside */.F)(home, directory));
}
/** Whether the file system takes two spellings for one name, as it shows by the directory itself. */
async function foldingOf(directory) {
    // Linux has file systems that fold, macOS and Windows such that do not; the name of the directory tells where it can.
    const name = baseOf(directory.replaceAll('\\', '/'));
    const swapped = name === name.toLowerCase() ? name.toUpperCase() : name.toLowerCase();
    const isMac = process.platform === 'darwin';
    if (swapped === name)
        return { case: process.platform === 'win32' || isMac, normalisation: isMac };
    const [one, other] = await Promise.all([name, swapped].map((spelled) => (0,promises_.lstat)((0,external_node_path_.join)(directory, '..', spelled), { bigint: true }).catch(() => undefined)));
    if (one === undefined)
        return { case: process.platform === 'win32' || isMac, normalisation: isMac };
    const id = ({ dev, ino }) => `${dev}:${ino}`;
    return { case: other !== undefined && id(other) === id(one), normalisation: isMac };
}
/** What of the target stands where a file or its directory is to be. */
function inTheWay(name, here, local) {
    if (here.skipped(name))
        return `${(0,walk_findings/* showName */.$i)(name)} is, or lies behind, a link or a special file there`;
    if (here.hasDirectory(name))
        return `${(0,walk_findings/* showName */.$i)(name)} is a directory there`;
    for (let slash = name.indexOf('/'); slash !== -1; slash = name.indexOf('/', slash + 1)) {
        const above = name.slice(0, slash);
        if (local.has(above))
            return `${(0,walk_findings/* showName */.$i)(name)} needs the directory ${(0,walk_findings/* showName */.$i)(above)}, which is a file there`;
    }
    return undefined;
}

;// CONCATENATED MODULE: ./build/src/sync/execute.js




/** DeleteObjects takes at most this many keys. */
const DELETE_BATCH = 1000;
/** Whose deploy failed wants to know what readers see. */
const NOTHING_CHANGED = 'nothing was changed: delay-updates changes nothing before everything is staged, and not everything was';
/** This destination has no uploads of one part, or no part copies: nothing can be staged there. */
class CannotStageError extends Error {
    name = 'CannotStageError';
}
/**
 * Runs the plan, rank by rank and phase by phase. Failures are outcomes; it rejects with `CannotStageError` alone,
 * before anything was published. After the first one
 * nothing more is started (D6, R13), and what was not is `skipped`, naming the key that failed. The outcomes
 * come back in the order of the plan.
 */
async function execute(plan, performer, options) {
    const { concurrency, emit, signal } = options;
    const outcomes = [];
    let phaseStart = 0;
    let failed;
    let isAsked = false;
    let withheld;
    let isMet = options.meet === undefined;
    let unmet;
    const meet = async () => {
        if (isMet || stopped())
            return;
        isMet = true;
        unmet = await options.meet?.();
    };
    const settle = (outcome, place) => {
        if (outcome.outcome === 'failed')
            failed ??= outcome;
        outcomes[place] = outcome;
        emit({ type: 'outcome', outcome });
    };
    const stopped = () => failed !== undefined || signal.aborted;
    /** What could not be staged and had to be. */
    const unstaged = new Map();
    const stage = async (phase) => {
        const one = async (step) => {
            if (stopped())
                return;
            const outcome = await performer.stage(step, phase.required);
            if (outcome === undefined)
                return;
            if (outcome.outcome === 'failed')
                failed ??= outcome;
            unstaged.set(step, outcome);
        };
        const first = phase.required ? probes(phase.steps) : new Set();
        for (const step of first)
            await one(step);
        const rest = phase.steps.filter((step) => !first.has(step));
        await (0,model_concurrency/* forEachConcurrent */.C6)(rest, concurrency, one);
    };
    for (const { name, phases } of plan.ranks) {
        const steps = phases.reduce((sum, phase) => sum + (phase.kind === 'publish' ? phase.steps.length : 0), 0);
        if (steps > 0 && !stopped())
            emit({ type: 'rank', name, steps });
        for (const phase of phases) {
            if (phase.kind === 'stage') {
                await stage(phase);
                if (phase.required && phaseStart === 0 && stopped())
                    emit({ type: 'message', level: 'warning', message: NOTHING_CHANGED });
                continue;
            }
            await meet();
            const isDeleting = phase.steps[0]?.action === 'delete';
            if (isDeleting && !isAsked && !stopped() && unmet === undefined) {
                isAsked = true;
                withheld = await performer.beforeDeletes();
            }
            const reason = unmet ?? (isDeleting ? withheld : undefined);
            const batches = batchesOf(phase.steps);
            const from = phaseStart;
            await (0,model_concurrency/* forEachConcurrent */.C6)(batches, concurrency, async ({ work, offset }) => {
                const steps = isDeletes(work) ? work : [work];
                let results;
                await options.awake?.();
                if (reason !== undefined)
                    results = steps.map((step) => notDone(step, reason));
                else if (stopped())
                    results = steps.map((step) => unstaged.get(step) ?? skipped(step, failed));
                else if (isDeletes(work))
                    results = await performer.delete(work);
                else if (work.action === 'keep')
                    results = [kept(work)];
                else
                    results = [await performer.write(work)];
                for (const [i, outcome] of results.entries())
                    settle(outcome, from + offset + i);
            });
            phaseStart += phase.steps.length;
        }
    }
    await meet();
    return outcomes;
}
/** What readers see the effect of at once, and the question whether one of these was done whose answer was lost. */
const VISIBLE = new Set([
    'PutObject',
    'CopyObject',
    'CompleteMultipartUpload',
    'DeleteObject',
    'DeleteObjects',
    'HeadObject',
]);
/** After which it is not known whether S3 did what it was asked for. A gateway may say 503 after it took effect. */
const UNANSWERED = new Set(['aborted', 'network', 'server', 'throttled']);
function isInDoubt(error) {
    return error instanceof object_store/* StoreError */.AD && VISIBLE.has(error.operation) && UNANSWERED.has(error.kind);
}
/** Whether readers may see something else since a step, though nobody knows that it was done. */
function mayBeDone({ outcome, inDoubt }) {
    return outcome === 'failed' || inDoubt === true;
}
/** What became of a step that met an error; of a run that was stopped, that it was. */
function failedOutcome(step, error, ms, signal, exits) {
    if (signal.aborted) {
        const inDoubt = isInDoubt(error);
        const doubt = inDoubt ? ' while S3 was asked for this, which may be done all the same' : '';
        const stopped = { code: 'cancelled', message: `interrupted: the run was stopped${doubt}` };
        const told = { error: stopped, ...(inDoubt ? { inDoubt } : {}) };
        return { step, outcome: 'skipped', action: step.action, sentBytes: 0, ...told, ms };
    }
    const { code, exit, message } = explain(error, step.key);
    exits.add(exit === errors/* EXIT */.dc.refused ? errors/* EXIT */.dc.failed : exit);
    return { step, outcome: 'failed', action: step.action, sentBytes: 0, error: { code, message }, ms };
}
/** The first of each kind, alone: they show whether this destination can stage at all. */
function probes(steps) {
    const firsts = ['copy', 'upload'].map((action) => steps.find((step) => step.action === action));
    return new Set(firsts.filter((step) => step !== undefined));
}
function isDeletes(work) {
    return Array.isArray(work);
}
/** A phase has deletes alone, or none. */
function* batchesOf(phase) {
    if (phase[0]?.action === 'delete') {
        for (let offset = 0; offset < phase.length; offset += DELETE_BATCH) {
            yield { work: phase.slice(offset, offset + DELETE_BATCH), offset };
        }
        return;
    }
    for (const [offset, step] of phase.entries())
        yield { work: step, offset };
}
function skipped(step, failed) {
    const error = failed === undefined
        ? { code: 'cancelled', message: 'not started: the run was stopped' }
        : {
            code: failed.error?.code ?? 'internal',
            message: `not started: ${failed.step.key} failed before it`,
        };
    return notDone(step, error);
}
function notDone(step, error) {
    return { step, outcome: 'skipped', action: step.action, sentBytes: 0, error, ms: 0 };
}
function kept(step) {
    return { step, outcome: 'done', action: 'keep', sentBytes: 0, ms: 0 };
}
/** What `dry-run` runs instead: the same plan, each step `planned`. */
const dryRunPerformer = {
    stage: async () => undefined,
    beforeDeletes: async () => undefined,
    write: async (step) => planned(step),
    delete: async (steps) => steps.map(planned),
};
function planned(step) {
    return { step, outcome: 'planned', action: step.action, sentBytes: 0, ms: 0 };
}

// EXTERNAL MODULE: ./build/src/disk/file-calls.js
var file_calls = __webpack_require__(8781);
// EXTERNAL MODULE: ./build/src/sync/body-arena.js
var body_arena = __webpack_require__(2411);
;// CONCATENATED MODULE: ./build/src/sync/gathered-digests.js
/** Digested beside each other they take a quarter of the time. */
const WORTH_IT = 8;
/**
 * Digests of files that are being made: each waits for others, as several beside each other cost little more than one.
 * Nothing waits for what does not come.
 */
class GatheredDigests {
    #pool;
    #bytesDue;
    #held = [];
    /** Files in the making that will be asked for, or that nobody will ask for any more. */
    #coming = 0;
    /** @param bytesDue of all files that may be made, as far as it is known */
    constructor(pool, bytesDue) {
        this.#pool = pool;
        this.#bytesDue = bytesDue;
    }
    /** Makes a file, and of it the digests that it asks for. */
    async making(work) {
        this.#coming++;
        try {
            return await work((job) => this.#digest(job));
        }
        finally {
            this.#coming--;
            this.#go();
        }
    }
    #digest(job) {
        return new Promise((resolve) => {
            this.#held.push({ job, resolve });
            this.#go();
        });
    }
    #go() {
        if (this.#held.length === 0 || (this.#held.length < WORTH_IT && this.#held.length < this.#coming))
            return;
        const held = this.#held.splice(0);
        // Their files come to an end with them.
        const digests = this.#pool.digestTogether(held.map(({ job }) => job), this.#bytesDue);
        for (const [i, { resolve }] of held.entries())
            resolve(digests[i]);
    }
}

;// CONCATENATED MODULE: ./build/src/sync/verify.js







/** HEADs in flight about one object. */
const PARTS_ASKED_AT_ONCE = 8;
/** Judges bodies by what vouches for them: the ETag, else the object's own metadata. */
class Verifier {
    #store;
    #signal;
    #unverified = 0;
    constructor(store, signal) {
        this.#store = store;
        this.#signal = signal;
    }
    /** Objects of which S3 says no digest: their size and the connection alone speak for them. */
    get unverified() {
        return this.#unverified;
    }
    /** Answers the MD5. Rejects with WrongContentError. */
    async verify(object, head, evidence) {
        const { etag, size } = object;
        if (evidence.size !== size)
            throw new WrongContentError(`${evidence.size} bytes arrived in place of ${size}`);
        const kind = (0,model_digest/* classifyETag */.Q)(etag);
        const proves = (0,object_store/* etagsProve */.PF)(head.encryption);
        const layouts = candidateLayouts(object, head);
        const said = (0,model_headers/* metadataMd5 */.SG)(head.metadata);
        const { md5, etags } = await evidence.digest(isJudgedWhole(object, head) ? [] : layouts);
        if (kind.kind === 'md5' && proves) {
            if (kind.md5 !== md5)
                throw wrong('its ETag');
            return md5;
        }
        if (said === md5 || etags.some((found) => composite(found) === etag))
            return md5;
        if (kind.kind === 'multipart' && proves) {
            // Digests of the usual layouts were asked for already where the object does not say its MD5.
            const made = await this.#madeBy(object, kind.parts, said === undefined ? [] : layouts, evidence.digest);
            if (made === 'other')
                throw wrong('its ETag');
            if (made !== undefined)
                return made;
        }
        if (said !== undefined)
            throw wrong('its metadata');
        if (evidence.resumed === true)
            throw new WrongContentError('nothing says of what an earlier run fetched that it is right');
        this.#unverified++;
        return md5;
    }
    /** Whether bytes make the multipart ETag of an object that nothing encrypts. */
    async makes(object, digest) {
        const kind = (0,model_digest/* classifyETag */.Q)(object.etag);
        if (kind.kind !== 'multipart')
            return false;
        const made = await this.#madeBy(object, kind.parts, usualLayouts(object, kind.parts), digest);
        return made !== undefined && made !== 'other';
    }
    /**
     * The MD5 of the very bytes that make a multipart ETag, by the usual layouts and by what S3 says of its parts. `other`: under
     * the layout that S3 says of each they do not; `undefined`: they may, under one that nobody knows.
     */
    async #madeBy(object, parts, usual, digest) {
        const madeBy = async (...some) => {
            if (some.length === 0)
                return undefined;
            const { md5, etags } = await digest(some);
            return etags.some((found) => composite(found) === object.etag) ? md5 : undefined;
        };
        const proved = await madeBy(...usual);
        if (proved !== undefined)
            return proved;
        const even = await layoutByFirstPart(this.#store, object, this.#signal);
        const byEven = even !== undefined && (0,digest_index/* layoutParts */.db)(even) === parts ? await madeBy(even) : undefined;
        if (even === undefined || byEven !== undefined)
            return byEven;
        // Parts need not be of one size: what puts objects together from others makes such.
        const layout = await layoutByEachPart(this.#store, object, parts, this.#signal);
        return layout === undefined ? undefined : ((await madeBy(layout)) ?? 'other');
    }
}
/**
 * The layout of a multipart object whose parts are all as large as the first one, by one HEAD; it need not have as many
 * parts as the object. `undefined`: S3 does not say.
 */
async function layoutByFirstPart(store, { key, etag, size }, signal) {
    const partSize = await store.partSize(key, etag, 1, signal);
    return partSize === undefined || partSize <= 0 ? undefined : (0,digest_index/* uniformLayout */.Ng)(size, partSize);
}
/** The layout of a multipart object as S3 says of each part; `undefined`: it does not, or not so that they make the object. */
async function layoutByEachPart(store, { key, etag, size }, parts, signal) {
    const sizes = [];
    let isUnsaid = false;
    const numbers = Array.from({ length: parts }, (_, i) => i);
    await (0,model_concurrency/* forEachConcurrent */.C6)(numbers, PARTS_ASKED_AT_ONCE, async (i) => {
        if (isUnsaid)
            return;
        const said = (await store.partSize(key, etag, i + 1, signal)) ?? 0;
        if (said <= 0)
            isUnsaid = true;
        sizes[i] = said;
    });
    if (isUnsaid)
        return undefined;
    const runs = [];
    for (const partSize of sizes) {
        const last = runs.at(-1);
        if (last?.size === partSize)
            last.count++;
        else
            runs.push({ count: 1, size: partSize });
    }
    return (0,digest_index/* layoutSize */.ev)(runs) === size ? runs : undefined;
}
/** What a multipart ETag is mostly made by. */
function candidateLayouts(object, { encryption }) {
    const kind = (0,model_digest/* classifyETag */.Q)(object.etag);
    return kind.kind === 'multipart' && (0,object_store/* etagsProve */.PF)(encryption) ? usualLayouts(object, kind.parts) : [];
}
function usualLayouts({ size }, parts) {
    return (0,part_sizes/* candidatePartSizes */.xF)(size, parts).map((partSize) => (0,digest_index/* uniformLayout */.Ng)(size, partSize));
}
/**
 * Whether the MD5 of the whole is asked for first and alone: where an object says it, digests of its parts are needed
 * only when it is another one.
 */
function isJudgedWhole(object, head) {
    return (0,model_headers/* metadataMd5 */.SG)(head.metadata) !== undefined || candidateLayouts(object, head).length === 0;
}
function composite(found) {
    return typeof found === 'string' ? found : (0,model_digest/* multipartETag */.Eq)(found);
}
function wrong(voucher) {
    return new WrongContentError(`the bytes that arrived are not those that ${voucher} names`);
}

;// CONCATENATED MODULE: ./build/src/sync/fetch.js























/** Bodies held in memory at a time, over all requests. Bytes. */
const BODY_BYTES = 40 * 1024 * 1024;
/** Ranges of one object in flight: as many as there is room for. */
const RANGES_IN_FLIGHT = 5;
/** What one request fetches of a large object. Bytes. */
const RANGE = 8 * 1024 * 1024;
/** A body of this size is digested beside others, from its file: a message to a thread for each would cost as much. Bytes. */
const WORTH_GATHERING = 1024 * 1024;
/** A file of this size, or that is half of all, is digested while it is written: at the end it would be waited for. Bytes. */
const WORTH_GROWING = 64 * 1024 * 1024;
/** At a file that another run has just named: a third one may give the name to its own. */
const LOOKS = 3;
/** Permission bits that an object may set; it may make nothing run as somebody else. */
const MODE_BITS = 0o777;
/** Those that it may not. */
const SPECIAL_BITS = 0o7000;
/**
 * Makes files of objects. Each is made under a temporary name in its own directory, proved, and renamed: a reader sees
 * the old file or the new one, and what is hard-linked is never written through (R3). A file that is replaced must
 * still be the one that was met.
 */
class Fetch {
    #options;
    #bodies = new body_arena/* BodyArena */.a(BODY_BYTES, true);
    #files = new file_calls/* FileCalls */.MF();
    #verifier;
    #digests;
    #staged = new Map();
    #placed = new Map();
    /** Whether files that others are made from look encoded, by whether this run made them, and by name. */
    #encoded = new Map();
    /** Modes that new files get, by the name of their directory. */
    #modes = new Map();
    /** Files that were met or made, where something was found under a name that was free. */
    #byInode;
    /** Files of this run, as they are now, for the index. */
    published = new Map();
    /** What was learned of the objects that were fetched, for the index. */
    fetched = new Map();
    /** Exit statuses of the failures met. */
    exits = new Set();
    constructor(options) {
        this.#options = options;
        this.#verifier = new Verifier(options.store, options.requests);
        this.#digests = new GatheredDigests(options.pool, options.bytesDue);
    }
    /** Objects of which nothing but their size could be checked. */
    get unverified() {
        return this.#verifier.unverified;
    }
    async stage(step, required) {
        const started = performance.now();
        try {
            this.#staged.set(step.key, await this.#make(fileStep(step)));
            return undefined;
        }
        catch (error) {
            if (required)
                return this.#failed(step, error, performance.now() - started);
            // It is made in its place.
            const { message } = explain(asFailure(error, step.key, keyOf(step)), `${step.key} is not staged`);
            this.#options.emit({ type: 'message', level: 'debug', message });
            return undefined;
        }
    }
    async write(step) {
        const started = performance.now();
        try {
            if (step.action === 'refresh') {
                await this.#refresh(step);
                return this.#done(step, 'refresh', performance.now() - started);
            }
            const wanted = fileStep(step);
            const made = this.#staged.get(step.key) ?? (await this.#make(wanted));
            this.#staged.delete(step.key);
            await this.#place(made, step.condition, step.key);
            return this.#done(step, made.action, performance.now() - started);
        }
        catch (error) {
            return this.#failed(step, error, performance.now() - started);
        }
    }
    async beforeDeletes() {
        return this.#options.mayDelete();
    }
    async delete(steps) {
        const outcomes = [];
        const emptied = new Set();
        for (const step of steps) {
            const started = performance.now();
            try {
                this.#options.signal.throwIfAborted();
                await this.#delete(step);
                emptied.add(parentOf(step.key));
                outcomes.push(this.#done(step, 'delete', performance.now() - started));
            }
            catch (error) {
                outcomes.push(this.#failed(step, error, performance.now() - started));
            }
        }
        for (const name of emptied)
            await this.#options.directory.removeEmpty(name);
        return outcomes;
    }
    /** An object's bytes as they are stored, proved, under a temporary name of the target. */
    async spool(file) {
        return this.#fetch(file);
    }
    /** Takes away what was made and not placed; a large object, whole or half there, stays for the next run. */
    async close() {
        for (const made of this.#staged.values()) {
            if ((0,local_names/* markOfPartial */.A4)(made.temporary) !== undefined)
                await this.#discard(made.name, made.temporary);
        }
        this.#staged.clear();
    }
    #done(step, action, ms) {
        return { step, outcome: 'done', action, sentBytes: 0, ms };
    }
    #failed(step, error, ms) {
        const failure = asFailure(error, step.key, keyOf(step));
        return failedOutcome(step, failure, ms, this.#options.signal, this.exits);
    }
    async #make(step) {
        this.#options.signal.throwIfAborted();
        if (step.action !== 'download') {
            const made = await this.#makeAgain(step);
            if (made !== undefined)
                return made;
        }
        return this.#fetch(step.file);
    }
    /** From a file that is here; `undefined`: it is not what was planned, and the object is fetched. */
    async #makeAgain(step) {
        const { target, preserve } = this.#options;
        const object = (0,model_objects/* objectOf */.Xy)(step.file);
        const isAsked = preserve || (!target.asStored && (await this.#mayBeEncoded(step)));
        const head = isAsked ? await this.#head(object) : undefined;
        const form = this.#formOf(head);
        const source = this.#sourceOf(step, form);
        if (source === undefined || !(await this.#isProved(object, source.file)))
            return undefined;
        const attributes = this.#attributesOf(head);
        const temporary = (0,local_names/* temporaryName */.NT)();
        const { name } = step.file;
        const action = await this.#duplicate(source.file, name, temporary, step.action, attributes).catch(unlessForbidden);
        return action === undefined ? undefined : { action, name, temporary, md5: source.md5, form };
    }
    /** Whether an object may say that it encodes something: bytes that do not begin as encoded ones do encode nothing. */
    #mayBeEncoded({ file, source: { kind, key } }) {
        const placed = this.#placed.get(key);
        const [met, form] = kind === 'published' ? [placed?.file, placed?.form] : [this.#options.local.get(key), formOf(file)];
        // Of a file that was decoded the stored bytes are not here.
        if (met === undefined || form !== undefined)
            return true;
        const id = `${kind} ${met.name}`;
        const asked = this.#encoded.get(id) ?? looksEncoded(met.path).catch(() => true);
        this.#encoded.set(id, asked);
        return asked;
    }
    #sourceOf(step, form) {
        if (step.source.kind === 'published') {
            const placed = this.#placed.get(step.source.key);
            // The same stored bytes are two contents when one object says that it encodes something.
            if (placed === undefined || !sameForm(placed.form, form))
                return undefined;
            // What the object of the other name was said to have it may not have had.
            return form !== undefined || step.md5 === undefined || step.md5 === placed.md5 ? placed : undefined;
        }
        const file = this.#options.local.get(step.source.key);
        // What is here is the content itself: an object that turns out to encode it has another one.
        if (file === undefined || step.md5 === undefined || !sameForm(formOf(step.file), form))
            return undefined;
        return { file, md5: step.md5 };
    }
    /** Whether a file has an object's bytes: what only the object's metadata says of them must be proved by its ETag. */
    async #isProved(object, file) {
        if (!this.#options.claimed.has(object.key))
            return true;
        try {
            return await this.#verifier.makes(object, (layouts) => this.#options.pool.digest({ file, layouts }, file.size));
        }
        catch (error) {
            if (error instanceof FileChangedError)
                return false;
            return (0,file_calls/* unlessAbsent */.QY)(error) ?? false;
        }
    }
    /** `undefined`: the file is not, or no longer, the one that was met. */
    async #duplicate(source, name, temporary, how, attributes) {
        let made;
        try {
            made = await this.#duplicateOnce(source, name, temporary, how, attributes);
            return made;
        }
        catch (error) {
            // It vanished, or a link leads to it now; the target's own directory will say so again.
            if (error instanceof InTheWayError)
                return undefined;
            return (0,file_calls/* unlessAbsent */.QY)(error);
        }
        finally {
            if (made === undefined)
                await this.#discard(name, temporary);
        }
    }
    async #duplicateOnce(source, name, temporary, how, attributes) {
        const { directory, target } = this.#options;
        return directory.within(parentOf(source.name), false, (from) => directory.within(parentOf(name), true, async (to) => {
            const path = (0,external_node_path_.join)(from, baseOf(source.name));
            const there = (0,external_node_path_.join)(to, temporary);
            const before = await (0,promises_.lstat)(path, { bigint: true });
            if (!sameFile(source, before))
                return undefined;
            // Its own attributes, not those of its twin (R3).
            const own = { ...attributes, mode: attributes?.mode ?? (await this.#modeIn(parentOf(name), to)) };
            const met = (0,lstat/* statFields */.q)(before);
            // Nor does a further name run as somebody else.
            const isAlike = agrees(met, own) && (met.mode & SPECIAL_BITS) === 0;
            const isLink = how === 'link' && isAlike && (await this.#linked(path, there));
            const clone = target.duplicates === 'copy' ? 0 : promises_.constants.COPYFILE_FICLONE;
            if (!isLink)
                await (0,promises_.copyFile)(path, there, promises_.constants.COPYFILE_EXCL | clone);
            if (!sameFile(source, await (0,promises_.lstat)(isLink ? there : path, { bigint: true })))
                return undefined;
            if (isLink)
                return 'link';
            await giveAttributes(there, own);
            return 'copy';
        }));
    }
    /** What a new file gets in a directory: the umask is not asked where that has a default ACL, or knows one mode alone. */
    async #modeIn(name, at) {
        const known = this.#modes.get(name);
        if (known !== undefined)
            return known;
        const path = (0,external_node_path_.join)(at, (0,local_names/* temporaryName */.NT)());
        const handle = await (0,promises_.open)(path, 'wx');
        try {
            const mode = (await handle.stat()).mode & MODE_BITS;
            this.#modes.set(name, mode);
            return mode;
        }
        finally {
            await handle.close();
            await (0,promises_.unlink)(path);
        }
    }
    async #fetch(file) {
        const object = (0,model_objects/* objectOf */.Xy)(file);
        try {
            return await this.#fetchOnce(file, object);
        }
        catch (error) {
            // A body that is not what was said may have been damaged on its way, or what it was gone on with. That may be another
            // run's too, which wrote to it, or gave it its name.
            if (!(error instanceof WrongContentError || error instanceof FileChangedError))
                throw error;
            return this.#fetchOnce(file, object, true);
        }
    }
    /** @param apart from what other runs may go on with */
    async #fetchOnce(file, object, apart = false) {
        if (object.size >= WORTH_GATHERING) {
            return this.#digests.making((digest) => (0,part_sizes/* isLarge */.sV)(object.size)
                ? this.#fetchLarge(file, object, digest, apart)
                : this.#fetchMedium(file, object, digest));
        }
        if (object.size === 0) {
            const head = this.#options.preserve ? await this.#head(object) : undefined;
            return this.#keep(file, Buffer.alloc(0), model_digest/* EMPTY_MD5 */.lQ, head);
        }
        const work = async (room) => {
            this.#options.signal.throwIfAborted();
            const { body, head } = await this.#read(object, { room });
            const md5 = await this.#options.pool.digestBytes(body, this.#options.bytesDue);
            await this.#verifier.verify(object, head, bytesEvidence(body, md5));
            this.fetched.set(object.key, { md5, form: (0,model_headers/* storedSource */.HK)(head, md5) });
            return this.#keep(file, body, md5, head);
        };
        return this.#bodies.with(object.size, work, { turn: turnOf(object) });
    }
    /** Written before it is proved: files are digested beside each other, and memory is free for the next body meanwhile. */
    async #fetchMedium(file, object, digestOf) {
        const { name } = file;
        const { directory, signal } = this.#options;
        const temporary = (0,local_names/* temporaryName */.NT)();
        const write = async (room) => {
            signal.throwIfAborted();
            const { body, head } = await this.#read(object, { room });
            await directory.within(parentOf(name), true, (at) => this.#files.create((0,external_node_path_.join)(at, temporary), body, {}));
            return head;
        };
        try {
            const head = await this.#bodies.with(object.size, write, { turn: turnOf(object) });
            return await directory.within(parentOf(name), false, async (at) => {
                const path = (0,external_node_path_.join)(at, temporary);
                const made = { ...file, ...(0,lstat/* statFields */.q)(await (0,promises_.lstat)(path, { bigint: true })), path, real: path };
                const evidence = {
                    size: made.size,
                    digest: (layouts) => digestOf({ file: made, layouts }),
                };
                const md5 = await this.#verifier.verify(object, head, evidence);
                this.fetched.set(object.key, { md5, form: (0,model_headers/* storedSource */.HK)(head, md5) });
                return this.#finish(file, path, temporary, md5, this.#formOf(head, md5), head);
            });
        }
        catch (error) {
            await this.#discard(name, temporary);
            throw error;
        }
    }
    /** A proved file, under a temporary name: decoded where it is to be, with its attributes. */
    async #finish(file, path, temporary, md5, form, head) {
        const attributes = this.#attributesOf(head);
        if (form !== undefined)
            return this.#decode(file, path, temporary, form, attributes);
        if (attributes !== undefined)
            await giveAttributes(path, attributes);
        return { action: 'download', name: file.name, temporary, md5, form };
    }
    async #read(object, wanted) {
        const { store, requests } = this.#options;
        const { head, bytes } = await store.getWhole(object, requests, wanted).catch(asWrongContent);
        if (head.etag !== object.etag)
            throw changed(object.key);
        this.#options.onReceived(bytes.length);
        return { body: bytes, head };
    }
    /** Puts a body, decoded where the object says that it is encoded, under a temporary name. */
    async #keep(file, body, md5, head) {
        const form = this.#formOf(head, md5);
        const temporary = (0,local_names/* temporaryName */.NT)();
        try {
            const traits = traitsOf(this.#attributesOf(head));
            await this.#options.directory.within(parentOf(file.name), true, async (directory) => {
                const path = (0,external_node_path_.join)(directory, temporary);
                if (form === undefined)
                    return this.#files.create(path, body, traits);
                const handle = await (0,promises_.open)(path, 'wx');
                try {
                    await decodeTo(handle, [body], form);
                    await (0,file_calls/* giveTraits */.N6)(handle, traits);
                }
                finally {
                    await handle.close();
                }
            });
        }
        catch (error) {
            await this.#discard(file.name, temporary);
            throw error;
        }
        return { action: 'download', name: file.name, temporary, md5: form?.md5 ?? md5, form };
    }
    /**
     * A large object comes in ranges, several at a time, into a file that the next run goes on with. It is bound to the
     * ETag, and proved as a whole at the end. Where another run is at it this one makes a file of its own.
     */
    async #fetchLarge(file, object, digestOf, apart) {
        const head = await this.#head(object);
        const { name } = file;
        const { pool, bytesDue } = this.#options;
        const common = (0,local_names/* resumableName */.sh)(name, object);
        /** Its name by now. */
        let temporary = common;
        let growing;
        try {
            return await this.#options.directory.within(parentOf(name), true, async (at) => {
                const isOthers = apart || (await isInUse((0,external_node_path_.join)(at, (0,local_names/* progressName */.v3)(common))));
                const partial = isOthers ? (0,local_names/* temporaryName */.NT)() : common;
                temporary = partial;
                const path = (0,external_node_path_.join)(at, partial);
                const grow = () => {
                    const isWorthIt = object.size >= Math.min(WORTH_GROWING, bytesDue / 2) && isJudgedWhole(object, head);
                    growing = isWorthIt ? pool.grow(path, bytesDue) : undefined;
                    return growing;
                };
                const progress = (0,external_node_path_.join)(at, (0,local_names/* progressName */.v3)(partial));
                const { resumed, made, isShared } = await this.#fetchRanges(path, progress, object, head, grow);
                const met = async () => {
                    const there = (0,external_node_path_.join)(at, temporary);
                    const stats = await (0,promises_.lstat)(there, { bigint: true }).catch(file_calls/* unlessAbsent */.QY);
                    // Another run is at the same object: it has taken what was written, or begun anew.
                    if (stats === undefined || !isSameInode(stats, made))
                        throw taken();
                    return { ...file, ...(0,lstat/* statFields */.q)(stats), path: there, real: there };
                };
                /** Out of the reach of other runs: each looks for the file under its name before it writes. */
                const take = async () => {
                    await met();
                    temporary = (0,local_names/* temporaryName */.NT)();
                    await (0,promises_.rename)(path, (0,external_node_path_.join)(at, temporary));
                    await (0,promises_.rm)(progress, { force: true });
                };
                const judge = async () => {
                    const whole = await met();
                    const isOwn = temporary === partial;
                    const evidence = {
                        size: object.size,
                        resumed,
                        digest: async (layouts) => {
                            const grown = isOwn && layouts.length === 0 ? await growing?.finish(whole) : undefined;
                            return grown === undefined ? digestOf({ file: whole, layouts }) : { md5: grown, etags: [] };
                        },
                    };
                    return this.#verifier.verify(object, head, evidence);
                };
                if (await isShared())
                    await take();
                let md5 = await judge();
                // What another run wrote there may have come after it was digested.
                if (temporary === partial && (await isShared())) {
                    await take();
                    md5 = await judge();
                }
                const there = (0,external_node_path_.join)(at, temporary);
                this.fetched.set(object.key, { md5, form: (0,model_headers/* storedSource */.HK)(head, md5) });
                const form = this.#formOf(head, md5);
                const result = await this.#finish(file, there, temporary, md5, form, head);
                return temporary === partial && form === undefined ? { ...result, ranged: true } : result;
            });
        }
        catch (error) {
            // Nothing of it is to be gone on with.
            if (error instanceof WrongContentError || (0,local_names/* markOfPartial */.A4)(temporary) !== undefined)
                await this.#discard(name, temporary);
            throw temporary === common && (0,system_error/* isGone */.ST)(error) ? taken() : error;
        }
        finally {
            growing?.end();
        }
    }
    /**
     * Answers whether ranges of an earlier run are among them, what file they were written to, and whether another run that
     * goes on with the same file can be seen by now: each says so before it writes.
     *
     * @param grow begins a digest of the file, where this run alone has made it
     */
    async #fetchRanges(path, progress, object, head, grow) {
        const { signal } = this.#options;
        const done = canBeProved(object, head) ? await doneRanges(path, progress, object.size) : undefined;
        if (done === undefined) {
            await (0,promises_.rm)(path, { force: true });
            await (0,promises_.rm)(progress, { force: true });
        }
        const { handle, isNew } = await openPartial(path, progress, done === undefined);
        try {
            await handle.truncate(object.size);
            const made = await handle.stat({ bigint: true });
            const ranges = [...(0,digest_index/* partsOf */.CI)((0,digest_index/* uniformLayout */.Ng)(object.size, RANGE))].map((range, i) => ({ ...range, i }));
            const due = ranges.filter(({ i }) => done?.has(i) !== true);
            const there = new Set(done);
            const growing = isNew ? grow() : undefined;
            let first = 0;
            const advance = () => {
                while (there.has(first))
                    first++;
                growing?.advance(Math.min(first * RANGE, object.size));
            };
            await (0,model_concurrency/* forEachConcurrent */.C6)(due, RANGES_IN_FLIGHT, ({ offset, size, i }) => {
                const work = async (room) => {
                    signal.throwIfAborted();
                    const range = { first: offset, last: offset + size - 1 };
                    const { body } = await this.#read(object, { range, room });
                    // Another run may have proved the file and given it its name: it is nobody's to write to from then on.
                    const now = await (0,promises_.lstat)(path, { bigint: true }).catch(file_calls/* unlessAbsent */.QY);
                    if (now === undefined || !isSameInode(now, made) || now.nlink !== 1n)
                        throw taken();
                    await writeAll(handle, body, offset);
                    there.add(i);
                    advance();
                    // Which ranges are there is written down after their bytes.
                    await addRange(progress, i);
                };
                return this.#bodies.with(size, work, { turn: turnOf(object) });
            });
            const isShared = async () => !isNew || (await linesOf(progress))?.length !== ranges.length + 1;
            return { resumed: due.length < ranges.length, made, isShared };
        }
        finally {
            await handle.close();
        }
    }
    async #decode(file, path, partial, form, attributes) {
        const { name } = file;
        const temporary = (0,local_names/* temporaryName */.NT)();
        try {
            await this.#options.directory.within(parentOf(name), true, async (directory) => {
                const stored = await (0,promises_.open)(path, promises_.constants.O_RDONLY | promises_.constants.O_NOFOLLOW);
                const handle = await (0,promises_.open)((0,external_node_path_.join)(directory, temporary), 'wx');
                try {
                    await decodeTo(handle, stored.createReadStream({ autoClose: false }), form);
                    await (0,file_calls/* giveTraits */.N6)(handle, traitsOf(attributes));
                }
                finally {
                    await handle.close();
                    await stored.close();
                }
            });
        }
        catch (error) {
            await this.#discard(name, temporary);
            throw error;
        }
        await this.#discard(name, partial);
        return { action: 'download', name, temporary, md5: form.md5, form };
    }
    /** Gives a file its name, where that is still free or still has what was met. */
    async #place({ name, temporary, md5, form, ranged }, condition, key) {
        const { directory, overwrite } = this.#options;
        try {
            const stats = await directory.within(parentOf(name), true, async (at) => {
                const from = (0,external_node_path_.join)(at, temporary);
                const to = (0,external_node_path_.join)(at, baseOf(name));
                const isFree = 'ifNoneMatch' in condition;
                // A link is made under a free name alone; where there are no links a rename must do.
                if (isFree && (await this.#linked(from, to))) {
                    await this.#files.unlink(from);
                }
                else {
                    const now = await this.#files.lstat(to);
                    if (now !== undefined && !now.isFile())
                        throw new InTheWayError(`${name} is no regular file`);
                    const other = isFree && now !== undefined ? await this.#otherNameOf(now, name, at) : undefined;
                    if (other !== undefined)
                        throw collision(name, other);
                    const isAsMet = isFree
                        ? now === undefined
                        : now !== undefined && tokenOf(now) === condition.ifMatch;
                    if (isAsMet || overwrite === 'always') {
                        await this.#files.rename(from, to);
                        // One file under both names keeps them: another run has linked the same twin.
                        if (!isAsMet)
                            await (0,promises_.rm)(from, { force: true });
                    }
                    // Another download of the same objects is done when it has made what this one would.
                    else if (await this.#holds(to, md5))
                        await this.#files.unlink(from);
                    else
                        throw foreign(name);
                }
                if (ranged === true)
                    await (0,promises_.rm)((0,external_node_path_.join)(at, (0,local_names/* progressName */.v3)(temporary)), { force: true });
                return this.#files.lstat(to);
            });
            // Something else took it away again.
            if (stats === undefined)
                throw foreign(name);
            this.#settle(key, name, stats, md5, form);
        }
        catch (error) {
            await this.#discard(name, temporary);
            throw error;
        }
    }
    /**
     * Whether what was found under a name has the content that is due there. Its ctime may change meanwhile, unlike when it is
     * digested elsewhere: the other run takes its temporary name away, or links further names to it.
     */
    async #holds(path, md5) {
        for (let attempt = 0; attempt < LOOKS; attempt++) {
            const before = await this.#files.lstat(path);
            if (before?.isFile() !== true)
                return false;
            try {
                const found = await md5At(path);
                const after = await this.#files.lstat(path);
                if (after !== undefined && tokenOf(after) === tokenOf(before))
                    return found === md5;
            }
            catch (error) {
                if (!(0,system_error/* isGone */.ST)(error))
                    unlessForbidden(error);
                return false;
            }
        }
        return false;
    }
    /** Whether a hard link could be made; a file system that has none, or no more of them, says so. */
    async #linked(from, to) {
        try {
            await this.#files.link(from, to);
            return true;
        }
        catch (error) {
            if (NO_LINK.has(error.code))
                return false;
            throw error;
        }
    }
    /** A file as this run leaves it: others may be made from it. */
    #settle(key, name, stats, md5, form) {
        const file = this.#fileOf(name, stats);
        this.#placed.set(key, { file, md5, form });
        this.#byInode?.set(inodeOf(file), file);
        this.published.set(name, { file, md5 });
    }
    /** Another name under which a file was met or made: what is found under `name` then shows that both are one there. */
    async #otherNameOf(found, name, at) {
        const { local } = this.#options;
        if (this.#byInode === undefined) {
            this.#byInode = new Map();
            for (const file of local.values())
                this.#byInode.set(inodeOf(file), file);
            for (const { file } of this.published.values())
                this.#byInode.set(inodeOf(file), file);
        }
        const other = this.#byInode.get(inodeOf(found));
        if (other === undefined || other.name === name)
            return undefined;
        // A file that was replaced meanwhile leaves its number to the next one.
        const now = await this.#files.lstat(other.path);
        if (now === undefined || inodeOf(now) !== inodeOf(found))
            return undefined;
        // Links to one file are two names of it, as another run makes them: each is listed as it is spelled.
        return found.nlink > 1n && (await (0,promises_.readdir)(at)).includes(baseOf(name)) ? undefined : other.name;
    }
    #fileOf(name, stats) {
        const path = (0,external_node_path_.join)(this.#options.target.directory, name);
        return { name, path, real: path, ...(0,lstat/* statFields */.q)(stats) };
    }
    /**
     * Mode and time of a file that has its bytes. One with further names gets a file of its own: they keep theirs. So does one
     * of another owner, to whom alone it may be done.
     */
    async #refresh({ file, key, md5, condition }) {
        const attributes = this.#attributesOf(await this.#head((0,model_objects/* objectOf */.Xy)(file)));
        const { name } = file;
        const form = formOf(file);
        const local = this.#options.local.get(key);
        const { stats, isDone } = await this.#options.directory.within(parentOf(name), false, async (at) => {
            const handle = await (0,promises_.open)((0,external_node_path_.join)(at, baseOf(name)), promises_.constants.O_RDONLY | promises_.constants.O_NOFOLLOW);
            try {
                const now = await handle.stat({ bigint: true });
                if (local === undefined || !sameFile(local, now))
                    throw foreign(name);
                // Those that it has now: this run may have linked to it.
                if (now.nlink > 1n)
                    return { stats: now, isDone: false };
                const isDone = await (0,file_calls/* giveTraits */.N6)(handle, traitsOf(attributes)).then(() => true, unlessForbidden);
                return { stats: await handle.stat({ bigint: true }), isDone };
            }
            finally {
                await handle.close();
            }
        });
        if (isDone === true)
            return this.#settle(key, name, stats, md5, form);
        const temporary = (0,local_names/* temporaryName */.NT)();
        const action = await this.#duplicate(this.#fileOf(name, stats), name, temporary, 'copy', attributes);
        if (action === undefined)
            throw foreign(name);
        return this.#place({ action, name, temporary, md5, form }, condition, key);
    }
    async #delete({ key, etag }) {
        await this.#options.directory
            .within(parentOf(key), false, async (at) => {
            const path = (0,external_node_path_.join)(at, baseOf(key));
            if (tokenOf(await (0,promises_.lstat)(path, { bigint: true })) !== etag)
                throw foreign(key);
            await (0,promises_.unlink)(path);
        })
            // Its directory may be gone with it.
            .catch(file_calls/* unlessAbsent */.QY);
    }
    async #head(object) {
        const { store, heads, requests } = this.#options;
        const head = heads.get(object.key) ?? (await store.head(object.key, requests));
        if (head === undefined || head.etag !== object.etag)
            throw changed(object.key);
        return head;
    }
    /** @param md5 of the stored bytes, where they were read */
    #formOf(head, md5) {
        return this.#options.target.asStored || head === undefined ? undefined : (0,model_headers/* storedSource */.HK)(head, md5);
    }
    #attributesOf(head) {
        return this.#options.preserve && head !== undefined ? (0,model_headers/* fileAttributes */.iR)(head.metadata) : undefined;
    }
    async #discard(name, temporary) {
        await this.#options.directory
            .within(parentOf(name), false, async (at) => {
            await (0,promises_.rm)((0,external_node_path_.join)(at, temporary), { force: true });
            await (0,promises_.rm)((0,external_node_path_.join)(at, (0,local_names/* progressName */.v3)(temporary)), { force: true });
        })
            .catch(() => undefined);
    }
}
/**
 * Small bodies need little room and no thread. Of others the largest first: those that are digested beside each other are
 * alike then, and what is waited for at the end is small.
 */
function turnOf({ size }) {
    return size < WORTH_GATHERING ? Number.NEGATIVE_INFINITY : -size;
}
/** What a file is told apart by: a link that is made of it changes its ctime, so that is no part of it. */
function tokenOf({ dev, ino, size, mtimeNs, }) {
    return `file:${dev}:${ino}:${size}:${mtimeNs}`;
}
function inodeOf({ dev, ino }) {
    return `${dev}:${ino}`;
}
function fileStep(step) {
    if (step.action === 'upload' || step.action === 'refresh')
        throw new Error(`${step.action} to a directory`);
    return step;
}
/** Of the object that a step is about, where it is about one. */
function keyOf(step) {
    return 'file' in step ? (step.file.object?.key ?? step.key) : step.key;
}
function formOf({ encoded }) {
    return encoded === undefined
        ? undefined
        : { md5: encoded.md5, size: encoded.source.size, encoding: encoded.encoding };
}
function sameForm(a, b) {
    return a?.md5 === b?.md5 && a?.size === b?.size && a?.encoding === b?.encoding;
}
function sameFile(file, now) {
    return now.isFile() && tokenOf(now) === tokenOf({ ...file, size: BigInt(file.size) });
}
/** Whether a file has what an object says of mode and time. */
function agrees(file, { mode, mtime }) {
    const sameMode = mode === undefined || (file.mode & MODE_BITS) === (mode & MODE_BITS);
    return sameMode && (mtime === undefined || secondsOf(file.mtimeNs) === BigInt(Math.floor(mtime)));
}
/** By another run that is at the same object. */
function taken() {
    return new FileChangedError('another run has taken it');
}
/** A disk that is nearly full takes a part of what it is given, and says so before it fails. */
async function writeAll(handle, body, offset) {
    for (let written = 0; written < body.length;) {
        const { bytesWritten } = await handle.write(body, written, body.length - written, offset + written);
        written += bytesWritten;
    }
}
/** Whole seconds, rounded down: before 1970 too, where a division of bigints rounds up. */
function secondsOf(ns) {
    return (ns - (ns < 0n ? 999999999n : 0n)) / 1000000000n;
}
function traitsOf(attributes) {
    const { mode, mtime } = attributes ?? {};
    return {
        ...(mode === undefined ? {} : { mode: mode & MODE_BITS }),
        // Of a number below zero Node makes the time that it is now, of a date it does not.
        ...(mtime === undefined ? {} : { time: mtime < 0 ? new Date(mtime * 1000) : mtime }),
    };
}
/** To a file that is there, through no link. */
async function giveAttributes(path, attributes) {
    // A copy of a file that is read-only is so too; its owner may give it what it is to have.
    const handle = await (0,promises_.open)(path, promises_.constants.O_RDONLY | promises_.constants.O_NOFOLLOW);
    try {
        await (0,file_calls/* giveTraits */.N6)(handle, traitsOf(attributes));
    }
    finally {
        await handle.close();
    }
}
/** What a file system answers that makes no link here, or nowhere. */
const NO_LINK = new Set([
    'EPERM',
    'EMLINK',
    'ENOTSUP',
    'EOPNOTSUPP',
    'ENOSYS',
    'EXDEV',
    'EEXIST',
]);
/** What is done otherwise where it may not be done so. Where nothing may be written at all, that will say so. */
function unlessForbidden(error) {
    if (!['EACCES', 'EPERM'].includes((0,system_error/* errorCode */.CA)(error) ?? ''))
        throw error;
}
function asWrongContent(error) {
    if (error instanceof object_store/* StoreError */.AD && error.code === 'TooLarge')
        throw new WrongContentError(error.message);
    throw error;
}
function bytesEvidence(body, md5) {
    return {
        size: body.length,
        digest: async (layouts) => ({
            md5,
            etags: layouts.map((layout) => [...(0,digest_index/* partsOf */.CI)(layout)].map(({ offset, size }) => (0,model_digest/* md5Of */.iF)(body.subarray(offset, offset + size)))),
        }),
    };
}
/**
 * Whether something can say of the whole that it is right. Where nothing can, nothing is gone on with: a range that was
 * written down and lost with the machine's power would stay a hole.
 */
function canBeProved({ etag }, { encryption, metadata }) {
    const byETag = (0,object_store/* etagsProve */.PF)(encryption) && (0,model_digest/* classifyETag */.Q)(etag).kind !== 'opaque';
    return byETag || (0,model_headers/* metadataMd5 */.SG)(metadata) !== undefined;
}

;// CONCATENATED MODULE: ./build/src/sync/files-back.js





/**
 * Why nothing may be deleted: the tree has files by now that it did not have when it was walked or listed, and what has their
 * names would go; or nobody knows.
 */
async function filesBack(looking) {
    const { frame, source } = looking;
    let back;
    try {
        back = await namesBack(looking);
    }
    catch (error) {
        const { code, exit, message } = explain(error, `${source ?? frame.url}: looking once more before the deletes`);
        frame.blame({ code, message }, exit);
        return { code, message: `withheld: ${message}` };
    }
    if (back[0] === undefined)
        return undefined;
    const shown = (0,walk_findings/* listed */.KE)(back.slice(0, walk_findings/* NAMES_SHOWN */.t6).map(walk_findings/* showName */.$i), back.length);
    const [tree, looked] = source === undefined ? ['the tree', 'walked'] : [`the source (${source})`, 'listed'];
    const told = `${tree} has files by now that were not there when it was ${looked} (${shown}), and their objects would have been deleted`;
    const message = `${frame.url}: ${told}; nothing was deleted: run again when nothing changes the tree`;
    frame.blame({ code: 'file-changed', message }, errors/* EXIT */.dc.failed);
    return { code: 'file-changed', message: `withheld: ${back[0]} is there again` };
}
/** Of files that appeared after the look, and whose objects are to be deleted. */
async function namesBack({ plan, prefix, isThere, atOnce }) {
    const absent = [...stepsOf(plan)].filter(({ action, reason }) => action === 'delete' && reason !== 'excluded');
    const back = [];
    await (0,model_concurrency/* forEachConcurrent */.C6)(absent, atOnce, async ({ key }) => {
        const name = key.slice(prefix.length);
        if (await isThere(name))
            back.push(name);
    });
    return back.sort();
}

;// CONCATENATED MODULE: ./build/src/sync/grace.js

/**
 * How the delete of an object stands. Another object under the key begins to wait anew.
 *
 * Deploys are counted from the one that put the delete off. The one that makes them enough deletes: a run that changes
 * nothing else does not end what readers of the last deploy may still need.
 *
 * @param isTrusted whether the index is believed that what waited long enough was judged when it began
 */
function graceStates(grace, index, now, isTrusted) {
    if (grace.kind === 'none')
        return () => 'due';
    return ({ key, etag }, isDeploy) => {
        const pending = waitOf(index, key, etag);
        if (index === undefined || pending === undefined)
            return 'begins';
        const isOver = grace.kind === 'deploys'
            ? index.deploys + (isDeploy ? 1 : 0) - pending.deploys > grace.deploys
            : now - pending.since >= grace.ms;
        if (!isOver)
            return 'waits';
        return isTrusted ? 'expired' : 'due';
    };
}
/**
 * What the index must remember of deletes that wait, and of those that have waited and were not done.
 *
 * @param deleted keys whose delete was confirmed
 */
function pendingDeletes({ waiting, plan }, deleted, index, now) {
    const pending = new Map();
    for (const step of index === undefined || index.pending.size === 0 ? [] : stepsOf(plan)) {
        if (step.action !== 'delete' || deleted.has(step.key))
            continue;
        const known = waitOf(index, step.key, step.etag);
        if (known !== undefined)
            pending.set(step.key, known);
    }
    for (const { key, etag } of waiting) {
        const begins = { etag, since: now, deploys: index?.deploys ?? 0 };
        pending.set(key, waitOf(index, key, etag) ?? begins);
    }
    return pending;
}
/** The waits of an index that this plan ends, as where a release has the file again. */
function* endedWaits(planned, index) {
    if (index === undefined || index.pending.size === 0)
        return;
    const goOn = pendingDeletes(planned, new Set(), index, 0);
    for (const wait of index.pending)
        if (goOn.get(wait[0]) !== wait[1])
            yield wait;
}
/** The waits of an index that did not end since. */
function lastingWaits(index) {
    return new Map([...index.pending].filter(([key]) => index.ended?.has(key) !== true));
}
/** The wait of this object; of another one under its key, or one that ended, nothing counts. */
function waitOf(index, key, etag) {
    const known = index?.ended?.has(key) === true ? undefined : index?.pending.get(key);
    return known?.etag === etag ? known : undefined;
}

// EXTERNAL MODULE: ./build/src/sync/unused-excludes.js
var unused_excludes = __webpack_require__(7819);
;// CONCATENATED MODULE: ./build/src/sync/guards.js








/** Deletions that the default limit always allows: a small site may lose half its pages in one deploy. */
const ALWAYS_ALLOWED = 20;
/** The default limit: a share of the listed keys that are not excluded. */
const DEFAULT_PERCENT = 25;
/**
 * Refuses before anything else is done: an empty tree, a pattern that met nothing under `delete-after`
 * (D1, D12). Returns warnings.
 *
 * @param places where files were looked for, as they were given
 */
function guardTree(tree, places, options, deletes) {
    if (tree.files.length === 0) {
        const missing = tree.missing.map((path) => path.endsWith(external_node_path_.sep) ? `directory ${(0,walk_findings/* showName */.$i)(path)}` : (0,walk_findings/* showName */.$i)(path));
        const where = missing.length === 0 ? '' : `, as there is no ${missing.join(', no ')}`;
        const message = `no files were found under ${places.join(', ')}${where}${butExcluded(tree)}`;
        if (options.ifNoFilesFound === 'error') {
            throw (0,errors/* refusal */.x5)('no-files-found', `${message}${literalPattern(tree.missing, places)}: nothing was written or deleted; check paths or source, and excludes, or set if-no-files-found to warn`);
        }
        return options.ifNoFilesFound === 'warn' ? [`${message}: nothing is written or deleted`] : [];
    }
    if (tree.patternsWithoutMatch.length === 0)
        return [];
    const patterns = tree.patternsWithoutMatch.join(', ');
    if (deletes.deleteAfter) {
        throw (0,errors/* refusal */.x5)('pattern-without-match', `delete-after is set and these paths matched no file: ${patterns}; what they should have published would be deleted. Check the build, or take the lines out`);
    }
    return [`these paths matched no file: ${patterns}`];
}
/** What `excludes` kept back where nothing was found, to end a message with. */
function butExcluded({ excludedBy = [] }) {
    const lines = excludedBy.map(unused_excludes/* shown */.SP);
    return lines.length === 0 ? '' : `, but for what is excluded by ${(0,walk_findings/* listed */.KE)(lines)}`;
}
/** What to write for a DIR that is a pattern, which only a quoted one can be. */
function literalPattern(missing, places) {
    const given = places.find((place) => /[*?]/.test(place) && missing.some((path) => path.endsWith(place.replace(/^(\.?[\\/])+/, ''))));
    if (given === undefined)
        return '';
    const directory = given.slice(0, given.search(/[^\\/]*[*?]/)) || '.';
    return ` (a DIR is no pattern: write ${(0,walk_findings/* showName */.$i)(directory)}, or --path ${(0,walk_findings/* showName */.$i)(given)})`;
}
/**
 * Refuses to copy between places that lie in one another where names and endpoints did not tell: an access point and its
 * bucket, two names of one host. The objects tell: one of them is found in both, with its content and its time. Deletes would
 * take the source itself, and what is copied would be copied again by the next run.
 */
function guardOverlap({ files }, source, listing, destination) {
    const { prefix } = destination;
    if (prefix === source.prefix || !(prefix.startsWith(source.prefix) || source.prefix.startsWith(prefix)))
        return;
    for (const { object } of files) {
        const there = object === undefined ? undefined : listing.get(object.key);
        if (object === undefined || there === undefined || !isSameObject(object, there))
            continue;
        throw (0,errors/* usageError */.Wp)(`${source.url} and ${(0,model_objects/* destinationUrl */.kL)(destination)} lie in one another: both have ${there.key}, the same and as old; nothing was written; copy between places that do not`);
    }
}
/**
 * Refuses deletes that would take what another destination of this run holds, where names and endpoints did not tell that
 * it lies in this one. Again the objects tell.
 *
 * @param inner what is listed of a destination whose prefix lies in this one's
 */
function guardInner({ plan }, listing, destination, inner) {
    for (const key of leavingKeys(plan)) {
        const object = listing.get(key);
        const there = inner.listing.get(key);
        if (object === undefined || there === undefined || !isSameObject(object, there))
            continue;
        const [here, within] = [destination, inner.destination].map(model_objects/* destinationUrl */.kL);
        throw (0,errors/* usageError */.Wp)(`mirrors: ${within} seems to lie in ${here}: both have ${key}, the same and as old, and delete-after would delete it; nothing was written; name places that do not lie in one another, or publish to them in runs of their own`);
    }
}
/** Whether a plan deletes anything below a prefix, now or later. */
function deletesBelow(plan, prefix) {
    for (const key of leavingKeys(plan))
        if (key.startsWith(prefix))
            return true;
    return false;
}
/**
 * Refuses deletes below a prefix that another run publishes to: our own objects there say so (D14), whether they stay or not.
 * Those that wait count too: with each deploy there its index begins to wait anew, while pages that did not change expire.
 *
 * @param keys what is listed
 */
function guardInnerRun({ plan, deletions }, keys, { prefix }, url) {
    if (deletions === 0)
        return;
    const directories = new Set();
    for (const key of keys) {
        const at = key.indexOf(`/${object_key/* OWN_DIRECTORY */.Nt}`, prefix.length);
        if (at !== -1)
            directories.add(key.slice(0, at));
    }
    if (directories.size === 0)
        return;
    for (const key of leavingKeys(plan)) {
        for (const directory of (0,object_key/* directoriesAbove */.jH)(key)) {
            if (!directories.has(directory))
                continue;
            const inner = `${directory}/`;
            throw (0,errors/* refusal */.x5)('unrelated-destination', `${url}: ${inner}${object_key/* OWN_DIRECTORY */.Nt} says that another run publishes to ${inner}, and delete-after would delete that: exclude it (${JSON.stringify(`/${inner.slice(prefix.length)}`)}), which protects it; only if nothing is published there any more, remove it`);
        }
    }
}
/** Whether two listings, maybe by two names of one bucket, show one object. */
function isSameObject(one, other) {
    return one.lastModified !== 0 && one.etag === other.etag && one.lastModified === other.lastModified;
}
/**
 * Refuses a source of which the server cannot spell some keys: what they are would be left out, and deleted where the others
 * are brought to.
 */
function guardSpelling({ unlisted }, prefix, { excluded }, url) {
    const names = [...unlisted].map((key) => key.slice(prefix.length)).filter((name) => !excluded(name));
    if (names.length === 0)
        return;
    throw (0,errors/* refusal */.x5)('unsafe-name', `${url} has keys whose characters its server cannot list (${(0,walk_findings/* listed */.KE)(names)}): nothing was written; rename them there, or exclude them`);
}
/** Names that a refusal shows. */
const SHOWN_NAMES = 3;
/** Files beside a directory of their name, which some servers cannot hold, as people read it; `undefined`: none. */
function nestedNames(tree) {
    const names = new Set();
    for (const name of (0,file_columns/* namesOf */.eZ)(tree.files))
        names.add(name);
    const parents = new Set();
    for (const name of names) {
        for (let slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
            const parent = name.slice(0, slash);
            if (names.has(parent))
                parents.add(parent);
        }
    }
    const [first] = parents;
    if (first === undefined)
        return undefined;
    const shown = [...parents].slice(0, SHOWN_NAMES).join(', ');
    const more = parents.size > SHOWN_NAMES ? ` and ${parents.size - SHOWN_NAMES} more` : '';
    return `${shown}${more} beside what lies below ${first}/`;
}
/**
 * Refuses keys that are another key's name there, or may be: its bytes would be overwritten, even outside of the prefix, and
 * deleted as absent from the tree. What is listed under such names shows that they are kept as they are spelled.
 */
function guardNames(names, prefix, listing, { provider, otherNames }) {
    if (otherNames === undefined)
        return;
    const kindsOf = (key) => Array.from(key.matchAll(otherNames), ([kind]) => kind);
    let kept;
    const isOther = (key) => {
        if (key.search(otherNames) === -1)
            return false;
        kept ??= new Set([...listing.keys()].flatMap(kindsOf));
        return !kindsOf(key).every((kind) => kept?.has(kind));
    };
    const may = `the server (${provider}) may take for the path of another object: nothing was`;
    if (isOther(prefix))
        throw (0,errors/* refusal */.x5)('unsafe-name', `the prefix ${(0,walk_findings/* showName */.$i)(prefix)} has an empty, \`.\` or \`..\` directory name, which ${may} written or deleted; write ${(0,walk_findings/* showName */.$i)(external_node_path_.posix.normalize(prefix))} if that is meant`);
    const others = [];
    for (const name of names)
        if (isOther(prefix + name))
            others.push(name);
    if (others.length === 0)
        return;
    const shown = (0,walk_findings/* listed */.KE)(others.slice(0, SHOWN_NAMES).map(walk_findings/* showName */.$i), others.length, SHOWN_NAMES);
    const what = others.length === 1 ? '1 name has' : `${others.length} names have`;
    throw (0,errors/* refusal */.x5)('unsafe-name', `${what} an empty, \`.\` or \`..\` directory name or a backslash, which ${may} written: ${shown}; rename or exclude them`);
}
/** Refuses bytes under names that end at a slash where they would be dropped without a word. */
function guardMarkers(files, { provider, markersHaveBytes }) {
    if (markersHaveBytes)
        return;
    const columns = (0,file_columns/* columnsOf */.PL)(files);
    const names = [];
    for (let place = 0; place < columns.length; place++)
        if (columns.sizeAt(place) > 0 && columns.nameAt(place).endsWith('/'))
            names.push(columns.nameAt(place));
    if (names.length === 0)
        return;
    throw (0,errors/* refusal */.x5)('unsafe-name', `${provider} keeps no bytes under a name that ends at a slash (${(0,walk_findings/* listed */.KE)(names.map(walk_findings/* showName */.$i), names.length, SHOWN_NAMES)}): nothing was written; rename or exclude them`);
}
function guardNesting(tree, provider) {
    const nested = nestedNames(tree);
    if (nested === undefined)
        return;
    throw (0,errors/* refusal */.x5)('key-collision', `${provider} keeps objects as files and cannot hold ${nested}: nothing was written; rename them, or leave them out (clean-urls and redirects-file make such names)`);
}
/**
 * Refuses to make a directory of a file or the other way round where a server cannot hold both until the deletes, which
 * come last.
 */
function guardBlocked(tree, listing, prefix, provider) {
    const created = new Set();
    for (const name of (0,file_columns/* namesOf */.eZ)(tree.files))
        if (!listing.has((prefix + name)))
            created.add(prefix + name);
    if (created.size === 0 || listing.size === 0)
        return;
    const blocked = [];
    for (const key of created)
        for (const above of (0,object_key/* directoriesAbove */.jH)(key))
            if (listing.has(above))
                blocked.push(`${above} is in the way of ${key}`);
    for (const key of listing.keys())
        for (const above of (0,object_key/* directoriesAbove */.jH)(key))
            if (created.has(above))
                blocked.push(`${key} is in the way of ${above}`);
    if (blocked.length === 0)
        return;
    throw (0,errors/* refusal */.x5)('in-the-way', `${provider} keeps objects as files: ${(0,walk_findings/* listed */.KE)(blocked)}, and deletes come last: nothing was written; delete what is in the way by hand first, in a versioned bucket with all its versions`);
}
/**
 * Refuses deletions that look like a mistake (D8, D11, D14). Judged before the first write.
 *
 * @param cause what decides on them
 */
function guardDeletions(planned, deletes, url, cause = 'the tree') {
    if (!deletes.deleteAfter)
        return;
    const { losses, firstLosses, deletions, listedUnexcluded, related } = planned;
    const { maxDelete } = deletes;
    const isTarget = cause === 'the source';
    const kind = isTarget ? 'file' : 'object';
    if (maxDelete.kind === 'default' && deletions > 0 && !related) {
        throw (0,errors/* refusal */.x5)('unrelated-destination', `${url} holds ${listedUnexcluded} ${kind}${listedUnexcluded === 1 ? '' : 's'} (${(0,walk_findings/* listed */.KE)(firstLosses, listedUnexcluded)}) and shares neither a ${isTarget ? 'name' : 'key'} nor a content with ${cause}, so delete-after would delete somebody else's files: check ${isTarget ? 'source and target' : 'bucket and prefix'}, or set max-delete to allow it`);
    }
    const limit = deletionLimit(maxDelete, listedUnexcluded);
    if (losses > limit) {
        throw new errors/* SyncError */.S0('too-many-deletions', errors/* EXIT */.dc.refused, `${losses} of ${listedUnexcluded} ${kind}s under ${url} would be deleted (${(0,walk_findings/* listed */.KE)(firstLosses, losses)}) and max-delete allows ${limit}: nothing was written; check ${cause}, or set max-delete: ${losses}`);
    }
}
/**
 * Refuses to move a whole destination by one directory: it was published with the root's own name before its keys, as s3cmd
 * and other roots have it, or without. Each content stays, so that none counts as lost, and each URL is gone.
 */
function guardMoved({ deletions, listedUnexcluded }, tree, listing, { deleteAfter, maxDelete }, { prefix }, url) {
    const limit = maxDelete.kind === 'default' ? 0 : deletionLimit(maxDelete, listedUnexcluded);
    if (!deleteAfter || deletions <= limit)
        return;
    // The marker of the prefix itself stays.
    if (deletions < listedUnexcluded - (listing.has(prefix) ? 1 : 0))
        return;
    const names = [];
    for (const key of listing.keys()) {
        const name = key.slice(prefix.length);
        if (name !== '' && !tree.excluded(name))
            names.push(name);
    }
    const files = new Set((0,file_columns/* namesOf */.eZ)(tree.files));
    const above = `${(0,external_node_path_.basename)(tree.root)}/`;
    const [first = ''] = files;
    const below = first.slice(0, first.indexOf('/') + 1);
    const isAbove = above !== '/' &&
        names.every((name) => name.startsWith(above)) &&
        names.some((name) => files.has(name.slice(above.length)));
    const isBelow = below !== '' &&
        names.some((name) => files.has(below + name)) &&
        [...files].every((name) => name.startsWith(below));
    if (!isAbove && !isBelow)
        return;
    const told = isAbove
        ? `they lie below ${above}, and the tree is the inside of ${(0,walk_findings/* showName */.$i)(tree.root)}: nothing was written; publish to ${url}${above} to go on there`
        : `the tree has its files below ${below}: nothing was written; publish the inside of ${(0,walk_findings/* showName */.$i)((0,external_node_path_.join)(tree.root, below))} to go on`;
    throw (0,errors/* refusal */.x5)('too-many-deletions', `all ${deletions} objects under ${url} would be deleted, as ${told}, or set max-delete: none to move them`);
}
function deletionLimit(maxDelete, listed) {
    switch (maxDelete.kind) {
        case 'default':
            return Math.max(ALWAYS_ALLOWED, Math.floor((listed * DEFAULT_PERCENT) / 100));
        case 'none':
            return Number.POSITIVE_INFINITY;
        case 'count':
            return maxDelete.count;
        case 'percent':
            return Math.floor((listed * maxDelete.percent) / 100);
    }
}

// EXTERNAL MODULE: external "node:util"
var external_node_util_ = __webpack_require__(7975);
;// CONCATENATED MODULE: ./build/src/model/md5-table.js



/** MD5s by name, as far as they are known: 17 bytes each where the names are kept elsewhere already. */
class Md5Table extends entries_map/* EntriesMap */.v {
    names;
    /** By the rows of the names. */
    md5s = new md5_column/* Md5Column */.B();
    #unknown = new Set();
    #size = 0;
    /** @param names that this table's are among */
    constructor(names = new name_table/* NameTable */.K3()) {
        super();
        this.names = names;
    }
    get size() {
        return this.#size;
    }
    set(name, md5) {
        const row = this.names.add(name);
        if (!this.hasRow(row))
            this.#size++;
        if (md5 === undefined) {
            this.md5s.clear(row);
            this.#unknown.add(row);
        }
        else {
            this.md5s.set(row, md5);
            this.#unknown.delete(row);
        }
    }
    /** As `set`, by the row of a name, with what a column has. */
    adopt(row, column, columnRow) {
        if (!this.hasRow(row))
            this.#size++;
        this.md5s.copy(row, column, columnRow);
        this.#unknown.delete(row);
    }
    get(name) {
        const row = this.names.find(name);
        return row === -1 ? undefined : this.md5s.at(row);
    }
    has(name) {
        const row = this.names.find(name);
        return row !== -1 && this.hasRow(row);
    }
    *entries() {
        for (let row = 0; row < this.names.size; row++)
            if (this.hasRow(row))
                yield [this.names.at(row), this.md5s.at(row)];
    }
    hasRow(row) {
        return this.md5s.has(row) || this.#unknown.has(row);
    }
}

// EXTERNAL MODULE: ./build/src/model/header-rules.js
var header_rules = __webpack_require__(700);
// EXTERNAL MODULE: ./build/src/model/inputs.js
var inputs = __webpack_require__(3574);
;// CONCATENATED MODULE: ./build/src/sync/header-states.js


const header_states_FIRST_ROWS = 1024;
/** By the number that stands for each; 0: there is none. */
const STATES = [undefined, 'same', 'changed', 'class'];
const SAME = STATES.indexOf('same');
/** What is known of the headers of objects: a byte each where their keys are kept elsewhere already. */
class HeaderStates extends entries_map/* EntriesMap */.v {
    #keys;
    #states = new Uint8Array(header_states_FIRST_ROWS);
    #size = 0;
    /** Keys without a state of which S3 is to be asked. */
    asked = new Set();
    /** Keys whose headers lack nothing but an ACL that is not asked for any more. */
    aclsLeft = new Set();
    /** @param keys that this table's are among */
    constructor(keys = new name_table/* NameTable */.K3()) {
        super();
        this.#keys = keys;
    }
    get size() {
        return this.#size;
    }
    set(key, state) {
        const row = this.#keys.add(key);
        if (row >= this.#states.length)
            this.#states = (0,name_table/* moved */.aW)(this.#states, new Uint8Array(Math.max(row + 1, this.#states.length * 2)));
        if (!this.#has(row))
            this.#size++;
        this.#states[row] = STATES.indexOf(state);
    }
    delete(key) {
        const row = this.#keys.find(key);
        if (!this.#has(row))
            return;
        this.#states[row] = 0;
        this.#size--;
    }
    get(key) {
        return STATES[this.#states[this.#keys.find(key)] ?? 0];
    }
    has(key) {
        return this.#has(this.#keys.find(key));
    }
    *entries() {
        for (const [row, state] of this.#states.entries())
            if (state !== 0)
                yield [this.#keys.at(row), STATES[state]];
    }
    /** Keys whose headers are not the same: few, and no other key is spelled. */
    *others() {
        for (const [row, state] of this.#states.entries())
            if (state > SAME)
                yield this.#keys.at(row);
    }
    #has(row) {
        return (this.#states[row] ?? 0) !== 0;
    }
}

;// CONCATENATED MODULE: ./build/src/sync/headers.js










/**
 * An object that is dated this much later than our write was answered is another writer's: of S3's clock we know whole
 * seconds, and its machines may be a little apart. Milliseconds.
 */
const DATED_MS = 2_000;
/** S3 takes no request that was signed longer ago, by however much clocks are apart. Milliseconds. */
const REQUEST_MS = 15 * 60_000;
/**
 * Whether an object of the same bytes was written again since the index last saw it, maybe with other headers. Where
 * no listing showed our own write yet, its time decides: one that is much older is a version before it, which is current
 * again, but of an object in parts, which is dated by its creation call. Lifecycle transitions leave Last-Modified alone.
 */
function isRewritten(entry, { lastModified }) {
    const { modified, written, parts, etag } = entry;
    if (lastModified === 0)
        return false;
    if (modified !== undefined)
        return lastModified !== modified;
    if (written === undefined)
        return false;
    const isOfParts = parts !== undefined || (0,model_digest/* classifyETag */.Q)(etag).kind === 'multipart';
    return lastModified > written + DATED_MS || (!isOfParts && lastModified < written - REQUEST_MS);
}
/** Whether an object may be one that a run wrote which began at `writing` and never said what it wrote. */
function mayBeOf(writing, { lastModified }) {
    if (writing === undefined)
        return false;
    return lastModified === 0 || lastModified >= writing - REQUEST_MS;
}
/**
 * Whether an object is not in the class that it is to have, and no lifecycle rule moved it: none moves anything back to the
 * standard one.
 */
function lacksClass(headers, { storageClass }, { storageClasses }) {
    return storageClasses && (0,model_headers/* classOf */.Kl)(headers) !== undefined && storageClass === 'STANDARD';
}
/**
 * What the index remembers of the headers of the files' objects, against what they should be now (C13). Objects
 * that others wrote, or that were written since, have no entry; nor have those that a run which was killed, or one
 * beside another, may have given other headers. But where the rules have changed, all of them are renewed like the
 * rest. Of what a run from another bucket decided, a publish of files asks S3, as its rules are all that an object is to
 * have; the other way round nothing is known.
 */
function headerStates(files, prefix, listing, index, policy, { store, asksAttributes }) {
    const states = new HeaderStates(listing instanceof Listing ? listing.names : undefined);
    if (index === undefined)
        return states;
    const hadAcl = aclFinder();
    for (const file of files) {
        const key = (prefix + file.name);
        const object = listing.get(key);
        const entry = index.objects.get(key);
        if (object === undefined || entry?.headers === undefined)
            continue;
        if (entry.etag !== object.etag || entry.size !== object.size)
            continue;
        const headers = policy.headersOf(file);
        const known = (0,model_headers/* parseHeaderState */.U4)(entry.headers);
        const isSameDigest = known.digest === (0,model_headers/* headerDigest */.Yr)(headers);
        // What one kind of run decided says nothing of what the other one is to leave there.
        if (known.isBrought && file.object === undefined) {
            states.asked.add(key);
            continue;
        }
        if (!known.isBrought && file.object !== undefined && !isSameDigest)
            continue;
        const isOtherClass = lacksClass(headers, object, store);
        const isAclLeft = !isSameDigest && hadAcl(known.digest, headers);
        if ((isSameDigest || isAclLeft) && isStatedBy(file, known, entry)) {
            const mayLack = asksAttributes && known.attributed !== 'all' && (0,model_headers/* isPreserved */.td)(file);
            const isUnknown = mayLack || isOtherClass || isRewritten(entry, object) || index.renewing.has(key);
            if (isUnknown)
                continue;
            states.set(key, 'same');
            if (isAclLeft)
                states.aclsLeft.add(key);
        }
        else
            states.set(key, isOtherClass || (0,model_headers/* classOf */.Kl)(headers) !== entry.class ? 'class' : 'changed');
    }
    return states;
}
/**
 * Whether metadata says what it is to say of what the object holds, as far as lines tell: that of a further name may be an
 * older version's, and one from another bucket brings its own along.
 */
function isStatedBy(file, known, { source }) {
    if (file.object !== undefined)
        return true;
    const wanted = file.encoded === undefined ? undefined : (0,model_headers/* formatSource */.j2)(file.encoded);
    return source === wanted && ((0,model_headers/* isFurtherName */.Q6)(file) || !known.isFurtherName);
}
/**
 * Says whether a digest is of these headers and an ACL. None is sent where none is asked for, so an object may keep its own: a
 * copy onto itself would change nothing but that. Many objects have few digests.
 */
function aclFinder() {
    const known = new Map();
    return (digest, headers) => {
        if (headers[header_rules/* ACL */.Nd] !== undefined)
            return false;
        const pair = `${digest} ${(0,model_headers/* headerDigest */.Yr)(headers)}`;
        const had = known.get(pair) ?? inputs/* CANNED_ACLS */.m2.some((acl) => (0,model_headers/* headerDigest */.Yr)({ ...headers, [header_rules/* ACL */.Nd]: acl }) === digest);
        known.set(pair, had);
        return had;
    };
}
/**
 * Keys of the plan's refreshes whose ACL a copy onto themselves would drop: S3 never takes an ACL along. Asked only
 * where there are refreshes and no `acl` to send. Where it cannot be told, the object is left alone too.
 */
async function whatWouldLoseAcls(plan, request) {
    const { store, policy, emit, signal } = request;
    const aclBound = new Set();
    const aclUnknown = new Set();
    const steps = [...stepsOf(plan)].filter((step) => step.action === 'refresh' && policy.headersOf(step.file)[header_rules/* ACL */.Nd] === undefined);
    let denied;
    await (0,model_concurrency/* forEachConcurrent */.C6)(steps, request.concurrency, async ({ key }) => {
        if (denied !== undefined) {
            aclUnknown.add(key);
            return;
        }
        try {
            if (await store.hasAcl(key, signal))
                aclBound.add(key);
        }
        catch (error) {
            if (!(error instanceof object_store/* StoreError */.AD) || error.kind !== 'denied')
                throw error;
            denied ??= explain(error, key).message;
            aclUnknown.add(key);
        }
    });
    const warn = (keys, why) => {
        const [first] = keys;
        if (first === undefined)
            return;
        const objects = keys.size === 1
            ? `${first} keeps its old headers`
            : `${first} and ${keys.size - 1} more keep their old headers`;
        emit({ type: 'message', level: 'warning', message: `${objects}: ${why}` });
    };
    warn(aclBound, 'renewing them would drop an ACL that was set on the object; set acl to say which ACL it shall have');
    warn(aclUnknown, `whether renewing them would drop an ACL is not known (${denied ?? ''}); allow s3:GetBucketOwnershipControls or s3:GetObjectAcl, or set acl`);
    return { aclBound, aclUnknown };
}

// EXTERNAL MODULE: ./build/src/sync/index-file.js
var index_file = __webpack_require__(5532);
;// CONCATENATED MODULE: ./build/src/sync/learn.js










/**
 * A file touched this shortly before it was digested may change again unseen: file systems keep times to a
 * tick, some to one or two seconds (C12). Nanoseconds.
 */
const SETTLING_NS = 2000000000n;
/** Characters of an index that are written in one go. */
const learn_PIECE = 256 * 1024;
/** The index whose lines about files of this machine may be believed. */
function fileIndexOf({ index, trustFiles }) {
    return trustFiles ? index : undefined;
}
/**
 * Loads the index. Whatever is wrong with it costs one line and time, never the run.
 *
 * @param onBytes told how large it is, before it is read
 */
async function loadIndex(storage, emit, signal, onBytes = () => undefined) {
    const nothing = { index: undefined, trustFiles: false, trustObjects: false };
    if (storage === undefined)
        return nothing;
    const ignore = (why) => {
        emit({ type: 'message', level: 'notice', message: `the index of earlier runs is ignored: ${why}` });
        return nothing;
    };
    let bytes;
    let journal;
    try {
        bytes = await storage.load(signal);
        journal = await loadJournal(storage, emit, signal);
    }
    catch (error) {
        signal.throwIfAborted();
        return { ...ignore(whyNot(error, storage.place)), isUnread: true };
    }
    onBytes(bytes?.length ?? 0);
    if (bytes === undefined) {
        return {
            ...nothing,
            index: journal === undefined || journal.length === 0 ? undefined : (0,digest_index/* emptyIndex */.gW)(journal, storage.destination),
        };
    }
    const parsed = (0,digest_index/* parseIndex */.A1)(bytes, journal, storage.destination);
    if (parsed.index === undefined)
        return ignore(`${storage.place}: ${parsed.why}`);
    if (parsed.droppedLines > 0) {
        emit({
            type: 'message',
            level: 'notice',
            message: `the index of earlier runs is damaged: ${parsed.droppedLines} lines are ignored`,
        });
    }
    // What a journal that nobody can read ends of the waits is not known: all of them begin anew.
    const index = journal === undefined ? { ...parsed.index, ended: new Set(parsed.index.pending.keys()) } : parsed.index;
    const { destination } = index;
    if (destination !== undefined && ![undefined, destination].includes(storage.destination)) {
        emit({
            type: 'message',
            level: 'notice',
            message: `the index of earlier runs is of ${destination}: what it says of objects is ignored, and lost when this run writes its own there; give each destination an index of its own`,
        });
    }
    emit({
        type: 'message',
        level: 'debug',
        message: `the index of earlier runs knows ${index.objects.size} objects and ${index.files.size} files`,
    });
    return {
        index,
        trustFiles: storage.trust.local && index.machine === (0,index_file.machineId)(),
        trustObjects: storage.trust.remote,
    };
}
/** Without its journal an index is worth little less: what an interrupted run left behind is then left to others. */
async function loadJournal(storage, emit, signal) {
    try {
        return await storage.journal.load(signal);
    }
    catch (error) {
        signal.throwIfAborted();
        const message = `the journal of earlier runs is not read (${whyNot(error, storage.place)}): what one left behind is left to a lifecycle rule, and what delete-grace keeps begins to wait anew`;
        emit({ type: 'message', level: 'notice', message });
        return undefined;
    }
}
/** Writes the index if it says anything new; holds only what was confirmed. Never rejects. */
async function saveIndex(storage, old, confirmed, emit, signal) {
    const index = nextIndex(storage, old, confirmed);
    try {
        // What is owed and what is open may stand in the journal alone.
        const isJournalled = owes(index) || index.uploads.size + index.renewing.size > 0 || index.writing !== undefined;
        if (old !== undefined && !isJournalled && saysNothingNew(old, index)) {
            await storage.journal.clear(signal);
            return;
        }
        await storage.save(piecesOf(index), signal);
        const why = storage.whyNotKept?.();
        if (why !== undefined && owes(index)) {
            const message = `the index is not kept (${why}): ${lostWith(index)}`;
            emit({ type: 'message', level: 'warning', message });
        }
    }
    catch (error) {
        if (error instanceof index_file.JournalLeftError) {
            const again = index.invalidations.size === 0 ? '' : ', and invalidates again what it names';
            const why = whyNot(error.cause, storage.place);
            const message = `the index is up to date, but its journal could not be deleted (${why}): every run reads it until it is gone${again}`;
            return emit({ type: 'message', level: 'warning', message });
        }
        const why = whyNot(signal.aborted ? signal.reason : error, storage.place);
        const message = `the index could not be written (${why}): the next run will take longer, ${lostWith(index)}`;
        emit({ type: 'message', level: 'warning', message });
    }
}
/** What the next run does not learn, beside what it finds out again. */
function lostWith(index) {
    const lost = [];
    if (index.pending.size > 0)
        lost.push('deletes that delete-grace puts off wait for as long as it cannot be written');
    if (owes(index))
        lost.push('what is still to be invalidated is not remembered: invalidate /* by hand');
    else if (index.invalidations.size > 0)
        lost.push('and may invalidate again what this one did');
    return lost.length === 0 ? 'nothing else is lost' : lost.join(', ');
}
/** Whether a distribution is still to be told something. */
function owes({ invalidations }) {
    return [...invalidations.values()].some(({ paths }) => paths.length > 0);
}
function nextIndex(storage, old, confirmed) {
    const objects = { [Symbol.iterator]: () => objectEntries(old, confirmed) };
    return {
        machine: (0,index_file.machineId)(),
        ...(storage.destination === undefined ? {} : { destination: storage.destination }),
        writtenNs: confirmed.digestedNs - SETTLING_NS,
        objects,
        files: storage.trust.local ? fileEntries(confirmed.files) : [],
        uploads: confirmed.uploads,
        deploys: confirmed.deploys,
        pending: confirmed.pending,
        invalidations: confirmed.invalidations,
        renewing: stillRenewing(old, confirmed, objects),
        ...(confirmed.writing === undefined ? {} : { writing: confirmed.writing }),
    };
}
/** Sorted by key, each once. There may be a million: they are made as they are taken. */
function* objectEntries(old, confirmed) {
    const { chunks, incompressible } = confirmed;
    const lines = merged(keptEntries(old, confirmed), writtenEntries(confirmed));
    if ((chunks?.size ?? 0) + (incompressible?.size ?? 0) === 0)
        return yield* lines;
    for (const [key, entry] of lines) {
        // Copies have what their sources are made of.
        const content = (0,model_digest/* contentId */.fm)(entry.md5, entry.size);
        const more = {};
        const cut = chunks?.get(content);
        if (cut !== undefined && cut !== entry.chunks)
            more.chunks = cut;
        const encoding = incompressible?.get(content);
        if (encoding !== undefined && encoding !== entry.incompressible)
            more.incompressible = encoding;
        yield [
            key,
            more.chunks === undefined && more.incompressible === undefined ? entry : { ...entry, ...more },
        ];
    }
}
/** What the run left as it was, by key. */
function* keptEntries(old, confirmed) {
    for (const object of worthLine(old, confirmed)) {
        if (confirmed.written.has(object.key) || confirmed.deleted.has(object.key))
            continue;
        const entry = keptEntry(object, old?.objects.get(object.key), confirmed);
        if (entry !== undefined)
            yield [object.key, entry];
    }
}
/** `undefined`: there is nothing to say that a listing does not. */
function keptEntry(object, known, confirmed) {
    const { key, etag, size } = object;
    const md5 = confirmed.unchanged.get(key);
    const headers = confirmed.headers.get(key);
    // A line that knows the headers says by its source what is in the metadata: nobody confirmed that of what was not renewed.
    const isStated = headers === undefined && known?.headers !== undefined && known.etag === etag;
    const source = md5 === undefined || isStated ? undefined : confirmed.sources.get(key);
    const parts = md5 === undefined ? undefined : confirmed.layouts?.get(key);
    const isPlain = headers === undefined && source === undefined && parts === undefined;
    const asked = () => ({
        ...(md5 === undefined ? {} : { md5 }),
        ...(headers === undefined ? {} : { ...headers, ...datedBy(object) }),
        ...source,
        ...(parts === undefined ? {} : { parts }),
    });
    if (known !== undefined && known.etag === etag && known.size === size) {
        const same = (md5 === undefined || md5 === known.md5) && isPlain;
        const isAnother = headers !== undefined || (source !== undefined && source.source !== known.source);
        const seen = isAnother ? undescribed(known) : dated(known, object);
        return same ? seen : { ...seen, ...asked() };
    }
    const isNamed = confirmed.everyObject === true && confirmed.unchanged.has(key);
    // A plain ETag says its own digest; only the others, and those under KMS, are worth a line.
    const isToldMore = !isPlain || confirmed.incompressible?.has((0,model_digest/* contentId */.fm)(md5, size)) === true;
    const isWorth = md5 !== undefined && (isToldMore || etag !== md5);
    return isNamed || isWorth ? { etag, size, ...asked() } : undefined;
}
/** What the run wrote, by key. */
function* writtenEntries({ written, after }) {
    for (const [key, entry] of written.inOrder()) {
        const object = after?.get(key);
        const isSeen = object !== undefined && object.etag === entry.etag && object.lastModified > 0;
        yield [key, isSeen ? seenEntry(entry, object) : entry];
    }
}
/** Another run may have written the same bytes before or after us, with headers that nobody here knows. */
function seenEntry(entry, { lastModified }) {
    const seen = undated(entry);
    const isOurs = entry.written === undefined || lastModified <= entry.written + DATED_MS;
    if (entry.headers !== undefined && isOurs)
        return { ...seen, modified: lastModified };
    const { headers: _, class: __, ...bytes } = seen;
    return bytes;
}
/** Entries of both in the order of their keys, in which each of them comes; they have none in common. */
function* merged(some, others) {
    let [one, other] = [some.next(), others.next()];
    while (one.done !== true || other.done !== true) {
        const isOne = other.done === true || (one.done !== true && (0,object_key/* compareKeys */.YD)(one.value[0], other.value[0]) < 0);
        if (isOne) {
            yield one.value;
            one = some.next();
        }
        else {
            yield other.value;
            other = others.next();
        }
    }
}
/**
 * Of what earlier runs and this one began to renew, and of what this one wrote while another one did, the keys of which the
 * index would say headers that nobody confirmed.
 */
function stillRenewing(old, { written, headers, renewing = [], meetsAnother = false }, objects) {
    const begun = new Set(old?.renewing);
    for (const key of renewing)
        begun.add(key);
    const left = new Set();
    if (begun.size === 0 && !meetsAnother)
        return left;
    const isLeft = (key) => written.has(key) ? meetsAnother : begun.has(key) && !headers.has(key);
    for (const [key, entry] of objects)
        if (entry.headers !== undefined && isLeft(key))
            left.add(key);
    return left;
}
/** Listed objects by key, without most of those whose plain ETags say all that a line of theirs would. */
function worthLine(old, confirmed) {
    const { listing, unchanged, everyObject, headers, sources, incompressible } = confirmed;
    if (!(listing instanceof Listing))
        return [...listing.values()].sort((a, b) => (0,object_key/* compareKeys */.YD)(a.key, b.key));
    const told = headers.size + sources.size + (incompressible?.size ?? 0);
    const knowsMore = (old?.objects.size ?? 0) + told > 0 || everyObject === true;
    const areTables = unchanged instanceof Md5Table && unchanged.names === listing.names;
    return listing.inOrder((row) => !knowsMore && areTables && listing.md5s.isSame(row, unchanged.md5s, row));
}
/** The first listing that shows what a run wrote dates it; a line about what was written again since stays as it is. */
function dated(entry, object) {
    const isDue = entry.headers !== undefined && entry.modified === undefined;
    return isDue && !isRewritten(entry, object) ? { ...undated(entry), ...datedBy(object) } : entry;
}
function undated({ modified: _, written: __, ...entry }) {
    return entry;
}
/** Without what S3 was asked for. */
function undescribed({ source: _, ...entry }) {
    return undated(entry);
}
/** Nothing where the server does not say. */
function datedBy({ lastModified }) {
    return lastModified === 0 ? {} : { modified: lastModified };
}
/**
 * Sorted by path, each once. There may be a million: where they come so, they are made as they are taken. Files that may
 * change without another ctime are left out (C12).
 */
function fileEntries(files) {
    const changeTimes = new ChangeTimes();
    const entries = { [Symbol.iterator]: () => entriesOf(files, changeTimes) };
    return files.areByPath === true || isAscending(files)
        ? entries
        : new Map([...entries].sort(([a], [b]) => (0,object_key/* compareKeys */.YD)(a, b)));
}
function* entriesOf(files, changeTimes) {
    for (const { file, md5, etag, plain, stored } of files) {
        if (!changeTimes.areToldOf(file))
            continue;
        const { path, size, mtimeNs, ctimeNs, ino } = file;
        const entry = { size, mtimeNs, ctimeNs, ino, md5 };
        if (etag !== undefined)
            entry.etag = etag;
        if (plain === true)
            entry.plain = plain;
        if (stored !== undefined)
            entry.stored = stored;
        yield [path, entry];
    }
}
function isAscending(files) {
    let last = '';
    for (const { file } of files) {
        if ((0,object_key/* compareKeys */.YD)(last, file.path) >= 0)
            return false;
        last = file.path;
    }
    return true;
}
/** Pieces of some size: a line each would cost more than what is in it. */
function* piecesOf(index) {
    let text = '';
    for (const line of (0,digest_index/* formatIndex */.Qe)(index)) {
        text += line;
        if (text.length < learn_PIECE)
            continue;
        yield Buffer.from(text);
        text = '';
    }
    yield Buffer.from(text);
}
/** Equal but for the time, and no file that the old time left untrusted would be trusted by the new one. */
function saysNothingNew(old, next) {
    return (saysNothingNewOfFiles(old, next) &&
        saysNothingNewOfObjects(old, next) &&
        sameLines(otherLines(old), otherLines(next)));
}
function saysNothingNewOfObjects(old, next) {
    let objects = 0;
    for (const [key, entry] of next.objects) {
        const known = old.objects.get(key);
        if (known === undefined || !sameObject(known, entry))
            return false;
        objects++;
    }
    return objects === old.objects.size;
}
/** All but `extra`. */
const OBJECT_MEMBERS = Object.keys({
    ...{ etag: true, size: true, md5: true, parts: true, chunks: true, headers: true, source: true },
    ...{ incompressible: true, class: true, modified: true, written: true },
});
function sameObject(a, b) {
    return OBJECT_MEMBERS.every((member) => a[member] === b[member]) && (0,external_node_util_.isDeepStrictEqual)(a.extra, b.extra);
}
function saysNothingNewOfFiles(old, next) {
    const before = old.files.entries();
    for (const [path, entry] of next.files) {
        const { mtimeNs, ctimeNs } = entry;
        const isTrusted = (since) => mtimeNs < since && ctimeNs < since;
        if (isTrusted(next.writtenNs) && !isTrusted(old.writtenNs))
            return false;
        const [knownPath, known] = before.next().value ?? [];
        if (path !== knownPath || known === undefined || !sameEntry(known, entry))
            return false;
    }
    return before.next().done === true;
}
function sameEntry(a, b) {
    return (a.size === b.size &&
        a.mtimeNs === b.mtimeNs &&
        a.ctimeNs === b.ctimeNs &&
        a.ino === b.ino &&
        a.md5 === b.md5 &&
        a.etag === b.etag &&
        a.plain === b.plain &&
        a.stored === b.stored &&
        a.extra === b.extra);
}
function otherLines(index) {
    return (0,digest_index/* formatIndex */.Qe)({ ...index, objects: [], files: [], writtenNs: 0n });
}
function sameLines(a, b) {
    for (;;) {
        const [x, y] = [a.next(), b.next()];
        if (x.done !== y.done || x.value !== y.value)
            return false;
        if (x.done === true)
            return true;
    }
}

// EXTERNAL MODULE: external "node:v8"
var external_node_v8_ = __webpack_require__(8877);
;// CONCATENATED MODULE: ./build/src/sync/list.js







/**
 * Pages in a row that may add no key, beside as many as added some: a listing tells a key at most twice, and a server
 * that repeats itself must not keep a run for ever.
 */
const MOST_IDLE_PAGES = 100;
/**
 * What a listed object takes of memory beside the characters of its key, and some of what is made of it. Bytes; a million
 * objects with keys of 27 took 205 each.
 */
const OBJECT_BYTES = 250;
/** Tree, digests and plan need the rest. */
const MEMORY_SHARE = 0.8;
/** All objects under the prefix that the server can spell, our own only where they are asked for. A listing that fails anywhere fails whole (D9). */
async function listAll(store, prefix, onProgress, signal, { withOwn = false, onListed, hints } = {}) {
    const listing = new Listing();
    const own = prefix + object_key/* OWN_DIRECTORY */.Nt;
    const { unlisted } = store;
    let idlePages = 0;
    let usefulPages = 0;
    let bytes = 0;
    const { heap_size_limit: memory } = (0,external_node_v8_.getHeapStatistics)();
    for await (const page of store.list(prefix, signal, hints)) {
        const before = listing.size;
        for (const object of page) {
            if (!withOwn && object.key.startsWith(own))
                continue;
            if (unlisted.size > 0 && unlisted.has(object.key))
                continue;
            const known = listing.size;
            listing.add(object);
            if (listing.size > known)
                bytes += OBJECT_BYTES + object.key.length;
            onListed?.(object);
        }
        // One line beats the end of the process, whether the bucket is so large or the server has no end.
        if (bytes > memory * MEMORY_SHARE)
            throw tooLarge(listing.size, memory);
        if (listing.size > before) {
            idlePages = 0;
            usefulPages++;
        }
        else if (++idlePages > MOST_IDLE_PAGES + usefulPages) {
            throw new object_store/* StoreError */.AD('rejected', 'InvalidListing', 200, 'ListObjectsV2', 'the listing does not end: its pages repeat');
        }
        onProgress(listing.size);
    }
    return listing;
}
function tooLarge(objects, memory) {
    const told = `the listing has more than ${objects} objects, for which ${Math.round(memory / 1024 ** 2)} MiB of memory are too little: take a narrower prefix, or give Node more by NODE_OPTIONS=--max-old-space-size=16384`;
    return new object_store/* StoreError */.AD('rejected', 'ListingTooLarge', 200, 'ListObjectsV2', told);
}
/**
 * Adds to a listing what it hides: MinIO lists nothing below a key that is there itself, and versitygw spells no control
 * characters. A run that made a directory of a file, and ended before the file was deleted, would else meet its own writes as
 * another writer's for ever.
 */
async function addHidden(listing, keys, { store, concurrency, signal, onListed }) {
    if (!store.keysAreFiles && store.unlisted.size === 0)
        return;
    const isHidden = (key) => (store.keysAreFiles && liesBelow(key, listing)) ||
        (store.unlisted.size > 0 && (object_key/* NOT_IN_XML */.QE.test(key) || key.includes(object_key/* NOT_SPELLED */.k2)));
    const due = [];
    for (const key of keys)
        if (!listing.has(key) && isHidden(key))
            due.push(key);
    await (0,model_concurrency/* forEachConcurrent */.C6)(due, concurrency, async (key) => {
        const head = await store.head(key, signal);
        if (head === undefined)
            return;
        const { size, etag, storageClass } = head;
        const object = { key, size, etag, storageClass, lastModified: 0 };
        listing.add(object);
        onListed?.(object);
    });
}
function liesBelow(key, listing) {
    for (const above of (0,object_key/* directoriesAbove */.jH)(key))
        if (listing.has(above))
            return true;
    return false;
}
/** What a line of `copy-from` names, without what this run itself writes. */
async function listFurther({ url, store, prefix, bucket }, destination, onProgress, signal) {
    const objects = [];
    const listing = await listAll(store, prefix, onProgress, signal).catch((cause) => {
        const { code, exit, message } = explain(cause, `copy-from ${url}`);
        throw new errors/* SyncError */.S0(code, exit, message, { cause });
    });
    for (const object of listing.values()) {
        if (bucket !== undefined)
            objects.push({ ...object, bucket });
        else if (!object.key.startsWith(destination))
            objects.push(object);
    }
    return { store, objects };
}

;// CONCATENATED MODULE: ./build/src/model/proven.js


/** In place of a row. */
const UNPROVEN = -1;
/**
 * Files whose own objects have their sizes and, as ETags, their MD5s: of most runs nearly all. Nothing is made of them, no
 * name and no digest, where files, digests and listing are tables. Where they are not, none is proven, and each is looked
 * at: the outcome is the same.
 */
class Proven {
    static none = new Proven(new Int32Array());
    #rows;
    /** The files' digests, by the rows of their names. */
    md5s;
    /** @param rows of the listing, by the places of the files; UNPROVEN too */
    constructor(rows, md5s = new md5_column/* Md5Column */.B()) {
        this.#rows = rows;
        this.md5s = md5s;
    }
    /** The row of a file's object in the listing. */
    rowOf(place) {
        return this.#rows[place] ?? UNPROVEN;
    }
}
/** None where something is known of objects that their plain ETags do not say: under KMS they are no digests. */
function uncontradicted(proven, vouched) {
    if (proven === undefined)
        return Proven.none;
    for (const [{ etag }] of vouched)
        if ((0,model_digest/* classifyETag */.Q)(etag).kind === 'md5')
            return Proven.none;
    return proven;
}

;// CONCATENATED MODULE: ./build/src/sync/read-order.js
/**
 * Links of a chain that are worked off one after the other: each costs the latency of a copy. What a sequence of photos
 * or pages is, shifted by one, would take as long as all of them together.
 */
const LONGEST_CHAIN = 16;
/**
 * Orders reads before writes. Every key reads at most one object, so the reads of a rank form trees, mostly chains, and
 * rings with such trees. Further names of a content follow the first; where that one becomes archived, each reads by
 * itself. A chain, a log rotation (C1), resolves by phases, and is cut by staging where it is long; a ring, a swap (C2), is
 * broken by staging its smallest member. A source that an earlier rank overwrites is staged before that rank (C17). `refreshed` are keys that are copied onto themselves,
 * with their ranks: what follows one in its own rank comes after it. Where the destination stages nothing (`canStage`), what
 * should be staged is sent: a ring has no other way, a long chain is slow rather than sent again.
 */
function orderReads(writes, refreshed, canStage) {
    const byKey = new Map(writes.map((write) => [write.key, write]));
    const rankOf = (key) => byKey.get(key)?.rank ?? refreshed.get(key);
    const staged = new Map();
    /** Reader to the write in the same rank that must come after it. */
    const before = new Map();
    for (const { key, rank, reads } of writes) {
        const source = reads === undefined ? undefined : byKey.get(reads);
        if (source === undefined)
            continue;
        if (source.rank < rank)
            staged.set(key, source.rank);
        else if (source.rank === rank)
            before.set(key, source.key);
    }
    for (const ring of ringsOf(before)) {
        let smallest = byKey.get(ring[0]);
        for (const key of ring) {
            const member = byKey.get(key);
            if (member.size < smallest.size)
                smallest = member;
        }
        before.delete(smallest.key);
        staged.set(smallest.key, smallest.rank);
    }
    for (const key of canStage ? cutsOf(before) : []) {
        before.delete(key);
        staged.set(key, byKey.get(key).rank);
    }
    return { phases: phasesOf(writes, before, rankOf), staged };
}
/** Rings of a graph in which every node has at most one edge out. */
function ringsOf(edges) {
    const rings = [];
    /** From where each was met. */
    const seen = new Map();
    for (const start of edges.keys()) {
        const path = [];
        let at = start;
        while (at !== undefined && !seen.has(at)) {
            seen.set(at, start);
            path.push(at);
            at = edges.get(at);
        }
        // What leads to a ring from outside is no part of it.
        if (at !== undefined && seen.get(at) === start && path.length > 0)
            rings.push(path.slice(path.indexOf(at)));
    }
    return rings;
}
/** Nodes whose edge out is taken away, so that no path is longer than a chain may be. There is no ring. */
function cutsOf(edges) {
    const waits = new Map();
    for (const to of edges.values())
        waits.set(to, (waits.get(to) ?? 0) + 1);
    const cuts = [];
    const links = new Map();
    for (const start of edges.keys()) {
        if (waits.has(start))
            continue;
        let key = start;
        for (let to = edges.get(key); to !== undefined; to = edges.get(key)) {
            const before = (links.get(key) ?? 0) + 1;
            if (before === LONGEST_CHAIN)
                cuts.push(key);
            else
                links.set(to, Math.max(links.get(to) ?? 0, before));
            const left = waits.get(to) - 1;
            waits.set(to, left);
            // Whoever reads it last goes on from there.
            if (left > 0)
                break;
            key = to;
        }
    }
    return cuts;
}
/** Longest paths over what must come after what, worked off from the keys that wait for nothing. */
function phasesOf(writes, before, rankOf) {
    const after = new Map();
    const waits = new Map();
    const edge = (from, to) => {
        const list = after.get(from);
        if (list === undefined)
            after.set(from, [to]);
        else
            list.push(to);
        waits.set(to, (waits.get(to) ?? 0) + 1);
    };
    for (const [from, to] of before)
        edge(from, to);
    for (const { key, rank, follows } of writes) {
        if (follows !== undefined && rankOf(follows) === rank)
            edge(follows, key);
    }
    const phases = new Map();
    const ready = [...after.keys()].filter((key) => !waits.has(key));
    for (let key = ready.pop(); key !== undefined; key = ready.pop()) {
        const phase = phases.get(key) ?? 0;
        phases.set(key, phase);
        for (const next of after.get(key) ?? []) {
            phases.set(next, Math.max(phases.get(next) ?? 0, phase + 1));
            const left = waits.get(next) - 1;
            waits.set(next, left);
            if (left === 0)
                ready.push(next);
        }
    }
    return phases;
}

;// CONCATENATED MODULE: ./build/src/sync/plan.js









function identityOf(content) {
    return content?.md5 ?? content?.etags[0];
}
const ABSENT = { ifNoneMatch: '*' };
/** Losses that a refusal names. */
const LOSSES_NAMED = 3;
/**
 * Decides what becomes of every key.
 *
 * A content that lies under the destination is copied: best from an object that this plan leaves alone or deletes
 * at the very end; else from one that it overwrites, and then the read is ordered before the write. Content that
 * lies nowhere is sent once, under its name of the lowest rank, and its other names are copied from that.
 */
function makePlan(input) {
    const { order, delay } = input.policy;
    const contentOf = objectContents(input);
    const compared = compare(input, contentOf);
    const present = lookThrough(input, compared, contentOf);
    const ranks = new RankBuilder(order.names, delay);
    const refreshed = addRefreshes(ranks, input, compared.renewed);
    const decided = decide(input, compared.wanted, present, refreshed);
    addWrites(ranks, input, decided, refreshed, contentOf);
    const isWritten = decided.length + refreshed.size > 0;
    const deletes = addDeletes(ranks, input, isWritten, present.deletions, contentOf);
    const { unchanged, same, headersUnknown } = compared;
    return {
        plan: { ranks: ranks.build(), unchanged: same, kept: present.kept },
        unchanged,
        headersUnknown,
        unknownHeaders: { [Symbol.iterator]: () => withUnknownHeaders(input, unchanged) },
        listedUnexcluded: present.listedUnexcluded,
        deletions: present.deletions.length,
        waiting: deletes.waiting,
        losses: deletes.losses,
        firstLosses: deletes.firstLosses,
        related: compared.related || deletes.related,
    };
}
function compare(input, contentOf) {
    const { prefix, files, listing, contents, headers, policy } = input;
    const { rankOf } = policy.order;
    const placeOf = ({ name, page = name }, isNew) => Math.max(rankOf(name, isNew), page === name ? 0 : rankOf(page, isNew));
    const columns = (0,file_columns/* columnsOf */.PL)(files);
    const keyAt = (place) => (prefix + columns.nameAt(place));
    const unchanged = new Md5Table(listing.names);
    const wanted = [];
    const renewed = [];
    const same = new Counter();
    const headersUnknown = new Counter();
    let related = false;
    const proven = uncontradicted(input.proven, input.vouched);
    for (let place = 0; place < columns.length; place++) {
        const row = proven.rowOf(place);
        if (row !== UNPROVEN) {
            related = true;
            const size = columns.sizeAt(place);
            const state = headers.size === 0 ? undefined : headers.get(keyAt(place));
            if (state === undefined)
                headersUnknown.add(size);
            if (state === undefined || state === 'same') {
                unchanged.adopt(row, proven.md5s, columns.rowAt(place));
                same.add(size);
                continue;
            }
        }
        const file = columns.at(place);
        const key = keyAt(place);
        const object = listing.get(key);
        if (object !== undefined)
            related = true;
        const content = contents.get(file.name);
        const md5 = file.size === 0 ? model_digest/* EMPTY_MD5 */.lQ : content?.md5;
        if (object !== undefined &&
            object.size === file.size &&
            (file.size === 0 || sameContent(identityOf(content), contentOf(object)))) {
            unchanged.set(key, md5);
            const state = headers.get(key);
            if (state === undefined)
                headersUnknown.add(file.size);
            if (state === undefined || state === 'same')
                same.add(file.size);
            else if (md5 === undefined)
                wanted.push({ file, key, rank: placeOf(file, false) });
            else
                renewed.push({ file, key, rank: placeOf(file, false), object, md5 });
        }
        else {
            wanted.push({ file, key, rank: placeOf(file, object === undefined) });
        }
    }
    return { unchanged, wanted, renewed, same: same.count(), headersUnknown: headersUnknown.count(), related };
}
function lookThrough(input, { unchanged, wanted, renewed }, contentOf) {
    const { prefix, listing, contents, headers, policy } = input;
    const kept = new Counter();
    // A refresh keeps the class that an object has unless the class is what changed.
    const archived = new Set(renewed.flatMap(({ file, key }) => headers.get(key) === 'class' && input.archives?.(file) === true ? [key] : []));
    const wantedRanks = new Map(wanted.map(({ key, rank }) => [key, rank]));
    const isInTree = (key) => unchanged.has(key) || wantedRanks.has(key);
    // Nobody looks for any other content.
    const wantedContents = new Set(wanted.map(({ file }) => contentIdOf(file, contents)));
    const wantedSizes = new Set(wanted.map(({ file }) => file.size));
    const sources = new Map();
    const moving = new Map();
    const deletions = [];
    let listedUnexcluded = listing.size;
    const isSettled = (row, size) => unchanged.hasRow(row) && !wantedSizes.has(size);
    for (const object of listing instanceof Listing ? listing.except(isSettled) : listing.values()) {
        const inTree = isInTree(object.key);
        const name = object.key.slice(prefix.length);
        // What the tree has counts, whatever its name says.
        const isProtected = !inTree && (policy.skipped(name) || (policy.excluded(name) && !policy.deleteExcluded));
        if (isProtected)
            listedUnexcluded--;
        if (!inTree) {
            const stays = isProtected || policy.retained(name) || isDirectoryMarker(name, object, policy);
            if (policy.deleteAfter && !stays)
                deletions.push(object);
            else
                kept.add(object.size);
        }
        if (!wantedSizes.has(object.size))
            continue;
        const md5 = contentOf(object);
        if (md5 === undefined || !copyable(object) || archived.has(object.key))
            continue;
        const id = contentId(object.size, md5);
        if (!wantedContents.has(id))
            continue;
        if (inTree && !unchanged.has(object.key)) {
            const known = moving.get(id);
            if (known === undefined || later(object, known, wantedRanks))
                moving.set(id, object);
        }
        else {
            const known = sources.get(id);
            if (known === undefined || better(object, known, isInTree))
                sources.set(id, object);
        }
    }
    for (const object of input.further) {
        if (!wantedSizes.has(object.size))
            continue;
        const md5 = contentOf(object);
        if (md5 === undefined || !copyable(object))
            continue;
        const id = contentId(object.size, md5);
        if (wantedContents.has(id) && !sources.has(id))
            sources.set(id, object);
    }
    return { sources, moving, deletions, kept: kept.count(), listedUnexcluded };
}
/** Rank of each key that is copied onto itself, or sent in place of that: it may have another ETag after that. */
function addRefreshes(ranks, input, renewed) {
    const { headers, policy } = input;
    const refreshed = new Map();
    for (const { file, key, rank, object, md5 } of renewed) {
        const base = { key, rank, bytes: file.size };
        const kept = policy.send === 'upload' ? whyNotRefreshed(object, input) : undefined;
        if (kept !== undefined) {
            ranks.add(rank, 0, { action: 'keep', reason: kept, etag: object.etag, ...base });
            continue;
        }
        refreshed.set(key, rank);
        if (input.resent?.has(key) === true) {
            const condition = { ifMatch: object.etag };
            const staged = policy.delay;
            const step = { action: 'upload', reason: 'headers', file, md5, condition, staged, ...base };
            if (staged)
                ranks.stage(0, step);
            ranks.add(rank, 0, step);
            continue;
        }
        const attributes = input.attributes?.get(key);
        const step = {
            action: 'refresh',
            reason: policy.send === 'upload' ? 'headers' : 'attributes',
            file,
            md5,
            etag: object.etag,
            condition: { ifMatch: object.etag },
            ...base,
            ...(headers.get(key) === 'class' ? {} : { storageClass: object.storageClass }),
            ...(attributes === undefined ? {} : { attributes }),
        };
        ranks.add(rank, 0, step);
    }
    return refreshed;
}
/** Where the content of each key comes from, in the order in which they are published. */
function decide(input, wanted, { sources, moving }, refreshed) {
    const { contents, policy } = input;
    // Spread last, here and below: each member behind a spread takes Node 20 a microsecond, and an object of that kind much memory.
    const first = new Map();
    const decided = [];
    const last = (want) => Number(isArchived(want.file));
    // What cannot be read is made from a twin that can, where that is there by then.
    for (const want of wanted.sort((a, b) => a.rank - b.rank || last(a) - last(b) || (0,object_key/* compareKeys */.YD)(a.key, b.key))) {
        const { file, key } = want;
        const id = file.size === 0 ? undefined : contentIdOf(file, contents);
        const leader = id === undefined ? undefined : first.get(id);
        const isUnread = leader !== undefined && isArchived(file);
        const own = file.size === 0 || isUnread ? undefined : input.own?.get(file.name);
        const safe = id === undefined ? undefined : sources.get(id);
        const moved = id === undefined ? undefined : moving.get(id);
        const filled = file.size === 0 ? undefined : input.filled;
        if (file.size < policy.copyMinSize && (own ?? safe ?? leader ?? moved ?? filled) !== undefined) {
            decided.push({ small: true, ...want });
        }
        else if (own !== undefined) {
            // It is the one whose headers are wanted too.
            decided.push({ from: { reason: 'exists', object: own }, ...want });
            if (id !== undefined && input.archives?.(file) !== true && !first.has(id))
                first.set(id, key);
        }
        else if (safe !== undefined) {
            const renewedAt = safe.bucket === undefined ? refreshed.get(safe.key) : undefined;
            // What is staged is read before anything is renewed.
            const follows = renewedAt !== undefined && renewedAt <= want.rank && !policy.delay;
            decided.push({
                from: { reason: 'exists', ...(follows ? { key: safe.key } : { object: safe }) },
                ...want,
            });
        }
        else if (leader !== undefined)
            decided.push({ from: { reason: 'duplicate', key: leader }, ...want });
        else {
            if (id !== undefined && input.archives?.(file) !== true)
                first.set(id, key);
            if (moved !== undefined)
                decided.push({ from: { reason: 'moved', object: moved }, ...want });
            else if (filled === undefined)
                decided.push(want);
            else
                decided.push({ from: { reason: 'exists', first: filled, name: file.name }, ...want });
        }
    }
    return decided;
}
function addWrites(ranks, input, decided, refreshed, contentOf) {
    const { listing, contents, policy } = input;
    const order = orderReads(decided.map(({ key, rank, file, from }) => ({
        key,
        rank,
        size: file.size,
        // Staged reads all come before the first write.
        reads: from?.reason === 'moved' && !policy.delay ? from.object.key : undefined,
        follows: from !== undefined && 'key' in from ? from.key : undefined,
    })), refreshed, policy.canStage);
    for (const { key, rank, file, from, small } of decided) {
        const object = listing.get(key);
        const condition = object === undefined ? ABSENT : { ifMatch: object.etag };
        const content = contents.get(file.name);
        const phase = order.phases.get(key) ?? 0;
        // Spelled out, as what is spread lies in an object of its own; there may be a million.
        if (from !== undefined) {
            const source = copySource(from);
            const stagedAt = policy.delay && source.kind !== 'published' ? 0 : order.staged.get(key);
            const step = {
                action: policy.again,
                key,
                reason: from.reason,
                rank,
                bytes: file.size,
                file,
                md5: content?.md5,
                source,
                condition,
                staged: stagedAt !== undefined,
            };
            if (stagedAt !== undefined)
                ranks.stage(stagedAt, step);
            ranks.add(rank, phase, step);
        }
        else {
            const reason = file.size === 0 ? 'empty' : small ? 'small' : uploadReason(object, file, content, contentOf);
            const md5 = file.size === 0 ? model_digest/* EMPTY_MD5 */.lQ : content?.md5;
            const step = {
                action: policy.send,
                key,
                reason,
                rank,
                bytes: file.size,
                file,
                md5,
                condition,
                staged: policy.delay,
            };
            if (policy.delay)
                ranks.stage(0, step);
            ranks.add(rank, phase, step);
        }
    }
}
/**
 * What goes at the end, and what of it waits. `related`: some of their contents are in the tree.
 *
 * @param isWritten whether anything is: an object that keeps its old headers is not
 */
function addDeletes(ranks, input, isWritten, deletions, contentOf) {
    const { prefix, files, contents, policy } = input;
    const { deleteRank } = policy.order;
    const treeContents = new Set();
    if (deletions.length > 0)
        for (const file of files)
            treeContents.add(contentIdOf(file, contents));
    let losses = 0;
    let related = false;
    const firstLosses = [];
    const waiting = [];
    const isDeploy = isWritten || deletions.some((object) => policy.grace(object, false) === 'begins');
    for (const object of deletions.sort((a, b) => (0,object_key/* compareKeys */.YD)(a.key, b.key))) {
        // Else what is excluded is protected.
        const excluded = policy.deleteExcluded && policy.excluded(object.key.slice(prefix.length));
        const md5 = contentOf(object);
        const stays = object.size > 0 && md5 !== undefined && treeContents.has(contentId(object.size, md5));
        if (stays)
            related = true;
        const grace = policy.grace(object, isDeploy);
        // What begins to wait is judged now: when it has expired, nobody looks any more.
        if (!stays && (grace === 'due' || grace === 'begins')) {
            losses++;
            if (firstLosses.length < LOSSES_NAMED)
                firstLosses.push(object.key);
        }
        if (grace === 'waits' || grace === 'begins') {
            const { key, size: bytes, etag } = object;
            const step = { key, action: 'keep', reason: 'grace', rank: 0, bytes, etag };
            waiting.push(step);
            continue;
        }
        ranks.add(deleteRank, 0, {
            key: object.key,
            action: 'delete',
            reason: excluded ? 'excluded' : 'absent',
            rank: deleteRank,
            bytes: object.size,
            etag: object.etag,
        });
    }
    for (const step of waiting)
        ranks.add(0, 0, step);
    return { waiting, losses, firstLosses, related };
}
function* withUnknownHeaders({ files, prefix, headers }, unchanged) {
    const columns = (0,file_columns/* columnsOf */.PL)(files);
    for (let place = 0; place < columns.length; place++) {
        const key = (prefix + columns.nameAt(place));
        if (unchanged.has(key) && headers.get(key) === undefined)
            yield columns.at(place);
    }
}
/** Content identity: size and MD5, or what stands for it. */
function contentId(size, identity) {
    return `${identity}/${size}`;
}
function contentIdOf({ name, size }, contents) {
    const identity = identityOf(contents.get(name));
    return identity === undefined ? undefined : contentId(size, identity);
}
/**
 * The digest of an object's bytes as far as something proves it: what metadata or a believed index vouches for, an ETag that is
 * an MD5, or one of parts that a file's bytes make too.
 */
function objectContents(input) {
    const composites = new Map();
    const columns = (0,file_columns/* columnsOf */.PL)(input.files);
    for (let place = 0; place < columns.length; place++) {
        // By its MD5, and nothing else is known.
        if ((input.proven?.rowOf(place) ?? UNPROVEN) !== UNPROVEN)
            continue;
        const content = input.contents.get(columns.nameAt(place));
        const identity = identityOf(content);
        if (content === undefined || identity === undefined)
            continue;
        for (const etag of content.etags)
            composites.set(`${etag}/${columns.sizeAt(place)}`, identity);
    }
    return (object) => {
        if (object.size === 0)
            return model_digest/* EMPTY_MD5 */.lQ;
        const vouched = input.vouched.get(object);
        if (vouched !== undefined)
            return vouched;
        const etag = (0,model_digest/* classifyETag */.Q)(object.etag);
        switch (etag.kind) {
            case 'md5':
                return input.undecided?.has(object) === true ? undefined : etag.md5;
            case 'multipart':
                return composites.get(`${object.etag}/${object.size}`);
            case 'opaque':
                return undefined;
        }
    };
}
function sameContent(a, b) {
    return a !== undefined && a === b;
}
function copyable(object) {
    return object.size > 0 && !model_objects/* ARCHIVED_CLASSES */.EF.has(object.storageClass);
}
/** Whether a file is an object of another place that must be restored before it is read. */
function isArchived({ object }) {
    return object !== undefined && model_objects/* ARCHIVED_CLASSES */.EF.has(object.storageClass ?? '');
}
function whyNotRefreshed({ key, size, storageClass }, { aclBound, aclUnknown, attributesUnknown, }) {
    if (model_objects/* ARCHIVED_CLASSES */.EF.has(storageClass) || size > part_sizes/* MAX_COPY_SIZE */.XZ)
        return 'not-copyable';
    if (aclBound.has(key))
        return 'acl';
    if (aclUnknown?.has(key) === true)
        return 'acl-unknown';
    return attributesUnknown?.has(key) === true ? 'attributes-unknown' : undefined;
}
/** A source that stays is better than one that goes at the end; then the smaller key, so that plans repeat. */
function better(candidate, known, isInTree) {
    const stays = isInTree(candidate.key);
    if (stays !== isInTree(known.key))
        return stays;
    return (0,object_key/* compareKeys */.YD)(candidate.key, known.key) < 0;
}
function isDirectoryMarker(name, object, policy) {
    if (object.size !== 0)
        return false;
    return name === '' || (name.endsWith('/') && policy.hasDirectory(name.slice(0, -1)));
}
function uploadReason(object, file, content, contentOf) {
    if (object === undefined)
        return 'new';
    if (object.size !== file.size)
        return 'changed';
    // An ETag of parts that stands for a content says of no other one that it is not the same.
    return content?.md5 !== undefined && isMd5(contentOf(object)) ? 'changed' : 'content-unknown';
}
function isMd5(identity) {
    return identity !== undefined && (0,model_digest/* classifyETag */.Q)(identity).kind === 'md5';
}
/** A source that is overwritten late needs staging less often; then the smaller key. */
function later(candidate, known, ranks) {
    const difference = ranks.get(candidate.key) - ranks.get(known.key);
    return difference === 0 ? (0,object_key/* compareKeys */.YD)(candidate.key, known.key) < 0 : difference > 0;
}
function copySource(from) {
    if ('key' in from)
        return { kind: 'published', key: from.key };
    if ('first' in from) {
        const { first, name } = from;
        return {
            kind: 'first',
            key: first.keyOf(name),
            ...(first.bucket === undefined ? {} : { bucket: first.bucket }),
        };
    }
    const { key, etag, size, bucket } = from.object;
    return { kind: 'object', key, etag, size, ...(bucket === undefined ? {} : { bucket }) };
}
class Counter {
    #files = 0;
    #bytes = 0;
    add(bytes) {
        this.#files++;
        this.#bytes += bytes;
    }
    count() {
        return { files: this.#files, bytes: this.#bytes };
    }
}
class RankBuilder {
    #ranks;
    #required;
    constructor(names, stagingRequired) {
        this.#ranks = names.map((name) => ({ name, staged: [], phases: [] }));
        this.#required = stagingRequired;
    }
    stage(rank, step) {
        this.#ranks[rank].staged.push(step);
    }
    add(rank, phase, step) {
        const { phases } = this.#ranks[rank];
        while (phases.length <= phase)
            phases.push([]);
        phases[phase]?.push(step);
    }
    build() {
        const required = this.#required;
        return this.#ranks.map(({ name, staged, phases }) => {
            const stage = staged.length === 0 ? [] : [{ kind: 'stage', required, steps: staged }];
            const publish = phases.filter((steps) => steps.length > 0);
            return { name, phases: [...stage, ...publish.map((steps) => ({ kind: 'publish', steps }))] };
        });
    }
}

// EXTERNAL MODULE: ./build/src/sync/excludes.js
var sync_excludes = __webpack_require__(9542);
;// CONCATENATED MODULE: ./build/src/sync/ranks.js

/** What pages and other assets refer to, and so goes before them, whatever it is called. */
const ASSET = /\.(m?js|css|map|wasm|woff2?|ttf|otf|eot|png|jpe?g|gif|svg|webp|avif|ico|bmp|mp[34]|webm|og[gv]|pdf)$/i;
const METADATA_BODY = /(^|\/)(repodata|by-hash)\/|(^|\/)(Packages|Sources)[^/]*$|\.narinfo$/;
const REPOMD = /(^|\/)repomd\.xml[^/]*$/;
const ranks_PAGE = /\.(html?|xhtml)$/i;
const FEED = /(^|\/)(sitemap[^/]*\.(xml|txt)(\.gz)?|(feed|rss|atom|appcast)\.(xml|json)|index\.xml|[^/]*\.(rss|atom))$/i;
/** Of pacman, whose repositories have a directory for each architecture. */
const PACMAN = /(^|\/)(x86_64|i[3-6]86|aarch64|armv[67]h|riscv64|loong64|any)\/[^/]+\.(db|files)(\.tar(\.\w+)?)?/;
/** Helm's index, and TUF's snapshot, are among them. OCI's index.json is not: many a page reads data of that name. */
const ENTRY_POINT = new RegExp(String.raw `(^|/)(repomd\.xml|Release|maven-metadata\.xml|(current_)?repodata\.json(\.\w+)?|index\.yaml|(\d+\.)?snapshot\.json)$|${PACMAN.source}$`);
/** TUF's timestamp names its snapshot. */
const REPOSITORY_SIGNATURE = /(^|\/)(repomd\.xml\.[^/]+|Release\.gpg|InRelease|APKINDEX[^/]*|timestamp\.json)$/;
/** What is signed stands before it. A `.gpg` may be a key as well. */
const SIGNATURE = /^(.*[^/])\.(asc|sig|sign|minisig|sigstore(\.json)?|prov)$/i;
const CHECKSUMS_SIGNATURE = /^(.*[^/])\.(asc|sig|sign|minisig|sigstore(\.json)?|gpg)$/i;
const CHECKSUMS = /(^|\/)(((MD5|SHA1|SHA224|SHA256|SHA384|SHA512|B2)SUMS?|CHECKSUMS?|checksums?)[^/]*|[^/]+\.(md5|sha1|sha224|sha256|sha384|sha512)(sums?)?)$/;
const LATEST = /(^|\/)latest([.-][^/]*)?$/i;
const LATEST_METADATA = /\.(ya?ml|json|xml|txt)$/i;
const BELOW_LATEST = /(?:^|\/)latest\/(.*)$/i;
const SERVICE_WORKER = /(^|\/)((sw|service-?worker|firebase-messaging-sw|ngsw-worker|OneSignalSDKWorker)([.-]v?\d+)?(\.min)?\.m?js|ngsw\.json)$/i;
/** What every publish order begins with. */
const FIRST_LINES = [
    { name: 'new keys', matches: (_, isNew) => isNew },
    { name: 'changed keys', matches: (_, isNew) => !isNew },
];
/** What refers, of one place to download from, is published after what it refers to (R1, R14). */
const REFERRING_LINES = [
    { name: 'package metadata', matches: (name) => METADATA_BODY.test(name) && !REPOMD.test(name) },
    { name: 'new pages', matches: (name, isNew) => isNew && ranks_PAGE.test(name) },
    {
        name: 'changed pages, feeds, sitemaps',
        matches: (name, isNew) => (!isNew && ranks_PAGE.test(name)) || FEED.test(name),
    },
    { name: 'signatures', matches: (name) => SIGNATURE.test(name) },
    { name: 'repository entry points', matches: (name) => ENTRY_POINT.test(name) },
    {
        name: 'repository signatures',
        matches: (name) => REPOSITORY_SIGNATURE.test(name) || ENTRY_POINT.test(SIGNATURE.exec(name)?.[1] ?? ''),
    },
    { name: 'checksum files', matches: isChecksums },
    { name: 'checksum signatures', matches: isChecksumsSignature },
];
/** Of files `latest`: what is downloaded, what says which version that is, and what proves both. */
const LATEST_LINES = [
    { name: 'latest pointers', matches: () => true },
    { name: 'latest metadata', matches: (name) => LATEST_METADATA.test(name) },
    { name: 'latest signatures', matches: (name) => SIGNATURE.test(name) },
    { name: 'latest checksums', matches: isChecksums },
    { name: 'latest checksum signatures', matches: isChecksumsSignature },
];
/** What needs no option. A directory `latest` is a pointer to a release, and a place with an order of its own too. */
const BUILT_IN_LINES = [
    ...REFERRING_LINES,
    ...[...FIRST_LINES, ...REFERRING_LINES].map(({ name, matches }) => ({
        name: `latest: ${name}`,
        matches,
        isBelowLatest: true,
    })),
    ...LATEST_LINES.map(({ name: line, matches }) => ({
        name: line,
        matches: (name, isNew) => LATEST.test(name) && !isReferredTo(name) && matches(name, isNew),
    })),
    { name: 'service workers', matches: (name) => SERVICE_WORKER.test(name) },
];
function isChecksums(name) {
    return CHECKSUMS.test(name) && !isReferredTo(name);
}
function isChecksumsSignature(name) {
    return isChecksums(CHECKSUMS_SIGNATURE.exec(name)?.[1] ?? '');
}
function isReferredTo(name) {
    return ASSET.test(name) || ranks_PAGE.test(name);
}
/** Stands in `publish-last` for the built-in lines. */
const DEFAULT_LINES = 'default';
/** @param last lines of `publish-last`: patterns in the gitignore dialect, each a place of its own, and `default` */
function publishOrder(last) {
    const lines = [...FIRST_LINES];
    for (const line of last) {
        if (line === DEFAULT_LINES)
            lines.push(...BUILT_IN_LINES);
        else
            lines.push(patternLine(line));
    }
    return {
        names: [...lines.map(({ name }) => name), 'deletes'],
        rankOf: (name, isNew) => {
            const below = BELOW_LATEST.exec(name)?.[1];
            return lines.findLastIndex(({ matches, isBelowLatest }) => isBelowLatest === true ? below !== undefined && matches(below, isNew) : matches(name, isNew));
        },
        deleteRank: lines.length,
    };
}
function patternLine(pattern) {
    const matches = (0,sync_excludes/* parseExcludes */.T)([pattern]);
    return { name: pattern, matches: (name) => matches?.(name, false) === true };
}

;// CONCATENATED MODULE: ./build/src/sync/read-back.js







/** Where everything is known without reading, or nothing is to be read. */
const NOTHING_READ = { keys: new Set(), failed: [], exits: [] };
/** Of a check that reads nothing. */
const NOTHING_FOUND = { findings: [], failed: [], exits: [] };
/**
 * Reads objects back, whole, and compares their bytes with those that their files have. What `compress` stored is
 * decoded. Memory does not grow with the objects' sizes.
 *
 * @param files those whose keys `md5s` does not have are left out
 * @param md5s of the stored bytes, by key
 */
async function checkBack(files, md5s, request) {
    const findings = [];
    const unread = await readBack(files, md5s, request, 'damaged', (due, { there, wanted }) => {
        if (there !== wanted)
            findings.push(stepOf(due, md5s, request, 'damaged'));
    });
    return { findings, ...unread };
}
/** As `checkBack`, of objects of which S3 does not say what they hold: what each of them and of their files has is told. */
async function readUnknown(files, md5s, request) {
    const read = [];
    const unread = await readBack(files, md5s, request, 'content-unknown', (due, compared) => {
        read.push({ ...due, ...compared });
    });
    return { read, ...unread };
}
function stepOf({ file, object }, md5s, { action }, reason) {
    const { key, etag } = object;
    const md5 = md5s.get(key) ?? model_digest/* EMPTY_MD5 */.lQ;
    const condition = { ifMatch: etag };
    return { key, action, reason, rank: 0, bytes: file.size, file, md5, condition, staged: false };
}
/**
 * A plan with what reading the objects showed besides.
 *
 * @param unread keys of which nothing is known but that they could not be read
 */
function withFindings(plan, steps, unread = []) {
    const found = new Set([...steps.map(({ key }) => key), ...unread]);
    if (found.size === 0)
        return plan;
    const renewed = new Set([...stepsOf(plan)].map(({ key }) => key));
    const counted = steps.filter(({ key }) => !renewed.has(key));
    // What is to be written anew needs no new headers besides.
    const ranks = plan.ranks.map(({ name, phases }, rank) => {
        const kept = phases.map((phase) => phase.kind === 'publish'
            ? { ...phase, steps: phase.steps.filter(({ key }) => !found.has(key)) }
            : phase);
        return { name, phases: rank === 0 ? [...kept, { kind: 'publish', steps }] : kept };
    });
    return {
        ...plan,
        unchanged: {
            files: plan.unchanged.files - counted.length,
            bytes: plan.unchanged.bytes - counted.reduce((sum, { bytes }) => sum + bytes, 0),
        },
        ranks,
    };
}
async function readBack(files, md5s, request, reason, onRead) {
    const { prefix, listing, signal, onProgress } = request;
    const due = [];
    for (const file of files) {
        const object = listing.get((prefix + file.name));
        if (object !== undefined && md5s.has(object.key))
            due.push({ file, object });
    }
    const failed = [];
    const exits = [];
    let done = 0;
    let bytes = 0;
    await (0,model_concurrency/* forEachConcurrent */.C6)(due, request.concurrency, async (one) => {
        signal.throwIfAborted();
        const { key, size } = one.object;
        try {
            onRead(one, await settled(one, md5s.get(key), request));
        }
        catch (cause) {
            signal.throwIfAborted();
            const step = stepOf(one, md5s, request, reason);
            const { code, exit, message } = explain(cause, key);
            exits.push(exit);
            failed.push({
                step,
                outcome: 'failed',
                action: step.action,
                sentBytes: 0,
                error: { code, message },
                ms: 0,
            });
        }
        bytes += size;
        onProgress(++done, bytes);
    });
    return { failed, exits };
}
/** Reads an object. A difference is told once a second reading shows the same: the way to it may damage bytes. */
async function settled(one, known, request) {
    const first = await read_back_compare(one, known, request);
    if (first.there === first.wanted)
        return first;
    const second = await read_back_compare(one, known, request);
    const isSame = second.there === first.there && second.wanted === first.wanted;
    if (isSame || second.there === second.wanted)
        return second;
    const { key } = one.object;
    throw new errors/* SyncError */.S0('wrong-content', errors/* EXIT */.dc.failed, `${key}: two readings gave two contents: the way to it damages what comes; check network and proxy, and run again`);
}
async function read_back_compare({ file, object }, known, request) {
    let there;
    await request.store.get(object, async (body) => {
        there = await digestOf(body, file.encoded?.encoding);
    }, request.signal);
    return { there, wanted: await wantedOf(file, known, request) };
}
/** What the bytes of an object should be. An original that is not what it says itself is no measure. */
async function wantedOf(file, known, { original }) {
    if (file.size === 0)
        return model_digest/* EMPTY_MD5 */.lQ;
    if (original === undefined)
        return file.encoded?.md5 ?? known;
    let read = await original(file);
    if (known !== undefined && known !== read)
        read = await original(file);
    if (known === undefined || known === read)
        return read;
    const what = file.object.key;
    throw new errors/* SyncError */.S0('wrong-content', errors/* EXIT */.dc.failed, `${what}: the source object is damaged: its bytes are not those that its ETag or its metadata names`);
}
/** `undefined`: the bytes are not what the encoding makes. */
async function digestOf(body, encoding) {
    const hash = (0,external_node_crypto_.createHash)('md5');
    const digest = async (chunks) => {
        for await (const chunk of chunks)
            hash.update(chunk);
    };
    try {
        if (encoding === undefined)
            await digest(body);
        else
            await decode(body, encoding, digest);
    }
    catch (error) {
        if (error instanceof WrongContentError)
            return undefined;
        throw error;
    }
    return hash.digest('hex');
}

;// CONCATENATED MODULE: ./build/src/sync/recognise.js














/**
 * Digests of objects whose ETag proves nothing: from an index that may be believed, else by HEAD, and by HEAD only
 * where a file has the object's size and nothing better. First the objects of the files' own keys, then, for files
 * whose content is found nowhere, the others of their size. Rules 2, 3 and 4 of "when is an object equal to a
 * file". A plain ETag that differs is contradicted by nothing but KMS or a customer's key (C7, C15): each large object
 * is asked, and each where the oldest or the newest of the others has such a key.
 */
async function recognise(request) {
    const { prefix, files, digests, listing, concurrency } = request;
    const vouched = new ObjectMap();
    const layouts = new Map();
    const asking = {
        vouched,
        isDenied: false,
        isRefusalTold: false,
        emit: request.emit,
        signal: request.signal,
    };
    const here = new Asker(request.store, asking);
    if (request.trustObjects && request.index !== undefined)
        here.believe(listing.values(), request.index);
    const own = [];
    const columns = (0,file_columns/* columnsOf */.PL)(files);
    const proven = request.proven ?? Proven.none;
    for (let place = 0; place < columns.length; place++) {
        if (proven.rowOf(place) !== UNPROVEN)
            continue;
        const name = columns.nameAt(place);
        const digest = digests.get(name);
        const object = listing.get((prefix + name));
        if (digest === undefined || object === undefined || object.size !== columns.sizeAt(place))
            continue;
        if (vouched.has(object) || proves(object.etag, digest))
            continue;
        if (isMarked(object.etag, digest))
            vouched.set(object, digest.md5);
        else
            own.push({ file: columns.at(place), digest, object });
    }
    // What is large costs more to send than to ask.
    const isWorthHead = ({ size }) => request.askEach === true || (0,part_sizes/* isLarge */.sV)(size);
    await here.ask(own.map(({ object }) => object), concurrency, (object) => here.saysMd5(object) && !isWorthHead(object));
    // C15: an ETag that can be computed is asked before metadata that whoever overwrote the object may have kept.
    const isByMetadata = (one) => here.isProvable(one.object) && vouched.get(one.object) === one.digest.md5 && isDoubtful(one, request);
    await (0,model_concurrency/* forEachConcurrent */.C6)(own, concurrency, async (one) => {
        if (!here.hasEtagAlone(one.object) && !isByMetadata(one))
            return;
        if (!(0,model_objects/* isOnDisk */.L7)(one.file)) {
            if (isByMetadata(one))
                here.doubt(one.object);
            return;
        }
        const found = await layoutOf(one, request.store, request);
        if (found?.isProof === true) {
            layouts.set(one.object.key, (0,digest_index/* formatLayout */.Cu)(found.layout));
            vouched.set(one.object, one.digest.md5);
        }
        else if (found !== undefined && isByMetadata(one)) {
            if (!(await isUniform(one.object, found.layout, request)))
                return;
            if (request.store.compositeETags === 'all')
                here.contradict(one.object);
            else
                here.doubt(one.object);
        }
    });
    const undecided = new ObjectMap();
    for (const { object } of own)
        if (!vouched.has(object) && !here.isOther(object))
            undecided.set(object, true);
    const claims = claimsOf(own, here, request, vouched);
    const { store, further, index: known } = request;
    const places = [
        { asker: here, store, objects: listing.values(), known },
        ...further.map((place) => ({ asker: new Asker(place.store, asking), ...place, known: undefined })),
    ];
    const missing = sizesWithout(request, vouched);
    if (missing.size === 0)
        return { vouched, undecided, layouts };
    for (const place of places)
        await askForCopies(place, missing, claims, request, vouched);
    return { vouched, undecided, layouts };
}
/**
 * Asks for what files can be copied from whose content is found nowhere. Where an ETag could say the content, metadata alone
 * is too little for that (C15), as another writer may have kept it: the index must know the object, or the file make its ETag.
 * What it costs is an upload.
 */
async function askForCopies({ asker, store, objects, known, }, missing, claims, request, vouched) {
    const unknown = [];
    for (const object of objects) {
        const wanted = missing.get(object.size);
        if (wanted === undefined || vouched.has(object) || model_objects/* ARCHIVED_CLASSES */.EF.has(object.storageClass))
            continue;
        if (wanted.some(({ digest }) => proves(object.etag, digest)))
            continue;
        const marked = wanted.find(({ digest }) => isMarked(object.etag, digest));
        const md5 = entryOf(known, object)?.md5;
        if (marked !== undefined)
            vouched.set(object, marked.digest.md5);
        // An index that is not true costs an upload here.
        else if (md5 === undefined || wanted.some(({ digest }) => digest.md5 === md5))
            unknown.push(object);
    }
    // Of uploads of one part that no index knows, only a key that encrypts them makes metadata count: a sample says so.
    const isSampled = (object) => asker.saysMd5(object) || ((0,model_digest/* isOfOnePart */.JK)(object.etag) && entryOf(known, object)?.md5 === undefined);
    await asker.ask(unknown, request.concurrency, isSampled);
    await (0,model_concurrency/* forEachConcurrent */.C6)(unknown, request.concurrency, async (object) => {
        const md5 = vouched.get(object) ?? claims.get(object);
        if (md5 === undefined || !asker.isClaimed(object))
            return;
        const wanted = missing.get(object.size)?.find(({ digest }) => digest.md5 === md5);
        const isProved = entryOf(known, object)?.md5 === md5 ||
            (wanted !== undefined &&
                (0,model_objects/* isOnDisk */.L7)(wanted.file) &&
                (await layoutOf({ ...wanted, object }, store, request))?.isProof === true);
        if (isProved)
            vouched.set(object, md5);
        else
            asker.doubt(object);
    });
}
/** Objects under files' own keys that say they hold another file, and are proved as those under other keys are. */
function claimsOf(own, asker, { digests }, vouched) {
    const claims = new ObjectMap();
    for (const { object, digest } of own) {
        const md5 = vouched.get(object);
        if (md5 !== undefined && md5 !== digest.md5 && asker.isClaimed(object))
            claims.set(object, md5);
    }
    if (claims.size === 0)
        return claims;
    const wanted = new Set();
    for (const { md5 } of digests.values())
        wanted.add(md5);
    for (const [object, md5] of claims)
        if (wanted.has(md5))
            vouched.delete(object);
    return claims;
}
/**
 * Whether metadata alone is too little for an object with a multipart ETag that its file's parts do not make. An ETag under
 * which the index knows the file may be of copied parts; where nobody knows what ETags are made of, only one that
 * the index does not have tells that another writer was there, who may have kept the metadata.
 */
function isDoubtful({ file, digest, object }, { store, index }) {
    const known = entryOf(index, object);
    const isOther = known === undefined && index?.objects.has(object.key) === true;
    // Of bytes that lie in S3 alone nobody can compute it: without metadata each run would send them.
    if (!(0,model_objects/* isOnDisk */.L7)(file))
        return isOther;
    switch (store.compositeETags) {
        case 'all':
            return true;
        case 'uncopied': {
            // An object that is copied by parts has one, as nothing has that other tools cut.
            const isCopied = (0,model_digest/* isOfOnePart */.JK)(object.etag);
            return !isCopied && known?.md5 !== digest.md5;
        }
        case 'unknown':
            return isOther;
    }
}
/** What an index says of an object as it was listed. */
function entryOf(index, { key, etag, size }) {
    const entry = index?.objects.get(key);
    return entry !== undefined && entry.etag === etag && entry.size === size ? entry : undefined;
}
/**
 * The layout of a multipart object as S3 says it of the first part, one HEAD costs less than what it may save, and whether
 * the file has the object's ETag under it, which no usual part size makes. `undefined`: S3 does not say, or its parts are not
 * of one size and are not asked for.
 */
async function layoutOf(own, store, { pool, signal, askParts }) {
    const { digest, object } = own;
    const kind = (0,model_digest/* classifyETag */.Q)(object.etag);
    if (kind.kind !== 'multipart')
        return undefined;
    if (kind.parts === 1) {
        const isProof = object.etag === (0,model_digest/* multipartETag */.Eq)([digest.md5]);
        return { layout: (0,digest_index/* uniformLayout */.Ng)(object.size, object.size), isProof };
    }
    signal.throwIfAborted();
    const even = await layoutByFirstPart(store, object, signal);
    if (even === undefined)
        return undefined;
    const isEven = (0,digest_index/* layoutParts */.db)(even) === kind.parts;
    // The digests of parts of the usual sizes are known to be others.
    if (isEven && (0,part_sizes/* candidatePartSizes */.xF)(object.size, kind.parts).includes(even[0].size))
        return { layout: even, isProof: false };
    const found = isEven ? await underLayout(own, even, pool) : undefined;
    // One HEAD for each 5 MiB, as S3 takes no smaller parts.
    const areFew = kind.parts <= Math.ceil(object.size / part_sizes/* LEAST_PART */.u1);
    if (found?.isProof === true || askParts !== true || !areFew)
        return found;
    const each = await layoutByEachPart(store, object, kind.parts, signal);
    if (each === undefined || (0,digest_index/* formatLayout */.Cu)(each) === (0,digest_index/* formatLayout */.Cu)(even))
        return found;
    return underLayout(own, each, pool);
}
/** `undefined`: it is another file by now, and then it is sent as it is. */
async function underLayout({ file, digest, object }, layout, pool) {
    try {
        const { md5, etags } = await pool.digest({ file, layouts: [layout] }, file.size);
        return md5 === digest.md5 ? { layout, isProof: etags.includes(object.etag) } : undefined;
    }
    catch (error) {
        if (error instanceof FileChangedError)
            return undefined;
        throw beforeFirstWrite(error, file);
    }
}
/**
 * Whether an object has the parts of a layout of one size, by S3's word for each but the first. Others can be as many, and
 * end alike: those of an image that was edited do.
 */
async function isUniform({ key, etag }, layout, { store, signal }) {
    let isSo = true;
    const others = [...(0,digest_index/* partsOf */.CI)(layout)].map(({ size }, i) => ({ size, number: i + 1 })).slice(1);
    await (0,model_concurrency/* forEachConcurrent */.C6)(others, PARTS_ASKED_AT_ONCE, async ({ size, number }) => {
        if (isSo && (await store.partSize(key, etag, number, signal)) !== size)
            isSo = false;
    });
    return isSo;
}
/** Digests of the files whose content no object is known to have, by size. */
function sizesWithout(request, vouched) {
    const { prefix, files, digests, listing, further, copyMinSize } = request;
    const has = (object, digest) => !model_objects/* ARCHIVED_CLASSES */.EF.has(object.storageClass) &&
        (vouched.has(object) ? vouched.get(object) === digest.md5 : proves(object.etag, digest));
    const wanted = new Map();
    const columns = (0,file_columns/* columnsOf */.PL)(files);
    const proven = uncontradicted(request.proven, vouched);
    for (let place = 0; place < columns.length; place++) {
        const size = columns.sizeAt(place);
        if (size === 0 || size < copyMinSize || proven.rowOf(place) !== UNPROVEN)
            continue;
        const name = columns.nameAt(place);
        const digest = digests.get(name);
        if (digest === undefined)
            continue;
        const own = listing.get((prefix + name));
        if (own?.size === size && has(own, digest))
            continue;
        const ofSize = wanted.get(size) ?? new Map();
        wanted.set(size, ofSize);
        ofSize.set(digest.md5, { file: columns.at(place), digest });
    }
    if (wanted.size === 0)
        return new Map();
    const found = (object) => {
        const ofSize = wanted.get(object.size);
        if (ofSize === undefined || model_objects/* ARCHIVED_CLASSES */.EF.has(object.storageClass))
            return;
        const md5 = vouched.get(object);
        if (md5 !== undefined)
            ofSize.delete(md5);
        else
            ofSize.delete(object.etag);
        if ((0,model_digest/* classifyETag */.Q)(object.etag).kind !== 'multipart')
            return;
        for (const { digest } of ofSize.values())
            if (digest.etags.includes(object.etag))
                ofSize.delete(digest.md5);
    };
    for (const object of listing.values())
        found(object);
    for (const { objects } of further)
        for (const object of objects)
            found(object);
    const left = new Map();
    for (const [size, ofSize] of wanted)
        if (ofSize.size > 0)
            left.set(size, [...ofSize.values()]);
    return left;
}
function proves(etag, digest) {
    return etag === digest.md5 || digest.etags.includes(etag);
}
/** Whether an ETag is the MD5 as MinIO marks it where it compresses an object. */
function isMarked(etag, { md5 }) {
    return etag === `${md5}-1`;
}
/** Asks one place about its objects. */
class Asker {
    #store;
    #asking;
    #told = new ObjectMap();
    /** Lines that contradict a plain ETag: they know more than it under KMS alone, which one HEAD must say first. */
    #underKms = new ObjectMap();
    #isSampled = false;
    /** A plain ETag turned out to be no MD5. */
    #hasKms = false;
    /** Or S3 does not say whether it is one: a sample says nothing of the others then. */
    #isMixed = false;
    constructor(store, asking) {
        this.#store = store;
        this.#asking = asking;
    }
    believe(objects, index) {
        for (const object of objects) {
            const entry = index.objects.get(object.key);
            if (entry?.md5 === undefined || entry.etag !== object.etag || entry.size !== object.size)
                continue;
            if (!recognise_isPlain(object))
                this.#asking.vouched.set(object, entry.md5);
            else if (object.etag !== entry.md5)
                this.#underKms.set(object, entry.md5);
        }
    }
    /**
     * Objects whose ETags do not say what they would have to.
     *
     * @param isSampled of those of that kind a sample says whether they are asked
     */
    async ask(objects, concurrency, isSampled) {
        const { vouched } = this.#asking;
        const due = [];
        const alike = [];
        for (const object of objects) {
            if (this.#told.has(object))
                continue;
            (isSampled(object) || this.#underKms.has(object) ? alike : due).push(object);
        }
        if (!this.#isSampled) {
            const [line] = this.#underKms;
            const sample = alike.length > 0 ? sampleOf(alike) : line === undefined ? [] : [line[0]];
            this.#isSampled = sample.length > 0;
            due.push(...sample);
        }
        const learn = (object) => this.#learn(object);
        await (0,model_concurrency/* forEachConcurrent */.C6)(due, concurrency, learn);
        if (this.#hasKms)
            for (const [object, md5] of this.#underKms)
                vouched.set(object, md5);
        if (!this.#isMixed)
            return;
        const left = alike.filter((object) => !this.#told.has(object) && !vouched.has(object));
        await (0,model_concurrency/* forEachConcurrent */.C6)(left, concurrency, learn);
    }
    /** Whether an object's ETag says its MD5 where nothing encrypts it: no metadata contradicts that. */
    saysMd5(object) {
        return recognise_isPlain(object) || (this.#store.compositeETags === 'all' && (0,model_digest/* isOfOnePart */.JK)(object.etag));
    }
    /** Whether S3 was asked about an object, and knows no more of its content than an ETag made of MD5s. */
    hasEtagAlone(object) {
        return this.#told.get(object) === 'etag-proves';
    }
    /** Whether nothing encrypts an object that metadata vouches for: its ETag could say that it is another. */
    isProvable(object) {
        return this.#told.get(object) === 'metadata-beside-etag';
    }
    /** Whether that ETag is one of parts, which their digests could make. */
    isClaimed(object) {
        return this.isProvable(object) && (0,model_digest/* classifyETag */.Q)(object.etag).kind === 'multipart';
    }
    /** What its metadata says of an object is not true. */
    contradict(object) {
        this.#told.set(object, 'another');
        this.#asking.vouched.delete(object);
    }
    /** What its metadata says of an object may not be true. */
    doubt(object) {
        this.#told.set(object, 'nothing');
        this.#asking.vouched.delete(object);
    }
    /** Whether an object whose ETag is not a file's is another content, by all that is known. */
    isOther(object) {
        const told = this.#told.get(object);
        if (told === undefined)
            return !this.#asking.isDenied;
        return told === 'gone' || told === 'another' || (told === 'etag-proves' && this.saysMd5(object));
    }
    async #learn(object) {
        this.#told.set(object, 'nothing');
        if (this.#asking.isDenied)
            return;
        const told = await this.#ask(object);
        this.#told.set(object, told);
        const isOpaque = told === 'metadata' || told === 'nothing';
        if (isOpaque && (recognise_isPlain(object) || (0,model_digest/* isOfOnePart */.JK)(object.etag)))
            this.#isMixed = true;
    }
    /** Learns what metadata vouches for. */
    async #ask(object) {
        let head;
        try {
            head = await this.#store.head(object.key, this.#asking.signal);
        }
        catch (error) {
            this.#leaveUnsaid(error, object);
            return 'nothing';
        }
        // The write's own condition will say so.
        if (head === undefined || head.etag !== object.etag)
            return 'gone';
        const proves = (0,object_store/* etagsProve */.PF)(head.encryption);
        if (proves && this.saysMd5(object))
            return 'etag-proves';
        if (!proves && recognise_isPlain(object))
            this.#hasKms = true;
        const md5 = (0,model_headers/* metadataMd5 */.SG)(head.metadata);
        if (md5 === undefined)
            return proves ? 'etag-proves' : 'nothing';
        this.#asking.vouched.set(object, md5);
        return proves ? 'metadata-beside-etag' : 'metadata';
    }
    /** What S3 does not say is unknown, and is sent: of this object where it has a customer's key, of all where it is denied. */
    #leaveUnsaid(error, { key }) {
        if (!(0,object_store/* isDeniedOrRejected */.Re)(error))
            throw error;
        const isDenied = error.kind === 'denied';
        const isTold = isDenied ? this.#asking.isDenied : this.#asking.isRefusalTold;
        if (isDenied)
            this.#asking.isDenied = true;
        else
            this.#asking.isRefusalTold = true;
        if (isTold)
            return;
        const message = isDenied
            ? `${explain(error, key).message}: nothing more is asked, and what may be unchanged is sent`
            : `${key}: S3 refused HeadObject (${error.code}), as it does where a customer key (SSE-C) encrypts the object: it may be unchanged, and is sent, as is any other one that is refused`;
        this.#asking.emit({ type: 'message', level: 'notice', message });
    }
}
function recognise_isPlain({ etag }) {
    return (0,model_digest/* classifyETag */.Q)(etag).kind === 'md5';
}
/** The oldest and the newest: how a bucket encrypts what it is given changes with time. */
function sampleOf(objects) {
    let oldest = objects[0];
    let newest = oldest;
    for (const object of objects) {
        if (object.lastModified < oldest.lastModified)
            oldest = object;
        if (object.lastModified > newest.lastModified)
            newest = object;
    }
    return oldest === newest ? [oldest] : [oldest, newest];
}

;// CONCATENATED MODULE: ./build/src/sync/remote-files.js








/** Beginnings of files that are read side by side. */
const READ_AT_ONCE = 32;
/** Objects of one ending that are asked whether they are encoded, before it is taken that none is: else they are fetched. */
const ASKED_PER_ENDING = 3;
/** What files a bucket's objects are, as far as their headers say. */
class RemoteFiles {
    /** What HEAD said, by key. */
    heads = new Map();
    /** Names of local files that begin as no encoded ones do. */
    plain = new Set();
    /** Objects that say of themselves that they encode nothing, where the file here leaves it open: it is empty, or begins as encoded ones do. */
    sourceless = new Set();
    #store;
    #frame;
    #asStored;
    constructor({ store, frame, asStored }) {
        this.#store = store;
        this.#frame = frame;
        this.#asStored = asStored;
    }
    /**
     * Objects that are no files of the tree: markers of directories, further names of pages, redirects. With `as-stored`
     * only the markers, which no file can be.
     */
    async withoutExtras({ files, listed }, local, loaded) {
        const names = files.filter(({ name, size }) => !(size === 0 && name.endsWith('/')));
        if (this.#asStored)
            return names;
        // A further name has another ETag than its page where one of them was staged, or KMS encrypts them: their sizes have to do.
        // An empty file here does not say that the object is one: that it is none of these is remembered.
        const believed = fileIndexOf(loaded);
        const isFile = ({ name, object }) => local.get(name)?.size === 0 && knownSource(believed, object) === model_headers/* NO_SOURCE */.ir;
        const due = names.filter((file) => file.size === 0 ? !isFile(file) : listed(`${file.name}.html`)?.size === file.size);
        await this.ask(due);
        const extras = new Set();
        let redirects = 0;
        for (const file of due) {
            const head = this.headOf(file);
            const isRedirect = head?.fields[header_rules/* REDIRECT_HEADER */.Fh] !== undefined;
            if (isRedirect && file.size === 0)
                redirects++;
            if ((isRedirect && file.size === 0) || head?.metadata.has(model_headers/* PAGE_METADATA */.Qm) === true)
                extras.add(file);
            else if (file.size === 0 && head !== undefined)
                this.sourceless.add(file);
        }
        if (extras.size > 0) {
            const pages = extras.size - redirects;
            const what = [
                ...(pages > 0 ? [`${pages} further ${pages === 1 ? 'name' : 'names'} of pages`] : []),
                ...(redirects > 0 ? [`${redirects} ${redirects === 1 ? 'redirect' : 'redirects'}`] : []),
            ].join(' and ');
            this.#frame.notice(`${what} left out, as they are no files of the tree; as-stored takes them too`);
        }
        return extras.size === 0 ? names : names.filter((file) => !extras.has(file));
    }
    /** The files that encoded objects stand for, where there is a file that may be what they encode. */
    async decoded(files, local, loaded) {
        if (this.#asStored)
            return files;
        const believed = fileIndexOf(loaded);
        const sources = new Map();
        const byEnding = new Map();
        const alike = [];
        for (const file of files) {
            const { name, size, object } = file;
            const source = knownSource(believed, object);
            if (source === model_headers/* NO_SOURCE */.ir)
                continue;
            const form = (0,model_headers/* parseSource */.PJ)(source);
            if (form !== undefined) {
                sources.set(file, encodedFile(file, form));
                continue;
            }
            const here = local.get(name);
            // What is encoded is smaller than its source.
            if (here === undefined || size === 0 || size > here.size)
                continue;
            if (size === here.size) {
                const isPlain = believed !== undefined && recallFile(believed, here)?.plain === true;
                if (isPlain)
                    this.plain.add(name);
                else
                    alike.push({ file, here });
                continue;
            }
            const ending = endingOf(name);
            const some = byEnding.get(ending);
            if (some === undefined)
                byEnding.set(ending, [file]);
            else
                some.push(file);
        }
        const isEncoded = (file) => {
            const head = this.headOf(file);
            const form = head === undefined ? undefined : (0,model_headers/* storedSource */.HK)(head);
            if (form === undefined)
                return false;
            sources.set(file, encodedFile(file, form));
            return true;
        };
        // Each is asked: one that nobody asked would keep its stored bytes for good.
        const maybeStored = await this.#beginEncoded(alike);
        await this.ask(maybeStored);
        for (const file of maybeStored) {
            if (!isEncoded(file) && this.headOf(file) !== undefined)
                this.sourceless.add(file);
        }
        for (const some of byEnding.values()) {
            const first = some.slice(0, ASKED_PER_ENDING);
            await this.ask(first);
            const rest = some.slice(ASKED_PER_ENDING);
            if (first.filter(isEncoded).length === 0)
                continue;
            await this.ask(rest);
            rest.forEach(isEncoded);
        }
        return sources.size === 0 ? files : files.map((file) => sources.get(file) ?? file);
    }
    /** Those whose files here begin as encoded ones do. */
    async #beginEncoded(all) {
        const inPlace = new in_place/* InPlace */.B(in_place/* QUICK_CALLS */.g);
        const encoded = new Set();
        await (0,model_concurrency/* forEachConcurrent */.C6)(all, READ_AT_ONCE, async ({ file, here }) => {
            this.#frame.signal.throwIfAborted();
            try {
                const look = () => looksEncodedInPlace(here.path);
                if (await inPlace.call(look, () => looksEncoded(here.path), BEGINNING_CALLS))
                    encoded.add(file);
                else
                    this.plain.add(file.name);
            }
            catch (error) {
                throw beforeFirstWrite(error, here);
            }
            this.#frame.moved();
        });
        return [...encoded];
    }
    /** Asks for the headers of objects, each once. */
    async ask(files) {
        const store = this.#store;
        const due = files.filter((file) => this.headOf(file) === undefined);
        await (0,model_concurrency/* forEachConcurrent */.C6)(due, () => store.inFlight, async ({ object }) => {
            this.#frame.signal.throwIfAborted();
            const head = await store.head(object.key, this.#frame.signal);
            this.#frame.moved();
            // Gone or replaced since the listing: the fetch will say so.
            if (head !== undefined && head.etag === object.etag)
                this.heads.set(object.key, head);
        });
    }
    headOf({ object }) {
        return this.heads.get(object.key);
    }
    /** Files that have their bytes, and not the mode and time that their objects say. */
    async changedAttributes(files, { unchanged }, local) {
        const due = files.filter(({ name }) => unchanged.has(name));
        await this.ask(due);
        const changed = [];
        for (const file of due) {
            const head = this.headOf(file);
            const here = local.get(file.name);
            if (head === undefined || here === undefined)
                continue;
            if (!agrees(here, (0,model_headers/* fileAttributes */.iR)(head.metadata)))
                changed.push(file.name);
        }
        return changed;
    }
}
/** Names without one have one in common. */
function endingOf(name) {
    const base = name.slice(name.lastIndexOf('/') + 1);
    const dot = base.lastIndexOf('.');
    return dot < 0 ? '' : base.slice(dot + 1);
}
function encodedFile(file, form) {
    const { md5, size, encoding } = form;
    return { ...file, size, encoded: { encoding, md5, source: { ...file, size } } };
}
/** What an index says that an object encodes, while it is dated as it was then: metadata changes without the ETag, not without the time. */
function knownSource(index, { key, etag, lastModified }) {
    const known = index?.objects.get(key);
    return known?.etag === etag && known.modified === lastModified ? known.source : undefined;
}

// EXTERNAL MODULE: ./build/src/sync/walk.js + 5 modules
var walk = __webpack_require__(4743);
;// CONCATENATED MODULE: ./build/src/sync/remote-tree.js





/**
 * @param listing of the source, without our own objects
 * @param isObject whether there is such an object by now, whatever was listed
 */
function remoteTree(listing, prefix, options, isObject) {
    const { excluded, unusedExcludes, used } = (0,walk/* exclusion */.L)(options);
    // The marker of the prefix itself; index and lock of another destination, which belong to that place alone.
    const isFile = (name) => name !== '' && !name.includes(`/${object_key/* OWN_DIRECTORY */.Nt}`) && !excluded(name);
    const files = [];
    const objects = new Map();
    const directories = new Set();
    for (const object of listing.values()) {
        const name = object.key.slice(prefix.length);
        if (!isFile(name))
            continue;
        objects.set(name, object);
        files.push(remoteFile(name, object));
        for (let slash = name.indexOf('/'); slash !== -1; slash = name.indexOf('/', slash + 1))
            directories.add(name.slice(0, slash));
    }
    files.sort((a, b) => (0,object_key/* compareKeys */.YD)(a.name, b.name));
    const excludedBy = files.length === 0 ? [...used] : [];
    return {
        root: '',
        files,
        excludedBy,
        objects,
        listed: (name) => listing.get((prefix + name)),
        excluded,
        skipped: () => false,
        hasDirectory: (name) => directories.has(name),
        isThere: async (name) => {
            const key = (0,object_key/* joinKey */.ID)(prefix, name);
            // What was listed and yet goes, as a further name of a page does, was not overlooked.
            return key !== undefined && isFile(name) && !objects.has(name) && isObject(key);
        },
        warnings: [],
        missing: [],
        patternsWithoutMatch: [],
        unusedExcludes,
    };
}
/** Looks for objects one by one, past the listing that a plan was made of. */
function lookingFor(store, prefix, signal) {
    let again;
    return async (key) => {
        if (again === undefined) {
            const head = await store.head(key, signal).then((found) => found !== undefined, object_store/* unlessRefused */.J0);
            // Some servers answer HEAD for every directory, and for those that were.
            if (head === false || (head === true && !key.endsWith('/')))
                return head;
        }
        // Who may list below a prefix alone is refused a key that does not exist, as is a name that a server does not take.
        again ??= listAll(store, prefix, () => undefined, signal);
        return (await again).has(key);
    };
}
function remoteFile(name, object) {
    // Spread first, NO_FILE takes ten times as long.
    return { name, size: object.size, object, ...model_objects/* NO_FILE */.tW };
}

;// CONCATENATED MODULE: ./build/src/sync/site.js








const site_PAGE = /^(.*[^/])\.html$/;
/** A directory's own page: readers find it under the directory. */
const INDEX_PAGE = /(^|\/)index\.html$/;
/**
 * The tree without the files that say how to publish it and those that the run itself writes, under whatever names and
 * links they lie there. Nor are they there by now: their objects, of runs for which they were files like any other, go.
 */
async function withoutOwnFiles(tree, { unpublished }) {
    if (unpublished.size === 0)
        return tree;
    const { root, files } = tree;
    const isOwn = await isAmong(unpublished);
    const isThere = async (name) => {
        if (!(await tree.isThere(name)))
            return false;
        // Looked at anew: the run replaces some, and makes those that were not there.
        const [file, isOwnByNow] = [await fileAt((0,external_node_path_.join)(root, name)), await isAmong(unpublished)];
        return file === undefined || !isOwnByNow(file);
    };
    // Most trees have none, and may have a million files.
    if (!some(files, isOwn))
        return { ...tree, isThere };
    return { ...tree, files: [...files].filter((file) => !isOwn(file)), isThere };
}
/** Whether a file is one of those that lie at `paths`. */
async function isAmong(paths) {
    const own = new Set();
    for (const path of paths) {
        const file = await fileAt(path);
        if (file !== undefined)
            own.add(file.real).add((0,file_id/* fileId */.q)(file));
    }
    return (file) => own.has(file.real) || (file.nlink > 1 && own.has((0,file_id/* fileId */.q)(file)));
}
/** `undefined`: it is not there, and so it is no file of the tree. */
async function fileAt(path) {
    try {
        const real = await (0,promises_.realpath)(path);
        return { real, ...(0,lstat/* statFields */.q)(await (0,promises_.stat)(real, { bigint: true })) };
    }
    catch {
        return undefined;
    }
}
function some(all, is) {
    for (const one of all)
        if (is(one))
            return true;
    return false;
}
/** Files that site builders write for other hosts, and that are published as they are unless an input names them. */
const RULE_FILES = new Map([
    ['_headers', 'headers-file'],
    ['_redirects', 'redirects-file'],
]);
/** One line each. */
function unusedRules(tree) {
    const lines = [];
    for (const name of (0,file_columns/* namesOf */.eZ)(tree.files)) {
        const input = RULE_FILES.get(name);
        if (input === undefined)
            continue;
        lines.push(`${name} is published as a file like any other; ${input} would apply its rules instead`);
    }
    return lines;
}
/**
 * The tree with what a website has besides its files: pages under their names without `.html`, and objects that
 * redirect. A key that is excluded, or that the walk left alone, is neither. The further name of a page that is excluded or left
 * alone is protected like the page.
 *
 * @param prefix where the site lies in its bucket
 */
function withSite(tree, { cleanUrls, redirects }, prefix) {
    if (tree.files.length === 0 || (!cleanUrls && redirects.length === 0))
        return tree;
    const names = new Set();
    for (const name of (0,file_columns/* namesOf */.eZ)(tree.files))
        names.add(name);
    const warnings = [...tree.warnings];
    const added = [];
    for (const redirect of redirects) {
        refuseTaken(redirect, names);
        const why = whyLeftAlone(tree, redirect.name);
        if (why !== undefined) {
            const text = `redirects-file line ${redirect.line}: ${redirect.name} ${why}, and its object is left as it is`;
            warnings.push(text);
            continue;
        }
        names.add(redirect.name);
        added.push(redirectFile(redirect, prefix));
    }
    const kept = [];
    for (const file of cleanUrls ? tree.files : []) {
        const name = site_PAGE.exec(file.name)?.[1];
        if (name === undefined || INDEX_PAGE.test(file.name) || tree.excluded(name))
            continue;
        if (names.has(name) || tree.skipped(name))
            kept.push(name);
        else
            added.push({ ...file, name, page: file.name });
    }
    const [first] = kept;
    if (first !== undefined) {
        const more = kept.length > 1 ? ` and ${kept.length - 1} more` : '';
        warnings.push(`clean-urls: ${first}${more} is there already, and is not replaced by ${first}.html`);
    }
    const files = [...tree.files, ...added].sort((a, b) => (0,object_key/* compareKeys */.YD)(a.name, b.name));
    return { ...tree, ...(cleanUrls ? protection(tree) : {}), warnings, files };
}
function protection({ excluded, skipped }) {
    return { excluded: withFurtherNames(excluded), skipped: withFurtherNames(skipped) };
}
/** What is protected, and the further names that `clean-urls` gives to its pages. */
function withFurtherNames(isProtected) {
    return (name) => {
        if (isProtected(name))
            return true;
        const page = `${name}.html`;
        return site_PAGE.test(page) && !INDEX_PAGE.test(page) && isProtected(page);
    };
}
function whyLeftAlone({ excluded, skipped }, name) {
    if (excluded(name))
        return 'is excluded';
    return skipped(name) ? 'is, or lies behind, a link or a special file that is not published' : undefined;
}
/** One object has one content: a file and a redirect under one key cannot both be meant. */
function refuseTaken({ name, line }, names) {
    const own = name.startsWith(object_key/* OWN_DIRECTORY */.Nt);
    if (!own && !names.has(name))
        return;
    const why = own
        ? `${object_key/* OWN_DIRECTORY */.Nt} is ours`
        : 'the tree has a file of this name, and one object cannot be both';
    throw (0,errors/* usageError */.Wp)(`redirects-file line ${line}: ${name} cannot redirect: ${why}; nothing was written`);
}
/** S3 reads a path from the root of the bucket's website, and whoever writes the rules from that of the site. */
function locationOf(target, prefix) {
    return isPath(target) ? `/${encoded(prefix)}${target.slice(1)}` : target;
}
/** Where the copy of an object that redirects leads: below its own prefix, where the object leads below its. */
function movedLocation(location, from, to) {
    if (from === to || !isPath(location))
        return location;
    // Other tools may have written it as it is.
    const root = [encoded(from), from].find((start) => location.startsWith(`/${start}`));
    return root === undefined ? location : locationOf(location.slice(root.length), to);
}
function isPath(target) {
    return target.startsWith('/') && !target.startsWith('//');
}
function encoded(prefix) {
    return prefix.split('/').map(encodeURIComponent).join('/');
}
/** No bytes, and no file on the disk. It is published with the pages, after what it leads to. */
function redirectFile({ name, target }, prefix) {
    return {
        ...model_objects/* NO_FILE */.tW,
        name,
        page: name.endsWith('.html') ? name : `${name}.html`,
        redirect: locationOf(target, prefix),
        size: 0,
    };
}

;// CONCATENATED MODULE: ./build/src/sync/retain.js






/** What `retain` never lets go. Names are those below the prefix. */
class Retained {
    #lines;
    #cleanUrls;
    #used = new Set();
    keeps;
    /** @param cleanUrls whether the further names of pages stay with them */
    constructor(lines, cleanUrls = false) {
        this.#lines = lines;
        this.#cleanUrls = cleanUrls;
        this.keeps = this.#keptBy(lines, this.#used);
    }
    /** @param used lines that keep something are added to it */
    #keptBy(lines, used) {
        const excludes = (0,sync_excludes/* parseExcludes */.T)(lines, used);
        if (excludes === undefined)
            return () => false;
        const keeps = (name) => excludes(name, false);
        return this.#cleanUrls ? withFurtherNames(keeps) : keeps;
    }
    /** Refuses deletes of what a line was to keep that nothing matches: it can only have been meant otherwise. */
    guard(plan, context) {
        const meant = new Map();
        for (const line of (0,unused_excludes/* unusedLines */.i3)(this.#lines, this.#used)) {
            const patterns = (0,unused_excludes/* slipOf */.Kj)(line, judging(context));
            if (patterns !== undefined)
                meant.set(line, patterns);
        }
        if (meant.size === 0)
            return;
        for (const line of matched([...meant.keys()], context))
            meant.delete(line);
        const needed = new Set();
        const keeps = this.#keptBy(this.#lines.flatMap((line) => meant.get(line) ?? [line]), needed);
        const lost = [];
        for (const key of leavingKeys(plan))
            if (keeps(key.slice(context.prefix.length)))
                lost.push(key);
        if (lost.length === 0)
            return;
        const wrong = [...meant].filter(([, patterns]) => patterns.some((pattern) => needed.has(pattern)));
        const given = wrong.map(([line, patterns]) => (0,unused_excludes/* withAdvice */.b5)(line, patterns));
        throw (0,errors/* refusal */.x5)('pattern-without-match', `retain: nothing is kept back by ${(0,walk_findings/* listed */.KE)(given)}, and what it was to keep would be deleted (${(0,walk_findings/* listed */.KE)(lost)}): nothing was written or deleted; correct the line, or take it out`);
    }
    /** Tells of lines that keep nothing, where something is deleted. Asked for once the plan has asked for each key. */
    tell({ deletions }, context, frame) {
        if (deletions === 0)
            return;
        const unused = (0,unused_excludes/* unusedExcludes */.UD)(this.#lines, this.#used);
        if (unused.length === 0)
            return;
        // What the tree has too is kept anyway.
        const others = matched(unused.filter((line) => (0,unused_excludes/* firstName */.u$)(line) !== undefined), context);
        const told = unused.filter((line) => !others.has(line));
        frame.tellUnused('retain', told, { ...judging(context), deletes: true });
    }
}
/** A directory that lies there alone makes a line mean what it says too. */
function judging(context) {
    const { places, hasDirectory } = context;
    return { places, hasDirectory: (name) => hasDirectory(name) || hasBelow(name, context) };
}
function hasBelow(name, { listing, prefix }) {
    const directory = `${prefix}${name}/`;
    for (const key of listing.keys())
        if (key.startsWith(directory))
            return true;
    return false;
}
/** Lines that match something that lies there. */
function matched(lines, { listing, prefix }) {
    const found = new Set();
    const matches = (0,sync_excludes/* parseExcludes */.T)(lines, found);
    if (matches === undefined)
        return found;
    // A comparison with wildcards takes 15 µs: of keys below other names none is needed.
    const starts = lines.map((line) => prefix + ((0,unused_excludes/* firstName */.u$)(line)?.replace(/\\.*/, '') ?? ''));
    for (const key of listing.keys()) {
        if (starts.some((start) => key.startsWith(start)))
            matches(key.slice(prefix.length), false);
        if (found.size === lines.length)
            break;
    }
    return found;
}

// EXTERNAL MODULE: external "node:events"
var external_node_events_ = __webpack_require__(8474);
// EXTERNAL MODULE: ./build/src/model/report.js
var report = __webpack_require__(8205);
// EXTERNAL MODULE: ./build/src/model/secrets.js
var secrets = __webpack_require__(2166);
// EXTERNAL MODULE: external "node:os"
var external_node_os_ = __webpack_require__(8161);
// EXTERNAL MODULE: external "node:worker_threads"
var external_node_worker_threads_ = __webpack_require__(5919);
// EXTERNAL MODULE: external "node:stream"
var external_node_stream_ = __webpack_require__(7075);
;// CONCATENATED MODULE: ./build/src/sync/encode-file.js









/** What is not a tenth smaller is not worth a decoder's time. */
const PAYS = 0.9;
/** Up to this a file is read and encoded in one piece. Bytes. */
const AT_ONCE = 16 * 1024 * 1024;
/** Above this the best Brotli quality takes seconds (0.5 MB/s); 9 takes a tenth and gives a few per cent more. Bytes. */
const BEST_BROTLI = 1024 * 1024;
const gzipped = (0,external_node_util_.promisify)(external_node_zlib_.gzip);
const brotlied = (0,external_node_util_.promisify)(external_node_zlib_.brotliCompress);
/**
 * Encodes a file and digests it in the same pass. Rejects with FileChangedError when the file is not what its stat
 * said before and after. `onBytes` is told of every chunk that was read.
 */
async function encodeFile(job, onBytes) {
    const { file, to } = job;
    const { md5, stored } = await withOpenFile(file, (handle) => file.size <= AT_ONCE ? encodeAtOnce(job, handle, onBytes) : encodeStream(job, handle, onBytes));
    if (stored === undefined)
        return { md5 };
    const { size, mtimeNs, ctimeNs, dev, ino, nlink, mode } = await (0,promises_.stat)(to, { bigint: true });
    const times = { mtimeNs, ctimeNs, dev, ino };
    return {
        md5,
        stored: { md5: stored, stat: { ...times, size: Number(size), nlink: Number(nlink), mode: Number(mode) } },
    };
}
async function encodeAtOnce({ file, encoding, to, always }, handle, onBytes) {
    const bytes = Buffer.allocUnsafe(file.size);
    await readRange(handle, 0, bytes);
    onBytes(bytes.length);
    const md5 = (0,model_digest/* md5Of */.iF)(bytes);
    const encoded = encoding === 'gzip' ? await gzipped(bytes, GZIP) : await brotlied(bytes, brotliOptions(file.size));
    if (always !== true && encoded.length > file.size * PAYS)
        return { md5 };
    await (0,promises_.writeFile)(to, encoded, { mode: 0o600 });
    return { md5, stored: (0,model_digest/* md5Of */.iF)(encoded) };
}
async function encodeStream({ file, encoding, to, always }, handle, onBytes) {
    const hash = (0,external_node_crypto_.createHash)('md5');
    let read = 0;
    const writtenHash = (0,external_node_crypto_.createHash)('md5');
    let written = 0;
    const digest = new external_node_stream_.Transform({
        transform(chunk, _encoding, done) {
            hash.update(chunk);
            read += chunk.length;
            onBytes(chunk.length);
            done(null, chunk);
        },
    });
    const count = new external_node_stream_.Transform({
        transform(chunk, _encoding, done) {
            written += chunk.length;
            writtenHash.update(chunk);
            done(null, chunk);
        },
    });
    await (0,external_node_stream_promises_.pipeline)(handle.createReadStream({ start: 0, highWaterMark: 1024 * 1024, autoClose: false }), digest, encoding === 'gzip' ? (0,external_node_zlib_.createGzip)(GZIP) : (0,external_node_zlib_.createBrotliCompress)(brotliOptions(file.size)), count, (0,external_node_fs_.createWriteStream)(to, { mode: 0o600 }));
    if (read !== file.size)
        throw new FileChangedError('it changed while it was read');
    const md5 = hash.digest('hex');
    if (always === true || written <= file.size * PAYS) {
        return { md5, stored: writtenHash.digest('hex') };
    }
    // Emptied at once: the directory goes at the end of the run.
    await (await (0,promises_.open)(to, 'w')).close();
    return { md5 };
}
const GZIP = { level: 9 };
function brotliOptions(size) {
    return {
        params: {
            [external_node_zlib_.constants.BROTLI_PARAM_MODE]: external_node_zlib_.constants.BROTLI_MODE_TEXT,
            [external_node_zlib_.constants.BROTLI_PARAM_QUALITY]: size <= BEST_BROTLI ? 11 : 9,
            [external_node_zlib_.constants.BROTLI_PARAM_SIZE_HINT]: size,
        },
    };
}

;// CONCATENATED MODULE: ./build/src/sync/digest-jobs.js



/**
 * Everything but encoding is done when it returns.
 *
 * @param onBytes told of what was read, as it is
 */
function perform(job, onBytes, scratch) {
    if ('bytes' in job)
        return (0,model_digest/* md5Of */.iF)(job.bytes);
    if ('growing' in job)
        return digestNext(job, onBytes, scratch);
    if ('encoding' in job)
        return encodeFile(job, onBytes);
    if ('unit' in job)
        return chunkFile(job, onBytes, scratch);
    if ('region' in job)
        return digestRegion(job, onBytes, scratch);
    if ('what' in job)
        return job.what === 'whole' ? digestWhole(job, onBytes, scratch) : digestParts(job, onBytes, scratch);
    return digestFile(job, onBytes, scratch);
}

;// CONCATENATED MODULE: ./build/src/sync/growing-digest.js
/** Digested at a time: a thread that is behind must come to its other work. Bytes. */
const STEP = 32 * 1024 * 1024;
/** The MD5 of a file that is being written, made by one thread as far as the beginning of the file is there. */
class GrowingDigest {
    #path;
    #number;
    #send;
    #onEnd;
    #upTo = 0;
    #done = 0;
    #step;
    /** It failed, or nobody wants it any more. */
    #isOver = false;
    /** @param number no other one in the same thread has it */
    constructor(path, number, send, onEnd) {
        this.#path = path;
        this.#number = number;
        this.#send = send;
        this.#onEnd = onEnd;
    }
    /** So many bytes from its beginning on are written, and will not be written again. */
    advance(upTo) {
        this.#upTo = upTo;
        if (this.#step === undefined)
            this.#goOn();
    }
    #goOn() {
        const size = Math.min(STEP, this.#upTo - this.#done);
        if (size <= 0 || this.#isOver)
            return;
        this.#step = this.#ask(size).then(() => {
            this.#step = undefined;
            this.#goOn();
        }, () => {
            this.#isOver = true;
        });
    }
    async #ask(size, whole) {
        const from = this.#done;
        this.#done += size;
        const job = { file: { path: this.#path, size }, growing: this.#number, from };
        return this.#send(whole === undefined ? job : { ...job, whole });
    }
    /** @returns `undefined`: it could not be made, or the file is not `whole` */
    async finish(whole) {
        while (this.#step !== undefined && !this.#isOver)
            await this.#step;
        if (this.#isOver || this.#done !== whole.size)
            return undefined;
        this.#isOver = true;
        return this.#ask(0, whole).then((md5) => md5, () => undefined);
    }
    /** Lets another one have its place. */
    end() {
        this.#isOver = true;
        this.#onEnd();
    }
}

;// CONCATENATED MODULE: ./build/src/sync/digest-pool.js










/** Below this much to hash, starting a thread (some 30 ms) costs more than it saves. Bytes. */
const WORTH_THREAD = 64 * 1024 * 1024;
/** What waits for each thread before another one is started. Bytes. */
const WORTH_ANOTHER = 256 * 1024 * 1024;
/** Likewise, of files with which this thread is no help. */
const WORTH_ANOTHER_OF_LARGE = 64 * 1024 * 1024;
/** MD5 does some 600 MiB/s a core: four threads outrun every disk and line that a runner has. */
const MOST_THREADS = 4;
/** Small files go to a thread together: a message costs as much as hashing 50 KB. Of larger ones as many as there are lanes. */
const BATCH_FILES = 256;
const BATCH_BYTES = 4 * 1024 * 1024;
/** One is worked at and one waits: a thread must not idle until this one finds time for its answer. */
const BATCHES_SENT = 2;
/** Of files above this on average, those that are digested beside each other should be of like sizes. Bytes. */
const WORTH_ORDER = 64 * 1024;
/** Of so many files and more each is digested beside others, in one thread; of fewer whole and parts in two. */
const MANY = 4;
/** What this thread hashes in one go: some 2 ms, in which nothing else happens here and no other thread gets more. Bytes. */
const IN_ONE_GO = 1024 * 1024;
const FILES_IN_ONE_GO = 32;
/** Compressing is fifty times as slow as hashing. Bytes. */
const WORTH_THREAD_TO_ENCODE = 2 * 1024 * 1024;
/** Below this, telling a thread of bytes in memory takes this one as long as hashing them would. */
const WORTH_TELLING = 128 * 1024;
/** What a thread allocates is gone after each file: more room for it is only more memory. */
const YOUNG_MIB = 4;
/** Digests and encodes files, in worker threads when there is enough to do. */
class DigestPool {
    #sent = new Map();
    #queue = [];
    #queuedBytes = 0;
    /** Largest first. */
    #isOrdered = true;
    #helpers = 0;
    /** Of this thread. */
    #scratch;
    #isHelping = false;
    #isDispatching = false;
    #isGrowing = false;
    #grown = 0;
    /** No thread is to be had. */
    #isAlone = false;
    /** Why nothing more is done. */
    #endedBy;
    #signal;
    #onAbort = () => void this.#end(this.#signal.reason);
    #onAlive;
    #memo;
    /**
     * @param onAlive called while files are being read, at least every 64 MiB
     * @param signal ends the threads; what they were asked rejects with its reason
     * @param memo of digests that other destinations of the same tree ask for too
     */
    constructor(onAlive, signal, memo) {
        this.#onAlive = onAlive;
        this.#memo = memo;
        this.#signal = signal;
        signal.addEventListener('abort', this.#onAbort);
    }
    /** How many digests are worth asking for at a time. */
    width = Math.min(MOST_THREADS, (0,external_node_os_.availableParallelism)());
    /** Threads at most: fewer where no more are to be had. */
    #most = this.width;
    /** @param ahead bytes that will be asked for soon, this file included */
    async digest(job, ahead) {
        const read = () => this.#read(job, ahead);
        return this.#memo === undefined ? read() : this.#memo.digest(job, read);
    }
    /** As `digest` in a thread, without a promise where nobody else asks for the same. */
    ask(job, resolve, reject) {
        const isSimple = this.#memo === undefined && job.file.size < WORTH_THREAD && !this.#isAlone;
        if (isSimple)
            this.#enqueue({ job, resolve: (result) => resolve(result), reject });
        else
            this.digest(job, Number.POSITIVE_INFINITY).then(resolve, reject);
    }
    async #read(job, ahead) {
        if (ahead < WORTH_THREAD && !this.#hasThread)
            return (await this.#inPlace(job));
        const { file, layouts } = job;
        const isOneOfMany = Math.max(ahead, this.#queuedBytes) >= MANY * file.size;
        if (file.size >= WORTH_THREAD && !isOneOfMany && layouts.length > 0 && canSplit(layouts)) {
            const parts = distinctParts(layouts);
            // Of two threads the whole takes one.
            const passes = (this.width > 2 ? parts : [parts.flat()]).filter(({ length }) => length > 0);
            const [whole, ...digests] = await (0,model_concurrency/* settleAll */.j3)([
                this.#inThread({ file, what: 'whole' }),
                ...passes.map((own) => this.#inThread({ file, what: 'parts', parts: own })),
            ]);
            return joined(whole, layouts, digests.flat());
        }
        return (await this.#inThread(job));
    }
    /** @param ahead bytes that will be asked for soon, this file included */
    async encode(job, ahead) {
        if (ahead < WORTH_THREAD_TO_ENCODE && !this.#hasThread)
            return (await this.#inPlace(job));
        return (await this.#inThread(job));
    }
    /** Starts a thread that will be needed: it takes 100 ms to be ready, in which this one has other things to do. */
    warm() {
        if (!this.#hasUseForThreads || this.#sent.size > 0)
            return;
        const worker = this.#spawn();
        if (worker !== undefined)
            this.#send(worker, []);
    }
    /** Whether there is one for which small work need not wait: it has answered what `warm` sent. */
    get #hasThread() {
        return [...this.#sent.values()].some(({ batches }) => batches[0]?.length !== 0);
    }
    /** Whether a thread has nothing to do, or less than another one that goes through the same file. */
    get isIdle() {
        const isFree = [...this.#sent.values()].some(({ batches }) => batches.every((tasks) => tasks.every(({ job }) => costOf(job) < job.file.size)));
        return this.#queue.length === 0 && (isFree || this.#sent.size < this.width);
    }
    /**
     * `undefined`: the file is not of a size to be cut, or could not be read; whoever digests it says why.
     *
     * @param older chunks of an older version of it: the more they have in common, the sooner it is done
     */
    async chunks(file, older) {
        const unit = (0,model_chunks/* chunkUnit */.u8)(file.size, older);
        if (unit === undefined)
            return undefined;
        // Files of quite another size have chunks of another unit.
        const isAlike = older !== undefined && (0,model_chunks/* areOfUnit */.G3)(older, unit);
        const read = () => this.#inThread({ file, unit, ...(isAlike ? { older } : {}) }).then((chunks) => chunks, () => undefined);
        return this.#memo === undefined ? read() : this.#memo.chunks(file, read);
    }
    /** A file of which something was digested that it does not hold: what is asked of it next is read. */
    forget(file) {
        this.#memo?.forget(file);
    }
    /**
     * Of bytes that nobody changes meanwhile; in a thread where they lie in shared memory.
     *
     * @param ahead bytes that will be asked for soon, these included
     */
    async digestBytes(bytes, ahead) {
        const isShared = bytes.buffer instanceof SharedArrayBuffer;
        if (!isShared || bytes.length < WORTH_TELLING || !this.#isWorthThread(ahead))
            return (0,model_digest/* md5Of */.iF)(bytes);
        try {
            return (await this.#inThread({ file: { size: bytes.length }, bytes }));
        }
        catch {
            // The thread died, or was ended: a run that is stopped takes in what has arrived.
            return (0,model_digest/* md5Of */.iF)(bytes);
        }
    }
    /**
     * A digest of a file that is about to be written, made meanwhile. `undefined`: another one is at it, or no thread is
     * to be had for it.
     *
     * @param ahead bytes that will be asked for soon, the file included
     */
    grow(path, ahead) {
        // Of several each would have a message on its way, and all other work of the thread would wait.
        if (this.#isGrowing || !this.#isWorthThread(ahead))
            return undefined;
        const worker = this.#oneThread();
        if (worker === undefined)
            return undefined;
        this.#isGrowing = true;
        const send = (job) => new Promise((resolve, reject) => {
            if (this.#sent.has(worker))
                this.#send(worker, [{ job, resolve, reject }]);
            else
                reject(new Error('the thread is gone'));
        });
        return new GrowingDigest(path, this.#grown++, send, () => {
            this.#isGrowing = false;
        });
    }
    /**
     * Digests files beside each other, in one thread, in one go.
     *
     * @param ahead bytes that will be asked for soon, these included
     */
    digestTogether(jobs, ahead) {
        const isWorthIt = areSeveral(jobs) && this.#isWorthThread(ahead);
        // One keeps up with the network, and each takes a while to start.
        const worker = isWorthIt ? ([...this.#sent.keys()][0] ?? this.#spawn()) : undefined;
        if (worker === undefined)
            return jobs.map((job) => this.digest(job, ahead));
        const tasks = [];
        const digests = jobs.map((job) => new Promise((resolve, reject) => {
            tasks.push({ job, resolve: (result) => resolve(result), reject });
        }));
        this.#send(worker, tasks);
        return digests;
    }
    /** That has nothing to do, or whichever. */
    #oneThread() {
        const idle = [...this.#sent].find(([, { batches }]) => batches.length === 0)?.[0];
        const started = idle === undefined && this.#sent.size < this.#most ? this.#spawn() : undefined;
        return idle ?? started ?? [...this.#sent.keys()][0];
    }
    /** Of what can as well be done here, or in another way. */
    #isWorthThread(ahead) {
        return this.#hasUseForThreads && (ahead >= WORTH_THREAD || this.#hasThread);
    }
    get #hasUseForThreads() {
        return this.width > 1 && !this.#isAlone && this.#endedBy === undefined;
    }
    async digestRegion(job) {
        return (await this.#inThread(job));
    }
    /** While `work` goes on this thread has nothing better to do than to hash small files itself. */
    async helping(work) {
        this.#helpers++;
        try {
            this.#help();
            return await work();
        }
        finally {
            this.#helpers--;
        }
    }
    async #inThread(job) {
        if (this.#isAlone)
            return this.#inPlace(job);
        return new Promise((resolve, reject) => this.#enqueue({ job, resolve, reject }));
    }
    #enqueue(task) {
        const ended = this.#endedBy;
        if (ended !== undefined) {
            queueMicrotask(() => task.reject(ended.reason));
            return;
        }
        this.#queue.push(task);
        this.#queuedBytes += task.job.file.size;
        this.#isOrdered = false;
        if (this.#isDispatching)
            return;
        this.#isDispatching = true;
        // What is asked for in one go is known then: the first ones need not go by themselves.
        queueMicrotask(() => {
            this.#isDispatching = false;
            this.#dispatch();
        });
    }
    async #inPlace(job) {
        await (0,external_node_timers_promises_.setImmediate)();
        return this.#perform(job);
    }
    #perform(job) {
        this.#scratch ??= new Scratch();
        return perform(job, this.#onAlive, this.#scratch);
    }
    /** Ends the threads that have nothing to do: each holds some 15 MiB. What is asked later starts others. */
    rest() {
        for (const [worker, { batches }] of this.#sent) {
            if (batches.some((tasks) => tasks.length > 0))
                continue;
            this.#sent.delete(worker);
            void worker.terminate();
        }
    }
    async close() {
        // Node keeps a signal made of others for ever while somebody listens to it, and with it all that they hold.
        this.#signal.removeEventListener('abort', this.#onAbort);
        await this.#end(new Error('the digests are not wanted any more'));
    }
    async #end(reason) {
        this.#endedBy ??= { reason };
        const workers = [...this.#sent.keys()];
        const sent = [...this.#sent.values()].flatMap(({ batches }) => batches.flat());
        const tasks = [...sent, ...this.#queue.splice(0)];
        this.#sent.clear();
        this.#queuedBytes = 0;
        for (const task of tasks)
            task.reject(reason);
        await Promise.all(workers.map((worker) => worker.terminate()));
    }
    #dispatch() {
        for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
            const worker = this.#free(first);
            if (worker === undefined)
                break;
            this.#send(worker, this.#take());
        }
        this.#help();
    }
    #send(worker, tasks) {
        const sent = this.#sent.get(worker);
        sent?.batches.push(tasks);
        if (sent !== undefined)
            sent.cost += costOfAll(tasks);
        worker.postMessage(tasks.map(orderOf));
    }
    get #worthAnother() {
        return this.#areLarge ? WORTH_ANOTHER_OF_LARGE : WORTH_ANOTHER;
    }
    get #areLarge() {
        return this.#queuedBytes > WORTH_ORDER * this.#queue.length;
    }
    /** The thread with the least to do, or a new one when much waits. */
    #free({ job }) {
        const isLarge = job.file.size >= WORTH_THREAD;
        const isWorthOne = this.#sent.size === 0 || isLarge || this.#queuedBytes > this.#worthAnother * this.#sent.size;
        let least;
        let leastCost = Number.POSITIVE_INFINITY;
        for (const [worker, { batches, cost }] of this.#sent) {
            if (batches.length >= BATCHES_SENT || cost >= leastCost)
                continue;
            least = worker;
            leastCost = cost;
        }
        return (leastCost > 0 && isWorthOne && this.#sent.size < this.#most ? this.#spawn() : undefined) ?? least;
    }
    /**
     * Fairly cut: what is left must not wait for one thread while another one idles. Whole files are taken without others,
     * as they are digested beside each other, and like sizes together: the largest one decides how long that takes.
     */
    #take() {
        if (!this.#isOrdered && this.#areLarge) {
            this.#queue.sort((a, b) => b.job.file.size - a.job.file.size);
            this.#isOrdered = true;
        }
        const first = this.#queue[0];
        const areBeside = lanesFor(first) > 0;
        // What takes long need not wait at a thread for the one before it.
        const shares = (first?.job.file.size ?? 0) > BATCH_BYTES ? this.width : this.width * BATCHES_SENT;
        const most = Math.min(BATCH_FILES, Math.ceil(this.#queue.length / shares));
        let bytes = 0;
        let count = 0;
        let lanes = 0;
        for (const task of this.#queue) {
            const { size } = task.job.file;
            const own = lanesFor(task);
            const isTooMuch = bytes + size > BATCH_BYTES && !(areBeside && lanes + own <= LANES);
            if (count > 0 && (count >= most || isTooMuch || own > 0 !== areBeside))
                break;
            bytes += size;
            lanes += own;
            count++;
        }
        this.#queuedBytes -= bytes;
        return this.#queue.splice(0, count);
    }
    /** Hashes some of what waits for the threads in this one, and goes on when everything else here had its turn. */
    #help() {
        if (this.#helpers === 0 || this.#isHelping)
            return;
        // What it took from threads, which hash several files at a time, would be more than it did.
        if (this.#sent.size >= this.width)
            return;
        if (!isQuick(this.#queue.at(-1)))
            return;
        this.#isHelping = true;
        setImmediate(() => {
            this.#isHelping = false;
            if (this.#helpers === 0)
                return;
            for (let left = IN_ONE_GO, files = 0; left > 0 && files < FILES_IN_ONE_GO; files++) {
                const task = this.#queue.at(-1);
                if (task === undefined || !isQuick(task))
                    break;
                this.#queue.pop();
                this.#queuedBytes -= task.job.file.size;
                left -= task.job.file.size;
                this.#doHere(task);
            }
            this.#help();
        });
    }
    #doHere({ job, resolve, reject }) {
        try {
            resolve(this.#perform(job));
        }
        catch (error) {
            reject(error);
        }
    }
    /** `undefined`: no thread is to be had, or no further one. */
    #spawn() {
        let worker;
        try {
            worker = new external_node_worker_threads_.Worker(new URL(/* asset import */ __webpack_require__(8078), __webpack_require__.b), {
                resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
            });
        }
        catch {
            // Where the system refuses one, Node throws at once.
            this.#most = this.#sent.size;
            if (this.#most === 0)
                this.#goAlone([]);
            return undefined;
        }
        this.#sent.set(worker, { batches: [], cost: 0 });
        let hasStarted = false;
        worker.on('message', (answers) => {
            hasStarted = true;
            this.#onAlive();
            if (answers === 'alive')
                return;
            const sent = this.#sent.get(worker);
            const tasks = sent?.batches.shift() ?? [];
            if (sent !== undefined)
                sent.cost = sent.batches.length === 0 ? 0 : sent.cost - costOfAll(tasks);
            for (const [at, answer] of answers.entries()) {
                const task = tasks[at];
                if (typeof answer === 'string')
                    task?.resolve(wholeDigest(answer));
                else if ('result' in answer)
                    task?.resolve(answer.result);
                else
                    task?.reject(revive(answer.error));
            }
            this.#dispatch();
        });
        worker.on('error', (error) => {
            const tasks = this.#sent.get(worker)?.batches.flat() ?? [];
            this.#sent.delete(worker);
            if (hasStarted) {
                for (const task of tasks)
                    task.reject(error);
                this.#dispatch();
                return;
            }
            this.#goAlone(tasks);
        });
        return worker;
    }
    /** No thread is to be had (no process is left, or no file of it): what they would do is done here. */
    #goAlone(tasks) {
        this.#isAlone = true;
        this.#queuedBytes = 0;
        for (const { job, resolve, reject } of [...tasks, ...this.#queue.splice(0)])
            this.#inPlace(job).then(resolve, reject);
    }
}
/** Every field costs time to send. */
function orderOf({ job }) {
    if (!('layouts' in job))
        return job;
    const { path, size, mtimeNs, ctimeNs, ino } = job.file;
    const file = { path, size, mtimeNs, ctimeNs, ino };
    return job.layouts.length === 0 ? file : { file, layouts: job.layouts };
}
/** Lanes that it takes beside others, 0 where it is no work for them. */
function lanesFor(task) {
    return task !== undefined && 'layouts' in task.job ? lanesOf(task.job.layouts) : 0;
}
/** What a job takes: bytes that MD5 gets through one by one in the same time. */
function costOf(job) {
    if ('unit' in job)
        return job.file.size / 2;
    if (!('what' in job) || job.what === 'whole')
        return job.file.size;
    return job.parts.reduce((sum, { size }) => sum + size, 0) / 3;
}
function costOfAll(tasks) {
    return tasks.reduce((sum, { job }) => sum + costOf(job), 0);
}
/** Whether it is done here while the threads are busy. */
function isQuick(task) {
    return task !== undefined && 'layouts' in task.job && task.job.file.size <= IN_ONE_GO;
}
function revive(error) {
    if (error.name === 'FileChangedError')
        return new FileChangedError(error.message);
    return Object.assign(new Error(error.message), error);
}

;// CONCATENATED MODULE: ./build/src/sync/run-frame.js












/** A run that has not moved for this long never will. Milliseconds. */
const NO_PROGRESS_MS = 5 * 60_000;
/**
 * How long after a run was stopped it may still do what must not be left out, one after the other. The runner kills after
 * 10 s, and outputs, summary and report come last. Milliseconds.
 */
const LAST_MS = {
    /** What requests in flight wrote is then known. */
    requests: 2_000,
    index: 4_000,
    /** Of uploads. */
    aborts: 5_000,
    lock: 6_000,
};
/** Progress is told at most this often. Milliseconds. */
const PROGRESS_MS = 200;
/** What every run has, whichever way the bytes go: phases and their times, an end, a watchdog, a report. */
class RunFrame {
    /** Where to, for people. */
    url;
    pool;
    /** Nothing more is started when it is aborted. */
    signal;
    /** Requests in flight end with it, a little later than the run. */
    requests;
    /** What is done last ends with these, however the time before was spent. */
    last;
    outcomes = [];
    exits = [];
    error;
    planned;
    #options;
    #ports;
    #stores;
    #stop = new AbortController();
    #phases = {};
    #watchdog;
    #endSoon;
    /** What comes after the last step, while it goes on. */
    #afterwards;
    #movedAt = performance.now();
    #bytesMoved = 0;
    #toldAt = 0;
    /** @param stores that requests go to */
    constructor(options, ports, stores) {
        this.#options = options;
        this.#ports = ports;
        const own = ports.index?.store;
        this.#stores = () => [...stores(), ...(own === undefined ? [] : [own])];
        this.url = (0,model_options/* runUrl */.Vp)(options);
        this.signal = AbortSignal.any([ports.signal, this.#stop.signal]);
        const requests = new AbortController();
        const index = new AbortController();
        const aborts = new AbortController();
        const lock = new AbortController();
        this.requests = requests.signal;
        this.last = { index: index.signal, aborts: aborts.signal, lock: lock.signal };
        // Every request in flight listens to them.
        (0,external_node_events_.setMaxListeners)(0, this.signal, this.requests, ...Object.values(this.last));
        const noTime = new Error('the run was stopped, and no time was left');
        this.#endSoon = () => {
            setTimeout(() => requests.abort(this.signal.reason), LAST_MS.requests).unref();
            setTimeout(() => index.abort(noTime), LAST_MS.index).unref();
            setTimeout(() => aborts.abort(noTime), LAST_MS.aborts).unref();
            setTimeout(() => lock.abort(noTime), LAST_MS.lock).unref();
        };
        ports.signal.addEventListener('abort', this.#endSoon);
        this.#stop.signal.addEventListener('abort', () => {
            requests.abort(this.signal.reason);
            this.#endSoon();
        });
        this.pool = new DigestPool(() => this.moved(), this.signal, ports.shared?.digests);
        this.#watchdog = setInterval(() => this.#watch(), 1_000).unref();
    }
    /** The time as files are dated. Nanoseconds since the epoch. */
    nowNs() {
        return BigInt(this.#ports.now()) * 1000000n;
    }
    /** Something moved: the run is alive. */
    moved() {
        this.#movedAt = performance.now();
    }
    /** Ends the run before its time. */
    stop(error) {
        this.#stop.abort(error);
    }
    /** Whoever waits for another destination is alive: that one's own watch ends what does not move. */
    async alive(waiting) {
        const alive = setInterval(() => this.moved(), 1_000);
        try {
            return await waiting;
        }
        finally {
            clearInterval(alive);
        }
    }
    /** What comes after the last step: when nothing moves it ends by itself, and the run is none the worse for it. */
    async afterwards(work) {
        const stop = new AbortController();
        this.#afterwards = stop;
        try {
            return await work(AbortSignal.any([this.signal, stop.signal]));
        }
        finally {
            this.#afterwards = undefined;
            // What still follows has its own time.
            this.moved();
        }
    }
    warn(warnings) {
        for (const message of warnings)
            this.#ports.emit({ type: 'message', level: 'warning', message });
    }
    notice(message) {
        this.#ports.emit({ type: 'message', level: 'notice', message });
    }
    /** @param input that the lines belong to */
    tellUnused(input, lines, context) {
        const { warning, notice } = (0,unused_excludes/* tellUnused */.yw)(input, lines, context);
        if (warning !== undefined)
            this.warn([warning]);
        if (notice !== undefined)
            this.notice(notice);
    }
    /** Times a phase and tells of it. */
    async phase(phase, work) {
        const { emit } = this.#ports;
        const started = performance.now();
        let last;
        emit({ type: 'phase-start', phase });
        const result = await work((progress) => {
            last = progress;
            this.#movedAt = performance.now();
            if (this.#movedAt - this.#toldAt < PROGRESS_MS)
                return;
            this.#toldAt = this.#movedAt;
            emit({ type: 'progress', progress: { phase, ...progress } });
        });
        const seconds = (performance.now() - started) / 1000;
        this.#phases[phase] = (this.#phases[phase] ?? 0) + seconds;
        this.moved();
        emit({
            type: 'phase-end',
            phase,
            seconds,
            ...(last === undefined ? {} : { files: last.files, bytes: last.bytes }),
        });
        return result;
    }
    /** What will be done, told before the first write. */
    settle(plan) {
        this.planned = plan;
        this.#ports.emit({ type: 'plan', url: this.url, totals: planTotals(plan) });
    }
    /** The plan as it would run. */
    async rehearse(plan) {
        this.outcomes = await execute(plan, dryRunPerformer, {
            concurrency: (0,model_options/* requestsInFlight */._n)(this.#options.connection),
            emit: this.#ports.emit,
            signal: this.signal,
        });
    }
    /** The plan as differences, and what was found in reading back. */
    async concludeCheck(plan, ...read) {
        const failed = read.flatMap((part) => part.failed);
        await this.rehearse(plan);
        this.addExits(read.flatMap((part) => part.exits));
        this.outcomes = [...this.outcomes, ...failed];
        for (const outcome of failed)
            this.#ports.emit({ type: 'outcome', outcome });
        if (changesAnything(plan))
            this.addExits([errors/* EXIT */.dc.different]);
    }
    addExits(exits) {
        this.exits = [...this.exits, ...exits];
    }
    /** The first error of a run is the one that it ends with. */
    blame(error, exit) {
        this.addExits([exit]);
        this.error ??= error;
    }
    fail(error) {
        const cause = this.signal.aborted ? this.signal.reason : error;
        // S3 is asked about a bucket, also where the destination is a directory.
        const what = cause instanceof object_store/* StoreError */.AD ? (0,model_objects/* destinationUrl */.kL)(this.#options.destination) : this.url;
        const { code, exit, message } = explain(cause, what);
        this.error = { code, message: `${message}${this.#ownerAdvice(cause)}` };
        this.addExits([exit]);
        if (code === 'internal' && cause instanceof Error) {
            this.#ports.emit({
                type: 'message',
                level: 'debug',
                message: (0,secrets/* withoutSecrets */.c)(cause.stack ?? cause.message),
            });
        }
    }
    /** S3 says no more than that access is denied where another account owns the bucket. */
    #ownerAdvice(cause) {
        const { connection, source } = this.#options;
        const owner = connection.expectedBucketOwner ?? source?.connection.expectedBucketOwner;
        if (owner === undefined || !(cause instanceof object_store/* StoreError */.AD) || cause.kind !== 'denied')
            return '';
        return `; or the bucket is not owned by ${owner}, which expected-bucket-owner says`;
    }
    async close() {
        clearInterval(this.#watchdog);
        await this.pool.close();
        // Not while it is aborted: what is still asked for then ends a little later.
        if (!this.#ports.signal.aborted)
            this.#ports.signal.removeEventListener('abort', this.#endSoon);
    }
    /** @param differences of the headers of keys that S3 was asked for */
    result(differences, more) {
        if (this.signal.aborted && this.error === undefined)
            this.fail(this.signal.reason);
        const exit = (0,errors/* worstExit */.gX)(this.exits);
        const steps = this.outcomes.map((outcome) => reportStep(outcome, differences));
        const { command, dryRun } = this.#options;
        const reusedBytes = this.outcomes.reduce((sum, { reused }) => sum + (reused?.bytes ?? 0), 0);
        return {
            exit,
            report: {
                url: this.url,
                status: (0,report/* statusOf */.c)(exit, dryRun && command !== 'check'),
                totals: totalsOf(this.outcomes, this.planned),
                requests: this.#requestCounts(),
                phases: this.#phases,
                ranks: this.planned?.ranks.map((rank) => rank.name) ?? [],
                sentBytes: this.outcomes.reduce((sum, outcome) => sum + outcome.sentBytes, 0),
                ...(reusedBytes === 0 ? {} : { reusedBytes }),
                ...more,
                ...(this.error === undefined ? {} : { error: this.error }),
                steps,
            },
        };
    }
    /** Over everything that was asked, each store once. */
    #requestCounts() {
        const counts = {};
        for (const store of new Set(this.#stores())) {
            for (const [operation, count] of Object.entries(store.requests())) {
                counts[operation] = (counts[operation] ?? 0) + count;
            }
        }
        return counts;
    }
    #watch() {
        // On a slow line a body takes longer than the limit; bytes on the wire are progress too.
        let bytesMoved = 0;
        for (const store of new Set(this.#stores()))
            bytesMoved += store.bytesMoved();
        if (bytesMoved !== this.#bytesMoved)
            this.moved();
        this.#bytesMoved = bytesMoved;
        if (performance.now() - this.#movedAt < NO_PROGRESS_MS)
            return;
        const told = `nothing moved for ${NO_PROGRESS_MS / 60_000} minutes`;
        if (this.#afterwards !== undefined) {
            this.#afterwards.abort(new Error(told));
            return;
        }
        this.stop(new errors/* SyncError */.S0('no-progress', errors/* EXIT */.dc.failed, `${this.url}: ${told}, so the run was ended: check the network and the endpoint; run again, what was published is not sent again`));
    }
}
function planTotals(plan) {
    const totals = zeroes();
    for (const step of stepsOf(plan))
        add(totals[totalOf(step)], step.bytes);
    const { keep, unchanged, ...steps } = totals;
    return { ...steps, unchanged: sum(plan.unchanged, unchanged), kept: sum(plan.kept, keep) };
}
/** Keys that steps of a plan change. */
function changesIn({ upload, download, copy, link, refresh, delete: deleted }) {
    return upload.files + download.files + copy.files + link.files + refresh.files + deleted.files;
}
/** Totals of what was done, or in a dry run would be: from outcomes alone (R4). */
function totalsOf(outcomes, plan) {
    const of = zeroes();
    const failed = zero();
    for (const { outcome, action, step } of outcomes) {
        if (outcome === 'failed')
            add(failed, step.bytes);
        if (outcome === 'done' || outcome === 'planned')
            add(of[totalOf({ action, reason: step.reason })], step.bytes);
    }
    const none = zero();
    return {
        uploaded: of.upload,
        downloaded: of.download,
        copied: of.copy,
        linked: of.link,
        refreshed: of.refresh,
        unchanged: sum(plan?.unchanged ?? none, of.unchanged),
        deleted: of.delete,
        kept: sum(plan?.kept ?? none, of.keep),
        failed,
    };
}
function zeroes() {
    return {
        upload: zero(),
        download: zero(),
        copy: zero(),
        link: zero(),
        refresh: zero(),
        delete: zero(),
        keep: zero(),
        unchanged: zero(),
    };
}
function zero() {
    return { files: 0, bytes: 0 };
}
function add(count, bytes) {
    count.files++;
    count.bytes += bytes;
}
function sum(a, b) {
    return { files: a.files + b.files, bytes: a.bytes + b.bytes };
}
/** Member by member: there may be a million, and what is made by spreading others takes four times the memory. */
function reportStep({ step, outcome, action, reused, notCopied, error, etag, versionId }, differences) {
    const { key, rank, bytes } = step;
    const isCopy = step.action === 'copy' || step.action === 'link';
    const isSent = isCopy && (action === 'upload' || action === 'download');
    const reason = isSent ? 'not-copied' : step.reason;
    const told = { key, action, reason, rank, bytes, outcome };
    if (isCopy && !isSent) {
        const { source } = step;
        told.source = source.key;
        if (source.kind !== 'published' && source.bucket !== undefined)
            told.sourceBucket = source.bucket.name;
    }
    if (reused !== undefined) {
        told.source = reused.source;
        if (reused.sourceBucket !== undefined)
            told.sourceBucket = reused.sourceBucket;
        told.reusedBytes = reused.bytes;
    }
    if (notCopied !== undefined)
        told.notCopied = notCopied;
    if (error !== undefined)
        told.error = error;
    if (etag !== undefined)
        told.etag = etag;
    if (versionId !== undefined)
        told.versionId = versionId;
    const changes = reason === 'headers' ? differences.get(key) : undefined;
    if (changes !== undefined)
        told.headers = changes;
    return told;
}

;// CONCATENATED MODULE: ./build/src/sync/side-by-side.js
/** Runs two things side by side; when one fails the other is stopped, and the first failure is the one told. */
async function bothOrFirstFailure(signal, a, b) {
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    let first;
    const guard = async (work) => {
        try {
            return await work(either);
        }
        catch (error) {
            first ??= { error };
            stop.abort(error);
            return undefined;
        }
    };
    const results = await Promise.all([guard(a), guard(b)]);
    if (first !== undefined)
        throw first.error;
    return results;
}

;// CONCATENATED MODULE: ./build/src/sync/download.js




































/**
 * Downloads what a bucket holds: list and walk, digest, plan, guard, execute, remember, report, as in the other direction.
 * What the disk has is not fetched: it is copied or linked there, wherever it lies and whatever it is called.
 * Nothing is written before the guards are passed. Rejects for nothing: what went wrong is in the report.
 */
async function download(options, target, ports) {
    const run = new Download(options, target, ports);
    try {
        await (options.command === 'check' ? run.check() : run.sync());
    }
    catch (error) {
        run.fail(error);
    }
    return run.close();
}
class Download {
    #options;
    #target;
    #ports;
    #frame;
    #source;
    #directory;
    #retained;
    #inFlight = () => this.#ports.store.inFlight;
    constructor(options, target, ports) {
        this.#options = options;
        this.#target = target;
        this.#ports = ports;
        this.#retained = new Retained(options.deletes.retain);
        const { store, now } = ports;
        const frame = new RunFrame(options, ports, () => [store]);
        this.#frame = frame;
        this.#source = new RemoteFiles({ store, frame, asStored: target.asStored });
        this.#directory = new DownloadTarget({ directory: target.directory, frame, now });
    }
    async sync() {
        const { index: storage, emit } = this.#ports;
        if (this.#options.deletes.deleteAfter)
            await this.#directory.refuseRootOrHome();
        const remembered = await loadIndex(storage, emit, this.#frame.signal);
        const digestedNs = this.#frame.nowNs();
        const prepared = await this.#prepare(remembered);
        const { planned, retain } = prepared;
        this.#retained.guard(planned.plan, retain);
        guardDeletions(planned, this.#options.deletes, this.#target.directory, 'the source');
        this.#retained.tell(planned, retain, this.#frame);
        this.#frame.settle(planned.plan);
        // Without files nothing is written, not even the directory.
        if (this.#options.dryRun || prepared.files.length === 0)
            return this.#rehearse(planned.plan);
        await this.#directory.refuseUnwritable(prepared.here, planned.plan);
        const fetched = await this.#execute(prepared);
        await this.#remember(prepared, fetched, remembered, digestedNs);
    }
    async #rehearse(plan) {
        await this.#frame.rehearse(plan);
        await tryArchived(plan, {
            store: this.#ports.store,
            concurrency: this.#inFlight,
            signal: this.#frame.signal,
            failure: (error, { name }, object) => {
                const { code, exit, message } = explain(asFailure(error, name, object.key), name);
                return new errors/* SyncError */.S0(code, exit, message, { cause: error });
            },
        });
    }
    /** Compares the directory with what a download would make of it. */
    async check() {
        const prepared = await this.#prepare({ index: undefined, trustFiles: false, trustObjects: false });
        this.#retained.tell(prepared.planned, prepared.retain, this.#frame);
        const back = this.#options.read ? await this.#readBack(prepared) : NOTHING_FOUND;
        const { readFirst } = prepared;
        const plan = withFindings(prepared.planned.plan, back.findings.map((step) => ({ ...step, key: step.file.name })), readFirst.failed.flatMap(({ step }) => ('file' in step ? step.file.name : [])));
        this.#frame.settle(plan);
        await this.#frame.concludeCheck(plan, readFirst, back);
    }
    async #readBack({ files, listing, planned, readFirst }) {
        const { prefix } = this.#options.destination;
        const md5s = new Map();
        for (const [name, md5] of planned.unchanged) {
            const key = (prefix + name);
            if (!readFirst.keys.has(key))
                md5s.set(key, md5);
        }
        return this.#frame.phase('read', (tell) => checkBack(files, md5s, this.#reading(listing, tell)));
    }
    #reading(listing, tell) {
        return {
            store: this.#ports.store,
            prefix: this.#options.destination.prefix,
            listing,
            action: 'download',
            concurrency: (0,model_options/* requestsInFlight */._n)(this.#options.connection),
            onProgress: (files, bytes) => tell({ files, bytes }),
            signal: this.#frame.signal,
        };
    }
    /** Reads the objects of which nothing says whether they are their files, so that the plan goes by their bytes. */
    async #readUnknown(files, listing, digests, known) {
        const md5s = new Map();
        for (const { name, object, encoded } of files)
            if (encoded === undefined && known.undecided.has(object))
                md5s.set(object.key, digests.get(name)?.md5);
        if (md5s.size === 0)
            return { known, ...NOTHING_READ };
        const { read, ...unread } = await this.#frame.phase('read', (tell) => readUnknown(files, md5s, this.#reading(listing, tell)));
        const learned = new ObjectMap(known.vouched);
        for (const { object, there } of read)
            if (there !== undefined)
                learned.set(object, there);
        const keys = new Set(read.map(({ object }) => object.key));
        return { known: { ...known, vouched: learned }, keys, ...unread };
    }
    async #prepare(remembered) {
        const { source, here } = await this.#look();
        this.#guardSource(source);
        const listing = new Map();
        for (const object of source.objects.values())
            listing.set(object.key, object);
        const partials = [];
        const localFiles = [];
        const local = new Map();
        for (const file of here.files) {
            if ((0,local_names/* isPartial */.mt)(file.name)) {
                partials.push(file.name);
                continue;
            }
            localFiles.push(file);
            local.set(file.name, file);
        }
        const wanted = await this.#source.withoutExtras(source, local, remembered);
        await this.#directory.refuseNames(wanted, here, local);
        const files = await this.#source.decoded(wanted, local, remembered);
        const digests = await this.#digest(localFiles, listing, files, remembered);
        const recognised = await this.#recognise(localFiles, listing, files, digests, remembered);
        const { command, read } = this.#options;
        const { known, ...readFirst } = command === 'check' && read
            ? await this.#readUnknown(files, listing, digests, recognised)
            : { known: recognised, ...NOTHING_READ };
        const { vouched, claimed } = known;
        const planned = await this.#plan(source, files, here, local, digests, known);
        const { destination } = this.#options;
        const directory = this.#target.directory.replaceAll(external_node_path_.sep, '/');
        const context = {
            places: [directory, destination.prefix, (0,model_objects/* destinationUrl */.kL)(destination)],
            hasDirectory: (name) => here.hasDirectory(name) || source.hasDirectory(name),
        };
        // Of lines that neither objects nor files were excluded by.
        const unused = new Set(here.unusedExcludes());
        this.#frame.tellUnused('excludes', source.unusedExcludes().filter((line) => unused.has(line)), { ...context, deletes: planned.deletions > 0 });
        const { isThere } = source;
        const retain = { ...context, prefix: '', listing: local };
        const found = { listing, here, isThere, files, local, digests, vouched, claimed };
        return { ...found, planned, retain, partials, readFirst };
    }
    /** Lists the source and walks the target side by side. */
    async #look() {
        const { store } = this.#ports;
        const { destination, tree } = this.#options;
        const { directory } = this.#target;
        const exists = await this.#directory.exists();
        const pattern = { text: directory, base: directory, glob: '', searchPath: directory };
        const patterns = [{ ...pattern, directoriesOnly: false, negate: false }];
        const [here, source] = await bothOrFirstFailure(this.#frame.signal, (either) => this.#frame.phase('walk', async (tell) => {
            if (!exists)
                return remoteTree(new Map(), '', tree, async () => false);
            const found = await (0,walk/* walk */.G)({ ...tree, patterns, root: directory, symlinks: 'skip', ifNoFilesFound: 'ignore' }, (files) => tell({ files, bytes: 0 }), either);
            tell({ files: found.files.length, bytes: (0,file_columns/* totalSize */.UT)(found.files) });
            return withoutOwnFiles(found, this.#options.site);
        }), (either) => this.#frame.phase('list', async (tell) => {
            const listing = await listAll(store, destination.prefix, (files) => tell({ files, bytes: 0 }), either);
            tell({ files: listing.size, bytes: listing.bytes });
            const isObject = lookingFor(store, destination.prefix, this.#frame.signal);
            return remoteTree(listing, destination.prefix, tree, isObject);
        }));
        guardSpelling(store, destination.prefix, source, (0,model_objects/* destinationUrl */.kL)(destination));
        return { source, here };
    }
    /** A bucket that turns out empty says nothing of what to delete (D1). */
    #guardSource(source) {
        if (source.files.length > 0)
            return;
        const url = (0,model_objects/* destinationUrl */.kL)(this.#options.destination);
        const message = `no objects were found under ${url}${butExcluded(source)}`;
        switch (this.#options.tree.ifNoFilesFound) {
            case 'error':
                throw (0,errors/* refusal */.x5)('no-files-found', `${message}: nothing was written or deleted; check the source and excludes, or set if-no-files-found: warn`);
            case 'warn':
                this.#frame.warn([`${message}: nothing is written or deleted`]);
                return;
            case 'ignore':
                return;
        }
    }
    /** Digests what an object may have the content of. */
    async #digest(localFiles, listing, files, loaded) {
        const further = files.flatMap(({ size, object, encoded }) => encoded === undefined ? [] : [{ ...object, size, etag: encoded.md5 }]);
        const { digests } = await this.#frame.phase('digest', async (tell) => digestTree({
            prefix: '',
            files: localFiles,
            listing,
            further,
            index: loaded.index,
            fileIndex: fileIndexOf(loaded),
            onlyListed: true,
            pool: this.#frame.pool,
            onProgress: (done, bytes, bytesTotal) => tell({ files: done, bytes, bytesTotal }),
            signal: this.#frame.signal,
        }));
        return digests;
    }
    /** Digests of objects whose ETag says none. */
    async #recognise(localFiles, listing, files, digests, { index, trustFiles }) {
        const { prefix } = this.#options.destination;
        const { store, emit } = this.#ports;
        const { vouched, undecided } = await recognise({
            store,
            prefix,
            files: localFiles,
            digests,
            listing,
            further: [],
            copyMinSize: 0,
            index,
            trustObjects: trustFiles,
            pool: this.#frame.pool,
            askEach: this.#options.command === 'check',
            askParts: true,
            concurrency: this.#inFlight,
            emit,
            signal: this.#frame.signal,
        });
        const inParts = files.filter(({ object }) => (0,model_digest/* classifyETag */.Q)(object.etag).kind === 'multipart');
        // All that is known of the others is known by now.
        if (inParts.length === 0)
            return { vouched, undecided, claimed: new ObjectMap(), composites: new Map() };
        const composites = compositesOf(files, inParts, digests);
        return { undecided, composites, ...(await this.#askLarge(files, inParts, digests, vouched, composites)) };
    }
    /**
     * What large objects say of themselves where one of their size has another ETag: it may be one content under two kinds of
     * ETag, and a HEAD costs less than fetching it twice. Where its ETag could say the same it is a claim, and is proved before
     * it is used (C15).
     */
    async #askLarge(files, inParts, digests, vouched, composites) {
        const bySize = new Map();
        for (const { object } of files)
            if ((0,part_sizes/* isLarge */.sV)(object.size))
                bySize.set(object.size, (bySize.get(object.size) ?? new Set()).add(object.etag));
        const unsaid = inParts.filter(({ object }) => {
            const isKnown = vouched.has(object) || composites.has(object.etag);
            return !isKnown && (bySize.get(object.size)?.size ?? 0) > 1;
        });
        await this.#source.ask(unsaid);
        const all = new ObjectMap(vouched);
        const claimed = new ObjectMap();
        for (const file of unsaid) {
            const head = this.#source.headOf(file);
            const md5 = head === undefined ? undefined : (0,model_headers/* metadataMd5 */.SG)(head.metadata);
            // Whether it is the file of its own name was judged already.
            if (head === undefined || md5 === undefined || digests.get(file.name)?.md5 === md5)
                continue;
            ((0,model_headers/* statedMd5 */.yB)(head) === undefined ? claimed : all).set(file.object, md5);
        }
        return { vouched: all, claimed };
    }
    async #plan({ excluded }, files, here, local, digests, known) {
        const { deletes, delayUpdates, publishLast } = this.#options;
        const listing = new Listing();
        for (const [name, file] of local)
            listing.add(listedFile(name, file));
        // Of files only what `preserve` finds changed.
        const headers = new Map();
        const input = {
            prefix: '',
            files,
            listing,
            further: [],
            contents: contentsOf(files, known),
            vouched: new FileContents(listing, digests),
            headers,
            aclBound: new Set(),
            policy: {
                order: publishOrder(publishLast),
                send: 'download',
                again: this.#target.duplicates === 'link' ? 'link' : 'copy',
                delay: delayUpdates !== false,
                canStage: true,
                copyMinSize: 0,
                deleteAfter: deletes.deleteAfter && files.length > 0,
                deleteExcluded: deletes.deleteExcluded,
                retained: this.#retained.keeps,
                grace: () => 'due',
                excluded,
                skipped: here.skipped,
                hasDirectory: here.hasDirectory,
            },
        };
        return this.#frame.phase('plan', async () => {
            const planned = makePlan(input);
            if (!this.#options.preserve)
                return planned;
            const changed = await this.#source.changedAttributes(files, planned, local);
            if (changed.length === 0)
                return planned;
            for (const key of changed)
                headers.set(key, 'changed');
            return makePlan(input);
        });
    }
    async #execute({ isThere, files, local, claimed, planned, partials }) {
        const { store, emit } = this.#ports;
        const { preserve, overwrite } = this.#options;
        const totals = planTotals(planned.plan);
        const { signal } = this.#frame;
        await this.#directory.make();
        const directory = await TargetDirectory.open(this.#target.directory);
        try {
            await this.#directory.refuseFolded(directory, files, local);
            return await this.#frame.phase('fetch', async (tell) => {
                await this.#directory.clean(directory, partials, planned.plan);
                const filesTotal = changesIn(totals);
                let done = 0;
                let received = 0;
                const say = () => tell({ files: done, filesTotal, bytes: received, bytesTotal: totals.download.bytes });
                const fetch = new Fetch({
                    store,
                    directory,
                    target: this.#target,
                    local,
                    heads: this.#source.heads,
                    claimed: new Set([...claimed].map(([{ key }]) => key)),
                    pool: this.#frame.pool,
                    bytesDue: totals.download.bytes,
                    preserve,
                    overwrite,
                    emit,
                    mayDelete: () => filesBack({
                        frame: this.#frame,
                        plan: planned.plan,
                        prefix: '',
                        isThere,
                        atOnce: this.#inFlight,
                        source: (0,model_objects/* destinationUrl */.kL)(this.#options.destination),
                    }),
                    onReceived: (bytes) => {
                        received += bytes;
                        say();
                    },
                    signal,
                    requests: this.#frame.requests,
                });
                try {
                    this.#frame.outcomes = await execute(planned.plan, fetch, {
                        concurrency: this.#inFlight,
                        emit: (event) => {
                            if (event.type === 'outcome' && event.outcome.action !== 'keep')
                                done++;
                            say();
                            emit(event);
                        },
                        signal,
                    });
                }
                finally {
                    await fetch.close();
                }
                this.#frame.addExits(fetch.exits);
                if (fetch.unverified > 0) {
                    const count = fetch.unverified === 1 ? '1 object' : `${fetch.unverified} objects`;
                    const message = `S3 says no digest of ${count}: size and connection alone speak for the bytes`;
                    this.#frame.warn([message]);
                }
                return fetch;
            });
        }
        finally {
            await directory.close();
        }
    }
    async #remember({ listing, files, local, digests, vouched, planned }, fetch, { index }, digestedNs) {
        const { index: storage, emit } = this.#ports;
        if (storage === undefined)
            return;
        const known = new Map();
        for (const [object, md5] of vouched)
            known.set(object.key, md5);
        const sources = new Map();
        // Metadata changes without the ETag, not without the time.
        const say = (object, source) => void sources.set(object.key, { source, ...datedBy(object) });
        for (const { name, object } of this.#source.sourceless) {
            const md5 = planned.unchanged.get(name);
            if (md5 === undefined)
                continue;
            known.set(object.key, md5);
            say(object, model_headers/* NO_SOURCE */.ir);
        }
        for (const [key, { md5, form }] of fetch.fetched) {
            known.set(key, md5);
            if (form !== undefined)
                say(listing.get(key), (0,model_headers/* formatSource */.j2)({ ...form, source: form }));
        }
        for (const { object, encoded } of files) {
            if (encoded === undefined)
                continue;
            const head = this.#source.heads.get(object.key);
            const md5 = head === undefined ? index?.objects.get(object.key)?.md5 : (0,model_headers/* statedMd5 */.yB)(head);
            if (md5 === undefined)
                continue;
            known.set(object.key, md5);
            say(object, (0,model_headers/* formatSource */.j2)(encoded));
        }
        const lastWords = this.#frame.signal.aborted ? this.#frame.last.index : undefined;
        const confirmed = {
            listing,
            unchanged: known,
            written: new object_entries/* ObjectEntries */.Q(),
            deleted: new Set(),
            files: { [Symbol.iterator]: () => confirmedFiles(fetch.published, local, digests, this.#source.plain) },
            digestedNs,
            uploads: index?.uploads ?? new Map(),
            deploys: index?.deploys ?? 0,
            headers: new Map(),
            sources,
            pending: index === undefined ? new Map() : lastingWaits(index),
            invalidations: index?.invalidations ?? new Map(),
        };
        await this.#frame.phase('index', async () => this.#frame.afterwards((stop) => saveIndex(storage, index, confirmed, emit, lastWords ?? stop)));
    }
    fail(error) {
        this.#frame.fail(error);
    }
    async close() {
        await this.#frame.close();
        return this.#frame.result(new Map(), { headersUnknown: { files: 0, bytes: 0 }, sendAllRequests: 0 });
    }
}
/** What the run made and what was there before, without what it replaced. */
function* confirmedFiles(published, local, digests, plain) {
    yield* published.values();
    for (const [name, { md5 }] of digests) {
        const file = local.get(name);
        if (file === undefined || published.has(name))
            continue;
        yield plain.has(name) ? { file, md5, plain: true } : { file, md5 };
    }
}
/** Digests of files that are listed, each under its name. */
class FileContents {
    #listing;
    #digests;
    constructor(listing, digests) {
        this.#listing = listing;
        this.#digests = digests;
    }
    get size() {
        return this.#digests.size;
    }
    get({ key }) {
        return this.#digests.get(key)?.md5;
    }
    has({ key }) {
        return this.#digests.has(key);
    }
    *[Symbol.iterator]() {
        for (const object of this.#listing.values()) {
            const md5 = this.get(object);
            if (md5 !== undefined)
                yield [object, md5];
        }
    }
}
function listedFile(name, file) {
    return {
        key: name,
        size: file.size,
        etag: tokenOf({ ...file, size: BigInt(file.size) }),
        lastModified: Number(file.mtimeNs / 1000000n),
        storageClass: 'STANDARD',
    };
}
/** Contents of multipart ETags: those of files here, and of one part those that a plain ETag makes. */
function compositesOf(files, inParts, digests) {
    const composites = new Map();
    for (const { md5, etags } of digests.values())
        for (const etag of etags)
            composites.set(etag, md5);
    const sizes = new Set(inParts.flatMap(({ object }) => ((0,model_digest/* isOfOnePart */.JK)(object.etag) ? [object.size] : [])));
    for (const { object } of files) {
        const etag = (0,model_digest/* classifyETag */.Q)(object.etag);
        if (etag.kind === 'md5' && sizes.has(object.size))
            composites.set((0,model_digest/* multipartETag */.Eq)([etag.md5]), etag.md5);
    }
    return composites;
}
/** What is known of the objects' contents: by ETag, by what vouches for them, or by a file with their multipart ETag. */
function contentsOf(files, { vouched, undecided, claimed, composites }) {
    const contents = new Map();
    for (const { name, size, object, encoded } of files) {
        if (size === 0) {
            contents.set(name, { md5: model_digest/* EMPTY_MD5 */.lQ, etags: [] });
            continue;
        }
        const etag = (0,model_digest/* classifyETag */.Q)(object.etag);
        const plain = etag.kind === 'md5' && !undecided.has(object) ? etag.md5 : undefined;
        const known = encoded?.md5 ?? vouched.get(object) ?? plain ?? composites.get(object.etag);
        const md5 = known ?? claimed.get(object);
        if (md5 !== undefined)
            contents.set(name, { md5, etags: [] });
        else if (etag.kind === 'multipart')
            contents.set(name, { md5: undefined, etags: [object.etag] });
    }
    return contents;
}

;// CONCATENATED MODULE: ./build/src/disk/own-directory.js


/** A new directory for what a run keeps until it ends, without links in its path. */
async function makeOwnDirectory(below) {
    return await (0,promises_.realpath)(await (0,promises_.mkdtemp)((0,external_node_path_.join)(below, 's3-dedup-sync-')));
}

;// CONCATENATED MODULE: ./build/src/model/stored-form.js


/** As `formatSource` has it, of the encoded bytes; `/etag:<ETag>` after it, or `encoding:<gzip|br>` alone. */
function formatStoredForm({ encoding, bytes }) {
    if (bytes === undefined)
        return `encoding:${encoding}`;
    const { md5, size, etag } = bytes;
    return (0,model_headers/* formatSource */.j2)({ encoding, md5, source: { size } }) + (etag === undefined ? '' : ETAG + etag);
}
const ETAG = '/etag:';
/** Parses what `formatStoredForm` writes. */
function parseStoredForm(text = '') {
    const [, alone] = /^encoding:(gzip|br)$/.exec(text) ?? [];
    if (alone !== undefined)
        return { encoding: alone };
    const end = text.indexOf(ETAG);
    const said = (0,model_headers/* parseSource */.PJ)(end === -1 ? text : text.slice(0, end));
    if (said === undefined)
        return undefined;
    const { encoding, ...bytes } = said;
    if (end === -1)
        return { encoding, bytes };
    const etag = (0,model_digest/* parseETag */.nn)(text.slice(end + ETAG.length));
    return etag === undefined ? undefined : { encoding, bytes: { ...bytes, etag } };
}
/** Whether an object's ETag says that it holds just these bytes. */
function holds(object, { md5, size, etag }) {
    const etags = [md5, (0,model_digest/* multipartETag */.Eq)([md5]), etag];
    return object.size === size && etags.includes(object.etag);
}

;// CONCATENATED MODULE: ./build/src/sync/encode.js

















/** Bytes of the files that `compress` covers, encoded: they lie in a directory of their own until the run ends. */
class Encodings {
    #pool;
    #below;
    #directory;
    #serial = 0;
    #made = new Map();
    /** Of files that stay as they are what was tried, by their states. */
    #incompressible = new Map();
    /** @param below where temporary files lie; absent: where the system has them */
    constructor(pool, below) {
        this.#pool = pool;
        this.#below = below;
    }
    /**
     * Encodes what the rules cover. An object that holds the same source in the same encoding counts as what the file
     * becomes, whatever this machine's zlib would make of it: by a line of an index that may be believed, be it about the
     * object or about what the file was encoded to, else by encoding it here, else by what one HEAD says.
     */
    async encode(files, request) {
        const { policy, signal, pool, onProgress } = request;
        const encodingOf = encodings(request.rules);
        const groups = new Map();
        for (const file of files) {
            const encoding = file.size === 0 || file.redirect !== undefined ? undefined : encodingOf(file.page ?? file.name);
            if (encoding === undefined || policy.saysEncoding(file))
                continue;
            const id = `${encoding}:${(0,file_id/* fileId */.q)(file)}`;
            const group = groups.get(id);
            if (group === undefined)
                groups.set(id, { encoding, names: [file] });
            else
                group.names.push(file);
        }
        const stored = new Map();
        const adopted = new Map();
        const vouched = new ObjectMap();
        if (groups.size === 0)
            return { files, adopted, vouched };
        const judge = new Judge(request);
        const all = [];
        let ahead = 0;
        for (const { names } of groups.values())
            ahead += names[0].size;
        const total = ahead;
        let done = 0;
        await (0,model_concurrency/* forEachConcurrent */.C6)(groups.values(), pool.width * 2, async (group) => {
            signal.throwIfAborted();
            all.push(...(await this.#settleGroup(group, judge, ahead)));
            ahead -= group.names[0].size;
            onProgress(++done, total - ahead, total);
        });
        // Equal files become equal objects, whichever of them has one already.
        const found = new Map();
        for (const settled of all)
            if (settled.adopted !== undefined)
                found.set((0,model_headers/* formatSource */.j2)(settled.form), settled);
        for (const { names, ...own } of all) {
            const { file, adopted: from } = found.get((0,model_headers/* formatSource */.j2)(own.form)) ?? own;
            for (const named of names) {
                const { name } = named;
                // Each name is asked by its own path whether it still is what was encoded.
                const source = own.form.source.name === name ? own.form.source : named;
                stored.set(name, { ...asNamed(file, named), encoded: { ...file.encoded, source } });
                if (from === undefined)
                    continue;
                const { object, md5 } = from;
                vouched.set(object, md5);
                adopted.set(name, { md5, partMd5s: [], etags: [(0,model_digest/* multipartETag */.Eq)([md5]), object.etag] });
            }
        }
        return { files: Array.from(files, (file) => stored.get(file.name) ?? file), adopted, vouched };
    }
    /** What the names of a file become, as far as they become anything; those that became another file's are looked at anew. */
    async #settleGroup({ encoding, names }, judge, ahead) {
        const all = [];
        for (let due = names; due.length > 0;) {
            const [first, ...others] = due;
            const settled = await this.#settle(first, encoding, due, judge, ahead);
            if (settled === undefined)
                break;
            const isAsMet = settled.form.source === first;
            all.push({ ...settled, names: isAsMet ? due : [first] });
            due = isAsMet ? [] : others;
        }
        return all;
    }
    /** `undefined`: it stays what it is. */
    async #settle(file, encoding, names, judge, ahead) {
        const remembered = await judge.remembered(file, encoding, names, ahead);
        const { form, made, ...known } = remembered ?? (await this.#encodeTwice(file, encoding, ahead));
        const adopted = known.adopted ?? (await judge.asked(form, names, made));
        if (adopted !== undefined)
            return { form, file: storedElsewhere(form, adopted.object.size), adopted };
        if (made === undefined) {
            this.#incompressible.set((0,file_id/* fileState */.o)(form.source), form);
            return undefined;
        }
        this.#made.set(encode_idOf(form), Promise.resolve(made.file));
        return { form, file: made.file };
    }
    /** The encoding under which a file was not made smaller, where it is the same file still. */
    incompressibleBy(file) {
        // Most runs have none, and may ask of a million files.
        return this.#incompressible.size === 0 ? undefined : this.#incompressible.get((0,file_id/* fileState */.o)(file))?.encoding;
    }
    /** The same of their contents, by `contentId`; `undefined`: there are none, and nothing is asked of a million objects. */
    incompressible() {
        if (this.#incompressible.size === 0)
            return undefined;
        const contents = new Map();
        for (const { md5, source, encoding } of this.#incompressible.values())
            contents.set((0,model_digest/* contentId */.fm)(md5, source.size), encoding);
        return contents;
    }
    async #encodeTwice(file, encoding, ahead, always = false) {
        this.#directory ??= temporaryDirectory(this.#below);
        const to = (0,external_node_path_.join)(await this.#directory, `${++this.#serial}`);
        const once = async (source) => {
            const job = { file: source, encoding, to, ...(always ? { always } : {}) };
            const { md5, stored } = await this.#pool.encode(job, ahead);
            const form = { encoding, source, md5 };
            if (stored === undefined)
                return { form };
            const made = { ...source, ...stored.stat, path: to, real: to, encoded: form };
            return { form, made: { md5: stored.md5, file: made } };
        };
        try {
            return await once(file);
        }
        catch (error) {
            if (!(error instanceof FileChangedError))
                throw notEncoded(error, file);
            try {
                return await once(await restat(file));
            }
            catch (again) {
                throw notEncoded(again, file);
            }
        }
    }
    /**
     * The file with its bytes at hand: one whose encoded bytes lie in S3 alone is encoded here now. Throws
     * FileChangedError where the file is another one than was encoded before the plan.
     */
    async ready(file) {
        const { encoded } = file;
        if (encoded === undefined)
            return file;
        if (file.path === '')
            return this.#make(file, encoded);
        const { source } = encoded;
        if (!encode_sameFile(source, await restat(source)))
            throw new FileChangedError('it changed after it was encoded');
        return file;
    }
    /** The file as it is now. */
    async again(file) {
        const { encoded } = file;
        if (encoded === undefined)
            return restat(file);
        this.#made.delete(encode_idOf(encoded));
        return this.#make(file, { ...encoded, source: await restat(encoded.source) });
    }
    async #make(named, form) {
        const { name } = named;
        const id = encode_idOf(form);
        const made = this.#made.get(id) ??
            this.#encodeTwice(form.source, form.encoding, form.source.size, true).then((tried) => {
                if (tried.made === undefined)
                    throw new Error(`${name} was not encoded`);
                return tried.made.file;
            });
        this.#made.set(id, made);
        return asNamed(await made, named);
    }
    async close() {
        if (this.#directory === undefined)
            return;
        const directory = await this.#directory.catch(() => undefined);
        if (directory !== undefined)
            await (0,promises_.rm)(directory, { recursive: true, force: true }).catch(() => undefined);
    }
}
/** Finds objects that hold a source in an encoding. */
class Judge {
    #request;
    /** Objects whose line names a source, by what it says. */
    #bySource = new Map();
    /** Sources that objects hold as they are, as encoded they would not be smaller: where lines about objects are believed. */
    #incompressible = new Set();
    #denied = false;
    constructor(request) {
        this.#request = request;
        const { index, listing, trustObjects } = request;
        for (const object of index === undefined ? [] : listing.values()) {
            const entry = index?.objects.get(object.key);
            if (entry === undefined || entry.etag !== object.etag || entry.size !== object.size)
                continue;
            const { source, md5, size, incompressible: encoding } = entry;
            if (source !== undefined && !this.#bySource.has(source))
                this.#bySource.set(source, object);
            if (trustObjects && encoding !== undefined && md5 !== undefined)
                this.#incompressible.add((0,model_headers/* formatSource */.j2)({ encoding, md5, source: { size } }));
        }
    }
    /**
     * Without encoding: by what this file was encoded to, which an object's ETag has to confirm; and where the index lies in
     * the destination's own bucket, by its lines about objects.
     */
    async remembered(file, encoding, names, ahead) {
        const { index, trustObjects, fileIndex, pool } = this.#request;
        const known = fileIndex === undefined ? undefined : recallFile(fileIndex, file);
        const stored = parseStoredForm(known?.stored);
        if (known !== undefined && stored?.encoding === encoding) {
            const form = { encoding, source: file, md5: known.md5 };
            const { bytes } = stored;
            if (bytes === undefined)
                return { form };
            for (const object of this.#candidates((0,model_headers/* formatSource */.j2)(form), names))
                if (holds(object, bytes))
                    return { form, adopted: { object, md5: bytes.md5 } };
        }
        const saysAny = this.#bySource.size + this.#incompressible.size > 0;
        if (!trustObjects || index === undefined || !saysAny)
            return undefined;
        let md5 = known?.md5;
        try {
            md5 ??= (await pool.digest({ file, layouts: [] }, ahead)).md5;
        }
        catch (error) {
            // Encoding reads it again, and says what is wrong with it.
            if (error instanceof FileChangedError)
                return undefined;
            throw beforeFirstWrite(error, file);
        }
        const form = { encoding, source: file, md5 };
        const source = (0,model_headers/* formatSource */.j2)(form);
        for (const object of this.#candidates(source, names)) {
            const entry = index.objects.get(object.key);
            if (entry?.source !== source || entry.etag !== object.etag || entry.size !== object.size)
                continue;
            if (entry.md5 === undefined)
                continue;
            return { form, adopted: { object, md5: entry.md5 } };
        }
        return this.#incompressible.has(source) ? { form } : undefined;
    }
    /** By HEAD, of objects that are not just what was encoded here and that no line knows better. */
    async asked(form, names, made) {
        const { index } = this.#request;
        const source = (0,model_headers/* formatSource */.j2)(form);
        for (const object of this.#candidates(source, names)) {
            // Just what was encoded here; or of its size, and then judged as any other object is.
            const isAlike = object.size === made?.file.size;
            if (isAlike && ((0,model_digest/* classifyETag */.Q)(object.etag).kind !== 'md5' || object.etag === made.md5)) {
                return undefined;
            }
            const entry = index?.objects.get(object.key);
            const isKnown = entry?.etag === object.etag && entry.size === object.size;
            // What is encoded is smaller than its source.
            if (object.size >= form.source.size || (isKnown && entry.source !== source))
                continue;
            const md5 = await this.#ask(object, source);
            if (md5 !== undefined)
                return { object, md5 };
        }
        return undefined;
    }
    /** The objects under the file's own keys, then one that the index says holds it. */
    *#candidates(source, names) {
        const { prefix, listing } = this.#request;
        for (const { name } of names) {
            const object = listing.get((prefix + name));
            if (object !== undefined)
                yield object;
        }
        const elsewhere = this.#bySource.get(source);
        if (elsewhere !== undefined)
            yield elsewhere;
    }
    /** The digest of the stored bytes, where the object says that it holds the source. */
    async #ask(object, source) {
        const { store, signal, emit } = this.#request;
        if (this.#denied)
            return undefined;
        try {
            const head = await store.head(object.key, signal);
            if (head === undefined || head.etag !== object.etag)
                return undefined;
            return head.metadata.get(model_headers/* SOURCE_METADATA */.UJ) === source ? (0,model_headers/* statedMd5 */.yB)(head) : undefined;
        }
        catch (error) {
            if (!(0,object_store/* isDeniedOrRejected */.Re)(error))
                throw error;
            if (this.#denied)
                return undefined;
            this.#denied = true;
            const message = `${explain(error, object.key).message}: no object is asked what it encodes, and what may be unchanged is sent`;
            emit({ type: 'message', level: 'notice', message });
            return undefined;
        }
    }
}
/** The last line that a name matches decides. */
function encodings(rules) {
    const lines = rules.map(({ pattern, encoding }) => {
        const negated = pattern.startsWith('!');
        const matches = (0,sync_excludes/* parseExcludes */.T)([negated ? pattern.slice(1) : pattern]);
        return { matches, encoding: negated ? undefined : encoding };
    });
    return (name) => lines.findLast(({ matches }) => matches?.(name, false) === true)?.encoding;
}
/** What was made of one name, under another: the page that it is a further name of is no other's. */
function asNamed({ page: _, ...made }, { name, page }) {
    return { ...made, name, ...(page === undefined ? {} : { page }) };
}
function storedElsewhere(form, size) {
    return { ...form.source, path: '', real: '', size, encoded: form };
}
function encode_sameFile(a, b) {
    return a.size === b.size && a.ino === b.ino && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}
function encode_idOf({ encoding, source }) {
    return `${encoding}:${(0,file_id/* fileState */.o)(source)}`;
}
/** Where what is compressed lies until the run ends. */
async function temporaryDirectory(below = (0,external_node_os_.tmpdir)()) {
    try {
        return await makeOwnDirectory(below);
    }
    catch (cause) {
        const message = `compress: the compressed files cannot be kept in ${below} (${(0,errors/* messageOf */.bD)(cause)}): set TMPDIR to a directory that can be written; nothing was written to S3`;
        throw new errors/* SyncError */.S0('no-room', errors/* EXIT */.dc.failed, message, { cause });
    }
}
/** Either the file cannot be read, or there is no room for what it becomes. */
function notEncoded(error, file) {
    if (!(0,system_error/* couldNotWrite */.yd)(error))
        return beforeFirstWrite(error, file);
    const message = `compress: there is no room for the compressed files in ${(0,external_node_os_.tmpdir)()} (${(0,system_error/* systemMessage */.H4)(error)}): set TMPDIR to a directory with room; nothing was written to S3`;
    return new errors/* SyncError */.S0('no-room', errors/* EXIT */.dc.failed, message, { cause: error });
}

;// CONCATENATED MODULE: ./build/src/sync/foreign.js



/**
 * Lists the destination once more. Returns, sorted, the keys that are not what the first listing and this run's own
 * writes make them: somebody else wrote them in between.
 */
async function foreignWrites(request) {
    const { store, prefix, listing, written, deleted, matters, withOwn, concurrency, signal } = request;
    const expected = (key) => {
        const ours = written.get(key);
        if (ours !== undefined)
            return ours.etag;
        return deleted.has(key) ? undefined : listing.get(key)?.etag;
    };
    const now = await listAll(store, prefix, () => undefined, signal, {
        withOwn,
        hints: { keys: () => keysThere(request), areAll: true },
    });
    // Of what this run wrote the size too: SeaweedFS keeps no bytes under `a/`, and their ETag all the same.
    const isExpected = (key, there) => there?.etag === expected(key) && (there === undefined || (written.get(key) ?? there).size === there.size);
    const suspects = new Set();
    for (const object of now.values()) {
        if (!isExpected(object.key, object) && matters(object.key))
            suspects.add(object.key);
    }
    for (const key of keysThere(request))
        if (!now.has(key) && matters(key))
            suspects.add(key);
    // A listing may lag behind, or spell an ETag otherwise than the write's answer: the object itself decides.
    const foreign = [];
    let areUndone = true;
    await (0,model_concurrency/* forEachConcurrent */.C6)(suspects, concurrency, async (key) => {
        const head = await store.head(key, signal);
        if (isExpected(key, head))
            return;
        foreign.push(key);
        const isCut = head !== undefined && head.etag === expected(key);
        areUndone &&= written.has(key) && (isCut || head?.etag === listing.get(key)?.etag);
    });
    return { foreign: foreign.sort(object_key/* compareKeys */.YD), areUndone, listing: now };
}
/** Keys of which an object is expected. */
function* keysThere({ listing, written, deleted }) {
    for (const key of listing.keys())
        if (!deleted.has(key) || written.has(key))
            yield key;
    for (const key of written.keys())
        if (!listing.has(key))
            yield key;
}

// EXTERNAL MODULE: ./build/src/model/invalidation.js
var invalidation = __webpack_require__(5135);
;// CONCATENATED MODULE: ./build/src/sync/invalidate.js









/** How long an invalidation that CloudFront has no room for is tried; others take minutes. Milliseconds. */
const TRY_MS = 10 * 60_000;
/** Between two attempts: doubled from the first to the last. Milliseconds. */
const FIRST_DELAY_MS = 1_000;
const LAST_DELAY_MS = 60_000;
/** How long `invalidate-wait` waits, and between which questions. Milliseconds. */
const WAIT_MS = 30 * 60_000;
const FIRST_QUESTION_MS = 5_000;
const LAST_QUESTION_MS = 20_000;
/** Paths that a message names. */
const SHOWN_PATHS = 5;
/**
 * What readers may have cached and CloudFront is to forget. It is in the journal before the first write and in the
 * index until it was sent, so that a run that is killed, stopped or refused by CloudFront leaves it to the next (R15).
 */
class Invalidations {
    #request;
    /** What earlier runs owe the distribution. */
    #owed;
    /** What it is owed by now. */
    #due;
    /** Whether this run changed what other distributions may serve. */
    #isChanged = false;
    #report;
    constructor(request) {
        this.#request = request;
        this.#owed = this.#earlier();
        this.#due = this.#with([]);
    }
    get report() {
        return this.#report;
    }
    /** Whatever becomes of its plan. */
    get tellsEverything() {
        return this.#owed.includes(invalidation/* EVERYTHING */.Qz);
    }
    #earlier() {
        const { options, storage, remembered, emit } = this.#request;
        if (options === undefined)
            return [];
        const known = remembered.get(options.distribution);
        if (storage === undefined) {
            const message = `nothing is remembered without an index, so every run invalidates ${invalidation/* EVERYTHING */.Qz} of ${options.distribution}: set index to a path or s3://bucket/key to invalidate what changed alone`;
            emit({ type: 'message', level: 'notice', message });
        }
        else if (known === undefined) {
            // Though the destination is empty: what was removed from it may still be cached.
            const message = `what earlier runs left to invalidate is not known, as the index is new or lost: this run invalidates ${invalidation/* EVERYTHING */.Qz} of ${options.distribution}`;
            emit({ type: 'message', level: 'notice', message });
        }
        else if (known.mapping !== undefined && !(0,invalidation/* isSameMapping */.vu)(known.mapping, options.mapping)) {
            // What readers may still have under the right paths.
            const message = `earlier runs invalidated what they changed with another invalidate-strip-prefix or invalidate-prefix, so under other paths: this run invalidates ${invalidation/* EVERYTHING */.Qz} of ${options.distribution}`;
            emit({ type: 'message', level: 'notice', message });
        }
        else {
            const stranger = this.#stranger(known.paths, options);
            if (stranger === undefined)
                return [...known.paths, ...(0,invalidation/* pathsOf */.wG)(this.#vanished(), options.mapping)];
            const message = `${stranger} was written by a run that the index does not know, so what that run left to invalidate is not known either: this run invalidates ${invalidation/* EVERYTHING */.Qz} of ${options.distribution}`;
            emit({ type: 'message', level: 'notice', message });
        }
        return [invalidation/* EVERYTHING */.Qz];
    }
    /** Keys that somebody else deleted: readers may still have what was there. */
    *#vanished() {
        const { known, listing } = this.#request;
        for (const key of known.keys())
            if (!listing.has(key))
                yield key;
    }
    /**
     * A key of the tree or of the index that a run wrote of which the index knows nothing, as it is an older one: what that
     * run could not send is not known. A run that was killed has left its paths in the journal.
     */
    #stranger(owed, { mapping }) {
        const { known, listing, keys } = this.#request;
        const isCovered = (0,invalidation/* coverOf */.vv)(owed);
        for (const some of [keys, known.keys()])
            for (const key of some) {
                const object = listing.get(key);
                if (object === undefined)
                    continue;
                const entry = known.get(key);
                if (entry?.etag === object.etag && entry.size === object.size)
                    continue;
                if (!(0,invalidation/* pathsOf */.wG)([key], mapping).every(isCovered))
                    return key;
            }
        return undefined;
    }
    /** What the distribution is owed when a plan's steps are done. */
    plan(plan) {
        this.#due = this.#with(stepsOf(plan));
    }
    /**
     * Writes what the plan will change into the journal. A journal that cannot be written costs a warning, never the run.
     */
    async journal(plan) {
        const { options, storage, remembered, emit, signal } = this.#request;
        if (storage === undefined || !changesAnything(plan))
            return;
        let lines = '';
        const due = this.#with(stepsOf(plan));
        if (options !== undefined && due.length > 0)
            lines = (0,digest_index/* formatInvalidation */.Ak)(options.distribution, { paths: due, ...mappingOf(due, options) });
        for (const other of remembered.keys()) {
            if (other !== options?.distribution)
                lines += (0,digest_index/* formatInvalidation */.Ak)(other, { paths: [invalidation/* EVERYTHING */.Qz] });
        }
        if (lines === '')
            return;
        try {
            await storage.journal.append(lines, signal);
        }
        catch (error) {
            signal.throwIfAborted();
            const message = `what is to be invalidated cannot be remembered before it is published (${whyNot(error, storage.place)}): should this run be killed, invalidate ${invalidation/* EVERYTHING */.Qz} by hand`;
            emit({ type: 'message', level: 'warning', message });
        }
    }
    /** Settles what is due by what was done, or may be. */
    settle(outcomes) {
        const done = outcomes
            .filter((of) => (of.outcome === 'done' || mayBeDone(of)) && of.action !== 'keep')
            .map(({ step }) => step);
        this.#isChanged = done.length + this.#request.published.length > 0;
        this.#due = this.#with(done);
    }
    /** Sends what is due; answers with what went wrong, and leaves it to the next run then. */
    async send() {
        const { options, invalidator, signal } = this.#request;
        if (options === undefined || this.#due.length === 0)
            return undefined;
        if (signal.aborted) {
            this.#tell('pending');
            return undefined;
        }
        if (invalidator === undefined)
            throw new Error('there is nothing to invalidate with');
        try {
            const { id } = await this.#create(invalidator);
            this.#tell('sent', id);
            this.#due = [];
            return undefined;
        }
        catch (error) {
            if (signal.aborted) {
                this.#tell('pending');
                return undefined;
            }
            this.#tell('failed');
            return this.#failure(error, options.distribution);
        }
    }
    /** Paths that CloudFront does not take it would not take from the next run either: everything goes instead. */
    async #create(invalidator) {
        const { signal, requests, emit, onMove } = this.#request;
        const patience = { signal, requests, emit, onMove };
        const paths = this.#due;
        try {
            return await create(invalidator, paths, patience);
        }
        catch (error) {
            const isRefused = error instanceof object_store/* StoreError */.AD && error.code === 'InvalidArgument';
            if (!isRefused || paths.includes(invalidation/* EVERYTHING */.Qz))
                throw error;
            const message = `${invalidator.distribution} does not take ${shown(paths)} (${invalidate_toldOf(error)}): this run invalidates ${invalidation/* EVERYTHING */.Qz} instead`;
            emit({ type: 'message', level: 'warning', message });
            this.#due = [invalidation/* EVERYTHING */.Qz];
            return create(invalidator, this.#due, patience);
        }
    }
    /** Waits until CloudFront has done what it was sent. */
    async wait() {
        const { options, invalidator, url, signal, requests, onMove } = this.#request;
        const sent = this.#report;
        if (options?.wait !== true || invalidator === undefined || sent?.id === undefined)
            return undefined;
        try {
            if (await isDone(invalidator, sent.id, { signal, requests, onMove })) {
                this.#tell('completed', sent.id);
                return undefined;
            }
            this.#tell('failed', sent.id);
            return failed(`${url}: the invalidation ${sent.id} of ${sent.distribution} is not complete after ${WAIT_MS / 60_000} minutes: everything is published and CloudFront goes on with it; look at it there`);
        }
        catch (error) {
            if (signal.aborted)
                return undefined;
            this.#tell('failed', sent.id);
            return failed(`${url}: whether the invalidation ${sent.id} of ${sent.distribution} is complete could not be asked (${invalidate_toldOf(error)}): ${(0,object_store/* isDenied */.GZ)(error) ? 'allow cloudfront:GetInvalidation on the distribution, or drop invalidate-wait' : 'CloudFront goes on with it'}`);
        }
    }
    /** Says what a run that writes would send. */
    tellPlanned() {
        if (this.#request.options !== undefined && this.#due.length > 0)
            this.#tell('planned');
    }
    /** What the index is to remember. */
    left() {
        const { options, remembered } = this.#request;
        const left = new Map();
        for (const [other, owed] of remembered)
            left.set(other, this.#isChanged ? { paths: [invalidation/* EVERYTHING */.Qz] } : owed);
        if (options === undefined)
            return left;
        const { distribution } = options;
        const told = this.#report?.paths ?? this.#due;
        // What is not served under any path was left out by this mapping too.
        const isMapped = this.#isChanged || told.length > 0;
        const mapping = isMapped ? mappingOf(told, options) : remembered.get(distribution);
        left.set(distribution, { ...mapping, paths: this.#due });
        return left;
    }
    #with(steps) {
        const { options, published } = this.#request;
        if (options === undefined)
            return [];
        const keys = [];
        for (const some of [published, steps])
            for (const step of some)
                if (mayBeCached(step, options.newKeys))
                    keys.push(step.key);
        return (0,invalidation/* groupPaths */.QD)([...this.#owed, ...(0,invalidation/* pathsOf */.wG)(keys, options.mapping)], options.maxPaths);
    }
    #tell(status, id) {
        const { options, emit } = this.#request;
        const { distribution } = options;
        const paths = this.#report?.paths ?? this.#due;
        this.#report = { distribution, paths, ...(id === undefined ? {} : { id }), status };
        emit({ type: 'invalidation', invalidation: this.#report });
    }
    #failure(error, distribution) {
        const { storage, url } = this.#request;
        const told = invalidate_toldOf(error);
        const next = (() => {
            if (storage === undefined)
                return `the next run invalidates ${invalidation/* EVERYTHING */.Qz}`;
            const { whyNotKept } = storage;
            if (whyNotKept === undefined)
                return 'the next run sends what is missing';
            const why = whyNotKept();
            return why === undefined
                ? 'the next run sends what is missing, if the index is kept'
                : `the index is not kept (${why}), so invalidate ${invalidation/* EVERYTHING */.Qz} by hand`;
        })();
        const advice = (() => {
            if (!(error instanceof object_store/* StoreError */.AD))
                return 'run again';
            if (error.kind === 'denied')
                return 'allow cloudfront:CreateInvalidation on the distribution';
            if (error.code === 'NoSuchDistribution')
                return 'check invalidate, and that the credentials are of its account';
            if (error.kind === 'throttled')
                return 'other invalidations are in progress there, so run again later';
            if (error.kind === 'network')
                return 'check proxy and network';
            return 'run again';
        })();
        return failed(`${url}: the invalidation of ${shown(this.#due)} in ${distribution} failed (${told}): ${advice}; ${next}`);
    }
}
/** Whether a reader may have cached what a step changes. */
function mayBeCached(step, newKeys) {
    switch (step.action) {
        case 'keep':
            return false;
        case 'delete':
        case 'refresh':
            return true;
        case 'upload':
        case 'download':
        case 'link':
        case 'copy':
            return newKeys || 'ifMatch' in step.condition;
    }
}
/** Whoever is told everything is told it under whatever path it has. */
function mappingOf(paths, { mapping }) {
    return paths.includes(invalidation/* EVERYTHING */.Qz) ? {} : { mapping };
}
async function pauseFor(ms, signal) {
    await (0,external_node_timers_promises_.setTimeout)(ms, undefined, { signal });
}
/**
 * Creates an invalidation. CloudFront takes so many at a time, so it is tried for minutes; under one reference, by which
 * CloudFront knows that an attempt whose answer was lost is the same.
 */
async function create(invalidator, paths, { signal, requests, emit, onMove, pause = pauseFor, now = () => performance.now(), }) {
    const reference = `s3-dedup-sync-${(0,external_node_crypto_.randomBytes)(12).toString('hex')}`;
    const end = now() + TRY_MS;
    for (let delay = FIRST_DELAY_MS;; delay = Math.min(delay * 2, LAST_DELAY_MS)) {
        onMove();
        try {
            return await invalidator.create(paths, reference, requests);
        }
        catch (error) {
            if (signal.aborted || !heals(error) || now() + delay > end)
                throw error;
            if (delay === FIRST_DELAY_MS) {
                const message = `${invalidator.distribution} cannot be told to invalidate now (${invalidate_toldOf(error)}): it is tried again for ${TRY_MS / 60_000} minutes`;
                emit({ type: 'message', level: 'notice', message });
            }
        }
        await pause(delay, signal);
    }
}
/** Whether an invalidation was completed in time. */
async function isDone(invalidator, id, { signal, requests, onMove, pause = pauseFor, now = () => performance.now() }) {
    const end = now() + WAIT_MS;
    for (let delay = FIRST_QUESTION_MS;; delay = Math.min(delay * 1.5, LAST_QUESTION_MS)) {
        onMove();
        try {
            if (await invalidator.isDone(id, requests))
                return true;
        }
        catch (error) {
            if (signal.aborted || !heals(error) || now() + delay > end)
                throw error;
        }
        if (now() + delay > end)
            return false;
        await pause(delay, signal);
    }
}
function heals(error) {
    return error instanceof object_store/* StoreError */.AD && ['throttled', 'server', 'network'].includes(error.kind);
}
function invalidate_toldOf(error) {
    if (!(error instanceof object_store/* StoreError */.AD))
        return (0,errors/* messageOf */.bD)(error);
    return error.message === '' || error.message === error.code
        ? error.code
        : `${error.code}: ${error.message}`;
}
function shown(paths) {
    const some = paths.slice(0, SHOWN_PATHS).join(', ');
    return paths.length > SHOWN_PATHS ? `${some} and ${paths.length - SHOWN_PATHS} more paths` : some;
}
function failed(message) {
    return new errors/* SyncError */.S0('invalidation-failed', errors/* EXIT */.dc.failed, message);
}

;// CONCATENATED MODULE: ./build/src/sync/lock.js






/** How long a lease holds without being renewed: a run that is killed blocks others for so long. Milliseconds. */
const LEASE_MS = 10 * 60_000;
/** Three renewals may fail before the lease is over. */
const RENEW_MS = LEASE_MS / 4;
/** A machine that sleeps stops its timers too: by the clock a renewal is found due this soon after it woke. Milliseconds. */
const TICK_MS = 1_000;
/** The run is done then, and a lock that stays ends by itself: twice as long as an outage is waited out. Milliseconds. */
const GIVE_BACK_MS = 30_000;
/** A lock is some hundred bytes; what is larger is not ours. */
const MAX_LOCK_BYTES = 64 * 1024;
/** What a date can hold: a lease of somebody else may say anything. Milliseconds since the epoch. */
const LAST_TIME_MS = 8.64e15;
/** The lock of a destination. */
function lockKey(prefix) {
    return `${prefix}${object_key/* OWN_DIRECTORY */.Nt}lock`;
}
/** Refuses where a run that may still be at work holds a lock, of this destination or of one below it. */
async function refuseLocks(keys, { store, url, earliestNow, signal }) {
    for (const key of keys) {
        if (!`/${key}`.endsWith(`/${object_key/* OWN_DIRECTORY */.Nt}lock`))
            continue;
        const body = await store.read(key, MAX_LOCK_BYTES, signal);
        if (body === undefined)
            continue;
        const held = parseLease(body.bytes);
        if (held === undefined || held.expires > earliestNow())
            throw locked(url, key, held);
    }
}
/**
 * A lease on a destination: an object that is written only where there is none, or in place of one that is over.
 * It is renewed while the run goes on and deleted at its end.
 */
class Lock {
    #request;
    #key;
    #run;
    #etag;
    #expires;
    /** When the last renewal began. */
    #begun;
    #timer;
    #renewing;
    #isLost = false;
    constructor(request, key, run, { etag, expires }) {
        this.#request = request;
        this.#key = key;
        this.#run = run;
        this.#etag = etag;
        this.#expires = expires;
        this.#begun = expires - LEASE_MS;
        this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
    }
    /** Rejects with a refusal that names who holds it and until when. */
    static async acquire(request) {
        const { store, prefix, url, owner, now, earliestNow, signal } = request;
        const key = lockKey(prefix);
        const run = (0,external_node_crypto_.randomUUID)();
        const lease = { owner, expires: now() + LEASE_MS, run };
        const taken = await put(request, key, { ifNoneMatch: '*' }, lease);
        if (taken !== undefined)
            return new Lock(request, key, run, taken);
        const body = await store.read(key, MAX_LOCK_BYTES, signal);
        const held = body === undefined ? undefined : parseLease(body.bytes);
        if (body !== undefined && held !== undefined && held.expires <= earliestNow()) {
            const over = await put(request, key, { ifMatch: body.etag }, lease);
            if (over !== undefined)
                return new Lock(request, key, run, over);
        }
        throw locked(url, key, held);
    }
    /**
     * Gives the lock back; one that is not ours any more is left. Returns why it could not be, for people: a server that never
     * answers is not waited for until the run is taken for one that stands still, which would fail it.
     */
    async release() {
        const { store, last } = this.#request;
        clearInterval(this.#timer);
        const stop = new AbortController();
        const noAnswer = new Error(`it took longer than ${GIVE_BACK_MS / 1_000} seconds`);
        const timer = setTimeout(() => stop.abort(noAnswer), GIVE_BACK_MS);
        const signal = AbortSignal.any([last, stop.signal]);
        try {
            // What a renewal that has no answer made of the lock is not known: the condition of the delete says it.
            await Promise.race([this.#renewing, aborted(signal)]);
            const [answer] = await store.delete([{ key: this.#key, etag: this.#etag }], signal);
            const isAnothers = this.#isLost && answer?.deleted === false && answer.error.kind === 'condition';
            if (answer?.deleted !== false || isAnothers)
                return undefined;
            throw answer.error;
        }
        catch (error) {
            const { message } = explain(signal.aborted ? signal.reason : error, this.#key);
            return `the lock could not be given back and holds for up to ${LEASE_MS / 60_000} minutes (${message})`;
        }
        finally {
            clearTimeout(timer);
        }
    }
    /**
     * Waited for before each step: a machine that slept may have lost the lock meanwhile, and steps that were planned before
     * would undo what another run made. Where it is lost `onLost` was called.
     */
    async awake() {
        while (this.#isDue() && !this.#isOver())
            await (this.#renewing ?? this.#begin());
    }
    /** Renews it now: S3 says whether it still is ours, whatever this machine's clock says. */
    async confirm() {
        while (this.#renewing !== undefined)
            await this.#renewing;
        if (!this.#isOver())
            await this.#begin();
    }
    #tick() {
        // A clock that was set back says as little of how long it was.
        if (Math.abs(this.#request.now() - this.#begun) < RENEW_MS)
            return;
        if (this.#renewing === undefined)
            this.#begin();
        else if (this.#isDue())
            this.#lose(new Error('it was not renewed in time'));
    }
    /** One renewal at a time: two would go by the same ETag, and the later one take the other for another run's. */
    #begin() {
        this.#begun = this.#request.now();
        this.#renewing = this.#renew().finally(() => {
            this.#renewing = undefined;
        });
        return this.#renewing;
    }
    #isOver() {
        return this.#isLost || this.#request.signal.aborted;
    }
    /** What is in flight must have ended before the lease has. */
    #isDue() {
        return this.#request.now() >= this.#expires - RENEW_MS;
    }
    #lose(cause) {
        clearInterval(this.#timer);
        const { url, onLost } = this.#request;
        if (this.#isOver())
            return;
        this.#isLost = true;
        const message = `the lock of ${url} was lost (${(0,errors/* messageOf */.bD)(cause)}): the run was ended, and another may write there by now: run again only if this one is to have the last word`;
        onLost(new errors/* SyncError */.S0('foreign-writer', errors/* EXIT */.dc.foreignWriter, message, { cause }));
    }
    async #renew() {
        if (this.#isOver())
            return;
        const { owner } = this.#request;
        const lease = { owner, expires: this.#begun + LEASE_MS, run: this.#run };
        try {
            const held = await put(this.#request, this.#key, { ifMatch: this.#etag }, lease);
            if (held === undefined)
                throw new Error('another run has taken it');
            this.#etag = held.etag;
            this.#expires = held.expires;
        }
        catch (error) {
            const isTaken = !(error instanceof object_store/* StoreError */.AD);
            if (isTaken || this.#isDue())
                this.#lose(error);
        }
    }
}
function aborted(signal) {
    return new Promise((resolve) => {
        if (signal.aborted)
            resolve();
        else
            signal.addEventListener('abort', () => resolve(), { once: true });
    });
}
function locked(url, key, held) {
    const who = held === undefined
        ? 'another run'
        : `${held.owner} (until ${new Date(held.expires).toISOString().slice(0, 19)}Z unless it is renewed)`;
    return (0,errors/* refusal */.x5)('locked', `${url} is locked by ${who}: nothing was written; run again when it has ended, or delete ${key} if it never will`);
}
/**
 * Writes a lease; `undefined`: the condition did not hold. What lies there says whether an attempt whose answer was lost, now
 * or of an earlier renewal, is what did not let it hold, and whether one that was cut short was made.
 */
async function put({ store, requests, last }, key, condition, lease) {
    const body = Buffer.from(`${JSON.stringify(lease)}\n`);
    const headers = { contentType: 'application/json', metadata: {} };
    try {
        const { etag } = await store.put({ key, body, md5: (0,model_digest/* md5Of */.iF)(body), headers, condition }, requests);
        return { etag, expires: lease.expires };
    }
    catch (error) {
        const { kind } = error;
        if (kind !== 'condition' && kind !== 'aborted')
            throw error;
        const there = await store.read(key, MAX_LOCK_BYTES, last).catch(() => undefined);
        const isKnown = 'ifMatch' in condition && there?.etag === condition.ifMatch;
        if (there !== undefined && !isKnown) {
            const held = parseLease(there.bytes);
            if (held?.run === lease.run)
                return { etag: there.etag, expires: held.expires };
        }
        if (kind === 'condition')
            return undefined;
        throw error;
    }
}
/** `undefined`: it is not a lease that we could have written. */
function parseLease(bytes) {
    try {
        const { owner, expires, run } = JSON.parse(bytes.toString('utf8'));
        if (typeof owner !== 'string' || typeof expires !== 'number' || !(Math.abs(expires) <= LAST_TIME_MS))
            return undefined;
        const who = { owner: owner.slice(0, 200).replace(/\p{Cc}/gu, ' '), expires };
        return typeof run === 'string' ? { ...who, run } : who;
    }
    catch {
        return undefined;
    }
}

;// CONCATENATED MODULE: ./build/src/sync/remove.js


/**
 * Everything under the prefix goes, each under the ETag that was listed. `max-delete` counts all but our own objects,
 * which nobody put there by hand.
 *
 * @param retained names below the prefix that stay
 */
function planRemoval(prefix, listing, retained) {
    const removed = [];
    const own = [];
    const kept = { files: 0, bytes: 0 };
    let ownListed = 0;
    for (const { key, size: bytes, etag } of [...listing.values()].sort((a, b) => (0,object_key/* compareKeys */.YD)(a.key, b.key))) {
        const isOwn = key.startsWith(prefix + object_key/* OWN_DIRECTORY */.Nt);
        if (isOwn)
            ownListed++;
        if (retained(key.slice(prefix.length))) {
            kept.files++;
            kept.bytes += bytes;
        }
        else if (isOwn)
            own.push({ key, action: 'delete', reason: 'own', rank: 1, bytes, etag });
        else
            removed.push({ key, action: 'delete', reason: 'removed', rank: 0, bytes, etag });
    }
    const none = { files: 0, bytes: 0 };
    return {
        plan: {
            // Our own objects last: a lease is seen, and uploads are remembered, as long as anything else is there.
            ranks: [
                { name: 'deletes', phases: remove_phasesOf(removed) },
                { name: 'own objects', phases: remove_phasesOf(own) },
            ],
            unchanged: none,
            kept,
        },
        unchanged: new Map(),
        unknownHeaders: [],
        headersUnknown: none,
        listedUnexcluded: listing.size - ownListed,
        deletions: removed.length,
        waiting: [],
        losses: removed.length,
        firstLosses: removed.slice(0, LOSSES_NAMED).map(({ key }) => key),
        related: true,
    };
}
/** The same plan, but that it keeps what it would delete of these; `undefined`: nothing is kept. */
function keepingOwn(plan, isKept) {
    let keeps = false;
    const ranks = plan.ranks.map(({ name, phases }) => {
        const kept = [];
        const deleted = [];
        for (const step of phases.flatMap(({ steps }) => steps)) {
            if (step.action !== 'delete')
                continue;
            if (isKept(step.key))
                kept.push({ ...step, action: 'keep' });
            else
                deleted.push(step);
        }
        keeps ||= kept.length > 0;
        return { name, phases: [...remove_phasesOf(kept), ...remove_phasesOf(deleted)] };
    });
    return keeps ? { ...plan, ranks } : undefined;
}
function remove_phasesOf(steps) {
    return steps.length === 0 ? [] : [{ kind: 'publish', steps }];
}

;// CONCATENATED MODULE: ./build/src/sync/run-parts.js

function* keysOf(files, prefix) {
    for (const name of (0,file_columns/* namesOf */.eZ)(files))
        yield (prefix + name);
}

;// CONCATENATED MODULE: ./build/src/model/plan-file.js






/**
 * A plan on its way from the machine that made it to those that stage its shards and the one that publishes. JSON Lines:
 *
 *     {"format": "s3-dedup-sync-plan", "version": 1, "destination": ..., "endpoint": ..., "ranks": [...], ...}
 *     {"rank": 0, "phase": 0, "action": "upload", "key": ..., ...}
 *
 * Anything else is refused whole: half a plan is worse than none.
 */
const PLAN_FORMAT = 's3-dedup-sync-plan';
/** What a shard staged. JSON Lines: a head, a line an upload, and a last line that says it is whole. */
const RESULTS_FORMAT = 's3-dedup-sync-results';
/** What a shard published: so too, a line a key. */
const PUBLISHED_FORMAT = 's3-dedup-sync-published';
const VERSION = 1;
/** Larger files are not ours: a plan of a million steps has some 400 MB. Bytes. */
const MAX_PLAN_BYTES = 1024 ** 3;
/** A file that is not what it should be: `message` says what was met. */
class PlanFileError extends Error {
    name = 'PlanFileError';
}
function* formatPlan(destination, endpoint, { ranks, unchanged, kept }, decided) {
    const { headersOf, preserve } = decided;
    const names = ranks.map(({ name }) => name);
    const head = {
        format: PLAN_FORMAT,
        version: VERSION,
        destination,
        endpoint,
        ranks: names,
        unchanged,
        kept,
        ...(preserve ? { preserve } : {}),
    };
    yield `${JSON.stringify(head)}\n`;
    for (const [rank, { phases }] of ranks.entries()) {
        let phase = 0;
        for (const { kind, steps } of phases) {
            if (kind === 'stage')
                continue;
            for (const step of steps) {
                const headers = 'file' in step ? { headers: headersOf(step.file) } : {};
                yield `${JSON.stringify({ ...stepRecord(step, decided), ...headers, rank, phase })}\n`;
            }
            phase++;
        }
    }
}
function stepRecord(step, { stored, preserve }) {
    if (!('file' in step))
        return { ...step };
    const { name, size, page, redirect, encoded } = step.file;
    const { mode, mtimeNs } = encoded?.source ?? step.file;
    const md5 = step.md5 ?? stored.get(name);
    const file = {
        name,
        size,
        ...(page === undefined ? {} : { page }),
        ...(redirect === undefined ? {} : { redirect }),
        ...(encoded === undefined ? {} : { encoded: (0,model_headers/* formatSource */.j2)(encoded) }),
        ...(preserve ? { mode, mtimeNs: `${mtimeNs}` } : {}),
    };
    return { ...step, ...(md5 === undefined ? {} : { md5 }), file };
}
/** Rejects anything that `formatPlan` would not write, with a PlanFileError. */
function parsePlan(bytes) {
    const lines = plan_file_linesOf(bytes, 'plan');
    const head = record(lines.next().value);
    const { format, version, destination, endpoint, ranks: names, unchanged, kept, preserve } = head;
    if (format !== PLAN_FORMAT)
        throw new PlanFileError('it is no plan');
    if (version !== VERSION)
        throw new PlanFileError(`it is a plan of version ${JSON.stringify(version)}, not ${VERSION}`);
    if (!plan_file_isText(destination) || typeof endpoint !== 'string' || !Array.isArray(names) || !names.every(plan_file_isText))
        throw new PlanFileError('its first line is not whole');
    const ranks = names.map((name) => ({ name, phases: [] }));
    const staged = [];
    const keys = new Set();
    const headers = new Map();
    for (const line of lines) {
        const fields = record(line);
        const { step, rank, phase } = parseStep(fields);
        if ('file' in step)
            headers.set(step.file.name, headersIn(fields.headers, step.key));
        const phases = ranks[rank]?.phases;
        if (phases === undefined || phase > phases.length)
            throw new PlanFileError('a step is out of its place');
        if (keys.has(step.key))
            throw new PlanFileError(`the key ${JSON.stringify(step.key)} stands twice`);
        keys.add(step.key);
        const steps = phases[phase];
        if (steps === undefined)
            phases.push([step]);
        else
            steps.push(step);
        if ((step.action === 'upload' || step.action === 'copy') && step.staged)
            staged.push(step);
    }
    const built = ranks.map(({ name, phases }, at) => {
        const stage = at === 0 && staged.length > 0 ? [{ kind: 'stage', required: true, steps: staged }] : [];
        return { name, phases: [...stage, ...phases.map((steps) => ({ kind: 'publish', steps }))] };
    });
    return {
        id: (0,external_node_crypto_.createHash)('sha256').update(bytes).digest('hex'),
        destination,
        endpoint,
        plan: { ranks: built, unchanged: count(unchanged), kept: count(kept) },
        headers,
        preserve: preserve === true,
    };
}
function parseStep(line) {
    const { rank, phase, key, reason, bytes, action } = line;
    if (!isSize(rank) || !isSize(phase) || !isSize(bytes) || !plan_file_isText(key) || !plan_file_isText(reason))
        throw wrongStep(key);
    const base = { key: key, reason: reason, rank, bytes };
    const place = { rank, phase };
    switch (action) {
        case 'keep':
        case 'delete':
            return { ...place, step: { ...base, action, etag: etagOf(line.etag, key) } };
        case 'refresh': {
            const { storageClass, attributes } = line;
            const md5 = md5Of(line.md5, key);
            if (md5 === undefined)
                throw wrongStep(key);
            const kept = {
                ...(plan_file_isText(storageClass) ? { storageClass } : {}),
                ...(attributes === undefined ? {} : { attributes: headersIn(attributes, key) }),
            };
            const fields = { file: fileOf(line.file, key), md5, condition: conditionOf(line.condition, key) };
            return { ...place, step: { ...base, ...fields, ...kept, action, etag: etagOf(line.etag, key) } };
        }
        case 'upload':
        case 'copy': {
            const { staged } = line;
            if (typeof staged !== 'boolean')
                throw wrongStep(key);
            const fields = {
                file: fileOf(line.file, key),
                md5: md5Of(line.md5, key),
                condition: conditionOf(line.condition, key),
                staged,
            };
            if (action === 'upload')
                return { ...place, step: { ...base, ...fields, action } };
            return { ...place, step: { ...base, ...fields, action, source: sourceOf(line.source, key) } };
        }
        default:
            throw wrongStep(key);
    }
}
/** Its bytes lie on another machine: it has neither path nor stat, but for what is preserved of it. */
function fileOf(value, key) {
    const { name, size, page, redirect, encoded, mode = 0, mtimeNs = '0' } = record(value);
    if (!plan_file_isText(name) || !isSize(size) || !isSize(mode))
        throw wrongStep(key);
    if (typeof mtimeNs !== 'string' || !/^-?[0-9]{1,30}$/.test(mtimeNs))
        throw wrongStep(key);
    const file = { ...model_objects/* NO_FILE */.tW, name, size, mode, mtimeNs: BigInt(mtimeNs) };
    const form = plan_file_isText(encoded) ? (0,model_headers/* parseSource */.PJ)(encoded) : undefined;
    if (encoded !== undefined && form === undefined)
        throw wrongStep(key);
    return {
        ...file,
        ...(plan_file_isText(page) ? { page } : {}),
        ...(plan_file_isText(redirect) ? { redirect } : {}),
        ...(form === undefined ? {} : { encoded: { ...form, source: { ...file, size: form.size } } }),
    };
}
function headersIn(value, key) {
    const entries = Object.entries(record(value));
    if (!entries.every(([name, text]) => header_rules/* HEADER_NAME */.EQ.test(name) && typeof text === 'string'))
        throw wrongStep(key);
    return Object.fromEntries(entries);
}
function conditionOf(value, key) {
    const { ifMatch, ifNoneMatch } = record(value);
    return ifNoneMatch === '*' ? { ifNoneMatch } : { ifMatch: etagOf(ifMatch, key) };
}
function sourceOf(value, key) {
    const { kind, key: from, etag, size, bucket } = record(value);
    if (!plan_file_isText(from))
        throw wrongStep(key);
    if (kind === 'published')
        return { kind, key: from };
    if (kind !== 'object' || !isSize(size))
        throw wrongStep(key);
    const source = { kind, key: from, etag: etagOf(etag, key), size };
    if (bucket === undefined)
        return source;
    const { name, expectedOwner, requesterPays } = record(bucket);
    if (!plan_file_isText(name))
        throw wrongStep(key);
    const owner = plan_file_isText(expectedOwner) ? { expectedOwner } : {};
    return { ...source, bucket: { name, ...owner, ...(requesterPays === true ? { requesterPays } : {}) } };
}
function* formatResults({ plan, shard, attempt, uploads }) {
    yield `${JSON.stringify({ format: RESULTS_FORMAT, version: VERSION, plan, shard, attempt })}\n`;
    for (const { layout, ...upload } of uploads)
        yield `${JSON.stringify({ ...upload, layout: (0,digest_index/* formatLayout */.Cu)(layout) })}\n`;
    yield `${JSON.stringify({ end: uploads.length })}\n`;
}
function* formatPublished({ plan, keys }) {
    yield `${JSON.stringify({ format: PUBLISHED_FORMAT, version: VERSION, plan })}\n`;
    for (const [key, etag] of keys)
        yield `${JSON.stringify({ key, etag })}\n`;
    yield `${JSON.stringify({ end: keys.size })}\n`;
}
/** Whether bytes begin as a plan of any version does. */
function beginsAsPlan(bytes) {
    return beginsAs(bytes, PLAN_FORMAT);
}
/** Whether bytes begin as results of any version do. */
function beginsAsResults(bytes) {
    return beginsAs(bytes, RESULTS_FORMAT) || beginsAs(bytes, PUBLISHED_FORMAT);
}
function beginsAs(bytes, format) {
    const begin = `{"format":"${format}",`;
    return bytes.toString('latin1', 0, begin.length) === begin;
}
/** Rejects anything that `formatResults` and `formatPublished` would not write, with a PlanFileError. */
function parseResults(bytes) {
    const lines = plan_file_linesOf(bytes, 'results');
    const { format, version, plan, shard, attempt } = record(lines.next().value);
    if (format !== RESULTS_FORMAT && format !== PUBLISHED_FORMAT)
        throw new PlanFileError('these are no results');
    if (version !== VERSION)
        throw new PlanFileError(`these are results of version ${JSON.stringify(version)}, not ${VERSION}`);
    if (!plan_file_isText(plan))
        throw new PlanFileError('the first line is not whole');
    if (format === PUBLISHED_FORMAT)
        return { plan, keys: new Map(ended(lines, parsePublished)) };
    const { number, of } = record(shard);
    if (!isSize(attempt) || !isSize(number) || !isSize(of) || number < 1 || number > of)
        throw new PlanFileError('the first line is not whole');
    return { plan, shard: { number, of }, attempt, uploads: ended(lines, parseUpload) };
}
/** The lines up to the one that says how many there are. */
function ended(lines, parse) {
    const all = [];
    let isWhole = false;
    for (const value of lines) {
        if (isWhole)
            throw new PlanFileError('something stands behind the end');
        const line = record(value);
        if (line.end === undefined)
            all.push(parse(line));
        else if (line.end === all.length)
            isWhole = true;
        else
            throw new PlanFileError('a line is missing');
    }
    if (!isWhole)
        throw new PlanFileError('the end is missing: the shard was not finished');
    return all;
}
function parsePublished({ key, etag }) {
    if (!plan_file_isText(key))
        throw wrongStep(key);
    return [key, etagOf(etag, key)];
}
function parseUpload(line) {
    const { key, action, uploadId, encryption, parts, layout: text, etag, size, crc32 } = line;
    const layout = plan_file_isText(text) ? (0,digest_index/* parseLayout */.U8)(text) : undefined;
    const md5 = md5Of(line.md5, key);
    const isKnown = action === 'upload' || action === 'copy';
    if (!plan_file_isText(key) ||
        !isKnown ||
        !plan_file_isText(uploadId) ||
        !isSize(size) ||
        md5 === undefined ||
        layout === undefined)
        throw wrongStep(key);
    if (!Array.isArray(parts))
        throw wrongStep(key);
    return {
        key: key,
        action,
        uploadId,
        encryption: plan_file_isText(encryption) ? encryption : undefined,
        parts: parts.map((part) => {
            const { number, etag: partETag, boundBySource } = record(part);
            if (!isSize(number))
                throw wrongStep(key);
            const bound = boundBySource === true ? { boundBySource } : {};
            return { number, etag: etagOf(partETag, key), ...bound };
        }),
        layout,
        etag: etag === undefined ? undefined : etagOf(etag, key),
        size,
        md5,
        ...(plan_file_isText(crc32) ? { crc32 } : {}),
    };
}
/** Every line, parsed; the last one must be ended. */
function* plan_file_linesOf(bytes, what) {
    for (let start = 0; start < bytes.length;) {
        const end = bytes.indexOf(0x0a, start);
        if (end === -1)
            throw new PlanFileError(`the ${what} is cut short`);
        let value;
        try {
            value = JSON.parse(bytes.toString('utf8', start, end));
        }
        catch (cause) {
            throw new PlanFileError('a line is no JSON', { cause });
        }
        yield value;
        start = end + 1;
    }
}
function record(value) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
        throw new PlanFileError('a line is not what it should be');
    return value;
}
function count(value) {
    const { files, bytes } = record(value);
    if (!isSize(files) || !isSize(bytes))
        throw new PlanFileError('its first line is not whole');
    return { files, bytes };
}
function etagOf(value, key) {
    const etag = typeof value === 'string' ? (0,model_digest/* parseETag */.nn)(value) : undefined;
    if (etag === undefined)
        throw wrongStep(key);
    return etag;
}
function md5Of(value, key) {
    if (value === undefined)
        return undefined;
    const md5 = typeof value === 'string' ? (0,model_digest/* parseMd5 */.S2)(value) : undefined;
    if (md5 === undefined)
        throw wrongStep(key);
    return md5;
}
function wrongStep(key) {
    return new PlanFileError(`the line of ${JSON.stringify(key)} is not what it should be`);
}
function plan_file_isText(value) {
    return typeof value === 'string' && value !== '';
}
/** JSON has a -0 as well, which nobody writes. */
function isSize(value) {
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);
}

;// CONCATENATED MODULE: ./build/src/sync/shards.js









/** A file whose name ends so in a directory of results is refused where it is none of the plan. */
const RESULTS_NAMES = ['.json', '.jsonl'];
/** Reads the plan of this destination, whole. A key outside of its prefix is no plan of ours. */
async function readPlan(path, url, endpoint, prefix) {
    const file = await parsed(path, parsePlan);
    if (file.destination !== url || file.endpoint !== endpoint) {
        const at = (there) => (there === '' ? '' : ` at ${there}`);
        throw mismatch(`${path} is a plan for ${file.destination}${at(file.endpoint)}, and this run is about ${url}${at(endpoint)}: give it its own plan`);
    }
    const own = prefix + object_key/* OWN_DIRECTORY */.Nt;
    for (const { key } of stepsOf(file.plan)) {
        if (!key.startsWith(prefix) || key.startsWith(own))
            throw mismatch(`${path} names ${JSON.stringify(key)}, which is not published below ${url}: it is no plan of this version`);
    }
    return file;
}
/**
 * Files, and those in directories; each must be results of `plan`, but for what lies in a directory under a name that does
 * not say so, and name nothing but what the plan stages or publishes: the uploads of other keys are others'.
 */
async function readResults({ planFile, results: paths, beside }, plan) {
    const stages = new Set([...stagedSteps(plan.plan)].map(({ key }) => key));
    const publishes = new Set([...stepsOf(plan.plan)].map(({ key }) => key));
    const staged = [];
    const published = new Map();
    const ignored = [];
    for (const { path, isNamed } of await filesAmong(paths, beside)) {
        const results = isNamed ? await resultsIn(path, plan.id) : await foundResults(path, plan.id);
        if (results === undefined) {
            if (path !== planFile + beside)
                ignored.push(path);
            continue;
        }
        const isStaged = 'uploads' in results;
        const keys = isStaged ? results.uploads.map(({ key }) => key) : [...results.keys.keys()];
        const stranger = keys.find((key) => !(isStaged ? stages : publishes).has(key));
        if (stranger !== undefined)
            throw mismatch(`${path} names ${JSON.stringify(stranger)}, which the plan does not ${isStaged ? 'stage' : 'publish'}: these are no results of it`);
        if (isStaged)
            staged.push(results);
        else
            for (const [key, etag] of results.keys)
                published.set(key, etag);
    }
    return { staged, published, ignored };
}
async function resultsIn(path, id) {
    const results = await parsed(path, parseResults);
    if (results.plan === id)
        return results;
    throw mismatch(`${path} holds results of another plan: give publish those of its own plan`);
}
/** What a file holds that nobody called results: of another plan, or cut short, it is not meant. */
async function foundResults(path, id) {
    if (!(await mayBeResults(path)))
        return undefined;
    try {
        return await resultsIn(path, id);
    }
    catch (error) {
        if (error instanceof errors/* SyncError */.S0 && error.code === 'plan-mismatch')
            return undefined;
        throw error;
    }
}
async function mayBeResults(path) {
    const begin = await (0,replace_file/* beginningOf */.VI)(path).catch(() => undefined);
    return begin !== undefined && beginsAsResults(begin);
}
async function filesAmong(paths, beside) {
    const files = [];
    for (const path of paths) {
        if (await shards_isDirectory(path)) {
            for (const name of (await (0,promises_.readdir)(path)).sort())
                files.push({
                    path: (0,external_node_path_.join)(path, name),
                    isNamed: RESULTS_NAMES.some((end) => name.endsWith(end + beside)),
                });
        }
        else {
            files.push({ path: path + beside, isNamed: true });
        }
    }
    return files;
}
async function shards_isDirectory(path) {
    const found = await (0,promises_.stat)(path).catch((cause) => {
        throw (0,errors/* unreadableFile */._s)(path, cause);
    });
    return found.isDirectory();
}
/** Where a shard writes down what it published, under a name that no other attempt has. */
async function publishedPath({ results: [directory = ''], beside }, { number, of }, attempt) {
    const name = `published-${number}-of-${of}-${attempt}.jsonl${beside}`;
    if (await shards_isDirectory(directory))
        return (0,external_node_path_.join)(directory, name);
    throw (0,errors/* usageError */.Wp)(`results: ${directory} is a file, and publish with a shard needs the directory of all results, to put what it published there`);
}
const PLAN = { what: 'plan', begins: beginsAsPlan };
const RESULTS = { what: 'file of results', begins: beginsAsResults };
/** Refuses a file that a run could not write at its end: all of its work would be named nowhere. */
async function refuseUnwritable(path, ours) {
    try {
        await (0,replace_file/* tryReplacing */.LB)(path, ours);
    }
    catch (cause) {
        throw unwritable(path, errors/* EXIT */.dc.refused, cause);
    }
}
/** Writes a plan or results whole, or not at all. */
async function writeLines(path, lines, ours) {
    try {
        await (0,replace_file/* replaceFile */.fR)(path, lines, ours);
    }
    catch (cause) {
        throw unwritable(path, errors/* EXIT */.dc.failed, cause);
    }
}
function unwritable(path, exit, cause) {
    const message = `${path} cannot be written (${(0,system_error/* systemMessage */.H4)(cause)}): ${adviceOn(cause)}`;
    return new errors/* SyncError */.S0('not-writable', exit, message, { cause });
}
function adviceOn(cause) {
    if (cause instanceof replace_file/* NotOursError */.Px)
        return cause.advice;
    const code = (0,system_error/* errorCode */.CA)(cause);
    if (code === 'ENOSPC' || code === 'EDQUOT')
        return 'free some room there, or name another disk';
    return 'check the directory and its permissions';
}
/**
 * The share of one machine: the same on each, whoever asks, and shares alike in bytes and in number. The largest goes
 * first, to whoever has least.
 */
function shardOf(plan, { number, of }) {
    const loads = Array.from({ length: of }, () => 0);
    const mine = [];
    const all = [...stagedSteps(plan)].sort((a, b) => b.bytes - a.bytes || (0,object_key/* compareKeys */.YD)(a.key, b.key));
    for (const step of all) {
        const least = loads.indexOf(Math.min(...loads));
        // A request costs as much as some bytes.
        loads[least] += step.bytes + REQUEST_BYTES;
        if (least === number - 1)
            mine.push(step);
    }
    return mine;
}
/** What a small object's requests weigh beside its bytes. */
const REQUEST_BYTES = 64 * 1024;
function* stagedSteps(plan) {
    for (const { phases } of plan.ranks) {
        for (const phase of phases)
            if (phase.kind === 'stage')
                yield* phase.steps.filter(isShardStep);
    }
}
function isShardStep(step) {
    return step.action === 'upload' || step.action === 'copy';
}
/** The steps with the files of this machine: the tree must be the one that was planned. */
function withFiles(steps, files) {
    const byName = new Map();
    for (const file of files)
        byName.set(file.name, file);
    const wrong = [];
    let lacksRedirects = false;
    const due = steps.map((step) => {
        const { name, encoded, redirect } = step.file;
        const file = byName.get(name);
        lacksRedirects ||= file === undefined && redirect !== undefined;
        if (file?.size !== (encoded?.source ?? step.file).size)
            wrong.push(name);
        if (file === undefined)
            return step;
        // Its stored bytes are made when they are sent.
        const stored = encoded === undefined ? file : { ...step.file, encoded: { ...encoded, source: file } };
        return { ...step, file: stored };
    });
    if (wrong.length === 0)
        return due;
    const needs = lacksRedirects ? 'files, and the redirects-file of the plan' : 'files';
    throw mismatch(`this tree is not the one that was planned: ${(0,walk_findings/* listed */.KE)(wrong)} ${wrong.length === 1 ? 'is' : 'are'} missing or of another size; apply needs the same ${needs}`);
}
/** What all shards staged, by key; of a shard that was tried more than once the last attempt counts. */
function gather({ plan, id }, all, ignored = []) {
    const [first] = all;
    const needed = [...stagedSteps(plan)];
    if (first === undefined) {
        if (needed.length === 0)
            return { staged: new Map(), losers: [] };
        throw mismatch(`no results were given: publish needs those of every shard${leftOut(ignored)}`);
    }
    const { of } = first.shard;
    const last = new Map();
    const losers = [];
    for (const results of all) {
        if (results.shard.of !== of)
            throw mismatch(`results of ${of} and of ${results.shard.of} shards were given: cut the plan in one way`);
        const known = last.get(results.shard.number);
        const isLater = known === undefined || results.attempt >= known.attempt;
        const lost = isLater ? known : results;
        if (isLater)
            last.set(results.shard.number, results);
        for (const upload of lost?.uploads ?? [])
            losers.push(uploadOf(upload));
    }
    const missing = [];
    for (let number = 1; number <= of && missing.length < walk_findings/* NAMES_SHOWN */.t6; number++)
        if (!last.has(number))
            missing.push(`${number}/${of}`);
    if (missing.length > 0)
        throw mismatch(`the results of shard ${(0,walk_findings/* listed */.KE)(missing, of - last.size)} are missing: run apply for it again${leftOut(ignored)}`);
    const staged = new Map();
    for (const { uploads } of last.values())
        for (const upload of uploads)
            staged.set(upload.key, upload);
    const without = needed.filter(({ key, bytes, md5 }) => {
        const upload = staged.get(key);
        return upload === undefined || upload.size !== bytes || (md5 !== undefined && upload.md5 !== md5);
    });
    if (without.length > 0)
        throw mismatch(`nothing was staged for ${(0,walk_findings/* listed */.KE)(without.map(({ key }) => key))} of the plan ${id.slice(0, 12)}: run apply again`);
    // Named twice it would be aborted after it was completed.
    const kept = new Set([...staged.values()].map(({ uploadId }) => uploadId));
    return { staged, losers: losers.filter((upload) => !kept.has(upload.id)) };
}
/** What was met where results were looked for, to end a message with. */
function leftOut(ignored) {
    return ignored.length === 0 ? '' : `; no results of this plan: ${(0,walk_findings/* listed */.KE)(ignored)}`;
}
/** A step's upload as the performer completes it. */
function stagedFrom(upload, file) {
    const { action, parts, layout, etag, size, md5, crc32 } = upload;
    return {
        action,
        upload: uploadOf(upload),
        parts,
        layout,
        expected: { etag, size, md5 },
        file,
        // By the machine that staged it.
        sentBytes: 0,
        ...(crc32 === undefined ? {} : { crc32 }),
    };
}
function stagedTo({ action, upload, parts, layout, expected, crc32 }) {
    const { key, id: uploadId, encryption } = upload;
    const { etag, size, md5 } = expected;
    if (md5 === undefined)
        throw new Error(`${key} was staged without a digest`);
    const whole = crc32 === undefined ? {} : { crc32 };
    return { key, action, uploadId, encryption, parts, layout, etag, size, md5, ...whole };
}
/** Every upload that results name, once. */
function uploadsOf(all) {
    const uploads = all.flatMap((results) => results.uploads.map(uploadOf));
    return [...new Map(uploads.map((upload) => [`${upload.id} ${upload.key}`, upload])).values()];
}
function uploadOf({ key, uploadId, encryption }) {
    return { key, id: uploadId, encryption };
}
/** A destination that is not as it was when the plan was made: nothing is written, as half of it would be. */
function refuseChanged(changed, url) {
    if (changed.length === 0)
        return;
    throw new errors/* SyncError */.S0('foreign-writer', errors/* EXIT */.dc.foreignWriter, `${url}: ${(0,walk_findings/* listed */.KE)(changed)} changed since the plan was made; nothing was written: give the plan up (publish with abort, this plan and its results), as what it staged stays open otherwise; the next plan replaces or deletes what another writer left, so plan again only if this tree is the one to be there`);
}
async function parsed(path, parse) {
    let bytes;
    try {
        const { size } = await (0,promises_.stat)(path);
        if (size > MAX_PLAN_BYTES)
            throw new Error(`it has ${size} bytes, over ${MAX_PLAN_BYTES}`);
        bytes = await (0,promises_.readFile)(path);
    }
    catch (cause) {
        throw (0,errors/* unreadableFile */._s)(path, cause);
    }
    try {
        return parse(bytes);
    }
    catch (cause) {
        if (!(cause instanceof PlanFileError))
            throw cause;
        throw mismatch(`${path}: ${cause.message}; nothing was written`);
    }
}
function mismatch(message) {
    return (0,errors/* refusal */.x5)('plan-mismatch', message);
}

;// CONCATENATED MODULE: ./build/src/sync/open-uploads.js





/** Parts of one file in flight; other files and the arena share the rest. */
const PARTS_IN_FLIGHT = 8;
/** Begins multipart uploads, or goes on with those of earlier runs, and ends those that come to nothing. */
class OpenUploads {
    #options;
    /** Ids of uploads that other runs staged: they are theirs until they are completed. */
    adopted = new Set();
    #deniedParts = 0;
    #deniedAborts = 0;
    constructor(options) {
        this.#options = options;
    }
    /**
     * An upload, journalled before its first part: one that an earlier run left behind for just this, with the parts
     * that are proved to hold what they should, else a new one.
     */
    async begin(key, file, md5, layout, partMd5s, headers, wholeCrc32 = false) {
        const { store, requests, uploads } = this.#options;
        const parts = (0,digest_index/* formatLayout */.Cu)(layout);
        const purpose = { key, md5, size: file.size, parts, headers: (0,model_headers/* headerDigest */.Yr)((0,model_headers/* everyHeader */.rB)(headers)) };
        const left = wholeCrc32 ? undefined : await uploads.take(purpose);
        if (left !== undefined) {
            const have = await this.#partsOf(left, layout, partMd5s);
            if (have.size > 0)
                return { upload: left, have };
            if (uploads.drop(left))
                await this.abort(left);
        }
        const crc32 = wholeCrc32 ? { wholeCrc32 } : {};
        const upload = await store.createUpload({ key, headers, ...crc32 }, requests);
        // Where ETags prove nothing parts are copied under a checksum of the whole alone.
        const isSent = !wholeCrc32 && !(0,object_store/* etagsProve */.PF)(upload.encryption);
        await uploads.begun(upload, purpose, isSent ? upload.encryption : undefined);
        return { upload, have: new Map() };
    }
    /** Journals the upload that a server-side copy is made by, where a server has no better way. */
    ofCopy(md5, size) {
        const { uploads } = this.#options;
        const parts = (0,digest_index/* formatLayout */.Cu)([{ count: 1, size }]);
        return {
            begun: (upload, headers) => {
                const { key } = upload;
                return uploads.begun(upload, { key, md5, size, parts, headers: (0,model_headers/* headerDigest */.Yr)((0,model_headers/* everyHeader */.rB)(headers)) });
            },
            ended: (upload) => uploads.ended(upload),
        };
    }
    /**
     * The parts of an earlier run's upload that are proved: by their ETags, or as the journal says that each was sent with its
     * MD5. None, where it is gone.
     */
    async #partsOf(upload, layout, partMd5s) {
        const { store, requests } = this.#options;
        const sizes = [...(0,digest_index/* partsOf */.CI)(layout)].map(({ size }) => size);
        try {
            const listed = await store.listParts(upload, requests);
            const isSent = !(0,object_store/* etagsProve */.PF)(upload.encryption);
            const proved = listed.filter(({ number, etag, size }) => size === sizes[number - 1] && (isSent || etag === partMd5s[number - 1]));
            return new Map(proved.map(({ number, etag }) => [number, { number, etag }]));
        }
        catch (error) {
            if (!(error instanceof object_store/* StoreError */.AD) || !['no-upload', 'denied', 'rejected'].includes(error.kind))
                throw error;
            if (error.kind === 'denied' && this.#deniedParts++ === 0) {
                const message = `${upload.key} and others are sent anew, not from where an interrupted run left them: ${explainDenied(error)}`;
                this.#options.emit({ type: 'message', level: 'notice', message });
            }
            return new Map();
        }
    }
    /** An upload that failed: a large one that only lacks an answer is left to the next run, which goes on with it. */
    async giveUp(upload, size, error) {
        const { uploads, signal } = this.#options;
        if (this.adopted.has(upload.id))
            return;
        const heals = signal.aborted ||
            (error instanceof object_store/* StoreError */.AD && ['network', 'server', 'throttled', 'fatal'].includes(error.kind));
        if (heals && uploads.journalled && (0,part_sizes/* isLarge */.sV)(size))
            return;
        await this.abort(upload);
    }
    /** What was begun and will not be completed costs storage until it is aborted. */
    async abort(upload) {
        const { store, aborts, emit, uploads } = this.#options;
        try {
            await store.abortUpload(upload, aborts);
            uploads.ended(upload);
        }
        catch (error) {
            const { message } = explain(error, upload.key);
            const level = (0,object_store/* isDenied */.GZ)(error) && this.#deniedAborts++ === 0 ? 'warning' : 'debug';
            const text = `an upload could not be aborted, and is billed until a lifecycle rule does it: ${message}`;
            emit({ type: 'message', level, message: text });
        }
    }
}

;// CONCATENATED MODULE: ./build/src/sync/upload-failures.js

/** Why a file is digested and sent once more. */
const NOT_AS_DIGESTED = 'it is not what it was when it was digested';
/** Whether a server refused a body, maybe for a digest that is not its own: some have no code for that. */
function isRefused(error) {
    return error instanceof object_store/* StoreError */.AD && ['digest', 'rejected', 'server'].includes(error.kind);
}
function isUnproved(error) {
    return error instanceof object_store/* StoreError */.AD && error.kind === 'digest';
}
/** Whether a part has the ETag of other bytes than were sent. */
function isOtherPart(error) {
    return error instanceof object_store/* StoreError */.AD && error.code === object_store/* BAD_PART_ETAG */.UD;
}
/** Whether the server does not have what a request asks of it. */
function isUnknownThere(error) {
    return (error instanceof object_store/* StoreError */.AD &&
        (error.code === 'NotImplemented' || error.status === 501 || error.status === 405));
}
/** Whether another upload may succeed: this one is gone, or its Complete was in the way of another writer's. */
function wantsAnotherUpload(error) {
    return (error instanceof object_store/* StoreError */.AD && (error.kind === 'no-upload' || error.code === 'ConditionalRequestConflict'));
}

;// CONCATENATED MODULE: ./build/src/sync/copied-uploads.js









/** Multipart uploads whose parts are copied from one object. */
class CopiedUploads {
    #options;
    #open;
    #headers;
    constructor(options, open, headers) {
        this.#options = options;
        this.#open = open;
        this.#headers = headers;
    }
    /**
     * Copies the source into a multipart upload: whole, or above the limit of one copy in our own layout. Each part
     * must be proved by its ETag. Where ETags prove nothing (KMS, a customer's key) the CRC32 of the whole is declared
     * at Create and given at Complete; on servers whose part copies answer no digest, a whole source that was bound by
     * an ETag which is itself a proof counts. Rejects when nothing proves it, the upload aborted.
     */
    async copy(step, source) {
        const { store, requests, signal } = this.#options;
        const { key, file, md5 } = step;
        const whole = source.size <= store.maxCopySize;
        const isHere = (0,model_objects/* isOnDisk */.L7)(file);
        if (md5 === undefined || (!whole && !isHere))
            return this.copyInLayout(step, source);
        const headers = await this.#headers.of(file, md5, true);
        const layout = whole ? [{ count: 1, size: source.size }] : (0,part_sizes/* ownLayout */.vh)(source.size);
        const partMd5s = whole ? [md5] : await this.#partMd5s(file, layout);
        const begun = await this.#open.begin(key, file, md5, layout, partMd5s, headers);
        let { upload } = begun;
        let crc32;
        if (!(0,object_store/* etagsProve */.PF)(upload.encryption)) {
            await this.#open.abort(upload);
            if (!isHere)
                throw new object_store/* UnprovedCopyError */.Pb('it is encrypted, and its bytes lie in S3 alone');
            crc32 = await crc32Of(file);
            upload = (await this.#open.begin(key, file, md5, layout, partMd5s, headers, true)).upload;
        }
        try {
            const ranges = [...(0,digest_index/* partsOf */.CI)(layout)].map((range, i) => ({ ...range, number: i + 1 }));
            const parts = [];
            await (0,model_concurrency/* forEachConcurrent */.C6)(ranges, PARTS_IN_FLIGHT, async ({ offset, size, number }) => {
                signal.throwIfAborted();
                const range = whole ? {} : { range: { first: offset, last: offset + size - 1 } };
                const part = begun.have.get(number) ?? (await store.copyPart({ upload, number, source, ...range }, requests));
                const bound = part.boundBySource === true && this.#provesContent(source.etag, step);
                if (crc32 === undefined && part.etag !== partMd5s[number - 1] && !bound) {
                    const told = `the ETag of part ${number} is ${part.etag}, and not the MD5 of what it should hold`;
                    throw new object_store/* UnprovedCopyError */.Pb(told);
                }
                parts[number - 1] = part;
            });
            const proved = crc32 === undefined && parts.every((part) => part.boundBySource !== true);
            const expected = { etag: proved ? (0,model_digest/* multipartETag */.Eq)(partMd5s) : undefined, size: source.size, md5 };
            const whole32 = crc32 === undefined ? {} : { crc32 };
            return { action: 'copy', upload, parts, layout, expected, file, sentBytes: 0, ...whole32 };
        }
        catch (error) {
            await this.#open.giveUp(upload, source.size, error);
            throw error;
        }
    }
    /**
     * A multipart object is copied in its own layout: the ETag of the whole then proves it, and the next run knows it by
     * that. Rejects where the layout is not known, or the parts do not prove it.
     */
    async copyInLayout(step, source) {
        let why = new object_store/* UnprovedCopyError */.Pb('its part layout is not known');
        for (const layout of (await this.#options.bodies.layoutsOf?.(step.file)) ?? []) {
            try {
                return await this.#copyRanges(step, source, layout);
            }
            catch (error) {
                if (!isUnproved(error))
                    throw error;
                why = error;
            }
        }
        throw why;
    }
    async #copyRanges({ key, file, md5 }, source, layout) {
        const { store, requests, signal } = this.#options;
        const headers = await this.#headers.of(file, md5, true);
        // Of an upload that is left behind no part is proved alone: the next run aborts it.
        const purpose = md5 ?? (0,model_digest/* md5Of */.iF)(Buffer.from(source.etag));
        const { upload } = await this.#open.begin(key, file, purpose, layout, [], headers);
        try {
            if (!(0,object_store/* etagsProve */.PF)(upload.encryption))
                throw new object_store/* UnprovedCopyError */.Pb('it is encrypted, and its ETag says nothing');
            const ranges = [...(0,digest_index/* partsOf */.CI)(layout)].map((range, i) => ({ ...range, number: i + 1 }));
            const parts = [];
            await (0,model_concurrency/* forEachConcurrent */.C6)(ranges, PARTS_IN_FLIGHT, async ({ offset, size, number }) => {
                signal.throwIfAborted();
                const range = ranges.length === 1 ? {} : { range: { first: offset, last: offset + size - 1 } };
                parts[number - 1] = await store.copyPart({ upload, number, source, ...range }, requests);
            });
            const etags = parts.map(({ etag }) => (0,model_digest/* classifyETag */.Q)(etag));
            const md5s = etags.flatMap((etag) => (etag.kind === 'md5' ? [etag.md5] : []));
            if (md5s.length < parts.length || (0,model_digest/* multipartETag */.Eq)(md5s) !== source.etag)
                throw new object_store/* UnprovedCopyError */.Pb('its parts are not those of its source');
            const expected = { etag: source.etag, size: source.size, md5 };
            return { action: 'copy', upload, parts, layout, expected, file, sentBytes: 0 };
        }
        catch (error) {
            await this.#open.abort(upload);
            throw error;
        }
    }
    /** Whether an ETag by itself says that the bytes are the file's. */
    #provesContent(etag, step) {
        const known = this.#options.digests.get(step.file.name);
        return etag === step.md5 || known?.etags.includes(etag) === true;
    }
    async #partMd5s(file, layout) {
        const known = this.#options.digests.get(file.name)?.partMd5s ?? [];
        if (known.length > 0)
            return known;
        return (await this.#options.pool.digest({ file, layouts: [layout] }, file.size)).partMd5s;
    }
}

;// CONCATENATED MODULE: ./build/src/sync/refresh-headers.js






/** HEAD requests that one run spends on headers that nobody remembers: 0.4 US cents on AWS. */
const HEADER_BUDGET = 10_000;
/** What HEAD tells nothing of. */
const UNTOLD = [header_rules/* ACL */.Nd, 'x-amz-tagging'];
const SSE = 'x-amz-server-side-encryption';
/** Whether HEAD may have left out what an object has: of encryption versitygw says nothing, though it takes it. */
function isUntold({ name, from }) {
    return UNTOLD.includes(name) || (from === undefined && name.startsWith(SSE));
}
/**
 * Asks S3 what objects that have the right bytes have in other headers than they should, as many as the budget
 * allows. What was not answered stays unknown.
 */
async function askHeaders(files, questions) {
    const { store, prefix, listing, budget, headersOf, preserve, ifDenied, objects, concurrency, emit, signal, } = questions;
    const answers = new Map();
    const due = files.slice(0, budget);
    const denied = new Set();
    await (0,model_concurrency/* forEachConcurrent */.C6)(due, concurrency, async (file) => {
        const key = (prefix + file.name);
        if (denied.size > 0) {
            denied.add(key);
            return;
        }
        try {
            const head = await store.head(key, signal);
            const object = listing.get(key);
            // Replaced since the listing: the next run sees it.
            if (head === undefined || head.etag !== object?.etag)
                return;
            const decided = await headersOf(file);
            const attributes = (0,model_headers/* attributesIn */.lH)(head.metadata);
            const found = [...differences(decided, head)];
            if (preserve && (0,model_headers/* isPreserved */.td)(file) && (0,model_headers/* attributedBy */.a)(attributes) !== 'all')
                found.push(missingAttributes(file, head.metadata));
            const asked = (0,model_headers/* classOf */.Kl)(decided);
            if (asked !== undefined && lacksClass(decided, object, store))
                found.push({ name: header_rules/* STORAGE_CLASS */.fJ, from: object.storageClass, to: asked });
            // What the server keeps nowhere is renewed in vain.
            const isKept = store.redirects !== 'dropped';
            answers.set(key, {
                differences: isKept ? found : found.filter(({ name }) => name !== header_rules/* REDIRECT_HEADER */.Fh),
                ...(attributes === undefined ? {} : { attributes }),
            });
        }
        catch (error) {
            if (!(0,object_store/* isDeniedOrRejected */.Re)(error))
                throw error;
            if (denied.size === 0) {
                const { message } = explain(error, key);
                emit({ type: 'message', level: 'warning', message: `${message}: ${ifDenied}` });
            }
            denied.add(key);
        }
    });
    if (files.length > due.length) {
        const message = `the headers of ${files.length - due.length} ${objects} are still unknown: ${budget} were asked for, the next run goes on`;
        emit({ type: 'message', level: 'notice', message });
    }
    return { answers, denied };
}
/** Other ones than the file's are none: every checkout has its own times. */
function missingAttributes(file, metadata) {
    const from = metadata.get('s3cmd-attrs');
    const { 's3cmd-attrs': to = '' } = (0,model_headers/* completedBy */.xV)(Object.fromEntries(metadata), file);
    return { name: 'x-amz-meta-s3cmd-attrs', ...(from === undefined ? {} : { from }), to };
}
/** Headers that an object has and should not have, or the other way round. Storage classes may be a lifecycle rule's. */
function differences(decided, head) {
    const found = [];
    const see = (name, from, to) => {
        if (from === to)
            return;
        found.push({ name, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) });
    };
    // What no rule gives must not be there either.
    for (const name of header_rules/* READER_HEADERS */.DU)
        see(name, head.fields[name], decided[name]);
    const { metadata } = (0,model_headers/* objectHeaders */.qO)(decided, {});
    for (const [name, value] of Object.entries(metadata))
        see(header_rules/* META */.Ge + name, head.metadata.get(name), value);
    for (const [name, value] of head.metadata)
        if (metadata[name] === undefined && ((0,model_headers/* isStated */.oE)(name) || !(0,model_headers/* isOwnMetadata */.CV)(name)))
            see(header_rules/* META */.Ge + name, value, undefined);
    if (decided[SSE] !== undefined)
        see(SSE, head.fields[SSE], decided[SSE]);
    const kms = `${SSE}-aws-kms-key-id`;
    const key = decided[kms];
    // S3 answers the ARN, whatever the key was called; an alias says nothing of it.
    if (key !== undefined && !key.includes('alias/') && head.fields[kms]?.endsWith(key) !== true)
        see(kms, head.fields[kms], key);
    // They are written once more.
    for (const name of UNTOLD)
        see(name, undefined, decided[name]);
    return found;
}

;// CONCATENATED MODULE: ./build/src/model/part-plan.js

/** What is sent begins and ends at multiples of it, so that the parts can be digested as whole granules. Bytes. */
const ALIGNMENT = 64 * 1024;
/**
 * Cuts a file into parts, such that what it has in common with an older object is copied and as little as possible is
 * sent. Inside of what is copied or sent the borders are those of parts of `partSize`, of which the digests are known
 * already. `undefined`: nothing is worth copying, or S3 does not take as many parts.
 *
 * @param stretches in order, none over another; of a file that became shorter since it was cut they may reach beyond its end
 */
function planParts(size, stretches, partSize) {
    const kept = roomFor(size, stretches);
    if (kept.length === 0)
        return undefined;
    for (const grid of [partSize, 2 * partSize]) {
        const parts = [];
        let at = 0;
        for (const { start, end, moved } of kept) {
            for (const range of cut(at, start, size, grid))
                parts.push(range);
            for (const range of cut(start, end, size, grid))
                parts.push({ ...range, from: range.offset + moved });
            at = end;
        }
        for (const range of cut(at, size, size, grid))
            parts.push(range);
        if (parts.length <= part_sizes/* MAX_PARTS */.kz)
            return parts;
    }
    return undefined;
}
/** The stretches that are parts of their own, shortened or left out such that what lies between them is one as well. */
function roomFor(size, stretches) {
    const kept = [];
    const borders = bordersOf(size, stretches);
    for (const { offset, size: length, from } of stretches) {
        const start = borders.has(offset) ? offset : Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
        const last = Math.min(offset + length, size);
        const end = borders.has(last) ? last : Math.floor(last / ALIGNMENT) * ALIGNMENT;
        if (end - start < part_sizes/* LEAST_PART */.u1)
            continue;
        const next = { start, end, moved: from - offset };
        for (;;) {
            const last = kept.at(-1);
            const before = last?.end ?? 0;
            const lacks = part_sizes/* LEAST_PART */.u1 - (next.start - before);
            if (next.start === before || lacks <= 0) {
                kept.push(next);
                break;
            }
            if (next.end - next.start - lacks >= part_sizes/* LEAST_PART */.u1) {
                next.start += lacks;
                kept.push(next);
                break;
            }
            if (last !== undefined && last.end - last.start - lacks >= part_sizes/* LEAST_PART */.u1) {
                last.end -= lacks;
                kept.push(next);
                break;
            }
            // One of the two is sent with what lies between them.
            if (last === undefined || next.end - next.start <= last.end - last.start)
                break;
            kept.pop();
        }
    }
    return kept;
}
/** Where a copy ends without anything to be sent after it: at the end, and where the next one begins. */
function bordersOf(size, stretches) {
    const borders = new Set([size]);
    for (const [i, { offset, size: length }] of stretches.entries())
        if (stretches[i + 1]?.offset === offset + length)
            borders.add(offset + length);
    return borders;
}
/** Parts from `start` to before `end`, none too small but the last one of the file. */
function* cut(start, end, size, grid) {
    let offset = start;
    const rest = end === size ? 1 : part_sizes/* LEAST_PART */.u1;
    for (let at = (Math.floor(start / grid) + 1) * grid; end - at >= rest; at += grid) {
        if (at - offset < part_sizes/* LEAST_PART */.u1)
            continue;
        yield { offset, size: at - offset };
        offset = at;
    }
    if (offset < end)
        yield { offset, size: end - offset };
}
/** The layout of parts, run-length. */
function part_plan_layoutOf(parts) {
    const runs = [];
    for (const { size } of parts) {
        const last = runs.at(-1);
        if (last?.size === size)
            runs[runs.length - 1] = { count: last.count + 1, size };
        else
            runs.push({ count: 1, size });
    }
    return runs;
}
/** Two layouts of one file, region by region. */
function* regionsOf(one, other) {
    const others = other[Symbol.iterator]();
    let offset = 0;
    let ahead = 0;
    let ones = [];
    let theirs = [];
    for (const { size } of one) {
        ones.push(size);
        ahead += size;
        while (ahead > 0) {
            const next = others.next();
            if (next.done === true)
                return;
            theirs.push(next.value.size);
            ahead -= next.value.size;
        }
        if (ahead < 0)
            continue;
        yield { offset, one: ones, other: theirs };
        offset += ones.reduce((sum, own) => sum + own, 0);
        ones = [];
        theirs = [];
    }
}

;// CONCATENATED MODULE: ./build/src/sync/sent-uploads.js










/** Parts of one file in flight where some of them are copied, which costs this machine nothing. */
const COPIED_PARTS_IN_FLIGHT = 32;
/** The largest part that is held in memory whole. Bytes. */
const MOST_SENT_PART = 512 * 1024 * 1024;
/** Multipart uploads of files: their parts are sent, or copied from an older object that has them. */
class SentUploads {
    #options;
    #open;
    #headers;
    #readBody;
    /** Until the server shows that it does not. */
    #copiesRanges = true;
    #toldNotReused = new Set();
    constructor(options, open, headers, readBody) {
        this.#options = options;
        this.#open = open;
        this.#headers = headers;
        this.#readBody = readBody;
    }
    /** Sends a file into an upload: large ones in parts, small ones as its only one. Once more where the upload went away. */
    async send(key, file, known) {
        try {
            return await this.#send(key, file, known);
        }
        catch (error) {
            if (!wantsAnotherUpload(error))
                throw error;
            return this.#send(key, file, known);
        }
    }
    async #send(key, file, known) {
        const { pool, toCut, signal } = this.#options;
        const given = file.object === undefined ? undefined : await this.#layoutOf(file, file.object.etag);
        if ((0,part_sizes/* isLarge */.sV)(file.size) || given !== undefined) {
            const layout = given ?? (0,part_sizes/* ownLayout */.vh)(file.size);
            const usable = given === undefined && known !== undefined && known.partMd5s.length > 0;
            const ahead = Math.max(file.size, toCut);
            const digesting = usable ? known : pool.digest({ file, layouts: [layout] }, ahead);
            const cutting = known?.chunks ?? this.#chunksOf(key, file);
            const digest = await digesting;
            const delta = await this.#deltaOf(key, file, digest, cutting);
            signal.throwIfAborted();
            const staged = (delta === undefined ? undefined : await this.#sendDelta(key, file, digest, delta)) ??
                (await this.#sendParts(key, file, digest, layout));
            const chunks = await cutting;
            if (signal.aborted) {
                await this.#open.giveUp(staged.upload, file.size, signal.reason);
                signal.throwIfAborted();
            }
            return chunks === undefined ? staged : { ...staged, chunks: (0,model_chunks/* formatChunks */.ey)(chunks) };
        }
        return this.#options.arena.with(file.size, async (body) => {
            signal.throwIfAborted();
            await this.#readBody(file, body);
            const md5 = known?.md5 ?? (0,model_digest/* md5Of */.iF)(body);
            const layout = [{ count: 1, size: file.size }];
            const only = { body, isHashed: known === undefined };
            return this.#sendParts(key, file, { md5, partMd5s: [md5] }, layout, undefined, only);
        });
    }
    /** The layout of the object that a file is: of those that it may have, the one that makes its ETag. */
    async #layoutOf(file, etag) {
        const { bodies, pool } = this.#options;
        const layouts = ((await bodies.layoutsOf?.(file)) ?? []).filter(canBeSent);
        if (layouts.length < 2)
            return layouts[0];
        const { etags } = await pool.digest({ file, layouts }, file.size);
        return layouts[etags.indexOf(etag)];
    }
    /** Hints for this upload and the next version's, where an index keeps them. Never rejects. */
    async #chunksOf(key, file) {
        const { older, pool } = this.#options;
        // What is an object elsewhere keeps the parts that it has there.
        if (older === undefined || file.object !== undefined || !this.#canReuse)
            return undefined;
        return pool.chunks(file, older.likely(key, file.size));
    }
    get #canReuse() {
        return this.#copiesRanges && this.#options.store.copiesRanges;
    }
    /**
     * The parts of a file of which an object has some already, and their digests. `undefined`: none has, or what copies
     * ranges here proves nothing.
     */
    async #deltaOf(key, file, { partMd5s: known }, cutting) {
        const { older, pool } = this.#options;
        // With nothing to compare with, the file is cut for later versions, while it is sent.
        if (older === undefined || older.isEmpty || !this.#canReuse)
            return undefined;
        const chunks = await cutting;
        if (chunks === undefined)
            return undefined;
        const found = await older.likest(key, file.size, chunks);
        const parts = found && planParts(file.size, found.stretches, (0,part_sizes/* ownPartSize */.pt)(file.size));
        if (found === undefined || parts === undefined)
            return undefined;
        const regions = [...regionsOf((0,digest_index/* partsOf */.CI)((0,part_sizes/* ownLayout */.vh)(file.size)), parts)];
        const digests = [];
        let own = 0;
        const due = [];
        for (const [i, region] of regions.entries()) {
            const ours = known.slice(own, own + region.one.length);
            own += region.one.length;
            digests[i] = ours;
            if (region.one.length === 1 && region.other.length === 1)
                continue;
            due.push(async () => {
                const { one, other } = await pool.digestRegion({ file, region });
                // Of the very bytes that the digest of the whole was made of.
                if (one.some((md5, at) => md5 !== ours[at]))
                    throw new FileChangedError('it changed after it was digested');
                digests[i] = other;
            });
        }
        await (0,model_concurrency/* forEachConcurrent */.C6)(due, pool.width, (work) => work());
        return { source: found.source, parts, partMd5s: digests.flat() };
    }
    /** `undefined`: the server refused a part, as one does that takes fewer of them, and the file is to be sent whole. */
    async #sendDelta(key, file, { md5 }, delta) {
        const digest = { md5, partMd5s: delta.partMd5s };
        try {
            return await this.#sendParts(key, file, digest, part_plan_layoutOf(delta.parts), delta);
        }
        catch (error) {
            const isOfPart = error instanceof object_store/* StoreError */.AD && error.operation === 'UploadPart';
            if (!isOfPart || !this.#refusesDelta(key, delta.source.key, error))
                throw error;
            return undefined;
        }
    }
    /** Whether an upload failed for its parts, by their sizes or number: then no other one of this run has such. */
    refusesLayout({ reused, upload }, error) {
        return reused !== undefined && this.#refusesDelta(upload.key, reused.source, error);
    }
    #refusesDelta(key, source, error) {
        if (!(error instanceof object_store/* StoreError */.AD) || error.kind !== 'rejected')
            return false;
        const told = this.#noneFromNowOn(`the upload was refused (${error.code})`);
        this.#sayNotReused(key, source, told);
        return true;
    }
    /** Gives up older objects for the rest of the run, for what says something of the server. */
    #noneFromNowOn(why) {
        this.#copiesRanges = false;
        return `${why}; no other file of this run is made from an older object`;
    }
    #sayNotReused(key, source, why) {
        // A copy that was refused may have been told already.
        if (this.#toldNotReused.has(key))
            return;
        this.#toldNotReused.add(key);
        const message = `${key} is sent, not made from ${source}: ${why}`;
        this.#options.emit({ type: 'message', level: 'notice', message });
    }
    /** Copies a part of an upload, or says why it must be sent, and with it all that were to be copied after it. */
    async #copyPart(upload, number, { source }, { from, size }, md5) {
        const { store, requests, older } = this.#options;
        try {
            const range = { first: from, last: from + size - 1 };
            const part = await store.copyPart({ upload, number, source, range }, requests);
            return part.etag === md5 ? part : 'its bytes are not those that the index says';
        }
        catch (error) {
            if (!(error instanceof object_store/* StoreError */.AD))
                throw error;
            const refused = `the copy was refused (${error.code})`;
            switch (error.kind) {
                case 'source':
                    return 'it changed or went away';
                case 'rejected':
                case 'digest':
                    // Something about this object, unless the server does not know how.
                    return isUnknownThere(error) ? this.#noneFromNowOn(refused) : refused;
                case 'denied':
                    older?.refuse(source);
                    return source.bucket === undefined
                        ? refused
                        : `${refused}; nothing else of bucket ${source.bucket.name} is copied for such files`;
                case 'server':
                    return this.#noneFromNowOn(refused);
                default:
                    throw error;
            }
        }
    }
    /**
     * @param delta what of it is copied
     * @param only the whole file, where it is one part and already read
     */
    async #sendParts(key, file, { md5, partMd5s }, layout, delta, only) {
        const { store, rate, signal, requests } = this.#options;
        const headers = await this.#headers.of(file, md5, true);
        const { upload, have } = await this.#open.begin(key, file, md5, layout, partMd5s, headers);
        const proves = (0,object_store/* etagsProve */.PF)(upload.encryption);
        const ranges = [...(0,digest_index/* partsOf */.CI)(layout)].map((range, i) => ({
            ...range,
            number: i + 1,
            from: delta?.parts[i]?.from,
        }));
        const parts = [];
        let sentBytes = 0;
        let reusedBytes = 0;
        let isLike = delta !== undefined && proves;
        /** Whether S3 said of every part the MD5 that it was digested with. */
        let isProved = true;
        const send = async (number, body) => {
            signal.throwIfAborted();
            const due = { upload, number, body, md5: partMd5s[number - 1] };
            const part = await rate.measure(body.length, () => store.uploadPart(due, requests));
            const proof = (0,model_digest/* classifyETag */.Q)(part.etag);
            if (proves && proof.kind === 'md5' && proof.md5 !== due.md5) {
                if ((0,model_digest/* md5Of */.iF)(body) !== due.md5)
                    throw new FileChangedError(NOT_AS_DIGESTED);
                const told = `the ETag of part ${number} is ${part.etag}, and not the MD5 of what it should hold`;
                throw new object_store/* StoreError */.AD('digest', object_store/* BAD_PART_ETAG */.UD, 200, 'UploadPart', told);
            }
            if (!proves || proof.kind !== 'md5')
                isProved = false;
            if (part.etag !== md5 && isOther(only, md5))
                throw new FileChangedError(NOT_AS_DIGESTED);
            parts[number - 1] = part;
            sentBytes += body.length;
            this.#options.onSent(body.length);
        };
        const copy = async (number, from, size) => {
            if (delta === undefined || !isLike)
                return false;
            signal.throwIfAborted();
            const part = await this.#copyPart(upload, number, delta, { from, size }, partMd5s[number - 1]);
            if (typeof part === 'string') {
                if (isLike)
                    this.#sayNotReused(key, delta.source.key, part);
                isLike = false;
                return false;
            }
            parts[number - 1] = part;
            reusedBytes += size;
            this.#options.onReused(size);
            return true;
        };
        try {
            for (const [number, part] of have)
                parts[number - 1] = part;
            const due = ranges.filter(({ number }) => !have.has(number));
            if (only !== undefined) {
                for (const { number } of due)
                    await send(number, only.body);
            }
            else if (due.length > 0) {
                const lanes = isLike ? COPIED_PARTS_IN_FLIGHT : PARTS_IN_FLIGHT;
                // A further link or another mode is no reason to send all of it again.
                await withOpenFile(file, (handle) => (0,model_concurrency/* forEachConcurrent */.C6)(due, lanes, async ({ offset, size, number, from }) => {
                    if (from !== undefined && (await copy(number, from, size)))
                        return;
                    await this.#options.arena.with(size, async (body) => {
                        signal.throwIfAborted();
                        await readRange(handle, offset, body);
                        await send(number, body);
                    });
                }), () => isProved);
            }
            signal.throwIfAborted();
            const expected = { etag: proves ? (0,model_digest/* multipartETag */.Eq)(partMd5s) : undefined, size: file.size, md5 };
            const reused = delta === undefined ? {} : { reused: reusedOf(delta.source, reusedBytes) };
            return { action: 'upload', upload, parts, layout, expected, file, sentBytes, ...reused };
        }
        catch (error) {
            await this.#open.giveUp(upload, file.size, error);
            // S3 refuses a part that is not what was digested: the file changed under us.
            if (isUnproved(error) && !isOtherPart(error))
                throw new FileChangedError('a part is not what was digested');
            if (isRefused(error) && isOther(only, md5))
                throw new FileChangedError(NOT_AS_DIGESTED);
            throw error;
        }
    }
}
/** S3 takes no smaller parts but the last one, and each is held in memory. */
function canBeSent(layout) {
    const isLast = (i, count) => i === layout.length - 1 && count === 1;
    return layout.every(({ count, size }, i) => size <= MOST_SENT_PART && (size >= part_sizes/* LEAST_PART */.u1 || isLast(i, count)));
}
/** Whether a part that is the whole file has another digest than it was said to have. */
function isOther(only, md5) {
    return only?.isHashed === false && (0,model_digest/* md5Of */.iF)(only.body) !== md5;
}
function reusedOf({ key: source, bucket }, bytes) {
    return bucket === undefined ? { source, bytes } : { source, sourceBucket: bucket.name, bytes };
}

;// CONCATENATED MODULE: ./build/src/sync/upload-headers.js



/** The header of `FROM_METADATA`. */
const FROM = header_rules/* META */.Ge + model_headers/* FROM_METADATA */.fk;
/** User metadata of one object: names and values. Bytes. */
const MOST_METADATA = 2_048;
/** The headers that objects are written with. */
class UploadHeaders {
    #options;
    /** The first file that leads elsewhere. */
    firstRedirect;
    constructor(options) {
        this.#options = options;
    }
    /**
     * @param md5 `undefined`: nobody knows it, and the object brings its headers along
     * @param attributes what the object keeps of its file
     */
    async of(file, md5, multipart, attributes = {}) {
        const { policy, preserve, bodies } = this.#options;
        if (file.object !== undefined && bodies.headersOf !== undefined) {
            // One of which this plan knew no content is known by the ETag that it had.
            const from = this.#options.digests.has(file.name) ? {} : { [FROM]: file.object.etag };
            const decided = { ...policy.over(await bodies.headersOf(file), file), ...from };
            if (decided[header_rules/* REDIRECT_HEADER */.Fh] !== undefined)
                this.firstRedirect ??= file.name;
            return withDigest(decided, md5, multipart);
        }
        if (md5 === undefined)
            throw new Error(`${file.name} has no digest`);
        const decided = policy.headersOf(file);
        if (decided[header_rules/* REDIRECT_HEADER */.Fh] !== undefined)
            this.firstRedirect ??= file.name;
        // rclone reads a multipart object's MD5 from here.
        const rclone = multipart ? { md5chksum: (0,model_digest/* base64OfMd5 */.tI)(md5) } : {};
        const own = {
            's3cmd-attrs': (0,model_headers/* formatAttributes */.x1)(md5, preserve ? file : undefined),
            ...rclone,
            ...(0,model_headers/* statedBy */.Hk)(file),
        };
        const { 's3cmd-attrs': s3cmd, mtime } = attributes;
        if ((s3cmd ?? mtime) === undefined)
            return (0,model_headers/* objectHeaders */.qO)(decided, own);
        const kept = { ...attributes, 's3cmd-attrs': (0,model_headers/* withMd5 */.xL)(s3cmd, md5) };
        const full = (0,model_headers/* objectHeaders */.qO)(decided, { ...own, ...(preserve ? (0,model_headers/* completedBy */.xV)(kept, file) : kept) });
        return (0,model_headers/* metadataBytes */.Lk)(full.metadata) <= MOST_METADATA ? full : (0,model_headers/* objectHeaders */.qO)(decided, own);
    }
}
/**
 * Headers that came along, with the digest of these bytes. What they say of the digest themselves may be of other ones;
 * where S3 has no room for ours besides theirs, the ETag must do.
 */
function withDigest(decided, md5, multipart) {
    const { metadata } = (0,model_headers/* objectHeaders */.qO)(decided, {});
    const rclone = multipart || metadata.md5chksum !== undefined;
    const own = md5 === undefined
        ? {}
        : {
            's3cmd-attrs': (0,model_headers/* withMd5 */.xL)(metadata['s3cmd-attrs'], md5),
            ...(rclone ? { md5chksum: (0,model_digest/* base64OfMd5 */.tI)(md5) } : {}),
        };
    const full = (0,model_headers/* objectHeaders */.qO)(decided, own);
    if ((0,model_headers/* metadataBytes */.Lk)(full.metadata) <= MOST_METADATA)
        return full;
    const { [FROM]: _, ...kept } = decided;
    const told = (0,model_headers/* metadataMd5 */.SG)(new Map(Object.entries(metadata)));
    if (told === undefined || told === md5)
        return (0,model_headers/* objectHeaders */.qO)(kept, {});
    return (0,model_headers/* objectHeaders */.qO)((0,model_headers/* withoutDigests */.q4)(kept), {});
}

;// CONCATENATED MODULE: ./build/src/sync/transfer.js





















/** Of files that are sent in one piece, so much is in memory at a time: more makes runs hardly faster. Bytes. */
const WHOLE_BYTES = 32 * 1024 * 1024;
/** What another writer may do to a key while it is written over and over. */
const OVERWRITE_TRIES = 3;
/**
 * Performs steps against a store. A body that is not what it is said to be is refused, or sent anew at once (C6), a
 * copy is made only under the ETag that vouched for its source (C5), and every write under the condition that the
 * listing set.
 */
class Transfer {
    #options;
    #headers;
    #open;
    #copied;
    #parts;
    #readWhole = createWholeReader();
    /** Of `sources`. */
    #sent = new Map();
    #staged = new Map();
    /** How many of the keys learned other runs published. */
    recalled = 0;
    /** Whether another run wrote during this one what this one was to write. */
    meetsAnother = false;
    /** What is confirmed to lie under the keys written, for the index. */
    learned = new object_entries/* ObjectEntries */.Q();
    /** MD5 of the files whose bytes were sent or copied. */
    published = new Md5Table();
    /** ETags that files of them made which were sent in parts, each of which was proved, by name. */
    composites = new Map();
    /** Those of them that were not what the plan says. */
    changed = new Map();
    /** Keys confirmed to be gone. */
    deleted = new Set();
    /** Exit statuses of the failures met. */
    exits = new Set();
    /** Of the first destination's objects, for a mirror. */
    copiedFromFirst = { files: 0, bytes: 0 };
    #fromFirst = new Set();
    /** Why copies were not made that the plan has. */
    #notCopied = new Map();
    constructor(options) {
        this.#options = options;
        this.#headers = new UploadHeaders(options);
        this.#open = new OpenUploads(options);
        this.#copied = new CopiedUploads(options, this.#open, this.#headers);
        this.#parts = new SentUploads(options, this.#open, this.#headers, (file, body) => this.#readBody(file, body));
    }
    async stage(step, required) {
        const started = performance.now();
        try {
            refuseFileSteps(step);
            this.#staged.set(step.key, await this.#stage(step));
            return undefined;
        }
        catch (error) {
            if (error instanceof CannotStageError)
                throw error;
            if (required)
                return this.#failed(step, error, performance.now() - started);
            const { message } = explain(error, `${step.key} is not staged`);
            this.#options.emit({ type: 'message', level: 'debug', message });
            return undefined;
        }
    }
    /** What was staged for a key leaves this run's hands: another one completes it. */
    handOver(key) {
        const staged = this.#staged.get(key);
        this.#staged.delete(key);
        if (staged !== undefined)
            this.#options.uploads.ended(staged.upload);
    }
    stagedAt(key) {
        return this.#staged.get(key);
    }
    /** Takes what another run staged. Where it cannot be completed it is left for one that can. */
    adopt(staged) {
        this.#staged.set(staged.upload.key, staged);
        this.#open.adopted.add(staged.upload.id);
    }
    /** Takes what another run published: it can be copied from, and is remembered. */
    recall({ key, file, ...step }, etag, staged) {
        const md5 = step.md5 ?? staged?.expected.md5;
        const parts = staged?.expected.etag === etag ? { parts: (0,digest_index/* formatLayout */.Cu)(staged.layout) } : {};
        const written = { etag, versionId: undefined, encryption: undefined };
        this.#remember(key, { written, md5, file, sentBytes: 0, ...parts, ...keptBy(step) }, file);
        this.recalled++;
    }
    /**
     * Aborts what was staged and not completed, while time lasts. A run that was stopped keeps the large uploads that
     * the next one will go on with.
     */
    async close() {
        const { signal, aborts, uploads, concurrency, emit } = this.#options;
        const stopped = signal.aborted;
        const due = [...this.#staged.values()].filter(({ upload, expected }) => !this.#open.adopted.has(upload.id) && !(stopped && uploads.journalled && (0,part_sizes/* isLarge */.sV)(expected.size)));
        this.#staged.clear();
        if (this.#open.adopted.size > 0) {
            const what = `${this.#open.adopted.size} staged ${this.#open.adopted.size === 1 ? 'upload is' : 'uploads are'} left open`;
            const message = `${what}: publish again, or give the plan up with abort`;
            emit({ type: 'message', level: 'warning', message });
        }
        await (0,model_concurrency/* forEachConcurrent */.C6)(due, concurrency, async ({ upload }) => {
            if (!aborts.aborted)
                await this.#open.abort(upload);
        });
        const left = uploads.count;
        if (left === 0)
            return;
        const what = `${left} multipart ${left === 1 ? 'upload is' : 'uploads are'} left open`;
        const knows = uploads.journalled
            ? ': the next run'
            : `, billed until a lifecycle rule aborts ${left === 1 ? 'it' : 'them'}: if the index can be written the next run`;
        const message = uploads.isKept
            ? `${what}${knows} goes on with what it can use and aborts the rest`
            : `${what} and will be billed until a lifecycle rule aborts ${left === 1 ? 'it' : 'them'}: an index that is kept (a path or s3://) would let the next run do it`;
        emit({ type: 'message', level: uploads.journalled ? 'notice' : 'warning', message });
    }
    async write(step) {
        const started = performance.now();
        const ms = () => performance.now() - started;
        refuseFileSteps(step);
        let { condition } = step;
        for (let tries = 1;; tries++) {
            try {
                const { action, sent } = await this.#writeUnder(step, condition);
                this.#remember(step.key, sent, step.file);
                if (step.file.name === this.#headers.firstRedirect)
                    await this.#lookForRedirect(step.key);
                if (action === 'copy' && this.#fromFirst.has(step.key)) {
                    this.copiedFromFirst.files++;
                    this.copiedFromFirst.bytes += sent.file.size;
                }
                const { sentBytes, reused, written } = sent;
                const done = {
                    step,
                    outcome: 'done',
                    action,
                    sentBytes,
                    etag: written.etag,
                    ms: ms(),
                };
                if (reused !== undefined && reused.bytes > 0)
                    done.reused = reused;
                if (written.versionId !== undefined)
                    done.versionId = written.versionId;
                const notCopied = action === 'upload' ? this.#notCopied.get(step.key) : undefined;
                if (notCopied !== undefined)
                    done.notCopied = notCopied;
                return done;
            }
            catch (thrown) {
                const isSame = thrown instanceof OtherHeadersError;
                const error = isSame ? thrown.cause : thrown;
                const foreign = error instanceof object_store/* StoreError */.AD && error.kind === 'condition';
                this.meetsAnother ||= isSame || foreign;
                if (isSame && tries < OVERWRITE_TRIES) {
                    condition = { ifMatch: thrown.etag };
                    continue;
                }
                if (!foreign || this.#options.overwrite === 'if-unchanged' || tries === OVERWRITE_TRIES) {
                    return this.#failed(step, error, ms());
                }
                try {
                    const head = await this.#options.store.head(step.key, this.#options.requests);
                    condition = head === undefined ? { ifNoneMatch: '*' } : { ifMatch: head.etag };
                }
                catch (cause) {
                    return this.#failed(step, cause, ms());
                }
            }
        }
    }
    /** Copies where the plan says so and the source still is what vouched for it; else the bytes are sent. */
    async #writeUnder(step, condition) {
        if (step.action !== 'refresh' && step.staged) {
            const published = await this.#publishStaged(step, condition);
            if (published !== undefined)
                return published;
        }
        let copied = {};
        if (step.action === 'refresh') {
            copied = await this.#refresh(step, condition);
            if (copied.sent !== undefined)
                return { action: 'refresh', sent: copied.sent };
        }
        else if (!step.staged) {
            const copy = await this.#copyOf(step);
            if (copy !== undefined)
                copied = await this.#copy(copy.step, copy.source, condition);
            if (copied.sent !== undefined)
                return { action: 'copy', sent: copied.sent };
        }
        return { action: 'upload', sent: await this.#uploadTwice(step, copied.overwrite ?? condition) };
    }
    async beforeDeletes() {
        return this.#options.mayDelete();
    }
    async delete(steps) {
        const { store, requests } = this.#options;
        const started = performance.now();
        try {
            const answers = await store.delete(steps, requests);
            return steps.map((step, i) => {
                const answer = answers[i];
                const ms = performance.now() - started;
                if (answer?.deleted !== true)
                    return this.#failed(step, answer?.error ?? new Error('no answer'), ms);
                this.deleted.add(step.key);
                return { step, outcome: 'done', action: 'delete', sentBytes: 0, ms };
            });
        }
        catch (error) {
            return steps.map((step) => this.#failed(step, error, performance.now() - started));
        }
    }
    #failed(step, error, ms) {
        return failedOutcome(step, error, ms, this.#options.signal, this.exits);
    }
    /** Says where a server does not keep where an object leads. */
    async #lookForRedirect(key) {
        const { store, emit, requests } = this.#options;
        if (store.redirects === 'kept')
            return;
        if (store.redirects === 'unknown') {
            // Whoever may not read it is not told.
            const head = await store.head(key, requests).catch(() => undefined);
            if (head === undefined || head.fields[header_rules/* REDIRECT_HEADER */.Fh] !== undefined)
                return;
        }
        const message = `${key}: this server (${store.provider}) keeps no website redirects, so this object and every other one with a redirect leads nowhere: redirect in what serves the bucket, and leave redirects-file out here`;
        emit({ type: 'message', level: 'warning', message });
    }
    /** @param planned the file that the plan knows */
    #remember(key, sent, planned) {
        const decided = this.#options.policy.headersOf(sent.file);
        const asked = (0,model_headers/* classOf */.Kl)(decided);
        const isPreserving = this.#options.preserve && (0,model_headers/* isPreserved */.td)(sent.file);
        const attributed = isPreserving ? 'all' : (0,model_headers/* attributedBy */.a)(sent.attributes);
        if (this.#options.sources.has(key))
            this.#sent.set(key, sent);
        const { md5, written, parts, chunks } = sent;
        // Of what another machine sent there is no file.
        const isHere = (0,model_objects/* isOnDisk */.L7)(sent.file.encoded?.source ?? sent.file);
        if (isHere && md5 !== undefined) {
            this.published.set(sent.file.name, md5);
            const isProved = sent.sentBytes > 0 && (0,object_store/* etagsProve */.PF)(written.encryption);
            if (isProved && (0,part_sizes/* isOfParts */.YI)(written.etag, sent.file.size))
                this.composites.set(sent.file.name, written.etag);
            if (sent.file !== planned)
                this.changed.set(sent.file.name, sent.file);
        }
        const headers = (0,model_headers/* formatHeaderState */.QV)(sent.file, decided, attributed);
        const entry = { etag: written.etag, size: sent.file.size, headers };
        if (asked !== undefined)
            entry.class = asked;
        if (md5 !== undefined)
            entry.md5 = md5;
        if (parts !== undefined)
            entry.parts = parts;
        if (chunks !== undefined)
            entry.chunks = chunks;
        if (sent.file.encoded !== undefined)
            entry.source = (0,model_headers/* formatSource */.j2)(sent.file.encoded);
        this.learned.set(key, entry);
    }
    /**
     * A write, unless another run made the same one first: jobs that have files in common, and publish them side by side, find
     * each other's objects. Rejects with `OtherHeadersError` where the same bytes have other headers: without Content-Encoding a
     * reader is answered something else.
     */
    async #unlessThere(key, file, expected, write) {
        const { store, requests, overwrite } = this.#options;
        try {
            return await write();
        }
        catch (error) {
            // Of a copy the refusal does not say which side it is about.
            const isForeign = error instanceof object_store/* StoreError */.AD && (error.kind === 'condition' || error.status === 412);
            if (!isForeign || overwrite === 'always')
                throw error;
            // Whoever may not read it knows nothing but the refusal.
            const head = await store.head(key, requests).catch(() => undefined);
            if (head === undefined || !isWhole(head, file, expected))
                throw error;
            const { etag, encryption } = head;
            const isMultipart = (0,model_digest/* classifyETag */.Q)(etag).kind === 'multipart';
            const due = (0,model_headers/* everyHeader */.rB)(await this.#headers.of(file, expected.md5, isMultipart));
            if (differences(due, head).length > 0 || lacksClass(due, head, store))
                throw new OtherHeadersError(etag, error);
            return { etag, versionId: undefined, encryption, isOthers: true };
        }
    }
    /**
     * Copies, or says why the bytes must be sent: `sent` is undefined when the source no longer is what vouched
     * for it or may not be copied, and `overwrite` is set when the copy was made and is not what it should be.
     */
    async #copy(step, source, condition) {
        const { store, requests } = this.#options;
        const { key, file, md5 } = step;
        try {
            if (md5 === undefined)
                return { sent: await this.#copyUnknown(step, source, condition) };
            if (source.size > store.maxCopySize) {
                const staged = await this.#copied.copy(step, source);
                return { sent: await this.#complete(staged, condition) };
            }
            const headers = await this.#headers.of(file, md5, false);
            const uploads = this.#open.ofCopy(md5, source.size);
            const written = await this.#unlessThere(key, file, { md5, etag: source.etag }, () => store.copy({ key, source, md5, headers, condition, uploads }, requests));
            return this.#checked({ ...step, md5 }, written);
        }
        catch (error) {
            return this.#sendInstead(step, error);
        }
    }
    /**
     * Gives an object the headers that it should have. Where S3 refuses to copy it onto itself it is sent, under a
     * condition that leaves alone what another writer put there.
     */
    async #refresh(step, condition) {
        const { store, requests } = this.#options;
        const { key, etag, file, md5, storageClass } = step;
        const refresh = storageClass === undefined ? {} : { storageClass };
        const source = { key, etag, size: file.size };
        const isMultipart = (0,model_digest/* classifyETag */.Q)(etag).kind === 'multipart';
        const headers = await this.#headers.of(file, md5, isMultipart, step.attributes);
        try {
            return this.#checked(step, await store.copy({ key, source, md5, headers, condition, refresh }, requests));
        }
        catch (error) {
            return this.#sendInstead(step, error);
        }
    }
    #checked(step, written) {
        const etag = (0,model_digest/* classifyETag */.Q)(written.etag);
        if (etag.kind === 'md5' && etag.md5 !== step.md5 && (0,object_store/* etagsProve */.PF)(written.encryption)) {
            this.#sayRefused(step, 'the copy is not what its source was said to be');
            return { overwrite: { ifMatch: written.etag } };
        }
        return { sent: { written, md5: step.md5, file: step.file, sentBytes: 0, ...keptBy(step) } };
    }
    /** A copy that S3 refuses is sent in the same run; what would fail an upload as well is thrown on. */
    #sendInstead(step, error) {
        if (error instanceof FileChangedError) {
            this.#sayRefused(step, 'the file changed during this run');
            return {};
        }
        if (!(error instanceof object_store/* StoreError */.AD))
            throw error;
        switch (error.kind) {
            case 'source':
                // To read it is refused as well.
                if (error.code === 'InvalidObjectState' && step.file.object !== undefined)
                    throw archived(step);
                this.#sayRefused(step, 'its source changed or went away');
                return {};
            case 'digest':
                this.#sayRefused(step, error instanceof object_store/* UnprovedCopyError */.Pb
                    ? `the copy is not proved, as ${error.message}`
                    : `it has other bytes than its source was said to have (${error.code})`);
                return {};
            case 'denied':
                // Whoever may not take the object's tags along would lose them with an upload.
                if (step.action === 'refresh')
                    throw error;
                this.#sayRefused(step, explainDenied(error));
                return {};
            case 'rejected':
                this.#sayRefused(step, `the copy was refused (${error.code})`);
                return {};
            case 'no-upload':
                this.#sayRefused(step, 'its upload was aborted by someone else');
                return {};
            default:
                throw error;
        }
    }
    /**
     * Copies an object of which nobody knows the MD5: in its own layout if that can be, else whole, bound by its ETag. The
     * answer then says the digest, where ETags say one.
     */
    async #copyUnknown(step, source, condition) {
        const { store, requests } = this.#options;
        const { key, file } = step;
        try {
            return await this.#complete(await this.#copied.copyInLayout(step, source), condition);
        }
        catch (error) {
            if (!isUnproved(error) || source.size > store.maxCopySize)
                throw error;
        }
        const known = await this.#digestThere(step, source);
        const headers = await this.#headers.of(file, known, false);
        const uploads = known === undefined ? {} : { uploads: this.#open.ofCopy(known, source.size) };
        const request = { key, source, md5: known, headers, condition, ...uploads };
        const written = await store.copy(request, requests);
        const etag = (0,model_digest/* classifyETag */.Q)(written.etag);
        const md5 = etag.kind === 'md5' && (0,object_store/* etagsProve */.PF)(written.encryption) ? etag.md5 : known;
        return { written, md5, file, sentBytes: 0 };
    }
    /** What this run sent is known by now; what lay in the destination may say its digest itself. */
    async #digestThere(step, source) {
        const { store, requests } = this.#options;
        if (step.source.kind === 'published')
            return this.#sent.get(step.source.key)?.md5;
        if (source.bucket !== undefined)
            return undefined;
        const head = await store.head(source.key, requests);
        return head?.etag === source.etag ? (0,model_headers/* provenMd5 */.R3)(head.etag, head.metadata) : undefined;
    }
    async #complete(staged, condition) {
        const { store, requests, uploads } = this.#options;
        const { layout, file, upload, parts, expected, crc32, sentBytes, reused, chunks } = staged;
        const whole = crc32 === undefined ? {} : { crc32 };
        try {
            const { etag, md5 } = expected;
            const written = await this.#unlessThere(upload.key, file, expected, () => store.completeUpload({ upload, parts, expected, condition, ...whole }, requests));
            this.#open.adopted.delete(upload.id);
            if (written.isOthers === true)
                await this.#open.abort(upload);
            else
                uploads.ended(upload);
            const sent = { written, md5, file, sentBytes };
            if (written.isOthers !== true || written.etag === etag)
                sent.parts = (0,digest_index/* formatLayout */.Cu)(layout);
            if (reused !== undefined)
                sent.reused = reused;
            if (chunks !== undefined)
                sent.chunks = chunks;
            return sent;
        }
        catch (error) {
            await this.#open.giveUp(upload, expected.size, error);
            throw error;
        }
    }
    /** Stages a step: its source's bytes where they can be copied, else the file's. */
    async #stage(step) {
        try {
            const copy = await this.#copyOf(step);
            if (copy !== undefined) {
                try {
                    return await this.#copied.copy(copy.step, copy.source);
                }
                catch (error) {
                    // What is not required is sent in its place, by one request.
                    if (!this.#options.delay || isUnknownThere(error))
                        throw error;
                    this.#sendInstead(copy.step, error);
                }
            }
            return await this.#twice(step, (file, digest) => this.#parts.send(step.key, file, digest));
        }
        catch (error) {
            if (!this.#options.delay || !isUnknownThere(error))
                throw error;
            throw new CannotStageError(`${error.operation}: ${error.code}`, { cause: error });
        }
    }
    /** Makes visible what was staged. `undefined`: it was not, and what was read for it must be sent. */
    async #publishStaged(step, condition) {
        const { delay } = this.#options;
        let staged = this.#staged.get(step.key);
        this.#staged.delete(step.key);
        if (staged === undefined && step.action === 'copy' && !delay) {
            this.#sayRefused(step, 'it could not be staged before its source was overwritten');
            return undefined;
        }
        // Staged once more where an earlier Complete was refused.
        staged ??= await this.#stage(step);
        try {
            return { action: staged.action, sent: await this.#complete(staged, condition) };
        }
        catch (error) {
            if (step.action === 'copy' && !delay) {
                this.#sendInstead(step, error);
                return undefined;
            }
            if (!wantsAnotherUpload(error) && !this.#parts.refusesLayout(staged, error))
                throw error;
            const again = await this.#stage(step);
            return { action: again.action, sent: await this.#complete(again, condition) };
        }
    }
    /** A step as a copy of what its content lies in by now; `undefined`: its bytes must be sent. */
    async #copyOf(step) {
        if (step.action === 'upload')
            return this.#copyOfFirst(step);
        if (step.source.kind === 'first') {
            const copy = await this.#copyOfFirst(step);
            if (copy === undefined)
                this.#sayRefused(step, 'the first destination does not have it');
            return copy;
        }
        const source = step.source.kind === 'object' ? step.source : this.#sentAs(step, step.source.key);
        if (source !== undefined)
            return { step, source };
        this.#sayRefused(step, 'what it was to be copied from is not what was planned');
        return undefined;
    }
    async #copyOfFirst(step) {
        const { filling, signal } = this.#options;
        const held = await filling?.source(step.file, step.md5, signal);
        if (held === undefined)
            return undefined;
        const { source, md5 } = held;
        this.#fromFirst.add(step.key);
        const copy = {
            ...step,
            action: 'copy',
            reason: 'exists',
            md5,
            source: { kind: 'object', ...source },
        };
        return { step: copy, source };
    }
    #sentAs(step, key) {
        const sent = this.#sent.get(key);
        // The file whose first name was sent may have changed since the plan: then this name has content of its own.
        const isSame = sent !== undefined &&
            (step.md5 === undefined ? sent.file.object?.etag === step.file.object?.etag : sent.md5 === step.md5);
        return isSame ? { key, etag: sent.written.etag, size: sent.file.size } : undefined;
    }
    #sayRefused(step, why) {
        const level = this.#notCopied.size === 0 ? 'notice' : 'debug';
        this.#notCopied.set(step.key, why);
        const from = step.action === 'copy' ? shownSource(step.source) : 'itself';
        const message = `${step.key} is uploaded, not copied from ${from}: ${why}`;
        this.#options.emit({ type: 'message', level, message });
    }
    async #uploadTwice(step, condition) {
        return this.#twice(step, (file, digest) => this.#upload(step.key, file, digest, condition));
    }
    /** A file that changed since it was digested is digested and sent anew, once; so is one of which a part arrived otherwise. */
    async #twice({ file }, send) {
        const { bodies, digests } = this.#options;
        try {
            const ready = await bodies.ready(file);
            return await this.#released(ready, () => send(ready, ready === file ? digests.get(file.name) : undefined));
        }
        catch (error) {
            if (!(error instanceof FileChangedError) && !isOtherPart(error))
                throw error;
            const again = await bodies.again(file);
            this.#options.pool.forget(again);
            return this.#released(again, () => send(again, undefined));
        }
    }
    async #released(ready, work) {
        try {
            return await work();
        }
        finally {
            await this.#options.bodies.release?.(ready);
        }
    }
    async #upload(key, file, digest, condition) {
        // In the layout of the object that it was, so that its ETag says next time that it is the same. None is needed for nothing.
        const isMultipart = file.size > 0 && file.object !== undefined && (0,model_digest/* classifyETag */.Q)(file.object.etag).kind === 'multipart';
        if ((0,part_sizes/* isLarge */.sV)(file.size) || isMultipart) {
            const staged = await this.#parts.send(key, file, digest);
            try {
                return await this.#complete(staged, condition);
            }
            catch (error) {
                if (!wantsAnotherUpload(error) && !this.#parts.refusesLayout(staged, error))
                    throw error;
                return this.#complete(await this.#parts.send(key, file, digest), condition);
            }
        }
        const send = async (body) => {
            this.#options.signal.throwIfAborted();
            await this.#readBody(file, body);
            const known = file.redirect === undefined ? digest?.md5 : undefined;
            return this.#put(key, file, body, known, condition);
        };
        return this.#options.arena.with(file.size, send, { within: WHOLE_BYTES });
    }
    /**
     * @param known MD5 of the file when it was digested, or of its stat as an index has it: S3 refuses a body that has another one
     */
    async #put(key, file, body, known, condition) {
        const { store, rate, requests } = this.#options;
        const md5 = known ?? (0,model_digest/* md5Of */.iF)(body);
        const headers = await this.#headers.of(file, md5, false);
        let written;
        try {
            const put = { key, body, md5, headers, condition };
            written = await this.#unlessThere(key, file, { md5 }, () => rate.measure(body.length, () => store.put(put, requests)));
        }
        catch (error) {
            if (known !== undefined && isRefused(error) && (0,model_digest/* md5Of */.iF)(body) !== md5)
                throw new FileChangedError(NOT_AS_DIGESTED);
            throw error;
        }
        // A server that compares nothing; where ETags are no digests, that shows by the body alone.
        const { etag } = written;
        const isNotChecked = known !== undefined && written.isOthers !== true && etag !== md5;
        if (isNotChecked && (0,model_digest/* md5Of */.iF)(body) !== md5)
            return this.#put(key, file, body, undefined, { ifMatch: etag });
        this.#options.onSent(file.size);
        return { written, md5, file, sentBytes: file.size };
    }
    /** A redirect has no bytes and no file. */
    async #readBody(file, body) {
        if (file.redirect === undefined)
            await this.#readWhole(file, body);
    }
}
/** Another run wrote the same bytes first, with other headers: written over, nobody's bytes are lost. */
class OtherHeadersError extends Error {
    etag;
    cause;
    constructor(etag, cause) {
        super('another run wrote the same bytes with other headers');
        this.etag = etag;
        this.cause = cause;
    }
}
/** Whether a key has a file's content. Whoever wrote it, metadata says so where no ETag can contradict it (C15). */
function isWhole(head, file, { md5, etag }) {
    if (head.size !== file.size || head.fields[header_rules/* REDIRECT_HEADER */.Fh] !== file.redirect)
        return false;
    if (head.etag === etag)
        return true;
    // In one piece, in one part, or under KMS.
    const isMd5 = md5 !== undefined && [md5, (0,model_digest/* multipartETag */.Eq)([md5])].includes(head.etag);
    return isMd5 || (md5 !== undefined && (0,model_headers/* statedMd5 */.yB)(head) === md5);
}
function keptBy({ attributes, }) {
    return attributes === undefined ? {} : { attributes };
}
/** Files are made by another performer. */
function refuseFileSteps(step) {
    if (step.action === 'download' || step.action === 'link')
        throw new Error(`${step.action} of an object`);
}
function archived({ key, ...step }) {
    const what = step.action === 'copy' ? shownSource(step.source) : key;
    const message = `${what}: the object is archived: restore it first, or exclude it`;
    return new errors/* SyncError */.S0('rejected', errors/* EXIT */.dc.failed, message);
}
function shownSource({ key, ...source }) {
    return source.kind !== 'published' && source.bucket !== undefined
        ? `s3://${source.bucket.name}/${key}`
        : key;
}

;// CONCATENATED MODULE: ./build/src/sync/abort-uploads.js


/**
 * Aborts uploads that nobody is to complete. Of those that cannot be, which are billed, one warning tells: what keeps one
 * mostly keeps all.
 *
 * @param whose what they are, for messages: `an upload to KEY` goes before it
 * @returns those that are no more
 */
async function abortUploads(uploads, whose, { store, concurrency, emit, signal }) {
    const aborted = [];
    let first;
    await (0,model_concurrency/* forEachConcurrent */.C6)(uploads, concurrency, async (upload) => {
        try {
            await store.abortUpload(upload, signal);
            aborted.push(upload);
        }
        catch (error) {
            first ??= explain(error, `an upload to ${upload.key} ${whose}`).message;
        }
    });
    if (first === undefined)
        return aborted;
    const more = uploads.length - aborted.length - 1;
    const what = more === 0 ? 'it is' : `it and ${more} more are`;
    const message = `${first}; ${what} billed until a later run or a lifecycle rule aborts ${more === 0 ? 'it' : 'them'}`;
    emit({ type: 'message', level: 'warning', message });
    return aborted;
}

;// CONCATENATED MODULE: ./build/src/sync/uploads.js




/** How far two clocks may be apart before an upload is not the one that a journal names. Milliseconds. */
const CLOCKS_APART_MS = 15 * 60_000;
/** The uploads that are not ended: those that this run begins, and those that earlier runs left behind. */
class Uploads {
    #request;
    #left;
    /** Ids of those that were left to a key; some of them are ended or taken by now. */
    #idsAt = new Map();
    #open = new Map();
    /** Taken, and their runs may still be at work. */
    #shared = new Map();
    #journalFailed = false;
    constructor(request, left) {
        this.#request = request;
        this.#left = left;
        for (const [id, { key }] of left) {
            const ids = this.#idsAt.get(key);
            if (ids === undefined)
                this.#idsAt.set(key, [id]);
            else
                ids.push(id);
        }
    }
    /**
     * Believes a journal of this machine or of the destination's own bucket. One that others may have written is
     * believed only of uploads that S3 lists under that key, begun when the journal says.
     */
    static async load(request) {
        const { storage, store, prefix, journalled, emit, signal } = request;
        const left = new Map([...journalled].filter(([, { key }]) => key.startsWith(prefix)));
        const trusted = storage !== undefined && (storage.trust.local || storage.trust.remote);
        if (left.size === 0 || trusted)
            return new Uploads(request, left);
        const confirmed = new Map();
        try {
            const places = store.uploadsByKey ? new Set([...left.values()].map(({ key }) => key)) : [prefix];
            for (const place of places) {
                for await (const page of store.listUploads(place, signal)) {
                    for (const { key, id, begun } of page) {
                        const entry = left.get(id);
                        if (entry?.key !== key || Math.abs(begun - entry.begun) > CLOCKS_APART_MS)
                            continue;
                        confirmed.set(id, entry);
                    }
                }
            }
        }
        catch (error) {
            signal.throwIfAborted();
            const { message } = explain(error, 'uploads of an interrupted run');
            emit({ type: 'message', level: 'notice', message: `${message}: they are left to a lifecycle rule` });
        }
        return new Uploads(request, confirmed);
    }
    /** Aborts what earlier runs left behind but for what is still wanted, unless its run may be at work. */
    async abortLeftOvers(wanted) {
        const due = [];
        for (const [id, entry] of this.#left)
            if (!wanted(entry) && this.#isOver(entry))
                due.push({ key: entry.key, id, encryption: undefined });
        const aborted = await abortUploads(due, 'that an earlier run left behind', this.#request);
        for (const { id } of aborted)
            this.#left.delete(id);
        if (aborted.length === 0)
            return;
        const what = aborted.length === 1 ? '1 upload was' : `${aborted.length} uploads were`;
        const message = `${what} aborted that an interrupted run left behind`;
        this.#request.emit({ type: 'message', level: 'debug', message });
    }
    #isOver({ begun, process }) {
        const { alone, storage, now, abortAfterMs } = this.#request;
        if (alone || storage?.journal.ofEndedRuns === true || now() - begun >= abortAfterMs)
            return true;
        // What this process began before this run was of a run that has ended.
        return process === (0,process_mark/* processMark */.t)() || (0,process_mark/* hasProcessEnded */.C)(process) === true;
    }
    /** An upload that an earlier run began for the same. It is this run's from now on. */
    async take(purpose) {
        const { key, md5, size, parts, headers } = purpose;
        for (const id of this.#idsAt.get(key) ?? []) {
            const entry = this.#left.get(id);
            if (entry?.md5 !== md5 || entry.size !== size)
                continue;
            if (entry.parts !== parts || entry.headers !== headers)
                continue;
            this.#left.delete(id);
            if (!this.#isOver(entry))
                this.#shared.set(id, entry);
            // Of a journal elsewhere (C18) a forged line would say it of an upload of another content.
            const isBelieved = this.#request.storage?.trust.remote === true;
            const upload = { key, id, encryption: isBelieved ? entry.sentUnder : undefined };
            await this.#journal(upload, { ...entry, process: (0,process_mark/* processMark */.t)() });
            return upload;
        }
        return undefined;
    }
    /** Lets go of an upload that was taken and is of no use. Whether it is to be aborted; else it is left to its run. */
    drop({ id }) {
        const entry = this.#shared.get(id);
        if (entry === undefined)
            return true;
        this.#open.delete(id);
        this.#left.set(id, entry);
        return false;
    }
    /**
     * Journals an upload, before its first part. A journal that cannot be written costs a warning, never the run.
     *
     * @param sentUnder as the journal has it
     */
    async begun(upload, purpose, sentUnder) {
        const begun = this.#request.now();
        const under = sentUnder === undefined ? {} : { sentUnder };
        await this.#journal(upload, { ...purpose, begun, process: (0,process_mark/* processMark */.t)(), ...under });
    }
    async #journal({ id }, entry) {
        const { storage, signal, emit } = this.#request;
        this.#open.set(id, entry);
        if (storage === undefined || this.#journalFailed)
            return;
        try {
            await storage.journal.append((0,digest_index/* formatUpload */.JR)(id, entry), signal);
        }
        catch (error) {
            signal.throwIfAborted();
            if (this.#journalFailed)
                return;
            this.#journalFailed = true;
            const message = `the journal of uploads cannot be written (${whyNot(error, storage.place)}): should this run be killed, a lifecycle rule must abort what it leaves behind`;
            emit({ type: 'message', level: 'warning', message });
        }
    }
    ended({ id }) {
        this.#open.delete(id);
        this.#left.delete(id);
    }
    /** Whether the next run will know of an upload that this one leaves open, even if no index is written. */
    get journalled() {
        return this.isKept && !this.#journalFailed;
    }
    /** Whether the next run will know of it from the index. */
    get isKept() {
        const { storage } = this.#request;
        return storage !== undefined && storage.whyNotKept?.() === undefined;
    }
    /** How many are not ended. */
    get count() {
        return this.#left.size + this.#open.size;
    }
    /** What the index must name. */
    left() {
        return new Map([...this.#left, ...this.#open]);
    }
}

;// CONCATENATED MODULE: ./build/src/sync/execution.js
























/** Files that are looked at side by side. */
const LOOKED_AT_ONCE = 32;
/** Keys of another writer that a message names. */
const FOREIGN_SHOWN = 10;
/** Everything from the first write on: lock, uploads, the steps of a plan, CloudFront, a last look, the index. */
class Execution {
    #run;
    #preparation;
    #bodies;
    #lock;
    #invalidations;
    /** The last listing after the writes. */
    #after = new Map();
    /** Objects that are copied onto themselves, and of which the index says other headers. */
    #renewing = [];
    /** When this run began to write, as long as it is not known what it wrote. Milliseconds since the epoch. */
    #writing;
    /** Whether everything that was to be written was, headers alone too. */
    #isAllWritten = false;
    delayed;
    copiedFromFirst = { files: 0, bytes: 0 };
    constructor(run, preparation) {
        this.#run = run;
        this.#preparation = preparation;
        this.#bodies = run.shared.bodies();
    }
    get isLocked() {
        return this.#lock !== undefined;
    }
    get invalidation() {
        return this.#invalidations?.report;
    }
    async takeLock() {
        const { store, now } = this.#run.ports;
        this.#lock = await Lock.acquire({
            store,
            prefix: this.#run.options.destination.prefix,
            url: this.#run.frame.url,
            owner: this.#run.ports.owner,
            now,
            earliestNow: this.#run.earliestNow,
            onLost: (error) => this.#run.frame.stop(error),
            signal: this.#run.frame.signal,
            requests: this.#run.frame.requests,
            last: this.#run.frame.last.lock,
        });
    }
    /** @param published what other machines did, and nobody remembers yet */
    toInvalidate(files, listing, { index }, published = []) {
        const { invalidation: options, destination } = this.#run.options;
        const { invalidator, index: storage, emit } = this.#run.ports;
        this.#invalidations = new Invalidations({
            options,
            invalidator,
            storage,
            remembered: index?.invalidations ?? new Map(),
            known: index?.objects ?? new Map(),
            listing,
            // Made as they are asked for: few runs do.
            keys: { [Symbol.iterator]: () => keysOf(files, destination.prefix) },
            published,
            url: this.#run.frame.url,
            emit,
            onMove: () => {
                this.#run.frame.moved();
            },
            signal: this.#run.frame.signal,
            requests: this.#run.frame.requests,
        });
        return this.#invalidations;
    }
    /** A failure of steps is told before one of CloudFront. */
    blameInvalidation(error) {
        if (error === undefined)
            return;
        const { code, exit, message } = error;
        if (this.#run.frame.exits.length === 0)
            this.#run.frame.error ??= { code, message };
        else
            this.#run.ports.emit({ type: 'message', level: 'error', message });
        this.#run.frame.addExits([exit]);
    }
    uploads(storage, journalled) {
        return Uploads.load({
            store: this.#run.ports.store,
            storage,
            prefix: this.#run.options.destination.prefix,
            journalled,
            abortAfterMs: this.#run.options.abortUploadsAfterMs,
            alone: this.#lock !== undefined,
            now: this.#run.ports.now,
            concurrency: this.#run.inFlight,
            emit: this.#run.ports.emit,
            signal: this.#run.frame.requests,
        });
    }
    transfer(parts) {
        const { overwrite } = this.#run.options;
        const { filling } = this.#run.ports;
        return new Transfer({
            ...parts,
            store: this.#run.ports.store,
            pool: this.#run.frame.pool,
            overwrite,
            policy: this.#preparation.headers.policy,
            arena: this.#bodies,
            rate: this.#run.shared.rate,
            ...(filling === undefined
                ? {}
                : { filling: { source: (...args) => this.#run.frame.alive(filling.source(...args)) } }),
            concurrency: this.#run.inFlight,
            emit: this.#run.ports.emit,
            signal: this.#run.frame.signal,
            requests: this.#run.frame.requests,
            aborts: this.#run.frame.last.aborts,
        });
    }
    /** @param elsewhere what other machines did, whose bytes are not here */
    async execute(planned, seen, delay, elsewhere) {
        const { index: storage, meeting } = this.#run.ports;
        const { digests } = seen;
        const signal = this.#run.frame.signal;
        const totals = planTotals(planned.plan);
        const filesTotal = changesIn(totals);
        const concurrency = this.#run.inFlight;
        await this.#run.frame.phase('execute', async (tell) => {
            let done = 0;
            let sent = 0;
            let reused = 0;
            let isRemembered = false;
            const say = () => tell({ files: done, filesTotal, bytes: sent, bytesTotal: totals.upload.bytes - reused });
            const clock = new SwitchClock();
            const uploads = await this.uploads(storage, seen.index?.uploads ?? new Map());
            const wanted = wantedUploads(planned.plan);
            // They are another run's where the lock is.
            await this.#lock?.awake();
            if (!signal.aborted)
                await uploads.abortLeftOvers(wanted);
            const plan = this.#keepingNames(planned.plan, uploads.count);
            // Both go into the journal by one write.
            await Promise.all([this.#invalidations?.journal(planned.plan), this.#journalWrites(planned, seen)]);
            const toCut = cutBytes(stepsOf(planned.plan));
            const bodies = elsewhere === undefined ? (this.#run.source ?? this.#run.encodings) : NO_BODIES;
            const transfer = this.transfer({
                digests,
                bodies,
                delay,
                preserve: elsewhere?.file.preserve ?? this.#run.options.preserve,
                uploads,
                ...(seen.older === undefined ? {} : { older: seen.older }),
                toCut,
                sources: publishedSources(planned.plan),
                mayDelete: () => this.#mayDelete(planned.plan, transfer, seen),
                onSent: (bytes) => {
                    sent += bytes;
                    say();
                },
                onReused: (bytes) => {
                    reused += bytes;
                    say();
                },
            });
            if (elsewhere !== undefined)
                takeOver(transfer, planned.plan, elsewhere, (step) => this.#listedDate(step, seen));
            // What is sent in one piece is hashed where it is sent.
            if (toCut === 0)
                this.#run.frame.pool.rest();
            try {
                this.#run.frame.outcomes = await execute(plan, transfer, {
                    concurrency,
                    ...(meeting === undefined ? {} : { meet: () => this.#meet(meeting) }),
                    awake: async () => this.#lock?.awake(),
                    emit: (event) => {
                        if (event.type === 'outcome') {
                            // What is kept is no part of the total either.
                            if (event.outcome.action !== 'keep')
                                done++;
                            transfer.learned.date(event.outcome.step.key, this.#dateOf(event.outcome, seen));
                            this.#tellWritten(event.outcome, transfer);
                            clock.see(event.outcome);
                        }
                        say();
                        this.#run.ports.emit(event);
                    },
                    signal,
                });
                const { outcomes } = this.#run.frame;
                this.#isAllWritten = outcomes.every(({ step, outcome }) => outcome === 'done' || !isWrite(step));
                // What failed or was interrupted may have been written all the same.
                if (!outcomes.some(mayHaveWritten))
                    this.#writing = undefined;
            }
            finally {
                this.#invalidations?.settle(this.#run.frame.outcomes);
                isRemembered = signal.aborted;
                // A stopped run has seconds: the index says what is left open before anything is tidied.
                if (isRemembered)
                    await this.#remember(planned, seen, transfer, uploads);
                // Other parts or headers: what was published did not go on with it.
                else
                    await uploads.abortLeftOvers((entry) => !wanted(entry) || !transfer.learned.has(entry.key));
                await transfer.close();
            }
            this.copiedFromFirst = transfer.copiedFromFirst;
            this.#run.frame.addExits(transfer.exits);
            if (delay)
                this.delayed = clock.delayed();
            await this.#lookAgain(transfer, seen);
            this.blameInvalidation(await this.#invalidations?.send());
            if (!isRemembered)
                await this.#remember(planned, seen, transfer, uploads);
        });
    }
    /**
     * When a step was done, by S3's clock. Where a copy of an object onto itself is not dated anew, it keeps the date that was
     * listed; one that was sent in place of that copy does not.
     */
    #dateOf({ step, action }, seen) {
        const { datesRefreshes } = this.#run.ports.store;
        return action === 'refresh' && !datesRefreshes ? this.#listedDate(step, seen) : this.#run.storeNow();
    }
    #listedDate({ key }, { listing }) {
        // 0 where the server does not say.
        return listing.get(key)?.lastModified || this.#run.storeNow();
    }
    /** An upload that no index names is aborted by nobody: a removal keeps the index and journal of what it leaves open. */
    #keepingNames(plan, left) {
        const { options, ports, frame } = this.#run;
        const { command, destination } = options;
        const { place } = ports.index ?? {};
        if (command !== 'remove' || left === 0 || place === undefined)
            return plan;
        const keeping = keepingOwn(plan, (key) => {
            const url = `s3://${destination.bucket}/${key}`;
            return url === place || url.startsWith(`${place}.journal/`);
        });
        if (keeping === undefined)
            return plan;
        const what = left === 1 ? '1 upload that was' : `${left} uploads that were`;
        const again = this.isLocked ? 'run again' : 'run again with lock';
        frame.warn([
            `${place} and its journal stay, as they name ${what} not aborted: ${again}, else what was uploaded is billed until a lifecycle rule aborts it`,
        ]);
        return keeping;
    }
    /**
     * The next run is told what may have other headers than the index says, should this one be killed: the objects that are
     * copied onto themselves by name, as that may show in no listing, and of the others since when they are written, as the
     * listing dates them. So is it which waits of deletes this release ends: a wait that went on would have them deleted while
     * pages of this release still name them. A journal that cannot be written costs a warning, never the run.
     */
    async #journalWrites(planned, { index }) {
        const { index: storage, emit } = this.#run.ports;
        const { signal } = this.#run.frame;
        const keys = [];
        let writesOthers = false;
        for (const step of stepsOf(planned.plan)) {
            const isNamed = step.action === 'refresh' && index?.objects.get(step.key)?.headers !== undefined;
            if (isNamed)
                keys.push(step.key);
            else
                writesOthers ||= isWrite(step);
        }
        this.#renewing = keys;
        // What earlier runs began stands there already.
        const begun = keys.filter((key) => index?.renewing.has(key) !== true);
        let lines = (0,digest_index/* formatRenewing */.TT)(begun);
        if (writesOthers && this.#writing === undefined) {
            this.#writing = this.#run.earliestNow();
            lines += (0,digest_index/* formatWriting */.c4)(this.#writing);
        }
        // A removal leaves nothing that could wait.
        const ended = this.#run.options.command === 'remove' ? [] : [...endedWaits(planned, index)];
        for (const wait of ended)
            lines += (0,digest_index/* formatEnded */.su)(...wait);
        if (storage === undefined || lines === '')
            return;
        try {
            await storage.journal.append(lines, signal);
        }
        catch (error) {
            signal.throwIfAborted();
            const why = whyNot(error, storage.place);
            if (ended.length > 0) {
                const message = `which waits of delete-grace this release ends cannot be remembered before it is published (${why}): should the index not be written either, keep delete-after away until it is, as deletes may come before their grace is over`;
                emit({ type: 'message', level: 'warning', message });
            }
            // Of what is written anew the next run says that nobody remembers it.
            if (begun.length === 0)
                return;
            const message = `which headers are renewed cannot be remembered before they are (${why}): should this run be killed and its rules be taken back, run with refresh-headers`;
            emit({ type: 'message', level: 'warning', message });
        }
    }
    /** Waits until every destination has staged everything. */
    async #meet(meeting) {
        const { signal } = this.#run.frame;
        // At once: the last one could come while this one ends.
        signal.addEventListener('abort', () => meeting.fail(), { once: true });
        const absent = await this.#run.frame.alive(meeting.arrive());
        if (absent === undefined || signal.aborted)
            return undefined;
        const message = `nothing was published to ${this.#run.frame.url}, as ${absent} failed before everything was staged everywhere (mirrors-atomic)`;
        this.#run.frame.blame({ code: 'mirror-absent', message }, errors/* EXIT */.dc.failed);
        return { code: 'mirror-absent', message };
    }
    #tellWritten({ step, action }, transfer) {
        const { first } = this.#run.ports;
        if (first === undefined || action === 'delete' || action === 'keep')
            return;
        const { etag, size = 0, md5 } = transfer.learned.get(step.key) ?? {};
        const held = etag === undefined || md5 === undefined ? undefined : { etag, size, md5 };
        first.tell(step.key.slice(this.#run.options.destination.prefix.length), held);
    }
    /**
     * Looks once more before anything is deleted. Where a file is there by now whose object would go, as while a build still
     * fills the directory, nothing is; nor where somebody else writes too: the first listing is as old as the sending took,
     * and the conditions of deletes know nothing of a key that was added. With a lock it is enough that S3 says it is held.
     */
    async #mayDelete(plan, transfer, seen) {
        const back = await this.#filesBack(plan, seen);
        if (back !== undefined)
            return back;
        if (this.#lock !== undefined) {
            // Where it is lost the run is stopped.
            await this.#lock.confirm();
            return undefined;
        }
        try {
            const found = await this.#foreignWrites(transfer, seen);
            const { foreign, areUndone } = found;
            if (foreign.length === 0)
                return undefined;
            this.#blame(found, 'nothing was deleted');
            const why = areUndone ? `${foreign[0]} is as it was` : `another writer changed ${foreign[0]}`;
            return { code: 'foreign-writer', message: `withheld: ${why}` };
        }
        catch (error) {
            const { code, exit, message } = explain(error, `${this.#run.frame.url}: listing before the deletes`);
            this.#run.frame.blame({ code, message }, exit);
            return { code, message: `withheld: ${message}` };
        }
    }
    async #filesBack(plan, { isThere }) {
        if (isThere === undefined)
            return undefined;
        const { source } = this.#run.ports;
        return filesBack({
            frame: this.#run.frame,
            plan,
            prefix: this.#run.options.destination.prefix,
            isThere,
            atOnce: source === undefined ? LOOKED_AT_ONCE : () => source.store.inFlight,
            source: source?.url,
        });
    }
    /**
     * When anything was written, a last listing shows whether somebody else wrote in between, also while deletes went on.
     * With a lock nobody does, as long as it is held; after a failure the exit is decided.
     */
    async #lookAgain(transfer, seen) {
        const isWritten = transfer.learned.size > 0 || transfer.deleted.size > 0;
        if (!isWritten || this.#run.frame.signal.aborted || this.#run.frame.exits.length > 0)
            return;
        if (this.#lock !== undefined)
            return this.#lock.confirm();
        try {
            const found = await this.#foreignWrites(transfer, seen);
            const isRemoving = this.#run.options.command === 'remove';
            const consequence = isRemoving ? 'it is not empty' : 'what this run wrote there may be gone';
            if (found.foreign.length > 0)
                this.#blame(found, consequence);
        }
        catch (error) {
            const { message } = explain(error, `${this.#run.frame.url}: listing after the run`);
            const text = `${message}; whether another run wrote at the same time is not known`;
            this.#run.ports.emit({ type: 'message', level: 'warning', message: text });
        }
    }
    async #foreignWrites(transfer, seen) {
        const { command, destination } = this.#run.options;
        const found = await foreignWrites({
            store: this.#run.ports.store,
            prefix: destination.prefix,
            listing: seen.listing,
            written: transfer.learned,
            deleted: transfer.deleted,
            matters: seen.matters,
            withOwn: command === 'remove',
            concurrency: this.#run.inFlight,
            signal: this.#run.frame.requests,
        });
        this.#after = found.listing;
        return found;
    }
    #blame({ foreign, areUndone }, consequence) {
        const shown = foreign.slice(0, FOREIGN_SHOWN).join(', ');
        const more = foreign.length > FOREIGN_SHOWN ? ` and ${foreign.length - FOREIGN_SHOWN} more` : '';
        const what = areUndone
            ? `what this run wrote under ${shown}${more} is not there, though S3 answered that it was written: a proxy mixes up answers, or another writer undid it during this run`
            : `another writer changed ${shown}${more} during this run`;
        const { command, deletes } = this.#run.options;
        const changes = deletes.deleteAfter ? 'replaces or deletes' : 'replaces';
        const advice = afterAnotherWriter(command === 'remove' ? 'deletes' : changes);
        const message = `${this.#run.frame.url}: ${what}; ${consequence}: ${advice}`;
        this.#run.frame.blame({ code: 'foreign-writer', message }, errors/* EXIT */.dc.foreignWriter);
    }
    async #remember(planned, seen, transfer, uploads) {
        const { index: storage, emit } = this.#run.ports;
        if (storage === undefined || this.#run.options.command === 'remove')
            return;
        const { files, digests, listing, index, digestedNs, published = 0 } = seen;
        const written = transfer.learned.size - transfer.recalled + published;
        const pending = pendingDeletes(planned, transfer.deleted, index, this.#run.latestNow());
        const begins = [...pending].some(([key, begun]) => begun !== index?.pending.get(key));
        // What is deleted since its grace is over was dropped by an earlier one.
        const dropped = this.#run.options.deletes.grace.kind === 'none' ? transfer.deleted.size : 0;
        const isDeploy = this.#run.frame.exits.length === 0 &&
            !this.#run.frame.signal.aborted &&
            (written > 0 || begins || dropped > 0);
        const deploys = index?.deploys ?? 0;
        const isSettled = this.#preparation.headers.isWritingAnswered && this.#isAllWritten;
        const before = isSettled ? undefined : index?.writing;
        const writing = (0,digest_index/* earliest */.Qd)([before, this.#writing].filter((time) => time !== undefined));
        const incompressible = storage.trust.remote ? this.#run.encodings.incompressible() : undefined;
        const confirmed = {
            listing,
            unchanged: planned.unchanged,
            written: transfer.learned,
            after: this.#after,
            everyObject: this.#run.options.invalidation !== undefined,
            deleted: transfer.deleted,
            files: digestedFiles(seen, transfer, this.#run.options.destination.prefix, this.#run.encodings),
            digestedNs,
            uploads: uploads.left(),
            deploys: isDeploy ? deploys + 1 : deploys,
            headers: this.#confirmedHeaders(seen),
            sources: encodedSources(files, this.#run.options.destination.prefix),
            layouts: this.#preparation.layouts,
            chunks: chunksOf(index, digests.values(), transfer.learned.values()),
            ...(incompressible === undefined ? {} : { incompressible }),
            pending,
            invalidations: this.#invalidations?.left() ?? new Map(),
            renewing: this.#renewing,
            meetsAnother: transfer.meetsAnother || this.#run.frame.exits.includes(errors/* EXIT */.dc.foreignWriter),
            ...(writing === undefined ? {} : { writing }),
        };
        const lastWords = this.#run.frame.signal.aborted ? this.#run.frame.last.index : undefined;
        await this.#run.frame.phase('index', async () => this.#run.frame.afterwards((stop) => saveIndex(storage, index, confirmed, emit, lastWords ?? stop)));
    }
    /**
     * Of the headers that S3 answered as they should be. What lies in another class is left there, and not asked for again, and
     * so is an ACL that is not asked for any more.
     */
    #confirmedHeaders({ files, index }) {
        const { prefix } = this.#run.options.destination;
        const confirmed = new Map();
        const { differences, attributes, aclsLeft, policy } = this.#preparation.headers;
        if (differences.size + aclsLeft.size === 0)
            return confirmed;
        for (const file of files) {
            const key = (prefix + file.name);
            const isAclLeft = aclsLeft.has(key);
            if (differences.get(key)?.length !== 0 && !isAclLeft)
                continue;
            const decided = policy.headersOf(file);
            const asked = (0,model_headers/* classOf */.Kl)(decided);
            const attributed = isAclLeft
                ? (0,model_headers/* parseHeaderState */.U4)(index?.objects.get(key)?.headers ?? '').attributed
                : (0,model_headers/* attributedBy */.a)(attributes.get(key));
            const headers = (0,model_headers/* formatHeaderState */.QV)(file, decided, attributed);
            confirmed.set(key, { headers, ...(asked === undefined ? {} : { class: asked }) });
        }
        return confirmed;
    }
    /** Gives the lock back. */
    async close() {
        const held = await this.#lock?.release();
        if (held !== undefined)
            this.#run.frame.warn([held]);
    }
}
/** The bytes lie on the machines that staged them. */
const NO_BODIES = {
    ready: async ({ name }) => {
        throw new errors/* SyncError */.S0('plan-mismatch', errors/* EXIT */.dc.failed, `${name}: what was staged for it cannot be published, and publish has no bytes: run plan and apply again`);
    },
    again: async (file) => NO_BODIES.ready(file),
};
/**
 * What is done is remembered, what is staged is completed where `due` says it.
 *
 * @param dateOf when a step was done, in milliseconds since the epoch
 */
function takeOver(transfer, due, { file, staged, done }, dateOf) {
    const stagedOf = (step) => {
        const upload = staged.get(step.key);
        return upload && stagedFrom(upload, step.file);
    };
    for (const step of stepsOf(file.plan)) {
        const etag = done.get(step.key);
        if (etag === undefined || !isWrite(step))
            continue;
        transfer.recall(step, etag, stagedOf(step));
        transfer.learned.date(step.key, dateOf(step));
    }
    for (const step of stepsOf(due)) {
        if (done.has(step.key) || !isWrite(step))
            continue;
        const upload = stagedOf(step);
        if (upload !== undefined)
            transfer.adopt(upload);
    }
}
/** Of what was refused as another writer's is there, it is known that this run did not write it. */
function mayHaveWritten(outcome) {
    const { step, error } = outcome;
    return mayBeDone(outcome) && isWrite(step) && error?.code !== 'foreign-writer';
}
/** Measures the switch: from the start of the first write that succeeded to the end of the last one. */
class SwitchClock {
    #due = 0;
    #keys = 0;
    #from = Number.POSITIVE_INFINITY;
    #to = 0;
    see({ outcome, action, ms }) {
        if (action === 'delete' || action === 'keep')
            return;
        this.#due++;
        if (outcome !== 'done')
            return;
        const now = performance.now();
        this.#keys++;
        this.#from = Math.min(this.#from, now - ms);
        this.#to = now;
    }
    /** `undefined`: it did not begin, as where the staging failed. */
    delayed() {
        if (this.#keys === 0)
            return this.#due === 0 ? { keys: 0, seconds: 0 } : undefined;
        const seconds = (this.#to - this.#from) / 1000;
        return { keys: this.#keys, ...(this.#keys < this.#due ? { of: this.#due } : {}), seconds };
    }
}
/** Bytes of the files that are sent in parts, which threads digest and cut. */
function cutBytes(steps) {
    let sum = 0;
    for (const { action, bytes } of steps)
        if (action === 'upload' && (0,part_sizes/* isLarge */.sV)(bytes))
            sum += bytes;
    return sum;
}
/** Keys that steps of this plan copy from once they are written. */
function publishedSources(plan) {
    const sources = new Set();
    for (const step of stepsOf(plan))
        if (step.action === 'copy' && step.source.kind === 'published')
            sources.add(step.source.key);
    return sources;
}
/** Which uploads of earlier runs this plan may go on with. */
function wantedUploads(plan) {
    // Made for the first one: few runs meet any.
    let steps;
    return ({ key, size, md5 }) => {
        if (steps === undefined) {
            steps = new Map();
            for (const step of stepsOf(plan))
                steps.set(step.key, step);
        }
        const step = steps.get(key);
        if (step === undefined || (step.action !== 'upload' && step.action !== 'copy'))
            return false;
        const inUploads = step.staged || (0,part_sizes/* isLarge */.sV)(step.file.size);
        return inUploads && step.file.size === size && (step.md5 === undefined || step.md5 === md5);
    };
}
function encodedSources(files, prefix) {
    const sources = new Map();
    // A table has files of this disk as they are.
    if (files.columns !== undefined)
        return sources;
    for (const { name, encoded } of files) {
        if (encoded !== undefined)
            sources.set((prefix + name), { source: (0,model_headers/* formatSource */.j2)(encoded) });
    }
    return sources;
}
/** Files of this disk with their digests, as they were sent or else met. What is stored encoded is not on it. */
function digestedFiles({ files, digests, listing }, { published, changed, composites }, prefix, encodings) {
    const columns = (0,file_columns/* columnsOf */.PL)(files);
    const whole = wholeDigestsOf(files, digests);
    const met = (file, place) => {
        const md5 = whole?.at(columns.rowAt(place));
        if (md5 !== undefined)
            return { md5 };
        const digest = file.object === undefined ? digests.get(file.name) : undefined;
        if (digest === undefined)
            return undefined;
        const { md5: all, etags } = digest;
        if (!etags.some((etag) => (0,part_sizes/* isOfParts */.YI)(etag, file.size)))
            return { md5: all };
        const { etag } = listing.get((prefix + file.name)) ?? {};
        return etag !== undefined && etags.includes(etag) ? { md5: all, etag } : { md5: all };
    };
    function* all() {
        for (let place = 0; place < columns.length; place++) {
            const file = columns.at(place);
            const { name } = file;
            const md5 = published.size === 0 ? undefined : published.get(name);
            const etag = md5 === undefined ? undefined : composites.get(name);
            const known = md5 === undefined ? met(file, place) : { md5, ...(etag === undefined ? {} : { etag }) };
            if (known !== undefined)
                yield unencoded({ file: changed.get(name) ?? file, ...known }, encodings);
        }
    }
    return { [Symbol.iterator]: all, areByPath: columns.areByPath };
}
function unencoded(known, encodings) {
    const { file, md5, etag } = known;
    const { encoded } = file;
    if (encoded === undefined) {
        const encoding = encodings.incompressibleBy(file);
        return encoding === undefined ? known : { ...known, stored: formatStoredForm({ encoding }) };
    }
    const bytes = { md5, size: file.size, ...(etag === undefined ? {} : { etag }) };
    const stored = formatStoredForm({ encoding: encoded.encoding, bytes });
    return { file: encoded.source, md5: encoded.md5, stored };
}
/** What contents are made of, as far as that is known, by `contentId`. */
function chunksOf(index, digests, written) {
    const known = new Map();
    for (const entries of [index?.objects.values() ?? [], written])
        for (const { md5, size, chunks } of entries)
            if (md5 !== undefined && chunks !== undefined)
                known.set((0,model_digest/* contentId */.fm)(md5, size), chunks);
    for (const { md5, chunks } of digests) {
        if (chunks === undefined)
            continue;
        known.set((0,model_digest/* contentId */.fm)(md5, (0,model_chunks/* cutSize */.E0)(chunks)), (0,model_chunks/* formatChunks */.ey)(chunks));
    }
    return known;
}

;// CONCATENATED MODULE: ./build/src/sync/early-digests.js








/** Below this much to hash, what a thread does ahead is not worth its start. Bytes. */
const early_digests_WORTH_THREAD = 16 * 1024 * 1024;
/** Where the index knows of more than that, so much that has to be hashed promises that the rest has to as well. Bytes. */
const SHOWS_REST = 1024 * 1024;
/** Digests asked for at a time: enough for full batches to every thread. */
const IN_FLIGHT = 2048;
/** In place of a row. */
const TAKEN = -1;
/**
 * Digests files while the tree is still walked and the destination listed: a file whose size an object or another file
 * has is asked for later, whatever else is found, and so is one that an earlier run published under its name and with
 * its size. In threads, and so only where there is enough for one. What fails is not told: the file is read again, and
 * then it is.
 */
class EarlyDigests {
    sizes;
    #pool;
    #prefix;
    /** Tells what the listing will have before it does. */
    #index;
    /** Files that it knows are not read. */
    #fileIndex;
    #cuts;
    /** Where the walk puts what it meets. */
    #files;
    /** The row of the first file of a size; TAKEN: there was another one, or an object. */
    #firsts = new Map();
    /** Large files whose size no object has so far. */
    #large = new Map();
    /** Of files with further names, by `fileId`: the row whose name is read for all of them. */
    #linked = new Map();
    #due = [];
    #dueBytes = 0;
    /** So many bytes due start a thread. */
    #worthThread;
    #isStarted = false;
    #isFinished = false;
    #running = 0;
    #rest = () => undefined;
    #whole;
    #parts = new Map();
    /** Digested by now. */
    files = 0;
    bytes = 0;
    /**
     * @param prefix of the keys that files get
     * @param index of the objects
     * @param fileIndex where its lines about local files may be believed
     * @param cuts large files as well, where a thread has time for it
     */
    constructor(pool, prefix, index, fileIndex, cuts = false) {
        this.#pool = pool;
        this.#prefix = prefix;
        this.#index = index;
        this.#fileIndex = fileIndex;
        this.#cuts = cuts;
        this.#worthThread = knows(index, early_digests_WORTH_THREAD) ? SHOWS_REST : early_digests_WORTH_THREAD;
        this.sizes = new ListedSizes(index);
    }
    /** Of whole files alone. */
    get digests() {
        return this.#whole;
    }
    /** The walk met it; `file` is what is in the row. */
    found(files, row, file) {
        if (this.#files === undefined) {
            this.#files = files;
            this.#whole = new DigestTable(files.names);
        }
        const { name, size } = file;
        if (size === 0)
            return;
        const published = this.#index?.objects.get(this.#prefix + name);
        // Objects say by which parts a large file is read, which takes the listing.
        if (this.sizes.has(size) || (published?.size === size && !(0,part_sizes/* isLarge */.sV)(size))) {
            this.#ask(row, file);
        }
        else if ((0,part_sizes/* isLarge */.sV)(size)) {
            const large = this.#large.get(size);
            if (large === undefined)
                this.#large.set(size, [row]);
            else
                large.push(row);
        }
        else if (this.#firsts.has(size)) {
            this.#askFirst(size);
            this.#ask(row, file);
        }
        else {
            this.#firsts.set(size, row);
        }
    }
    /** The listing has it. */
    listed(object) {
        this.sizes.add(object);
        this.#askFirst(object.size);
        const large = this.#large.get(object.size);
        if (large === undefined)
            return;
        this.#large.delete(object.size);
        for (const row of large)
            this.#ask(row);
    }
    #askFirst(size) {
        const first = this.#firsts.get(size) ?? TAKEN;
        if (first === TAKEN)
            return;
        this.#firsts.set(size, TAKEN);
        this.#ask(first);
    }
    #ask(row, file = this.#files?.at(row)) {
        if (file === undefined || this.#isFinished)
            return;
        const remembered = this.#fileIndex === undefined ? undefined : recallMd5(this.#fileIndex, file);
        if (remembered !== undefined) {
            // Of a large one more than that may be wanted, which takes the listing.
            if (!(0,part_sizes/* isLarge */.sV)(file.size))
                this.#whole?.setAt(row, wholeDigest(remembered));
            return;
        }
        if (file.nlink > 1) {
            const id = (0,file_id/* fileId */.q)(file);
            if (this.#linked.has(id))
                return;
            this.#linked.set(id, row);
        }
        this.#due.push(row);
        this.#dueBytes += file.size;
        this.#isStarted ||= this.#dueBytes >= this.#worthThread;
        if (this.#isStarted)
            this.#begin();
    }
    #begin() {
        while (this.#running < IN_FLIGHT) {
            const row = this.#due.pop();
            if (row === undefined || this.#files === undefined)
                return;
            this.#digest(row, this.#files.at(row));
        }
    }
    /** Without a promise a file: most are small, and there are many. */
    #digest(row, file) {
        const { size } = file;
        const layouts = (0,part_sizes/* isLarge */.sV)(size) ? this.sizes.layoutsOf(file) : [];
        const job = { file, layouts };
        const key = (this.#prefix + file.name);
        const isCut = this.#cuts && (0,model_chunks/* chunkUnit */.u8)(size) !== undefined;
        const cut = isCut ? idleChunks(this.#pool, file, this.#index, key) : undefined;
        this.#running++;
        const learn = (digest) => {
            this.#learn(row, job, digest);
            this.#end();
        };
        const learnCut = (whole) => void cut?.then((chunks) => learn(chunks === undefined ? whole : { ...whole, chunks }));
        // What cannot be read is asked for again.
        this.#pool.ask(job, cut === undefined ? learn : learnCut, () => this.#end());
    }
    #learn(row, { file, layouts }, digest) {
        if (layouts.length === 0)
            this.#whole?.setAt(row, digest);
        else
            this.#parts.set(file.name, { layouts: layouts.map(digest_index/* formatLayout */.Cu), digest });
        this.files++;
        this.bytes += file.size;
    }
    #end() {
        this.#running--;
        this.#begin();
        if (this.#running === 0)
            this.#rest();
    }
    /** Waits for what was begun; where that was nothing, it stays so. */
    async finish() {
        this.#isFinished = true;
        if (this.#running === 0)
            return;
        await this.#pool.helping(() => new Promise((resolve) => (this.#rest = resolve)));
    }
    /** The digests of a file, if they were made by all the layouts that are wanted. */
    take(file, layouts) {
        const name = this.#readAs(file);
        const whole = this.#whole?.get(name);
        if (whole !== undefined && layouts.length === 0)
            return whole;
        if (whole !== undefined)
            return areWhole(layouts) ? wholeUnder(whole.md5, layouts) : undefined;
        const parts = this.#parts.get(name);
        if (parts === undefined)
            return undefined;
        const etags = layouts.map((layout) => parts.digest.etags[parts.layouts.indexOf((0,digest_index/* formatLayout */.Cu)(layout))]);
        const isAll = etags.every((etag) => etag !== undefined);
        return isAll ? { ...parts.digest, etags } : undefined;
    }
    /** The name under which its bytes were read: a hard link's may be another one. */
    #readAs(file) {
        const row = file.nlink > 1 ? this.#linked.get((0,file_id/* fileId */.q)(file)) : undefined;
        return row === undefined ? file.name : this.#files.at(row).name;
    }
}
/** Whether an index knows of objects of so many bytes. */
function knows(index, bytes) {
    let known = 0;
    for (const { size } of index?.objects.values() ?? []) {
        known += size;
        if (known >= bytes)
            return true;
    }
    return false;
}

;// CONCATENATED MODULE: ./build/src/sync/header-review.js






/** Refreshes of a dry run whose present headers are asked for, so that a review sees what changes. */
const REFRESHES_SHOWN = 100;
const HEADERS_DENIED = 'headers that nobody remembers are left as they are; s3:GetObject lets them be compared';
const INTERRUPTED = 'objects that a run which was interrupted may have written';
const WRITTEN_DENIED = `the headers of ${INTERRUPTED} are left as they are; s3:GetObject lets them be compared`;
const ATTRIBUTES_DENIED = 'headers are left as they are where renewing them would drop mode and time of the file; s3:GetObject lets those be kept';
/**
 * Which headers objects are to have, and which they have: as the index remembers, and where it does not and the run wants to
 * know, as S3 answers.
 */
class HeaderReview {
    #run;
    policy;
    /** A plan that is made anew says these once. */
    #isNotRenewedTold = false;
    #isAclLeftTold = false;
    #isResentTold = false;
    /** Of the keys whose headers S3 was asked for. */
    differences = new Map();
    /** What their metadata says of the file. */
    attributes = new Map();
    /** Keys whose metadata says something of the file, and may not be read. */
    #attributesUnknown = new Set();
    /** Keys whose headers the index remembers as they should be, and where S3 is asked all the same. */
    #doubted = new Set();
    /** Keys that a run which was killed or failed, or one beside it, may have given other headers than the index says. */
    #renewing = new Set();
    /** Keys whose headers came along from another bucket, and are to be those of their files. */
    #brought = new Set();
    /** Keys whose objects keep an ACL that is not asked for any more. */
    aclsLeft = new Set();
    /** Since when runs have written of which nobody knows what they wrote. */
    #writing;
    /** Whether S3 answered about everything that those may have written. */
    isWritingAnswered = false;
    /** Files that S3 was to be asked for, and whose headers are not known all the same. */
    #unanswered = 0;
    /** Whether there may be an index, which could not be read. */
    #isUnread = false;
    /** Keys whose metadata says something of the file, as the index remembers. */
    #attributed = new Set();
    constructor(run) {
        this.#run = run;
        this.policy = new model_headers/* HeaderPolicy */.iz(run.options.writeHeaders, run.options.headers);
    }
    /** For a plan. */
    get known() {
        return { attributes: this.attributes, attributesUnknown: this.#attributesUnknown };
    }
    /** A bucket has no files whose attributes could be kept. */
    get #preserves() {
        return this.#run.options.preserve && this.#run.source === undefined;
    }
    /**
     * Whether an index is believed with `refresh-headers`: it knows nothing of what a source has by now, nor of what a run
     * that was killed renewed where that dates nothing.
     */
    get #isRemembered() {
        return this.#run.source === undefined && this.#run.ports.store.datesRefreshes;
    }
    /** An index knows what rules gave an object, and nothing of what its source has by now. */
    states(files, listing, { index, isUnread = false }) {
        const { destination, headers } = this.#run.options;
        const { prefix } = destination;
        const asking = { store: this.#run.ports.store, asksAttributes: headers.refresh && this.#preserves };
        const states = headerStates(files, prefix, listing, index, this.policy, asking);
        this.#brought = states.asked;
        this.aclsLeft = states.aclsLeft;
        this.#renewing = index?.renewing ?? this.#renewing;
        this.#isUnread = isUnread;
        this.#writing = index?.writing;
        for (const key of states.others()) {
            const known = index?.objects.get(key)?.headers;
            if (known !== undefined && (0,model_headers/* parseHeaderState */.U4)(known).attributed !== 'none')
                this.#attributed.add(key);
        }
        const isAsked = this.#run.source !== undefined || (headers.refresh && !this.#isRemembered);
        for (const file of isAsked ? files : []) {
            const key = (prefix + file.name);
            if (states.get(key) !== 'same' || !(headers.refresh || isAllHeaders(file)))
                continue;
            states.delete(key);
            states.aclsLeft.delete(key);
            if (this.#run.source === undefined)
                this.#doubted.add(key);
        }
        return states;
    }
    /**
     * Headers that nobody remembers are asked for with `refresh-headers`; always those that a run was killed over or may have
     * written before it was, those of what one wrote while another one did, those that came along from another bucket, and of
     * redirects, as an empty object says nothing of where it leads, and so does one in the bucket that is published from: of
     * these two what HEAD does not tell is left, as it is by a check. Writes what was answered into the states, and says whether
     * anything was.
     */
    async ask({ unknownHeaders }, { prefix, files, listing, headers: states }) {
        const { command, headers } = this.#run.options;
        const all = headers.refresh;
        const isNamed = (key) => this.#renewing.has(key) || this.#brought.has(key);
        const isDoubtful = (key) => isNamed(key) || mayBeOf(this.#writing, listing.get(key));
        const due = [];
        const written = [];
        // A table has files of this disk, which are more than their headers.
        const named = this.#renewing.size + this.#brought.size;
        if (all || files.columns === undefined || named > 0 || this.#writing !== undefined)
            for (const file of unknownHeaders) {
                const key = (prefix + file.name);
                if (all || isAllHeaders(file) || isNamed(key))
                    due.push(file);
                else if (mayBeOf(this.#writing, listing.get(key)))
                    written.push(file);
            }
        const told = written.length === 0 ? {} : { objects: INTERRUPTED, ifDenied: WRITTEN_DENIED };
        const asked = [...due, ...written];
        await this.#compareHeaders(asked, listing, { ...told, bound: due.length + HEADER_BUDGET });
        this.isWritingAnswered = asked.every(({ name }) => {
            const key = (prefix + name);
            return this.differences.has(key) || !mayBeOf(this.#writing, listing.get(key));
        });
        let answers = 0;
        for (const { name } of asked) {
            const key = (prefix + name);
            const answered = this.differences.get(key);
            if (answered === undefined)
                continue;
            // Without an index what HEAD does not tell would be written in every run.
            const isWritten = command !== 'check' && (all || isDoubtful(key));
            const found = isWritten ? answered : answered.filter((difference) => !isUntold(difference));
            const changed = found.some(({ name }) => name === header_rules/* STORAGE_CLASS */.fJ) ? 'class' : 'changed';
            states.set(key, found.length === 0 ? 'same' : changed);
            answers++;
        }
        this.#unanswered = asked.length - answers;
        return answers > 0;
    }
    /** A copy onto itself would drop mode and time that the index knows to be there; whether that changes the plan. */
    async askAttributes(plan, listing) {
        const { command, dryRun } = this.#run.options;
        const isWritten = !dryRun && command !== 'check' && this.#run.source === undefined;
        if (!isWritten || this.#attributed.size === 0)
            return false;
        const due = [...stepsOf(plan)].filter((step) => step.action === 'refresh' && this.#attributed.has(step.key));
        const files = due.map(({ file }) => file);
        const { answers, denied } = await this.#askAbout(files, listing, Number.POSITIVE_INFINITY, ATTRIBUTES_DENIED);
        for (const [key, { attributes }] of answers)
            if (attributes !== undefined)
                this.attributes.set(key, attributes);
        for (const key of denied)
            this.#attributesUnknown.add(key);
        return answers.size + denied.size > 0;
    }
    /**
     * Keys of the plan's refreshes that would keep a header which they are to lose: some servers leave an object those that a
     * copy onto itself does not name. Whoever may not read them cannot know, and the run ends before it writes.
     */
    async whatWouldStay(plan) {
        const { store } = this.#run.ports;
        const resent = new Set();
        if (!store.mergesHeaders)
            return resent;
        const names = new Set();
        const steps = [...stepsOf(plan)].filter((step) => step.action === 'refresh');
        await (0,model_concurrency/* forEachConcurrent */.C6)(steps, this.#run.inFlight, async ({ key, file }) => {
            const found = this.differences.get(key) ?? (await this.#differencesAt(key, file));
            // One that no rule gives is inferred by the server.
            const left = found.filter(({ name, to }) => to === undefined && name !== 'content-type' && header_rules/* CONTENT_HEADERS */.d7.includes(name));
            if (left.length === 0)
                return;
            resent.add(key);
            this.differences.set(key, found);
            for (const { name } of left)
                names.add(name);
        });
        const [first] = resent;
        if (first === undefined || this.#isResentTold)
            return resent;
        this.#isResentTold = true;
        const what = resent.size === 1 ? `${first} is` : `${first} and ${resent.size - 1} more are`;
        this.#run.frame.notice(`${what} sent, not copied onto itself: ${store.provider} would keep ${[...names].sort().join(', ')}`);
        return resent;
    }
    /** By HEAD; none of what is gone. */
    async #differencesAt(key, file) {
        const head = await this.#run.ports.store.head(key, this.#run.frame.signal);
        return head === undefined ? [] : differences(await this.#wantedHeaders(file), head);
    }
    /** The first refreshes, as a review shows what changes. */
    async compareRefreshed(plan, listing) {
        const refreshed = [...stepsOf(plan)].filter((step) => step.action === 'refresh');
        const shown = refreshed.slice(0, REFRESHES_SHOWN).map(({ file }) => file);
        await this.#compareHeaders(shown, listing);
    }
    async #compareHeaders(files, listing, { bound = Number.POSITIVE_INFINITY, ifDenied = HEADERS_DENIED, objects = 'objects' } = {}) {
        const { prefix } = this.#run.options.destination;
        const due = files.filter(({ name }) => !this.differences.has((prefix + name)));
        // What is not remembered no later run could go on with.
        const { refresh } = this.#run.options.headers;
        const goesOn = this.#isRemembered || (this.#run.source === undefined && !refresh);
        const budget = goesOn ? HEADER_BUDGET : bound;
        const { answers } = await this.#askAbout(due, listing, budget, ifDenied, objects);
        for (const [key, { differences, attributes }] of answers) {
            // Of what HEAD does not tell the index is believed: else it would be written in every run.
            const isDoubted = this.#doubted.has(key);
            const told = isDoubted ? differences.filter((difference) => !isUntold(difference)) : differences;
            this.differences.set(key, told);
            // What a bucket's objects have comes along with them.
            if (attributes !== undefined && this.#run.source === undefined)
                this.attributes.set(key, attributes);
        }
    }
    async #askAbout(files, listing, budget, ifDenied, objects = 'objects') {
        return askHeaders(files, {
            store: this.#run.ports.store,
            prefix: this.#run.options.destination.prefix,
            listing,
            budget,
            headersOf: (file) => this.#wantedHeaders(file),
            preserve: this.#preserves,
            ifDenied,
            objects,
            concurrency: this.#run.inFlight,
            emit: this.#run.ports.emit,
            signal: this.#run.frame.signal,
        });
    }
    /** Digests are no part of what is compared: they are each object's own. */
    async #wantedHeaders(file) {
        if (this.#run.source === undefined) {
            const stated = Object.entries((0,model_headers/* statedBy */.Hk)(file)).map(([name, value]) => [header_rules/* META */.Ge + name, value]);
            return stated.length === 0
                ? this.policy.headersOf(file)
                : { ...this.policy.headersOf(file), ...Object.fromEntries(stated) };
        }
        const kept = await this.#run.source.headersOf(file);
        return this.policy.over((0,model_headers/* withoutDigests */.q4)(kept), file);
    }
    /** Whoever sets rules for objects that others wrote must hear that nothing became of them. What was asked was told. */
    #tellUnknownHeaders(unknown) {
        const count = unknown - this.#unanswered;
        const { headers, writeHeaders } = this.#run.options;
        const { rules, defaults, refresh } = headers;
        const written = Object.values(writeHeaders).some((value) => value !== undefined && value !== 'STANDARD');
        const isAsked = rules.length > 0 || defaults !== 'none' || written || this.#preserves;
        if (count === 0 || refresh || !isAsked)
            return;
        const what = count === 1 ? 'the headers of 1 object are' : `the headers of ${count} objects are`;
        const why = this.#isUnread
            ? 'the index of earlier runs could not be read'
            : 'no earlier run remembered them or others wrote them since';
        const message = `${what} not known, as ${why}, and left as they are: one run with refresh-headers compares and renews them`;
        this.#run.ports.emit({ type: 'message', level: 'notice', message });
    }
    #tellNotRenewed(plan) {
        const kept = [...stepsOf(plan)].filter(({ reason }) => reason === 'not-copyable');
        const [first] = kept;
        if (first === undefined || this.#isNotRenewedTold)
            return;
        this.#isNotRenewedTold = true;
        const what = kept.length === 1 ? `${first.key} keeps` : `${first.key} and ${kept.length - 1} more keep`;
        this.#run.frame.warn([
            `${what} the old headers: what is archived or above 5 GiB cannot be copied onto itself; restore it, or delete it and publish again`,
        ]);
    }
    /** Once: the index then knows the headers without it. */
    #tellAclsLeft(unchanged) {
        const left = [...this.aclsLeft].filter((key) => unchanged.has(key));
        const [first] = left;
        if (first === undefined || this.#isAclLeftTold)
            return;
        this.#isAclLeftTold = true;
        const what = left.length === 1 ? `${first} keeps` : `${first} and ${left.length - 1} more keep`;
        this.#run.frame.warn([
            `${what} the ACL of earlier runs, as no input gives one any more: acl: private in one run takes it away, where the bucket has ACLs`,
        ]);
    }
    /** What is left as it is, for those who asked for something else. */
    tell({ headersUnknown, plan, unchanged }) {
        this.#tellUnknownHeaders(headersUnknown.files);
        this.#tellNotRenewed(plan);
        this.#tellAclsLeft(unchanged);
    }
}
/** Whether an object is nothing but its headers: a redirect, or what may be one in a bucket that is published from. */
function isAllHeaders({ redirect, object, size, name }) {
    return redirect !== undefined || (object !== undefined && size === 0 && !name.endsWith('/'));
}

;// CONCATENATED MODULE: ./build/src/sync/manifests.js




/** Larger ones are no build manifests. Bytes. */
const MAX_MANIFEST_BYTES = 32 * 1024 * 1024;
/** `.vite/manifest.json` and `manifest.json` of Vite, `asset-manifest.json` of webpack and Create React App. */
const MANIFEST = /(^|\/)(\.vite\/manifest|asset-manifest|manifest)\.json$/;
/** A content hash in a name, as bundlers put it there: eight or more characters between `-` or `.` and the endings. */
const HASHED = /^(.*?)[-.]([A-Za-z0-9_-]{8,})((?:\.[A-Za-z0-9]+)+)$/;
/**
 * Names whose content never changes: a build manifest lists them as the output of a source, and they carry a hash
 * that the source's name does not have. A manifest that cannot be read vouches for nothing.
 */
async function immutableNames(files, onUnreadable) {
    const names = new Set();
    for (const name of (0,file_columns/* namesOf */.eZ)(files))
        names.add(name);
    const immutable = new Set();
    for (const { name, path, size } of files) {
        if (!MANIFEST.test(name) || size > MAX_MANIFEST_BYTES)
            continue;
        let manifest;
        try {
            manifest = JSON.parse(await (0,promises_.readFile)(path, 'utf8'));
        }
        catch (error) {
            // A web app's manifest.json may hold anything; a build manifest is JSON.
            onUnreadable(`${name} vouches for no names: ${(0,errors/* messageOf */.bD)(error)}`);
            continue;
        }
        const above = external_node_path_.posix.dirname(name);
        const directory = above.endsWith('.vite') ? (0,external_node_path_.dirname)(above) : above;
        for (const { source, output } of outputsOf(manifest)) {
            const file = external_node_path_.posix.join(directory, output.replace(/^(https?:\/\/[^/]+)?\.?\//, ''));
            if (names.has(file) && isHashed(file, source))
                immutable.add(file);
        }
    }
    return immutable;
}
/** Sources and what was built of them, in either kind of manifest. */
function* outputsOf(manifest) {
    if (!isRecord(manifest))
        return;
    const webpack = isRecord(manifest.files) ? manifest.files : undefined;
    if (webpack !== undefined) {
        for (const [source, output] of Object.entries(webpack)) {
            if (typeof output === 'string')
                yield { source, output };
        }
        return;
    }
    for (const [key, chunk] of Object.entries(manifest)) {
        if (!isRecord(chunk) || typeof chunk.file !== 'string')
            continue;
        // A chunk that several sources share has a name and no source; its key is its output again.
        const [source = key] = [chunk.name, chunk.src].filter((value) => typeof value === 'string');
        yield { source, output: chunk.file };
        for (const list of [chunk.css, chunk.assets]) {
            if (!Array.isArray(list))
                continue;
            for (const output of list)
                if (typeof output === 'string')
                    yield { source, output };
        }
    }
}
function isHashed(name, source) {
    const [, , hash] = HASHED.exec(external_node_path_.posix.basename(name)) ?? [];
    if (hash === undefined)
        return false;
    // `side-component.js`, built of `main.ts`, has no hash at all: words have no digits and seldom two capitals.
    return !external_node_path_.posix.basename(source).includes(hash) && /[0-9]|[A-Z].*[A-Z]/.test(hash.slice(-8));
}
function isRecord(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}

;// CONCATENATED MODULE: ./build/src/sync/older-objects.js







/** Objects that one file is compared with, beside the one under its own key: those that can have most in common with it. */
const MOST_COMPARED = 64;
/** Objects whose sums are looked at before others get a turn: a thousand of 512 MiB each take half a second. */
const older_objects_LOOKED_AT_ONCE = 32;
/** A larger index of a further place is not read for this. Bytes. */
const MOST_INDEX_BYTES = 64 * 1024 * 1024;
/**
 * The objects that later versions of them can be made from: an index knows their chunks. Whatever it says, of whichever
 * state: it costs time where it is wrong, as each part that is copied is proved.
 */
class OlderObjects {
    #request;
    #here;
    #further;
    /** Buckets, and objects of the destination's own, that may not be read. */
    #refused = new Set();
    /** There is nothing that a file could be made from. */
    isEmpty;
    constructor(request) {
        this.#request = request;
        const { listing, index } = request;
        const here = new Map();
        if (index !== undefined)
            for (const candidate of candidatesOf(listing.values(), ({ key }) => index.objects.get(key)))
                here.set(candidate.object.key, candidate);
        this.#here = here;
        const isLarge = ({ size }) => (0,model_chunks/* chunkUnit */.u8)(size) !== undefined;
        this.isEmpty = here.size === 0 && !request.further.some(({ objects }) => objects.some(isLarge));
    }
    /** Chunks of the object that a file of a size, to be published under `key`, is most likely a later version of. */
    likely(key, size) {
        let like = this.#here.get(key);
        if (like === undefined) {
            for (const candidate of this.#here.values())
                if (like === undefined || farness(candidate, size) < farness(like, size))
                    like = candidate;
        }
        return like && (0,model_chunks/* parseChunks */.si)(like.chunks, like.object.size);
    }
    /** The object that a file of these chunks, to be published under `key`, has most in common with. */
    async likest(key, size, chunks) {
        if (size < this.#request.copyMinSize)
            return undefined;
        const own = this.#here.get(key);
        let best = own === undefined || this.#isRefused(own.object) ? undefined : likenessOf(own, chunks);
        if (best !== undefined && 2 * best.bytes >= size)
            return best;
        const sums = new ChunkSums(chunks);
        const likely = [];
        this.#further ??= this.#readFurther();
        const all = [...this.#here.values(), ...(await this.#further)];
        for (const [i, candidate] of all.entries()) {
            if (i % older_objects_LOOKED_AT_ONCE === older_objects_LOOKED_AT_ONCE - 1)
                await (0,external_node_timers_promises_.setImmediate)();
            if (candidate === own || this.#isRefused(candidate.object))
                continue;
            const most = sums.bytesIn(candidate);
            if (most > 0)
                likely.push({ candidate, most });
        }
        likely.sort((a, b) => b.most - a.most);
        for (const { candidate, most } of likely.slice(0, MOST_COMPARED)) {
            if (most <= (best?.bytes ?? 0))
                break;
            const found = likenessOf(candidate, chunks);
            if (found.bytes > (best?.bytes ?? 0))
                best = found;
        }
        return best === undefined || best.bytes === 0 ? undefined : best;
    }
    /**
     * Passes over an object from now on, and in another bucket over all others there: one that may be listed and not read
     * shows it by each. In the destination's own it may be one alone, as under another key.
     */
    refuse({ bucket, key }) {
        this.#refused.add(bucket?.name ?? `/${key}`);
    }
    #isRefused({ bucket, key }) {
        return this.#refused.has(bucket?.name ?? `/${key}`);
    }
    /** The objects of further places: by this index, or by one that lies in the place itself. */
    async #readFurther() {
        const { further, index } = this.#request;
        const all = [];
        const known = new Map();
        for (const { etag, size, chunks } of index?.objects.values() ?? [])
            if (chunks !== undefined)
                known.set(`${etag}/${size}`, chunks);
        for (const { place, objects } of further) {
            if (!objects.some(({ size }) => (0,model_chunks/* chunkUnit */.u8)(size) !== undefined))
                continue;
            const theirs = await this.#indexOf(place);
            for (const candidate of candidatesOf(objects, ({ key, etag, size }) => {
                const chunks = known.get(`${etag}/${size}`);
                return chunks === undefined ? theirs?.objects.get(key) : { etag, size, chunks };
            }))
                all.push(candidate);
        }
        return all;
    }
    async #indexOf({ store, prefix, url }) {
        const { signal, emit } = this.#request;
        try {
            const key = `${prefix}${object_key/* OWN_DIRECTORY */.Nt}index`;
            const found = await store.read(key, MOST_INDEX_BYTES, signal);
            return found === undefined ? undefined : (0,digest_index/* parseIndex */.A1)(found.bytes).index;
        }
        catch (error) {
            signal.throwIfAborted();
            const message = `the index of ${url} is not read: ${explain(error, url).message}`;
            emit({ type: 'message', level: 'debug', message });
            return undefined;
        }
    }
}
/** Bytes. */
function farness({ object }, size) {
    return Math.abs(object.size - size);
}
/**
 * Of a file, to tell from the sums of an object's chunks alone how much the two can have in common: borders and order are
 * looked at for the few that can have most.
 */
class ChunkSums {
    /** Numbers of the sums. */
    #numbers = new Map();
    /** By number: bytes of the file whose chunks have the sum, and the last look that met it. */
    #bytes = [];
    #met = [];
    #looks = 0;
    constructor({ sizes, sums }) {
        for (const [i, sum] of sums.entries()) {
            const number = this.#numbers.get(sum) ?? this.#numbers.size;
            this.#numbers.set(sum, number);
            this.#bytes[number] = (this.#bytes[number] ?? 0) + sizes[i];
            this.#met[number] = 0;
        }
    }
    /** As many of the file as an object can have. */
    bytesIn({ object, chunks }) {
        const look = ++this.#looks;
        let bytes = 0;
        for (const sum of (0,model_chunks/* parseChunks */.si)(chunks, object.size)?.sums ?? []) {
            const number = this.#numbers.get(sum);
            if (number === undefined || this.#met[number] === look)
                continue;
            this.#met[number] = look;
            bytes += this.#bytes[number];
        }
        return bytes;
    }
}
function* candidatesOf(objects, entryOf) {
    for (const object of objects) {
        const entry = (0,model_chunks/* chunkUnit */.u8)(object.size) === undefined ? undefined : entryOf(object);
        if (entry?.chunks === undefined || entry.etag !== object.etag || entry.size !== object.size)
            continue;
        if (!model_objects/* ARCHIVED_CLASSES */.EF.has(object.storageClass))
            yield { object, chunks: entry.chunks };
    }
}
/** `bytes`: those that are worth a part. */
function likenessOf({ object, chunks: text }, chunks) {
    const { key, etag, size, bucket } = object;
    const theirs = (0,model_chunks/* parseChunks */.si)(text, size);
    const stretches = theirs === undefined ? [] : (0,model_chunks/* stretchesOf */.TM)(chunks, theirs);
    const bytes = stretches.reduce((sum, stretch) => sum + (stretch.size < part_sizes/* LEAST_PART */.u1 ? 0 : stretch.size), 0);
    return { source: { key, etag, size, ...(bucket === undefined ? {} : { bucket }) }, stretches, bytes };
}

;// CONCATENATED MODULE: ./build/src/sync/proven-files.js





function provenFiles(files, digests, listing, prefix) {
    const { names } = files;
    const whole = wholeDigestsOf(files, digests);
    if (names === undefined || whole === undefined || !(listing instanceof Listing))
        return Proven.none;
    const columns = (0,file_columns/* columnsOf */.PL)(files);
    const rows = new Int32Array(columns.length);
    for (let place = 0; place < columns.length; place++) {
        const file = columns.rowAt(place);
        const object = whole.has(file) ? listing.names.findBelow(prefix, names, file) : UNPROVEN;
        const isProven = object !== UNPROVEN &&
            object < listing.size &&
            listing.sizeAt(object) === columns.sizeAt(place) &&
            listing.md5s.isSame(object, whole, file) &&
            !model_objects/* ARCHIVED_CLASSES */.EF.has(listing.storageClassAt(object));
        rows[place] = isProven ? object : UNPROVEN;
    }
    return new Proven(rows, whole);
}

;// CONCATENATED MODULE: ./build/src/sync/source-objects.js























/** Bodies that lie in the spool at a time; a larger one lies there alone. GitHub's runners have 14 GB. Bytes. */
const SPOOL_BYTES = 2 * 1024 ** 3;
/**
 * The objects of a bucket that is published from: what S3 says of them, and their bytes, which pass through a file of
 * this machine where they cannot be copied.
 */
class SourceObjects {
    #options;
    #heads = new Map();
    #layouts = new Map();
    #spool;
    #spooled = 0;
    #room = new model_concurrency/* ByteBudget */.Gz(SPOOL_BYTES);
    /** What gives back the room of each file in the spool, by its path. */
    #held = new Map();
    constructor(options) {
        this.#options = options;
    }
    /** Asks for what will be written: its headers are needed then, and its digest now. */
    async ask(files, onProgress) {
        const { concurrency, signal } = this.#options;
        await (0,model_concurrency/* forEachConcurrent */.C6)(files, concurrency, async (file) => {
            signal.throwIfAborted();
            await this.#head((0,model_objects/* objectOf */.Xy)(file), signal);
            onProgress();
        });
    }
    /** Of a dry run: whether what a plan reads can be read. Rejects for the first object that cannot. */
    async tryArchived(plan) {
        const { store, concurrency, signal } = this.#options;
        const failure = (error, _, { key }) => this.#failure(error, key);
        await tryArchived(plan, { store, concurrency, signal, failure });
    }
    /** What is known of the contents: by metadata and ETag, and by what lies in the destination in one part. */
    contents(files, listing, prefix, vouched = new ObjectMap()) {
        const contents = new Map();
        const digests = new Map();
        // Digests of parts are looked for where there are any.
        const ofOnePart = new Set();
        for (const { size, object } of files)
            if (object !== undefined && (0,model_digest/* isOfOnePart */.JK)(object.etag))
                ofOnePart.add(size);
        for (const { size, etag } of listing.values())
            if ((0,model_digest/* isOfOnePart */.JK)(etag))
                ofOnePart.add(size);
        const partOf = (md5, size) => ofOnePart.has(size) ? [(0,model_digest/* multipartETag */.Eq)([md5])] : [];
        // What one object says of its content holds for all that have its ETag: some were not asked.
        const told = new Map();
        for (const file of files) {
            const object = (0,model_objects/* objectOf */.Xy)(file);
            const there = listing.get((prefix + file.name));
            // What an index or metadata says of the same object there: both must be known by the same.
            const same = there !== undefined && there.etag === object.etag && there.size === file.size;
            const md5 = file.size === 0
                ? model_digest/* EMPTY_MD5 */.lQ
                : (this.#md5Of(object) ??
                    onlyPartOf(object.etag, there?.etag) ??
                    (same ? vouched.get(there) : undefined));
            if (md5 === undefined)
                continue;
            for (const etag of [object.etag, ...partOf(md5, file.size)])
                told.set(`${etag}/${file.size}`, md5);
        }
        for (const file of files) {
            const { name, size } = file;
            const { etag } = (0,model_objects/* objectOf */.Xy)(file);
            const own = (0,model_digest/* classifyETag */.Q)(etag).kind === 'multipart' ? [etag] : [];
            const md5 = told.get(`${etag}/${size}`);
            const etags = md5 === undefined ? own : [...own, ...partOf(md5, size)];
            if (md5 !== undefined) {
                contents.set(name, { md5, etags });
                digests.set(name, { md5, partMd5s: [], etags });
            }
            else if (etags.length > 0)
                contents.set(name, { md5: undefined, etags });
        }
        return { contents, digests };
    }
    /**
     * Objects of the destination that say of themselves that they are copies of what the source has now, where nothing
     * else says what that is: by one HEAD each.
     */
    async copiesAmong({ files, digests }, listing, prefix, store) {
        const { concurrency, signal } = this.#options;
        const copies = new ObjectMap();
        await (0,model_concurrency/* forEachConcurrent */.C6)(files, concurrency, async (file) => {
            const there = listing.get((prefix + file.name));
            if (digests.has(file.name) || there?.size !== file.size || isSameByETag(file, there))
                return;
            signal.throwIfAborted();
            const head = await store.head(there.key, signal).catch(object_store/* unlessRefused */.J0);
            const { etag } = (0,model_objects/* objectOf */.Xy)(file);
            if (head?.etag === there.etag && (0,model_headers/* copiedFrom */.nR)(head) === etag)
                copies.set(there, etag);
        });
        return copies;
    }
    #md5Of({ key, etag }) {
        const head = this.#heads.get(key);
        const kind = (0,model_digest/* classifyETag */.Q)(etag);
        if (kind.kind === 'md5' && (head === undefined || (0,object_store/* etagsProve */.PF)(head.encryption)))
            return kind.md5;
        return head === undefined ? undefined : (0,model_headers/* statedMd5 */.yB)(head);
    }
    async headersOf(file) {
        const head = await this.#head((0,model_objects/* objectOf */.Xy)(file), this.#options.requests);
        // What S3 itself says of an object that was given none.
        const headers = { 'content-type': 'binary/octet-stream' };
        // Classes, encryption and rights are the destination's.
        for (const name of header_rules/* READER_HEADERS */.DU) {
            const value = head.fields[name];
            if (value !== undefined)
                headers[name] = value;
        }
        // What is no time, or another one elsewhere, cannot be sent as one.
        const expires = (0,header_rules/* expiryOf */.p1)(headers.expires ?? '');
        if (expires === undefined)
            delete headers.expires;
        else
            headers.expires = expires;
        const location = headers[header_rules/* REDIRECT_HEADER */.Fh];
        const { from, to } = this.#options;
        if (location !== undefined)
            headers[header_rules/* REDIRECT_HEADER */.Fh] = movedLocation(location, from, to);
        for (const [name, value] of head.metadata)
            if (name !== model_headers/* FROM_METADATA */.fk)
                headers[`x-amz-meta-${name}`] = value;
        return headers;
    }
    layoutsOf(file) {
        const object = (0,model_objects/* objectOf */.Xy)(file);
        const known = this.#layouts.get(object.key) ?? this.#askLayouts(object);
        this.#layouts.set(object.key, known);
        return known;
    }
    /** By what S3 says of the first part, else by the part sizes that tools use: more than one fits now and then. */
    async #askLayouts({ key, etag, size }) {
        const kind = (0,model_digest/* classifyETag */.Q)(etag);
        if (kind.kind !== 'multipart' || size === 0)
            return [];
        const first = await this.#options.store.partSize(key, etag, 1, this.#options.requests);
        const sizes = first === undefined ? (0,part_sizes/* candidatePartSizes */.xF)(size, kind.parts) : first > 0 ? [first] : [];
        return sizes
            .map((partSize) => (0,digest_index/* uniformLayout */.Ng)(size, partSize))
            .filter((layout) => (0,digest_index/* layoutParts */.db)(layout) === kind.parts);
    }
    /** The MD5 of the bytes as they are read now. */
    async digestOf(file) {
        const { store, signal } = this.#options;
        const object = (0,model_objects/* objectOf */.Xy)(file);
        let hash = (0,external_node_crypto_.createHash)('md5');
        try {
            await store.get(object, async (body) => {
                hash = (0,external_node_crypto_.createHash)('md5');
                for await (const chunk of body)
                    hash.update(chunk);
            }, signal);
        }
        catch (error) {
            throw this.#failure(error, object.key);
        }
        return hash.digest('hex');
    }
    async ready(file) {
        const object = (0,model_objects/* objectOf */.Xy)(file);
        const { path, fetch } = await this.#spooling();
        const free = await this.#take(object.size);
        try {
            const { temporary } = await fetch.spool({ ...file, name: `${this.#spooled++}` });
            const at = (0,external_node_path_.join)(path, temporary);
            const stats = (0,lstat/* statFields */.q)(await (0,promises_.lstat)(at, { bigint: true }));
            this.#held.set(at, free);
            return { ...file, ...stats, path: at, real: at, object };
        }
        catch (error) {
            free();
            throw this.#failure(error, object.key);
        }
    }
    /** Waits for room in the spool, and answers what gives it back. */
    #take(bytes) {
        return new Promise((taken) => {
            void this.#room.with(bytes, () => new Promise((free) => taken(free)));
        });
    }
    again(file) {
        return this.ready(file);
    }
    async release({ path }) {
        if (path === '')
            return;
        await (0,promises_.rm)(path, { force: true });
        this.#held.get(path)?.();
        this.#held.delete(path);
    }
    async close() {
        const spool = await this.#spool?.catch(() => undefined);
        if (spool === undefined)
            return;
        const { unverified } = spool.fetch;
        if (unverified > 0) {
            const count = unverified === 1 ? '1 object' : `${unverified} objects`;
            const message = `S3 says no digest of ${count} of the source: size and connection alone speak for the bytes`;
            this.#options.emit({ type: 'message', level: 'warning', message });
        }
        await spool.directory.close();
        await (0,promises_.rm)(spool.path, { recursive: true, force: true }).catch(() => undefined);
    }
    #spooling() {
        this.#spool ??= this.#openSpool();
        return this.#spool;
    }
    async #openSpool() {
        const { store, pool, emit, signal, requests } = this.#options;
        const path = await spoolDirectory();
        const directory = await TargetDirectory.open(path);
        const fetch = new Fetch({
            store,
            directory,
            target: { directory: path, duplicates: 'copy', asStored: true },
            local: new Map(),
            heads: this.#heads,
            claimed: new Set(),
            pool,
            bytesDue: Number.POSITIVE_INFINITY,
            preserve: false,
            overwrite: 'always',
            emit,
            mayDelete: async () => undefined,
            onReceived: () => undefined,
            signal,
            requests,
        });
        return { path, directory, fetch };
    }
    async #head(object, signal) {
        const known = this.#heads.get(object.key);
        if (known !== undefined)
            return known;
        let head;
        try {
            head = await this.#options.store.head(object.key, signal);
        }
        catch (error) {
            throw this.#failure(error, object.key);
        }
        if (head === undefined || head.etag !== object.etag)
            throw this.#changed(object.key);
        this.#heads.set(object.key, head);
        return head;
    }
    #changed(key) {
        return new errors/* SyncError */.S0('file-changed', errors/* EXIT */.dc.failed, `${this.#urlOf(key)}: the source object changed or went away during this run: run again when nothing publishes there`);
    }
    #urlOf(key) {
        return `s3://${this.#options.bucket}/${key}`;
    }
    /** A failure of the source is told as one: it must not be taken for one of the destination, which the same key may name. */
    #failure(error, key) {
        this.#options.signal.throwIfAborted();
        const what = this.#urlOf(key);
        if (error instanceof object_store/* StoreError */.AD) {
            if (error.kind === 'condition')
                return this.#changed(key);
            const { code, exit, message } = explain(error, what);
            return new errors/* SyncError */.S0(code, exit, message, { cause: error });
        }
        if (error instanceof WrongContentError) {
            const message = `${what}: ${error.message}, twice: the object or the way to it is damaged`;
            return new errors/* SyncError */.S0('wrong-content', errors/* EXIT */.dc.failed, message, { cause: error });
        }
        return (0,system_error/* couldNotWrite */.yd)(error) ? noRoom(error) : error;
    }
}
async function spoolDirectory() {
    try {
        return await makeOwnDirectory((0,external_node_os_.tmpdir)());
    }
    catch (error) {
        throw noRoom(error);
    }
}
function noRoom(cause) {
    const message = `objects on their way from bucket to bucket cannot be kept in ${(0,external_node_os_.tmpdir)()} (${(0,system_error/* systemMessage */.H4)(cause)}): set TMPDIR to a directory with room for the largest ones`;
    return new errors/* SyncError */.S0('no-room', errors/* EXIT */.dc.failed, message, { cause });
}
/** Whether an object of the destination is the source's by its ETag alone: then nothing has to be asked. */
function isSameByETag(file, there) {
    const etag = file.object?.etag;
    if (there === undefined || etag === undefined || there.size !== file.size)
        return false;
    if (there.etag === etag)
        return (0,model_digest/* classifyETag */.Q)(etag).kind !== 'opaque';
    return onlyPartOf(etag, there.etag) !== undefined || onlyPartOf(there.etag, etag) !== undefined;
}
/** The MD5 that a plain ETag is, where the other one says that these bytes came as an upload of one part. */
function onlyPartOf(multipart, plain) {
    const kind = plain === undefined ? undefined : (0,model_digest/* classifyETag */.Q)(plain);
    return kind?.kind === 'md5' && (0,model_digest/* isOfOnePart */.JK)(multipart) && (0,model_digest/* multipartETag */.Eq)([kind.md5]) === multipart
        ? kind.md5
        : undefined;
}

;// CONCATENATED MODULE: ./build/src/sync/preparation.js



































/** An index of so much, some thousand files, says that there will be work for a thread. Bytes. */
const INDEX_WORTH_THREAD = 256 * 1024;
/**
 * Everything before the first write: an index is loaded, the tree walked and the destination listed, what differs digested
 * and recognised, headers decided, a plan made of it all and guarded.
 */
class Preparation {
    #run;
    /** Whose lines about local files may be believed. */
    #fileIndex;
    /** Whose excludes are to be told of once every key was asked for. */
    #untold;
    #retained;
    /** What lines that match nothing are judged by. */
    #judgedBy = { places: [], hasDirectory: () => false };
    /** Which headers objects are to have, and which they have. */
    headers;
    /** Of unchanged objects, as far as S3 was asked for them. */
    layouts = new Map();
    headersUnknown = { files: 0, bytes: 0 };
    sendAllRequests = 0;
    constructor(run) {
        this.#run = run;
        this.headers = new HeaderReview(run);
        const { deletes, site } = run.options;
        this.#retained = new Retained(deletes.retain, site.cleanUrls);
    }
    /** The index of this destination; and of several, the first one's for what it says of the local files. */
    async load() {
        const { index: storage, isMirror = false, emit } = this.#run.ports;
        const loaded = await loadIndex(storage, emit, this.#run.frame.signal, (bytes) => {
            if (bytes >= INDEX_WORTH_THREAD && this.#run.source === undefined)
                this.#run.frame.pool.warm();
        });
        if (!isMirror)
            this.#run.shared.tellIndex(fileIndexOf(loaded));
        this.#fileIndex = await this.#run.frame.alive(this.#run.shared.index());
        return loaded;
    }
    /** Whether large files may be made from older objects: an index keeps what those are made of. */
    get #reuses() {
        const { command, dryRun } = this.#run.options;
        const { index, source, store } = this.#run.ports;
        return command === 'sync' && !dryRun && index !== undefined && source === undefined && store.copiesRanges;
    }
    older(listing, further, index) {
        if (!this.#reuses)
            return {};
        const { copyFrom, emit } = this.#run.ports;
        const places = copyFrom.map((place, i) => ({ place, objects: further[i].objects }));
        const older = new OlderObjects({
            listing,
            index,
            further: places,
            copyMinSize: this.#run.options.copies.minSize,
            emit,
            signal: this.#run.frame.signal,
        });
        return { older };
    }
    /** Everything that is known before a plan is made. */
    async prepare(remembered) {
        const { command, deletes, site, tree: treeOptions } = this.#run.options;
        const { emit } = this.#run.ports;
        const digestedNs = this.#run.frame.nowNs();
        // Where files are stored encoded, their own bytes have no object.
        const isPlain = this.#run.source === undefined && site.compress.length === 0;
        const early = isPlain
            ? new EarlyDigests(this.#run.frame.pool, this.#run.options.destination.prefix, remembered.index, this.#fileIndex, this.#reuses)
            : undefined;
        const { tree: found, listing, further } = await this.#look(early, remembered.index);
        const { source, isMirror = false } = this.#run.ports;
        const published = source === undefined ? await withoutOwnFiles(found, site) : found;
        if (source === undefined && !isMirror)
            for (const message of unusedRules(published))
                emit({ type: 'message', level: 'notice', message });
        if (source !== undefined)
            guardOverlap(found, source, listing, this.#run.options.destination);
        const places = source === undefined ? treeOptions.patterns.map(({ text }) => text) : [source.url];
        // Rules are the same for all destinations.
        this.#run.frame.warn(isMirror ? [] : site.warnings);
        this.#run.frame.warn(guardTree(published, places, treeOptions, deletes));
        const tree = withSite(published, site, this.#run.options.destination.prefix);
        this.#judgedBy = this.#judging(tree);
        this.headers.policy = await this.#headerPolicy(tree);
        this.#run.frame.warn(tree.warnings);
        if (!isMirror)
            this.#tellSlips(tree);
        refuseKeys(tree, this.#run.options);
        const { store } = this.#run.ports;
        guardNames((0,file_columns/* namesOf */.eZ)(tree.files), this.#run.options.destination.prefix, listing, store);
        guardMarkers(tree.files, store);
        if (store.keysAreFiles)
            guardNesting(tree, store.provider);
        if (store.keysBlock && command !== 'check')
            guardBlocked(tree, listing, this.#run.options.destination.prefix, store.provider);
        const encoded = await this.#encode(tree, listing, remembered);
        const known = await (this.#run.source === undefined
            ? this.#digest(encoded, listing, further, remembered, early)
            : this.#askSource(this.#run.source, tree, listing));
        const input = await this.#recognise(tree, listing, further, known, remembered, encoded.vouched);
        this.sendAllRequests = requestsToSend(known.files);
        // Mirrors have the first destination's tree.
        this.#untold = isMirror ? undefined : tree;
        return { tree, listing, further, known, input, digestedNs };
    }
    /** Refuses deletes that look like a mistake; of lines of `retain` that keep nothing back the others are told. */
    async guardDeletions(planned, tree, files, listing) {
        const { deletes, destination } = this.#run.options;
        if (files.length === 0)
            return;
        this.#retained.guard(planned.plan, this.#retainContext(listing));
        guardInnerRun(planned, listing.keys(), destination, this.#run.frame.url);
        guardDeletions(planned, deletes, this.#run.frame.url);
        if (this.#run.source === undefined)
            guardMoved(planned, tree, listing, deletes, destination, this.#run.frame.url);
        this.tellRetain(planned, listing);
        if (!deletes.deleteAfter || planned.deletions === 0)
            return;
        for (const { destination: within, listed } of this.#run.shared.inner(destination)) {
            // Another destination is not waited for where it has nothing to lose.
            if (!deletesBelow(planned.plan, within.prefix))
                continue;
            const inner = await this.#run.frame.alive(listed);
            if (inner !== undefined)
                guardInner(planned, listing, destination, { destination: within, listing: inner });
        }
    }
    /** Lines of `retain` that keep nothing back from deletes. */
    tellRetain(planned, listing) {
        if (this.#run.ports.isMirror === true)
            return;
        this.#retained.tell(planned, this.#retainContext(listing), this.#run.frame);
    }
    #retainContext(listing) {
        return { ...this.#judgedBy, prefix: this.#run.options.destination.prefix, listing };
    }
    /** Lines of other inputs that match nothing: no name is looked at where none begins with a place. */
    #tellSlips({ files }) {
        const { headers, site, publishLast } = this.#run.options;
        const isNamed = (patterns) => {
            const matches = (0,sync_excludes/* parseExcludes */.T)(patterns);
            for (const name of (0,file_columns/* namesOf */.eZ)(files))
                if (matches?.(name, false) === true)
                    return true;
            return false;
        };
        const isPath = (patterns) => {
            const regexps = patterns.map(header_rules/* patternOf */.Id).filter((pattern) => typeof pattern !== 'string');
            for (const file of files)
                if ((0,model_headers/* pathsOf */.wG)(file).some((path) => regexps.some((pattern) => pattern.test(path))))
                    return true;
            return false;
        };
        const inline = headers.rules.filter(({ author }) => author === 'inline').map(({ path }) => path);
        const below = (path) => {
            const meant = (0,unused_excludes/* belowPlaces */.G1)(path, this.#judgedBy);
            return meant === path ? undefined : [meant];
        };
        const slip = (line) => /^[!#]/.test(line) ? undefined : (0,unused_excludes/* slipOf */.Kj)(line, this.#judgedBy);
        const compressed = site.compress.map(({ pattern }) => pattern);
        const told = [
            (0,unused_excludes/* tellSlips */.$$)({ input: 'headers', lines: inline, meant: below, matches: isPath }),
            (0,unused_excludes/* tellSlips */.$$)({ input: 'compress', lines: compressed, meant: slip, matches: isNamed }),
            (0,unused_excludes/* tellSlips */.$$)({ input: 'publish-last', lines: publishLast, meant: slip, matches: isNamed }),
        ];
        this.#run.frame.warn(told.filter((warning) => warning !== undefined));
    }
    #judging(tree) {
        const { source, destination } = this.#run.options;
        const remote = [destination, ...(source === undefined ? [] : [source.place])];
        return {
            places: [
                tree.root.replaceAll(external_node_path_.sep, '/'),
                ...remote.flatMap((place) => [place.prefix, (0,model_objects/* destinationUrl */.kL)(place)]),
            ],
            hasDirectory: tree.hasDirectory,
        };
    }
    /** Every write of a tagged name would fail there. */
    #refuseTags() {
        const { canTag, provider } = this.#run.ports.store;
        const tags = this.#run.options.headers.rules
            .flatMap(({ changes }) => changes)
            .find(({ name, value }) => name === 'x-amz-tagging' && value !== undefined);
        if (canTag || tags === undefined)
            return;
        throw (0,errors/* usageError */.Wp)(`headers: line ${tags.line} sets x-amz-tagging, and ${provider} has no tags: take it out; nothing was written`);
    }
    async #headerPolicy(tree) {
        const { writeHeaders, headers } = this.#run.options;
        this.#refuseTags();
        const notice = (message) => this.#run.ports.emit({ type: 'message', level: 'notice', message });
        const immutable = headers.defaults === 'website' && this.#run.source === undefined
            ? await immutableNames(tree.files, notice)
            : new Set();
        const policy = new model_headers/* HeaderPolicy */.iz(writeHeaders, headers, immutable);
        if (headers.rules.length > 0)
            for (const file of tree.files)
                refuseMetadata(file, policy.headersOf(file));
        this.#run.frame.warn(policy.warnings);
        return policy;
    }
    /** @param withOwn our own objects too */
    list(withOwn) {
        const { prefix } = this.#run.options.destination;
        return this.#run.frame.phase('list', async (tell) => {
            const onProgress = (files) => tell({ files, bytes: 0 });
            const listed = await listAll(this.#run.ports.store, prefix, onProgress, this.#run.frame.signal, {
                withOwn,
            });
            tell({ files: listed.size, bytes: listed.bytes });
            this.#tellUnlisted();
            return listed;
        });
    }
    /** Walks the tree and lists the destination side by side. */
    async #look(early, index) {
        const { store, copyFrom } = this.#run.ports;
        const { prefix } = this.#run.options.destination;
        const hints = index === undefined ? undefined : { keys: () => index.objects.keys(), areAll: false };
        const [tree, listed] = await bothOrFirstFailure(this.#run.frame.signal, (either) => this.#run.frame.phase('walk', async (tell) => {
            const found = await this.tree((files) => tell({ files, bytes: 0 }), either, early);
            tell({ files: found.files.length, bytes: (0,file_columns/* totalSize */.UT)(found.files) });
            return found;
        }), (either) => this.#run.frame.phase('list', async (tell) => {
            const listing = await listAll(store, prefix, (files) => tell({ files, bytes: 0 }), either, {
                onListed: (object) => early?.listed(object),
                hints,
            });
            const further = [];
            for (const place of copyFrom) {
                further.push(await listFurther(place, prefix, (files) => tell({ files, bytes: 0 }), either));
            }
            tell({ files: listing.size, bytes: listing.bytes });
            this.#run.shared.tellListing(this.#run.options.destination, listing);
            return { listing, further };
        }));
        this.#tellUnlisted();
        await addHidden(listed.listing, keysOf(tree.files, prefix), {
            ...this.hiddenBelow,
            onListed: (object) => early?.listed(object),
        });
        return { tree, ...listed };
    }
    #tellUnlisted() {
        const { unlisted } = this.#run.ports.store;
        const [first] = unlisted;
        if (first === undefined)
            return;
        const what = unlisted.size === 1 ? '1 key' : `${unlisted.size} keys`;
        this.#run.frame.warn([
            `${this.#run.frame.url} has at least ${what} with characters that its server cannot list (${JSON.stringify(first)}): those of the tree are asked for by name, the others are not seen and never deleted; rename them, or delete them by hand`,
        ]);
    }
    get hiddenBelow() {
        return {
            store: this.#run.ports.store,
            concurrency: this.#run.inFlight,
            signal: this.#run.frame.signal,
        };
    }
    async tree(onProgress, signal, early) {
        const { source } = this.#run.ports;
        const { tree } = this.#run.options;
        if (source === undefined)
            return withoutPartials(await this.#run.shared.walk(tree, onProgress, (files, row, file) => early?.found(files, row, file)));
        const listing = await listAll(source.store, source.prefix, onProgress, signal).catch((cause) => {
            signal.throwIfAborted();
            const { code, exit, message } = explain(cause, source.url);
            throw new errors/* SyncError */.S0(code, exit, message, { cause });
        });
        const isObject = lookingFor(source.store, source.prefix, this.#run.frame.signal);
        const found = remoteTree(listing, source.prefix, tree, isObject);
        guardSpelling(source.store, source.prefix, found, source.url);
        return found;
    }
    async #encode(tree, listing, remembered) {
        const { site, destination } = this.#run.options;
        const { files } = tree;
        if (site.compress.length === 0)
            return { files, adopted: new Map(), vouched: new ObjectMap() };
        return this.#run.frame.phase('encode', async (tell) => this.#run.encodings.encode(files, {
            index: remembered.index,
            trustObjects: remembered.trustObjects,
            fileIndex: this.#fileIndex,
            rules: site.compress,
            policy: this.headers.policy,
            prefix: destination.prefix,
            listing,
            store: this.#run.ports.store,
            pool: this.#run.frame.pool,
            emit: this.#run.ports.emit,
            onProgress: (done, bytes, bytesTotal) => tell({ files: done, bytes, bytesTotal }),
            signal: this.#run.frame.signal,
        }));
    }
    /** What S3 says of the objects that are to be written. */
    async #askSource(source, { files }, listing) {
        const { prefix } = this.#run.options.destination;
        const due = [...files].filter((file) => !isSameByETag(file, listing.get((prefix + file.name))));
        return this.#run.frame.phase('digest', async () => {
            await source.ask(due, () => this.#run.frame.moved());
            return { files, digests: source.contents(files, listing, prefix).digests };
        });
    }
    async #digest({ files, adopted }, listing, further, remembered, early) {
        return this.#run.frame.phase('digest', async (tell) => digestTree({
            prefix: this.#run.options.destination.prefix,
            files,
            adopted,
            listing,
            further: further.flatMap(({ objects }) => objects),
            index: remembered.index,
            fileIndex: this.#fileIndex,
            ...(this.#reuses ? { chunks: true } : {}),
            ...(early === undefined ? {} : { early }),
            pool: this.#run.frame.pool,
            onProgress: (files, bytes, bytesTotal) => tell({ files, bytes, bytesTotal }),
            signal: this.#run.frame.signal,
        }));
    }
    /** Everything that a plan depends on but the way in which it is published. */
    async #recognise(tree, listing, further, { files, digests }, remembered, encoded) {
        const { command, destination, deletes, copies, publishLast } = this.#run.options;
        const { store, emit } = this.#run.ports;
        const { prefix } = destination;
        const proven = this.#run.source === undefined ? provenFiles(files, digests, listing, prefix) : Proven.none;
        const { vouched, undecided, layouts } = await recognise({
            store,
            prefix,
            files,
            digests,
            proven,
            listing,
            further,
            copyMinSize: copies.minSize,
            index: remembered.index,
            trustObjects: remembered.trustObjects,
            pool: this.#run.frame.pool,
            askEach: command === 'check',
            concurrency: this.#run.inFlight,
            emit,
            signal: this.#run.frame.signal,
        });
        this.layouts = layouts;
        const copied = (await this.#run.source?.copiesAmong({ files, digests }, listing, prefix, store)) ??
            new ObjectMap();
        return {
            prefix,
            files,
            listing,
            further: further.flatMap(({ objects }) => objects),
            contents: this.#run.source === undefined
                ? digests
                : withCopies(this.#run.source.contents(files, listing, prefix, vouched).contents, files, copied),
            proven,
            ...this.#ownSources(tree),
            ...(this.#run.ports.filling?.isPlanned === true ? { filled: this.#run.ports.filling } : {}),
            vouched: encoded.size + copied.size === 0 ? vouched : new ObjectMap(vouched, encoded, copied),
            undecided,
            archives: (file) => model_objects/* ARCHIVED_CLASSES */.EF.has((0,model_headers/* classOf */.Kl)(this.headers.policy.headersOf(file)) ?? ''),
            headers: this.headers.states(files, listing, remembered),
            policy: {
                order: publishOrder(publishLast),
                send: 'upload',
                again: 'copy',
                delay: false,
                canStage: store.canStage,
                copyMinSize: copies.minSize,
                deleteAfter: deletes.deleteAfter && files.length > 0,
                deleteExcluded: deletes.deleteExcluded,
                retained: this.#retained.keeps,
                grace: graceStates(deletes.grace, remembered.index, this.#run.earliestNow(), this.#run.ports.index?.trust.grace === true),
                excluded: tree.excluded,
                skipped: tree.skipped,
                hasDirectory: tree.hasDirectory,
            },
        };
    }
    /** The objects that are copied, each under its own name. */
    #ownSources({ files }) {
        const { source } = this.#run.ports;
        const own = new Map();
        if (source?.copyable !== true)
            return {};
        for (const { name, object } of files) {
            if (object === undefined || object.size === 0)
                continue;
            own.set(name, { ...object, storageClass: 'STANDARD', bucket: source.bucket });
        }
        return { own };
    }
    async plan(input, delay) {
        const { store, emit } = this.#run.ports;
        const policy = { ...input.policy, delay };
        return this.#run.frame.phase('plan', async () => {
            const { known } = this.headers;
            const aclBound = new Set();
            let made = makePlan({ ...input, policy, ...known, aclBound });
            const isAsked = await this.headers.ask(made, input);
            const isAttributed = await this.headers.askAttributes(made.plan, input.listing);
            if (isAsked || isAttributed)
                made = makePlan({ ...input, policy, ...known, aclBound });
            const acls = await whatWouldLoseAcls(made.plan, {
                store,
                policy: this.headers.policy,
                concurrency: this.#run.inFlight,
                emit,
                signal: this.#run.frame.signal,
            });
            const isFree = acls.aclBound.size + acls.aclUnknown.size === 0;
            this.#tellUnusedExcludes(made.deletions > 0);
            if (!isFree)
                made = makePlan({ ...input, policy, ...known, ...acls });
            const resent = await this.headers.whatWouldStay(made.plan);
            return resent.size === 0 ? made : makePlan({ ...input, policy, ...known, ...acls, resent });
        });
    }
    /** A plan has asked of each listed key that the tree lacks whether it is excluded. Told before guards refuse. */
    #tellUnusedExcludes(deletes) {
        const tree = this.#untold;
        this.#untold = undefined;
        if (tree === undefined)
            return;
        this.#run.frame.tellUnused('excludes', tree.unusedExcludes(), { ...this.#judgedBy, deletes });
    }
    settle(planned) {
        this.headersUnknown = planned.headersUnknown;
        this.headers.tell(planned);
        this.#run.frame.settle(planned.plan);
    }
    canDelay(tree) {
        const { delayUpdates } = this.#run.options;
        if (delayUpdates === false)
            return false;
        const { canStage, canStageNested, provider } = this.#run.ports.store;
        const nested = canStage && !canStageNested ? nestedNames(tree) : undefined;
        if (!canStage)
            this.cannotDelay(`${provider} has no part copies`);
        if (nested !== undefined)
            this.cannotDelay(`${provider} completes no upload of ${nested}`);
        return canStage && nested === undefined;
    }
    /** Strict: refuses. Best effort: says once what is done instead. */
    cannotDelay(why) {
        const what = `${this.#run.frame.url} cannot delay updates (${why})`;
        if (this.#run.options.delayUpdates !== 'best-effort') {
            throw (0,errors/* refusal */.x5)('cannot-delay', `${what}: nothing was written; publish in order with delay-updates: false, or set best-effort`);
        }
        const message = `${what}: they are published as they are sent, in the publish order`;
        this.#run.ports.emit({ type: 'message', level: 'warning', message });
    }
}
/** Several rules, or names that they put into values, can make more than S3 takes; it would say so file by file. */
function refuseMetadata({ name }, headers) {
    const refuse = (bytes, of, room) => {
        if (bytes <= room)
            return;
        throw (0,errors/* usageError */.Wp)(`headers: the rules give ${name} ${bytes} bytes of ${of}, S3 leaves room for ${room}: shorten them; nothing was written`);
    };
    const { metadata, fields = {} } = (0,model_headers/* objectHeaders */.qO)(headers, {});
    refuse((0,model_headers/* metadataBytes */.Lk)(metadata), 'x-amz-meta-* headers', header_rules/* MAX_METADATA_BYTES */.Fx);
    refuse((0,model_headers/* metadataBytes */.Lk)(fields), 'headers', header_rules/* MAX_HEADER_BYTES */.v8);
}
/** What a download of this tree has not finished is no file of it. */
function withoutPartials(tree) {
    for (const name of (0,file_columns/* namesOf */.eZ)(tree.files)) {
        if ((0,local_names/* isPartial */.mt)(name))
            return { ...tree, files: [...tree.files].filter((file) => !(0,local_names/* isPartial */.mt)(file.name)) };
    }
    return tree;
}
/** S3 holds keys of up to 1,024 bytes; refusing beats leaving a file out. */
function refuseKeys(tree, options) {
    const { prefix } = options.destination;
    const tooLong = [];
    for (const name of (0,file_columns/* namesOf */.eZ)(tree.files))
        if ((0,object_key/* joinKey */.ID)(prefix, name) === undefined)
            tooLong.push(prefix + name);
    const [first] = tooLong;
    if (first === undefined)
        return;
    const more = tooLong.length > 1 ? ` and ${tooLong.length - 1} more` : '';
    throw (0,errors/* refusal */.x5)('key-too-long', `the key ${JSON.stringify(first.slice(0, 120))}…${more} has ${Buffer.byteLength(first)} bytes, S3 allows ${object_key/* MAX_KEY_BYTES */.Xd}: shorten the name or the prefix, or exclude it`);
}
/** One request for a small file, its parts and two more for a large one, and the listing. */
function requestsToSend(files) {
    let requests = Math.ceil(files.length / 1000);
    for (const size of (0,file_columns/* sizesOf */.gN)(files))
        requests += (0,part_sizes/* isLarge */.sV)(size) ? (0,digest_index/* layoutParts */.db)((0,part_sizes/* ownLayout */.vh)(size)) + 2 : 1;
    return requests;
}
/** Contents that have no other name than the ETag of the object that was copied. */
function withCopies(contents, files, copies) {
    if (copies.size === 0)
        return contents;
    const etags = new Set([...copies].map(([, etag]) => etag));
    const all = new Map(contents);
    for (const { name, object } of files)
        if (object !== undefined && etags.has(object.etag) && !all.has(name))
            all.set(name, { md5: undefined, etags: [object.etag] });
    return all;
}

;// CONCATENATED MODULE: ./build/src/sync/progress.js






/**
 * Compares what lies there with the plan. A shard's word counts as long as its ETag is there; else the object must prove
 * that it is what was planned: a run that was killed told nobody.
 */
async function progressOf(request) {
    const { plan, staged, published, listing, store, concurrency, signal } = request;
    const done = new Map();
    const changed = [];
    const doubtful = [];
    for (const step of stepsOf(plan)) {
        const { key } = step;
        const listed = listing.get(key);
        if (!isWrite(step)) {
            if (step.action === 'delete' && listed === undefined)
                done.set(key, undefined);
            else if (listed?.etag !== step.etag)
                changed.push(key);
            continue;
        }
        const upload = staged.get(key);
        const md5 = step.md5 ?? upload?.md5;
        if (listed !== undefined && listed.etag === published.get(key))
            done.set(key, listed.etag);
        else if (listed?.etag === ('ifMatch' in step.condition ? step.condition.ifMatch : undefined))
            continue;
        else if (listed === undefined || md5 === undefined || listed.size !== step.bytes)
            changed.push(key);
        else if (listed.etag === upload?.etag || listed.etag === md5)
            done.set(key, listed.etag);
        else
            doubtful.push({ listed, md5 });
    }
    await (0,model_concurrency/* forEachConcurrent */.C6)(doubtful, concurrency, async ({ listed: { key, etag }, md5 }) => {
        const head = await store.head(key, signal);
        const isOther = (0,model_digest/* classifyETag */.Q)(etag).kind === 'md5' && (0,object_store/* etagsProve */.PF)(head?.encryption);
        if (head?.etag === etag && !isOther && (0,model_headers/* metadataMd5 */.SG)(head.metadata) === md5)
            done.set(key, etag);
        else
            changed.push(key);
    });
    return { done, changed: changed.sort(object_key/* compareKeys */.YD) };
}
/** The ranks in which something is written, and how many keys. */
function ranksToShare(plan) {
    return plan.ranks.flatMap(({ name: rank, phases }) => {
        const keys = writesOf(phases).length;
        return keys === 0 ? [] : { rank, keys };
    });
}
/**
 * The share of the first rank that is not done, so that no rank begins before the one before it is. A further name of a
 * content goes with the name that it is copied from. Deletes are nobody's: they wait for everything. `undefined`: all
 * ranks are done.
 */
function shareOf(plan, done, shard) {
    const at = plan.ranks.findIndex(({ phases }) => writesOf(phases).some(({ key }) => !done.has(key)));
    const rank = plan.ranks[at];
    if (rank === undefined)
        return undefined;
    const writes = writesOf(rank.phases);
    const mine = progress_keysOf(writes, shard);
    const isDue = (step) => mine.has(step.key) && !done.has(step.key);
    const phases = rank.phases.flatMap((phase) => phase.kind === 'publish' ? [{ ...phase, steps: phase.steps.filter(isDue) }] : []);
    const none = { files: 0, bytes: 0 };
    const ranks = plan.ranks.map(({ name }, i) => ({ name, phases: i === at ? phases : [] }));
    return {
        plan: { ranks, unchanged: none, kept: none },
        rank: rank.name,
        others: writes.filter(({ key }) => !mine.has(key) && !done.has(key)).length,
    };
}
/** Groups of names that one content has in this rank, in the order of the plan, each to whoever has least. */
function progress_keysOf(writes, { number, of }) {
    const groups = new Map();
    const firstOf = new Map();
    for (const step of writes) {
        const from = step.action === 'copy' && step.source.kind === 'published' ? step.source.key : step.key;
        const first = firstOf.get(from) ?? step.key;
        firstOf.set(step.key, first);
        const group = groups.get(first);
        if (group === undefined)
            groups.set(first, [step.key]);
        else
            group.push(step.key);
    }
    const loads = Array.from({ length: of }, () => 0);
    const mine = new Set();
    for (const keys of groups.values()) {
        const least = loads.indexOf(Math.min(...loads));
        loads[least] += keys.length;
        if (least === number - 1)
            for (const key of keys)
                mine.add(key);
    }
    return mine;
}
function writesOf(phases) {
    return phases.flatMap(({ kind, steps }) => (kind === 'publish' ? steps.filter(isWrite) : []));
}

;// CONCATENATED MODULE: ./build/src/sync/sharded-publish.js















/** A plan that several machines publish: made by one, staged by shards, published by one or by shards. */
class Sharded {
    #run;
    #preparation;
    #execution;
    constructor(run, preparation, execution) {
        this.#run = run;
        this.#preparation = preparation;
        this.#execution = execution;
    }
    /** Makes a plan that other machines stage and one publishes. Nothing is written but the file. */
    async plan() {
        const { planFile } = this.#sharding();
        await refuseUnwritable(planFile, PLAN);
        const remembered = await this.#preparation.load();
        const { tree, listing, known, input } = await this.#preparation.prepare(remembered);
        const planned = await this.#preparation.plan(input, this.#preparation.canDelay(tree));
        await this.#preparation.guardDeletions(planned, tree, known.files, listing);
        this.#preparation.settle(planned);
        await this.#run.frame.rehearse(planned.plan);
        const ranks = ranksToShare(planned.plan).map(({ rank, keys }) => `${rank} (${keys})`);
        if (ranks.length > 0)
            this.#run.frame.notice(`ranks that shards can publish, one after the other: ${ranks.join(', ')}`);
        const lines = formatPlan(this.#run.frame.url, this.#endpoint, planned.plan, {
            headersOf: (file) => this.#preparation.headers.policy.headersOf(file),
            stored: await this.#digestEncoded(planned.plan),
            preserve: this.#run.options.preserve,
        });
        await writeLines(planFile, lines, PLAN);
        this.#run.frame.notice(`the plan was written to ${planFile}`);
    }
    /** Digests of the encoded bytes that nothing had to be compared with so far, by name. */
    async #digestEncoded(plan) {
        const due = [...stepsOf(plan)].flatMap((step) => step.action === 'upload' && step.md5 === undefined && step.file.encoded !== undefined ? step.file : []);
        const digests = new Map();
        await (0,model_concurrency/* forEachConcurrent */.C6)(due, this.#run.frame.pool.width * 2, async (file) => {
            digests.set(file.name, (await this.#run.frame.pool.digest({ file, layouts: [] }, file.size)).md5);
        });
        return digests;
    }
    /** Stages one shard of a plan, and writes down what was staged. Nothing becomes visible. */
    async apply() {
        const { planFile, shard = ALONE, results, beside } = this.#sharding();
        const { emit, now } = this.#run.ports;
        const attempt = now();
        const file = await readPlan(planFile, this.#run.frame.url, this.#endpoint, this.#run.options.destination.prefix);
        const path = (results[0] ?? '') + beside;
        await refuseUnwritable(path, RESULTS);
        const { signal } = this.#run.frame;
        const tree = await this.#run.frame.phase('walk', async (tell) => {
            const found = await this.#preparation.tree((files) => tell({ files, bytes: 0 }), signal);
            const { site, destination } = this.#run.options;
            return withSite(await withoutOwnFiles(found, site), site, destination.prefix);
        });
        this.#preparation.headers.policy = decided(file.headers);
        const due = withFiles(shardOf(file.plan, shard), tree.files);
        const bytesTotal = due.reduce((sum, { bytes }) => sum + bytes, 0);
        const staged = [];
        const outcomes = [];
        await this.#run.frame.phase('execute', async (tell) => {
            let sent = 0;
            const say = () => tell({ files: outcomes.length, filesTotal: due.length, bytes: sent, bytesTotal });
            const transfer = this.#execution.transfer({
                digests: new Map(),
                bodies: this.#run.encodings,
                delay: true,
                preserve: file.preserve,
                uploads: await this.#execution.uploads(undefined, new Map()),
                toCut: cutBytes(due),
                sources: new Set(),
                mayDelete: async () => undefined,
                onSent: (bytes) => {
                    sent += bytes;
                    say();
                },
                onReused: () => say(),
            });
            let failed;
            try {
                await (0,model_concurrency/* forEachConcurrent */.C6)(due, this.#run.inFlight, async (step) => {
                    const outcome = failed !== undefined || signal.aborted
                        ? skipped(step, failed)
                        : await this.#stageOne(transfer, step);
                    if (outcome.outcome === 'failed')
                        failed ??= outcome;
                    outcomes.push(outcome);
                    emit({ type: 'outcome', outcome });
                    say();
                });
                if (failed === undefined && !signal.aborted) {
                    for (const { key } of due) {
                        const one = transfer.stagedAt(key);
                        if (one !== undefined)
                            staged.push(stagedTo(one));
                    }
                    await writeLines(path, formatResults({ plan: file.id, shard, attempt, uploads: staged }), RESULTS);
                    // What no results name is aborted: nobody could complete it.
                    for (const { key } of due)
                        transfer.handOver(key);
                }
            }
            finally {
                this.#run.frame.outcomes = outcomes;
                await transfer.close();
            }
            this.#run.frame.addExits(transfer.exits);
        });
    }
    /** One step of a shard: what was staged must be what was planned, as its further names are copied from it. */
    async #stageOne(transfer, step) {
        const started = performance.now();
        const failure = await transfer.stage(step, true);
        if (failure !== undefined)
            return failure;
        const made = transfer.stagedAt(step.key);
        const ms = performance.now() - started;
        if (made === undefined || (step.md5 !== undefined && made.expected.md5 !== step.md5)) {
            const { encoded } = step.file;
            const isEncodedElse = encoded !== undefined && made?.file.encoded?.md5 === encoded.md5;
            const message = isEncodedElse
                ? `${step.key}: this machine compresses the file to other bytes than were planned (Node.js ${process.version}, zlib ${process.versions.zlib}, brotli ${process.versions.brotli}): run plan and apply with one version of Node.js`
                : `${step.key}: the file is not the one that was planned; apply needs the same files`;
            const error = new errors/* SyncError */.S0('plan-mismatch', errors/* EXIT */.dc.failed, message);
            return failedOutcome(step, error, ms, this.#run.frame.signal, transfer.exits);
        }
        const { action } = made;
        return { step, outcome: 'done', action, sentBytes: made.sentBytes, ms };
    }
    /** Completes what the shards of a plan staged, copies what had to wait, deletes; what is done already stays. */
    async publishPlan() {
        const sharding = this.#sharding();
        const { planFile, shard, abort } = sharding;
        const { lock, destination, dryRun } = this.#run.options;
        const { store, index: storage, emit } = this.#run.ports;
        const { signal, url } = this.#run.frame;
        if (lock && !dryRun)
            await this.#execution.takeLock();
        const file = await readPlan(planFile, url, this.#endpoint, destination.prefix);
        const results = await readResults(sharding, file);
        if (abort)
            return this.#abortStaged(results);
        const { staged, losers } = gather(file, results.staged, results.ignored);
        const listing = await this.#preparation.list(false);
        const concurrency = this.#run.inFlight;
        const { plan } = file;
        const steps = [...stepsOf(plan)];
        const keys = new Set(steps.map(({ key }) => key));
        // Whoever made the plan file may have put another key's name into it.
        guardNames(keys, '', listing, store);
        await addHidden(listing, keys, this.#preparation.hiddenBelow);
        const { published } = results;
        const { done: seenDone, changed } = await progressOf({
            plan,
            staged,
            published,
            listing,
            store,
            concurrency,
            signal,
        });
        refuseChanged(changed, url);
        this.#preparation.headers.policy = decided(file.headers);
        if (shard !== undefined)
            return this.#publishShare({ file, staged, done: seenDone }, listing, shard);
        const remembered = await loadIndex(storage, emit, signal);
        const done = new Map([...seenDone, ...this.#renewed(plan, listing, remembered)]);
        const elsewhere = { file, staged, done };
        const files = steps.flatMap((step) => ('file' in step ? step.file : []));
        const { index } = remembered;
        // A publish that is run again has remembered it.
        const news = steps.filter((step) => isWrite(step) &&
            done.has(step.key) &&
            !remembers(index?.objects.get(step.key), listing.get(step.key)));
        // What shards published is no stranger's.
        const before = new Map(listing);
        for (const { key } of news)
            before.delete(key);
        const invalidations = this.#execution.toInvalidate(files, before, remembered, news);
        // Of what is not in the plan nothing is owed once CloudFront is told everything. Others' own keys, of which no sync said
        // what is in them, are left out: else each later write of theirs would have everything told again.
        const isOurs = (key) => index === undefined || index.objects.get(key)?.md5 !== undefined;
        const left = invalidations.tellsEverything
            ? [...listing.keys()].filter((key) => !keys.has(key) && isOurs(key))
            : [];
        const planned = { ...plannedOf(plan, done), unchanged: new Map(left.map((key) => [key, undefined])) };
        this.#preparation.settle(planned);
        if (dryRun) {
            invalidations.plan(planned.plan);
            invalidations.tellPlanned();
            return this.#run.frame.rehearse(planned.plan);
        }
        const matters = (key) => keys.has(key);
        const seen = {
            files: [],
            digests: new Map(),
            listing,
            matters,
            index,
            digestedNs: 0n,
            published: news.length,
        };
        await this.#execution.execute(planned, seen, true, elsewhere);
        // Another attempt's upload was completed for what was done before.
        const idle = losers.flatMap(({ key }) => {
            const upload = done.has(key) ? staged.get(key) : undefined;
            return upload === undefined ? [] : uploadOf(upload);
        });
        await abortUploads([...losers, ...idle], 'that this publish does not need', {
            store,
            concurrency,
            emit,
            signal: this.#run.frame.requests,
        });
        this.#execution.blameInvalidation(await invalidations.wait());
    }
    /** No ETag shows a copy of an object onto itself: that an earlier publish of this plan made it the index remembers. */
    *#renewed(plan, listing, { index }) {
        const { prefix } = this.#run.options.destination;
        const { policy } = this.#preparation.headers;
        const files = [...stepsOf(plan)].flatMap((step) => (step.action === 'refresh' ? step.file : []));
        const asking = { store: this.#run.ports.store, asksAttributes: false };
        for (const [key, state] of headerStates(files, prefix, listing, index, policy, asking))
            if (state === 'same')
                yield [key, listing.get(key).etag];
    }
    /** Publishes a share of the first rank that is not done, and writes down what was published. */
    async #publishShare(elsewhere, listing, shard) {
        const { id, plan } = elsewhere.file;
        const path = await publishedPath(this.#sharding(), shard, this.#run.ports.now());
        const share = shareOf(plan, elsewhere.done, shard);
        const planned = plannedOf(share?.plan ?? NO_PLAN, elsewhere.done);
        const due = new Set([...stepsOf(planned.plan)].map(({ key }) => key));
        this.#tellShare(share, due.size);
        this.#preparation.settle(planned);
        if (this.#run.options.dryRun)
            return this.#run.frame.rehearse(planned.plan);
        await refuseUnwritable(path, RESULTS);
        // The others write too.
        const matters = (key) => due.has(key);
        const seen = {
            files: [],
            digests: new Map(),
            listing,
            matters,
            index: undefined,
            digestedNs: 0n,
        };
        try {
            if (due.size > 0)
                await this.#execution.execute(planned, seen, true, elsewhere);
        }
        finally {
            const keys = new Map();
            for (const { step, outcome, etag } of this.#run.frame.outcomes) {
                const there = outcome === 'done' && etag !== undefined ? (0,model_digest/* parseETag */.nn)(etag) : undefined;
                if (there !== undefined)
                    keys.set(step.key, there);
            }
            await writeLines(path, formatPublished({ plan: id, keys }), RESULTS);
        }
    }
    #tellShare(share, due) {
        if (share === undefined) {
            this.#run.frame.notice('every rank is published: what is left is for publish without a shard');
            return;
        }
        const { rank, others } = share;
        if (due > 0 || others === 0) {
            this.#run.frame.notice(`the rank to publish is: ${rank}`);
            return;
        }
        const what = others === 1 ? '1 key of another shard is' : `${others} keys of other shards are`;
        this.#run.frame.warn([
            `nothing is left here of the rank to publish, ${rank}, and ${what} not published yet: the next rank waits for them`,
        ]);
    }
    /** Gives a plan up: aborts the uploads that its results name, and nothing else. */
    async #abortStaged({ staged, ignored }) {
        const { dryRun } = this.#run.options;
        const { store } = this.#run.ports;
        const uploads = uploadsOf(staged);
        const isOne = uploads.length === 1;
        const what = `${uploads.length} ${isOne ? 'upload' : 'uploads'} of the plan`;
        const but = leftOut(ignored);
        if (dryRun)
            return this.#run.frame.notice(`${what} would be aborted where they are still open${but}`);
        await this.#run.frame.phase('execute', (tell) => {
            let files = 0;
            return (0,model_concurrency/* forEachConcurrent */.C6)(uploads, this.#run.inFlight, async (upload) => {
                this.#run.frame.signal.throwIfAborted();
                await store.abortUpload(upload, this.#run.frame.requests);
                tell({ files: ++files, filesTotal: uploads.length, bytes: 0 });
            });
        });
        this.#run.frame.notice(`${what} ${isOne ? 'was' : 'were'} aborted, or had ended${but}`);
    }
    /** As plans name it: AWS itself has none. */
    get #endpoint() {
        return this.#run.ports.endpoint ?? '';
    }
    #sharding() {
        const { sharding } = this.#run.options;
        if (sharding === undefined)
            throw new Error('no plan file was given');
        return { ...sharding, planFile: sharding.planFile + sharding.beside };
    }
}
/** Of a share when all ranks are done. */
const NO_PLAN = { ranks: [], unchanged: { files: 0, bytes: 0 }, kept: { files: 0, bytes: 0 } };
const ALONE = { number: 1, of: 1 };
/** Headers as the machine decided that made the plan. */
function decided(headers) {
    const headersOf = ({ name }) => headers.get(name);
    return { headersOf, over: (kept, file) => ({ ...kept, ...headersOf(file) }), saysEncoding: () => false };
}
/** Whether an index knows just this write of an object. */
function remembers(entry, object) {
    if (entry === undefined || object === undefined || entry.etag !== object.etag)
        return false;
    const isDated = (entry.modified ?? entry.written) !== undefined;
    // Without headers a download dated it.
    return entry.headers !== undefined && isDated && !isRewritten(entry, object);
}
/** A plan that was judged when it was made; what it stages is staged, and what is done is unchanged. */
function plannedOf(plan, done) {
    const unchanged = { ...plan.unchanged };
    const ranks = plan.ranks.map(({ name, phases }) => ({
        name,
        phases: phases.flatMap((phase) => {
            if (phase.kind === 'stage')
                return [];
            const due = phase.steps.filter(({ key }) => !done.has(key));
            return [{ ...phase, steps: due }];
        }),
    }));
    const none = { files: 0, bytes: 0 };
    const waiting = [];
    let deletions = 0;
    for (const step of stepsOf(plan)) {
        if (step.action === 'delete')
            deletions++;
        if (step.action === 'keep' && step.reason === 'grace')
            waiting.push(step);
        if (!isWrite(step) || !done.has(step.key))
            continue;
        unchanged.files++;
        unchanged.bytes += step.bytes;
    }
    return {
        plan: { ...plan, ranks, unchanged },
        unchanged: new Map(),
        headersUnknown: none,
        unknownHeaders: [],
        listedUnexcluded: 0,
        deletions,
        waiting,
        losses: 0,
        firstLosses: [],
        related: true,
    };
}

// EXTERNAL MODULE: ./build/src/sync/shared-tree.js + 1 modules
var shared_tree = __webpack_require__(8414);
;// CONCATENATED MODULE: ./build/src/sync/sync.js





















/**
 * Publishes a tree to one destination: walk and list, digest, plan, guard, execute, remember, report. The tree lies on
 * this disk or in another bucket. Or removes what a destination holds: list, plan, guard, execute, report. Or downloads.
 * Nothing is written before the guards are passed. Rejects for nothing: what went wrong is in the report.
 */
async function sync(options, ports) {
    if (options.target !== undefined)
        return download(options, options.target, ports);
    const run = new Run(options, ports);
    try {
        await run[COMMANDS[options.command]]();
    }
    catch (error) {
        run.fail(error);
    }
    finally {
        await run.close();
    }
    return run.result();
}
const COMMANDS = {
    sync: 'publish',
    remove: 'remove',
    check: 'check',
    plan: 'plan',
    apply: 'apply',
    publish: 'publishPlan',
};
class Run {
    #options;
    #ports;
    #frame;
    #earliestNow;
    #encodings;
    #source;
    #preparation;
    #execution;
    #sharded;
    constructor(options, ports) {
        this.#options = options;
        this.#ports = ports;
        this.#frame = new RunFrame(options, ports, () => [
            ports.store,
            ...(ports.source === undefined ? [] : [ports.source.store]),
            ...ports.copyFrom.map(({ store }) => store),
        ]);
        const frame = this.#frame;
        const encodings = new Encodings(frame.pool, ports.temporary);
        const source = ports.source === undefined
            ? undefined
            : new SourceObjects({
                store: ports.source.store,
                bucket: ports.source.bucket.name,
                from: ports.source.prefix,
                to: options.destination.prefix,
                pool: frame.pool,
                concurrency: (0,model_options/* requestsInFlight */._n)(options.connection),
                emit: ports.emit,
                signal: frame.signal,
                requests: frame.requests,
            });
        const shared = ports.shared ?? new shared_tree.SharedTree(frame.signal);
        const inFlight = () => ports.store.inFlight;
        const earliestNow = () => ports.now() + Math.min(0, ports.store.clockOffset);
        const latestNow = () => ports.now() + Math.max(0, ports.store.clockOffset);
        const storeNow = () => ports.now() + ports.store.clockOffset;
        const clocks = { earliestNow, latestNow, storeNow };
        const parts = { options, ports, frame, shared, encodings, source, ...clocks, inFlight };
        this.#earliestNow = earliestNow;
        this.#encodings = encodings;
        this.#source = source;
        this.#preparation = new Preparation(parts);
        this.#execution = new Execution(parts, this.#preparation);
        this.#sharded = new Sharded(parts, this.#preparation, this.#execution);
    }
    async publish() {
        const { lock, dryRun } = this.#options;
        if (lock && !dryRun)
            await this.#execution.takeLock();
        const remembered = await this.#preparation.load();
        const { tree, listing, further, known, input, digestedNs } = await this.#preparation.prepare(remembered);
        const invalidations = this.#execution.toInvalidate(known.files, listing, remembered);
        const delay = this.#preparation.canDelay(tree);
        let planned = await this.#preparation.plan(input, delay);
        this.#tellKept(planned, listing);
        await this.#preparation.guardDeletions(planned, tree, known.files, listing);
        this.#preparation.settle(planned);
        if (dryRun) {
            if (delay)
                this.#execution.delayed = { keys: 0, seconds: 0 };
            invalidations.plan(planned.plan);
            invalidations.tellPlanned();
            await this.#preparation.headers.compareRefreshed(planned.plan, listing);
            await this.#frame.rehearse(planned.plan);
            return this.#source?.tryArchived(planned.plan);
        }
        const matters = this.#mattersTo(tree, known.files);
        const { index } = remembered;
        const older = this.#preparation.older(listing, further, index);
        const { isThere } = tree;
        const seen = { ...known, listing, matters, isThere, index, ...older, digestedNs };
        try {
            await this.#execution.execute(planned, seen, delay);
        }
        catch (error) {
            if (!(error instanceof CannotStageError))
                throw error;
            this.#preparation.cannotDelay(error.message);
            planned = await this.#preparation.plan(input, false);
            this.#preparation.settle(planned);
            await this.#execution.execute(planned, seen, false);
        }
        this.#execution.blameInvalidation(await invalidations.wait());
    }
    /**
     * Compares the destination with what a publish would make of it. No index is believed: it says which headers
     * objects were written with, and nothing of their bytes.
     */
    async check() {
        const { index: storage, emit } = this.#ports;
        const { index } = await loadIndex(storage, emit, this.#frame.signal);
        const { known, input, listing } = await this.#preparation.prepare({
            index,
            trustFiles: false,
            trustObjects: false,
        });
        const { read } = this.#options;
        const decided = read ? await this.#readUnknown(known, input, listing) : { input, ...NOTHING_READ };
        const planned = await this.#preparation.plan(decided.input, false);
        this.#preparation.tellRetain(planned, listing);
        const back = read ? await this.#readBack(planned, known.files, listing, decided.keys) : NOTHING_FOUND;
        const { findings } = back;
        this.#tellDamaged(findings.length);
        const unread = decided.failed.map(({ step }) => step.key);
        const plan = withFindings(planned.plan, findings, unread);
        this.#preparation.settle({ ...planned, plan });
        await this.#preparation.headers.compareRefreshed(plan, listing);
        await this.#frame.concludeCheck(plan, decided, back);
    }
    #tellDamaged(count) {
        if (count === 0)
            return;
        const what = count === 1 ? '1 object does' : `${count} objects do`;
        this.#frame.warn([
            `${what} not hold the bytes that S3 says: a sync goes by what S3 says and finds nothing to do there; delete ${count === 1 ? 'it' : 'them'} first, then publish`,
        ]);
    }
    async #readBack(planned, files, listing, read) {
        const { prefix } = this.#options.destination;
        // Those too whose headers alone would change.
        const unchanged = [...files].filter(({ name }) => {
            const key = (prefix + name);
            return planned.unchanged.has(key) && !read.has(key);
        });
        const filesTotal = unchanged.length;
        return this.#frame.phase('read', (tell) => {
            const reading = this.#reading(listing, (files, bytes) => tell({ files, filesTotal, bytes }));
            return checkBack(unchanged, planned.unchanged, reading);
        });
    }
    #reading(listing, onProgress) {
        const { destination, connection } = this.#options;
        const source = this.#source;
        return {
            store: this.#ports.store,
            prefix: destination.prefix,
            listing,
            action: 'upload',
            ...(source === undefined ? {} : { original: (file) => source.digestOf(file) }),
            concurrency: (0,model_options/* requestsInFlight */._n)(connection),
            onProgress,
            signal: this.#frame.signal,
        };
    }
    /** Reads the objects of which nothing says whether they are their files, so that the plan goes by their bytes. */
    async #readUnknown({ files, digests }, input, listing) {
        const { prefix, undecided, vouched, contents } = input;
        const md5s = new Map();
        const due = [...files].filter((file) => {
            const object = listing.get((prefix + file.name));
            if (file.size === 0 || object?.size !== file.size)
                return false;
            const md5 = digests.get(file.name)?.md5;
            // Of a source that does not say what it holds nothing was asked.
            const isUnsaid = this.#source !== undefined &&
                md5 === undefined &&
                !vouched.has(object) &&
                !isSameByETag(file, object);
            if (undecided?.has(object) !== true && !isUnsaid)
                return false;
            md5s.set(object.key, md5);
            return true;
        });
        if (due.length === 0)
            return { input, ...NOTHING_READ };
        const filesTotal = due.length;
        const { read, ...unread } = await this.#frame.phase('read', (tell) => {
            const reading = this.#reading(listing, (files, bytes) => tell({ files, filesTotal, bytes }));
            return readUnknown(due, md5s, reading);
        });
        const learned = new ObjectMap(vouched);
        const told = new Map(contents);
        for (const { file, object, there, wanted } of read) {
            const content = contents.get(file.name);
            if (there === wanted && wanted !== undefined) {
                if (content === undefined)
                    told.set(file.name, { md5: wanted, etags: [] });
                learned.set(object, content?.md5 ?? content?.etags[0] ?? wanted);
            }
            else if (there !== undefined && file.encoded === undefined)
                learned.set(object, there);
        }
        const keys = new Set(read.map(({ object }) => object.key));
        return { input: { ...input, contents: told, vouched: learned }, keys, ...unread };
    }
    /** Empties the prefix, our own objects last: what is left after a failure still has its index. */
    async remove() {
        const { lock, dryRun, deletes, destination } = this.#options;
        const { store, index: storage, emit } = this.#ports;
        const { prefix } = destination;
        const signal = this.#frame.signal;
        if (lock && !dryRun)
            await this.#execution.takeLock();
        // It names the uploads that a publish left behind. It is not written: a line about what is gone is never believed.
        const { index } = await loadIndex(dryRun ? undefined : storage, emit, signal);
        const listing = new Map(await this.#preparation.list(true));
        guardNames([], prefix, listing, store);
        // Ours goes when it is given back.
        if (this.#execution.isLocked)
            listing.delete(lockKey(prefix));
        const earliestNow = this.#earliestNow;
        await refuseLocks(listing.keys(), { store, url: this.#frame.url, earliestNow, signal });
        const retained = new Retained(deletes.retain);
        const planned = await this.#frame.phase('plan', async () => planRemoval(prefix, listing, retained.keeps));
        const context = {
            prefix,
            listing,
            places: [prefix, (0,model_objects/* destinationUrl */.kL)(destination)],
            hasDirectory: () => false,
        };
        retained.guard(planned.plan, context);
        guardDeletions(planned, deletes, this.#frame.url, 'the prefix');
        retained.tell(planned, context, this.#frame);
        this.#preparation.settle(planned);
        if (dryRun)
            return this.#frame.rehearse(planned.plan);
        const matters = (key) => !retained.keeps(key.slice(prefix.length));
        const seen = { files: [], digests: new Map(), listing, matters, index, digestedNs: 0n };
        await this.#execution.execute(planned, seen, false);
        const left = [...store.unlisted].filter((key) => matters(key));
        if (left.length > 0)
            throw new errors/* SyncError */.S0('unsafe-name', errors/* EXIT */.dc.failed, `${this.#frame.url} is not empty: its server cannot list all keys (${JSON.stringify(left[0])}); delete the others by hand`);
    }
    /** What lies here already, and stays as it is, for the mirrors. */
    #tellKept({ plan, unchanged }, listing) {
        const { first } = this.#ports;
        if (first === undefined)
            return;
        const { prefix } = this.#options.destination;
        const due = new Set([...stepsOf(plan)].map(({ key }) => key));
        for (const [key, md5] of unchanged) {
            const object = listing.get(key);
            if (md5 === undefined || object === undefined || due.has(key))
                continue;
            if (!model_objects/* ARCHIVED_CLASSES */.EF.has(object.storageClass))
                first.tell(key.slice(prefix.length), { ...object, md5 });
        }
    }
    /** Other pipelines may add keys beside ours; where we delete, the prefix is ours alone. */
    #mattersTo(tree, files) {
        const { destination, deletes } = this.#options;
        const { prefix } = destination;
        // Nobody asks before something was written.
        let treeKeys;
        return (key) => {
            treeKeys ??= new Set(keysOf(files, prefix));
            if (treeKeys.has(key))
                return true;
            const name = key.slice(prefix.length);
            const isProtected = tree.skipped(name) || (tree.excluded(name) && !deletes.deleteExcluded);
            return deletes.deleteAfter && !isProtected;
        };
    }
    plan() {
        return this.#sharded.plan();
    }
    apply() {
        return this.#sharded.apply();
    }
    publishPlan() {
        return this.#sharded.publishPlan();
    }
    fail(error) {
        this.#frame.fail(error);
    }
    async close() {
        this.#ports.meeting?.fail();
        await this.#execution.close();
        await this.#frame.close();
        await this.#encodings.close();
        await this.#source?.close();
    }
    result() {
        const { headers, headersUnknown, sendAllRequests } = this.#preparation;
        const { delayed, invalidation } = this.#execution;
        const { command, dryRun } = this.#options;
        const { planned } = this.#frame;
        const isRehearsed = dryRun && command === 'sync' && planned !== undefined;
        const copiedFromFirst = isRehearsed ? plannedFromFirst(planned) : this.#execution.copiedFromFirst;
        const result = this.#frame.result(headers.differences, {
            headersUnknown,
            sendAllRequests,
            ...(delayed === undefined ? {} : { delayed }),
            ...(invalidation === undefined ? {} : { invalidation }),
        });
        return { ...result, copiedFromFirst };
    }
}
function plannedFromFirst(plan) {
    const steps = [...stepsOf(plan)].filter((step) => step.action === 'copy' && step.source.kind === 'first');
    return { files: steps.length, bytes: steps.reduce((sum, { bytes }) => sum + bytes, 0) };
}


/***/ })

};
