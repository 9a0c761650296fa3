export const id = 560;
export const ids = [560,939];
export const modules = {

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

/***/ 1710:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   A1: () => (/* binding */ parseIndex),
/* harmony export */   Ak: () => (/* binding */ formatInvalidation),
/* harmony export */   CI: () => (/* binding */ partsOf),
/* harmony export */   Cu: () => (/* binding */ formatLayout),
/* harmony export */   JR: () => (/* binding */ formatUpload),
/* harmony export */   Ng: () => (/* binding */ uniformLayout),
/* harmony export */   Qe: () => (/* binding */ formatIndex),
/* harmony export */   U8: () => (/* binding */ parseLayout),
/* harmony export */   db: () => (/* binding */ layoutParts),
/* harmony export */   ev: () => (/* binding */ layoutSize),
/* harmony export */   gW: () => (/* binding */ emptyIndex),
/* harmony export */   w2: () => (/* binding */ MAX_INDEX_BYTES)
/* harmony export */ });
/* unused harmony export EMPTY_INDEX */
/* harmony import */ var node_zlib__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8522);
/* harmony import */ var _digest_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6799);
/* harmony import */ var _invalidation_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(5135);



/**
 * What earlier runs learned, one text line each:
 *
 *     s3-dedup-sync-index 1
 *     <crc32 of the JSON, 8 hex digits> <JSON object>
 *
 * A line with `key` speaks of an object, one with `path` of a local file, one with `upload` of a multipart upload that
 * was begun and is not known to have ended, one with `pending` of a key whose delete waits, those with `invalidation`
 * of what a CloudFront distribution is still to be told, one with `machine` of the writer.
 * A damaged line is dropped and the others stand. Fields that this version does not know are kept when the
 * index is written again; `encryption` and `chunks` are reserved for them.
 */
const FIRST_LINE = 's3-dedup-sync-index 1';
/** An index that knows nothing, and to which lines can be appended. */
const EMPTY_INDEX = Buffer.from(`${FIRST_LINE}\n`);
/** An index of a million keys has some 250 MiB; anything above this is not ours. Bytes. */
const MAX_INDEX_BYTES = 1024 ** 3;
/** A line longer than this is not ours: a key is at most 1,024 bytes, a path 4,096. */
const MAX_LINE = 64 * 1024;
/**
 * Reads an index. Any bytes are allowed: what is not an intact line is dropped.
 *
 * @param journal lines that were appended since it was written; the last one may be cut short
 */
function parseIndex(bytes, journal = Buffer.alloc(0)) {
    const start = bytes.indexOf(0x0a);
    if (start < 0 || bytes.toString('latin1', 0, start) !== FIRST_LINE) {
        return { index: undefined, why: 'it is not an index of this version' };
    }
    const objects = new Map();
    const files = new Map();
    let machine = '';
    let writtenNs = 0n;
    let droppedLines = 0;
    let deploys = 0;
    const uploads = new Map();
    const pending = new Map();
    const invalidations = new Map();
    for (const record of recordsOf(journal, 0)) {
        if (record === undefined)
            continue;
        const entry = uploadEntry(record);
        if (entry !== undefined)
            uploads.set(entry[0], entry[1]);
        addInvalidation(invalidations, record);
    }
    for (const record of recordsOf(bytes, start + 1)) {
        if (record === undefined) {
            droppedLines++;
            continue;
        }
        const { key, path, upload, pending: waiting, invalidation, machine: writer } = record;
        if (typeof upload === 'string') {
            const entry = uploadEntry(record);
            if (entry === undefined)
                droppedLines++;
            else
                uploads.set(entry[0], entry[1]);
        }
        else if (typeof waiting === 'string') {
            const entry = pendingDelete(record);
            if (entry === undefined)
                droppedLines++;
            else
                pending.set(waiting, entry);
        }
        else if (invalidation !== undefined) {
            if (!addInvalidation(invalidations, record))
                droppedLines++;
        }
        else if (typeof key === 'string') {
            const entry = objectEntry(record);
            if (entry === undefined)
                droppedLines++;
            else
                objects.set(key, entry);
        }
        else if (typeof path === 'string') {
            const entry = fileEntry(record);
            if (entry === undefined)
                droppedLines++;
            else
                files.set(path, entry);
        }
        else if (typeof writer === 'string' && isDecimal(record.writtenNs)) {
            machine = writer;
            writtenNs = BigInt(record.writtenNs);
            if (isSize(record.deploys))
                deploys = record.deploys;
        }
    }
    // The line that is gone may have been one of these: half of what is owed is worse than not knowing.
    if (droppedLines > 0)
        invalidations.clear();
    const index = { machine, writtenNs, objects, files, uploads, deploys, pending, invalidations };
    return { index, droppedLines };
}
/** An index of a run that never wrote one: what its journal says. */
function emptyIndex(journal) {
    const parsed = parseIndex(EMPTY_INDEX, journal);
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
    const { machine, writtenNs, deploys } = index;
    yield line({ machine, writtenNs: writtenNs.toString(), ...(deploys === 0 ? {} : { deploys }) });
    for (const [key, { extra, ...entry }] of index.objects)
        yield line({ ...extra, key, ...entry });
    for (const [path, { extra, ...entry }] of index.files)
        yield line({ ...extra, path, ...entry });
    for (const [pending, entry] of index.pending)
        yield line({ pending, ...entry });
    for (const [distribution, paths] of index.invalidations)
        yield formatInvalidation(distribution, paths);
    for (const [upload, entry] of index.uploads)
        yield formatUpload(upload, entry);
}
/** A line of the journal. */
function formatUpload(upload, entry) {
    return line({ upload, ...entry });
}
/** Lines of index and journal; as many as the longest line asks for, at least one. */
function formatInvalidation(invalidation, paths) {
    let lines = '';
    let some = [];
    let length = 0;
    for (const path of paths) {
        if (length + path.length > MAX_LINE / 2) {
            lines += line({ invalidation, paths: some });
            some = [];
            length = 0;
        }
        some.push(path);
        length += path.length + 3;
    }
    return lines + line({ invalidation, paths: some });
}
function line(record) {
    const json = JSON.stringify(record);
    return `${(0,node_zlib__WEBPACK_IMPORTED_MODULE_0__.crc32)(json).toString(16).padStart(8, '0')} ${json}\n`;
}
function parseLine(bytes, start, end) {
    if (end - start < 11 || bytes[start + 8] !== 0x20)
        return undefined;
    const body = bytes.subarray(start + 9, end);
    if (bytes.toString('latin1', start, start + 8) !== (0,node_zlib__WEBPACK_IMPORTED_MODULE_0__.crc32)(body).toString(16).padStart(8, '0'))
        return undefined;
    try {
        const value = JSON.parse(body.toString('utf8'));
        return typeof value === 'object' && value !== null && !Array.isArray(value)
            ? value
            : undefined;
    }
    catch {
        // Not JSON although its checksum holds: foreign or hostile, dropped like any damaged line.
        return undefined;
    }
}
function objectEntry(record) {
    const { key: _, etag: rawETag, size, md5: rawMd5, parts, headers, source, class: asked, ...extra } = record;
    const etag = typeof rawETag === 'string' ? (0,_digest_js__WEBPACK_IMPORTED_MODULE_1__/* .parseETag */ .nn)(rawETag) : undefined;
    const md5 = typeof rawMd5 === 'string' ? (0,_digest_js__WEBPACK_IMPORTED_MODULE_1__/* .parseMd5 */ .S2)(rawMd5) : undefined;
    const isWrong = rawMd5 !== undefined && md5 === undefined;
    if (etag === undefined || isWrong || !isSize(size))
        return undefined;
    return {
        etag,
        size,
        ...(md5 === undefined ? {} : { md5 }),
        ...(typeof parts === 'string' && parseLayout(parts) !== undefined ? { parts } : {}),
        ...(typeof headers === 'string' ? { headers } : {}),
        ...(typeof source === 'string' ? { source } : {}),
        ...(typeof asked === 'string' ? { class: asked } : {}),
        ...(Object.keys(extra).length > 0 ? { extra } : {}),
    };
}
function fileEntry(record) {
    const { path: _, size, mtimeNs, ctimeNs, ino, md5: rawMd5, ...extra } = record;
    const md5 = typeof rawMd5 === 'string' ? (0,_digest_js__WEBPACK_IMPORTED_MODULE_1__/* .parseMd5 */ .S2)(rawMd5) : undefined;
    if (md5 === undefined || !isSize(size))
        return undefined;
    if (!isDecimal(mtimeNs) || !isDecimal(ctimeNs) || !isDecimal(ino))
        return undefined;
    return { size, mtimeNs, ctimeNs, ino, md5, ...(Object.keys(extra).length > 0 ? { extra } : {}) };
}
function pendingDelete(record) {
    const { etag: text, since, deploys } = record;
    const etag = typeof text === 'string' ? (0,_digest_js__WEBPACK_IMPORTED_MODULE_1__/* .parseETag */ .nn)(text) : undefined;
    return etag === undefined || !isSize(since) || !isSize(deploys) ? undefined : { etag, since, deploys };
}
/** Adds what a line says; false: it says nothing that may be believed. */
function addInvalidation(invalidations, { invalidation, paths }) {
    if (typeof invalidation !== 'string' || !(0,_invalidation_js__WEBPACK_IMPORTED_MODULE_2__/* .isDistribution */ .Rj)(invalidation) || !Array.isArray(paths))
        return false;
    const known = paths.filter((path) => typeof path === 'string' && (0,_invalidation_js__WEBPACK_IMPORTED_MODULE_2__/* .isInvalidationPath */ .eX)(path));
    if (known.length < paths.length)
        return false;
    invalidations.set(invalidation, [...new Set([...(invalidations.get(invalidation) ?? []), ...known])]);
    return true;
}
function uploadEntry(record) {
    const { upload, key, md5: rawMd5, size, parts, headers, begun, machine, pid } = record;
    const md5 = typeof rawMd5 === 'string' ? (0,_digest_js__WEBPACK_IMPORTED_MODULE_1__/* .parseMd5 */ .S2)(rawMd5) : undefined;
    if (typeof upload !== 'string' || upload === '' || typeof key !== 'string' || md5 === undefined)
        return undefined;
    if (typeof parts !== 'string' || typeof headers !== 'string' || typeof machine !== 'string')
        return undefined;
    const layout = parseLayout(parts);
    if (!isSize(size) || !isSize(begun) || !isSize(pid) || layout === undefined)
        return undefined;
    if (layoutSize(layout) !== size)
        return undefined;
    return [upload, { key: key, md5, size, parts, headers, begun, machine, pid }];
}
function isSize(value) {
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
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
/* harmony export */   Q: () => (/* binding */ classifyETag),
/* harmony export */   S2: () => (/* binding */ parseMd5),
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
    return (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('md5').update(bytes).digest('hex');
}
/** The `Content-MD5` spelling of a digest. */
function base64OfMd5(md5) {
    return Buffer.from(md5, 'hex').toString('base64');
}
/** The ETag that S3 gives a multipart object: the MD5 of its parts' MD5s, a hyphen, their number. */
function multipartETag(partMd5s) {
    const hash = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('md5');
    for (const md5 of partMd5s)
        hash.update(md5, 'hex');
    return `${hash.digest('hex')}-${partMd5s.length}`;
}


/***/ }),

/***/ 6061:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   HK: () => (/* binding */ storedSource),
/* harmony export */   PJ: () => (/* binding */ parseSource),
/* harmony export */   Qm: () => (/* binding */ PAGE_METADATA),
/* harmony export */   SG: () => (/* binding */ metadataMd5),
/* harmony export */   UJ: () => (/* binding */ SOURCE_METADATA),
/* harmony export */   Yr: () => (/* binding */ headerDigest),
/* harmony export */   iR: () => (/* binding */ fileAttributes),
/* harmony export */   iz: () => (/* binding */ HeaderPolicy),
/* harmony export */   j2: () => (/* binding */ formatSource),
/* harmony export */   qO: () => (/* binding */ objectHeaders),
/* harmony export */   x1: () => (/* binding */ formatAttributes)
/* harmony export */ });
/* unused harmony export contentTypeOf */
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);
/* harmony import */ var mime_types__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(4096);
/* harmony import */ var _digest_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6799);
/* harmony import */ var _header_rules_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(700);




/**
 * The Content-Type that a name stands for, with a charset for text. The table is mime-types at the exact
 * version in package.json: another table would refresh every object of every site, so it changes with a
 * major version alone.
 */
function contentTypeOf(name) {
    const base = name.slice(name.lastIndexOf('/') + 1);
    const type = mime_types__WEBPACK_IMPORTED_MODULE_1__.contentType(base.includes('.') ? base.slice(base.lastIndexOf('.')) : '.');
    return type === false ? 'application/octet-stream' : type;
}
/**
 * `x-amz-meta-s3cmd-attrs` as s3cmd writes and reads it: `md5:<hex>`, and with `preserve`
 * `md5:<hex>/mode:<decimal>/mtime:<seconds>`.
 */
function formatAttributes(md5, file) {
    if (file === undefined || file.redirect !== undefined)
        return `md5:${md5}`;
    const { mode, mtimeNs } = file.encoded?.source ?? file;
    return `md5:${md5}/mode:${mode}/mtime:${mtimeNs / 1000000000n}`;
}
/** The MD5 that an object's own metadata names: s3cmd's attributes, then rclone's `md5chksum` (base64). */
function metadataMd5(metadata) {
    for (const field of (metadata.get('s3cmd-attrs') ?? '').split('/')) {
        if (field.startsWith('md5:'))
            return (0,_digest_js__WEBPACK_IMPORTED_MODULE_2__/* .parseMd5 */ .S2)(field.slice('md5:'.length));
    }
    const rclone = metadata.get('md5chksum');
    return rclone === undefined ? undefined : (0,_digest_js__WEBPACK_IMPORTED_MODULE_2__/* .parseMd5 */ .S2)(Buffer.from(rclone, 'base64').toString('hex'));
}
/** Name of the metadata by which an encoded object says what it encodes. Without `x-amz-meta-`. */
const SOURCE_METADATA = 's3ds-source';
/** Metadata of a page's further name: a download of the tree leaves it out. */
const PAGE_METADATA = 's3ds-page';
/** `md5:<hex>/size:<bytes>/encoding:<gzip|br>` of the file that an encoded object holds. */
function formatSource({ encoding, md5, source }) {
    return `md5:${md5}/size:${source.size}/encoding:${encoding}`;
}
/** Parses what `formatSource` writes. */
function parseSource(text) {
    const match = /^md5:([0-9a-f]{32})\/size:(0|[1-9][0-9]{0,14})\/encoding:(gzip|br)$/.exec(text ?? '');
    const [, md5, size, encoding] = match ?? [];
    const parsed = (0,_digest_js__WEBPACK_IMPORTED_MODULE_2__/* .parseMd5 */ .S2)(md5);
    if (parsed === undefined)
        return undefined;
    return { md5: parsed, size: Number(size), encoding: encoding };
}
/**
 * The file that an object encodes, as its metadata says. That is believed when the digest that the object gives of its
 * stored bytes is its ETag, or where no ETag is a digest: who overwrites an object keeps metadata now and then.
 */
function storedSource(etag, { metadata, encryption, }) {
    const md5 = metadataMd5(metadata);
    if (md5 === undefined)
        return undefined;
    const isPlain = encryption === undefined || encryption === 'AES256';
    const kind = (0,_digest_js__WEBPACK_IMPORTED_MODULE_2__/* .classifyETag */ .Q)(etag);
    const isLarge = kind.kind === 'multipart' && kind.parts > 1;
    const proved = !isPlain || isLarge || etag === md5 || etag === (0,_digest_js__WEBPACK_IMPORTED_MODULE_2__/* .multipartETag */ .Eq)([md5]);
    return proved ? parseSource(metadata.get(SOURCE_METADATA)) : undefined;
}
/** As s3cmd and `preserve` write them, or the time as rclone does. */
function fileAttributes(metadata) {
    const fields = new Map();
    for (const field of (metadata.get('s3cmd-attrs') ?? '').split('/')) {
        const colon = field.indexOf(':');
        if (colon > 0)
            fields.set(field.slice(0, colon), field.slice(colon + 1));
    }
    const mode = /^[0-9]{1,7}$/.exec(fields.get('mode') ?? '')?.[0];
    const mtime = /^-?[0-9]{1,12}$/.exec(fields.get('mtime') ?? '')?.[0];
    const rclone = /^-?[0-9]{1,12}(?:\.[0-9]{1,9})?$/.exec(metadata.get('mtime') ?? '')?.[0];
    const time = mtime ?? rclone;
    return {
        ...(mode === undefined ? {} : { mode: Number(mode) }),
        ...(time === undefined ? {} : { mtime: Number(time) }),
    };
}
/** @param own metadata without `x-amz-meta-`: digests and times */
function objectHeaders(decided, own) {
    const { 'content-type': contentType = '', ...rest } = decided;
    const metadata = {};
    const fields = {};
    for (const [name, value] of Object.entries(rest)) {
        if (name.startsWith(META))
            metadata[name.slice(META.length)] = value;
        else
            fields[name] = value;
    }
    return { contentType, metadata: { ...metadata, ...own }, fields };
}
const META = 'x-amz-meta-';
/** What pages and other files get from `headers-defaults: website`; a change of these is a change of every site. */
const WEBSITE_DEFAULTS = {
    page: 'public, max-age=0, must-revalidate',
    immutable: 'public, max-age=31536000, immutable',
    other: 'public, max-age=3600',
};
/**
 * Decides the headers of every object: the inputs for every write, then the defaults for websites, then the rules.
 * The digests and times that go into metadata are no part of it.
 */
class HeaderPolicy {
    #write;
    #options;
    #immutable;
    /** Of the first name whose rules contradict one another. */
    #contradiction;
    /** @param immutable names that a build manifest vouches for: their content never changes */
    constructor(write, options, immutable = new Set()) {
        const { sse, kmsKeyId, storageClass, acl } = write;
        this.#write = {
            ...(sse === undefined ? {} : { 'x-amz-server-side-encryption': sse }),
            ...(kmsKeyId === undefined ? {} : { 'x-amz-server-side-encryption-aws-kms-key-id': kmsKeyId }),
            ...(storageClass === undefined ? {} : { 'x-amz-storage-class': storageClass }),
            ...(acl === undefined ? {} : { 'x-amz-acl': acl }),
        };
        this.#options = options;
        this.#immutable = immutable;
    }
    /** Said once the headers of all files were asked for. */
    get warnings() {
        return this.#contradiction === undefined ? [] : [this.#contradiction];
    }
    headersOf(file) {
        const page = file.page ?? file.name;
        const type = file.redirect === undefined ? contentTypeOf(page) : 'text/html; charset=utf-8';
        // An object brings its own type.
        const typed = file.object === undefined ? { 'content-type': type } : {};
        const headers = { ...typed, ...this.#write };
        const { defaults, rules } = this.#options;
        if (defaults === 'website') {
            const kind = type.startsWith('text/html')
                ? 'page'
                : this.#immutable.has(file.name)
                    ? 'immutable'
                    : 'other';
            headers['cache-control'] = WEBSITE_DEFAULTS[kind];
        }
        if (rules.length > 0) {
            const ruled = (0,_header_rules_js__WEBPACK_IMPORTED_MODULE_3__/* .applyHeaderRules */ .Nq)(rules, pathsOf(file));
            for (const [name, value] of ruled.headers) {
                if (value !== undefined)
                    headers[name] = value;
                else if (name !== 'content-type' && !(name in this.#write))
                    delete headers[name];
            }
            const { contradiction } = ruled;
            if (contradiction !== undefined) {
                const { lines, value } = contradiction;
                this.#contradiction ??= `the rules of lines ${[...new Set(lines)].join(' and ')} together give ${file.name} the Cache-Control "${value}", which contradicts itself: values of several rules are joined; put \`! Cache-Control\` into the one that shall replace the others`;
            }
        }
        if (headers.expires !== undefined)
            headers.expires = new Date(headers.expires).toUTCString();
        if (file.encoded !== undefined)
            headers['content-encoding'] = file.encoded.encoding;
        if (file.redirect !== undefined)
            headers['x-amz-website-redirect-location'] = file.redirect;
        return headers;
    }
    /** Headers that an object brings along, and over them what inputs and rules decide. */
    over(kept, file) {
        const headers = { ...kept };
        for (const [name, value] of (0,_header_rules_js__WEBPACK_IMPORTED_MODULE_3__/* .applyHeaderRules */ .Nq)(this.#options.rules, pathsOf(file)).headers) {
            if (value === undefined && name !== 'content-type')
                delete headers[name];
        }
        return { ...headers, ...this.headersOf(file) };
    }
    /** Whether a rule says in which encoding the file already is. */
    saysEncoding(file) {
        if (this.#options.rules.length === 0)
            return false;
        return (0,_header_rules_js__WEBPACK_IMPORTED_MODULE_3__/* .applyHeaderRules */ .Nq)(this.#options.rules, pathsOf(file)).headers.get('content-encoding') !== undefined;
    }
}
/** The paths under which readers find an object: a directory's index page is found under the directory too. */
function pathsOf({ name, page }) {
    const paths = [`/${name}`];
    if (page !== undefined && page !== name)
        paths.push(`/${page}`);
    const index = /^(?:(.*)\/)?index\.html?$/.exec(name);
    if (index !== null)
        paths.push(index[1] === undefined ? '/' : `/${index[1]}/`);
    if (index?.[1] !== undefined)
        paths.push(`/${index[1]}`);
    return paths;
}
/**
 * Header state of an object: SHA-256 over the sorted `name:value` lines, names in lower case, of every header
 * that an input or a rule set and of the inferred Content-Type. Mode and mtime are left out.
 */
function headerDigest(headers) {
    const lines = Object.entries(headers).map(([name, value]) => `${name.toLowerCase()}:${value}\n`);
    return (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('sha256').update(lines.sort().join('')).digest('hex');
}


/***/ }),

/***/ 9945:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   XZ: () => (/* binding */ MAX_COPY_SIZE),
/* harmony export */   vh: () => (/* binding */ ownLayout),
/* harmony export */   xF: () => (/* binding */ candidatePartSizes),
/* harmony export */   xf: () => (/* binding */ MULTIPART_THRESHOLD)
/* harmony export */ });
/* harmony import */ var _digest_index_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1710);

const MIB = 1024 * 1024;
/** Files of this size and more go up in parts. Bytes. */
const MULTIPART_THRESHOLD = 8 * MIB;
/** S3 takes at most this many parts of an upload. */
const MAX_PARTS = 10_000;
/** S3's largest source of one CopyObject; larger ones are copied by parts (C9). Bytes. */
const MAX_COPY_SIZE = 5 * 1024 ** 3;
/**
 * Our part size for a file, in bytes: 8 MiB, and above 78 GiB the next whole MiB that keeps within 10,000
 * parts. A function of the size alone, so that a later run can recompute the ETag without an index.
 */
function ownPartSize(size) {
    return Math.max(8 * MIB, Math.ceil(size / MAX_PARTS / MIB) * MIB);
}
function ownLayout(size) {
    return (0,_digest_index_js__WEBPACK_IMPORTED_MODULE_0__/* .uniformLayout */ .Ng)(size, ownPartSize(size));
}
/**
 * Part sizes that tools use by default, in MiB: aws-cli, boto3 and the Java SDK's transfer manager 8, rclone,
 * minio-go's lower bound and the SDKs' uploaders 5, s3cmd 15, s5cmd 50, mc 16 and 64, Cyberduck 10, others 32,
 * 100, 128 and more.
 */
const KNOWN_PART_MIB = [8, 5, 16, 15, 50, 10, 64, 32, 20, 25, 100, 128, 256, 512, 1024, 5 * 1024];
/**
 * Part sizes under which a file of `size` bytes has exactly `parts` parts, the likeliest first. Where a tool's
 * default makes more than 10,000 parts, aws-cli and boto3 double it (s3transfer, ChunksizeAdjuster); minio-go and
 * mc take the next multiple of it (optimalPartInfo); rclone takes the next whole MiB as we do (fs/chunksize);
 * aws-c-s3 and lib-storage divide by 10,000 and round up; the Go SDK, and s5cmd with it, rounds down and adds 1
 * (s3manager, initSize).
 */
function candidatePartSizes(size, parts) {
    // One part: any part size at least as large as the file gives the same ETag.
    if (parts === 1)
        return [size];
    const sizes = new Set([ownPartSize(size)]);
    for (const mib of KNOWN_PART_MIB) {
        const usual = mib * MIB;
        let doubled = usual;
        while (Math.ceil(size / doubled) > MAX_PARTS)
            doubled *= 2;
        sizes.add(doubled);
        if (doubled !== usual)
            sizes.add(Math.ceil(size / MAX_PARTS / usual) * usual);
    }
    if (size >= MAX_PARTS * 5 * MIB) {
        const least = size / MAX_PARTS;
        for (const partSize of [Math.ceil(least / MIB) * MIB, Math.ceil(least), Math.floor(least) + 1]) {
            sizes.add(partSize);
        }
    }
    return [...sizes].filter((partSize) => Math.ceil(size / partSize) === parts);
}


/***/ }),

/***/ 6592:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   A: () => (/* binding */ StoreError),
/* harmony export */   P: () => (/* binding */ etagsProve)
/* harmony export */ });
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
        super(message, options);
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


/***/ })

};
