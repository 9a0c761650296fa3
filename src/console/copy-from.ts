import { environmentEndpoint } from '../model/endpoint.js';
import type { InputName } from '../model/inputs.js';
import type { Prefix } from '../model/object-key.js';
import type { CopyFrom, CopyOptions } from '../model/options.js';
import { parseDestinationLine } from './destination.js';
import type { Inputs, OptionsContext } from './given-inputs.js';
import { parseAccountId, parseBoolean, parseRegion, parseSize, refuse } from './values.js';

/** Words that may stand behind a place to copy from: copies are made with the destination's own credentials. */
const COPY_FROM_WORDS: readonly InputName[] = ['region', 'expected-bucket-owner', 'requester-pays'];

export function parseCopies(inputs: Inputs, context: OptionsContext): CopyOptions {
  const name = inputs.spelled('copy-from');
  const lenient = (inputs.text('endpoint-url') ?? environmentEndpoint(context.env, 'S3')) !== undefined;
  const from = inputs.lines('copy-from').map((line): CopyFrom => {
    const { bucket, prefix, words } = parseDestinationLine(name, line.trim(), () => lenient);
    const foreign = [...words.keys()].find((word) => !COPY_FROM_WORDS.includes(word));
    if (foreign !== undefined) {
      return refuse(
        `${name}, behind the place`,
        `${foreign}=`,
        `${COPY_FROM_WORDS.join('=, ')}=; S3 copies within one service, with the destination's own credentials`,
      );
    }
    const region = words.get('region');
    const owner = words.get('expected-bucket-owner');
    const pays = words.get('requester-pays');
    return {
      place: { bucket, prefix: prefix ?? ('' as Prefix) },
      ...(region === undefined ? {} : { region: parseRegion(name, region) }),
      ...(owner === undefined ? {} : { expectedBucketOwner: parseAccountId(name, owner) }),
      requesterPays: pays !== undefined && parseBoolean(name, pays),
    };
  });
  return { from, minSize: parseSize(inputs.spelled('copy-min-size'), inputs.orDefault('copy-min-size')) };
}
