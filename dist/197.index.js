export const id = 197;
export const ids = [197,606];
export const modules = {

/***/ 6630:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   D: () => (/* binding */ configurationError)
/* harmony export */ });
/* harmony import */ var _model_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(4132);

function configurationError(code, message, cause) {
    return new _model_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .SyncError */ .S0(code, _model_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .EXIT */ .dc.usage, message, { cause });
}


/***/ }),

/***/ 501:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Fv: () => (/* binding */ renewed),
/* harmony export */   XD: () => (/* binding */ roleConfiguration),
/* harmony export */   cL: () => (/* binding */ SilentLogger)
/* harmony export */ });
/* harmony import */ var _model_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(4132);
/* harmony import */ var _endpoint_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6606);
/* harmony import */ var _store_errors_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(4844);



/** The service that gives it answers within a second, or tries again for half a minute. Milliseconds. */
const TOKEN_MS = 60_000;
/** What a credential_process said that failed: the SDK's chain tells its logger alone, before it tries the next source. */
const FAILED_PROCESS = /^@smithy\/property-provider -> Command failed: [^\n]*\n(.*\S)/s;
const NO_PROVIDER = 'Could not load credentials from any providers';
/** The SDK writes to standard error of profiles and keys that are both set; what counts is in the log's line on credentials. */
class SilentLogger {
    #saidByProcess;
    /** What a credential_process said that failed. */
    get saidByProcess() {
        return this.#saidByProcess;
    }
    debug(said) {
        this.#saidByProcess = FAILED_PROCESS.exec(String(said))?.[1] ?? this.#saidByProcess;
    }
    trace() { }
    info() { }
    warn() { }
    error() { }
}
/**
 * Credentials for one more request of a run that began with some. Where they cannot be renewed, nothing was sent and nobody
 * refused the request: what the source says is told under the SDK's name for that. What may heal stays as it is.
 *
 * @param logger of the client that they are of
 */
async function renewed(credentials, logger) {
    try {
        return await credentials();
    }
    catch (cause) {
        if (cause instanceof _model_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .SyncError */ .S0 || (0,_store_errors_js__WEBPACK_IMPORTED_MODULE_2__/* .heals */ .yG)((0,_store_errors_js__WEBPACK_IMPORTED_MODULE_2__/* .toStoreError */ .D5)('AssumeRole', cause)))
            throw cause;
        const told = innermost(cause);
        const said = logger instanceof SilentLogger ? logger.saidByProcess : undefined;
        const message = told === NO_PROVIDER ? (said ?? told) : told;
        throw Object.assign(new Error(message, { cause }), { name: 'CredentialsProviderError' });
    }
}
function innermost(error) {
    const { cause } = error;
    return cause instanceof Error ? innermost(cause) : (0,_model_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .messageOf */ .bD)(error);
}
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
    const sts = { ...client, ...(0,_endpoint_js__WEBPACK_IMPORTED_MODULE_1__.atEndpoint)(await (0,_endpoint_js__WEBPACK_IMPORTED_MODULE_1__.endpointOf)('STS', profile)) };
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
            logger: client.logger,
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


/***/ }),

/***/ 6606:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   atEndpoint: () => (/* binding */ atEndpoint),
/* harmony export */   endpointOf: () => (/* binding */ endpointOf),
/* harmony export */   withoutCredentials: () => (/* binding */ withoutCredentials)
/* harmony export */ });
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3024);
/* harmony import */ var _disk_home_directory_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6190);
/* harmony import */ var _model_endpoint_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(4482);
/* harmony import */ var _configuration_error_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6630);
/* harmony import */ var _profiles_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(7673);





/**
 * Where a service is reached: as the environment says, else as the profile in use does. The SDK reads the configuration
 * files too, but those of `default` or AWS_PROFILE, whatever profile its client is made with. Rejects with a `SyncError` of exit 2.
 *
 * @param profile of the input; `undefined`: AWS_PROFILE, or `default`
 * @returns `undefined`: AWS itself
 */
async function endpointOf(service, profile) {
    const { env } = process;
    if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true')
        return undefined;
    const said = (0,_model_endpoint_js__WEBPACK_IMPORTED_MODULE_4__/* .environmentEndpoint */ .p)(env, service);
    if (said !== undefined || !(0,_profiles_js__WEBPACK_IMPORTED_MODULE_3__/* .profileFiles */ .xc)(env, (0,_disk_home_directory_js__WEBPACK_IMPORTED_MODULE_1__/* .homeDirectory */ .R)()).some((file) => (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.existsSync)(file)))
        return said;
    (0,_profiles_js__WEBPACK_IMPORTED_MODULE_3__/* .prepareProfiles */ .ww)();
    const { loadConfig } = await __webpack_require__.e(/* import() */ 291).then(__webpack_require__.t.bind(__webpack_require__, 7291, 19));
    // What a selector throws is lost: the SDK goes on as if nothing stood there.
    const read = loadConfig({
        environmentVariableSelector: () => undefined,
        configFileSelector: (section, all = {}) => ({ section, all }),
        default: undefined,
    }, profile === undefined ? {} : { profile });
    const found = await read();
    return found && endpointIn(found.section, found.all, service);
}
/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
function endpointIn(section, all, service) {
    if (section.ignore_configured_endpoint_urls === 'true')
        return undefined;
    const { services } = section;
    const own = services === undefined ? undefined : all[`services.${services}`];
    if (services !== undefined && own === undefined)
        throw (0,_configuration_error_js__WEBPACK_IMPORTED_MODULE_2__/* .configurationError */ .D)('usage', `the profile names the services ${JSON.stringify(services)}, and the configuration file has no section [services ${services}]: add it, or take the line out`);
    return own?.[`${service.toLowerCase()}.endpoint_url`] || section.endpoint_url || undefined;
}
/** How a client of the SDK is told where its service is, so that it does not look for itself. */
function atEndpoint(endpoint) {
    return endpoint === undefined ? { ignoreConfiguredEndpointUrls: true } : { endpoint };
}
/** For people, and to tell services apart. */
function withoutCredentials(endpoint) {
    const url = new URL(endpoint);
    url.username = '';
    url.password = '';
    url.search = '';
    url.hash = '';
    return url.href;
}


/***/ }),

/***/ 2274:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   EF: () => (/* binding */ LONGEST_ANSWER),
/* harmony export */   Ky: () => (/* binding */ SLOW_ANSWER_MS),
/* harmony export */   MG: () => (/* binding */ SlowAnswer),
/* harmony export */   N3: () => (/* binding */ spentError),
/* harmony export */   NF: () => (/* binding */ idleError),
/* harmony export */   Pw: () => (/* binding */ TooLongError),
/* harmony export */   Wm: () => (/* binding */ stoppedError),
/* harmony export */   YM: () => (/* binding */ PLAIN_PIECE),
/* harmony export */   _S: () => (/* binding */ promiseError),
/* harmony export */   a8: () => (/* binding */ LONGEST_REQUEST_MS),
/* harmony export */   cv: () => (/* binding */ exchange),
/* harmony export */   j6: () => (/* binding */ givePieces),
/* harmony export */   s1: () => (/* binding */ BODY_PIECE),
/* harmony export */   w2: () => (/* binding */ timeoutError),
/* harmony export */   yz: () => (/* binding */ unfinishedError)
/* harmony export */ });
/* harmony import */ var node_http__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7067);
/* harmony import */ var node_https__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(4708);


/** A request that takes longer than this does not end: an answer that trickles is no answer. Milliseconds. */
const LONGEST_REQUEST_MS = 60 * 60_000;
/** In so long, and what it may be silent for, so much of an answer comes or its end, unless it may trickle. Milliseconds, bytes. */
const SLOW_ANSWER_MS = 5 * 60_000;
const SLOWEST_ANSWER = 4 * 1024;
/** DeleteObjects repeats 1,000 keys of 1,024 bytes, each byte up to 6 when it is escaped. */
const LONGEST_ANSWER = 8 * 1024 * 1024;
/**
 * A body is given to its connection one piece after the other: that shows whether it is taken. TLS encrypts whatever it is
 * given at once, into memory of its own beside the body: 916 MB in bodies of up to 8 MiB took 530 MiB of memory otherwise,
 * and 160 so. Bytes.
 */
const BODY_PIECE = 128 * 1024;
/** On a connection of our own without TLS: small pieces took a tenth of the time more. Bytes. */
const PLAIN_PIECE = 4 * 1024 * 1024;
/**
 * Sends one request and resolves with its whole answer, of at most `maxBytes`. A body that is cut short, too long or
 * too slow rejects, as does a signal; then the connection is closed, since nobody knows what is still to come on it.
 *
 * By node:http, and so through proxies; where there is none `Connections` does the same by fewer steps.
 */
function exchange({ secure, host, port }, outgoing, connecting, maxBytes, signal, flow) {
    return new Promise((resolve, reject) => {
        if (signal.aborted) {
            reject(stoppedError());
            return;
        }
        const { method, path, headers, body, mayTrickle } = outgoing;
        const { connectTimeoutMs, readTimeoutMs, longestRequestMs } = connecting;
        const sent = (secure ? node_https__WEBPACK_IMPORTED_MODULE_1__.request : node_http__WEBPACK_IMPORTED_MODULE_0__.request)({
            agent: secure ? connecting.httpsAgent : connecting.httpAgent,
            // Without it an agent for proxies guesses by its call stack, differently when a connection is given back than
            // when one is asked for: it would never use one again.
            protocol: secure ? 'https:' : 'http:',
            host,
            ...(port === undefined ? {} : { port }),
            method,
            path,
            headers,
            timeout: readTimeoutMs,
        });
        let settled = false;
        let isAnswered = false;
        let promised;
        const slow = mayTrickle === true ? undefined : new SlowAnswer(connecting, (error) => fail(error));
        const settle = () => {
            if (settled)
                return false;
            settled = true;
            clearTimeout(connect);
            clearTimeout(longest);
            clearTimeout(promised);
            slow?.clear();
            signal.removeEventListener('abort', onAbort);
            return true;
        };
        const fail = (error) => {
            if (!settle())
                return;
            sent.destroy();
            reject(isAnswered ? unfinishedError(error) : error);
        };
        const onAbort = () => fail(stoppedError());
        const connect = setTimeout(() => fail(timeoutError(`no connection within ${connectTimeoutMs} ms`)), connectTimeoutMs);
        const longest = setTimeout(() => fail(spentError(`no end within ${longestRequestMs} ms`)), longestRequestMs);
        signal.addEventListener('abort', onAbort);
        sent.on('socket', (socket) => {
            if (!socket.connecting)
                clearTimeout(connect);
            else
                socket.once(secure ? 'secureConnect' : 'connect', () => clearTimeout(connect));
        });
        sent.on('timeout', () => {
            // While connecting the other limit counts.
            if (sent.socket?.connecting !== true)
                fail(timeoutError(`nothing happened for ${readTimeoutMs} ms`));
        });
        const lost = (error) => {
            const wasIdle = sent.reusedSocket && !isAnswered;
            if (wasIdle && !settled)
                closeIdle(secure ? connecting.httpsAgent : connecting.httpAgent);
            fail(wasIdle ? idleError(error) : error);
        };
        // It stays after the end: a socket may fail when its answer was read.
        sent.on('error', lost);
        // An answer that changes the protocol ends the request without a word.
        sent.on('close', () => {
            if (!isAnswered)
                lost(new Error('the connection was closed without an answer'));
        });
        // A head is told when it is whole.
        sent.on('finish', () => slow?.add(0));
        // Each one restarts the time that silence may take.
        sent.on('information', () => {
            if (sent.writableFinished)
                promised ??= setTimeout(() => fail(promiseError(readTimeoutMs)), readTimeoutMs);
        });
        sent.on('response', (response) => {
            isAnswered = true;
            clearTimeout(promised);
            // Of HEAD there is no more.
            flow?.received(1);
            response.on('data', ({ length }) => {
                flow?.received(length);
                slow?.add(length);
            });
            collect(response, maxBytes, fail, (answer) => {
                if (!settle())
                    return;
                // Refused before the body was sent: a server that reads no further would hold the connection for ever.
                if (!sent.writableFinished)
                    sent.destroy();
                resolve(answer);
            });
        });
        if (body !== undefined && body.length > 0)
            sendByPieces(sent, body, flow);
        else
            sent.end();
    });
}
/** Ends an answer that trickles. */
class SlowAnswer {
    #ms;
    #end;
    #timer;
    #bytes = 0;
    constructor({ slowAnswerMs, readTimeoutMs }, end) {
        this.#ms = slowAnswerMs + readTimeoutMs;
        this.#end = end;
    }
    /** It has begun, or so much more of it came. */
    add(bytes) {
        const told = `fewer than ${SLOWEST_ANSWER} bytes of the answer came within ${this.#ms} ms`;
        this.#timer ??= setTimeout(() => this.#end(spentError(told)), this.#ms);
        this.#bytes += bytes;
        if (this.#bytes < SLOWEST_ANSWER)
            return;
        this.#bytes = 0;
        this.#timer.refresh();
    }
    clear() {
        clearTimeout(this.#timer);
    }
}
/** What befell one of them befell them all: a router forgot them, or a server was replaced. */
function closeIdle(agent) {
    for (const sockets of Object.values(agent.freeSockets))
        for (const socket of sockets ?? [])
            socket.destroy();
}
function sendByPieces(sent, body, flow) {
    const since = performance.now();
    let unsent = body;
    const send = () => {
        if (sent.destroyed || unsent === undefined)
            return;
        unsent = givePieces(sent, unsent, BODY_PIECE);
        if (unsent !== undefined)
            return;
        sent.off('drain', soon);
        sent.end();
    };
    // An answer that comes meanwhile has its turn.
    const soon = () => {
        flow?.taken(BODY_PIECE, performance.now() - since);
        setImmediate(send);
    };
    sent.on('drain', soon);
    send();
}
/** Gives a stream pieces of a body until it has enough. What is left; `undefined`: nothing. */
function givePieces(stream, body, bytes) {
    let rest = body;
    while (rest.length > bytes) {
        const goesOn = stream.write(rest.subarray(0, bytes));
        rest = rest.subarray(bytes);
        if (!goesOn)
            return rest;
    }
    stream.write(rest);
    return undefined;
}
function collect(response, maxBytes, fail, done) {
    const chunks = [];
    let bytes = 0;
    response.on('data', (chunk) => {
        bytes += chunk.length;
        if (bytes > maxBytes)
            fail(new TooLongError(maxBytes, Number(response.headers['content-length']) || undefined));
        else
            chunks.push(chunk);
    });
    response.on('error', fail);
    response.on('close', () => {
        // An error is made where there is one: its stack costs 25 us.
        if (!response.complete)
            fail(new Error('the answer was cut short'));
    });
    response.on('end', () => {
        // The close that follows says so.
        if (!response.complete)
            return;
        const [only] = chunks;
        done({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks),
        });
    });
}
/** An answer that is not read to its end. */
class TooLongError extends Error {
    name = 'TooLongError';
    /** Bytes that it has, as far as it said so. */
    said;
    constructor(maxBytes, said) {
        super(`the answer is longer than ${maxBytes} bytes`);
        this.said = said;
    }
}
/** Named as the SDK names them: `toStoreError` reads both alike. */
function stoppedError() {
    return Object.assign(new Error('the request was stopped'), { name: 'AbortError' });
}
/** The same error, of a connection that was idle before and ended before a byte of the answer: `endedIdle` reads it. */
function idleError(error) {
    return Object.assign(error, { endedIdle: true });
}
/** The same error, of an answer of which at least the head arrived: `toStoreError` tells it from none. */
function unfinishedError(error) {
    return Object.assign(error, { isUnfinished: true });
}
/** Of interim answers, to a request that was sent whole, and of nothing else for so long. */
function promiseError(ms) {
    return timeoutError(`nothing but interim answers for ${ms} ms`);
}
/** Of a request that had all the time that one may have: `hadItsTime` reads it. */
function spentError(message) {
    return Object.assign(timeoutError(message), { hadItsTime: true });
}
function timeoutError(message) {
    return Object.assign(new Error(message), { name: 'TimeoutError', code: 'ETIMEDOUT' });
}


/***/ }),

/***/ 6592:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   AD: () => (/* binding */ StoreError),
/* harmony export */   GZ: () => (/* binding */ isDenied),
/* harmony export */   J0: () => (/* binding */ unlessRefused),
/* harmony export */   PF: () => (/* binding */ etagsProve),
/* harmony export */   Pb: () => (/* binding */ UnprovedCopyError),
/* harmony export */   Re: () => (/* binding */ isDeniedOrRejected),
/* harmony export */   UD: () => (/* binding */ BAD_PART_ETAG),
/* harmony export */   Y8: () => (/* binding */ CHANGED_AFTER_WRITE),
/* harmony export */   ic: () => (/* binding */ MayLackKeyError),
/* harmony export */   ku: () => (/* binding */ isOfS3),
/* harmony export */   mN: () => (/* binding */ LOGIN_REQUIRED),
/* harmony export */   yA: () => (/* binding */ UNFINISHED)
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
/** "Network Authentication Required" (RFC 6585): a network's own answer in place of S3's, until somebody has logged in. */
const LOGIN_REQUIRED = 511;
/** S3 gives every refusal a code; what has none is of a proxy, a web page, another service. HEAD has no body at all. */
function isOfS3({ operation, status, message }) {
    return operation.startsWith('Head') || message !== `HTTP ${status}`;
}
/** Whether whoever asks has not the right to. */
function isDenied(error) {
    return error instanceof StoreError && error.kind === 'denied';
}
/** Whether S3 will not say what was asked, to whoever asks or at all: what it would have said is not known. */
function isDeniedOrRejected(error) {
    return error instanceof StoreError && (error.kind === 'denied' || error.kind === 'rejected');
}
/** What S3 does not say is unknown. Throws what is no refusal. */
function unlessRefused(error) {
    if (!isDeniedOrRejected(error))
        throw error;
    return undefined;
}
/** Of a `network`: an answer began, and could not be read to its end. */
const UNFINISHED = 'UnfinishedAnswer';
/** Of a `condition` that was found after this run's own write, which nothing could bind to one. */
const CHANGED_AFTER_WRITE = 'ChangedAfterWrite';
/** Of a `digest`: a part was sent as it was digested, and its ETag is another MD5. */
const BAD_PART_ETAG = 'BadPartETag';
/** A copy of which nothing proves that it holds what it should: it is none, and the bytes are sent. */
class UnprovedCopyError extends StoreError {
    /** @param why goes on after "as" */
    constructor(why) {
        super('digest', 'UnprovedCopy', 200, 'UploadPartCopy', why);
    }
}
/** A write that was to be encrypted failed, as each does where a server has no key to do it by. */
class MayLackKeyError extends StoreError {
    constructor({ kind, code, status, operation, message, cause }) {
        super(kind, code, status, operation, message, { cause });
    }
}
/** Whether an ETag can be an MD5 at all under this encryption: not under KMS, nor with a customer's key. */
function etagsProve(encryption) {
    return encryption === undefined || encryption === 'AES256';
}


/***/ }),

/***/ 7673:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   mI: () => (/* binding */ missingProfile),
/* harmony export */   ww: () => (/* binding */ prepareProfiles),
/* harmony export */   xc: () => (/* binding */ profileFiles)
/* harmony export */ });
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6760);
/* harmony import */ var _disk_home_directory_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6190);
/* harmony import */ var _model_errors_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(4132);



/** Below it nothing can be. */
const NO_HOME = '/dev/null';
/** Before the SDK reads profiles. */
function prepareProfiles() {
    // Without a home the SDK fails, and with an empty HOME it reads `.aws` where it was started, in a checkout perhaps. It takes this
    // variable next, which nothing else reads outside of Windows.
    if ((0,_disk_home_directory_js__WEBPACK_IMPORTED_MODULE_1__/* .homeDirectory */ .R)() === undefined)
        process.env.USERPROFILE = NO_HOME;
    // As the other AWS tools have it, and the SDK does not.
    const { AWS_PROFILE, AWS_DEFAULT_PROFILE } = process.env;
    if (!AWS_PROFILE && AWS_DEFAULT_PROFILE)
        process.env.AWS_PROFILE = AWS_DEFAULT_PROFILE;
}
/** Where the SDK looks for profiles, whether these files are there or not. It takes `~/` for the home directory, if there is one. */
function profileFiles(env, home) {
    const files = [
        env.AWS_CONFIG_FILE || '~/.aws/config',
        env.AWS_SHARED_CREDENTIALS_FILE || '~/.aws/credentials',
    ];
    return files.flatMap((path) => {
        if (!path.startsWith('~/'))
            return path;
        return home === undefined ? [] : (0,node_path__WEBPACK_IMPORTED_MODULE_0__.join)(home, path.slice(2));
    });
}
/**
 * A profile that stands in no file, told in one line: the SDK would look for other credentials, and might find those of
 * the machine. `undefined`: it stands there. The SDK itself is asked, which keeps what it read: a file may be a pipe, and
 * that is empty the second time.
 *
 * @param given what names it: an input or a variable
 */
async function missingProfile(name, given) {
    // The SDK's own name for whatever there is.
    if (name === 'default')
        return undefined;
    const { loadSharedConfigFiles } = await __webpack_require__.e(/* import() */ 291).then(__webpack_require__.t.bind(__webpack_require__, 7291, 19));
    const { configFile, credentialsFile } = await loadSharedConfigFiles();
    if (Object.hasOwn(configFile, name) || Object.hasOwn(credentialsFile, name))
        return undefined;
    const files = profileFiles(process.env, (0,_disk_home_directory_js__WEBPACK_IMPORTED_MODULE_1__/* .homeDirectory */ .R)());
    return new _model_errors_js__WEBPACK_IMPORTED_MODULE_2__/* .SyncError */ .S0('no-credentials', _model_errors_js__WEBPACK_IMPORTED_MODULE_2__/* .EXIT */ .dc.usage, `${given} names ${JSON.stringify(name)}, and ${files.length === 0
        ? 'this user has no home directory, where profiles stand: set HOME, or AWS_CONFIG_FILE'
        : `no such profile stands in ${files.join(' or ')}: correct the name, or add the profile`}`);
}


/***/ }),

/***/ 4844:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   D5: () => (/* binding */ toStoreError),
/* harmony export */   RE: () => (/* binding */ hadItsTime),
/* harmony export */   ZQ: () => (/* binding */ refusedForSigning),
/* harmony export */   dV: () => (/* binding */ AnswerError),
/* harmony export */   n: () => (/* binding */ repeatingNothing),
/* harmony export */   rt: () => (/* binding */ endedIdle),
/* harmony export */   xR: () => (/* binding */ saysNotMade),
/* harmony export */   yG: () => (/* binding */ heals)
/* harmony export */ });
/* harmony import */ var _model_secrets_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(2166);
/* harmony import */ var _object_store_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6592);


/** Codes of S3 and of its imitators, by what they mean. HTTP status decides what is not listed. */
const BY_CODE = new Map([
    ['PreconditionFailed', 'condition'],
    ['NoSuchUpload', 'no-upload'],
    ['NotImplemented', 'rejected'],
    // With HTTP 403, and no question of rights.
    ['QuotaExceeded', 'rejected'],
    ['AccountProblem', 'rejected'],
    ['AllAccessDisabled', 'rejected'],
    ['NotSignedUp', 'rejected'],
    // MinIO's, with HTTP 507: nobody frees storage within seconds.
    ['XMinioStorageFull', 'rejected'],
    ['BadDigest', 'digest'],
    ['InvalidDigest', 'digest'],
    ['XAmzContentChecksumMismatch', 'digest'],
    ['XAmzContentMD5Mismatch', 'digest'],
    ['ExpiredToken', 'fatal'],
    ['ExpiredTokenException', 'fatal'],
    ['TokenRefreshRequired', 'fatal'],
    ['InvalidAccessKeyId', 'fatal'],
    // versitygw's.
    ['XAdminUserNotFound', 'fatal'],
    ['InvalidToken', 'fatal'],
    ['SignatureDoesNotMatch', 'fatal'],
    ['NoSuchBucket', 'fatal'],
    ['PermanentRedirect', 'fatal'],
    ['AuthorizationHeaderMalformed', 'fatal'],
    ['IllegalLocationConstraintException', 'fatal'],
    ['RequestTimeTooSkewed', 'fatal'],
    ['CredentialsProviderError', 'fatal'],
    ['SlowDown', 'throttled'],
    // MinIO's, which it gives to single keys of a batch too, where no status says that they pass.
    ['SlowDownRead', 'throttled'],
    ['SlowDownWrite', 'throttled'],
    ['ServerBusy', 'throttled'],
    ['XMinioServerNotInitialized', 'server'],
    ['ServiceUnavailable', 'throttled'],
    ['ThrottlingException', 'throttled'],
    // Of the key that encrypts, with HTTP 400.
    ['KMS.ThrottlingException', 'throttled'],
    ['TooManyRequests', 'throttled'],
    ['RequestLimitExceeded', 'throttled'],
    // CloudFront's.
    ['Throttling', 'throttled'],
    ['TooManyInvalidationsInProgress', 'throttled'],
    ['RequestTimeout', 'network'],
    ['InternalError', 'server'],
    ['OperationAborted', 'server'],
]);
/** An answer that refuses, or that cannot be read, in the shape that the SDK's errors have. */
class AnswerError extends Error {
    $metadata;
    $response;
    constructor(
    /** S3's code; without one the status. */
    code, message, answer, options) {
        super(message, options);
        this.name = code;
        this.$metadata = { httpStatusCode: answer.status };
        const headers = {};
        for (const [name, value] of Object.entries(answer.headers)) {
            if (value !== undefined)
                headers[name] = String(value);
        }
        this.$response = { statusCode: answer.status, headers };
    }
}
/**
 * Whether nothing but how it was signed was wrong, and that is mended: the request may be sent once more. The clock was
 * corrected by the answer, a 403 alone, since any other may have taken effect; or the credentials are renewed.
 */
function refusedForSigning(thrown) {
    const met = thrown instanceof _object_store_js__WEBPACK_IMPORTED_MODULE_0__/* .StoreError */ .AD ? thrown.cause : thrown;
    const { $metadata: told } = (typeof met === 'object' && met !== null ? met : {});
    const isClock = told?.httpStatusCode === 403 && told.clockSkewCorrected === true;
    return isClock || told?.credentialsRenewed === true;
}
/** Whether the same request may succeed when it is sent again. */
function heals({ kind, status, }) {
    if (status === _object_store_js__WEBPACK_IMPORTED_MODULE_0__/* .LOGIN_REQUIRED */ .mN)
        return false;
    return kind === 'server' || kind === 'network' || kind === 'throttled';
}
/**
 * Whether a connection that had been idle was found dead: that says nothing of the server, as a router forgets who is
 * silent. The request may have taken effect all the same.
 */
function endedIdle({ cause }) {
    return typeof cause === 'object' && cause !== null && cause.endedIdle === true;
}
/** Whether its request took as long as any may: another one would too. */
function hadItsTime({ cause }) {
    return typeof cause === 'object' && cause !== null && cause.hadItsTime === true;
}
/** What the SDK says to programmers behind its own words. */
const DESERIALIZATION_HINT = / *Deserialization error: to see the raw response, .*/;
/** Turns whatever a request threw into a `StoreError`. */
function toStoreError(operation, thrown) {
    if (thrown instanceof _object_store_js__WEBPACK_IMPORTED_MODULE_0__/* .StoreError */ .AD)
        return thrown;
    const error = (typeof thrown === 'object' && thrown !== null ? thrown : {});
    const status = error.$metadata?.httpStatusCode ?? error.$response?.statusCode ?? 0;
    const name = error.name ?? 'Error';
    // Node's errors have the code that says something in `code`, S3's in the name.
    const isNameless = ['Error', 'Unknown', 'UnknownError'].includes(name);
    // An answer to HEAD has no body, and so no code: the status says all.
    const said = status === 403 ? 'AccessDenied' : String(status || name);
    const code = error.code ?? (isNameless ? said : name);
    if (error.isUnfinished === true && status === 0 && name !== 'AbortError') {
        const said = error.message ?? '';
        const told = error.code === undefined ? said : `${error.code}: ${said}`;
        return new _object_store_js__WEBPACK_IMPORTED_MODULE_0__/* .StoreError */ .AD('network', _object_store_js__WEBPACK_IMPORTED_MODULE_0__/* .UNFINISHED */ .yA, 0, operation, told, { cause: thrown });
    }
    const region = error.$response?.headers?.['x-amz-bucket-region'];
    const isSilent = status > 0 && /^(Unknown(Error)?)?$/.test(error.message ?? '');
    const message = isSilent
        ? isNameless
            ? `HTTP ${status}`
            : code
        : (error.message ?? String(thrown)).replace(/\s*[\r\n]+\s*/g, ' ').replace(DESERIALIZATION_HINT, '');
    return new _object_store_js__WEBPACK_IMPORTED_MODULE_0__/* .StoreError */ .AD(kindOf(operation, code, name, status), code, status, operation, region === undefined ? message : `the bucket is in region ${region}`, { cause: thrown });
}
const REFUSALS = new Set([
    'condition',
    'source',
    'digest',
    'denied',
    'rejected',
]);
/** Whether it is certain that nothing was made of a request: S3's own words say so, or it was never sent. */
function saysNotMade(error) {
    const { kind, status } = error;
    // Without credentials nothing is sent.
    if (kind === 'fatal')
        return status === 0 || (0,_object_store_js__WEBPACK_IMPORTED_MODULE_0__/* .isOfS3 */ .ku)(error);
    return REFUSALS.has(kind) && status > 0 && (0,_object_store_js__WEBPACK_IMPORTED_MODULE_0__/* .isOfS3 */ .ku)(error);
}
/** A server's words without what it was sent: an answer may repeat the request. */
async function withoutSent(said, credentials) {
    if (said === '')
        return said;
    try {
        return (0,_model_secrets_js__WEBPACK_IMPORTED_MODULE_1__/* .withoutSigningValues */ .e)(said, await credentials());
    }
    catch {
        // Without credentials none were sent.
        return said;
    }
}
/** The same error, of which the message is without what was sent. */
async function repeatingNothing(error, credentials) {
    const { kind, code, status, operation, cause } = error;
    const message = await withoutSent(error.message, credentials);
    return message === error.message
        ? error
        : new _object_store_js__WEBPACK_IMPORTED_MODULE_0__/* .StoreError */ .AD(kind, code, status, operation, message, { cause });
}
function kindOf(operation, code, name, status) {
    if (name === 'AbortError')
        return 'aborted';
    const copies = operation === 'CopyObject' || operation === 'UploadPartCopy';
    // S3 names neither side of a copy in a 412 or 404: the upload that follows settles it under its own condition.
    if (copies && (status === 412 || status === 404) && code !== 'NoSuchBucket' && code !== 'NoSuchUpload') {
        return 'source';
    }
    // A copy of an archived object.
    if (copies && code === 'InvalidObjectState')
        return 'source';
    if (code === 'ConditionalRequestConflict')
        return operation === 'CompleteMultipartUpload' ? 'condition' : 'server';
    const known = BY_CODE.get(code);
    if (known !== undefined)
        return known;
    if (status === 0)
        return 'network';
    if (status === 412)
        return 'condition';
    // A write under If-Match to a key that is gone.
    if (status === 404 && (operation === 'PutObject' || operation === 'CompleteMultipartUpload'))
        return 'condition';
    if (status > 300 && status < 400 && status !== 304)
        return 'fatal';
    if (status === 401 || status === 403)
        return 'denied';
    if (status === 429 || status === 503)
        return 'throttled';
    // Of a proxy: the request did not arrive in time, or too early in a connection.
    if (status === 408 || status === 425)
        return 'network';
    // Also to HEAD, whose answer has no code. Storage that is full (507) stays so.
    if (status === 501 || status === 507)
        return 'rejected';
    if (status >= 500)
        return 'server';
    // The SDK's answer to a 200 whose body is an error, or is cut short.
    if (status === 200)
        return 'server';
    return 'rejected';
}


/***/ }),

/***/ 6833:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  H: () => (/* binding */ Ways)
});

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: external "node:http"
var external_node_http_ = __webpack_require__(7067);
// EXTERNAL MODULE: external "node:https"
var external_node_https_ = __webpack_require__(4708);
// EXTERNAL MODULE: external "node:net"
var external_node_net_ = __webpack_require__(7030);
;// CONCATENATED MODULE: ./node_modules/proxy-from-env/index.js


var DEFAULT_PORTS = {
  ftp: 21,
  gopher: 70,
  http: 80,
  https: 443,
  ws: 80,
  wss: 443,
};

function parseUrl(urlString) {
  try {
    return new URL(urlString);
  } catch {
    return null;
  }
}

/**
 * @param {string|object|URL} url - The URL as a string or URL instance, or a
 *   compatible object (such as the result from legacy url.parse).
 * @return {string} The URL of the proxy that should handle the request to the
 *  given URL. If no proxy is set, this will be an empty string.
 */
function getProxyForUrl(url) {
  var parsedUrl = (typeof url === 'string' ? parseUrl(url) : url) || {};
  var proto = parsedUrl.protocol;
  var hostname = parsedUrl.host;
  var port = parsedUrl.port;
  if (typeof hostname !== 'string' || !hostname || typeof proto !== 'string') {
    return '';  // Don't proxy URLs without a valid scheme or host.
  }

  proto = proto.split(':', 1)[0];
  // Stripping ports in this way instead of using parsedUrl.hostname to make
  // sure that the brackets around IPv6 addresses are kept.
  hostname = hostname.replace(/:\d*$/, '');
  port = parseInt(port) || DEFAULT_PORTS[proto] || 0;
  if (!shouldProxy(hostname, port)) {
    return '';  // Don't proxy URLs that match NO_PROXY.
  }

  var proxy = getEnv(proto + '_proxy') || getEnv('all_proxy');
  if (proxy && proxy.indexOf('://') === -1) {
    // Missing scheme in proxy, default to the requested URL's scheme.
    proxy = proto + '://' + proxy;
  }
  return proxy;
}

/**
 * Determines whether a given URL should be proxied.
 *
 * @param {string} hostname - The host name of the URL.
 * @param {number} port - The effective port of the URL.
 * @returns {boolean} Whether the given URL should be proxied.
 * @private
 */
function shouldProxy(hostname, port) {
  var NO_PROXY = getEnv('no_proxy').toLowerCase();
  if (!NO_PROXY) {
    return true;  // Always proxy if NO_PROXY is not set.
  }
  if (NO_PROXY === '*') {
    return false;  // Never proxy if wildcard is set.
  }

  return NO_PROXY.split(/[,\s]/).every(function(proxy) {
    if (!proxy) {
      return true;  // Skip zero-length hosts.
    }
    var parsedProxy = proxy.match(/^(.+):(\d+)$/);
    var parsedProxyHostname = parsedProxy ? parsedProxy[1] : proxy;
    var parsedProxyPort = parsedProxy ? parseInt(parsedProxy[2]) : 0;
    if (parsedProxyPort && parsedProxyPort !== port) {
      return true;  // Skip if ports don't match.
    }

    if (!/^[.*]/.test(parsedProxyHostname)) {
      // No wildcards, so stop proxying if there is an exact match.
      return hostname !== parsedProxyHostname;
    }

    if (parsedProxyHostname.charAt(0) === '*') {
      // Remove leading wildcard.
      parsedProxyHostname = parsedProxyHostname.slice(1);
    }
    // Stop proxying if the hostname ends with the no_proxy host.
    return !hostname.endsWith(parsedProxyHostname);
  });
}

/**
 * Get the value for an environment variable.
 *
 * @param {string} key - The name of the environment variable.
 * @return {string} The value of the environment variable.
 * @private
 */
function getEnv(key) {
  return process.env[key.toLowerCase()] || process.env[key.toUpperCase()] || '';
}

// EXTERNAL MODULE: ./build/src/model/errors.js
var errors = __webpack_require__(4132);
// EXTERNAL MODULE: ./build/src/model/options.js
var model_options = __webpack_require__(153);
// EXTERNAL MODULE: ./build/src/store/configuration-error.js
var configuration_error = __webpack_require__(6630);
// EXTERNAL MODULE: ./build/src/store/endpoint.js
var endpoint = __webpack_require__(6606);
// EXTERNAL MODULE: ./build/src/store/exchange.js
var exchange = __webpack_require__(2274);
;// CONCATENATED MODULE: ./build/src/store/ways.js










/**
 * How a connection's requests reach their hosts: the bucket, STS, and whom S3 is asked of. The environment says of each
 * by its name whether a proxy is between.
 */
class Ways {
    #connection;
    #authority = certificateAuthority();
    /** By the proxy; of none by ''. */
    #ways = new Map();
    #agents = [];
    #seen = new WeakMap();
    #bytesMoved = 0;
    constructor(connection) {
        this.#connection = connection;
    }
    /** Rejects with a `SyncError` of exit 2 where what should be a proxy cannot be one. */
    async to(url) {
        const proxy = proxyFor(url);
        if (proxy !== '' && !URL.canParse(proxy)) {
            throw (0,configuration_error/* configurationError */.D)('usage', `the proxy for ${(0,endpoint.withoutCredentials)(url)} is ${JSON.stringify(proxy.replace(/\/\/.*@/s, '//***@'))}, and it must be a URL as http://proxy.example.com:3128: correct HTTPS_PROXY, HTTP_PROXY or ALL_PROXY`);
        }
        const way = this.#ways.get(proxy) ?? this.#by(proxy);
        this.#ways.set(proxy, way);
        return way;
    }
    /** Bytes that came by all sockets, those that were closed since the last look too. */
    bytesMoved() {
        for (const { sockets, freeSockets } of this.#agents) {
            for (const socket of [...Object.values(sockets), ...Object.values(freeSockets)].flat()) {
                if (socket === undefined)
                    continue;
                this.#bytesMoved += socket.bytesRead - (this.#seen.get(socket) ?? 0);
                this.#seen.set(socket, socket.bytesRead);
            }
        }
        return this.#bytesMoved;
    }
    close() {
        for (const agent of this.#agents)
            agent.destroy();
    }
    async #by(proxy) {
        const options = {
            keepAlive: true,
            maxSockets: (0,model_options/* mostRequestsInFlight */.nH)(this.#connection),
            ...this.#authority,
        };
        const [httpAgent, httpsAgent] = proxy === '' ? [new external_node_http_.Agent(options), new external_node_https_.Agent(options)] : await proxyAgents(proxy, options);
        this.#agents.push(httpAgent, httpsAgent);
        const { connectTimeoutMs, readTimeoutMs } = this.#connection;
        return {
            httpAgent,
            httpsAgent,
            connectTimeoutMs,
            readTimeoutMs,
            longestRequestMs: exchange/* LONGEST_REQUEST_MS */.a8,
            slowAnswerMs: exchange/* SLOW_ANSWER_MS */.Ky,
            isProxied: proxy !== '',
            ...this.#authority,
        };
    }
}
/** A name in NO_PROXY is that of all below it too, as curl, Go and Python read it; the package wants a dot before it for that. */
function proxyFor(url) {
    const { protocol, hostname, port } = new URL(url);
    const labels = (0,external_node_net_.isIP)(hostname) === 0 ? hostname.split('.') : [hostname];
    const proxies = labels.map((_, at) => getProxyForUrl(`${protocol}//${labels.slice(at).join('.')}:${port}`));
    return proxies.includes('') ? '' : (proxies[0] ?? '');
}
async function proxyAgents(proxy, options) {
    const { HttpProxyAgent } = await Promise.all(/* import() */[__webpack_require__.e(830), __webpack_require__.e(947)]).then(__webpack_require__.bind(__webpack_require__, 8947));
    const { HttpsProxyAgent } = await Promise.all(/* import() */[__webpack_require__.e(830), __webpack_require__.e(566)]).then(__webpack_require__.bind(__webpack_require__, 1566));
    const http = new HttpProxyAgent(proxy, options);
    const https = new HttpsProxyAgent(proxy, options);
    for (const agent of [http, https]) {
        const connect = agent.connect.bind(agent);
        // Its failures would be taken for the server's.
        agent.connect = (...args) => connect(...args).catch((cause) => {
            const message = `the proxy ${(0,endpoint.withoutCredentials)(proxy)} of HTTPS_PROXY, HTTP_PROXY or ALL_PROXY: ${(0,errors/* messageOf */.bD)(cause)}`;
            throw Object.assign(new Error(message, { cause }), { code: cause.code });
        });
    }
    // It takes its options for the connection to the proxy alone; the server behind that is judged by these.
    if (options.ca !== undefined)
        Object.assign(https.options, { ca: options.ca });
    const agent = https;
    return [http, agent];
}
/** AWS_CA_BUNDLE as the other AWS tools know it; Node itself honours NODE_EXTRA_CA_CERTS. */
function certificateAuthority() {
    const path = process.env.AWS_CA_BUNDLE;
    if (path === undefined || path === '')
        return {};
    try {
        return { ca: (0,external_node_fs_.readFileSync)(path) };
    }
    catch (cause) {
        throw (0,configuration_error/* configurationError */.D)('file-not-found', `AWS_CA_BUNDLE names ${JSON.stringify(path)}, which cannot be read (${(0,errors/* messageOf */.bD)(cause)}): set it to a PEM file, or unset it`, cause);
    }
}


/***/ })

};
