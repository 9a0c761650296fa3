import { parseMd5 } from './digest.js';
import type { FileEntry, ObjectEntry } from './digest-index.js';
import { fits } from './name-table.js';
import { Numbering } from './numbering.js';

/*
 * Most of what an index says is a few plain members of many objects or files. A line for each costs more to read and to
 * write than all else of a run in which nothing changed; as columns JSON has few values to make, and they are told apart
 * by their place.
 */

/** Rows of one line: what a damaged one takes along. */
const ROWS = 1000;

/** Names of one line. Characters: JSON may take six bytes for each. */
const NAME_CHARS = 96 * 1024;

const MD5_DIGITS = 32;
const HEX = /^[0-9a-f]*$/;
const BITS = /^[01]*$/;

/** In place of what a row does not have. */
export const NONE = -1;

/** Objects of one line as columns: what a line of their own would say of each. */
interface ObjectRowColumns {
  readonly key: readonly string[];
  readonly size: readonly number[];
  /** 32 hex digits a row. */
  readonly md5: string;
  /** Likewise; absent: they are the MD5s. */
  readonly etag?: string;
  /** Distinct ones, and the place of each row's among them. */
  readonly headers?: readonly [readonly string[], readonly number[]];
  readonly modified?: readonly number[];
  readonly written?: readonly number[];
}

const OBJECT_COLUMNS: ReadonlySet<string> = new Set<keyof ObjectRowColumns>([
  'key',
  'size',
  'md5',
  'etag',
  'headers',
  'modified',
  'written',
]);

/** Local files of one line as columns. */
interface FileRowColumns {
  readonly path: readonly string[];
  readonly size: readonly number[];
  readonly md5: string;
  /** 64 bits a row, base64; in the byte order of the machine whose files they are. */
  readonly mtimeNs: string;
  readonly ctimeNs: string;
  readonly ino: string;
  /** A 1 or a 0 a row; absent: zeros. */
  readonly plain?: string;
}

const FILE_COLUMNS: ReadonlySet<string> = new Set<keyof FileRowColumns>([
  'path',
  'size',
  'md5',
  'mtimeNs',
  'ctimeNs',
  'ino',
  'plain',
]);

/** Whether columns can say all of it. */
export function isObjectRow(entry: ObjectEntry): boolean {
  const { etag, md5, parts, chunks, source, incompressible, extra } = entry;
  if (md5 === undefined || entry.class !== undefined || incompressible !== undefined) return false;
  if (parts !== undefined || chunks !== undefined || source !== undefined || extra !== undefined)
    return false;
  return (etag as string) === md5 || parseMd5(etag) !== undefined;
}

/** Whether columns can say all of it. */
export function isFileRow({ mtimeNs, ctimeNs, ino, etag, stored, extra }: FileEntry): boolean {
  if (etag !== undefined || stored !== undefined || extra !== undefined) return false;
  return fits(mtimeNs) && fits(ctimeNs) && fits(ino);
}

/** Gathers objects for one line. */
export class ObjectRows {
  readonly #keys: string[] = [];
  readonly #sizes: number[] = [];
  #md5s = '';
  #etags = '';
  readonly #headers: number[] = [];
  readonly #headerDigests = new Numbering();
  readonly #modified: number[] = [];
  readonly #written: number[] = [];
  #chars = 0;

  get length(): number {
    return this.#keys.length;
  }

  /** By what was added alone: the same objects always make the same lines. */
  get isFull(): boolean {
    return this.length === ROWS || this.#chars >= NAME_CHARS;
  }

  /** @param entry as `isObjectRow` wants it */
  add(key: string, entry: ObjectEntry): void {
    const { etag, size, md5, headers, modified, written } = entry;
    this.#keys.push(key);
    this.#sizes.push(size);
    this.#md5s += md5;
    this.#etags += etag;
    this.#headers.push(headers === undefined ? NONE : this.#headerDigests.numberOf(headers));
    this.#modified.push(modified ?? NONE);
    this.#written.push(written ?? NONE);
    this.#chars += key.length;
  }

  get columns(): ObjectRowColumns {
    const { texts } = this.#headerDigests;
    return {
      key: this.#keys,
      size: this.#sizes,
      md5: this.#md5s,
      ...(this.#etags === this.#md5s ? {} : { etag: this.#etags }),
      ...(texts.length === 0 ? {} : { headers: [texts, this.#headers] }),
      ...(this.#modified.every(isNone) ? {} : { modified: this.#modified }),
      ...(this.#written.every(isNone) ? {} : { written: this.#written }),
    };
  }
}

/** Gathers local files for one line. */
export class FileRows {
  readonly #paths: string[] = [];
  readonly #sizes: number[] = [];
  #md5s = '';
  readonly #mtimes = new BigInt64Array(ROWS);
  readonly #ctimes = new BigInt64Array(ROWS);
  readonly #inodes = new BigInt64Array(ROWS);
  #plain = '';
  #chars = 0;

  get length(): number {
    return this.#paths.length;
  }

  get isFull(): boolean {
    return this.length === ROWS || this.#chars >= NAME_CHARS;
  }

  /** @param entry as `isFileRow` wants it */
  add(path: string, { size, mtimeNs, ctimeNs, ino, md5, plain }: FileEntry): void {
    const row = this.length;
    this.#paths.push(path);
    this.#sizes.push(size);
    this.#md5s += md5;
    this.#mtimes[row] = mtimeNs;
    this.#ctimes[row] = ctimeNs;
    this.#inodes[row] = ino;
    this.#plain += plain === true ? '1' : '0';
    this.#chars += path.length;
  }

  get columns(): FileRowColumns {
    return {
      path: this.#paths,
      size: this.#sizes,
      md5: this.#md5s,
      mtimeNs: base64(this.#mtimes, this.length),
      ctimeNs: base64(this.#ctimes, this.length),
      ino: base64(this.#inodes, this.length),
      ...(this.#plain.includes('1') ? { plain: this.#plain } : {}),
    };
  }
}

/** Objects of a line whose columns are whole. */
export interface ObjectBlock<K extends string = string> {
  readonly keys: readonly K[];
  readonly sizes: readonly number[];
  /** 16 bytes a row. */
  readonly md5s: Buffer;
  /** Likewise; absent: they are the MD5s. */
  readonly etags?: Buffer;
  /** What it says of the headers of a row. */
  readonly headers: (row: number) => string | undefined;
  /** `NONE` in place of what is not known; likewise `written`. */
  readonly modified: readonly number[] | undefined;
  readonly written: readonly number[] | undefined;
}

/** `undefined`: the line is not whole. */
export function objectBlock(value: unknown): ObjectBlock | undefined {
  if (!isRecord(value, OBJECT_COLUMNS)) return undefined;
  const { key: keys, size: sizes, md5: md5s, etag: etags = md5s, headers, modified, written } = value;
  if (!isEvery(keys, isString)) return undefined;
  const rows = keys.length;
  const isTime = (column: unknown): column is readonly number[] | undefined =>
    column === undefined || (isEvery(column, isTimeOrNone) && column.length === rows);
  if (!isEvery(sizes, isSize) || sizes.length !== rows) return undefined;
  if (!isDigits(md5s, rows) || !isDigits(etags, rows)) return undefined;
  if (!isTime(modified) || !isTime(written)) return undefined;
  const [distinct, places] = headers === undefined ? [[], undefined] : placed(headers, rows);
  if (distinct === undefined) return undefined;
  return {
    ...{ keys, sizes, modified, written },
    md5s: Buffer.from(md5s, 'hex'),
    ...(etags === md5s ? {} : { etags: Buffer.from(etags, 'hex') }),
    headers: (row) => (places === undefined || places[row] === NONE ? undefined : distinct[places[row]!]),
  };
}

/** Files of a line whose columns are whole. */
export interface FileBlock {
  readonly paths: readonly string[];
  readonly sizes: readonly number[];
  /** 16 bytes a row. */
  readonly md5s: Buffer;
  readonly mtimes: BigInt64Array;
  readonly ctimes: BigInt64Array;
  readonly inodes: BigInt64Array;
  /** A 1 or a 0 a row; absent: zeros. */
  readonly plain: string | undefined;
}

/** `undefined`: the line is not whole. */
export function fileBlock(value: unknown): FileBlock | undefined {
  if (!isRecord(value, FILE_COLUMNS)) return undefined;
  const { path: paths, size: sizes, md5, mtimeNs, ctimeNs, ino, plain } = value;
  if (!isEvery(paths, isString) || !isEvery(sizes, isSize) || sizes.length !== paths.length) return undefined;
  const rows = paths.length;
  const mtimes = words(mtimeNs, rows);
  const ctimes = words(ctimeNs, rows);
  const inodes = words(ino, rows);
  if (!isDigits(md5, rows) || mtimes === undefined || ctimes === undefined || inodes === undefined)
    return undefined;
  if (!isBits(plain, rows)) return undefined;
  return { paths, sizes, md5s: Buffer.from(md5, 'hex'), mtimes, ctimes, inodes, plain };
}

export type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A column that a newer version added may say what the others mean: such a line is not read. */
function isRecord(value: unknown, columns: ReadonlySet<string>): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.keys(value).every((name) => columns.has(name));
}

function isEvery<T>(column: unknown, is: (value: unknown) => value is T): column is readonly T[] {
  return Array.isArray(column) && column.every(is);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

export function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isTimeOrNone(value: unknown): value is number {
  return value === NONE || isSize(value);
}

function isNone(value: number): boolean {
  return value === NONE;
}

function isDigits(column: unknown, rows: number): column is string {
  return typeof column === 'string' && column.length === rows * MD5_DIGITS && HEX.test(column);
}

function isBits(column: unknown, rows: number): column is string | undefined {
  return column === undefined || (typeof column === 'string' && column.length === rows && BITS.test(column));
}

/** Texts, and the place of each row's among them; `undefined`: they are none. */
function placed(
  column: unknown,
  rows: number,
): readonly [readonly string[] | undefined, readonly number[] | undefined] {
  const [distinct, places] = Array.isArray(column) ? (column as readonly unknown[]) : [];
  if (!isEvery(distinct, isString) || !isEvery(places, isTimeOrNone) || places.length !== rows)
    return [undefined, undefined];
  return places.every((place) => place < distinct.length) ? [distinct, places] : [undefined, undefined];
}

function base64(column: BigInt64Array, rows: number): string {
  return Buffer.from(column.buffer, column.byteOffset, rows * column.BYTES_PER_ELEMENT).toString('base64');
}

function words(column: unknown, rows: number): BigInt64Array | undefined {
  if (typeof column !== 'string') return undefined;
  const bytes = new Uint8Array(Buffer.from(column, 'base64'));
  return bytes.length === rows * BigInt64Array.BYTES_PER_ELEMENT
    ? new BigInt64Array(bytes.buffer)
    : undefined;
}
