import { describe, expect, test } from '@jest/globals';
import { type ETag, md5Of } from '../../../src/model/digest.js';
import {
  EMPTY_INDEX,
  emptyIndex,
  formatIndex,
  type ObjectEntry,
  parseIndex,
} from '../../../src/model/digest-index.js';
import type { Event } from '../../../src/model/events.js';
import { ObjectEntries } from '../../../src/model/object-entries.js';
import type { ObjectKey } from '../../../src/model/object-key.js';
import type { ListedObject, LocalFile } from '../../../src/model/objects.js';
import { StoreError } from '../../../src/store/object-store.js';
import { JournalLeftError } from '../../../src/sync/index-file.js';
import { type Confirmed, loadIndex, saveIndex } from '../../../src/sync/learn.js';
import type { IndexStorage } from '../../../src/sync/ports.js';
import { memoryIndex } from '../../support/engine.js';

const { signal } = new AbortController();

const OF_ANOTHER = Buffer.from(
  [...formatIndex({ ...emptyIndex(Buffer.alloc(0)), destination: 's3://other/' })].join(''),
);

interface Loaded {
  readonly isKnown: boolean;
  readonly notices: readonly string[];
}

async function load(changes: Partial<IndexStorage>): Promise<Loaded> {
  const notices: string[] = [];
  const { index } = await loadIndex(
    { ...memoryIndex(), ...changes },
    (event) => {
      if (event.type === 'message' && event.level === 'notice') notices.push(event.message);
    },
    signal,
  );
  return { isKnown: index !== undefined, notices };
}

const loads = (bytes: Buffer): Partial<IndexStorage> => ({ load: async () => bytes });
const rejects = (error: Error): Partial<IndexStorage> => ({ load: () => Promise.reject(error) });
const denied = new StoreError('denied', 'AccessDenied', 403, 'GetObject', 'as told');

test.each<readonly [string, Partial<IndexStorage>, boolean, readonly (string | RegExp)[]]>([
  ['none yet', {}, false, []],
  ['a whole one', loads(EMPTY_INDEX), true, []],
  [
    'one that cannot be read',
    rejects(new Error('it is not a regular file')),
    false,
    ['the index of earlier runs is ignored: /in memory: it is not a regular file'],
  ],
  [
    'one that may not be read',
    rejects(denied),
    false,
    [
      /^the index of earlier runs is ignored: \/in memory: GetObject was denied \(AccessDenied: as told\): allow s3:GetObject /,
    ],
  ],
  [
    'one in a bucket that is not there',
    rejects(new StoreError('fatal', 'NoSuchBucket', 404, 'GetObject', 'as told')),
    false,
    [/^the index of earlier runs is ignored: \/in memory: there is no such bucket: check its name/],
  ],
  [
    'something else',
    loads(Buffer.from('GIF89a')),
    false,
    ['the index of earlier runs is ignored: /in memory: it is not an index of this version'],
  ],
  [
    'one of another version where a user said',
    loads(Buffer.from('s3-dedup-sync-index 2\n')),
    false,
    [/^the index of earlier runs is ignored: \/in memory: another release wrote it \(version 2\), and what /],
  ],
  [
    'one that was cut short where a user said',
    loads(Buffer.from('s3-dedup')),
    false,
    ['the index of earlier runs is ignored: /in memory: it is not an index of this version'],
  ],
  [
    'an empty file where a user said',
    loads(Buffer.alloc(0)),
    false,
    ['the index of earlier runs is ignored: /in memory: it is not an index of this version'],
  ],
  [
    'one with lines that are damaged',
    loads(Buffer.concat([EMPTY_INDEX, Buffer.from('00000000 {"key":"p/a"}\nnonsense\n')])),
    true,
    ['the index of earlier runs is damaged: 2 lines are ignored'],
  ],
  [
    'one of another destination',
    { ...loads(OF_ANOTHER), destination: 's3://b/p/' },
    true,
    [/^the index of earlier runs is of s3:\/\/other\/: .*give each destination an index of its own$/],
  ],
  [
    'one whose journal cannot be read',
    {
      ...loads(EMPTY_INDEX),
      journal: { ...memoryIndex().journal, load: () => Promise.reject(new Error('EIO: as told')) },
    },
    true,
    [
      'the journal of earlier runs is not read (/in memory: EIO: as told): what one left behind is left to a lifecycle rule, and what delete-grace keeps begins to wait anew',
    ],
  ],
])('an index costs time, never the run: %s', async (_, storage, isKnown, told) => {
  const loaded = await load(storage);
  expect(loaded).toEqual({
    isKnown,
    notices: told.map((line) => (typeof line === 'string' ? line : expect.stringMatching(line))),
  });
  for (const line of loaded.notices) expect(line).toMatch(/^[^\n]+$/);
});

test('a run that is stopped meanwhile ends, rather than go on without an index', async () => {
  const stopped = new AbortController();
  const reason = new Error('stopped');
  const storage = {
    ...memoryIndex(),
    load: async () => {
      stopped.abort(reason);
      throw new Error('as told');
    },
  };
  await expect(loadIndex(storage, () => undefined, stopped.signal)).rejects.toBe(reason);
});

describe('what a run confirmed', () => {
  const md5 = md5Of(Buffer.from('a'));
  const etag = 'opaque-2' as ETag;
  const key = 'p/a' as ObjectKey;
  const nothing: Confirmed = {
    listing: new Map(),
    unchanged: new Map(),
    written: new ObjectEntries<ObjectKey>(),
    deleted: new Set(),
    files: [],
    digestedNs: 10n ** 18n,
    uploads: new Map(),
    deploys: 0,
    headers: new Map(),
    sources: new Map(),
    pending: new Map(),
    invalidations: new Map(),
  };

  function listed(lastModified: number): ReadonlyMap<ObjectKey, ListedObject> {
    return new Map([[key, { key, size: 1, etag, lastModified, storageClass: 'STANDARD' }]]);
  }

  /** What the index has of the key then. */
  async function learned(
    confirmed: Partial<Confirmed>,
    known?: ObjectEntry,
  ): Promise<ObjectEntry | undefined> {
    const storage = memoryIndex();
    const empty = emptyIndex(Buffer.alloc(0));
    const old = known === undefined ? undefined : { ...empty, objects: new Map([[key, known]]) };
    await saveIndex(storage, old, { ...nothing, ...confirmed }, () => undefined, signal);
    const { index } = parseIndex(storage.bytes ?? EMPTY_INDEX, Buffer.alloc(0), undefined);
    return index?.objects.get(key);
  }

  const asked = { headers: 'f'.repeat(64), class: 'STANDARD_IA' };
  const headers = new Map([[key, asked]]);

  test('headers that S3 was asked for are added to what is known of the object, dated where S3 dates it', async () => {
    const known = { etag, size: 1, md5 };
    const unchanged = new Map([[key, undefined]]);
    expect(await learned({ listing: listed(7), unchanged, headers }, known)).toEqual({
      ...known,
      ...asked,
      modified: 7,
    });
    expect(await learned({ listing: listed(0), unchanged, headers }, known)).toEqual({
      ...known,
      ...asked,
    });
  });

  test('where every object is named, so is one of which nothing but its ETag is known', async () => {
    const unchanged = new Map([[key, undefined]]);
    expect(await learned({ listing: listed(7), unchanged })).toBeUndefined();
    expect(await learned({ listing: listed(7), unchanged, everyObject: true })).toEqual({ etag, size: 1 });
  });

  test('what was written is dated by the listing that shows it, else by our own clock, else not at all', async () => {
    const entry = { etag, size: 1, md5, headers: 'f'.repeat(64) };
    const written = new ObjectEntries<ObjectKey>();
    written.set(key, entry);
    expect(await learned({ written })).toEqual(entry);
    written.date(key, 5);
    expect(await learned({ written, after: listed(7) })).toMatchObject({ modified: 7 });
    const own = await learned({ written, after: listed(0) });
    expect([own?.modified, own?.written]).toEqual([undefined, 5]);
  });

  test('what is said of a content without asking what its metadata says is not dated, but where it says the same', async () => {
    const source = `md5:${md5}/size:9/encoding:gzip`;
    const unchanged = new Map([[key, md5]]);
    const learnedOf = (known: string): Promise<ObjectEntry | undefined> =>
      learned(
        { listing: listed(7), unchanged, sources: new Map([[key, { source }]]) },
        { etag, size: 1, md5, source: known, modified: 7 },
      );
    expect(await learnedOf('none')).toEqual({ etag, size: 1, md5, source });
    expect(await learnedOf(source)).toEqual({ etag, size: 1, md5, source, modified: 7 });
    const asked = new Map([[key, { source, modified: 8 }]]);
    const known = { etag, size: 1, md5, source: 'none', modified: 7 };
    expect(await learned({ listing: listed(8), unchanged, sources: asked }, known)).toEqual({
      ...known,
      source,
      modified: 8,
    });
  });

  test('what another run wrote just so is not dated: what its metadata says is not known', async () => {
    const written = new ObjectEntries<ObjectKey>();
    const entry = { etag, size: 1, md5, source: `md5:${md5}/size:9/encoding:gzip` };
    written.set(key, entry);
    written.date(key, 5);
    expect(await learned({ written, after: listed(7) })).toEqual(entry);
  });

  test('what is dated later than our write was answered may have the headers of another run', async () => {
    const entry = { etag, size: 1, md5, ...asked };
    const written = new ObjectEntries<ObjectKey>();
    written.set(key, entry);
    written.date(key, 10_000);
    expect(await learned({ written, after: listed(12_000) })).toEqual({ ...entry, modified: 12_000 });
    expect(await learned({ written, after: listed(12_001) })).toEqual({ etag, size: 1, md5 });
  });

  test('is written in pieces of some size, and is whole', async () => {
    const times = { mtimeNs: 1n, ctimeNs: 1n, dev: 1n, ino: 1n, nlink: 1, mode: 0 };
    // The first one is asked about the file system.
    const names = ['/', ...Array.from({ length: 5_000 }, (_, i) => `/tree/${String(i).padStart(60, '0')}`)];
    const files = names.map((path) => ({
      file: { name: path.slice(6), path, real: path, size: 1, ...times } as LocalFile,
      md5,
    }));
    const storage = memoryIndex();
    const sizes: number[] = [];
    const save = storage.save.bind(storage);
    storage.save = async (pieces) => {
      const all = [...pieces];
      sizes.push(...all.map(({ length }) => length));
      return save(all, signal);
    };
    await saveIndex(storage, undefined, { ...nothing, files }, () => undefined, signal);
    expect(sizes.length).toBeGreaterThan(2);
    expect(sizes.slice(0, -1).every((size) => size >= 256 * 1024)).toBe(true);
    const { index } = parseIndex(storage.bytes ?? EMPTY_INDEX, Buffer.alloc(0), undefined);
    expect([...(index?.files.keys() ?? [])]).toEqual(names);
  });

  test('C12: files that may change without another ctime have no line: of images it is a whole second', async () => {
    const times = { mtimeNs: 1n, dev: 1n, ino: 1n, nlink: 1, mode: 0 };
    const fileAt = (path: string, ctimeNs: bigint): Confirmed['files'] => [
      { file: { name: path, path, real: path, size: 1, ctimeNs, ...times }, md5 },
    ];
    const files = [...fileAt('/', 7_000_000_001n), ...fileAt('/etc', 7_000_000_000n), ...fileAt('/none', 1n)];
    const storage = memoryIndex();
    await saveIndex(storage, undefined, { ...nothing, files }, () => undefined, signal);
    const { index } = parseIndex(storage.bytes ?? EMPTY_INDEX, Buffer.alloc(0), undefined);
    expect([...(index?.files.keys() ?? [])]).toEqual(['/', '/none']);
  });

  test.each([
    [
      'nothing is owed',
      {},
      /^the index could not be written \(\/in memory: .*\): the next run will take longer, nothing else is lost$/,
    ],
    [
      'an invalidation is owed',
      { invalidations: new Map([['E2EXAMPLE', { paths: ['/a'] }]]) },
      /what is still to be invalidated is not remembered: invalidate \/\* by hand$/,
    ],
    [
      'an invalidation was sent',
      { invalidations: new Map([['E2EXAMPLE', { paths: [] }]]) },
      /the next run will take longer, and may invalidate again what this one did$/,
    ],
    [
      'deletes wait',
      { pending: new Map([['p/old', { etag, since: 0, deploys: 0 }]]) },
      /take longer, deletes that delete-grace puts off wait for as long as it cannot be written$/,
    ],
  ])(
    'that cannot be written costs a warning, which says what is lost: %s',
    async (_, confirmed: Partial<Confirmed>, told) => {
      const messages: string[] = [];
      const storage = { ...memoryIndex(), save: () => Promise.reject(denied) };
      await saveIndex(
        storage,
        undefined,
        { ...nothing, ...confirmed },
        (event) => void (event.type === 'message' && messages.push(event.message)),
        signal,
      );
      expect(messages).toEqual([expect.stringMatching(told)]);
    },
  );

  test.each([
    ['', new Map()],
    [', and invalidates again what it names', new Map([['E2EXAMPLE', { paths: [] }]])],
  ])('whose journal alone stays is not told as not written%s', async (again, invalidations) => {
    const messages: string[] = [];
    const cause = new StoreError('denied', 'AccessDenied', 403, 'DeleteObjects', 'as told');
    const left = new JournalLeftError('as told', { cause });
    const storage = { ...memoryIndex(), save: () => Promise.reject(left) };
    const emit = (event: Event): void => void (event.type === 'message' && messages.push(event.message));
    await saveIndex(storage, undefined, { ...nothing, invalidations }, emit, signal);
    expect(messages).toEqual([
      `the index is up to date, but its journal could not be deleted (/in memory: DeleteObjects was denied (AccessDenied: as told): allow s3:DeleteObject and s3:GetObject in the policy of the identity, and of the bucket where another account has it): every run reads it until it is gone${again}`,
    ]);
  });
});
