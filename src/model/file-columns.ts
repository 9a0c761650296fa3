import type { Files, LocalFile } from './objects.js';

/**
 * Files by their place, for whoever asks a little of each of many: a `FileTable` makes a file anew each time, which costs
 * more than to read what is asked.
 */
export interface FileColumns {
  readonly length: number;
  /** Row in the table of names that the files share; -1: they share none. */
  rowAt(place: number): number;
  nameAt(place: number): string;
  /** Bytes. */
  sizeAt(place: number): number;
  at(place: number): LocalFile;
  /** Whether their paths are known to ascend as their names do. */
  readonly areByPath: boolean;
}

export function columnsOf(files: Files): FileColumns {
  return files.columns ?? new Held(Array.isArray(files) ? (files as readonly LocalFile[]) : [...files]);
}

export function* namesOf(files: Files): Generator<string, undefined> {
  const columns = columnsOf(files);
  for (let place = 0; place < columns.length; place++) yield columns.nameAt(place);
}

/** Bytes of all of them. */
export function totalSize(files: Files): number {
  const columns = columnsOf(files);
  let bytes = 0;
  for (let place = 0; place < columns.length; place++) bytes += columns.sizeAt(place);
  return bytes;
}

export function* sizesOf(files: Files): Generator<number, undefined> {
  const columns = columnsOf(files);
  for (let place = 0; place < columns.length; place++) yield columns.sizeAt(place);
}

/** Files that are objects already. */
class Held implements FileColumns {
  readonly areByPath = false;
  readonly #files: readonly LocalFile[];

  constructor(files: readonly LocalFile[]) {
    this.#files = files;
  }

  get length(): number {
    return this.#files.length;
  }

  rowAt(): number {
    return -1;
  }

  nameAt(place: number): string {
    return this.#files[place]!.name;
  }

  sizeAt(place: number): number {
    return this.#files[place]!.size;
  }

  at(place: number): LocalFile {
    return this.#files[place]!;
  }
}
