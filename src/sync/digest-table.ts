import { EntriesMap } from '../model/entries-map.js';
import { Md5Column } from '../model/md5-column.js';
import { NameTable } from '../model/name-table.js';
import type { Files } from '../model/objects.js';
import { type FileDigest, wholeDigest } from './file-bytes.js';

/** What is known of files by their MD5s alone, by the rows of their names; `undefined`: not all of them are in tables. */
export function wholeDigestsOf(files: Files, digests: ReadonlyMap<string, unknown>): Md5Column | undefined {
  const areOfTable = digests instanceof DigestTable && digests.names === files.names;
  return areOfTable ? digests.whole : undefined;
}

/** Digests by the names of files. Most are nothing but an MD5, and take 17 bytes. */
export class DigestTable extends EntriesMap<string, FileDigest> {
  readonly names: NameTable;
  /** Of those of which nothing else is known, by the rows of the names. */
  readonly whole = new Md5Column();
  /** Those that say more. */
  readonly #others = new Map<number, FileDigest>();
  #size = 0;

  /** @param names of the files, which are kept once */
  constructor(names = new NameTable()) {
    super();
    this.names = names;
  }

  get size(): number {
    return this.#size;
  }

  set(name: string, digest: FileDigest): void {
    this.setAt(this.names.add(name), digest);
  }

  setAt(row: number, digest: FileDigest): void {
    if (!this.#hasRow(row)) this.#size++;
    const { md5, partMd5s, etags, chunks } = digest;
    if (partMd5s.length + etags.length === 0 && chunks === undefined) {
      this.whole.set(row, md5);
      this.#others.delete(row);
    } else {
      this.#others.set(row, digest);
      this.whole.clear(row);
    }
  }

  get(name: string): FileDigest | undefined {
    const row = this.names.find(name);
    return row === -1 ? undefined : this.#at(row);
  }

  has(name: string): boolean {
    const row = this.names.find(name);
    return row !== -1 && this.#hasRow(row);
  }

  *entries(): Generator<[string, FileDigest], undefined> {
    for (let row = 0; row < this.names.size; row++) {
      const digest = this.#at(row);
      if (digest !== undefined) yield [this.names.at(row), digest];
    }
  }

  #hasRow(row: number): boolean {
    return this.whole.has(row) || this.#others.has(row);
  }

  #at(row: number): FileDigest | undefined {
    const md5 = this.whole.at(row);
    return md5 === undefined ? this.#others.get(row) : wholeDigest(md5);
  }
}
