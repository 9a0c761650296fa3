import { afterEach, expect, test } from '@jest/globals';
import { type ETag, md5Of } from '../../../src/model/digest.js';
import { type ObjectKey, parsePrefix } from '../../../src/model/object-key.js';
import type { LocalFile } from '../../../src/model/objects.js';
import type { ReadableStore } from '../../../src/store/object-store.js';
import { DigestPool } from '../../../src/sync/digest-pool.js';
import { SourceObjects } from '../../../src/sync/source-objects.js';

const stop = new AbortController();
const pool = new DigestPool(() => undefined, stop.signal);
afterEach(() => pool.close());

test.each([
  ['ENOSPC', /cannot be kept in .* \(no space\): set TMPDIR to a directory with room/, 'no-room'],
  ['EIO', /^no space$/, 'EIO'],
])(
  'a body that this machine cannot keep, %s, says what to do where there is something to do',
  async (code, message, told) => {
    const body = Buffer.from('body');
    const etag = md5Of(body) as string as ETag;
    const head = { etag, size: body.length, metadata: new Map(), fields: {}, encryption: undefined };
    const store = {
      head: async () => head,
      getWhole: async () => Promise.reject(Object.assign(new Error('no space'), { code })),
    } as unknown as ReadableStore;
    const times = { mtimeNs: 0n, ctimeNs: 0n, dev: 0n, ino: 0n, nlink: 1, mode: 0 };
    const object = { key: 'a/x' as ObjectKey, etag, size: body.length, lastModified: 0 };
    const file: LocalFile = { name: 'x', path: '', real: '', size: body.length, ...times, object };
    const { signal } = stop;
    const source = new SourceObjects({
      store,
      bucket: 'b',
      from: parsePrefix('a'),
      to: parsePrefix('c'),
      pool,
      concurrency: 1,
      emit: () => undefined,
      signal,
      requests: signal,
    });
    try {
      await expect(source.ready(file)).rejects.toMatchObject({
        message: expect.stringMatching(message),
        code: told,
      });
    } finally {
      await source.close();
    }
  },
);
