/** The endpoint that the SDK would take from the environment. */
export function environmentEndpoint(
  env: Readonly<Record<string, string | undefined>>,
  service: 'S3' | 'CLOUDFRONT',
): string | undefined {
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true') return undefined;
  return env[`AWS_ENDPOINT_URL_${service}`] || env.AWS_ENDPOINT_URL || undefined;
}
