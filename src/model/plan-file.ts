import { createHash } from 'node:crypto';
import { type ETag, type Md5, parseETag, parseMd5 } from './digest.js';
import { formatLayout, type PartRun, parseLayout } from './digest-index.js';
import { HEADER_NAME } from './header-rules.js';
import { type Attributes, formatSource, type HeaderSet, parseSource } from './headers.js';
import type { ObjectKey } from './object-key.js';
import { type LocalFile, NO_FILE } from './objects.js';
import type { Condition, CopySource, Phase, Plan, Rank, Reason, StagedStep, Step } from './plan.js';

/**
 * A plan on its way from the machine that made it to those that stage its shards and the one that publishes. JSON Lines:
 *
 *     {"format": "s3-dedup-sync-plan", "version": 1, "destination": ..., "endpoint": ..., "ranks": [...], ...}
 *     {"rank": 0, "phase": 0, "action": "upload", "key": ..., ...}
 *
 * Anything else is refused whole: half a plan is worse than none.
 */
const PLAN_FORMAT = 's3-dedup-sync-plan';

/** What a shard staged. JSON Lines: a head, a line an upload, and a last line that says it is whole. */
const RESULTS_FORMAT = 's3-dedup-sync-results';

/** What a shard published: so too, a line a key. */
const PUBLISHED_FORMAT = 's3-dedup-sync-published';

const VERSION = 1;

/** Larger files are not ours: a plan of a million steps has some 400 MB. Bytes. */
export const MAX_PLAN_BYTES = 1024 ** 3;

/** A plan, and what it is a plan of. */
export interface PlanFile {
  /** SHA-256 of the file's bytes: results name it. */
  readonly id: string;
  /** `s3://bucket/prefix/`. */
  readonly destination: string;
  /** Empty: AWS itself. */
  readonly endpoint: string;
  readonly plan: Plan;
  /** What was decided of each file's headers, by its name. */
  readonly headers: ReadonlyMap<string, HeaderSet>;
  /** Objects keep mode and time of their files. */
  readonly preserve: boolean;
}

/** What was staged for a key, as the publishing machine completes it. */
export interface StagedUpload {
  readonly key: ObjectKey;
  readonly action: 'upload' | 'copy';
  readonly uploadId: string;
  readonly encryption: string | undefined;
  readonly parts: readonly { readonly number: number; readonly etag: ETag; readonly boundBySource?: true }[];
  readonly layout: readonly PartRun[];
  /** Of the object that Complete makes; `undefined` where parts prove nothing. */
  readonly etag: ETag | undefined;
  /** Bytes. */
  readonly size: number;
  readonly md5: Md5;
  readonly crc32?: string;
}

export interface Shard {
  /** From 1. */
  readonly number: number;
  readonly of: number;
}

export interface Results {
  /** Id of the plan. */
  readonly plan: string;
  readonly shard: Shard;
  /** When the attempt was begun, milliseconds since the epoch: the last one of a shard counts. */
  readonly attempt: number;
  readonly uploads: readonly StagedUpload[];
}

/** What a shard published of a rank. */
export interface Published {
  /** Id of the plan. */
  readonly plan: string;
  /** ETags of what lies there since. */
  readonly keys: ReadonlyMap<ObjectKey, ETag>;
}

/** A file that is not what it should be: `message` says what was met. */
export class PlanFileError extends Error {
  override readonly name = 'PlanFileError';
}

/** What the other machines cannot know. */
export interface Decided {
  /** They have neither rules nor manifests. */
  readonly headersOf: (file: LocalFile) => HeaderSet;
  /** Digests of what is stored of encoded files, by name: each machine must make the same bytes of them. */
  readonly stored: ReadonlyMap<string, Md5>;
  /** Whether objects keep mode and time of their files. */
  readonly preserve: boolean;
}

export function* formatPlan(
  destination: string,
  endpoint: string,
  { ranks, unchanged, kept }: Plan,
  decided: Decided,
): Generator<string> {
  const { headersOf, preserve } = decided;
  const names = ranks.map(({ name }) => name);
  const head = {
    format: PLAN_FORMAT,
    version: VERSION,
    destination,
    endpoint,
    ranks: names,
    unchanged,
    kept,
    ...(preserve ? { preserve } : {}),
  };
  yield `${JSON.stringify(head)}\n`;
  for (const [rank, { phases }] of ranks.entries()) {
    let phase = 0;
    for (const { kind, steps } of phases) {
      if (kind === 'stage') continue;
      for (const step of steps) {
        const headers = 'file' in step ? { headers: headersOf(step.file) } : {};
        yield `${JSON.stringify({ ...stepRecord(step, decided), ...headers, rank, phase })}\n`;
      }
      phase++;
    }
  }
}

function stepRecord(step: Step, { stored, preserve }: Decided): Readonly<Record<string, unknown>> {
  if (!('file' in step)) return { ...step };
  const { name, size, page, redirect, encoded } = step.file;
  const { mode, mtimeNs } = encoded?.source ?? step.file;
  const md5 = step.md5 ?? stored.get(name);
  const file = {
    name,
    size,
    ...(page === undefined ? {} : { page }),
    ...(redirect === undefined ? {} : { redirect }),
    ...(encoded === undefined ? {} : { encoded: formatSource(encoded) }),
    ...(preserve ? { mode, mtimeNs: `${mtimeNs}` } : {}),
  };
  return { ...step, ...(md5 === undefined ? {} : { md5 }), file };
}

/** Rejects anything that `formatPlan` would not write, with a PlanFileError. */
export function parsePlan(bytes: Buffer): PlanFile {
  const lines = linesOf(bytes, 'plan');
  const head = record(lines.next().value);
  const { format, version, destination, endpoint, ranks: names, unchanged, kept, preserve } = head;
  if (format !== PLAN_FORMAT) throw new PlanFileError('it is no plan');
  if (version !== VERSION)
    throw new PlanFileError(`it is a plan of version ${JSON.stringify(version)}, not ${VERSION}`);
  if (!isText(destination) || typeof endpoint !== 'string' || !Array.isArray(names) || !names.every(isText))
    throw new PlanFileError('its first line is not whole');
  const ranks = names.map((name) => ({ name, phases: [] as Step[][] }));
  const staged: StagedStep[] = [];
  const keys = new Set<string>();
  const headers = new Map<string, HeaderSet>();
  for (const line of lines) {
    const fields = record(line);
    const { step, rank, phase } = parseStep(fields);
    if ('file' in step) headers.set(step.file.name, headersIn(fields.headers, step.key));
    const phases = ranks[rank]?.phases;
    if (phases === undefined || phase > phases.length) throw new PlanFileError('a step is out of its place');
    if (keys.has(step.key)) throw new PlanFileError(`the key ${JSON.stringify(step.key)} stands twice`);
    keys.add(step.key);
    const steps = phases[phase];
    if (steps === undefined) phases.push([step]);
    else steps.push(step);
    if ((step.action === 'upload' || step.action === 'copy') && step.staged) staged.push(step);
  }
  const built = ranks.map(({ name, phases }, at): Rank => {
    const stage: Phase[] =
      at === 0 && staged.length > 0 ? [{ kind: 'stage', required: true, steps: staged }] : [];
    return { name, phases: [...stage, ...phases.map((steps): Phase => ({ kind: 'publish', steps }))] };
  });
  return {
    id: createHash('sha256').update(bytes).digest('hex'),
    destination,
    endpoint,
    plan: { ranks: built, unchanged: count(unchanged), kept: count(kept) },
    headers,
    preserve: preserve === true,
  };
}

function parseStep(line: Readonly<Record<string, unknown>>): {
  readonly step: Step;
  readonly rank: number;
  readonly phase: number;
} {
  const { rank, phase, key, reason, bytes, action } = line;
  if (!isSize(rank) || !isSize(phase) || !isSize(bytes) || !isText(key) || !isText(reason))
    throw wrongStep(key);
  const base = { key: key as ObjectKey, reason: reason as Reason, rank, bytes };
  const place = { rank, phase };
  switch (action) {
    case 'keep':
    case 'delete':
      return { ...place, step: { ...base, action, etag: etagOf(line.etag, key) } };
    case 'refresh': {
      const { storageClass, attributes } = line;
      const md5 = md5Of(line.md5, key);
      if (md5 === undefined) throw wrongStep(key);
      const kept = {
        ...(isText(storageClass) ? { storageClass } : {}),
        ...(attributes === undefined ? {} : { attributes: headersIn(attributes, key) as Attributes }),
      };
      const fields = { file: fileOf(line.file, key), md5, condition: conditionOf(line.condition, key) };
      return { ...place, step: { ...base, ...fields, ...kept, action, etag: etagOf(line.etag, key) } };
    }
    case 'upload':
    case 'copy': {
      const { staged } = line;
      if (typeof staged !== 'boolean') throw wrongStep(key);
      const fields = {
        file: fileOf(line.file, key),
        md5: md5Of(line.md5, key),
        condition: conditionOf(line.condition, key),
        staged,
      };
      if (action === 'upload') return { ...place, step: { ...base, ...fields, action } };
      return { ...place, step: { ...base, ...fields, action, source: sourceOf(line.source, key) } };
    }
    default:
      throw wrongStep(key);
  }
}

/** Its bytes lie on another machine: it has neither path nor stat, but for what is preserved of it. */
function fileOf(value: unknown, key: unknown): LocalFile {
  const { name, size, page, redirect, encoded, mode = 0, mtimeNs = '0' } = record(value);
  if (!isText(name) || !isSize(size) || !isSize(mode)) throw wrongStep(key);
  if (typeof mtimeNs !== 'string' || !/^-?[0-9]{1,30}$/.test(mtimeNs)) throw wrongStep(key);
  const file = { ...NO_FILE, name, size, mode, mtimeNs: BigInt(mtimeNs) };
  const form = isText(encoded) ? parseSource(encoded) : undefined;
  if (encoded !== undefined && form === undefined) throw wrongStep(key);
  return {
    ...file,
    ...(isText(page) ? { page } : {}),
    ...(isText(redirect) ? { redirect } : {}),
    ...(form === undefined ? {} : { encoded: { ...form, source: { ...file, size: form.size } } }),
  };
}

function headersIn(value: unknown, key: unknown): HeaderSet {
  const entries = Object.entries(record(value));
  if (!entries.every(([name, text]) => HEADER_NAME.test(name) && typeof text === 'string'))
    throw wrongStep(key);
  return Object.fromEntries(entries) as HeaderSet;
}

function conditionOf(value: unknown, key: unknown): Condition {
  const { ifMatch, ifNoneMatch } = record(value);
  return ifNoneMatch === '*' ? { ifNoneMatch } : { ifMatch: etagOf(ifMatch, key) };
}

function sourceOf(value: unknown, key: unknown): CopySource {
  const { kind, key: from, etag, size, bucket } = record(value);
  if (!isText(from)) throw wrongStep(key);
  if (kind === 'published') return { kind, key: from as ObjectKey };
  if (kind !== 'object' || !isSize(size)) throw wrongStep(key);
  const source = { kind, key: from as ObjectKey, etag: etagOf(etag, key), size } as const;
  if (bucket === undefined) return source;
  const { name, expectedOwner, requesterPays } = record(bucket);
  if (!isText(name)) throw wrongStep(key);
  const owner = isText(expectedOwner) ? { expectedOwner } : {};
  return { ...source, bucket: { name, ...owner, ...(requesterPays === true ? { requesterPays } : {}) } };
}

export function* formatResults({ plan, shard, attempt, uploads }: Results): Generator<string> {
  yield `${JSON.stringify({ format: RESULTS_FORMAT, version: VERSION, plan, shard, attempt })}\n`;
  for (const { layout, ...upload } of uploads)
    yield `${JSON.stringify({ ...upload, layout: formatLayout(layout) })}\n`;
  yield `${JSON.stringify({ end: uploads.length })}\n`;
}

export function* formatPublished({ plan, keys }: Published): Generator<string> {
  yield `${JSON.stringify({ format: PUBLISHED_FORMAT, version: VERSION, plan })}\n`;
  for (const [key, etag] of keys) yield `${JSON.stringify({ key, etag })}\n`;
  yield `${JSON.stringify({ end: keys.size })}\n`;
}

/** Whether bytes begin as a plan of any version does. */
export function beginsAsPlan(bytes: Buffer): boolean {
  return beginsAs(bytes, PLAN_FORMAT);
}

/** Whether bytes begin as results of any version do. */
export function beginsAsResults(bytes: Buffer): boolean {
  return beginsAs(bytes, RESULTS_FORMAT) || beginsAs(bytes, PUBLISHED_FORMAT);
}

function beginsAs(bytes: Buffer, format: string): boolean {
  const begin = `{"format":"${format}",`;
  return bytes.toString('latin1', 0, begin.length) === begin;
}

/** Rejects anything that `formatResults` and `formatPublished` would not write, with a PlanFileError. */
export function parseResults(bytes: Buffer): Results | Published {
  const lines = linesOf(bytes, 'results');
  const { format, version, plan, shard, attempt } = record(lines.next().value);
  if (format !== RESULTS_FORMAT && format !== PUBLISHED_FORMAT)
    throw new PlanFileError('these are no results');
  if (version !== VERSION)
    throw new PlanFileError(`these are results of version ${JSON.stringify(version)}, not ${VERSION}`);
  if (!isText(plan)) throw new PlanFileError('the first line is not whole');
  if (format === PUBLISHED_FORMAT) return { plan, keys: new Map(ended(lines, parsePublished)) };
  const { number, of } = record(shard);
  if (!isSize(attempt) || !isSize(number) || !isSize(of) || number < 1 || number > of)
    throw new PlanFileError('the first line is not whole');
  return { plan, shard: { number, of }, attempt, uploads: ended(lines, parseUpload) };
}

/** The lines up to the one that says how many there are. */
function ended<T>(
  lines: Iterable<unknown>,
  parse: (line: Readonly<Record<string, unknown>>) => T,
): readonly T[] {
  const all: T[] = [];
  let isWhole = false;
  for (const value of lines) {
    if (isWhole) throw new PlanFileError('something stands behind the end');
    const line = record(value);
    if (line.end === undefined) all.push(parse(line));
    else if (line.end === all.length) isWhole = true;
    else throw new PlanFileError('a line is missing');
  }
  if (!isWhole) throw new PlanFileError('the end is missing: the shard was not finished');
  return all;
}

function parsePublished({ key, etag }: Readonly<Record<string, unknown>>): readonly [ObjectKey, ETag] {
  if (!isText(key)) throw wrongStep(key);
  return [key as ObjectKey, etagOf(etag, key)];
}

function parseUpload(line: Readonly<Record<string, unknown>>): StagedUpload {
  const { key, action, uploadId, encryption, parts, layout: text, etag, size, crc32 } = line;
  const layout = isText(text) ? parseLayout(text) : undefined;
  const md5 = md5Of(line.md5, key);
  const isKnown = action === 'upload' || action === 'copy';
  if (
    !isText(key) ||
    !isKnown ||
    !isText(uploadId) ||
    !isSize(size) ||
    md5 === undefined ||
    layout === undefined
  )
    throw wrongStep(key);
  if (!Array.isArray(parts)) throw wrongStep(key);
  return {
    key: key as ObjectKey,
    action,
    uploadId,
    encryption: isText(encryption) ? encryption : undefined,
    parts: parts.map((part: unknown) => {
      const { number, etag: partETag, boundBySource } = record(part);
      if (!isSize(number)) throw wrongStep(key);
      const bound: { readonly boundBySource?: true } = boundBySource === true ? { boundBySource } : {};
      return { number, etag: etagOf(partETag, key), ...bound };
    }),
    layout,
    etag: etag === undefined ? undefined : etagOf(etag, key),
    size,
    md5,
    ...(isText(crc32) ? { crc32 } : {}),
  };
}

/** Every line, parsed; the last one must be ended. */
function* linesOf(bytes: Buffer, what: string): Generator<unknown> {
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0x0a, start);
    if (end === -1) throw new PlanFileError(`the ${what} is cut short`);
    let value: unknown;
    try {
      value = JSON.parse(bytes.toString('utf8', start, end));
    } catch (cause) {
      throw new PlanFileError('a line is no JSON', { cause });
    }
    yield value;
    start = end + 1;
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new PlanFileError('a line is not what it should be');
  return value as Readonly<Record<string, unknown>>;
}

function count(value: unknown): { readonly files: number; readonly bytes: number } {
  const { files, bytes } = record(value);
  if (!isSize(files) || !isSize(bytes)) throw new PlanFileError('its first line is not whole');
  return { files, bytes };
}

function etagOf(value: unknown, key: unknown): ETag {
  const etag = typeof value === 'string' ? parseETag(value) : undefined;
  if (etag === undefined) throw wrongStep(key);
  return etag;
}

function md5Of(value: unknown, key: unknown): Md5 | undefined {
  if (value === undefined) return undefined;
  const md5 = typeof value === 'string' ? parseMd5(value) : undefined;
  if (md5 === undefined) throw wrongStep(key);
  return md5;
}

function wrongStep(key: unknown): PlanFileError {
  return new PlanFileError(`the line of ${JSON.stringify(key)} is not what it should be`);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** JSON has a -0 as well, which nobody writes. */
function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);
}
