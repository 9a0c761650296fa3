import { Buffer } from 'node:buffer';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ETag, md5Of, multipartETag } from '../../src/model/digest.js';
import { type ObjectKey, parsePrefix } from '../../src/model/object-key.js';
import type { ListedObject } from '../../src/model/objects.js';
import type { ObjectStore } from '../../src/store/object-store.js';
import { openStore } from '../../src/store/open.js';
import { optionsFor } from '../support/engine.js';
import { embedded, realServers, type TestServer } from '../support/servers.js';
import { noise } from '../support/tree.js';

/** What the engine relies on, through the store, on every server that there is. Deviations are said where they are. */
const servers: readonly {
  readonly name: string;
  readonly absent: string | undefined;
  start(): Promise<TestServer>;
}[] = [{ name: 'embedded', absent: undefined, start: () => embedded() }, ...realServers];

const signal = new AbortController().signal;
const headers = { contentType: 'text/plain', metadata: { 's3cmd-attrs': 'md5:x' } };
const absent = { ifNoneMatch: '*' } as const;

for (const server of servers) {
  const suite = server.absent === undefined ? describe : describe.skip;
  suite(`the store on ${server.name}${server.absent === undefined ? '' : `: skipped, ${server.absent}`}`, () => {
    let running: TestServer;
    let store: ObjectStore;

    beforeAll(async () => {
      running = await server.start();
      process.env.AWS_ACCESS_KEY_ID = running.accessKeyId;
      process.env.AWS_SECRET_ACCESS_KEY = running.secretAccessKey;
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
      expect((await store.copy({ ...request, headers: own }, signal)).etag).toBe(md5);
      expect(await store.head('copy/to' as ObjectKey, signal)).toMatchObject({
        size: 7,
        contentType: 'text/css',
        metadata: new Map([['own', 'yes']]),
      });
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

    test('a batch of deletes deletes, and answers for every key', async () => {
      const keys = ['del/a b', 'del/é', 'del/bell\u0007'];
      const requests = [];
      for (const key of keys) requests.push({ key: key as ObjectKey, etag: (await put(key, key)).etag });
      const missing = { key: 'del/never' as ObjectKey, etag: 'f'.repeat(32) as ETag };
      const answers = await store.delete([...requests, missing], signal);
      expect(answers.map(({ deleted }) => deleted)).toEqual([true, true, true, true]);
      expect(await list('del')).toEqual([]);
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
