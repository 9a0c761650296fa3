import { type SigningValues, withoutSigningValues } from '../model/secrets.js';
import { isOfS3, LOGIN_REQUIRED, StoreError, type StoreErrorKind, UNFINISHED } from './object-store.js';

/** Codes of S3 and of its imitators, by what they mean. HTTP status decides what is not listed. */
const BY_CODE: ReadonlyMap<string, StoreErrorKind> = new Map<string, StoreErrorKind>([
  ['PreconditionFailed', 'condition'],
  ['NoSuchUpload', 'no-upload'],
  ['NotImplemented', 'rejected'],
  // With HTTP 403, and no question of rights.
  ['QuotaExceeded', 'rejected'],
  ['AccountProblem', 'rejected'],
  ['AllAccessDisabled', 'rejected'],
  ['NotSignedUp', 'rejected'],
  // MinIO's, with HTTP 507: nobody frees storage within seconds.
  ['XMinioStorageFull', 'rejected'],
  ['BadDigest', 'digest'],
  ['InvalidDigest', 'digest'],
  ['XAmzContentChecksumMismatch', 'digest'],
  ['XAmzContentMD5Mismatch', 'digest'],
  ['ExpiredToken', 'fatal'],
  ['ExpiredTokenException', 'fatal'],
  ['TokenRefreshRequired', 'fatal'],
  ['InvalidAccessKeyId', 'fatal'],
  // versitygw's.
  ['XAdminUserNotFound', 'fatal'],
  ['InvalidToken', 'fatal'],
  ['SignatureDoesNotMatch', 'fatal'],
  ['NoSuchBucket', 'fatal'],
  ['PermanentRedirect', 'fatal'],
  ['AuthorizationHeaderMalformed', 'fatal'],
  ['IllegalLocationConstraintException', 'fatal'],
  ['RequestTimeTooSkewed', 'fatal'],
  ['CredentialsProviderError', 'fatal'],
  ['SlowDown', 'throttled'],
  // MinIO's, which it gives to single keys of a batch too, where no status says that they pass.
  ['SlowDownRead', 'throttled'],
  ['SlowDownWrite', 'throttled'],
  ['ServerBusy', 'throttled'],
  ['XMinioServerNotInitialized', 'server'],
  ['ServiceUnavailable', 'throttled'],
  ['ThrottlingException', 'throttled'],
  // Of the key that encrypts, with HTTP 400.
  ['KMS.ThrottlingException', 'throttled'],
  ['TooManyRequests', 'throttled'],
  ['RequestLimitExceeded', 'throttled'],
  // CloudFront's.
  ['Throttling', 'throttled'],
  ['TooManyInvalidationsInProgress', 'throttled'],
  ['RequestTimeout', 'network'],
  ['InternalError', 'server'],
  ['OperationAborted', 'server'],
]);

/** What an SDK error carries; all of it may be missing. */
interface Thrown {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly $metadata?: {
    readonly httpStatusCode?: number;
    readonly clockSkewCorrected?: boolean;
    readonly credentialsRenewed?: boolean;
  };
  readonly $response?: { readonly statusCode?: number; readonly headers?: Readonly<Record<string, string>> };
  readonly endedIdle?: true;
  readonly isUnfinished?: true;
  readonly hadItsTime?: true;
}

/** An answer that refuses, or that cannot be read, in the shape that the SDK's errors have. */
export class AnswerError extends Error {
  readonly $metadata: {
    readonly httpStatusCode: number;
    clockSkewCorrected?: boolean;
    credentialsRenewed?: boolean;
  };
  readonly $response: { readonly statusCode: number; readonly headers: Readonly<Record<string, string>> };
  constructor(
    /** S3's code; without one the status. */
    code: string,
    message: string,
    answer: {
      readonly status: number;
      readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
    },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = code;
    this.$metadata = { httpStatusCode: answer.status };
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(answer.headers)) {
      if (value !== undefined) headers[name] = String(value);
    }
    this.$response = { statusCode: answer.status, headers };
  }
}

/**
 * Whether nothing but how it was signed was wrong, and that is mended: the request may be sent once more. The clock was
 * corrected by the answer, a 403 alone, since any other may have taken effect; or the credentials are renewed.
 */
export function refusedForSigning(thrown: unknown): boolean {
  const met = thrown instanceof StoreError ? thrown.cause : thrown;
  const { $metadata: told } = (typeof met === 'object' && met !== null ? met : {}) as Thrown;
  const isClock = told?.httpStatusCode === 403 && told.clockSkewCorrected === true;
  return isClock || told?.credentialsRenewed === true;
}

/** Whether the same request may succeed when it is sent again. */
export function heals({
  kind,
  status,
}: Pick<StoreError, 'kind'> & Partial<Pick<StoreError, 'status'>>): boolean {
  if (status === LOGIN_REQUIRED) return false;
  return kind === 'server' || kind === 'network' || kind === 'throttled';
}

/**
 * Whether a connection that had been idle was found dead: that says nothing of the server, as a router forgets who is
 * silent. The request may have taken effect all the same.
 */
export function endedIdle({ cause }: StoreError): boolean {
  return typeof cause === 'object' && cause !== null && (cause as Thrown).endedIdle === true;
}

/** Whether its request took as long as any may: another one would too. */
export function hadItsTime({ cause }: StoreError): boolean {
  return typeof cause === 'object' && cause !== null && (cause as Thrown).hadItsTime === true;
}

/** What the SDK says to programmers behind its own words. */
const DESERIALIZATION_HINT = / *Deserialization error: to see the raw response, .*/;

/** Turns whatever a request threw into a `StoreError`. */
export function toStoreError(operation: string, thrown: unknown): StoreError {
  if (thrown instanceof StoreError) return thrown;
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as Thrown;
  const status = error.$metadata?.httpStatusCode ?? error.$response?.statusCode ?? 0;
  const name = error.name ?? 'Error';
  // Node's errors have the code that says something in `code`, S3's in the name.
  const isNameless = ['Error', 'Unknown', 'UnknownError'].includes(name);
  // An answer to HEAD has no body, and so no code: the status says all.
  const said = status === 403 ? 'AccessDenied' : String(status || name);
  const code = error.code ?? (isNameless ? said : name);
  if (error.isUnfinished === true && status === 0 && name !== 'AbortError') {
    const said = error.message ?? '';
    const told = error.code === undefined ? said : `${error.code}: ${said}`;
    return new StoreError('network', UNFINISHED, 0, operation, told, { cause: thrown });
  }
  const region = error.$response?.headers?.['x-amz-bucket-region'];
  const isSilent = status > 0 && /^(Unknown(Error)?)?$/.test(error.message ?? '');
  const message = isSilent
    ? isNameless
      ? `HTTP ${status}`
      : code
    : (error.message ?? String(thrown)).replace(/\s*[\r\n]+\s*/g, ' ').replace(DESERIALIZATION_HINT, '');
  return new StoreError(
    kindOf(operation, code, name, status),
    code,
    status,
    operation,
    region === undefined ? message : `the bucket is in region ${region}`,
    { cause: thrown },
  );
}

const REFUSALS: ReadonlySet<StoreErrorKind> = new Set([
  'condition',
  'source',
  'digest',
  'denied',
  'rejected',
]);

/** Whether it is certain that nothing was made of a request: S3's own words say so, or it was never sent. */
export function saysNotMade(error: StoreError): boolean {
  const { kind, status } = error;
  // Without credentials nothing is sent.
  if (kind === 'fatal') return status === 0 || isOfS3(error);
  return REFUSALS.has(kind) && status > 0 && isOfS3(error);
}

/** A server's words without what it was sent: an answer may repeat the request. */
async function withoutSent(said: string, credentials: () => Promise<SigningValues>): Promise<string> {
  if (said === '') return said;
  try {
    return withoutSigningValues(said, await credentials());
  } catch {
    // Without credentials none were sent.
    return said;
  }
}

/** The same error, of which the message is without what was sent. */
export async function repeatingNothing(
  error: StoreError,
  credentials: () => Promise<SigningValues>,
): Promise<StoreError> {
  const { kind, code, status, operation, cause } = error;
  const message = await withoutSent(error.message, credentials);
  return message === error.message
    ? error
    : new StoreError(kind, code, status, operation, message, { cause });
}

function kindOf(operation: string, code: string, name: string, status: number): StoreErrorKind {
  if (name === 'AbortError') return 'aborted';
  const copies = operation === 'CopyObject' || operation === 'UploadPartCopy';
  // S3 names neither side of a copy in a 412 or 404: the upload that follows settles it under its own condition.
  if (copies && (status === 412 || status === 404) && code !== 'NoSuchBucket' && code !== 'NoSuchUpload') {
    return 'source';
  }
  // A copy of an archived object.
  if (copies && code === 'InvalidObjectState') return 'source';
  if (code === 'ConditionalRequestConflict')
    return operation === 'CompleteMultipartUpload' ? 'condition' : 'server';
  const known = BY_CODE.get(code);
  if (known !== undefined) return known;
  if (status === 0) return 'network';
  if (status === 412) return 'condition';
  // A write under If-Match to a key that is gone.
  if (status === 404 && (operation === 'PutObject' || operation === 'CompleteMultipartUpload'))
    return 'condition';
  if (status > 300 && status < 400 && status !== 304) return 'fatal';
  if (status === 401 || status === 403) return 'denied';
  if (status === 429 || status === 503) return 'throttled';
  // Of a proxy: the request did not arrive in time, or too early in a connection.
  if (status === 408 || status === 425) return 'network';
  // Also to HEAD, whose answer has no code. Storage that is full (507) stays so.
  if (status === 501 || status === 507) return 'rejected';
  if (status >= 500) return 'server';
  // The SDK's answer to a 200 whose body is an error, or is cut short.
  if (status === 200) return 'server';
  return 'rejected';
}
