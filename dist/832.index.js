export const id = 832;
export const ids = [832];
export const modules = {

/***/ 2848:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Iw: () => (/* binding */ pathFrom),
/* harmony export */   Z6: () => (/* binding */ unusablePath),
/* harmony export */   bb: () => (/* binding */ isBelowHome),
/* harmony export */   vh: () => (/* binding */ homeFor)
/* harmony export */ });
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6760);
/* harmony import */ var _model_errors_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(4132);


/** A path as people write it in an input: no shell has put the home directory in the place of `~`. */
function pathFrom({ cwd, home }, given) {
    return isBelowHome(given) ? (0,node_path__WEBPACK_IMPORTED_MODULE_0__.join)(homeFor(given, home), given.slice(1)) : (0,node_path__WEBPACK_IMPORTED_MODULE_0__.resolve)(cwd, given);
}
function isBelowHome(path) {
    return /^~(\/|$)/.test(path);
}
/** @param path that needs it, for messages */
function homeFor(path, home) {
    if (home === undefined)
        throw unusablePath(path, 'this user has no home directory; set HOME, or write an absolute path');
    return (0,node_path__WEBPACK_IMPORTED_MODULE_0__.resolve)(home);
}
function unusablePath(path, why) {
    const shown = path.length > 200 ? `${path.slice(0, 200)}...` : path;
    return (0,_model_errors_js__WEBPACK_IMPORTED_MODULE_1__/* .usageError */ .Wp)(`the path ${JSON.stringify(shown)} cannot be used: ${why}`);
}


/***/ }),

/***/ 4320:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   D9: () => (/* binding */ markdownCode),
/* harmony export */   Df: () => (/* binding */ withoutCommands),
/* harmony export */   TN: () => (/* binding */ oneLine),
/* harmony export */   g$: () => (/* binding */ printable),
/* harmony export */   ml: () => (/* binding */ shorten),
/* harmony export */   p7: () => (/* binding */ markdownText)
/* harmony export */ });
/**
 * File names, keys and server messages are other people's text (R9): a name may hold a newline, an escape
 * sequence, `::set-output` or Markdown. What is printed passes through here.
 */
/** C0, DEL, C1, line separators, bidirectional controls, zero-width and byte-order marks, lone surrogates. */
const UNPRINTABLE = 
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;
const SHORT_ESCAPES = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
function escapeCharacter(character) {
    const short = SHORT_ESCAPES[character];
    if (short !== undefined)
        return short;
    const code = character.charCodeAt(0);
    return code < 0x100
        ? `\\x${code.toString(16).padStart(2, '0')}`
        : `\\u${code.toString(16).padStart(4, '0')}`;
}
/** What a runner reads a command from anywhere in a line: `##[` on GitHub, `##vso[` on Azure, `##teamcity[`. */
const COMMAND = /##(?=\w*\[)/g;
/**
 * A name as it is, or in double quotes with C-style escapes when it holds what a terminal, a log or a reader
 * would take for something else. GitHub's runner reads a command from a line that begins `::` after blanks too.
 */
function printable(name) {
    const plain = name !== '' &&
        name.search(UNPRINTABLE) === -1 &&
        !/^[\s"]|\s$/.test(name) &&
        !name.startsWith('::') &&
        name.search(COMMAND) === -1;
    if (plain)
        return name;
    const escaped = name
        .replace(/[\\"]/g, '\\$&')
        .replace(UNPRINTABLE, escapeCharacter)
        .replace(COMMAND, '#\\x23');
    return `"${escaped}"`;
}
/**
 * Any text as one line that no terminal and no runner takes for a command. For sentences: nothing is quoted,
 * blanks stay. The last gate before every sink.
 */
function oneLine(text) {
    const flat = text
        .replace(/\s*[\r\n\u2028\u2029]+\s*/g, ' ')
        .replace(/\t/g, ' ')
        .replace(UNPRINTABLE, escapeCharacter)
        .replace(COMMAND, '#\\x23');
    return flat.replace(/^(\s*)::/, '$1\\x3a:');
}
/** JSON in which no runner finds a command, and every program what was in it before. */
function withoutCommands(json) {
    return json.replace(COMMAND, '#\\u0023');
}
/** Shortens in the middle: the beginning names the place, the end the file. */
function shorten(text, length) {
    if (text.length <= length)
        return text;
    const head = Math.ceil((length - 1) / 2);
    const tail = length - 1 - head;
    // A cut through a surrogate pair would leave a character that no encoding has.
    return `${text.slice(0, head)}…${tail > 0 ? text.slice(-tail) : ''}`.toWellFormed();
}
/**
 * A name in a Markdown table, list or heading: `<code>` with every character that Markdown, HTML or GitHub gives
 * a meaning (`|`, backticks, `<`, `@mention`, `#1`, `:smile:`, `www.`) as a numeric entity. A code span would not
 * do: nothing can spell a backslash before a pipe in a table's code span.
 */
function markdownCode(name, length = 200) {
    return `<code>${markdownText(shorten(printable(name), length))}</code>`;
}
/** A sentence in Markdown, taken literally. */
function markdownText(text) {
    return oneLine(text)
        .replace(/:(?![ ]|$)|[^\p{L}\p{M}\p{N}\p{Extended_Pictographic} /.,;:()+=%→…·-]/gu, entity)
        .replace(/www(?=\.)/gi, (word) => `${entity('w')}${word.slice(1)}`)
        .replace(/^([-+=]|\d+(?=[.)]))/, (start) => `${entity(start)}${start.slice(1)}`);
}
function entity(character) {
    return `&#${character.codePointAt(0)};`;
}


/***/ }),

/***/ 6190:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   R: () => (/* binding */ homeDirectory),
/* harmony export */   v: () => (/* binding */ homeDirectories)
/* harmony export */ });
/* harmony import */ var node_os__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8161);

/** The user's home: where HOME says, else the system. `undefined`: HOME is empty, or neither knows one. */
function homeDirectory() {
    return whereKnown(node_os__WEBPACK_IMPORTED_MODULE_0__.homedir);
}
/** With the one that the system knows, which may be another: in a container's job HOME is the runner's. */
function homeDirectories() {
    const homes = [homeDirectory(), whereKnown(() => (0,node_os__WEBPACK_IMPORTED_MODULE_0__.userInfo)().homedir)];
    return homes.filter((home) => home !== undefined);
}
/** Both calls throw for a user id without an entry, as containers are started with. */
function whereKnown(ask) {
    try {
        return ask() || undefined;
    }
    catch {
        return undefined;
    }
}


/***/ }),

/***/ 2572:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   F: () => (/* binding */ isInside)
/* harmony export */ });
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6760);

/** Whether a path is a directory or below it. */
function isInside(path, directory) {
    return path === directory || path.startsWith(directory.endsWith(node_path__WEBPACK_IMPORTED_MODULE_0__.sep) ? directory : directory + node_path__WEBPACK_IMPORTED_MODULE_0__.sep);
}


/***/ }),

/***/ 6417:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   j: () => (/* binding */ openFilesLimit)
/* harmony export */ });
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3024);

/**
 * How many files and connections this process may have open at a time: Node has raised its own limit to the hard one by
 * then. `Infinity` where the system does not show it.
 */
function openFilesLimit(path = '/proc/self/limits') {
    let limits = '';
    try {
        limits = (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.readFileSync)(path, 'latin1');
    }
    catch {
        // Linux alone has it.
    }
    return Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
}


/***/ }),

/***/ 7452:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   C6: () => (/* binding */ forEachConcurrent),
/* harmony export */   Gz: () => (/* binding */ ByteBudget),
/* harmony export */   j3: () => (/* binding */ settleAll),
/* harmony export */   yX: () => (/* binding */ deferred)
/* harmony export */ });
/**
 * Runs `work` over the items, at most `limit` at a time, in order of start. Stops starting when `work` rejects. Of all
 * rejections it tells the one that was started first, when everything that was started has ended.
 */
function forEachConcurrent(items, limit, work) {
    const most = typeof limit === 'number' ? () => limit : limit;
    const iterator = items[Symbol.iterator]();
    return new Promise((resolve, reject) => {
        let begun = 0;
        let running = 0;
        let isOver = false;
        let failure;
        const fail = (error, of) => {
            isOver = true;
            if (failure === undefined || of < failure.of)
                failure = { error, of };
        };
        const begin = () => {
            try {
                while (!isOver && (running === 0 || running < most())) {
                    const next = iterator.next();
                    if (next.done === true)
                        isOver = true;
                    else {
                        const number = begun++;
                        work(next.value)
                            .catch((error) => fail(error, number))
                            .then(ended);
                        running++;
                    }
                }
            }
            catch (error) {
                fail(error, begun);
            }
            if (running > 0)
                return;
            if (failure === undefined)
                resolve();
            else
                reject(failure.error);
        };
        const ended = () => {
            running--;
            begin();
        };
        begin();
    });
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
/** As `Promise.withResolvers`, which Node 20 does not have. */
function deferred() {
    let resolve = () => undefined;
    const promise = new Promise((settle) => {
        resolve = settle;
    });
    return { promise, resolve };
}


/***/ }),

/***/ 4482:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   p: () => (/* binding */ environmentEndpoint)
/* harmony export */ });
/** The endpoint that the SDK would take from the environment. */
function environmentEndpoint(env, service) {
    if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true')
        return undefined;
    return env[`AWS_ENDPOINT_URL_${service}`] || env.AWS_ENDPOINT_URL || undefined;
}


/***/ }),

/***/ 700:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   DU: () => (/* binding */ READER_HEADERS),
/* harmony export */   EQ: () => (/* binding */ HEADER_NAME),
/* harmony export */   Fh: () => (/* binding */ REDIRECT_HEADER),
/* harmony export */   Fx: () => (/* binding */ MAX_METADATA_BYTES),
/* harmony export */   Ge: () => (/* binding */ META),
/* harmony export */   Id: () => (/* binding */ patternOf),
/* harmony export */   Nd: () => (/* binding */ ACL),
/* harmony export */   Nq: () => (/* binding */ applyHeaderRules),
/* harmony export */   aA: () => (/* binding */ parseHeaderRules),
/* harmony export */   d7: () => (/* binding */ CONTENT_HEADERS),
/* harmony export */   fJ: () => (/* binding */ STORAGE_CLASS),
/* harmony export */   gz: () => (/* binding */ isRedirectTarget),
/* harmony export */   p1: () => (/* binding */ expiryOf),
/* harmony export */   v8: () => (/* binding */ MAX_HEADER_BYTES)
/* harmony export */ });
/* harmony import */ var _inputs_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3574);
/* harmony import */ var _object_key_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(5142);


/** What S3 stores with an object and answers to readers. */
const CONTENT_HEADERS = [
    'cache-control',
    'content-disposition',
    'content-encoding',
    'content-language',
    'content-type',
    'expires',
];
/** Where a reader of an empty object is sent. */
const REDIRECT_HEADER = 'x-amz-website-redirect-location';
/** What readers are answered, or where they are sent. */
const READER_HEADERS = [...CONTENT_HEADERS, REDIRECT_HEADER];
const ACL = 'x-amz-acl';
const STORAGE_CLASS = 'x-amz-storage-class';
const INLINE_ONLY = new Set([ACL, STORAGE_CLASS, 'x-amz-tagging', REDIRECT_HEADER]);
/** Ours and other sync tools'; what they say must be true. Names without `x-amz-meta-`. */
const RESERVED_METADATA = new Set([
    'md5chksum',
    's3cmd-attrs',
    's3ds-from',
    's3ds-page',
    's3ds-source',
]);
/** Values of these are lists, and are joined where several lines give one; of all others the last one counts. */
const LISTS = new Set(['cache-control', 'content-language']);
/** What headers of user metadata begin with. */
const META = 'x-amz-meta-';
/** S3 takes 2 KB of user metadata: ours is at most some 300 bytes of that. */
const MAX_METADATA_BYTES = 1_700;
/** S3 takes 8 KB of headers in all: the rest is for metadata and credentials. A redirect alone may have 2 KB. */
const MAX_HEADER_BYTES = 4_000;
/** More wildcards than this make a pattern slow on names that nearly match: whoever writes rules must not hang a job. */
const MAX_WILDCARDS = 2;
/** A path of which every character is escaped; no key is longer. */
const MAX_PATTERN_LENGTH = 3 * _object_key_js__WEBPACK_IMPORTED_MODULE_1__/* .MAX_KEY_BYTES */ .Xd;
/** In lower case. */
const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;
function parseHeaderRules(text, author) {
    const rules = [];
    const problems = [];
    const elsewhere = [];
    let current;
    for (const [at, raw] of text
        .replace(/^\ufeff/, '')
        .split(/\r?\n/)
        .entries()) {
        const line = at + 1;
        const content = raw.trim();
        if (content === '' || content.startsWith('#'))
            continue;
        if (/^https?:\/\//i.test(content)) {
            // What host an object is asked for under is unknown when it is written.
            elsewhere.push({ line, name: content });
            current = [];
            continue;
        }
        if (content.startsWith('/')) {
            current = [];
            const pattern = patternOf(content);
            if (typeof pattern === 'string')
                problems.push({ line, message: pattern });
            else
                rules.push({ path: content, pattern, changes: current });
            continue;
        }
        const change = changeOf(content, line, author);
        if ('message' in change) {
            problems.push(change);
            current ??= [];
        }
        else if (current === undefined) {
            problems.push({ line, message: `${quoted(content)} stands before the first path, as /assets/*` });
        }
        else if (!isStored(change.name))
            elsewhere.push({ line, name: originalName(content) });
        else
            current.push(change);
    }
    for (const { changes } of rules) {
        let bytes = 0;
        for (const { name, value } of changes) {
            if (name.startsWith(META))
                bytes += Buffer.byteLength(name) - META.length + Buffer.byteLength(value ?? '');
        }
        const [first] = changes;
        if (first === undefined || bytes <= MAX_METADATA_BYTES)
            continue;
        const message = `the x-amz-meta-* headers have ${bytes} bytes, S3 leaves room for ${MAX_METADATA_BYTES}`;
        problems.push({ line: first.line, message });
    }
    return {
        rules: rules.flatMap(({ path, pattern, changes }) => changes.length === 0 ? [] : [{ path, pattern, changes: detachedFirst(changes), author }]),
        problems,
        elsewhere,
    };
}
/** As Cloudflare has it: a rule takes away what the rules before it gave, never what it gives itself. */
function detachedFirst(changes) {
    return [
        ...changes.filter(({ value }) => value === undefined),
        ...changes.filter(({ value }) => value !== undefined),
    ];
}
function isStored(name) {
    return CONTENT_HEADERS.includes(name) || INLINE_ONLY.has(name) || name.startsWith(META);
}
function originalName(content) {
    return content.startsWith('!') ? content : content.slice(0, content.indexOf(':')).trim();
}
function changeOf(content, line, author) {
    const detached = content.startsWith('!');
    const colon = detached ? content.length : content.indexOf(':');
    const name = content
        .slice(detached ? 1 : 0, Math.max(colon, 0))
        .trim()
        .toLowerCase();
    const value = content.slice(colon + 1).trim();
    if (!HEADER_NAME.test(name)) {
        return {
            line,
            message: `${quoted(content)} is no path (they begin with /), no \`Name: value\` and no \`! Name\``,
        };
    }
    if (author === 'file' && INLINE_ONLY.has(name)) {
        return {
            line,
            message: `${name} may be set by the input headers alone: a file comes with a pull request, and must not decide who reads objects, where they lie or where they lead`,
        };
    }
    if (name.startsWith(META) && RESERVED_METADATA.has(name.slice(META.length))) {
        return { line, message: `${name} is what objects are recognised by, and is ours` };
    }
    if (name === META)
        return { line, message: `${quoted(content)} has no name behind ${META}` };
    if (detached)
        return { line, name, value: undefined };
    if (value === '')
        return { line, message: `${name} has no value; \`! ${name}\` takes away what earlier lines gave` };
    const bad = isStored(name) ? whyBadValue(name, value) : undefined;
    if (bad !== undefined)
        return { line, message: `${name}: ${quoted(value)} was given; allowed: ${bad}` };
    return { line, name, value };
}
/** What is allowed instead. `undefined`: the value is good. */
function whyBadValue(name, value) {
    if (!/^[\x20-\x7e]*$/.test(value)) {
        return name === 'content-disposition'
            ? "ASCII; other characters as filename*=UTF-8''na%C3%AFve.pdf"
            : 'printable ASCII';
    }
    switch (name) {
        case 'content-type':
            return /^[\w.+-]+\/[\w.+-]+(\s*;.*)?$/.test(value) ? undefined : 'a type as text/html; charset=utf-8';
        case 'content-encoding':
            return /^[\w-]+(\s*,\s*[\w-]+)*$/.test(value) ? undefined : 'an encoding as gzip or br';
        case 'expires':
            return expiryOf(value) === undefined ? 'a date as Thu, 01 Dec 2033 16:00:00 GMT, or 0' : undefined;
        case STORAGE_CLASS:
            return _inputs_js__WEBPACK_IMPORTED_MODULE_0__/* .STORAGE_CLASSES */ .Zq.includes(value) ? undefined : _inputs_js__WEBPACK_IMPORTED_MODULE_0__/* .STORAGE_CLASSES */ .Zq.join(', ');
        case ACL:
            return _inputs_js__WEBPACK_IMPORTED_MODULE_0__/* .CANNED_ACLS */ .m2.includes(value) ? undefined : _inputs_js__WEBPACK_IMPORTED_MODULE_0__/* .CANNED_ACLS */ .m2.join(', ');
        case 'x-amz-tagging': {
            const tags = [...new URLSearchParams(value)];
            const good = tags.length <= 10 && tags.every(([key]) => key !== '') && value.includes('=');
            return good ? undefined : 'up to 10 tags as project=site&team=web';
        }
        case REDIRECT_HEADER:
            return isRedirectTarget(value)
                ? undefined
                : 'a path that begins with /, or a URL with http:// or https://';
        default:
            return undefined;
    }
}
/** A time zone at the end; digits are one behind a time alone, and the year of 01-12-2033 is none. */
const ZONE = /(?:\b(?:GMT|UTC)|[0-9]Z|:[0-9]{2}(?:\.[0-9]+)? ?[+-][0-9]{2}:?[0-9]{2})$/;
/**
 * A date as HTTP has it, the same on every machine: one without a time zone would be another one elsewhere. `0` and `-1`
 * say that an answer is stale already.
 */
function expiryOf(text) {
    if (text === '0' || text === '-1')
        return new Date(0).toUTCString();
    const date = ZONE.test(text) ? new Date(text) : undefined;
    return date === undefined || Number.isNaN(date.getTime()) ? undefined : date.toUTCString();
}
/** What S3 takes as a redirect's target. */
function isRedirectTarget(target) {
    return /^(\/|https?:\/\/[^/])/.test(target) && /^[\x21-\x7e]*$/.test(target) && target.length <= 2048;
}
/** A pattern as a regular expression over paths, or what is wrong with it. */
function patternOf(text) {
    if (text.length > MAX_PATTERN_LENGTH)
        return `${quoted(text)} has ${text.length} characters; allowed: ${MAX_PATTERN_LENGTH}, as no key is longer`;
    const parts = text.replace(/\*{2,}/g, '*').split(/(\*|(?<!\\):[A-Za-z]\w*)/);
    const names = new Set();
    let wildcards = 0;
    let source = '';
    for (const part of parts) {
        if (part === '*') {
            wildcards++;
            source += wildcards === 1 ? '(?<splat>.*)' : '.*';
        }
        else if (/^:[A-Za-z]\w*$/.test(part)) {
            const name = part.slice(1);
            if (name === 'splat' || names.has(name))
                return `${quoted(text)} names ${part} twice, or as the * is named`;
            names.add(name);
            source += `(?<${name}>[^/]+)`;
        }
        else
            source += escapeRegExp(decoded(part.replaceAll('\\:', ':')));
    }
    if (wildcards > MAX_WILDCARDS)
        return `${quoted(text)} has ${wildcards} *; allowed: ${MAX_WILDCARDS}`;
    // For the same reason: next to each other they could share the characters in countless ways.
    const crowded = text.split('/').find((segment) => (segment.match(WILD) ?? []).length > 1);
    if (crowded !== undefined && names.size > 0) {
        return `${quoted(crowded)} has more than one * or :name between two slashes; allowed: one`;
    }
    return new RegExp(`^${source}$`, 'su');
}
const WILD = /\*+|(?<!\\):[A-Za-z]\w*/g;
/** Site builders write the paths of URLs; keys have the characters themselves. */
function decoded(text) {
    try {
        return decodeURIComponent(text);
    }
    catch {
        return text;
    }
}
function escapeRegExp(text) {
    return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
function quoted(text) {
    return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}
/**
 * Applies the rules in their order. Lists of several lines are joined with a comma, as Netlify and Cloudflare do;
 * a header that has one value alone (Content-Type, a storage class) takes the last one.
 *
 * @param paths under which the object is found, as `/docs/index.html` and `/docs/`
 */
function applyHeaderRules(rules, paths) {
    const headers = new Map();
    let cacheLines = [];
    for (const { pattern, changes, author } of rules) {
        const match = firstMatch(pattern, paths);
        if (match === undefined)
            continue;
        for (const { name, value, line } of changes) {
            if (name === 'cache-control')
                cacheLines = value === undefined ? [] : [...cacheLines, { author, line }];
            if (value === undefined) {
                headers.set(name, undefined);
                continue;
            }
            const filled = fill(name, value, match.groups);
            const known = headers.get(name);
            const joins = known !== undefined && (LISTS.has(name) || name.startsWith(META));
            headers.set(name, joins ? `${known}, ${filled}` : filled);
        }
    }
    const value = headers.get('cache-control');
    if (value === undefined || cacheLines.length < 2 || !contradicts(value))
        return { headers };
    return { headers, contradiction: { lines: cacheLines, value } };
}
function firstMatch(pattern, paths) {
    for (const path of paths) {
        const match = pattern.exec(path);
        if (match !== null)
            return match;
    }
    return undefined;
}
/**
 * A name must not end the header that it is put into: it goes in as a URL has it. Nor may it end a tag's value: who
 * names files would choose tags.
 */
function fill(header, value, groups) {
    if (groups === undefined)
        return value;
    const encode = header === 'x-amz-tagging' ? encodeURIComponent : encodeURI;
    return value.replace(/:([A-Za-z]\w*)/g, (whole, name) => {
        const text = groups[name];
        return text === undefined ? whole : encode(text);
    });
}
/** A directive given twice with other values, or a refusal to cache beside a permission. */
function contradicts(cacheControl) {
    const directives = new Map();
    for (const part of cacheControl.split(',')) {
        const [name = '', value = ''] = part.trim().toLowerCase().split('=', 2);
        const known = directives.get(name);
        if (known !== undefined && known !== value)
            return true;
        directives.set(name, value);
    }
    const refuses = directives.has('no-store') || directives.has('no-cache') || directives.get('max-age') === '0';
    if (directives.has('public') && directives.has('private'))
        return true;
    const allows = directives.has('immutable') || Number(directives.get('max-age') ?? 0) > 0;
    return refuses && allows;
}


/***/ }),

/***/ 3574:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   O$: () => (/* binding */ inputDefinition),
/* harmony export */   P0: () => (/* binding */ OUTPUT_NAMES),
/* harmony export */   QY: () => (/* binding */ WORD_NAMES),
/* harmony export */   Qh: () => (/* binding */ INPUT_NAMES),
/* harmony export */   Zq: () => (/* binding */ STORAGE_CLASSES),
/* harmony export */   m2: () => (/* binding */ CANNED_ACLS)
/* harmony export */ });
/* unused harmony exports INPUTS, OUTPUTS */
/**
 * The one definition of what a run can be told and what it tells: `action.yml`, the command line's options and
 * help, `docs/INPUTS.md` and the README's tables are made from it (dev/generate.ts). Data only.
 */
const STORAGE_CLASSES = [
    'STANDARD',
    'STANDARD_IA',
    'ONEZONE_IA',
    'INTELLIGENT_TIERING',
    'GLACIER_IR',
    'GLACIER',
    'DEEP_ARCHIVE',
    'REDUCED_REDUNDANCY',
    'EXPRESS_ONEZONE',
    'OUTPOSTS',
    'SNOW',
];
const CANNED_ACLS = [
    'private',
    'public-read',
    'public-read-write',
    'authenticated-read',
    'aws-exec-read',
    'bucket-owner-read',
    'bucket-owner-full-control',
];
/** In the order of the docs. */
const INPUTS = {
    command: {
        kind: 'enum',
        group: 'What is published',
        values: ['sync', 'remove', 'check', 'plan', 'apply', 'publish'],
        default: 'sync',
        only: 'action',
        description: 'What the run does: `sync` publishes `paths`, or downloads or copies `source`; `remove` deletes everything under a prefix, never in a whole bucket, and takes no `paths` and nothing else that is about publishing; `check` compares the destination with what `sync` would make of it, writes nothing, and ends with 3 where they differ; `plan`, `apply` and `publish` are a `sync` on several machines.',
    },
    paths: {
        kind: 'lines',
        group: 'What is published',
        option: 'path',
        placeholder: 'PATTERN',
        description: 'Directories, files or patterns to publish, one a line, in the dialect of @actions/glob. `dir`, `dir/` and `dir/**` publish the inside of `dir`. A line that begins with `!` excludes.',
    },
    root: {
        kind: 'string',
        group: 'What is published',
        placeholder: 'DIR',
        description: 'Directory below which the keys are named. Needed when the patterns have more than one root; by default the one literal part before the first wildcard.',
    },
    excludes: {
        kind: 'lines',
        group: 'What is published',
        option: 'exclude',
        placeholder: 'PATTERN',
        description: 'Patterns in the dialect of .gitignore, one a line, matched against the key below the prefix. What they match is not published, and its objects are neither deleted nor overwritten.',
    },
    'excludes-from': {
        kind: 'lines',
        group: 'What is published',
        option: 'exclude-from',
        placeholder: 'FILE',
        description: 'Files of such patterns, one a line; they come before `excludes`.',
    },
    'include-git': {
        kind: 'boolean',
        group: 'What is published',
        default: 'false',
        description: 'Publish `.git` too. Its config can hold a token.',
    },
    symlinks: {
        kind: 'enum',
        group: 'What is published',
        values: ['inside', 'all', 'skip'],
        default: 'inside',
        description: 'Symbolic links: `inside` follows those whose target lies inside the roots and refuses the run for others, `all` follows all, `skip` follows none and protects their keys.',
    },
    'if-no-files-found': {
        kind: 'enum',
        group: 'What is published',
        values: ['error', 'warn', 'ignore'],
        default: 'error',
        description: 'What to do when there is nothing to publish after the excludes. The last two never delete.',
    },
    source: {
        kind: 'string',
        group: 'What is published',
        only: 'action',
        description: 'In place of `paths`: `s3://bucket/prefix`, and behind it words such as `region=eu-west-1`. With `destination` it is downloaded, with `bucket` copied there, inside S3 where one service and one set of credentials reach both.',
    },
    destination: {
        kind: 'string',
        group: 'Where to',
        only: 'action',
        description: 'Directory that `source` is downloaded to, in place of `bucket`.',
    },
    'local-duplicates': {
        kind: 'enum',
        group: 'Where to',
        values: ['copy', 'reflink', 'link'],
        default: 'copy',
        description: 'Of a download: what a content becomes that the disk has already. `reflink` shares its blocks where the file system can, `link` makes hard links where mode and modification time agree.',
    },
    'as-stored': {
        kind: 'boolean',
        group: 'Where to',
        default: 'false',
        description: 'Of a download: take objects as they are. Without it what `compress` stored is decoded, and further names of pages and redirects are left out.',
    },
    bucket: {
        kind: 'string',
        group: 'Where to',
        placeholder: 'BUCKET',
        description: 'Name of the bucket, `s3://bucket/prefix` (then `name=value` words such as `region=eu-west-1`), or the ARN of an access point.',
    },
    prefix: {
        kind: 'string',
        group: 'Where to',
        placeholder: 'PREFIX',
        description: 'What all keys begin with; it always ends at a slash. `/` alone spells the whole bucket.',
    },
    'whole-bucket': {
        kind: 'boolean',
        group: 'Where to',
        default: 'false',
        word: true,
        description: 'Allow `delete-after` without a prefix. An unset variable in `prefix` must not mean everything.',
    },
    mirrors: {
        kind: 'lines',
        group: 'Where to',
        placeholder: 'PLACE',
        option: 'mirror',
        description: 'Further destinations of the same tree, one a line, each `s3://bucket/prefix` and its own words behind it. Files are read and hashed once; a mirror that fails does not hold up the others. What is about one bucket (`region`, `expected-bucket-owner`, `invalidate`, `whole-bucket`) is said behind it; all other inputs are for all.',
    },
    'mirror-by': {
        kind: 'enum',
        group: 'Where to',
        values: ['auto', 'upload', 'copy'],
        default: 'auto',
        description: 'How a mirror gets its bytes: `upload` sends them to each, `copy` fills the mirrors from the first destination inside S3 (0 bytes more from this machine; transfer between regions is billed), `auto` copies within one region and service, and decides object by object between regions of AWS: sent, but large ones copied once this line is so slow that the runner costs more than the transfer.',
    },
    'mirrors-atomic': {
        kind: 'boolean',
        group: 'Where to',
        default: 'false',
        description: 'Publish to no destination before everything is staged in all of them. Implies `delay-updates`; each mirror is sent its bytes.',
    },
    'delay-updates': {
        kind: 'enum',
        group: 'Order',
        values: ['true', 'false', 'best-effort'],
        default: 'false',
        description: 'Change nothing before every byte is in S3, then switch all keys within moments. `true` refuses a destination that cannot stage uploads, `best-effort` publishes in order there. A small object then costs three requests instead of one.',
    },
    'publish-last': {
        kind: 'lines',
        group: 'Order',
        default: 'default',
        placeholder: 'PATTERN',
        description: 'What is published after everything else, one line after the other: patterns in the dialect of .gitignore. `default` stands for the built-in lines: package metadata, pages, signatures, repository entry points, checksum files, what lies in a directory `latest`, latest pointers, service workers.',
    },
    lock: {
        kind: 'boolean',
        group: 'Order',
        default: 'false',
        description: 'Hold a lease object under the prefix while the run writes, so that no other run with `lock` publishes there at the same time. One that is held refuses the run.',
    },
    'abort-uploads-after': {
        kind: 'duration',
        group: 'Order',
        default: '7 days',
        placeholder: 'TIME',
        description: 'Multipart uploads that the journal names and no run goes on with are aborted at once when their run is known to be over, else when they are this old.',
    },
    'delete-after': {
        kind: 'boolean',
        group: 'Deleting',
        default: 'false',
        description: 'Delete the objects under the prefix that the tree no longer has, after everything else succeeded.',
    },
    'max-delete': {
        kind: 'limit',
        group: 'Deleting',
        values: ['none'],
        shownDefault: '25%',
        word: true,
        placeholder: 'N|N%|none',
        description: 'Refuse the run when it would delete more than this: a number, `N%` of the listed keys that are not excluded, or `none` for no limit. Not given, up to 20 deletions are always allowed, and the destination must share a key or a content with the tree. `remove` has no limit unless one is given.',
    },
    'delete-excluded': {
        kind: 'boolean',
        group: 'Deleting',
        default: 'false',
        description: 'Let `delete-after` also delete objects that are excluded.',
    },
    'delete-grace': {
        kind: 'string',
        group: 'Deleting',
        placeholder: 'N deploys|N days',
        description: 'Keep what the tree no longer has for so many deploys (`3 deploys`) or so long (`7 days`) before `delete-after` deletes it: pages that are still open need their old assets. Needs an index that lasts: a path or `s3://`.',
    },
    retain: {
        kind: 'lines',
        group: 'Deleting',
        placeholder: 'PATTERN',
        description: 'Patterns in the dialect of .gitignore, one a line: keys that are never deleted, though the tree does not have them. A line that matches nothing refuses the run where `./`, the prefix or the root before it, quotes or a comment are all that keeps it from what would be deleted.',
    },
    'copy-from': {
        kind: 'lines',
        group: 'Objects',
        placeholder: 'PLACE',
        description: "Further places whose content is copied instead of sent, one a line: `s3://bucket/prefix`, then `region=`, `expected-bucket-owner=` or `requester-pays=` where needed. Last release's prefix, a staging bucket. Large files that changed since are made from what lies there, where its index does too. They are listed once and never written.",
    },
    'copy-min-size': {
        kind: 'size',
        group: 'Objects',
        default: '0',
        placeholder: 'SIZE',
        description: 'Content smaller than this is sent, not copied: bytes, or `64 KiB`. S3 bills a copy like an upload, so by default everything that can be is copied. Mirrors with `mirror-by: copy` are filled by copies all the same.',
    },
    overwrite: {
        kind: 'enum',
        group: 'Objects',
        values: ['if-unchanged', 'always'],
        default: 'if-unchanged',
        description: 'Which objects may be replaced: `if-unchanged` those that are still what the listing showed, else the key fails with exit status 5, unless it has the same bytes already; `always` whatever another writer put there meanwhile. Deletions always want what the listing showed.',
    },
    sse: {
        kind: 'enum',
        group: 'Objects',
        values: ['AES256', 'aws:kms', 'aws:kms:dsse'],
        word: true,
        description: "Server-side encryption of every object written. By default the bucket's own.",
    },
    'kms-key-id': {
        kind: 'string',
        group: 'Objects',
        placeholder: 'KEY',
        word: true,
        description: 'ID, ARN or alias of the KMS key; needs `sse: aws:kms` or `aws:kms:dsse`.',
    },
    'storage-class': {
        kind: 'enum',
        group: 'Objects',
        values: STORAGE_CLASSES,
        word: true,
        placeholder: 'CLASS',
        description: 'Storage class of every object written.',
    },
    acl: {
        kind: 'enum',
        group: 'Objects',
        values: CANNED_ACLS,
        word: true,
        placeholder: 'ACL',
        description: 'Canned ACL of every object written, but of the index, its journal and the lock: these are private, or `bucket-owner-full-control` where that is given. Never sent unasked: most buckets have ACLs disabled.',
    },
    preserve: {
        kind: 'boolean',
        group: 'Objects',
        default: 'false',
        description: 'Keep mode and modification time of the files in metadata, as s3cmd does.',
    },
    headers: {
        kind: 'string',
        repeatable: true,
        group: 'Websites',
        placeholder: 'RULES',
        description: 'Headers by path, in the syntax of `_headers` files: a line with a path such as `/assets/*`, then indented lines `Cache-Control: public, max-age=3600`, or `! Cache-Control` to take one away. Here also x-amz-storage-class, x-amz-tagging, x-amz-acl and x-amz-website-redirect-location.',
    },
    'headers-file': {
        kind: 'string',
        group: 'Websites',
        placeholder: 'FILE',
        description: 'A file of such rules, as site builders write it; it is not published. Its rules come before those of `headers`.',
    },
    'headers-defaults': {
        kind: 'enum',
        group: 'Websites',
        values: ['none', 'website'],
        default: 'none',
        description: 'Cache-Control where no rule gives one. `website`: pages are revalidated, names with a content hash that a build manifest lists are kept for a year, everything else for an hour.',
    },
    'refresh-headers': {
        kind: 'boolean',
        group: 'Websites',
        default: 'false',
        description: 'Ask S3 for the headers of objects that no earlier run remembers, at most 10,000 a run, and renew those that are not as they should be.',
    },
    'redirects-file': {
        kind: 'string',
        group: 'Websites',
        placeholder: 'FILE',
        description: 'A file in the `_redirects` convention, not published itself: each exact path with a 301 becomes an object that redirects readers of an S3 website endpoint. What S3 cannot do is refused.',
    },
    compress: {
        kind: 'lines',
        group: 'Websites',
        placeholder: 'PATTERN',
        description: 'Files to store compressed with Content-Encoding, one pattern in the dialect of .gitignore a line, then `encoding=br` for Brotli in place of gzip. What would not become a tenth smaller is stored as it is.',
    },
    'clean-urls': {
        kind: 'boolean',
        group: 'Websites',
        default: 'false',
        description: 'Publish each page `about.html` also as `about`, by a copy.',
    },
    invalidate: {
        kind: 'string',
        group: 'CloudFront',
        placeholder: 'DISTRIBUTION',
        word: true,
        description: 'ID of a CloudFront distribution that is told, after everything is published, to forget what readers may have cached: what was changed, copied over, refreshed or deleted. `E2EXAMPLE new=true`: new keys too. What could not be sent is remembered and sent by the next run; where that is not known, everything is invalidated.',
    },
    'invalidate-strip-prefix': {
        kind: 'string',
        group: 'CloudFront',
        placeholder: 'PREFIX',
        description: "What is taken off the front of a key to make a path: the path of the distribution's origin. Keys that do not begin with it are not served there.",
    },
    'invalidate-prefix': {
        kind: 'string',
        group: 'CloudFront',
        placeholder: 'PREFIX',
        description: 'What is put in front of the key to make a path.',
    },
    'invalidate-max-paths': {
        kind: 'number',
        group: 'CloudFront',
        min: 1,
        max: 1000,
        shownDefault: '3',
        placeholder: 'N',
        description: 'Paths that an invalidation has at most; more are grouped into wildcards of directories. CloudFront bills each path beyond 1,000 a month.',
    },
    'invalidate-wait': {
        kind: 'boolean',
        group: 'CloudFront',
        default: 'false',
        description: 'End the run when the invalidation is complete, and fail it when it is not after 30 minutes.',
    },
    'plan-file': {
        kind: 'string',
        group: 'Several machines',
        placeholder: 'FILE',
        description: 'The plan that `plan` writes, and that `apply` and `publish` read.',
    },
    shard: {
        kind: 'string',
        group: 'Several machines',
        placeholder: 'I/N',
        description: 'With `apply`: which share of the plan to stage, as `2/4`. With `publish`: publish that share of the first rank that is not published, and nothing more; a `publish` without it comes last.',
    },
    results: {
        kind: 'lines',
        group: 'Several machines',
        placeholder: 'FILE',
        description: 'With `apply` the file to write what was staged to; with `publish` those files, or directories of them, one a line. With `publish` and `shard` the one directory of all results, where what was published is written too.',
    },
    abort: {
        kind: 'boolean',
        group: 'Several machines',
        default: 'false',
        description: 'With `publish`: give the plan up. The uploads that the results name are aborted, and nothing is published.',
    },
    index: {
        kind: 'string',
        group: 'Run and report',
        default: 'cache',
        cliDefault: "a file in the user's cache directory",
        placeholder: 'PLACE',
        description: "Where to remember what earlier runs learned: `cache` (the runner's cache), a path, `s3://bucket/key` (with `region=` behind it where that bucket is in another region than the destination's), or `none`. With one, only what changed of a large file is sent. Losing it costs time, never correctness.",
    },
    report: {
        kind: 'string',
        group: 'Run and report',
        placeholder: 'FILE',
        description: 'Write a report of every step to this file: JSON, or JSON Lines when it ends in `.jsonl`. It is never published, wherever it lies.',
    },
    summary: {
        kind: 'enum',
        group: 'Run and report',
        values: ['always', 'changes', 'never'],
        default: 'always',
        only: 'action',
        description: 'When to write the job summary; `changes`: when something changed or failed.',
    },
    'summary-title': {
        kind: 'string',
        group: 'Run and report',
        only: 'action',
        description: "Heading of the job summary; by default the destination's URL.",
    },
    'dry-run': {
        kind: 'boolean',
        group: 'Run and report',
        default: 'false',
        description: 'Read everything, write nothing, and say what would be done.',
    },
    read: {
        kind: 'boolean',
        group: 'Run and report',
        default: 'false',
        description: 'With `check`: read every object back and compare its bytes; what `compress` stored is decoded.',
    },
    'log-level': {
        kind: 'enum',
        group: 'Run and report',
        values: ['error', 'warn', 'info', 'debug'],
        default: 'info',
        description: 'How much is logged.',
    },
    region: {
        kind: 'string',
        group: 'Connection',
        placeholder: 'REGION',
        word: true,
        description: "The bucket's region. By default from the environment or the profile, else AWS is asked once; with an endpoint it is us-east-1. On AWS it is not that of `copy-from`, `source` and `mirrors`: theirs stands behind them, as `region=`.",
    },
    'endpoint-url': {
        kind: 'string',
        group: 'Connection',
        placeholder: 'URL',
        word: true,
        description: 'URL of an S3-compatible service; else AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, or what the profile in use has.',
    },
    'force-path-style': {
        kind: 'boolean',
        group: 'Connection',
        word: true,
        description: 'Put the bucket in the path of the URL instead of the host name. By default only with an endpoint.',
    },
    profile: {
        kind: 'string',
        group: 'Connection',
        placeholder: 'NAME',
        word: true,
        description: 'Profile in the AWS configuration files.',
    },
    'role-to-assume': {
        kind: 'string',
        group: 'Connection',
        placeholder: 'ARN',
        word: true,
        description: "Role in whose name the bucket is reached: by the runner's identity token where the job has one (`permissions: id-token: write`), else from the credentials at hand. Renewed before it expires.",
    },
    audience: {
        kind: 'string',
        group: 'Connection',
        only: 'action',
        default: 'sts.amazonaws.com',
        description: "Audience of the runner's identity token.",
    },
    'role-session-name': {
        kind: 'string',
        group: 'Connection',
        placeholder: 'NAME',
        default: 's3-dedup-sync',
        description: 'Name of the session, as CloudTrail shows it.',
    },
    'role-duration-seconds': {
        kind: 'number',
        group: 'Connection',
        placeholder: 'N',
        min: 900,
        max: 43200,
        default: '3600',
        description: 'How long the credentials of the role are valid.',
    },
    'allowed-account-ids': {
        kind: 'lines',
        group: 'Connection',
        option: 'allowed-account-id',
        placeholder: 'ID',
        word: true,
        description: 'Accounts that the credentials may belong to, one a line or separated by commas; checked before anything else is done.',
    },
    'expected-bucket-owner': {
        kind: 'string',
        group: 'Connection',
        placeholder: 'ID',
        word: true,
        description: 'Account that must own the bucket; S3 refuses every request otherwise.',
    },
    'requester-pays': {
        kind: 'boolean',
        group: 'Connection',
        default: 'false',
        word: true,
        description: 'Accept the charges of a bucket whose requester pays.',
    },
    concurrency: {
        kind: 'number',
        group: 'Connection',
        values: ['auto'],
        min: 1,
        max: 1000,
        default: 'auto',
        placeholder: 'N',
        description: 'Requests in flight; `auto`: 64, up to 256 where more are faster, and fewer where few files may be open (ulimit -n).',
    },
    'max-attempts': {
        kind: 'number',
        group: 'Connection',
        min: 1,
        max: 100,
        default: '5',
        placeholder: 'N',
        description: 'How often a request is tried before it counts as failed; four times as often where S3 asks to slow down (503), which by default takes up to five minutes. `1` is one try, whatever is answered.',
    },
    'connect-timeout': {
        kind: 'duration',
        group: 'Connection',
        default: '10 s',
        placeholder: 'TIME',
        description: 'How long connecting may take.',
    },
    'read-timeout': {
        kind: 'duration',
        group: 'Connection',
        default: '60 s',
        placeholder: 'TIME',
        description: 'How long a connection may be silent.',
    },
};
const INPUT_NAMES = Object.keys(INPUTS);
function inputDefinition(name) {
    return INPUTS[name];
}
/** Names that may stand as `name=value` behind a destination's URL. */
const WORD_NAMES = INPUT_NAMES.filter((name) => inputDefinition(name).word === true);
/** Outputs of the action; over several destinations they are sums. */
const OUTPUTS = {
    status: '`done`, `failed`, `refused`, `planned` (a dry run), `different` (of `check`) or `cancelled`.',
    changed: '`true` when something was, or in a dry run would be, written or deleted, or `check` found a difference; else `false`.',
    'uploaded-files': 'Files whose content was sent.',
    'uploaded-bytes': 'Their bytes.',
    'downloaded-files': 'Objects that were fetched.',
    'downloaded-bytes': 'Their bytes.',
    'linked-files': 'Files of a download that became hard links.',
    'copied-files': 'Files that became copies: inside S3, or in a download on the disk.',
    'copied-bytes': 'Their bytes; none of them travelled.',
    'unchanged-files': 'Files whose object already had the content.',
    'unchanged-bytes': 'Their bytes.',
    'refreshed-files': 'Objects whose headers alone were renewed.',
    'deleted-files': 'Objects deleted.',
    'deleted-bytes': 'Their bytes.',
    'failed-files': 'Files and objects that failed.',
    delayed: '`yes` when `delay-updates` staged everything before anything changed, a dry run would, or nothing was to change; else `no`.',
    'invalidation-id': 'ID of the CloudFront invalidation, when one was sent.',
    requests: 'Requests sent to S3, retries included.',
    report: 'Path of the report, when one was asked for.',
    'summary-file': 'Path of the summary as Markdown, for a comment on a pull request.',
};
const OUTPUT_NAMES = Object.keys(OUTPUTS);


/***/ }),

/***/ 6139:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   EF: () => (/* binding */ ARCHIVED_CLASSES),
/* harmony export */   L7: () => (/* binding */ isOnDisk),
/* harmony export */   Xy: () => (/* binding */ objectOf),
/* harmony export */   kL: () => (/* binding */ destinationUrl),
/* harmony export */   tW: () => (/* binding */ NO_FILE)
/* harmony export */ });
/** The object that a file's bytes lie in. Throws where they lie on a disk: a programming error. */
function objectOf({ name, object }) {
    if (object === undefined)
        throw new Error(`${name} is no object`);
    return object;
}
/** Whether a file is one of this machine's own: an object is not, wherever its bytes are held while it is sent. */
function isOnDisk({ path, object }) {
    return path !== '' && object === undefined;
}
/** What a file has that lies on no disk of this machine. */
const NO_FILE = {
    path: '',
    real: '',
    mtimeNs: 0n,
    ctimeNs: 0n,
    dev: 0n,
    ino: 0n,
    nlink: 1,
    mode: 0,
};
/** `s3://bucket/prefix/` for people; keys appear as they are and are escaped by whoever prints them. */
function destinationUrl(destination) {
    return `s3://${destination.bucket}/${destination.prefix}`;
}
/** Storage classes whose bytes cannot be read without a restore: never a copy source. */
const ARCHIVED_CLASSES = new Set(['GLACIER', 'DEEP_ARCHIVE']);


/***/ }),

/***/ 153:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   VA: () => (/* binding */ autoConcurrency),
/* harmony export */   Vp: () => (/* binding */ runUrl),
/* harmony export */   _n: () => (/* binding */ requestsInFlight),
/* harmony export */   nH: () => (/* binding */ mostRequestsInFlight)
/* harmony export */ });
/* harmony import */ var _objects_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6139);

/** Requests in flight where `concurrency` is `auto`, at first: what keeps 2 cores busy at 20 ms latency. */
const AUTO_CONCURRENCY = 64;
/** As many where that is faster: what one thread is busy with at 100 ms latency, and as s5cmd has it. */
const MOST_AUTO_CONCURRENCY = 256;
/** What is open besides: Node's own, those of threads, an index, files that are digested. */
const FILES_BESIDES = 32;
/** Of one request at most: two connections from bucket to bucket, else one; its file and the directory it is made in. */
const FILES_OF_A_REQUEST = 4;
/**
 * What `auto` comes to where a process may have so many files open: with more it would fail at a file, or at its index,
 * what it does with fewer.
 */
function autoConcurrency(openFiles) {
    const most = Math.floor((openFiles - FILES_BESIDES) / FILES_OF_A_REQUEST);
    return most >= MOST_AUTO_CONCURRENCY ? 'auto' : Math.max(1, Math.min(AUTO_CONCURRENCY, most));
}
/** At first, and of requests that are not paced: those that read bodies. */
function requestsInFlight({ concurrency }) {
    return concurrency === 'auto' ? AUTO_CONCURRENCY : concurrency;
}
function mostRequestsInFlight({ concurrency }) {
    return concurrency === 'auto' ? MOST_AUTO_CONCURRENCY : concurrency;
}
/** What a run writes to, for people. */
function runUrl({ destination, target }) {
    return target === undefined ? (0,_objects_js__WEBPACK_IMPORTED_MODULE_0__/* .destinationUrl */ .kL)(destination) : target.directory;
}


/***/ }),

/***/ 8205:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   A: () => (/* binding */ REPORT_VERSION),
/* harmony export */   c: () => (/* binding */ statusOf)
/* harmony export */ });
/* harmony import */ var _errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(4132);

/** Version of the report's schema; `docs/report.schema.json` is its description. */
const REPORT_VERSION = 1;
/** The status that goes with an exit status. */
function statusOf(exit, dryRun) {
    switch (exit) {
        case _errors_js__WEBPACK_IMPORTED_MODULE_0__/* .EXIT */ .dc.done:
        case _errors_js__WEBPACK_IMPORTED_MODULE_0__/* .EXIT */ .dc.wouldChange:
            return dryRun ? 'planned' : 'done';
        case _errors_js__WEBPACK_IMPORTED_MODULE_0__/* .EXIT */ .dc.refused:
            return 'refused';
        case _errors_js__WEBPACK_IMPORTED_MODULE_0__/* .EXIT */ .dc.different:
            return 'different';
        case _errors_js__WEBPACK_IMPORTED_MODULE_0__/* .EXIT */ .dc.hungUp:
        case _errors_js__WEBPACK_IMPORTED_MODULE_0__/* .EXIT */ .dc.interrupted:
        case _errors_js__WEBPACK_IMPORTED_MODULE_0__/* .EXIT */ .dc.terminated:
            return 'cancelled';
        case _errors_js__WEBPACK_IMPORTED_MODULE_0__/* .EXIT */ .dc.failed:
        case _errors_js__WEBPACK_IMPORTED_MODULE_0__/* .EXIT */ .dc.usage:
        case _errors_js__WEBPACK_IMPORTED_MODULE_0__/* .EXIT */ .dc.foreignWriter:
            return 'failed';
    }
}


/***/ }),

/***/ 8832:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  step: () => (/* binding */ step),
  stepSurroundings: () => (/* binding */ stepSurroundings)
});

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: external "node:os"
var external_node_os_ = __webpack_require__(8161);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: ./build/src/action/index-cache.js
var index_cache = __webpack_require__(9063);
// EXTERNAL MODULE: ./build/src/model/errors.js
var errors = __webpack_require__(4132);
// EXTERNAL MODULE: ./build/src/model/inputs.js
var model_inputs = __webpack_require__(3574);
;// CONCATENATED MODULE: ./build/src/action/inputs.js


/** What other actions and tools call an input that says where a run writes, what it leaves out or what it keeps. */
const CALLED_ELSEWHERE = {
    paths: 'source-dir source-directory source-folder source-path local-dir local-path dir directory folder',
    excludes: 'ignore ignore-pattern exclude-pattern exclude-path exclude-glob',
    bucket: 's3-bucket s3-bucket-name aws-bucket aws-s3-bucket bucket-name',
    prefix: 'dest-dir destination-dir destination-directory s3-prefix key-prefix bucket-prefix',
    'delete-after': 'delete delete-removed',
    'max-delete': 'max-deletion delete-limit',
    'delete-grace': 'grace grace-period',
    retain: 'keep protect',
    'dry-run': 'dry preview simulate',
    region: 'aws-region aws-default-region s3-region bucket-region',
    'endpoint-url': 'endpoint s3-endpoint aws-endpoint',
};
/**
 * The action's inputs, as the runner passes them. Read here and not by @actions/core, whose `getInput` answers an
 * input that is empty and one that is absent alike: an empty boolean is an expression without a value, and must
 * not be taken for false.
 */
function readInputs(env) {
    const raw = {};
    for (const name of model_inputs/* INPUT_NAMES */.Qh) {
        const definition = (0,model_inputs/* inputDefinition */.O$)(name);
        const value = env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`];
        if (value === undefined || definition.only === 'cli')
            continue;
        raw[name] = definition.kind === 'lines' ? linesOf(value) : value.trim();
    }
    return raw;
}
/**
 * Refuses names that are no inputs where it is known what was meant: a dry run would publish. The runner only warns of
 * names that it does not know, other runners say nothing. What is like no input is left to them; what stands beside the
 * right input, or says what holds anyway, was meant for others.
 */
function refuseMisspelledInputs(env) {
    const meant = new Map();
    for (const name of model_inputs/* INPUT_NAMES */.Qh) {
        if ((0,model_inputs/* inputDefinition */.O$)(name).only === 'cli')
            continue;
        for (const spelling of [name, ...(CALLED_ELSEWHERE[name]?.split(' ') ?? [])])
            meant.set(spellingOf(spelling), name);
    }
    const known = new Set(model_inputs/* INPUT_NAMES */.Qh.map((name) => `INPUT_${name.toUpperCase()}`));
    const lines = [];
    for (const [variable, value = ''] of Object.entries(env)) {
        if (!variable.startsWith('INPUT_') || known.has(variable) || value.trim() === '')
            continue;
        const given = variable.slice('INPUT_'.length).toLowerCase();
        const name = meant.get(spellingOf(given));
        if (name === undefined)
            continue;
        const fallback = (0,model_inputs/* inputDefinition */.O$)(name).default ?? '';
        const instead = env[`INPUT_${name.toUpperCase()}`]?.trim() || fallback;
        if (instead !== fallback || value.trim() === instead)
            continue;
        lines.push(`there is no input ${given}: write ${name}`);
    }
    if (lines.length > 0)
        throw (0,errors/* usageError */.Wp)(`${lines.join('; ')}; nothing was written`);
}
/** What is left of a name when hyphens and plurals do not count. */
function spellingOf(name) {
    return name
        .split(/[-_ ]/)
        .map((word) => word.replace(/s$/, ''))
        .join('');
}
/**
 * Lines without blank ones and without the carriage return that a workflow file with CRLF leaves. Other blanks
 * stay: in the dialect of .gitignore they can mean something.
 */
function linesOf(value) {
    return value.split(/\r*\n|\r$/).filter((line) => line.trim() !== '');
}

// EXTERNAL MODULE: ./build/src/console/text.js
var console_text = __webpack_require__(4320);
;// CONCATENATED MODULE: ./build/src/console/sink.js

const RANK = { error: 0, warn: 1, info: 2, debug: 3 };
/** Whether a line of `level` is shown when `wanted` was asked for. */
function isShown(level, wanted) {
    return RANK[level] <= RANK[wanted];
}
/** By which a message is shown or not. */
const MESSAGE_LEVELS = { error: 'error', warning: 'warn', notice: 'info', debug: 'debug' };
/** The level that decides whether a line is shown. */
function levelOf(line) {
    switch (line.kind) {
        case 'line':
            return line.level;
        case 'annotation':
            return MESSAGE_LEVELS[line.level];
        case 'group':
        case 'group-end':
            return 'info';
    }
}
/**
 * The command line's log. What was done goes to `out`, as with rsync and s5cmd, so that it can be piped and kept;
 * warnings, errors and debugging go to `err`.
 */
function consoleSink(out, err, wanted) {
    return (lines) => {
        for (const line of lines) {
            if (!isShown(levelOf(line), wanted))
                continue;
            switch (line.kind) {
                case 'line':
                case 'annotation':
                    if (levelOf(line) === 'info')
                        out(oneLine(line.text));
                    else
                        err(oneLine(`${line.level}: ${line.text}`));
                    break;
                case 'group':
                    out(oneLine(line.text));
                    break;
                case 'group-end':
                    break;
            }
        }
    };
}

;// CONCATENATED MODULE: ./build/src/action/log-events.js


/** GitHub shows ten annotations of a level a step. The tenth error is the one line that fails the step. */
const ANNOTATIONS = {
    error: 9,
    warning: 10,
    notice: 10,
};
/** The action's log: groups that fold, annotations as long as GitHub shows them, and plain lines after that. */
function actionSink(commands, wanted) {
    const left = { ...ANNOTATIONS };
    const level = commands.isDebug() ? 'debug' : wanted;
    function annotate(line, text) {
        if (left[line.level] === 0) {
            commands.info(`${line.level}: ${text}`);
            return;
        }
        left[line.level]--;
        commands[line.level](text);
    }
    return (lines) => {
        for (const line of lines) {
            if (!isShown(levelOf(line), level))
                continue;
            switch (line.kind) {
                case 'line':
                    if (line.level === 'debug' && commands.isDebug())
                        commands.debug((0,console_text/* oneLine */.TN)(line.text));
                    // Without the runner's debug logging, debug commands are hidden; `log-level: debug` asked for them.
                    else
                        commands.info((0,console_text/* oneLine */.TN)(line.level === 'info' ? line.text : `${line.level}: ${line.text}`));
                    break;
                case 'annotation':
                    annotate(line, (0,console_text/* oneLine */.TN)(line.text));
                    break;
                case 'group':
                    commands.startGroup((0,console_text/* oneLine */.TN)(line.text));
                    break;
                case 'group-end':
                    commands.endGroup();
                    break;
            }
        }
    };
}

;// CONCATENATED MODULE: ./build/src/console/totals.js
const NOTHING = { files: 0, bytes: 0 };
const NO_TOTALS = {
    uploaded: NOTHING,
    downloaded: NOTHING,
    copied: NOTHING,
    linked: NOTHING,
    refreshed: NOTHING,
    unchanged: NOTHING,
    deleted: NOTHING,
    kept: NOTHING,
    failed: NOTHING,
};
function add(a, b) {
    return { files: a.files + b.files, bytes: a.bytes + b.bytes };
}
/** Over several destinations, totals are sums. */
function sumTotals(report) {
    return report.destinations.reduce((sum, { totals }) => ({
        uploaded: add(sum.uploaded, totals.uploaded),
        downloaded: add(sum.downloaded, totals.downloaded),
        copied: add(sum.copied, totals.copied),
        linked: add(sum.linked, totals.linked),
        refreshed: add(sum.refreshed, totals.refreshed),
        unchanged: add(sum.unchanged, totals.unchanged),
        deleted: add(sum.deleted, totals.deleted),
        kept: add(sum.kept, totals.kept),
        failed: add(sum.failed, totals.failed),
    }), NO_TOTALS);
}
function sumRequests(report) {
    const sums = new Map();
    for (const { requests } of report.destinations) {
        for (const [operation, count] of Object.entries(requests)) {
            sums.set(operation, (sums.get(operation) ?? 0) + count);
        }
    }
    return Object.fromEntries(sums);
}
/** What was, or in a dry run would be, written or deleted. */
function changedFiles(totals) {
    const { uploaded, downloaded, copied, linked, refreshed, deleted } = totals;
    return [uploaded, downloaded, copied, linked, refreshed, deleted].reduce((sum, { files }) => sum + files, 0);
}
function isChanged(totals) {
    return changedFiles(totals) > 0;
}
/**
 * Bytes that the destination has and that did not have to travel, of all that it has now from the tree.
 *
 * @param reused of the uploaded ones, those that older objects had
 */
function spared(totals, reused) {
    const { copied, linked, unchanged, refreshed, uploaded, downloaded } = totals;
    const bytes = copied.bytes + linked.bytes + unchanged.bytes + refreshed.bytes;
    return { bytes: bytes + reused, of: bytes + uploaded.bytes + downloaded.bytes };
}
/** Over several destinations. */
function sumReused(report) {
    return report.destinations.reduce((sum, { reusedBytes = 0 }) => sum + reusedBytes, 0);
}
function totalRequests(requests) {
    return Object.values(requests).reduce((sum, count) => sum + count, 0);
}

;// CONCATENATED MODULE: ./build/src/action/outputs.js


/** The outputs of a run that ended, however it ended. */
function outputsOf(ended, summaryFile) {
    const { totals } = ended;
    const values = {
        status: ended.status,
        changed: ended.changed,
        'uploaded-files': totals.uploaded.files,
        'uploaded-bytes': totals.uploaded.bytes,
        'downloaded-files': totals.downloaded.files,
        'downloaded-bytes': totals.downloaded.bytes,
        'linked-files': totals.linked.files,
        'copied-files': totals.copied.files,
        'copied-bytes': totals.copied.bytes,
        'unchanged-files': totals.unchanged.files,
        'unchanged-bytes': totals.unchanged.bytes,
        'refreshed-files': totals.refreshed.files,
        'deleted-files': totals.deleted.files,
        'deleted-bytes': totals.deleted.bytes,
        'failed-files': totals.failed.files,
        delayed: ended.delayed === undefined ? 'no' : 'yes',
        'invalidation-id': ended.invalidationIds?.join(' ') ?? '',
        requests: totalRequests(ended.requests),
        report: ended.report ?? '',
        'summary-file': summaryFile,
    };
    return new Map(model_inputs/* OUTPUT_NAMES */.P0.map((name) => [name, String(values[name])]));
}

;// CONCATENATED MODULE: ./build/src/console/format.js
/** Every number that a person reads is spelled here. */
const UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
/** `0 B`, `1023 B`, `1.5 KiB`, `12.3 MiB`, `220 GiB`: IEC units, three digits. */
function formatBytes(bytes) {
    if (!Number.isFinite(bytes) || bytes < 0)
        return '?';
    if (bytes < 1024)
        return `${Math.round(bytes)} B`;
    let value = bytes / 1024;
    let unit = 0;
    // 1023.95 KiB would round to 1024 KiB; it is 1 MiB.
    while (value >= 1023.5 && unit < UNITS.length - 1) {
        value /= 1024;
        unit++;
    }
    return `${value < 99.95 ? value.toFixed(1).replace(/\.0$/, '') : Math.round(value)} ${UNITS[unit]}`;
}
/** `1,234,567`: the same in every locale, so that logs can be compared. */
function formatCount(count) {
    return String(Math.trunc(count)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}
/** `1 file`, `1,234 files`. */
function formatFiles(count) {
    return `${formatCount(count)} ${count === 1 ? 'file' : 'files'}`;
}
/** `1 step was`, `2 steps were`: begins a sentence. */
function formatStepsWere(count) {
    return count === 1 ? '1 step was' : `${formatCount(count)} steps were`;
}
/** `1 request`, `2 requests`. */
function formatRequests(count) {
    return `${formatCount(count)} ${count === 1 ? 'request' : 'requests'}`;
}
/** `1 file, 3 KiB`. */
function formatFilesAndBytes(count) {
    return `${formatFiles(count.files)}, ${formatBytes(count.bytes)}`;
}
/** `0.04 s`, `1.2 s`, `59 s`, `2 min 5 s`, `1 h 2 min`. */
function formatSeconds(seconds) {
    if (!Number.isFinite(seconds) || seconds < 0)
        return '?';
    if (seconds < 0.995)
        return `${seconds.toFixed(2)} s`;
    if (seconds < 9.95)
        return `${seconds.toFixed(1)} s`;
    const whole = Math.round(seconds);
    if (whole < 60)
        return `${whole} s`;
    if (whole < 3600)
        return `${Math.floor(whole / 60)} min ${whole % 60} s`;
    const minutes = Math.round(seconds / 60);
    return `${formatCount(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}
/** `12 MiB/s`. */
function formatRate(bytes, seconds) {
    return `${formatBytes(seconds > 0 ? bytes / seconds : 0)}/s`;
}
/**
 * `97 %`, `99.9 %`. Rounded down, and never `100 %` of something that is not whole: 99.96 % of a terabyte that
 * did not travel leaves 400 MiB that did.
 */
function formatPercent(part, whole) {
    if (whole <= 0)
        return '0 %';
    const percent = (part / whole) * 100;
    if (part >= whole)
        return '100 %';
    if (percent >= 99)
        return `${(Math.floor(percent * 10) / 10).toFixed(1)} %`;
    if (percent > 0 && percent < 1)
        return '<1 %';
    return `${Math.floor(percent)} %`;
}

;// CONCATENATED MODULE: ./build/src/console/cost.js

/**
 * Requests of the standard class, usage types Requests-Tier1 and Requests-Tier2 of the AWS price list of AmazonS3
 * (https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonS3/current/REGION/index.json). A region stands here once
 * somebody has read its prices there, or on a bill; the others have no estimate.
 */
const PRICES = {
    'us-east-1': { put: 0.005, get: 0.0004, asOf: '2026-07' },
    'ap-southeast-3': { put: 0.005, get: 0.0004, asOf: '2026-09' },
    'eu-west-3': { put: 0.0053, get: 0.00042, asOf: '2019-07' },
};
/** Deletes and aborts cost nothing. */
const FREE = /^(Delete|Abort)/;
const READS = /^(Get|Head)/;
/**
 * What requests cost, by the classes that S3 bills.
 *
 * @param sendAll requests that sending the whole tree would have taken
 * @param region of AWS itself; `undefined` elsewhere, where there is no price
 */
function requestCost(requests, sendAll, region) {
    let put = 0;
    let get = 0;
    let free = 0;
    for (const [operation, count] of Object.entries(requests)) {
        if (FREE.test(operation))
            free += count;
        else if (READS.test(operation))
            get += count;
        else
            put += count;
    }
    const prices = region === undefined ? undefined : PRICES[region];
    if (prices === undefined)
        return { put, get, free, sendAll };
    return {
        put,
        get,
        free,
        sendAll,
        usd: round((put * prices.put + get * prices.get) / 1000),
        pricesAsOf: prices.asOf,
        sendAllUsd: round((sendAll * prices.put) / 1000),
    };
}
/** US dollars for 10^9 bytes from most regions into another one (https://repost.aws/articles/ARjzluyMS8RbeOOK4MGXRG6Q, 2026-01). */
const TRANSFER_USD_PER_GB = 0.02;
/** Regions of which more is asked, by different prices. */
const DEAR = /^(af|il|me|mx|sa)-|^ap-east-/;
/** What AWS asks for a copy into another region: US dollars for 10^9 bytes; `undefined` where the price is not known. */
function transferPrice(from, to) {
    if (from === to)
        return 0;
    return DEAR.test(from) ? undefined : TRANSFER_USD_PER_GB;
}
/** How a mirror got its bytes, in a sentence, and what each way costs in another. */
function mirroredText({ copied, sent, bytesPerSecond, copyUsd, copyable }, dryRun) {
    const ways = [
        {
            count: copied,
            done: dryRun ? 'to be copied from the first destination' : 'copied from the first destination',
        },
        { count: sent, done: dryRun ? 'to be sent from this machine' : 'sent from this machine' },
    ].filter(({ count }) => count.files > 0);
    const came = ways.map(({ count, done }) => `${formatFiles(count.files)} (${formatBytes(count.bytes)}) ${done}`);
    const bytes = copied.bytes + sent.bytes;
    const time = bytesPerSecond === undefined
        ? ''
        : `, about ${formatSeconds(bytes / bytesPerSecond)} at ${formatBytes(bytesPerSecond)}/s`;
    const all = `sending all takes ${formatBytes(bytes)} of this machine's line${time}`;
    const price = copyUsd === undefined
        ? 'a price that is not known here'
        : copyUsd === 0
            ? 'nothing'
            : `about ${dollars(copyUsd)}`;
    const copying = copyable
        ? `copying all costs ${price} for transfer`
        : 'it cannot be copied, as another service or other credentials lead there';
    return `${came.join(', ')}; ${all}; ${copying}`;
}
/** One sentence for people. */
function costSentence({ put, get, free, sendAll, usd, sendAllUsd, pricesAsOf }) {
    const classes = `${formatCount(put)} PUT, COPY, POST and LIST, ${formatCount(get)} GET and HEAD, ${formatCount(free)} free`;
    // A removal, or a run that ended before it knew.
    if (sendAll === 0) {
        const price = usd === undefined ? '' : `: about ${dollars(usd)} (standard class, prices of ${pricesAsOf})`;
        return `Billed as ${classes}${price}.`;
    }
    if (usd === undefined || sendAllUsd === undefined) {
        return `Billed as ${classes}; sending everything would have taken ${formatCount(sendAll)} of the first.`;
    }
    return `Billed as ${classes}: about ${dollars(usd)}; sending everything would have cost about ${dollars(sendAllUsd)} (standard class, prices of ${pricesAsOf}).`;
}
function dollars(usd) {
    return usd >= 0.1 ? `$${usd.toFixed(2)}` : `$${usd.toFixed(4)}`;
}
/** Hundredths of a cent's hundredth are noise. */
function round(usd) {
    return Math.round(usd * 1e6) / 1e6;
}

;// CONCATENATED MODULE: ./build/src/console/version.js
/** The version of package.json; written by `npm run generate`, so that a copy of dist alone knows it. */
const VERSION = '1.0.0';
const TOOL = `s3-dedup-sync/${VERSION}`;

;// CONCATENATED MODULE: ./build/src/console/words.js
/** What each code of the report means; `docs/report.schema.json` is written from it. */
const ERROR_MEANINGS = {
    usage: 'an input is wrong, or inputs contradict one another',
    'no-credentials': 'no credentials were found',
    'bad-credentials': 'the credentials are refused',
    'wrong-account': 'the credentials belong to an account that allowed-account-ids does not name',
    'no-such-bucket': 'there is no such bucket',
    'wrong-region': 'the bucket is in another region',
    'no-region': 'no region is set and S3 does not say where the bucket is',
    'file-not-found': 'a file that an input names cannot be read',
    'no-files-found': 'there is nothing to publish',
    'pattern-without-match': 'a line of paths or retain matches nothing, and what it stands for would be deleted',
    'too-many-deletions': 'more would be deleted than max-delete allows',
    'unrelated-destination': 'the destination shares neither a key nor a content with the tree',
    'whole-bucket': 'delete-after without a prefix, and the whole bucket was not spelled; or remove without a prefix',
    unreadable: 'a file or directory cannot be read',
    'name-not-utf8': 'a file name is not UTF-8',
    'key-too-long': 'a key would have more than 1,024 bytes',
    'symlink-broken': 'a symbolic link has no target',
    'symlink-outside': 'a symbolic link leaves the roots',
    'symlink-cycle': 'a symbolic link leads back into itself, or links multiply',
    'key-collision': 'two files have the same key, or two objects the same file',
    'unsafe-name': 'a name cannot be kept as it is spelled where it would be written',
    'in-the-way': 'a link, a file or a directory is in the way of a download',
    'plan-mismatch': 'plan, results, tree and destination do not belong together',
    'cannot-delay': 'delay-updates is set and the destination cannot stage updates',
    locked: 'another run holds the lock of the destination',
    'foreign-writer': 'something else changed the key during the run; its object was left alone',
    'access-denied': 'the identity may not do this',
    'credentials-expired': 'the credentials expired during the run',
    unreachable: 'the service could not be reached',
    throttled: 'the service asked to slow down until the attempts were used up',
    'server-error': 'the service failed until the attempts were used up',
    rejected: 'the service refused the request',
    'file-changed': 'the file changed during the run',
    'file-vanished': 'the file vanished during the run',
    'wrong-content': 'the service received other bytes than were read',
    'no-progress': 'nothing moved for a long time',
    'no-room': 'no room for temporary files',
    'not-writable': 'a file or directory could not be written',
    'mirror-absent': 'with mirrors-atomic: another destination failed before everything was staged everywhere',
    'report-not-written': 'the report could not be written',
    'invalidation-failed': 'everything was published, and CloudFront could not be told to forget what it has',
    internal: 'a mistake in this program',
    cancelled: 'the run was stopped by a signal',
};
/** Why a step is planned, as a reader of a log wants it. */
const REASON_WORDS = {
    new: 'new',
    changed: 'changed',
    'content-unknown': 'S3 does not say what it holds',
    empty: 'empty',
    exists: 'the content was already there',
    moved: 'the content was read before its key was overwritten',
    duplicate: 'the content travels once',
    small: 'smaller than copy-min-size',
    'not-copied': 'a copy was planned, and could not be made',
    headers: 'its headers changed',
    attributes: 'its mode or modification time changed',
    acl: 'renewing its headers would drop its ACL',
    'acl-unknown': 'whether renewing its headers would drop an ACL is not known',
    'attributes-unknown': 'mode and time that renewing its headers would drop may not be read',
    'not-copyable': 'archived or too large to renew its headers',
    absent: 'no longer in the tree',
    excluded: 'excluded',
    damaged: "the bytes read back are not the file's",
    grace: 'no longer in the tree, kept by delete-grace',
    removed: 'the prefix is emptied',
    own: 'index, journal or lock of s3-dedup-sync',
};
/** What was done, and what a dry run would do; begins a sentence. */
function verbOf(action, dryRun) {
    switch (action) {
        case 'upload':
            return dryRun ? 'Would upload' : 'Uploaded';
        case 'download':
            return dryRun ? 'Would download' : 'Downloaded';
        case 'copy':
            return dryRun ? 'Would copy' : 'Copied';
        case 'link':
            return dryRun ? 'Would link' : 'Linked';
        case 'refresh':
            return dryRun ? 'Would refresh' : 'Refreshed';
        case 'delete':
            return dryRun ? 'Would delete' : 'Deleted';
        case 'keep':
            return dryRun ? 'Would keep' : 'Kept';
    }
}
/** A failure's message without the key that it begins with: the key stands beside it. */
function withoutKey(key, message) {
    return message.startsWith(`${key}: `) ? message.slice(key.length + 2) : message;
}
/** How a run ended that did not do what it should, and what of the bucket is certain then. */
function notDone(status, dryRun, isUntouched) {
    if (status === 'failed' && dryRun)
        return ['Dry run failed'];
    const what = status === 'failed' ? 'Failed' : 'Refused';
    if (dryRun || isUntouched)
        return [what, 'nothing was written'];
    return status === 'failed' ? [what] : ['Refused at a destination', 'others were written'];
}

;// CONCATENATED MODULE: ./build/src/console/log.js






/** Lines of each kind of step that are shown; the report has all. */
const SHOWN_STEPS = 20;
/** Entries of the lists of the largest and the slowest. */
const SHOWN_TOP = 5;
const ORDER = ['upload', 'download', 'copy', 'link', 'refresh', 'delete', 'keep'];
/**
 * Events in, lines out. It remembers a bounded number of steps, so that a run of a million files logs as briefly
 * as one of three.
 */
function createLog() {
    let dryRun = false;
    const groups = new Map();
    const failures = [];
    let failed = 0;
    let skipped = 0;
    /** Some steps may have been on their way then: their reports say which. */
    let isStopped = false;
    let largest = [];
    let slowest = [];
    function remember(outcome, at) {
        const { step } = outcome;
        const where = at === undefined ? '' : `${(0,console_text/* printable */.g$)(at)} `;
        switch (outcome.outcome) {
            case 'failed':
                failed++;
                if (failures.length < SHOWN_STEPS)
                    failures.push(where + failureText(outcome));
                return debug(() => `failed ${failureText(outcome)}`);
            case 'skipped':
                skipped++;
                isStopped ||= outcome.error?.code === 'cancelled';
                return debug(() => `not done ${(0,console_text/* printable */.g$)(step.key)}`);
            case 'done':
            case 'planned': {
                const group = groups.get(outcome.action) ?? { files: 0, bytes: 0, lines: [] };
                groups.set(outcome.action, group);
                group.files++;
                group.bytes += step.bytes;
                if (group.lines.length < SHOWN_STEPS)
                    group.lines.push(where + stepText(outcome));
                if (outcome.action === 'upload' || outcome.action === 'download')
                    largest = insert(largest, step.bytes, () => `${(0,console_text/* printable */.g$)(step.key)} (${formatBytes(step.bytes)})`);
                if (outcome.outcome === 'done') {
                    slowest = insert(slowest, outcome.ms, () => `${(0,console_text/* printable */.g$)(step.key)} (${formatSeconds(outcome.ms / 1000)}, ${formatBytes(step.bytes)})`);
                }
                return debug(() => `${outcome.outcome} ${outcome.action} ${stepText(outcome)} ${formatSeconds(outcome.ms / 1000)}`);
            }
        }
    }
    /** Whether the line that a failed run ends with says all that failed. */
    function isLastWord({ error }) {
        const [only = ''] = failures;
        return failed === 1 && error?.message.endsWith(only) === true;
    }
    function* details(ended) {
        const more = ended.report === undefined ? 'set report to have all' : 'all in the report';
        for (const action of ORDER) {
            const group = groups.get(action);
            if (group === undefined)
                continue;
            yield { kind: 'group', text: `${verbOf(action, dryRun)} ${formatFilesAndBytes(group)}` };
            for (const text of group.lines)
                yield info(`  ${text}`);
            const rest = group.files - group.lines.length;
            if (rest > 0)
                yield info(`  and ${formatCount(rest)} more, ${more}`);
            yield { kind: 'group-end' };
        }
        const [sent, word] = groups.has('download')
            ? ['download', 'downloads']
            : ['upload', 'uploads'];
        if ((groups.get(sent)?.files ?? 0) > SHOWN_STEPS)
            yield* list(`Largest ${word}`, largest);
        if (!dryRun && [...groups.values()].some(({ files }) => files > SHOWN_STEPS))
            yield* list('Slowest', slowest);
    }
    const say = (event) => {
        switch (event.type) {
            case 'start':
                dryRun = event.dryRun;
                return [
                    info(`${TOOL}: ${event.command === 'remove' ? 'remove' : `${event.roots.map(console_text/* printable */.g$).join(', ')} →`} ${[event.url, ...(event.mirrors ?? [])].map(console_text/* printable */.g$).join(', ')}${event.command === 'check' ? ' (check: nothing is written)' : dryRun ? ' (dry run: nothing is written)' : ''}`),
                ];
            case 'identity': {
                const { identity, region, endpoint } = event;
                const who = identity.arn ?? (identity.account === undefined ? undefined : `account ${identity.account}`);
                const where = endpoint === undefined ? region : `${endpoint}, ${region}`;
                return [
                    info(who === undefined
                        ? `Credentials: ${identity.source}; ${where}`
                        : `As ${who} (${identity.source}); ${where}`),
                ];
            }
            case 'phase-start':
                return debug(() => `${event.phase} begins`);
            case 'phase-end':
                return phaseEnd(event, dryRun);
            case 'progress':
                return [];
            case 'plan':
                return [info(planText(event.totals))];
            case 'rank':
                return debug(() => `rank ${event.name}: ${formatCount(event.steps)} steps`);
            case 'outcome':
                return remember(event.outcome, event.at);
            case 'invalidation':
                return [info(invalidationLine(event.invalidation))];
            case 'destination-end': {
                const { mirrored, dryRun } = event;
                const came = mirrored === undefined ? [] : [info(mirroredText(mirrored, dryRun))];
                return [info(destinationText(event)), ...came];
            }
            case 'message':
                return event.level === 'debug'
                    ? debug(() => event.message)
                    : [{ kind: 'annotation', level: event.level, text: event.message }];
            case 'end':
                return [
                    ...details(event),
                    ...endLines(event),
                    ...(isLastWord(event) ? [] : failures).map((text) => ({ kind: 'annotation', level: 'error', text })),
                    ...(failed > failures.length
                        ? [
                            error(`and ${formatCount(failed - failures.length)} more failures, ${event.report === undefined ? 'set report to have all' : 'all in the report'}`),
                        ]
                        : []),
                    ...(skipped > 0
                        ? [
                            error(`${formatStepsWere(skipped)} not done${isStopped ? ', or cut short on the way' : ''}; the next run does the rest`),
                        ]
                        : []),
                ];
        }
    };
    // Several destinations talk at once: each line says of which it is.
    return (event) => {
        const { at } = event;
        const lines = say(event);
        if (at === undefined)
            return lines;
        return lines.map((line) => ('text' in line ? { ...line, text: `${(0,console_text/* printable */.g$)(at)} ${line.text}` } : line));
    };
}
function info(text) {
    return { kind: 'line', level: 'info', text };
}
function error(text) {
    return { kind: 'line', level: 'error', text };
}
/** There is one of each step, and hardly ever is it shown: its text is made when it is asked for. */
function debug(text) {
    const line = {
        kind: 'line',
        level: 'debug',
        get text() {
            return text();
        },
    };
    return [line];
}
/** Keeps the few greatest, in descending order; earlier ones win a tie. */
function insert(top, value, text) {
    const last = top[SHOWN_TOP - 1];
    if (last !== undefined && value <= last.value)
        return top;
    const at = top.findIndex((entry) => entry.value < value);
    const place = at === -1 ? top.length : at;
    return [...top.slice(0, place), { value, text: text() }, ...top.slice(place)].slice(0, SHOWN_TOP);
}
function* list(heading, top) {
    yield { kind: 'group', text: heading };
    for (const { text } of top)
        yield info(`  ${text}`);
    yield { kind: 'group-end' };
}
function stepText(outcome) {
    const { step, sentBytes, reused } = outcome;
    const made = reused === undefined
        ? ''
        : `: ${formatBytes(sentBytes)} sent, ${formatBytes(reused.bytes)} copied from ${(0,console_text/* printable */.g$)(placeText(reused.source, reused.sourceBucket))}`;
    return `${(0,console_text/* printable */.g$)(step.key)} (${formatBytes(step.bytes)}, ${reasonText(outcome)}${made})`;
}
function reasonText({ step, action, notCopied }) {
    const reason = REASON_WORDS[step.reason];
    if (step.action !== 'copy' && step.action !== 'link')
        return reason;
    if (notCopied !== undefined)
        return `sent, not copied: ${notCopied}`;
    if (action === 'upload' || action === 'download')
        return `${action === 'upload' ? 'sent' : 'fetched'}, as the source of its copy had changed`;
    return `from ${(0,console_text/* printable */.g$)(sourceText(step.source))}: ${reason}`;
}
function sourceText(source) {
    return placeText(source.key, source.kind === 'published' ? undefined : source.bucket?.name);
}
/** A key of another bucket says which. */
function placeText(key, bucket) {
    return bucket === undefined ? key : `s3://${bucket}/${key}`;
}
function failureText({ step, error: met }) {
    return `${(0,console_text/* printable */.g$)(step.key)}: ${withoutKey(step.key, met?.message ?? 'failed')}`;
}
function phaseEnd(event, dryRun) {
    const took = `in ${formatSeconds(event.seconds)}`;
    const count = { files: event.files ?? 0, bytes: event.bytes ?? 0 };
    const text = phaseText(event.phase, count, dryRun);
    return text === undefined ? debug(() => `${event.phase} ended ${took}`) : [info(`${text} ${took}`)];
}
/** `undefined`: of no interest by itself. */
function phaseText(phase, { files, bytes }, dryRun) {
    switch (phase) {
        case 'walk':
            return `Found ${formatFiles(files)}${bytes === 0 ? '' : `, ${formatBytes(bytes)}`}`;
        case 'list':
            return `Listed ${formatCount(files)} ${files === 1 ? 'object' : 'objects'}${bytes === 0 ? '' : `, ${formatBytes(bytes)}`}`;
        case 'encode':
            return `Compressed ${formatFilesAndBytes({ files, bytes })}`;
        case 'digest':
            if (files === 0 && bytes === 0)
                return undefined;
            return `Hashed ${files === 0 ? formatBytes(bytes) : formatFilesAndBytes({ files, bytes })}`;
        case 'read':
            return `Read back ${formatFilesAndBytes({ files, bytes })}`;
        case 'execute':
            if (dryRun || files === 0)
                return undefined;
            return bytes === 0 ? 'Executed' : `Executed, ${formatBytes(bytes)} sent,`;
        case 'fetch':
            if (dryRun || files === 0)
                return undefined;
            return bytes === 0 ? 'Executed' : `Executed, ${formatBytes(bytes)} received,`;
        case 'plan':
        case 'index':
            return undefined;
    }
}
function planText(totals) {
    const clauses = [
        clause('upload', totals.upload),
        clause('download', totals.download),
        clause('copy', totals.copy),
        clause('link', totals.link),
        clause('refresh', totals.refresh),
        clause('delete', totals.delete),
    ].filter((text) => text !== undefined);
    const rest = [clause('unchanged', totals.unchanged), clause('kept', totals.kept)].filter((text) => text !== undefined);
    return `Plan: ${[...(clauses.length === 0 ? ['nothing to do'] : clauses), ...rest].join('; ')}`;
}
function clause(word, count) {
    return count.files === 0 ? undefined : `${word} ${formatFilesAndBytes(count)}`;
}
/** How the switch went, once everything was staged. */
function delayedText({ keys, of, seconds }) {
    if (of !== undefined)
        return `the switch stopped after ${formatCount(keys)} of ${formatCount(of)} keys: readers see both releases until the next run finishes it`;
    return `the switch took ${formatSeconds(seconds)} for ${formatCount(keys)} ${keys === 1 ? 'key' : 'keys'}`;
}
/** The log has said what was sent when it says how that ended. */
function invalidationLine(invalidation) {
    const { id, status } = invalidation;
    if (id === undefined || status === 'sent')
        return invalidationText(invalidation);
    return `The invalidation ${(0,console_text/* printable */.g$)(id)} is ${status === 'completed' ? 'complete' : 'not known to be complete'}`;
}
/** What became of an invalidation; begins a sentence. */
function invalidationText({ distribution, paths, id, status }, code = console_text/* printable */.g$) {
    const what = `${formatCount(paths.length)} ${paths.length === 1 ? 'path' : 'paths'} of ${code(distribution)}`;
    const some = paths.slice(0, SHOWN_TOP).map(code).join(', ');
    const list = paths.length > SHOWN_TOP ? `${some} and ${formatCount(paths.length - SHOWN_TOP)} more` : some;
    switch (status) {
        case 'sent':
            return `Invalidated ${what} (id ${code(id ?? '')}): ${list}`;
        case 'completed':
            return `Invalidated ${what} (id ${code(id ?? '')}), which is complete: ${list}`;
        case 'planned':
            return `Would invalidate ${what}: ${list}`;
        case 'pending':
            return `Left to the next run to invalidate: ${what}: ${list}`;
        case 'failed':
            return id === undefined
                ? `Not invalidated: ${what}: ${list}`
                : `Invalidated ${what} (id ${code(id)}), which is not known to be complete: ${list}`;
    }
}
/**
 * The end of a run in a few words; begins a sentence.
 *
 * @param isUntouched whether it is certain that no file was published or deleted, at any destination
 */
function statusText(status, dryRun, isUntouched = status === 'refused') {
    switch (status) {
        case 'done':
            return 'Done';
        case 'planned':
            return 'Dry run';
        case 'failed':
        case 'refused': {
            const [what, certain] = notDone(status, dryRun, isUntouched);
            return certain === undefined ? what : `${what}, ${certain},`;
        }
        case 'different':
            return 'Different';
        case 'cancelled':
            return 'Cancelled';
    }
}
/** One of several destinations, in one line. */
function destinationText({ status, dryRun, seconds, totals, }) {
    const rows = totalRows(totals, dryRun).map(({ word, count }) => `${word} ${formatFilesAndBytes(count)}`);
    const what = rows.length === 0 ? '' : `: ${rows.join('; ')}`;
    return `${statusText(status, dryRun)} in ${formatSeconds(seconds)}${what}`;
}
/** Totals that are not nothing, in the order of the docs, with their words. */
function totalRows(totals, dryRun) {
    const would = (word, infinitive) => (dryRun ? `would be ${word}` : infinitive);
    const rows = [
        { word: would('uploaded', 'uploaded'), count: totals.uploaded },
        { word: would('downloaded', 'downloaded'), count: totals.downloaded },
        { word: would('copied', 'copied'), count: totals.copied },
        { word: would('linked', 'linked'), count: totals.linked },
        { word: would('refreshed', 'refreshed'), count: totals.refreshed },
        { word: 'unchanged', count: totals.unchanged },
        { word: would('deleted', 'deleted'), count: totals.deleted },
        { word: 'kept', count: totals.kept },
        { word: 'failed', count: totals.failed },
    ];
    return rows.filter(({ count }) => count.files > 0);
}
function* endLines(ended) {
    const rows = totalRows(ended.totals, ended.dryRun);
    yield info(`${statusText(ended.status, ended.dryRun, ended.isUntouched)} in ${formatSeconds(ended.seconds)}${rows.length === 0 ? '' : ':'}`);
    const words = Math.max(0, ...rows.map(({ word }) => word.length));
    const files = Math.max(0, ...rows.map(({ count }) => formatCount(count.files).length));
    for (const { word, count } of rows) {
        const number = formatFiles(count.files).padEnd('files'.length + 1 + formatCount(count.files).length);
        const pad = ' '.repeat(files - formatCount(count.files).length);
        yield info(`  ${word.padEnd(words)}  ${pad}${number}  ${formatBytes(count.bytes)}`);
    }
    const { bytes, of } = spared(ended.totals, ended.reusedBytes ?? 0);
    // Of a run that failed it says nothing of what is still to come.
    if (bytes > 0 && ended.status !== 'failed')
        yield info(`  ${formatPercent(bytes, of)} of the bytes ${ended.dryRun ? 'would' : 'did'} not have to travel`);
    if (ended.delayed !== undefined && ended.delayed.keys > 0)
        yield ended.delayed.of === undefined
            ? info(`  ${delayedText(ended.delayed)}`)
            : error(delayedText(ended.delayed));
    const requests = totalRequests(ended.requests);
    if (requests > 0)
        yield info(`  ${formatRequests(requests)}`);
    if (ended.report !== undefined)
        yield info(`  report: ${(0,console_text/* printable */.g$)(ended.report)}`);
}

;// CONCATENATED MODULE: ./build/src/action/summary.js






/**
 * GitHub takes 1 MiB a step, and 65,536 characters as a comment on a pull request, which `summary-file` is for. A few
 * hundred are left for what a workflow puts around it. Bytes of UTF-8.
 */
const MAX_SUMMARY_BYTES = 64_000;
/** Entries of the lists of the largest and of the copied most. */
const TOP = 10;
/** Deletions and failures that are listed. */
const LISTED = 20;
/** A longer name is shortened in the middle: 70 rows of 1,024-byte keys would fill the cap alone. */
const NAME_LENGTH = 150;
const MESSAGE_LENGTH = 400;
/**
 * The job summary: what someone wants to know who opens it after a deploy, the most wanted first. Markdown as
 * GitHub renders it; every name in it is other people's text and escaped (R9).
 */
function renderSummary(report, { title = '', isUntouched = false } = {}) {
    const totals = sumTotals(report);
    const sections = [
        headline(report, totals, title, isUntouched),
        failures(report),
        report.destinations.length > 1 ? destinationsTable(report) : totalsTable(report, totals),
        mirrorings(report),
        origin(report, totals),
        invalidations(report),
        warnings(report),
        largestUploads(report),
        copiedContents(report),
        refreshes(report),
        deletions(report),
        requests(report),
    ].filter((section) => section !== '');
    const end = footer(report);
    // Each section is bounded; all together are too, whatever the names are like.
    let text = '';
    let left = MAX_SUMMARY_BYTES - Buffer.byteLength(end) - Buffer.byteLength(LEFT_OUT) - 4;
    for (const section of sections) {
        const bytes = Buffer.byteLength(section) + 2;
        if (bytes > left) {
            text += LEFT_OUT;
            break;
        }
        text += `${section}\n\n`;
        left -= bytes;
    }
    return `${text}${end}\n`;
}
const LEFT_OUT = '_More is in the report._\n\n';
const EMOJI = {
    done: '✅',
    planned: '📝',
    different: '❗',
    failed: '❌',
    refused: '⛔',
    cancelled: '🚫',
};
function statusSentence(report, totals, isUntouched) {
    switch (report.status) {
        case 'done':
            if (report.command === 'check')
                return 'No difference';
            if (report.command === 'apply')
                return 'Staged: nothing is visible before publish';
            if (report.command === 'remove')
                return isChanged(totals) ? 'Removed' : 'Nothing to do: there was nothing to delete';
            return isChanged(totals) ? doneWord(report) : 'Nothing to do: everything was already there';
        case 'planned':
            return isChanged(totals) ? 'Dry run: nothing was written' : 'Dry run: nothing would be done';
        case 'different':
            return 'Different from what a sync would make of it: nothing was written';
        case 'failed':
        case 'refused':
            return notDone(report.status, report.dryRun, isUntouched).join(': ');
        case 'cancelled':
            return 'Cancelled';
    }
}
/** A directory has no URL. */
function isDownload(report) {
    return report.destinations.some(({ url }) => !url.startsWith('s3://'));
}
function doneWord(report) {
    return isDownload(report) ? 'Downloaded' : 'Published';
}
function headline(report, totals, title, isUntouched) {
    const urls = report.destinations.map(({ url }) => (0,console_text/* markdownCode */.D9)(url, NAME_LENGTH));
    // Of inputs that are wrong it is not known where to.
    const places = urls.length === 0 ? (0,console_text/* markdownText */.p7)(report.tool) : urls.join(', ');
    const heading = title === '' ? places : (0,console_text/* markdownText */.p7)((0,console_text/* shorten */.ml)(title, NAME_LENGTH));
    const seconds = (Date.parse(report.endedAt) - Date.parse(report.startedAt)) / 1000;
    const { bytes, of } = spared(totals, sumReused(report));
    const sentences = [`**${statusSentence(report, totals, isUntouched)}** in ${formatSeconds(seconds)}.`];
    if (title !== '' && urls.length > 0)
        sentences.unshift(`${places}:`);
    if (report.source !== undefined)
        sentences.push(`From ${(0,console_text/* markdownCode */.D9)(report.source, NAME_LENGTH)}.`);
    // Of a run that failed it says nothing of what is still to come.
    if (bytes > 0 && report.status !== 'failed') {
        sentences.push(`**${formatPercent(bytes, of)}** of ${formatBytes(of)} ${report.dryRun ? 'would not have to travel' : 'did not have to travel'}.`);
    }
    for (const { delayed } of report.destinations) {
        if (delayed !== undefined && delayed.keys > 0) {
            sentences.push(`Everything was staged first; ${delayedText(delayed)}.`);
        }
    }
    const error = report.error === undefined ? '' : `\n\n> ${(0,console_text/* markdownText */.p7)((0,console_text/* shorten */.ml)(report.error.message, MESSAGE_LENGTH))}`;
    return `### ${EMOJI[report.status]} ${heading}\n\n${sentences.join(' ')}${error}`;
}
function totalsTable(report, totals) {
    const rows = totalRows(totals, report.dryRun);
    if (rows.length === 0)
        return '';
    return table(['', 'files', 'bytes'], rows.map(({ word, count }) => [word, formatCount(count.files), formatBytes(count.bytes)]));
}
/** A row a destination. */
function destinationsTable({ destinations, dryRun }) {
    const rows = destinations.map(({ status, totals, seconds, mirroredBy, mirrored, cost, ...at }) => {
        const { uploaded, copied, unchanged, deleted, failed } = totals;
        const price = cost?.usd === undefined ? '' : dollars(cost.usd + (mirrored?.transferUsd ?? 0));
        const word = `${EMOJI[status]} ${named(at, destinations)}${mirroredBy === undefined ? '' : ` (by ${MIRRORED_BY[mirroredBy]})`}`;
        return [
            word,
            ...[uploaded, copied, unchanged, deleted, failed].map(countAndBytes),
            formatSeconds(seconds ?? 0),
            price,
        ];
    });
    const done = dryRun ? 'would be ' : '';
    const heads = [
        '',
        `${done}uploaded`,
        `${done}copied`,
        'unchanged',
        `${done}deleted`,
        'failed',
        'time',
        'cost',
    ];
    return table(heads, rows);
}
const MIRRORED_BY = { upload: 'upload', copy: 'copy', both: 'copy and upload' };
/** A destination by its URL, and by its service where another one has that URL too. */
function named({ url, endpoint = 'AWS' }, all) {
    return isShared(url, all) ? `${code(url)} at ${code(endpoint)}` : code(url);
}
function isShared(url, all) {
    return all.filter((other) => other.url === url).length > 1;
}
/** How each mirror got its bytes, and what each way costs. */
function mirrorings({ destinations, dryRun }) {
    return destinations
        .flatMap((destination) => {
        const { mirrored } = destination;
        if (mirrored === undefined)
            return [];
        return `- ${named(destination, destinations)}: ${mirroredText(mirrored, dryRun)}.`;
    })
        .join('\n');
}
function countAndBytes({ files, bytes }) {
    if (files === 0)
        return '0';
    return `${formatCount(files)} (${formatBytes(bytes)})`;
}
/** A picture beside the table: where the bytes of the destination came from. Its labels are ours alone. */
function origin(report, totals) {
    const { dryRun } = report;
    const reused = sumReused(report);
    const slices = [
        { label: dryRun ? 'to be sent' : 'sent', bytes: totals.uploaded.bytes - reused },
        { label: dryRun ? 'to be fetched' : 'fetched', bytes: totals.downloaded.bytes },
        {
            label: `${dryRun ? 'to be copied' : 'copied'} ${isDownload(report) ? 'on the disk' : 'inside S3'}`,
            bytes: totals.copied.bytes + totals.linked.bytes + reused,
        },
        { label: 'already there', bytes: totals.unchanged.bytes + totals.refreshed.bytes },
    ].filter(({ bytes }) => bytes > 0);
    // One slice is a disc.
    if (slices.length < 2)
        return '';
    const lines = slices.map(({ label, bytes }) => `  "${label}, ${formatBytes(bytes)}" : ${bytes}`);
    return ['```mermaid', 'pie title Where the bytes come from', ...lines, '```'].join('\n');
}
function failures(report) {
    let count = 0;
    const rows = [];
    for (const { step, where } of steps(report)) {
        if (step.outcome !== 'failed')
            continue;
        count++;
        if (rows.length < LISTED) {
            const message = withoutKey(step.key, step.error?.message ?? '');
            rows.push([where + code(step.key), step.action, (0,console_text/* markdownText */.p7)((0,console_text/* shorten */.ml)(message, MESSAGE_LENGTH))]);
        }
    }
    if (count === 0)
        return '';
    let notStarted = 0;
    for (const { step } of steps(report))
        if (step.outcome === 'skipped')
            notStarted++;
    const after = notStarted === 0 ? '' : `\n\n${formatStepsWere(notStarted)} not done; the next run does the rest.`;
    return `#### Failures\n\n${table(['key', '', 'what happened, and what to do'], rows)}${more(count, rows.length)}${after}`;
}
function invalidations(report) {
    return report.destinations
        .flatMap(({ invalidation }) => (invalidation === undefined ? [] : invalidationText(invalidation, code)))
        .map((text) => `${text}.`)
        .join('\n\n');
}
function warnings(report) {
    if (report.warnings.length === 0)
        return '';
    const lines = report.warnings
        .slice(0, TOP)
        .map((warning) => `- ⚠️ ${(0,console_text/* markdownText */.p7)((0,console_text/* shorten */.ml)(warning, MESSAGE_LENGTH))}`);
    return `${lines.join('\n')}${more(report.warnings.length, lines.length)}`;
}
function largestUploads(report) {
    let count = 0;
    let largest = [];
    for (const placed of steps(report)) {
        const { step } = placed;
        if ((step.action !== 'upload' && step.action !== 'download') || !happened(step))
            continue;
        count++;
        const last = largest[TOP - 1];
        if (last !== undefined && step.bytes <= last.step.bytes)
            continue;
        largest = [...largest, placed].sort((a, b) => b.step.bytes - a.step.bytes).slice(0, TOP);
    }
    if (count === 0)
        return '';
    const word = isDownload(report) ? 'downloads' : 'uploads';
    const heading = count <= TOP ? capital(word) : `Largest ${word}`;
    const rows = largest.map(({ step: { key, bytes, reason }, where }) => [
        where + code(key),
        formatBytes(bytes),
        REASON_WORDS[reason],
    ]);
    return folded(`${report.dryRun ? `Planned ${word}` : heading}: ${count <= TOP ? formatCount(count) : `${TOP} of ${formatCount(count)}`}`, table(['key', 'bytes', 'why'], rows));
}
function copiedContents(report) {
    const places = new Map();
    for (const { step, destination } of steps(report)) {
        const { action, source, key, bytes } = step;
        const isCopy = action === 'copy' || action === 'link';
        if (!isCopy || source === undefined || !happened(step))
            continue;
        const from = sourceName(source, step, destination, report);
        // What a run overwrites may have been copied before that.
        const id = `${bytes} ${from}`;
        const place = places.get(id) ?? { from, count: 0, bytes, first: key };
        place.count++;
        places.set(id, place);
    }
    if (places.size === 0)
        return '';
    const most = [...places.values()].sort((a, b) => b.count - a.count || b.bytes - a.bytes).slice(0, TOP);
    const rows = most.map(({ from, count, bytes, first }) => [
        from,
        count === 1 ? code(first) : `${formatCount(count)} places`,
        formatBytes(bytes),
        formatBytes(bytes * count),
    ]);
    const verb = report.dryRun ? 'Contents that would be copied' : 'Contents copied';
    const heading = `${verb}: ${places.size <= TOP ? formatCount(places.size) : `${TOP} of ${formatCount(places.size)}`}`;
    return folded(heading, table(['content of', 'to', 'bytes each', isDownload(report) ? 'not fetched' : 'not sent'], rows));
}
/** Headers that change, for whoever reviews a pull request. */
function refreshes(report) {
    let count = 0;
    const rows = [];
    for (const { step, where } of steps(report)) {
        if (step.action !== 'refresh' || !happened(step))
            continue;
        count++;
        if (rows.length >= LISTED)
            continue;
        const [first, ...others] = step.headers ?? [];
        const key = where + code(step.key);
        if (first === undefined)
            rows.push([key, REASON_WORDS[step.reason], '', '']);
        for (const [at, { name, from, to }] of (first === undefined ? [] : [first, ...others]).entries()) {
            rows.push([at === 0 ? key : '', code(name), headerValue(from), headerValue(to)]);
        }
    }
    if (count === 0)
        return '';
    const verb = report.dryRun ? 'Headers that would be renewed' : 'Headers renewed';
    const isAsked = rows.some(([, , from, to]) => from !== '' || to !== '');
    const body = isAsked
        ? table(['key', 'header', 'now', 'then'], rows)
        : table(['key', 'why'], rows.map((row) => row.slice(0, 2)));
    return folded(`${verb}: ${formatFiles(count)}`, `${body}${more(count, Math.min(count, LISTED))}`);
}
function headerValue(value) {
    return value === undefined ? '_none_' : code(value);
}
function deletions(report) {
    let count = 0;
    const rows = [];
    for (const { step, where } of steps(report)) {
        if (step.action !== 'delete' || !happened(step))
            continue;
        count++;
        if (rows.length < LISTED)
            rows.push([where + code(step.key), formatBytes(step.bytes), REASON_WORDS[step.reason]]);
    }
    if (count === 0)
        return '';
    const heading = `${report.dryRun ? 'Would be deleted' : 'Deleted'}: ${formatFiles(count)}`;
    return folded(heading, `${table(['key', 'bytes', 'why'], rows)}${more(count, rows.length)}`);
}
function requests(report) {
    const byOperation = Object.entries(sumRequests(report)).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
    if (byOperation.length === 0)
        return '';
    const total = totalRequests(Object.fromEntries(byOperation));
    const rows = byOperation.map(([operation, count]) => [(0,console_text/* markdownText */.p7)(operation), formatCount(count)]);
    const costs = report.destinations.flatMap((destination) => {
        const { cost } = destination;
        return cost === undefined ? [] : whereOf(destination, report) + costSentence(cost);
    });
    const body = [table(['operation', 'requests'], rows), ...costs].join('\n\n');
    return folded(`Requests: ${formatCount(total)}`, body);
}
function footer(report) {
    const { identity } = report;
    const who = identity?.arn ?? identity?.account;
    const parts = [
        ...(who === undefined ? [] : [`as ${(0,console_text/* markdownCode */.D9)(who, NAME_LENGTH)}`]),
        ...(identity === undefined
            ? []
            : [`credentials: ${(0,console_text/* markdownText */.p7)((0,console_text/* shorten */.ml)(identity.source, NAME_LENGTH))}`]),
        ...(report.commit === undefined ? [] : [`commit ${(0,console_text/* markdownCode */.D9)(report.commit.slice(0, 12))}`]),
        `${report.startedAt.slice(0, 19).replace('T', ' ')} UTC`,
        (0,console_text/* markdownText */.p7)(report.tool),
    ];
    return `<sub>${parts.join(' · ')}</sub>`;
}
function capital(word) {
    return word.charAt(0).toUpperCase() + word.slice(1);
}
function* steps(report) {
    for (const destination of report.destinations) {
        const where = whereOf(destination, report);
        for (const step of destination.steps)
            yield { step, where, destination };
    }
}
/** What a copy was made from: by its key alone where it can lie in one bucket only. */
function sourceName(source, { sourceBucket }, { url, endpoint = 'AWS' }, { destinations }) {
    if (sourceBucket === undefined && destinations.length === 1)
        return code(source);
    const [, own] = /^s3:\/\/((?:arn:[^/]*:accesspoint\/)?[^/]*)/.exec(url) ?? [];
    const name = code(`s3://${sourceBucket ?? own}/${source}`);
    return isShared(url, destinations) ? `${name} at ${code(endpoint)}` : name;
}
function whereOf(destination, { destinations }) {
    return destinations.length > 1 ? `${named(destination, destinations)} ` : '';
}
function happened(step) {
    return step.outcome === 'done' || step.outcome === 'planned';
}
function code(name) {
    return (0,console_text/* markdownCode */.D9)(name, NAME_LENGTH);
}
function more(count, shown) {
    return count > shown ? `\n\nand ${formatCount(count - shown)} more` : '';
}
/** Cells are Markdown already. The first column is text, numbers stand on the right. */
function table(heads, rows) {
    const numeric = (column) => /^(files|bytes|requests|bytes each|not sent|not fetched)$/.test(heads[column] ?? '');
    const line = (cells) => `| ${cells.join(' | ')} |`;
    return [
        line(heads),
        line(heads.map((_, column) => (numeric(column) ? '--:' : '---'))),
        ...rows.map(line),
    ].join('\n');
}
function folded(heading, body) {
    return `<details><summary>${(0,console_text/* markdownText */.p7)(heading)}</summary>\n\n${body}\n\n</details>`;
}

;// CONCATENATED MODULE: ./build/src/console/values.js


/**
 * Spellings of single values. Every refusal is one line: the input's name, what was given, what is allowed.
 */
/** `what was given`, quoted and short enough for one line. */
function given(value) {
    return `"${(0,console_text/* oneLine */.TN)((0,console_text/* shorten */.ml)(value, 80))}"`;
}
/** A refusal in the one form that all of them have. */
function refuse(name, value, allowed) {
    throw (0,errors/* usageError */.Wp)(`${name}: ${value === '' ? 'nothing' : given(value)} was given; allowed: ${allowed}`);
}
/** The spellings of YAML 1.2's core schema, as @actions/core takes them. */
function parseBoolean(name, value) {
    switch (value) {
        case 'true':
        case 'True':
        case 'TRUE':
            return true;
        case 'false':
        case 'False':
        case 'FALSE':
            return false;
        default:
            return refuse(name, value, 'true, false');
    }
}
function parseEnum(name, value, values) {
    const found = values.find((candidate) => candidate === value);
    return found ?? refuse(name, value, values.join(', '));
}
function parseNumber(name, value, min, max, words = []) {
    const allowed = [`a whole number from ${min} to ${max}`, ...words].join(', ');
    if (!/^[0-9]{1,15}$/.test(value))
        return refuse(name, value, allowed);
    const number = Number(value);
    return number >= min && number <= max ? number : refuse(name, value, allowed);
}
const DAY_MS = 24 * 3_600_000;
const DURATION_UNITS = {
    '': 1000,
    ms: 1,
    s: 1000,
    m: 60_000,
    min: 60_000,
    h: 3_600_000,
    d: DAY_MS,
    day: DAY_MS,
    days: DAY_MS,
};
/** Node's timers hold 31 bits of milliseconds. */
const MAX_DURATION_MS = 2 ** 31 - 1;
/** Milliseconds. A plain number is seconds. */
function parseDuration(name, value, max = MAX_DURATION_MS) {
    const allowed = 'a time such as 500 ms, 10 s, 5 min, 1 h or 7 days (a plain number is seconds)';
    const match = /^([0-9]+(?:\.[0-9]+)?) *(ms|s|m|min|h|d|day|days|)$/.exec(value);
    const unit = match === null ? undefined : DURATION_UNITS[match[2] ?? ''];
    if (match === null || unit === undefined)
        return refuse(name, value, allowed);
    const milliseconds = Math.round(Number(match[1]) * unit);
    return milliseconds >= 1 && milliseconds <= max ? milliseconds : refuse(name, value, allowed);
}
const SIZE_UNITS = {
    '': 1,
    B: 1,
    KB: 1e3,
    MB: 1e6,
    GB: 1e9,
    KIB: 1024,
    MIB: 1024 ** 2,
    GIB: 1024 ** 3,
};
/** Bytes. */
function parseSize(name, value) {
    const match = /^([0-9]{1,15}(?:\.[0-9]{1,9})?) *([A-Za-z]*)$/.exec(value);
    const unit = match === null ? undefined : SIZE_UNITS[(match[2] ?? '').toUpperCase()];
    const bytes = match === null || unit === undefined ? Number.NaN : Math.round(Number(match[1]) * unit);
    return Number.isSafeInteger(bytes)
        ? bytes
        : refuse(name, value, 'bytes, or a number with KB, MB, GB, KiB, MiB or GiB');
}
function parseMaxDelete(name, value) {
    if (value === '')
        return { kind: 'default' };
    if (value === 'none')
        return { kind: 'none' };
    const percent = /^([0-9]{1,3}(?:\.[0-9]+)?) *%$/.exec(value);
    if (percent !== null && Number(percent[1]) <= 100)
        return { kind: 'percent', percent: Number(percent[1]) };
    if (/^[0-9]{1,15}$/.test(value))
        return { kind: 'count', count: Number(value) };
    return refuse(name, value, 'a number of deletions, N% (0% to 100%), none');
}
/** A number of deploys, or a time of at least a minute. */
function parseGrace(name, value) {
    if (value === '')
        return { kind: 'none' };
    const match = /^([0-9]{1,6}) *(deploys?|days?|d|h|min)$/.exec(value);
    const [, digits = '0', unit = ''] = match ?? [];
    const count = Number(digits);
    if (count === 0)
        return refuse(name, value, 'how long, such as 3 deploys, 7 days or 12 h');
    if (unit.startsWith('deploy'))
        return { kind: 'deploys', deploys: count };
    return { kind: 'time', ms: count * (DURATION_UNITS[unit] ?? DAY_MS) };
}
function parseAccountId(name, value) {
    return /^[0-9]{12}$/.test(value)
        ? value
        : refuse(name, value, 'an account ID of 12 digits (quote it in YAML)');
}
/** Leniently: other providers have regions such as `auto`, `default`, `fr-par`. */
function parseRegion(name, value) {
    return /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/.test(value)
        ? value
        : refuse(name, value, 'a region such as eu-west-1 (letters, digits, hyphens)');
}
function parseEndpoint(name, value) {
    const allowed = 'a URL such as https://minio.example.com:9000, without credentials or query';
    let url;
    try {
        url = new URL(value);
    }
    catch {
        // What cannot be parsed may hold a password all the same.
        return refuse(name, value.replace(/\/\/.*@/s, '//***@'), allowed);
    }
    const bad = (url.protocol !== 'https:' && url.protocol !== 'http:') || url.search !== '' || url.hash !== '';
    // A refusal must not print the password that it refuses.
    if (url.username !== '' || url.password !== '')
        return refuse(name, `${url.protocol}//***@${url.host}`, allowed);
    return bad ? refuse(name, value, allowed) : value;
}

;// CONCATENATED MODULE: ./build/src/console/given-inputs.js


/** How a person spelled an input: messages say what to change. */
function spelled(name, shell) {
    const { option, only } = (0,model_inputs/* inputDefinition */.O$)(name);
    if (shell === 'action')
        return name;
    // An argument there, as the help calls it.
    return only === 'action' ? name.toUpperCase() : `--${option ?? name}`;
}
/** What is known of inputs that are wrong elsewhere. */
function saysDryRun({ 'dry-run': given }) {
    return typeof given === 'string' && /^true$/i.test(given);
}
/** Typed access to what was given; a default is parsed like an input. */
class Inputs {
    raw;
    shell;
    constructor(raw, shell) {
        this.raw = raw;
        this.shell = shell;
    }
    spelled(name) {
        return spelled(name, this.shell);
    }
    is(shell) {
        return this.shell === shell;
    }
    /** As given; an empty text is nothing given. */
    text(name) {
        const value = this.raw[name];
        return typeof value === 'string' && value !== '' ? value : undefined;
    }
    /** Whether it says something of its own: the runner passes the defaults of action.yml as if they were given. */
    isSet(name) {
        const value = this.lines(name).join('\n');
        if (value === '' || this.shell === 'cli')
            return value !== '';
        const { kind, default: fallback } = (0,model_inputs/* inputDefinition */.O$)(name);
        return kind === 'boolean' ? this.boolean(name) : value !== fallback;
    }
    lines(name) {
        const value = this.raw[name] ?? [];
        return (typeof value === 'string' ? [value] : value).filter((item) => item.trim() !== '');
    }
    /** An empty boolean is an expression that had no value: never taken for false, except where unset means automatic. */
    optionalBoolean(name) {
        const value = this.raw[name];
        if (typeof value !== 'string')
            return undefined;
        if (value === '' && (0,model_inputs/* inputDefinition */.O$)(name).default === undefined)
            return undefined;
        return parseBoolean(this.spelled(name), value);
    }
    boolean(name) {
        return this.optionalBoolean(name) ?? (0,model_inputs/* inputDefinition */.O$)(name).default === 'true';
    }
    choice(name, values) {
        return parseEnum(this.spelled(name), this.orDefault(name), values);
    }
    /** Where an expression without a value must not be taken for the default, as of booleans. In any case, as they are. */
    givenChoice(name, values) {
        const value = this.raw[name];
        const given = typeof value === 'string' ? value : this.orDefault(name);
        const folded = values.find((candidate) => candidate === given.toLowerCase());
        return parseEnum(this.spelled(name), folded ?? given, values);
    }
    optionalChoice(name) {
        const value = this.text(name);
        return value === undefined
            ? undefined
            : parseEnum(this.spelled(name), value, (0,model_inputs/* inputDefinition */.O$)(name).values ?? []);
    }
    number(name) {
        const { min = 0, max = Number.MAX_SAFE_INTEGER, values } = (0,model_inputs/* inputDefinition */.O$)(name);
        return parseNumber(this.spelled(name), this.orDefault(name), min, max, values);
    }
    duration(name) {
        return parseDuration(this.spelled(name), this.orDefault(name));
    }
    /** Of times that no timer has to hold. */
    longDuration(name) {
        return parseDuration(this.spelled(name), this.orDefault(name), Number.MAX_SAFE_INTEGER);
    }
    orDefault(name) {
        return this.text(name) ?? (0,model_inputs/* inputDefinition */.O$)(name).default ?? '';
    }
}

;// CONCATENATED MODULE: ./build/src/console/index-name.js


/**
 * Names an index: 32 hex digits of a SHA-256 over endpoint, bucket and prefix, and of a download its directory.
 */
function indexName(endpoint, { bucket, prefix }, directory) {
    const place = [endpoint ?? '', bucket, prefix];
    const identity = JSON.stringify(directory === undefined ? place : [...place, directory]);
    return (0,external_node_crypto_.createHash)('sha256').update(identity).digest('hex').slice(0, 32);
}
/** The user's cache directory on this system; `undefined` where there is no home (a service, a bare container). */
function userCacheDirectory(env, platform, home) {
    const xdg = env.XDG_CACHE_HOME ?? '';
    if (platform === 'win32') {
        const local = env.LOCALAPPDATA ?? '';
        return local === '' ? undefined : local;
    }
    // The XDG specification: a relative path is to be ignored.
    if ((0,external_node_path_.isAbsolute)(xdg))
        return xdg;
    if (home === undefined || home === '/')
        return undefined;
    return platform === 'darwin' ? (0,external_node_path_.join)(home, 'Library', 'Caches') : (0,external_node_path_.join)(home, '.cache');
}

// EXTERNAL MODULE: ./build/src/disk/is-inside.js
var is_inside = __webpack_require__(2572);
// EXTERNAL MODULE: ./build/src/disk/open-files.js
var open_files = __webpack_require__(6417);
// EXTERNAL MODULE: ./build/src/disk/replace-file.js
var replace_file = __webpack_require__(170);
// EXTERNAL MODULE: ./build/src/model/digest-index.js + 1 modules
var digest_index = __webpack_require__(6112);
// EXTERNAL MODULE: ./build/src/model/endpoint.js
var model_endpoint = __webpack_require__(4482);
// EXTERNAL MODULE: ./build/src/model/objects.js
var objects = __webpack_require__(6139);
// EXTERNAL MODULE: ./build/src/model/options.js
var model_options = __webpack_require__(153);
;// CONCATENATED MODULE: ./build/src/console/connection.js



function parseWriteHeaders(inputs) {
    const sse = inputs.optionalChoice('sse');
    const kmsKeyId = inputs.text('kms-key-id');
    const storageClass = inputs.optionalChoice('storage-class');
    const acl = inputs.optionalChoice('acl');
    if (kmsKeyId !== undefined && sse?.startsWith('aws:kms') !== true) {
        throw (0,errors/* usageError */.Wp)(`${inputs.spelled('kms-key-id')} was given ${sse === undefined ? 'without' : 'with'} ${inputs.spelled('sse')}${sse === undefined ? '' : ` ${sse}`}: set ${inputs.spelled('sse')} to aws:kms or aws:kms:dsse`);
    }
    return {
        ...(sse === undefined ? {} : { sse }),
        ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
        ...(storageClass === undefined ? {} : { storageClass }),
        ...(acl === undefined ? {} : { acl }),
    };
}
/** @param openFiles that its destination may have open at a time */
function parseConnection(inputs, openFiles) {
    const region = inputs.text('region');
    const endpointUrl = inputs.text('endpoint-url');
    const forcePathStyle = inputs.optionalBoolean('force-path-style');
    const profile = inputs.text('profile');
    const role = inputs.text('role-to-assume');
    const owner = inputs.text('expected-bucket-owner');
    const accounts = inputs.lines('allowed-account-ids').flatMap((line) => line.split(/[\s,]+/));
    return {
        ...(region === undefined ? {} : { region: parseRegion(inputs.spelled('region'), region) }),
        ...(endpointUrl === undefined
            ? {}
            : { endpointUrl: parseEndpoint(inputs.spelled('endpoint-url'), endpointUrl) }),
        ...(forcePathStyle === undefined ? {} : { forcePathStyle }),
        ...(profile === undefined ? {} : { profile }),
        ...(role === undefined ? {} : { role: parseRole(inputs, role) }),
        ...(owner === undefined
            ? {}
            : { expectedBucketOwner: parseAccountId(inputs.spelled('expected-bucket-owner'), owner) }),
        allowedAccountIds: accounts
            .filter((account) => account !== '')
            .map((account) => parseAccountId(inputs.spelled('allowed-account-ids'), account)),
        requesterPays: inputs.boolean('requester-pays'),
        concurrency: inputs.orDefault('concurrency') === 'auto' ? (0,model_options/* autoConcurrency */.VA)(openFiles) : inputs.number('concurrency'),
        maxAttempts: inputs.number('max-attempts'),
        connectTimeoutMs: inputs.duration('connect-timeout'),
        readTimeoutMs: inputs.duration('read-timeout'),
    };
}
/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
function parseRole(inputs, arn) {
    if (!/^arn:aws(?:-[a-z-]+)?:iam::[0-9]{12}:role\/[\w+=,.@/-]{1,600}$/.test(arn))
        return refuse(inputs.spelled('role-to-assume'), arn, 'arn:aws:iam::ACCOUNT:role/NAME');
    const sessionName = inputs.orDefault('role-session-name');
    if (!/^[\w+=,.@-]{2,64}$/.test(sessionName))
        return refuse(inputs.spelled('role-session-name'), sessionName, '2 to 64 letters, digits and _+=,.@-');
    return {
        arn,
        sessionName,
        audience: inputs.orDefault('audience'),
        durationSeconds: inputs.number('role-duration-seconds'),
    };
}

// EXTERNAL MODULE: ./build/src/model/object-key.js
var object_key = __webpack_require__(5142);
;// CONCATENATED MODULE: ./build/src/console/destination.js





/**
 * `name`, `s3://name/prefix` or an access point's ARN, then `name=value` words. Double quotes hold blanks
 * together. `lenient` is for other providers, whose buckets may have names that S3 does not allow.
 */
function parseDestinationLine(input, line, lenient) {
    const [place, ...rest] = splitWords(input, line);
    if (place === undefined)
        return refuse(input, '', ALLOWED);
    const words = parseWords(input, rest);
    const { bucket, path } = splitPlace(input, place);
    checkBucket(input, bucket, lenient(words));
    const prefix = path === undefined ? undefined : (0,object_key/* parsePrefix */.A1)(path);
    return { bucket, prefix: prefix === '' ? undefined : prefix, words };
}
/** What a place may be given as. */
const ALLOWED = "a bucket's name, s3://bucket/prefix, or the ARN of an access point";
function splitWords(input, line) {
    const words = [];
    let word = '';
    let started = false;
    let quoted = false;
    for (const character of line) {
        if (character === '"') {
            quoted = !quoted;
            started = true;
        }
        else if (!quoted && /\s/.test(character)) {
            if (started)
                words.push(word);
            word = '';
            started = false;
        }
        else {
            word += character;
            started = true;
        }
    }
    if (quoted)
        throw (0,errors/* usageError */.Wp)(`${input}: a double quote is not closed in ${(0,console_text/* printable */.g$)((0,console_text/* shorten */.ml)(line, 80))}`);
    if (started)
        words.push(word);
    return words;
}
function parseWords(input, words) {
    const parsed = new Map();
    for (const word of words) {
        const separator = word.indexOf('=');
        const name = model_inputs/* WORD_NAMES */.QY.find((candidate) => candidate === word.slice(0, Math.max(separator, 0)));
        if (name === undefined) {
            return refuse(`${input}, behind the place`, word, `name=value with a name of ${model_inputs/* WORD_NAMES */.QY.join(', ')}; a prefix or value with blanks stands in double quotes`);
        }
        if (parsed.has(name))
            throw (0,errors/* usageError */.Wp)(`${input}: ${name}= stands twice behind the place; give it once`);
        const value = word.slice(separator + 1);
        // An expression without a value, as where it empties a whole input that must have one.
        if (value.trim() === '')
            return refuse(`${input}, ${name}=`, '', `${allowedIn(name)}, or no ${name}= at all`);
        parsed.set(name, value);
    }
    return parsed;
}
function allowedIn(name) {
    const { kind, values = [] } = (0,model_inputs/* inputDefinition */.O$)(name);
    if (kind === 'boolean')
        return 'true, false';
    return kind === 'enum' ? values.join(', ') : 'a value';
}
const ACCESS_POINT = /^arn:aws(?:-[a-z0-9-]+)?:s3:[a-z0-9-]+:[0-9]{12}:accesspoint[/:]([a-z0-9][a-z0-9-]{1,48}[a-z0-9])(?:\/(.*))?$/s;
/** As policies name a bucket, and what is in it. */
const BUCKET_ARN = /^arn:aws(?:-[a-z0-9-]+)?:s3:::(.+)$/s;
function splitPlace(input, place) {
    const url = /^s3:\/\/(.*)$/is.exec(place);
    const rest = url?.[1] ?? place;
    if (rest.startsWith('arn:')) {
        const arn = ACCESS_POINT.exec(rest);
        const bucket = BUCKET_ARN.exec(rest);
        if (bucket !== null)
            return refuse(input, place, `a bucket by its name: write s3://${bucket[1]}`);
        if (arn === null || (url === null && arn[2] !== undefined)) {
            return refuse(input, place, 'arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME, where ACCOUNT has 12 digits and NAME 3 to 50 lower-case letters, digits and hyphens (no multi-region, Outposts or Object Lambda access points); the prefix goes into prefix');
        }
        const path = arn[2];
        return { bucket: path === undefined ? rest : rest.slice(0, -(path.length + 1)), path };
    }
    if (url === null) {
        if (/^[a-z0-9+.-]+:\/\//i.test(place) || place.includes('/')) {
            return refuse(input, place, `${ALLOWED}; a prefix goes into prefix or into the s3:// URL`);
        }
        return { bucket: place, path: undefined };
    }
    const slash = rest.indexOf('/');
    return slash === -1
        ? { bucket: rest, path: undefined }
        : { bucket: rest.slice(0, slash), path: rest.slice(slash + 1) };
}
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html; names and access-point aliases. */
function checkBucket(input, bucket, lenient) {
    const broken = bucket.startsWith('arn:')
        ? undefined
        : lenient
            ? brokenLeniently(bucket)
            : brokenRule(bucket);
    if (broken === undefined)
        return;
    throw (0,errors/* usageError */.Wp)(`${input}: ${(0,console_text/* printable */.g$)((0,console_text/* shorten */.ml)(bucket, 80))} cannot be a bucket's name: ${broken}`);
}
function brokenLeniently(bucket) {
    return /^[A-Za-z0-9._-]{1,255}$/.test(bucket)
        ? undefined
        : 'it has letters, digits, dots, hyphens and underscores';
}
function brokenRule(bucket) {
    if (bucket.length < 3 || bucket.length > 63)
        return `it has ${bucket.length} characters; allowed: 3 to 63`;
    if (!/^[a-z0-9.-]*$/.test(bucket))
        return 'allowed: lower-case letters, digits, dots and hyphens';
    if (!/^[a-z0-9].*[a-z0-9]$/.test(bucket))
        return 'it must begin and end with a letter or digit';
    if (bucket.includes('..'))
        return 'it has two dots in a row';
    if (/^[0-9]+(\.[0-9]+){3}$/.test(bucket))
        return 'it is spelled like an IP address';
    if (bucket.startsWith('xn--'))
        return 'S3 allows no name that begins with xn--';
    return undefined;
}

;// CONCATENATED MODULE: ./build/src/console/copy-from.js



/** Words that may stand behind a place to copy from: copies are made with the destination's own credentials. */
const COPY_FROM_WORDS = ['region', 'expected-bucket-owner', 'requester-pays'];
function parseCopies(inputs, context) {
    const name = inputs.spelled('copy-from');
    const lenient = (inputs.text('endpoint-url') ?? (0,model_endpoint/* environmentEndpoint */.p)(context.env, 'S3')) !== undefined;
    const from = inputs.lines('copy-from').map((line) => {
        const { bucket, prefix, words } = parseDestinationLine(name, line.trim(), () => lenient);
        const foreign = [...words.keys()].find((word) => !COPY_FROM_WORDS.includes(word));
        if (foreign !== undefined) {
            return refuse(`${name}, behind the place`, `${foreign}=`, `${COPY_FROM_WORDS.join('=, ')}=; S3 copies within one service, with the destination's own credentials`);
        }
        const region = words.get('region');
        const owner = words.get('expected-bucket-owner');
        const pays = words.get('requester-pays');
        return {
            place: { bucket, prefix: prefix ?? '' },
            ...(region === undefined ? {} : { region: parseRegion(name, region) }),
            ...(owner === undefined ? {} : { expectedBucketOwner: parseAccountId(name, owner) }),
            requesterPays: pays !== undefined && parseBoolean(name, pays),
        };
    });
    return { from, minSize: parseSize(inputs.spelled('copy-min-size'), inputs.orDefault('copy-min-size')) };
}

;// CONCATENATED MODULE: ./build/src/console/deletes.js



/** All that is there goes, so nothing is unlike it: a limit is one that somebody set. */
function parseRemoval(inputs) {
    const maxDelete = parseMaxDelete(inputs.spelled('max-delete'), inputs.text('max-delete') ?? 'none');
    const retain = inputs.lines('retain');
    return { deleteAfter: true, maxDelete, deleteExcluded: false, grace: { kind: 'none' }, retain };
}
function parseDeletes(inputs, destination, isDownload) {
    const deleteAfter = inputs.boolean('delete-after');
    const prefix = inputs.text('prefix') ?? '';
    const wholeBucket = inputs.boolean('whole-bucket') || prefix === '/';
    if (deleteAfter && destination.prefix === '' && !wholeBucket && !isDownload) {
        // What is left of `/${{ vars.DIR }}/` without DIR.
        const unset = prefix === '' ? '' : ' (a variable between its slashes may be empty)';
        throw (0,errors/* refusal */.x5)('whole-bucket', `${inputs.spelled('delete-after')} without a prefix would delete in all of ${(0,objects/* destinationUrl */.kL)(destination)}: set ${inputs.spelled('prefix')}${unset}, or mean the whole bucket with ${inputs.spelled('prefix')}${inputs.is('cli') ? '' : ':'} / or ${inputs.spelled('whole-bucket')}`);
    }
    return {
        deleteAfter,
        maxDelete: parseMaxDelete(inputs.spelled('max-delete'), inputs.text('max-delete') ?? ''),
        deleteExcluded: inputs.boolean('delete-excluded'),
        grace: parseGrace(inputs.spelled('delete-grace'), inputs.text('delete-grace') ?? ''),
        retain: inputs.lines('retain'),
    };
}
/** What waits to be deleted must not be forgotten, or it would wait for ever. */
function requireLastingIndex(inputs, index) {
    if (index.kind === 'file' || index.kind === 's3')
        return;
    const given = index.kind === 'cache' ? "the runner's cache may be dropped at any time" : 'none was given';
    throw (0,errors/* usageError */.Wp)(`${inputs.spelled('delete-grace')} needs an index that lasts, and ${given}: set ${inputs.spelled('index')} to a path that stays, or to s3://bucket/key`);
}

;// CONCATENATED MODULE: ./build/src/console/heeded-inputs.js


/** How the log reads and a bucket is reached: every run heeds it. */
const EVERY_RUN = [
    'log-level',
    'region',
    'endpoint-url',
    'force-path-style',
    'profile',
    'role-to-assume',
    'audience',
    'role-session-name',
    'role-duration-seconds',
    'allowed-account-ids',
    'expected-bucket-owner',
    'requester-pays',
    'concurrency',
    'max-attempts',
    'connect-timeout',
    'read-timeout',
];
/** What `remove` heeds; anything else that is set was meant for another run. */
const REMOVE_INPUTS = new Set([
    'command',
    'bucket',
    'prefix',
    'lock',
    'abort-uploads-after',
    'max-delete',
    'retain',
    'index',
    'report',
    'summary',
    'summary-title',
    'dry-run',
    ...EVERY_RUN,
]);
/** Of objects that are written: the lock is one, and a bucket's policy may want its encryption said. */
const LOCK_INPUTS = new Set(['sse', 'kms-key-id', 'storage-class', 'acl']);
/** What every run heeds that moves bytes. */
const SHARED_INPUTS = [
    'command',
    'excludes',
    'excludes-from',
    'include-git',
    'if-no-files-found',
    'delay-updates',
    'publish-last',
    'delete-after',
    'max-delete',
    'delete-excluded',
    'retain',
    'overwrite',
    'index',
    'report',
    'summary',
    'summary-title',
    'dry-run',
    'read',
    ...EVERY_RUN,
];
const DOWNLOAD_INPUTS = new Set([
    // Excluded files of the target are not looked at, so they cannot be deleted.
    ...SHARED_INPUTS.filter((name) => name !== 'delete-excluded'),
    'source',
    'destination',
    'local-duplicates',
    'as-stored',
    'preserve',
    'whole-bucket',
]);
/** About files of this disk, which are none here. */
const OF_FILES = new Set([
    'paths',
    'root',
    'symlinks',
    'destination',
    'local-duplicates',
    'as-stored',
    'preserve',
    'redirects-file',
    'compress',
    'clean-urls',
]);
const COPY_INPUTS = new Set(model_inputs/* INPUT_NAMES */.Qh.filter((name) => !OF_FILES.has(name)));
/** What is planned already cannot be asked for again. */
const OF_A_PLAN = new Set([
    ...[...REMOVE_INPUTS].filter((name) => name !== 'max-delete' && name !== 'retain'),
    ...LOCK_INPUTS,
    'plan-file',
    'shard',
    'results',
    'abort',
    'mirrors',
    'mirror-by',
    'mirrors-atomic',
    'overwrite',
    'whole-bucket',
    'invalidate',
    'invalidate-strip-prefix',
    'invalidate-prefix',
    'invalidate-max-paths',
    'invalidate-wait',
]);
const PUBLISH_INPUTS = new Set(model_inputs/* INPUT_NAMES */.Qh.filter((name) => name !== 'local-duplicates' && name !== 'as-stored'));
/** An input must not be taken for heeded that is not. */
function checkHeeded(inputs, heeded, who) {
    const other = model_inputs/* INPUT_NAMES */.Qh.find((name) => !heeded.has(name) && inputs.isSet(name));
    if (other === undefined)
        return;
    throw (0,errors/* usageError */.Wp)(`${inputs.spelled(other)} was given, and ${who} does not heed it: take it out`);
}
/** An unset variable must not mean everything (D13), nor an input be taken for heeded that is not. */
function checkRemoval(inputs, { bucket, prefix }) {
    const wholeBucket = inputs.boolean('whole-bucket');
    const locks = inputs.boolean('lock');
    for (const name of model_inputs/* INPUT_NAMES */.Qh) {
        if (REMOVE_INPUTS.has(name) || (name === 'whole-bucket' && wholeBucket))
            continue;
        if ((LOCK_INPUTS.has(name) && locks) || !inputs.isSet(name))
            continue;
        const why = LOCK_INPUTS.has(name)
            ? `writes nothing without ${inputs.spelled('lock')}`
            : 'does not heed it';
        throw (0,errors/* usageError */.Wp)(`${inputs.spelled(name)} was given, and remove ${why}: take it out`);
    }
    if (prefix !== '' && !wholeBucket)
        return;
    const given = wholeBucket ? `${inputs.spelled('whole-bucket')} was given` : `s3://${bucket} has no prefix`;
    throw (0,errors/* refusal */.x5)('whole-bucket', `${given}, and remove empties a prefix, never a whole bucket: set ${inputs.spelled('prefix')}; a lifecycle rule or the console empties buckets`);
}

// EXTERNAL MODULE: ./build/src/console/path.js
var console_path = __webpack_require__(2848);
;// CONCATENATED MODULE: ./build/src/console/index-place.js








/** An index that was named is the first destination's; each mirror has its own beside it. */
function besides(index, own) {
    switch (index.kind) {
        case 'file':
            return { ...index, path: `${index.path}.${own}` };
        case 's3':
            return { ...index, key: `${index.key}.${own}` };
        case 'none':
        case 'cache':
            return index;
    }
}
/** It changes with every run, and would be copied by every one. */
function refuseIndexInSource(inputs, index, { place }) {
    if (index.kind !== 's3' || index.bucket !== place.bucket || !index.key.startsWith(place.prefix))
        return;
    if (index.key.startsWith(place.prefix + object_key/* OWN_DIRECTORY */.Nt))
        return;
    throw (0,errors/* usageError */.Wp)(`${inputs.spelled('index')}: ${(0,console_text/* printable */.g$)(`s3://${index.bucket}/${index.key}`)} lies in what is copied, ${(0,objects/* destinationUrl */.kL)(place)}: put it into the destination, as s3://BUCKET/PREFIX/${object_key/* OWN_DIRECTORY */.Nt}index`);
}
async function parseIndex(inputs, context, connection, destination, downloadedTo) {
    const name = inputs.spelled('index');
    const given = inputs.text('index');
    if (given === undefined && context.shell === 'cli') {
        const directory = userCacheDirectory(context.env, context.platform, context.home);
        if (directory === undefined)
            return { kind: 'none' };
        // One bucket's name may be another's elsewhere, and profiles name services too.
        const endpoint = connection.endpointUrl ?? (await context.endpointOf(connection.profile));
        return {
            kind: 'file',
            path: (0,external_node_path_.join)(directory, 's3-dedup-sync', `${indexName(endpoint, destination, downloadedTo)}.index`),
            isOwn: true,
        };
    }
    if (given === 'none')
        return { kind: 'none' };
    if (given === undefined || given === 'cache') {
        if (context.shell === 'action')
            return { kind: 'cache' };
        return refuse(name, 'cache', "a path, s3://bucket/key, none; the runner's cache is reached from the GitHub action alone");
    }
    if (!/^s3:/i.test(given))
        return { kind: 'file', path: (0,console_path/* pathFrom */.Iw)(context, given) };
    const [place = '', ...words] = given.split(/\s+(?=[a-z-]+=)/);
    const region = parseIndexRegion(name, words);
    const url = /^s3:\/\/([^/\s]+)\/(.*[^/])$/is.exec(place);
    const [, bucket, key] = url ?? [];
    if (bucket === undefined || key === undefined) {
        return refuse(name, given, 's3://bucket/key, where the key does not end at a slash');
    }
    const own = `${destination.prefix}${object_key/* OWN_DIRECTORY */.Nt}`;
    if (bucket === destination.bucket && key.startsWith(destination.prefix) && !key.startsWith(own)) {
        return refuse(name, given, `s3://${bucket}/${own}NAME, as it lies where this run publishes and deletes`);
    }
    return { kind: 's3', bucket, key, ...(region === undefined ? {} : { region }) };
}
/** A key may have blanks in it, but what looks like a word of a destination is meant for one. */
function parseIndexRegion(name, words) {
    const [word, second] = words;
    if (word === undefined)
        return undefined;
    const value = /^region=(\S+)$/.exec(word)?.[1];
    if (value === undefined || second !== undefined)
        return refuse(`${name}, behind the place`, words.join(' '), 'region=REGION, of the bucket that it lies in');
    return parseRegion(name, value);
}

// EXTERNAL MODULE: ./build/src/model/invalidation.js
var invalidation = __webpack_require__(5135);
;// CONCATENATED MODULE: ./build/src/console/invalidation.js




/** What an invalidation is made of costs money beyond 1,000 paths a month, so few are sent unless more are asked for. */
const INVALIDATE_MAX_PATHS = 3;
function parseInvalidation(inputs, destination) {
    const name = inputs.spelled('invalidate');
    const given = inputs.text('invalidate')?.trim() ?? '';
    const stripPrefix = (0,object_key/* parsePrefix */.A1)(inputs.text('invalidate-strip-prefix') ?? '');
    const addPrefix = (0,object_key/* parsePrefix */.A1)(inputs.text('invalidate-prefix') ?? '');
    const wait = inputs.boolean('invalidate-wait');
    if (given === '') {
        const lone = ['invalidate-strip-prefix', 'invalidate-prefix', 'invalidate-max-paths'].find((other) => inputs.text(other) !== undefined);
        if (lone === undefined && !wait)
            return undefined;
        throw (0,errors/* usageError */.Wp)(`${inputs.spelled(lone ?? 'invalidate-wait')} was given without ${name}: set ${name} to a distribution, or drop it`);
    }
    const [distribution = '', ...words] = given.split(/\s+/);
    const wrong = words.find((word) => !/^new=(?:true|false)$/.test(word));
    if (!(0,invalidation/* isDistribution */.Rj)(distribution) || wrong !== undefined || words.length > 1) {
        return refuse(name, given, "a distribution's ID as E2EXAMPLE, and behind it new=true for new keys too");
    }
    if (!stripPrefix.startsWith(destination.prefix) && !destination.prefix.startsWith(stripPrefix)) {
        return refuse(inputs.spelled('invalidate-strip-prefix'), stripPrefix, `what the published keys begin with: ${destination.prefix}, a part of it up to a slash, or more`);
    }
    // CloudFront knows it at the end of a path alone.
    if (addPrefix.includes('*'))
        return refuse(inputs.spelled('invalidate-prefix'), addPrefix, 'a path without *');
    return {
        distribution,
        newKeys: words[0] === 'new=true',
        mapping: { stripPrefix, addPrefix },
        maxPaths: inputs.text('invalidate-max-paths') === undefined
            ? INVALIDATE_MAX_PATHS
            : inputs.number('invalidate-max-paths'),
        wait,
    };
}

;// CONCATENATED MODULE: ./build/src/console/route.js










function routeOf(raw, context, input) {
    const given = (name) => {
        const value = raw[name];
        return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
    };
    const shown = (name) => spelled(name, context.shell);
    const source = given('source');
    const directory = given('destination');
    if (source === undefined) {
        if (directory !== undefined)
            throw (0,errors/* usageError */.Wp)(`${shown('destination')} was given without ${shown('source')}: ${SHAPES}`);
        return { kind: 'publish', line: placeLine('bucket', raw, context, input) };
    }
    const paths = raw.paths;
    if (context.directory !== undefined || (paths !== undefined && paths.length > 0))
        throw (0,errors/* usageError */.Wp)(`${shown('paths')} and ${shown('source')} were given: ${SHAPES}`);
    if (given('command') === 'remove')
        throw (0,errors/* usageError */.Wp)(`${shown('source')} was given, and remove empties ${shown('bucket')}: take it out`);
    if (directory !== undefined && given('bucket') !== undefined)
        throw (0,errors/* usageError */.Wp)(`${shown('destination')} and ${shown('bucket')} were given: ${SHAPES}`);
    const from = placeLine('source', raw, context);
    const foreign = [...from.words.keys()].find((word) => !SOURCE_WORDS.includes(word));
    if (foreign !== undefined)
        return refuse(`${shown('source')}, behind the place`, `${foreign}=`, `${SOURCE_WORDS.join('=, ')}=`);
    if (directory !== undefined)
        return { kind: 'download', line: from, directory };
    if (given('bucket') === undefined)
        throw (0,errors/* usageError */.Wp)(`${shown('source')} was given without ${shown('destination')} or ${shown('bucket')}: ${SHAPES}`);
    return { kind: 'copy', line: placeLine('bucket', raw, context, input), source: from };
}
const SHAPES = 'paths and bucket publish, source and destination download, source and bucket copy from bucket to bucket';
/** Words about how a source is reached. */
const SOURCE_WORDS = [
    'region',
    'endpoint-url',
    'force-path-style',
    'profile',
    'role-to-assume',
    'expected-bucket-owner',
    'requester-pays',
    'allowed-account-ids',
];
/** @param endpoint of the environment, where no other is given */
function parseSource(inputs, { bucket, prefix, words }, shared, endpoint) {
    const name = inputs.spelled('source');
    const { region: _, expectedBucketOwner: __, ...general } = shared;
    const word = (key, parse) => {
        const text = words.get(key);
        return text === undefined ? undefined : parse(name, text);
    };
    const endpointUrl = word('endpoint-url', parseEndpoint);
    // One region serves one service of another provider; AWS says where a bucket is.
    const isThere = endpointUrl === undefined && (shared.endpointUrl ?? endpoint) !== undefined;
    const region = word('region', parseRegion) ?? (isThere ? shared.region : undefined);
    const owner = word('expected-bucket-owner', parseAccountId);
    const profile = words.get('profile');
    const role = words.get('role-to-assume');
    const pathStyle = word('force-path-style', parseBoolean);
    const accounts = words.get('allowed-account-ids');
    return {
        place: { bucket, prefix: prefix ?? '' },
        connection: {
            ...general,
            allowedAccountIds: accounts === undefined ? [] : accounts.split(',').map((account) => parseAccountId(name, account)),
            requesterPays: word('requester-pays', parseBoolean) ?? false,
            ...(endpointUrl === undefined ? {} : { endpointUrl }),
            ...(region === undefined ? {} : { region }),
            ...(owner === undefined ? {} : { expectedBucketOwner: owner }),
            ...(profile === undefined ? {} : { profile }),
            ...(role === undefined ? {} : { role: parseRole(inputs, role) }),
            ...(pathStyle === undefined ? {} : { forcePathStyle: pathStyle }),
        },
    };
}
/** What is copied would be found in the source by the next run. */
function refuseOverlap(inputs, { place, connection }, { destination: to, connection: there }, endpoint) {
    const isElsewhere = place.bucket !== to.bucket || (connection.endpointUrl ?? endpoint) !== (there.endpointUrl ?? endpoint);
    if (isElsewhere || !(place.prefix.startsWith(to.prefix) || to.prefix.startsWith(place.prefix)))
        return;
    throw (0,errors/* usageError */.Wp)(`${inputs.spelled('source')}: ${(0,objects/* destinationUrl */.kL)(place)} and ${(0,objects/* destinationUrl */.kL)(to)} lie in one another; copy between places that do not`);
}
function parseTarget(inputs, directory, context) {
    return {
        directory: (0,console_path/* pathFrom */.Iw)(context, directory),
        duplicates: inputs.choice('local-duplicates', ['copy', 'reflink', 'link']),
        asStored: inputs.boolean('as-stored'),
    };
}
function placeLine(input, raw, context, name = spelled(input, context.shell)) {
    const given = raw[input];
    if (typeof given !== 'string' || given.trim() === '') {
        return refuse(name, '', ALLOWED);
    }
    const general = raw['endpoint-url'];
    return parseDestinationLine(name, given, (words) => ((words.get('endpoint-url') ?? general ?? '') || (0,model_endpoint/* environmentEndpoint */.p)(context.env, 'S3')) !== undefined);
}
function parseDestination(inputs, line) {
    const given = inputs.text('prefix');
    const prefix = given === undefined ? line.prefix : (0,object_key/* parsePrefix */.A1)(given);
    if (line.prefix !== undefined && prefix !== line.prefix) {
        throw (0,errors/* usageError */.Wp)(`${inputs.spelled('prefix')}: ${(0,console_text/* printable */.g$)(given ?? '')} was given, and ${(0,console_text/* printable */.g$)(line.prefix)} in the URL; give one of them`);
    }
    const bytes = Buffer.byteLength(prefix ?? '');
    if (prefix !== undefined && (!prefix.isWellFormed() || bytes >= object_key/* MAX_KEY_BYTES */.Xd)) {
        throw (0,errors/* usageError */.Wp)(`${inputs.spelled('prefix')}: ${bytes} bytes were given; allowed: UTF-8 of less than ${object_key/* MAX_KEY_BYTES */.Xd} bytes`);
    }
    return { bucket: line.bucket, prefix: prefix ?? '' };
}
/** It would be published below a name with quotes or an asterisk in it. What was may be downloaded and removed. */
function refusePattern(inputs, { prefix }, input) {
    const bare = prefix.slice(0, -1);
    const quoted = /^(["'`])(.*)\1$/.exec(bare)?.[2];
    if (quoted === undefined && !bare.endsWith('*'))
        return;
    const name = inputs.text('prefix') === undefined ? (input ?? inputs.spelled('bucket')) : inputs.spelled('prefix');
    const meant = (quoted ?? bare).replace(/[*/]+$/, '');
    refuse(name, bare, `a prefix as it is, without quotes and patterns${meant === '' ? '' : `: write ${(0,console_text/* printable */.g$)(meant)}`}`);
}

;// CONCATENATED MODULE: ./build/src/console/sharding.js




/** Of each command what it needs, then what it may have. */
const SHARDING_INPUTS = {
    plan: [['plan-file'], []],
    apply: [['plan-file', 'shard', 'results'], []],
    publish: [
        ['plan-file', 'results'],
        ['shard', 'abort'],
    ],
};
/** What a publish of one share does not do: the lock would keep the others out, and the last one has the rest. */
const OF_THE_LAST = ['abort', 'lock', 'invalidate', 'mirrors-atomic'];
/** What a run on several machines needs besides. */
function parseSharding(inputs, command, route, context) {
    const isSharded = command === 'plan' || command === 'apply' || command === 'publish';
    const [needed, further] = isSharded ? SHARDING_INPUTS[command] : [[], []];
    const heeded = [...needed, ...further];
    const other = ['plan-file', 'shard', 'results', 'abort'].find((name) => inputs.isSet(name) && !heeded.includes(name));
    if (other !== undefined)
        throw (0,errors/* usageError */.Wp)(`${inputs.spelled(other)} was given, and ${command} does not heed it: take it out`);
    if (!isSharded)
        return undefined;
    const missing = needed.find((name) => !inputs.isSet(name));
    if (missing !== undefined)
        throw (0,errors/* usageError */.Wp)(`${command} needs ${inputs.spelled(missing)}`);
    if (route !== 'publish')
        throw (0,errors/* usageError */.Wp)(`${command} is about a tree on this disk: take the source out`);
    const dryApply = command === 'apply' && inputs.boolean('dry-run');
    if (dryApply)
        throw (0,errors/* usageError */.Wp)(`${inputs.spelled('dry-run')} was given, and apply makes nothing visible: take it out`);
    const results = inputs.lines('results').map((path) => (0,console_path/* pathFrom */.Iw)(context, path.trim()));
    if (command === 'apply' && results.length > 1)
        return refuse(inputs.spelled('results'), results.join(' '), 'one file to write what was staged to');
    const planFile = (0,console_path/* pathFrom */.Iw)(context, inputs.text('plan-file') ?? '');
    if (command === 'apply' && results.includes(planFile))
        throw (0,errors/* usageError */.Wp)(`${inputs.spelled('results')} and ${inputs.spelled('plan-file')} name one file, ${(0,console_text/* printable */.g$)(planFile)}, and apply would write over its plan: give the results a file of their own`);
    const shard = inputs.isSet('shard') ? parseShard(inputs) : undefined;
    if (command === 'publish' && shard !== undefined) {
        const last = OF_THE_LAST.find((name) => inputs.isSet(name));
        if (last !== undefined)
            throw (0,errors/* usageError */.Wp)(`${inputs.spelled(last)} was given, and publish does not heed it with ${inputs.spelled('shard')}: it belongs to the publish that comes last, without a shard`);
        if (results.length > 1)
            return refuse(inputs.spelled('results'), results.join(' '), 'the one directory of all results');
    }
    return {
        planFile,
        ...(shard === undefined ? {} : { shard }),
        results,
        abort: inputs.boolean('abort'),
        beside: '',
    };
}
function parseShard(inputs) {
    const given = inputs.text('shard') ?? '';
    const match = /^([1-9][0-9]{0,3})\/([1-9][0-9]{0,3})$/.exec(given);
    const [number, of] = [Number(match?.[1]), Number(match?.[2])];
    if (match === null || number > of)
        return refuse(inputs.spelled('shard'), given, 'I/N with I from 1 to N, as 2/4');
    return { number, of };
}

// EXTERNAL MODULE: ./build/src/model/header-rules.js
var header_rules = __webpack_require__(700);
;// CONCATENATED MODULE: ./build/src/model/redirects.js


/**
 * A file in the `_redirects` convention of Netlify and Cloudflare Pages: `FROM TO [STATUS]` a line, 301 where none
 * stands. An object can redirect one exact path, permanently, and nothing else.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-page-redirect.html
 */
function parseRedirects(text) {
    const redirects = new Map();
    const problems = [];
    for (const [at, raw] of text
        .replace(/^\ufeff/, '')
        .split(/\r?\n/)
        .entries()) {
        const line = at + 1;
        // As both have it: a comment may stand behind a rule.
        const content = raw.replace(/(^|\s)#.*$/, '').trim();
        if (content === '')
            continue;
        const rule = redirectOf(content, line);
        if (typeof rule === 'string') {
            problems.push({ line, message: rule });
            continue;
        }
        const first = redirects.get(rule.name);
        // A path as it is and once more as URLs spell it is one rule.
        if (first === undefined)
            redirects.set(rule.name, rule);
        else if (first.target !== rule.target) {
            const message = `the same path stands in line ${first.line}; one object leads to one place`;
            problems.push({ line, message });
        }
    }
    return { redirects: [...redirects.values()], problems };
}
/** `.`, `..` and empty segments, but for the end of a directory's path; control characters. */
const UNASKABLE = /(^|\/)(\.{1,2}(\/|$)|\/)|\p{Cc}/u;
function redirectOf(content, line) {
    const [from = '', ...rest] = content.split(/\s+/);
    if (!from.startsWith('/')) {
        return `${quoted(from)} was given; allowed: a path that begins with /, as an object has no host`;
    }
    if (/[*]|\/:[A-Za-z]/.test(from)) {
        return `${quoted(from)} stands for many paths, and an object is one: list the paths, or use a CloudFront function`;
    }
    if (from.includes('?') || rest.some((word, i) => i === 0 && /^[A-Za-z]\w*=/.test(word))) {
        return `${quoted(content)} depends on the query, which S3 does not look at`;
    }
    const [given = '', status = '301', ...conditions] = rest;
    // A header holds ASCII alone; so does a URL, as browsers send it.
    const target = given.replace(/\P{ASCII}+/gu, (text) => encodeURI(text.toWellFormed()));
    if (target === '')
        return `${quoted(content)} does not say where to`;
    if (conditions.length > 0)
        return `${quoted(conditions.join(' '))} is a condition, and S3 redirects everybody`;
    if (status !== '301' && status !== '301!') {
        return `status ${quoted(status)} was given; allowed: 301, the one that S3 answers for an object`;
    }
    if (/:splat\b/.test(target) || !(0,header_rules/* isRedirectTarget */.gz)(target)) {
        return `${quoted(given)} is no target; allowed: a path that begins with /, or a URL with http:// or https://, of up to 2,048 characters`;
    }
    const path = decoded(from.slice(1));
    if (path === undefined || Buffer.byteLength(path) > object_key/* MAX_KEY_BYTES */.Xd - 'index.html'.length) {
        return `${quoted(from)} is no path that S3 can hold`;
    }
    if (UNASKABLE.test(path)) {
        return `${quoted(from)} is no path that a reader can ask for: browsers take . and .. out, and many servers refuse them, control characters and empty segments`;
    }
    // A website endpoint looks for the index page where a path ends at a slash.
    return { name: path === '' || path.endsWith('/') ? `${path}index.html` : path, target, line };
}
function decoded(path) {
    try {
        return decodeURIComponent(path);
    }
    catch {
        return undefined;
    }
}
function quoted(text) {
    return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}

;// CONCATENATED MODULE: ./build/src/console/site.js







/** Problems of a file that one line tells, and lines with further ones that it names by their numbers. */
const SHOWN_PROBLEMS = 3;
const SHOWN_LINES = 50;
/** Rejects with a `SyncError` of exit 2 that names the lines that cannot be used. */
async function parseSite(inputs) {
    const unpublished = new Set();
    const warnings = [];
    const rules = [];
    const add = (place, text, author) => {
        const parsed = (0,header_rules/* parseHeaderRules */.aA)(text, author);
        refuseProblems(place, parsed.problems);
        rules.push(...parsed.rules);
        const isEncryption = ({ name }) => ENCRYPTION.test(name);
        const encryption = parsed.elsewhere.filter(isEncryption);
        const elsewhere = parsed.elsewhere.filter((line) => !isEncryption(line));
        if (elsewhere.length > 0)
            warnings.push(elsewhereText(place, elsewhere));
        if (encryption.length > 0) {
            const lines = namedLines(encryption);
            warnings.push(`${place}: ${lines}: the inputs sse and kms-key-id say how objects are encrypted, rules do not`);
        }
    };
    const { headers, headersFile, redirectsFile } = inputs;
    if (headersFile.value !== undefined) {
        const { text, path } = await readRules(headersFile, headersFile.value, inputs.from);
        unpublished.add(path);
        add(`${headersFile.name} ${(0,console_text/* printable */.g$)(headersFile.value)}`, text, 'file');
    }
    if (headers.value !== undefined)
        add(headers.name, headers.value, 'inline');
    let redirects = [];
    if (redirectsFile.value !== undefined) {
        const { text, path } = await readRules(redirectsFile, redirectsFile.value, inputs.from);
        unpublished.add(path);
        const parsed = parseRedirects(text);
        refuseProblems(`${redirectsFile.name} ${(0,console_text/* printable */.g$)(redirectsFile.value)}`, parsed.problems);
        redirects = parsed.redirects;
    }
    return {
        headers: { rules, defaults: inputs.defaults, refresh: inputs.refresh },
        site: {
            compress: inputs.compress.value.map((line) => compressRule(inputs.compress.name, line)),
            cleanUrls: inputs.cleanUrls,
            redirects,
            unpublished,
            warnings,
        },
    };
}
async function readRules({ name }, file, from) {
    const path = (0,console_path/* pathFrom */.Iw)(from, file);
    try {
        return { text: await (0,promises_.readFile)(path, 'utf8'), path };
    }
    catch (cause) {
        throw (0,errors/* unreadableFile */._s)(`${name}: ${(0,console_text/* printable */.g$)(file)}`, cause);
    }
}
function refuseProblems(place, problems) {
    if (problems.length === 0)
        return;
    const shown = problems.slice(0, SHOWN_PROBLEMS).map(({ line, message }) => `line ${line}: ${message}`);
    const others = problems.slice(shown.length).map(({ line }) => line);
    const named = others.slice(0, SHOWN_LINES).join(', ');
    const rest = others.length > SHOWN_LINES ? ` and ${others.length - SHOWN_LINES} more` : '';
    const more = others.length === 0 ? '' : `; and ${others.length === 1 ? 'line' : 'lines'} ${named}${rest}`;
    throw (0,errors/* usageError */.Wp)(`${place}: ${shown.join('; ')}${more}; nothing was written`);
}
/** What decides on encryption; a rule that seems to and does not would be believed. */
const ENCRYPTION = /^!?\s*x-amz-server-side-encryption/i;
function namedLines(named) {
    const lines = named.slice(0, 10).map(({ line, name }) => `${(0,console_text/* printable */.g$)(name)} (line ${line})`);
    return `${lines.join(', ')}${named.length > lines.length ? ` and ${named.length - lines.length} more` : ''}`;
}
function elsewhereText(place, elsewhere) {
    return `${place}: S3 cannot store ${namedLines(elsewhere)} with an object: set them where the site is served; on CloudFront, in a response headers policy that the distribution's behaviour names`;
}
/** `PATTERN`, `PATTERN encoding=br`. */
function compressRule(name, line) {
    const words = /^(?:(.*?)\s+)?encoding=(\S*)\s*$/.exec(line);
    const [pattern, encoding] = words === null ? [line.trim(), 'gzip'] : [words[1]?.trim() ?? '', words[2]];
    if (encoding !== 'gzip' && encoding !== 'br') {
        return refuse(name, line, 'a pattern, then encoding=gzip or encoding=br');
    }
    // A word behind the pattern would be part of it, and nothing be compressed.
    if (words === null && /^[^#].*\s/.test(pattern))
        return refuse(name, line, 'a pattern, then encoding=gzip or encoding=br; a blank of a name as ?');
    if (pattern === '' || pattern === '!')
        return refuse(name, line, 'a pattern before encoding=');
    return { pattern, encoding };
}

;// CONCATENATED MODULE: ./build/src/console/options.js






















/**
 * Inputs, as a person wrote them, to what the engine is asked. Rejects with a `SyncError` of exit 2, or of exit 4
 * where a guard refuses what is asked (D13).
 *
 * @param openFiles that the process may have open at a time
 */
async function parseOptions(raw, context, openFiles = (0,open_files/* openFilesLimit */.j)()) {
    return withUnpublished(await parseAll(raw, context, openFiles));
}
async function parseAll(raw, context, openFiles) {
    const inputs = new Inputs(raw, context.shell);
    const lines = inputs.lines('mirrors').map((line) => line.trim());
    // Each destination has its own requests, at the same time as the others.
    const openFilesEach = openFiles / (1 + lines.length);
    const first = await parseOne(raw, context, openFilesEach);
    const mirrorBy = inputs.choice('mirror-by', ['auto', 'upload', 'copy']);
    const mirrorsAtomic = inputs.boolean('mirrors-atomic');
    if (lines.length === 0) {
        const lone = ['mirror-by', 'mirrors-atomic'].find((name) => inputs.isSet(name));
        if (lone === undefined)
            return { ...first, ...(await parseContent(inputs, context, first)), mirrors: [] };
        throw (0,errors/* usageError */.Wp)(`${inputs.spelled(lone)} was given without ${inputs.spelled('mirrors')}: name mirrors, or drop it`);
    }
    if (first.command === 'remove' || first.target !== undefined) {
        const who = first.command === 'remove' ? 'remove' : 'a download';
        throw (0,errors/* usageError */.Wp)(`${inputs.spelled('mirrors')} was given, and ${who} does not heed it: take it out`);
    }
    if (mirrorsAtomic && mirrorBy === 'copy') {
        throw (0,errors/* usageError */.Wp)(`${inputs.spelled('mirrors-atomic')} and ${inputs.spelled('mirror-by')} copy were given: nothing can be copied from what is not visible yet; take one out`);
    }
    if (mirrorsAtomic && first.delayUpdates === 'best-effort') {
        throw (0,errors/* usageError */.Wp)(`${inputs.spelled('mirrors-atomic')} and ${inputs.spelled('delay-updates')} best-effort were given: all or nothing is strict; take one out`);
    }
    if (first.sharding !== undefined && mirrorBy === 'copy') {
        throw (0,errors/* usageError */.Wp)(`${inputs.spelled('mirror-by')} copy was given, and ${first.command} does not heed it: nothing can be copied from what is not visible yet; take it out`);
    }
    const mirrors = await Promise.all(lines.map((line) => parseMirror(line, raw, first, context, openFilesEach)));
    refuseTwice(inputs, [first, ...mirrors]);
    const elsewhere = mirrors.find((mirror) => isElsewhere(mirror, first));
    if (mirrorBy === 'copy' && elsewhere !== undefined) {
        throw (0,errors/* usageError */.Wp)(`${inputs.spelled('mirror-by')} copy was given, and ${(0,objects/* destinationUrl */.kL)(elsewhere.destination)} is reached by another endpoint than ${(0,objects/* destinationUrl */.kL)(first.destination)}: use upload or auto`);
    }
    const shared = {
        ...(await parseContent(inputs, context, first)),
        ...(mirrorsAtomic ? { mirrorsAtomic, delayUpdates: true } : {}),
    };
    // Nothing more leaves this machine then, however small it is.
    const copying = mirrorBy === 'copy' ? { copies: { ...first.copies, minSize: 0 } } : {};
    return {
        ...first,
        ...shared,
        mirrorBy,
        mirrors: mirrors.map((mirror) => ({ ...mirror, ...copying, ...shared, mirrors: [] })),
    };
}
/** Read once, however many destinations there are: a file of rules may be a pipe, which the second time is empty. */
async function parseContent(inputs, context, { command, source, target }) {
    const { headers, site } = await parseSite({
        headers: { name: inputs.spelled('headers'), value: inputs.text('headers') },
        headersFile: { name: inputs.spelled('headers-file'), value: inputs.text('headers-file') },
        defaults: inputs.choice('headers-defaults', ['none', 'website']),
        refresh: inputs.boolean('refresh-headers'),
        redirectsFile: { name: inputs.spelled('redirects-file'), value: inputs.text('redirects-file') },
        compress: { name: inputs.spelled('compress'), value: inputs.lines('compress') },
        cleanUrls: inputs.boolean('clean-urls'),
        from: context,
    });
    // Last: it is the only part that looks at the tree.
    const isLocal = source === undefined && target === undefined;
    const tree = command === 'remove' || command === 'publish' ? NO_TREE : await parseTree(inputs, context, isLocal);
    return { headers, site, tree };
}
/** As far as both endpoints were given: what the environment says is known later. */
function isElsewhere({ connection: { endpointUrl: a } }, first) {
    const { endpointUrl: b } = first.connection;
    return a !== undefined && b !== undefined && a !== b;
}
/** About one bucket: what is said in general is not about the mirrors. */
const OF_ONE_BUCKET = new Set([
    'prefix',
    'whole-bucket',
    'expected-bucket-owner',
    'invalidate',
    'mirrors',
    'mirror-by',
    'mirrors-atomic',
]);
async function parseMirror(line, raw, first, context, openFiles) {
    const name = spelled('mirrors', context.shell);
    const { words } = placeLine('bucket', { ...raw, bucket: line }, context, name);
    const invalidates = words.has('invalidate');
    const general = Object.entries(raw).filter(([input]) => {
        if (OF_ONE_BUCKET.has(input))
            return false;
        if (input.startsWith('invalidate-'))
            return invalidates;
        // One region serves one service of another provider; AWS says where a bucket is.
        return input !== 'region' || (first.connection.endpointUrl !== undefined && !words.has('endpoint-url'));
    });
    const mirror = await parseOne({ ...Object.fromEntries(general), bucket: line }, context, openFiles, name);
    const own = indexName(mirror.connection.endpointUrl, mirror.destination).slice(0, 12);
    const index = raw.index === undefined ? mirror.index : besides(mirror.index, own);
    const { sharding } = mirror;
    const sharded = sharding === undefined ? {} : { sharding: { ...sharding, beside: `.${own}` } };
    return { ...mirror, index, ...sharded };
}
/** Two runs in one place would take one another for foreign writers. */
function refuseTwice(inputs, all) {
    for (const [at, one] of all.entries()) {
        for (const other of all.slice(0, at)) {
            if (one.destination.bucket !== other.destination.bucket)
                continue;
            if (one.connection.endpointUrl !== other.connection.endpointUrl)
                continue;
            const [a, b] = [one.destination.prefix, other.destination.prefix];
            if (!a.startsWith(b) && !b.startsWith(a))
                continue;
            throw (0,errors/* usageError */.Wp)(`${inputs.spelled('mirrors')}: ${(0,objects/* destinationUrl */.kL)(one.destination)} and ${(0,objects/* destinationUrl */.kL)(other.destination)} lie in one another; name places that do not`);
        }
    }
}
/** @param input what the destination was given as, for messages */
async function parseOne(raw, context, openFiles, input) {
    const route = routeOf(raw, context, input);
    const { line } = route;
    // What stands behind the destination is about this destination, and goes before what was said in general.
    const inputs = new Inputs({ ...raw, ...Object.fromEntries(line.words) }, context.shell);
    const destination = parseDestination(inputs, line);
    const command = inputs.givenChoice('command', ['sync', 'remove', 'check', 'plan', 'apply', 'publish']);
    const read = inputs.boolean('read');
    if (read && command !== 'check') {
        throw (0,errors/* usageError */.Wp)(`${inputs.spelled('read')} was given, and ${command} does not read objects back: it belongs to check`);
    }
    if (command === 'remove')
        checkRemoval(inputs, destination);
    else if (route.kind !== 'download')
        refusePattern(inputs, destination, input);
    if (route.kind === 'download')
        checkHeeded(inputs, DOWNLOAD_INPUTS, 'a download');
    else if (route.kind === 'copy')
        checkHeeded(inputs, COPY_INPUTS, 'a copy from bucket to bucket');
    else if (command !== 'remove')
        checkHeeded(inputs, command === 'publish' ? OF_A_PLAN : PUBLISH_INPUTS, command);
    const sharding = parseSharding(inputs, command, route.kind, context);
    const connection = parseConnection(inputs, openFiles);
    let source;
    if (route.kind === 'copy') {
        // What stands behind the destination says nothing of the source.
        const general = parseConnection(new Inputs(raw, context.shell), openFiles);
        const endpoint = (0,model_endpoint/* environmentEndpoint */.p)(context.env, 'S3');
        source = parseSource(inputs, route.source, general, endpoint);
        refuseOverlap(inputs, source, { destination, connection }, endpoint);
    }
    const target = route.kind === 'download' ? parseTarget(inputs, route.directory, context) : undefined;
    const deletes = command === 'remove' ? parseRemoval(inputs) : parseDeletes(inputs, destination, target !== undefined);
    const writeHeaders = parseWriteHeaders(inputs);
    // What was published is learned by the last publish, from everything.
    const learns = command !== 'apply' && sharding?.shard === undefined && sharding?.abort !== true;
    const index = learns
        ? await parseIndex(inputs, context, connection, destination, target?.directory)
        : { kind: 'none' };
    if (source !== undefined)
        refuseIndexInSource(inputs, index, source);
    if (deletes.grace.kind !== 'none')
        requireLastingIndex(inputs, index);
    const invalidation = parseInvalidation(inputs, destination);
    const given = inputs.text('report');
    const report = given === undefined ? undefined : (0,console_path/* pathFrom */.Iw)(context, given);
    return {
        command,
        destination,
        ...(source === undefined ? {} : { source }),
        ...(target === undefined ? {} : { target }),
        ...(sharding === undefined ? {} : { sharding }),
        connection,
        deletes,
        writeHeaders,
        copies: parseCopies(inputs, context),
        ...(invalidation === undefined ? {} : { invalidation }),
        mirrorBy: 'auto',
        mirrorsAtomic: false,
        delayUpdates: sharding === undefined ? parseDelay(inputs) : true,
        publishLast: parsePublishLast(inputs),
        lock: inputs.boolean('lock'),
        abortUploadsAfterMs: inputs.longDuration('abort-uploads-after'),
        overwrite: inputs.choice('overwrite', ['if-unchanged', 'always']),
        preserve: inputs.boolean('preserve'),
        index,
        dryRun: command === 'check' || command === 'plan' || inputs.boolean('dry-run'),
        read,
        report,
        summary: inputs.choice('summary', ['always', 'changes', 'never']),
        summaryTitle: inputs.text('summary-title') ?? '',
        logLevel: inputs.choice('log-level', ['error', 'warn', 'info', 'debug']),
    };
}
/**
 * What a run writes beside what it publishes is for whoever runs it, though it lies among that. Several destinations have
 * one tree, and each writes files of its own.
 */
async function withUnpublished(all) {
    const { tree, target, mirrors } = all;
    const places = target === undefined ? tree.patterns.map(({ base }) => base) : [target.directory];
    const own = (await Promise.all([all, ...mirrors].map(writtenFiles)))
        .flat()
        .filter((path) => places.some((place) => path !== place && (0,is_inside/* isInside */.F)(path, place)));
    if (own.length === 0)
        return all;
    const without = (one) => ({
        ...one,
        site: { ...one.site, unpublished: new Set([...one.site.unpublished, ...own]) },
    });
    return { ...without(all), mirrors: mirrors.map(without) };
}
/** What lies where the index was to, and is none, is not replaced (`notReplaced`): it is a file like any other. */
async function writtenFiles({ report, index, sharding }) {
    const begin = index.kind === 'file' && index.isOwn !== true
        ? await (0,replace_file/* beginningOf */.VI)(index.path).catch(() => undefined)
        : undefined;
    const isWritten = begin === undefined || (0,digest_index/* beginsAsIndex */.JS)(begin);
    return [
        ...(report === undefined ? [] : [report]),
        ...(index.kind === 'file' && isWritten ? [index.path, (0,digest_index/* journalPath */.HY)(index.path)] : []),
        ...(sharding === undefined
            ? []
            : [sharding.planFile, ...sharding.results].map((path) => path + sharding.beside)),
    ];
}
const NO_TREE = {
    patterns: [],
    root: undefined,
    excludes: [],
    includeGit: false,
    symlinks: 'inside',
    ifNoFilesFound: 'error',
};
function parseDelay(inputs) {
    const choice = inputs.givenChoice('delay-updates', ['true', 'false', 'best-effort']);
    return choice === 'best-effort' ? choice : choice === 'true';
}
function parsePublishLast(inputs) {
    const lines = inputs.lines('publish-last').map((line) => (line.trim() === 'default' ? 'default' : line));
    const name = inputs.spelled('publish-last');
    const negated = lines.find((line) => line.startsWith('!'));
    if (negated !== undefined)
        return refuse(name, negated, 'patterns that match; a later line goes before');
    if (lines.filter((line) => line === 'default').length > 1)
        return refuse(name, 'default', 'default once');
    return lines.length === 0 ? ['default'] : lines.filter((line) => !line.startsWith('#'));
}
async function parseTree(inputs, context, isLocal) {
    const lines = inputs.lines('paths');
    if (lines.length === 0 && context.directory === undefined && isLocal) {
        return refuse(inputs.spelled('paths'), '', 'directories, files or patterns to publish');
    }
    const root = inputs.text('root');
    const symlinks = inputs.choice('symlinks', ['inside', 'all', 'skip']);
    const ifNoFilesFound = inputs.choice('if-no-files-found', ['error', 'warn', 'ignore']);
    const includeGit = inputs.boolean('include-git');
    const fromFiles = [];
    for (const file of inputs.lines('excludes-from')) {
        fromFiles.push(await readExcludes(inputs.spelled('excludes-from'), file.trim(), context));
    }
    const patterns = context.directory !== undefined
        ? [await context.literalPath(context.directory, context.cwd)]
        : isLocal
            ? await context.parsePathLines(lines, context.cwd)
            : [];
    return {
        patterns,
        root: root === undefined ? undefined : (0,console_path/* pathFrom */.Iw)(context, root),
        excludes: [...fromFiles.flat(), ...inputs.lines('excludes')],
        includeGit,
        symlinks,
        ifNoFilesFound,
    };
}
async function readExcludes(name, file, context) {
    let text;
    try {
        text = await (0,promises_.readFile)((0,console_path/* pathFrom */.Iw)(context, file), 'utf8');
    }
    catch (cause) {
        throw (0,errors/* unreadableFile */._s)(`${name}: ${(0,console_text/* printable */.g$)(file)}`, cause);
    }
    return text
        .replace(/^\ufeff/, '')
        .split(/\r?\n/)
        .filter((line) => line.trim() !== '');
}

;// CONCATENATED MODULE: ./build/src/console/progress.js

/** What is going on, in a word. */
function phaseWord(phase, dryRun) {
    switch (phase) {
        case 'walk':
            return 'Finding files';
        case 'list':
            return 'Listing';
        case 'encode':
            return 'Compressing';
        case 'digest':
            return 'Hashing';
        case 'plan':
            return 'Planning';
        case 'read':
            return 'Reading back';
        case 'execute':
            return dryRun ? 'Planning' : 'Publishing';
        case 'fetch':
            return dryRun ? 'Planning' : 'Downloading';
        case 'index':
            return 'Writing the index';
    }
}
/** Share done, by bytes where they are known (a large file is not one of a thousand), else by files. */
function shareDone(progress) {
    const { files, filesTotal, bytes, bytesTotal } = progress;
    if (bytesTotal !== undefined && bytesTotal > 0)
        return Math.min(1, bytes / bytesTotal);
    return filesTotal === undefined || filesTotal === 0 ? undefined : Math.min(1, files / filesTotal);
}
/** One line for those who cannot see a bar. `seconds` is the time since the phase began. */
function progressLine(progress, seconds, dryRun) {
    const { files, filesTotal, bytes, bytesTotal } = progress;
    const share = shareDone(progress);
    const parts = [];
    if (filesTotal !== undefined)
        parts.push(`${formatCount(files)} of ${formatCount(filesTotal)} files`);
    else if (files > 0 || bytesTotal === undefined)
        parts.push(formatFiles(files));
    if (bytesTotal !== undefined && bytesTotal > 0) {
        parts.push(`${formatBytes(bytes)} of ${formatBytes(bytesTotal)} (${formatPercent(bytes, bytesTotal)})`);
    }
    else if (bytes > 0)
        parts.push(formatBytes(bytes));
    if (bytes > 0 && seconds >= 1)
        parts.push(formatRate(bytes, seconds));
    const left = secondsLeft(share, seconds);
    if (left !== undefined)
        parts.push(`about ${formatSeconds(left)} left`);
    return `${phaseWord(progress.phase, dryRun)}: ${parts.join(', ')}`;
}
/** No guess before there is something to guess from. */
function secondsLeft(share, seconds) {
    if (share === undefined || share < 0.02 || share >= 1 || seconds < 3)
        return undefined;
    return Math.max(1, Math.round((seconds * (1 - share)) / share));
}
/** Of several destinations the first one's alone: two would only flicker. */
function firstProgress(show) {
    let shownAt;
    return (event) => {
        if (event.type !== 'progress')
            return;
        const { at = '' } = event;
        shownAt ??= at;
        if (at === shownAt)
            show(event.progress);
    };
}
/** A line every few seconds: for pipes and logs. Nothing for a run that is over before that. */
function lineProgress(print, everyMs, now, dryRun) {
    let phase;
    let phaseBegan = now();
    let printed = now();
    return {
        show(progress) {
            const time = now();
            if (progress.phase !== phase) {
                phase = progress.phase;
                phaseBegan = time;
            }
            if (time - printed < everyMs)
                return;
            printed = time;
            print(progressLine(progress, (time - phaseBegan) / 1000, dryRun));
        },
        clear() { },
        stop() { },
    };
}
/** A bar on a terminal. It takes the last line of the screen and leaves nothing behind. */
async function barProgress(stream, now, dryRun) {
    const { default: progressBars } = await __webpack_require__.e(/* import() */ 502).then(__webpack_require__.t.bind(__webpack_require__, 8502, 19));
    const bar = new progressBars.SingleBar({
        stream,
        format: '{bar} {text}',
        barsize: 20,
        barCompleteChar: '█',
        barIncompleteChar: '░',
        hideCursor: false,
        clearOnComplete: true,
        linewrap: false,
        fps: 8,
    });
    let phase;
    let phaseBegan = now();
    let running = false;
    return {
        show(progress) {
            const time = now();
            if (progress.phase !== phase) {
                phase = progress.phase;
                phaseBegan = time;
            }
            const share = shareDone(progress) ?? 0;
            const text = progressLine(progress, (time - phaseBegan) / 1000, dryRun);
            // The bar's own numbers are not used: they know nothing of bytes and files at once.
            if (running)
                bar.update(Math.round(share * 1000), { text });
            else {
                bar.start(1000, Math.round(share * 1000), { text });
                running = true;
            }
        },
        clear() {
            if (!running)
                return;
            bar.stop();
            running = false;
        },
        stop() {
            if (running)
                bar.stop();
            running = false;
        },
    };
}

// EXTERNAL MODULE: ./build/src/disk/home-directory.js
var home_directory = __webpack_require__(6190);
;// CONCATENATED MODULE: ./build/src/action/fork.js


/**
 * Missing credentials are no mistake of whoever opened a pull request from a fork: there the reason is said in
 * place of what to set. Anything else that was thrown is given back.
 */
async function explainFork(thrown, env) {
    if (!(thrown instanceof errors/* SyncError */.S0) || thrown.code !== 'no-credentials' || !(await isFork(env)))
        return thrown;
    return new errors/* SyncError */.S0('no-credentials', errors/* EXIT */.dc.usage, 'no AWS credentials were found: pull requests from forks get no secrets and no OIDC token; skip this step there with if: github.event.pull_request.head.repo.full_name == github.repository', { cause: thrown });
}
/** Whether this is a run of a fork's pull request. `pull_request_target` runs as the base and has its secrets. */
async function isFork(env) {
    const event = env.GITHUB_EVENT_NAME ?? '';
    if (!event.startsWith('pull_request') || event === 'pull_request_target')
        return false;
    try {
        const payload = JSON.parse(await (0,promises_.readFile)(env.GITHUB_EVENT_PATH ?? '', 'utf8'));
        const head = payload.pull_request?.head;
        if (head === undefined)
            return false;
        // A fork that was deleted since has no repository any more.
        if (head.repo == null)
            return true;
        const base = payload.pull_request?.base?.repo?.full_name;
        // A repository that is a fork itself gives its own pull requests their secrets.
        return base === undefined ? head.repo.fork === true : head.repo.full_name !== base;
    }
    catch {
        return false;
    }
}

// EXTERNAL MODULE: external "node:v8"
var external_node_v8_ = __webpack_require__(8877);
;// CONCATENATED MODULE: ./build/src/heap.js

/** Below it the collections that it takes cost a short run more time than they save memory. */
const MANY_FILES = 50_000;
/**
 * How much the heap may grow beyond what was alive in it, before it is collected again. By itself V8 lets it grow to as
 * much as four times that, and most of it is garbage then: of 200,000 unchanged files a run keeps 12 MiB alive.
 */
const GROWING_PERCENT = 100;
/**
 * Told how many files a run has to do with so far. Of many the heap is kept small, for the whole process and its threads:
 * 200,000 take 200 MiB in place of 240, in the same time.
 */
function keepHeapSmall(files) {
    if (files >= MANY_FILES)
        (0,external_node_v8_.setFlagsFromString)(`--heap-growing-percent=${GROWING_PERCENT}`);
}

// EXTERNAL MODULE: ./build/src/model/concurrency.js
var concurrency = __webpack_require__(7452);
// EXTERNAL MODULE: ./build/src/model/report.js
var model_report = __webpack_require__(8205);
// EXTERNAL MODULE: ./build/src/model/secrets.js
var secrets = __webpack_require__(2166);
;// CONCATENATED MODULE: ./build/src/sync/index-destination.js


/** Names a destination for its index: the same keys lie in other buckets too, and on other servers. */
function indexDestination(destination, endpoint) {
    const url = (0,objects/* destinationUrl */.kL)(destination);
    return endpoint === undefined ? url : `${url} at ${new URL(endpoint).host}`;
}
/**
 * An index of one destination: whose index it is stands in it, and whose lines they are in its journal.
 *
 * @param withFiles whether it is also told of the local files; a mirror's is not, as the first destination's knows them
 */
function ofDestination(storage, destination, withFiles = true) {
    const { trust, place, store, journal, whyNotKept } = storage;
    return {
        trust: { ...trust, local: trust.local && withFiles },
        place,
        ...(store === undefined ? {} : { store }),
        destination,
        load: (signal) => storage.load(signal),
        save: (pieces, signal) => storage.save(pieces, signal),
        ...(whyNotKept === undefined ? {} : { whyNotKept }),
        journal: {
            ofEndedRuns: journal.ofEndedRuns,
            load: (signal) => journal.load(signal),
            append: (lines, signal) => journal.append((0,digest_index/* formatDestination */.kS)(destination) + lines, signal),
            clear: (signal) => journal.clear(signal),
        },
    };
}

;// CONCATENATED MODULE: ./build/src/run.js


















/** What several destinations share, loaded with the engine. */
async function sharing(signal, all) {
    const { SharedTree } = await Promise.all(/* import() */[__webpack_require__.e(581), __webpack_require__.e(298), __webpack_require__.e(414)]).then(__webpack_require__.bind(__webpack_require__, 8414));
    return new SharedTree(signal, all.map(({ destination }) => destination));
}
async function firstDestination() {
    return new (await __webpack_require__.e(/* import() */ 910).then(__webpack_require__.bind(__webpack_require__, 6910))).FirstDestination();
}
async function meetingOf(destinations) {
    return new (await __webpack_require__.e(/* import() */ 84).then(__webpack_require__.bind(__webpack_require__, 7084))).Meeting(destinations);
}
function beginning(now) {
    const began = performance.now();
    return { at: now(), ago: () => Math.round(performance.now() - began) };
}
/** The real one. It is loaded when it is needed: `--help` is answered without the SDK. */
const engine = {
    openStore: async (...args) => (await Promise.all(/* import() */[__webpack_require__.e(96), __webpack_require__.e(197), __webpack_require__.e(645), __webpack_require__.e(114)]).then(__webpack_require__.bind(__webpack_require__, 4733))).openStore(...args),
    openInvalidator: async (...args) => (await Promise.all(/* import() */[__webpack_require__.e(197), __webpack_require__.e(607)]).then(__webpack_require__.bind(__webpack_require__, 3607))).openInvalidator(...args),
    sync: async (...args) => (await Promise.all(/* import() */[__webpack_require__.e(581), __webpack_require__.e(96), __webpack_require__.e(298), __webpack_require__.e(414), __webpack_require__.e(645), __webpack_require__.e(741)]).then(__webpack_require__.bind(__webpack_require__, 8741))).sync(...args),
    fileIndexStorage: async (...args) => (await __webpack_require__.e(/* import() */ 532).then(__webpack_require__.bind(__webpack_require__, 5532))).fileIndexStorage(...args),
    objectIndexStorage: async (...args) => (await __webpack_require__.e(/* import() */ 532).then(__webpack_require__.bind(__webpack_require__, 5532))).objectIndexStorage(...args),
};
/** What parsing has from elsewhere, loaded when it is needed. */
const parsing = {
    parsePathLines: async (lines, cwd) => (await __webpack_require__.e(/* import() */ 447).then(__webpack_require__.bind(__webpack_require__, 3447))).parsePathLines(lines, cwd),
    literalPath: async (path, cwd) => (await __webpack_require__.e(/* import() */ 447).then(__webpack_require__.bind(__webpack_require__, 3447))).literalPath(path, cwd),
    endpointOf: async (profile) => (await __webpack_require__.e(/* import() */ 606).then(__webpack_require__.bind(__webpack_require__, 6606))).endpointOf('S3', profile),
};
/**
 * One run, from options to report. Never rejects: whatever happens becomes the report and the exit status, and
 * both are the same truth. Order: store, index, sync, report, `end` event, outputs and
 * summary, failure.
 */
async function run(options, shell, signal, { openStore: open, openInvalidator, sync, fileIndexStorage, objectIndexStorage } = engine) {
    const began = beginning(shell.now);
    const warnings = [];
    const emit = (event) => {
        if (event.type === 'message' && event.level === 'warning')
            warnings.push(event.at === undefined ? event.message : `${event.at}: ${event.message}`);
        if (event.type === 'progress')
            keepHeapSmall(event.progress.files);
        shell.emit(event);
    };
    emit({
        type: 'start',
        command: options.command,
        dryRun: options.dryRun,
        url: (0,model_options/* runUrl */.Vp)(options),
        ...(options.mirrors.length === 0 ? {} : { mirrors: options.mirrors.map(model_options/* runUrl */.Vp) }),
        roots: sourcesOf(options),
    });
    const stores = [];
    const openStore = async (...args) => {
        const opened = await open(...args);
        stores.push(opened);
        return opened;
    };
    const all = [options, ...options.mirrors];
    const shared = all.length === 1 ? undefined : await sharing(signal, all);
    // Mirrors wait for what the first destination's index says of the local files; one in another bucket may say nothing of them.
    if (!knowsFiles(options))
        shared?.tellIndex(undefined);
    const meeting = options.mirrorsAtomic ? await meetingOf(all.length) : undefined;
    const isFilling = shared !== undefined && options.command === 'sync' && options.mirrorBy !== 'upload';
    const first = isFilling && !options.mirrorsAtomic ? await firstDestination() : undefined;
    const reached = (0,concurrency/* deferred */.yX)();
    const unwritable = await unwritableReport(options);
    const results = unwritable ? [notBegun(options, unwritable)] : await Promise.all(all.map(publishTo));
    for (const { close } of stores)
        close();
    const identity = results[0]?.identity;
    const end = together(results, options.dryRun);
    const isRemote = options.source !== undefined || options.target !== undefined;
    const [source] = isRemote ? sourcesOf(options) : [];
    const report = buildReport(options, shell, { began, identity, warnings, end, source });
    const written = unwritable
        ? { report, exit: end.exit, path: undefined }
        : await writeReport(report, options.report, end.exit, emit);
    const mayHaveChanged = stores.some(({ store }) => store.mayHaveChanged);
    const made = ending(written, options, began.ago(), mayHaveChanged);
    const wouldChange = shell.detailedExit && made.exit === errors/* EXIT */.dc.done && made.dryRun && made.changed;
    const ended = wouldChange ? { ...made, exit: errors/* EXIT */.dc.wouldChange } : made;
    shell.emit(ended);
    let { exit } = ended;
    let failure = made.exit === errors/* EXIT */.dc.done ? undefined : (ended.error?.message ?? run_failureText(ended));
    try {
        await shell.finish(written.report, ended);
    }
    catch (thrown) {
        const isDone = exit === errors/* EXIT */.dc.done ? '; everything else was done' : '';
        exit = (0,errors/* worstExit */.gX)([exit, errors/* EXIT */.dc.failed]);
        failure ??= `outputs or summary could not be written: ${(0,errors/* messageOf */.bD)(thrown)}${isDone}`;
    }
    if (failure !== undefined)
        shell.fail(failure, exit);
    return exit;
    /** One destination, to its end. Never rejects. */
    async function publishTo(to) {
        const isFirst = to === options;
        const name = nameOf(to, all);
        const say = all.length === 1 ? emit : (event) => emit({ ...event, at: name });
        const seat = meeting?.seat(name);
        const started = beginning(shell.now);
        let identity;
        let result;
        try {
            signal.throwIfAborted();
            const opened = await openStore(to, say, signal, shell);
            identity = await opened.whose();
            const { region, endpoint } = opened;
            say({ type: 'identity', identity, region, ...(endpoint === undefined ? {} : { endpoint }) });
            if (isFirst)
                reached.resolve(opened);
            const filling = isFirst ? undefined : await fillingOf(to, opened);
            const storage = to.index.kind === 'none' ? undefined : await indexStorage(to, opened, say);
            const index = storage === undefined
                ? undefined
                : ofDestination(storage, indexDestination(to.destination, endpoint), isFirst);
            const copyFrom = await copyPlaces(to, opened, say);
            const source = await sourcePort(to, opened, say);
            const { invalidation } = to;
            const invalidator = invalidation === undefined || to.dryRun
                ? undefined
                : await openInvalidator(to, invalidation.distribution, region, shell);
            const { report, exit, copiedFromFirst } = await sync(to, {
                store: opened.store,
                ...(endpoint === undefined ? {} : { endpoint }),
                copyFrom,
                ...(shared === undefined ? {} : { shared }),
                ...(isFirst ? {} : { isMirror: true }),
                ...(first === undefined || !isFirst ? {} : { first }),
                ...(filling === undefined ? {} : { filling }),
                ...(seat === undefined ? {} : { meeting: seat }),
                ...(source === undefined ? {} : { source }),
                index,
                ...(invalidator === undefined ? {} : { invalidator }),
                owner: ownerOf(shell.env),
                emit: say,
                signal,
                now: shell.now,
            });
            const { error } = report;
            const mirrored = isFirst
                ? {}
                : mirroredBy(report, copiedFromFirst, await copyingOf(to, opened), shared?.rate);
            const isAws = endpoint === undefined;
            const cost = requestCost(report.requests, report.sendAllRequests, isAws ? region : undefined);
            result = {
                destination: { ...report, ...mirrored, cost },
                exit,
                ...(error === undefined ? {} : { error }),
            };
        }
        catch (thrown) {
            result = notBegun(to, explained(await explainFork(thrown, shell.env), signal, say));
            seat?.fail();
            if (isFirst)
                reached.resolve(undefined);
            if (all.length > 1 && result.error !== undefined)
                say({ type: 'message', level: 'error', message: result.error.message });
        }
        finally {
            shared?.tellListing(to.destination, undefined);
            if (isFirst) {
                first?.close();
                shared?.tellIndex(undefined);
            }
        }
        if (all.length === 1)
            return { ...result, ...(identity === undefined ? {} : { identity }) };
        const seconds = started.ago() / 1000;
        const who = identity === undefined ? {} : { identity };
        const { status, totals } = result.destination;
        const { mirrored } = result.destination;
        const came = mirrored === undefined ? {} : { mirrored };
        say({ type: 'destination-end', status, dryRun: to.dryRun, seconds, totals, ...came });
        const { endpointUrl } = to.connection;
        const at = endpointUrl === undefined ? {} : { endpoint: endpointUrl };
        return { ...result, ...who, name, destination: { ...result.destination, ...at, ...who, seconds } };
    }
    /** What copying from the first destination costs, whether it is done or not; `undefined`: it cannot be done. */
    async function copyingOf(to, { endpoint, region }) {
        const opened = await reached.promise;
        if (opened === undefined)
            return {};
        if (opened.endpoint !== endpoint || !sameIdentity(to.connection, options.connection))
            return undefined;
        const elsewhere = opened.region === region ? 0 : undefined;
        const usdPerGB = endpoint === undefined ? transferPrice(opened.region, region) : elsewhere;
        return usdPerGB === undefined ? {} : { usdPerGB };
    }
    /** How a mirror is filled from the first destination; `undefined`: its bytes are sent. */
    async function fillingOf(to, here) {
        if (first === undefined || shared === undefined || (await reached.promise) === undefined)
            return undefined;
        const always = options.mirrorBy === 'copy';
        const copying = await copyingOf(to, here);
        if (copying === undefined) {
            if (!always)
                return undefined;
            throw (0,errors/* usageError */.Wp)(`mirror-by: copy was given, and ${(0,model_options/* runUrl */.Vp)(to)} is reached by another endpoint or other credentials than ${(0,model_options/* runUrl */.Vp)(options)}: use upload or auto`);
        }
        const { usdPerGB } = copying;
        const { destination, connection } = options;
        const { expectedBucketOwner: expectedOwner } = connection;
        const bucket = destination.bucket === to.destination.bucket
            ? undefined
            : { name: destination.bucket, ...(expectedOwner === undefined ? {} : { expectedOwner }) };
        const { Filling } = await __webpack_require__.e(/* import() */ 910).then(__webpack_require__.bind(__webpack_require__, 6910));
        const { minSize: copyMinSize } = to.copies;
        const { prefix } = destination;
        return new Filling({ first, prefix, bucket, always, copyMinSize, usdPerGB, rate: shared.rate });
    }
    /** Whether a mirror is on another service than the first destination. Where that one was not reached, as far as both were given. */
    async function isElsewhere({ connection }, { endpoint }) {
        const opened = await reached.promise;
        if (opened === undefined)
            return connection.endpointUrl !== options.connection.endpointUrl;
        return opened.endpoint !== endpoint;
    }
    async function copyPlaces(to, here, say) {
        const { store } = here;
        const places = [];
        const left = [];
        const isAway = to.copies.from.length > 0 && (await isElsewhere(to, here));
        for (const from of to.copies.from) {
            const { bucket, prefix } = from.place;
            const url = (0,objects/* destinationUrl */.kL)(from.place);
            if (bucket === to.destination.bucket) {
                places.push({ url, store, prefix, bucket: undefined });
                continue;
            }
            // On another service a bucket of this name is none, or somebody else's.
            if (isAway) {
                left.push(url);
                continue;
            }
            const opened = await openStore(copyBucket(to, from), say, signal, shell);
            places.push({ url, store: opened.store, prefix, bucket: sourceBucket(bucket, from) });
        }
        if (left.length > 0) {
            const message = `copy-from: nothing is copied from ${left.join(', ')}, as this mirror is on another service than the first destination`;
            say({ type: 'message', level: 'notice', message });
        }
        return places;
    }
    async function sourcePort(to, { endpoint }, say) {
        const { source } = to;
        if (source === undefined)
            return undefined;
        const { place, connection } = source;
        const from = { ...to, destination: place, connection, writeHeaders: {} };
        const opened = await openStore(from, say, signal, shell);
        return {
            url: (0,objects/* destinationUrl */.kL)(place),
            store: opened.store,
            prefix: place.prefix,
            bucket: sourceBucket(place.bucket, connection),
            copyable: opened.endpoint === endpoint && sameIdentity(connection, to.connection),
        };
    }
    async function indexStorage(to, opened, say) {
        const { index, destination } = to;
        switch (index.kind) {
            case 'none':
                return undefined;
            case 'cache':
                return await shell.cacheStorage?.(to, opened);
            case 'file':
                return await fileIndexStorage(index.path, index.isOwn);
            case 's3': {
                const inDestination = index.bucket === destination.bucket;
                // A mirror may be elsewhere, and another's: what was named for all of them lies where the first destination is.
                const elsewhere = index.bucket === options.destination.bucket ? options : indexBucket(options, index);
                const place = inDestination ? opened : await openStore(elsewhere, say, signal, shell);
                const { bucket, key } = index;
                return await objectIndexStorage(place.store, { bucket, key: key }, inDestination);
            }
        }
    }
}
/** Whether one set of credentials reaches both. */
function sameIdentity(a, b) {
    return a.profile === b.profile && a.role?.arn === b.role?.arn;
}
/** Whether its index can be believed of local files: `trust.local` of its storage. */
function knowsFiles({ index, destination }) {
    return index.kind === 's3' ? index.bucket === destination.bucket : index.kind === 'file';
}
/** A destination among others: by its URL, and by its service where another one has that URL too. */
function nameOf(to, all) {
    const url = (0,model_options/* runUrl */.Vp)(to);
    const isShared = all.filter((other) => (0,model_options/* runUrl */.Vp)(other) === url).length > 1;
    return isShared ? `${url} at ${to.connection.endpointUrl ?? 'AWS'}` : url;
}
/** How the bytes of a mirror came. */
function mirroredBy({ totals: { uploaded: sent } }, copied = { files: 0, bytes: 0 }, copying, rate) {
    const bytes = copied.bytes + sent.bytes;
    const by = copied.bytes === 0 ? 'upload' : sent.bytes === 0 ? 'copy' : 'both';
    if (bytes === 0)
        return { mirroredBy: by };
    const { bytesPerSecond } = rate ?? {};
    const usdPerGB = copying?.usdPerGB;
    const price = (count) => Math.round(((usdPerGB ?? 0) * count) / 1e3) / 1e6;
    const mirrored = {
        copied,
        sent,
        ...(bytesPerSecond === undefined ? {} : { bytesPerSecond: Math.round(bytesPerSecond) }),
        ...(usdPerGB === undefined ? {} : { copyUsd: price(bytes), transferUsd: price(copied.bytes) }),
        copyable: copying !== undefined,
    };
    return { mirroredBy: by, mirrored };
}
/** How a bucket is named where it is copied from. */
function sourceBucket(name, { expectedBucketOwner: expectedOwner, requesterPays, }) {
    return {
        name,
        ...(expectedOwner === undefined ? {} : { expectedOwner }),
        ...(requesterPays ? { requesterPays } : {}),
    };
}
/** Where the tree comes from, as it was given. */
function sourcesOf({ command, destination, sharding, source, target, tree }) {
    if (target !== undefined)
        return [(0,objects/* destinationUrl */.kL)(destination)];
    if (command === 'publish')
        return [sharding?.planFile ?? ''];
    if (source !== undefined)
        return [(0,objects/* destinationUrl */.kL)(source.place)];
    return tree.patterns.filter(({ negate }) => !negate).map(({ text }) => text);
}
/** A run that could not begin, as its inputs are wrong. It ends like any other: report, outputs, summary or events, then failure. */
async function endBeforeRun(thrown, inputs, began, shell) {
    const { code, message, exit } = explained(thrown, new AbortController().signal, shell.emit);
    const error = { code, message };
    const end = { destinations: [], exit, status: (0,model_report/* statusOf */.c)(exit, inputs.dryRun), error };
    const report = buildReport(inputs, shell, { began, identity: undefined, warnings: [], end });
    const written = await writeReport(report, reportPath(inputs), exit, shell.emit);
    await shell.finish(written.report, ending(written, inputs, began.ago()));
    shell.fail(message, exit);
    return exit;
}
function reportPath({ report, cwd, home }) {
    try {
        return report === '' ? undefined : (0,console_path/* pathFrom */.Iw)({ cwd: cwd(), home }, report);
    }
    catch {
        // That there is no working or home directory is what the run ends with.
        return undefined;
    }
}
/** For a run that ended otherwise than done, and met no error. */
function run_failureText({ totals, exit }) {
    if (exit !== errors/* EXIT */.dc.different)
        return `the run ended with status ${exit}`;
    const keys = changedFiles(totals);
    return `the destination differs from what a sync would make of it, in ${formatCount(keys)} ${keys === 1 ? 'key' : 'keys'}`;
}
/** The error of a destination that met none but those of its steps. */
function errorOfSteps({ steps, totals }) {
    const first = steps.find(({ outcome }) => outcome === 'failed');
    if (first === undefined)
        return undefined;
    const { code = 'internal', message = '' } = first.error ?? {};
    const { files } = totals.failed;
    const told = `${(0,console_text/* printable */.g$)(first.key)}: ${withoutKey(first.key, message)}`;
    return { code, message: `${formatFiles(files)} failed${files > 1 ? ', the first' : ''}: ${told}` };
}
/** An index in another bucket is reached as the destination is, but for its region and what is about the destination alone. */
function indexBucket(options, { bucket, region }) {
    const { expectedBucketOwner: _, ...shared } = options.connection;
    const connection = region === undefined ? shared : { ...shared, region };
    return { ...options, destination: { bucket, prefix: '' }, connection, writeHeaders: {} };
}
/** A bucket to copy from is reached as the destination is, but for what its own line says. */
function copyBucket(options, from) {
    const { expectedBucketOwner: _, region, allowedAccountIds: __, ...shared } = options.connection;
    const connection = {
        ...shared,
        allowedAccountIds: [],
        requesterPays: from.requesterPays,
        ...(from.region === undefined ? {} : { region: from.region }),
        ...(from.expectedBucketOwner === undefined ? {} : { expectedBucketOwner: from.expectedBucketOwner }),
    };
    const found = shared.endpointUrl !== undefined && region !== undefined ? { region } : {};
    return { ...options, destination: from.place, connection: { ...found, ...connection }, writeHeaders: {} };
}
/** All destinations as one run: the worst exit, and the failures by their destinations' names. */
function together(results, dryRun) {
    const destinations = results.map(({ destination }) => destination);
    const exit = (0,errors/* worstExit */.gX)(results.map((result) => result.exit));
    const [only] = results;
    if (results.length === 1 && only !== undefined) {
        const error = only.error ?? errorOfSteps(only.destination);
        return { destinations, exit, status: only.destination.status, ...(error === undefined ? {} : { error }) };
    }
    const isCheck = results.some((result) => result.exit === errors/* EXIT */.dc.different);
    const status = (0,model_report/* statusOf */.c)(exit, dryRun && !isCheck);
    const failed = results.filter((result) => result.exit !== errors/* EXIT */.dc.done && result.exit !== errors/* EXIT */.dc.different);
    const [first] = failed;
    if (first === undefined)
        return { destinations, exit, status };
    const told = failed.map(({ name = '', destination: { steps }, error }) => {
        const step = steps.find(({ outcome }) => outcome === 'failed');
        const message = error?.message ?? step?.error?.message ?? 'failed';
        return message.startsWith(name) ? message : `${name}: ${message}`;
    });
    const message = `${failed.length} of ${results.length} destinations failed: ${told.join('; ')}`;
    const code = first.error?.code ?? first.destination.steps.find(({ error }) => error !== undefined)?.error?.code;
    return { destinations, exit, status, error: { code: code ?? 'internal', message } };
}
/** Anything thrown, as the report says it. What is no `SyncError` is a mistake of ours. After an abort nothing else counts. */
function explained(thrown, signal, emit) {
    const met = signal.aborted ? signal.reason : thrown;
    if (met instanceof errors/* SyncError */.S0)
        return { code: met.code, message: met.message, exit: met.exit };
    if (met instanceof Error && met.stack !== undefined) {
        emit({ type: 'message', level: 'debug', message: (0,secrets/* withoutSecrets */.c)(met.stack) });
    }
    return {
        code: 'internal',
        message: (0,errors/* mistakeText */.Mr)(met),
        exit: errors/* EXIT */.dc.failed,
    };
}
function notBegun(options, { code, message, exit }) {
    const error = { code, message };
    const destination = {
        url: (0,model_options/* runUrl */.Vp)(options),
        status: (0,model_report/* statusOf */.c)(exit, options.dryRun),
        totals: NO_TOTALS,
        requests: {},
        phases: {},
        ranks: [],
        headersUnknown: { files: 0, bytes: 0 },
        sentBytes: 0,
        sendAllRequests: 0,
        error,
        steps: [],
    };
    return { destination, exit, error };
}
function buildReport(options, shell, made) {
    const { began, identity, warnings, end, source } = made;
    const commit = commitOf(shell.env);
    return {
        version: model_report/* REPORT_VERSION */.A,
        tool: TOOL,
        command: options.command,
        dryRun: options.dryRun,
        ...(source === undefined ? {} : { source }),
        status: end.status,
        ...(end.error === undefined ? {} : { error: end.error }),
        startedAt: new Date(began.at).toISOString(),
        endedAt: new Date(began.at + began.ago()).toISOString(),
        ...(identity === undefined ? {} : { identity }),
        ...(commit === undefined ? {} : { commit }),
        warnings,
        destinations: end.destinations,
    };
}
/** Where CI systems say what they build. */
const COMMIT_VARIABLES = [
    'GITHUB_SHA',
    'CI_COMMIT_SHA',
    'BUILDKITE_COMMIT',
    'CIRCLE_SHA1',
    'BITBUCKET_COMMIT',
    'DRONE_COMMIT_SHA',
    'CI_COMMIT',
    'GIT_COMMIT',
];
function commitOf(env) {
    const found = COMMIT_VARIABLES.map((name) => env[name]).find((value) => /^[0-9a-f]{7,64}$/i.test(value ?? ''));
    return found;
}
/**
 * Why a report could not be written at the end of the run: told before its first write. The report of an earlier run is taken
 * away: beside a run that is killed it would say that this one is done.
 */
async function unwritableReport({ report }) {
    if (report === undefined)
        return undefined;
    const { notWritten, tryReportFile } = await __webpack_require__.e(/* import() */ 324).then(__webpack_require__.bind(__webpack_require__, 324));
    try {
        await tryReportFile(report);
        await (0,promises_.rm)(report, { force: true });
        return undefined;
    }
    catch (thrown) {
        const message = notWritten(report, thrown, { check: 'the directory and its permissions' });
        return { code: 'report-not-written', message, exit: errors/* EXIT */.dc.usage };
    }
}
/** A report that could be written when the run began, and cannot at its end, fails it after everything else is done. */
async function writeReport(report, path, exit, emit) {
    if (path === undefined)
        return { report, exit, path };
    const { notWritten, writeReportFile } = await __webpack_require__.e(/* import() */ 324).then(__webpack_require__.bind(__webpack_require__, 324));
    try {
        await writeReportFile(path, report);
        return { report, exit, path };
    }
    catch (thrown) {
        const done = report.status === 'done' ? '; everything else was done' : '';
        const check = 'the disk, the directory and its permissions';
        const message = notWritten(path, thrown, { done, check });
        const error = { code: 'report-not-written', message };
        const failed = report.status === 'done' || report.status === 'planned';
        // A run that failed already ends with its own error; this one is said beside it.
        if (!failed)
            emit({ type: 'message', level: 'error', message: error.message });
        return {
            report: failed ? { ...report, status: 'failed', error } : report,
            exit: (0,errors/* worstExit */.gX)([exit, errors/* EXIT */.dc.failed]),
            path: undefined,
        };
    }
}
function ending({ report, exit, path }, options, ms, mayHaveChanged = false) {
    const totals = sumTotals(report);
    const reusedBytes = sumReused(report);
    const invalidationIds = report.destinations.flatMap(({ invalidation }) => invalidation?.id ?? []);
    return {
        type: 'end',
        status: report.status,
        exit,
        dryRun: options.dryRun,
        changed: isChanged(totals),
        isUntouched: options.dryRun || (!mayHaveChanged && !isChanged(totals)),
        seconds: ms / 1000,
        totals,
        sentBytes: report.destinations.reduce((sum, { sentBytes }) => sum + sentBytes, 0),
        ...(reusedBytes === 0 ? {} : { reusedBytes }),
        requests: sumRequests(report),
        ...delayedOf(report),
        ...(invalidationIds.length === 0 ? {} : { invalidationIds }),
        ...(report.error === undefined ? {} : { error: report.error }),
        ...(path === undefined ? {} : { report: path }),
    };
}
/** Over several destinations: all their keys, and the longest switch. */
function delayedOf(report) {
    const all = report.destinations.flatMap(({ delayed }) => delayed ?? []);
    if (all.length === 0 || all.length < report.destinations.length)
        return {};
    const keys = all.reduce((sum, { keys: some }) => sum + some, 0);
    const due = all.reduce((sum, { keys: some, of = some }) => sum + of, 0);
    const seconds = Math.max(...all.map(({ seconds }) => seconds));
    return { delayed: { keys, ...(keys < due ? { of: due } : {}), seconds } };
}
/** Who holds a lock, for whoever waits for it: the job where CI names it, else host and process. */
function ownerOf(env) {
    const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id } = env;
    if (server !== undefined && repository !== undefined && id !== undefined) {
        return `${server}/${repository}/actions/runs/${id}`;
    }
    return env.CI_JOB_URL ?? env.BUILD_URL ?? `process ${process.pid} on ${(0,external_node_os_.hostname)()}`;
}
/** npm and npx pass a terminal's SIGINT on to a child that already had it; the echo is not a second wish. */
const ECHO_MS = 100;
/**
 * SIGINT, SIGTERM and SIGHUP (a terminal or a connection that was closed, whatever `nohup` asks for: Node does not say)
 * stop the run in good order; its index, report and summary are still written. A second SIGINT
 * ends the process at once. The runner sends SIGINT, SIGTERM after 7.5 s, and kills 2.5 s later.
 */
function abortOnSignals(target = process, exitNow = (code) => process.exit(code), now = () => performance.now()) {
    const controller = new AbortController();
    let interruptedAt;
    const cancel = (by, exit) => {
        const message = `cancelled by ${by}: what was not begun is left for the next run`;
        controller.abort(new errors/* SyncError */.S0('cancelled', exit, message));
    };
    const interrupt = () => {
        if (interruptedAt !== undefined && now() - interruptedAt >= ECHO_MS)
            exitNow(errors/* EXIT */.dc.interrupted);
        interruptedAt ??= now();
        cancel('SIGINT', errors/* EXIT */.dc.interrupted);
    };
    const terminate = () => cancel('SIGTERM', errors/* EXIT */.dc.terminated);
    const hangUp = () => cancel('SIGHUP', errors/* EXIT */.dc.hungUp);
    target.on('SIGINT', interrupt);
    target.on('SIGTERM', terminate);
    target.on('SIGHUP', hangUp);
    return {
        signal: controller.signal,
        dispose: () => {
            target.off('SIGINT', interrupt);
            target.off('SIGTERM', terminate);
            target.off('SIGHUP', hangUp);
        },
    };
}

;// CONCATENATED MODULE: ./build/src/working-directory.js

/** Where relative paths begin. Throws a `SyncError` of exit 2 where it was removed, as a runner's workspace that is cleaned up. */
function workingDirectory() {
    try {
        return process.cwd();
    }
    catch (cause) {
        if (cause.code !== 'ENOENT')
            throw cause;
        throw (0,errors/* usageError */.Wp)('the working directory is gone: run this in one that exists');
    }
}

;// CONCATENATED MODULE: ./build/src/step.js




















/** A line of progress in the job's log. Milliseconds. */
const PROGRESS_LINE_MS = 10_000;
function stepSurroundings(commands) {
    return {
        commands,
        env: process.env,
        cwd: workingDirectory,
        now: Date.now,
        onSignals: abortOnSignals,
        loadCache: index_cache.loadCacheService,
        engine: engine,
    };
}
/** The action's main step, from inputs to exit status. */
async function step(surroundings) {
    const { commands, env, cwd, now } = surroundings;
    const began = beginning(now);
    const raw = readInputs(env);
    let options;
    try {
        refuseMisspelledInputs(env);
        options = await parseOptions(raw, {
            shell: 'action',
            cwd: cwd(),
            env,
            platform: process.platform,
            home: (0,home_directory/* homeDirectory */.R)(),
            ...parsing,
        });
    }
    catch (error) {
        const level = commands.isDebug() ? 'debug' : 'info';
        const emit = (event) => actionSink(commands, level)(createLog()(event));
        const command = String(raw.command || 'sync');
        const report = String(raw.report ?? '');
        const given = { command, dryRun: saysDryRun(raw), report, cwd, home: (0,home_directory/* homeDirectory */.R)() };
        // As far as they can be read.
        const wishes = {
            summary: raw.summary === 'never' ? 'never' : 'always',
            summaryTitle: String(raw['summary-title'] ?? ''),
        };
        return await endBeforeRun(error, given, began, {
            env,
            emit,
            finish: async (report, ended) => {
                setOutputs(commands, ended, await writeSummary(report, ended, wishes, env, emit));
            },
            fail: (message) => commands.setFailed((0,console_text/* oneLine */.TN)(message)),
        });
    }
    const sink = actionSink(commands, options.logLevel);
    const log = createLog();
    const view = lineProgress((text) => sink([{ kind: 'line', level: 'info', text }]), PROGRESS_LINE_MS, () => performance.now(), options.dryRun);
    const showProgress = firstProgress((progress) => view.show(progress));
    const emit = (event) => {
        showProgress(event);
        sink(log(event));
    };
    const cache = (0,index_cache/* runnerCache */.$)({
        env,
        emit,
        saveState: (name, value) => commands.saveState(name, value),
        loadService: surroundings.loadCache,
    });
    const signals = surroundings.onSignals();
    try {
        return await run(options, {
            emit,
            env,
            now,
            detailedExit: false,
            hide: (secret) => commands.setSecret(secret),
            // The runner offers one to jobs with `permissions: id-token: write`.
            ...(env.ACTIONS_ID_TOKEN_REQUEST_URL ? { idToken: commands.getIDToken } : {}),
            cacheStorage: async ({ destination, target }, { endpoint }) => cache(indexName(endpoint, destination, target?.directory)),
            finish: async (report, ended) => {
                setOutputs(commands, ended, await writeSummary(report, ended, options, env, emit));
            },
            fail: (message) => commands.setFailed((0,console_text/* oneLine */.TN)(message)),
        }, signals.signal, surroundings.engine);
    }
    finally {
        signals.dispose();
    }
}
function setOutputs(commands, ended, summaryFile) {
    for (const [name, value] of outputsOf(ended, summaryFile))
        commands.setOutput(name, value);
}
/** Writes the summary; answers where it also lies as a file. A summary that cannot be written is no failed deploy. */
async function writeSummary(report, ended, options, env, emit) {
    const { isUntouched } = ended;
    const markdown = renderSummary(report, { title: options.summaryTitle, isUntouched });
    const directory = env.RUNNER_TEMP || (0,external_node_os_.tmpdir)();
    const file = (0,external_node_path_.join)(directory, `s3-dedup-sync-summary-${(0,external_node_crypto_.randomBytes)(4).toString('hex')}.md`);
    try {
        await (0,replace_file/* makeDirectory */.Oh)(directory);
        await (0,promises_.writeFile)(file, markdown);
        const jobSummary = env.GITHUB_STEP_SUMMARY ?? '';
        if (jobSummary !== '' && isWanted(options.summary, ended))
            await (0,promises_.appendFile)(jobSummary, markdown);
        return file;
    }
    catch (error) {
        emit({ type: 'message', level: 'warning', message: `the summary was not written: ${(0,errors/* messageOf */.bD)(error)}` });
        return '';
    }
}
function isWanted(when, ended) {
    switch (when) {
        case 'always':
            return true;
        case 'changes':
            return ended.changed || ended.exit !== errors/* EXIT */.dc.done;
        case 'never':
            return false;
    }
}


/***/ })

};
