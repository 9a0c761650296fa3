import { environmentEndpoint } from '../model/endpoint.js';
import { usageError } from '../model/errors.js';
import type { InputName, RawInputs } from '../model/inputs.js';
import { MAX_KEY_BYTES, type Prefix, parsePrefix } from '../model/object-key.js';
import { type Destination, destinationUrl } from '../model/objects.js';
import type { Connection, Source, SyncOptions, Target } from '../model/options.js';
import { parseRole } from './connection.js';
import { ALLOWED, type DestinationLine, parseDestinationLine } from './destination.js';
import { type Inputs, type OptionsContext, spelled } from './given-inputs.js';
import { pathFrom } from './path.js';
import { printable } from './text.js';
import { parseAccountId, parseBoolean, parseEndpoint, parseRegion, refuse } from './values.js';

/** What goes where. `line` is the bucket that the run is about: the one written, or of a download the one read. */
export type Route =
  | { readonly kind: 'publish'; readonly line: DestinationLine }
  | { readonly kind: 'download'; readonly line: DestinationLine; readonly directory: string }
  | { readonly kind: 'copy'; readonly line: DestinationLine; readonly source: DestinationLine };

export function routeOf(raw: RawInputs, context: OptionsContext, input?: string): Route {
  const given = (name: InputName): string | undefined => {
    const value = raw[name];
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
  };
  const shown = (name: InputName): string => spelled(name, context.shell);
  const source = given('source');
  const directory = given('destination');
  if (source === undefined) {
    if (directory !== undefined)
      throw usageError(`${shown('destination')} was given without ${shown('source')}: ${SHAPES}`);
    return { kind: 'publish', line: placeLine('bucket', raw, context, input) };
  }
  const paths = raw.paths;
  if (context.directory !== undefined || (paths !== undefined && paths.length > 0))
    throw usageError(`${shown('paths')} and ${shown('source')} were given: ${SHAPES}`);
  if (given('command') === 'remove')
    throw usageError(`${shown('source')} was given, and remove empties ${shown('bucket')}: take it out`);
  if (directory !== undefined && given('bucket') !== undefined)
    throw usageError(`${shown('destination')} and ${shown('bucket')} were given: ${SHAPES}`);
  const from = placeLine('source', raw, context);
  const foreign = [...from.words.keys()].find((word) => !SOURCE_WORDS.includes(word));
  if (foreign !== undefined)
    return refuse(`${shown('source')}, behind the place`, `${foreign}=`, `${SOURCE_WORDS.join('=, ')}=`);
  if (directory !== undefined) return { kind: 'download', line: from, directory };
  if (given('bucket') === undefined)
    throw usageError(
      `${shown('source')} was given without ${shown('destination')} or ${shown('bucket')}: ${SHAPES}`,
    );
  return { kind: 'copy', line: placeLine('bucket', raw, context, input), source: from };
}

const SHAPES =
  'paths and bucket publish, source and destination download, source and bucket copy from bucket to bucket';

/** Words about how a source is reached. */
const SOURCE_WORDS: readonly InputName[] = [
  'region',
  'endpoint-url',
  'force-path-style',
  'profile',
  'role-to-assume',
  'expected-bucket-owner',
  'requester-pays',
  'allowed-account-ids',
];

/** @param endpoint of the environment, where no other is given */
export function parseSource(
  inputs: Inputs,
  { bucket, prefix, words }: DestinationLine,
  shared: Connection,
  endpoint: string | undefined,
): Source {
  const name = inputs.spelled('source');
  const { region: _, expectedBucketOwner: __, ...general } = shared;
  const word = <T>(key: InputName, parse: (name: string, text: string) => T): T | undefined => {
    const text = words.get(key);
    return text === undefined ? undefined : parse(name, text);
  };
  const endpointUrl = word('endpoint-url', parseEndpoint);
  // One region serves one service of another provider; AWS says where a bucket is.
  const isThere = endpointUrl === undefined && (shared.endpointUrl ?? endpoint) !== undefined;
  const region = word('region', parseRegion) ?? (isThere ? shared.region : undefined);
  const owner = word('expected-bucket-owner', parseAccountId);
  const profile = words.get('profile');
  const role = words.get('role-to-assume');
  const pathStyle = word('force-path-style', parseBoolean);
  const accounts = words.get('allowed-account-ids');
  return {
    place: { bucket, prefix: prefix ?? ('' as Prefix) },
    connection: {
      ...general,
      allowedAccountIds:
        accounts === undefined ? [] : accounts.split(',').map((account) => parseAccountId(name, account)),
      requesterPays: word('requester-pays', parseBoolean) ?? false,
      ...(endpointUrl === undefined ? {} : { endpointUrl }),
      ...(region === undefined ? {} : { region }),
      ...(owner === undefined ? {} : { expectedBucketOwner: owner }),
      ...(profile === undefined ? {} : { profile }),
      ...(role === undefined ? {} : { role: parseRole(inputs, role) }),
      ...(pathStyle === undefined ? {} : { forcePathStyle: pathStyle }),
    },
  };
}

/** What is copied would be found in the source by the next run. */
export function refuseOverlap(
  inputs: Inputs,
  { place, connection }: Source,
  { destination: to, connection: there }: Pick<SyncOptions, 'destination' | 'connection'>,
  endpoint: string | undefined,
): void {
  const isElsewhere =
    place.bucket !== to.bucket || (connection.endpointUrl ?? endpoint) !== (there.endpointUrl ?? endpoint);
  if (isElsewhere || !(place.prefix.startsWith(to.prefix) || to.prefix.startsWith(place.prefix))) return;
  throw usageError(
    `${inputs.spelled('source')}: ${destinationUrl(place)} and ${destinationUrl(to)} lie in one another; copy between places that do not`,
  );
}

export function parseTarget(inputs: Inputs, directory: string, context: OptionsContext): Target {
  return {
    directory: pathFrom(context, directory),
    duplicates: inputs.choice('local-duplicates', ['copy', 'reflink', 'link']),
    asStored: inputs.boolean('as-stored'),
  };
}

export function placeLine(
  input: 'bucket' | 'source',
  raw: RawInputs,
  context: OptionsContext,
  name = spelled(input, context.shell),
): DestinationLine {
  const given = raw[input];
  if (typeof given !== 'string' || given.trim() === '') {
    return refuse(name, '', ALLOWED);
  }
  const general = raw['endpoint-url'];
  return parseDestinationLine(
    name,
    given,
    (words) =>
      ((words.get('endpoint-url') ?? general ?? '') || environmentEndpoint(context.env, 'S3')) !== undefined,
  );
}

export function parseDestination(inputs: Inputs, line: DestinationLine): Destination {
  const given = inputs.text('prefix');
  const prefix = given === undefined ? line.prefix : parsePrefix(given);
  if (line.prefix !== undefined && prefix !== line.prefix) {
    throw usageError(
      `${inputs.spelled('prefix')}: ${printable(given ?? '')} was given, and ${printable(line.prefix)} in the URL; give one of them`,
    );
  }
  const bytes = Buffer.byteLength(prefix ?? '');
  if (prefix !== undefined && (!prefix.isWellFormed() || bytes >= MAX_KEY_BYTES)) {
    throw usageError(
      `${inputs.spelled('prefix')}: ${bytes} bytes were given; allowed: UTF-8 of less than ${MAX_KEY_BYTES} bytes`,
    );
  }
  return { bucket: line.bucket, prefix: prefix ?? ('' as Prefix) };
}

/** It would be published below a name with quotes or an asterisk in it. What was may be downloaded and removed. */
export function refusePattern(inputs: Inputs, { prefix }: Destination, input?: string): void {
  const bare = prefix.slice(0, -1);
  const quoted = /^(["'`])(.*)\1$/.exec(bare)?.[2];
  if (quoted === undefined && !bare.endsWith('*')) return;
  const name =
    inputs.text('prefix') === undefined ? (input ?? inputs.spelled('bucket')) : inputs.spelled('prefix');
  const meant = (quoted ?? bare).replace(/[*/]+$/, '');
  refuse(
    name,
    bare,
    `a prefix as it is, without quotes and patterns${meant === '' ? '' : `: write ${printable(meant)}`}`,
  );
}
