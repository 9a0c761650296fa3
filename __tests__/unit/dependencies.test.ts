import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const repository = join(dirname(fileURLToPath(import.meta.url)), '../..');
const text = (name: string): string => readFileSync(join(repository, name), 'utf8');

interface Locked {
  readonly dev?: boolean;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly license?: string;
}

const { dependencies, devDependencies } = JSON.parse(text('package.json')) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};
const { '': _root, ...locked } = (
  JSON.parse(text('package-lock.json')) as { readonly packages: Readonly<Record<string, Locked>> }
).packages;

test.each([
  ['At run time', Object.keys(dependencies)],
  ['For development alone', Object.keys(devDependencies)],
] as const)(
  'docs/DEPENDENCIES.md has a reason for each dependency, %s, and for no other',
  (heading, names) => {
    const section = text('docs/DEPENDENCIES.md').split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
    const [table = ''] = section
      .trim()
      .split('\n\n')
      .filter((block) => block.startsWith('| package |'));
    const cells = table.split('\n').map((row) => row.split(' | ')[0] ?? '');
    const named = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name));
    expect(named.sort()).toEqual([...names].sort());
  },
);

test('versions are exact', () => {
  const versions = Object.values({ ...dependencies, ...devDependencies });
  expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

test('the lock file has a hash of every package, and none from elsewhere than the registry', () => {
  const without = Object.entries(locked).filter(
    ([, { integrity, resolved }]) =>
      !/^sha512-/.test(integrity ?? '') || resolved?.startsWith('https://registry.npmjs.org/') === false,
  );
  expect(without.map(([name]) => name)).toEqual([]);
});

test('no install script runs', () => {
  expect(text('.npmrc')).toMatch(/^ignore-scripts=true$/m);
});

test('what dist may hold is under licences that ask for no more than to be named', () => {
  const licences = Object.values(locked).flatMap(({ dev, license }) => (dev === true ? [] : [license]));
  expect([...new Set(licences)].sort()).toEqual([
    '(Apache-2.0 AND BSD-3-Clause)',
    '0BSD',
    'Apache-2.0',
    'BlueOak-1.0.0',
    'ISC',
    'MIT',
  ]);
});

test.each(['dist/licenses.txt', 'dist/cli/licenses.txt'])(
  '%s names the packages that are bundled, and their licences',
  (name) => {
    const named = new Set(text(name).split('\n'));
    const optional = name === 'dist/licenses.txt' ? ['commander'] : ['@actions/cache'];
    const missing = Object.keys(dependencies).filter((dependency) => !named.has(dependency));
    expect(missing.filter((dependency) => !optional.includes(dependency))).toEqual([]);
  },
);
