import { forEachConcurrent } from '../model/concurrency.js';
import { CONTENT_HEADERS, META, STORAGE_CLASS } from '../model/header-rules.js';
import {
  type Attributes,
  type HeaderDecider,
  HeaderPolicy,
  type HeaderSet,
  parseHeaderState,
  statedBy,
  withoutDigests,
} from '../model/headers.js';
import type { ObjectKey } from '../model/object-key.js';
import type { Files, LocalFile } from '../model/objects.js';
import { type Plan, type RefreshStep, stepsOf } from '../model/plan.js';
import type { HeaderDifference } from '../model/report.js';
import type { HeaderStates } from './header-states.js';
import { headerStates, mayBeOf } from './headers.js';
import type { LoadedIndex } from './learn.js';
import type { PlanInput, Planned } from './plan.js';
import { askHeaders, differences, HEADER_BUDGET, isUntold } from './refresh-headers.js';
import type { Looked, RunParts } from './run-parts.js';

/** Refreshes of a dry run whose present headers are asked for, so that a review sees what changes. */
const REFRESHES_SHOWN = 100;

const HEADERS_DENIED =
  'headers that nobody remembers are left as they are; s3:GetObject lets them be compared';

const INTERRUPTED = 'objects that a run which was interrupted may have written';

const WRITTEN_DENIED = `the headers of ${INTERRUPTED} are left as they are; s3:GetObject lets them be compared`;

const ATTRIBUTES_DENIED =
  'headers are left as they are where renewing them would drop mode and time of the file; s3:GetObject lets those be kept';

/** What a plan is made from but the ACLs that it would drop, which are asked for once there is one. */
export interface PlanBasis extends Omit<PlanInput, 'aclBound'> {
  readonly headers: HeaderStates;
}

/**
 * Which headers objects are to have, and which they have: as the index remembers, and where it does not and the run wants to
 * know, as S3 answers.
 */
export class HeaderReview {
  readonly #run: RunParts;
  policy: HeaderDecider;
  /** A plan that is made anew says these once. */
  #isNotRenewedTold = false;
  #isAclLeftTold = false;
  #isResentTold = false;
  /** Of the keys whose headers S3 was asked for. */
  readonly differences = new Map<ObjectKey, readonly HeaderDifference[]>();
  /** What their metadata says of the file. */
  readonly attributes = new Map<ObjectKey, Attributes>();
  /** Keys whose metadata says something of the file, and may not be read. */
  readonly #attributesUnknown = new Set<ObjectKey>();
  /** Keys whose headers the index remembers as they should be, and where S3 is asked all the same. */
  readonly #doubted = new Set<ObjectKey>();
  /** Keys that a run which was killed or failed, or one beside it, may have given other headers than the index says. */
  #renewing: ReadonlySet<string> = new Set();
  /** Keys whose headers came along from another bucket, and are to be those of their files. */
  #brought: ReadonlySet<ObjectKey> = new Set();
  /** Keys whose objects keep an ACL that is not asked for any more. */
  aclsLeft: ReadonlySet<ObjectKey> = new Set();
  /** Since when runs have written of which nobody knows what they wrote. */
  #writing: number | undefined;
  /** Whether S3 answered about everything that those may have written. */
  isWritingAnswered = false;
  /** Files that S3 was to be asked for, and whose headers are not known all the same. */
  #unanswered = 0;
  /** Whether there may be an index, which could not be read. */
  #isUnread = false;
  /** Keys whose metadata says something of the file, as the index remembers. */
  readonly #attributed = new Set<ObjectKey>();

  constructor(run: RunParts) {
    this.#run = run;
    this.policy = new HeaderPolicy(run.options.writeHeaders, run.options.headers);
  }

  /** For a plan. */
  get known(): Pick<PlanInput, 'attributes' | 'attributesUnknown'> {
    return { attributes: this.attributes, attributesUnknown: this.#attributesUnknown };
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
  states(files: Files, listing: Looked['listing'], { index, isUnread = false }: LoadedIndex): HeaderStates {
    const { destination, headers } = this.#run.options;
    const { prefix } = destination;
    const asking = { store: this.#run.ports.store, asksAttributes: headers.refresh && this.#preserves };
    const states = headerStates(files, prefix, listing, index, this.policy, asking);
    this.#brought = states.asked;
    this.aclsLeft = states.aclsLeft;
    this.#renewing = index?.renewing ?? this.#renewing;
    this.#isUnread = isUnread;
    this.#writing = index?.writing;
    for (const key of states.others()) {
      const known = index?.objects.get(key)?.headers;
      if (known !== undefined && parseHeaderState(known).attributed !== 'none') this.#attributed.add(key);
    }
    const isAsked = this.#run.source !== undefined || (headers.refresh && !this.#isRemembered);
    for (const file of isAsked ? files : []) {
      const key = (prefix + file.name) as ObjectKey;
      if (states.get(key) !== 'same' || !(headers.refresh || isAllHeaders(file))) continue;
      states.delete(key);
      states.aclsLeft.delete(key);
      if (this.#run.source === undefined) this.#doubted.add(key);
    }
    return states;
  }

  /**
   * Headers that nobody remembers are asked for with `refresh-headers`; always those that a run was killed over or may have
   * written before it was, those of what one wrote while another one did, those that came along from another bucket, and of
   * redirects, as an empty object says nothing of where it leads, and so does one in the bucket that is published from: of
   * these two what HEAD does not tell is left, as it is by a check. Writes what was answered into the states, and says whether
   * anything was.
   */
  async ask(
    { unknownHeaders }: Planned,
    { prefix, files, listing, headers: states }: PlanBasis,
  ): Promise<boolean> {
    const { command, headers } = this.#run.options;
    const all = headers.refresh;
    const isNamed = (key: ObjectKey): boolean => this.#renewing.has(key) || this.#brought.has(key);
    const isDoubtful = (key: ObjectKey): boolean => isNamed(key) || mayBeOf(this.#writing, listing.get(key)!);
    const due: LocalFile[] = [];
    const written: LocalFile[] = [];
    // A table has files of this disk, which are more than their headers.
    const named = this.#renewing.size + this.#brought.size;
    if (all || files.columns === undefined || named > 0 || this.#writing !== undefined)
      for (const file of unknownHeaders) {
        const key = (prefix + file.name) as ObjectKey;
        if (all || isAllHeaders(file) || isNamed(key)) due.push(file);
        else if (mayBeOf(this.#writing, listing.get(key)!)) written.push(file);
      }
    const told = written.length === 0 ? {} : { objects: INTERRUPTED, ifDenied: WRITTEN_DENIED };
    const asked = [...due, ...written];
    await this.#compareHeaders(asked, listing, { ...told, bound: due.length + HEADER_BUDGET });
    this.isWritingAnswered = asked.every(({ name }) => {
      const key = (prefix + name) as ObjectKey;
      return this.differences.has(key) || !mayBeOf(this.#writing, listing.get(key)!);
    });
    let answers = 0;
    for (const { name } of asked) {
      const key = (prefix + name) as ObjectKey;
      const answered = this.differences.get(key);
      if (answered === undefined) continue;
      // Without an index what HEAD does not tell would be written in every run.
      const isWritten = command !== 'check' && (all || isDoubtful(key));
      const found = isWritten ? answered : answered.filter((difference) => !isUntold(difference));
      const changed = found.some(({ name }) => name === STORAGE_CLASS) ? 'class' : 'changed';
      states.set(key, found.length === 0 ? 'same' : changed);
      answers++;
    }
    this.#unanswered = asked.length - answers;
    return answers > 0;
  }

  /** A copy onto itself would drop mode and time that the index knows to be there; whether that changes the plan. */
  async askAttributes(plan: Plan, listing: Looked['listing']): Promise<boolean> {
    const { command, dryRun } = this.#run.options;
    const isWritten = !dryRun && command !== 'check' && this.#run.source === undefined;
    if (!isWritten || this.#attributed.size === 0) return false;
    const due = [...stepsOf(plan)].filter(
      (step): step is RefreshStep => step.action === 'refresh' && this.#attributed.has(step.key),
    );
    const files = due.map(({ file }) => file);
    const { answers, denied } = await this.#askAbout(
      files,
      listing,
      Number.POSITIVE_INFINITY,
      ATTRIBUTES_DENIED,
    );
    for (const [key, { attributes }] of answers)
      if (attributes !== undefined) this.attributes.set(key, attributes);
    for (const key of denied) this.#attributesUnknown.add(key);
    return answers.size + denied.size > 0;
  }

  /**
   * Keys of the plan's refreshes that would keep a header which they are to lose: some servers leave an object those that a
   * copy onto itself does not name. Whoever may not read them cannot know, and the run ends before it writes.
   */
  async whatWouldStay(plan: Plan): Promise<ReadonlySet<ObjectKey>> {
    const { store } = this.#run.ports;
    const resent = new Set<ObjectKey>();
    if (!store.mergesHeaders) return resent;
    const names = new Set<string>();
    const steps = [...stepsOf(plan)].filter((step) => step.action === 'refresh');
    await forEachConcurrent(steps, this.#run.inFlight, async ({ key, file }) => {
      const found = this.differences.get(key) ?? (await this.#differencesAt(key, file));
      // One that no rule gives is inferred by the server.
      const left = found.filter(
        ({ name, to }) => to === undefined && name !== 'content-type' && CONTENT_HEADERS.includes(name),
      );
      if (left.length === 0) return;
      resent.add(key);
      this.differences.set(key, found);
      for (const { name } of left) names.add(name);
    });
    const [first] = resent;
    if (first === undefined || this.#isResentTold) return resent;
    this.#isResentTold = true;
    const what = resent.size === 1 ? `${first} is` : `${first} and ${resent.size - 1} more are`;
    this.#run.frame.notice(
      `${what} sent, not copied onto itself: ${store.provider} would keep ${[...names].sort().join(', ')}`,
    );
    return resent;
  }

  /** By HEAD; none of what is gone. */
  async #differencesAt(key: ObjectKey, file: LocalFile): Promise<readonly HeaderDifference[]> {
    const head = await this.#run.ports.store.head(key, this.#run.frame.signal);
    return head === undefined ? [] : differences(await this.#wantedHeaders(file), head);
  }

  /** The first refreshes, as a review shows what changes. */
  async compareRefreshed(plan: Plan, listing: Looked['listing']): Promise<void> {
    const refreshed = [...stepsOf(plan)].filter((step) => step.action === 'refresh');
    const shown = refreshed.slice(0, REFRESHES_SHOWN).map(({ file }) => file);
    await this.#compareHeaders(shown, listing);
  }

  async #compareHeaders(
    files: readonly LocalFile[],
    listing: Looked['listing'],
    { bound = Number.POSITIVE_INFINITY, ifDenied = HEADERS_DENIED, objects = 'objects' } = {},
  ): Promise<void> {
    const { prefix } = this.#run.options.destination;
    const due = files.filter(({ name }) => !this.differences.has((prefix + name) as ObjectKey));
    // What is not remembered no later run could go on with.
    const { refresh } = this.#run.options.headers;
    const goesOn = this.#isRemembered || (this.#run.source === undefined && !refresh);
    const budget = goesOn ? HEADER_BUDGET : bound;
    const { answers } = await this.#askAbout(due, listing, budget, ifDenied, objects);
    for (const [key, { differences, attributes }] of answers) {
      // Of what HEAD does not tell the index is believed: else it would be written in every run.
      const isDoubted = this.#doubted.has(key);
      const told = isDoubted ? differences.filter((difference) => !isUntold(difference)) : differences;
      this.differences.set(key, told);
      // What a bucket's objects have comes along with them.
      if (attributes !== undefined && this.#run.source === undefined) this.attributes.set(key, attributes);
    }
  }

  async #askAbout(
    files: readonly LocalFile[],
    listing: Looked['listing'],
    budget: number,
    ifDenied: string,
    objects = 'objects',
  ): ReturnType<typeof askHeaders> {
    return askHeaders(files, {
      store: this.#run.ports.store,
      prefix: this.#run.options.destination.prefix,
      listing,
      budget,
      headersOf: (file) => this.#wantedHeaders(file),
      preserve: this.#preserves,
      ifDenied,
      objects,
      concurrency: this.#run.inFlight,
      emit: this.#run.ports.emit,
      signal: this.#run.frame.signal,
    });
  }

  /** Digests are no part of what is compared: they are each object's own. */
  async #wantedHeaders(file: LocalFile): Promise<HeaderSet> {
    if (this.#run.source === undefined) {
      const stated = Object.entries(statedBy(file)).map(([name, value]) => [META + name, value] as const);
      return stated.length === 0
        ? this.policy.headersOf(file)
        : { ...this.policy.headersOf(file), ...Object.fromEntries(stated) };
    }
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
    const why = this.#isUnread
      ? 'the index of earlier runs could not be read'
      : 'no earlier run remembered them or others wrote them since';
    const message = `${what} not known, as ${why}, and left as they are: one run with refresh-headers compares and renews them`;
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

  /** Once: the index then knows the headers without it. */
  #tellAclsLeft(unchanged: Planned['unchanged']): void {
    const left = [...this.aclsLeft].filter((key) => unchanged.has(key));
    const [first] = left;
    if (first === undefined || this.#isAclLeftTold) return;
    this.#isAclLeftTold = true;
    const what = left.length === 1 ? `${first} keeps` : `${first} and ${left.length - 1} more keep`;
    this.#run.frame.warn([
      `${what} the ACL of earlier runs, as no input gives one any more: acl: private in one run takes it away, where the bucket has ACLs`,
    ]);
  }

  /** What is left as it is, for those who asked for something else. */
  tell({ headersUnknown, plan, unchanged }: Planned): void {
    this.#tellUnknownHeaders(headersUnknown.files);
    this.#tellNotRenewed(plan);
    this.#tellAclsLeft(unchanged);
  }
}

/** Whether an object is nothing but its headers: a redirect, or what may be one in a bucket that is published from. */
function isAllHeaders({ redirect, object, size, name }: LocalFile): boolean {
  return redirect !== undefined || (object !== undefined && size === 0 && !name.endsWith('/'));
}
