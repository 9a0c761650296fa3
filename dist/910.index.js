export const id = 910;
export const ids = [910];
export const modules = {

/***/ 6910:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Filling: () => (/* binding */ Filling),
/* harmony export */   FirstDestination: () => (/* binding */ FirstDestination)
/* harmony export */ });
/** What the first destination holds of the tree by now. Its own run tells it; mirrors wait for what they copy. */
class FirstDestination {
    #held = new Map();
    #waiting = new Map();
    #isClosed = false;
    /** @param held `undefined`: it does not have the file, and will not in this run */
    tell(name, held) {
        this.#held.set(name, held);
        const waiting = this.#waiting.get(name) ?? [];
        this.#waiting.delete(name);
        for (const answer of waiting)
            answer(held);
    }
    /** Its run ended: what was not told by now is not there. */
    close() {
        this.#isClosed = true;
        for (const name of [...this.#waiting.keys()])
            this.tell(name, undefined);
    }
    /** Waits until it is known. Rejects with the signal's reason. */
    async of(name, signal) {
        signal.throwIfAborted();
        if (this.#held.has(name) || this.#isClosed)
            return this.#held.get(name);
        return new Promise((resolve, reject) => {
            const stop = () => reject(signal.reason);
            signal.addEventListener('abort', stop, { once: true });
            const answers = this.#waiting.get(name) ?? [];
            this.#waiting.set(name, answers);
            answers.push((held) => {
                signal.removeEventListener('abort', stop);
                resolve(held);
            });
        });
    }
}
/** US dollars for a minute of GitHub's runner with two cores (2026-01); others cost about as much. */
const RUNNER_USD_PER_MINUTE = 0.006;
/** Below this, latency decides how long a file takes, and no rate. Bytes. */
const LEAST_WEIGHED = 1024 * 1024;
/** How a mirror is filled from the first destination. */
class Filling {
    #options;
    constructor(options) {
        this.#options = options;
    }
    /** Whether a plan may count on copies: where they cost nothing, or were asked for. */
    get isPlanned() {
        return this.#options.always || this.#options.usdPerGB === 0;
    }
    keyOf(name) {
        return (this.#options.prefix + name);
    }
    get bucket() {
        return this.#options.bucket;
    }
    /**
     * The first destination's object of a file, as soon as it is there; `undefined` where it is not, or where sending the
     * file costs less than the transfer between regions.
     */
    async source({ name, size }, md5, signal) {
        if (size === 0 || !this.#isWorthCopying(size))
            return undefined;
        const { first, bucket } = this.#options;
        const held = await first.of(name, signal);
        if (held === undefined || held.size !== size || (md5 !== undefined && held.md5 !== md5))
            return undefined;
        const at = bucket === undefined ? {} : { bucket };
        return { source: { key: this.keyOf(name), etag: held.etag, size, ...at }, md5: held.md5 };
    }
    #isWorthCopying(size) {
        const { copyMinSize, rate, usdPerGB } = this.#options;
        if (size < copyMinSize)
            return false;
        if (this.isPlanned)
            return true;
        const { bytesPerSecond } = rate;
        if (size < LEAST_WEIGHED || bytesPerSecond === undefined || usdPerGB === undefined)
            return false;
        const minutes = size / bytesPerSecond / 60;
        return minutes * RUNNER_USD_PER_MINUTE > (size / 1e9) * usdPerGB;
    }
}


/***/ })

};
