export const id = 114;
export const ids = [114];
export const modules = {

/***/ 6411:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Mm: () => (/* binding */ bounded),
/* harmony export */   Xp: () => (/* binding */ arriving),
/* harmony export */   qc: () => (/* binding */ BodyLimit)
/* harmony export */ });
/* harmony import */ var node_stream__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7075);
/* harmony import */ var _exchange_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(2274);


/** Slower than this is an answer that trickles, once it has had its time. Bytes a second. */
const SLOWEST = 64 * 1024;
/** An end for bodies that never stop: so long, and longer for what is long. */
class BodyLimit {
    #longestMs;
    #began = performance.now();
    #bytes = 0;
    constructor(longestMs) {
        this.#longestMs = longestMs;
    }
    get bytes() {
        return this.#bytes;
    }
    /** Throws when the time is over. A body of which nothing comes any more is the socket's matter. */
    add({ length }) {
        this.#bytes += length;
        const allowed = this.#longestMs + (this.#bytes / SLOWEST) * 1000;
        if (performance.now() - this.#began <= allowed)
            return;
        const message = `no end within ${this.#longestMs} ms, and ${this.#bytes} bytes`;
        throw (0,_exchange_js__WEBPACK_IMPORTED_MODULE_1__/* .unfinishedError */ .yz)((0,_exchange_js__WEBPACK_IMPORTED_MODULE_1__/* .spentError */ .N3)(message));
    }
}
/** The body as it comes: where it breaks off, its answer had begun. */
async function* arriving(body) {
    try {
        yield* body;
    }
    catch (error) {
        throw (0,_exchange_js__WEBPACK_IMPORTED_MODULE_1__/* .unfinishedError */ .yz)(error);
    }
}
/** The body as it is, as long as it is within the limits. */
function bounded(body, maxBytes, longestMs) {
    const limit = new BodyLimit(longestMs);
    const gate = new node_stream__WEBPACK_IMPORTED_MODULE_0__.Transform({
        transform(chunk, _, done) {
            try {
                limit.add(chunk);
            }
            catch (error) {
                done(error);
                return;
            }
            if (limit.bytes > maxBytes)
                done((0,_exchange_js__WEBPACK_IMPORTED_MODULE_1__/* .unfinishedError */ .yz)(new Error(`the answer is longer than ${maxBytes} bytes`)));
            else
                done(null, chunk);
        },
    });
    (0,node_stream__WEBPACK_IMPORTED_MODULE_0__.pipeline)(body, gate, () => undefined);
    return gate;
}


/***/ }),

/***/ 4733:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  openStore: () => (/* binding */ openStore)
});

// EXTERNAL MODULE: ./build/src/disk/home-directory.js
var home_directory = __webpack_require__(6190);
// EXTERNAL MODULE: ./build/src/model/options.js
var model_options = __webpack_require__(153);
// EXTERNAL MODULE: ./build/src/store/configuration-error.js
var configuration_error = __webpack_require__(6630);
// EXTERNAL MODULE: ./build/src/store/endpoint.js
var store_endpoint = __webpack_require__(6606);
// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: ./build/src/store/profiles.js
var profiles = __webpack_require__(7673);
// EXTERNAL MODULE: ./build/src/store/providers.js
var providers = __webpack_require__(8785);
;// CONCATENATED MODULE: ./build/src/store/environment.js



/** What the SDK reads of the environment and is settled here, or does not change a request. */
const SETTLED = new Set([
    'AWS_ACCESS_KEY_ID',
    'AWS_CA_BUNDLE',
    'AWS_CONFIG_FILE',
    'AWS_DEFAULT_REGION',
    'AWS_EC2_METADATA_DISABLED',
    'AWS_ENDPOINT_URL',
    'AWS_ENDPOINT_URL_S3',
    'AWS_MAX_ATTEMPTS',
    'AWS_PAGER',
    'AWS_REGION',
    'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'AWS_SHARED_CREDENTIALS_FILE',
]);
/** Of AWS's own regions some are no region, but a way to one (`aws-global`, `fips-us-east-1`). */
const REGION = /^(?!aws-|fips-)(?!.*-fips$)[a-z0-9][a-z0-9-]*$/;
/** Path style takes what every bucket is called since 2018. */
const BUCKET = /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/;
/**
 * Where to and as whom, when the environment says all of it in so many words: keys, region and an endpoint that is
 * spoken to in path style. Loading the SDK and asking it takes half as long as a run that finds nothing to do.
 * `undefined`: there is a profile, a role, a configuration file or a setting that the SDK has to judge.
 */
function environmentAccess(connection, bucket, endpoint, env, home) {
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
    const region = connection.region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || '');
    if (!accessKeyId || !secretAccessKey || endpoint === undefined)
        return undefined;
    if (!REGION.test(region) || !BUCKET.test(bucket) || (0,providers/* isDirectoryBucket */.W)(bucket))
        return undefined;
    const { role, profile, forcePathStyle, allowedAccountIds } = connection;
    if (role !== undefined || profile !== undefined || forcePathStyle === false)
        return undefined;
    if (allowedAccountIds.length > 0)
        return undefined;
    const isOther = (name) => /^_?(AWS|X_AMZN)_/i.test(name) && !SETTLED.has(name);
    if (Object.keys(env).some((name) => isOther(name) && env[name] !== ''))
        return undefined;
    if ((0,profiles/* profileFiles */.xc)(env, home).some((file) => (0,external_node_fs_.existsSync)(file)))
        return undefined;
    const url = new URL(endpoint);
    if (url.username !== '' || url.search !== '' || url.hash !== '' || /[^\w./-]/.test(url.pathname))
        return undefined;
    const path = `${url.pathname.replace(/\/$/, '')}/${bucket}/`;
    return {
        credentials: { accessKeyId, secretAccessKey, sessionToken: env.AWS_SESSION_TOKEN || undefined },
        target: {
            secure: url.protocol === 'https:',
            host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
            port: url.port === '' ? undefined : Number(url.port),
            authority: url.host,
            bucketPath: path,
            objectPath: path,
            region,
            service: 's3',
            userAgent: 's3-dedup-sync',
        },
    };
}

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
// EXTERNAL MODULE: external "node:net"
var external_node_net_ = __webpack_require__(7030);
// EXTERNAL MODULE: external "node:tls"
var external_node_tls_ = __webpack_require__(1692);
// EXTERNAL MODULE: ./build/src/store/exchange.js
var store_exchange = __webpack_require__(2274);
;// CONCATENATED MODULE: ./build/src/store/answer-reader.js

/** Of a head, or of what follows the last chunk: S3 says what it has to say in 8 KB. Bytes. */
const LONGEST_HEAD = 64 * 1024;
/** The length of a chunk and whatever is said beside it. Bytes. */
const LONGEST_CHUNK_HEAD = 1024;
const STATUS = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: |$)/;
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** A line break by itself would be one to some and none to others. */
const CONTROL = /[\0\r\n]/;
const LENGTH = /^[0-9]{1,15}$/;
const CHUNK_HEAD = /^([0-9A-Fa-f]{1,12})[\t ]*(?:;.*)?$/;
/** Said twice, the first counts, as node:http has it; of others the values are joined. */
const SAID_ONCE = new Set([
    'content-type',
    'etag',
    'expires',
    'last-modified',
    'server',
]);
/**
 * Reads one answer of HTTP/1.1 out of what arrives on a connection: RFC 9112, and nothing that it leaves to taste. Throws
 * where it is not that: whoever reads on could take one answer for another.
 */
class AnswerReader {
    #hasBody;
    #maxBytes;
    #room;
    #state = 'head';
    /** What has arrived and cannot be read by itself. */
    #rest;
    #status = 0;
    #headers = {};
    #pieces = [];
    /** Where a body comes to lie whose length is known. */
    #whole;
    #bytes = 0;
    /** What is to come of the body or of the chunk. Bytes. */
    #left = 0;
    #trailerBytes = 0;
    #stays = false;
    #isPromised = false;
    /**
     * @param isHead an answer to HEAD, which ends with its head
     * @param maxBytes of the body
     * @param room for the body, where it is of a length that fits
     */
    constructor(isHead, maxBytes, room) {
        this.#hasBody = !isHead;
        this.#maxBytes = maxBytes;
        this.#room = room;
    }
    /** Whether the connection may be used for another request: the answer is whole, and what follows it is the next. */
    get stays() {
        return this.#stays && this.#state === 'whole' && this.#rest === undefined;
    }
    get answer() {
        if (this.#whole !== undefined)
            return { status: this.#status, headers: this.#headers, body: this.#whole };
        return {
            status: this.#status,
            headers: this.#headers,
            body: Buffer.concat(this.#pieces, this.#bytes),
        };
    }
    /** Takes what arrived, and keeps nothing of it but copies; true: the answer is whole. */
    take(arrived) {
        let chunk = this.#rest === undefined ? arrived : Buffer.concat([this.#rest, arrived]);
        this.#rest = undefined;
        while (chunk !== undefined && this.#state !== 'whole')
            chunk = this.#read(chunk);
        // Bytes that nobody asked for.
        if (this.#state === 'whole' && chunk !== undefined)
            this.#rest = Buffer.from(chunk);
        return this.#state === 'whole';
    }
    /** Where what arrives next is best put, before it is taken; `undefined`: it has to be read. */
    get unfilled() {
        return this.#state === 'length' ? this.#whole?.subarray(this.#bytes) : undefined;
    }
    /** The other end has said its last word; true: and that makes the answer whole. */
    end() {
        if (this.#state === 'close')
            this.#state = 'whole';
        return this.#state === 'whole';
    }
    /** Whether nothing has arrived. */
    get isUntouched() {
        return this.#state === 'head' && this.#rest === undefined && this.#status === 0;
    }
    /** Whether the head of the answer itself has arrived. */
    get hasBegun() {
        return this.#state !== 'head';
    }
    /** Whether interim answers, and no more, have arrived. */
    get isPromised() {
        return this.#isPromised && this.#state === 'head';
    }
    /** What follows what could be read; undefined: nothing, or not enough. */
    #read(chunk) {
        switch (this.#state) {
            case 'head':
                return this.#readHead(chunk);
            case 'length':
            case 'chunk':
                return this.#readCounted(chunk);
            case 'close':
                this.#keep(chunk);
                return undefined;
            case 'chunk head':
                return this.#readChunkHead(chunk);
            case 'chunk end':
                return this.#readChunkEnd(chunk);
            case 'trailer':
                return this.#readTrailer(chunk);
            case 'whole':
                return chunk;
        }
    }
    #readHead(chunk) {
        const end = chunk.indexOf('\r\n\r\n');
        if (end === -1 ? chunk.length > LONGEST_HEAD : end > LONGEST_HEAD)
            throw new Error(`the head of the answer is longer than ${LONGEST_HEAD} bytes`);
        if (end === -1) {
            // What speaks no HTTP is not waited for.
            if (!'HTTP/1.'.startsWith(chunk.toString('latin1', 0, Math.min(7, chunk.length))))
                throw notHttp(chunk);
            this.#rest = Buffer.from(chunk);
            return undefined;
        }
        const [first = '', ...lines] = chunk.toString('latin1', 0, end).split('\r\n');
        const status = STATUS.exec(first);
        if (status === null || CONTROL.test(first))
            throw notHttp(chunk);
        this.#status = Number(status[2]);
        this.#headers = headersOf(lines);
        this.#begin(status[1] === '1');
        return after(chunk, end + 4);
    }
    /** What comes after the head. */
    #begin(isOneDotOne) {
        const status = this.#status;
        const headers = this.#headers;
        if (status === 101)
            throw new Error('the answer changes the protocol');
        // "Go on", "early hints": the answer follows.
        if (status < 200) {
            this.#isPromised = true;
            return;
        }
        const said = (headers.connection ?? '').toLowerCase().split(/[\t ]*,[\t ]*/);
        this.#stays = isOneDotOne ? !said.includes('close') : said.includes('keep-alive');
        const { 'content-length': length, 'transfer-encoding': encoding } = headers;
        if (length !== undefined && (encoding !== undefined || !LENGTH.test(length)))
            throw new Error(`the answer's length is ${JSON.stringify(length.slice(0, 40))}`);
        if (encoding !== undefined && encoding.toLowerCase() !== 'chunked')
            throw new Error(`the answer is encoded as ${JSON.stringify(encoding.slice(0, 40))}`);
        if (!this.#hasBody || status === 204 || status === 304) {
            this.#state = 'whole';
        }
        else if (encoding !== undefined) {
            this.#state = 'chunk head';
        }
        else if (length !== undefined) {
            this.#left = Number(length);
            if (this.#left > this.#maxBytes)
                throw new store_exchange/* TooLongError */.Pw(this.#maxBytes, this.#left);
            this.#state = this.#left === 0 ? 'whole' : 'length';
            if (this.#left > 0)
                this.#whole = this.#place(this.#left);
        }
        else {
            this.#stays = false;
            this.#state = 'close';
        }
    }
    #place(size) {
        const room = this.#room;
        return room !== undefined && room.length >= size ? room.subarray(0, size) : Buffer.allocUnsafe(size);
    }
    #readCounted(chunk) {
        const taken = Math.min(chunk.length, this.#left);
        this.#keep(taken === chunk.length ? chunk : chunk.subarray(0, taken));
        this.#left -= taken;
        if (this.#left === 0)
            this.#state = this.#state === 'length' ? 'whole' : 'chunk end';
        return after(chunk, taken);
    }
    #readChunkHead(chunk) {
        const line = this.#line(chunk, LONGEST_CHUNK_HEAD);
        if (line === undefined)
            return undefined;
        const [, size] = CHUNK_HEAD.exec(line) ?? [];
        if (size === undefined || CONTROL.test(line))
            throw new Error(`a chunk of the answer begins with ${JSON.stringify(line.slice(0, 40))}`);
        this.#left = Number.parseInt(size, 16);
        this.#checkSize(this.#bytes + this.#left);
        this.#state = this.#left === 0 ? 'trailer' : 'chunk';
        return after(chunk, line.length + 2);
    }
    #readChunkEnd(chunk) {
        const line = this.#line(chunk, 0);
        if (line === undefined)
            return undefined;
        this.#state = 'chunk head';
        return after(chunk, 2);
    }
    /** What follows the last chunk says nothing that we asked for. */
    #readTrailer(chunk) {
        const line = this.#line(chunk, LONGEST_HEAD - this.#trailerBytes);
        if (line === undefined)
            return undefined;
        this.#trailerBytes += line.length;
        if (line === '')
            this.#state = 'whole';
        return after(chunk, line.length + 2);
    }
    /** Without its end; undefined: it has not arrived. */
    #line(chunk, longest) {
        const end = chunk.indexOf('\r\n');
        if (end > longest || (end === -1 && chunk.length > longest + 1))
            throw new Error(`a line between the chunks of the answer is longer than ${longest} bytes`);
        if (end === -1)
            this.#rest = Buffer.from(chunk);
        return end === -1 ? undefined : chunk.toString('latin1', 0, end);
    }
    #keep(piece) {
        if (this.#whole === undefined)
            this.#pieces.push(Buffer.from(piece));
        else if (!this.#liesThere(piece, this.#whole))
            piece.copy(this.#whole, this.#bytes);
        this.#bytes += piece.length;
        this.#checkSize(this.#bytes);
    }
    #liesThere(piece, whole) {
        return piece.buffer === whole.buffer && piece.byteOffset === whole.byteOffset + this.#bytes;
    }
    #checkSize(bytes) {
        if (bytes > this.#maxBytes)
            throw new store_exchange/* TooLongError */.Pw(this.#maxBytes);
    }
}
function headersOf(lines) {
    // Whatever a server calls a header, `__proto__` too.
    const headers = Object.create(null);
    for (const line of lines) {
        const colon = line.indexOf(':');
        const name = line.slice(0, colon).toLowerCase();
        if (colon < 1 || !NAME.test(name) || CONTROL.test(line))
            throw new Error(`the head of the answer has the line ${JSON.stringify(line.slice(0, 40))}`);
        // No other blanks: what ends with à in UTF-8 ends with a no-break space in Latin-1.
        const value = line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, '');
        const before = headers[name];
        if (before === undefined)
            headers[name] = value;
        // Two lengths joined are no length.
        else if (!SAID_ONCE.has(name))
            headers[name] = `${before}, ${value}`;
    }
    return headers;
}
function after(chunk, taken) {
    return taken === chunk.length ? undefined : chunk.subarray(taken);
}
function notHttp(chunk) {
    return new Error(`the answer is not HTTP: ${JSON.stringify(chunk.toString('latin1', 0, 40))}`);
}

;// CONCATENATED MODULE: ./build/src/store/flow.js
/**
 * What a connection takes of a request in so many milliseconds says nothing of the server: systems take some megabytes for
 * it, though nobody reads them.
 */
const TAKEN_AT_ONCE_MS = 10_000;
/** Whether anything flows: a number that grows while a server answers, or takes more of a body. */
class Flow {
    #takenAtOnceMs;
    #bytes = 0;
    constructor(takenAtOnceMs = TAKEN_AT_ONCE_MS) {
        this.#takenAtOnceMs = takenAtOnceMs;
    }
    get bytes() {
        return this.#bytes;
    }
    /** Of an answer. */
    received(bytes) {
        this.#bytes += bytes;
    }
    /**
     * Of a body.
     *
     * @param sendingMs how long it has been sent for
     */
    taken(bytes, sendingMs) {
        if (sendingMs >= this.#takenAtOnceMs)
            this.#bytes += bytes;
    }
}

;// CONCATENATED MODULE: ./build/src/store/connections.js





/** A server that says when it closes an idle connection may do so a little early. Milliseconds. */
const EARLY_MS = 1_000;
/** As node:http has it. Milliseconds. */
const PROBE_AFTER_MS = 1_000;
/**
 * What arrives on any connection but the bulk of bodies, until its reader has taken it: one room in place of a new one each
 * time, which Node would allocate as large, cut down and leave to the garbage collection. Bytes.
 */
const ARRIVED = Buffer.allocUnsafeSlow(64 * 1024);
/** Methods with a body, which says its length though it be empty. */
const WITH_BODY = new Set(['PUT', 'POST']);
/** What node:http would send, and no more: anything else in a header's value ends or forges it. */
const UNSENDABLE = /[^\t\x20-\x7e\x80-\xff]/;
const UNSENDABLE_PATH = /[^\x21-\x7e]/;
/**
 * Connections to one server, kept between requests, one request at a time on each. It is node:http's work by fewer
 * steps: a request there costs 0.3 ms of CPU, and 0.1 here, of 0.9 in all for a small file
 * (`node build/benchmarks/requests.js`).
 */
class Connections {
    #origin;
    #connecting;
    #flow;
    #open = new Set();
    /** The last one used is the first: the others may be let go by the server. */
    #idle = [];
    /** One listener a signal: there are a hundred requests to each. */
    #stops = new Map();
    /** Whom a certificate may be by, read once: for each connection it costs 1 ms, as much as all else of TLS. */
    #context;
    #session;
    constructor(origin, connecting, flow = new Flow()) {
        this.#origin = origin;
        this.#connecting = connecting;
        this.#flow = flow;
    }
    get isEmpty() {
        return this.#open.size === 0;
    }
    /**
     * As `exchange`.
     *
     * @param room where the answer's body may come to lie, good until the promise is settled
     */
    exchange(outgoing, maxBytes, signal, room) {
        return new Promise((resolve, reject) => {
            if (signal.aborted) {
                reject((0,store_exchange/* stoppedError */.Wm)());
                return;
            }
            const head = headOf(outgoing);
            const connection = this.#take() ?? this.#connect();
            const { longestRequestMs, readTimeoutMs } = this.#connecting;
            const longest = setTimeout(() => connection.fail((0,store_exchange/* spentError */.N3)(`no end within ${longestRequestMs} ms`)), longestRequestMs);
            const reader = new AnswerReader(outgoing.method === 'HEAD', maxBytes, room);
            this.#listen(signal, connection);
            const slow = outgoing.mayTrickle === true
                ? undefined
                : new store_exchange/* SlowAnswer */.MG(this.#connecting, (error) => connection.fail(error));
            connection.begin({ reader, readTimeoutMs, signal, longest, slow, resolve, reject }, head, outgoing.body);
        });
    }
    close() {
        for (const connection of [...this.#open])
            connection.fail(new Error('the store was closed'));
    }
    #take() {
        for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
            if (last.isUsable)
                return last;
            last.socket.destroy();
        }
        return undefined;
    }
    #connect() {
        const { secure, host, port } = this.#origin;
        const { connectTimeoutMs } = this.#connecting;
        let connection;
        const onread = {
            // Asked for before there is a connection, and after each time.
            buffer: () => connection?.room ?? ARRIVED,
            callback: (bytes, into) => {
                connection?.take(into.subarray(0, bytes));
                // And more may come.
                return true;
            },
        };
        const socket = secure ? this.#connectTls(onread) : (0,external_node_net_.connect)({ host, port: port ?? 80, onread });
        const made = new Connection(socket, secure ? store_exchange/* BODY_PIECE */.s1 : store_exchange/* PLAIN_PIECE */.YM, this.#flow, {
            idle: () => this.#idle.push(made),
            done: (signal) => this.#unlisten(signal, made),
            closed: () => this.#open.delete(made),
            endedIdle: () => {
                for (const each of [...this.#open])
                    each.retire();
            },
        });
        connection = made;
        this.#open.add(made);
        const connect = setTimeout(() => made.fail((0,store_exchange/* timeoutError */.w2)(`no connection within ${connectTimeoutMs} ms`)), connectTimeoutMs);
        socket.once(secure ? 'secureConnect' : 'connect', () => {
            clearTimeout(connect);
            made.connected();
        });
        socket.once('close', () => clearTimeout(connect));
        return made;
    }
    #connectTls(onread) {
        const { host, port } = this.#origin;
        const { ca } = this.#connecting;
        this.#context ??= (0,external_node_tls_.createSecureContext)(ca === undefined ? {} : { ca });
        // The types do not know that TLS takes it too.
        const options = {
            host,
            port: port ?? 443,
            servername: (0,external_node_net_.isIP)(host) === 0 ? host : '',
            ALPNProtocols: ['http/1.1'],
            secureContext: this.#context,
            onread,
            ...(this.#session === undefined ? {} : { session: this.#session }),
        };
        const socket = (0,external_node_tls_.connect)(options);
        socket.on('session', (session) => (this.#session = session));
        return socket;
    }
    #listen(signal, connection) {
        let stop = this.#stops.get(signal);
        if (stop === undefined) {
            const using = new Set();
            const onAbort = () => {
                for (const each of [...using])
                    each.fail((0,store_exchange/* stoppedError */.Wm)());
            };
            stop = { using, onAbort };
            this.#stops.set(signal, stop);
            signal.addEventListener('abort', stop.onAbort);
        }
        stop.using.add(connection);
    }
    #unlisten(signal, connection) {
        const stop = this.#stops.get(signal);
        stop?.using.delete(connection);
        if (stop === undefined || stop.using.size > 0)
            return;
        this.#stops.delete(signal);
        signal.removeEventListener('abort', stop.onAbort);
    }
}
class Connection {
    socket;
    #owner;
    #exchange;
    #isConnected = false;
    /** Since when there is something to send, and where to. Milliseconds, of `performance.now()`. */
    #sendingSince = 0;
    /** What of the body was not given to the socket. */
    #unsent;
    #pieceBytes;
    #flow;
    /** When the server closes it. */
    #until = Number.POSITIVE_INFINITY;
    #hasAnswered = false;
    /** Ends an exchange that is promised an answer and gets none. */
    #promised;
    #isRetired = false;
    /** @param pieceBytes of a body that the socket is given at a time */
    constructor(socket, pieceBytes, flow, owner) {
        this.socket = socket;
        this.#pieceBytes = pieceBytes;
        this.#flow = flow;
        this.#owner = owner;
        socket.setNoDelay(true);
        socket.setKeepAlive(true, PROBE_AFTER_MS);
        socket.on('end', () => this.#end());
        socket.on('error', (error) => this.#lost(error));
        socket.on('timeout', () => this.#silent());
        // What was written may be on its way at once, and so the next piece, and the next: meanwhile no answer would be heard.
        socket.on('drain', () => {
            flow.taken(pieceBytes, performance.now() - this.#sendingSince);
            if (this.#unsent !== undefined)
                setImmediate(() => this.#send());
        });
        socket.on('close', () => {
            owner.closed();
            this.#failClosed();
        });
    }
    get isUsable() {
        return this.socket.writable && !this.socket.readableEnded && Date.now() < this.#until;
    }
    connected() {
        this.#isConnected = true;
        this.#sendingSince = performance.now();
    }
    /** What befell another one befell it too, as a router forgets them all: no further request is sent on it. */
    retire() {
        if (!this.#hasAnswered)
            return;
        this.#isRetired = true;
        if (this.#exchange === undefined)
            this.socket.destroy();
    }
    begin(exchange, head, body) {
        const { socket } = this;
        this.#exchange = exchange;
        this.#sendingSince = performance.now();
        socket.ref();
        if (socket.timeout !== exchange.readTimeoutMs)
            socket.setTimeout(exchange.readTimeoutMs);
        socket.cork();
        socket.write(head, 'latin1');
        this.#unsent = body?.length === 0 ? undefined : body;
        this.#send();
        socket.uncork();
    }
    #send() {
        if (this.#unsent !== undefined)
            this.#unsent = (0,store_exchange/* givePieces */.j6)(this.socket, this.#unsent, this.#pieceBytes);
    }
    get #isSent() {
        return this.#unsent === undefined && this.socket.writableLength === 0;
    }
    /** Nobody knows what is still to come on it: it ends, and its request with it. */
    fail(error) {
        const exchange = this.#settle();
        this.socket.destroy();
        exchange?.reject(exchange.reader.hasBegun ? (0,store_exchange/* unfinishedError */.yz)(error) : error);
    }
    /** The other end is gone. */
    #lost(error) {
        const wasIdle = this.#endsIdle();
        this.fail(wasIdle ? (0,store_exchange/* idleError */.NF)(error) : error);
    }
    /** Whether it was idle before this request, of whose answer nothing has come; then all others like it end too. */
    #endsIdle() {
        if (!this.#hasAnswered || this.#exchange?.reader.isUntouched !== true)
            return false;
        if (!this.#isRetired)
            this.#owner.endedIdle();
        return true;
    }
    /** Where what arrives next is to be put. */
    get room() {
        return this.#exchange?.reader.unfilled ?? ARRIVED;
    }
    /** What arrived, good until this returns. */
    take(chunk) {
        const exchange = this.#exchange;
        if (exchange === undefined) {
            // An answer that nobody asked for.
            this.socket.destroy();
            return;
        }
        this.#flow.received(chunk.length);
        try {
            if (exchange.reader.take(chunk))
                this.#answered(exchange);
            else
                this.#limit(exchange, chunk.length);
        }
        catch (error) {
            this.fail(error);
        }
    }
    /** Whatever comes restarts the time that silence may take. */
    #limit({ reader, readTimeoutMs, slow }, bytes) {
        slow?.add(bytes);
        if (reader.hasBegun)
            clearTimeout(this.#promised);
        else if (reader.isPromised && this.#isSent)
            this.#promised ??= setTimeout(() => this.fail((0,store_exchange/* promiseError */._S)(readTimeoutMs)), readTimeoutMs);
    }
    #end() {
        const exchange = this.#exchange;
        if (exchange === undefined)
            this.socket.destroy();
        else if (exchange.reader.end())
            this.#answered(exchange);
        else
            this.#failClosed();
    }
    /** Where nobody waits for it, nobody is told. */
    #failClosed() {
        const isCut = this.#exchange?.reader.isUntouched === false;
        this.#lost(new Error(isCut ? 'the answer was cut short' : 'the connection was closed without an answer'));
    }
    #answered({ reader, resolve }) {
        const { answer } = reader;
        const isSent = this.#isSent;
        this.#settle();
        // Refused before the body was sent: a server that reads no further would hold the connection for ever.
        this.#hasAnswered = true;
        if (reader.stays && isSent && !this.#isRetired) {
            const [, seconds] = /timeout=(\d+)/.exec(String(answer.headers['keep-alive'] ?? '')) ?? [];
            if (seconds !== undefined)
                this.#until = Date.now() + Number(seconds) * 1000 - EARLY_MS;
            // It keeps nobody waiting.
            this.socket.unref();
            this.#owner.idle();
        }
        else {
            this.socket.destroy();
        }
        resolve(answer);
    }
    #silent() {
        const exchange = this.#exchange;
        if (exchange === undefined)
            this.socket.destroy();
        // While connecting the other limit counts.
        else if (this.#isConnected) {
            // It may be slow, or gone: the time that is lost with it is not lost with each other one.
            this.#endsIdle();
            this.fail((0,store_exchange/* timeoutError */.w2)(`nothing happened for ${exchange.readTimeoutMs} ms`));
        }
    }
    #settle() {
        const exchange = this.#exchange;
        if (exchange === undefined)
            return undefined;
        this.#exchange = undefined;
        this.#unsent = undefined;
        clearTimeout(exchange.longest);
        exchange.slow?.clear();
        clearTimeout(this.#promised);
        this.#promised = undefined;
        this.#owner.done(exchange.signal);
        return exchange;
    }
}
function headOf({ method, path, headers, body }) {
    if (UNSENDABLE_PATH.test(path))
        throw new Error(`the path ${JSON.stringify(path)} is not escaped`);
    let head = `${method} ${path} HTTP/1.1\r\n`;
    for (const name in headers) {
        const value = headers[name] ?? '';
        if (UNSENDABLE.test(value))
            throw new Error(`the header ${name} has a character that HTTP cannot carry`);
        head += `${name}: ${value}\r\n`;
    }
    if (WITH_BODY.has(method) && headers['content-length'] === undefined)
        head += `content-length: ${body?.length ?? 0}\r\n`;
    return `${head}connection: keep-alive\r\n\r\n`;
}

// EXTERNAL MODULE: ./build/src/store/credentials.js
var store_credentials = __webpack_require__(501);
;// CONCATENATED MODULE: ./build/src/store/sign.js

/** In place of the payload's digest, where the connection itself keeps the body from being changed. */
const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';
/** SHA-256 of zero bytes. */
const EMPTY_PAYLOAD = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
/** The SDK's list: what proxies and HTTP stacks may change on the way. */
const UNSIGNED_HEADERS = new Set([
    'authorization',
    'cache-control',
    'connection',
    'expect',
    'from',
    'keep-alive',
    'max-forwards',
    'pragma',
    'referer',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'user-agent',
    'x-amzn-trace-id',
]);
/** Some two dozen are met. */
const MOST_ORDERS = 1_000;
/** Signs for one region and service. */
class Signer {
    #region;
    #service;
    /** The key that a day's signatures are made with; it follows from the secret. */
    #key;
    #time;
    /** By the names as they came. */
    #orders = new Map();
    constructor(region, service) {
        this.#region = region;
        this.#service = service;
    }
    /** Sets `x-amz-date`, `x-amz-content-sha256`, `x-amz-security-token` and `authorization`. */
    sign(request, credentials, now) {
        const { method, path, query, headers, payload } = request;
        const time = this.#timeOf(now);
        const day = time.slice(0, 8);
        const scope = `${day}/${this.#region}/${this.#service}/aws4_request`;
        headers['x-amz-date'] = time;
        headers['x-amz-content-sha256'] = payload;
        if (credentials.sessionToken)
            headers['x-amz-security-token'] = credentials.sessionToken;
        const { names, signed } = this.#orderOf(headers);
        let lines = '';
        for (const name of names)
            lines += `${name}:${collapse(headers[name] ?? '')}\n`;
        const canonical = `${method}\n${path}\n${query}\n${lines}\n${signed}\n${payload}`;
        // Over the bytes that are sent: a header has a byte for each character, and all else is ASCII.
        const digest = (0,external_node_crypto_.hash)('sha256', Buffer.from(canonical, 'latin1'), 'hex');
        const toSign = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${digest}`;
        const signature = (0,external_node_crypto_.createHmac)('sha256', this.#keyOf(credentials.secretAccessKey, day))
            .update(toSign)
            .digest('hex');
        headers.authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
    }
    /** Requests of a kind have the same headers. */
    #orderOf(headers) {
        const given = Object.keys(headers);
        const id = given.join();
        let order = this.#orders.get(id);
        if (order === undefined) {
            const names = given.filter(isSigned).sort();
            order = { names, signed: names.join(';') };
            if (this.#orders.size < MOST_ORDERS)
                this.#orders.set(id, order);
        }
        return order;
    }
    #timeOf(now) {
        const second = Math.floor(now.getTime() / 1000);
        if (this.#time?.second !== second) {
            this.#time = { second, text: `${now.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z` };
        }
        return this.#time.text;
    }
    #keyOf(secret, day) {
        if (this.#key?.secret !== secret || this.#key.day !== day) {
            let key = `AWS4${secret}`;
            for (const step of [day, this.#region, this.#service, 'aws4_request']) {
                key = (0,external_node_crypto_.createHmac)('sha256', key).update(step).digest();
            }
            this.#key = { secret, day, key: (0,external_node_crypto_.createSecretKey)(key) };
        }
        return this.#key.key;
    }
}
function isSigned(name) {
    return !UNSIGNED_HEADERS.has(name) && !name.startsWith('proxy-') && !name.startsWith('sec-');
}
/** Runs of blanks count as one, and none at the ends. */
function collapse(value) {
    if (!/[\r\n\t]|^ | $| {2}/.test(value))
        return value;
    return value
        .replace(/[\r\n]/g, ' ')
        .replace(/[ \t]+/g, ' ')
        .replace(/^ | $/g, '');
}
/** As the path of an object: slashes stay. Most keys are their own path. */
function escapeKey(key) {
    return /^[A-Za-z0-9._~/-]*$/.test(key) ? key : key.split('/').map(escapeUri).join('/');
}
/** RFC 3986: everything but letters, digits and `-._~` is escaped. */
function escapeUri(text) {
    return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

// EXTERNAL MODULE: ./build/src/store/store-errors.js
var store_errors = __webpack_require__(4844);
// EXTERNAL MODULE: external "node:buffer"
var external_node_buffer_ = __webpack_require__(4573);
// EXTERNAL MODULE: ./build/src/model/header-rules.js
var header_rules = __webpack_require__(700);
;// CONCATENATED MODULE: ./build/src/store/xml.js
class XmlError extends Error {
    name = 'XmlError';
}
/** S3's answers are 4 deep. */
const DEEPEST = 12;
/** A page of 1,000 keys with owners, checksums and restore status has 16,000. */
const MOST_ELEMENTS = 200_000;
/** S3's longest is ServerSideEncryptionConfigurationNotFoundError, and no element is called so. */
const LONGEST_NAME = 100;
const xml_NAME = /^[A-Za-z_][\w.:-]*$/;
const NONE = [];
/** Reads a document; rejects with `XmlError`. Takes time proportional to the length, whatever is in it. */
function parseXml(document) {
    let at = afterProlog(document);
    const stack = [];
    // A listing has ten names in all: the tag that was a good name once is not looked at again, and one string for all
    // elements of a name makes them quick to compare.
    const names = new Map();
    let elements = 0;
    let root;
    while (at < document.length) {
        if (document.charCodeAt(at) !== LESS) {
            const next = document.indexOf('<', at);
            const end = next === -1 ? document.length : next;
            const open = stack.at(-1);
            if (open !== undefined)
                open.text += decode(document.slice(at, end));
            else if (skipBlanks(document, at) < end)
                throw new XmlError('text outside the root element');
            at = end;
            continue;
        }
        const close = document.indexOf('>', at);
        if (close === -1)
            throw new XmlError('a tag without an end');
        if (document.charCodeAt(at + 1) === SLASH) {
            const open = stack.pop();
            if (open === undefined)
                throw new XmlError('an end tag without a start');
            if (document.slice(at + 2, close).trimEnd() !== open.name) {
                throw new XmlError(`an end tag that is not that of ${open.name}`);
            }
            root = xml_closed(open, stack, root);
            at = close + 1;
            continue;
        }
        if (root !== undefined)
            throw new XmlError('a second root element');
        if (++elements > MOST_ELEMENTS)
            throw new XmlError('too many elements');
        if (stack.length === DEEPEST)
            throw new XmlError('elements nested too deep');
        const tag = document.slice(at + 1, close);
        let name = names.get(tag);
        let end = close;
        if (name === undefined) {
            end = endOfTag(document, at + 1, close);
            const isEmpty = document.charCodeAt(end - 1) === SLASH;
            name = nameIn(document, at + 1, isEmpty ? end - 1 : end);
            if (name === tag)
                names.set(tag, name);
            if (isEmpty) {
                root = xml_closed({ name, text: '', children: undefined }, stack, root);
                at = end + 1;
                continue;
            }
        }
        const next = document.indexOf('<', end + 1);
        if (next === -1)
            throw new XmlError('the document is cut short');
        const text = decode(document.slice(end + 1, next));
        const open = { name, text, children: undefined };
        const last = next + 2 + name.length;
        // Nearly every element has nothing but text: it is done at once.
        if (document.charCodeAt(last) === GREATER &&
            document.charCodeAt(next + 1) === SLASH &&
            document.startsWith(name, next + 2)) {
            root = xml_closed(open, stack, root);
            at = last + 1;
        }
        else {
            stack.push(open);
            at = next;
        }
    }
    if (root === undefined || stack.length > 0)
        throw new XmlError('the document is cut short');
    return root;
}
/** Complete may answer blanks for minutes before and after the declaration, to keep the connection. */
function afterProlog(document) {
    const start = skipBlanks(document, document.charCodeAt(0) === 0xfeff ? 1 : 0);
    if (!document.startsWith('<?xml', start))
        return start;
    const end = document.indexOf('?>', start);
    if (end === -1)
        throw new XmlError('a declaration without an end');
    return skipBlanks(document, end + 2);
}
const LESS = 60;
const GREATER = 62;
const SLASH = 47;
function xml_closed(open, stack, root) {
    const { name, children = NONE } = open;
    let { text } = open;
    if (children !== NONE && text !== '') {
        if (skipBlanks(text, 0) < text.length)
            throw new XmlError(`text beside the elements in ${name}`);
        text = '';
    }
    const element = { name, text, children };
    const parent = stack.at(-1);
    if (parent === undefined) {
        if (root !== undefined)
            throw new XmlError('a second root element');
        return element;
    }
    if (parent.children === undefined)
        parent.children = [element];
    else
        parent.children.push(element);
    return root;
}
/** Where a start tag ends: a quoted attribute may hold `>`. */
function endOfTag(document, start, close) {
    for (let i = start; i < close; i++) {
        const character = document.charCodeAt(i);
        if (character === LESS)
            throw new XmlError('a tag inside a tag');
        if (character !== 34 && character !== 39)
            continue;
        // There are quotes: go from pair to pair.
        let at = i;
        for (;;) {
            const end = document.indexOf(document.charAt(at), at + 1);
            if (end === -1)
                throw new XmlError('an attribute without an end');
            at = end + 1;
            while (at < document.length && !QUOTE_OR_END.test(document.charAt(at)))
                at++;
            if (at >= document.length)
                throw new XmlError('a tag without an end');
            if (document.charAt(at) === '>')
                return at;
        }
    }
    return close;
}
const QUOTE_OR_END = /["'>]/;
function nameIn(document, start, end) {
    let stop = start;
    while (stop < end && !isBlank(document.charCodeAt(stop)))
        stop++;
    const name = document.slice(start, stop);
    // So are comments, CDATA sections, document types and processing instructions.
    if (name.length > LONGEST_NAME || !xml_NAME.test(name))
        throw new XmlError('an element without a name');
    return name;
}
function isBlank(character) {
    return character === 32 || character === 10 || character === 13 || character === 9;
}
function skipBlanks(text, from) {
    let at = from;
    while (at < text.length && isBlank(text.charCodeAt(at)))
        at++;
    return at;
}
const NAMED = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const QUOTE = '&quot;';
function decode(text) {
    let at = text.indexOf('&');
    if (at === -1)
        return text;
    // Every ETag of a listing.
    if (at === 0 &&
        text.startsWith(QUOTE) &&
        text.endsWith(QUOTE) &&
        text.indexOf('&', 1) === text.length - 6) {
        return `"${text.slice(6, -6)}"`;
    }
    const pieces = [];
    let from = 0;
    while (at !== -1) {
        const end = text.indexOf(';', at);
        // The longest is a numeric one; looking further for an end would take time for every `&`.
        const reference = end === -1 || end - at > 10 ? '' : text.slice(at + 1, end);
        const character = Object.hasOwn(NAMED, reference) ? NAMED[reference] : numeric(reference);
        if (character === undefined)
            throw new XmlError('a reference to a character that XML does not know');
        pieces.push(text.slice(from, at), character);
        from = end + 1;
        at = text.indexOf('&', from);
    }
    pieces.push(text.slice(from));
    return pieces.join('');
}
/** Control characters too: servers write keys so that XML 1.0 could not carry. */
function numeric(reference) {
    const match = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(reference);
    if (match === null)
        return undefined;
    const code = match[1] === undefined ? Number(match[2]) : Number.parseInt(match[1], 16);
    const isCharacter = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    return isCharacter ? String.fromCodePoint(code) : undefined;
}
/** The text of the one child of that name; `undefined`: there is none. */
function textOf(parent, name) {
    let found;
    for (const child of parent.children) {
        if (child.name !== name)
            continue;
        if (found !== undefined)
            throw new XmlError(`${name} twice in ${parent.name}`);
        if (child.children.length > 0)
            throw new XmlError(`elements inside ${name}`);
        found = child;
    }
    return found?.text;
}
function childrenOf(parent, name) {
    return parent.children.filter((child) => child.name === name);
}
/**
 * As the text of an element. What a parser would change (line ends) or could not read in an attribute is escaped too;
 * other control characters have no spelling in XML 1.0.
 */
function escapeXml(text) {
    return text.replace(/[&<>"'\r\n\u0085\u2028]/g, (character) => `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`);
}

;// CONCATENATED MODULE: ./build/src/store/wire-answer.js




/** The longest message of an error that is kept: it goes into logs and the report. */
const LONGEST_MESSAGE = 1_000;
/** S3's are words; what is not one is a stranger's. */
const CODE = /^[\w.:-]{1,100}$/;
/**
 * Throws what an answer refuses. A 200 can be a refusal too: CopyObject, UploadPartCopy and Complete begin to answer
 * before they are done.
 *
 * @param isContent whether the body is an object's, which may hold anything
 */
function throwRefusal(answer, isContent) {
    const { status, body } = answer;
    const isSuccess = status >= 200 && status < 300;
    if (isSuccess && isContent)
        return;
    if (isSuccess && !body.subarray(-64).toString('latin1').trimEnd().endsWith('</Error>'))
        return;
    const { code: said, message } = saidIn(answer);
    const code = said !== undefined && CODE.test(said) ? said : undefined;
    // A HEAD has no body, and who answers in S3's place has another: the status says it. Ceph gives a code and no words.
    throw new store_errors/* AnswerError */.dV(code ?? (status === 403 ? 'AccessDenied' : String(status)), (message || code || `HTTP ${status}`).slice(0, LONGEST_MESSAGE), answer);
}
function saidIn(answer) {
    try {
        const root = read(answer);
        return root.name === 'Error' ? { code: textOf(root, 'Code'), message: textOf(root, 'Message') } : {};
    }
    catch {
        // Whatever a proxy says in place of S3, or an error that says one of them twice; the status speaks for it.
        return {};
    }
}
function readList(answer) {
    const root = rootOf(answer);
    // Anything else is no listing, which the store says.
    if (root.name !== 'ListBucketResult')
        return {};
    const date = lastOf(dateOf);
    return reading(answer, () => {
        const EncodingType = textOf(root, 'EncodingType');
        return {
            IsTruncated: booleanOf(textOf(root, 'IsTruncated')),
            Prefix: textOf(root, 'Prefix'),
            KeyCount: sizeOf(textOf(root, 'KeyCount') || undefined),
            EncodingType,
            NextContinuationToken: textOf(root, 'NextContinuationToken'),
            Contents: childrenOf(root, 'Contents').map((element) => entryOf(element, date)),
            CommonPrefixes: childrenOf(root, 'CommonPrefixes').map((element) => ({
                Prefix: textOf(element, 'Prefix'),
            })),
        };
    });
}
/** One pass over the members: there are 1,000 entries a page, each with 5 to 10. */
function entryOf({ children }, date) {
    let Key;
    let ETag;
    let StorageClass;
    let Size;
    let LastModified;
    for (const child of children) {
        switch (child.name) {
            case 'Key':
                Key = onlyText(child, Key);
                break;
            case 'ETag':
                ETag = onlyText(child, ETag);
                break;
            case 'StorageClass':
                StorageClass = onlyText(child, StorageClass);
                break;
            case 'Size':
                Size = onlyText(child, Size);
                break;
            case 'LastModified':
                LastModified = onlyText(child, LastModified);
                break;
        }
    }
    return {
        Key,
        ETag,
        StorageClass,
        Size: sizeOf(Size),
        LastModified: date(LastModified),
    };
}
/** Objects that were written together were written at one time: most entries of a page have that of the one before. */
function lastOf(of) {
    let last;
    return (text) => {
        if (last === undefined || last.text !== text)
            last = { text, value: of(text) };
        return last.value;
    };
}
function onlyText({ name, text, children }, before) {
    if (before !== undefined || children.length > 0)
        throw new Error(`${name} is not one text`);
    return text;
}
function readHead(answer) {
    const { headers } = answer;
    const metadata = [];
    for (const name of Object.keys(headers)) {
        if (name.startsWith(header_rules/* META */.Ge))
            metadata.push([name.slice(header_rules/* META */.Ge.length), header(headers, name) ?? '']);
    }
    return {
        ContentLength: reading(answer, () => sizeOf(header(headers, 'content-length'))),
        ETag: header(headers, 'etag'),
        CacheControl: header(headers, 'cache-control'),
        ContentDisposition: header(headers, 'content-disposition'),
        ContentEncoding: header(headers, 'content-encoding'),
        ContentLanguage: header(headers, 'content-language'),
        ContentType: header(headers, 'content-type'),
        ExpiresString: header(headers, 'expires'),
        SSECustomerAlgorithm: header(headers, 'x-amz-server-side-encryption-customer-algorithm'),
        SSEKMSKeyId: header(headers, 'x-amz-server-side-encryption-aws-kms-key-id'),
        ServerSideEncryption: header(headers, 'x-amz-server-side-encryption'),
        StorageClass: header(headers, 'x-amz-storage-class'),
        WebsiteRedirectLocation: header(headers, 'x-amz-website-redirect-location'),
        // From entries: a name may be `__proto__`.
        Metadata: Object.fromEntries(metadata),
    };
}
function readGet(answer) {
    return { ...readHead(answer), Body: answer.body, ContentRange: header(answer.headers, 'content-range') };
}
function readPut({ headers }) {
    return { ETag: header(headers, 'etag'), ...writtenBy(headers) };
}
function readPart({ headers }) {
    return { ETag: header(headers, 'etag') };
}
function readCopy(answer) {
    return { CopyObjectResult: etagIn(answer, 'CopyObjectResult'), ...writtenBy(answer.headers) };
}
function readPartCopy(answer) {
    return { CopyPartResult: etagIn(answer, 'CopyPartResult') };
}
function readComplete(answer) {
    return { ...etagIn(answer, 'CompleteMultipartUploadResult'), ...writtenBy(answer.headers) };
}
function readCreate(answer) {
    const root = rootOf(answer, 'InitiateMultipartUploadResult');
    const { Key, UploadId } = reading(answer, () => ({
        Key: textOf(root, 'Key'),
        UploadId: textOf(root, 'UploadId'),
    }));
    return { Key, UploadId: UploadId || undefined, ...writtenBy(answer.headers) };
}
function readDeleteBatch(answer) {
    const root = rootOf(answer, 'DeleteResult');
    return reading(answer, () => ({
        Deleted: childrenOf(root, 'Deleted').map((element) => ({ Key: textOf(element, 'Key') })),
        Errors: childrenOf(root, 'Error').map((element) => ({
            Key: textOf(element, 'Key'),
            Code: textOf(element, 'Code'),
            Message: textOf(element, 'Message')?.slice(0, LONGEST_MESSAGE),
        })),
    }));
}
function etagIn(answer, name) {
    const root = rootOf(answer, name);
    return { ETag: reading(answer, () => textOf(root, 'ETag')) };
}
function writtenBy(headers) {
    return {
        ServerSideEncryption: header(headers, 'x-amz-server-side-encryption'),
        VersionId: header(headers, 'x-amz-version-id'),
    };
}
function header(headers, name) {
    const value = headers[name];
    return typeof value === 'object' ? value.join(',') : value;
}
/** @param name of the root that the answer must have; absent: any */
function rootOf(answer, name) {
    return reading(answer, () => {
        const root = read(answer);
        if (name !== undefined && root.name !== name)
            throw new Error(`its root is ${root.name}, not ${name}`);
        return root;
    });
}
/** A success that cannot be read has been sent, so it may have taken effect: it is a lost answer (C14). */
function reading(answer, read) {
    try {
        return read();
    }
    catch (cause) {
        const { message } = cause;
        throw new store_errors/* AnswerError */.dV('InvalidAnswer', `the answer is not S3's: ${message}`, answer, { cause });
    }
}
function read({ headers, body }) {
    const encoding = header(headers, 'content-encoding');
    if (!(0,external_node_buffer_.isUtf8)(body))
        throw new Error(encoding === undefined
            ? 'it is not UTF-8'
            : `it is compressed (${encoding.slice(0, 20)}) unasked, as a proxy does`);
    return parseXml(body.toString('utf8'));
}
function booleanOf(text) {
    if (text === undefined)
        return undefined;
    if (text === 'true' || text === 'false')
        return text === 'true';
    throw new Error(`${JSON.stringify(text.slice(0, 20))} is not true or false`);
}
function sizeOf(text) {
    if (text === undefined)
        return undefined;
    const size = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(size))
        throw new Error(`${JSON.stringify(text.slice(0, 20))} is not a size`);
    return size;
}
function dateOf(text) {
    if (text === undefined)
        return undefined;
    const date = new Date(text);
    if (Number.isNaN(date.getTime()))
        throw new Error(`${JSON.stringify(text.slice(0, 40))} is not a time`);
    return date;
}

// EXTERNAL MODULE: ./build/src/model/digest.js
var digest = __webpack_require__(6799);
;// CONCATENATED MODULE: ./build/src/store/wire-request.js



/** A member that an input gets has its header here, or the code does not compile. */
const HEADER_OF = {
    ACL: 'x-amz-acl',
    AnnotationDirective: 'x-amz-object-annotation-directive',
    CacheControl: 'cache-control',
    ChecksumAlgorithm: 'x-amz-checksum-algorithm',
    ChecksumCRC32: 'x-amz-checksum-crc32',
    ChecksumType: 'x-amz-checksum-type',
    ContentDisposition: 'content-disposition',
    ContentEncoding: 'content-encoding',
    ContentLanguage: 'content-language',
    ContentMD5: 'content-md5',
    ContentType: 'content-type',
    CopySource: 'x-amz-copy-source',
    CopySourceIfMatch: 'x-amz-copy-source-if-match',
    CopySourceRange: 'x-amz-copy-source-range',
    ExpectedBucketOwner: 'x-amz-expected-bucket-owner',
    ExpectedSourceBucketOwner: 'x-amz-source-expected-bucket-owner',
    Expires: 'expires',
    IfMatch: 'if-match',
    IfNoneMatch: 'if-none-match',
    MetadataDirective: 'x-amz-metadata-directive',
    Range: 'range',
    RequestPayer: 'x-amz-request-payer',
    SSEKMSKeyId: 'x-amz-server-side-encryption-aws-kms-key-id',
    ServerSideEncryption: 'x-amz-server-side-encryption',
    StorageClass: 'x-amz-storage-class',
    Tagging: 'x-amz-tagging',
    TaggingDirective: 'x-amz-tagging-directive',
    WebsiteRedirectLocation: 'x-amz-website-redirect-location',
};
const HEADERS = new Map(Object.entries(HEADER_OF));
const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
function listRequest(input) {
    return {
        method: 'GET',
        key: undefined,
        query: queryOf([
            ['continuation-token', input.ContinuationToken],
            ['delimiter', input.Delimiter],
            ['encoding-type', input.EncodingType],
            ['list-type', '2'],
            ['prefix', input.Prefix],
            ['start-after', input.StartAfter],
        ]),
        headers: wire_request_headersOf(input),
        body: undefined,
    };
}
function headRequest(input) {
    return onObject('HEAD', input, '');
}
function getRequest(input) {
    return onObject('GET', input, '');
}
function putRequest(input) {
    return onObject('PUT', input, '', bodyOf(input), input.ContentType || 'application/octet-stream');
}
function copyRequest(input) {
    return onObject('PUT', input, '');
}
function createRequest(input) {
    return onObject('POST', input, 'uploads=');
}
function partRequest(input) {
    return onObject('PUT', input, partQuery(input), bodyOf(input), 'application/octet-stream');
}
function partCopyRequest(input) {
    return onObject('PUT', input, partQuery(input));
}
function completeRequest(input) {
    let parts = '';
    for (const { ETag, PartNumber } of input.MultipartUpload?.Parts ?? []) {
        parts += `<Part><ETag>${escapeXml(ETag ?? '')}</ETag><PartNumber>${PartNumber}</PartNumber></Part>`;
    }
    const body = documentOf('CompleteMultipartUpload', parts);
    return onObject('POST', input, queryOf([['uploadId', input.UploadId]]), body, 'application/xml');
}
function deleteRequest(input) {
    return onObject('DELETE', input, '');
}
function deleteBatchRequest(input) {
    let objects = '';
    for (const { Key, ETag } of input.Delete?.Objects ?? []) {
        const etag = ETag === undefined ? '' : `<ETag>${escapeXml(ETag)}</ETag>`;
        objects += `<Object><Key>${escapeXml(Key ?? '')}</Key>${etag}</Object>`;
    }
    const body = documentOf('Delete', `${objects}<Quiet>${input.Delete?.Quiet === true}</Quiet>`);
    const headers = wire_request_headersOf(input);
    headers['content-type'] = 'application/xml';
    headers['content-length'] = String(body.length);
    // And no other checksum: see contentMd5Alone.
    headers['content-md5'] = (0,digest/* base64OfMd5 */.tI)((0,digest/* md5Of */.iF)(body));
    return { method: 'POST', key: undefined, query: 'delete=', headers, body };
}
function onObject(method, input, query, body, contentType) {
    const { Key: key } = input;
    // Without a key it would be a request about the bucket.
    if (key === undefined || key === '')
        throw new Error(`${method} of an object without a key`);
    const headers = wire_request_headersOf(input);
    if (body !== undefined)
        headers['content-length'] = String(body.length);
    if (contentType !== undefined)
        headers['content-type'] = contentType;
    return { method, key, query, headers, body };
}
function wire_request_headersOf(input) {
    const headers = {};
    const members = input;
    for (const member in members) {
        const name = HEADERS.get(member);
        const value = members[member];
        if (name === undefined || value === undefined)
            continue;
        headers[name] = value instanceof Date ? value.toUTCString() : String(value);
    }
    if ('Metadata' in input) {
        const metadata = input.Metadata ?? {};
        for (const name in metadata)
            headers[`x-amz-meta-${name.toLowerCase()}`] = metadata[name];
    }
    return headers;
}
function bodyOf({ Body, ContentLength }) {
    if (ContentLength !== Body.length)
        throw new Error('the body is not as long as its Content-Length');
    return Body;
}
function partQuery({ PartNumber, UploadId }) {
    return queryOf([
        ['partNumber', String(PartNumber)],
        ['uploadId', UploadId],
    ]);
}
function queryOf(sorted) {
    return sorted
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => `${name}=${escapeUri(value ?? '')}`)
        .join('&');
}
function documentOf(root, inside) {
    return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?><${root} xmlns="${NAMESPACE}">${inside}</${root}>`);
}

;// CONCATENATED MODULE: ./build/src/store/lean-calls.js









/** A key of 1,024 bytes is 3,072 when it is URL-encoded, and a page has 1,000 of them; some servers give more. */
const LONGEST_LISTING = 32 * 1024 * 1024;
/** S3 refuses what was signed 15 minutes off; the SDK believes another clock from 4 on. Milliseconds. */
const CLOCK_TOLERANCE_MS = 240_000;
/** What S3 says of credentials that are none any more. */
const EXPIRED = new Set([
    'ExpiredToken',
    'ExpiredTokenException',
    'TokenRefreshRequired',
    'InvalidToken',
]);
/**
 * The calls past the SDK's commands, which cost more CPU than everything else of a small file together: built, signed,
 * sent and read here. The SDK said where to and as whom.
 */
class LeanCalls {
    #options;
    #signer;
    #flow = new Flow();
    /** None through a proxy. */
    #connections;
    constructor(options) {
        const { target, connecting } = options;
        this.#options = options;
        this.#connections = connecting.isProxied ? undefined : new Connections(target, connecting, this.#flow);
        this.#signer = new Signer(options.target.region, options.target.service);
    }
    /** See `Flow`. */
    get bytesMoved() {
        return this.#flow.bytes;
    }
    close() {
        this.#connections?.close();
    }
    async listObjectsV2(input, signal) {
        return readList(await this.#send(listRequest(input), signal, LONGEST_LISTING));
    }
    async headObject(input, signal) {
        return readHead(await this.#send(headRequest(input), signal));
    }
    async getObject(input, maxBytes, signal, room) {
        return readGet(await this.#send(getRequest(input), signal, maxBytes, room));
    }
    async putObject(input, signal) {
        return readPut(await this.#send(putRequest(input), signal));
    }
    async copyObject(input, signal) {
        return readCopy(await this.#send(copyRequest(input), signal));
    }
    async createMultipartUpload(input, signal) {
        return readCreate(await this.#send(createRequest(input), signal));
    }
    async uploadPart(input, signal) {
        return readPart(await this.#send(partRequest(input), signal));
    }
    async uploadPartCopy(input, signal) {
        return readPartCopy(await this.#send(partCopyRequest(input), signal));
    }
    async completeMultipartUpload(input, signal) {
        return readComplete(await this.#send(completeRequest(input), signal));
    }
    async deleteObject(input, signal) {
        return (await this.#send(deleteRequest(input), signal)).status;
    }
    async deleteObjects(input, signal) {
        return readDeleteBatch(await this.#send(deleteBatchRequest(input), signal));
    }
    async #send(request, signal, maxBytes = store_exchange/* LONGEST_ANSWER */.EF, room) {
        const { client, target, connecting, notice } = this.#options;
        const { method, key, query, headers, body } = request;
        const path = key === undefined ? target.bucketPath : target.objectPath + escapeKey(key);
        headers.host = target.authority;
        // Not kept between requests: the client knows when they must be renewed.
        const credentials = await (0,store_credentials/* renewed */.Fv)(() => client.config.credentials(), client.config.logger);
        const offset = client.config.systemClockOffset;
        const payload = payloadOf(request, target.secure);
        this.#signer.sign({ method, path, query, headers, payload }, credentials, new Date(Date.now() + offset));
        headers['user-agent'] = target.userAgent;
        const isObject = method === 'GET' && key !== undefined;
        const mayTrickle = isObject || isMadeByS3(request);
        const outgoing = { method, path: query === '' ? path : `${path}?${query}`, headers, body, mayTrickle };
        const answer = await (this.#connections === undefined
            ? (0,store_exchange/* exchange */.cv)(target, outgoing, connecting, maxBytes, signal, this.#flow)
            : this.#connections.exchange(outgoing, maxBytes, signal, room));
        notice(answer.headers);
        try {
            throwRefusal(answer, isObject);
        }
        catch (thrown) {
            if (answer.status === 403 && thrown instanceof store_errors/* AnswerError */.dV)
                this.#correctClock(answer, offset, thrown);
            if (thrown instanceof store_errors/* AnswerError */.dV && EXPIRED.has(thrown.name))
                await this.#renew(credentials, thrown);
            throw thrown;
        }
        return answer;
    }
    /** Asks for other credentials where S3 ended those before their time, as when a session is revoked or its keys are replaced. */
    async #renew(used, refusal) {
        const { credentials } = this.#options.client.config;
        const isOther = ({ accessKeyId, sessionToken }) => accessKeyId !== used.accessKeyId || sessionToken !== used.sessionToken;
        // Of many that were refused at once the first asks the source. Where that gives none, what S3 said is told.
        const isRenewed = await credentials()
            .then(async (now) => isOther(now) || isOther(await credentials({ forceRefresh: true })))
            .catch(() => false);
        if (isRenewed)
            refusal.$metadata.credentialsRenewed = true;
    }
    /** Believes the server's clock where ours, with which the request was signed, is far from it. */
    #correctClock({ headers }, offset, refusal) {
        // An answer out of a cache has the time at which it was stored.
        if (headers.date === undefined || headers.age !== undefined)
            return;
        const correct = Date.parse(String(headers.date)) - Date.now();
        if (!(Math.abs(correct - offset) >= CLOCK_TOLERANCE_MS))
            return;
        this.#options.client.config.systemClockOffset = correct;
        refusal.$metadata.clockSkewCorrected = true;
    }
}
/** Whether S3 makes the object, or a part, of what it has: that may take minutes, with blanks until it is done. */
function isMadeByS3({ method, key, headers }) {
    return headers['x-amz-copy-source'] !== undefined || (method === 'POST' && key !== undefined);
}
/**
 * Under TLS nobody changes a body on its way, and the Content-MD5 that is signed says what S3 must have received: the
 * SHA-256 of an object would only cost time. Without TLS, and of a body that says what to do, the signature covers it.
 */
function payloadOf({ method, headers, body }, secure) {
    if (body === undefined || body.length === 0)
        return EMPTY_PAYLOAD;
    const isObject = method === 'PUT' && headers['content-md5'] !== undefined;
    return secure && isObject ? UNSIGNED_PAYLOAD : (0,external_node_crypto_.hash)('sha256', body, 'hex');
}

// EXTERNAL MODULE: ./build/src/store/object-store.js
var object_store = __webpack_require__(6592);
;// CONCATENATED MODULE: ./build/src/store/object-answers.js


/** Of what an answer says in place of what was asked for, so much is repeated. Characters. */
const LONGEST_TOLD = 100;
/**
 * Throws where the answer is not S3's, as a login page is not: what it says of the object nobody knows, and least of all
 * that there is none.
 *
 * @param unsaid the size where the answer does not say it
 */
function object_answers_headOf(operation, answer, unsaid) {
    const etag = etagOf(operation, answer.ETag);
    const size = answer.ContentLength ?? unsaid;
    if (size === undefined)
        throw unreadable(operation, 'without a Content-Length');
    return {
        size,
        etag,
        encryption: answer.SSECustomerAlgorithm === undefined ? answer.ServerSideEncryption : 'customer',
        storageClass: answer.StorageClass ?? 'STANDARD',
        contentType: answer.ContentType,
        metadata: new Map(Object.entries(answer.Metadata ?? {}).map(([n, v]) => [n.toLowerCase(), v])),
        fields: fieldsOf(answer),
    };
}
/** Of an answer, what a rule can have decided. */
function fieldsOf(answer) {
    const { SSEKMSKeyId, ServerSideEncryption, StorageClass } = answer;
    const said = {
        'cache-control': answer.CacheControl,
        'content-disposition': answer.ContentDisposition,
        'content-encoding': answer.ContentEncoding,
        'content-language': answer.ContentLanguage,
        'content-type': answer.ContentType,
        expires: answer.ExpiresString,
        'x-amz-server-side-encryption': ServerSideEncryption,
        'x-amz-server-side-encryption-aws-kms-key-id': SSEKMSKeyId,
        'x-amz-storage-class': StorageClass,
        'x-amz-website-redirect-location': answer.WebsiteRedirectLocation,
    };
    const set = Object.entries(said).filter(([, value]) => value !== undefined && value !== '');
    return Object.fromEntries(set);
}
function written(operation, answer) {
    return {
        etag: etagOf(operation, answer.ETag),
        versionId: answer.VersionId === undefined ? undefined : detached(answer.VersionId),
        encryption: answer.ServerSideEncryption,
    };
}
function etagOf(operation, text) {
    const etag = (0,digest/* parseETag */.nn)(text);
    if (etag === undefined)
        throw new object_store/* StoreError */.AD('server', 'NoETag', 200, operation, `${operation} answered without an ETag`);
    return detached(etag);
}
/** Of a success that is not S3's. It may have taken effect: it is a lost answer (C14). */
function unreadable(operation, how) {
    return new object_store/* StoreError */.AD('server', 'InvalidAnswer', 200, operation, `${operation} answered ${how}`);
}
/** What a text may stand for that is URL-encoded, or is not. */
function spellings(text) {
    try {
        return [text, decodeURIComponent(text), decodeURIComponent(text.replaceAll('+', '%20'))];
    }
    catch {
        return [text];
    }
}
/**
 * The engine keeps what is listed to the end of the run, and V8 makes a piece of a string a view of the whole: without
 * copies every page would be kept.
 */
function detached(text) {
    return Buffer.from(text).toString();
}

// EXTERNAL MODULE: ./build/src/model/objects.js
var objects = __webpack_require__(6139);
;// CONCATENATED MODULE: ./build/src/store/object-inputs.js


/** Keys that are spelled the same everywhere, URL-encoded or not. */
const PLAIN_KEY = /^[\w./-]+$/;
/** What writes carry of headers, as inputs of calls. */
class ObjectInputs {
    #common;
    /** What `#decide` made of fields. */
    #inputs = new WeakMap();
    /** @param common what every write carries */
    constructor(common) {
        this.#common = common;
    }
    /** What every write carries, and what was decided for this object, which goes before; not its metadata. */
    decided(headers) {
        const { contentType, fields } = headers;
        const known = fields === undefined ? undefined : this.#inputs.get(fields);
        if (known?.ContentType === contentType)
            return known;
        const made = this.#decide(headers);
        if (fields !== undefined)
            this.#inputs.set(fields, made);
        return made;
    }
    #decide({ contentType, fields: decided }) {
        const { sse, kmsKeyId, storageClass: asked, acl: askedAcl } = this.#common;
        const fields = decided ?? {};
        // Our own objects (index, journal, lock) are read by the next run, and what is archived cannot be read.
        const isOwn = decided === undefined;
        const storageClass = isOwn && objects/* ARCHIVED_CLASSES */.EF.has(asked ?? '') ? undefined : asked;
        // They name paths of this machine, for nobody but the bucket's owner: policies of other accounts' buckets demand that one.
        const acl = isOwn && askedAcl !== 'bucket-owner-full-control' ? undefined : askedAcl;
        const given = {
            ServerSideEncryption: sse,
            SSEKMSKeyId: kmsKeyId,
            StorageClass: (fields[header_rules/* STORAGE_CLASS */.fJ] ?? storageClass),
            ACL: (fields[header_rules/* ACL */.Nd] ?? acl),
            CacheControl: fields['cache-control'],
            ContentDisposition: fields['content-disposition'],
            ContentEncoding: fields['content-encoding'],
            ContentLanguage: fields['content-language'],
            Expires: fields.expires === undefined ? undefined : new Date(fields.expires),
            Tagging: fields['x-amz-tagging'],
            WebsiteRedirectLocation: fields['x-amz-website-redirect-location'],
        };
        const set = Object.entries(given).filter(([, value]) => value !== undefined);
        return { ...Object.fromEntries(set), ContentType: contentType };
    }
    /** STANDARD is what an absent header means, and what some servers take in no other way. */
    keptClass(kept, { fields }) {
        const asked = fields?.[header_rules/* STORAGE_CLASS */.fJ] ?? this.#common.storageClass;
        const implied = kept === 'STANDARD' && asked === undefined;
        return kept === undefined || implied ? {} : { StorageClass: kept };
    }
}
function conditionOf(condition) {
    if (condition === undefined)
        return {};
    return 'ifMatch' in condition ? { IfMatch: `"${condition.ifMatch}"` } : { IfNoneMatch: '*' };
}
/**
 * What a copy names its source by, bound to the ETag that was listed.
 *
 * @param every of every call, whose bucket it is in unless it says another one
 */
function copySource(source, every) {
    const path = PLAIN_KEY.test(source.key)
        ? source.key
        : source.key.split('/').map(encodeURIComponent).join('/');
    const bucket = source.bucket?.name ?? every.Bucket;
    const owner = source.bucket === undefined ? every.ExpectedBucketOwner : source.bucket.expectedOwner;
    return {
        // An access point's ARN has the key behind `/object/`.
        CopySource: `${bucket}${bucket.startsWith('arn:') ? '/object' : ''}/${path}`,
        CopySourceIfMatch: `"${source.etag}"`,
        ...(owner === undefined ? {} : { ExpectedSourceBucketOwner: owner }),
        ...(source.bucket?.requesterPays === true ? { RequestPayer: 'requester' } : {}),
    };
}

;// CONCATENATED MODULE: ./build/src/store/copies.js






/** Server-side copies of whole objects. */
class Copies {
    #requests;
    #inputs;
    #writes;
    #multipart;
    /** What an unknown server made of the first conditional copy. */
    #copyConditions = 'unknown';
    #asked = Promise.resolve();
    constructor(requests, inputs, writes, multipart) {
        this.#requests = requests;
        this.#inputs = inputs;
        this.#writes = writes;
        this.#multipart = multipart;
    }
    /**
     * One CopyObject. Where a server ignores the condition on the destination, a part copy and a conditional Complete
     * in its place. A server that is not in the table is found out by its first copy, which goes out once with a
     * condition that cannot hold: refused means honoured, accepted means ignored, and it was the wanted write.
     */
    async copy(request, signal) {
        // A copy onto itself is bound by its source.
        if (request.refresh !== undefined)
            return this.#copyObject(request, request.condition, signal);
        const { copyConditions } = this.#requests.provider();
        const known = copyConditions === 'unknown' ? this.#copyConditions : copyConditions;
        switch (known) {
            case 'asking':
                await this.#asked;
                return this.copy(request, signal);
            case 'unknown': {
                this.#copyConditions = 'asking';
                const asked = this.#firstCopy(request, signal);
                this.#asked = asked.then(() => undefined, () => undefined);
                return asked;
            }
            case 'honoured':
            case 'none':
                return this.#writes.create(request.key, request.condition, signal, (condition) => this.#copyObject(request, condition, signal));
            case 'ignored':
                return this.#copyAsPart(request, signal);
        }
    }
    async #firstCopy(request, signal) {
        let conditions = 'unknown';
        try {
            const cannotHold = { ifMatch: (0,digest/* md5Of */.iF)((0,external_node_crypto_.randomBytes)(16)) };
            let written;
            try {
                written = await this.#copyObject(request, cannotHold, signal);
                conditions = 'ignored';
            }
            catch (thrown) {
                if ((0,store_errors/* toStoreError */.D5)('CopyObject', thrown).kind !== 'source')
                    throw thrown;
            }
            if (written !== undefined)
                return written;
            // The refusal may have been about the source: only a copy that then succeeds tells.
            const copied = await this.#copyObject(request, request.condition, signal);
            conditions = 'honoured';
            return copied;
        }
        finally {
            this.#copyConditions = conditions;
        }
    }
    async #copyAsPart(request, signal) {
        const { key, source, md5, condition, uploads } = request;
        if (md5 === undefined)
            throw new object_store/* UnprovedCopyError */.Pb('nobody knows its digest');
        const metadata = { ...request.headers.metadata, md5chksum: (0,digest/* base64OfMd5 */.tI)(md5) };
        const headers = { ...request.headers, metadata };
        const upload = await this.#multipart.createUpload({ key, headers }, signal);
        try {
            await uploads?.begun(upload, headers);
            const part = await this.#multipart.copyPart({ upload, number: 1, source }, signal);
            if (part.etag !== md5) {
                throw new object_store/* UnprovedCopyError */.Pb((0,object_store/* etagsProve */.PF)(upload.encryption)
                    ? `its ETag is ${part.etag}, and not the MD5 ${md5} that its source was said to have`
                    : 'it is encrypted, and its ETag says nothing');
            }
            const expected = { etag: (0,digest/* multipartETag */.Eq)([md5]), size: source.size, md5 };
            const written = await this.#multipart.completeUpload({ upload, parts: [part], expected, condition }, signal);
            uploads?.ended(upload);
            return written;
        }
        catch (error) {
            await this.#multipart.abortUpload(upload, signal).then(() => uploads?.ended(upload), () => undefined);
            throw error;
        }
    }
    async #copyObject(request, condition, signal) {
        const { key, source, md5, refresh } = request;
        const provider = this.#requests.provider();
        // A copy onto itself keeps the tags that others gave the object, unless a rule says which it shall have.
        const keepsTags = refresh !== undefined && request.headers.fields?.['x-amz-tagging'] === undefined;
        const directive = keepsTags ? 'COPY' : 'REPLACE';
        const input = {
            Key: key,
            MetadataDirective: 'REPLACE',
            Metadata: request.headers.metadata,
            ...this.#requests.every,
            ...copySource(source, this.#requests.every),
            ...(provider.taggingDirective ? { TaggingDirective: directive } : {}),
            ...(provider.annotationDirective && refresh === undefined
                ? { AnnotationDirective: 'EXCLUDE' }
                : {}),
            ...this.#inputs.decided(request.headers),
            ...this.#inputs.keptClass(refresh?.storageClass, request.headers),
            ...conditionOf(condition),
        };
        const etags = [...(md5 === undefined ? [] : [md5]), source.etag];
        // After a copy onto itself another ETag tells that it was made, or under KMS another one with all that was sent.
        const before = refresh === undefined ? undefined : source.etag;
        const renewed = refresh === undefined ? undefined : request.headers;
        const expected = { etags, size: source.size, md5, before, refresh: renewed };
        return this.#requests.call('CopyObject', signal, async () => {
            const answer = await (await this.#requests.calls()).copyObject(input, signal);
            return written('CopyObject', { ETag: answer.CopyObjectResult?.ETag, ...answer });
        }, {
            changes: key,
            judge: (attempts) => this.#writes.judge(key, expected, signal, attempts),
            // What nobody knows the digest of may have any.
            ...(md5 === undefined
                ? {}
                : { check: (answer) => this.#writes.ownAnswer('CopyObject', key, etags, answer, signal, renewed) }),
        });
    }
}

// EXTERNAL MODULE: ./build/src/model/concurrency.js
var concurrency = __webpack_require__(7452);
// EXTERNAL MODULE: ./build/src/model/object-key.js
var object_key = __webpack_require__(5142);
;// CONCATENATED MODULE: ./build/src/store/deletes.js




/** DeleteObject and HeadObject requests in flight where a batch cannot carry the conditions. */
const SINGLE_DELETES_IN_FLIGHT = 32;
/** Deletes bound to the ETags that were listed, in batches where the server minds them there. */
class Deletes {
    #requests;
    constructor(requests) {
        this.#requests = requests;
    }
    async delete(requests, signal) {
        const { deleteConditions } = this.#requests.provider();
        const answers = new Map();
        const batch = [];
        const single = [];
        for (const request of requests) {
            // Keys that XML cannot carry are deleted one by one.
            (deleteConditions === 'single' || object_key/* NOT_IN_XML */.QE.test(request.key) ? single : batch).push(request);
        }
        const due = deleteConditions === 'none' ? await this.#stillListed(batch, answers, signal) : batch;
        if (due.length > 0)
            await this.#deleteBatch(due, answers, signal);
        await (0,concurrency/* forEachConcurrent */.C6)(single, SINGLE_DELETES_IN_FLIGHT, async (request) => {
            answers.set(request.key, await this.#deleteOne(request, signal));
        });
        return requests.map(({ key }) => answers.get(key) ?? { key, deleted: false, error: unsaid('DeleteObjects') });
    }
    /** Those of which the object is still the one that was listed, by a look; what became of the others is answered. */
    async #stillListed(requests, answers, signal) {
        const still = [];
        await (0,concurrency/* forEachConcurrent */.C6)(requests, SINGLE_DELETES_IN_FLIGHT, async (request) => {
            const { key, etag } = request;
            const head = await this.#requests.head(key, signal);
            if (head === undefined)
                answers.set(key, { key, deleted: true });
            else if (head.etag === etag)
                still.push(request);
            else {
                const message = 'the object is not the one that was listed';
                const error = new object_store/* StoreError */.AD('condition', 'PreconditionFailed', 412, 'DeleteObjects', message);
                answers.set(key, { key, deleted: false, error });
            }
        });
        return still;
    }
    /**
     * What S3 could not do for some keys of a batch is asked again for these alone, and so is what it says nothing of and
     * that is still there. Where ETags are ignored the look right before it narrows what nothing closes.
     */
    async #deleteBatch(requests, answers, signal) {
        let due = requests;
        const refused = new Map();
        const attempt = async () => {
            const { deleted, errors } = await this.#deleteObjects(due, signal);
            const again = [];
            let first;
            for (const request of due) {
                const { key } = request;
                const error = errors.get(key);
                // Only what the answer says is deleted is deleted (D7): a proxy's page is a 200 too.
                if (error === undefined && deleted.has(key))
                    answers.set(key, { key, deleted: true });
                else if (error === undefined || (0,store_errors/* heals */.yG)(error))
                    again.push(request);
                else
                    refused.set(key, error);
                if (error !== undefined && (0,store_errors/* heals */.yG)(error))
                    first ??= error;
            }
            due = again;
            if (first !== undefined)
                throw first;
        };
        // An answer may be another batch's, spell keys otherwise, or be quiet: the objects say what became of them.
        const check = async () => {
            due = await this.#stillListed(due, answers, signal).catch((error) => {
                // Who may delete need not be allowed to read.
                throw (0,object_store/* isDenied */.GZ)(error) ? unsaid('DeleteObjects') : error;
            });
            if (due.length > 0)
                throw unsaid('DeleteObjects');
        };
        try {
            await this.#requests.call('DeleteObjects', signal, attempt, { check, changes: requests[0]?.key });
        }
        catch (thrown) {
            const error = (0,store_errors/* toStoreError */.D5)('DeleteObjects', thrown);
            if (due.length === requests.length)
                throw error;
            for (const { key } of due)
                if (!answers.has(key))
                    answers.set(key, { key, deleted: false, error });
        }
        for (const [key, error] of refused) {
            const told = await (0,store_errors/* repeatingNothing */.n)(error, this.#requests.credentials);
            answers.set(key, await this.#judgeDelete(key, told, signal));
        }
    }
    async #deleteObjects(requests, signal) {
        const input = {
            ...this.#requests.every,
            Delete: { Quiet: false, Objects: requests.map(({ key, etag }) => ({ Key: key, ETag: etag })) },
        };
        const answer = await (await this.#requests.calls()).deleteObjects(input, signal);
        const deleted = new Set((answer.Deleted ?? []).map(({ Key }) => Key ?? ''));
        const errors = new Map((answer.Errors ?? []).map((error) => [error.Key ?? '', errorOfKey(error)]));
        const asked = new Set(requests.map(({ key }) => key));
        for (const [key, { code, message }] of errors) {
            // An error that names no key of ours may speak of any of them.
            if (!asked.has(key))
                throw new object_store/* StoreError */.AD('rejected', code, 200, 'DeleteObjects', message);
        }
        return { deleted, errors };
    }
    async #deleteOne(request, signal) {
        const { key, etag } = request;
        try {
            const input = { ...this.#requests.every, Key: key, IfMatch: `"${etag}"` };
            const attempt = async () => (await this.#requests.calls()).deleteObject(input, signal);
            // Another success may be a proxy's page (D7): the object says whether it is there.
            const check = async (status) => {
                if (status === 204 || (await this.#requests.head(key, signal)) === undefined)
                    return status;
                throw unsaid('DeleteObject');
            };
            await this.#requests.call('DeleteObject', signal, attempt, { check, changes: key });
            return { key, deleted: true };
        }
        catch (thrown) {
            const error = (0,store_errors/* toStoreError */.D5)('DeleteObject', thrown);
            if (error.kind === 'fatal' || error.kind === 'aborted')
                throw error;
            return this.#judgeDelete(key, error, signal);
        }
    }
    /** A refused delete of a key that is gone is what was wanted, whoever did it (C14). */
    async #judgeDelete(key, error, signal) {
        const { code, kind } = error;
        const isGone = code === 'NoSuchKey' ||
            code === 'NoSuchVersion' ||
            (kind === 'condition' && (await this.#requests.head(key, signal)) === undefined);
        return isGone ? { key, deleted: true } : { key, deleted: false, error };
    }
}
/** What an answer to a batch says of one key. */
function errorOfKey({ Code: code = 'Error', Message: message = 'an error without a word', }) {
    // The status of the whole says nothing of a key: its code alone does.
    const status = code === 'AccessDenied' ? 403 : 400;
    const thrown = Object.assign(new Error(message), { name: code, $metadata: { httpStatusCode: status } });
    const { kind } = (0,store_errors/* toStoreError */.D5)('DeleteObjects', thrown);
    return new object_store/* StoreError */.AD(kind, code, kind === 'denied' ? status : 200, 'DeleteObjects', message);
}
function unsaid(operation) {
    const message = 'the answer does not say what became of it';
    return new object_store/* StoreError */.AD('server', 'NoAnswer', 200, operation, message);
}

// EXTERNAL MODULE: ./build/src/model/part-sizes.js
var part_sizes = __webpack_require__(9945);
// EXTERNAL MODULE: external "node:events"
var external_node_events_ = __webpack_require__(8474);
;// CONCATENATED MODULE: ./build/src/store/listing-areas.js

/**
 * A directory with all that is below it, listed by its lane or by what it is split into.
 *
 * - `whole`: by its lane; it may be split
 * - `asked`: by its lane; its level is asked for
 * - `ahead`: by its lane, and at the same time by its directories, whichever ends first
 * - `split`: by its directories alone
 * - `kept`: by its lane; splitting does not pay, or cannot be
 */
class Area {
    lane;
    state = 'whole';
    level;
    split;
    /** What its lane told last; since its level was asked for. */
    recent = [];
    /** What `#isWorthSplit` made of that. */
    isWorthSplit;
    /** Where its lane has come to, while it lists `ahead`. */
    current;
    /** Keys that the lane above told of it. */
    seen = 0;
    constructor(lane) {
        this.lane = lane;
        this.level = { prefix: lane.prefix, above: 0 };
    }
    get isListed() {
        return this.lane.isEnded || this.split?.children.every((child) => child.isListed) === true;
    }
    /** Keys that are certainly there, each counted once. */
    get known() {
        const { keys, pages, isEnded } = this.lane;
        let known = keys + (pages > 0 && !isEnded ? 1 : 0);
        if (this.split !== undefined) {
            let inside = this.split.objects;
            for (const child of this.split.children)
                inside += Math.max(child.seen, child.known);
            known = Math.max(known, inside);
        }
        return known;
    }
    keep() {
        this.state = 'kept';
        this.split = undefined;
        this.recent = [];
    }
    /** Asks for the level of a directory next: everything else is listed, or is files of the levels above. */
    descend(prefix, above) {
        this.state = 'whole';
        this.split = undefined;
        this.level = { prefix, above };
        this.isWorthSplit = undefined;
    }
}
/** Pages of the first lane before anything runs beside it: what is nearly done gains nothing by twice the requests. */
const FLAT_PAGES = 10;
/** Directories that hold less than this share of a page in the mean are not worth a request each. */
const WORTH_A_REQUEST = 0.25;
/** Directories of a level that may turn out so small before the others are left to the lane. */
const SMALL_DIRECTORIES = 32;
/**
 * A tree of directories. It begins with one lane, which alone would list everything. Beside it runs what may be quicker:
 * the level below is asked for by `Delimiter`, and its directories are listed from the last to the first. Once it is
 * certain that they end within twice the requests of the lane, the lane is left and all of them run at a time, each to
 * be split in its turn. No order of keys is relied upon: a level that is told whole names all there is.
 *
 * The bound. What remains to be listed is that of the lanes which are open in the tree, those that run ahead aside. Each
 * ends with at most one page that is not full, so they take at most the pages of all keys, less the full pages that such
 * lanes have brought, and one for each of them but one. `#isWithin` holds this and all requests so far below twice the
 * pages of the keys that are known.
 */
class Areas {
    #flights;
    #root;
    #pageKeys = 1;
    #requests = 1;
    constructor(lane, first, flights) {
        this.#flights = flights;
        this.#root = new Area(lane);
        this.#look(this.#root, first);
    }
    isDone() {
        return this.#root.isListed;
    }
    schedule() {
        const open = this.#openAreas();
        const begun = open.filter(({ lane }) => lane.pages > 0);
        const others = open.filter(({ lane }) => lane.pages === 0);
        for (const area of [...begun, ...others]) {
            if (this.#flights.isFull)
                return;
            if (!area.lane.isInFlight)
                this.#list(area);
        }
        if (this.#root.lane.pages < FLAT_PAGES)
            return;
        for (const area of open) {
            while (!this.#flights.isFull && this.#isWithin(1)) {
                const ahead = nextAhead(area);
                if (ahead !== undefined)
                    this.#list(ahead);
                else if (area.state === 'whole' && this.#isWorthSplit(area))
                    this.#ask(area);
                else
                    break;
            }
        }
    }
    async next() {
        const { flight, answer } = await this.#flights.landed();
        const { area, level } = flight;
        if (level === undefined)
            area.lane.isInFlight = false;
        if (answer instanceof Error) {
            this.#fallBack(flight, answer);
            return [];
        }
        this.#pageKeys = Math.max(this.#pageKeys, answer.objects.length + answer.prefixes.length);
        if (level === undefined) {
            area.lane.take(answer);
            this.#look(area, answer);
        }
        else {
            this.#split(area, level, answer);
        }
        this.#settle();
        return answer.objects;
    }
    /**
     * A policy or a server may allow the listing and nothing below or beside it: whatever fails there is left to the lane
     * that the listing began with. What fails in that lane fails the listing, as do lies and the end of the run.
     */
    #fallBack({ area, level }, error) {
        const isNeeded = area === this.#root && level === undefined && area.state !== 'split';
        const isFinal = error.kind === 'fatal' || error.kind === 'aborted' || error.code === 'InvalidListing';
        if (isNeeded || isFinal)
            throw error;
        this.#root.keep();
    }
    #list(area) {
        area.lane.isInFlight = true;
        this.#requests++;
        this.#flights.send({ area }, area.lane.request());
    }
    #ask(area) {
        const { level } = area;
        area.state = 'asked';
        this.#requests++;
        this.#flights.send({ area, level }, { prefix: level.prefix, delimiter: '/' });
    }
    /** The areas whose lanes are needed. */
    #openAreas() {
        const open = [];
        const add = (area) => {
            if (area.isListed)
                return;
            if (area.state === 'split')
                area.split?.children.forEach(add);
            else
                open.push(area);
        };
        add(this.#root);
        return open;
    }
    /** Whether the listing ends within its bound, whatever comes, after so many more requests that may be for nothing. */
    #isWithin(more) {
        const open = this.#openAreas();
        const inFlight = open.filter(({ lane }) => lane.isInFlight).length;
        const worst = this.#requests + more - inFlight + Math.max(0, open.length - 1);
        const { known } = this.#root;
        return worst <= Math.ceil(known / this.#pageKeys) + Math.floor(neededKeys(this.#root) / this.#pageKeys);
    }
    /** Takes note of a page of a lane. */
    #look(area, { objects }) {
        this.#pageKeys = Math.max(this.#pageKeys, objects.length);
        switch (area.state) {
            case 'whole':
                area.recent = objects;
                area.isWorthSplit = undefined;
                return;
            case 'asked':
                area.recent = [...area.recent, ...objects];
                return;
            case 'ahead':
                // A directory that its level did not name: the level was not told whole, or somebody made it since.
                if (!countSeen(area, objects))
                    area.keep();
                return;
            case 'split':
            case 'kept':
                return;
        }
    }
    /** By what the lane told last: whether a directory of the level that would be asked for is worth a request. */
    #isWorthSplit(area) {
        if (area.isWorthSplit !== undefined)
            return area.isWorthSplit;
        const directories = new Set();
        let inside = 0;
        forEachDirectory(area.recent, area.level.prefix, (directory) => {
            directories.add(directory);
            inside++;
        });
        area.isWorthSplit = inside > 0 && inside >= directories.size * this.#pageKeys * WORTH_A_REQUEST;
        return area.isWorthSplit;
    }
    #split(area, { prefix, above }, { objects, prefixes, next }) {
        for (const directory of prefixes) {
            if (directoryOf(directory, prefix) !== directory)
                throw listingError(`the directory ${JSON.stringify(directory)} outside the level`);
        }
        if (area.state !== 'asked')
            return;
        const names = [...new Set(prefixes)];
        const [only] = names;
        const isLevel = objects.every(({ key }) => directoryOf(key, prefix) === undefined);
        // A level of more than a page has more directories than pages, or files alone.
        if (next !== undefined || !isLevel || only === undefined) {
            area.keep();
            return;
        }
        const told = above + objects.length;
        if (names.length === 1) {
            area.descend(only, told);
            return;
        }
        const children = names.map((name) => new Area(new Lane(name)));
        area.split = { prefix, objects: told, children };
        area.state = 'ahead';
        const { recent } = area;
        area.recent = [];
        if (!countSeen(area, recent))
            area.keep();
    }
    /** Leaves lanes that are not needed any more, and splits that do not pay. */
    #settle() {
        for (const area of this.#openAreas()) {
            if (area.state !== 'ahead' || area.split === undefined)
                continue;
            const { children, objects } = area.split;
            const [left, ...more] = children.filter(({ isListed }) => !isListed);
            if (left !== undefined && left === area.current && left.lane.pages === 0 && more.length === 0) {
                const others = children.reduce((sum, { lane }) => sum + lane.keys, objects);
                area.descend(left.lane.prefix, others);
                continue;
            }
            // That directories can be listed at all is known with the first one.
            if (children.every(({ lane }) => lane.pages === 0))
                continue;
            area.state = 'split';
            if (this.#isWithin(0))
                continue;
            area.state = 'ahead';
            const ended = children.filter(({ lane }) => lane.isEnded);
            const keys = ended.reduce((sum, { lane }) => sum + lane.keys, 0);
            const isSmall = keys < ended.length * this.#pageKeys * WORTH_A_REQUEST;
            if (ended.length >= SMALL_DIRECTORIES && isSmall)
                area.keep();
        }
    }
}
/** Keys that lanes which are needed have told, and the levels above them. */
function neededKeys({ state, split, lane }) {
    if (state !== 'split' || split === undefined)
        return lane.keys;
    return split.children.reduce((sum, child) => sum + neededKeys(child), split.objects);
}
/**
 * Which directory is listed next beside the lane: one that has begun, else the last one, where the lane comes last. Not
 * the one where the lane is.
 */
function nextAhead({ state, split, current }) {
    if (state !== 'ahead' || split === undefined)
        return undefined;
    const isFree = (area) => !area.lane.isEnded && !area.lane.isInFlight && (area !== current || area.lane.pages > 0);
    const { children } = split;
    return (children.findLast((child) => isFree(child) && child.lane.pages > 0) ??
        children.findLast((child) => isFree(child)));
}
/** Counts what a lane told for the directories it lies in; `false`: one of them is not among those of the level. */
function countSeen(area, objects) {
    if (area.split === undefined)
        return false;
    const { prefix, children } = area.split;
    const byName = new Map(children.map((child) => [child.lane.prefix, child]));
    let isWhole = true;
    forEachDirectory(objects, prefix, (directory) => {
        const child = byName.get(directory);
        if (child === undefined) {
            isWhole = false;
            return;
        }
        child.seen++;
        area.current = child;
    });
    return isWhole;
}
/** Tells for each object below a level in which directory of it. */
function forEachDirectory(objects, prefix, tell) {
    let last;
    for (const { key } of objects) {
        // Mostly the one of the key before.
        if (last === undefined || !key.startsWith(last))
            last = directoryOf(key, prefix);
        if (last !== undefined)
            tell(last);
    }
}
/** The directory of a level in which a key lies, with its slash; `undefined`: in none, or elsewhere. */
function directoryOf(key, prefix) {
    if (!key.startsWith(prefix))
        return undefined;
    const end = key.indexOf('/', prefix.length);
    return end === -1 ? undefined : key.slice(0, end + 1);
}

;// CONCATENATED MODULE: ./build/src/store/listing-ranges.js


/** So many ranges have one page each; more only where each has some, as the last page of each is mostly not full. */
const RANGES_OF_A_PAGE = 16;
const PAGES_A_RANGE = 4;
const MOST_RANGES = 64;
/** What a page of S3 holds. */
const PAGE_KEYS = 1000;
/** More hints than this say no more about where to cut. */
const MOST_HINTS = 20_000;
/** Keys that cut what lies behind the first page into ranges of about one length; none where it is short. */
function boundsBehind({ objects }, { keys }) {
    const last = objects.at(-1)?.key;
    const isInOrder = objects.every(({ key }, i) => i === 0 || (0,object_key/* compareKeys */.YD)(objects[i - 1]?.key ?? '', key) < 0);
    if (last === undefined || !isInOrder)
        return [];
    const isBehind = (key) => (0,object_key/* compareKeys */.YD)(key, last) > 0;
    let behind = 0;
    for (const key of keys())
        if (isBehind(key))
            behind++;
    const pages = Math.ceil(behind / objects.length);
    const ofSome = Math.min(MOST_RANGES, Math.floor(pages / PAGES_A_RANGE));
    const ranges = Math.max(ofSome, Math.min(RANGES_OF_A_PAGE, pages));
    const step = Math.ceil(behind / MOST_HINTS);
    const some = [];
    let i = 0;
    for (const key of keys())
        if (isBehind(key) && i++ % step === 0)
            some.push(key);
    return boundsOf(some, ranges);
}
/** Keys that cut all keys of a listing into its pages; none where it is one page, or where there are too many to tell. */
function boundsOfAll(keys) {
    const all = [];
    for (const key of keys)
        if (all.push(key) > MOST_HINTS)
            return [];
    return boundsOf(all, Math.ceil(all.length / PAGE_KEYS));
}
/** The last keys of ranges of as many keys each. */
function boundsOf(keys, ranges) {
    if (ranges < 2)
        return [];
    const sorted = keys.toSorted(object_key/* compareKeys */.YD);
    const bounds = new Set();
    for (let i = 1; i < ranges; i++) {
        const bound = sorted[Math.floor((i * sorted.length) / ranges) - 1];
        if (bound !== undefined && canBeSent(bound))
            bounds.add(bound);
    }
    return [...bounds];
}
/** An index that others may have written has names that cannot be asked for, and S3 would refuse the listing. */
function canBeSent(key) {
    return key.isWellFormed() && Buffer.byteLength(key) <= object_key/* MAX_KEY_BYTES */.Xd;
}
/**
 * Ranges of keys. Each ends with the key behind which the next one begins, so together they are all keys, whatever the
 * hints are worth.
 *
 * The bound, where a first page was asked for. Of what is still to be asked for, each open range has one request at most
 * whose page brings less than a full one; all others bring full pages. So the listing ends within the requests answered,
 * the full pages that are left, and one for each open range. A range is opened where that is at most twice the pages that
 * are certainly needed, whatever is left; when none may be, what is left is one range.
 */
class Ranges {
    #flights;
    #lanes;
    /** The last key of a lane's range; the last lane has none. */
    #ends = new Map();
    /** The last key that a lane was told. */
    #last = new Map();
    /** Without a first page: all ranges may be opened. */
    #isBounded;
    #pageKeys = 1;
    #keys = 0;
    #answered = 0;
    /** Pages that are certainly needed. */
    #needed = 1;
    constructor(lane, bounds, flights, first) {
        this.#flights = flights;
        this.#lanes = [lane, ...bounds.map((bound) => new Lane(lane.prefix, bound))];
        for (const [i, bound] of bounds.entries())
            this.#ends.set(this.#lanes[i], bound);
        this.#isBounded = first !== undefined;
        if (first !== undefined)
            this.#within(lane, first);
    }
    isDone() {
        return this.#lanes.every(({ isEnded }) => isEnded);
    }
    schedule() {
        let open = 0;
        for (const [i, lane] of this.#lanes.entries()) {
            if (this.#flights.isFull)
                return;
            if (!isBegun(lane) && !this.#mayOpen(i, open)) {
                if (open > 0)
                    return;
                // The hints name much that is not there.
                this.#lanes.length = i + 1;
                this.#ends.delete(lane);
            }
            if (lane.isEnded)
                continue;
            open++;
            if (lane.isInFlight)
                continue;
            lane.isInFlight = true;
            this.#flights.send(lane, lane.request());
        }
    }
    /** @param open ranges; what no range is opened for yet counts as one */
    #mayOpen(i, open) {
        const others = open + (i + 1 < this.#lanes.length ? 1 : 0);
        return !this.#isBounded || this.#answered + others + 1 <= 2 * this.#needed;
    }
    async next() {
        const { flight: lane, answer } = await this.#flights.landed();
        if (answer instanceof Error)
            throw answer;
        lane.take(answer);
        return this.#within(lane, answer);
    }
    /** What of a page belongs to the lane's range; a key beyond it is the next one's, and this one's end. */
    #within(lane, { objects, next }) {
        let last = this.#last.get(lane) ?? lane.after;
        for (const { key } of objects) {
            if (last !== undefined && (0,object_key/* compareKeys */.YD)(key, last) <= 0)
                throw new OutOfOrder();
            last = key;
        }
        if (last !== undefined)
            this.#last.set(lane, last);
        const end = this.#ends.get(lane);
        const isBeyond = end !== undefined && last !== undefined && (0,object_key/* compareKeys */.YD)(last, end) >= 0;
        if (isBeyond)
            lane.isEnded = true;
        const within = isBeyond ? objects.filter(({ key }) => (0,object_key/* compareKeys */.YD)(key, end) <= 0) : objects;
        this.#answered++;
        this.#keys += within.length;
        this.#pageKeys = Math.max(this.#pageKeys, objects.length);
        // What lies behind the foremost range was not told by another one.
        const isForemost = this.#lanes.findLast(isBegun) === lane;
        const hasMore = isForemost && (next !== undefined || within.length < objects.length);
        this.#needed = Math.max(this.#needed, Math.ceil((this.#keys + (hasMore ? 1 : 0)) / this.#pageKeys));
        return within;
    }
}
function isBegun({ pages, isInFlight }) {
    return pages > 0 || isInFlight;
}

;// CONCATENATED MODULE: ./build/src/store/listing.js




/** Enough to make hundreds of pages a dozen round trips; of more, the answers would only wait to be read. */
const MOST_IN_FLIGHT = 16;
/**
 * All objects under a prefix, page by page and in any order; a key may be told twice. The first page is asked for
 * alone. Where it is not the last one, more is asked for at a time, by ranges of keys or by directories, with at most
 * twice the requests that one page after the other takes. Where all keys are known already, their pages are asked for
 * side by side from the first on, with as many requests as they have pages. Where ranges show that keys do not come in the
 * order of their bytes after all, it begins anew without them.
 */
async function* listPages(listing) {
    try {
        yield* pagesBy(listing, listing.hints);
    }
    catch (error) {
        if (!(error instanceof OutOfOrder))
            throw error;
        yield* pagesBy(listing);
    }
}
async function* pagesBy(listing, hints) {
    const { prefix, ask } = listing;
    const stop = new AbortController();
    const signal = AbortSignal.any([listing.signal, stop.signal]);
    // Each request listens to it.
    (0,external_node_events_.setMaxListeners)(0, signal);
    const most = Math.max(1, Math.min(MOST_IN_FLIGHT, listing.concurrency));
    const lane = new Lane(prefix);
    try {
        const known = hints?.areAll === true ? boundsOfAll(hints.keys()) : [];
        if (known.length > 0) {
            yield* pagesOf(new Ranges(lane, known, new Flights(ask, signal, most)));
            return;
        }
        const first = await ask(lane.request(), signal);
        lane.take(first);
        if (lane.isEnded) {
            yield first.objects;
            return;
        }
        const bounds = hints === undefined ? [] : boundsBehind(first, hints);
        const strategy = bounds.length > 0
            ? new Ranges(lane, bounds, new Flights(ask, signal, most), first)
            : new Areas(lane, first, new Flights(ask, signal, most));
        yield* pagesOf(strategy, first);
    }
    finally {
        // What is still in flight nobody needs any more.
        stop.abort();
    }
}
/** @param first the page that was asked for alone */
async function* pagesOf(strategy, first) {
    strategy.schedule();
    if (first !== undefined)
        yield first.objects;
    while (!strategy.isDone()) {
        const objects = await strategy.next();
        // What comes next is on its way while this page is looked at.
        if (!strategy.isDone())
            strategy.schedule();
        yield objects;
    }
}
/** Page after page under one prefix. */
class Lane {
    prefix;
    /** Where it begins: behind this key. */
    after;
    isInFlight = false;
    isEnded = false;
    /** Answered. */
    pages = 0;
    keys = 0;
    #token;
    #tokens = new Set();
    constructor(prefix, after) {
        this.prefix = prefix;
        this.after = after;
    }
    request() {
        const { prefix, after } = this;
        if (this.#token !== undefined)
            return { prefix, token: this.#token };
        return after === undefined ? { prefix } : { prefix, startAfter: after };
    }
    take({ objects, next }) {
        this.isInFlight = false;
        this.pages++;
        this.keys += objects.length;
        if (next === undefined) {
            this.isEnded = true;
            return;
        }
        if (this.#tokens.has(next))
            throw listingError('a page that does not lead to the next one');
        this.#tokens.add(next);
        this.#token = next;
    }
}
/** Requests in flight; their answers are taken as they arrive. */
class Flights {
    #ask;
    #signal;
    #most;
    #landed = [];
    #wake = () => undefined;
    #inFlight = 0;
    constructor(ask, signal, most) {
        this.#ask = ask;
        this.#signal = signal;
        this.#most = most;
    }
    get isFull() {
        return this.#inFlight >= this.#most;
    }
    send(flight, request) {
        this.#inFlight++;
        const land = (answer) => {
            this.#inFlight--;
            this.#landed.push({ flight, answer });
            this.#wake();
        };
        this.#ask(request, this.#signal).then(land, land);
    }
    async landed() {
        for (;;) {
            const landed = this.#landed.shift();
            if (landed !== undefined)
                return landed;
            await new Promise((resolve) => {
                this.#wake = resolve;
            });
        }
    }
}
/** Keys of a range that came in another order than that of their bytes: some may not have come at all. */
class OutOfOrder extends Error {
}
function listingError(what, cause) {
    return new object_store/* StoreError */.AD('rejected', 'InvalidListing', 200, 'ListObjectsV2', `the listing holds ${what}`, {
        cause,
    });
}

;// CONCATENATED MODULE: ./build/src/store/lists.js







/** What a bucket holds: objects, uploads that were begun, and their parts. */
class Lists {
    #requests;
    /** Requests that a listing begins with side by side. */
    #first;
    #unlisted = new Set();
    constructor(requests, first) {
        this.#requests = requests;
        this.#first = first;
    }
    get unlisted() {
        return this.#unlisted;
    }
    list(prefix, signal, hints) {
        const { every, provider } = this.#requests;
        const isInOrder = provider().listsInOrder && !(0,providers/* isDirectoryBucket */.W)(every.Bucket);
        return listPages({
            prefix,
            ask: (request, until) => this.#listPage(request, until),
            signal,
            concurrency: this.#first,
            ...(hints === undefined || !isInOrder ? {} : { hints }),
        });
    }
    async #listPage(request, signal) {
        const { prefix, token, delimiter, startAfter } = request;
        const input = {
            ...this.#requests.every,
            Prefix: prefix,
            EncodingType: 'url',
            ...(token === undefined ? {} : { ContinuationToken: token }),
            ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
            ...(startAfter === undefined ? {} : { StartAfter: startAfter }),
        };
        const page = await this.#requests.call('ListObjectsV2', signal, async () => {
            const answer = await (await this.#requests.calls()).listObjectsV2(input, signal);
            // A 200 that is no listing, from a proxy or a web server, is not an empty bucket (D9).
            if (answer.IsTruncated === undefined) {
                throw new object_store/* StoreError */.AD('server', 'NoListing', 200, 'ListObjectsV2', 'the answer is not a listing');
            }
            const contradiction = contradictionIn(answer, prefix);
            if (contradiction !== undefined)
                throw unreadable('ListObjectsV2', contradiction);
            return answer;
        });
        const decode = page.EncodingType === 'url' ? decodeListedKey : (text) => text;
        const keyIn = (text) => {
            const key = decode(text);
            if (!key.startsWith(prefix))
                throw listingError(`the key ${JSON.stringify(key)} outside the prefix`);
            return detached(key);
        };
        const objects = [];
        for (const item of page.Contents ?? []) {
            const etag = (0,digest/* parseETag */.nn)(item.ETag);
            if (item.Key === undefined || item.Size === undefined || etag === undefined) {
                throw listingError('an entry without key, size or ETag');
            }
            objects.push({
                key: keyIn(item.Key),
                size: item.Size,
                etag: detached(etag),
                lastModified: item.LastModified?.getTime() ?? 0,
                storageClass: classOf(item.StorageClass),
            });
        }
        const prefixes = (page.CommonPrefixes ?? []).map(({ Prefix: text = '' }) => keyIn(text));
        const { IsTruncated: isTruncated, NextContinuationToken: said = '' } = page;
        // Where more is named there is more, whatever else is said; but the token that was asked for leads nowhere.
        const next = said !== '' && (isTruncated === true || said !== token) ? said : undefined;
        if (isTruncated === true && next === undefined)
            throw listingError('a page that does not lead to the next one');
        if (page.EncodingType !== 'url') {
            for (const { key, ...listed } of objects) {
                if (!key.includes(object_key/* NOT_SPELLED */.k2) || this.#unlisted.has(key))
                    continue;
                const head = await this.#requests.head(key, signal);
                if (head?.etag !== listed.etag || head.size !== listed.size)
                    this.#unlisted.add(key);
            }
            for (const below of prefixes) {
                if (!below.includes(object_key/* NOT_SPELLED */.k2) || this.#unlisted.has(below))
                    continue;
                const there = await this.#listPage({ prefix: below }, signal);
                if (there.objects.length === 0)
                    this.#unlisted.add(below);
            }
        }
        return { objects, prefixes, next: next === undefined ? undefined : detached(next) };
    }
    async *listUploads(prefix, signal) {
        let from;
        const met = new Set();
        for (;;) {
            const marker = from;
            const page = await this.#requests.call('ListMultipartUploads', signal, async () => (await this.#requests.rareCalls()).listMultipartUploads({ ...this.#requests.every, Prefix: prefix, EncodingType: 'url', ...marker }, signal));
            const isEncoded = page.EncodingType === 'url' && this.#requests.provider().uploadKeys === 'encoded';
            const decode = isEncoded ? decodeListedKey : (text) => text;
            const known = met.size;
            const uploads = [];
            for (const { Key: key, UploadId: id, Initiated: begun } of page.Uploads ?? []) {
                if (key === undefined || id === undefined)
                    continue;
                met.add(JSON.stringify([key, id]));
                uploads.push({ key: decode(key), id, begun: begun?.getTime() ?? 0 });
            }
            yield uploads;
            const { NextKeyMarker: key, NextUploadIdMarker: id } = page;
            // A page that adds nothing leads nowhere, in a circle or on to ever new markers.
            if (page.IsTruncated !== true || key === undefined || key === '' || met.size === known)
                return;
            from = { KeyMarker: decode(key), ...(id === undefined ? {} : { UploadIdMarker: id }) };
        }
    }
    async listParts({ key, id }, signal) {
        const parts = [];
        for (let marker = 0;;) {
            const input = {
                ...this.#requests.every,
                Key: key,
                UploadId: id,
                ...(marker === 0 ? {} : { PartNumberMarker: `${marker}` }),
            };
            const page = await this.#requests.call('ListParts', signal, async () => (await this.#requests.rareCalls()).listParts(input, signal));
            const { Parts: listed = [] } = page;
            for (const { PartNumber: number, ETag: text, Size: size } of listed) {
                const etag = (0,digest/* parseETag */.nn)(text);
                if (number !== undefined && etag !== undefined && size !== undefined)
                    parts.push({ number, etag, size });
            }
            const next = Number(page.NextPartNumberMarker);
            // Parts come in the order of their numbers: behind the last there can be, and behind none, is nothing.
            const leadsOn = next > marker && next < part_sizes/* MAX_PARTS */.kz && listed.length > 0;
            if (page.IsTruncated !== true || !leadsOn)
                return parts;
            marker = next;
        }
    }
}
/** What a listing says that cannot be of what was asked for, and whole; what it does not say is no contradiction. */
function contradictionIn(answer, prefix) {
    const { Prefix: said = '', KeyCount: count = 0, Contents: contents, CommonPrefixes: prefixes } = answer;
    // Servers encode it or not, whether they say so or not; what XML cannot carry is spelled in many ways.
    if (said !== '' && !object_key/* NOT_IN_XML */.QE.test(prefix) && !spellings(said).includes(prefix))
        return `with the prefix ${JSON.stringify(said.slice(0, LONGEST_TOLD))} where ${JSON.stringify(prefix)} was asked for`;
    const entries = (contents?.length ?? 0) + (prefixes?.length ?? 0);
    return count > entries ? `with ${entries} of the ${count} keys that it says to have` : undefined;
}
/** One text for the class that nearly all objects have, in place of one for each. */
function classOf(text) {
    return text === undefined || text === 'STANDARD' ? 'STANDARD' : detached(text);
}
/** Listings are asked for URL-encoded, since XML cannot carry every key; a space arrives as `+`. */
function decodeListedKey(text) {
    // Most keys are spelled as they are.
    if (!/[%+]/.test(text))
        return text;
    try {
        return decodeURIComponent(text.replaceAll('+', '%20'));
    }
    catch (cause) {
        throw listingError(`the key ${JSON.stringify(text)}, which is not URL-encoded UTF-8`, cause);
    }
}

// EXTERNAL MODULE: ./build/src/model/headers.js
var headers = __webpack_require__(6061);
;// CONCATENATED MODULE: ./build/src/store/writes.js






/** Writes of whole objects, and what proves those whose answers were lost or are another's. */
class Writes {
    #requests;
    #inputs;
    /** The server gives ETags that are no digests of what was sent. */
    #hasOtherETags = false;
    constructor(requests, inputs) {
        this.#requests = requests;
        this.#inputs = inputs;
    }
    async put(request, signal) {
        return this.create(request.key, request.condition, signal, (condition) => this.#put(request, condition, signal));
    }
    async #put(request, condition, signal) {
        const { key, body, md5 } = request;
        // Spread last: each member behind a spread takes Node 20 a microsecond.
        const input = {
            Key: key,
            Body: body,
            ContentLength: body.length,
            ContentMD5: (0,digest/* base64OfMd5 */.tI)(md5),
            Metadata: request.headers.metadata,
            ...this.#requests.every,
            ...this.#inputs.decided(request.headers),
            ...conditionOf(condition),
        };
        const etag = md5;
        const expected = { etags: [etag], size: body.length, md5, before: etagBefore(request.condition) };
        return this.#requests.call('PutObject', signal, async () => written('PutObject', await (await this.#requests.calls()).putObject(input, signal)), {
            changes: key,
            judge: (attempts) => this.judge(key, expected, signal, attempts),
            check: (answer) => this.ownAnswer('PutObject', key, [etag], answer, signal),
        });
    }
    /**
     * Makes a conditional write. Where a server takes something else for an object and refuses to create one of that name, a
     * HEAD tells, and the write goes out once more: over a delete marker bound to the ETag that the marker has there, beside
     * a directory without its condition.
     */
    async create(key, condition, signal, write) {
        try {
            return await write(condition);
        }
        catch (thrown) {
            const { directoriesAreKeys, deleteMarkersAreKeys } = this.#requests.provider();
            const isCreate = condition !== undefined && 'ifNoneMatch' in condition;
            const isTaken = thrown instanceof object_store/* StoreError */.AD && thrown.status === 412;
            if (!isCreate || !isTaken || !(directoriesAreKeys || deleteMarkersAreKeys))
                throw thrown;
            if ((await this.#requests.head(key, signal)) !== undefined)
                throw thrown;
            if (deleteMarkersAreKeys)
                return write({ ifMatch: await this.#deletedETag(key, thrown, signal) });
            const written = await write(undefined);
            // Nothing kept another writer out in between: who was last is seen at least.
            const head = await this.#requests.head(key, signal);
            if (head?.etag === written.etag)
                return written;
            const told = 'the object is not the one that was written';
            throw new object_store/* StoreError */.AD('condition', object_store/* CHANGED_AFTER_WRITE */.Y8, 412, thrown.operation, told, { cause: thrown });
        }
    }
    /** The ETag of what was deleted last. Rejects with the refusal where no delete marker is in the way of the key. */
    async #deletedETag(key, refusal, signal) {
        const page = await this.#requests.call('ListObjectVersions', signal, async () => (await this.#requests.rareCalls()).listObjectVersions({ ...this.#requests.every, Prefix: key }, signal));
        const isDeleted = page.DeleteMarkers?.some((marker) => marker.Key === key && marker.IsLatest === true);
        if (isDeleted !== true)
            throw refusal;
        // The newest comes first.
        const etag = (0,digest/* parseETag */.nn)(page.Versions?.find((version) => version.Key === key)?.ETag);
        if (etag !== undefined)
            return etag;
        const told = `${this.#requests.provider().name} takes its delete marker for an object and keeps no version of it: delete the marker by its version id`;
        throw new object_store/* StoreError */.AD('rejected', 'KeyIsDeleteMarker', 412, refusal.operation, told, { cause: refusal });
    }
    /** Whether the key holds what we sent: size and ETag, or under KMS size and our own metadata. */
    async judge(key, expected, signal, attempts) {
        const head = await this.#requests.head(key, signal, attempts);
        if (head === undefined || head.size !== expected.size || head.etag === expected.before)
            return undefined;
        const proved = expected.etags.includes(head.etag) ||
            // Metadata speaks only where the ETag cannot contradict it (C15).
            ((expected.refresh === undefined
                ? !(0,object_store/* etagsProve */.PF)(head.encryption) || (0,digest/* classifyETag */.Q)(head.etag).kind !== 'md5'
                : !(0,object_store/* etagsProve */.PF)(head.encryption) && hasHeaders(head, expected.refresh)) &&
                expected.md5 !== undefined &&
                (0,headers/* metadataMd5 */.SG)(head.metadata) === expected.md5);
        return proved ? { etag: head.etag, versionId: undefined, encryption: head.encryption } : undefined;
    }
    /**
     * An answer with the digest of other bytes than were written is another request's, whatever stands in between, unless the
     * object has it too: the ETags of some servers are no digests. Rejects where the object is not the one that was written.
     *
     * @param refresh of a copy onto itself: the bytes were there before, so all that was sent must be
     */
    async ownAnswer(operation, key, expected, answer, signal, refresh) {
        const isNoDigest = (0,digest/* classifyETag */.Q)(answer.etag).kind === 'opaque' || !(0,object_store/* etagsProve */.PF)(answer.encryption);
        if (expected.includes(answer.etag) || isNoDigest || this.#hasOtherETags)
            return answer;
        let head;
        try {
            head = await this.#requests.head(key, signal);
        }
        catch (error) {
            // Who may write need not be allowed to read.
            if (!(error instanceof object_store/* StoreError */.AD) || error.kind !== 'denied')
                throw error;
            this.#hasOtherETags = true;
            return answer;
        }
        if (head !== undefined &&
            expected.includes(head.etag) &&
            (refresh === undefined || hasHeaders(head, refresh)))
            return { etag: head.etag, versionId: undefined, encryption: head.encryption };
        if (head?.etag !== answer.etag)
            throw unreadable(operation, `with the ETag of something else (${answer.etag})`);
        this.#hasOtherETags = true;
        return answer;
    }
}
/** Whether an object answers what was sent with it, as far as HEAD says it, and nothing else. */
function hasHeaders(head, { contentType, metadata, fields = {} }) {
    const sent = Object.entries(metadata);
    return (head.contentType === contentType &&
        head.metadata.size === sent.length &&
        sent.every(([name, value]) => head.metadata.get(name) === value) &&
        header_rules/* READER_HEADERS */.DU.every((name) => name === 'content-type' || head.fields[name] === fields[name]));
}
function etagBefore(condition) {
    return condition !== undefined && 'ifMatch' in condition ? condition.ifMatch : undefined;
}

;// CONCATENATED MODULE: ./build/src/store/multipart.js






/** Objects that come together from parts. */
class Multipart {
    #requests;
    #inputs;
    #writes;
    constructor(requests, inputs, writes) {
        this.#requests = requests;
        this.#inputs = inputs;
        this.#writes = writes;
    }
    async createUpload(request, signal) {
        const input = {
            Key: request.key,
            Metadata: request.headers.metadata,
            ...this.#requests.every,
            ...this.#inputs.decided(request.headers),
            ...(request.wholeCrc32 === true
                ? { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' }
                : {}),
        };
        return this.#requests.call('CreateMultipartUpload', signal, async () => {
            const answer = await (await this.#requests.calls()).createMultipartUpload(input, signal);
            if (answer.UploadId === undefined)
                throw unreadable('CreateMultipartUpload', 'without an upload id');
            if (isOfAnother(answer.Key, request.key)) {
                const said = JSON.stringify(answer.Key?.slice(0, LONGEST_TOLD));
                throw unreadable('CreateMultipartUpload', `with an upload to the key ${said}`);
            }
            return { key: request.key, id: answer.UploadId, encryption: answer.ServerSideEncryption };
        });
    }
    async uploadPart(request, signal) {
        const input = {
            Key: request.upload.key,
            UploadId: request.upload.id,
            PartNumber: request.number,
            Body: request.body,
            ContentLength: request.body.length,
            ContentMD5: (0,digest/* base64OfMd5 */.tI)(request.md5),
            ...this.#requests.every,
        };
        return this.#requests.call('UploadPart', signal, async () => {
            const answer = await (await this.#requests.calls()).uploadPart(input, signal);
            return { number: request.number, etag: etagOf('UploadPart', answer.ETag) };
        });
    }
    async copyPart(request, signal) {
        const input = {
            Key: request.upload.key,
            UploadId: request.upload.id,
            PartNumber: request.number,
            ...this.#requests.every,
            ...copySource(request.source, this.#requests.every),
            ...(request.range === undefined
                ? {}
                : { CopySourceRange: `bytes=${request.range.first}-${request.range.last}` }),
        };
        return this.#requests.call('UploadPartCopy', signal, async () => {
            const answer = await (await this.#requests.calls()).uploadPartCopy(input, signal);
            const etag = etagOf('UploadPartCopy', answer.CopyPartResult?.ETag);
            const bySource = request.range === undefined && this.#requests.provider().partCopyProof === 'source';
            return { number: request.number, etag, ...(bySource ? { boundBySource: true } : {}) };
        });
    }
    async completeUpload(request, signal) {
        const { key } = request.upload;
        return this.#writes.create(key, request.condition, signal, async (condition) => {
            if (condition !== undefined)
                return this.#complete({ ...request, condition }, signal);
            // It would answer 500.
            const told = `${this.#requests.provider().name} completes no upload to a key that others lie below: delete those first, or publish small files without delay-updates`;
            throw new object_store/* StoreError */.AD('rejected', 'KeyIsDirectory', 412, 'CompleteMultipartUpload', told);
        });
    }
    async #complete(request, signal) {
        const { upload, expected } = request;
        const input = {
            Key: upload.key,
            UploadId: upload.id,
            MultipartUpload: { Parts: request.parts.map((part) => ({ PartNumber: part.number, ETag: part.etag })) },
            ...this.#requests.every,
            ...conditionOf(request.condition),
            ...(request.crc32 === undefined
                ? {}
                : { ChecksumCRC32: request.crc32, ChecksumType: 'FULL_OBJECT' }),
        };
        const { etag, size, md5 } = expected;
        const etags = etag === undefined ? [] : [etag];
        const before = etagBefore(request.condition);
        return this.#requests.call('CompleteMultipartUpload', signal, async () => written('CompleteMultipartUpload', await (await this.#requests.calls()).completeMultipartUpload(input, signal)), {
            changes: upload.key,
            judge: (attempts) => this.#writes.judge(upload.key, { etags, size, md5, before }, signal, attempts),
            ...(etag === undefined
                ? {}
                : {
                    check: (answer) => this.#writes.ownAnswer('CompleteMultipartUpload', upload.key, etags, answer, signal),
                }),
        });
    }
    async abortUpload(upload, signal) {
        const input = { ...this.#requests.every, Key: upload.key, UploadId: upload.id };
        await this.#requests.call('AbortMultipartUpload', signal, async () => {
            try {
                await (await this.#requests.rareCalls()).abortMultipartUpload(input, signal);
            }
            catch (thrown) {
                const error = (0,store_errors/* toStoreError */.D5)('AbortMultipartUpload', thrown);
                if (error.kind !== 'no-upload' && error.status !== 404)
                    throw error;
            }
        });
    }
}
/** Whether an answer is about another key, as far as that can be told. */
function isOfAnother(said = '', key) {
    if (said === '' || !PLAIN_KEY.test(key))
        return false;
    return !spellings(said).some((spelled) => spelled === key || spelled === `/${key}`);
}

// EXTERNAL MODULE: ./build/src/store/bounded-body.js
var bounded_body = __webpack_require__(6411);
;// CONCATENATED MODULE: ./build/src/store/reads.js






/** Bodies of at most so many bytes are not worth a stream. */
const SMALL_BODY = 256 * 1024;
/** What an object is, and its bytes. */
class Reads {
    #requests;
    #lists;
    #aclsEnabled;
    constructor(requests, lists) {
        this.#requests = requests;
        this.#lists = lists;
    }
    async hasAcl(key, signal) {
        this.#aclsEnabled ??= this.#bucketHasAcls(signal);
        if (!(await this.#aclsEnabled))
            return false;
        try {
            const { Grants: grants = [], Owner: owner } = await this.#requests.call('GetObjectAcl', signal, async () => (await this.#requests.rareCalls()).getObjectAcl({ ...this.#requests.every, Key: key }, signal));
            return grants.some(
            // MinIO names neither the owner nor whom it grants to.
            ({ Grantee: to }) => to?.URI !== undefined || (to?.ID ?? '') !== (owner?.ID ?? ''));
        }
        catch (thrown) {
            const error = (0,store_errors/* toStoreError */.D5)('GetObjectAcl', thrown);
            if (hasNoAcls(error))
                return false;
            throw error;
        }
    }
    async #bucketHasAcls(signal) {
        try {
            const answer = await this.#requests.call('GetBucketOwnershipControls', signal, async () => (await this.#requests.rareCalls()).getBucketOwnershipControls(this.#requests.every, signal));
            return answer.OwnershipControls?.Rules?.[0]?.ObjectOwnership !== 'BucketOwnerEnforced';
        }
        catch (thrown) {
            const error = (0,store_errors/* toStoreError */.D5)('GetBucketOwnershipControls', thrown);
            // Denied, unknown there, or never set: each object is asked for its own.
            if (error.kind === 'denied' || error.kind === 'rejected' || error.status >= 404)
                return true;
            throw error;
        }
    }
    async read(key, maxBytes, signal) {
        const read = async () => {
            let body;
            try {
                const answer = await (await this.#requests.rareCalls()).getObject({ ...this.#requests.every, Key: key }, signal);
                const etag = (0,digest/* parseETag */.nn)(answer.ETag);
                body = answer.Body;
                if (body === undefined || etag === undefined)
                    throw unreadable('GetObject', 'without a body or its ETag');
                // A proxy may leave the length out: what is listed is then what must arrive.
                const size = answer.ContentLength ?? (await this.#listedSize(key, etag, signal));
                if (size > maxBytes) {
                    throw new object_store/* StoreError */.AD('rejected', 'TooLarge', 200, 'GetObject', `it has ${size} bytes, over ${maxBytes}`);
                }
                const limit = new bounded_body/* BodyLimit */.qc(store_exchange/* LONGEST_REQUEST_MS */.a8);
                const chunks = [];
                for await (const chunk of (0,bounded_body/* arriving */.Xp)(body)) {
                    limit.add(chunk);
                    if (limit.bytes > size)
                        throw wrongSize(limit.bytes, size);
                    chunks.push(chunk);
                }
                if (limit.bytes !== size)
                    throw cutShort();
                return { bytes: Buffer.concat(chunks), etag };
            }
            catch (thrown) {
                const error = (0,store_errors/* toStoreError */.D5)('GetObject', thrown);
                if (error.status === 404 && error.code !== 'NoSuchBucket')
                    return undefined;
                // What was signed at a wrong time was not looked for.
                if ((0,object_store/* isDenied */.GZ)(error) && !(0,store_errors/* refusedForSigning */.ZQ)(error) && (await this.#isAbsent(key, signal)))
                    return undefined;
                throw error;
            }
            finally {
                // Of a body that is not read to its end the connection cannot be used again.
                body?.destroy();
            }
        };
        // It may have to list, and a request that has a place does not wait for another one's.
        return this.#requests.call('GetObject', signal, read, { isPaced: false });
    }
    /**
     * Whether a listing shows that there is no such key. Who may list below a prefix alone (a condition on `s3:prefix`)
     * is denied a key that does not exist: the request has no prefix, so AWS does not say that it is missing.
     */
    async #isAbsent(key, signal) {
        try {
            return (await this.#listed(key, signal)) === undefined;
        }
        catch (error) {
            if ((0,object_store/* isDenied */.GZ)(error))
                return false;
            throw error;
        }
    }
    async #listedSize(key, etag, signal) {
        const listed = await this.#listed(key, signal);
        if (listed?.etag === etag)
            return listed.size;
        throw unreadable('GetObject', 'without a Content-Length, and the listing has another object');
    }
    async #listed(key, signal) {
        for await (const page of this.#lists.list(key, signal)) {
            const found = page.find((object) => object.key === key);
            if (found !== undefined)
                return found;
        }
        return undefined;
    }
    async get(object, consume, signal) {
        if (object.size <= SMALL_BODY) {
            return this.#requests.call('GetObject', signal, async () => {
                const { head, bytes } = await this.#getWhole(object, signal);
                await consume(piecesOf(bytes));
                return head;
            });
        }
        // A body may wait for whoever reads it, and would keep other requests waiting.
        return this.#requests.call('GetObject', signal, () => this.#getByPieces(object, consume, signal), {
            isPaced: false,
        });
    }
    async getWhole(object, signal, wanted) {
        return this.#requests.call('GetObject', signal, () => this.#getWhole(object, signal, wanted));
    }
    async #getWhole(object, signal, { range, room } = {}) {
        const size = range === undefined ? object.size : range.last - range.first + 1;
        const calls = await this.#requests.calls();
        const longest = Math.max(size, store_exchange/* LONGEST_ANSWER */.EF);
        const input = this.#getInput(object, range);
        const answer = await calls.getObject(input, longest, signal, room).catch((thrown) => {
            if (!(thrown instanceof store_exchange/* TooLongError */.Pw))
                return gone(thrown);
            throw range === undefined ? tooLarge(thrown, size) : notTheRange(undefined, thrown.said, range, object);
        });
        if (range !== undefined && !isRangeOf(answer.ContentRange, range, object.size))
            throw notTheRange(answer.ContentRange, answer.ContentLength ?? answer.Body.length, range, object);
        // A proxy may leave the length out: what was listed is then what must have arrived.
        const said = answer.ContentLength;
        if (said === undefined && answer.Body.length !== size)
            throw unsaidSize(answer.Body.length, size);
        const head = object_answers_headOf('GetObject', answer, answer.Body.length);
        if (range !== undefined && head.size !== size)
            throw wrongSize(head.size, size);
        if (answer.Body.length !== head.size)
            throw cutShort();
        return { head, bytes: answer.Body };
    }
    async #getByPieces(object, consume, signal) {
        const answer = await (await this.#requests.rareCalls())
            .getObject(this.#getInput(object), signal)
            .catch(gone);
        const body = answer.Body;
        if (body === undefined)
            throw unreadable('GetObject', 'without a body');
        const head = object_answers_headOf('GetObject', answer, object.size);
        const limit = new bounded_body/* BodyLimit */.qc(store_exchange/* LONGEST_REQUEST_MS */.a8);
        async function* counted(chunks) {
            for await (const chunk of (0,bounded_body/* arriving */.Xp)(chunks)) {
                limit.add(chunk);
                yield chunk;
            }
        }
        try {
            await consume(counted(body));
        }
        finally {
            // Of a body that is not read to its end the connection cannot be used again.
            body.destroy();
        }
        if (limit.bytes === head.size)
            return head;
        throw answer.ContentLength === undefined ? unsaidSize(limit.bytes, head.size) : cutShort();
    }
    #getInput({ key, etag }, range) {
        return {
            ...this.#requests.every,
            Key: key,
            IfMatch: `"${etag}"`,
            Range: range && `bytes=${range.first}-${range.last}`,
        };
    }
    async partSize(key, etag, part, signal) {
        try {
            const answer = await this.#requests.call('HeadObject', signal, async () => (await this.#requests.rareCalls()).headPart({ ...this.#requests.every, Key: key, IfMatch: `"${etag}"`, PartNumber: part }, signal));
            // A server that does not know part numbers answers the whole.
            return answer.PartsCount === undefined ? undefined : answer.ContentLength;
        }
        catch (thrown) {
            const error = (0,store_errors/* toStoreError */.D5)('HeadObject', thrown);
            if (UNSAID.has(error.kind) || error.status === 404)
                return undefined;
            throw error;
        }
    }
}
/** Not every server, and not every proxy before it, knows the numbers of parts: some say so by a 403 or by a 500. */
const UNSAID = new Set(['rejected', 'condition', 'denied', 'server']);
/** Servers without ACLs answer so, and buckets that have them switched off. */
function hasNoAcls(error) {
    return error.status === 501 || error.code === 'NotImplemented' || error.code === 'NoSuchKey';
}
/** A body as if it came piece by piece. */
async function* piecesOf(bytes) {
    yield bytes;
}
/** What is wanted has another size than was listed, by far. */
function tooLarge({ said }, size) {
    const told = `${said ?? 'too many'} bytes arrived in place of ${size}`;
    return new object_store/* StoreError */.AD('rejected', 'TooLarge', 200, 'GetObject', told);
}
/**
 * @param said as the range that the answer is
 * @param bytes that it has, as far as it is known
 */
function notTheRange(said, bytes, { first, last }, { size }) {
    const isWhole = said === undefined && bytes === size;
    const answered = isWhole ? `all ${size} bytes of the object` : (said ?? 'no range');
    const why = isWhole ? ': the server, or a proxy before it, knows no ranges' : '';
    return unreadable('GetObject', `${answered} where bytes ${first}-${last} were asked for${why}`);
}
function wrongSize(said, size) {
    return (0,store_exchange/* unfinishedError */.yz)(new Error(`a body of ${said} bytes in place of ${size}`));
}
function cutShort() {
    return (0,store_exchange/* unfinishedError */.yz)(new Error('the body was cut short'));
}
/** Of an answer without a length, which is what its bytes are counted against where it has one. */
function unsaidSize(bytes, size) {
    return (0,store_exchange/* unfinishedError */.yz)(new Error(`a body of ${bytes} bytes and no Content-Length in place of ${size}: it was cut short, or a proxy encodes it anew`));
}
/** An object that is gone is not the one that was asked for. */
function gone(thrown) {
    const error = (0,store_errors/* toStoreError */.D5)('GetObject', thrown);
    if (error.status !== 404 || error.code === 'NoSuchBucket')
        throw error;
    throw new object_store/* StoreError */.AD('condition', error.code, 404, 'GetObject', 'the object is gone', { cause: thrown });
}
/** Whether an answer says that it is the range that was asked for; one that is all of an object needs not say so. */
function isRangeOf(said, { first, last }, size) {
    if (said === undefined)
        return first === 0 && last === size - 1;
    const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(said.trim());
    if (match === null)
        return false;
    const [, from, to, of] = match;
    return Number(from) === first && Number(to) === last && (of === '*' || Number(of) === size);
}

;// CONCATENATED MODULE: ./build/src/store/pace.js
/** Twice the requests stay where so many times as many are answered in the same time. */
const WORTH = 1.1;
/** Milliseconds that a round takes at least: of less, a pause of the garbage collection is a large part. */
const SHORTEST_ROUND_MS = 100;
/** Rounds in which an attempt must have paid. */
const TRIES = 2;
/** Rounds without another attempt after one that did not pay, or after a strain; twice as many after each further one. */
const REST_ROUNDS = 8;
/**
 * What this thread is idle of the time, at least, where more requests are tried: with less it has as many as it can treat,
 * and each further connection would only cost it a handshake and memory.
 */
const IDLE_SHARE = 0.2;
/** Where fewer of the requests that may be in flight are, something else is waited for. */
const BUSY_SHARE = 0.75;
const CLOCK = {
    now: () => performance.now(),
    idle: () => performance.eventLoopUtilization().idle,
};
/**
 * How many requests are in flight.
 *
 * Where answers take long and this thread is not busy, twice as many requests are answered in the same time: so it is
 * tried to have twice as many, again and again, and undone where it does not pay. When the server says SlowDown, half;
 * then one more for each round that goes well (AIMD, as TCP does it): a prefix of S3 takes 3,500 writes a second, and
 * retries alone would keep asking at a rate that it has just refused.
 */
class Pace {
    #first;
    #most;
    #clock;
    /** Fractions count: after SlowDown it grows by one over as many requests as are in flight. */
    #limit;
    /** A limit that paid; above it, one is tried. */
    #proven;
    #inFlight = 0;
    /** Numbers requests in the order in which they begin. */
    #begun = 0;
    /** The last request that had begun when the limit was cut. */
    #cutAt = 0;
    #waiting = [];
    /** The first request of the round. */
    #roundFrom = 1;
    /** Of requests of the round. */
    #answers = 0;
    /** When the first of them came, and the idle time until then. */
    #since = 0;
    #idleSince = 0;
    /** Answers a millisecond, in the last round under a limit that is no attempt. */
    #rate;
    /** Answers in a row while an attempt had not the requests that it was about. */
    #unused = 0;
    /** Rounds of the attempt that did not pay. */
    #inVain = 0;
    /** Rounds until the next attempt. */
    #rest = 0;
    #nextRest = REST_ROUNDS;
    constructor({ first, most }, clock = CLOCK) {
        this.#most = Math.max(1, most);
        this.#first = Math.max(1, Math.min(first, this.#most));
        this.#limit = this.#first;
        this.#proven = this.#first;
        this.#clock = clock;
    }
    get limit() {
        return Math.floor(this.#limit);
    }
    /**
     * Runs a request when its turn has come. Whoever waits is woken though the run was stopped: the request itself ends
     * at once then.
     */
    async run(request, strainOf) {
        if (this.#inFlight >= this.limit)
            await new Promise((resolve) => this.#waiting.push(resolve));
        else
            this.#inFlight++;
        const number = ++this.#begun;
        try {
            const answer = await request();
            this.#answered(number);
            return answer;
        }
        catch (thrown) {
            // One congestion is answered to all that were in flight, and is one reason to slow down.
            if (number > this.#cutAt)
                this.#slowDown(strainOf(thrown));
            throw thrown;
        }
        finally {
            this.#inFlight--;
            this.#wake();
        }
    }
    #slowDown(strain) {
        if (strain === undefined)
            return;
        this.#cutAt = this.#begun;
        this.#inVain = 0;
        if (strain === 'throttled') {
            this.#limit = Math.max(1, this.#limit / 2);
            // S3 says so while it splits a prefix, and takes more than before once it has: where it does not, it is asked ever later.
            this.#restLonger();
        }
        else {
            if (this.#limit > this.#first)
                this.#restLonger();
            else
                this.#rest = Math.max(this.#rest, REST_ROUNDS);
            this.#proven = this.#first;
            this.#limit = Math.min(this.#limit, this.#first);
        }
        this.#beginRound();
    }
    #answered(number) {
        if (this.#limit < this.#proven) {
            this.#limit = Math.min(this.#proven, this.#limit + 1 / this.#limit);
            return;
        }
        if (this.#proven === this.#most)
            return;
        if (this.#inFlight < this.#limit * BUSY_SHARE) {
            this.#idled();
            return;
        }
        this.#unused = 0;
        if (number < this.#roundFrom)
            return;
        const now = this.#clock.now();
        if (this.#answers === 0) {
            this.#since = now;
            this.#idleSince = this.#clock.idle();
        }
        const elapsed = now - this.#since;
        if (this.#answers++ < this.#limit || elapsed < SHORTEST_ROUND_MS)
            return;
        this.#judge((this.#answers - 1) / elapsed, (this.#clock.idle() - this.#idleSince) / elapsed);
    }
    /** Something else was waited for. What an attempt is compared with may be over then. */
    #idled() {
        this.#answers = 0;
        this.#roundFrom = Math.max(this.#roundFrom, this.#begun + 1);
        if (this.#limit === this.#proven || ++this.#unused <= this.#limit)
            return;
        this.#limit = this.#proven;
        this.#rate = undefined;
        this.#inVain = 0;
        this.#beginRound();
    }
    /**
     * Requests that are in flight began under another limit, or beside fewer others.
     *
     * @param without the first ones of the round: those that open connections
     */
    #beginRound(without = 0) {
        this.#roundFrom = this.#begun + 1 + without;
        this.#answers = 0;
    }
    /**
     * @param rate answers a millisecond
     * @param idle share of the time
     */
    #judge(rate, idle) {
        const last = this.#rate;
        const isMore = last === undefined || rate >= last * WORTH;
        if (this.#limit > this.#proven && !isMore) {
            // Connections that are being made slow down all others: one round more says.
            if (++this.#inVain < TRIES) {
                this.#beginRound();
                return;
            }
            this.#limit = this.#proven;
            this.#restLonger();
        }
        else {
            if (this.#limit > this.#proven)
                this.#nextRest = REST_ROUNDS;
            this.#proven = this.#limit;
            this.#rate = rate;
            // While it changes by itself, since code is cold or somebody pauses, no attempt could be judged.
            const isSteady = !isMore && rate * WORTH >= last;
            if (this.#rest > 0)
                this.#rest--;
            else if (isSteady && idle >= IDLE_SHARE)
                this.#limit = Math.min(this.#most, this.#limit * 2);
        }
        this.#inVain = 0;
        this.#beginRound(this.#limit - this.#proven);
    }
    #restLonger() {
        this.#rest = Math.max(this.#rest, this.#nextRest);
        this.#nextRest *= 2;
    }
    #wake() {
        while (this.#inFlight < this.limit) {
            const next = this.#waiting.shift();
            if (next === undefined)
                return;
            // The place is taken for it here, or another could take it before it runs.
            this.#inFlight++;
            next();
        }
    }
}

// EXTERNAL MODULE: external "node:timers/promises"
var promises_ = __webpack_require__(8500);
;// CONCATENATED MODULE: ./build/src/store/retry.js



/** SlowDown heals by waiting: it may be met this many times as often as other failures, unless one attempt was asked for. */
const THROTTLE_ALLOWANCE = 4;
/** Longest wait between two attempts. Milliseconds. */
const LONGEST_WAIT_MS = 20_000;
/** Between the first two attempts, at most. Milliseconds. */
const FIRST_WAIT_MS = 200;
const FIRST_THROTTLED_WAIT_MS = 400;
/** Runs a request until it is answered, with exponential back-off and jitter. Rejects with `StoreError`. */
async function withRetries(attempts) {
    const { operation, maxAttempts, signal, judge } = attempts;
    let failures = 0;
    let throttles = 0;
    let lostAnswer = false;
    let isIdleMet = false;
    const maxThrottles = maxAttempts === 1 ? 1 : maxAttempts * THROTTLE_ALLOWANCE;
    for (;;) {
        let error;
        try {
            return await attempts.attempt();
        }
        catch (thrown) {
            error = signal.aborted ? abortedError(operation, signal) : (0,store_errors/* toStoreError */.D5)(operation, thrown);
        }
        if (!(0,store_errors/* heals */.yG)(error)) {
            const isGone = error.kind === 'no-upload';
            const mayBeOurs = isGone || (lostAnswer && (error.kind === 'condition' || error.kind === 'source'));
            const judged = mayBeOurs
                ? await judge?.().catch((met) => {
                    // Who may write need not be allowed to read: with no answer lost, the refusal is believed.
                    if (lostAnswer || (0,store_errors/* toStoreError */.D5)(operation, met).kind !== 'denied')
                        throw met;
                    return undefined;
                })
                : undefined;
            if (judged !== undefined)
                return judged;
            throw error;
        }
        // A gateway may say 503 after the request took effect.
        lostAnswer = true;
        // The next one is new, and needs no wait.
        if (!isIdleMet && (0,store_errors/* endedIdle */.rt)(error)) {
            isIdleMet = true;
            continue;
        }
        if (error.kind === 'throttled')
            throttles++;
        else
            failures++;
        const isUsedUp = failures >= maxAttempts || throttles >= maxThrottles;
        if (isUsedUp || (0,store_errors/* hadItsTime */.RE)(error)) {
            // Once: where nothing is answered, or all is asked to slow down, asking as often again would take as long again.
            const judged = await judge?.(1).catch(() => undefined);
            if (judged !== undefined)
                return judged;
            throw error;
        }
        const wait = error.kind === 'throttled'
            ? throttledWaitMs(failures + throttles)
            : failureWaitMs(failures, attempts.comesBack(error));
        await (0,promises_.setTimeout)(wait, undefined, { signal }).catch(() => {
            throw abortedError(operation, signal);
        });
    }
}
/**
 * How long is waited after the server asked so many times to slow down, at least half of it: what was refused at once comes
 * back spread over the other half, and 20 attempts outlast 140 s, whatever chance says.
 */
function throttledWaitMs(met, share = Math.random()) {
    return jittered(Math.min(LONGEST_WAIT_MS, FIRST_THROTTLED_WAIT_MS * 2 ** (met - 1)), share);
}
/**
 * How long is waited after so many failures, at least half of it: 0.2, 0.8, 3.2 and 12.8 s outlast the seconds that a load
 * balancer or a server takes to fail over. What is not likely to come back, as where the endpoint is wrong, is told after 3 s.
 */
function failureWaitMs(failures, comesBack, share = Math.random()) {
    return jittered(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * (comesBack ? 4 : 2) ** (failures - 1)), share);
}
function jittered(mostMs, share) {
    return (mostMs * (1 + share)) / 2;
}
function abortedError(operation, signal) {
    return new object_store/* StoreError */.AD('aborted', 'Aborted', 0, operation, 'the run was stopped', { cause: signal.reason });
}

;// CONCATENATED MODULE: ./build/src/store/requests.js






/** So long a server is taken for one that fails over. Milliseconds. */
const LONGEST_OUTAGE_MS = 15_000;
/** What says how an object is to be encrypted. */
const ENCRYPTING = new Set(['PutObject', 'CopyObject', 'CreateMultipartUpload']);
/** The requests of one bucket: what every call carries, and how each is paced, counted and made again. */
class Requests {
    #maxAttempts;
    #encrypts;
    #pace;
    #counts = new Map();
    #wasAnswered = false;
    #mayHaveChanged = false;
    /** When the first request failed after the last that was answered. Milliseconds, of `performance.now()`. */
    #failingSince;
    /** Parameters of every call. */
    every;
    calls;
    rareCalls;
    provider;
    credentials;
    constructor(options) {
        this.#maxAttempts = options.maxAttempts;
        this.#encrypts = options.writeHeaders.sse !== undefined;
        this.#pace = new Pace(options.inFlight);
        this.calls = options.calls;
        this.rareCalls = options.rareCalls;
        this.provider = options.provider;
        this.credentials = options.credentials;
        this.every = {
            Bucket: options.bucket,
            ...(options.expectedBucketOwner === undefined
                ? {}
                : { ExpectedBucketOwner: options.expectedBucketOwner }),
            ...(options.requesterPays ? { RequestPayer: 'requester' } : {}),
        };
    }
    /** How many are in flight at most, now. */
    get inFlight() {
        return this.#pace.limit;
    }
    /** Whether an object was written, or may have been written or deleted; those of our own directory do not count. */
    get mayHaveChanged() {
        return this.#mayHaveChanged;
    }
    /** How many were made, by operation. */
    counts() {
        return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
    }
    /** What the object is now; `undefined`: there is none. */
    async head(key, signal, maxAttempts = this.#maxAttempts) {
        const attempt = async () => {
            try {
                const calls = await this.calls();
                return object_answers_headOf('HeadObject', await calls.headObject({ ...this.every, Key: key }, signal));
            }
            catch (thrown) {
                const error = (0,store_errors/* toStoreError */.D5)('HeadObject', thrown);
                if (error.status === 404)
                    return undefined;
                throw error;
            }
        };
        return this.call('HeadObject', signal, attempt, { maxAttempts });
    }
    /**
     * Makes a request until it is answered. Rejects with `StoreError`.
     *
     * @param judge see `Attempts`
     * @param check asked about each answer, and makes requests of its own: an answer that it rejects is a lost one
     * @param changes the key, or one of the keys, that an answer which says nothing leaves in doubt
     * @param isPaced false where the attempt itself makes requests, or takes as long as whoever reads its body
     */
    async call(operation, signal, attempt, { judge, check, changes, isPaced = true, maxAttempts = this.#maxAttempts, } = {}) {
        const isChange = changes !== undefined && !changes.includes(object_key/* OWN_DIRECTORY */.Nt);
        const tried = isChange ? () => this.#watched(operation, attempt) : attempt;
        const made = () => isPaced
            ? this.#pace.run(() => this.#attempt(operation, tried), (thrown) => strainOf((0,store_errors/* toStoreError */.D5)(operation, thrown)))
            : this.#attempt(operation, tried);
        try {
            return await withRetries({
                operation,
                maxAttempts,
                signal,
                comesBack: (error) => this.#comesBack(error),
                attempt: check === undefined ? made : async () => check(await made()),
                ...(judge === undefined ? {} : { judge }),
            });
        }
        catch (thrown) {
            const error = await (0,store_errors/* repeatingNothing */.n)((0,store_errors/* toStoreError */.D5)(operation, thrown), this.credentials);
            throw this.#mayLackKey(error) ? new object_store/* MayLackKeyError */.ic(error) : error;
        }
    }
    /** SeaweedFS answers so to whatever begins an object that it is to encrypt, until somebody sets up a key there. */
    #mayLackKey({ operation, code }) {
        const isOfOthers = this.#encrypts && !this.provider().accounts;
        return isOfOthers && code === 'InternalError' && ENCRYPTING.has(operation);
    }
    /** What was waited for in vain is not waited for by each request anew. */
    #comesBack({ status, code }) {
        const now = performance.now();
        this.#failingSince ??= now;
        // Whoever says 5xx is there, if only a load balancer; and a resolver that cannot say now says nothing of the name.
        const isLikely = this.#wasAnswered || status >= 500 || code === 'EAI_AGAIN';
        return isLikely && now - this.#failingSince < LONGEST_OUTAGE_MS;
    }
    async #watched(operation, attempt) {
        try {
            const answer = await attempt();
            this.#mayHaveChanged = true;
            return answer;
        }
        catch (thrown) {
            if (!(0,store_errors/* saysNotMade */.xR)((0,store_errors/* toStoreError */.D5)(operation, thrown)))
                this.#mayHaveChanged = true;
            throw thrown;
        }
    }
    /** Once more where nothing but the clock or the credentials were wrong. */
    async #attempt(operation, attempt) {
        for (let isFirst = true;; isFirst = false) {
            this.#count(operation);
            try {
                const answer = await attempt();
                this.#wasAnswered = true;
                this.#failingSince = undefined;
                return answer;
            }
            catch (thrown) {
                if (!isFirst || !(0,store_errors/* refusedForSigning */.ZQ)(thrown))
                    throw thrown;
            }
        }
    }
    #count(operation) {
        this.#counts.set(operation, (this.#counts.get(operation) ?? 0) + 1);
    }
}
function strainOf({ kind }) {
    switch (kind) {
        case 'throttled':
            return 'throttled';
        case 'network':
        case 'server':
            return 'strained';
        default:
            return undefined;
    }
}

;// CONCATENATED MODULE: ./build/src/store/s3-store.js









/**
 * S3 behind the engine's store: what is judged, retried and done for a provider's sake, whichever way its requests go.
 * The SDK's own retries are off: ours know of lost answers (C14).
 */
class S3Store {
    #requests;
    #lists;
    #reads;
    #writes;
    #multipart;
    #copies;
    #deletes;
    #bytesMoved;
    #clockOffset;
    constructor(options) {
        const requests = new Requests(options);
        const inputs = new ObjectInputs(options.writeHeaders);
        this.#requests = requests;
        this.#lists = new Lists(requests, options.inFlight.first);
        this.#reads = new Reads(requests, this.#lists);
        this.#writes = new Writes(requests, inputs);
        this.#multipart = new Multipart(requests, inputs, this.#writes);
        this.#copies = new Copies(requests, inputs, this.#writes, this.#multipart);
        this.#deletes = new Deletes(requests);
        this.#bytesMoved = options.bytesMoved;
        this.#clockOffset = options.clockOffset;
    }
    get maxCopySize() {
        return this.#requests.provider().maxCopySize;
    }
    get provider() {
        return this.#requests.provider().name;
    }
    get canTag() {
        return this.#requests.provider().taggingDirective;
    }
    get mergesHeaders() {
        return this.#requests.provider().mergesHeaders;
    }
    get uploadsByKey() {
        return this.#requests.provider().uploadsByKey;
    }
    get datesRefreshes() {
        return this.#requests.provider().datesRefreshes;
    }
    get storageClasses() {
        return this.#requests.provider().storageClasses;
    }
    get redirects() {
        return this.#requests.provider().redirects;
    }
    get keysAreFiles() {
        return this.#requests.provider().keysAreFiles;
    }
    get compositeETags() {
        // In directory buckets ETags say nothing of bytes.
        if ((0,providers/* isDirectoryBucket */.W)(this.#requests.every.Bucket))
            return 'unknown';
        return this.#requests.provider().compositeETags;
    }
    get keysBlock() {
        return this.#requests.provider().keysBlock;
    }
    get otherNames() {
        return this.#requests.provider().otherNames;
    }
    get markersHaveBytes() {
        return this.#requests.provider().markersHaveBytes;
    }
    get canStageNested() {
        return !this.#requests.provider().directoriesAreKeys;
    }
    get copiesRanges() {
        const { staging, partCopyProof, partSizes } = this.#requests.provider();
        return staging && partCopyProof === 'etag' && partSizes === 'any';
    }
    get canStage() {
        return this.#requests.provider().staging;
    }
    get unlisted() {
        return this.#lists.unlisted;
    }
    get inFlight() {
        return this.#requests.inFlight;
    }
    get clockOffset() {
        return this.#clockOffset();
    }
    get mayHaveChanged() {
        return this.#requests.mayHaveChanged;
    }
    requests() {
        return this.#requests.counts();
    }
    bytesMoved() {
        return this.#bytesMoved();
    }
    list(prefix, signal, hints) {
        return this.#lists.list(prefix, signal, hints);
    }
    listUploads(prefix, signal) {
        return this.#lists.listUploads(prefix, signal);
    }
    listParts(upload, signal) {
        return this.#lists.listParts(upload, signal);
    }
    head(key, signal) {
        return this.#requests.head(key, signal);
    }
    hasAcl(key, signal) {
        return this.#reads.hasAcl(key, signal);
    }
    read(key, maxBytes, signal) {
        return this.#reads.read(key, maxBytes, signal);
    }
    get(object, consume, signal) {
        return this.#reads.get(object, consume, signal);
    }
    getWhole(object, signal, wanted) {
        return this.#reads.getWhole(object, signal, wanted);
    }
    partSize(key, etag, part, signal) {
        return this.#reads.partSize(key, etag, part, signal);
    }
    put(request, signal) {
        return this.#writes.put(request, signal);
    }
    copy(request, signal) {
        return this.#copies.copy(request, signal);
    }
    createUpload(request, signal) {
        return this.#multipart.createUpload(request, signal);
    }
    uploadPart(request, signal) {
        return this.#multipart.uploadPart(request, signal);
    }
    copyPart(request, signal) {
        return this.#multipart.copyPart(request, signal);
    }
    completeUpload(request, signal) {
        return this.#multipart.completeUpload(request, signal);
    }
    abortUpload(upload, signal) {
        return this.#multipart.abortUpload(upload, signal);
    }
    delete(requests, signal) {
        return this.#deletes.delete(requests, signal);
    }
}

;// CONCATENATED MODULE: ./build/src/store/server-clock.js
/** A clock that was set in between is off by more than answers are on their way. Milliseconds. */
const SET_MS = 240_000;
/** How far the clock of S3 is ahead of this machine's, by what its answers are dated. */
class ServerClock {
    #offset;
    #last;
    /** Milliseconds, up to a second too few: answers are dated by whole seconds. */
    get offset() {
        return this.#offset ?? 0;
    }
    /** An answer out of a cache has the time at which it was stored; of those of one second the first one comes closest. */
    see({ date, age }) {
        if (date === undefined || date === this.#last || age !== undefined)
            return;
        this.#last = date;
        const offset = Date.parse(String(date)) - Date.now();
        if (Number.isNaN(offset))
            return;
        const known = this.#offset ?? offset;
        // An answer is on its way for a while, so the largest is right.
        this.#offset = known - offset >= SET_MS ? offset : Math.max(known, offset);
    }
}

// EXTERNAL MODULE: ./build/src/store/ways.js + 1 modules
var store_ways = __webpack_require__(6833);
;// CONCATENATED MODULE: ./build/src/store/open.js











/**
 * Reaches a destination: region, credentials and account are settled before anything else is done.
 * Rejects with a `SyncError` of exit 2 that says what was tried and what to set (R8).
 */
async function openStore(options, emit, signal, surroundings = {}) {
    const { connection, destination, writeHeaders } = options;
    // The SDK warns on every run under Node 20, in words that no user of ours can act on.
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
    (0,profiles/* prepareProfiles */.ww)();
    const { bucket } = destination;
    const endpoint = connection.endpointUrl ?? (await (0,store_endpoint.endpointOf)('S3', connection.profile));
    if (endpoint !== undefined)
        checkEndpoint(endpoint);
    const provider = (0,providers/* providerOf */.l)(endpoint);
    const ways = new store_ways/* Ways */.H(connection);
    // Who answers is settled by the first answer that names its server.
    let answering = provider;
    let isNamed = false;
    const serverClock = new ServerClock();
    const notice = (headers) => {
        serverClock.see(headers);
        const { server } = headers;
        if (isNamed || server === undefined)
            return;
        isNamed = true;
        answering = (0,providers/* providerOf */.l)(endpoint, String(server));
    };
    /** What requests are dated by where the SDK is loaded late, or never. */
    let clock;
    let loading;
    const sdk = () => {
        loading ??= Promise.all(/* import() */[__webpack_require__.e(291), __webpack_require__.e(279), __webpack_require__.e(861), __webpack_require__.e(711), __webpack_require__.e(334)]).then(__webpack_require__.bind(__webpack_require__, 9334)).then(async ({ sdkAccess }) => {
            const { BoundedHandler } = await Promise.all(/* import() */[__webpack_require__.e(291), __webpack_require__.e(279), __webpack_require__.e(696)]).then(__webpack_require__.bind(__webpack_require__, 7315));
            const access = await sdkAccess({
                connection,
                bucket,
                endpoint,
                handler: new BoundedHandler(ways),
                notice,
                signal,
                surroundings,
            });
            if (clock !== undefined)
                shareClock(access.client.config, clock);
            return access;
        });
        return loading;
    };
    const opened = async (lean, credentials, whose, region) => ({
        store: new S3Store({
            rareCalls: async () => (await sdk()).rareCalls,
            credentials,
            calls: () => lean ?? sdk().then(({ calls }) => calls),
            bucket,
            provider: () => answering,
            writeHeaders,
            expectedBucketOwner: connection.expectedBucketOwner,
            requesterPays: connection.requesterPays,
            inFlight: { first: (0,model_options/* requestsInFlight */._n)(connection), most: (0,model_options/* mostRequestsInFlight */.nH)(connection) },
            maxAttempts: connection.maxAttempts,
            bytesMoved: () => ways.bytesMoved() + (lean?.bytesMoved ?? 0),
            clockOffset: () => serverClock.offset,
        }),
        whose,
        region,
        endpoint: endpoint === undefined ? undefined : (0,store_endpoint.withoutCredentials)(endpoint),
        close() {
            lean?.close();
            ways.close();
        },
    });
    // How the calls made by the thousand are sent: past the SDK's commands, or for a single run by them.
    const isLean = process.env.S3DS_REQUESTS !== 'sdk';
    const known = isLean && !provider.accounts
        ? environmentAccess(connection, bucket, endpoint, process.env, (0,home_directory/* homeDirectory */.R)())
        : undefined;
    if (known !== undefined) {
        const { target } = known;
        const credentials = async () => known.credentials;
        const config = { credentials, systemClockOffset: 0 };
        clock = config;
        const lean = new LeanCalls({
            client: { config },
            target,
            connecting: await ways.to(urlOf(target)),
            notice,
        });
        return opened(lean, credentials, async () => ({ source: 'environment' }), target.region);
    }
    const { client, region, handler } = await sdk();
    const { firstCredentials, identify } = await Promise.all(/* import() */[__webpack_require__.e(291), __webpack_require__.e(279), __webpack_require__.e(861), __webpack_require__.e(711), __webpack_require__.e(334)]).then(__webpack_require__.bind(__webpack_require__, 9334));
    const credentials = await firstCredentials(client, connection);
    let identity;
    const whose = () => {
        identity ??= identify({ credentials, region, handler, connection, provider, emit, signal });
        return identity;
    };
    // A guard: nothing else is asked before.
    if (connection.allowedAccountIds.length > 0)
        await whose();
    const { resolveTarget } = await Promise.all(/* import() */[__webpack_require__.e(291), __webpack_require__.e(279), __webpack_require__.e(861), __webpack_require__.e(711), __webpack_require__.e(638)]).then(__webpack_require__.bind(__webpack_require__, 5638));
    const target = isLean ? await resolveTarget(client, bucket) : undefined;
    if (target === undefined)
        emit({ type: 'message', level: 'debug', message: 'all requests go by the AWS SDK' });
    const lean = target && new LeanCalls({ client, target, connecting: await ways.to(urlOf(target)), notice });
    return opened(lean, () => client.config.credentials(), whose, region);
}
/** Either way corrects the clock for both. */
function shareClock(client, clock) {
    Object.defineProperty(client, 'systemClockOffset', {
        get: () => clock.systemClockOffset,
        set: (ms) => {
            clock.systemClockOffset = ms;
        },
    });
}
function urlOf({ secure, authority }) {
    return `${secure ? 'https' : 'http'}://${authority}`;
}
function checkEndpoint(endpoint) {
    if (/^https?:\/\/[^/]/i.test(endpoint) && URL.canParse(endpoint))
        return;
    throw (0,configuration_error/* configurationError */.D)('usage', `the endpoint is ${JSON.stringify(endpoint.replace(/\/\/.*@/s, '//***@'))}, and it must be a URL as https://s3.example.com: correct endpoint-url, AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL, or endpoint_url of the profile`);
}


/***/ }),

/***/ 8785:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   W: () => (/* binding */ isDirectoryBucket),
/* harmony export */   l: () => (/* binding */ providerOf)
/* harmony export */ });
/* harmony import */ var _model_part_sizes_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(9945);

/** Whole segments alone: an empty one, but for what follows the last slash, `.` and `..`. */
const PATH_SEGMENTS = /(?<![^/])(?:\.{1,2}(?![^/])|(?=\/))/g;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html */
const AWS = {
    name: 'AWS S3',
    taggingDirective: true,
    annotationDirective: true,
    accounts: true,
    copyConditions: 'honoured',
    deleteConditions: 'batch',
    mergesHeaders: false,
    datesRefreshes: true,
    uploadsByKey: false,
    storageClasses: true,
    redirects: 'kept',
    partCopyProof: 'etag',
    partSizes: 'any',
    compositeETags: 'all',
    staging: true,
    uploadKeys: 'encoded',
    directoriesAreKeys: false,
    deleteMarkersAreKeys: false,
    listsInOrder: true,
    keysAreFiles: false,
    keysBlock: false,
    otherNames: undefined,
    markersHaveBytes: true,
    maxCopySize: _model_part_sizes_js__WEBPACK_IMPORTED_MODULE_0__/* .MAX_COPY_SIZE */ .XZ,
};
const OTHER = {
    ...AWS,
    name: 'S3',
    annotationDirective: false,
    accounts: false,
    compositeETags: 'unknown',
    // versitygw has one class, MinIO refuses most: of others it would be a guess.
    storageClasses: false,
    // SeaweedFS lists in the order of directories, others that are wide-spread in tests in a mixed one: none is trusted.
    listsInOrder: false,
    copyConditions: 'unknown',
    redirects: 'unknown',
    // Many keep objects in a file system, rclone's and versitygw among them: none is trusted.
    otherNames: PATH_SEGMENTS,
};
/**
 * S3's own names, and buckets below them: by region, dual-stack, FIPS, accelerated, S3 Express, access points and VPC
 * endpoints. Load balancers and instances have names in the same domain, and anything may answer there.
 * https://docs.aws.amazon.com/general/latest/gr/s3.html
 */
const AWS_HOST = /(?:^|\.)s3(?:express-[a-z0-9-]+|-(?!control|object-lambda|outposts)[a-z0-9-]+)?(?:\.dualstack)?(?:\.[a-z]{2}(?:-[a-z]+)+-[0-9]+)?(?:\.vpce)?\.amazonaws\.com(?:\.cn)?$/;
/** By the end of the endpoint's host name. */
const BY_HOST = [
    // R2 answers 501 NotImplemented to tagging headers and has a header of its own for the destination's condition,
    // while Complete honours the usual ones: "S3 API compatibility" and "Extensions" in Cloudflare's R2 documentation.
    // "All parts except the last one must be the same size": "Multipart upload" there.
    [
        '.r2.cloudflarestorage.com',
        {
            ...OTHER,
            name: 'Cloudflare R2',
            taggingDirective: false,
            copyConditions: 'ignored',
            partSizes: 'equal',
            otherNames: undefined,
        },
    ],
    // B2 refuses tags: "S3-Compatible API" in Backblaze's documentation.
    ['.backblazeb2.com', { ...OTHER, name: 'Backblaze B2', taggingDirective: false, otherNames: undefined }],
    // The XML API has no object tags and no part copies: "Migrate from Amazon S3" and "XML API multipart uploads" in
    // Google's documentation.
    [
        'storage.googleapis.com',
        {
            ...OTHER,
            name: 'Google Cloud Storage',
            taggingDirective: false,
            copyConditions: 'none',
            staging: false,
            otherNames: undefined,
        },
    ],
];
/** By the beginning of the `Server` header; each measured by __tests__/contract/server on the real one. */
const BY_SERVER = [
    // AWS under a name of one's own, or through a proxy.
    [
        'AmazonS3',
        {
            ...OTHER,
            name: 'AWS S3',
            compositeETags: 'all',
            copyConditions: 'honoured',
            storageClasses: true,
            redirects: 'kept',
            otherNames: undefined,
        },
    ],
    // Part copies answer ETags of 4 MiB chunks.
    [
        'SeaweedFS',
        {
            ...OTHER,
            name: 'SeaweedFS',
            copyConditions: 'honoured',
            redirects: 'dropped',
            partCopyProof: 'source',
            compositeETags: 'uncopied',
            uploadKeys: 'raw',
            directoriesAreKeys: true,
            // A backslash is stored as a slash.
            otherNames: new RegExp(`${PATH_SEGMENTS.source}|\\\\`, 'g'),
            markersHaveBytes: false,
        },
    ],
    // Both keep objects in a file system, where a name is a file or a directory.
    [
        'MinIO',
        {
            ...OTHER,
            name: 'MinIO',
            uploadsByKey: true,
            compositeETags: 'all',
            copyConditions: 'ignored',
            deleteConditions: 'none',
            redirects: 'dropped',
            keysAreFiles: true,
        },
    ],
    [
        'VERSITYGW',
        {
            ...OTHER,
            name: 'versitygw',
            compositeETags: 'all',
            copyConditions: 'ignored',
            deleteConditions: 'single',
            mergesHeaders: true,
            datesRefreshes: false,
            redirects: 'kept',
            deleteMarkersAreKeys: true,
            keysAreFiles: true,
            keysBlock: true,
            markersHaveBytes: false,
        },
    ],
];
/**
 * The provider behind an endpoint; no endpoint is AWS itself. `server` is the `Server` header of its answers, once
 * there was one.
 */
function providerOf(endpoint, server) {
    const name = server?.toLowerCase() ?? '';
    const byServer = BY_SERVER.find(([start]) => name.startsWith(start.toLowerCase()))?.[1];
    // What answers in AWS's place says so.
    const aws = byServer === undefined || byServer.name === AWS.name ? AWS : byServer;
    if (endpoint === undefined)
        return aws;
    let host;
    try {
        host = new URL(endpoint).hostname.toLowerCase();
    }
    catch {
        return OTHER;
    }
    if (AWS_HOST.test(host))
        return aws;
    const byHost = BY_HOST.find(([end]) => host.endsWith(end))?.[1];
    return byHost ?? byServer ?? OTHER;
}
/**
 * Those of S3 Express: they list in no order and know no StartAfter, have sessions in place of signatures, and their ETags
 * say nothing of bytes. Names of no others end so: "Directory buckets" in the user guide of AWS S3.
 */
function isDirectoryBucket(bucket) {
    return /--xa?-s3$/.test(bucket);
}


/***/ })

};
