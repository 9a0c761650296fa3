/** Services that are asked, as variables call them. */
export type Service = 'S3' | 'STS' | 'CLOUDFRONT';

/** The endpoint that the SDK would take from the environment. */
export function environmentEndpoint(
  env: Readonly<Record<string, string | undefined>>,
  service: Service,
): string | undefined {
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true') return undefined;
  return env[`AWS_ENDPOINT_URL_${service}`] || env.AWS_ENDPOINT_URL || undefined;
}
