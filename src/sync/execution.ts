import { cutSize, formatChunks } from '../model/chunks.js';
import { contentId } from '../model/digest.js';
import {
  type DigestIndex,
  earliest,
  formatEnded,
  formatRenewing,
  formatWriting,
  type ObjectEntry,
  type UploadEntry,
} from '../model/digest-index.js';
import { EXIT, SyncError } from '../model/errors.js';
import type { StepOutcome } from '../model/events.js';
import { columnsOf } from '../model/file-columns.js';
import {
  attributedBy,
  classOf,
  formatHeaderState,
  formatSource,
  parseHeaderState,
} from '../model/headers.js';
import type { Invalidation } from '../model/invalidation.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import type { Files, LocalFile } from '../model/objects.js';
import { isLarge, isOfParts } from '../model/part-sizes.js';
import { type Count, isWrite, type Plan, type Step, stepsOf, type WriteStep } from '../model/plan.js';
import type { PlanFile, StagedUpload } from '../model/plan-file.js';
import type { Delayed } from '../model/report.js';
import { formatStoredForm } from '../model/stored-form.js';
import type { BodyArena } from './body-arena.js';
import type { Digested } from './digest.js';
import { wholeDigestsOf } from './digest-table.js';
import type { Encodings } from './encode.js';
import { execute, mayBeDone } from './execute.js';
import { afterAnotherWriter, explain, whyNot } from './explain.js';
import type { FileDigest } from './file-bytes.js';
import { filesBack } from './files-back.js';
import { type ForeignWrites, foreignWrites } from './foreign.js';
import { endedWaits, pendingDeletes } from './grace.js';
import { Invalidations } from './invalidate.js';
import {
  type Confirmed,
  type ConfirmedFile,
  type ConfirmedFiles,
  type LoadedIndex,
  saveIndex,
} from './learn.js';
import { Lock } from './lock.js';
import type { Seat } from './meeting.js';
import type { Planned } from './plan.js';
import type { IndexStorage } from './ports.js';
import type { Preparation } from './preparation.js';
import type { PlanProgress } from './progress.js';
import { keepingOwn } from './remove.js';
import { changesIn, planTotals } from './run-frame.js';
import { keysOf, type Looked, type RunParts, type Seen } from './run-parts.js';
import { stagedFrom } from './shards.js';
import type { Staged } from './staged.js';
import { Transfer } from './transfer.js';
import type { BodySource, TransferOptions } from './transfer-options.js';
import { Uploads } from './uploads.js';

/** Files that are looked at side by side. */
const LOOKED_AT_ONCE = 32;

/** Keys of another writer that a message names. */
const FOREIGN_SHOWN = 10;

/** Everything from the first write on: lock, uploads, the steps of a plan, CloudFront, a last look, the index. */
export class Execution {
  readonly #run: RunParts;
  readonly #preparation: Preparation;
  readonly #bodies: BodyArena;
  #lock: Lock | undefined;
  #invalidations: Invalidations | undefined;
  /** The last listing after the writes. */
  #after: Looked['listing'] = new Map();
  /** Objects that are copied onto themselves, and of which the index says other headers. */
  #renewing: readonly ObjectKey[] = [];
  /** When this run began to write, as long as it is not known what it wrote. Milliseconds since the epoch. */
  #writing: number | undefined;
  /** Whether everything that was to be written was, headers alone too. */
  #isAllWritten = false;
  delayed: Delayed | undefined;
  copiedFromFirst: Count = { files: 0, bytes: 0 };

  constructor(run: RunParts, preparation: Preparation) {
    this.#run = run;
    this.#preparation = preparation;
    this.#bodies = run.shared.bodies();
  }

  get isLocked(): boolean {
    return this.#lock !== undefined;
  }

  get invalidation(): Invalidation | undefined {
    return this.#invalidations?.report;
  }

  async takeLock(): Promise<void> {
    const { store, now } = this.#run.ports;
    this.#lock = await Lock.acquire({
      store,
      prefix: this.#run.options.destination.prefix,
      url: this.#run.frame.url,
      owner: this.#run.ports.owner,
      now,
      earliestNow: this.#run.earliestNow,
      onLost: (error) => this.#run.frame.stop(error),
      signal: this.#run.frame.signal,
      requests: this.#run.frame.requests,
      last: this.#run.frame.last.lock,
    });
  }

  /** @param published what other machines did, and nobody remembers yet */
  toInvalidate(
    files: Digested['files'],
    listing: Looked['listing'],
    { index }: LoadedIndex,
    published: readonly Step[] = [],
  ): Invalidations {
    const { invalidation: options, destination } = this.#run.options;
    const { invalidator, index: storage, emit } = this.#run.ports;
    this.#invalidations = new Invalidations({
      options,
      invalidator,
      storage,
      remembered: index?.invalidations ?? new Map(),
      known: index?.objects ?? new Map(),
      listing,
      // Made as they are asked for: few runs do.
      keys: { [Symbol.iterator]: () => keysOf(files, destination.prefix) },
      published,
      url: this.#run.frame.url,
      emit,
      onMove: () => {
        this.#run.frame.moved();
      },
      signal: this.#run.frame.signal,
      requests: this.#run.frame.requests,
    });
    return this.#invalidations;
  }

  /** A failure of steps is told before one of CloudFront. */
  blameInvalidation(error: SyncError | undefined): void {
    if (error === undefined) return;
    const { code, exit, message } = error;
    if (this.#run.frame.exits.length === 0) this.#run.frame.error ??= { code, message };
    else this.#run.ports.emit({ type: 'message', level: 'error', message });
    this.#run.frame.addExits([exit]);
  }

  uploads(storage: IndexStorage | undefined, journalled: ReadonlyMap<string, UploadEntry>): Promise<Uploads> {
    return Uploads.load({
      store: this.#run.ports.store,
      storage,
      prefix: this.#run.options.destination.prefix,
      journalled,
      abortAfterMs: this.#run.options.abortUploadsAfterMs,
      alone: this.#lock !== undefined,
      now: this.#run.ports.now,
      concurrency: this.#run.inFlight,
      emit: this.#run.ports.emit,
      signal: this.#run.frame.requests,
    });
  }

  transfer(
    parts: Pick<
      TransferOptions,
      | 'digests'
      | 'bodies'
      | 'delay'
      | 'preserve'
      | 'uploads'
      | 'older'
      | 'toCut'
      | 'sources'
      | 'mayDelete'
      | 'onSent'
      | 'onReused'
    >,
  ): Transfer {
    const { overwrite } = this.#run.options;
    const { filling } = this.#run.ports;
    return new Transfer({
      ...parts,
      store: this.#run.ports.store,
      pool: this.#run.frame.pool,
      overwrite,
      policy: this.#preparation.headers.policy,
      arena: this.#bodies,
      rate: this.#run.shared.rate,
      ...(filling === undefined
        ? {}
        : { filling: { source: (...args) => this.#run.frame.alive(filling.source(...args)) } }),
      concurrency: this.#run.inFlight,
      emit: this.#run.ports.emit,
      signal: this.#run.frame.signal,
      requests: this.#run.frame.requests,
      aborts: this.#run.frame.last.aborts,
    });
  }

  /** @param elsewhere what other machines did, whose bytes are not here */
  async execute(planned: Planned, seen: Seen, delay: boolean, elsewhere?: Elsewhere): Promise<void> {
    const { index: storage, meeting } = this.#run.ports;
    const { digests } = seen;
    const signal = this.#run.frame.signal;
    const totals = planTotals(planned.plan);
    const filesTotal = changesIn(totals);
    const concurrency = this.#run.inFlight;
    await this.#run.frame.phase('execute', async (tell) => {
      let done = 0;
      let sent = 0;
      let reused = 0;
      let isRemembered = false;
      const say = (): void =>
        tell({ files: done, filesTotal, bytes: sent, bytesTotal: totals.upload.bytes - reused });
      const clock = new SwitchClock();
      const uploads = await this.uploads(storage, seen.index?.uploads ?? new Map());
      const wanted = wantedUploads(planned.plan);
      // They are another run's where the lock is.
      await this.#lock?.awake();
      if (!signal.aborted) await uploads.abortLeftOvers(wanted);
      const plan = this.#keepingNames(planned.plan, uploads.count);
      // Both go into the journal by one write.
      await Promise.all([this.#invalidations?.journal(planned.plan), this.#journalWrites(planned, seen)]);
      const toCut = cutBytes(stepsOf(planned.plan));
      const bodies = elsewhere === undefined ? (this.#run.source ?? this.#run.encodings) : NO_BODIES;
      const transfer: Transfer = this.transfer({
        digests,
        bodies,
        delay,
        preserve: elsewhere?.file.preserve ?? this.#run.options.preserve,
        uploads,
        ...(seen.older === undefined ? {} : { older: seen.older }),
        toCut,
        sources: publishedSources(planned.plan),
        mayDelete: () => this.#mayDelete(planned.plan, transfer, seen),
        onSent: (bytes) => {
          sent += bytes;
          say();
        },
        onReused: (bytes) => {
          reused += bytes;
          say();
        },
      });
      if (elsewhere !== undefined)
        takeOver(transfer, planned.plan, elsewhere, (step) => this.#listedDate(step, seen));
      // What is sent in one piece is hashed where it is sent.
      if (toCut === 0) this.#run.frame.pool.rest();
      try {
        this.#run.frame.outcomes = await execute(plan, transfer, {
          concurrency,
          ...(meeting === undefined ? {} : { meet: () => this.#meet(meeting) }),
          awake: async () => this.#lock?.awake(),
          emit: (event) => {
            if (event.type === 'outcome') {
              // What is kept is no part of the total either.
              if (event.outcome.action !== 'keep') done++;
              transfer.learned.date(event.outcome.step.key, this.#dateOf(event.outcome, seen));
              this.#tellWritten(event.outcome, transfer);
              clock.see(event.outcome);
            }
            say();
            this.#run.ports.emit(event);
          },
          signal,
        });
        const { outcomes } = this.#run.frame;
        this.#isAllWritten = outcomes.every(({ step, outcome }) => outcome === 'done' || !isWrite(step));
        // What failed or was interrupted may have been written all the same.
        if (!outcomes.some(mayHaveWritten)) this.#writing = undefined;
      } finally {
        this.#invalidations?.settle(this.#run.frame.outcomes);
        isRemembered = signal.aborted;
        // A stopped run has seconds: the index says what is left open before anything is tidied.
        if (isRemembered) await this.#remember(planned, seen, transfer, uploads);
        // Other parts or headers: what was published did not go on with it.
        else await uploads.abortLeftOvers((entry) => !wanted(entry) || !transfer.learned.has(entry.key));
        await transfer.close();
      }
      this.copiedFromFirst = transfer.copiedFromFirst;
      this.#run.frame.addExits(transfer.exits);
      if (delay) this.delayed = clock.delayed();
      await this.#lookAgain(transfer, seen);
      this.blameInvalidation(await this.#invalidations?.send());
      if (!isRemembered) await this.#remember(planned, seen, transfer, uploads);
    });
  }

  /**
   * When a step was done, by S3's clock. Where a copy of an object onto itself is not dated anew, it keeps the date that was
   * listed; one that was sent in place of that copy does not.
   */
  #dateOf({ step, action }: StepOutcome, seen: Seen): number {
    const { datesRefreshes } = this.#run.ports.store;
    return action === 'refresh' && !datesRefreshes ? this.#listedDate(step, seen) : this.#run.storeNow();
  }

  #listedDate({ key }: Step, { listing }: Seen): number {
    // 0 where the server does not say.
    return listing.get(key)?.lastModified || this.#run.storeNow();
  }

  /** An upload that no index names is aborted by nobody: a removal keeps the index and journal of what it leaves open. */
  #keepingNames(plan: Plan, left: number): Plan {
    const { options, ports, frame } = this.#run;
    const { command, destination } = options;
    const { place } = ports.index ?? {};
    if (command !== 'remove' || left === 0 || place === undefined) return plan;
    const keeping = keepingOwn(plan, (key) => {
      const url = `s3://${destination.bucket}/${key}`;
      return url === place || url.startsWith(`${place}.journal/`);
    });
    if (keeping === undefined) return plan;
    const what = left === 1 ? '1 upload that was' : `${left} uploads that were`;
    const again = this.isLocked ? 'run again' : 'run again with lock';
    frame.warn([
      `${place} and its journal stay, as they name ${what} not aborted: ${again}, else what was uploaded is billed until a lifecycle rule aborts it`,
    ]);
    return keeping;
  }

  /**
   * The next run is told what may have other headers than the index says, should this one be killed: the objects that are
   * copied onto themselves by name, as that may show in no listing, and of the others since when they are written, as the
   * listing dates them. So is it which waits of deletes this release ends: a wait that went on would have them deleted while
   * pages of this release still name them. A journal that cannot be written costs a warning, never the run.
   */
  async #journalWrites(planned: Planned, { index }: Seen): Promise<void> {
    const { index: storage, emit } = this.#run.ports;
    const { signal } = this.#run.frame;
    const keys: ObjectKey[] = [];
    let writesOthers = false;
    for (const step of stepsOf(planned.plan)) {
      const isNamed = step.action === 'refresh' && index?.objects.get(step.key)?.headers !== undefined;
      if (isNamed) keys.push(step.key);
      else writesOthers ||= isWrite(step);
    }
    this.#renewing = keys;
    // What earlier runs began stands there already.
    const begun = keys.filter((key) => index?.renewing.has(key) !== true);
    let lines = formatRenewing(begun);
    if (writesOthers && this.#writing === undefined) {
      this.#writing = this.#run.earliestNow();
      lines += formatWriting(this.#writing);
    }
    // A removal leaves nothing that could wait.
    const ended = this.#run.options.command === 'remove' ? [] : [...endedWaits(planned, index)];
    for (const wait of ended) lines += formatEnded(...wait);
    if (storage === undefined || lines === '') return;
    try {
      await storage.journal.append(lines, signal);
    } catch (error) {
      signal.throwIfAborted();
      const why = whyNot(error, storage.place);
      if (ended.length > 0) {
        const message = `which waits of delete-grace this release ends cannot be remembered before it is published (${why}): should the index not be written either, keep delete-after away until it is, as deletes may come before their grace is over`;
        emit({ type: 'message', level: 'warning', message });
      }
      // Of what is written anew the next run says that nobody remembers it.
      if (begun.length === 0) return;
      const message = `which headers are renewed cannot be remembered before they are (${why}): should this run be killed and its rules be taken back, run with refresh-headers`;
      emit({ type: 'message', level: 'warning', message });
    }
  }

  /** Waits until every destination has staged everything. */
  async #meet(meeting: Seat): Promise<StepOutcome['error'] | undefined> {
    const { signal } = this.#run.frame;
    // At once: the last one could come while this one ends.
    signal.addEventListener('abort', () => meeting.fail(), { once: true });
    const absent = await this.#run.frame.alive(meeting.arrive());
    if (absent === undefined || signal.aborted) return undefined;
    const message = `nothing was published to ${this.#run.frame.url}, as ${absent} failed before everything was staged everywhere (mirrors-atomic)`;
    this.#run.frame.blame({ code: 'mirror-absent', message }, EXIT.failed);
    return { code: 'mirror-absent', message };
  }

  #tellWritten({ step, action }: StepOutcome, transfer: Transfer): void {
    const { first } = this.#run.ports;
    if (first === undefined || action === 'delete' || action === 'keep') return;
    const { etag, size = 0, md5 } = transfer.learned.get(step.key) ?? {};
    const held = etag === undefined || md5 === undefined ? undefined : { etag, size, md5 };
    first.tell(step.key.slice(this.#run.options.destination.prefix.length), held);
  }

  /**
   * Looks once more before anything is deleted. Where a file is there by now whose object would go, as while a build still
   * fills the directory, nothing is; nor where somebody else writes too: the first listing is as old as the sending took,
   * and the conditions of deletes know nothing of a key that was added. With a lock it is enough that S3 says it is held.
   */
  async #mayDelete(plan: Plan, transfer: Transfer, seen: Seen): Promise<StepOutcome['error'] | undefined> {
    const back = await this.#filesBack(plan, seen);
    if (back !== undefined) return back;
    if (this.#lock !== undefined) {
      // Where it is lost the run is stopped.
      await this.#lock.confirm();
      return undefined;
    }
    try {
      const found = await this.#foreignWrites(transfer, seen);
      const { foreign, areUndone } = found;
      if (foreign.length === 0) return undefined;
      this.#blame(found, 'nothing was deleted');
      const why = areUndone ? `${foreign[0]} is as it was` : `another writer changed ${foreign[0]}`;
      return { code: 'foreign-writer', message: `withheld: ${why}` };
    } catch (error) {
      const { code, exit, message } = explain(error, `${this.#run.frame.url}: listing before the deletes`);
      this.#run.frame.blame({ code, message }, exit);
      return { code, message: `withheld: ${message}` };
    }
  }

  async #filesBack(plan: Plan, { isThere }: Seen): Promise<StepOutcome['error'] | undefined> {
    if (isThere === undefined) return undefined;
    const { source } = this.#run.ports;
    return filesBack({
      frame: this.#run.frame,
      plan,
      prefix: this.#run.options.destination.prefix,
      isThere,
      atOnce: source === undefined ? LOOKED_AT_ONCE : () => source.store.inFlight,
      source: source?.url,
    });
  }

  /**
   * When anything was written, a last listing shows whether somebody else wrote in between, also while deletes went on.
   * With a lock nobody does, as long as it is held; after a failure the exit is decided.
   */
  async #lookAgain(transfer: Transfer, seen: Seen): Promise<void> {
    const isWritten = transfer.learned.size > 0 || transfer.deleted.size > 0;
    if (!isWritten || this.#run.frame.signal.aborted || this.#run.frame.exits.length > 0) return;
    if (this.#lock !== undefined) return this.#lock.confirm();
    try {
      const found = await this.#foreignWrites(transfer, seen);
      const isRemoving = this.#run.options.command === 'remove';
      const consequence = isRemoving ? 'it is not empty' : 'what this run wrote there may be gone';
      if (found.foreign.length > 0) this.#blame(found, consequence);
    } catch (error) {
      const { message } = explain(error, `${this.#run.frame.url}: listing after the run`);
      const text = `${message}; whether another run wrote at the same time is not known`;
      this.#run.ports.emit({ type: 'message', level: 'warning', message: text });
    }
  }

  async #foreignWrites(transfer: Transfer, seen: Seen): Promise<ForeignWrites> {
    const { command, destination } = this.#run.options;
    const found = await foreignWrites({
      store: this.#run.ports.store,
      prefix: destination.prefix,
      listing: seen.listing,
      written: transfer.learned,
      deleted: transfer.deleted,
      matters: seen.matters,
      withOwn: command === 'remove',
      concurrency: this.#run.inFlight,
      signal: this.#run.frame.requests,
    });
    this.#after = found.listing;
    return found;
  }

  #blame({ foreign, areUndone }: ForeignWrites, consequence: string): void {
    const shown = foreign.slice(0, FOREIGN_SHOWN).join(', ');
    const more = foreign.length > FOREIGN_SHOWN ? ` and ${foreign.length - FOREIGN_SHOWN} more` : '';
    const what = areUndone
      ? `what this run wrote under ${shown}${more} is not there, though S3 answered that it was written: a proxy mixes up answers, or another writer undid it during this run`
      : `another writer changed ${shown}${more} during this run`;
    const { command, deletes } = this.#run.options;
    const changes = deletes.deleteAfter ? 'replaces or deletes' : 'replaces';
    const advice = afterAnotherWriter(command === 'remove' ? 'deletes' : changes);
    const message = `${this.#run.frame.url}: ${what}; ${consequence}: ${advice}`;
    this.#run.frame.blame({ code: 'foreign-writer', message }, EXIT.foreignWriter);
  }

  async #remember(planned: Planned, seen: Seen, transfer: Transfer, uploads: Uploads): Promise<void> {
    const { index: storage, emit } = this.#run.ports;
    if (storage === undefined || this.#run.options.command === 'remove') return;
    const { files, digests, listing, index, digestedNs, published = 0 } = seen;
    const written = transfer.learned.size - transfer.recalled + published;
    const pending = pendingDeletes(planned, transfer.deleted, index, this.#run.latestNow());
    const begins = [...pending].some(([key, begun]) => begun !== index?.pending.get(key));
    // What is deleted since its grace is over was dropped by an earlier one.
    const dropped = this.#run.options.deletes.grace.kind === 'none' ? transfer.deleted.size : 0;
    const isDeploy =
      this.#run.frame.exits.length === 0 &&
      !this.#run.frame.signal.aborted &&
      (written > 0 || begins || dropped > 0);
    const deploys = index?.deploys ?? 0;
    const isSettled = this.#preparation.headers.isWritingAnswered && this.#isAllWritten;
    const before = isSettled ? undefined : index?.writing;
    const writing = earliest([before, this.#writing].filter((time) => time !== undefined));
    const incompressible = storage.trust.remote ? this.#run.encodings.incompressible() : undefined;
    const confirmed = {
      listing,
      unchanged: planned.unchanged,
      written: transfer.learned,
      after: this.#after,
      everyObject: this.#run.options.invalidation !== undefined,
      deleted: transfer.deleted,
      files: digestedFiles(seen, transfer, this.#run.options.destination.prefix, this.#run.encodings),
      digestedNs,
      uploads: uploads.left(),
      deploys: isDeploy ? deploys + 1 : deploys,
      headers: this.#confirmedHeaders(seen),
      sources: encodedSources(files, this.#run.options.destination.prefix),
      layouts: this.#preparation.layouts,
      chunks: chunksOf(index, digests.values(), transfer.learned.values()),
      ...(incompressible === undefined ? {} : { incompressible }),
      pending,
      invalidations: this.#invalidations?.left() ?? new Map(),
      renewing: this.#renewing,
      meetsAnother: transfer.meetsAnother || this.#run.frame.exits.includes(EXIT.foreignWriter),
      ...(writing === undefined ? {} : { writing }),
    };
    const lastWords = this.#run.frame.signal.aborted ? this.#run.frame.last.index : undefined;
    await this.#run.frame.phase('index', async () =>
      this.#run.frame.afterwards((stop) => saveIndex(storage, index, confirmed, emit, lastWords ?? stop)),
    );
  }

  /**
   * Of the headers that S3 answered as they should be. What lies in another class is left there, and not asked for again, and
   * so is an ACL that is not asked for any more.
   */
  #confirmedHeaders({ files, index }: Seen): Confirmed['headers'] {
    const { prefix } = this.#run.options.destination;
    const confirmed = new Map<ObjectKey, Pick<ObjectEntry, 'headers' | 'class'>>();
    const { differences, attributes, aclsLeft, policy } = this.#preparation.headers;
    if (differences.size + aclsLeft.size === 0) return confirmed;
    for (const file of files) {
      const key = (prefix + file.name) as ObjectKey;
      const isAclLeft = aclsLeft.has(key);
      if (differences.get(key)?.length !== 0 && !isAclLeft) continue;
      const decided = policy.headersOf(file);
      const asked = classOf(decided);
      const attributed = isAclLeft
        ? parseHeaderState(index?.objects.get(key)?.headers ?? '').attributed
        : attributedBy(attributes.get(key));
      const headers = formatHeaderState(file, decided, attributed);
      confirmed.set(key, { headers, ...(asked === undefined ? {} : { class: asked }) });
    }
    return confirmed;
  }

  /** Gives the lock back. */
  async close(): Promise<void> {
    const held = await this.#lock?.release();
    if (held !== undefined) this.#run.frame.warn([held]);
  }
}

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

/** What other machines did of a plan. */
export interface Elsewhere extends Pick<PlanProgress, 'done'> {
  readonly file: PlanFile;
  readonly staged: ReadonlyMap<ObjectKey, StagedUpload>;
}

/**
 * What is done is remembered, what is staged is completed where `due` says it.
 *
 * @param dateOf when a step was done, in milliseconds since the epoch
 */
function takeOver(
  transfer: Transfer,
  due: Plan,
  { file, staged, done }: Elsewhere,
  dateOf: (step: Step) => number,
): void {
  const stagedOf = (step: WriteStep): Staged | undefined => {
    const upload = staged.get(step.key);
    return upload && stagedFrom(upload, step.file);
  };
  for (const step of stepsOf(file.plan)) {
    const etag = done.get(step.key);
    if (etag === undefined || !isWrite(step)) continue;
    transfer.recall(step, etag, stagedOf(step));
    transfer.learned.date(step.key, dateOf(step));
  }
  for (const step of stepsOf(due)) {
    if (done.has(step.key) || !isWrite(step)) continue;
    const upload = stagedOf(step);
    if (upload !== undefined) transfer.adopt(upload);
  }
}

/** Of what was refused as another writer's is there, it is known that this run did not write it. */
function mayHaveWritten(outcome: StepOutcome): boolean {
  const { step, error } = outcome;
  return mayBeDone(outcome) && isWrite(step) && error?.code !== 'foreign-writer';
}

/** Measures the switch: from the start of the first write that succeeded to the end of the last one. */
class SwitchClock {
  #due = 0;
  #keys = 0;
  #from = Number.POSITIVE_INFINITY;
  #to = 0;

  see({ outcome, action, ms }: StepOutcome): void {
    if (action === 'delete' || action === 'keep') return;
    this.#due++;
    if (outcome !== 'done') return;
    const now = performance.now();
    this.#keys++;
    this.#from = Math.min(this.#from, now - ms);
    this.#to = now;
  }

  /** `undefined`: it did not begin, as where the staging failed. */
  delayed(): Delayed | undefined {
    if (this.#keys === 0) return this.#due === 0 ? { keys: 0, seconds: 0 } : undefined;
    const seconds = (this.#to - this.#from) / 1000;
    return { keys: this.#keys, ...(this.#keys < this.#due ? { of: this.#due } : {}), seconds };
  }
}

/** Bytes of the files that are sent in parts, which threads digest and cut. */
export function cutBytes(steps: Iterable<Pick<Step, 'action' | 'bytes'>>): number {
  let sum = 0;
  for (const { action, bytes } of steps) if (action === 'upload' && isLarge(bytes)) sum += bytes;
  return sum;
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
  // Made for the first one: few runs meet any.
  let steps: Map<ObjectKey, Step> | undefined;
  return ({ key, size, md5 }) => {
    if (steps === undefined) {
      steps = new Map();
      for (const step of stepsOf(plan)) steps.set(step.key, step);
    }
    const step = steps.get(key);
    if (step === undefined || (step.action !== 'upload' && step.action !== 'copy')) return false;
    const inUploads = step.staged || isLarge(step.file.size);
    return inUploads && step.file.size === size && (step.md5 === undefined || step.md5 === md5);
  };
}

function encodedSources(files: Files, prefix: Prefix): Confirmed['sources'] {
  const sources = new Map<ObjectKey, Pick<ObjectEntry, 'source'>>();
  // A table has files of this disk as they are.
  if (files.columns !== undefined) return sources;
  for (const { name, encoded } of files) {
    if (encoded !== undefined) sources.set((prefix + name) as ObjectKey, { source: formatSource(encoded) });
  }
  return sources;
}

/** Files of this disk with their digests, as they were sent or else met. What is stored encoded is not on it. */
function digestedFiles(
  { files, digests, listing }: Pick<Seen, 'files' | 'digests' | 'listing'>,
  { published, changed, composites }: Pick<Transfer, 'published' | 'changed' | 'composites'>,
  prefix: Prefix,
  encodings: Encodings,
): ConfirmedFiles {
  const columns = columnsOf(files);
  const whole = wholeDigestsOf(files, digests);
  const met = (file: LocalFile, place: number): Known | undefined => {
    const md5 = whole?.at(columns.rowAt(place));
    if (md5 !== undefined) return { md5 };
    const digest = file.object === undefined ? digests.get(file.name) : undefined;
    if (digest === undefined) return undefined;
    const { md5: all, etags } = digest;
    if (!etags.some((etag) => isOfParts(etag, file.size))) return { md5: all };
    const { etag } = listing.get((prefix + file.name) as ObjectKey) ?? {};
    return etag !== undefined && etags.includes(etag) ? { md5: all, etag } : { md5: all };
  };
  function* all(): Generator<ConfirmedFile> {
    for (let place = 0; place < columns.length; place++) {
      const file = columns.at(place);
      const { name } = file;
      const md5 = published.size === 0 ? undefined : published.get(name);
      const etag = md5 === undefined ? undefined : composites.get(name);
      const known = md5 === undefined ? met(file, place) : { md5, ...(etag === undefined ? {} : { etag }) };
      if (known !== undefined) yield unencoded({ file: changed.get(name) ?? file, ...known }, encodings);
    }
  }
  return { [Symbol.iterator]: all, areByPath: columns.areByPath };
}

type Known = Pick<ConfirmedFile, 'md5' | 'etag'>;

function unencoded(known: ConfirmedFile, encodings: Encodings): ConfirmedFile {
  const { file, md5, etag } = known;
  const { encoded } = file;
  if (encoded === undefined) {
    const encoding = encodings.incompressibleBy(file);
    return encoding === undefined ? known : { ...known, stored: formatStoredForm({ encoding }) };
  }
  const bytes = { md5, size: file.size, ...(etag === undefined ? {} : { etag }) };
  const stored = formatStoredForm({ encoding: encoded.encoding, bytes });
  return { file: encoded.source, md5: encoded.md5, stored };
}

/** What contents are made of, as far as that is known, by `contentId`. */
function chunksOf(
  index: DigestIndex | undefined,
  digests: Iterable<FileDigest>,
  written: Iterable<ObjectEntry>,
): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const entries of [index?.objects.values() ?? [], written])
    for (const { md5, size, chunks } of entries)
      if (md5 !== undefined && chunks !== undefined) known.set(contentId(md5, size), chunks);
  for (const { md5, chunks } of digests) {
    if (chunks === undefined) continue;
    known.set(contentId(md5, cutSize(chunks)), formatChunks(chunks));
  }
  return known;
}
