import { usageError } from '../model/errors.js';
import { isDistribution } from '../model/invalidation.js';
import { parsePrefix } from '../model/object-key.js';
import type { Destination } from '../model/objects.js';
import type { InvalidationOptions } from '../model/options.js';
import type { Inputs } from './given-inputs.js';
import { refuse } from './values.js';

/** What an invalidation is made of costs money beyond 1,000 paths a month, so few are sent unless more are asked for. */
const INVALIDATE_MAX_PATHS = 3;

export function parseInvalidation(inputs: Inputs, destination: Destination): InvalidationOptions | undefined {
  const name = inputs.spelled('invalidate');
  const given = inputs.text('invalidate')?.trim() ?? '';
  const stripPrefix = parsePrefix(inputs.text('invalidate-strip-prefix') ?? '');
  const addPrefix = parsePrefix(inputs.text('invalidate-prefix') ?? '');
  const wait = inputs.boolean('invalidate-wait');
  if (given === '') {
    const lone = (['invalidate-strip-prefix', 'invalidate-prefix', 'invalidate-max-paths'] as const).find(
      (other) => inputs.text(other) !== undefined,
    );
    if (lone === undefined && !wait) return undefined;
    throw usageError(
      `${inputs.spelled(lone ?? 'invalidate-wait')} was given without ${name}: set ${name} to a distribution, or drop it`,
    );
  }
  const [distribution = '', ...words] = given.split(/\s+/);
  const wrong = words.find((word) => !/^new=(?:true|false)$/.test(word));
  if (!isDistribution(distribution) || wrong !== undefined || words.length > 1) {
    return refuse(name, given, "a distribution's ID as E2EXAMPLE, and behind it new=true for new keys too");
  }
  if (!stripPrefix.startsWith(destination.prefix) && !destination.prefix.startsWith(stripPrefix)) {
    return refuse(
      inputs.spelled('invalidate-strip-prefix'),
      stripPrefix,
      `what the published keys begin with: ${destination.prefix}, a part of it up to a slash, or more`,
    );
  }
  // CloudFront knows it at the end of a path alone.
  if (addPrefix.includes('*'))
    return refuse(inputs.spelled('invalidate-prefix'), addPrefix, 'a path without *');
  return {
    distribution,
    newKeys: words[0] === 'new=true',
    mapping: { stripPrefix, addPrefix },
    maxPaths:
      inputs.text('invalidate-max-paths') === undefined
        ? INVALIDATE_MAX_PATHS
        : inputs.number('invalidate-max-paths'),
    wait,
  };
}
