import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startS3Server } from '../dev/s3-server/index.js';

/**
 * Publishes real trees with the bundle and says what travelled:
 *
 *     npm run compile && node build/benchmarks/trees.js
 *
 * Each tree is published three times: fresh; from a fresh copy with new times and no index; with its last
 * directory renamed. To the embedded server, or where AWS_ENDPOINT_URL_S3 and S3DS_BUCKET say. Bytes sent must
 * equal the distinct bytes the first time and be none after; the command fails otherwise.
 */
const repository = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** Prints the peak of resident memory when the process ends. KiB. */
const PRELOAD = `data:text/javascript,process.on('exit',()=>process.stderr.write('maxrss '+process.resourceUsage().maxRSS+'\\n'))`;

interface Run {
  readonly sent: number;
  readonly seconds: number;
  readonly mebibytes: number;
  readonly requests: Readonly<Record<string, number>>;
}

async function main(): Promise<void> {
  const trees: readonly (readonly [string, string])[] = [
    ['time zones', '/usr/share/zoneinfo'],
    ["git's exec path", execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim()],
    ['node_modules', join(repository, 'node_modules')],
  ];
  const bucket = process.env.S3DS_BUCKET ?? 'trees';
  const server =
    process.env.AWS_ENDPOINT_URL_S3 === undefined ? await startS3Server({ buckets: [bucket] }) : undefined;
  const env = {
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 's',
    AWS_REGION: 'us-east-1',
    ...(server === undefined ? {} : { AWS_ENDPOINT_URL_S3: server.endpoint }),
    ...process.env,
  };
  console.log('| tree | run | sent | requests | seconds | MiB |');
  console.log('| --- | --- | --: | --- | --: | --: |');
  for (const [name, source] of trees) {
    const work = await mkdtemp(join(tmpdir(), 's3ds-trees-'));
    try {
      const tree = join(work, 'tree');
      // Links become files: what is published is what they lead to.
      await cp(source, tree, { recursive: true, dereference: true });
      const { files, bytes, distinct } = await survey(tree);
      const url = `s3://${bucket}/${encodeURIComponent(name)}-${process.pid}`;
      const row = (run: string, { sent, requests, seconds, mebibytes }: Run): void => {
        const list = Object.entries(requests).map(([operation, count]) => `${count} ${operation}`);
        console.log(
          `| ${name} | ${run} | ${sent} | ${list.join(', ')} | ${seconds.toFixed(1)} | ${mebibytes} |`,
        );
      };
      const fresh = await publish(work, tree, url, env);
      row(`${files} files, ${bytes} bytes, ${distinct} distinct`, fresh);
      const again = join(work, 'again');
      await cp(tree, again, { recursive: true });
      for (const entry of await entriesOf(again)) await utimes(entry, new Date(), new Date());
      const second = await publish(work, again, url, env);
      row('fresh copy, new times', second);
      const directories = (await readdir(again, { withFileTypes: true })).filter((entry) =>
        entry.isDirectory(),
      );
      const last = directories
        .map((entry) => entry.name)
        .sort()
        .at(-1);
      if (last !== undefined) await rename(join(again, last), join(again, 'renamed'));
      const renamed = await publish(work, again, url, env);
      row(`${last} renamed`, renamed);
      if (fresh.sent !== distinct || second.sent !== 0 || renamed.sent !== 0) process.exitCode = 1;
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  await server?.stop();
}

async function publish(work: string, tree: string, url: string, env: NodeJS.ProcessEnv): Promise<Run> {
  const report = join(work, 'report.json');
  const options = ['--index', 'none', '--delete-after', '--max-delete', 'none', '--report', report];
  const args = ['--import', PRELOAD, join(repository, 'dist/cli.js'), 'sync', tree, url, ...options];
  const started = performance.now();
  const stderr = await new Promise<string>((resolve, reject) => {
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.on('data', (chunk) => (text += chunk));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(text) : reject(new Error(text))));
  });
  const seconds = (performance.now() - started) / 1000;
  const { destinations } = JSON.parse(await readFile(report, 'utf8')) as {
    destinations: readonly { sentBytes: number; requests: Record<string, number> }[];
  };
  const mebibytes = Math.round(Number(/maxrss (\d+)/.exec(stderr)?.[1] ?? 0) / 1024);
  return {
    sent: destinations[0]?.sentBytes ?? -1,
    requests: destinations[0]?.requests ?? {},
    seconds,
    mebibytes,
  };
}

async function entriesOf(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function survey(root: string): Promise<{ files: number; bytes: number; distinct: number }> {
  const seen = new Set<string>();
  const result = { files: 0, bytes: 0, distinct: 0 };
  for (const path of await entriesOf(root)) {
    const { size } = await stat(path);
    const id = `${size} ${createHash('md5')
      .update(await readFile(path))
      .digest('hex')}`;
    result.files++;
    result.bytes += size;
    if (!seen.has(id)) result.distinct += size;
    seen.add(id);
  }
  return result;
}

await main();
