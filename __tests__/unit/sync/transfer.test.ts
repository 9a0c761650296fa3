import { beforeEach, describe, expect, test } from '@jest/globals';
import { EMPTY_MD5, type ETag } from '../../../src/model/digest.js';
import type { Event } from '../../../src/model/events.js';
import type { ObjectKey } from '../../../src/model/object-key.js';
import type { DeleteStep, DownloadStep } from '../../../src/model/plan.js';
import { type DeleteAnswer, type ObjectStore, StoreError } from '../../../src/store/object-store.js';
import { Transfer, type TransferOptions } from '../../../src/sync/transfer.js';

const keys = ['a', 'b', 'c'].map((key) => key as ObjectKey);

let stop: AbortController;
let events: Event[];

beforeEach(() => {
  stop = new AbortController();
  events = [];
});

/** Performs steps against a store that has only what a test gives it. */
function transfer(store: Partial<ObjectStore>): Transfer {
  return new Transfer({
    store,
    emit: (event: Event) => void events.push(event),
    signal: stop.signal,
    requests: stop.signal,
  } as unknown as TransferOptions);
}

function deletions(): readonly DeleteStep[] {
  const common = {
    action: 'delete',
    etag: EMPTY_MD5 as string as ETag,
    reason: 'absent',
    rank: 0,
    bytes: 0,
  } as const;
  return keys.map((key) => ({ ...common, key }));
}

describe('D7: a key is deleted where the server says so of that key', () => {
  test('and of no other: one that it refuses, and one that it says nothing of', async () => {
    const denied = new StoreError('denied', 'AccessDenied', 403, 'DeleteObjects', 'as told');
    const answers = keys
      .slice(0, 2)
      .map(
        (key): DeleteAnswer =>
          key === 'a' ? { key, deleted: true } : { key, deleted: false, error: denied },
      );
    const performer = transfer({ delete: async () => answers });
    expect(await performer.delete(deletions())).toMatchObject([
      { outcome: 'done' },
      { outcome: 'failed', error: { code: 'access-denied' } },
      { outcome: 'failed', error: { message: 'c: no answer' } },
    ]);
    expect([...performer.deleted]).toEqual(['a']);
  });

  test('and of none, where the call fails', async () => {
    const performer = transfer({
      delete: async () => {
        throw new StoreError('network', 'ECONNRESET', 0, 'DeleteObjects', 'as told');
      },
    });
    const outcomes = await performer.delete(deletions());
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed']);
    expect(performer.deleted.size).toBe(0);
  });
});

test('steps that make files are refused', async () => {
  const none = { path: '', real: '', size: 0, mtimeNs: 0n, ctimeNs: 0n, dev: 0n, ino: 0n, nlink: 1, mode: 0 };
  const step: DownloadStep = {
    action: 'download',
    reason: 'new',
    key: keys[0]!,
    file: { ...none, name: 'a' },
    md5: EMPTY_MD5,
    condition: { ifNoneMatch: '*' },
    rank: 0,
    bytes: 0,
    staged: true,
  };
  const performer = transfer({});
  expect(await performer.stage(step, true)).toMatchObject({
    outcome: 'failed',
    error: { code: 'internal', message: 'a: download of an object' },
  });
  await expect(performer.write(step)).rejects.toThrow('download of an object');
});
