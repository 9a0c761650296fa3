import { link, lstat, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EMPTY_MD5, type ETag, md5Of, multipartETag } from '../../src/model/digest.js';
import { EXIT, SyncError } from '../../src/model/errors.js';
import type { Event } from '../../src/model/events.js';
import type { ObjectKey } from '../../src/model/object-key.js';
import type { SyncResult } from '../../src/sync/ports.js';
import { sync } from '../../src/sync/sync.js';
import { memoryIndex, optionsFor } from '../support/engine.js';
import { type Fault, type ModelObject, ModelStore } from '../support/model-store.js';
import { SEED } from '../support/seed.js';
import { readTree } from '../support/tree.js';

/**
 * The engine against a model of S3, downwards: random buckets, random directories, policies and faults.
 * `S3DS_RUNS` sets the number of cases, `S3DS_SEED` repeats a run.
 */
const RUNS = Number(process.env.S3DS_RUNS ?? 100);

const PREFIX = 'site/';

/** Names that meet in prefix, and in every place of the publish order. */
const NAMES = [
  'a',
  'a.css',
  'd/b.js',
  'd/e/c.js',
  'd/e/f/g',
  'log',
  'log.1',
  'log.2',
  'index.html',
  'docs/index.html',
  'repodata/primary.xml.gz',
  'repodata/repomd.xml',
  'SHA256SUMS',
  'latest/app',
  'next/app',
  'sw.js',
] as const;

const CONTENTS = [
  '',
  'A',
  'B',
  'C',
  'one',
  'two',
  'six',
  'four',
  'five',
  'a long line. '.repeat(20),
] as const;

type Tree = Readonly<Record<string, string>>;

/** How the object says what it holds. */
type Written = 'plain' | 'multipart' | 'opaque' | 'kms' | 'gzip';

interface Remote {
  readonly name: string;
  readonly content: string;
  readonly how: Written;
  /** Its metadata has the digest. */
  readonly tells: boolean;
  readonly mode: number | undefined;
}

type Trouble =
  | { readonly kind: 'fault'; readonly fault: Fault }
  /** Somebody works in the target when that many steps are over. */
  | { readonly kind: 'local'; readonly after: number; readonly name: string; readonly content: string }
  /** Somebody publishes when that many steps are over. */
  | { readonly kind: 'remote'; readonly after: number; readonly name: string; readonly content: string };

interface Case {
  readonly seed: number;
  readonly local: Tree;
  readonly hardLinks: boolean;
  readonly kept: readonly string[];
  readonly states: readonly { readonly remote: readonly Remote[]; readonly troubles: readonly Trouble[] }[];
  readonly deleteAfter: boolean;
  readonly excludes: readonly string[];
  readonly delay: boolean;
  readonly duplicates: 'copy' | 'reflink' | 'link';
  readonly preserve: boolean;
  readonly asStored: boolean;
  readonly overwrite: 'if-unchanged' | 'always';
  readonly index: boolean;
}

const name = fc.constantFrom(...NAMES);
const content = fc.constantFrom(...CONTENTS);
const tree: fc.Arbitrary<Tree> = fc.dictionary(name, content, { maxKeys: 12 });
const remotes = fc.uniqueArray(
  fc.record({
    name,
    content,
    how: fc.constantFrom<Written>('plain', 'plain', 'plain', 'multipart', 'opaque', 'kms', 'gzip'),
    tells: fc.boolean(),
    mode: fc.constantFrom(undefined, 0o100644, 0o100755, 0o104600),
  }),
  { selector: (remote) => remote.name, minLength: 1, maxLength: 14 },
);
const trouble: fc.Arbitrary<Trouble> = fc.oneof(
  fc.record({
    kind: fc.constant('fault' as const),
    fault: fc.record({
      at: fc.nat({ max: 30 }),
      kind: fc.constantFrom(
        'server' as const,
        'denied' as const,
        'lost' as const,
        'stop' as const,
        'kill' as const,
      ),
    }),
  }),
  fc.record({
    kind: fc.constant('local' as const),
    after: fc.nat({ max: 6 }),
    name,
    content: fc.constantFrom('mine', 'mine too'),
  }),
  fc.record({ kind: fc.constant('remote' as const), after: fc.nat({ max: 6 }), name, content }),
);

const cases: fc.Arbitrary<Case> = fc.record({
  seed: fc.nat(),
  local: tree,
  hardLinks: fc.boolean(),
  kept: fc.subarray(['kept/one', 'kept/two', 'zz', 'd/zz'], { maxLength: 3 }),
  states: fc.array(
    fc.record({
      remote: remotes,
      troubles: fc.oneof(fc.constant([]), fc.array(trouble, { minLength: 1, maxLength: 3 })),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  deleteAfter: fc.boolean(),
  excludes: fc.subarray(['kept/', '*.css', '/log*', 'd/e/'], { maxLength: 2 }),
  delay: fc.boolean(),
  duplicates: fc.constantFrom('copy' as const, 'reflink' as const, 'link' as const),
  preserve: fc.boolean(),
  asStored: fc.boolean(),
  overwrite: fc.constantFrom('if-unchanged' as const, 'if-unchanged' as const, 'always' as const),
  index: fc.boolean(),
});

/** An object as some tool left it, and the file that a download makes of it. */
function stored(store: ModelStore, { content: text, how, tells, mode }: Remote, asStored: boolean) {
  const file = Buffer.from(text);
  const isEncoded = how === 'gzip' && gzipSync(file).length < file.length;
  const bytes = isEncoded ? gzipSync(file) : file;
  const md5 = md5Of(bytes);
  const attributes = [
    ...(tells || isEncoded ? [`md5:${md5}`] : []),
    ...(mode === undefined ? [] : [`mode:${mode}`, 'mtime:1000000000']),
  ];
  const metadata = new Map<string, string>();
  if (attributes.length > 0) metadata.set('s3cmd-attrs', attributes.join('/'));
  if (isEncoded) metadata.set('s3ds-source', `md5:${md5Of(file)}/size:${file.length}/encoding:gzip`);
  const etags: Readonly<Record<Written, () => ETag>> = {
    plain: () => md5 as string as ETag,
    gzip: () => md5 as string as ETag,
    multipart: () => multipartETag([md5]),
    opaque: () => store.opaque('-3'),
    kms: () => store.opaque(),
  };
  const object: ModelObject = {
    bytes,
    etag: bytes.length === 0 ? (EMPTY_MD5 as string as ETag) : etags[how](),
    encryption: how === 'kms' ? 'aws:kms' : undefined,
    storageClass: 'STANDARD',
    contentType: 'text/plain',
    metadata,
    fields: {},
    ours: false,
    lies: false,
  };
  return { object, file: isEncoded && asStored ? bytes : file, mode };
}

function excluded(excludes: readonly string[], at: string): boolean {
  return (
    (excludes.includes('kept/') && at.startsWith('kept/')) ||
    (excludes.includes('*.css') && at.endsWith('.css')) ||
    (excludes.includes('/log*') && at.startsWith('log')) ||
    (excludes.includes('d/e/') && at.startsWith('d/e/'))
  );
}

async function writeFiles(root: string, contents: Tree, hardLinks: boolean): Promise<void> {
  await rm(root, { recursive: true, force: true });
  await mkdir(root, { recursive: true });
  const first = new Map<string, string>();
  for (const [at, text] of Object.entries(contents)) {
    const path = join(root, at);
    await mkdir(dirname(path), { recursive: true });
    const known = first.get(text);
    if (hardLinks && known !== undefined) await link(known, path);
    else await writeFile(path, text);
    first.set(text, path);
  }
}

const isPartial = (at: string): boolean =>
  /(^|\/)\.s3ds-[0-9a-f]{24}(\.[0-9a-f]{12}\.\d+\.\d+)?\.(part|done)$/.test(at);

/** Runs one case; throws with what was broken. */
async function check(given: Case, root: string): Promise<void> {
  const store = new ModelStore(given.seed);
  await writeFiles(
    root,
    { ...given.local, ...Object.fromEntries(given.kept.map((at) => [at, `of ${at}`])) },
    given.hardLinks,
  );
  const index = given.index ? memoryIndex() : undefined;
  const wrong: string[] = [];
  /** What somebody else made of a file during a run. */
  let mine = new Map<string, string>();

  const run = async (
    troubles: readonly Trouble[],
    allowed: ReadonlyMap<string, ReadonlySet<string>>,
  ): Promise<SyncResult> => {
    const stop = new AbortController();
    store.restart(troubles.flatMap((one) => (one.kind === 'fault' ? [one.fault] : [])));
    store.onStop = () => stop.abort(new SyncError('cancelled', EXIT.interrupted, 'stopped'));
    mine = new Map();
    let over = 0;
    let looks: Promise<unknown> = Promise.resolve();
    const look = async (): Promise<void> => {
      for (const [at, bytes] of await readTree(root).catch((): ReadonlyMap<string, Buffer> => new Map())) {
        if (isPartial(at) || mine.has(at)) continue;
        if (allowed.get(at)?.has(bytes.toString('latin1')) !== true)
          wrong.push(`${at} holds ${bytes.toString('latin1').slice(0, 20)}`);
      }
    };
    const emit = (event: Event): void => {
      if (event.type !== 'outcome') return;
      for (const one of troubles) {
        if (one.kind === 'fault' || one.after !== over) continue;
        if (one.kind === 'remote') {
          const { object } = stored(store, { ...one, how: 'plain', tells: false, mode: undefined }, false);
          store.objects.set((PREFIX + one.name) as ObjectKey, object);
          (allowed.get(one.name) as Set<string> | undefined)?.add(object.bytes.toString('latin1'));
        } else {
          mine.set(one.name, one.content);
          looks = looks
            .then(async () => {
              await mkdir(dirname(join(root, one.name)), { recursive: true });
              // As editors do: a new file takes the name.
              await rm(join(root, one.name), { force: true });
              await writeFile(join(root, one.name), one.content);
            })
            .catch(() => undefined);
        }
      }
      over++;
      looks = looks.then(look);
    };
    const options = {
      ...optionsFor({ region: 'x', endpoint: 'http://s3' }, 'bucket', root, {
        prefix: PREFIX,
        tree: { excludes: given.excludes, ifNoFilesFound: 'ignore' },
        deletes: { deleteAfter: given.deleteAfter, maxDelete: { kind: 'none' } },
        delayUpdates: given.delay,
        preserve: given.preserve,
        overwrite: given.overwrite,
        connection: { concurrency: 4 },
      }),
      target: { directory: root, duplicates: given.duplicates, asStored: given.asStored },
    };
    const result = await sync(options, {
      store,
      copyFrom: [],
      index,
      owner: 'a test',
      emit,
      signal: stop.signal,
      now: Date.now,
    });
    await looks;
    await look();
    return result;
  };

  for (const { remote, troubles } of given.states) {
    store.objects.clear();
    const wanted = new Map<string, ReturnType<typeof stored>>();
    for (const one of remote) {
      const made = stored(store, one, given.asStored);
      store.objects.set((PREFIX + one.name) as ObjectKey, made.object);
      if (!excluded(given.excludes, one.name)) wanted.set(one.name, made);
    }
    const before = await readTree(root);
    // A source that is empty says nothing of what to delete (D1).
    const deletes = given.deleteAfter && wanted.size > 0;
    const allowed = new Map<string, Set<string>>();
    for (const [at, bytes] of before) allowed.set(at, new Set([bytes.toString('latin1')]));
    for (const [at, { file }] of wanted) {
      const both = allowed.get(at) ?? new Set();
      allowed.set(at, both.add(file.toString('latin1')));
    }
    const troubled = troubles.length > 0 ? await run(troubles, allowed) : undefined;
    // What another one put there during the run counts as what was there before, and is left alone by a run that says so.
    const after = await readTree(root);
    for (const [at, text] of mine) {
      const now = after.get(at)?.toString();
      const isLost =
        now !== text &&
        given.overwrite !== 'always' &&
        now !== undefined &&
        troubled?.exit === 0 &&
        before.get(at)?.toString() === undefined;
      if (isLost && wanted.get(at)?.file.toString() !== now)
        wrong.push(`${at} was made by another one and is lost`);
      allowed.set(at, new Set([...(allowed.get(at) ?? []), text]));
    }
    for (const [at, bytes] of before) {
      if (wanted.has(at) || mine.has(at) || isPartial(at)) continue;
      const goes = deletes && !excluded(given.excludes, at);
      if (!goes && after.get(at)?.equals(bytes) !== true) wrong.push(`${at} was lost`);
      const failure = troubled?.report.steps.find(({ outcome }) => outcome === 'failed');
      if (goes && !after.has(at) && failure !== undefined && failure.action !== 'delete')
        wrong.push(`${at} was deleted after a failure`);
    }
    // As the bucket is now.
    for (const one of troubles) {
      if (one.kind !== 'remote' || excluded(given.excludes, one.name)) continue;
      const object = store.objects.get((PREFIX + one.name) as ObjectKey);
      if (object === undefined) continue;
      const isNew = wanted.get(one.name)?.object !== object;
      if (isNew) wanted.set(one.name, { object, file: Buffer.from(object.bytes), mode: undefined });
      allowed.set(one.name, new Set([...(allowed.get(one.name) ?? []), object.bytes.toString('latin1')]));
    }
    mine = new Map();
    const clean = await run([], allowed);
    const again = await run([], allowed);
    const found = await readTree(root);
    if (clean.exit !== 0) wrong.push(`a run without faults ended with ${clean.exit}`);
    const idle = again.report.steps.filter(({ key }) => {
      const how = wanted.get(key)?.object;
      // Of these nothing but an index can tell that they are the same.
      const isUnknown = how !== undefined && /^[0-9a-f]{32}(-3)$/.test(how.etag);
      const isKms = how?.encryption !== undefined;
      return (
        index !== undefined || !((isUnknown || isKms) && !how?.metadata.get('s3cmd-attrs')?.includes('md5:'))
      );
    });
    if (again.exit !== 0 || idle.length > 0) wrong.push(`a further run does ${JSON.stringify(idle)}`);
    for (const [at, { file, mode }] of wanted) {
      if (found.get(at)?.equals(file) !== true) wrong.push(`${at} is not its object`);
      if (given.preserve && mode !== undefined) {
        const stats = await lstat(join(root, at)).catch(() => undefined);
        if (
          stats === undefined ||
          (stats.mode & 0o7777) !== (mode & 0o777) ||
          Math.floor(stats.mtimeMs / 1000) !== 1e9
        )
          wrong.push(`${at} has another mode or time`);
      }
    }
    for (const [at, bytes] of found) {
      if (wanted.has(at)) continue;
      if (isPartial(at)) wrong.push(`${at} was left behind`);
      else if (given.deleteAfter && wanted.size > 0 && !excluded(given.excludes, at))
        wrong.push(`${at} is left`);
      else if (allowed.get(at)?.has(bytes.toString('latin1')) !== true) wrong.push(`${at} is another file`);
    }
    const directories = (await readdir(root, { withFileTypes: true, recursive: true })).filter((entry) =>
      entry.isDirectory(),
    );
    for (const entry of directories) {
      const at = join(entry.parentPath, entry.name).slice(root.length + 1);
      if (deletes && ![...found.keys()].some((file) => file.startsWith(`${at}/`)) && troubles.length === 0)
        wrong.push(`the directory ${at} is left empty`);
    }
    if (wrong.length > 0) {
      const runs = [troubled, clean, again].flatMap((result) =>
        result === undefined ? [] : [shown(result)],
      );
      throw new Error(JSON.stringify({ wrong: [...new Set(wrong)], runs }, null, 1));
    }
  }
}

function shown({ exit, report }: SyncResult): object {
  return {
    exit,
    ...(report.error === undefined ? {} : { error: report.error }),
    steps: report.steps.map(({ action, key, reason, source, outcome, error }) => ({
      action,
      key,
      reason,
      source,
      outcome,
      error,
    })),
  };
}

test(`C1, C2, C3, C7, C17, D5, D6, R3: ${RUNS} random downloads with faults, seed ${SEED}`, async () => {
  const root = await mkdtemp(join(tmpdir(), 's3ds-model-'));
  try {
    await fc.assert(
      fc.asyncProperty(cases, async (given) => check(given, join(root, 'tree'))),
      { numRuns: RUNS, seed: SEED, endOnFailure: process.env.S3DS_SHRINK === undefined },
    );
    expect(await readdir(root)).toEqual(['tree']);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}, 3_600_000);
