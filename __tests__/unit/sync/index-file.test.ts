import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { md5Of } from '../../../src/model/digest.js';
import {
  formatDestination,
  formatUpload,
  MAX_INDEX_BYTES,
  type UploadEntry,
} from '../../../src/model/digest-index.js';
import type { ObjectKey, Prefix } from '../../../src/model/object-key.js';
import { StoreError } from '../../../src/store/object-store.js';
import { fileIndexStorage, JournalLeftError, objectIndexStorage } from '../../../src/sync/index-file.js';
import { ModelStore } from '../../support/model-store.js';
import { removeTree, writeTree } from '../../support/tree.js';

const { signal } = new AbortController();
const bytes = (text: string): readonly Buffer[] => [
  Buffer.from(text.slice(0, 2)),
  Buffer.from(text.slice(2)),
];

const INDEX = 's3-dedup-sync-index 1\n';

describe('in a file', () => {
  let root: string;
  beforeEach(async () => {
    root = await writeTree({});
  });
  afterEach(() => removeTree(root));

  test('what is not there yet is none; what was saved and appended is read back, and saving replaces both', async () => {
    const storage = fileIndexStorage(join(root, 'new/index'));
    expect(await storage.load(signal)).toBeUndefined();
    expect(await storage.journal.load(signal)).toEqual(Buffer.alloc(0));
    await storage.journal.append('one\n', signal);
    await Promise.all([storage.journal.append('two\n', signal), storage.journal.append('three\n', signal)]);
    expect((await storage.journal.load(signal)).toString()).toBe('one\ntwo\nthree\n');
    await storage.save(bytes(INDEX), signal);
    expect((await storage.load(signal))?.toString()).toBe(INDEX);
    expect(readdirSync(join(root, 'new'))).toEqual(['index']);
    await storage.journal.append('four\n', signal);
    await storage.journal.clear(signal);
    expect(readdirSync(join(root, 'new'))).toEqual(['index']);
  });

  test('what another run appends to the journal meanwhile stays there, and speaks of the same destination', async () => {
    const path = join(root, 'index');
    const line = (text: string): string => formatUpload(text, {} as UploadEntry);
    const [here, there] = [formatDestination('here'), formatDestination('the "other"')];
    await fileIndexStorage(path).journal.append(here + line('old'), signal);
    const [one, other] = [fileIndexStorage(path), fileIndexStorage(path)];
    await one.journal.load(signal);
    await one.journal.append(here + line('of one'), signal);
    await other.journal.append(here + line('of another'), signal);
    await one.journal.append(here + line('of one again'), signal);
    await other.journal.append(there + line('elsewhere'), signal);
    await other.journal.append(there + line('elsewhere again'), signal);
    await one.save(bytes(INDEX), signal);
    expect(readFileSync(`${path}.journal`, 'utf8')).toBe(
      here + line('of another') + there + line('elsewhere') + line('elsewhere again'),
    );
    await one.journal.append(here + line('of one'), signal);
    await other.journal.clear(signal);
    expect(readFileSync(`${path}.journal`, 'utf8')).toBe(here + line('of one'));
    await one.journal.clear(signal);
    expect(readdirSync(root)).toEqual(['index']);
  });

  (process.platform === 'linux' ? test : test.skip)(
    'a directory that cannot be made in one that is there',
    async () => {
      const storage = fileIndexStorage('/proc/self/none/index');
      await expect(storage.journal.append('one\n', signal)).rejects.toThrow('ENOENT');
    },
  );

  test('what cannot be written is said so, and of an index whose journal alone stays, that', async () => {
    await writeFile(join(root, 'blocked'), '');
    const blocked = fileIndexStorage(join(root, 'blocked/index'));
    await expect(blocked.save(bytes(INDEX), signal)).rejects.toThrow('ENOTDIR');
    await mkdir(join(root, 'index.journal'));
    const storage = fileIndexStorage(join(root, 'index'));
    await expect(storage.journal.append('one\n', signal)).rejects.toThrow('it is not a regular file');
    await expect(storage.save(bytes(INDEX), signal)).rejects.toThrow(JournalLeftError);
    expect((await storage.load(signal))?.toString()).toBe(INDEX);
  });

  test('what could not be read is not replaced unread, but in a place of our own', async () => {
    const path = join(root, 'long');
    await writeFile(path, '');
    await truncate(path, MAX_INDEX_BYTES + 1);
    for (const isOwn of [false, true]) {
      const storage = fileIndexStorage(path, isOwn);
      await expect(storage.load(signal)).rejects.toThrow('over');
      const saved = storage.save(bytes('index'), signal);
      if (isOwn) await saved;
      else await expect(saved).rejects.toThrow('is not replaced');
    }
    expect(readFileSync(path, 'utf8')).toBe('index');
  });

  test.each(['GIF89a', '<!doctype html>', '\n', '\0\0'])(
    "what is no index where a user said that it lies is somebody else's: %j is not replaced",
    async (text) => {
      const path = join(root, 'other');
      await writeFile(path, text);
      const storage = fileIndexStorage(path);
      await expect(storage.load(signal)).rejects.toThrow('it is no index of this tool');
      for (const write of [storage.save(bytes('index'), signal), storage.journal.append('line\n', signal)])
        await expect(write).rejects.toThrow(
          'what lies there is not replaced, as it is no index of this tool',
        );
      expect(readFileSync(path, 'utf8')).toBe(text);
      await fileIndexStorage(path, true).save(bytes('index'), signal);
      expect(readFileSync(path, 'utf8')).toBe('index');
    },
  );

  test('nor is a file that came there since it was read, as by a download', async () => {
    const path = join(root, 'index');
    const storage = fileIndexStorage(path);
    expect(await storage.load(signal)).toBeUndefined();
    await writeFile(path, 'downloaded');
    await expect(storage.save(bytes('index'), signal)).rejects.toThrow('is no index of this tool');
    expect(readFileSync(path, 'utf8')).toBe('downloaded');
  });

  test.each(['', 's3-dedup', 's3-dedup-sync-index 9\n'])(
    'what begins as an index of any version is replaced: %j',
    async (text) => {
      const path = join(root, 'index');
      await writeFile(path, text);
      const storage = fileIndexStorage(path);
      expect((await storage.load(signal))?.toString()).toBe(text);
      await storage.save(bytes('index'), signal);
      expect(readFileSync(path, 'utf8')).toBe('index');
    },
  );

  test('what is left of a line does not take the next one along', async () => {
    const path = join(root, 'index');
    await writeFile(`${path}.journal`, 'one\nhal');
    const { journal } = fileIndexStorage(path);
    await journal.append('two\n', signal);
    await journal.append('three\n', signal);
    expect((await journal.load(signal)).toString()).toBe('one\nhal\ntwo\nthree\n');
  });

  test('a directory, a pipe and what is too long are refused in one line, and not waited for', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')]);
    await writeFile(join(root, 'long'), '');
    await truncate(join(root, 'long'), MAX_INDEX_BYTES + 1);
    await expect(fileIndexStorage(root).load(signal)).rejects.toThrow('it is not a regular file');
    await expect(fileIndexStorage(join(root, 'pipe')).load(signal)).rejects.toThrow(
      'it is not a regular file',
    );
    await expect(fileIndexStorage(join(root, 'long')).load(signal)).rejects.toThrow(
      `it has ${MAX_INDEX_BYTES + 1} bytes, over ${MAX_INDEX_BYTES}`,
    );
    await expect(fileIndexStorage(join(root, 'long/er')).load(signal)).rejects.toThrow('ENOTDIR');
  });
});

describe('as an object', () => {
  const key = '.s3-dedup-sync/index' as ObjectKey;
  const journal = '.s3-dedup-sync/index.journal/' as Prefix;
  const inJournal = (store: ModelStore): number =>
    [...store.objects.keys()].filter((name) => name.startsWith(journal)).length;

  test('is believed alone in the bucket of the destination, and of nothing elsewhere', () => {
    const store = new ModelStore(1);
    expect(objectIndexStorage(store, { bucket: 'b', key }, true).trust).toEqual({
      remote: true,
      local: true,
      grace: true,
    });
    expect(objectIndexStorage(store, { bucket: 'b', key }, false).trust).toEqual({
      remote: false,
      local: false,
      grace: false,
    });
  });

  test('what is not there yet is none; saving drops the journal that was read, and nothing that came after', async () => {
    const store = new ModelStore(1);
    const [one, two] = [
      objectIndexStorage(store, { bucket: 'b', key }, true),
      objectIndexStorage(store, { bucket: 'b', key }, true),
    ];
    expect(await two.load(signal)).toBeUndefined();
    expect(await two.journal.load(signal)).toEqual(Buffer.alloc(0));
    await two.save(bytes('index'), signal);
    expect((await one.load(signal))?.toString()).toBe('index');

    await one.journal.append('one\n', signal);
    await one.journal.append('two\n', signal);
    expect((await two.journal.load(signal)).toString().split('\n').sort()).toEqual(['', 'one', 'two']);
    await one.journal.append('later\n', signal);
    await two.save(bytes('other'), signal);
    expect((await one.load(signal))?.toString()).toBe('other');
    expect((await two.journal.load(signal)).toString()).toBe('later\n');
    await one.journal.clear(signal);
    expect(inJournal(store)).toBe(0);
    // What the other one dropped is nobody's any more.
    await two.journal.clear(signal);
  });

  test('what could not be read is not replaced unread; a first one is written all the same', async () => {
    const store = new ModelStore(1);
    const mine = 'index' as ObjectKey;
    const storage = objectIndexStorage(store, { bucket: 'b', key: mine }, true);
    store.read = () => Promise.reject(new StoreError('denied', 'AccessDenied', 403, 'GetObject', 'as told'));
    await expect(storage.load(signal)).rejects.toThrow('as told');
    await storage.save(bytes('first'), signal);
    await expect(storage.save(bytes('second'), signal)).rejects.toThrow(
      'what lies there could not be read (as told), and nothing is replaced unread',
    );
    expect(store.objects.get(mine)?.bytes.toString()).toBe('first');
    // What lies below a directory of ours is ours.
    const own = objectIndexStorage(store, { bucket: 'b', key }, true);
    await expect(own.load(signal)).rejects.toThrow('as told');
    for (const text of ['first', 'second']) await own.save(bytes(text), signal);
    expect(store.objects.get(key)?.bytes.toString()).toBe('second');
  });

  test('where a policy demands conditions index and journal are written under them, and the last one wins', async () => {
    const store = new ModelStore(1);
    const demanding: ModelStore['put'] = store.put.bind(store);
    const conditions: unknown[] = [];
    store.put = (request) => {
      conditions.push(request.condition);
      const denied = new StoreError('denied', 'AccessDenied', 403, 'PutObject', 'as told');
      return request.condition === undefined ? Promise.reject(denied) : demanding(request);
    };
    const [one, two] = [
      objectIndexStorage(store, { bucket: 'b', key }, true),
      objectIndexStorage(store, { bucket: 'b', key }, true),
    ];
    await one.load(signal);
    await one.journal.append('a line\n', signal);
    expect((await two.journal.load(signal)).toString()).toBe('a line\n');
    await one.save(bytes('one'), signal);
    await two.save(bytes('two'), signal);
    await one.save(bytes('three'), signal);
    expect((await two.load(signal))?.toString()).toBe('three');
    // Denied once by each of the two.
    expect(conditions.filter((condition) => condition === undefined)).toHaveLength(2);

    // Who may not write at all is told what the first answer was.
    store.put = (request) =>
      Promise.reject(
        new StoreError('denied', 'AccessDenied', 403, 'PutObject', request.condition ? 'again' : 'first'),
      );
    const other = objectIndexStorage(store, { bucket: 'b', key }, true);
    await expect(other.save(bytes('four'), signal)).rejects.toThrow('first');
  });

  test.each(['denied', 'rejected', 'condition', 'server'] as const)(
    'a journal that is not deleted (%s) is told: every run would read it, and leave another one',
    async (kind) => {
      const store = new ModelStore(1);
      const storage = objectIndexStorage(store, { bucket: 'b', key }, true);
      await storage.journal.append('one\n', signal);
      const error = new StoreError(kind, 'AsTold', 403, 'DeleteObjects', '');
      store.delete = async (requests) =>
        requests.map((request) => ({ key: request.key, deleted: false, error }));
      await expect(storage.save(bytes('index'), signal)).rejects.toEqual(
        expect.objectContaining({ name: 'JournalLeftError', cause: error }),
      );
    },
  );

  test('a HEAD that fails does not say that nothing is there: what could not be read is left, and the failure told', async () => {
    const store = new ModelStore(1);
    const mine = 'index' as ObjectKey;
    const failure = new StoreError('network', 'ECONNRESET', 0, 'HeadObject', 'as told');
    const old = Buffer.from('old');
    await store.put({
      key: mine,
      body: old,
      md5: md5Of(old),
      headers: { contentType: 'text/plain', metadata: {} },
    });
    const put = jest.spyOn(store, 'put');
    jest
      .spyOn(store, 'read')
      .mockRejectedValue(new StoreError('denied', 'AccessDenied', 403, 'GetObject', ''));
    jest.spyOn(store, 'head').mockRejectedValue(failure);
    const unread = objectIndexStorage(store, { bucket: 'b', key: mine }, true);
    await expect(unread.load(signal)).rejects.toThrow();
    await expect(unread.save(bytes('new'), signal)).rejects.toBe(failure);
    expect(put).not.toHaveBeenCalled();
    // Nor which condition a policy could demand.
    put.mockRejectedValue(new StoreError('denied', 'AccessDenied', 403, 'PutObject', ''));
    const own = objectIndexStorage(store, { bucket: 'b', key }, true);
    await expect(own.save(bytes('new'), signal)).rejects.toBe(failure);
    expect(put).toHaveBeenCalledTimes(1);
  });
});
