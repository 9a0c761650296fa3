export const id = 607;
export const ids = [607];
export const modules = {

/***/ 3607:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   openInvalidator: () => (/* binding */ openInvalidator)
/* harmony export */ });
/* harmony import */ var _credentials_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(501);
/* harmony import */ var _endpoint_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6606);
/* harmony import */ var _store_errors_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(4844);
/* harmony import */ var _ways_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(6833);




/**
 * Reaches CloudFront as the destination is reached: profile, proxy, certificates, timeouts. It is global, and has
 * nothing of the bucket's region and endpoint.
 *
 * @param region of the bucket: China has a CloudFront of its own
 */
async function openInvalidator({ connection }, distribution, region, surroundings = {}) {
    const { CloudFrontClient, CreateInvalidationCommand, GetInvalidationCommand } = await Promise.all(/* import() */[__webpack_require__.e(291), __webpack_require__.e(279), __webpack_require__.e(861), __webpack_require__.e(169)]).then(__webpack_require__.t.bind(__webpack_require__, 3169, 19));
    const { BoundedHandler } = await Promise.all(/* import() */[__webpack_require__.e(291), __webpack_require__.e(279), __webpack_require__.e(315)]).then(__webpack_require__.bind(__webpack_require__, 7315));
    const isChina = region.startsWith('cn-');
    const endpoint = await (0,_endpoint_js__WEBPACK_IMPORTED_MODULE_1__.endpointOf)('CLOUDFRONT', connection.profile);
    const handler = new BoundedHandler(new _ways_js__WEBPACK_IMPORTED_MODULE_3__/* .Ways */ .H(connection));
    const logger = new _credentials_js__WEBPACK_IMPORTED_MODULE_0__/* .SilentLogger */ .cL();
    const client = new CloudFrontClient({
        region: isChina ? 'cn-northwest-1' : 'us-east-1',
        // The engine waits for longer than the SDK would, and under one reference.
        maxAttempts: 1,
        logger,
        requestHandler: handler,
        ...(0,_endpoint_js__WEBPACK_IMPORTED_MODULE_1__.atEndpoint)(endpoint),
        ...(connection.profile === undefined ? {} : { profile: connection.profile }),
        ...(await (0,_credentials_js__WEBPACK_IMPORTED_MODULE_0__/* .roleConfiguration */ .XD)(connection, { region, requestHandler: handler, logger }, surroundings)),
    });
    return {
        distribution,
        async create(paths, reference, signal) {
            const command = new CreateInvalidationCommand({
                DistributionId: distribution,
                InvalidationBatch: {
                    CallerReference: reference,
                    Paths: { Quantity: paths.length, Items: [...paths] },
                },
            });
            try {
                const { Invalidation } = await client.send(command, { abortSignal: signal });
                return { id: Invalidation?.Id ?? '' };
            }
            catch (error) {
                throw await (0,_store_errors_js__WEBPACK_IMPORTED_MODULE_2__/* .repeatingNothing */ .n)((0,_store_errors_js__WEBPACK_IMPORTED_MODULE_2__/* .toStoreError */ .D5)('CreateInvalidation', error), () => client.config.credentials());
            }
        },
        async isDone(id, signal) {
            const command = new GetInvalidationCommand({ DistributionId: distribution, Id: id });
            try {
                const { Invalidation } = await client.send(command, { abortSignal: signal });
                return Invalidation?.Status === 'Completed';
            }
            catch (error) {
                throw await (0,_store_errors_js__WEBPACK_IMPORTED_MODULE_2__/* .repeatingNothing */ .n)((0,_store_errors_js__WEBPACK_IMPORTED_MODULE_2__/* .toStoreError */ .D5)('GetInvalidation', error), () => client.config.credentials());
            }
        },
    };
}


/***/ })

};
