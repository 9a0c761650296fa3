import { request as httpRequest } from 'node:http';
import { crc32 } from 'node:zlib';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketOwnershipControlsCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  byteOrder,
  profiles,
  type S3Server,
  type S3ServerOptions,
  seededRandom,
  startS3Server,
} from '../../dev/s3-server/index.js';

/** What the embedded server can that a real one cannot: fail, deny, and be looked into. */

const Bucket = 'bucket';
const running: { readonly server: S3Server; readonly clients: S3Client[] }[] = [];

afterEach(async () => {
  for (const { server, clients } of running.splice(0)) {
    for (const client of clients) client.destroy();
    await server.stop();
  }
});

async function start(
  options: S3ServerOptions = {},
): Promise<{ readonly server: S3Server; readonly s3: S3Client }> {
  const server = await startS3Server({ buckets: [Bucket], ...options });
  const entry = { server, clients: [] };
  running.push(entry);
  return { server, s3: client(server) };
}

function client(server: S3Server, accessKeyId = 'key', region = 'us-east-1'): S3Client {
  const made = new S3Client({
    endpoint: server.endpoint,
    region,
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    credentials: { accessKeyId, secretAccessKey: 'secret' },
  });
  running.find((entry) => entry.server === server)?.clients.push(made);
  return made;
}

async function outcome(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
    return 'ok';
  } catch (error) {
    const { name, message, $metadata } = error as {
      readonly name: string;
      readonly message: string;
      readonly $metadata?: { readonly httpStatusCode?: number };
    };
    // Node's own errors are no instances of jest's Error, so the SDK wraps them and their code is in the message alone.
    return $metadata?.httpStatusCode === undefined ? message : `${$metadata.httpStatusCode} ${name}`;
  }
}

function base64Crc32(body: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64');
}

const put = (s3: S3Client, Key: string, body = 'x') =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.from(body) }));

describe('faults', () => {
  test('an error, before and after the request took effect', async () => {
    const { server, s3 } = await start();
    server.faults.add({ match: { key: 'a' }, fault: { kind: 'error', code: 'SlowDown' } });
    server.faults.add({ match: { key: 'b' }, fault: { kind: 'error', code: 'InternalError', after: true } });
    expect(await outcome(put(s3, 'a'))).toBe('503 SlowDown');
    expect(await outcome(put(s3, 'b'))).toBe('500 InternalError');
    expect(Object.keys(server.texts(Bucket))).toEqual(['b']);
  });

  test('a reset connection, before and after: the answer is lost, the object is there', async () => {
    const { server, s3 } = await start();
    server.faults.add({ match: { key: 'a' }, fault: { kind: 'reset' } });
    server.faults.add({ match: { key: 'b' }, fault: { kind: 'reset', after: true } });
    expect(await outcome(put(s3, 'a'))).toMatch(/ECONNRESET|socket hang up/);
    expect(await outcome(put(s3, 'b'))).toMatch(/ECONNRESET|socket hang up/);
    expect(Object.keys(server.texts(Bucket))).toEqual(['b']);
    expect(server.log.entries.map(({ key, status, isProcessed }) => ({ key, status, isProcessed }))).toEqual([
      { key: 'a', status: 0, isProcessed: false },
      { key: 'b', status: 0, isProcessed: true },
    ]);
  });

  test('a body that ends in the middle', async () => {
    const { server, s3 } = await start();
    server.putObject(Bucket, 'a', 'x'.repeat(10_000));
    server.faults.add({ fault: { kind: 'truncate' }, times: 1 });
    const answer = await s3.send(new GetObjectCommand({ Bucket, Key: 'a' }));
    expect(await outcome(answer.Body!.transformToString())).not.toBe('ok');
    const again = await s3.send(new GetObjectCommand({ Bucket, Key: 'a' }));
    expect(await again.Body!.transformToString()).toHaveLength(10_000);
  });

  test('no answer at all', async () => {
    const { server } = await start();
    server.faults.add({ fault: { kind: 'hang' } });
    const impatient = new S3Client({
      endpoint: server.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      maxAttempts: 1,
      requestHandler: { requestTimeout: 100, throwOnRequestTimeout: true },
      credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    });
    expect(await outcome(impatient.send(new HeadObjectCommand({ Bucket, Key: 'a' })))).toMatch(
      /Timeout|ETIMEDOUT/,
    );
    impatient.destroy();
  });

  test('200 with an error in the body', async () => {
    const { server, s3 } = await start();
    server.putObject(Bucket, 'a', 'x');
    server.faults.add({
      match: { operation: 'CopyObject' },
      fault: { kind: 'error-in-body', code: 'InternalError' },
    });
    const copy = new CopyObjectCommand({ Bucket, Key: 'b', CopySource: `${Bucket}/a` });
    expect(await outcome(s3.send(copy))).toMatch(/InternalError$/);
    expect(server.object(Bucket, 'b')).toBeUndefined();
    expect(server.log.of('CopyObject').map(({ status, error }) => ({ status, error }))).toEqual([
      { status: 200, error: 'InternalError' },
    ]);
  });

  test('DeleteObjects refuses single keys within a 200', async () => {
    const { server, s3 } = await start();
    for (const key of ['a', 'b']) server.putObject(Bucket, key, 'x');
    server.faults.add({ fault: { kind: 'refuse-keys', code: 'InternalError', keys: /^b$/ } });
    const answer = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Quiet: true, Objects: [{ Key: 'a' }, { Key: 'b' }] } }),
    );
    expect(answer.Deleted).toBeUndefined();
    expect(answer.Errors?.map(({ Key, Code }) => `${Key} ${Code}`)).toEqual(['b InternalError']);
    expect(Object.keys(server.texts(Bucket))).toEqual(['b']);
  });

  test('the nth request, a number of times, by chance', async () => {
    const { server, s3 } = await start({ seed: 7 });
    const second = server.faults.add({ nth: 2, fault: { kind: 'error', code: 'SlowDown' } });
    const answers = [];
    for (const key of ['a', 'b', 'c']) answers.push(await outcome(put(s3, key)));
    expect(answers).toEqual(['ok', '503 SlowDown', 'ok']);
    expect(second.befallen).toBe(1);
    second.remove();
    const often = server.faults.add({
      probability: 0.5,
      times: 5,
      fault: { kind: 'error', code: 'SlowDown' },
    });
    for (let i = 0; i < 30; i++) await outcome(put(s3, `${i}`));
    expect(often.befallen).toBe(5);
    expect(often.matched).toBe(30);
  });

  test('intercept sees each request and has a generator with a seed', async () => {
    const draws: number[] = [];
    const { s3 } = await start({
      seed: 42,
      intercept: ({ key }, random) => {
        draws.push(random());
        return key === 'bad' ? { kind: 'error', code: 'AccessDenied' } : 'pass';
      },
    });
    expect([await outcome(put(s3, 'good')), await outcome(put(s3, 'bad'))]).toEqual([
      'ok',
      '403 AccessDenied',
    ]);
    const random = seededRandom(42);
    expect(draws).toEqual([random(), random()]);
  });

  test('latency, of all and of one operation', async () => {
    const { server, s3 } = await start({ latency: { PutObject: 120 } });
    const timed = async (work: Promise<unknown>): Promise<number> => {
      const begin = performance.now();
      await work;
      return performance.now() - begin;
    };
    await outcome(s3.send(new HeadObjectCommand({ Bucket, Key: 'a' })));
    expect(await timed(put(s3, 'a'))).toBeGreaterThan(110);
    server.latency = 0;
    expect(await timed(put(s3, 'a'))).toBeLessThan(110);
  });
});

describe('hooks', () => {
  test('another writer between a listing and a copy', async () => {
    const { server, s3 } = await start();
    const { etag } = server.putObject(Bucket, 'a', 'old');
    server.before({ operation: 'CopyObject' }, () => void server.putObject(Bucket, 'a', 'new'));
    const copy = new CopyObjectCommand({
      Bucket,
      Key: 'b',
      CopySource: `${Bucket}/a`,
      CopySourceIfMatch: etag,
    });
    expect(await outcome(s3.send(copy))).toBe('412 PreconditionFailed');
  });

  test('after a request was processed, before its answer', async () => {
    const { server, s3 } = await start();
    const seen: string[] = [];
    const remove = server.after({ operation: 'PutObject', key: /^a/ }, async ({ key }, { status }) => {
      await Promise.resolve();
      seen.push(`${key} ${status} ${server.object(Bucket, key)?.content.text()}`);
    });
    await put(s3, 'a1', 'one');
    await put(s3, 'b', 'two');
    remove();
    await put(s3, 'a2', 'three');
    expect(seen).toEqual(['a1 200 one']);
  });

  test('a client that dies within its body changes nothing', async () => {
    const { server } = await start();
    await new Promise<void>((resolve) => {
      const headers = { 'content-length': '1000' };
      const dying = httpRequest(`${server.endpoint}/${Bucket}/a`, { method: 'PUT', headers });
      dying.on('error', () => resolve());
      dying.write('half', () => dying.destroy());
      dying.on('close', () => resolve());
    });
    while (server.log.broken === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(server.objects(Bucket)).toEqual([]);
    expect(server.log.total).toBe(0);
  });
});

describe('the log', () => {
  test('counts, bytes and headers by operation', async () => {
    const { server, s3 } = await start();
    await put(s3, 'a', 'hello');
    await put(s3, 'b', 'world!');
    await s3.send(new ListObjectsV2Command({ Bucket }));
    expect(server.log.counts).toEqual({ PutObject: 2, ListObjectsV2: 1 });
    expect(server.log.bytesIn.PutObject).toBe(11);
    expect(server.log.count('PutObject', 'CopyObject')).toBe(2);
    const [first] = server.log.of('PutObject');
    expect(first).toMatchObject({
      key: 'a',
      status: 200,
      accessKeyId: 'key',
      headers: { 'content-length': '5' },
    });
    expect(first?.headers).not.toHaveProperty('authorization');
    server.log.clear();
    expect(server.log.counts).toEqual({});
    expect(server.log.entries).toEqual([]);
  });

  test('how many requests were under way at once', async () => {
    const { server, s3 } = await start();
    let arrived = 0;
    let open = (): void => {};
    const all = new Promise<void>((resolve) => (open = resolve));
    server.before({ operation: 'PutObject' }, () => {
      if (++arrived === 10) open();
      return all;
    });
    await Promise.all(Array.from({ length: 10 }, (_, i) => put(s3, `${i}`)));
    expect(server.log.maxInFlight).toBe(10);
  });
});

describe('access', () => {
  test('unknown and expired keys', async () => {
    const { server, s3 } = await start({ accessKeys: [{ id: 'key' }] });
    const stranger = client(server, 'stranger');
    expect(await outcome(put(stranger, 'a'))).toBe('403 InvalidAccessKeyId');
    expect(await outcome(put(s3, 'a'))).toBe('ok');
    server.access.expire('key');
    expect(await outcome(put(s3, 'a'))).toBe('400 ExpiredToken');
    server.access.set({ id: 'key' });
    expect(await outcome(put(s3, 'a'))).toBe('ok');
  });

  test('expiry on demand, where every key is known', async () => {
    const { server, s3 } = await start();
    server.access.expire('key');
    expect(await outcome(put(s3, 'a'))).toBe('400 ExpiredToken');
    expect(await outcome(put(client(server, 'renewed'), 'a'))).toBe('ok');
  });

  test('denied actions, by list and by predicate', async () => {
    const { server } = await start({
      accessKeys: [
        { id: 'no-list', deny: ['ListBucket'] },
        { id: 'reader', allow: ['ListBucket', 'GetObject'] },
        { id: 'below-p', permits: ({ key, action }) => action === 'ListBucket' || key.startsWith('p/') },
      ],
    });
    server.putObject(Bucket, 'a', 'x');
    const list = new ListObjectsV2Command({ Bucket });
    const [noList, reader, belowP] = ['no-list', 'reader', 'below-p'].map((id) => client(server, id));
    expect(await outcome(noList!.send(list))).toBe('403 AccessDenied');
    expect(await outcome(put(noList!, 'b'))).toBe('ok');
    // Who may not list is not told what is missing.
    expect(await outcome(noList!.send(new GetObjectCommand({ Bucket, Key: 'none' })))).toBe(
      '403 AccessDenied',
    );
    expect(await outcome(reader!.send(list))).toBe('ok');
    expect(await outcome(put(reader!, 'c'))).toBe('403 AccessDenied');
    expect(await outcome(put(belowP!, 'p/a'))).toBe('ok');
    expect(await outcome(put(belowP!, 'q/a'))).toBe('403 AccessDenied');
  });

  test('DeleteObjects without the right, key by key', async () => {
    const { server } = await start({ accessKeys: [{ id: 'key', permits: ({ key }) => key !== 'b' }] });
    for (const key of ['a', 'b']) server.putObject(Bucket, key, 'x');
    const answer = await client(server).send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'a' }, { Key: 'b' }] } }),
    );
    expect(answer.Deleted?.map(({ Key }) => Key)).toEqual(['a']);
    expect(answer.Errors?.map(({ Key, Code }) => `${Key} ${Code}`)).toEqual(['b AccessDenied']);
  });

  test('a bucket whose policy demands conditional writes', async () => {
    const { server, s3 } = await start();
    server.createBucket('strict', { demandsConditions: true });
    const write = { Bucket: 'strict', Key: 'a', Body: Buffer.from('x') };
    expect(await outcome(s3.send(new PutObjectCommand(write)))).toBe('403 AccessDenied');
    expect(await outcome(s3.send(new PutObjectCommand({ ...write, IfNoneMatch: '*' })))).toBe('ok');
    const copy = { Bucket: 'strict', Key: 'b', CopySource: 'strict/a' };
    expect(await outcome(s3.send(new CopyObjectCommand(copy)))).toBe('403 AccessDenied');
    expect(await outcome(s3.send(new CopyObjectCommand({ ...copy, IfNoneMatch: '*' })))).toBe('ok');
  });

  test('a conditional delete needs the right to read, one by one and by the batch', async () => {
    const { server } = await start({ accessKeys: [{ id: 'key', allow: ['DeleteObject'] }] });
    const { etag } = server.putObject(Bucket, 'a', 'x');
    const one = new DeleteObjectCommand({ Bucket, Key: 'a', IfMatch: etag });
    expect(await outcome(client(server).send(one))).toBe('403 AccessDenied');
    const many = new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'a', ETag: etag }] } });
    const { Errors: errors } = await client(server).send(many);
    expect(errors?.map(({ Code }) => Code)).toEqual(['AccessDenied']);
    expect(server.object(Bucket, 'a')).toBeDefined();
    expect(await outcome(client(server).send(new DeleteObjectCommand({ Bucket, Key: 'a' })))).toBe('ok');
  });

  test('a key in KMS: writing takes a right to it, reading another, and AWS says which', async () => {
    const { server } = await start({
      accessKeys: [{ id: 'key' }, { id: 'no-key', allow: ['PutObject', 'GetObject', 'ListBucket'] }],
    });
    const write = {
      Bucket,
      Key: 'a',
      Body: 'x',
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: 'k1',
    } as const;
    const refused = client(server, 'no-key').send(new PutObjectCommand(write));
    await expect(refused).rejects.toThrow(
      'is not authorized to perform: kms:GenerateDataKey on resource: "arn:aws:kms:us-east-1:123456789012:key/k1"',
    );
    await client(server).send(new PutObjectCommand(write));
    const read = new GetObjectCommand({ Bucket, Key: 'a' });
    await expect(client(server, 'no-key').send(read)).rejects.toThrow(
      'not authorized to perform: kms:Decrypt',
    );
    expect(await outcome(client(server, 'no-key').send(new HeadObjectCommand({ Bucket, Key: 'a' })))).toBe(
      'ok',
    );
  });

  test('a bucket without ACLs refuses them', async () => {
    const { server, s3 } = await start();
    server.createBucket('open', { allowsAcls: true });
    const write = { Key: 'a', Body: Buffer.from('x'), ACL: 'public-read' as const };
    expect(await outcome(s3.send(new PutObjectCommand({ ...write, Bucket })))).toBe(
      '400 AccessControlListNotSupported',
    );
    expect(await outcome(s3.send(new PutObjectCommand({ ...write, Bucket: 'open' })))).toBe('ok');
  });

  test('the ownership of a bucket, which may be denied and may never have been set', async () => {
    const { server, s3 } = await start({
      accessKeys: [{ id: 'key' }, { id: 'writer', allow: ['PutObject'] }],
    });
    server.createBucket('open', { allowsAcls: true });
    const ownership = async (name: string): Promise<string | undefined> => {
      const answer = await s3.send(new GetBucketOwnershipControlsCommand({ Bucket: name }));
      return answer.OwnershipControls?.Rules?.[0]?.ObjectOwnership;
    };
    expect(await ownership(Bucket)).toBe('BucketOwnerEnforced');
    expect(await ownership('open')).toBe('ObjectWriter');
    const ask = new GetBucketOwnershipControlsCommand({ Bucket });
    expect(await outcome(client(server, 'writer').send(ask))).toBe('403 AccessDenied');
    server.faults.add({
      match: { operation: 'GetBucketOwnershipControls' },
      fault: { kind: 'error', code: 'OwnershipControlsNotFoundError' },
    });
    expect(await outcome(s3.send(ask))).toBe('404 OwnershipControlsNotFoundError');
    expect(server.log.count('GetBucketOwnershipControls')).toBe(4);
  });

  test('a copy onto itself loses the ACL that it does not name, and keeps the tags', async () => {
    const { server, s3 } = await start();
    server.createBucket('open', { allowsAcls: true });
    server.putObject('open', 'a', 'x', { acl: 'public-read', tags: { t: '1' } });
    const copy = { Bucket: 'open', Key: 'a', CopySource: 'open/a', MetadataDirective: 'REPLACE' } as const;
    await s3.send(new CopyObjectCommand({ ...copy, TaggingDirective: 'COPY' }));
    expect(server.object('open', 'a')).toMatchObject({ acl: undefined, tags: new Map([['t', '1']]) });
    await s3.send(new CopyObjectCommand({ ...copy, ACL: 'public-read' }));
    expect(server.object('open', 'a')).toMatchObject({ acl: 'public-read', tags: new Map([['t', '1']]) });
  });

  test('an ACL from before a bucket switched them off is not shown', async () => {
    const { server, s3 } = await start();
    server.putObject(Bucket, 'a', 'x', { acl: 'public-read' });
    const { Grants } = await s3.send(new GetObjectAclCommand({ Bucket, Key: 'a' }));
    expect(Grants?.map(({ Permission }) => Permission)).toEqual(['FULL_CONTROL']);
  });

  test('the expected bucket owner', async () => {
    const { s3 } = await start({ account: '111122223333' });
    const head = (ExpectedBucketOwner: string): Promise<string> =>
      outcome(s3.send(new HeadBucketCommand({ Bucket, ExpectedBucketOwner })));
    expect(await head('111122223333')).toBe('ok');
    expect(await head('444455556666')).toMatch(/^403/);
  });

  test('GetCallerIdentity', async () => {
    const arn = 'arn:aws:sts::444455556666:assumed-role/deploy/session';
    const { server } = await start({
      account: '111122223333',
      accessKeys: [{ id: 'key' }, { id: 'role', account: '444455556666', arn }],
    });
    const identity = async (accessKeyId: string): Promise<string> => {
      const sts = new STSClient({
        endpoint: server.endpoint,
        region: 'us-east-1',
        maxAttempts: 1,
        credentials: { accessKeyId, secretAccessKey: 'secret' },
      });
      try {
        const { Account, Arn } = await sts.send(new GetCallerIdentityCommand({}));
        return `${Account} ${Arn}`;
      } catch (error) {
        return (error as Error).name;
      } finally {
        sts.destroy();
      }
    };
    expect(await identity('key')).toBe('111122223333 arn:aws:iam::111122223333:user/test');
    expect(await identity('role')).toBe(`444455556666 ${arn}`);
    server.access.expire('role');
    expect(await identity('role')).toMatch(/^ExpiredToken/);
    expect(server.log.count('GetCallerIdentity')).toBe(3);
  });
});

describe('regions', () => {
  test.each([
    ['us-east-1', 400, 'AuthorizationHeaderMalformed'],
    ['eu-central-1', 301, 'PermanentRedirect'],
  ])('a request signed for %s to a bucket in eu-west-1', async (region, status, code) => {
    const { server } = await start();
    server.createBucket('far', { region: 'eu-west-1' });
    const near = client(server, 'key', region);
    const error = await near
      .send(new ListObjectsV2Command({ Bucket: 'far' }))
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: code, $metadata: { httpStatusCode: status } });
    expect((error as { $response: { headers: unknown } }).$response.headers).toMatchObject({
      'x-amz-bucket-region': 'eu-west-1',
    });
    expect(await outcome(near.send(new HeadBucketCommand({ Bucket: 'far' })))).toMatch(
      new RegExp(`^${status} `),
    );
  });

  test('the right region, and a copy from another one', async () => {
    const { server } = await start();
    server.createBucket('far', { region: 'eu-west-1' });
    server.putObject(Bucket, 'a', 'x');
    const right = client(server, 'key', 'eu-west-1');
    expect((await right.send(new HeadBucketCommand({ Bucket: 'far' }))).BucketRegion).toBe('eu-west-1');
    const copy = new CopyObjectCommand({ Bucket: 'far', Key: 'a', CopySource: `/${Bucket}/a` });
    expect(await outcome(right.send(copy))).toBe('ok');
  });
});

describe('what ETags and classes hide', () => {
  test('under SSE-KMS no ETag is an MD5, and HEAD says so', async () => {
    const { server, s3 } = await start();
    server.createBucket('kms', { encryption: { algorithm: 'aws:kms', keyId: 'key-1' } });
    const body = Buffer.from('hello');
    const md5 = '5d41402abc4b2a76b9719d911017c592';
    const asked = await s3.send(
      new PutObjectCommand({ Bucket, Key: 'a', Body: body, ServerSideEncryption: 'aws:kms' }),
    );
    expect(asked.ETag).toMatch(/^"[0-9a-f]{32}"$/);
    expect(asked.ETag).not.toBe(`"${md5}"`);
    const byDefault = await s3.send(new PutObjectCommand({ Bucket: 'kms', Key: 'a', Body: body }));
    expect(byDefault.ETag).not.toBe(asked.ETag);
    const head = await s3.send(new HeadObjectCommand({ Bucket: 'kms', Key: 'a' }));
    expect(head).toMatchObject({
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: 'key-1',
      ETag: byDefault.ETag,
    });

    const created = await s3.send(new CreateMultipartUploadCommand({ Bucket: 'kms', Key: 'm' }));
    expect(created.ServerSideEncryption).toBe('aws:kms');
    const upload = { Bucket: 'kms', Key: 'm', UploadId: created.UploadId! };
    const sent = await s3.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: body }));
    expect(sent.ETag).not.toBe(`"${md5}"`);
    const copied = await s3.send(
      new UploadPartCopyCommand({ ...upload, PartNumber: 1, CopySource: 'kms/a' }),
    );
    expect(copied.CopyPartResult?.ETag).not.toBe(`"${md5}"`);
    const parts = { Parts: [{ PartNumber: 1, ETag: copied.CopyPartResult!.ETag! }] };
    const completed = await s3.send(
      new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: parts }),
    );
    expect(completed.ETag).toMatch(/^"[0-9a-f]{32}-1"$/);

    const plain = new CopyObjectCommand({ Bucket, Key: 'b', CopySource: 'kms/a' });
    expect((await s3.send(plain)).CopyObjectResult?.ETag).toBe(`"${md5}"`);
  });

  test.each([
    ['AES256', true],
    ['aws:kms', false],
  ] as const)(
    'under %s the CRC32 of copied and sent parts is verified at Complete',
    async (algorithm, isMd5) => {
      const { server, s3 } = await start({ limits: { minPartSize: 3 } });
      server.createBucket('encrypted', { encryption: { algorithm } });
      server.putObject('encrypted', 'source', 'hello, world');
      const input = { Bucket: 'encrypted', Key: 'a' };
      const { UploadId } = await s3.send(
        new CreateMultipartUploadCommand({
          ...input,
          ChecksumAlgorithm: 'CRC32',
          ChecksumType: 'FULL_OBJECT',
        }),
      );
      const upload = { ...input, UploadId: UploadId! };
      const { CopyPartResult } = await s3.send(
        new UploadPartCopyCommand({
          ...upload,
          PartNumber: 1,
          CopySource: 'encrypted/source',
          CopySourceRange: 'bytes=0-4',
        }),
      );
      expect(CopyPartResult?.ChecksumCRC32).toBe(base64Crc32('hello'));
      expect(CopyPartResult?.ETag === '"5d41402abc4b2a76b9719d911017c592"').toBe(isMd5);
      const sent = await s3.send(
        new UploadPartCommand({ ...upload, PartNumber: 2, Body: Buffer.from(' again') }),
      );
      const Parts = [CopyPartResult, sent].map((part, i) => ({ PartNumber: i + 1, ETag: part!.ETag! }));
      const complete = (ChecksumCRC32: string): Promise<string> =>
        outcome(
          s3.send(
            new CompleteMultipartUploadCommand({
              ...upload,
              MultipartUpload: { Parts },
              ChecksumCRC32,
              ChecksumType: 'FULL_OBJECT',
            }),
          ),
        );
      expect(await complete(base64Crc32(' again'))).toBe('400 BadDigest');
      expect(server.object('encrypted', 'a')).toBeUndefined();
      expect(await complete(base64Crc32('hello again'))).toBe('ok');
      const shown = await s3.send(new HeadObjectCommand({ ...input, ChecksumMode: 'ENABLED' }));
      expect(shown).toMatchObject({
        ChecksumCRC32: base64Crc32('hello again'),
        ServerSideEncryption: algorithm,
      });
    },
  );

  test('an archived object is no source until it is restored', async () => {
    const { server, s3 } = await start();
    const headers = { 'x-amz-storage-class': 'GLACIER' };
    server.putObject(Bucket, 'cold', 'x', { headers });
    server.putObject(Bucket, 'restored', 'x', { headers, isRestored: true });
    const copy = (from: string): Promise<string> =>
      outcome(s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/${from}` })));
    expect(await copy('cold')).toBe('403 InvalidObjectState');
    expect(await outcome(s3.send(new GetObjectCommand({ Bucket, Key: 'cold' })))).toBe(
      '403 InvalidObjectState',
    );
    expect(await outcome(s3.send(new HeadObjectCommand({ Bucket, Key: 'cold' })))).toBe('ok');
    expect(await copy('restored')).toBe('ok');
  });

  test('limits are as small as a test wants them', async () => {
    const { server, s3 } = await start({ limits: { maxCopySize: 10, minPartSize: 3, maxPageSize: 2 } });
    server.putObject(Bucket, 'large', 'x'.repeat(11));
    const copy = new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/large` });
    expect(await outcome(s3.send(copy))).toBe('400 InvalidRequest');
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'copy' }));
    const upload = { Bucket, Key: 'copy', UploadId: UploadId! };
    const parts = [];
    for (const [i, CopySourceRange] of ['bytes=0-7', 'bytes=8-10'].entries()) {
      const range = { ...upload, PartNumber: i + 1, CopySource: `${Bucket}/large`, CopySourceRange };
      const { CopyPartResult } = await s3.send(new UploadPartCopyCommand(range));
      parts.push({ PartNumber: i + 1, ETag: CopyPartResult!.ETag! });
    }
    await s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: parts } }));
    expect(server.texts(Bucket).copy).toBe('x'.repeat(11));
    server.putObject(Bucket, 'third', 'x');
    expect(await s3.send(new ListObjectsV2Command({ Bucket }))).toMatchObject({
      KeyCount: 2,
      IsTruncated: true,
    });
  });

  test('discarded bodies keep their ETags through copies and parts', async () => {
    const { server, s3 } = await start({ discardBodies: true });
    const md5 = '"5d41402abc4b2a76b9719d911017c592"';
    expect((await put(s3, 'a', 'hello')).ETag).toBe(md5);
    const copy = await s3.send(new CopyObjectCommand({ Bucket, Key: 'b', CopySource: `${Bucket}/a` }));
    expect(copy.CopyObjectResult?.ETag).toBe(md5);
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'm' }));
    const upload = { Bucket, Key: 'm', UploadId: UploadId! };
    const part = await s3.send(
      new UploadPartCopyCommand({ ...upload, PartNumber: 1, CopySource: `${Bucket}/b` }),
    );
    expect(part.CopyPartResult?.ETag).toBe(md5);
    const bad = new UploadPartCommand({
      ...upload,
      PartNumber: 2,
      Body: Buffer.from('x'),
      ContentMD5: 'XUFAKrxLKna5cZ2REBfFkg==',
    });
    expect(await outcome(s3.send(bad))).toBe('400 BadDigest');
    expect(server.object(Bucket, 'a')?.content.isDiscarded).toBe(true);
  });
});

describe('the Server header', () => {
  test.each([
    ['aws', 'AmazonS3'],
    ['seaweedfs', 'SeaweedFS 8000GB 4.48'],
    ['versitygw', 'VERSITYGW'],
    ['minio', 'MinIO'],
    ['minio', 'Other 1.0'],
    ['minio', ''],
  ] as const)('of every answer as %s: %j', async (profile, name) => {
    const deviations = name === profiles[profile].serverHeader ? {} : { serverHeader: name };
    const { server } = await start({ profile, deviations, accessKeys: [{ id: 'key' }] });
    server.putObject(Bucket, 'a', 'x'.repeat(100));
    const headerOf = async (path: string, key = 'key'): Promise<string> => {
      const authorization = `AWS4-HMAC-SHA256 Credential=${key}/20260101/us-east-1/s3/aws4_request`;
      const answer = await fetch(`${server.endpoint}${path}`, { headers: { authorization } });
      await answer.text().catch(() => undefined);
      return `${answer.status} ${answer.headers.get('server') ?? ''}`;
    };
    expect(await headerOf(`/${Bucket}?list-type=2`)).toBe(`200 ${name}`);
    expect(await headerOf(`/${Bucket}/a`)).toBe(`200 ${name}`);
    expect(await headerOf(`/${Bucket}/none`)).toBe(`404 ${name}`);
    expect(await headerOf(`/${Bucket}`, 'stranger')).toBe(`403 ${name}`);
    server.faults.add({ times: 1, fault: { kind: 'error', code: 'SlowDown' } });
    expect(await headerOf(`/${Bucket}/a`)).toBe(`503 ${name}`);
    server.faults.add({ times: 1, fault: { kind: 'truncate' } });
    expect(await headerOf(`/${Bucket}/a`)).toBe(`200 ${name}`);
  });
});

describe('the state', () => {
  test('another writer, and single deviations on top of a profile', async () => {
    const { server, s3 } = await start({ profile: 'minio', deviations: { deleteConditions: 'honoured' } });
    const written = server.putObject(Bucket, 'a', 'x', {
      headers: { 'x-amz-meta-a': '1' },
      tags: { t: '1' },
    });
    expect(await outcome(s3.send(new DeleteObjectCommand({ Bucket, Key: 'a', IfMatch: '"0"' })))).toBe(
      '412 PreconditionFailed',
    );
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'a' }));
    expect(head).toMatchObject({ Metadata: { a: '1' }, ETag: `"${written.etag}"` });
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'u' }));
    expect(server.uploads(Bucket).map(({ id, key }) => ({ id, key }))).toEqual([{ id: UploadId, key: 'u' }]);
    server.deleteObject(Bucket, 'a');
    expect(server.objects(Bucket)).toEqual([]);
  });

  test('listings are those of a sorted array, whatever the keys, pages and delimiters', async () => {
    const { server, s3 } = await start();
    const name = fc.string({
      unit: fc.constantFrom('a', 'b', '/', '!', '0', 'é', '\uffee', '😀'),
      minLength: 1,
      maxLength: 6,
    });
    const list = async (
      bucket: string,
      options: { readonly MaxKeys: number; readonly Delimiter?: string },
    ) => {
      const found: string[] = [];
      let token: string | undefined;
      do {
        const input = {
          Bucket: bucket,
          ...options,
          ...(token === undefined ? {} : { ContinuationToken: token }),
        };
        const page = await s3.send(new ListObjectsV2Command(input));
        const prefixes = (page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix!);
        found.push(...[...(page.Contents ?? []).map(({ Key }) => Key!), ...prefixes].sort(byteOrder));
        token = page.NextContinuationToken;
      } while (token !== undefined);
      return found;
    };
    let buckets = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(name, { maxLength: 12 }),
        fc.nat(12),
        fc.integer({ min: 1, max: 4 }),
        async (keys, deletions, MaxKeys) => {
          const bucket = `listing-${buckets++}`;
          server.createBucket(bucket);
          for (const key of keys) server.putObject(bucket, key, 'x');
          for (const key of keys.slice(0, deletions)) server.deleteObject(bucket, key);
          const left = keys.slice(deletions).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
          expect(await list(bucket, { MaxKeys })).toEqual(left);
          const rolledUp = left.map((key) => (key.includes('/') ? key.slice(0, key.indexOf('/') + 1) : key));
          expect(await list(bucket, { MaxKeys, Delimiter: '/' })).toEqual([...new Set(rolledUp)]);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('100,000 keys in no order are listed in order, page by page', async () => {
    const { server, s3 } = await start({ countOnly: true });
    for (let i = 0; i < 100_000; i++) server.putObject(Bucket, `d${i % 500}/some/path/file-${i}.html`, '');
    const found: string[] = [];
    let token: string | undefined;
    do {
      const input = { Bucket, Prefix: 'd49', ...(token === undefined ? {} : { ContinuationToken: token }) };
      const page = await s3.send(new ListObjectsV2Command(input));
      for (const { Key } of page.Contents ?? []) found.push(Key!);
      token = page.NextContinuationToken;
    } while (token !== undefined);
    // d49 and d490 to d499, 200 keys each.
    expect(found).toHaveLength(2200);
    expect(found).toEqual([...found].sort(byteOrder));
  });
});
