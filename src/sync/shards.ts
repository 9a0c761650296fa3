import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beginningOf, NotOursError, type Ours, replaceFile, tryReplacing } from '../disk/replace-file.js';
import type { ETag } from '../model/digest.js';
import { EXIT, type ExitCode, refusal, SyncError, unreadableFile, usageError } from '../model/errors.js';
import { compareKeys, type ObjectKey, OWN_DIRECTORY, type Prefix } from '../model/object-key.js';
import type { Files, LocalFile } from '../model/objects.js';
import type { Sharding } from '../model/options.js';
import type { CopyStep, Plan, StagedStep, UploadStep } from '../model/plan.js';
import { stepsOf } from '../model/plan.js';
import {
  beginsAsPlan,
  beginsAsResults,
  MAX_PLAN_BYTES,
  type PlanFile,
  PlanFileError,
  type Published,
  parsePlan,
  parseResults,
  type Results,
  type Shard,
  type StagedUpload,
} from '../model/plan-file.js';
import type { Upload } from '../store/object-store.js';
import type { Staged } from './staged.js';
import { errorCode, systemMessage } from './system-error.js';
import { listed, NAMES_SHOWN } from './walk-findings.js';

/** A file whose name ends so in a directory of results is refused where it is none of the plan. */
const RESULTS_NAMES = ['.json', '.jsonl'] as const;

/** Steps whose bytes a machine stages. */
export type ShardStep = UploadStep | CopyStep;

/** Reads the plan of this destination, whole. A key outside of its prefix is no plan of ours. */
export async function readPlan(
  path: string,
  url: string,
  endpoint: string,
  prefix: Prefix,
): Promise<PlanFile> {
  const file = await parsed(path, parsePlan);
  if (file.destination !== url || file.endpoint !== endpoint) {
    const at = (there: string): string => (there === '' ? '' : ` at ${there}`);
    throw mismatch(
      `${path} is a plan for ${file.destination}${at(file.endpoint)}, and this run is about ${url}${at(endpoint)}: give it its own plan`,
    );
  }
  const own = prefix + OWN_DIRECTORY;
  for (const { key } of stepsOf(file.plan)) {
    if (!key.startsWith(prefix) || key.startsWith(own))
      throw mismatch(
        `${path} names ${JSON.stringify(key)}, which is not published below ${url}: it is no plan of this version`,
      );
  }
  return file;
}

/** What the shards of a plan did. */
export interface AllResults {
  readonly staged: readonly Results[];
  /** ETags of what shards published. */
  readonly published: ReadonlyMap<ObjectKey, ETag>;
  /** What else lies in the directories of results. */
  readonly ignored: readonly string[];
}

/**
 * Files, and those in directories; each must be results of `plan`, but for what lies in a directory under a name that does
 * not say so, and name nothing but what the plan stages or publishes: the uploads of other keys are others'.
 */
export async function readResults(
  { planFile, results: paths, beside }: Sharding,
  plan: PlanFile,
): Promise<AllResults> {
  const stages = new Set([...stagedSteps(plan.plan)].map(({ key }) => key));
  const publishes = new Set([...stepsOf(plan.plan)].map(({ key }) => key));
  const staged: Results[] = [];
  const published = new Map<ObjectKey, ETag>();
  const ignored: string[] = [];
  for (const { path, isNamed } of await filesAmong(paths, beside)) {
    const results = isNamed ? await resultsIn(path, plan.id) : await foundResults(path, plan.id);
    if (results === undefined) {
      if (path !== planFile + beside) ignored.push(path);
      continue;
    }
    const isStaged = 'uploads' in results;
    const keys = isStaged ? results.uploads.map(({ key }) => key) : [...results.keys.keys()];
    const stranger = keys.find((key) => !(isStaged ? stages : publishes).has(key));
    if (stranger !== undefined)
      throw mismatch(
        `${path} names ${JSON.stringify(stranger)}, which the plan does not ${isStaged ? 'stage' : 'publish'}: these are no results of it`,
      );
    if (isStaged) staged.push(results);
    else for (const [key, etag] of results.keys) published.set(key, etag);
  }
  return { staged, published, ignored };
}

async function resultsIn(path: string, id: string): Promise<Results | Published> {
  const results = await parsed(path, parseResults);
  if (results.plan === id) return results;
  throw mismatch(`${path} holds results of another plan: give publish those of its own plan`);
}

/** What a file holds that nobody called results: of another plan, or cut short, it is not meant. */
async function foundResults(path: string, id: string): Promise<Results | Published | undefined> {
  if (!(await mayBeResults(path))) return undefined;
  try {
    return await resultsIn(path, id);
  } catch (error) {
    if (error instanceof SyncError && error.code === 'plan-mismatch') return undefined;
    throw error;
  }
}

async function mayBeResults(path: string): Promise<boolean> {
  const begin = await beginningOf(path).catch(() => undefined);
  return begin !== undefined && beginsAsResults(begin);
}

interface GivenFile {
  readonly path: string;
  /** Whether it was given, or is called as results are. */
  readonly isNamed: boolean;
}

async function filesAmong(paths: readonly string[], beside: string): Promise<readonly GivenFile[]> {
  const files: GivenFile[] = [];
  for (const path of paths) {
    if (await isDirectory(path)) {
      for (const name of (await readdir(path)).sort())
        files.push({
          path: join(path, name),
          isNamed: RESULTS_NAMES.some((end) => name.endsWith(end + beside)),
        });
    } else {
      files.push({ path: path + beside, isNamed: true });
    }
  }
  return files;
}

async function isDirectory(path: string): Promise<boolean> {
  const found = await stat(path).catch((cause: unknown) => {
    throw unreadableFile(path, cause);
  });
  return found.isDirectory();
}

/** Where a shard writes down what it published, under a name that no other attempt has. */
export async function publishedPath(
  { results: [directory = ''], beside }: Pick<Sharding, 'results' | 'beside'>,
  { number, of }: Shard,
  attempt: number,
): Promise<string> {
  const name = `published-${number}-of-${of}-${attempt}.jsonl${beside}`;
  if (await isDirectory(directory)) return join(directory, name);
  throw usageError(
    `results: ${directory} is a file, and publish with a shard needs the directory of all results, to put what it published there`,
  );
}

export const PLAN: Ours = { what: 'plan', begins: beginsAsPlan };
export const RESULTS: Ours = { what: 'file of results', begins: beginsAsResults };

/** Refuses a file that a run could not write at its end: all of its work would be named nowhere. */
export async function refuseUnwritable(path: string, ours: Ours): Promise<void> {
  try {
    await tryReplacing(path, ours);
  } catch (cause) {
    throw unwritable(path, EXIT.refused, cause);
  }
}

/** Writes a plan or results whole, or not at all. */
export async function writeLines(path: string, lines: Iterable<string>, ours: Ours): Promise<void> {
  try {
    await replaceFile(path, lines, ours);
  } catch (cause) {
    throw unwritable(path, EXIT.failed, cause);
  }
}

function unwritable(path: string, exit: ExitCode, cause: unknown): SyncError {
  const message = `${path} cannot be written (${systemMessage(cause)}): ${adviceOn(cause)}`;
  return new SyncError('not-writable', exit, message, { cause });
}

function adviceOn(cause: unknown): string {
  if (cause instanceof NotOursError) return cause.advice;
  const code = errorCode(cause);
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'free some room there, or name another disk';
  return 'check the directory and its permissions';
}

/**
 * The share of one machine: the same on each, whoever asks, and shares alike in bytes and in number. The largest goes
 * first, to whoever has least.
 */
export function shardOf(plan: Plan, { number, of }: Shard): readonly ShardStep[] {
  const loads = Array.from({ length: of }, () => 0);
  const mine: ShardStep[] = [];
  const all = [...stagedSteps(plan)].sort((a, b) => b.bytes - a.bytes || compareKeys(a.key, b.key));
  for (const step of all) {
    const least = loads.indexOf(Math.min(...loads));
    // A request costs as much as some bytes.
    loads[least]! += step.bytes + REQUEST_BYTES;
    if (least === number - 1) mine.push(step);
  }
  return mine;
}

/** What a small object's requests weigh beside its bytes. */
const REQUEST_BYTES = 64 * 1024;

function* stagedSteps(plan: Plan): Generator<ShardStep> {
  for (const { phases } of plan.ranks) {
    for (const phase of phases) if (phase.kind === 'stage') yield* phase.steps.filter(isShardStep);
  }
}

function isShardStep(step: StagedStep): step is ShardStep {
  return step.action === 'upload' || step.action === 'copy';
}

/** The steps with the files of this machine: the tree must be the one that was planned. */
export function withFiles(steps: readonly ShardStep[], files: Files): readonly ShardStep[] {
  const byName = new Map<string, LocalFile>();
  for (const file of files) byName.set(file.name, file);
  const wrong: string[] = [];
  let lacksRedirects = false;
  const due = steps.map((step) => {
    const { name, encoded, redirect } = step.file;
    const file = byName.get(name);
    lacksRedirects ||= file === undefined && redirect !== undefined;
    if (file?.size !== (encoded?.source ?? step.file).size) wrong.push(name);
    if (file === undefined) return step;
    // Its stored bytes are made when they are sent.
    const stored = encoded === undefined ? file : { ...step.file, encoded: { ...encoded, source: file } };
    return { ...step, file: stored };
  });
  if (wrong.length === 0) return due;
  const needs = lacksRedirects ? 'files, and the redirects-file of the plan' : 'files';
  throw mismatch(
    `this tree is not the one that was planned: ${listed(wrong)} ${wrong.length === 1 ? 'is' : 'are'} missing or of another size; apply needs the same ${needs}`,
  );
}

/** What all shards staged, by key; of a shard that was tried more than once the last attempt counts. */
export function gather(
  { plan, id }: PlanFile,
  all: AllResults['staged'],
  ignored: AllResults['ignored'] = [],
): { readonly staged: ReadonlyMap<ObjectKey, StagedUpload>; readonly losers: readonly Upload[] } {
  const [first] = all;
  const needed = [...stagedSteps(plan)];
  if (first === undefined) {
    if (needed.length === 0) return { staged: new Map(), losers: [] };
    throw mismatch(`no results were given: publish needs those of every shard${leftOut(ignored)}`);
  }
  const { of } = first.shard;
  const last = new Map<number, Results>();
  const losers: Upload[] = [];
  for (const results of all) {
    if (results.shard.of !== of)
      throw mismatch(
        `results of ${of} and of ${results.shard.of} shards were given: cut the plan in one way`,
      );
    const known = last.get(results.shard.number);
    const isLater = known === undefined || results.attempt >= known.attempt;
    const lost = isLater ? known : results;
    if (isLater) last.set(results.shard.number, results);
    for (const upload of lost?.uploads ?? []) losers.push(uploadOf(upload));
  }
  const missing: string[] = [];
  for (let number = 1; number <= of && missing.length < NAMES_SHOWN; number++)
    if (!last.has(number)) missing.push(`${number}/${of}`);
  if (missing.length > 0)
    throw mismatch(
      `the results of shard ${listed(missing, of - last.size)} are missing: run apply for it again${leftOut(ignored)}`,
    );
  const staged = new Map<ObjectKey, StagedUpload>();
  for (const { uploads } of last.values()) for (const upload of uploads) staged.set(upload.key, upload);
  const without = needed.filter(({ key, bytes, md5 }) => {
    const upload = staged.get(key);
    return upload === undefined || upload.size !== bytes || (md5 !== undefined && upload.md5 !== md5);
  });
  if (without.length > 0)
    throw mismatch(
      `nothing was staged for ${listed(without.map(({ key }) => key))} of the plan ${id.slice(0, 12)}: run apply again`,
    );
  // Named twice it would be aborted after it was completed.
  const kept = new Set([...staged.values()].map(({ uploadId }) => uploadId));
  return { staged, losers: losers.filter((upload) => !kept.has(upload.id)) };
}

/** What was met where results were looked for, to end a message with. */
export function leftOut(ignored: AllResults['ignored']): string {
  return ignored.length === 0 ? '' : `; no results of this plan: ${listed(ignored)}`;
}

/** A step's upload as the performer completes it. */
export function stagedFrom(upload: StagedUpload, file: LocalFile): Staged {
  const { action, parts, layout, etag, size, md5, crc32 } = upload;
  return {
    action,
    upload: uploadOf(upload),
    parts,
    layout,
    expected: { etag, size, md5 },
    file,
    // By the machine that staged it.
    sentBytes: 0,
    ...(crc32 === undefined ? {} : { crc32 }),
  };
}

export function stagedTo({ action, upload, parts, layout, expected, crc32 }: Staged): StagedUpload {
  const { key, id: uploadId, encryption } = upload;
  const { etag, size, md5 } = expected;
  if (md5 === undefined) throw new Error(`${key} was staged without a digest`);
  const whole = crc32 === undefined ? {} : { crc32 };
  return { key, action, uploadId, encryption, parts, layout, etag, size, md5, ...whole };
}

/** Every upload that results name, once. */
export function uploadsOf(all: AllResults['staged']): readonly Upload[] {
  const uploads = all.flatMap((results) => results.uploads.map(uploadOf));
  return [...new Map(uploads.map((upload) => [`${upload.id} ${upload.key}`, upload])).values()];
}

export function uploadOf({ key, uploadId, encryption }: StagedUpload): Upload {
  return { key, id: uploadId, encryption };
}

/** A destination that is not as it was when the plan was made: nothing is written, as half of it would be. */
export function refuseChanged(changed: readonly ObjectKey[], url: string): void {
  if (changed.length === 0) return;
  throw new SyncError(
    'foreign-writer',
    EXIT.foreignWriter,
    `${url}: ${listed(changed)} changed since the plan was made; nothing was written: give the plan up (publish with abort, this plan and its results), as what it staged stays open otherwise; the next plan replaces or deletes what another writer left, so plan again only if this tree is the one to be there`,
  );
}

async function parsed<T>(path: string, parse: (bytes: Buffer) => T): Promise<T> {
  let bytes: Buffer;
  try {
    const { size } = await stat(path);
    if (size > MAX_PLAN_BYTES) throw new Error(`it has ${size} bytes, over ${MAX_PLAN_BYTES}`);
    bytes = await readFile(path);
  } catch (cause) {
    throw unreadableFile(path, cause);
  }
  try {
    return parse(bytes);
  } catch (cause) {
    if (!(cause instanceof PlanFileError)) throw cause;
    throw mismatch(`${path}: ${cause.message}; nothing was written`);
  }
}

function mismatch(message: string): SyncError {
  return refusal('plan-mismatch', message);
}
