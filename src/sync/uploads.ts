import { hasProcessEnded, processMark } from '../disk/process-mark.js';
import type { Concurrency } from '../model/concurrency.js';
import type { Md5 } from '../model/digest.js';
import { formatUpload, type UploadEntry } from '../model/digest-index.js';
import type { Emit } from '../model/events.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import type { ObjectStore, Upload } from '../store/object-store.js';
import { abortUploads } from './abort-uploads.js';
import { explain, whyNot } from './explain.js';
import type { IndexStorage } from './ports.js';

/** How far two clocks may be apart before an upload is not the one that a journal names. Milliseconds. */
const CLOCKS_APART_MS = 15 * 60_000;

export interface UploadsRequest {
  readonly store: ObjectStore;
  readonly storage: IndexStorage | undefined;
  readonly prefix: Prefix;
  /** What earlier runs journalled. */
  readonly journalled: ReadonlyMap<string, UploadEntry>;
  /** Milliseconds; journalled uploads of runs that may still be at work are aborted when they are this old. */
  readonly abortAfterMs: number;
  /** Whether no other run can be at work. */
  readonly alone: boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly concurrency: Concurrency;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** What an upload is begun for; an earlier one for just this is gone on with. */
export interface Purpose {
  readonly key: ObjectKey;
  readonly md5: Md5;
  /** Bytes. */
  readonly size: number;
  /** As `formatLayout` has it. */
  readonly parts: string;
  readonly headers: string;
}

/** The uploads that are not ended: those that this run begins, and those that earlier runs left behind. */
export class Uploads {
  readonly #request: UploadsRequest;
  readonly #left: Map<string, UploadEntry>;
  /** Ids of those that were left to a key; some of them are ended or taken by now. */
  readonly #idsAt = new Map<ObjectKey, string[]>();
  readonly #open = new Map<string, UploadEntry>();
  /** Taken, and their runs may still be at work. */
  readonly #shared = new Map<string, UploadEntry>();
  #journalFailed = false;

  private constructor(request: UploadsRequest, left: Map<string, UploadEntry>) {
    this.#request = request;
    this.#left = left;
    for (const [id, { key }] of left) {
      const ids = this.#idsAt.get(key);
      if (ids === undefined) this.#idsAt.set(key, [id]);
      else ids.push(id);
    }
  }

  /**
   * Believes a journal of this machine or of the destination's own bucket. One that others may have written is
   * believed only of uploads that S3 lists under that key, begun when the journal says.
   */
  static async load(request: UploadsRequest): Promise<Uploads> {
    const { storage, store, prefix, journalled, emit, signal } = request;
    const left = new Map([...journalled].filter(([, { key }]) => key.startsWith(prefix)));
    const trusted = storage !== undefined && (storage.trust.local || storage.trust.remote);
    if (left.size === 0 || trusted) return new Uploads(request, left);
    const confirmed = new Map<string, UploadEntry>();
    try {
      const places = store.uploadsByKey ? new Set([...left.values()].map(({ key }) => key)) : [prefix];
      for (const place of places) {
        for await (const page of store.listUploads(place, signal)) {
          for (const { key, id, begun } of page) {
            const entry = left.get(id);
            if (entry?.key !== key || Math.abs(begun - entry.begun) > CLOCKS_APART_MS) continue;
            confirmed.set(id, entry);
          }
        }
      }
    } catch (error) {
      signal.throwIfAborted();
      const { message } = explain(error, 'uploads of an interrupted run');
      emit({ type: 'message', level: 'notice', message: `${message}: they are left to a lifecycle rule` });
    }
    return new Uploads(request, confirmed);
  }

  /** Aborts what earlier runs left behind but for what is still wanted, unless its run may be at work. */
  async abortLeftOvers(wanted: (entry: UploadEntry) => boolean): Promise<void> {
    const due: Upload[] = [];
    for (const [id, entry] of this.#left)
      if (!wanted(entry) && this.#isOver(entry)) due.push({ key: entry.key, id, encryption: undefined });
    const aborted = await abortUploads(due, 'that an earlier run left behind', this.#request);
    for (const { id } of aborted) this.#left.delete(id);
    if (aborted.length === 0) return;
    const what = aborted.length === 1 ? '1 upload was' : `${aborted.length} uploads were`;
    const message = `${what} aborted that an interrupted run left behind`;
    this.#request.emit({ type: 'message', level: 'debug', message });
  }

  #isOver({ begun, process }: UploadEntry): boolean {
    const { alone, storage, now, abortAfterMs } = this.#request;
    if (alone || storage?.journal.ofEndedRuns === true || now() - begun >= abortAfterMs) return true;
    // What this process began before this run was of a run that has ended.
    return process === processMark() || hasProcessEnded(process) === true;
  }

  /** An upload that an earlier run began for the same. It is this run's from now on. */
  async take(purpose: Purpose): Promise<Upload | undefined> {
    const { key, md5, size, parts, headers } = purpose;
    for (const id of this.#idsAt.get(key) ?? []) {
      const entry = this.#left.get(id);
      if (entry?.md5 !== md5 || entry.size !== size) continue;
      if (entry.parts !== parts || entry.headers !== headers) continue;
      this.#left.delete(id);
      if (!this.#isOver(entry)) this.#shared.set(id, entry);
      // Of a journal elsewhere (C18) a forged line would say it of an upload of another content.
      const isBelieved = this.#request.storage?.trust.remote === true;
      const upload = { key, id, encryption: isBelieved ? entry.sentUnder : undefined };
      await this.#journal(upload, { ...entry, process: processMark() });
      return upload;
    }
    return undefined;
  }

  /** Lets go of an upload that was taken and is of no use. Whether it is to be aborted; else it is left to its run. */
  drop({ id }: Upload): boolean {
    const entry = this.#shared.get(id);
    if (entry === undefined) return true;
    this.#open.delete(id);
    this.#left.set(id, entry);
    return false;
  }

  /**
   * Journals an upload, before its first part. A journal that cannot be written costs a warning, never the run.
   *
   * @param sentUnder as the journal has it
   */
  async begun(upload: Upload, purpose: Purpose, sentUnder?: string): Promise<void> {
    const begun = this.#request.now();
    const under = sentUnder === undefined ? {} : { sentUnder };
    await this.#journal(upload, { ...purpose, begun, process: processMark(), ...under });
  }

  async #journal({ id }: Upload, entry: UploadEntry): Promise<void> {
    const { storage, signal, emit } = this.#request;
    this.#open.set(id, entry);
    if (storage === undefined || this.#journalFailed) return;
    try {
      await storage.journal.append(formatUpload(id, entry), signal);
    } catch (error) {
      signal.throwIfAborted();
      if (this.#journalFailed) return;
      this.#journalFailed = true;
      const message = `the journal of uploads cannot be written (${whyNot(error, storage.place)}): should this run be killed, a lifecycle rule must abort what it leaves behind`;
      emit({ type: 'message', level: 'warning', message });
    }
  }

  ended({ id }: Upload): void {
    this.#open.delete(id);
    this.#left.delete(id);
  }

  /** Whether the next run will know of an upload that this one leaves open, even if no index is written. */
  get journalled(): boolean {
    return this.isKept && !this.#journalFailed;
  }

  /** Whether the next run will know of it from the index. */
  get isKept(): boolean {
    const { storage } = this.#request;
    return storage !== undefined && storage.whyNotKept?.() === undefined;
  }

  /** How many are not ended. */
  get count(): number {
    return this.#left.size + this.#open.size;
  }

  /** What the index must name. */
  left(): ReadonlyMap<string, UploadEntry> {
    return new Map([...this.#left, ...this.#open]);
  }
}
