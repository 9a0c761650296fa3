import { expect, test } from '@jest/globals';
import { providerOf } from '../../../src/store/providers.js';

test.each([
  [undefined, 'MinIO', 'AWS S3', 'honoured'],
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
