import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ETag, type Md5, md5Of, multipartETag } from '../../../src/model/digest.js';
import { compareKeys, type ObjectKey, parsePrefix } from '../../../src/model/object-key.js';
import type { ListedObject, LocalFile } from '../../../src/model/objects.js';
import { type Step, stepsOf } from '../../../src/model/plan.js';
import { makePlan, type PlanInput, type Planned, type PlanPolicy } from '../../../src/sync/plan.js';
import { publishOrder } from '../../../src/sync/ranks.js';

const prefix = parsePrefix('site');
const KEEP: PlanPolicy = {
  order: publishOrder(['default']),
  send: 'upload',
  again: 'copy',
  delay: false,
  retained: () => false,
  grace: () => 'due',
  copyMinSize: 0,
  deleteAfter: false,
  deleteExcluded: false,
  excluded: () => false,
  skipped: () => false,
  hasDirectory: () => false,
};
const DELETE: PlanPolicy = { ...KEEP, deleteAfter: true };

type Contents = Readonly<Record<string, string>>;

function localFile(name: string, content: string): LocalFile {
  const stat = { mtimeNs: 1n, ctimeNs: 1n, dev: 1n, ino: 1n, nlink: 1, mode: 0o100644 };
  return { name, path: `/tree/${name}`, real: `/tree/${name}`, size: Buffer.byteLength(content), ...stat };
}

function object(name: string, content: string, changes: Partial<ListedObject> = {}): ListedObject {
  return {
    key: (prefix + name) as ObjectKey,
    size: Buffer.byteLength(content),
    etag: md5Of(Buffer.from(content)) as string as ETag,
    lastModified: 0,
    storageClass: 'STANDARD',
    ...changes,
  };
}

/** Plans with the digests that the engine would have taken: those of sizes met more than once. */
function plan(
  tree: Contents,
  objects: readonly ListedObject[],
  policy = KEEP,
  changes: Partial<PlanInput> = {},
): Planned {
  const files = Object.entries(tree)
    .map(([name, content]) => localFile(name, content))
    .sort((a, b) => compareKeys(a.name, b.name));
  const others = changes.further ?? [];
  const sizes = [...files, ...objects, ...others].map(({ size }) => size);
  const contents: PlanInput['contents'] = new Map(
    files
      .filter((file) => file.size > 0 && sizes.filter((size) => size === file.size).length > 1)
      .map((file) => {
        const bytes = Buffer.from(tree[file.name] ?? '');
        return [file.name, { md5: md5Of(bytes), etags: [multipartETag([md5Of(bytes)])] }];
      }),
  );
  const listing = new Map(objects.map((o) => [o.key, o]));
  const vouched = new Map<ListedObject, Md5>();
  const nothing = { further: [], vouched, headers: new Map(), aclBound: new Set<ObjectKey>() };
  return makePlan({ ...nothing, prefix, files, listing, contents, policy, ...changes });
}

function shown(planned: Planned): readonly string[] {
  return [...stepsOf(planned.plan)].map((step) => {
    const source = step.action === 'copy' ? ` <- ${step.source.key.slice(prefix.length)}` : '';
    const staged = step.action === 'copy' && step.staged ? ', staged' : '';
    return `${step.action} ${step.key.slice(prefix.length)}${source} (${step.reason})${staged}`;
  });
}

describe('what becomes of a key', () => {
  const rows: readonly [string, Contents, readonly ListedObject[], PlanPolicy, readonly string[]][] = [
    [
      'an empty bucket: everything is new',
      { a: 'A', b: 'BB' },
      [],
      KEEP,
      ['upload a (new)', 'upload b (new)'],
    ],
    ['C8: the same bytes under the key: nothing', { a: 'A' }, [object('a', 'A')], KEEP, []],
    ['C8: same size, other bytes: sent', { a: 'A' }, [object('a', 'Z')], KEEP, ['upload a (changed)']],
    ['another size: sent', { a: 'AA' }, [object('a', 'Z')], KEEP, ['upload a (changed)']],
    [
      'duplicates: sent once',
      { a: 'X', b: 'X', c: 'X' },
      [],
      KEEP,
      ['upload a (new)', 'copy b <- a (duplicate)', 'copy c <- a (duplicate)'],
    ],
    ['a rename without delete: a copy', { b: 'X' }, [object('a', 'X')], KEEP, ['copy b <- a (exists)']],
    [
      'a rename with delete: a copy, then the delete',
      { b: 'X' },
      [object('a', 'X')],
      DELETE,
      ['copy b <- a (exists)', 'delete a (absent)'],
    ],
    [
      'a source that stays is preferred to one that goes',
      { z: 'X', b: 'X' },
      [object('a', 'X'), object('z', 'X')],
      DELETE,
      ['copy b <- z (exists)', 'delete a (absent)'],
    ],
    [
      'C1: what the plan overwrites is read before',
      { a: 'N', b: 'X' },
      [object('a', 'X')],
      KEEP,
      ['copy b <- a (moved)', 'upload a (changed)'],
    ],
    [
      'C1: a rotation of three, in order',
      { log: 'NEW', 'log.1': 'A', 'log.2': 'BB' },
      [object('log', 'A'), object('log.1', 'BB')],
      KEEP,
      ['copy log.2 <- log.1 (moved)', 'copy log.1 <- log (moved)', 'upload log (changed)'],
    ],
    [
      'C17: promotion: a later rank is what an earlier one overwrites',
      { 'latest/app': 'OLD', 'next/app': 'NEW' },
      [object('latest/app', 'V0'), object('next/app', 'OLD')],
      KEEP,
      ['upload next/app (changed)', 'copy latest/app <- next/app (moved), staged'],
    ],
    [
      'C2: a ring of three is broken at its smallest member',
      { a: 'B2', b: 'CCC', c: 'A' },
      [object('a', 'A'), object('b', 'B2'), object('c', 'CCC')],
      KEEP,
      ['copy a <- b (moved)', 'copy b <- c (moved)', 'copy c <- a (moved), staged'],
    ],
    [
      'C2: a swap: one is staged before the other is written',
      { a: 'Y', b: 'X' },
      [object('a', 'X'), object('b', 'Y')],
      KEEP,
      ['copy b <- a (moved)', 'copy a <- b (moved), staged'],
    ],
    [
      'C10: empty files are independent of one another',
      { a: '', b: '' },
      [],
      KEEP,
      ['upload a (empty)', 'upload b (empty)'],
    ],
    ['C10: an empty file that is there is unchanged', { a: '' }, [object('a', '')], KEEP, []],
    [
      'C11: keys that differ by case are two keys',
      { Foo: 'X', foo: 'X' },
      [],
      KEEP,
      ['upload Foo (new)', 'copy foo <- Foo (duplicate)'],
    ],
    [
      'archived objects are no source',
      { b: 'X' },
      [object('a', 'X', { storageClass: 'GLACIER' })],
      KEEP,
      ['upload b (new)'],
    ],
    [
      'an archived object under its own key is unchanged',
      { a: 'X' },
      [object('a', 'X', { storageClass: 'GLACIER' })],
      KEEP,
      [],
    ],
    [
      'C7: a multipart ETag of the same bytes',
      { a: 'X' },
      [object('a', 'X', { etag: multipartETag([md5Of(Buffer.from('X'))]) })],
      KEEP,
      [],
    ],
    [
      'C7: a renamed multipart object',
      { b: 'X' },
      [object('a', 'X', { etag: multipartETag([md5Of(Buffer.from('X'))]) })],
      KEEP,
      ['copy b <- a (exists)'],
    ],
    [
      'an ETag that proves nothing',
      { a: 'X' },
      [object('a', 'X', { etag: 'opaque' as ETag })],
      KEEP,
      ['upload a (content-unknown)'],
    ],
    [
      'D10: the marker of a directory that exists stays',
      { 'd/a': 'X' },
      [object('d/', ''), object('d/a', 'X')],
      { ...DELETE, hasDirectory: (name) => name === 'd' },
      [],
    ],
    [
      'D10: the marker of a directory that is gone goes',
      { a: 'X' },
      [object('d/', ''), object('a', 'X')],
      DELETE,
      ['delete d/ (absent)'],
    ],
    [
      'D5: an excluded key is protected',
      { a: 'X' },
      [object('a', 'X'), object('x.log', 'L')],
      { ...DELETE, excluded: (name) => name.endsWith('.log') },
      [],
    ],
    [
      'delete-excluded takes it',
      { a: 'X' },
      [object('a', 'X'), object('x.log', 'L')],
      { ...DELETE, deleteExcluded: true, excluded: (name) => name.endsWith('.log') },
      ['delete x.log (excluded)'],
    ],
    [
      'a skipped entry is protected even so',
      { a: 'X' },
      [object('a', 'X'), object('s', 'L')],
      { ...DELETE, deleteExcluded: true, skipped: (name) => name === 's' },
      [],
    ],
    [
      'an excluded object can be copied from',
      { b: 'X' },
      [object('x.log', 'X')],
      { ...KEEP, excluded: (name) => name.endsWith('.log') },
      ['copy b <- x.log (exists)'],
    ],
    [
      'R1: a page comes after what it may name',
      { 'index.html': 'P', 'z.css': 'CC' },
      [],
      KEEP,
      ['upload z.css (new)', 'upload index.html (new)'],
    ],
    [
      'R14: repomd.xml after the files it names',
      {
        'repodata/repomd.xml': 'R',
        'repodata/zz-primary.xml.gz': 'PP',
        'z.rpm': 'RPM',
        'repodata/repomd.xml.asc': 'SIGN',
      },
      [],
      KEEP,
      [
        'upload z.rpm (new)',
        'upload repodata/zz-primary.xml.gz (new)',
        'upload repodata/repomd.xml (new)',
        'upload repodata/repomd.xml.asc (new)',
      ],
    ],
    [
      'R14: InRelease after Packages',
      {
        'dists/a/InRelease': 'I',
        'dists/a/main/Packages.gz': 'PK',
        'pool/z.deb': 'DEB',
        'dists/a/Release': 'RELE',
      },
      [],
      KEEP,
      [
        'upload pool/z.deb (new)',
        'upload dists/a/main/Packages.gz (new)',
        'upload dists/a/Release (new)',
        'upload dists/a/InRelease (new)',
      ],
    ],
    [
      'content is sent under the name of the lowest rank',
      { 'a.html': 'X', 'z.bin': 'X' },
      [],
      KEEP,
      ['upload z.bin (new)', 'copy a.html <- z.bin (duplicate)'],
    ],
  ];
  test.each(rows)('%s', (_, tree, objects, policy, expected) => {
    expect(shown(plan(tree, objects, policy))).toEqual(expected);
  });

  test('C15: a voucher never contradicts what it does not speak of; one that may be believed decides', () => {
    const listed = object('a', 'X', { etag: '0123456789abcdef0123456789abcdef' as ETag });
    const vouched = new Map([[listed, md5Of(Buffer.from('X'))]]);
    expect(shown(plan({ a: 'X' }, [listed], KEEP, { vouched }))).toEqual([]);
    expect(shown(plan({ a: 'X' }, [listed]))).toEqual(['upload a (changed)']);
  });

  test('new keys are written under If-None-Match, changed ones and deletes under the listed ETag', () => {
    const { plan: made } = plan({ n: 'N', c: 'CC' }, [object('c', 'old'), object('gone', 'gone')], DELETE);
    const conditions = [...stepsOf(made)].map((step) =>
      'condition' in step ? step.condition : step.action === 'delete' ? step.etag : undefined,
    );
    expect(conditions).toEqual([
      { ifNoneMatch: '*' },
      { ifMatch: md5Of(Buffer.from('old')) },
      md5Of(Buffer.from('gone')),
    ]);
  });

  test('deletions whose content stays are no losses', () => {
    const planned = plan({ b: 'X' }, [object('a', 'X'), object('gone', 'gone')], DELETE);
    expect(planned.losses).toBe(1);
    expect(planned.listedUnexcluded).toBe(2);
    expect(planned.related).toBe(true);
  });
});

describe('any plan', () => {
  const names = fc.constantFrom(
    'a',
    'b',
    'c',
    'Foo',
    'foo',
    'd/x',
    'd/y',
    'index.html',
    'z/index.html',
    'repodata/repomd.xml',
    'latest/a',
    'é',
    'e\u0301',
  );
  const contents = fc.constantFrom('', 'X', 'Y', 'Z', 'XX', 'YY', 'long content');
  const tree = fc.dictionary(names, contents, { maxKeys: 8 });

  test('makes the bucket equal to the tree, whatever the order of the steps in a phase, and a second plan is empty', () => {
    fc.assert(
      fc.property(
        tree,
        tree,
        fc.boolean(),
        fc.infiniteStream(fc.nat()),
        (local, remote, deleteAfter, dice) => {
          const bucket = new Map(
            Object.entries(remote).map(([name, content]) => [(prefix + name) as ObjectKey, content]),
          );
          const listed = (): ListedObject[] =>
            [...bucket].map(([key, content]) => object(key.slice(prefix.length), content));
          const policy = deleteAfter ? DELETE : KEEP;
          const before = new Map(bucket);
          const { plan: made } = plan(local, listed(), policy);
          // Content that lies anywhere in the bucket does not travel again.
          for (const step of stepsOf(made)) {
            if (step.action !== 'upload' || step.bytes === 0) continue;
            expect([...before.values()]).not.toContain(local[step.file.name]);
          }
          const staged = new Map<ObjectKey, string>();
          for (const rank of made.ranks) {
            for (const phase of rank.phases) {
              for (const step of shuffled<Step>(phase.steps, dice)) {
                if (phase.kind === 'publish') perform(step, bucket, local, staged);
                else if (step.action === 'copy') staged.set(step.key, bucket.get(step.source.key) ?? '');
              }
            }
          }
          for (const [name, content] of Object.entries(local))
            expect(bucket.get((prefix + name) as ObjectKey)).toBe(content);
          for (const key of before.keys()) {
            expect(bucket.has(key)).toBe(!deleteAfter || key.slice(prefix.length) in local);
          }
          expect(shown(plan(local, listed(), policy))).toEqual([]);
        },
      ),
      { numRuns: Number(process.env.S3DS_RUNS ?? 2000) },
    );
  });

  function perform(
    step: Step,
    bucket: Map<ObjectKey, string>,
    local: Contents,
    staged: ReadonlyMap<ObjectKey, string>,
  ): void {
    switch (step.action) {
      case 'upload':
        bucket.set(step.key, local[step.file.name] ?? '');
        return;
      case 'copy': {
        const read = step.staged ? staged.get(step.key) : bucket.get(step.source.key);
        expect(read).toBe(local[step.file.name]);
        bucket.set(step.key, read ?? '');
        return;
      }
      case 'delete':
        bucket.delete(step.key);
        return;
      case 'refresh':
      case 'keep':
        return;
    }
  }

  function shuffled<T>(items: readonly T[], dice: Iterator<number>): readonly T[] {
    return items
      .map((item) => ({ item, at: dice.next().value as number }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  }
});
