export const id = 532;
export const ids = [532];
export const modules = {

/***/ 6799:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Eq: () => (/* binding */ multipartETag),
/* harmony export */   Q: () => (/* binding */ classifyETag),
/* harmony export */   S2: () => (/* binding */ parseMd5),
/* harmony export */   iF: () => (/* binding */ md5Of),
/* harmony export */   lQ: () => (/* binding */ EMPTY_MD5),
/* harmony export */   nn: () => (/* binding */ parseETag),
/* harmony export */   tI: () => (/* binding */ base64OfMd5)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);

/** The MD5 of zero bytes. */
const EMPTY_MD5 = 'd41d8cd98f00b204e9800998ecf8427e';
const HEX32 = /^[0-9a-f]{32}$/;
const MULTIPART = /^[0-9a-f]{32}-([1-9][0-9]{0,4})$/;
/** Parses 32 lower-case hex digits; anything else is `undefined`. */
function parseMd5(text) {
    return text !== undefined && HEX32.test(text) ? text : undefined;
}
/** Takes the quotes off an entity tag; servers differ in whether they write them. Empty is `undefined`. */
function parseETag(text) {
    if (text === undefined)
        return undefined;
    const bare = text.startsWith('W/') ? text.slice(2) : text;
    const tag = bare.length >= 2 && bare.startsWith('"') && bare.endsWith('"') ? bare.slice(1, -1) : bare;
    return tag === '' ? undefined : tag;
}
/** What an ETag can prove: an MD5, the composite of `parts` part MD5s, or nothing. */
function classifyETag(etag) {
    if (HEX32.test(etag))
        return { kind: 'md5', md5: etag };
    const multipart = MULTIPART.exec(etag);
    if (multipart?.[1] !== undefined)
        return { kind: 'multipart', parts: Number(multipart[1]) };
    return { kind: 'opaque' };
}
function md5Of(bytes) {
    return (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('md5').update(bytes).digest('hex');
}
/** The `Content-MD5` spelling of a digest. */
function base64OfMd5(md5) {
    return Buffer.from(md5, 'hex').toString('base64');
}
/** The ETag that S3 gives a multipart object: the MD5 of its parts' MD5s, a hyphen, their number. */
function multipartETag(partMd5s) {
    const hash = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('md5');
    for (const md5 of partMd5s)
        hash.update(md5, 'hex');
    return `${hash.digest('hex')}-${partMd5s.length}`;
}


/***/ }),

/***/ 5532:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   MAX_INDEX_BYTES: () => (/* binding */ MAX_INDEX_BYTES),
/* harmony export */   fileIndexStorage: () => (/* binding */ fileIndexStorage),
/* harmony export */   machineId: () => (/* binding */ machineId),
/* harmony export */   objectIndexStorage: () => (/* binding */ objectIndexStorage)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(3024);
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(1455);
/* harmony import */ var node_os__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(8161);
/* harmony import */ var _disk_replace_file_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(170);
/* harmony import */ var _model_digest_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(6799);






/** An index of a million keys has some 250 MiB; anything above this is not ours. Bytes. */
const MAX_INDEX_BYTES = 1024 ** 3;
/** The index in a file of this machine: replaced by a rename, so that a full disk leaves the old one. */
function fileIndexStorage(path) {
    return {
        trust: { remote: false, local: true },
        async load() {
            let stats;
            try {
                stats = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.stat)(path);
            }
            catch (error) {
                if (error.code === 'ENOENT')
                    return undefined;
                throw error;
            }
            // A pipe would never end.
            if (!stats.isFile())
                throw new Error('it is not a regular file');
            if (stats.size > MAX_INDEX_BYTES)
                throw new Error(`it has ${stats.size} bytes, over ${MAX_INDEX_BYTES}`);
            return (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.readFile)(path);
        },
        save: (bytes) => (0,_disk_replace_file_js__WEBPACK_IMPORTED_MODULE_4__/* .replaceFile */ .f)(path, [bytes]),
    };
}
/**
 * The index as an object. Believed alone only when it lies in the destination's own bucket: who can forge it
 * there can forge the objects.
 */
function objectIndexStorage(store, key, inDestination) {
    return {
        // Elsewhere even a line about a local file would let whoever writes that bucket choose what is copied (C18).
        trust: { remote: inDestination, local: inDestination },
        async load(signal) {
            return (await store.read(key, MAX_INDEX_BYTES, signal))?.bytes;
        },
        async save(bytes, signal) {
            await store.put({
                key,
                body: bytes,
                md5: (0,_model_digest_js__WEBPACK_IMPORTED_MODULE_5__/* .md5Of */ .iF)(bytes),
                headers: { contentType: 'text/plain; charset=utf-8', metadata: {} },
            }, signal);
        },
    };
}
/** Names this machine without telling anyone its name: stat lines are believed on it alone. */
function machineId() {
    let id = '';
    try {
        id = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.readFileSync)('/etc/machine-id', 'utf8').trim();
    }
    catch {
        // Systems without it are told apart by their host name.
    }
    return (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('sha256').update(`${id}\n${(0,node_os__WEBPACK_IMPORTED_MODULE_3__.hostname)()}\n`).digest('hex').slice(0, 32);
}


/***/ })

};
