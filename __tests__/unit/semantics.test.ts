import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const repository = join(dirname(fileURLToPath(import.meta.url)), '../..');

test.each([
  ['docs/SEMANTICS.md', /^\| [CDR]\d/, 31],
  ['docs/THREAT-MODEL.md', /^\| T\d/, 26],
] as const)('every test that %s names exists', (document, isRow, atLeast) => {
  const tests = readdirSync(join(repository, '__tests__'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts') && !name.endsWith('semantics.test.ts'))
    .map((name) => readFileSync(join(repository, '__tests__', name), 'utf8'))
    .join('\n');
  const rows = readFileSync(join(repository, document), 'utf8')
    .split('\n')
    .filter((line) => isRow.test(line));
  expect(rows.length).toBeGreaterThanOrEqual(atLeast);
  const named = rows.flatMap((row) => {
    const last = row.split(' | ').at(-1) ?? '';
    return [...last.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
  });
  expect(named.filter((name) => !tests.includes(name) && !existsSync(join(repository, name)))).toEqual([]);
});

test.each(['docs/ARCHITECTURE.md', 'CONTRIBUTING.md'])('every file that %s names exists', (document) => {
  const files = ['.', 'src', 'dev', 'docs', '__tests__', 'benchmarks'].flatMap((folder) =>
    readdirSync(join(repository, folder), { recursive: folder !== '.', encoding: 'utf8' }).map(
      (name) => `/${join(folder, name).split(sep).join('/')}`,
    ),
  );
  const text = readFileSync(join(repository, document), 'utf8');
  const named = [...text.matchAll(/`([\w./-]+\.(?:ts|js|json|md|test\.ts))`/g)].map(
    (match) => match[1] ?? '',
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => !files.some((file) => file.endsWith(`/${name}`)))).toEqual([]);
});
