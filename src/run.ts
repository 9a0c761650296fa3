import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { explainFork } from './action/fork.js';
import { requestCost, transferPrice } from './console/cost.js';
import { formatCount, formatFiles } from './console/format.js';
import type { OptionsContext } from './console/given-inputs.js';
import { pathFrom } from './console/path.js';
import { printable } from './console/text.js';
import { changedFiles, isChanged, NO_TOTALS, sumRequests, sumReused, sumTotals } from './console/totals.js';
import { TOOL } from './console/version.js';
import { withoutKey } from './console/words.js';
import { keepHeapSmall } from './heap.js';
import { deferred } from './model/concurrency.js';
import {
  EXIT,
  type ExitCode,
  messageOf,
  mistakeText,
  SyncError,
  usageError,
  worstExit,
} from './model/errors.js';
import type { Emit, Event, Identity, RunEnded } from './model/events.js';
import type { ObjectKey, Prefix } from './model/object-key.js';
import { destinationUrl, type SourceBucket } from './model/objects.js';
import { type Connection, type CopyFrom, runUrl, type SyncOptions } from './model/options.js';
import type { Count } from './model/plan.js';
import {
  type Delayed,
  type DestinationReport,
  REPORT_VERSION,
  type Report,
  type ReportError,
  type Status,
  statusOf,
} from './model/report.js';
import { withoutSecrets } from './model/secrets.js';
import type { Invalidator, ObjectStore, OpenedStore } from './store/object-store.js';
import type { Explained } from './sync/explain.js';
import type { Filling, FirstDestination } from './sync/first-destination.js';
import { indexDestination, ofDestination } from './sync/index-destination.js';
import type { ObjectPlace } from './sync/index-file.js';
import type { Meeting } from './sync/meeting.js';
import type { CopyPlace, IndexStorage, SourcePort, SyncPorts, SyncResult } from './sync/ports.js';
import type { SharedTree } from './sync/shared-tree.js';
import type { UploadRate } from './sync/upload-rate.js';

/** What surrounds a run: a job of GitHub, a terminal, or a test. */
export interface Shell {
  /** Takes everything that the engine and the run say. Must not throw. */
  readonly emit: Emit;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A token of the job's own identity, where it has one. */
  readonly idToken?: (audience: string) => Promise<string>;
  /** Masks a secret in the job's log from now on, where it can. */
  readonly hide?: (secret: string) => void;
  /** The index in the runner's cache; the action alone has one. */
  readonly cacheStorage?: (options: SyncOptions, opened: OpenedStore) => Promise<IndexStorage>;
  /** A dry run that would change something ends with 6. */
  readonly detailedExit: boolean;
  /** Outputs and summary, after everything else; the report on disk is at `ended.report`. May reject. */
  readonly finish: (report: Report, ended: RunEnded) => Promise<void>;
  /** Says in one line why the run failed; called once, last, and only by `run`. */
  readonly fail: (message: string, exit: ExitCode) => void;
}

/** The engine, as far as a run needs it; a parameter, so that the tests need neither S3 nor a tree. */
export interface Engine {
  readonly openStore: (
    options: SyncOptions,
    emit: Emit,
    signal: AbortSignal,
    surroundings?: Pick<Shell, 'idToken' | 'hide'>,
  ) => Promise<OpenedStore>;
  readonly openInvalidator: (
    options: SyncOptions,
    distribution: string,
    region: string,
    surroundings?: Pick<Shell, 'idToken' | 'hide'>,
  ) => Promise<Invalidator>;
  readonly sync: (options: SyncOptions, ports: SyncPorts) => Promise<SyncResult>;
  readonly fileIndexStorage: (path: string, isOwn?: boolean) => Promise<IndexStorage>;
  readonly objectIndexStorage: (
    store: ObjectStore,
    place: ObjectPlace,
    inDestination: boolean,
  ) => Promise<IndexStorage>;
}

/** What several destinations share, loaded with the engine. */
async function sharing(signal: AbortSignal, all: readonly SyncOptions[]): Promise<SharedTree> {
  const { SharedTree } = await import('./sync/shared-tree.js');
  return new SharedTree(
    signal,
    all.map(({ destination }) => destination),
  );
}

async function firstDestination(): Promise<FirstDestination> {
  return new (await import('./sync/first-destination.js')).FirstDestination();
}

async function meetingOf(destinations: number): Promise<Meeting> {
  return new (await import('./sync/meeting.js')).Meeting(destinations);
}

/** When a run began, and how long ago that is: by a clock that nobody sets, as NTP sets the other one of a fresh machine. */
export interface Beginning {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Whole milliseconds. */
  readonly ago: () => number;
}

export function beginning(now: () => number): Beginning {
  const began = performance.now();
  return { at: now(), ago: () => Math.round(performance.now() - began) };
}

/** The real one. It is loaded when it is needed: `--help` is answered without the SDK. */
export const engine: Engine = {
  openStore: async (...args) => (await import('./store/open.js')).openStore(...args),
  openInvalidator: async (...args) => (await import('./store/cloudfront.js')).openInvalidator(...args),
  sync: async (...args) => (await import('./sync/sync.js')).sync(...args),
  fileIndexStorage: async (...args) => (await import('./sync/index-file.js')).fileIndexStorage(...args),
  objectIndexStorage: async (...args) => (await import('./sync/index-file.js')).objectIndexStorage(...args),
};

/** What parsing has from elsewhere, loaded when it is needed. */
export const parsing: Pick<OptionsContext, 'parsePathLines' | 'literalPath' | 'endpointOf'> = {
  parsePathLines: async (lines, cwd) => (await import('./action/path-lines.js')).parsePathLines(lines, cwd),
  literalPath: async (path, cwd) => (await import('./action/path-lines.js')).literalPath(path, cwd),
  endpointOf: async (profile) => (await import('./store/endpoint.js')).endpointOf('S3', profile),
};

/**
 * One run, from options to report. Never rejects: whatever happens becomes the report and the exit status, and
 * both are the same truth. Order: store, index, sync, report, `end` event, outputs and
 * summary, failure.
 */
export async function run(
  options: SyncOptions,
  shell: Shell,
  signal: AbortSignal,
  { openStore: open, openInvalidator, sync, fileIndexStorage, objectIndexStorage }: Engine = engine,
): Promise<ExitCode> {
  const began = beginning(shell.now);
  const warnings: string[] = [];
  const emit = (event: Event): void => {
    if (event.type === 'message' && event.level === 'warning')
      warnings.push(event.at === undefined ? event.message : `${event.at}: ${event.message}`);
    if (event.type === 'progress') keepHeapSmall(event.progress.files);
    shell.emit(event);
  };
  emit({
    type: 'start',
    command: options.command,
    dryRun: options.dryRun,
    url: runUrl(options),
    ...(options.mirrors.length === 0 ? {} : { mirrors: options.mirrors.map(runUrl) }),
    roots: sourcesOf(options),
  });

  const stores: OpenedStore[] = [];
  const openStore: Engine['openStore'] = async (...args) => {
    const opened = await open(...args);
    stores.push(opened);
    return opened;
  };
  const all = [options, ...options.mirrors];
  const shared = all.length === 1 ? undefined : await sharing(signal, all);
  // Mirrors wait for what the first destination's index says of the local files; one in another bucket may say nothing of them.
  if (!knowsFiles(options)) shared?.tellIndex(undefined);
  const meeting = options.mirrorsAtomic ? await meetingOf(all.length) : undefined;
  const isFilling = shared !== undefined && options.command === 'sync' && options.mirrorBy !== 'upload';
  const first = isFilling && !options.mirrorsAtomic ? await firstDestination() : undefined;
  const reached = deferred<OpenedStore | undefined>();
  const unwritable = await unwritableReport(options);
  const results = unwritable ? [notBegun(options, unwritable)] : await Promise.all(all.map(publishTo));
  for (const { close } of stores) close();
  const identity = results[0]?.identity;
  const end = together(results, options.dryRun);
  const isRemote = options.source !== undefined || options.target !== undefined;
  const [source] = isRemote ? sourcesOf(options) : [];
  const report = buildReport(options, shell, { began, identity, warnings, end, source });
  const written = unwritable
    ? { report, exit: end.exit, path: undefined }
    : await writeReport(report, options.report, end.exit, emit);
  const mayHaveChanged = stores.some(({ store }) => store.mayHaveChanged);
  const made = ending(written, options, began.ago(), mayHaveChanged);
  const wouldChange = shell.detailedExit && made.exit === EXIT.done && made.dryRun && made.changed;
  const ended = wouldChange ? { ...made, exit: EXIT.wouldChange } : made;
  shell.emit(ended);
  let { exit } = ended;
  let failure = made.exit === EXIT.done ? undefined : (ended.error?.message ?? failureText(ended));
  try {
    await shell.finish(written.report, ended);
  } catch (thrown) {
    const isDone = exit === EXIT.done ? '; everything else was done' : '';
    exit = worstExit([exit, EXIT.failed]);
    failure ??= `outputs or summary could not be written: ${messageOf(thrown)}${isDone}`;
  }
  if (failure !== undefined) shell.fail(failure, exit);
  return exit;

  /** One destination, to its end. Never rejects. */
  async function publishTo(to: SyncOptions): Promise<RunResult> {
    const isFirst = to === options;
    const name = nameOf(to, all);
    const say: Emit = all.length === 1 ? emit : (event) => emit({ ...event, at: name });
    const seat = meeting?.seat(name);
    const started = beginning(shell.now);
    let identity: Identity | undefined;
    let result: RunResult;
    try {
      signal.throwIfAborted();
      const opened = await openStore(to, say, signal, shell);
      identity = await opened.whose();
      const { region, endpoint } = opened;
      say({ type: 'identity', identity, region, ...(endpoint === undefined ? {} : { endpoint }) });
      if (isFirst) reached.resolve(opened);
      const filling = isFirst ? undefined : await fillingOf(to, opened);
      const storage = to.index.kind === 'none' ? undefined : await indexStorage(to, opened, say);
      const index =
        storage === undefined
          ? undefined
          : ofDestination(storage, indexDestination(to.destination, endpoint), isFirst);
      const copyFrom = await copyPlaces(to, opened, say);
      const source = await sourcePort(to, opened, say);
      const { invalidation } = to;
      const invalidator =
        invalidation === undefined || to.dryRun
          ? undefined
          : await openInvalidator(to, invalidation.distribution, region, shell);
      const { report, exit, copiedFromFirst } = await sync(to, {
        store: opened.store,
        ...(endpoint === undefined ? {} : { endpoint }),
        copyFrom,
        ...(shared === undefined ? {} : { shared }),
        ...(isFirst ? {} : { isMirror: true }),
        ...(first === undefined || !isFirst ? {} : { first }),
        ...(filling === undefined ? {} : { filling }),
        ...(seat === undefined ? {} : { meeting: seat }),
        ...(source === undefined ? {} : { source }),
        index,
        ...(invalidator === undefined ? {} : { invalidator }),
        owner: ownerOf(shell.env),
        emit: say,
        signal,
        now: shell.now,
      });
      const { error } = report;
      const mirrored = isFirst
        ? {}
        : mirroredBy(report, copiedFromFirst, await copyingOf(to, opened), shared?.rate);
      const isAws = endpoint === undefined;
      const cost = requestCost(report.requests, report.sendAllRequests, isAws ? region : undefined);
      result = {
        destination: { ...report, ...mirrored, cost },
        exit,
        ...(error === undefined ? {} : { error }),
      };
    } catch (thrown) {
      result = notBegun(to, explained(await explainFork(thrown, shell.env), signal, say));
      seat?.fail();
      if (isFirst) reached.resolve(undefined);
      if (all.length > 1 && result.error !== undefined)
        say({ type: 'message', level: 'error', message: result.error.message });
    } finally {
      shared?.tellListing(to.destination, undefined);
      if (isFirst) {
        first?.close();
        shared?.tellIndex(undefined);
      }
    }
    if (all.length === 1) return { ...result, ...(identity === undefined ? {} : { identity }) };
    const seconds = started.ago() / 1000;
    const who = identity === undefined ? {} : { identity };
    const { status, totals } = result.destination;
    const { mirrored } = result.destination;
    const came = mirrored === undefined ? {} : { mirrored };
    say({ type: 'destination-end', status, dryRun: to.dryRun, seconds, totals, ...came });
    const { endpointUrl } = to.connection;
    const at = endpointUrl === undefined ? {} : { endpoint: endpointUrl };
    return { ...result, ...who, name, destination: { ...result.destination, ...at, ...who, seconds } };
  }

  /** What copying from the first destination costs, whether it is done or not; `undefined`: it cannot be done. */
  async function copyingOf(to: SyncOptions, { endpoint, region }: OpenedStore): Promise<Copying | undefined> {
    const opened = await reached.promise;
    if (opened === undefined) return {};
    if (opened.endpoint !== endpoint || !sameIdentity(to.connection, options.connection)) return undefined;
    const elsewhere = opened.region === region ? 0 : undefined;
    const usdPerGB = endpoint === undefined ? transferPrice(opened.region, region) : elsewhere;
    return usdPerGB === undefined ? {} : { usdPerGB };
  }

  /** How a mirror is filled from the first destination; `undefined`: its bytes are sent. */
  async function fillingOf(to: SyncOptions, here: OpenedStore): Promise<Filling | undefined> {
    if (first === undefined || shared === undefined || (await reached.promise) === undefined)
      return undefined;
    const always = options.mirrorBy === 'copy';
    const copying = await copyingOf(to, here);
    if (copying === undefined) {
      if (!always) return undefined;
      throw usageError(
        `mirror-by: copy was given, and ${runUrl(to)} is reached by another endpoint or other credentials than ${runUrl(options)}: use upload or auto`,
      );
    }
    const { usdPerGB } = copying;
    const { destination, connection } = options;
    const { expectedBucketOwner: expectedOwner } = connection;
    const bucket =
      destination.bucket === to.destination.bucket
        ? undefined
        : { name: destination.bucket, ...(expectedOwner === undefined ? {} : { expectedOwner }) };
    const { Filling } = await import('./sync/first-destination.js');
    const { minSize: copyMinSize } = to.copies;
    const { prefix } = destination;
    return new Filling({ first, prefix, bucket, always, copyMinSize, usdPerGB, rate: shared.rate });
  }

  /** Whether a mirror is on another service than the first destination. Where that one was not reached, as far as both were given. */
  async function isElsewhere({ connection }: SyncOptions, { endpoint }: OpenedStore): Promise<boolean> {
    const opened = await reached.promise;
    if (opened === undefined) return connection.endpointUrl !== options.connection.endpointUrl;
    return opened.endpoint !== endpoint;
  }

  async function copyPlaces(to: SyncOptions, here: OpenedStore, say: Emit): Promise<readonly CopyPlace[]> {
    const { store } = here;
    const places: CopyPlace[] = [];
    const left: string[] = [];
    const isAway = to.copies.from.length > 0 && (await isElsewhere(to, here));
    for (const from of to.copies.from) {
      const { bucket, prefix } = from.place;
      const url = destinationUrl(from.place);
      if (bucket === to.destination.bucket) {
        places.push({ url, store, prefix, bucket: undefined });
        continue;
      }
      // On another service a bucket of this name is none, or somebody else's.
      if (isAway) {
        left.push(url);
        continue;
      }
      const opened = await openStore(copyBucket(to, from), say, signal, shell);
      places.push({ url, store: opened.store, prefix, bucket: sourceBucket(bucket, from) });
    }
    if (left.length > 0) {
      const message = `copy-from: nothing is copied from ${left.join(', ')}, as this mirror is on another service than the first destination`;
      say({ type: 'message', level: 'notice', message });
    }
    return places;
  }

  async function sourcePort(
    to: SyncOptions,
    { endpoint }: OpenedStore,
    say: Emit,
  ): Promise<SourcePort | undefined> {
    const { source } = to;
    if (source === undefined) return undefined;
    const { place, connection } = source;
    const from = { ...to, destination: place, connection, writeHeaders: {} };
    const opened = await openStore(from, say, signal, shell);
    return {
      url: destinationUrl(place),
      store: opened.store,
      prefix: place.prefix,
      bucket: sourceBucket(place.bucket, connection),
      copyable: opened.endpoint === endpoint && sameIdentity(connection, to.connection),
    };
  }

  async function indexStorage(
    to: SyncOptions,
    opened: OpenedStore,
    say: Emit,
  ): Promise<IndexStorage | undefined> {
    const { index, destination } = to;
    switch (index.kind) {
      case 'none':
        return undefined;
      case 'cache':
        return await shell.cacheStorage?.(to, opened);
      case 'file':
        return await fileIndexStorage(index.path, index.isOwn);
      case 's3': {
        const inDestination = index.bucket === destination.bucket;
        // A mirror may be elsewhere, and another's: what was named for all of them lies where the first destination is.
        const elsewhere = index.bucket === options.destination.bucket ? options : indexBucket(options, index);
        const place = inDestination ? opened : await openStore(elsewhere, say, signal, shell);
        const { bucket, key } = index;
        return await objectIndexStorage(place.store, { bucket, key: key as ObjectKey }, inDestination);
      }
    }
  }
}

/** Whether one set of credentials reaches both. */
function sameIdentity(a: Connection, b: Connection): boolean {
  return a.profile === b.profile && a.role?.arn === b.role?.arn;
}

/** Whether its index can be believed of local files: `trust.local` of its storage. */
function knowsFiles({ index, destination }: SyncOptions): boolean {
  return index.kind === 's3' ? index.bucket === destination.bucket : index.kind === 'file';
}

/** A destination among others: by its URL, and by its service where another one has that URL too. */
function nameOf(to: SyncOptions, all: readonly SyncOptions[]): string {
  const url = runUrl(to);
  const isShared = all.filter((other) => runUrl(other) === url).length > 1;
  return isShared ? `${url} at ${to.connection.endpointUrl ?? 'AWS'}` : url;
}

/** US dollars for 10^9 bytes; absent where no price is known. */
interface Copying {
  readonly usdPerGB?: number;
}

/** How the bytes of a mirror came. */
function mirroredBy(
  { totals: { uploaded: sent } }: DestinationReport,
  copied: Count = { files: 0, bytes: 0 },
  copying: Copying | undefined,
  rate: UploadRate | undefined,
): Pick<DestinationReport, 'mirroredBy' | 'mirrored'> {
  const bytes = copied.bytes + sent.bytes;
  const by = copied.bytes === 0 ? 'upload' : sent.bytes === 0 ? 'copy' : 'both';
  if (bytes === 0) return { mirroredBy: by };
  const { bytesPerSecond } = rate ?? {};
  const usdPerGB = copying?.usdPerGB;
  const price = (count: number): number => Math.round(((usdPerGB ?? 0) * count) / 1e3) / 1e6;
  const mirrored = {
    copied,
    sent,
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond: Math.round(bytesPerSecond) }),
    ...(usdPerGB === undefined ? {} : { copyUsd: price(bytes), transferUsd: price(copied.bytes) }),
    copyable: copying !== undefined,
  };
  return { mirroredBy: by, mirrored };
}

/** How a bucket is named where it is copied from. */
function sourceBucket(
  name: string,
  {
    expectedBucketOwner: expectedOwner,
    requesterPays,
  }: { readonly expectedBucketOwner?: string; readonly requesterPays: boolean },
): SourceBucket {
  return {
    name,
    ...(expectedOwner === undefined ? {} : { expectedOwner }),
    ...(requesterPays ? { requesterPays } : {}),
  };
}

/** Where the tree comes from, as it was given. */
function sourcesOf({ command, destination, sharding, source, target, tree }: SyncOptions): readonly string[] {
  if (target !== undefined) return [destinationUrl(destination)];
  if (command === 'publish') return [sharding?.planFile ?? ''];
  if (source !== undefined) return [destinationUrl(source.place)];
  return tree.patterns.filter(({ negate }) => !negate).map(({ text }) => text);
}

/** Of inputs, however wrong the others are. */
interface Readable {
  readonly command: string;
  readonly dryRun: boolean;
  /** As given. */
  readonly report: string;
  /** Throws where there is none. */
  readonly cwd: () => string;
  readonly home: string | undefined;
}

/** A run that could not begin, as its inputs are wrong. It ends like any other: report, outputs, summary or events, then failure. */
export async function endBeforeRun(
  thrown: unknown,
  inputs: Readable,
  began: Beginning,
  shell: Pick<Shell, 'emit' | 'env' | 'finish' | 'fail'>,
): Promise<ExitCode> {
  const { code, message, exit } = explained(thrown, new AbortController().signal, shell.emit);
  const error = { code, message };
  const end = { destinations: [], exit, status: statusOf(exit, inputs.dryRun), error };
  const report = buildReport(inputs, shell, { began, identity: undefined, warnings: [], end });
  const written = await writeReport(report, reportPath(inputs), exit, shell.emit);
  await shell.finish(written.report, ending(written, inputs, began.ago()));
  shell.fail(message, exit);
  return exit;
}

function reportPath({ report, cwd, home }: Readable): string | undefined {
  try {
    return report === '' ? undefined : pathFrom({ cwd: cwd(), home }, report);
  } catch {
    // That there is no working or home directory is what the run ends with.
    return undefined;
  }
}

/** For a run that ended otherwise than done, and met no error. */
function failureText({ totals, exit }: RunEnded): string {
  if (exit !== EXIT.different) return `the run ended with status ${exit}`;
  const keys = changedFiles(totals);
  return `the destination differs from what a sync would make of it, in ${formatCount(keys)} ${keys === 1 ? 'key' : 'keys'}`;
}

/** The error of a destination that met none but those of its steps. */
function errorOfSteps({ steps, totals }: DestinationReport): ReportError | undefined {
  const first = steps.find(({ outcome }) => outcome === 'failed');
  if (first === undefined) return undefined;
  const { code = 'internal', message = '' } = first.error ?? {};
  const { files } = totals.failed;
  const told = `${printable(first.key)}: ${withoutKey(first.key, message)}`;
  return { code, message: `${formatFiles(files)} failed${files > 1 ? ', the first' : ''}: ${told}` };
}

/** An index in another bucket is reached as the destination is, but for its region and what is about the destination alone. */
function indexBucket(
  options: SyncOptions,
  { bucket, region }: { readonly bucket: string; readonly region?: string },
): SyncOptions {
  const { expectedBucketOwner: _, ...shared } = options.connection;
  const connection = region === undefined ? shared : { ...shared, region };
  return { ...options, destination: { bucket, prefix: '' as Prefix }, connection, writeHeaders: {} };
}

/** A bucket to copy from is reached as the destination is, but for what its own line says. */
function copyBucket(options: SyncOptions, from: CopyFrom): SyncOptions {
  const { expectedBucketOwner: _, region, allowedAccountIds: __, ...shared } = options.connection;
  const connection = {
    ...shared,
    allowedAccountIds: [],
    requesterPays: from.requesterPays,
    ...(from.region === undefined ? {} : { region: from.region }),
    ...(from.expectedBucketOwner === undefined ? {} : { expectedBucketOwner: from.expectedBucketOwner }),
  };
  const found = shared.endpointUrl !== undefined && region !== undefined ? { region } : {};
  return { ...options, destination: from.place, connection: { ...found, ...connection }, writeHeaders: {} };
}

interface RunResult {
  readonly destination: DestinationReport;
  readonly exit: ExitCode;
  readonly error?: ReportError;
  readonly identity?: Identity;
  /** What it is called where there are several. */
  readonly name?: string;
}

interface RunResults {
  readonly destinations: readonly DestinationReport[];
  readonly exit: ExitCode;
  readonly status: Status;
  readonly error?: ReportError;
}

/** All destinations as one run: the worst exit, and the failures by their destinations' names. */
function together(results: readonly RunResult[], dryRun: boolean): RunResults {
  const destinations = results.map(({ destination }) => destination);
  const exit = worstExit(results.map((result) => result.exit));
  const [only] = results;
  if (results.length === 1 && only !== undefined) {
    const error = only.error ?? errorOfSteps(only.destination);
    return { destinations, exit, status: only.destination.status, ...(error === undefined ? {} : { error }) };
  }
  const isCheck = results.some((result) => result.exit === EXIT.different);
  const status = statusOf(exit, dryRun && !isCheck);
  const failed = results.filter((result) => result.exit !== EXIT.done && result.exit !== EXIT.different);
  const [first] = failed;
  if (first === undefined) return { destinations, exit, status };
  const told = failed.map(({ name = '', destination: { steps }, error }) => {
    const step = steps.find(({ outcome }) => outcome === 'failed');
    const message = error?.message ?? step?.error?.message ?? 'failed';
    return message.startsWith(name) ? message : `${name}: ${message}`;
  });
  const message = `${failed.length} of ${results.length} destinations failed: ${told.join('; ')}`;
  const code =
    first.error?.code ?? first.destination.steps.find(({ error }) => error !== undefined)?.error?.code;
  return { destinations, exit, status, error: { code: code ?? 'internal', message } };
}

/** Anything thrown, as the report says it. What is no `SyncError` is a mistake of ours. After an abort nothing else counts. */
function explained(thrown: unknown, signal: AbortSignal, emit: Emit): Explained {
  const met: unknown = signal.aborted ? signal.reason : thrown;
  if (met instanceof SyncError) return { code: met.code, message: met.message, exit: met.exit };
  if (met instanceof Error && met.stack !== undefined) {
    emit({ type: 'message', level: 'debug', message: withoutSecrets(met.stack) });
  }
  return {
    code: 'internal',
    message: mistakeText(met),
    exit: EXIT.failed,
  };
}

function notBegun(options: SyncOptions, { code, message, exit }: Explained): RunResult {
  const error = { code, message };
  const destination: DestinationReport = {
    url: runUrl(options),
    status: statusOf(exit, options.dryRun),
    totals: NO_TOTALS,
    requests: {},
    phases: {},
    ranks: [],
    headersUnknown: { files: 0, bytes: 0 },
    sentBytes: 0,
    sendAllRequests: 0,
    error,
    steps: [],
  };
  return { destination, exit, error };
}

function buildReport(
  options: { readonly command: string; readonly dryRun: boolean },
  shell: Pick<Shell, 'env'>,
  made: {
    readonly began: Beginning;
    readonly identity: Identity | undefined;
    readonly warnings: readonly string[];
    readonly end: RunResults;
    /** Where the tree came from, when it did not lie on this disk. */
    readonly source?: string | undefined;
  },
): Report {
  const { began, identity, warnings, end, source } = made;
  const commit = commitOf(shell.env);
  return {
    version: REPORT_VERSION,
    tool: TOOL,
    command: options.command,
    dryRun: options.dryRun,
    ...(source === undefined ? {} : { source }),
    status: end.status,
    ...(end.error === undefined ? {} : { error: end.error }),
    startedAt: new Date(began.at).toISOString(),
    endedAt: new Date(began.at + began.ago()).toISOString(),
    ...(identity === undefined ? {} : { identity }),
    ...(commit === undefined ? {} : { commit }),
    warnings,
    destinations: end.destinations,
  };
}

/** Where CI systems say what they build. */
const COMMIT_VARIABLES = [
  'GITHUB_SHA',
  'CI_COMMIT_SHA',
  'BUILDKITE_COMMIT',
  'CIRCLE_SHA1',
  'BITBUCKET_COMMIT',
  'DRONE_COMMIT_SHA',
  'CI_COMMIT',
  'GIT_COMMIT',
] as const;

export function commitOf(env: Shell['env']): string | undefined {
  const found = COMMIT_VARIABLES.map((name) => env[name]).find((value) =>
    /^[0-9a-f]{7,64}$/i.test(value ?? ''),
  );
  return found;
}

interface Written {
  readonly report: Report;
  readonly exit: ExitCode;
  readonly path: string | undefined;
}

/**
 * Why a report could not be written at the end of the run: told before its first write. The report of an earlier run is taken
 * away: beside a run that is killed it would say that this one is done.
 */
async function unwritableReport({ report }: SyncOptions): Promise<Explained | undefined> {
  if (report === undefined) return undefined;
  const { notWritten, tryReportFile } = await import('./console/report-file.js');
  try {
    await tryReportFile(report);
    await rm(report, { force: true });
    return undefined;
  } catch (thrown) {
    const message = notWritten(report, thrown, { check: 'the directory and its permissions' });
    return { code: 'report-not-written', message, exit: EXIT.usage };
  }
}

/** A report that could be written when the run began, and cannot at its end, fails it after everything else is done. */
async function writeReport(
  report: Report,
  path: string | undefined,
  exit: ExitCode,
  emit: Emit,
): Promise<Written> {
  if (path === undefined) return { report, exit, path };
  const { notWritten, writeReportFile } = await import('./console/report-file.js');
  try {
    await writeReportFile(path, report);
    return { report, exit, path };
  } catch (thrown) {
    const done = report.status === 'done' ? '; everything else was done' : '';
    const check = 'the disk, the directory and its permissions';
    const message = notWritten(path, thrown, { done, check });
    const error: ReportError = { code: 'report-not-written', message };
    const failed = report.status === 'done' || report.status === 'planned';
    // A run that failed already ends with its own error; this one is said beside it.
    if (!failed) emit({ type: 'message', level: 'error', message: error.message });
    return {
      report: failed ? { ...report, status: 'failed', error } : report,
      exit: worstExit([exit, EXIT.failed]),
      path: undefined,
    };
  }
}

function ending(
  { report, exit, path }: Written,
  options: { readonly dryRun: boolean },
  ms: number,
  mayHaveChanged = false,
): RunEnded {
  const totals = sumTotals(report);
  const reusedBytes = sumReused(report);
  const invalidationIds = report.destinations.flatMap(({ invalidation }) => invalidation?.id ?? []);
  return {
    type: 'end',
    status: report.status,
    exit,
    dryRun: options.dryRun,
    changed: isChanged(totals),
    isUntouched: options.dryRun || (!mayHaveChanged && !isChanged(totals)),
    seconds: ms / 1000,
    totals,
    sentBytes: report.destinations.reduce((sum, { sentBytes }) => sum + sentBytes, 0),
    ...(reusedBytes === 0 ? {} : { reusedBytes }),
    requests: sumRequests(report),
    ...delayedOf(report),
    ...(invalidationIds.length === 0 ? {} : { invalidationIds }),
    ...(report.error === undefined ? {} : { error: report.error }),
    ...(path === undefined ? {} : { report: path }),
  };
}

/** Over several destinations: all their keys, and the longest switch. */
function delayedOf(report: Report): { readonly delayed?: Delayed } {
  const all = report.destinations.flatMap(({ delayed }) => delayed ?? []);
  if (all.length === 0 || all.length < report.destinations.length) return {};
  const keys = all.reduce((sum, { keys: some }) => sum + some, 0);
  const due = all.reduce((sum, { keys: some, of = some }) => sum + of, 0);
  const seconds = Math.max(...all.map(({ seconds }) => seconds));
  return { delayed: { keys, ...(keys < due ? { of: due } : {}), seconds } };
}

/** Who holds a lock, for whoever waits for it: the job where CI names it, else host and process. */
function ownerOf(env: Shell['env']): string {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id } = env;
  if (server !== undefined && repository !== undefined && id !== undefined) {
    return `${server}/${repository}/actions/runs/${id}`;
  }
  return env.CI_JOB_URL ?? env.BUILD_URL ?? `process ${process.pid} on ${hostname()}`;
}

/** npm and npx pass a terminal's SIGINT on to a child that already had it; the echo is not a second wish. */
const ECHO_MS = 100;

/**
 * SIGINT, SIGTERM and SIGHUP (a terminal or a connection that was closed, whatever `nohup` asks for: Node does not say)
 * stop the run in good order; its index, report and summary are still written. A second SIGINT
 * ends the process at once. The runner sends SIGINT, SIGTERM after 7.5 s, and kills 2.5 s later.
 */
export function abortOnSignals(
  target: Pick<NodeJS.Process, 'on' | 'off'> = process,
  exitNow: (code: number) => void = (code) => process.exit(code),
  now: () => number = () => performance.now(),
): { readonly signal: AbortSignal; readonly dispose: () => void } {
  const controller = new AbortController();
  let interruptedAt: number | undefined;
  const cancel = (by: NodeJS.Signals, exit: ExitCode): void => {
    const message = `cancelled by ${by}: what was not begun is left for the next run`;
    controller.abort(new SyncError('cancelled', exit, message));
  };
  const interrupt = (): void => {
    if (interruptedAt !== undefined && now() - interruptedAt >= ECHO_MS) exitNow(EXIT.interrupted);
    interruptedAt ??= now();
    cancel('SIGINT', EXIT.interrupted);
  };
  const terminate = (): void => cancel('SIGTERM', EXIT.terminated);
  const hangUp = (): void => cancel('SIGHUP', EXIT.hungUp);
  target.on('SIGINT', interrupt);
  target.on('SIGTERM', terminate);
  target.on('SIGHUP', hangUp);
  return {
    signal: controller.signal,
    dispose: () => {
      target.off('SIGINT', interrupt);
      target.off('SIGTERM', terminate);
      target.off('SIGHUP', hangUp);
    },
  };
}
