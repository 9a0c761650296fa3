import { availableParallelism } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type Chunks, chunkUnit } from '../model/chunks.js';
import type { LocalFile } from '../model/objects.js';
import { type Job, type JobResult, perform } from './digest-jobs.js';
import type { EncodedFile, EncodeJob } from './encode-file.js';
import {
  type DigestJob,
  FileChangedError,
  type FileDigest,
  type RegionDigest,
  type RegionJob,
} from './file-bytes.js';
import type { DigestMemo } from './shared-tree.js';

/** Below this much to hash, starting threads (some 30 ms each) costs more than it saves. Bytes. */
const WORTH_THREADS = 64 * 1024 * 1024;

/** MD5 does some 600 MiB/s a core: four threads outrun every disk and line that a runner has. */
const MOST_THREADS = 4;

/** Small files go to a thread together: a message costs as much as hashing 50 KB. */
const BATCH_FILES = 64;
const BATCH_BYTES = 4 * 1024 * 1024;

/** Compressing is fifty times as slow as hashing. Bytes. */
const WORTH_THREADS_TO_ENCODE = 2 * 1024 * 1024;

/** What became of one job. */
export type Answer =
  | { readonly result: JobResult }
  | { readonly error: { readonly name: string; readonly message: string; readonly code?: string } };

interface Task {
  readonly job: Job;
  readonly resolve: (result: JobResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Digests and encodes files, in worker threads when there is enough to do. */
export class DigestPool {
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, readonly Task[]>();
  readonly #queue: Task[] = [];
  #threads = 0;
  #isAlone = false;

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

  /** @param ahead bytes that will be asked for soon, this file included */
  async digest(job: DigestJob, ahead: number): Promise<FileDigest> {
    const read = (): Promise<FileDigest> => this.#read(job, ahead);
    return this.#memo === undefined ? read() : this.#memo.digest(job, read);
  }

  async #read(job: DigestJob, ahead: number): Promise<FileDigest> {
    if (ahead < WORTH_THREADS && this.#threads === 0) return (await this.#inPlace(job)) as FileDigest;
    return (await this.#inThread(job)) as FileDigest;
  }

  /** @param ahead bytes that will be asked for soon, this file included */
  async encode(job: EncodeJob, ahead: number): Promise<EncodedFile> {
    if (ahead < WORTH_THREADS_TO_ENCODE && this.#threads === 0)
      return (await this.#inPlace(job)) as EncodedFile;
    return (await this.#inThread(job)) as EncodedFile;
  }

  /** Whether a thread has nothing to do. */
  get isIdle(): boolean {
    return this.#queue.length === 0 && this.#busy.size < this.width;
  }

  /** `undefined`: the file is not of a size to be cut, or could not be read; whoever digests it says why. */
  async chunks(file: LocalFile): Promise<Chunks | undefined> {
    const unit = chunkUnit(file.size);
    if (unit === undefined) return undefined;
    const read = (): Promise<Chunks | undefined> =>
      this.#inThread({ file, unit }).then(
        (chunks) => chunks as Chunks,
        () => undefined,
      );
    return this.#memo === undefined ? read() : this.#memo.chunks(file, read);
  }

  async digestRegion(job: RegionJob): Promise<RegionDigest> {
    return (await this.#inThread(job)) as RegionDigest;
  }

  async #inThread(job: Job): Promise<JobResult> {
    if (this.#isAlone) return this.#inPlace(job);
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, resolve, reject });
      this.#dispatch();
    });
  }

  async #inPlace(job: Job): Promise<JobResult> {
    await turn();
    return perform(job, this.#onAlive);
  }

  async close(): Promise<void> {
    // Node keeps a signal made of others for ever while somebody listens to it, and with it all that they hold.
    this.#signal.removeEventListener('abort', this.#onAbort);
    await this.#end(new Error('the digests are not wanted any more'));
  }

  async #end(reason: unknown): Promise<void> {
    const workers = [...this.#idle.splice(0), ...this.#busy.keys()];
    const tasks = [...[...this.#busy.values()].flat(), ...this.#queue.splice(0)];
    this.#busy.clear();
    for (const task of tasks) task.reject(reason);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const worker = this.#idle.pop() ?? this.#spawn();
      if (worker === undefined) return;
      const tasks = this.#nextBatch();
      this.#busy.set(worker, tasks);
      worker.postMessage(tasks.map(({ job }) => job));
    }
  }

  /** Fairly cut: what is left must not wait for one thread while another one idles. */
  #nextBatch(): readonly Task[] {
    const most = Math.min(BATCH_FILES, Math.ceil(this.#queue.length / this.width));
    let bytes = 0;
    let count = 0;
    for (const { job } of this.#queue) {
      bytes += job.file.size;
      if (count > 0 && (count >= most || bytes > BATCH_BYTES)) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  #spawn(): Worker | undefined {
    if (this.#threads >= this.width) return undefined;
    this.#threads++;
    const worker = new Worker(new URL('./digest-worker.js', import.meta.url));
    let hasStarted = false;
    worker.on('message', (answers: 'alive' | readonly Answer[]) => {
      hasStarted = true;
      this.#onAlive();
      if (answers === 'alive') return;
      const tasks = this.#busy.get(worker) ?? [];
      this.#busy.delete(worker);
      this.#idle.push(worker);
      for (const [at, answer] of answers.entries()) {
        if ('result' in answer) tasks[at]?.resolve(answer.result);
        else tasks[at]?.reject(revive(answer.error));
      }
      this.#dispatch();
    });
    worker.on('error', (error) => {
      const tasks = this.#busy.get(worker) ?? [];
      this.#busy.delete(worker);
      this.#threads--;
      if (hasStarted) {
        for (const task of tasks) task.reject(error);
        this.#dispatch();
        return;
      }
      // No thread is to be had (no process is left, or no file of it): what they would do is done here.
      this.#isAlone = true;
      for (const { job, resolve, reject } of [...tasks, ...this.#queue.splice(0)])
        this.#inPlace(job).then(resolve, reject);
    });
    return worker;
  }
}

function revive(error: { readonly name: string; readonly message: string; readonly code?: string }): Error {
  if (error.name === 'FileChangedError') return new FileChangedError(error.message);
  return Object.assign(new Error(error.message), { name: error.name, code: error.code });
}
