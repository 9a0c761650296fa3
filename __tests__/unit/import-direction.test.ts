import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const src = join(dirname(fileURLToPath(import.meta.url)), '../../src');

/** What a folder of `src/` may import: `.` stands for the files at its root. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  disk: [],
  store: ['model', 'disk/home-directory.ts'],
  sync: ['model', 'disk', 'store/object-store.ts'],
  console: ['model', 'disk'],
  action: ['model', 'disk', 'console', 'sync/ports.ts'],
  '.': ['model', 'disk', 'console', 'action', 'store', 'sync', '.'],
};

/** Packages that one place alone may import. */
const OWNED: readonly (readonly [RegExp, RegExp])[] = [
  [/^@actions\//, /^action\//],
  [/^@(aws-sdk|smithy)\//, /^store\//],
];

interface Import {
  readonly from: string;
  readonly to: string;
}

function imports(): readonly Import[] {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return files.flatMap((from) => {
    const text = readFileSync(join(src, from), 'utf8');
    const specifiers = [
      ...text.matchAll(/^(?:import|export)\b[^;']*?\bfrom '([^']+)'|\bimport\('([^']+)'\)/gm),
    ].map((match) => match[1] ?? match[2] ?? '');
    return specifiers.map((specifier) => ({
      from,
      to: specifier.startsWith('.')
        ? relative(src, resolve(src, dirname(from), specifier)).replace(/\.js$/, '.ts')
        : specifier,
    }));
  });
}

function folder(path: string): string {
  return path.includes('/') ? (path.split('/')[0] ?? '') : '.';
}

describe('the direction of imports', () => {
  test('index -> run -> action, sync, store -> model; sync sees of the store its interface alone', () => {
    const wrong = imports().filter(({ from, to }) => {
      if (!to.endsWith('.ts') || folder(from) === folder(to)) return false;
      const allowed = MAY_IMPORT[folder(from)] ?? [];
      return !allowed.includes(folder(to)) && !allowed.includes(to);
    });
    expect(wrong).toEqual([]);
  });

  test('the planner sees the model and the publish order alone', () => {
    const seen = imports().filter(({ from, to }) => from === 'sync/plan.ts' && !to.startsWith('model/'));
    expect(seen.map(({ to }) => to)).toEqual(['sync/ranks.ts', 'sync/read-order.ts']);
  });

  test('the AWS SDK and the toolkit of Actions are imported in one place each', () => {
    const wrong = imports().filter(({ from, to }) =>
      OWNED.some(([name, owner]) => name.test(to) && !owner.test(from)),
    );
    expect(wrong).toEqual([]);
  });

  test('nothing in src imports dev', () => {
    expect(imports().filter(({ to }) => to.includes('dev/'))).toEqual([]);
  });
});
