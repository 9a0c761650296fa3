import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startS3Server } from './s3-server/index.js';

/**
 * Publishes the example site twice to the embedded S3 server, with some files renamed in between, and shows
 * the log and the job summary of both runs. Needs Node alone.
 */
const repository = join(dirname(fileURLToPath(import.meta.url)), '../..');

async function demo(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 's3-dedup-sync-demo-'));
  const site = join(directory, 'public');
  const server = await startS3Server({ buckets: ['demo'] });
  try {
    await cp(join(repository, 'dev/example-site'), site, { recursive: true });
    heading('First run: everything is new. Two names of one chart, two of one picture: each is sent once.');
    await publish(directory, server.endpoint);

    await rename(join(site, 'downloads'), join(site, 'files'));
    await rename(join(site, 'docs/keepers.html'), join(site, 'docs/for-keepers.html'));
    heading('Second run: downloads/ is now files/, a page has another name. Nothing is sent.');
    await publish(directory, server.endpoint);
  } finally {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Runs the bundled action as the runner would: inputs and the files for outputs and summary in the environment. */
async function publish(directory: string, endpoint: string): Promise<void> {
  const summary = join(directory, `summary-${process.hrtime.bigint()}.md`);
  const files = {
    GITHUB_STEP_SUMMARY: summary,
    GITHUB_OUTPUT: `${summary}.out`,
    GITHUB_STATE: `${summary}.state`,
  };
  for (const path of Object.values(files)) await cp('/dev/null', path).catch(() => undefined);
  const inputs: Readonly<Record<string, string>> = {
    paths: 'public',
    bucket: 's3://demo/site',
    'delete-after': 'true',
    'max-delete': 'none',
    'endpoint-url': endpoint,
    region: 'us-east-1',
    index: 'none',
  };
  await new Promise<void>((resolve, reject) => {
    const child = spawn(process.execPath, [join(repository, 'dist/index.js')], {
      cwd: directory,
      stdio: 'inherit',
      env: {
        PATH: process.env.PATH,
        AWS_ACCESS_KEY_ID: 'demo',
        AWS_SECRET_ACCESS_KEY: 'demo-secret',
        RUNNER_TEMP: directory,
        ...files,
        ...Object.fromEntries(
          Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
        ),
      },
    });
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the action ended with ${code}`))));
  });
  console.log('\n--- the job summary, in Markdown ---\n');
  console.log(await readFile(summary, 'utf8'));
}

function heading(text: string): void {
  console.log(`\n=== ${text}\n`);
}

await demo();
