import { HeadObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import type { FinalizeHandler } from '@smithy/types';
import { messageOf } from '../model/errors.js';
import { configurationError } from './configuration-error.js';
import type { Origin } from './exchange.js';
import { isDirectoryBucket } from './providers.js';

/** Where and in whose name the requests about one bucket go. */
export interface Target extends Origin {
  /** The Host header. */
  readonly authority: string;
  /** Of the bucket itself, escaped. */
  readonly bucketPath: string;
  /** The key follows, escaped. */
  readonly objectPath: string;
  readonly region: string;
  readonly service: string;
  readonly userAgent: string;
}

interface BuiltRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Two requests that the SDK builds and signs in full, and that are never sent, tell what its rules make of region,
 * endpoint, path style, access points, FIPS, dual stack and its own environment. They are the same for every key.
 * `undefined`: these requests have something that the lean path does not know, and remain the SDK's.
 * Rejects with a `SyncError` of exit 2 where the SDK's rules allow no request.
 */
export async function resolveTarget(client: S3Client, bucket: string): Promise<Target | undefined> {
  // They have sessions in place of signatures; asking for one is a request.
  if (isDirectoryBucket(bucket)) return undefined;
  let onObject: BuiltRequest;
  let onBucket: BuiltRequest;
  try {
    // With options, even none, the client does not keep a command's middleware for the next command.
    onObject = await build((keep) => {
      const command = new HeadObjectCommand({ Bucket: bucket, Key: PROBE });
      command.middlewareStack.add(keep, LAST);
      return client.send(command, {});
    });
    onBucket = await build((keep) => {
      const command = new ListObjectsV2Command({ Bucket: bucket });
      command.middlewareStack.add(keep, LAST);
      return client.send(command, {});
    });
  } catch (error) {
    // What the SDK's rules refuse here they refuse in every call; nothing was sent.
    const told = messageOf(error);
    const advice = told.startsWith('Path-style')
      ? 'give an ARN without endpoint-url, or the alias of its access point as the bucket'
      : "correct bucket, region, endpoint-url, force-path-style, or the SDK's AWS_ variables";
    throw configurationError(
      'usage',
      `${bucket} cannot be asked for with the region and endpoint that are set (${told}): ${advice}`,
      error,
    );
  }
  const { headers, protocol, hostname, port, path } = onObject;
  const scope = SCOPE.exec(headers.authorization ?? '');
  const isKnown = [...Object.keys(headers), ...Object.keys(onBucket.headers)].every((n) => KNOWN.has(n));
  const isSame = onBucket.protocol === protocol && onBucket.hostname === hostname && onBucket.port === port;
  if (scope === null || !isKnown || !isSame || !path.endsWith(`/${PROBE}`)) return undefined;
  const [, region = '', service = ''] = scope;
  return {
    secure: protocol === 'https:',
    // As node:http wants an IPv6 address.
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    authority: headers.host ?? hostname,
    bucketPath: onBucket.path,
    objectPath: path.slice(0, -PROBE.length),
    region,
    service,
    userAgent: headers['user-agent'] ?? 'aws-sdk-js',
  };
}

const PROBE = 'probe';

/** An access key may hold anything; the scope's end is what is looked for. */
const SCOPE = /^AWS4-HMAC-SHA256 Credential=\S+\/\d{8}\/([^/\s,]+)\/([^/\s,]+)\/aws4_request,/;

/** What the SDK sends with everything. The lean path has the ones that are needed. */
const KNOWN: ReadonlySet<string> = new Set([
  'amz-sdk-invocation-id',
  'amz-sdk-request',
  'authorization',
  'host',
  'user-agent',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-user-agent',
  // Of a Lambda function, to find loops.
  'x-amzn-trace-id',
]);

type Keep = <Input extends object, Output extends object>(
  next: FinalizeHandler<Input, Output>,
) => FinalizeHandler<Input, Output>;

const LAST = { step: 'finalizeRequest', priority: 'low', name: 'keepAndDoNotSend' } as const;

async function build(run: (keep: Keep) => Promise<unknown>): Promise<BuiltRequest> {
  let built: BuiltRequest | undefined;
  await run(
    <Input extends object, Output extends object>(): FinalizeHandler<Input, Output> =>
      async (args) => {
        built = args.request as BuiltRequest;
        return { output: { $metadata: {} } as unknown as Output, response: undefined };
      },
  );
  if (built === undefined) throw new Error('the SDK built no request');
  return built;
}
