export const id = 607;
export const ids = [607];
export const modules = {

/***/ 3607:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   openInvalidator: () => (/* binding */ openInvalidator)
/* harmony export */ });
/* harmony import */ var _credentials_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(501);
/* harmony import */ var _open_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1651);
/* harmony import */ var _store_errors_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(4844);



/**
 * Reaches CloudFront as the destination is reached: profile, proxy, certificates, timeouts. It is global, and has
 * nothing of the bucket's region and endpoint; AWS_ENDPOINT_URL_CLOUDFRONT is the SDK's own.
 *
 * @param region of the bucket: China has a CloudFront of its own
 */
async function openInvalidator({ connection }, distribution, region, surroundings = {}) {
    const { CloudFrontClient, CreateInvalidationCommand, GetInvalidationCommand } = await __webpack_require__.e(/* import() */ 169).then(__webpack_require__.t.bind(__webpack_require__, 3169, 19));
    const isChina = region.startsWith('cn-');
    const own = isChina
        ? 'https://cloudfront.cn-northwest-1.amazonaws.com.cn'
        : 'https://cloudfront.amazonaws.com';
    const { handler } = await (0,_open_js__WEBPACK_IMPORTED_MODULE_0__.requestHandler)(connection, environmentEndpoint() ?? own);
    const { role } = connection;
    const client = new CloudFrontClient({
        region: isChina ? 'cn-northwest-1' : 'us-east-1',
        // The engine waits for longer than the SDK would, and under one reference.
        maxAttempts: 1,
        requestHandler: handler,
        ...(connection.profile === undefined ? {} : { profile: connection.profile }),
        ...(role === undefined
            ? {}
            : {
                credentials: await (0,_credentials_js__WEBPACK_IMPORTED_MODULE_2__/* .roleCredentials */ .R)(role, connection, { region, requestHandler: handler }, surroundings),
            }),
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
                throw (0,_store_errors_js__WEBPACK_IMPORTED_MODULE_1__/* .toStoreError */ .D5)('CreateInvalidation', error);
            }
        },
        async isDone(id, signal) {
            const command = new GetInvalidationCommand({ DistributionId: distribution, Id: id });
            try {
                const { Invalidation } = await client.send(command, { abortSignal: signal });
                return Invalidation?.Status === 'Completed';
            }
            catch (error) {
                throw (0,_store_errors_js__WEBPACK_IMPORTED_MODULE_1__/* .toStoreError */ .D5)('GetInvalidation', error);
            }
        },
    };
}
/** Only for the choice of a proxy; the SDK takes it by itself. */
function environmentEndpoint() {
    if (process.env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true')
        return undefined;
    return process.env.AWS_ENDPOINT_URL_CLOUDFRONT || process.env.AWS_ENDPOINT_URL || undefined;
}


/***/ })

};
