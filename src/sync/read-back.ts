import { createHash } from 'node:crypto';
import { forEachConcurrent } from '../model/concurrency.js';
import { EMPTY_MD5, type Md5 } from '../model/digest.js';
import { EXIT, type ExitCode, SyncError } from '../model/errors.js';
import type { StepOutcome } from '../model/events.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import type { Encoding, ListedObject, LocalFile } from '../model/objects.js';
import {
  type DownloadStep,
  type Plan,
  type Reason,
  stepsOf,
  type UploadStep,
  type WriteStep,
} from '../model/plan.js';
import type { ReadableStore } from '../store/object-store.js';
import { decode, WrongContentError } from './decode.js';
import { explain } from './explain.js';

export interface ReadBackRequest {
  readonly store: ReadableStore;
  readonly prefix: Prefix;
  readonly listing: ReadonlyMap<ObjectKey, ListedObject>;
  readonly concurrency: number;
  /** The MD5 of what an object is a copy of, read as well; absent: its digest is known. */
  readonly original?: (file: LocalFile) => Promise<Md5>;
  /** What an object that is damaged calls for. */
  readonly action: 'upload' | 'download';
  readonly onProgress: (files: number, bytes: number) => void;
  /** Nothing more is read when it is aborted. */
  readonly signal: AbortSignal;
}

/** A file and the object to read for it. */
interface Due {
  readonly file: LocalFile;
  readonly object: ListedObject;
}

/** Keys whose objects were read before the plan was made, and what could not be. */
export interface ReadFirst extends Pick<CheckedBack, 'failed' | 'exits'> {
  readonly keys: ReadonlySet<ObjectKey>;
}

/** Where everything is known without reading, or nothing is to be read. */
export const NOTHING_READ: ReadFirst = { keys: new Set(), failed: [], exits: [] };

/** By key; `undefined`: an object that is known by its ETag alone. */
type Md5s = ReadonlyMap<ObjectKey, Md5 | undefined>;

/** What could not be read. */
type Unread = Pick<CheckedBack, 'failed' | 'exits'>;

/** What reading showed: damaged objects as steps that would mend them, and what could not be read. */
export interface CheckedBack {
  readonly findings: readonly (UploadStep | DownloadStep)[];
  readonly failed: readonly StepOutcome[];
  readonly exits: readonly ExitCode[];
}

/** Of a check that reads nothing. */
export const NOTHING_FOUND: CheckedBack = { findings: [], failed: [], exits: [] };

/**
 * Reads objects back, whole, and compares their bytes with those that their files have. What `compress` stored is
 * decoded. Memory does not grow with the objects' sizes.
 *
 * @param files those whose keys `md5s` does not have are left out
 * @param md5s of the stored bytes, by key
 */
export async function checkBack(
  files: Iterable<LocalFile>,
  md5s: Md5s,
  request: ReadBackRequest,
): Promise<CheckedBack> {
  const findings: (UploadStep | DownloadStep)[] = [];
  const unread = await readBack(files, md5s, request, 'damaged', (due, { there, wanted }) => {
    if (there !== wanted) findings.push(stepOf(due, md5s, request, 'damaged'));
  });
  return { findings, ...unread };
}

/** As `checkBack`, of objects of which S3 does not say what they hold: what each of them and of their files has is told. */
export async function readUnknown(
  files: Iterable<LocalFile>,
  md5s: Md5s,
  request: ReadBackRequest,
): Promise<Unread & { readonly read: readonly (Due & Compared)[] }> {
  const read: (Due & Compared)[] = [];
  const unread = await readBack(files, md5s, request, 'content-unknown', (due, compared) => {
    read.push({ ...due, ...compared });
  });
  return { read, ...unread };
}

function stepOf(
  { file, object }: Due,
  md5s: Md5s,
  { action }: ReadBackRequest,
  reason: Reason,
): UploadStep | DownloadStep {
  const { key, etag } = object;
  const md5 = md5s.get(key) ?? EMPTY_MD5;
  const condition = { ifMatch: etag };
  return { key, action, reason, rank: 0, bytes: file.size, file, md5, condition, staged: false };
}

/**
 * A plan with what reading the objects showed besides.
 *
 * @param unread keys of which nothing is known but that they could not be read
 */
export function withFindings(
  plan: Plan,
  steps: readonly WriteStep[],
  unread: Iterable<ObjectKey> = [],
): Plan {
  const found = new Set([...steps.map(({ key }) => key), ...unread]);
  if (found.size === 0) return plan;
  const renewed = new Set([...stepsOf(plan)].map(({ key }) => key));
  const counted = steps.filter(({ key }) => !renewed.has(key));
  // What is to be written anew needs no new headers besides.
  const ranks = plan.ranks.map(({ name, phases }, rank) => {
    const kept = phases.map((phase) =>
      phase.kind === 'publish'
        ? { ...phase, steps: phase.steps.filter(({ key }) => !found.has(key)) }
        : phase,
    );
    return { name, phases: rank === 0 ? [...kept, { kind: 'publish' as const, steps }] : kept };
  });
  return {
    ...plan,
    unchanged: {
      files: plan.unchanged.files - counted.length,
      bytes: plan.unchanged.bytes - counted.reduce((sum, { bytes }) => sum + bytes, 0),
    },
    ranks,
  };
}

async function readBack(
  files: Iterable<LocalFile>,
  md5s: Md5s,
  request: ReadBackRequest,
  reason: Reason,
  onRead: (due: Due, compared: Compared) => void,
): Promise<Unread> {
  const { prefix, listing, signal, onProgress } = request;
  const due: Due[] = [];
  for (const file of files) {
    const object = listing.get((prefix + file.name) as ObjectKey);
    if (object !== undefined && md5s.has(object.key)) due.push({ file, object });
  }
  const failed: StepOutcome[] = [];
  const exits: ExitCode[] = [];
  let done = 0;
  let bytes = 0;
  await forEachConcurrent(due, request.concurrency, async (one) => {
    signal.throwIfAborted();
    const { key, size } = one.object;
    try {
      onRead(one, await settled(one, md5s.get(key), request));
    } catch (cause) {
      signal.throwIfAborted();
      const step = stepOf(one, md5s, request, reason);
      const { code, exit, message } = explain(cause, key);
      exits.push(exit);
      failed.push({
        step,
        outcome: 'failed',
        action: step.action,
        sentBytes: 0,
        error: { code, message },
        ms: 0,
      });
    }
    bytes += size;
    onProgress(++done, bytes);
  });
  return { failed, exits };
}

interface Compared {
  /** `undefined`: the bytes are not what their encoding makes. */
  readonly there: Md5 | undefined;
  readonly wanted: Md5 | undefined;
}

/** Reads an object. A difference is told once a second reading shows the same: the way to it may damage bytes. */
async function settled(one: Due, known: Md5 | undefined, request: ReadBackRequest): Promise<Compared> {
  const first = await compare(one, known, request);
  if (first.there === first.wanted) return first;
  const second = await compare(one, known, request);
  const isSame = second.there === first.there && second.wanted === first.wanted;
  if (isSame || second.there === second.wanted) return second;
  const { key } = one.object;
  throw new SyncError(
    'wrong-content',
    EXIT.failed,
    `${key}: two readings gave two contents: the way to it damages what comes; check network and proxy, and run again`,
  );
}

async function compare(
  { file, object }: Due,
  known: Md5 | undefined,
  request: ReadBackRequest,
): Promise<Compared> {
  let there: Md5 | undefined;
  await request.store.get(
    object,
    async (body) => {
      there = await digestOf(body, file.encoded?.encoding);
    },
    request.signal,
  );
  return { there, wanted: await wantedOf(file, known, request) };
}

/** What the bytes of an object should be. An original that is not what it says itself is no measure. */
async function wantedOf(
  file: LocalFile,
  known: Md5 | undefined,
  { original }: ReadBackRequest,
): Promise<Md5 | undefined> {
  if (file.size === 0) return EMPTY_MD5;
  if (original === undefined) return file.encoded?.md5 ?? known;
  let read = await original(file);
  if (known !== undefined && known !== read) read = await original(file);
  if (known === undefined || known === read) return read;
  const what = file.object!.key;
  throw new SyncError(
    'wrong-content',
    EXIT.failed,
    `${what}: the source object is damaged: its bytes are not those that its ETag or its metadata names`,
  );
}

/** `undefined`: the bytes are not what the encoding makes. */
async function digestOf(
  body: AsyncIterable<Uint8Array>,
  encoding: Encoding | undefined,
): Promise<Md5 | undefined> {
  const hash = createHash('md5');
  const digest = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of chunks) hash.update(chunk);
  };
  try {
    if (encoding === undefined) await digest(body);
    else await decode(body, encoding, digest);
  } catch (error) {
    if (error instanceof WrongContentError) return undefined;
    throw error;
  }
  return hash.digest('hex') as Md5;
}
