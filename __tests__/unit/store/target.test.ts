import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { afterEach, describe, expect, test } from '@jest/globals';
import { resolveTarget, type Target } from '../../../src/store/target.js';

const kept = { ...process.env };
afterEach(() => {
  process.env = { ...kept };
});

async function resolve(
  bucket: string,
  configuration: S3ClientConfig = {},
  environment: Readonly<Record<string, string>> = {},
): Promise<Target | undefined> {
  Object.assign(process.env, environment);
  const client = new S3Client({
    region: 'eu-west-1',
    cacheMiddleware: true,
    credentials: { accessKeyId: 'A/B', secretAccessKey: 'S' },
    requestHandler: { handle: () => Promise.reject(new Error('nothing may be sent')) },
    ...configuration,
  });
  return resolveTarget(client, bucket);
}

describe('where requests go', () => {
  const rows: readonly [string, Promise<Target | undefined>, Partial<Target>][] = [
    [
      'a bucket is a host',
      resolve('bucket'),
      { secure: true, host: 'bucket.s3.eu-west-1.amazonaws.com', bucketPath: '/', objectPath: '/' },
    ],
    [
      'a bucket with dots is a path',
      resolve('b.c-d'),
      { host: 's3.eu-west-1.amazonaws.com', bucketPath: '/b.c-d/', objectPath: '/b.c-d/' },
    ],
    [
      'path style',
      resolve('bucket', { forcePathStyle: true }),
      { host: 's3.eu-west-1.amazonaws.com', objectPath: '/bucket/' },
    ],
    [
      'an endpoint with a port and a path',
      resolve('bucket', { endpoint: 'http://h.example:90/base', forcePathStyle: true }),
      {
        secure: false,
        host: 'h.example',
        port: 90,
        authority: 'h.example:90',
        bucketPath: '/base/bucket/',
        objectPath: '/base/bucket/',
      },
    ],
    [
      'an endpoint whose buckets are hosts',
      resolve('bucket', { endpoint: 'https://h.example' }),
      { secure: true, host: 'bucket.h.example', authority: 'bucket.h.example', objectPath: '/' },
    ],
    [
      'an IPv6 address',
      resolve('bucket', { endpoint: 'http://[::1]:90', forcePathStyle: true }),
      { host: '::1', port: 90, authority: '[::1]:90', objectPath: '/bucket/' },
    ],
    [
      'FIPS and dual stack',
      resolve('bucket', { useFipsEndpoint: true, useDualstackEndpoint: true }),
      { host: 'bucket.s3-fips.dualstack.eu-west-1.amazonaws.com' },
    ],
    [
      'China',
      resolve('bucket', { region: 'cn-north-1' }),
      { host: 'bucket.s3.cn-north-1.amazonaws.com.cn', region: 'cn-north-1' },
    ],
    [
      'an access point, in the region of its ARN',
      resolve('arn:aws:s3:us-west-2:123456789012:accesspoint/point', { useArnRegion: true }),
      {
        host: 'point-123456789012.s3-accesspoint.us-west-2.amazonaws.com',
        objectPath: '/',
        region: 'us-west-2',
      },
    ],
    [
      'an access point of Outposts, with a service of its own',
      resolve('arn:aws:s3-outposts:eu-west-1:123456789012:outpost/op-01234567890123456/accesspoint/point'),
      { service: 's3-outposts', region: 'eu-west-1' },
    ],
  ];
  test.each(rows)('%s', async (_, target, expected) => {
    expect(await target).toMatchObject({ region: 'eu-west-1', service: 's3', ...expected });
  });

  test("the environment's wishes are the SDK's to read", async () => {
    expect(
      await resolve('bucket', {}, { AWS_USE_FIPS_ENDPOINT: 'true', AWS_USE_DUALSTACK_ENDPOINT: 'true' }),
    ).toMatchObject({ host: 'bucket.s3-fips.dualstack.eu-west-1.amazonaws.com' });
  });

  test.each([
    ['S3 Express, which has sessions', 'bucket--euw1-az1--x-s3'],
    ['an access point of S3 Express', 'point--euw1-az1--xa-s3'],
  ])("%s: the SDK's", async (_, bucket) => {
    expect(await resolve(bucket)).toBeUndefined();
  });

  const refused: readonly [string, Promise<unknown>, RegExp][] = [
    [
      'a multi-region access point, which has another signature',
      resolve('arn:aws:s3::123456789012:accesspoint/m.mrap'),
      /SigV4a/i,
    ],
    ['what is no ARN', resolve('arn:aws:s3:nonsense'), /: correct bucket, region, endpoint-url/],
    [
      'an ARN with path style',
      resolve('arn:aws:s3:eu-west-1:123456789012:accesspoint/point', { forcePathStyle: true }),
      /^arn:\S+\/point cannot be asked for .*: give an ARN without endpoint-url/,
    ],
    [
      'FIPS with an endpoint',
      resolve('bucket', { endpoint: 'https://h.example', useFipsEndpoint: true }),
      /^bucket cannot be .*A custom endpoint cannot be combined with FIPS/,
    ],
  ];
  for (const [, target] of refused) target.catch(() => undefined);
  test.each(refused)('%s is refused in one line, as no call could be made', async (_, target, message) => {
    await expect(target).rejects.toMatchObject({
      code: 'usage',
      exit: 2,
      message: expect.stringMatching(message),
    });
  });

  test("a header that only the SDK knows of: the SDK's", async () => {
    const client = new S3Client({
      region: 'eu-west-1',
      credentials: { accessKeyId: 'A', secretAccessKey: 'S' },
    });
    client.middlewareStack.add(
      (next) => (args) => {
        (args.request as { headers: Record<string, string> }).headers['x-amz-new'] = 'yes';
        return next(args);
      },
      { step: 'build', name: 'another' },
    );
    expect(await resolveTarget(client, 'bucket')).toBeUndefined();
  });
});
