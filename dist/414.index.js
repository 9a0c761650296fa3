export const id = 414;
export const ids = [414];
export const modules = {

/***/ 7650:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   C: () => (/* binding */ hasProcessEnded),
/* harmony export */   t: () => (/* binding */ processMark)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(3024);
/* harmony import */ var node_os__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(8161);



/** Where it runs, its number there, and when it began, in clock ticks. */
const MARK = /^([0-9a-f]{12})\.([1-9]\d{0,9})\.(\d{1,20})$/;
/** Asked for once: a run that neither downloads nor uploads in parts needs none. */
let known;
/**
 * Tells this process from all others, in letters for a file name: those of other machines, of this one before it was
 * started again, of other containers, and those that get its number later. Where the system cannot tell it is of a place of
 * its own, of which no other process knows anything.
 */
function processMark() {
    known ??= markOf() ?? `${(0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.randomBytes)(6).toString('hex')}.${process.pid}.0`;
    return known;
}
/**
 * Whether the process that a mark tells of has ended. `undefined`: it runs elsewhere, and nobody here can know. A number
 * alone says nothing, as each container counts anew.
 *
 * @param own the mark of this process
 */
function hasProcessEnded(mark, own = processMark()) {
    const [, place, pid, began] = MARK.exec(mark) ?? [];
    if (place === undefined || place !== MARK.exec(own)?.[1])
        return undefined;
    try {
        // Answers for every process, while /proc may be mounted so that it hides those of others (hidepid).
        process.kill(Number(pid), 0);
    }
    catch (error) {
        if (error.code === 'ESRCH')
            return true;
    }
    const now = lookUp(Number(pid));
    return now === undefined ? undefined : now.began !== began || now.isZombie;
}
function markOf() {
    if (process.platform !== 'linux')
        return undefined;
    try {
        // Of another namespace: its numbers are not those of process.kill.
        if ((0,node_fs__WEBPACK_IMPORTED_MODULE_1__.readlinkSync)('/proc/self') !== `${process.pid}`)
            return undefined;
        // A boot's number is random; containers of one machine share it, each has a namespace of its own.
        const boot = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.readFileSync)('/proc/sys/kernel/random/boot_id', 'latin1');
        const where = [boot, (0,node_os__WEBPACK_IMPORTED_MODULE_2__.hostname)(), (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.readlinkSync)('/proc/self/ns/pid'), clockNamespace()];
        const place = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('sha256').update(where.join('\0')).digest('hex').slice(0, 12);
        const mark = `${place}.${process.pid}.${lookUp(process.pid)?.began}`;
        return MARK.test(mark) ? mark : undefined;
    }
    catch {
        return undefined;
    }
}
/** When a process began is told as this namespace counts; kernels before 5.6 have none. */
function clockNamespace() {
    try {
        return (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.readlinkSync)('/proc/self/ns/time');
    }
    catch {
        return '';
    }
}
/** `undefined`: it is not there, or hidden. */
function lookUp(pid) {
    try {
        const stat = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.readFileSync)(`/proc/${pid}/stat`, 'latin1');
        // The name of the program, in brackets, may hold whatever it likes; the state is the first field behind it.
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return { began: fields[19], isZombie: fields[0] === 'Z' };
    }
    catch {
        return undefined;
    }
}


/***/ }),

/***/ 9511:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   PL: () => (/* binding */ columnsOf),
/* harmony export */   UT: () => (/* binding */ totalSize),
/* harmony export */   eZ: () => (/* binding */ namesOf),
/* harmony export */   gN: () => (/* binding */ sizesOf)
/* harmony export */ });
function columnsOf(files) {
    return files.columns ?? new Held(Array.isArray(files) ? files : [...files]);
}
function* namesOf(files) {
    const columns = columnsOf(files);
    for (let place = 0; place < columns.length; place++)
        yield columns.nameAt(place);
}
/** Bytes of all of them. */
function totalSize(files) {
    const columns = columnsOf(files);
    let bytes = 0;
    for (let place = 0; place < columns.length; place++)
        bytes += columns.sizeAt(place);
    return bytes;
}
function* sizesOf(files) {
    const columns = columnsOf(files);
    for (let place = 0; place < columns.length; place++)
        yield columns.sizeAt(place);
}
/** Files that are objects already. */
class Held {
    areByPath = false;
    #files;
    constructor(files) {
        this.#files = files;
    }
    get length() {
        return this.#files.length;
    }
    rowAt() {
        return -1;
    }
    nameAt(place) {
        return this.#files[place].name;
    }
    sizeAt(place) {
        return this.#files[place].size;
    }
    at(place) {
        return this.#files[place];
    }
}


/***/ }),

/***/ 2411:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   a: () => (/* binding */ BodyArena)
/* harmony export */ });
/** Memory is given out in so many bytes. */
const BLOCK = 4096;
/**
 * The memory that bodies lie in while they are sent, or while they arrive: one piece, given out again and again. Buffers of their own would be
 * garbage that V8 collects only when as much of it lies around as all the bodies in flight take. Pages that nothing was
 * written to cost nothing.
 */
class BodyArena {
    #capacity;
    #isShared;
    #memory;
    /** 1: is given out. Not a list of ranges: hundreds are in flight, and each search and each removal went through half of them. */
    #blocks;
    #waiting = [];
    /**
     * @param capacity bytes
     * @param isShared whether other threads can be told to read it
     */
    constructor(capacity, isShared = false) {
        this.#capacity = capacity;
        this.#isShared = isShared;
        this.#blocks = new Uint8Array(blocksOf(capacity));
    }
    /**
     * Runs `work` with so many bytes, which are its own until it ends. First come, first served, in each turn; what is
     * larger than the whole has memory of its own, while nobody else has any.
     *
     * @param within so many bytes at the beginning, for bodies whose requests are over before more of them are of use
     * @param turn who waits in a lower one is served first
     */
    async with(size, work, { within = this.#capacity, turn = 0 } = {}) {
        const all = this.#blocks.length;
        const count = Math.min(blocksOf(size), all);
        const taken = await this.#take(count, Math.max(count, Math.min(blocksOf(within), all)), turn);
        try {
            return await work(this.#memoryOf(taken, size));
        }
        finally {
            this.#blocks.fill(0, taken.from, taken.to);
            this.#serve();
        }
    }
    #memoryOf({ from }, size) {
        if (size > this.#capacity)
            return Buffer.allocUnsafeSlow(size);
        const bytes = this.#blocks.length * BLOCK;
        this.#memory ??= this.#isShared
            ? Buffer.from(new SharedArrayBuffer(bytes))
            : Buffer.allocUnsafeSlow(bytes);
        return this.#memory.subarray(from * BLOCK, from * BLOCK + size);
    }
    #take(count, end, turn) {
        const taken = this.#waiting.length > 0 ? undefined : this.#place(count, end);
        return taken ?? new Promise((start) => this.#wait({ count, end, turn, start }));
    }
    #wait(who) {
        const before = this.#waiting.findLastIndex(({ turn }) => turn <= who.turn);
        this.#waiting.splice(before + 1, 0, who);
    }
    /** In the lowest gap that it fits into: what is high up may never be touched. */
    #place(count, end) {
        const blocks = this.#blocks;
        for (let from = blocks.indexOf(0); from !== -1 && from + count <= end;) {
            const next = blocks.indexOf(1, from);
            if (next === -1 || from + count <= next) {
                blocks.fill(1, from, from + count);
                return { from, to: from + count };
            }
            from = blocks.indexOf(0, next);
        }
        return undefined;
    }
    #serve() {
        for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
            const taken = this.#place(next.count, next.end);
            if (taken === undefined)
                return;
            this.#waiting.shift();
            next.start(taken);
        }
    }
}
/** Nothing takes a block too, so that each body has a place. */
function blocksOf(bytes) {
    return Math.max(1, Math.ceil(bytes / BLOCK));
}


/***/ }),

/***/ 9542:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   L: () => (/* binding */ isClosed),
/* harmony export */   T: () => (/* binding */ parseExcludes)
/* harmony export */ });
/* harmony import */ var ignore__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(298);
/* harmony import */ var _model_errors_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(4132);


/** `ignore` keeps every answer for ever: 100 MB after a million names. A handful is enough to walk by. */
const ANSWERS_KEPT = 10_000;
/**
 * Ways in which the `**` of a line can share out the directories of a path, at most: `ignore` may try each, 2e7 in 0.05 s.
 * Three of them and a path of 500 directories would take 42 s, and both may come with a pull request.
 */
const MOST_WAYS = 2e7;
/**
 * Rules in the gitignore dialect, matched with case on every system. Undefined when there are none, so that a
 * walk without excludes asks nothing a million times.
 *
 * @param used gets the line that excluded a path, the last one where several match
 */
function parseExcludes(lines, used) {
    if (lines.every((line) => line.trim() === ''))
        return undefined;
    for (const line of lines)
        if (!line.startsWith('#') && !isClosed(line))
            throw unclosed(line);
    const { plain, others } = parted(lines);
    const globs = others.length === 0 ? undefined : globExcludes(others, used);
    if (plain === undefined)
        return globs;
    let all;
    return (name, directory) => {
        // Of a key that is no path `ignore` leaves out what is empty.
        if (NO_PATH.test(name)) {
            all ??= globExcludes(lines, used);
            return all(name, directory);
        }
        const line = plain(name, directory);
        if (line === undefined)
            return globs?.(name, directory) === true;
        used?.add(line);
        return true;
    };
}
/** `ignore` compares a path with each line of it. */
function globExcludes(lines, used) {
    // Keys of a listing may begin with `/` or `../`, which `ignore` takes for a mistake unless it is told.
    const options = { ignorecase: false, allowRelativePaths: true };
    const rules = ignore__WEBPACK_IMPORTED_MODULE_0__(options).add(lines);
    let asked = rules;
    let answers = 0;
    const greedy = greediest(lines);
    return (name, directory) => {
        refuseCostly(greedy, name);
        if (++answers > ANSWERS_KEPT) {
            asked = ignore__WEBPACK_IMPORTED_MODULE_0__(options).add(rules);
            answers = 0;
        }
        const { ignored, rule } = asked.test(directory ? `${name}/` : name);
        if (rule !== undefined)
            used?.add(rule.pattern);
        return ignored;
    };
}
const NO_PATH = /^\/|\/\/|\/$|(?:^|\/)\.\.?(?:\/|$)/;
/** A name, or a path of names, without a wildcard and with nothing before or behind it but slashes. */
const PLAIN = /^\/?[^\s/*?[\]\\!#](?:[^/*?[\]\\]*[^\s/*?[\]\\])?(?:\/[^\s/*?[\]\\](?:[^/*?[\]\\]*[^\s/*?[\]\\])?)*\/?$/;
/**
 * Lines that name what they mean are looked up: with thousands of them, comparing each path with each takes minutes. A `!`
 * anywhere makes their order count, and all go one way.
 */
function parted(lines) {
    if (lines.some((line) => line.startsWith('!')))
        return { plain: undefined, others: lines };
    /** By base name, by path, and of each those that are of directories alone. */
    const [names, paths] = [new Map(), new Map()];
    const [directoryNames, directoryPaths] = [new Map(), new Map()];
    const others = [];
    for (const line of lines) {
        if (!PLAIN.test(line) || line.split('/').some((segment) => segment === '.' || segment === '..')) {
            if (line.trim() !== '' && !line.startsWith('#'))
                others.push(line);
            continue;
        }
        const isDirectory = line.endsWith('/');
        const path = line.slice(line.startsWith('/') ? 1 : 0, isDirectory ? -1 : undefined);
        const isPath = line.startsWith('/') || path.includes('/');
        const byPath = isDirectory ? directoryPaths : paths;
        const byName = isDirectory ? directoryNames : names;
        (isPath ? byPath : byName).set(path, line);
    }
    if (others.length === lines.length)
        return { plain: undefined, others };
    const plain = (name, directory) => {
        for (let from = 0;;) {
            const slash = name.indexOf('/', from);
            const end = slash === -1 ? name.length : slash;
            const [base, path] = [name.slice(from, end), name.slice(0, end)];
            const line = names.get(base) ??
                paths.get(path) ??
                (slash !== -1 || directory ? (directoryNames.get(base) ?? directoryPaths.get(path)) : undefined);
            if (line !== undefined || slash === -1)
                return line;
            from = slash + 1;
        }
    };
    return { plain, others };
}
/**
 * A `[` that is not closed and a `\` at the end make a line match nothing, in git too. What it was to keep back would be
 * published, and what it was to protect deleted.
 */
function unclosed(line) {
    return (0,_model_errors_js__WEBPACK_IMPORTED_MODULE_1__/* .usageError */ .Wp)(`the pattern ${JSON.stringify(line.slice(0, 80))} matches nothing, as its [ is not closed or it ends with a \\: close it, or write \\[ and \\\\ for the characters themselves`);
}
/** Whether each `[` of a line is closed, and no `\` ends it. */
function isClosed(line) {
    const lastClass = line.lastIndexOf(':]');
    for (let at = 0; at < line.length; at++) {
        if (line[at] === '\\')
            at++;
        else if (line[at] === '[')
            at = bracketEnd(line, at, lastClass);
        if (at === line.length)
            return false;
    }
    return true;
}
/** Where a bracket is closed; the length of the line: nowhere. */
function bracketEnd(line, from, lastClass) {
    let at = from + 1;
    if (line[at] === '!' || line[at] === '^')
        at++;
    // Right behind the beginning it is a member.
    if (line[at] === ']')
        at++;
    for (; at < line.length && line[at] !== ']'; at++) {
        if (line[at] === '\\')
            at++;
        // [:alpha:] and the like.
        else if (line.startsWith('[:', at) && at + 2 <= lastClass)
            at = line.indexOf(':]', at + 2) + 1;
    }
    return Math.min(at, line.length);
}
/** The line with the most `**`; one alone costs nothing. */
function greediest(lines) {
    let most;
    for (const line of lines) {
        const globstars = line.split('/').filter((segment) => /^!?\*\*+$/.test(segment)).length;
        if (globstars > Math.max(1, most?.globstars ?? 0))
            most = { line, globstars };
    }
    return most;
}
function refuseCostly(greedy, name) {
    if (greedy === undefined)
        return;
    const depth = name.split('/').length;
    // One more: `ignore` asks for each directory of a path too.
    if (depth ** (greedy.globstars + 1) <= MOST_WAYS)
        return;
    const given = JSON.stringify(greedy.line.slice(0, 80));
    throw (0,_model_errors_js__WEBPACK_IMPORTED_MODULE_1__/* .usageError */ .Wp)(`the pattern ${given} has ${greedy.globstars} **, and ${JSON.stringify(`${name.slice(0, 40)}…`)} has ${depth} directories: that would take too long to compare; write it with fewer **`);
}


/***/ }),

/***/ 9857:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   o: () => (/* binding */ fileState),
/* harmony export */   q: () => (/* binding */ fileId)
/* harmony export */ });
/**
 * The same for all names of one file: links to it, and hard links. File systems that share several devices (9p, virtiofs,
 * FUSE) may give different files one inode number. It is believed only of a file that has further names, and only
 * together with its size and times: a file that changes between two looks is read once for each.
 */
function fileId({ real, dev, ino, nlink, size, mtimeNs, ctimeNs }) {
    return nlink > 1 ? `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}` : real;
}
/** One state of a file, under whatever name. */
function fileState(file) {
    const { ino, size, mtimeNs, ctimeNs } = file;
    return `${ino}:${size}:${mtimeNs}:${ctimeNs}:${fileId(file)}`;
}


/***/ }),

/***/ 8163:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   A4: () => (/* binding */ markOfPartial),
/* harmony export */   Ij: () => (/* binding */ whyNoFile),
/* harmony export */   NT: () => (/* binding */ temporaryName),
/* harmony export */   em: () => (/* binding */ conflicts),
/* harmony export */   mt: () => (/* binding */ isPartial),
/* harmony export */   sh: () => (/* binding */ resumableName),
/* harmony export */   v3: () => (/* binding */ progressName),
/* harmony export */   yn: () => (/* binding */ nameRefusal)
/* harmony export */ });
/* unused harmony export partialName */
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);
/* harmony import */ var _disk_process_mark_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(7650);
/* harmony import */ var _model_errors_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(4132);
/* harmony import */ var _model_object_key_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(5142);
/* harmony import */ var _walk_findings_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(4908);





/** Longest name of an entry, on every file system in use. Bytes of UTF-8. */
const MAX_NAME_BYTES = 255;
/** Longest path that a call takes: Linux 4,096 with its end, macOS 1,024. Bytes of UTF-8. */
const MAX_PATH_BYTES = { linux: 4_095, darwin: 1_023 };
/**
 * Names of what a download has not finished, in the directory of the file that it becomes. What no later run goes on with
 * has the mark of its process in it.
 */
const PARTIAL = /^\.s3ds-[0-9a-f]{24}(?:\.([0-9a-f]{12}\.\d{1,10}\.\d{1,20}))?\.(?:part|done)$/;
/** Names that Windows keeps for devices, with any ending. */
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\.|$)/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what Windows does not allow
const WINDOWS_CHARACTERS = /[<>:"|?*\\\u0000-\u001f]/;
/** Whether a name below the target is a leftover of a download: never a file of the tree. */
function isPartial(name) {
    return PARTIAL.test(name.slice(name.lastIndexOf('/') + 1));
}
/** The mark of the process that an unfinished file belongs to; `undefined`: it may be gone on with, or nobody knows. */
function markOfPartial(name) {
    return PARTIAL.exec(name.slice(name.lastIndexOf('/') + 1))?.[1];
}
/** @param what the bytes are: equal for what may be gone on with, random else */
function partialName(what, mark) {
    const hash = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('sha256').update(what).digest('hex').slice(0, 24);
    return mark === undefined ? `.s3ds-${hash}.part` : `.s3ds-${hash}.${mark}.part`;
}
/** What nobody can guess, once a process: random bytes for each name take longer than the file. */
const SECRET = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.randomBytes)(24).toString('hex');
let temporaries = 0;
/** Of a file that no later run goes on with: one of this machine may take it away once this process has ended. */
function temporaryName() {
    return partialName(`${SECRET}\0${++temporaries}`, (0,_disk_process_mark_js__WEBPACK_IMPORTED_MODULE_1__/* .processMark */ .t)());
}
/** Of an object that is fetched in ranges: the same in every run, while both are the same. */
function resumableName(name, { key, etag, size }) {
    return partialName(`${name}\0${key}\0${etag}\0${size}`);
}
/** Beside a partial file: which of its parts are there. */
function progressName(partial) {
    return partial.replace(/\.part$/, '.done');
}
/** Why a key's name cannot be a file below a directory; `undefined`: it can (R2). */
function whyNoFile(name, directory, platform) {
    if (name.includes('\0'))
        return 'has a NUL';
    if (name.endsWith('/'))
        return 'ends at a slash and is not empty';
    if (name.startsWith('/'))
        return 'is an absolute path';
    for (const segment of name.split('/')) {
        if (segment === '')
            return 'has an empty directory name';
        if (segment === '.' || segment === '..')
            return `has ${segment} as a directory name`;
        if (Buffer.byteLength(segment) > MAX_NAME_BYTES)
            return `has a part of ${Buffer.byteLength(segment)} bytes, and a file's name has at most ${MAX_NAME_BYTES}`;
        if (platform !== 'win32')
            continue;
        if (WINDOWS_CHARACTERS.test(segment))
            return 'has a character that Windows does not allow';
        if (/[ .]$/.test(segment))
            return 'ends at a dot or a blank, which Windows drops';
        if (WINDOWS_DEVICE.test(segment))
            return 'is the name of a device on Windows';
    }
    if (isPartial(name))
        return 'is a name that unfinished downloads have';
    const most = MAX_PATH_BYTES[platform];
    const length = Buffer.byteLength(directory) + 1 + Buffer.byteLength(name);
    return most !== undefined && length > most
        ? `makes a path of ${length} bytes, and ${most} is most`
        : undefined;
}
/**
 * Names that cannot stand side by side: one is a file where the other needs a directory, or both are one file there.
 *
 * @param met names that the file system has already
 */
function conflicts(names, folding, met = []) {
    const problems = [];
    const files = new Set(names);
    for (const name of names) {
        for (let slash = name.indexOf('/'); slash !== -1; slash = name.indexOf('/', slash + 1)) {
            const above = name.slice(0, slash);
            if (!files.has(above))
                continue;
            const clause = `${(0,_walk_findings_js__WEBPACK_IMPORTED_MODULE_3__/* .showName */ .$i)(name)} lies below ${(0,_walk_findings_js__WEBPACK_IMPORTED_MODULE_3__/* .showName */ .$i)(above)}, which is a file too`;
            problems.push({ code: 'in-the-way', name, clause });
            break;
        }
    }
    if (!folding.case && !folding.normalisation)
        return problems;
    const fold = (text) => {
        const normal = folding.normalisation ? text.normalize('NFC') : text;
        return folding.case ? normal.toLowerCase() : normal;
    };
    /** Every path and directory by its folded spelling. */
    const spelled = new Map();
    for (const name of names) {
        for (const path of pathsOf(name)) {
            const other = spelled.get(fold(path));
            if (other !== undefined && other !== path) {
                const clause = `${(0,_walk_findings_js__WEBPACK_IMPORTED_MODULE_3__/* .showName */ .$i)(name)} and ${(0,_walk_findings_js__WEBPACK_IMPORTED_MODULE_3__/* .showName */ .$i)(other)} are one name on this file system`;
                problems.push({ code: 'key-collision', name, clause });
                break;
            }
            spelled.set(fold(path), path);
        }
    }
    const inTheWay = new Map();
    for (const name of met) {
        for (const path of pathsOf(name)) {
            const wanted = spelled.get(fold(path));
            if (wanted === undefined || files.has(path) || wanted === path)
                continue;
            inTheWay.set(wanted, path);
            break;
        }
    }
    for (const [name, path] of inTheWay) {
        const clause = `${(0,_walk_findings_js__WEBPACK_IMPORTED_MODULE_3__/* .showName */ .$i)(name)} is one name with ${(0,_walk_findings_js__WEBPACK_IMPORTED_MODULE_3__/* .showName */ .$i)(path)}, which is there, on this file system`;
        problems.push({ code: 'key-collision', name, clause });
    }
    return problems;
}
/** A name, and before it the directories that it lies in. */
function* pathsOf(name) {
    for (let end = name.indexOf('/'); end !== -1; end = name.indexOf('/', end + 1))
        yield name.slice(0, end);
    yield name;
}
/** All that a download is refused for, in one line. */
function nameRefusal(problems) {
    const sorted = [...problems].sort((a, b) => (0,_model_object_key_js__WEBPACK_IMPORTED_MODULE_4__/* .compareKeys */ .YD)(a.name, b.name));
    const [first] = sorted;
    if (first === undefined)
        return undefined;
    const shown = sorted.slice(0, _walk_findings_js__WEBPACK_IMPORTED_MODULE_3__/* .NAMES_SHOWN */ .t6).map(({ clause }) => clause);
    const what = sorted.length === 1 ? '1 object cannot be a file' : `${sorted.length} objects cannot be files`;
    // In an exclude the first slash stands for the root.
    const absolute = sorted.find(({ name }) => name.startsWith('/'))?.name;
    const how = absolute === undefined
        ? ''
        : ` (what begins with a slash by a line with one slash more, as ${(0,_walk_findings_js__WEBPACK_IMPORTED_MODULE_3__/* .showName */ .$i)(`/${absolute}`)})`;
    return new _model_errors_js__WEBPACK_IMPORTED_MODULE_2__/* .SyncError */ .S0(first.code, _model_errors_js__WEBPACK_IMPORTED_MODULE_2__/* .EXIT */ .dc.refused, `${what} there: ${(0,_walk_findings_js__WEBPACK_IMPORTED_MODULE_3__/* .listed */ .KE)(shown, sorted.length)}; exclude them${how}, or move what is in the way; nothing was written`);
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




/**
 * Calls lstat for a few dozen paths at a time. In place a call takes 4 µs; through the thread pool it takes
 * 11-17 µs of this thread alone (Node 20, 140,000 files of one directory). See `InPlace`; in place with a breath for
 * everything else that runs.
 *
 * `now` is in milliseconds.
 */
function createLstat(now) {
    const inPlace = new _disk_in_place_js__WEBPACK_IMPORTED_MODULE_2__/* .InPlace */ .B(_disk_in_place_js__WEBPACK_IMPORTED_MODULE_2__/* .QUICK_CALLS */ .g, now);
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

/***/ 8414:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  SharedTree: () => (/* binding */ SharedTree)
});

// UNUSED EXPORTS: DigestMemo

// EXTERNAL MODULE: external "node:timers/promises"
var promises_ = __webpack_require__(8500);
// EXTERNAL MODULE: ./build/src/model/concurrency.js
var concurrency = __webpack_require__(7452);
// EXTERNAL MODULE: ./build/src/model/digest-index.js + 1 modules
var digest_index = __webpack_require__(6112);
// EXTERNAL MODULE: ./build/src/sync/body-arena.js
var body_arena = __webpack_require__(2411);
// EXTERNAL MODULE: ./build/src/sync/file-id.js
var file_id = __webpack_require__(9857);
;// CONCATENATED MODULE: ./build/src/sync/upload-rate.js
/** Smaller bodies wait for answers, and say nothing of the line. Bytes. */
const LEAST_BODY = 1024 * 1024;
/** Time after which a rate is worth going by. Seconds. */
const LEAST_SECONDS = 2;
/** Measures how fast this machine sends, over all destinations: large bodies, while any of them is under way. */
class UploadRate {
    #now;
    #bytes = 0;
    #busySeconds = 0;
    #inFlight = 0;
    #since = 0;
    /** @param now seconds, of a clock that never goes back */
    constructor(now = () => performance.now() / 1000) {
        this.#now = now;
    }
    /** `undefined` until enough was sent. */
    get bytesPerSecond() {
        const seconds = this.#busySeconds + (this.#inFlight > 0 ? this.#now() - this.#since : 0);
        return seconds < LEAST_SECONDS || this.#bytes === 0 ? undefined : this.#bytes / seconds;
    }
    /** Runs a request that sends a body. One that fails counts as time alone. */
    async measure(bytes, send) {
        if (bytes < LEAST_BODY)
            return send();
        if (this.#inFlight++ === 0)
            this.#since = this.#now();
        try {
            const answer = await send();
            this.#bytes += bytes;
            return answer;
        }
        finally {
            if (--this.#inFlight === 0)
                this.#busySeconds += this.#now() - this.#since;
        }
    }
}

// EXTERNAL MODULE: ./build/src/sync/walk.js + 5 modules
var walk = __webpack_require__(4743);
;// CONCATENATED MODULE: ./build/src/sync/shared-tree.js







/** Bodies held in memory at a time, over all requests; the destinations share it, as far as it goes. Bytes. */
const BODY_BYTES = 40 * 1024 * 1024;
/** What each destination has of it at least: two parts. Bytes. */
const LEAST_BODY_BYTES = 16 * 1024 * 1024;
/** How long the first destination's index is waited for: one of a million files takes about as long to load. Milliseconds. */
const PATIENCE_MS = 15_000;
/**
 * What the destinations of one tree have in common: it is walked once, and each file is read for its digests once. Here
 * they also learn what the others hold.
 */
class SharedTree {
    digests = new DigestMemo();
    rate = new UploadRate();
    #index = (0,concurrency/* deferred */.yX)();
    #signal;
    #patienceMs;
    #listings = new Map();
    #tree;
    /**
     * @param signal of the whole run: one destination that fails must not end the walk of the others
     * @param destinations all of the run
     */
    constructor(signal, destinations = [], patienceMs = PATIENCE_MS) {
        this.#signal = signal;
        this.#patienceMs = patienceMs;
        for (const destination of destinations)
            this.#listings.set(destination, (0,concurrency/* deferred */.yX)());
    }
    /**
     * The index that knows the local files and may be believed: the first destination's. Where that does not answer the others
     * go on without: they read what it would have told.
     */
    async index() {
        const stop = new AbortController();
        try {
            const { signal } = stop;
            return await Promise.race([this.#index.promise, (0,promises_.setTimeout)(this.#patienceMs, undefined, { signal })]);
        }
        finally {
            stop.abort();
        }
    }
    /** Memory for the bodies of one destination: what one that does not answer has taken is no other's. */
    bodies() {
        return new body_arena/* BodyArena */.a(Math.max(BODY_BYTES / Math.max(this.#listings.size, 1), LEAST_BODY_BYTES));
    }
    /** Told once by the first destination; later words are not heard. */
    tellIndex(index) {
        this.#index.resolve(index);
    }
    /** Told once by each destination, at the latest when its run ends; later words are not heard. */
    tellListing(destination, listed) {
        this.#listings.get(destination)?.resolve(listed);
    }
    /** Destinations whose prefix lies in this one's, and what they hold once that is known. */
    *inner({ prefix }) {
        for (const [destination, { promise: listed }] of this.#listings) {
            if (destination.prefix !== prefix && destination.prefix.startsWith(prefix))
                yield { destination, listed };
        }
    }
    /** @param onFound of whoever asks first alone */
    walk(options, onProgress, onFound) {
        this.#tree ??= (0,walk/* walk */.G)(options, onProgress, this.#signal, onFound);
        return this.#tree;
    }
}
/** Digests that were asked for already, of files that have not changed since. */
class DigestMemo {
    #known = new Map();
    #chunks = new Map();
    /** What is known or under way; else what `read` makes of the file. */
    async digest({ file, layouts }, read) {
        const id = (0,file_id/* fileState */.o)(file);
        const wanted = layouts.map(digest_index/* formatLayout */.Cu);
        const known = this.#known.get(id);
        if (known !== undefined && covers(known.layouts, wanted)) {
            const found = await known.digest.catch(() => undefined);
            // The run that began it may have ended, which says nothing of the file.
            if (found === undefined)
                return this.digest({ file, layouts }, read);
            const { md5, partMd5s, etags } = found;
            return {
                md5,
                partMd5s: wanted.length === 0 ? [] : partMd5s,
                etags: wanted.map((layout) => etags[known.layouts.indexOf(layout)]),
            };
        }
        const digest = read();
        this.#known.set(id, { layouts: wanted, digest });
        try {
            return await digest;
        }
        catch (error) {
            this.#known.delete(id);
            throw error;
        }
    }
    /** What is known of it is of other bytes, though its stat is the same. */
    forget(file) {
        this.#known.delete((0,file_id/* fileState */.o)(file));
    }
    /** As `digest`, of the chunks of a file. */
    async chunks(file, read) {
        const id = (0,file_id/* fileState */.o)(file);
        const chunks = this.#chunks.get(id) ?? read();
        this.#chunks.set(id, chunks);
        return chunks;
    }
}
/** The parts of the first layout alone are kept. */
function covers(known, wanted) {
    return (wanted.length === 0 || wanted[0] === known[0]) && wanted.every((layout) => known.includes(layout));
}


/***/ }),

/***/ 1515:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   A3: () => (/* binding */ reasonOf),
/* harmony export */   CA: () => (/* binding */ errorCode),
/* harmony export */   H4: () => (/* binding */ systemMessage),
/* harmony export */   ST: () => (/* binding */ isGone),
/* harmony export */   yd: () => (/* binding */ couldNotWrite)
/* harmony export */ });
/* harmony import */ var _model_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(4132);

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
    return (0,_model_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .messageOf */ .bD)(error).replace(/(, [a-z]+) '.*$/s, '$1');
}
/** Nothing is there; or a directory above it was replaced by something else. */
function isGone(error) {
    const code = errorCode(error);
    return code === 'ENOENT' || code === 'ENOTDIR';
}
/** `EACCES`: Node's own sentence would repeat the path. */
function reasonOf(error) {
    const code = errorCode(error);
    if (code === 'EMFILE' || code === 'ENFILE')
        return `${code}: raise the limit of open files, ulimit -n`;
    return code ?? (0,_model_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .messageOf */ .bD)(error);
}


/***/ }),

/***/ 7819:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   $$: () => (/* binding */ tellSlips),
/* harmony export */   G1: () => (/* binding */ belowPlaces),
/* harmony export */   Kj: () => (/* binding */ slipOf),
/* harmony export */   SP: () => (/* binding */ shown),
/* harmony export */   UD: () => (/* binding */ unusedExcludes),
/* harmony export */   b5: () => (/* binding */ withAdvice),
/* harmony export */   i3: () => (/* binding */ unusedLines),
/* harmony export */   u$: () => (/* binding */ firstName),
/* harmony export */   yw: () => (/* binding */ tellUnused)
/* harmony export */ });
/* harmony import */ var _model_object_key_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(5142);
/* harmony import */ var _excludes_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(9542);
/* harmony import */ var _walk_findings_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(4908);



/** Of a pattern, how much is shown. Characters. */
const SHOWN = 80;
/** `.git` and our own are kept back without asking the lines. */
const BUILT_IN = [/(^|\/)\.git(\/|$)/, new RegExp(`^/?${_model_object_key_js__WEBPACK_IMPORTED_MODULE_2__/* .OWN_DIRECTORY */ .Nt.replaceAll('.', '\\.')}`)];
/** Lines in the dialect of .gitignore that kept nothing back; comments, `!` lines and what is built in are none. */
function unusedExcludes(lines, used) {
    return unusedLines(lines, used).filter((line) => !BUILT_IN.some((r) => r.test(line)));
}
/** The same, with what is built in. */
function unusedLines(lines, used) {
    return [...new Set(lines)].filter((line) => line.trim() !== '' && !/^[#!]/.test(line) && !used.has(line));
}
/** What a line was compared with. */
const UNMATCHED = {
    excludes: 'no file and no listed key',
    retain: 'no key or file that would be deleted',
};
/** @param input that the lines belong to */
function tellUnused(input, lines, context) {
    const warned = [];
    const noticed = [];
    for (const line of lines) {
        const meant = slipOf(line, context);
        const isWarned = meant !== undefined || (context.deletes && firstName(line) !== undefined);
        (isWarned ? warned : noticed).push(withAdvice(line, meant));
    }
    const text = (shown) => `${input}: nothing is kept back by ${(0,_walk_findings_js__WEBPACK_IMPORTED_MODULE_1__/* .listed */ .KE)(shown)}: ${UNMATCHED[input]} matches, or another line matches too; a pattern is compared with the path below the root, which is the key below the prefix`;
    return {
        ...(warned.length === 0 ? {} : { warning: text(warned) }),
        ...(noticed.length === 0 ? {} : { notice: text(noticed) }),
    };
}
/** The lines that a line was to be, where it can only be a slip. */
function slipOf(line, context) {
    const meant = meantBy(line, context);
    return meant.length === 1 && meant[0] === line.trimEnd() ? undefined : meant;
}
/** A warning for lines that match nothing in the tree, where what they can only have been meant as does. */
function tellSlips({ input, lines, meant, matches }) {
    const slips = [...new Set(lines)].flatMap((line) => {
        const patterns = meant(line);
        const isSlip = patterns !== undefined && !matches([line]) && matches(patterns);
        return isSlip ? [withAdvice(line, patterns)] : [];
    });
    if (slips.length === 0)
        return undefined;
    return `${input}: nothing matches ${(0,_walk_findings_js__WEBPACK_IMPORTED_MODULE_1__/* .listed */ .KE)(slips)}: a pattern is compared with the path below the root, which is the key below the prefix`;
}
/** A line, and what to write instead. */
function withAdvice(line, meant = []) {
    return shown(line) + (meant.length === 0 ? '' : ` (write ${(0,_walk_findings_js__WEBPACK_IMPORTED_MODULE_1__/* .listed */ .KE)(meant.map(shown))})`);
}
/** A pattern in quotes, cut where it is long. */
function shown(pattern) {
    return JSON.stringify(pattern.length > SHOWN ? `${pattern.slice(0, SHOWN)}…` : pattern);
}
/** The first name of a pattern that is one place below the root, and no name that may be anywhere. */
function firstName(line) {
    const [first = ''] = line.replace(/^\//, '').split('/');
    return line.trimEnd().slice(0, -1).includes('/') && !/[*?[]/.test(first) ? first : undefined;
}
/** The lines that a line was to be: it itself where it holds no slip. */
function meantBy(line, context) {
    const comment = line.search(/\s#/);
    const text = unquoted((comment > 0 ? line.slice(0, comment) : line).trim());
    const patterns = alternatives(text).map((part) => unquoted(part.trim()));
    // A comma or a # in brackets is one of their characters.
    if (!patterns.every(_excludes_js__WEBPACK_IMPORTED_MODULE_0__/* .isClosed */ .L))
        return [line.trimEnd()];
    return patterns.filter((pattern) => pattern !== '').map((pattern) => belowPlaces(pattern, context));
}
function unquoted(text) {
    return /^(["'`])(.+)\1$/.exec(text)?.[2] ?? text;
}
/** Neither braces nor commas mean anything in the dialect. */
function alternatives(text) {
    const braces = text.split('{').length - 1;
    if (braces === 0)
        return text.split(',');
    const [, before = '', inside, after = ''] = /^([^{}]*)\{([^{}]*,[^{}]*)\}([^{}]*)$/.exec(text) ?? [];
    return inside === undefined ? [text] : inside.split(',').map((one) => before + one + after);
}
/** A pattern without `./`, or the name of a place that it was written with. */
function belowPlaces(pattern, { places, hasDirectory }) {
    const body = pattern.replace(/^(\.?\/)+/, '').replace(/^s3:\/\//, 's3:/');
    for (const place of places) {
        const segments = place.split('/').filter((segment) => segment !== '');
        for (let from = 0; from < segments.length; from++) {
            const above = `${segments.slice(from).join('/')}/`;
            if (!body.startsWith(above) || body.length === above.length)
                continue;
            if (!hasDirectory(body.slice(0, body.indexOf('/'))))
                return `/${body.slice(above.length)}`;
        }
    }
    return pattern.startsWith('./') ? `/${body}` : pattern;
}


/***/ }),

/***/ 4908:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   $i: () => (/* binding */ showName),
/* harmony export */   KE: () => (/* binding */ listed),
/* harmony export */   Of: () => (/* binding */ refusalOf),
/* harmony export */   n0: () => (/* binding */ looksSecret),
/* harmony export */   ni: () => (/* binding */ showBytes),
/* harmony export */   t6: () => (/* binding */ NAMES_SHOWN),
/* harmony export */   xM: () => (/* binding */ collisionWarning)
/* harmony export */ });
/* harmony import */ var _model_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(4132);
/* harmony import */ var _model_file_columns_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(9511);
/* harmony import */ var _model_object_key_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(5142);



const REFUSALS_SHOWN = 10;
const NAMES_SHOWN = 5;
const PAIRS_SHOWN = 3;
/** All that a run would be refused for, in one line, so that one run shows what there is to repair. */
function refusalOf(refusals) {
    const sorted = [...refusals].sort((a, b) => (0,_model_object_key_js__WEBPACK_IMPORTED_MODULE_1__/* .compareKeys */ .YD)(a.name, b.name));
    const first = sorted[0];
    if (first === undefined)
        return undefined;
    const shown = sorted.slice(0, REFUSALS_SHOWN);
    const more = sorted.length - shown.length;
    const entries = sorted.length === 1 ? '1 entry' : `${sorted.length} entries`;
    const verb = sorted.length === 1 ? 'stands' : 'stand';
    const clauses = shown.map(({ clause }) => clause).join('; ') + (more > 0 ? `; and ${more} more` : '');
    const links = shown.some(({ code }) => code.startsWith('symlink-'));
    const advice = links ? 'exclude or repair them, or set symlinks' : 'exclude or repair them';
    return new _model_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .SyncError */ .S0(first.code, _model_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .EXIT */ .dc.refused, `${entries} ${verb} in the way: ${clauses}; ${advice}`);
}
/** A few of `count` things in a sentence, and how many more there are. */
function listed(shown, count = shown.length, most = NAMES_SHOWN) {
    const more = count - Math.min(most, shown.length);
    return shown.slice(0, most).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
/** Of a longer name the beginning and the end are shown: 3,000 directories below one another are several KB. Characters. */
const MOST_SHOWN = 400;
/** A name in quotes, on one line whatever it holds. */
function showName(name) {
    const half = MOST_SHOWN / 2;
    const cut = name.length <= MOST_SHOWN ? name : `${name.slice(0, half)}…${name.slice(-half)}`.toWellFormed();
    return `'${cut.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, codePoint)}'`;
}
/** A name as the file system has it, bytes that are no UTF-8 as `\xNN`. */
function showBytes(bytes) {
    const latin1 = Buffer.from(bytes).toString('latin1');
    return `'${latin1.replace(/[^\x20-\x7e]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)}'`;
}
function codePoint(character) {
    return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}
/**
 * Names that a file system which folds case or normalises Unicode cannot hold side by side (R10). Both are
 * published. Takes sorted names.
 */
function collisionWarning(files) {
    // At least one name of a pair is not its own folded form, so only those need to be remembered.
    const unfolded = new Map();
    const pairs = [];
    let count = 0;
    const compare = (name, other) => {
        if (other === undefined || other === name)
            return;
        count++;
        if (pairs.length < PAIRS_SHOWN)
            pairs.push(showPair(other, name));
    };
    for (const name of (0,_model_file_columns_js__WEBPACK_IMPORTED_MODULE_2__/* .namesOf */ .eZ)(files)) {
        const folded = fold(name);
        if (folded === name)
            continue;
        compare(name, unfolded.get(folded));
        if (!unfolded.has(folded))
            unfolded.set(folded, name);
    }
    if (unfolded.size > 0)
        for (const name of (0,_model_file_columns_js__WEBPACK_IMPORTED_MODULE_2__/* .namesOf */ .eZ)(files))
            compare(name, unfolded.get(name));
    if (count === 0)
        return undefined;
    return (`${count === 1 ? '1 pair of names differs' : `${count} pairs of names differ`} only in case or Unicode ` +
        `normalisation, and not every file system can hold both: ${listed(pairs, count, PAIRS_SHOWN)}`);
}
const ASCII = /^[\0-\x7f]*$/;
function fold(name) {
    if (ASCII.test(name))
        return name.toLowerCase();
    return name.normalize('NFC').toLowerCase().normalize('NFC');
}
/** Two spellings that look alike are told apart by their code points. */
function showPair(a, b) {
    const spelled = a.normalize('NFC') === b.normalize('NFC') ? spell : (name) => name;
    return `${showName(spelled(a))} and ${showName(spelled(b))}`;
}
function spell(name) {
    return name.replace(/[^\0-\x7f]/gu, codePoint);
}
const SECRETS = [
    /^\.env.*(?<!\.(?:example|sample|template))$/,
    /^id_(?:rsa|dsa|ecdsa|ed25519).*(?<!\.pub)$/,
    /^\.(?:npmrc|netrc|pypirc|git-credentials|dockercfg)$/,
    // Of package repositories it is the public key that their readers fetch.
    /(?<!^(?:repomd\.xml|Release)|public|\.pub)\.(?:pem|key)$/,
];
/** Whether a file's name says that it holds a secret; for some names the directory's says it. */
function looksSecret(base, path) {
    if (base === 'credentials')
        return /[\\/]\.aws[\\/]credentials$/.test(path);
    if (base === 'config.json')
        return /[\\/]\.docker[\\/]config\.json$/.test(path);
    return SECRETS.some((secret) => secret.test(base));
}


/***/ }),

/***/ 4743:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  L: () => (/* binding */ exclusion),
  G: () => (/* binding */ walk)
});

// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: ./build/src/disk/file-calls.js
var file_calls = __webpack_require__(8781);
// EXTERNAL MODULE: ./build/src/model/errors.js
var errors = __webpack_require__(4132);
// EXTERNAL MODULE: ./build/src/model/file-columns.js
var file_columns = __webpack_require__(9511);
// EXTERNAL MODULE: ./build/src/model/object-key.js
var object_key = __webpack_require__(5142);
// EXTERNAL MODULE: ./build/src/sync/excludes.js
var sync_excludes = __webpack_require__(9542);
// EXTERNAL MODULE: ./build/src/model/name-table.js
var name_table = __webpack_require__(8025);
;// CONCATENATED MODULE: ./build/src/sync/file-table.js


const FIRST_ROWS = 1024;
/**
 * The files that a walk met, in rows of some 65 bytes beside their names. Files are made as they are asked for, so the same
 * one is another object each time.
 */
class FileTable {
    names = new name_table/* NameTable */.K3();
    /** What all paths begin with but those of `#elsewhere`: their names follow. */
    #head;
    #elsewhere = new Map();
    /** Times that their columns cannot hold. */
    #farTimes = new Map();
    #sizes = new Float64Array(FIRST_ROWS);
    #mtimes = new BigInt64Array(FIRST_ROWS);
    #ctimes = new BigInt64Array(FIRST_ROWS);
    #inodes = new BigInt64Array(FIRST_ROWS);
    #links = new Uint32Array(FIRST_ROWS);
    #modes = new Uint32Array(FIRST_ROWS);
    /** Index into `#deviceNumbers`. */
    #devices = new Uint32Array(FIRST_ROWS);
    #deviceNumbers = [];
    /** Its names may be more: what is said of files is kept by the same ones. */
    #length = 0;
    get length() {
        return this.#length;
    }
    /** Returns its row. */
    add({ name, path, real, size, mtimeNs, ctimeNs, dev, ino, nlink, mode }) {
        const row = this.names.add(name);
        // A row that nobody filled would be a file that nobody met.
        if (row > this.#length)
            throw new Error(`the table of files has ${this.#length} rows and skips to ${row}`);
        this.#length = Math.max(this.#length, row + 1);
        if (row >= this.#sizes.length)
            this.#widen();
        const end = pathOf(name);
        if (path.endsWith(end))
            this.#head ??= path.slice(0, path.length - end.length);
        if (path === `${this.#head}${end}` && real === path)
            this.#elsewhere.delete(row);
        else
            this.#elsewhere.set(row, { path, real });
        if ((0,name_table/* fits */.lA)(mtimeNs) && (0,name_table/* fits */.lA)(ctimeNs))
            this.#farTimes.delete(row);
        else
            this.#farTimes.set(row, { mtimeNs, ctimeNs });
        this.#sizes[row] = size;
        this.#mtimes[row] = mtimeNs;
        this.#ctimes[row] = ctimeNs;
        this.#inodes[row] = ino;
        this.#links[row] = nlink;
        this.#modes[row] = mode;
        const device = this.#deviceNumbers.indexOf(dev);
        this.#devices[row] = device === -1 ? this.#deviceNumbers.push(dev) - 1 : device;
        return row;
    }
    sizeAt(row) {
        return this.#sizes[row];
    }
    at(row) {
        const name = this.names.at(row);
        const elsewhere = this.#elsewhere.get(row);
        const far = this.#farTimes.size === 0 ? undefined : this.#farTimes.get(row);
        const path = elsewhere?.path ?? `${this.#head}${pathOf(name)}`;
        return {
            name,
            path,
            real: elsewhere?.real ?? path,
            size: this.#sizes[row],
            mtimeNs: far?.mtimeNs ?? this.#mtimes[row],
            ctimeNs: far?.ctimeNs ?? this.#ctimes[row],
            dev: this.#deviceNumbers[this.#devices[row]],
            ino: this.#inodes[row],
            nlink: this.#links[row],
            mode: this.#modes[row],
        };
    }
    /** Whether each path is what all begin with, and the name. */
    get isOneDirectory() {
        return this.#elsewhere.size === 0;
    }
    /** All that are there now, in the order of `compareKeys`. */
    sorted() {
        return new SortedFiles(this, this.names.ordered(this.length));
    }
    #widen() {
        const rows = this.#sizes.length * 2;
        this.#sizes = (0,name_table/* moved */.aW)(this.#sizes, new Float64Array(rows));
        this.#mtimes = (0,name_table/* moved */.aW)(this.#mtimes, new BigInt64Array(rows));
        this.#ctimes = (0,name_table/* moved */.aW)(this.#ctimes, new BigInt64Array(rows));
        this.#inodes = (0,name_table/* moved */.aW)(this.#inodes, new BigInt64Array(rows));
        this.#links = (0,name_table/* moved */.aW)(this.#links, new Uint32Array(rows));
        this.#modes = (0,name_table/* moved */.aW)(this.#modes, new Uint32Array(rows));
        this.#devices = (0,name_table/* moved */.aW)(this.#devices, new Uint32Array(rows));
    }
}
class SortedFiles {
    #table;
    #order;
    constructor(table, order) {
        this.#table = table;
        this.#order = order;
    }
    get length() {
        return this.#order.length;
    }
    get names() {
        return this.#table.names;
    }
    get columns() {
        return this;
    }
    get areByPath() {
        return external_node_path_.sep === '/' && this.#table.isOneDirectory;
    }
    rowAt(place) {
        return this.#order[place];
    }
    nameAt(place) {
        return this.#table.names.at(this.#order[place]);
    }
    sizeAt(place) {
        return this.#table.sizeAt(this.#order[place]);
    }
    at(place) {
        return this.#table.at(this.#order[place]);
    }
    *[Symbol.iterator]() {
        for (const row of this.#order)
            yield this.#table.at(row);
    }
}
/** As the system spells a name. */
function pathOf(name) {
    return external_node_path_.sep === '/' ? name : name.replaceAll('/', external_node_path_.sep);
}

// EXTERNAL MODULE: ./build/src/disk/is-inside.js
var is_inside = __webpack_require__(2572);
// EXTERNAL MODULE: ./node_modules/minimatch/dist/esm/index.js + 7 modules
var esm = __webpack_require__(3581);
;// CONCATENATED MODULE: ./build/src/sync/path-match.js


/**
 * Matches paths while walking, in the dialect of @actions/glob, which is Minimatch with these options; but
 * never with `nocase`: keys are case-sensitive, so patterns are, on every system.
 */
const DIALECT = { dot: true, nobrace: true, nocomment: true, noext: true, nonegate: true };
/**
 * Compares segment by segment on the way down, so that a directory that no pattern reaches is never opened
 * and a file costs at most one comparison a pattern; none where the directory is covered.
 */
function pathMatcher(patterns) {
    const unused = new Map(patterns.filter((pattern) => pattern.negate).map((p) => [compile(p), p]));
    const unmatched = new Map(patterns.filter((pattern) => !pattern.negate).map((p) => [compile(p), p.text]));
    const positivesAt = standingsByDirectory([...unmatched.keys()]);
    const negativesAt = standingsByDirectory([...unused.keys()]);
    /** Whether one of them is so. All that are took something out. */
    const takenOut = (standings, isSo) => {
        if (unused.size === 0)
            return standings.some(isSo);
        const all = standings.filter(isSo);
        for (const { pattern } of all)
            unused.delete(pattern);
        return all.length > 0;
    };
    const directoryMatch = (positives, negatives) => {
        if (positives.length === 0 || takenOut(negatives, isCovered))
            return undefined;
        return { positives, negatives, covered: positives.some(isCovered) };
    };
    return {
        at: (directory) => directoryMatch(positivesAt(directory), negativesAt(directory)),
        enter(parent, name) {
            // The common case, `dir` and nothing else: what holds for a directory holds for all below it.
            if (parent.covered && parent.negatives.length === 0 && unmatched.size === 0)
                return parent;
            return directoryMatch(advanceAll(parent.positives, name), advanceAll(parent.negatives, name));
        },
        takes(parent, name) {
            if (takenOut(parent.negatives, (standing) => matchesFile(standing, name)))
                return false;
            return parent.covered || parent.positives.some((standing) => matchesFile(standing, name));
        },
        found(parent, name) {
            if (unmatched.size === 0)
                return;
            for (const standing of parent.positives) {
                if (unmatched.has(standing.pattern) && matchesFile(standing, name))
                    unmatched.delete(standing.pattern);
            }
        },
        withoutMatch: () => [...new Set(unmatched.values())],
        unusedNegations: () => [...unused.values()],
        negatedBelow(directory) {
            const start = negativesAt(directory);
            return (path) => negates(start, path);
        },
    };
}
function compile(pattern) {
    const glob = pattern.glob === '' ? [] : new esm/* Minimatch */.VR(pattern.glob, DIALECT).set[0];
    // Minimatch leaves a pattern out that it cannot compile: it matches nothing.
    const segments = [...segmentsOf(pattern.base), ...(glob ?? [{ test: () => false }])];
    const endsAt = segments.map((_, i) => segments.slice(i).every((segment) => segment === esm/* GLOBSTAR */.ZN));
    return { segments, endsAt: [...endsAt, true], directoriesOnly: pattern.directoriesOnly };
}
function segmentsOf(path) {
    return path.split(external_node_path_.sep).filter((segment) => segment !== '');
}
/** Each directory is come to but once: a list of changed files can be thousands of patterns. */
function standingsByDirectory(patterns) {
    const first = patterns.map((pattern) => standing(pattern, reach(pattern, 0, [])));
    const known = new Map();
    return (directory) => {
        let standings = first;
        let path = '';
        for (const segment of segmentsOf(directory)) {
            path += external_node_path_.sep + segment;
            const next = known.get(path) ?? advanceAll(standings, segment);
            known.set(path, next);
            standings = next;
        }
        return standings;
    };
}
function isCovered({ covered }) {
    return covered;
}
function standing(pattern, at) {
    return { pattern, at, covered: at.some((i) => pattern.endsAt[i] === true) };
}
/** Adds position `i`, and those behind a `**`, which may stand for no name at all. */
function reach(pattern, i, at) {
    for (let position = i; !at.includes(position); position++) {
        at.push(position);
        if (pattern.segments[position] !== esm/* GLOBSTAR */.ZN)
            break;
    }
    return at;
}
function advanceAll(standings, name) {
    const advanced = [];
    for (const before of standings) {
        const after = before.covered ? before : standing(before.pattern, advance(before, name));
        if (after.at.length > 0)
            advanced.push(after);
    }
    return advanced;
}
function advance({ pattern, at }, name) {
    const next = [];
    for (const i of at) {
        const segment = pattern.segments[i];
        if (segment === esm/* GLOBSTAR */.ZN)
            reach(pattern, i, next);
        else if (hits(segment, name))
            reach(pattern, i + 1, next);
    }
    return next;
}
function matchesFile({ pattern, at, covered }, name) {
    if (covered)
        return true;
    if (pattern.directoriesOnly)
        return false;
    for (const i of at) {
        if (pattern.endsAt[i + 1] === true && hits(pattern.segments[i], name))
            return true;
    }
    return false;
}
function hits(segment, name) {
    if (typeof segment === 'string')
        return segment === name;
    return typeof segment === 'object' && segment.test(name);
}
function negates(start, path) {
    let standings = start;
    const segments = path.split('/');
    const file = segments.pop();
    for (const segment of segments) {
        if (standings.some((standing) => standing.covered))
            return true;
        if (standings.length === 0)
            return false;
        standings = advanceAll(standings, segment);
    }
    return standings.some((standing) => standing.covered || (file !== '' && file !== undefined && matchesFile(standing, file)));
}

// EXTERNAL MODULE: ./build/src/sync/walk-findings.js
var walk_findings = __webpack_require__(4908);
;// CONCATENATED MODULE: ./build/src/sync/misplaced-negations.js



/**
 * A line for each `!` line of `paths` that held back nothing and was meant to begin at the root, as lines of `excludes` do: it
 * begins where the run does, and what it names below the root is published.
 *
 * @param unused `!` lines that held back nothing
 * @param names of what is published
 */
function misplacedNegations(unused, root, names) {
    const lines = [];
    for (const pattern of unused) {
        const { text, base, glob, directoriesOnly } = pattern;
        // What it holds back at the root it would hold back anyway.
        if (base === root || (/^\*\*(\/|$)/.test(glob) && (0,is_inside/* isInside */.F)(root, base)))
            continue;
        const negated = pathMatcher([{ ...pattern, base: root }]).negatedBelow(root);
        for (const name of names()) {
            if (!negated(name))
                continue;
            const meant = JSON.stringify(`/${glob}${directoriesOnly ? '/' : ''}`);
            lines.push(`paths: ${JSON.stringify(text)} holds back nothing, and ${(0,walk_findings/* showName */.$i)(name)} is published: it begins at ${(0,walk_findings/* showName */.$i)(base)}, and not at the root (write ${meant} in excludes)`);
            break;
        }
    }
    return lines;
}

// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: ./build/src/sync/system-error.js
var system_error = __webpack_require__(1515);
;// CONCATENATED MODULE: ./build/src/sync/roots.js






/**
 * The root comes from the spelling of the patterns and from whether a search path is a file (which publishes
 * its base name), never from what matches (D12): a build that filled fewer directories must not shift keys.
 */
async function findRoots(options) {
    const patterns = options.patterns.filter((pattern) => !pattern.negate);
    if (patterns.length === 0) {
        throw (0,errors/* usageError */.Wp)('no path says what to publish; give a directory, a file or a pattern');
    }
    const found = new Map();
    for (const { searchPath } of patterns) {
        if (!found.has(searchPath))
            found.set(searchPath, await find(searchPath));
    }
    const root = options.root ?? commonRoot(patterns, found);
    checkInside(root, patterns, found);
    const starts = [...found].map(([path, what]) => ({ path, found: what }));
    const realRoots = starts.flatMap(({ found: what }) => ('real' in what ? [what.real] : []));
    const realRoot = await (0,promises_.realpath)(root).catch(() => undefined);
    return {
        root,
        starts: starts.filter(({ path }) => !liesBelowAny(path, found)),
        realRoots: realRoot === undefined ? realRoots : [realRoot, ...realRoots],
    };
}
function liesBelowAny(path, paths) {
    for (let below = path, above = (0,external_node_path_.dirname)(path); above !== below; below = above, above = (0,external_node_path_.dirname)(above)) {
        if (paths.has(above))
            return true;
    }
    return false;
}
async function find(path) {
    try {
        const stats = await (0,promises_.stat)(path, { bigint: true });
        if (!stats.isFile() && !stats.isDirectory())
            return { kind: 'special', stats };
        const real = await (0,promises_.realpath)(path);
        return stats.isFile() ? { kind: 'file', stats, real } : { kind: 'directory', real };
    }
    catch (error) {
        const code = (0,system_error/* errorCode */.CA)(error);
        if (code === 'ELOOP')
            return { kind: 'cycle' };
        if ((0,system_error/* isGone */.ST)(error)) {
            const isLink = await (0,promises_.lstat)(path)
                .then((stats) => stats.isSymbolicLink())
                .catch(() => false);
            return { kind: isLink ? 'broken' : 'missing' };
        }
        return { kind: 'unreadable', error };
    }
}
/** Roots that a pattern can have, the likelier one first. */
function rootsOf(pattern, found) {
    const path = pattern.searchPath;
    switch (found?.kind) {
        case 'file':
        case 'special':
            return [(0,external_node_path_.dirname)(path)];
        case 'missing':
        case 'broken':
        case 'cycle':
            // It may have been a file or a directory, so it fits a root that is given by others in either way.
            return isLiteral(pattern) && !pattern.directoriesOnly ? [path, (0,external_node_path_.dirname)(path)] : [path];
        case 'directory':
        case 'unreadable':
        case undefined:
            return [path];
    }
}
/** Whether nothing in the pattern is a wildcard: its search path is all of it. */
function isLiteral({ base, glob, searchPath }) {
    const depth = (path) => path.split(external_node_path_.sep).filter((segment) => segment !== '').length;
    return depth(base) + glob.split('/').filter((segment) => segment !== '').length === depth(searchPath);
}
function commonRoot(patterns, found) {
    const roots = patterns.map((pattern) => rootsOf(pattern, found.get(pattern.searchPath)));
    const common = roots[0]?.find((root) => roots.every((others) => others.includes(root)));
    if (common !== undefined)
        return common;
    const distinct = [...new Set(roots.map((candidates) => candidates[0]))];
    throw (0,errors/* usageError */.Wp)('the paths have more than one root, and each would give other keys: ' +
        `${distinct.map(walk_findings/* showName */.$i).join(', ')}; ` +
        'set root to the directory that keys are taken below');
}
function checkInside(root, patterns, found) {
    for (const { text, searchPath } of patterns) {
        const kind = found.get(searchPath)?.kind;
        const directory = kind === 'file' || kind === 'special' ? (0,external_node_path_.dirname)(searchPath) : searchPath;
        if ((0,is_inside/* isInside */.F)(directory, root))
            continue;
        throw (0,errors/* usageError */.Wp)(`the path ${(0,walk_findings/* showName */.$i)(text)} lies outside of the root ${(0,walk_findings/* showName */.$i)(root)}; ` +
            'set root to a directory above it');
    }
}

// EXTERNAL MODULE: ./build/src/sync/unused-excludes.js
var unused_excludes = __webpack_require__(7819);
// EXTERNAL MODULE: external "node:buffer"
var external_node_buffer_ = __webpack_require__(4573);
// EXTERNAL MODULE: ./build/src/sync/local-names.js
var local_names = __webpack_require__(8163);
// EXTERNAL MODULE: ./build/src/sync/lstat.js
var lstat = __webpack_require__(5631);
;// CONCATENATED MODULE: ./build/src/sync/walker.js









/** Entries of a directory that are looked at in one go. */
const SLICE = 32;
const GIT = '.git';
/** What decoding puts in place of bytes that are no UTF-8. */
const REPLACEMENT = '\ufffd';
/**
 * Ways to one directory by a link that lies behind another link: so many, or so many for each link there is. Two links in each
 * of 40 directories to the next one are 2^39 ways to the last, and no name among them is too long for a key; thousands of
 * versions that share what has a link inside are one way each.
 */
const MOST_WAYS = 1_000;
const MOST_WAYS_A_LINK = 16;
function createWalker({ options, rules, matcher, realRoots, findings, onProgress, onFound, }) {
    const lookAt = (0,lstat/* createLstat */.D)();
    const uid = process.geteuid?.();
    /** Behind a link, by where they lead. */
    const ways = new Map();
    /** Where links lie, each met by one way or by many. */
    const links = new Set();
    let multiplies = false;
    function refuse(code, name, clause) {
        findings.refusals.push({ code, name, clause });
    }
    function takesFile(directory, base) {
        if (base === GIT && !rules.includeGit)
            return false;
        if (rules.excludes?.(directory.namePrefix + base, false) === true)
            return false;
        return matcher.takes(directory.match, base);
    }
    function enters(directory, base) {
        if (base === GIT && !rules.includeGit)
            return undefined;
        const name = directory.namePrefix + base;
        if (rules.excludes?.(name, true) === true)
            return undefined;
        const match = matcher.enter(directory.match, base);
        if (match === undefined || `${base}/` !== object_key/* OWN_DIRECTORY */.Nt)
            return match;
        if (name !== base)
            findings.ownBelow.add(name);
        return undefined;
    }
    /**
     * What was listed and is gone would count as absent, and its objects be deleted: the tree is being changed. What a download
     * has not finished is none of it: a file gets its own name so.
     */
    function vanished(name) {
        if ((0,local_names/* isPartial */.mt)(name))
            return;
        refuse('file-vanished', name, `${(0,walk_findings/* showName */.$i)(name)} vanished while the tree was read`);
    }
    /** Refuses a file that cannot be read, before anything is written. */
    async function isUnreadable(name, path, stats) {
        if (isSurelyReadable(stats, uid))
            return false;
        const error = await (0,promises_.access)(path, promises_.constants.R_OK).then(() => undefined, system_error/* reasonOf */.A3);
        if (error !== undefined)
            refuse('unreadable', name, `${(0,walk_findings/* showName */.$i)(name)} cannot be read (${error})`);
        return error !== undefined;
    }
    /** Takes a file whose metadata is `stats`; through a link, the target's. */
    function add(name, path, real, stats, match, base) {
        const file = { name, path, real, ...(0,lstat/* statFields */.q)(stats) };
        onFound(findings.files, findings.files.add(file), file);
        matcher.found(match, base);
        if ((0,walk_findings/* looksSecret */.n0)(base, path))
            findings.secrets.push(name);
    }
    async function open(directory) {
        let entries;
        let undecodable = new Map();
        try {
            entries = await (0,promises_.readdir)(directory.path, { withFileTypes: true });
            // Reading names as bytes costs twice as much, so only a directory that needs it is read again.
            if (entries.some(({ name }) => name.includes(REPLACEMENT))) {
                undecodable = await readUndecodable(directory.path);
            }
        }
        catch (error) {
            const name = directory.namePrefix === '' ? directory.path : directory.namePrefix;
            if ((0,system_error/* isGone */.ST)(error)) {
                vanished(name);
                return [];
            }
            // What cannot be listed would count as absent, and be deleted (D2).
            refuse('unreadable', name, `the directory ${(0,walk_findings/* showName */.$i)(name)} cannot be read (${(0,system_error/* reasonOf */.A3)(error)})`);
            return [];
        }
        findings.directories.add(directory.namePrefix.slice(0, -1));
        const slices = [];
        for (let i = 0; i < entries.length; i += SLICE) {
            slices.push({ look: { directory, entries: entries.slice(i, i + SLICE), undecodable } });
        }
        return slices;
    }
    async function look({ directory, entries, undecodable }) {
        const subdirectories = [];
        const files = [];
        const links = [];
        for (const entry of entries) {
            const base = entry.name;
            const spellings = undecodable.get(base);
            if (spellings !== undefined) {
                if (takesFile(directory, base) || enters(directory, base) !== undefined) {
                    refuseName(directory, base, spellings);
                }
            }
            else if (entry.isFile()) {
                if (takesFile(directory, base))
                    files.push(base);
            }
            else if (entry.isDirectory()) {
                const match = enters(directory, base);
                if (match !== undefined)
                    subdirectories.push({ open: below(directory, base, match) });
            }
            else if (entry.isSymbolicLink()) {
                links.push(base);
            }
            else if (takesFile(directory, base)) {
                findings.skipped.set(directory.namePrefix + base, kindOf(entry));
            }
        }
        const looks = await lookAt(files.map((base) => directory.pathPrefix + base));
        for (const [i, base] of files.entries()) {
            const name = directory.namePrefix + base;
            const path = directory.pathPrefix + base;
            const look = looks[i];
            if (look === undefined) {
                vanished(name);
            }
            else if ('error' in look) {
                refuse('unreadable', name, `${(0,walk_findings/* showName */.$i)(name)} cannot be looked at (${(0,system_error/* reasonOf */.A3)(look.error)})`);
            }
            else if (!look.isFile()) {
                refuse('unreadable', name, `${(0,walk_findings/* showName */.$i)(name)} was replaced while it was looked at`);
            }
            else if (isSurelyReadable(look, uid) || !(await isUnreadable(name, path, look))) {
                add(name, path, withSeparator(directory.real) + base, look, directory.match, base);
            }
        }
        for (const base of links) {
            const followed = await follow(directory, base);
            if (followed !== undefined)
                subdirectories.push({ open: followed });
        }
        return subdirectories;
    }
    /** A name that S3 cannot hold is refused: skipped, it would count as absent (D3). */
    function refuseName(directory, base, shown) {
        const name = directory.namePrefix + base;
        if (findings.refusals.some((refusal) => refusal.name === name))
            return;
        const place = directory.namePrefix === '' ? '' : ` in ${(0,walk_findings/* showName */.$i)(directory.namePrefix)}`;
        for (const spelled of shown)
            refuse('name-not-utf8', name, `the name ${spelled}${place} is not UTF-8`);
    }
    /** Publishes what a link leads to under the link's own name; a directory is returned, to be walked. */
    async function follow(directory, base) {
        const name = directory.namePrefix + base;
        const path = directory.pathPrefix + base;
        const takes = takesFile(directory, base);
        const match = enters(directory, base);
        if (!takes && match === undefined)
            return undefined;
        if (options.symlinks === 'skip') {
            findings.skipped.set(name, 'symbolic link');
            return undefined;
        }
        let text;
        let real;
        let stats;
        try {
            text = await (0,promises_.readlink)(path);
        }
        catch (error) {
            if ((0,system_error/* isGone */.ST)(error))
                vanished(name);
            else
                refuse('unreadable', name, `the link ${(0,walk_findings/* showName */.$i)(name)} cannot be read (${(0,system_error/* reasonOf */.A3)(error)})`);
            return undefined;
        }
        const link = `${(0,walk_findings/* showName */.$i)(name)} is a symbolic link to ${(0,walk_findings/* showName */.$i)(text)}`;
        try {
            real = await (0,promises_.realpath)(path);
            stats = await (0,promises_.stat)(real, { bigint: true });
        }
        catch (error) {
            if ((0,system_error/* errorCode */.CA)(error) === 'ELOOP')
                refuse('symlink-cycle', name, `${link}, which leads in a circle`);
            else if ((0,system_error/* isGone */.ST)(error))
                refuse('symlink-broken', name, `${link}, which does not exist`);
            else
                refuse('unreadable', name, `${link}, which cannot be read (${(0,system_error/* reasonOf */.A3)(error)})`);
            return undefined;
        }
        if (stats.isDirectory() ? match === undefined : !takes)
            return undefined;
        if (options.symlinks === 'inside' && !realRoots.some((root) => (0,is_inside/* isInside */.F)(real, root))) {
            refuse('symlink-outside', name, `${link}, outside of the published directory`);
        }
        else if (!rules.includeGit && hasGitSegment(real, external_node_path_.sep)) {
            findings.skipped.set(name, 'symbolic link into .git');
        }
        else if (stats.isFile()) {
            if (!(await isUnreadable(name, path, stats)))
                add(name, path, real, stats, directory.match, base);
        }
        else if (!stats.isDirectory()) {
            findings.skipped.set(name, kindOf(stats));
        }
        else if (isOnTheWay(directory, real)) {
            refuse('symlink-cycle', name, `${link}, a directory that the link itself lies in`);
        }
        else if (match !== undefined && isOneOfFew(directory, base, real)) {
            return { ...below(directory, base, match), real, behindLink: true };
        }
        return undefined;
    }
    /** Links that lead to directories with further links multiply: the walk would not end. Told once, as it ends the run. */
    function isOneOfFew(directory, base, real) {
        links.add(withSeparator(directory.real) + base);
        if (!directory.behindLink)
            return true;
        if (multiplies)
            return false;
        const met = (ways.get(real) ?? 0) + 1;
        ways.set(real, met);
        const most = Math.max(MOST_WAYS, MOST_WAYS_A_LINK * links.size);
        multiplies = met > most;
        const name = directory.namePrefix + base;
        const what = `${(0,walk_findings/* showName */.$i)(name)} is one of more than ${most} ways to one directory, by links behind links`;
        if (multiplies)
            refuse('symlink-cycle', name, what);
        return !multiplies;
    }
    async function begin({ path, found }, name) {
        if (found.kind === 'missing')
            return [];
        for (const directory of (0,object_key/* directoriesAbove */.jH)(name))
            findings.directories.add(directory);
        const shown = (0,walk_findings/* showName */.$i)(path);
        switch (found.kind) {
            case 'directory': {
                const match = matcher.at(path);
                if (match === undefined)
                    return [];
                const namePrefix = name === '' ? '' : `${name}/`;
                const { real } = found;
                const pathPrefix = withSeparator(path);
                const at = { path, pathPrefix, namePrefix, real, parent: undefined, behindLink: false, match };
                return [{ open: at }];
            }
            case 'file': {
                const base = (0,external_node_path_.basename)(path);
                const match = matcher.at((0,external_node_path_.dirname)(path));
                if (match === undefined || !matcher.takes(match, base))
                    return [];
                if (!(await isUnreadable(name, path, found.stats))) {
                    add(name, path, found.real, found.stats, match, base);
                }
                return [];
            }
            case 'special':
                findings.skipped.set(name, kindOf(found.stats));
                return [];
            case 'broken':
            case 'cycle':
                if (options.symlinks === 'skip') {
                    findings.skipped.set(name, 'symbolic link');
                }
                else if (found.kind === 'cycle') {
                    refuse('symlink-cycle', name, `${shown} is a symbolic link that leads in a circle`);
                }
                else {
                    refuse('symlink-broken', name, `${shown} is a symbolic link to what does not exist`);
                }
                return [];
            case 'unreadable':
                refuse('unreadable', name, `${shown} cannot be read (${(0,system_error/* reasonOf */.A3)(found.error)})`);
                return [];
        }
    }
    return {
        begin,
        visit: async (work) => {
            const more = await ('open' in work ? open(work.open) : look(work.look));
            // Even where nothing is published: whoever waits sees that the walk goes on.
            onProgress(findings.files.length);
            return more;
        },
    };
}
function hasGitSegment(path, separator) {
    return path.includes(GIT) && path.split(separator).includes(GIT);
}
function isOnTheWay(directory, real) {
    for (let on = directory; on !== undefined; on = on.parent) {
        if (on.real === real)
            return true;
    }
    return false;
}
function below(parent, base, match) {
    const path = parent.pathPrefix + base;
    return {
        path,
        pathPrefix: path + external_node_path_.sep,
        namePrefix: `${parent.namePrefix}${base}/`,
        real: withSeparator(parent.real) + base,
        parent,
        behindLink: parent.behindLink,
        match,
    };
}
function withSeparator(path) {
    return path.endsWith(external_node_path_.sep) ? path : path + external_node_path_.sep;
}
/** By the permission bits, which cost nothing; where these leave it open, the system is asked. */
function isSurelyReadable({ mode, uid }, own) {
    if (own === undefined || own === 0)
        return true;
    const bits = Number(mode);
    return (bits & 0o444) === 0o444 || ((bits & 0o400) !== 0 && Number(uid) === own);
}
async function readUndecodable(path) {
    const names = new Map();
    for (const bytes of await (0,promises_.readdir)(path, { encoding: 'buffer' })) {
        if ((0,external_node_buffer_.isUtf8)(bytes))
            continue;
        const decoded = bytes.toString();
        names.set(decoded, [...(names.get(decoded) ?? []), (0,walk_findings/* showBytes */.ni)(bytes)]);
    }
    return names;
}
function kindOf(entry) {
    if (entry.isSocket())
        return 'socket';
    return entry.isFIFO() ? 'pipe' : 'device';
}

;// CONCATENATED MODULE: ./build/src/sync/walk.js













/** Directories and slices of directories that are looked at side by side. */
const IN_FLIGHT = 32;
/** What no entry of a directory is called. */
const NO_NAME = new Set(['', '.', '..']);
/** A walk with more refusals than this has nothing more to tell. */
const MOST_REFUSALS = 1000;
/**
 * Finds the files that `options` publish.
 *
 * A directory that nothing in it can be published from is not opened. An entry that is gone when it is looked at
 * refuses the run: it would count as absent. All refusals come in one error, before anything is written.
 *
 * @param onFound told of every file as it is met, in no order
 */
async function walk(options, onProgress, signal, onFound = () => undefined) {
    signal.throwIfAborted();
    const { root, starts, realRoots } = await findRoots(options);
    checkGit(options, starts);
    const matcher = pathMatcher(options.patterns);
    const used = new Set();
    const rules = { includeGit: options.includeGit, excludes: (0,sync_excludes/* parseExcludes */.T)(options.excludes, used) };
    const findings = {
        files: new FileTable(),
        refusals: [],
        skipped: new Map(),
        directories: new Set(),
        secrets: [],
        ownBelow: new Set(),
    };
    const walker = createWalker({ options, rules, matcher, realRoots, findings, onProgress, onFound });
    const calls = new file_calls/* FileCalls */.MF();
    const negated = matcher.negatedBelow(root);
    const excluded = (name) => isExcluded(rules, name) || negated(name);
    const first = [];
    for (const start of starts) {
        const name = nameBelow(root, start.path);
        const key = start.found.kind === 'directory' && name !== '' ? `${name}/` : name;
        if (!excluded(key))
            for (const work of await walker.begin(start, name))
                first.push(work);
    }
    await drain(first, walker.visit, () => findings.refusals.length < MOST_REFUSALS, signal);
    const refusal = (0,walk_findings/* refusalOf */.Of)(findings.refusals);
    if (refusal !== undefined)
        throw refusal;
    const files = findings.files.sorted();
    onProgress(files.length);
    // Copied: what lines are asked later adds to those that met something.
    const excludedBy = files.length === 0 ? [...used] : [];
    return {
        root,
        files,
        excludedBy,
        excluded,
        skipped: (name) => isBelowAny(name, findings.skipped),
        hasDirectory: (name) => findings.directories.has(name),
        isThere: async (name) => {
            // Nothing is, nearly always.
            const stats = await calls.lstat(`${root}/${name}`).catch(() => undefined);
            if (stats?.isFile() !== true || excluded(name))
                return false;
            const segments = name.split('/');
            if (segments.some((segment) => NO_NAME.has(segment)))
                return false;
            const path = (0,external_node_path_.join)(root, ...segments);
            const at = matcher.at((0,external_node_path_.dirname)(path));
            return at !== undefined && matcher.takes(at, (0,external_node_path_.basename)(path));
        },
        warnings: [
            ...warningsOf(findings, files),
            ...misplacedNegations(matcher.unusedNegations(), root, () => (0,file_columns/* namesOf */.eZ)(files)),
        ],
        missing: starts.flatMap(({ path, found }) => {
            if (found.kind === 'missing')
                return [path];
            const named = options.patterns.filter(({ negate, searchPath }) => !negate && searchPath === path);
            return found.kind === 'file' && named.every((pattern) => pattern.directoriesOnly) ? [path + external_node_path_.sep] : [];
        }),
        patternsWithoutMatch: matcher.withoutMatch(),
        unusedExcludes: () => (0,unused_excludes/* unusedExcludes */.UD)(options.excludes, used),
    };
}
/** Works off a stack, some pieces side by side. The last in goes first, which keeps the stack short. */
async function drain(first, visit, goesOn, signal) {
    signal.throwIfAborted();
    const stack = [...first];
    return new Promise((resolve, reject) => {
        let active = 0;
        let ended = false;
        const onAbort = () => end(() => reject(signal.reason));
        const end = (settle) => {
            ended = true;
            signal.removeEventListener('abort', onAbort);
            settle();
        };
        const pump = () => {
            while (!ended && active < IN_FLIGHT && goesOn()) {
                const work = stack.pop();
                if (work === undefined)
                    break;
                active++;
                visit(work).then((more) => {
                    for (const next of more)
                        stack.push(next);
                    active--;
                    pump();
                }, (error) => end(() => reject(error)));
            }
            if (active === 0 && !ended)
                end(resolve);
        };
        signal.addEventListener('abort', onAbort);
        pump();
    });
}
/** .git holds what was never meant to be read, a token in its config among it (R16). */
function checkGit({ includeGit }, starts) {
    if (includeGit)
        return;
    for (const { path, found } of starts) {
        if (hasGitSegment(path, external_node_path_.sep) || ('real' in found && hasGitSegment(found.real, external_node_path_.sep))) {
            throw (0,errors/* usageError */.Wp)(`the path ${(0,walk_findings/* showName */.$i)(path)} lies in ${GIT}: it is not published without include-git`);
        }
    }
}
/** Names that `excludes` and the .git rule keep out, and our own. */
function exclusion({ includeGit, excludes, }) {
    const used = new Set();
    const rules = { includeGit, excludes: (0,sync_excludes/* parseExcludes */.T)(excludes, used) };
    return {
        excluded: (name) => isExcluded(rules, name),
        unusedExcludes: () => (0,unused_excludes/* unusedExcludes */.UD)(excludes, used),
        used,
    };
}
function nameBelow(root, path) {
    return (0,external_node_path_.relative)(root, path).split(external_node_path_.sep).join('/');
}
function isExcluded(rules, name) {
    if (name.startsWith(object_key/* OWN_DIRECTORY */.Nt))
        return true;
    if (!rules.includeGit && hasGitSegment(name, '/'))
        return true;
    const directory = name.endsWith('/');
    return rules.excludes?.(directory ? name.slice(0, -1) : name, directory) === true;
}
/** Whether a name, or a directory on its way, is among `names`; the empty name stands for the root. */
function isBelowAny(name, names) {
    if (names.size === 0)
        return false;
    if (names.has(name) || names.has(''))
        return true;
    for (const directory of (0,object_key/* directoriesAbove */.jH)(name))
        if (names.has(directory))
            return true;
    return false;
}
function warningsOf({ skipped, secrets, ownBelow }, files) {
    const warnings = [];
    if (skipped.size > 0) {
        const names = [...skipped].sort(([a], [b]) => (0,object_key/* compareKeys */.YD)(a, b));
        const shown = names.slice(0, walk_findings/* NAMES_SHOWN */.t6).map(([name, kind]) => `${(0,walk_findings/* showName */.$i)(name)} (${kind})`);
        warnings.push(`not published, and their keys are left alone: ${(0,walk_findings/* listed */.KE)(shown, skipped.size)}`);
    }
    if (ownBelow.size > 0) {
        const shown = [...ownBelow].sort(object_key/* compareKeys */.YD).slice(0, walk_findings/* NAMES_SHOWN */.t6).map(walk_findings/* showName */.$i);
        warnings.push(`not published, as other runs keep there what they remember: ${(0,walk_findings/* listed */.KE)(shown, ownBelow.size)}`);
    }
    if (secrets.length > 0) {
        const shown = secrets.sort(object_key/* compareKeys */.YD).slice(0, walk_findings/* NAMES_SHOWN */.t6).map(walk_findings/* showName */.$i);
        const what = secrets.length === 1 ? 'a file that looks like a secret is' : 'files that look like secrets are';
        warnings.push(`${what} published; exclude what is one: ${(0,walk_findings/* listed */.KE)(shown, secrets.length)}`);
    }
    const collisions = (0,walk_findings/* collisionWarning */.xM)(files);
    if (collisions !== undefined)
        warnings.push(collisions);
    return warnings;
}


/***/ })

};
