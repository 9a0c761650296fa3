import { chunkUnit } from '../model/chunks.js';
import { type DigestIndex, formatLayout } from '../model/digest-index.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import type { ListedObject, LocalFile } from '../model/objects.js';
import { isLarge } from '../model/part-sizes.js';
import { areWhole, idleChunks, recallMd5, wholeUnder } from './digest.js';
import type { DigestPool } from './digest-pool.js';
import { DigestTable } from './digest-table.js';
import { type FileDigest, type FileJob, wholeDigest } from './file-bytes.js';
import { fileId } from './file-id.js';
import type { FileTable } from './file-table.js';
import { ListedSizes } from './listed-sizes.js';

/** Below this much to hash, what a thread does ahead is not worth its start. Bytes. */
const WORTH_THREAD = 16 * 1024 * 1024;

/** Where the index knows of more than that, so much that has to be hashed promises that the rest has to as well. Bytes. */
const SHOWS_REST = 1024 * 1024;

/** Digests asked for at a time: enough for full batches to every thread. */
const IN_FLIGHT = 2048;

/** In place of a row. */
const TAKEN = -1;

export type EarlyPool = Pick<DigestPool, 'chunks' | 'ask' | 'helping' | 'isIdle'>;

/**
 * Digests files while the tree is still walked and the destination listed: a file whose size an object or another file
 * has is asked for later, whatever else is found, and so is one that an earlier run published under its name and with
 * its size. In threads, and so only where there is enough for one. What fails is not told: the file is read again, and
 * then it is.
 */
export class EarlyDigests {
  readonly sizes: ListedSizes;
  readonly #pool: EarlyPool;
  readonly #prefix: Prefix;
  /** Tells what the listing will have before it does. */
  readonly #index: DigestIndex | undefined;
  /** Files that it knows are not read. */
  readonly #fileIndex: DigestIndex | undefined;
  readonly #cuts: boolean;
  /** Where the walk puts what it meets. */
  #files: FileTable | undefined;
  /** The row of the first file of a size; TAKEN: there was another one, or an object. */
  readonly #firsts = new Map<number, number>();
  /** Large files whose size no object has so far. */
  readonly #large = new Map<number, number[]>();
  /** Of files with further names, by `fileId`: the row whose name is read for all of them. */
  readonly #linked = new Map<string, number>();
  readonly #due: number[] = [];
  #dueBytes = 0;
  /** So many bytes due start a thread. */
  readonly #worthThread: number;
  #isStarted = false;
  #isFinished = false;
  #running = 0;
  #rest: () => void = () => undefined;
  #whole: DigestTable | undefined;
  readonly #parts = new Map<string, { readonly layouts: readonly string[]; readonly digest: FileDigest }>();
  /** Digested by now. */
  files = 0;
  bytes = 0;

  /**
   * @param prefix of the keys that files get
   * @param index of the objects
   * @param fileIndex where its lines about local files may be believed
   * @param cuts large files as well, where a thread has time for it
   */
  constructor(
    pool: EarlyPool,
    prefix: Prefix,
    index: DigestIndex | undefined,
    fileIndex: DigestIndex | undefined,
    cuts = false,
  ) {
    this.#pool = pool;
    this.#prefix = prefix;
    this.#index = index;
    this.#fileIndex = fileIndex;
    this.#cuts = cuts;
    this.#worthThread = knows(index, WORTH_THREAD) ? SHOWS_REST : WORTH_THREAD;
    this.sizes = new ListedSizes(index);
  }

  /** Of whole files alone. */
  get digests(): DigestTable | undefined {
    return this.#whole;
  }

  /** The walk met it; `file` is what is in the row. */
  found(files: FileTable, row: number, file: LocalFile): void {
    if (this.#files === undefined) {
      this.#files = files;
      this.#whole = new DigestTable(files.names);
    }
    const { name, size } = file;
    if (size === 0) return;
    const published = this.#index?.objects.get(this.#prefix + name);
    // Objects say by which parts a large file is read, which takes the listing.
    if (this.sizes.has(size) || (published?.size === size && !isLarge(size))) {
      this.#ask(row, file);
    } else if (isLarge(size)) {
      const large = this.#large.get(size);
      if (large === undefined) this.#large.set(size, [row]);
      else large.push(row);
    } else if (this.#firsts.has(size)) {
      this.#askFirst(size);
      this.#ask(row, file);
    } else {
      this.#firsts.set(size, row);
    }
  }

  /** The listing has it. */
  listed(object: ListedObject): void {
    this.sizes.add(object);
    this.#askFirst(object.size);
    const large = this.#large.get(object.size);
    if (large === undefined) return;
    this.#large.delete(object.size);
    for (const row of large) this.#ask(row);
  }

  #askFirst(size: number): void {
    const first = this.#firsts.get(size) ?? TAKEN;
    if (first === TAKEN) return;
    this.#firsts.set(size, TAKEN);
    this.#ask(first);
  }

  #ask(row: number, file = this.#files?.at(row)): void {
    if (file === undefined || this.#isFinished) return;
    const remembered = this.#fileIndex === undefined ? undefined : recallMd5(this.#fileIndex, file);
    if (remembered !== undefined) {
      // Of a large one more than that may be wanted, which takes the listing.
      if (!isLarge(file.size)) this.#whole?.setAt(row, wholeDigest(remembered));
      return;
    }
    if (file.nlink > 1) {
      const id = fileId(file);
      if (this.#linked.has(id)) return;
      this.#linked.set(id, row);
    }
    this.#due.push(row);
    this.#dueBytes += file.size;
    this.#isStarted ||= this.#dueBytes >= this.#worthThread;
    if (this.#isStarted) this.#begin();
  }

  #begin(): void {
    while (this.#running < IN_FLIGHT) {
      const row = this.#due.pop();
      if (row === undefined || this.#files === undefined) return;
      this.#digest(row, this.#files.at(row));
    }
  }

  /** Without a promise a file: most are small, and there are many. */
  #digest(row: number, file: LocalFile): void {
    const { size } = file;
    const layouts = isLarge(size) ? this.sizes.layoutsOf(file) : [];
    const job: FileJob = { file, layouts };
    const key = (this.#prefix + file.name) as ObjectKey;
    const isCut = this.#cuts && chunkUnit(size) !== undefined;
    const cut = isCut ? idleChunks(this.#pool, file, this.#index, key) : undefined;
    this.#running++;
    const learn = (digest: FileDigest): void => {
      this.#learn(row, job, digest);
      this.#end();
    };
    const learnCut = (whole: FileDigest): void =>
      void cut?.then((chunks) => learn(chunks === undefined ? whole : { ...whole, chunks }));
    // What cannot be read is asked for again.
    this.#pool.ask(job, cut === undefined ? learn : learnCut, () => this.#end());
  }

  #learn(row: number, { file, layouts }: FileJob, digest: FileDigest): void {
    if (layouts.length === 0) this.#whole?.setAt(row, digest);
    else this.#parts.set(file.name, { layouts: layouts.map(formatLayout), digest });
    this.files++;
    this.bytes += file.size;
  }

  #end(): void {
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

  /** The digests of a file, if they were made by all the layouts that are wanted. */
  take(file: LocalFile, layouts: FileJob['layouts']): FileDigest | undefined {
    const name = this.#readAs(file);
    const whole = this.#whole?.get(name);
    if (whole !== undefined && layouts.length === 0) return whole;
    if (whole !== undefined) return areWhole(layouts) ? wholeUnder(whole.md5, layouts) : undefined;
    const parts = this.#parts.get(name);
    if (parts === undefined) return undefined;
    const etags = layouts.map((layout) => parts.digest.etags[parts.layouts.indexOf(formatLayout(layout))]);
    const isAll = etags.every((etag) => etag !== undefined);
    return isAll ? { ...parts.digest, etags } : undefined;
  }

  /** The name under which its bytes were read: a hard link's may be another one. */
  #readAs(file: LocalFile): string {
    const row = file.nlink > 1 ? this.#linked.get(fileId(file)) : undefined;
    return row === undefined ? file.name : this.#files!.at(row).name;
  }
}

/** Whether an index knows of objects of so many bytes. */
function knows(index: DigestIndex | undefined, bytes: number): boolean {
  let known = 0;
  for (const { size } of index?.objects.values() ?? []) {
    known += size;
    if (known >= bytes) return true;
  }
  return false;
}
