import { expect, test } from '@jest/globals';
import { readInputs } from '../../../src/action/inputs.js';

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
