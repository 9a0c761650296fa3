import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { NO_TOTALS } from '../../../src/console/totals.js';
import type { Report } from '../../../src/model/report.js';
import { faults, type Schema } from '../../support/schema.js';

const report: Report = {
  version: 1,
  tool: 's3-dedup-sync/1.0.0',
  command: 'sync',
  dryRun: false,
  status: 'failed',
  error: { code: 'internal', message: 'm' },
  startedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:00:01.000Z',
  identity: { account: '123456789012', arn: 'arn:aws:iam::123456789012:user/x', source: 'environment' },
  commit: 'abc1234',
  warnings: ['w'],
  destinations: [
    {
      url: 's3://b/',
      status: 'failed',
      totals: NO_TOTALS,
      requests: { PutObject: 1 },
      phases: { walk: 0.1, list: 0.1, digest: 0, plan: 0, execute: 1, index: 0 },
      ranks: ['new keys'],
      headersUnknown: { files: 0, bytes: 0 },
      sentBytes: 1,
      reusedBytes: 1,
      sendAllRequests: 0,
      delayed: { keys: 1, of: 2, seconds: 0.1 },
      invalidation: { distribution: 'E2EXAMPLE', paths: ['/*'], id: 'I2EXAMPLE', status: 'completed' },
      error: { code: 'access-denied', message: 'm' },
      steps: [
        {
          key: 'k',
          action: 'copy',
          reason: 'exists',
          rank: 0,
          bytes: 1,
          source: 's',
          reusedBytes: 1,
          outcome: 'failed',
          error: { code: 'foreign-writer', message: 'm' },
          etag: 'e',
          versionId: 'v',
        },
      ],
    },
  ],
};

describe('docs/report.schema.json', () => {
  const path = join(dirname(fileURLToPath(import.meta.url)), '../../../docs/report.schema.json');
  const load = async (): Promise<Schema> => JSON.parse(await readFile(path, 'utf8'));

  test('describes a report with everything in it, and one with the least', async () => {
    const schema = await load();
    expect(faults(schema, schema, report)).toEqual([]);
    const { error: _, identity: __, commit: ___, ...least } = report;
    expect(faults(schema, schema, { ...least, destinations: [] })).toEqual([]);
  });

  test('its sets are closed', async () => {
    const schema = await load();
    const step = report.destinations[0]?.steps[0];
    const wrong = {
      ...report,
      status: 'fine',
      destinations: [
        { ...report.destinations[0], steps: [{ ...step, action: 'move', reason: 'why', outcome: 'ok' }] },
      ],
    };
    expect(faults(schema, schema, wrong)).toHaveLength(4);
  });
});
