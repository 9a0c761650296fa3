import { once } from 'node:events';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HttpResponse } from '@smithy/core/protocols';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { HttpHandlerOptions, HttpRequest } from '@smithy/types';
import type { Connection } from '../../../src/model/options.js';
import { providerOf } from '../../../src/store/providers.js';
import { identify, type SdkAccess, sdkAccess } from '../../../src/store/sdk-client.js';

const connection: Connection = {
  allowedAccountIds: [],
  requesterPays: false,
  concurrency: 64,
  maxAttempts: 1,
  connectTimeoutMs: 10_000,
  readTimeoutMs: 60_000,
};
const role = {
  arn: 'arn:aws:iam::123456789012:role/publish',
  audience: 'sts.amazonaws.com',
  sessionName: 's3-dedup-sync',
  durationSeconds: 900,
};

/** AWS as far as it is asked here; who asks without a signature is refused. */
class Aws extends NodeHttpHandler {
  /** STS answers nobody, as where a network reaches S3 alone. */
  isStsAway = false;
  readonly asked: string[] = [];

  override async handle(
    { method, hostname, headers, body }: HttpRequest,
    { abortSignal }: HttpHandlerOptions = {},
  ): Promise<{ response: HttpResponse }> {
    const how = headers.authorization === undefined ? 'anonymous' : 'signed';
    this.asked.push(`${method} ${hostname} ${how}`);
    const answer = (statusCode: number, more: Record<string, string>, text: string) => ({
      response: new HttpResponse({ statusCode, headers: more, body: Readable.from([text]) }),
    });
    if (!hostname.startsWith('sts.')) return answer(403, { 'x-amz-bucket-region': 'eu-central-1' }, '');
    if (this.isStsAway) {
      const aborted = once(abortSignal as AbortSignal, 'abort');
      await aborted;
      throw Object.assign(new Error('Request aborted'), { name: 'AbortError' });
    }
    const action = new URLSearchParams(`${body}`).get('Action');
    const expiration = new Date(Date.now() + 3_600_000).toISOString();
    const credentials = `<Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${expiration}</Expiration></Credentials>`;
    const result = `<${action}Response><${action}Result>${credentials}</${action}Result></${action}Response>`;
    return answer(200, { 'content-type': 'text/xml' }, result);
  }
}

let aws: Aws;
let kept: NodeJS.ProcessEnv;
beforeEach(() => {
  aws = new Aws();
  kept = process.env;
  process.env = { PATH: kept.PATH, HOME: '/nowhere', AWS_EC2_METADATA_DISABLED: 'true' };
});
afterEach(() => {
  process.env = kept;
});

const access = (changes: Partial<Connection>): Promise<SdkAccess> =>
  sdkAccess({
    connection: { ...connection, ...changes },
    bucket: 'staging',
    endpoint: undefined,
    handler: aws,
    notice: () => undefined,
    signal: new AbortController().signal,
    surroundings: { idToken: async () => 'token' },
  });

describe('a region that nobody says', () => {
  test('is asked of S3 without a signature, so that a role can be assumed there which is all there is', async () => {
    const { client, region } = await access({ role });
    expect(region).toBe('eu-central-1');
    expect(await client.config.credentials()).toMatchObject({ accessKeyId: 'ASIA1' });
    expect(aws.asked).toEqual([
      'HEAD staging.s3.us-east-1.amazonaws.com anonymous',
      'POST sts.eu-central-1.amazonaws.com anonymous',
    ]);
  });

  test('is not asked where the environment says it', async () => {
    process.env.AWS_REGION = 'us-west-2';
    expect((await access({})).region).toBe('us-west-2');
    expect(aws.asked).toEqual([]);
  });
});

test('an STS that nobody reaches holds a run up for no longer than two seconds', async () => {
  aws.isStsAway = true;
  const said: unknown[] = [];
  const identity = await identify({
    credentials: { accessKeyId: 'A', secretAccessKey: 's' },
    region: 'eu-central-1',
    handler: aws,
    connection,
    provider: providerOf(undefined),
    emit: (event) => said.push(event),
    signal: new AbortController().signal,
  });
  expect(identity).toEqual({ source: "the SDK's chain" });
  expect(aws.asked).toEqual(['POST sts.eu-central-1.amazonaws.com signed']);
  expect(said).toEqual([
    { type: 'message', level: 'debug', message: 'STS did not name the account: no answer within 2 s' },
  ]);
});
