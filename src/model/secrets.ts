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
  // Of presigned URLs: AWS Signature 4 and 2, Google, Azure.
  /([?&](?:X-(?:Amz|Goog)-(?:Signature|Credential|Security-Token)|Signature|AWSAccessKeyId|GoogleAccessId|sig|token|access_token)=)[^\s&"'<>]+/gi,
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

/** A text without these very values. */
export function withoutValues(text: string, secrets: readonly (string | undefined)[]): string {
  let masked = text;
  for (const secret of secrets)
    if (secret !== undefined && secret !== '') masked = masked.replaceAll(secret, HIDDEN);
  return masked;
}
