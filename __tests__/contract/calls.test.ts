import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import fc from 'fast-check';
import { HttpProxyAgent } from 'http-proxy-agent';
import { md5Of } from '../../src/model/digest.js';
import type { ObjectKey } from '../../src/model/object-key.js';
import type { Connection } from '../../src/model/options.js';
import { BoundedHandler } from '../../src/store/bounded-handler.js';
import type { S3Calls } from '../../src/store/calls.js';
import { SilentLogger } from '../../src/store/credentials.js';
import type { Connecting } from '../../src/store/exchange.js';
import { LeanCalls } from '../../src/store/lean-calls.js';
import { providerOf } from '../../src/store/providers.js';
import { RareCalls } from '../../src/store/rare-calls.js';
import { S3Store } from '../../src/store/s3-store.js';
import { SdkCalls } from '../../src/store/sdk-calls.js';
import type { SigningCredentials } from '../../src/store/sign.js';
import { toStoreError } from '../../src/store/store-errors.js';
import { resolveTarget } from '../../src/store/target.js';
import { Ways } from '../../src/store/ways.js';

/**
 * The two ways of sending a call, against a server that answers what a test says: they ask for the same, and make the
 * same of every answer.
 */
interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Respond = (response: ServerResponse, request: IncomingMessage) => void;

let server: Server;
let respond: Respond;
let received: Received[] = [];
let client: S3Client;
let clientLike: () => S3ClientConfig;
let connecting: Connecting;
let lean: S3Calls;
let sdk: S3Calls;
const notices: (string | undefined)[] = [];
const { signal } = new AbortController();

const connectionOf = (): Connection => ({
  region: 'eu-west-1',
  allowedAccountIds: [],
  requesterPays: false,
  concurrency: 4,
  maxAttempts: 1,
  connectTimeoutMs: 5_000,
  readTimeoutMs: 5_000,
});

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      received.push({
        method,
        url,
        headers: headers as Record<string, string>,
        body: Buffer.concat(chunks).toString('latin1'),
      });
      respond(response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const way = new Ways(connectionOf());
  connecting = await way.to(endpoint);
  clientLike = () => ({
    endpoint,
    region: 'eu-west-1',
    forcePathStyle: true,
    maxAttempts: 1,
    requestHandler: new BoundedHandler(way),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
    credentials: { accessKeyId: 'A', secretAccessKey: 'S', sessionToken: 'T' },
  });
  client = new S3Client(clientLike());
  sdk = new SdkCalls(client);
  const target = await resolveTarget(client, 'bucket');
  if (target === undefined) throw new Error('the lean path knows no target');
  lean = new LeanCalls({
    client,
    target,
    connecting,
    notice: ({ server }) => notices.push(server as string | undefined),
  });
});

afterAll(async () => {
  client.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const answer =
  (status: number, body = '', headers: Readonly<Record<string, string>> = {}): Respond =>
  (response) =>
    response.writeHead(status, headers).end(body);

const NS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const every = fc.record(
  { ExpectedBucketOwner: fc.constant('123456789012'), RequestPayer: fc.constant('requester' as const) },
  { requiredKeys: [] },
);
const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
const word = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
const condition = fc.oneof(
  fc.constant({}),
  fc.constant({ IfNoneMatch: '*' }),
  word.map((etag) => ({ IfMatch: `"${etag}"` })),
);
const object = fc.record(
  {
    ACL: fc.constant('private' as const),
    CacheControl: word,
    ContentDisposition: word,
    ContentEncoding: word,
    ContentLanguage: word,
    ContentType: fc.oneof(word, fc.constant('')),
    Expires: fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
    Metadata: fc.dictionary(fc.stringMatching(/^[A-Za-z][a-z0-9-]{0,10}$/), fc.oneof(word, fc.constant('')), {
      maxKeys: 4,
    }),
    SSEKMSKeyId: word,
    ServerSideEncryption: fc.constant('aws:kms' as const),
    StorageClass: fc.constant('STANDARD_IA' as const),
    Tagging: word,
    WebsiteRedirectLocation: word.map((path) => `/${path}`),
  },
  { requiredKeys: [] },
);
const body = fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes));
const source = fc.record(
  {
    CopySource: word,
    CopySourceIfMatch: word,
    ExpectedSourceBucketOwner: fc.constant('210987654321'),
  },
  { requiredKeys: ['CopySource', 'CopySourceIfMatch'] },
);
const upload = fc.record({ Key: key, UploadId: word, PartNumber: fc.integer({ min: 1, max: 10_000 }) });
const in200 = (root: string, inside: string): Respond =>
  answer(200, `<?xml version="1.0"?><${root} ${NS}>${inside}</${root}>`, { etag: '"e"' });

/** A call with any input, and an answer to it that is one. */
interface Case {
  readonly name: string;
  readonly run: (calls: S3Calls) => Promise<unknown>;
  readonly respond: Respond;
}

const cases: fc.Arbitrary<Case> = fc.oneof(
  fc
    .record({
      every,
      Prefix: key,
      further: fc.record({ ContinuationToken: word, Delimiter: word, StartAfter: key }, { requiredKeys: [] }),
    })
    .map(({ every: base, Prefix, further }) => ({
      name: 'listObjectsV2',
      run: (calls: S3Calls) =>
        calls.listObjectsV2({ Bucket: 'bucket', ...base, Prefix, EncodingType: 'url', ...further }, signal),
      respond: in200('ListBucketResult', '<IsTruncated>false</IsTruncated>'),
    })),
  fc.record({ every, key }).map(({ every: base, key: Key }) => ({
    name: 'headObject',
    run: (calls: S3Calls) => calls.headObject({ Bucket: 'bucket', ...base, Key }, signal),
    respond: answer(200, '', { etag: '"e"' }),
  })),
  fc.record({ every, key, etag: word, range: fc.boolean() }).map((all) => ({
    name: 'getObject',
    run: (calls: S3Calls) =>
      calls.getObject(
        {
          Bucket: 'bucket',
          ...all.every,
          Key: all.key,
          IfMatch: `"${all.etag}"`,
          ...(all.range ? { Range: 'bytes=3-9' } : {}),
        },
        1000,
        signal,
      ),
    respond: answer(all.range ? 206 : 200, '<Error>', { etag: '"e"' }),
  })),
  fc.record({ every, key, object, condition, body, md5: word }).map((all) => ({
    name: 'putObject',
    run: (calls: S3Calls) =>
      calls.putObject(
        {
          Bucket: 'bucket',
          ...all.every,
          Key: all.key,
          ...all.object,
          ...all.condition,
          Body: all.body,
          ContentLength: all.body.length,
          ContentMD5: all.md5,
        },
        signal,
      ),
    respond: answer(200, '', { etag: '"e"' }),
  })),
  fc.record({ every, key, object, condition, source, own: fc.boolean() }).map((all) => ({
    name: 'copyObject',
    run: (calls: S3Calls) =>
      calls.copyObject(
        {
          Bucket: 'bucket',
          ...all.every,
          Key: all.key,
          ...all.object,
          ...all.condition,
          ...all.source,
          MetadataDirective: 'REPLACE',
          ...(all.own ? { AnnotationDirective: 'EXCLUDE' as const } : { TaggingDirective: 'COPY' as const }),
        },
        signal,
      ),
    respond: in200('CopyObjectResult', '<ETag>"e"</ETag>'),
  })),
  fc.record({ every, key, object, crc: fc.boolean() }).map((all) => ({
    name: 'createMultipartUpload',
    run: (calls: S3Calls) =>
      calls.createMultipartUpload(
        {
          Bucket: 'bucket',
          ...all.every,
          Key: all.key,
          ...all.object,
          ...(all.crc ? { ChecksumAlgorithm: 'CRC32' as const, ChecksumType: 'FULL_OBJECT' as const } : {}),
        },
        signal,
      ),
    respond: in200('InitiateMultipartUploadResult', '<UploadId>u</UploadId>'),
  })),
  fc.record({ every, upload, body, md5: word }).map((all) => ({
    name: 'uploadPart',
    run: (calls: S3Calls) =>
      calls.uploadPart(
        {
          Bucket: 'bucket',
          ...all.every,
          ...all.upload,
          Body: all.body,
          ContentLength: all.body.length,
          ContentMD5: all.md5,
        },
        signal,
      ),
    respond: answer(200, '', { etag: '"e"' }),
  })),
  fc.record({ every, upload, source, range: fc.boolean() }).map((all) => ({
    name: 'uploadPartCopy',
    run: (calls: S3Calls) =>
      calls.uploadPartCopy(
        {
          Bucket: 'bucket',
          ...all.every,
          ...all.upload,
          ...all.source,
          ...(all.range ? { CopySourceRange: 'bytes=0-9' } : {}),
        },
        signal,
      ),
    respond: in200('CopyPartResult', '<ETag>&quot;e&quot;</ETag>'),
  })),
  fc
    .record({ every, key, id: word, condition, etags: fc.array(word, { minLength: 1 }), crc: fc.boolean() })
    .map((all) => ({
      name: 'completeMultipartUpload',
      run: (calls: S3Calls) =>
        calls.completeMultipartUpload(
          {
            Bucket: 'bucket',
            ...all.every,
            Key: all.key,
            UploadId: all.id,
            ...all.condition,
            MultipartUpload: { Parts: all.etags.map((ETag, i) => ({ ETag, PartNumber: i + 1 })) },
            ...(all.crc ? { ChecksumCRC32: 'AAAAAA==', ChecksumType: 'FULL_OBJECT' as const } : {}),
          },
          signal,
        ),
      respond: in200('CompleteMultipartUploadResult', '<ETag>"e-1"</ETag>'),
    })),
  fc.record({ every, key, etag: word }).map((all) => ({
    name: 'deleteObject',
    run: (calls: S3Calls) =>
      calls.deleteObject({ Bucket: 'bucket', ...all.every, Key: all.key, IfMatch: `"${all.etag}"` }, signal),
    respond: answer(204),
  })),
  fc.record({ every, objects: fc.array(fc.tuple(key, word), { minLength: 1 }) }).map((all) => ({
    name: 'deleteObjects',
    run: (calls: S3Calls) =>
      calls.deleteObjects(
        {
          Bucket: 'bucket',
          ...all.every,
          Delete: { Quiet: false, Objects: all.objects.map(([Key, ETag]) => ({ Key, ETag })) },
        },
        signal,
      ),
    respond: in200('DeleteResult', ''),
  })),
);

/** What the SDK says of itself, and what a signature makes of the moment. */
const OF_NO_ACCOUNT = /^(amz-sdk-|x-amz-user-agent$|user-agent$|x-amz-date$|authorization$)/;

/** XML that a parser makes the same of. */
const NAMED = /&(amp|lt|gt|quot|apos);/g;
const CODES: Readonly<Record<string, string>> = { amp: '26', lt: '3C', gt: '3E', quot: '22', apos: '27' };

function comparable({ method, url, headers, body: sent }: Received): unknown {
  const { pathname, searchParams } = splitUrl(url);
  searchParams.delete('x-id');
  searchParams.sort();
  const isXml = headers['content-type'] === 'application/xml';
  const kept = Object.entries(headers).filter(
    ([name]) =>
      !OF_NO_ACCOUNT.test(name) && !(isXml && /^(content-(length|md5)|x-amz-content-sha256)$/.test(name)),
  );
  return {
    method,
    pathname,
    query: [...searchParams],
    headers: Object.fromEntries(kept),
    body: isXml
      ? sent.replace(NAMED, (_, name: string) => `&#x${CODES[name]};`).replaceAll('&#x0', '&#x')
      : sent,
  };
}

/** As it was sent: `URL` would take `..` out of the path. */
function splitUrl(url: string): { pathname: string; searchParams: URLSearchParams } {
  const [pathname = '', query = ''] = url.split('?');
  return { pathname, searchParams: new URLSearchParams(query) };
}

describe('both ways', () => {
  test('ask for the same, whatever is asked for', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        respond = one.respond;
        received = [];
        const answers = [await one.run(sdk), await one.run(lean)];
        const [theirs, ours] = received;
        expect(received.length).toBe(2);
        expect(comparable(ours!)).toEqual(comparable(theirs!));
        expect(ours!.headers.authorization).toMatch(
          /^AWS4-HMAC-SHA256 Credential=A\/\d{8}\/eu-west-1\/s3\/aws4_request, /,
        );
        expect(understood(answers[1])).toEqual(pick(answers[0], answers[1]));
        seen.add(one.name);
      }),
      { numRuns: 600 },
    );
    expect(seen.size).toBe(11);
  });
});

/** Without what is undefined. */
function understood(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

/** Of the SDK's answer, what ours has too; empty lists, sets and nothing are one. */
function pick(theirs: unknown, ours: unknown): unknown {
  if (Array.isArray(ours)) {
    const list = Array.isArray(theirs) ? theirs : [];
    expect(list.length).toBe(ours.length);
    return ours.map((item, i) => pick(list[i], item));
  }
  if (typeof ours !== 'object' || ours === null || ours instanceof Date || Buffer.isBuffer(ours))
    return understood(theirs);
  const entries = Object.entries(ours)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, pick((theirs as Record<string, unknown> | undefined)?.[name], value)]);
  return Object.fromEntries(entries);
}

const base = { Bucket: 'bucket' } as const;
const run: Readonly<Record<string, (calls: S3Calls) => Promise<unknown>>> = {
  ListObjectsV2: (calls) => calls.listObjectsV2({ ...base, Prefix: 'p/', EncodingType: 'url' }, signal),
  HeadObject: (calls) => calls.headObject({ ...base, Key: 'k' }, signal),
  GetObject: (calls) => calls.getObject({ ...base, Key: 'k', IfMatch: '"e"' }, 2_000, signal),
  PutObject: (calls) =>
    calls.putObject(
      { ...base, Key: 'k', Body: Buffer.from('b'), ContentLength: 1, ContentMD5: 'kutfr1eNs0N8E0RhaiDtsA==' },
      signal,
    ),
  CopyObject: (calls) => calls.copyObject({ ...base, Key: 'k', CopySource: 'bucket/s' }, signal),
  CreateMultipartUpload: (calls) => calls.createMultipartUpload({ ...base, Key: 'k' }, signal),
  UploadPartCopy: (calls) =>
    calls.uploadPartCopy({ ...base, Key: 'k', UploadId: 'u', PartNumber: 1, CopySource: 'bucket/s' }, signal),
  CompleteMultipartUpload: (calls) =>
    calls.completeMultipartUpload(
      { ...base, Key: 'k', UploadId: 'u', MultipartUpload: { Parts: [{ ETag: 'e', PartNumber: 1 }] } },
      signal,
    ),
  DeleteObject: (calls) => calls.deleteObject({ ...base, Key: 'k' }, signal),
  DeleteObjects: (calls) =>
    calls.deleteObjects({ ...base, Delete: { Objects: [{ Key: 'k', ETag: 'e' }] } }, signal),
};

async function outcome(operation: string, calls: S3Calls): Promise<unknown> {
  try {
    return { answered: await run[operation]!(calls) };
  } catch (thrown) {
    const { kind, code, status, message } = toStoreError(operation, thrown);
    return { kind, code, status, message };
  }
}

const error = (code: string, message = 'm'): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message><RequestId>r</RequestId></Error>`;
const cut: Respond = (response) => {
  response.writeHead(200, { 'content-length': '1000', etag: '"e"' });
  response.write('<?xml version="1.0"?><CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>');
  setTimeout(() => response.destroy(), 20);
};
const listing = (inside: string): Respond =>
  answer(200, `<ListBucketResult ${NS}>${inside}</ListBucketResult>`);
const entry = (inside: string): string => `<Contents>${inside}</Contents>`;

/** Operation, answer, and what becomes of it by either way. */
const refusals: readonly (readonly [string, string, Respond, Readonly<Record<string, unknown>>])[] = [
  [
    'PutObject',
    'a 412',
    answer(412, error('PreconditionFailed')),
    { kind: 'condition', code: 'PreconditionFailed', status: 412, message: 'm' },
  ],
  ['PutObject', 'a wrong digest', answer(400, error('BadDigest')), { kind: 'digest', status: 400 }],
  [
    'PutObject',
    'a message of several lines',
    answer(403, error('AccessDenied', 'a\n\n b &amp; c')),
    { kind: 'denied', code: 'AccessDenied', message: 'a b & c' },
  ],
  [
    'PutObject',
    'another region',
    answer(301, error('PermanentRedirect'), { 'x-amz-bucket-region': 'eu-north-1' }),
    { kind: 'fatal', code: 'PermanentRedirect', status: 301, message: 'the bucket is in region eu-north-1' },
  ],
  [
    'PutObject',
    'a redirect to follow',
    answer(307, error('TemporaryRedirect'), { location: 'http://127.0.0.1:1/' }),
    { kind: 'fatal', status: 307 },
  ],
  [
    'PutObject',
    'a login page',
    answer(302, '', { location: 'http://127.0.0.1:1/' }),
    { kind: 'fatal', status: 302 },
  ],
  [
    'PutObject',
    'expired credentials',
    answer(400, error('ExpiredToken')),
    { kind: 'fatal', code: 'ExpiredToken' },
  ],
  ['PutObject', 'SlowDown', answer(503, error('SlowDown')), { kind: 'throttled', code: 'SlowDown' }],
  [
    'PutObject',
    "a proxy's 502",
    answer(502, '<html><body>Bad Gateway</body></html>'),
    { kind: 'server', status: 502 },
  ],
  ['PutObject', 'a 503 without a word', answer(503), { kind: 'throttled', status: 503 }],
  [
    'PutObject',
    'a bomb in a 500',
    answer(500, `<!DOCTYPE a [<!ENTITY b "c">]><Error><Code>&b;</Code></Error>`),
    { kind: 'server', status: 500 },
  ],
  ['PutObject', 'a 409', answer(409, error('ConditionalRequestConflict')), { kind: 'server', status: 409 }],
  ['PutObject', 'a 404 to If-Match', answer(404, error('NoSuchKey')), { kind: 'condition', status: 404 }],
  ['PutObject', 'no such bucket', answer(404, error('NoSuchBucket')), { kind: 'fatal', status: 404 }],
  ['GetObject', 'a 412', answer(412, error('PreconditionFailed')), { kind: 'condition', status: 412 }],
  ['GetObject', 'a 404', answer(404, error('NoSuchKey')), { status: 404, code: 'NoSuchKey' }],
  ['GetObject', 'a 403', answer(403, error('AccessDenied')), { kind: 'denied' }],
  ['GetObject', 'SlowDown', answer(503, error('SlowDown')), { kind: 'throttled' }],
  [
    'GetObject',
    'an archived object',
    answer(403, error('InvalidObjectState')),
    { code: 'InvalidObjectState' },
  ],
  ['GetObject', 'a body that is cut short', cut, { kind: 'network' }],
  [
    'GetObject',
    'a body that is too long',
    answer(200, 'x'.repeat(2_001), { etag: '"e"' }),
    { kind: 'network' },
  ],
  ['HeadObject', 'a 404', answer(404), { status: 404 }],
  ['HeadObject', 'a 403', answer(403), { kind: 'denied', status: 403 }],
  [
    'HeadObject',
    'a 301',
    answer(301, '', { 'x-amz-bucket-region': 'eu-north-1' }),
    { kind: 'fatal', message: 'the bucket is in region eu-north-1' },
  ],
  [
    'CopyObject',
    'a source that changed',
    answer(412, error('PreconditionFailed')),
    { kind: 'source', status: 412 },
  ],
  ['CopyObject', 'a source that is gone', answer(404, error('NoSuchKey')), { kind: 'source', status: 404 }],
  [
    'CopyObject',
    'an error in a 200',
    answer(200, error('InternalError')),
    { kind: 'server', code: 'InternalError' },
  ],
  [
    'CopyObject',
    'SlowDown in a 200',
    answer(200, error('SlowDown')),
    { kind: 'throttled', code: 'SlowDown' },
  ],
  ['CopyObject', 'a 200 of nothing', answer(200), { kind: 'server' }],
  ['CopyObject', 'a 200 that is cut short', cut, { kind: 'network' }],
  [
    'UploadPartCopy',
    'an error in a 200',
    answer(200, error('InternalError')),
    { kind: 'server', code: 'InternalError' },
  ],
  ['UploadPartCopy', 'a 200 that is cut short', cut, { kind: 'network' }],
  [
    'CompleteMultipartUpload',
    'an error in a 200, after blanks',
    answer(200, `<?xml version="1.0"?>\n \n <Error><Code>InternalError</Code><Message>m</Message></Error>`),
    { kind: 'server', code: 'InternalError' },
  ],
  ['CompleteMultipartUpload', 'a 200 that is cut short', cut, { kind: 'network' }],
  [
    'CompleteMultipartUpload',
    'an upload that is gone',
    answer(404, error('NoSuchUpload')),
    { kind: 'no-upload' },
  ],
  [
    'CompleteMultipartUpload',
    'a write in between',
    answer(409, error('ConditionalRequestConflict')),
    { kind: 'condition' },
  ],
  ['DeleteObject', 'a 412', answer(412, error('PreconditionFailed')), { kind: 'condition' }],
  ['DeleteObjects', 'a 403', answer(403, error('AccessDenied')), { kind: 'denied', code: 'AccessDenied' }],
  ['ListObjectsV2', 'a 403', answer(403, error('AccessDenied')), { kind: 'denied' }],
  ['ListObjectsV2', 'no such bucket', answer(404, error('NoSuchBucket')), { kind: 'fatal' }],
  [
    'ListObjectsV2',
    'half a page',
    (response) => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' });
      response.write('<ListBucketResult>');
      setTimeout(() => response.destroy(), 20);
    },
    { kind: 'network' },
  ],
];

/** What the SDK's parser takes or does not look at, and ours refuses: lost answers, never a guess. */
const strict: readonly (readonly [string, string, Respond])[] = [
  ['CopyObject', 'another document', answer(200, '<ListBucketResult><ETag>"e"</ETag></ListBucketResult>')],
  [
    'CopyObject',
    'two ETags',
    answer(200, '<CopyObjectResult><ETag>"a"</ETag><ETag>"b"</ETag></CopyObjectResult>'),
  ],
  ['CompleteMultipartUpload', 'HTML', answer(200, '<!doctype html><html></html>')],
  ['CreateMultipartUpload', 'JSON', answer(200, '{"UploadId":"u"}')],
  ['DeleteObjects', 'a web page', answer(200, '<html><body>welcome</body></html>')],
  [
    'DeleteObjects',
    'elements inside a key',
    answer(200, '<DeleteResult><Deleted><Key>k<b/></Key></Deleted></DeleteResult>'),
  ],
  [
    'ListObjectsV2',
    'two keys in an entry',
    listing(
      `<IsTruncated>false</IsTruncated>${entry('<Key>p/a</Key><Key>p/b</Key><Size>1</Size><ETag>"e"</ETag>')}`,
    ),
  ],
  [
    'ListObjectsV2',
    'elements inside a key',
    listing(
      `<IsTruncated>false</IsTruncated>${entry('<Key>p/a<b>c</b></Key><Size>1</Size><ETag>"e"</ETag>')}`,
    ),
  ],
  ['ListObjectsV2', 'two ends', listing('<IsTruncated>false</IsTruncated><IsTruncated>true</IsTruncated>')],
  ['ListObjectsV2', 'an end that is neither', listing('<IsTruncated>maybe</IsTruncated>')],
  [
    'ListObjectsV2',
    'a negative size',
    listing(`<IsTruncated>false</IsTruncated>${entry('<Key>p/a</Key><Size>-1</Size>')}`),
  ],
  [
    'ListObjectsV2',
    'a size in hexadecimal',
    listing(`<IsTruncated>false</IsTruncated>${entry('<Key>p/a</Key><Size>0x10</Size>')}`),
  ],
  [
    'ListObjectsV2',
    'no time',
    listing(`<IsTruncated>false</IsTruncated>${entry('<Key>p/a</Key><LastModified>soon</LastModified>')}`),
  ],
  [
    'ListObjectsV2',
    'bytes that are no UTF-8',
    (response) =>
      response
        .writeHead(200)
        .end(
          Buffer.from(
            '<ListBucketResult><IsTruncated>false</IsTruncated><Prefix>\xff</Prefix></ListBucketResult>',
            'latin1',
          ),
        ),
  ],
  [
    'ListObjectsV2',
    'a bomb',
    answer(
      200,
      '<!DOCTYPE a [<!ENTITY b "c">]><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>',
    ),
  ],
  ['ListObjectsV2', 'deep nesting', listing('<a>'.repeat(100_000))],
];

describe('what an answer means', () => {
  test.each(refusals)('%s, %s: the same by both ways', async (operation, _, answers, expected) => {
    respond = answers;
    for (const calls of [sdk, lean]) expect(await outcome(operation, calls)).toMatchObject(expected);
  });

  test.each(strict)('%s, %s: the lean path refuses what it cannot read', async (operation, _, answers) => {
    respond = answers;
    expect(await outcome(operation, lean)).toMatchObject({ kind: 'server', code: 'InvalidAnswer' });
  });

  test('an object may hold whatever a refusal is written in', async () => {
    const content = error('AccessDenied');
    const length = String(content.length);
    respond = answer(200, content, { etag: '"e"', 'content-length': length });
    for (const calls of [sdk, lean]) {
      const { Body, ETag, ContentLength } = await calls.getObject({ ...base, Key: 'k' }, 2_000, signal);
      expect({ Body: Body.toString(), ETag, ContentLength }).toEqual({
        Body: content,
        ETag: '"e"',
        ContentLength: content.length,
      });
    }
  });

  test('an object that is too long says how long it is', async () => {
    respond = answer(200, 'x'.repeat(2_001), { etag: '"e"', 'content-length': '2001' });
    for (const calls of [sdk, lean]) {
      const got = calls.getObject({ ...base, Key: 'k' }, 2_000, signal);
      await expect(got).rejects.toMatchObject({ name: 'TooLongError', said: 2001 });
    }
  });

  test('a 200 that is no listing is none', async () => {
    respond = answer(200, '<html></html>');
    expect(await outcome('ListObjectsV2', lean)).toEqual({ answered: {} });
  });

  test('a page of a listing and a head, in full', async () => {
    respond = listing(
      `<IsTruncated>true</IsTruncated><EncodingType>url</EncodingType><NextContinuationToken>a&amp;b</NextContinuationToken>${entry(
        '<Key>p/a+b%2B</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified><ETag>&quot;e&quot;</ETag><ChecksumAlgorithm>CRC32</ChecksumAlgorithm><Size>12</Size><Owner><ID>o</ID></Owner><StorageClass>INTELLIGENT_TIERING</StorageClass>',
      )}${entry('<Key>p/b</Key><ETag>f</ETag><Size>0</Size>')}`,
    );
    const pages = [await run.ListObjectsV2!(sdk), await run.ListObjectsV2!(lean)];
    expect(understood(pages[1])).toEqual(pick(pages[0], pages[1]));
    expect(pages[1]).toMatchObject({
      IsTruncated: true,
      Contents: [{ Key: 'p/a+b%2B', Size: 12 }, { Size: 0 }],
    });
    respond = answer(200, '', {
      etag: '"e"',
      'content-length': '12',
      'content-type': 'text/html',
      'cache-control': 'no-cache',
      'content-encoding': 'gzip',
      'content-language': 'de',
      'content-disposition': 'inline',
      expires: 'never',
      'x-amz-meta-Some-Name': 'value',
      'x-amz-storage-class': 'STANDARD_IA',
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'arn',
      'x-amz-website-redirect-location': '/x',
    });
    const heads = [await run.HeadObject!(sdk), await run.HeadObject!(lean)];
    expect(understood(heads[1])).toEqual(pick(heads[0], heads[1]));
    expect(heads[1]).toMatchObject({ ContentLength: 12, Metadata: { 'some-name': 'value' } });
  });
});

describe('the lean path', () => {
  test('tells who answers, whatever the answer is', async () => {
    notices.length = 0;
    respond = answer(403, error('AccessDenied'), { server: 'AmazonS3' });
    await outcome('PutObject', lean);
    respond = answer(204);
    await outcome('DeleteObject', lean);
    expect(notices).toEqual(['AmazonS3', undefined]);
  });

  test("that cannot renew the credentials sends nothing, and tells their source's own words", async () => {
    const directory = mkdtempSync(join(tmpdir(), 's3ds-credentials-'));
    const process_ = join(directory, 'process.sh');
    const config = join(directory, 'config');
    writeFileSync(process_, '#!/bin/sh\necho "vault sealed" >&2\nexit 1\n', { mode: 0o755 });
    writeFileSync(config, `[default]\ncredential_process = ${process_}\n`);
    const names = [
      'AWS_CONFIG_FILE',
      'AWS_EC2_METADATA_DISABLED',
      'AWS_ACCESS_KEY_ID',
      'AWS_PROFILE',
    ] as const;
    const before = names.map((name) => [name, process.env[name]] as const);
    for (const name of names) delete process.env[name];
    Object.assign(process.env, { AWS_CONFIG_FILE: config, AWS_EC2_METADATA_DISABLED: 'true' });
    try {
      const { credentials: _, ...keyless } = clientLike();
      const own = new S3Client({ ...keyless, logger: new SilentLogger() });
      const target = await resolveTarget(client, 'bucket');
      const from = (credentials: () => Promise<SigningCredentials>): LeanCalls => {
        const config = { credentials, systemClockOffset: 0, logger: own.config.logger };
        return new LeanCalls({ client: { config }, target: target!, connecting, notice: () => undefined });
      };
      received = [];
      const ask = async (credentials: () => Promise<SigningCredentials>): Promise<unknown> =>
        from(credentials)
          .deleteObject({ Bucket: 'bucket', Key: 'k' }, signal)
          .catch((thrown) => {
            const { kind, status, code, message } = toStoreError('DeleteObject', thrown);
            return [kind, status, code, message];
          });
      const name = 'CredentialsProviderError';
      expect(await ask(() => own.config.credentials())).toEqual(['fatal', 0, name, 'vault sealed']);
      const denied = { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } };
      const refusing = Object.assign(new Error('not authorized'), denied);
      const chain = new Error('none', { cause: refusing });
      expect(await ask(() => Promise.reject(Object.assign(chain, { name })))).toEqual([
        'fatal',
        0,
        name,
        'not authorized',
      ]);
      expect(await ask(() => Promise.reject(refusing))).toEqual(['fatal', 0, name, 'not authorized']);
      const away = Object.assign(new Error('m'), { code: 'ECONNREFUSED' });
      expect(await ask(() => Promise.reject(away))).toEqual(['network', 0, 'ECONNREFUSED', 'm']);
      expect(received).toEqual([]);
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      rmSync(directory, { recursive: true });
    }
  });

  test('waits for what trickles alone where S3 makes something of what it has, or sends an object', async () => {
    const target = await resolveTarget(client, 'bucket');
    const hurried = { ...connecting, readTimeoutMs: 300, slowAnswerMs: 0 };
    const calls = new LeanCalls({ client, target: target!, connecting: hurried, notice: () => undefined });
    respond = (response) => {
      response.writeHead(200, { 'content-length': 100 });
      const more = setInterval(() => response.write(' '), 50);
      setTimeout(() => {
        clearInterval(more);
        response.destroy();
      }, 1_000);
    };
    const at = { Bucket: 'bucket', Key: 'k' };
    const CopySource = 'bucket/s';
    const upload = { ...at, UploadId: 'u' };
    const told = async (asked: Promise<unknown>): Promise<unknown> =>
      asked.catch(({ message }: Error) => message);
    const waiting = await Promise.all(
      [
        calls.copyObject({ ...at, CopySource }, signal),
        calls.uploadPartCopy({ ...upload, CopySource, PartNumber: 1 }, signal),
        calls.completeMultipartUpload({ ...upload, MultipartUpload: { Parts: [] } }, signal),
        calls.getObject(at, 100, signal),
      ].map(told),
    );
    expect(new Set(waiting)).toEqual(new Set(['the answer was cut short']));
    const hurrying = await Promise.all(
      [
        calls.listObjectsV2({ Bucket: 'bucket' }, signal),
        calls.putObject({ ...at, Body: Buffer.from('b'), ContentLength: 1 }, signal),
        calls.deleteObject(at, signal),
        calls.deleteObjects({ Bucket: 'bucket', Delete: { Objects: [{ Key: 'k' }] } }, signal),
      ].map(told),
    );
    expect(new Set(hurrying)).toEqual(new Set(['fewer than 4096 bytes of the answer came within 300 ms']));
  });

  test("has the client's credentials, and new ones before those expire", async () => {
    let given = 0;
    const credentials = async () => ({
      accessKeyId: `KEY${++given}`,
      secretAccessKey: 'S',
      // The SDK renews five minutes ahead.
      expiration: new Date(Date.now() + (given === 1 ? 4 : 60) * 60_000),
    });
    const own = new S3Client({ ...clientLike(), credentials });
    const target = await resolveTarget(own, 'bucket');
    const calls = new LeanCalls({ client: own, target: target!, connecting, notice: () => undefined });
    respond = answer(204);
    received = [];
    for (let i = 0; i < 3; i++) await calls.deleteObject({ Bucket: 'bucket', Key: 'k' }, signal);
    const keys = received.map(({ headers }) => /Credential=(\w+)/.exec(headers.authorization ?? '')?.[1]);
    expect(new Set(keys).size).toBe(1);
    expect(Number(keys[0]?.slice(3))).toBe(given);
    expect(given).toBeGreaterThan(1);
  });

  test.each(['lean', 'sdk'] as const)(
    '%s: a clock that is wrong is corrected once, and the request sent again',
    async (path) => {
      const own = new S3Client(clientLike());
      const target = await resolveTarget(own, 'bucket');
      const ways = {
        sdk: new SdkCalls(own),
        lean: new LeanCalls({ client: own, target: target!, connecting, notice: () => undefined }),
      };
      const store = new S3Store({
        rareCalls: async () => new RareCalls(own),
        credentials: () => own.config.credentials(),
        calls: () => ways[path],
        bucket: 'bucket',
        provider: () => providerOf('http://127.0.0.1'),
        writeHeaders: {},
        expectedBucketOwner: undefined,
        requesterPays: false,
        inFlight: { first: 4, most: 4 },
        maxAttempts: 1,
        bytesMoved: () => 0,
        clockOffset: () => 0,
      });
      const ahead = 3_600_000;
      const inTime = ({ headers }: IncomingMessage): boolean => {
        const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/
          .exec(String(headers['x-amz-date']))!
          .map(Number) as number[];
        const signed = Date.UTC(y!, mo! - 1, d, h, mi, s);
        return Math.abs(signed - Date.now() - ahead) < 60_000;
      };
      respond = (response, request) => {
        const date = new Date(Date.now() + ahead).toUTCString();
        if (inTime(request)) response.writeHead(200, { date, etag: '"e"' }).end();
        else response.writeHead(403, { date }).end(error('RequestTimeTooSkewed'));
      };
      const body = Buffer.from('b');
      const put = {
        key: 'k' as ObjectKey,
        body,
        md5: md5Of(body),
        headers: { contentType: 't', metadata: {} },
      };
      await Promise.all([store.put(put, signal), store.put(put, signal), store.put(put, signal)]);
      expect(store.requests()).toEqual({ PutObject: 6 });
      await store.put(put, signal);
      expect(store.requests()).toEqual({ PutObject: 7 });
      // The same clock for both ways.
      expect(Math.abs(own.config.systemClockOffset - ahead)).toBeLessThan(5_000);
      // A server that refuses whatever the time is asked twice and no more.
      let asked = 0;
      respond = (response) => {
        const date = new Date(Date.now() + ++asked * 86_400_000).toUTCString();
        response.writeHead(403, { date }).end(error('RequestTimeTooSkewed'));
      };
      await expect(store.put(put, signal)).rejects.toMatchObject({
        kind: 'fatal',
        code: 'RequestTimeTooSkewed',
      });
      expect(asked).toBe(2);
    },
  );

  test('goes through the proxy, as the SDK does', async () => {
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.host}`);
      request.resume().on('end', () => response.writeHead(204).end());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const httpAgent = new HttpProxyAgent(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, {
      keepAlive: true,
    });
    try {
      const requestHandler = new NodeHttpHandler({ httpAgent });
      const own = new S3Client({ ...clientLike(), endpoint: 'http://s3.invalid', requestHandler });
      const target = await resolveTarget(own, 'bucket');
      const ways = [
        new SdkCalls(own),
        new LeanCalls({
          client: own,
          target: target!,
          connecting: { ...connecting, httpAgent, isProxied: true },
          notice: () => undefined,
        }),
      ];
      for (const calls of ways) await calls.deleteObject({ Bucket: 'bucket', Key: 'a b' }, signal);
      expect(asked).toEqual([
        'DELETE http://s3.invalid/bucket/a%20b?x-id=DeleteObject s3.invalid',
        'DELETE http://s3.invalid/bucket/a%20b s3.invalid',
      ]);
      own.destroy();
    } finally {
      httpAgent.destroy();
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    }
  });
});
