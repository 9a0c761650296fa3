import { createRequire as __WEBPACK_EXTERNAL_createRequire } from "module";
/******/ var __webpack_modules__ = ({

/***/ 2613:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("assert");

/***/ }),

/***/ 5317:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("child_process");

/***/ }),

/***/ 6982:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("crypto");

/***/ }),

/***/ 4434:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("events");

/***/ }),

/***/ 9896:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("fs");

/***/ }),

/***/ 8611:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("http");

/***/ }),

/***/ 5692:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("https");

/***/ }),

/***/ 9278:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("net");

/***/ }),

/***/ 4589:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:assert");

/***/ }),

/***/ 6698:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:async_hooks");

/***/ }),

/***/ 4573:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:buffer");

/***/ }),

/***/ 1421:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:child_process");

/***/ }),

/***/ 7540:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:console");

/***/ }),

/***/ 7598:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:crypto");

/***/ }),

/***/ 3053:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:diagnostics_channel");

/***/ }),

/***/ 610:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:dns");

/***/ }),

/***/ 8474:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:events");

/***/ }),

/***/ 3024:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs");

/***/ }),

/***/ 1455:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs/promises");

/***/ }),

/***/ 7067:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:http");

/***/ }),

/***/ 2467:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:http2");

/***/ }),

/***/ 4708:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:https");

/***/ }),

/***/ 7030:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:net");

/***/ }),

/***/ 8161:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:os");

/***/ }),

/***/ 6760:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:path");

/***/ }),

/***/ 643:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:perf_hooks");

/***/ }),

/***/ 1708:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:process");

/***/ }),

/***/ 1792:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:querystring");

/***/ }),

/***/ 7075:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:stream");

/***/ }),

/***/ 6466:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:stream/promises");

/***/ }),

/***/ 8500:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:timers/promises");

/***/ }),

/***/ 1692:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:tls");

/***/ }),

/***/ 3136:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:url");

/***/ }),

/***/ 7975:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:util");

/***/ }),

/***/ 3429:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:util/types");

/***/ }),

/***/ 8877:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:v8");

/***/ }),

/***/ 5919:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:worker_threads");

/***/ }),

/***/ 8522:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:zlib");

/***/ }),

/***/ 857:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("os");

/***/ }),

/***/ 6928:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("path");

/***/ }),

/***/ 3785:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("readline");

/***/ }),

/***/ 2203:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("stream");

/***/ }),

/***/ 3193:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("string_decoder");

/***/ }),

/***/ 3557:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("timers");

/***/ }),

/***/ 4756:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("tls");

/***/ }),

/***/ 2018:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("tty");

/***/ }),

/***/ 7016:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("url");

/***/ }),

/***/ 9023:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("util");

/***/ }),

/***/ 5035:
/***/ ((__webpack_module__, __unused_webpack___webpack_exports__, __nccwpck_require__) => {

__nccwpck_require__.a(__webpack_module__, async (__webpack_handle_async_dependencies__, __webpack_async_result__) => { try {
/* harmony import */ var _command_line_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(179);
/* harmony import */ var _disk_home_directory_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(6190);
/* harmony import */ var _end_process_js__WEBPACK_IMPORTED_MODULE_5__ = __nccwpck_require__(3168);
/* harmony import */ var _model_errors_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(4132);
/* harmony import */ var _run_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(9255);
/* harmony import */ var _working_directory_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(3492);






/** A reader that went away (`| head`), or a full disk under the log, ends the output and not the publishing. */
let outputLost = false;
for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
        if (error.code === 'EPIPE' || outputLost)
            return;
        outputLost = true;
        // It may be met by the last word, or the only one.
        if (process.exitCode === _model_errors_js__WEBPACK_IMPORTED_MODULE_2__/* .EXIT */ .dc.done)
            process.exitCode = _model_errors_js__WEBPACK_IMPORTED_MODULE_2__/* .EXIT */ .dc.failed;
        if (stream === process.stdout)
            process.stderr.write(`error: standard output cannot be written (${(0,_model_errors_js__WEBPACK_IMPORTED_MODULE_2__/* .messageOf */ .bD)(error)}): its rest is lost\n`);
    });
}
const exit = await (0,_command_line_js__WEBPACK_IMPORTED_MODULE_0__/* .runCommandLine */ .r)({
    argv: process.argv.slice(2),
    env: process.env,
    cwd: _working_directory_js__WEBPACK_IMPORTED_MODULE_4__/* .workingDirectory */ .p,
    platform: process.platform,
    home: (0,_disk_home_directory_js__WEBPACK_IMPORTED_MODULE_1__/* .homeDirectory */ .R)(),
    stdout: process.stdout,
    stderr: process.stderr,
    ...(process.stderr.isTTY ? { bar: process.stderr } : {}),
    now: Date.now,
    onSignals: _run_js__WEBPACK_IMPORTED_MODULE_3__/* .abortOnSignals */ .PB,
});
process.exitCode = exit === _model_errors_js__WEBPACK_IMPORTED_MODULE_2__/* .EXIT */ .dc.done && outputLost ? _model_errors_js__WEBPACK_IMPORTED_MODULE_2__/* .EXIT */ .dc.failed : exit;
(0,_end_process_js__WEBPACK_IMPORTED_MODULE_5__/* .endProcess */ .J)();

__webpack_async_result__();
} catch(e) { __webpack_async_result__(e); } }, 1);

/***/ }),

/***/ 179:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  r: () => (/* binding */ runCommandLine)
});

// EXTERNAL MODULE: ./build/src/model/inputs.js
var model_inputs = __nccwpck_require__(3574);
// EXTERNAL MODULE: ./build/src/model/errors.js
var errors = __nccwpck_require__(4132);
// EXTERNAL MODULE: ./build/src/console/text.js
var console_text = __nccwpck_require__(4320);
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

;// CONCATENATED MODULE: ./build/src/console/json-events.js

/** An event as one line of JSON: big integers as decimal text, a local file as its name and size alone. */
function eventToJson(event) {
    const json = JSON.stringify(event, (_key, value) => {
        if (typeof value === 'bigint')
            return value.toString();
        return isLocalFile(value) ? { name: value.name, size: value.size } : value;
    });
    return (0,console_text/* withoutCommands */.Df)(json);
}
function isLocalFile(value) {
    return typeof value === 'object' && value !== null && 'name' in value && 'size' in value && 'ino' in value;
}

// EXTERNAL MODULE: ./build/src/console/cost.js
var cost = __nccwpck_require__(962);
// EXTERNAL MODULE: ./build/src/console/format.js
var format = __nccwpck_require__(5380);
// EXTERNAL MODULE: ./build/src/console/totals.js
var totals = __nccwpck_require__(924);
// EXTERNAL MODULE: ./build/src/console/version.js
var version = __nccwpck_require__(9503);
// EXTERNAL MODULE: ./build/src/console/words.js
var words = __nccwpck_require__(5438);
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
                    largest = insert(largest, step.bytes, () => `${(0,console_text/* printable */.g$)(step.key)} (${(0,format/* formatBytes */.z3)(step.bytes)})`);
                if (outcome.outcome === 'done') {
                    slowest = insert(slowest, outcome.ms, () => `${(0,console_text/* printable */.g$)(step.key)} (${(0,format/* formatSeconds */.Xo)(outcome.ms / 1000)}, ${(0,format/* formatBytes */.z3)(step.bytes)})`);
                }
                return debug(() => `${outcome.outcome} ${outcome.action} ${stepText(outcome)} ${(0,format/* formatSeconds */.Xo)(outcome.ms / 1000)}`);
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
            yield { kind: 'group', text: `${(0,words/* verbOf */.rl)(action, dryRun)} ${(0,format/* formatFilesAndBytes */.ft)(group)}` };
            for (const text of group.lines)
                yield info(`  ${text}`);
            const rest = group.files - group.lines.length;
            if (rest > 0)
                yield info(`  and ${(0,format/* formatCount */.B4)(rest)} more, ${more}`);
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
                    info(`${version/* TOOL */.j}: ${event.command === 'remove' ? 'remove' : `${event.roots.map(console_text/* printable */.g$).join(', ')} →`} ${[event.url, ...(event.mirrors ?? [])].map(console_text/* printable */.g$).join(', ')}${event.command === 'check' ? ' (check: nothing is written)' : dryRun ? ' (dry run: nothing is written)' : ''}`),
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
                return debug(() => `rank ${event.name}: ${(0,format/* formatCount */.B4)(event.steps)} steps`);
            case 'outcome':
                return remember(event.outcome, event.at);
            case 'invalidation':
                return [info(invalidationLine(event.invalidation))];
            case 'destination-end': {
                const { mirrored, dryRun } = event;
                const came = mirrored === undefined ? [] : [info((0,cost/* mirroredText */.m)(mirrored, dryRun))];
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
                            error(`and ${(0,format/* formatCount */.B4)(failed - failures.length)} more failures, ${event.report === undefined ? 'set report to have all' : 'all in the report'}`),
                        ]
                        : []),
                    ...(skipped > 0
                        ? [
                            error(`${(0,format/* formatStepsWere */.sb)(skipped)} not done${isStopped ? ', or cut short on the way' : ''}; the next run does the rest`),
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
        : `: ${(0,format/* formatBytes */.z3)(sentBytes)} sent, ${(0,format/* formatBytes */.z3)(reused.bytes)} copied from ${(0,console_text/* printable */.g$)(placeText(reused.source, reused.sourceBucket))}`;
    return `${(0,console_text/* printable */.g$)(step.key)} (${(0,format/* formatBytes */.z3)(step.bytes)}, ${reasonText(outcome)}${made})`;
}
function reasonText({ step, action, notCopied }) {
    const reason = words/* REASON_WORDS */.J$[step.reason];
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
    return `${(0,console_text/* printable */.g$)(step.key)}: ${(0,words/* withoutKey */.wC)(step.key, met?.message ?? 'failed')}`;
}
function phaseEnd(event, dryRun) {
    const took = `in ${(0,format/* formatSeconds */.Xo)(event.seconds)}`;
    const count = { files: event.files ?? 0, bytes: event.bytes ?? 0 };
    const text = phaseText(event.phase, count, dryRun);
    return text === undefined ? debug(() => `${event.phase} ended ${took}`) : [info(`${text} ${took}`)];
}
/** `undefined`: of no interest by itself. */
function phaseText(phase, { files, bytes }, dryRun) {
    switch (phase) {
        case 'walk':
            return `Found ${(0,format/* formatFiles */.HL)(files)}${bytes === 0 ? '' : `, ${(0,format/* formatBytes */.z3)(bytes)}`}`;
        case 'list':
            return `Listed ${(0,format/* formatCount */.B4)(files)} ${files === 1 ? 'object' : 'objects'}${bytes === 0 ? '' : `, ${(0,format/* formatBytes */.z3)(bytes)}`}`;
        case 'encode':
            return `Compressed ${(0,format/* formatFilesAndBytes */.ft)({ files, bytes })}`;
        case 'digest':
            if (files === 0 && bytes === 0)
                return undefined;
            return `Hashed ${files === 0 ? (0,format/* formatBytes */.z3)(bytes) : (0,format/* formatFilesAndBytes */.ft)({ files, bytes })}`;
        case 'read':
            return `Read back ${(0,format/* formatFilesAndBytes */.ft)({ files, bytes })}`;
        case 'execute':
            if (dryRun || files === 0)
                return undefined;
            return bytes === 0 ? 'Executed' : `Executed, ${(0,format/* formatBytes */.z3)(bytes)} sent,`;
        case 'fetch':
            if (dryRun || files === 0)
                return undefined;
            return bytes === 0 ? 'Executed' : `Executed, ${(0,format/* formatBytes */.z3)(bytes)} received,`;
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
    return count.files === 0 ? undefined : `${word} ${(0,format/* formatFilesAndBytes */.ft)(count)}`;
}
/** How the switch went, once everything was staged. */
function delayedText({ keys, of, seconds }) {
    if (of !== undefined)
        return `the switch stopped after ${(0,format/* formatCount */.B4)(keys)} of ${(0,format/* formatCount */.B4)(of)} keys: readers see both releases until the next run finishes it`;
    return `the switch took ${(0,format/* formatSeconds */.Xo)(seconds)} for ${(0,format/* formatCount */.B4)(keys)} ${keys === 1 ? 'key' : 'keys'}`;
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
    const what = `${(0,format/* formatCount */.B4)(paths.length)} ${paths.length === 1 ? 'path' : 'paths'} of ${code(distribution)}`;
    const some = paths.slice(0, SHOWN_TOP).map(code).join(', ');
    const list = paths.length > SHOWN_TOP ? `${some} and ${(0,format/* formatCount */.B4)(paths.length - SHOWN_TOP)} more` : some;
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
            const [what, certain] = (0,words/* notDone */.Gj)(status, dryRun, isUntouched);
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
    const rows = totalRows(totals, dryRun).map(({ word, count }) => `${word} ${(0,format/* formatFilesAndBytes */.ft)(count)}`);
    const what = rows.length === 0 ? '' : `: ${rows.join('; ')}`;
    return `${statusText(status, dryRun)} in ${(0,format/* formatSeconds */.Xo)(seconds)}${what}`;
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
    yield info(`${statusText(ended.status, ended.dryRun, ended.isUntouched)} in ${(0,format/* formatSeconds */.Xo)(ended.seconds)}${rows.length === 0 ? '' : ':'}`);
    const words = Math.max(0, ...rows.map(({ word }) => word.length));
    const files = Math.max(0, ...rows.map(({ count }) => (0,format/* formatCount */.B4)(count.files).length));
    for (const { word, count } of rows) {
        const number = (0,format/* formatFiles */.HL)(count.files).padEnd('files'.length + 1 + (0,format/* formatCount */.B4)(count.files).length);
        const pad = ' '.repeat(files - (0,format/* formatCount */.B4)(count.files).length);
        yield info(`  ${word.padEnd(words)}  ${pad}${number}  ${(0,format/* formatBytes */.z3)(count.bytes)}`);
    }
    const { bytes, of } = (0,totals/* spared */.A3)(ended.totals, ended.reusedBytes ?? 0);
    // Of a run that failed it says nothing of what is still to come.
    if (bytes > 0 && ended.status !== 'failed')
        yield info(`  ${(0,format/* formatPercent */.l9)(bytes, of)} of the bytes ${ended.dryRun ? 'would' : 'did'} not have to travel`);
    if (ended.delayed !== undefined && ended.delayed.keys > 0)
        yield ended.delayed.of === undefined
            ? info(`  ${delayedText(ended.delayed)}`)
            : error(delayedText(ended.delayed));
    const requests = (0,totals/* totalRequests */.Xi)(ended.requests);
    if (requests > 0)
        yield info(`  ${(0,format/* formatRequests */.i_)(requests)}`);
    if (ended.report !== undefined)
        yield info(`  report: ${(0,console_text/* printable */.g$)(ended.report)}`);
}

// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __nccwpck_require__(1455);
// EXTERNAL MODULE: ./build/src/disk/is-inside.js
var is_inside = __nccwpck_require__(2572);
// EXTERNAL MODULE: ./build/src/disk/open-files.js
var open_files = __nccwpck_require__(6417);
// EXTERNAL MODULE: ./build/src/disk/replace-file.js
var replace_file = __nccwpck_require__(170);
// EXTERNAL MODULE: ./build/src/model/digest-index.js + 1 modules
var digest_index = __nccwpck_require__(6112);
// EXTERNAL MODULE: ./build/src/model/endpoint.js
var model_endpoint = __nccwpck_require__(4482);
// EXTERNAL MODULE: ./build/src/model/objects.js
var objects = __nccwpck_require__(6139);
// EXTERNAL MODULE: ./build/src/model/options.js
var options = __nccwpck_require__(153);
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
        concurrency: inputs.orDefault('concurrency') === 'auto' ? (0,options/* autoConcurrency */.VA)(openFiles) : inputs.number('concurrency'),
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
var object_key = __nccwpck_require__(5142);
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

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __nccwpck_require__(7598);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __nccwpck_require__(6760);
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

// EXTERNAL MODULE: ./build/src/console/path.js
var console_path = __nccwpck_require__(2848);
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
var invalidation = __nccwpck_require__(5135);
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
var header_rules = __nccwpck_require__(700);
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

;// CONCATENATED MODULE: ./build/src/console/other-tools.js
function rule(path, header) {
    return `write a rule, as --headers $'${path}\\n  ${header}', or --headers-file`;
}
/** What to write here for options that people know from aws-cli, rclone, s3cmd, s5cmd and mc. */
const INSTEAD = [
    ['delete delete-removed delete-during del remove', 'write --delete-after'],
    ['delete-before', 'write --delete-after: deletes come last, after everything else succeeded'],
    ['rexclude rinclude', 'it takes regular expressions: write --exclude with patterns of .gitignore'],
    [
        'include',
        "the last --exclude that matches counts, a directory has to be entered, and * does not cross /: --exclude '*' --exclude '!*/' --exclude '!PATTERN' with !*.html for *.html and !/assets/** for assets/*, or --path PATTERN alone",
    ],
    [
        'include-from files-from filter filter-from',
        'write --path PATTERN, or --exclude-from FILE: its first lines are * and !*/, then a line !PATTERN for each',
    ],
    [
        'no-overwrite ignore-existing skip-existing immutable no-clobber',
        'there is no such mode, as an object whose content differs is replaced: keep back with --exclude what is to stay',
    ],
    ['cache-control add-header header header-upload', rule('/*', 'Cache-Control: max-age=60')],
    ['content-type mime-type default-mime-type', rule('/*.data', 'Content-Type: text/plain')],
    [
        'content-encoding',
        `write --compress for what is to be compressed here; else ${rule('/*.gz', 'Content-Encoding: gzip')}`,
    ],
    ['content-disposition', rule('/*.pdf', 'Content-Disposition: attachment')],
    ['content-language', rule('/de/*', 'Content-Language: de')],
    ['expires', rule('/*', 'Expires: Thu, 01 Dec 2033 16:00:00 GMT')],
    // A file may say nothing of tags, as it comes with a pull request.
    ['tagging', "write a rule, as --headers $'/*\\n  x-amz-tagging: NAME=VALUE'"],
    [
        'metadata',
        "write --preserve for mode and time, or a rule, as --headers $'/*\\n  x-amz-meta-NAME: VALUE'",
    ],
    [
        'guess-mime-type no-guess-mime-type no-mime-magic',
        "leave it out: the name decides the type, or a rule, as --headers $'/*.data\\n  Content-Type: text/plain'",
    ],
    ['checksum-algorithm', 'leave it out: every body goes with its MD5, which S3 verifies'],
    ['update', 'leave it out: contents are compared, never times, and a newer object is replaced too'],
    ['website-redirect', 'write --redirects-file'],
    ['s3-acl', 'write --acl'],
    ['acl-public', 'write --acl public-read'],
    ['acl-private', 'write --acl private'],
    [
        'size-only checksum exact-timestamps ignore-times check-md5 no-check-md5',
        'leave it out: contents are compared, never times',
    ],
    ['recursive fast-list track-renames no-traverse', 'leave it out: it is always so'],
    ['quiet only-show-errors q', 'write --log-level error'],
    ['verbose debug v', 'write --log-level debug'],
    ['progress no-progress stats', 'leave it out: a terminal sees progress, a log does not'],
    ['dryrun n', 'write --dry-run'],
    ['P', 'leave it out for the progress of rclone, write --acl public-read for s3cmd'],
    ['c', 'leave it out for the checksums of rclone; files of s3cmd are not read'],
    ['watch', 'leave it out, and run it again: only what changed is sent'],
    ['follow-symlinks copy-links', 'write --symlinks all'],
    ['no-follow-symlinks skip-links', 'write --symlinks skip'],
    ['endpoint host', 'write --endpoint-url'],
    ['transfers checkers numworkers workers', 'write --concurrency'],
    ['retries retry-count', 'write --max-attempts'],
    ['timeout cli-read-timeout', 'write --read-timeout'],
    ['cli-connect-timeout', 'write --connect-timeout'],
    ['request-payer', 'write --requester-pays'],
    ['ca-bundle', 'set AWS_CA_BUNDLE'],
    [
        'no-verify-ssl no-check-certificate',
        'leave it out, and set AWS_CA_BUNDLE to a file with the certificate that the server is known by',
    ],
    ['source-region', "write it behind the source: 's3://bucket/prefix region=eu-west-1'"],
    ['source-profile', "write it behind the source: 's3://bucket/prefix profile=NAME'"],
    ['rr reduced-redundancy', 'write --storage-class REDUCED_REDUNDANCY'],
    ['server-side-encryption', 'write --sse'],
    ['sse-kms-key-id', 'write --kms-key-id'],
    ['no-sign-request', 'leave it out, and give credentials: every request is signed'],
    ['backup-dir', 'leave it out: versioning of the bucket keeps what is replaced or deleted'],
    ['exclude-if-present', 'write --exclude for each of these directories'],
    ['access-key secret-key', 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'],
];
/** First words that are commands of these tools. */
const COMMANDS = new Set(['s3', 'cp', 'copy', 'mirror', 'put', 'upload', 'rsync']);
/** The words of another tool's command before what it publishes; `undefined`: there are none. */
function foreignCommand([first = '', second = '']) {
    if (!COMMANDS.has(first))
        return undefined;
    return first === 's3' && (second === 'sync' || COMMANDS.has(second)) ? `${first} ${second}` : first;
}
/** @param option as it was given, without `-` or `--`; `undefined`: nothing is known of it */
function insteadOf(option) {
    return INSTEAD.find(([options]) => options.split(' ').includes(option))?.[1];
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
        parts.push(`${(0,format/* formatCount */.B4)(files)} of ${(0,format/* formatCount */.B4)(filesTotal)} files`);
    else if (files > 0 || bytesTotal === undefined)
        parts.push((0,format/* formatFiles */.HL)(files));
    if (bytesTotal !== undefined && bytesTotal > 0) {
        parts.push(`${(0,format/* formatBytes */.z3)(bytes)} of ${(0,format/* formatBytes */.z3)(bytesTotal)} (${(0,format/* formatPercent */.l9)(bytes, bytesTotal)})`);
    }
    else if (bytes > 0)
        parts.push((0,format/* formatBytes */.z3)(bytes));
    if (bytes > 0 && seconds >= 1)
        parts.push((0,format/* formatRate */.CE)(bytes, seconds));
    const left = secondsLeft(share, seconds);
    if (left !== undefined)
        parts.push(`about ${(0,format/* formatSeconds */.Xo)(left)} left`);
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
    const { default: progressBars } = await __nccwpck_require__.e(/* import() */ 502).then(__nccwpck_require__.t.bind(__nccwpck_require__, 8502, 19));
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

;// CONCATENATED MODULE: ./build/src/console/shapes.js
/** What goes where, as the command line takes it: for its help, its errors and the docs. */
const shapes_SHAPES = [
    's3-dedup-sync [sync] DIR s3://bucket/prefix [s3://mirror/prefix ...]',
    's3-dedup-sync [sync] --path PATTERN ... --bucket BUCKET [--prefix PREFIX]',
    's3-dedup-sync [sync] s3://bucket/prefix DIR',
    's3-dedup-sync [sync] s3://from/prefix s3://to/prefix',
    's3-dedup-sync check SOURCE DESTINATION',
    's3-dedup-sync remove s3://bucket/prefix',
    's3-dedup-sync remove --bucket BUCKET --prefix PREFIX',
    's3-dedup-sync plan DIR s3://bucket/prefix --plan-file FILE',
    's3-dedup-sync apply DIR s3://bucket/prefix --plan-file FILE --shard I/N --results FILE',
    's3-dedup-sync publish s3://bucket/prefix --plan-file FILE --results FILE ... [--abort]',
    's3-dedup-sync publish s3://bucket/prefix --plan-file FILE --shard I/N --results DIR',
];

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
                        out((0,console_text/* oneLine */.TN)(line.text));
                    else
                        err((0,console_text/* oneLine */.TN)(`${line.level}: ${line.text}`));
                    break;
                case 'group':
                    out((0,console_text/* oneLine */.TN)(line.text));
                    break;
                case 'group-end':
                    break;
            }
        }
    };
}

// EXTERNAL MODULE: ./build/src/run.js + 3 modules
var run = __nccwpck_require__(9255);
;// CONCATENATED MODULE: ./build/src/command-line.js













/** A line of progress for those without a bar. Milliseconds. */
const PROGRESS_LINE_MS = 5_000;
/** First words that are commands; a directory of such a name is written `./plan`. */
const command_line_COMMANDS = new Set(['sync', 'check', 'plan', 'apply', 'publish']);
const SHAPES_SHOWN = `; use one of these:${shapes_SHAPES.map((shape) => `\n  ${shape}`).join('')}\n`;
/** Behind `Usage: s3-dedup-sync `. */
const USAGE = `${shapes_SHAPES.join('\n       ').slice('s3-dedup-sync '.length)}

Each takes options. SOURCE and DESTINATION of check are those of a sync.`;
const EPILOGUE = `
Exit status: 0 done, 1 something failed, 2 usage or configuration, 3 check found differences, 4 a guard
refused and nothing was written, 5 another writer changed a key, 129, 130 and 143 stopped by a signal; with
--detailed-exitcode 6: a dry run that would change something.
The log goes to standard output; warnings, errors and progress go to standard error.
Credentials come from where the AWS tools look: environment, profile, web identity, container, instance.
`;
/** The command line, from arguments to exit status. */
async function runCommandLine(terminal, withEngine = run/* engine */.Hi) {
    const { argv, stdout, stderr } = terminal;
    const began = (0,run/* beginning */.Ir)(terminal.now);
    // Of arguments that are wrong it is known all the same how their end shall be told.
    let json = isSwitchedOn(argv, '--json');
    let dryRun = isSwitchedOn(argv, '--dry-run');
    let report = valueIn(argv, '--report');
    let command = 'sync';
    try {
        const parsed = await parseArguments(terminal);
        if (parsed === undefined)
            return errors/* EXIT */.dc.done;
        const { raw, detailedExit } = parsed;
        json = parsed.json;
        dryRun = saysDryRun(raw);
        report = String(raw.report ?? '');
        const { inputs, directory } = placed(parsed);
        command = String(inputs.command ?? command);
        const options = await parseOptions(inputs, {
            shell: 'cli',
            cwd: terminal.cwd(),
            env: terminal.env,
            platform: terminal.platform,
            home: terminal.home,
            ...run/* parsing */.LK,
            ...(directory === undefined ? {} : { directory }),
        });
        const said = json
            ? jsonShell(terminal, options.logLevel)
            : await humanShell(terminal, options.logLevel, options.dryRun);
        const signals = terminal.onSignals();
        try {
            return await (0,run/* run */.eF)(options, {
                ...said,
                env: terminal.env,
                now: terminal.now,
                detailedExit,
                finish: async () => { },
            }, signals.signal, withEngine);
        }
        finally {
            signals.dispose();
        }
    }
    catch (error) {
        return await (0,run/* endBeforeRun */._$)(error, { command, dryRun, report, cwd: terminal.cwd, home: terminal.home }, began, {
            env: terminal.env,
            emit: (event) => {
                if (event.type === 'message')
                    stderr.write(`${event.level}: ${(0,console_text/* oneLine */.TN)(event.message)}\n`);
            },
            // A program that reads events is told the end in any case.
            finish: async (_, ended) => {
                if (json)
                    stdout.write(`${eventToJson(ended)}\n`);
            },
            fail: (message) => {
                stderr.write(`error: ${(0,console_text/* oneLine */.TN)(message)}${error instanceof ShapeError ? SHAPES_SHOWN : '\n'}`);
            },
        });
    }
}
/** Events as lines of JSON on standard output, and nothing else there. */
function jsonShell({ stdout }, level) {
    return {
        emit: (event) => {
            if (event.type === 'message' && !isShown(MESSAGE_LEVELS[event.level], level))
                return;
            stdout.write(`${eventToJson(event)}\n`);
        },
        // The `end` event has said it.
        fail: () => { },
    };
}
async function humanShell(terminal, level, dryRun) {
    const out = (line) => terminal.stdout.write(`${line}\n`);
    const err = (line) => terminal.stderr.write(`${line}\n`);
    const log = createLog();
    const sink = consoleSink(out, err, level);
    const view = await progressView(terminal, level, dryRun, err);
    const showProgress = firstProgress((progress) => view?.show(progress));
    return {
        emit: (event) => {
            showProgress(event);
            const lines = log(event);
            if (lines.some((line) => isShown(levelOf(line), level)))
                view?.clear();
            sink(lines);
            if (event.type === 'end')
                view?.stop();
        },
        fail: (message) => {
            view?.stop();
            err(`error: ${(0,console_text/* oneLine */.TN)(message)}`);
        },
    };
}
/**
 * Debugging writes a line a step: a bar would only flicker between them. TERM=dumb and NO_COLOR ask for text without the
 * escape sequences that a bar is drawn with.
 */
async function progressView({ bar, env }, level, dryRun, print) {
    if (!isShown('info', level))
        return undefined;
    const now = () => performance.now();
    const isPlain = env.TERM === 'dumb' || (env.NO_COLOR ?? '') !== '';
    if (bar !== undefined && !isPlain && level === 'info')
        return barProgress(bar, now, dryRun);
    return lineProgress(print, PROGRESS_LINE_MS, now, dryRun);
}
/** The two ways to say what goes where were mixed, or neither was used. */
class ShapeError extends errors/* SyncError */.S0 {
    constructor(message) {
        super('usage', errors/* EXIT */.dc.usage, message);
    }
}
/** Settles which of the two shapes was used: DIR and URL, or `--path` and `--bucket`. */
function placed({ raw: given, words }) {
    let raw = given;
    const [command = ''] = words;
    const rest = command_line_COMMANDS.has(command) ? words.slice(1) : words;
    if (command_line_COMMANDS.has(command))
        raw = { ...raw, command };
    if (command === 'publish')
        return { inputs: onePlace(raw, rest, 'publish') };
    if (command === 'remove')
        return { inputs: { ...onePlace(raw, words.slice(1), 'remove'), command } };
    const named = ['paths', 'bucket'].filter((name) => raw[name] !== undefined);
    if (rest.length === 0) {
        if (named.length > 0)
            return { inputs: raw };
        throw new ShapeError('nothing was given to publish');
    }
    const first = named[0];
    if (first !== undefined) {
        throw new ShapeError(`${rest.map(console_text/* printable */.g$).join(' ')} and --${(0,model_inputs/* inputDefinition */.O$)(first).option ?? first} were given`);
    }
    const [directory = '', destination, ...more] = rest;
    if (destination === undefined) {
        throw new ShapeError(isPlace(directory)
            ? `${(0,console_text/* printable */.g$)(directory)} is one place, and two are needed: from where, and to where`
            : `${(0,console_text/* printable */.g$)(directory)} says what to publish, but not where to`);
    }
    if (more.some((word) => !isPlace(word)) || (more.length > 0 && !isPlace(destination))) {
        const foreign = foreignCommand(rest);
        if (foreign !== undefined)
            throw new ShapeError(`${foreign} is no command here: write sync, or nothing`);
        throw new ShapeError(more.every((word) => /^[a-z-]+=/.test(word))
            ? `${more.map(console_text/* printable */.g$).join(' ')}: words behind the destination stand in one argument with it, as 's3://bucket/prefix region=eu-west-1'`
            : `one DIR can be given, and behind it places that begin with s3://`);
    }
    if (isPlace(directory)) {
        const to = isPlace(destination) ? { bucket: destination } : { destination };
        return { inputs: { ...withMirrors(raw, more), source: directory, ...to } };
    }
    checkUrl(destination);
    return { inputs: { ...withMirrors(raw, more), bucket: destination }, directory };
}
/** Further destinations, as arguments and as options. */
function withMirrors(raw, more) {
    const given = raw.mirrors ?? [];
    const mirrors = [...more, ...(typeof given === 'string' ? [given] : given)];
    return mirrors.length === 0 ? raw : { ...raw, mirrors };
}
/** What `remove` empties, and where `publish` completes a plan: one URL, or `--bucket`. */
function onePlace(raw, words, command) {
    const [destination, ...more] = words;
    if (destination === undefined) {
        if (raw.bucket !== undefined)
            return raw;
        throw new ShapeError(`nothing was given to ${command}`);
    }
    if (raw.bucket !== undefined) {
        throw new ShapeError(`${(0,console_text/* printable */.g$)(destination)} and --bucket were given`);
    }
    checkUrl(destination);
    if (more.length > 0) {
        throw new ShapeError(`${command} takes one destination, ${words.length} arguments were given`);
    }
    return { ...raw, bucket: destination };
}
/** Whether a word names a place in a bucket, not a directory. */
function isPlace(word) {
    return /^(s3:\/\/|"s3:\/\/|arn:)/i.test(word);
}
function checkUrl(destination) {
    if (isPlace(destination))
        return;
    throw new ShapeError(`${(0,console_text/* printable */.g$)(destination)} is no destination: it begins with s3://`);
}
const CLI_NAMES = model_inputs/* INPUT_NAMES */.Qh.filter((name) => (0,model_inputs/* inputDefinition */.O$)(name).only !== 'action');
function optionName(name) {
    return (0,model_inputs/* inputDefinition */.O$)(name).option ?? name;
}
/** Whether a flag stands among arguments, however wrong the others are. */
function isSwitchedOn(argv, flag) {
    return optionsIn(argv).some((option) => option === flag || option.toLowerCase() === `${flag}=true`);
}
/** What an option is given among arguments, likewise; empty: nothing, or what looks like the next option. */
function valueIn(argv, option) {
    const options = optionsIn(argv);
    const at = options.findLastIndex((word) => word === option || word.startsWith(`${option}=`));
    const word = options[at] === option ? options[at + 1] : options[at]?.slice(option.length + 1);
    return word === undefined || word.startsWith('-') ? '' : word;
}
function optionsIn(argv) {
    const end = argv.indexOf('--');
    return end === -1 ? argv : argv.slice(0, end);
}
/**
 * Arguments as the inputs that they stand for; `undefined` where they were answered (help, version). Rejects with a
 * `SyncError` of exit 2.
 */
async function parseArguments({ argv, stdout }) {
    const { Command, Option, CommanderError } = await __nccwpck_require__.e(/* import() */ 179).then(__nccwpck_require__.bind(__nccwpck_require__, 8179));
    const program = new Command('s3-dedup-sync');
    describe(program, stdout);
    for (const name of CLI_NAMES) {
        const definition = (0,model_inputs/* inputDefinition */.O$)(name);
        const option = new Option(`--${optionName(name)}${valueFlag(definition)}`, helpText(definition));
        option.helpGroup(`${definition.group}:`);
        option.argParser((value, previous) => together(name, value, previous));
        program.addOption(option);
    }
    program.addOption(new Option('--json', 'Write events as JSON Lines to standard output, and no text.').helpGroup('Run and report:'));
    program.addOption(new Option('--detailed-exitcode', 'End with 6 when a dry run would change something.').helpGroup('Run and report:'));
    try {
        program.parse(bareFlagsMeanTrue(argv), { from: 'user' });
    }
    catch (error) {
        if (!(error instanceof CommanderError))
            throw error;
        if (isAnswer(error))
            return undefined;
        const message = (0,console_text/* oneLine */.TN)(error.message.replace(/^error: /, '').trim());
        const [unknown, option = ''] = /^unknown option '--?([\w-]+)[^']*'/.exec(message) ?? [];
        const instead = insteadOf(option);
        throw (0,errors/* usageError */.Wp)(`${instead === undefined ? message : `${unknown}: ${instead}`} (--help lists all options)`);
    }
    const given = program.opts();
    const raw = {};
    for (const name of CLI_NAMES) {
        const value = given[camelCase(optionName(name))];
        if (value !== undefined && value !== true)
            raw[name] = value;
    }
    return {
        raw,
        words: program.args,
        json: given.json === true,
        detailedExit: given.detailedExitcode === true,
    };
}
/** An option that is given again: of what takes one value the last counts, as elsewhere. */
function together(name, value, previous) {
    const { kind, repeatable } = (0,model_inputs/* inputDefinition */.O$)(name);
    if (kind === 'lines')
        return [...(previous ?? []), value];
    return repeatable === true && previous !== undefined ? `${String(previous)}\n${value}` : value;
}
function describe(program, stdout) {
    program
        .description('Publishes a tree of files to S3, sending each distinct content once, and brings it back.')
        .usage(USAGE)
        .argument('[words...]')
        .version(version/* VERSION */.x, '--version', 'Print the version.')
        .helpOption('--help', 'Print this.')
        .addHelpText('after', EPILOGUE)
        .exitOverride()
        .configureHelp({
        helpWidth: 110,
        visibleArguments: () => [],
        // Booleans take `=false` too; a bare flag is what people write.
        optionTerm: (option) => option.flags.replace(' [boolean]', ''),
    })
        .configureOutput({
        writeOut: (text) => stdout.write(text),
        // What is wrong is told where every run ends.
        writeErr: () => undefined,
    });
}
function isAnswer(error) {
    return error.code === 'commander.helpDisplayed' || error.code === 'commander.version';
}
function valueFlag(definition) {
    switch (definition.kind) {
        case 'boolean':
            return ' [boolean]';
        case 'enum':
            if (isSwitch(definition))
                return ' [value]';
            return ` <${definition.placeholder ?? definition.values?.join('|') ?? 'VALUE'}>`;
        case 'string':
        case 'lines':
        case 'number':
        case 'duration':
        case 'limit':
        case 'size':
            return ` <${definition.placeholder ?? 'VALUE'}>`;
    }
}
function helpText(definition) {
    const fallback = definition.cliDefault ?? definition.shownDefault ?? definition.default;
    const text = definition.description
        .replaceAll('`', '')
        .replace(/, one a line(?: or separated by commas)?/, '');
    const repeated = definition.kind === 'lines' || definition.repeatable === true ? ' Repeatable.' : '';
    const said = definition.kind === 'boolean' || fallback === undefined ? '' : ` Default: ${fallback}.`;
    return `${text}${repeated}${said}`;
}
/**
 * `--dry-run DIR` must not take DIR for the boolean's value, which is written `--dry-run=false` alone. commander
 * has no option that takes a value after `=` and not as the next word, so the bare flag is spelled out for it.
 */
function bareFlagsMeanTrue(argv) {
    const flags = new Map();
    for (const name of CLI_NAMES) {
        const definition = (0,model_inputs/* inputDefinition */.O$)(name);
        if (isSwitch(definition))
            flags.set(`--${optionName(name)}`, definition);
    }
    const end = argv.indexOf('--');
    return argv.map((word, at) => {
        const definition = flags.get(word);
        if (definition === undefined || (end !== -1 && at >= end))
            return word;
        return definition.values?.includes(argv[at + 1] ?? '') === true ? word : `${word}=true`;
    });
}
/** Whether the flag alone means true. */
function isSwitch({ kind, values }) {
    return kind === 'boolean' || (kind === 'enum' && values?.includes('true') === true);
}
/** As commander names options. */
function camelCase(name) {
    return name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());
}


/***/ }),

/***/ 962:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   j6: () => (/* binding */ transferPrice),
/* harmony export */   m: () => (/* binding */ mirroredText),
/* harmony export */   ns: () => (/* binding */ requestCost)
/* harmony export */ });
/* unused harmony exports costSentence, dollars */
/* harmony import */ var _format_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(5380);

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
    const came = ways.map(({ count, done }) => `${(0,_format_js__WEBPACK_IMPORTED_MODULE_0__/* .formatFiles */ .HL)(count.files)} (${(0,_format_js__WEBPACK_IMPORTED_MODULE_0__/* .formatBytes */ .z3)(count.bytes)}) ${done}`);
    const bytes = copied.bytes + sent.bytes;
    const time = bytesPerSecond === undefined
        ? ''
        : `, about ${(0,_format_js__WEBPACK_IMPORTED_MODULE_0__/* .formatSeconds */ .Xo)(bytes / bytesPerSecond)} at ${(0,_format_js__WEBPACK_IMPORTED_MODULE_0__/* .formatBytes */ .z3)(bytesPerSecond)}/s`;
    const all = `sending all takes ${(0,_format_js__WEBPACK_IMPORTED_MODULE_0__/* .formatBytes */ .z3)(bytes)} of this machine's line${time}`;
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


/***/ }),

/***/ 5380:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   B4: () => (/* binding */ formatCount),
/* harmony export */   CE: () => (/* binding */ formatRate),
/* harmony export */   HL: () => (/* binding */ formatFiles),
/* harmony export */   Xo: () => (/* binding */ formatSeconds),
/* harmony export */   ft: () => (/* binding */ formatFilesAndBytes),
/* harmony export */   i_: () => (/* binding */ formatRequests),
/* harmony export */   l9: () => (/* binding */ formatPercent),
/* harmony export */   sb: () => (/* binding */ formatStepsWere),
/* harmony export */   z3: () => (/* binding */ formatBytes)
/* harmony export */ });
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


/***/ }),

/***/ 2848:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Iw: () => (/* binding */ pathFrom),
/* harmony export */   Z6: () => (/* binding */ unusablePath),
/* harmony export */   bb: () => (/* binding */ isBelowHome),
/* harmony export */   vh: () => (/* binding */ homeFor)
/* harmony export */ });
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(6760);
/* harmony import */ var _model_errors_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(4132);


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
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Df: () => (/* binding */ withoutCommands),
/* harmony export */   TN: () => (/* binding */ oneLine),
/* harmony export */   g$: () => (/* binding */ printable),
/* harmony export */   ml: () => (/* binding */ shorten)
/* harmony export */ });
/* unused harmony exports markdownCode, markdownText */
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

/***/ 924:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   A3: () => (/* binding */ spared),
/* harmony export */   Hq: () => (/* binding */ isChanged),
/* harmony export */   L_: () => (/* binding */ sumTotals),
/* harmony export */   Mw: () => (/* binding */ sumRequests),
/* harmony export */   Xi: () => (/* binding */ totalRequests),
/* harmony export */   Y_: () => (/* binding */ changedFiles),
/* harmony export */   _e: () => (/* binding */ sumReused),
/* harmony export */   wv: () => (/* binding */ NO_TOTALS)
/* harmony export */ });
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


/***/ }),

/***/ 9503:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   j: () => (/* binding */ TOOL),
/* harmony export */   x: () => (/* binding */ VERSION)
/* harmony export */ });
/** The version of package.json; written by `npm run generate`, so that a copy of dist alone knows it. */
const VERSION = '1.0.0';
const TOOL = `s3-dedup-sync/${VERSION}`;


/***/ }),

/***/ 5438:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Gj: () => (/* binding */ notDone),
/* harmony export */   J$: () => (/* binding */ REASON_WORDS),
/* harmony export */   rl: () => (/* binding */ verbOf),
/* harmony export */   wC: () => (/* binding */ withoutKey)
/* harmony export */ });
/* unused harmony export ERROR_MEANINGS */
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


/***/ }),

/***/ 8781:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   MF: () => (/* binding */ FileCalls),
/* harmony export */   N6: () => (/* binding */ giveTraits),
/* harmony export */   QY: () => (/* binding */ unlessAbsent)
/* harmony export */ });
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(3024);
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(1455);
/* harmony import */ var _in_place_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(8090);



/** Longer bodies are written through the pool: the copy alone would keep the thread. Bytes. */
const IN_PLACE_BYTES = 256 * 1024;
/** Open, write, close. */
const CREATE_CALLS = 3;
/**
 * The calls that make a small file under a name, each in place or through the thread pool, see `InPlace`. A download
 * makes seven of them a file; through the pool alone they take more of this thread than everything else of it.
 */
class FileCalls {
    #inPlace;
    /** @param now milliseconds */
    constructor(now) {
        this.#inPlace = new _in_place_js__WEBPACK_IMPORTED_MODULE_2__/* .InPlace */ .B(_in_place_js__WEBPACK_IMPORTED_MODULE_2__/* .QUICK_CALLS */ .g, now);
    }
    /** `undefined`: nothing is there. */
    lstat(path) {
        return this.#inPlace.call(() => (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.lstatSync)(path, { bigint: true, throwIfNoEntry: false }), () => (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.lstat)(path, { bigint: true }).catch(unlessAbsent));
    }
    link(from, to) {
        return this.#inPlace.call(() => (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.linkSync)(from, to), () => (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.link)(from, to));
    }
    rename(from, to) {
        return this.#inPlace.call(() => (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.renameSync)(from, to), () => (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.rename)(from, to));
    }
    unlink(path) {
        return this.#inPlace.call(() => (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.unlinkSync)(path), () => (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.unlink)(path));
    }
    /** Makes a file where there is none, and through no link; of one that could not be written whole a part may be left. */
    async create(path, body, traits) {
        if (body.length > IN_PLACE_BYTES)
            return createThroughPool(path, body, traits);
        return this.#inPlace.call(() => createInPlace(path, body, traits), () => createThroughPool(path, body, traits), CREATE_CALLS);
    }
}
function createInPlace(path, body, { mode, time }) {
    const descriptor = (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.openSync)(path, 'wx');
    try {
        (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.writeFileSync)(descriptor, body);
        if (mode !== undefined)
            (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.fchmodSync)(descriptor, mode);
        if (time !== undefined)
            (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.futimesSync)(descriptor, time, time);
    }
    finally {
        (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.closeSync)(descriptor);
    }
}
async function createThroughPool(path, body, traits) {
    const handle = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.open)(path, 'wx');
    try {
        await handle.writeFile(body);
        await giveTraits(handle, traits);
    }
    finally {
        await handle.close();
    }
}
async function giveTraits(handle, { mode, time }) {
    if (mode !== undefined)
        await handle.chmod(mode);
    if (time !== undefined)
        await handle.utimes(time, time);
}
/** For what may not be there. */
function unlessAbsent(error) {
    if (error.code !== 'ENOENT')
        throw error;
    return undefined;
}


/***/ }),

/***/ 6190:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   R: () => (/* binding */ homeDirectory),
/* harmony export */   v: () => (/* binding */ homeDirectories)
/* harmony export */ });
/* harmony import */ var node_os__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(8161);

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

/***/ 8090:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   B: () => (/* binding */ InPlace),
/* harmony export */   g: () => (/* binding */ QUICK_CALLS)
/* harmony export */ });
/* harmony import */ var node_timers_promises__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(8500);

/** Milliseconds that the thread may be kept from everything else. */
const BREATH_MS = 3;
/** Of calls that take microseconds where memory answers them. */
const QUICK_CALLS = { slowMs: 0.2, judged: 100, through: 2_000 };
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

/***/ 2572:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   F: () => (/* binding */ isInside)
/* harmony export */ });
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(6760);

/** Whether a path is a directory or below it. */
function isInside(path, directory) {
    return path === directory || path.startsWith(directory.endsWith(node_path__WEBPACK_IMPORTED_MODULE_0__.sep) ? directory : directory + node_path__WEBPACK_IMPORTED_MODULE_0__.sep);
}


/***/ }),

/***/ 6417:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   j: () => (/* binding */ openFilesLimit)
/* harmony export */ });
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(3024);

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

/***/ 170:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   LB: () => (/* binding */ tryReplacing),
/* harmony export */   Oh: () => (/* binding */ makeDirectory),
/* harmony export */   Px: () => (/* binding */ NotOursError),
/* harmony export */   VI: () => (/* binding */ beginningOf),
/* harmony export */   fR: () => (/* binding */ replaceFile)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(7598);
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(1455);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(6760);
/* harmony import */ var _file_calls_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(8781);




/** Enough of a file to tell what wrote it. Bytes. */
const BEGIN_BYTES = 256;
/** What lies there is somebody's file, that a path was given of by mistake. */
class NotOursError extends Error {
    name = 'NotOursError';
    advice = 'name another place, or delete it';
}
/**
 * Writes a file whole or not at all: to a temporary file beside it, then renamed. Piece by piece, as what is
 * written need not fit one string. Rejects with the system's error; the old file is then still there.
 *
 * Devices and pipes are left alone: as root a rename would put a file in the place of /dev/null, for all of the machine.
 *
 * @param ours what a file is that may be replaced; absent: any, and an empty one is anybody's
 */
async function replaceFile(path, pieces, ours) {
    await makeDirectory((0,node_path__WEBPACK_IMPORTED_MODULE_2__.dirname)(path));
    await refuseOthers(path, ours);
    const temporary = besides(path);
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
/**
 * Rejects where `replaceFile` could not even begin; the file stays as it is. Directories that are not there are not made:
 * below a root an empty one looks like a build that made nothing.
 */
async function tryReplacing(path, ours) {
    await refuseOthers(path, ours);
    let directory = (0,node_path__WEBPACK_IMPORTED_MODULE_2__.dirname)(path);
    while (!(await isThere(directory)))
        directory = (0,node_path__WEBPACK_IMPORTED_MODULE_2__.dirname)(directory);
    const temporary = besides((0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(directory, (0,node_path__WEBPACK_IMPORTED_MODULE_2__.basename)(path)));
    await (await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.open)(temporary, 'wx')).close();
    await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.rm)(temporary);
}
/** Where a file is written that is to take the place of another, or to be a new one. */
function besides(path) {
    return `${path}.${(0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.randomBytes)(6).toString('hex')}.tmp`;
}
/** How a regular file begins, be it led to by a link; `undefined`: there is none. */
async function beginningOf(path) {
    // A pipe would never end.
    if ((await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.stat)(path).catch(_file_calls_js__WEBPACK_IMPORTED_MODULE_3__/* .unlessAbsent */ .QY))?.isFile() !== true)
        return undefined;
    const file = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.open)(path);
    try {
        const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(BEGIN_BYTES) });
        return buffer.subarray(0, bytesRead);
    }
    finally {
        await file.close();
    }
}
async function refuseOthers(path, ours) {
    const there = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.stat)(path).catch(() => undefined);
    // /dev/stdout leads to what the process has open, be that a file: what would be replaced is the link.
    const link = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.readlink)(path).catch(() => '');
    if (there?.isFile() === false || link.startsWith('/proc/'))
        throw new Error('it is not a regular file');
    const begin = ours === undefined ? undefined : await beginningOf(path);
    if (begin !== undefined && begin.length > 0 && !ours?.begins(begin))
        throw new NotOursError(`what lies there is no ${ours?.what} of this tool`);
}
async function isThere(path) {
    try {
        await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.stat)(path);
        return true;
    }
    catch (error) {
        if (error.code === 'ENOENT' && (0,node_path__WEBPACK_IMPORTED_MODULE_2__.dirname)(path) !== path)
            return false;
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

/***/ 3168:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   J: () => (/* binding */ endProcess)
/* harmony export */ });
/** What may still be open after the last word, as an abandoned download, must not keep the job. */
const LINGER_MS = 2_000;
/** Ends the process when its last word is out. */
function endProcess() {
    // Flushed first: a pipe is written asynchronously on some systems.
    process.stdout.write('', () => setTimeout(() => process.exit(), LINGER_MS).unref());
}


/***/ }),

/***/ 9621:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   E0: () => (/* binding */ cutSize),
/* harmony export */   G3: () => (/* binding */ areOfUnit),
/* harmony export */   TM: () => (/* binding */ stretchesOf),
/* harmony export */   U9: () => (/* binding */ isChunksText),
/* harmony export */   bF: () => (/* binding */ cutChunks),
/* harmony export */   ey: () => (/* binding */ formatChunks),
/* harmony export */   si: () => (/* binding */ parseChunks),
/* harmony export */   u8: () => (/* binding */ chunkUnit)
/* harmony export */ });
/* harmony import */ var node_zlib__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(8522);

const KIB = 1024;
const MIB = 1024 * KIB;
/** Files of this size are cut into chunks: below it a plain upload is over before much could be spared. Bytes. */
const LEAST_FILE = 64 * MIB;
const MOST_FILE = 4 * 1024 ** 4;
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
        sum = (0,node_zlib__WEBPACK_IMPORTED_MODULE_0__.crc32)(bytes.subarray(0, at), sum);
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
        sum = (0,node_zlib__WEBPACK_IMPORTED_MODULE_0__.crc32)(bytes, sum);
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
function isChunksText(value) {
    return typeof value === 'string' && value.length <= MOST_TEXT && BASE64.test(value);
}
/** `undefined`: these are no chunks of an object of `size` bytes. */
function parseChunks(text, size) {
    if (!isChunksText(text))
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


/***/ }),

/***/ 7452:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
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

/***/ 6112:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  w2: () => (/* binding */ MAX_INDEX_BYTES),
  JS: () => (/* binding */ beginsAsIndex),
  Qd: () => (/* binding */ earliest),
  gW: () => (/* binding */ emptyIndex),
  kS: () => (/* binding */ formatDestination),
  su: () => (/* binding */ formatEnded),
  Qe: () => (/* binding */ formatIndex),
  Ak: () => (/* binding */ formatInvalidation),
  Cu: () => (/* binding */ formatLayout),
  TT: () => (/* binding */ formatRenewing),
  JR: () => (/* binding */ formatUpload),
  c4: () => (/* binding */ formatWriting),
  HY: () => (/* binding */ journalPath),
  db: () => (/* binding */ layoutParts),
  ev: () => (/* binding */ layoutSize),
  qw: () => (/* binding */ otherLines),
  A1: () => (/* binding */ parseIndex),
  U8: () => (/* binding */ parseLayout),
  CI: () => (/* binding */ partsOf),
  Ng: () => (/* binding */ uniformLayout)
});

// UNUSED EXPORTS: EMPTY_INDEX

// EXTERNAL MODULE: external "node:zlib"
var external_node_zlib_ = __nccwpck_require__(8522);
// EXTERNAL MODULE: ./build/src/model/chunks.js
var model_chunks = __nccwpck_require__(9621);
// EXTERNAL MODULE: ./build/src/model/digest.js
var digest = __nccwpck_require__(6799);
// EXTERNAL MODULE: ./build/src/model/entries-table.js
var entries_table = __nccwpck_require__(3842);
// EXTERNAL MODULE: ./build/src/model/index-rows.js
var index_rows = __nccwpck_require__(8401);
// EXTERNAL MODULE: ./build/src/model/md5-column.js
var md5_column = __nccwpck_require__(9018);
// EXTERNAL MODULE: ./build/src/model/name-table.js
var name_table = __nccwpck_require__(8025);
;// CONCATENATED MODULE: ./build/src/model/file-entries.js




const FIRST_ROWS = 1024;
/** What an index knows of local files, by path, in the order of its lines: 71 bytes each beside the path. */
class FileEntries extends entries_table/* EntriesTable */.r {
    #sizes = new Float64Array(FIRST_ROWS);
    #mtimes = new BigInt64Array(FIRST_ROWS);
    #ctimes = new BigInt64Array(FIRST_ROWS);
    #inodes = new BigInt64Array(FIRST_ROWS);
    #md5s = new md5_column/* Md5Column */.B();
    #plain = new Uint8Array(FIRST_ROWS);
    /** Those that columns cannot hold. */
    #others = new Map();
    /** Replaces what has the same path. */
    set(path, entry) {
        const row = this.names.add(path);
        if (row >= this.#sizes.length)
            this.#widen();
        const { size, mtimeNs, ctimeNs, ino, md5, plain } = entry;
        if (!(0,index_rows/* isFileRow */.hg)(entry)) {
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
        this.#sizes = (0,name_table/* moved */.aW)(this.#sizes, new Float64Array(rows));
        this.#mtimes = (0,name_table/* moved */.aW)(this.#mtimes, new BigInt64Array(rows));
        this.#ctimes = (0,name_table/* moved */.aW)(this.#ctimes, new BigInt64Array(rows));
        this.#inodes = (0,name_table/* moved */.aW)(this.#inodes, new BigInt64Array(rows));
        this.#plain = (0,name_table/* moved */.aW)(this.#plain, new Uint8Array(rows));
    }
}

// EXTERNAL MODULE: ./build/src/model/invalidation.js
var model_invalidation = __nccwpck_require__(5135);
// EXTERNAL MODULE: ./build/src/model/object-entries.js
var object_entries = __nccwpck_require__(945);
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
const MAX_INDEX_BYTES = 1024 ** 3;
/** Objects, files and other lines; short ones are cheap to forge and take five times their memory. */
const MAX_ENTRIES = 4_000_000;
/** Paths that a distribution is owed: a run leaves 1,000 at most, and more of them are everything. */
const MAX_OWED_PATHS = 5_000;
/** A line longer than this is not ours: columns are the longest, with 96 Ki characters of names. */
const MAX_LINE = 1024 * 1024;
/** Paths or keys of one line. Characters. */
const MAX_LINE_OF_NAMES = 32 * 1024;
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
const DAMAGED = -1;
/** What the lines of a journal and then of its index say, as far as they are about one destination. */
class Said {
    #destination;
    /** What the lines that come are about. */
    #speaksOf;
    #objects = new object_entries/* ObjectEntries */.Q();
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
        const block = (0,index_rows/* objectBlock */.rs)(columns);
        if (block === undefined)
            return DAMAGED;
        this.#objects.setRows(block);
        return block.keys.length;
    }
    #takeFiles(columns) {
        const block = (0,index_rows/* fileBlock */.Ap)(columns);
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
        if (!(0,index_rows/* isSize */.kp)(writing))
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
            deploys: (0,index_rows/* isSize */.kp)(deploys) && !isElsewhere ? deploys : this.#writer.deploys,
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
    let rows = new index_rows/* ObjectRows */.Jp();
    for (const [key, entry] of objects) {
        if (!(0,index_rows/* isObjectRow */.oM)(entry)) {
            const { extra, ...members } = entry;
            yield line({ ...extra, key, ...members });
            continue;
        }
        rows.add(key, entry);
        if (!rows.isFull)
            continue;
        yield line({ objects: rows.columns });
        rows = new index_rows/* ObjectRows */.Jp();
    }
    if (rows.length > 0)
        yield line({ objects: rows.columns });
}
/** In their order, by which two runs are compared. */
function* formatFiles(files) {
    let rows = new index_rows/* FileRows */.uP();
    for (const [path, entry] of files) {
        const isRow = (0,index_rows/* isFileRow */.hg)(entry);
        if (isRow)
            rows.add(path, entry);
        if (rows.isFull || (!isRow && rows.length > 0)) {
            yield line({ files: rows.columns });
            rows = new index_rows/* FileRows */.uP();
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
    return `${(0,external_node_zlib_.crc32)(json).toString(16).padStart(8, '0')} ${json}\n`;
}
function parseLine(bytes, start, end) {
    if (end - start < 11 || bytes[start + 8] !== 0x20)
        return undefined;
    const body = new Uint8Array(bytes.buffer, bytes.byteOffset + start + 9, end - start - 9);
    if (checksumAt(bytes, start) !== (0,external_node_zlib_.crc32)(body))
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
    const etag = typeof rawETag === 'string' ? (0,digest/* parseETag */.nn)(rawETag) : undefined;
    const md5 = typeof rawMd5 === 'string' ? (0,digest/* parseMd5 */.S2)(rawMd5) : undefined;
    const isWrong = rawMd5 !== undefined && md5 === undefined;
    if (etag === undefined || isWrong || !(0,index_rows/* isSize */.kp)(size))
        return undefined;
    const entry = { etag, size };
    if (md5 !== undefined)
        entry.md5 = md5;
    if (typeof parts === 'string' && parseLayout(parts) !== undefined)
        entry.parts = parts;
    if ((0,model_chunks/* isChunksText */.U9)(chunks))
        entry.chunks = chunks;
    if (typeof headers === 'string')
        entry.headers = headers;
    if (typeof source === 'string')
        entry.source = source;
    if (incompressible === 'gzip' || incompressible === 'br')
        entry.incompressible = incompressible;
    if (typeof asked === 'string')
        entry.class = asked;
    if ((0,index_rows/* isSize */.kp)(modified))
        entry.modified = modified;
    if ((0,index_rows/* isSize */.kp)(written))
        entry.written = written;
    const extra = extraOf(record, OBJECT_FIELDS);
    if (extra !== undefined)
        entry.extra = extra;
    return entry;
}
function fileEntry(record) {
    const { size, mtimeNs, ctimeNs, ino, md5: rawMd5, etag: rawETag, plain, stored } = record;
    const md5 = typeof rawMd5 === 'string' ? (0,digest/* parseMd5 */.S2)(rawMd5) : undefined;
    const etag = typeof rawETag === 'string' ? (0,digest/* parseETag */.nn)(rawETag) : undefined;
    if (md5 === undefined || !(0,index_rows/* isSize */.kp)(size))
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
    const etag = typeof text === 'string' ? (0,digest/* parseETag */.nn)(text) : undefined;
    return etag === undefined || !(0,index_rows/* isSize */.kp)(since) || !(0,index_rows/* isSize */.kp)(deploys) ? undefined : { etag, since, deploys };
}
function owedOf(lines) {
    const invalidations = new Map();
    for (const [distribution, { paths, mapping }] of lines) {
        const all = paths.size > MAX_OWED_PATHS ? [model_invalidation/* EVERYTHING */.Qz] : [...paths];
        invalidations.set(distribution, { paths: all, ...(mapping === undefined ? {} : { mapping }) });
    }
    return invalidations;
}
/** Adds what a line says; false: it says nothing that may be believed. */
function addInvalidation(owed, record) {
    const { invalidation, paths, stripPrefix, addPrefix } = record;
    if (typeof invalidation !== 'string' || !(0,model_invalidation/* isDistribution */.Rj)(invalidation) || !Array.isArray(paths))
        return false;
    const known = paths.filter((path) => typeof path === 'string' && (0,model_invalidation/* isInvalidationPath */.eX)(path));
    const isMapped = typeof stripPrefix === 'string' && typeof addPrefix === 'string';
    const isUnmapped = stripPrefix === undefined && addPrefix === undefined;
    if (known.length < paths.length || !(isMapped || isUnmapped))
        return false;
    const all = owed.get(invalidation) ?? { paths: new Set(), mapping: undefined };
    owed.set(invalidation, all);
    if (isMapped) {
        all.mapping ??= { stripPrefix, addPrefix };
        // Two runs at once, which mapped otherwise.
        if (!(0,model_invalidation/* isSameMapping */.vu)(all.mapping, { stripPrefix, addPrefix }))
            known.push(model_invalidation/* EVERYTHING */.Qz);
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
    const md5 = typeof rawMd5 === 'string' ? (0,digest/* parseMd5 */.S2)(rawMd5) : undefined;
    if (typeof upload !== 'string' || upload === '' || typeof key !== 'string' || md5 === undefined)
        return undefined;
    if (typeof parts !== 'string' || typeof headers !== 'string' || typeof process !== 'string')
        return undefined;
    const layout = parseLayout(parts);
    if (!(0,index_rows/* isSize */.kp)(size) || !(0,index_rows/* isSize */.kp)(begun) || layout === undefined)
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


/***/ }),

/***/ 6799:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Eq: () => (/* binding */ multipartETag),
/* harmony export */   JK: () => (/* binding */ isOfOnePart),
/* harmony export */   Q: () => (/* binding */ classifyETag),
/* harmony export */   S2: () => (/* binding */ parseMd5),
/* harmony export */   fm: () => (/* binding */ contentId),
/* harmony export */   iF: () => (/* binding */ md5Of),
/* harmony export */   lQ: () => (/* binding */ EMPTY_MD5),
/* harmony export */   nn: () => (/* binding */ parseETag),
/* harmony export */   tI: () => (/* binding */ base64OfMd5)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(7598);

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
    return (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.hash)('md5', bytes, 'hex');
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
    return `${(0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.hash)('md5', Buffer.from(partMd5s.join(''), 'hex'), 'hex')}-${partMd5s.length}`;
}
/** Whether an ETag is that of an upload of one part: the MD5 of the whole can say which. */
function isOfOnePart(etag) {
    return etag.endsWith('-1') && MULTIPART.test(etag);
}


/***/ }),

/***/ 4482:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   p: () => (/* binding */ environmentEndpoint)
/* harmony export */ });
/** The endpoint that the SDK would take from the environment. */
function environmentEndpoint(env, service) {
    if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true')
        return undefined;
    return env[`AWS_ENDPOINT_URL_${service}`] || env.AWS_ENDPOINT_URL || undefined;
}


/***/ }),

/***/ 6452:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   v: () => (/* binding */ EntriesMap)
/* harmony export */ });
/** What a read-only Map is besides its entries, for tables that make those as they are asked for. */
class EntriesMap {
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


/***/ }),

/***/ 3842:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   r: () => (/* binding */ EntriesTable)
/* harmony export */ });
/* harmony import */ var _entries_map_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(6452);
/* harmony import */ var _name_table_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(8025);


/** Entries by name whose members lie in columns, in the order in which the names were first met. Each is made as it is asked for. */
class EntriesTable extends _entries_map_js__WEBPACK_IMPORTED_MODULE_0__/* .EntriesMap */ .v {
    names = new _name_table_js__WEBPACK_IMPORTED_MODULE_1__/* .NameTable */ .K3();
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


/***/ }),

/***/ 4132:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Mr: () => (/* binding */ mistakeText),
/* harmony export */   S0: () => (/* binding */ SyncError),
/* harmony export */   Wp: () => (/* binding */ usageError),
/* harmony export */   _s: () => (/* binding */ unreadableFile),
/* harmony export */   bD: () => (/* binding */ messageOf),
/* harmony export */   dc: () => (/* binding */ EXIT),
/* harmony export */   gX: () => (/* binding */ worstExit),
/* harmony export */   x5: () => (/* binding */ refusal)
/* harmony export */ });
/* harmony import */ var _secrets_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(2166);

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
        super((0,_secrets_js__WEBPACK_IMPORTED_MODULE_0__/* .withoutSecrets */ .c)(message), options);
        this.code = code;
        this.exit = exit;
    }
}
function usageError(message) {
    return new SyncError('usage', EXIT.usage, message);
}
/** @param what the file that an input names, for people */
function unreadableFile(what, cause) {
    const message = `${what} cannot be read (${messageOf(cause)}): check the path`;
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
    return `internal error: ${messageOf(error)}. This is a mistake in s3-dedup-sync: please report it, with the log of a run with log-level: debug`;
}
/** The message of anything thrown, on one line and without secrets. */
function messageOf(error) {
    const text = error instanceof Error ? error.message || error.name : String(error);
    return (0,_secrets_js__WEBPACK_IMPORTED_MODULE_0__/* .withoutSecrets */ .c)(text.replace(/\s*[\r\n]+\s*/g, ' ').trim());
}


/***/ }),

/***/ 700:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
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
/* harmony import */ var _inputs_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(3574);
/* harmony import */ var _object_key_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(5142);


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

/***/ 8401:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Ap: () => (/* binding */ fileBlock),
/* harmony export */   Jp: () => (/* binding */ ObjectRows),
/* harmony export */   hg: () => (/* binding */ isFileRow),
/* harmony export */   kp: () => (/* binding */ isSize),
/* harmony export */   oM: () => (/* binding */ isObjectRow),
/* harmony export */   rs: () => (/* binding */ objectBlock),
/* harmony export */   uP: () => (/* binding */ FileRows),
/* harmony export */   x3: () => (/* binding */ NONE)
/* harmony export */ });
/* harmony import */ var _digest_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(6799);
/* harmony import */ var _name_table_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(8025);
/* harmony import */ var _numbering_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(4684);



/*
 * Most of what an index says is a few plain members of many objects or files. A line for each costs more to read and to
 * write than all else of a run in which nothing changed; as columns JSON has few values to make, and they are told apart
 * by their place.
 */
/** Rows of one line: what a damaged one takes along. */
const ROWS = 1000;
/** Names of one line. Characters: JSON may take six bytes for each. */
const NAME_CHARS = 96 * 1024;
const MD5_DIGITS = 32;
const HEX = /^[0-9a-f]*$/;
const BITS = /^[01]*$/;
/** In place of what a row does not have. */
const NONE = -1;
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
function isObjectRow(entry) {
    const { etag, md5, parts, chunks, source, incompressible, extra } = entry;
    if (md5 === undefined || entry.class !== undefined || incompressible !== undefined)
        return false;
    if (parts !== undefined || chunks !== undefined || source !== undefined || extra !== undefined)
        return false;
    return etag === md5 || (0,_digest_js__WEBPACK_IMPORTED_MODULE_0__/* .parseMd5 */ .S2)(etag) !== undefined;
}
/** Whether columns can say all of it. */
function isFileRow({ mtimeNs, ctimeNs, ino, etag, stored, extra }) {
    if (etag !== undefined || stored !== undefined || extra !== undefined)
        return false;
    return (0,_name_table_js__WEBPACK_IMPORTED_MODULE_1__/* .fits */ .lA)(mtimeNs) && (0,_name_table_js__WEBPACK_IMPORTED_MODULE_1__/* .fits */ .lA)(ctimeNs) && (0,_name_table_js__WEBPACK_IMPORTED_MODULE_1__/* .fits */ .lA)(ino);
}
/** Gathers objects for one line. */
class ObjectRows {
    #keys = [];
    #sizes = [];
    #md5s = '';
    #etags = '';
    #headers = [];
    #headerDigests = new _numbering_js__WEBPACK_IMPORTED_MODULE_2__/* .Numbering */ .U();
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
        this.#headers.push(headers === undefined ? NONE : this.#headerDigests.numberOf(headers));
        this.#modified.push(modified ?? NONE);
        this.#written.push(written ?? NONE);
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
class FileRows {
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
function objectBlock(value) {
    if (!isRecord(value, OBJECT_COLUMNS))
        return undefined;
    const { key: keys, size: sizes, md5: md5s, etag: etags = md5s, headers, modified, written } = value;
    if (!isEvery(keys, isString))
        return undefined;
    const rows = keys.length;
    const isTime = (column) => column === undefined || (isEvery(column, isTimeOrNone) && column.length === rows);
    if (!isEvery(sizes, isSize) || sizes.length !== rows)
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
        headers: (row) => (places === undefined || places[row] === NONE ? undefined : distinct[places[row]]),
    };
}
/** `undefined`: the line is not whole. */
function fileBlock(value) {
    if (!isRecord(value, FILE_COLUMNS))
        return undefined;
    const { path: paths, size: sizes, md5, mtimeNs, ctimeNs, ino, plain } = value;
    if (!isEvery(paths, isString) || !isEvery(sizes, isSize) || sizes.length !== paths.length)
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
function isSize(value) {
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
function isTimeOrNone(value) {
    return value === NONE || isSize(value);
}
function isNone(value) {
    return value === NONE;
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


/***/ }),

/***/ 3574:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   O$: () => (/* binding */ inputDefinition),
/* harmony export */   QY: () => (/* binding */ WORD_NAMES),
/* harmony export */   Qh: () => (/* binding */ INPUT_NAMES),
/* harmony export */   Zq: () => (/* binding */ STORAGE_CLASSES),
/* harmony export */   m2: () => (/* binding */ CANNED_ACLS)
/* harmony export */ });
/* unused harmony exports INPUTS, OUTPUTS, OUTPUT_NAMES */
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

/***/ 5135:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   QD: () => (/* binding */ groupPaths),
/* harmony export */   Qz: () => (/* binding */ EVERYTHING),
/* harmony export */   Rj: () => (/* binding */ isDistribution),
/* harmony export */   eX: () => (/* binding */ isInvalidationPath),
/* harmony export */   vu: () => (/* binding */ isSameMapping),
/* harmony export */   vv: () => (/* binding */ coverOf),
/* harmony export */   wG: () => (/* binding */ pathsOf)
/* harmony export */ });
/* unused harmony exports invalidationPath, covers */
/**
 * From keys to the paths that CloudFront is told to forget. What it takes: "What you need to know when invalidating
 * files", https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html
 */
/** What invalidates all that a distribution has. */
const EVERYTHING = '/*';
/** CloudFront refuses a longer path. */
const MAX_PATH_LENGTH = 4000;
/** CloudFront refuses more paths with a wildcard than this, in all invalidations that are in progress. */
const MAX_WILDCARDS = 15;
/**
 * Everything but what is encoded: non-ASCII, control characters, blanks and what RFC 1738 calls unsafe. "Do not
 * URL-encode any other characters in the path, or CloudFront will not invalidate the old version". A question mark
 * would begin a query string.
 */
const UNSAFE = /[^!$&()*+,\-./0-9:;=@A-Z_a-z]+/g;
/**
 * What no path can name: an asterisk means anything, and may stand at the end alone. An apostrophe and a tilde are
 * refused as they are, and encoded they are another path than the one that browsers ask for. A plus sign is a blank to S3 in a
 * path, so that readers ask for `%2B`, as encoders write it, or for `%2b`, as apt does.
 * https://github.com/laurilehmijoki/s3_website/issues/63, https://github.com/aws/aws-sdk-js/issues/4234,
 * https://github.com/dnbert/prm/pull/46
 */
const UNNAMABLE = /[*'~+]/;
const VALID = /^\/(?:[!$&()+,\-./0-9:;=@A-Z_a-z]|%[0-9A-F]{2})*\*?$/;
const DISTRIBUTION = /^E[A-Z0-9]{5,31}$/;
/** Whether CloudFront would take it as a path. */
function isInvalidationPath(text) {
    return text.length <= MAX_PATH_LENGTH && VALID.test(text);
}
function isDistribution(text) {
    return DISTRIBUTION.test(text);
}
function isSameMapping(a, b) {
    return a.stripPrefix === b.stripPrefix && a.addPrefix === b.addPrefix;
}
/** The path under which a key is served; `undefined`: it is not. */
function invalidationPath(key, mapping) {
    const { stripPrefix, addPrefix } = mapping;
    if (!key.startsWith(stripPrefix))
        return undefined;
    const path = `/${addPrefix}${key.slice(stripPrefix.length)}`;
    const cut = path.search(UNNAMABLE);
    // What begins like the key goes too.
    const named = cut === -1 ? path : `${path.slice(0, cut)}*`;
    const whole = named.replace(UNSAFE, (text) => Buffer.from(text)
        .reduce((encoded, byte) => `${encoded}%${byte.toString(16).padStart(2, '0')}`, '')
        .toUpperCase());
    return whole.length <= MAX_PATH_LENGTH ? whole : wildcard(directoryOf(whole.slice(0, MAX_PATH_LENGTH)));
}
/** The paths under which keys are served: an index page also under its directory. */
function pathsOf(keys, mapping) {
    const paths = new Set();
    for (const key of keys) {
        const path = invalidationPath(key, mapping);
        if (path === undefined)
            continue;
        paths.add(path);
        if (path.endsWith('/index.html'))
            paths.add(directoryOf(path));
    }
    return [...paths];
}
/**
 * At most `maxPaths` paths that cover all of them: these themselves when they fit, else wildcards of directories. The
 * widest wildcards are broken up first, into what lies in their directories, as long as all of it fits.
 */
function groupPaths(paths, maxPaths) {
    const all = withoutCovered(paths);
    if (all.length <= maxPaths && wildcards(all) <= MAX_WILDCARDS)
        return all;
    const grouped = breakUp(all, maxPaths);
    return wildcards(grouped) <= MAX_WILDCARDS ? grouped : breakUp(all, Math.min(maxPaths, MAX_WILDCARDS));
}
/** Whether a path of a result stands for this one. */
function covers(path, covered) {
    return path === covered || (isWildcard(path) && stemOf(covered).startsWith(stemOf(path)));
}
/** What tells, at once whatever they are, whether one of these paths stands for another. */
function coverOf(paths) {
    const whole = new Set(paths);
    const stems = new Set(paths.filter(isWildcard).map(stemOf));
    const lengths = [...new Set(Array.from(stems, ({ length }) => length))].sort((a, b) => a - b);
    return (path) => {
        if (whole.has(path))
            return true;
        const stem = stemOf(path);
        for (const length of lengths) {
            if (length > stem.length)
                return false;
            if (stems.has(stem.slice(0, length)))
                return true;
        }
        return false;
    };
}
/** In the order of their stems: what has a common beginning stands together, a wildcard before what it covers. */
function withoutCovered(paths) {
    const sorted = [...new Set(paths)].sort((a, b) => {
        const x = stemOf(a);
        const y = stemOf(b);
        if (x !== y)
            return x < y ? -1 : 1;
        return a < b ? 1 : -1;
    });
    const kept = [];
    let cover;
    for (const path of sorted) {
        if (cover !== undefined && covers(cover, path))
            continue;
        if (isWildcard(path))
            cover = path;
        kept.push(path);
    }
    return kept;
}
function breakUp(paths, maxPaths) {
    const first = group(paths, 0, paths.length);
    let count = 1;
    const whole = [];
    const open = first.to - first.from > 1 ? [first] : [];
    if (open.length === 0)
        whole.push(first);
    while (open.length > 0) {
        // At most `maxPaths` are open at a time.
        const widest = open.reduce((a, b) => (b.directory.length < a.directory.length ? b : a));
        open.splice(open.indexOf(widest), 1);
        const parts = partsOf(paths, widest, maxPaths - count + 1);
        if (parts === undefined) {
            whole.push(widest);
            continue;
        }
        count += parts.length - 1;
        for (const part of parts)
            (part.to - part.from > 1 ? open : whole).push(part);
    }
    return whole
        .sort((a, b) => a.from - b.from)
        .map(({ from, to, directory }) => (to - from > 1 ? wildcard(directory) : (paths[from] ?? EVERYTHING)));
}
/** A group's files and directories; `undefined`: they are more than `most`. */
function partsOf(paths, { from, to, directory }, most) {
    const parts = [];
    for (let at = from; at < to;) {
        if (parts.length === most)
            return undefined;
        const stem = stemOf(paths[at] ?? '');
        const slash = stem.indexOf('/', directory.length);
        const next = slash === -1 ? at + 1 : endOf(paths, stem.slice(0, slash + 1), at, to);
        parts.push(group(paths, at, next));
        at = next;
    }
    return parts;
}
/** The end of those that begin so. They stand together, so halving finds it. */
function endOf(paths, beginning, from, to) {
    let low = from + 1;
    let high = to;
    while (low < high) {
        const middle = (low + high) >>> 1;
        if (stemOf(paths[middle] ?? '').startsWith(beginning))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
/** What the first and the last one in an order share, all between them do. */
function group(paths, from, to) {
    const first = stemOf(paths[from] ?? '');
    const last = stemOf(paths[to - 1] ?? '');
    let length = 0;
    while (length < first.length && first[length] === last[length])
        length++;
    return { from, to, directory: directoryOf(first.slice(0, length)) };
}
function wildcards(paths) {
    return paths.reduce((count, path) => (isWildcard(path) ? count + 1 : count), 0);
}
function isWildcard(path) {
    return path.endsWith('*');
}
function wildcard(directory) {
    return `${directory}*`;
}
function stemOf(path) {
    return isWildcard(path) ? path.slice(0, -1) : path;
}
/** Up to and with the last slash. */
function directoryOf(path) {
    return path.slice(0, path.lastIndexOf('/') + 1);
}


/***/ }),

/***/ 9018:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   B: () => (/* binding */ Md5Column)
/* harmony export */ });
/* harmony import */ var _name_table_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(8025);

const FIRST_ROWS = 1024;
const BYTES = 16;
const WORDS = BYTES / Int32Array.BYTES_PER_ELEMENT;
/** MD5s by row, 17 bytes each. */
class Md5Column {
    #bytes = Buffer.alloc(FIRST_ROWS * BYTES);
    /** The same bytes. */
    #words = new Int32Array(this.#bytes.buffer);
    #isSet = new Uint8Array(FIRST_ROWS);
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
            this.#isSet = (0,_name_table_js__WEBPACK_IMPORTED_MODULE_0__/* .moved */ .aW)(this.#isSet, new Uint8Array(rows));
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


/***/ }),

/***/ 8025:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   K3: () => (/* binding */ NameTable),
/* harmony export */   aW: () => (/* binding */ moved),
/* harmony export */   lA: () => (/* binding */ fits)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(7598);
/* harmony import */ var _object_key_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(5142);


/** Bytes of names that are allocated together: what is there is never copied. */
const PAGE = 1024 * 1024;
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
class NameTable {
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
    #seed = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.randomInt)(2 ** 32) | 0;
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
            return (0,_object_key_js__WEBPACK_IMPORTED_MODULE_1__/* .compareKeys */ .YD)(this.at(a), this.at(b));
        const [aLength, bLength] = [this.#lengths[a], this.#lengths[b]];
        if (aLength >= WIDE || bLength >= WIDE)
            return (0,_object_key_js__WEBPACK_IMPORTED_MODULE_1__/* .compareKeys */ .YD)(this.at(a), this.at(b));
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
        this.#starts = moved(this.#starts, new Float64Array(rows));
        this.#lengths = moved(this.#lengths, new Uint32Array(rows));
        this.#hashes = moved(this.#hashes, new Int32Array(rows));
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
function moved(from, to) {
    to.set(from);
    return to;
}
/** Whether a column of BigInt64 can hold it: nanoseconds of times until the year 2262. */
function fits(value) {
    return BigInt.asIntN(64, value) === value;
}


/***/ }),

/***/ 4684:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   U: () => (/* binding */ Numbering)
/* harmony export */ });
/** Numbers texts from 0 in the order in which they are met, so that a column of numbers can stand for them. */
class Numbering {
    #numbers = new Map();
    #texts = [];
    /** By their numbers. */
    get texts() {
        return this.#texts;
    }
    numberOf(text) {
        const known = this.#numbers.get(text);
        if (known !== undefined)
            return known;
        const number = this.#texts.push(text) - 1;
        this.#numbers.set(text, number);
        return number;
    }
}


/***/ }),

/***/ 945:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Q: () => (/* binding */ ObjectEntries)
/* harmony export */ });
/* harmony import */ var _entries_table_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(3842);
/* harmony import */ var _index_rows_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(8401);
/* harmony import */ var _md5_column_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(9018);
/* harmony import */ var _name_table_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(8025);
/* harmony import */ var _numbering_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(4684);





const FIRST_ROWS = 1024;
/** In place of a number of header digests. */
const NO_HEADERS = 0;
/**
 * What an index knows of objects, by key, in the order in which they were first met: 65 bytes each beside the key. There may be a
 * million, and more before one is written. Entries are made as they are asked for: the same one is another object each time.
 */
class ObjectEntries extends _entries_table_js__WEBPACK_IMPORTED_MODULE_0__/* .EntriesTable */ .r {
    #md5s = new _md5_column_js__WEBPACK_IMPORTED_MODULE_2__/* .Md5Column */ .B();
    /** Those that are not the MD5, as under KMS. */
    #etags = new _md5_column_js__WEBPACK_IMPORTED_MODULE_2__/* .Md5Column */ .B();
    #sizes = new Float64Array(FIRST_ROWS);
    /** Of `#headerDigests`, plus 1. */
    #headers = new Uint32Array(FIRST_ROWS);
    #headerDigests = new _numbering_js__WEBPACK_IMPORTED_MODULE_4__/* .Numbering */ .U();
    #modified = new Float64Array(FIRST_ROWS);
    #written = new Float64Array(FIRST_ROWS);
    /** Those that columns cannot hold. */
    #others = new Map();
    /** Replaces what has the same key. */
    set(key, entry) {
        const row = this.#rowOf(key);
        const { etag, size, md5, headers, modified = _index_rows_js__WEBPACK_IMPORTED_MODULE_1__/* .NONE */ .x3, written = _index_rows_js__WEBPACK_IMPORTED_MODULE_1__/* .NONE */ .x3 } = entry;
        if (md5 === undefined || !(0,_index_rows_js__WEBPACK_IMPORTED_MODULE_1__/* .isObjectRow */ .oM)(entry)) {
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
            this.#modified[row] = modified?.[i] ?? _index_rows_js__WEBPACK_IMPORTED_MODULE_1__/* .NONE */ .x3;
            this.#written[row] = written?.[i] ?? _index_rows_js__WEBPACK_IMPORTED_MODULE_1__/* .NONE */ .x3;
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
        if (modified !== _index_rows_js__WEBPACK_IMPORTED_MODULE_1__/* .NONE */ .x3)
            entry.modified = modified;
        if (written !== _index_rows_js__WEBPACK_IMPORTED_MODULE_1__/* .NONE */ .x3)
            entry.written = written;
        return entry;
    }
    #widen() {
        const rows = this.#sizes.length * 2;
        this.#sizes = (0,_name_table_js__WEBPACK_IMPORTED_MODULE_3__/* .moved */ .aW)(this.#sizes, new Float64Array(rows));
        this.#headers = (0,_name_table_js__WEBPACK_IMPORTED_MODULE_3__/* .moved */ .aW)(this.#headers, new Uint32Array(rows));
        this.#modified = (0,_name_table_js__WEBPACK_IMPORTED_MODULE_3__/* .moved */ .aW)(this.#modified, new Float64Array(rows));
        this.#written = (0,_name_table_js__WEBPACK_IMPORTED_MODULE_3__/* .moved */ .aW)(this.#written, new Float64Array(rows));
    }
}


/***/ }),

/***/ 5142:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   A1: () => (/* binding */ parsePrefix),
/* harmony export */   ID: () => (/* binding */ joinKey),
/* harmony export */   Nt: () => (/* binding */ OWN_DIRECTORY),
/* harmony export */   QE: () => (/* binding */ NOT_IN_XML),
/* harmony export */   Xd: () => (/* binding */ MAX_KEY_BYTES),
/* harmony export */   YD: () => (/* binding */ compareKeys),
/* harmony export */   jH: () => (/* binding */ directoriesAbove),
/* harmony export */   k2: () => (/* binding */ NOT_SPELLED)
/* harmony export */ });
/** S3's limit on a key, in bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;
/** Our own objects (index, journal, lock) live below this name; they are never tree, source or deletion. */
const OWN_DIRECTORY = '.s3-dedup-sync/';
/** What XML 1.0 cannot carry as it is. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const NOT_IN_XML = /[\u0000-\u0008\u000b\u000c\u000d\u000e-\u001f\ufffe\uffff]/;
/** What stands for it where a server lists keys without encoding them, and for bytes that are no UTF-8. */
const NOT_SPELLED = '\ufffd';
/** Strips leading slashes and closes the prefix with one. `/` alone and the empty string are the bucket's root. */
function parsePrefix(text) {
    const bare = text.replace(/^\/+/, '').replace(/\/+$/, '');
    return (bare === '' ? '' : `${bare}/`);
}
/**
 * Joins a prefix and a path below it.
 * `undefined` when S3 cannot hold the name: empty, over 1,024 bytes, or with a lone surrogate.
 */
function joinKey(prefix, path) {
    const key = prefix + path;
    if (path === '' || !key.isWellFormed() || Buffer.byteLength(key) > MAX_KEY_BYTES)
        return undefined;
    return key;
}
/** The order of S3's listings: by UTF-8 bytes, which is by code point and not JavaScript's `<`. */
function compareKeys(a, b) {
    const length = Math.min(a.length, b.length);
    for (let i = 0; i < length; i++) {
        let x = a.charCodeAt(i);
        let y = b.charCodeAt(i);
        if (x === y)
            continue;
        // Surrogates encode code points above U+FFFF and sort after U+E000..U+FFFF in UTF-8.
        if (x >= 0xd800 && y >= 0xd800) {
            x = x >= 0xe000 ? x - 0x800 : x + 0x2000;
            y = y >= 0xe000 ? y - 0x800 : y + 0x2000;
        }
        return x - y;
    }
    return a.length - b.length;
}
/** `a` and `a/b` for `a/b/c`. */
function* directoriesAbove(name) {
    for (let i = name.indexOf('/'); i !== -1; i = name.indexOf('/', i + 1))
        yield name.slice(0, i);
}


/***/ }),

/***/ 6139:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
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
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   VA: () => (/* binding */ autoConcurrency),
/* harmony export */   Vp: () => (/* binding */ runUrl),
/* harmony export */   _n: () => (/* binding */ requestsInFlight),
/* harmony export */   nH: () => (/* binding */ mostRequestsInFlight)
/* harmony export */ });
/* harmony import */ var _objects_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(6139);

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
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   A: () => (/* binding */ REPORT_VERSION),
/* harmony export */   c: () => (/* binding */ statusOf)
/* harmony export */ });
/* harmony import */ var _errors_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(4132);

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

/***/ 2166:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   c: () => (/* binding */ withoutSecrets),
/* harmony export */   e: () => (/* binding */ withoutSigningValues)
/* harmony export */ });
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
function withoutSecrets(text) {
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


/***/ }),

/***/ 9255:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  PB: () => (/* binding */ abortOnSignals),
  Ir: () => (/* binding */ beginning),
  _$: () => (/* binding */ endBeforeRun),
  Hi: () => (/* binding */ engine),
  LK: () => (/* binding */ parsing),
  eF: () => (/* binding */ run)
});

// UNUSED EXPORTS: commitOf

// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __nccwpck_require__(1455);
// EXTERNAL MODULE: external "node:os"
var external_node_os_ = __nccwpck_require__(8161);
// EXTERNAL MODULE: ./build/src/model/errors.js
var errors = __nccwpck_require__(4132);
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

// EXTERNAL MODULE: ./build/src/console/cost.js
var console_cost = __nccwpck_require__(962);
// EXTERNAL MODULE: ./build/src/console/format.js
var format = __nccwpck_require__(5380);
// EXTERNAL MODULE: ./build/src/console/path.js
var path = __nccwpck_require__(2848);
// EXTERNAL MODULE: ./build/src/console/text.js
var console_text = __nccwpck_require__(4320);
// EXTERNAL MODULE: ./build/src/console/totals.js
var console_totals = __nccwpck_require__(924);
// EXTERNAL MODULE: ./build/src/console/version.js
var version = __nccwpck_require__(9503);
// EXTERNAL MODULE: ./build/src/console/words.js
var words = __nccwpck_require__(5438);
// EXTERNAL MODULE: external "node:v8"
var external_node_v8_ = __nccwpck_require__(8877);
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
var concurrency = __nccwpck_require__(7452);
// EXTERNAL MODULE: ./build/src/model/objects.js
var objects = __nccwpck_require__(6139);
// EXTERNAL MODULE: ./build/src/model/options.js
var model_options = __nccwpck_require__(153);
// EXTERNAL MODULE: ./build/src/model/report.js
var model_report = __nccwpck_require__(8205);
// EXTERNAL MODULE: ./build/src/model/secrets.js
var secrets = __nccwpck_require__(2166);
// EXTERNAL MODULE: ./build/src/model/digest-index.js + 1 modules
var digest_index = __nccwpck_require__(6112);
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
    const { SharedTree } = await Promise.all(/* import() */[__nccwpck_require__.e(581), __nccwpck_require__.e(298), __nccwpck_require__.e(414)]).then(__nccwpck_require__.bind(__nccwpck_require__, 8414));
    return new SharedTree(signal, all.map(({ destination }) => destination));
}
async function firstDestination() {
    return new (await __nccwpck_require__.e(/* import() */ 910).then(__nccwpck_require__.bind(__nccwpck_require__, 6910))).FirstDestination();
}
async function meetingOf(destinations) {
    return new (await __nccwpck_require__.e(/* import() */ 84).then(__nccwpck_require__.bind(__nccwpck_require__, 7084))).Meeting(destinations);
}
function beginning(now) {
    const began = performance.now();
    return { at: now(), ago: () => Math.round(performance.now() - began) };
}
/** The real one. It is loaded when it is needed: `--help` is answered without the SDK. */
const engine = {
    openStore: async (...args) => (await Promise.all(/* import() */[__nccwpck_require__.e(96), __nccwpck_require__.e(197), __nccwpck_require__.e(645), __nccwpck_require__.e(114)]).then(__nccwpck_require__.bind(__nccwpck_require__, 7114))).openStore(...args),
    openInvalidator: async (...args) => (await Promise.all(/* import() */[__nccwpck_require__.e(197), __nccwpck_require__.e(607)]).then(__nccwpck_require__.bind(__nccwpck_require__, 3607))).openInvalidator(...args),
    sync: async (...args) => (await Promise.all(/* import() */[__nccwpck_require__.e(581), __nccwpck_require__.e(96), __nccwpck_require__.e(298), __nccwpck_require__.e(414), __nccwpck_require__.e(645), __nccwpck_require__.e(741)]).then(__nccwpck_require__.bind(__nccwpck_require__, 8741))).sync(...args),
    fileIndexStorage: async (...args) => (await __nccwpck_require__.e(/* import() */ 819).then(__nccwpck_require__.bind(__nccwpck_require__, 5819))).fileIndexStorage(...args),
    objectIndexStorage: async (...args) => (await __nccwpck_require__.e(/* import() */ 819).then(__nccwpck_require__.bind(__nccwpck_require__, 5819))).objectIndexStorage(...args),
};
/** What parsing has from elsewhere, loaded when it is needed. */
const parsing = {
    parsePathLines: async (lines, cwd) => (await __nccwpck_require__.e(/* import() */ 447).then(__nccwpck_require__.bind(__nccwpck_require__, 3447))).parsePathLines(lines, cwd),
    literalPath: async (path, cwd) => (await __nccwpck_require__.e(/* import() */ 447).then(__nccwpck_require__.bind(__nccwpck_require__, 3447))).literalPath(path, cwd),
    endpointOf: async (profile) => (await __nccwpck_require__.e(/* import() */ 606).then(__nccwpck_require__.bind(__nccwpck_require__, 6606))).endpointOf('S3', profile),
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
    let failure = made.exit === errors/* EXIT */.dc.done ? undefined : (ended.error?.message ?? failureText(ended));
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
            const cost = (0,console_cost/* requestCost */.ns)(report.requests, report.sendAllRequests, isAws ? region : undefined);
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
        const usdPerGB = endpoint === undefined ? (0,console_cost/* transferPrice */.j6)(opened.region, region) : elsewhere;
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
        const { Filling } = await __nccwpck_require__.e(/* import() */ 910).then(__nccwpck_require__.bind(__nccwpck_require__, 6910));
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
        return report === '' ? undefined : (0,path/* pathFrom */.Iw)({ cwd: cwd(), home }, report);
    }
    catch {
        // That there is no working or home directory is what the run ends with.
        return undefined;
    }
}
/** For a run that ended otherwise than done, and met no error. */
function failureText({ totals, exit }) {
    if (exit !== errors/* EXIT */.dc.different)
        return `the run ended with status ${exit}`;
    const keys = (0,console_totals/* changedFiles */.Y_)(totals);
    return `the destination differs from what a sync would make of it, in ${(0,format/* formatCount */.B4)(keys)} ${keys === 1 ? 'key' : 'keys'}`;
}
/** The error of a destination that met none but those of its steps. */
function errorOfSteps({ steps, totals }) {
    const first = steps.find(({ outcome }) => outcome === 'failed');
    if (first === undefined)
        return undefined;
    const { code = 'internal', message = '' } = first.error ?? {};
    const { files } = totals.failed;
    const told = `${(0,console_text/* printable */.g$)(first.key)}: ${(0,words/* withoutKey */.wC)(first.key, message)}`;
    return { code, message: `${(0,format/* formatFiles */.HL)(files)} failed${files > 1 ? ', the first' : ''}: ${told}` };
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
        totals: console_totals/* NO_TOTALS */.wv,
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
        tool: version/* TOOL */.j,
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
    const { notWritten, tryReportFile } = await __nccwpck_require__.e(/* import() */ 324).then(__nccwpck_require__.bind(__nccwpck_require__, 324));
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
    const { notWritten, writeReportFile } = await __nccwpck_require__.e(/* import() */ 324).then(__nccwpck_require__.bind(__nccwpck_require__, 324));
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
    const totals = (0,console_totals/* sumTotals */.L_)(report);
    const reusedBytes = (0,console_totals/* sumReused */._e)(report);
    const invalidationIds = report.destinations.flatMap(({ invalidation }) => invalidation?.id ?? []);
    return {
        type: 'end',
        status: report.status,
        exit,
        dryRun: options.dryRun,
        changed: (0,console_totals/* isChanged */.Hq)(totals),
        isUntouched: options.dryRun || (!mayHaveChanged && !(0,console_totals/* isChanged */.Hq)(totals)),
        seconds: ms / 1000,
        totals,
        sentBytes: report.destinations.reduce((sum, { sentBytes }) => sum + sentBytes, 0),
        ...(reusedBytes === 0 ? {} : { reusedBytes }),
        requests: (0,console_totals/* sumRequests */.Mw)(report),
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


/***/ }),

/***/ 3492:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   p: () => (/* binding */ workingDirectory)
/* harmony export */ });
/* harmony import */ var _model_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(4132);

/** Where relative paths begin. Throws a `SyncError` of exit 2 where it was removed, as a runner's workspace that is cleaned up. */
function workingDirectory() {
    try {
        return process.cwd();
    }
    catch (cause) {
        if (cause.code !== 'ENOENT')
            throw cause;
        throw (0,_model_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .usageError */ .Wp)('the working directory is gone: run this in one that exists');
    }
}


/***/ })

/******/ });
/************************************************************************/
/******/ // The module cache
/******/ var __webpack_module_cache__ = {};
/******/ 
/******/ // The require function
/******/ function __nccwpck_require__(moduleId) {
/******/ 	// Check if module is in cache
/******/ 	var cachedModule = __webpack_module_cache__[moduleId];
/******/ 	if (cachedModule !== undefined) {
/******/ 		return cachedModule.exports;
/******/ 	}
/******/ 	// Create a new module (and put it into the cache)
/******/ 	var module = __webpack_module_cache__[moduleId] = {
/******/ 		// no module.id needed
/******/ 		// no module.loaded needed
/******/ 		exports: {}
/******/ 	};
/******/ 
/******/ 	// Execute the module function
/******/ 	var threw = true;
/******/ 	try {
/******/ 		__webpack_modules__[moduleId].call(module.exports, module, module.exports, __nccwpck_require__);
/******/ 		threw = false;
/******/ 	} finally {
/******/ 		if(threw) delete __webpack_module_cache__[moduleId];
/******/ 	}
/******/ 
/******/ 	// Return the exports of the module
/******/ 	return module.exports;
/******/ }
/******/ 
/******/ // expose the modules object (__webpack_modules__)
/******/ __nccwpck_require__.m = __webpack_modules__;
/******/ 
/************************************************************************/
/******/ /* webpack/runtime/asset-relocator-loader */
/******/ if (typeof __nccwpck_require__ !== 'undefined') __nccwpck_require__.ab = decodeURIComponent(new URL('.', import.meta.url).pathname).slice(import.meta.url.match(/^file:\/\/\/\w:/) ? 1 : 0, -1) + "/";
/******/ 
/******/ /* webpack/runtime/async module */
/******/ (() => {
/******/ 	var webpackQueues = typeof Symbol === "function" ? Symbol("webpack queues") : "__webpack_queues__";
/******/ 	var webpackExports = typeof Symbol === "function" ? Symbol("webpack exports") : "__webpack_exports__";
/******/ 	var webpackError = typeof Symbol === "function" ? Symbol("webpack error") : "__webpack_error__";
/******/ 	var resolveQueue = (queue) => {
/******/ 		if(queue && queue.d < 1) {
/******/ 			queue.d = 1;
/******/ 			queue.forEach((fn) => (fn.r--));
/******/ 			queue.forEach((fn) => (fn.r-- ? fn.r++ : fn()));
/******/ 		}
/******/ 	}
/******/ 	var wrapDeps = (deps) => (deps.map((dep) => {
/******/ 		if(dep !== null && typeof dep === "object") {
/******/ 			if(dep[webpackQueues]) return dep;
/******/ 			if(dep.then) {
/******/ 				var queue = [];
/******/ 				queue.d = 0;
/******/ 				dep.then((r) => {
/******/ 					obj[webpackExports] = r;
/******/ 					resolveQueue(queue);
/******/ 				}, (e) => {
/******/ 					obj[webpackError] = e;
/******/ 					resolveQueue(queue);
/******/ 				});
/******/ 				var obj = {};
/******/ 				obj[webpackQueues] = (fn) => (fn(queue));
/******/ 				return obj;
/******/ 			}
/******/ 		}
/******/ 		var ret = {};
/******/ 		ret[webpackQueues] = x => {};
/******/ 		ret[webpackExports] = dep;
/******/ 		return ret;
/******/ 	}));
/******/ 	__nccwpck_require__.a = (module, body, hasAwait) => {
/******/ 		var queue;
/******/ 		hasAwait && ((queue = []).d = -1);
/******/ 		var depQueues = new Set();
/******/ 		var exports = module.exports;
/******/ 		var currentDeps;
/******/ 		var outerResolve;
/******/ 		var reject;
/******/ 		var promise = new Promise((resolve, rej) => {
/******/ 			reject = rej;
/******/ 			outerResolve = resolve;
/******/ 		});
/******/ 		promise[webpackExports] = exports;
/******/ 		promise[webpackQueues] = (fn) => (queue && fn(queue), depQueues.forEach(fn), promise["catch"](x => {}));
/******/ 		module.exports = promise;
/******/ 		body((deps) => {
/******/ 			currentDeps = wrapDeps(deps);
/******/ 			var fn;
/******/ 			var getResult = () => (currentDeps.map((d) => {
/******/ 				if(d[webpackError]) throw d[webpackError];
/******/ 				return d[webpackExports];
/******/ 			}))
/******/ 			var promise = new Promise((resolve) => {
/******/ 				fn = () => (resolve(getResult));
/******/ 				fn.r = 0;
/******/ 				var fnQueue = (q) => (q !== queue && !depQueues.has(q) && (depQueues.add(q), q && !q.d && (fn.r++, q.push(fn))));
/******/ 				currentDeps.map((dep) => (dep[webpackQueues](fnQueue)));
/******/ 			});
/******/ 			return fn.r ? promise : getResult();
/******/ 		}, (err) => ((err ? reject(promise[webpackError] = err) : outerResolve(exports)), resolveQueue(queue)));
/******/ 		queue && queue.d < 0 && (queue.d = 0);
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/create fake namespace object */
/******/ (() => {
/******/ 	var getProto = Object.getPrototypeOf ? (obj) => (Object.getPrototypeOf(obj)) : (obj) => (obj.__proto__);
/******/ 	var leafPrototypes;
/******/ 	// create a fake namespace object
/******/ 	// mode & 1: value is a module id, require it
/******/ 	// mode & 2: merge all properties of value into the ns
/******/ 	// mode & 4: return value when already ns object
/******/ 	// mode & 16: return value when it's Promise-like
/******/ 	// mode & 8|1: behave like require
/******/ 	__nccwpck_require__.t = function(value, mode) {
/******/ 		if(mode & 1) value = this(value);
/******/ 		if(mode & 8) return value;
/******/ 		if(typeof value === 'object' && value) {
/******/ 			if((mode & 4) && value.__esModule) return value;
/******/ 			if((mode & 16) && typeof value.then === 'function') return value;
/******/ 		}
/******/ 		var ns = Object.create(null);
/******/ 		__nccwpck_require__.r(ns);
/******/ 		var def = {};
/******/ 		leafPrototypes = leafPrototypes || [null, getProto({}), getProto([]), getProto(getProto)];
/******/ 		for(var current = mode & 2 && value; typeof current == 'object' && !~leafPrototypes.indexOf(current); current = getProto(current)) {
/******/ 			Object.getOwnPropertyNames(current).forEach((key) => (def[key] = () => (value[key])));
/******/ 		}
/******/ 		def['default'] = () => (value);
/******/ 		__nccwpck_require__.d(ns, def);
/******/ 		return ns;
/******/ 	};
/******/ })();
/******/ 
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
/******/ /* webpack/runtime/ensure chunk */
/******/ (() => {
/******/ 	__nccwpck_require__.f = {};
/******/ 	// This file contains only the entry chunk.
/******/ 	// The chunk loading function for additional chunks
/******/ 	__nccwpck_require__.e = (chunkId) => {
/******/ 		return Promise.all(Object.keys(__nccwpck_require__.f).reduce((promises, key) => {
/******/ 			__nccwpck_require__.f[key](chunkId, promises);
/******/ 			return promises;
/******/ 		}, []));
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/get javascript chunk filename */
/******/ (() => {
/******/ 	// This function allow to reference async chunks
/******/ 	__nccwpck_require__.u = (chunkId) => {
/******/ 		// return url for filenames based on template
/******/ 		return "" + chunkId + ".index.js";
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/hasOwnProperty shorthand */
/******/ (() => {
/******/ 	__nccwpck_require__.o = (obj, prop) => (Object.prototype.hasOwnProperty.call(obj, prop))
/******/ })();
/******/ 
/******/ /* webpack/runtime/make namespace object */
/******/ (() => {
/******/ 	// define __esModule on exports
/******/ 	__nccwpck_require__.r = (exports) => {
/******/ 		if(typeof Symbol !== 'undefined' && Symbol.toStringTag) {
/******/ 			Object.defineProperty(exports, Symbol.toStringTag, { value: 'Module' });
/******/ 		}
/******/ 		Object.defineProperty(exports, '__esModule', { value: true });
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/publicPath */
/******/ (() => {
/******/ 	var scriptUrl;
/******/ 	if (typeof import.meta.url === "string") scriptUrl = import.meta.url
/******/ 	// When supporting browsers where an automatic publicPath is not supported you must specify an output.publicPath manually via configuration
/******/ 	// or pass an empty string ("") and set the __webpack_public_path__ variable from your code to use your own logic.
/******/ 	if (!scriptUrl) throw new Error("Automatic publicPath is not supported in this browser");
/******/ 	scriptUrl = scriptUrl.replace(/#.*$/, "").replace(/\?.*$/, "").replace(/\/[^\/]+$/, "/");
/******/ 	__nccwpck_require__.p = scriptUrl;
/******/ })();
/******/ 
/******/ /* webpack/runtime/import chunk loading */
/******/ (() => {
/******/ 	__nccwpck_require__.b = new URL("./", import.meta.url);
/******/ 	
/******/ 	// object to store loaded and loading chunks
/******/ 	// undefined = chunk not loaded, null = chunk preloaded/prefetched
/******/ 	// [resolve, Promise] = chunk loading, 0 = chunk loaded
/******/ 	var installedChunks = {
/******/ 		792: 0
/******/ 	};
/******/ 	
/******/ 	var installChunk = (data) => {
/******/ 		var {ids, modules, runtime} = data;
/******/ 		// add "modules" to the modules object,
/******/ 		// then flag all "ids" as loaded and fire callback
/******/ 		var moduleId, chunkId, i = 0;
/******/ 		for(moduleId in modules) {
/******/ 			if(__nccwpck_require__.o(modules, moduleId)) {
/******/ 				__nccwpck_require__.m[moduleId] = modules[moduleId];
/******/ 			}
/******/ 		}
/******/ 		if(runtime) runtime(__nccwpck_require__);
/******/ 		for(;i < ids.length; i++) {
/******/ 			chunkId = ids[i];
/******/ 			if(__nccwpck_require__.o(installedChunks, chunkId) && installedChunks[chunkId]) {
/******/ 				installedChunks[chunkId][0]();
/******/ 			}
/******/ 			installedChunks[ids[i]] = 0;
/******/ 		}
/******/ 	
/******/ 	}
/******/ 	
/******/ 	__nccwpck_require__.f.j = (chunkId, promises) => {
/******/ 			// import() chunk loading for javascript
/******/ 			var installedChunkData = __nccwpck_require__.o(installedChunks, chunkId) ? installedChunks[chunkId] : undefined;
/******/ 			if(installedChunkData !== 0) { // 0 means "already installed".
/******/ 	
/******/ 				// a Promise means "currently loading".
/******/ 				if(installedChunkData) {
/******/ 					promises.push(installedChunkData[1]);
/******/ 				} else {
/******/ 					if(true) { // all chunks have JS
/******/ 						// setup Promise in chunk cache
/******/ 						var promise = import("./" + __nccwpck_require__.u(chunkId)).then(installChunk, (e) => {
/******/ 							if(installedChunks[chunkId] !== 0) installedChunks[chunkId] = undefined;
/******/ 							throw e;
/******/ 						});
/******/ 						var promise = Promise.race([promise, new Promise((resolve) => (installedChunkData = installedChunks[chunkId] = [resolve]))])
/******/ 						promises.push(installedChunkData[1] = promise);
/******/ 					}
/******/ 				}
/******/ 			}
/******/ 	};
/******/ 	
/******/ 	// no prefetching
/******/ 	
/******/ 	// no preloaded
/******/ 	
/******/ 	// no external install chunk
/******/ 	
/******/ 	// no on chunks loaded
/******/ })();
/******/ 
/************************************************************************/
/******/ 
/******/ // startup
/******/ // Load entry module and return exports
/******/ // This entry module used 'module' so it can't be inlined
/******/ var __webpack_exports__ = __nccwpck_require__(5035);
/******/ __webpack_exports__ = await __webpack_exports__;
/******/ 
