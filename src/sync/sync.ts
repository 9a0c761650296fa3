import type { Md5 } from '../model/digest.js';
import { EXIT, SyncError } from '../model/errors.js';
import type { ObjectKey } from '../model/object-key.js';
import { ObjectMap } from '../model/object-map.js';
import { ARCHIVED_CLASSES, destinationUrl, type Files } from '../model/objects.js';
import { requestsInFlight, type SyncOptions } from '../model/options.js';
import { type Count, type Plan, stepsOf } from '../model/plan.js';
import type { Digested } from './digest.js';
import { download } from './download.js';
import { Encodings } from './encode.js';
import { CannotStageError } from './execute.js';
import { Execution } from './execution.js';
import { guardDeletions, guardNames } from './guards.js';
import type { PlanBasis } from './header-review.js';
import { loadIndex } from './learn.js';
import { lockKey, refuseLocks } from './lock.js';
import type { Identity, Planned } from './plan.js';
import type { SyncPorts, SyncResult } from './ports.js';
import { Preparation, type Prepared } from './preparation.js';
import {
  type CheckedBack,
  checkBack,
  NOTHING_FOUND,
  NOTHING_READ,
  type ReadBackRequest,
  type ReadFirst,
  readUnknown,
  withFindings,
} from './read-back.js';
import { planRemoval } from './remove.js';
import { type RetainContext, Retained } from './retain.js';
import { RunFrame } from './run-frame.js';
import { keysOf, type Looked, type RunParts, type Seen } from './run-parts.js';
import { Sharded } from './sharded-publish.js';
import { SharedTree } from './shared-tree.js';
import { isSameByETag, SourceObjects } from './source-objects.js';
import type { Tree } from './walk.js';

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
  readonly #earliestNow: () => number;
  readonly #encodings: Encodings;
  readonly #source: SourceObjects | undefined;
  readonly #preparation: Preparation;
  readonly #execution: Execution;
  readonly #sharded: Sharded;

  constructor(options: SyncOptions, ports: SyncPorts) {
    this.#options = options;
    this.#ports = ports;
    this.#frame = new RunFrame(options, ports, () => [
      ports.store,
      ...(ports.source === undefined ? [] : [ports.source.store]),
      ...ports.copyFrom.map(({ store }) => store),
    ]);
    const frame = this.#frame;
    const encodings = new Encodings(frame.pool, ports.temporary);
    const source =
      ports.source === undefined
        ? undefined
        : new SourceObjects({
            store: ports.source.store,
            bucket: ports.source.bucket.name,
            from: ports.source.prefix,
            to: options.destination.prefix,
            pool: frame.pool,
            concurrency: requestsInFlight(options.connection),
            emit: ports.emit,
            signal: frame.signal,
            requests: frame.requests,
          });
    const shared = ports.shared ?? new SharedTree(frame.signal);
    const inFlight = (): number => ports.store.inFlight;
    const earliestNow = (): number => ports.now() + Math.min(0, ports.store.clockOffset);
    const latestNow = (): number => ports.now() + Math.max(0, ports.store.clockOffset);
    const storeNow = (): number => ports.now() + ports.store.clockOffset;
    const clocks = { earliestNow, latestNow, storeNow };
    const parts: RunParts = { options, ports, frame, shared, encodings, source, ...clocks, inFlight };
    this.#earliestNow = earliestNow;
    this.#encodings = encodings;
    this.#source = source;
    this.#preparation = new Preparation(parts);
    this.#execution = new Execution(parts, this.#preparation);
    this.#sharded = new Sharded(parts, this.#preparation, this.#execution);
  }

  async publish(): Promise<void> {
    const { lock, dryRun } = this.#options;
    if (lock && !dryRun) await this.#execution.takeLock();
    const remembered = await this.#preparation.load();
    const { tree, listing, further, known, input, digestedNs } = await this.#preparation.prepare(remembered);
    const invalidations = this.#execution.toInvalidate(known.files, listing, remembered);
    const delay = this.#preparation.canDelay(tree);
    let planned = await this.#preparation.plan(input, delay);
    this.#tellKept(planned, listing);
    await this.#preparation.guardDeletions(planned, tree, known.files, listing);
    this.#preparation.settle(planned);
    if (dryRun) {
      if (delay) this.#execution.delayed = { keys: 0, seconds: 0 };
      invalidations.plan(planned.plan);
      invalidations.tellPlanned();
      await this.#preparation.headers.compareRefreshed(planned.plan, listing);
      await this.#frame.rehearse(planned.plan);
      return this.#source?.tryArchived(planned.plan);
    }
    const matters = this.#mattersTo(tree, known.files);
    const { index } = remembered;
    const older = this.#preparation.older(listing, further, index);
    const { isThere } = tree;
    const seen: Seen = { ...known, listing, matters, isThere, index, ...older, digestedNs };
    try {
      await this.#execution.execute(planned, seen, delay);
    } catch (error) {
      if (!(error instanceof CannotStageError)) throw error;
      this.#preparation.cannotDelay(error.message);
      planned = await this.#preparation.plan(input, false);
      this.#preparation.settle(planned);
      await this.#execution.execute(planned, seen, false);
    }
    this.#execution.blameInvalidation(await invalidations.wait());
  }

  /**
   * Compares the destination with what a publish would make of it. No index is believed: it says which headers
   * objects were written with, and nothing of their bytes.
   */
  async check(): Promise<void> {
    const { index: storage, emit } = this.#ports;
    const { index } = await loadIndex(storage, emit, this.#frame.signal);
    const { known, input, listing } = await this.#preparation.prepare({
      index,
      trustFiles: false,
      trustObjects: false,
    });
    const { read } = this.#options;
    const decided = read ? await this.#readUnknown(known, input, listing) : { input, ...NOTHING_READ };
    const planned = await this.#preparation.plan(decided.input, false);
    this.#preparation.tellRetain(planned, listing);
    const back = read ? await this.#readBack(planned, known.files, listing, decided.keys) : NOTHING_FOUND;
    const { findings } = back;
    this.#tellDamaged(findings.length);
    const unread = decided.failed.map(({ step }) => step.key);
    const plan = withFindings(planned.plan, findings, unread);
    this.#preparation.settle({ ...planned, plan });
    await this.#preparation.headers.compareRefreshed(plan, listing);
    await this.#frame.concludeCheck(plan, decided, back);
  }

  #tellDamaged(count: number): void {
    if (count === 0) return;
    const what = count === 1 ? '1 object does' : `${count} objects do`;
    this.#frame.warn([
      `${what} not hold the bytes that S3 says: a sync goes by what S3 says and finds nothing to do there; delete ${count === 1 ? 'it' : 'them'} first, then publish`,
    ]);
  }

  async #readBack(
    planned: Planned,
    files: Files,
    listing: Looked['listing'],
    read: ReadonlySet<ObjectKey>,
  ): Promise<CheckedBack> {
    const { prefix } = this.#options.destination;
    // Those too whose headers alone would change.
    const unchanged = [...files].filter(({ name }) => {
      const key = (prefix + name) as ObjectKey;
      return planned.unchanged.has(key) && !read.has(key);
    });
    const filesTotal = unchanged.length;
    return this.#frame.phase('read', (tell) => {
      const reading = this.#reading(listing, (files, bytes) => tell({ files, filesTotal, bytes }));
      return checkBack(unchanged, planned.unchanged, reading);
    });
  }

  #reading(listing: Looked['listing'], onProgress: ReadBackRequest['onProgress']): ReadBackRequest {
    const { destination, connection } = this.#options;
    const source = this.#source;
    return {
      store: this.#ports.store,
      prefix: destination.prefix,
      listing,
      action: 'upload',
      ...(source === undefined ? {} : { original: (file) => source.digestOf(file) }),
      concurrency: requestsInFlight(connection),
      onProgress,
      signal: this.#frame.signal,
    };
  }

  /** Reads the objects of which nothing says whether they are their files, so that the plan goes by their bytes. */
  async #readUnknown(
    { files, digests }: Digested,
    input: PlanBasis,
    listing: Looked['listing'],
  ): Promise<ReadFirst & Pick<Prepared, 'input'>> {
    const { prefix, undecided, vouched, contents } = input;
    const md5s = new Map<ObjectKey, Md5 | undefined>();
    const due = [...files].filter((file) => {
      const object = listing.get((prefix + file.name) as ObjectKey);
      if (file.size === 0 || object?.size !== file.size) return false;
      const md5 = digests.get(file.name)?.md5;
      // Of a source that does not say what it holds nothing was asked.
      const isUnsaid =
        this.#source !== undefined &&
        md5 === undefined &&
        !vouched.has(object) &&
        !isSameByETag(file, object);
      if (undecided?.has(object) !== true && !isUnsaid) return false;
      md5s.set(object.key, md5);
      return true;
    });
    if (due.length === 0) return { input, ...NOTHING_READ };
    const filesTotal = due.length;
    const { read, ...unread } = await this.#frame.phase('read', (tell) => {
      const reading = this.#reading(listing, (files, bytes) => tell({ files, filesTotal, bytes }));
      return readUnknown(due, md5s, reading);
    });
    const learned = new ObjectMap<Identity>(vouched);
    const told = new Map(contents);
    for (const { file, object, there, wanted } of read) {
      const content = contents.get(file.name);
      if (there === wanted && wanted !== undefined) {
        if (content === undefined) told.set(file.name, { md5: wanted, etags: [] });
        learned.set(object, content?.md5 ?? content?.etags[0] ?? wanted);
      } else if (there !== undefined && file.encoded === undefined) learned.set(object, there);
    }
    const keys = new Set(read.map(({ object }) => object.key));
    return { input: { ...input, contents: told, vouched: learned }, keys, ...unread };
  }

  /** Empties the prefix, our own objects last: what is left after a failure still has its index. */
  async remove(): Promise<void> {
    const { lock, dryRun, deletes, destination } = this.#options;
    const { store, index: storage, emit } = this.#ports;
    const { prefix } = destination;
    const signal = this.#frame.signal;
    if (lock && !dryRun) await this.#execution.takeLock();
    // It names the uploads that a publish left behind. It is not written: a line about what is gone is never believed.
    const { index } = await loadIndex(dryRun ? undefined : storage, emit, signal);
    const listing = new Map(await this.#preparation.list(true));
    guardNames([], prefix, listing, store);
    // Ours goes when it is given back.
    if (this.#execution.isLocked) listing.delete(lockKey(prefix));
    const earliestNow = this.#earliestNow;
    await refuseLocks(listing.keys(), { store, url: this.#frame.url, earliestNow, signal });
    const retained = new Retained(deletes.retain);
    const planned = await this.#frame.phase('plan', async () => planRemoval(prefix, listing, retained.keeps));
    const context: RetainContext = {
      prefix,
      listing,
      places: [prefix, destinationUrl(destination)],
      hasDirectory: () => false,
    };
    retained.guard(planned.plan, context);
    guardDeletions(planned, deletes, this.#frame.url, 'the prefix');
    retained.tell(planned, context, this.#frame);
    this.#preparation.settle(planned);
    if (dryRun) return this.#frame.rehearse(planned.plan);
    const matters = (key: ObjectKey): boolean => !retained.keeps(key.slice(prefix.length));
    const seen: Seen = { files: [], digests: new Map(), listing, matters, index, digestedNs: 0n };
    await this.#execution.execute(planned, seen, false);
    const left = [...store.unlisted].filter((key) => matters(key as ObjectKey));
    if (left.length > 0)
      throw new SyncError(
        'unsafe-name',
        EXIT.failed,
        `${this.#frame.url} is not empty: its server cannot list all keys (${JSON.stringify(left[0])}); delete the others by hand`,
      );
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

  plan(): Promise<void> {
    return this.#sharded.plan();
  }

  apply(): Promise<void> {
    return this.#sharded.apply();
  }

  publishPlan(): Promise<void> {
    return this.#sharded.publishPlan();
  }

  fail(error: unknown): void {
    this.#frame.fail(error);
  }

  async close(): Promise<void> {
    this.#ports.meeting?.fail();
    await this.#execution.close();
    await this.#frame.close();
    await this.#encodings.close();
    await this.#source?.close();
  }

  result(): SyncResult {
    const { headers, headersUnknown, sendAllRequests } = this.#preparation;
    const { delayed, invalidation } = this.#execution;
    const { command, dryRun } = this.#options;
    const { planned } = this.#frame;
    const isRehearsed = dryRun && command === 'sync' && planned !== undefined;
    const copiedFromFirst = isRehearsed ? plannedFromFirst(planned) : this.#execution.copiedFromFirst;
    const result = this.#frame.result(headers.differences, {
      headersUnknown,
      sendAllRequests,
      ...(delayed === undefined ? {} : { delayed }),
      ...(invalidation === undefined ? {} : { invalidation }),
    });
    return { ...result, copiedFromFirst };
  }
}

function plannedFromFirst(plan: Plan): Count {
  const steps = [...stepsOf(plan)].filter((step) => step.action === 'copy' && step.source.kind === 'first');
  return { files: steps.length, bytes: steps.reduce((sum, { bytes }) => sum + bytes, 0) };
}
