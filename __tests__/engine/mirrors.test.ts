import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { md5Of } from '../../src/model/digest.js';
import { formatIndex, parseIndex } from '../../src/model/digest-index.js';
import type { Event } from '../../src/model/events.js';
import type { SyncOptions } from '../../src/model/options.js';
import type { DestinationReport, Report } from '../../src/model/report.js';
import { type Engine, engine, run } from '../../src/run.js';
import { type Changes, optionsFor } from '../support/engine.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { noise, removeTree, temporaryDirectory, writeTree } from '../support/tree.js';

const MIB = 1024 * 1024;

let s3: EmbeddedTestServer;
let root: string;
let names: readonly string[];

beforeAll(async () => {
  s3 = await embedded();
  process.env.AWS_ACCESS_KEY_ID = s3.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = s3.secretAccessKey;
});
afterAll(() => s3.stop());
beforeEach(async () => {
  root = await temporaryDirectory();
  names = [await s3.bucket(), await s3.bucket(), await s3.bucket()];
});
afterEach(async () => {
  s3.server.faults.clear();
  await removeTree(root);
});

interface Ended {
  readonly exit: number;
  readonly report: Report;
  readonly destinations: readonly DestinationReport[];
  readonly failure: string | undefined;
}

interface Mirrored extends Changes {
  readonly engine?: Engine;
  /** A file or `s3://bucket/key` for each destination. */
  readonly indexes?: readonly string[];
  readonly mirrorBy?: SyncOptions['mirrorBy'];
  readonly mirrorsAtomic?: boolean;
  /** Of the mirrors alone. */
  readonly each?: readonly Changes[];
}

async function publishAll(buckets: readonly string[], changes: Mirrored = {}): Promise<Ended> {
  const { mirrorBy = 'upload', mirrorsAtomic = false, each = [], indexes = [] } = changes;
  const indexOf = (at: number): Pick<SyncOptions, 'index'> => {
    const path = indexes[at];
    if (path === undefined) return { index: { kind: 'none' } };
    const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)/.exec(path) ?? [];
    return bucket === undefined || key === undefined
      ? { index: { kind: 'file', path } }
      : { index: { kind: 's3', bucket, key } };
  };
  const shared = { mirrorsAtomic, ...(mirrorsAtomic ? { delayUpdates: true } : {}) };
  const [first = '', ...rest] = buckets;
  const options: SyncOptions = {
    ...optionsFor(s3, first, root, changes),
    ...shared,
    ...indexOf(0),
    mirrorBy,
    mirrors: rest.map((bucket, at) => ({
      ...optionsFor(s3, bucket, root, { ...changes, ...each[at] }),
      ...shared,
      ...indexOf(at + 1),
    })),
  };
  const events: Event[] = [];
  let report: Report | undefined;
  let failure: string | undefined;
  const shell = {
    emit: (event: Event) => void events.push(event),
    env: {},
    now: Date.now,
    detailedExit: false,
    finish: async (made: Report) => {
      report = made;
    },
    fail: (message: string) => {
      failure = message;
    },
  };
  const exit = await run(options, shell, new AbortController().signal, changes.engine);
  if (report === undefined) throw new Error('no report');
  return { exit, report, destinations: report.destinations, failure };
}

const puts = (bucket: string): number =>
  s3.server.log.of('PutObject', 'UploadPart').filter((request) => request.bucket === bucket).length;

test('each destination gets the tree; its report has one of each, with time and identity', async () => {
  await writeTree({ a: 'one', 'd/b': 'one', 'big.bin': noise(9 * MIB), 'i.html': 'page' }, root);
  const { exit, destinations, report } = await publishAll(names);
  expect(exit).toBe(0);
  expect(report).toMatchObject({ status: 'done', identity: { source: 'environment' } });
  for (const [at, bucket] of names.entries()) {
    expect(Object.keys(s3.server.texts(bucket))).toEqual(['p/a', 'p/big.bin', 'p/d/b', 'p/i.html']);
    expect(destinations[at]).toMatchObject({
      url: `s3://${bucket}/p/`,
      status: 'done',
      seconds: expect.any(Number),
      totals: { uploaded: { files: 3 }, copied: { files: 1 } },
    });
  }
  const again = await publishAll(names, {
    site: { warnings: ['_headers: S3 cannot store X-Frame-Options'] },
  });
  expect(again.report.warnings).toEqual([expect.stringContaining('X-Frame-Options')]);
  expect(again.destinations.map(({ totals }) => totals.unchanged.files)).toEqual([4, 4, 4]);
});

test('excludes that keep nothing back are told once, by the first destination', async () => {
  await writeTree({ a: 'one' }, root);
  const { report } = await publishAll(names, { tree: { excludes: ['*.map', './b'] } });
  expect(report.warnings).toEqual([expect.stringContaining('"./b" (write "/b")')]);
});

test('each has its own differences, guards and headers', async () => {
  const [first = '', second = '', third = ''] = names;
  await writeTree({ a: 'one', b: 'two' }, root);
  await publishAll([first, second]);
  for (let at = 0; at < 40; at++) s3.server.putObject(second, `p/old/${at}`, `old ${at}`);
  s3.server.putObject(first, 'p/gone', 'gone');
  const deletes = { deleteAfter: true };
  const { exit, destinations, failure } = await publishAll([first, second, third], {
    deletes,
    each: [{}, { writeHeaders: { storageClass: 'STANDARD_IA' } }],
  });
  expect(exit).toBe(4);
  expect(destinations.map(({ status }) => status)).toEqual(['done', 'refused', 'done']);
  expect(destinations[0]?.totals.deleted.files).toBe(1);
  expect(s3.server.objects(second)).toHaveLength(42);
  expect(s3.server.object(third, 'p/a')?.headers['x-amz-storage-class']).toBe('STANDARD_IA');
  expect(failure).toMatch(new RegExp(`^1 of 3 destinations failed: s3://${second}/p/`));
});

describe('mirror-by copy', () => {
  test('fills the mirrors inside S3: no byte is sent to them, and their headers are their own', async () => {
    const [first = '', second = ''] = names;
    await writeTree({ a: 'one', b: 'one', 'big.bin': noise(9 * MIB), 'i.html': 'page' }, root);
    const each = [{ writeHeaders: { storageClass: 'STANDARD_IA' } }];
    const dry = await publishAll([first, second], { mirrorBy: 'copy', dryRun: true, each });
    s3.server.log.clear();
    const { exit, destinations } = await publishAll([first, second], { mirrorBy: 'copy', each });
    expect(exit).toBe(0);
    expect(puts(second)).toBe(0);
    expect(
      destinations.map(({ mirroredBy, totals, sentBytes }) => [
        mirroredBy,
        totals.uploaded.files,
        sentBytes > 0,
      ]),
    ).toEqual([
      [undefined, 3, true],
      ['copy', 0, false],
    ]);
    expect(s3.server.texts(second)).toEqual(s3.server.texts(first));
    expect(s3.server.object(second, 'p/i.html')).toMatchObject({
      headers: { 'x-amz-storage-class': 'STANDARD_IA' },
    });
    // R6: what the dry run said of the mirror is what became of it.
    expect(dry.destinations[1]?.totals).toEqual(destinations[1]?.totals);
  });

  test('an archived object of the first destination cannot be copied, and is sent', async () => {
    const [first = '', second = ''] = names;
    await writeTree({ cold: 'cold', warm: 'warm' }, root);
    s3.server.putObject(first, 'p/cold', 'cold', { headers: { 'x-amz-storage-class': 'GLACIER' } });
    s3.server.putObject(first, 'p/warm', 'warm');
    s3.server.log.clear();
    const { exit, destinations } = await publishAll([first, second], { mirrorBy: 'copy' });
    expect([exit, destinations[1]?.mirrored]).toMatchObject([
      0,
      { copied: { files: 1 }, sent: { files: 1 } },
    ]);
    expect(s3.server.log.of('CopyObject').map(({ key }) => key)).toEqual(['p/warm']);
    expect(s3.server.texts(second)).toEqual({ 'p/cold': 'cold', 'p/warm': 'warm' });
  });

  test('an object of the first destination that gets other headers is copied when it has them', async () => {
    const [first = '', second = ''] = names;
    const at = await temporaryDirectory();
    const indexes = ['1', '2'].map((name) => join(at, name));
    const writeHeaders = { storageClass: 'STANDARD_IA' } as const;
    await writeTree({ a: 'one' }, root);
    await publishAll([first], { indexes });
    s3.server.log.clear();
    const { exit, destinations } = await publishAll([first, second], {
      mirrorBy: 'copy',
      indexes,
      writeHeaders,
    });
    await removeTree(at);
    expect([exit, destinations.map(({ totals }) => [totals.refreshed.files, totals.copied.files])]).toEqual([
      0,
      [
        [1, 0],
        [0, 1],
      ],
    ]);
    expect(puts(second)).toBe(0);
    expect(s3.server.texts(second)).toEqual({ 'p/a': 'one' });
    expect(s3.server.log.of('CopyObject').map((request) => request.bucket)).toEqual([first, second]);
  });

  test('where the first destination failed the mirror is sent what is not there', async () => {
    const [first = '', second = ''] = names;
    await writeTree({ a: 'one', b: 'two' }, root);
    s3.server.faults.add({
      match: { operation: 'PutObject', bucket: first, key: 'p/b' },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    const { exit, destinations } = await publishAll([first, second], { mirrorBy: 'copy' });
    expect(exit).toBe(1);
    expect(destinations.map(({ status }) => status)).toEqual(['failed', 'done']);
    expect(s3.server.texts(second)).toEqual({ 'p/a': 'one', 'p/b': 'two' });
    expect(destinations[1]?.steps).toMatchObject([
      { key: 'p/a', action: 'copy', reason: 'exists' },
      {
        key: 'p/b',
        action: 'upload',
        reason: 'not-copied',
        notCopied: 'the first destination does not have it',
      },
    ]);
  });

  test('a mirror copies what the first destination has had before, though that is refused this time', async () => {
    const [first = '', second = ''] = names;
    await writeTree({ a: 'one', b: 'two' }, root);
    await publishAll([first]);
    for (let at = 0; at < 40; at++) s3.server.putObject(first, `p/old/${at}`, `old ${at}`);
    s3.server.log.clear();
    await writeTree({ c: 'three' }, root);
    const { destinations } = await publishAll([first, second], {
      mirrorBy: 'copy',
      deletes: { deleteAfter: true },
    });
    expect(destinations.map(({ status }) => status)).toEqual(['refused', 'done']);
    expect(puts(second)).toBe(1);
    expect(destinations[1]).toMatchObject({
      mirroredBy: 'both',
      mirrored: { copied: { files: 2 }, sent: { files: 1 } },
    });
    expect(s3.server.texts(second)).toEqual({ 'p/a': 'one', 'p/b': 'two', 'p/c': 'three' });
  });
});

describe('mirror-by auto', () => {
  test('copies within one region and service, as soon as each object is there', async () => {
    const [first = '', second = ''] = names;
    await writeTree({ a: 'one', b: 'two', empty: '' }, root);
    const order: string[] = [];
    const note = s3.server.after({ operation: ['PutObject', 'CopyObject'] }, ({ bucket, key }) => {
      order.push(`${bucket === first ? 'first' : 'mirror'} ${key}`);
    });
    const { destinations } = await publishAll([first, second], {
      mirrorBy: 'auto',
      connection: { concurrency: 1 },
    });
    note();
    expect(destinations.map(({ mirroredBy }) => mirroredBy)).toEqual([undefined, 'copy']);
    expect(destinations[1]?.mirrored).toMatchObject({
      copied: { files: 2, bytes: 6 },
      copyUsd: 0,
      copyable: true,
    });
    expect(order.indexOf('mirror p/a')).toBeLessThan(order.indexOf('first p/empty'));
  });

  test('sends what is smaller than copy-min-size, as its dry run says', async () => {
    const [first = '', second = ''] = names;
    await writeTree({ small: 'abc', large: 'abcdef' }, root);
    const changes = { mirrorBy: 'auto', copies: { minSize: 5 } } as const;
    const dry = await publishAll([first, second], { ...changes, dryRun: true });
    const { destinations } = await publishAll([first, second], changes);
    const told = (report: typeof destinations): unknown =>
      report.map(({ steps }) => steps.map(({ key, action, reason }) => [key, action, reason]));
    expect(told(destinations)).toEqual([
      [
        ['p/large', 'upload', 'new'],
        ['p/small', 'upload', 'new'],
      ],
      [
        ['p/large', 'copy', 'exists'],
        ['p/small', 'upload', 'small'],
      ],
    ]);
    expect(told(dry.destinations)).toEqual(told(destinations));
  });

  test('staged: what the first destination published is copied into uploads that nobody sees', async () => {
    const [first = '', second = ''] = names;
    await writeTree({ a: 'one', 'big.bin': noise(9 * MIB) }, root);
    const { exit, destinations } = await publishAll([first, second], {
      mirrorBy: 'auto',
      delayUpdates: true,
    });
    expect(exit).toBe(0);
    expect(destinations[1]).toMatchObject({ mirroredBy: 'copy', sentBytes: 0 });
    expect(s3.server.texts(second)).toEqual(s3.server.texts(first));
  });

  /** As if the mirror lay in another region of AWS. */
  const apart: Engine = {
    ...engine,
    async openStore(options, ...rest) {
      const opened = await engine.openStore(options, ...rest);
      const region = options.destination.bucket === names[0] ? 'us-east-1' : 'eu-west-3';
      return { ...opened, endpoint: undefined, region };
    },
  };

  test('sends to another region, and copies there once this line is so slow that the runner costs more', async () => {
    const [first = '', second = ''] = names;
    const tree = Object.fromEntries(
      ['a', 'b', 'c', 'd', 'e'].map((name, at) => [name, noise(1.1 * MIB, at + 1)]),
    );
    await writeTree({ ...tree, small: 'small' }, root);
    const slow = s3.server.before({ operation: 'PutObject' }, async ({ key }) => {
      if (key !== 'p/small') await new Promise((resolve) => setTimeout(resolve, 1_200));
    });
    const changes = { mirrorBy: 'auto', connection: { concurrency: 1 }, engine: apart } as const;
    const { destinations } = await publishAll([first, second], changes);
    slow();
    const { mirroredBy, mirrored } = destinations[1] ?? {};
    expect(mirroredBy).toBe('both');
    expect(mirrored).toMatchObject({ copyable: true, bytesPerSecond: expect.any(Number) });
    expect(mirrored?.copied.files).toBeGreaterThan(0);
    expect(mirrored?.transferUsd).toBeGreaterThan(0);
    // What is small is sent at any rate.
    expect(
      s3.server.log.of('PutObject').filter(({ bucket, key }) => bucket === second && key === 'p/small'),
    ).toHaveLength(1);
    expect(s3.server.texts(second)).toEqual(s3.server.texts(first));
  });

  test('mirror-by: upload says what a copy would have cost, and that none can be made only where it is so', async () => {
    await writeTree({ 'big.bin': noise(6 * MIB) }, root);
    const two = names.slice(0, 2);
    const plain = await publishAll(two);
    expect(plain.destinations[1]?.mirrored).toMatchObject({ copyUsd: 0, copyable: true });
    await writeTree({ 'big.bin': noise(6 * MIB, 2) }, root);
    const atomic = await publishAll(two, { mirrorsAtomic: true });
    expect(atomic.destinations[1]?.mirrored).toMatchObject({ copyUsd: 0, copyable: true });
    await writeTree({ 'big.bin': noise(6 * MIB, 3) }, root);
    const far = await publishAll(two, { engine: apart });
    expect(far.destinations[1]?.mirrored).toMatchObject({ copyUsd: 0.000126, copyable: true });
    await writeTree({ 'big.bin': noise(6 * MIB, 4) }, root);
    const elsewhere: Engine = {
      ...engine,
      async openStore(options, ...rest) {
        const opened = await engine.openStore(options, ...rest);
        return options.destination.bucket === names[0] ? opened : { ...opened, endpoint: 'https://other' };
      },
    };
    const other = await publishAll(two, { engine: elsewhere });
    expect(other.destinations[1]?.mirrored).toMatchObject({ copyable: false });
  });

  test('sends to another region on a fast line, and says what a copy would have cost', async () => {
    await writeTree({ a: 'one', 'big.bin': noise(6 * MIB) }, root);
    const { destinations } = await publishAll(names.slice(0, 2), { mirrorBy: 'auto', engine: apart });
    expect(destinations[1]).toMatchObject({
      mirroredBy: 'upload',
      mirrored: {
        copied: { files: 0 },
        sent: { files: 2 },
        copyUsd: 0.000126,
        transferUsd: 0,
        copyable: true,
      },
    });
  });
});

test('a mirror that fails is named, the others finish, the next run repairs it', async () => {
  const [first = '', second = '', third = ''] = names;
  await writeTree({ a: 'one', b: 'two', c: 'three' }, root);
  s3.server.faults.add({
    match: { operation: 'PutObject', bucket: second, key: 'p/b' },
    fault: { kind: 'error', code: 'AccessDenied' },
  });
  const run = await publishAll([first, second, third, 'no-such-bucket']);
  expect(run.destinations.map(({ status }) => status)).toEqual(['done', 'failed', 'done', 'failed']);
  expect(run.exit).toBe(2);
  expect(run.failure).toMatch(/^2 of 4 destinations failed: .*PutObject was denied.*; s3:\/\/no-such-bucket/);
  expect(s3.server.texts(third)).toEqual({ 'p/a': 'one', 'p/b': 'two', 'p/c': 'three' });
  s3.server.faults.clear();
  expect((await publishAll([first, second, third])).exit).toBe(0);
  expect(s3.server.texts(second)).toEqual(s3.server.texts(third));
});

test.each(['in files', "in the first destination's bucket"])(
  'each destination has an index of its objects; what is known of local files stands in the first one alone: %s',
  async (place) => {
    const at = await temporaryDirectory();
    try {
      const isInFiles = place === 'in files';
      const keys = ['ix/1', 'ix/2'];
      const indexes = keys.map((key) => (isInFiles ? join(at, key) : `s3://${names[0]}/${key}`));
      const read = async (which: number): Promise<string> =>
        isInFiles
          ? readFile(indexes[which] ?? '', 'utf8')
          : (s3.server.texts(names[0] ?? '')[keys[which] ?? ''] ?? '');
      const tree = { a: 'one', b: 'two', big: noise(9 * MIB) };
      await writeTree(tree, root);
      await publishAll(names.slice(0, 2), { indexes });
      // What was touched just before it was digested is not remembered.
      await new Promise((resolve) => setTimeout(resolve, 2_100));
      await publishAll(names.slice(0, 2), { indexes });
      const [first, second] = [await read(0), await read(1)];
      expect(first).toContain(join(root, 'big'));
      expect(second).not.toContain(root);
      expect(second).toContain('p/big');

      // The mirror goes by the first one's lines: a false one costs it an upload.
      const { index } = parseIndex(Buffer.from(first), Buffer.alloc(0), undefined);
      if (index === undefined) throw new Error('no index');
      const [path = '', entry] = [...index.files].find(([file]) => file.endsWith('/a')) ?? [];
      if (entry === undefined) throw new Error('the index does not know the file');
      const files = new Map([...index.files, [path, { ...entry, md5: md5Of(Buffer.from('not one')) }]]);
      const forged = [...formatIndex({ ...index, files })].join('');
      if (isInFiles) await writeFile(indexes[0] ?? '', forged);
      else await s3.server.putObject(names[0] ?? '', keys[0] ?? '', forged);
      const { destinations } = await publishAll(names.slice(0, 2), { indexes });
      expect(destinations.map(({ totals }) => totals.uploaded.files)).toEqual([1, 1]);
      expect(s3.server.texts(names[1] ?? '')['p/a']).toBe('one');
    } finally {
      await removeTree(at);
    }
  },
);

test('a mirror that lies in the first destination by another name is not deleted: the objects tell', async () => {
  const [bucket = '', elsewhere = ''] = names;
  await writeTree({ a: 'one', b: 'two' }, root);
  const deletes: Changes['deletes'] = { deleteAfter: true, maxDelete: { kind: 'none' } };
  const each = [{ prefix: 'p/m' }];
  expect((await publishAll([bucket, bucket], { each })).exit).toBe(0);
  await writeTree({ a: 'three' }, root);
  for (const dryRun of [true, false]) {
    const run = await publishAll([bucket, bucket], { deletes, each, dryRun });
    expect([run.exit, run.destinations.map(({ status }) => status)]).toEqual([
      2,
      ['failed', dryRun ? 'planned' : 'done'],
    ]);
    expect(run.failure).toMatch(
      new RegExp(
        `^.*s3://${bucket}/p/m/ seems to lie in s3://${bucket}/p/: both have p/m/[ab], the same and as old`,
      ),
    );
  }
  expect(s3.server.texts(bucket)).toEqual({ 'p/a': 'one', 'p/b': 'two', 'p/m/a': 'three', 'p/m/b': 'two' });

  // In another bucket the same key is another object.
  for (const name of ['a', 'b'])
    s3.server.putObject(elsewhere, `p/m/${name}`, 'old', { lastModified: new Date(0) });
  const other = await publishAll([elsewhere, bucket], { deletes, each });
  expect(other.exit).toBe(0);
  expect(s3.server.texts(elsewhere)).toEqual({ 'p/a': 'three', 'p/b': 'two' });
});

describe('mirrors-atomic', () => {
  test('one that cannot stage: nothing changes anywhere, no upload is left; then all switch', async () => {
    await writeTree({ a: 'old', b: 'old b' }, root);
    await publishAll(names);
    const before = names.map((bucket) => s3.server.texts(bucket));
    await writeTree({ a: 'new', c: 'new c' }, root);
    await rm(join(root, 'b'));
    s3.server.faults.add({
      match: { operation: 'UploadPart', bucket: names[1] ?? '', key: 'p/c' },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    const deletes = { deleteAfter: true };
    const failed = await publishAll(names, { mirrorsAtomic: true, deletes });
    expect(failed.exit).toBe(1);
    expect(failed.destinations.map(({ status }) => status)).toEqual(['failed', 'failed', 'failed']);
    expect(failed.destinations[0]?.error?.code).toBe('mirror-absent');
    expect(names.map((bucket) => s3.server.texts(bucket))).toEqual(before);
    expect(names.flatMap((bucket) => s3.server.uploads(bucket))).toEqual([]);

    s3.server.faults.clear();
    const done = await publishAll(names, { mirrorsAtomic: true, deletes });
    expect(done.exit).toBe(0);
    for (const bucket of names) expect(s3.server.texts(bucket)).toEqual({ 'p/a': 'new', 'p/c': 'new c' });
  });

  test('a mirror that is refused, or has nothing to do, keeps nobody waiting', async () => {
    const [first = '', second = ''] = names;
    await writeTree({ a: 'old' }, root);
    await publishAll([second]);
    expect((await publishAll([first, second], { mirrorsAtomic: true })).exit).toBe(0);
    await writeTree({ a: 'new' }, root);
    const run = await publishAll([first, second, 'no-such-bucket'], { mirrorsAtomic: true });
    expect(run.exit).toBe(2);
    expect(s3.server.texts(first)).toEqual({ 'p/a': 'old' });
  });

  test('no destination publishes before the slowest has staged', async () => {
    await writeTree({ a: 'one', b: 'two' }, root);
    const seen: string[] = [];
    const note = s3.server.before(
      { operation: ['UploadPart', 'CompleteMultipartUpload'] },
      async (request) => {
        if (request.operation === 'UploadPart' && request.bucket === names[2])
          await new Promise((resolve) => setTimeout(resolve, 150));
        seen.push(request.operation);
      },
    );
    expect((await publishAll(names, { mirrorsAtomic: true })).exit).toBe(0);
    note();
    expect(seen.lastIndexOf('UploadPart')).toBeLessThan(seen.indexOf('CompleteMultipartUpload'));
  });

  test('one that has staged everything and is stopped while it waits: no other publishes', async () => {
    const [first = '', second = ''] = names;
    await writeTree({ a: 'one' }, root);
    jest.useFakeTimers({ doNotFake: ['Date', 'nextTick', 'performance', 'setImmediate', 'setTimeout'] });
    const now = Date.now.bind(Date);
    let later = 0;
    jest.spyOn(Date, 'now').mockImplementation(() => now() + later);
    const [isStaged, isStopped, isDecided] = [moment(), moment(), moment()];
    const hooks = [
      s3.server.after({ operation: 'UploadPart', bucket: first }, isStaged.give),
      s3.server.before({ operation: 'UploadPart', bucket: second }, () => isStopped.given),
      // It is still about to end when the other one comes.
      s3.server.before({ operation: 'AbortMultipartUpload', bucket: first }, () => {
        isStopped.give();
        return isDecided.given;
      }),
      s3.server.before(
        { operation: ['AbortMultipartUpload', 'CompleteMultipartUpload'], bucket: second },
        isDecided.give,
      ),
    ];
    try {
      const running = publishAll([first, second], { mirrorsAtomic: true, lock: true });
      await isStaged.given;
      await new Promise((resolve) => setTimeout(resolve, 100));
      s3.server.putObject(first, 'p/.s3-dedup-sync/lock', "another run's");
      later = 150_000;
      jest.advanceTimersByTime(1_000);
      const run = await running;
      expect(run.exit).toBe(5);
      expect(run.destinations.map(({ error }) => error?.code)).toEqual(['foreign-writer', 'mirror-absent']);
      expect(s3.server.texts(second)).toEqual({});
      expect(s3.server.uploads(second)).toEqual([]);
    } finally {
      jest.restoreAllMocks();
      jest.useRealTimers();
      for (const remove of hooks) remove();
    }
  });
});

/** Something that is waited for. */
function moment(): { readonly given: Promise<void>; readonly give: () => void } {
  let give: () => void = () => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give: () => give() };
}
