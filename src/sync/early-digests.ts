import { chunkUnit } from '../model/chunks.js';
import { type DigestIndex, formatLayout } from '../model/digest-index.js';
import type { ListedObject, LocalFile } from '../model/objects.js';
import { MULTIPART_THRESHOLD } from '../model/part-sizes.js';
import { areWhole, idleChunks, recallMd5, wholeUnder } from './digest.js';
import type { DigestPool } from './digest-pool.js';
import type { FileDigest, FileJob } from './file-bytes.js';
import { ListedSizes } from './listed-sizes.js';

/** Below this much to hash, what a thread does ahead is not worth its start. Bytes. */
const WORTH_THREAD = 16 * 1024 * 1024;

/** Digests asked for at a time: enough for full batches to every thread. */
const IN_FLIGHT = 512;

export type EarlyPool = Pick<DigestPool, 'chunks' | 'digest' | 'helping' | 'isIdle'>;

/**
 * Digests files while the tree is still walked and the destination listed: a file whose size an object or another file
 * has is asked for later, whatever else is found. In threads, and so only where there is enough for one. What fails is
 * not told: the file is read again, and then it is.
 */
export class EarlyDigests {
  readonly sizes: ListedSizes;
  readonly #pool: EarlyPool;
  /** Files that it knows are not read. */
  readonly #fileIndex: DigestIndex | undefined;
  readonly #cuts: boolean;
  /** The first file of a size; `undefined`: there was another one, or an object. */
  readonly #firsts = new Map<number, LocalFile | undefined>();
  /** Large files whose size no object has so far. Objects say by which layouts they are read. */
  readonly #large = new Map<number, LocalFile[]>();
  readonly #due: LocalFile[] = [];
  #dueBytes = 0;
  #isStarted = false;
  #isFinished = false;
  #running = 0;
  #rest: () => void = () => undefined;
  readonly #whole = new Map<string, FileDigest>();
  readonly #parts = new Map<string, { readonly layouts: readonly string[]; readonly digest: FileDigest }>();
  /** Digested by now. */
  files = 0;
  bytes = 0;

  /**
   * @param index of the objects
   * @param fileIndex where its lines about local files may be believed
   * @param cuts large files as well, where a thread has time for it
   */
  constructor(
    pool: EarlyPool,
    index: DigestIndex | undefined,
    fileIndex: DigestIndex | undefined,
    cuts = false,
  ) {
    this.#pool = pool;
    this.#fileIndex = fileIndex;
    this.#cuts = cuts;
    this.sizes = new ListedSizes(index);
  }

  /** The walk met it. */
  found(file: LocalFile): void {
    const { size } = file;
    // Of several names of one file the digests are found by its inode, all at once.
    if (size === 0 || file.nlink > 1) return;
    if (this.sizes.has(size)) {
      this.#ask(file);
    } else if (size >= MULTIPART_THRESHOLD) {
      const large = this.#large.get(size);
      if (large === undefined) this.#large.set(size, [file]);
      else large.push(file);
    } else if (this.#firsts.has(size)) {
      this.#askFirst(size);
      this.#ask(file);
    } else {
      this.#firsts.set(size, file);
    }
  }

  /** The listing has it. */
  listed(object: ListedObject): void {
    this.sizes.add(object);
    this.#askFirst(object.size);
    const large = this.#large.get(object.size);
    if (large === undefined) return;
    this.#large.delete(object.size);
    for (const file of large) this.#ask(file);
  }

  #askFirst(size: number): void {
    const first = this.#firsts.get(size);
    if (first === undefined) return;
    this.#firsts.set(size, undefined);
    this.#ask(first);
  }

  #ask(file: LocalFile): void {
    if (this.#isFinished || (this.#fileIndex !== undefined && recallMd5(this.#fileIndex, file) !== undefined))
      return;
    this.#due.push(file);
    this.#dueBytes += file.size;
    this.#isStarted ||= this.#dueBytes >= WORTH_THREAD;
    if (this.#isStarted) this.#begin();
  }

  #begin(): void {
    while (this.#running < IN_FLIGHT) {
      const file = this.#due.pop();
      if (file === undefined) return;
      void this.#digest(file);
    }
  }

  async #digest(file: LocalFile): Promise<void> {
    const { name, size } = file;
    const layouts = size < MULTIPART_THRESHOLD ? [] : this.sizes.layoutsOf(file);
    const job: FileJob = { file, layouts };
    this.#running++;
    try {
      const cut = this.#cuts && chunkUnit(size) !== undefined ? idleChunks(this.#pool, file) : undefined;
      const whole = await this.#pool.digest(job, Number.POSITIVE_INFINITY);
      const chunks = await cut;
      const digest = chunks === undefined ? whole : { ...whole, chunks };
      if (layouts.length === 0) this.#whole.set(name, digest);
      else this.#parts.set(name, { layouts: layouts.map(formatLayout), digest });
      this.files++;
      this.bytes += size;
    } catch {
      // It is asked for again.
    }
    this.#running--;
    this.#begin();
    if (this.#running === 0) this.#rest();
  }

  /** Waits for what was begun; where that was nothing, it stays so. */
  async finish(): Promise<void> {
    this.#isFinished = true;
    if (this.#running === 0) return;
    await this.#pool.helping(() => new Promise<void>((resolve) => (this.#rest = resolve)));
  }

  /** The digests of a file, if they were made by all the layouts that are wanted. Asked for once. */
  take(file: LocalFile, layouts: FileJob['layouts']): FileDigest | undefined {
    const whole = this.#whole.get(file.name);
    this.#whole.delete(file.name);
    if (whole !== undefined && layouts.length === 0) return whole;
    if (whole !== undefined) return areWhole(layouts) ? wholeUnder(whole.md5, layouts) : undefined;
    const parts = this.#parts.get(file.name);
    if (parts === undefined) return undefined;
    const etags = layouts.map((layout) => parts.digest.etags[parts.layouts.indexOf(formatLayout(layout))]);
    const isAll = etags.every((etag) => etag !== undefined);
    return isAll ? { ...parts.digest, etags } : undefined;
  }
}
