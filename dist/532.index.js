export const id = 532;
export const ids = [532];
export const modules = {

/***/ 5532:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
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
/* harmony import */ var _model_digest_index_js__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(1710);







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
            if (stats.size > _model_digest_index_js__WEBPACK_IMPORTED_MODULE_6__/* .MAX_INDEX_BYTES */ .w2)
                throw new Error(`it has ${stats.size} bytes, over ${_model_digest_index_js__WEBPACK_IMPORTED_MODULE_6__/* .MAX_INDEX_BYTES */ .w2}`);
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
            return (await store.read(key, _model_digest_index_js__WEBPACK_IMPORTED_MODULE_6__/* .MAX_INDEX_BYTES */ .w2, signal))?.bytes;
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
