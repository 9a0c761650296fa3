export const id = 84;
export const ids = [84];
export const modules = {

/***/ 7084:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Meeting: () => (/* binding */ Meeting)
/* harmony export */ });
/* harmony import */ var _model_concurrency_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7452);

/**
 * Where the destinations of a run meet when everything is staged in each of them: nothing becomes visible anywhere
 * before all have come, and nothing at all when one of them fails before that.
 */
class Meeting {
    #all = (0,_model_concurrency_js__WEBPACK_IMPORTED_MODULE_0__/* .deferred */ .yX)();
    #awaited;
    /** @param expected number of destinations */
    constructor(expected) {
        this.#awaited = expected;
    }
    /** One destination's. @param url for messages: two services may have buckets of one name */
    seat(url) {
        let hasCome = false;
        return {
            arrive: () => {
                if (!hasCome && --this.#awaited === 0)
                    this.#all.resolve(undefined);
                hasCome = true;
                return this.#all.promise;
            },
            // What is settled stays so.
            fail: () => this.#all.resolve(url),
        };
    }
}


/***/ })

};
