/**
 * What a provider does otherwise than AWS. Every quirk that the store knows stands here, with its source;
 * nothing else in the code asks who the provider is.
 */
export interface Provider {
  readonly name: string;
  /** Takes `x-amz-tagging-directive` on a copy. */
  readonly taggingDirective: boolean;
  /** Takes `x-amz-annotation-directive` on a copy. */
  readonly annotationDirective: boolean;
  /** Has AWS accounts behind its credentials, so that STS can name them. */
  readonly accounts: boolean;
}

const AWS: Provider = { name: 'AWS S3', taggingDirective: true, annotationDirective: true, accounts: true };

const OTHER: Provider = { name: 'S3', taggingDirective: true, annotationDirective: false, accounts: false };

/** By the end of the endpoint's host name. */
const BY_HOST: readonly (readonly [string, Provider])[] = [
  ['.amazonaws.com', AWS],
  ['.amazonaws.com.cn', AWS],
  // R2 answers 501 NotImplemented to tagging headers: "S3 API compatibility" in Cloudflare's R2 documentation.
  ['.r2.cloudflarestorage.com', { ...OTHER, name: 'Cloudflare R2', taggingDirective: false }],
  // B2 refuses tags: "S3-Compatible API" in Backblaze's documentation.
  ['.backblazeb2.com', { ...OTHER, name: 'Backblaze B2', taggingDirective: false }],
  // The XML API has no object tags: "Migrate from Amazon S3" in Google's documentation.
  ['storage.googleapis.com', { ...OTHER, name: 'Google Cloud Storage', taggingDirective: false }],
];

/** The provider behind an endpoint; no endpoint is AWS itself. */
export function providerOf(endpoint: string | undefined): Provider {
  if (endpoint === undefined) return AWS;
  let host: string;
  try {
    host = new URL(endpoint).hostname.toLowerCase();
  } catch {
    return OTHER;
  }
  return BY_HOST.find(([end]) => host.endsWith(end))?.[1] ?? OTHER;
}
