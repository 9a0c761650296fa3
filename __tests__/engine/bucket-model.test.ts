import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EMPTY_MD5, type ETag, md5Of, multipartETag } from '../../src/model/digest.js';
import { EXIT, SyncError } from '../../src/model/errors.js';
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
 * From bucket to bucket against a model of S3: random states of both, policies, faults, and a source that changes under
 * the run. `S3DS_RUNS` sets the number of cases, `S3DS_SEED` repeats a run.
 */
const RUNS = Number(process.env.S3DS_RUNS ?? 100);

const SOURCE = parsePrefix('a');
const PREFIX = parsePrefix('b');

const NAMES = [
  'a',
  'a.css',
  'A.css',
  'dir/',
  'dir/x',
  'log',
  'log.1',
  'index.html',
  'repodata/repomd.xml',
  'x y+z%20',
];
const CONTENTS = ['', 'A', 'B', 'one', 'two', 'six', '0123456789', 'abcdefghij'];

/** How an object came to be; `untold` has neither an ETag nor metadata that says its content. */
type How = 'plain' | 'single' | 'parts' | 'odd-parts' | 'told' | 'kms-told' | 'untold';

interface Remote {
  readonly name: string;
  readonly content: string;
  readonly how: How;
  readonly headers: number;
}

interface Step {
  readonly source: readonly Remote[];
  readonly faults: readonly Fault[];
  /** What another writer does to the source after it was listed. */
  readonly meanwhile: readonly Remote[];
}

interface Case {
  readonly seed: number;
  readonly flavour: Flavour;
  readonly copyable: boolean;
  readonly before: readonly Remote[];
  readonly foreign: readonly string[];
  readonly steps: readonly Step[];
  readonly deleteAfter: boolean;
  readonly excludes: readonly string[];
  readonly delay: boolean | 'best-effort';
  readonly overwrite: 'if-unchanged' | 'always';
  readonly copyMinSize: number;
  readonly lock: boolean;
  readonly index: 'none' | 'cache' | 'bucket';
  readonly storageClass: boolean;
}

const remotes = (hows: readonly How[], minLength: number): fc.Arbitrary<readonly Remote[]> =>
  fc.uniqueArray(
    fc.record({
      name: fc.constantFrom(...NAMES),
      content: fc.constantFrom(...CONTENTS),
      how: fc.constantFrom(...hows),
      headers: fc.nat({ max: 2 }),
    }),
    { selector: ({ name }) => name, minLength, maxLength: 8 },
  );

const FAULTS: readonly FaultKind[] = [
  'server',
  'denied',
  'lost',
  'stop',
  'stop-after',
  'kill',
  'kill-after',
  'foreign',
  'foreign-delete',
  'upload-gone',
];
const faults: fc.Arbitrary<readonly Fault[]> = fc.array(
  fc.record({ at: fc.nat({ max: 25 }), kind: fc.constantFrom(...FAULTS) }),
  { maxLength: 2 },
);

const HOWS: readonly How[] = [
  'plain',
  'plain',
  'plain',
  'single',
  'parts',
  'odd-parts',
  'told',
  'kms-told',
  'untold',
];

const cases: fc.Arbitrary<Case> = fc.record({
  seed: fc.nat(),
  flavour: fc.constantFrom<Flavour>('plain', 'plain', 'plain', 'kms', 'bound', 'unproved', 'no-copies'),
  copyable: fc.boolean(),
  before: remotes(['plain', 'plain', 'single', 'told'], 0),
  foreign: fc.subarray(['kept.css', 'zz', 'log.old']),
  steps: fc.array(
    fc.record({
      source: remotes(HOWS, 1),
      faults,
      meanwhile: fc.oneof(fc.constant([]), fc.constant([]), remotes(HOWS, 0)),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  deleteAfter: fc.boolean(),
  excludes: fc.subarray(['*.css', '/log*'], { maxLength: 1 }),
  delay: fc.constantFrom(false, false, true, 'best-effort' as const),
  overwrite: fc.constantFrom('if-unchanged' as const, 'if-unchanged' as const, 'always' as const),
  copyMinSize: fc.constantFrom(0, 0, 4),
  lock: fc.boolean(),
  index: fc.constantFrom('none' as const, 'cache' as const, 'bucket' as const),
  storageClass: fc.boolean(),
});

function objectOf(store: ModelStore, { content, how, headers }: Remote): ModelObject {
  const bytes = Buffer.from(content);
  const md5 = md5Of(bytes);
  const half = Math.max(1, Math.ceil(bytes.length / 2));
  const etags: Readonly<Record<How, () => ETag>> = {
    plain: () => md5 as string as ETag,
    single: () => multipartETag([md5]),
    parts: () => multipartETag([md5Of(bytes.subarray(0, half)), md5Of(bytes.subarray(half))]),
    'odd-parts': () => multipartETag([md5Of(bytes.subarray(0, 1)), md5Of(bytes.subarray(1))]),
    told: () => store.opaque('-3'),
    'kms-told': () => store.opaque(),
    untold: () => store.opaque(),
  };
  const isParts = (how === 'parts' || how === 'odd-parts') && bytes.length > 1;
  const fields = {
    'content-type': `text/x-${headers}`,
    ...(headers === 2 ? { 'cache-control': 'no-cache' } : {}),
  };
  const tells = how === 'told' || how === 'kms-told';
  const isKms = how === 'kms-told' || how === 'untold';
  return {
    bytes,
    etag:
      bytes.length === 0
        ? (EMPTY_MD5 as string as ETag)
        : isParts || !how.endsWith('parts')
          ? etags[how]()
          : etags.plain(),
    encryption: isKms ? 'aws:kms' : undefined,
    storageClass: 'STANDARD',
    contentType: fields['content-type'],
    metadata: new Map([['k', `${headers}`], ...(tells ? attributes(md5) : [])]),
    fields,
    ...(isParts ? { partSize: how === 'parts' ? half : 1 } : {}),
    ours: false,
    lies: false,
  };
}

/** Contents that a name had in the source, with the headers that belong to them. */
type Past = Map<string, Set<string>>;

function shown({ bytes, fields, metadata }: Pick<ModelObject, 'bytes' | 'fields' | 'metadata'>): string {
  return JSON.stringify([
    bytes.toString(),
    fields['content-type'],
    fields['cache-control'],
    metadata.get('k'),
  ]);
}

async function check(given: Case): Promise<void> {
  const store = new ModelStore(given.seed);
  const source = new ModelStore(given.seed + 1);
  store.flavour = given.flavour;
  store.others.set('from', source);
  for (const remote of given.before)
    store.objects.set((PREFIX + remote.name) as ObjectKey, objectOf(store, remote));
  for (const name of given.foreign)
    store.objects.set(
      (PREFIX + name) as ObjectKey,
      objectOf(store, { name, content: name, how: 'plain', headers: 0 }),
    );
  store.objects.set(
    'outside' as ObjectKey,
    objectOf(store, { name: '', content: 'outside', how: 'plain', headers: 0 }),
  );
  const outside = store.objects.get('outside' as ObjectKey);
  const index =
    given.index === 'none' ? undefined : memoryIndex({ remote: given.index === 'bucket', local: false });
  const excluded = (name: string): boolean =>
    given.excludes.some((line) => (line === '*.css' ? name.endsWith('.css') : name.startsWith('log')));
  const past: Past = new Map();
  const set = (remote: Remote): void => {
    const object = objectOf(source, remote);
    source.objects.set((SOURCE + remote.name) as ObjectKey, object);
    past.set(remote.name, (past.get(remote.name) ?? new Set()).add(shown(object)));
  };
  const wanted = (): ReadonlyMap<ObjectKey, ModelObject> =>
    new Map(
      [...source.objects].flatMap(([key, object]) => {
        const name = key.slice(SOURCE.length);
        return excluded(name) ? [] : [[(PREFIX + name) as ObjectKey, object]];
      }),
    );

  for (const step of given.steps) {
    source.objects.clear();
    for (const remote of step.source) set(remote);
    if (wanted().size === 0) continue;
    const broken: string[] = [];
    store.witness = {
      written(key, object) {
        const name = key.slice(PREFIX.length);
        if (excluded(name)) broken.push(`${key} is excluded and written`);
        if (past.get(name)?.has(shown(object)) !== true) broken.push(`${key} gets ${shown(object)}`);
        if (store.touched.has(key) && store.objects.has(key) && given.overwrite === 'if-unchanged')
          broken.push(`${key} is another writer's`);
      },
      deleted(key) {
        const name = key.slice(PREFIX.length);
        if (!given.deleteAfter) broken.push(`${key} is deleted unasked`);
        if (!key.startsWith(PREFIX) || excluded(name)) broken.push(`${key} is deleted and is none of ours`);
        if (listed.has(name)) broken.push(`${key} is deleted and the source has it`);
        if (store.touched.has(key) && store.objects.has(key)) broken.push(`${key} is another writer's`);
      },
    };
    let listed = new Set<string>();
    const run = async (faultsNow: readonly Fault[], meanwhile: readonly Remote[]): Promise<SyncResult> => {
      const stop = new AbortController();
      store.onStop = () => stop.abort(new SyncError('cancelled', EXIT.interrupted, 'stopped'));
      store.restart(faultsNow);
      source.restart([]);
      const watched = Object.create(source) as ModelStore;
      watched.list = async function* list() {
        listed = new Set([...source.objects.keys()].map((key) => key.slice(SOURCE.length)));
        yield* source.list(SOURCE);
        for (const remote of meanwhile) {
          if (remote.how === 'plain' && remote.content === '') {
            source.objects.delete((SOURCE + remote.name) as ObjectKey);
          } else set(remote);
        }
      };
      for (const name of ['head', 'get', 'getWhole', 'partSize', 'requests', 'bytesMoved'] as const)
        Object.defineProperty(watched, name, { value: (source[name] as () => unknown).bind(source) });
      return once(given, { store, source: watched, index, signal: stop.signal });
    };
    await run(step.faults, step.meanwhile);
    expect(broken).toEqual([]);

    // What was left is made good by the next run.
    const before = new Map(store.objects);
    if (wanted().size === 0) continue;
    const second = await run([], []);
    expect(broken).toEqual([]);
    expect(told(second)).toMatchObject({ exit: 0 });
    for (const [key, { bytes }] of wanted())
      expect([key, store.objects.get(key)?.bytes.toString()]).toEqual([key, bytes.toString()]);
    for (const [key, object] of before) {
      if (wanted().has(key) || key.includes(OWN_DIRECTORY)) continue;
      const name = key.slice(PREFIX.length);
      const isMarker =
        object.bytes.length === 0 &&
        name.endsWith('/') &&
        [...wanted().keys()].some((other) => other.startsWith(key));
      const goes = key.startsWith(PREFIX) && given.deleteAfter && !excluded(name) && !isMarker;
      expect([key, store.objects.has(key)]).toEqual([key, !goes]);
    }
    expect(store.objects.get('outside' as ObjectKey)).toBe(outside);
    expect(store.uploads.size).toBe(0);

    // Then there is nothing to do, but for contents that nobody says.
    const third = await run([], []);
    expect(third.exit).toBe(0);
    const again = third.report.steps.filter(({ action }) => action !== 'keep').map(({ key }) => key);
    const unknown = [...wanted()]
      .filter(([, object]) => isUntold(object, given))
      .map(([key]) => key as string);
    expect(again.filter((key) => !unknown.includes(key))).toEqual([]);
  }
}

/** Contents of which neither ETag nor metadata says anything that outlives the copy. */
function isUntold({ etag, encryption, metadata, bytes, partSize = 0 }: ModelObject, given: Case): boolean {
  if (bytes.length === 0 || metadata.has('s3cmd-attrs')) return false;
  // A copy says of itself which object it is of, and is believed with a digest of its own, or under KMS.
  const isCopied = given.copyable && given.copyMinSize <= bytes.length && given.flavour !== 'kms';
  if (encryption !== undefined) return isCopied;
  if (!etag.includes('-') || (etag.endsWith('-1') && given.flavour !== 'kms')) return false;
  if (!isCopied) return false;
  // No layout of equal parts, or no proof of one.
  return Math.ceil(bytes.length / partSize) !== Number(etag.split('-')[1]) || given.flavour !== 'plain';
}

function told({ exit, report }: SyncResult): object {
  return {
    exit,
    error: report.error,
    steps: report.steps.map(({ action, key, reason, outcome, error }) => ({
      action,
      key,
      reason,
      outcome,
      error,
    })),
  };
}

async function once(
  given: Case,
  at: {
    readonly store: ModelStore;
    readonly source: ModelStore;
    readonly index: IndexStorage | undefined;
    readonly signal: AbortSignal;
  },
): Promise<SyncResult> {
  const changes: Changes = {
    prefix: PREFIX,
    tree: { excludes: given.excludes },
    deletes: { deleteAfter: given.deleteAfter, maxDelete: { kind: 'none' } },
    copies: { minSize: given.copyMinSize },
    overwrite: given.overwrite,
    delayUpdates: given.delay,
    lock: given.lock,
    writeHeaders: given.storageClass ? { storageClass: 'STANDARD_IA' } : {},
  };
  const options = optionsFor({ region: 'us-east-1', endpoint: 'http://model' }, 'bucket', '/', changes);
  const bucket = { name: 'from' };
  const { copyable } = given;
  return sync(options, {
    store: at.store,
    copyFrom: [],
    source: { url: `s3://from/${SOURCE}`, store: at.source, prefix: SOURCE, bucket, copyable },
    index: at.index,
    owner: 'a test',
    emit: () => undefined,
    signal: at.signal,
    now: Date.now,
  });
}

test(`${RUNS} random histories from bucket to bucket, with faults, seed ${SEED}`, async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (given) => check(given)),
    { numRuns: RUNS, seed: SEED, endOnFailure: process.env.S3DS_SHRINK === undefined },
  );
}, 3_600_000);
