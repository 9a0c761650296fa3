import { expect, test } from '@jest/globals';
import { readInputs, refuseMisspelledInputs } from '../../../src/action/inputs.js';
import { EXIT } from '../../../src/model/errors.js';
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
  ['INPUT_DRYRUN', 'dryrun', 'dry-run'],
  ['INPUT_IGNORE', 'ignore', 'excludes'],
  ['INPUT_EXCLUDE-PATTERNS', 'exclude-patterns', 'excludes'],
  ['INPUT_DRY', 'dry', 'dry-run'],
  ['INPUT_PREVIEW', 'preview', 'dry-run'],
  ['INPUT_DELETE', 'delete', 'delete-after'],
  ['INPUT_KEEP', 'keep', 'retain'],
  ['INPUT_PROTECT', 'protect', 'retain'],
  ['INPUT_SOURCE_DIR', 'source_dir', 'paths'],
  ['INPUT_FOLDER', 'folder', 'paths'],
  ['INPUT_DIRECTORY', 'directory', 'paths'],
  ['INPUT_DEST-DIR', 'dest-dir', 'prefix'],
  ['INPUT_DESTINATION_DIR', 'destination_dir', 'prefix'],
  ['INPUT_S3-PREFIX', 's3-prefix', 'prefix'],
  ['INPUT_AWS_REGION', 'aws_region', 'region'],
  ['INPUT_AWS_S3_BUCKET', 'aws_s3_bucket', 'bucket'],
  ['INPUT_BUCKET-NAME', 'bucket-name', 'bucket'],
])('%s is refused, with the input that was meant', (variable, given, name) => {
  const env = { [variable]: 'x', 'INPUT_DELETE-AFTER': 'false', INPUT_PATHS: '' };
  expect(() => refuseMisspelledInputs(env)).toThrow(
    expect.objectContaining({
      exit: EXIT.usage,
      message: `there is no input ${given}: write ${name}; nothing was written`,
    }),
  );
});

test('all of them are told in one error', () => {
  expect(() => refuseMisspelledInputs({ INPUT_DRYRUN: 'true', INPUT_KEEP: '/old/' })).toThrow(
    'there is no input dryrun: write dry-run; there is no input keep: write retain; nothing was written',
  );
});

test('what is an input, is like none, is empty, changes nothing or stands beside the right one is not refused', () => {
  const all = INPUT_NAMES.map((name) => [`INPUT_${name.toUpperCase()}`, 'x']);
  expect(() => refuseMisspelledInputs(Object.fromEntries(all))).not.toThrow();
  const beside = {
    INPUT_PATHS: 'dist',
    INPUT_PATH: 'x',
    INPUT_FOLDER: 'x',
    'INPUT_DELETE-AFTER': 'true',
    INPUT_DELETE_AFTER: 'false',
  };
  const others = { INPUT_TOKEN: 'x', INPUT_ENVIRONMENT: 'preview', INPUT_EXCLUDE: ' ', EXCLUDE: 'x' };
  const same = { 'INPUT_DRY-RUN': 'false', INPUT_DRYRUN: 'false', INPUT_LOCKS: 'false' };
  expect(() => refuseMisspelledInputs({ ...beside, ...others, ...same })).not.toThrow();
});
