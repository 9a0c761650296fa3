import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { copyOfDist, type Ended, reach, runAction, runCli } from '../support/dist.js';
import { HostileServer, type Lie, type S3Operation } from '../support/hostile.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { StsStub } from '../support/sts.js';
import { readTree, removeTree, temporaryDirectory, writeTree } from '../support/tree.js';

/** What no log, summary, report, index, output or error may hold. */
const SECRET_KEY = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYSECRETKEY0';
const ACCESS_KEY = 'AKIAIOSFODNN7EXAMPLE';
const SESSION_TOKEN = 'IQoJb3JpZ2luX2VjEJr//////////wEaCSESSIONTOKENJHMEUCIQD==';
const PASSWORD = 'pass-word-of-the-proxy';
const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyZXBvOm8vcjpyZWY6cmVmcyJ9.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg';
const REQUEST_TOKEN = 'request-token-of-the-runner';

let dist: string;
let s3: EmbeddedTestServer;
let hostile: HostileServer;
let sts: StsStub;
/** Gives the runner's identity, and is a proxy that refuses. */
let runner: Server;
let root: string;
let work: string;
let bucket: string;
let elsewhere: string;
/** Signatures of the requests of a test. */
const signatures = (): readonly string[] =>
  hostile.asked.flatMap(
    ({ headers }) => /Signature=([0-9a-f]+)/.exec(headers.authorization ?? '')?.[1] ?? [],
  );

beforeAll(async () => {
  dist = await copyOfDist();
  s3 = await embedded();
  hostile = await HostileServer.start(s3.endpoint);
  sts = await StsStub.start();
  runner = createServer((request, response) => {
    if (request.url?.startsWith('/token') === true) {
      response.end(JSON.stringify({ value: JWT }));
      return;
    }
    response.writeHead(407, { 'proxy-authenticate': 'Basic' }).end(`refused ${repeated(request)}`);
  });
  await new Promise<void>((resolve) => runner.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await hostile.stop();
  await sts.stop();
  runner.closeAllConnections();
  await new Promise((resolve) => runner.close(resolve));
  await s3.stop();
  await removeTree(dirname(dist));
});
beforeEach(async () => {
  root = await writeTree({ a: 'one', b: 'one', 'c.html': 'two', d: 'three', f: 'FOUR' });
  work = await temporaryDirectory();
  bucket = await s3.bucket();
  hostile.asked.length = 0;
});
afterEach(async () => {
  hostile.lie = undefined;
  sts.clear();
  await removeTree(root);
  await removeTree(work);
});

const port = (): number => (runner.address() as AddressInfo).port;

const environment = (): Record<string, string> => ({
  ...reach({ ...s3, endpoint: hostile.endpoint, accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY }),
  AWS_SESSION_TOKEN: SESSION_TOKEN,
});

/** A request as some servers repeat it in their errors. */
function repeated({ url, method, headers }: IncomingMessage): string {
  const { authorization = '', host = '' } = headers;
  const signature = /Signature=([0-9a-f]+)/.exec(authorization)?.[1] ?? '';
  const token = String(headers['x-amz-security-token'] ?? '');
  const presigned = `http://${host}${url}${url?.includes('?') ? '&' : '?'}X-Amz-Signature=${signature}&X-Amz-Security-Token=${encodeURIComponent(token)}`;
  const login = `https://login.example.com/?to=${encodeURIComponent(presigned)}`;
  return `${method} ${presigned} of ${login} with Authorization: ${authorization} and ${JSON.stringify(headers)}, key ${ACCESS_KEY}, token ${token}, of which the signature is '${signature}', as http://user:${PASSWORD}@${host}/`;
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** As AWS repeats a request whose signature is wrong, and more. */
const repeating =
  (operations: readonly S3Operation[], status: number): Lie =>
  ({ operation, incoming, outgoing }) => {
    if (!operations.includes(operation)) return false;
    const said = escaped(repeated(incoming));
    const elements = ['Message', 'StringToSign', 'CanonicalRequest', 'SignatureProvided', 'HostId'];
    outgoing
      .writeHead(status, {
        'x-amz-request-id': '4442587FB7D0A2F9',
        'x-amz-id-2': encodeURIComponent(repeated(incoming)),
      })
      .end(
        `<Error><Code>Odd</Code>${elements.map((name) => `<${name}>${said}</${name}>`).join('')}<AWSAccessKeyId>${ACCESS_KEY}</AWSAccessKeyId><RequestId>4442587FB7D0A2F9</RequestId></Error>`,
      );
    return true;
  };

/** Everything that a run wrote, but for the commands by which the runner is told what to mask. */
async function written({ stdout, stderr, ...others }: Ended): Promise<string> {
  const files = [...(await readTree(work))].map(([name, bytes]) => `${name}: ${bytes.toString()}`);
  const shown = stdout.replace(/^::add-mask::.*$/gm, '');
  return [shown, stderr, JSON.stringify(others), ...files].join('\n');
}

function expectNoSecret(text: string): void {
  for (const secret of [
    ACCESS_KEY,
    SECRET_KEY,
    SESSION_TOKEN,
    encodeURIComponent(SESSION_TOKEN),
    PASSWORD,
    JWT,
    REQUEST_TOKEN,
  ]) {
    const at = text.indexOf(secret);
    expect(at === -1 ? '' : text.slice(Math.max(0, at - 200), at + 200)).toBe('');
  }
  for (const signature of signatures()) expect(text).not.toContain(signature);
}

const everything = [
  '--log-level=debug',
  '--delete-after',
  '--max-delete=none',
  '--report=report.json',
  '--index=index',
];

describe('the command line', () => {
  test.each([
    ['a publish', []],
    ['delayed updates', ['--delay-updates=true']],
    ['JSON lines', ['--json']],
    ['a dry run', ['--dry-run']],
  ])('%s', async (_, options) => {
    const ended = await runCli(dist, [root, `s3://${bucket}/p`, ...everything, ...options], {
      cwd: work,
      env: environment(),
    });
    expect(ended.status).toBe(0);
    expect(signatures().length).toBeGreaterThan(0);
    expectNoSecret(await written(ended));
  });

  interface Failing {
    readonly fails: readonly S3Operation[];
    /** Runs before the server repeats anything. */
    readonly first?: readonly (readonly string[])[];
    readonly runs: readonly (readonly string[])[];
    readonly env?: () => Record<string, string>;
    /** It is waited for what fails otherwise. */
    readonly status?: number;
  }
  const to = (): string => `s3://${bucket}/p`;
  const publish = (...more: readonly string[]): readonly string[] => [root, to(), ...everything, ...more];
  const sharded = (command: string, ...more: readonly string[]): readonly string[] => [
    command,
    ...(command === 'publish' ? [] : [root, '--delay-updates=true']),
    to(),
    '--plan-file=plan',
    '--log-level=debug',
    ...more,
  ];
  const staged = ['1/2', '2/2'].map(
    (shard) => (): readonly string[] => sharded('apply', `--shard=${shard}`, `--results=results-${shard[0]}`),
  );
  const results = ['--results=results-1', '--results=results-2'];
  const failing: readonly (readonly [string, () => Failing])[] = [
    ['a listing', () => ({ fails: ['ListObjectsV2'], runs: [publish()] })],
    ['writes and copies', () => ({ fails: ['PutObject', 'CopyObject'], runs: [publish()] })],
    ['a question', () => ({ fails: ['HeadObject'], runs: [publish()] })],
    ['batches of deletes', () => ({ fails: ['DeleteObjects'], runs: [publish()] })],
    ['a single delete', () => ({ fails: ['DeleteObject'], runs: [publish()] })],
    [
      'the begin of uploads',
      () => ({ fails: ['CreateMultipartUpload'], runs: [publish('--delay-updates=true')] }),
    ],
    [
      'parts that are sent',
      () => ({ fails: ['UploadPart', 'AbortMultipartUpload'], runs: [publish('--delay-updates=true')] }),
    ],
    ['parts that are copied', () => ({ fails: ['UploadPartCopy'], runs: [publish('--delay-updates=true')] })],
    [
      'the end of uploads, and the next run',
      () => ({
        fails: ['CompleteMultipartUpload', 'AbortMultipartUpload', 'ListParts'],
        runs: [publish('--delay-updates=true'), publish('--delay-updates=true')],
      }),
    ],
    [
      'an index in another bucket',
      () => {
        const other = [
          root,
          to(),
          '--log-level=debug',
          '--delay-updates=true',
          `--index=s3://${elsewhere}/i`,
        ];
        return {
          fails: ['ListMultipartUploads', 'CompleteMultipartUpload', 'AbortMultipartUpload'],
          runs: [other, other],
        };
      },
    ],
    [
      'a download',
      () => ({ fails: ['GetObject'], runs: [[to(), 'target', '--log-level=debug', '--report=report.json']] }),
    ],
    [
      'a plan that is staged',
      () => ({
        fails: ['UploadPart'],
        first: [sharded('plan')],
        runs: staged.map((args) => args()),
      }),
    ],
    [
      'a plan that is published',
      () => ({
        fails: ['CompleteMultipartUpload'],
        first: [sharded('plan'), ...staged.map((args) => args())],
        runs: [sharded('publish', ...results)],
      }),
    ],
    [
      'CloudFront',
      () => ({
        fails: ['other'],
        runs: [publish('--invalidate=E2EXAMPLE')],
        status: 403,
        env: () => ({ AWS_ENDPOINT_URL_CLOUDFRONT: hostile.endpoint }),
      }),
    ],
    [
      'STS',
      () => ({
        fails: ['other'],
        runs: [publish('--allowed-account-id=123456789012')],
        env: () => ({ AWS_ENDPOINT_URL_STS: hostile.endpoint }),
      }),
    ],
  ];
  test.each(failing)(
    'a server that repeats what it was asked: %s',
    async (_, failure) => {
      for (const [way, usual] of [
        ['lean', 500],
        ['sdk', 403],
      ] as const) {
        await removeTree(work);
        work = await temporaryDirectory();
        bucket = await s3.bucket();
        elsewhere = await s3.bucket();
        s3.server.putObject(bucket, 'p/gone', 'three');
        // No XML can name it.
        s3.server.putObject(bucket, 'p/gone\x01', 'three');
        s3.server.putObject(bucket, 'p/f', 'four', { etag: 'opaque' });
        hostile.asked.length = 0;
        hostile.lie = undefined;
        const { fails, first = [], runs, env = () => ({}), status = usual } = failure();
        const ended: Ended[] = [];
        for (const args of [...first, ...runs]) {
          if (runs.includes(args)) hostile.lie = repeating(fails, status);
          const own = { ...environment(), ...env(), S3DS_REQUESTS: way };
          ended.push(await runCli(dist, [...args, '--max-attempts=1'], { cwd: work, env: own }));
        }
        for (const operation of fails)
          expect(hostile.asked.map((asked) => asked.operation)).toContain(operation);
        const text = (await Promise.all(ended.map(written))).join('\n');
        // An answer to HEAD has no body.
        if (!fails.includes('HeadObject')) expect(text).toContain('***');
        expectNoSecret(text);
      }
    },
    120_000,
  );

  test('a server that names a region with a password in it', async () => {
    hostile.lie = ({ operation, outgoing }) => {
      if (operation !== 'ListObjectsV2') return false;
      outgoing.writeHead(400, { 'x-amz-bucket-region': `https://user:${PASSWORD}@host` }).end();
      return true;
    };
    const ended = await runCli(dist, publish(), { cwd: work, env: environment() });
    expect(ended.stderr).toContain('https://***@host');
    expectNoSecret(await written(ended));
  });

  test('a server that repeats it for a key that it does not delete', async () => {
    s3.server.putObject(bucket, 'p/gone', 'gone');
    hostile.lie = (asked) => {
      if (asked.operation !== 'DeleteObjects') return false;
      const message = escaped(repeated(asked.incoming));
      asked.outgoing
        .writeHead(200)
        .end(
          `<DeleteResult><Error><Key>p/gone</Key><Code>Odd</Code><Message>${message}</Message></Error></DeleteResult>`,
        );
      return true;
    };
    const ended = await runCli(dist, [root, `s3://${bucket}/p`, ...everything], {
      cwd: work,
      env: environment(),
    });
    const text = await written(ended);
    expect(text).toContain('***');
    expectNoSecret(text);
  });

  test.each([
    ['a URL of an endpoint', (url: URL) => ({ AWS_ENDPOINT_URL_S3: url.href })],
    ['no URL at all', () => ({ AWS_ENDPOINT_URL_S3: `htps//user:${PASSWORD}@host:port` })],
    ['a URL that cannot be', () => ({ AWS_ENDPOINT_URL_S3: `http://user:${PASSWORD}@ho st:99999` })],
  ])('a password in %s of the environment', async (_, env) => {
    const url = new URL(hostile.endpoint);
    url.username = 'user';
    url.password = PASSWORD;
    const ended = await runCli(dist, [root, `s3://${bucket}/p`, ...everything], {
      cwd: work,
      env: { ...environment(), ...env(url) },
    });
    expectNoSecret(await written(ended));
  });

  test.each([
    [`--endpoint-url=https://user:${PASSWORD}@host`],
    [`--endpoint-url=https://user:${PASSWORD}@ho st:99999`],
    [`--copy-from=https://b.s3.amazonaws.com/k?X-Amz-Signature=${PASSWORD}0000000000`],
    [`--region=https://user:${PASSWORD}@host`],
    [`--mirror=s3://other/p endpoint-url=http://user:${PASSWORD}@host`],
  ])('an input that is refused: %s', async (option) => {
    const ended = await runCli(dist, [root, `s3://${bucket}/p`, option], { cwd: work, env: environment() });
    expect(ended.status).toBe(2);
    expectNoSecret(await written(ended));
  });

  test.each([
    ['that refuses', () => `http://user:${PASSWORD}@127.0.0.1:${port()}`],
    ['that is not there', () => `http://user:${PASSWORD}@127.0.0.1:1`],
    ['that is no URL', () => `http://user:${PASSWORD}@ho st:99999`],
  ])('a proxy %s', async (_, proxy) => {
    for (const endpoint of ['http://s3.example.com', 'https://s3.example.com']) {
      const ended = await runCli(dist, [root, `s3://${bucket}/p`, ...everything, '--max-attempts=1'], {
        cwd: work,
        env: { ...environment(), AWS_ENDPOINT_URL_S3: endpoint, HTTP_PROXY: proxy(), HTTPS_PROXY: proxy() },
      });
      expect(ended.status).not.toBe(0);
      expect(ended.stderr).not.toMatch(/internal error/);
      expectNoSecret(await written(ended));
    }
  });
});

describe('the action', () => {
  const action = (inputs: Readonly<Record<string, string>>): ReturnType<typeof runAction> =>
    runAction(
      dist,
      { paths: root, bucket, prefix: 'p', 'log-level': 'debug', report: `${work}/report.json`, ...inputs },
      {
        cwd: work,
        env: {
          ...environment(),
          AWS_ENDPOINT_URL_STS: sts.endpoint,
          RUNNER_DEBUG: '1',
          ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port()}/token?x=1`,
          ACTIONS_ID_TOKEN_REQUEST_TOKEN: REQUEST_TOKEN,
        },
      },
    );
  const role = 'arn:aws:iam::123456789012:role/r';

  test('roles of two destinations: what is obtained is masked in the log before anything else is said', async () => {
    const mirror = await s3.bucket();
    const ended = await action({
      'role-to-assume': role,
      mirrors: `s3://${mirror}/p`,
      index: `${work}/index`,
    });
    expect(ended.status).toBe(0);
    for (const secret of [JWT, sts.secretAccessKey, sts.sessionToken]) {
      expect(ended.stdout).toContain(`::add-mask::${secret}\n`);
      expect(await written(ended)).not.toContain(secret);
    }
    expectNoSecret(await written(ended));
  });

  test('a role that is refused', async () => {
    sts.refuses = 'InvalidIdentityToken';
    const ended = await action({ 'role-to-assume': role });
    expect(ended.status).toBe(2);
    expectNoSecret(await written(ended));
  });

  test('a server that repeats what it was asked', async () => {
    hostile.lie = repeating(['PutObject'], 400);
    const ended = await action({ index: `${work}/index` });
    const text = await written(ended);
    expect(text).toContain('***');
    expectNoSecret(text);
  });
});
