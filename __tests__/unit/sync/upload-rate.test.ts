import { expect, test } from '@jest/globals';
import { UploadRate } from '../../../src/sync/upload-rate.js';

const MIB = 1024 * 1024;

test('the rate of large bodies, over the time in which any of them was under way', async () => {
  let now = 0;
  const rate = new UploadRate(() => now);
  const takes = (seconds: number) => async (): Promise<void> => {
    now += seconds;
  };
  expect(rate.bytesPerSecond).toBeUndefined();
  await rate.measure(8 * MIB, takes(1));
  // Too little to go by.
  expect(rate.bytesPerSecond).toBeUndefined();
  now += 1_000;
  await rate.measure(MIB - 1, takes(50));
  await rate.measure(8 * MIB, takes(1));
  expect(rate.bytesPerSecond).toBe(8 * MIB);
  // One that fails has sent nothing that counts, and took its time.
  const lost = rate.measure(8 * MIB, async () => {
    now += 2;
    throw new Error('lost');
  });
  await expect(lost).rejects.toThrow('lost');
  expect(rate.bytesPerSecond).toBe(4 * MIB);
  // Two at a time do not count the time twice, and what is under way counts as far as it got.
  let arrive = (): void => undefined;
  const sent = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const [first, second] = [rate.measure(16 * MIB, () => sent), rate.measure(16 * MIB, () => sent)];
  now += 4;
  expect(rate.bytesPerSecond).toBe(2 * MIB);
  arrive();
  await Promise.all([first, second]);
  expect(rate.bytesPerSecond).toBe(6 * MIB);
});

test('where nothing arrived there is no rate', async () => {
  let now = 0;
  const rate = new UploadRate(() => now);
  const lost = rate.measure(MIB, async () => {
    now += 60;
    throw new Error('lost');
  });
  await expect(lost).rejects.toThrow('lost');
  expect(rate.bytesPerSecond).toBeUndefined();
});
