export const id = 447;
export const ids = [447];
export const modules = {

/***/ 3447:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   literalPath: () => (/* binding */ literalPath),
/* harmony export */   parsePathLines: () => (/* binding */ parsePathLines)
/* harmony export */ });
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6760);
/* harmony import */ var _console_path_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(2848);
/* harmony import */ var _disk_home_directory_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6190);
/* harmony import */ var _model_errors_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(4132);




/**
 * Parses the lines of `paths` in the dialect of @actions/glob: blanks around a line and lines that begin with
 * `#` do not count, `~` is the home directory, a relative line is relative to `cwd`, `!` makes a line an
 * exclude.
 *
 * The literal part of a line, its search path, is asked of @actions/glob itself. Its `create` prints
 * `::debug::` lines through @actions/core as soon as it is given options, on the command line too: so it gets
 * none.
 */
async function parsePathLines(lines, cwd) {
    const patterns = [];
    for (const line of lines) {
        const text = line.trim();
        if (text === '' || text.startsWith('#'))
            continue;
        patterns.push(await parseLine(text, cwd));
    }
    return patterns;
}
/** The pattern of a DIR argument: a directory, or a single file, whose name is taken as it is. */
function literalPath(path, cwd = process.cwd()) {
    if (path === '')
        throw (0,_model_errors_js__WEBPACK_IMPORTED_MODULE_3__/* .usageError */ .Wp)('the path to publish is empty; give a directory or a file');
    checkCharacters(path);
    const base = (0,node_path__WEBPACK_IMPORTED_MODULE_0__.resolve)(cwd, path);
    const directoriesOnly = path.endsWith('/') || path.endsWith(node_path__WEBPACK_IMPORTED_MODULE_0__.sep);
    return { text: path, base, glob: '', searchPath: base, directoriesOnly, negate: false };
}
async function parseLine(text, cwd) {
    checkCharacters(text);
    let pattern = text;
    let negate = false;
    while (pattern.startsWith('!')) {
        negate = !negate;
        pattern = pattern.slice(1).trim();
    }
    if (pattern === '')
        throw (0,_console_path_js__WEBPACK_IMPORTED_MODULE_1__/* .unusablePath */ .Z6)(text, 'nothing stands after the `!`');
    if (/^s3:\/\//i.test(pattern))
        throw (0,_console_path_js__WEBPACK_IMPORTED_MODULE_1__/* .unusablePath */ .Z6)(text, 'an s3:// URL is a source, which stands in place of paths');
    const { base, rest } = splitBase(slashed(pattern), cwd);
    const directoriesOnly = rest.endsWith('/') || (rest === '' && slashed(pattern).endsWith('/'));
    const glob = rest.replace(/^\/+|\/+$/g, '');
    if (glob.split('/').some((segment) => segment === '.' || segment === '..')) {
        throw (0,_console_path_js__WEBPACK_IMPORTED_MODULE_1__/* .unusablePath */ .Z6)(text, '`.` may only stand first and `..` nowhere; an absolute path reaches other directories');
    }
    return { text, base, glob, searchPath: (0,node_path__WEBPACK_IMPORTED_MODULE_0__.join)(base, await literalPart(glob, text)), directoriesOnly, negate };
}
/**
 * The part of a pattern before its first wildcard. It is asked for below the root of the file system and not
 * below `base`: @actions/glob trims patterns, splits them at line breaks and knows wildcards, and a directory
 * may have any of these in its name.
 */
async function literalPart(glob, text) {
    const anchor = node_path__WEBPACK_IMPORTED_MODULE_0__.sep === '\\' ? 'C:\\' : '/';
    try {
        const { create } = await Promise.all(/* import() */[__webpack_require__.e(581), __webpack_require__.e(25)]).then(__webpack_require__.bind(__webpack_require__, 2025));
        // The slash keeps a blank at the end of the last segment from being trimmed.
        const searchPath = (await create(`${anchor}${glob}/`)).getSearchPaths()[0] ?? anchor;
        return searchPath.slice(anchor.length);
    }
    catch (error) {
        throw (0,_console_path_js__WEBPACK_IMPORTED_MODULE_1__/* .unusablePath */ .Z6)(text, (0,_model_errors_js__WEBPACK_IMPORTED_MODULE_3__/* .messageOf */ .bD)(error));
    }
}
/** Takes off the beginning that says where a pattern starts: a root, `~`, `.`, or nothing. */
function splitBase(pattern, cwd) {
    if ((0,_console_path_js__WEBPACK_IMPORTED_MODULE_1__/* .isBelowHome */ .bb)(pattern))
        return { base: (0,_console_path_js__WEBPACK_IMPORTED_MODULE_1__/* .homeFor */ .vh)(pattern, (0,_disk_home_directory_js__WEBPACK_IMPORTED_MODULE_2__/* .homeDirectory */ .R)()), rest: pattern.slice(1) };
    if (/^\.(\/|$)/.test(pattern))
        return { base: (0,node_path__WEBPACK_IMPORTED_MODULE_0__.resolve)(cwd), rest: pattern.slice(1) };
    const { root } = (0,node_path__WEBPACK_IMPORTED_MODULE_0__.parse)(pattern);
    if (root === '')
        return { base: (0,node_path__WEBPACK_IMPORTED_MODULE_0__.resolve)(cwd), rest: pattern };
    // On Windows `C:x` and `\x` are relative to what the current directory says of the rest.
    const base = (0,node_path__WEBPACK_IMPORTED_MODULE_0__.resolve)(cwd, root);
    return { base, rest: pattern.slice(root.length) };
}
/** On Windows `\` separates; elsewhere it escapes, and is left alone. Repeated slashes become one. */
function slashed(pattern) {
    const path = node_path__WEBPACK_IMPORTED_MODULE_0__.sep === '\\' ? pattern.replaceAll('\\', '/') : pattern;
    const unc = node_path__WEBPACK_IMPORTED_MODULE_0__.sep === '\\' && /^\/\/[^/]/.test(path) ? '/' : '';
    return unc + path.replace(/\/{2,}/g, '/');
}
function checkCharacters(text) {
    if (/[\n\0]/.test(text))
        throw (0,_console_path_js__WEBPACK_IMPORTED_MODULE_1__/* .unusablePath */ .Z6)(text, 'a path here cannot hold a line break or a NUL');
}


/***/ })

};
