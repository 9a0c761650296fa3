import { describe, expect, test } from '@jest/globals';
import type { Chunks } from '../../../src/model/chunks.js';
import { type ETag, md5Of } from '../../../src/model/digest.js';
import { emptyIndex, uniformLayout } from '../../../src/model/digest-index.js';
import type { Prefix } from '../../../src/model/object-key.js';
import type { Destination, LocalFile } from '../../../src/model/objects.js';
import type { FileDigest } from '../../../src/sync/file-bytes.js';
import { DigestMemo, SharedTree } from '../../../src/sync/shared-tree.js';

const times = { mtimeNs: 1n, ctimeNs: 1n, dev: 1n, ino: 1n };
const file: LocalFile = { name: 'a', path: '/a', real: '/a', size: 9, ...times, nlink: 1, mode: 0o100644 };
const [small, large] = [uniformLayout(9, 4), uniformLayout(9, 8)];

/** What a read of the file finds, under as many layouts as are asked for. */
function digestOf(...etags: readonly string[]): FileDigest {
  return { md5: md5Of(Buffer.from('a')), partMd5s: [md5Of(Buffer.from('part'))], etags: etags as ETag[] };
}

describe('digests that several destinations ask for', () => {
  test('a file is read once, and each gets the layouts that it asked for', async () => {
    const memo = new DigestMemo();
    let reads = 0;
    const read = async (): Promise<FileDigest> => {
      reads++;
      return digestOf('small-3', 'large-2');
    };
    const [all, one, none] = await Promise.all([
      memo.digest({ file, layouts: [small, large] }, read),
      memo.digest({ file, layouts: [small] }, read),
      memo.digest({ file, layouts: [] }, read),
    ]);
    expect(reads).toBe(1);
    expect([all?.etags, one?.etags, none?.etags]).toEqual([['small-3', 'large-2'], ['small-3'], []]);
    expect([one?.partMd5s.length, none?.partMd5s.length]).toEqual([1, 0]);
  });

  test('other layouts, another state of the file, and another file are read for', async () => {
    const memo = new DigestMemo();
    const digests = [digestOf('small-3'), digestOf('large-2'), digestOf('changed-2'), digestOf('another-2')];
    const read = async (): Promise<FileDigest> => digests.shift()!;
    const changed = { ...file, mtimeNs: 2n };
    // Some file systems give several files one inode number.
    const another = { ...file, name: 'b', path: '/b', real: '/b' };
    const etags = [];
    for (const job of [
      { file, layouts: [small] },
      { file, layouts: [large] },
      { file: changed, layouts: [large] },
      { file: another, layouts: [large] },
    ])
      etags.push((await memo.digest(job, read)).etags);
    expect(etags).toEqual([['small-3'], ['large-2'], ['changed-2'], ['another-2']]);
  });

  test('what was said of bytes that the file does not hold is forgotten', async () => {
    const memo = new DigestMemo();
    let reads = 0;
    const read = async (): Promise<FileDigest> => {
      reads++;
      return digestOf();
    };
    await memo.digest({ file, layouts: [] }, read);
    memo.forget({ ...file, name: 'another name of it' });
    await memo.digest({ file, layouts: [] }, read);
    expect(reads).toBe(2);
  });

  test('a destination that ends while it reads leaves the others to read themselves, once', async () => {
    const memo = new DigestMemo();
    let end: (error: Error) => void = () => undefined;
    const ended = memo.digest({ file, layouts: [] }, () => new Promise((_, reject) => (end = reject)));
    let reads = 0;
    const read = async (): Promise<FileDigest> => {
      reads++;
      return digestOf();
    };
    const others = [1, 2].map(() => memo.digest({ file, layouts: [] }, read));
    end(new Error('the digests are not wanted any more'));
    await expect(ended).rejects.toThrow('not wanted any more');
    expect((await Promise.all(others)).map(({ md5 }) => md5)).toEqual([digestOf().md5, digestOf().md5]);
    expect(reads).toBe(1);
  });

  test('the chunks of a file are cut once, those of another state of it anew', async () => {
    const memo = new DigestMemo();
    let cuts = 0;
    const cut = async (): Promise<Chunks> => {
      cuts++;
      return { sizes: Uint32Array.of(9), sums: Uint32Array.of(cuts) };
    };
    const [one, other] = await Promise.all([memo.chunks(file, cut), memo.chunks(file, cut)]);
    expect([cuts, other]).toEqual([1, one]);
    expect((await memo.chunks({ ...file, ctimeNs: 2n }, cut))?.sums).toEqual(Uint32Array.of(2));
  });

  test('a file that nobody can read fails for each by its own reading', async () => {
    const memo = new DigestMemo();
    const answers = await Promise.allSettled(
      ['first', 'second'].map((who) =>
        memo.digest({ file, layouts: [] }, async () => Promise.reject(new Error(`${who} cannot read it`))),
      ),
    );
    expect(answers.map((answer) => answer.status === 'rejected' && answer.reason.message)).toEqual([
      'first cannot read it',
      'second cannot read it',
    ]);
  });
});

describe('what a first destination that does not answer keeps from the others', () => {
  const place = (bucket: string): Destination => ({ bucket, prefix: '' as Prefix });

  test('its index is not waited for longer than its loading takes', async () => {
    const shared = new SharedTree(new AbortController().signal, [], 1);
    expect(await shared.index()).toBeUndefined();
    const index = emptyIndex(Buffer.alloc(0));
    shared.tellIndex(index);
    expect(await shared.index()).toBe(index);
  });

  test('none of the memory for bodies: each has its own, and all together not much more than one', async () => {
    const { signal } = new AbortController();
    const shared = new SharedTree(signal, [place('one'), place('two')]);
    const [one, two] = [shared.bodies(), shared.bodies()];
    const part = 8 * 1024 * 1024;
    const hanging = [1, 2, 3, 4, 5].map(() => one.with(part, () => new Promise<void>(() => undefined)));
    expect(hanging).toHaveLength(5);
    expect(await two.with(part, async ({ length }) => length)).toBe(part);
  });
});
