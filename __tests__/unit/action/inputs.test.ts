import { expect, test } from '@jest/globals';
import { misspelledInputs, readInputs } from '../../../src/action/inputs.js';
import { INPUT_NAMES } from '../../../src/model/inputs.js';

test('inputs arrive as INPUT_<NAME> with their hyphens', () => {
  expect(
    readInputs({
      INPUT_BUCKET: '  site ',
      'INPUT_DELETE-AFTER': 'true',
      'INPUT_MAX-DELETE': '',
      INPUT_COLOUR: 'red',
      BUCKET: 'other',
    }),
  ).toEqual({ bucket: 'site', 'delete-after': 'true', 'max-delete': '' });
});

test('an input that is empty is told from one that is absent', () => {
  expect('dry-run' in readInputs({ 'INPUT_DRY-RUN': '' })).toBe(true);
  expect('dry-run' in readInputs({})).toBe(false);
});

test('lines lose carriage returns and blank lines, and nothing else', () => {
  expect(readInputs({ INPUT_PATHS: '\r\n dist\r\n\r\n  \n!dist/x\\ \r\n' })).toEqual({
    paths: [' dist', '!dist/x\\ '],
  });
  expect(readInputs({ INPUT_EXCLUDES: '' })).toEqual({ excludes: [] });
});

test.each([
  ['INPUT_EXCLUDE', 'exclude', 'excludes'],
  ['INPUT_PATH', 'path', 'paths'],
  ['INPUT_DELETEAFTER', 'deleteafter', 'delete-after'],
  ['INPUT_DELETE_AFTER', 'delete_after', 'delete-after'],
  ['INPUT_EXCLUDE-FROM', 'exclude-from', 'excludes-from'],
])('%s is told, with the input that it is like', (variable, given, name) => {
  const line = `there is no input ${given}, and what it was given is not heeded: write ${name}`;
  expect(misspelledInputs({ [variable]: 'x', 'INPUT_DELETE-AFTER': 'false', INPUT_PATHS: '' })).toEqual([
    line,
  ]);
});

test('what is an input, is like none, is empty or stands beside the right one is not told', () => {
  const all = INPUT_NAMES.map((name) => [`INPUT_${name.toUpperCase()}`, 'x']);
  expect(misspelledInputs(Object.fromEntries(all))).toEqual([]);
  const beside = {
    INPUT_PATHS: 'dist',
    INPUT_PATH: 'x',
    'INPUT_DELETE-AFTER': 'true',
    INPUT_DELETE_AFTER: 'false',
  };
  expect(misspelledInputs({ ...beside, INPUT_TOKEN: 'x', INPUT_EXCLUDE: ' ', EXCLUDE: 'x' })).toEqual([]);
});
