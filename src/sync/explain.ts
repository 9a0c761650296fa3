import { type ErrorCode, EXIT, type ExitCode, messageOf, mistakeText, SyncError } from '../model/errors.js';
import {
  BAD_PART_ETAG,
  CHANGED_AFTER_WRITE,
  isOfS3,
  LOGIN_REQUIRED,
  MayLackKeyError,
  StoreError,
  UNFINISHED,
  UnprovedCopyError,
} from '../store/object-store.js';
import { FileChangedError } from './file-bytes.js';
import { errorCode, systemMessage } from './system-error.js';

/** A failure in the words of the report. */
export interface Explained {
  readonly code: ErrorCode;
  readonly exit: ExitCode;
  /** One line: what was met, and what to do. */
  readonly message: string;
}

/**
 * AWS names the action that is missing to whoever belongs to the bucket's account: tags, ACLs and keys of KMS too are
 * missing from a PutObject.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
 */
const NAMED_ACTION = /not authorized to perform: ([a-z0-9]+:[A-Za-z]+)/;

/** The kind of policy that it names with it: one that does not allow the action, or one that denies it. */
const LACKING_POLICY = /because no ([A-Za-z -]+?) allows/;
const DENYING_POLICY = /with an explicit deny in an? ([A-Za-z -]+)/;

/** What a write can need besides: who is refused without a name has to look for it. */
const WRITE =
  's3:PutObject (s3:GetObject too where an object is replaced, s3:PutObjectTagging with tags, s3:PutObjectAcl with an ACL)';

/** The IAM actions that an S3 operation needs, where the answer does not say which one was missing. */
const IAM_ACTIONS: Readonly<Record<string, string>> = {
  ListObjectsV2: 's3:ListBucket',
  HeadObject: 's3:GetObject',
  GetObject: 's3:GetObject',
  GetObjectAcl: 's3:GetObjectAcl',
  GetBucketOwnershipControls: 's3:GetBucketOwnershipControls',
  PutObject: WRITE,
  CopyObject: `${WRITE}, and s3:GetObject on the source`,
  CreateMultipartUpload: WRITE,
  UploadPart: 's3:PutObject',
  UploadPartCopy: 's3:PutObject, and s3:GetObject on the source',
  CompleteMultipartUpload: 's3:PutObject, and s3:GetObject where an object is replaced',
  AbortMultipartUpload: 's3:AbortMultipartUpload',
  ListMultipartUploads: 's3:ListBucketMultipartUploads',
  ListObjectVersions: 's3:ListBucketVersions',
  ListParts: 's3:ListMultipartUploadParts',
  DeleteObject: 's3:DeleteObject and s3:GetObject',
  DeleteObjects: 's3:DeleteObject and s3:GetObject',
};

/** What was denied, and what to allow. */
export function explainDenied(error: StoreError): string {
  const { message, operation } = error;
  const named = NAMED_ACTION.exec(message)?.[1];
  const action = named ?? IAM_ACTIONS[operation] ?? `s3:${operation}`;
  // A bucket whose readers pay does not say so.
  const mayHaveToPay = named === undefined && operation.startsWith('List');
  const orPay = mayHaveToPay ? ', or set requester-pays where whoever asks for it has to pay' : '';
  const allow = whatToAllow(message, action) + orPay;
  return isOfS3(error)
    ? `${operation} was denied (${toldOf(error)}): ${allow}`
    : `${notOfS3(error)}: check endpoint-url and proxy, or ${allow}`;
}

function whatToAllow(message: string, action: string): string {
  const resource = action.startsWith('kms:') ? 'key' : 'bucket';
  if (message.includes('BlockPublicAcls'))
    return 'leave acl out, as the bucket takes no ACL that lets anyone in (S3 Block Public Access)';
  const denying = DENYING_POLICY.exec(message)?.[1];
  if (denying !== undefined)
    return `meet the conditions of the ${policyOf(denying, resource)} (encryption: sse and kms-key-id; acl; VPC endpoint; TLS) or, if it has none, take ${action} out of what it denies: that goes before whatever is allowed`;
  const lacking = LACKING_POLICY.exec(message)?.[1];
  if (lacking !== undefined && lacking !== 'identity-based policy')
    return `allow ${action} in the ${policyOf(lacking, resource)}`;
  // Within one account one of the two is enough; a key's policy must let IAM decide, or name the identity.
  const where = resource === 'key' ? '' : ' where another account has it';
  return `allow ${action} in the policy of the identity, and of the ${resource}${where}`;
}

function policyOf(kind: string, resource: string): string {
  return kind === 'resource-based policy' ? `policy of the ${resource}` : kind;
}

/** Insufficient Storage: MinIO's, and of what has WebDAV below. */
const STORAGE_FULL = 507;

/** Content Too Large: S3 itself answers 400 EntityTooLarge. */
const BODY_TOO_LARGE = 413;

/** A success with something else in it than S3 answers; by the SDK's requests the status is its code. */
const UNREADABLE: ReadonlySet<string> = new Set(['NoListing', 'NoAnswer', 'InvalidAnswer', 'NoETag', '200']);

function notOfS3({ operation, status }: StoreError): string {
  return `${operation} was answered with HTTP ${status} and no error of S3's, as a proxy or a web page answers`;
}

/** Why there was no answer: a server that was reached, but not trusted or not understood, is none that is away. */
function explainSilence({ code, message }: StoreError, told: string): string {
  if (code === 'EMFILE' || code === 'ENFILE') return tooManyFiles(code);
  if (code === UNFINISHED)
    return `the answer could not be read to its end (${message}) on any attempt: check network and proxy, and run again`;
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return `the server's certificate is not valid at this time (${told}): renew it on the server, or set the clock of this machine where that is wrong`;
  if (/^(CERT_|SELF_SIGNED_CERT|DEPTH_ZERO_|UNABLE_TO_(GET|VERIFY)|ERR_TLS_CERT)/.test(code))
    return `the server's certificate is not accepted (${told}): set AWS_CA_BUNDLE to a file with that of its authority, or correct endpoint-url`;
  if (/^(EPROTO|ERR_SSL_)/.test(code)) {
    // What OpenSSL says has its own source files in it.
    const reason = /:SSL routines:[^:]*:([^:]+)/.exec(message)?.[1] ?? told;
    return `no TLS connection came about (${reason}): check that the port of endpoint-url speaks TLS, else begin it with http://`;
  }
  if (code === 'EAI_AGAIN')
    return `the name of the server could not be looked up (${told}) on any attempt: check network and name servers of this machine, and run again`;
  return `no answer from S3 (${told}) on any attempt: check endpoint-url, region, proxy and network`;
}

/** What is asked of files that are read. */
const READS: ReadonlySet<string> = new Set(['open', 'read', 'fstat', 'lstat', 'stat', 'realpath', 'close']);

/** Of connections and files together: S3 was not even asked. */
export function tooManyFiles(code: string): string {
  return `too many files are open (${code}): raise the limit (ulimit -n), or set concurrency to less`;
}

function toldOf({ code, message }: StoreError): string {
  if (message === '' || message === code) return code;
  // What has no name but this says all in its words.
  return code === 'Error' ? message : `${code}: ${message}`;
}

/** Why a place that remembers for the next run could not be read or written; it begins with the place. */
export function whyNot(error: unknown, place: string): string {
  if (error instanceof StoreError && error.code === 'InvalidObjectState')
    return `${place}: the object is archived: leave it out of the lifecycle rule that does that`;
  // What S3 rejects, and what was no answer of its own, has no better words.
  const isKnown = error instanceof StoreError && error.kind !== 'rejected';
  return isKnown ? explain(error, place).message : `${place}: ${messageOf(error)}`;
}

/** No condition holds the next run back: what another writer left is what it lists, and what it goes by. */
export function afterAnotherWriter(next: 'replaces' | 'deletes' | 'replaces or deletes'): string {
  const wanted = next === 'deletes' ? 'that may go' : 'this tree is the one to be there';
  return `the next run ${next} what that one wrote, so run again only if ${wanted}, and let one run at a time publish here (a concurrency group, or lock)`;
}

/** Puts whatever a step or a phase met into one line that says what to do. */
export function explain(error: unknown, what: string): Explained {
  if (error instanceof SyncError) return { code: error.code, exit: error.exit, message: error.message };
  if (error instanceof StoreError) return explainStore(error, what);
  if (error instanceof FileChangedError) {
    return failure(
      'file-changed',
      `${what}: the file changed twice during the run (${error.message}): run again when nothing writes to it`,
    );
  }
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return failure(
      'file-vanished',
      `${what}: the file vanished during the run: run again when nothing moves or deletes it`,
    );
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return {
      code: 'unreadable',
      exit: EXIT.failed,
      message: `${what}: the file cannot be read (${code}): give this user read permission, or exclude it`,
    };
  }
  if (code === 'EMFILE' || code === 'ENFILE') return failure('unreadable', `${what}: ${tooManyFiles(code)}`);
  const syscall = (error as NodeJS.ErrnoException | undefined)?.syscall;
  if (syscall !== undefined && READS.has(syscall))
    return failure('unreadable', `${what}: the file cannot be read (${systemMessage(error)})`);
  return failure(
    'internal',
    `${what}: ${code === undefined && isMistake(error) ? mistakeText(error) : messageOf(error)}`,
  );
}

/** Whether it is the program that did what it cannot: the names that the language gives to that. */
function isMistake(error: unknown): boolean {
  return [TypeError, RangeError, ReferenceError].some((mistake) => error instanceof mistake);
}

function explainStore(error: StoreError, what: string): Explained {
  const told = toldOf(error);
  switch (error.kind) {
    case 'condition': {
      const how =
        error.code === CHANGED_AFTER_WRITE
          ? 'and after this run wrote it, which this server does not let it do under a condition'
          : `(${error.code}); its bytes were left alone`;
      const next = error.operation.startsWith('Delete') ? 'deletes' : 'replaces';
      return {
        code: 'foreign-writer',
        exit: EXIT.foreignWriter,
        message: `${what}: another writer changed the key during this run ${how}: ${afterAnotherWriter(next)}`,
      };
    }
    case 'source':
      return failure('rejected', `${what}: the source of the copy is gone or was changed (${told})`);
    case 'digest':
      if (error.code === 'InvalidDigest') {
        return failure(
          'rejected',
          `${what}: S3 does not take the digest that was sent (${told}): a proxy changes headers, or, on SeaweedFS, max-age in Cache-Control has no number`,
        );
      }
      if (error.code === BAD_PART_ETAG) {
        return failure(
          'wrong-content',
          `${what}: ${error.message}, though that was sent: the ETags of parts prove nothing on this server, or a proxy changes bodies or answers; nothing was published under the key`,
        );
      }
      if (error instanceof UnprovedCopyError)
        return failure('rejected', `${what}: the copy is not proved, as ${error.message}`);
      return failure(
        'wrong-content',
        `${what}: S3 received other bytes than were sent (${told}): the connection or a proxy changes bodies; run again`,
      );
    case 'no-upload':
      return failure(
        'rejected',
        `${what}: the multipart upload is gone (${told}): another job or a lifecycle rule aborted it; run again`,
      );
    case 'denied':
      if (error.code === 'InvalidObjectState')
        return failure('rejected', `${what}: the object is archived: restore it first, or exclude it`);
      return failure('access-denied', `${what}: ${explainDenied(error)}`);
    case 'throttled':
      return failure(
        'throttled',
        `${what}: S3 asked to slow down until the attempts were used up (${told}): lower concurrency, or raise max-attempts`,
      );
    case 'server':
      if (error.status === LOGIN_REQUIRED)
        return failure(
          'server-error',
          `${what}: ${notOfS3(error)}: this network wants a login first, so check network, endpoint-url and proxy`,
        );
      if (error instanceof MayLackKeyError)
        return failure(
          'server-error',
          `${what}: ${error.operation} failed (${told}) on every attempt: this server may have no key for sse, so leave sse out, or set one up there; else run again`,
        );
      return failure(
        'server-error',
        `${what}: ${error.operation} failed (${told}) on every attempt: ${UNREADABLE.has(error.code) ? "that is not S3's, so check endpoint-url, and whether a proxy or a login page answers in its place" : 'run again'}`,
      );
    case 'network':
      return failure('unreachable', `${what}: ${explainSilence(error, told)}`);
    case 'aborted':
      return failure('cancelled', `${what}: stopped`);
    case 'rejected':
      if (error.status === STORAGE_FULL)
        return failure(
          'rejected',
          `${what}: ${error.operation} was refused (${told}): the storage of the server is full: free some, or add to it`,
        );
      if (error.code === 'ObjectParentIsFile') {
        return failure(
          'rejected',
          `${what}: this server keeps objects as files, and a part of the key is an object there (${told}): delete that object by hand first, in a versioned bucket with all its versions`,
        );
      }
      if (error.code === 'ExistingObjectIsDirectory') {
        return failure(
          'rejected',
          `${what}: this server keeps objects as files, and others lie below this key (${told}): delete those by hand first, in a versioned bucket with all their versions`,
        );
      }
      if (isHeadOfCustomerKey(error)) {
        return failure(
          'rejected',
          `${what}: S3 refused HeadObject (HTTP 400), as it does where a customer key (SSE-C) encrypts the object, which is not supported: exclude it, or store it under SSE-S3 or KMS; where none does, the credentials may have expired`,
        );
      }
      if (error.message.includes('stored using a form of Server Side Encryption')) {
        return failure(
          'rejected',
          `${what}: a customer key (SSE-C) encrypts the object, which is not supported: exclude it, or store it under SSE-S3 or KMS`,
        );
      }
      if (!isOfS3(error)) {
        const advice =
          error.status === BODY_TOO_LARGE
            ? 'it takes no body of this size, so raise its limit (client_max_body_size of nginx), or go past it'
            : 'check endpoint-url and proxy';
        return failure('rejected', `${what}: ${notOfS3(error)}: ${advice}`);
      }
      // A request about a bucket that is answered with a key.
      if (error.operation.startsWith('List') && error.code === 'NoSuchKey') {
        return {
          code: 'no-such-bucket',
          exit: EXIT.usage,
          message: `${what}: S3 took the bucket for a key (${told}), as it does where endpoint-url names the bucket too: take the bucket out of its path or host name`,
        };
      }
      return failure('rejected', `${what}: S3 refused ${error.operation} (${told})${whatToDo(error)}`);
    case 'fatal':
      return explainFatal(error, what, told);
  }
}

function whatToDo({ code }: StoreError): string {
  switch (code) {
    case 'QuotaExceeded':
      return ': a quota is used up, of the bucket, the user or the account: raise it, or delete what nobody needs';
    case 'AccountProblem':
    case 'AllAccessDisabled':
    case 'NotSignedUp':
      return ': the account or the bucket is blocked: settle that with the provider';
    case 'AccessControlListNotSupported':
      return ': the bucket takes no ACL, so leave acl out; what anyone may read is said by a policy of the bucket';
    case 'InvalidStorageClass':
      return ': this server does not have the storage class, so leave storage-class out, here and in rules';
    default:
      return '';
  }
}

/** An answer to HEAD has no words, and so nothing but its status. */
function isHeadOfCustomerKey({ operation, status, code }: StoreError): boolean {
  return operation === 'HeadObject' && status === 400 && code === '400';
}

function explainFatal(error: StoreError, what: string, told: string): Explained {
  const usage = (code: ErrorCode, message: string): Explained => ({
    code,
    exit: EXIT.usage,
    message: `${what}: ${message}`,
  });
  switch (error.code) {
    case 'NoSuchBucket':
      return usage('no-such-bucket', 'there is no such bucket: check its name, the endpoint and the account');
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException':
    case '301':
    case '302':
    case '303':
    case '307':
    case '308':
      return usage(
        'wrong-region',
        isOfS3(error)
          ? `S3 answers that the region is wrong (${told}): set region to the bucket's, or, of any place but the first destination, region= behind it`
          : `${error.operation} is redirected (${told}), and no redirect is followed: set endpoint-url to where it leads, or region to the bucket's`,
      );
    case 'TemporaryRedirect':
    case 'Redirect':
      return usage(
        'wrong-region',
        `S3 redirects the requests of this bucket (${told}), and no redirect is followed: set region to the bucket's; a bucket that was just made is redirected for some hours`,
      );
    case 'ExpiredToken':
    case 'ExpiredTokenException':
    case 'TokenRefreshRequired':
      return failure(
        'credentials-expired',
        `${what}: the credentials expired (${told}): run again with fresh ones, what was published stays and is not sent again`,
      );
    case 'CredentialsProviderError':
      return failure(
        'credentials-expired',
        `${what}: the credentials could not be renewed (${error.message}): run again when their source gives them, what was published stays and is not sent again`,
      );
    case 'RequestTimeTooSkewed':
      // The one that S3 says has been tried.
      return usage(
        'bad-credentials',
        `the clock of this machine is wrong (${told}): set it; where it is right, those of the servers behind endpoint-url differ: set these`,
      );
    case 'InvalidAccessKeyId':
    case 'XAdminUserNotFound':
    case 'InvalidToken':
    case 'SignatureDoesNotMatch':
      return usage(
        'bad-credentials',
        `S3 refuses the credentials (${told}): check that key, secret and endpoint belong together`,
      );
    default:
      return failure('rejected', `${what}: ${told}`);
  }
}

function failure(code: ErrorCode, message: string): Explained {
  return { code, exit: EXIT.failed, message };
}
