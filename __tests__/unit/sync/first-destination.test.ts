import { describe, expect, test } from '@jest/globals';
import { type ETag, md5Of } from '../../../src/model/digest.js';
import { parsePrefix } from '../../../src/model/object-key.js';
import type { LocalFile } from '../../../src/model/objects.js';
import {
  Filling,
  type FillingOptions,
  FirstDestination,
  type Held,
} from '../../../src/sync/first-destination.js';
import type { UploadRate } from '../../../src/sync/upload-rate.js';

const MIB = 1024 * 1024;
const { signal } = new AbortController();
const [MD5, OTHER] = ['content', 'other'].map((text) => md5Of(Buffer.from(text))) as [
  Held['md5'],
  Held['md5'],
];
const HELD: Held = { etag: 'etag' as ETag, size: 10 * MIB, md5: MD5 };
const FILE = { name: 'a', size: 10 * MIB } as LocalFile;

function filling(changes: Partial<FillingOptions> = {}, held: Held | undefined = HELD): Filling {
  const first = new FirstDestination();
  first.tell('a', held);
  first.close();
  const rate = { bytesPerSecond: MIB } as UploadRate;
  const options = {
    first,
    prefix: parsePrefix('p'),
    bucket: undefined,
    always: true,
    copyMinSize: 0,
    usdPerGB: undefined,
    rate,
  };
  return new Filling({ ...options, ...changes });
}

describe('what the first destination holds fills a mirror', () => {
  test('in its own bucket, and from another one', async () => {
    const source = { key: 'p/a', etag: 'etag', size: 10 * MIB };
    expect(await filling().source(FILE, MD5, signal)).toEqual({ source, md5: MD5 });
    const bucket = { name: 'first' };
    expect(await filling({ bucket }).source(FILE, undefined, signal)).toEqual({
      source: { ...source, bucket },
      md5: MD5,
    });
  });

  test('where it is just that content', async () => {
    expect(await filling().source(FILE, OTHER, signal)).toBeUndefined();
    expect(await filling().source({ ...FILE, size: 10 * MIB + 1 }, MD5, signal)).toBeUndefined();
    expect(await filling().source({ ...FILE, size: 0 }, MD5, signal)).toBeUndefined();
    expect(await filling().source({ ...FILE, name: 'not there' }, MD5, signal)).toBeUndefined();
  });

  test.each<readonly [string, Partial<FillingOptions>, number, boolean]>([
    ['it costs nothing', { usdPerGB: 0 }, 10 * MIB, true],
    ['the runner would be busy for longer than the transfer is worth', { usdPerGB: 0.02 }, 10 * MIB, true],
    ['sending is cheaper', { usdPerGB: 0.2 }, 10 * MIB, false],
    ['nobody knows the price', { usdPerGB: undefined }, 10 * MIB, false],
    [
      'nobody knows how fast it is sent',
      { usdPerGB: 0.02, rate: { bytesPerSecond: undefined } as UploadRate },
      10 * MIB,
      false,
    ],
    ['it is smaller than copy-min-size', { usdPerGB: 0, copyMinSize: MIB + 1 }, MIB, false],
    ['it is so small that latency decides', { usdPerGB: 0.02 }, MIB - 1, false],
  ])('where it is not asked for, by the price: %s', async (_, changes, size, copies) => {
    const one = filling({ always: false, ...changes }, { ...HELD, size });
    expect((await one.source({ ...FILE, size }, MD5, signal)) !== undefined).toBe(copies);
  });
});
