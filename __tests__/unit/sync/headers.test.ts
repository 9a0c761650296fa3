import { describe, expect, test } from '@jest/globals';
import type { ETag } from '../../../src/model/digest.js';
import type { ObjectEntry } from '../../../src/model/digest-index.js';
import type { ObjectKey } from '../../../src/model/object-key.js';
import type { ListedObject, LocalFile } from '../../../src/model/objects.js';
import type { Plan, Step } from '../../../src/model/plan.js';
import { type ReadableStore, StoreError } from '../../../src/store/object-store.js';
import { isRewritten, whatWouldLoseAcls } from '../../../src/sync/headers.js';

describe('whether an object was written again', () => {
  const etag = 'e' as ETag;
  const object = (lastModified: number): ListedObject => ({
    key: 'k' as ObjectKey,
    size: 1,
    etag,
    lastModified,
    storageClass: 'STANDARD',
  });

  test('is told by the time that a listing showed, else by that of our own write, within two seconds', () => {
    const seen = { etag, size: 1, modified: 1_000 };
    expect([1_000, 1_001, 999].map((time) => isRewritten(seen, object(time)))).toEqual([false, true, true]);
    const at = 1_000_000;
    const written = { etag, size: 1, written: at };
    const told = (times: readonly number[], entry: ObjectEntry): readonly boolean[] =>
      times.map((time) => isRewritten(entry, object(time)));
    expect(told([at, at + 2_000, at + 2_001], written)).toEqual([false, false, true]);
    // A request may take a while; a version before it that is current again is older.
    expect(told([at - 900_000, at - 900_001], written)).toEqual([false, true]);
    // Objects in parts are dated by when they were begun.
    expect(told([1], { ...written, parts: '2x8388608' })).toEqual([false]);
    expect(told([1], { ...written, etag: `${'a'.repeat(32)}-1` as ETag })).toEqual([false]);
    expect(isRewritten({ etag, size: 1 }, object(1))).toBe(false);
  });

  test('is not known where the server tells no times', () => {
    expect(isRewritten({ etag, size: 1, modified: 1_000 }, object(0))).toBe(false);
  });
});

describe('an ACL that a refresh would drop', () => {
  async function lost(
    keys: readonly string[],
    hasAcl: (key: string) => boolean,
    acl?: string,
  ): Promise<{
    readonly bound: unknown;
    readonly unknown: unknown;
    readonly told: readonly string[];
    asked: number;
  }> {
    const steps = keys.map((key) => ({ action: 'refresh', key, file: { name: key } as LocalFile }) as Step);
    const none = { files: 0, bytes: 0 };
    const plan: Plan = {
      ranks: [{ name: 'changed', phases: [{ kind: 'publish', steps }] }],
      unchanged: none,
      kept: none,
    };
    const told: string[] = [];
    let asked = 0;
    const store = {
      hasAcl: async (key: string) => {
        asked++;
        return hasAcl(key);
      },
    } as unknown as ReadableStore;
    const headers = acl === undefined ? {} : { 'x-amz-acl': acl };
    const { aclBound, aclUnknown } = await whatWouldLoseAcls(plan, {
      store,
      policy: { headersOf: () => headers, over: (kept) => kept, saysEncoding: () => false },
      concurrency: 1,
      emit: (event) => void (event.type === 'message' && told.push(event.message)),
      signal: new AbortController().signal,
    });
    return { bound: [...aclBound], unknown: [...aclUnknown], told, asked };
  }

  test('keeps its object from being refreshed, and is told in one line', async () => {
    expect(await lost(['a', 'b', 'c'], (key) => key !== 'b')).toMatchObject({
      bound: ['a', 'c'],
      unknown: [],
      told: [expect.stringMatching(/^a and 1 more keep their old headers: renewing them would drop an ACL/)],
    });
    expect((await lost(['a', 'b'], (key) => key === 'b')).told).toEqual([
      expect.stringMatching(/^b keeps its old headers: /),
    ]);
  });

  test('that may not be asked for keeps all of them, and is asked for once', async () => {
    const answer = await lost(['a', 'b', 'c'], () => {
      throw new StoreError('denied', 'AccessDenied', 403, 'GetObjectAcl', 'as told');
    });
    expect(answer).toMatchObject({ bound: [], unknown: ['a', 'b', 'c'], asked: 1 });
    expect(answer.told).toEqual([expect.stringMatching(/^a and 2 more keep .*whether .* is not known/)]);
  });

  test('that cannot be asked for fails the run before anything is written', async () => {
    const broken = new StoreError('server', 'InternalError', 500, 'GetObjectAcl', 'as told');
    await expect(
      lost(['a'], () => {
        throw broken;
      }),
    ).rejects.toBe(broken);
  });

  test('is not asked for where an ACL is sent', async () => {
    expect(await lost(['a'], () => true, 'private')).toEqual({ bound: [], unknown: [], told: [], asked: 0 });
  });
});
