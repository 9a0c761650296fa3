/**
 * What each dependency weighs in dist: the sources that ncc bundles for the action and the command line, by package,
 * and by the dependency of package.json that alone brings them. Prints the table of docs/DEPENDENCIES.md.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bundled, bundledBy, type Stats } from './bundled.js';

type Ncc = (entry: string, options: Readonly<Record<string, unknown>>) => Promise<{ readonly stats: Stats }>;

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dependencies?: Readonly<Record<string, string>> }>>;
}

const root = process.cwd();
const { default: ncc } = (await import('@vercel/ncc' as string)) as { readonly default: Ncc };
const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>;
};
const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as Lock;

async function weigh(entry: string): Promise<Bundled> {
  return bundledBy((await ncc(join(root, entry), { cache: false, quiet: true, target: 'es2023' })).stats);
}

/** The installed packages that a dependency reaches, itself among them. */
function reached(name: string): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    for (const next of Object.keys(packages[path]?.dependencies ?? {})) visit(resolve(path, next));
  };
  visit(`node_modules/${name}`);
  return found;
}

/** As Node looks for it: below the package, then beside it, then further up. */
function resolve(from: string, name: string): string {
  for (
    let place = from;
    place !== '';
    place = place.slice(0, Math.max(0, place.lastIndexOf('/node_modules/')))
  ) {
    if (`${place}/node_modules/${name}` in packages) return `${place}/node_modules/${name}`;
  }
  return `node_modules/${name}`;
}

function kib(bytes: number): string {
  return `${Math.round(bytes / 1024).toLocaleString('en')}`;
}

const bundles = [await weigh('build/src/index.js'), await weigh('build/src/cli.js')];
const reaches = new Map(Object.keys(dependencies).map((name) => [name, reached(name)]));
const bringers = (path: string): readonly string[] =>
  [...reaches].filter(([, paths]) => paths.has(path)).map(([name]) => name);

function row(what: string, itself: string, counts: (path: string) => boolean): string {
  const sums = bundles.map(({ packages: sizes }) => {
    let sum = 0;
    for (const [path, size] of sizes) if (counts(path)) sum += size;
    return kib(sum);
  });
  return `| ${what} | ${itself} | ${sums.join(' | ')} |`;
}

console.log('| KiB of source | itself | action | command line |\n| --- | --- | --- | --- |');
for (const name of reaches.keys()) {
  const itself = Math.max(...bundles.map(({ packages: sizes }) => sizes.get(`node_modules/${name}`) ?? 0));
  console.log(
    row(`\`${name}\`, with what it alone brings`, kib(itself), (path) => bringers(path).join() === name),
  );
}
console.log(row('what several of them bring', '', (path) => bringers(path).length !== 1));
console.log(`| \`src\` | | ${bundles.map(({ own }) => kib(own)).join(' | ')} |`);
