import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { MAX_SUMMARY_BYTES, renderSummary } from '../../../src/action/summary.js';
import { markdownCode } from '../../../src/console/text.js';
import { NO_TOTALS } from '../../../src/console/totals.js';
import type { DestinationReport, Report, ReportStep } from '../../../src/model/report.js';

const golden = join(dirname(fileURLToPath(import.meta.url)), 'golden');

/** Compares with golden/NAME.md; `UPDATE_GOLDEN=1` writes it, to be read before it is committed. */
async function expectGolden(name: string, text: string): Promise<void> {
  const path = join(golden, `${name}.md`);
  if (process.env.UPDATE_GOLDEN === '1') await writeFile(path, text);
  expect(text).toBe(await readFile(path, 'utf8'));
}

function step(key: string, changes: Partial<ReportStep> = {}): ReportStep {
  return { key, action: 'upload', reason: 'new', rank: 0, bytes: 1000, outcome: 'done', ...changes };
}

function report(changes: Partial<Report>, destination: Partial<DestinationReport> = {}): Report {
  return {
    version: 1,
    tool: 's3-dedup-sync/1.0.0',
    command: 'sync',
    dryRun: false,
    status: 'done',
    startedAt: '2026-11-22T10:00:00.000Z',
    endedAt: '2026-11-22T10:00:12.300Z',
    warnings: [],
    destinations: [
      {
        url: 's3://site/blog/',
        status: 'done',
        totals: NO_TOTALS,
        requests: {},
        phases: {},
        ranks: ['new keys'],
        headersUnknown: { files: 0, bytes: 0 },
        sentBytes: 0,
        sendAllRequests: 0,
        steps: [],
        ...destination,
      },
    ],
    ...changes,
  };
}

const deploy = report(
  {
    identity: {
      account: '123456789012',
      arn: 'arn:aws:sts::123456789012:assumed-role/deploy/run',
      source: 'web identity',
    },
    commit: '0123456789abcdef0123456789abcdef01234567',
    warnings: ['files that look like secrets are published: .env, id_rsa'],
  },
  {
    totals: {
      ...NO_TOTALS,
      uploaded: { files: 3, bytes: 1_203_000 },
      copied: { files: 4, bytes: 8_000_000 },
      unchanged: { files: 1200, bytes: 90_000_000 },
      deleted: { files: 2, bytes: 4000 },
      kept: { files: 5, bytes: 5 },
    },
    requests: { ListObjectsV2: 2, PutObject: 3, CopyObject: 4, DeleteObjects: 1 },
    steps: [
      step('blog/index.html', { reason: 'changed', bytes: 3000 }),
      step('blog/video.mp4', { bytes: 1_200_000 }),
      step('blog/empty', { reason: 'empty', bytes: 0 }),
      step('blog/a.jpg', { action: 'copy', reason: 'exists', source: 'blog/old/a.jpg', bytes: 2_000_000 }),
      step('blog/b.jpg', { action: 'copy', reason: 'exists', source: 'blog/old/a.jpg', bytes: 2_000_000 }),
      step('blog/c.jpg', { action: 'copy', reason: 'exists', source: 'blog/old/a.jpg', bytes: 2_000_000 }),
      step('blog/copy.mp4', {
        action: 'copy',
        reason: 'duplicate',
        source: 'blog/video.mp4',
        bytes: 2_000_000,
      }),
      step('blog/gone', { action: 'delete', reason: 'absent', bytes: 2000 }),
      step('blog/left', { action: 'delete', reason: 'absent', bytes: 2000 }),
    ],
  },
);

const failed = report(
  { status: 'failed' },
  {
    status: 'failed',
    totals: { ...NO_TOTALS, uploaded: { files: 1, bytes: 1000 }, failed: { files: 2, bytes: 2000 } },
    requests: { PutObject: 9 },
    steps: [
      step('blog/a'),
      step('blog/b', {
        outcome: 'failed',
        error: {
          code: 'access-denied',
          message:
            'blog/b: PutObject was denied (AccessDenied): allow s3:PutObject in the policy of the identity, and of the bucket where another account has it',
        },
      }),
      step('blog/c', {
        outcome: 'failed',
        error: {
          code: 'foreign-writer',
          message: 'blog/c: another writer changed the key during this run; run again',
        },
      }),
      step('blog/d', { outcome: 'skipped', error: { code: 'access-denied', message: 'not started' } }),
    ],
  },
);

const NASTY =
  'a|b`c`<script>alert(1)</script>@octocat\n| x | y |\n```mermaid\n![](http://evil.example/x.png)[l](//e)';

test('a switch that stopped half way is told as that', () => {
  const delayed = { keys: 1, of: 2, seconds: 0.22 };
  expect(renderSummary(report({ status: 'failed' }, { delayed }))).toContain(
    '**Failed** in 12 s. Everything was staged first; the switch stopped after 1 of 2 keys: readers see both releases until the next run finishes it.',
  );
});

describe('golden summaries', () => {
  test('a deploy', () => expectGolden('deploy', renderSummary(deploy)));

  test('nothing to do', () =>
    expectGolden(
      'nothing',
      renderSummary(
        report(
          {},
          { totals: { ...NO_TOTALS, unchanged: { files: 3, bytes: 3000 } }, requests: { ListObjectsV2: 1 } },
        ),
        { title: 'The blog, *nightly*' },
      ),
    ));

  test('a dry run', () => {
    const [destination] = deploy.destinations;
    const planned = (destination?.steps ?? []).map((own) => ({ ...own, outcome: 'planned' as const }));
    return expectGolden(
      'dry-run',
      renderSummary(report({ status: 'planned', dryRun: true }, { ...destination, steps: planned })),
    );
  });

  /** Rows of the contents copied, without what Markdown needs. */
  const copiedRows = (text: string): readonly string[] => {
    const [, table = ''] = /Contents copied: \d+<([\s\S]*?)<\/details>/.exec(text) ?? [];
    const rows = table.split('\n').filter((row) => row.startsWith('| <'));
    return rows.map((row) => row.replace(/<\/?code>/g, '').replaceAll('&#58;', ':'));
  };

  test('what a mirror copied from the first destination is told as content of that one', () => {
    const [first] = deploy.destinations as readonly [DestinationReport];
    const copy = { action: 'copy', reason: 'exists' } as const;
    const mirror: DestinationReport = {
      ...first,
      url: 's3://far/copy/',
      steps: [
        step('copy/a', { ...copy, source: 'blog/a', sourceBucket: 'site' }),
        step('copy/b', { action: 'copy', reason: 'duplicate', source: 'copy/a' }),
        step('copy/c', { ...copy, source: 'copy/old' }),
      ],
    };
    const own = [step('blog/b', { action: 'copy', reason: 'duplicate', source: 'blog/a' })];
    const text = renderSummary({ ...deploy, destinations: [{ ...first, steps: own }, mirror] });
    expect(copiedRows(text)).toEqual([
      expect.stringMatching(/^\| s3:\/\/site\/blog\/a \| 2 places \|/),
      expect.stringMatching(/^\| s3:\/\/far\/copy\/a \| copy\/b \|/),
      expect.stringMatching(/^\| s3:\/\/far\/copy\/old \| copy\/c \|/),
    ]);
  });

  test('a content is one by bucket, key and size: another bucket has the same keys, and a key other bytes later', () => {
    const copy = { action: 'copy', reason: 'exists', source: 'site/app.js' } as const;
    const url = 's3://arn:aws:s3:eu-west-1:123456789012:accesspoint/prod/site/';
    const steps = [
      step('site/new.js', { ...copy, bytes: 18 }),
      step('site/app.js', { ...copy, bytes: 24, sourceBucket: 'staging' }),
      step('site/copy.js', { ...copy, bytes: 24, sourceBucket: 'staging' }),
      step('site/last.js', { ...copy, reason: 'duplicate', bytes: 24 }),
    ];
    expect(copiedRows(renderSummary(report({}, { url, steps })))).toEqual([
      '| s3://staging/site/app.js | 2 places | 24 B | 48 B |',
      '| site/app.js | site/last.js | 24 B | 24 B |',
      '| site/app.js | site/new.js | 18 B | 18 B |',
    ]);
    const both = report({}, { url, steps: steps.slice(0, 1) });
    const [first] = both.destinations as readonly [DestinationReport];
    const two = renderSummary({ ...both, destinations: [first, { ...first, url: 's3://far/', steps: [] }] });
    expect(copiedRows(two)).toEqual([
      '| s3://arn:aws:s3:eu-west-1:123456789012:accesspoint/prod/site/app.js | site/new.js | 18 B | 18 B |',
    ]);
  });

  test('a mirror of the same URL at another service; invalidations, sent and left', () => {
    const [destination] = deploy.destinations;
    const paths = ['/', '/index.html', '/<b>%7C*'];
    const one = { ...destination, steps: [], requests: {}, url: 's3://site/blog/' };
    const sent = { distribution: 'E2EXAMPLE', paths, id: 'I2J0I21PCUYOIK', status: 'completed' } as const;
    const left = { distribution: 'E3EXAMPLE', paths: ['/*'], status: 'failed' } as const;
    const both = report({}, { ...one, invalidation: sent });
    const mirror = {
      endpoint: 'https://s3.example.org',
      mirroredBy: 'both',
      mirrored: {
        copied: { files: 2, bytes: 3e6 },
        sent: { files: 1, bytes: 1e6 },
        bytesPerSecond: 4e6,
        copyUsd: 0.0001,
        transferUsd: 0.0001,
        copyable: true,
      },
    } as const;
    const [first] = both.destinations;
    if (first === undefined) throw new Error('there is no destination');
    return expectGolden(
      'invalidated',
      renderSummary({ ...both, destinations: [first, { ...first, ...mirror, invalidation: left }] }),
    );
  });

  test('failures', () => expectGolden('failed', renderSummary(failed)));

  test('of several destinations each row and each bill says whose it is', () => {
    const [first] = failed.destinations;
    if (first === undefined) throw new Error('there is no destination');
    const cost = { put: 3, get: 1, free: 0, sendAll: 0 };
    const steps = [
      ...first.steps,
      step('blog/e'),
      step('blog/f', { action: 'copy', source: 'blog/e' }),
      step('blog/g', { action: 'refresh' }),
      step('blog/h', { action: 'delete' }),
    ];
    const mirror = { ...first, url: 's3://far/blog/', requests: { PutObject: 3 }, cost, steps };
    const text = renderSummary({ ...failed, destinations: [{ ...mirror, url: 's3://site/blog/' }, mirror] });
    const place = (url: string, key: string): string => `| ${markdownCode(url)} ${markdownCode(key)} |`;
    for (const url of ['s3://site/blog/', 's3://far/blog/']) {
      for (const key of ['blog/b', 'blog/e', 'blog/g', 'blog/h']) expect(text).toContain(place(url, key));
      expect(text).toContain(`| ${markdownCode(`${url}e`)} | ${markdownCode('blog/f')} |`);
      expect(text).toContain(`${markdownCode(url)} Billed as 3 PUT`);
    }
  });

  test('a failure says that nothing was written where that is certain: whose deploy failed wants to know', () => {
    const error = { code: 'no-such-bucket', message: 's3://site/blog/: there is no such bucket' } as const;
    const early = report({ status: 'failed', error }, { status: 'failed', steps: [] });
    expect(renderSummary(early, { isUntouched: true })).toContain('**Failed: nothing was written** in');
    expect(renderSummary({ ...early, dryRun: true }, { isUntouched: true })).toContain(
      '**Dry run failed** in',
    );
    expect(renderSummary(failed)).toContain('**Failed** in');
    expect(renderSummary(failed)).not.toContain('did not have to travel');
  });

  test('a refusal', () =>
    expectGolden(
      'refused',
      renderSummary(
        report(
          {
            status: 'refused',
            error: {
              code: 'too-many-deletions',
              message:
                '900 of 1000 objects under s3://site/blog/ would be deleted (blog/1, blog/10, blog/100 and 897 more) and max-delete allows 250: nothing was written; check the tree, or set max-delete: 900',
            },
          },
          { status: 'refused' },
        ),
        { isUntouched: true },
      ),
    ));

  test('a refusal at one of several destinations does not say that nothing was written', () => {
    const one = report({ status: 'refused' }, { status: 'refused', totals: NO_TOTALS, steps: [] });
    expect(renderSummary(one, { isUntouched: true })).toContain('**Refused: nothing was written** in');
    const [destination] = one.destinations;
    const written = { ...NO_TOTALS, uploaded: { files: 1, bytes: 1000 } };
    const both = {
      ...one,
      destinations: [destination!, { ...destination!, url: 's3://m/', totals: written }],
    };
    expect(renderSummary(both)).toContain('**Refused at a destination: others were written** in');
    expect(renderSummary({ ...both, dryRun: true })).toContain('**Refused: nothing was written** in');
  });

  test('names that are not what they seem', () =>
    expectGolden(
      'nasty',
      renderSummary(
        report(
          {
            status: 'failed',
            warnings: [NASTY],
            error: { code: 'internal', message: NASTY },
            identity: { source: NASTY, arn: NASTY },
          },
          {
            url: `s3://site/${NASTY}/`,
            totals: { ...NO_TOTALS, uploaded: { files: 1, bytes: 1000 }, copied: { files: 1, bytes: 1000 } },
            requests: { [NASTY]: 1 },
            steps: [
              step(NASTY),
              step('x', { action: 'copy', reason: 'exists', source: NASTY }),
              step(NASTY, { action: 'delete', reason: 'absent' }),
              step(NASTY, { outcome: 'failed', error: { code: 'internal', message: `${NASTY}: ${NASTY}` } }),
            ],
          },
        ),
        { title: NASTY },
      ),
    ));
});

test('every row of every table has the columns of its head, whatever the names are (R9)', () => {
  for (const name of [NASTY, '\\|', '|', '||`', 'x\\', '\u2028|']) {
    const text = renderSummary(
      report(
        { status: 'failed' },
        {
          steps: [
            step(name),
            step(name, { action: 'delete' }),
            step(name, { outcome: 'failed', error: { code: 'internal', message: name } }),
          ],
        },
      ),
    );
    let columns = 0;
    for (const line of text.split('\n')) {
      if (!line.startsWith('|')) columns = 0;
      else {
        const own = line.split('|').length;
        if (columns > 0) expect(own).toBe(columns);
        columns = own;
      }
    }
    expect(text).not.toMatch(/<(?!\/?(code|details|summary|sub)>)/);
    expect(text).not.toContain('@octocat');
  }
});

test('a review sees which headers change, and from what', () => {
  const [destination] = deploy.destinations;
  const step = { rank: 1, action: 'refresh', reason: 'headers', outcome: 'planned', bytes: 5 } as const;
  const report: Report = {
    ...deploy,
    dryRun: true,
    destinations: [
      {
        ...destination!,
        steps: [
          {
            ...step,
            key: 'a|b.css',
            headers: [
              { name: 'cache-control', from: 'no-cache', to: 'public' },
              { name: 'expires', from: 'never' },
            ],
          },
          { ...step, key: 'c.css' },
        ],
      },
    ],
  };
  const text = renderSummary(report);
  expect(text).toContain('Headers that would be renewed: 2 files');
  expect(text).toContain(
    '| <code>cache-control</code> | <code>no-cache</code> | <code>public</code> |\n|  | <code>expires</code> | <code>never</code> | _none_ |',
  );
  expect(text).toContain('| <code>c.css</code> |');
});

test('it is small, whatever the run is like', () => {
  const long = (i: number): string => `${i}${'|'.repeat(1000)}`;
  const steps: ReportStep[] = [];
  for (let i = 0; i < 30_000; i++) {
    steps.push(step(long(i), { bytes: i }));
    steps.push(step(long(i), { action: 'copy', source: long(i) }));
    steps.push(step(long(i), { action: 'delete' }));
    steps.push(step(long(i), { outcome: 'failed', error: { code: 'internal', message: '<'.repeat(5000) } }));
  }
  const warnings = Array.from({ length: 500 }, () => '<'.repeat(5000));
  const requests = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`Operation${i}`, i]));
  const text = renderSummary(
    report({ status: 'failed', warnings }, { url: `s3://b/${long(0)}`, steps, requests }),
    { title: '|'.repeat(9999) },
  );
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_SUMMARY_BYTES);
  // What a comment on a pull request holds.
  expect(MAX_SUMMARY_BYTES).toBeLessThan(65_536);
  expect(text).toContain('#### Failures');
  expect(text).toMatch(/<sub>.*<\/sub>\n$/);
});

test('bytes of an upload that an older object had did not travel', () => {
  const [first] = deploy.destinations;
  const totals = { ...NO_TOTALS, uploaded: { files: 1, bytes: 4096 } };
  const destination = { ...first!, totals, sentBytes: 1024, reusedBytes: 3072 };
  const text = renderSummary({ ...deploy, destinations: [destination] });
  expect(text).toContain('**75 %** of 4 KiB did not have to travel.');
  expect(text).toContain('"sent, 1 KiB" : 1024');
  expect(text).toContain('"copied inside S3, 3 KiB" : 3072');
});

test('the picture stands beside the table, and only where there is something to compare', () => {
  expect(renderSummary(deploy)).toMatch(/\| copied \|[\s\S]*```mermaid\npie /);
  expect(renderSummary(failed)).not.toContain('mermaid');
});

test('a removal is not told as a publish', () => {
  const gone = { key: 'p/a', action: 'delete', reason: 'removed' } as const;
  const totals = { ...NO_TOTALS, deleted: { files: 1, bytes: 1000 } };
  const removed = renderSummary(report({ command: 'remove' }, { totals, steps: [step('p/a', gone)] }));
  expect(removed).toContain('**Removed** in 12 s.');
  expect(removed).toContain('| the prefix is emptied |');
  expect(renderSummary(report({ command: 'remove' }))).toContain('there was nothing to delete');
});
