import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Connection } from '../../../src/model/options.js';
import { environmentAccess } from '../../../src/store/environment.js';
import { resolveTarget } from '../../../src/store/target.js';

const CONNECTION: Connection = {
  allowedAccountIds: [],
  requesterPays: false,
  concurrency: 64,
  maxAttempts: 5,
  connectTimeoutMs: 10_000,
  readTimeoutMs: 60_000,
};
const ENV = { AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'S', AWS_REGION: 'eu-west-1', PATH: '/bin' };
const ENDPOINT = 'http://127.0.0.1:9000';

let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 's3ds-home-'));
});
afterAll(() => rm(home, { recursive: true }));

describe('where to, when the environment says all of it', () => {
  test.each([
    [ENDPOINT, 'bucket'],
    ['http://127.0.0.1:9000/', 'my.dotted-bucket.1'],
    ['https://s3.example.com', 'bucket'],
    ['https://s3.example.com:8443/behind/a/path/', 'bucket'],
    ['https://S3.Example.com:443', 'abc'],
    ['http://[::1]:9000', 'bucket'],
    ['http://localhost:80/x', 'bucket'],
  ])('%s and the bucket %s: as the SDK would send it', async (endpoint, bucket) => {
    const client = new S3Client({
      endpoint,
      region: 'eu-west-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'A', secretAccessKey: 'S' },
    });
    const { userAgent: _, ...sdk } = (await resolveTarget(client, bucket)) ?? { userAgent: '' };
    const known = environmentAccess(CONNECTION, bucket, endpoint, ENV, home);
    const { userAgent: __, ...own } = known?.target ?? { userAgent: '' };
    expect(own).toEqual(sdk);
    expect(own).toMatchObject({ region: 'eu-west-1', service: 's3' });
  });

  test('as whom: by the keys, and the token where there is one; the region that was given comes first', () => {
    const env = { ...ENV, AWS_SESSION_TOKEN: 'T' };
    const known = environmentAccess({ ...CONNECTION, region: 'xx-1' }, 'bucket', ENDPOINT, env, home);
    expect(known?.credentials).toEqual({ accessKeyId: 'A', secretAccessKey: 'S', sessionToken: 'T' });
    expect(known?.target.region).toBe('xx-1');
  });

  test('for a user who has no home, and so no configuration there', () => {
    const inHome = { ...ENV, AWS_CONFIG_FILE: '~/.aws/config' };
    for (const env of [ENV, inHome])
      expect(environmentAccess(CONNECTION, 'bucket', ENDPOINT, env, undefined)).toBeDefined();
  });
});

describe('the SDK is asked', () => {
  test.each<readonly [string, Partial<Connection>, Readonly<Record<string, string | undefined>>]>([
    ['keys', {}, { AWS_ACCESS_KEY_ID: undefined }],
    ['a secret', {}, { AWS_SECRET_ACCESS_KEY: '' }],
    ['a region', {}, { AWS_REGION: undefined }],
  ])('without %s', (_, connection, env) => {
    const given = { ...CONNECTION, ...connection };
    expect(environmentAccess(given, 'bucket', ENDPOINT, { ...ENV, ...env }, home)).toBeUndefined();
  });

  test.each<readonly [string, Partial<Connection>]>([
    ['a profile', { profile: 'p' }],
    ['a role', { role: { arn: 'a', audience: 'b', sessionName: 'c', durationSeconds: 900 } }],
    ['virtual hosts', { forcePathStyle: false }],
    ['accounts that are allowed', { allowedAccountIds: ['123456789012'] }],
    ['a region that is none', { region: 'aws-global' }],
    ['a way to a region', { region: 'fips-us-east-1' }],
  ])('about %s', (_, connection) => {
    expect(
      environmentAccess({ ...CONNECTION, ...connection }, 'bucket', ENDPOINT, ENV, home),
    ).toBeUndefined();
  });

  test.each([
    'AWS_PROFILE',
    'AWS_USE_FIPS_ENDPOINT',
    'AWS_USE_DUALSTACK_ENDPOINT',
    'AWS_CREDENTIAL_EXPIRATION',
    'AWS_SDK_UA_APP_ID',
    'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
    '_X_AMZN_TRACE_ID',
    'AWS_SOMETHING_NEW',
  ])('about %s', (name) => {
    expect(environmentAccess(CONNECTION, 'bucket', ENDPOINT, { ...ENV, [name]: 'x' }, home)).toBeUndefined();
    expect(environmentAccess(CONNECTION, 'bucket', ENDPOINT, { ...ENV, [name]: '' }, home)).toBeDefined();
  });

  test.each([
    ['AWS itself', 'bucket', undefined],
    ['an access point', 'arn:aws:s3:eu-west-1:1:accesspoint/x', ENDPOINT],
    ['a directory bucket', 'bucket--euw1-az1--x-s3', ENDPOINT],
    ['a name of old', 'My_Bucket', ENDPOINT],
    ['an endpoint with credentials', 'bucket', 'http://a:b@127.0.0.1:9000'],
    ['an endpoint with a query', 'bucket', 'http://127.0.0.1:9000/?x=y'],
    ['an endpoint whose path is escaped', 'bucket', 'http://127.0.0.1:9000/a%20b'],
  ])('about %s', (_, bucket, endpoint) => {
    expect(environmentAccess(CONNECTION, bucket, endpoint, ENV, home)).toBeUndefined();
  });

  test('about a configuration file', async () => {
    const other = await mkdtemp(join(tmpdir(), 's3ds-home-'));
    await mkdir(join(other, '.aws'));
    await writeFile(join(other, '.aws/config'), '[default]\nuse_fips_endpoint = true\n');
    expect(environmentAccess(CONNECTION, 'bucket', ENDPOINT, ENV, other)).toBeUndefined();
    for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) {
      const there = { ...ENV, [name]: join(other, '.aws/config') };
      expect(environmentAccess(CONNECTION, 'bucket', ENDPOINT, there, home)).toBeUndefined();
    }
    // As the SDK takes it: a workflow's `env` expands nothing.
    const inHome = { ...ENV, AWS_CONFIG_FILE: '~/.aws/config', AWS_SHARED_CREDENTIALS_FILE: '~/none' };
    expect(environmentAccess(CONNECTION, 'bucket', ENDPOINT, inHome, other)).toBeUndefined();
    const elsewhere = {
      ...ENV,
      AWS_CONFIG_FILE: join(other, 'none'),
      AWS_SHARED_CREDENTIALS_FILE: join(other, 'none'),
    };
    expect(environmentAccess(CONNECTION, 'bucket', ENDPOINT, elsewhere, other)).toBeDefined();
    await rm(other, { recursive: true });
  });
});
