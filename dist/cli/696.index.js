export const id = 696;
export const ids = [696];
export const modules = {

/***/ 7315:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   BoundedHandler: () => (/* binding */ BoundedHandler)
/* harmony export */ });
/* harmony import */ var _smithy_node_http_handler__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(1279);
/* harmony import */ var _bounded_body_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6411);
/* harmony import */ var _exchange_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(2274);



/**
 * The SDK's own requests, each by the way to its host. Answers, which it reads whole, end like those of ours; an object's
 * bytes are counted by whoever reads them.
 */
class BoundedHandler extends _smithy_node_http_handler__WEBPACK_IMPORTED_MODULE_2__.NodeHttpHandler {
    #ways;
    #handlers = new Map();
    constructor(ways) {
        super();
        this.#ways = ways;
    }
    async handle(...args) {
        const [{ protocol, hostname, port, method, query, headers }] = args;
        const connecting = await this.#ways.to(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`);
        const handler = this.#handlers.get(connecting) ?? handlerBy(connecting);
        this.#handlers.set(connecting, handler);
        const answer = await handler.handle(...args);
        const { response } = answer;
        const isObject = query['x-id'] === 'GetObject' && response.statusCode < 300;
        // What S3 makes of what it has may take minutes, with blanks until it is done.
        const isMadeByS3 = headers['x-amz-copy-source'] !== undefined || (method === 'POST' && query.uploadId !== undefined);
        const longestMs = isMadeByS3 ? _exchange_js__WEBPACK_IMPORTED_MODULE_1__/* .LONGEST_REQUEST_MS */ .a8 : _exchange_js__WEBPACK_IMPORTED_MODULE_1__/* .SLOW_ANSWER_MS */ .Ky;
        if (!isObject)
            response.body = (0,_bounded_body_js__WEBPACK_IMPORTED_MODULE_0__/* .bounded */ .Mm)(response.body, _exchange_js__WEBPACK_IMPORTED_MODULE_1__/* .LONGEST_ANSWER */ .EF, longestMs);
        return answer;
    }
    destroy() {
        this.#ways.close();
    }
}
function handlerBy(connecting) {
    const { httpAgent, httpsAgent, connectTimeoutMs, readTimeoutMs, longestRequestMs } = connecting;
    return new _smithy_node_http_handler__WEBPACK_IMPORTED_MODULE_2__.NodeHttpHandler({
        httpAgent,
        httpsAgent,
        connectionTimeout: connectTimeoutMs,
        socketTimeout: readTimeoutMs,
        requestTimeout: longestRequestMs,
        throwOnRequestTimeout: true,
    });
}


/***/ })

};
