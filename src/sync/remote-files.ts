import { InPlace, QUICK_CALLS } from '../disk/in-place.js';
import { forEachConcurrent } from '../model/concurrency.js';
import type { DigestIndex } from '../model/digest-index.js';
import { REDIRECT_HEADER } from '../model/header-rules.js';
import {
  fileAttributes,
  NO_SOURCE,
  PAGE_METADATA,
  parseSource,
  type SourceForm,
  storedSource,
} from '../model/headers.js';
import type { ObjectKey } from '../model/object-key.js';
import type { LocalFile, RemoteObject } from '../model/objects.js';
import type { ObjectHead, ReadableStore } from '../store/object-store.js';
import { BEGINNING_CALLS, looksEncoded, looksEncodedInPlace } from './decode.js';
import { beforeFirstWrite, recallFile } from './digest.js';
import { agrees } from './fetch.js';
import { fileIndexOf, type LoadedIndex } from './learn.js';
import type { Planned } from './plan.js';
import type { RemoteFile, RemoteTree } from './remote-tree.js';
import type { RunFrame } from './run-frame.js';

/** Beginnings of files that are read side by side. */
const READ_AT_ONCE = 32;

/** Objects of one ending that are asked whether they are encoded, before it is taken that none is: else they are fetched. */
const ASKED_PER_ENDING = 3;

export interface RemoteFilesOptions {
  readonly store: ReadableStore;
  readonly frame: RunFrame;
  /** Objects are files as they are stored. */
  readonly asStored: boolean;
}

/** What files a bucket's objects are, as far as their headers say. */
export class RemoteFiles {
  /** What HEAD said, by key. */
  readonly heads = new Map<ObjectKey, ObjectHead>();
  /** Names of local files that begin as no encoded ones do. */
  readonly plain = new Set<string>();
  /** Objects that say of themselves that they encode nothing, where the file here leaves it open: it is empty, or begins as encoded ones do. */
  readonly sourceless = new Set<RemoteFile>();
  readonly #store: ReadableStore;
  readonly #frame: RunFrame;
  readonly #asStored: boolean;

  constructor({ store, frame, asStored }: RemoteFilesOptions) {
    this.#store = store;
    this.#frame = frame;
    this.#asStored = asStored;
  }

  /**
   * Objects that are no files of the tree: markers of directories, further names of pages, redirects. With `as-stored`
   * only the markers, which no file can be.
   */
  async withoutExtras(
    { files, listed }: RemoteTree,
    local: ReadonlyMap<string, LocalFile>,
    loaded: LoadedIndex,
  ): Promise<readonly RemoteFile[]> {
    const names = files.filter(({ name, size }) => !(size === 0 && name.endsWith('/')));
    if (this.#asStored) return names;
    // A further name has another ETag than its page where one of them was staged, or KMS encrypts them: their sizes have to do.
    // An empty file here does not say that the object is one: that it is none of these is remembered.
    const believed = fileIndexOf(loaded);
    const isFile = ({ name, object }: RemoteFile): boolean =>
      local.get(name)?.size === 0 && knownSource(believed, object) === NO_SOURCE;
    const due = names.filter((file) =>
      file.size === 0 ? !isFile(file) : listed(`${file.name}.html`)?.size === file.size,
    );
    await this.ask(due);
    const extras = new Set<LocalFile>();
    let redirects = 0;
    for (const file of due) {
      const head = this.headOf(file);
      const isRedirect = head?.fields[REDIRECT_HEADER] !== undefined;
      if (isRedirect && file.size === 0) redirects++;
      if ((isRedirect && file.size === 0) || head?.metadata.has(PAGE_METADATA) === true) extras.add(file);
      else if (file.size === 0 && head !== undefined) this.sourceless.add(file);
    }
    if (extras.size > 0) {
      const pages = extras.size - redirects;
      const what = [
        ...(pages > 0 ? [`${pages} further ${pages === 1 ? 'name' : 'names'} of pages`] : []),
        ...(redirects > 0 ? [`${redirects} ${redirects === 1 ? 'redirect' : 'redirects'}`] : []),
      ].join(' and ');
      this.#frame.notice(`${what} left out, as they are no files of the tree; as-stored takes them too`);
    }
    return extras.size === 0 ? names : names.filter((file) => !extras.has(file));
  }

  /** The files that encoded objects stand for, where there is a file that may be what they encode. */
  async decoded(
    files: readonly RemoteFile[],
    local: ReadonlyMap<string, LocalFile>,
    loaded: LoadedIndex,
  ): Promise<readonly RemoteFile[]> {
    if (this.#asStored) return files;
    const believed = fileIndexOf(loaded);
    const sources = new Map<RemoteFile, RemoteFile>();
    const byEnding = new Map<string, RemoteFile[]>();
    const alike: { readonly file: RemoteFile; readonly here: LocalFile }[] = [];
    for (const file of files) {
      const { name, size, object } = file;
      const source = knownSource(believed, object);
      if (source === NO_SOURCE) continue;
      const form = parseSource(source);
      if (form !== undefined) {
        sources.set(file, encodedFile(file, form));
        continue;
      }
      const here = local.get(name);
      // What is encoded is smaller than its source.
      if (here === undefined || size === 0 || size > here.size) continue;
      if (size === here.size) {
        const isPlain = believed !== undefined && recallFile(believed, here)?.plain === true;
        if (isPlain) this.plain.add(name);
        else alike.push({ file, here });
        continue;
      }
      const ending = endingOf(name);
      const some = byEnding.get(ending);
      if (some === undefined) byEnding.set(ending, [file]);
      else some.push(file);
    }
    const isEncoded = (file: RemoteFile): boolean => {
      const head = this.headOf(file);
      const form = head === undefined ? undefined : storedSource(head);
      if (form === undefined) return false;
      sources.set(file, encodedFile(file, form));
      return true;
    };
    // Each is asked: one that nobody asked would keep its stored bytes for good.
    const maybeStored = await this.#beginEncoded(alike);
    await this.ask(maybeStored);
    for (const file of maybeStored) {
      if (!isEncoded(file) && this.headOf(file) !== undefined) this.sourceless.add(file);
    }
    for (const some of byEnding.values()) {
      const first = some.slice(0, ASKED_PER_ENDING);
      await this.ask(first);
      const rest = some.slice(ASKED_PER_ENDING);
      if (first.filter(isEncoded).length === 0) continue;
      await this.ask(rest);
      rest.forEach(isEncoded);
    }
    return sources.size === 0 ? files : files.map((file) => sources.get(file) ?? file);
  }

  /** Those whose files here begin as encoded ones do. */
  async #beginEncoded(
    all: readonly { readonly file: RemoteFile; readonly here: LocalFile }[],
  ): Promise<readonly RemoteFile[]> {
    const inPlace = new InPlace(QUICK_CALLS);
    const encoded = new Set<RemoteFile>();
    await forEachConcurrent(all, READ_AT_ONCE, async ({ file, here }) => {
      this.#frame.signal.throwIfAborted();
      try {
        const look = (): boolean => looksEncodedInPlace(here.path);
        if (await inPlace.call(look, () => looksEncoded(here.path), BEGINNING_CALLS)) encoded.add(file);
        else this.plain.add(file.name);
      } catch (error) {
        throw beforeFirstWrite(error, here);
      }
      this.#frame.moved();
    });
    return [...encoded];
  }

  /** Asks for the headers of objects, each once. */
  async ask(files: readonly RemoteFile[]): Promise<void> {
    const store = this.#store;
    const due = files.filter((file) => this.headOf(file) === undefined);
    await forEachConcurrent(
      due,
      () => store.inFlight,
      async ({ object }) => {
        this.#frame.signal.throwIfAborted();
        const head = await store.head(object.key, this.#frame.signal);
        this.#frame.moved();
        // Gone or replaced since the listing: the fetch will say so.
        if (head !== undefined && head.etag === object.etag) this.heads.set(object.key, head);
      },
    );
  }

  headOf({ object }: RemoteFile): ObjectHead | undefined {
    return this.heads.get(object.key);
  }

  /** Files that have their bytes, and not the mode and time that their objects say. */
  async changedAttributes(
    files: readonly RemoteFile[],
    { unchanged }: Planned,
    local: ReadonlyMap<string, LocalFile>,
  ): Promise<readonly ObjectKey[]> {
    const due = files.filter(({ name }) => unchanged.has(name as ObjectKey));
    await this.ask(due);
    const changed: ObjectKey[] = [];
    for (const file of due) {
      const head = this.headOf(file);
      const here = local.get(file.name);
      if (head === undefined || here === undefined) continue;
      if (!agrees(here, fileAttributes(head.metadata))) changed.push(file.name as ObjectKey);
    }
    return changed;
  }
}

/** Names without one have one in common. */
function endingOf(name: string): string {
  const base = name.slice(name.lastIndexOf('/') + 1);
  const dot = base.lastIndexOf('.');
  return dot < 0 ? '' : base.slice(dot + 1);
}

function encodedFile(file: RemoteFile, form: SourceForm): RemoteFile {
  const { md5, size, encoding } = form;
  return { ...file, size, encoded: { encoding, md5, source: { ...file, size } } };
}

/** What an index says that an object encodes, while it is dated as it was then: metadata changes without the ETag, not without the time. */
function knownSource(
  index: DigestIndex | undefined,
  { key, etag, lastModified }: RemoteObject,
): string | undefined {
  const known = index?.objects.get(key);
  return known?.etag === etag && known.modified === lastModified ? known.source : undefined;
}
