import type { Md5 } from '../model/digest.js';
import type { JobResult } from './digest-jobs.js';
import type { GrowingJob, MetFile } from './file-bytes.js';

/** Digested at a time: a thread that is behind must come to its other work. Bytes. */
const STEP = 32 * 1024 * 1024;

/** The MD5 of a file that is being written, made by one thread as far as the beginning of the file is there. */
export class GrowingDigest {
  readonly #path: string;
  readonly #number: number;
  readonly #send: (job: GrowingJob) => Promise<JobResult>;
  readonly #onEnd: () => void;
  #upTo = 0;
  #done = 0;
  #step: Promise<void> | undefined;
  /** It failed, or nobody wants it any more. */
  #isOver = false;

  /** @param number no other one in the same thread has it */
  constructor(
    path: string,
    number: number,
    send: (job: GrowingJob) => Promise<JobResult>,
    onEnd: () => void,
  ) {
    this.#path = path;
    this.#number = number;
    this.#send = send;
    this.#onEnd = onEnd;
  }

  /** So many bytes from its beginning on are written, and will not be written again. */
  advance(upTo: number): void {
    this.#upTo = upTo;
    if (this.#step === undefined) this.#goOn();
  }

  #goOn(): void {
    const size = Math.min(STEP, this.#upTo - this.#done);
    if (size <= 0 || this.#isOver) return;
    this.#step = this.#ask(size).then(
      () => {
        this.#step = undefined;
        this.#goOn();
      },
      () => {
        this.#isOver = true;
      },
    );
  }

  async #ask(size: number, whole?: MetFile): Promise<JobResult> {
    const from = this.#done;
    this.#done += size;
    const job = { file: { path: this.#path, size }, growing: this.#number, from };
    return this.#send(whole === undefined ? job : { ...job, whole });
  }

  /** @returns `undefined`: it could not be made, or the file is not `whole` */
  async finish(whole: MetFile): Promise<Md5 | undefined> {
    while (this.#step !== undefined && !this.#isOver) await this.#step;
    if (this.#isOver || this.#done !== whole.size) return undefined;
    this.#isOver = true;
    return this.#ask(0, whole).then(
      (md5) => md5 as Md5,
      () => undefined,
    );
  }

  /** Lets another one have its place. */
  end(): void {
    this.#isOver = true;
    this.#onEnd();
  }
}
