import { expect, test } from '@jest/globals';
import { outputsOf } from '../../../src/action/outputs.js';
import { OUTPUT_NAMES } from '../../../src/model/inputs.js';
import { ended } from '../console/fixtures.js';

test('every output is set, as text, whatever happened', () => {
  const outputs = outputsOf(
    ended(
      {
        status: 'failed',
        exit: 1,
        changed: true,
        requests: { PutObject: 2, ListObjectsV2: 1 },
        invalidationIds: ['I2J0I21PCUYOIK'],
        report: '/w/r.json',
      },
      {
        uploaded: { files: 1, bytes: 10 },
        copied: { files: 2, bytes: 20 },
        unchanged: { files: 3, bytes: 30 },
        refreshed: { files: 4, bytes: 40 },
        deleted: { files: 5, bytes: 50 },
        failed: { files: 6, bytes: 60 },
      },
    ),
    '/tmp/summary.md',
  );
  expect([...outputs.keys()]).toEqual(OUTPUT_NAMES);
  expect(Object.fromEntries(outputs)).toEqual({
    status: 'failed',
    changed: 'true',
    'uploaded-files': '1',
    'uploaded-bytes': '10',
    'downloaded-files': '0',
    'downloaded-bytes': '0',
    'linked-files': '0',
    'copied-files': '2',
    'copied-bytes': '20',
    'unchanged-files': '3',
    'unchanged-bytes': '30',
    'refreshed-files': '4',
    'deleted-files': '5',
    'deleted-bytes': '50',
    'failed-files': '6',
    delayed: 'no',
    'invalidation-id': 'I2J0I21PCUYOIK',
    requests: '3',
    report: '/w/r.json',
    'summary-file': '/tmp/summary.md',
  });
});
