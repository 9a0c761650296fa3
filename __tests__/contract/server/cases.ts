import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CopyObjectCommand,
  type CopyObjectCommandInput,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketOwnershipControlsCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  ListPartsCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import type { TestServer } from '../../support/servers.js';

/** What a case observed, small enough to be written into a table. */
export type Answer = string | number | boolean | readonly Answer[] | { readonly [name: string]: Answer };

export interface Context {
  readonly server: TestServer;
  readonly s3: S3Client;
  readonly bucket: string;
  /** Keys of this case start with it. */
  readonly prefix: string;
}

/** One question to a server, and what AWS answers; what others answer stands in deviations.ts. */
export interface Case {
  readonly name: string;
  readonly aws: Answer;
  readonly run: (context: Context) => Promise<Answer>;
}

export function clientFor(server: TestServer): S3Client {
  return new S3Client({
    endpoint: server.endpoint,
    region: server.region,
    forcePathStyle: true,
    maxAttempts: 1,
    // Otherwise the SDK warns on the console of what the cases do on purpose.
    logger: { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore },
    // SeaweedFS cuts a connection after some answers, and the next request on it fails.
    requestHandler: { httpAgent: { keepAlive: false } },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    credentials: { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey },
  });
}

function ignore(): void {}

const MIB = 1024 * 1024;
const OTHER_ETAG = '"00000000000000000000000000000000"';

const SHOWN_WITHOUT_HEADERS: Answer = { ContentType: 'text/plain', Metadata: {}, tags: '' };

export const cases: readonly Case[] = [
  // First, because they wait for a clock while the others run.
  {
    name: 'an unconditional Complete of an upload older than a PUT: who wins, and the Last-Modified',
    aws: { status: '200', text: 'written since', lastModified: 'creation' },
    run: async (context) => {
      const overtaken = await create(context, 'a');
      const plain = await create(context, 'b');
      const created = Date.now();
      const parts = [await part(context, 'a', overtaken, 1, 'staged')];
      const plainParts = [await part(context, 'b', plain, 1, 'staged')];
      await put(context, 'a', { Body: 'written since' });
      // Last-Modified has whole seconds: Create's is not after `created`, Complete's at least 0.6 s.
      await new Promise((resolve) => setTimeout(resolve, 1600));
      const answer = await status(complete(context, 'a', overtaken, parts));
      await complete(context, 'b', plain, plainParts);
      const age = (await head(context, 'b')).LastModified!.getTime() - created;
      return {
        status: answer,
        text: await text(context, 'a'),
        lastModified: age < 300 ? 'creation' : 'completion',
      };
    },
  },
  {
    name: 'a copy onto itself is dated anew',
    aws: true,
    run: async (context) => {
      await put(context, 'a');
      const before = (await head(context, 'a')).LastModified!;
      await new Promise((resolve) => setTimeout(resolve, 1100));
      await copy(context, 'a', 'a', { MetadataDirective: 'REPLACE', CacheControl: 'no-cache' });
      return (await head(context, 'a')).LastModified! > before;
    },
  },
  // Listing
  {
    name: 'a listing is in the order of UTF-8 bytes',
    aws: ['a b', 'a!', 'a/b', 'a0', 'z', 'é', '\uffee', '😀'],
    run: async (context) => {
      for (const name of ['z', 'é', '😀', '\uffee', 'a0', 'a/b', 'a!', 'a b']) await put(context, name);
      return list(context);
    },
  },
  {
    name: 'pages continue where the last one ended',
    aws: [['a', 'b'], ['c', 'd'], ['e']],
    run: async (context) => {
      for (const name of ['e', 'c', 'a', 'd', 'b']) await put(context, name);
      const pages: string[][] = [];
      let token: string | undefined;
      do {
        const page: Awaited<ReturnType<typeof listPage>> = await listPage(context, {
          MaxKeys: 2,
          ...(token === undefined ? {} : { ContinuationToken: token }),
        });
        pages.push(names(context, page.Contents));
        token = page.NextContinuationToken;
      } while (token !== undefined);
      return pages;
    },
  },
  {
    name: 'a delimiter rolls keys up, page by page',
    aws: [['dir/'], ['dir2/'], ['file']],
    run: async (context) => {
      for (const name of ['dir/a', 'dir/b', 'dir/c/d', 'dir2/e', 'file']) await put(context, name);
      const pages: string[][] = [];
      let token: string | undefined;
      do {
        const page: Awaited<ReturnType<typeof listPage>> = await listPage(context, {
          MaxKeys: 1,
          Delimiter: '/',
          ...(token === undefined ? {} : { ContinuationToken: token }),
        });
        const prefixes = (page.CommonPrefixes ?? []).map(({ Prefix }) =>
          Prefix!.slice(context.prefix.length),
        );
        pages.push([...prefixes, ...names(context, page.Contents)]);
        token = page.NextContinuationToken;
      } while (token !== undefined);
      return pages;
    },
  },
  {
    name: 'start-after takes any string, in the order of the bytes',
    aws: { 'a/b': ['a0', 'b'], 'a/zz': ['a0', 'b'], 'a ': ['a!', 'a/b', 'a0', 'b'] },
    run: async (context) => {
      for (const name of ['a!', 'a/b', 'a0', 'b']) await put(context, name);
      const after = async (name: string): Promise<string[]> =>
        names(context, (await listPage(context, { StartAfter: context.prefix + name })).Contents);
      return { 'a/b': await after('a/b'), 'a/zz': await after('a/zz'), 'a ': await after('a ') };
    },
  },
  {
    name: 'a prefix need not end at a slash',
    aws: ['dir.old/b', 'dir/a', 'dir2/c'],
    run: async (context) => {
      for (const name of ['dir/a', 'dir.old/b', 'dir2/c', 'other']) await put(context, name);
      return names(context, (await listPage(context, { Prefix: `${context.prefix}dir` })).Contents);
    },
  },
  {
    name: 'a listing shows ETag, size, time and class',
    aws: {
      ETag: 'quoted MD5',
      Size: 5,
      LastModified: 'a time',
      StorageClass: 'STANDARD',
      KeyCount: 1,
      IsTruncated: false,
    },
    run: async (context) => {
      await put(context, 'a', { Body: 'hello' });
      const page = await listPage(context, {});
      const object = page.Contents![0]!;
      return {
        ETag: object.ETag === quotedMd5('hello') ? 'quoted MD5' : String(object.ETag),
        Size: object.Size!,
        LastModified: object.LastModified instanceof Date ? 'a time' : 'none',
        StorageClass: object.StorageClass ?? 'none',
        KeyCount: page.KeyCount!,
        IsTruncated: page.IsTruncated!,
      };
    },
  },
  {
    name: 'encoding-type=url is what decodes to the key',
    aws: true,
    run: async (context) => {
      const name = 'a b&<>"\'%25?#/é~+*=@:()';
      await put(context, name);
      const key = (await listPage(context, { EncodingType: 'url' })).Contents?.[0]?.Key ?? '';
      return decodeURIComponent(key.replaceAll('+', ' ')) === context.prefix + name;
    },
  },
  {
    name: 'strange characters in keys survive',
    aws: { listed: true, read: 'x', copied: 'x', deleted: [] },
    run: async (context) => {
      const name = 'a b&<>"\'%25?#/é~+*=@:()[]{}|^`$,;!/..x';
      await put(context, name, { Body: 'x' });
      const listed = (await list(context))[0] === name;
      const read = await text(context, name);
      await copy(context, name, 'copy');
      const copied = await text(context, 'copy');
      await context.s3.send(
        new DeleteObjectsCommand({
          Bucket: context.bucket,
          Delete: { Objects: [{ Key: context.prefix + name }, { Key: `${context.prefix}copy` }] },
        }),
      );
      return { listed, read, copied, deleted: await list(context) };
    },
  },
  {
    name: 'max-keys 0',
    aws: { keys: [], IsTruncated: false },
    run: async (context) => {
      await put(context, 'a');
      const page = await listPage(context, { MaxKeys: 0 });
      return { keys: names(context, page.Contents), IsTruncated: page.IsTruncated! };
    },
  },
  {
    name: 'listing a bucket that does not exist',
    aws: '404 NoSuchBucket',
    run: ({ s3 }) => status(s3.send(new ListObjectsV2Command({ Bucket: 'no-such-bucket-here' }))),
  },
  {
    name: 'a key and keys below it: p/a, then p/a/b',
    aws: { second: '200', listed: ['p/a', 'p/a/b'], read: ['200', '200'], without: ['p/a/b'] },
    run: async (context) => {
      await put(context, 'p/a', { Body: 'x' });
      const second = await status(put(context, 'p/a/b', { Body: 'x' }));
      const listed = await list(context);
      const read = [await status(text(context, 'p/a')), await status(text(context, 'p/a/b'))];
      await remove(context, 'p/a');
      return { second, listed, read, without: await list(context) };
    },
  },
  {
    name: 'a key and keys below it: p/a/b, then p/a',
    aws: ['200', ['p/a', 'p/a/b']],
    run: async (context) => {
      await put(context, 'p/a/b');
      return [await status(put(context, 'p/a')), await list(context)];
    },
  },
  {
    name: 'a directory marker is an object, with or without keys below it',
    aws: [['d/', 'd/a', 'e/'], 0, ['d/', 'e/'], ['d/']],
    run: async (context) => {
      for (const name of ['d/', 'd/a', 'e/']) await put(context, name);
      const before = await list(context);
      const size = (await head(context, 'd/')).ContentLength!;
      await remove(context, 'd/a');
      const without = await list(context);
      await remove(context, 'e/');
      return [before, size, without, await list(context)];
    },
  },
  {
    name: 'a directory marker with a body',
    aws: '200',
    run: (context) => status(put(context, 'd/', { Body: 'x' })),
  },
  {
    name: 'nothing is left of a directory whose last key was deleted',
    aws: [[], []],
    run: async (context) => {
      await put(context, 'a/b/c');
      await remove(context, 'a/b/c');
      const page = await listPage(context, { Delimiter: '/' });
      return [
        await list(context),
        (page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix!.slice(context.prefix.length)),
      ];
    },
  },
  // Reading
  {
    name: 'HEAD of a missing key',
    aws: '404 NotFound',
    run: (context) => status(head(context, 'none')),
  },
  {
    name: 'GET of a missing key',
    aws: '404 NoSuchKey',
    run: (context) => status(get(context, 'none')),
  },
  {
    name: 'GET conditions',
    aws: { match: '200', stale: '412 PreconditionFailed', changed: '200', unchanged: '304 Unknown' },
    run: async (context) => {
      await put(context, 'a', { Body: 'hello' });
      const etag = quotedMd5('hello');
      return {
        match: await status(get(context, 'a', { IfMatch: etag })),
        stale: await status(get(context, 'a', { IfMatch: OTHER_ETAG })),
        changed: await status(get(context, 'a', { IfNoneMatch: OTHER_ETAG })),
        unchanged: await status(get(context, 'a', { IfNoneMatch: etag })),
      };
    },
  },
  {
    name: 'GET ranges',
    aws: {
      middle: 'bytes 1-2/5 el',
      open: 'bytes 3-4/5 lo',
      suffix: 'bytes 3-4/5 lo',
      beyond: '416 InvalidRange',
    },
    run: async (context) => {
      await put(context, 'a', { Body: 'hello' });
      const range = async (Range: string): Promise<string> => {
        const answer = await get(context, 'a', { Range });
        return `${answer.ContentRange} ${await answer.Body!.transformToString()}`;
      };
      return {
        middle: await range('bytes=1-2'),
        open: await range('bytes=3-'),
        suffix: await range('bytes=-2'),
        beyond: await status(get(context, 'a', { Range: 'bytes=5-6' })),
      };
    },
  },
  // Writing
  {
    name: 'all headers are kept',
    aws: {
      ContentType: 'text/css; charset=utf-8',
      CacheControl: 'max-age=1',
      ContentDisposition: 'attachment; filename="a.css"',
      ContentEncoding: 'gzip',
      ContentLanguage: 'de',
      ExpiresString: 'Wed, 21 Oct 2099 07:28:00 GMT',
      WebsiteRedirectLocation: '/there',
      Metadata: { 'md5-of-this': 'md5:0/mode:33188' },
    },
    run: async (context) => {
      await put(context, 'a', ALL_HEADERS);
      return shownHeaders(await head(context, 'a'));
    },
  },
  {
    name: 'the type of an object without one',
    aws: 'binary/octet-stream',
    run: async (context) => {
      const { s3, bucket, prefix } = context;
      const command = new PutObjectCommand({ Bucket: bucket, Key: `${prefix}a`, Body: Buffer.from('x') });
      // The SDK adds application/octet-stream of its own accord.
      command.middlewareStack.add(
        (next) => (args) => {
          delete (args.request as { headers: Record<string, string> }).headers['content-type'];
          return next(args);
        },
        { step: 'build', priority: 'low' },
      );
      await s3.send(command);
      return (await head(context, 'a')).ContentType ?? 'none';
    },
  },
  {
    name: 'what HEAD says of encryption and class by default',
    aws: { ServerSideEncryption: 'AES256', StorageClass: 'none' },
    run: async (context) => {
      await put(context, 'a');
      const answer = await head(context, 'a');
      return {
        ServerSideEncryption: answer.ServerSideEncryption ?? 'none',
        StorageClass: answer.StorageClass ?? 'none',
      };
    },
  },
  {
    name: 'what HEAD says of encryption that a write asked for',
    aws: ['AES256', 'AES256'],
    run: async (context) => {
      const answer = await status(put(context, 'a', { ServerSideEncryption: 'AES256' }));
      if (answer !== '200') return answer;
      await copy(context, 'a', 'b', { ServerSideEncryption: 'AES256' });
      const heads = await Promise.all([head(context, 'a'), head(context, 'b')]);
      return heads.map(({ ServerSideEncryption }) => ServerSideEncryption ?? 'none');
    },
  },
  {
    name: 'a storage class is shown by HEAD and listing',
    aws: ['STANDARD_IA', 'STANDARD_IA'],
    run: async (context) => {
      const answer = await status(put(context, 'a', { StorageClass: 'STANDARD_IA' }));
      if (answer !== '200') return answer;
      const listed = (await listPage(context, {})).Contents?.[0]?.StorageClass;
      return [(await head(context, 'a')).StorageClass ?? 'none', listed ?? 'none'];
    },
  },
  {
    name: 'tags',
    aws: { get: 2, head: 2, tags: 'a=1&b=x y' },
    run: async (context) => {
      await put(context, 'a', { Tagging: 'a=1&b=x%20y' });
      return {
        get: (await get(context, 'a')).TagCount ?? 0,
        head: (await head(context, 'a')).TagCount ?? 0,
        tags: await tags(context, 'a'),
      };
    },
  },
  {
    name: 'Content-MD5 is verified',
    aws: ['200', '400 BadDigest', '400 InvalidDigest', '404 NotFound'],
    run: async (context) => [
      await status(put(context, 'a', { Body: 'x', ContentMD5: base64Md5('x') })),
      await status(put(context, 'b', { Body: 'x', ContentMD5: base64Md5('y') })),
      await status(put(context, 'b', { Body: 'x', ContentMD5: 'nonsense' })),
      await status(head(context, 'b')),
    ],
  },
  {
    name: 'the ETag of a PUT is its MD5, and that of nothing too',
    aws: [true, true],
    run: async (context) => [
      (await put(context, 'a', { Body: 'hello' })).ETag === quotedMd5('hello'),
      (await put(context, 'b', { Body: '' })).ETag === quotedMd5(''),
    ],
  },
  {
    name: 'a body sent as aws-chunked with a trailing checksum',
    aws: { status: '200', text: 'hello', encoding: 'gzip' },
    run: async (context) => {
      const answer = await status(putChunks(context, 'a', ['hello']));
      if (answer !== '200') return answer;
      return {
        status: answer,
        text: await text(context, 'a'),
        encoding: (await head(context, 'a')).ContentEncoding ?? 'none',
      };
    },
  },
  {
    name: 'a body of unknown length',
    aws: '501 NotImplemented',
    run: ({ s3, bucket, prefix }) =>
      status(
        s3.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: `${prefix}a`,
            Body: Readable.from([Buffer.from('x')]),
          }),
        ),
      ),
  },
  {
    name: 'aws-chunked with a small chunk before the last',
    aws: '400 InvalidChunkSizeError',
    run: (context) => status(putChunks(context, 'a', ['hel', 'lo'])),
  },
  {
    name: 'a wrong checksum in a header',
    aws: '400 BadDigest',
    run: (context) => status(put(context, 'a', { Body: 'x', ChecksumCRC32: base64Crc32('y') })),
  },
  {
    name: 'a key of 1,025 bytes',
    aws: '400 KeyTooLongError',
    run: (context) =>
      status(put(context, `${'é/'.repeat(341)}`.padEnd(1025 - 341 - context.prefix.length, 'x'))),
  },
  {
    name: 'PUT If-None-Match: *',
    aws: { free: '200', taken: '412 PreconditionFailed', text: 'first' },
    run: async (context) => ({
      free: await status(put(context, 'a', { Body: 'first', IfNoneMatch: '*' })),
      taken: await status(put(context, 'a', { Body: 'second', IfNoneMatch: '*' })),
      text: await text(context, 'a'),
    }),
  },
  {
    name: 'PUT If-None-Match: an ETag',
    aws: ['501 NotImplemented', '501 NotImplemented'],
    run: async (context) => {
      await put(context, 'a', { Body: 'x' });
      return [
        await status(put(context, 'a', { Body: 'x', IfNoneMatch: OTHER_ETAG })),
        await status(put(context, 'a', { Body: 'x', IfNoneMatch: quotedMd5('x') })),
      ];
    },
  },
  {
    name: 'PUT If-Match',
    aws: { right: '200', unquoted: '200', stale: '412 PreconditionFailed', text: 'three' },
    run: async (context) => {
      await put(context, 'a', { Body: 'one' });
      return {
        right: await status(put(context, 'a', { Body: 'two', IfMatch: quotedMd5('one') })),
        unquoted: await status(put(context, 'a', { Body: 'three', IfMatch: md5('two') })),
        stale: await status(put(context, 'a', { Body: 'four', IfMatch: quotedMd5('one') })),
        text: await text(context, 'a'),
      };
    },
  },
  {
    name: 'PUT If-Match of a missing key',
    aws: ['404 NoSuchKey', '404 NotFound'],
    run: async (context) => [
      await status(put(context, 'a', { IfMatch: OTHER_ETAG })),
      await status(head(context, 'a')),
    ],
  },
  {
    name: 'nothing of the headers and tags that were there before survives a write',
    aws: { put: SHOWN_WITHOUT_HEADERS, copy: SHOWN_WITHOUT_HEADERS, complete: SHOWN_WITHOUT_HEADERS },
    run: async (context) => {
      for (const name of ['put', 'copy', 'complete'])
        await put(context, name, { ...ALL_HEADERS, Tagging: 'a=1' });
      await put(context, 'source', { ContentType: 'text/html' });
      await put(context, 'put', { ContentType: 'text/plain' });
      await copy(context, 'source', 'copy', {
        MetadataDirective: 'REPLACE',
        TaggingDirective: 'REPLACE',
        ContentType: 'text/plain',
      });
      await multipart(context, 'complete', ['x'], { ContentType: 'text/plain' });
      const shown = async (name: string): Promise<Answer> => ({
        ...shownHeaders(await head(context, name)),
        tags: await tags(context, name),
      });
      return { put: await shown('put'), copy: await shown('copy'), complete: await shown('complete') };
    },
  },
  // Copying
  {
    name: 'CopyObject source conditions',
    aws: {
      match: '200',
      stale: '412 PreconditionFailed',
      changed: '200',
      unchanged: '412 PreconditionFailed',
      missing: '404 NoSuchKey',
    },
    run: async (context) => {
      await put(context, 'a', { Body: 'hello' });
      const etag = quotedMd5('hello');
      return {
        match: await status(copy(context, 'a', 'b', { CopySourceIfMatch: etag })),
        stale: await status(copy(context, 'a', 'c', { CopySourceIfMatch: OTHER_ETAG })),
        changed: await status(copy(context, 'a', 'b', { CopySourceIfNoneMatch: OTHER_ETAG })),
        unchanged: await status(copy(context, 'a', 'c', { CopySourceIfNoneMatch: etag })),
        missing: await status(copy(context, 'none', 'c', { CopySourceIfMatch: etag })),
      };
    },
  },
  {
    name: 'CopyObject destination If-None-Match: *',
    aws: { free: '200', taken: '412 PreconditionFailed', text: 'one' },
    run: async (context) => {
      await put(context, 'one', { Body: 'one' });
      await put(context, 'two', { Body: 'two' });
      return {
        free: await status(copy(context, 'one', 'to', { IfNoneMatch: '*' })),
        taken: await status(copy(context, 'two', 'to', { IfNoneMatch: '*' })),
        text: await text(context, 'to'),
      };
    },
  },
  {
    name: 'CopyObject destination If-Match',
    aws: { right: '200', stale: '412 PreconditionFailed', text: 'one', missing: '404 NoSuchKey' },
    run: async (context) => {
      await put(context, 'one', { Body: 'one' });
      await put(context, 'two', { Body: 'two' });
      await put(context, 'to', { Body: 'old' });
      return {
        right: await status(copy(context, 'one', 'to', { IfMatch: quotedMd5('old') })),
        stale: await status(copy(context, 'two', 'to', { IfMatch: quotedMd5('old') })),
        text: await text(context, 'to'),
        missing: await status(copy(context, 'one', 'none', { IfMatch: quotedMd5('old') })),
      };
    },
  },
  {
    name: 'the ETag of a copy',
    aws: { answer: 'MD5', head: 'MD5' },
    run: async (context) => {
      await put(context, 'a', { Body: 'hello' });
      const answer = await copy(context, 'a', 'b');
      return {
        answer: etagKind(answer.CopyObjectResult?.ETag, 'hello'),
        head: etagKind((await head(context, 'b')).ETag, 'hello'),
      };
    },
  },
  {
    name: 'CopyObject with the metadata directive COPY',
    aws: {
      ContentType: 'text/css; charset=utf-8',
      CacheControl: 'max-age=1',
      ContentDisposition: 'attachment; filename="a.css"',
      ContentEncoding: 'gzip',
      ContentLanguage: 'de',
      ExpiresString: 'Wed, 21 Oct 2099 07:28:00 GMT',
      Metadata: { 'md5-of-this': 'md5:0/mode:33188' },
      tags: 'a=1',
    },
    run: async (context) => {
      await put(context, 'a', { ...ALL_HEADERS, Tagging: 'a=1' });
      await copy(context, 'a', 'b');
      return { ...shownHeaders(await head(context, 'b')), tags: await tags(context, 'b') };
    },
  },
  {
    name: 'CopyObject with the metadata directive REPLACE',
    aws: { ContentType: 'text/plain', CacheControl: 'no-cache', Metadata: { new: 'yes' }, tags: '' },
    run: async (context) => {
      await put(context, 'a', { ...ALL_HEADERS, Tagging: 'a=1' });
      await copy(context, 'a', 'b', {
        MetadataDirective: 'REPLACE',
        TaggingDirective: 'REPLACE',
        ContentType: 'text/plain',
        CacheControl: 'no-cache',
        Metadata: { new: 'yes' },
      });
      return { ...shownHeaders(await head(context, 'b')), tags: await tags(context, 'b') };
    },
  },
  {
    name: 'CopyObject with new tags',
    aws: 'b=2',
    run: async (context) => {
      await put(context, 'a', { Tagging: 'a=1' });
      await copy(context, 'a', 'b', { TaggingDirective: 'REPLACE', Tagging: 'b=2' });
      return tags(context, 'b');
    },
  },
  {
    name: 'a copy onto itself that changes nothing',
    aws: '400 InvalidRequest',
    run: async (context) => {
      await put(context, 'a');
      return status(copy(context, 'a', 'a'));
    },
  },
  {
    name: 'a copy onto itself with REPLACE',
    aws: {
      ETag: true,
      ContentType: 'text/plain',
      CacheControl: 'no-cache',
      Metadata: { new: 'yes' },
      tags: 'a=1',
    },
    run: async (context) => {
      await put(context, 'a', { ...ALL_HEADERS, Body: 'hello', Tagging: 'a=1' });
      const answer = await status(
        copy(context, 'a', 'a', {
          CopySourceIfMatch: quotedMd5('hello'),
          MetadataDirective: 'REPLACE',
          ContentType: 'text/plain',
          CacheControl: 'no-cache',
          Metadata: { new: 'yes' },
        }),
      );
      if (answer !== '200') return answer;
      const shown = await head(context, 'a');
      return {
        ETag: shown.ETag === quotedMd5('hello'),
        ...shownHeaders(shown),
        tags: await tags(context, 'a'),
      };
    },
  },
  {
    name: 'the storage class is not copied',
    aws: 'none',
    run: async (context) => {
      const answer = await status(put(context, 'a', { StorageClass: 'STANDARD_IA' }));
      if (answer !== '200') return answer;
      await copy(context, 'a', 'b');
      return (await head(context, 'b')).StorageClass ?? 'none';
    },
  },
  {
    name: 'the ETag of a copied multipart object',
    aws: { answer: 'MD5', head: 'MD5' },
    run: async (context) => {
      await multipart(context, 'a', ['hello']);
      const answer = await copy(context, 'a', 'b');
      return {
        answer: etagKind(answer.CopyObjectResult?.ETag, 'hello'),
        head: etagKind((await head(context, 'b')).ETag, 'hello'),
      };
    },
  },
  // Multipart uploads
  {
    name: 'the ETag of a multipart object',
    aws: { answer: true, head: true, listing: true, size: 5 * MIB + 1 },
    run: async (context) => {
      const parts = [Buffer.alloc(5 * MIB, 1), Buffer.from('x')];
      const { ETag } = await multipart(context, 'a', parts);
      const expected = multipartEtag(parts);
      const shown = await head(context, 'a');
      return {
        answer: ETag === expected,
        head: shown.ETag === expected,
        listing: (await listPage(context, {})).Contents?.[0]?.ETag === expected,
        size: shown.ContentLength!,
      };
    },
  },
  {
    name: 'a one-part upload, tiny or empty',
    aws: { tiny: true, text: 'x', empty: true, size: 0 },
    run: async (context) => {
      const tiny = await multipart(context, 'tiny', ['x']);
      const empty = await multipart(context, 'empty', ['']);
      return {
        tiny: tiny.ETag === multipartEtag([Buffer.from('x')]),
        text: await text(context, 'tiny'),
        empty: empty.ETag === multipartEtag([Buffer.alloc(0)]),
        size: (await head(context, 'empty')).ContentLength!,
      };
    },
  },
  {
    name: 'headers given to Create are the object’s',
    aws: {
      ContentType: 'text/css; charset=utf-8',
      CacheControl: 'max-age=1',
      ContentDisposition: 'attachment; filename="a.css"',
      ContentEncoding: 'gzip',
      ContentLanguage: 'de',
      ExpiresString: 'Wed, 21 Oct 2099 07:28:00 GMT',
      WebsiteRedirectLocation: '/there',
      Metadata: { 'md5-of-this': 'md5:0/mode:33188' },
      tags: 'a=1',
    },
    run: async (context) => {
      await multipart(context, 'a', ['x'], { ...ALL_HEADERS, Tagging: 'a=1' });
      return { ...shownHeaders(await head(context, 'a')), tags: await tags(context, 'a') };
    },
  },
  {
    name: 'what Complete refuses',
    aws: {
      'no parts': '400 MalformedXML',
      'a wrong ETag': '400 InvalidPart',
      'a missing part': '400 InvalidPart',
      'wrong order': '400 InvalidPartOrder',
      'a small part': '400 EntityTooSmall',
      'an unknown upload': '404 NoSuchUpload',
      'an aborted upload': '404 NoSuchUpload',
    },
    run: async (context) => {
      const id = await create(context, 'a');
      const one = await part(context, 'a', id, 1, 'one');
      const two = await part(context, 'a', id, 2, 'two');
      const refused = (parts: readonly CompletedPart[]): Promise<string> =>
        status(complete(context, 'a', id, parts));
      const answers = {
        'no parts': await refused([]),
        'a wrong ETag': await refused([{ PartNumber: 1, ETag: OTHER_ETAG }]),
        'a missing part': await refused([{ PartNumber: 3, ETag: two.ETag! }]),
        'wrong order': await refused([two, one]),
        'a small part': await refused([one, two]),
        'an unknown upload': await status(
          complete(context, 'a', `${id.slice(0, -1)}${id.endsWith('0') ? 1 : 0}`, [one]),
        ),
      };
      await abort(context, 'a', id);
      return { ...answers, 'an aborted upload': await refused([one]) };
    },
  },
  {
    name: 'what UploadPart refuses',
    aws: {
      'a wrong MD5': '400 BadDigest',
      'an aborted upload': '404 NoSuchUpload',
    },
    run: async (context) => {
      const id = await create(context, 'a');
      const refused = (ContentMD5?: string): Promise<string> =>
        status(part(context, 'a', id, 1, 'x', ContentMD5));
      const wrong = await refused(base64Md5('y'));
      await abort(context, 'a', id);
      return { 'a wrong MD5': wrong, 'an aborted upload': await refused() };
    },
  },
  {
    name: 'Abort',
    aws: { once: '204', twice: '404 NoSuchUpload', ListParts: '404 NoSuchUpload', uploads: 0 },
    run: async (context) => {
      const id = await create(context, 'a');
      await part(context, 'a', id, 1, 'x');
      return {
        once: await status(abort(context, 'a', id)),
        twice: await status(abort(context, 'a', id)),
        ListParts: await status(listParts(context, 'a', id)),
        uploads: (await uploads(context)).length,
      };
    },
  },
  {
    name: 'a part sent again replaces the first, a part not named is left out',
    aws: 'new',
    run: async (context) => {
      const id = await create(context, 'a');
      await part(context, 'a', id, 1, 'old');
      const again = await part(context, 'a', id, 1, 'new');
      await part(context, 'a', id, 2, 'unused');
      await complete(context, 'a', id, [again]);
      return text(context, 'a');
    },
  },
  {
    name: 'ListParts',
    aws: { pages: [['1 5 true'], ['3 3 true']], truncated: [true, false] },
    run: async (context) => {
      const id = await create(context, 'a');
      await part(context, 'a', id, 3, 'xyz');
      await part(context, 'a', id, 1, 'hello');
      const first = await listParts(context, 'a', id, { MaxParts: 1 });
      const marker = first.NextPartNumberMarker;
      const second = await listParts(context, 'a', id, {
        MaxParts: 1,
        ...(marker === undefined ? {} : { PartNumberMarker: marker }),
      });
      await abort(context, 'a', id);
      const shown = (page: typeof first): string[] =>
        (page.Parts ?? []).map(
          ({ PartNumber, Size, ETag }) =>
            `${PartNumber} ${Size} ${ETag === quotedMd5(PartNumber === 1 ? 'hello' : 'xyz')}`,
        );
      return { pages: [shown(first), shown(second)], truncated: [first.IsTruncated!, second.IsTruncated!] };
    },
  },
  {
    name: 'ListMultipartUploads of a prefix',
    aws: { keys: ['a', 'a', 'b'], ids: true, initiated: true },
    run: async (context) => {
      const ids = [await create(context, 'b'), await create(context, 'a'), await create(context, 'a')];
      const found = await uploads(context);
      await Promise.all(['b', 'a', 'a'].map((name, i) => abort(context, name, ids[i]!)));
      return {
        // SeaweedFS lists them by a hash of the key.
        keys: found.map(({ Key }) => Key!.slice(context.prefix.length)).sort(),
        ids: ids.every((id) => found.some(({ UploadId }) => UploadId === id)),
        initiated: found.every(
          ({ Initiated }) => Math.abs(Date.now() - (Initiated?.getTime() ?? 0)) < 60_000,
        ),
      };
    },
  },
  {
    name: 'UploadPartCopy of a small object',
    aws: { etag: 'MD5', text: 'hello', object: true },
    run: async (context) => {
      await put(context, 'source', { Body: 'hello' });
      const id = await create(context, 'a');
      const copied = await partCopy(context, 'source', 'a', id, 1, { CopySourceIfMatch: quotedMd5('hello') });
      const { ETag } = await complete(context, 'a', id, [copied]);
      return {
        etag: etagKind(copied.ETag, 'hello'),
        text: await text(context, 'a'),
        object: ETag === multipartEtag([Buffer.from('hello')]),
      };
    },
  },
  {
    name: 'UploadPartCopy of an empty object',
    aws: ['200', '200', 0],
    run: async (context) => {
      await put(context, 'source', { Body: '' });
      const id = await create(context, 'a');
      const copied = partCopy(context, 'source', 'a', id, 1);
      const answer = await status(copied);
      if (answer !== '200') return answer;
      return [
        answer,
        await status(complete(context, 'a', id, [await copied])),
        (await head(context, 'a')).ContentLength!,
      ];
    },
  },
  {
    name: 'UploadPartCopy of ranges of a large object',
    aws: { etags: ['MD5', 'MD5'], same: false, object: true, content: true },
    run: async (context) => {
      const source = Buffer.alloc(9 * MIB, randomBytes(65_537));
      await put(context, 'source', { Body: source });
      const id = await create(context, 'a');
      const copyOfRange = (number: number, from: number, to: number): Promise<CompletedPart> =>
        partCopy(context, 'source', 'a', id, number, { CopySourceRange: `bytes=${from}-${to - 1}` });
      const other = await copyOfRange(1, 100, 5 * MIB + 100);
      const parts = [await copyOfRange(1, 0, 5 * MIB), await copyOfRange(2, 5 * MIB, 9 * MIB)];
      const ranges = [source.subarray(0, 5 * MIB), source.subarray(5 * MIB)];
      const { ETag } = await complete(context, 'a', id, parts);
      const body = await (await get(context, 'a')).Body!.transformToByteArray();
      return {
        etags: parts.map((copied, i) => etagKind(copied.ETag, ranges[i]!)),
        same: other.ETag === parts[0]!.ETag,
        object: ETag === multipartEtag(ranges),
        content: md5(Buffer.from(body)) === md5(source),
      };
    },
  },
  {
    name: 'what UploadPartCopy refuses',
    aws: {
      stale: '412 PreconditionFailed',
      unchanged: '412 PreconditionFailed',
      missing: '404 NoSuchKey',
      beyond: '400 InvalidArgument',
      'open range': '400 InvalidArgument',
      upload: '404 NoSuchUpload',
    },
    run: async (context) => {
      await put(context, 'source', { Body: 'hello' });
      const id = await create(context, 'a');
      const refused = (source: string, extra: Parameters<typeof partCopy>[5]): Promise<string> =>
        status(partCopy(context, source, 'a', id, 1, extra));
      const answers = {
        stale: await refused('source', { CopySourceIfMatch: OTHER_ETAG }),
        unchanged: await refused('source', { CopySourceIfNoneMatch: quotedMd5('hello') }),
        missing: await refused('none', {}),
        beyond: await refused('source', { CopySourceRange: 'bytes=0-5' }),
        'open range': await refused('source', { CopySourceRange: 'bytes=0-' }),
      };
      await abort(context, 'a', id);
      return { ...answers, upload: await refused('source', {}) };
    },
  },
  {
    name: 'Complete If-None-Match: * of a free key, and again',
    aws: ['200', '200', 'x'],
    run: async (context) => {
      const id = await create(context, 'a');
      const parts = [await part(context, 'a', id, 1, 'x')];
      return [
        await status(complete(context, 'a', id, parts, { IfNoneMatch: '*' })),
        await status(complete(context, 'a', id, parts, { IfNoneMatch: '*' })),
        await text(context, 'a'),
      ];
    },
  },
  {
    name: 'Complete If-None-Match: * of a key that was there before: 412, and the upload survives',
    aws: ['412 PreconditionFailed', 'old', '200', '204'],
    run: async (context) => {
      await put(context, 'a', { Body: 'old' });
      const id = await create(context, 'a');
      const parts = [await part(context, 'a', id, 1, 'new')];
      return [
        await status(complete(context, 'a', id, parts, { IfNoneMatch: '*' })),
        await text(context, 'a'),
        await status(listParts(context, 'a', id)),
        await status(abort(context, 'a', id)),
      ];
    },
  },
  {
    name: 'Complete If-Match of the ETag that is there, and again',
    aws: ['200', '200', 'new'],
    run: async (context) => {
      await put(context, 'a', { Body: 'old' });
      const id = await create(context, 'a');
      const parts = [await part(context, 'a', id, 1, 'new')];
      return [
        await status(complete(context, 'a', id, parts, { IfMatch: quotedMd5('old') })),
        await status(complete(context, 'a', id, parts, { IfMatch: quotedMd5('old') })),
        await text(context, 'a'),
      ];
    },
  },
  {
    name: 'Complete If-Match of a stale ETag: 412, and the upload survives',
    aws: ['412 PreconditionFailed', 'old', '200', '204'],
    run: async (context) => {
      await put(context, 'a', { Body: 'old' });
      const id = await create(context, 'a');
      const parts = [await part(context, 'a', id, 1, 'new')];
      return [
        await status(complete(context, 'a', id, parts, { IfMatch: OTHER_ETAG })),
        await text(context, 'a'),
        await status(listParts(context, 'a', id)),
        await status(abort(context, 'a', id)),
      ];
    },
  },
  {
    name: 'Complete If-Match of a key that was never there',
    aws: ['404 NoSuchKey', '200'],
    run: async (context) => {
      const id = await create(context, 'a');
      const parts = [await part(context, 'a', id, 1, 'new')];
      return [
        await status(complete(context, 'a', id, parts, { IfMatch: OTHER_ETAG })),
        await status(listParts(context, 'a', id)),
      ];
    },
  },
  {
    name: 'Complete If-None-Match: * of a key written since Create: 409, and the upload is gone',
    aws: ['409 ConditionalRequestConflict', '404 NoSuchUpload', 'other'],
    run: async (context) => {
      const id = await create(context, 'a');
      const parts = [await part(context, 'a', id, 1, 'new')];
      await put(context, 'a', { Body: 'other' });
      return [
        await status(complete(context, 'a', id, parts, { IfNoneMatch: '*' })),
        await status(listParts(context, 'a', id)),
        await text(context, 'a'),
      ];
    },
  },
  {
    name: 'Complete If-Match of an ETag that was written again since Create: 409, and the upload is gone',
    aws: ['409 ConditionalRequestConflict', '404 NoSuchUpload', 'old'],
    run: async (context) => {
      await put(context, 'a', { Body: 'old' });
      const id = await create(context, 'a');
      const parts = [await part(context, 'a', id, 1, 'new')];
      await put(context, 'a', { Body: 'old' });
      return [
        await status(complete(context, 'a', id, parts, { IfMatch: quotedMd5('old') })),
        await status(listParts(context, 'a', id)),
        await text(context, 'a'),
      ];
    },
  },
  {
    name: 'Complete If-None-Match: * of a key deleted since Create',
    aws: '409 ConditionalRequestConflict',
    run: async (context) => {
      await put(context, 'a', { Body: 'old' });
      const id = await create(context, 'a');
      const parts = [await part(context, 'a', id, 1, 'new')];
      await remove(context, 'a');
      return status(complete(context, 'a', id, parts, { IfNoneMatch: '*' }));
    },
  },
  {
    name: 'Complete again, unconditionally',
    aws: ['200', '200', true],
    run: async (context) => {
      const id = await create(context, 'a');
      const parts = [await part(context, 'a', id, 1, 'x')];
      const first = complete(context, 'a', id, parts);
      const firstStatus = await status(first);
      const second = complete(context, 'a', id, parts);
      const secondStatus = await status(second);
      if (secondStatus !== '200') return [firstStatus, secondStatus];
      return [firstStatus, secondStatus, (await first).ETag === (await second).ETag];
    },
  },
  {
    name: 'a full-object CRC32, declared at Create and given at Complete, with the parts’',
    aws: { parts: ['200', '200'], wrong: '400 BadDigest', right: '200', shown: true },
    run: (context) => crcUpload(context, [Buffer.alloc(5 * MIB, 7), Buffer.from('x')], { givesParts: true }),
  },
  {
    name: 'a full-object CRC32, declared at Create and given at Complete, without the parts’',
    aws: { parts: ['200', '200'], wrong: '400 BadDigest', right: '200', shown: true },
    run: (context) => crcUpload(context, [Buffer.alloc(5 * MIB, 7), Buffer.from('x')], { givesParts: false }),
  },
  {
    name: 'a part copy in an upload with a full-object CRC32',
    aws: { status: '200', crc: true },
    run: async (context) => {
      await put(context, 'source', { Body: 'hello' });
      const id = await create(context, 'a', { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
      const command = new UploadPartCopyCommand({
        Bucket: context.bucket,
        Key: `${context.prefix}a`,
        UploadId: id,
        PartNumber: 1,
        CopySource: `${context.bucket}/${context.prefix}source`,
      });
      const copied = context.s3.send(command);
      const answer = await status(copied);
      if (answer !== '200') return answer;
      return { status: answer, crc: (await copied).CopyPartResult?.ChecksumCRC32 === base64Crc32('hello') };
    },
  },
  {
    name: 'a full-object CRC32 of copied parts, given at Complete, with the parts’',
    aws: { parts: ['right', 'right'], wrong: '400 BadDigest', right: '200', shown: true },
    run: (context) => crcOfCopies(context, { sourceHasCrc: false, givesParts: true }),
  },
  {
    name: 'a full-object CRC32 of copied parts, given at Complete, without the parts’',
    aws: { parts: ['right', 'right'], wrong: '400 BadDigest', right: '200', shown: true },
    run: (context) => crcOfCopies(context, { sourceHasCrc: false, givesParts: false }),
  },
  {
    name: 'a full-object CRC32 of parts copied from an object that has one, with the parts’ as they were answered',
    aws: { parts: ['right', 'right'], wrong: '400 BadDigest', right: '200', shown: true },
    run: (context) => crcOfCopies(context, { sourceHasCrc: true, givesParts: true }),
  },
  {
    name: 'a part’s CRC32 at Complete that is not its own',
    aws: '400 InvalidPart',
    run: async (context) => {
      const { s3, bucket, prefix } = context;
      const UploadId = await create(context, 'a', {
        ChecksumAlgorithm: 'CRC32',
        ChecksumType: 'FULL_OBJECT',
      });
      const sent = await s3.send(
        new UploadPartCommand({
          Bucket: bucket,
          Key: `${prefix}a`,
          UploadId,
          PartNumber: 1,
          Body: Buffer.from('hello'),
          ChecksumCRC32: base64Crc32('hello'),
        }),
      );
      const parts = [{ PartNumber: 1, ETag: sent.ETag!, ChecksumCRC32: base64Crc32('other') }];
      const whole = { ChecksumCRC32: base64Crc32('hello'), ChecksumType: 'FULL_OBJECT' } as const;
      return status(complete(context, 'a', UploadId, parts, whole));
    },
  },
  {
    name: 'the size of the parts, asked of HEAD with a part number',
    aws: { PartsCount: 2, ContentLength: 5 * MIB },
    run: async (context) => {
      await multipart(context, 'a', [Buffer.alloc(5 * MIB), 'x']);
      try {
        const shown = await context.s3.send(
          new HeadObjectCommand({ Bucket: context.bucket, Key: `${context.prefix}a`, PartNumber: 1 }),
        );
        return { PartsCount: shown.PartsCount ?? 0, ContentLength: shown.ContentLength! };
      } catch (error) {
        return code(error);
      }
    },
  },
  // Access control lists. Block Public Access, which would refuse a public one on AWS, is taken to be off.
  {
    name: 'GetObjectAcl of an object without an ACL, and of a missing key',
    aws: [['owner FULL_CONTROL'], '404 NoSuchKey'],
    run: async (context) => {
      await put(context, 'a');
      return [await acl(context, 'a'), await acl(context, 'none')];
    },
  },
  {
    name: 'x-amz-acl: public-read in a bucket whose ownership nobody set',
    aws: ['400 AccessControlListNotSupported', '404 NoSuchKey'],
    run: async (context) => [
      await status(put(context, 'a', { ACL: 'public-read' })),
      await acl(context, 'a'),
    ],
  },
  {
    name: 'x-amz-acl in a bucket created with the ownership ObjectWriter, by PUT and by Create',
    aws: {
      'public-read': ['owner FULL_CONTROL', 'AllUsers READ'],
      'public-read-write': ['owner FULL_CONTROL', 'AllUsers READ', 'AllUsers WRITE'],
      'authenticated-read': ['owner FULL_CONTROL', 'AuthenticatedUsers READ'],
      private: ['owner FULL_CONTROL'],
      multipart: ['owner FULL_CONTROL', 'AllUsers READ'],
    },
    run: async (context) => {
      const own = await ownBucket(context, 'object-writer-1');
      const shown: Record<string, Answer> = {};
      for (const ACL of ['public-read', 'public-read-write', 'authenticated-read', 'private'] as const) {
        await put(own, ACL, { ACL });
        shown[ACL] = await acl(own, ACL);
      }
      await multipart(own, 'multipart', ['x'], { ACL: 'public-read' });
      return { ...shown, multipart: await acl(own, 'multipart') };
    },
  },
  {
    name: 'a copy, onto itself or not, has the ACL that it names, else none, and keeps the tags',
    aws: {
      before: ['owner FULL_CONTROL', 'AllUsers READ'],
      copy: ['owner FULL_CONTROL'],
      self: ['owner FULL_CONTROL'],
      named: ['owner FULL_CONTROL', 'AllUsers READ'],
      tags: ['a=1', 'a=1'],
    },
    run: async (context) => {
      const own = await ownBucket(context, 'object-writer-2');
      const REPLACE = { MetadataDirective: 'REPLACE', ContentType: 'text/css' } as const;
      await put(own, 'a', { Body: 'hello', ACL: 'public-read', Tagging: 'a=1' });
      const before = await acl(own, 'a');
      await copy(own, 'a', 'b');
      await copy(own, 'a', 'a', { ...REPLACE, TaggingDirective: 'COPY' });
      const self = [await acl(own, 'a'), await tags(own, 'a')];
      await copy(own, 'a', 'a', { ...REPLACE, ACL: 'public-read' });
      const named = [await acl(own, 'a'), await tags(own, 'a')];
      return {
        before,
        copy: await acl(own, 'b'),
        self: self[0]!,
        named: named[0]!,
        tags: [self[1]!, named[1]!],
      };
    },
  },
  // Deleting
  {
    name: 'DeleteObject',
    aws: { there: '204', missing: '204' },
    run: async (context) => {
      await put(context, 'a');
      return { there: await status(remove(context, 'a')), missing: await status(remove(context, 'a')) };
    },
  },
  {
    name: 'DeleteObject If-Match',
    aws: { stale: '412 PreconditionFailed', kept: '200', right: '204', missing: '404 NoSuchKey' },
    run: async (context) => {
      await put(context, 'a', { Body: 'x' });
      return {
        stale: await status(remove(context, 'a', OTHER_ETAG)),
        kept: await status(head(context, 'a')),
        right: await status(remove(context, 'a', quotedMd5('x'))),
        missing: await status(remove(context, 'a', quotedMd5('x'))),
      };
    },
  },
  {
    name: 'DeleteObjects',
    aws: { deleted: ['a', 'none'], quiet: [], left: [] },
    run: async (context) => {
      for (const name of ['a', 'b']) await put(context, name);
      const loud = await removeAll(context, [{ name: 'a' }, { name: 'none' }]);
      const quiet = await removeAll(context, [{ name: 'b' }], { Quiet: true });
      return { deleted: loud, quiet, left: await list(context) };
    },
  },
  {
    name: 'DeleteObjects with an ETag per key',
    aws: { answer: ['a', 'b PreconditionFailed', 'none NoSuchKey'], left: ['b'] },
    run: async (context) => {
      for (const name of ['a', 'b']) await put(context, name, { Body: 'x' });
      const answer = await removeAll(context, [
        { name: 'a', etag: quotedMd5('x') },
        { name: 'b', etag: OTHER_ETAG },
        { name: 'none', etag: OTHER_ETAG },
      ]);
      return { answer, left: await list(context) };
    },
  },
  {
    name: 'DeleteObjects with ChecksumAlgorithm MD5',
    aws: ['a'],
    run: async (context) => {
      await put(context, 'a');
      return removeAll(context, [{ name: 'a' }], {}, { ChecksumAlgorithm: 'MD5' }).catch((error: unknown) =>
        code(error),
      );
    },
  },
  {
    name: 'DeleteObjects with Content-MD5 and no word of it in x-amz-sdk-checksum-algorithm',
    aws: '200',
    run: async ({ s3, bucket, prefix }) => {
      const command = new DeleteObjectsCommand({
        Bucket: bucket,
        ChecksumAlgorithm: 'MD5',
        Delete: { Objects: [{ Key: `${prefix}a` }] },
      });
      command.middlewareStack.add(
        (next) => (args) => {
          delete (args.request as { headers: Record<string, string> }).headers[
            'x-amz-sdk-checksum-algorithm'
          ];
          return next(args);
        },
        { step: 'build', priority: 'low' },
      );
      return status(s3.send(command));
    },
  },
  {
    name: 'DeleteObjects of 1,001 keys',
    aws: '400 MalformedXML',
    run: (context) =>
      status(
        removeAll(
          context,
          Array.from({ length: 1001 }, (_, i) => ({ name: `${i}` })),
        ),
      ),
  },
  // Buckets
  {
    name: 'the Server header of a listing and of an error',
    aws: ['AmazonS3', 'AmazonS3'],
    run: async ({ s3, bucket }) => {
      const serverOf = async (name: string): Promise<string> => {
        const command = new ListObjectsV2Command({ Bucket: name });
        let server: string | undefined;
        command.middlewareStack.add(
          (next) => async (args) => {
            const result = await next(args);
            server = (result.response as { headers: Record<string, string> }).headers.server;
            return result;
          },
          { step: 'deserialize', priority: 'low' },
        );
        await status(s3.send(command));
        // What stands behind the name differs from build to build.
        return server?.split(' ', 1)[0] ?? 'none';
      };
      return [await serverOf(bucket), await serverOf('no-such-bucket-here')];
    },
  },
  {
    name: 'GetBucketOwnershipControls, of a bucket created without a word and as ObjectWriter, and of none',
    aws: ['BucketOwnerEnforced', 'ObjectWriter', '404 NoSuchBucket'],
    run: async (context) => {
      const ownership = async (Bucket: string): Promise<string> => {
        try {
          const answer = await context.s3.send(new GetBucketOwnershipControlsCommand({ Bucket }));
          return answer.OwnershipControls?.Rules?.[0]?.ObjectOwnership ?? 'none';
        } catch (error) {
          return code(error);
        }
      };
      const own = await ownBucket(context, 'object-writer-3');
      return [
        await ownership(context.bucket),
        await ownership(own.bucket),
        await ownership('no-such-bucket-here'),
      ];
    },
  },
  {
    name: 'HeadBucket',
    aws: { region: 'us-east-1', missing: '404 NotFound' },
    run: async ({ s3, bucket }) => ({
      region: (await s3.send(new HeadBucketCommand({ Bucket: bucket }))).BucketRegion ?? 'none',
      missing: await status(s3.send(new HeadBucketCommand({ Bucket: 'no-such-bucket-here' }))),
    }),
  },
  {
    name: 'CreateBucket of a name that is mine already, ListBuckets',
    aws: ['200', true],
    run: async ({ s3, bucket }) => [
      await status(s3.send(new CreateBucketCommand({ Bucket: bucket }))),
      ((await s3.send(new ListBucketsCommand({}))).Buckets ?? []).some(({ Name }) => Name === bucket),
    ],
  },
  {
    name: 'writing to a bucket that does not exist',
    aws: {
      put: '404 NoSuchBucket',
      copy: '404 NoSuchBucket',
      source: '404 NoSuchBucket',
      create: '404 NoSuchBucket',
    },
    run: async (context) => {
      await put(context, 'a');
      // A name of its own for each: a server that makes the bucket would answer for the next one too.
      const nowhere = (n: number): Context => ({ ...context, bucket: `no-such-bucket-${n}` });
      const { prefix, bucket } = context;
      return {
        put: await status(put(nowhere(1), 'a')),
        copy: await status(copy(nowhere(2), 'a', 'a', { CopySource: `${bucket}/${prefix}a` })),
        source: await status(copy(context, 'a', 'b', { CopySource: `no-such-bucket-4/${prefix}a` })),
        create: await status(create(nowhere(3), 'a')),
      };
    },
  },
];

const ALL_HEADERS = {
  ContentType: 'text/css; charset=utf-8',
  CacheControl: 'max-age=1',
  ContentDisposition: 'attachment; filename="a.css"',
  ContentEncoding: 'gzip',
  ContentLanguage: 'de',
  Expires: new Date('2099-10-21T07:28:00Z'),
  WebsiteRedirectLocation: '/there',
  Metadata: { 'md5-of-this': 'md5:0/mode:33188' },
} as const;

function shownHeaders(answer: HeadObjectCommandOutput): Record<string, Answer> {
  const shown: Record<string, Answer> = {};
  for (const name of [
    'ContentType',
    'CacheControl',
    'ContentDisposition',
    'ContentEncoding',
    'ContentLanguage',
    'ExpiresString',
    'WebsiteRedirectLocation',
    'Metadata',
  ] as const) {
    const value = answer[name];
    if (value !== undefined) shown[name] = value;
  }
  return shown;
}

/** `200`, or the status and the code of the error. */
async function status(answer: Promise<unknown>): Promise<string> {
  try {
    const value = await answer;
    const { $metadata } = value as { readonly $metadata?: { readonly httpStatusCode?: number } };
    return String($metadata?.httpStatusCode ?? 200);
  } catch (error) {
    return code(error);
  }
}

function code(error: unknown): string {
  if (!(error instanceof S3ServiceException)) throw error;
  return `${error.$metadata.httpStatusCode} ${error.name}`;
}

function md5(body: string | Buffer): string {
  return createHash('md5').update(body).digest('hex');
}

function quotedMd5(body: string | Buffer): string {
  return `"${md5(body)}"`;
}

/** Whether an ETag proves what the object holds, and whether it is quoted as AWS quotes it. */
function etagKind(etag: string | undefined, body: string | Buffer): string {
  if (etag === quotedMd5(body)) return 'MD5';
  if (etag === md5(body)) return 'MD5 without quotes';
  return etag?.includes('-') === true ? 'that of parts' : 'no MD5 of it';
}

function base64Md5(body: string): string {
  return createHash('md5').update(body).digest('base64');
}

function base64Crc32(body: string | Buffer): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64');
}

function multipartEtag(parts: readonly Buffer[]): string {
  const hash = createHash('md5');
  for (const body of parts) hash.update(createHash('md5').update(body).digest());
  return `"${hash.digest('hex')}-${parts.length}"`;
}

function put({ s3, bucket, prefix }: Context, name: string, extra: Partial<PutObjectCommandInput> = {}) {
  const { Body = '' } = extra;
  // The SDK takes an empty string for a stream of unknown length.
  const body = typeof Body === 'string' ? Buffer.from(Body) : Body;
  return s3.send(new PutObjectCommand({ Bucket: bucket, Key: prefix + name, ...extra, Body: body }));
}

/** The SDK sends a stream with a checksum as aws-chunked, each of the stream's chunks as one of its own. */
function putChunks({ s3, bucket, prefix }: Context, name: string, chunks: readonly string[]) {
  return s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: prefix + name,
      Body: Readable.from(chunks.map((chunk) => Buffer.from(chunk))),
      ContentLength: chunks.join('').length,
      ContentEncoding: 'gzip',
      ChecksumAlgorithm: 'CRC32',
    }),
  );
}

function get(
  { s3, bucket, prefix }: Context,
  name: string,
  extra: { readonly Range?: string; readonly IfMatch?: string; readonly IfNoneMatch?: string } = {},
) {
  return s3.send(new GetObjectCommand({ Bucket: bucket, Key: prefix + name, ...extra }));
}

async function text(context: Context, name: string): Promise<string> {
  return (await get(context, name)).Body!.transformToString();
}

function head({ s3, bucket, prefix }: Context, name: string) {
  return s3.send(new HeadObjectCommand({ Bucket: bucket, Key: prefix + name }));
}

function copy(
  { s3, bucket, prefix }: Context,
  from: string,
  to: string,
  extra: Partial<CopyObjectCommandInput> = {},
) {
  const CopySource = `${bucket}/${encodeURIComponent(prefix + from)}`;
  return s3.send(new CopyObjectCommand({ Bucket: bucket, Key: prefix + to, CopySource, ...extra }));
}

function remove({ s3, bucket, prefix }: Context, name: string, etag?: string) {
  return s3.send(
    new DeleteObjectCommand({
      Bucket: bucket,
      Key: prefix + name,
      ...(etag === undefined ? {} : { IfMatch: etag }),
    }),
  );
}

async function removeAll(
  { s3, bucket, prefix }: Context,
  objects: readonly { readonly name: string; readonly etag?: string }[],
  extra: { readonly Quiet?: boolean } = {},
  options: { readonly ChecksumAlgorithm?: 'MD5' } = {},
): Promise<string[]> {
  const answer = await s3.send(
    new DeleteObjectsCommand({
      Bucket: bucket,
      ...options,
      Delete: {
        ...extra,
        Objects: objects.map(({ name, etag }) => ({
          Key: prefix + name,
          ...(etag === undefined ? {} : { ETag: etag }),
        })),
      },
    }),
  );
  return [
    ...(answer.Deleted ?? []).map(({ Key }) => Key!.slice(prefix.length)),
    ...(answer.Errors ?? []).map(({ Key, Code }) => `${Key!.slice(prefix.length)} ${Code}`),
  ];
}

function listPage({ s3, bucket, prefix }: Context, extra: Partial<ListObjectsV2CommandInput>) {
  return s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...extra }));
}

async function list(context: Context): Promise<string[]> {
  return names(context, (await listPage(context, {})).Contents);
}

function names(
  { prefix }: Context,
  contents: readonly { readonly Key?: string | undefined }[] | undefined,
): string[] {
  return (contents ?? []).map(({ Key }) => Key!.slice(prefix.length));
}

async function tags({ s3, bucket, prefix }: Context, name: string): Promise<string> {
  const { TagSet } = await s3.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: prefix + name }));
  return (TagSet ?? [])
    .map(({ Key, Value }) => `${Key}=${Value}`)
    .sort()
    .join('&');
}

async function create(
  { s3, bucket, prefix }: Context,
  name: string,
  extra: Partial<CreateMultipartUploadCommandInput> = {},
): Promise<string> {
  const command = new CreateMultipartUploadCommand({ Bucket: bucket, Key: prefix + name, ...extra });
  return (await s3.send(command)).UploadId!;
}

async function part(
  { s3, bucket, prefix }: Context,
  name: string,
  id: string,
  PartNumber: number,
  body: string | Buffer,
  ContentMD5?: string,
): Promise<CompletedPart> {
  const { ETag } = await s3.send(
    new UploadPartCommand({
      Bucket: bucket,
      Key: prefix + name,
      UploadId: id,
      PartNumber,
      Body: typeof body === 'string' ? Buffer.from(body) : body,
      ...(ContentMD5 === undefined ? {} : { ContentMD5 }),
    }),
  );
  return { PartNumber, ETag: ETag! };
}

async function partCopy(
  { s3, bucket, prefix }: Context,
  from: string,
  name: string,
  id: string,
  PartNumber: number,
  extra: {
    readonly CopySourceRange?: string;
    readonly CopySourceIfMatch?: string;
    readonly CopySourceIfNoneMatch?: string;
  } = {},
): Promise<CompletedPart> {
  const { CopyPartResult } = await s3.send(
    new UploadPartCopyCommand({
      Bucket: bucket,
      Key: prefix + name,
      UploadId: id,
      PartNumber,
      CopySource: `${bucket}/${encodeURIComponent(prefix + from)}`,
      ...extra,
    }),
  );
  return { PartNumber, ETag: CopyPartResult!.ETag! };
}

async function crcUpload(
  context: Context,
  bodies: readonly Buffer[],
  { givesParts }: { readonly givesParts: boolean },
): Promise<Answer> {
  const { s3, bucket, prefix } = context;
  const Key = `${prefix}a`;
  const UploadId = await create(context, 'a', { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
  const statuses: string[] = [];
  const parts: CompletedPart[] = [];
  for (const [i, Body] of bodies.entries()) {
    const PartNumber = i + 1;
    const checksum = givesParts ? { ChecksumCRC32: base64Crc32(Body) } : {};
    const sent = s3.send(
      new UploadPartCommand({ Bucket: bucket, Key, UploadId, PartNumber, Body, ...checksum }),
    );
    statuses.push(await status(sent));
    if (statuses.at(-1) !== '200') return { parts: statuses };
    parts.push({ PartNumber, ETag: (await sent).ETag!, ...checksum });
  }
  return { parts: statuses, ...(await completeWithCrc(context, UploadId, parts, Buffer.concat(bodies))) };
}

/** A bucket that allows ACLs, where that can be said at its creation. */
async function ownBucket(context: Context, name: string): Promise<Context> {
  await context.s3.send(new CreateBucketCommand({ Bucket: name, ObjectOwnership: 'ObjectWriter' }));
  return { ...context, bucket: name };
}

/** Who may do what: the owner by that name, a group by the last word of its address. */
async function acl({ s3, bucket, prefix }: Context, name: string): Promise<Answer> {
  try {
    const answer = await s3.send(new GetObjectAclCommand({ Bucket: bucket, Key: prefix + name }));
    return (answer.Grants ?? []).map(({ Grantee, Permission }) => {
      const isOwner = Grantee?.ID !== undefined && Grantee.ID === answer.Owner?.ID;
      const group = Grantee?.URI?.split('/').at(-1);
      return `${isOwner ? 'owner' : (group ?? 'nobody')} ${Permission}`;
    });
  } catch (error) {
    return code(error);
  }
}

/** Two parts copied from one object, completed with the CRC32 of something else and then with that of the whole. */
async function crcOfCopies(
  context: Context,
  { sourceHasCrc, givesParts }: { readonly sourceHasCrc: boolean; readonly givesParts: boolean },
): Promise<Answer> {
  const { s3, bucket, prefix } = context;
  const ranges = [Buffer.alloc(5 * MIB, 'abc'), Buffer.from('x')];
  const whole = Buffer.concat(ranges);
  await put(context, 'source', {
    Body: whole,
    ...(sourceHasCrc ? { ChecksumCRC32: base64Crc32(whole) } : {}),
  });
  const Key = `${prefix}a`;
  const UploadId = await create(context, 'a', { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
  const said: string[] = [];
  const parts: CompletedPart[] = [];
  let from = 0;
  for (const [i, range] of ranges.entries()) {
    const command = new UploadPartCopyCommand({
      Bucket: bucket,
      Key,
      UploadId,
      PartNumber: i + 1,
      CopySource: `${bucket}/${prefix}source`,
      CopySourceRange: `bytes=${from}-${from + range.length - 1}`,
    });
    from += range.length;
    try {
      const { CopyPartResult } = await s3.send(command);
      const crc = CopyPartResult?.ChecksumCRC32;
      said.push(crc === base64Crc32(range) ? 'right' : crc === base64Crc32(whole) ? 'the whole’s' : 'other');
      const checksum = givesParts && crc !== undefined ? { ChecksumCRC32: crc } : {};
      parts.push({ PartNumber: i + 1, ETag: CopyPartResult!.ETag!, ...checksum });
    } catch (error) {
      return { parts: [...said, code(error)] };
    }
  }
  return { parts: said, ...(await completeWithCrc(context, UploadId, parts, whole)) };
}

/** With a wrong CRC32 of the whole, then with the right one. */
async function completeWithCrc(
  context: Context,
  id: string,
  parts: readonly CompletedPart[],
  whole: Buffer,
): Promise<{ readonly [name: string]: Answer }> {
  const { s3, bucket, prefix } = context;
  const finish = (ChecksumCRC32: string): Promise<string> =>
    status(complete(context, 'a', id, parts, { ChecksumCRC32, ChecksumType: 'FULL_OBJECT' }));
  const wrong = await finish(base64Crc32('wrong'));
  const right = await finish(base64Crc32(whole));
  const shown = await s3
    .send(new HeadObjectCommand({ Bucket: bucket, Key: `${prefix}a`, ChecksumMode: 'ENABLED' }))
    .catch(() => undefined);
  return { wrong, right, shown: shown?.ChecksumCRC32 === base64Crc32(whole) };
}

function complete(
  { s3, bucket, prefix }: Context,
  name: string,
  id: string,
  parts: readonly CompletedPart[],
  extra: Partial<CompleteMultipartUploadCommandInput> = {},
) {
  return s3.send(
    new CompleteMultipartUploadCommand({
      Bucket: bucket,
      Key: prefix + name,
      UploadId: id,
      MultipartUpload: { Parts: [...parts] },
      ...extra,
    }),
  );
}

function abort({ s3, bucket, prefix }: Context, name: string, id: string) {
  return s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: prefix + name, UploadId: id }));
}

function listParts(
  { s3, bucket, prefix }: Context,
  name: string,
  id: string,
  extra: { readonly MaxParts?: number; readonly PartNumberMarker?: string } = {},
) {
  return s3.send(new ListPartsCommand({ Bucket: bucket, Key: prefix + name, UploadId: id, ...extra }));
}

async function uploads({ s3, bucket, prefix }: Context) {
  return (await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix }))).Uploads ?? [];
}

async function multipart(
  context: Context,
  name: string,
  bodies: readonly (string | Buffer)[],
  extra: Partial<CreateMultipartUploadCommandInput> = {},
) {
  const id = await create(context, name, extra);
  const parts: CompletedPart[] = [];
  for (const [i, body] of bodies.entries()) parts.push(await part(context, name, id, i + 1, body));
  return complete(context, name, id, parts);
}
