import { sep } from 'node:path';
import { TargetDirectory } from '../disk/target-directory.js';
import { classifyETag, EMPTY_MD5, type ETag, isOfOnePart, type Md5, multipartETag } from '../model/digest.js';
import type { ObjectEntry } from '../model/digest-index.js';
import { refusal, SyncError } from '../model/errors.js';
import type { Progress } from '../model/events.js';
import { totalSize } from '../model/file-columns.js';
import { formatSource, metadataMd5, NO_SOURCE, statedMd5 } from '../model/headers.js';
import { Listing } from '../model/listing.js';
import { ObjectEntries } from '../model/object-entries.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import { ObjectMap, type ReadonlyObjectMap } from '../model/object-map.js';
import { destinationUrl, type ListedObject, type LocalFile } from '../model/objects.js';
import { requestsInFlight, type SyncOptions, type Target } from '../model/options.js';
import { isLarge } from '../model/part-sizes.js';
import type { Plan, WriteStep } from '../model/plan.js';
import { tryArchived } from './archived.js';
import { digestTree } from './digest.js';
import { DownloadTarget } from './download-target.js';
import { execute } from './execute.js';
import { explain } from './explain.js';
import { Fetch, tokenOf } from './fetch.js';
import { asFailure } from './fetch-failures.js';
import type { FileDigest } from './file-bytes.js';
import { filesBack } from './files-back.js';
import { lastingWaits } from './grace.js';
import { butExcluded, guardDeletions, guardSpelling } from './guards.js';
import { type ConfirmedFile, datedBy, fileIndexOf, type LoadedIndex, loadIndex, saveIndex } from './learn.js';
import { listAll } from './list.js';
import { isPartial } from './local-names.js';
import { type HeaderState, type KnownContent, makePlan, type PlanInput, type Planned } from './plan.js';
import type { SyncPorts, SyncResult } from './ports.js';
import { publishOrder } from './ranks.js';
import {
  type CheckedBack,
  checkBack,
  NOTHING_FOUND,
  NOTHING_READ,
  type ReadBackRequest,
  type ReadFirst,
  readUnknown,
  withFindings,
} from './read-back.js';
import { type Recognised, recognise } from './recognise.js';
import { RemoteFiles } from './remote-files.js';
import { lookingFor, type RemoteFile, type RemoteTree, remoteTree } from './remote-tree.js';
import { type RetainContext, Retained } from './retain.js';
import { changesIn, planTotals, RunFrame } from './run-frame.js';
import { bothOrFirstFailure } from './side-by-side.js';
import { withoutOwnFiles } from './site.js';
import { type Tree, walk } from './walk.js';

/**
 * Downloads what a bucket holds: list and walk, digest, plan, guard, execute, remember, report, as in the other direction.
 * What the disk has is not fetched: it is copied or linked there, wherever it lies and whatever it is called.
 * Nothing is written before the guards are passed. Rejects for nothing: what went wrong is in the report.
 */
export async function download(options: SyncOptions, target: Target, ports: SyncPorts): Promise<SyncResult> {
  const run = new Download(options, target, ports);
  try {
    await (options.command === 'check' ? run.check() : run.sync());
  } catch (error) {
    run.fail(error);
  }
  return run.close();
}

interface Prepared {
  /** The source's objects. */
  readonly listing: ReadonlyMap<ObjectKey, ListedObject>;
  readonly here: Tree;
  /** As the source has it. */
  readonly isThere: Tree['isThere'];
  /** Objects without those that are no files, as files, encoded ones as what they encode. */
  readonly files: readonly RemoteFile[];
  readonly local: ReadonlyMap<string, LocalFile>;
  readonly digests: ReadonlyMap<string, FileDigest>;
  readonly vouched: ReadonlyObjectMap<Md5>;
  readonly claimed: ReadonlyObjectMap<Md5>;
  readonly planned: Planned;
  readonly retain: RetainContext;
  readonly partials: readonly string[];
  readonly readFirst: ReadFirst;
}

interface KnownObjects extends Pick<Recognised, 'vouched' | 'undecided'> {
  /** What other objects say of themselves, and their ETags could contradict. */
  readonly claimed: ReadonlyObjectMap<Md5>;
  /** Contents of multipart ETags. */
  readonly composites: ReadonlyMap<ETag, Md5>;
}

class Download {
  readonly #options: SyncOptions;
  readonly #target: Target;
  readonly #ports: SyncPorts;
  readonly #frame: RunFrame;
  readonly #source: RemoteFiles;
  readonly #directory: DownloadTarget;
  readonly #retained: Retained;
  readonly #inFlight = (): number => this.#ports.store.inFlight;

  constructor(options: SyncOptions, target: Target, ports: SyncPorts) {
    this.#options = options;
    this.#target = target;
    this.#ports = ports;
    this.#retained = new Retained(options.deletes.retain);
    const { store, now } = ports;
    const frame = new RunFrame(options, ports, () => [store]);
    this.#frame = frame;
    this.#source = new RemoteFiles({ store, frame, asStored: target.asStored });
    this.#directory = new DownloadTarget({ directory: target.directory, frame, now });
  }

  async sync(): Promise<void> {
    const { index: storage, emit } = this.#ports;
    if (this.#options.deletes.deleteAfter) await this.#directory.refuseRootOrHome();
    const remembered = await loadIndex(storage, emit, this.#frame.signal);
    const digestedNs = this.#frame.nowNs();
    const prepared = await this.#prepare(remembered);
    const { planned, retain } = prepared;
    this.#retained.guard(planned.plan, retain);
    guardDeletions(planned, this.#options.deletes, this.#target.directory, 'the source');
    this.#retained.tell(planned, retain, this.#frame);
    this.#frame.settle(planned.plan);
    // Without files nothing is written, not even the directory.
    if (this.#options.dryRun || prepared.files.length === 0) return this.#rehearse(planned.plan);
    await this.#directory.refuseUnwritable(prepared.here, planned.plan);
    const fetched = await this.#execute(prepared);
    await this.#remember(prepared, fetched, remembered, digestedNs);
  }

  async #rehearse(plan: Plan): Promise<void> {
    await this.#frame.rehearse(plan);
    await tryArchived(plan, {
      store: this.#ports.store,
      concurrency: this.#inFlight,
      signal: this.#frame.signal,
      failure: (error, { name }, object) => {
        const { code, exit, message } = explain(asFailure(error, name, object.key), name);
        return new SyncError(code, exit, message, { cause: error });
      },
    });
  }

  /** Compares the directory with what a download would make of it. */
  async check(): Promise<void> {
    const prepared = await this.#prepare({ index: undefined, trustFiles: false, trustObjects: false });
    this.#retained.tell(prepared.planned, prepared.retain, this.#frame);
    const back = this.#options.read ? await this.#readBack(prepared) : NOTHING_FOUND;
    const { readFirst } = prepared;
    const plan = withFindings(
      prepared.planned.plan,
      back.findings.map((step): WriteStep => ({ ...step, key: step.file.name as ObjectKey })),
      readFirst.failed.flatMap(({ step }) => ('file' in step ? (step.file.name as ObjectKey) : [])),
    );
    this.#frame.settle(plan);
    await this.#frame.concludeCheck(plan, readFirst, back);
  }

  async #readBack({ files, listing, planned, readFirst }: Prepared): Promise<CheckedBack> {
    const { prefix } = this.#options.destination;
    const md5s = new Map<ObjectKey, Md5 | undefined>();
    for (const [name, md5] of planned.unchanged) {
      const key = (prefix + name) as ObjectKey;
      if (!readFirst.keys.has(key)) md5s.set(key, md5);
    }
    return this.#frame.phase('read', (tell) => checkBack(files, md5s, this.#reading(listing, tell)));
  }

  #reading(listing: Prepared['listing'], tell: (progress: Omit<Progress, 'phase'>) => void): ReadBackRequest {
    return {
      store: this.#ports.store,
      prefix: this.#options.destination.prefix,
      listing,
      action: 'download',
      concurrency: requestsInFlight(this.#options.connection),
      onProgress: (files, bytes) => tell({ files, bytes }),
      signal: this.#frame.signal,
    };
  }

  /** Reads the objects of which nothing says whether they are their files, so that the plan goes by their bytes. */
  async #readUnknown(
    files: readonly RemoteFile[],
    listing: Prepared['listing'],
    digests: ReadonlyMap<string, FileDigest>,
    known: KnownObjects,
  ): Promise<ReadFirst & { readonly known: KnownObjects }> {
    const md5s = new Map<ObjectKey, Md5 | undefined>();
    for (const { name, object, encoded } of files)
      if (encoded === undefined && known.undecided.has(object)) md5s.set(object.key, digests.get(name)?.md5);
    if (md5s.size === 0) return { known, ...NOTHING_READ };
    const { read, ...unread } = await this.#frame.phase('read', (tell) =>
      readUnknown(files, md5s, this.#reading(listing, tell)),
    );
    const learned = new ObjectMap(known.vouched);
    for (const { object, there } of read) if (there !== undefined) learned.set(object, there);
    const keys = new Set(read.map(({ object }) => object.key));
    return { known: { ...known, vouched: learned }, keys, ...unread };
  }

  async #prepare(remembered: LoadedIndex): Promise<Prepared> {
    const { source, here } = await this.#look();
    this.#guardSource(source);
    const listing = new Map<ObjectKey, ListedObject>();
    for (const object of source.objects.values()) listing.set(object.key, object);
    const partials: string[] = [];
    const localFiles: LocalFile[] = [];
    const local = new Map<string, LocalFile>();
    for (const file of here.files) {
      if (isPartial(file.name)) {
        partials.push(file.name);
        continue;
      }
      localFiles.push(file);
      local.set(file.name, file);
    }
    const wanted = await this.#source.withoutExtras(source, local, remembered);
    await this.#directory.refuseNames(wanted, here, local);
    const files = await this.#source.decoded(wanted, local, remembered);
    const digests = await this.#digest(localFiles, listing, files, remembered);
    const recognised = await this.#recognise(localFiles, listing, files, digests, remembered);
    const { command, read } = this.#options;
    const { known, ...readFirst } =
      command === 'check' && read
        ? await this.#readUnknown(files, listing, digests, recognised)
        : { known: recognised, ...NOTHING_READ };
    const { vouched, claimed } = known;
    const planned = await this.#plan(source, files, here, local, digests, known);
    const { destination } = this.#options;
    const directory = this.#target.directory.replaceAll(sep, '/');
    const context = {
      places: [directory, destination.prefix, destinationUrl(destination)],
      hasDirectory: (name: string) => here.hasDirectory(name) || source.hasDirectory(name),
    };
    // Of lines that neither objects nor files were excluded by.
    const unused = new Set(here.unusedExcludes());
    this.#frame.tellUnused(
      'excludes',
      source.unusedExcludes().filter((line) => unused.has(line)),
      { ...context, deletes: planned.deletions > 0 },
    );
    const { isThere } = source;
    const retain = { ...context, prefix: '' as Prefix, listing: local };
    const found = { listing, here, isThere, files, local, digests, vouched, claimed };
    return { ...found, planned, retain, partials, readFirst };
  }

  /** Lists the source and walks the target side by side. */
  async #look(): Promise<{ readonly source: RemoteTree; readonly here: Tree }> {
    const { store } = this.#ports;
    const { destination, tree } = this.#options;
    const { directory } = this.#target;
    const exists = await this.#directory.exists();
    const pattern = { text: directory, base: directory, glob: '', searchPath: directory };
    const patterns = [{ ...pattern, directoriesOnly: false, negate: false }];
    const [here, source] = await bothOrFirstFailure(
      this.#frame.signal,
      (either) =>
        this.#frame.phase('walk', async (tell) => {
          if (!exists) return remoteTree(new Map(), '' as Prefix, tree, async () => false);
          const found = await walk(
            { ...tree, patterns, root: directory, symlinks: 'skip', ifNoFilesFound: 'ignore' },
            (files) => tell({ files, bytes: 0 }),
            either,
          );
          tell({ files: found.files.length, bytes: totalSize(found.files) });
          return withoutOwnFiles(found, this.#options.site);
        }),
      (either) =>
        this.#frame.phase('list', async (tell) => {
          const listing = await listAll(
            store,
            destination.prefix,
            (files) => tell({ files, bytes: 0 }),
            either,
          );
          tell({ files: listing.size, bytes: listing.bytes });
          const isObject = lookingFor(store, destination.prefix, this.#frame.signal);
          return remoteTree(listing, destination.prefix, tree, isObject);
        }),
    );
    guardSpelling(store, destination.prefix, source, destinationUrl(destination));
    return { source, here };
  }

  /** A bucket that turns out empty says nothing of what to delete (D1). */
  #guardSource(source: RemoteTree): void {
    if (source.files.length > 0) return;
    const url = destinationUrl(this.#options.destination);
    const message = `no objects were found under ${url}${butExcluded(source)}`;
    switch (this.#options.tree.ifNoFilesFound) {
      case 'error':
        throw refusal(
          'no-files-found',
          `${message}: nothing was written or deleted; check the source and excludes, or set if-no-files-found: warn`,
        );
      case 'warn':
        this.#frame.warn([`${message}: nothing is written or deleted`]);
        return;
      case 'ignore':
        return;
    }
  }

  /** Digests what an object may have the content of. */
  async #digest(
    localFiles: readonly LocalFile[],
    listing: Prepared['listing'],
    files: readonly RemoteFile[],
    loaded: LoadedIndex,
  ): Promise<ReadonlyMap<string, FileDigest>> {
    const further = files.flatMap(({ size, object, encoded }): ListedObject[] =>
      encoded === undefined ? [] : [{ ...object, size, etag: encoded.md5 as string as ETag }],
    );
    const { digests } = await this.#frame.phase('digest', async (tell) =>
      digestTree({
        prefix: '' as Prefix,
        files: localFiles,
        listing,
        further,
        index: loaded.index,
        fileIndex: fileIndexOf(loaded),
        onlyListed: true,
        pool: this.#frame.pool,
        onProgress: (done, bytes, bytesTotal) => tell({ files: done, bytes, bytesTotal }),
        signal: this.#frame.signal,
      }),
    );
    return digests;
  }

  /** Digests of objects whose ETag says none. */
  async #recognise(
    localFiles: readonly LocalFile[],
    listing: Prepared['listing'],
    files: readonly RemoteFile[],
    digests: ReadonlyMap<string, FileDigest>,
    { index, trustFiles }: LoadedIndex,
  ): Promise<KnownObjects> {
    const { prefix } = this.#options.destination;
    const { store, emit } = this.#ports;
    const { vouched, undecided } = await recognise({
      store,
      prefix,
      files: localFiles,
      digests,
      listing,
      further: [],
      copyMinSize: 0,
      index,
      trustObjects: trustFiles,
      pool: this.#frame.pool,
      askEach: this.#options.command === 'check',
      askParts: true,
      concurrency: this.#inFlight,
      emit,
      signal: this.#frame.signal,
    });
    const inParts = files.filter(({ object }) => classifyETag(object.etag).kind === 'multipart');
    // All that is known of the others is known by now.
    if (inParts.length === 0) return { vouched, undecided, claimed: new ObjectMap(), composites: new Map() };
    const composites = compositesOf(files, inParts, digests);
    return { undecided, composites, ...(await this.#askLarge(files, inParts, digests, vouched, composites)) };
  }

  /**
   * What large objects say of themselves where one of their size has another ETag: it may be one content under two kinds of
   * ETag, and a HEAD costs less than fetching it twice. Where its ETag could say the same it is a claim, and is proved before
   * it is used (C15).
   */
  async #askLarge(
    files: readonly RemoteFile[],
    inParts: readonly RemoteFile[],
    digests: ReadonlyMap<string, FileDigest>,
    vouched: ReadonlyObjectMap<Md5>,
    composites: KnownObjects['composites'],
  ): Promise<Pick<KnownObjects, 'vouched' | 'claimed'>> {
    const bySize = new Map<number, Set<ETag>>();
    for (const { object } of files)
      if (isLarge(object.size))
        bySize.set(object.size, (bySize.get(object.size) ?? new Set()).add(object.etag));
    const unsaid = inParts.filter(({ object }) => {
      const isKnown = vouched.has(object) || composites.has(object.etag);
      return !isKnown && (bySize.get(object.size)?.size ?? 0) > 1;
    });
    await this.#source.ask(unsaid);
    const all = new ObjectMap(vouched);
    const claimed = new ObjectMap<Md5>();
    for (const file of unsaid) {
      const head = this.#source.headOf(file);
      const md5 = head === undefined ? undefined : metadataMd5(head.metadata);
      // Whether it is the file of its own name was judged already.
      if (head === undefined || md5 === undefined || digests.get(file.name)?.md5 === md5) continue;
      (statedMd5(head) === undefined ? claimed : all).set(file.object, md5);
    }
    return { vouched: all, claimed };
  }

  async #plan(
    { excluded }: RemoteTree,
    files: readonly RemoteFile[],
    here: Tree,
    local: ReadonlyMap<string, LocalFile>,
    digests: ReadonlyMap<string, FileDigest>,
    known: KnownObjects,
  ): Promise<Planned> {
    const { deletes, delayUpdates, publishLast } = this.#options;
    const listing = new Listing();
    for (const [name, file] of local) listing.add(listedFile(name, file));
    // Of files only what `preserve` finds changed.
    const headers = new Map<ObjectKey, HeaderState>();
    const input: PlanInput = {
      prefix: '' as Prefix,
      files,
      listing,
      further: [],
      contents: contentsOf(files, known),
      vouched: new FileContents(listing, digests),
      headers,
      aclBound: new Set(),
      policy: {
        order: publishOrder(publishLast),
        send: 'download',
        again: this.#target.duplicates === 'link' ? 'link' : 'copy',
        delay: delayUpdates !== false,
        canStage: true,
        copyMinSize: 0,
        deleteAfter: deletes.deleteAfter && files.length > 0,
        deleteExcluded: deletes.deleteExcluded,
        retained: this.#retained.keeps,
        grace: () => 'due',
        excluded,
        skipped: here.skipped,
        hasDirectory: here.hasDirectory,
      },
    };
    return this.#frame.phase('plan', async () => {
      const planned = makePlan(input);
      if (!this.#options.preserve) return planned;
      const changed = await this.#source.changedAttributes(files, planned, local);
      if (changed.length === 0) return planned;
      for (const key of changed) headers.set(key, 'changed');
      return makePlan(input);
    });
  }

  async #execute({ isThere, files, local, claimed, planned, partials }: Prepared): Promise<Fetch> {
    const { store, emit } = this.#ports;
    const { preserve, overwrite } = this.#options;
    const totals = planTotals(planned.plan);
    const { signal } = this.#frame;
    await this.#directory.make();
    const directory = await TargetDirectory.open(this.#target.directory);
    try {
      await this.#directory.refuseFolded(directory, files, local);
      return await this.#frame.phase('fetch', async (tell) => {
        await this.#directory.clean(directory, partials, planned.plan);
        const filesTotal = changesIn(totals);
        let done = 0;
        let received = 0;
        const say = (): void =>
          tell({ files: done, filesTotal, bytes: received, bytesTotal: totals.download.bytes });
        const fetch = new Fetch({
          store,
          directory,
          target: this.#target,
          local,
          heads: this.#source.heads,
          claimed: new Set([...claimed].map(([{ key }]) => key)),
          pool: this.#frame.pool,
          bytesDue: totals.download.bytes,
          preserve,
          overwrite,
          emit,
          mayDelete: () =>
            filesBack({
              frame: this.#frame,
              plan: planned.plan,
              prefix: '' as Prefix,
              isThere,
              atOnce: this.#inFlight,
              source: destinationUrl(this.#options.destination),
            }),
          onReceived: (bytes) => {
            received += bytes;
            say();
          },
          signal,
          requests: this.#frame.requests,
        });
        try {
          this.#frame.outcomes = await execute(planned.plan, fetch, {
            concurrency: this.#inFlight,
            emit: (event) => {
              if (event.type === 'outcome' && event.outcome.action !== 'keep') done++;
              say();
              emit(event);
            },
            signal,
          });
        } finally {
          await fetch.close();
        }
        this.#frame.addExits(fetch.exits);
        if (fetch.unverified > 0) {
          const count = fetch.unverified === 1 ? '1 object' : `${fetch.unverified} objects`;
          const message = `S3 says no digest of ${count}: size and connection alone speak for the bytes`;
          this.#frame.warn([message]);
        }
        return fetch;
      });
    } finally {
      await directory.close();
    }
  }

  async #remember(
    { listing, files, local, digests, vouched, planned }: Prepared,
    fetch: Fetch,
    { index }: LoadedIndex,
    digestedNs: bigint,
  ): Promise<void> {
    const { index: storage, emit } = this.#ports;
    if (storage === undefined) return;
    const known = new Map<ObjectKey, Md5>();
    for (const [object, md5] of vouched) known.set(object.key, md5);
    const sources = new Map<ObjectKey, Pick<ObjectEntry, 'source' | 'modified'>>();
    // Metadata changes without the ETag, not without the time.
    const say = (object: ListedObject, source: string): void =>
      void sources.set(object.key, { source, ...datedBy(object) });
    for (const { name, object } of this.#source.sourceless) {
      const md5 = planned.unchanged.get(name as ObjectKey);
      if (md5 === undefined) continue;
      known.set(object.key, md5);
      say(object, NO_SOURCE);
    }
    for (const [key, { md5, form }] of fetch.fetched) {
      known.set(key, md5);
      if (form !== undefined) say(listing.get(key)!, formatSource({ ...form, source: form }));
    }
    for (const { object, encoded } of files) {
      if (encoded === undefined) continue;
      const head = this.#source.heads.get(object.key);
      const md5 = head === undefined ? index?.objects.get(object.key)?.md5 : statedMd5(head);
      if (md5 === undefined) continue;
      known.set(object.key, md5);
      say(object, formatSource(encoded));
    }
    const lastWords = this.#frame.signal.aborted ? this.#frame.last.index : undefined;
    const confirmed = {
      listing,
      unchanged: known,
      written: new ObjectEntries<ObjectKey>(),
      deleted: new Set<ObjectKey>(),
      files: { [Symbol.iterator]: () => confirmedFiles(fetch.published, local, digests, this.#source.plain) },
      digestedNs,
      uploads: index?.uploads ?? new Map(),
      deploys: index?.deploys ?? 0,
      headers: new Map(),
      sources,
      pending: index === undefined ? new Map() : lastingWaits(index),
      invalidations: index?.invalidations ?? new Map(),
    };
    await this.#frame.phase('index', async () =>
      this.#frame.afterwards((stop) => saveIndex(storage, index, confirmed, emit, lastWords ?? stop)),
    );
  }

  fail(error: unknown): void {
    this.#frame.fail(error);
  }

  async close(): Promise<SyncResult> {
    await this.#frame.close();
    return this.#frame.result(new Map(), { headersUnknown: { files: 0, bytes: 0 }, sendAllRequests: 0 });
  }
}

/** What the run made and what was there before, without what it replaced. */
function* confirmedFiles(
  published: Fetch['published'],
  local: ReadonlyMap<string, LocalFile>,
  digests: ReadonlyMap<string, FileDigest>,
  plain: ReadonlySet<string>,
): Generator<ConfirmedFile, undefined> {
  yield* published.values();
  for (const [name, { md5 }] of digests) {
    const file = local.get(name);
    if (file === undefined || published.has(name)) continue;
    yield plain.has(name) ? { file, md5, plain: true } : { file, md5 };
  }
}

/** Digests of files that are listed, each under its name. */
class FileContents implements ReadonlyObjectMap<Md5> {
  readonly #listing: Listing;
  readonly #digests: ReadonlyMap<string, FileDigest>;

  constructor(listing: Listing, digests: ReadonlyMap<string, FileDigest>) {
    this.#listing = listing;
    this.#digests = digests;
  }

  get size(): number {
    return this.#digests.size;
  }

  get({ key }: ListedObject): Md5 | undefined {
    return this.#digests.get(key)?.md5;
  }

  has({ key }: ListedObject): boolean {
    return this.#digests.has(key);
  }

  *[Symbol.iterator](): Generator<readonly [ListedObject, Md5], undefined> {
    for (const object of this.#listing.values()) {
      const md5 = this.get(object);
      if (md5 !== undefined) yield [object, md5];
    }
  }
}

function listedFile(name: string, file: LocalFile): ListedObject {
  return {
    key: name as ObjectKey,
    size: file.size,
    etag: tokenOf({ ...file, size: BigInt(file.size) }),
    lastModified: Number(file.mtimeNs / 1_000_000n),
    storageClass: 'STANDARD',
  };
}

/** Contents of multipart ETags: those of files here, and of one part those that a plain ETag makes. */
function compositesOf(
  files: readonly RemoteFile[],
  inParts: readonly RemoteFile[],
  digests: ReadonlyMap<string, FileDigest>,
): ReadonlyMap<ETag, Md5> {
  const composites = new Map<ETag, Md5>();
  for (const { md5, etags } of digests.values()) for (const etag of etags) composites.set(etag, md5);
  const sizes = new Set(inParts.flatMap(({ object }) => (isOfOnePart(object.etag) ? [object.size] : [])));
  for (const { object } of files) {
    const etag = classifyETag(object.etag);
    if (etag.kind === 'md5' && sizes.has(object.size)) composites.set(multipartETag([etag.md5]), etag.md5);
  }
  return composites;
}

/** What is known of the objects' contents: by ETag, by what vouches for them, or by a file with their multipart ETag. */
function contentsOf(
  files: readonly RemoteFile[],
  { vouched, undecided, claimed, composites }: KnownObjects,
): ReadonlyMap<string, KnownContent> {
  const contents = new Map<string, KnownContent>();
  for (const { name, size, object, encoded } of files) {
    if (size === 0) {
      contents.set(name, { md5: EMPTY_MD5, etags: [] });
      continue;
    }
    const etag = classifyETag(object.etag);
    const plain = etag.kind === 'md5' && !undecided.has(object) ? etag.md5 : undefined;
    const known = encoded?.md5 ?? vouched.get(object) ?? plain ?? composites.get(object.etag);
    const md5 = known ?? claimed.get(object);
    if (md5 !== undefined) contents.set(name, { md5, etags: [] });
    else if (etag.kind === 'multipart') contents.set(name, { md5: undefined, etags: [object.etag] });
  }
  return contents;
}
