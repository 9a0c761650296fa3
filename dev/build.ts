/**
 * Bundles the compiled program into dist: `index.js`, the action, which `post.js` starts as its post step, and `cli.js`,
 * the command line, each with what it needs, so that a copy of dist alone runs. Two bundles, two folders: ncc numbers its chunks, and two in one folder
 * would overwrite each other. The output depends on the sources and the lock file alone.
 */
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { VERSION } from '../src/console/version.js';
import { bundledBy, licencesOf, type Stats } from './bundled.js';

interface Bundle {
  readonly code: string;
  readonly assets: Readonly<Record<string, { readonly source: string | Uint8Array }>>;
  readonly stats: Stats;
}

type Ncc = (entry: string, options: Readonly<Record<string, unknown>>) => Promise<Bundle>;

const root = process.cwd();
const dist = join(root, 'dist');

const { default: ncc } = (await import('@vercel/ncc' as string)) as { readonly default: Ncc };

const OPTIONS = {
  cache: false,
  quiet: true,
  minify: false,
  sourceMap: false,
  target: 'es2023',
} as const;

/** ncc copies a package.json per folder; ours decides for all of dist. */
const NOT_NEEDED: ReadonlySet<string> = new Set(['package.json']);

/** The thread that digests, reached by `new Worker(new URL('./digest-worker.js', import.meta.url))`. */
const WORKER = 'build/src/sync/digest-worker.js';

/**
 * ncc emits what stands in a `new URL` as a plain file. Its `-a` would bundle the worker, but for a file with
 * private methods, which its parser does not know, it falls back to a plain copy without a word. So the copy is
 * recognised by its bytes, whatever its name, and a bundle of it takes its place.
 */
async function bundle(entry: string, folder: string): Promise<void> {
  const { code, assets, stats } = await ncc(join(root, entry), OPTIONS);
  const raw = await readFile(join(root, WORKER));
  const worker = await ncc(join(root, WORKER), OPTIONS);
  const chunks = Object.keys(worker.assets).filter((name) => name.endsWith('.js'));
  if (chunks.length > 0) throw new Error(`the worker's bundle has chunks: ${chunks.join(', ')}`);
  let workers = 0;
  await put(join(folder, 'index.js'), code);
  for (const [name, { source }] of Object.entries(assets)) {
    const isWorker = Buffer.from(source).equals(raw);
    if (isWorker) workers++;
    if (!NOT_NEEDED.has(name)) await put(join(folder, name), isWorker ? worker.code : source);
  }
  await put(join(folder, 'licenses.txt'), await licencesOf(bundledBy(stats), root));
  if (workers !== 1) throw new Error(`${entry}: ${workers} copies of the worker were emitted, 1 is needed`);
}

/** A bundle that names the machine it was built on could not be rebuilt elsewhere, and tells what it should not. */
async function put(path: string, source: string | Uint8Array): Promise<void> {
  const bytes = Buffer.from(source);
  if (bytes.includes(root)) throw new Error(`${path} would hold the path ${root}`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
  readonly version: string;
};
if (version !== VERSION)
  throw new Error(`package.json says ${version}, the source ${VERSION}: npm run generate`);

await rm(dist, { recursive: true, force: true });
await bundle('build/src/index.js', dist);
await bundle('build/src/cli.js', join(dist, 'cli'));
await put(join(dist, 'package.json'), '{ "type": "module" }\n');
await put(join(dist, 'post.js'), "process.argv[2] = 'post';\nawait import('./index.js');\n");
await put(join(dist, 'cli.js'), "#!/usr/bin/env node\nimport './cli/index.js';\n");
await chmod(join(dist, 'cli.js'), 0o755);
