import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EMPTY_MD5, type ETag, md5Of } from '../../../src/model/digest.js';
import type { Event } from '../../../src/model/events.js';
import type { HeaderDecider } from '../../../src/model/headers.js';
import type { ObjectKey } from '../../../src/model/object-key.js';
import type { DeleteStep, DownloadStep, UploadStep } from '../../../src/model/plan.js';
import {
  type DeleteAnswer,
  type ObjectStore,
  StoreError,
  type Upload,
} from '../../../src/store/object-store.js';
import { BodyArena } from '../../../src/sync/body-arena.js';
import { Transfer } from '../../../src/sync/transfer.js';
import type { TransferOptions } from '../../../src/sync/transfer-options.js';
import { UploadRate } from '../../../src/sync/upload-rate.js';
import type { Uploads } from '../../../src/sync/uploads.js';
import { removeTree, writeTree } from '../../support/tree.js';
import { walkTree } from '../../support/walk-tree.js';

const keys = ['a', 'b', 'c'].map((key) => key as ObjectKey);

let stop: AbortController;
let events: Event[];

beforeEach(() => {
  stop = new AbortController();
  events = [];
});

/** Performs steps against a store that has only what a test gives it. */
function transfer(store: Partial<ObjectStore>, options: Partial<TransferOptions> = {}): Transfer {
  return new Transfer({
    store,
    sources: new Set(),
    emit: (event: Event) => void events.push(event),
    signal: stop.signal,
    requests: stop.signal,
    aborts: new AbortController().signal,
    ...options,
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

test.each([
  [true, true, 'notice', ': the next run goes on with what it can use and aborts the rest'],
  [
    false,
    true,
    'warning',
    ', billed until a lifecycle rule aborts it: if the index can be written the next run goes on with what it can use and aborts the rest',
  ],
  [
    false,
    false,
    'warning',
    ' and will be billed until a lifecycle rule aborts it: an index that is kept (a path or s3://) would let the next run do it',
  ],
] as const)(
  'what is left open, journalled %s, with an index %s: who ends it',
  async (journalled, isKept, level, told) => {
    const uploads = { journalled, isKept, count: 1 } as unknown as Uploads;
    await transfer({}, { uploads, concurrency: 1 }).close();
    const message = `1 multipart upload is left open${told}`;
    expect(events).toEqual([{ type: 'message', level, message }]);
  },
);

describe('a file that is sent', () => {
  let root: string;
  let step: UploadStep;

  beforeEach(async () => {
    root = await writeTree({ a: 'content' });
    const [file] = await walkTree(root, stop.signal);
    const condition = { ifNoneMatch: '*' } as const;
    const common = { key: keys[0]!, file: file!, condition, rank: 0, bytes: 7, staged: false };
    step = { ...common, action: 'upload', reason: 'new', md5: undefined };
  });
  afterEach(() => removeTree(root));

  /** All that sending asks for besides the store. */
  const sending = (delay: boolean): Partial<TransferOptions> => ({
    digests: new Map(),
    policy: { headersOf: () => ({}) } as unknown as HeaderDecider,
    bodies: { ready: async (file) => file, again: async (file) => file },
    arena: new BodyArena(1024),
    rate: new UploadRate(),
    overwrite: 'if-unchanged',
    delay,
    uploads: {
      take: async () => undefined,
      begun: async () => undefined,
      ended: () => undefined,
    } as unknown as Uploads,
    onSent: () => undefined,
  });

  test('to a bucket with versions: the report has the one that was made', async () => {
    const etag = md5Of(Buffer.from('content')) as string as ETag;
    const versionId = 'of-this-write';
    const performer = transfer(
      { put: async () => ({ etag, versionId, encryption: undefined }) },
      sending(false),
    );
    expect(await performer.write(step)).toMatchObject({ outcome: 'done', etag, versionId, sentBytes: 7 });
  });

  test('and whose run is stopped with all of its requests: the upload is aborted all the same', async () => {
    const upload: Upload = { key: step.key, id: 'u', encryption: undefined };
    const aborted: boolean[] = [];
    const store: Partial<ObjectStore> = {
      createUpload: async () => upload,
      uploadPart: async () => {
        stop.abort(new Error('a test stops it'));
        throw new StoreError('aborted', 'AbortError', 0, 'UploadPart', 'as told');
      },
      abortUpload: async (_, { aborted: isOver }) => void aborted.push(isOver),
    };
    const outcome = await transfer(store, sending(true)).stage({ ...step, staged: true }, true);
    expect(outcome).toMatchObject({ outcome: 'skipped', error: { code: 'cancelled' } });
    expect(aborted).toEqual([false]);
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
