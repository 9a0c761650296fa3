export const id = 324;
export const ids = [324];
export const modules = {

/***/ 324:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   notWritten: () => (/* binding */ notWritten),
/* harmony export */   tryReportFile: () => (/* binding */ tryReportFile),
/* harmony export */   writeReportFile: () => (/* binding */ writeReportFile)
/* harmony export */ });
/* unused harmony exports jsonLines, json */
/* harmony import */ var _disk_replace_file_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(170);
/* harmony import */ var _model_errors_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(4132);
/* harmony import */ var _text_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(4320);



/** As a report of any version begins, also behind a program that set it otherwise. */
const REPORT = {
    what: 'report',
    begins: (begin) => /^\{\s*"version":\s*\d+,\s*"tool":\s*"s3-dedup-sync\//.test(begin.toString('latin1')),
};
/** Rejects where `writeReportFile` could not even begin. */
async function tryReportFile(path) {
    await (0,_disk_replace_file_js__WEBPACK_IMPORTED_MODULE_0__/* .tryReplacing */ .LB)(path, REPORT);
}
/** Why no report is there, in one line. */
function notWritten(path, thrown, { done = '', check }) {
    const advice = thrown instanceof _disk_replace_file_js__WEBPACK_IMPORTED_MODULE_0__/* .NotOursError */ .Px ? thrown.advice : `check ${check}`;
    return `report: ${path} cannot be written (${(0,_model_errors_js__WEBPACK_IMPORTED_MODULE_1__/* .messageOf */ .bD)(thrown)})${done}: ${advice}`;
}
/** Writes the report whole or not at all; step by step, as the report of a million files would not fit one string. */
async function writeReportFile(path, report) {
    await (0,_disk_replace_file_js__WEBPACK_IMPORTED_MODULE_0__/* .replaceFile */ .fR)(path, batched(path.endsWith('.jsonl') ? jsonLines(report) : json(report)), REPORT);
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
    return (0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .withoutCommands */ .Df)(JSON.stringify(value, undefined, indent));
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


/***/ })

};
