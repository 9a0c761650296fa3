import { createRequire as __WEBPACK_EXTERNAL_createRequire } from "module";
var __webpack_exports__ = {};

;// CONCATENATED MODULE: external "node:worker_threads"
const external_node_worker_threads_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:worker_threads");
;// CONCATENATED MODULE: external "node:crypto"
const external_node_crypto_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:crypto");
;// CONCATENATED MODULE: external "node:fs"
const external_node_fs_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs");
;// CONCATENATED MODULE: external "node:fs/promises"
const promises_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs/promises");
;// CONCATENATED MODULE: external "node:stream"
const external_node_stream_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:stream");
;// CONCATENATED MODULE: external "node:stream/promises"
const external_node_stream_promises_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:stream/promises");
;// CONCATENATED MODULE: external "node:util"
const external_node_util_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:util");
;// CONCATENATED MODULE: external "node:zlib"
const external_node_zlib_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:zlib");
;// CONCATENATED MODULE: ./build/src/model/digest.js

/** The MD5 of zero bytes. */
const EMPTY_MD5 = 'd41d8cd98f00b204e9800998ecf8427e';
const HEX32 = /^[0-9a-f]{32}$/;
const MULTIPART = /^[0-9a-f]{32}-([1-9][0-9]{0,4})$/;
/** Parses 32 lower-case hex digits; anything else is `undefined`. */
function digest_parseMd5(text) {
    return text !== undefined && HEX32.test(text) ? text : undefined;
}
/** Takes the quotes off an entity tag; servers differ in whether they write them. Empty is `undefined`. */
function digest_parseETag(text) {
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
    return (0,external_node_crypto_namespaceObject.hash)('md5', bytes, 'hex');
}
/** The `Content-MD5` spelling of a digest. */
function base64OfMd5(md5) {
    return Buffer.from(md5, 'hex').toString('base64');
}
/** The ETag that S3 gives a multipart object: the MD5 of its parts' MD5s, a hyphen, their number. */
function multipartETag(partMd5s) {
    const hash = (0,external_node_crypto_namespaceObject.createHash)('md5');
    for (const md5 of partMd5s)
        hash.update(md5, 'hex');
    return `${hash.digest('hex')}-${partMd5s.length}`;
}

;// CONCATENATED MODULE: ./build/src/model/chunks.js

const KIB = 1024;
const MIB = 1024 * KIB;
/** Files of this size are cut into chunks: below it a plain upload is over before much could be spared. Bytes. */
const LEAST_FILE = 64 * MIB;
const MOST_FILE = (/* unused pure expression or super */ null && (4 * 1024 ** 4));
/** Chunks of one file: what the index has to carry is bounded. */
const MOST_CHUNKS = 8_192;
/** Of a size and of a CRC32 each. */
const BYTES_A_CHUNK = 8;
/** Base64 of as many chunks as a file can have. Characters. */
const MOST_TEXT = Math.ceil(((MOST_CHUNKS + 1) * BYTES_A_CHUNK) / 3) * 4;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/**
 * The measure of a file's chunks: none but the last is smaller than two of it, one has three on average, none more than
 * eight. `undefined`: the file is not cut.
 */
function chunkUnit(size) {
    if (size < LEAST_FILE || size > MOST_FILE)
        return undefined;
    let unit = 128 * KIB;
    while (size / (2 * unit) > MOST_CHUNKS)
        unit *= 2;
    return unit;
}
/** Every bit of a byte moves every bit of its number: MurmurHash3's finalizer. */
const GEAR = Int32Array.from({ length: 256 }, (_, byte) => {
    let mixed = Math.imul(byte + 1, 0x9e3779b1);
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return mixed ^ (mixed >>> 16);
});
/**
 * Cuts a stream of bytes: FastCDC's gear hash (https://www.usenix.org/conference/atc16/technical-sessions/presentation/xia),
 * which looks at no byte that is too near to the last border. 600 MiB/s of those that it looks at, a third.
 */
class Chunker {
    #least;
    #most;
    #mask;
    #sizes = [];
    #sums = [];
    #size = 0;
    #sum = 0;
    #hash = 0;
    /** @param unit as `chunkUnit` has it, a power of two */
    constructor(unit) {
        this.#least = 2 * unit;
        this.#most = 8 * unit;
        // The high bits: each of the last 32 bytes has moved them.
        this.#mask = -1 << (32 - Math.log2(unit));
    }
    update(bytes) {
        let start = 0;
        for (let at = 0; at < bytes.length;) {
            if (this.#size < this.#least) {
                const skipped = Math.min(this.#least - this.#size, bytes.length - at);
                this.#size += skipped;
                at += skipped;
                continue;
            }
            const limit = Math.min(bytes.length, at + this.#most - this.#size);
            const end = this.#scan(bytes, at, limit);
            const isBorder = (this.#hash & this.#mask) === 0;
            this.#size += end - at;
            at = end;
            if (isBorder || this.#size === this.#most) {
                this.#cut(bytes.subarray(start, at));
                start = at;
            }
        }
        this.#sum = (0,external_node_zlib_namespaceObject.crc32)(bytes.subarray(start), this.#sum);
    }
    /** The end of the first byte that is a border, or `limit`. */
    #scan(bytes, from, limit) {
        const mask = this.#mask;
        let hash = this.#hash;
        let at = from;
        while (at < limit) {
            hash = ((hash << 1) + GEAR[bytes[at++]]) | 0;
            if ((hash & mask) === 0)
                break;
        }
        this.#hash = hash;
        return at;
    }
    #cut(rest) {
        this.#sizes.push(this.#size);
        this.#sums.push((0,external_node_zlib_namespaceObject.crc32)(rest, this.#sum));
        this.#size = 0;
        this.#sum = 0;
        this.#hash = 0;
    }
    finish() {
        if (this.#size > 0)
            this.#cut(new Uint8Array(0));
        return { sizes: Uint32Array.from(this.#sizes), sums: Uint32Array.from(this.#sums) };
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
function chunks_isChunksText(value) {
    return typeof value === 'string' && value.length <= MOST_TEXT && BASE64.test(value);
}
/** `undefined`: these are no chunks of an object of `size` bytes. */
function parseChunks(text, size) {
    if (!chunks_isChunksText(text))
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
    const starts = new Map();
    const bySum = new Map();
    const offsets = [];
    let total = 0;
    for (const [i, size] of other.sizes.entries()) {
        starts.set(total, i);
        offsets.push(total);
        const sum = other.sums[i];
        if (!bySum.has(sum))
            bySum.set(sum, i);
        total += size;
    }
    const isSame = (i, at) => at !== undefined && other.sums[at] === file.sums[i] && other.sizes[at] === file.sizes[i];
    const stretches = [];
    let offset = 0;
    // How far the last match had moved: of chunks that occur more than once, the one that moved as far.
    let moved = 0;
    for (const [i, size] of file.sizes.entries()) {
        const near = starts.get(offset + moved);
        const at = isSame(i, near) ? near : bySum.get(file.sums[i]);
        if (isSame(i, at)) {
            const from = offsets[at];
            moved = from - offset;
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

;// CONCATENATED MODULE: ./build/src/model/digest-index.js




/**
 * What earlier runs learned, one text line each:
 *
 *     s3-dedup-sync-index 1
 *     <crc32 of the JSON, 8 hex digits> <JSON object>
 *
 * A line with `key` speaks of an object, one with `path` of a local file, one with `upload` of a multipart upload that
 * was begun and is not known to have ended, one with `pending` of a key whose delete waits, those with `invalidation`
 * of what a CloudFront distribution is still to be told, one with `machine` of the writer. A line with `destination`,
 * which may be the writer's, says of which place the lines after it speak; those about local files speak of no place.
 * A damaged line is dropped and the others stand. Fields that this version does not know are kept when the
 * index is written again; `encryption` is reserved for one.
 */
const FIRST_LINE = 's3-dedup-sync-index 1';
/** An index that knows nothing, and to which lines can be appended. */
const EMPTY_INDEX = Buffer.from(`${FIRST_LINE}\n`);
/** An index of a million keys has some 250 MiB; anything above this is not ours. Bytes. */
const MAX_INDEX_BYTES = (/* unused pure expression or super */ null && (1024 ** 3));
/** Lines of an index of that length have some 250 bytes; short ones are cheap to forge and take five times their memory. */
const MAX_LINES = 4_000_000;
/** A line longer than this is not ours: a key is at most 1,024 bytes, chunks are 86 KiB, and 10,000 parts 130 KiB. */
const MAX_LINE = (/* unused pure expression or super */ null && (256 * 1024));
/** Paths of one line. Characters. */
const MAX_LINE_OF_PATHS = (/* unused pure expression or super */ null && (32 * 1024));
/**
 * Reads an index. Any bytes are allowed: what is not an intact line is dropped.
 *
 * @param journal lines that were appended since it was written; the last one may be cut short
 * @param destination what lines say of objects, uploads and invalidations of another one is left out; absent: nothing is
 */
function parseIndex(bytes, journal = Buffer.alloc(0), destination) {
    const start = bytes.indexOf(0x0a);
    if (start < 0 || bytes.toString('latin1', 0, start) !== FIRST_LINE) {
        return { index: undefined, why: 'it is not an index of this version' };
    }
    const objects = new Map();
    const files = new Map();
    let machine = '';
    let writtenNs = 0n;
    let written;
    let droppedLines = 0;
    let deploys = 0;
    const uploads = new Map();
    const pending = new Map();
    const invalidations = new Map();
    let speaksOf;
    const isElsewhere = (record) => {
        if (typeof record.destination === 'string')
            speaksOf = record.destination;
        return destination !== undefined && speaksOf !== undefined && speaksOf !== destination;
    };
    for (const record of recordsOf(journal, 0)) {
        if (record === undefined || isElsewhere(record))
            continue;
        const entry = uploadEntry(record);
        if (entry !== undefined)
            uploads.set(entry[0], entry[1]);
        addInvalidation(invalidations, record);
    }
    speaksOf = undefined;
    let lines = 0;
    for (const record of recordsOf(bytes, start + 1)) {
        if (++lines > MAX_LINES)
            return { index: undefined, why: `it has more than ${MAX_LINES} lines` };
        if (record === undefined) {
            droppedLines++;
            continue;
        }
        const { key, path, upload, pending: waiting, invalidation, machine: writer } = record;
        const elsewhere = isElsewhere(record);
        if (elsewhere && typeof path !== 'string' && typeof writer !== 'string')
            continue;
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
            written = speaksOf;
            if (isSize(record.deploys) && !elsewhere)
                deploys = record.deploys;
        }
    }
    // The line that is gone may have been one of these: half of what is owed is worse than not knowing.
    if (droppedLines > 0)
        invalidations.clear();
    const place = written === undefined ? {} : { destination: written };
    const index = { machine, ...place, writtenNs, objects, files, uploads, deploys, pending, invalidations };
    return { index, droppedLines };
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
/** A line of the journal, before those that are about the destination. */
function formatDestination(destination) {
    return line({ destination });
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
        if (length + path.length > MAX_LINE_OF_PATHS) {
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
    return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}
function parseLine(bytes, start, end) {
    if (end - start < 11 || bytes[start + 8] !== 0x20)
        return undefined;
    const body = bytes.subarray(start + 9, end);
    if (bytes.toString('latin1', start, start + 8) !== crc32(body).toString(16).padStart(8, '0'))
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
    const { key: _, etag: rawETag, size, md5: rawMd5, parts, headers, source, class: asked, ...more } = record;
    const { modified, written, chunks, ...extra } = more;
    const etag = typeof rawETag === 'string' ? parseETag(rawETag) : undefined;
    const md5 = typeof rawMd5 === 'string' ? parseMd5(rawMd5) : undefined;
    const isWrong = rawMd5 !== undefined && md5 === undefined;
    if (etag === undefined || isWrong || !isSize(size))
        return undefined;
    return {
        etag,
        size,
        ...(md5 === undefined ? {} : { md5 }),
        ...(typeof parts === 'string' && parseLayout(parts) !== undefined ? { parts } : {}),
        ...(isChunksText(chunks) ? { chunks } : {}),
        ...(typeof headers === 'string' ? { headers } : {}),
        ...(typeof source === 'string' ? { source } : {}),
        ...(typeof asked === 'string' ? { class: asked } : {}),
        ...(isSize(modified) ? { modified } : {}),
        ...(isSize(written) ? { written } : {}),
        ...(Object.keys(extra).length > 0 ? { extra } : {}),
    };
}
function fileEntry(record) {
    const { path: _, size, mtimeNs, ctimeNs, ino, md5: rawMd5, ...extra } = record;
    const md5 = typeof rawMd5 === 'string' ? parseMd5(rawMd5) : undefined;
    if (md5 === undefined || !isSize(size))
        return undefined;
    if (!isDecimal(mtimeNs) || !isDecimal(ctimeNs) || !isDecimal(ino))
        return undefined;
    return { size, mtimeNs, ctimeNs, ino, md5, ...(Object.keys(extra).length > 0 ? { extra } : {}) };
}
function pendingDelete(record) {
    const { etag: text, since, deploys } = record;
    const etag = typeof text === 'string' ? parseETag(text) : undefined;
    return etag === undefined || !isSize(since) || !isSize(deploys) ? undefined : { etag, since, deploys };
}
/** Adds what a line says; false: it says nothing that may be believed. */
function addInvalidation(invalidations, { invalidation, paths }) {
    if (typeof invalidation !== 'string' || !isDistribution(invalidation) || !Array.isArray(paths))
        return false;
    const known = paths.filter((path) => typeof path === 'string' && isInvalidationPath(path));
    if (known.length < paths.length)
        return false;
    invalidations.set(invalidation, [...new Set([...(invalidations.get(invalidation) ?? []), ...known])]);
    return true;
}
function uploadEntry(record) {
    const { upload, key, md5: rawMd5, size, parts, headers, begun, machine, pid } = record;
    const md5 = typeof rawMd5 === 'string' ? parseMd5(rawMd5) : undefined;
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

;// CONCATENATED MODULE: ./build/src/sync/file-bytes.js







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
    const now = await stat(file.path, { bigint: true });
    if (!now.isFile())
        throw new FileChangedError('it is no longer a regular file');
    if ((await realpath(file.path)) !== file.real)
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
        const md5 = (0,external_node_crypto_namespaceObject.hash)('md5', readInPlace(file, buffer.subarray(0, file.size)), 'hex');
        onBytes(file.size);
        return wholeDigest(md5);
    }
    for (const layout of layouts) {
        if (layoutSize(layout) !== file.size)
            throw new RangeError(`a part layout of another size than ${file.size}`);
    }
    const whole = (0,external_node_crypto_namespaceObject.createHash)('md5');
    const cutters = layouts.map((layout) => new PartCutter(partsOf(layout)));
    readThrough(file, 0, file.size, buffer, (bytes) => {
        whole.update(bytes);
        for (const cutter of cutters)
            cutter.update(bytes);
        onBytes(bytes.length);
    });
    const parts = cutters.map((cutter) => cutter.finish());
    return { md5: whole.digest('hex'), partMd5s: parts[0] ?? [], etags: parts.map(multipartETag) };
}
/** Throws FileChangedError. */
function chunkFile({ file, unit }, onBytes, buffer) {
    const chunker = new Chunker(unit);
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
    const descriptor = (0,external_node_fs_namespaceObject.openSync)(file.path, 'r');
    try {
        if (!sameStat(file, (0,external_node_fs_namespaceObject.fstatSync)(descriptor, { bigint: true })))
            throw new FileChangedError('it changed after the walk');
        for (let done = 0; done < size;) {
            const read = (0,external_node_fs_namespaceObject.readSync)(descriptor, buffer, 0, Math.min(buffer.length, size - done), from + done);
            if (read === 0)
                throw new FileChangedError('it became shorter while it was read');
            each(buffer.subarray(0, read));
            done += read;
        }
        if (!sameStat(file, (0,external_node_fs_namespaceObject.fstatSync)(descriptor, { bigint: true })))
            throw new FileChangedError('it changed while it was read');
    }
    finally {
        (0,external_node_fs_namespaceObject.closeSync)(descriptor);
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
        this.#hash = (0,external_node_crypto_namespaceObject.createHash)('md5');
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
        this.#hash = (0,external_node_crypto_namespaceObject.createHash)('md5');
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
const IN_PLACE = (/* unused pure expression or super */ null && (256 * 1024));
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
    const descriptor = (0,external_node_fs_namespaceObject.openSync)(file.path, 'r');
    try {
        for (let filled = 0; filled < file.size;) {
            const read = (0,external_node_fs_namespaceObject.readSync)(descriptor, body, filled, file.size - filled, filled);
            if (read === 0)
                throw new FileChangedError('it became shorter after the walk');
            filled += read;
        }
        if (!sameStat(file, (0,external_node_fs_namespaceObject.fstatSync)(descriptor, { bigint: true })))
            throw new FileChangedError('it changed after the walk');
        return body;
    }
    catch (error) {
        // A directory by now: it cannot be read, and that is no fault of the disk.
        if (error instanceof FileChangedError || sameStat(file, (0,external_node_fs_namespaceObject.fstatSync)(descriptor, { bigint: true })))
            throw error;
        throw new FileChangedError('it changed after the walk');
    }
    finally {
        (0,external_node_fs_namespaceObject.closeSync)(descriptor);
    }
}
/** Opens a file, checks that it is what its stat said before and after `work`. */
async function withOpenFile(file, work) {
    const handle = await (0,promises_namespaceObject.open)(file.path, 'r');
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
            sum = crc32(await readRange(handle, offset, Math.min(CHUNK, file.size - offset)), sum);
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

;// CONCATENATED MODULE: ./build/src/sync/encode-file.js









/** What is not a tenth smaller is not worth a decoder's time. */
const PAYS = 0.9;
/** Up to this a file is read and encoded in one piece. Bytes. */
const AT_ONCE = 16 * 1024 * 1024;
/** Above this the best Brotli quality takes seconds (0.5 MB/s); 9 takes a tenth and gives a few per cent more. Bytes. */
const BEST_BROTLI = 1024 * 1024;
const gzipped = (0,external_node_util_namespaceObject.promisify)(external_node_zlib_namespaceObject.gzip);
const brotlied = (0,external_node_util_namespaceObject.promisify)(external_node_zlib_namespaceObject.brotliCompress);
/**
 * Encodes a file and digests it in the same pass. Rejects with FileChangedError when the file is not what its stat
 * said before and after. `onBytes` is told of every chunk that was read.
 */
async function encodeFile(job, onBytes) {
    const { file, to } = job;
    const { md5, stored } = await withOpenFile(file, (handle) => file.size <= AT_ONCE ? encodeAtOnce(job, handle, onBytes) : encodeStream(job, onBytes));
    if (stored === undefined)
        return { md5 };
    const { size, mtimeNs, ctimeNs, dev, ino, nlink, mode } = await (0,promises_namespaceObject.stat)(to, { bigint: true });
    const times = { mtimeNs, ctimeNs, dev, ino };
    return {
        md5,
        stored: { md5: stored, stat: { ...times, size: Number(size), nlink: Number(nlink), mode: Number(mode) } },
    };
}
async function encodeAtOnce({ file, encoding, to, always }, handle, onBytes) {
    const bytes = await readRange(handle, 0, file.size);
    onBytes(bytes.length);
    const md5 = md5Of(bytes);
    const encoded = encoding === 'gzip' ? await gzipped(bytes, GZIP) : await brotlied(bytes, brotliOptions(file.size));
    if (always !== true && encoded.length > file.size * PAYS)
        return { md5 };
    await (0,promises_namespaceObject.writeFile)(to, encoded, { mode: 0o600 });
    return { md5, stored: md5Of(encoded) };
}
async function encodeStream({ file, encoding, to, always }, onBytes) {
    const hash = (0,external_node_crypto_namespaceObject.createHash)('md5');
    let read = 0;
    const writtenHash = (0,external_node_crypto_namespaceObject.createHash)('md5');
    let written = 0;
    const digest = new external_node_stream_namespaceObject.Transform({
        transform(chunk, _encoding, done) {
            hash.update(chunk);
            read += chunk.length;
            onBytes(chunk.length);
            done(null, chunk);
        },
    });
    const count = new external_node_stream_namespaceObject.Transform({
        transform(chunk, _encoding, done) {
            written += chunk.length;
            writtenHash.update(chunk);
            done(null, chunk);
        },
    });
    await (0,external_node_stream_promises_namespaceObject.pipeline)((0,external_node_fs_namespaceObject.createReadStream)(file.path, { highWaterMark: 1024 * 1024 }), digest, encoding === 'gzip' ? (0,external_node_zlib_namespaceObject.createGzip)(GZIP) : (0,external_node_zlib_namespaceObject.createBrotliCompress)(brotliOptions(file.size)), count, (0,external_node_fs_namespaceObject.createWriteStream)(to, { mode: 0o600 }));
    if (read !== file.size)
        throw new FileChangedError('it changed while it was read');
    const md5 = hash.digest('hex');
    if (always === true || written <= file.size * PAYS) {
        return { md5, stored: writtenHash.digest('hex') };
    }
    // Emptied at once: the directory goes at the end of the run.
    await (await (0,promises_namespaceObject.open)(to, 'w')).close();
    return { md5 };
}
const GZIP = { level: 9 };
function brotliOptions(size) {
    return {
        params: {
            [external_node_zlib_namespaceObject.constants.BROTLI_PARAM_MODE]: external_node_zlib_namespaceObject.constants.BROTLI_MODE_TEXT,
            [external_node_zlib_namespaceObject.constants.BROTLI_PARAM_QUALITY]: size <= BEST_BROTLI ? 11 : 9,
            [external_node_zlib_namespaceObject.constants.BROTLI_PARAM_SIZE_HINT]: size,
        },
    };
}

;// CONCATENATED MODULE: ./build/src/sync/digest-jobs.js


/**
 * Everything but encoding is done when it returns.
 *
 * @param onBytes told of what was read, as it is
 * @param buffer of `chunkBuffer`
 */
function perform(job, onBytes, buffer) {
    if ('encoding' in job)
        return encodeFile(job, onBytes);
    if ('unit' in job)
        return chunkFile(job, onBytes, buffer);
    if ('region' in job)
        return digestRegion(job, onBytes, buffer);
    return digestFile(job, onBytes, buffer);
}

;// CONCATENATED MODULE: ./build/src/sync/digest-worker.js



/** How often the other end hears that a large file moves on. Bytes. */
const TELL_EVERY = 64 * 1024 * 1024;
/** Compressed bytes come some fifty times as slowly. */
const TELL_EVERY_ENCODED = 1024 * 1024;
/** The other end of `DigestPool`: some orders in, a sign of life now and then, an answer for each out. */
function serve(port) {
    // What was sent first is answered first, though encoding waits and hashing does not.
    let answered = Promise.resolve();
    const buffer = chunkBuffer();
    port.on('message', (orders) => {
        answered = answered.then(() => answerAll(orders, buffer).then((answers) => port.postMessage(answers)));
    });
}
async function answerAll(orders, buffer) {
    const answers = [];
    for (const order of orders) {
        const made = answer(order, buffer);
        answers.push(made instanceof Promise ? await made : made);
    }
    return answers;
}
function answer(order, buffer) {
    let untold = 0;
    const step = 'encoding' in order ? TELL_EVERY_ENCODED : TELL_EVERY;
    const tell = (bytes) => {
        untold += bytes;
        if (untold < step)
            return;
        untold = 0;
        external_node_worker_threads_namespaceObject.parentPort?.postMessage('alive');
    };
    try {
        if ('path' in order)
            return digestFile({ file: order, layouts: [] }, tell, buffer).md5;
        const result = perform(order, tell, buffer);
        return result instanceof Promise ? result.then((encoded) => ({ result: encoded }), failure) : { result };
    }
    catch (error) {
        return failure(error);
    }
}
function failure(error) {
    const { name, message, code } = error;
    return { error: { name, message, ...(code === undefined ? {} : { code }) } };
}
if (external_node_worker_threads_namespaceObject.parentPort !== null)
    serve(external_node_worker_threads_namespaceObject.parentPort);

