import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ETag, type Md5, md5Of, multipartETag } from '../../../src/model/digest.js';
import { Listing } from '../../../src/model/listing.js';
import { ObjectEntries } from '../../../src/model/object-entries.js';
import { compareKeys, type ObjectKey, type Prefix, parsePrefix } from '../../../src/model/object-key.js';
import { ObjectMap } from '../../../src/model/object-map.js';
import type { Files, ListedObject, LocalFile } from '../../../src/model/objects.js';
import { Proven, UNPROVEN } from '../../../src/model/proven.js';
import type { ObjectHead, ReadableStore } from '../../../src/store/object-store.js';
import { DigestTable } from '../../../src/sync/digest-table.js';
import type { FileDigest } from '../../../src/sync/file-bytes.js';
import { FileTable } from '../../../src/sync/file-table.js';
import { type ConfirmedFiles, saveIndex } from '../../../src/sync/learn.js';
import { type HeaderState, makePlan, type Planned } from '../../../src/sync/plan.js';
import { provenFiles } from '../../../src/sync/proven-files.js';
import { recognise } from '../../../src/sync/recognise.js';
import { memoryIndex } from '../../support/engine.js';
import { KEEP } from '../../support/plan-policy.js';

/** Names of one and of several bytes a character, above and below one another. */
const NAMES = ['a', 'b', 'dir/a', 'dir/é', 'dir/\u{1f4a9}', 'x/ж', 'excluded', 'kept/é'] as const;
const CONTENTS = ['', 'X', 'Y', 'ZZ', 'WW'] as const;
/** In place of an object's content: what the file of its name holds. */
const AS_FILE = 'as the file';
const { signal } = new AbortController();

interface Case {
  readonly prefix: string;
  /** By name: what the file holds, and whether it was digested. */
  readonly tree: readonly (readonly [name: string, content: string, digested: 'whole' | 'parts' | 'not'])[];
  readonly objects: readonly {
    readonly name: string;
    readonly content: string;
    readonly etag: 'plain' | 'multipart' | 'opaque' | 'other';
    readonly storageClass: string;
    /** What is known of it besides. */
    readonly vouched: string | undefined;
    readonly headers: HeaderState | undefined;
  }[];
  readonly deleteAfter: boolean;
  readonly copyMinSize: number;
}

const aCase: fc.Arbitrary<Case> = fc.record({
  prefix: fc.constantFrom('', 'p', 'ф/é'),
  tree: fc.uniqueArray(
    fc.tuple(
      fc.constantFrom(...NAMES),
      fc.constantFrom(...CONTENTS),
      fc.constantFrom('whole' as const, 'whole' as const, 'parts' as const, 'not' as const),
    ),
    { selector: ([name]) => name, minLength: 4 },
  ),
  objects: fc.uniqueArray(
    fc.record({
      name: fc.constantFrom(...NAMES, 'gone', 'gone too'),
      content: fc.constantFrom(AS_FILE, AS_FILE, AS_FILE, ...CONTENTS),
      etag: fc.constantFrom('plain', 'plain', 'plain', 'plain', 'multipart', 'opaque', 'other'),
      storageClass: fc.constantFrom('STANDARD', 'STANDARD', 'GLACIER'),
      vouched: fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, fc.constantFrom(...CONTENTS)),
      headers: fc.option(fc.constantFrom('same', 'changed', 'class'), { nil: undefined }),
    }),
    { selector: ({ name }) => name, minLength: 4 },
  ),
  deleteAfter: fc.boolean(),
  copyMinSize: fc.constantFrom(0, 2),
});

function md5(text: string): Md5 {
  return md5Of(Buffer.from(text));
}

/** What a run has before its plan: as tables, and as plain arrays and Maps. */
function given({ prefix: path, tree, objects }: Case) {
  const prefix = parsePrefix(path) as Prefix;
  const files: LocalFile[] = tree.map(([name, content], i) => {
    const stat = { mtimeNs: BigInt(i), ctimeNs: 1n, dev: 1n, ino: BigInt(i), nlink: 1, mode: 0o100644 };
    return { name, path: `/tree/${name}`, real: `/tree/${name}`, size: content.length, ...stat };
  });
  const table = new FileTable();
  for (const file of files) table.add(file);
  const digests = new DigestTable(table.names);
  for (const [name, content, digested] of tree) {
    const whole: FileDigest = { md5: md5(content), partMd5s: [], etags: [] };
    if (content === '' || digested === 'not') continue;
    digests.set(name, digested === 'parts' ? { ...whole, etags: [multipartETag([md5(content)])] } : whole);
  }
  const listing = new Listing();
  const vouched = new ObjectMap<Md5>();
  const headers = new Map<ObjectKey, HeaderState>();
  const held = new Map(tree.map(([name, content]) => [name as string, content as string]));
  for (const { name, content: text, etag: kind, storageClass, vouched: known, headers: state } of objects) {
    const content = text === AS_FILE ? (held.get(name) ?? 'X') : text;
    const etags = {
      plain: md5(content),
      multipart: multipartETag([md5(content)]),
      opaque: 'opaque',
      other: md5('!'),
    };
    const key = (prefix + name) as ObjectKey;
    const etag = etags[kind] as string as ETag;
    const object: ListedObject = { key, size: content.length, etag, lastModified: 7, storageClass };
    listing.add(object);
    if (known !== undefined) vouched.set(object, md5(known));
    if (state !== undefined) headers.set(key, state);
  }
  const sorted = files.sort((a, b) => compareKeys(a.name, b.name));
  return {
    prefix,
    vouched,
    headers,
    tables: { files: table.sorted() as Files, digests, listing, names: table.names },
    plain: { files: sorted as Files, digests: new Map(digests), listing: new Map(listing) },
  };
}

const POLICY = { ...KEEP, excluded: (name: string) => name === 'excluded' };

function shown(planned: Planned): object {
  const { unchanged, unknownHeaders, ...rest } = planned;
  const sorted = [...unchanged].sort(([a], [b]) => compareKeys(a, b));
  const unknown = [...unknownHeaders].map(({ name }) => name);
  return { ...rest, unchanged: sorted, unknown, has: sorted.every(([key]) => unchanged.has(key)) };
}

test('tables and plain collections make the same plan, and the same index', async () => {
  let proven = 0;
  await fc.assert(
    fc.asyncProperty(aCase, async (one) => {
      const { prefix, vouched, headers, tables, plain } = given(one);
      const { deleteAfter, copyMinSize } = one;
      const policy = { ...POLICY, deleteAfter, copyMinSize };
      const common = { prefix, vouched, headers, policy, further: [], aclBound: new Set<ObjectKey>() };
      const found = provenFiles(tables.files, tables.digests, tables.listing, prefix);
      for (let place = 0; place < tables.files.length; place++) if (found.rowOf(place) !== UNPROVEN) proven++;
      const fast = makePlan({ ...common, ...tables, contents: tables.digests, proven: found });
      const slow = makePlan({ ...common, ...plain, contents: plain.digests });
      expect(shown(fast)).toEqual(shown(slow));

      const save = async (
        planned: Planned,
        listing: ReadonlyMap<ObjectKey, ListedObject>,
        files: ConfirmedFiles,
      ): Promise<string> => {
        const storage = memoryIndex();
        const confirmed = {
          ...{ listing, unchanged: planned.unchanged, files, written: new ObjectEntries<ObjectKey>() },
          ...{ deleted: new Set<ObjectKey>(), digestedNs: 10n ** 18n, uploads: new Map(), deploys: 0 },
          ...{ headers: new Map(), sources: new Map(), pending: new Map(), invalidations: new Map() },
        };
        await saveIndex(storage, undefined, confirmed, () => undefined, signal);
        return `${storage.bytes}`;
      };
      expect(await save(fast, tables.listing, [])).toBe(await save(slow, plain.listing, []));
    }),
    { numRuns: 1200 },
  );
  expect(proven).toBeGreaterThan(300);
});

test('tables and plain collections are asked about the same objects', async () => {
  await fc.assert(
    fc.asyncProperty(aCase, fc.constantFrom('AES256', 'aws:kms'), async (one, encryption) => {
      const { prefix, tables, plain } = given(one);
      const { copyMinSize } = one;
      const ask = async (of: typeof plain, proven: Proven): Promise<object> => {
        const asked: ObjectKey[] = [];
        const head = async (key: ObjectKey): Promise<ObjectHead | undefined> => {
          asked.push(key);
          const object = of.listing.get(key);
          const said = object?.size === 2 ? 'ZZ' : 'X';
          const metadata = new Map([['s3cmd-attrs', `md5:${md5(said)}`]]);
          return { etag: object?.etag, encryption, metadata } as unknown as ObjectHead;
        };
        const { vouched } = await recognise({
          ...of,
          ...{
            store: { head, partSize: async () => undefined } as unknown as ReadableStore,
            prefix,
            further: [],
            copyMinSize,
            index: undefined,
          },
          ...{
            trustObjects: false,
            pool: { digest: () => Promise.reject(new Error('a file is read')) },
            concurrency: 1,
            emit: () => undefined,
            signal,
            proven,
          },
        });
        return { asked, vouched: [...vouched] };
      };
      const { files, digests, listing } = tables;
      const found = provenFiles(files, digests, listing, prefix);
      const fast = await ask({ files, digests: digests as never, listing: listing as never }, found);
      expect(fast).toEqual(await ask(plain, Proven.none));
    }),
    { numRuns: 1200 },
  );
});

test('where digests or objects are kept otherwise, and under other names, no file is proven', () => {
  const one: Case = {
    prefix: 'p',
    tree: [['a', 'X', 'whole']],
    objects: [
      {
        name: 'a',
        content: 'X',
        etag: 'plain',
        storageClass: 'STANDARD',
        vouched: undefined,
        headers: undefined,
      },
    ],
    deleteAfter: false,
    copyMinSize: 0,
  };
  const { prefix, tables, plain } = given(one);
  const rows = [
    provenFiles(tables.files, tables.digests, tables.listing, prefix),
    provenFiles(plain.files, tables.digests, tables.listing, prefix),
    provenFiles(tables.files, plain.digests, tables.listing, prefix),
    provenFiles(tables.files, tables.digests, plain.listing, prefix),
    provenFiles(tables.files, new DigestTable(), tables.listing, prefix),
  ].map((proven) => proven.rowOf(0));
  expect(rows).toEqual([0, UNPROVEN, UNPROVEN, UNPROVEN, UNPROVEN]);
});
