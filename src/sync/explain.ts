import { type ErrorCode, EXIT, type ExitCode, messageOf, SyncError } from '../model/errors.js';
import { StoreError } from '../store/object-store.js';
import { FileChangedError } from './file-bytes.js';

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
  ListParts: 's3:ListMultipartUploadParts',
  DeleteObject: 's3:DeleteObject and s3:GetObject',
  DeleteObjects: 's3:DeleteObject and s3:GetObject',
};

/** What was denied, and what to allow. */
export function explainDenied(error: StoreError): string {
  const { message, operation } = error;
  const named = NAMED_ACTION.exec(message)?.[1];
  const action = named ?? IAM_ACTIONS[operation] ?? `s3:${operation}`;
  const resource = named?.startsWith('kms:') === true ? 'key' : 'bucket';
  return `${operation} was denied (${toldOf(error)}): allow ${action} in the policy of the identity and of the ${resource}`;
}

function toldOf({ code, message }: StoreError): string {
  return message === '' || message === code ? code : `${code}: ${message}`;
}

/** Puts whatever a step or a phase met into one line that says what to do. */
export function explain(error: unknown, what: string): Explained {
  if (error instanceof SyncError) return { code: error.code, exit: error.exit, message: error.message };
  if (error instanceof StoreError) return explainStore(error, what);
  if (error instanceof FileChangedError) {
    return failure(
      'file-changed',
      `${what}: the file changed twice while it was published (${error.message}): publish when nothing writes to the tree`,
    );
  }
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return failure(
      'file-vanished',
      `${what}: the file vanished during the run: publish when nothing writes to the tree`,
    );
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return {
      code: 'unreadable',
      exit: EXIT.failed,
      message: `${what}: the file cannot be read (${code}): give this user read permission, or exclude it`,
    };
  }
  if (code === 'EIO' || code === 'EMFILE' || code === 'ENFILE') {
    return {
      code: 'unreadable',
      exit: EXIT.failed,
      message: `${what}: the file cannot be read (${messageOf(error)})`,
    };
  }
  return failure('internal', `${what}: ${messageOf(error)}`);
}

function explainStore(error: StoreError, what: string): Explained {
  const told = toldOf(error);
  switch (error.kind) {
    case 'condition':
      return {
        code: 'foreign-writer',
        exit: EXIT.foreignWriter,
        message: `${what}: another writer changed the key during this run (${error.code}); its bytes were left alone: run again, and let one run at a time publish here`,
      };
    case 'source':
      return failure('rejected', `${what}: the source of the copy is gone or was changed (${told})`);
    case 'digest':
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
      return failure(
        'server-error',
        `${what}: ${error.operation} failed (${told}) on every attempt: run again`,
      );
    case 'network':
      return failure(
        'unreachable',
        `${what}: no answer from S3 (${told}) on any attempt: check endpoint-url, region, proxy and network`,
      );
    case 'aborted':
      return failure('cancelled', `${what}: stopped`);
    case 'rejected':
      if (error.code === 'ObjectParentIsFile') {
        return failure(
          'rejected',
          `${what}: this server keeps objects as files, and a part of the key is an object there (${told}): delete that object by hand first`,
        );
      }
      return failure('rejected', `${what}: S3 refused ${error.operation} (${told})`);
    case 'fatal':
      return explainFatal(error, what, told);
  }
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
    case '307':
      return usage(
        'wrong-region',
        `S3 answers that the region is wrong (${told}): set region to the bucket's`,
      );
    case 'ExpiredToken':
    case 'ExpiredTokenException':
    case 'TokenRefreshRequired':
      return failure(
        'credentials-expired',
        `${what}: the credentials expired (${told}): run again with fresh ones, what was published stays and is not sent again`,
      );
    case 'RequestTimeTooSkewed':
      return usage('bad-credentials', `the clock of this machine is wrong (${told}): set it`);
    case 'InvalidAccessKeyId':
    case 'InvalidToken':
    case 'SignatureDoesNotMatch':
    case 'CredentialsProviderError':
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
