export const id = 819;
export const ids = [819,631];
export const modules = {

/***/ 8090:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   B: () => (/* binding */ InPlace)
/* harmony export */ });
/* harmony import */ var node_timers_promises__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8500);

/** Milliseconds that the thread may be kept from everything else. */
const BREATH_MS = 3;
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
/* harmony export */   O: () => (/* binding */ makeDirectory),
/* harmony export */   f: () => (/* binding */ replaceFile)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(1455);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6760);



/**
 * Writes a file whole or not at all: to a temporary file beside it, then renamed. Piece by piece, as what is
 * written need not fit one string. Rejects with the system's error; the old file is then still there.
 *
 * Devices and pipes are left alone: as root a rename would put a file in the place of /dev/null, for all of the machine.
 */
async function replaceFile(path, pieces) {
    await makeDirectory((0,node_path__WEBPACK_IMPORTED_MODULE_2__.dirname)(path));
    const there = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.stat)(path).catch(() => undefined);
    if (there?.isFile() === false)
        throw new Error('it is not a regular file');
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

/***/ 7770:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   W: () => (/* binding */ explain),
/* harmony export */   n: () => (/* binding */ explainDenied)
/* harmony export */ });
/* harmony import */ var _model_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(4132);
/* harmony import */ var _store_object_store_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6592);
/* harmony import */ var _file_bytes_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6770);



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
    ListParts: 's3:ListMultipartUploadParts',
    DeleteObject: 's3:DeleteObject and s3:GetObject',
    DeleteObjects: 's3:DeleteObject and s3:GetObject',
};
/** What was denied, and what to allow. */
function explainDenied(error) {
    const { message, operation } = error;
    const named = NAMED_ACTION.exec(message)?.[1];
    const action = named ?? IAM_ACTIONS[operation] ?? `s3:${operation}`;
    const allow = whatToAllow(message, action);
    return isOfS3(error)
        ? `${operation} was denied (${toldOf(error)}): ${allow}`
        : `${notOfS3(error)}: check endpoint-url and proxy, or ${allow}`;
}
function whatToAllow(message, action) {
    const resource = action.startsWith('kms:') ? 'key' : 'bucket';
    const denying = DENYING_POLICY.exec(message)?.[1];
    if (denying !== undefined)
        return `take ${action} out of what the ${policyOf(denying, resource)} denies: that goes before whatever is allowed`;
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
/** S3 gives every refusal a code; what has none is of a proxy, a web page, another service. HEAD has no body at all. */
function isOfS3({ operation, status, message }) {
    return operation.startsWith('Head') || message !== `HTTP ${status}`;
}
function notOfS3({ operation, status }) {
    return `${operation} was answered with HTTP ${status} and no error of S3's, as a proxy or a web page answers`;
}
/** Why there was no answer: a server that was reached, but not trusted or not understood, is none that is away. */
function explainSilence({ code, message }, told) {
    if (/^(CERT_|SELF_SIGNED_CERT|DEPTH_ZERO_|UNABLE_TO_(GET|VERIFY)|ERR_TLS_CERT)/.test(code))
        return `the server's certificate is not accepted (${told}): set AWS_CA_BUNDLE to a file with that of its authority, or correct endpoint-url`;
    if (/^(EPROTO|ERR_SSL_)/.test(code)) {
        // What OpenSSL says has its own source files in it.
        const reason = /:SSL routines:[^:]*:([^:]+)/.exec(message)?.[1] ?? told;
        return `no TLS connection came about (${reason}): check that the port of endpoint-url speaks TLS, else begin it with http://`;
    }
    return `no answer from S3 (${told}) on any attempt: check endpoint-url, region, proxy and network`;
}
function toldOf({ code, message }) {
    if (message === '' || message === code)
        return code;
    // What has no name but this says all in its words.
    return code === 'Error' ? message : `${code}: ${message}`;
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
            if (error.code === 'NoListing') {
                return failure('server-error', `${what}: what ${error.operation} is answered with is no listing, on every attempt: check that endpoint-url is S3's and not of a web page, and the proxy`);
            }
            return failure('server-error', `${what}: ${error.operation} failed (${told}) on every attempt: run again`);
        case 'network':
            return failure('unreachable', `${what}: ${explainSilence(error, told)}`);
        case 'aborted':
            return failure('cancelled', `${what}: stopped`);
        case 'rejected':
            if (error.code === 'ObjectParentIsFile') {
                return failure('rejected', `${what}: this server keeps objects as files, and a part of the key is an object there (${told}): delete that object by hand first`);
            }
            if (!isOfS3(error))
                return failure('rejected', `${what}: ${notOfS3(error)}: check endpoint-url and proxy`);
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
            return usage('no-such-bucket', 'there is no such bucket: check its name, the endpoint and the account');
        case 'PermanentRedirect':
        case 'AuthorizationHeaderMalformed':
        case 'IllegalLocationConstraintException':
        case '301':
        case '307':
            return usage('wrong-region', isOfS3(error)
                ? `S3 answers that the region is wrong (${told}): set region to the bucket's`
                : `${error.operation} is redirected (${told}), and no redirect is followed: set endpoint-url to where it leads, or region to the bucket's`);
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

/***/ 6770:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  jL: () => (/* binding */ FileChangedError),
  QM: () => (/* binding */ NO_WAITING),
  rq: () => (/* binding */ READING),
  fx: () => (/* binding */ Scratch),
  zy: () => (/* binding */ canSplit),
  E9: () => (/* binding */ chunkFile),
  f3: () => (/* binding */ crc32Of),
  Pk: () => (/* binding */ createWholeReader),
  TM: () => (/* binding */ digestFile),
  mw: () => (/* binding */ digestNext),
  zf: () => (/* binding */ digestParts),
  NC: () => (/* binding */ digestRegion),
  GU: () => (/* binding */ digestWhole),
  Dx: () => (/* binding */ distinctParts),
  xZ: () => (/* binding */ isCut),
  oR: () => (/* binding */ joined),
  TJ: () => (/* binding */ lanesOf),
  qX: () => (/* binding */ readRange),
  yD: () => (/* binding */ restat),
  q2: () => (/* binding */ wholeDigest),
  lv: () => (/* binding */ withOpenFile)
});

// UNUSED EXPORTS: areSeveral, digestFiles, prepareLanes

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: external "node:zlib"
var external_node_zlib_ = __webpack_require__(8522);
// EXTERNAL MODULE: ./build/src/disk/in-place.js
var in_place = __webpack_require__(8090);
// EXTERNAL MODULE: ./build/src/model/chunks.js
var chunks = __webpack_require__(9621);
// EXTERNAL MODULE: ./build/src/model/digest.js
var digest = __webpack_require__(6799);
// EXTERNAL MODULE: ./build/src/model/digest-index.js + 1 modules
var digest_index = __webpack_require__(6112);
// EXTERNAL MODULE: ./build/src/sync/lstat.js
var lstat = __webpack_require__(5631);
// EXTERNAL MODULE: ./build/src/sync/md5-module.js
var md5_module = __webpack_require__(4446);
;// CONCATENATED MODULE: ./build/src/sync/md5-lanes.js



/** What is summed at a time: ranges that begin at multiples of it have comparable sums. Bytes. */
const GRANULE = 64 * 1024;
/** Read at a time for each lane: the second-level cache has room for all. */
const PIECE = GRANULE;
/** Room for what MD5 puts after the last bytes. */
const PADDING = 2 * md5_module/* BLOCK */.IE;
const LANE_BYTES = PIECE + PADDING;
/** Of lanes that end where others go on. */
const PADS_AT = md5_module/* DATA_AT */.Xy + md5_module/* LANES */.Ci * LANE_BYTES;
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
        const initial = Math.ceil((PADS_AT + md5_module/* LANES */.Ci * PADDING) / PAGE);
        const memory = new WebAssembly.Memory({ initial });
        this.#bytes = Buffer.from(memory.buffer);
        this.#view = new DataView(memory.buffer);
        this.#sums = new Uint32Array(memory.buffer, md5_module/* SUM_AT */.gB, SUM_WORDS);
        this.buffer = this.#bytes.subarray(md5_module/* DATA_AT */.Xy, md5_module/* DATA_AT */.Xy + md5_module/* LANES */.Ci * GRANULE);
        md5_lanes_Md5Lanes.#module ??= new WebAssembly.Module((0,md5_module/* md5Module */.JN)());
        this.#code = new WebAssembly.Instance(md5_lanes_Md5Lanes.#module, { env: { memory } }).exports;
        (0,md5_module/* writeConstants */.Nc)(this.#view);
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
            return sizes.every((size, i) => digests[i] === (0,digest/* md5Of */.iF)(bytes.subarray(0, size)));
        }
        catch {
            return false;
        }
    }
    /** Adds the first bytes of `buffer` to a sum: those of the file from `offset`, a multiple of `GRANULE`, on. */
    add(offset, size, sum) {
        for (let at = 0; at < size; at += GRANULE)
            this.#add(md5_module/* DATA_AT */.Xy + at, Math.min(GRANULE, size - at), (offset + at) / GRANULE, sum);
    }
    #add(from, size, granule, sum) {
        if (size === 0)
            return;
        const vectors = Math.ceil(size / md5_module/* WORD_VECTOR */.Bs);
        this.#bytes.fill(0, from + size, from + vectors * md5_module/* WORD_VECTOR */.Bs);
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
        const free = Array.from({ length: md5_module/* LANES */.Ci }, (_, lane) => lane);
        for (const lane of free)
            this.#point(lane, md5_module/* DATA_AT */.Xy);
        const feeds = new Set();
        for (let next = waiting.next();;) {
            while (next.done !== true) {
                const { layouts = [] } = next.value;
                const needed = 1 + layouts.length;
                if (needed > md5_module/* LANES */.Ci)
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
                    this.#point(lane, md5_module/* DATA_AT */.Xy);
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
                feed.next += blocks * md5_module/* BLOCK */.IE;
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
        this.#view.setUint32(md5_module/* POINTERS_AT */.f5 + 4 * lane, to, true);
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
        const tail = piece % md5_module/* BLOCK */.IE;
        const blocks = Math.ceil((tail + 9) / md5_module/* BLOCK */.IE);
        const states = Buffer.from(this.#bytes.subarray(md5_module/* STATES_AT */.V, md5_module/* STATES_AT */.V + md5_module/* STATES_BYTES */.RX));
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
        states.copy(this.#bytes, md5_module/* STATES_AT */.V);
        for (const running of ended)
            this.#beginNext(running);
    }
    /** The next bytes; with the last ones what MD5 puts after them, where one lane alone hashes them. */
    #fill(feed) {
        const { range, digests } = feed;
        const from = md5_module/* DATA_AT */.Xy + digests[0].lane * LANE_BYTES;
        const size = Math.min(PIECE, range.size - feed.done);
        range.read(this.#bytes.subarray(from, from + size));
        if (range.sum !== undefined)
            this.#add(from, size, (range.offset + feed.done) / GRANULE, range.sum);
        feed.done += size;
        feed.next = from;
        feed.piece = size;
        feed.blocks = Math.floor(size / md5_module/* BLOCK */.IE);
        if (feed.done < range.size || digests.length > 1)
            return;
        feed.blocks = Math.ceil((size + 9) / md5_module/* BLOCK */.IE);
        this.#pad(from, size, feed.blocks, range.size);
        feed.isPadded = true;
    }
    /** What MD5 puts behind the last bytes of a message of `size`. */
    #pad(from, bytes, blocks, size) {
        const end = from + blocks * md5_module/* BLOCK */.IE;
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
    return md5_module/* STATES_AT */.V + (word * md5_module/* LANES */.Ci + lane) * 4;
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
    return { md5, partMd5s: all[0] ?? NO_PARTS, etags: all.map(digest/* multipartETag */.Eq) };
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
    return lanes <= md5_module/* LANES */.Ci && layouts.every(isGranular) ? lanes : 0;
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
    return jobs.length > 1 && lanes >= WORTH_LANES && Md5Lanes.isSupported;
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
        return (0,chunks/* cutChunks */.bF)(file.size, unit, bytesFrom, older);
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
/** Opens a file, checks that it is what its stat said before and after `work`. */
async function withOpenFile(file, work) {
    const handle = await (0,promises_.open)(file.path, READING);
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
// EXTERNAL MODULE: ./build/src/model/digest-index.js + 1 modules
var digest_index = __webpack_require__(6112);
// EXTERNAL MODULE: ./build/src/model/errors.js
var errors = __webpack_require__(4132);
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
const NEWLINE = 0x0a;
/** The index in a file of this machine: replaced by a rename, so that a full disk leaves the old one. */
function fileIndexStorage(path) {
    const journal = (0,digest_index/* journalPath */.HY)(path);
    const clear = () => (0,promises_.rm)(journal, { force: true });
    /** Whether it is known to end with a line. */
    let isWhole = false;
    return {
        trust: { remote: false, local: true, grace: true },
        load: () => readRegular(path),
        async save(pieces) {
            await naming(path, (0,replace_file/* replaceFile */.f)(path, pieces));
            await clear();
        },
        journal: {
            ofEndedRuns: false,
            load: async () => (await readRegular(journal)) ?? Buffer.alloc(0),
            append: groupCommit(async (lines) => {
                const wasWhole = isWhole;
                isWhole = false;
                await naming(journal, appendLines(journal, lines, wasWhole));
                isWhole = true;
            }),
            clear,
        },
    };
}
/** What a full disk or a killed run left of a line would take the next one along. */
async function appendLines(path, lines, isWhole) {
    await (0,promises_.mkdir)((0,external_node_path_.dirname)(path), { recursive: true });
    const last = isWhole ? undefined : (await readRegular(path))?.at(-1);
    await (0,promises_.appendFile)(path, last === undefined || last === NEWLINE ? lines : `\n${lines}`);
}
/** A full disk is told without the file, and the command line chooses where the index lies. */
async function naming(path, writing) {
    try {
        await writing;
    }
    catch (error) {
        throw new Error(`${path}: ${(0,errors/* messageOf */.bD)(error)}`, { cause: error });
    }
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
        trust: { remote: inDestination, local: inDestination, grace: inDestination },
        async load(signal) {
            return (await store.read(key, digest_index/* MAX_INDEX_BYTES */.w2, signal))?.bytes;
        },
        async save(pieces, signal) {
            await put(key, Buffer.concat([...pieces]), signal);
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
                await (0,concurrency/* forEachConcurrent */.C6)([...journalKeys], JOURNAL_REQUESTS, async (at) => {
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


/***/ }),

/***/ 5631:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   D: () => (/* binding */ createLstat),
/* harmony export */   q: () => (/* binding */ statFields)
/* harmony export */ });
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3024);
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(1455);
/* harmony import */ var _disk_in_place_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(8090);
/* harmony import */ var _system_error_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(1515);




const LIMITS = { slowMs: 0.2, judged: 100, through: 2_000 };
/**
 * Calls lstat for a few dozen paths at a time. In place a call takes 4 µs; through the thread pool it takes
 * 11-17 µs of this thread alone (Node 20, 140,000 files of one directory). See `InPlace`; in place with a breath for
 * everything else that runs.
 *
 * `now` is in milliseconds.
 */
function createLstat(now) {
    const inPlace = new _disk_in_place_js__WEBPACK_IMPORTED_MODULE_2__/* .InPlace */ .B(LIMITS, now);
    return (paths) => inPlace.call(() => paths.map(lookInPlace), () => lookThroughPool(paths), paths.length);
}
function lookInPlace(path) {
    try {
        return (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.lstatSync)(path, { bigint: true, throwIfNoEntry: false });
    }
    catch (error) {
        return lookOf(error);
    }
}
/** One after the other: the caller has many calls of this function in flight. */
async function lookThroughPool(paths) {
    const looks = [];
    for (const path of paths)
        looks.push(await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.lstat)(path, { bigint: true }).catch(lookOf));
    return looks;
}
function lookOf(error) {
    return (0,_system_error_js__WEBPACK_IMPORTED_MODULE_3__/* .isGone */ .ST)(error) ? undefined : { error };
}
/** What a stat says of a file. */
function statFields(stats) {
    const { mtimeNs, ctimeNs, dev, ino } = stats;
    const [size, nlink, mode] = [Number(stats.size), Number(stats.nlink), Number(stats.mode)];
    return { size, mtimeNs, ctimeNs, dev, ino, nlink, mode };
}


/***/ }),

/***/ 4446:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Bs: () => (/* binding */ WORD_VECTOR),
/* harmony export */   Ci: () => (/* binding */ LANES),
/* harmony export */   IE: () => (/* binding */ BLOCK),
/* harmony export */   JN: () => (/* binding */ md5Module),
/* harmony export */   Nc: () => (/* binding */ writeConstants),
/* harmony export */   RX: () => (/* binding */ STATES_BYTES),
/* harmony export */   V: () => (/* binding */ STATES_AT),
/* harmony export */   Xy: () => (/* binding */ DATA_AT),
/* harmony export */   f5: () => (/* binding */ POINTERS_AT),
/* harmony export */   gB: () => (/* binding */ SUM_AT)
/* harmony export */ });
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
function name(text) {
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
        ...section(2, list([[...name('env'), ...name('memory'), 2, 0, 1]])),
        ...section(3, list([[0], [1]])),
        ...section(7, list([
            [...name('hash'), 0, 0],
            [...name('sum'), 0, 1],
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


/***/ }),

/***/ 1515:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   A3: () => (/* binding */ reasonOf),
/* harmony export */   CA: () => (/* binding */ errorCode),
/* harmony export */   ST: () => (/* binding */ isGone)
/* harmony export */ });
/* harmony import */ var _model_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(4132);

/** `ENOENT` and its like; undefined for anything that is not a system error. */
function errorCode(error) {
    if (typeof error !== 'object' || error === null || !('code' in error))
        return undefined;
    return typeof error.code === 'string' ? error.code : undefined;
}
/** Nothing is there; or a directory above it was replaced by something else. */
function isGone(error) {
    const code = errorCode(error);
    return code === 'ENOENT' || code === 'ENOTDIR';
}
/** `EACCES`: Node's own sentence would repeat the path. */
function reasonOf(error) {
    return errorCode(error) ?? (0,_model_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .messageOf */ .bD)(error);
}


/***/ })

};
