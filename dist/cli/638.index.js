export const id = 638;
export const ids = [638];
export const modules = {

/***/ 5638:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   resolveTarget: () => (/* binding */ resolveTarget)
/* harmony export */ });
/* harmony import */ var _aws_sdk_client_s3__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(3711);
/* harmony import */ var _model_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(4132);
/* harmony import */ var _configuration_error_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6630);
/* harmony import */ var _providers_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(8785);




/**
 * Two requests that the SDK builds and signs in full, and that are never sent, tell what its rules make of region,
 * endpoint, path style, access points, FIPS, dual stack and its own environment. They are the same for every key.
 * `undefined`: these requests have something that the lean path does not know, and remain the SDK's.
 * Rejects with a `SyncError` of exit 2 where the SDK's rules allow no request.
 */
async function resolveTarget(client, bucket) {
    // They have sessions in place of signatures; asking for one is a request.
    if ((0,_providers_js__WEBPACK_IMPORTED_MODULE_2__/* .isDirectoryBucket */ .W)(bucket))
        return undefined;
    let onObject;
    let onBucket;
    try {
        // With options, even none, the client does not keep a command's middleware for the next command.
        onObject = await build((keep) => {
            const command = new _aws_sdk_client_s3__WEBPACK_IMPORTED_MODULE_3__/* .HeadObjectCommand */ .l81({ Bucket: bucket, Key: PROBE });
            command.middlewareStack.add(keep, LAST);
            return client.send(command, {});
        });
        onBucket = await build((keep) => {
            const command = new _aws_sdk_client_s3__WEBPACK_IMPORTED_MODULE_3__/* .ListObjectsV2Command */ .u6x({ Bucket: bucket });
            command.middlewareStack.add(keep, LAST);
            return client.send(command, {});
        });
    }
    catch (error) {
        // What the SDK's rules refuse here they refuse in every call; nothing was sent.
        const told = (0,_model_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .messageOf */ .bD)(error);
        const advice = told.startsWith('Path-style')
            ? 'give an ARN without endpoint-url, or the alias of its access point as the bucket'
            : "correct bucket, region, endpoint-url, force-path-style, or the SDK's AWS_ variables";
        throw (0,_configuration_error_js__WEBPACK_IMPORTED_MODULE_1__/* .configurationError */ .D)('usage', `${bucket} cannot be asked for with the region and endpoint that are set (${told}): ${advice}`, error);
    }
    const { headers, protocol, hostname, port, path } = onObject;
    const scope = SCOPE.exec(headers.authorization ?? '');
    const isKnown = [...Object.keys(headers), ...Object.keys(onBucket.headers)].every((n) => KNOWN.has(n));
    const isSame = onBucket.protocol === protocol && onBucket.hostname === hostname && onBucket.port === port;
    if (scope === null || !isKnown || !isSame || !path.endsWith(`/${PROBE}`))
        return undefined;
    const [, region = '', service = ''] = scope;
    return {
        secure: protocol === 'https:',
        // As node:http wants an IPv6 address.
        host: hostname.replace(/^\[(.*)\]$/, '$1'),
        port,
        authority: headers.host ?? hostname,
        bucketPath: onBucket.path,
        objectPath: path.slice(0, -PROBE.length),
        region,
        service,
        userAgent: headers['user-agent'] ?? 'aws-sdk-js',
    };
}
const PROBE = 'probe';
/** An access key may hold anything; the scope's end is what is looked for. */
const SCOPE = /^AWS4-HMAC-SHA256 Credential=\S+\/\d{8}\/([^/\s,]+)\/([^/\s,]+)\/aws4_request,/;
/** What the SDK sends with everything. The lean path has the ones that are needed. */
const KNOWN = new Set([
    'amz-sdk-invocation-id',
    'amz-sdk-request',
    'authorization',
    'host',
    'user-agent',
    'x-amz-content-sha256',
    'x-amz-date',
    'x-amz-security-token',
    'x-amz-user-agent',
    // Of a Lambda function, to find loops.
    'x-amzn-trace-id',
]);
const LAST = { step: 'finalizeRequest', priority: 'low', name: 'keepAndDoNotSend' };
async function build(run) {
    let built;
    await run(() => async (args) => {
        built = args.request;
        return { output: { $metadata: {} }, response: undefined };
    });
    if (built === undefined)
        throw new Error('the SDK built no request');
    return built;
}


/***/ })

};
