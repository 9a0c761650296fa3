import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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
