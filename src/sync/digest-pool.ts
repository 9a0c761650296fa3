import { availableParallelism } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { areOfUnit, type Chunks, chunkUnit } from '../model/chunks.js';
import { settleAll } from '../model/concurrency.js';
import { type Md5, md5Of } from '../model/digest.js';
import type { LocalFile } from '../model/objects.js';
import { type Job, type JobResult, perform } from './digest-jobs.js';
import type { EncodedFile, EncodeJob } from './encode-file.js';
import {
  areSeveral,
  canSplit,
  distinctParts,
  FileChangedError,
  type FileDigest,
  type FileJob,
  type GrowingJob,
  joined,
  lanesOf,
  type MetFile,
  type PartDigest,
  type RegionDigest,
  type RegionJob,
  Scratch,
  type WholeDigest,
  wholeDigest,
} from './file-bytes.js';
import { GrowingDigest } from './growing-digest.js';
import { LANES } from './md5-module.js';
import type { DigestMemo } from './shared-tree.js';

/** Below this much to hash, starting a thread (some 30 ms) costs more than it saves. Bytes. */
const WORTH_THREAD = 64 * 1024 * 1024;

/** What waits for each thread before another one is started. Bytes. */
const WORTH_ANOTHER = 256 * 1024 * 1024;
/** Likewise, of files with which this thread is no help. */
const WORTH_ANOTHER_OF_LARGE = 64 * 1024 * 1024;

/** MD5 does some 600 MiB/s a core: four threads outrun every disk and line that a runner has. */
const MOST_THREADS = 4;

/** Small files go to a thread together: a message costs as much as hashing 50 KB. Of larger ones as many as there are lanes. */
const BATCH_FILES = 256;
const BATCH_BYTES = 4 * 1024 * 1024;

/** One is worked at and one waits: a thread must not idle until this one finds time for its answer. */
const BATCHES_SENT = 2;

/** Of files above this on average, those that are digested beside each other should be of like sizes. Bytes. */
const WORTH_ORDER = 64 * 1024;

/** Of so many files and more each is digested beside others, in one thread; of fewer whole and parts in two. */
const MANY = 4;

/** What this thread hashes in one go: some 2 ms, in which nothing else happens here and no other thread gets more. Bytes. */
const IN_ONE_GO = 1024 * 1024;
const FILES_IN_ONE_GO = 32;

/** Compressing is fifty times as slow as hashing. Bytes. */
const WORTH_THREAD_TO_ENCODE = 2 * 1024 * 1024;

/** Below this, telling a thread of bytes in memory takes this one as long as hashing them would. */
const WORTH_TELLING = 128 * 1024;

/** What a thread allocates is gone after each file: more room for it is only more memory. */
const YOUNG_MIB = 4;

/** What goes to a thread. A file without layouts is all that there is to say of most. */
export type Order = MetFile | Job;

/** What became of one order; of a file without layouts its digest. */
export type Answer = Md5 | { readonly result: JobResult } | { readonly error: ToldError };

/** What a message between threads keeps of an error. */
type ToldError = Pick<NodeJS.ErrnoException, 'name' | 'message' | 'code' | 'errno' | 'syscall'>;

interface Task {
  readonly job: Job;
  readonly resolve: (result: JobResult | Promise<EncodedFile>) => void;
  readonly reject: (error: unknown) => void;
}

/** What was sent to a thread and is not answered. */
interface Sent {
  readonly batches: (readonly Task[])[];
  /** Of all of them, as `costOf` has it. */
  cost: number;
}

/** Digests and encodes files, in worker threads when there is enough to do. */
export class DigestPool {
  readonly #sent = new Map<Worker, Sent>();
  readonly #queue: Task[] = [];
  #queuedBytes = 0;
  /** Largest first. */
  #isOrdered = true;
  #helpers = 0;
  /** Of this thread. */
  #scratch: Scratch | undefined;
  #isHelping = false;
  #isDispatching = false;
  #isGrowing = false;
  #grown = 0;
  /** No thread is to be had. */
  #isAlone = false;
  /** Why nothing more is done. */
  #endedBy: { readonly reason: unknown } | undefined;

  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => void this.#end(this.#signal.reason);
  readonly #onAlive: () => void;
  readonly #memo: DigestMemo | undefined;

  /**
   * @param onAlive called while files are being read, at least every 64 MiB
   * @param signal ends the threads; what they were asked rejects with its reason
   * @param memo of digests that other destinations of the same tree ask for too
   */
  constructor(onAlive: () => void, signal: AbortSignal, memo?: DigestMemo) {
    this.#onAlive = onAlive;
    this.#memo = memo;
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort);
  }

  /** How many digests are worth asking for at a time. */
  readonly width = Math.min(MOST_THREADS, availableParallelism());
  /** Threads at most: fewer where no more are to be had. */
  #most = this.width;

  /** @param ahead bytes that will be asked for soon, this file included */
  async digest(job: FileJob, ahead: number): Promise<FileDigest> {
    const read = (): Promise<FileDigest> => this.#read(job, ahead);
    return this.#memo === undefined ? read() : this.#memo.digest(job, read);
  }

  /** As `digest` in a thread, without a promise where nobody else asks for the same. */
  ask(job: FileJob, resolve: (digest: FileDigest) => void, reject: (error: unknown) => void): void {
    const isSimple = this.#memo === undefined && job.file.size < WORTH_THREAD && !this.#isAlone;
    if (isSimple) this.#enqueue({ job, resolve: (result) => resolve(result as FileDigest), reject });
    else this.digest(job, Number.POSITIVE_INFINITY).then(resolve, reject);
  }

  async #read(job: FileJob, ahead: number): Promise<FileDigest> {
    if (ahead < WORTH_THREAD && !this.#hasThread) return (await this.#inPlace(job)) as FileDigest;
    const { file, layouts } = job;
    const isOneOfMany = Math.max(ahead, this.#queuedBytes) >= MANY * file.size;
    if (file.size >= WORTH_THREAD && !isOneOfMany && layouts.length > 0 && canSplit(layouts)) {
      const parts = distinctParts(layouts);
      // Of two threads the whole takes one.
      const passes = (this.width > 2 ? parts : [parts.flat()]).filter(({ length }) => length > 0);
      const [whole, ...digests] = await settleAll([
        this.#inThread({ file, what: 'whole' }),
        ...passes.map((own) => this.#inThread({ file, what: 'parts', parts: own })),
      ]);
      return joined(whole as WholeDigest, layouts, (digests as (readonly PartDigest[])[]).flat());
    }
    return (await this.#inThread(job)) as FileDigest;
  }

  /** @param ahead bytes that will be asked for soon, this file included */
  async encode(job: EncodeJob, ahead: number): Promise<EncodedFile> {
    if (ahead < WORTH_THREAD_TO_ENCODE && !this.#hasThread) return (await this.#inPlace(job)) as EncodedFile;
    return (await this.#inThread(job)) as EncodedFile;
  }

  /** Starts a thread that will be needed: it takes 100 ms to be ready, in which this one has other things to do. */
  warm(): void {
    if (!this.#hasUseForThreads || this.#sent.size > 0) return;
    const worker = this.#spawn();
    if (worker !== undefined) this.#send(worker, []);
  }

  /** Whether there is one for which small work need not wait: it has answered what `warm` sent. */
  get #hasThread(): boolean {
    return [...this.#sent.values()].some(({ batches }) => batches[0]?.length !== 0);
  }

  /** Whether a thread has nothing to do, or less than another one that goes through the same file. */
  get isIdle(): boolean {
    const isFree = [...this.#sent.values()].some(({ batches }) =>
      batches.every((tasks) => tasks.every(({ job }) => costOf(job) < job.file.size)),
    );
    return this.#queue.length === 0 && (isFree || this.#sent.size < this.width);
  }

  /**
   * `undefined`: the file is not of a size to be cut, or could not be read; whoever digests it says why.
   *
   * @param older chunks of an older version of it: the more they have in common, the sooner it is done
   */
  async chunks(file: LocalFile, older?: Chunks): Promise<Chunks | undefined> {
    const unit = chunkUnit(file.size, older);
    if (unit === undefined) return undefined;
    // Files of quite another size have chunks of another unit.
    const isAlike = older !== undefined && areOfUnit(older, unit);
    const read = (): Promise<Chunks | undefined> =>
      this.#inThread({ file, unit, ...(isAlike ? { older } : {}) }).then(
        (chunks) => chunks as Chunks,
        () => undefined,
      );
    return this.#memo === undefined ? read() : this.#memo.chunks(file, read);
  }

  /** A file of which something was digested that it does not hold: what is asked of it next is read. */
  forget(file: LocalFile): void {
    this.#memo?.forget(file);
  }

  /**
   * Of bytes that nobody changes meanwhile; in a thread where they lie in shared memory.
   *
   * @param ahead bytes that will be asked for soon, these included
   */
  async digestBytes(bytes: Buffer, ahead: number): Promise<Md5> {
    const isShared = bytes.buffer instanceof SharedArrayBuffer;
    if (!isShared || bytes.length < WORTH_TELLING || !this.#isWorthThread(ahead)) return md5Of(bytes);
    try {
      return (await this.#inThread({ file: { size: bytes.length }, bytes })) as Md5;
    } catch {
      // The thread died, or was ended: a run that is stopped takes in what has arrived.
      return md5Of(bytes);
    }
  }

  /**
   * A digest of a file that is about to be written, made meanwhile. `undefined`: another one is at it, or no thread is
   * to be had for it.
   *
   * @param ahead bytes that will be asked for soon, the file included
   */
  grow(path: string, ahead: number): GrowingDigest | undefined {
    // Of several each would have a message on its way, and all other work of the thread would wait.
    if (this.#isGrowing || !this.#isWorthThread(ahead)) return undefined;
    const worker = this.#oneThread();
    if (worker === undefined) return undefined;
    this.#isGrowing = true;
    const send = (job: GrowingJob): Promise<JobResult> =>
      new Promise((resolve, reject) => {
        if (this.#sent.has(worker)) this.#send(worker, [{ job, resolve, reject }]);
        else reject(new Error('the thread is gone'));
      });
    return new GrowingDigest(path, this.#grown++, send, () => {
      this.#isGrowing = false;
    });
  }

  /**
   * Digests files beside each other, in one thread, in one go.
   *
   * @param ahead bytes that will be asked for soon, these included
   */
  digestTogether(jobs: readonly FileJob[], ahead: number): readonly Promise<FileDigest>[] {
    const isWorthIt = areSeveral(jobs) && this.#isWorthThread(ahead);
    // One keeps up with the network, and each takes a while to start.
    const worker = isWorthIt ? ([...this.#sent.keys()][0] ?? this.#spawn()) : undefined;
    if (worker === undefined) return jobs.map((job) => this.digest(job, ahead));
    const tasks: Task[] = [];
    const digests = jobs.map(
      (job) =>
        new Promise<FileDigest>((resolve, reject) => {
          tasks.push({ job, resolve: (result) => resolve(result as FileDigest), reject });
        }),
    );
    this.#send(worker, tasks);
    return digests;
  }

  /** That has nothing to do, or whichever. */
  #oneThread(): Worker | undefined {
    const idle = [...this.#sent].find(([, { batches }]) => batches.length === 0)?.[0];
    const started = idle === undefined && this.#sent.size < this.#most ? this.#spawn() : undefined;
    return idle ?? started ?? [...this.#sent.keys()][0];
  }

  /** Of what can as well be done here, or in another way. */
  #isWorthThread(ahead: number): boolean {
    return this.#hasUseForThreads && (ahead >= WORTH_THREAD || this.#hasThread);
  }

  get #hasUseForThreads(): boolean {
    return this.width > 1 && !this.#isAlone && this.#endedBy === undefined;
  }

  async digestRegion(job: RegionJob): Promise<RegionDigest> {
    return (await this.#inThread(job)) as RegionDigest;
  }

  /** While `work` goes on this thread has nothing better to do than to hash small files itself. */
  async helping<T>(work: () => Promise<T>): Promise<T> {
    this.#helpers++;
    try {
      this.#help();
      return await work();
    } finally {
      this.#helpers--;
    }
  }

  async #inThread(job: Job): Promise<JobResult> {
    if (this.#isAlone) return this.#inPlace(job);
    return new Promise((resolve, reject) => this.#enqueue({ job, resolve, reject }));
  }

  #enqueue(task: Task): void {
    const ended = this.#endedBy;
    if (ended !== undefined) {
      queueMicrotask(() => task.reject(ended.reason));
      return;
    }
    this.#queue.push(task);
    this.#queuedBytes += task.job.file.size;
    this.#isOrdered = false;
    if (this.#isDispatching) return;
    this.#isDispatching = true;
    // What is asked for in one go is known then: the first ones need not go by themselves.
    queueMicrotask(() => {
      this.#isDispatching = false;
      this.#dispatch();
    });
  }

  async #inPlace(job: Job): Promise<JobResult> {
    await turn();
    return this.#perform(job);
  }

  #perform(job: Job): JobResult | Promise<EncodedFile> {
    this.#scratch ??= new Scratch();
    return perform(job, this.#onAlive, this.#scratch);
  }

  /** Ends the threads that have nothing to do: each holds some 15 MiB. What is asked later starts others. */
  rest(): void {
    for (const [worker, { batches }] of this.#sent) {
      if (batches.some((tasks) => tasks.length > 0)) continue;
      this.#sent.delete(worker);
      void worker.terminate();
    }
  }

  async close(): Promise<void> {
    // Node keeps a signal made of others for ever while somebody listens to it, and with it all that they hold.
    this.#signal.removeEventListener('abort', this.#onAbort);
    await this.#end(new Error('the digests are not wanted any more'));
  }

  async #end(reason: unknown): Promise<void> {
    this.#endedBy ??= { reason };
    const workers = [...this.#sent.keys()];
    const sent = [...this.#sent.values()].flatMap(({ batches }) => batches.flat());
    const tasks = [...sent, ...this.#queue.splice(0)];
    this.#sent.clear();
    this.#queuedBytes = 0;
    for (const task of tasks) task.reject(reason);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #dispatch(): void {
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      const worker = this.#free(first);
      if (worker === undefined) break;
      this.#send(worker, this.#take());
    }
    this.#help();
  }

  #send(worker: Worker, tasks: readonly Task[]): void {
    const sent = this.#sent.get(worker);
    sent?.batches.push(tasks);
    if (sent !== undefined) sent.cost += costOfAll(tasks);
    worker.postMessage(tasks.map(orderOf));
  }

  get #worthAnother(): number {
    return this.#areLarge ? WORTH_ANOTHER_OF_LARGE : WORTH_ANOTHER;
  }

  get #areLarge(): boolean {
    return this.#queuedBytes > WORTH_ORDER * this.#queue.length;
  }

  /** The thread with the least to do, or a new one when much waits. */
  #free({ job }: Task): Worker | undefined {
    const isLarge = job.file.size >= WORTH_THREAD;
    const isWorthOne =
      this.#sent.size === 0 || isLarge || this.#queuedBytes > this.#worthAnother * this.#sent.size;
    let least: Worker | undefined;
    let leastCost = Number.POSITIVE_INFINITY;
    for (const [worker, { batches, cost }] of this.#sent) {
      if (batches.length >= BATCHES_SENT || cost >= leastCost) continue;
      least = worker;
      leastCost = cost;
    }
    return (leastCost > 0 && isWorthOne && this.#sent.size < this.#most ? this.#spawn() : undefined) ?? least;
  }

  /**
   * Fairly cut: what is left must not wait for one thread while another one idles. Whole files are taken without others,
   * as they are digested beside each other, and like sizes together: the largest one decides how long that takes.
   */
  #take(): readonly Task[] {
    if (!this.#isOrdered && this.#areLarge) {
      this.#queue.sort((a, b) => b.job.file.size - a.job.file.size);
      this.#isOrdered = true;
    }
    const first = this.#queue[0];
    const areBeside = lanesFor(first) > 0;
    // What takes long need not wait at a thread for the one before it.
    const shares = (first?.job.file.size ?? 0) > BATCH_BYTES ? this.width : this.width * BATCHES_SENT;
    const most = Math.min(BATCH_FILES, Math.ceil(this.#queue.length / shares));
    let bytes = 0;
    let count = 0;
    let lanes = 0;
    for (const task of this.#queue) {
      const { size } = task.job.file;
      const own = lanesFor(task);
      const isTooMuch = bytes + size > BATCH_BYTES && !(areBeside && lanes + own <= LANES);
      if (count > 0 && (count >= most || isTooMuch || own > 0 !== areBeside)) break;
      bytes += size;
      lanes += own;
      count++;
    }
    this.#queuedBytes -= bytes;
    return this.#queue.splice(0, count);
  }

  /** Hashes some of what waits for the threads in this one, and goes on when everything else here had its turn. */
  #help(): void {
    if (this.#helpers === 0 || this.#isHelping) return;
    // What it took from threads, which hash several files at a time, would be more than it did.
    if (this.#sent.size >= this.width) return;
    if (!isQuick(this.#queue.at(-1))) return;
    this.#isHelping = true;
    setImmediate(() => {
      this.#isHelping = false;
      if (this.#helpers === 0) return;
      for (let left = IN_ONE_GO, files = 0; left > 0 && files < FILES_IN_ONE_GO; files++) {
        const task = this.#queue.at(-1);
        if (task === undefined || !isQuick(task)) break;
        this.#queue.pop();
        this.#queuedBytes -= task.job.file.size;
        left -= task.job.file.size;
        this.#doHere(task);
      }
      this.#help();
    });
  }

  #doHere({ job, resolve, reject }: Task): void {
    try {
      resolve(this.#perform(job));
    } catch (error) {
      reject(error);
    }
  }

  /** `undefined`: no thread is to be had, or no further one. */
  #spawn(): Worker | undefined {
    let worker: Worker;
    try {
      worker = new Worker(new URL('./digest-worker.js', import.meta.url), {
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
      });
    } catch {
      // Where the system refuses one, Node throws at once.
      this.#most = this.#sent.size;
      if (this.#most === 0) this.#goAlone([]);
      return undefined;
    }
    this.#sent.set(worker, { batches: [], cost: 0 });
    let hasStarted = false;
    worker.on('message', (answers: 'alive' | readonly Answer[]) => {
      hasStarted = true;
      this.#onAlive();
      if (answers === 'alive') return;
      const sent = this.#sent.get(worker);
      const tasks = sent?.batches.shift() ?? [];
      if (sent !== undefined) sent.cost = sent.batches.length === 0 ? 0 : sent.cost - costOfAll(tasks);
      for (const [at, answer] of answers.entries()) {
        const task = tasks[at];
        if (typeof answer === 'string') task?.resolve(wholeDigest(answer));
        else if ('result' in answer) task?.resolve(answer.result);
        else task?.reject(revive(answer.error));
      }
      this.#dispatch();
    });
    worker.on('error', (error) => {
      const tasks = this.#sent.get(worker)?.batches.flat() ?? [];
      this.#sent.delete(worker);
      if (hasStarted) {
        for (const task of tasks) task.reject(error);
        this.#dispatch();
        return;
      }
      this.#goAlone(tasks);
    });
    return worker;
  }

  /** No thread is to be had (no process is left, or no file of it): what they would do is done here. */
  #goAlone(tasks: readonly Task[]): void {
    this.#isAlone = true;
    this.#queuedBytes = 0;
    for (const { job, resolve, reject } of [...tasks, ...this.#queue.splice(0)])
      this.#inPlace(job).then(resolve, reject);
  }
}

/** Every field costs time to send. */
function orderOf({ job }: Task): Order {
  if (!('layouts' in job)) return job;
  const { path, size, mtimeNs, ctimeNs, ino } = job.file;
  const file = { path, size, mtimeNs, ctimeNs, ino };
  return job.layouts.length === 0 ? file : { file, layouts: job.layouts };
}

/** Lanes that it takes beside others, 0 where it is no work for them. */
function lanesFor(task: Task | undefined): number {
  return task !== undefined && 'layouts' in task.job ? lanesOf(task.job.layouts) : 0;
}

/** What a job takes: bytes that MD5 gets through one by one in the same time. */
function costOf(job: Job): number {
  if ('unit' in job) return job.file.size / 2;
  if (!('what' in job) || job.what === 'whole') return job.file.size;
  return job.parts.reduce((sum, { size }) => sum + size, 0) / 3;
}

function costOfAll(tasks: readonly Task[]): number {
  return tasks.reduce((sum, { job }) => sum + costOf(job), 0);
}

/** Whether it is done here while the threads are busy. */
function isQuick(task: Task | undefined): boolean {
  return task !== undefined && 'layouts' in task.job && task.job.file.size <= IN_ONE_GO;
}

function revive(error: ToldError): Error {
  if (error.name === 'FileChangedError') return new FileChangedError(error.message);
  return Object.assign(new Error(error.message), error);
}
