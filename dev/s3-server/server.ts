import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Certificate } from '../certificate.js';
import { type AccessKey, AccessTable } from './access.js';
import type { Answer } from './answer.js';
import { bodySize } from './answer.js';
import { tagsOf } from './attributes.js';
import * as buckets from './buckets.js';
import { Content } from './content.js';
import { awsLimits, Context, type Limits } from './context.js';
import { errorAnswer, errorDocument, S3Error, stsErrorAnswer } from './errors.js';
import { type Fault, Faults, type Filter, type Intercept, matchesFilter } from './faults.js';
import { RequestLog } from './log.js';
import * as objects from './objects.js';
import { type Deviations, type Profile, profiles } from './profiles.js';
import { type Operation, receive, type S3Request } from './request.js';
import type { Bucket, BucketOptions, Encryption, StoredObject, Upload } from './state.js';
import * as uploads from './uploads.js';

export interface S3ServerOptions {
  /** Any free port, when left out. */
  readonly port?: number;
  /** That of buckets which name none. */
  readonly region?: string;
  /** Buckets to begin with; createBucket makes more of them, with options. */
  readonly buckets?: readonly string[];
  /** Whose deviations from AWS to have; none, when left out. */
  readonly profile?: Profile;
  /** Single deviations on top of the profile's. */
  readonly deviations?: Partial<Deviations>;
  readonly limits?: Partial<Limits>;
  /** Without it, every access key is known and may do everything. */
  readonly accessKeys?: readonly AccessKey[];
  readonly account?: string;
  /** Milliseconds that a request waits before it is processed. */
  readonly latency?: Latency;
  readonly intercept?: Intercept;
  /** Of the generator behind the faults' probabilities. */
  readonly seed?: number;
  /** Keeps size and MD5 of what is sent, not the bytes: for benchmarks with more data than memory. */
  readonly discardBodies?: boolean;
  /** Counts requests without keeping them. */
  readonly countOnly?: boolean;
  /** In milliseconds since the epoch. */
  readonly clock?: () => number;
  /** HTTPS, with this certificate. */
  readonly tls?: Certificate | undefined;
}

export type Latency =
  | number
  | Readonly<Partial<Record<Operation, number>>>
  | ((request: S3Request) => number);

export type BeforeHook = (request: S3Request) => void | Promise<void>;
export type AfterHook = (request: S3Request, answer: Answer) => void | Promise<void>;

export interface PutOptions {
  /** Lower-case names: content-type, cache-control, x-amz-meta-*, x-amz-storage-class and so on. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly encryption?: Encryption;
  /** In place of the MD5, as for an object that was uploaded in parts. */
  readonly etag?: string;
  /** Sizes of the parts that it was uploaded in. */
  readonly parts?: readonly number[];
  readonly lastModified?: Date;
  readonly isRestored?: boolean;
  readonly acl?: string;
}

/** The server's side of a test. */
export class S3Server {
  readonly profile: Profile;
  readonly deviations: Deviations;
  readonly faults: Faults;
  readonly access: AccessTable;
  readonly log: RequestLog;
  latency: Latency;
  readonly #context: Context;
  readonly #discardBodies: boolean;
  readonly #before = new Set<{ readonly match: Filter; readonly hook: BeforeHook }>();
  readonly #after = new Set<{ readonly match: Filter; readonly hook: AfterHook }>();
  readonly #http: Server | TlsServer;
  readonly #scheme: 'http' | 'https';
  #requests = 0;

  constructor(options: S3ServerOptions) {
    this.profile = options.profile ?? 'aws';
    this.deviations = { ...profiles[this.profile], ...options.deviations };
    this.faults = new Faults(options.seed ?? 1, options.intercept);
    this.access = new AccessTable(options.accessKeys);
    this.log = new RequestLog(options.countOnly !== true);
    this.latency = options.latency ?? 0;
    this.#discardBodies = options.discardBodies ?? false;
    this.#context = new Context(
      this.deviations,
      { ...awsLimits, ...options.limits },
      this.access,
      options.region ?? 'us-east-1',
      options.account ?? '123456789012',
      options.clock ?? Date.now,
    );
    for (const name of options.buckets ?? []) this.createBucket(name);
    // A pooled socket that the server closes under a client looks like a fault that no test asked for.
    const connections = { keepAliveTimeout: 600_000, requestTimeout: 0 };
    const serve = (message: IncomingMessage, response: ServerResponse): void =>
      void this.#serve(message, response);
    const { tls } = options;
    this.#scheme = tls === undefined ? 'http' : 'https';
    this.#http =
      tls === undefined
        ? createServer(connections, serve)
        : createTlsServer({ ...connections, key: tls.key, cert: tls.cert }, serve);
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(port, '127.0.0.1', () => resolve());
    });
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  get endpoint(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  get region(): string {
    return this.#context.region;
  }

  get account(): string {
    return this.#context.account;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    this.#http.closeAllConnections();
    await closed;
  }

  createBucket(name: string, options: BucketOptions = {}): void {
    this.#context.createBucket(name, options);
  }

  /** The objects of a bucket in the order of a listing. */
  objects(bucket: string): readonly StoredObject[] {
    const { keys, objects: stored } = this.#bucket(bucket);
    return [...keys.from(() => false)].flatMap((key) => stored.get(key) ?? []);
  }

  object(bucket: string, key: string): StoredObject | undefined {
    return this.#bucket(bucket).objects.get(key);
  }

  /** Keys and contents as text, for a comparison in one line. */
  texts(bucket: string): Readonly<Record<string, string>> {
    return Object.fromEntries(this.objects(bucket).map(({ key, content }) => [key, content.text()]));
  }

  /** The uploads that were neither completed nor aborted. */
  uploads(bucket: string): readonly Upload[] {
    return [...this.#bucket(bucket).uploads.values()];
  }

  /** Another writer's PUT: no request, no fault, no log. */
  putObject(bucket: string, key: string, body: string | Buffer, options: PutOptions = {}): StoredObject {
    const bytes = Content.of(Buffer.from(body));
    const content = this.#discardBodies ? Content.discarded(bytes.size, bytes.md5) : bytes;
    const encryption = options.encryption ?? this.#bucket(bucket).options.encryption;
    const object: StoredObject = {
      key,
      content,
      etag: options.etag ?? objects.etagOf(this.#context, encryption, content),
      lastModified: options.lastModified ?? this.#context.now(),
      headers: { 'content-type': 'binary/octet-stream', ...options.headers },
      tags: options.tags === undefined ? new Map() : tagsOf(new URLSearchParams(options.tags).toString()),
      encryption,
      acl: options.acl,
      checksum: undefined,
      parts: options.parts,
      isRestored: options.isRestored ?? false,
    };
    this.#bucket(bucket).put(object);
    return object;
  }

  /** Another writer's DELETE. */
  deleteObject(bucket: string, key: string): void {
    this.#bucket(bucket).delete(key);
  }

  /**
   * Runs before each matching request is processed, which waits for it: the place to overwrite an object between a
   * client's listing and its copy, or to kill the client. Returns what removes the hook.
   */
  before(match: Filter, hook: BeforeHook): () => void {
    const entry = { match, hook };
    this.#before.add(entry);
    return () => void this.#before.delete(entry);
  }

  /** Runs when a matching request was processed, before its answer is sent. */
  after(match: Filter, hook: AfterHook): () => void {
    const entry = { match, hook };
    this.#after.add(entry);
    return () => void this.#after.delete(entry);
  }

  #bucket(name: string): Bucket {
    const bucket = this.#context.buckets.get(name);
    if (bucket === undefined) throw new Error(`the server has no bucket ${name}`);
    return bucket;
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const received = Date.now();
    const id = (++this.#requests).toString(16).toUpperCase().padStart(16, '0');
    const { serverHeader } = this.deviations;
    const common = {
      date: this.#context.now().toUTCString(),
      ...(serverHeader === '' ? {} : { server: serverHeader }),
      'x-amz-request-id': id,
      'x-amz-id-2': 'embedded',
    };
    // A client that goes away must not take the server with it.
    response.on('error', () => undefined);
    let request: S3Request;
    try {
      request = await receive(message, id, {
        discardBodies: this.#discardBodies,
        minChunkSize: this.deviations.smallChunks === 'refused' ? 8192 : 0,
      });
    } catch (error) {
      if (error instanceof S3Error)
        send(response, message.method === 'HEAD', errorAnswer(error, '', id), common);
      else this.log.breakOff();
      return;
    }
    this.log.begin(request);
    const { answer, isProcessed } = await this.#answer(request);
    this.log.end(request, {
      status: answer === 'reset' || answer === 'hang' ? 0 : answer.status,
      error: typeof answer === 'string' ? undefined : errorCode(answer),
      isProcessed,
      received,
      answered: Date.now(),
    });
    if (answer === 'hang') return;
    if (answer === 'reset') message.socket.resetAndDestroy();
    else if ('isTruncated' in answer) truncate(response, answer, common);
    else send(response, request.method === 'HEAD', answer, common);
  }

  async #answer(
    request: S3Request,
  ): Promise<{ readonly answer: FinalAnswer; readonly isProcessed: boolean }> {
    const faults = this.faults.of(request);
    const delay = faults.reduce(
      (sum, fault) => sum + (fault.kind === 'delay' ? fault.ms : 0),
      this.#latencyOf(request),
    );
    if (delay > 0) await sleep(delay);
    for (const { match, hook } of this.#before) if (matchesFilter(match, request)) await hook(request);
    const fault = faults.find(({ kind }) => kind !== 'delay');
    if (fault !== undefined && !takesEffect(fault)) {
      return { answer: faultAnswer(fault, request, undefined), isProcessed: false };
    }
    // Nothing is awaited while a request is processed: each one is atomic.
    const answer = this.#process(request, fault);
    for (const { match, hook } of this.#after) if (matchesFilter(match, request)) await hook(request, answer);
    return { answer: fault === undefined ? answer : faultAnswer(fault, request, answer), isProcessed: true };
  }

  #latencyOf(request: S3Request): number {
    if (typeof this.latency === 'number') return this.latency;
    if (typeof this.latency === 'function') return this.latency(request);
    return this.latency[request.operation] ?? 0;
  }

  #process(request: S3Request, fault: Fault | undefined): Answer {
    try {
      this.access.authenticate(request);
      return operate(this.#context, request, fault);
    } catch (error) {
      const known = error instanceof S3Error ? error : new S3Error('InternalError', String(error));
      if (request.operation === 'GetCallerIdentity') return stsErrorAnswer(known, request.id);
      return errorAnswer(known, request.url, request.id);
    }
  }
}

type FinalAnswer = Answer | (Answer & { readonly isTruncated: true }) | 'reset' | 'hang';

function takesEffect(fault: Fault): boolean {
  return (
    fault.kind === 'truncate' || fault.kind === 'refuse-keys' || ('after' in fault && fault.after === true)
  );
}

/** What is sent in place of `answer`, which is undefined when the request was not processed. */
function faultAnswer(fault: Fault, request: S3Request, answer: Answer | undefined): FinalAnswer {
  switch (fault.kind) {
    case 'reset':
    case 'hang':
      return fault.kind;
    case 'error':
      return errorAnswer(new S3Error(fault.code), request.url, request.id);
    case 'error-in-body': {
      const body = errorDocument(new S3Error(fault.code), request.url, request.id);
      return { status: 200, headers: { 'content-type': 'application/xml' }, body };
    }
    case 'truncate':
      return answer === undefined ? 'reset' : { ...answer, isTruncated: true };
    case 'refuse-keys':
    case 'delay':
      return answer ?? 'reset';
  }
}

function operate(context: Context, request: S3Request, fault: Fault | undefined): Answer {
  switch (request.operation) {
    case 'ListBuckets':
      return buckets.listBuckets(context, request);
    case 'CreateBucket':
      return buckets.createBucket(context, request);
    case 'HeadBucket':
      return buckets.headBucket(context, request);
    case 'DeleteBucket':
      return buckets.deleteBucket(context, request);
    case 'GetBucketLocation':
      return buckets.getBucketLocation(context, request);
    case 'GetBucketVersioning':
      return buckets.getBucketVersioning(context, request);
    case 'GetBucketOwnershipControls':
      return buckets.getBucketOwnershipControls(context, request);
    case 'ListObjects':
      return buckets.listObjects(context, request);
    case 'ListObjectsV2':
      return buckets.listObjectsV2(context, request);
    case 'HeadObject':
    case 'GetObject':
      return objects.headOrGetObject(context, request);
    case 'PutObject':
      return objects.putObject(context, request);
    case 'CopyObject':
      return objects.copyObject(context, request);
    case 'DeleteObject':
      return objects.deleteObject(context, request);
    case 'DeleteObjects':
      return objects.deleteObjects(context, request, refusalOf(fault));
    case 'GetObjectTagging':
      return objects.getObjectTagging(context, request);
    case 'PutObjectTagging':
      return objects.putObjectTagging(context, request);
    case 'DeleteObjectTagging':
      return objects.deleteObjectTagging(context, request);
    case 'GetObjectAcl':
      return objects.getObjectAcl(context, request);
    case 'CreateMultipartUpload':
      return uploads.createMultipartUpload(context, request);
    case 'UploadPart':
      return uploads.uploadPart(context, request);
    case 'UploadPartCopy':
      return uploads.uploadPartCopy(context, request);
    case 'ListParts':
      return uploads.listParts(context, request);
    case 'ListMultipartUploads':
      return uploads.listMultipartUploads(context, request);
    case 'CompleteMultipartUpload':
      return uploads.completeMultipartUpload(context, request);
    case 'AbortMultipartUpload':
      return uploads.abortMultipartUpload(context, request);
    case 'GetCallerIdentity':
      return objects.getCallerIdentity(context, request);
    case 'Unknown':
      throw new S3Error('NotImplemented');
  }
}

function refusalOf(fault: Fault | undefined): objects.KeyRefusal {
  if (fault?.kind !== 'refuse-keys') return () => undefined;
  return (key) => (fault.keys.test(key) ? new S3Error(fault.code) : undefined);
}

function errorCode(answer: Answer): string | undefined {
  // An error is the document, not a word within a listing.
  if (typeof answer.body !== 'string' || !answer.body.slice(0, 60).includes('<Error>')) return undefined;
  return /<Code>([^<]*)<\/Code>/.exec(answer.body)?.[1];
}

function send(
  response: ServerResponse,
  isHead: boolean,
  answer: Answer,
  common: Readonly<Record<string, string>>,
): void {
  const hasBody = !isHead && answer.status !== 204 && answer.status !== 304;
  const headers: Record<string, string> = { ...common, ...answer.headers };
  if (!hasBody) {
    // Of a HEAD's error AWS sends neither the document nor its type; of an object's HEAD the length of the object.
    if (typeof answer.body === 'string') delete headers['content-type'];
    response.writeHead(answer.status, headers).end();
    return;
  }
  response.writeHead(answer.status, { 'content-length': `${bodySize(answer)}`, ...headers });
  if (typeof answer.body === 'string') response.end(answer.body);
  else {
    for (const chunk of answer.body ?? []) response.write(chunk);
    response.end();
  }
}

/** Promises the whole body and sends half of it. */
function truncate(response: ServerResponse, answer: Answer, common: Readonly<Record<string, string>>): void {
  const { body = '' } = answer;
  const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.concat(body);
  if (bytes.length < 2) {
    response.socket?.resetAndDestroy();
    return;
  }
  response.writeHead(answer.status, { ...common, ...answer.headers, 'content-length': `${bytes.length}` });
  response.write(bytes.subarray(0, bytes.length >> 1), () => response.socket?.destroy());
}
