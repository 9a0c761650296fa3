export const id = 84;
export const ids = [84];
export const modules = {

/***/ 7084:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Meeting: () => (/* binding */ Meeting)
/* harmony export */ });
/**
 * Where the destinations of a run meet when everything is staged in each of them: nothing becomes visible anywhere
 * before all have come, and nothing at all when one of them cannot.
 */
class Meeting {
    #all;
    #settle = () => undefined;
    #come = new Set();
    #expected;
    /** @param expected number of destinations */
    constructor(expected) {
        this.#expected = expected;
        this.#all = new Promise((resolve) => {
            this.#settle = resolve;
        });
    }
    /** Waits for the others. The URL of one that could not come; `undefined`: all are there. */
    arrive(url) {
        this.#come.add(url);
        if (this.#come.size === this.#expected)
            this.#settle(undefined);
        return this.#all;
    }
    /** This destination will not publish. Of no effect once all have met, or after it came itself. */
    fail(url) {
        if (!this.#come.has(url))
            this.#settle(url);
    }
}


/***/ })

};
