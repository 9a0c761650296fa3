import { forEachConcurrent } from '../model/concurrency.js';
import { type ETag, type Md5, parseETag } from '../model/digest.js';
import type { ObjectEntry } from '../model/digest-index.js';
import { EXIT, SyncError } from '../model/errors.js';
import type { StepOutcome } from '../model/events.js';
import type { HeaderDecider, HeaderSet } from '../model/headers.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import type { ListedObject, LocalFile } from '../model/objects.js';
import type { Sharding } from '../model/options.js';
import { isWrite, type KeepStep, type Phase, type Plan, stepsOf } from '../model/plan.js';
import {
  formatPlan,
  formatPublished,
  formatResults,
  type Shard,
  type StagedUpload,
} from '../model/plan-file.js';
import { abortUploads } from './abort-uploads.js';
import { failedOutcome, skipped } from './execute.js';
import { cutBytes, type Elsewhere, type Execution } from './execution.js';
import { guardNames } from './guards.js';
import { headerStates, isRewritten } from './headers.js';
import { type LoadedIndex, loadIndex } from './learn.js';
import { addHidden } from './list.js';
import type { Planned } from './plan.js';
import type { Preparation } from './preparation.js';
import { type PlanProgress, progressOf, ranksToShare, type Share, shareOf } from './progress.js';
import type { Looked, RunParts, Seen } from './run-parts.js';
import {
  type AllResults,
  gather,
  leftOut,
  PLAN,
  publishedPath,
  RESULTS,
  readPlan,
  readResults,
  refuseChanged,
  refuseUnwritable,
  type ShardStep,
  shardOf,
  stagedTo,
  uploadOf,
  uploadsOf,
  withFiles,
  writeLines,
} from './shards.js';
import { withoutOwnFiles, withSite } from './site.js';
import type { Transfer } from './transfer.js';

/** A plan that several machines publish: made by one, staged by shards, published by one or by shards. */
export class Sharded {
  readonly #run: RunParts;
  readonly #preparation: Preparation;
  readonly #execution: Execution;

  constructor(run: RunParts, preparation: Preparation, execution: Execution) {
    this.#run = run;
    this.#preparation = preparation;
    this.#execution = execution;
  }

  /** Makes a plan that other machines stage and one publishes. Nothing is written but the file. */
  async plan(): Promise<void> {
    const { planFile } = this.#sharding();
    await refuseUnwritable(planFile, PLAN);
    const remembered = await this.#preparation.load();
    const { tree, listing, known, input } = await this.#preparation.prepare(remembered);
    const planned = await this.#preparation.plan(input, this.#preparation.canDelay(tree));
    await this.#preparation.guardDeletions(planned, tree, known.files, listing);
    this.#preparation.settle(planned);
    await this.#run.frame.rehearse(planned.plan);
    const ranks = ranksToShare(planned.plan).map(({ rank, keys }) => `${rank} (${keys})`);
    if (ranks.length > 0)
      this.#run.frame.notice(`ranks that shards can publish, one after the other: ${ranks.join(', ')}`);
    const lines = formatPlan(this.#run.frame.url, this.#endpoint, planned.plan, {
      headersOf: (file) => this.#preparation.headers.policy.headersOf(file),
      stored: await this.#digestEncoded(planned.plan),
      preserve: this.#run.options.preserve,
    });
    await writeLines(planFile, lines, PLAN);
    this.#run.frame.notice(`the plan was written to ${planFile}`);
  }

  /** Digests of the encoded bytes that nothing had to be compared with so far, by name. */
  async #digestEncoded(plan: Plan): Promise<ReadonlyMap<string, Md5>> {
    const due = [...stepsOf(plan)].flatMap((step) =>
      step.action === 'upload' && step.md5 === undefined && step.file.encoded !== undefined ? step.file : [],
    );
    const digests = new Map<string, Md5>();
    await forEachConcurrent(due, this.#run.frame.pool.width * 2, async (file) => {
      digests.set(file.name, (await this.#run.frame.pool.digest({ file, layouts: [] }, file.size)).md5);
    });
    return digests;
  }

  /** Stages one shard of a plan, and writes down what was staged. Nothing becomes visible. */
  async apply(): Promise<void> {
    const { planFile, shard = ALONE, results, beside } = this.#sharding();
    const { emit, now } = this.#run.ports;
    const attempt = now();
    const file = await readPlan(
      planFile,
      this.#run.frame.url,
      this.#endpoint,
      this.#run.options.destination.prefix,
    );
    const path = (results[0] ?? '') + beside;
    await refuseUnwritable(path, RESULTS);
    const { signal } = this.#run.frame;
    const tree = await this.#run.frame.phase('walk', async (tell) => {
      const found = await this.#preparation.tree((files) => tell({ files, bytes: 0 }), signal);
      const { site, destination } = this.#run.options;
      return withSite(await withoutOwnFiles(found, site), site, destination.prefix);
    });
    this.#preparation.headers.policy = decided(file.headers);
    const due = withFiles(shardOf(file.plan, shard), tree.files);
    const bytesTotal = due.reduce((sum, { bytes }) => sum + bytes, 0);
    const staged: StagedUpload[] = [];
    const outcomes: StepOutcome[] = [];
    await this.#run.frame.phase('execute', async (tell) => {
      let sent = 0;
      const say = (): void =>
        tell({ files: outcomes.length, filesTotal: due.length, bytes: sent, bytesTotal });
      const transfer = this.#execution.transfer({
        digests: new Map(),
        bodies: this.#run.encodings,
        delay: true,
        preserve: file.preserve,
        uploads: await this.#execution.uploads(undefined, new Map()),
        toCut: cutBytes(due),
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
        await forEachConcurrent(due, this.#run.inFlight, async (step) => {
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
            const one = transfer.stagedAt(key);
            if (one !== undefined) staged.push(stagedTo(one));
          }
          await writeLines(path, formatResults({ plan: file.id, shard, attempt, uploads: staged }), RESULTS);
          // What no results name is aborted: nobody could complete it.
          for (const { key } of due) transfer.handOver(key);
        }
      } finally {
        this.#run.frame.outcomes = outcomes;
        await transfer.close();
      }
      this.#run.frame.addExits(transfer.exits);
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
      const error = new SyncError('plan-mismatch', EXIT.failed, message);
      return failedOutcome(step, error, ms, this.#run.frame.signal, transfer.exits);
    }
    const { action } = made;
    return { step, outcome: 'done', action, sentBytes: made.sentBytes, ms };
  }

  /** Completes what the shards of a plan staged, copies what had to wait, deletes; what is done already stays. */
  async publishPlan(): Promise<void> {
    const sharding = this.#sharding();
    const { planFile, shard, abort } = sharding;
    const { lock, destination, dryRun } = this.#run.options;
    const { store, index: storage, emit } = this.#run.ports;
    const { signal, url } = this.#run.frame;
    if (lock && !dryRun) await this.#execution.takeLock();
    const file = await readPlan(planFile, url, this.#endpoint, destination.prefix);
    const results = await readResults(sharding, file);
    if (abort) return this.#abortStaged(results);
    const { staged, losers } = gather(file, results.staged, results.ignored);
    const listing = await this.#preparation.list(false);
    const concurrency = this.#run.inFlight;
    const { plan } = file;
    const steps = [...stepsOf(plan)];
    const keys = new Set(steps.map(({ key }) => key));
    // Whoever made the plan file may have put another key's name into it.
    guardNames(keys, '' as Prefix, listing, store);
    await addHidden(listing, keys, this.#preparation.hiddenBelow);
    const { published } = results;
    const { done: seenDone, changed } = await progressOf({
      plan,
      staged,
      published,
      listing,
      store,
      concurrency,
      signal,
    });
    refuseChanged(changed, url);
    this.#preparation.headers.policy = decided(file.headers);
    if (shard !== undefined) return this.#publishShare({ file, staged, done: seenDone }, listing, shard);
    const remembered = await loadIndex(storage, emit, signal);
    const done = new Map([...seenDone, ...this.#renewed(plan, listing, remembered)]);
    const elsewhere: Elsewhere = { file, staged, done };
    const files = steps.flatMap((step) => ('file' in step ? step.file : []));
    const { index } = remembered;
    // A publish that is run again has remembered it.
    const news = steps.filter(
      (step) =>
        isWrite(step) &&
        done.has(step.key) &&
        !remembers(index?.objects.get(step.key), listing.get(step.key)),
    );
    // What shards published is no stranger's.
    const before = new Map(listing);
    for (const { key } of news) before.delete(key);
    const invalidations = this.#execution.toInvalidate(files, before, remembered, news);
    // Of what is not in the plan nothing is owed once CloudFront is told everything. Others' own keys, of which no sync said
    // what is in them, are left out: else each later write of theirs would have everything told again.
    const isOurs = (key: ObjectKey): boolean =>
      index === undefined || index.objects.get(key)?.md5 !== undefined;
    const left = invalidations.tellsEverything
      ? [...listing.keys()].filter((key) => !keys.has(key) && isOurs(key))
      : [];
    const planned = { ...plannedOf(plan, done), unchanged: new Map(left.map((key) => [key, undefined])) };
    this.#preparation.settle(planned);
    if (dryRun) {
      invalidations.plan(planned.plan);
      invalidations.tellPlanned();
      return this.#run.frame.rehearse(planned.plan);
    }
    const matters = (key: ObjectKey): boolean => keys.has(key);
    const seen: Seen = {
      files: [],
      digests: new Map(),
      listing,
      matters,
      index,
      digestedNs: 0n,
      published: news.length,
    };
    await this.#execution.execute(planned, seen, true, elsewhere);
    // Another attempt's upload was completed for what was done before.
    const idle = losers.flatMap(({ key }) => {
      const upload = done.has(key) ? staged.get(key) : undefined;
      return upload === undefined ? [] : uploadOf(upload);
    });
    await abortUploads([...losers, ...idle], 'that this publish does not need', {
      store,
      concurrency,
      emit,
      signal: this.#run.frame.requests,
    });
    this.#execution.blameInvalidation(await invalidations.wait());
  }

  /** No ETag shows a copy of an object onto itself: that an earlier publish of this plan made it the index remembers. */
  *#renewed(plan: Plan, listing: Looked['listing'], { index }: LoadedIndex): Generator<[ObjectKey, ETag]> {
    const { prefix } = this.#run.options.destination;
    const { policy } = this.#preparation.headers;
    const files = [...stepsOf(plan)].flatMap((step) => (step.action === 'refresh' ? step.file : []));
    const asking = { store: this.#run.ports.store, asksAttributes: false };
    for (const [key, state] of headerStates(files, prefix, listing, index, policy, asking))
      if (state === 'same') yield [key, listing.get(key)!.etag];
  }

  /** Publishes a share of the first rank that is not done, and writes down what was published. */
  async #publishShare(elsewhere: Elsewhere, listing: Looked['listing'], shard: Shard): Promise<void> {
    const { id, plan } = elsewhere.file;
    const path = await publishedPath(this.#sharding(), shard, this.#run.ports.now());
    const share = shareOf(plan, elsewhere.done, shard);
    const planned = plannedOf(share?.plan ?? NO_PLAN, elsewhere.done);
    const due = new Set([...stepsOf(planned.plan)].map(({ key }) => key));
    this.#tellShare(share, due.size);
    this.#preparation.settle(planned);
    if (this.#run.options.dryRun) return this.#run.frame.rehearse(planned.plan);
    await refuseUnwritable(path, RESULTS);
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
      if (due.size > 0) await this.#execution.execute(planned, seen, true, elsewhere);
    } finally {
      const keys = new Map<ObjectKey, ETag>();
      for (const { step, outcome, etag } of this.#run.frame.outcomes) {
        const there = outcome === 'done' && etag !== undefined ? parseETag(etag) : undefined;
        if (there !== undefined) keys.set(step.key, there);
      }
      await writeLines(path, formatPublished({ plan: id, keys }), RESULTS);
    }
  }

  #tellShare(share: Share | undefined, due: number): void {
    if (share === undefined) {
      this.#run.frame.notice('every rank is published: what is left is for publish without a shard');
      return;
    }
    const { rank, others } = share;
    if (due > 0 || others === 0) {
      this.#run.frame.notice(`the rank to publish is: ${rank}`);
      return;
    }
    const what = others === 1 ? '1 key of another shard is' : `${others} keys of other shards are`;
    this.#run.frame.warn([
      `nothing is left here of the rank to publish, ${rank}, and ${what} not published yet: the next rank waits for them`,
    ]);
  }

  /** Gives a plan up: aborts the uploads that its results name, and nothing else. */
  async #abortStaged({ staged, ignored }: AllResults): Promise<void> {
    const { dryRun } = this.#run.options;
    const { store } = this.#run.ports;
    const uploads = uploadsOf(staged);
    const isOne = uploads.length === 1;
    const what = `${uploads.length} ${isOne ? 'upload' : 'uploads'} of the plan`;
    const but = leftOut(ignored);
    if (dryRun) return this.#run.frame.notice(`${what} would be aborted where they are still open${but}`);
    await this.#run.frame.phase('execute', (tell) => {
      let files = 0;
      return forEachConcurrent(uploads, this.#run.inFlight, async (upload) => {
        this.#run.frame.signal.throwIfAborted();
        await store.abortUpload(upload, this.#run.frame.requests);
        tell({ files: ++files, filesTotal: uploads.length, bytes: 0 });
      });
    });
    this.#run.frame.notice(`${what} ${isOne ? 'was' : 'were'} aborted, or had ended${but}`);
  }

  /** As plans name it: AWS itself has none. */
  get #endpoint(): string {
    return this.#run.ports.endpoint ?? '';
  }

  #sharding(): Sharding {
    const { sharding } = this.#run.options;
    if (sharding === undefined) throw new Error('no plan file was given');
    return { ...sharding, planFile: sharding.planFile + sharding.beside };
  }
}

/** Of a share when all ranks are done. */
const NO_PLAN: Plan = { ranks: [], unchanged: { files: 0, bytes: 0 }, kept: { files: 0, bytes: 0 } };

const ALONE: Shard = { number: 1, of: 1 };

/** Headers as the machine decided that made the plan. */
function decided(headers: ReadonlyMap<string, HeaderSet>): HeaderDecider {
  const headersOf = ({ name }: LocalFile): HeaderSet => headers.get(name)!;
  return { headersOf, over: (kept, file) => ({ ...kept, ...headersOf(file) }), saysEncoding: () => false };
}

/** Whether an index knows just this write of an object. */
function remembers(entry: ObjectEntry | undefined, object: ListedObject | undefined): boolean {
  if (entry === undefined || object === undefined || entry.etag !== object.etag) return false;
  const isDated = (entry.modified ?? entry.written) !== undefined;
  // Without headers a download dated it.
  return entry.headers !== undefined && isDated && !isRewritten(entry, object);
}

/** A plan that was judged when it was made; what it stages is staged, and what is done is unchanged. */
function plannedOf(plan: Plan, done: PlanProgress['done']): Planned {
  const unchanged = { ...plan.unchanged };
  const ranks = plan.ranks.map(({ name, phases }) => ({
    name,
    phases: phases.flatMap((phase): Phase[] => {
      if (phase.kind === 'stage') return [];
      const due = phase.steps.filter(({ key }) => !done.has(key));
      return [{ ...phase, steps: due }];
    }),
  }));
  const none = { files: 0, bytes: 0 };
  const waiting: KeepStep[] = [];
  let deletions = 0;
  for (const step of stepsOf(plan)) {
    if (step.action === 'delete') deletions++;
    if (step.action === 'keep' && step.reason === 'grace') waiting.push(step);
    if (!isWrite(step) || !done.has(step.key)) continue;
    unchanged.files++;
    unchanged.bytes += step.bytes;
  }
  return {
    plan: { ...plan, ranks, unchanged },
    unchanged: new Map(),
    headersUnknown: none,
    unknownHeaders: [],
    listedUnexcluded: 0,
    deletions,
    waiting,
    losses: 0,
    firstLosses: [],
    related: true,
  };
}
