import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EMPTY_MD5, type ETag, type Md5, md5Of, multipartETag } from '../../../src/model/digest.js';
import { compareKeys, type ObjectKey, parsePrefix } from '../../../src/model/object-key.js';
import type { ListedObject, LocalFile } from '../../../src/model/objects.js';
import { type Step, stepsOf } from '../../../src/model/plan.js';
import {
  type GraceState,
  type HeaderState,
  makePlan,
  type PlanInput,
  type Planned,
  type PlanPolicy,
} from '../../../src/sync/plan.js';
import { publishOrder } from '../../../src/sync/ranks.js';
import { KEEP } from '../../support/plan-policy.js';

const prefix = parsePrefix('site');
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
    expect(planned.firstLosses).toEqual(['site/gone']);
    expect(planned.listedUnexcluded).toBe(2);
    expect(planned.related).toBe(true);
  });
});

/** An object with the ETag of one part: as good as its MD5, and not the same text. */
function inOnePart(name: string, content: string, changes: Partial<ListedObject> = {}): ListedObject {
  return object(name, content, { etag: multipartETag([md5Of(Buffer.from(content))]), ...changes });
}

const md5 = (content: string): Md5 => md5Of(Buffer.from(content));
const etag = (content: string): ETag => md5(content) as string as ETag;
const keyOf = (name: string): ObjectKey => (prefix + name) as ObjectKey;
const steps = (planned: Planned): readonly Step[] => [...stepsOf(planned.plan)];

describe('the headers of what is unchanged', () => {
  const headers = (state: HeaderState): Partial<PlanInput> => ({ headers: new Map([[keyOf('a'), state]]) });

  test('that are the same: nothing; of which nobody knows: counted, and left alone', () => {
    const same = plan({ a: 'AA', b: 'BBB' }, [object('a', 'AA'), object('b', 'BBB')], KEEP, headers('same'));
    expect(shown(same)).toEqual([]);
    expect(same.plan.unchanged).toEqual({ files: 2, bytes: 5 });
    expect(same.headersUnknown).toEqual({ files: 1, bytes: 3 });
    expect([...same.unknownHeaders].map(({ name }) => name)).toEqual(['b']);
    expect([...same.unchanged]).toEqual([
      [keyOf('a'), md5('AA')],
      [keyOf('b'), md5('BBB')],
    ]);
  });

  test('C13: that changed: a copy onto itself, under the listed ETag, which keeps its class', () => {
    const listed = object('a', 'AA', { storageClass: 'STANDARD_IA' });
    const planned = plan({ a: 'AA' }, [listed], KEEP, headers('changed'));
    expect(steps(planned)).toEqual([
      {
        action: 'refresh',
        key: keyOf('a'),
        rank: 1,
        bytes: 2,
        reason: 'headers',
        file: expect.objectContaining({ name: 'a' }),
        md5: md5('AA'),
        etag: etag('AA'),
        condition: { ifMatch: etag('AA') },
        storageClass: 'STANDARD_IA',
      },
    ]);
    expect(planned.plan.unchanged).toEqual({ files: 0, bytes: 0 });
    expect(planned.headersUnknown).toEqual({ files: 0, bytes: 0 });
    expect([...planned.unchanged.keys()]).toEqual([keyOf('a')]);
  });

  test('of an empty file: they are renewed as others are', () => {
    const planned = plan({ a: '' }, [object('a', '')], KEEP, headers('changed'));
    expect(steps(planned)).toMatchObject([{ action: 'refresh', key: keyOf('a'), bytes: 0, md5: EMPTY_MD5 }]);
    expect([...planned.unchanged]).toEqual([[keyOf('a'), EMPTY_MD5]]);
  });

  test('whose class changed: the copy gets the class that is asked for now', () => {
    const [step] = steps(plan({ a: 'AA' }, [object('a', 'AA')], KEEP, headers('class')));
    expect(step).toMatchObject({ action: 'refresh' });
    expect(step).not.toHaveProperty('storageClass');
  });

  test.each([
    [false, []],
    [true, ['a']],
  ] as const)(
    'which a copy onto itself would leave there: the file is sent, and staged where everything is: %s',
    (delay, staged) => {
      const changes = { ...headers('changed'), resent: new Set([keyOf('a')]) };
      const planned = plan({ a: 'AA' }, [object('a', 'AA')], { ...KEEP, delay }, changes);
      expect(shown(planned)).toEqual(['upload a (headers)']);
      expect(steps(planned)).toMatchObject([{ md5: md5('AA'), condition: { ifMatch: etag('AA') } }]);
      const stages = planned.plan.ranks.flatMap(({ phases }) =>
        phases.filter(({ kind }) => kind === 'stage'),
      );
      expect(stages.flatMap(({ steps }) => steps.map(({ key }) => key))).toEqual(staged.map(keyOf));
    },
  );

  const unable: readonly [string, Partial<ListedObject>, Partial<PlanInput>, string][] = [
    ['would lose an ACL', {}, { aclBound: new Set([keyOf('a')]) }, 'acl'],
    ['may lose an ACL', {}, { aclUnknown: new Set([keyOf('a')]) }, 'acl-unknown'],
    ['may lose a time', {}, { attributesUnknown: new Set([keyOf('a')]) }, 'attributes-unknown'],
    ['is archived', { storageClass: 'DEEP_ARCHIVE' }, { aclBound: new Set([keyOf('a')]) }, 'not-copyable'],
  ];
  test.each(unable)('an object that %s is kept as it is', (_, object_, changes, reason) => {
    const listed = object('a', 'AA', object_);
    const planned = plan({ a: 'AA' }, [listed], KEEP, { ...headers('changed'), ...changes });
    expect(steps(planned)).toEqual([
      { action: 'keep', key: keyOf('a'), rank: 1, bytes: 2, reason, etag: etag('AA') },
    ]);
  });

  test.each([
    ...unable.map(
      ([why, listed, changes]) => [`of an object that ${why}`, listed, changes, 'waits'] as const,
    ),
    ['which is renewed', {}, {}, 'expired'],
  ] as const)(
    'headers that changed %s: a grace in deploys goes by what is written',
    (_, listed, changes, state) => {
      const grace = (_gone: ListedObject, isDeploy: boolean): GraceState => (isDeploy ? 'expired' : 'waits');
      const objects = [object('a', 'AA', listed), object('gone', 'gone')];
      const planned = plan({ a: 'AA' }, objects, { ...DELETE, grace }, { ...headers('changed'), ...changes });
      expect(planned.waiting.length).toBe(state === 'waits' ? 1 : 0);
    },
  );

  test.each([
    [5 * 1024 ** 3, ['refresh a (headers)']],
    [5 * 1024 ** 3 + 1, ['keep a (not-copyable)']],
  ])('C9: an object of %i bytes', (size, expected) => {
    const files = [{ ...localFile('a', ''), size }];
    const contents = new Map([['a', { md5: md5('huge'), etags: [] }]]);
    const changes = { ...headers('changed'), files, contents };
    expect(shown(plan({}, [object('a', 'huge', { size })], KEEP, changes))).toEqual(expected);
  });

  test('a file’s attributes are renewed whatever the class and the ACL of its object', () => {
    const policy = { ...KEEP, send: 'download', again: 'link' } as const;
    const changes = { ...headers('changed'), aclBound: new Set([keyOf('a')]) };
    const archived = object('a', 'AA', { storageClass: 'GLACIER' });
    expect(shown(plan({ a: 'AA' }, [archived], policy, changes))).toEqual(['refresh a (attributes)']);
  });

  test('an object of which no MD5 is known is written again', () => {
    const [part] = [inOnePart('a', 'AA')];
    const contents = new Map([['a', { md5: undefined, etags: [part!.etag] }]]);
    const planned = plan({ a: 'AA' }, [part!], KEEP, { ...headers('changed'), contents });
    expect(shown(planned)).toEqual(['copy a <- a (exists)']);
    expect(steps(planned)).toMatchObject([{ rank: 1, md5: undefined, condition: { ifMatch: part!.etag } }]);
    expect([...planned.unchanged]).toEqual([[keyOf('a'), undefined]]);
  });

  test('what is copied from an object that is renewed before it takes the object as it is then', () => {
    const sources = (policy: PlanPolicy, names: readonly string[]): readonly unknown[] => {
      const [from = '', to = ''] = names;
      const changes = { headers: new Map<ObjectKey, HeaderState>([[keyOf(from), 'changed']]) };
      const planned = plan({ [from]: 'X', [to]: 'X' }, [object(from, 'X')], policy, changes);
      return steps(planned).map((step) =>
        step.action === 'copy' ? { rank: step.rank, from: step.source } : step.action,
      );
    };
    const listed = { kind: 'object', key: keyOf('a.html'), etag: etag('X'), size: 1 };
    // New pages come before changed ones, new keys before both.
    expect(sources(KEEP, ['a.css', 'b.html'])).toEqual([
      'refresh',
      { rank: 3, from: { kind: 'published', key: keyOf('a.css') } },
    ]);
    expect(sources(KEEP, ['a.html', 'b.css'])).toEqual([{ rank: 0, from: listed }, 'refresh']);
    expect(sources({ ...KEEP, delay: true }, ['a.html', 'sw.js'])).toEqual([
      'refresh',
      { rank: 25, from: listed },
    ]);
  });

  test('what follows a renewed object in its own rank comes in a later phase', () => {
    const order = publishOrder(['*']);
    const changes = { headers: new Map<ObjectKey, HeaderState>([[keyOf('a'), 'changed']]) };
    const planned = plan({ a: 'X', b: 'X' }, [object('a', 'X')], { ...KEEP, order }, changes);
    const phases = planned.plan.ranks.map((rank) =>
      rank.phases.map((phase) => phase.steps.map((s) => s.key)),
    );
    expect(phases).toEqual([[], [], [[keyOf('a')], [keyOf('b')]], []]);
  });
});

describe('what is copied from', () => {
  const X = md5('X');

  test.each([
    ['of two that stay the smaller key', ['n', 'm'], { m: 'X', n: 'X', z: 'X' }, 'm'],
    ['so too, met first', ['m', 'n'], { m: 'X', n: 'X', z: 'X' }, 'm'],
    ['of two that go the smaller key', ['n', 'm'], { z: 'X' }, 'm'],
    ['one that stays before one that goes', ['a', 'n'], { n: 'X', z: 'X' }, 'n'],
    ['one that stays before one that goes, met first', ['n', 'a'], { n: 'X', z: 'X' }, 'n'],
    ['one that stays before one that is overwritten', ['a', 'n'], { a: 'Y', n: 'X', z: 'X' }, 'n'],
    ['one that goes before one that is overwritten', ['a', 'n'], { a: 'Y', z: 'X' }, 'n'],
    [
      'of two that are overwritten the one of the later rank',
      ['a', 'n.html'],
      { a: 'Y', 'n.html': 'Y', z: 'X' },
      'n.html',
    ],
    ['so too, met first', ['n.html', 'a'], { a: 'Y', 'n.html': 'Y', z: 'X' }, 'n.html'],
    ['of two that are overwritten in one rank the smaller key', ['n', 'm'], { m: 'Y', n: 'Y', z: 'X' }, 'm'],
    ['so too, met first', ['m', 'n'], { m: 'Y', n: 'Y', z: 'X' }, 'm'],
  ] as const)('%s', (_, listed, tree, source) => {
    const planned = plan(
      tree,
      listed.map((name) => object(name, 'X')),
      DELETE,
    );
    const step = steps(planned).find(({ key }) => key === keyOf('z'));
    expect(step).toMatchObject({ action: 'copy', source: { kind: 'object', key: keyOf(source) } });
  });

  test('what `copy-from` found, if it is nowhere under the prefix, with its bucket', () => {
    const bucket = { name: 'releases' };
    const further = [
      object('../other', 'Z', { bucket }),
      object('../opaque', 'X', { bucket, etag: 'opaque' as ETag }),
      object('../archived', 'X', { bucket, storageClass: 'GLACIER' }),
      object('../v1', 'X', { bucket }),
      object('../v2', 'X', { bucket }),
    ];
    const from = { kind: 'object', key: keyOf('../v1'), etag: etag('X'), size: 1 };
    const [copied] = steps(plan({ b: 'X' }, [], KEEP, { further }));
    expect(copied).toMatchObject({ action: 'copy', reason: 'exists', source: { ...from, bucket } });
    expect(shown(plan({ b: 'X' }, [object('a', 'X')], KEEP, { further }))).toEqual(['copy b <- a (exists)']);
    const here = [object('../v1', 'X')];
    expect(steps(plan({ b: 'X' }, [], KEEP, { further: here }))).toMatchObject([{ source: from }]);
    expect(steps(plan({ b: 'X' }, [], KEEP, { further: here }))[0]).not.toHaveProperty('source.bucket');
  });

  test('another bucket’s object of the name of a renewed key is not that one', () => {
    const bucket = { name: 'releases' };
    const further = [object('a', 'XX', { bucket })];
    const changes = { further, headers: new Map<ObjectKey, HeaderState>([[keyOf('a'), 'changed']]) };
    expect(steps(plan({ a: 'YY', 'b.html': 'XX' }, [object('a', 'YY')], KEEP, changes))).toMatchObject([
      { action: 'refresh' },
      { action: 'copy', key: keyOf('b.html'), source: { kind: 'object', bucket } },
    ]);
  });

  test('a file’s own object first, where it is one of another bucket', () => {
    const bucket = { name: 'origin' };
    const own = new Map([
      ['a', object('../a', 'X', { bucket })],
      ['e', object('../e', '', { bucket })],
    ]);
    const planned = plan({ a: 'X', e: '' }, [object('z', 'X')], KEEP, { own });
    expect(steps(planned)).toMatchObject([
      { action: 'copy', reason: 'exists', source: { key: keyOf('../a'), bucket } },
      { action: 'upload', reason: 'empty' },
    ]);
  });

  test('the first destination, for what is not there otherwise', () => {
    const filled = { keyOf: (name: string) => `first/${name}` as ObjectKey, bucket: undefined };
    const planned = plan({ a: 'X', b: 'X', c: 'NEW', e: '' }, [], KEEP, { filled });
    expect(steps(planned)).toMatchObject([
      { key: keyOf('a'), action: 'copy', reason: 'exists', source: { kind: 'first', key: 'first/a' } },
      { key: keyOf('c'), action: 'copy', reason: 'exists', source: { kind: 'first', key: 'first/c' } },
      { key: keyOf('e'), action: 'upload', reason: 'empty' },
      {
        key: keyOf('b'),
        action: 'copy',
        reason: 'duplicate',
        source: { kind: 'published', key: keyOf('a') },
      },
    ]);
    expect(steps(planned)[0]).not.toHaveProperty('source.bucket');
    const bucket = { name: 'first' };
    const elsewhere = plan({ a: 'X' }, [], KEEP, { filled: { ...filled, bucket } });
    expect(steps(elsewhere)).toMatchObject([{ source: { kind: 'first', key: 'first/a', bucket } }]);
  });

  test('nothing, for content below `copy-min-size` that lies somewhere', () => {
    const policy = { ...KEEP, copyMinSize: 3 };
    const tree = { a: 'XX', b: 'XX', c: 'YYY', d: 'YYY', n: 'N' };
    expect(shown(plan(tree, [], policy))).toEqual([
      'upload a (new)',
      'upload b (small)',
      'upload c (new)',
      'upload n (new)',
      'copy d <- c (duplicate)',
    ]);
    expect(shown(plan({ b: 'XX' }, [object('a', 'XX')], policy))).toEqual(['upload b (small)']);
    expect(shown(plan({ a: 'N', b: 'XX' }, [object('a', 'XX')], policy))).toEqual([
      'upload b (small)',
      'upload a (changed)',
    ]);
    const filled = { keyOf, bucket: undefined };
    expect(shown(plan({ b: 'XX' }, [], policy, { filled }))).toEqual(['upload b (small)']);
    const own = new Map([['b', object('../b', 'XX')]]);
    expect(shown(plan({ b: 'XX' }, [], policy, { own }))).toEqual(['upload b (small)']);
  });

  test('nothing that this run archives', () => {
    const archives = (): boolean => true;
    expect(shown(plan({ a: 'X', b: 'X' }, [], KEEP, { archives }))).toEqual([
      'upload a (new)',
      'upload b (new)',
    ]);
    const state = (how: HeaderState): Partial<PlanInput> => ({
      archives,
      headers: new Map<ObjectKey, HeaderState>([[keyOf('a'), how]]),
    });
    expect(shown(plan({ a: 'X', b: 'X' }, [object('a', 'X')], KEEP, state('class')))).toEqual([
      'upload b (new)',
      'refresh a (headers)',
    ]);
    // A refresh for another reason leaves the object where it is.
    expect(shown(plan({ a: 'X', b: 'X' }, [object('a', 'X')], KEEP, state('changed')))).toEqual([
      'copy b <- a (exists)',
      'refresh a (headers)',
    ]);
    const stays = { ...state('class'), archives: () => false };
    expect(shown(plan({ a: 'X', b: 'X' }, [object('a', 'X')], KEEP, stays))).toEqual([
      'copy b <- a (exists)',
      'refresh a (headers)',
    ]);
  });

  test('C7: a multipart ETag is of one size alone', () => {
    const long = inOnePart('long', 'XXXX', { etag: multipartETag([X]) });
    expect(shown(plan({ a: 'X', b: 'X' }, [long]))).toEqual(['upload a (new)', 'copy b <- a (duplicate)']);
  });

  test('an object whose content nobody can tell is changed where its size is another one', () => {
    const opaque = object('a', 'X', { etag: 'opaque' as ETag });
    expect(shown(plan({ a: 'XX' }, [opaque]))).toEqual(['upload a (changed)']);
  });

  test('C10: an empty file is sent, even where its digest was taken, and its object is no source', () => {
    const contents = new Map(['a', 'b'].map((name) => [name, { md5: EMPTY_MD5, etags: [] }]));
    const planned = plan({ a: '', b: '', c: 'C' }, [object('e', '')], DELETE, { contents });
    expect(steps(planned)).toMatchObject([
      { action: 'upload', key: keyOf('a'), reason: 'empty', md5: EMPTY_MD5 },
      { action: 'upload', key: keyOf('b'), reason: 'empty', md5: EMPTY_MD5 },
      { action: 'upload', key: keyOf('c'), reason: 'new', md5: undefined },
      { action: 'delete', key: keyOf('e') },
    ]);
    expect(planned).toMatchObject({ losses: 1, related: false });
    expect(steps(plan({ a: '' }, []))).toMatchObject([{ action: 'upload', md5: EMPTY_MD5 }]);
    expect(steps(plan({ a: 'X', b: 'X' }, []))).toMatchObject([{ action: 'upload', md5: X }, { md5: X }]);
  });

  test('files of which nobody took a digest are not taken for one another', () => {
    const contents = new Map();
    expect(shown(plan({ a: 'X', b: 'Y' }, [], KEEP, { contents }))).toEqual([
      'upload a (new)',
      'upload b (new)',
    ]);
  });

  test('two objects whose content nobody can tell have nothing in common', () => {
    const opaque = (name: string): ListedObject => object(name, 'X', { etag: 'opaque' as ETag });
    const contents = new Map();
    expect(shown(plan({ b: 'X' }, [opaque('a'), opaque('b')], KEEP, { contents }))).toEqual([
      'upload b (content-unknown)',
    ]);
  });
});

describe('a place in the order', () => {
  test('R1: a further name of a page has the page’s place, and its own where that is later', () => {
    const places = (name: string, page: string): readonly number[] => {
      const files = [{ ...localFile(name, 'P'), page }];
      return steps(plan({}, [], KEEP, { files })).map(({ rank }) => rank);
    };
    const { rankOf } = KEEP.order;
    expect(places('docs', 'docs/index.html')).toEqual([rankOf('index.html', true)]);
    expect(places('latest', 'latest.html')).toEqual([rankOf('latest', true)]);
    expect(places('index.html', 'index.html')).toEqual([rankOf('index.html', true)]);
  });

  test('deletes come in the last one, by key, with size and ETag as listed', () => {
    const listed = [object('z', 'ZZ'), object('x.log', 'LLL'), object('a', 'X')];
    const policy: PlanPolicy = { ...DELETE, deleteExcluded: true, excluded: (name) => name === 'x.log' };
    const planned = plan({ a: 'X' }, listed, policy);
    const rank = policy.order.deleteRank;
    expect(steps(planned)).toEqual([
      { action: 'delete', key: keyOf('x.log'), reason: 'excluded', rank, bytes: 3, etag: etag('LLL') },
      { action: 'delete', key: keyOf('z'), reason: 'absent', rank, bytes: 2, etag: etag('ZZ') },
    ]);
    expect(planned.plan.ranks.map(({ phases }) => phases.length)).toEqual([...Array(rank).fill(0), 1]);
    expect(planned.plan.ranks.map(({ name }) => name)).toEqual(policy.order.names);
  });

  test('R3: with `delay-updates` everything is staged in one phase before all, and published in its place', () => {
    const tree = { 'a.css': 'NEW', 'b.css': 'X', 'c.css': 'NEW', 'index.html': 'PAGE', swap: 'Y', pawn: 'Q' };
    const listed = [object('old', 'X'), object('swap', 'Q'), object('pawn', 'Y')];
    const planned = plan(tree, listed, { ...DELETE, delay: true });
    const phases = planned.plan.ranks.flatMap(({ phases }, rank) =>
      phases.map((phase) => ({
        rank,
        ...(phase.kind === 'stage' ? { required: phase.required } : {}),
        steps: phase.steps.map((step) => `${step.action} ${step.key.slice(prefix.length)}`),
      })),
    );
    expect(phases).toEqual([
      {
        rank: 0,
        required: true,
        steps: ['upload a.css', 'copy b.css', 'copy pawn', 'copy swap', 'upload index.html'],
      },
      { rank: 0, steps: ['upload a.css', 'copy b.css'] },
      { rank: 0, steps: ['copy c.css'] },
      { rank: 1, steps: ['copy pawn', 'copy swap'] },
      { rank: 3, steps: ['upload index.html'] },
      { rank: KEEP.order.deleteRank, steps: ['delete old'] },
    ]);
    const staged = steps(planned).flatMap((step) => ('staged' in step && step.staged ? [step.key] : []));
    expect(staged).toEqual(['a.css', 'b.css', 'pawn', 'swap', 'index.html'].map(keyOf));
  });

  test('without it nothing must be staged, and what must be read before is staged in the rank that overwrites it', () => {
    const tree = { 'latest/app': 'OLD', 'next/app': 'NEW' };
    const planned = plan(tree, [object('latest/app', 'V0'), object('next/app', 'OLD')]);
    const stages = planned.plan.ranks.flatMap(({ phases }, rank) =>
      phases.flatMap((phase) => (phase.kind === 'stage' ? [{ rank, ...phase }] : [])),
    );
    expect(stages).toMatchObject([{ rank: 1, required: false, steps: [{ key: keyOf('latest/app') }] }]);
  });
});

describe('what would be deleted', () => {
  const two = [object('a', 'X'), object('gone', 'gone')];

  test.each([
    ['due', 1, 0, ['delete gone (absent)']],
    ['begins', 1, 1, ['keep gone (grace)']],
    ['waits', 0, 1, ['keep gone (grace)']],
    ['expired', 0, 0, ['delete gone (absent)']],
  ] as const)('with a grace that is %s: %i losses, %i waiting', (state, losses, waiting, expected) => {
    const planned = plan({ a: 'X' }, two, { ...DELETE, grace: () => state });
    expect({ losses: planned.losses, waiting: planned.waiting.length }).toEqual({ losses, waiting });
    expect(planned.deletions).toBe(1);
    expect(shown(planned)).toEqual(expected);
    const keeps = steps(planned).filter(({ action }) => action === 'keep');
    expect(planned.waiting).toEqual(keeps);
    if (keeps.length > 0) {
      expect(keeps).toEqual([
        { action: 'keep', key: keyOf('gone'), reason: 'grace', rank: 0, bytes: 4, etag: etag('gone') },
      ]);
    }
  });

  test('what is not deleted is counted as kept', () => {
    const kept = (policy: PlanPolicy): Planned['plan']['kept'] => plan({ a: 'X' }, two, policy).plan.kept;
    expect(kept(KEEP)).toEqual({ files: 1, bytes: 4 });
    expect(kept(DELETE)).toEqual({ files: 0, bytes: 0 });
    const retained = plan({ a: 'X' }, two, { ...DELETE, retained: (name) => name === 'gone' });
    expect(shown(retained)).toEqual([]);
    expect(retained.plan.kept).toEqual({ files: 1, bytes: 4 });
    expect(retained.deletions).toBe(0);
  });

  test('keys that are protected are no base of a limit', () => {
    const base = (policy: Partial<PlanPolicy>): number =>
      plan({ a: 'X' }, two, { ...DELETE, ...policy }).listedUnexcluded;
    expect(base({})).toBe(2);
    expect(base({ excluded: (name) => name === 'gone' })).toBe(1);
    expect(base({ excluded: (name) => name === 'gone', deleteExcluded: true })).toBe(2);
    expect(base({ skipped: (name) => name === 'gone', deleteExcluded: true })).toBe(1);
  });

  test('D10: markers that stay: of the prefix itself and of directories of the tree, if they are empty', () => {
    const policy: PlanPolicy = { ...DELETE, hasDirectory: (name) => name === 'dir' || name === 'dirx' };
    const marks = (name: string, content: string): readonly string[] =>
      shown(plan({ 'dir/a': 'X' }, [object('dir/a', 'X'), object(name, content)], policy));
    expect(marks('', '')).toEqual([]);
    expect(marks('dir/', '')).toEqual([]);
    expect(marks('dir/', 'text')).toEqual(['delete dir/ (absent)']);
    expect(marks('dirx', '')).toEqual(['delete dirx (absent)']);
    expect(marks('', 'text')).toEqual(['delete  (absent)']);
  });

  test('no loss where its content stays; an empty object has none', () => {
    const gone = object('gone', 'X');
    expect(plan({ b: 'X' }, [gone], DELETE)).toMatchObject({ losses: 0, deletions: 1, related: true });
    expect(plan({ b: 'Y' }, [gone], DELETE)).toMatchObject({ losses: 1, deletions: 1, related: false });
    expect(plan({ b: '' }, [object('e', '')], DELETE)).toMatchObject({ losses: 1, related: false });
    const opaque = object('gone', 'X', { etag: 'opaque' as ETag });
    expect(plan({ b: 'X' }, [opaque], DELETE)).toMatchObject({ losses: 1, related: false });
    expect(plan({ gone: 'Y' }, [gone], DELETE)).toMatchObject({ losses: 0, deletions: 0, related: true });
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
