import type { PutOptions } from '../../dev/s3-server/index.js';
import { md5Of, multipartETag } from '../../src/model/digest.js';
import type { Event } from '../../src/model/events.js';
import { parsePrefix } from '../../src/model/object-key.js';
import { type Destination, destinationUrl } from '../../src/model/objects.js';
import type { SyncOptions, Target } from '../../src/model/options.js';
import type { Invalidator } from '../../src/store/object-store.js';
import { openStore } from '../../src/store/open.js';
import type { CopyPlace, IndexStorage, IndexTrust, SourcePort, SyncResult } from '../../src/sync/ports.js';
import { sync } from '../../src/sync/sync.js';
import type { TestServer } from './servers.js';
import { treeOptions } from './walk-tree.js';

/** Parts of the options that a test sets; the rest are the defaults. */
export interface Changes {
  readonly command?: SyncOptions['command'];
  readonly prefix?: string;
  readonly tree?: Partial<SyncOptions['tree']>;
  readonly deletes?: Partial<SyncOptions['deletes']>;
  readonly connection?: Partial<SyncOptions['connection']>;
  readonly writeHeaders?: SyncOptions['writeHeaders'];
  readonly headers?: Partial<SyncOptions['headers']>;
  readonly site?: Partial<SyncOptions['site']>;
  readonly preserve?: boolean;
  readonly copies?: Partial<SyncOptions['copies']>;
  readonly invalidation?: SyncOptions['invalidation'];
  readonly invalidator?: Invalidator;
  readonly overwrite?: SyncOptions['overwrite'];
  readonly delayUpdates?: SyncOptions['delayUpdates'];
  readonly publishLast?: readonly string[];
  readonly lock?: boolean;
  readonly abortUploadsAfterMs?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly owner?: string;
  readonly temporary?: string;
  readonly dryRun?: boolean;
  readonly read?: boolean;
  readonly index?: IndexStorage;
  /** Largest source of one copy, in bytes. */
  readonly maxCopySize?: number;
  /** The tree lies in a bucket; elsewhere than the destination where a server is named. */
  readonly source?: TreeSource;
  readonly canTag?: boolean;
  readonly canStage?: boolean;
  readonly signal?: AbortSignal;
  readonly target?: Target;
}

export interface TreeSource {
  readonly bucket: string;
  readonly prefix?: string;
  readonly server?: TestServer;
  readonly connection?: Partial<SyncOptions['connection']>;
}

export interface Published extends SyncResult {
  readonly events: readonly Event[];
  readonly messages: readonly string[];
}

/** Options to publish `root` to a bucket of a test's server. */
export function optionsFor(
  server: Pick<TestServer, 'region' | 'endpoint'>,
  bucket: string,
  root: string,
  changes: Changes = {},
): SyncOptions {
  return {
    command: changes.command ?? 'sync',
    tree: { ...treeOptions(root), ...changes.tree },
    destination: { bucket, prefix: parsePrefix(changes.prefix ?? 'p') },
    ...(changes.target === undefined ? {} : { target: changes.target }),
    connection: {
      region: server.region,
      endpointUrl: server.endpoint,
      allowedAccountIds: [],
      requesterPays: false,
      concurrency: 16,
      maxAttempts: 5,
      connectTimeoutMs: 5_000,
      readTimeoutMs: 10_000,
      ...changes.connection,
    },
    writeHeaders: changes.writeHeaders ?? {},
    headers: { rules: [], defaults: 'none', refresh: false, ...changes.headers },
    site: {
      compress: [],
      cleanUrls: false,
      redirects: [],
      unpublished: new Set(),
      warnings: [],
      ...changes.site,
    },
    deletes: {
      deleteAfter: false,
      maxDelete: { kind: 'default' },
      deleteExcluded: false,
      grace: { kind: 'none' },
      retain: [],
      ...changes.deletes,
    },
    copies: { from: [], minSize: 0, ...changes.copies },
    ...(changes.invalidation === undefined ? {} : { invalidation: changes.invalidation }),
    mirrors: [],
    mirrorBy: 'auto',
    mirrorsAtomic: false,
    overwrite: changes.overwrite ?? 'if-unchanged',
    delayUpdates: changes.delayUpdates ?? false,
    publishLast: changes.publishLast ?? ['default'],
    lock: changes.lock ?? false,
    abortUploadsAfterMs: changes.abortUploadsAfterMs ?? 7 * 24 * 3_600_000,
    preserve: changes.preserve ?? false,
    index: { kind: 'none' },
    dryRun: changes.dryRun ?? false,
    read: changes.read ?? false,
    report: undefined,
    summary: 'never',
    summaryTitle: '',
    logLevel: 'info',
  };
}

/** Publishes a directory through the real engine and store. Credentials are the server's. */
export async function publish(
  server: TestServer,
  bucket: string,
  root: string,
  changes: Changes = {},
): Promise<Published> {
  process.env.AWS_ACCESS_KEY_ID = server.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = server.secretAccessKey;
  const options = optionsFor(server, bucket, root, changes);
  const events: Event[] = [];
  const emit = (event: Event): void => void events.push(event);
  const signal = changes.signal ?? new AbortController().signal;
  const { store, close } = await openStore(options, emit, signal);
  const { maxCopySize } = changes;
  if (maxCopySize !== undefined) Object.defineProperty(store, 'maxCopySize', { value: maxCopySize });
  if (changes.canTag !== undefined) Object.defineProperty(store, 'canTag', { value: changes.canTag });
  if (changes.canStage !== undefined) Object.defineProperty(store, 'canStage', { value: changes.canStage });
  const copyFrom: CopyPlace[] = [];
  for (const { place } of options.copies.from) {
    const same = place.bucket === bucket;
    const opened = same ? { store } : await openStore({ ...options, destination: place }, emit, signal);
    const named = same ? undefined : { name: place.bucket };
    copyFrom.push({ url: destinationUrl(place), store: opened.store, prefix: place.prefix, bucket: named });
  }
  const { index, owner = 'a test', now = Date.now, invalidator } = changes;
  const cdn = invalidator === undefined ? {} : { invalidator };
  const below = changes.temporary === undefined ? {} : { temporary: changes.temporary };
  const place = sourceOf(server, changes.source);
  const source = place === undefined ? {} : { source: await openSource(place, emit, signal) };
  const ports = { store, copyFrom, index, owner, emit, signal, now, ...cdn, ...below, ...source };
  const result = await sync({ ...options, ...(place === undefined ? {} : { source: place }) }, ports);
  close();
  const messages = events.flatMap((event) => (event.type === 'message' ? [event.message] : []));
  return { ...result, events, messages };
}

/** Downloads the prefix to a directory through the real engine and store. */
export async function download(
  server: TestServer,
  bucket: string,
  directory: string,
  { duplicates = 'copy', asStored = false, ...changes }: Changes & Partial<Omit<Target, 'directory'>> = {},
): Promise<Published> {
  return publish(server, bucket, directory, { ...changes, target: { directory, duplicates, asStored } });
}

interface OpenedPlace {
  readonly place: Destination;
  readonly connection: SyncOptions['connection'];
  readonly copyable: boolean;
}

function sourceOf(server: TestServer, source: TreeSource | undefined): OpenedPlace | undefined {
  if (source === undefined) return undefined;
  const { bucket, prefix, connection = {} } = source;
  const there = optionsFor(source.server ?? server, bucket, '/', {
    connection,
    ...(prefix === undefined ? {} : { prefix }),
  });
  const copyable = (source.server ?? server) === server;
  return { place: there.destination, connection: there.connection, copyable };
}

/** As `run` does it. */
async function openSource(
  { place, connection, copyable }: OpenedPlace,
  emit: (event: Event) => void,
  signal: AbortSignal,
): Promise<SourcePort> {
  const nowhere = optionsFor({ region: '', endpoint: '' }, place.bucket, '/');
  const { store } = await openStore({ ...nowhere, destination: place, connection }, emit, signal);
  return {
    url: destinationUrl(place),
    store,
    prefix: place.prefix,
    bucket: {
      name: place.bucket,
      ...(connection.expectedBucketOwner === undefined
        ? {}
        : { expectedOwner: connection.expectedBucketOwner }),
      ...(connection.requesterPays ? { requesterPays: true } : {}),
    },
    copyable,
  };
}

/** As another tool's upload in parts of these sizes leaves an object. */
export function inParts(content: Buffer, ...sizes: readonly number[]): PutOptions {
  const md5s: ReturnType<typeof md5Of>[] = [];
  let at = 0;
  for (const size of sizes) {
    md5s.push(md5Of(content.subarray(at, at + size)));
    at += size;
  }
  return { etag: multipartETag(md5s), parts: sizes };
}

/** `action key outcome`, below the prefix, in the order of the outcomes. */
export function stepsOf(published: Published): readonly string[] {
  return published.report.steps.map((step) => {
    const source = step.source === undefined ? '' : ` <- ${step.source}`;
    return `${step.action} ${step.key}${source} ${step.outcome}`;
  });
}

/** An index that lives as long as the test, believed like one in a file. */
export function memoryIndex(
  trust: Partial<IndexTrust> = { local: true, grace: true },
): IndexStorage & { bytes: Buffer | undefined; lines: string; saves: number } {
  const storage = {
    trust: { remote: false, local: false, grace: false, ...trust },
    place: '/in memory',
    bytes: undefined as Buffer | undefined,
    lines: '',
    saves: 0,
    async load() {
      return this.bytes;
    },
    async save(pieces: Iterable<Buffer>) {
      this.bytes = Buffer.concat([...pieces]);
      this.lines = '';
      this.saves++;
    },
    journal: {
      ofEndedRuns: false,
      load: async () => Buffer.from(storage.lines),
      append: async (lines: string) => {
        storage.lines += lines;
      },
      clear: async () => {
        storage.lines = '';
      },
    },
  };
  return storage;
}
