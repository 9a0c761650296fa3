import { execFile } from 'node:child_process';
import { access, chmod, chown, lstat, mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { md5Of, multipartETag } from '../../src/model/digest.js';
import { copyOfDist, type Ended, reach, run, runAction, runCli } from '../support/dist.js';
import { rclone, s3cmd } from '../support/peers.js';
import { randomNumbers } from '../support/random.js';
import { faults, type Schema } from '../support/schema.js';
import { SEED } from '../support/seed.js';
import { type EmbeddedTestServer, embedded, realServers, type TestServer } from '../support/servers.js';
import {
  noise,
  readTree,
  removeTree,
  type TreeContents,
  temporaryDirectory,
  writeTree,
} from '../support/tree.js';

/** All time zones, and the programs of git (540 MB); `S3DS_WHOLE_TREES=1`. */
const WHOLE = process.env.S3DS_WHOLE_TREES === '1';

/** How often a download is killed with SIGKILL at a random moment; `S3DS_SEED` repeats a run. */
const KILLS = Number(process.env.S3DS_DOWNLOAD_KILLS ?? 4);

const MIB = 1024 * 1024;
const command = promisify(execFile);

let dist: string;
let directory: string;

beforeAll(async () => {
  dist = await copyOfDist();
});
afterAll(() => removeTree(join(dist, '..')));
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(() => removeTree(directory));

function cli(server: TestServer, ...args: readonly string[]): Promise<Ended> {
  return runCli(dist, [...args, '--index', 'none'], { cwd: directory, env: reach(server) });
}

async function succeeded(run: Promise<Ended>): Promise<Ended> {
  const ended = await run;
  expect({ status: ended.status, stderr: ended.status === 0 ? '' : ended.stderr }).toEqual({
    status: 0,
    stderr: '',
  });
  return ended;
}

/** Byte by byte, links followed on the first side: that is how they are published. */
async function expectSame(tree: string, copy: string): Promise<void> {
  await command('diff', ['-r', tree, copy], { maxBuffer: 64 * MIB });
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Every kind of character that a name may have on Linux, but for the two that it may not. */
function oddNames(server: string): TreeContents {
  // What XML cannot carry versitygw lists as U+FFFD.
  const controls = Array.from(
    { length: server === 'versitygw' ? 0 : 31 },
    (_, i) => `control ${String.fromCharCode(i + 1)} ${i + 1}`,
  );
  const ascii = [...'!"#$%&\'()*+,-.:;<=>?@[]^_`{|}~'].flatMap((sign) => [
    `${sign}a`,
    `b${sign}`,
    `c${sign}d`,
  ]);
  const names = [
    ...controls,
    ...ascii,
    // SeaweedFS stores it as a slash.
    ...(server === 'seaweedfs' ? [] : ['back\\slash', '..\\up']),
    '\u007f',
    'new\nline',
    'carriage\rreturn',
    'crlf\r\n',
    ' blank ',
    '%2e%2e',
    '%2F',
    '%',
    '%zz',
    'a+b',
    '...',
    '-rf',
    '~',
    'caf\u00e9',
    'cafe\u0301',
    'ünï 日本 🎉',
    '\u202eright to left',
    '\ufeffmark',
    '\ufffd',
    '\u2028\u2029',
    `${'long'.repeat(63)}abc`,
    `${'🎉'.repeat(63)}abc`,
    `deep/${`${'d'.repeat(150)}/`.repeat(5)}file`,
    'CON',
    'nul.txt',
    '::error::x',
    '.hidden',
    '.well-known/x',
    'dir with\nnewline/file',
  ];
  return Object.fromEntries(names.map((name, i) => [name, `content ${i % 50} of ${name.length}`]));
}

const suites = [
  { name: 'embedded', absent: undefined, start: () => embedded() as Promise<TestServer> },
  ...realServers.filter(({ name }) => name !== 'minio'),
];

for (const { name, absent, start } of suites) {
  const suite = absent === undefined ? describe : describe.skip;
  suite(`round trips on ${name}${absent === undefined ? '' : `: skipped, ${absent}`}`, () => {
    let server: TestServer;
    let bucket: string;

    beforeAll(async () => {
      server = await start();
      bucket = await server.bucket();
    });
    afterAll(() => server?.stop());

    async function roundTrip(tree: string, prefix: string, ...flags: readonly string[]): Promise<void> {
      const url = `s3://${bucket}/${prefix}`;
      const copy = join(directory, 'copy');
      await succeeded(cli(server, 'sync', tree, url, '--symlinks', 'all'));
      await succeeded(cli(server, 'sync', url, copy, ...flags));
      await expectSame(tree, copy);
      await succeeded(cli(server, 'check', url, copy, '--read', ...flags));
    }

    test('the time zones of this system', async () => {
      if (!(await isThere('/usr/share/zoneinfo/Europe'))) return;
      await roundTrip(`/usr/share/zoneinfo/${WHOLE ? '' : 'Europe'}`, 'zones', '--delay-updates');
    }, 600_000);

    const whole = WHOLE ? test : test.skip;
    whole(
      'the programs of git, most of them one',
      async () => {
        const { stdout } = await command('git', ['--exec-path']).catch(() => ({ stdout: '' }));
        if (stdout === '') return;
        await roundTrip(stdout.trim(), 'git', '--local-duplicates', 'link');
      },
      600_000,
    );

    test('every name that Linux allows and S3 can hold', async () => {
      const tree = await writeTree(oddNames(name), join(directory, 'tree'));
      await roundTrip(tree, 'odd', '--delete-after');
    });

    test('modes and times, with preserve', async () => {
      const tree = await writeTree({ run: '#!', notes: '#!', 'd/e': '' }, join(directory, 'tree'));
      await chmod(join(tree, 'run'), 0o755);
      await chmod(join(tree, 'notes'), 0o600);
      for (const [i, file] of ['run', 'notes', 'd/e'].entries())
        await utimes(join(tree, file), 1e9 + i, 1e9 + i);
      await succeeded(cli(server, 'sync', tree, `s3://${bucket}/modes`, '--preserve'));
      await succeeded(cli(server, 'sync', `s3://${bucket}/modes`, 'copy', '--preserve'));
      for (const file of ['run', 'notes', 'd/e']) {
        const [one, other] = await Promise.all([stat(join(tree, file)), stat(join(directory, 'copy', file))]);
        expect([file, other.mode, other.mtimeMs]).toEqual([file, one.mode, one.mtimeMs]);
      }
    });
  });
}

describe('on the embedded server', () => {
  let s3: EmbeddedTestServer;
  let bucket: string;

  beforeAll(async () => {
    s3 = await embedded();
  });
  afterAll(() => s3.stop());
  beforeEach(async () => {
    bucket = await s3.bucket();
    s3.server.latency = 0;
    s3.server.log.clear();
  });

  for (const peer of [
    s3cmd('s3cmd', '--preserve'),
    rclone('rclone'),
    rclone('rclone in parts', '--s3-upload-cutoff=5M'),
  ]) {
    const run = peer.absent === undefined ? test : test.skip;
    run(
      `what ${peer.name} published comes back, with its modes and times${peer.absent === undefined ? '' : `: skipped, ${peer.absent}`}`,
      async () => {
        const tree = await writeTree(
          {
            'a.txt': 'one',
            'twin of a.txt': 'one',
            'bin/run': '#!',
            empty: '',
            'big.bin': noise(20 * MIB),
            'ünï 🎉.txt': 'u',
          },
          join(directory, 'tree'),
        );
        await chmod(join(tree, 'bin/run'), 0o755);
        const names = [...(await readTree(tree)).keys()];
        for (const [i, file] of names.entries()) await utimes(join(tree, file), 1.1e9 + i, 1.1e9 + i);
        await mkdir(join(directory, 'home'));
        const filled = await peer.sync(s3, tree, bucket, 'p', join(directory, 'home'));
        expect({ status: filled.status, stderr: filled.status === 0 ? '' : filled.stderr }).toEqual({
          status: 0,
          stderr: '',
        });
        await succeeded(cli(s3, 'sync', `s3://${bucket}/p`, 'copy', '--preserve'));
        await expectSame(tree, join(directory, 'copy'));
        for (const file of names) {
          const [one, other] = await Promise.all([
            stat(join(tree, file)),
            stat(join(directory, 'copy', file)),
          ]);
          expect([file, other.mtimeMs]).toEqual([file, one.mtimeMs]);
          if (peer.name === 's3cmd') expect([file, other.mode]).toEqual([file, one.mode]);
        }
        s3.server.log.clear();
        const again = await succeeded(cli(s3, 'sync', `s3://${bucket}/p`, 'copy', '--preserve', '--json'));
        expect(again.stdout).not.toContain('"type":"outcome"');
        expect(s3.server.log.counts.GetObject).toBeUndefined();
      },
    );
  }

  test(
    `${KILLS} downloads are killed at a random moment, seed ${SEED}: one more run makes it right`,
    async () => {
      const random = randomNumbers(SEED);
      const old: Record<string, string | Buffer> = {
        'old/moved': 'moved',
        gone: 'gone',
        big: noise(20 * MIB, 1),
      };
      const now: Record<string, string | Buffer> = {
        moved: 'moved',
        big: noise(30 * MIB, 2),
        'other/big': noise(9 * MIB, 3),
      };
      for (let i = 0; i < 60; i++) {
        old[`d${i % 7}/f${i}`] = `old ${i}`;
        now[`d${i % 7}/f${i + 10}`] = `new ${i % 40}`;
      }
      for (const [key, content] of Object.entries(now)) s3.server.putObject(bucket, `p/${key}`, content);
      const flags = ['--delete-after', '--max-delete', 'none'];
      for (let kill = 0; kill < KILLS; kill++) {
        const target = join(directory, `t${kill}`);
        await writeTree(old, target);
        const more = [
          ...flags,
          ...(random() < 0.5 ? ['--delay-updates'] : []),
          ...(random() < 0.5 ? ['--local-duplicates', 'link'] : []),
        ];
        s3.server.latency = 8;
        const after = 250 + Math.floor(random() * 500);
        for (let i = 0; i <= kill % 2; i++) {
          await runCli(
            dist,
            ['sync', `s3://${bucket}/p`, target, ...more, '--index', join(directory, `index${kill}`)],
            {
              cwd: directory,
              env: reach(s3),
              started: (child) => setTimeout(() => child.kill('SIGKILL'), after),
            },
          );
          for (const [file, bytes] of await readTree(target)) {
            const is = [old[file], now[file]].some(
              (one) => one !== undefined && bytes.equals(Buffer.from(one)),
            );
            expect({ kill, file, is: is || file.includes('.s3ds-') }).toEqual({ kill, file, is: true });
          }
        }
        s3.server.latency = 0;
        const made = await lstat(target);
        const ended = await runCli(
          dist,
          ['sync', `s3://${bucket}/p`, target, ...more, '--index', join(directory, `index${kill}`)],
          { cwd: directory, env: reach(s3) },
        );
        expect({ kill, after, status: ended.status, stderr: ended.status === 0 ? '' : ended.stderr }).toEqual(
          {
            kill,
            after,
            status: 0,
            stderr: '',
          },
        );
        expect(made.isDirectory()).toBe(true);
        await succeeded(cli(s3, 'check', `s3://${bucket}/p`, target, '--read', ...flags));
        const found = await readTree(target);
        for (const [file, content] of Object.entries(now))
          expect([file, found.get(file)?.equals(Buffer.from(content))]).toEqual([file, true]);
        const left = [...found.keys()].filter((file) => now[file] === undefined);
        expect(left).toEqual([]);
        await removeTree(target);
      }
    },
    120_000 + KILLS * 15_000,
  );

  test('what a run made stays while it runs, and goes with the next one when it was killed', async () => {
    const names = Array.from({ length: 9 }, (_, i) => `f${i}`);
    for (const name of [...names, 'last']) s3.server.putObject(bucket, `p/${name}`, name);
    const target = join(directory, 'target');
    const args = ['sync', `s3://${bucket}/p`, target, '--index', 'none'];
    const where = { cwd: directory, env: reach(s3) };
    const unfinished = async (): Promise<readonly string[]> =>
      [...(await readTree(target)).keys()].filter((file) => file.includes('.s3ds-')).sort();
    let killed: () => void = () => undefined;
    const during: { left: readonly string[]; beside?: Ended; after?: readonly string[] } = { left: [] };
    let isFirst = true;
    const remove = s3.server.before({ operation: 'GetObject', key: 'p/last' }, async () => {
      if (!isFirst) return;
      isFirst = false;
      during.left = await unfinished();
      during.beside = await runCli(dist, args, where);
      during.after = await unfinished();
      killed();
    });
    await runCli(dist, [...args, '--delay-updates', '--concurrency', '1'], {
      ...where,
      started: (child) => {
        killed = () => child.kill('SIGKILL');
      },
    });
    remove();
    expect(during.left).toHaveLength(9);
    expect(during.beside).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('9 unfinished files (1 MiB) of other downloads, which may still go on'),
    });
    expect([during.after, await unfinished()]).toEqual([during.left, during.left]);

    // A container has numbers of its own, in which the one that was killed says nothing.
    const contained = await run(
      'unshare',
      ['--pid', '--fork', '--mount-proc', process.execPath, join(dist, 'cli.js'), ...args],
      where,
    ).catch(() => undefined);
    if (contained?.status === 0) expect(await unfinished()).toEqual(during.left);

    const next = await succeeded(runCli(dist, args, where));
    expect(next.stdout).toContain('9 unfinished files (1 MiB) of interrupted downloads removed');
    expect([...(await readTree(target)).keys()].sort()).toEqual([...names, 'last']);
  });

  describe('large objects among others', () => {
    const IMAGE = noise(75 * MIB, 11);

    async function publish(): Promise<string> {
      const contents: Record<string, string | Buffer> = { image: IMAGE, large: noise(20 * MIB, 12) };
      for (let i = 0; i < 12; i++) contents[`medium/${i}`] = noise(100_000 * (i + 1), 20 + i);
      const tree = await writeTree(contents, join(directory, 'tree'));
      await succeeded(cli(s3, 'sync', tree, `s3://${bucket}/p`));
      return tree;
    }

    afterEach(() => s3.server.faults.clear());

    test('whose ranges come in any order, late, cut short and anew: each file is its object', async () => {
      const tree = await publish();
      const match = { operation: 'GetObject' } as const;
      s3.server.faults.add({ match, probability: 0.4, fault: { kind: 'delay', ms: 80 } });
      s3.server.faults.add({ match, probability: 0.1, fault: { kind: 'truncate' } });
      await succeeded(cli(s3, 'sync', `s3://${bucket}/p`, 'copy'));
      await expectSame(tree, join(directory, 'copy'));
    });

    test('of which some ranges are there from an earlier run: those are not fetched again', async () => {
      const tree = await publish();
      const match = { operation: 'GetObject', key: 'p/image' } as const;
      s3.server.faults.add({ match, nth: [7, 8, 9, 10], fault: { kind: 'error', code: 'AccessDenied' } });
      const failed = await cli(s3, 'sync', `s3://${bucket}/p`, 'copy');
      expect({ status: failed.status, isThere: await isThere(join(directory, 'copy/image')) }).toEqual({
        status: 1,
        isThere: false,
      });
      s3.server.faults.clear();
      const ranges = s3.server.faults.add({ match, times: 0, fault: { kind: 'delay', ms: 0 } });
      await succeeded(cli(s3, 'sync', `s3://${bucket}/p`, 'copy'));
      await expectSame(tree, join(directory, 'copy'));
      expect(ranges.matched).toBeGreaterThan(0);
      expect(ranges.matched).toBeLessThan(Math.ceil(IMAGE.length / (8 * MIB)));
    });

    test('one of which is not what it says: the old file stays, and the others are there', async () => {
      await publish();
      const damaged = Buffer.from(IMAGE);
      damaged[40 * MIB] = (damaged[40 * MIB] ?? 0) ^ 1;
      const headers = { 'x-amz-meta-s3cmd-attrs': `md5:${md5Of(IMAGE)}` };
      const etag = multipartETag([md5Of(IMAGE)]);
      s3.server.putObject(bucket, 'p/image', damaged, { headers, etag });
      await writeTree({ image: 'old' }, join(directory, 'copy'));
      const ended = await cli(s3, 'sync', `s3://${bucket}/p`, 'copy', '--overwrite', 'always');
      expect([ended.status, ended.stderr]).toEqual([
        1,
        expect.stringMatching(
          /image: the bytes that arrived are not those that its (ETag|metadata) names, twice/,
        ),
      ]);
      const found = await readTree(join(directory, 'copy'));
      expect(found.get('image')?.toString()).toBe('old');
      expect([...found.keys()].filter((file) => file.includes('.s3ds-'))).toEqual([]);
      expect(found.size).toBe(14);
    });
  });

  test('D14: a home directory, by HOME or by the system, is refused with delete-after whatever the limit', async () => {
    s3.server.putObject(bucket, 'p/a', 'a');
    const cwd = join(directory, 'home');
    await mkdir(cwd);
    const into = (target: string, ...more: readonly string[]): Promise<Ended> => {
      const args = ['sync', `s3://${bucket}/p`, target, '--delete-after', '--max-delete', 'none', ...more];
      return runCli(dist, [...args, '--index', 'none'], { cwd, env: reach(s3) });
    };
    const home = await into('.');
    const above = await into('..', '--dry-run');
    // HOME is `cwd`: as in a container's job, where it is none of root's.
    const known = await into(userInfo().homedir, '--dry-run');
    expect([home.status, above.status, known.status]).toEqual([4, 4, 4]);
    expect(home.stderr).toContain('name a directory of its own');
    expect(await Promise.all([cwd, directory].map((at) => isThere(join(at, 'a'))))).toEqual([false, false]);
  });

  test('a target that cannot be written to: one clear line', async () => {
    if (process.getuid?.() !== 0) return;
    for (let i = 0; i < 20; i++) s3.server.putObject(bucket, `p/f${i}`, `${i}`);
    const target = join(directory, 'target');
    await mkdir(target);
    await chmod(directory, 0o755);
    await command('chmod', ['-R', 'a+rX', join(dist, '..')]);
    const ended = await runCli(dist, ['sync', `s3://${bucket}/p`, target, '--index', 'none'], {
      cwd: directory,
      env: reach(s3),
      uid: 65534,
    });
    expect(ended.status).toBe(4);
    const lines = ended.stderr.trim().split('\n');
    expect(lines).toEqual([expect.stringContaining("target' (EACCES): nothing was written")]);
    expect(await readTree(target)).toEqual(new Map());
    const absent = await runCli(
      dist,
      ['sync', `s3://${bucket}/p`, join(target, 'deep/er'), '--index', 'none'],
      { cwd: directory, env: reach(s3), uid: 65534 },
    );
    expect(absent.status).toBe(4);
    expect(absent.stderr).toContain("deep/er' cannot be made (EACCES): nothing was written");
    expect(absent.stderr.trim().split('\n')).toHaveLength(1);
  });

  test('what nobody but its owner could change is no obstacle: read-only files are copied, those of others replaced', async () => {
    if (process.getuid?.() !== 0) return;
    const target = join(directory, 'target');
    await writeTree({ old: 'same', x: 'one', y: 'two', theirs: 'kept' }, target);
    await chmod(directory, 0o755);
    for (const name of ['.', 'old', 'x', 'y']) await chown(join(target, name), 65534, 65534);
    for (const name of ['old', 'x', 'y']) await chmod(join(target, name), 0o444);
    await chmod(join(target, 'theirs'), 0o644);
    await command('chmod', ['-R', 'a+rX', join(dist, '..')]);
    const told = (content: string, mode: number) => ({
      headers: { 'x-amz-meta-s3cmd-attrs': `md5:${md5Of(Buffer.from(content))}/mode:${mode}` },
    });
    for (const name of ['old', 'new']) s3.server.putObject(bucket, `p/${name}`, 'same');
    s3.server.putObject(bucket, 'p/x', 'two');
    s3.server.putObject(bucket, 'p/y', 'one');
    s3.server.putObject(bucket, 'p/theirs', 'kept', told('kept', 0o100600));
    for (const name of ['a', 'b']) s3.server.putObject(bucket, `p/${name}`, 'none', told('none', 0o100000));
    const args = ['sync', `s3://${bucket}/p`, target, '--preserve', '--index', 'none'];
    await succeeded(runCli(dist, args, { cwd: directory, env: reach(s3), uid: 65534 }));
    const contents = { old: 'same', new: 'same', x: 'two', y: 'one', theirs: 'kept', a: 'none', b: 'none' };
    for (const [name, content] of Object.entries(contents))
      expect([name, await readFile(join(target, name), 'utf8')]).toEqual([name, content]);
    expect((await stat(join(target, 'theirs'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(target, 'b'))).mode & 0o777).toBe(0);
  });

  test('no room left: said so, the old files stay, and nothing half is left of small ones', async () => {
    const target = join(directory, 'small');
    await mkdir(target);
    const mounted = await command('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', target]).then(
      () => true,
      () => false,
    );
    if (!mounted) return;
    try {
      await writeFile(join(target, 'met'), 'old');
      for (let i = 0; i < 3; i++) s3.server.putObject(bucket, `p/f${i}`, noise(700_000, i + 1));
      s3.server.putObject(bucket, 'p/met', noise(900_000, 9));
      s3.server.putObject(bucket, 'p/big', noise(9 * MIB, 9));
      const ended = await cli(s3, 'sync', `s3://${bucket}/p`, target, '--concurrency', '1');
      expect(ended.status).toBe(1);
      expect(ended.stderr).toMatch(/there is no room for it \(ENOSPC\): free some, and run again/);
      expect(await readFile(join(target, 'met'), 'utf8')).toBe('old');
      const whole = new Set([0, 1, 2].map((i) => noise(700_000, i + 1).toString('hex')));
      for (const [file, bytes] of await readTree(target)) {
        if (/^f\d$/.test(file)) expect([file, whole.has(bytes.toString('hex'))]).toEqual([file, true]);
      }
    } finally {
      await command('umount', [target]);
    }
  });

  test('the action: outputs, summary, and a report as its schema has it', async () => {
    for (const [key, content] of Object.entries({
      a: 'one',
      b: 'one',
      'c/d': 'two',
      met: 'met',
      moved: 'here',
    }))
      s3.server.putObject(bucket, `p/${key}`, content);
    await writeTree({ met: 'met', 'was here': 'here', gone: 'gone' }, join(directory, 'out'));
    const inputs = {
      source: `s3://${bucket}/p`,
      destination: 'out',
      'delete-after': 'true',
      'local-duplicates': 'link',
      report: 'report.json',
    };
    const ended = await runAction(dist, inputs, { cwd: directory, env: reach(s3) });
    expect({ status: ended.status, outputs: ended.outputs }).toMatchObject({
      status: 0,
      outputs: {
        status: 'done',
        changed: 'true',
        'downloaded-files': '2',
        'downloaded-bytes': '6',
        'linked-files': '2',
        'copied-files': '0',
        'unchanged-files': '1',
        'deleted-files': '2',
        'failed-files': '0',
        'uploaded-files': '0',
      },
    });
    expect(ended.summary).toContain('out');
    expect(ended.summary).toMatch(/downloaded/i);
    expect(ended.summary).toMatch(/linked/i);
    const schema = JSON.parse(await readFile('docs/report.schema.json', 'utf8')) as Schema;
    const report = JSON.parse(await readFile(join(directory, 'report.json'), 'utf8')) as unknown;
    expect(faults(schema, schema, report)).toEqual([]);
    expect(report).toMatchObject({
      source: `s3://${bucket}/p/`,
      destinations: [{ url: join(directory, 'out') }],
    });
    await rm(join(directory, 'out/met'));
    const check = await runAction(dist, { ...inputs, command: 'check' }, { cwd: directory, env: reach(s3) });
    expect([check.status, check.outputs.status, check.outputs.changed]).toEqual([3, 'different', 'true']);
    const checked = JSON.parse(await readFile(join(directory, 'report.json'), 'utf8')) as unknown;
    expect(faults(schema, schema, checked)).toEqual([]);
  });
});
