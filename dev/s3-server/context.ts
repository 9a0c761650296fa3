import type { AccessTable } from './access.js';
import { S3Error } from './errors.js';
import type { Deviations } from './profiles.js';
import type { S3Request } from './request.js';
import { byteOrder, directoryOrder } from './sorted-keys.js';
import { Bucket, type BucketOptions } from './state.js';

/** Limits of AWS that a test can make small enough to reach. */
export interface Limits {
  readonly minPartSize: number;
  readonly maxPartSize: number;
  readonly maxPutSize: number;
  readonly maxCopySize: number;
  readonly maxPageSize: number;
}

const GIB = 1024 ** 3;

export const awsLimits: Limits = {
  minPartSize: 5 * 1024 ** 2,
  maxPartSize: 5 * GIB,
  maxPutSize: 5 * GIB,
  maxCopySize: 5 * GIB,
  maxPageSize: 1000,
};

/** What the operations share. */
export class Context {
  readonly deviations: Deviations;
  readonly limits: Limits;
  readonly access: AccessTable;
  readonly region: string;
  readonly account: string;
  readonly buckets = new Map<string, Bucket>();
  readonly #clock: () => number;
  #ids = 0;

  constructor(
    deviations: Deviations,
    limits: Limits,
    access: AccessTable,
    region: string,
    account: string,
    clock: () => number,
  ) {
    this.deviations = deviations;
    this.limits = limits;
    this.access = access;
    this.region = region;
    this.account = account;
    this.#clock = clock;
  }

  /** S3's times have whole seconds. */
  now(): Date {
    return new Date(Math.floor(this.#clock() / 1000) * 1000);
  }

  /** Unique, and the same in each run of a test. */
  nextId(): string {
    return (++this.#ids).toString(16).toUpperCase().padStart(16, '0');
  }

  createBucket(name: string, options: BucketOptions = {}): Bucket {
    const order = this.deviations.listingOrder === 'directory' ? directoryOrder : byteOrder;
    const keepsDirectories = this.deviations.emptyDirectories === 'listed';
    const bucket = new Bucket(name, { region: this.region, ...options }, order, this.now(), keepsDirectories);
    this.buckets.set(name, bucket);
    return bucket;
  }

  /** The bucket of a request, which must be signed for its region. */
  bucketOf(request: S3Request): Bucket {
    const bucket = this.buckets.get(request.bucket);
    if (bucket === undefined) return this.#missingBucket(request);
    this.#checkRegion(request, bucket);
    const owner = request.headers['x-amz-expected-bucket-owner'];
    if (owner !== undefined && owner !== this.account) throw new S3Error('AccessDenied');
    return bucket;
  }

  #missingBucket(request: S3Request): Bucket {
    if (this.deviations.missingBucket === 'created') {
      if (request.operation === 'CopyObject') throw new S3Error('InternalError');
      if (CREATING.has(request.operation)) return this.createBucket(request.bucket);
    }
    throw new S3Error('NoSuchBucket', undefined, { BucketName: request.bucket });
  }

  /**
   * A request to another region's endpoint is redirected; one that went to the global endpoint, and is therefore
   * signed for us-east-1, is malformed. Both name the region.
   */
  #checkRegion(request: S3Request, bucket: Bucket): void {
    const region = bucket.options.region ?? this.region;
    if (request.region === undefined || request.region === region) return;
    const headers = { 'x-amz-bucket-region': region };
    if (request.region === 'us-east-1') {
      const message = `The authorization header is malformed; the region 'us-east-1' is wrong; expecting '${region}'`;
      throw new S3Error('AuthorizationHeaderMalformed', message, { Region: region }, headers);
    }
    const details = { Endpoint: `s3.${region}.amazonaws.com`, Bucket: bucket.name };
    throw new S3Error('PermanentRedirect', undefined, details, headers);
  }
}

const CREATING: ReadonlySet<string> = new Set(['PutObject', 'CreateMultipartUpload']);
