import { lstat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { md5Of, multipartETag } from '../../../src/model/digest.js';
import { type PartRun, partsOf, uniformLayout } from '../../../src/model/digest-index.js';
import {
  digestFile,
  digestFiles,
  digestParts,
  digestWhole,
  FileChangedError,
  joined,
  type MetFile,
  Scratch,
} from '../../../src/sync/file-bytes.js';
import { statFields } from '../../../src/sync/lstat.js';
import { noise, removeTree, writeTree } from '../../support/tree.js';

const MIB = 1024 * 1024;
const BYTES = noise(21 * MIB + 77, 1);
const ALIGNED = uniformLayout(BYTES.length, 5 * MIB);
const UNALIGNED = uniformLayout(BYTES.length, 5 * MIB + 1);

let root: string;
const scratch = new Scratch();
const silent = (): void => undefined;

beforeEach(async () => {
  root = await writeTree({ file: BYTES });
});
afterEach(() => removeTree(root));

async function met(name: string): Promise<MetFile> {
  const path = join(root, name);
  return { path, ...statFields(await lstat(path, { bigint: true })) };
}

function md5sOf(layout: readonly PartRun[]): readonly string[] {
  return [...partsOf(layout)].map(({ offset, size }) => md5Of(BYTES.subarray(offset, offset + size)));
}

describe('the digests of a file', () => {
  test.each([
    ['in passes of their own', [ALIGNED, uniformLayout(BYTES.length, 8 * MIB)]],
    ['in one pass, where parts begin anywhere', [UNALIGNED, ALIGNED]],
  ])('are those of the whole and of the parts of each layout: %s', async (_, layouts) => {
    let read = 0;
    const digest = digestFile({ file: await met('file'), layouts }, (bytes) => (read += bytes), scratch);
    expect(digest).toEqual({
      md5: md5Of(BYTES),
      partMd5s: md5sOf(layouts[0]!),
      etags: layouts.map((layout) => multipartETag(md5sOf(layout) as never)),
    });
    expect(read % BYTES.length).toBe(0);
  });

  test('C6: passes that did not read the same are none, though the stat is the same', async () => {
    const file = await met('file');
    const whole = digestWhole({ file, what: 'whole' }, silent, scratch);
    const changed = Buffer.from(BYTES);
    changed[13 * MIB]! ^= 1;
    await writeFile(join(root, 'file'), changed);
    const parts = digestParts({ file: await met('file'), what: 'parts', layout: ALIGNED }, silent, scratch);
    expect(() => joined(whole, [parts])).toThrow(FileChangedError);
  });

  test('of several files at a time', async () => {
    const tree = Object.fromEntries(
      [0, 1, 63, 64, 70_000, 3 * MIB, 5].map((size, i) => [`${i}`, noise(size, i)]),
    );
    await writeTree(tree, root);
    const files = await Promise.all(Object.keys(tree).map(met));
    const expected = Object.values(tree).map((bytes) => md5Of(bytes));
    expect(digestFiles(files, silent, scratch)).toEqual(expected);

    await utimes(join(root, '4'), 1, 1);
    expect(() => digestFiles(files, silent, scratch)).toThrow(FileChangedError);
    await writeFile(join(root, '5'), '');
    expect(() => digestFiles(files.slice(5), silent, scratch)).toThrow(FileChangedError);
  });
});
