import { sep } from 'node:path';
import type { ETag, Md5 } from '../model/digest.js';
import { type DigestIndex, layoutParts } from '../model/digest-index.js';
import { refusal, SyncError, usageError } from '../model/errors.js';
import { namesOf, sizesOf, totalSize } from '../model/file-columns.js';
import { MAX_HEADER_BYTES, MAX_METADATA_BYTES, patternOf } from '../model/header-rules.js';
import {
  classOf,
  HeaderPolicy,
  type HeaderSet,
  metadataBytes,
  objectHeaders,
  pathsOf,
} from '../model/headers.js';
import type { Listing } from '../model/listing.js';
import { joinKey, MAX_KEY_BYTES, type ObjectKey } from '../model/object-key.js';
import { ObjectMap, type ReadonlyObjectMap } from '../model/object-map.js';
import {
  ARCHIVED_CLASSES,
  destinationUrl,
  type Files,
  type ListedObject,
  type LocalFile,
} from '../model/objects.js';
import type { SyncOptions } from '../model/options.js';
import { isLarge, ownLayout } from '../model/part-sizes.js';
import type { Count } from '../model/plan.js';
import { Proven } from '../model/proven.js';
import { type Digested, digestTree } from './digest.js';
import { EarlyDigests } from './early-digests.js';
import type { EncodedTree } from './encode.js';
import { parseExcludes } from './excludes.js';
import { explain } from './explain.js';
import { graceStates } from './grace.js';
import {
  deletesBelow,
  guardBlocked,
  guardDeletions,
  guardInner,
  guardInnerRun,
  guardMarkers,
  guardMoved,
  guardNames,
  guardNesting,
  guardOverlap,
  guardSpelling,
  guardTree,
  nestedNames,
} from './guards.js';
import { HeaderReview, type PlanBasis } from './header-review.js';
import { whatWouldLoseAcls } from './headers.js';
import { fileIndexOf, type LoadedIndex, loadIndex } from './learn.js';
import { addHidden, type HiddenOptions, listAll, listFurther } from './list.js';
import { isPartial } from './local-names.js';
import { immutableNames } from './manifests.js';
import { OlderObjects } from './older-objects.js';
import { type Identity, type KnownContent, makePlan, type PlanInput, type Planned } from './plan.js';
import { provenFiles } from './proven-files.js';
import { publishOrder } from './ranks.js';
import { type ListedPlace, recognise } from './recognise.js';
import { lookingFor, remoteTree } from './remote-tree.js';
import { type RetainContext, Retained } from './retain.js';
import { keysOf, type Looked, type RunParts } from './run-parts.js';
import { bothOrFirstFailure } from './side-by-side.js';
import { unusedRules, withoutOwnFiles, withSite } from './site.js';
import { isSameByETag, type SourceObjects } from './source-objects.js';
import { belowPlaces, slipOf, tellSlips, type UnusedContext } from './unused-excludes.js';
import type { Tree } from './walk.js';

/** An index of so much, some thousand files, says that there will be work for a thread. Bytes. */
const INDEX_WORTH_THREAD = 256 * 1024;

/** What a plan is made from. */
export interface Prepared {
  readonly tree: Tree;
  readonly listing: Looked['listing'];
  readonly further: Looked['further'];
  readonly known: Digested;
  readonly input: PlanBasis;
  readonly digestedNs: bigint;
}

/**
 * Everything before the first write: an index is loaded, the tree walked and the destination listed, what differs digested
 * and recognised, headers decided, a plan made of it all and guarded.
 */
export class Preparation {
  readonly #run: RunParts;
  /** Whose lines about local files may be believed. */
  #fileIndex: DigestIndex | undefined;
  /** Whose excludes are to be told of once every key was asked for. */
  #untold: Tree | undefined;
  readonly #retained: Retained;
  /** What lines that match nothing are judged by. */
  #judgedBy: Omit<UnusedContext, 'deletes'> = { places: [], hasDirectory: () => false };
  /** Which headers objects are to have, and which they have. */
  readonly headers: HeaderReview;
  /** Of unchanged objects, as far as S3 was asked for them. */
  layouts: ReadonlyMap<ObjectKey, string> = new Map();
  headersUnknown: Count = { files: 0, bytes: 0 };
  sendAllRequests = 0;

  constructor(run: RunParts) {
    this.#run = run;
    this.headers = new HeaderReview(run);
    const { deletes, site } = run.options;
    this.#retained = new Retained(deletes.retain, site.cleanUrls);
  }

  /** The index of this destination; and of several, the first one's for what it says of the local files. */
  async load(): Promise<LoadedIndex> {
    const { index: storage, isMirror = false, emit } = this.#run.ports;
    const loaded = await loadIndex(storage, emit, this.#run.frame.signal, (bytes) => {
      if (bytes >= INDEX_WORTH_THREAD && this.#run.source === undefined) this.#run.frame.pool.warm();
    });
    if (!isMirror) this.#run.shared.tellIndex(fileIndexOf(loaded));
    this.#fileIndex = await this.#run.frame.alive(this.#run.shared.index());
    return loaded;
  }

  /** Whether large files may be made from older objects: an index keeps what those are made of. */
  get #reuses(): boolean {
    const { command, dryRun } = this.#run.options;
    const { index, source, store } = this.#run.ports;
    return command === 'sync' && !dryRun && index !== undefined && source === undefined && store.copiesRanges;
  }

  older(
    listing: Looked['listing'],
    further: Looked['further'],
    index: DigestIndex | undefined,
  ): { readonly older?: OlderObjects } {
    if (!this.#reuses) return {};
    const { copyFrom, emit } = this.#run.ports;
    const places = copyFrom.map((place, i) => ({ place, objects: further[i]!.objects }));
    const older = new OlderObjects({
      listing,
      index,
      further: places,
      copyMinSize: this.#run.options.copies.minSize,
      emit,
      signal: this.#run.frame.signal,
    });
    return { older };
  }

  /** Everything that is known before a plan is made. */
  async prepare(remembered: LoadedIndex): Promise<Prepared> {
    const { command, deletes, site, tree: treeOptions } = this.#run.options;
    const { emit } = this.#run.ports;
    const digestedNs = this.#run.frame.nowNs();
    // Where files are stored encoded, their own bytes have no object.
    const isPlain = this.#run.source === undefined && site.compress.length === 0;
    const early = isPlain
      ? new EarlyDigests(
          this.#run.frame.pool,
          this.#run.options.destination.prefix,
          remembered.index,
          this.#fileIndex,
          this.#reuses,
        )
      : undefined;
    const { tree: found, listing, further } = await this.#look(early, remembered.index);
    const { source, isMirror = false } = this.#run.ports;
    const published = source === undefined ? await withoutOwnFiles(found, site) : found;
    if (source === undefined && !isMirror)
      for (const message of unusedRules(published)) emit({ type: 'message', level: 'notice', message });
    if (source !== undefined) guardOverlap(found, source, listing, this.#run.options.destination);
    const places = source === undefined ? treeOptions.patterns.map(({ text }) => text) : [source.url];
    // Rules are the same for all destinations.
    this.#run.frame.warn(isMirror ? [] : site.warnings);
    this.#run.frame.warn(guardTree(published, places, treeOptions, deletes));
    const tree = withSite(published, site, this.#run.options.destination.prefix);
    this.#judgedBy = this.#judging(tree);
    this.headers.policy = await this.#headerPolicy(tree);
    this.#run.frame.warn(tree.warnings);
    if (!isMirror) this.#tellSlips(tree);
    refuseKeys(tree, this.#run.options);
    const { store } = this.#run.ports;
    guardNames(namesOf(tree.files), this.#run.options.destination.prefix, listing, store);
    guardMarkers(tree.files, store);
    if (store.keysAreFiles) guardNesting(tree, store.provider);
    if (store.keysBlock && command !== 'check')
      guardBlocked(tree, listing, this.#run.options.destination.prefix, store.provider);
    const encoded = await this.#encode(tree, listing, remembered);
    const known = await (this.#run.source === undefined
      ? this.#digest(encoded, listing, further, remembered, early)
      : this.#askSource(this.#run.source, tree, listing));
    const input = await this.#recognise(tree, listing, further, known, remembered, encoded.vouched);
    this.sendAllRequests = requestsToSend(known.files);
    // Mirrors have the first destination's tree.
    this.#untold = isMirror ? undefined : tree;
    return { tree, listing, further, known, input, digestedNs };
  }

  /** Refuses deletes that look like a mistake; of lines of `retain` that keep nothing back the others are told. */
  async guardDeletions(
    planned: Planned,
    tree: Tree,
    files: Files,
    listing: Looked['listing'],
  ): Promise<void> {
    const { deletes, destination } = this.#run.options;
    if (files.length === 0) return;
    this.#retained.guard(planned.plan, this.#retainContext(listing));
    guardInnerRun(planned, listing.keys(), destination, this.#run.frame.url);
    guardDeletions(planned, deletes, this.#run.frame.url);
    if (this.#run.source === undefined)
      guardMoved(planned, tree, listing, deletes, destination, this.#run.frame.url);
    this.tellRetain(planned, listing);
    if (!deletes.deleteAfter || planned.deletions === 0) return;
    for (const { destination: within, listed } of this.#run.shared.inner(destination)) {
      // Another destination is not waited for where it has nothing to lose.
      if (!deletesBelow(planned.plan, within.prefix)) continue;
      const inner = await this.#run.frame.alive(listed);
      if (inner !== undefined)
        guardInner(planned, listing, destination, { destination: within, listing: inner });
    }
  }

  /** Lines of `retain` that keep nothing back from deletes. */
  tellRetain(planned: Planned, listing: Looked['listing']): void {
    if (this.#run.ports.isMirror === true) return;
    this.#retained.tell(planned, this.#retainContext(listing), this.#run.frame);
  }

  #retainContext(listing: Looked['listing']): RetainContext {
    return { ...this.#judgedBy, prefix: this.#run.options.destination.prefix, listing };
  }

  /** Lines of other inputs that match nothing: no name is looked at where none begins with a place. */
  #tellSlips({ files }: Tree): void {
    const { headers, site, publishLast } = this.#run.options;
    const isNamed = (patterns: readonly string[]): boolean => {
      const matches = parseExcludes(patterns);
      for (const name of namesOf(files)) if (matches?.(name, false) === true) return true;
      return false;
    };
    const isPath = (patterns: readonly string[]): boolean => {
      const regexps = patterns.map(patternOf).filter((pattern) => typeof pattern !== 'string');
      for (const file of files)
        if (pathsOf(file).some((path) => regexps.some((pattern) => pattern.test(path)))) return true;
      return false;
    };
    const inline = headers.rules.filter(({ author }) => author === 'inline').map(({ path }) => path);
    const below = (path: string): readonly string[] | undefined => {
      const meant = belowPlaces(path, this.#judgedBy);
      return meant === path ? undefined : [meant];
    };
    const slip = (line: string): readonly string[] | undefined =>
      /^[!#]/.test(line) ? undefined : slipOf(line, this.#judgedBy);
    const compressed = site.compress.map(({ pattern }) => pattern);
    const told = [
      tellSlips({ input: 'headers', lines: inline, meant: below, matches: isPath }),
      tellSlips({ input: 'compress', lines: compressed, meant: slip, matches: isNamed }),
      tellSlips({ input: 'publish-last', lines: publishLast, meant: slip, matches: isNamed }),
    ];
    this.#run.frame.warn(told.filter((warning) => warning !== undefined));
  }

  #judging(tree: Tree): Omit<UnusedContext, 'deletes'> {
    const { source, destination } = this.#run.options;
    const remote = [destination, ...(source === undefined ? [] : [source.place])];
    return {
      places: [
        tree.root.replaceAll(sep, '/'),
        ...remote.flatMap((place) => [place.prefix, destinationUrl(place)]),
      ],
      hasDirectory: tree.hasDirectory,
    };
  }

  /** Every write of a tagged name would fail there. */
  #refuseTags(): void {
    const { canTag, provider } = this.#run.ports.store;
    const tags = this.#run.options.headers.rules
      .flatMap(({ changes }) => changes)
      .find(({ name, value }) => name === 'x-amz-tagging' && value !== undefined);
    if (canTag || tags === undefined) return;
    throw usageError(
      `headers: line ${tags.line} sets x-amz-tagging, and ${provider} has no tags: take it out; nothing was written`,
    );
  }

  async #headerPolicy(tree: Tree): Promise<HeaderPolicy> {
    const { writeHeaders, headers } = this.#run.options;
    this.#refuseTags();
    const notice = (message: string): void =>
      this.#run.ports.emit({ type: 'message', level: 'notice', message });
    const immutable =
      headers.defaults === 'website' && this.#run.source === undefined
        ? await immutableNames(tree.files, notice)
        : new Set<string>();
    const policy = new HeaderPolicy(writeHeaders, headers, immutable);
    if (headers.rules.length > 0) for (const file of tree.files) refuseMetadata(file, policy.headersOf(file));
    this.#run.frame.warn(policy.warnings);
    return policy;
  }

  /** @param withOwn our own objects too */
  list(withOwn: boolean): Promise<Listing> {
    const { prefix } = this.#run.options.destination;
    return this.#run.frame.phase('list', async (tell) => {
      const onProgress = (files: number): void => tell({ files, bytes: 0 });
      const listed = await listAll(this.#run.ports.store, prefix, onProgress, this.#run.frame.signal, {
        withOwn,
      });
      tell({ files: listed.size, bytes: listed.bytes });
      this.#tellUnlisted();
      return listed;
    });
  }

  /** Walks the tree and lists the destination side by side. */
  async #look(early: EarlyDigests | undefined, index: DigestIndex | undefined): Promise<Looked> {
    const { store, copyFrom } = this.#run.ports;
    const { prefix } = this.#run.options.destination;
    const hints = index === undefined ? undefined : { keys: () => index.objects.keys(), areAll: false };
    const [tree, listed] = await bothOrFirstFailure(
      this.#run.frame.signal,
      (either) =>
        this.#run.frame.phase('walk', async (tell) => {
          const found = await this.tree((files) => tell({ files, bytes: 0 }), either, early);
          tell({ files: found.files.length, bytes: totalSize(found.files) });
          return found;
        }),
      (either) =>
        this.#run.frame.phase('list', async (tell) => {
          const listing = await listAll(store, prefix, (files) => tell({ files, bytes: 0 }), either, {
            onListed: (object) => early?.listed(object),
            hints,
          });
          const further: ListedPlace[] = [];
          for (const place of copyFrom) {
            further.push(await listFurther(place, prefix, (files) => tell({ files, bytes: 0 }), either));
          }
          tell({ files: listing.size, bytes: listing.bytes });
          this.#run.shared.tellListing(this.#run.options.destination, listing);
          return { listing, further };
        }),
    );
    this.#tellUnlisted();
    await addHidden(listed.listing, keysOf(tree.files, prefix), {
      ...this.hiddenBelow,
      onListed: (object) => early?.listed(object),
    });
    return { tree, ...listed };
  }

  #tellUnlisted(): void {
    const { unlisted } = this.#run.ports.store;
    const [first] = unlisted;
    if (first === undefined) return;
    const what = unlisted.size === 1 ? '1 key' : `${unlisted.size} keys`;
    this.#run.frame.warn([
      `${this.#run.frame.url} has at least ${what} with characters that its server cannot list (${JSON.stringify(first)}): those of the tree are asked for by name, the others are not seen and never deleted; rename them, or delete them by hand`,
    ]);
  }

  get hiddenBelow(): HiddenOptions {
    return {
      store: this.#run.ports.store,
      concurrency: this.#run.inFlight,
      signal: this.#run.frame.signal,
    };
  }

  async tree(onProgress: (files: number) => void, signal: AbortSignal, early?: EarlyDigests): Promise<Tree> {
    const { source } = this.#run.ports;
    const { tree } = this.#run.options;
    if (source === undefined)
      return withoutPartials(
        await this.#run.shared.walk(tree, onProgress, (files, row, file) => early?.found(files, row, file)),
      );
    const listing = await listAll(source.store, source.prefix, onProgress, signal).catch((cause: unknown) => {
      signal.throwIfAborted();
      const { code, exit, message } = explain(cause, source.url);
      throw new SyncError(code, exit, message, { cause });
    });
    const isObject = lookingFor(source.store, source.prefix, this.#run.frame.signal);
    const found = remoteTree(listing, source.prefix, tree, isObject);
    guardSpelling(source.store, source.prefix, found, source.url);
    return found;
  }

  async #encode(tree: Tree, listing: Looked['listing'], remembered: LoadedIndex): Promise<EncodedTree> {
    const { site, destination } = this.#run.options;
    const { files } = tree;
    if (site.compress.length === 0) return { files, adopted: new Map(), vouched: new ObjectMap() };
    return this.#run.frame.phase('encode', async (tell) =>
      this.#run.encodings.encode(files, {
        index: remembered.index,
        trustObjects: remembered.trustObjects,
        fileIndex: this.#fileIndex,
        rules: site.compress,
        policy: this.headers.policy,
        prefix: destination.prefix,
        listing,
        store: this.#run.ports.store,
        pool: this.#run.frame.pool,
        emit: this.#run.ports.emit,
        onProgress: (done, bytes, bytesTotal) => tell({ files: done, bytes, bytesTotal }),
        signal: this.#run.frame.signal,
      }),
    );
  }

  /** What S3 says of the objects that are to be written. */
  async #askSource(source: SourceObjects, { files }: Tree, listing: Looked['listing']): Promise<Digested> {
    const { prefix } = this.#run.options.destination;
    const due = [...files].filter(
      (file) => !isSameByETag(file, listing.get((prefix + file.name) as ObjectKey)),
    );
    return this.#run.frame.phase('digest', async () => {
      await source.ask(due, () => this.#run.frame.moved());
      return { files, digests: source.contents(files, listing, prefix).digests };
    });
  }

  async #digest(
    { files, adopted }: EncodedTree,
    listing: Looked['listing'],
    further: Looked['further'],
    remembered: LoadedIndex,
    early: EarlyDigests | undefined,
  ): Promise<Digested> {
    return this.#run.frame.phase('digest', async (tell) =>
      digestTree({
        prefix: this.#run.options.destination.prefix,
        files,
        adopted,
        listing,
        further: further.flatMap(({ objects }) => objects),
        index: remembered.index,
        fileIndex: this.#fileIndex,
        ...(this.#reuses ? { chunks: true } : {}),
        ...(early === undefined ? {} : { early }),
        pool: this.#run.frame.pool,
        onProgress: (files, bytes, bytesTotal) => tell({ files, bytes, bytesTotal }),
        signal: this.#run.frame.signal,
      }),
    );
  }

  /** Everything that a plan depends on but the way in which it is published. */
  async #recognise(
    tree: Tree,
    listing: Looked['listing'],
    further: Looked['further'],
    { files, digests }: Digested,
    remembered: LoadedIndex,
    encoded: ReadonlyObjectMap<Md5>,
  ): Promise<PlanBasis> {
    const { command, destination, deletes, copies, publishLast } = this.#run.options;
    const { store, emit } = this.#run.ports;
    const { prefix } = destination;
    const proven =
      this.#run.source === undefined ? provenFiles(files, digests, listing, prefix) : Proven.none;
    const { vouched, undecided, layouts } = await recognise({
      store,
      prefix,
      files,
      digests,
      proven,
      listing,
      further,
      copyMinSize: copies.minSize,
      index: remembered.index,
      trustObjects: remembered.trustObjects,
      pool: this.#run.frame.pool,
      askEach: command === 'check',
      concurrency: this.#run.inFlight,
      emit,
      signal: this.#run.frame.signal,
    });
    this.layouts = layouts;
    const copied =
      (await this.#run.source?.copiesAmong({ files, digests }, listing, prefix, store)) ??
      new ObjectMap<ETag>();
    return {
      prefix,
      files,
      listing,
      further: further.flatMap(({ objects }) => objects),
      contents:
        this.#run.source === undefined
          ? digests
          : withCopies(this.#run.source.contents(files, listing, prefix, vouched).contents, files, copied),
      proven,
      ...this.#ownSources(tree),
      ...(this.#run.ports.filling?.isPlanned === true ? { filled: this.#run.ports.filling } : {}),
      vouched: encoded.size + copied.size === 0 ? vouched : new ObjectMap<Identity>(vouched, encoded, copied),
      undecided,
      archives: (file) => ARCHIVED_CLASSES.has(classOf(this.headers.policy.headersOf(file)) ?? ''),
      headers: this.headers.states(files, listing, remembered),
      policy: {
        order: publishOrder(publishLast),
        send: 'upload',
        again: 'copy',
        delay: false,
        canStage: store.canStage,
        copyMinSize: copies.minSize,
        deleteAfter: deletes.deleteAfter && files.length > 0,
        deleteExcluded: deletes.deleteExcluded,
        retained: this.#retained.keeps,
        grace: graceStates(
          deletes.grace,
          remembered.index,
          this.#run.earliestNow(),
          this.#run.ports.index?.trust.grace === true,
        ),
        excluded: tree.excluded,
        skipped: tree.skipped,
        hasDirectory: tree.hasDirectory,
      },
    };
  }

  /** The objects that are copied, each under its own name. */
  #ownSources({ files }: Tree): Pick<PlanInput, 'own'> {
    const { source } = this.#run.ports;
    const own = new Map<string, ListedObject>();
    if (source?.copyable !== true) return {};
    for (const { name, object } of files) {
      if (object === undefined || object.size === 0) continue;
      own.set(name, { ...object, storageClass: 'STANDARD', bucket: source.bucket });
    }
    return { own };
  }

  async plan(input: PlanBasis, delay: boolean): Promise<Planned> {
    const { store, emit } = this.#run.ports;
    const policy = { ...input.policy, delay };
    return this.#run.frame.phase('plan', async () => {
      const { known } = this.headers;
      const aclBound = new Set<ObjectKey>();
      let made = makePlan({ ...input, policy, ...known, aclBound });
      const isAsked = await this.headers.ask(made, input);
      const isAttributed = await this.headers.askAttributes(made.plan, input.listing);
      if (isAsked || isAttributed) made = makePlan({ ...input, policy, ...known, aclBound });
      const acls = await whatWouldLoseAcls(made.plan, {
        store,
        policy: this.headers.policy,
        concurrency: this.#run.inFlight,
        emit,
        signal: this.#run.frame.signal,
      });
      const isFree = acls.aclBound.size + acls.aclUnknown.size === 0;
      this.#tellUnusedExcludes(made.deletions > 0);
      if (!isFree) made = makePlan({ ...input, policy, ...known, ...acls });
      const resent = await this.headers.whatWouldStay(made.plan);
      return resent.size === 0 ? made : makePlan({ ...input, policy, ...known, ...acls, resent });
    });
  }

  /** A plan has asked of each listed key that the tree lacks whether it is excluded. Told before guards refuse. */
  #tellUnusedExcludes(deletes: boolean): void {
    const tree = this.#untold;
    this.#untold = undefined;
    if (tree === undefined) return;
    this.#run.frame.tellUnused('excludes', tree.unusedExcludes(), { ...this.#judgedBy, deletes });
  }

  settle(planned: Planned): void {
    this.headersUnknown = planned.headersUnknown;
    this.headers.tell(planned);
    this.#run.frame.settle(planned.plan);
  }

  canDelay(tree: Tree): boolean {
    const { delayUpdates } = this.#run.options;
    if (delayUpdates === false) return false;
    const { canStage, canStageNested, provider } = this.#run.ports.store;
    const nested = canStage && !canStageNested ? nestedNames(tree) : undefined;
    if (!canStage) this.cannotDelay(`${provider} has no part copies`);
    if (nested !== undefined) this.cannotDelay(`${provider} completes no upload of ${nested}`);
    return canStage && nested === undefined;
  }

  /** Strict: refuses. Best effort: says once what is done instead. */
  cannotDelay(why: string): void {
    const what = `${this.#run.frame.url} cannot delay updates (${why})`;
    if (this.#run.options.delayUpdates !== 'best-effort') {
      throw refusal(
        'cannot-delay',
        `${what}: nothing was written; publish in order with delay-updates: false, or set best-effort`,
      );
    }
    const message = `${what}: they are published as they are sent, in the publish order`;
    this.#run.ports.emit({ type: 'message', level: 'warning', message });
  }
}

/** Several rules, or names that they put into values, can make more than S3 takes; it would say so file by file. */
function refuseMetadata({ name }: LocalFile, headers: HeaderSet): void {
  const refuse = (bytes: number, of: string, room: number): void => {
    if (bytes <= room) return;
    throw usageError(
      `headers: the rules give ${name} ${bytes} bytes of ${of}, S3 leaves room for ${room}: shorten them; nothing was written`,
    );
  };
  const { metadata, fields = {} } = objectHeaders(headers, {});
  refuse(metadataBytes(metadata), 'x-amz-meta-* headers', MAX_METADATA_BYTES);
  refuse(metadataBytes(fields), 'headers', MAX_HEADER_BYTES);
}

/** What a download of this tree has not finished is no file of it. */
function withoutPartials(tree: Tree): Tree {
  for (const name of namesOf(tree.files)) {
    if (isPartial(name)) return { ...tree, files: [...tree.files].filter((file) => !isPartial(file.name)) };
  }
  return tree;
}

/** S3 holds keys of up to 1,024 bytes; refusing beats leaving a file out. */
function refuseKeys(tree: Tree, options: SyncOptions): void {
  const { prefix } = options.destination;
  const tooLong: string[] = [];
  for (const name of namesOf(tree.files))
    if (joinKey(prefix, name) === undefined) tooLong.push(prefix + name);
  const [first] = tooLong;
  if (first === undefined) return;
  const more = tooLong.length > 1 ? ` and ${tooLong.length - 1} more` : '';
  throw refusal(
    'key-too-long',
    `the key ${JSON.stringify(first.slice(0, 120))}…${more} has ${Buffer.byteLength(first)} bytes, S3 allows ${MAX_KEY_BYTES}: shorten the name or the prefix, or exclude it`,
  );
}

/** One request for a small file, its parts and two more for a large one, and the listing. */
function requestsToSend(files: Files): number {
  let requests = Math.ceil(files.length / 1000);
  for (const size of sizesOf(files)) requests += isLarge(size) ? layoutParts(ownLayout(size)) + 2 : 1;
  return requests;
}

/** Contents that have no other name than the ETag of the object that was copied. */
function withCopies(
  contents: ReadonlyMap<string, KnownContent>,
  files: Files,
  copies: ReadonlyObjectMap<ETag>,
): ReadonlyMap<string, KnownContent> {
  if (copies.size === 0) return contents;
  const etags = new Set([...copies].map(([, etag]) => etag));
  const all = new Map(contents);
  for (const { name, object } of files)
    if (object !== undefined && etags.has(object.etag) && !all.has(name))
      all.set(name, { md5: undefined, etags: [object.etag] });
  return all;
}
