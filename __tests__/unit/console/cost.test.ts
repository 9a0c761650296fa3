import { expect, test } from '@jest/globals';
import { costSentence, mirroredText, requestCost, transferPrice } from '../../../src/console/cost.js';

const requests = { PutObject: 1000, CopyObject: 500, ListObjectsV2: 2, HeadObject: 10, DeleteObjects: 3 };

test('requests are counted by the classes that S3 bills; AWS alone has prices', () => {
  expect(requestCost(requests, 4000, 'us-east-1')).toEqual({
    put: 1502,
    get: 10,
    free: 3,
    sendAll: 4000,
    usd: 0.007514,
    sendAllUsd: 0.02,
    pricesAsOf: '2026-07',
  });
  expect(requestCost(requests, 4000, undefined)).toEqual({ put: 1502, get: 10, free: 3, sendAll: 4000 });
  expect(requestCost(requests, 4000, 'eu-nowhere-1').usd).toBeUndefined();
});

test('one sentence, with or without a price', () => {
  expect(costSentence(requestCost(requests, 4000, 'us-east-1'))).toMatch(
    /^Billed as 1,502 PUT, COPY, POST and LIST, 10 GET and HEAD, 3 free: about \$0\.0075; sending everything would have cost about \$0\.0200 \(standard class, prices of 2026-07\)\.$/,
  );
  expect(costSentence(requestCost(requests, 4000, undefined))).toBe(
    'Billed as 1,502 PUT, COPY, POST and LIST, 10 GET and HEAD, 3 free; sending everything would have taken 4,000 of the first.',
  );
});

test('where nothing would have been sent, that is not compared with', () => {
  const removal = { ListObjectsV2: 3, DeleteObjects: 1 };
  expect(costSentence(requestCost(removal, 0, 'us-east-1'))).toBe(
    'Billed as 3 PUT, COPY, POST and LIST, 0 GET and HEAD, 1 free: about $0.0000 (standard class, prices of 2026-07).',
  );
  expect(costSentence(requestCost(removal, 0, undefined))).toBe(
    'Billed as 3 PUT, COPY, POST and LIST, 0 GET and HEAD, 1 free.',
  );
});

test('a copy into another region has a price, but from regions of which more is asked', () => {
  expect(transferPrice('us-east-1', 'us-east-1')).toBe(0);
  expect(transferPrice('us-east-1', 'eu-west-1')).toBe(0.02);
  expect(transferPrice('sa-east-1', 'eu-west-1')).toBeUndefined();
});

test('how a mirror got its bytes, and what each way costs', () => {
  const copied = { files: 120, bytes: 1.2e9 };
  const sent = { files: 3, bytes: 1e6 };
  const some = { copied, sent, bytesPerSecond: 4e6, copyUsd: 0.024, transferUsd: 0.024, copyable: true };
  expect(mirroredText(some, false)).toBe(
    "120 files (1.1 GiB) copied from the first destination, 3 files (977 KiB) sent from this machine; sending all takes 1.1 GiB of this machine's line, about 5 min 0 s at 3.8 MiB/s; copying all costs about $0.0240 for transfer",
  );
  expect(mirroredText({ copied: { files: 0, bytes: 0 }, sent, copyable: false }, true)).toBe(
    "3 files (977 KiB) to be sent from this machine; sending all takes 977 KiB of this machine's line; it cannot be copied, as another service or other credentials lead there",
  );
});
