import { replaceFile } from '../disk/replace-file.js';
import { cutSize, formatChunks } from '../model/chunks.js';
import { forEachConcurrent } from '../model/concurrency.js';
import { type ETag, type Md5, parseETag } from '../model/digest.js';
import { type DigestIndex, layoutParts, type ObjectEntry, type UploadEntry } from '../model/digest-index.js';
import { EXIT, refusal, SyncError } from '../model/errors.js';
import type { StepOutcome } from '../model/events.js';
import { columnsOf, namesOf, sizesOf, totalSize } from '../model/file-columns.js';
import { MAX_HEADER_BYTES, MAX_METADATA_BYTES } from '../model/header-rules.js';
import {
  formatSource,
  type HeaderDecider,
  HeaderPolicy,
  type HeaderSet,
  headerDigest,
  metadataBytes,
  objectHeaders,
  withoutDigests,
} from '../model/headers.js';
import type { Listing } from '../model/listing.js';
import { joinKey, MAX_KEY_BYTES, type ObjectKey, type Prefix } from '../model/object-key.js';
import { ObjectMap, type ReadonlyObjectMap } from '../model/object-map.js';
import { ARCHIVED_CLASSES, type Files, type ListedObject, type LocalFile } from '../model/objects.js';
import { requestsInFlight, type Sharding, type SyncOptions } from '../model/options.js';
import { MULTIPART_THRESHOLD, ownLayout } from '../model/part-sizes.js';
import type { CopyStep, Count, Phase, Plan, RefreshStep, Step, UploadStep } from '../model/plan.js';
import { stepsOf } from '../model/plan.js';
import {
  formatPlan,
  formatPublished,
  formatResults,
  type PlanFile,
  type Shard,
  type StagedUpload,
} from '../model/plan-file.js';
import { Proven } from '../model/proven.js';
import type { Delayed, HeaderDifference } from '../model/report.js';
import { type Digested, digestTree } from './digest.js';
import { wholeDigestsOf } from './digest-table.js';
import { download } from './download.js';
import { EarlyDigests } from './early-digests.js';
import { type EncodedTree, Encodings } from './encode.js';
import { parseExcludes } from './excludes.js';
import { CannotStageError, execute, failedOutcome, skipped } from './execute.js';
import { explain } from './explain.js';
import type { FileDigest } from './file-bytes.js';
import { foreignWrites } from './foreign.js';
import { graceStates, pendingDeletes } from './grace.js';
import {
  deletesBelow,
  guardDeletions,
  guardInner,
  guardNesting,
  guardOverlap,
  guardTree,
  nestedNames,
} from './guards.js';
import { headerStates, whatWouldLoseAcls } from './headers.js';
import { Invalidations } from './invalidate.js';
import { type ConfirmedFiles, type LoadedIndex, loadIndex, saveIndex } from './learn.js';
import { addHidden, type HiddenOptions, listAll, listFurther } from './list.js';
import { isPartial } from './local-names.js';
import { Lock, lockKey, refuseLocks } from './lock.js';
import { immutableNames } from './manifests.js';
import type { Seat } from './meeting.js';
import { OlderObjects } from './older-objects.js';
import {
  type HeaderState,
  type Identity,
  type KnownContent,
  makePlan,
  type PlanInput,
  type Planned,
} from './plan.js';
import type { IndexStorage, SyncPorts, SyncResult } from './ports.js';
import { type Progress, progressOf, ranksToShare, type Share, shareOf } from './progress.js';
import { provenFiles } from './proven-files.js';
import { publishOrder } from './ranks.js';
import { type CheckedBack, checkBack, NOTHING_FOUND, withFindings } from './read-back.js';
import { type ListedPlace, recognise } from './recognise.js';
import { askHeaders, HEADER_BUDGET } from './refresh-headers.js';
import { remoteTree } from './remote-tree.js';
import { planRemoval, retainedKeys } from './remove.js';
import { planTotals, RunFrame } from './run-frame.js';
import {
  type AllResults,
  gather,
  publishedPath,
  readPlan,
  readResults,
  refuseChanged,
  type ShardStep,
  shardOf,
  stagedFrom,
  stagedTo,
  uploadOf,
  uploadsOf,
  withFiles,
} from './shards.js';
import { SharedTree } from './shared-tree.js';
import { bothOrFirstFailure } from './side-by-side.js';
import { unusedRules, withoutOwnFiles, withSite } from './site.js';
import { isSameByETag, SourceObjects } from './source-objects.js';
import { type BodySource, type Staged, Transfer, type TransferOptions } from './transfer.js';
import { Uploads } from './uploads.js';
import type { Tree } from './walk.js';

/** What a stopped run may still take to write its index. The runner leaves 7.5 s. Milliseconds. */
const LAST_WORDS_MS = 4_000;

/** Refreshes of a dry run whose present headers are asked for, so that a review sees what changes. */
const REFRESHES_SHOWN = 100;

/** Keys of another writer that a message names. */
const FOREIGN_SHOWN = 10;

/**
 * Publishes a tree to one destination: walk and list, digest, plan, guard, execute, remember, report. The tree lies on
 * this disk or in another bucket. Or removes what a destination holds: list, plan, guard, execute, report. Or downloads.
 * Nothing is written before the guards are passed. Rejects for nothing: what went wrong is in the report.
 */
export async function sync(options: SyncOptions, ports: SyncPorts): Promise<SyncResult> {
  if (options.target !== undefined) return download(options, options.target, ports);
  const run = new Run(options, ports);
  try {
    await run[COMMANDS[options.command]]();
  } catch (error) {
    run.fail(error);
  } finally {
    await run.close();
  }
  return run.result();
}

/** What walk and listings found. */
interface Looked {
  readonly tree: Tree;
  readonly listing: ReadonlyMap<ObjectKey, ListedObject>;
  readonly further: readonly ListedPlace[];
}

/** What the run went by. */
interface Seen extends Digested {
  readonly listing: ReadonlyMap<ObjectKey, ListedObject>;
  /** Whether it matters what another writer makes of a key. */
  readonly matters: (key: ObjectKey) => boolean;
  readonly index: DigestIndex | undefined;
  readonly older?: OlderObjects;
  readonly digestedNs: bigint;
}

/** What a plan is made from. */
interface Prepared {
  readonly tree: Tree;
  readonly listing: Looked['listing'];
  readonly further: Looked['further'];
  readonly known: Digested;
  readonly input: Omit<PlanInput, 'aclBound'>;
  readonly digestedNs: bigint;
}

/** An index of so much, some thousand files, says that there will be work for a thread. Bytes. */
const INDEX_WORTH_THREAD = 256 * 1024;

const COMMANDS = {
  sync: 'publish',
  remove: 'remove',
  check: 'check',
  plan: 'plan',
  apply: 'apply',
  publish: 'publishPlan',
} as const;

class Run {
  readonly #options: SyncOptions;
  readonly #ports: SyncPorts;
  readonly #frame: RunFrame;
  readonly #shared: SharedTree;
  readonly #encodings: Encodings;
  /** Where the tree lies in a bucket. */
  readonly #source: SourceObjects | undefined;
  /** Whose lines about local files may be believed. */
  #fileIndex: DigestIndex | undefined;
  #delayed: Delayed | undefined;
  #copiedFromFirst: Count = { files: 0, bytes: 0 };
  #lock: Lock | undefined;
  #invalidations: Invalidations | undefined;
  #policy: HeaderDecider;
  /** Of the keys whose headers S3 was asked for. */
  readonly #headerDifferences = new Map<ObjectKey, readonly HeaderDifference[]>();
  #headersUnknown: Count = { files: 0, bytes: 0 };
  #sendAllRequests = 0;
  /** A plan that is made anew says it once. */
  #isNotRenewedTold = false;
  /** The last listing after the writes. */
  #after: Looked['listing'] = new Map();
  readonly #inFlight = (): number => this.#ports.store.inFlight;

  constructor(options: SyncOptions, ports: SyncPorts) {
    this.#options = options;
    this.#ports = ports;
    this.#frame = new RunFrame(options, ports, () => [
      ports.store,
      ...(ports.source === undefined ? [] : [ports.source.store]),
      ...ports.copyFrom.map(({ store }) => store),
    ]);
    this.#policy = new HeaderPolicy(options.writeHeaders, options.headers);
    this.#shared = ports.shared ?? new SharedTree(this.#frame.signal);
    this.#encodings = new Encodings(this.#frame.pool, ports.temporary);
    if (ports.source !== undefined) {
      this.#source = new SourceObjects({
        store: ports.source.store,
        bucket: ports.source.bucket.name,
        pool: this.#frame.pool,
        concurrency: requestsInFlight(options.connection),
        emit: ports.emit,
        signal: this.#frame.signal,
        requests: this.#frame.requests,
      });
    }
  }

  async publish(): Promise<void> {
    const { lock, dryRun } = this.#options;
    if (lock && !dryRun) await this.#takeLock();
    const remembered = await this.#load();
    const { tree, listing, further, known, input, digestedNs } = await this.#prepare(remembered);
    const invalidations = this.#toInvalidate(known.files, listing, remembered);
    const delay = this.#canDelay(tree);
    let planned = await this.#plan(input, delay);
    this.#tellKept(planned, listing);
    await this.#guardDeletions(planned, known.files, listing);
    this.#settle(planned);
    if (dryRun) {
      invalidations.plan(planned.plan);
      invalidations.tellPlanned();
      await this.#compareRefreshed(planned.plan, listing);
      this.#copiedFromFirst = plannedFromFirst(planned.plan);
      return this.#frame.rehearse(planned.plan);
    }
    const matters = this.#mattersTo(tree, known.files);
    const { index } = remembered;
    const older = this.#older(listing, further, index);
    const seen: Seen = { ...known, listing, matters, index, ...older, digestedNs };
    try {
      await this.#execute(planned, seen, delay);
    } catch (error) {
      if (!(error instanceof CannotStageError)) throw error;
      this.#cannotDelay(error.message);
      planned = await this.#plan(input, false);
      this.#settle(planned);
      await this.#execute(planned, seen, false);
    }
    this.#blameInvalidation(await invalidations.wait());
  }

  async #guardDeletions(planned: Planned, files: Files, listing: Looked['listing']): Promise<void> {
    const { deletes, destination } = this.#options;
    if (files.length === 0) return;
    guardDeletions(planned, deletes, this.#frame.url);
    if (!deletes.deleteAfter || planned.deletions === 0) return;
    for (const { destination: within, listed } of this.#shared.inner(destination)) {
      // Another destination is not waited for where it has nothing to lose.
      if (!deletesBelow(planned.plan, within.prefix)) continue;
      const inner = await this.#alive(listed);
      if (inner !== undefined)
        guardInner(planned, listing, destination, { destination: within, listing: inner });
    }
  }

  /** The index of this destination; and of several, the first one's for what it says of the local files. */
  async #load(): Promise<LoadedIndex> {
    const { index: storage, isMirror = false, emit } = this.#ports;
    const loaded = await loadIndex(storage, emit, this.#frame.signal, (bytes) => {
      if (bytes >= INDEX_WORTH_THREAD && this.#source === undefined) this.#frame.pool.warm();
    });
    if (!isMirror) this.#shared.tellIndex(loaded.trustFiles ? loaded.index : undefined);
    this.#fileIndex = await this.#alive(this.#shared.index);
    return loaded;
  }

  /** Whether large files may be made from older objects: an index keeps what those are made of. */
  get #reuses(): boolean {
    const { command, dryRun } = this.#options;
    const { index, source, store } = this.#ports;
    return command === 'sync' && !dryRun && index !== undefined && source === undefined && store.copiesRanges;
  }

  #older(
    listing: Looked['listing'],
    further: Looked['further'],
    index: DigestIndex | undefined,
  ): { readonly older?: OlderObjects } {
    if (!this.#reuses) return {};
    const { copyFrom, emit } = this.#ports;
    const places = copyFrom.map((place, i) => ({ place, objects: further[i]!.objects }));
    const older = new OlderObjects({
      listing,
      index,
      further: places,
      copyMinSize: this.#options.copies.minSize,
      emit,
      signal: this.#frame.signal,
    });
    return { older };
  }

  /** Everything that is known before a plan is made. */
  async #prepare(remembered: LoadedIndex): Promise<Prepared> {
    const { deletes, site, tree: treeOptions } = this.#options;
    const { emit, now } = this.#ports;
    const digestedNs = BigInt(now()) * 1_000_000n;
    // Where files are stored encoded, their own bytes have no object.
    const isPlain = this.#source === undefined && site.compress.length === 0;
    const early = isPlain
      ? new EarlyDigests(
          this.#frame.pool,
          this.#options.destination.prefix,
          remembered.index,
          this.#fileIndex,
          this.#reuses,
        )
      : undefined;
    const { tree: found, listing, further } = await this.#look(early, remembered.index);
    const published = await withoutOwnFiles(found, site);
    const { source, isMirror = false } = this.#ports;
    if (source === undefined && !isMirror)
      for (const message of unusedRules(published)) emit({ type: 'message', level: 'notice', message });
    if (source !== undefined) guardOverlap(found, source, listing, this.#options.destination);
    const places = source === undefined ? treeOptions.patterns.map(({ text }) => text) : [source.url];
    // Rules are the same for all destinations.
    this.#frame.warn(isMirror ? [] : site.warnings);
    this.#frame.warn(guardTree(published, places, treeOptions, deletes));
    const tree = withSite(published, site, this.#options.destination.prefix);
    this.#policy = await this.#headerPolicy(tree);
    this.#frame.warn(tree.warnings);
    refuseKeys(tree, this.#options);
    const { store } = this.#ports;
    if (store.keysAreFiles) guardNesting(tree, store.provider);
    const encoded = await this.#encode(tree, listing, remembered);
    const known = await (this.#source === undefined
      ? this.#digest(encoded, listing, further, remembered, early)
      : this.#askSource(this.#source, tree, listing));
    const input = await this.#recognise(tree, listing, further, known, remembered, encoded.vouched);
    this.#sendAllRequests = requestsToSend(known.files);
    return { tree, listing, further, known, input, digestedNs };
  }

  /**
   * Compares the destination with what a publish would make of it. No index is believed: it says which headers
   * objects were written with, and nothing of their bytes.
   */
  async check(): Promise<void> {
    const { index: storage, emit } = this.#ports;
    const { index } = await loadIndex(storage, emit, this.#frame.signal);
    const { known, input, listing } = await this.#prepare({ index, trustFiles: false, trustObjects: false });
    const planned = await this.#plan(input, false);
    const found = this.#options.read ? await this.#readBack(planned, known.files, listing) : NOTHING_FOUND;
    this.#tellDamaged(found.findings.length);
    const plan = withFindings(planned.plan, found.findings);
    this.#settle({ ...planned, plan });
    await this.#compareRefreshed(plan, listing);
    await this.#frame.concludeCheck(plan, found);
  }

  #tellDamaged(count: number): void {
    if (count === 0) return;
    const what = count === 1 ? '1 object does' : `${count} objects do`;
    this.#frame.warn([
      `${what} not hold the bytes that S3 says: a sync goes by what S3 says and finds nothing to do there; delete ${count === 1 ? 'it' : 'them'} first, then publish`,
    ]);
  }

  async #readBack(planned: Planned, files: Files, listing: Looked['listing']): Promise<CheckedBack> {
    const { destination, connection } = this.#options;
    const { prefix } = destination;
    const source = this.#source;
    // Those too whose headers alone would change.
    const unchanged = [...files].filter(({ name }) => planned.unchanged.has((prefix + name) as ObjectKey));
    return this.#frame.phase('read', (tell) =>
      checkBack(unchanged, planned.unchanged, {
        store: this.#ports.store,
        prefix,
        listing,
        action: 'upload',
        ...(source === undefined ? {} : { original: (file) => source.digestOf(file) }),
        concurrency: requestsInFlight(connection),
        onProgress: (done, bytes) => tell({ files: done, filesTotal: unchanged.length, bytes }),
        signal: this.#frame.signal,
      }),
    );
  }

  #toInvalidate(files: Digested['files'], listing: Looked['listing'], { index }: LoadedIndex): Invalidations {
    const { invalidation: options, destination } = this.#options;
    const { invalidator, index: storage, emit } = this.#ports;
    this.#invalidations = new Invalidations({
      options,
      invalidator,
      storage,
      remembered: index?.invalidations ?? new Map(),
      known: index?.objects ?? new Map(),
      listing,
      // Made as they are asked for: few runs do.
      keys: { [Symbol.iterator]: () => keysOf(files, destination.prefix) },
      url: this.#frame.url,
      emit,
      onMove: () => {
        this.#frame.moved();
      },
      signal: this.#frame.signal,
      requests: this.#frame.requests,
    });
    return this.#invalidations;
  }

  /** A failure of steps is told before one of CloudFront. */
  #blameInvalidation(error: SyncError | undefined): void {
    if (error === undefined) return;
    const { code, exit, message } = error;
    if (this.#frame.exits.length === 0) this.#frame.error ??= { code, message };
    else this.#ports.emit({ type: 'message', level: 'error', message });
    this.#frame.addExits([exit]);
  }

  /** Every write of a tagged name would fail there. */
  #refuseTags(): void {
    const { canTag, provider } = this.#ports.store;
    const tags = this.#options.headers.rules
      .flatMap(({ changes }) => changes)
      .find(({ name, value }) => name === 'x-amz-tagging' && value !== undefined);
    if (canTag || tags === undefined) return;
    throw new SyncError(
      'usage',
      EXIT.usage,
      `headers: line ${tags.line} sets x-amz-tagging, and ${provider} has no tags: take it out; nothing was written`,
    );
  }

  async #headerPolicy(tree: Tree): Promise<HeaderPolicy> {
    const { writeHeaders, headers } = this.#options;
    this.#refuseTags();
    const notice = (message: string): void => this.#ports.emit({ type: 'message', level: 'notice', message });
    const immutable =
      headers.defaults === 'website' && this.#source === undefined
        ? await immutableNames(tree.files, notice)
        : new Set<string>();
    const policy = new HeaderPolicy(writeHeaders, headers, immutable);
    if (headers.rules.length > 0) for (const file of tree.files) refuseMetadata(file, policy.headersOf(file));
    this.#frame.warn(policy.warnings);
    return policy;
  }

  /** Makes a plan that other machines stage and one publishes. Nothing is written but the file. */
  async plan(): Promise<void> {
    const remembered = await this.#load();
    const { tree, listing, known, input } = await this.#prepare(remembered);
    const planned = await this.#plan(input, this.#canDelay(tree));
    await this.#guardDeletions(planned, known.files, listing);
    this.#settle(planned);
    await this.#frame.rehearse(planned.plan);
    const ranks = ranksToShare(planned.plan).map(({ rank, keys }) => `${rank} (${keys})`);
    if (ranks.length > 0)
      this.#frame.notice(`ranks that shards can publish, one after the other: ${ranks.join(', ')}`);
    const lines = formatPlan(this.#frame.url, this.#endpoint, planned.plan, {
      headersOf: (file) => this.#policy.headersOf(file),
      stored: await this.#digestEncoded(planned.plan),
      preserve: this.#options.preserve,
    });
    await replaceFile(this.#sharding().planFile, lines);
  }

  /** Digests of the encoded bytes that nothing had to be compared with so far, by name. */
  async #digestEncoded(plan: Plan): Promise<ReadonlyMap<string, Md5>> {
    const due = [...stepsOf(plan)].flatMap((step) =>
      step.action === 'upload' && step.md5 === undefined && step.file.encoded !== undefined ? step.file : [],
    );
    const digests = new Map<string, Md5>();
    await forEachConcurrent(due, this.#frame.pool.width * 2, async (file) => {
      digests.set(file.name, (await this.#frame.pool.digest({ file, layouts: [] }, file.size)).md5);
    });
    return digests;
  }

  /** Stages one shard of a plan, and writes down what was staged. Nothing becomes visible. */
  async apply(): Promise<void> {
    const { planFile, shard = ALONE, results, beside } = this.#sharding();
    const { emit, now } = this.#ports;
    const attempt = now();
    const file = await readPlan(planFile, this.#frame.url, this.#endpoint, this.#options.destination.prefix);
    const { signal } = this.#frame;
    const tree = await this.#frame.phase('walk', async (tell) => {
      const found = await this.#tree((files) => tell({ files, bytes: 0 }), signal);
      const { site, destination } = this.#options;
      return withSite(await withoutOwnFiles(found, site), site, destination.prefix);
    });
    this.#policy = decided(file.headers);
    const due = withFiles(shardOf(file.plan, shard), tree.files);
    const bytesTotal = due.reduce((sum, { bytes }) => sum + bytes, 0);
    const staged: StagedUpload[] = [];
    const outcomes: StepOutcome[] = [];
    await this.#frame.phase('execute', async (tell) => {
      let sent = 0;
      const say = (): void =>
        tell({ files: outcomes.length, filesTotal: due.length, bytes: sent, bytesTotal });
      const transfer = this.#transfer({
        digests: new Map(),
        bodies: this.#encodings,
        delay: true,
        preserve: file.preserve,
        uploads: await this.#uploads(undefined, new Map()),
        sources: new Set(),
        mayDelete: async () => undefined,
        onSent: (bytes) => {
          sent += bytes;
          say();
        },
        onReused: () => say(),
      });
      let failed: StepOutcome | undefined;
      try {
        await forEachConcurrent(due, this.#inFlight, async (step) => {
          const outcome =
            failed !== undefined || signal.aborted
              ? skipped(step, failed)
              : await this.#stageOne(transfer, step);
          if (outcome.outcome === 'failed') failed ??= outcome;
          outcomes.push(outcome);
          emit({ type: 'outcome', outcome });
          say();
        });
        if (failed === undefined && !signal.aborted) {
          for (const { key } of due) {
            const one = transfer.handOver(key);
            if (one !== undefined) staged.push(stagedTo(one));
          }
          const [path = ''] = results;
          await replaceFile(path + beside, formatResults({ plan: file.id, shard, attempt, uploads: staged }));
        }
      } finally {
        this.#frame.outcomes = outcomes;
        await transfer.close();
      }
      this.#frame.addExits(transfer.exits);
    });
  }

  /** One step of a shard: what was staged must be what was planned, as its further names are copied from it. */
  async #stageOne(transfer: Transfer, step: ShardStep): Promise<StepOutcome> {
    const started = performance.now();
    const failure = await transfer.stage(step, true);
    if (failure !== undefined) return failure;
    const made = transfer.stagedAt(step.key);
    const ms = performance.now() - started;
    if (made === undefined || (step.md5 !== undefined && made.expected.md5 !== step.md5)) {
      const { encoded } = step.file;
      const isEncodedElse = encoded !== undefined && made?.file.encoded?.md5 === encoded.md5;
      const message = isEncodedElse
        ? `${step.key}: this machine compresses the file to other bytes than were planned (Node.js ${process.version}, zlib ${process.versions.zlib}, brotli ${process.versions.brotli}): run plan and apply with one version of Node.js`
        : `${step.key}: the file is not the one that was planned; apply needs the same files`;
      const error = new SyncError('plan-mismatch', EXIT.failed, message, { key: step.key });
      return failedOutcome(step, error, ms, this.#frame.signal, transfer.exits);
    }
    const { action } = made;
    return { step, outcome: 'done', action, sentBytes: made.sentBytes, ms };
  }

  /** Completes what the shards of a plan staged, copies what had to wait, deletes; what is done already stays. */
  async publishPlan(): Promise<void> {
    const sharding = this.#sharding();
    const { planFile, shard, abort } = sharding;
    const { lock, destination, dryRun } = this.#options;
    const { store, index: storage, emit } = this.#ports;
    const { signal, url } = this.#frame;
    if (lock && !dryRun) await this.#takeLock();
    const file = await readPlan(planFile, url, this.#endpoint, destination.prefix);
    const results = await readResults(sharding, file);
    if (abort) return this.#abortStaged(results);
    const { staged, losers } = gather(file, results.staged);
    const listing = await this.#list(false);
    const concurrency = this.#inFlight;
    const { plan } = file;
    const keys = new Set([...stepsOf(plan)].map(({ key }) => key));
    await addHidden(listing, keys, this.#hiddenBelow);
    const { published } = results;
    const { done, changed } = await progressOf({
      plan,
      staged,
      published,
      listing,
      store,
      concurrency,
      signal,
    });
    refuseChanged(changed, url);
    this.#policy = decided(file.headers);
    const elsewhere: Elsewhere = { file, staged, done };
    if (shard !== undefined) return this.#publishShare(elsewhere, listing, shard);
    const remembered = await loadIndex(storage, emit, signal);
    const planned = plannedOf(plan, done);
    const files = [...stepsOf(plan)].flatMap((step) => ('file' in step ? step.file : []));
    // What shards published is no stranger's.
    const before = new Map([...listing].filter(([key]) => !done.has(key)));
    const invalidations = this.#toInvalidate(files, before, remembered);
    this.#settle(planned);
    if (dryRun) {
      invalidations.plan(planned.plan);
      invalidations.tellPlanned();
      return this.#frame.rehearse(planned.plan);
    }
    const matters = (key: ObjectKey): boolean => keys.has(key);
    const { index } = remembered;
    const seen: Seen = { files: [], digests: new Map(), listing, matters, index, digestedNs: 0n };
    await this.#execute(planned, seen, true, elsewhere);
    // Another attempt's upload was completed for what was done before.
    const idle = losers.flatMap(({ key }) => {
      const upload = done.has(key) ? staged.get(key) : undefined;
      return upload === undefined ? [] : uploadOf(upload);
    });
    await forEachConcurrent([...losers, ...idle], concurrency, (upload) =>
      store.abortUpload(upload, this.#frame.requests).catch(() => undefined),
    );
    this.#blameInvalidation(await invalidations.wait());
  }

  /** Publishes a share of the first rank that is not done, and writes down what was published. */
  async #publishShare(elsewhere: Elsewhere, listing: Looked['listing'], shard: Shard): Promise<void> {
    const { id, plan } = elsewhere.file;
    const path = await publishedPath(this.#sharding(), shard, this.#ports.now());
    const share = shareOf(plan, elsewhere.done, shard);
    const planned = plannedOf(share?.plan ?? { ...plan, ranks: [] }, elsewhere.done);
    const due = new Set([...stepsOf(planned.plan)].map(({ key }) => key));
    this.#tellShare(share, due.size);
    this.#settle(planned);
    if (this.#options.dryRun) return this.#frame.rehearse(planned.plan);
    // The others write too.
    const matters = (key: ObjectKey): boolean => due.has(key);
    const seen: Seen = {
      files: [],
      digests: new Map(),
      listing,
      matters,
      index: undefined,
      digestedNs: 0n,
    };
    try {
      if (due.size > 0) await this.#execute(planned, seen, true, elsewhere);
    } finally {
      const keys = new Map<ObjectKey, ETag>();
      for (const { step, outcome, etag } of this.#frame.outcomes) {
        const there = outcome === 'done' && etag !== undefined ? parseETag(etag) : undefined;
        if (there !== undefined) keys.set(step.key, there);
      }
      await replaceFile(path, formatPublished({ plan: id, keys }));
    }
  }

  #tellShare(share: Share | undefined, due: number): void {
    if (share === undefined) {
      this.#frame.notice('every rank is published: what is left is for publish without a shard');
      return;
    }
    const { rank, others } = share;
    if (due > 0 || others === 0) {
      this.#frame.notice(`the rank to publish is: ${rank}`);
      return;
    }
    const what = others === 1 ? '1 key of another shard is' : `${others} keys of other shards are`;
    this.#frame.warn([
      `nothing is left here of the rank to publish, ${rank}, and ${what} not published yet: the next rank waits for them`,
    ]);
  }

  /** Gives a plan up: aborts the uploads that its results name, and nothing else. */
  async #abortStaged({ staged }: AllResults): Promise<void> {
    const { dryRun } = this.#options;
    const { store } = this.#ports;
    const uploads = uploadsOf(staged);
    const isOne = uploads.length === 1;
    const what = `${uploads.length} ${isOne ? 'upload' : 'uploads'} of the plan`;
    if (dryRun) return this.#frame.notice(`${what} would be aborted where they are still open`);
    await this.#frame.phase('execute', (tell) => {
      let files = 0;
      return forEachConcurrent(uploads, this.#inFlight, async (upload) => {
        this.#frame.signal.throwIfAborted();
        await store.abortUpload(upload, this.#frame.requests);
        tell({ files: ++files, filesTotal: uploads.length, bytes: 0 });
      });
    });
    this.#frame.notice(`${what} ${isOne ? 'was' : 'were'} aborted, or had ended`);
  }

  /** As plans name it: AWS itself has none. */
  get #endpoint(): string {
    return this.#ports.endpoint ?? '';
  }

  #sharding(): Sharding {
    const { sharding } = this.#options;
    if (sharding === undefined) throw new Error('no plan file was given');
    return { ...sharding, planFile: sharding.planFile + sharding.beside };
  }

  /** Empties the prefix, our own objects last: what is left after a failure still has its index. */
  async remove(): Promise<void> {
    const { lock, dryRun, deletes, destination } = this.#options;
    const { store, index: storage, emit, now } = this.#ports;
    const { prefix } = destination;
    const signal = this.#frame.signal;
    if (lock && !dryRun) await this.#takeLock();
    // It names the uploads that a publish left behind. It is not written: a line about what is gone is never believed.
    const { index } = await loadIndex(dryRun ? undefined : storage, emit, signal);
    const listing = new Map(await this.#list(true));
    // Ours goes when it is given back.
    if (this.#lock !== undefined) listing.delete(lockKey(prefix));
    await refuseLocks(listing.keys(), { store, url: this.#frame.url, now, signal });
    const retained = retainedKeys(prefix, deletes.retain);
    const planned = await this.#frame.phase('plan', async () => planRemoval(prefix, listing, retained));
    guardDeletions(planned, deletes, this.#frame.url, 'the prefix');
    this.#settle(planned);
    if (dryRun) return this.#frame.rehearse(planned.plan);
    const matters = (key: ObjectKey): boolean => !retained(key);
    const seen: Seen = { files: [], digests: new Map(), listing, matters, index, digestedNs: 0n };
    await this.#execute(planned, seen, false);
  }

  async #takeLock(): Promise<void> {
    const { store, now } = this.#ports;
    this.#lock = await Lock.acquire({
      store,
      prefix: this.#options.destination.prefix,
      url: this.#frame.url,
      owner: this.#ports.owner,
      now,
      onLost: (error) => this.#frame.stop(error),
      signal: this.#frame.signal,
    });
  }

  /** @param withOwn our own objects too */
  #list(withOwn: boolean): Promise<Listing> {
    const { prefix } = this.#options.destination;
    return this.#frame.phase('list', async (tell) => {
      const onProgress = (files: number): void => tell({ files, bytes: 0 });
      const listed = await listAll(this.#ports.store, prefix, onProgress, this.#frame.signal, { withOwn });
      tell({ files: listed.size, bytes: listed.bytes });
      return listed;
    });
  }

  /** Walks the tree and lists the destination side by side. */
  async #look(early: EarlyDigests | undefined, index: DigestIndex | undefined): Promise<Looked> {
    const { store, copyFrom } = this.#ports;
    const { prefix } = this.#options.destination;
    const hints = index === undefined ? undefined : () => index.objects.keys();
    const [tree, listed] = await bothOrFirstFailure(
      this.#frame.signal,
      (either) =>
        this.#frame.phase('walk', async (tell) => {
          const found = await this.#tree((files) => tell({ files, bytes: 0 }), either, early);
          tell({ files: found.files.length, bytes: totalSize(found.files) });
          return found;
        }),
      (either) =>
        this.#frame.phase('list', async (tell) => {
          const listing = await listAll(store, prefix, (files) => tell({ files, bytes: 0 }), either, {
            onListed: (object) => early?.listed(object),
            hints,
          });
          const further: ListedPlace[] = [];
          for (const place of copyFrom) {
            further.push(await listFurther(place, prefix, (files) => tell({ files, bytes: 0 }), either));
          }
          tell({ files: listing.size, bytes: listing.bytes });
          this.#shared.tellListing(this.#options.destination, listing);
          return { listing, further };
        }),
    );
    await addHidden(listed.listing, keysOf(tree.files, prefix), {
      ...this.#hiddenBelow,
      onListed: (object) => early?.listed(object),
    });
    return { tree, ...listed };
  }

  get #hiddenBelow(): HiddenOptions {
    return {
      store: this.#ports.store,
      concurrency: this.#inFlight,
      signal: this.#frame.signal,
    };
  }

  async #tree(onProgress: (files: number) => void, signal: AbortSignal, early?: EarlyDigests): Promise<Tree> {
    const { source } = this.#ports;
    const { tree } = this.#options;
    if (source === undefined)
      return withoutPartials(
        await this.#shared.walk(tree, onProgress, (files, row, file) => early?.found(files, row, file)),
      );
    const listing = await listAll(source.store, source.prefix, onProgress, signal).catch((cause: unknown) => {
      signal.throwIfAborted();
      const { code, exit, message } = explain(cause, source.url);
      throw new SyncError(code, exit, message, { cause });
    });
    return remoteTree(listing, source.prefix, tree);
  }

  async #encode(tree: Tree, listing: Looked['listing'], remembered: LoadedIndex): Promise<EncodedTree> {
    const { site, destination } = this.#options;
    const { files } = tree;
    if (site.compress.length === 0) return { files, adopted: new Map(), vouched: new ObjectMap() };
    return this.#frame.phase('encode', async (tell) =>
      this.#encodings.encode(files, {
        index: remembered.index,
        trustObjects: remembered.trustObjects,
        fileIndex: this.#fileIndex,
        rules: site.compress,
        policy: this.#policy,
        prefix: destination.prefix,
        listing,
        store: this.#ports.store,
        pool: this.#frame.pool,
        emit: this.#ports.emit,
        onProgress: (done, bytes, bytesTotal) => tell({ files: done, bytes, bytesTotal }),
        signal: this.#frame.signal,
      }),
    );
  }

  /** What S3 says of the objects that are to be written. */
  async #askSource(source: SourceObjects, { files }: Tree, listing: Looked['listing']): Promise<Digested> {
    const { prefix } = this.#options.destination;
    const due = [...files].filter(
      (file) => !isSameByETag(file, listing.get((prefix + file.name) as ObjectKey)),
    );
    return this.#frame.phase('digest', async () => {
      await source.ask(due, () => this.#frame.moved());
      return { files, digests: source.contents(files, listing, prefix).digests };
    });
  }

  async #digest(
    { files, adopted }: EncodedTree,
    listing: Looked['listing'],
    further: Looked['further'],
    remembered: LoadedIndex,
    early: EarlyDigests | undefined,
  ): Promise<Digested> {
    return this.#frame.phase('digest', async (tell) =>
      digestTree({
        prefix: this.#options.destination.prefix,
        files,
        adopted,
        listing,
        further: further.flatMap(({ objects }) => objects),
        index: remembered.index,
        fileIndex: this.#fileIndex,
        ...(this.#reuses ? { chunks: true } : {}),
        ...(early === undefined ? {} : { early }),
        pool: this.#frame.pool,
        onProgress: (files, bytes, bytesTotal) => tell({ files, bytes, bytesTotal }),
        signal: this.#frame.signal,
      }),
    );
  }

  /** Everything that a plan depends on but the way in which it is published. */
  async #recognise(
    tree: Tree,
    listing: Looked['listing'],
    further: Looked['further'],
    { files, digests }: Digested,
    remembered: LoadedIndex,
    encoded: ReadonlyObjectMap<Md5>,
  ): Promise<Omit<PlanInput, 'aclBound'>> {
    const { destination, deletes, copies, publishLast } = this.#options;
    const { store, emit, now } = this.#ports;
    const { prefix } = destination;
    const proven = this.#source === undefined ? provenFiles(files, digests, listing, prefix) : Proven.none;
    const vouched = await recognise({
      store,
      prefix,
      files,
      digests,
      proven,
      listing,
      further,
      copyMinSize: copies.minSize,
      index: remembered.index,
      trustObjects: remembered.trustObjects,
      concurrency: this.#inFlight,
      emit,
      signal: this.#frame.signal,
    });
    const retained = parseExcludes(deletes.retain);
    const copied = (await this.#source?.copiesAmong(files, listing, prefix, store)) ?? new ObjectMap<ETag>();
    return {
      prefix,
      files,
      listing,
      further: further.flatMap(({ objects }) => objects),
      contents:
        this.#source === undefined
          ? digests
          : withCopies(this.#source.contents(files, listing, prefix, vouched).contents, files, copied),
      proven,
      ...this.#ownSources(tree),
      ...(this.#ports.filling?.isPlanned === true ? { filled: this.#ports.filling } : {}),
      vouched: encoded.size + copied.size === 0 ? vouched : new ObjectMap<Identity>(vouched, encoded, copied),
      archives: (file) => ARCHIVED_CLASSES.has(this.#policy.headersOf(file)['x-amz-storage-class'] ?? ''),
      headers: this.#headerStates(files, listing, remembered),
      policy: {
        order: publishOrder(publishLast),
        send: 'upload',
        again: 'copy',
        delay: false,
        copyMinSize: copies.minSize,
        deleteAfter: deletes.deleteAfter && files.length > 0,
        deleteExcluded: deletes.deleteExcluded,
        retained: (name) => retained?.(name, false) === true,
        grace: graceStates(deletes.grace, remembered.index, now(), this.#ports.index?.trust.grace === true),
        excluded: tree.excluded,
        skipped: tree.skipped,
        hasDirectory: tree.hasDirectory,
      },
    };
  }

  /** An index knows what rules gave an object, and nothing of what its source has by now. */
  #headerStates(
    files: Files,
    listing: Looked['listing'],
    { index }: LoadedIndex,
  ): ReadonlyMap<ObjectKey, HeaderState> {
    const { destination, headers } = this.#options;
    const { prefix } = destination;
    const states = new Map(headerStates(files, prefix, listing, index, this.#policy));
    for (const file of this.#source === undefined ? [] : files) {
      const key = (prefix + file.name) as ObjectKey;
      if (states.get(key) === 'same' && (headers.refresh || isAllHeaders(file))) states.delete(key);
    }
    return states;
  }

  /** The objects that are copied, each under its own name. */
  #ownSources({ files }: Tree): Pick<PlanInput, 'own'> {
    const { source } = this.#ports;
    const own = new Map<string, ListedObject>();
    if (source?.copyable !== true) return {};
    for (const { name, object } of files) {
      if (object === undefined || object.size === 0) continue;
      own.set(name, { ...object, storageClass: 'STANDARD', bucket: source.bucket });
    }
    return { own };
  }

  async #plan(input: Omit<PlanInput, 'aclBound'>, delay: boolean): Promise<Planned> {
    const { store, emit } = this.#ports;
    const policy = { ...input.policy, delay };
    return this.#frame.phase('plan', async () => {
      let headers = input.headers;
      let made = makePlan({ ...input, policy, headers, aclBound: new Set() });
      const asked = await this.#askHeaders(made, input);
      if (asked.size > 0) {
        headers = new Map([...headers, ...asked]);
        made = makePlan({ ...input, policy, headers, aclBound: new Set() });
      }
      const acls = await whatWouldLoseAcls(made.plan, {
        store,
        policy: this.#policy,
        concurrency: this.#inFlight,
        emit,
        signal: this.#frame.signal,
      });
      const isFree = acls.aclBound.size + acls.aclUnknown.size === 0;
      return isFree ? made : makePlan({ ...input, policy, headers, ...acls });
    });
  }

  /**
   * Headers that nobody remembers are asked for with `refresh-headers`; of redirects always, as an empty object says
   * nothing of where it leads, and so does one in the bucket that is published from.
   */
  async #askHeaders(
    { unknownHeaders }: Planned,
    { prefix, files, listing }: Omit<PlanInput, 'aclBound'>,
  ): Promise<ReadonlyMap<ObjectKey, HeaderState>> {
    const states = new Map<ObjectKey, HeaderState>();
    const all = this.#options.headers.refresh;
    const due: LocalFile[] = [];
    // A table has files of this disk, which are more than their headers.
    if (all || files.columns === undefined)
      for (const file of unknownHeaders) if (all || isAllHeaders(file)) due.push(file);
    await this.#compareHeaders(due, listing);
    for (const { name } of due) {
      const key = (prefix + name) as ObjectKey;
      const found = this.#headerDifferences.get(key);
      if (found !== undefined) states.set(key, found.length === 0 ? 'same' : 'changed');
    }
    return states;
  }

  /** The first refreshes, as a review shows what changes. */
  async #compareRefreshed(plan: Plan, listing: Looked['listing']): Promise<void> {
    const refreshed = [...stepsOf(plan)].filter((step) => step.action === 'refresh');
    const shown = refreshed.slice(0, REFRESHES_SHOWN).map(({ file }) => file);
    await this.#compareHeaders(shown, listing);
  }

  async #compareHeaders(files: readonly LocalFile[], listing: Looked['listing']): Promise<void> {
    const { prefix } = this.#options.destination;
    const due = files.filter(({ name }) => !this.#headerDifferences.has((prefix + name) as ObjectKey));
    if (due.length === 0) return;
    const answers = await askHeaders(due, {
      store: this.#ports.store,
      prefix,
      listing,
      // What a source has is remembered by nobody, so no later run could go on.
      budget: this.#source === undefined ? HEADER_BUDGET : Number.POSITIVE_INFINITY,
      headersOf: (file) => this.#wantedHeaders(file),
      concurrency: this.#inFlight,
      emit: this.#ports.emit,
      signal: this.#frame.signal,
    });
    for (const [key, differences] of answers) this.#headerDifferences.set(key, differences);
  }

  /** Digests are no part of what is compared: they are each object's own. */
  async #wantedHeaders(file: LocalFile): Promise<HeaderSet> {
    if (this.#source === undefined) return this.#policy.headersOf(file);
    const kept = await this.#source.headersOf(file);
    return this.#policy.over(withoutDigests(kept), file);
  }

  /** Whoever sets rules for objects that others wrote must hear that nothing became of them. */
  #tellUnknownHeaders(count: number): void {
    const { rules, defaults, refresh } = this.#options.headers;
    const isAsked = rules.length > 0 || defaults !== 'none';
    if (count === 0 || refresh || !isAsked) return;
    const what = count === 1 ? 'the headers of 1 object are' : `the headers of ${count} objects are`;
    const message = `${what} not known, as no earlier run wrote them or others wrote them since, and left as they are: refresh-headers: true compares and renews them`;
    this.#ports.emit({ type: 'message', level: 'notice', message });
  }

  #tellNotRenewed(plan: Plan): void {
    const kept = [...stepsOf(plan)].filter(({ reason }) => reason === 'not-copyable');
    const [first] = kept;
    if (first === undefined || this.#isNotRenewedTold) return;
    this.#isNotRenewedTold = true;
    const what = kept.length === 1 ? `${first.key} keeps` : `${first.key} and ${kept.length - 1} more keep`;
    this.#frame.warn([
      `${what} the old headers: what is archived or above 5 GiB cannot be copied onto itself; restore it, or delete it and publish again`,
    ]);
  }

  #settle(planned: Planned): void {
    this.#headersUnknown = planned.headersUnknown;
    this.#tellUnknownHeaders(planned.headersUnknown.files);
    this.#tellNotRenewed(planned.plan);
    this.#frame.settle(planned.plan);
  }

  #canDelay(tree: Tree): boolean {
    const { delayUpdates } = this.#options;
    if (delayUpdates === false) return false;
    const { canStage, canStageNested, provider } = this.#ports.store;
    const nested = canStage && !canStageNested ? nestedNames(tree) : undefined;
    if (!canStage) this.#cannotDelay(`${provider} has no part copies`);
    if (nested !== undefined) this.#cannotDelay(`${provider} completes no upload of ${nested}`);
    return canStage && nested === undefined;
  }

  /** Strict: refuses. Best effort: says once what is done instead. */
  #cannotDelay(why: string): void {
    const what = `${this.#frame.url} cannot delay updates (${why})`;
    if (this.#options.delayUpdates !== 'best-effort') {
      throw refusal(
        'cannot-delay',
        `${what}: nothing was written; publish in order with delay-updates: false, or set best-effort`,
      );
    }
    const message = `${what}: they are published as they are sent, in the publish order`;
    this.#ports.emit({ type: 'message', level: 'warning', message });
  }

  #uploads(
    storage: IndexStorage | undefined,
    journalled: ReadonlyMap<string, UploadEntry>,
  ): Promise<Uploads> {
    return Uploads.load({
      store: this.#ports.store,
      storage,
      prefix: this.#options.destination.prefix,
      journalled,
      abortAfterMs: this.#options.abortUploadsAfterMs,
      alone: this.#lock !== undefined,
      now: this.#ports.now(),
      concurrency: this.#inFlight,
      emit: this.#ports.emit,
      signal: this.#frame.requests,
    });
  }

  #transfer(
    parts: Pick<
      TransferOptions,
      | 'digests'
      | 'bodies'
      | 'delay'
      | 'preserve'
      | 'uploads'
      | 'older'
      | 'sources'
      | 'mayDelete'
      | 'onSent'
      | 'onReused'
    >,
  ): Transfer {
    const { overwrite } = this.#options;
    const { filling } = this.#ports;
    return new Transfer({
      ...parts,
      store: this.#ports.store,
      pool: this.#frame.pool,
      overwrite,
      policy: this.#policy,
      arena: this.#shared.bodies,
      rate: this.#shared.rate,
      ...(filling === undefined
        ? {}
        : { filling: { source: (...args) => this.#alive(filling.source(...args)) } }),
      concurrency: this.#inFlight,
      emit: this.#ports.emit,
      signal: this.#frame.signal,
      requests: this.#frame.requests,
    });
  }

  /** @param elsewhere what other machines did, whose bytes are not here */
  async #execute(planned: Planned, seen: Seen, delay: boolean, elsewhere?: Elsewhere): Promise<void> {
    const { index: storage, meeting, now } = this.#ports;
    const { digests } = seen;
    const signal = this.#frame.signal;
    const totals = planTotals(planned.plan);
    const { upload, copy, refresh, delete: deleted } = totals;
    const filesTotal = upload.files + copy.files + refresh.files + deleted.files;
    const concurrency = this.#inFlight;
    await this.#frame.phase('execute', async (tell) => {
      let done = 0;
      let sent = 0;
      let reused = 0;
      let isRemembered = false;
      const say = (): void =>
        tell({ files: done, filesTotal, bytes: sent, bytesTotal: totals.upload.bytes - reused });
      const clock = new SwitchClock();
      const uploads = await this.#uploads(storage, seen.index?.uploads ?? new Map());
      await uploads.abortLeftOvers(wantedUploads(planned.plan));
      await this.#invalidations?.journal(planned.plan);
      const bodies = elsewhere === undefined ? (this.#source ?? this.#encodings) : NO_BODIES;
      const transfer: Transfer = this.#transfer({
        digests,
        bodies,
        delay,
        preserve: elsewhere?.file.preserve ?? this.#options.preserve,
        uploads,
        ...(seen.older === undefined ? {} : { older: seen.older }),
        sources: publishedSources(planned.plan),
        mayDelete: () => this.#mayDelete(transfer, seen),
        onSent: (bytes) => {
          sent += bytes;
          say();
        },
        onReused: (bytes) => {
          reused += bytes;
          say();
        },
      });
      if (elsewhere !== undefined) takeOver(transfer, planned.plan, elsewhere);
      // What is sent in one piece is hashed where it is sent.
      if (!isCut(planned.plan)) this.#frame.pool.rest();
      try {
        this.#frame.outcomes = await execute(planned.plan, transfer, {
          concurrency,
          ...(meeting === undefined ? {} : { meet: () => this.#meet(meeting) }),
          emit: (event) => {
            if (event.type === 'outcome') {
              // What is kept is no part of the total either.
              if (event.outcome.action !== 'keep') done++;
              transfer.learned.date(event.outcome.step.key, now());
              this.#tellWritten(event.outcome, transfer);
              if (!transfer.recalled.has(event.outcome.step.key)) clock.see(event.outcome);
            }
            say();
            this.#ports.emit(event);
          },
          signal,
        });
      } finally {
        this.#invalidations?.settle(this.#frame.outcomes);
        // A stopped run has seconds: the index says what is left open before anything is tidied.
        if (signal.aborted) await this.#remember(planned, seen, transfer, uploads);
        isRemembered = signal.aborted;
        await transfer.close();
      }
      this.#copiedFromFirst = transfer.copiedFromFirst;
      this.#frame.addExits(transfer.exits);
      if (delay) this.#delayed = clock.delayed();
      await this.#lookAgain(transfer, seen);
      this.#blameInvalidation(await this.#invalidations?.send());
      if (!isRemembered) await this.#remember(planned, seen, transfer, uploads);
    });
  }

  /** Waits until every destination has staged everything. */
  async #meet(meeting: Seat): Promise<StepOutcome['error'] | undefined> {
    const { signal } = this.#frame;
    const stopped = new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    const absent = await this.#alive(Promise.race([meeting.arrive(), stopped]));
    if (absent === undefined) return undefined;
    const message = `nothing was published to ${this.#frame.url}, as ${absent} could not stage everything (mirrors-atomic)`;
    this.#frame.blame({ code: 'mirror-absent', message }, EXIT.failed);
    return { code: 'mirror-absent', message };
  }

  /** Whoever waits for another destination is alive: that one's own watch ends what does not move. */
  async #alive<T>(waiting: Promise<T>): Promise<T> {
    const alive = setInterval(() => this.#frame.moved(), 1_000);
    try {
      return await waiting;
    } finally {
      clearInterval(alive);
    }
  }

  /** What lies here already, and stays as it is, for the mirrors. */
  #tellKept({ plan, unchanged }: Planned, listing: Looked['listing']): void {
    const { first } = this.#ports;
    if (first === undefined) return;
    const { prefix } = this.#options.destination;
    const due = new Set([...stepsOf(plan)].map(({ key }) => key));
    for (const [key, md5] of unchanged) {
      const object = listing.get(key);
      if (md5 === undefined || object === undefined || due.has(key)) continue;
      if (!ARCHIVED_CLASSES.has(object.storageClass))
        first.tell(key.slice(prefix.length), { ...object, md5 });
    }
  }

  #tellWritten({ step, action }: StepOutcome, transfer: Transfer): void {
    const { first } = this.#ports;
    if (first === undefined || action === 'delete' || action === 'keep') return;
    const { etag, size = 0, md5 } = transfer.learned.get(step.key) ?? {};
    const held = etag === undefined || md5 === undefined ? undefined : { etag, size, md5 };
    first.tell(step.key.slice(this.#options.destination.prefix.length), held);
  }

  /**
   * Lists once more before anything is deleted: where somebody else writes too, nothing is. The first listing is as old
   * as the sending took, and the conditions of deletes know nothing of a key that was added.
   */
  async #mayDelete(transfer: Transfer, seen: Seen): Promise<StepOutcome['error'] | undefined> {
    if (this.#lock !== undefined) return undefined;
    try {
      const foreign = await this.#foreignWrites(transfer, seen);
      if (foreign.length === 0) return undefined;
      this.#blame(foreign, 'nothing was deleted');
      return { code: 'foreign-writer', message: `withheld: another writer changed ${foreign[0]}` };
    } catch (error) {
      const { code, exit, message } = explain(error, `${this.#frame.url}: listing before the deletes`);
      this.#frame.blame({ code, message }, exit);
      return { code, message: `withheld: ${message}` };
    }
  }

  /**
   * When anything was written, a last listing shows whether somebody else wrote in between, also while deletes went on.
   * With a lock nobody does, and after a failure the exit is decided: both go without.
   */
  async #lookAgain(transfer: Transfer, seen: Seen): Promise<void> {
    const isWritten = transfer.learned.size > 0 || transfer.deleted.size > 0;
    if (!isWritten || this.#lock !== undefined || this.#frame.signal.aborted || this.#frame.exits.length > 0)
      return;
    try {
      const foreign = await this.#foreignWrites(transfer, seen);
      const isRemoving = this.#options.command === 'remove';
      const consequence = isRemoving ? 'it is not empty' : 'what this run wrote there may be gone';
      if (foreign.length > 0) this.#blame(foreign, consequence);
    } catch (error) {
      const { message } = explain(error, `${this.#frame.url}: listing after the run`);
      const text = `${message}; whether another run wrote at the same time is not known`;
      this.#ports.emit({ type: 'message', level: 'warning', message: text });
    }
  }

  async #foreignWrites(transfer: Transfer, seen: Seen): Promise<readonly ObjectKey[]> {
    const { command, destination } = this.#options;
    const { foreign, listing } = await foreignWrites({
      store: this.#ports.store,
      prefix: destination.prefix,
      listing: seen.listing,
      written: transfer.learned,
      deleted: transfer.deleted,
      matters: seen.matters,
      withOwn: command === 'remove',
      concurrency: this.#inFlight,
      signal: this.#frame.requests,
    });
    this.#after = listing;
    return foreign;
  }

  /** Other pipelines may add keys beside ours; where we delete, the prefix is ours alone. */
  #mattersTo(tree: Tree, files: Digested['files']): Seen['matters'] {
    const { destination, deletes } = this.#options;
    const { prefix } = destination;
    // Nobody asks before something was written.
    let treeKeys: ReadonlySet<string> | undefined;
    return (key) => {
      treeKeys ??= new Set(keysOf(files, prefix));
      if (treeKeys.has(key)) return true;
      const name = key.slice(prefix.length);
      const isProtected = tree.skipped(name) || (tree.excluded(name) && !deletes.deleteExcluded);
      return deletes.deleteAfter && !isProtected;
    };
  }

  #blame(foreign: readonly ObjectKey[], consequence: string): void {
    const shown = foreign.slice(0, FOREIGN_SHOWN).join(', ');
    const more = foreign.length > FOREIGN_SHOWN ? ` and ${foreign.length - FOREIGN_SHOWN} more` : '';
    const message = `${this.#frame.url}: another writer changed ${shown}${more} during this run; ${consequence}: run again, and let one run at a time publish here (a concurrency group, or lock)`;
    this.#frame.blame({ code: 'foreign-writer', message }, EXIT.foreignWriter);
  }

  async #remember(planned: Planned, seen: Seen, transfer: Transfer, uploads: Uploads): Promise<void> {
    const { index: storage, emit, now } = this.#ports;
    if (storage === undefined || this.#options.command === 'remove') return;
    const { files, digests, listing, index, digestedNs } = seen;
    const isDeploy =
      this.#frame.exits.length === 0 &&
      !this.#frame.signal.aborted &&
      (transfer.learned.size > 0 || transfer.deleted.size > 0);
    const deploys = index?.deploys ?? 0;
    const confirmed = {
      listing,
      unchanged: planned.unchanged,
      written: transfer.learned,
      after: this.#after,
      everyObject: this.#options.invalidation !== undefined,
      deleted: transfer.deleted,
      files: digestedFiles(seen, transfer),
      digestedNs,
      uploads: uploads.left(),
      deploys: isDeploy ? deploys + 1 : deploys,
      headers: this.#confirmedHeaders(seen),
      sources: encodedSources(files, this.#options.destination.prefix),
      chunks: chunksOf(index, digests.values(), transfer.learned.values()),
      pending: pendingDeletes(planned.waiting, index, now()),
      invalidations: this.#invalidations?.left() ?? new Map(),
    };
    const time = this.#frame.signal.aborted ? AbortSignal.timeout(LAST_WORDS_MS) : this.#frame.signal;
    await this.#frame.phase('index', async () => saveIndex(storage, index, confirmed, emit, time));
  }

  /** Digests of the headers that S3 answered as they should be. */
  #confirmedHeaders({ files }: Seen): ReadonlyMap<ObjectKey, string> {
    const { prefix } = this.#options.destination;
    const confirmed = new Map<ObjectKey, string>();
    if (this.#headerDifferences.size === 0) return confirmed;
    for (const file of files) {
      const key = (prefix + file.name) as ObjectKey;
      if (this.#headerDifferences.get(key)?.length === 0)
        confirmed.set(key, headerDigest(this.#policy.headersOf(file)));
    }
    return confirmed;
  }

  fail(error: unknown): void {
    this.#frame.fail(error);
  }

  async close(): Promise<void> {
    this.#ports.meeting?.fail();
    const held = await this.#lock?.release(this.#frame.lastRequests());
    if (held !== undefined) this.#frame.warn([held]);
    await this.#frame.close();
    await this.#encodings.close();
    await this.#source?.close();
  }

  result(): SyncResult {
    const invalidation = this.#invalidations?.report;
    const result = this.#frame.result(this.#headerDifferences, {
      headersUnknown: this.#headersUnknown,
      sendAllRequests: this.#sendAllRequests,
      ...(this.#delayed === undefined ? {} : { delayed: this.#delayed }),
      ...(invalidation === undefined ? {} : { invalidation }),
    });
    return { ...result, copiedFromFirst: this.#copiedFromFirst };
  }
}

const ALONE: Shard = { number: 1, of: 1 };

/** The bytes lie on the machines that staged them. */
const NO_BODIES: BodySource = {
  ready: async ({ name }) => {
    throw new SyncError(
      'plan-mismatch',
      EXIT.failed,
      `${name}: what was staged for it cannot be published, and publish has no bytes: run plan and apply again`,
    );
  },
  again: async (file) => NO_BODIES.ready(file),
};

/** Headers as the machine decided that made the plan. */
function decided(headers: ReadonlyMap<string, HeaderSet>): HeaderDecider {
  const headersOf = ({ name }: LocalFile): HeaderSet => headers.get(name)!;
  return { headersOf, over: (kept, file) => ({ ...kept, ...headersOf(file) }), saysEncoding: () => false };
}

/** What other machines did of a plan. */
interface Elsewhere extends Pick<Progress, 'done'> {
  readonly file: PlanFile;
  readonly staged: ReadonlyMap<ObjectKey, StagedUpload>;
}

/** What is done is remembered, what is staged is completed where `due` says it. */
function takeOver(transfer: Transfer, due: Plan, { file, staged, done }: Elsewhere): void {
  const stagedOf = (step: UploadStep | CopyStep | RefreshStep): Staged | undefined => {
    const upload = staged.get(step.key);
    return upload && stagedFrom(upload, step.file);
  };
  for (const step of stepsOf(file.plan)) {
    const etag = done.get(step.key);
    if (etag !== undefined && writesObject(step)) transfer.recall(step, etag, stagedOf(step));
  }
  for (const step of stepsOf(due)) {
    if (done.has(step.key) || !writesObject(step)) continue;
    const upload = stagedOf(step);
    if (upload !== undefined) transfer.adopt(upload);
  }
}

function writesObject(step: Step): step is UploadStep | CopyStep | RefreshStep {
  return step.action === 'upload' || step.action === 'copy' || step.action === 'refresh';
}

/** A plan that was judged when it was made; what it stages is staged, and what it deletes may be gone. */
function plannedOf(plan: Plan, done: Progress['done']): Planned {
  const ranks = plan.ranks.map(({ name, phases }) => ({
    name,
    phases: phases.flatMap((phase): Phase[] => {
      if (phase.kind === 'stage') return [];
      const due = phase.steps.filter(({ action, key }) => action !== 'delete' || !done.has(key));
      return [{ ...phase, steps: due }];
    }),
  }));
  const none = { files: 0, bytes: 0 };
  const steps = [...stepsOf(plan)];
  return {
    plan: { ...plan, ranks },
    unchanged: new Map(),
    headersUnknown: none,
    unknownHeaders: [],
    listedUnexcluded: 0,
    deletions: steps.filter(({ action }) => action === 'delete').length,
    waiting: steps.flatMap((step) => (step.action === 'keep' && step.reason === 'grace' ? step : [])),
    losses: 0,
    firstLosses: [],
    related: true,
  };
}

function plannedFromFirst(plan: Plan): Count {
  const steps = [...stepsOf(plan)].filter((step) => step.action === 'copy' && step.source.kind === 'first');
  return { files: steps.length, bytes: steps.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** Measures the switch: from the start of the first write that succeeded to the end of the last one. */
class SwitchClock {
  #keys = 0;
  #from = Number.POSITIVE_INFINITY;
  #to = 0;

  see({ outcome, action, ms }: StepOutcome): void {
    if (outcome !== 'done' || action === 'delete' || action === 'keep') return;
    const now = performance.now();
    this.#keys++;
    this.#from = Math.min(this.#from, now - ms);
    this.#to = now;
  }

  delayed(): Delayed {
    return { keys: this.#keys, seconds: this.#keys === 0 ? 0 : (this.#to - this.#from) / 1000 };
  }
}

/** Whether an object is nothing but its headers: a redirect, or what may be one in a bucket that is published from. */
function isAllHeaders({ redirect, object, size, name }: LocalFile): boolean {
  return redirect !== undefined || (object !== undefined && size === 0 && !name.endsWith('/'));
}

/** Whether a file is sent in parts, which threads digest and cut. */
function isCut(plan: Plan): boolean {
  for (const { action, bytes } of stepsOf(plan))
    if (action === 'upload' && bytes >= MULTIPART_THRESHOLD) return true;
  return false;
}

/** Keys that steps of this plan copy from once they are written. */
function publishedSources(plan: Plan): ReadonlySet<ObjectKey> {
  const sources = new Set<ObjectKey>();
  for (const step of stepsOf(plan))
    if (step.action === 'copy' && step.source.kind === 'published') sources.add(step.source.key);
  return sources;
}

/** Which uploads of earlier runs this plan may go on with. */
function wantedUploads(plan: Plan): (entry: UploadEntry) => boolean {
  const steps = new Map<ObjectKey, Step>();
  for (const step of stepsOf(plan)) steps.set(step.key, step);
  return ({ key, size, md5 }) => {
    const step = steps.get(key);
    if (step === undefined || (step.action !== 'upload' && step.action !== 'copy')) return false;
    const inUploads = step.staged || step.file.size >= MULTIPART_THRESHOLD;
    return inUploads && step.file.size === size && (step.md5 === undefined || step.md5 === md5);
  };
}

/** Several rules, or names that they put into values, can make more than S3 takes; it would say so file by file. */
function refuseMetadata({ name }: LocalFile, headers: HeaderSet): void {
  const refuse = (bytes: number, of: string, room: number): void => {
    if (bytes <= room) return;
    throw new SyncError(
      'usage',
      EXIT.usage,
      `headers: the rules give ${name} ${bytes} bytes of ${of}, S3 leaves room for ${room}: shorten them; nothing was written`,
      { key: name },
    );
  };
  const { metadata, fields = {} } = objectHeaders(headers, {});
  refuse(metadataBytes(metadata), 'x-amz-meta-* headers', MAX_METADATA_BYTES);
  refuse(metadataBytes(fields), 'headers', MAX_HEADER_BYTES);
}

function* keysOf(files: Files, prefix: Prefix): Generator<ObjectKey> {
  for (const name of namesOf(files)) yield (prefix + name) as ObjectKey;
}

/** What a download of this tree has not finished is no file of it. */
function withoutPartials(tree: Tree): Tree {
  for (const name of namesOf(tree.files)) {
    if (isPartial(name)) return { ...tree, files: [...tree.files].filter((file) => !isPartial(file.name)) };
  }
  return tree;
}

/** S3 holds keys of up to 1,024 bytes; refusing beats leaving a file out. */
function refuseKeys(tree: Tree, options: SyncOptions): void {
  const { prefix } = options.destination;
  const tooLong: string[] = [];
  for (const name of namesOf(tree.files))
    if (joinKey(prefix, name) === undefined) tooLong.push(prefix + name);
  const [first] = tooLong;
  if (first === undefined) return;
  const more = tooLong.length > 1 ? ` and ${tooLong.length - 1} more` : '';
  throw refusal(
    'key-too-long',
    `the key ${JSON.stringify(first.slice(0, 120))}…${more} has ${Buffer.byteLength(first)} bytes, S3 allows ${MAX_KEY_BYTES}: shorten the name or the prefix, or exclude it`,
  );
}

/** One request for a small file, its parts and two more for a large one, and the listing. */
function requestsToSend(files: Files): number {
  let requests = Math.ceil(files.length / 1000);
  for (const size of sizesOf(files))
    requests += size < MULTIPART_THRESHOLD ? 1 : layoutParts(ownLayout(size)) + 2;
  return requests;
}

function encodedSources(files: Files, prefix: Prefix): ReadonlyMap<ObjectKey, string> {
  const sources = new Map<ObjectKey, string>();
  // A table has files of this disk as they are.
  if (files.columns !== undefined) return sources;
  for (const { name, encoded } of files) {
    if (encoded !== undefined) sources.set((prefix + name) as ObjectKey, formatSource(encoded));
  }
  return sources;
}

/** Files of this disk with their digests, as they were sent or else met. What is stored encoded is not on it. */
function digestedFiles(
  { files, digests }: Digested,
  { published, changed }: Pick<Transfer, 'published' | 'changed'>,
): ConfirmedFiles {
  const columns = columnsOf(files);
  const whole = wholeDigestsOf(files, digests);
  function* all(): Generator<{ readonly file: LocalFile; readonly md5: Md5 }> {
    for (let place = 0; place < columns.length; place++) {
      const file = columns.at(place);
      const { name } = file;
      const met = (): Md5 | undefined =>
        whole?.at(columns.rowAt(place)) ?? (file.object === undefined ? digests.get(name)?.md5 : undefined);
      const md5 = (published.size === 0 ? undefined : published.get(name)) ?? met();
      if (md5 !== undefined) yield unencoded({ file: changed.get(name) ?? file, md5 });
    }
  }
  return { [Symbol.iterator]: all, areByPath: columns.areByPath };
}

function unencoded({ file, md5 }: { readonly file: LocalFile; readonly md5: Md5 }): {
  readonly file: LocalFile;
  readonly md5: Md5;
} {
  return file.encoded === undefined ? { file, md5 } : { file: file.encoded.source, md5: file.encoded.md5 };
}

/** What contents are made of, as far as that is known, by digest and size. */
function chunksOf(
  index: DigestIndex | undefined,
  digests: Iterable<FileDigest>,
  written: Iterable<ObjectEntry>,
): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const entries of [index?.objects.values() ?? [], written])
    for (const { md5, size, chunks } of entries)
      if (md5 !== undefined && chunks !== undefined) known.set(`${md5}/${size}`, chunks);
  for (const { md5, chunks } of digests) {
    if (chunks === undefined) continue;
    known.set(`${md5}/${cutSize(chunks)}`, formatChunks(chunks));
  }
  return known;
}

/** Contents that have no other name than the ETag of the object that was copied. */
function withCopies(
  contents: ReadonlyMap<string, KnownContent>,
  files: Files,
  copies: ReadonlyObjectMap<ETag>,
): ReadonlyMap<string, KnownContent> {
  if (copies.size === 0) return contents;
  const etags = new Set([...copies].map(([, etag]) => etag));
  const all = new Map(contents);
  for (const { name, object } of files)
    if (object !== undefined && etags.has(object.etag) && !all.has(name))
      all.set(name, { md5: undefined, etags: [object.etag] });
  return all;
}
