import type { SyncOptions } from '../model/options.js';
import { type RoleSurroundings, roleConfiguration, SilentLogger } from './credentials.js';
import { atEndpoint, endpointOf } from './endpoint.js';
import type { Invalidator } from './object-store.js';
import { repeatingNothing, toStoreError } from './store-errors.js';
import { Ways } from './ways.js';

/**
 * Reaches CloudFront as the destination is reached: profile, proxy, certificates, timeouts. It is global, and has
 * nothing of the bucket's region and endpoint.
 *
 * @param region of the bucket: China has a CloudFront of its own
 */
export async function openInvalidator(
  { connection }: SyncOptions,
  distribution: string,
  region: string,
  surroundings: RoleSurroundings = {},
): Promise<Invalidator> {
  const { CloudFrontClient, CreateInvalidationCommand, GetInvalidationCommand } = await import(
    '@aws-sdk/client-cloudfront'
  );
  const { BoundedHandler } = await import('./bounded-handler.js');
  const isChina = region.startsWith('cn-');
  const endpoint = await endpointOf('CLOUDFRONT', connection.profile);
  const handler = new BoundedHandler(new Ways(connection));
  const logger = new SilentLogger();
  const client = new CloudFrontClient({
    region: isChina ? 'cn-northwest-1' : 'us-east-1',
    // The engine waits for longer than the SDK would, and under one reference.
    maxAttempts: 1,
    logger,
    requestHandler: handler,
    ...atEndpoint(endpoint),
    ...(connection.profile === undefined ? {} : { profile: connection.profile }),
    ...(await roleConfiguration(connection, { region, requestHandler: handler, logger }, surroundings)),
  });
  return {
    distribution,
    async create(paths, reference, signal) {
      const command = new CreateInvalidationCommand({
        DistributionId: distribution,
        InvalidationBatch: {
          CallerReference: reference,
          Paths: { Quantity: paths.length, Items: [...paths] },
        },
      });
      try {
        const { Invalidation } = await client.send(command, { abortSignal: signal });
        return { id: Invalidation?.Id ?? '' };
      } catch (error) {
        throw await repeatingNothing(toStoreError('CreateInvalidation', error), () =>
          client.config.credentials(),
        );
      }
    },
    async isDone(id, signal) {
      const command = new GetInvalidationCommand({ DistributionId: distribution, Id: id });
      try {
        const { Invalidation } = await client.send(command, { abortSignal: signal });
        return Invalidation?.Status === 'Completed';
      } catch (error) {
        throw await repeatingNothing(toStoreError('GetInvalidation', error), () =>
          client.config.credentials(),
        );
      }
    },
  };
}
