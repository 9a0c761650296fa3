import { link, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EMPTY_MD5, type ETag, md5Of, multipartETag } from '../../src/model/digest.js';
import { formatIndex, parseIndex } from '../../src/model/digest-index.js';
import { EXIT, SyncError } from '../../src/model/errors.js';
import { contentTypeOf } from '../../src/model/headers.js';
import { type ObjectKey, OWN_DIRECTORY, parsePrefix } from '../../src/model/object-key.js';
import type { IndexStorage, SyncResult } from '../../src/sync/ports.js';
import { sync } from '../../src/sync/sync.js';
import { type Changes, memoryIndex, optionsFor } from '../support/engine.js';
import {
  attributes,
  type Fault,
  type FaultKind,
  type Flavour,
  type ModelObject,
  ModelStore,
} from '../support/model-store.js';
import { SEED } from '../support/seed.js';

/**
 * The engine against a model of S3: random trees, bucket states, policies and faults. What it promises is in
 * docs/SEMANTICS.md; `S3DS_RUNS` sets the number of cases, `S3DS_SEED` repeats a run.
 */
const RUNS = Number(process.env.S3DS_RUNS ?? 300);

const PREFIX = parsePrefix('site');
const RELEASE = parsePrefix('release/v1');

/** Names that meet in case, in normalisation, in prefix, and in every place of the publish order. */
const NAMES = [
  'a',
  'a.css',
  'a.b/c.js',
  'A.css',
  'ab',
  'caf\u00e9.txt',
  'cafe\u0301.txt',
  'log',
  'log.1',
  'log.2',
  'index.html',
  'docs/index.html',
  'feed.xml',
  'repodata/primary.xml.gz',
  'repodata/repomd.xml',
  'repodata/repomd.xml.asc',
  'SHA256SUMS',
  'latest/app',
  'next/app',
  'sw.js',
  'x y+z%20.txt',
] as const;

/** Few sizes, several contents of each: equal sizes make the work. */
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
  '0123456789',
  'abcdefghij',
] as const;

type Tree = Readonly<Record<string, string>>;

/** What a bucket holds before us, and how it says so. */
type Written = 'plain' | 'multipart' | 'opaque' | 'kms' | 'customer' | 'archived' | 'liar' | 'plain-liar';

interface Remote {
  readonly name: string;
  readonly content: string;
  readonly how: Written;
  readonly tells: boolean;
}

interface Publish {
  readonly tree: Tree;
  readonly faults: readonly Fault[];
  readonly storageClass: boolean;
}

interface Case {
  readonly seed: number;
  readonly flavour: Flavour;
  readonly remote: readonly Remote[];
  readonly release: readonly Remote[];
  readonly elsewhere: boolean;
  readonly foreign: readonly string[];
  readonly publishes: readonly Publish[];
  readonly deleteAfter: boolean;
  readonly deleteExcluded: boolean;
  readonly excludes: readonly string[];
  readonly copyMinSize: number;
  readonly overwrite: 'if-unchanged' | 'always';
  readonly delay: boolean | 'best-effort';
  readonly lock: boolean;
  readonly preserve: boolean;
  readonly index: 'none' | 'cache' | 'file' | 'bucket';
  readonly forged: boolean;
}

const name = fc.constantFrom(...NAMES);
const content = fc.constantFrom(...CONTENTS);
const tree: fc.Arbitrary<Tree> = fc.dictionary(name, content, { minKeys: 1, maxKeys: 14 });

/** What happens to a tree between two releases. */
const edit: fc.Arbitrary<(tree: Tree) => Tree> = fc.oneof(
  fc.tuple(name, content).map(
    ([at, now]) =>
      (before: Tree): Tree => ({ ...before, [at]: now }),
  ),
  fc.tuple(name, name).map(
    ([from, to]) =>
      (before: Tree) =>
        moved(before, [from, to], false),
  ),
  fc.tuple(name, name).map(
    ([from, to]) =>
      (before: Tree) =>
        moved(before, [from, to], true),
  ),
  fc
    .uniqueArray(name, { minLength: 2, maxLength: 5 })
    .map((ring) => (before: Tree) => moved(before, ring, true)),
  fc.uniqueArray(name, { minLength: 2, maxLength: 5 }).map((chain) => (before: Tree): Tree => {
    const after = moved(before, chain, false);
    return chain[0] === undefined ? after : { ...after, [chain[0]]: 'fresh' };
  }),
  name.map((gone) => (before: Tree): Tree => {
    const { [gone]: _, ...rest } = before;
    return Object.keys(rest).length === 0 ? before : rest;
  }),
);

/** Each name's content goes to the next one; in a ring the last one's to the first. */
function moved(before: Tree, names: readonly string[], ring: boolean): Tree {
  const after: Record<string, string> = { ...before };
  for (const at of names) delete after[at];
  for (const [i, from] of names.entries()) {
    const to = names[i + 1] ?? (ring ? names[0] : undefined);
    const carried = before[from];
    if (to !== undefined && carried !== undefined) after[to] = carried;
  }
  return Object.keys(after).length === 0 ? before : after;
}

const FAULTS: readonly FaultKind[] = [
  'server',
  'denied',
  'lost',
  'stop',
  'stop-after',
  'kill',
  'foreign',
  'foreign-source',
  'foreign-delete',
  'upload-gone',
];
const faults = fc.oneof(
  fc.constant<readonly Fault[]>([]),
  fc.array(fc.record({ at: fc.nat({ max: 40 }), kind: fc.constantFrom(...FAULTS) }), {
    minLength: 1,
    maxLength: 3,
  }),
);

const remotes = fc.uniqueArray(
  fc.record({
    name,
    content,
    how: fc.constantFrom<Written>(
      'plain',
      'plain',
      'plain',
      'multipart',
      'multipart',
      'opaque',
      'kms',
      'customer',
      'archived',
      'liar',
      'plain-liar',
    ),
    tells: fc.boolean(),
  }),
  { selector: (remote) => remote.name, maxLength: 14 },
);

const publishes: fc.Arbitrary<readonly Publish[]> = fc
  .tuple(
    tree,
    fc.array(fc.record({ edits: fc.array(edit, { maxLength: 4 }), faults, storageClass: fc.boolean() }), {
      minLength: 1,
      maxLength: 3,
    }),
  )
  .map(([first, steps]) => {
    let now = first;
    return steps.map(({ edits, ...rest }) => {
      now = edits.reduce((before, change) => change(before), now);
      return { tree: now, ...rest };
    });
  });

const cases: fc.Arbitrary<Case> = fc.record({
  seed: fc.nat(),
  flavour: fc.constantFrom<Flavour>('plain', 'plain', 'plain', 'kms', 'bound', 'unproved', 'no-copies'),
  remote: remotes,
  release: fc.oneof(fc.constant([]), remotes),
  elsewhere: fc.boolean(),
  foreign: fc.uniqueArray(fc.constantFrom('kept/one', 'kept/two', 'zz', 'repodata/old'), { maxLength: 3 }),
  publishes,
  deleteAfter: fc.boolean(),
  deleteExcluded: fc.boolean(),
  excludes: fc.subarray(['kept/', '*.css', '/log*', 'repodata/old'], { maxLength: 2 }),
  copyMinSize: fc.constantFrom(0, 0, 4),
  overwrite: fc.constantFrom('if-unchanged' as const, 'if-unchanged' as const, 'always' as const),
  delay: fc.constantFrom(false, false, true, 'best-effort' as const),
  lock: fc.boolean(),
  preserve: fc.boolean(),
  index: fc.constantFrom('none' as const, 'cache' as const, 'file' as const, 'bucket' as const),
  forged: fc.boolean(),
});

/** What another tool, or an earlier life of this bucket, left there. */
function leftBehind(store: ModelStore, remote: Remote): ModelObject {
  const bytes = Buffer.from(remote.content);
  const md5 = md5Of(bytes);
  const other = CONTENTS.find((text) => text.length === bytes.length && text !== remote.content) ?? '?';
  const lies = remote.how === 'liar' || remote.how === 'plain-liar';
  const told = attributes(lies ? md5Of(Buffer.from(other)) : md5);
  const etags: Readonly<Record<Written, () => ETag>> = {
    plain: () => md5 as string as ETag,
    'plain-liar': () => md5 as string as ETag,
    archived: () => md5 as string as ETag,
    multipart: () => multipartETag([md5]),
    opaque: () => store.opaque('-3'),
    liar: () => store.opaque('-3'),
    kms: () => store.opaque(),
    customer: () => store.opaque(),
  };
  return {
    bytes,
    etag: bytes.length === 0 ? (EMPTY_MD5 as string as ETag) : etags[remote.how](),
    encryption: remote.how === 'kms' ? 'aws:kms' : remote.how === 'customer' ? 'customer' : undefined,
    storageClass: remote.how === 'archived' ? 'GLACIER' : 'STANDARD',
    contentType: 'binary/octet-stream',
    metadata: remote.tells || lies ? told : new Map(),
    fields: { 'content-type': 'binary/octet-stream' },
    ours: false,
    // A plain ETag is believed before any metadata: that lie harms nobody.
    lies: remote.how === 'liar' && bytes.length > 0,
  };
}

async function writeFiles(root: string, contents: Tree, hardLinks: boolean): Promise<void> {
  await rm(root, { recursive: true, force: true });
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

/** Runs one case; throws with what was broken. Returns how many calls the last publish made, faults and all. */
async function check(given: Case, root: string): Promise<number> {
  let calls = 0;
  const store = new ModelStore(given.seed);
  const elsewhere = new ModelStore(given.seed + 1);
  store.flavour = given.flavour;
  store.others.set('elsewhere', elsewhere);
  // Under KMS a copy is as right as the metadata that vouched for its source: nothing else could say it.
  const believable = (remote: Remote): boolean => given.flavour !== 'kms' || remote.how !== 'liar';
  for (const remote of given.remote.filter(believable)) {
    store.objects.set((PREFIX + remote.name) as ObjectKey, leftBehind(store, remote));
  }
  for (const at of given.foreign) {
    const object = leftBehind(store, { name: at, content: `of ${at}`, how: 'plain', tells: false });
    store.objects.set((PREFIX + at) as ObjectKey, object);
    store.objects.set(`outside/${at}` as ObjectKey, object);
  }
  const place = given.elsewhere ? elsewhere : store;
  for (const remote of given.release.filter(believable)) {
    place.objects.set((RELEASE + remote.name) as ObjectKey, leftBehind(place, remote));
  }
  /** Keys outside of the prefix that another writer touched. */
  const foreign = new Set<ObjectKey>();
  const outside = (): readonly unknown[] => [
    [...store.objects].filter(([key]) => !key.startsWith(PREFIX)),
    [...elsewhere.objects],
  ];
  const untouched = outside();

  const index = given.index === 'none' ? undefined : memoryIndex(trustOf(given.index));
  if (index !== undefined && given.forged && given.index !== 'bucket') index.bytes = forgedIndex(store);
  const run = async (publish: Publish): Promise<SyncResult> => {
    const stop = new AbortController();
    store.onStop = () => stop.abort(new SyncError('cancelled', EXIT.interrupted, 'stopped'));
    store.restart(publish.faults);
    return publishOnce(given, publish, { store, elsewhere, root, index, signal: stop.signal });
  };

  for (const [i, publish] of given.publishes.entries()) {
    await writeFiles(root, publish.tree, i % 2 === 0);
    const excluded = excludedBy(given.excludes);
    const wanted = new Map(
      Object.entries(publish.tree)
        .filter(([at]) => !excluded(at))
        .map(([at, text]) => [(PREFIX + at) as ObjectKey, Buffer.from(text)]),
    );
    if (wanted.size === 0) continue;
    const broken: string[] = [];
    watch(store, given, wanted, excluded, broken);

    const started = new Map(store.objects);
    const first = await run(publish);
    calls = store.calls;
    for (const key of store.touched) if (!key.startsWith(PREFIX)) foreign.add(key);
    expect(broken).toEqual([]);
    if (first.exit === 0) {
      expect(wrongKeys(store, wanted, given, excluded, started)).toEqual([]);
      expect(store.uploads.size).toBeLessThanOrEqual(store.orphans);
    }
    if (publish.faults.length === 0) expect(shown(first)).toMatchObject({ exit: 0 });

    // What was left by the faults is made good by the next run, and then there is nothing to do.
    const again = new Map(store.objects);
    const second = await run({ ...publish, faults: [] });
    expect(broken).toEqual([]);
    expect(shown(second)).toMatchObject({ exit: 0 });
    expect(wrongKeys(store, wanted, given, excluded, again)).toEqual([]);
    expect(store.uploads.size).toBe(0);
    const { writes } = store;
    const third = await run({ ...publish, faults: [] });
    expect(shown(third)).toEqual({ exit: 0, steps: [] });
    expect(store.writes).toBe(writes);
    if (foreign.size === 0) expect(outside()).toEqual(untouched);
  }
  return calls;
}

function trustOf(index: 'cache' | 'file' | 'bucket'): IndexStorage['trust'] {
  return { remote: index === 'bucket', local: index === 'file', grace: index !== 'cache' };
}

/** An index whose every line names another content, under the right ETag and size. */
function forgedIndex(store: ModelStore): Buffer {
  const objects = new Map(
    [...store.objects].map(([key, { etag, bytes }]) => {
      const other = CONTENTS.find((text) => text.length === bytes.length && text !== bytes.toString()) ?? '?';
      const md5 = md5Of(Buffer.from(other));
      return [key as string, { etag, size: bytes.length, md5, headers: 'f'.repeat(64) }];
    }),
  );
  const lines = [...formatIndex({ machine: 'elsewhere', writtenNs: 1n, objects, ...NOTHING_ELSE })];
  const bytes = Buffer.from(lines.join(''));
  expect(parseIndex(bytes).index).toBeDefined();
  return bytes;
}

const NOTHING_ELSE = {
  files: new Map(),
  uploads: new Map(),
  deploys: 0,
  pending: new Map(),
  invalidations: new Map(),
  renewing: new Set<string>(),
};

async function publishOnce(
  given: Case,
  publish: Publish,
  at: {
    readonly store: ModelStore;
    readonly elsewhere: ModelStore;
    readonly root: string;
    readonly index: IndexStorage | undefined;
    readonly signal: AbortSignal;
  },
): Promise<SyncResult> {
  const changes: Changes = {
    prefix: PREFIX,
    tree: { excludes: given.excludes },
    deletes: {
      deleteAfter: given.deleteAfter,
      deleteExcluded: given.deleteExcluded,
      maxDelete: { kind: 'none' },
    },
    copies: { minSize: given.copyMinSize },
    overwrite: given.overwrite,
    delayUpdates: given.delay,
    lock: given.lock,
    preserve: given.preserve,
    writeHeaders: publish.storageClass ? { storageClass: 'STANDARD_IA' } : {},
  };
  const options = optionsFor({ region: 'us-east-1', endpoint: 'http://model' }, 'bucket', at.root, changes);
  const source = given.elsewhere
    ? { store: at.elsewhere, bucket: { name: 'elsewhere' } }
    : { store: at.store, bucket: undefined };
  return sync(options, {
    store: at.store,
    copyFrom: [{ url: `s3://from/${RELEASE}`, prefix: RELEASE, ...source }],
    index: at.index,
    owner: 'a test',
    emit: () => undefined,
    signal: at.signal,
    now: Date.now,
  });
}

/** The excludes of the cases, said a second time. */
function excludedBy(lines: readonly string[]): (name: string) => boolean {
  const rules: Readonly<Record<string, (name: string) => boolean>> = {
    'kept/': (at) => at.startsWith('kept/'),
    '*.css': (at) => at.endsWith('.css'),
    '/log*': (at) => at.startsWith('log'),
    'repodata/old': (at) => at === 'repodata/old',
  };
  return (at) => lines.some((line) => rules[line]?.(at) === true);
}

/** What must hold whenever something becomes visible. */
function watch(
  store: ModelStore,
  given: Case,
  wanted: ReadonlyMap<ObjectKey, Buffer>,
  excluded: (name: string) => boolean,
  broken: string[],
): void {
  store.witness = {
    written(key, object) {
      const bytes = wanted.get(key);
      if (bytes === undefined) broken.push(`${key} is written and the tree does not have it`);
      else if (!object.bytes.equals(bytes) && !object.lies) broken.push(`${key} gets wrong bytes`);
      if (store.touched.has(key) && store.objects.has(key) && given.overwrite === 'if-unchanged') {
        broken.push(`${key} is another writer's and is overwritten`);
      }
      if (bytes === undefined || object.lies) return;
      const at = key.slice(PREFIX.length);
      if (object.contentType !== contentTypeOf(at)) broken.push(`${key} has type ${object.contentType}`);
      const told = object.metadata.get('s3cmd-attrs') ?? '';
      if (!told.startsWith(`md5:${md5Of(bytes)}`)) broken.push(`${key} says ${told}`);
      if (told.includes('mtime:') !== given.preserve) broken.push(`${key} has attributes ${told}`);
    },
    deleted(key) {
      const at = key.slice(PREFIX.length);
      if (!given.deleteAfter) broken.push(`${key} is deleted unasked`);
      if (!key.startsWith(PREFIX)) broken.push(`${key} is deleted outside of the prefix`);
      if (wanted.has(key)) broken.push(`${key} is deleted and the tree has it`);
      if (excluded(at) && !given.deleteExcluded) broken.push(`${key} is deleted and excluded`);
      if (store.touched.has(key) && store.objects.has(key)) broken.push(`${key} is another writer's`);
      for (const [other, bytes] of wanted) {
        const object = store.objects.get(other);
        const right = object?.bytes.equals(bytes) === true || object?.lies === true;
        if (!right && !store.touched.has(other)) broken.push(`${key} is deleted before ${other} is right`);
      }
    },
  };
}

/** Keys that are not what a run that says it succeeded must have left. */
function wrongKeys(
  store: ModelStore,
  wanted: ReadonlyMap<ObjectKey, Buffer>,
  given: Case,
  excluded: (name: string) => boolean,
  before: ReadonlyMap<ObjectKey, ModelObject>,
): readonly string[] {
  const wrong: string[] = [];
  for (const [key, bytes] of wanted) {
    const object = store.objects.get(key);
    // Metadata that lies is believed of its own key where the ETag is no MD5 and none of parts that we know: nothing
    // else says what the object holds.
    const believed = object?.lies === true && !object.ours;
    if (object?.bytes.equals(bytes) !== true && !believed && !store.touched.has(key)) wrong.push(key);
  }
  for (const [key, object] of before) {
    if (wanted.has(key) || store.touched.has(key) || !key.startsWith(PREFIX)) continue;
    if (key.includes(OWN_DIRECTORY)) continue;
    const at = key.slice(PREFIX.length);
    const goes = given.deleteAfter && (given.deleteExcluded || !excluded(at));
    const now = store.objects.get(key);
    if (goes ? now !== undefined : now !== object) wrong.push(`${key} ${goes ? 'is left' : 'is gone'}`);
  }
  return wrong;
}

function shown({ exit, report }: SyncResult): object {
  const steps = report.steps.filter(({ action }) => action !== 'keep');
  return {
    exit,
    ...(report.error === undefined ? {} : { error: report.error }),
    steps: steps.map(({ action, key, reason, outcome, error }) => ({ action, key, reason, outcome, error })),
  };
}

test(`C1, C2, C3, C5, C7, C14, C17, D5, D6: ${RUNS} random histories with faults, seed ${SEED}`, async () => {
  const root = await mkdtemp(join(tmpdir(), 's3ds-model-'));
  try {
    await fc.assert(
      fc.asyncProperty(cases, async (given) => void (await check(given, join(root, 'tree')))),
      { numRuns: RUNS, seed: SEED, endOnFailure: process.env.S3DS_SHRINK === undefined },
    );
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}, 3_600_000);

/** Histories whose last publish is killed before and after every call that it makes; `S3DS_CRASH_HISTORIES`. */
const CRASH_HISTORIES = Number(process.env.S3DS_CRASH_HISTORIES ?? 3);

test(`R3: ${CRASH_HISTORIES} random histories, killed before and after every call, seed ${SEED}`, async () => {
  const root = await mkdtemp(join(tmpdir(), 's3ds-model-'));
  let points = 0;
  try {
    for (const [at, given] of fc.sample(cases, { numRuns: CRASH_HISTORIES, seed: SEED }).entries()) {
      const quiet = given.publishes.map((publish) => ({ ...publish, faults: [] }));
      const last = quiet.at(-1);
      if (last === undefined) continue;
      const calls = await check({ ...given, publishes: quiet }, join(root, 'tree'));
      for (let call = 0; call < calls; call++) {
        for (const kind of ['kill', 'kill-after'] as const) {
          const killed = [...quiet.slice(0, -1), { ...last, faults: [{ at: call, kind }] }];
          await check({ ...given, publishes: killed }, join(root, 'tree')).catch((cause: unknown) => {
            throw new Error(`history ${at}, ${kind} at call ${call} of ${calls}`, { cause });
          });
          points++;
        }
      }
    }
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  if (CRASH_HISTORIES > 3) console.log(`${points} crash points`);
}, 3_600_000);
