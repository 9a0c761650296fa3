import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Event } from '../../src/model/events.js';
import type { AssumedRole, SyncOptions } from '../../src/model/options.js';
import type { Report } from '../../src/model/report.js';
import { run } from '../../src/run.js';
import { openStore } from '../../src/store/open.js';
import { optionsFor } from '../support/engine.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { StsStub } from '../support/sts.js';
import { removeTree, temporaryDirectory, writeTree } from '../support/tree.js';

let s3: EmbeddedTestServer;
let sts: StsStub;
let root: string;
let bucket: string;

beforeAll(async () => {
  s3 = await embedded();
  sts = await StsStub.start();
  process.env.AWS_ENDPOINT_URL_STS = sts.endpoint;
  process.env.AWS_ACCESS_KEY_ID = 'AKIACHAIN';
  process.env.AWS_SECRET_ACCESS_KEY = 'secret of the chain';
});
afterAll(async () => {
  delete process.env.AWS_ENDPOINT_URL_STS;
  await s3.stop();
  await sts.stop();
});
beforeEach(async () => {
  root = await temporaryDirectory();
  bucket = await s3.bucket();
});
afterEach(async () => {
  sts.clear();
  s3.server.log.clear();
  await removeTree(root);
});

const roleOf = (name: string): AssumedRole => ({
  arn: `arn:aws:iam::123456789012:role/${name}`,
  audience: 'sts.amazonaws.com',
  sessionName: 's3-dedup-sync',
  durationSeconds: 900,
});

async function publishAs(
  options: SyncOptions,
  idToken?: (audience: string) => Promise<string>,
): Promise<{ readonly exit: number; readonly report: Report; readonly said: string }> {
  let report: Report | undefined;
  const events: Event[] = [];
  const shell = {
    emit: (event: Event) => void events.push(event),
    env: {},
    now: Date.now,
    detailedExit: false,
    ...(idToken === undefined ? {} : { idToken }),
    finish: async (made: Report) => {
      report = made;
    },
    fail: () => undefined,
  };
  const exit = await run(options, shell, new AbortController().signal);
  if (report === undefined) throw new Error('no report');
  return {
    exit,
    report,
    said: JSON.stringify([report, events], (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
  };
}

const keysUsed = (of: string): readonly string[] => [
  ...new Set(
    s3.server.log.entries.filter((entry) => entry.bucket === of).map(({ accessKeyId }) => accessKeyId ?? ''),
  ),
];

test("by the runner's token: it is asked for the audience, and is in no log or report", async () => {
  await writeTree({ a: 'one' }, root);
  const audiences: string[] = [];
  const options = optionsFor(s3, bucket, root, { connection: { role: roleOf('publish') } });
  const { exit, report, said } = await publishAs(options, async (audience) => {
    audiences.push(audience);
    return 'the.secret.token';
  });
  expect(exit).toBe(0);
  expect(audiences).toEqual(['sts.amazonaws.com']);
  expect(Object.fromEntries(sts.asked[0] ?? [])).toMatchObject({
    Action: 'AssumeRoleWithWebIdentity',
    RoleArn: 'arn:aws:iam::123456789012:role/publish',
    RoleSessionName: 's3-dedup-sync',
    DurationSeconds: '900',
    WebIdentityToken: 'the.secret.token',
  });
  expect(keysUsed(bucket)).toEqual(['ASIA1']);
  expect(report.identity?.source).toBe('web identity');
  expect(said).not.toMatch(/the\.secret\.token|SessionToken/);
});

test('without a token from the credentials at hand', async () => {
  await writeTree({ a: 'one' }, root);
  const options = optionsFor(s3, bucket, root, { connection: { role: roleOf('publish') } });
  const { exit, report } = await publishAs(options);
  expect(exit).toBe(0);
  expect(sts.asked[0]?.get('Action')).toBe('AssumeRole');
  expect(keysUsed(bucket)).toEqual(['ASIA1']);
  expect(report.identity?.source).toBe('assumed role');
});

test('a role that cannot be assumed: one line, nothing written', async () => {
  await writeTree({ a: 'one' }, root);
  sts.refuses = 'AccessDenied';
  const options = optionsFor(s3, bucket, root, { connection: { role: roleOf('publish') } });
  const { exit, report } = await publishAs(options, async () => 'token');
  expect(exit).toBe(2);
  expect(report.error).toMatchObject({
    code: 'no-credentials',
    message: expect.stringMatching(
      /^the role arn:aws:iam::123456789012:role\/publish could not be assumed \(Not authorized .*id-token: write/,
    ),
  });
  expect(s3.server.texts(bucket)).toEqual({});
});

test.each([
  ['the token of the runner', async () => 'token'],
  ['the credentials at hand', undefined],
])('by %s: an STS that is away is told as that, not as a refusal', async (_, idToken) => {
  await writeTree({ a: 'one' }, root);
  sts.isAway = true;
  const options = optionsFor(s3, bucket, root, { connection: { role: roleOf('publish') } });
  const { exit, report } = await publishAs(options, idToken);
  expect(exit).toBe(1);
  expect(report.error).toMatchObject({
    code: 'unreachable',
    message: expect.stringMatching(
      /^the role \S+\/publish could not be assumed, as STS did not answer \([^\n]+\): check network and proxy/,
    ),
  });
});

test("the runner's token service fails: neither STS nor the role is blamed", async () => {
  await writeTree({ a: 'one' }, root);
  const options = optionsFor(s3, bucket, root, { connection: { role: roleOf('publish') } });
  const { exit, report } = await publishAs(options, async () => {
    throw new Error('Error message: Failed to get ID Token. \n Error Code : 500');
  });
  expect(exit).toBe(1);
  expect(report.error).toMatchObject({
    code: 'unreachable',
    message:
      "the role arn:aws:iam::123456789012:role/publish could not be assumed, as the runner's token service gave the job no token (Error message: Failed to get ID Token. Error Code : 500): run again; STS was not asked",
  });
  expect(sts.asked).toEqual([]);
});

test("without a role, as of the environment's web identity", async () => {
  sts.isAway = true;
  const chain = { ...process.env };
  delete process.env.AWS_ACCESS_KEY_ID;
  process.env.AWS_ROLE_ARN = roleOf('publish').arn;
  process.env.AWS_WEB_IDENTITY_TOKEN_FILE = fileURLToPath(import.meta.url);
  try {
    const { exit, report } = await publishAs(optionsFor(s3, bucket, root));
    expect(exit).toBe(1);
    expect(report.error).toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/^no credentials could be fetched, as their source did not answer \(/),
    });
  } finally {
    process.env = chain;
  }
});

test('R17: credentials that expire during the run are renewed, with a new token', async () => {
  const files = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`f${i}`, `content ${i}`]));
  await writeTree(files, root);
  // The SDK renews what is valid for less than five minutes.
  sts.lifetime = 300.5;
  let tokens = 0;
  const slow = s3.server.before(
    { operation: 'PutObject' },
    () => new Promise((resolve) => setTimeout(resolve, 150)),
  );
  const options = optionsFor(s3, bucket, root, { connection: { role: roleOf('publish'), concurrency: 1 } });
  const { exit } = await publishAs(options, async () => `token ${++tokens}`);
  slow();
  expect(exit).toBe(0);
  expect(tokens).toBeGreaterThanOrEqual(3);
  expect(keysUsed(bucket).length).toBeGreaterThanOrEqual(3);
});

describe('R17: credentials that S3 ends before their time', () => {
  const files = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`f${i}`, `content ${i}`]));
  afterEach(() => s3.server.faults.clear());

  test('are asked for anew, once, and what was refused is sent again', async () => {
    await writeTree(files, root);
    const rule = s3.server.faults.add({
      match: { operation: 'PutObject' },
      nth: [3, 4, 5],
      fault: { kind: 'error', code: 'ExpiredToken' },
    });
    // So many are refused at once.
    const slow = s3.server.before(
      { operation: 'PutObject' },
      () => new Promise((resolve) => setTimeout(resolve, 100)),
    );
    const options = optionsFor(s3, bucket, root, {
      connection: { role: roleOf('publish'), concurrency: 12 },
    });
    const { exit } = await publishAs(options, async () => 'token');
    slow();
    expect([exit, rule.befallen]).toEqual([0, 3]);
    expect(keysUsed(bucket)).toEqual(['ASIA1', 'ASIA2']);
    expect(sts.asked).toHaveLength(2);
    expect(s3.server.objects(bucket)).toHaveLength(12);
  });

  test('fail the run where their source gives no others', async () => {
    await writeTree(files, root);
    s3.server.faults.add({
      match: { operation: 'PutObject' },
      nth: 3,
      fault: { kind: 'error', code: 'ExpiredToken' },
    });
    const { exit, report } = await publishAs(
      optionsFor(s3, bucket, root, { connection: { concurrency: 1 } }),
    );
    expect([exit, report.error?.code]).toEqual([1, 'credentials-expired']);
    expect(s3.server.objects(bucket)).toHaveLength(2);
  });
});

describe('whose credentials they are', () => {
  const open = (connection: Partial<SyncOptions['connection']>) => {
    const server = { region: 'eu-west-1', endpoint: 'https://s3.eu-west-1.amazonaws.com' };
    const options = optionsFor(server, bucket, root, { connection });
    return openStore(options, () => undefined, new AbortController().signal);
  };
  const asked = () => sts.asked.map((form) => form.get('Action'));

  test('STS is asked once, and only of whom somebody asks it', async () => {
    const { whose, close } = await open({});
    expect(asked()).toEqual([]);
    expect(await Promise.all([whose(), whose()])).toMatchObject([
      { source: 'environment' },
      { source: 'environment' },
    ]);
    close();
    expect(asked()).toEqual(['GetCallerIdentity']);
  });

  test('allowed-account-ids is a guard of every bucket: STS is asked before anything else is', async () => {
    await expect(open({ allowedAccountIds: ['210987654321'] })).rejects.toMatchObject({
      code: 'wrong-account',
    });
    expect(asked()).toEqual(['GetCallerIdentity']);
  });
});

describe('several destinations', () => {
  test('each by its own role; what one may not, the others do', async () => {
    const second = await s3.bucket();
    await writeTree({ a: 'one' }, root);
    const options: SyncOptions = {
      ...optionsFor(s3, bucket, root),
      mirrorBy: 'auto',
      mirrors: [optionsFor(s3, second, root, { connection: { role: roleOf('mirror') } })],
    };
    const { exit, report } = await publishAs(options, async () => 'token');
    expect(exit).toBe(0);
    expect(keysUsed(bucket)).toEqual(['AKIACHAIN']);
    expect(keysUsed(second)).toEqual(['ASIA1']);
    // Another role cannot be expected to read the first bucket.
    expect(report.destinations[1]).toMatchObject({
      mirroredBy: 'upload',
      identity: { source: 'web identity' },
    });
  });
});
