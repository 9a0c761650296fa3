import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { parseHeaderRules } from '../../src/model/header-rules.js';
import { type ObjectKey, parsePrefix } from '../../src/model/object-key.js';
import { openStore } from '../../src/store/open.js';
import { indexDestination, ofDestination } from '../../src/sync/index-destination.js';
import { fileIndexStorage, objectIndexStorage } from '../../src/sync/index-file.js';
import { Cdn, invalidation } from '../support/cdn.js';
import { type Changes, memoryIndex, optionsFor, type Published, publish } from '../support/engine.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { removeTree, temporaryDirectory, writeTree } from '../support/tree.js';

let s3: EmbeddedTestServer;
let root: string;
let index: ReturnType<typeof memoryIndex>;

beforeAll(async () => {
  s3 = await embedded();
});
afterAll(() => s3.stop());
beforeEach(async () => {
  root = await writeTree({ 'a.txt': 'one' });
  index = memoryIndex();
});
afterEach(() => removeTree(root));

const { rules } = parseHeaderRules('/*\n Cache-Control: no-cache', 'inline');

/** Publishes with the one index, as `run` opens it. */
async function deploy(bucket: string, changes: Changes = {}): Promise<Published> {
  const prefix = parsePrefix(changes.prefix ?? 'p');
  const storage = ofDestination(index, indexDestination({ bucket, prefix }, s3.endpoint));
  return publish(s3, bucket, root, { headers: { rules }, ...changes, index: storage });
}

test('an index names bucket, prefix and server', () => {
  const destination = { bucket: 'b', prefix: parsePrefix('p') };
  expect(indexDestination(destination, undefined)).toBe('s3://b/p/');
  expect(indexDestination(destination, 'https://s3.example.com:9000/x')).toBe(
    's3://b/p/ at s3.example.com:9000',
  );
});

test('another destination has the same keys with the same bytes: nothing is believed of its objects, one notice says so', async () => {
  const [one, two] = [await s3.bucket(), await s3.bucket()];
  await deploy(one);
  s3.server.putObject(two, 'p/a.txt', 'one', { headers: { 'cache-control': 'public' } });
  const other = await deploy(two);
  expect(other).toMatchObject({ exit: 0, report: { headersUnknown: { files: 1 }, steps: [] } });
  const told = other.messages.filter((message) => message.startsWith('the index of earlier runs is of'));
  expect(told).toEqual([expect.stringContaining(`is of s3://${one}/p/ at 127.0.0.1:`)]);
  // It is this one's from now on, and said no more.
  const quiet = (await deploy(two)).messages.filter((message) => /^the index .* is of/.test(message));
  expect(quiet).toEqual([]);
  expect((await deploy(two, { prefix: 'q' })).messages.join()).toContain(`is of s3://${two}/p/`);
});

test('what is owed for one destination is not taken for what is owed for another', async () => {
  const [one, two] = [await s3.bucket(), await s3.bucket()];
  const cdn = new Cdn();
  const told = { invalidation: invalidation(), invalidator: cdn };
  await deploy(one, told);
  await deploy(one, told);
  s3.server.putObject(two, 'p/a.txt', 'one');
  const before = cdn.told.length;
  await deploy(two, told);
  // Nobody knows what that distribution was not told about the second.
  expect(cdn.paths.slice(before)).toEqual([['/*']]);
});

test('lines of a journal are of the destination that they were written for', async () => {
  const [one, two] = [await s3.bucket(), await s3.bucket()];
  const upload = `{"upload":"u","key":"p/big","md5":"d41d8cd98f00b204e9800998ecf8427e","size":9,"parts":"1x9","headers":"h","begun":1,"process":"p.1.1"}`;
  const line = `${crc32(upload).toString(16).padStart(8, '0')} ${upload}\n`;
  const storage = ofDestination(
    index,
    indexDestination({ bucket: one, prefix: parsePrefix('p') }, s3.endpoint),
  );
  await storage.journal.append(line, new AbortController().signal);
  s3.server.log.clear();
  await deploy(two);
  expect(s3.server.log.counts.AbortMultipartUpload).toBeUndefined();
  await storage.journal.append(line, new AbortController().signal);
  await deploy(one);
  expect(s3.server.log.counts.AbortMultipartUpload).toBe(1);
});

test('requests to an index in another bucket are requests of the run', async () => {
  const [bucket, other] = [await s3.bucket(), await s3.bucket()];
  await writeFile(join(root, 'a'), 'a');
  const { store, close } = await openStore(
    optionsFor(s3, other, root),
    () => undefined,
    new AbortController().signal,
  );
  const place = { bucket: other, key: 'i' as ObjectKey };
  const index = ofDestination(objectIndexStorage(store, place, false), 's3://of/this');
  s3.server.log.clear();
  const { report } = await publish(s3, bucket, root, { index });
  const asked: Record<string, number> = {};
  for (const operation of [
    'PutObject',
    'GetObject',
    'ListObjectsV2',
    'HeadObject',
    'DeleteObjects',
  ] as const) {
    const count = s3.server.log.of(operation).length;
    if (count > 0) asked[operation] = count;
  }
  expect(report.requests).toEqual(asked);
  expect(asked.PutObject).toBeGreaterThan(2);
  // That the run began to write, until the index says what it wrote.
  const journalled = s3.server.log.of('PutObject').filter(({ key }) => key?.startsWith('i.journal/'));
  expect(journalled).toHaveLength(1);
  expect(asked.DeleteObjects).toBe(1);
  close();
});

test('a file or an object that an index was named after by mistake is not replaced, and has no journal beside it', async () => {
  const [bucket, other] = [await s3.bucket(), await s3.bucket()];
  const photo = Buffer.concat([Buffer.from('GIF89a\n'), Buffer.alloc(1000)]);
  const files = await temporaryDirectory();
  await writeFile(join(files, 'photo.gif'), photo);
  await writeFile(join(root, 'large'), Buffer.alloc(9 * 2 ** 20));
  s3.server.putObject(other, 'photo.gif', photo);
  const to = optionsFor(s3, other, root);
  const { store, close } = await openStore(to, () => undefined, new AbortController().signal);
  const places = [
    fileIndexStorage(join(files, 'photo.gif')),
    objectIndexStorage(store, { bucket: other, key: 'photo.gif' as ObjectKey }, false),
  ];
  for (const [at, index] of places.entries()) {
    const changes = { index, prefix: `p${at}`, delayUpdates: true };
    for (const dryRun of [true, false]) {
      const { exit, messages } = await publish(s3, bucket, root, { ...changes, dryRun });
      expect(exit).toBe(0);
      expect(messages).toContainEqual(
        expect.stringMatching(/^the index of earlier runs is ignored: \S+\/photo\.gif: it is no index/),
      );
      const told = messages.filter((message) => /is not replaced, as it is no index/.test(message));
      expect(told.map((message) => message.slice(0, 20))).toEqual(
        dryRun ? [] : ['the journal of uploa', 'the index could not '],
      );
    }
  }
  close();
  expect(await readFile(join(files, 'photo.gif'))).toEqual(photo);
  expect(await readdir(files)).toEqual(['photo.gif']);
  expect(s3.server.objects(other).map(({ key, content }) => [key, content.size])).toEqual([
    ['photo.gif', photo.length],
  ]);
  await removeTree(files);
});

test('below our own directory whatever lies there is replaced', async () => {
  const bucket = await s3.bucket();
  const key = 'p/.s3-dedup-sync/index' as ObjectKey;
  s3.server.putObject(bucket, key, 'garbage');
  const to = optionsFor(s3, bucket, root);
  const { store, close } = await openStore(to, () => undefined, new AbortController().signal);
  expect(
    (await publish(s3, bucket, root, { index: objectIndexStorage(store, { bucket, key }, true) })).exit,
  ).toBe(0);
  close();
  expect(s3.server.texts(bucket)[key]).toMatch(/^s3-dedup-sync-index 1\n/);
});
