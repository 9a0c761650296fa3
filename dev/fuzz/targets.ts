import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import { parseDestinationLine } from '../../src/console/destination.js';
import type { OptionsContext } from '../../src/console/given-inputs.js';
import { parseOptions } from '../../src/console/options.js';
import { type Chunks, cutChunks, formatChunks, parseChunks, stretchesOf } from '../../src/model/chunks.js';
import { classifyETag, type ETag, md5Of, parseETag, parseMd5 } from '../../src/model/digest.js';
import {
  formatIndex,
  formatLayout,
  layoutParts,
  layoutSize,
  parseIndex,
  parseLayout,
  partsOf,
} from '../../src/model/digest-index.js';
import { SyncError } from '../../src/model/errors.js';
import { applyHeaderRules, parseHeaderRules } from '../../src/model/header-rules.js';
import {
  copiedFrom,
  fileAttributes,
  formatAttributes,
  formatSource,
  type HeaderSet,
  metadataMd5,
  parseSource,
  storedSource,
} from '../../src/model/headers.js';
import { INPUT_NAMES, inputDefinition, type RawInputs } from '../../src/model/inputs.js';
import type { LocalFile } from '../../src/model/objects.js';
import { layoutOf, type PlannedPart, planParts, regionsOf } from '../../src/model/part-plan.js';
import {
  candidatePartSizes,
  LEAST_PART,
  MAX_PARTS,
  ownLayout,
  ownPartSize,
} from '../../src/model/part-sizes.js';
import {
  formatPlan,
  formatPublished,
  formatResults,
  PlanFileError,
  parsePlan,
  parseResults,
} from '../../src/model/plan-file.js';
import { parseRedirects } from '../../src/model/redirects.js';
import { AnswerReader } from '../../src/store/answer-reader.js';
import { StoreError } from '../../src/store/object-store.js';
import { AnswerError, toStoreError } from '../../src/store/store-errors.js';
import {
  readComplete,
  readCopy,
  readCreate,
  readDeleteBatch,
  readHead,
  readList,
  readPart,
  readPartCopy,
  readPut,
  throwRefusal,
  type WireAnswer,
} from '../../src/store/wire-answer.js';
import { escapeXml, parseXml, type XmlElement, XmlError } from '../../src/store/xml.js';
import { parseExcludes } from '../../src/sync/excludes.js';
import { whyNoFile } from '../../src/sync/local-names.js';
import { parseLease } from '../../src/sync/lock.js';
import { outputsOf } from '../../src/sync/manifests.js';
import { publishOrder } from '../../src/sync/ranks.js';

/**
 * Everything that reads what others wrote, each as one function of bytes: it returns, or throws what it says it
 * throws; what it read, it reads again as it writes it. Whatever else is thrown is a finding. Shared by the tests
 * (`__tests__/fuzz`) and by the coverage-guided loop (`main.ts`).
 */
export interface FuzzTarget {
  readonly name: string;
  /** Inputs that mean something, to begin with. */
  readonly seeds: readonly string[];
  readonly run: (bytes: Buffer) => void | Promise<void>;
}

const MD5 = md5Of(Buffer.from('x'));
const OTHER = md5Of(Buffer.from('y'));

/** Runs what may refuse its input by one kind of error, whose message is one line. */
function orRefused<T>(kind: new (...args: never[]) => Error, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    isRefusal(kind, error);
    return undefined;
  }
}

function isRefusal(kind: new (...args: never[]) => Error, error: unknown): void {
  if (!(error instanceof kind)) throw error;
  assert.doesNotMatch(error.message, /[\r\n]/, 'a message of several lines');
  assert.ok(error.message.length < 3_000, `a message of ${error.message.length} characters`);
}

function isClean(): void {
  const polluted = Object.keys(Object.prototype).concat(Object.keys(Array.prototype));
  assert.deepEqual(polluted, [], 'a prototype was polluted');
}

function linesOf(bytes: Buffer): readonly string[] {
  return bytes.toString('utf8').split('\n');
}

/** What stands before the first empty line, and what stands after it. */
function halves(bytes: Buffer): readonly [string, string] {
  const text = bytes.toString('utf8');
  const at = text.indexOf('\n\n');
  return at === -1 ? [text, text] : [text.slice(0, at), text.slice(at + 2)];
}

function writeXml({ name, text, children }: XmlElement): string {
  return `<${name}>${escapeXml(text)}${children.map(writeXml).join('')}</${name}>`;
}

const READERS: readonly ((answer: WireAnswer) => unknown)[] = [
  readList,
  readHead,
  readPut,
  readPart,
  readCopy,
  readPartCopy,
  readComplete,
  readCreate,
  readDeleteBatch,
];

const LONGEST_BODY = 10_000;

/** `undefined`: it is no answer. */
function readHttp(
  pieces: Iterable<Buffer>,
  reader: AnswerReader = new AnswerReader(false, LONGEST_BODY),
): WireAnswer | undefined {
  try {
    for (const piece of pieces) if (reader.take(piece)) return reader.answer;
    return reader.end() ? reader.answer : undefined;
  } catch (error) {
    isRefusal(Error, error);
    return undefined;
  }
}

/** As a connection reads: where the reader has room for it, and so many bytes at a time. */
function readIntoRoom(bytes: Buffer, most: number): WireAnswer | undefined {
  const reader = new AnswerReader(false, LONGEST_BODY, Buffer.alloc(50));
  const arrived = Buffer.alloc(most);
  function* pieces(): Generator<Buffer> {
    for (let at = 0; at < bytes.length; ) {
      const into = reader.unfilled ?? arrived;
      const size = bytes.copy(into, 0, at, at + most);
      at += size;
      yield into.subarray(0, size);
      arrived.fill('x');
    }
  }
  return readHttp(pieces(), reader);
}

function readAnswer(answer: WireAnswer): void {
  try {
    throwRefusal(answer, false);
  } catch (error) {
    isLineOf(error);
    return;
  }
  for (const read of READERS) {
    try {
      read(answer);
    } catch (error) {
      const { kind } = isLineOf(error);
      if (answer.status === 200) assert.equal(kind, 'server', 'an unreadable answer is a lost one');
    }
  }
}

/** What the engine makes of an error of an answer. */
function isLineOf(error: unknown): StoreError {
  if (!(error instanceof AnswerError)) throw error;
  const met = toStoreError('ListObjectsV2', error);
  isRefusal(StoreError, met);
  return met;
}

function indexed(lines: readonly string[]): Buffer {
  const whole = lines.map((json) => `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`);
  return Buffer.from(`s3-dedup-sync-index 1\n${whole.join('')}`);
}

function readIndex(bytes: Buffer): void {
  for (const destination of [undefined, 's3://b/p/']) {
    const parsed = parseIndex(bytes, bytes, destination);
    if (parsed.index === undefined) continue;
    // As text: JSON has a -0 and does not write it.
    const text = [...formatIndex(parsed.index)].join('');
    const again = parseIndex(Buffer.from(text));
    assert.ok(again.index !== undefined && again.droppedLines === 0);
    assert.equal([...formatIndex(again.index)].join(''), text);
  }
}

const FILE: LocalFile = {
  name: 'a',
  path: '/a',
  real: '/a',
  size: 1,
  mtimeNs: 1_700_000_000_999_999_999n,
  ctimeNs: 0n,
  dev: 0n,
  ino: 0n,
  nlink: 1,
  mode: 0o100644,
};

const CONTEXT: OptionsContext = {
  shell: 'action',
  cwd: '/nowhere',
  env: {},
  platform: 'linux',
  home: '/nowhere',
  parsePathLines: async (lines) =>
    lines.map((text) => ({
      text,
      base: '/nowhere',
      glob: '',
      searchPath: '/nowhere',
      directoriesOnly: false,
      negate: text.startsWith('!'),
    })),
  literalPath: async (text) => ({
    text,
    base: text,
    glob: '',
    searchPath: text,
    directoriesOnly: false,
    negate: false,
  }),
  endpointOf: async () => undefined,
};

/** Inputs that name files would read whatever the bytes name. */
const READS_FILES: ReadonlySet<string> = new Set(['excludes-from', 'headers-file', 'redirects-file']);

/** `name=value` a line, a list one line each. */
function rawInputs(bytes: Buffer): RawInputs {
  const raw: Record<string, string | readonly string[]> = { paths: ['dist'], bucket: 'site' };
  for (const line of linesOf(bytes)) {
    const at = line.indexOf('=');
    const name = INPUT_NAMES.find((known) => known === line.slice(0, at));
    if (name === undefined || READS_FILES.has(name)) continue;
    const value = line.slice(at + 1);
    const isList = inputDefinition(name).kind === 'lines';
    raw[name] = isList ? [...((raw[name] as readonly string[] | undefined) ?? []), value] : value;
  }
  return raw as RawInputs;
}

/** What chunks that are said of an object come to, whatever its size is. Bytes. */
function saidSize(text: string): number {
  const bytes = Buffer.from(text, 'base64');
  let size = 0;
  for (let at = 0; at + 4 <= bytes.length; at += 8) size += bytes.readUInt32LE(at);
  return size;
}

/** As many chunks of some MiB each; those of a `different` number are other ones. */
function chunksText(count: number, different?: number): string {
  const sums = Uint32Array.from({ length: count }, (_, i) => (i === different ? 1 : 1000 + i));
  return formatChunks({ sizes: sums.map((_, i) => (2 + (i % 3)) * 1024 ** 2 + i), sums });
}

/** What a file is made of, by chunks that anybody may have written: all of it, of bytes that the object has. */
function planFrom(size: number, file: Chunks, object: Chunks): void {
  const objectSize = object.sizes.reduce((sum, own) => sum + own, 0);
  const stretches = stretchesOf(file, object);
  let last = 0;
  for (const { offset, size: length, from } of stretches) {
    assert.ok(offset >= last && length > 0 && from >= 0 && from + length <= objectSize);
    last = offset + length;
  }
  const parts = planParts(size, stretches, ownPartSize(size));
  if (parts === undefined) return;
  coversOnce(size, parts);
  for (const { offset, size: length, from } of parts) {
    if (from === undefined) continue;
    const within = stretches.find((one) => one.offset <= offset && offset < one.offset + one.size);
    assert.ok(within !== undefined && offset + length <= within.offset + within.size);
    assert.equal(from - within.from, offset - within.offset);
  }
  const own = [...partsOf(ownLayout(size))];
  const regions = [...regionsOf(own, parts)];
  assert.deepEqual(
    regions.flatMap(({ other }) => other),
    parts.map((part) => part.size),
  );
  assert.equal(regions.flatMap(({ one }) => one).length, own.length);
}

function coversOnce(size: number, parts: readonly PlannedPart[]): void {
  let end = 0;
  for (const [i, part] of parts.entries()) {
    assert.equal(part.offset, end);
    assert.ok(part.size >= (i === parts.length - 1 ? 1 : LEAST_PART), `a part of ${part.size} bytes`);
    end += part.size;
  }
  assert.equal(end, size);
  const layout = layoutOf(parts);
  assert.ok(layoutSize(layout) === size && layoutParts(layout) <= MAX_PARTS);
}

const NAMES: readonly string[] = [
  '/',
  '/index.html',
  '/a/b/c.js',
  '/docs/a b/é.html',
  `/${'a/'.repeat(400)}b`,
];

export const TARGETS: readonly FuzzTarget[] = [
  {
    name: 'xml',
    seeds: [
      '<?xml version="1.0" encoding="UTF-8"?>\n<a xmlns="b"><c>d &amp; &#x65;</c><f/></a>',
      '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    ],
    run(bytes) {
      const text = bytes.toString('utf8');
      const root = orRefused(XmlError, () => parseXml(text));
      if (root !== undefined) assert.deepEqual(parseXml(writeXml(root)), root);
    },
  },
  {
    name: 'http',
    seeds: [
      'HTTP/1.1 200 OK\r\nETag: "e"\r\nContent-Length: 2\r\n\r\nok',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nSum: 1\r\n\r\n',
      'HTTP/1.0 403 Forbidden\r\nServer: a\r\nServer: b\r\n\r\nno',
      'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
    ],
    run(bytes) {
      const whole = readHttp([bytes]);
      const middle = bytes.length >> 1;
      for (const pieces of [
        [bytes.subarray(0, middle), bytes.subarray(middle)],
        Array.from(bytes, (byte) => Buffer.of(byte)),
      ])
        assert.deepEqual(readHttp(pieces), whole, 'the pieces it comes in count');
      for (const most of [1, 7, 30])
        assert.deepEqual(readIntoRoom(bytes, most), whole, 'where its body comes to lie counts');
      isClean();
    },
  },
  {
    name: 'answers',
    seeds: [
      `<ListBucketResult><IsTruncated>true</IsTruncated><EncodingType>url</EncodingType><NextContinuationToken>t</NextContinuationToken><Contents><Key>p/a</Key><Size>3</Size><ETag>&quot;${MD5}&quot;</ETag><LastModified>2026-01-01T00:00:00Z</LastModified><StorageClass>STANDARD</StorageClass></Contents></ListBucketResult>`,
      '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>',
      '<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>',
      `<CopyObjectResult><ETag>"${MD5}"</ETag></CopyObjectResult>`,
      `<CompleteMultipartUploadResult><ETag>"${MD5}-2"</ETag></CompleteMultipartUploadResult>`,
      '<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>',
    ],
    run(bytes) {
      for (const status of [200, 403]) readAnswer({ status, headers: {}, body: bytes });
    },
  },
  {
    name: 'answer-headers',
    seeds: [
      `etag: "${MD5}"\ncontent-length: 5\nx-amz-meta-s3cmd-attrs: md5:${MD5}/mode:33188/mtime:1700000000\nx-amz-server-side-encryption: aws:kms`,
      `etag: W/"${MD5}-2"\ncontent-length: 5\nx-amz-meta-md5chksum: ${Buffer.from(MD5, 'hex').toString('base64')}\nx-amz-meta-s3ds-source: md5:${OTHER}/size:7/encoding:br\nx-amz-meta-__proto__: a`,
    ],
    run(bytes) {
      const headers: Record<string, string> = Object.create(null);
      for (const line of linesOf(bytes)) {
        const at = line.indexOf(': ');
        if (at > 0) headers[line.slice(0, at).toLowerCase()] = line.slice(at + 2);
      }
      readAnswer({ status: 200, headers, body: Buffer.alloc(0) });
      const head = orRefused(AnswerError, () => readHead({ status: 200, headers, body: Buffer.alloc(0) }));
      const metadata = new Map(Object.entries(head?.Metadata ?? {}));
      const etag = parseETag(head?.ETag) ?? (MD5 as string as ETag);
      const said = { etag, metadata, encryption: head?.ServerSideEncryption };
      storedSource(said);
      copiedFrom(said);
      isClean();
    },
  },
  {
    name: 's3cmd-attrs',
    seeds: [
      `md5:${MD5}/mode:33188/mtime:1700000000`,
      `uid:0/gname:root/md5:${MD5}`,
      `md5:${OTHER}/size:7/encoding:gzip`,
    ],
    run(bytes) {
      const text = bytes.toString('utf8');
      const metadata = new Map([
        ['s3cmd-attrs', text],
        ['md5chksum', text],
        ['mtime', text],
      ]);
      const md5 = metadataMd5(metadata);
      const { mode = 0, mtime = 0 } = fileAttributes(metadata);
      assert.ok(Number.isSafeInteger(mode) && Number.isFinite(mtime));
      if (md5 !== undefined) {
        const file = { ...FILE, mode, mtimeNs: BigInt(Math.floor(mtime)) * 1_000_000_000n };
        const written = new Map([['s3cmd-attrs', formatAttributes(md5, file)]]);
        assert.equal(metadataMd5(written), md5);
        assert.deepEqual(fileAttributes(written), { mode, mtime: Math.floor(mtime) });
      }
      const source = parseSource(text);
      if (source !== undefined)
        assert.equal(formatSource({ ...source, source: { size: source.size } }), text);
    },
  },
  {
    name: 'etag',
    seeds: [`"${MD5}"`, `W/"${MD5}-12"`, `${MD5}-10000`, '""', '"', 'abc'],
    run(bytes) {
      const text = bytes.toString('latin1');
      const etag = parseETag(text);
      parseMd5(text);
      if (etag === undefined) return;
      assert.ok(etag.length > 0);
      assert.equal(parseETag(`"${etag}"`), etag);
      const kind = classifyETag(etag);
      if (kind.kind !== 'multipart') return;
      for (const size of [1, 5 * 1024 ** 2, 2 ** 40])
        for (const part of candidatePartSizes(size, kind.parts)) assert.ok(part > 0);
    },
  },
  {
    name: 'layout',
    seeds: ['12x8388608+1x77', '1x0', '10000x1'],
    run(bytes) {
      const text = bytes.toString('latin1');
      const layout = parseLayout(text);
      if (layout === undefined) return;
      assert.deepEqual(parseLayout(formatLayout(layout)), layout);
    },
  },
  {
    name: 'chunks',
    // Of an object, of a file, and what the file is longer than its chunks by now.
    seeds: [
      [chunksText(40), chunksText(40, 20), '0'].join('\n'),
      [chunksText(12), chunksText(30), '-9000000'].join('\n'),
      [chunksText(1), chunksText(2), '5'].join('\n'),
    ],
    run(bytes) {
      const [theirs = '', ours = '', more = ''] = bytes.toString('latin1').split('\n');
      const [object, file] = [theirs, ours].map((text) => {
        assert.equal(parseChunks(text, saidSize(text) + 1), undefined);
        const chunks = parseChunks(text, saidSize(text));
        if (chunks !== undefined) assert.deepEqual(parseChunks(formatChunks(chunks), saidSize(text)), chunks);
        return chunks;
      });
      if (object === undefined || file === undefined) return;
      const grown = Number.parseInt(more, 10);
      planFrom(saidSize(ours), file, object);
      planFrom(Math.max(1, saidSize(ours) + (Number.isSafeInteger(grown) ? grown : 0)), file, object);
      planFrom(saidSize(theirs), object, object);
    },
  },
  {
    name: 'cutting',
    seeds: [Array.from({ length: 400 }, (_, i) => `line ${i * i}`).join('\n'), '\0'.repeat(1000)],
    run(bytes) {
      const cut = (file: Buffer, block: number, older?: Chunks): Chunks =>
        cutChunks(file.length, 16, (offset) => file.subarray(offset, offset + block), older);
      const chunks = cut(bytes, 64);
      const at = (bytes[0] ?? 0) % (bytes.length + 1);
      assert.deepEqual(cut(bytes, 1 + at), chunks);
      for (const other of [bytes, bytes.subarray(at), Buffer.concat([bytes.subarray(at), bytes])])
        assert.deepEqual(cut(bytes, 64, cut(other, 64)), chunks);
      let start = 0;
      for (const [i, size] of chunks.sizes.entries()) {
        const isLast = i === chunks.sizes.length - 1;
        assert.ok(size <= 128 && (size >= 32 || isLast));
        assert.equal(crc32(bytes.subarray(start, start + size)), chunks.sums[i]);
        start += size;
      }
      assert.equal(start, bytes.length);
    },
  },
  {
    name: 'index',
    seeds: [
      indexed([
        '{"machine":"m","destination":"s3://b/p/","writtenNs":"5","deploys":2}',
        `{"key":"p/a","etag":"${MD5}-2","size":9,"md5":"${MD5}","parts":"1x8+1x1","headers":"h","x":1}`,
      ]).toString(),
    ],
    run(bytes) {
      readIndex(bytes);
      isClean();
    },
  },
  {
    name: 'index-lines',
    seeds: [
      [
        '{"machine":"m","destination":"s3://b/p/","writtenNs":"5","deploys":2}',
        `{"key":"p/a","etag":"${MD5}-2","size":9,"md5":"${MD5}","parts":"1x8+1x1","headers":"h","source":"s","class":"STANDARD","modified":1,"written":2,"chunks":"CAAAAAEAAAABAAAAAgAAAA==","__proto__":{"a":1}}`,
        `{"path":"/r/a","size":9,"mtimeNs":"1","ctimeNs":"-2","ino":"3","md5":"${MD5}"}`,
        `{"objects":{"key":["p/b","p/c"],"size":[1,2],"md5":"${MD5}${MD5}","etag":"${MD5}${MD5}","headers":[["h"],[0,-1]],"modified":[1,-1],"written":[-1,2]}}`,
        `{"files":{"path":["/r/b"],"size":[1],"md5":"${MD5}","mtimeNs":"AQAAAAAAAAA=","ctimeNs":"AQAAAAAAAAA=","ino":"AwAAAAAAAAA="}}`,
        `{"upload":"id","key":"p/a","md5":"${MD5}","size":9,"parts":"1x8+1x1","headers":"h","begun":7,"process":"p.1.1"}`,
        `{"pending":"p/gone","etag":"${MD5}","since":1,"deploys":2}`,
        '{"invalidation":"E2EXAMPLE","paths":["/a","/b/*"]}',
        '{"destination":"s3://other/p/"}',
      ].join('\n'),
    ],
    run(bytes) {
      readIndex(indexed(linesOf(bytes)));
      isClean();
    },
  },
  {
    name: 'plan',
    seeds: [
      [
        '{"format":"s3-dedup-sync-plan","version":1,"destination":"s3://b/p/","endpoint":"","ranks":["new keys","deletes"],"unchanged":{"files":1,"bytes":2},"kept":{"files":0,"bytes":0}}',
        `{"key":"p/a","reason":"new","rank":0,"bytes":1,"action":"upload","file":{"name":"a","size":1,"page":"a.html"},"md5":"${MD5}","condition":{"ifNoneMatch":"*"},"staged":true,"headers":{"content-type":"text/plain","x-amz-meta-a_b":"c"},"phase":0}`,
        `{"key":"p/b","reason":"exists","rank":0,"bytes":1,"action":"copy","file":{"name":"b","size":1},"md5":"${MD5}","condition":{"ifMatch":"x"},"staged":false,"source":{"kind":"object","key":"old","etag":"${MD5}","size":1,"bucket":{"name":"other","expectedOwner":"123456789012","requesterPays":true}},"headers":{},"phase":1}`,
        `{"key":"p/z","reason":"absent","rank":1,"bytes":5,"action":"delete","etag":"${MD5}","phase":0}`,
        '',
      ].join('\n'),
    ],
    run(bytes) {
      const read = orRefused(PlanFileError, () => parsePlan(bytes));
      isClean();
      if (read === undefined) return;
      const { destination, endpoint, plan, headers, preserve } = read;
      const headersOf = ({ name }: { readonly name: string }): HeaderSet => headers.get(name) ?? {};
      const decided = { headersOf, stored: new Map(), preserve };
      const again = parsePlan(Buffer.from([...formatPlan(destination, endpoint, plan, decided)].join('')));
      assert.deepEqual({ ...again, id: '' }, { ...read, id: '' });
    },
  },
  {
    name: 'results',
    seeds: [
      [
        `{"format":"s3-dedup-sync-results","version":1,"plan":"${'f'.repeat(64)}","shard":{"number":1,"of":2},"attempt":7}`,
        `{"key":"p/a","action":"upload","uploadId":"id","encryption":"AES256","parts":[{"number":1,"etag":"${MD5}"},{"number":2,"etag":"x","boundBySource":true}],"etag":"${MD5}-2","size":10,"md5":"${MD5}","crc32":"AAAAAA==","layout":"2x5"}`,
        '{"end":1}',
        '',
      ].join('\n'),
      `{"format":"s3-dedup-sync-published","version":1,"plan":"${'f'.repeat(64)}"}\n{"key":"p/a","etag":"${MD5}"}\n{"end":1}\n`,
    ],
    run(bytes) {
      const read = orRefused(PlanFileError, () => parseResults(bytes));
      isClean();
      if (read === undefined) return;
      const lines = 'keys' in read ? formatPublished(read) : formatResults(read);
      assert.deepEqual(parseResults(Buffer.from([...lines].join(''))), read);
    },
  },
  {
    name: 'headers',
    seeds: [
      '# why\n/assets/*\n  Cache-Control: public, max-age=31536000\n  ! X-Robots-Tag\n/:lang/docs/*\n  Content-Language: :lang\n  x-amz-meta-from: :splat\n  x-amz-meta-__proto__: a',
      '/*\n  x-amz-tagging: a=b&c=:splat\n  x-amz-acl: public-read\n  Expires: Thu, 01 Dec 2033 16:00:00 GMT\nhttps://x.pages.dev/*\n  X-Frame-Options: DENY',
    ],
    run(bytes) {
      const text = bytes.toString('utf8');
      for (const author of ['inline', 'file'] as const) {
        const { rules, problems } = parseHeaderRules(text, author);
        for (const { message } of problems) assert.doesNotMatch(message, /[\r\n]/);
        for (const name of NAMES) {
          // What is in no header: it would end it, and begin another one.
          for (const [, value] of applyHeaderRules(rules, [name]).headers)
            assert.doesNotMatch(value ?? '', /[\r\n\0]/, 'a value of several lines');
        }
      }
      isClean();
    },
  },
  {
    name: 'redirects',
    seeds: [
      '/old /new 301\n/a/ https://example.com/b # why\n/%C3%A9 /e 301!',
      '/x/* /y/:splat 200\n/a b=1 /c',
    ],
    run(bytes) {
      const { redirects, problems } = parseRedirects(bytes.toString('utf8'));
      for (const { message } of problems) assert.doesNotMatch(message, /[\r\n]/);
      for (const { name, target } of redirects) {
        assert.ok(name !== '' && Buffer.byteLength(name) <= 1024);
        assert.doesNotMatch(`${name}${target}`, /[\r\n\0]/);
      }
    },
  },
  {
    name: 'excludes',
    seeds: [
      '*.map\n!keep.map\n/private/\n**/a/**/b/**\n\\#x\\ \n[a-z]?\\[\n\na/b.map\nprivate/x\nc/../a',
      `**/a/**/a/**/a/**/b\n*a*a*a*b\n\n${'a/'.repeat(500)}a\n${'a'.repeat(250)}`,
    ],
    run(bytes) {
      const [rules, names] = halves(bytes);
      orRefused(SyncError, () => {
        const excludes = parseExcludes(rules.split('\n'));
        for (const name of names.split('\n')) {
          if (name === '') continue;
          for (const directory of [true, false])
            assert.equal(
              typeof excludes?.(name.slice(0, 1024), directory),
              excludes === undefined ? 'undefined' : 'boolean',
            );
        }
      });
    },
  },
  {
    name: 'publish-last',
    seeds: ['default\n*.html\n/index.html\n\nindex.html\na/repodata/repomd.xml\nlatest/x\nsw.js'],
    run(bytes) {
      const [lines, names] = halves(bytes);
      orRefused(SyncError, () => {
        const { rankOf, deleteRank } = publishOrder(lines.split('\n'));
        for (const name of names.split('\n')) {
          if (name === '') continue;
          for (const isNew of [true, false]) {
            const rank = rankOf(name.slice(0, 1024), isNew);
            assert.ok(rank >= 0 && rank < deleteRank);
          }
        }
      });
    },
  },
  {
    name: 'destinations',
    seeds: [
      's3://bucket/some/prefix region=eu-west-1 whole-bucket=true',
      's3://bucket/"a b" endpoint-url=https://u:p@host "max-delete=5%"',
      'arn:aws:s3:eu-west-1:123456789012:accesspoint/name/prefix',
    ],
    run(bytes) {
      for (const line of linesOf(bytes)) {
        for (const lenient of [true, false]) {
          const read = orRefused(SyncError, () => parseDestinationLine('mirrors', line, () => lenient));
          if (read?.prefix !== undefined) assert.match(read.prefix, /^[^/].*\/$/s);
        }
      }
    },
  },
  {
    name: 'inputs',
    seeds: [
      'mirrors=s3://mirror-bucket/p region=eu-west-1\nmax-delete=5 %\ndelete-grace=3 deploys\ndelete-after=true\nindex=/i\nprefix=p',
      'endpoint-url=https://minio.example.com\nread-timeout=5 min\nconcurrency=auto\ninvalidate=E2EXAMPLE123\ninvalidate-paths=/x/{key}\ncopy-min-size=64 KiB',
      'source=s3://from/p region=x\ndestination=out\nlocal-duplicates=link\nretain=*.zip\nheaders=/*\n',
      'compress=*.js encoding=br\ncopy-from=s3://b2/q requester-pays=true\nallowed-account-ids=123456789012\nrole-to-assume=arn:aws:iam::123456789012:role/r',
    ],
    async run(bytes) {
      try {
        await parseOptions(rawInputs(bytes), CONTEXT);
      } catch (error) {
        isRefusal(SyncError, error);
      }
    },
  },
  {
    name: 'names',
    seeds: ['a/b', '../x', 'a/./b', '/etc/passwd', 'C:\\x', 'con.txt', 'a\0b', 'a/'],
    run(bytes) {
      for (const platform of ['linux', 'win32', 'darwin'] as const) {
        const name = bytes.toString('utf8');
        if (whyNoFile(name, '/target', platform) !== undefined) continue;
        const segments = name.split('/');
        assert.ok(segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..'));
        if (platform === 'win32') assert.doesNotMatch(name, /[\\:]/);
      }
    },
  },
  {
    name: 'lock',
    seeds: [
      '{"owner":"https://github.com/o/r/actions/runs/1","expires":1700000000000}',
      '{"owner":"a\\nb","expires":1e300}',
    ],
    run(bytes) {
      const lease = parseLease(bytes);
      if (lease === undefined) return;
      assert.doesNotMatch(lease.owner, /[\r\n]/);
      assert.doesNotThrow(() => new Date(lease.expires).toISOString());
    },
  },
  {
    name: 'manifests',
    seeds: [
      '{"main.js":{"file":"assets/main-Bq1Xy9aZ.js","src":"main.ts","css":["assets/a-12345678.css"]}}',
      '{"files":{"main.js":"/static/js/main.0123abcd.js"}}',
    ],
    run(bytes) {
      let manifest: unknown;
      try {
        manifest = JSON.parse(bytes.toString('utf8'));
      } catch {
        return;
      }
      for (const { source, output } of outputsOf(manifest))
        assert.ok(typeof source === 'string' && typeof output === 'string');
      isClean();
    },
  },
];
