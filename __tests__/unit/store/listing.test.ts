import { describe, expect, test } from '@jest/globals';
import type { ETag } from '../../../src/model/digest.js';
import { compareKeys, type ObjectKey } from '../../../src/model/object-key.js';
import { type AskPage, type ListedPage, listPages } from '../../../src/store/listing.js';
import { StoreError } from '../../../src/store/object-store.js';

const PAGE = 100;

/** Keys in the order of their bytes, in pages as S3 gives them. */
function pagesOf(keys: readonly string[]): AskPage {
  const sorted = [...keys].sort(compareKeys);
  /** Where the first key stands that is not before this text. */
  const indexOf = (text: string): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareKeys(sorted[middle] as string, text) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return async ({ prefix, token, delimiter, startAfter }) => {
    const objects: string[] = [];
    const prefixes = new Set<string>();
    const start = token === undefined ? indexOf(startAfter ?? prefix) : Number(token);
    for (let i = start; i < sorted.length; i++) {
      const key = sorted[i] as string;
      if (key === startAfter) continue;
      if (!key.startsWith(prefix)) break;
      const end = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
      const shared = end === -1 ? undefined : key.slice(0, end + 1);
      if (shared !== undefined && prefixes.has(shared)) continue;
      if (objects.length + prefixes.size === PAGE) return pageOf(objects, [...prefixes], String(i));
      if (shared === undefined) objects.push(key);
      else prefixes.add(shared);
    }
    return pageOf(objects, [...prefixes], undefined);
  };
}

function pageOf(keys: readonly string[], prefixes: readonly string[], next: string | undefined): ListedPage {
  const rest = { size: 1, etag: 'e' as ETag, lastModified: 0, storageClass: 'STANDARD' };
  return { objects: keys.map((key) => ({ key: key as ObjectKey, ...rest })), prefixes, next };
}

interface Listed {
  readonly keys: number;
  readonly requests: number;
  /** Round trips one after the other, when all that are in flight take the same time. */
  readonly rounds: number;
}

async function list(ask: AskPage, hints?: readonly string[]): Promise<Listed> {
  const waiting: (() => void)[] = [];
  const keys = new Set<string>();
  let [requests, rounds] = [0, 0];
  let isDone = false;
  const late: AskPage = async (request, signal) => {
    requests++;
    await new Promise<void>((resolve) => waiting.push(resolve));
    return ask(request, signal);
  };
  const whole = (async () => {
    const { signal } = new AbortController();
    const listing = { prefix: 'p/', ask: late, signal, concurrency: 64 };
    for await (const page of listPages(hints === undefined ? listing : { ...listing, hints: () => hints }))
      for (const { key } of page) keys.add(key);
  })().finally(() => {
    isDone = true;
  });
  // It is awaited below.
  whole.catch(() => undefined);
  while (!isDone) {
    await new Promise((resolve) => setImmediate(resolve));
    if (waiting.length === 0) continue;
    rounds++;
    for (const answer of waiting.splice(0)) answer();
  }
  await whole;
  return { keys: keys.size, requests, rounds };
}

const files = (directory: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `p/${directory}f${String(i).padStart(6, '0')}`);
const directories = (count: number, each: number, above = ''): readonly string[] =>
  Array.from({ length: count }, (_, i) => files(`${above}d${i}/`, each)).flat();

describe('200 pages', () => {
  // One after the other they are 200 round trips.
  test.each([
    { what: '100 directories', keys: directories(100, 200), rounds: 36, requests: 260 },
    { what: '8 directories', keys: directories(8, 2_500), rounds: 40, requests: 240 },
    { what: 'directories below one of one', keys: directories(50, 400, 'a/b/'), rounds: 36, requests: 250 },
    {
      what: 'a large directory beside small ones, which is split in its turn',
      keys: [...directories(5, 2), ...directories(40, 500, 'x/'), ...files('', 2)],
      rounds: 40,
      requests: 260,
    },
  ])('in $what take $rounds round trips', async ({ keys, rounds, requests }) => {
    const listed = await list(pagesOf(keys));
    expect(listed.keys).toBe(keys.length);
    expect(listed.rounds).toBeLessThanOrEqual(rounds);
    expect(listed.requests).toBeLessThanOrEqual(requests);
  });

  test('never ask for names that S3 refuses, whatever the hints are', async () => {
    const keys = Array.from({ length: 20 * PAGE }, (_, i) => `p/${String(i).padStart(6, '0')}`);
    const after: string[] = [];
    const ask = pagesOf(keys);
    const seen: AskPage = (request, signal) => {
      if (request.startAfter !== undefined) after.push(request.startAfter);
      return ask(request, signal);
    };
    const forged = keys.map((key, i) => (i % 2 === 0 ? `${key}\ud800` : `${key}${'x'.repeat(1020)}`));
    expect((await list(seen, forged)).keys).toBe(keys.length);
    expect(after).toEqual([]);
    expect((await list(seen, [...forged, ...keys, ...keys.map((key) => `${key}a`)])).keys).toBe(keys.length);
    for (const key of after) expect(key).toMatch(/^p\/\d+a?$/);
  });

  test('in one directory take 30 with hints', async () => {
    const keys = files('', 20_000);
    const listed = await list(pagesOf(keys), keys);
    expect(listed.keys).toBe(keys.length);
    expect(listed.rounds).toBeLessThanOrEqual(30);
    expect(listed.requests).toBeLessThanOrEqual(260);
  });
});

describe('what does not pay is not tried', () => {
  test.each([
    { what: 'one page', keys: files('', 90), requests: 1 },
    { what: 'directories of a few files', keys: directories(1_000, 2), requests: 20 },
    { what: 'files of one level', keys: files('', 2_000), requests: 20 },
  ])('$what: the requests of a flat listing', async ({ keys, requests }) => {
    expect(await list(pagesOf(keys))).toEqual({ keys: keys.length, requests, rounds: requests });
  });
});

describe('who may list the prefix alone', () => {
  const keys = directories(10, 200);
  const refusing =
    (refuses: (prefix: string, delimiter: string | undefined) => boolean): AskPage =>
    (request, signal) => {
      if (refuses(request.prefix, request.delimiter))
        throw new StoreError('denied', 'AccessDenied', 403, 'ListObjectsV2', 'denied');
      return pagesOf(keys)(request, signal);
    };

  test.each([
    { what: 'no delimiter', refuses: (_: string, delimiter: string | undefined) => delimiter !== undefined },
    { what: 'nothing below', refuses: (prefix: string) => prefix !== 'p/' },
    { what: 'not all below', refuses: (prefix: string) => prefix === 'p/d1/' },
  ])('$what: the listing is whole all the same', async ({ refuses }) => {
    const listed = await list(refusing(refuses));
    expect(listed.keys).toBe(keys.length);
    expect(listed.requests).toBeLessThanOrEqual(40);
  });
});

describe('a level that lies', () => {
  const keys = directories(4, 500);
  /** Answers to a delimiter what a test makes of the true answer. */
  const lying =
    (lie: (prefixes: readonly string[]) => readonly string[]): AskPage =>
    async (request, signal) => {
      const page = await pagesOf(keys)(request, signal);
      return request.delimiter === undefined ? page : { ...page, prefixes: lie(page.prefixes) };
    };

  test.each([
    { what: 'elsewhere', prefix: 'q/x/' },
    { what: 'below the level', prefix: 'p/x/y/' },
    { what: 'that is none', prefix: 'p/x' },
  ])('a directory $what is refused', async ({ prefix }) => {
    const refused = list(lying((prefixes) => [...prefixes, prefix]));
    await expect(refused).rejects.toMatchObject({ code: 'InvalidListing' });
  });

  test('without the directory that the listing is in, or without any, it is not believed', async () => {
    for (const lie of [(prefixes: readonly string[]) => prefixes.slice(1), () => []])
      expect((await list(lying(lie))).keys).toBe(keys.length);
  });
});

test('ranges refuse keys out of order: they would lose some', async () => {
  const keys = files('', 5_000);
  const shuffled: AskPage = async (request, signal) => {
    const page = await pagesOf(keys)(request, signal);
    return request.token === undefined ? page : { ...page, objects: page.objects.toReversed() };
  };
  await expect(list(shuffled, keys)).rejects.toMatchObject({ code: 'InvalidListing' });
});
