import { describe, expect, test } from '@jest/globals';
import { Meeting } from '../../../src/sync/meeting.js';

describe('a meeting of destinations', () => {
  test('all go on when the last one has come, buckets of one name on two services too', async () => {
    const meeting = new Meeting(3);
    const [one, other, third] = ['s3://b/p', 's3://b/p', 's3://c/p'].map((url) => meeting.seat(url));
    let gone = 0;
    const waiting = [one, other].map((seat) => seat?.arrive().then(() => gone++));
    await new Promise((resolve) => setImmediate(resolve));
    expect(gone).toBe(0);
    expect(await third?.arrive()).toBeUndefined();
    await Promise.all(waiting);
    expect(gone).toBe(2);
  });

  test('one that cannot come, or has come and is stopped, is named to the others; afterwards nobody can fail', async () => {
    const meeting = new Meeting(2);
    const [one, other] = ['s3://b/p', 's3://b/p'].map((url) => meeting.seat(url));
    const waiting = one?.arrive();
    other?.fail();
    expect(await waiting).toBe('s3://b/p');

    const waits = new Meeting(2);
    const [come, last] = ['s3://b/p', 's3://c/p'].map((url) => waits.seat(url));
    const met = come?.arrive();
    come?.fail();
    expect(await last?.arrive()).toBe('s3://b/p');
    expect(await met).toBe('s3://b/p');

    const good = new Meeting(1).seat('s3://b/p');
    expect(await good.arrive()).toBeUndefined();
    good.fail();
    expect(await good.arrive()).toBeUndefined();
  });
});
