import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ETag } from '../../src/model/digest.js';
import { EXIT, SyncError } from '../../src/model/errors.js';
import { groupCommit } from '../../src/model/group-commit.js';
import { pathsOf } from '../../src/model/invalidation.js';
import type { ObjectKey } from '../../src/model/object-key.js';
import { openStore } from '../../src/store/open.js';
import { create, isDone } from '../../src/sync/invalidate.js';
import type { IndexStorage, SyncResult } from '../../src/sync/ports.js';
import { sync } from '../../src/sync/sync.js';
import { Cdn, invalidation, refused } from '../support/cdn.js';
import {
  type Changes,
  memoryIndex,
  optionsFor,
  type Published,
  publish,
  stepsOf,
} from '../support/engine.js';
import { type Fault, ModelStore } from '../support/model-store.js';
import { randomNumbers } from '../support/random.js';
import { SEED } from '../support/seed.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { removeTree, temporaryDirectory, writeTree } from '../support/tree.js';

const DELETE = { deletes: { deleteAfter: true, maxDelete: { kind: 'none' } } } as const;

let s3: EmbeddedTestServer;
let bucket: string;
let root: string;
let cdn: Cdn;
let index: ReturnType<typeof memoryIndex>;

beforeAll(async () => {
  s3 = await embedded();
});
afterAll(() => s3.stop());
beforeEach(async () => {
  bucket = await s3.bucket();
  root = await writeTree({ 'index.html': 'page', 'a.css': 'one', 'b/c.txt': 'two', 'b/d.txt': 'three' });
  cdn = new Cdn();
  index = memoryIndex();
});
afterEach(async () => {
  s3.server.faults.clear();
  await removeTree(root);
});

async function deploy(changes: Changes = {}): Promise<Published> {
  return publish(s3, bucket, root, { invalidation: invalidation(), invalidator: cdn, index, ...changes });
}

/** Nobody knows what an earlier run, whose index is lost, left to invalidate: everything, once. */
async function firstDeploy(): Promise<void> {
  expect((await deploy()).exit).toBe(EXIT.done);
  expect(cdn.paths).toEqual([['/*']]);
  cdn.told.length = 0;
}

/** The index as a process leaves it that is killed before it saves. */
function killedBeforeSaving(): IndexStorage {
  return {
    ...index,
    load: (signal) => index.load(signal),
    save: async () => undefined,
    journal: { ...index.journal, clear: async () => undefined },
  };
}

describe('what readers could have cached is invalidated', () => {
  test('everything by a first publish, which cannot know what was there before; then what changed, and nothing else', async () => {
    const first = await deploy();
    expect(first).toMatchObject({ exit: 0, messages: [expect.stringMatching(/^what .* is not known/)] });
    expect(cdn.paths).toEqual([['/*']]);
    cdn.told.length = 0;
    const second = await deploy();
    expect(second).toMatchObject({ exit: 0 });
    expect(cdn.paths).toEqual([]);
    expect('invalidation' in second.report).toBe(false);
    await writeTree({ 'index.html': 'page 2', 'new.css': 'four' }, root);
    const changed = await deploy();
    expect(cdn.paths).toEqual([['/', '/index.html']]);
    expect(changed.report.invalidation).toEqual({
      distribution: 'E2EXAMPLE',
      paths: ['/', '/index.html'],
      id: 'I1',
      status: 'sent',
    });
    expect(changed.events.filter(({ type }) => type === 'invalidation')).toHaveLength(1);
    expect(await deploy()).toMatchObject({ exit: 0 });
    expect(cdn.told).toHaveLength(1);
  });

  test('copied over, refreshed and deleted; new keys when asked', async () => {
    await firstDeploy();
    // b/c.txt gets the bytes of a.css by a copy, b/d.txt goes, new.css is new.
    await writeTree({ 'b/c.txt': 'one', 'new.css': 'four' }, root);
    await rm(join(root, 'b/d.txt'));
    const run = await deploy({ ...DELETE, invalidation: invalidation({ maxPaths: 9 }) });
    expect(stepsOf(run)).toEqual([
      'upload p/new.css done',
      'copy p/b/c.txt <- p/a.css done',
      'delete p/b/d.txt done',
    ]);
    expect(cdn.paths).toEqual([['/b/c.txt', '/b/d.txt']]);
    await writeTree({ 'newer.css': 'five' }, root);
    await deploy({ invalidation: invalidation({ newKeys: true }) });
    expect(cdn.paths.at(-1)).toEqual(['/newer.css']);
    const writeHeaders = { storageClass: 'STANDARD_IA' };
    const refreshed = await deploy({ writeHeaders, invalidation: invalidation({ maxPaths: 99 }) });
    expect(refreshed.report.totals.refreshed.files).toBe(5);
    expect(cdn.paths.at(-1)).toEqual(['/', '/a.css', '/b/c.txt', '/index.html', '/new.css', '/newer.css']);
  });

  test('new keys that an earlier run published and somebody else deleted: they may still be cached', async () => {
    await firstDeploy();
    const { store } = await openStore(
      optionsFor(s3, bucket, root),
      () => undefined,
      new AbortController().signal,
    );
    const etag = s3.server.object(bucket, 'p/a.css')?.content.md5 as unknown as ETag;
    await store.delete([{ key: 'p/a.css' as ObjectKey, etag }], new AbortController().signal);
    await writeTree({ 'a.css': 'changed', 'new.css': 'four' }, root);
    const run = await deploy();
    expect(stepsOf(run)).toEqual(['upload p/a.css done', 'upload p/new.css done']);
    expect(run.report.steps.map(({ reason }) => reason)).toEqual(['new', 'new']);
    expect(cdn.paths).toEqual([['/a.css']]);
  });

  test('what was removed may still be cached when it is published again, with an index that outlived it or without', async () => {
    await firstDeploy();
    const remove = { command: 'remove', index, deletes: DELETE.deletes } as const;
    expect((await publish(s3, bucket, root, remove)).exit).toBe(0);
    await rm(join(root, 'a.css'));
    await deploy();
    // Also what is not published again.
    expect(cdn.paths).toEqual([['/*']]);
    await writeTree({ 'a.css': 'one' }, root);
    expect(stepsOf(await deploy())).toEqual(['upload p/a.css done']);
    expect(cdn.told).toHaveLength(1);

    expect((await publish(s3, bucket, root, remove)).exit).toBe(0);
    index.bytes = undefined;
    await deploy();
    expect(cdn.paths).toEqual([['/*'], ['/*']]);
  });

  test('keys outside of what is served are left out, prefixes map, paths are grouped', async () => {
    const served = invalidation({ mapping: { stripPrefix: 'p/b/', addPrefix: 'files/' }, maxPaths: 1 });
    // Everything is told under whatever paths it has: this mapping is the first one.
    await firstDeploy();
    await writeTree({ 'a.css': '1', 'b/c.txt': '2', 'b/d.txt': '3' }, root);
    await deploy({ invalidation: served });
    expect(cdn.paths).toEqual([['/files/*']]);
    await writeTree({ 'a.css': '4' }, root);
    await deploy({ invalidation: served });
    expect(cdn.told).toHaveLength(1);
  });

  test('its requests are not counted among those to S3', async () => {
    await firstDeploy();
    await writeTree({ 'a.css': '1' }, root);
    const { report } = await deploy();
    expect(cdn.told).toHaveLength(1);
    expect(Object.keys(report.requests).sort()).toEqual(['ListObjectsV2', 'PutObject']);
  });
});

describe('what was not sent is sent by the next run', () => {
  test('R15: published, and the invalidation failed: the job fails, and the next run, with nothing to do, sends it', async () => {
    await firstDeploy();
    await writeTree({ 'a.css': 'changed' }, root);
    cdn.failures.push(refused('denied', 'AccessDenied', 'User is not authorized'));
    const failed = await deploy();
    expect(failed).toMatchObject({ exit: EXIT.failed, report: { status: 'failed' } });
    expect(failed.report.error).toEqual({
      code: 'invalidation-failed',
      message: `s3://${bucket}/p/: the invalidation of /a.css in E2EXAMPLE failed (AccessDenied: User is not authorized): allow cloudfront:CreateInvalidation on the distribution; the next run sends what is missing`,
    });
    expect(failed.report.invalidation).toEqual({
      distribution: 'E2EXAMPLE',
      paths: ['/a.css'],
      status: 'failed',
    });
    expect(s3.server.texts(bucket)['p/a.css']).toBe('changed');

    // Refused again: it is not forgotten, although the index has nothing else to say.
    cdn.failures.push(refused('rejected', 'NoSuchDistribution'));
    const again = await deploy();
    expect(stepsOf(again)).toEqual([]);
    expect(again.report.error?.message).toMatch(/NoSuchDistribution\): check invalidate/);
    const next = await deploy();
    expect(next).toMatchObject({ exit: 0, report: { totals: { uploaded: { files: 0 } } } });
    expect(cdn.paths).toEqual([['/a.css']]);
    await deploy();
    expect(cdn.told).toHaveLength(1);
  });

  test('with what the next run changes, grouped together', async () => {
    await firstDeploy();
    await writeTree({ 'b/c.txt': 'changed' }, root);
    cdn.failures.push(refused('denied', 'AccessDenied'));
    await deploy();
    await writeTree({ 'b/d.txt': 'changed' }, root);
    await deploy({ invalidation: invalidation({ maxPaths: 1 }) });
    expect(cdn.paths).toEqual([['/b/*']]);
  });

  test('a lost memory means everything', async () => {
    await firstDeploy();
    index.bytes = undefined;
    const lost = await deploy();
    expect(cdn.paths).toEqual([['/*']]);
    expect(lost.messages).toEqual([
      'what earlier runs left to invalidate is not known, as the index is new or lost: this run invalidates /* of E2EXAMPLE',
    ]);
    await deploy();
    expect(cdn.told).toHaveLength(1);
    // Damaged is lost: the line that is gone may have been the one.
    index.bytes = Buffer.concat([index.bytes ?? Buffer.alloc(0), Buffer.from('damage\n')]);
    await deploy();
    expect(cdn.paths).toEqual([['/*'], ['/*']]);
  });

  /** A later run owes the invalidation of a key, and the runner's cache has an index from before that run. */
  async function deployWithOlderIndex(meanwhile: () => Promise<unknown>): Promise<void> {
    await firstDeploy();
    const older = index.bytes;
    await writeTree({ 'a.css': 'changed' }, root);
    cdn.failures.push(refused('denied', 'AccessDenied'));
    expect((await deploy()).exit).toBe(EXIT.failed);
    index.bytes = older;
    await meanwhile();
    const run = await deploy();
    expect(run).toMatchObject({ exit: 0, report: { steps: [] } });
    expect(run.messages.slice(1)).toEqual([
      expect.stringMatching(/^p\/a\.css was written by a run that the index does not/),
    ]);
    await deploy();
    expect(cdn.paths).toEqual([['/*']]);
  }

  test('what a run mapped to other paths was not told: everything, once, when the mapping is corrected', async () => {
    const wrong = invalidation({ mapping: { stripPrefix: '', addPrefix: '' } });
    const told = /^earlier runs invalidated what they changed with another invalidate-strip-prefix or /;
    await firstDeploy();
    await writeTree({ 'a.css': 'changed' }, root);
    await deploy({ invalidation: wrong });
    expect(cdn.paths).toEqual([['/p/a.css']]);
    const corrected = await deploy();
    expect(corrected).toMatchObject({ exit: 0, report: { steps: [] } });
    expect(corrected.messages.slice(1)).toEqual([expect.stringMatching(told)]);
    // From then on both are known to know everything.
    for (const mapped of [wrong, invalidation()])
      expect((await deploy({ invalidation: mapped })).messages).toHaveLength(1);
    expect(cdn.paths).toEqual([['/p/a.css'], ['/*']]);
  });

  test('nor was what is still owed by another mapping, or served under no path by it', async () => {
    await firstDeploy();
    const nothing = invalidation({ mapping: { stripPrefix: 'p/b/', addPrefix: '' } });
    await writeTree({ 'a.css': 'changed' }, root);
    await deploy({ invalidation: nothing });
    expect(cdn.told).toEqual([]);
    // The run that would tell it fails to.
    cdn.failures.push(refused('denied', 'AccessDenied'));
    expect((await deploy()).exit).toBe(EXIT.failed);
    // What is owed is owed whatever the mapping by then.
    await deploy({ invalidation: nothing });
    expect(cdn.paths).toEqual([['/*']]);
    await writeTree({ 'b/c.txt': 'changed' }, root);
    cdn.failures.push(refused('fatal', 'ExpiredToken'));
    await deploy({ invalidation: nothing, index: killedBeforeSaving() });
    await deploy();
    expect(cdn.paths).toEqual([['/*'], ['/*']]);
  });

  test('an older index does not know what a later run owes: everything, once; other keys of the bucket say nothing', async () => {
    await deployWithOlderIndex(async () => s3.server.putObject(bucket, 'p/others', 'not of the tree'));
  });

  test('nor what a later run owes of keys that the tree no longer has', async () => {
    await deployWithOlderIndex(() => rm(join(root, 'a.css')));
  });

  test('an index that is not kept remembers nothing: the run says so, and what to do by hand', async () => {
    await firstDeploy();
    await writeTree({ 'a.css': 'changed' }, root);
    let why: string | undefined = 'as told';
    const lost = { ...killedBeforeSaving(), whyNotKept: () => why };
    cdn.failures.push(refused('denied', 'AccessDenied'));
    const failed = await deploy({ index: lost });
    expect(failed.report.error?.message).toMatch(
      /; the index is not kept \(as told\), so invalidate \/\* by hand$/,
    );
    expect(failed.messages).toContain(
      'the index is not kept (as told): what is still to be invalidated is not remembered: invalidate /* by hand',
    );

    // By then it cannot be known.
    why = undefined;
    await writeTree({ 'a.css': 'changed again' }, root);
    cdn.failures.push(refused('denied', 'AccessDenied'));
    const save = async (): Promise<void> => {
      why = 'refused';
    };
    const later = await deploy({ index: { ...lost, save } });
    expect(later.report.error?.message).toMatch(
      /; the next run sends what is missing, if the index is kept$/,
    );
    expect(later.messages).toContain(
      'the index is not kept (refused): what is still to be invalidated is not remembered: invalidate /* by hand',
    );

    // What was sent is not owed.
    await writeTree({ 'a.css': 'and again' }, root);
    const sent = await deploy({ index: lost });
    expect(sent.messages.filter((message) => /not kept/.test(message))).toEqual([]);
  });

  test('what another tool published before is known from then on', async () => {
    await publish(s3, bucket, root);
    await firstDeploy();
    await deploy();
    expect(cdn.told).toEqual([]);
  });

  test('without an index every run sends everything, and says so', async () => {
    const { index: _, ...without } = {
      index,
      invalidation: invalidation(),
      invalidator: cdn,
    };
    const first = await publish(s3, bucket, root, without);
    const second = await publish(s3, bucket, root, without);
    expect(cdn.paths).toEqual([['/*'], ['/*']]);
    for (const { messages } of [first, second]) {
      expect(messages).toEqual([
        expect.stringMatching(/^nothing is remembered without an index, .*set index/),
      ]);
    }
    cdn.failures.push(refused('denied', 'AccessDenied'));
    const failed = await publish(s3, bucket, root, without);
    expect(failed.report.error?.message).toMatch(/the next run invalidates \/\*$/);
  });

  test('a run that was killed after its writes has named them in the journal', async () => {
    await firstDeploy();
    await writeTree({ 'a.css': 'changed' }, root);
    cdn.failures.push(refused('fatal', 'ExpiredToken'));
    await deploy({ index: killedBeforeSaving() });
    expect(index.lines).toMatch(/"invalidation":"E2EXAMPLE",.*"paths":\["\/a.css"\]/);
    await deploy();
    expect(cdn.paths).toEqual([['/a.css']]);
    await deploy();
    expect(cdn.told).toHaveLength(1);
  });

  test('R15: what stands in the journal alone outlives a run that has nothing new to remember', async () => {
    // Another tool published, and an index that is not believed of files: it says nothing of any object.
    index = memoryIndex({ remote: false, local: false });
    await publish(s3, bucket, root);
    await deploy();
    await writeTree({ 'a.css': 'changed' }, root);
    cdn.failures.push(refused('fatal', 'ExpiredToken'), refused('denied', 'AccessDenied'));
    await deploy({ index: killedBeforeSaving() });
    expect((await deploy()).exit).toBe(EXIT.failed);
    await deploy();
    expect(cdn.paths).toEqual([['/*'], ['/a.css']]);
  });

  test('the journal is written before the first write; one that cannot be costs a warning', async () => {
    await firstDeploy();
    await writeTree({ 'a.css': 'changed' }, root);
    let writesBefore: readonly string[] | undefined;
    s3.server.log.clear();
    const storage = memoryIndex();
    storage.bytes = index.bytes;
    storage.journal.append = async () => {
      writesBefore ??= Object.keys(s3.server.log.counts);
      throw new Error('disk full');
    };
    const run = await deploy({ index: storage });
    expect(writesBefore).toEqual(['ListObjectsV2']);
    expect(run).toMatchObject({ exit: 0 });
    expect(run.messages.slice(1)).toEqual([
      'what is to be invalidated cannot be remembered before it is published (/in memory: disk full): should this run be killed, invalidate /* by hand',
    ]);
    expect(cdn.paths).toEqual([['/a.css']]);
  });

  test('what is to be invalidated and that the run begins to write are one write of the journal', async () => {
    await firstDeploy();
    await writeTree({ 'a.css': 'changed' }, root);
    const written: string[] = [];
    index.journal.append = groupCommit(async (lines) => void written.push(lines));
    await deploy();
    expect(written).toEqual([expect.stringMatching(/"invalidation".*\n.*"writing"/)]);
  });

  test('an index that cannot be written while something is owed says what to do', async () => {
    await firstDeploy();
    await writeTree({ 'a.css': 'changed' }, root);
    cdn.failures.push(refused('denied', 'AccessDenied'));
    index.save = async () => {
      throw new Error('disk full');
    };
    const run = await deploy();
    expect(run.messages.at(-1)).toMatch(/invalidate \/\* by hand/);
  });

  test('what a run for another distribution, or for none, changes: everything of this one', async () => {
    await firstDeploy();
    await writeTree({ 'a.css': 'changed' }, root);
    const other = new Cdn('E3EXAMPLE');
    await deploy({ invalidation: invalidation({ distribution: 'E3EXAMPLE' }), invalidator: other });
    expect([cdn.paths, other.paths]).toEqual([[], [['/*']]]);
    // Nothing to do: the one is told, and the other owed nothing.
    await deploy();
    await deploy({ invalidation: invalidation({ distribution: 'E3EXAMPLE' }), invalidator: other });
    expect([cdn.paths, other.paths]).toEqual([[['/*']], [['/*']]]);
    await writeTree({ 'a.css': 'again' }, root);
    await publish(s3, bucket, root, { index });
    await deploy();
    expect(cdn.paths).toEqual([['/*'], ['/*']]);
  });
});

describe('runs that do not end well', () => {
  test('a failed run invalidates what it changed, and what it may have changed, and keeps its own error', async () => {
    await firstDeploy();
    await writeTree({ 'a.css': '1', 'b/c.txt': '2', 'index.html': '3' }, root);
    s3.server.faults.add({
      match: { operation: 'PutObject', key: 'p/b/c.txt' },
      fault: { kind: 'error', code: 'AccessDenied' },
    });
    const run = await deploy({ invalidation: invalidation({ maxPaths: 9 }) });
    expect(run).toMatchObject({ exit: EXIT.failed, report: { invalidation: { status: 'sent' } } });
    // The page has a later rank: it was not begun.
    expect(cdn.paths).toEqual([['/a.css', '/b/c.txt']]);
    cdn.failures.push(refused('denied', 'AccessDenied'));
    await writeTree({ 'a.css': '4' }, root);
    const both = await deploy();
    expect(both.report.error?.code).not.toBe('invalidation-failed');
    expect(both.messages.at(-1)).toMatch(/^s3:.* the invalidation of .* failed \(AccessDenied\)/);
  });

  test('a cancelled run leaves it to the next one', async () => {
    await firstDeploy();
    await writeTree({ 'a.css': 'changed', 'index.html': 'changed' }, root);
    const stop = new AbortController();
    cdn.failures.push(refused('throttled', 'TooManyInvalidationsInProgress'));
    const cancelled = deploy({ signal: stop.signal });
    while (cdn.failures.length > 0) await new Promise((done) => setTimeout(done, 10));
    stop.abort(new SyncError('cancelled', EXIT.interrupted, 'cancelled by SIGINT'));
    const run = await cancelled;
    expect(run).toMatchObject({
      exit: EXIT.interrupted,
      report: { error: { code: 'cancelled' }, invalidation: { status: 'pending' } },
    });
    expect(cdn.told).toEqual([]);
    await deploy();
    expect(cdn.paths).toEqual([['/', '/a.css', '/index.html']]);
  });

  test('what S3 did unheard when the run was stopped is told to this distribution, and everything to any other one', async () => {
    await firstDeploy();
    const other = new Cdn('E3EXAMPLE');
    const theirs = { invalidation: invalidation({ distribution: 'E3EXAMPLE' }), invalidator: other };
    await deploy(theirs);
    await writeTree({ 'a.css': 'changed' }, root);
    const stop = new AbortController();
    s3.server.faults.add({
      match: { operation: 'PutObject', key: 'p/a.css' },
      fault: { kind: 'hang', after: true },
    });
    const stopped = deploy({ signal: stop.signal });
    while (s3.server.texts(bucket)['p/a.css'] !== 'changed')
      await new Promise((done) => setTimeout(done, 10));
    stop.abort(new SyncError('cancelled', EXIT.interrupted, 'cancelled by SIGINT'));
    const run = await stopped;
    expect(stepsOf(run)).toEqual(['upload p/a.css skipped']);
    expect(run.report.invalidation).toMatchObject({ paths: ['/a.css'], status: 'pending' });
    s3.server.faults.clear();
    await deploy();
    await deploy(theirs);
    expect([cdn.paths, other.paths]).toEqual([[['/a.css']], [['/*'], ['/*']]]);
  });

  test('a refused run sends nothing', async () => {
    await firstDeploy();
    await writeTree({ 'a.css': 'changed' }, root);
    cdn.failures.push(refused('denied', 'AccessDenied'));
    await deploy();
    await removeTree(root);
    await writeTree({ other: 'x' }, root);
    const run = await deploy({ deletes: { deleteAfter: true, maxDelete: { kind: 'count', count: 0 } } });
    expect(run.exit).toBe(EXIT.refused);
    expect(cdn.told).toEqual([]);
  });

  test('R15: paths that CloudFront does not take would be refused for ever: everything is sent instead', async () => {
    await firstDeploy();
    await writeFile(join(root, 'a.css'), 'changed');
    cdn.failures.push(refused('rejected', 'InvalidArgument'));
    const run = await deploy();
    expect(run).toMatchObject({ exit: 0, report: { invalidation: { paths: ['/*'], status: 'sent' } } });
    expect(run.messages.at(-1)).toMatch(/^E2EXAMPLE does not take \/a\.css .*\/\* instead$/);
    expect([cdn.paths, (await deploy()).exit, cdn.told.length]).toEqual([[['/*']], 0, 1]);
  });

  test('a dry run sends nothing and says what would be sent', async () => {
    await firstDeploy();
    const { saves } = index;
    await writeFile(join(root, 'a.css'), 'changed');
    const { invalidator: _, ...dry } = {
      invalidator: cdn,
      dryRun: true,
      invalidation: invalidation(),
      index,
    };
    const run = await publish(s3, bucket, root, dry);
    expect(run).toMatchObject({
      exit: 0,
      report: { invalidation: { distribution: 'E2EXAMPLE', paths: ['/a.css'], status: 'planned' } },
    });
    expect([cdn.told, index.saves, index.lines]).toEqual([[], saves, '']);
  });
});

describe('CloudFront has no room, or is slow', () => {
  const signal = new AbortController().signal;
  const clock = () => {
    let at = 0;
    const pauses: number[] = [];
    const pause = async (ms: number): Promise<void> => {
      pauses.push(ms);
      at += ms;
    };
    let moves = 0;
    return {
      pauses,
      moves: () => moves,
      patience: {
        signal,
        requests: signal,
        pause,
        now: () => at,
        onMove: () => void moves++,
        emit: () => undefined,
      },
    };
  };

  test('it is tried again, longer and longer, under one reference, and moves the watchdog', async () => {
    const { pauses, moves, patience } = clock();
    const references: string[] = [];
    const failures = ['throttled', 'network', 'server', 'throttled', 'throttled', 'throttled', 'throttled'];
    const busy = {
      distribution: 'E2EXAMPLE',
      create: async (_: readonly string[], reference: string) => {
        references.push(reference);
        const kind = failures.shift();
        if (kind !== undefined) throw refused(kind as 'throttled', 'TooManyInvalidationsInProgress');
        return { id: 'I1' };
      },
      isDone: async () => true,
    };
    expect(await create(busy, ['/a'], patience)).toEqual({ id: 'I1' });
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60].map((seconds) => seconds * 1000));
    expect(moves()).toBe(8);
    expect([references.length, new Set(references).size]).toEqual([8, 1]);
    expect(references[0]).toMatch(/^s3-dedup-sync-[0-9a-f]{24}$/);
  });

  test('for ten minutes; what does not heal fails at once', async () => {
    const { pauses, patience } = clock();
    cdn.failures.push(...Array.from({ length: 99 }, () => refused('throttled', 'Throttling')));
    await expect(create(cdn, ['/a'], patience)).rejects.toMatchObject({ code: 'Throttling' });
    const waited = pauses.reduce((sum, ms) => sum + ms, 0);
    expect([waited > 9 * 60_000, waited <= 10 * 60_000]).toEqual([true, true]);
    const { pauses: none, patience: other } = clock();
    cdn.failures.splice(0, 99, refused('rejected', 'InvalidArgument'));
    await expect(create(cdn, ['/a'], other)).rejects.toMatchObject({ code: 'InvalidArgument' });
    expect(none).toEqual([]);
  });

  test('invalidate-wait asks until it is complete, for half an hour', async () => {
    const { pauses, patience } = clock();
    cdn.questions = 5;
    expect(await isDone(cdn, 'I1', patience)).toBe(true);
    expect(pauses).toEqual([5_000, 7_500, 11_250, 16_875, 20_000]);
    cdn.questions = 1_000_000;
    const { pauses: all, patience: other } = clock();
    expect(await isDone(cdn, 'I1', other)).toBe(false);
    expect(all.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(30 * 60_000);
  });

  test('waiting ends with completed; a question that is denied fails the run, and nothing is sent twice', async () => {
    await firstDeploy();
    await writeTree({ 'a.css': 'changed' }, root);
    const waited = await deploy({ invalidation: invalidation({ wait: true }) });
    expect(waited.report.invalidation).toMatchObject({ id: 'I1', status: 'completed' });
    await writeTree({ 'a.css': 'again' }, root);
    cdn.isDone = async () => {
      throw refused('denied', 'AccessDenied');
    };
    const denied = await deploy({ invalidation: invalidation({ wait: true }) });
    expect(denied).toMatchObject({
      exit: EXIT.failed,
      report: {
        invalidation: { id: 'I2', status: 'failed' },
        error: {
          code: 'invalidation-failed',
          message: expect.stringMatching(/allow cloudfront:GetInvalidation .*drop invalidate-wait$/),
        },
      },
    });
    await deploy();
    expect(cdn.told).toHaveLength(2);
  });
});

/** Histories of the random test. */
const HISTORIES = Number(process.env.S3DS_RUNS ?? 50);

/**
 * Readers ask for everything all the time, and keep every answer until they are told to forget it. Whatever fails, is
 * stopped, killed or lost: when a run says that it succeeded, what is cached is what is in the bucket.
 */
test(`R15: ${HISTORIES} random histories: after a run that succeeded no reader has anything stale, seed ${SEED}`, async () => {
  const names = ['index.html', 'a.css', 'a*b', 'x/index.html', 'x/é.txt', 'x/y/z', 'q'];
  const keys = names.map((name) => `p/${name}` as ObjectKey);
  const directory = await temporaryDirectory();
  try {
    for (let history = 0; history < HISTORIES; history++) {
      const random = randomNumbers(SEED * 1000 + history);
      const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
      const store = new ModelStore(history);
      const cdns = [new Cdn('E2EXAMPLE'), new Cdn('E3EXAMPLE')] as const;
      const memory = memoryIndex(
        pick([
          { remote: true, local: true },
          { remote: false, local: false },
        ]),
      );
      const newKeys = pick([true, false]);
      const options = { newKeys, maxPaths: pick([1, 3, 20]) };
      const pathsAt = (key: string): readonly string[] => pathsOf([key], invalidation().mapping);
      const read = (): void => {
        for (const key of keys) {
          for (const path of pathsAt(key)) {
            for (const { cached } of cdns) if (!cached.has(path)) cached.set(path, store.objects.get(key));
          }
        }
      };
      const stale = (of: Cdn): readonly string[] =>
        keys.flatMap((key) =>
          pathsAt(key).filter((path) => {
            const cached = of.cached.get(path);
            // That a key was not there is forgotten for those who ask for it alone.
            if (cached === undefined && !newKeys) return false;
            return of.cached.has(path) && cached !== store.objects.get(key);
          }),
        );
      const run = async (
        which: Cdn | undefined,
        faults: readonly Fault[],
        mapping = invalidation().mapping,
      ): Promise<SyncResult> => {
        const stop = new AbortController();
        let dead = false;
        const die = (): void => {
          dead = true;
          stop.abort(new SyncError('cancelled', EXIT.interrupted, 'stopped'));
        };
        store.restart(faults);
        store.onStop = () => {
          if (faults.some(({ kind }) => kind.startsWith('kill'))) dead = true;
          stop.abort(new SyncError('cancelled', EXIT.interrupted, 'stopped'));
        };
        store.witness = { written: read, deleted: read };
        // The process ends at the invalidation, before or after it took effect, or before the index is saved.
        const end = pick(['before', 'after', 'index', ...Array.from({ length: 9 }, () => 'none')]);
        const doomed = faults.length > 0 ? end : 'none';
        if (which !== undefined) {
          which.onCreated = () => {
            if (doomed === 'after') die();
            read();
          };
          which.failures.length = 0;
          if (faults.length > 0 && random() < 0.3) which.failures.push(refused('denied', 'AccessDenied'));
        }
        const storage: IndexStorage = {
          ...memory,
          load: () => memory.load(stop.signal),
          save: async (pieces, signal) => {
            if (doomed === 'index') die();
            if (!dead) await memory.save(pieces, signal);
          },
          journal: {
            ...memory.journal,
            append: async (lines, signal) => {
              if (!dead) await memory.journal.append(lines, signal);
            },
            clear: async (signal) => {
              if (!dead) await memory.journal.clear(signal);
            },
          },
        };
        const changes: Changes = {
          ...DELETE,
          delayUpdates: pick([false, false, true]),
          ...(which === undefined
            ? {}
            : { invalidation: invalidation({ ...options, distribution: which.distribution, mapping }) }),
        };
        const ports = {
          store,
          copyFrom: [],
          index: storage,
          owner: 'a test',
          emit: () => undefined,
          signal: stop.signal,
          now: Date.now,
          ...(which === undefined
            ? {}
            : {
                invalidator: {
                  distribution: which.distribution,
                  isDone: async () => true,
                  create: async (paths: readonly string[], reference: string) => {
                    if (doomed === 'before') die();
                    if (dead) throw refused('network', 'ECONNRESET');
                    return which.create(paths, reference);
                  },
                },
              }),
        };
        const server = { region: 'us-east-1', endpoint: 'http://model' };
        return sync(optionsFor(server, 'bucket', join(directory, 'tree'), changes), ports);
      };

      const context = (at: number): string => `seed ${SEED}, history ${history}, publish ${at}`;
      for (let at = 0; at < 4; at++) {
        await removeTree(join(directory, 'tree'));
        await writeTree({ always: 'x' }, join(directory, 'tree'));
        for (const name of names) {
          if (random() < 0.7) await writeTree({ [name]: pick(['1', '2', '3']) }, join(directory, 'tree'));
        }
        if (random() < 0.1) {
          memory.bytes = undefined;
          memory.lines = '';
        }
        read();
        const which = pick([cdns[0], cdns[0], cdns[1], undefined]);
        const kinds = ['server', 'denied', 'lost', 'stop', 'stop-after', 'kill', 'kill-after'] as const;
        const faults: Fault[] = random() < 0.6 ? [{ at: Math.floor(random() * 14), kind: pick(kinds) }] : [];
        // Told under other paths than readers ask for, or under none.
        const wrong = pick([undefined, undefined, undefined, { stripPrefix: '', addPrefix: 'x/' }]);
        const result = await run(which, faults, wrong);
        read();
        if (which !== undefined && wrong === undefined && result.exit === EXIT.done) {
          expect([context(at), stale(which)]).toEqual([context(at), []]);
        }
        if (random() < 0.7) {
          const last = await run(cdns[0], []);
          expect([context(at), last.exit, last.report.error]).toEqual([context(at), EXIT.done, undefined]);
          expect([context(at), stale(cdns[0])]).toEqual([context(at), []]);
        }
      }
    }
  } finally {
    await removeTree(directory);
  }
}, 3_600_000);
