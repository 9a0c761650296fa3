import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { type S3Server, type S3ServerOptions, startS3Server } from '../../dev/s3-server/index.js';

/** An S3 server that a test may talk to, whatever it is made of. */
export interface TestServer {
  readonly name: string;
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** The name of a fresh, empty bucket. */
  bucket(): Promise<string>;
  stop(): Promise<void>;
}

export interface EmbeddedTestServer extends TestServer {
  /** The state, the log, the faults: see dev/s3-server. */
  readonly server: S3Server;
}

/** A real server that may be installed on this machine. */
export interface RealServer {
  readonly name: RealServerName;
  /** Why its tests are skipped; undefined when it is installed. */
  readonly absent: string | undefined;
  start(): Promise<TestServer>;
}

export type RealServerName = 'seaweedfs' | 'versitygw' | 'minio';

const REGION = 'us-east-1';
const ACCESS_KEY = 'test-access-key';
const SECRET_KEY = 'test-secret-key';

export async function embedded(options: S3ServerOptions = {}): Promise<EmbeddedTestServer> {
  const server = await startS3Server({ region: REGION, ...options });
  let buckets = 0;
  return {
    name: `embedded ${server.profile}`,
    endpoint: server.endpoint,
    region: server.region,
    accessKeyId: ACCESS_KEY,
    secretAccessKey: SECRET_KEY,
    server,
    bucket: async () => {
      const name = `bucket-${++buckets}`;
      server.createBucket(name);
      return name;
    },
    stop: () => server.stop(),
  };
}

export async function seaweedfs(): Promise<TestServer> {
  const directory = temporaryDirectory('seaweedfs');
  const [master, volume, filer, s3] = await freePorts(4);
  const identity = {
    name: 'test',
    credentials: [{ accessKey: ACCESS_KEY, secretKey: SECRET_KEY }],
    actions: ['Admin', 'Read', 'Write', 'List', 'Tagging'],
  };
  await writeFile(join(directory, 's3.json'), JSON.stringify({ identities: [identity] }));
  await mkdir(join(directory, 'data'));
  const command = [
    required('seaweedfs'),
    'server',
    `-dir=${join(directory, 'data')}`,
    '-ip=127.0.0.1',
    `-master.port=${master}`,
    '-master.telemetry=false',
    '-master.volumeSizeLimitMB=1024',
    `-volume.port=${volume}`,
    '-volume.max=20',
    `-filer.port=${filer}`,
    `-filer.localSocket=${join(directory, 'filer.sock')}`,
    '-s3',
    `-s3.port=${s3}`,
    '-s3.port.iceberg=0',
    '-s3.port.lance=0',
    `-s3.localSocket=${join(directory, 's3.sock')}`,
    `-s3.config=${join(directory, 's3.json')}`,
  ];
  return start('seaweedfs', s3!, directory, command, {});
}

export async function versitygw(): Promise<TestServer> {
  const directory = temporaryDirectory('versitygw');
  const [port] = await freePorts(1);
  await mkdir(join(directory, 'data'));
  await mkdir(join(directory, 'versions'));
  const posix = ['posix', '--versioning-dir', join(directory, 'versions'), join(directory, 'data')];
  const command = [required('versitygw'), '--port', `127.0.0.1:${port}`, ...posix];
  const environment = { ROOT_ACCESS_KEY: ACCESS_KEY, ROOT_SECRET_KEY: SECRET_KEY };
  return start('versitygw', port!, directory, command, environment);
}

export async function minio(): Promise<TestServer> {
  const directory = temporaryDirectory('minio');
  const [port, console] = await freePorts(2);
  await mkdir(join(directory, 'data'));
  const address = ['--address', `127.0.0.1:${port}`, '--console-address', `127.0.0.1:${console}`];
  const command = [required('minio'), 'server', ...address, join(directory, 'data')];
  const environment = { MINIO_ROOT_USER: ACCESS_KEY, MINIO_ROOT_PASSWORD: SECRET_KEY, MINIO_BROWSER: 'off' };
  return start('minio', port!, directory, command, environment);
}

const BINARIES: Readonly<Record<RealServerName, { readonly file: string; readonly variable: string }>> = {
  seaweedfs: { file: 'weed', variable: 'S3DS_WEED' },
  versitygw: { file: 'versitygw', variable: 'S3DS_VERSITYGW' },
  minio: { file: 'minio', variable: 'S3DS_MINIO' },
};

export const realServers: readonly RealServer[] = [
  { name: 'seaweedfs', absent: reasonOfAbsence('seaweedfs'), start: seaweedfs },
  { name: 'versitygw', absent: reasonOfAbsence('versitygw'), start: versitygw },
  { name: 'minio', absent: reasonOfAbsence('minio'), start: minio },
];

function reasonOfAbsence(name: RealServerName): string | undefined {
  if (findBinary(name) !== undefined) return undefined;
  const { file, variable } = BINARIES[name];
  const argument = name === 'minio' ? ' minio' : '';
  return `no ${file}: run dev/install-servers.sh${argument} or set ${variable}`;
}

function required(name: RealServerName): string {
  const binary = findBinary(name);
  if (binary === undefined) throw new Error(reasonOfAbsence(name));
  return binary;
}

/** An environment variable that is set decides alone, so that a wrong path is not silently replaced. */
function findBinary(name: RealServerName): string | undefined {
  const { file, variable } = BINARIES[name];
  const given = process.env[variable];
  if (given !== undefined && given !== '') return isExecutable(given) ? given : undefined;
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const goBin =
    process.env.GOBIN ?? join(process.env.GOPATH?.split(delimiter)[0] ?? join(homedir(), 'go'), 'bin');
  const directories = [
    join(root, '.cache', 'servers', 'bin'),
    ...(process.env.PATH ?? '').split(delimiter),
    goBin,
  ];
  return directories.map((directory) => join(directory, file)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function temporaryDirectory(name: string): string {
  return mkdtempSync(join(tmpdir(), `s3ds-${name}-`));
}

/**
 * The shell is the watchdog: its standard input ends when this process does, however it ends, and then the server
 * and its directory go. A handler in this process would not run when jest is killed.
 */
const WATCHDOG = `
directory=$1; shift
exec 3<&0
"$@" </dev/null >"$directory/log" 2>&1 3<&- &
server=$!
cat <&3 >/dev/null
kill -9 $server 2>/dev/null
wait $server 2>/dev/null
rm -rf "$directory"
`;

async function start(
  name: RealServerName,
  port: number,
  directory: string,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<TestServer> {
  const child = spawn('sh', ['-c', WATCHDOG, 'watchdog', directory, ...command], {
    env: { ...process.env, ...environment },
    // Interrupting jest at a terminal must reach jest alone, or the watchdog is gone before it has cleaned up.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new S3Client({
    endpoint,
    region: REGION,
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
  });
  let buckets = 0;
  const bucket = async (): Promise<string> => {
    const fresh = `bucket-${++buckets}`;
    await client.send(new CreateBucketCommand({ Bucket: fresh }));
    return fresh;
  };
  const stop = async (): Promise<void> => {
    client.destroy();
    await stopWatchdog(child);
    await rm(directory, { recursive: true, force: true });
  };
  await untilReady(name, bucket, directory, stop);
  return {
    name,
    endpoint,
    region: REGION,
    accessKeyId: ACCESS_KEY,
    secretAccessKey: SECRET_KEY,
    bucket,
    stop,
  };
}

async function stopWatchdog(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.stdin?.end();
  await ended;
}

/** Ready is when a bucket can be made: SeaweedFS listens seconds before its volumes can take a byte. */
async function untilReady(
  name: string,
  bucket: () => Promise<string>,
  directory: string,
  stop: () => Promise<void>,
): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      await bucket();
      return;
    } catch (error) {
      if (Date.now() > deadline) {
        const log = readFileSync(join(directory, 'log'), 'utf8').slice(-2000);
        await stop();
        throw new Error(`${name} did not start: ${log}`, { cause: error });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Ports that were found free here. */
const given = new Set<number>();

/**
 * SeaweedFS opens the port 10,000 above each of its ports as well; both stay below 32,768, where Linux begins to
 * hand out ports to outgoing connections. Each of nine workers of jest has a share of its own, and none gives a port twice:
 * what was found free nobody else takes before the server does.
 */
async function freePorts(count: number): Promise<readonly number[]> {
  const share = 300;
  const first = 20_000 + (Number(process.env.JEST_WORKER_ID ?? 0) % 9) * share;
  const found: number[] = [];
  while (found.length < count) {
    const port = first + Math.floor(Math.random() * share);
    if (given.has(port)) continue;
    given.add(port);
    if ((await isFree(port)) && (await isFree(port + 10_000))) found.push(port);
  }
  return found;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
