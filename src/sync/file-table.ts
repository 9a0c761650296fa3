import { sep } from 'node:path';
import type { FileColumns } from '../model/file-columns.js';
import { fits, moved, NameTable } from '../model/name-table.js';
import type { Files, LocalFile } from '../model/objects.js';

const FIRST_ROWS = 1024;

/**
 * The files that a walk met, in rows of some 65 bytes beside their names. Files are made as they are asked for, so the same
 * one is another object each time.
 */
export class FileTable {
  readonly names = new NameTable();
  /** What all paths begin with but those of `#elsewhere`: their names follow. */
  #head: string | undefined;
  readonly #elsewhere = new Map<number, Pick<LocalFile, 'path' | 'real'>>();
  /** Times that their columns cannot hold. */
  readonly #farTimes = new Map<number, Pick<LocalFile, 'mtimeNs' | 'ctimeNs'>>();
  #sizes = new Float64Array(FIRST_ROWS);
  #mtimes = new BigInt64Array(FIRST_ROWS);
  #ctimes = new BigInt64Array(FIRST_ROWS);
  #inodes = new BigInt64Array(FIRST_ROWS);
  #links = new Uint32Array(FIRST_ROWS);
  #modes = new Uint32Array(FIRST_ROWS);
  /** Index into `#deviceNumbers`. */
  #devices = new Uint32Array(FIRST_ROWS);
  readonly #deviceNumbers: bigint[] = [];

  /** Its names may be more: what is said of files is kept by the same ones. */
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Returns its row. */
  add({ name, path, real, size, mtimeNs, ctimeNs, dev, ino, nlink, mode }: LocalFile): number {
    const row = this.names.add(name);
    // A row that nobody filled would be a file that nobody met.
    if (row > this.#length)
      throw new Error(`the table of files has ${this.#length} rows and skips to ${row}`);
    this.#length = Math.max(this.#length, row + 1);
    if (row >= this.#sizes.length) this.#widen();
    const end = pathOf(name);
    if (path.endsWith(end)) this.#head ??= path.slice(0, path.length - end.length);
    if (path === `${this.#head}${end}` && real === path) this.#elsewhere.delete(row);
    else this.#elsewhere.set(row, { path, real });
    if (fits(mtimeNs) && fits(ctimeNs)) this.#farTimes.delete(row);
    else this.#farTimes.set(row, { mtimeNs, ctimeNs });
    this.#sizes[row] = size;
    this.#mtimes[row] = mtimeNs;
    this.#ctimes[row] = ctimeNs;
    this.#inodes[row] = ino;
    this.#links[row] = nlink;
    this.#modes[row] = mode;
    const device = this.#deviceNumbers.indexOf(dev);
    this.#devices[row] = device === -1 ? this.#deviceNumbers.push(dev) - 1 : device;
    return row;
  }

  sizeAt(row: number): number {
    return this.#sizes[row]!;
  }

  at(row: number): LocalFile {
    const name = this.names.at(row);
    const elsewhere = this.#elsewhere.get(row);
    const far = this.#farTimes.size === 0 ? undefined : this.#farTimes.get(row);
    const path = elsewhere?.path ?? `${this.#head}${pathOf(name)}`;
    return {
      name,
      path,
      real: elsewhere?.real ?? path,
      size: this.#sizes[row]!,
      mtimeNs: far?.mtimeNs ?? this.#mtimes[row]!,
      ctimeNs: far?.ctimeNs ?? this.#ctimes[row]!,
      dev: this.#deviceNumbers[this.#devices[row]!]!,
      ino: this.#inodes[row]!,
      nlink: this.#links[row]!,
      mode: this.#modes[row]!,
    };
  }

  /** Whether each path is what all begin with, and the name. */
  get isOneDirectory(): boolean {
    return this.#elsewhere.size === 0;
  }

  /** All that are there now, in the order of `compareKeys`. */
  sorted(): Files {
    return new SortedFiles(this, this.names.ordered(this.length));
  }

  #widen(): void {
    const rows = this.#sizes.length * 2;
    this.#sizes = moved(this.#sizes, new Float64Array(rows));
    this.#mtimes = moved(this.#mtimes, new BigInt64Array(rows));
    this.#ctimes = moved(this.#ctimes, new BigInt64Array(rows));
    this.#inodes = moved(this.#inodes, new BigInt64Array(rows));
    this.#links = moved(this.#links, new Uint32Array(rows));
    this.#modes = moved(this.#modes, new Uint32Array(rows));
    this.#devices = moved(this.#devices, new Uint32Array(rows));
  }
}

class SortedFiles implements Files, FileColumns {
  readonly #table: FileTable;
  readonly #order: Uint32Array;

  constructor(table: FileTable, order: Uint32Array) {
    this.#table = table;
    this.#order = order;
  }

  get length(): number {
    return this.#order.length;
  }

  get names(): NameTable {
    return this.#table.names;
  }

  get columns(): FileColumns {
    return this;
  }

  get areByPath(): boolean {
    return sep === '/' && this.#table.isOneDirectory;
  }

  rowAt(place: number): number {
    return this.#order[place]!;
  }

  nameAt(place: number): string {
    return this.#table.names.at(this.#order[place]!);
  }

  sizeAt(place: number): number {
    return this.#table.sizeAt(this.#order[place]!);
  }

  at(place: number): LocalFile {
    return this.#table.at(this.#order[place]!);
  }

  *[Symbol.iterator](): Generator<LocalFile, undefined> {
    for (const row of this.#order) yield this.#table.at(row);
  }
}

/** As the system spells a name. */
function pathOf(name: string): string {
  return sep === '/' ? name : name.replaceAll('/', sep);
}
