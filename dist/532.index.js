export const id = 532;
export const ids = [532];
export const modules = {

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


/***/ })

};
