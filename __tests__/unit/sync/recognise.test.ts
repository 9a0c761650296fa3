import { describe, expect, test } from '@jest/globals';
import { type ETag, type Md5, md5Of, multipartETag } from '../../../src/model/digest.js';
import type { DigestIndex } from '../../../src/model/digest-index.js';
import type { ObjectKey } from '../../../src/model/object-key.js';
import { parsePrefix } from '../../../src/model/object-key.js';
import type { ListedObject, LocalFile } from '../../../src/model/objects.js';
import {
  type CompositeETags,
  type ObjectHead,
  type ReadableStore,
  StoreError,
  type StoreErrorKind,
} from '../../../src/store/object-store.js';
import type { FileDigest } from '../../../src/sync/file-bytes.js';
import { type RecogniseRequest, recognise } from '../../../src/sync/recognise.js';

const md5 = (text: string): Md5 => md5Of(Buffer.from(text));
const plain = (text: string): ETag => md5(text) as string as ETag;
const inOnePart = (text: string): ETag => multipartETag([md5(text)]);
/** Of parts of whose sizes nobody knows. */
const inParts = (text: string): ETag => `${md5(`parts of ${text}`)}-7` as ETag;

/** What a HEAD tells of an object: the content that its metadata names, its encryption, another ETag than was listed. */
interface Told {
  readonly of?: string;
  readonly encryption?: string;
  readonly etag?: ETag;
  readonly gone?: true;
  readonly error?: StoreErrorKind;
}

interface Remote extends Told {
  readonly size?: number;
  readonly listed: ETag;
  readonly storageClass?: string;
  readonly modified?: number;
}

/** Nothing here is read. */
const noPool: RecogniseRequest['pool'] = { digest: () => Promise.reject(new Error('a file is read')) };

type Remotes = Readonly<Record<string, Remote>>;

/** Which composite ETags a provider is known to make of MD5s. */
const COMPOSITES = ['all', 'uncopied', 'unknown'] as const;

interface Given {
  readonly further?: Remotes;
  readonly copyMinSize?: number;
  /** By name: what the index says of the object. */
  readonly index?: Readonly<
    Record<string, { readonly of?: string; readonly etag: ETag; readonly size: number }>
  >;
  readonly trustObjects?: boolean;
  readonly askEach?: boolean;
  readonly compositeETags?: CompositeETags;
  /** Of files that are longer than their names of contents. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** Names of files whose size alone says that they are new. */
  readonly undigested?: readonly string[];
}

const prefix = parsePrefix('p');

function place(
  below: string,
  remotes: Remotes,
  asked: string[],
  compositeETags: CompositeETags,
): { store: ReadableStore; objects: ListedObject[] } {
  const objects = Object.entries(remotes).map(
    ([name, { listed, size = 1, storageClass = 'STANDARD', modified = 0 }]): ListedObject => ({
      key: (below + name) as ObjectKey,
      size,
      etag: listed,
      lastModified: modified,
      storageClass,
    }),
  );
  const head = async (key: ObjectKey): Promise<ObjectHead | undefined> => {
    asked.push(key);
    const { of, encryption, etag, gone, error, listed } = remotes[key.slice(below.length)]!;
    if (error !== undefined) throw new StoreError(error, 'AccessDenied', 403, 'HeadObject', 'denied');
    if (gone === true) return undefined;
    const metadata = new Map(of === undefined ? [] : [['s3cmd-attrs', `md5:${md5(of)}`]]);
    return { etag: etag ?? listed, encryption, metadata } as unknown as ObjectHead;
  };
  const partSize = async (): Promise<undefined> => undefined;
  return { store: { head, partSize, compositeETags } as unknown as ReadableStore, objects };
}

/** Asks about the objects that the tree may be; tells who was asked, and the contents of what was vouched for. */
async function ask(
  tree: Readonly<Record<string, string>>,
  remotes: Remotes,
  {
    further = {},
    copyMinSize = 0,
    index,
    trustObjects = true,
    undigested = [],
    askEach = false,
    sizes = {},
    compositeETags = 'unknown',
  }: Given = {},
): Promise<{
  readonly asked: readonly string[];
  readonly vouched: object;
  readonly undecided: readonly string[];
  readonly messages: readonly string[];
}> {
  const asked: string[] = [];
  const messages: string[] = [];
  const here = place(prefix, remotes, asked, compositeETags);
  const there = place('other/', further, asked, compositeETags);
  const digests = new Map(
    Object.entries(tree)
      .filter(([name]) => !undigested.includes(name))
      .map(([name, text]): [string, FileDigest] => [
        name,
        { md5: md5(text), partMd5s: [], etags: [inOnePart(text)] },
      ]),
  );
  const entries = Object.entries(index ?? {}).map(
    ([name, { of, ...entry }]) =>
      [prefix + name, { ...entry, md5: of === undefined ? undefined : md5(of) }] as const,
  );
  const { vouched, undecided } = await recognise({
    store: here.store,
    prefix,
    files: Object.entries(tree).map(
      ([name, text]) => ({ name, size: sizes[name] ?? text.length }) as LocalFile,
    ),
    digests,
    listing: new Map(here.objects.map((object) => [object.key, object])),
    further: Object.keys(further).length === 0 ? [] : [there],
    copyMinSize,
    index: index === undefined ? undefined : ({ objects: new Map(entries) } as unknown as DigestIndex),
    trustObjects,
    pool: noPool,
    askEach,
    concurrency: 1,
    emit: (event) => void (event.type === 'message' && messages.push(`${event.level}: ${event.message}`)),
    signal: new AbortController().signal,
  });
  const contents = new Map(['X', 'Y', 'Z', 'XX'].map((text) => [md5(text), text]));
  return {
    asked,
    vouched: Object.fromEntries([...vouched].map(([{ key }, of]) => [key, contents.get(of)])),
    undecided: [...undecided].map(([{ key }]) => key),
    messages,
  };
}

describe('an object under a file’s own key', () => {
  test('whose ETag proves its content, or is of another size: nobody is asked', async () => {
    const remotes = {
      a: { listed: plain('X') },
      b: { listed: inOnePart('X') },
      c: { listed: inParts('X'), size: 2, of: 'X' },
    };
    expect(await ask({ a: 'X', b: 'X', c: 'X' }, remotes)).toEqual({
      asked: [],
      vouched: {},
      undecided: [],
      messages: [],
    });
  });

  test('C7: whose ETag proves nothing: its metadata says what it is, whether that is the file or not', async () => {
    const remotes = {
      a: { listed: inParts('X'), of: 'X' },
      b: { listed: 'opaque' as ETag, of: 'Y' },
      c: { listed: inParts('Z') },
    };
    const { asked, vouched } = await ask({ a: 'X', b: 'X', c: 'X' }, remotes);
    expect(asked).toEqual(['p/a', 'p/b', 'p/c']);
    expect(vouched).toStrictEqual({ 'p/a': 'X', 'p/b': 'Y' });
  });

  test('C15: whose plain ETag is another one: one HEAD for all, and no metadata contradicts it', async () => {
    const remotes = {
      a: { listed: plain('Y'), of: 'X' },
      b: { listed: plain('Z'), of: 'X', encryption: 'AES256' },
    };
    const { asked, vouched } = await ask({ a: 'X', b: 'X' }, remotes);
    expect(asked).toEqual(['p/a']);
    expect(vouched).toStrictEqual({});
  });

  test.each(['aws:kms', 'customer'])(
    'C7: under %s each is asked, and metadata counts',
    async (encryption) => {
      const remotes = {
        a: { listed: plain('1'), encryption },
        b: { listed: plain('2'), encryption, of: 'X' },
        c: { listed: plain('3'), of: 'X' },
      };
      const { asked, vouched } = await ask({ a: 'X', b: 'X', c: 'X' }, remotes);
      expect(asked).toEqual(['p/a', 'p/b', 'p/c']);
      expect(vouched).toStrictEqual({ 'p/b': 'X' });
    },
  );

  test('C15: one that was replaced or deleted since the listing does not say that there is KMS', async () => {
    const kms = { of: 'X', encryption: 'aws:kms' };
    for (const now of [{ gone: true as const }, { ...kms, etag: plain('Y') }]) {
      const remotes = { a: { listed: plain('1'), ...now }, b: { listed: plain('2'), ...kms } };
      const { asked, vouched } = await ask({ a: 'X', b: 'X' }, remotes);
      expect({ asked, vouched }).toStrictEqual({ asked: ['p/a'], vouched: {} });
    }
  });

  test('C15: whose ETag is of one part, made of its MD5, and another one: no metadata contradicts it', async () => {
    const remotes = {
      a: { listed: inOnePart('Y'), of: 'X', modified: 1 },
      b: { listed: inOnePart('Z'), of: 'X', modified: 2 },
      c: { listed: inOnePart('XX'), of: 'X', modified: 3 },
    };
    const tree = { a: 'X', b: 'X', c: 'X' };
    const { asked, vouched, undecided } = await ask(tree, remotes, { compositeETags: 'all' });
    expect({ asked, vouched, undecided }).toEqual({ asked: ['p/a', 'p/c'], vouched: {}, undecided: [] });
    // Of copied parts it may not be made.
    const copied = await ask(tree, remotes, { compositeETags: 'uncopied' });
    expect(copied.vouched).toEqual({ 'p/a': 'X', 'p/b': 'X', 'p/c': 'X' });
  });

  test('of a file that is new by its size alone: nobody is asked', async () => {
    const remotes = { a: { listed: inParts('X') }, z: { listed: inParts('X'), size: 3 } };
    expect((await ask({ a: 'XX' }, remotes, { undigested: ['a'] })).asked).toEqual([]);
    expect((await ask({ a: 'X' }, remotes, { undigested: ['a'] })).asked).toEqual([]);
  });

  test('that was replaced or deleted since the listing is not vouched for', async () => {
    const remotes = {
      a: { listed: inParts('X'), of: 'X', etag: inParts('Y') },
      b: { listed: inParts('X'), of: 'X', gone: true as const },
    };
    expect((await ask({ a: 'X', b: 'X' }, remotes)).vouched).toEqual({});
  });

  test('C7: one plain object says nothing of the others where the oldest or the newest has a key', async () => {
    const kms = { encryption: 'aws:kms', of: 'X' };
    for (const [oldest, newest] of [
      [{}, kms],
      [kms, {}],
    ]) {
      const remotes = {
        a: { listed: plain('1'), modified: 2 },
        b: { listed: plain('2'), modified: 1, ...oldest },
        c: { listed: plain('3'), modified: 3, ...newest },
        d: { listed: plain('4'), modified: 2, ...kms },
      };
      const { asked, vouched, undecided } = await ask({ a: 'X', b: 'X', c: 'X', d: 'X' }, remotes);
      expect(asked).toEqual(['p/b', 'p/c', 'p/a', 'p/d']);
      expect(vouched).toEqual({ [newest === kms ? 'p/c' : 'p/b']: 'X', 'p/d': 'X' });
      expect(undecided).toEqual([]);
    }
  });

  test('C7: a large one is asked by itself, and each one where that is wanted', async () => {
    const kms = { encryption: 'aws:kms', of: 'X' };
    const remotes = {
      a: { listed: plain('1') },
      b: { listed: plain('2'), size: 8 * 1024 * 1024, ...kms },
      c: { listed: plain('3') },
    };
    const sizes = { b: remotes.b.size };
    const large = await ask({ a: 'X', b: 'X' }, { a: remotes.a, b: remotes.b }, { sizes });
    expect(large).toMatchObject({ asked: ['p/b', 'p/a'], vouched: { 'p/b': 'X' } });
    const small = { a: remotes.a, b: { ...remotes.b, size: 1 }, c: remotes.c };
    const tree = { a: 'X', b: 'X', c: 'X' };
    expect(await ask(tree, small)).toMatchObject({ asked: ['p/a'], vouched: {} });
    expect(await ask(tree, small, { askEach: true })).toMatchObject({
      asked: ['p/a', 'p/b', 'p/c'],
      vouched: { 'p/b': 'X' },
    });
  });

  test('is undecided where nothing says what it holds, and is another one where its ETag or metadata does', async () => {
    const remotes = {
      a: { listed: plain('1') },
      b: { listed: plain('2'), encryption: 'aws:kms' },
      c: { listed: plain('3'), encryption: 'aws:kms', of: 'Y' },
      d: { listed: inParts('X') },
      e: { listed: 'opaque' as ETag },
      f: { listed: plain('4'), error: 'rejected' as const },
      g: { listed: plain('5'), gone: true as const },
      h: { listed: plain('X') },
    };
    const tree = Object.fromEntries(Object.keys(remotes).map((name) => [name, 'X']));
    const { undecided } = await ask(tree, remotes, { askEach: true });
    expect(undecided).toEqual(['p/b', 'p/d', 'p/e', 'p/f']);
  });

  test('of which S3 denies all knowledge: one notice, and nobody else is asked', async () => {
    const remotes = {
      a: { listed: inParts('X'), error: 'denied' as const },
      b: { listed: inParts('X'), of: 'X' },
      c: { listed: plain('Y') },
      z: { listed: inParts('X') },
    };
    const { asked, vouched, undecided, messages } = await ask({ a: 'X', b: 'X', c: 'X' }, remotes);
    expect(asked).toEqual(['p/a']);
    expect(vouched).toStrictEqual({});
    expect(undecided).toEqual(['p/a', 'p/b', 'p/c']);
    expect(messages).toEqual([
      expect.stringMatching(/^notice: .*: nothing more is asked, and what may be unchanged is sent$/),
    ]);
  });

  test('of which S3 refuses to tell, as under a customer’s key: one notice, and the others are asked', async () => {
    const refused = { error: 'rejected' as const };
    const remotes = {
      a: { listed: plain('1'), ...refused },
      b: { listed: plain('2'), encryption: 'aws:kms', of: 'X' },
      c: { listed: plain('3'), ...refused },
    };
    const { asked, vouched, messages } = await ask({ a: 'X', b: 'X', c: 'X' }, remotes);
    expect(asked).toEqual(['p/a', 'p/b', 'p/c']);
    expect(vouched).toStrictEqual({ 'p/b': 'X' });
    expect(messages).toEqual([
      expect.stringMatching(
        /^notice: p\/a: S3 refused HeadObject .*SSE-C.*: it may be unchanged, and is sent, as is any/,
      ),
    ]);
  });

  test('of which nothing can be asked now: that is a failure', async () => {
    await expect(ask({ a: 'X' }, { a: { listed: inParts('X'), error: 'throttled' } })).rejects.toThrow(
      StoreError,
    );
  });
});

describe('an object under another key', () => {
  const unknown = { listed: inParts('X'), of: 'X' };
  const opaque = { listed: 'opaque' as ETag, of: 'X' };
  const kms = { encryption: 'aws:kms', of: 'X' };

  test.each(COMPOSITES)(
    'C15: its metadata is too little for a copy where its ETag could say the content: %s',
    async (compositeETags) => {
      const remotes = { y: { listed: inOnePart('Y'), of: 'X' }, z: { listed: inParts('Y'), of: 'X' } };
      expect((await ask({ a: 'X' }, remotes, { compositeETags })).vouched).toEqual({});
      expect((await ask({ a: 'X' }, {}, { compositeETags, further: remotes })).vouched).toEqual({});
      // So too where it lies under the key of another file.
      const own = { b: { listed: inParts('Y'), of: 'X' } };
      expect((await ask({ a: 'X', b: 'Z' }, own, { compositeETags })).vouched).toEqual({});
      // An index that knows it is not needed to be believed alone.
      const index = { z: { of: 'X', etag: remotes.z.listed, size: 1 } };
      const known = await ask({ a: 'X' }, remotes, { compositeETags, index, trustObjects: false });
      expect(known.vouched).toEqual({ 'p/z': 'X' });
    },
  );

  test.each(COMPOSITES)('C7: its metadata counts where a key encrypts it: %s', async (compositeETags) => {
    const remotes = { y: { listed: inOnePart('1'), ...kms }, z: { listed: inParts('2'), ...kms } };
    const { vouched } = await ask({ a: 'X' }, remotes, { compositeETags });
    expect(vouched).toEqual({ 'p/y': 'X', 'p/z': 'X' });
  });

  test.each(COMPOSITES)(
    'of other objects of one part, as delay-updates makes them, a sample is asked: %s',
    async (compositeETags) => {
      const others = Object.fromEntries(
        [5, 3, 9, 4].map((modified) => [
          `o${modified}`,
          { listed: inOnePart(`${modified}`), of: 'Y', modified },
        ]),
      );
      const { asked, vouched } = await ask({ a: 'X' }, others, { compositeETags });
      expect({ asked, vouched }).toEqual({ asked: ['p/o3', 'p/o9'], vouched: {} });
      const index = Object.fromEntries(
        Object.entries(others).map(([name, { listed }]) => [name, { of: 'Y', etag: listed, size: 1 }]),
      );
      const known = await ask({ a: 'X' }, others, { compositeETags, index, trustObjects: false });
      expect(known.asked).toEqual([]);
    },
  );

  test('is known without a question by the ETag of what MinIO compresses', async () => {
    const { asked, vouched } = await ask({ a: 'X' }, { z: { listed: `${md5('X')}-1` as ETag } });
    expect({ asked, vouched }).toEqual({ asked: [], vouched: { 'p/z': 'X' } });
  });

  test('is asked where a file of its size has its content nowhere', async () => {
    const { asked, vouched } = await ask({ a: 'X' }, { z: opaque, long: { ...opaque, size: 2 } });
    expect({ asked, vouched }).toEqual({ asked: ['p/z'], vouched: { 'p/z': 'X' } });
  });

  test.each<[string, Remotes]>([
    ['under its own key', { a: { listed: plain('X') } }],
    ['under a plain ETag', { y: { listed: plain('X') } }],
    ['under a multipart ETag', { y: { listed: inOnePart('X') } }],
  ])('is not asked where the content lies %s', async (_, remotes) => {
    expect((await ask({ a: 'X' }, { ...remotes, z: unknown })).asked).toEqual([]);
  });

  test('is not asked where the file’s own object was vouched for', async () => {
    const { asked } = await ask({ a: 'X' }, { a: unknown, z: unknown });
    expect(asked).toEqual(['p/a']);
  });

  test('is asked where the file’s own object turned out to be something else', async () => {
    const { asked, vouched } = await ask({ a: 'X' }, { a: { listed: inParts('Y'), of: 'Y' }, z: opaque });
    expect({ asked, vouched }).toStrictEqual({ asked: ['p/a', 'p/z'], vouched: { 'p/a': 'Y', 'p/z': 'X' } });
  });

  test('is asked where all that has the content is archived; nobody asks what is archived itself', async () => {
    const archived = { storageClass: 'GLACIER' };
    const remotes = {
      a: { listed: plain('X'), ...archived },
      y: { listed: inOnePart('X'), ...archived },
      x: { ...unknown, ...archived },
      z: unknown,
    };
    expect((await ask({ a: 'X' }, remotes)).asked).toEqual(['p/z']);
  });

  test('is asked for the files that are left: what one has another may lack', async () => {
    const remotes = { y: { listed: plain('Y') }, z: { listed: inParts('X'), of: 'X' } };
    expect((await ask({ a: 'Y' }, remotes)).asked).toEqual([]);
    expect((await ask({ a: 'Y', b: 'X' }, remotes)).asked).toContain('p/z');
  });

  test('is not asked for files that are never copied: empty ones, and those below `copy-min-size`', async () => {
    expect((await ask({ a: '' }, { z: { ...unknown, size: 0 } })).asked).toEqual([]);
    expect((await ask({ a: 'XX' }, { z: { ...unknown, size: 2 } }, { copyMinSize: 3 })).asked).toEqual([]);
    expect((await ask({ a: 'XX' }, { z: { ...unknown, size: 2 } }, { copyMinSize: 2 })).asked).toEqual([
      'p/z',
    ]);
  });

  test('of another place answers for that place alone', async () => {
    const kms = { encryption: 'aws:kms', of: 'X' };
    const further = { y: { listed: plain('1'), ...kms }, z: { listed: plain('2'), ...kms } };
    const { asked, vouched } = await ask({ a: 'X' }, { b: { listed: plain('3') } }, { further });
    expect(asked).toEqual(['p/b', 'other/y', 'other/z']);
    expect(vouched).toStrictEqual({ 'other/y': 'X', 'other/z': 'X' });
    const found = { further: { y: { listed: plain('X') } } };
    expect((await ask({ a: 'X' }, { z: unknown }, found)).asked).toEqual([]);
  });
});

describe('an index', () => {
  const line = { of: 'X', etag: inParts('X'), size: 1 };
  const remotes = { a: { listed: inParts('X') } };

  test('that may be believed saves the HEAD', async () => {
    const { asked, vouched } = await ask({ a: 'X' }, remotes, { index: { a: line } });
    expect({ asked, vouched }).toEqual({ asked: [], vouched: { 'p/a': 'X' } });
  });

  test('that knows the content under another key saves asking the others', async () => {
    const elsewhere = { y: { listed: inParts('X') }, z: { listed: inParts('Z') } };
    expect((await ask({ a: 'X' }, elsewhere, { index: { y: line } })).asked).toEqual([]);
  });

  test('that agrees with a plain ETag is no reason to ask', async () => {
    const index = { y: { of: 'XX', etag: plain('XX'), size: 2 } };
    const remotes = { y: { listed: plain('XX'), size: 2 } };
    expect((await ask({ a: 'X' }, remotes, { index })).asked).toEqual([]);
  });

  test('C18: contradicts no plain ETag of which S3 says nothing', async () => {
    const index = { a: { of: 'X', etag: plain('1'), size: 1 } };
    const denied = { a: { listed: plain('1'), error: 'denied' as const } };
    const { asked, vouched } = await ask({ a: 'X' }, denied, { index });
    expect({ asked, vouched }).toStrictEqual({ asked: ['p/a'], vouched: {} });
  });

  test.each<[string, Given]>([
    ['that may not be believed', { index: { a: line }, trustObjects: false }],
    ['of another ETag', { index: { a: { ...line, etag: inParts('Y') } } }],
    ['of another size', { index: { a: { ...line, size: 2 } } }],
    ['without a digest', { index: { a: { etag: line.etag, size: 1 } } }],
    ['of other keys', { index: { b: line } }],
    ['that is not there', {}],
  ])('C18: %s vouches for nothing', async (_, given) => {
    const { asked, vouched } = await ask({ a: 'X' }, remotes, given);
    expect({ asked, vouched }).toEqual({ asked: ['p/a'], vouched: {} });
  });

  test('C18: contradicts a plain ETag under KMS alone, which one HEAD must have said', async () => {
    const index = {
      a: { of: 'X', etag: plain('1'), size: 1 },
      b: { of: 'X', etag: plain('2'), size: 1 },
      same: { of: 'Z', etag: plain('Z'), size: 1 },
    };
    const listed = (encryption?: string): Remotes => {
      const under = encryption === undefined ? {} : { encryption };
      return {
        a: { listed: plain('1'), ...under },
        b: { listed: plain('2'), ...under },
        same: { listed: plain('Z'), ...under },
      };
    };
    const tree = { a: 'X', b: 'X' };
    const messages: string[] = [];
    const undecided: string[] = [];
    expect(await ask(tree, listed(), { index })).toStrictEqual({
      asked: ['p/a'],
      vouched: {},
      undecided,
      messages,
    });
    const vouched = { 'p/a': 'X', 'p/b': 'X' };
    expect(await ask(tree, listed('aws:kms'), { index })).toStrictEqual({
      asked: ['p/a'],
      vouched,
      undecided,
      messages,
    });
  });
});
