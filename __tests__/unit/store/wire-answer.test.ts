import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { isOfS3, type StoreError } from '../../../src/store/object-store.js';
import { saysNotMade, toStoreError } from '../../../src/store/store-errors.js';
import { readList, throwRefusal } from '../../../src/store/wire-answer.js';

function refusal(status: number, body: string): StoreError {
  try {
    throwRefusal({ status, headers: {}, body: Buffer.from(body) }, false);
  } catch (thrown) {
    return toStoreError('PutObject', thrown);
  }
  throw new Error('it is no refusal');
}

test.each([
  ['QuotaExceeded', 403, 'rejected'],
  ['AccessDenied', 403, 'denied'],
  ['InvalidArgument', 400, 'rejected'],
  ['KMS.ThrottlingException', 400, 'throttled'],
])(
  'a code without words, as Ceph answers %s, is of S3: nothing was made of the request',
  (code, status, kind) => {
    const error = refusal(status, `<Error><Code>${code}</Code><Message></Message></Error>`);
    expect(error).toMatchObject({ kind, code, message: code });
    expect(isOfS3(error)).toBe(true);
    expect(saysNotMade(error)).toBe(kind !== 'throttled');
  },
);

test.each(['<html>no entry</html>', '<Error><Message></Message></Error>', ''])(
  'an answer without a code is not: %j',
  (body) => {
    const error = refusal(403, body);
    expect(error).toMatchObject({ kind: 'denied', code: 'AccessDenied', message: 'HTTP 403' });
    expect([isOfS3(error), saysNotMade(error)]).toEqual([false, false]);
  },
);

test('an answer that was compressed on its way, unasked, is told as that', () => {
  const body = gzipSync('<ListBucketResult/>');
  const told = (headers: Readonly<Record<string, string>>) => () => readList({ status: 200, headers, body });
  expect(told({ 'content-encoding': 'gzip' })).toThrow(
    "the answer is not S3's: it is compressed (gzip) unasked, as a proxy does",
  );
  expect(told({})).toThrow("the answer is not S3's: it is not UTF-8");
});
