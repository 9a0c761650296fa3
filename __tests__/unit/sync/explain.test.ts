import { expect, test } from '@jest/globals';
import { StoreError } from '../../../src/store/object-store.js';
import { explain } from '../../../src/sync/explain.js';

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
