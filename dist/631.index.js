export const id = 631;
export const ids = [631];
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
