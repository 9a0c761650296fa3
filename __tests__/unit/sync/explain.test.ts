import { expect, test } from '@jest/globals';
import { type ErrorCode, EXIT, type ExitCode, SyncError } from '../../../src/model/errors.js';
import { StoreError, type StoreErrorKind } from '../../../src/store/object-store.js';
import { explain } from '../../../src/sync/explain.js';
import { FileChangedError } from '../../../src/sync/file-bytes.js';

const denied = (operation: string, message: string): string =>
  explain(new StoreError('denied', 'AccessDenied', 403, operation, message), 'p/a').message;

const named = (action: string): string =>
  `User: arn:aws:sts::123456789012:assumed-role/r/s is not authorized to perform: ${action} on resource: "arn:aws:s3:::b/p/a" because no identity-based policy allows the ${action} action`;

test.each([
  ['PutObject', 's3:PutObjectTagging', 'bucket'],
  ['PutObject', 's3:GetObject', 'bucket'],
  ['CopyObject', 's3:GetObjectTagging', 'bucket'],
  ['CreateMultipartUpload', 'kms:GenerateDataKey', 'key'],
  ['GetObject', 'kms:Decrypt', 'key'],
] as const)('%s that lacks %s: the action that S3 names, and whose policy', (operation, action, policy) => {
  expect(denied(operation, named(action))).toBe(
    `p/a: ${operation} was denied (AccessDenied: ${named(action)}): allow ${action} in the policy of the identity and of the ${policy}`,
  );
});

test.each([
  ['ListObjectsV2', 'allow s3:ListBucket in'],
  ['HeadObject', 'allow s3:GetObject in'],
  [
    'PutObject',
    'allow s3:PutObject (s3:GetObject too where an object is replaced, s3:PutObjectTagging with tags, s3:PutObjectAcl with an ACL) in',
  ],
  ['CopyObject', ', and s3:GetObject on the source in'],
  ['DeleteObjects', 'allow s3:DeleteObject and s3:GetObject in'],
  ['AbortMultipartUpload', 'allow s3:AbortMultipartUpload in'],
  ['GetSomething', 'allow s3:GetSomething in'],
] as const)('%s where the server does not say what is missing: what the call can need', (operation, told) => {
  expect(denied(operation, 'Access Denied')).toContain(told);
  expect(denied(operation, 'Access Denied')).toMatch(/^[^\n]+$/);
});

const store = (
  kind: StoreErrorKind,
  code: string,
  operation = 'PutObject',
  message = 'as told',
): StoreError => new StoreError(kind, code, 400, operation, message);

const system = (code: string): Error => Object.assign(new Error(`${code}: as told`), { code });

const { failed, usage, foreignWriter } = EXIT;

test.each<readonly [unknown, ErrorCode, ExitCode, string]>([
  [store('condition', 'PreconditionFailed'), 'foreign-writer', foreignWriter, 'its bytes were left alone'],
  [store('source', 'NoSuchKey'), 'rejected', failed, 'the source of the copy is gone or was changed'],
  [store('digest', 'BadDigest'), 'wrong-content', failed, 'a proxy changes bodies'],
  [store('no-upload', 'NoSuchUpload'), 'rejected', failed, 'a lifecycle rule aborted it'],
  [store('denied', 'InvalidObjectState'), 'rejected', failed, 'restore it first, or exclude it'],
  [store('denied', 'AccessDenied'), 'access-denied', failed, 'PutObject was denied (AccessDenied: as told)'],
  [store('denied', 'AccessDenied', 'GetObject', ''), 'access-denied', failed, 'was denied (AccessDenied): '],
  [store('throttled', 'SlowDown'), 'throttled', failed, 'lower concurrency, or raise max-attempts'],
  [store('server', 'InternalError'), 'server-error', failed, 'PutObject failed (InternalError: as told)'],
  [store('network', 'ECONNREFUSED'), 'unreachable', failed, 'check endpoint-url, region, proxy and network'],
  [store('aborted', 'AbortError'), 'cancelled', failed, 'stopped'],
  [store('rejected', 'ObjectParentIsFile'), 'rejected', failed, 'delete that object by hand first'],
  [
    store('rejected', 'InvalidArgument'),
    'rejected',
    failed,
    'S3 refused PutObject (InvalidArgument: as told)',
  ],
  [store('fatal', 'NoSuchBucket'), 'no-such-bucket', usage, 'check its name'],
  [store('fatal', 'PermanentRedirect'), 'wrong-region', usage, "set region to the bucket's"],
  [store('fatal', 'AuthorizationHeaderMalformed'), 'wrong-region', usage, "set region to the bucket's"],
  [store('fatal', 'ExpiredToken'), 'credentials-expired', failed, 'what was published stays'],
  [store('fatal', 'RequestTimeTooSkewed'), 'bad-credentials', usage, 'the clock of this machine is wrong'],
  [store('fatal', 'SignatureDoesNotMatch'), 'bad-credentials', usage, 'check that key, secret and endpoint'],
  [store('fatal', 'InvalidAccessKeyId'), 'bad-credentials', usage, 'check that key, secret and endpoint'],
  [store('fatal', 'InvalidToken'), 'bad-credentials', usage, 'check that key, secret and endpoint'],
  [store('fatal', 'SomethingNew'), 'rejected', failed, 'SomethingNew: as told'],
  [new FileChangedError('a part is not'), 'file-changed', failed, 'changed twice while it was published'],
  [system('ENOENT'), 'file-vanished', failed, 'the file vanished during the run'],
  [system('ENOTDIR'), 'file-vanished', failed, 'the file vanished during the run'],
  [system('EACCES'), 'unreadable', failed, 'give this user read permission, or exclude it'],
  [system('EIO'), 'unreadable', failed, 'cannot be read (EIO: as told)'],
  [system('EMFILE'), 'unreadable', failed, 'cannot be read (EMFILE: as told)'],
  [new Error('as told'), 'internal', failed, 'as told'],
  [undefined, 'internal', failed, 'undefined'],
])('%p is told as %s, exit %i: %s', (error, code, exit, words) => {
  const told = explain(error, 'p/a');
  expect(told).toEqual({ code, exit, message: expect.stringMatching(/^p\/a: [^\n]+$/) });
  expect(told.message).toContain(words);
});

test('a refusal of our own stays as it is', () => {
  const refused = new SyncError('too-many-deletions', EXIT.refused, 'as it was said');
  expect(explain(refused, 'p/a')).toEqual({
    code: 'too-many-deletions',
    exit: EXIT.refused,
    message: 'as it was said',
  });
});
