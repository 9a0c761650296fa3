import { describe, expect, test } from '@jest/globals';
import { messageOf, SyncError, usageError } from '../../../src/model/errors.js';
import { withoutSecrets, withoutSigningValues } from '../../../src/model/secrets.js';
import { StoreError } from '../../../src/store/object-store.js';

const SIGNATURE = '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7';
const TOKEN = 'IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQ==';
const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyZXBvOm8vciJ9.c2lnbmF0dXJl';

const SECRETS: readonly (readonly [string, string, string])[] = [
  ['a password in a URL', 'no answer from https://user:pass%20word@host:1/x', 'pass'],
  ['a token in a URL', 'see https://ghp_abcdef0123456789@github.com/o/r', 'ghp_'],
  [
    'a presigned URL',
    `PUT https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA/x&X-Amz-Signature=${SIGNATURE}&X-Amz-Security-Token=${encodeURIComponent(TOKEN)} failed`,
    SIGNATURE,
  ],
  ['the token of a presigned URL', `https://h/k?x-amz-security-token=${encodeURIComponent(TOKEN)}`, 'IQoJ'],
  [
    'a signature of version 2',
    'https://h/k?AWSAccessKeyId=AKIA&Expires=1&Signature=vjbyPxybdZaNmGa%2ByT272YEAiv4%3D',
    'vjby',
  ],
  ['a shared access signature', `https://h/c?sv=2024&sig=${encodeURIComponent(TOKEN)}`, 'IQoJ'],
  [
    'an Authorization header',
    `Authorization: AWS4-HMAC-SHA256 Credential=AKIA/20260101/r/s3/aws4_request, SignedHeaders=host, Signature=${SIGNATURE}`,
    SIGNATURE,
  ],
  [
    'a presigned URL in another URL',
    `https://login/?to=https%3A%2F%2Fb%2Fk%3FX-Amz-Signature%3D${SIGNATURE}%26X-Amz-Security-Token%3D${encodeURIComponent(TOKEN)}%26x%3D1`,
    SIGNATURE,
  ],
  ['a signature that was expected', `The signature we calculated is '${SIGNATURE}'`, SIGNATURE],
  ['one of version 2', 'AWS AKIAIOSFODNN7EXAMPLE:frJIUN8DYpKDtOLCwo//yllqDzg=', 'frJI'],
  ['a token in a header', `{"x-amz-security-token":"${TOKEN}"}`, 'IQoJ'],
  ['a token in a canonical request', `host:h x-amz-security-token:${TOKEN} `, 'IQoJ'],
  ['a proxy password', 'Proxy-Authorization: Basic dXNlcjpwYXNzd29yZA==', 'dXNl'],
  ['an identity token', `Invalid token ${JWT}, expired`, 'eyJzdWI'],
];

describe('what others say is told without', () => {
  test.each(SECRETS)('%s', (_, text, secret) => {
    expect(text).toContain(secret);
    for (const told of [
      withoutSecrets(text),
      messageOf(new Error(text)),
      usageError(text).message,
      new SyncError('rejected', 1, text).message,
      new StoreError('rejected', 'X', 400, 'PutObject', text).message,
    ]) {
      expect(told).not.toContain(secret);
      expect(told).toContain('***');
    }
  });

  test.each([
    's3://bucket/a@b/c',
    'https://minio.example.com:9000/x?y=1',
    'mail me@example.com about s3://b/p',
    'docs/what-is-a-signature=.md',
    'bucket-owner-full-control, x-amz-acl',
  ])('%j as it is', (text) => {
    expect(withoutSecrets(text)).toBe(text);
  });

  test('values that are known', () => {
    const values = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'k$y', sessionToken: TOKEN };
    const text = `AKIAIOSFODNN7EXAMPLE k$y and ${TOKEN} and ${encodeURIComponent(TOKEN)}`;
    expect(withoutSigningValues(text, values)).toBe('*** *** and *** and ***');
    const words = { accessKeyId: 'test', secretAccessKey: '', sessionToken: undefined };
    expect(withoutSigningValues('no bucket test', words)).toBe('no bucket test');
  });

  test('in time, whatever is said', () => {
    for (const piece of [
      'Signature=',
      'Signature a',
      '%26sig%3D',
      'eyJ',
      'https://',
      '?sig=',
      'a://b',
      'x-amz-security-token',
      '@',
    ]) {
      const began = performance.now();
      withoutSecrets(piece.repeat(5_000));
      expect(performance.now() - began).toBeLessThan(2_000);
    }
  });
});
