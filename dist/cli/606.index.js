export const id = 606;
export const ids = [606];
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


/***/ })

};
