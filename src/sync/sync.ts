import { setMaxListeners } from 'node:events';
import type { Md5 } from '../model/digest.js';
import { EXIT, type ExitCode, refusal, SyncError, worstExit } from '../model/errors.js';
import type { PhaseName, PlanTotals, Progress, StepOutcome } from '../model/events.js';
import { joinKey, MAX_KEY_BYTES, type ObjectKey } from '../model/object-key.js';
import { destinationUrl, type ListedObject, type LocalFile } from '../model/objects.js';
import { requestsInFlight, type SyncOptions } from '../model/options.js';
import type { Count, Plan } from '../model/plan.js';
import { stepsOf } from '../model/plan.js';
import { type ReportError, type ReportStep, statusOf, type Totals } from '../model/report.js';
import type { ReadableStore } from '../store/object-store.js';
import { digestTree } from './digest.js';
import { DigestPool } from './digest-pool.js';
import { dryRunPerformer, execute } from './execute.js';
import { explain } from './explain.js';
import type { FileDigest } from './file-bytes.js';
import { guardDeletions, guardTree } from './guards.js';
import { headerStates, whatWouldLoseAcls } from './headers.js';
import { loadIndex, saveIndex } from './learn.js';
import { listAll, listFurther } from './list.js';
import { type KnownContent, makePlan, type PlanInput, type Planned } from './plan.js';
import type { SyncPorts, SyncResult } from './ports.js';
import { type ListedPlace, recognise } from './recognise.js';
import { Transfer } from './transfer.js';
import { type Tree, walk } from './walk.js';

/** A run that has not moved for this long never will. Milliseconds. */
const NO_PROGRESS_MS = 5 * 60_000;

/** What a stopped run may still take to write its index. The runner leaves 7.5 s. Milliseconds. */
const LAST_WORDS_MS = 4_000;

/** What requests in flight may take to end when the run is stopped; what they wrote is then known. Milliseconds. */
const LAST_REQUESTS_MS = 2_000;

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
  #plan: Plan | undefined;
  #headersUnknown: Count = zero();
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
    const { destination, tree: treeOptions, deletes, connection, copies, writeHeaders } = this.#options;
    const { store, index: storage, emit } = this.#ports;
    const { prefix } = destination;
    const signal = this.#signal;
    const remembered = await loadIndex(storage, emit, signal);

    const [tree, { listing, further }] = await bothOrFirstFailure(
      signal,
      (either) =>
        this.#phase('walk', async (tell) => {
          const found = await walk(treeOptions, (files) => tell({ files, bytes: 0 }), either);
          tell({ files: found.files.length, bytes: totalSize(found.files) });
          return found;
        }),
      (either) =>
        this.#phase('list', async (tell) => {
          const listed = await listAll(store, prefix, (files) => tell({ files, bytes: 0 }), either);
          const elsewhere: ListedPlace[] = [];
          for (const place of this.#ports.copyFrom) {
            elsewhere.push(await listFurther(place, prefix, (files) => tell({ files, bytes: 0 }), either));
          }
          tell({ files: listed.size, bytes: totalSize(listed.values()) });
          return { listing: listed, further: elsewhere };
        }),
    );
    this.#warn(tree.warnings);
    this.#warn(guardTree(tree, treeOptions, deletes));
    refuseKeys(tree, this.#options);

    const digestedNs = BigInt(this.#ports.now()) * 1_000_000n;
    const { files, digests } = await this.#phase('digest', async (tell) =>
      digestTree({
        prefix,
        files: tree.files,
        listing,
        further: further.flatMap(({ objects }) => objects),
        index: remembered.index,
        trustFiles: remembered.trustFiles,
        pool: this.#pool,
        onProgress: (files, bytes, bytesTotal) => tell({ files, bytes, bytesTotal }),
        signal,
      }),
    );
    const planned = await this.#phase('plan', async () => {
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
        signal,
      });
      const input: PlanInput = {
        prefix,
        files,
        listing,
        further: further.flatMap(({ objects }) => objects),
        contents: knownContents(digests),
        vouched,
        headers: headerStates(files, prefix, listing, remembered.index, writeHeaders),
        aclBound: new Set(),
        policy: {
          copyMinSize: copies.minSize,
          deleteAfter: deletes.deleteAfter && files.length > 0,
          deleteExcluded: deletes.deleteExcluded,
          excluded: tree.excluded,
          skipped: tree.skipped,
          hasDirectory: tree.hasDirectory,
        },
      };
      const made = makePlan(input);
      const concurrency = requestsInFlight(connection);
      const aclBound = await whatWouldLoseAcls(made.plan, { store, writeHeaders, concurrency, emit, signal });
      return aclBound.size === 0 ? made : makePlan({ ...input, aclBound });
    });
    if (files.length > 0) guardDeletions(planned, deletes, this.#url);
    this.#plan = planned.plan;
    this.#headersUnknown = planned.headersUnknown;
    const totals = planTotals(planned.plan);
    emit({ type: 'plan', url: this.#url, totals });
    await this.#execute(planned, totals, files, digests, listing, remembered.index, digestedNs);
  }

  async #execute(
    planned: Planned,
    totals: PlanTotals,
    files: readonly LocalFile[],
    digests: ReadonlyMap<string, FileDigest>,
    listing: ReadonlyMap<ObjectKey, ListedObject>,
    oldIndex: Parameters<typeof saveIndex>[1],
    digestedNs: bigint,
  ): Promise<void> {
    const { store, index: storage } = this.#ports;
    const signal = this.#signal;
    const { preserve, overwrite, writeHeaders, connection, dryRun } = this.#options;
    const { upload, copy, refresh, delete: deleted } = totals;
    const filesTotal = upload.files + copy.files + refresh.files + deleted.files;
    const concurrency = requestsInFlight(connection);
    if (dryRun) {
      this.#outcomes = await execute(planned.plan, dryRunPerformer, {
        concurrency,
        emit: this.#ports.emit,
        signal,
      });
      return;
    }
    await this.#phase('execute', async (tell) => {
      let done = 0;
      let sent = 0;
      const transfer = new Transfer({
        store,
        digests,
        pool: this.#pool,
        preserve,
        overwrite,
        writeHeaders,
        emit: this.#ports.emit,
        onSent: (bytes) => {
          sent += bytes;
          tell({ files: done, filesTotal, bytes: sent, bytesTotal: totals.upload.bytes });
        },
        signal,
        requests: this.#requests.signal,
      });
      this.#outcomes = await execute(planned.plan, transfer, {
        concurrency,
        emit: (event) => {
          if (event.type === 'outcome') done++;
          tell({ files: done, filesTotal, bytes: sent, bytesTotal: totals.upload.bytes });
          this.#ports.emit(event);
        },
        signal,
      });
      await transfer.close();
      this.#exits = [...transfer.exits];
      if (storage === undefined) return;
      const digested = new Map<string, { readonly file: LocalFile; readonly md5: Md5 }>(transfer.published);
      for (const file of files) {
        const digest = digests.get(file.name);
        if (digest !== undefined && !digested.has(file.name))
          digested.set(file.name, { file, md5: digest.md5 });
      }
      const confirmed = {
        listing,
        unchanged: planned.unchanged,
        written: transfer.learned,
        deleted: transfer.deleted,
        files: digested.values(),
        digestedNs,
      };
      const time = signal.aborted ? AbortSignal.timeout(LAST_WORDS_MS) : signal;
      await this.#phase('index', async () => saveIndex(storage, oldIndex, confirmed, this.#ports.emit, time));
    });
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
        totals: totalsOf(this.#outcomes, this.#plan),
        requests: this.#requestCounts(),
        phases: this.#phases,
        ranks: this.#plan?.ranks.map((rank) => rank.name) ?? [],
        headersUnknown: this.#headersUnknown,
        sentBytes: this.#outcomes.reduce((sum, outcome) => sum + outcome.sentBytes, 0),
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
