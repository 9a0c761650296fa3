import { hash } from 'node:crypto';
import type {
  CompleteInput,
  CopyAnswer,
  CopyInput,
  CreateAnswer,
  CreateInput,
  DeleteBatchAnswer,
  DeleteBatchInput,
  DeleteOneInput,
  GetAnswer,
  GetInput,
  HeadAnswer,
  HeadInput,
  ListAnswer,
  ListInput,
  PartAnswer,
  PartCopyAnswer,
  PartCopyInput,
  PartInput,
  PutInput,
  S3Calls,
  WriteAnswer,
} from './calls.js';
import { Connections } from './connections.js';
import { renewed } from './credentials.js';
import { type Connecting, exchange, LONGEST_ANSWER } from './exchange.js';
import { Flow } from './flow.js';
import { EMPTY_PAYLOAD, escapeKey, Signer, type SigningCredentials, UNSIGNED_PAYLOAD } from './sign.js';
import { AnswerError } from './store-errors.js';
import type { Target } from './target.js';
import {
  readComplete,
  readCopy,
  readCreate,
  readDeleteBatch,
  readGet,
  readHead,
  readList,
  readPart,
  readPartCopy,
  readPut,
  throwRefusal,
  type WireAnswer,
  type WireHeaders,
} from './wire-answer.js';
import * as wire from './wire-request.js';

export interface LeanOptions {
  /** Gives the credentials, renewed when it is time, and shares its clock: a client of the SDK, or what stands for one. */
  readonly client: {
    readonly config: {
      readonly credentials: (options?: { readonly forceRefresh: true }) => Promise<SigningCredentials>;
      /** Heard what their source said. */
      readonly logger?: unknown;
      /** Milliseconds. */
      systemClockOffset: number;
    };
  };
  readonly target: Target;
  readonly connecting: Connecting;
  /** Told of the headers of every answer. */
  readonly notice: (headers: WireHeaders) => void;
}

/** A key of 1,024 bytes is 3,072 when it is URL-encoded, and a page has 1,000 of them; some servers give more. */
const LONGEST_LISTING = 32 * 1024 * 1024;

/** S3 refuses what was signed 15 minutes off; the SDK believes another clock from 4 on. Milliseconds. */
const CLOCK_TOLERANCE_MS = 240_000;

/** What S3 says of credentials that are none any more. */
const EXPIRED: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'TokenRefreshRequired',
  'InvalidToken',
]);

/**
 * The calls past the SDK's commands, which cost more CPU than everything else of a small file together: built, signed,
 * sent and read here. The SDK said where to and as whom.
 */
export class LeanCalls implements S3Calls {
  readonly #options: LeanOptions;
  readonly #signer: Signer;
  readonly #flow = new Flow();
  /** None through a proxy. */
  readonly #connections: Connections | undefined;

  constructor(options: LeanOptions) {
    const { target, connecting } = options;
    this.#options = options;
    this.#connections = connecting.isProxied ? undefined : new Connections(target, connecting, this.#flow);
    this.#signer = new Signer(options.target.region, options.target.service);
  }

  /** See `Flow`. */
  get bytesMoved(): number {
    return this.#flow.bytes;
  }

  close(): void {
    this.#connections?.close();
  }

  async listObjectsV2(input: ListInput, signal: AbortSignal): Promise<ListAnswer> {
    return readList(await this.#send(wire.listRequest(input), signal, LONGEST_LISTING));
  }

  async headObject(input: HeadInput, signal: AbortSignal): Promise<HeadAnswer> {
    return readHead(await this.#send(wire.headRequest(input), signal));
  }

  async getObject(input: GetInput, maxBytes: number, signal: AbortSignal, room?: Buffer): Promise<GetAnswer> {
    return readGet(await this.#send(wire.getRequest(input), signal, maxBytes, room));
  }

  async putObject(input: PutInput, signal: AbortSignal): Promise<WriteAnswer> {
    return readPut(await this.#send(wire.putRequest(input), signal));
  }

  async copyObject(input: CopyInput, signal: AbortSignal): Promise<CopyAnswer> {
    return readCopy(await this.#send(wire.copyRequest(input), signal));
  }

  async createMultipartUpload(input: CreateInput, signal: AbortSignal): Promise<CreateAnswer> {
    return readCreate(await this.#send(wire.createRequest(input), signal));
  }

  async uploadPart(input: PartInput, signal: AbortSignal): Promise<PartAnswer> {
    return readPart(await this.#send(wire.partRequest(input), signal));
  }

  async uploadPartCopy(input: PartCopyInput, signal: AbortSignal): Promise<PartCopyAnswer> {
    return readPartCopy(await this.#send(wire.partCopyRequest(input), signal));
  }

  async completeMultipartUpload(input: CompleteInput, signal: AbortSignal): Promise<WriteAnswer> {
    return readComplete(await this.#send(wire.completeRequest(input), signal));
  }

  async deleteObject(input: DeleteOneInput, signal: AbortSignal): Promise<number> {
    return (await this.#send(wire.deleteRequest(input), signal)).status;
  }

  async deleteObjects(input: DeleteBatchInput, signal: AbortSignal): Promise<DeleteBatchAnswer> {
    return readDeleteBatch(await this.#send(wire.deleteBatchRequest(input), signal));
  }

  async #send(
    request: wire.WireRequest,
    signal: AbortSignal,
    maxBytes = LONGEST_ANSWER,
    room?: Buffer,
  ): Promise<WireAnswer> {
    const { client, target, connecting, notice } = this.#options;
    const { method, key, query, headers, body } = request;
    const path = key === undefined ? target.bucketPath : target.objectPath + escapeKey(key);
    headers.host = target.authority;
    // Not kept between requests: the client knows when they must be renewed.
    const credentials = await renewed(() => client.config.credentials(), client.config.logger);
    const offset = client.config.systemClockOffset;
    const payload = payloadOf(request, target.secure);
    this.#signer.sign({ method, path, query, headers, payload }, credentials, new Date(Date.now() + offset));
    headers['user-agent'] = target.userAgent;
    const isObject = method === 'GET' && key !== undefined;
    const mayTrickle = isObject || isMadeByS3(request);
    const outgoing = { method, path: query === '' ? path : `${path}?${query}`, headers, body, mayTrickle };
    const answer = await (this.#connections === undefined
      ? exchange(target, outgoing, connecting, maxBytes, signal, this.#flow)
      : this.#connections.exchange(outgoing, maxBytes, signal, room));
    notice(answer.headers);
    try {
      throwRefusal(answer, isObject);
    } catch (thrown) {
      if (answer.status === 403 && thrown instanceof AnswerError) this.#correctClock(answer, offset, thrown);
      if (thrown instanceof AnswerError && EXPIRED.has(thrown.name)) await this.#renew(credentials, thrown);
      throw thrown;
    }
    return answer;
  }

  /** Asks for other credentials where S3 ended those before their time, as when a session is revoked or its keys are replaced. */
  async #renew(used: SigningCredentials, refusal: AnswerError): Promise<void> {
    const { credentials } = this.#options.client.config;
    const isOther = ({ accessKeyId, sessionToken }: SigningCredentials): boolean =>
      accessKeyId !== used.accessKeyId || sessionToken !== used.sessionToken;
    // Of many that were refused at once the first asks the source. Where that gives none, what S3 said is told.
    const isRenewed = await credentials()
      .then(async (now) => isOther(now) || isOther(await credentials({ forceRefresh: true })))
      .catch(() => false);
    if (isRenewed) refusal.$metadata.credentialsRenewed = true;
  }

  /** Believes the server's clock where ours, with which the request was signed, is far from it. */
  #correctClock({ headers }: WireAnswer, offset: number, refusal: AnswerError): void {
    // An answer out of a cache has the time at which it was stored.
    if (headers.date === undefined || headers.age !== undefined) return;
    const correct = Date.parse(String(headers.date)) - Date.now();
    if (!(Math.abs(correct - offset) >= CLOCK_TOLERANCE_MS)) return;
    this.#options.client.config.systemClockOffset = correct;
    refusal.$metadata.clockSkewCorrected = true;
  }
}

/** Whether S3 makes the object, or a part, of what it has: that may take minutes, with blanks until it is done. */
function isMadeByS3({ method, key, headers }: wire.WireRequest): boolean {
  return headers['x-amz-copy-source'] !== undefined || (method === 'POST' && key !== undefined);
}

/**
 * Under TLS nobody changes a body on its way, and the Content-MD5 that is signed says what S3 must have received: the
 * SHA-256 of an object would only cost time. Without TLS, and of a body that says what to do, the signature covers it.
 */
function payloadOf({ method, headers, body }: wire.WireRequest, secure: boolean): string {
  if (body === undefined || body.length === 0) return EMPTY_PAYLOAD;
  const isObject = method === 'PUT' && headers['content-md5'] !== undefined;
  return secure && isObject ? UNSIGNED_PAYLOAD : hash('sha256', body, 'hex');
}
