export const id = 452;
export const ids = [452];
export const modules = {

/***/ 7452:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   C: () => (/* binding */ forEachConcurrent),
/* harmony export */   G: () => (/* binding */ ByteBudget)
/* harmony export */ });
/** Runs `work` over the items, at most `limit` at a time, in order of start. Stops starting when `work` rejects. */
async function forEachConcurrent(items, limit, work) {
    const iterator = items[Symbol.iterator]();
    let failed = false;
    const lane = async () => {
        for (let next = iterator.next(); !failed && next.done !== true; next = iterator.next()) {
            try {
                await work(next.value);
            }
            catch (error) {
                failed = true;
                throw error;
            }
        }
    };
    await settleAll(Array.from({ length: Math.max(1, limit) }, lane));
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


/***/ })

};
