import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { processMark } from '../../../src/disk/process-mark.js';
import { md5Of } from '../../../src/model/digest.js';
import type { UploadEntry } from '../../../src/model/digest-index.js';
import { type ObjectKey, parsePrefix } from '../../../src/model/object-key.js';
import { type ListedUpload, type ObjectStore, StoreError } from '../../../src/store/object-store.js';
import type { IndexStorage } from '../../../src/sync/ports.js';
import { Uploads, type UploadsRequest } from '../../../src/sync/uploads.js';
import { memoryIndex } from '../../support/engine.js';
import { beganOf } from '../../support/processes.js';

const onLinux = process.platform === 'linux' ? test : test.skip;

const HOUR = 3_600_000;
const NOW = 100 * HOUR;
/** Of another machine or container, which may have the same numbers. */
const ELSEWHERE = `${'f'.repeat(12)}.${process.pid}.1`;
const purpose = {
  key: 'p/a' as ObjectKey,
  md5: md5Of(Buffer.from('a')),
  size: 1,
  parts: '1x1',
  headers: 'h',
};

function entry(changes: Partial<UploadEntry> = {}): UploadEntry {
  return { ...purpose, begun: NOW - HOUR, process: ELSEWHERE, ...changes };
}

interface Opened {
  readonly uploads: Uploads;
  readonly messages: readonly string[];
  /** Ids of what was aborted. */
  readonly aborted: readonly string[];
}

async function open(
  journalled: Readonly<Record<string, UploadEntry>>,
  changes: Partial<UploadsRequest> = {},
  listed: readonly ListedUpload[] = [],
  uploadsByKey = false,
): Promise<Opened> {
  const messages: string[] = [];
  const aborted: string[] = [];
  const store = {
    abortUpload: async ({ id }: { readonly id: string }) => void aborted.push(id),
    uploadsByKey,
    async *listUploads(place: string) {
      yield uploadsByKey ? listed.filter(({ key }) => key === place) : listed;
    },
  } as unknown as ObjectStore;
  const uploads = await Uploads.load({
    store,
    storage: memoryIndex(),
    prefix: parsePrefix('p'),
    journalled: new Map(Object.entries(journalled)),
    abortAfterMs: 24 * HOUR,
    alone: false,
    now: () => NOW,
    concurrency: 1,
    emit: (event) => void (event.type === 'message' && messages.push(event.message)),
    signal: new AbortController().signal,
    ...changes,
  });
  return { uploads, messages, aborted };
}

const failing = (error: Error): IndexStorage => ({
  ...memoryIndex(),
  journal: { ...memoryIndex().journal, append: () => Promise.reject(error) },
});

describe('uploads that an earlier run left behind', () => {
  onLinux('are aborted when that run has ended: its process is gone, or it was long ago', async () => {
    const own = processMark();
    const [place] = own.split('.');
    const { pid } = spawnSync('true');
    const gone = `${place}.${pid}.1`;
    const { uploads, aborted, messages } = await open({
      gone: entry({ process: gone }),
      'of this process': entry({ process: own }),
      // Its number is another process's by now.
      before: entry({ process: `${place}.${process.pid}.1` }),
      running: entry({ process: `${place}.${process.ppid}.${beganOf(process.ppid)}` }),
      elsewhere: entry(),
      'no mark': entry({ process: `${process.pid}` }),
      'of an early version': entry({ process: '' }),
      old: entry({ begun: NOW - 24 * HOUR }),
      wanted: entry({ process: gone, key: 'p/wanted' as ObjectKey }),
    });
    await uploads.abortLeftOvers(({ key }) => key === 'p/wanted');
    expect([...aborted].sort()).toEqual(['before', 'gone', 'of this process', 'old']);
    expect(messages).toEqual(['4 uploads were aborted that an interrupted run left behind']);
    expect([...uploads.left().keys()]).toEqual([
      'running',
      'elsewhere',
      'no mark',
      'of an early version',
      'wanted',
    ]);
  });

  test.each([
    [1, 'it is billed until a later run or a lifecycle rule aborts it'],
    [3, 'it and 2 more are billed until a later run or a lifecycle rule aborts them'],
  ])('that cannot be aborted are told of once, and stay known: %s', async (many, billed) => {
    const abortUpload = async (): Promise<void> => {
      throw new StoreError('denied', 'AccessDenied', 403, 'AbortMultipartUpload', 'as told');
    };
    const ids = Array.from({ length: many }, (_, i) => [`id${i}`, entry()] as const);
    const store = { abortUpload } as unknown as ObjectStore;
    const { uploads, messages } = await open(Object.fromEntries(ids), { store, alone: true });
    await uploads.abortLeftOvers(() => false);
    expect(messages).toEqual([
      expect.stringMatching(
        /^an upload to p\/a that an earlier run left behind: AbortMultipartUpload was denied/,
      ),
    ]);
    expect(messages[0]?.endsWith(`; ${billed}`)).toBe(true);
    expect(uploads.count).toBe(many);
  });

  test('of other prefixes are others\u2019', async () => {
    const { uploads, aborted } = await open({ other: entry({ key: 'q/a' as ObjectKey }) }, { alone: true });
    await uploads.abortLeftOvers(() => false);
    expect([aborted, uploads.left().size]).toEqual([[], 0]);
  });

  test('are gone on with for the same content, parts and headers alone', async () => {
    const { uploads } = await open({ id: entry() });
    for (const change of [
      { key: 'p/b' as ObjectKey },
      { md5: md5Of(Buffer.from('b')) },
      { size: 2 },
      { parts: '2x1' },
      { headers: 'other' },
    ])
      expect(await uploads.take({ ...purpose, ...change })).toBeUndefined();
    expect(await uploads.take(purpose)).toMatchObject({ key: 'p/a', id: 'id' });
    expect(await uploads.take(purpose)).toBeUndefined();
  });

  test('are looked at where they have the same key alone: of a thousand that do not match a thousand times', async () => {
    let looks = 0;
    const keys = Array.from({ length: 1_000 }, (_, i) => `p/${i}` as ObjectKey);
    const seen = (key: ObjectKey): UploadEntry => ({
      ...entry({ key }),
      get md5() {
        looks++;
        return purpose.md5;
      },
    });
    const { uploads } = await open(Object.fromEntries(keys.map((key) => [key, seen(key)])));
    for (const key of keys) expect(await uploads.take({ ...purpose, key, headers: 'other' })).toBeUndefined();
    expect(looks).toBe(1_000);
    expect(uploads.count).toBe(1_000);
  });

  test('of one key are each gone on with once', async () => {
    const { uploads } = await open({ one: entry(), other: entry({ headers: 'other' }), two: entry() });
    expect(await uploads.take(purpose)).toMatchObject({ id: 'one' });
    expect(await uploads.take(purpose)).toMatchObject({ id: 'two' });
    expect(await uploads.take(purpose)).toBeUndefined();
    expect(uploads.count).toBe(uploads.left().size);
  });

  test('that are of no use are aborted, unless their run may still be at work', async () => {
    const { uploads } = await open({ working: entry() });
    const working = (await uploads.take(purpose))!;
    expect(uploads.drop(working)).toBe(false);
    expect(uploads.left().get('working')).toEqual(entry());
    const { uploads: alone } = await open({ over: entry() }, { alone: true });
    expect(alone.drop((await alone.take(purpose))!)).toBe(true);
  });

  test('C18: by a journal that others can write are those that S3 lists under that key and time', async () => {
    const journalled = {
      known: entry(),
      unlisted: entry(),
      'of another key': entry(),
      'of another time': entry(),
    };
    const begun = NOW - HOUR;
    const listed = [
      { id: 'known', key: purpose.key, begun: begun + 1_000 },
      { id: 'of another key', key: 'p/b' as ObjectKey, begun },
      { id: 'of another time', key: purpose.key, begun: begun + 16 * 60_000 },
      { id: 'of nobody we know', key: purpose.key, begun },
    ];
    const untrusted = memoryIndex({ local: false });
    const { uploads, aborted } = await open(journalled, { storage: untrusted, alone: true }, listed);
    await uploads.abortLeftOvers(() => false);
    expect(aborted).toEqual(['known']);
    // MinIO finds none below a prefix.
    const { uploads: byKey, aborted: found } = await open(
      journalled,
      { storage: untrusted, alone: true },
      listed,
      true,
    );
    await byKey.abortLeftOvers(() => false);
    expect(found).toEqual(['known']);
  });

  test('late in a long run are known by the time when they were begun', async () => {
    const untrusted = memoryIndex({ local: false });
    let now = NOW - HOUR;
    const { uploads: long } = await open({}, { storage: untrusted, now: () => now });
    now += 0.5 * HOUR;
    await long.begun({ key: purpose.key, id: 'late', encryption: undefined }, purpose);
    const journalled = Object.fromEntries(long.left());
    const listed = [{ id: 'late', key: purpose.key, begun: now }];
    const { uploads } = await open(journalled, { storage: untrusted }, listed);
    expect(await uploads.take(purpose)).toMatchObject({ id: 'late' });
  });
});

test.each([undefined, 'this runner has no cache service'])(
  'the next run knows of what is left open where an index is kept, and not where it is not: %s',
  async (why) => {
    const storage = { ...memoryIndex(), whyNotKept: () => why };
    const { uploads } = await open({}, { storage });
    const isKept = why === undefined;
    expect([uploads.journalled, uploads.isKept]).toEqual([isKept, isKept]);
  },
);

describe('a journal that cannot be written', () => {
  test.each([
    ['a full disk', new Error('ENOSPC: as told'), '/in memory: ENOSPC: as told'],
    [
      'a bucket',
      new StoreError('throttled', 'SlowDown', 503, 'PutObject', 'as told'),
      '/in memory: S3 asked to slow down until the attempts were used up (SlowDown: as told): lower concurrency, or raise max-attempts',
    ],
  ])('%s: one warning, the run goes on, and the index names what is left open', async (_, error, told) => {
    const { uploads, messages } = await open({}, { storage: failing(error) });
    expect(uploads.journalled).toBe(true);
    const begin = (id: string): Promise<void> =>
      uploads.begun({ key: purpose.key, id, encryption: undefined }, purpose);
    await Promise.all(['one', 'two'].map(begin));
    await begin('three');
    expect(messages).toEqual([
      `the journal of uploads cannot be written (${told}): should this run be killed, a lifecycle rule must abort what it leaves behind`,
    ]);
    expect([uploads.journalled, uploads.isKept]).toEqual([false, true]);
    expect([...uploads.left().keys()]).toEqual(['one', 'two', 'three']);
  });
});
