import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parsePrefix } from '../../src/model/object-key.js';
import type { Connection } from '../../src/model/options.js';
import { BoundedHandler } from '../../src/store/bounded-handler.js';
import { LeanCalls } from '../../src/store/lean-calls.js';
import { providerOf } from '../../src/store/providers.js';
import { RareCalls } from '../../src/store/rare-calls.js';
import { S3Store } from '../../src/store/s3-store.js';
import { SdkCalls } from '../../src/store/sdk-calls.js';
import { resolveTarget } from '../../src/store/target.js';
import { Ways } from '../../src/store/ways.js';
import { randomNumbers } from '../support/random.js';
import { SEED } from '../support/seed.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';

const PAGE = 10;
const PREFIX = parsePrefix('p');
const { signal } = new AbortController();

let servers: Readonly<Record<'aws' | 'seaweedfs', EmbeddedTestServer>>;
beforeAll(async () => {
  const limits = { maxPageSize: PAGE };
  servers = {
    aws: await embedded({ profile: 'aws', limits }),
    seaweedfs: await embedded({ profile: 'seaweedfs', limits }),
  };
});
afterAll(() => Promise.all(Object.values(servers).map((server) => server.stop())));

/** @param inOrder whether StartAfter is trusted, as on AWS itself */
async function storeOn(server: EmbeddedTestServer, bucket: string, inOrder: boolean): Promise<S3Store> {
  const { endpoint, region } = server;
  const connection: Connection = {
    region,
    allowedAccountIds: [],
    requesterPays: false,
    concurrency: 16,
    maxAttempts: 1,
    connectTimeoutMs: 50_000,
    readTimeoutMs: 50_000,
  };
  const ways = new Ways(connection);
  const credentials = { accessKeyId: 'a', secretAccessKey: 's' };
  const client = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    requestHandler: new BoundedHandler(ways),
    credentials,
  });
  const target = await resolveTarget(client, bucket);
  if (target === undefined) throw new Error('no target');
  const calls = new LeanCalls({
    client,
    target,
    connecting: await ways.to(endpoint),
    notice: () => undefined,
  });
  return new S3Store({
    rareCalls: async () => new RareCalls(client),
    credentials: () => client.config.credentials(),
    calls: () => (process.env.S3DS_REQUESTS === 'sdk' ? new SdkCalls(client) : calls),
    bucket,
    provider: () => ({ ...providerOf(endpoint), listsInOrder: inOrder }),
    writeHeaders: {},
    expectedBucketOwner: undefined,
    requesterPays: false,
    inFlight: { first: 16, most: 16 },
    maxAttempts: 1,
    bytesMoved: () => 0,
    clockOffset: () => 0,
  });
}

interface Listed {
  readonly keys: readonly string[];
  readonly requests: number;
}

async function list(store: S3Store, hints?: readonly string[], areAll = false): Promise<Listed> {
  const keys = new Set<string>();
  const hinted = hints && { keys: () => hints, areAll };
  for await (const page of store.list(PREFIX, signal, hinted)) for (const { key } of page) keys.add(key);
  return { keys: [...keys].sort(), requests: store.requests().ListObjectsV2 ?? 0 };
}

/** What one page after the other would take. */
const pagesOf = (keys: number): number => Math.max(1, Math.ceil(keys / PAGE));

const SEGMENTS = ['', 'a', 'b', 'a b', 'a!', 'a.b', 'ä', 'z', '~', '\u{ffee}', '\u{1f600}', '+%2F', 'c'];

/** Keys below some directories, of which few are large; some lie on their way, and beside the prefix. */
function randomKeys(random: () => number): readonly string[] {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const keys = new Set<string>(['o/before', 'p', 'p0after', 'p.x/y']);
  const directories = 1 + Math.floor(random() * 14);
  for (let i = 0; i < directories; i++) {
    const depth = Math.floor(random() * 4);
    const directory = Array.from({ length: depth }, () => `${pick(SEGMENTS)}/`).join('');
    const files = Math.floor(random() ** 3 * 160);
    if (random() < 0.3) keys.add(`p/${directory}`);
    for (let j = 0; j < files; j++)
      keys.add(`p/${directory}${pick(SEGMENTS)}${j}${random() < 0.05 ? '/' : ''}`);
  }
  return [...keys];
}

describe.each(['aws', 'seaweedfs'] as const)('a long listing of %s', (profile) => {
  test('has the keys of a flat one, whatever they are, with at most twice its requests', async () => {
    const random = randomNumbers(SEED);
    let parallel = 0;
    for (let i = 0; i < 15; i++) {
      const { server } = servers[profile];
      const bucket = await servers[profile].bucket();
      for (const key of randomKeys(random)) server.putObject(bucket, key, 'x');
      const expected = server
        .objects(bucket)
        .map(({ key }) => key)
        .filter((key) => key.startsWith(PREFIX))
        .sort();
      const { keys, requests } = await list(await storeOn(servers[profile], bucket, false));
      expect(keys).toEqual(expected);
      expect(requests).toBeLessThanOrEqual(2 * pagesOf(expected.length));
      if (requests > pagesOf(expected.length)) parallel++;
    }
    // The property would hold of a flat listing too.
    expect(parallel).toBeGreaterThan(2);
  });
});

describe('where keys are listed in order', () => {
  test('ranges between hints have the keys of a flat listing, whatever the hints are', async () => {
    const random = randomNumbers(SEED);
    const { server } = servers.aws;
    for (let i = 0; i < 15; i++) {
      const bucket = await servers.aws.bucket();
      const all = randomKeys(random);
      for (const key of all) server.putObject(bucket, key, 'x');
      const expected = all.filter((key) => key.startsWith(PREFIX)).sort();
      const stale = randomKeys(random).filter((key) => key.startsWith(PREFIX));
      const hints = [...expected.filter(() => random() < 0.7), ...(random() < 0.5 ? stale : [])];
      const { keys, requests } = await list(await storeOn(servers.aws, bucket, true), hints);
      expect(keys).toEqual(expected);
      expect(requests).toBeLessThanOrEqual(2 * pagesOf(expected.length));
    }
  });

  test('so have ranges of what this run knows to be there, and of what it only believes to be', async () => {
    const { server } = servers.aws;
    const bucket = await servers.aws.bucket();
    const expected = Array.from({ length: 3_000 }, (_, i) => `p/${SEGMENTS[i % SEGMENTS.length]}${i}`).sort();
    for (const key of [...expected, 'o/before', 'p0after']) server.putObject(bucket, key, 'x');
    const exact = await list(await storeOn(servers.aws, bucket, true), expected, true);
    expect(exact).toEqual({ keys: expected, requests: pagesOf(expected.length) });
    const stale = [...expected.slice(1_500), ...expected.map((key) => `${key}~`)];
    expect((await list(await storeOn(servers.aws, bucket, true), stale, true)).keys).toEqual(expected);
    // Elsewhere nothing is cut.
    const flat = await list(await storeOn(servers.aws, bucket, false), expected, true);
    expect(flat.keys).toEqual(expected);
  });
});
