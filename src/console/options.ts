import { readFile } from 'node:fs/promises';
import { isInside } from '../disk/is-inside.js';
import { openFilesLimit } from '../disk/open-files.js';
import { beginningOf } from '../disk/replace-file.js';
import { beginsAsIndex, journalPath } from '../model/digest-index.js';
import { environmentEndpoint } from '../model/endpoint.js';
import { unreadableFile, usageError } from '../model/errors.js';
import type { InputName, RawInputs } from '../model/inputs.js';
import { destinationUrl } from '../model/objects.js';
import type { IndexPlace, Source, SyncOptions, TreeOptions } from '../model/options.js';
import { parseConnection, parseWriteHeaders } from './connection.js';
import { parseCopies } from './copy-from.js';
import { parseDeletes, parseRemoval, requireLastingIndex } from './deletes.js';
import { Inputs, type OptionsContext, spelled } from './given-inputs.js';
import {
  COPY_INPUTS,
  checkHeeded,
  checkRemoval,
  DOWNLOAD_INPUTS,
  OF_A_PLAN,
  PUBLISH_INPUTS,
} from './heeded-inputs.js';
import { indexName } from './index-name.js';
import { besides, parseIndex, refuseIndexInSource } from './index-place.js';
import { parseInvalidation } from './invalidation.js';
import { pathFrom } from './path.js';
import {
  parseDestination,
  parseSource,
  parseTarget,
  placeLine,
  refuseOverlap,
  refusePattern,
  routeOf,
} from './route.js';
import { parseSharding } from './sharding.js';
import { parseSite } from './site.js';
import { printable } from './text.js';
import { refuse } from './values.js';

/**
 * Inputs, as a person wrote them, to what the engine is asked. Rejects with a `SyncError` of exit 2, or of exit 4
 * where a guard refuses what is asked (D13).
 *
 * @param openFiles that the process may have open at a time
 */
export async function parseOptions(
  raw: RawInputs,
  context: OptionsContext,
  openFiles = openFilesLimit(),
): Promise<SyncOptions> {
  return withUnpublished(await parseAll(raw, context, openFiles));
}

async function parseAll(raw: RawInputs, context: OptionsContext, openFiles: number): Promise<SyncOptions> {
  const inputs = new Inputs(raw, context.shell);
  const lines = inputs.lines('mirrors').map((line) => line.trim());
  // Each destination has its own requests, at the same time as the others.
  const openFilesEach = openFiles / (1 + lines.length);
  const first = await parseOne(raw, context, openFilesEach);
  const mirrorBy = inputs.choice('mirror-by', ['auto', 'upload', 'copy']);
  const mirrorsAtomic = inputs.boolean('mirrors-atomic');
  if (lines.length === 0) {
    const lone = (['mirror-by', 'mirrors-atomic'] as const).find((name) => inputs.isSet(name));
    if (lone === undefined) return { ...first, ...(await parseContent(inputs, context, first)), mirrors: [] };
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
  const mirrors = await Promise.all(
    lines.map((line) => parseMirror(line, raw, first, context, openFilesEach)),
  );
  refuseTwice(inputs, [first, ...mirrors]);
  const elsewhere = mirrors.find((mirror) => isElsewhere(mirror, first));
  if (mirrorBy === 'copy' && elsewhere !== undefined) {
    throw usageError(
      `${inputs.spelled('mirror-by')} copy was given, and ${destinationUrl(elsewhere.destination)} is reached by another endpoint than ${destinationUrl(first.destination)}: use upload or auto`,
    );
  }
  const shared = {
    ...(await parseContent(inputs, context, first)),
    ...(mirrorsAtomic ? { mirrorsAtomic, delayUpdates: true } : {}),
  };
  // Nothing more leaves this machine then, however small it is.
  const copying = mirrorBy === 'copy' ? { copies: { ...first.copies, minSize: 0 } } : {};
  return {
    ...first,
    ...shared,
    mirrorBy,
    mirrors: mirrors.map((mirror) => ({ ...mirror, ...copying, ...shared, mirrors: [] })),
  };
}

/** What is published, and by which rules: of all destinations alike, as none of it can stand behind one. */
type Content = Pick<SyncOptions, 'headers' | 'site' | 'tree'>;

/** One of the destinations, but for its content. */
type OneOptions = Omit<SyncOptions, keyof Content | 'mirrors'>;

/** Read once, however many destinations there are: a file of rules may be a pipe, which the second time is empty. */
async function parseContent(
  inputs: Inputs,
  context: OptionsContext,
  { command, source, target }: OneOptions,
): Promise<Content> {
  const { headers, site } = await parseSite({
    headers: { name: inputs.spelled('headers'), value: inputs.text('headers') },
    headersFile: { name: inputs.spelled('headers-file'), value: inputs.text('headers-file') },
    defaults: inputs.choice('headers-defaults', ['none', 'website']),
    refresh: inputs.boolean('refresh-headers'),
    redirectsFile: { name: inputs.spelled('redirects-file'), value: inputs.text('redirects-file') },
    compress: { name: inputs.spelled('compress'), value: inputs.lines('compress') },
    cleanUrls: inputs.boolean('clean-urls'),
    from: context,
  });
  // Last: it is the only part that looks at the tree.
  const isLocal = source === undefined && target === undefined;
  const tree =
    command === 'remove' || command === 'publish' ? NO_TREE : await parseTree(inputs, context, isLocal);
  return { headers, site, tree };
}

/** As far as both endpoints were given: what the environment says is known later. */
function isElsewhere({ connection: { endpointUrl: a } }: OneOptions, first: OneOptions): boolean {
  const { endpointUrl: b } = first.connection;
  return a !== undefined && b !== undefined && a !== b;
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
  first: OneOptions,
  context: OptionsContext,
  openFiles: number,
): Promise<OneOptions> {
  const name = spelled('mirrors', context.shell);
  const { words } = placeLine('bucket', { ...raw, bucket: line }, context, name);
  const invalidates = words.has('invalidate');
  const general = Object.entries(raw).filter(([input]) => {
    if (OF_ONE_BUCKET.has(input as InputName)) return false;
    if (input.startsWith('invalidate-')) return invalidates;
    // One region serves one service of another provider; AWS says where a bucket is.
    return input !== 'region' || (first.connection.endpointUrl !== undefined && !words.has('endpoint-url'));
  });
  const mirror = await parseOne({ ...Object.fromEntries(general), bucket: line }, context, openFiles, name);
  const own = indexName(mirror.connection.endpointUrl, mirror.destination).slice(0, 12);
  const index = raw.index === undefined ? mirror.index : besides(mirror.index, own);
  const { sharding } = mirror;
  const sharded = sharding === undefined ? {} : { sharding: { ...sharding, beside: `.${own}` } };
  return { ...mirror, index, ...sharded };
}

/** Two runs in one place would take one another for foreign writers. */
function refuseTwice(inputs: Inputs, all: readonly OneOptions[]): void {
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
async function parseOne(
  raw: RawInputs,
  context: OptionsContext,
  openFiles: number,
  input?: string,
): Promise<OneOptions> {
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
  const sharding = parseSharding(inputs, command, route.kind, context);
  const connection = parseConnection(inputs, openFiles);
  let source: Source | undefined;
  if (route.kind === 'copy') {
    // What stands behind the destination says nothing of the source.
    const general = parseConnection(new Inputs(raw, context.shell), openFiles);
    const endpoint = environmentEndpoint(context.env, 'S3');
    source = parseSource(inputs, route.source, general, endpoint);
    refuseOverlap(inputs, source, { destination, connection }, endpoint);
  }
  const target = route.kind === 'download' ? parseTarget(inputs, route.directory, context) : undefined;
  const deletes =
    command === 'remove' ? parseRemoval(inputs) : parseDeletes(inputs, destination, target !== undefined);
  const writeHeaders = parseWriteHeaders(inputs);
  // What was published is learned by the last publish, from everything.
  const learns = command !== 'apply' && sharding?.shard === undefined && sharding?.abort !== true;
  const index: IndexPlace = learns
    ? await parseIndex(inputs, context, connection, destination, target?.directory)
    : { kind: 'none' };
  if (source !== undefined) refuseIndexInSource(inputs, index, source);
  if (deletes.grace.kind !== 'none') requireLastingIndex(inputs, index);
  const invalidation = parseInvalidation(inputs, destination);
  const given = inputs.text('report');
  const report = given === undefined ? undefined : pathFrom(context, given);
  return {
    command,
    destination,
    ...(source === undefined ? {} : { source }),
    ...(target === undefined ? {} : { target }),
    ...(sharding === undefined ? {} : { sharding }),
    connection,
    deletes,
    writeHeaders,
    copies: parseCopies(inputs, context),
    ...(invalidation === undefined ? {} : { invalidation }),
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
  };
}

/**
 * What a run writes beside what it publishes is for whoever runs it, though it lies among that. Several destinations have
 * one tree, and each writes files of its own.
 */
async function withUnpublished(all: SyncOptions): Promise<SyncOptions> {
  const { tree, target, mirrors } = all;
  const places = target === undefined ? tree.patterns.map(({ base }) => base) : [target.directory];
  const own = (await Promise.all([all, ...mirrors].map(writtenFiles)))
    .flat()
    .filter((path) => places.some((place) => path !== place && isInside(path, place)));
  if (own.length === 0) return all;
  const without = (one: SyncOptions): SyncOptions => ({
    ...one,
    site: { ...one.site, unpublished: new Set([...one.site.unpublished, ...own]) },
  });
  return { ...without(all), mirrors: mirrors.map(without) };
}

/** What lies where the index was to, and is none, is not replaced (`notReplaced`): it is a file like any other. */
async function writtenFiles({ report, index, sharding }: SyncOptions): Promise<readonly string[]> {
  const begin =
    index.kind === 'file' && index.isOwn !== true
      ? await beginningOf(index.path).catch(() => undefined)
      : undefined;
  const isWritten = begin === undefined || beginsAsIndex(begin);
  return [
    ...(report === undefined ? [] : [report]),
    ...(index.kind === 'file' && isWritten ? [index.path, journalPath(index.path)] : []),
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

async function parseTree(inputs: Inputs, context: OptionsContext, isLocal: boolean): Promise<TreeOptions> {
  const lines = inputs.lines('paths');
  if (lines.length === 0 && context.directory === undefined && isLocal) {
    return refuse(inputs.spelled('paths'), '', 'directories, files or patterns to publish');
  }
  const root = inputs.text('root');
  const symlinks = inputs.choice('symlinks', ['inside', 'all', 'skip']);
  const ifNoFilesFound = inputs.choice('if-no-files-found', ['error', 'warn', 'ignore']);
  const includeGit = inputs.boolean('include-git');
  const fromFiles: string[][] = [];
  for (const file of inputs.lines('excludes-from')) {
    fromFiles.push(await readExcludes(inputs.spelled('excludes-from'), file.trim(), context));
  }
  const patterns =
    context.directory !== undefined
      ? [await context.literalPath(context.directory, context.cwd)]
      : isLocal
        ? await context.parsePathLines(lines, context.cwd)
        : [];
  return {
    patterns,
    root: root === undefined ? undefined : pathFrom(context, root),
    excludes: [...fromFiles.flat(), ...inputs.lines('excludes')],
    includeGit,
    symlinks,
    ifNoFilesFound,
  };
}

async function readExcludes(name: string, file: string, context: OptionsContext): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(pathFrom(context, file), 'utf8');
  } catch (cause) {
    throw unreadableFile(`${name}: ${printable(file)}`, cause);
  }
  return text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
}
