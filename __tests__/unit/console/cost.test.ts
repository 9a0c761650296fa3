import { expect, test } from '@jest/globals';
import { costSentence, requestCost } from '../../../src/console/cost.js';

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
