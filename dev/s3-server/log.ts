import type { IncomingHttpHeaders } from 'node:http';
import type { Operation, S3Request } from './request.js';

export interface LoggedRequest {
  readonly operation: Operation;
  readonly bucket: string;
  readonly key: string;
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** As received, but for Authorization and the session token. */
  readonly headers: IncomingHttpHeaders;
  /** The size of the body. */
  readonly bytesIn: number;
  readonly accessKeyId: string | undefined;
  /** 0 when no answer was sent. */
  readonly status: number;
  /** The code of the error that was answered, in the body or in a 200's body. */
  readonly error: string | undefined;
  /** Whether the request reached the state, whatever was answered. */
  readonly isProcessed: boolean;
  /** Milliseconds since the epoch. */
  readonly received: number;
  readonly answered: number;
}

/** What was asked of the server, in the order of the answers. */
export class RequestLog {
  readonly #keepsEntries: boolean;
  #entries: LoggedRequest[] = [];
  #counts = new Map<Operation, number>();
  #bytesIn = new Map<Operation, number>();
  #inFlight = 0;
  #maxInFlight = 0;
  #broken = 0;

  constructor(keepsEntries: boolean) {
    this.#keepsEntries = keepsEntries;
  }

  get entries(): readonly LoggedRequest[] {
    return this.#entries;
  }

  of(...operations: readonly Operation[]): readonly LoggedRequest[] {
    return this.#entries.filter(({ operation }) => operations.includes(operation));
  }

  /** Requests by operation, whatever became of them. */
  get counts(): Readonly<Partial<Record<Operation, number>>> {
    return Object.fromEntries(this.#counts);
  }

  count(...operations: readonly Operation[]): number {
    return operations.reduce((sum, operation) => sum + (this.#counts.get(operation) ?? 0), 0);
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Bytes of bodies received by operation. */
  get bytesIn(): Readonly<Partial<Record<Operation, number>>> {
    return Object.fromEntries(this.#bytesIn);
  }

  /** The most requests that were under way at once. */
  get maxInFlight(): number {
    return this.#maxInFlight;
  }

  /** Requests that ended before their body did: the client gave up or died. */
  get broken(): number {
    return this.#broken;
  }

  clear(): void {
    this.#entries = [];
    this.#counts = new Map();
    this.#bytesIn = new Map();
    this.#maxInFlight = this.#inFlight;
    this.#broken = 0;
  }

  begin({ operation, body }: S3Request): void {
    this.#counts.set(operation, (this.#counts.get(operation) ?? 0) + 1);
    this.#bytesIn.set(operation, (this.#bytesIn.get(operation) ?? 0) + body.size);
    this.#inFlight++;
    this.#maxInFlight = Math.max(this.#maxInFlight, this.#inFlight);
  }

  end(
    request: S3Request,
    result: Pick<LoggedRequest, 'status' | 'error' | 'isProcessed' | 'received' | 'answered'>,
  ): void {
    this.#inFlight--;
    if (!this.#keepsEntries) return;
    const { operation, bucket, key, method, url, accessKeyId } = request;
    const { authorization: _authorization, 'x-amz-security-token': _token, ...headers } = request.headers;
    const bytesIn = request.body.size;
    this.#entries.push({ operation, bucket, key, method, url, headers, bytesIn, accessKeyId, ...result });
  }

  breakOff(): void {
    this.#broken++;
  }
}
