import type { Answer } from './answer.js';
import { document, escapeXml, leaf } from './xml.js';

/** An error as S3 answers it. */
export class S3Error extends Error {
  override readonly name = 'S3Error';
  readonly code: string;
  readonly status: number;
  /** Further elements of the document, as AWS has them. */
  readonly details: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ErrorCode,
    message = MESSAGES[code][1],
    details: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.code = code;
    this.status = MESSAGES[code][0];
    this.details = details;
    this.headers = headers;
  }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, the part that the server uses. */
const MESSAGES = {
  AccessControlListNotSupported: [400, 'The bucket does not allow ACLs'],
  AccessDenied: [403, 'Access Denied'],
  AuthorizationHeaderMalformed: [400, 'The authorization header is malformed'],
  BadDigest: [400, 'The Content-MD5 you specified did not match what we received.'],
  BucketAlreadyOwnedByYou: [
    409,
    'Your previous request to create the named bucket succeeded and you already own it.',
  ],
  BucketNotEmpty: [409, 'The bucket you tried to delete is not empty'],
  ConditionalRequestConflict: [
    409,
    'The conditional request cannot succeed due to a conflicting operation against this resource.',
  ],
  EntityTooSmall: [400, 'Your proposed upload is smaller than the minimum allowed size'],
  DirectoryObjectContainsData: [400, 'Directory object contains data payload.'],
  ExistingObjectIsDirectory: [409, 'Existing Object is a directory.'],
  ExpiredToken: [400, 'The provided token has expired.'],
  IncompleteBody: [
    400,
    'You did not provide the number of bytes specified by the Content-Length HTTP header',
  ],
  InternalError: [500, 'We encountered an internal error. Please try again.'],
  InvalidAccessKeyId: [403, 'The AWS Access Key Id you provided does not exist in our records.'],
  InvalidArgument: [400, 'Invalid Argument'],
  InvalidBucketName: [400, 'The specified bucket is not valid.'],
  InvalidChunkSizeError: [400, 'Only the last chunk is allowed to have a size less than 8192 bytes'],
  InvalidDigest: [400, 'The Content-MD5 you specified was invalid.'],
  InvalidObjectState: [403, "The operation is not valid for the object's storage class"],
  InvalidPart: [
    400,
    'One or more of the specified parts could not be found. ' +
      "The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
  ],
  InvalidPartOrder: [
    400,
    'The list of parts was not in ascending order. Parts must be ordered by part number.',
  ],
  InvalidRange: [416, 'The requested range is not satisfiable'],
  InvalidRequest: [400, 'Invalid Request'],
  InvalidStorageClass: [400, 'The storage class you specified is not valid'],
  InvalidTag: [400, 'The tag provided was not a valid tag.'],
  KeyTooLongError: [400, 'Your key is too long'],
  MalformedXML: [
    400,
    'The XML you provided was not well-formed or did not validate against our published schema',
  ],
  MetadataTooLarge: [400, 'Your metadata headers exceed the maximum allowed metadata size'],
  MethodNotAllowed: [405, 'The specified method is not allowed against this resource.'],
  MissingContentLength: [411, 'You must provide the Content-Length HTTP header.'],
  NoSuchBucket: [404, 'The specified bucket does not exist'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NoSuchUpload: [
    404,
    'The specified upload does not exist. The upload ID may be invalid, ' +
      'or the upload may have been aborted or completed.',
  ],
  /** Never with a body. */
  NotModified: [304, 'Not Modified'],
  NotImplemented: [501, 'A header you provided implies functionality that is not implemented'],
  /** GetBucketOwnershipControls of a bucket that never had any: ACLs are allowed, as in ObjectWriter. */
  OwnershipControlsNotFoundError: [404, 'The bucket ownership controls were not found'],
  ObjectParentIsFile: [409, 'Object parent already exists as a file.'],
  PermanentRedirect: [
    301,
    'The bucket you are attempting to access must be addressed using the specified endpoint. ' +
      'Please send all future requests to this endpoint.',
  ],
  PreconditionFailed: [412, 'At least one of the pre-conditions you specified did not hold'],
  RequestTimeout: [
    400,
    'Your socket connection to the server was not read from or written to within the timeout period.',
  ],
  RequestTimeTooSkewed: [403, 'The difference between the request time and the current time is too large.'],
  SignatureDoesNotMatch: [
    403,
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  ],
  XAmzContentChecksumMismatch: [
    400,
    "The provided 'x-amz-checksum' header does not match what was computed.",
  ],
  ServiceUnavailable: [503, 'Service is unable to handle request.'],
  SlowDown: [503, 'Please reduce your request rate.'],
  // MinIO's.
  ServerBusy: [503, 'The service is unavailable. Please retry.'],
  SlowDownRead: [503, 'Resource requested is unreadable, please reduce your request rate'],
  SlowDownWrite: [503, 'Resource requested is unwritable, please reduce your request rate'],
  XMinioServerNotInitialized: [503, 'Server not initialized yet, please try again.'],
} as const satisfies Readonly<Record<string, readonly [number, string]>>;

export type ErrorCode = keyof typeof MESSAGES;

export function errorDocument(error: S3Error, resource: string, requestId: string): string {
  const details = Object.entries(error.details).map(([name, value]) => leaf(name, value));
  const content = [
    leaf('Code', error.code),
    leaf('Message', error.message),
    ...details,
    leaf('Resource', resource),
    leaf('RequestId', requestId),
    leaf('HostId', 'embedded'),
  ].join('');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${content}</Error>`;
}

export function errorAnswer(error: S3Error, resource: string, requestId: string): Answer {
  return {
    status: error.status,
    headers: { 'content-type': 'application/xml', ...error.headers },
    body: errorDocument(error, resource, requestId),
  };
}

/** STS answers its errors in a document of its own. */
export function stsErrorAnswer(error: S3Error, requestId: string): Answer {
  const content = `<Error>${leaf('Type', 'Sender')}${leaf('Code', error.code)}${leaf('Message', error.message)}</Error>`;
  return {
    status: error.status,
    headers: { 'content-type': 'text/xml' },
    body: document('ErrorResponse', `${content}<RequestId>${escapeXml(requestId)}</RequestId>`),
  };
}
