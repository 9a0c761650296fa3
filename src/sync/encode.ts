import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeOwnDirectory } from '../disk/own-directory.js';
import { forEachConcurrent } from '../model/concurrency.js';
import { classifyETag, contentId, type Md5, multipartETag } from '../model/digest.js';
import type { DigestIndex } from '../model/digest-index.js';
import { EXIT, messageOf, SyncError } from '../model/errors.js';
import type { Emit } from '../model/events.js';
import { formatSource, type HeaderDecider, SOURCE_METADATA, statedMd5 } from '../model/headers.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import { ObjectMap, type ReadonlyObjectMap } from '../model/object-map.js';
import type { Encoded, Encoding, Files, ListedObject, LocalFile } from '../model/objects.js';
import type { CompressRule } from '../model/options.js';
import { holds, parseStoredForm } from '../model/stored-form.js';
import { isDeniedOrRejected, type ReadableStore } from '../store/object-store.js';
import { beforeFirstWrite, recallFile } from './digest.js';
import type { DigestPool } from './digest-pool.js';
import { parseExcludes } from './excludes.js';
import { explain } from './explain.js';
import { FileChangedError, type FileDigest, restat } from './file-bytes.js';
import { fileId, fileState } from './file-id.js';
import { couldNotWrite, systemMessage } from './system-error.js';

export interface EncodeRequest {
  readonly rules: readonly CompressRule[];
  readonly policy: HeaderDecider;
  readonly prefix: Prefix;
  readonly listing: ReadonlyMap<ObjectKey, ListedObject>;
  readonly index: DigestIndex | undefined;
  /** The index whose lines about local files may be believed. */
  readonly fileIndex: DigestIndex | undefined;
  /** Whether a line about an object is believed alone. */
  readonly trustObjects: boolean;
  readonly store: ReadableStore;
  readonly pool: DigestPool;
  readonly emit: Emit;
  readonly onProgress: (files: number, bytes: number, totalBytes: number) => void;
  readonly signal: AbortSignal;
}

export interface EncodedTree {
  /** The tree as it is stored: an encoded file has the size and the place of its encoded bytes. */
  readonly files: Files;
  /** Of encoded files whose stored bytes lie in S3 alone: another zlib may have made them. */
  readonly adopted: ReadonlyMap<string, FileDigest>;
  /** Digests of the stored bytes of those objects. */
  readonly vouched: ReadonlyObjectMap<Md5>;
}

/** An object that holds a file's bytes encoded, as somebody vouches for. */
interface Adopted {
  readonly object: ListedObject;
  readonly md5: Md5;
}

/** One file under all of its names. */
interface Group {
  readonly encoding: Encoding;
  readonly names: [LocalFile, ...LocalFile[]];
}

/** What is known of a file under an encoding, whether it was encoded or need not be. */
interface Tried {
  readonly form: Encoded;
  /** Absent: nothing was made, as it does not pay or an object holds it. */
  readonly made?: Made;
  readonly adopted?: Adopted;
}

/** A file's bytes, encoded here. */
interface Made {
  readonly md5: Md5;
  readonly file: Settled['file'];
}

/** What a file becomes. */
interface Settled {
  readonly form: Encoded;
  readonly file: LocalFile & { readonly encoded: Encoded };
  readonly adopted?: Adopted;
}

interface SettledGroup extends Settled {
  readonly names: readonly LocalFile[];
}

/** Bytes of the files that `compress` covers, encoded: they lie in a directory of their own until the run ends. */
export class Encodings {
  readonly #pool: DigestPool;
  readonly #below: string | undefined;
  #directory: Promise<string> | undefined;
  #serial = 0;
  readonly #made = new Map<string, Promise<LocalFile>>();
  /** Of files that stay as they are what was tried, by their states. */
  readonly #incompressible = new Map<string, Encoded>();

  /** @param below where temporary files lie; absent: where the system has them */
  constructor(pool: DigestPool, below?: string) {
    this.#pool = pool;
    this.#below = below;
  }

  /**
   * Encodes what the rules cover. An object that holds the same source in the same encoding counts as what the file
   * becomes, whatever this machine's zlib would make of it: by a line of an index that may be believed, be it about the
   * object or about what the file was encoded to, else by encoding it here, else by what one HEAD says.
   */
  async encode(files: Files, request: EncodeRequest): Promise<EncodedTree> {
    const { policy, signal, pool, onProgress } = request;
    const encodingOf = encodings(request.rules);
    const groups = new Map<string, Group>();
    for (const file of files) {
      const encoding =
        file.size === 0 || file.redirect !== undefined ? undefined : encodingOf(file.page ?? file.name);
      if (encoding === undefined || policy.saysEncoding(file)) continue;
      const id = `${encoding}:${fileId(file)}`;
      const group = groups.get(id);
      if (group === undefined) groups.set(id, { encoding, names: [file] });
      else group.names.push(file);
    }
    const stored = new Map<string, LocalFile>();
    const adopted = new Map<string, FileDigest>();
    const vouched = new ObjectMap<Md5>();
    if (groups.size === 0) return { files, adopted, vouched };

    const judge = new Judge(request);
    const all: SettledGroup[] = [];
    let ahead = 0;
    for (const { names } of groups.values()) ahead += names[0].size;
    const total = ahead;
    let done = 0;
    await forEachConcurrent(groups.values(), pool.width * 2, async (group) => {
      signal.throwIfAborted();
      all.push(...(await this.#settleGroup(group, judge, ahead)));
      ahead -= group.names[0].size;
      onProgress(++done, total - ahead, total);
    });
    // Equal files become equal objects, whichever of them has one already.
    const found = new Map<string, Settled>();
    for (const settled of all)
      if (settled.adopted !== undefined) found.set(formatSource(settled.form), settled);
    for (const { names, ...own } of all) {
      const { file, adopted: from } = found.get(formatSource(own.form)) ?? own;
      for (const named of names) {
        const { name } = named;
        // Each name is asked by its own path whether it still is what was encoded.
        const source = own.form.source.name === name ? own.form.source : named;
        stored.set(name, { ...asNamed(file, named), encoded: { ...file.encoded, source } });
        if (from === undefined) continue;
        const { object, md5 } = from;
        vouched.set(object, md5);
        adopted.set(name, { md5, partMd5s: [], etags: [multipartETag([md5]), object.etag] });
      }
    }
    return { files: Array.from(files, (file) => stored.get(file.name) ?? file), adopted, vouched };
  }

  /** What the names of a file become, as far as they become anything; those that became another file's are looked at anew. */
  async #settleGroup({ encoding, names }: Group, judge: Judge, ahead: number): Promise<SettledGroup[]> {
    const all: SettledGroup[] = [];
    for (let due: readonly LocalFile[] = names; due.length > 0; ) {
      const [first, ...others] = due as Group['names'];
      const settled = await this.#settle(first, encoding, due, judge, ahead);
      if (settled === undefined) break;
      const isAsMet = settled.form.source === first;
      all.push({ ...settled, names: isAsMet ? due : [first] });
      due = isAsMet ? [] : others;
    }
    return all;
  }

  /** `undefined`: it stays what it is. */
  async #settle(
    file: LocalFile,
    encoding: Encoding,
    names: readonly LocalFile[],
    judge: Judge,
    ahead: number,
  ): Promise<Settled | undefined> {
    const remembered = await judge.remembered(file, encoding, names, ahead);
    const { form, made, ...known } = remembered ?? (await this.#encodeTwice(file, encoding, ahead));
    const adopted = known.adopted ?? (await judge.asked(form, names, made));
    if (adopted !== undefined) return { form, file: storedElsewhere(form, adopted.object.size), adopted };
    if (made === undefined) {
      this.#incompressible.set(fileState(form.source), form);
      return undefined;
    }
    this.#made.set(idOf(form), Promise.resolve(made.file));
    return { form, file: made.file };
  }

  /** The encoding under which a file was not made smaller, where it is the same file still. */
  incompressibleBy(file: LocalFile): Encoding | undefined {
    // Most runs have none, and may ask of a million files.
    return this.#incompressible.size === 0 ? undefined : this.#incompressible.get(fileState(file))?.encoding;
  }

  /** The same of their contents, by `contentId`; `undefined`: there are none, and nothing is asked of a million objects. */
  incompressible(): ReadonlyMap<string, Encoding> | undefined {
    if (this.#incompressible.size === 0) return undefined;
    const contents = new Map<string, Encoding>();
    for (const { md5, source, encoding } of this.#incompressible.values())
      contents.set(contentId(md5, source.size), encoding);
    return contents;
  }

  async #encodeTwice(file: LocalFile, encoding: Encoding, ahead: number, always = false): Promise<Tried> {
    this.#directory ??= temporaryDirectory(this.#below);
    const to = join(await this.#directory, `${++this.#serial}`);
    const once = async (source: LocalFile): Promise<Tried> => {
      const job = { file: source, encoding, to, ...(always ? { always } : {}) };
      const { md5, stored } = await this.#pool.encode(job, ahead);
      const form: Encoded = { encoding, source, md5 };
      if (stored === undefined) return { form };
      const made = { ...source, ...stored.stat, path: to, real: to, encoded: form };
      return { form, made: { md5: stored.md5, file: made } };
    };
    try {
      return await once(file);
    } catch (error) {
      if (!(error instanceof FileChangedError)) throw notEncoded(error, file);
      try {
        return await once(await restat(file));
      } catch (again) {
        throw notEncoded(again, file);
      }
    }
  }

  /**
   * The file with its bytes at hand: one whose encoded bytes lie in S3 alone is encoded here now. Throws
   * FileChangedError where the file is another one than was encoded before the plan.
   */
  async ready(file: LocalFile): Promise<LocalFile> {
    const { encoded } = file;
    if (encoded === undefined) return file;
    if (file.path === '') return this.#make(file, encoded);
    const { source } = encoded;
    if (!sameFile(source, await restat(source)))
      throw new FileChangedError('it changed after it was encoded');
    return file;
  }

  /** The file as it is now. */
  async again(file: LocalFile): Promise<LocalFile> {
    const { encoded } = file;
    if (encoded === undefined) return restat(file);
    this.#made.delete(idOf(encoded));
    return this.#make(file, { ...encoded, source: await restat(encoded.source) });
  }

  async #make(named: LocalFile, form: Encoded): Promise<LocalFile> {
    const { name } = named;
    const id = idOf(form);
    const made =
      this.#made.get(id) ??
      this.#encodeTwice(form.source, form.encoding, form.source.size, true).then((tried) => {
        if (tried.made === undefined) throw new Error(`${name} was not encoded`);
        return tried.made.file;
      });
    this.#made.set(id, made);
    return asNamed(await made, named);
  }

  async close(): Promise<void> {
    if (this.#directory === undefined) return;
    const directory = await this.#directory.catch(() => undefined);
    if (directory !== undefined) await rm(directory, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Finds objects that hold a source in an encoding. */
class Judge {
  readonly #request: EncodeRequest;
  /** Objects whose line names a source, by what it says. */
  readonly #bySource = new Map<string, ListedObject>();
  /** Sources that objects hold as they are, as encoded they would not be smaller: where lines about objects are believed. */
  readonly #incompressible = new Set<string>();
  #denied = false;

  constructor(request: EncodeRequest) {
    this.#request = request;
    const { index, listing, trustObjects } = request;
    for (const object of index === undefined ? [] : listing.values()) {
      const entry = index?.objects.get(object.key);
      if (entry === undefined || entry.etag !== object.etag || entry.size !== object.size) continue;
      const { source, md5, size, incompressible: encoding } = entry;
      if (source !== undefined && !this.#bySource.has(source)) this.#bySource.set(source, object);
      if (trustObjects && encoding !== undefined && md5 !== undefined)
        this.#incompressible.add(formatSource({ encoding, md5, source: { size } }));
    }
  }

  /**
   * Without encoding: by what this file was encoded to, which an object's ETag has to confirm; and where the index lies in
   * the destination's own bucket, by its lines about objects.
   */
  async remembered(
    file: LocalFile,
    encoding: Encoding,
    names: readonly LocalFile[],
    ahead: number,
  ): Promise<Tried | undefined> {
    const { index, trustObjects, fileIndex, pool } = this.#request;
    const known = fileIndex === undefined ? undefined : recallFile(fileIndex, file);
    const stored = parseStoredForm(known?.stored);
    if (known !== undefined && stored?.encoding === encoding) {
      const form = { encoding, source: file, md5: known.md5 };
      const { bytes } = stored;
      if (bytes === undefined) return { form };
      for (const object of this.#candidates(formatSource(form), names))
        if (holds(object, bytes)) return { form, adopted: { object, md5: bytes.md5 } };
    }
    const saysAny = this.#bySource.size + this.#incompressible.size > 0;
    if (!trustObjects || index === undefined || !saysAny) return undefined;
    let md5 = known?.md5;
    try {
      md5 ??= (await pool.digest({ file, layouts: [] }, ahead)).md5;
    } catch (error) {
      // Encoding reads it again, and says what is wrong with it.
      if (error instanceof FileChangedError) return undefined;
      throw beforeFirstWrite(error, file);
    }
    const form = { encoding, source: file, md5 };
    const source = formatSource(form);
    for (const object of this.#candidates(source, names)) {
      const entry = index.objects.get(object.key);
      if (entry?.source !== source || entry.etag !== object.etag || entry.size !== object.size) continue;
      if (entry.md5 === undefined) continue;
      return { form, adopted: { object, md5: entry.md5 } };
    }
    return this.#incompressible.has(source) ? { form } : undefined;
  }

  /** By HEAD, of objects that are not just what was encoded here and that no line knows better. */
  async asked(
    form: Encoded,
    names: readonly LocalFile[],
    made: Made | undefined,
  ): Promise<Adopted | undefined> {
    const { index } = this.#request;
    const source = formatSource(form);
    for (const object of this.#candidates(source, names)) {
      // Just what was encoded here; or of its size, and then judged as any other object is.
      const isAlike = object.size === made?.file.size;
      if (isAlike && (classifyETag(object.etag).kind !== 'md5' || (object.etag as string) === made.md5)) {
        return undefined;
      }
      const entry = index?.objects.get(object.key);
      const isKnown = entry?.etag === object.etag && entry.size === object.size;
      // What is encoded is smaller than its source.
      if (object.size >= form.source.size || (isKnown && entry.source !== source)) continue;
      const md5 = await this.#ask(object, source);
      if (md5 !== undefined) return { object, md5 };
    }
    return undefined;
  }

  /** The objects under the file's own keys, then one that the index says holds it. */
  *#candidates(source: string, names: readonly LocalFile[]): Generator<ListedObject> {
    const { prefix, listing } = this.#request;
    for (const { name } of names) {
      const object = listing.get((prefix + name) as ObjectKey);
      if (object !== undefined) yield object;
    }
    const elsewhere = this.#bySource.get(source);
    if (elsewhere !== undefined) yield elsewhere;
  }

  /** The digest of the stored bytes, where the object says that it holds the source. */
  async #ask(object: ListedObject, source: string): Promise<Md5 | undefined> {
    const { store, signal, emit } = this.#request;
    if (this.#denied) return undefined;
    try {
      const head = await store.head(object.key, signal);
      if (head === undefined || head.etag !== object.etag) return undefined;
      return head.metadata.get(SOURCE_METADATA) === source ? statedMd5(head) : undefined;
    } catch (error) {
      if (!isDeniedOrRejected(error)) throw error;
      if (this.#denied) return undefined;
      this.#denied = true;
      const message = `${explain(error, object.key).message}: no object is asked what it encodes, and what may be unchanged is sent`;
      emit({ type: 'message', level: 'notice', message });
      return undefined;
    }
  }
}

/** The last line that a name matches decides. */
function encodings(rules: readonly CompressRule[]): (name: string) => Encoding | undefined {
  const lines = rules.map(({ pattern, encoding }) => {
    const negated = pattern.startsWith('!');
    const matches = parseExcludes([negated ? pattern.slice(1) : pattern]);
    return { matches, encoding: negated ? undefined : encoding };
  });
  return (name) => lines.findLast(({ matches }) => matches?.(name, false) === true)?.encoding;
}

/** What was made of one name, under another: the page that it is a further name of is no other's. */
function asNamed({ page: _, ...made }: LocalFile, { name, page }: LocalFile): LocalFile {
  return { ...made, name, ...(page === undefined ? {} : { page }) };
}

function storedElsewhere(form: Encoded, size: number): Settled['file'] {
  return { ...form.source, path: '', real: '', size, encoded: form };
}

function sameFile(a: LocalFile, b: LocalFile): boolean {
  return a.size === b.size && a.ino === b.ino && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

function idOf({ encoding, source }: Encoded): string {
  return `${encoding}:${fileState(source)}`;
}

/** Where what is compressed lies until the run ends. */
export async function temporaryDirectory(below = tmpdir()): Promise<string> {
  try {
    return await makeOwnDirectory(below);
  } catch (cause) {
    const message = `compress: the compressed files cannot be kept in ${below} (${messageOf(cause)}): set TMPDIR to a directory that can be written; nothing was written to S3`;
    throw new SyncError('no-room', EXIT.failed, message, { cause });
  }
}

/** Either the file cannot be read, or there is no room for what it becomes. */
function notEncoded(error: unknown, file: LocalFile): SyncError {
  if (!couldNotWrite(error)) return beforeFirstWrite(error, file);
  const message = `compress: there is no room for the compressed files in ${tmpdir()} (${systemMessage(error)}): set TMPDIR to a directory with room; nothing was written to S3`;
  return new SyncError('no-room', EXIT.failed, message, { cause: error });
}
