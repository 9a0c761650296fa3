export const id = 324;
export const ids = [324,170];
export const modules = {

/***/ 324:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   writeReportFile: () => (/* binding */ writeReportFile)
/* harmony export */ });
/* unused harmony exports jsonLines, json */
/* harmony import */ var _disk_replace_file_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(170);
/* harmony import */ var _text_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(4320);


/** Writes the report whole or not at all; step by step, as the report of a million files would not fit one string. */
async function writeReportFile(path, report) {
    await (0,_disk_replace_file_js__WEBPACK_IMPORTED_MODULE_0__/* .replaceFile */ .f)(path, batched(path.endsWith('.jsonl') ? jsonLines(report) : json(report)));
}
/** JSON Lines: the run without its steps, then a line for each step, with its destination's place from 0. */
function* jsonLines(report) {
    const destinations = report.destinations.map(({ steps: _, ...rest }) => rest);
    yield `${jsonOf({ ...report, destinations })}\n`;
    for (const [destination, { steps }] of report.destinations.entries()) {
        for (const step of steps)
            yield `${jsonOf({ destination, ...step })}\n`;
    }
}
/** JSON for programs that a person can also read: a step has a line. */
function* json(report) {
    const { destinations, ...run } = report;
    // Without the closing brace: what follows is the last member.
    yield `${jsonOf(run, 2).slice(0, -2)},\n  "destinations": [`;
    let first = true;
    for (const { steps, ...destination } of destinations) {
        yield `${first ? '' : ','}\n    ${indented(destination).slice(0, -6)},\n      "steps": [`;
        yield* stepLines(steps);
        yield ']\n    }';
        first = false;
    }
    yield '\n  ]\n}\n';
}
function* stepLines(steps) {
    let separator = '\n';
    for (const step of steps) {
        yield `${separator}        ${jsonOf(step)}`;
        separator = ',\n';
    }
    if (steps.length > 0)
        yield '\n      ';
}
/** A report may be printed to the log. */
function jsonOf(value, indent) {
    return (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .withoutCommands */ .Df)(JSON.stringify(value, undefined, indent));
}
function indented(value) {
    return jsonOf(value, 2).replaceAll('\n', '\n    ');
}
/** Joins small pieces: a system call a step is slower than the run. */
function* batched(pieces) {
    const BATCH = 256 * 1024;
    let batch = '';
    for (const piece of pieces) {
        batch += piece;
        if (batch.length < BATCH)
            continue;
        yield batch;
        batch = '';
    }
    if (batch !== '')
        yield batch;
}


/***/ }),

/***/ 170:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   O: () => (/* binding */ makeDirectory),
/* harmony export */   f: () => (/* binding */ replaceFile),
/* harmony export */   tryReplacing: () => (/* binding */ tryReplacing)
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
    await refuseSpecial(path);
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
async function tryReplacing(path) {
    await refuseSpecial(path);
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
async function refuseSpecial(path) {
    const there = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.stat)(path).catch(() => undefined);
    // /dev/stdout leads to what the process has open, be that a file: what would be replaced is the link.
    const link = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.readlink)(path).catch(() => '');
    if (there?.isFile() === false || link.startsWith('/proc/'))
        throw new Error('it is not a regular file');
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


/***/ })

};
