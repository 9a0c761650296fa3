import { describe, expect, test } from '@jest/globals';
import { createLog, type LogLine, SHOWN_STEPS } from '../../../src/console/log.js';
import { consoleSink } from '../../../src/console/sink.js';
import type { ETag } from '../../../src/model/digest.js';
import type { Event } from '../../../src/model/events.js';
import type { ObjectKey } from '../../../src/model/object-key.js';
import type { LogLevel } from '../../../src/model/options.js';
import { copy, deletion, ended, outcome, upload } from './fixtures.js';

/** The log of a terminal; what goes to standard error is marked. */
function printed(events: Iterable<Event>, level: LogLevel = 'info'): readonly string[] {
  const lines: string[] = [];
  const sink = consoleSink(
    (line) => lines.push(line),
    (line) => lines.push(`E ${line}`),
    level,
  );
  const log = createLog();
  for (const event of events) sink(log(event));
  return lines;
}

const zero = { files: 0, bytes: 0 };
const start: Event = { type: 'start', command: 'sync', dryRun: false, url: 's3://site/p/', roots: ['dist'] };

test('a small run, from who and where to what happened', () => {
  const events: Event[] = [
    start,
    {
      type: 'identity',
      identity: {
        account: '123456789012',
        arn: 'arn:aws:sts::123456789012:assumed-role/deploy/run',
        source: 'web identity',
      },
      region: 'eu-west-1',
    },
    { type: 'phase-start', phase: 'walk' },
    { type: 'phase-end', phase: 'walk', seconds: 0.012, files: 4, bytes: 0 },
    { type: 'phase-end', phase: 'list', seconds: 0.2, files: 1, bytes: 0 },
    { type: 'phase-end', phase: 'digest', seconds: 0.01, files: 0, bytes: 5000 },
    { type: 'phase-end', phase: 'plan', seconds: 0.01 },
    {
      type: 'plan',
      url: 's3://site/p/',
      totals: {
        upload: { files: 2, bytes: 5000 },
        download: zero,
        link: zero,
        copy: { files: 1, bytes: 3000 },
        refresh: zero,
        delete: zero,
        unchanged: { files: 1, bytes: 7 },
        kept: zero,
      },
    },
    { type: 'rank', name: 'new keys', steps: 3 },
    { type: 'progress', progress: { phase: 'execute', files: 1, bytes: 1 } },
    outcome(upload('p/index.html', 2000)),
    outcome(upload('p/a\nb', 3000)),
    outcome(copy('p/c', 'p/a\nb', 3000)),
    { type: 'phase-end', phase: 'execute', seconds: 1.2, files: 3, bytes: 5000 },
    ended(
      { requests: { PutObject: 2, CopyObject: 1, ListObjectsV2: 1 }, report: '/w/report.json' },
      {
        uploaded: { files: 2, bytes: 5000 },
        copied: { files: 1, bytes: 3000 },
        unchanged: { files: 1000, bytes: 7 },
      },
    ),
  ];
  const [first, ...rest] = printed(events);
  expect(first).toMatch(/^s3-dedup-sync\/\d+\.\d+\.\d+: dist → s3:\/\/site\/p\/$/);
  expect(rest).toEqual([
    'As arn:aws:sts::123456789012:assumed-role/deploy/run (web identity); eu-west-1',
    'Found 4 files in 0.01 s',
    'Listed 1 object in 0.20 s',
    'Hashed 4.9 KiB in 0.01 s',
    'Plan: upload 2 files, 4.9 KiB; copy 1 file, 2.9 KiB; unchanged 1 file, 7 B',
    'Executed, 4.9 KiB sent, in 1.2 s',
    'Uploaded 2 files, 4.9 KiB',
    '  p/index.html (2 KiB, new)',
    '  "p/a\\nb" (2.9 KiB, new)',
    'Copied 1 file, 2.9 KiB',
    '  p/c (2.9 KiB, from "p/a\\nb": the content travels once)',
    'Done in 1.5 s:',
    '  uploaded       2 files  4.9 KiB',
    '  copied         1 file   2.9 KiB',
    '  unchanged  1,000 files  7 B',
    '  37 % of the bytes did not have to travel',
    '  4 requests',
    '  report: /w/report.json',
  ]);
});

test('a copy from another bucket says which', () => {
  const source = { kind: 'object', key: 'p/a' as ObjectKey, etag: 'e' as ETag, size: 7 } as const;
  const copyFrom = (bucket?: string): Event =>
    outcome({
      ...copy('q/a', '', 7),
      source: bucket === undefined ? source : { ...source, bucket: { name: bucket } },
      reason: 'exists',
    });
  const text = printed([start, copyFrom(), copyFrom('staging'), ended()]).join('\n');
  expect(text).toContain('q/a (7 B, from p/a: the content was already there)');
  expect(text).toContain('q/a (7 B, from s3://staging/p/a: the content was already there)');
});

test('a run of 100,000 files logs as briefly', () => {
  function* events(): Generator<Event> {
    yield start;
    for (let i = 0; i < 100_000; i++) yield outcome(upload(`p/${i}`, i), { ms: i });
    for (let i = 0; i < 50_000; i++) yield outcome(deletion(`p/old/${i}`, 1));
    yield ended();
  }
  const lines = printed(events());
  expect(lines.length).toBeLessThan(80);
  expect(lines.filter((line) => line.startsWith('  p/')).length).toBe(2 * SHOWN_STEPS + 10);
  expect(lines).toContain('  and 99,980 more, set report to have all');
  expect(lines).toContain('  and 49,980 more, set report to have all');
  const largest = lines.indexOf('Largest uploads');
  expect(lines.slice(largest + 1, largest + 6)).toEqual(
    [99_999, 99_998, 99_997, 99_996, 99_995].map((i) => `  p/${i} (97.7 KiB)`),
  );
  expect(lines[lines.indexOf('Slowest') + 1]).toBe('  p/99999 (1 min 40 s, 97.7 KiB)');
});

test('failures come last, each with what to do, and what was not started is counted', () => {
  const message = 'p/x\ny: another writer changed the key: run again';
  const events = [
    start,
    outcome(upload('p/x\ny', 1), { outcome: 'failed', error: { code: 'foreign-writer', message } }),
    ...Array.from({ length: 30 }, (_, i) =>
      outcome(upload(`p/${i}`, 1), {
        outcome: 'failed',
        error: { code: 'server-error', message: `p/${i}: 500` },
      }),
    ),
    outcome(upload('p/z', 1), {
      outcome: 'skipped',
      error: { code: 'server-error', message: 'not started' },
    }),
    ended({ status: 'failed', exit: 5, report: 'r' }, { failed: { files: 31, bytes: 31 } }),
  ];
  const lines = printed(events).slice(1);
  expect(lines.slice(0, 4)).toEqual([
    'Failed in 1.5 s:',
    '  failed  31 files  31 B',
    '  report: r',
    'E error: "p/x\\ny": another writer changed the key: run again',
  ]);
  expect(lines.slice(-2)).toEqual([
    'E error: and 11 more failures, all in the report',
    'E error: 1 step was not done; the next run does the rest',
  ]);
  expect(lines).toHaveLength(3 + SHOWN_STEPS + 2);
});

test('of a run that was stopped not every step that is not done is said not to be: some may be on their way', () => {
  const error = { code: 'cancelled', message: 'interrupted' } as const;
  const lines = printed([
    start,
    outcome(upload('p/z', 1), { outcome: 'skipped', error }),
    ended({ status: 'failed', exit: 1 }, {}),
  ]);
  expect(lines.at(-1)).toBe(
    'E error: 1 step was not done, or cut short on the way; the next run does the rest',
  );
});

test('a failure says that nothing was written where that is certain', () => {
  const failed = ended({ status: 'failed', exit: 1 }, {});
  expect(printed([start, { ...failed, isUntouched: true }])).toContain(
    'Failed, nothing was written, in 1.5 s',
  );
  expect(printed([start, failed])).toContain('Failed in 1.5 s');
});

test('a switch is told with its time, and one that stopped as that, for whoever reads errors alone too', () => {
  const switched = ended({ delayed: { keys: 2, seconds: 0.22 } });
  expect(printed([start, switched])).toContain('  the switch took 0.22 s for 2 keys');
  const stopped = ended({ status: 'failed', exit: 1, delayed: { keys: 1, of: 2, seconds: 0.22 } });
  expect(printed([start, stopped])).toContain(
    'E error: the switch stopped after 1 of 2 keys: readers see both releases until the next run finishes it',
  );
});

test('the one file that failed is told once: the line that ends the run says all of it', () => {
  const message = 'p/a: denied';
  const step = outcome(upload('p/a', 1), { outcome: 'failed', error: { code: 'access-denied', message } });
  const end = (said: string): Event => ({
    ...ended({ status: 'failed', exit: 1 }, { failed: { files: 1, bytes: 1 } }),
    error: { code: 'access-denied', message: said },
  });
  const told = (...events: Event[]): number =>
    printed([start, ...events]).filter((line) => line === 'E error: p/a: denied').length;
  expect(told(step, end('1 file failed: p/a: denied'))).toBe(0);
  expect(told(step, end('the lock was lost'))).toBe(1);
  expect(told(step, step, end('2 files failed, the first: p/a: denied'))).toBe(2);
});

test('of a run that failed no share of bytes is told: what is still to come is not in it', () => {
  const unchanged = { unchanged: { files: 9, bytes: 900 } };
  expect(printed([start, ended({ status: 'failed', exit: 1 }, unchanged)]).join()).not.toContain(
    'did not have to travel',
  );
  expect(printed([start, ended({ status: 'done', exit: 0 }, unchanged)]).join()).toContain(
    'did not have to travel',
  );
});

test('a refusal says that nothing was written, unless another destination was', () => {
  const refused = ended({ status: 'refused', exit: 4, isUntouched: true }, {});
  expect(printed([start, refused])).toContain('Refused, nothing was written, in 1.5 s');
  const other = ended({ status: 'refused', exit: 4 }, { uploaded: { files: 1, bytes: 1 } });
  const written = outcome(upload('m/a', 1), { outcome: 'done' });
  expect(printed([start, written, other])).toContain(
    'Refused at a destination, others were written, in 1.5 s:',
  );
  expect(printed([start, written, { ...other, dryRun: true }])).toContain(
    'Refused, nothing was written, in 1.5 s:',
  );
});

test('an upload that an older object had most of says what of it was sent', () => {
  const reused = { source: 'p/old\u001b', bytes: 90 };
  const lines = printed([
    outcome(upload('p/a', 100), { sentBytes: 10, reused }),
    outcome(upload('p/b', 100), { sentBytes: 10, reused: { ...reused, source: 'b', sourceBucket: 'old' } }),
    ended({ sentBytes: 10, reusedBytes: 90 }, { uploaded: { files: 1, bytes: 100 } }),
  ]);
  expect(lines).toContain('  p/a (100 B, new: 10 B sent, 90 B copied from "p/old\\x1b")');
  expect(lines).toContain('  p/b (100 B, new: 10 B sent, 90 B copied from s3://old/b)');
  expect(lines).toContain('  90 % of the bytes did not have to travel');
});

test('a dry run says would, and a copy that had to be sent says so', () => {
  const dry = printed([
    { ...start, dryRun: true },
    outcome(upload('p/a', 1), { outcome: 'planned' }),
    outcome(deletion('p/b', 2), { outcome: 'planned' }),
    ended(
      { status: 'planned', dryRun: true },
      { uploaded: { files: 1, bytes: 1 }, deleted: { files: 1, bytes: 2 } },
    ),
  ]);
  expect(dry[0]).toMatch(/dry run: nothing is written/);
  expect(dry).toEqual(
    expect.arrayContaining([
      'Would upload 1 file, 1 B',
      'Would delete 1 file, 2 B',
      '  would be deleted   1 file   2 B',
    ]),
  );
  expect(printed([outcome(copy('p/a', 'p/b', 1), { action: 'upload' }), ended()])).toContain(
    '  p/a (1 B, sent, as the source of its copy had changed)',
  );
  const denied = outcome(copy('p/a', 'p/b', 1), { action: 'upload', notCopied: 'CopyObject was denied' });
  expect(printed([denied, ended()])).toContain('  p/a (1 B, sent, not copied: CopyObject was denied)');
});

describe('levels', () => {
  const events: readonly Event[] = [
    start,
    { type: 'message', level: 'debug', message: 'detail' },
    { type: 'message', level: 'notice', message: 'by the way' },
    { type: 'message', level: 'warning', message: 'careful\nnow' },
    { type: 'message', level: 'error', message: 'bad' },
    outcome(upload('p/a', 1)),
    ended(),
  ];
  test('error and warn are silent about what goes well', () => {
    expect(printed(events, 'error')).toEqual(['E error: bad']);
    expect(printed(events, 'warn')).toEqual(['E warning: careful now', 'E error: bad']);
  });
  test('debug tells of each step as it ends', () => {
    expect(printed(events, 'debug')).toContain('E debug: done upload p/a (1 B, new) 0.01 s');
    expect(printed(events, 'debug')).toContain('E debug: detail');
    expect(printed(events)).not.toContain('E debug: detail');
  });
});

test('whatever is in an event, no line of the log is a command to the runner (R9)', () => {
  const evil = '::set-output name=x::y\n::error::z ##[error]q';
  const events: Event[] = [
    { ...start, url: evil, roots: [evil] },
    { type: 'identity', identity: { source: evil, arn: evil }, region: evil, endpoint: evil },
    { type: 'message', level: 'notice', message: evil },
    { type: 'rank', name: evil, steps: 1 },
    outcome(upload(evil, 1)),
    outcome(copy('b', evil, 1)),
    outcome(upload(evil, 1), { outcome: 'failed', error: { code: 'internal', message: evil } }),
    ended({ report: evil }),
  ];
  for (const line of printed(events, 'debug')) {
    expect(line).not.toMatch(/^(E )?\s*::|[\r\n]|##\[/);
  }
});

test('groups are opened and closed around details', () => {
  const log = createLog();
  log(outcome(upload('p/a', 1)));
  const kinds = log(ended()).map((line: LogLine) => line.kind);
  expect(kinds.slice(0, 3)).toEqual(['group', 'line', 'group-end']);
});

test('an invalidation: what was sent, that it is complete, or what was not sent', () => {
  const paths = ['/', '/a%20b', '/c', '/d', '/e', '/f', '/g'];
  const of = (changes: Partial<Extract<Event, { type: 'invalidation' }>['invalidation']>): Event => ({
    type: 'invalidation',
    invalidation: { distribution: 'E2EXAMPLE', paths: ['/*'], status: 'sent', ...changes },
  });
  expect(
    printed([
      of({ paths, id: 'I1' }),
      of({ paths, id: 'I1', status: 'completed' }),
      of({ id: 'I2' }),
      of({ id: 'I2', status: 'failed' }),
      of({ status: 'failed' }),
      of({ status: 'pending' }),
      of({ status: 'planned' }),
    ]),
  ).toEqual([
    'Invalidated 7 paths of E2EXAMPLE (id I1): /, /a%20b, /c, /d, /e and 2 more',
    'The invalidation I1 is complete',
    'Invalidated 1 path of E2EXAMPLE (id I2): /*',
    'The invalidation I2 is not known to be complete',
    'Not invalidated: 1 path of E2EXAMPLE: /*',
    'Left to the next run to invalidate: 1 path of E2EXAMPLE: /*',
    'Would invalidate 1 path of E2EXAMPLE: /*',
  ]);
});

test('a removal says what it empties', () => {
  const [line] = createLog()({ ...start, command: 'remove', roots: [] });
  expect(line).toMatchObject({
    text: expect.stringMatching(/^s3-dedup-sync\/\S+: remove s3:\/\/site\/p\/$/),
  });
  const execute = { type: 'phase-end', phase: 'execute', seconds: 1.2, files: 3, bytes: 0 } as const;
  expect(createLog()(execute)).toMatchObject([{ text: 'Executed in 1.2 s' }]);
});
