import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { forEachConcurrent } from '../src/model/concurrency.js';
import { base64OfMd5, type ETag, type Md5, md5Of } from '../src/model/digest.js';
import { type ObjectKey, parsePrefix } from '../src/model/object-key.js';
import type { ObjectStore } from '../src/store/object-store.js';
import { openStore } from '../src/store/open.js';

/**
 * What one small request costs by the SDK's commands and by the lean path:
 *
 *     npm run compile && node build/benchmarks/requests.js
 *
 * The embedded server runs in another process, so that the CPU of this one is the client's. The paths take turns,
 * since other work on the machine comes and goes; the table has medians. One round of each is not counted: it is
 * where the code gets compiled.
 */
const { values } = parseArgs({
  options: {
    objects: { type: 'string', default: '5000' },
    bytes: { type: 'string', default: '20000' },
    latency: { type: 'string', default: '20' },
    'in-flight': { type: 'string', default: '64' },
    rounds: { type: 'string', default: '5' },
  },
});
const objects = Number(values.objects);
const inFlight = Number(values['in-flight']);
const signal = new AbortController().signal;
// As the engine does: each request listens to it.
setMaxListeners(0, signal);

const PATHS = ['sdk', 'lean'] as const;
type Path = (typeof PATHS)[number];

/** Milliseconds. */
interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

interface Round {
  readonly put: Cost;
  readonly list: Cost;
  readonly copy: Cost;
  readonly requests: Readonly<Record<string, number>>;
}

async function main(): Promise<void> {
  const server = await startServer();
  try {
    const rounds: Record<Path, Round[]> = { sdk: [], lean: [] };
    for (let i = 0; i <= Number(values.rounds); i++) {
      for (const path of PATHS) {
        const round = await run(server.endpoint, path, `${path}-${i}`);
        if (i > 0) rounds[path].push(round);
      }
    }
    console.log(
      `${objects} objects of ${values.bytes} bytes, ${values.latency} ms latency, ${inFlight} in flight, ${values.rounds} rounds\n`,
    );
    console.log('| what | path | wall s | CPU s | CPU ms a request | of the SDK: wall, CPU | requests |');
    console.log('| --- | --- | --: | --: | --: | --- | --- |');
    for (const what of ['put', 'copy', 'list'] as const) {
      const cost = (path: Path, of: keyof Cost): number =>
        median(rounds[path].map((round) => round[what][of]));
      for (const path of PATHS) {
        const [wall, cpu] = [cost(path, 'wall'), cost(path, 'cpu')];
        const operation = { put: 'PutObject', copy: 'CopyObject', list: 'ListObjectsV2' }[what];
        const requests = rounds[path].at(-1)?.requests[operation] ?? 0;
        const ratio = `${(wall / cost('sdk', 'wall')).toFixed(2)}, ${(cpu / cost('sdk', 'cpu')).toFixed(2)}`;
        console.log(
          `| ${what} | ${path} | ${(wall / 1000).toFixed(2)} | ${(cpu / 1000).toFixed(2)} | ${(cpu / requests).toFixed(3)} | ${ratio} | ${requests} |`,
        );
      }
    }
  } finally {
    server.child.kill();
  }
}

async function startServer(): Promise<{ readonly endpoint: string; readonly child: ChildProcess }> {
  const script = join(dirname(fileURLToPath(import.meta.url)), '../dev/s3-server/main.js');
  const args = [script, '--bucket', 'requests', '--latency', values.latency, '--discard-bodies'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (chunk) => resolve(String(chunk)));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return { endpoint: line.split(' ')[1] ?? '', child };
}

async function run(endpoint: string, path: Path, prefix: string): Promise<Round> {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's', S3DS_REQUESTS: path });
  const { store } = await openStore(
    {
      destination: { bucket: 'requests', prefix: parsePrefix(prefix) },
      connection: {
        region: 'us-east-1',
        endpointUrl: endpoint,
        allowedAccountIds: [],
        requesterPays: false,
        concurrency: inFlight,
        maxAttempts: 5,
        connectTimeoutMs: 10_000,
        readTimeoutMs: 60_000,
      },
      writeHeaders: {},
    },
    () => undefined,
    signal,
  );
  const keys = Array.from({ length: objects }, (_, i) => `${prefix}/assets/${i % 100}/${i}.js` as ObjectKey);
  const bodies = keys.map(() => randomBytes(Number(values.bytes)));
  const put = await measured(() =>
    forEachConcurrent([...keys.entries()], inFlight, ([i, key]) => putOne(store, key, bodies[i]!)),
  );
  const list = await measured(async () => {
    let listed = 0;
    for await (const page of store.list(parsePrefix(prefix), signal)) listed += page.length;
    if (listed !== objects) throw new Error(`${listed} objects are listed, ${objects} were put`);
  });
  const copy = await measured(() =>
    forEachConcurrent([...keys.entries()], inFlight, ([i, key]) => copyOne(store, key, bodies[i]!)),
  );
  return { put, list, copy, requests: store.requests() };
}

async function putOne(store: ObjectStore, key: ObjectKey, body: Buffer): Promise<void> {
  const md5 = md5Of(body);
  const condition = { ifNoneMatch: '*' } as const;
  await store.put({ key, body, md5, headers: headersOf(md5), condition }, signal);
}

async function copyOne(store: ObjectStore, from: ObjectKey, body: Buffer): Promise<void> {
  const md5 = md5Of(body);
  const source = { key: from, etag: md5 as string as ETag, size: body.length };
  const request = { key: `${from}.copy` as ObjectKey, source, md5, headers: headersOf(md5) };
  await store.copy({ ...request, condition: { ifNoneMatch: '*' } }, signal);
}

function headersOf(md5: Md5) {
  return {
    contentType: 'text/javascript; charset=utf-8',
    metadata: { 's3cmd-attrs': `md5:${md5}`, md5chksum: base64OfMd5(md5) },
  };
}

async function measured(work: () => Promise<void>): Promise<Cost> {
  const [started, used] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(used);
  return { wall: performance.now() - started, cpu: (user + system) / 1000 };
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

await main();
