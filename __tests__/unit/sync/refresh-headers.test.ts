import { expect, test } from '@jest/globals';
import { parseETag } from '../../../src/model/digest.js';
import type { Event } from '../../../src/model/events.js';
import type { ObjectKey, Prefix } from '../../../src/model/object-key.js';
import type { LocalFile } from '../../../src/model/objects.js';
import type { ObjectHead } from '../../../src/store/object-store.js';
import { askHeaders, HEADER_BUDGET, type HeaderQuestions } from '../../../src/sync/refresh-headers.js';

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
  const answers = await askHeaders(files, {
    store: { head } as unknown as HeaderQuestions['store'],
    prefix: 'p/' as Prefix,
    listing: new Map(files.map(({ name }) => [`p/${name}` as ObjectKey, { etag }])) as never,
    budget: 2,
    headersOf: async () => ({ 'content-type': 'text/plain' }),
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
