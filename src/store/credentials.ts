import type { AwsCredentialIdentityProvider } from '@smithy/types';
import type { AssumedRole, Connection } from '../model/options.js';

/** Gives a token of the runner's identity provider for an audience. It is a secret. */
export type IdToken = (audience: string) => Promise<string>;

/**
 * Credentials of a role: by the runner's own identity token where there is one, else from what the SDK's chain gives.
 * Each call asks for new ones: the SDK calls again before they expire.
 *
 * @param client what the STS client is made with
 */
export async function roleCredentials(
  { arn, audience, sessionName, durationSeconds }: AssumedRole,
  { profile }: Connection,
  client: { readonly region: string; readonly requestHandler?: unknown },
  idToken: IdToken | undefined,
): Promise<AwsCredentialIdentityProvider> {
  const { fromTemporaryCredentials, fromWebToken, fromNodeProviderChain } = await import(
    '@aws-sdk/credential-providers'
  );
  const clientConfig = client as NonNullable<Parameters<typeof fromWebToken>[0]['clientConfig']>;
  if (idToken !== undefined) {
    return async () => {
      const webIdentityToken = await idToken(audience);
      const give = fromWebToken({
        roleArn: arn,
        roleSessionName: sessionName,
        durationSeconds,
        webIdentityToken,
        clientConfig,
      });
      return give();
    };
  }
  return fromTemporaryCredentials({
    masterCredentials: fromNodeProviderChain(profile === undefined ? {} : { profile }),
    params: { RoleArn: arn, RoleSessionName: sessionName, DurationSeconds: durationSeconds },
    clientConfig,
  }) as AwsCredentialIdentityProvider;
}
