import { setMaxListeners } from 'node:events';
import { EXIT, type ExitCode, SyncError, worstExit } from '../model/errors.js';
import type { PhaseName, PlanTotals, Progress, StepOutcome } from '../model/events.js';
import type { Writable } from '../model/index-rows.js';
import { destinationUrl } from '../model/objects.js';
import { requestsInFlight, runUrl, type SyncOptions } from '../model/options.js';
import { type Count, changesAnything, type Plan, stepsOf, totalOf } from '../model/plan.js';
import {
  type DestinationReport,
  type HeaderDifference,
  type ReportError,
  type ReportStep,
  statusOf,
  type Totals,
} from '../model/report.js';
import { withoutSecrets } from '../model/secrets.js';
import { type ReadableStore, StoreError } from '../store/object-store.js';
import { DigestPool } from './digest-pool.js';
import { dryRunPerformer, execute } from './execute.js';
import { explain } from './explain.js';
import type { SyncPorts, SyncResult } from './ports.js';
import type { CheckedBack } from './read-back.js';
import { tellUnused, type UnusedContext } from './unused-excludes.js';

/** A run that has not moved for this long never will. Milliseconds. */
const NO_PROGRESS_MS = 5 * 60_000;

/**
 * How long after a run was stopped it may still do what must not be left out, one after the other. The runner kills after
 * 10 s, and outputs, summary and report come last. Milliseconds.
 */
const LAST_MS = {
  /** What requests in flight wrote is then known. */
  requests: 2_000,
  index: 4_000,
  /** Of uploads. */
  aborts: 5_000,
  lock: 6_000,
} as const;

/** Progress is told at most this often. Milliseconds. */
const PROGRESS_MS = 200;

/** What every run has, whichever way the bytes go: phases and their times, an end, a watchdog, a report. */
export class RunFrame {
  /** Where to, for people. */
  readonly url: string;
  readonly pool: DigestPool;
  /** Nothing more is started when it is aborted. */
  readonly signal: AbortSignal;
  /** Requests in flight end with it, a little later than the run. */
  readonly requests: AbortSignal;
  /** What is done last ends with these, however the time before was spent. */
  readonly last: Readonly<Record<Exclude<keyof typeof LAST_MS, 'requests'>, AbortSignal>>;
  outcomes: readonly StepOutcome[] = [];
  exits: readonly ExitCode[] = [];
  error: ReportError | undefined;
  planned: Plan | undefined;
  readonly #options: SyncOptions;
  readonly #ports: SyncPorts;
  readonly #stores: () => Iterable<ReadableStore>;
  readonly #stop = new AbortController();
  readonly #phases: Partial<Record<PhaseName, number>> = {};
  readonly #watchdog: NodeJS.Timeout;
  readonly #endSoon: () => void;
  /** What comes after the last step, while it goes on. */
  #afterwards: AbortController | undefined;
  #movedAt = performance.now();
  #bytesMoved = 0;
  #toldAt = 0;

  /** @param stores that requests go to */
  constructor(options: SyncOptions, ports: SyncPorts, stores: () => Iterable<ReadableStore>) {
    this.#options = options;
    this.#ports = ports;
    const own = ports.index?.store;
    this.#stores = () => [...stores(), ...(own === undefined ? [] : [own])];
    this.url = runUrl(options);
    this.signal = AbortSignal.any([ports.signal, this.#stop.signal]);
    const requests = new AbortController();
    const index = new AbortController();
    const aborts = new AbortController();
    const lock = new AbortController();
    this.requests = requests.signal;
    this.last = { index: index.signal, aborts: aborts.signal, lock: lock.signal };
    // Every request in flight listens to them.
    setMaxListeners(0, this.signal, this.requests, ...Object.values(this.last));
    const noTime = new Error('the run was stopped, and no time was left');
    this.#endSoon = () => {
      setTimeout(() => requests.abort(this.signal.reason), LAST_MS.requests).unref();
      setTimeout(() => index.abort(noTime), LAST_MS.index).unref();
      setTimeout(() => aborts.abort(noTime), LAST_MS.aborts).unref();
      setTimeout(() => lock.abort(noTime), LAST_MS.lock).unref();
    };
    ports.signal.addEventListener('abort', this.#endSoon);
    this.#stop.signal.addEventListener('abort', () => {
      requests.abort(this.signal.reason);
      this.#endSoon();
    });
    this.pool = new DigestPool(() => this.moved(), this.signal, ports.shared?.digests);
    this.#watchdog = setInterval(() => this.#watch(), 1_000).unref();
  }

  /** The time as files are dated. Nanoseconds since the epoch. */
  nowNs(): bigint {
    return BigInt(this.#ports.now()) * 1_000_000n;
  }

  /** Something moved: the run is alive. */
  moved(): void {
    this.#movedAt = performance.now();
  }

  /** Ends the run before its time. */
  stop(error: SyncError): void {
    this.#stop.abort(error);
  }

  /** Whoever waits for another destination is alive: that one's own watch ends what does not move. */
  async alive<T>(waiting: Promise<T>): Promise<T> {
    const alive = setInterval(() => this.moved(), 1_000);
    try {
      return await waiting;
    } finally {
      clearInterval(alive);
    }
  }

  /** What comes after the last step: when nothing moves it ends by itself, and the run is none the worse for it. */
  async afterwards<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const stop = new AbortController();
    this.#afterwards = stop;
    try {
      return await work(AbortSignal.any([this.signal, stop.signal]));
    } finally {
      this.#afterwards = undefined;
      // What still follows has its own time.
      this.moved();
    }
  }

  warn(warnings: readonly string[]): void {
    for (const message of warnings) this.#ports.emit({ type: 'message', level: 'warning', message });
  }

  notice(message: string): void {
    this.#ports.emit({ type: 'message', level: 'notice', message });
  }

  /** @param input that the lines belong to */
  tellUnused(input: 'excludes' | 'retain', lines: readonly string[], context: UnusedContext): void {
    const { warning, notice } = tellUnused(input, lines, context);
    if (warning !== undefined) this.warn([warning]);
    if (notice !== undefined) this.notice(notice);
  }

  /** Times a phase and tells of it. */
  async phase<T>(
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
    this.#phases[phase] = (this.#phases[phase] ?? 0) + seconds;
    this.moved();
    emit({
      type: 'phase-end',
      phase,
      seconds,
      ...(last === undefined ? {} : { files: last.files, bytes: last.bytes }),
    });
    return result;
  }

  /** What will be done, told before the first write. */
  settle(plan: Plan): void {
    this.planned = plan;
    this.#ports.emit({ type: 'plan', url: this.url, totals: planTotals(plan) });
  }

  /** The plan as it would run. */
  async rehearse(plan: Plan): Promise<void> {
    this.outcomes = await execute(plan, dryRunPerformer, {
      concurrency: requestsInFlight(this.#options.connection),
      emit: this.#ports.emit,
      signal: this.signal,
    });
  }

  /** The plan as differences, and what was found in reading back. */
  async concludeCheck(plan: Plan, ...read: readonly Pick<CheckedBack, 'failed' | 'exits'>[]): Promise<void> {
    const failed = read.flatMap((part) => part.failed);
    await this.rehearse(plan);
    this.addExits(read.flatMap((part) => part.exits));
    this.outcomes = [...this.outcomes, ...failed];
    for (const outcome of failed) this.#ports.emit({ type: 'outcome', outcome });
    if (changesAnything(plan)) this.addExits([EXIT.different]);
  }

  addExits(exits: Iterable<ExitCode>): void {
    this.exits = [...this.exits, ...exits];
  }

  /** The first error of a run is the one that it ends with. */
  blame(error: ReportError, exit: ExitCode): void {
    this.addExits([exit]);
    this.error ??= error;
  }

  fail(error: unknown): void {
    const cause = this.signal.aborted ? this.signal.reason : error;
    // S3 is asked about a bucket, also where the destination is a directory.
    const what = cause instanceof StoreError ? destinationUrl(this.#options.destination) : this.url;
    const { code, exit, message } = explain(cause, what);
    this.error = { code, message: `${message}${this.#ownerAdvice(cause)}` };
    this.addExits([exit]);
    if (code === 'internal' && cause instanceof Error) {
      this.#ports.emit({
        type: 'message',
        level: 'debug',
        message: withoutSecrets(cause.stack ?? cause.message),
      });
    }
  }

  /** S3 says no more than that access is denied where another account owns the bucket. */
  #ownerAdvice(cause: unknown): string {
    const { connection, source } = this.#options;
    const owner = connection.expectedBucketOwner ?? source?.connection.expectedBucketOwner;
    if (owner === undefined || !(cause instanceof StoreError) || cause.kind !== 'denied') return '';
    return `; or the bucket is not owned by ${owner}, which expected-bucket-owner says`;
  }

  async close(): Promise<void> {
    clearInterval(this.#watchdog);
    await this.pool.close();
    // Not while it is aborted: what is still asked for then ends a little later.
    if (!this.#ports.signal.aborted) this.#ports.signal.removeEventListener('abort', this.#endSoon);
  }

  /** @param differences of the headers of keys that S3 was asked for */
  result(
    differences: ReadonlyMap<string, readonly HeaderDifference[]>,
    more: Pick<DestinationReport, 'headersUnknown' | 'sendAllRequests' | 'delayed' | 'invalidation'>,
  ): SyncResult {
    if (this.signal.aborted && this.error === undefined) this.fail(this.signal.reason);
    const exit = worstExit(this.exits);
    const steps = this.outcomes.map((outcome) => reportStep(outcome, differences));
    const { command, dryRun } = this.#options;
    const reusedBytes = this.outcomes.reduce((sum, { reused }) => sum + (reused?.bytes ?? 0), 0);
    return {
      exit,
      report: {
        url: this.url,
        status: statusOf(exit, dryRun && command !== 'check'),
        totals: totalsOf(this.outcomes, this.planned),
        requests: this.#requestCounts(),
        phases: this.#phases,
        ranks: this.planned?.ranks.map((rank) => rank.name) ?? [],
        sentBytes: this.outcomes.reduce((sum, outcome) => sum + outcome.sentBytes, 0),
        ...(reusedBytes === 0 ? {} : { reusedBytes }),
        ...more,
        ...(this.error === undefined ? {} : { error: this.error }),
        steps,
      },
    };
  }

  /** Over everything that was asked, each store once. */
  #requestCounts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const store of new Set(this.#stores())) {
      for (const [operation, count] of Object.entries(store.requests())) {
        counts[operation] = (counts[operation] ?? 0) + count;
      }
    }
    return counts;
  }

  #watch(): void {
    // On a slow line a body takes longer than the limit; bytes on the wire are progress too.
    let bytesMoved = 0;
    for (const store of new Set(this.#stores())) bytesMoved += store.bytesMoved();
    if (bytesMoved !== this.#bytesMoved) this.moved();
    this.#bytesMoved = bytesMoved;
    if (performance.now() - this.#movedAt < NO_PROGRESS_MS) return;
    const told = `nothing moved for ${NO_PROGRESS_MS / 60_000} minutes`;
    if (this.#afterwards !== undefined) {
      this.#afterwards.abort(new Error(told));
      return;
    }
    this.stop(
      new SyncError(
        'no-progress',
        EXIT.failed,
        `${this.url}: ${told}, so the run was ended: check the network and the endpoint; run again, what was published is not sent again`,
      ),
    );
  }
}

export function planTotals(plan: Plan): PlanTotals {
  const totals = zeroes();
  for (const step of stepsOf(plan)) add(totals[totalOf(step)], step.bytes);
  const { keep, unchanged, ...steps } = totals;
  return { ...steps, unchanged: sum(plan.unchanged, unchanged), kept: sum(plan.kept, keep) };
}

/** Keys that steps of a plan change. */
export function changesIn({ upload, download, copy, link, refresh, delete: deleted }: PlanTotals): number {
  return upload.files + download.files + copy.files + link.files + refresh.files + deleted.files;
}

/** Totals of what was done, or in a dry run would be: from outcomes alone (R4). */
function totalsOf(outcomes: readonly StepOutcome[], plan: Plan | undefined): Totals {
  const of = zeroes();
  const failed = zero();
  for (const { outcome, action, step } of outcomes) {
    if (outcome === 'failed') add(failed, step.bytes);
    if (outcome === 'done' || outcome === 'planned')
      add(of[totalOf({ action, reason: step.reason })], step.bytes);
  }
  const none = zero();
  return {
    uploaded: of.upload,
    downloaded: of.download,
    copied: of.copy,
    linked: of.link,
    refreshed: of.refresh,
    unchanged: sum(plan?.unchanged ?? none, of.unchanged),
    deleted: of.delete,
    kept: sum(plan?.kept ?? none, of.keep),
    failed,
  };
}

type MutableCount = { -readonly [K in keyof Count]: Count[K] };

function zeroes(): Record<ReturnType<typeof totalOf>, MutableCount> {
  return {
    upload: zero(),
    download: zero(),
    copy: zero(),
    link: zero(),
    refresh: zero(),
    delete: zero(),
    keep: zero(),
    unchanged: zero(),
  };
}

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

/** Member by member: there may be a million, and what is made by spreading others takes four times the memory. */
function reportStep(
  { step, outcome, action, reused, notCopied, error, etag, versionId }: StepOutcome,
  differences: ReadonlyMap<string, readonly HeaderDifference[]>,
): ReportStep {
  const { key, rank, bytes } = step;
  const isCopy = step.action === 'copy' || step.action === 'link';
  const isSent = isCopy && (action === 'upload' || action === 'download');
  const reason = isSent ? 'not-copied' : step.reason;
  const told: Writable<ReportStep> = { key, action, reason, rank, bytes, outcome };
  if (isCopy && !isSent) {
    const { source } = step;
    told.source = source.key;
    if (source.kind !== 'published' && source.bucket !== undefined) told.sourceBucket = source.bucket.name;
  }
  if (reused !== undefined) {
    told.source = reused.source;
    if (reused.sourceBucket !== undefined) told.sourceBucket = reused.sourceBucket;
    told.reusedBytes = reused.bytes;
  }
  if (notCopied !== undefined) told.notCopied = notCopied;
  if (error !== undefined) told.error = error;
  if (etag !== undefined) told.etag = etag;
  if (versionId !== undefined) told.versionId = versionId;
  const changes = reason === 'headers' ? differences.get(key) : undefined;
  if (changes !== undefined) told.headers = changes;
  return told;
}
