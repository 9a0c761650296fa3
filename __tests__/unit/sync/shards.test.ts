import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ETag, md5Of } from '../../../src/model/digest.js';
import { uniformLayout } from '../../../src/model/digest-index.js';
import type { ObjectKey, Prefix } from '../../../src/model/object-key.js';
import type { LocalFile } from '../../../src/model/objects.js';
import type { Plan, UploadStep } from '../../../src/model/plan.js';
import { formatPlan, MAX_PLAN_BYTES, type Results, type StagedUpload } from '../../../src/model/plan-file.js';
import { gather, PLAN, readPlan, type ShardStep, withFiles, writeLines } from '../../../src/sync/shards.js';
import { removeTree, temporaryDirectory } from '../../support/tree.js';

const BYTES = 4;
const md5 = (name: string): UploadStep['md5'] => md5Of(Buffer.from(name));

function file(name: string, size = BYTES): LocalFile {
  const none = { path: '', real: '', mtimeNs: 0n, ctimeNs: 0n, dev: 0n, ino: 0n, nlink: 1, mode: 0 };
  return { ...none, name, size };
}

function step(name: string): UploadStep {
  const key = `p/${name}` as ObjectKey;
  const condition = { ifNoneMatch: '*' } as const;
  const what = { action: 'upload', reason: 'new', rank: 0, staged: true } as const;
  return { ...what, key, bytes: BYTES, file: file(name), md5: md5(name), condition };
}

function planOf(...names: readonly string[]): Plan {
  const steps = names.map(step);
  const none = { files: 0, bytes: 0 };
  const stage = { kind: 'stage', required: true, steps } as const;
  return {
    ranks: [{ name: 'new', phases: [stage, { kind: 'publish', steps }] }],
    unchanged: none,
    kept: none,
  };
}

function staged(name: string, changes: Partial<StagedUpload> = {}): StagedUpload {
  return {
    key: `p/${name}` as ObjectKey,
    action: 'upload',
    uploadId: `upload of ${name}`,
    encryption: undefined,
    parts: [{ number: 1, etag: 'e' as ETag }],
    layout: uniformLayout(BYTES, BYTES),
    etag: 'e' as ETag,
    size: BYTES,
    md5: md5Of(Buffer.from(name)),
    ...changes,
  };
}

function results(number: number, of: number, attempt: number, ...uploads: readonly StagedUpload[]): Results {
  return { plan: 'id', shard: { number, of }, attempt, uploads };
}

function gathered(plan: Plan, ...all: readonly Results[]): ReturnType<typeof gather> {
  const file = {
    id: 'id',
    destination: 's3://b/p/',
    endpoint: '',
    plan,
    headers: new Map(),
    preserve: false,
  };
  return gather(file, all);
}

describe('what all shards staged', () => {
  test('of two attempts the later one counts, in whatever order they are read, and the other is to be aborted', () => {
    const early = results(1, 1, 1_000, staged('a', { uploadId: 'early' }));
    const late = results(1, 1, 2_000, staged('a', { uploadId: 'late' }));
    for (const order of [
      [early, late],
      [late, early],
    ]) {
      const { staged: made, losers } = gathered(planOf('a'), ...order);
      expect([...made.values()].map(({ uploadId }) => uploadId)).toEqual(['late']);
      expect(losers).toEqual([{ key: 'p/a', id: 'early', encryption: undefined }]);
    }
  });

  test('an upload that both attempts name is completed, and so not aborted', () => {
    const twice = [1_000, 2_000].map((attempt) => results(1, 1, attempt, staged('a')));
    expect(gathered(planOf('a'), ...twice).losers).toEqual([]);
  });

  test('a plan that stages nothing needs no results; any other needs them', () => {
    expect(gathered(planOf())).toEqual({ staged: new Map(), losers: [] });
    expect(() => gathered(planOf('a'))).toThrow(/^no results were given/);
  });

  test('results of a plan that was cut in two ways are refused', () => {
    expect(() =>
      gathered(planOf('a', 'b'), results(1, 2, 1, staged('a')), results(2, 3, 1, staged('b'))),
    ).toThrow('results of 2 and of 3 shards were given: cut the plan in one way');
  });

  test('the shards that are missing are named, however many are said to be', () => {
    expect(() => gathered(planOf('a', 'b'), results(2, 3, 1, staged('a')))).toThrow(
      'the results of shard 1/3, 3/3 are missing: run apply for it again',
    );
    expect(() => gathered(planOf('a'), results(2, 1e15, 1, staged('a')))).toThrow(
      /shard 1\/1(0{15}), 3\/1\1, 4\/1\1, 5\/1\1, 6\/1\1 and 999999999999994 more are missing/,
    );
  });

  test.each([
    ['was not staged', []],
    ['has another size', [staged('a', { size: BYTES + 1 })]],
    ['has another content', [staged('a', { md5: md5Of(Buffer.from('other')) })]],
  ])('a key that %s stops the publish by its name', (_, uploads) => {
    expect(() => gathered(planOf('a'), results(1, 1, 1, ...uploads))).toThrow(
      'nothing was staged for p/a of the plan id: run apply again',
    );
  });

  test('of many such keys five are named', () => {
    expect(() => gathered(planOf(...'abcdefg'), results(1, 1, 1))).toThrow(
      'nothing was staged for p/a, p/b, p/c, p/d, p/e and 2 more of the plan',
    );
  });
});

describe('the files of this machine', () => {
  test('stand in for those of the plan', () => {
    const here = { ...file('a'), path: '/here/a' };
    const steps: readonly ShardStep[] = [step('a')];
    expect(withFiles(steps, [here])).toEqual([{ ...step('a'), file: here }]);
  });

  test('that are missing or of another size are named', () => {
    expect(() => withFiles([step('a'), step('b')], [file('a')])).toThrow(
      'this tree is not the one that was planned: b is missing or of another size; apply needs the same files',
    );
    expect(() => withFiles([step('a'), step('b')], [file('a', BYTES + 1)])).toThrow(
      ': a, b are missing or of',
    );
  });

  test('redirects are told from files: their own input is what lacks', () => {
    const led = step('old');
    const leading: ShardStep = { ...led, file: { ...led.file, redirect: '/a' } };
    expect(() => withFiles([step('a'), leading], [file('a')])).toThrow(
      'old is missing or of another size; apply needs the same files, and the redirects-file of the plan',
    );
  });
});

describe('a plan file', () => {
  let work: string;
  beforeEach(async () => {
    work = await temporaryDirectory();
  });
  afterEach(() => removeTree(work));

  const read = (url: string, endpoint: string): Promise<unknown> =>
    readPlan(join(work, 'plan'), url, endpoint, 'p/' as Prefix);

  test('of AWS and one of a server of the same names are told apart', async () => {
    const decided = { headersOf: () => ({}), stored: new Map(), preserve: false };
    await writeFile(join(work, 'plan'), [...formatPlan('s3://b/p/', '', planOf('a'), decided)].join(''));
    expect(await read('s3://b/p/', '')).toMatchObject({ destination: 's3://b/p/' });
    await expect(read('s3://b/p/', 'http://127.0.0.1:9000')).rejects.toMatchObject({
      exit: 4,
      message: `${join(work, 'plan')} is a plan for s3://b/p/, and this run is about s3://b/p/ at http://127.0.0.1:9000: give it its own plan`,
    });
  });

  test('that is larger than any plan is not read', async () => {
    await writeFile(join(work, 'plan'), '');
    await truncate(join(work, 'plan'), MAX_PLAN_BYTES + 1);
    await expect(read('s3://b/p/', '')).rejects.toMatchObject({
      exit: 2,
      message: expect.stringMatching(/plan cannot be read \(it has 1073741825 bytes, over 1073741824\)/),
    });
  });
});

describe('a plan or results that a disk does not take', () => {
  let work: string;
  beforeEach(async () => {
    work = await temporaryDirectory();
  });
  afterEach(() => removeTree(work));

  const refusing = (code: string, errno: number, message: string) =>
    function* (): Generator<string> {
      yield 'a line\n';
      throw Object.assign(new Error(message), { code, errno, syscall: 'write' });
    };

  test.each([
    ['ENOSPC', -28, 'ENOSPC: no space left on device, write', 'ENOSPC: no space left on device, write'],
    ['Unknown system error -122', -122, 'Unknown system error -122: write', 'EDQUOT, write'],
  ])('for want of room (%s): that is said, not permissions', async (code, errno, message, told) => {
    const path = join(work, 'plan');
    await expect(writeLines(path, refusing(code, errno, message)(), PLAN)).rejects.toMatchObject({
      code: 'not-writable',
      message: `${path} cannot be written (${told}): free some room there, or name another disk`,
    });
  });

  test('for another reason: directory and permissions are to be looked at', async () => {
    const path = join(work, 'plan');
    await expect(
      writeLines(path, refusing('EACCES', -13, 'EACCES: permission denied, write')(), PLAN),
    ).rejects.toThrow(
      `${path} cannot be written (EACCES: permission denied, write): check the directory and its permissions`,
    );
  });
});
