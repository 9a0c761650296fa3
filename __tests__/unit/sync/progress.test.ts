import { expect, test } from '@jest/globals';
import { type ETag, md5Of } from '../../../src/model/digest.js';
import type { ObjectKey } from '../../../src/model/object-key.js';
import type { ListedObject, LocalFile } from '../../../src/model/objects.js';
import type { DeleteStep, KeepStep, Plan, Step, UploadStep } from '../../../src/model/plan.js';
import type { ObjectHead, ReadableStore } from '../../../src/store/object-store.js';
import { progressOf } from '../../../src/sync/progress.js';

const BYTES = 4;
const [before, planned, other] = ['before', 'planned', 'other'].map((text) => md5Of(Buffer.from(text)));
const multipart = `${other}-2` as ETag;

function upload(key: string): UploadStep {
  const file = { name: key, size: BYTES } as LocalFile;
  const condition = { ifMatch: before as string as ETag };
  const what = { action: 'upload', reason: 'changed', rank: 0, staged: true } as const;
  return { ...what, key: key as ObjectKey, bytes: BYTES, file, md5: planned!, condition };
}

function leave(key: string, action: 'delete' | 'keep'): DeleteStep | KeepStep {
  const base = { key: key as ObjectKey, rank: 0, bytes: BYTES, etag: before as string as ETag };
  if (action === 'delete') return { ...base, action, reason: 'removed' };
  return { ...base, action, reason: 'grace' };
}

interface There {
  readonly etag: string;
  readonly size?: number;
  readonly encryption?: string;
  readonly md5?: string | undefined;
}

async function progress(
  steps: readonly Step[],
  there: Readonly<Record<string, There>>,
  published: Readonly<Record<string, string>> = {},
): Promise<{ readonly done: readonly string[]; readonly changed: readonly string[] }> {
  const none = { files: 0, bytes: 0 };
  const plan: Plan = {
    ranks: [{ name: 'all', phases: [{ kind: 'publish', steps }] }],
    unchanged: none,
    kept: none,
  };
  const listing = new Map(
    Object.entries(there).map(([name, { etag, size = BYTES }]) => {
      const key = name as ObjectKey;
      return [key, { key, size, etag: etag as ETag, lastModified: 1, storageClass: 'STANDARD' }];
    }),
  ) satisfies ReadonlyMap<ObjectKey, ListedObject>;
  const store = {
    head: async (key: ObjectKey): Promise<Partial<ObjectHead> | undefined> => {
      const { etag = '', encryption, md5 } = there[key] ?? {};
      const metadata = new Map(md5 === undefined ? [] : [['s3cmd-attrs', `md5:${md5}`]]);
      return { etag: etag as ETag, encryption, metadata };
    },
  } as unknown as ReadableStore;
  const { done, changed } = await progressOf({
    plan,
    staged: new Map(),
    published: new Map(Object.entries(published) as [ObjectKey, ETag][]),
    listing,
    store,
    concurrency: 1,
    signal: new AbortController().signal,
  });
  return { done: [...done.keys()], changed };
}

test('what lies there as it was planned for is still to be done', async () => {
  const steps = [upload('a'), leave('b', 'delete'), leave('c', 'keep')];
  const there = Object.fromEntries(['a', 'b', 'c'].map((key) => [key, { etag: `${before}` }]));
  expect(await progress(steps, there)).toEqual({ done: [], changed: [] });
});

test('a delete of what is gone is done; of what another writer replaced it stops the publish, and so does a keep', async () => {
  const steps = [
    leave('gone', 'delete'),
    leave('other', 'delete'),
    leave('kept', 'keep'),
    leave('lost', 'keep'),
  ];
  const there = { other: { etag: `${other}` }, kept: { etag: `${other}` } };
  expect(await progress(steps, there)).toEqual({ done: ['gone'], changed: ['kept', 'lost', 'other'] });
});

test.each<readonly [string, There | undefined, 'done' | 'changed']>([
  ['the planned content', { etag: `${planned}` }, 'done'],
  ['other content', { etag: `${other}` }, 'changed'],
  ['other content with the metadata of the planned one (C15)', { etag: `${other}`, md5: planned }, 'changed'],
  ['parts that name the planned content', { etag: multipart, md5: planned }, 'done'],
  ['parts that name another content', { etag: multipart, md5: other }, 'changed'],
  ['parts that name none', { etag: multipart }, 'changed'],
  [
    'what KMS hides, named as the planned content',
    { etag: `${other}`, encryption: 'aws:kms', md5: planned },
    'done',
  ],
  ['another size', { etag: `${planned}`, size: BYTES + 1 }, 'changed'],
  ['nothing', undefined, 'changed'],
])('a write that nobody was told of, and under its key lies %s', async (_, there, is) => {
  expect(await progress([upload('a')], there === undefined ? {} : { a: there })).toEqual({
    done: [],
    changed: [],
    [is]: ['a'],
  });
});

test('a shard that says it published a key is believed as long as its ETag is there', async () => {
  const said = { a: multipart };
  expect(await progress([upload('a')], { a: { etag: multipart } }, said)).toEqual({
    done: ['a'],
    changed: [],
  });
  expect(await progress([upload('a')], { a: { etag: `${other}` } }, said)).toEqual({
    done: [],
    changed: ['a'],
  });
});
