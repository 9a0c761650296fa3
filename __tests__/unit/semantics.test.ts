import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const repository = join(dirname(fileURLToPath(import.meta.url)), '../..');

test('every test that docs/SEMANTICS.md names exists', () => {
  const tests = readdirSync(join(repository, '__tests__'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts') && !name.endsWith('semantics.test.ts'))
    .map((name) => readFileSync(join(repository, '__tests__', name), 'utf8'))
    .join('\n');
  const rows = readFileSync(join(repository, 'docs/SEMANTICS.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\| [CDR]\d/.test(line));
  expect(rows.length).toBeGreaterThan(30);
  const named = rows.flatMap((row) => {
    const last = row.split(' | ').at(-1) ?? '';
    return [...last.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
  });
  expect(named.filter((name) => !tests.includes(name))).toEqual([]);
});
