export const id = 445;
export const ids = [445];
export const modules = {

/***/ 7452:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   C6: () => (/* binding */ forEachConcurrent),
/* harmony export */   Gz: () => (/* binding */ ByteBudget),
/* harmony export */   j3: () => (/* binding */ settleAll)
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


/***/ }),

/***/ 6592:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   A: () => (/* binding */ StoreError),
/* harmony export */   P: () => (/* binding */ etagsProve)
/* harmony export */ });
/* harmony import */ var _model_secrets_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(2166);

class StoreError extends Error {
    kind;
    code;
    status;
    operation;
    name = 'StoreError';
    constructor(kind, 
    /** S3's code, as `PreconditionFailed`; or Node's, as `ECONNRESET`. */
    code, 
    /** HTTP status, 0 without an answer. */
    status, 
    /** S3 operation, as `PutObject`: also the IAM action that a denied call lacks. */
    operation, message, options) {
        super((0,_model_secrets_js__WEBPACK_IMPORTED_MODULE_0__/* .withoutSecrets */ .c)(message), options);
        this.kind = kind;
        this.code = code;
        this.status = status;
        this.operation = operation;
    }
}
/** Whether an ETag can be an MD5 at all under this encryption: not under KMS, nor with a customer's key. */
function etagsProve(encryption) {
    return encryption === undefined || encryption === 'AES256';
}


/***/ })

};
