import { expect, test } from '@jest/globals';
import { isDirectoryBucket, providerOf } from '../../../src/store/providers.js';

test.each([
  [undefined, undefined, 'AWS S3', 'honoured'],
  [undefined, 'AmazonS3', 'AWS S3', 'honoured'],
  [undefined, 'nginx', 'AWS S3', 'honoured'],
  // What answers in AWS's place.
  [undefined, 'MinIO', 'MinIO', 'ignored'],
  ['https://s3.eu-west-1.amazonaws.com', 'VERSITYGW', 'versitygw', 'ignored'],
  ['https://s3.eu-west-1.amazonaws.com', undefined, 'AWS S3', 'honoured'],
  ['https://account.r2.cloudflarestorage.com', 'cloudflare', 'Cloudflare R2', 'ignored'],
  ['https://storage.googleapis.com', 'UploadServer', 'Google Cloud Storage', 'none'],
  ['http://127.0.0.1:9000', 'MinIO', 'MinIO', 'ignored'],
  ['http://127.0.0.1:7070', 'VERSITYGW', 'versitygw', 'ignored'],
  ['http://127.0.0.1:8333', 'SeaweedFS 8000GB 4.48', 'SeaweedFS', 'honoured'],
  ['https://files.example.com', 'AmazonS3', 'AWS S3', 'honoured'],
  ['https://files.example.com', 'nginx', 'S3', 'unknown'],
  ['https://files.example.com', undefined, 'S3', 'unknown'],
  ['not a URL', undefined, 'S3', 'unknown'],
])('%s that says it is %s is %s, conditions on copies: %s', (endpoint, server, name, copyConditions) => {
  expect(providerOf(endpoint, server)).toMatchObject({ name, copyConditions });
});

test('where the parts of an upload must be of one size, none is cut around what an older object has', () => {
  expect(providerOf('https://account.r2.cloudflarestorage.com').partSizes).toBe('equal');
  expect(providerOf(undefined).partSizes).toBe('any');
});

test.each([
  's3.amazonaws.com',
  's3.eu-central-1.amazonaws.com',
  's3-eu-west-1.amazonaws.com',
  's3-external-1.amazonaws.com',
  'bucket.s3.us-gov-west-1.amazonaws.com',
  'my.bucket.s3.eu-west-1.amazonaws.com',
  's3.dualstack.ap-southeast-2.amazonaws.com',
  's3-fips.dualstack.us-east-1.amazonaws.com',
  's3-accelerate.amazonaws.com',
  'bucket.s3-accelerate.dualstack.amazonaws.com',
  'name-123456789012.s3-accesspoint.us-west-2.amazonaws.com',
  'bucket--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com',
  'bucket.vpce-0a1b2c3d-4e5f.s3.us-east-1.vpce.amazonaws.com',
  's3.cn-north-1.amazonaws.com.cn',
])('%s is S3 itself', (host) => {
  expect(providerOf(`https://${host}`)).toMatchObject({ accounts: true, listsInOrder: true });
});

test.each([
  'ec2-3-120-1-2.eu-central-1.compute.amazonaws.com:9000',
  's3-nlb-0a1b.elb.eu-central-1.amazonaws.com',
  's3.my-lb-123.us-east-1.elb.amazonaws.com',
  'abc.execute-api.us-east-1.amazonaws.com',
  's3-object-lambda.us-east-1.amazonaws.com',
  's3.us-east-1.amazonaws.com.example.org',
  'mys3.us-east-1.amazonaws.com',
])('%s may be anything', (host) => {
  expect(providerOf(`https://${host}`)).toMatchObject({ name: 'S3', accounts: false, listsInOrder: false });
});

test.each([
  ['site--euw1-az1--x-s3', true],
  ['point--euw1-az1--xa-s3', true],
  ['arn:aws:s3express:eu-west-1:123456789012:accesspoint/point--euw1-az1--xa-s3', true],
  ['arn:aws:s3:eu-west-1:123456789012:accesspoint/point', false],
  ['point-abcdefgh-s3alias', false],
  ['site--x-s3-logs', false],
])('%s is a directory bucket, which has no order, no signatures and no MD5s: %s', (bucket, is) => {
  expect(isDirectoryBucket(bucket)).toBe(is);
});
