import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Service } from '../../../src/model/endpoint.js';
import { endpointOf } from '../../../src/store/endpoint.js';

const CONFIG = `[default]
endpoint_url = http://default:1
region = eu-west-1

[profile plain]
region = eu-west-1

[profile own]
endpoint_url = http://own:2

[profile served]
services = local
endpoint_url = http://all:3

[profile ignoring]
endpoint_url = http://own:2
ignore_configured_endpoint_urls = true

[profile astray]
services = nowhere

[services local]
s3 =
  endpoint_url = http://s3:4
cloudfront =
  endpoint_url = http://cdn:5
`;

const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
});

interface Case {
  readonly profile?: string;
  readonly service?: Service;
  readonly env?: Readonly<Record<string, string>>;
}

async function endpoint({ profile, service = 'S3', env = {} }: Case): Promise<string | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 's3ds-test-'));
  await writeFile(join(directory, 'config'), CONFIG);
  process.env = { ...before, AWS_CONFIG_FILE: join(directory, 'config'), ...env };
  return endpointOf(service, profile);
}

describe('a service is reached where', () => {
  test.each<readonly [string, Case, string | undefined]>([
    ['the default profile says', {}, 'http://default:1'],
    ['AWS itself is, where the profile says nothing', { profile: 'plain' }, undefined],
    ['the profile says', { profile: 'own' }, 'http://own:2'],
    ['the profile of AWS_PROFILE says', { env: { AWS_PROFILE: 'own' } }, 'http://own:2'],
    ['the profile of AWS_DEFAULT_PROFILE says', { env: { AWS_DEFAULT_PROFILE: 'own' } }, 'http://own:2'],
    [
      'the profile of the input says, whatever AWS_PROFILE is',
      { profile: 'plain', env: { AWS_PROFILE: 'own' } },
      undefined,
    ],
    ["the profile's services say", { profile: 'served' }, 'http://s3:4'],
    [
      "the profile's services say, of another service",
      { profile: 'served', service: 'CLOUDFRONT' },
      'http://cdn:5',
    ],
    ['the profile says, where its services do not', { profile: 'served', service: 'STS' }, 'http://all:3'],
    [
      'the environment says, whatever the profile does',
      { profile: 'own', env: { AWS_ENDPOINT_URL: 'http://env:6' } },
      'http://env:6',
    ],
    ['AWS itself is, where the profile ignores what is configured', { profile: 'ignoring' }, undefined],
    [
      'AWS itself is, where the environment says to ignore what is configured',
      { profile: 'own', env: { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' } },
      undefined,
    ],
  ])('%s', async (_, given, expected) => {
    expect(await endpoint(given)).toBe(expected);
  });

  test('services that stand nowhere are told', async () => {
    await expect(endpoint({ profile: 'astray' })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('[services nowhere]'),
    });
  });
});
