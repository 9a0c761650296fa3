export const id = 645;
export const ids = [645];
export const modules = {

/***/ 6061:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   CV: () => (/* binding */ isOwnMetadata),
/* harmony export */   HK: () => (/* binding */ storedSource),
/* harmony export */   Hk: () => (/* binding */ statedBy),
/* harmony export */   Kl: () => (/* binding */ classOf),
/* harmony export */   Lk: () => (/* binding */ metadataBytes),
/* harmony export */   PJ: () => (/* binding */ parseSource),
/* harmony export */   Q6: () => (/* binding */ isFurtherName),
/* harmony export */   QV: () => (/* binding */ formatHeaderState),
/* harmony export */   Qm: () => (/* binding */ PAGE_METADATA),
/* harmony export */   R3: () => (/* binding */ provenMd5),
/* harmony export */   SG: () => (/* binding */ metadataMd5),
/* harmony export */   U4: () => (/* binding */ parseHeaderState),
/* harmony export */   UJ: () => (/* binding */ SOURCE_METADATA),
/* harmony export */   Yr: () => (/* binding */ headerDigest),
/* harmony export */   a: () => (/* binding */ attributedBy),
/* harmony export */   fk: () => (/* binding */ FROM_METADATA),
/* harmony export */   iR: () => (/* binding */ fileAttributes),
/* harmony export */   ir: () => (/* binding */ NO_SOURCE),
/* harmony export */   iz: () => (/* binding */ HeaderPolicy),
/* harmony export */   j2: () => (/* binding */ formatSource),
/* harmony export */   lH: () => (/* binding */ attributesIn),
/* harmony export */   nR: () => (/* binding */ copiedFrom),
/* harmony export */   oE: () => (/* binding */ isStated),
/* harmony export */   q4: () => (/* binding */ withoutDigests),
/* harmony export */   qO: () => (/* binding */ objectHeaders),
/* harmony export */   rB: () => (/* binding */ everyHeader),
/* harmony export */   td: () => (/* binding */ isPreserved),
/* harmony export */   wG: () => (/* binding */ pathsOf),
/* harmony export */   x1: () => (/* binding */ formatAttributes),
/* harmony export */   xL: () => (/* binding */ withMd5),
/* harmony export */   xV: () => (/* binding */ completedBy),
/* harmony export */   yB: () => (/* binding */ statedMd5)
/* harmony export */ });
/* unused harmony export contentTypeOf */
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);
/* harmony import */ var mime_types__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(4096);
/* harmony import */ var _digest_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6799);
/* harmony import */ var _header_rules_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(700);




/**
 * The Content-Type that a name stands for, with a charset for text. The table is mime-types at the exact
 * version in package.json: another table would refresh every object of every site, so it changes with a
 * major version alone.
 */
function contentTypeOf(name) {
    const type = mime_types__WEBPACK_IMPORTED_MODULE_1__.contentType(extensionOf(name));
    return type === false ? 'application/octet-stream' : type;
}
/** With its dot; a dot alone: there is none. */
function extensionOf(name) {
    const dot = name.lastIndexOf('.');
    return dot > name.lastIndexOf('/') ? name.slice(dot) : '.';
}
/**
 * `x-amz-meta-s3cmd-attrs` as s3cmd writes and reads it: `md5:<hex>`, and with `preserve`
 * `md5:<hex>/mode:<decimal>/mtime:<seconds>`.
 */
function formatAttributes(md5, file) {
    if (file === undefined || file.redirect !== undefined)
        return `md5:${md5}`;
    const { mode, mtime } = preservedOf(file);
    return `md5:${md5}/mode:${mode}/mtime:${mtime}`;
}
/** What `preserve` keeps of a file. `mtime`: seconds. */
function preservedOf(file) {
    const { mode, mtimeNs } = file.encoded?.source ?? file;
    return { mode, mtime: mtimeNs / 1000000000n };
}
/** Attributes that somebody else wrote, with the digest of the bytes that they are about now. */
function withMd5(attributes, md5) {
    const fields = attributes === undefined || attributes === '' ? [] : attributes.split('/');
    const at = fields.findIndex((field) => field.startsWith('md5:'));
    return at === -1 ? [...fields, `md5:${md5}`].join('/') : fields.with(at, `md5:${md5}`).join('/');
}
/** The MD5 that an object's own metadata names: s3cmd's attributes, then rclone's `md5chksum` (base64). */
function metadataMd5(metadata) {
    for (const field of (metadata.get('s3cmd-attrs') ?? '').split('/')) {
        if (field.startsWith('md5:'))
            return (0,_digest_js__WEBPACK_IMPORTED_MODULE_2__/* .parseMd5 */ .S2)(field.slice('md5:'.length));
    }
    const rclone = metadata.get('md5chksum');
    return rclone === undefined ? undefined : (0,_digest_js__WEBPACK_IMPORTED_MODULE_2__/* .parseMd5 */ .S2)(Buffer.from(rclone, 'base64').toString('hex'));
}
/** Name of the metadata by which an encoded object says what it encodes. Without `x-amz-meta-`. */
const SOURCE_METADATA = 's3ds-source';
/** Metadata of a page's further name: a download of the tree leaves it out. */
const PAGE_METADATA = 's3ds-page';
/** What s3cmd and rclone keep of a file, and we. Without `x-amz-meta-`. */
const OWN_METADATA = /^(?:s3cmd-attrs|md5chksum|mtime|s3ds-.*)$/;
/** Whether metadata of this name says something of the file, and is no header that a rule may give. */
function isOwnMetadata(name) {
    return OWN_METADATA.test(name);
}
/**
 * Metadata of a copy from another bucket of which neither ETag nor metadata said the content: the ETag that the source
 * had. Without `x-amz-meta-`.
 */
const FROM_METADATA = 's3ds-from';
/**
 * The ETag of the source that an object is a copy of, as its metadata says. Believed as what `statedMd5` says is; and beside
 * an ETag of several parts, which nothing here can make, as the bytes lie in S3: else they would be carried by each run.
 */
function copiedFrom(head) {
    const { etag, metadata, encryption } = head;
    const kind = (0,_digest_js__WEBPACK_IMPORTED_MODULE_2__/* .classifyETag */ .Q)(etag);
    const isInParts = kind.kind === 'multipart' && kind.parts > 1;
    const md5 = isInParts ? metadataMd5(metadata) : statedMd5(head);
    return isEncrypted(encryption) || md5 !== undefined ? metadata.get(FROM_METADATA) : undefined;
}
function isEncrypted(encryption) {
    return encryption !== undefined && encryption !== 'AES256';
}
/** The digest that an object gives of itself, where its ETag says the same. */
function provenMd5(etag, metadata) {
    const md5 = metadataMd5(metadata);
    const isSame = md5 !== undefined && (etag === md5 || etag === (0,_digest_js__WEBPACK_IMPORTED_MODULE_2__/* .multipartETag */ .Eq)([md5]));
    return isSame ? md5 : undefined;
}
/**
 * The digest that an object gives of itself, as far as that may be believed without its bytes (C15): where its ETag says the
 * same, or can say nothing. Who overwrites an object keeps metadata now and then.
 */
function statedMd5({ etag, metadata, encryption }) {
    const isMute = isEncrypted(encryption) || (0,_digest_js__WEBPACK_IMPORTED_MODULE_2__/* .classifyETag */ .Q)(etag).kind === 'opaque';
    return isMute ? metadataMd5(metadata) : provenMd5(etag, metadata);
}
/** `md5:<hex>/size:<bytes>/encoding:<gzip|br>` of the file that an encoded object holds. */
function formatSource({ encoding, md5, source, }) {
    return `md5:${md5}/size:${source.size}/encoding:${encoding}`;
}
/** Whether an object is a further name of a page, and no file of its own. */
function isFurtherName({ page, redirect }) {
    return page !== undefined && redirect === undefined;
}
/** What an object's metadata says of what it holds, beside digests: a download goes by it. Names without `x-amz-meta-`. */
function statedBy(file) {
    return {
        ...(file.encoded === undefined ? {} : { [SOURCE_METADATA]: formatSource(file.encoded) }),
        ...(isFurtherName(file) ? { [PAGE_METADATA]: 'html' } : {}),
    };
}
/** Whether metadata of this name is what `statedBy` makes. Without `x-amz-meta-`. */
function isStated(name) {
    return name === SOURCE_METADATA || name === PAGE_METADATA;
}
/** Parses what `formatSource` writes. */
function parseSource(text) {
    const match = /^md5:([0-9a-f]{32})\/size:(0|[1-9][0-9]{0,14})\/encoding:(gzip|br)$/.exec(text ?? '');
    const [, md5, size, encoding] = match ?? [];
    const parsed = (0,_digest_js__WEBPACK_IMPORTED_MODULE_2__/* .parseMd5 */ .S2)(md5);
    if (parsed === undefined)
        return undefined;
    return { md5: parsed, size: Number(size), encoding: encoding };
}
/** In an index in place of that: the object was asked, and encodes nothing. */
const NO_SOURCE = 'none';
/**
 * The file that an object encodes, as its metadata says. That is believed when it gives the digest that its stored bytes
 * have: who overwrites an object keeps metadata now and then.
 *
 * @param md5 of the stored bytes, where they were read
 */
function storedSource(head, md5 = statedMd5(head)) {
    const { metadata } = head;
    if (md5 === undefined || metadataMd5(metadata) !== md5)
        return undefined;
    return parseSource(metadata.get(SOURCE_METADATA));
}
/** As s3cmd and `preserve` write them, or the time as rclone does. */
function fileAttributes(metadata) {
    const fields = new Map();
    for (const field of (metadata.get('s3cmd-attrs') ?? '').split('/')) {
        const colon = field.indexOf(':');
        if (colon > 0)
            fields.set(field.slice(0, colon), field.slice(colon + 1));
    }
    const mode = /^[0-9]{1,7}$/.exec(fields.get('mode') ?? '')?.[0];
    const mtime = /^-?[0-9]{1,12}$/.exec(fields.get('mtime') ?? '')?.[0];
    const rclone = /^-?[0-9]{1,12}(?:\.[0-9]{1,9})?$/.exec(metadata.get('mtime') ?? '')?.[0];
    const time = mtime ?? rclone;
    return {
        ...(mode === undefined ? {} : { mode: Number(mode) }),
        // `-0` is written as 0.
        ...(time === undefined ? {} : { mtime: Number(time) || 0 }),
    };
}
/** Metadata in which tools keep mode, time and the like. Without `x-amz-meta-`. */
const ATTRIBUTE_METADATA = ['s3cmd-attrs', 'mtime'];
function attributesIn(metadata) {
    const kept = ATTRIBUTE_METADATA.flatMap((name) => {
        const text = metadata.get(name);
        return text === undefined || text === '' || /^md5:[^/]*$/.test(text) ? [] : [[name, text]];
    });
    return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
function attributedBy(attributes) {
    if (attributes === undefined)
        return 'none';
    const { mode, mtime } = fileAttributes(new Map(Object.entries(attributes)));
    return mode === undefined || mtime === undefined ? 'some' : 'all';
}
/** Attributes as they are, and of mode and time what they lack as the file has it. */
function completedBy(attributes, file) {
    if (!isPreserved(file))
        return attributes;
    const known = fileAttributes(new Map(Object.entries(attributes)));
    const own = preservedOf(file);
    const fields = (attributes['s3cmd-attrs'] ?? '').split('/').filter((field) => field !== '');
    const missing = ['mode', 'mtime'].filter((name) => known[name] === undefined);
    const kept = fields.filter((field) => !missing.some((name) => field.startsWith(`${name}:`)));
    const added = missing.map((name) => `${name}:${own[name]}`);
    return { ...attributes, 's3cmd-attrs': [...kept, ...added].join('/') };
}
/** Whether `preserve` keeps mode and time of a file with its object. */
function isPreserved({ redirect, object }) {
    return redirect === undefined && object === undefined;
}
/** @param own metadata without `x-amz-meta-`: digests and times */
function objectHeaders(decided, own) {
    let known = SORTED.get(decided);
    if (known === undefined) {
        known = sorted(decided);
        SORTED.set(decided, known);
    }
    const { contentType, metadata, fields } = known;
    return { contentType, metadata: metadata === undefined ? own : { ...metadata, ...own }, fields };
}
/** By the names that they have in a request. */
function everyHeader({ contentType, metadata, fields }) {
    const own = Object.entries(metadata).map(([name, value]) => [_header_rules_js__WEBPACK_IMPORTED_MODULE_3__/* .META */ .Ge + name, value]);
    // From entries: a name may be `__proto__`.
    return { ...Object.fromEntries(own), ...fields, 'content-type': contentType };
}
/** Nearly all files of a run have one of a few sets. */
const SORTED = new WeakMap();
function sorted(decided) {
    const { 'content-type': contentType = '', ...rest } = decided;
    const metadata = [];
    const fields = [];
    for (const [name, value] of Object.entries(rest)) {
        if (name.startsWith(_header_rules_js__WEBPACK_IMPORTED_MODULE_3__/* .META */ .Ge))
            metadata.push([name.slice(_header_rules_js__WEBPACK_IMPORTED_MODULE_3__/* .META */ .Ge.length), value]);
        else
            fields.push([name, value]);
    }
    // From entries: a name may be `__proto__`.
    return {
        contentType,
        metadata: metadata.length === 0 ? undefined : Object.freeze(Object.fromEntries(metadata)),
        fields: Object.freeze(Object.fromEntries(fields)),
    };
}
/** The class that an object is to have; `undefined`: the standard one, whether it was asked for or not. */
function classOf(headers) {
    const asked = headers[_header_rules_js__WEBPACK_IMPORTED_MODULE_3__/* .STORAGE_CLASS */ .fJ];
    return asked === 'STANDARD' ? undefined : asked;
}
/** What S3 counts of an object's metadata: names and values. Bytes. */
function metadataBytes(metadata) {
    return Object.entries(metadata).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0);
}
/** Headers without what they say of their object's digest. */
function withoutDigests({ 'x-amz-meta-s3cmd-attrs': _, 'x-amz-meta-md5chksum': __, ...others }) {
    return others;
}
/** Sets of headers that are kept for extensions. */
const MOST_PLAIN = 1_000;
/** What pages and other files get from `headers-defaults: website`; a change of these is a change of every site. */
const WEBSITE_DEFAULTS = {
    page: 'public, max-age=0, must-revalidate',
    immutable: 'public, max-age=31536000, immutable',
    other: 'public, max-age=3600',
};
/**
 * Decides the headers of every object: the inputs for every write, then the defaults for websites, then the rules.
 * The digests and times that go into metadata are no part of it.
 */
class HeaderPolicy {
    #write;
    #options;
    #immutable;
    /** By extension. */
    #plain = new Map();
    /** Of the first name whose rules contradict one another. */
    #contradiction;
    /** @param immutable names that a build manifest vouches for: their content never changes */
    constructor(write, options, immutable = new Set()) {
        const { sse, kmsKeyId, storageClass, acl } = write;
        this.#write = {
            ...(sse === undefined ? {} : { 'x-amz-server-side-encryption': sse }),
            ...(kmsKeyId === undefined ? {} : { 'x-amz-server-side-encryption-aws-kms-key-id': kmsKeyId }),
            ...(storageClass === undefined ? {} : { [_header_rules_js__WEBPACK_IMPORTED_MODULE_3__/* .STORAGE_CLASS */ .fJ]: storageClass }),
            ...(acl === undefined ? {} : { [_header_rules_js__WEBPACK_IMPORTED_MODULE_3__/* .ACL */ .Nd]: acl }),
        };
        this.#options = options;
        this.#immutable = immutable;
    }
    /** Said once the headers of all files were asked for. */
    get warnings() {
        return this.#contradiction === undefined ? [] : [this.#contradiction];
    }
    headersOf(file) {
        const isPlain = this.#options.rules.length === 0 &&
            file.page === undefined &&
            file.redirect === undefined &&
            file.object === undefined &&
            file.encoded === undefined;
        return isPlain ? this.#plainHeaders(file) : this.#decide(file);
    }
    /** Where nothing but the name's extension decides, files have one set together. */
    #plainHeaders(file) {
        const kind = `${extensionOf(file.name)}/${this.#immutable.has(file.name)}`;
        const known = this.#plain.get(kind);
        if (known !== undefined)
            return known;
        const headers = Object.freeze(this.#decide(file));
        // As many as a tree of nothing but extensions has would take the memory.
        if (this.#plain.size < MOST_PLAIN)
            this.#plain.set(kind, headers);
        return headers;
    }
    #decide(file) {
        const page = file.page ?? file.name;
        const type = file.redirect === undefined ? contentTypeOf(page) : 'text/html; charset=utf-8';
        // An object brings its own type.
        const typed = file.object === undefined ? { 'content-type': type } : {};
        const headers = { ...typed, ...this.#write };
        const { defaults, rules } = this.#options;
        if (defaults === 'website') {
            const kind = type.startsWith('text/html')
                ? 'page'
                : this.#immutable.has(file.name)
                    ? 'immutable'
                    : 'other';
            headers['cache-control'] = WEBSITE_DEFAULTS[kind];
        }
        if (rules.length > 0) {
            const ruled = (0,_header_rules_js__WEBPACK_IMPORTED_MODULE_3__/* .applyHeaderRules */ .Nq)(rules, pathsOf(file));
            for (const [name, value] of ruled.headers) {
                if (value !== undefined)
                    headers[name] = value;
                else if (name !== 'content-type' && !(name in this.#write))
                    delete headers[name];
            }
            const { contradiction } = ruled;
            if (contradiction !== undefined) {
                const { lines, value } = contradiction;
                this.#contradiction ??= `the rules of ${linesText(lines)} together give ${file.name} the Cache-Control "${value}", which contradicts itself: values of several rules are joined; put \`! Cache-Control\` into the one that shall replace the others`;
            }
        }
        if (headers.expires !== undefined)
            headers.expires = (0,_header_rules_js__WEBPACK_IMPORTED_MODULE_3__/* .expiryOf */ .p1)(headers.expires) ?? headers.expires;
        if (file.encoded !== undefined)
            headers['content-encoding'] = file.encoded.encoding;
        if (file.redirect !== undefined)
            headers[_header_rules_js__WEBPACK_IMPORTED_MODULE_3__/* .REDIRECT_HEADER */ .Fh] = file.redirect;
        return headers;
    }
    /** Headers that an object brings along, and over them what inputs and rules decide. */
    over(kept, file) {
        const headers = { ...kept };
        for (const [name, value] of (0,_header_rules_js__WEBPACK_IMPORTED_MODULE_3__/* .applyHeaderRules */ .Nq)(this.#options.rules, pathsOf(file)).headers) {
            if (value === undefined && name !== 'content-type')
                delete headers[name];
        }
        return { ...headers, ...this.headersOf(file) };
    }
    /** Whether a rule says in which encoding the file already is. */
    saysEncoding(file) {
        if (this.#options.rules.length === 0)
            return false;
        return (0,_header_rules_js__WEBPACK_IMPORTED_MODULE_3__/* .applyHeaderRules */ .Nq)(this.#options.rules, pathsOf(file)).headers.get('content-encoding') !== undefined;
    }
}
/** Each line with the input that it belongs to. */
function linesText(lines) {
    const named = (author, input) => {
        const own = [...new Set(lines.filter((line) => line.author === author).map(({ line }) => line))];
        return own.length === 0
            ? []
            : [`${own.length === 1 ? 'line' : 'lines'} ${own.join(' and ')} of ${input}`];
    };
    return [...named('file', 'headers-file'), ...named('inline', 'headers')].join(' and ');
}
/** The paths under which readers find an object: a directory's index page is found under the directory too. */
function pathsOf({ name, page, redirect }) {
    const paths = [`/${name}`];
    // A redirect is of the rank of a page, and under no other name than its own.
    if (page !== undefined && page !== name && redirect === undefined)
        paths.push(`/${page}`);
    const index = /^(?:(.*)\/)?index\.html?$/.exec(name);
    if (index !== null)
        paths.push(index[1] === undefined ? '/' : `/${index[1]}/`);
    if (index?.[1] !== undefined)
        paths.push(`/${index[1]}`);
    return paths;
}
/** Of sets that do not change. */
const digests = new WeakMap();
/**
 * Header state of an object: SHA-256 over the sorted `name:value` lines, names in lower case, of every header
 * that an input or a rule set and of the inferred Content-Type. Mode and mtime are left out.
 */
function headerDigest(headers) {
    const known = digests.get(headers);
    if (known !== undefined)
        return known;
    const lines = Object.entries(headers)
        .filter(([name]) => name !== _header_rules_js__WEBPACK_IMPORTED_MODULE_3__/* .STORAGE_CLASS */ .fJ || classOf(headers) !== undefined)
        .map(([name, value]) => `${name.toLowerCase()}:${value}\n`);
    const digest = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.hash)('sha256', lines.sort().join(''), 'hex');
    if (Object.isFrozen(headers))
        digests.set(headers, digest);
    return digest;
}
/** The digest of the headers that were decided, and words that most objects have none of. */
function formatHeaderState(file, decided, attributed) {
    const said = attributed === 'none' ? '' : ` ${attributed}`;
    const kind = file.object !== undefined ? ' brought' : isFurtherName(file) ? ' page' : '';
    return `${headerDigest(decided)}${said}${kind}`;
}
/** Parses what `formatHeaderState` writes. */
function parseHeaderState(text) {
    if (!text.includes(' '))
        return { digest: text, attributed: 'none', isFurtherName: false, isBrought: false };
    const [digest = '', ...words] = text.split(' ');
    return {
        digest,
        attributed: words.includes('all') ? 'all' : words.includes('some') ? 'some' : 'none',
        isFurtherName: words.includes('page'),
        isBrought: words.includes('brought'),
    };
}


/***/ }),

/***/ 9945:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   XZ: () => (/* binding */ MAX_COPY_SIZE),
/* harmony export */   YI: () => (/* binding */ isOfParts),
/* harmony export */   kz: () => (/* binding */ MAX_PARTS),
/* harmony export */   pt: () => (/* binding */ ownPartSize),
/* harmony export */   sV: () => (/* binding */ isLarge),
/* harmony export */   u1: () => (/* binding */ LEAST_PART),
/* harmony export */   vh: () => (/* binding */ ownLayout),
/* harmony export */   xF: () => (/* binding */ candidatePartSizes)
/* harmony export */ });
/* harmony import */ var _digest_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6799);
/* harmony import */ var _digest_index_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6112);


const MIB = 1024 * 1024;
/** Files of this size and more go up in parts. Bytes. */
const MULTIPART_THRESHOLD = 8 * MIB;
/** Whether a file of this size, in bytes, goes up in parts. */
function isLarge(size) {
    return size >= MULTIPART_THRESHOLD;
}
/** Whether the digest of a file as a whole does not do for knowing that its bytes make an ETag. */
function isOfParts(etag, size) {
    const kind = (0,_digest_js__WEBPACK_IMPORTED_MODULE_0__/* .classifyETag */ .Q)(etag);
    return kind.kind === 'multipart' && (kind.parts > 1 || isLarge(size));
}
/** S3 takes at most this many parts of an upload. */
const MAX_PARTS = 10_000;
/** S3's least part but the last. Bytes. */
const LEAST_PART = 5 * MIB;
/** S3's largest source of one CopyObject; larger ones are copied by parts (C9). Bytes. */
const MAX_COPY_SIZE = 5 * 1024 ** 3;
/**
 * Our part size for a file, in bytes: 8 MiB, and above 78 GiB the next whole MiB that keeps within 10,000
 * parts. A function of the size alone, so that a later run can recompute the ETag without an index.
 */
function ownPartSize(size) {
    return Math.max(8 * MIB, Math.ceil(size / MAX_PARTS / MIB) * MIB);
}
function ownLayout(size) {
    return (0,_digest_index_js__WEBPACK_IMPORTED_MODULE_1__/* .uniformLayout */ .Ng)(size, ownPartSize(size));
}
/**
 * Part sizes that tools use by default, in MiB: aws-cli, boto3 and the Java SDK's transfer manager 8, rclone,
 * minio-go's lower bound and the SDKs' uploaders 5, s3cmd 15, s5cmd 50, mc 16 and 64, Cyberduck 10, others 32,
 * 100, 128 and more.
 */
const KNOWN_PART_MIB = [8, 5, 16, 15, 50, 10, 64, 32, 20, 25, 100, 128, 256, 512, 1024, 5 * 1024];
/**
 * Part sizes under which a file of `size` bytes has exactly `parts` parts, the likeliest first. Where a tool's
 * default makes more than 10,000 parts, aws-cli and boto3 double it (s3transfer, ChunksizeAdjuster); minio-go and
 * mc take the next multiple of it (optimalPartInfo); rclone takes the next whole MiB as we do (fs/chunksize);
 * aws-c-s3 and lib-storage divide by 10,000 and round up; the Go SDK, and s5cmd with it, rounds down and adds 1
 * (s3manager, initSize).
 */
function candidatePartSizes(size, parts) {
    // One part: any part size at least as large as the file gives the same ETag.
    if (parts === 1)
        return [size];
    const sizes = new Set([ownPartSize(size)]);
    for (const mib of KNOWN_PART_MIB) {
        const usual = mib * MIB;
        let doubled = usual;
        while (Math.ceil(size / doubled) > MAX_PARTS)
            doubled *= 2;
        sizes.add(doubled);
        if (doubled !== usual)
            sizes.add(Math.ceil(size / MAX_PARTS / usual) * usual);
    }
    if (size >= MAX_PARTS * 5 * MIB) {
        const least = size / MAX_PARTS;
        for (const partSize of [Math.ceil(least / MIB) * MIB, Math.ceil(least), Math.floor(least) + 1]) {
            sizes.add(partSize);
        }
    }
    return [...sizes].filter((partSize) => Math.ceil(size / partSize) === parts);
}


/***/ })

};
