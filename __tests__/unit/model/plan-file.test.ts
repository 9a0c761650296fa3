import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ETag, md5Of } from '../../../src/model/digest.js';
import type { HeaderSet } from '../../../src/model/headers.js';
import type { ObjectKey } from '../../../src/model/object-key.js';
import type { LocalFile } from '../../../src/model/objects.js';
import type { Plan, Step } from '../../../src/model/plan.js';
import {
  formatPlan,
  formatResults,
  PlanFileError,
  parsePlan,
  parseResults,
  type Results,
} from '../../../src/model/plan-file.js';

const md5 = md5Of(Buffer.from('x'));
const etag = md5 as string as ETag;
const file = (name: string, size = 1): LocalFile => ({
  name,
  size,
  path: `/tree/${name}`,
  real: `/tree/${name}`,
  mtimeNs: 1n,
  ctimeNs: 2n,
  dev: 3n,
  ino: 4n,
  nlink: 1,
  mode: 0o644,
});

const key = (name: string): ObjectKey => `p/${name}` as ObjectKey;
const base = { rank: 0, bytes: 1, condition: { ifNoneMatch: '*' } } as const;
const steps: readonly Step[] = [
  { ...base, key: key('a'), reason: 'new', action: 'upload', file: file('a'), md5: undefined, staged: true },
  {
    ...base,
    key: key('b\n"'),
    reason: 'exists',
    action: 'copy',
    file: { ...file('b\n"'), page: 'b.html' },
    md5,
    staged: true,
    condition: { ifMatch: etag },
    source: {
      kind: 'object',
      key: key('old'),
      etag,
      size: 1,
      bucket: { name: 'other', expectedOwner: '123456789012', requesterPays: true },
    },
  },
  {
    ...base,
    key: key('c'),
    reason: 'duplicate',
    action: 'copy',
    file: file('c'),
    md5,
    staged: false,
    source: { kind: 'published', key: key('a') },
  },
  {
    ...base,
    key: key('d'),
    reason: 'headers',
    action: 'refresh',
    file: file('d'),
    md5,
    etag,
    condition: { ifMatch: etag },
    storageClass: 'GLACIER_IR',
    attributes: { 's3cmd-attrs': 'mode:33188', mtime: '1.5' },
  },
  { key: key('e'), rank: 0, bytes: 5, reason: 'grace', action: 'keep', etag },
  {
    ...base,
    key: key('f'),
    reason: 'new',
    action: 'upload',
    file: { ...file('f'), encoded: { encoding: 'br', md5, source: file('f', 9) } },
    md5: undefined,
    staged: false,
  },
];
const gone: Step = { key: key('z'), rank: 1, bytes: 5, reason: 'absent', action: 'delete', etag };

const plan: Plan = {
  ranks: [
    {
      name: 'new keys',
      phases: [
        { kind: 'stage', required: true, steps: steps.slice(0, 2) as never },
        { kind: 'publish', steps: steps.slice(0, 2) },
        { kind: 'publish', steps: steps.slice(2) },
      ],
    },
    { name: 'deletes', phases: [{ kind: 'publish', steps: [gone] }] },
  ],
  unchanged: { files: 3, bytes: 30 },
  kept: { files: 0, bytes: 0 },
};

/** Names of metadata are whatever HTTP allows. */
const headers = (name: string): HeaderSet => ({
  'content-type': `type of ${name}`,
  'x-amz-meta-built_by.ci': 'x',
});

const written = (): Buffer =>
  Buffer.from(
    [
      ...formatPlan('s3://b/p/', 'http://x/', plan, {
        headersOf: ({ name }) => headers(name),
        stored: new Map([['f', md5]]),
        preserve: true,
      }),
    ].join(''),
  );

const results: Results = {
  plan: 'f'.repeat(64),
  shard: { number: 2, of: 4 },
  attempt: 1_700_000_000_000,
  uploads: [
    {
      key: key('a'),
      action: 'upload',
      uploadId: 'id',
      encryption: 'AES256',
      parts: [
        { number: 1, etag },
        { number: 2, etag, boundBySource: true },
      ],
      layout: [{ count: 2, size: 5 }],
      etag,
      size: 10,
      md5,
      crc32: 'AAAAAA==',
    },
  ],
};

test('what was planned is what is read, but for the files of this machine', () => {
  const read = parsePlan(written());
  expect(read).toMatchObject({
    destination: 's3://b/p/',
    endpoint: 'http://x/',
    id: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(read.headers.get('c')).toEqual(headers('c'));
  const bare = (step: Step): unknown => {
    if (!('file' in step)) return step;
    const { name, size, page, encoded, mode, mtimeNs } = step.file;
    const source = encoded && { md5, encoding: 'br', source: { name, size: encoded.source.size } };
    const isEncoded = encoded !== undefined;
    return {
      ...step,
      ...(isEncoded ? { md5 } : {}),
      file: { name, size, page, mode, mtimeNs, encoded: source },
    };
  };
  const shape = ({ ranks, ...rest }: Plan): unknown => ({
    ...rest,
    ranks: ranks.map(({ name, phases }) => ({
      name,
      phases: phases.map(({ kind, steps: all }) => ({ kind, steps: all.map(bare) })),
    })),
  });
  expect(shape(read.plan)).toEqual(shape(plan));
  expect(
    JSON.stringify([
      ...formatPlan('s3://b/p/', 'http://x/', plan, {
        headersOf: () => ({}),
        stored: new Map(),
        preserve: false,
      }),
    ]),
  ).not.toContain('/tree/');
});

test('results are read as they were written', () => {
  expect(parseResults(Buffer.from([...formatResults(results)].join('')))).toEqual(results);
});

describe('whatever the bytes are', () => {
  const formats = [
    ['a plan', written(), parsePlan],
    ['results', Buffer.from([...formatResults(results)].join('')), parseResults],
  ] as const;

  test.each(formats)('%s: any change of the bytes is refused, or read as what it says', (_, bytes, parse) => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.uint8Array({ maxLength: 8 }), fc.nat(20), (at, put, cut) => {
        const damaged = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)]);
        try {
          parse(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(PlanFileError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(formats)('%s: values of other kinds are refused', (_, bytes, parse) => {
    const lines = bytes
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    fc.assert(
      fc.property(fc.nat(lines.length - 1), fc.nat(30), fc.jsonValue(), (at, which, value) => {
        const line = lines[at] ?? {};
        const names = Object.keys(line);
        const changed = { ...line, [names[which % names.length] ?? '']: value };
        const text = lines.map((other, i) => `${JSON.stringify(i === at ? changed : other)}\n`).join('');
        try {
          parse(Buffer.from(text));
        } catch (error) {
          expect(error).toBeInstanceOf(PlanFileError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['', 'a line is not what it should be'],
    ['{"format":"x"}\n', 'it is no plan'],
    ['{"format":"s3-dedup-sync-plan","version":2}\n', 'it is a plan of version 2, not 1'],
    ['{"format":"s3-dedup-sync-plan"', 'the plan is cut short'],
    ['no\n', 'a line is no JSON'],
  ])('%j: %s', (text, message) => {
    expect(() => parsePlan(Buffer.from(text))).toThrow(message);
  });

  test('names that every object of the language has are names like any other, and set nothing', () => {
    const head = `{"format":"s3-dedup-sync-plan","version":1,"destination":"s3://b/p/","endpoint":"","ranks":["all"],"unchanged":{"files":0,"bytes":0},"kept":{"files":0,"bytes":0}}`;
    const step = (name: string, headers: string): string =>
      `{"key":"${name}","reason":"new","rank":0,"phase":0,"bytes":1,"action":"upload","file":{"name":"${name}","size":1,"__proto__":{"redirect":"/x"}},"condition":{"__proto__":{"ifNoneMatch":"*"},"ifNoneMatch":"*"},"staged":true,"headers":${headers}}`;
    const read = parsePlan(Buffer.from(`${head}\n${step('__proto__', '{}')}\n`));
    expect(read.plan.ranks[0]?.phases[1]?.steps[0]).toMatchObject({ key: '__proto__' });
    expect([...read.headers]).toEqual([['__proto__', {}]]);
    const forged = `${head}\n${step('a', '{"__proto__":{"x-amz-acl":"public-read"}}')}\n`;
    expect(() => parsePlan(Buffer.from(forged))).toThrow(PlanFileError);
    const prototype = `{"key":"a","rank":0,"phase":0,"bytes":1,"reason":"new","action":"__proto__"}`;
    expect(() => parsePlan(Buffer.from(`${head}\n${prototype}\n`))).toThrow(PlanFileError);
    expect(({} as Record<string, unknown>).redirect).toBeUndefined();
  });

  test('a key that stands twice, a step out of its place', () => {
    const lines = written().toString().split('\n');
    const twice = [lines[0], lines[1], lines[1], ''].join('\n');
    expect(() => parsePlan(Buffer.from(twice))).toThrow(/stands twice/);
    const late = [lines[0], lines[1]?.replace('"phase":0', '"phase":3'), ''].join('\n');
    expect(() => parsePlan(Buffer.from(late))).toThrow(/out of its place/);
  });
});
