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
/* harmony import */ var _open_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(2843);
/* harmony import */ var _store_errors_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(4844);




/**
 * Reaches CloudFront as the destination is reached: profile, proxy, certificates, timeouts. It is global, and has
 * nothing of the bucket's region and endpoint.
 *
 * @param region of the bucket: China has a CloudFront of its own
 */
async function openInvalidator({ connection }, distribution, region, surroundings = {}) {
    const { CloudFrontClient, CreateInvalidationCommand, GetInvalidationCommand } = await Promise.all(/* import() */[__webpack_require__.e(291), __webpack_require__.e(279), __webpack_require__.e(861), __webpack_require__.e(169)]).then(__webpack_require__.t.bind(__webpack_require__, 3169, 19));
    const isChina = region.startsWith('cn-');
    const own = isChina
        ? 'https://cloudfront.cn-northwest-1.amazonaws.com.cn'
        : 'https://cloudfront.amazonaws.com';
    const endpoint = await (0,_endpoint_js__WEBPACK_IMPORTED_MODULE_1__/* .endpointOf */ .X)('CLOUDFRONT', connection.profile);
    const { handler } = await (0,_open_js__WEBPACK_IMPORTED_MODULE_2__.requestHandler)(connection, endpoint ?? own);
    const client = new CloudFrontClient({
        region: isChina ? 'cn-northwest-1' : 'us-east-1',
        // The engine waits for longer than the SDK would, and under one reference.
        maxAttempts: 1,
        logger: _credentials_js__WEBPACK_IMPORTED_MODULE_0__/* .SILENT */ .q,
        requestHandler: handler,
        ...(0,_endpoint_js__WEBPACK_IMPORTED_MODULE_1__/* .atEndpoint */ .T)(endpoint),
        ...(connection.profile === undefined ? {} : { profile: connection.profile }),
        ...(await (0,_credentials_js__WEBPACK_IMPORTED_MODULE_0__/* .roleConfiguration */ .X)(connection, { region, requestHandler: handler }, surroundings)),
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
                throw await (0,_store_errors_js__WEBPACK_IMPORTED_MODULE_3__/* .repeatingNothing */ .n)((0,_store_errors_js__WEBPACK_IMPORTED_MODULE_3__/* .toStoreError */ .D5)('CreateInvalidation', error), () => client.config.credentials());
            }
        },
        async isDone(id, signal) {
            const command = new GetInvalidationCommand({ DistributionId: distribution, Id: id });
            try {
                const { Invalidation } = await client.send(command, { abortSignal: signal });
                return Invalidation?.Status === 'Completed';
            }
            catch (error) {
                throw await (0,_store_errors_js__WEBPACK_IMPORTED_MODULE_3__/* .repeatingNothing */ .n)((0,_store_errors_js__WEBPACK_IMPORTED_MODULE_3__/* .toStoreError */ .D5)('GetInvalidation', error), () => client.config.credentials());
            }
        },
    };
}


/***/ }),

/***/ 501:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   X: () => (/* binding */ roleConfiguration),
/* harmony export */   q: () => (/* binding */ SILENT)
/* harmony export */ });
/* harmony import */ var _model_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(4132);
/* harmony import */ var _endpoint_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6606);


/** The service that gives it answers within a second, or tries again for half a minute. Milliseconds. */
const TOKEN_MS = 60_000;
/** The SDK writes to standard error of profiles and keys that are both set; what counts is in the log's line on credentials. */
const SILENT = {
    trace: () => undefined,
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
};
/** What makes a client of the SDK act as the connection's role; nothing, and so the SDK's chain, where there is none. */
async function roleConfiguration(connection, client, surroundings) {
    const { role } = connection;
    return role === undefined
        ? {}
        : { credentials: await roleCredentials(role, connection, client, surroundings) };
}
/**
 * Credentials of a role: by the runner's own identity token where there is one, else from what the SDK's chain gives.
 * Each call asks for new ones: the SDK calls again before they expire.
 *
 * @param client what the STS client is made with
 */
async function roleCredentials({ arn, audience, sessionName, durationSeconds }, { profile }, client, { idToken, hide }) {
    const { fromTemporaryCredentials, fromWebToken, fromNodeProviderChain } = await Promise.all(/* import() */[__webpack_require__.e(291), __webpack_require__.e(279), __webpack_require__.e(861), __webpack_require__.e(719)]).then(__webpack_require__.t.bind(__webpack_require__, 9719, 19));
    const sts = { ...client, ...(0,_endpoint_js__WEBPACK_IMPORTED_MODULE_1__/* .atEndpoint */ .T)(await (0,_endpoint_js__WEBPACK_IMPORTED_MODULE_1__/* .endpointOf */ .X)('STS', profile)) };
    const clientConfig = sts;
    const hidden = (give) => async (...args) => {
        const credentials = await give(...args);
        hide?.(credentials.secretAccessKey);
        if (credentials.sessionToken !== undefined)
            hide?.(credentials.sessionToken);
        return credentials;
    };
    if (idToken !== undefined) {
        return hidden(async () => {
            const webIdentityToken = await tokenOf(idToken, audience, arn);
            hide?.(webIdentityToken);
            const give = fromWebToken({
                roleArn: arn,
                roleSessionName: sessionName,
                durationSeconds,
                webIdentityToken,
                clientConfig,
            });
            return give();
        });
    }
    return hidden(fromTemporaryCredentials({
        masterCredentials: fromNodeProviderChain({
            logger: SILENT,
            ...(profile === undefined ? {} : { profile }),
        }),
        params: { RoleArn: arn, RoleSessionName: sessionName, DurationSeconds: durationSeconds },
        clientConfig,
    }));
}
/** Rejects with a `SyncError` of exit 1: a service that fails says nothing of the role. */
async function tokenOf(idToken, audience, role) {
    let timer;
    const tooLong = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${TOKEN_MS / 1000} s`)), TOKEN_MS);
    });
    try {
        return await Promise.race([idToken(audience), tooLong]);
    }
    catch (cause) {
        throw new _model_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .SyncError */ .S0('unreachable', _model_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .EXIT */ .dc.failed, `the role ${role} could not be assumed, as the runner's token service gave the job no token (${(0,_model_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .messageOf */ .bD)(cause)}): run again; STS was not asked`, { cause });
    }
    finally {
        clearTimeout(timer);
    }
}


/***/ })

};
