import { type Concurrency, forEachConcurrent } from '../model/concurrency.js';
import type { Emit } from '../model/events.js';
import { ACL, META, READER_HEADERS, REDIRECT_HEADER, STORAGE_CLASS } from '../model/header-rules.js';
import {
  type Attributes,
  attributedBy,
  attributesIn,
  classOf,
  completedBy,
  type HeaderSet,
  isOwnMetadata,
  isPreserved,
  isStated,
  objectHeaders,
} from '../model/headers.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import type { ListedObject, LocalFile } from '../model/objects.js';
import type { HeaderDifference } from '../model/report.js';
import { isDeniedOrRejected, type ObjectHead, type ObjectStore } from '../store/object-store.js';
import { explain } from './explain.js';
import { lacksClass } from './headers.js';

/** HEAD requests that one run spends on headers that nobody remembers: 0.4 US cents on AWS. */
export const HEADER_BUDGET = 10_000;

/** What HEAD tells nothing of. */
const UNTOLD: readonly string[] = [ACL, 'x-amz-tagging'];

const SSE = 'x-amz-server-side-encryption';

/** Whether HEAD may have left out what an object has: of encryption versitygw says nothing, though it takes it. */
export function isUntold({ name, from }: HeaderDifference): boolean {
  return UNTOLD.includes(name) || (from === undefined && name.startsWith(SSE));
}

export interface HeaderQuestions {
  readonly store: Pick<ObjectStore, 'head' | 'redirects' | 'storageClasses'>;
  readonly prefix: Prefix;
  readonly listing: ReadonlyMap<ObjectKey, ListedObject>;
  /** Objects that are asked about at most. */
  readonly budget: number;
  /** What an object should have. */
  readonly headersOf: (file: LocalFile) => Promise<HeaderSet>;
  /** Whether objects keep mode and time of their files. */
  readonly preserve: boolean;
  /** What becomes of objects that may not be asked about, and what would help: ends a warning. */
  readonly ifDenied: string;
  /** What is asked about, in the plural. */
  readonly objects: string;
  readonly concurrency: Concurrency;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

export interface HeaderAnswer {
  readonly differences: readonly HeaderDifference[];
  /** What its metadata says of the file; absent: nothing. */
  readonly attributes?: Attributes;
}

export interface HeaderAnswers {
  readonly answers: ReadonlyMap<ObjectKey, HeaderAnswer>;
  /** Keys that may not be asked about. */
  readonly denied: ReadonlySet<ObjectKey>;
}

/**
 * Asks S3 what objects that have the right bytes have in other headers than they should, as many as the budget
 * allows. What was not answered stays unknown.
 */
export async function askHeaders(
  files: readonly LocalFile[],
  questions: HeaderQuestions,
): Promise<HeaderAnswers> {
  const {
    store,
    prefix,
    listing,
    budget,
    headersOf,
    preserve,
    ifDenied,
    objects,
    concurrency,
    emit,
    signal,
  } = questions;
  const answers = new Map<ObjectKey, HeaderAnswer>();
  const due = files.slice(0, budget);
  const denied = new Set<ObjectKey>();
  await forEachConcurrent(due, concurrency, async (file) => {
    const key = (prefix + file.name) as ObjectKey;
    if (denied.size > 0) {
      denied.add(key);
      return;
    }
    try {
      const head = await store.head(key, signal);
      const object = listing.get(key);
      // Replaced since the listing: the next run sees it.
      if (head === undefined || head.etag !== object?.etag) return;
      const decided = await headersOf(file);
      const attributes = attributesIn(head.metadata);
      const found = [...differences(decided, head)];
      if (preserve && isPreserved(file) && attributedBy(attributes) !== 'all')
        found.push(missingAttributes(file, head.metadata));
      const asked = classOf(decided);
      if (asked !== undefined && lacksClass(decided, object, store))
        found.push({ name: STORAGE_CLASS, from: object.storageClass, to: asked });
      // What the server keeps nowhere is renewed in vain.
      const isKept = store.redirects !== 'dropped';
      answers.set(key, {
        differences: isKept ? found : found.filter(({ name }) => name !== REDIRECT_HEADER),
        ...(attributes === undefined ? {} : { attributes }),
      });
    } catch (error) {
      if (!isDeniedOrRejected(error)) throw error;
      if (denied.size === 0) {
        const { message } = explain(error, key);
        emit({ type: 'message', level: 'warning', message: `${message}: ${ifDenied}` });
      }
      denied.add(key);
    }
  });
  if (files.length > due.length) {
    const message = `the headers of ${files.length - due.length} ${objects} are still unknown: ${budget} were asked for, the next run goes on`;
    emit({ type: 'message', level: 'notice', message });
  }
  return { answers, denied };
}

/** Other ones than the file's are none: every checkout has its own times. */
function missingAttributes(file: LocalFile, metadata: ObjectHead['metadata']): HeaderDifference {
  const from = metadata.get('s3cmd-attrs');
  const { 's3cmd-attrs': to = '' } = completedBy(Object.fromEntries(metadata), file);
  return { name: 'x-amz-meta-s3cmd-attrs', ...(from === undefined ? {} : { from }), to };
}

/** Headers that an object has and should not have, or the other way round. Storage classes may be a lifecycle rule's. */
export function differences(decided: HeaderSet, head: ObjectHead): readonly HeaderDifference[] {
  const found: HeaderDifference[] = [];
  const see = (name: string, from: string | undefined, to: string | undefined): void => {
    if (from === to) return;
    found.push({ name, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) });
  };
  // What no rule gives must not be there either.
  for (const name of READER_HEADERS) see(name, head.fields[name], decided[name]);
  const { metadata } = objectHeaders(decided, {});
  for (const [name, value] of Object.entries(metadata)) see(META + name, head.metadata.get(name), value);
  for (const [name, value] of head.metadata)
    if (metadata[name] === undefined && (isStated(name) || !isOwnMetadata(name)))
      see(META + name, value, undefined);
  if (decided[SSE] !== undefined) see(SSE, head.fields[SSE], decided[SSE]);
  const kms = `${SSE}-aws-kms-key-id`;
  const key = decided[kms];
  // S3 answers the ARN, whatever the key was called; an alias says nothing of it.
  if (key !== undefined && !key.includes('alias/') && head.fields[kms]?.endsWith(key) !== true)
    see(kms, head.fields[kms], key);
  // They are written once more.
  for (const name of UNTOLD) see(name, undefined, decided[name]);
  return found;
}
