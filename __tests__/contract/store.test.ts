import { Buffer } from 'node:buffer';
import { execFileSync, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type ETag, md5Of, multipartETag } from '../../src/model/digest.js';
import { type ObjectKey, parsePrefix } from '../../src/model/object-key.js';
import type { ListedObject } from '../../src/model/objects.js';
import type { ObjectStore } from '../../src/store/object-store.js';
import { openStore } from '../../src/store/open.js';
import { optionsFor } from '../support/engine.js';
import { embedded, realServers, type TestServer } from '../support/servers.js';
import { noise, removeTree, temporaryDirectory } from '../support/tree.js';

/** What the engine relies on, through the store, on every server that there is. Deviations are said where they are. */
const servers: readonly {
  readonly name: string;
  readonly absent: string | undefined;
  start(): Promise<TestServer>;
}[] = [{ name: 'embedded', absent: undefined, start: () => embedded() }, ...realServers];

const signal = new AbortController().signal;
const headers = { contentType: 'text/plain', metadata: { 's3cmd-attrs': 'md5:x' } };
const absent = { ifNoneMatch: '*' } as const;

/** Both ways that the calls made by the thousand can go. */
const paths = ['lean', 'sdk'] as const;

for (const [server, path] of servers.flatMap((one) => paths.map((way) => [one, way] as const))) {
  const suite = server.absent === undefined ? describe : describe.skip;
  const skipped = server.absent === undefined ? '' : `: skipped, ${server.absent}`;
  suite(`the store on ${server.name}, ${path}${skipped}`, () => {
    let running: TestServer;
    let store: ObjectStore;

    beforeAll(async () => {
      running = await server.start();
      process.env.AWS_ACCESS_KEY_ID = running.accessKeyId;
      process.env.AWS_SECRET_ACCESS_KEY = running.secretAccessKey;
      process.env.S3DS_REQUESTS = path;
      const options = optionsFor(running, await running.bucket(), '/');
      store = (await openStore(options, () => undefined, signal)).store;
    });
    afterAll(() => running?.stop());

    const put = (key: string, text: string) => {
      const body = Buffer.from(text);
      return store.put({ key: key as ObjectKey, body, md5: md5Of(body), headers, condition: absent }, signal);
    };
    const list = async (prefix: string): Promise<readonly ListedObject[]> => {
      const objects: ListedObject[] = [];
      for await (const page of store.list(parsePrefix(prefix), signal)) objects.push(...page);
      return objects;
    };

    test('a put answers its MD5, a wrong body is refused, a taken key is a condition', async () => {
      const md5 = md5Of(Buffer.from('one'));
      expect((await put('put/a', 'one')).etag).toBe(md5);
      const wrong = store.put(
        { key: 'put/b' as ObjectKey, body: Buffer.from('two'), md5, headers, condition: absent },
        signal,
      );
      await expect(wrong).rejects.toMatchObject({ kind: 'digest' });
      await expect(put('put/a', 'two')).rejects.toMatchObject({ kind: 'condition' });
      const stale = { ifMatch: md5Of(Buffer.from('stale')) as string as ETag };
      const body = Buffer.from('two');
      const changed = { key: 'put/a' as ObjectKey, body, md5: md5Of(body), headers };
      await expect(store.put({ ...changed, condition: stale }, signal)).rejects.toMatchObject({
        kind: 'condition',
      });
      const fresh = { ifMatch: md5 as string as ETag };
      expect((await store.put({ ...changed, condition: fresh }, signal)).etag).toBe(md5Of(body));
      const gone = { ...changed, key: 'put/none' as ObjectKey, condition: fresh };
      await expect(store.put(gone, signal)).rejects.toMatchObject({ kind: 'condition' });
    });

    test('a listing tells every key as it is, whatever is in it', async () => {
      const names = [
        'a b',
        'a+b',
        'a%20b',
        'a&<b>"',
        "q'",
        'é/日本 🎉',
        'z/=?#',
        'x/..y',
        '~tilde',
        'c:d;e,f',
      ];
      // SeaweedFS stores a backslash as a slash.
      if (server.name !== 'seaweedfs') names.push('back\\slash');
      for (const name of names) await put(`names/${name}`, name);
      const listed = await list('names');
      expect(listed.map(({ key }) => key.slice('names/'.length)).sort()).toEqual([...names].sort());
      for (const { key, size, etag } of listed) {
        const name = key.slice('names/'.length);
        expect({ name, size, etag }).toEqual({
          name,
          size: Buffer.byteLength(name),
          etag: md5Of(Buffer.from(name)),
        });
      }
    });

    test('more than a page is listed whole', async () => {
      await Promise.all(Array.from({ length: 1100 }, (_, i) => put(`many/${i % 30}/${i}`, 'x')));
      expect(new Set((await list('many')).map(({ key }) => key)).size).toBe(1100);
    });

    test('a copy is bound to its source and has its own headers', async () => {
      const { etag } = await put('copy/ä source+', 'content');
      const source = { key: 'copy/ä source+' as ObjectKey, etag, size: 7 };
      const md5 = md5Of(Buffer.from('content'));
      const request = { key: 'copy/to' as ObjectKey, source, md5, condition: absent };
      const own = { contentType: 'text/css', metadata: { own: 'yes' } };
      // A server that ignores the condition of a copy gets a part copy and a conditional Complete.
      expect([md5, multipartETag([md5])]).toContain(
        (await store.copy({ ...request, headers: own }, signal)).etag,
      );
      const { bytes } = (await store.read('copy/to' as ObjectKey, 100, signal)) ?? {};
      expect(bytes?.toString()).toBe('content');
      expect(await store.head('copy/to' as ObjectKey, signal)).toMatchObject({
        size: 7,
        contentType: 'text/css',
      });
      expect((await store.head('copy/to' as ObjectKey, signal))?.metadata.get('own')).toBe('yes');
      const stale = {
        ...request,
        headers,
        key: 'copy/x' as ObjectKey,
        source: { ...source, etag: 'f'.repeat(32) as ETag },
      };
      await expect(store.copy(stale, signal)).rejects.toMatchObject({ kind: 'source' });
      const none = {
        ...request,
        headers,
        key: 'copy/x' as ObjectKey,
        source: { ...source, key: 'copy/none' as ObjectKey },
      };
      await expect(store.copy(none, signal)).rejects.toMatchObject({ kind: 'source' });
      expect(await store.head('copy/x' as ObjectKey, signal)).toBeUndefined();
    });

    // The SDK signs other bytes than it sends.
    (path === 'lean' ? test : test.skip)('metadata beyond ASCII are taken as they came', async () => {
      const body = Buffer.from('named');
      const md5 = md5Of(body);
      for (const title of [Buffer.from('naïve', 'latin1'), Buffer.from('naïve')]) {
        const key = `named/${title.length}` as ObjectKey;
        const named = { contentType: 'text/plain', metadata: { title: title.toString('latin1') } };
        const { etag } = await store.put({ key, body, md5, headers: named, condition: absent }, signal);
        const source = { key, etag, size: body.length };
        const copy = { key: `${key}-copy` as ObjectKey, source, md5, headers: named, condition: absent };
        await store.copy(copy, signal);
        const upload = await store.createUpload({ key: `${key}-parts` as ObjectKey, headers: named }, signal);
        await store.abortUpload(upload, signal);
      }
      // AWS answers what is no ASCII as RFC 2047 has it.
      const kept = [
        Buffer.from('naïve').toString('latin1'),
        '=?UTF-8?B?bmHDr3Zl?=',
        '=?UTF-8?q?na=C3=AFve?=',
      ];
      for (const at of ['named/6', 'named/6-copy'])
        expect(kept).toContain((await store.head(at as ObjectKey, signal))?.metadata.get('title'));
    });

    test('C5: a copy whose destination is not as it should be writes nothing, and leaves no upload', async () => {
      const { etag } = await put('conditional/source', 'content');
      const md5 = md5Of(Buffer.from('content'));
      const key = 'conditional/taken' as ObjectKey;
      const { etag: taken } = await put(key, 'theirs');
      const source = { key: 'conditional/source' as ObjectKey, etag, size: 7 };
      for (const condition of [absent, { ifMatch: 'f'.repeat(32) as ETag }]) {
        await expect(store.copy({ key, source, md5, headers, condition }, signal)).rejects.toMatchObject({
          kind: expect.stringMatching(/^(condition|source)$/),
        });
        expect((await store.head(key, signal))?.etag).toBe(taken);
      }
      await store.copy({ key, source, md5, headers, condition: { ifMatch: taken } }, signal);
      expect((await store.read(key, 100, signal))?.bytes.toString()).toBe('content');
    });

    test('a copy onto itself renews the headers and keeps the bytes; of another object than was listed it is refused', async () => {
      const key = 'refresh/a' as ObjectKey;
      const { etag } = await put(key, 'content');
      const md5 = md5Of(Buffer.from('content'));
      const request = { key, md5, condition: { ifMatch: etag }, refresh: {} };
      const own = { contentType: 'text/css', metadata: { own: 'yes' } };
      const source = { key, etag, size: 7 };
      await store.copy({ ...request, source, headers: own }, signal);
      expect(await store.head(key, signal)).toMatchObject({ etag: md5, contentType: 'text/css' });
      const stale = { ...request, source: { ...source, etag: 'f'.repeat(32) as ETag }, headers };
      await expect(store.copy(stale, signal)).rejects.toMatchObject({ kind: 'source' });
      expect(await store.hasAcl(key, signal)).toBe(false);
    });

    test('a delete of another object than was listed deletes nothing, and the rest of the batch goes', async () => {
      const stale = await put('stale/a', 'old');
      await put('stale/b', 'b');
      const b = await store.head('stale/b' as ObjectKey, signal);
      const now = await store.put(
        {
          key: 'stale/a' as ObjectKey,
          body: Buffer.from('new'),
          md5: md5Of(Buffer.from('new')),
          headers,
          condition: { ifMatch: stale.etag },
        },
        signal,
      );
      const answers = await store.delete(
        [
          { key: 'stale/a' as ObjectKey, etag: stale.etag },
          { key: 'stale/b' as ObjectKey, etag: b!.etag },
        ],
        signal,
      );
      expect(answers.map(({ deleted }) => deleted)).toEqual([false, true]);
      expect(answers[0]).toMatchObject({ error: { kind: 'condition' } });
      expect((await list('stale')).map(({ etag }) => etag)).toEqual([now.etag]);
    });

    test('a multipart upload has the ETag of its parts, refuses other bytes, and is bound to its key', async () => {
      const parts = [noise(5 * 1024 * 1024), noise(10, 2)];
      const upload = await store.createUpload({ key: 'multi/a' as ObjectKey, headers }, signal);
      const md5s = parts.map((part) => md5Of(part));
      const wrong = store.uploadPart({ upload, number: 1, body: parts[0]!, md5: md5s[1]! }, signal);
      await expect(wrong).rejects.toMatchObject({ kind: 'digest' });
      const sent = [];
      for (const [i, body] of parts.entries()) {
        sent.push(await store.uploadPart({ upload, number: i + 1, body, md5: md5s[i]! }, signal));
      }
      const expected = {
        etag: multipartETag(md5s),
        size: 5 * 1024 * 1024 + 10,
        md5: md5Of(Buffer.concat(parts)),
      };
      const complete = { upload, parts: sent, expected, condition: absent };
      expect((await store.completeUpload(complete, signal)).etag).toBe(expected.etag);

      const second = await store.createUpload({ key: 'multi/a' as ObjectKey, headers }, signal);
      const part = await store.uploadPart(
        { upload: second, number: 1, body: parts[1]!, md5: md5s[1]! },
        signal,
      );
      const refused = store.completeUpload({ ...complete, upload: second, parts: [part] }, signal);
      await expect(refused).rejects.toMatchObject({ kind: 'condition' });
      await store.abortUpload(second, signal);
      await store.abortUpload(second, signal);
    });

    test('an upload of one part of any size; what is begun is listed with its parts, until it ends', async () => {
      const key = 'open/a b+c' as ObjectKey;
      const upload = await store.createUpload({ key, headers }, signal);
      const body = Buffer.from('small');
      const part = await store.uploadPart({ upload, number: 1, body, md5: md5Of(body) }, signal);
      const open = async (): Promise<readonly string[]> => {
        const ids: string[] = [];
        const place = store.uploadsByKey ? key : parsePrefix('open');
        for await (const page of store.listUploads(place, signal)) {
          for (const { key: of, id, begun } of page) {
            expect(of).toBe(key);
            expect(Math.abs(begun - Date.now())).toBeLessThan(60_000);
            ids.push(id);
          }
        }
        return ids;
      };
      expect(await open()).toEqual([upload.id]);
      expect(await store.listParts(upload, signal)).toEqual([{ number: 1, etag: md5Of(body), size: 5 }]);
      const expected = { etag: multipartETag([md5Of(body)]), size: 5, md5: md5Of(body) };
      const request = { upload, parts: [part], expected, condition: absent };
      expect((await store.completeUpload(request, signal)).etag).toBe(expected.etag);
      expect(await open()).toEqual([]);
      await expect(store.listParts(upload, signal)).rejects.toMatchObject({ kind: 'no-upload' });
      const empty = await store.createUpload({ key: 'open/empty' as ObjectKey, headers }, signal);
      const nothing = Buffer.alloc(0);
      const none = await store.uploadPart(
        { upload: empty, number: 1, body: nothing, md5: md5Of(nothing) },
        signal,
      );
      const whole = { etag: multipartETag([md5Of(nothing)]), size: 0, md5: md5Of(nothing) };
      const last = { upload: empty, parts: [none], expected: whole, condition: absent };
      await store.completeUpload(last, signal);
      expect((await store.head('open/empty' as ObjectKey, signal))?.size).toBe(0);
    });

    test('a batch of deletes deletes, and answers for every key', async () => {
      const keys = ['del/a b', 'del/é', 'del/bell\u0007'];
      const requests = [];
      for (const key of keys) requests.push({ key: key as ObjectKey, etag: (await put(key, key)).etag });
      const missing = { key: 'del/never' as ObjectKey, etag: 'f'.repeat(32) as ETag };
      const answers = await store.delete([...requests, missing], signal);
      expect(answers.map(({ deleted }) => deleted)).toEqual([true, true, true, true]);
      expect(await list('del')).toEqual([]);
    });

    test('a key may lie beside others below a directory of its name, and is still created once', async () => {
      await list('nest');
      if (store.keysAreFiles) return expect(['minio', 'versitygw']).toContain(server.name);
      for (const name of ['put', 'copy', 'upload']) await put(`nest/${name}/below`, name);
      const { etag } = await put('nest/put', 'one');
      await expect(put('nest/put', 'two')).rejects.toMatchObject({ kind: 'condition' });

      const source = { key: 'nest/put' as ObjectKey, etag, size: 3 };
      const md5 = md5Of(Buffer.from('one'));
      const copy = { source, headers, md5, condition: absent };
      await store.copy({ ...copy, key: 'nest/copy' as ObjectKey }, signal);
      await expect(store.copy({ ...copy, key: 'nest/copy' as ObjectKey }, signal)).rejects.toThrow();

      const upload = await store.createUpload({ key: 'nest/upload' as ObjectKey, headers }, signal);
      const part = await store.uploadPart({ upload, number: 1, body: Buffer.from('one'), md5 }, signal);
      const expected = { etag: multipartETag([md5]), size: 3, md5 };
      const completed = store.completeUpload({ upload, parts: [part], expected, condition: absent }, signal);
      if (store.canStageNested) await completed;
      else {
        await expect(completed).rejects.toMatchObject({ kind: 'rejected', code: 'KeyIsDirectory' });
        await put('nest/upload', 'one');
      }

      const keys = (await list('nest')).map(({ key }) => key).sort();
      expect(keys).toEqual(
        ['copy', 'copy/below', 'put', 'put/below', 'upload', 'upload/below'].map((n) => `nest/${n}`),
      );
    });

    const versioned = ['embedded', 'minio'].includes(server.name) ? test.skip : test;
    versioned('in a versioned bucket a deleted key is created again, and once', async () => {
      const { endpoint, region, accessKeyId, secretAccessKey } = running;
      const credentials = { accessKeyId, secretAccessKey };
      const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
      const bucket = await running.bucket();
      const VersioningConfiguration = { Status: 'Enabled' } as const;
      await client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
      const { store } = await openStore(optionsFor(running, bucket, '/'), () => undefined, signal);
      const write = (name: string, text: string) => {
        const body = Buffer.from(text);
        const key = name as ObjectKey;
        return store.put({ key, body, md5: md5Of(body), headers, condition: absent }, signal);
      };
      const { etag } = await write('source', 'new');
      const md5 = md5Of(Buffer.from('new'));
      const source = { key: 'source' as ObjectKey, etag, size: 3 };
      const ways = {
        put: () => write('put', 'new'),
        copy: () => store.copy({ key: 'copy' as ObjectKey, source, headers, md5, condition: absent }, signal),
        upload: async () => {
          const upload = await store.createUpload({ key: 'upload' as ObjectKey, headers }, signal);
          const part = await store.uploadPart({ upload, number: 1, body: Buffer.from('new'), md5 }, signal);
          const expected = { etag: multipartETag([md5]), size: 3, md5 };
          return store.completeUpload({ upload, parts: [part], expected, condition: absent }, signal);
        },
      };
      await write('copy-and-more', 'x');
      for (const [name, way] of Object.entries(ways)) {
        const key = name as ObjectKey;
        for (const text of ['first', 'second']) {
          const old = await write(name, text);
          expect(await store.delete([{ key, etag: old.etag }], signal)).toEqual([{ key, deleted: true }]);
        }
        expect(await store.head(key, signal)).toBeUndefined();
        const raced = await Promise.allSettled([way(), write(name, 'theirs')]);
        expect(raced.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
        const { etag: winner } = raced.find((one) => one.status === 'fulfilled')!.value;
        expect((await store.head(key, signal))?.etag).toBe(winner);
        const { reason } = raced.find((one) => one.status === 'rejected')!;
        expect(reason).toMatchObject({ kind: expect.stringMatching(/^(condition|source)$/) });
        await expect(way()).rejects.toMatchObject({ kind: expect.stringMatching(/^(condition|source)$/) });
      }
      if (server.name === 'versitygw') {
        const suspended = { Bucket: bucket, VersioningConfiguration: { Status: 'Suspended' } } as const;
        await client.send(new PutBucketVersioningCommand(suspended));
        const key = 'suspended' as ObjectKey;
        const old = await write(key, 'old');
        expect(await store.delete([{ key, etag: old.etag }], signal)).toEqual([{ key, deleted: true }]);
        await expect(write(key, 'new')).rejects.toMatchObject({
          kind: 'rejected',
          code: 'KeyIsDeleteMarker',
        });
      }
      client.destroy();
    });

    test.each([
      ['small', 12],
      ['large', 3_000_000],
    ])('a %s body, or a range of it, is that of the ETag, or none', async (name, size) => {
      const body = noise(size);
      const key = `body/${name}` as ObjectKey;
      const md5 = md5Of(body);
      const { etag } = await store.put({ key, body, md5, headers, condition: absent }, signal);
      const object = { key, etag, size };
      const whole = await store.getWhole(object, signal);
      expect({ size: whole.head.size, etag: whole.head.etag }).toEqual({ size, etag });
      expect(whole.head.metadata.get('s3cmd-attrs')).toBe('md5:x');
      expect(whole.bytes.equals(body)).toBe(true);
      for (const room of [Buffer.alloc(size + 1), Buffer.from(new SharedArrayBuffer(size)), Buffer.alloc(3)])
        expect((await store.getWhole(object, signal, { room })).bytes.equals(body)).toBe(true);
      const range = await store.getWhole(object, signal, { range: { first: 3, last: 9 } });
      expect(range.bytes.equals(body.subarray(3, 10))).toBe(true);
      expect(range.head).toMatchObject({ size: 7, etag });
      const read = (object: { key: ObjectKey; etag: ETag; size: number }): Promise<Buffer> => {
        let pieces: Uint8Array[] = [];
        const consume = async (all: AsyncIterable<Uint8Array>): Promise<void> => {
          pieces = [];
          for await (const piece of all) pieces.push(piece);
        };
        return store.get(object, consume, signal).then(() => Buffer.concat(pieces));
      };
      expect((await read(object)).equals(body)).toBe(true);
      const stale = { ...object, etag: md5Of(Buffer.from('stale')) as string as ETag };
      const gone = { ...object, key: 'body/none' as ObjectKey };
      for (const other of [stale, gone]) {
        await expect(store.getWhole(other, signal)).rejects.toMatchObject({ kind: 'condition' });
        await expect(read(other)).rejects.toMatchObject({ kind: 'condition' });
      }
    });

    test('an empty object has a head, with its ETag and length', async () => {
      const { etag } = await put('empty', '');
      expect(await store.head('empty' as ObjectKey, signal)).toMatchObject({ size: 0, etag });
    });

    test('a key that is not there has no head and no body', async () => {
      expect(await store.head('none' as ObjectKey, signal)).toBeUndefined();
      expect(await store.read('none' as ObjectKey, 10, signal)).toBeUndefined();
      await put('read/a', 'twelve bytes');
      expect((await store.read('read/a' as ObjectKey, 100, signal))?.bytes.toString()).toBe('twelve bytes');
      await expect(store.read('read/a' as ObjectKey, 3, signal)).rejects.toMatchObject({ code: 'TooLarge' });
    });
  });
}

describe('what the SDK refuses without asking S3', () => {
  const options = optionsFor({ region: 'eu-west-1', endpoint: 'http://127.0.0.1:9' }, 'bucket', '/');
  const opened = (changes: Partial<typeof options.connection>, bucket = 'bucket') =>
    openStore(
      {
        ...options,
        connection: { ...options.connection, ...changes },
        destination: { bucket, prefix: parsePrefix('p') },
      },
      () => undefined,
      signal,
    );

  test('a region that cannot be one is told before anything else is tried', async () => {
    await expect(opened({ region: 'EU_west' })).rejects.toMatchObject({
      code: 'no-region',
      exit: 2,
      message: expect.stringMatching(/^"EU_west" was given as the region.*: correct region, or AWS_REGION$/),
    });
  });

  test('a profile that is nowhere; one that is there is taken without a word about keys beside it', async () => {
    const directory = await temporaryDirectory();
    const kept = { ...process.env };
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    process.env.AWS_ACCESS_KEY_ID = 'AKIDEXAMPLE';
    process.env.AWS_SECRET_ACCESS_KEY = 'secret';
    process.env.AWS_CONFIG_FILE = join(directory, 'config');
    process.env.AWS_SHARED_CREDENTIALS_FILE = join(directory, 'none');
    try {
      const keys = 'aws_access_key_id = AKIDPROFILE\naws_secret_access_key = s\n';
      await writeFile(process.env.AWS_CONFIG_FILE, `[profile there]  # of a test\n${keys}`);
      const { whose, close } = await opened({ profile: 'there' });
      close();
      expect((await whose()).source).toBe('profile there');
      expect(warn).not.toHaveBeenCalled();
      await expect(opened({ profile: 'nope' })).rejects.toMatchObject({
        code: 'no-credentials',
        exit: 2,
        message: `profile names "nope", and no such profile stands in ${join(directory, 'config')} or ${join(directory, 'none')}: correct the name, or add the profile`,
      });
    } finally {
      warn.mockRestore();
      process.env = kept;
      await removeTree(directory);
    }
  });

  test('a profile that comes by a pipe, which is empty the second time, is there', async () => {
    const directory = await temporaryDirectory();
    const kept = { ...process.env };
    const pipe = join(directory, 'credentials');
    execFileSync('mkfifo', [pipe]);
    const script = 'echo "$1" > "$2"; while :; do : > "$2"; done';
    const keys = '[there]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = s';
    const writer = spawn('sh', ['-c', script, 'sh', keys, pipe]);
    process.env.AWS_CONFIG_FILE = join(directory, 'none');
    process.env.AWS_SHARED_CREDENTIALS_FILE = pipe;
    try {
      const { whose, close } = await opened({ profile: 'there' });
      close();
      expect((await whose()).source).toBe('profile there');
    } finally {
      writer.kill();
      process.env = kept;
      await removeTree(directory);
    }
  });

  test('an ARN behind an endpoint is not told as a network that does not answer', async () => {
    process.env.AWS_ACCESS_KEY_ID = 'AKIDEXAMPLE';
    process.env.AWS_SECRET_ACCESS_KEY = 'secret';
    delete process.env.S3DS_REQUESTS;
    const arn = 'arn:aws:s3:eu-west-1:123456789012:accesspoint/point';
    await expect(opened({}, arn)).rejects.toMatchObject({
      code: 'usage',
      exit: 2,
      message: expect.stringMatching(/Path-style.*: give an ARN without endpoint-url/),
    });
  });
});
