import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { openInvalidator } from '../../../src/store/cloudfront.js';
import { type CloudFrontError, CloudFrontStub } from '../../support/cloudfront.js';
import { optionsFor } from '../../support/engine.js';

const options = optionsFor({ region: 'eu-west-1', endpoint: 'http://s3.invalid' }, 'bucket', '/');
const { signal } = new AbortController();
const kept = { ...process.env };

let cloudfront: CloudFrontStub;
beforeAll(async () => {
  cloudfront = await CloudFrontStub.start();
  process.env.AWS_ENDPOINT_URL_CLOUDFRONT = cloudfront.endpoint;
  process.env.AWS_ACCESS_KEY_ID = 'test-access-key';
  process.env.AWS_SECRET_ACCESS_KEY = 'test-secret-key';
});
afterAll(async () => {
  process.env = kept;
  await cloudfront.stop();
});
afterEach(() => cloudfront.clear());

describe('CloudFront, by the SDK', () => {
  test('is told paths under a reference, signed for its one region, and asked whether it is done', async () => {
    const distribution = await openInvalidator(options, 'E2EXAMPLE', 'eu-west-1');
    const { id } = await distribution.create(['/', '/a&b%20c/*'], 'r1', signal);
    expect(cloudfront.told).toEqual([{ id, paths: ['/', '/a&b%20c/*'], reference: 'r1' }]);
    // The same again is the same.
    expect(await distribution.create(['/', '/a&b%20c/*'], 'r1', signal)).toEqual({ id });
    cloudfront.inProgress = 1;
    expect([await distribution.isDone(id, signal), await distribution.isDone(id, signal)]).toEqual([
      false,
      true,
    ]);
    expect(cloudfront.requests).toEqual([
      'POST /2020-05-31/distribution/E2EXAMPLE/invalidation',
      'POST /2020-05-31/distribution/E2EXAMPLE/invalidation',
      `GET /2020-05-31/distribution/E2EXAMPLE/invalidation/${id}`,
      `GET /2020-05-31/distribution/E2EXAMPLE/invalidation/${id}`,
    ]);
    expect([...cloudfront.signedFor]).toEqual(['us-east-1']);
  });

  const rows: readonly (readonly [CloudFrontError | 'lost', string])[] = [
    ['TooManyInvalidationsInProgress', 'throttled'],
    ['ServiceUnavailable', 'throttled'],
    ['lost', 'network'],
    ['AccessDenied', 'denied'],
    ['NoSuchDistribution', 'rejected'],
    ['InvalidArgument', 'rejected'],
  ];
  test.each(rows)('%s is %s, and is not tried again here', async (code, kind) => {
    const distribution = await openInvalidator(options, 'E2EXAMPLE', 'eu-west-1');
    cloudfront.errors.push(code);
    await expect(distribution.create(['/a'], 'r', signal)).rejects.toMatchObject({
      kind,
      ...(code === 'lost' ? {} : { code, operation: 'CreateInvalidation' }),
    });
    expect(cloudfront.requests).toHaveLength(1);
  });

  test('China has a CloudFront of its own', async () => {
    cloudfront.signedFor.clear();
    const distribution = await openInvalidator(options, 'E2EXAMPLE', 'cn-north-1');
    await distribution.create(['/a'], 'r', signal);
    expect([...cloudfront.signedFor]).toEqual(['cn-northwest-1']);
  });
});
