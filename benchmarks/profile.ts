import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { awsEnvironment } from '../dev/peers.js';
import { makeTree } from './make-tree.js';
import { measure, repository } from './measure.js';
import { ServerProcess } from './server.js';

/**
 * Where the CPU of publishing 5,000 files goes, by the SDK's commands and by the lean path:
 *
 *     npm run compile && node build/benchmarks/profile.js
 *
 * Samples of V8's profiler over all threads, by the place of the function that ran; what is native counts to the
 * function of Node that names it. It is the compiled source that runs, not
 * the bundle, since that has one file where the source has a hundred.
 */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  readonly samples: readonly number[];
}

const IDLE = 'idle';
const REST = 'the rest';
/** The first that matches `url function` has it. */
const AREAS: readonly (readonly [string, RegExp])[] = [
  [IDLE, / \(idle\)$/],
  ['garbage collection', / \(garbage collector\)$/],
  ['loading modules', /internal\/modules| compileSourceTextModule$| compileForInternalLoader$| wrapSafe$/],
  ['the SDK and its signer', /node_modules\/@(aws-sdk|smithy|aws-crypto)\//],
  ['other packages', /node_modules\//],
  ['hashes', /internal\/crypto|node:crypto|^ (update|digest|Hash|Hmac)$/],
  ['files', /node:fs|internal\/fs|^ (open|openFileHandle|close|read|fstat|lstat|readdir|realpath)$/],
  [
    'node:http and sockets',
    /node:_http|node:net|node:internal\/(streams|url|stream_base)|node:(stream|events|url)|^ (writev|writeLatin1String|writeUtf8String|writeBuffer|readStart)$/,
  ],
  ['promises, timers, threads', /task_queues|async_hooks|timers|worker|messag|per_context|^ runMicrotasks$/i],
  ['our store', /build\/src\/store\//],
  ['our engine', /build\/src\//],
];

/** What is profiled, one after the other; the last finds what the one before it published. */
const RUNS = [
  { name: 'sdk, fresh', path: 'sdk' },
  { name: 'lean, fresh', path: 'lean' },
  { name: 'lean, nothing changed', path: 'lean' },
] as const;

async function main(): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 's3ds-profile-'));
  const server = await ServerProcess.start({ latency: 20, discardBodies: true });
  try {
    const tree = makeTree({ kind: 'site', files: 5000, bytes: 107_000_000 }, join(work, 'tree'), false);
    const profiles: ReadonlyMap<string, number>[] = [];
    for (const { name, path } of RUNS) {
      const home = join(work, name);
      mkdirSync(home);
      profiles.push(await profile(home, tree.root, server, path));
    }
    console.log(
      `| CPU, s | ${RUNS.map(({ name }) => name).join(' | ')} |\n| --- |${' --: |'.repeat(RUNS.length)}`,
    );
    for (const [area] of [...AREAS, [REST]]) {
      if (area !== IDLE) console.log(row(area, profiles, (seconds) => seconds.get(area) ?? 0));
    }
    console.log(row('all', profiles, (seconds) => total(seconds)));
  } finally {
    await server.stop();
    rmSync(work, { recursive: true });
  }
}

function row(
  name: string | undefined,
  profiles: readonly ReadonlyMap<string, number>[],
  of: (seconds: ReadonlyMap<string, number>) => number,
): string {
  return `| ${name} | ${profiles.map((seconds) => of(seconds).toFixed(2)).join(' | ')} |`;
}

function total(of: ReadonlyMap<string, number>): number {
  return [...of.values()].reduce((sum, value) => sum + value, 0);
}

/** Seconds of CPU by area: what the process used, shared out as the samples say. */
async function profile(
  home: string,
  tree: string,
  { access, bucket }: ServerProcess,
  path: string,
): Promise<ReadonlyMap<string, number>> {
  const directory = join(home, 'profiles');
  const target = ['sync', tree, `s3://${bucket}/${path}`, '--index', 'none'];
  const args = ['--cpu-prof', '--cpu-prof-dir', directory, join(repository, 'build/src/cli.js'), ...target];
  const env = { ...awsEnvironment(access), AWS_ENDPOINT_URL_S3: access.endpoint, S3DS_REQUESTS: path };
  const { cpu } = await measure({ file: process.execPath, args, env }, home);
  const samples = new Map<string, number>();
  for (const file of readdirSync(directory)) {
    const profiled = JSON.parse(readFileSync(join(directory, file), 'utf8')) as CpuProfile;
    const frames = new Map(profiled.nodes.map(({ id, callFrame }) => [id, callFrame]));
    for (const id of profiled.samples) {
      const area = areaOf(frames.get(id));
      if (area !== IDLE) samples.set(area, (samples.get(area) ?? 0) + 1);
    }
  }
  const all = total(samples);
  return new Map([...samples].map(([area, count]) => [area, (cpu * count) / all]));
}

function areaOf(frame: CpuProfile['nodes'][number]['callFrame'] | undefined): string {
  const where = `${frame?.url} ${frame?.functionName}`;
  return AREAS.find(([, pattern]) => pattern.test(where))?.[0] ?? REST;
}

await main();
