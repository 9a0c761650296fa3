import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isInside } from '../disk/is-inside.js';
import { journalPath } from '../model/digest-index.js';
import { environmentEndpoint } from '../model/endpoint.js';
import { EXIT, messageOf, refusal, SyncError, usageError } from '../model/errors.js';
import { INPUT_NAMES, type InputName, inputDefinition, type RawInputs } from '../model/inputs.js';
import { isDistribution } from '../model/invalidation.js';
import { MAX_KEY_BYTES, OWN_DIRECTORY, type Prefix, parsePrefix } from '../model/object-key.js';
import { type Destination, destinationUrl } from '../model/objects.js';
import type {
  AssumedRole,
  Connection,
  CopyFrom,
  CopyOptions,
  DeleteOptions,
  IndexPlace,
  InvalidationOptions,
  PathPattern,
  Sharding,
  Source,
  SyncOptions,
  Target,
  TreeOptions,
  WriteHeaders,
} from '../model/options.js';
import { type DestinationLine, parseDestinationLine } from './destination.js';
import { indexName, userCacheDirectory } from './index-name.js';
import { parseSite } from './site.js';
import { printable } from './text.js';
import {
  parseAccountId,
  parseBoolean,
  parseDuration,
  parseEndpoint,
  parseEnum,
  parseGrace,
  parseMaxDelete,
  parseNumber,
  parseRegion,
  parseSize,
  refuse,
} from './values.js';

/** Where the inputs were given, and what parsing needs from there. */
export interface OptionsContext {
  readonly shell: 'action' | 'cli';
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Empty where there is none. */
  readonly home: string;
  readonly parsePathLines: (lines: readonly string[], cwd: string) => Promise<readonly PathPattern[]>;
  readonly literalPath: (path: string, cwd: string) => Promise<PathPattern>;
  /** The DIR argument of the command line, in place of `paths`. */
  readonly directory?: string;
}

/**
 * Inputs, as a person wrote them, to what the engine is asked. Rejects with a `SyncError` of exit 2, or of exit 4
 * where a guard refuses what is asked (D13).
 */
export async function parseOptions(raw: RawInputs, context: OptionsContext): Promise<SyncOptions> {
  return withUnpublished(await parseAll(raw, context));
}

async function parseAll(raw: RawInputs, context: OptionsContext): Promise<SyncOptions> {
  const first = await parseOne(raw, context);
  const inputs = new Inputs(raw, context.shell);
  const mirrorBy = inputs.choice('mirror-by', ['auto', 'upload', 'copy']);
  const mirrorsAtomic = inputs.boolean('mirrors-atomic');
  const lines = inputs.lines('mirrors').map((line) => line.trim());
  if (lines.length === 0) {
    const lone = (['mirror-by', 'mirrors-atomic'] as const).find((name) => inputs.isSet(name));
    if (lone === undefined) return first;
    throw usageError(
      `${inputs.spelled(lone)} was given without ${inputs.spelled('mirrors')}: name mirrors, or drop it`,
    );
  }
  if (first.command === 'remove' || first.target !== undefined) {
    const who = first.command === 'remove' ? 'remove' : 'a download';
    throw usageError(`${inputs.spelled('mirrors')} was given, and ${who} does not heed it: take it out`);
  }
  if (mirrorsAtomic && mirrorBy === 'copy') {
    throw usageError(
      `${inputs.spelled('mirrors-atomic')} and ${inputs.spelled('mirror-by')} copy were given: nothing can be copied from what is not visible yet; take one out`,
    );
  }
  if (mirrorsAtomic && first.delayUpdates === 'best-effort') {
    throw usageError(
      `${inputs.spelled('mirrors-atomic')} and ${inputs.spelled('delay-updates')} best-effort were given: all or nothing is strict; take one out`,
    );
  }
  if (first.sharding !== undefined && mirrorBy === 'copy') {
    throw usageError(
      `${inputs.spelled('mirror-by')} copy was given, and ${first.command} does not heed it: nothing can be copied from what is not visible yet; take it out`,
    );
  }
  const mirrors: SyncOptions[] = [];
  for (const line of lines) mirrors.push(await parseMirror(line, raw, first, context));
  refuseTwice(inputs, [first, ...mirrors]);
  const shared = mirrorsAtomic ? { mirrorsAtomic, delayUpdates: true } : {};
  return { ...first, ...shared, mirrorBy, mirrors: mirrors.map((mirror) => ({ ...mirror, ...shared })) };
}

/** About one bucket: what is said in general is not about the mirrors. */
const OF_ONE_BUCKET: ReadonlySet<InputName> = new Set([
  'prefix',
  'whole-bucket',
  'expected-bucket-owner',
  'invalidate',
  'mirrors',
  'mirror-by',
  'mirrors-atomic',
]);

async function parseMirror(
  line: string,
  raw: RawInputs,
  first: SyncOptions,
  context: OptionsContext,
): Promise<SyncOptions> {
  const name = spelled('mirrors', context.shell);
  const { words } = placeLine('bucket', { ...raw, bucket: line }, context, name);
  const invalidates = words.has('invalidate');
  const general = Object.entries(raw).filter(([input]) => {
    if (OF_ONE_BUCKET.has(input as InputName)) return false;
    if (input.startsWith('invalidate-')) return invalidates;
    // One region serves one service of another provider; AWS says where a bucket is.
    return input !== 'region' || (first.connection.endpointUrl !== undefined && !words.has('endpoint-url'));
  });
  const mirror = await parseOne({ ...Object.fromEntries(general), bucket: line }, context, name);
  const own = indexName(mirror.connection.endpointUrl, mirror.destination).slice(0, 12);
  const index = raw.index === undefined ? mirror.index : besides(mirror.index, own);
  const { sharding } = mirror;
  const sharded = sharding === undefined ? {} : { sharding: { ...sharding, beside: `.${own}` } };
  return { ...mirror, tree: first.tree, index, ...sharded };
}

/** An index that was named is the first destination's; each mirror has its own beside it. */
function besides(index: IndexPlace, own: string): IndexPlace {
  switch (index.kind) {
    case 'file':
      return { ...index, path: `${index.path}.${own}` };
    case 's3':
      return { ...index, key: `${index.key}.${own}` };
    case 'none':
    case 'cache':
      return index;
  }
}

/** Two runs in one place would take one another for foreign writers. */
function refuseTwice(inputs: Inputs, all: readonly SyncOptions[]): void {
  for (const [at, one] of all.entries()) {
    for (const other of all.slice(0, at)) {
      if (one.destination.bucket !== other.destination.bucket) continue;
      if (one.connection.endpointUrl !== other.connection.endpointUrl) continue;
      const [a, b] = [one.destination.prefix, other.destination.prefix];
      if (!a.startsWith(b) && !b.startsWith(a)) continue;
      throw usageError(
        `${inputs.spelled('mirrors')}: ${destinationUrl(one.destination)} and ${destinationUrl(other.destination)} lie in one another; name places that do not`,
      );
    }
  }
}

/** @param input what the destination was given as, for messages */
async function parseOne(raw: RawInputs, context: OptionsContext, input?: string): Promise<SyncOptions> {
  const route = routeOf(raw, context, input);
  const { line } = route;
  // What stands behind the destination is about this destination, and goes before what was said in general.
  const inputs = new Inputs({ ...raw, ...Object.fromEntries(line.words) }, context.shell);
  const destination = parseDestination(inputs, line);
  const command = inputs.givenChoice('command', ['sync', 'remove', 'check', 'plan', 'apply', 'publish']);
  const read = inputs.boolean('read');
  if (read && command !== 'check') {
    throw usageError(
      `${inputs.spelled('read')} was given, and ${command} does not read objects back: it belongs to check`,
    );
  }
  if (command === 'remove') checkRemoval(inputs, destination);
  else if (route.kind !== 'download') refusePattern(inputs, destination, input);
  if (route.kind === 'download') checkHeeded(inputs, DOWNLOAD_INPUTS, 'a download');
  else if (route.kind === 'copy') checkHeeded(inputs, COPY_INPUTS, 'a copy from bucket to bucket');
  else if (command !== 'remove')
    checkHeeded(inputs, command === 'publish' ? OF_A_PLAN : PUBLISH_INPUTS, command);
  const sharding = parseSharding(inputs, command, route.kind, context.cwd);
  const connection = parseConnection(inputs);
  // What stands behind the destination says nothing of the source.
  const general = parseConnection(new Inputs(raw, context.shell));
  const endpoint = environmentEndpoint(context.env, 'S3');
  const source = route.kind === 'copy' ? parseSource(inputs, route.source, general, endpoint) : undefined;
  if (source !== undefined) refuseOverlap(inputs, source, { destination, connection }, endpoint);
  const target = route.kind === 'download' ? parseTarget(inputs, route.directory, context) : undefined;
  const deletes =
    command === 'remove' ? parseRemoval(inputs) : parseDeletes(inputs, destination, target !== undefined);
  const writeHeaders = parseWriteHeaders(inputs);
  // What was published is learned by the last publish, from everything.
  const learns = command !== 'apply' && sharding?.shard === undefined && sharding?.abort !== true;
  const index: IndexPlace = learns
    ? parseIndex(inputs, context, connection, destination, target?.directory)
    : { kind: 'none' };
  if (source !== undefined) refuseIndexInSource(inputs, index, source);
  if (deletes.grace.kind !== 'none') requireLastingIndex(inputs, index);
  const invalidation = parseInvalidation(inputs, destination);
  const given = inputs.text('report');
  const report = given === undefined ? undefined : resolve(context.cwd, given);
  const { headers, site } = await parseSite({
    headers: { name: inputs.spelled('headers'), value: inputs.text('headers') },
    headersFile: { name: inputs.spelled('headers-file'), value: inputs.text('headers-file') },
    defaults: inputs.choice('headers-defaults', ['none', 'website']),
    refresh: inputs.boolean('refresh-headers'),
    redirectsFile: { name: inputs.spelled('redirects-file'), value: inputs.text('redirects-file') },
    compress: { name: inputs.spelled('compress'), value: inputs.lines('compress') },
    cleanUrls: inputs.boolean('clean-urls'),
    cwd: context.cwd,
  });
  // Last: it is the only part that looks at the tree.
  const tree =
    command === 'remove' || command === 'publish' ? NO_TREE : await parseTree(inputs, context, route.kind);
  return {
    command,
    destination,
    ...(source === undefined ? {} : { source }),
    ...(target === undefined ? {} : { target }),
    ...(sharding === undefined ? {} : { sharding }),
    connection,
    deletes,
    writeHeaders,
    headers,
    site,
    copies: parseCopies(inputs, context),
    ...(invalidation === undefined ? {} : { invalidation }),
    mirrors: [],
    mirrorBy: 'auto',
    mirrorsAtomic: false,
    delayUpdates: sharding === undefined ? parseDelay(inputs) : true,
    publishLast: parsePublishLast(inputs),
    lock: inputs.boolean('lock'),
    abortUploadsAfterMs: inputs.longDuration('abort-uploads-after'),
    overwrite: inputs.choice('overwrite', ['if-unchanged', 'always']),
    preserve: inputs.boolean('preserve'),
    index,
    dryRun: command === 'check' || command === 'plan' || inputs.boolean('dry-run'),
    read,
    report,
    summary: inputs.choice('summary', ['always', 'changes', 'never']),
    summaryTitle: inputs.text('summary-title') ?? '',
    logLevel: inputs.choice('log-level', ['error', 'warn', 'info', 'debug']),
    tree,
  };
}

/**
 * What a run writes beside what it publishes is for whoever runs it, though it lies among that. Several destinations have
 * one tree, and each writes files of its own.
 */
function withUnpublished(all: SyncOptions): SyncOptions {
  const { tree, target, mirrors } = all;
  const places = target === undefined ? tree.patterns.map(({ base }) => base) : [target.directory];
  const own = [all, ...mirrors]
    .flatMap(writtenFiles)
    .filter((path) => places.some((place) => path !== place && isInside(path, place)));
  if (own.length === 0) return all;
  const without = (one: SyncOptions): SyncOptions => ({
    ...one,
    site: { ...one.site, unpublished: new Set([...one.site.unpublished, ...own]) },
  });
  return { ...without(all), mirrors: mirrors.map(without) };
}

function writtenFiles({ report, index, sharding }: SyncOptions): readonly string[] {
  return [
    ...(report === undefined ? [] : [report]),
    ...(index.kind === 'file' ? [index.path, journalPath(index.path)] : []),
    ...(sharding === undefined
      ? []
      : [sharding.planFile, ...sharding.results].map((path) => path + sharding.beside)),
  ];
}

const NO_TREE: TreeOptions = {
  patterns: [],
  root: undefined,
  excludes: [],
  includeGit: false,
  symlinks: 'inside',
  ifNoFilesFound: 'error',
};

/** How the log reads and a bucket is reached: every run heeds it. */
const EVERY_RUN: readonly InputName[] = [
  'log-level',
  'region',
  'endpoint-url',
  'force-path-style',
  'profile',
  'role-to-assume',
  'audience',
  'role-session-name',
  'role-duration-seconds',
  'allowed-account-ids',
  'expected-bucket-owner',
  'requester-pays',
  'concurrency',
  'max-attempts',
  'connect-timeout',
  'read-timeout',
];

/** What `remove` heeds; anything else that is set was meant for another run. */
const REMOVE_INPUTS: ReadonlySet<InputName> = new Set([
  'command',
  'bucket',
  'prefix',
  'lock',
  'abort-uploads-after',
  'max-delete',
  'retain',
  'index',
  'report',
  'summary',
  'summary-title',
  'dry-run',
  ...EVERY_RUN,
]);

/** Of objects that are written: the lock is one, and a bucket's policy may want its encryption said. */
const LOCK_INPUTS: ReadonlySet<InputName> = new Set(['sse', 'kms-key-id', 'storage-class', 'acl']);

/** What goes where. `line` is the bucket that the run is about: the one written, or of a download the one read. */
type Route =
  | { readonly kind: 'publish'; readonly line: DestinationLine }
  | { readonly kind: 'download'; readonly line: DestinationLine; readonly directory: string }
  | { readonly kind: 'copy'; readonly line: DestinationLine; readonly source: DestinationLine };

function routeOf(raw: RawInputs, context: OptionsContext, input?: string): Route {
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

/** What every run heeds that moves bytes. */
const SHARED_INPUTS: readonly InputName[] = [
  'command',
  'excludes',
  'excludes-from',
  'include-git',
  'if-no-files-found',
  'delay-updates',
  'publish-last',
  'delete-after',
  'max-delete',
  'delete-excluded',
  'retain',
  'overwrite',
  'index',
  'report',
  'summary',
  'summary-title',
  'dry-run',
  'read',
  ...EVERY_RUN,
];

const DOWNLOAD_INPUTS: ReadonlySet<InputName> = new Set([
  // Excluded files of the target are not looked at, so they cannot be deleted.
  ...SHARED_INPUTS.filter((name) => name !== 'delete-excluded'),
  'source',
  'destination',
  'local-duplicates',
  'as-stored',
  'preserve',
  'whole-bucket',
]);

/** About files of this disk, which are none here. */
const OF_FILES: ReadonlySet<InputName> = new Set([
  'paths',
  'root',
  'symlinks',
  'destination',
  'local-duplicates',
  'as-stored',
  'preserve',
  'redirects-file',
  'compress',
  'clean-urls',
]);

const COPY_INPUTS: ReadonlySet<InputName> = new Set(INPUT_NAMES.filter((name) => !OF_FILES.has(name)));

/** What is planned already cannot be asked for again. */
const OF_A_PLAN: ReadonlySet<InputName> = new Set([
  ...[...REMOVE_INPUTS].filter((name) => name !== 'max-delete' && name !== 'retain'),
  ...LOCK_INPUTS,
  'plan-file',
  'shard',
  'results',
  'abort',
  'mirrors',
  'mirror-by',
  'mirrors-atomic',
  'overwrite',
  'whole-bucket',
  'invalidate',
  'invalidate-strip-prefix',
  'invalidate-prefix',
  'invalidate-max-paths',
  'invalidate-wait',
]);

const PUBLISH_INPUTS: ReadonlySet<InputName> = new Set(
  INPUT_NAMES.filter((name) => name !== 'local-duplicates' && name !== 'as-stored'),
);

/** An input must not be taken for heeded that is not. */
function checkHeeded(inputs: Inputs, heeded: ReadonlySet<InputName>, who: string): void {
  const other = INPUT_NAMES.find((name) => !heeded.has(name) && inputs.isSet(name));
  if (other === undefined) return;
  throw usageError(`${inputs.spelled(other)} was given, and ${who} does not heed it: take it out`);
}

/** @param endpoint of the environment, where no other is given */
function parseSource(
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

/** Of each command what it needs, then what it may have. */
const SHARDING_INPUTS = {
  plan: [['plan-file'], []],
  apply: [['plan-file', 'shard', 'results'], []],
  publish: [
    ['plan-file', 'results'],
    ['shard', 'abort'],
  ],
} as const satisfies Readonly<Record<string, readonly [readonly InputName[], readonly InputName[]]>>;

/** What a publish of one share does not do: the lock would keep the others out, and the last one has the rest. */
const OF_THE_LAST: readonly InputName[] = ['abort', 'lock', 'invalidate', 'mirrors-atomic'];

/** What a run on several machines needs besides. */
function parseSharding(
  inputs: Inputs,
  command: SyncOptions['command'],
  route: Route['kind'],
  cwd: string,
): Sharding | undefined {
  const isSharded = command === 'plan' || command === 'apply' || command === 'publish';
  const [needed, further] = isSharded ? SHARDING_INPUTS[command] : [[], []];
  const heeded: readonly InputName[] = [...needed, ...further];
  const other = (['plan-file', 'shard', 'results', 'abort'] as const).find(
    (name) => inputs.isSet(name) && !heeded.includes(name),
  );
  if (other !== undefined)
    throw usageError(`${inputs.spelled(other)} was given, and ${command} does not heed it: take it out`);
  if (!isSharded) return undefined;
  const missing = needed.find((name) => !inputs.isSet(name));
  if (missing !== undefined) throw usageError(`${command} needs ${inputs.spelled(missing)}`);
  if (route !== 'publish') throw usageError(`${command} is about a tree on this disk: take the source out`);
  const dryApply = command === 'apply' && inputs.boolean('dry-run');
  if (dryApply)
    throw usageError(`${inputs.spelled('dry-run')} was given, and apply makes nothing visible: take it out`);
  const results = inputs.lines('results').map((path) => resolve(cwd, path.trim()));
  if (command === 'apply' && results.length > 1)
    return refuse(inputs.spelled('results'), results.join(' '), 'one file to write what was staged to');
  const planFile = resolve(cwd, inputs.text('plan-file') ?? '');
  if (command === 'apply' && results.includes(planFile))
    throw usageError(
      `${inputs.spelled('results')} and ${inputs.spelled('plan-file')} name one file, ${printable(planFile)}, and apply would write over its plan: give the results a file of their own`,
    );
  const shard = inputs.isSet('shard') ? parseShard(inputs) : undefined;
  if (command === 'publish' && shard !== undefined) {
    const last = OF_THE_LAST.find((name) => inputs.isSet(name));
    if (last !== undefined)
      throw usageError(
        `${inputs.spelled(last)} was given, and publish does not heed it with ${inputs.spelled('shard')}: it belongs to the publish that comes last, without a shard`,
      );
    if (results.length > 1)
      return refuse(inputs.spelled('results'), results.join(' '), 'the one directory of all results');
  }
  return {
    planFile,
    ...(shard === undefined ? {} : { shard }),
    results,
    abort: inputs.boolean('abort'),
    beside: '',
  };
}

function parseShard(inputs: Inputs): Sharding['shard'] {
  const given = inputs.text('shard') ?? '';
  const match = /^([1-9][0-9]{0,3})\/([1-9][0-9]{0,3})$/.exec(given);
  const [number, of] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || number > of)
    return refuse(inputs.spelled('shard'), given, 'I/N with I from 1 to N, as 2/4');
  return { number, of };
}

/** What is copied would be found in the source by the next run. */
function refuseOverlap(
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

/** It changes with every run, and would be copied by every one. */
function refuseIndexInSource(inputs: Inputs, index: IndexPlace, { place }: Source): void {
  if (index.kind !== 's3' || index.bucket !== place.bucket || !index.key.startsWith(place.prefix)) return;
  if (index.key.startsWith(place.prefix + OWN_DIRECTORY)) return;
  throw usageError(
    `${inputs.spelled('index')}: ${printable(`s3://${index.bucket}/${index.key}`)} lies in what is copied, ${destinationUrl(place)}: put it into the destination, as s3://BUCKET/PREFIX/${OWN_DIRECTORY}index`,
  );
}

function parseTarget(inputs: Inputs, directory: string, { cwd }: OptionsContext): Target {
  return {
    directory: resolve(cwd, directory),
    duplicates: inputs.choice('local-duplicates', ['copy', 'reflink', 'link']),
    asStored: inputs.boolean('as-stored'),
  };
}

/** An unset variable must not mean everything (D13), nor an input be taken for heeded that is not. */
function checkRemoval(inputs: Inputs, { bucket, prefix }: Destination): void {
  const wholeBucket = inputs.boolean('whole-bucket');
  const locks = inputs.boolean('lock');
  for (const name of INPUT_NAMES) {
    if (REMOVE_INPUTS.has(name) || (name === 'whole-bucket' && wholeBucket)) continue;
    if ((LOCK_INPUTS.has(name) && locks) || !inputs.isSet(name)) continue;
    const why = LOCK_INPUTS.has(name)
      ? `writes nothing without ${inputs.spelled('lock')}`
      : 'does not heed it';
    throw usageError(`${inputs.spelled(name)} was given, and remove ${why}: take it out`);
  }
  if (prefix !== '' && !wholeBucket) return;
  const given = wholeBucket ? `${inputs.spelled('whole-bucket')} was given` : `s3://${bucket} has no prefix`;
  throw refusal(
    'whole-bucket',
    `${given}, and remove empties a prefix, never a whole bucket: set ${inputs.spelled('prefix')}; a lifecycle rule or the console empties buckets`,
  );
}

/** All that is there goes, so nothing is unlike it: a limit is one that somebody set. */
function parseRemoval(inputs: Inputs): DeleteOptions {
  const maxDelete = parseMaxDelete(inputs.spelled('max-delete'), inputs.text('max-delete') ?? 'none');
  const retain = inputs.lines('retain');
  return { deleteAfter: true, maxDelete, deleteExcluded: false, grace: { kind: 'none' }, retain };
}

/** How a person spelled an input: messages say what to change. */
function spelled(name: InputName, shell: OptionsContext['shell']): string {
  const { option, only } = inputDefinition(name);
  if (shell === 'action') return name;
  // An argument there, as the help calls it.
  return only === 'action' ? name.toUpperCase() : `--${option ?? name}`;
}

/** Typed access to what was given; a default is parsed like an input. */
class Inputs {
  constructor(
    private readonly raw: RawInputs,
    private readonly shell: OptionsContext['shell'],
  ) {}

  spelled(name: InputName): string {
    return spelled(name, this.shell);
  }

  is(shell: OptionsContext['shell']): boolean {
    return this.shell === shell;
  }

  /** As given; an empty text is nothing given. */
  text(name: InputName): string | undefined {
    const value = this.raw[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  /** Whether it says something of its own: the runner passes the defaults of action.yml as if they were given. */
  isSet(name: InputName): boolean {
    const value = this.lines(name).join('\n');
    if (value === '' || this.shell === 'cli') return value !== '';
    const { kind, default: fallback } = inputDefinition(name);
    return kind === 'boolean' ? this.boolean(name) : value !== fallback;
  }

  lines(name: InputName): readonly string[] {
    const value = this.raw[name] ?? [];
    return (typeof value === 'string' ? [value] : value).filter((item) => item.trim() !== '');
  }

  /** An empty boolean is an expression that had no value: never taken for false, except where unset means automatic. */
  optionalBoolean(name: InputName): boolean | undefined {
    const value = this.raw[name];
    if (typeof value !== 'string') return undefined;
    if (value === '' && inputDefinition(name).default === undefined) return undefined;
    return parseBoolean(this.spelled(name), value);
  }

  boolean(name: InputName): boolean {
    return this.optionalBoolean(name) ?? inputDefinition(name).default === 'true';
  }

  choice<T extends string>(name: InputName, values: readonly T[]): T {
    return parseEnum(this.spelled(name), this.orDefault(name), values);
  }

  /** Where an expression without a value must not be taken for the default, as of booleans. In any case, as they are. */
  givenChoice<T extends string>(name: InputName, values: readonly T[]): T {
    const value = this.raw[name];
    const given = typeof value === 'string' ? value : this.orDefault(name);
    const folded = values.find((candidate) => candidate === given.toLowerCase());
    return parseEnum(this.spelled(name), folded ?? given, values);
  }

  optionalChoice(name: InputName): string | undefined {
    const value = this.text(name);
    return value === undefined
      ? undefined
      : parseEnum(this.spelled(name), value, inputDefinition(name).values ?? []);
  }

  number(name: InputName): number {
    const { min = 0, max = Number.MAX_SAFE_INTEGER, values } = inputDefinition(name);
    return parseNumber(this.spelled(name), this.orDefault(name), min, max, values);
  }

  duration(name: InputName): number {
    return parseDuration(this.spelled(name), this.orDefault(name));
  }

  /** Of times that no timer has to hold. */
  longDuration(name: InputName): number {
    return parseDuration(this.spelled(name), this.orDefault(name), Number.MAX_SAFE_INTEGER);
  }

  orDefault(name: InputName): string {
    return this.text(name) ?? inputDefinition(name).default ?? '';
  }
}

function placeLine(
  input: 'bucket' | 'source',
  raw: RawInputs,
  context: OptionsContext,
  name = spelled(input, context.shell),
): DestinationLine {
  const given = raw[input];
  if (typeof given !== 'string' || given.trim() === '') {
    return refuse(name, '', "a bucket's name, s3://bucket/prefix, or the ARN of an access point");
  }
  const general = raw['endpoint-url'];
  return parseDestinationLine(
    name,
    given,
    (words) =>
      ((words.get('endpoint-url') ?? general ?? '') || environmentEndpoint(context.env, 'S3')) !== undefined,
  );
}

function parseDestination(inputs: Inputs, line: DestinationLine): Destination {
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
function refusePattern(inputs: Inputs, { prefix }: Destination, input?: string): void {
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

function parseDeletes(inputs: Inputs, destination: Destination, isDownload: boolean): DeleteOptions {
  const deleteAfter = inputs.boolean('delete-after');
  const wholeBucket = inputs.boolean('whole-bucket') || /^\/+$/.test(inputs.text('prefix') ?? '');
  if (deleteAfter && destination.prefix === '' && !wholeBucket && !isDownload) {
    throw refusal(
      'whole-bucket',
      `${inputs.spelled('delete-after')} without a prefix would delete in all of ${destinationUrl(destination)}: set ${inputs.spelled('prefix')}, or mean the whole bucket with ${inputs.spelled('prefix')}${inputs.is('cli') ? '' : ':'} / or ${inputs.spelled('whole-bucket')}`,
    );
  }
  return {
    deleteAfter,
    maxDelete: parseMaxDelete(inputs.spelled('max-delete'), inputs.text('max-delete') ?? ''),
    deleteExcluded: inputs.boolean('delete-excluded'),
    grace: parseGrace(inputs.spelled('delete-grace'), inputs.text('delete-grace') ?? ''),
    retain: inputs.lines('retain'),
  };
}

/** What waits to be deleted must not be forgotten, or it would wait for ever. */
function requireLastingIndex(inputs: Inputs, index: IndexPlace): void {
  if (index.kind === 'file' || index.kind === 's3') return;
  const given = index.kind === 'cache' ? "the runner's cache may be dropped at any time" : 'none was given';
  throw usageError(
    `${inputs.spelled('delete-grace')} needs an index that lasts, and ${given}: set ${inputs.spelled('index')} to a path that stays, or to s3://bucket/key`,
  );
}

function parseDelay(inputs: Inputs): SyncOptions['delayUpdates'] {
  const choice = inputs.givenChoice('delay-updates', ['true', 'false', 'best-effort']);
  return choice === 'best-effort' ? choice : choice === 'true';
}

function parsePublishLast(inputs: Inputs): readonly string[] {
  const lines = inputs.lines('publish-last').map((line) => (line.trim() === 'default' ? 'default' : line));
  const name = inputs.spelled('publish-last');
  const negated = lines.find((line) => line.startsWith('!'));
  if (negated !== undefined) return refuse(name, negated, 'patterns that match; a later line goes before');
  if (lines.filter((line) => line === 'default').length > 1) return refuse(name, 'default', 'default once');
  return lines.length === 0 ? ['default'] : lines.filter((line) => !line.startsWith('#'));
}

/** Words that may stand behind a place to copy from: copies are made with the destination's own credentials. */
const COPY_FROM_WORDS: readonly InputName[] = ['region', 'expected-bucket-owner', 'requester-pays'];

function parseCopies(inputs: Inputs, context: OptionsContext): CopyOptions {
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

/** What an invalidation is made of costs money beyond 1,000 paths a month, so few are sent unless more are asked for. */
const INVALIDATE_MAX_PATHS = 3;

function parseInvalidation(inputs: Inputs, destination: Destination): InvalidationOptions | undefined {
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

function parseWriteHeaders(inputs: Inputs): WriteHeaders {
  const sse = inputs.optionalChoice('sse');
  const kmsKeyId = inputs.text('kms-key-id');
  const storageClass = inputs.optionalChoice('storage-class');
  const acl = inputs.optionalChoice('acl');
  if (kmsKeyId !== undefined && sse?.startsWith('aws:kms') !== true) {
    throw usageError(
      `${inputs.spelled('kms-key-id')}: it was given with ${inputs.spelled('sse')} ${sse ?? 'not set'}; it needs aws:kms or aws:kms:dsse`,
    );
  }
  return {
    ...(sse === undefined ? {} : { sse }),
    ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
    ...(storageClass === undefined ? {} : { storageClass }),
    ...(acl === undefined ? {} : { acl }),
  };
}

function parseConnection(inputs: Inputs): Connection {
  const region = inputs.text('region');
  const endpointUrl = inputs.text('endpoint-url');
  const forcePathStyle = inputs.optionalBoolean('force-path-style');
  const profile = inputs.text('profile');
  const role = inputs.text('role-to-assume');
  const owner = inputs.text('expected-bucket-owner');
  const accounts = inputs.lines('allowed-account-ids').flatMap((line) => line.split(/[\s,]+/));
  return {
    ...(region === undefined ? {} : { region: parseRegion(inputs.spelled('region'), region) }),
    ...(endpointUrl === undefined
      ? {}
      : { endpointUrl: parseEndpoint(inputs.spelled('endpoint-url'), endpointUrl) }),
    ...(forcePathStyle === undefined ? {} : { forcePathStyle }),
    ...(profile === undefined ? {} : { profile }),
    ...(role === undefined ? {} : { role: parseRole(inputs, role) }),
    ...(owner === undefined
      ? {}
      : { expectedBucketOwner: parseAccountId(inputs.spelled('expected-bucket-owner'), owner) }),
    allowedAccountIds: accounts
      .filter((account) => account !== '')
      .map((account) => parseAccountId(inputs.spelled('allowed-account-ids'), account)),
    requesterPays: inputs.boolean('requester-pays'),
    concurrency: inputs.orDefault('concurrency') === 'auto' ? 'auto' : inputs.number('concurrency'),
    maxAttempts: inputs.number('max-attempts'),
    connectTimeoutMs: inputs.duration('connect-timeout'),
    readTimeoutMs: inputs.duration('read-timeout'),
  };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
function parseRole(inputs: Inputs, arn: string): AssumedRole {
  if (!/^arn:aws(?:-[a-z-]+)?:iam::[0-9]{12}:role\/[\w+=,.@/-]{1,600}$/.test(arn))
    return refuse(inputs.spelled('role-to-assume'), arn, 'arn:aws:iam::ACCOUNT:role/NAME');
  const sessionName = inputs.orDefault('role-session-name');
  if (!/^[\w+=,.@-]{2,64}$/.test(sessionName))
    return refuse(inputs.spelled('role-session-name'), sessionName, '2 to 64 letters, digits and _+=,.@-');
  return {
    arn,
    sessionName,
    audience: inputs.orDefault('audience'),
    durationSeconds: inputs.number('role-duration-seconds'),
  };
}

function parseIndex(
  inputs: Inputs,
  context: OptionsContext,
  connection: Connection,
  destination: Destination,
  downloadedTo: string | undefined,
): IndexPlace {
  const name = inputs.spelled('index');
  const given = inputs.text('index');
  if (given === undefined && context.shell === 'cli') {
    const directory = userCacheDirectory(context.env, context.platform, context.home);
    if (directory === undefined) return { kind: 'none' };
    const endpoint = connection.endpointUrl ?? environmentEndpoint(context.env, 'S3');
    return {
      kind: 'file',
      path: join(directory, 's3-dedup-sync', `${indexName(endpoint, destination, downloadedTo)}.index`),
      isOwn: true,
    };
  }
  if (given === 'none') return { kind: 'none' };
  if (given === undefined || given === 'cache') {
    if (context.shell === 'action') return { kind: 'cache' };
    return refuse(
      name,
      'cache',
      "a path, s3://bucket/key, none; the runner's cache is reached from the GitHub action alone",
    );
  }
  if (!/^s3:/i.test(given)) return { kind: 'file', path: resolve(context.cwd, given) };
  const url = /^s3:\/\/([^/\s]+)\/(.*[^/])$/is.exec(given);
  const [, bucket, key] = url ?? [];
  if (bucket === undefined || key === undefined) {
    return refuse(name, given, 's3://bucket/key, where the key does not end at a slash');
  }
  const own = `${destination.prefix}${OWN_DIRECTORY}`;
  if (bucket === destination.bucket && key.startsWith(destination.prefix) && !key.startsWith(own)) {
    return refuse(name, given, `s3://${bucket}/${own}NAME, as it lies where this run publishes and deletes`);
  }
  return { kind: 's3', bucket, key };
}

async function parseTree(
  inputs: Inputs,
  context: OptionsContext,
  route: Route['kind'],
): Promise<TreeOptions> {
  const lines = inputs.lines('paths');
  if (lines.length === 0 && context.directory === undefined && route === 'publish') {
    return refuse(inputs.spelled('paths'), '', 'directories, files or patterns to publish');
  }
  const root = inputs.text('root');
  const symlinks = inputs.choice('symlinks', ['inside', 'all', 'skip']);
  const ifNoFilesFound = inputs.choice('if-no-files-found', ['error', 'warn', 'ignore']);
  const includeGit = inputs.boolean('include-git');
  const fromFiles: string[][] = [];
  for (const file of inputs.lines('excludes-from')) {
    fromFiles.push(await readExcludes(inputs.spelled('excludes-from'), file.trim(), context.cwd));
  }
  const patterns =
    context.directory !== undefined
      ? [await context.literalPath(context.directory, context.cwd)]
      : route === 'publish'
        ? await context.parsePathLines(lines, context.cwd)
        : [];
  return {
    patterns,
    root: root === undefined ? undefined : resolve(context.cwd, root),
    excludes: [...fromFiles.flat(), ...inputs.lines('excludes')],
    includeGit,
    symlinks,
    ifNoFilesFound,
  };
}

async function readExcludes(name: string, file: string, cwd: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(resolve(cwd, file), 'utf8');
  } catch (cause) {
    throw new SyncError(
      'file-not-found',
      EXIT.usage,
      `${name}: ${printable(file)} cannot be read (${messageOf(cause)}): check the path`,
      { cause },
    );
  }
  return text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
}
