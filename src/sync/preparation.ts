import { sep } from 'node:path';
import type { ETag, Md5 } from '../model/digest.js';
import { type DigestIndex, layoutParts } from '../model/digest-index.js';
import { EXIT, refusal, SyncError } from '../model/errors.js';
import { namesOf, sizesOf, totalSize } from '../model/file-columns.js';
import { MAX_HEADER_BYTES, MAX_METADATA_BYTES } from '../model/header-rules.js';
import {
  type Attributes,
  type HeaderDecider,
  HeaderPolicy,
  type HeaderSet,
  metadataBytes,
  objectHeaders,
  parseHeaderState,
  STORAGE_CLASS,
  withoutDigests,
} from '../model/headers.js';
import type { Listing } from '../model/listing.js';
import { joinKey, MAX_KEY_BYTES, type ObjectKey } from '../model/object-key.js';
import { ObjectMap, type ReadonlyObjectMap } from '../model/object-map.js';
import { ARCHIVED_CLASSES, type Files, type ListedObject, type LocalFile } from '../model/objects.js';
import type { SyncOptions } from '../model/options.js';
import { isLarge, ownLayout } from '../model/part-sizes.js';
import { type Count, type Plan, type RefreshStep, stepsOf } from '../model/plan.js';
import { Proven } from '../model/proven.js';
import type { HeaderDifference } from '../model/report.js';
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
  guardNesting,
  guardOverlap,
  guardSpelling,
  guardTree,
  nestedNames,
} from './guards.js';
import { headerStates, whatWouldLoseAcls } from './headers.js';
import { type LoadedIndex, loadIndex } from './learn.js';
import { addHidden, type HiddenOptions, listAll, listFurther } from './list.js';
import { isPartial } from './local-names.js';
import { immutableNames } from './manifests.js';
import { OlderObjects } from './older-objects.js';
import {
  type HeaderState,
  type Identity,
  type KnownContent,
  makePlan,
  type PlanInput,
  type Planned,
} from './plan.js';
import { provenFiles } from './proven-files.js';
import { publishOrder } from './ranks.js';
import { type ListedPlace, recognise } from './recognise.js';
import { askHeaders, HEADER_BUDGET, isUntold } from './refresh-headers.js';
import { lookingFor, remoteTree } from './remote-tree.js';
import { keysOf, type Looked, type RunParts } from './run-parts.js';
import { bothOrFirstFailure } from './side-by-side.js';
import { unusedRules, withoutOwnFiles, withSite } from './site.js';
import { isSameByETag, type SourceObjects } from './source-objects.js';
import type { Tree } from './walk.js';

/** Refreshes of a dry run whose present headers are asked for, so that a review sees what changes. */
const REFRESHES_SHOWN = 100;

/** An index of so much, some thousand files, says that there will be work for a thread. Bytes. */
const INDEX_WORTH_THREAD = 256 * 1024;

const HEADERS_DENIED =
  'headers that nobody remembers are left as they are; s3:GetObject lets them be compared';

const ATTRIBUTES_DENIED =
  'headers are left as they are where renewing them would drop mode and time of the file; s3:GetObject lets those be kept';

/** What a plan is made from. */
export interface Prepared {
  readonly tree: Tree;
  readonly listing: Looked['listing'];
  readonly further: Looked['further'];
  readonly known: Digested;
  readonly input: Omit<PlanInput, 'aclBound'>;
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
  /** A plan that is made anew says it once. */
  #isNotRenewedTold = false;
  /** Whose excludes are to be told of once every key was asked for. */
  #untold: Tree | undefined;
  policy: HeaderDecider;
  /** Of the keys whose headers S3 was asked for. */
  readonly headerDifferences = new Map<ObjectKey, readonly HeaderDifference[]>();
  /** What their metadata says of the file. */
  readonly attributes = new Map<ObjectKey, Attributes>();
  /** Keys whose metadata says something of the file, and may not be read. */
  readonly #attributesUnknown = new Set<ObjectKey>();
  /** Keys whose headers the index remembers as they should be, and where S3 is asked all the same. */
  readonly #doubted = new Set<ObjectKey>();
  /** Keys that a run which was killed or failed may have given other headers than the index says. */
  #renewing: ReadonlySet<string> = new Set();
  /** Files that S3 was to be asked for, and whose headers are not known all the same. */
  #unanswered = 0;
  /** Keys whose metadata says something of the file, as the index remembers. */
  readonly #attributed = new Set<ObjectKey>();
  /** Of unchanged objects, as far as S3 was asked for them. */
  layouts: ReadonlyMap<ObjectKey, string> = new Map();
  headersUnknown: Count = { files: 0, bytes: 0 };
  sendAllRequests = 0;

  constructor(run: RunParts) {
    this.#run = run;
    this.policy = new HeaderPolicy(run.options.writeHeaders, run.options.headers);
  }

  /** The index of this destination; and of several, the first one's for what it says of the local files. */
  async load(): Promise<LoadedIndex> {
    const { index: storage, isMirror = false, emit } = this.#run.ports;
    const loaded = await loadIndex(storage, emit, this.#run.frame.signal, (bytes) => {
      if (bytes >= INDEX_WORTH_THREAD && this.#run.source === undefined) this.#run.frame.pool.warm();
    });
    if (!isMirror) this.#run.shared.tellIndex(loaded.trustFiles ? loaded.index : undefined);
    this.#fileIndex = await this.#run.frame.alive(this.#run.shared.index);
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
    const { emit, now } = this.#run.ports;
    const digestedNs = BigInt(now()) * 1_000_000n;
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
    const published = await withoutOwnFiles(found, site);
    const { source, isMirror = false } = this.#run.ports;
    if (source === undefined && !isMirror)
      for (const message of unusedRules(published)) emit({ type: 'message', level: 'notice', message });
    if (source !== undefined) guardOverlap(found, source, listing, this.#run.options.destination);
    const places = source === undefined ? treeOptions.patterns.map(({ text }) => text) : [source.url];
    // Rules are the same for all destinations.
    this.#run.frame.warn(isMirror ? [] : site.warnings);
    this.#run.frame.warn(guardTree(published, places, treeOptions, deletes));
    const tree = withSite(published, site, this.#run.options.destination.prefix);
    this.policy = await this.#headerPolicy(tree);
    this.#run.frame.warn(tree.warnings);
    refuseKeys(tree, this.#run.options);
    const { store } = this.#run.ports;
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

  async guardDeletions(planned: Planned, files: Files, listing: Looked['listing']): Promise<void> {
    const { deletes, destination } = this.#run.options;
    if (files.length === 0) return;
    guardDeletions(planned, deletes, this.#run.frame.url);
    if (!deletes.deleteAfter || planned.deletions === 0) return;
    for (const { destination: within, listed } of this.#run.shared.inner(destination)) {
      // Another destination is not waited for where it has nothing to lose.
      if (!deletesBelow(planned.plan, within.prefix)) continue;
      const inner = await this.#run.frame.alive(listed);
      if (inner !== undefined)
        guardInner(planned, listing, destination, { destination: within, listing: inner });
    }
  }

  /** Every write of a tagged name would fail there. */
  #refuseTags(): void {
    const { canTag, provider } = this.#run.ports.store;
    const tags = this.#run.options.headers.rules
      .flatMap(({ changes }) => changes)
      .find(({ name, value }) => name === 'x-amz-tagging' && value !== undefined);
    if (canTag || tags === undefined) return;
    throw new SyncError(
      'usage',
      EXIT.usage,
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
    const hints = index === undefined ? undefined : () => index.objects.keys();
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
        policy: this.policy,
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
  ): Promise<Omit<PlanInput, 'aclBound'>> {
    const { command, destination, deletes, copies, publishLast } = this.#run.options;
    const { store, emit, now } = this.#run.ports;
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
    const retained = parseExcludes(deletes.retain);
    const copied =
      (await this.#run.source?.copiesAmong(files, listing, prefix, store)) ?? new ObjectMap<ETag>();
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
      archives: (file) => ARCHIVED_CLASSES.has(this.policy.headersOf(file)['x-amz-storage-class'] ?? ''),
      headers: this.#headerStates(files, listing, remembered),
      policy: {
        order: publishOrder(publishLast),
        send: 'upload',
        again: 'copy',
        delay: false,
        copyMinSize: copies.minSize,
        deleteAfter: deletes.deleteAfter && files.length > 0,
        deleteExcluded: deletes.deleteExcluded,
        retained: (name) => retained?.(name, false) === true,
        grace: graceStates(
          deletes.grace,
          remembered.index,
          now(),
          this.#run.ports.index?.trust.grace === true,
        ),
        excluded: tree.excluded,
        skipped: tree.skipped,
        hasDirectory: tree.hasDirectory,
      },
    };
  }

  /** A bucket has no files whose attributes could be kept. */
  get #preserves(): boolean {
    return this.#run.options.preserve && this.#run.source === undefined;
  }

  /**
   * Whether an index is believed with `refresh-headers`: it knows nothing of what a source has by now, nor of what a run
   * that was killed renewed where that dates nothing.
   */
  get #isRemembered(): boolean {
    return this.#run.source === undefined && this.#run.ports.store.datesRefreshes;
  }

  /** An index knows what rules gave an object, and nothing of what its source has by now. */
  #headerStates(
    files: Files,
    listing: Looked['listing'],
    { index }: LoadedIndex,
  ): ReadonlyMap<ObjectKey, HeaderState> {
    const { destination, headers } = this.#run.options;
    const { prefix } = destination;
    const asking = { store: this.#run.ports.store, asksAttributes: headers.refresh && this.#preserves };
    const states = new Map(headerStates(files, prefix, listing, index, this.policy, asking));
    this.#renewing = index?.renewing ?? this.#renewing;
    for (const [key, state] of states) {
      const known = state === 'same' ? undefined : index?.objects.get(key)?.headers;
      if (known !== undefined && parseHeaderState(known).attributed !== 'none') this.#attributed.add(key);
    }
    const isAsked = this.#run.source !== undefined || (headers.refresh && !this.#isRemembered);
    for (const file of isAsked ? files : []) {
      const key = (prefix + file.name) as ObjectKey;
      if (states.get(key) !== 'same' || !(headers.refresh || isAllHeaders(file))) continue;
      states.delete(key);
      if (this.#run.source === undefined) this.#doubted.add(key);
    }
    return states;
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

  async plan(input: Omit<PlanInput, 'aclBound'>, delay: boolean): Promise<Planned> {
    const { store, emit } = this.#run.ports;
    const policy = { ...input.policy, delay };
    return this.#run.frame.phase('plan', async () => {
      let headers = input.headers;
      const known = { attributes: this.attributes, attributesUnknown: this.#attributesUnknown };
      const aclBound = new Set<ObjectKey>();
      let made = makePlan({ ...input, policy, headers, ...known, aclBound });
      const asked = await this.#askHeaders(made, input);
      const isAttributed = await this.#askAttributes(made.plan, input.listing);
      if (asked.size > 0 || isAttributed) {
        headers = new Map([...headers, ...asked]);
        made = makePlan({ ...input, policy, headers, ...known, aclBound });
      }
      const acls = await whatWouldLoseAcls(made.plan, {
        store,
        policy: this.policy,
        concurrency: this.#run.inFlight,
        emit,
        signal: this.#run.frame.signal,
      });
      const isFree = acls.aclBound.size + acls.aclUnknown.size === 0;
      this.#tellUnusedExcludes(made.deletions > 0);
      return isFree ? made : makePlan({ ...input, policy, headers, ...known, ...acls });
    });
  }

  /** A plan has asked of each listed key that the tree lacks whether it is excluded. Told before guards refuse. */
  #tellUnusedExcludes(deletes: boolean): void {
    const tree = this.#untold;
    this.#untold = undefined;
    if (tree === undefined) return;
    const { source, destination } = this.#run.options;
    const prefixes = [destination.prefix, source?.place.prefix ?? ''];
    this.#run.frame.tellUnusedExcludes(tree.unusedExcludes(), {
      places: [tree.root.replaceAll(sep, '/'), ...prefixes],
      hasDirectory: tree.hasDirectory,
      deletes,
    });
  }

  /**
   * Headers that nobody remembers are asked for with `refresh-headers`; always those that a run was killed over, and of
   * redirects, as an empty object says nothing of where it leads, and so does one in the bucket that is published from.
   */
  async #askHeaders(
    { unknownHeaders }: Planned,
    { prefix, files, listing }: Omit<PlanInput, 'aclBound'>,
  ): Promise<ReadonlyMap<ObjectKey, HeaderState>> {
    const states = new Map<ObjectKey, HeaderState>();
    const all = this.#run.options.headers.refresh;
    const due: LocalFile[] = [];
    // A table has files of this disk, which are more than their headers.
    if (all || files.columns === undefined || this.#renewing.size > 0)
      for (const file of unknownHeaders) {
        const key = (prefix + file.name) as ObjectKey;
        if (all || isAllHeaders(file) || this.#renewing.has(key)) due.push(file);
      }
    await this.#compareHeaders(due, listing);
    for (const { name } of due) {
      const key = (prefix + name) as ObjectKey;
      const found = this.headerDifferences.get(key);
      if (found === undefined) continue;
      const changed = found.some(({ name }) => name === STORAGE_CLASS) ? 'class' : 'changed';
      states.set(key, found.length === 0 ? 'same' : changed);
    }
    this.#unanswered = due.length - states.size;
    return states;
  }

  /** A copy onto itself would drop mode and time that the index knows to be there; whether that changes the plan. */
  async #askAttributes(plan: Plan, listing: Looked['listing']): Promise<boolean> {
    const { command, dryRun } = this.#run.options;
    const isWritten = !dryRun && command !== 'check' && this.#run.source === undefined;
    if (!isWritten || this.#attributed.size === 0) return false;
    const due = [...stepsOf(plan)].filter(
      (step): step is RefreshStep => step.action === 'refresh' && this.#attributed.has(step.key),
    );
    const files = due.map(({ file }) => file);
    const { answers, denied } = await this.#ask(files, listing, Number.POSITIVE_INFINITY, ATTRIBUTES_DENIED);
    for (const [key, { attributes }] of answers)
      if (attributes !== undefined) this.attributes.set(key, attributes);
    for (const key of denied) this.#attributesUnknown.add(key);
    return answers.size + denied.size > 0;
  }

  /** The first refreshes, as a review shows what changes. */
  async compareRefreshed(plan: Plan, listing: Looked['listing']): Promise<void> {
    const refreshed = [...stepsOf(plan)].filter((step) => step.action === 'refresh');
    const shown = refreshed.slice(0, REFRESHES_SHOWN).map(({ file }) => file);
    await this.#compareHeaders(shown, listing);
  }

  async #compareHeaders(files: readonly LocalFile[], listing: Looked['listing']): Promise<void> {
    const { prefix } = this.#run.options.destination;
    const due = files.filter(({ name }) => !this.headerDifferences.has((prefix + name) as ObjectKey));
    // What is not remembered no later run could go on with.
    const { refresh } = this.#run.options.headers;
    const goesOn = this.#isRemembered || (this.#run.source === undefined && !refresh);
    const budget = goesOn ? HEADER_BUDGET : Number.POSITIVE_INFINITY;
    const { answers } = await this.#ask(due, listing, budget, HEADERS_DENIED);
    for (const [key, { differences, attributes }] of answers) {
      // Of what HEAD does not tell the index is believed: else it would be written in every run.
      const isDoubted = this.#doubted.has(key);
      const told = isDoubted ? differences.filter((difference) => !isUntold(difference)) : differences;
      this.headerDifferences.set(key, told);
      // What a bucket's objects have comes along with them.
      if (attributes !== undefined && this.#run.source === undefined) this.attributes.set(key, attributes);
    }
  }

  async #ask(
    files: readonly LocalFile[],
    listing: Looked['listing'],
    budget: number,
    ifDenied: string,
  ): ReturnType<typeof askHeaders> {
    return askHeaders(files, {
      store: this.#run.ports.store,
      prefix: this.#run.options.destination.prefix,
      listing,
      budget,
      headersOf: (file) => this.#wantedHeaders(file),
      preserve: this.#preserves,
      ifDenied,
      concurrency: this.#run.inFlight,
      emit: this.#run.ports.emit,
      signal: this.#run.frame.signal,
    });
  }

  /** Digests are no part of what is compared: they are each object's own. */
  async #wantedHeaders(file: LocalFile): Promise<HeaderSet> {
    if (this.#run.source === undefined) return this.policy.headersOf(file);
    const kept = await this.#run.source.headersOf(file);
    return this.policy.over(withoutDigests(kept), file);
  }

  /** Whoever sets rules for objects that others wrote must hear that nothing became of them. What was asked was told. */
  #tellUnknownHeaders(unknown: number): void {
    const count = unknown - this.#unanswered;
    const { headers, writeHeaders } = this.#run.options;
    const { rules, defaults, refresh } = headers;
    const written = Object.values(writeHeaders).some((value) => value !== undefined && value !== 'STANDARD');
    const isAsked = rules.length > 0 || defaults !== 'none' || written || this.#preserves;
    if (count === 0 || refresh || !isAsked) return;
    const what = count === 1 ? 'the headers of 1 object are' : `the headers of ${count} objects are`;
    const message = `${what} not known, as no earlier run wrote them or others wrote them since, and left as they are: refresh-headers: true compares and renews them`;
    this.#run.ports.emit({ type: 'message', level: 'notice', message });
  }

  #tellNotRenewed(plan: Plan): void {
    const kept = [...stepsOf(plan)].filter(({ reason }) => reason === 'not-copyable');
    const [first] = kept;
    if (first === undefined || this.#isNotRenewedTold) return;
    this.#isNotRenewedTold = true;
    const what = kept.length === 1 ? `${first.key} keeps` : `${first.key} and ${kept.length - 1} more keep`;
    this.#run.frame.warn([
      `${what} the old headers: what is archived or above 5 GiB cannot be copied onto itself; restore it, or delete it and publish again`,
    ]);
  }

  settle(planned: Planned): void {
    this.headersUnknown = planned.headersUnknown;
    this.#tellUnknownHeaders(planned.headersUnknown.files);
    this.#tellNotRenewed(planned.plan);
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

/** Whether an object is nothing but its headers: a redirect, or what may be one in a bucket that is published from. */
function isAllHeaders({ redirect, object, size, name }: LocalFile): boolean {
  return redirect !== undefined || (object !== undefined && size === 0 && !name.endsWith('/'));
}

/** Several rules, or names that they put into values, can make more than S3 takes; it would say so file by file. */
function refuseMetadata({ name }: LocalFile, headers: HeaderSet): void {
  const refuse = (bytes: number, of: string, room: number): void => {
    if (bytes <= room) return;
    throw new SyncError(
      'usage',
      EXIT.usage,
      `headers: the rules give ${name} ${bytes} bytes of ${of}, S3 leaves room for ${room}: shorten them; nothing was written`,
      { key: name },
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
