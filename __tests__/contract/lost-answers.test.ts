import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import {
  createServer as createProxy,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type Server,
} from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { selfSigned } from '../../dev/certificate.js';
import type { Fault } from '../../dev/s3-server/index.js';
import { type ETag, md5Of, multipartETag } from '../../src/model/digest.js';
import { type ObjectKey, parsePrefix } from '../../src/model/object-key.js';
import type { Condition } from '../../src/model/plan.js';
import { exchange } from '../../src/store/exchange.js';
import { CHANGED_AFTER_WRITE, type ObjectStore, type Written } from '../../src/store/object-store.js';
import { openStore } from '../../src/store/open.js';
import { Ways } from '../../src/store/ways.js';
import { type Changes, optionsFor } from '../support/engine.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';

/** What the store makes of a network that loses answers, whichever way its requests go (C14). */
const { signal } = new AbortController();
const kept = { ...process.env };
const body = Buffer.from('content');
const md5 = md5Of(body);
const etag = md5 as string as ETag;
const headers = { contentType: 'text/plain', metadata: { 's3cmd-attrs': `md5:${md5}` } };
const absent = { ifNoneMatch: '*' } as const;

const NO_OBJECTS =
  '<ListBucketResult><IsTruncated>false</IsTruncated><EncodingType>url</EncodingType></ListBucketResult>';

afterAll(() => {
  process.env = kept;
});

/** Lets a server of a test listen while the tests of its group run. */
function serveHere(server: Server): void {
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
}

/** Who sends each request once, unless it is told otherwise. */
async function openAt(
  server: Server,
  scheme: 'http' | 'https',
  path: string,
  { secret = 's', maxAttempts = 1 } = {},
): Promise<ObjectStore> {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: secret, S3DS_REQUESTS: path });
  const endpoint = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const connection = { maxAttempts };
  const options = optionsFor({ region: 'us-east-1', endpoint }, 'bucket', '/', { connection });
  return (await openStore(options, () => undefined, signal)).store;
}

/** The request took effect each time. */
const losses: readonly (readonly [string, Fault])[] = [
  ['the connection is reset', { kind: 'reset', after: true }],
  ['the answer is cut in its middle', { kind: 'truncate' }],
  ['nobody answers', { kind: 'hang', after: true }],
  ['an error is answered', { kind: 'error', code: 'InternalError', after: true }],
  ['SlowDown is answered', { kind: 'error', code: 'SlowDown', after: true }],
  ['a 200 holds an error', { kind: 'error-in-body', code: 'InternalError', after: true }],
];

for (const path of ['lean', 'sdk'] as const) {
  describe(`answers that are lost, ${path}`, () => {
    let running: EmbeddedTestServer;
    let store: ObjectStore;
    let bucket: string;

    const open = async (changes: Changes = {}): Promise<ObjectStore> => {
      process.env.AWS_ACCESS_KEY_ID = running.accessKeyId;
      process.env.AWS_SECRET_ACCESS_KEY = running.secretAccessKey;
      process.env.S3DS_REQUESTS = path;
      const connection = { readTimeoutMs: 300, maxAttempts: 3, ...changes.connection };
      return (
        await openStore(optionsFor(running, bucket, '/', { ...changes, connection }), () => undefined, signal)
      ).store;
    };
    beforeAll(async () => {
      running = await embedded();
      bucket = await running.bucket();
      store = await open();
    });
    afterAll(() => running?.stop());
    afterEach(() => running.server.faults.clear());

    const lose = (operation: 'PutObject' | 'CopyObject' | 'CompleteMultipartUpload', fault: Fault) =>
      running.server.faults.add({ match: { operation }, nth: 1, fault });

    test('the requests go this way', async () => {
      await store.head('none' as ObjectKey, signal);
      const { headers: sent } = running.server.log.of('HeadObject').at(-1)!;
      expect(sent['amz-sdk-invocation-id'] !== undefined).toBe(path === 'sdk');
      // The lean way needs nothing of the SDK where the environment says all of it.
      expect(sent['user-agent']).toMatch(path === 'sdk' ? /^aws-sdk-js\// : /^s3-dedup-sync$/);
    });

    test.each(losses)('put, %s: done', async (name, fault) => {
      const key = `put ${name}` as ObjectKey;
      const rule = lose('PutObject', fault);
      // A 200 to a put is its answer, whatever stands in its body besides: the SDK and we read an error there.
      const written = await store.put({ key, body, md5, headers, condition: absent }, signal);
      expect([written.etag, rule.befallen]).toEqual([etag, 1]);
      expect(running.server.object(bucket, key)?.content.md5).toBe(md5);
    });

    test.each(losses)('copy, %s: done', async (name, fault) => {
      const from = `source ${name}` as ObjectKey;
      await store.put({ key: from, body, md5, headers, condition: absent }, signal);
      const key = `copy ${name}` as ObjectKey;
      const warm = { source: { key: from, etag, size: 7 }, md5, headers, condition: absent };
      // The first copy finds out whether conditions count; the one after it is an ordinary one.
      await store.copy({ ...warm, key: `warm ${name}` as ObjectKey }, signal);
      const rule = lose('CopyObject', fault);
      const written = await store.copy({ ...warm, key }, signal);
      expect([written.etag, rule.befallen]).toEqual([etag, 1]);
      expect(running.server.object(bucket, key)?.content.md5).toBe(md5);
    });

    test.each(losses)('complete, %s: done', async (name, fault) => {
      const key = `multi ${name}` as ObjectKey;
      const upload = await store.createUpload({ key, headers }, signal);
      const part = await store.uploadPart({ upload, number: 1, body, md5 }, signal);
      const rule = lose('CompleteMultipartUpload', fault);
      const expected = { etag: multipartETag([md5]), size: 7, md5 };
      const written = await store.completeUpload(
        { upload, parts: [part], expected, condition: absent },
        signal,
      );
      expect([written.etag, rule.befallen]).toEqual([expected.etag, 1]);
      expect(running.server.uploads(bucket)).toEqual([]);
    });

    test('that something was written is known, or not: by anything but a refusal in the words of S3', async () => {
      const key = 'doubt' as ObjectKey;
      const put = (by: ObjectStore, at = key): Promise<Written> =>
        by.put({ key: at, body, md5, headers, condition: absent }, signal);
      const denied = { kind: 'error', code: 'AccessDenied' } as const;
      const refused = await open();
      const rule = running.server.faults.add({
        match: { operation: ['PutObject', 'DeleteObjects'] },
        fault: denied,
      });
      await expect(put(refused)).rejects.toMatchObject({ kind: 'denied' });
      await expect(refused.delete([{ key, etag }], signal)).rejects.toMatchObject({ kind: 'denied' });
      rule.remove();
      // Index, journal and lock are no files.
      await put(refused, '.s3-dedup-sync/index' as ObjectKey);
      expect(refused.mayHaveChanged).toBe(false);

      const lost = await open();
      running.server.faults.add({
        match: { operation: 'PutObject' },
        nth: 1,
        fault: { kind: 'reset', after: true },
      });
      running.server.faults.add({ match: { operation: 'PutObject' }, nth: [2, 3, 4], fault: denied });
      await expect(put(lost)).rejects.toMatchObject({ kind: 'denied' });
      running.server.faults.clear();
      expect([lost.mayHaveChanged, running.server.object(bucket, key)?.content.md5]).toEqual([true, md5]);

      const deleted = await open();
      const after = { kind: 'error', code: 'InternalError', after: true } as const;
      running.server.faults.add({ match: { operation: 'DeleteObjects' }, fault: after });
      await expect(deleted.delete([{ key, etag }], signal)).rejects.toMatchObject({ kind: 'server' });
      running.server.faults.clear();
      expect(deleted.mayHaveChanged).toBe(true);

      const done = await open();
      await put(done);
      expect(done.mayHaveChanged).toBe(true);
    });

    test.each(losses)("put, %s, and somebody else's object is there: not ours", async (name, fault) => {
      const key = `foreign ${name}` as ObjectKey;
      running.server.faults.add({
        match: { operation: 'PutObject' },
        nth: 1,
        fault: fault.kind === 'truncate' ? { kind: 'reset' } : ({ ...fault, after: false } as Fault),
      });
      const taken = running.server.before({ operation: 'PutObject', key }, () => {
        running.server.putObject(bucket, key, 'theirs');
      });
      const ours = store.put({ key, body, md5, headers, condition: absent }, signal);
      await expect(ours).rejects.toMatchObject({ kind: 'condition' });
      taken();
      expect(running.server.object(bucket, key)?.content.md5).toBe(md5Of(Buffer.from('theirs')));
    });

    test.each(['PutObject', 'CompleteMultipartUpload'] as const)(
      'the same bytes under other headers, %s that never arrives: what was there before is not what was sent',
      async (operation) => {
        const key = `again ${operation}` as ObjectKey;
        const write = async (condition: Condition): Promise<Written> => {
          if (operation === 'PutObject') return store.put({ key, body, md5, headers, condition }, signal);
          const upload = await store.createUpload({ key, headers }, signal);
          const parts = [await store.uploadPart({ upload, number: 1, body, md5 }, signal)];
          const expected = { etag: multipartETag([md5]), size: 7, md5 };
          return store.completeUpload({ upload, parts, expected, condition }, signal);
        };
        const { etag: there } = await write(absent);
        const rule = running.server.faults.add({ match: { operation }, fault: { kind: 'reset' } });
        await expect(write({ ifMatch: there })).rejects.toMatchObject({ kind: 'network' });
        // On an idle connection that dies an attempt does not count.
        expect(rule.befallen).toBeGreaterThanOrEqual(3);
        running.server.faults.clear();
        // The first attempt took effect, and the next one is answered.
        lose(operation, { kind: 'reset', after: true });
        expect((await write({ ifMatch: there })).etag).toBe(there);
      },
    );

    describe('a copy onto itself under KMS, where each write has a new ETag', () => {
      const key = 'page' as ObjectKey;
      const renewed = { ...headers, fields: { 'cache-control': 'no-cache' } };
      let kms: string;
      let own: ObjectStore;
      beforeAll(async () => {
        kms = `${await running.bucket()}-kms`;
        running.server.createBucket(kms, { encryption: { algorithm: 'aws:kms' } });
        const connection = { readTimeoutMs: 300, maxAttempts: 3 };
        process.env.S3DS_REQUESTS = path;
        own = (await openStore(optionsFor(running, kms, '/', { connection }), () => undefined, signal)).store;
      });
      const refresh = async (): Promise<Written> => {
        running.server.putObject(kms, key, body, {
          headers: { 'content-type': 'text/plain', 'x-amz-meta-s3cmd-attrs': `md5:${md5}` },
        });
        const source = { key, etag: running.server.object(kms, key)!.etag as ETag, size: body.length };
        const condition = { ifMatch: source.etag };
        return own.copy({ key, source, md5, headers: renewed, condition, refresh: {} }, signal);
      };

      test.each(losses)('%s: done', async (_, fault) => {
        const rule = lose('CopyObject', fault);
        const written = await refresh();
        const object = running.server.object(kms, key)!;
        expect([written.etag, object.headers['cache-control']]).toEqual([object.etag, 'no-cache']);
        expect(rule.befallen).toBe(1);
      });

      test('and the same bytes that somebody else wrote meanwhile, with other headers: not ours', async () => {
        lose('CopyObject', { kind: 'reset' });
        const taken = running.server.before({ operation: 'CopyObject', key }, () => {
          running.server.putObject(kms, key, body, {
            headers: { 'content-type': 'text/plain', 'x-amz-meta-s3cmd-attrs': `md5:${md5}` },
          });
        });
        await expect(refresh()).rejects.toMatchObject({ kind: 'source' });
        taken();
      });

      test('that never arrives: what was there before is not what was sent', async () => {
        running.server.faults.add({ match: { operation: 'CopyObject' }, fault: { kind: 'reset' } });
        await expect(refresh()).rejects.toMatchObject({ kind: 'network' });
      });
    });

    test('a write that failed on every attempt is asked for as a single attempt may, and no longer', async () => {
      const once = await open({ connection: { maxAttempts: 2 } });
      running.server.faults.add({
        match: { operation: ['PutObject', 'HeadObject'] },
        fault: { kind: 'error', code: 'InternalError' },
      });
      const key = 'never' as ObjectKey;
      await expect(once.put({ key, body, md5, headers, condition: absent }, signal)).rejects.toMatchObject({
        kind: 'server',
        operation: 'PutObject',
      });
      expect(once.requests()).toEqual({ HeadObject: 1, PutObject: 2 });
    });

    test('a batch of deletes whose answer is cut is asked again', async () => {
      const keys = ['del/a', 'del/b'] as ObjectKey[];
      for (const key of keys) await store.put({ key, body, md5, headers, condition: absent }, signal);
      running.server.faults.add({
        match: { operation: 'DeleteObjects' },
        nth: 1,
        fault: { kind: 'truncate' },
      });
      const answers = await store.delete(
        keys.map((key) => ({ key, etag })),
        signal,
      );
      expect(answers.map(({ deleted }) => deleted)).toEqual([true, true]);
    });

    test('D7: one key of a batch is refused', async () => {
      const keys = ['some/a', 'some/b'] as ObjectKey[];
      for (const key of keys) await store.put({ key, body, md5, headers, condition: absent }, signal);
      running.server.faults.add({
        match: { operation: 'DeleteObjects' },
        fault: { kind: 'refuse-keys', code: 'AccessDenied', keys: /b$/ },
      });
      const answers = await store.delete(
        keys.map((key) => ({ key, etag })),
        signal,
      );
      expect(answers).toMatchObject([{ deleted: true }, { deleted: false, error: { kind: 'denied' } }]);
    });

    test('D7: what is refused for good, in whatever words, is asked once and told as refused', async () => {
      const key = 'odd/k' as ObjectKey;
      const own = await open();
      await own.put({ key, body, md5, headers, condition: absent }, signal);
      running.server.faults.add({
        match: { operation: 'DeleteObjects' },
        times: 1,
        fault: { kind: 'refuse-keys', code: 'MethodNotAllowed', keys: /k$/ },
      });
      const answers = await own.delete([{ key, etag }], signal);
      expect(answers).toMatchObject([
        { deleted: false, error: { kind: 'rejected', code: 'MethodNotAllowed' } },
      ]);
      expect(own.requests().DeleteObjects).toBe(1);
    });

    test.each([
      ['InternalError', 1],
      ['SlowDown', 1],
      ['SlowDownWrite', 1],
      ['SlowDownRead', 1],
      ['ServerBusy', 1],
      ['XMinioServerNotInitialized', 1],
      ['InternalError', 3],
    ] as const)(
      'D7: what S3 could not do for one key of a batch is asked again for it alone: %s, %d times',
      async (code, times) => {
        const keys = ['a', 'b'].map((name) => `again/${code}/${times}/${name}` as ObjectKey);
        const own = await open();
        for (const key of keys) await own.put({ key, body, md5, headers, condition: absent }, signal);
        running.server.faults.add({
          match: { operation: 'DeleteObjects' },
          times,
          fault: { kind: 'refuse-keys', code, keys: /b$/ },
        });
        const answers = await own.delete(
          keys.map((key) => ({ key, etag })),
          signal,
        );
        const last = times === 3 ? { deleted: false, error: { kind: 'server', code } } : { deleted: true };
        expect(answers).toMatchObject([{ deleted: true }, last]);
        expect(own.requests().DeleteObjects).toBe(Math.min(3, times + 1));
      },
    );

    // The SDK does not say which connection it was.
    (path === 'lean' ? test : test.skip)(
      'an idle connection that had died costs no attempt, whether its request took effect or not',
      async () => {
        const own = await open({ connection: { maxAttempts: 1 } });
        await own.head('none' as ObjectKey, signal);
        for (const after of [false, true]) {
          const key = `idle ${after}` as ObjectKey;
          const rule = lose('PutObject', { kind: 'reset', after });
          const written = await own.put({ key, body, md5, headers, condition: absent }, signal);
          expect([written.etag, rule.befallen]).toEqual([etag, 1]);
        }
      },
    );

    test('a page of a listing that is cut is asked for again', async () => {
      running.server.faults.add({
        match: { operation: 'ListObjectsV2' },
        nth: 1,
        fault: { kind: 'truncate' },
      });
      let listed = 0;
      for await (const page of store.list(parsePrefix('del'), signal)) listed += page.length;
      expect(listed).toBe(0);
      expect(store.requests().ListObjectsV2).toBe(2);
    });

    test('bytes are counted while they flow, and every attempt is a request', async () => {
      const own = await open();
      const before = own.bytesMoved();
      lose('PutObject', { kind: 'error', code: 'InternalError' });
      await own.put({ key: 'counted' as ObjectKey, body, md5, headers, condition: absent }, signal);
      expect(own.bytesMoved()).toBeGreaterThan(before + body.length);
      expect(own.requests()).toEqual({ PutObject: 2 });
    });
  });
}

/** In S3's place, as the login page of a network is; or S3's own without what says of which object it is. */
const unreadable: readonly (readonly [string, OutgoingHttpHeaders, string])[] = [
  ['a login page', { 'content-type': 'text/html', 'content-length': 120 }, 'NoETag'],
  [
    'without an ETag',
    { 'content-type': 'text/plain', 'content-length': 7, 'x-amz-request-id': 'r' },
    'NoETag',
  ],
  ['without a length', { etag: `"${etag}"`, 'transfer-encoding': 'chunked' }, 'InvalidAnswer'],
];

for (const path of ['lean', 'sdk'] as const) {
  describe(`a HEAD that says nothing of the object, ${path}`, () => {
    const asked: string[] = [];
    let head: OutgoingHttpHeaders = {};
    /** As the server names itself. */
    let name = '';
    /** Whether the next HEAD says that there is no such key. */
    let isAbsentAtFirst = false;
    /** Whether a conditional write is refused. */
    let isTaken = false;
    const server = createProxy((request, response) => {
      request.resume().on('end', () => {
        const { method = '', url = '' } = request;
        asked.push(method);
        response.setHeader('server', name);
        const isRefused = method === 'PUT' && isTaken && request.headers['if-none-match'] !== undefined;
        response.statusCode = isRefused ? 412 : 200;
        if (method === 'HEAD') {
          if (isAbsentAtFirst) response.statusCode = 404;
          else for (const [field, value] of Object.entries(head)) response.setHeader(field, value!);
          isAbsentAtFirst = false;
        }
        if (method === 'PUT' || method === 'GET') response.setHeader('etag', `"${etag}"`);
        if (isRefused) response.end('<Error><Code>PreconditionFailed</Code><Message>m</Message></Error>');
        else if (url.includes('delete'))
          response.end('<DeleteResult><Deleted><Key>k</Key></Deleted></DeleteResult>');
        else if (url.includes('uploads')) response.end('<InitiateMultipartUploadResult/>');
        else response.end(method === 'GET' ? 'nt' : '');
      });
    });
    const key = 'k' as ObjectKey;
    const open = async (as: string): Promise<ObjectStore> => {
      name = as;
      const store = await openAt(server, 'http', path, { secret: 'secret-key' });
      // Who answers is known from the first answer on.
      isTaken = false;
      await store.put({ key, body, md5, headers, condition: absent }, signal);
      asked.length = 0;
      isTaken = true;
      return store;
    };
    serveHere(server);

    test.each(unreadable)('%s: nothing is taken for absent', async (_, answer, code) => {
      head = answer;
      const unread = { kind: 'server', code, operation: 'HeadObject' };
      const store = await open('S3');
      await expect(store.head(key, signal)).rejects.toMatchObject(unread);

      const besideDirectories = await open('SeaweedFS');
      const put = besideDirectories.put({ key, body, md5, headers, condition: absent }, signal);
      await expect(put).rejects.toMatchObject(unread);
      // Nothing was written without a condition.
      expect(asked).toEqual(['PUT', 'HEAD']);

      const looking = await open('MinIO');
      await expect(looking.delete([{ key, etag }], signal)).rejects.toMatchObject(unread);
      expect(asked).toEqual(['HEAD']);

      const single = await open('VERSITYGW');
      expect(await single.delete([{ key, etag }], signal)).toMatchObject([
        { deleted: false, error: { kind: 'server', code } },
      ]);
      expect(asked).toEqual(['DELETE', 'HEAD']);
    });

    test('an upload without an id, a range that is not said: as little of S3, and not told as no answer', async () => {
      const store = await open('S3');
      const unread = { kind: 'server', code: 'InvalidAnswer' };
      await expect(store.createUpload({ key, headers }, signal)).rejects.toMatchObject(unread);
      const range = { first: 1, last: 2 };
      const ranged = store.getWhole({ key, etag, size: 7 }, signal, { range });
      await expect(ranged).rejects.toMatchObject(unread);
      await expect(ranged).rejects.toThrow('answered no range where bytes 1-2 were asked for');
    });

    test("a write that no condition could bind, and another writer's object after it: told as that", async () => {
      const store = await open('SeaweedFS');
      isAbsentAtFirst = true;
      head = { etag: '"theirs"', 'content-length': 6 };
      const put = store.put({ key, body, md5, headers, condition: absent }, signal);
      await expect(put).rejects.toMatchObject({ kind: 'condition', code: CHANGED_AFTER_WRITE });
      expect(asked).toEqual(['PUT', 'HEAD', 'PUT', 'HEAD']);
    });
  });
}

for (const path of ['lean', 'sdk'] as const) {
  describe(`a clock that is 20 minutes late, ${path}`, () => {
    const late = 20 * 60_000;
    const server = createProxy((request, response) => {
      request.resume().on('end', () => {
        const { method, headers: sent } = request;
        const now = Date.now() + late;
        const [, date, time] = /^(\d{8})T(\d{6})Z$/.exec(String(sent['x-amz-date']))!;
        const iso = `${date}T${time}`.replace(/(....)(..)(..)T(..)(..)(..)/, '$1-$2-$3T$4:$5:$6Z');
        response.setHeader('date', new Date(now).toUTCString());
        if (Math.abs(Date.parse(iso) - now) > 15 * 60_000)
          response.writeHead(403).end('<Error><Code>AccessDenied</Code><Message>m</Message></Error>');
        else if (method === 'DELETE') response.writeHead(204).end();
        else if (request.url?.includes('list-type')) response.end(NO_OBJECTS);
        else response.writeHead(200, { etag: `"${etag}"`, 'content-length': 7 }).end(body);
      });
    });
    const key = 'k' as ObjectKey;
    const open = (): Promise<ObjectStore> => openAt(server, 'http', path);
    serveHere(server);

    test('is corrected by whatever is asked first', async () => {
      expect((await (await open()).head(key, signal))?.etag).toBe(etag);
      // What was denied is not taken for absent, though the listing after it shows nothing.
      expect((await (await open()).read(key, 100, signal))?.bytes.toString()).toBe('content');
      await (await open()).abortUpload({ key, id: 'u', encryption: undefined }, signal);
      expect((await (await open()).getWhole({ key, etag, size: 7 }, signal)).bytes.toString()).toBe(
        'content',
      );
    });

    test('is corrected once, for all that is asked', async () => {
      const store = await open();
      await store.head(key, signal);
      await store.read(key, 100, signal);
      await store.abortUpload({ key, id: 'u', encryption: undefined }, signal);
      expect(store.requests()).toEqual({ AbortMultipartUpload: 1, GetObject: 1, HeadObject: 2 });
      const reading = await open();
      await reading.read(key, 100, signal);
      await reading.head(key, signal);
      expect(reading.requests()).toEqual({ GetObject: 2, HeadObject: 1 });
    });
  });
}

describe.each(['lean', 'sdk'])('an answer with the ETag of something else, %s', (path) => {
  const other = '0'.repeat(32);
  /** What the object has. */
  let there = '';
  /** Of the object. */
  let cacheControl = '';
  /** How many writes are answered with the ETag of something else, from now on. */
  let mixedUp = Number.POSITIVE_INFINITY;
  const server = createProxy((request, response) => {
    request.resume().on('end', () => {
      const given = request.method === 'HEAD' || mixedUp-- > 0 ? other : md5;
      const ofParts = given === md5 ? multipartETag([md5]) : `${other}-1`;
      const complete = `<CompleteMultipartUploadResult><ETag>"${ofParts}"</ETag></CompleteMultipartUploadResult>`;
      const copied = `<CopyObjectResult><ETag>"${given}"</ETag></CopyObjectResult>`;
      const isCopy = request.headers['x-amz-copy-source'] !== undefined;
      const said = request.method === 'POST' ? complete : isCopy ? copied : '';
      const etag = request.method === 'HEAD' ? there : given;
      response.writeHead(etag === 'denied' ? 403 : 200, {
        // Its copies heed conditions.
        server: 'AmazonS3',
        etag: `"${etag}"`,
        'content-length': said.length,
        'content-type': 'text/plain',
        'x-amz-meta-s3cmd-attrs': `md5:${md5}`,
        'cache-control': cacheControl,
      });
      response.end(said);
    });
  });
  serveHere(server);

  const key = 'k' as ObjectKey;
  const upload = { key, id: 'u', encryption: undefined };
  const complete = (store: ObjectStore): Promise<Written> => {
    const expected = { etag: multipartETag([md5]), size: 7, md5 };
    return store.completeUpload({ upload, parts: [], expected, condition: absent }, signal);
  };
  const put = (store: ObjectStore): Promise<Written> =>
    store.put({ key, body, md5, headers, condition: absent }, signal);
  const source = { key: 'from' as ObjectKey, etag: 'b-2' as ETag, size: 7 };
  const copy = (store: ObjectStore): Promise<Written> =>
    store.copy({ key, source, md5, headers, condition: absent }, signal);

  /** Who answers is known from the first answer on. */
  const open = async (maxAttempts = 1): Promise<ObjectStore> => {
    const store = await openAt(server, 'http', path, { maxAttempts });
    there = other;
    await store.head(key, signal);
    return store;
  };

  test('is none of ours where the object has another one', async () => {
    const store = await open();
    there = md5Of(Buffer.from('older'));
    for (const write of [put, complete, copy])
      await expect(write(store)).rejects.toMatchObject({ kind: 'server', code: 'InvalidAnswer' });
  });

  test.each([
    ['PutObject', put],
    ['CompleteMultipartUpload', complete],
    ['CopyObject', copy],
  ] as const)('is a lost one, and %s is made again', async (operation, write) => {
    const store = await open(2);
    there = md5Of(Buffer.from('older'));
    mixedUp = 1;
    const etag = operation === 'CompleteMultipartUpload' ? multipartETag([md5]) : md5;
    expect(await write(store)).toMatchObject({ etag });
    expect(store.requests()).toEqual({ [operation]: 2, HeadObject: 2 });
    mixedUp = Number.POSITIVE_INFINITY;
  });

  test('hides that the object is the one that was sent', async () => {
    const store = await open();
    there = md5;
    expect(await put(store)).toMatchObject({ etag: md5 });
    expect(await copy(store)).toMatchObject({ etag: md5 });
    there = source.etag;
    expect(await copy(store)).toMatchObject({ etag: source.etag });
    there = multipartETag([md5]);
    expect(await complete(store)).toMatchObject({ etag: there });
  });

  test('settles no copy onto itself: it is done where the object has what was sent, else made again', async () => {
    const renewed = { ...headers, fields: { 'cache-control': 'no-cache' } };
    const own = { key, etag: md5 as string as ETag, size: 7 };
    const refresh = (store: ObjectStore): Promise<Written> =>
      store.copy(
        { key, source: own, md5, headers: renewed, condition: { ifMatch: own.etag }, refresh: {} },
        signal,
      );
    const store = await open(2);
    there = md5;
    cacheControl = 'no-cache';
    expect(await refresh(store)).toMatchObject({ etag: md5 });
    expect(store.requests()).toEqual({ HeadObject: 2, CopyObject: 1 });
    cacheControl = 'max-age=1';
    mixedUp = 1;
    expect(await refresh(store)).toMatchObject({ etag: md5 });
    expect(store.requests()).toEqual({ HeadObject: 3, CopyObject: 3 });
    mixedUp = Number.POSITIVE_INFINITY;
    await expect(refresh(store)).rejects.toMatchObject({ kind: 'server', code: 'InvalidAnswer' });
  });

  test('is believed of a copy whose digest nobody knows', async () => {
    const store = await open();
    const written = await store.copy({ key, source, md5: undefined, headers, condition: absent }, signal);
    expect(written).toMatchObject({ etag: other });
    expect(store.requests()).toEqual({ HeadObject: 1, CopyObject: 1 });
  });

  test('is believed where the object may not be read', async () => {
    const store = await openAt(server, 'http', path);
    there = 'denied';
    expect([await put(store), await put(store)]).toMatchObject([{ etag: other }, { etag: other }]);
    expect(store.requests().PutObject).toBe(2);
  });

  test('is that of a server whose ETags are no digests where the object has it too, which is asked once', async () => {
    const store = await openAt(server, 'http', path);
    there = other;
    expect(await put(store)).toMatchObject({ etag: other });
    expect(await put(store)).toMatchObject({ etag: other });
    expect(await complete(store)).toMatchObject({ etag: `${other}-1` });
    expect(store.requests()).toEqual({ PutObject: 2, HeadObject: 1, CompleteMultipartUpload: 1 });
    const copies = await open();
    for (let i = 0; i < 2; i++) expect(await copy(copies)).toMatchObject({ etag: other });
    expect(copies.requests()).toEqual({ CopyObject: 2, HeadObject: 2 });
  });
});

describe('an object that a proxy passes on without its length', () => {
  /** What is listed of it. */
  let listed = { etag, size: body.length };
  const server = createProxy((request, response) => {
    const { etag: said, size } = listed;
    const contents = `<Contents><Key>k</Key><ETag>"${said}"</ETag><Size>${size}</Size></Contents>`;
    if (request.url?.includes('list-type'))
      response.end(NO_OBJECTS.replace('</ListBucketResult>', `${contents}</ListBucketResult>`));
    else {
      response.writeHead(200, { etag: `"${etag}"` });
      response.write(body.subarray(0, 3));
      response.end(body.subarray(3));
    }
  });
  serveHere(server);
  const read = async (maxBytes = 100): Promise<unknown> => {
    const store = await openAt(server, 'http', 'lean');
    return (await store.read('k' as ObjectKey, maxBytes, signal))?.bytes;
  };

  test('is read where as much arrives as is listed, and no more than it may have', async () => {
    listed = { etag, size: body.length };
    expect(await read()).toEqual(body);
    await expect(read(6)).rejects.toMatchObject({ code: 'TooLarge' });
  });

  test.each([
    ['is longer', etag, body.length + 1, 'network'],
    ['is shorter', etag, body.length - 1, 'network'],
    ['is another one', '0'.repeat(32) as ETag, body.length, 'server'],
  ])('is not believed where what is listed %s', async (_, said, size, kind) => {
    listed = { etag: said, size };
    await expect(read()).rejects.toMatchObject({ kind });
  });
});

const certificate = selfSigned();

(certificate === undefined ? describe.skip : describe)('under TLS', () => {
  const directory = mkdtempSync(join(tmpdir(), 's3ds-tls-'));
  const cert = join(directory, 'cert.pem');
  if (certificate !== undefined) writeFileSync(cert, certificate.cert);
  const sent: IncomingHttpHeaders[] = [];
  const server = createServer({ ...certificate }, (request, response) => {
    request.resume().on('end', () => {
      sent.push(request.headers);
      const isDelete = request.url?.includes('delete') === true;
      response.setHeader('etag', `"${etag}"`);
      response.end(isDelete ? '<DeleteResult><Deleted><Key>k</Key></Deleted></DeleteResult>' : '');
    });
  });

  const open = (): Promise<ObjectStore> => openAt(server, 'https', 'lean');
  serveHere(server);
  afterAll(() => {
    rmSync(directory, { recursive: true });
    delete process.env.AWS_CA_BUNDLE;
  });

  test('a body with Content-MD5 is not hashed again, any other is', async () => {
    process.env.AWS_CA_BUNDLE = cert;
    const store = await open();
    await store.put({ key: 'k' as ObjectKey, body, md5, headers, condition: absent }, signal);
    expect(sent.at(-1)?.['x-amz-content-sha256']).toBe('UNSIGNED-PAYLOAD');
    expect(sent.at(-1)?.['content-md5']).toBe(Buffer.from(md5, 'hex').toString('base64'));
    expect(sent.at(-1)?.authorization).toMatch(/SignedHeaders=[^,]*content-md5;/);
    await store.delete([{ key: 'k' as ObjectKey, etag }], signal);
    expect(sent.at(-1)?.['x-amz-content-sha256']).toMatch(/^[0-9a-f]{64}$/);
    expect(store.bytesMoved()).toBeGreaterThan(0);
  });

  test('and through a tunnel of a proxy too, which is given up when it does not come about', async () => {
    const asked: string[] = [];
    const proxy = createProxy();
    const sockets: Socket[] = [];
    proxy.on('connect', (request, client: Socket) => {
      sockets.push(client);
      asked.push(request.url ?? '');
      if (asked.length > 1) return;
      const target = connect((server.address() as AddressInfo).port, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        target.pipe(client).pipe(target);
      });
      sockets.push(target);
      for (const side of [client, target]) side.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    process.env.https_proxy = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    process.env.AWS_CA_BUNDLE = cert;
    const connection = optionsFor({ region: 'us-east-1', endpoint: '' }, 'bucket', '/').connection;
    const made = await new Ways(connection).to('https://127.0.0.1');
    delete process.env.https_proxy;
    expect(made.httpsAgent).toBeInstanceOf(HttpsProxyAgent);
    const origin = {
      secure: true,
      host: '127.0.0.1',
      port: (server.address() as AddressInfo).port,
    };
    const outgoing = { method: 'PUT', path: '/k', headers: { host: '127.0.0.1' }, body: undefined };
    const connecting = { ...made, connectTimeoutMs: 1_000, readTimeoutMs: 300 };
    const send = () => exchange(origin, outgoing, connecting, 1_000, signal);
    try {
      expect((await send()).headers.etag).toBe(`"${etag}"`);
      expect((await send()).status).toBe(200);
      expect(asked).toEqual([`127.0.0.1:${origin.port}`]);
      made.httpsAgent.destroy();
      await expect(send()).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    } finally {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    }
  });

  test('a certificate that nobody vouches for is refused', async () => {
    delete process.env.AWS_CA_BUNDLE;
    const store = await open();
    await expect(store.head('k' as ObjectKey, signal)).rejects.toMatchObject({
      kind: 'network',
      code: expect.stringMatching(/SELF_SIGNED|UNABLE_TO/),
    });
  });
});
