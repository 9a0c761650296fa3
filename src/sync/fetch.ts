import type { BigIntStats } from 'node:fs';
import {
  constants,
  copyFile,
  type FileHandle,
  lstat,
  open,
  readdir,
  rename,
  rm,
  unlink,
} from 'node:fs/promises';
import { join } from 'node:path';
import { FileCalls, type FileTraits, giveTraits, unlessAbsent } from '../disk/file-calls.js';
import { baseOf, InTheWayError, parentOf, type TargetDirectory } from '../disk/target-directory.js';
import { forEachConcurrent } from '../model/concurrency.js';
import { classifyETag, EMPTY_MD5, type ETag, type Md5, md5Of } from '../model/digest.js';
import { partsOf, uniformLayout } from '../model/digest-index.js';
import type { ExitCode } from '../model/errors.js';
import type { Emit, StepOutcome } from '../model/events.js';
import {
  type FileAttributes,
  fileAttributes,
  metadataMd5,
  type SourceForm,
  storedSource,
} from '../model/headers.js';
import type { ObjectKey } from '../model/object-key.js';
import { type LocalFile, objectOf, type RemoteObject } from '../model/objects.js';
import type { Target } from '../model/options.js';
import { isLarge } from '../model/part-sizes.js';
import type {
  Condition,
  CopyStep,
  DeleteStep,
  DownloadStep,
  LinkStep,
  RefreshStep,
  StagedStep,
  Step,
  WriteStep,
} from '../model/plan.js';
import {
  etagsProve,
  type ObjectHead,
  type ReadableStore,
  StoreError,
  type Wanted,
} from '../store/object-store.js';
import { BodyArena } from './body-arena.js';
import { decodeTo, looksEncoded, WrongContentError } from './decode.js';
import type { DigestPool } from './digest-pool.js';
import { failedOutcome, type Performer } from './execute.js';
import { explain } from './explain.js';
import { asFailure, changed, collision, foreign } from './fetch-failures.js';
import { FileChangedError, type FileDigest, type FileJob, md5At } from './file-bytes.js';
import { GatheredDigests } from './gathered-digests.js';
import type { GrowingDigest } from './growing-digest.js';
import { markOfPartial, progressName, resumableName, temporaryName } from './local-names.js';
import { statFields } from './lstat.js';
import { addRange, doneRanges, isInUse, isSameInode, linesOf, openPartial } from './partial-file.js';
import { errorCode, isGone } from './system-error.js';
import { type Evidence, isJudgedWhole, Verifier } from './verify.js';

/** Bodies held in memory at a time, over all requests. Bytes. */
const BODY_BYTES = 40 * 1024 * 1024;

/** Ranges of one object in flight: as many as there is room for. */
const RANGES_IN_FLIGHT = 5;

/** What one request fetches of a large object. Bytes. */
const RANGE = 8 * 1024 * 1024;

/** A body of this size is digested beside others, from its file: a message to a thread for each would cost as much. Bytes. */
const WORTH_GATHERING = 1024 * 1024;

/** A file of this size, or that is half of all, is digested while it is written: at the end it would be waited for. Bytes. */
const WORTH_GROWING = 64 * 1024 * 1024;

/** At a file that another run has just named: a third one may give the name to its own. */
const LOOKS = 3;

/** Permission bits that an object may set; it may make nothing run as somebody else. */
const MODE_BITS = 0o777;

/** Those that it may not. */
const SPECIAL_BITS = 0o7000;

export interface FetchOptions {
  readonly store: ReadableStore;
  readonly directory: TargetDirectory;
  readonly target: Target;
  /** Files of the target as they were met, by name. */
  readonly local: ReadonlyMap<string, LocalFile>;
  /** What HEAD said of objects already, by key. */
  readonly heads: ReadonlyMap<ObjectKey, ObjectHead>;
  /** Objects whose metadata alone says what they hold, beside an ETag that can prove it. */
  readonly claimed: ReadonlySet<ObjectKey>;
  readonly pool: DigestPool;
  /** What is to be fetched, in bytes, as far as it is known. */
  readonly bytesDue: number;
  readonly preserve: boolean;
  readonly overwrite: 'if-unchanged' | 'always';
  readonly emit: Emit;
  /** Asked before the first delete; see `Performer.beforeDeletes`. */
  readonly mayDelete: () => Promise<StepOutcome['error'] | undefined>;
  /** Told of every body that arrived, in bytes. */
  readonly onReceived: (bytes: number) => void;
  /** Nothing more is started when it is aborted. */
  readonly signal: AbortSignal;
  /** Requests in flight end with it. */
  readonly requests: AbortSignal;
}

/** An object's bytes that arrived and were proved. */
interface Fetched {
  /** Of the bytes as they are stored. */
  readonly md5: Md5;
  /** What they encode. */
  readonly form: SourceForm | undefined;
}

type Digesting = (job: FileJob) => Promise<FileDigest>;

/** A file under a temporary name, in the directory of the one that it becomes. */
interface Made {
  readonly action: 'download' | 'copy' | 'link';
  readonly name: string;
  readonly temporary: string;
  readonly md5: Md5;
  /** What the object said that it encodes. */
  readonly form: SourceForm | undefined;
  /** It came in ranges: what was written down of them goes when it has its name. */
  readonly ranged?: true;
}

/** A file of this run under its own name. */
interface Placed {
  readonly file: LocalFile;
  readonly md5: Md5;
  readonly form: SourceForm | undefined;
}

/**
 * Makes files of objects. Each is made under a temporary name in its own directory, proved, and renamed: a reader sees
 * the old file or the new one, and what is hard-linked is never written through (R3). A file that is replaced must
 * still be the one that was met.
 */
export class Fetch implements Performer {
  readonly #options: FetchOptions;
  readonly #bodies = new BodyArena(BODY_BYTES, true);
  readonly #files = new FileCalls();
  readonly #verifier: Verifier;
  readonly #digests: GatheredDigests;
  readonly #staged = new Map<ObjectKey, Made>();
  readonly #placed = new Map<ObjectKey, Placed>();
  /** Whether files that others are made from look encoded, by whether this run made them, and by name. */
  readonly #encoded = new Map<string, Promise<boolean>>();
  /** Modes that new files get, by the name of their directory. */
  readonly #modes = new Map<string, number>();
  /** Files that were met or made, where something was found under a name that was free. */
  #byInode: Map<string, LocalFile> | undefined;
  /** Files of this run, as they are now, for the index. */
  readonly published = new Map<string, { readonly file: LocalFile; readonly md5: Md5 }>();
  /** What was learned of the objects that were fetched, for the index. */
  readonly fetched = new Map<ObjectKey, Fetched>();
  /** Exit statuses of the failures met. */
  readonly exits = new Set<ExitCode>();

  constructor(options: FetchOptions) {
    this.#options = options;
    this.#verifier = new Verifier(options.store, options.requests);
    this.#digests = new GatheredDigests(options.pool, options.bytesDue);
  }

  /** Objects of which nothing but their size could be checked. */
  get unverified(): number {
    return this.#verifier.unverified;
  }

  async stage(step: StagedStep, required: boolean): Promise<StepOutcome | undefined> {
    const started = performance.now();
    try {
      this.#staged.set(step.key, await this.#make(fileStep(step)));
      return undefined;
    } catch (error) {
      if (required) return this.#failed(step, error, performance.now() - started);
      // It is made in its place.
      const { message } = explain(asFailure(error, step.key, keyOf(step)), `${step.key} is not staged`);
      this.#options.emit({ type: 'message', level: 'debug', message });
      return undefined;
    }
  }

  async write(step: WriteStep): Promise<StepOutcome> {
    const started = performance.now();
    try {
      if (step.action === 'refresh') {
        await this.#refresh(step);
        return this.#done(step, 'refresh', performance.now() - started);
      }
      const wanted = fileStep(step);
      const made = this.#staged.get(step.key) ?? (await this.#make(wanted));
      this.#staged.delete(step.key);
      await this.#place(made, step.condition, step.key);
      return this.#done(step, made.action, performance.now() - started);
    } catch (error) {
      return this.#failed(step, error, performance.now() - started);
    }
  }

  async beforeDeletes(): Promise<StepOutcome['error'] | undefined> {
    return this.#options.mayDelete();
  }

  async delete(steps: readonly DeleteStep[]): Promise<readonly StepOutcome[]> {
    const outcomes: StepOutcome[] = [];
    const emptied = new Set<string>();
    for (const step of steps) {
      const started = performance.now();
      try {
        this.#options.signal.throwIfAborted();
        await this.#delete(step);
        emptied.add(parentOf(step.key));
        outcomes.push(this.#done(step, 'delete', performance.now() - started));
      } catch (error) {
        outcomes.push(this.#failed(step, error, performance.now() - started));
      }
    }
    for (const name of emptied) await this.#options.directory.removeEmpty(name);
    return outcomes;
  }

  /** An object's bytes as they are stored, proved, under a temporary name of the target. */
  async spool(file: LocalFile): Promise<{ readonly temporary: string }> {
    return this.#fetch(file);
  }

  /** Takes away what was made and not placed; a large object, whole or half there, stays for the next run. */
  async close(): Promise<void> {
    for (const made of this.#staged.values()) {
      if (markOfPartial(made.temporary) !== undefined) await this.#discard(made.name, made.temporary);
    }
    this.#staged.clear();
  }

  #done(step: Step, action: StepOutcome['action'], ms: number): StepOutcome {
    return { step, outcome: 'done', action, sentBytes: 0, ms };
  }

  #failed(step: Step, error: unknown, ms: number): StepOutcome {
    const failure = asFailure(error, step.key, keyOf(step));
    return failedOutcome(step, failure, ms, this.#options.signal, this.exits);
  }

  async #make(step: DownloadStep | CopyStep | LinkStep): Promise<Made> {
    this.#options.signal.throwIfAborted();
    if (step.action !== 'download') {
      const made = await this.#makeAgain(step);
      if (made !== undefined) return made;
    }
    return this.#fetch(step.file);
  }

  /** From a file that is here; `undefined`: it is not what was planned, and the object is fetched. */
  async #makeAgain(step: CopyStep | LinkStep): Promise<Made | undefined> {
    const { target, preserve } = this.#options;
    const object = objectOf(step.file);
    const isAsked = preserve || (!target.asStored && (await this.#mayBeEncoded(step)));
    const head = isAsked ? await this.#head(object) : undefined;
    const form = this.#formOf(head);
    const source = this.#sourceOf(step, form);
    if (source === undefined || !(await this.#isProved(object, source.file))) return undefined;
    const attributes = this.#attributesOf(head);
    const temporary = temporaryName();
    const { name } = step.file;
    const action = await this.#duplicate(source.file, name, temporary, step.action, attributes).catch(
      unlessForbidden,
    );
    return action === undefined ? undefined : { action, name, temporary, md5: source.md5, form };
  }

  /** Whether an object may say that it encodes something: bytes that do not begin as encoded ones do encode nothing. */
  #mayBeEncoded({ file, source: { kind, key } }: CopyStep | LinkStep): Promise<boolean> | true {
    const placed = this.#placed.get(key);
    const [met, form] =
      kind === 'published' ? [placed?.file, placed?.form] : [this.#options.local.get(key), formOf(file)];
    // Of a file that was decoded the stored bytes are not here.
    if (met === undefined || form !== undefined) return true;
    const id = `${kind} ${met.name}`;
    const asked = this.#encoded.get(id) ?? looksEncoded(met.path).catch(() => true);
    this.#encoded.set(id, asked);
    return asked;
  }

  #sourceOf(
    step: CopyStep | LinkStep,
    form: SourceForm | undefined,
  ): { readonly file: LocalFile; readonly md5: Md5 } | undefined {
    if (step.source.kind === 'published') {
      const placed = this.#placed.get(step.source.key);
      // The same stored bytes are two contents when one object says that it encodes something.
      if (placed === undefined || !sameForm(placed.form, form)) return undefined;
      // What the object of the other name was said to have it may not have had.
      return form !== undefined || step.md5 === undefined || step.md5 === placed.md5 ? placed : undefined;
    }
    const file = this.#options.local.get(step.source.key);
    // What is here is the content itself: an object that turns out to encode it has another one.
    if (file === undefined || step.md5 === undefined || !sameForm(formOf(step.file), form)) return undefined;
    return { file, md5: step.md5 };
  }

  /** Whether a file has an object's bytes: what only the object's metadata says of them must be proved by its ETag. */
  async #isProved(object: RemoteObject, file: LocalFile): Promise<boolean> {
    if (!this.#options.claimed.has(object.key)) return true;
    try {
      return await this.#verifier.makes(object, (layouts) =>
        this.#options.pool.digest({ file, layouts }, file.size),
      );
    } catch (error) {
      if (error instanceof FileChangedError) return false;
      return unlessAbsent(error as NodeJS.ErrnoException) ?? false;
    }
  }

  /** `undefined`: the file is not, or no longer, the one that was met. */
  async #duplicate(
    source: LocalFile,
    name: string,
    temporary: string,
    how: 'copy' | 'link',
    attributes: FileAttributes | undefined,
  ): Promise<'copy' | 'link' | undefined> {
    let made: 'copy' | 'link' | undefined;
    try {
      made = await this.#duplicateOnce(source, name, temporary, how, attributes);
      return made;
    } catch (error) {
      // It vanished, or a link leads to it now; the target's own directory will say so again.
      if (error instanceof InTheWayError) return undefined;
      return unlessAbsent(error as NodeJS.ErrnoException);
    } finally {
      if (made === undefined) await this.#discard(name, temporary);
    }
  }

  async #duplicateOnce(
    source: LocalFile,
    name: string,
    temporary: string,
    how: 'copy' | 'link',
    attributes: FileAttributes | undefined,
  ): Promise<'copy' | 'link' | undefined> {
    const { directory, target } = this.#options;
    return directory.within(parentOf(source.name), false, (from) =>
      directory.within(parentOf(name), true, async (to) => {
        const path = join(from, baseOf(source.name));
        const there = join(to, temporary);
        const before = await lstat(path, { bigint: true });
        if (!sameFile(source, before)) return undefined;
        // Its own attributes, not those of its twin (R3).
        const own = { ...attributes, mode: attributes?.mode ?? (await this.#modeIn(parentOf(name), to)) };
        const met = statFields(before);
        // Nor does a further name run as somebody else.
        const isAlike = agrees(met, own) && (met.mode & SPECIAL_BITS) === 0;
        const isLink = how === 'link' && isAlike && (await this.#linked(path, there));
        const clone = target.duplicates === 'copy' ? 0 : constants.COPYFILE_FICLONE;
        if (!isLink) await copyFile(path, there, constants.COPYFILE_EXCL | clone);
        if (!sameFile(source, await lstat(isLink ? there : path, { bigint: true }))) return undefined;
        if (isLink) return 'link';
        await giveAttributes(there, own);
        return 'copy';
      }),
    );
  }

  /** What a new file gets in a directory: the umask is not asked where that has a default ACL, or knows one mode alone. */
  async #modeIn(name: string, at: string): Promise<number> {
    const known = this.#modes.get(name);
    if (known !== undefined) return known;
    const path = join(at, temporaryName());
    const handle = await open(path, 'wx');
    try {
      const mode = (await handle.stat()).mode & MODE_BITS;
      this.#modes.set(name, mode);
      return mode;
    } finally {
      await handle.close();
      await unlink(path);
    }
  }

  async #fetch(file: LocalFile): Promise<Made> {
    const object = objectOf(file);
    try {
      return await this.#fetchOnce(file, object);
    } catch (error) {
      // A body that is not what was said may have been damaged on its way, or what it was gone on with. That may be another
      // run's too, which wrote to it, or gave it its name.
      if (!(error instanceof WrongContentError || error instanceof FileChangedError)) throw error;
      return this.#fetchOnce(file, object, true);
    }
  }

  /** @param apart from what other runs may go on with */
  async #fetchOnce(file: LocalFile, object: RemoteObject, apart = false): Promise<Made> {
    if (object.size >= WORTH_GATHERING) {
      return this.#digests.making((digest) =>
        isLarge(object.size)
          ? this.#fetchLarge(file, object, digest, apart)
          : this.#fetchMedium(file, object, digest),
      );
    }
    if (object.size === 0) {
      const head = this.#options.preserve ? await this.#head(object) : undefined;
      return this.#keep(file, Buffer.alloc(0), EMPTY_MD5, head);
    }
    const work = async (room: Buffer): Promise<Made> => {
      this.#options.signal.throwIfAborted();
      const { body, head } = await this.#read(object, { room });
      const md5 = await this.#options.pool.digestBytes(body, this.#options.bytesDue);
      await this.#verifier.verify(object, head, bytesEvidence(body, md5));
      this.fetched.set(object.key, { md5, form: storedSource(head, md5) });
      return this.#keep(file, body, md5, head);
    };
    return this.#bodies.with(object.size, work, { turn: turnOf(object) });
  }

  /** Written before it is proved: files are digested beside each other, and memory is free for the next body meanwhile. */
  async #fetchMedium(file: LocalFile, object: RemoteObject, digestOf: Digesting): Promise<Made> {
    const { name } = file;
    const { directory, signal } = this.#options;
    const temporary = temporaryName();
    const write = async (room: Buffer): Promise<ObjectHead> => {
      signal.throwIfAborted();
      const { body, head } = await this.#read(object, { room });
      await directory.within(parentOf(name), true, (at) => this.#files.create(join(at, temporary), body, {}));
      return head;
    };
    try {
      const head = await this.#bodies.with(object.size, write, { turn: turnOf(object) });
      return await directory.within(parentOf(name), false, async (at) => {
        const path = join(at, temporary);
        const made = { ...file, ...statFields(await lstat(path, { bigint: true })), path, real: path };
        const evidence: Evidence = {
          size: made.size,
          digest: (layouts) => digestOf({ file: made, layouts }),
        };
        const md5 = await this.#verifier.verify(object, head, evidence);
        this.fetched.set(object.key, { md5, form: storedSource(head, md5) });
        return this.#finish(file, path, temporary, md5, this.#formOf(head, md5), head);
      });
    } catch (error) {
      await this.#discard(name, temporary);
      throw error;
    }
  }

  /** A proved file, under a temporary name: decoded where it is to be, with its attributes. */
  async #finish(
    file: LocalFile,
    path: string,
    temporary: string,
    md5: Md5,
    form: SourceForm | undefined,
    head: ObjectHead,
  ): Promise<Made> {
    const attributes = this.#attributesOf(head);
    if (form !== undefined) return this.#decode(file, path, temporary, form, attributes);
    if (attributes !== undefined) await giveAttributes(path, attributes);
    return { action: 'download', name: file.name, temporary, md5, form };
  }

  async #read(
    object: RemoteObject,
    wanted: Wanted,
  ): Promise<{ readonly body: Buffer; readonly head: ObjectHead }> {
    const { store, requests } = this.#options;
    const { head, bytes } = await store.getWhole(object, requests, wanted).catch(asWrongContent);
    if (head.etag !== object.etag) throw changed(object.key);
    this.#options.onReceived(bytes.length);
    return { body: bytes, head };
  }

  /** Puts a body, decoded where the object says that it is encoded, under a temporary name. */
  async #keep(file: LocalFile, body: Buffer, md5: Md5, head: ObjectHead | undefined): Promise<Made> {
    const form = this.#formOf(head, md5);
    const temporary = temporaryName();
    try {
      const traits = traitsOf(this.#attributesOf(head));
      await this.#options.directory.within(parentOf(file.name), true, async (directory) => {
        const path = join(directory, temporary);
        if (form === undefined) return this.#files.create(path, body, traits);
        const handle = await open(path, 'wx');
        try {
          await decodeTo(handle, [body], form);
          await giveTraits(handle, traits);
        } finally {
          await handle.close();
        }
      });
    } catch (error) {
      await this.#discard(file.name, temporary);
      throw error;
    }
    return { action: 'download', name: file.name, temporary, md5: form?.md5 ?? md5, form };
  }

  /**
   * A large object comes in ranges, several at a time, into a file that the next run goes on with. It is bound to the
   * ETag, and proved as a whole at the end. Where another run is at it this one makes a file of its own.
   */
  async #fetchLarge(
    file: LocalFile,
    object: RemoteObject,
    digestOf: Digesting,
    apart: boolean,
  ): Promise<Made> {
    const head = await this.#head(object);
    const { name } = file;
    const { pool, bytesDue } = this.#options;
    const common = resumableName(name, object);
    /** Its name by now. */
    let temporary = common;
    let growing: GrowingDigest | undefined;
    try {
      return await this.#options.directory.within(parentOf(name), true, async (at) => {
        const isOthers = apart || (await isInUse(join(at, progressName(common))));
        const partial = isOthers ? temporaryName() : common;
        temporary = partial;
        const path = join(at, partial);
        const grow = (): GrowingDigest | undefined => {
          const isWorthIt =
            object.size >= Math.min(WORTH_GROWING, bytesDue / 2) && isJudgedWhole(object, head);
          growing = isWorthIt ? pool.grow(path, bytesDue) : undefined;
          return growing;
        };
        const progress = join(at, progressName(partial));
        const { resumed, made, isShared } = await this.#fetchRanges(path, progress, object, head, grow);
        const met = async (): Promise<LocalFile> => {
          const there = join(at, temporary);
          const stats = await lstat(there, { bigint: true }).catch(unlessAbsent);
          // Another run is at the same object: it has taken what was written, or begun anew.
          if (stats === undefined || !isSameInode(stats, made)) throw taken();
          return { ...file, ...statFields(stats), path: there, real: there };
        };
        /** Out of the reach of other runs: each looks for the file under its name before it writes. */
        const take = async (): Promise<void> => {
          await met();
          temporary = temporaryName();
          await rename(path, join(at, temporary));
          await rm(progress, { force: true });
        };
        const judge = async (): Promise<Md5> => {
          const whole = await met();
          const isOwn = temporary === partial;
          const evidence: Evidence = {
            size: object.size,
            resumed,
            digest: async (layouts) => {
              const grown = isOwn && layouts.length === 0 ? await growing?.finish(whole) : undefined;
              return grown === undefined ? digestOf({ file: whole, layouts }) : { md5: grown, etags: [] };
            },
          };
          return this.#verifier.verify(object, head, evidence);
        };
        if (await isShared()) await take();
        let md5 = await judge();
        // What another run wrote there may have come after it was digested.
        if (temporary === partial && (await isShared())) {
          await take();
          md5 = await judge();
        }
        const there = join(at, temporary);
        this.fetched.set(object.key, { md5, form: storedSource(head, md5) });
        const form = this.#formOf(head, md5);
        const result = await this.#finish(file, there, temporary, md5, form, head);
        return temporary === partial && form === undefined ? { ...result, ranged: true } : result;
      });
    } catch (error) {
      // Nothing of it is to be gone on with.
      if (error instanceof WrongContentError || markOfPartial(temporary) !== undefined)
        await this.#discard(name, temporary);
      throw temporary === common && isGone(error) ? taken() : error;
    } finally {
      growing?.end();
    }
  }

  /**
   * Answers whether ranges of an earlier run are among them, what file they were written to, and whether another run that
   * goes on with the same file can be seen by now: each says so before it writes.
   *
   * @param grow begins a digest of the file, where this run alone has made it
   */
  async #fetchRanges(
    path: string,
    progress: string,
    object: RemoteObject,
    head: ObjectHead,
    grow: () => GrowingDigest | undefined,
  ): Promise<{
    readonly resumed: boolean;
    readonly made: BigIntStats;
    readonly isShared: () => Promise<boolean>;
  }> {
    const { signal } = this.#options;
    const done = canBeProved(object, head) ? await doneRanges(path, progress, object.size) : undefined;
    if (done === undefined) {
      await rm(path, { force: true });
      await rm(progress, { force: true });
    }
    const { handle, isNew } = await openPartial(path, progress, done === undefined);
    try {
      await handle.truncate(object.size);
      const made = await handle.stat({ bigint: true });
      const ranges = [...partsOf(uniformLayout(object.size, RANGE))].map((range, i) => ({ ...range, i }));
      const due = ranges.filter(({ i }) => done?.has(i) !== true);
      const there = new Set(done);
      const growing = isNew ? grow() : undefined;
      let first = 0;
      const advance = (): void => {
        while (there.has(first)) first++;
        growing?.advance(Math.min(first * RANGE, object.size));
      };
      await forEachConcurrent(due, RANGES_IN_FLIGHT, ({ offset, size, i }) => {
        const work = async (room: Buffer): Promise<void> => {
          signal.throwIfAborted();
          const range = { first: offset, last: offset + size - 1 };
          const { body } = await this.#read(object, { range, room });
          // Another run may have proved the file and given it its name: it is nobody's to write to from then on.
          const now = await lstat(path, { bigint: true }).catch(unlessAbsent);
          if (now === undefined || !isSameInode(now, made) || now.nlink !== 1n) throw taken();
          await writeAll(handle, body, offset);
          there.add(i);
          advance();
          // Which ranges are there is written down after their bytes.
          await addRange(progress, i);
        };
        return this.#bodies.with(size, work, { turn: turnOf(object) });
      });
      const isShared = async (): Promise<boolean> =>
        !isNew || (await linesOf(progress))?.length !== ranges.length + 1;
      return { resumed: due.length < ranges.length, made, isShared };
    } finally {
      await handle.close();
    }
  }

  async #decode(
    file: LocalFile,
    path: string,
    partial: string,
    form: SourceForm,
    attributes: FileAttributes | undefined,
  ): Promise<Made> {
    const { name } = file;
    const temporary = temporaryName();
    try {
      await this.#options.directory.within(parentOf(name), true, async (directory) => {
        const stored = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
        const handle = await open(join(directory, temporary), 'wx');
        try {
          await decodeTo(handle, stored.createReadStream({ autoClose: false }), form);
          await giveTraits(handle, traitsOf(attributes));
        } finally {
          await handle.close();
          await stored.close();
        }
      });
    } catch (error) {
      await this.#discard(name, temporary);
      throw error;
    }
    await this.#discard(name, partial);
    return { action: 'download', name, temporary, md5: form.md5, form };
  }

  /** Gives a file its name, where that is still free or still has what was met. */
  async #place(
    { name, temporary, md5, form, ranged }: Made,
    condition: Condition,
    key: ObjectKey,
  ): Promise<void> {
    const { directory, overwrite } = this.#options;
    try {
      const stats = await directory.within(parentOf(name), true, async (at) => {
        const from = join(at, temporary);
        const to = join(at, baseOf(name));
        const isFree = 'ifNoneMatch' in condition;
        // A link is made under a free name alone; where there are no links a rename must do.
        if (isFree && (await this.#linked(from, to))) {
          await this.#files.unlink(from);
        } else {
          const now = await this.#files.lstat(to);
          if (now !== undefined && !now.isFile()) throw new InTheWayError(`${name} is no regular file`);
          const other = isFree && now !== undefined ? await this.#otherNameOf(now, name, at) : undefined;
          if (other !== undefined) throw collision(name, other);
          const isAsMet = isFree
            ? now === undefined
            : now !== undefined && tokenOf(now) === condition.ifMatch;
          if (isAsMet || overwrite === 'always') {
            await this.#files.rename(from, to);
            // One file under both names keeps them: another run has linked the same twin.
            if (!isAsMet) await rm(from, { force: true });
          }
          // Another download of the same objects is done when it has made what this one would.
          else if (await this.#holds(to, md5)) await this.#files.unlink(from);
          else throw foreign(name);
        }
        if (ranged === true) await rm(join(at, progressName(temporary)), { force: true });
        return this.#files.lstat(to);
      });
      // Something else took it away again.
      if (stats === undefined) throw foreign(name);
      this.#settle(key, name, stats, md5, form);
    } catch (error) {
      await this.#discard(name, temporary);
      throw error;
    }
  }

  /**
   * Whether what was found under a name has the content that is due there. Its ctime may change meanwhile, unlike when it is
   * digested elsewhere: the other run takes its temporary name away, or links further names to it.
   */
  async #holds(path: string, md5: Md5): Promise<boolean> {
    for (let attempt = 0; attempt < LOOKS; attempt++) {
      const before = await this.#files.lstat(path);
      if (before?.isFile() !== true) return false;
      try {
        const found = await md5At(path);
        const after = await this.#files.lstat(path);
        if (after !== undefined && tokenOf(after) === tokenOf(before)) return found === md5;
      } catch (error) {
        if (!isGone(error)) unlessForbidden(error);
        return false;
      }
    }
    return false;
  }

  /** Whether a hard link could be made; a file system that has none, or no more of them, says so. */
  async #linked(from: string, to: string): Promise<boolean> {
    try {
      await this.#files.link(from, to);
      return true;
    } catch (error) {
      if (NO_LINK.has((error as NodeJS.ErrnoException).code)) return false;
      throw error;
    }
  }

  /** A file as this run leaves it: others may be made from it. */
  #settle(key: ObjectKey, name: string, stats: BigIntStats, md5: Md5, form: SourceForm | undefined): void {
    const file = this.#fileOf(name, stats);
    this.#placed.set(key, { file, md5, form });
    this.#byInode?.set(inodeOf(file), file);
    this.published.set(name, { file, md5 });
  }

  /** Another name under which a file was met or made: what is found under `name` then shows that both are one there. */
  async #otherNameOf(found: BigIntStats, name: string, at: string): Promise<string | undefined> {
    const { local } = this.#options;
    if (this.#byInode === undefined) {
      this.#byInode = new Map();
      for (const file of local.values()) this.#byInode.set(inodeOf(file), file);
      for (const { file } of this.published.values()) this.#byInode.set(inodeOf(file), file);
    }
    const other = this.#byInode.get(inodeOf(found));
    if (other === undefined || other.name === name) return undefined;
    // A file that was replaced meanwhile leaves its number to the next one.
    const now = await this.#files.lstat(other.path);
    if (now === undefined || inodeOf(now) !== inodeOf(found)) return undefined;
    // Links to one file are two names of it, as another run makes them: each is listed as it is spelled.
    return found.nlink > 1n && (await readdir(at)).includes(baseOf(name)) ? undefined : other.name;
  }

  #fileOf(name: string, stats: BigIntStats): LocalFile {
    const path = join(this.#options.target.directory, name);
    return { name, path, real: path, ...statFields(stats) };
  }

  /**
   * Mode and time of a file that has its bytes. One with further names gets a file of its own: they keep theirs. So does one
   * of another owner, to whom alone it may be done.
   */
  async #refresh({ file, key, md5, condition }: RefreshStep): Promise<void> {
    const attributes = this.#attributesOf(await this.#head(objectOf(file)));
    const { name } = file;
    const form = formOf(file);
    const local = this.#options.local.get(key);
    const { stats, isDone } = await this.#options.directory.within(parentOf(name), false, async (at) => {
      const handle = await open(join(at, baseOf(name)), constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        const now = await handle.stat({ bigint: true });
        if (local === undefined || !sameFile(local, now)) throw foreign(name);
        // Those that it has now: this run may have linked to it.
        if (now.nlink > 1n) return { stats: now, isDone: false };
        const isDone = await giveTraits(handle, traitsOf(attributes)).then(() => true, unlessForbidden);
        return { stats: await handle.stat({ bigint: true }), isDone };
      } finally {
        await handle.close();
      }
    });
    if (isDone === true) return this.#settle(key, name, stats, md5, form);
    const temporary = temporaryName();
    const action = await this.#duplicate(this.#fileOf(name, stats), name, temporary, 'copy', attributes);
    if (action === undefined) throw foreign(name);
    return this.#place({ action, name, temporary, md5, form }, condition, key);
  }

  async #delete({ key, etag }: DeleteStep): Promise<void> {
    await this.#options.directory
      .within(parentOf(key), false, async (at) => {
        const path = join(at, baseOf(key));
        if (tokenOf(await lstat(path, { bigint: true })) !== etag) throw foreign(key);
        await unlink(path);
      })
      // Its directory may be gone with it.
      .catch(unlessAbsent);
  }

  async #head(object: RemoteObject): Promise<ObjectHead> {
    const { store, heads, requests } = this.#options;
    const head = heads.get(object.key) ?? (await store.head(object.key, requests));
    if (head === undefined || head.etag !== object.etag) throw changed(object.key);
    return head;
  }

  /** @param md5 of the stored bytes, where they were read */
  #formOf(head: ObjectHead | undefined, md5?: Md5): SourceForm | undefined {
    return this.#options.target.asStored || head === undefined ? undefined : storedSource(head, md5);
  }

  #attributesOf(head: ObjectHead | undefined): FileAttributes | undefined {
    return this.#options.preserve && head !== undefined ? fileAttributes(head.metadata) : undefined;
  }

  async #discard(name: string, temporary: string): Promise<void> {
    await this.#options.directory
      .within(parentOf(name), false, async (at) => {
        await rm(join(at, temporary), { force: true });
        await rm(join(at, progressName(temporary)), { force: true });
      })
      .catch(() => undefined);
  }
}

/**
 * Small bodies need little room and no thread. Of others the largest first: those that are digested beside each other are
 * alike then, and what is waited for at the end is small.
 */
function turnOf({ size }: RemoteObject): number {
  return size < WORTH_GATHERING ? Number.NEGATIVE_INFINITY : -size;
}

/** What a file is told apart by: a link that is made of it changes its ctime, so that is no part of it. */
export function tokenOf({
  dev,
  ino,
  size,
  mtimeNs,
}: Pick<BigIntStats, 'dev' | 'ino' | 'size' | 'mtimeNs'>): ETag {
  return `file:${dev}:${ino}:${size}:${mtimeNs}` as ETag;
}

function inodeOf({ dev, ino }: Pick<BigIntStats, 'dev' | 'ino'>): string {
  return `${dev}:${ino}`;
}

function fileStep(step: WriteStep | StagedStep): DownloadStep | CopyStep | LinkStep {
  if (step.action === 'upload' || step.action === 'refresh') throw new Error(`${step.action} to a directory`);
  return step;
}

/** Of the object that a step is about, where it is about one. */
function keyOf(step: Step): string {
  return 'file' in step ? (step.file.object?.key ?? step.key) : step.key;
}

function formOf({ encoded }: LocalFile): SourceForm | undefined {
  return encoded === undefined
    ? undefined
    : { md5: encoded.md5, size: encoded.source.size, encoding: encoded.encoding };
}

function sameForm(a: SourceForm | undefined, b: SourceForm | undefined): boolean {
  return a?.md5 === b?.md5 && a?.size === b?.size && a?.encoding === b?.encoding;
}

function sameFile(file: LocalFile, now: BigIntStats): boolean {
  return now.isFile() && tokenOf(now) === tokenOf({ ...file, size: BigInt(file.size) });
}

/** Whether a file has what an object says of mode and time. */
export function agrees(file: Pick<LocalFile, 'mode' | 'mtimeNs'>, { mode, mtime }: FileAttributes): boolean {
  const sameMode = mode === undefined || (file.mode & MODE_BITS) === (mode & MODE_BITS);
  return sameMode && (mtime === undefined || secondsOf(file.mtimeNs) === BigInt(Math.floor(mtime)));
}

/** By another run that is at the same object. */
function taken(): FileChangedError {
  return new FileChangedError('another run has taken it');
}

/** A disk that is nearly full takes a part of what it is given, and says so before it fails. */
async function writeAll(handle: FileHandle, body: Buffer, offset: number): Promise<void> {
  for (let written = 0; written < body.length; ) {
    const { bytesWritten } = await handle.write(body, written, body.length - written, offset + written);
    written += bytesWritten;
  }
}

/** Whole seconds, rounded down: before 1970 too, where a division of bigints rounds up. */
export function secondsOf(ns: bigint): bigint {
  return (ns - (ns < 0n ? 999_999_999n : 0n)) / 1_000_000_000n;
}

function traitsOf(attributes: FileAttributes | undefined): FileTraits {
  const { mode, mtime } = attributes ?? {};
  return {
    ...(mode === undefined ? {} : { mode: mode & MODE_BITS }),
    // Of a number below zero Node makes the time that it is now, of a date it does not.
    ...(mtime === undefined ? {} : { time: mtime < 0 ? new Date(mtime * 1000) : mtime }),
  };
}

/** To a file that is there, through no link. */
async function giveAttributes(path: string, attributes: FileAttributes): Promise<void> {
  // A copy of a file that is read-only is so too; its owner may give it what it is to have.
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    await giveTraits(handle, traitsOf(attributes));
  } finally {
    await handle.close();
  }
}

/** What a file system answers that makes no link here, or nowhere. */
const NO_LINK: ReadonlySet<string | undefined> = new Set([
  'EPERM',
  'EMLINK',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EXDEV',
  'EEXIST',
]);

/** What is done otherwise where it may not be done so. Where nothing may be written at all, that will say so. */
function unlessForbidden(error: unknown): undefined {
  if (!['EACCES', 'EPERM'].includes(errorCode(error) ?? '')) throw error;
}

function asWrongContent(error: unknown): never {
  if (error instanceof StoreError && error.code === 'TooLarge') throw new WrongContentError(error.message);
  throw error;
}

function bytesEvidence(body: Buffer, md5: Md5): Evidence {
  return {
    size: body.length,
    digest: async (layouts) => ({
      md5,
      etags: layouts.map((layout) =>
        [...partsOf(layout)].map(({ offset, size }) => md5Of(body.subarray(offset, offset + size))),
      ),
    }),
  };
}

/**
 * Whether something can say of the whole that it is right. Where nothing can, nothing is gone on with: a range that was
 * written down and lost with the machine's power would stay a hole.
 */
function canBeProved({ etag }: RemoteObject, { encryption, metadata }: ObjectHead): boolean {
  const byETag = etagsProve(encryption) && classifyETag(etag).kind !== 'opaque';
  return byETag || metadataMd5(metadata) !== undefined;
}
