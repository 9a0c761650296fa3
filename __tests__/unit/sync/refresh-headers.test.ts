import { describe, expect, test } from '@jest/globals';
import { parseETag } from '../../../src/model/digest.js';
import type { Event } from '../../../src/model/events.js';
import type { ObjectKey, Prefix } from '../../../src/model/object-key.js';
import type { LocalFile } from '../../../src/model/objects.js';
import { type ObjectHead, StoreError } from '../../../src/store/object-store.js';
import {
  askHeaders,
  differences,
  HEADER_BUDGET,
  type HeaderQuestions,
} from '../../../src/sync/refresh-headers.js';

test('no more HEADs than the budget that the docs state; the rest stays unknown, and the next run goes on', async () => {
  expect(HEADER_BUDGET).toBe(10_000);
  const etag = parseETag('"0123456789abcdef0123456789abcdef"')!;
  const files = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name }) as LocalFile);
  const asked: string[] = [];
  const head = async (key: ObjectKey): Promise<ObjectHead> => {
    asked.push(key);
    return { etag, fields: { 'cache-control': 'no-store' }, metadata: new Map() } as unknown as ObjectHead;
  };
  const events: Event[] = [];
  const { answers } = await askHeaders(files, {
    store: { head } as unknown as HeaderQuestions['store'],
    prefix: 'p/' as Prefix,
    listing: new Map(files.map(({ name }) => [`p/${name}` as ObjectKey, { etag }])) as never,
    budget: 2,
    headersOf: async () => ({ 'content-type': 'text/plain' }),
    preserve: false,
    ifDenied: 'left as they are',
    objects: 'objects',
    concurrency: 4,
    emit: (event) => void events.push(event),
    signal: new AbortController().signal,
  });
  expect(asked.sort()).toEqual(['p/a', 'p/b']);
  expect([...answers.keys()].sort()).toEqual(asked);
  expect(events).toEqual([
    expect.objectContaining({
      message: 'the headers of 3 objects are still unknown: 2 were asked for, the next run goes on',
    }),
  ]);
});

describe('what S3 answers to one question', () => {
  const etag = parseETag('"0123456789abcdef0123456789abcdef"')!;
  const other = parseETag('"fedcba9876543210fedcba9876543210"')!;

  async function ask(head: (key: string) => Partial<ObjectHead> | undefined): Promise<{
    readonly answered: readonly string[];
    readonly told: readonly string[];
    readonly asked: number;
    readonly denied: readonly string[];
  }> {
    const files = ['a', 'b', 'c'].map((name) => ({ name }) as LocalFile);
    const told: string[] = [];
    let asked = 0;
    const store = {
      head: async (key: string) => {
        asked++;
        return head(key);
      },
    };
    const { answers, denied } = await askHeaders(files, {
      store: store as unknown as HeaderQuestions['store'],
      prefix: 'p/' as Prefix,
      listing: new Map(files.map(({ name }) => [`p/${name}` as ObjectKey, { etag }])) as never,
      budget: 10,
      headersOf: async () => ({}),
      preserve: false,
      ifDenied: 'left as they are',
      objects: 'objects',
      concurrency: 1,
      emit: (event) => void (event.type === 'message' && told.push(event.message)),
      signal: new AbortController().signal,
    });
    return { answered: [...answers.keys()], denied: [...denied], told, asked };
  }
  const fields = { fields: {}, metadata: new Map() };

  test('is nothing where the object was replaced or deleted since it was listed', async () => {
    const heads = { 'p/a': { ...fields, etag }, 'p/b': { ...fields, etag: other } };
    expect(await ask((key) => heads[key as keyof typeof heads])).toEqual({
      answered: ['p/a'],
      denied: [],
      told: [],
      asked: 3,
    });
  });

  test('is told once where it is denied, and the rest is not asked', async () => {
    const { answered, denied, told, asked } = await ask(() => {
      throw new StoreError('denied', 'AccessDenied', 403, 'HeadObject', 'as told');
    });
    expect([answered, asked]).toEqual([[], 1]);
    expect(denied).toEqual(['p/a', 'p/b', 'p/c']);
    expect(told).toEqual([expect.stringMatching(/^p\/a: HeadObject was denied .*: left as they are$/)]);
  });

  test('fails the run where it is no answer at all', async () => {
    const broken = new StoreError('server', 'InternalError', 500, 'HeadObject', 'as told');
    await expect(
      ask(() => {
        throw broken;
      }),
    ).rejects.toBe(broken);
  });
});

test('metadata that no rule gives any more is a difference, what a download goes by too, what tools keep of the file is none', () => {
  const metadata = new Map([
    ['foo', 'bar'],
    ['team', 'web'],
    ['s3cmd-attrs', 'md5:0'],
    ['md5chksum', '0'],
    ['mtime', '0'],
    ['s3ds-from', 'e'],
    ['s3ds-source', 'x'],
    ['s3ds-page', 'html'],
  ]);
  const head = { fields: {}, metadata } as unknown as ObjectHead;
  const decided = { 'x-amz-meta-team': 'web', 'x-amz-meta-s3ds-page': 'html' };
  expect(differences(decided, head)).toEqual([
    { name: 'x-amz-meta-foo', from: 'bar' },
    { name: 'x-amz-meta-s3ds-source', from: 'x' },
  ]);
});

describe('encryption', () => {
  const sse = 'x-amz-server-side-encryption';
  const kms = `${sse}-aws-kms-key-id`;
  const arn = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd';
  const names = (
    decided: Readonly<Record<string, string>>,
    fields: Readonly<Record<string, string>>,
  ): unknown =>
    differences(decided, { fields, metadata: new Map() } as unknown as ObjectHead).map(({ name }) => name);

  test('that no input decides is the bucket\u2019s own business; another one than was decided is a difference', () => {
    expect(names({}, { [sse]: 'AES256' })).toEqual([]);
    expect(names({ [sse]: 'AES256' }, { [sse]: 'AES256' })).toEqual([]);
    expect(names({ [sse]: 'aws:kms' }, { [sse]: 'AES256' })).toEqual([sse]);
  });

  test('a KMS key is the same by its id as by its ARN, another one is a difference, of an alias nothing is known', () => {
    const has = { [sse]: 'aws:kms', [kms]: arn };
    for (const key of [arn, '1234abcd', 'alias/site'])
      expect(names({ [sse]: 'aws:kms', [kms]: key }, has)).toEqual([]);
    expect(names({ [sse]: 'aws:kms', [kms]: 'ffff0000' }, has)).toEqual([kms]);
    expect(names({ [sse]: 'aws:kms', [kms]: arn }, { [sse]: 'aws:kms' })).toEqual([kms]);
  });
});
