import { describe, expect, test } from '@jest/globals';
import type { ETag } from '../../../src/model/digest.js';
import { compareKeys, type ObjectKey } from '../../../src/model/object-key.js';
import { type AskPage, type ListedPage, listPages } from '../../../src/store/listing.js';
import { StoreError } from '../../../src/store/object-store.js';
import { randomNumbers } from '../../support/random.js';
import { SEED } from '../../support/seed.js';

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

async function list(ask: AskPage, hints?: readonly string[], areAll = false): Promise<Listed> {
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
    const hinted = hints === undefined ? {} : { hints: { keys: () => hints, areAll } };
    for await (const page of listPages({ ...listing, ...hinted })) for (const { key } of page) keys.add(key);
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

describe('few pages with hints', () => {
  test.each([
    { pages: 2, rounds: 2 },
    { pages: 3, rounds: 2 },
    { pages: 5, rounds: 3 },
    { pages: 16, rounds: 5 },
  ])('$pages take $rounds round trips, and no request more', async ({ pages, rounds }) => {
    const keys = files('', pages * PAGE);
    expect(await list(pagesOf(keys), keys)).toEqual({ keys: keys.length, requests: pages, rounds });
  });

  test('never take more than twice the requests, whatever the hints are', async () => {
    const random = randomNumbers(SEED);
    let quicker = 0;
    for (let i = 0; i < 400; i++) {
      const count = 1 + Math.floor(random() * 30 * PAGE);
      const all = files('', 30 * PAGE);
      const share = random();
      const from = random() < 0.5 ? 0 : random();
      const there = all.slice(0, count).filter((_, j) => j / count < from || random() < share);
      const said = random();
      const hints = all.filter(() => random() < said);
      const listed = await list(pagesOf(there), hints);
      const flat = Math.max(1, Math.ceil(there.length / PAGE));
      expect(listed.keys).toBe(there.length);
      expect(listed.requests).toBeLessThanOrEqual(2 * flat);
      if (listed.rounds < flat / 2) quicker++;
    }
    expect(quicker).toBeGreaterThan(100);
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

describe('what is known already', () => {
  const PAGES = 1_000 / PAGE;
  const keys = [...directories(7, 500), ...files('z/', 1_500)];

  test('is asked for side by side from the first request on', async () => {
    const listed = await list(pagesOf(keys), keys, true);
    expect(listed).toEqual({ keys: keys.length, requests: keys.length / PAGE, rounds: PAGES });
  });

  test.each([
    { what: 'has grown', there: [...keys, ...directories(3, 400, 'y/')], known: keys },
    { what: 'has shrunk', there: keys.slice(2_000, 3_500), known: keys },
    { what: 'is gone', there: [], known: keys },
    { what: 'is something else', there: files('x/', 3_000), known: keys },
    { what: 'is one page', there: keys.slice(0, 90), known: keys.slice(0, 90) },
    { what: 'is too much to tell', there: files('', 20_500), known: files('', 20_500) },
    { what: 'cannot be asked for', there: keys, known: keys.map((key) => `${key}\ud800`) },
  ])('and $what is listed whole', async ({ there, known }) => {
    const listed = await list(pagesOf(there), known, true);
    expect(listed.keys).toBe(there.length);
    expect(listed.requests).toBeLessThanOrEqual(2 * Math.max(there.length, known.length) * (1 / PAGE));
  });
});

test.each([false, true])(
  'keys out of order are listed without ranges, which would lose some (all known: %s)',
  async (areAll) => {
    const keys = files('', 5_000);
    const shuffled: AskPage = async (request, signal) => {
      const page = await pagesOf(keys)(request, signal);
      return request.token === undefined ? page : { ...page, objects: page.objects.toReversed() };
    };
    expect((await list(shuffled, keys, areAll)).keys).toBe(keys.length);
    const forgetful: AskPage = ({ prefix, token = '0' }, signal) => shuffled({ prefix, token }, signal);
    expect((await list(forgetful, keys, areAll)).keys).toBe(keys.length);
  },
);
