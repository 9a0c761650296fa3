import { describe, expect, test } from '@jest/globals';
import type { Chunks } from '../../../src/model/chunks.js';
import { type ETag, type Md5, md5Of, multipartETag } from '../../../src/model/digest.js';
import {
  type DigestIndex,
  emptyIndex,
  type ObjectEntry,
  uniformLayout,
} from '../../../src/model/digest-index.js';
import type { ObjectKey, Prefix } from '../../../src/model/object-key.js';
import type { ListedObject, LocalFile } from '../../../src/model/objects.js';
import { EarlyDigests, type EarlyPool } from '../../../src/sync/early-digests.js';
import type { FileJob } from '../../../src/sync/file-bytes.js';
import { FileTable } from '../../../src/sync/file-table.js';

const MIB = 1024 * 1024;

function file(name: string, size: number, changes: Partial<LocalFile> = {}): LocalFile {
  const path = `/tree/${name}`;
  const times = { mtimeNs: 1n, ctimeNs: 1n, dev: 1n, ino: BigInt(name.length) };
  return { name, path, real: path, size, ...times, nlink: 1, mode: 0o100644, ...changes };
}

function object(size: number, etag = '0'.repeat(32)): ListedObject {
  return {
    key: `k${size}` as ObjectKey,
    size,
    etag: etag as ETag,
    lastModified: 0,
    storageClass: 'STANDARD',
  };
}

const md5 = (name: string): Md5 => md5Of(Buffer.from(name));

interface Met {
  readonly early: EarlyDigests;
  /** As the walk does. */
  readonly meet: (file: LocalFile) => void;
}

/** Digests of names in place of bytes; `asked` tells what was read, in order. */
function earlyDigests(asked: string[], index?: DigestIndex, chunks?: EarlyPool['chunks']): Met {
  const files = new FileTable();
  const early = new EarlyDigests(
    {
      ask: ({ file: { name }, layouts }: FileJob, resolve, reject) => {
        asked.push(name);
        const parts = layouts.map((_, i) => `${md5(name)}-${i + 1}` as ETag);
        setImmediate(() => {
          if (name.startsWith('broken')) reject(new Error('it cannot be read'));
          else resolve({ md5: md5(name), partMd5s: [], etags: parts });
        });
      },
      helping: async (work) => work(),
      isIdle: chunks !== undefined,
      chunks: chunks ?? (async () => undefined),
    },
    'p/' as Prefix,
    index,
    undefined,
    chunks !== undefined,
  );
  return { early, meet: (file) => early.found(files, files.add(file), file) };
}

describe('digests made while the tree is walked and the destination listed', () => {
  test('are of files whose size an object or another file has, whichever was met first; of no others', async () => {
    const asked: string[] = [];
    const { early, meet } = earlyDigests(asked);
    early.listed(object(7 * MIB));
    meet(file('like an object', 7 * MIB));
    meet(file('met before its object', 6 * MIB));
    meet(file('alone', 5 * MIB));
    meet(file('twin', 4 * MIB));
    meet(file('empty', 0));
    early.listed(object(6 * MIB));
    meet(file('other twin', 4 * MIB));
    await early.finish();
    expect([...asked].sort()).toEqual(['like an object', 'met before its object', 'other twin', 'twin']);
    expect(early.take(file('twin', 4 * MIB), [])?.md5).toBe(md5('twin'));
    expect(early.take(file('alone', 5 * MIB), [])).toBeUndefined();
    expect([early.files, early.bytes]).toEqual([4, 21 * MIB]);
  });

  test('are not begun for little: what there is to read then takes less time than a thread', async () => {
    const asked: string[] = [];
    const { early, meet } = earlyDigests(asked);
    early.listed(object(MIB));
    for (let i = 0; i < 15; i++) meet(file(`${i}`, MIB));
    await early.finish();
    expect(asked).toEqual([]);
  });

  test('are of files that an earlier run published with their size, and begin sooner where there are many', async () => {
    const asked: string[] = [];
    const entry = (size: number): ObjectEntry => ({ etag: '0'.repeat(32) as ETag, size });
    const objects = new Map([
      ['p/same', entry(2 * MIB)],
      ['p/other size', entry(3 * MIB)],
      ['elsewhere', entry(4 * MIB)],
      ['p/large', entry(20 * MIB)],
    ]);
    const { early, meet } = earlyDigests(asked, { ...emptyIndex(Buffer.alloc(0)), objects });
    meet(file('same', 2 * MIB));
    meet(file('other size', 4 * MIB));
    meet(file('elsewhere', 5 * MIB));
    meet(file('large', 20 * MIB));
    expect(asked).toEqual(['same']);
    await early.finish();
    expect(early.take(file('same', 2 * MIB), [])?.md5).toBe(md5('same'));
  });

  test('of a whole file give the ETag of an upload of one part; other layouts are read', async () => {
    const { early, meet } = earlyDigests([]);
    const [one, other] = [file('one', 7 * MIB), file('other', 7 * MIB)];
    for (const each of [one, other, file('third', 7 * MIB)]) meet(each);
    await early.finish();
    const layout = uniformLayout(7 * MIB, 8 * MIB);
    expect(early.take(one, [layout])).toEqual({
      md5: md5('one'),
      partMd5s: [],
      etags: [multipartETag([md5('one')])],
    });
    expect(early.take(one, [uniformLayout(7 * MIB, 5 * MIB)])).toBeUndefined();
  });

  test('of a large file wait for an object of its size, which says by which parts it is read', async () => {
    const asked: string[] = [];
    const { early, meet } = earlyDigests(asked);
    const size = 20 * MIB;
    const large = file('large', size);
    meet(large);
    meet(file('large twin without an object', size + 1));
    meet(file('large twin without an object, again', size + 1));
    expect(asked).toEqual([]);
    early.listed(object(size, `${'0'.repeat(32)}-4`));
    await early.finish();
    expect(asked).toEqual(['large']);
    const [eight, five] = [uniformLayout(size, 8 * MIB), uniformLayout(size, 5 * MIB)];
    expect(early.take(large, [eight, five])?.etags).toHaveLength(2);
    expect(early.take(large, [eight, uniformLayout(size, 16 * MIB)])).toBeUndefined();
  });

  test('of a large file come with its chunks, where it can be cut', async () => {
    const chunks = { unit: 1 } as unknown as Chunks;
    const size = 64 * MIB;
    for (const found of [chunks, undefined]) {
      const { early, meet } = earlyDigests([], undefined, async () => found);
      early.listed(object(size));
      meet(file('large', size));
      await early.finish();
      const digest = early.take(file('large', size), []);
      expect([digest?.md5, digest?.chunks]).toEqual([md5('large'), found]);
    }
  });

  test('are not begun any more when they are taken', async () => {
    const asked: string[] = [];
    const { early, meet } = earlyDigests(asked);
    early.listed(object(17 * MIB));
    await early.finish();
    meet(file('late', 17 * MIB));
    expect(asked).toEqual([]);
    expect(early.take(file('late', 17 * MIB), [])).toBeUndefined();
  });

  test('that fail are not told: whoever needs them asks again', async () => {
    const { early, meet } = earlyDigests([]);
    const broken = file('broken', 17 * MIB);
    early.listed(object(17 * MIB));
    meet(broken);
    await early.finish();
    expect(early.take(broken, [])).toBeUndefined();
  });

  test('of a file with several names read one of them for all', async () => {
    const asked: string[] = [];
    const { early, meet } = earlyDigests(asked);
    const of = { ino: 7n, nlink: 3 };
    early.listed(object(17 * MIB));
    meet(file('a', 17 * MIB, of));
    meet(file('of another file', 17 * MIB, { ino: 8n, nlink: 2 }));
    meet(file('b', 17 * MIB, of));
    meet(file('broken', 17 * MIB, { ino: 9n, nlink: 2 }));
    await early.finish();
    expect([...asked].sort()).toEqual(['a', 'broken', 'of another file']);
    expect(early.take(file('b', 17 * MIB, of), [])?.md5).toBe(md5('a'));
    expect(early.take(file('other name of it', 17 * MIB, { ino: 9n, nlink: 2 }), [])).toBeUndefined();
    // One state of it alone: it was changed between two looks.
    expect(early.take(file('b', 17 * MIB, { ...of, mtimeNs: 2n }), [])).toBeUndefined();
  });
});
