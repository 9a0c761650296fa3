import { crc32 } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatChunks } from '../../../src/model/chunks.js';
import { type ETag, type Md5, md5Of } from '../../../src/model/digest.js';
import {
  type DigestIndex,
  EMPTY_INDEX,
  emptyIndex,
  type FileEntry,
  formatEnded,
  formatIndex,
  formatInvalidation,
  formatLayout,
  formatWriting,
  type IndexParse,
  layoutParts,
  layoutSize,
  type ObjectEntry,
  parseIndex,
  parseLayout,
  partsOf,
  uniformLayout,
} from '../../../src/model/digest-index.js';
import { FileEntries } from '../../../src/model/file-entries.js';
import type { ObjectKey } from '../../../src/model/object-key.js';
import { candidatePartSizes, ownLayout } from '../../../src/model/part-sizes.js';

const GIB = 1024 ** 3;
const FILE: FileEntry = {
  size: 9,
  mtimeNs: 1n,
  ctimeNs: 2n,
  ino: 3n,
  md5: 'd41d8cd98f00b204e9800998ecf8427e' as Md5,
};
const md5 = 'd41d8cd98f00b204e9800998ecf8427e' as Md5;
const index: DigestIndex = {
  machine: 'm',
  writtenNs: 5n,
  objects: new Map([
    [
      'a/é\n"x',
      {
        etag: `${md5}-2` as ETag,
        size: 9,
        md5,
        parts: '1x8+1x1',
        headers: 'h',
        modified: 1_700_000_000_000,
        written: 1_700_000_000_001,
        chunks: 'AAAIAAEAAAA=',
        extra: { later: { since: 1 } },
      },
    ],
    ['__proto__', { etag: md5 as string as ETag, size: 0, md5 }],
    ['c', { etag: md5 as string as ETag, size: 9, md5, incompressible: 'br' }],
  ]),
  files: fileEntries(
    ['/r/a', { size: 9, mtimeNs: 1n, ctimeNs: -2n, ino: 18446744073709551615n, md5 }],
    ['/r/b', { size: 9, mtimeNs: 1n, ctimeNs: -2n, ino: 3n, md5 }],
    ['/r/c', { size: 9, mtimeNs: 1n, ctimeNs: -2n, ino: 3n, md5, extra: { later: [1] } }],
    ['/r/d', { size: 9, mtimeNs: 1n, ctimeNs: -2n, ino: 3n, md5, stored: 'encoding:br' }],
  ),
  uploads: new Map([
    [
      'id',
      {
        key: 'a/é\n"x' as ObjectKey,
        md5,
        size: 9,
        parts: '1x8+1x1',
        headers: 'h',
        begun: 7,
        process: 'p.3.1',
        sentUnder: 'aws:kms',
      },
    ],
  ]),
  deploys: 4,
  pending: new Map([['gone', { etag: md5 as string as ETag, since: 1, deploys: 2 }]]),
  invalidations: new Map([
    ['E2EXAMPLE', { paths: ['/a', '/b/*'], mapping: { stripPrefix: 'p/é"/', addPrefix: '' } }],
    ['E3EXAMPLE', { paths: [] }],
  ]),
  renewing: new Set(['a/é\n"x', 'b']),
  writing: 5,
};

function fileEntries(...entries: readonly [string, FileEntry][]): FileEntries {
  const files = new FileEntries();
  for (const [path, entry] of entries) files.set(path, entry);
  return files;
}

/** With a Map of its objects, whichever order their lines came in. */
function told(parse: IndexParse): object {
  if (parse.index === undefined) return parse;
  return { ...parse, index: { ...parse.index, objects: new Map(parse.index.objects) } };
}

function bytes(of: DigestIndex): Buffer {
  return Buffer.from([...formatIndex(of)].join(''));
}

describe('the index', () => {
  test('reads what it wrote, unknown fields included', () => {
    expect(told(parseIndex(bytes(index)))).toEqual({ index, droppedLines: 0 });
  });

  test('runs that began to write: the first of them counts, in index and journal', () => {
    const since = (lines: string, journal = ''): unknown => {
      const parsed = parseIndex(Buffer.concat([EMPTY_INDEX, Buffer.from(lines)]), Buffer.from(journal));
      return [parsed.index?.writing, 'droppedLines' in parsed && parsed.droppedLines];
    };
    const forged = formatWriting(-1);
    expect(since('')).toEqual([undefined, 0]);
    expect(since(formatWriting(9), formatWriting(7) + formatWriting(8))).toEqual([7, 0]);
    expect(since(formatWriting(6) + forged, formatWriting(7) + forged)).toEqual([6, 1]);
  });

  test('a wait of a delete that a journal ends stays what it is, and is known to have ended: that one alone', () => {
    const wait = { etag: md5 as string as ETag, since: 1, deploys: 2 };
    const ended = (journal: string): unknown => parseIndex(bytes(index), Buffer.from(journal)).index?.ended;
    expect(ended(formatEnded('gone', wait))).toEqual(new Set(['gone']));
    expect(parseIndex(bytes(index), Buffer.from(formatEnded('gone', wait))).index?.pending).toEqual(
      index.pending,
    );
    expect(ended(formatEnded('other', wait))).toBeUndefined();
    expect(ended(formatEnded('gone', { ...wait, since: 2 }))).toBeUndefined();
    expect(ended(formatEnded('gone', { ...wait, etag: 'f'.repeat(32) as ETag }))).toBeUndefined();
    expect(ended(formatEnded('gone', { ...wait, since: -1 }))).toBeUndefined();
  });

  test('a truncated or damaged line is dropped, the others stand', () => {
    const whole = bytes(index);
    const cut = parseIndex(whole.subarray(0, whole.length - 3));
    expect(told(cut)).toMatchObject({
      droppedLines: 1,
      index: { objects: index.objects, files: index.files, uploads: new Map() },
    });
    const flipped = Buffer.from(whole);
    flipped[whole.indexOf('"size":9')] = 0x20;
    expect(parseIndex(flipped)).toMatchObject({ droppedLines: 1 });
  });

  const checked = (record: unknown): string => {
    const json = JSON.stringify(record);
    return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
  };
  const parsed = (...lines: readonly string[]): ReturnType<typeof parseIndex> =>
    parseIndex(Buffer.concat([EMPTY_INDEX, Buffer.from(lines.join(''))]));

  const hash = fc.integer({ min: 0, max: 3 }).map((n) => md5Of(Buffer.of(n)));
  const time = fc.option(fc.integer({ min: 0, max: 2 ** 41 }), { nil: undefined });
  const text = fc.option(fc.constantFrom('h', 'other'), { nil: undefined });
  const present = <T extends object>(entry: T): T =>
    Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined)) as T;
  const anObject = fc
    .record({
      etag: fc.oneof(hash, fc.constantFrom('x', `${md5}-2`)) as fc.Arbitrary<string> as fc.Arbitrary<ETag>,
      size: fc.nat(),
      md5: fc.option(hash, { nil: undefined, freq: 9 }),
      headers: text,
      modified: time,
      written: time,
      parts: fc.option(fc.constant('1x9'), { nil: undefined, freq: 9 }),
      class: fc.option(fc.constant('GLACIER'), { nil: undefined, freq: 9 }),
      extra: fc.option(fc.constant({ encryption: 'aws:kms' }), { nil: undefined, freq: 9 }),
    })
    .map((entry) => present(entry) as ObjectEntry);
  const ns = fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.constantFrom(2n ** 63n, 10n ** 19n),
  );
  const aFile = fc
    .record({
      size: fc.nat(),
      mtimeNs: ns,
      ctimeNs: ns,
      ino: ns,
      md5: hash,
      etag: fc.option(fc.constant(`${md5}-2` as ETag), { nil: undefined, freq: 9 }),
      plain: fc.option(fc.constant(true), { nil: undefined }),
      extra: fc.option(fc.constant({ later: [1] }), { nil: undefined, freq: 9 }),
    })
    .map((entry) => present(entry) as FileEntry);
  const name = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'key', 'a', 'b'));
  const entriesOf = <T>(entry: fc.Arbitrary<T>): fc.Arbitrary<[string, T][]> =>
    fc.uniqueArray(fc.tuple(name, entry), { selector: ([key]) => key, maxLength: 12 });

  test('columns and lines together say all of what was to be written, and the same each time', () => {
    fc.assert(
      fc.property(entriesOf(anObject), entriesOf(aFile), (objects, files) => {
        const of = { ...index, objects: new Map(objects), files: fileEntries(...files) };
        const parsed = parseIndex(bytes(of));
        expect(told(parsed)).toEqual({ index: of, droppedLines: 0 });
        const again = bytes(parsed.index!);
        expect(bytes(parseIndex(again).index!)).toEqual(again);
      }),
    );
  });

  test('a line has at most 1,000 rows, and ends where its names are long: a damaged one takes no more along', () => {
    const linesOf = (keys: readonly string[]): readonly string[] => {
      const objects = new Map(keys.map((key) => [key, { etag: md5 as string as ETag, size: 9, md5 }]));
      const files = fileEntries(...keys.map((path): [string, FileEntry] => [path, FILE]));
      const of = { ...index, objects, files };
      const whole = bytes(of);
      expect(told(parseIndex(whole))).toEqual({ index: of, droppedLines: 0 });
      return whole.toString().split('\n');
    };
    const rows = (keys: readonly string[], kind: string): readonly number[] =>
      linesOf(keys)
        .filter((text) => text.slice(9).startsWith(`{"${kind}":`))
        .map((text) => text.split('"size":[')[1]!.split(']')[0]!.split(',').length);
    const short = Array.from({ length: 2_001 }, (_, i) => `k${i}`);
    const long = Array.from({ length: 200 }, (_, i) => `${i}`.padEnd(1024, '\u0001'));
    for (const kind of ['objects', 'files']) {
      expect(rows(short, kind)).toEqual([1000, 1000, 1]);
      expect(rows(long, kind)).toEqual([96, 96, 8]);
    }
  });

  const OBJECTS = {
    key: ['a', 'b'],
    size: [1, 2],
    md5: md5.repeat(2),
    etag: md5.repeat(2),
    headers: [['h'], [0, -1]],
    modified: [1, -1],
    written: [-1, 2],
  };
  const NUMBERS = [null, 'x', {}, [1], [1, 2, 3], [1, '2'], [1, null], [1, -2], [1, 1.5]];
  const DIGITS = [null, 1, [md5, md5], md5, md5.repeat(3), `${md5}${md5.toUpperCase()}`, 'g'.repeat(64)];
  const WORDS = [
    null,
    1,
    '',
    'AAAA',
    Buffer.alloc(15).toString('base64'),
    Buffer.alloc(24).toString('base64'),
  ];
  const two = Buffer.alloc(16, 1).toString('base64');
  const FILES = { path: ['a', 'b'], size: [1, 2], md5: md5.repeat(2), mtimeNs: two, ctimeNs: two, ino: two };

  test.each([
    [
      'objects',
      OBJECTS,
      {
        key: [undefined, null, 'ab', ['a'], ['a', 1], { length: 2 }],
        size: [undefined, ...NUMBERS],
        md5: [undefined, ...DIGITS],
        etag: DIGITS,
        headers: [null, 'h', [], [['h']], [['h'], [0]], [['h'], [0, 1]], [['h'], [0, -2]], [[1], [0, 0]]],
        modified: NUMBERS,
        written: NUMBERS,
        parts: [['1x1', '1x2']],
      },
    ],
    [
      'files',
      FILES,
      {
        path: [undefined, null, 'ab', ['a'], ['a', 1]],
        size: [undefined, ...NUMBERS],
        md5: [undefined, ...DIGITS],
        mtimeNs: [undefined, ...WORDS],
        ctimeNs: [undefined, ...WORDS],
        ino: [undefined, ...WORDS],
        plain: [null, 1, '1', '101', '12', [1, 0]],
        later: [[1, 2]],
      },
    ],
  ] as const)('C18: %s in columns: one that is none takes the line with it', (kind, columns, fields) => {
    const sizeOf = (of: unknown): object => {
      const { index: read, ...rest } = parsed(checked({ [kind]: of }));
      return { ...rest, entries: read![kind].size };
    };
    expect(sizeOf(columns)).toEqual({ droppedLines: 0, entries: 2 });
    for (const none of [null, 1, [], 'x', {}]) expect(sizeOf(none)).toEqual({ droppedLines: 1, entries: 0 });
    for (const [field, values] of Object.entries(fields)) {
      for (const value of values) {
        const met = sizeOf({ ...columns, [field]: value });
        expect({ field, value, ...met }).toEqual({ field, value, droppedLines: 1, entries: 0 });
      }
    }
  });

  test('a row of columns says what a line of its own would', () => {
    const apart = [
      { key: 'a', etag: md5, size: 1, md5, headers: 'h', modified: 1 },
      { key: 'b', etag: md5, size: 2, md5, written: 2 },
    ];
    const alone = [...parsed(...apart.map(checked)).index!.objects];
    expect([...parsed(checked({ objects: OBJECTS })).index!.objects]).toEqual(alone);
    const { etag: _, ...plain } = OBJECTS;
    expect([...parsed(checked({ objects: plain })).index!.objects]).toEqual(alone);
    const time = '72340172838076673';
    const file = { size: 1, mtimeNs: time, ctimeNs: time, ino: time, md5 };
    const files = parsed(checked({ path: 'a', ...file }), checked({ path: 'b', ...file, size: 2 })).index
      ?.files;
    expect(parsed(checked({ files: FILES })).index?.files).toEqual(files);
    const began = parsed(
      checked({ path: 'a', ...file, plain: true }),
      checked({ path: 'b', ...file, size: 2 }),
    );
    expect(parsed(checked({ files: { ...FILES, plain: '10' } })).index?.files).toEqual(began.index?.files);
  });

  test('what lies in another destination is no business of this one in columns either', () => {
    const lines = [{ destination: 's3://b/' }, { objects: OBJECTS }, { files: FILES }].map(checked);
    const { index: of } = parseIndex(
      Buffer.concat([EMPTY_INDEX, Buffer.from(lines.join(''))]),
      undefined,
      's3://a/',
    );
    expect([of?.objects.size, of?.files.size]).toEqual([0, 2]);
  });

  /** A line of each kind, and for each field what it may not be. */
  const UPLOAD = {
    upload: 'u',
    key: 'k',
    md5,
    size: 9,
    parts: '1x8+1x1',
    headers: 'h',
    begun: 1,
    process: 'p.2.1',
  };
  const NO_SIZE = [undefined, null, -1, 1.5, '1', 2 ** 53];
  const NO_TEXT = [undefined, null, 1, {}];
  const NO_MD5 = [...NO_TEXT, '', md5.toUpperCase(), `${md5}0`];
  const NO_NUMBER = [...NO_TEXT, '', '1x', 'x1', '1.5', '1'.repeat(21)];
  const KINDS: Readonly<Record<string, readonly [object, Readonly<Record<string, readonly unknown[]>>]>> = {
    objects: [
      { key: 'k', etag: md5, size: 9, md5 },
      { etag: [...NO_TEXT, ''], size: NO_SIZE, md5: [null, 1, '', 'x'] },
    ],
    files: [
      { path: '/r/a', size: 9, mtimeNs: '1', ctimeNs: '-2', ino: '3', md5 },
      { size: NO_SIZE, mtimeNs: NO_NUMBER, ctimeNs: NO_NUMBER, ino: NO_NUMBER, md5: NO_MD5 },
    ],
    pending: [
      { pending: 'k', etag: md5, since: 1, deploys: 2 },
      { etag: [...NO_TEXT, ''], since: NO_SIZE, deploys: NO_SIZE },
    ],
    invalidations: [
      { invalidation: 'E2EXAMPLE', stripPrefix: 'p/', addPrefix: '', paths: ['/a'] },
      {
        invalidation: [null, 1, 'e2'],
        stripPrefix: NO_TEXT,
        addPrefix: NO_TEXT,
        paths: [undefined, {}, [1], ['/a', 'b']],
      },
    ],
    uploads: [
      UPLOAD,
      {
        upload: [''],
        key: NO_TEXT,
        md5: NO_MD5,
        size: [...NO_SIZE, 8],
        parts: [...NO_TEXT, '', '1x8', '0x9', '9x1x'],
        headers: NO_TEXT,
        begun: NO_SIZE,
        process: [null, 1, {}],
        sentUnder: NO_TEXT.filter((each) => each !== undefined),
      },
    ],
  };
  test.each(Object.entries(KINDS))(
    'C18: %s: a field that is none takes the line with it',
    (kind, [record, fields]) => {
      const sizeOf = (of: object): unknown => {
        const { index: read, ...rest } = parsed(checked(of)) as unknown as {
          index: Record<string, unknown>;
          droppedLines: number;
        };
        return { ...rest, entries: (read[kind] as ReadonlyMap<string, unknown>).size };
      };
      expect(sizeOf(record)).toEqual({ droppedLines: 0, entries: 1 });
      for (const [field, values] of Object.entries(fields)) {
        for (const value of values) {
          const broken = { ...record, [field]: value };
          expect({ field, value, ...(sizeOf(broken) as object) }).toEqual({
            field,
            value,
            droppedLines: 1,
            entries: 0,
          });
        }
      }
    },
  );

  test('C18: a field of an object that is none, and can be done without, is left out', () => {
    const known = (more: object): unknown =>
      parsed(checked({ key: 'k', etag: md5, size: 9, ...more })).index?.objects.get('k');
    const plain = { etag: md5, size: 9 };
    expect(known({})).toEqual(plain);
    const wrong = { parts: '0x9', headers: 1, source: 1, class: 1, modified: -1, written: 'x' };
    expect(known(wrong)).toEqual(plain);
    expect(known({ parts: 1 })).toEqual(plain);
    const right = { parts: '1x9', headers: 'h', source: 's', class: 'STANDARD', modified: 1, written: 2 };
    expect(known(right)).toEqual({ ...plain, ...right });
  });

  test.each([
    ['no object', [1, null, 'text', ['a'], true]],
    ['no line at all', []],
  ])('C18: a line whose checksum holds and that is %s is dropped', (_, records) => {
    const broken = [
      '\n',
      'short\n',
      `${checked(UPLOAD).replace(' ', '_')}`,
      checked(UPLOAD).replace('"u"', '"v"'),
    ];
    const lines = records.length > 0 ? records.map(checked) : broken;
    expect(parsed(...lines, checked(UPLOAD))).toMatchObject({
      droppedLines: lines.length,
      index: { uploads: { size: 1 } },
    });
  });

  test('what the journal says of an upload is read; what is none, or another destination’s, is not', () => {
    const journal = (destination: string | undefined, ...records: readonly object[]): readonly string[] => [
      ...emptyIndex(Buffer.from(records.map(checked).join('')), destination).uploads.keys(),
    ];
    const second = { ...UPLOAD, upload: 'v' };
    expect(journal(undefined, UPLOAD, { ...second, begun: -1 })).toEqual(['u']);
    expect(
      journal('s3://a/', { destination: 's3://b/' }, UPLOAD, { destination: 's3://a/' }, second),
    ).toEqual(['v']);
    expect(journal('s3://a/', UPLOAD)).toEqual(['u']);
    expect(journal(undefined, { destination: 's3://b/' }, UPLOAD)).toEqual(['u']);
  });

  test('an upload is read of which an early version did not tell the process: it can be aborted when it is old', () => {
    const { process: _, ...early } = { ...UPLOAD, machine: 'm', pid: 2 };
    const { index, droppedLines } = parsed(checked(early)) as { index: DigestIndex; droppedLines: number };
    const { upload, ...rest } = UPLOAD;
    expect([[...index.uploads], droppedLines]).toEqual([[[upload, { ...rest, process: '' }]], 0]);
  });

  test('an index of another destination speaks of the files alone', () => {
    const lines = [
      { machine: 'm', destination: 's3://b/', writtenNs: '5', deploys: 7 },
      ...Object.values(KINDS).map(([record]) => record),
    ].map(checked);
    const sizes = (destination: string | undefined): object => {
      const { index: of } = parseIndex(
        Buffer.concat([EMPTY_INDEX, Buffer.from(lines.join(''))]),
        undefined,
        destination,
      );
      const { machine, writtenNs, deploys } = of!;
      return {
        machine,
        writtenNs,
        deploys,
        destination: of!.destination,
        files: of!.files.size,
        others: of!.objects.size + of!.uploads.size + of!.pending.size + of!.invalidations.size,
      };
    };
    const known = { machine: 'm', writtenNs: 5n, destination: 's3://b/', files: 1 };
    expect(sizes('s3://a/')).toEqual({ ...known, deploys: 0, others: 0 });
    expect(sizes('s3://b/')).toEqual({ ...known, deploys: 7, others: 4 });
    expect(sizes(undefined)).toEqual({ ...known, deploys: 7, others: 4 });
  });

  test('chunks that can be none are left out; the longest lines that a run writes are read', () => {
    const known = (chunks: unknown): unknown => {
      const entry = { etag: md5 as string as ETag, size: 9, chunks: chunks as string };
      const objects = new Map([['a', entry]]);
      return parseIndex(bytes({ ...index, objects })).index?.objects.get('a')?.chunks;
    };
    expect(known('AAAA')).toBe('AAAA');
    expect([{}, 5, '', 'ü', 'A'.repeat(180_000)].map(known)).toEqual(
      Array.from({ length: 5 }, () => undefined),
    );
    const most = 16_385;
    const longest = {
      etag: `${md5}-10000` as ETag,
      size: 4 * 1024 * GIB,
      md5,
      parts: Array.from({ length: 10_000 }, (_, i) => `1x${440_401_920 + i}`).join('+'),
      chunks: formatChunks({ sizes: new Uint32Array(most).fill(7), sums: new Uint32Array(most).fill(9) }),
    };
    const objects = new Map([['\u0001'.repeat(1024), longest]]);
    expect(told(parseIndex(bytes({ ...index, objects })))).toEqual({
      index: { ...index, objects },
      droppedLines: 0,
    });
  });

  test('R15: what is owed to a distribution is added up over index and journal', () => {
    const journal =
      formatInvalidation('E2EXAMPLE', { paths: ['/c', '/a'] }) +
      formatInvalidation('E4EXAMPLE', { paths: ['/*'] });
    // The last line of a journal may be cut short: what it was to say was not begun.
    const cut = formatInvalidation('E3EXAMPLE', { paths: ['/x'] }).slice(0, -2);
    expect(parseIndex(bytes(index), Buffer.from(journal + cut))).toMatchObject({
      droppedLines: 0,
      index: {
        invalidations: new Map([
          ['E2EXAMPLE', { ...index.invalidations.get('E2EXAMPLE'), paths: ['/c', '/a', '/b/*'] }],
          ['E3EXAMPLE', { paths: [] }],
          ['E4EXAMPLE', { paths: ['/*'] }],
        ]),
      },
    });
  });

  test('R15: two runs that map keys to other paths at the same time leave everything', () => {
    const lines = ['p/', 'q/', 'p/'].map((stripPrefix) =>
      formatInvalidation('E2EXAMPLE', { paths: ['/a'], mapping: { stripPrefix, addPrefix: 'x/' } }),
    );
    const owed = (journal: readonly string[]): unknown =>
      parseIndex(EMPTY_INDEX, Buffer.from(journal.join(''))).index?.invalidations.get('E2EXAMPLE');
    const mapping = { stripPrefix: 'p/', addPrefix: 'x/' };
    expect(owed([lines[0]!, lines[2]!])).toEqual({ paths: ['/a'], mapping });
    expect(owed(lines)).toEqual({ paths: ['/a', '/*'], mapping });
  });

  test('R15: a damaged index does not say what is owed: half of it would be worse than nothing', () => {
    const whole = bytes(index);
    const wrong = [
      whole.subarray(0, whole.length - 3),
      Buffer.concat([whole, Buffer.from('not a line\n')]),
      Buffer.from(whole.toString().replace(/[0-9a-f]{8} (?=\{"objects")/, '00000000 ')),
      Buffer.from([...formatIndex(index), formatInvalidation('E2EXAMPLE', { paths: ['no path'] })].join('')),
      Buffer.from([...formatIndex(index), formatInvalidation('none', { paths: ['/a'] })].join('')),
    ];
    for (const damaged of wrong) {
      expect(parseIndex(damaged)).toMatchObject({ droppedLines: 1, index: { invalidations: new Map() } });
    }
  });

  test('more paths than a line holds take several', () => {
    const paths = Array.from({ length: 1000 }, (_, i) => `/${i}${'x'.repeat(3000)}`);
    const lines = formatInvalidation('E2EXAMPLE', { paths });
    expect(lines.split('\n').length).toBeGreaterThan(50);
    const parsed = parseIndex(Buffer.from(`s3-dedup-sync-index 1\n${lines}`));
    expect(parsed.index?.invalidations).toEqual(new Map([['E2EXAMPLE', { paths }]]));
  });

  test('paths of a line each without end are everything, as soon as they are more than any run leaves', () => {
    const paths = (count: number): Buffer[] =>
      Array.from({ length: count }, (_, i) =>
        Buffer.from(formatInvalidation('E2EXAMPLE', { paths: [`/p${i}`] })),
      );
    const owed = (lines: readonly Buffer[], journal?: Buffer): readonly string[] | undefined =>
      parseIndex(Buffer.concat([EMPTY_INDEX, ...lines]), journal).index?.invalidations.get('E2EXAMPLE')
        ?.paths;
    expect(owed(paths(5_000))).toHaveLength(5_000);
    expect(owed(paths(5_001))).toEqual(['/*']);
    expect(owed(paths(100_000))).toEqual(['/*']);
    expect(owed([], Buffer.concat(paths(100_000)))).toEqual(['/*']);
  });

  test('a line of members without end that no version has is read in time, and written again', () => {
    const extra = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`m${i}`, 0]));
    const some = {
      ...index,
      objects: new Map([['a', { etag: md5 as string as ETag, size: 0, md5, extra }]]),
    };
    expect(parseIndex(bytes(some)).index?.objects.get('a')?.extra).toEqual(extra);
  });

  test('another format is refused with a reason', () => {
    expect(parseIndex(Buffer.from('s3-dedup-sync-index 2\n'))).toEqual({
      index: undefined,
      why: 'another release wrote it (version 2), and what this one learns takes its place',
    });
    expect(parseIndex(Buffer.alloc(0)).index).toBeUndefined();
  });

  test('C18: any bytes are survived, and nothing is inherited from a prototype', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.json(), fc.string()), { maxLength: 5 }), (lines) => {
        const text = lines.map((line) => `${line}\n`).join('');
        const parsed = parseIndex(Buffer.from(`s3-dedup-sync-index 1\n${text}`));
        expect(parsed.index?.objects.size).toBe(0);
      }),
    );
    expect(({} as { size?: number }).size).toBeUndefined();
  });
});

describe('part layouts', () => {
  test('are written run-length', () => {
    expect(formatLayout(uniformLayout(20, 8))).toBe('2x8+1x4');
    expect(formatLayout(uniformLayout(16, 8))).toBe('2x8');
    expect([...partsOf(uniformLayout(20, 8))]).toEqual([
      { offset: 0, size: 8 },
      { offset: 8, size: 8 },
      { offset: 16, size: 4 },
    ]);
  });

  test.each(['', 'x', '0x1', '1x', '-1x5', '10001x1', '9999x1+2x1', '1x1+', '1e3x5'])(
    '%j is not a layout',
    (text) => {
      expect(parseLayout(text)).toBeUndefined();
    },
  );

  test.each([
    ['rclone takes the next whole MiB', 55 * GIB, 9387, 6 * 1024 ** 2],
    ['s5cmd divides by 10,000 and adds one', 600 * GIB + 7, 10_000, Math.floor((600 * GIB + 7) / 10_000) + 1],
    ['mc takes multiples of 16 MiB', 400 * GIB + 1, 8534, 48 * 1024 ** 2],
  ])('above 10,000 parts: %s', (_, size, parts, partSize) => {
    expect(candidatePartSizes(size, parts)).toContain(partSize);
  });

  test('ours keeps to 10,000 parts up to the largest object, and is among the candidates', () => {
    const sizes = fc.integer({ min: 8 * 1024 ** 2, max: 50 * 1024 ** 4 });
    fc.assert(
      fc.property(sizes, (size) => {
        const layout = ownLayout(size);
        expect(layoutSize(layout)).toBe(size);
        expect(layoutParts(layout)).toBeLessThanOrEqual(10_000);
        expect(candidatePartSizes(size, layoutParts(layout)).length).toBeGreaterThan(0);
      }),
    );
  });
});
