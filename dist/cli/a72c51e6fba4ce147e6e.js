import { createRequire as __WEBPACK_EXTERNAL_createRequire } from "module";
/******/ // The require scope
/******/ var __nccwpck_require__ = {};
/******/ 
/************************************************************************/
/******/ /* webpack/runtime/define property getters */
/******/ (() => {
/******/ 	// define getter functions for harmony exports
/******/ 	__nccwpck_require__.d = (exports, definition) => {
/******/ 		for(var key in definition) {
/******/ 			if(__nccwpck_require__.o(definition, key) && !__nccwpck_require__.o(exports, key)) {
/******/ 				Object.defineProperty(exports, key, { enumerable: true, get: definition[key] });
/******/ 			}
/******/ 		}
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/hasOwnProperty shorthand */
/******/ (() => {
/******/ 	__nccwpck_require__.o = (obj, prop) => (Object.prototype.hasOwnProperty.call(obj, prop))
/******/ })();
/******/ 
/************************************************************************/
var __webpack_exports__ = {};

// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  w: () => (/* binding */ serve)
});

;// CONCATENATED MODULE: external "node:worker_threads"
const external_node_worker_threads_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:worker_threads");
;// CONCATENATED MODULE: external "node:crypto"
const external_node_crypto_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:crypto");
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
    return `${(0,external_node_crypto_namespaceObject.hash)('md5', Buffer.from(partMd5s.join(''), 'hex'), 'hex')}-${partMd5s.length}`;
}
/** Whether an ETag is that of an upload of one part: the MD5 of the whole can say which. */
function isOfOnePart(etag) {
    return etag.endsWith('-1') && MULTIPART.test(etag);
}

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
;// CONCATENATED MODULE: external "node:timers/promises"
const external_node_timers_promises_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:timers/promises");
;// CONCATENATED MODULE: ./build/src/disk/in-place.js

/** Milliseconds that the thread may be kept from everything else. */
const BREATH_MS = 3;
/** Of calls that take microseconds where memory answers them. */
const in_place_QUICK_CALLS = { slowMs: 0.2, judged: 100, through: 2_000 };
/**
 * Decides how calls of a file system are made. In place a call takes a few microseconds where it is answered from memory,
 * through the thread pool several times as many of this thread alone. So calls are made in place as long as that holds,
 * and through the pool while the file system shows itself to be slow: there they run side by side.
 */
class in_place_InPlace {
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
            this.#breath ??= setImmediate().then(() => {
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

;// CONCATENATED MODULE: ./build/src/model/chunks.js

const KIB = 1024;
const MIB = 1024 * KIB;
/** Files of this size are cut into chunks: below it a plain upload is over before much could be spared. Bytes. */
const LEAST_FILE = 64 * MIB;
const MOST_FILE = (/* unused pure expression or super */ null && (4 * 1024 ** 4));
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
        sum = (0,external_node_zlib_namespaceObject.crc32)(bytes.subarray(0, at), sum);
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
        sum = (0,external_node_zlib_namespaceObject.crc32)(bytes, sum);
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

;// CONCATENATED MODULE: ./build/src/model/entries-map.js
/** What a read-only Map is besides its entries, for tables that make those as they are asked for. */
class entries_map_EntriesMap {
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

;// CONCATENATED MODULE: ./build/src/model/name-table.js


/** Bytes of names that are allocated together: what is there is never copied. */
const PAGE = (/* unused pure expression or super */ null && (1024 * 1024));
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
class name_table_NameTable {
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
    #seed = randomInt(2 ** 32) | 0;
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
            return compareKeys(this.at(a), this.at(b));
        const [aLength, bLength] = [this.#lengths[a], this.#lengths[b]];
        if (aLength >= WIDE || bLength >= WIDE)
            return compareKeys(this.at(a), this.at(b));
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
        this.#starts = name_table_moved(this.#starts, new Float64Array(rows));
        this.#lengths = name_table_moved(this.#lengths, new Uint32Array(rows));
        this.#hashes = name_table_moved(this.#hashes, new Int32Array(rows));
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
function name_table_moved(from, to) {
    to.set(from);
    return to;
}
/** Whether a column of BigInt64 can hold it: nanoseconds of times until the year 2262. */
function name_table_fits(value) {
    return BigInt.asIntN(64, value) === value;
}

;// CONCATENATED MODULE: ./build/src/model/entries-table.js


/** Entries by name whose members lie in columns, in the order in which the names were first met. Each is made as it is asked for. */
class entries_table_EntriesTable extends (/* unused pure expression or super */ null && (EntriesMap)) {
    names = new NameTable();
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

;// CONCATENATED MODULE: ./build/src/model/index-rows.js



/*
 * Most of what an index says is a few plain members of many objects or files. A line for each costs more to read and to
 * write than all else of a run in which nothing changed; as columns JSON has few values to make, and they are told apart
 * by their place.
 */
/** Rows of one line: what a damaged one takes along. */
const ROWS = 1000;
/** Names of one line. Characters: JSON may take six bytes for each. */
const NAME_CHARS = (/* unused pure expression or super */ null && (96 * 1024));
const MD5_DIGITS = 32;
const HEX = /^[0-9a-f]*$/;
const BITS = /^[01]*$/;
/** In place of what a row does not have. */
const index_rows_NONE = (/* unused pure expression or super */ null && (-1));
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
function index_rows_isObjectRow(entry) {
    const { etag, md5, parts, chunks, source, incompressible, extra } = entry;
    if (md5 === undefined || entry.class !== undefined || incompressible !== undefined)
        return false;
    if (parts !== undefined || chunks !== undefined || source !== undefined || extra !== undefined)
        return false;
    return etag === md5 || parseMd5(etag) !== undefined;
}
/** Whether columns can say all of it. */
function index_rows_isFileRow({ mtimeNs, ctimeNs, ino, etag, stored, extra }) {
    if (etag !== undefined || stored !== undefined || extra !== undefined)
        return false;
    return fits(mtimeNs) && fits(ctimeNs) && fits(ino);
}
/** Gathers objects for one line. */
class index_rows_ObjectRows {
    #keys = [];
    #sizes = [];
    #md5s = '';
    #etags = '';
    #headers = [];
    #headerDigests = new Numbering();
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
        this.#headers.push(headers === undefined ? index_rows_NONE : this.#headerDigests.numberOf(headers));
        this.#modified.push(modified ?? index_rows_NONE);
        this.#written.push(written ?? index_rows_NONE);
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
class index_rows_FileRows {
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
function index_rows_objectBlock(value) {
    if (!isRecord(value, OBJECT_COLUMNS))
        return undefined;
    const { key: keys, size: sizes, md5: md5s, etag: etags = md5s, headers, modified, written } = value;
    if (!isEvery(keys, isString))
        return undefined;
    const rows = keys.length;
    const isTime = (column) => column === undefined || (isEvery(column, isTimeOrNone) && column.length === rows);
    if (!isEvery(sizes, index_rows_isSize) || sizes.length !== rows)
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
        headers: (row) => (places === undefined || places[row] === index_rows_NONE ? undefined : distinct[places[row]]),
    };
}
/** `undefined`: the line is not whole. */
function index_rows_fileBlock(value) {
    if (!isRecord(value, FILE_COLUMNS))
        return undefined;
    const { path: paths, size: sizes, md5, mtimeNs, ctimeNs, ino, plain } = value;
    if (!isEvery(paths, isString) || !isEvery(sizes, index_rows_isSize) || sizes.length !== paths.length)
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
function index_rows_isSize(value) {
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
function isTimeOrNone(value) {
    return value === index_rows_NONE || index_rows_isSize(value);
}
function isNone(value) {
    return value === index_rows_NONE;
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

;// CONCATENATED MODULE: ./build/src/model/md5-column.js

const md5_column_FIRST_ROWS = 1024;
const BYTES = 16;
const WORDS = BYTES / Int32Array.BYTES_PER_ELEMENT;
/** MD5s by row, 17 bytes each. */
class md5_column_Md5Column {
    #bytes = Buffer.alloc(md5_column_FIRST_ROWS * BYTES);
    /** The same bytes. */
    #words = new Int32Array(this.#bytes.buffer);
    #isSet = new Uint8Array(md5_column_FIRST_ROWS);
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
            this.#isSet = moved(this.#isSet, new Uint8Array(rows));
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

;// CONCATENATED MODULE: ./build/src/model/file-entries.js




const file_entries_FIRST_ROWS = 1024;
/** What an index knows of local files, by path, in the order of its lines: 71 bytes each beside the path. */
class file_entries_FileEntries extends (/* unused pure expression or super */ null && (EntriesTable)) {
    #sizes = new Float64Array(file_entries_FIRST_ROWS);
    #mtimes = new BigInt64Array(file_entries_FIRST_ROWS);
    #ctimes = new BigInt64Array(file_entries_FIRST_ROWS);
    #inodes = new BigInt64Array(file_entries_FIRST_ROWS);
    #md5s = new Md5Column();
    #plain = new Uint8Array(file_entries_FIRST_ROWS);
    /** Those that columns cannot hold. */
    #others = new Map();
    /** Replaces what has the same path. */
    set(path, entry) {
        const row = this.names.add(path);
        if (row >= this.#sizes.length)
            this.#widen();
        const { size, mtimeNs, ctimeNs, ino, md5, plain } = entry;
        if (!isFileRow(entry)) {
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
        this.#sizes = moved(this.#sizes, new Float64Array(rows));
        this.#mtimes = moved(this.#mtimes, new BigInt64Array(rows));
        this.#ctimes = moved(this.#ctimes, new BigInt64Array(rows));
        this.#inodes = moved(this.#inodes, new BigInt64Array(rows));
        this.#plain = moved(this.#plain, new Uint8Array(rows));
    }
}

;// CONCATENATED MODULE: ./build/src/model/object-entries.js





const object_entries_FIRST_ROWS = 1024;
/** In place of a number of header digests. */
const NO_HEADERS = 0;
/**
 * What an index knows of objects, by key, in the order in which they were first met: 65 bytes each beside the key. There may be a
 * million, and more before one is written. Entries are made as they are asked for: the same one is another object each time.
 */
class object_entries_ObjectEntries extends (/* unused pure expression or super */ null && (EntriesTable)) {
    #md5s = new Md5Column();
    /** Those that are not the MD5, as under KMS. */
    #etags = new Md5Column();
    #sizes = new Float64Array(object_entries_FIRST_ROWS);
    /** Of `#headerDigests`, plus 1. */
    #headers = new Uint32Array(object_entries_FIRST_ROWS);
    #headerDigests = new Numbering();
    #modified = new Float64Array(object_entries_FIRST_ROWS);
    #written = new Float64Array(object_entries_FIRST_ROWS);
    /** Those that columns cannot hold. */
    #others = new Map();
    /** Replaces what has the same key. */
    set(key, entry) {
        const row = this.#rowOf(key);
        const { etag, size, md5, headers, modified = NONE, written = NONE } = entry;
        if (md5 === undefined || !isObjectRow(entry)) {
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
            this.#modified[row] = modified?.[i] ?? NONE;
            this.#written[row] = written?.[i] ?? NONE;
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
        if (modified !== NONE)
            entry.modified = modified;
        if (written !== NONE)
            entry.written = written;
        return entry;
    }
    #widen() {
        const rows = this.#sizes.length * 2;
        this.#sizes = moved(this.#sizes, new Float64Array(rows));
        this.#headers = moved(this.#headers, new Uint32Array(rows));
        this.#modified = moved(this.#modified, new Float64Array(rows));
        this.#written = moved(this.#written, new Float64Array(rows));
    }
}

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
const MAX_INDEX_BYTES = (/* unused pure expression or super */ null && (1024 ** 3));
/** Objects, files and other lines; short ones are cheap to forge and take five times their memory. */
const MAX_ENTRIES = 4_000_000;
/** Paths that a distribution is owed: a run leaves 1,000 at most, and more of them are everything. */
const MAX_OWED_PATHS = 5_000;
/** A line longer than this is not ours: columns are the longest, with 96 Ki characters of names. */
const MAX_LINE = (/* unused pure expression or super */ null && (1024 * 1024));
/** Paths or keys of one line. Characters. */
const MAX_LINE_OF_NAMES = (/* unused pure expression or super */ null && (32 * 1024));
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
const DAMAGED = (/* unused pure expression or super */ null && (-1));
/** What the lines of a journal and then of its index say, as far as they are about one destination. */
class Said {
    #destination;
    /** What the lines that come are about. */
    #speaksOf;
    #objects = new ObjectEntries();
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
        const block = objectBlock(columns);
        if (block === undefined)
            return DAMAGED;
        this.#objects.setRows(block);
        return block.keys.length;
    }
    #takeFiles(columns) {
        const block = fileBlock(columns);
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
        if (!isSize(writing))
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
            deploys: isSize(deploys) && !isElsewhere ? deploys : this.#writer.deploys,
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
    let rows = new ObjectRows();
    for (const [key, entry] of objects) {
        if (!isObjectRow(entry)) {
            const { extra, ...members } = entry;
            yield line({ ...extra, key, ...members });
            continue;
        }
        rows.add(key, entry);
        if (!rows.isFull)
            continue;
        yield line({ objects: rows.columns });
        rows = new ObjectRows();
    }
    if (rows.length > 0)
        yield line({ objects: rows.columns });
}
/** In their order, by which two runs are compared. */
function* formatFiles(files) {
    let rows = new FileRows();
    for (const [path, entry] of files) {
        const isRow = isFileRow(entry);
        if (isRow)
            rows.add(path, entry);
        if (rows.isFull || (!isRow && rows.length > 0)) {
            yield line({ files: rows.columns });
            rows = new FileRows();
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
    return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}
function parseLine(bytes, start, end) {
    if (end - start < 11 || bytes[start + 8] !== 0x20)
        return undefined;
    const body = new Uint8Array(bytes.buffer, bytes.byteOffset + start + 9, end - start - 9);
    if (checksumAt(bytes, start) !== crc32(body))
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
    const etag = typeof rawETag === 'string' ? parseETag(rawETag) : undefined;
    const md5 = typeof rawMd5 === 'string' ? parseMd5(rawMd5) : undefined;
    const isWrong = rawMd5 !== undefined && md5 === undefined;
    if (etag === undefined || isWrong || !isSize(size))
        return undefined;
    const entry = { etag, size };
    if (md5 !== undefined)
        entry.md5 = md5;
    if (typeof parts === 'string' && parseLayout(parts) !== undefined)
        entry.parts = parts;
    if (isChunksText(chunks))
        entry.chunks = chunks;
    if (typeof headers === 'string')
        entry.headers = headers;
    if (typeof source === 'string')
        entry.source = source;
    if (incompressible === 'gzip' || incompressible === 'br')
        entry.incompressible = incompressible;
    if (typeof asked === 'string')
        entry.class = asked;
    if (isSize(modified))
        entry.modified = modified;
    if (isSize(written))
        entry.written = written;
    const extra = extraOf(record, OBJECT_FIELDS);
    if (extra !== undefined)
        entry.extra = extra;
    return entry;
}
function fileEntry(record) {
    const { size, mtimeNs, ctimeNs, ino, md5: rawMd5, etag: rawETag, plain, stored } = record;
    const md5 = typeof rawMd5 === 'string' ? parseMd5(rawMd5) : undefined;
    const etag = typeof rawETag === 'string' ? parseETag(rawETag) : undefined;
    if (md5 === undefined || !isSize(size))
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
    const etag = typeof text === 'string' ? parseETag(text) : undefined;
    return etag === undefined || !isSize(since) || !isSize(deploys) ? undefined : { etag, since, deploys };
}
function owedOf(lines) {
    const invalidations = new Map();
    for (const [distribution, { paths, mapping }] of lines) {
        const all = paths.size > MAX_OWED_PATHS ? [EVERYTHING] : [...paths];
        invalidations.set(distribution, { paths: all, ...(mapping === undefined ? {} : { mapping }) });
    }
    return invalidations;
}
/** Adds what a line says; false: it says nothing that may be believed. */
function addInvalidation(owed, record) {
    const { invalidation, paths, stripPrefix, addPrefix } = record;
    if (typeof invalidation !== 'string' || !isDistribution(invalidation) || !Array.isArray(paths))
        return false;
    const known = paths.filter((path) => typeof path === 'string' && isInvalidationPath(path));
    const isMapped = typeof stripPrefix === 'string' && typeof addPrefix === 'string';
    const isUnmapped = stripPrefix === undefined && addPrefix === undefined;
    if (known.length < paths.length || !(isMapped || isUnmapped))
        return false;
    const all = owed.get(invalidation) ?? { paths: new Set(), mapping: undefined };
    owed.set(invalidation, all);
    if (isMapped) {
        all.mapping ??= { stripPrefix, addPrefix };
        // Two runs at once, which mapped otherwise.
        if (!isSameMapping(all.mapping, { stripPrefix, addPrefix }))
            known.push(EVERYTHING);
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
    const md5 = typeof rawMd5 === 'string' ? parseMd5(rawMd5) : undefined;
    if (typeof upload !== 'string' || upload === '' || typeof key !== 'string' || md5 === undefined)
        return undefined;
    if (typeof parts !== 'string' || typeof headers !== 'string' || typeof process !== 'string')
        return undefined;
    const layout = parseLayout(parts);
    if (!isSize(size) || !isSize(begun) || layout === undefined)
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

;// CONCATENATED MODULE: ./build/src/model/secrets.js
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
function secrets_withoutSecrets(text) {
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

;// CONCATENATED MODULE: ./build/src/model/errors.js

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
        super(secrets_withoutSecrets(message), options);
        this.code = code;
        this.exit = exit;
    }
}
function usageError(message) {
    return new SyncError('usage', EXIT.usage, message);
}
/** @param what the file that an input names, for people */
function unreadableFile(what, cause) {
    const message = `${what} cannot be read (${errors_messageOf(cause)}): check the path`;
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
    return `internal error: ${errors_messageOf(error)}. This is a mistake in s3-dedup-sync: please report it, with the log of a run with log-level: debug`;
}
/** The message of anything thrown, on one line and without secrets. */
function errors_messageOf(error) {
    const text = error instanceof Error ? error.message || error.name : String(error);
    return withoutSecrets(text.replace(/\s*[\r\n]+\s*/g, ' ').trim());
}

;// CONCATENATED MODULE: ./build/src/sync/system-error.js

/** Errors that file systems answer and libuv has no name for, by their numbers on Linux (asm-generic/errno.h). */
const UNNAMED = new Map([
    [-116, 'ESTALE'],
    [-122, 'EDQUOT'],
]);
/** Of a place that is written to: there is no room, or it is not to be had. */
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EROFS']);
/** `ENOENT` and its like; undefined for anything that is not a system error. */
function errorCode(error) {
    if (typeof error !== 'object' || error === null || !('code' in error))
        return undefined;
    const unnamed = 'errno' in error ? UNNAMED.get(error.errno) : undefined;
    return unnamed ?? (typeof error.code === 'string' ? error.code : undefined);
}
/** Whether a place could not be written to, where what failed may also have been a file that is read. */
function couldNotWrite(error) {
    return error.syscall === 'write' || NO_ROOM.has(errorCode(error));
}
/** Node's sentence without the paths that it ends with: some are ours alone. `ESTALE, read` where Node has none. */
function systemMessage(error) {
    const { code, syscall } = error;
    const named = errorCode(error);
    if (named !== code)
        return `${named}, ${syscall}`;
    return messageOf(error).replace(/(, [a-z]+) '.*$/s, '$1');
}
/** Nothing is there; or a directory above it was replaced by something else. */
function system_error_isGone(error) {
    const code = errorCode(error);
    return code === 'ENOENT' || code === 'ENOTDIR';
}
/** `EACCES`: Node's own sentence would repeat the path. */
function reasonOf(error) {
    const code = errorCode(error);
    if (code === 'EMFILE' || code === 'ENFILE')
        return `${code}: raise the limit of open files, ulimit -n`;
    return code ?? messageOf(error);
}

;// CONCATENATED MODULE: ./build/src/sync/lstat.js




/**
 * Calls lstat for a few dozen paths at a time. In place a call takes 4 µs; through the thread pool it takes
 * 11-17 µs of this thread alone (Node 20, 140,000 files of one directory). See `InPlace`; in place with a breath for
 * everything else that runs.
 *
 * `now` is in milliseconds.
 */
function createLstat(now) {
    const inPlace = new InPlace(QUICK_CALLS, now);
    return (paths) => inPlace.call(() => paths.map(lookInPlace), () => lookThroughPool(paths), paths.length);
}
function lookInPlace(path) {
    try {
        return lstatSync(path, { bigint: true, throwIfNoEntry: false });
    }
    catch (error) {
        return lookOf(error);
    }
}
/** One after the other: the caller has many calls of this function in flight. */
async function lookThroughPool(paths) {
    const looks = [];
    for (const path of paths)
        looks.push(await lstat(path, { bigint: true }).catch(lookOf));
    return looks;
}
function lookOf(error) {
    return isGone(error) ? undefined : { error };
}
/** What a stat says of a file. */
function lstat_statFields(stats) {
    const { mtimeNs, ctimeNs, dev, ino } = stats;
    const [size, nlink, mode] = [Number(stats.size), Number(stats.nlink), Number(stats.mode)];
    return { size, mtimeNs, ctimeNs, dev, ino, nlink, mode };
}

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
const md5_lanes_PAGE = 64 * 1024;
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
class Md5Lanes {
    #bytes;
    #view;
    #code;
    #sums;
    /** Room to read into for `add`. */
    buffer;
    constructor() {
        const initial = Math.ceil((PADS_AT + LANES * PADDING) / md5_lanes_PAGE);
        const memory = new WebAssembly.Memory({ initial });
        this.#bytes = Buffer.from(memory.buffer);
        this.#view = new DataView(memory.buffer);
        this.#sums = new Uint32Array(memory.buffer, SUM_AT, SUM_WORDS);
        this.buffer = this.#bytes.subarray(DATA_AT, DATA_AT + LANES * GRANULE);
        Md5Lanes.#module ??= new WebAssembly.Module(md5Module());
        this.#code = new WebAssembly.Instance(Md5Lanes.#module, { env: { memory } }).exports;
        writeConstants(this.#view);
    }
    /** Made once a thread: it takes 10 ms to write out. */
    static #module;
    static #isSupported;
    /** Not where Node has no WebAssembly, the processor not the instructions, or one of them something else in mind. */
    static get isSupported() {
        Md5Lanes.#isSupported ??= Md5Lanes.#isRight();
        return Md5Lanes.#isSupported;
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
            const digests = new Md5Lanes().digest(ranges);
            return sizes.every((size, i) => digests[i] === md5Of(bytes.subarray(0, size)));
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
        const sizes = [[range][Symbol.iterator](), ...(range.layouts ?? []).map(partsOf)];
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
const NO_WAITING = external_node_fs_namespaceObject.constants.O_NONBLOCK ?? 0;
const READING = external_node_fs_namespaceObject.constants.O_RDONLY | NO_WAITING;
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
        this.#lanes ??= new Md5Lanes();
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
    const now = await stat(file.path, { bigint: true });
    if (!now.isFile())
        throw new FileChangedError('it is no longer a regular file');
    if ((await realpath(file.path)) !== file.real)
        throw new FileChangedError('its path leads to another file now');
    return { ...file, ...statFields(now) };
}
/**
 * MD5 of the whole file and of the parts of each layout, without leaving the thread. Throws FileChangedError when the
 * file is not what its stat said before and after. `onBytes` is told of what is read.
 */
function digestFile({ file, layouts }, onBytes, scratch = new Scratch()) {
    const { buffer } = scratch;
    if (layouts.length === 0 && file.size <= buffer.length) {
        const md5 = (0,external_node_crypto_namespaceObject.hash)('md5', readInPlace(file, buffer.subarray(0, file.size)), 'hex');
        onBytes(file.size);
        return wholeDigest(md5);
    }
    checkSizes(file, layouts);
    const parts = distinctParts(layouts).flat();
    if (parts.length >= WORTH_LANES && canSplit(layouts)) {
        const whole = digestWhole({ file, what: 'whole' }, onBytes, scratch);
        return joined(whole, layouts, digestParts({ file, what: 'parts', parts }, onBytes, scratch));
    }
    const whole = (0,external_node_crypto_namespaceObject.createHash)('md5');
    const cutters = layouts.filter(isCut).map((layout) => new PartCutter(partsOf(layout)));
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
        if (layoutSize(layout) !== size)
            throw new RangeError(`a part layout of another size than ${size}`);
    }
}
/** Whether the digest of the whole does not say what its part's is. */
function isCut(layout) {
    return layoutParts(layout) > 1;
}
/** @param parts of those that are cut, one layout after the other; no further ones are taken */
function underLayouts(md5, layouts, parts) {
    const all = layouts.map((layout) => {
        if (!isCut(layout))
            return [md5];
        return Array.from({ length: layoutParts(layout) }, () => parts.next().value);
    });
    return { md5, partMd5s: all[0] ?? NO_PARTS, etags: all.map(multipartETag) };
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
            descriptor ??= (0,external_node_fs_namespaceObject.openSync)(file.path, READING);
            open.add(descriptor);
            fill(descriptor, into, at);
            at += into.length;
            onBytes(into.length);
            if (at < file.size)
                return;
            if (!sameStat(file, (0,external_node_fs_namespaceObject.fstatSync)(descriptor, { bigint: true })))
                throw new FileChangedError('it changed after the walk');
            open.delete(descriptor);
            (0,external_node_fs_namespaceObject.closeSync)(descriptor);
        };
        return { offset: 0, size: file.size, read, layouts: layouts.filter(isCut) };
    };
    try {
        const md5s = lanes.digest(jobs.map(rangeOf)).values();
        return jobs.map(({ layouts }) => underLayouts(md5s.next().value, layouts, md5s));
    }
    finally {
        for (const descriptor of open)
            (0,external_node_fs_namespaceObject.closeSync)(descriptor);
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
    return jobs.length > 1 && lanes >= WORTH_LANES && Md5Lanes.isSupported;
}
/**
 * Whether whole and parts can be digested by passes of their own, in threads side by side, and be shown to be of the
 * same bytes: sums are comparable where all parts begin at granules.
 */
function canSplit(layouts) {
    return layouts.every(isGranular) && Md5Lanes.isSupported;
}
/** Whether all its parts begin at granules. */
function isGranular(layout) {
    return layout.every(({ count, size }, i) => size % GRANULE === 0 || (i === layout.length - 1 && count === 1));
}
function digestWhole({ file }, onBytes, { lanes }) {
    const whole = (0,external_node_crypto_namespaceObject.createHash)('md5');
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
        const own = [...partsOf(layout)].filter((part) => !known.has(rangeId(part)));
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
        const own = Array.from(partsOf(layout), (part) => known.get(rangeId(part)));
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
        return cutChunks(file.size, unit, bytesFrom, older);
    });
}
/** Answers the MD5 at the end. One file at a time: another one's first bytes end it. Throws FileChangedError. */
function digestNext({ file, growing: number, from, whole }, onBytes, scratch) {
    const { buffer, growing: before } = scratch;
    scratch.growing = undefined;
    if (from > 0 && before?.number !== number)
        throw new Error('the digest of what is before was not made here');
    const descriptor = (0,external_node_fs_namespaceObject.openSync)(file.path, READING);
    try {
        const now = (0,external_node_fs_namespaceObject.fstatSync)(descriptor, { bigint: true });
        const { digest, ino } = from > 0 && before !== undefined ? before : { digest: (0,external_node_crypto_namespaceObject.createHash)('md5'), ino: now.ino };
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
        if (!sameStat(whole, (0,external_node_fs_namespaceObject.fstatSync)(descriptor, { bigint: true })))
            throw new FileChangedError('it changed while it was read');
        return digest.digest('hex');
    }
    finally {
        (0,external_node_fs_namespaceObject.closeSync)(descriptor);
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
    const descriptor = (0,external_node_fs_namespaceObject.openSync)(file.path, READING);
    try {
        if (!sameStat(file, (0,external_node_fs_namespaceObject.fstatSync)(descriptor, { bigint: true })))
            throw new FileChangedError('it changed after the walk');
        const result = work(descriptor);
        if (!sameStat(file, (0,external_node_fs_namespaceObject.fstatSync)(descriptor, { bigint: true })))
            throw new FileChangedError('it changed while it was read');
        return result;
    }
    finally {
        (0,external_node_fs_namespaceObject.closeSync)(descriptor);
    }
}
function fill(descriptor, into, from) {
    for (let filled = 0; filled < into.length;) {
        const read = (0,external_node_fs_namespaceObject.readSync)(descriptor, into, filled, into.length - filled, from + filled);
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
/** Files up to this size are read in place. Bytes. */
const IN_PLACE = (/* unused pure expression or super */ null && (256 * 1024));
/** Of whole files. */
const READ_LIMITS = { slowMs: 1, judged: 64, through: 512 };
/**
 * Reads small files whole, into a body of their size. In place one takes some 50 µs, through the thread pool five calls
 * and 260 µs of this thread: see `InPlace`.
 *
 * @param now milliseconds
 */
function createWholeReader(now) {
    const inPlace = new InPlace(READ_LIMITS, now);
    const readThroughPool = (file, body) => withOpenFile(file, (handle) => readRange(handle, 0, body));
    return async (file, body) => {
        if (file.size > IN_PLACE || inPlace.isSlow())
            return readThroughPool(file, body);
        inPlace.make(() => readInPlace(file, body));
    };
}
/** Fills `body`. The stat after the read is that of the walk: nothing changed between them, so one stat proves both ends. */
function readInPlace(file, body) {
    const descriptor = (0,external_node_fs_namespaceObject.openSync)(file.path, READING);
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
/**
 * Opens a file, checks that it is what its stat said before and after `work`.
 *
 * @param isProved whether every byte that was read turned out to be what it was digested as: then its ctime says nothing more
 */
async function withOpenFile(file, work, isProved = () => false) {
    const handle = await (0,promises_namespaceObject.open)(file.path, READING);
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
    const handle = await open(path, READING | constants.O_NOFOLLOW);
    try {
        if (!(await handle.stat()).isFile())
            return undefined;
        const whole = createHash('md5');
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
            sum = crc32(bytes, sum);
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
    const { md5, stored } = await withOpenFile(file, (handle) => file.size <= AT_ONCE ? encodeAtOnce(job, handle, onBytes) : encodeStream(job, handle, onBytes));
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
    const bytes = Buffer.allocUnsafe(file.size);
    await readRange(handle, 0, bytes);
    onBytes(bytes.length);
    const md5 = md5Of(bytes);
    const encoded = encoding === 'gzip' ? await gzipped(bytes, GZIP) : await brotlied(bytes, brotliOptions(file.size));
    if (always !== true && encoded.length > file.size * PAYS)
        return { md5 };
    await (0,promises_namespaceObject.writeFile)(to, encoded, { mode: 0o600 });
    return { md5, stored: md5Of(encoded) };
}
async function encodeStream({ file, encoding, to, always }, handle, onBytes) {
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
    await (0,external_node_stream_promises_namespaceObject.pipeline)(handle.createReadStream({ start: 0, highWaterMark: 1024 * 1024, autoClose: false }), digest, encoding === 'gzip' ? (0,external_node_zlib_namespaceObject.createGzip)(GZIP) : (0,external_node_zlib_namespaceObject.createBrotliCompress)(brotliOptions(file.size)), count, (0,external_node_fs_namespaceObject.createWriteStream)(to, { mode: 0o600 }));
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
 */
function perform(job, onBytes, scratch) {
    if ('bytes' in job)
        return md5Of(job.bytes);
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

;// CONCATENATED MODULE: ./build/src/sync/digest-worker.js



/** How often the other end hears that a large file moves on. Bytes. */
const TELL_EVERY = 64 * 1024 * 1024;
/** Compressed bytes come some fifty times as slowly. */
const TELL_EVERY_ENCODED = 1024 * 1024;
/** The other end of `DigestPool`: some orders in, a sign of life now and then, an answer for each out. */
function serve(port) {
    // What was sent first is answered first, though encoding waits and hashing does not.
    let answered = Promise.resolve();
    const desk = { scratch: new Scratch(), tellAlive: () => port.postMessage('alive') };
    port.on('message', (orders) => {
        answered = answered.then(() => answerAll(orders, desk).then((answers) => port.postMessage(answers)));
    });
}
async function answerAll(orders, desk) {
    // Of a thread that is to be ready.
    if (orders.length === 0)
        prepareLanes();
    const together = answerTogether(orders, desk);
    if (together !== undefined)
        return together;
    const answers = [];
    for (const order of orders) {
        const made = answer(order, desk);
        answers.push(made instanceof Promise ? await made : made);
    }
    return answers;
}
/** Files, several at a time. `undefined`: they are too few, or one after the other tells what is wrong. */
function answerTogether(orders, desk) {
    const jobs = orders.flatMap((order) => {
        if ('path' in order)
            return { file: order, layouts: [] };
        return 'layouts' in order ? order : [];
    });
    if (jobs.length < orders.length || !areSeveral(jobs))
        return undefined;
    try {
        const digests = digestFiles(jobs, teller(TELL_EVERY, desk), desk.scratch);
        return digests.map((digest, i) => ('path' in orders[i] ? digest.md5 : { result: digest }));
    }
    catch {
        return undefined;
    }
}
/** Says now and then that it goes on. */
function teller(step, { tellAlive }) {
    let untold = 0;
    return (bytes) => {
        untold += bytes;
        if (untold < step)
            return;
        untold = 0;
        tellAlive();
    };
}
function answer(order, desk) {
    const { scratch } = desk;
    const tell = teller('encoding' in order ? TELL_EVERY_ENCODED : TELL_EVERY, desk);
    try {
        if ('path' in order)
            return digestFile({ file: order, layouts: [] }, tell, scratch).md5;
        const result = perform(order, tell, scratch);
        return result instanceof Promise ? result.then((encoded) => ({ result: encoded }), failure) : { result };
    }
    catch (error) {
        return failure(error);
    }
}
function failure(error) {
    const { name, message, code, errno, syscall } = error;
    return {
        error: {
            name,
            message,
            ...(code === undefined ? {} : { code }),
            ...(errno === undefined ? {} : { errno }),
            ...(syscall === undefined ? {} : { syscall }),
        },
    };
}
if (external_node_worker_threads_namespaceObject.parentPort !== null)
    serve(external_node_worker_threads_namespaceObject.parentPort);

var __webpack_exports__serve = __webpack_exports__.w;
export { __webpack_exports__serve as serve };
