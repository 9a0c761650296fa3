import { expect, test } from '@jest/globals';
import { type ErrorCode, EXIT, type ExitCode, SyncError } from '../../../src/model/errors.js';
import {
  BAD_PART_ETAG,
  CHANGED_AFTER_WRITE,
  MayLackKeyError,
  StoreError,
  type StoreErrorKind,
  UNFINISHED,
  UnprovedCopyError,
} from '../../../src/store/object-store.js';
import { toStoreError } from '../../../src/store/store-errors.js';
import { explain, whyNot } from '../../../src/sync/explain.js';
import { FileChangedError } from '../../../src/sync/file-bytes.js';

const denied = (operation: string, message: string): string =>
  explain(new StoreError('denied', 'AccessDenied', 403, operation, message), 'p/a').message;

const named = (action: string): string =>
  `User: arn:aws:sts::123456789012:assumed-role/r/s is not authorized to perform: ${action} on resource: "arn:aws:s3:::b/p/a" because no identity-based policy allows the ${action} action`;

test.each([
  ['PutObject', 's3:PutObjectTagging', 'bucket where another account has it'],
  ['PutObject', 's3:GetObject', 'bucket where another account has it'],
  ['CopyObject', 's3:GetObjectTagging', 'bucket where another account has it'],
  ['CreateMultipartUpload', 'kms:GenerateDataKey', 'key'],
  ['GetObject', 'kms:Decrypt', 'key'],
] as const)('%s that lacks %s: the action that S3 names, and whose policy', (operation, action, policy) => {
  expect(denied(operation, named(action))).toBe(
    `p/a: ${operation} was denied (AccessDenied: ${named(action)}): allow ${action} in the policy of the identity, and of the ${policy}`,
  );
});

test.each([
  ['because no session policy allows the s3:PutObject action', 'allow s3:PutObject in the session policy'],
  [
    'because no VPC endpoint policy allows the s3:PutObject action',
    'allow s3:PutObject in the VPC endpoint policy',
  ],
  [
    'because no resource-based policy allows the s3:PutObject action',
    'allow s3:PutObject in the policy of the bucket',
  ],
  [
    'with an explicit deny in a resource-based policy',
    'meet the conditions of the policy of the bucket (encryption: sse and kms-key-id; acl; VPC endpoint; TLS) or, if it has none, take s3:PutObject out of what it denies: that goes before whatever is allowed',
  ],
  [
    'with an explicit deny in a service control policy',
    'meet the conditions of the service control policy (encryption: sse and kms-key-id; acl; VPC endpoint; TLS) or, if it has none, take s3:PutObject out of what it denies: that goes before whatever is allowed',
  ],
  [
    'because public access control lists (ACLs) are prevented by the BlockPublicAcls setting in S3 Block Public Access',
    'leave acl out, as the bucket takes no ACL that lets anyone in (S3 Block Public Access)',
  ],
])('the policy that S3 says it was, %s, is the one to change', (why, told) => {
  const message = `User: arn:aws:iam::1:role/r is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::b/p/a" ${why}`;
  expect(denied('PutObject', message)).toBe(`p/a: PutObject was denied (AccessDenied: ${message}): ${told}`);
});

test.each([
  [
    'denied',
    'AccessDenied',
    403,
    /^p\/a: PutObject was answered with HTTP 403 and no error of S3's, .*: check endpoint-url and proxy, or allow s3:PutObject/,
  ],
  [
    'rejected',
    '404',
    404,
    /^p\/a: PutObject was answered with HTTP 404 and no error of S3's, as a proxy or a web page answers: check endpoint-url and proxy$/,
  ],
  [
    'rejected',
    '413',
    413,
    /^p\/a: PutObject was answered with HTTP 413 and no error of S3's, .*: it takes no body of this size, so raise its limit \(client_max_body_size of nginx\), or go past it$/,
  ],
  [
    'server',
    '511',
    511,
    /^p\/a: PutObject was answered with HTTP 511 and no error of S3's, as a proxy or a web page answers: this network wants a login first, so check network, endpoint-url and proxy$/,
  ],
  ['fatal', '302', 302, /is redirected .*, and no redirect is followed: set endpoint-url to where it leads/],
  ['fatal', '307', 307, /is redirected .*, and no redirect is followed: set endpoint-url to where it leads/],
] as const)(
  'an answer (%s) that is not of S3 does not pass for one: the endpoint is asked about',
  (kind, code, status, line) => {
    const told = (operation: string): string =>
      explain(new StoreError(kind, code, status, operation, `HTTP ${status}`), 'p/a').message;
    expect(told('PutObject')).toMatch(line);
    // An answer to HEAD has no body.
    expect(told('HeadObject')).not.toMatch(line);
  },
);

test('a server that was reached and is not trusted, or speaks no TLS, is not told as one that is away', () => {
  const told = (code: string, message: string): string =>
    explain(new StoreError('network', code, 0, 'PutObject', message), 'p/a').message;
  expect(told('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate')).toBe(
    "p/a: the server's certificate is not accepted (DEPTH_ZERO_SELF_SIGNED_CERT: self-signed certificate): set AWS_CA_BUNDLE to a file with that of its authority, or correct endpoint-url",
  );
  expect(told('CERT_HAS_EXPIRED', 'certificate has expired')).toBe(
    "p/a: the server's certificate is not valid at this time (CERT_HAS_EXPIRED: certificate has expired): renew it on the server, or set the clock of this machine where that is wrong",
  );
  expect(told('CERT_NOT_YET_VALID', 'certificate is not yet valid')).toContain('set the clock');
  expect(told('EAI_AGAIN', 'getaddrinfo EAI_AGAIN s3.example.com')).toBe(
    'p/a: the name of the server could not be looked up (EAI_AGAIN: getaddrinfo EAI_AGAIN s3.example.com) on any attempt: check network and name servers of this machine, and run again',
  );
  expect(told('Error', 'the connection was closed without an answer')).toBe(
    'p/a: no answer from S3 (the connection was closed without an answer) on any attempt: check endpoint-url, region, proxy and network',
  );
  expect(told(UNFINISHED, 'ECONNRESET: aborted')).toBe(
    'p/a: the answer could not be read to its end (ECONNRESET: aborted) on any attempt: check network and proxy, and run again',
  );
  const openssl =
    'write EPROTO 80EC0B83:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/openssl/ssl/record/ssl3_record.c:350: ';
  expect(told('EPROTO', openssl)).toBe(
    'p/a: no TLS connection came about (wrong version number): check that the port of endpoint-url speaks TLS, else begin it with http://',
  );
});

test.each([
  ['ListObjectsV2', 'allow s3:ListBucket in'],
  ['ListObjectsV2', ', or set requester-pays where whoever asks for it has to pay'],
  ['HeadObject', 'allow s3:GetObject in'],
  [
    'PutObject',
    'allow s3:PutObject (s3:GetObject too where an object is replaced, s3:PutObjectTagging with tags, s3:PutObjectAcl with an ACL) in',
  ],
  ['CopyObject', ', and s3:GetObject on the source in'],
  ['DeleteObjects', 'allow s3:DeleteObject and s3:GetObject in'],
  ['AbortMultipartUpload', 'allow s3:AbortMultipartUpload in'],
  ['GetSomething', 'allow s3:GetSomething in'],
] as const)('%s where the server does not say what is missing: what the call can need', (operation, told) => {
  expect(denied(operation, 'Access Denied')).toContain(told);
  expect(denied(operation, 'Access Denied')).toMatch(/^[^\n]+$/);
});

const store = (
  kind: StoreErrorKind,
  code: string,
  operation = 'PutObject',
  message = 'as told',
): StoreError => new StoreError(kind, code, 400, operation, message);

const system = (code: string): Error =>
  Object.assign(new Error(`${code}: as told`), { code, syscall: 'read' });

const { failed, usage, foreignWriter } = EXIT;

test.each<readonly [unknown, ErrorCode, ExitCode, string]>([
  [
    store('condition', 'PreconditionFailed'),
    'foreign-writer',
    foreignWriter,
    'its bytes were left alone: the next run replaces what that one wrote, so run again only if this tree is the one to be there, and let one run at a time publish here',
  ],
  [
    store('condition', 'PreconditionFailed', 'DeleteObjects'),
    'foreign-writer',
    foreignWriter,
    'its bytes were left alone: the next run deletes what that one wrote, so run again only if that may go, and',
  ],
  [store('condition', CHANGED_AFTER_WRITE), 'foreign-writer', foreignWriter, 'after this run wrote it'],
  [store('source', 'NoSuchKey'), 'rejected', failed, 'the source of the copy is gone or was changed'],
  [store('digest', 'BadDigest'), 'wrong-content', failed, 'a proxy changes bodies'],
  [store('digest', 'InvalidDigest'), 'rejected', failed, 'max-age in Cache-Control has no number'],
  [
    store('digest', BAD_PART_ETAG),
    'wrong-content',
    failed,
    'the ETags of parts prove nothing on this server',
  ],
  [store('no-upload', 'NoSuchUpload'), 'rejected', failed, 'a lifecycle rule aborted it'],
  [store('denied', 'InvalidObjectState'), 'rejected', failed, 'restore it first, or exclude it'],
  [store('denied', 'AccessDenied'), 'access-denied', failed, 'PutObject was denied (AccessDenied: as told)'],
  [store('denied', 'AccessDenied', 'GetObject', ''), 'access-denied', failed, 'was denied (AccessDenied): '],
  [store('throttled', 'SlowDown'), 'throttled', failed, 'lower concurrency, or raise max-attempts'],
  [
    new MayLackKeyError(store('server', 'InternalError')),
    'server-error',
    failed,
    'on every attempt: this server may have no key for sse, so leave sse out, or set one up there',
  ],
  [store('server', 'InternalError'), 'server-error', failed, 'PutObject failed (InternalError: as told)'],
  ...['NoListing', 'InvalidAnswer', 'NoETag', '200'].map(
    (code) =>
      [
        store('server', code, 'ListObjectsV2'),
        'server-error',
        failed,
        "that is not S3's, so check endpoint-url, and whether a proxy or a login page answers",
      ] as const,
  ),
  [store('network', 'ECONNREFUSED'), 'unreachable', failed, 'check endpoint-url, region, proxy and network'],
  [
    store('network', 'EMFILE'),
    'unreachable',
    failed,
    'too many files are open (EMFILE): raise the limit (ulimit -n)',
  ],
  [store('aborted', 'AbortError'), 'cancelled', failed, 'stopped'],
  [store('rejected', 'AccessControlListNotSupported'), 'rejected', failed, 'leave acl out'],
  [store('rejected', 'InvalidStorageClass'), 'rejected', failed, 'leave storage-class out'],
  [
    toStoreError('PutObject', { name: 'QuotaExceeded', message: '', $metadata: { httpStatusCode: 403 } }),
    'rejected',
    failed,
    'S3 refused PutObject (QuotaExceeded): a quota is used up',
  ],
  ...['XMinioStorageFull', 'Unknown'].map(
    (name) =>
      [
        toStoreError('PutObject', { name, message: '', $metadata: { httpStatusCode: 507 } }),
        'rejected',
        failed,
        'the storage of the server is full: free some, or add to it',
      ] as const,
  ),
  [
    toStoreError('PutObject', { name: 'AccountProblem', message: 'x', $metadata: { httpStatusCode: 403 } }),
    'rejected',
    failed,
    'S3 refused PutObject (AccountProblem: x): the account or the bucket is blocked',
  ],
  [
    toStoreError('PutObject', { name: 'AccessDenied', message: '', $metadata: { httpStatusCode: 403 } }),
    'access-denied',
    failed,
    'PutObject was denied (AccessDenied): allow s3:PutObject',
  ],
  [
    toStoreError('PutObject', {
      name: 'KMS.ThrottlingException',
      message: 'x',
      $metadata: { httpStatusCode: 400 },
    }),
    'throttled',
    failed,
    'S3 asked to slow down',
  ],
  [store('rejected', 'ObjectParentIsFile'), 'rejected', failed, 'delete that object by hand first'],
  [store('rejected', 'ExistingObjectIsDirectory'), 'rejected', failed, 'delete those by hand first'],
  [
    store('rejected', 'InvalidArgument'),
    'rejected',
    failed,
    'S3 refused PutObject (InvalidArgument: as told)',
  ],
  [store('fatal', 'NoSuchBucket'), 'no-such-bucket', usage, 'check its name'],
  [
    store('rejected', 'NoSuchKey', 'ListObjectsV2'),
    'no-such-bucket',
    usage,
    'S3 took the bucket for a key (NoSuchKey: as told), as it does where endpoint-url names the bucket too: take the bucket out of its path or host name',
  ],
  [store('fatal', 'PermanentRedirect'), 'wrong-region', usage, "set region to the bucket's"],
  [store('fatal', 'TemporaryRedirect'), 'wrong-region', usage, 'a bucket that was just made is redirected'],
  [store('fatal', 'Redirect'), 'wrong-region', usage, "set region to the bucket's"],
  [store('fatal', 'AuthorizationHeaderMalformed'), 'wrong-region', usage, "set region to the bucket's"],
  [store('fatal', 'ExpiredToken'), 'credentials-expired', failed, 'what was published stays'],
  [
    store('fatal', 'CredentialsProviderError'),
    'credentials-expired',
    failed,
    'the credentials could not be renewed (as told): run again when their source gives them',
  ],
  [
    store('fatal', 'RequestTimeTooSkewed'),
    'bad-credentials',
    usage,
    'set it; where it is right, those of the servers',
  ],
  [store('fatal', 'SignatureDoesNotMatch'), 'bad-credentials', usage, 'check that key, secret and endpoint'],
  [store('fatal', 'InvalidAccessKeyId'), 'bad-credentials', usage, 'check that key, secret and endpoint'],
  [store('fatal', 'XAdminUserNotFound'), 'bad-credentials', usage, 'check that key, secret and endpoint'],
  [store('fatal', 'InvalidToken'), 'bad-credentials', usage, 'check that key, secret and endpoint'],
  [store('fatal', 'SomethingNew'), 'rejected', failed, 'SomethingNew: as told'],
  [
    new FileChangedError('a part is not'),
    'file-changed',
    failed,
    'changed twice during the run (a part is not): run again when nothing writes to it',
  ],
  [
    system('ENOENT'),
    'file-vanished',
    failed,
    'the file vanished during the run: run again when nothing moves or deletes it',
  ],
  [
    system('ENOTDIR'),
    'file-vanished',
    failed,
    'the file vanished during the run: run again when nothing moves or deletes it',
  ],
  [system('EACCES'), 'unreadable', failed, 'give this user read permission, or exclude it'],
  [system('EIO'), 'unreadable', failed, 'cannot be read (EIO: as told)'],
  [system('EINTR'), 'unreadable', failed, 'cannot be read (EINTR: as told)'],
  [
    Object.assign(system('UNKNOWN'), { errno: -116 }),
    'unreadable',
    failed,
    'the file cannot be read (ESTALE, read)',
  ],
  [system('EMFILE'), 'unreadable', failed, 'too many files are open (EMFILE): raise the limit (ulimit -n)'],
  [new Error('as told'), 'internal', failed, 'as told'],
  [undefined, 'internal', failed, 'undefined'],
  [
    new TypeError('x is not a function'),
    'internal',
    failed,
    'x is not a function. This is a mistake in s3-dedup-sync: please report it',
  ],
])('%p is told as %s, exit %i: %s', (error, code, exit, words) => {
  const told = explain(error, 'p/a');
  expect(told).toEqual({ code, exit, message: expect.stringMatching(/^p\/a: [^\n]+$/) });
  expect(told.message).toContain(words);
});

test('a refusal of our own stays as it is', () => {
  const refused = new SyncError('too-many-deletions', EXIT.refused, 'as it was said');
  expect(explain(refused, 'p/a')).toEqual({
    code: 'too-many-deletions',
    exit: EXIT.refused,
    message: 'as it was said',
  });
});

test('a copy that nothing proves is no fault of the connection', () => {
  const { code, message } = explain(new UnprovedCopyError('nobody knows its digest'), 'p/a');
  expect({ code, message }).toEqual({
    code: 'rejected',
    message: 'p/a: the copy is not proved, as nobody knows its digest',
  });
});

test('an index that a lifecycle rule archived: nothing can exclude it but that rule', () => {
  const error = new StoreError('denied', 'InvalidObjectState', 403, 'GetObject', 'of its class');
  expect(whyNot(error, 's3://b/p/.s3-dedup-sync/index')).toBe(
    's3://b/p/.s3-dedup-sync/index: the object is archived: leave it out of the lifecycle rule that does that',
  );
});
