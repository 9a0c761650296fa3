import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { NO_TOTALS } from '../../../src/console/totals.js';
import type { Report } from '../../../src/model/report.js';

type Schema = Readonly<Record<string, unknown>>;

/**
 * As much of JSON Schema as ours uses. Stricter in one thing: a field that the schema does not describe is
 * a fault here, so that none is added to the report without its description.
 */
function faults(root: Schema, schema: Schema, value: unknown, path = '$'): readonly string[] {
  if (typeof schema.$ref === 'string') {
    const name = schema.$ref.replace('#/$defs/', '');
    return faults(root, (root.$defs as Record<string, Schema>)[name] ?? {}, value, path);
  }
  const found: string[] = [];
  const oneOf = schema.oneOf as readonly Schema[] | undefined;
  if (oneOf !== undefined && oneOf.filter((one) => one.const === value).length !== 1)
    found.push(`${path}: ${value}`);
  if ('const' in schema && schema.const !== value) found.push(`${path} is not ${schema.const}`);
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) found.push(`${path}: ${value}`);
  const type = schema.type;
  const fits =
    type === undefined ||
    (type === 'array' && Array.isArray(value)) ||
    (type === 'integer' && Number.isInteger(value)) ||
    (type === 'object' && typeof value === 'object' && value !== null && !Array.isArray(value)) ||
    typeof value === type;
  if (!fits) return [...found, `${path} is no ${type}`];
  if (typeof schema.minimum === 'number' && (value as number) < schema.minimum)
    found.push(`${path}: ${value}`);
  if (typeof schema.pattern === 'string' && !new RegExp(schema.pattern).test(value as string))
    found.push(path);
  if (Array.isArray(value)) {
    const items = schema.items as Schema;
    return [...found, ...value.flatMap((item, at) => faults(root, items, item, `${path}[${at}]`))];
  }
  if (type === 'object') {
    const object = value as Record<string, unknown>;
    const properties = (schema.properties ?? {}) as Record<string, Schema>;
    for (const name of (schema.required ?? []) as readonly string[]) {
      if (!(name in object)) found.push(`${path}.${name} is missing`);
    }
    for (const [name, own] of Object.entries(object)) {
      const known = properties[name] ?? (schema.additionalProperties as Schema | undefined);
      if (known === undefined) found.push(`${path}.${name} is not described`);
      else found.push(...faults(root, known, own, `${path}.${name}`));
    }
  }
  return found;
}

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
      sendAllRequests: 0,
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
