import { setMaxListeners } from 'node:events';
import type { Md5 } from '../model/digest.js';
import { type DigestIndex, layoutParts, type UploadEntry } from '../model/digest-index.js';
import { EXIT, type ExitCode, refusal, SyncError, worstExit } from '../model/errors.js';
import type { PhaseName, PlanTotals, Progress, StepOutcome } from '../model/events.js';
import { joinKey, MAX_KEY_BYTES, type ObjectKey } from '../model/object-key.js';
import { destinationUrl, type ListedObject, type LocalFile } from '../model/objects.js';
import { requestsInFlight, type SyncOptions } from '../model/options.js';
import { MULTIPART_THRESHOLD, ownLayout } from '../model/part-sizes.js';
import type { Count, Plan, Step } from '../model/plan.js';
import { stepsOf } from '../model/plan.js';
import { type Delayed, type ReportError, type ReportStep, statusOf, type Totals } from '../model/report.js';
import type { ReadableStore } from '../store/object-store.js';
import { type Digested, digestTree } from './digest.js';
import { DigestPool } from './digest-pool.js';
import { parseExcludes } from './excludes.js';
import { CannotStageError, dryRunPerformer, execute } from './execute.js';
import { explain } from './explain.js';
import type { FileDigest } from './file-bytes.js';
import { foreignWrites } from './foreign.js';
import { graceStates, pendingDeletes } from './grace.js';
import { guardDeletions, guardTree } from './guards.js';
import { headerStates, whatWouldLoseAcls } from './headers.js';
import { type LoadedIndex, loadIndex, saveIndex } from './learn.js';
import { listAll, listFurther } from './list.js';
import { Lock } from './lock.js';
import { type KnownContent, makePlan, type PlanInput, type Planned } from './plan.js';
import type { SyncPorts, SyncResult } from './ports.js';
import { publishOrder } from './ranks.js';
import { type ListedPlace, recognise } from './recognise.js';
import { Transfer } from './transfer.js';
import { Uploads } from './uploads.js';
import { type Tree, walk } from './walk.js';

/** A run that has not moved for this long never will. Milliseconds. */
const NO_PROGRESS_MS = 5 * 60_000;

/** What a stopped run may still take to write its index. The runner leaves 7.5 s. Milliseconds. */
const LAST_WORDS_MS = 4_000;

/** What requests in flight may take to end when the run is stopped; what they wrote is then known. Milliseconds. */
const LAST_REQUESTS_MS = 2_000;

/** Keys of another writer that a message names. */
const FOREIGN_SHOWN = 10;

/** Progress is told at most this often. Milliseconds. */
const PROGRESS_MS = 200;

/**
 * Publishes a tree to one destination: walk and list, digest, plan, guard, execute, remember, report.
 * Nothing is written before the guards are passed. Rejects for nothing: what went wrong is in the report.
 */
export async function sync(options: SyncOptions, ports: SyncPorts): Promise<SyncResult> {
  const run = new Run(options, ports);
  try {
    await run.publish();
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
  readonly tree: Tree;
  readonly listing: ReadonlyMap<ObjectKey, ListedObject>;
  readonly index: DigestIndex | undefined;
  readonly digestedNs: bigint;
}

class Run {
  readonly #options: SyncOptions;
  readonly #ports: SyncPorts;
  readonly #url: string;
  readonly #pool: DigestPool;
  readonly #phases: Partial<Record<PhaseName, number>> = {};
  readonly #stop = new AbortController();
  /** Nothing more is started when it is aborted. */
  readonly #signal: AbortSignal;
  /** Requests in flight end with it, a little later than the run. */
  readonly #requests = new AbortController();
  readonly #watchdog: NodeJS.Timeout;
  #movedAt = performance.now();
  #bytesMoved = 0;
  #toldAt = 0;
  #planned: Plan | undefined;
  #delayed: Delayed | undefined;
  #lock: Lock | undefined;
  #headersUnknown: Count = zero();
  #sendAllRequests = 0;
  #outcomes: readonly StepOutcome[] = [];
  #exits: readonly ExitCode[] = [];
  #error: ReportError | undefined;

  constructor(options: SyncOptions, ports: SyncPorts) {
    this.#options = options;
    this.#ports = ports;
    this.#url = destinationUrl(options.destination);
    this.#signal = AbortSignal.any([ports.signal, this.#stop.signal]);
    // Every request in flight listens to it.
    setMaxListeners(0, this.#signal, this.#requests.signal);
    const end = (): void => this.#requests.abort(this.#signal.reason);
    this.#stop.signal.addEventListener('abort', end);
    ports.signal.addEventListener('abort', () => setTimeout(end, LAST_REQUESTS_MS).unref());
    this.#pool = new DigestPool(() => {
      this.#movedAt = performance.now();
    }, this.#signal);
    this.#watchdog = setInterval(() => this.#watch(), 1_000).unref();
  }

  async publish(): Promise<void> {
    const { lock, dryRun, deletes, tree: treeOptions } = this.#options;
    if (lock && !dryRun) await this.#takeLock();
    const { index: storage, emit, now } = this.#ports;
    const remembered = await loadIndex(storage, emit, this.#signal);
    const { tree, listing, further } = await this.#look();
    this.#warn(tree.warnings);
    this.#warn(guardTree(tree, treeOptions, deletes));
    refuseKeys(tree, this.#options);

    const digestedNs = BigInt(now()) * 1_000_000n;
    const known = await this.#digest(tree, listing, further, remembered);
    const input = await this.#recognise(tree, listing, further, known, remembered);
    this.#sendAllRequests = requestsToSend(known.files);
    const delay = this.#canDelay();
    let planned = await this.#plan(input, delay);
    if (known.files.length > 0) guardDeletions(planned, deletes, this.#url);
    this.#settle(planned);
    if (dryRun) {
      const concurrency = requestsInFlight(this.#options.connection);
      this.#outcomes = await execute(planned.plan, dryRunPerformer, {
        concurrency,
        emit,
        signal: this.#signal,
      });
      return;
    }
    const seen: Seen = { ...known, tree, listing, index: remembered.index, digestedNs };
    try {
      await this.#execute(planned, seen, delay);
    } catch (error) {
      if (!(error instanceof CannotStageError)) throw error;
      this.#cannotDelay(error.message);
      planned = await this.#plan(input, false);
      this.#settle(planned);
      await this.#execute(planned, seen, false);
    }
  }

  async #takeLock(): Promise<void> {
    const { store, now } = this.#ports;
    this.#lock = await Lock.acquire({
      store,
      prefix: this.#options.destination.prefix,
      url: this.#url,
      owner: this.#ports.owner,
      now,
      onLost: (error) => this.#stop.abort(error),
      signal: this.#signal,
    });
  }

  /** Walks the tree and lists the destination side by side. */
  async #look(): Promise<Looked> {
    const { store, copyFrom } = this.#ports;
    const { prefix } = this.#options.destination;
    const [tree, listed] = await bothOrFirstFailure(
      this.#signal,
      (either) =>
        this.#phase('walk', async (tell) => {
          const found = await walk(this.#options.tree, (files) => tell({ files, bytes: 0 }), either);
          tell({ files: found.files.length, bytes: totalSize(found.files) });
          return found;
        }),
      (either) =>
        this.#phase('list', async (tell) => {
          const listing = await listAll(store, prefix, (files) => tell({ files, bytes: 0 }), either);
          const further: ListedPlace[] = [];
          for (const place of copyFrom) {
            further.push(await listFurther(place, prefix, (files) => tell({ files, bytes: 0 }), either));
          }
          tell({ files: listing.size, bytes: totalSize(listing.values()) });
          return { listing, further };
        }),
    );
    return { tree, ...listed };
  }

  async #digest(
    tree: Tree,
    listing: Looked['listing'],
    further: Looked['further'],
    remembered: LoadedIndex,
  ): Promise<Digested> {
    return this.#phase('digest', async (tell) =>
      digestTree({
        prefix: this.#options.destination.prefix,
        files: tree.files,
        listing,
        further: further.flatMap(({ objects }) => objects),
        index: remembered.index,
        trustFiles: remembered.trustFiles,
        pool: this.#pool,
        onProgress: (files, bytes, bytesTotal) => tell({ files, bytes, bytesTotal }),
        signal: this.#signal,
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
  ): Promise<Omit<PlanInput, 'aclBound'>> {
    const { destination, deletes, connection, copies, writeHeaders, publishLast } = this.#options;
    const { store, emit, now } = this.#ports;
    const { prefix } = destination;
    const vouched = await recognise({
      store,
      prefix,
      files,
      digests,
      listing,
      further,
      copyMinSize: copies.minSize,
      index: remembered.index,
      trustObjects: remembered.trustObjects,
      concurrency: requestsInFlight(connection),
      emit,
      signal: this.#signal,
    });
    const retained = parseExcludes(deletes.retain);
    return {
      prefix,
      files,
      listing,
      further: further.flatMap(({ objects }) => objects),
      contents: knownContents(digests),
      vouched,
      headers: headerStates(files, prefix, listing, remembered.index, writeHeaders),
      policy: {
        order: publishOrder(publishLast),
        delay: false,
        copyMinSize: copies.minSize,
        deleteAfter: deletes.deleteAfter && files.length > 0,
        deleteExcluded: deletes.deleteExcluded,
        retained: (name) => retained?.(name, false) === true,
        grace: graceStates(deletes.grace, remembered.index, now()),
        excluded: tree.excluded,
        skipped: tree.skipped,
        hasDirectory: tree.hasDirectory,
      },
    };
  }

  async #plan(input: Omit<PlanInput, 'aclBound'>, delay: boolean): Promise<Planned> {
    const { writeHeaders, connection } = this.#options;
    const { store, emit } = this.#ports;
    const policy = { ...input.policy, delay };
    return this.#phase('plan', async () => {
      const made = makePlan({ ...input, policy, aclBound: new Set() });
      const concurrency = requestsInFlight(connection);
      const aclBound = await whatWouldLoseAcls(made.plan, {
        store,
        writeHeaders,
        concurrency,
        emit,
        signal: this.#signal,
      });
      return aclBound.size === 0 ? made : makePlan({ ...input, policy, aclBound });
    });
  }

  #settle(planned: Planned): void {
    this.#planned = planned.plan;
    this.#headersUnknown = planned.headersUnknown;
    this.#ports.emit({ type: 'plan', url: this.#url, totals: planTotals(planned.plan) });
  }

  #canDelay(): boolean {
    const { delayUpdates } = this.#options;
    if (delayUpdates === false) return false;
    const { canStage, provider } = this.#ports.store;
    if (!canStage) this.#cannotDelay(`${provider} has no part copies`);
    return canStage;
  }

  /** Strict: refuses. Best effort: says once what is done instead. */
  #cannotDelay(why: string): void {
    const what = `${this.#url} cannot delay updates (${why})`;
    if (this.#options.delayUpdates !== 'best-effort') {
      throw refusal(
        'cannot-delay',
        `${what}: nothing was written; publish in order with delay-updates: false, or set best-effort`,
      );
    }
    const message = `${what}: they are published as they are sent, in the publish order`;
    this.#ports.emit({ type: 'message', level: 'warning', message });
  }

  async #execute(planned: Planned, seen: Seen, delay: boolean): Promise<void> {
    const { store, index: storage, now } = this.#ports;
    const { digests } = seen;
    const signal = this.#signal;
    const { preserve, overwrite, writeHeaders, connection, destination } = this.#options;
    const totals = planTotals(planned.plan);
    const { upload, copy, refresh, delete: deleted } = totals;
    const filesTotal = upload.files + copy.files + refresh.files + deleted.files;
    const concurrency = requestsInFlight(connection);
    await this.#phase('execute', async (tell) => {
      let done = 0;
      let sent = 0;
      let isRemembered = false;
      const clock = new SwitchClock();
      const uploads = await Uploads.load({
        store,
        storage,
        prefix: destination.prefix,
        journalled: seen.index?.uploads ?? new Map(),
        abortAfterMs: this.#options.abortUploadsAfterMs,
        alone: this.#lock !== undefined,
        now: now(),
        concurrency,
        emit: this.#ports.emit,
        signal: this.#requests.signal,
      });
      await uploads.abortLeftOvers(wantedUploads(planned.plan));
      const transfer: Transfer = new Transfer({
        store,
        digests,
        pool: this.#pool,
        preserve,
        overwrite,
        writeHeaders,
        delay,
        uploads,
        concurrency,
        emit: this.#ports.emit,
        mayDelete: () => this.#mayDelete(transfer, seen),
        onSent: (bytes) => {
          sent += bytes;
          tell({ files: done, filesTotal, bytes: sent, bytesTotal: totals.upload.bytes });
        },
        signal,
        requests: this.#requests.signal,
      });
      try {
        this.#outcomes = await execute(planned.plan, transfer, {
          concurrency,
          emit: (event) => {
            if (event.type === 'outcome') {
              done++;
              clock.see(event.outcome);
            }
            tell({ files: done, filesTotal, bytes: sent, bytesTotal: totals.upload.bytes });
            this.#ports.emit(event);
          },
          signal,
        });
      } finally {
        // A stopped run has seconds: the index says what is left open before anything is tidied.
        if (signal.aborted) await this.#remember(planned, seen, transfer, uploads);
        isRemembered = signal.aborted;
        await transfer.close();
      }
      this.#exits = [...this.#exits, ...transfer.exits];
      if (delay) this.#delayed = clock.delayed();
      await this.#lookAgain(transfer, seen);
      if (!isRemembered) await this.#remember(planned, seen, transfer, uploads);
    });
  }

  /** Lists once more before anything is deleted: where somebody else writes too, nothing is. */
  async #mayDelete(transfer: Transfer, seen: Seen): Promise<StepOutcome['error'] | undefined> {
    if (this.#lock !== undefined) return undefined;
    try {
      const foreign = await this.#foreignWrites(transfer, seen);
      if (foreign.length === 0) return undefined;
      this.#blame(foreign, 'nothing was deleted');
      return { code: 'foreign-writer', message: `withheld: another writer changed ${foreign[0]}` };
    } catch (error) {
      const { code, exit, message } = explain(error, `${this.#url}: listing before the deletes`);
      this.#exits = [...this.#exits, exit];
      this.#error ??= { code, message };
      return { code, message: `withheld: ${message}` };
    }
  }

  /** When anything was written, a last listing shows whether somebody else wrote in between. */
  async #lookAgain(transfer: Transfer, seen: Seen): Promise<void> {
    const isWritten = transfer.learned.size > 0 || transfer.deleted.size > 0;
    if (!isWritten || this.#lock !== undefined || this.#signal.aborted || this.#exits.length > 0) return;
    try {
      const foreign = await this.#foreignWrites(transfer, seen);
      if (foreign.length > 0) this.#blame(foreign, 'what this run wrote there may be gone');
    } catch (error) {
      const { message } = explain(error, `${this.#url}: listing after the run`);
      const text = `${message}; whether another run wrote at the same time is not known`;
      this.#ports.emit({ type: 'message', level: 'warning', message: text });
    }
  }

  async #foreignWrites(transfer: Transfer, seen: Seen): Promise<readonly ObjectKey[]> {
    const { destination, deletes, connection } = this.#options;
    const { prefix } = destination;
    const treeKeys = new Set(seen.files.map(({ name }) => prefix + name));
    return foreignWrites({
      store: this.#ports.store,
      prefix,
      listing: seen.listing,
      written: transfer.learned,
      deleted: transfer.deleted,
      // Other pipelines may add keys beside ours; where we delete, the prefix is ours alone.
      matters: (key) => {
        if (treeKeys.has(key)) return true;
        const name = key.slice(prefix.length);
        const isProtected = seen.tree.skipped(name) || (seen.tree.excluded(name) && !deletes.deleteExcluded);
        return deletes.deleteAfter && !isProtected;
      },
      concurrency: requestsInFlight(connection),
      signal: this.#requests.signal,
    });
  }

  #blame(foreign: readonly ObjectKey[], consequence: string): void {
    const shown = foreign.slice(0, FOREIGN_SHOWN).join(', ');
    const more = foreign.length > FOREIGN_SHOWN ? ` and ${foreign.length - FOREIGN_SHOWN} more` : '';
    const message = `${this.#url}: another writer changed ${shown}${more} during this run; ${consequence}: run again, and let one run at a time publish here (a concurrency group, or lock)`;
    this.#exits = [...this.#exits, EXIT.foreignWriter];
    this.#error ??= { code: 'foreign-writer', message };
  }

  async #remember(planned: Planned, seen: Seen, transfer: Transfer, uploads: Uploads): Promise<void> {
    const { index: storage, emit, now } = this.#ports;
    if (storage === undefined) return;
    const { files, digests, listing, index, digestedNs } = seen;
    const digested = new Map<string, { readonly file: LocalFile; readonly md5: Md5 }>(transfer.published);
    for (const file of files) {
      const digest = digests.get(file.name);
      if (digest !== undefined && !digested.has(file.name))
        digested.set(file.name, { file, md5: digest.md5 });
    }
    const isDeploy =
      this.#exits.length === 0 &&
      !this.#signal.aborted &&
      (transfer.learned.size > 0 || transfer.deleted.size > 0);
    const deploys = index?.deploys ?? 0;
    const confirmed = {
      listing,
      unchanged: planned.unchanged,
      written: transfer.learned,
      deleted: transfer.deleted,
      files: digested.values(),
      digestedNs,
      uploads: uploads.left(),
      deploys: isDeploy ? deploys + 1 : deploys,
      pending: pendingDeletes(planned.waiting, index, now()),
    };
    const time = this.#signal.aborted ? AbortSignal.timeout(LAST_WORDS_MS) : this.#signal;
    await this.#phase('index', async () => saveIndex(storage, index, confirmed, emit, time));
  }

  fail(error: unknown): void {
    const cause = this.#signal.aborted ? this.#signal.reason : error;
    const { code, exit, message } = explain(cause, this.#url);
    this.#error = { code, message };
    this.#exits = [...this.#exits, exit];
    if (code === 'internal' && cause instanceof Error) {
      this.#ports.emit({ type: 'message', level: 'debug', message: cause.stack ?? cause.message });
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#watchdog);
    const time = this.#requests.signal.aborted
      ? AbortSignal.timeout(LAST_REQUESTS_MS)
      : this.#requests.signal;
    const held = await this.#lock?.release(time);
    if (held !== undefined) this.#warn([held]);
    await this.#pool.close();
  }

  result(): SyncResult {
    if (this.#signal.aborted && this.#error === undefined) this.fail(this.#signal.reason);
    const exit = worstExit(this.#exits);
    const steps: ReportStep[] = this.#outcomes.map(reportStep);
    return {
      exit,
      report: {
        url: this.#url,
        status: statusOf(exit, this.#options.dryRun),
        totals: totalsOf(this.#outcomes, this.#planned),
        requests: this.#requestCounts(),
        phases: this.#phases,
        ranks: this.#planned?.ranks.map((rank) => rank.name) ?? [],
        headersUnknown: this.#headersUnknown,
        sentBytes: this.#outcomes.reduce((sum, outcome) => sum + outcome.sentBytes, 0),
        sendAllRequests: this.#sendAllRequests,
        ...(this.#delayed === undefined ? {} : { delayed: this.#delayed }),
        ...(this.#error === undefined ? {} : { error: this.#error }),
        steps,
      },
    };
  }

  /** Over the destination and what is copied from, each store once. */
  #requestCounts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    const stores = new Set<ReadableStore>([
      this.#ports.store,
      ...this.#ports.copyFrom.map(({ store }) => store),
    ]);
    for (const store of stores) {
      for (const [operation, count] of Object.entries(store.requests())) {
        counts[operation] = (counts[operation] ?? 0) + count;
      }
    }
    return counts;
  }

  /** Times a phase and tells of it. */
  async #phase<T>(
    phase: PhaseName,
    work: (tell: (progress: Omit<Progress, 'phase'>) => void) => Promise<T>,
  ): Promise<T> {
    const { emit } = this.#ports;
    const started = performance.now();
    let last: Omit<Progress, 'phase'> | undefined;
    emit({ type: 'phase-start', phase });
    const result = await work((progress) => {
      last = progress;
      this.#movedAt = performance.now();
      if (this.#movedAt - this.#toldAt < PROGRESS_MS) return;
      this.#toldAt = this.#movedAt;
      emit({ type: 'progress', progress: { phase, ...progress } });
    });
    const seconds = (performance.now() - started) / 1000;
    this.#phases[phase] = seconds;
    this.#movedAt = performance.now();
    emit({
      type: 'phase-end',
      phase,
      seconds,
      ...(last === undefined ? {} : { files: last.files, bytes: last.bytes }),
    });
    return result;
  }

  #warn(warnings: readonly string[]): void {
    for (const message of warnings) this.#ports.emit({ type: 'message', level: 'warning', message });
  }

  #watch(): void {
    // On a slow line a body takes longer than the limit; bytes on the wire are progress too.
    let bytesMoved = this.#ports.store.bytesMoved();
    for (const { store } of this.#ports.copyFrom) bytesMoved += store.bytesMoved();
    if (bytesMoved !== this.#bytesMoved) this.#movedAt = performance.now();
    this.#bytesMoved = bytesMoved;
    if (performance.now() - this.#movedAt < NO_PROGRESS_MS) return;
    this.#stop.abort(
      new SyncError(
        'no-progress',
        EXIT.failed,
        `${this.#url}: nothing moved for ${NO_PROGRESS_MS / 60_000} minutes, so the run was ended: check the network and the endpoint; run again, what was published is not sent again`,
      ),
    );
  }
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

/** Runs two things side by side; when one fails the other is stopped, and the first failure is the one told. */
async function bothOrFirstFailure<A, B>(
  signal: AbortSignal,
  a: (signal: AbortSignal) => Promise<A>,
  b: (signal: AbortSignal) => Promise<B>,
): Promise<[A, B]> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  let first: { readonly error: unknown } | undefined;
  const guard = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> => {
    try {
      return await work(either);
    } catch (error) {
      first ??= { error };
      stop.abort(error);
      return undefined;
    }
  };
  const results = await Promise.all([guard(a), guard(b)]);
  if (first !== undefined) throw first.error;
  return results as [A, B];
}

/** S3 holds keys of up to 1,024 bytes; refusing beats leaving a file out. */
function refuseKeys(tree: Tree, options: SyncOptions): void {
  const { prefix } = options.destination;
  const tooLong = tree.files
    .filter((file) => joinKey(prefix, file.name) === undefined)
    .map((file) => prefix + file.name);
  if (tooLong.length === 0) return;
  const [first = ''] = tooLong;
  const more = tooLong.length > 1 ? ` and ${tooLong.length - 1} more` : '';
  throw refusal(
    'key-too-long',
    `the key ${JSON.stringify(first.slice(0, 120))}…${more} has ${Buffer.byteLength(first)} bytes, S3 allows ${MAX_KEY_BYTES}: shorten the name or the prefix, or exclude it`,
  );
}

function totalSize(items: Iterable<{ readonly size: number }>): number {
  let bytes = 0;
  for (const { size } of items) bytes += size;
  return bytes;
}

/** One request for a small file, its parts and two more for a large one, and the listing. */
function requestsToSend(files: readonly LocalFile[]): number {
  let requests = Math.ceil(files.length / 1000);
  for (const { size } of files) requests += size < MULTIPART_THRESHOLD ? 1 : layoutParts(ownLayout(size)) + 2;
  return requests;
}

function knownContents(digests: ReadonlyMap<string, FileDigest>): ReadonlyMap<string, KnownContent> {
  const contents = new Map<string, KnownContent>();
  for (const [name, { md5, etags }] of digests) contents.set(name, { md5, multipartETags: etags });
  return contents;
}

function planTotals(plan: Plan): PlanTotals {
  const totals = { upload: zero(), copy: zero(), refresh: zero(), delete: zero(), keep: zero() };
  for (const step of stepsOf(plan)) add(totals[step.action], step.bytes);
  const { keep, ...steps } = totals;
  return { ...steps, unchanged: plan.unchanged, kept: sum(plan.kept, keep) };
}

/** Totals of what was done, or in a dry run would be: from outcomes alone (R4). */
function totalsOf(outcomes: readonly StepOutcome[], plan: Plan | undefined): Totals {
  const totals = { uploaded: zero(), copied: zero(), refreshed: zero(), deleted: zero(), failed: zero() };
  const keptSteps = zero();
  for (const { outcome, action, step } of outcomes) {
    if (outcome === 'failed') add(totals.failed, step.bytes);
    if (outcome !== 'done' && outcome !== 'planned') continue;
    if (action === 'upload') add(totals.uploaded, step.bytes);
    else if (action === 'copy') add(totals.copied, step.bytes);
    else if (action === 'refresh') add(totals.refreshed, step.bytes);
    else if (action === 'delete') add(totals.deleted, step.bytes);
    else add(keptSteps, step.bytes);
  }
  const none = zero();
  return {
    ...totals,
    downloaded: none,
    linked: none,
    unchanged: plan?.unchanged ?? none,
    kept: sum(plan?.kept ?? none, keptSteps),
  };
}

type MutableCount = { -readonly [K in keyof Count]: Count[K] };

function zero(): MutableCount {
  return { files: 0, bytes: 0 };
}

function add(count: MutableCount, bytes: number): void {
  count.files++;
  count.bytes += bytes;
}

function sum(a: Count, b: Count): Count {
  return { files: a.files + b.files, bytes: a.bytes + b.bytes };
}

function reportStep({ step, outcome, action, error, etag, versionId }: StepOutcome): ReportStep {
  return {
    key: step.key,
    action,
    reason: step.reason,
    rank: step.rank,
    bytes: step.bytes,
    ...(step.action === 'copy' && action === 'copy' ? { source: step.source.key } : {}),
    outcome,
    ...(error === undefined ? {} : { error }),
    ...(etag === undefined ? {} : { etag }),
    ...(versionId === undefined ? {} : { versionId }),
  };
}
