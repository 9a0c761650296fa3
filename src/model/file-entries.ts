import type { FileEntry } from './digest-index.js';
import { EntriesTable } from './entries-table.js';
import { type FileBlock, isFileRow, type Writable } from './index-rows.js';
import { Md5Column } from './md5-column.js';
import { moved } from './name-table.js';

const FIRST_ROWS = 1024;

/** What an index knows of local files, by path, in the order of its lines: 71 bytes each beside the path. */
export class FileEntries extends EntriesTable<string, FileEntry> {
  #sizes = new Float64Array(FIRST_ROWS);
  #mtimes = new BigInt64Array(FIRST_ROWS);
  #ctimes = new BigInt64Array(FIRST_ROWS);
  #inodes = new BigInt64Array(FIRST_ROWS);
  readonly #md5s = new Md5Column();
  #plain = new Uint8Array(FIRST_ROWS);
  /** Those that columns cannot hold. */
  readonly #others = new Map<number, FileEntry>();

  /** Replaces what has the same path. */
  set(path: string, entry: FileEntry): void {
    const row = this.names.add(path);
    if (row >= this.#sizes.length) this.#widen();
    const { size, mtimeNs, ctimeNs, ino, md5, plain } = entry;
    if (!isFileRow(entry)) {
      this.#others.set(row, entry);
      return;
    }
    this.#others.delete(row);
    this.#sizes[row] = size;
    this.#mtimes[row] = mtimeNs;
    this.#ctimes[row] = ctimeNs;
    this.#inodes[row] = ino;
    this.#md5s.set(row, md5);
    this.#plain[row] = plain === true ? 1 : 0;
  }

  /** As `set` of each. */
  setRows({ paths, sizes, md5s, mtimes, ctimes, inodes, plain }: FileBlock): void {
    for (const [i, path] of paths.entries()) {
      const row = this.names.add(path);
      if (row >= this.#sizes.length) this.#widen();
      this.#others.delete(row);
      this.#sizes[row] = sizes[i]!;
      this.#mtimes[row] = mtimes[i]!;
      this.#ctimes[row] = ctimes[i]!;
      this.#inodes[row] = inodes[i]!;
      this.#md5s.setBytes(row, md5s, i);
      this.#plain[row] = plain?.[i] === '1' ? 1 : 0;
    }
  }

  protected at(row: number): FileEntry {
    const other = this.#others.get(row);
    if (other !== undefined) return other;
    const entry: Writable<FileEntry> = {
      size: this.#sizes[row]!,
      mtimeNs: this.#mtimes[row]!,
      ctimeNs: this.#ctimes[row]!,
      ino: this.#inodes[row]!,
      md5: this.#md5s.at(row)!,
    };
    if (this.#plain[row] === 1) entry.plain = true;
    return entry;
  }

  #widen(): void {
    const rows = this.#sizes.length * 2;
    this.#sizes = moved(this.#sizes, new Float64Array(rows));
    this.#mtimes = moved(this.#mtimes, new BigInt64Array(rows));
    this.#ctimes = moved(this.#ctimes, new BigInt64Array(rows));
    this.#inodes = moved(this.#inodes, new BigInt64Array(rows));
    this.#plain = moved(this.#plain, new Uint8Array(rows));
  }
}
