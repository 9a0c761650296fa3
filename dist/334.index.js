export const id = 334;
export const ids = [334];
export const modules = {

/***/ 9334:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  firstCredentials: () => (/* binding */ firstCredentials),
  identify: () => (/* binding */ identify),
  sdkAccess: () => (/* binding */ sdkAccess)
});

// EXTERNAL MODULE: ./node_modules/@aws-sdk/client-s3/dist-cjs/index.js
var dist_cjs = __webpack_require__(3711);
// EXTERNAL MODULE: ./build/src/model/errors.js
var errors = __webpack_require__(4132);
// EXTERNAL MODULE: ./build/src/model/secrets.js
var secrets = __webpack_require__(2166);
// EXTERNAL MODULE: ./build/src/store/configuration-error.js
var configuration_error = __webpack_require__(6630);
// EXTERNAL MODULE: ./build/src/store/credentials.js
var credentials = __webpack_require__(501);
// EXTERNAL MODULE: ./build/src/store/endpoint.js
var store_endpoint = __webpack_require__(6606);
// EXTERNAL MODULE: ./build/src/store/profiles.js
var profiles = __webpack_require__(7673);
;// CONCATENATED MODULE: ./build/src/store/rare-calls.js

/** The calls that many runs never make. A file of their own: with it the SDK is loaded, which takes 100 ms of CPU. */
class RareCalls {
    #client;
    constructor(client) {
        this.#client = client;
    }
    getObject(input, abortSignal) {
        return this.#client.send(new dist_cjs/* GetObjectCommand */.jLs(input), { abortSignal });
    }
    headPart(input, abortSignal) {
        return this.#client.send(new dist_cjs/* HeadObjectCommand */.l81(input), { abortSignal });
    }
    getObjectAcl(input, abortSignal) {
        return this.#client.send(new dist_cjs/* GetObjectAclCommand */.hsf(input), { abortSignal });
    }
    getBucketOwnershipControls(input, abortSignal) {
        return this.#client.send(new dist_cjs/* GetBucketOwnershipControlsCommand */.$rC(input), { abortSignal });
    }
    listMultipartUploads(input, abortSignal) {
        return this.#client.send(new dist_cjs/* ListMultipartUploadsCommand */.mo2(input), { abortSignal });
    }
    listObjectVersions(input, abortSignal) {
        return this.#client.send(new dist_cjs/* ListObjectVersionsCommand */.uc$(input), { abortSignal });
    }
    listParts(input, abortSignal) {
        return this.#client.send(new dist_cjs/* ListPartsCommand */.m9c(input), { abortSignal });
    }
    async abortMultipartUpload(input, abortSignal) {
        await this.#client.send(new dist_cjs/* AbortMultipartUploadCommand */.tfP(input), { abortSignal });
    }
}

// EXTERNAL MODULE: ./build/src/model/digest.js
var digest = __webpack_require__(6799);
// EXTERNAL MODULE: ./build/src/store/bounded-body.js
var bounded_body = __webpack_require__(6411);
// EXTERNAL MODULE: ./build/src/store/exchange.js
var exchange = __webpack_require__(2274);
;// CONCATENATED MODULE: ./build/src/store/sdk-calls.js




/** The calls as commands of the AWS SDK: 1 to 3 ms of CPU each. */
class SdkCalls {
    #client;
    constructor(client) {
        this.#client = client;
    }
    listObjectsV2(input, abortSignal) {
        return this.#client.send(new dist_cjs/* ListObjectsV2Command */.u6x(input), { abortSignal });
    }
    headObject(input, abortSignal) {
        return this.#client.send(new dist_cjs/* HeadObjectCommand */.l81(input), { abortSignal });
    }
    async getObject(input, maxBytes, abortSignal) {
        const answer = await this.#client.send(new dist_cjs/* GetObjectCommand */.jLs(input), { abortSignal });
        const body = answer.Body;
        if (body === undefined)
            throw new Error('GetObject answered without a body');
        const limit = new bounded_body/* BodyLimit */.qc(exchange/* LONGEST_REQUEST_MS */.a8);
        const chunks = [];
        try {
            for await (const chunk of (0,bounded_body/* arriving */.Xp)(body)) {
                limit.add(chunk);
                if (limit.bytes > maxBytes)
                    throw new exchange/* TooLongError */.Pw(maxBytes, answer.ContentLength);
                chunks.push(chunk);
            }
        }
        finally {
            // Of a body that is not read to its end the connection cannot be used again.
            body.destroy();
        }
        return { ...answer, Body: Buffer.concat(chunks) };
    }
    putObject(input, abortSignal) {
        return this.#client.send(new dist_cjs/* PutObjectCommand */.wKZ(input), { abortSignal });
    }
    copyObject(input, abortSignal) {
        return this.#client.send(new dist_cjs/* CopyObjectCommand */.s9Z(input), { abortSignal });
    }
    createMultipartUpload(input, abortSignal) {
        return this.#client.send(new dist_cjs/* CreateMultipartUploadCommand */.nG4(input), { abortSignal });
    }
    uploadPart(input, abortSignal) {
        return this.#client.send(new dist_cjs/* UploadPartCommand */.iVK(input), { abortSignal });
    }
    uploadPartCopy(input, abortSignal) {
        return this.#client.send(new dist_cjs/* UploadPartCopyCommand */.Xp2(input), { abortSignal });
    }
    completeMultipartUpload(input, abortSignal) {
        return this.#client.send(new dist_cjs/* CompleteMultipartUploadCommand */.Gym(input), { abortSignal });
    }
    async deleteObject(input, abortSignal) {
        const { $metadata } = await this.#client.send(new dist_cjs/* DeleteObjectCommand */.k4j(input), { abortSignal });
        return $metadata.httpStatusCode;
    }
    deleteObjects(input, abortSignal) {
        const command = new dist_cjs/* DeleteObjectsCommand */.xvx(input);
        command.middlewareStack.add(contentMd5Alone, { step: 'build', priority: 'low', name: 'contentMd5Alone' });
        return this.#client.send(command, { abortSignal });
    }
}
/**
 * DeleteObjects must carry a checksum of its body. Content-MD5 and nothing beside it is the one spelling that
 * every server takes: older ones know no other, versitygw refuses MD5 under the SDK's own headers.
 */
function contentMd5Alone(next) {
    return async (args) => {
        const request = args.request;
        for (const name of Object.keys(request.headers)) {
            if (/^x-amz-(checksum-|sdk-checksum-)/i.test(name))
                delete request.headers[name];
        }
        request.headers['content-md5'] = (0,digest/* base64OfMd5 */.tI)((0,digest/* md5Of */.iF)(Buffer.from(request.body ?? '')));
        return next(args);
    };
}

// EXTERNAL MODULE: ./build/src/store/store-errors.js
var store_errors = __webpack_require__(4844);
;// CONCATENATED MODULE: ./build/src/store/sdk-client.js










/** A client of the SDK for one bucket. Rejects with a `SyncError` of exit 2 where there is no region or no role. */
async function sdkAccess({ connection, bucket, endpoint, handler, notice, signal, surroundings, }) {
    const { profile } = connection;
    const missing = profile === undefined ? undefined : await (0,profiles/* missingProfile */.mI)(profile, 'profile');
    if (missing !== undefined)
        throw missing;
    const logger = new credentials/* SilentLogger */.cL();
    const configuration = {
        maxAttempts: 1,
        logger,
        requestHandler: handler,
        ...(profile === undefined ? {} : { profile }),
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
        // Without it bodies of 2 MiB and more wait for a 100-continue on a connection each.
        expectContinueHeader: false,
        cacheMiddleware: true,
        ...(0,store_endpoint.atEndpoint)(endpoint),
        ...((connection.forcePathStyle ?? endpoint !== undefined) ? { forcePathStyle: true } : {}),
    };
    const region = await resolveRegion(configuration, connection, endpoint, bucket, signal);
    const role = await (0,credentials/* roleConfiguration */.XD)(connection, { region, requestHandler: handler, logger }, surroundings);
    const client = new dist_cjs/* S3Client */.YxF({ ...configuration, region, ...role });
    const noticeAnswer = (next) => async (args) => {
        const result = await next(args);
        notice(result.response.headers ?? {});
        return result;
    };
    client.middlewareStack.add(noticeAnswer, { step: 'deserialize', priority: 'low', name: 'noticeServer' });
    return { client, region, handler, calls: new SdkCalls(client), rareCalls: new RareCalls(client) };
}
async function resolveRegion(configuration, connection, endpoint, bucket, signal) {
    const { region } = connection;
    try {
        const found = await new dist_cjs/* S3Client */.YxF({
            ...configuration,
            ...(region === undefined ? {} : { region }),
        }).config.region();
        return region ?? found;
    }
    catch (error) {
        const message = (0,errors/* messageOf */.bD)(error);
        const refused = /^Region not accepted: region="(.+)"/.exec(message)?.[1];
        if (refused !== undefined)
            throw (0,configuration_error/* configurationError */.D)('no-region', `${JSON.stringify(refused)} was given as the region, and a region is letters, digits and hyphens, as eu-central-1: correct region, or AWS_REGION`, error);
        // An unset variable of a workflow sets AWS_REGION to nothing. A profile that does not exist is not a missing region.
        if (!/region is missing|region=""/i.test(message))
            throw await noCredentials(connection, error);
    }
    const { AWS_DEFAULT_REGION: fallback } = process.env;
    if (endpoint !== undefined)
        return fallback || 'us-east-1';
    // AWS names a bucket's region to anyone who asks, in the headers of a refusal too: asked without a signature, as a role
    // that is assumed in that region may be all there is. So does GetBucketRegion of AWS's own SDK for Go.
    const anonymous = {
        credentials: { accessKeyId: '', secretAccessKey: '' },
        signer: { sign: async (request) => request },
    };
    try {
        const answer = await new dist_cjs/* S3Client */.YxF({ ...configuration, ...anonymous, region: 'us-east-1' }).send(new dist_cjs/* HeadBucketCommand */.kuI({ Bucket: bucket }), { abortSignal: signal });
        return answer.BucketRegion ?? 'us-east-1';
    }
    catch (error) {
        if (error instanceof errors/* SyncError */.S0)
            throw error;
        const headers = error.$response?.headers;
        const region = headers?.['x-amz-bucket-region'];
        const found = region ?? (fallback || undefined);
        if (found !== undefined)
            return found;
        throw (0,configuration_error/* configurationError */.D)('no-region', `no region is set and S3 did not say where the bucket ${bucket} is (${(0,errors/* messageOf */.bD)(error)}): set region, or AWS_REGION`, error);
    }
}
/** The credentials that a run begins with. Rejects with a `SyncError` where there are none. */
async function firstCredentials(client, connection) {
    try {
        return await client.config.credentials();
    }
    catch (error) {
        throw await noCredentials(connection, error);
    }
}
/** The account's name is for the log alone: where nobody may reach STS, nothing waits for longer. Milliseconds. */
const NAMED_WITHIN_MS = 2_000;
/** Who is publishing, by the account's own word where there are accounts. */
async function identify({ credentials, region, handler, connection, provider, emit, signal, }) {
    const source = sourceOf(credentials.$source, connection);
    warnOfBoth(connection, emit);
    const allowed = connection.allowedAccountIds;
    if (!provider.accounts && allowed.length === 0)
        return { source };
    const tooLate = AbortSignal.timeout(NAMED_WITHIN_MS);
    try {
        const { STSClient, GetCallerIdentityCommand } = await __webpack_require__.e(/* import() */ 695).then(__webpack_require__.t.bind(__webpack_require__, 1695, 19));
        const sts = new STSClient({
            region,
            maxAttempts: allowed.length > 0 ? connection.maxAttempts : 1,
            ...(connection.profile === undefined ? {} : { profile: connection.profile }),
            requestHandler: handler,
            credentials,
            ...(0,store_endpoint.atEndpoint)(await (0,store_endpoint.endpointOf)('STS', connection.profile)),
        });
        const { Account: account, Arn: arn } = await sts.send(new GetCallerIdentityCommand({}), {
            abortSignal: allowed.length > 0 ? signal : AbortSignal.any([signal, tooLate]),
        });
        if (allowed.length > 0 && (account === undefined || !allowed.includes(account))) {
            throw (0,configuration_error/* configurationError */.D)('wrong-account', `the credentials (${source}) are of account ${account ?? 'unknown'}, allowed-account-ids allows ${allowed.join(', ')}: use credentials of that account`);
        }
        return { source, ...(account === undefined ? {} : { account }), ...(arn === undefined ? {} : { arn }) };
    }
    catch (error) {
        if (error instanceof errors/* SyncError */.S0)
            throw error;
        const code = error.name ?? '';
        const told = (0,secrets/* withoutSigningValues */.e)((0,errors/* messageOf */.bD)(error), credentials);
        if (['InvalidClientTokenId', 'ExpiredToken', 'ExpiredTokenException', 'SignatureDoesNotMatch'].includes(code)) {
            throw (0,configuration_error/* configurationError */.D)('bad-credentials', `AWS refuses the credentials (${source}): ${told}; renew them, and check that key and secret belong together`, error);
        }
        if (allowed.length > 0) {
            throw (0,configuration_error/* configurationError */.D)('wrong-account', `allowed-account-ids is set and STS could not say whose credentials these are (${source}): ${told}${provider.accounts ? '' : '; this endpoint is not of AWS, and may have no STS: leave allowed-account-ids out then'}`, error);
        }
        const why = tooLate.aborted ? `no answer within ${NAMED_WITHIN_MS / 1000} s` : told;
        emit({ type: 'message', level: 'debug', message: `STS did not name the account: ${why}` });
        return { source };
    }
}
/** Other tools take the keys then; whoever set the other one must hear which account is written to. */
function warnOfBoth({ profile, role }, emit) {
    const { AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = process.env;
    if (profile !== undefined || role !== undefined)
        return;
    if (!AWS_PROFILE || !AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY)
        return;
    const message = `AWS_PROFILE and AWS_ACCESS_KEY_ID are both set, and the profile ${AWS_PROFILE} is used: unset the one that is not meant`;
    emit({ type: 'message', level: 'warning', message });
}
/** The SDK notes where credentials came from under these names (its user-agent features). */
const SOURCES = [
    ['CREDENTIALS_STS_ASSUME_ROLE_WEB_ID', 'web identity'],
    ['CREDENTIALS_ENV_VARS_STS_WEB_ID_TOKEN', 'web identity'],
    ['CREDENTIALS_STS_ASSUME_ROLE', 'assumed role'],
    ['CREDENTIALS_ENV_VARS', 'environment'],
    ['CREDENTIALS_SSO', 'single sign-on'],
    ['CREDENTIALS_PROCESS', 'credential process'],
    ['CREDENTIALS_HTTP', 'container role'],
    ['CREDENTIALS_IMDS', 'instance role'],
    ['CREDENTIALS_PROFILE', 'profile'],
];
function sourceOf(features, connection) {
    const source = SOURCES.find(([name]) => features !== undefined && name in features)?.[1] ??
        (connection.role === undefined ? "the SDK's chain" : 'assumed role');
    const profile = connection.profile ?? process.env.AWS_PROFILE;
    return source === 'profile' && profile !== undefined && profile !== '' ? `profile ${profile}` : source;
}
function isCredentialError(error) {
    const name = error.name ?? '';
    return name.endsWith('ProviderError') || name === 'CredentialsProviderError';
}
/** As Node calls what befalls a connection, and the SDK what took too long. */
const UNANSWERED = /^(E(AI_|CONN|HOST|NET|PIPE|PROTO|TIMEDOUT)|ENOTFOUND|TimeoutError|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|ERR_(SSL|TLS)_)/;
async function noCredentials(connection, cause) {
    if (cause instanceof errors/* SyncError */.S0)
        return cause;
    const { role } = connection;
    const { kind, code, message } = (0,store_errors/* toStoreError */.D5)('AssumeRole', cause);
    // Nobody answered, or a login page, or one that is not well: that is no refusal.
    if (kind === 'server' || kind === 'throttled' || UNANSWERED.test(code)) {
        const [what, who] = role === undefined
            ? ['no credentials could be fetched', 'their source']
            : [`the role ${role.arn} could not be assumed`, 'STS'];
        const why = kind === 'throttled'
            ? `${who} was asked too often (${message}): run again`
            : `${who} did not answer (${message}): check network and proxy, and run again`;
        return new errors/* SyncError */.S0(kind === 'throttled' ? 'throttled' : 'unreachable', errors/* EXIT */.dc.failed, `${what}, as ${why}`, { cause });
    }
    const { AWS_PROFILE } = process.env;
    const missing = AWS_PROFILE && isCredentialError(cause) && (await (0,profiles/* missingProfile */.mI)(AWS_PROFILE, 'AWS_PROFILE'));
    if (missing)
        return missing;
    if (role !== undefined) {
        return (0,configuration_error/* configurationError */.D)('no-credentials', `the role ${role.arn} could not be assumed (${(0,errors/* messageOf */.bD)(cause)}): check its ARN and whom its trust policy names; in a workflow the job needs permissions: id-token: write, elsewhere credentials that may assume it`, cause);
    }
    const tried = connection.profile === undefined
        ? 'environment, profile, web identity, container, instance'
        : `profile ${connection.profile}`;
    return (0,configuration_error/* configurationError */.D)('no-credentials', `no AWS credentials were found (tried: ${tried}; ${(0,errors/* messageOf */.bD)(cause)}): in a workflow add aws-actions/configure-aws-credentials before this step, elsewhere set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a profile`, cause);
}


/***/ })

};
