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

/***/ 6592:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   A: () => (/* binding */ StoreError),
/* harmony export */   P: () => (/* binding */ etagsProve)
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
/** Whether an ETag can be an MD5 at all under this encryption: not under KMS, nor with a customer's key. */
function etagsProve(encryption) {
    return encryption === undefined || encryption === 'AES256';
}


/***/ }),

/***/ 7770:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   W: () => (/* binding */ explain),
/* harmony export */   n: () => (/* binding */ explainDenied)
/* harmony export */ });
/* harmony import */ var _model_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(4132);
/* harmony import */ var _store_object_store_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6592);
/* harmony import */ var _file_bytes_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(3769);



/**
 * AWS names the action that is missing to whoever belongs to the bucket's account: tags, ACLs and keys of KMS too are
 * missing from a PutObject.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
 */
const NAMED_ACTION = /not authorized to perform: ([a-z0-9]+:[A-Za-z]+)/;
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
    ListParts: 's3:ListMultipartUploadParts',
    DeleteObject: 's3:DeleteObject and s3:GetObject',
    DeleteObjects: 's3:DeleteObject and s3:GetObject',
};
/** What was denied, and what to allow. */
function explainDenied(error) {
    const { message, operation } = error;
    const named = NAMED_ACTION.exec(message)?.[1];
    const action = named ?? IAM_ACTIONS[operation] ?? `s3:${operation}`;
    const resource = named?.startsWith('kms:') === true ? 'key' : 'bucket';
    return `${operation} was denied (${toldOf(error)}): allow ${action} in the policy of the identity and of the ${resource}`;
}
function toldOf({ code, message }) {
    return message === '' || message === code ? code : `${code}: ${message}`;
}
/** Puts whatever a step or a phase met into one line that says what to do. */
function explain(error, what) {
    if (error instanceof _model_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .SyncError */ .S0)
        return { code: error.code, exit: error.exit, message: error.message };
    if (error instanceof _store_object_store_js__WEBPACK_IMPORTED_MODULE_1__/* .StoreError */ .A)
        return explainStore(error, what);
    if (error instanceof _file_bytes_js__WEBPACK_IMPORTED_MODULE_2__/* .FileChangedError */ .jL) {
        return failure('file-changed', `${what}: the file changed twice while it was published (${error.message}): publish when nothing writes to the tree`);
    }
    const code = error?.code;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
        return failure('file-vanished', `${what}: the file vanished during the run: publish when nothing writes to the tree`);
    }
    if (code === 'EACCES' || code === 'EPERM') {
        return {
            code: 'unreadable',
            exit: _model_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .EXIT */ .dc.failed,
            message: `${what}: the file cannot be read (${code}): give this user read permission, or exclude it`,
        };
    }
    if (code === 'EIO' || code === 'EMFILE' || code === 'ENFILE') {
        return {
            code: 'unreadable',
            exit: _model_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .EXIT */ .dc.failed,
            message: `${what}: the file cannot be read (${(0,_model_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .messageOf */ .bD)(error)})`,
        };
    }
    return failure('internal', `${what}: ${(0,_model_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .messageOf */ .bD)(error)}`);
}
function explainStore(error, what) {
    const told = toldOf(error);
    switch (error.kind) {
        case 'condition':
            return {
                code: 'foreign-writer',
                exit: _model_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .EXIT */ .dc.foreignWriter,
                message: `${what}: another writer changed the key during this run (${error.code}); its bytes were left alone: run again, and let one run at a time publish here`,
            };
        case 'source':
            return failure('rejected', `${what}: the source of the copy is gone or was changed (${told})`);
        case 'digest':
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
            return failure('server-error', `${what}: ${error.operation} failed (${told}) on every attempt: run again`);
        case 'network':
            return failure('unreachable', `${what}: no answer from S3 (${told}) on any attempt: check endpoint-url, region, proxy and network`);
        case 'aborted':
            return failure('cancelled', `${what}: stopped`);
        case 'rejected':
            if (error.code === 'ObjectParentIsFile') {
                return failure('rejected', `${what}: this server keeps objects as files, and a part of the key is an object there (${told}): delete that object by hand first`);
            }
            return failure('rejected', `${what}: S3 refused ${error.operation} (${told})`);
        case 'fatal':
            return explainFatal(error, what, told);
    }
}
function explainFatal(error, what, told) {
    const usage = (code, message) => ({
        code,
        exit: _model_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .EXIT */ .dc.usage,
        message: `${what}: ${message}`,
    });
    switch (error.code) {
        case 'NoSuchBucket':
            return usage('no-such-bucket', 'there is no such bucket: check the name in bucket, the endpoint and the account');
        case 'PermanentRedirect':
        case 'AuthorizationHeaderMalformed':
        case 'IllegalLocationConstraintException':
        case '301':
        case '307':
            return usage('wrong-region', `S3 answers that the region is wrong (${told}): set region to the bucket's`);
        case 'ExpiredToken':
        case 'ExpiredTokenException':
        case 'TokenRefreshRequired':
            return failure('credentials-expired', `${what}: the credentials expired (${told}): run again with fresh ones, what was published stays and is not sent again`);
        case 'RequestTimeTooSkewed':
            return usage('bad-credentials', `the clock of this machine is wrong (${told}): set it`);
        case 'InvalidAccessKeyId':
        case 'InvalidToken':
        case 'SignatureDoesNotMatch':
        case 'CredentialsProviderError':
            return usage('bad-credentials', `S3 refuses the credentials (${told}): check that key, secret and endpoint belong together`);
        default:
            return failure('rejected', `${what}: ${told}`);
    }
}
function failure(code, message) {
    return { code, exit: _model_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .EXIT */ .dc.failed, message };
}


/***/ }),

/***/ 3769:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   E9: () => (/* binding */ chunkFile),
/* harmony export */   NC: () => (/* binding */ digestRegion),
/* harmony export */   Pk: () => (/* binding */ createWholeReader),
/* harmony export */   SC: () => (/* binding */ chunkBuffer),
/* harmony export */   TM: () => (/* binding */ digestFile),
/* harmony export */   f3: () => (/* binding */ crc32Of),
/* harmony export */   jL: () => (/* binding */ FileChangedError),
/* harmony export */   lv: () => (/* binding */ withOpenFile),
/* harmony export */   q2: () => (/* binding */ wholeDigest),
/* harmony export */   qV: () => (/* binding */ statFields),
/* harmony export */   qX: () => (/* binding */ readRange),
/* harmony export */   yD: () => (/* binding */ restat)
/* harmony export */ });
/* unused harmony export readWhole */
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(3024);
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(1455);
/* harmony import */ var node_zlib__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(8522);
/* harmony import */ var _model_chunks_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(9621);
/* harmony import */ var _model_digest_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(6799);
/* harmony import */ var _model_digest_index_js__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(1710);







/** The file is not, or no longer, what its stat said. */
class FileChangedError extends Error {
    name = 'FileChangedError';
}
const CHUNK = 1024 * 1024;
const NO_PARTS = [];
const NO_ETAGS = [];
/** Of a file that was digested as a whole alone. Spelled out, as members that are spread lie in an object of their own. */
function wholeDigest(md5, etags = NO_ETAGS) {
    return { md5, partMd5s: NO_PARTS, etags };
}
/** What `digestFile` reads into. */
function chunkBuffer() {
    return Buffer.allocUnsafeSlow(CHUNK);
}
/** Whether a stat still shows the file that the walk met. */
function sameStat(file, now) {
    return (now.isFile() &&
        Number(now.size) === file.size &&
        now.mtimeNs === file.mtimeNs &&
        now.ctimeNs === file.ctimeNs &&
        now.ino === file.ino);
}
/**
 * The file as it is now. Throws ENOENT and its kin, and FileChangedError when the path leads elsewhere by now: what
 * the walk accepted must not be exchanged for a link to a file outside of the tree.
 */
async function restat(file) {
    const now = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.stat)(file.path, { bigint: true });
    if (!now.isFile())
        throw new FileChangedError('it is no longer a regular file');
    if ((await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.realpath)(file.path)) !== file.real)
        throw new FileChangedError('its path leads to another file now');
    return { ...file, ...statFields(now) };
}
/** What a stat says of a file. */
function statFields(stats) {
    const { mtimeNs, ctimeNs, dev, ino } = stats;
    const [size, nlink, mode] = [Number(stats.size), Number(stats.nlink), Number(stats.mode)];
    return { size, mtimeNs, ctimeNs, dev, ino, nlink, mode };
}
/**
 * MD5 of the whole file and of the parts of each layout, in one pass and without leaving the thread.
 * Throws FileChangedError when the file is not what its stat said before and after. `onBytes` is told of every chunk.
 *
 * @param buffer of a mebibyte; a new one for each file takes as long as reading it
 */
function digestFile({ file, layouts }, onBytes, buffer = chunkBuffer()) {
    if (layouts.length === 0 && file.size <= buffer.length) {
        const md5 = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.hash)('md5', readInPlace(file, buffer.subarray(0, file.size)), 'hex');
        onBytes(file.size);
        return wholeDigest(md5);
    }
    for (const layout of layouts) {
        if ((0,_model_digest_index_js__WEBPACK_IMPORTED_MODULE_6__/* .layoutSize */ .ev)(layout) !== file.size)
            throw new RangeError(`a part layout of another size than ${file.size}`);
    }
    const whole = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('md5');
    const cutters = layouts.map((layout) => new PartCutter((0,_model_digest_index_js__WEBPACK_IMPORTED_MODULE_6__/* .partsOf */ .CI)(layout)));
    readThrough(file, 0, file.size, buffer, (bytes) => {
        whole.update(bytes);
        for (const cutter of cutters)
            cutter.update(bytes);
        onBytes(bytes.length);
    });
    const parts = cutters.map((cutter) => cutter.finish());
    return { md5: whole.digest('hex'), partMd5s: parts[0] ?? [], etags: parts.map(_model_digest_js__WEBPACK_IMPORTED_MODULE_5__/* .multipartETag */ .Eq) };
}
/** Throws FileChangedError. */
function chunkFile({ file, unit }, onBytes, buffer) {
    const chunker = new _model_chunks_js__WEBPACK_IMPORTED_MODULE_4__/* .Chunker */ .jH(unit);
    readThrough(file, 0, file.size, buffer, (bytes) => {
        chunker.update(bytes);
        onBytes(bytes.length);
    });
    return chunker.finish();
}
/** The parts of both layouts, of the same bytes. Throws FileChangedError. */
function digestRegion({ file, region }, onBytes, buffer) {
    const [one, other] = [region.one, region.other].map((sizes) => new PartCutter(sizes.map((size) => ({ size }))[Symbol.iterator]()));
    const size = region.one.reduce((sum, part) => sum + part, 0);
    readThrough(file, region.offset, size, buffer, (bytes) => {
        one.update(bytes);
        other.update(bytes);
        onBytes(bytes.length);
    });
    return { one: one.finish(), other: other.finish() };
}
/** Reads a range block by block, and proves that one state of the file was read. */
function readThrough(file, from, size, buffer, each) {
    const descriptor = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.openSync)(file.path, 'r');
    try {
        if (!sameStat(file, (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.fstatSync)(descriptor, { bigint: true })))
            throw new FileChangedError('it changed after the walk');
        for (let done = 0; done < size;) {
            const read = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.readSync)(descriptor, buffer, 0, Math.min(buffer.length, size - done), from + done);
            if (read === 0)
                throw new FileChangedError('it became shorter while it was read');
            each(buffer.subarray(0, read));
            done += read;
        }
        if (!sameStat(file, (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.fstatSync)(descriptor, { bigint: true })))
            throw new FileChangedError('it changed while it was read');
    }
    finally {
        (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.closeSync)(descriptor);
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
        this.#hash = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('md5');
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
        this.#hash = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('md5');
        this.#left = this.#sizes.next().value?.size ?? Number.POSITIVE_INFINITY;
    }
    finish() {
        this.#digests.push(this.#hash.digest('hex'));
        return this.#digests;
    }
}
/** A small file's bytes, proved to be one state of it. Throws FileChangedError otherwise. */
async function readWhole(file) {
    return withOpenFile(file, (handle) => readRange(handle, 0, file.size));
}
/** Files up to this size are read in place. Bytes. */
const IN_PLACE = 256 * 1024;
/** Milliseconds a file: above it, waiting costs more than handing the reads to the thread pool. */
const SLOW_MS = 1;
/** Reads that are judged together: a first one alone says nothing. */
const JUDGED_READS = 64;
/** Reads through the pool before the next ones are tried in place: what was slow may have been a moment of other work. */
const READS_THROUGH_POOL = 512;
/**
 * Reads small files whole. In place one takes some 50 µs, through the thread pool five calls and 260 µs of this thread;
 * so it is done in place as long as the file system answers from memory, and through the pool once it shows to be slow.
 *
 * @param now milliseconds
 */
function createWholeReader(now = () => performance.now()) {
    let reads = 0;
    let spent = 0;
    let throughPool = 0;
    return async (file) => {
        if (file.size > IN_PLACE)
            return readWhole(file);
        if (throughPool > 0) {
            throughPool--;
            return readWhole(file);
        }
        const start = now();
        const body = readInPlace(file, Buffer.allocUnsafe(file.size));
        spent += now() - start;
        if (++reads >= JUDGED_READS) {
            if (spent > SLOW_MS * reads)
                throughPool = READS_THROUGH_POOL;
            reads = 0;
            spent = 0;
        }
        return body;
    };
}
/** Fills `body`. The stat after the read is that of the walk: nothing changed between them, so one stat proves both ends. */
function readInPlace(file, body) {
    const descriptor = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.openSync)(file.path, 'r');
    try {
        for (let filled = 0; filled < file.size;) {
            const read = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.readSync)(descriptor, body, filled, file.size - filled, filled);
            if (read === 0)
                throw new FileChangedError('it became shorter after the walk');
            filled += read;
        }
        if (!sameStat(file, (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.fstatSync)(descriptor, { bigint: true })))
            throw new FileChangedError('it changed after the walk');
        return body;
    }
    catch (error) {
        // A directory by now: it cannot be read, and that is no fault of the disk.
        if (error instanceof FileChangedError || sameStat(file, (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.fstatSync)(descriptor, { bigint: true })))
            throw error;
        throw new FileChangedError('it changed after the walk');
    }
    finally {
        (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.closeSync)(descriptor);
    }
}
/** Opens a file, checks that it is what its stat said before and after `work`. */
async function withOpenFile(file, work) {
    const handle = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.open)(file.path, 'r');
    try {
        if (!sameStat(file, await handle.stat({ bigint: true })))
            throw new FileChangedError('it changed after the walk');
        const result = await work(handle);
        if (!sameStat(file, await handle.stat({ bigint: true })))
            throw new FileChangedError('it changed while it was read');
        return result;
    }
    finally {
        await handle.close();
    }
}
/** CRC32 of a file as S3 spells it: base64 of four bytes, the highest first. Throws FileChangedError. */
async function crc32Of(file) {
    return withOpenFile(file, async (handle) => {
        let sum = 0;
        for (let offset = 0; offset < file.size; offset += CHUNK) {
            sum = (0,node_zlib__WEBPACK_IMPORTED_MODULE_3__.crc32)(await readRange(handle, offset, Math.min(CHUNK, file.size - offset)), sum);
        }
        const bytes = Buffer.alloc(4);
        bytes.writeUInt32BE(sum);
        return bytes.toString('base64');
    });
}
async function readRange(handle, offset, size) {
    const buffer = Buffer.allocUnsafe(size);
    let filled = 0;
    while (filled < size) {
        const { bytesRead } = await handle.read(buffer, filled, size - filled, offset + filled);
        if (bytesRead === 0)
            throw new FileChangedError('it became shorter while it was read');
        filled += bytesRead;
    }
    return buffer;
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

// EXTERNAL MODULE: ./build/src/sync/explain.js
var explain = __webpack_require__(7770);
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
            const answers = ours.length === 0 ? [] : await store.delete(ours, signal);
            for (const answer of answers) {
                // What another run dropped is gone all the same.
                if (answer.deleted || answer.error.kind !== 'denied')
                    continue;
                throw new Error(`its journal could not be deleted: ${(0,explain/* explainDenied */.n)(answer.error)}`);
            }
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
