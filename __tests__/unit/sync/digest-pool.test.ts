import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { chunkUnit } from '../../../src/model/chunks.js';
import { md5Of } from '../../../src/model/digest.js';
import { partsOf } from '../../../src/model/digest-index.js';
import type { LocalFile } from '../../../src/model/objects.js';
import { ownLayout } from '../../../src/model/part-sizes.js';
import { noise, removeTree, writeTree } from '../../support/tree.js';

/**
 * Threads that are none, as jest has sources and no program for one: what a real one runs is run here, behind a port
 * that copies each message all the same.
 */
const threads: ThreadHere[] = [];
let areDead = false;
/** Threads that the system allows. */
let allowed = Number.POSITIVE_INFINITY;

class ThreadHere extends EventEmitter {
  readonly #port: MessagePort;
  readonly orders: unknown[] = [];
  hasEnded = false;

  constructor() {
    super();
    if (threads.filter(({ hasEnded }) => !hasEnded).length >= allowed)
      throw new Error('ERR_WORKER_INIT_FAILED');
    threads.push(this);
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    if (areDead) setImmediate(() => this.emit('error', new Error('no thread is left')));
    else serve(port2);
    port1.on('message', (message) => this.emit('message', message));
  }

  postMessage(orders: unknown): void {
    this.orders.push(orders);
    this.#port.postMessage(orders);
  }

  async terminate(): Promise<number> {
    this.hasEnded = true;
    this.#port.close();
    return 0;
  }
}

jest.unstable_mockModule('node:worker_threads', () => ({ Worker: ThreadHere, parentPort: null }));
const { serve } = await import('../../../src/sync/digest-worker.js');
const { DigestPool } = await import('../../../src/sync/digest-pool.js');
const { chunkFile, digestFile, FileChangedError, Scratch } = await import('../../../src/sync/file-bytes.js');
const { walkTree } = await import('../../support/walk-tree.js');

type Growing = NonNullable<ReturnType<InstanceType<typeof DigestPool>['grow']>>;

const MIB = 1024 * 1024;
/** More than enough for a thread. Bytes. */
const MUCH = 1024 * MIB;

let root: string;
let stop: AbortController;
let alive: number;
let pool: InstanceType<typeof DigestPool>;

beforeEach(() => {
  threads.length = 0;
  areDead = false;
  allowed = Number.POSITIVE_INFINITY;
  alive = 0;
  stop = new AbortController();
  pool = new DigestPool(() => void alive++, stop.signal);
});
afterEach(async () => {
  await pool.close();
  for (const thread of threads) await thread.terminate();
  await removeTree(root);
});

async function filesOf(content: Parameters<typeof writeTree>[0]): Promise<readonly LocalFile[]> {
  root = await writeTree(content);
  return walkTree(root, stop.signal);
}

const small = (): Promise<readonly LocalFile[]> =>
  filesOf(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}`, noise(1 + 500 * (i % 9), i)])));

const contentOf = ({ path }: LocalFile): Buffer => readFileSync(path);

describe('small files', () => {
  test('are sent to threads in batches, and each gets its own digest', async () => {
    const files = await small();
    const digests = await Promise.all(files.map((file) => pool.digest({ file, layouts: [] }, MUCH)));
    expect(digests.map(({ md5 }) => md5)).toEqual(files.map((file) => md5Of(contentOf(file))));
    const batches = threads.flatMap(({ orders }) => orders);
    expect(batches.length).toBeGreaterThan(1);
    expect(batches.length).toBeLessThan(100);
    expect(pool.isIdle).toBe(true);
  });

  test('that are asked for together go to one thread, at once', async () => {
    const files = await filesOf(
      Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`f${i}`, noise((8 + i / 4) * MIB, i)])),
    );
    Object.defineProperty(pool, 'width', { value: 2 });
    const ask = (some: readonly LocalFile[]): Promise<readonly { readonly md5: string }[]> =>
      Promise.all(
        pool.digestTogether(
          some.map((file) => ({ file, layouts: [] })),
          2 ** 30,
        ),
      );
    const md5s = files.map((file) => md5Of(contentOf(file)));
    expect((await ask(files)).map(({ md5 }) => md5)).toEqual(md5s);
    expect(threads.map(({ orders }) => orders.map((some) => (some as unknown[]).length))).toEqual([[8]]);
    expect((await ask(files.slice(0, 1))).map(({ md5 }) => md5)).toEqual(md5s.slice(0, 1));
    await writeFile(files[3]!.path, 'other');
    const [, , , changed, ...others] = await Promise.allSettled(
      pool.digestTogether(
        files.map((file) => ({ file, layouts: [] })),
        0,
      ),
    );
    expect(changed).toMatchObject({ status: 'rejected', reason: expect.any(FileChangedError) });
    expect(others.map(({ status }) => status)).toEqual(Array(4).fill('fulfilled'));
  });

  test('one that changed and one that went away fail by what is wrong with them, the others do not', async () => {
    const files = await small();
    await writeFile(files[10]!.path, 'other');
    await rm(files[20]!.path);
    const answers = await Promise.allSettled(files.map((file) => pool.digest({ file, layouts: [] }, MUCH)));
    const failed = answers.flatMap((answer, i) => (answer.status === 'rejected' ? [[i, answer.reason]] : []));
    expect(failed).toEqual([
      [10, expect.any(FileChangedError)],
      [20, expect.objectContaining({ code: 'ENOENT' })],
    ]);
  });

  test('are hashed here too while there is nothing better to do', async () => {
    Object.defineProperty(pool, 'width', { value: 2 });
    const files = await small();
    await pool.helping(() => Promise.all(files.map((file) => pool.digest({ file, layouts: [] }, MUCH))));
    const ordered = threads.flatMap(({ orders }) => (orders as unknown[][]).flat()).length;
    expect(ordered).toBeGreaterThan(0);
    expect(ordered).toBeLessThan(files.length);
  });

  test('are left to the threads once there is something better to do', async () => {
    const files = await small();
    const asked = files.map((file) => pool.digest({ file, layouts: [] }, MUCH));
    await Promise.resolve();
    await pool.helping(async () => undefined);
    const digests = await Promise.all(asked);
    expect(digests.map(({ md5 }) => md5)).toEqual(files.map((file) => md5Of(contentOf(file))));
    expect(threads.flatMap(({ orders }) => (orders as unknown[][]).flat())).toHaveLength(files.length);
  });

  test('too few for a thread are hashed here', async () => {
    const [file] = await small();
    expect(await pool.digest({ file: file!, layouts: [] }, file!.size)).toMatchObject({
      md5: md5Of(contentOf(file!)),
    });
    expect(threads).toEqual([]);
  });
});

describe('a large file', () => {
  test('whole, parts, chunks and a region: threads say what one says, and that they go on', async () => {
    const [file] = await filesOf({ image: noise(66 * MIB, 3) });
    const layout = ownLayout(file!.size);
    const job = { file: file!, layouts: [layout] };
    const region = {
      offset: 0,
      one: [...partsOf(layout)].map(({ size }) => size),
      other: [5 * MIB, 61 * MIB],
    };
    const chunks = pool.chunks(file!);
    const digest = await pool.digest(job, file!.size);
    const expected = digestFile(job, () => undefined);
    expect(digest).toMatchObject(expected);
    expect(await chunks).toEqual(
      chunkFile({ file: file!, unit: chunkUnit(file!.size)! }, () => undefined, new Scratch()),
    );
    const { one, other } = await pool.digestRegion({ file: file!, region });
    const bytes = contentOf(file!);
    expect(one).toEqual(expected.partMd5s);
    expect(other).toEqual([md5Of(bytes.subarray(0, 5 * MIB)), md5Of(bytes.subarray(5 * MIB))]);
    expect(alive).toBeGreaterThan(threads.length);
  });

  test('is not cut where it cannot be read: whoever digests it says why', async () => {
    const [file] = await filesOf({ a: 'a' });
    const gone = { ...file!, path: join(root, 'gone'), size: 66 * MIB };
    expect(await pool.chunks(gone)).toBeUndefined();
    await expect(pool.digest({ file: gone, layouts: [] }, MUCH)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await pool.chunks(file!)).toBeUndefined();
  });
});

describe('bytes in memory', () => {
  const shared = (size: number): Buffer => {
    const bytes = Buffer.from(new SharedArrayBuffer(size + 64)).subarray(64);
    noise(size).copy(bytes);
    return bytes;
  };

  beforeEach(async () => {
    await small();
    Object.defineProperty(pool, 'width', { value: 2 });
  });

  test('that threads share are digested there', async () => {
    const bodies = [shared(130 * 1024), shared(3 * MIB), shared(MIB)];
    const digests = await Promise.all(bodies.map((bytes) => pool.digestBytes(bytes, MUCH)));
    expect(digests).toEqual(bodies.map(md5Of));
    expect(threads.flatMap(({ orders }) => (orders as unknown[][]).flat())).toHaveLength(bodies.length);
  });

  test('that are few, short, or of this thread alone are digested here', async () => {
    for (const [bytes, ahead] of [
      [shared(MIB), MIB],
      [shared(1024), MUCH],
      [noise(MIB), MUCH],
    ] as const)
      expect(await pool.digestBytes(bytes, ahead)).toBe(md5Of(bytes));
    expect(threads).toEqual([]);
  });

  test('are digested here when the run was stopped: what has arrived is taken in', async () => {
    const bytes = shared(MIB);
    const asked = pool.digestBytes(bytes, MUCH);
    stop.abort(new Error('a test stops it'));
    expect(await asked).toBe(md5Of(bytes));
    expect(await pool.digestBytes(bytes, MUCH)).toBe(md5Of(bytes));
  });

  test('are digested here where no thread is to be had', async () => {
    areDead = true;
    const bytes = shared(MIB);
    expect(await pool.digestBytes(bytes, MUCH)).toBe(md5Of(bytes));
    expect(await pool.digestBytes(bytes, MUCH)).toBe(md5Of(bytes));
  });
});

describe('a file that is being written', () => {
  const SIZE = 70 * MIB + 5;
  const content = noise(SIZE, 7);
  let file: LocalFile;

  beforeEach(async () => {
    const [found] = await filesOf({ image: content });
    file = found!;
    Object.defineProperty(pool, 'width', { value: 2 });
  });

  test('is digested as far as its beginning is there', async () => {
    const growing = pool.grow(file.path, MUCH)!;
    for (const upTo of [0, 1, MIB + 1, MIB + 1, 66 * MIB]) {
      growing.advance(upTo);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    growing.advance(SIZE);
    expect(await growing.finish(file)).toBe(md5Of(content));
    // No step keeps the thread from its other work for long.
    const orders = threads.flatMap(({ orders }) => (orders as { file: LocalFile }[][]).flat());
    expect(Math.max(...orders.map(({ file: { size } }) => size))).toBe(32 * MIB);
    expect(alive).toBeGreaterThan(threads.length);
  });

  test.each([
    ['is not all there', (growing: Growing) => growing.advance(SIZE - 1)],
    [
      'is another one in the end',
      async (growing: Growing) => {
        growing.advance(SIZE);
        await writeFile(file.path, content.subarray(1), { flag: 'r+' });
      },
    ],
    ['is shorter than was said', (growing: Growing) => growing.advance(SIZE + 1)],
    [
      'went away',
      async (growing: Growing) => {
        await rm(file.path);
        growing.advance(SIZE);
      },
    ],
    [
      'became another one meanwhile',
      async (growing: Growing) => {
        while (alive === 0) await new Promise((resolve) => setTimeout(resolve, 5));
        await writeFile(join(root, 'new'), content);
        await rename(join(root, 'new'), file.path);
        const [now] = await walkTree(root, stop.signal);
        file = now!;
        growing.advance(SIZE);
      },
    ],
    [
      'is not wanted any more',
      (growing: Growing) => {
        growing.advance(SIZE);
        growing.end();
      },
    ],
  ])('has no digest when it %s', async (_, spoil) => {
    const growing = pool.grow(file.path, MUCH)!;
    growing.advance(1);
    await spoil(growing);
    expect(await growing.finish(file)).toBeUndefined();
    expect(await growing.finish(file)).toBeUndefined();
  });

  test('is one at a time, has a thread to itself where there can be two, and other work goes on', async () => {
    const other = pool.digestBytes(Buffer.from(new SharedArrayBuffer(MIB)), MUCH);
    await Promise.resolve();
    expect(threads).toHaveLength(1);
    const growing = pool.grow(file.path, MUCH)!;
    expect(pool.grow(file.path, MUCH)).toBeUndefined();
    growing.advance(SIZE);
    expect(await other).toBe(md5Of(Buffer.alloc(MIB)));
    expect(await growing.finish(file)).toBe(md5Of(content));
    expect(threads).toHaveLength(2);
    growing.end();
    expect(pool.grow(file.path, MUCH)).toBeDefined();
    expect(threads).toHaveLength(2);
  });

  test('is digested in another way where there is little to do, or no thread', async () => {
    expect(pool.grow(file.path, MIB)).toBeUndefined();
    areDead = true;
    const growing = pool.grow(file.path, MUCH)!;
    growing.advance(MIB);
    await new Promise((resolve) => setTimeout(resolve, 50));
    growing.advance(SIZE);
    expect(await growing.finish(file)).toBeUndefined();
    growing.end();
    expect(pool.grow(file.path, MUCH)).toBeUndefined();
  });

  test('has no digest when its thread is let go', async () => {
    const growing = pool.grow(file.path, MUCH)!;
    growing.advance(MIB);
    while (alive === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    pool.rest();
    growing.advance(SIZE);
    expect(await growing.finish(file)).toBeUndefined();
  });
});

test('files are encoded in threads, and one that changed is not', async () => {
  const text = Buffer.alloc(3 * MIB, 'text that repeats ');
  const [a, b] = await filesOf({ 'a.html': text, 'b.html': text });
  const to = join(root, 'encoded');
  const encoded = await pool.encode({ file: a!, encoding: 'gzip', to }, MUCH);
  expect(encoded).toMatchObject({ md5: md5Of(text), stored: { md5: md5Of(readFileSync(to)) } });
  expect(gunzipSync(readFileSync(to)).equals(text)).toBe(true);
  expect(threads).toHaveLength(1);
  expect(alive).toBeGreaterThan(1);
  await writeFile(b!.path, 'other');
  await expect(pool.encode({ file: b!, encoding: 'br', to }, MUCH)).rejects.toThrow(FileChangedError);
});

test('a run that is stopped ends its threads, and what they were asked rejects with the reason', async () => {
  const files = await small();
  const asked = files.map((file) => pool.digest({ file, layouts: [] }, MUCH));
  const reason = new Error('stopped');
  stop.abort(reason);
  const answers = await Promise.allSettled(asked);
  expect(answers.every((answer) => answer.status === 'rejected' && answer.reason === reason)).toBe(true);
  expect(threads.map(({ hasEnded }) => hasEnded)).toEqual(threads.map(() => true));
});

test('threads without work can be let go, those at work are not; others are started when there is work again', async () => {
  const files = await small();
  const asked = pool.digest({ file: files[0]!, layouts: [] }, MUCH);
  await Promise.resolve();
  pool.rest();
  expect(threads.map(({ hasEnded }) => hasEnded)).toEqual([false]);
  expect((await asked).md5).toBe(md5Of(contentOf(files[0]!)));
  pool.rest();
  expect(threads.map(({ hasEnded }) => hasEnded)).toEqual([true]);
  const again = await pool.digest({ file: files[1]!, layouts: [] }, MUCH);
  expect(again.md5).toBe(md5Of(contentOf(files[1]!)));
  expect(threads.map(({ hasEnded }) => hasEnded)).toEqual([true, false]);
});

test('without a thread to be had everything is done here', async () => {
  areDead = true;
  const files = await small();
  const digests = await Promise.all(files.map((file) => pool.digest({ file, layouts: [] }, MUCH)));
  expect(digests.map(({ md5 }) => md5)).toEqual(files.map((file) => md5Of(contentOf(file))));
  const tried = threads.length;
  expect(await pool.digest({ file: files[0]!, layouts: [] }, MUCH)).toEqual(digests[0]);
  expect(threads).toHaveLength(tried);
});

test('where the system refuses a thread everything is done here, whether one was to be warmed or not', async () => {
  allowed = 0;
  const files = await small();
  for (const isWarm of [false, true]) {
    const own = new DigestPool(() => undefined, stop.signal);
    if (isWarm) own.warm();
    const digests = await Promise.all(files.map((file) => own.digest({ file, layouts: [] }, MUCH)));
    expect(digests.map(({ md5 }) => md5)).toEqual(files.map((file) => md5Of(contentOf(file))));
    await own.close();
  }
  expect(threads).toEqual([]);
});

test('where the system refuses a further thread the one that there is does it all', async () => {
  allowed = 1;
  const [file, other] = await filesOf({ one: noise(66 * MIB, 3), other: noise(65 * MIB, 4) });
  const asked = [file!, other!].map((each) =>
    pool.digest({ file: each, layouts: [ownLayout(each.size)] }, MUCH),
  );
  const digests = await Promise.all(asked);
  expect(digests.map(({ md5 }) => md5)).toEqual([file!, other!].map((each) => md5Of(contentOf(each))));
  expect(threads).toHaveLength(1);
});

describe('a thread that is warmed', () => {
  /** Alone, as the embedded machine may have one core. */
  const warmed = (): InstanceType<typeof DigestPool> => {
    Object.defineProperty(pool, 'width', { value: 2 });
    pool.warm();
    pool.warm();
    return pool;
  };

  test('is one, and does what is asked of it later', async () => {
    const files = await small();
    const digests = await Promise.all(files.map((file) => warmed().digest({ file, layouts: [] }, MUCH)));
    expect(digests.map(({ md5 }) => md5)).toEqual(files.map((file) => md5Of(contentOf(file))));
    expect(threads[0]!.orders[0]).toEqual([]);
    expect(threads).toHaveLength(1);
  });

  test('is not waited for by what is small', async () => {
    const [file] = await small();
    warmed();
    expect(await pool.digest({ file: file!, layouts: [] }, 1)).toMatchObject({
      md5: md5Of(contentOf(file!)),
    });
    expect(threads[0]!.orders).toEqual([[]]);
  });

  test.each(['rest', 'close'] as const)('ends with %s, ready or not', async (how) => {
    await small();
    await warmed()[how]();
    expect(threads.map(({ hasEnded }) => hasEnded)).toEqual([true]);
  });

  test('that dies leaves the work to this one', async () => {
    areDead = true;
    const files = await small();
    const digests = await Promise.all(files.map((file) => warmed().digest({ file, layouts: [] }, MUCH)));
    expect(digests.map(({ md5 }) => md5)).toEqual(files.map((file) => md5Of(contentOf(file))));
  });
});

test('nothing is hashed here while there is a thread a core', async () => {
  Object.defineProperty(pool, 'width', { value: 1 });
  const files = await small();
  await pool.helping(() => Promise.all(files.map((file) => pool.digest({ file, layouts: [] }, MUCH))));
  expect(threads.flatMap(({ orders }) => (orders as unknown[][]).flat())).toHaveLength(files.length);
});

test('a thread that dies at work fails what it was asked, and the rest goes to another one', async () => {
  const files = await small();
  const [first, second] = files;
  await pool.digest({ file: first!, layouts: [] }, MUCH);
  const asked = pool.digest({ file: second!, layouts: [] }, MUCH);
  await Promise.resolve();
  threads[0]!.emit('error', new Error('out of memory'));
  await expect(asked).rejects.toThrow('out of memory');
  expect(await pool.digest({ file: second!, layouts: [] }, MUCH)).toMatchObject({
    md5: md5Of(contentOf(second!)),
  });
  expect(threads.length).toBe(2);
});
