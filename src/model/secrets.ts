/** What stands in a secret's place. */
const HIDDEN = '***';

/**
 * Secrets by their shape, in what others say: servers and proxies repeat requests in their errors, and whoever reads a
 * log must not be able to sign, nor to use a signed URL. Each keeps its first group. Lengths have an end:
 * what is said may be long.
 */
const SHAPES: readonly RegExp[] = [
  // https://user:password@host, https://token@host
  /(\b[a-z][a-z0-9+.-]{0,15}:\/\/)[^\s/?#"'<>]{1,512}(?=@)/gi,
  // Of presigned URLs: AWS Signature 4 and 2, Google, Azure; also in a URL that is the parameter of another one.
  /((?:[?&]|%3F|%26)(?:X-(?:Amz|Goog)-(?:Signature|Credential|Security-Token)|Signature|AWSAccessKeyId|GoogleAccessId|sig|token|access_token)(?:=|%3D))(?:(?!%26)[^\s&"'<>])+/gi,
  // As an error says which one was expected.
  /(\bSignature[^\r\n]{1,40}?\b)[0-9a-f]{64}\b/gi,
  // Headers, as they are or as an error lists them.
  /(\bSignature\s*[=:]\s*)[A-Za-z0-9+/=%]{16,}/gi,
  /(\bx-amz-security-token["']?\s*[=:>]\s*["']?)[^\s"'<>,;&]+/gi,
  /(\b(?:proxy-)?authorization["']?\s*[=:]\s*["']?(?:Basic|Bearer)\s+)[^\s"'<>,;]+/gi,
  /(\bAWS [A-Z0-9]{16,}:)[A-Za-z0-9+/=]{20,}/g,
  // A JSON Web Token, as the runner's identity is.
  /(\beyJ)[A-Za-z0-9_-]{8,2048}\.[A-Za-z0-9_-]{1,4096}(?:\.[A-Za-z0-9_-]{1,2048})?/g,
];

/** A text of somebody else without what could be used. */
export function withoutSecrets(text: string): string {
  return SHAPES.reduce((masked, shape) => masked.replace(shape, `$1${HIDDEN}`), text);
}

/** What requests are signed with. */
export interface SigningValues {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** AWS has no shorter ids of keys; other services have such as are words, which may be meant. Characters. */
const LEAST_KEY_ID = 16;

/** What a server says, without what requests to it were signed with. */
export function withoutSigningValues(
  text: string,
  { accessKeyId, secretAccessKey, sessionToken }: SigningValues,
): string {
  let masked = text;
  for (const value of [secretAccessKey, sessionToken, accessKeyId.length < LEAST_KEY_ID ? '' : accessKeyId]) {
    if (value === undefined || value === '') continue;
    for (const spelled of [value, encodeURIComponent(value)]) masked = masked.replaceAll(spelled, HIDDEN);
  }
  return masked;
}
