import type { ServerResponse } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { forEachConcurrent } from '../../src/model/concurrency.js';
import { md5Of } from '../../src/model/digest.js';
import type { ObjectKey, Prefix } from '../../src/model/object-key.js';
import type { ObjectStore } from '../../src/store/object-store.js';
import { openStore } from '../../src/store/open.js';
import { objectIndexStorage } from '../../src/sync/index-file.js';
import {
  type Changes,
  download,
  memoryIndex,
  optionsFor,
  type Published,
  publish,
  stepsOf,
} from '../support/engine.js';
import { HostileServer, type Lie, type S3Operation } from '../support/hostile.js';
import { type EmbeddedTestServer, embedded, type TestServer } from '../support/servers.js';
import { noise, readTree, removeTree, temporaryDirectory, writeTree } from '../support/tree.js';

/** An endpoint between the engine and the embedded server, which lies when it is told to; and one elsewhere. */
let s3: EmbeddedTestServer;
let hostile: HostileServer;
let elsewhere: HostileServer;
let server: TestServer;
let bucket: string;
let root: string;

beforeAll(async () => {
  s3 = await embedded();
  hostile = await HostileServer.start(s3.endpoint);
  elsewhere = await HostileServer.start(s3.endpoint);
  server = { ...s3, endpoint: hostile.endpoint };
});
afterAll(async () => {
  await hostile.stop();
  await elsewhere.stop();
  await s3.stop();
});
beforeEach(async () => {
  bucket = await s3.bucket();
  root = await writeTree({ a: 'one', b: 'two!' });
});
afterEach(async () => {
  hostile.lie = undefined;
  await removeTree(root);
});

const quick = { connection: { maxAttempts: 2, readTimeoutMs: 1_500, connectTimeoutMs: 1_000 } } as const;
/** Lies that are told side by side: an answer that is waited for so shortly must not wait behind those of many others. */
const AT_ONCE = 8;
const NO_LISTINGS = ['', '<html><body>Welcome</body></html>', '<?xml version="1.0"?><Foo/>', 'plain text'];

/** Answers an operation so, in the server's place. */
const answering =
  (operation: S3Operation, body: (url: URL) => string | undefined): Lie =>
  (asked) => {
    const text = asked.operation === operation ? body(asked.url) : undefined;
    if (text === undefined) return false;
    asked.outgoing.writeHead(200, { 'content-type': 'application/xml' }).end(text);
    return true;
  };

describe('a 200 that is not the answer', () => {
  test.each(NO_LISTINGS)('D9: to a listing: %j is not an empty bucket', async (body) => {
    hostile.lie = answering('ListObjectsV2', () => body);
    const run = await publish(server, bucket, root, quick);
    expect(run).toMatchObject({ exit: 1, report: { status: 'failed', steps: [] } });
    expect(s3.server.objects(bucket)).toEqual([]);
  });

  test.each(['lean', 'sdk'])('as of a login page: endpoint and proxy are asked about, by %s', async (way) => {
    process.env.S3DS_REQUESTS = way;
    try {
      hostile.lie = answering('ListObjectsV2', () => '<!DOCTYPE html><html><p>log in<br></html>');
      const { error } = (await publish(server, bucket, root, quick)).report;
      expect(error?.message).toMatch(
        /^[^\n]*ListObjectsV2 failed \([^\n]+\) on every attempt: that is not S3's, so check endpoint-url/,
      );
      expect(error?.message).not.toContain('inspect the hidden field');
    } finally {
      delete process.env.S3DS_REQUESTS;
    }
  });

  test.each(NO_LISTINGS)(
    'D7: to DeleteObjects: %j deletes nothing, and is not told as if it had',
    async (body) => {
      await publish(s3, bucket, root);
      s3.server.putObject(bucket, 'p/gone', 'gone');
      hostile.lie = answering('DeleteObjects', () => body);
      const run = await publish(server, bucket, root, { ...quick, deletes: { deleteAfter: true } });
      expect(run.exit).toBe(1);
      expect(stepsOf(run)).toEqual(['delete p/gone failed']);
      expect(run.report.totals.deleted.files).toBe(0);
    },
  );
});

describe('D7: deletes of which the answer does not speak', () => {
  const deleting: Changes = { ...quick, deletes: { deleteAfter: true } };
  /** Answers a batch so once; from then on the server does. */
  const once = (keys: readonly string[], answer: string): Lie => {
    let isOver = false;
    return answering('DeleteObjects', () => {
      if (isOver) return undefined;
      isOver = true;
      for (const key of keys) s3.server.deleteObject(bucket, key);
      return `<DeleteResult>${answer}</DeleteResult>`;
    });
  };
  beforeEach(async () => {
    await publish(s3, bucket, root);
    s3.server.putObject(bucket, 'p/gone 1', 'gone 1');
    s3.server.putObject(bucket, 'p/gone 2', 'gone 2');
  });

  test.each([
    ['is quiet', ''],
    ["is another batch's", '<Deleted><Key>p/x</Key></Deleted>'],
    [
      'spells the keys otherwise',
      '<Deleted><Key>p/gone%201</Key></Deleted><Deleted><Key>p/gone%202</Key></Deleted>',
    ],
  ])('are done where the objects are gone: it %s', async (_, answer) => {
    hostile.lie = once(['p/gone 1', 'p/gone 2'], answer);
    const before = hostile.asked.length;
    const run = await publish(server, bucket, root, deleting);
    expect(run).toMatchObject({ exit: 0, report: { totals: { deleted: { files: 2 } } } });
    expect(hostile.asked.slice(before).filter(({ operation }) => operation === 'DeleteObjects')).toHaveLength(
      1,
    );
  });

  test('are asked for again where they are not, and for these alone', async () => {
    hostile.lie = once(['p/gone 1'], '');
    const run = await publish(server, bucket, root, deleting);
    expect(run).toMatchObject({ exit: 0, report: { totals: { deleted: { files: 2 } } } });
    expect(Object.keys(s3.server.texts(bucket))).toEqual(['p/a', 'p/b']);
  });

  test('leave alone what another writer put there, and say so', async () => {
    hostile.lie = answering('DeleteObjects', () => {
      s3.server.putObject(bucket, 'p/gone 2', "another writer's");
      s3.server.deleteObject(bucket, 'p/gone 1');
      return '<DeleteResult/>';
    });
    const run = await publish(server, bucket, root, deleting);
    expect(run.exit).toBe(5);
    expect(stepsOf(run)).toEqual(['delete p/gone 1 done', 'delete p/gone 2 failed']);
    expect(s3.server.texts(bucket)['p/gone 2']).toBe("another writer's");
  });

  test('fail where nobody may look, and are not told as refused', async () => {
    hostile.lie = (asked) => {
      if (asked.operation !== 'HeadObject') return once(['p/gone 1', 'p/gone 2'], '')(asked);
      asked.outgoing.writeHead(403).end();
      return true;
    };
    const run = await publish(server, bucket, root, deleting);
    expect(run).toMatchObject({ exit: 1, report: { totals: { deleted: { files: 0 } } } });
    expect(run.report.steps[0]?.error?.message).toMatch(
      /^p\/gone 1: DeleteObjects failed \(NoAnswer: [^\n]+\) on every attempt: that is not S3's, so check endpoint-url/,
    );
  });
});

test.each(['', '<html>login</html>'])(
  'D7: %j in a 200 to a lone DELETE is not told as if it had',
  async (body) => {
    await publish(s3, bucket, root);
    // XML cannot carry it in a batch.
    s3.server.putObject(bucket, 'p/g\u0001ne', 'gone');
    hostile.lie = answering('DeleteObject', () => body);
    const run = await publish(server, bucket, root, { ...quick, deletes: { deleteAfter: true } });
    expect(run.exit).toBe(1);
    expect(run.report.totals.deleted.files).toBe(0);
  },
);

test('a 206 of another range than was asked for is asked for again', async () => {
  const content = noise(9 * 1024 * 1024);
  s3.server.putObject(bucket, 'p/big', content);
  let asked = 0;
  hostile.lie = ({ operation, incoming, outgoing }) => {
    if (operation !== 'GetObject' || !`${incoming.headers.range}`.startsWith('bytes=8388608-')) return false;
    if (asked++ > 0) return false;
    const headers = { etag: `"${md5Of(content)}"`, 'content-range': `bytes 0-1048575/${content.length}` };
    outgoing.writeHead(206, headers).end(content.subarray(0, 1024 * 1024));
    return true;
  };
  const here = await writeTree({});
  try {
    expect((await download(server, bucket, here, quick)).exit).toBe(0);
    // The other range was fetched once.
    expect(asked).toBe(2);
    expect(s3.server.log.of('GetObject')).toHaveLength(2);
  } finally {
    await removeTree(here);
  }
});

test.each(['lean', 'sdk'])('all of an object in place of a range is told as that: by %s', async (way) => {
  // Longer than any answer to a range, and not.
  for (const size of [17 * 1024 * 1024, 9 * 1024 * 1024]) {
    process.env.S3DS_REQUESTS = way;
    const content = noise(size);
    s3.server.putObject(bucket, 'p/big', content);
    hostile.lie = ({ operation, outgoing }) => {
      if (operation !== 'GetObject') return false;
      outgoing.writeHead(200, { etag: `"${md5Of(content)}"`, 'content-length': size }).end(content);
      return true;
    };
    const here = await writeTree({});
    try {
      const run = await download(server, bucket, here, quick);
      expect(run).toMatchObject({ exit: 1, report: { steps: [{ error: { code: 'server-error' } }] } });
      expect(run.report.steps[0]?.error?.message).toMatch(
        new RegExp(
          `answered all ${size} bytes of the object where bytes \\d+-\\d+ were asked for: the server, or a proxy before it, knows no ranges`,
        ),
      );
      expect((await readTree(here)).has('big')).toBe(false);
    } finally {
      await removeTree(here);
      delete process.env.S3DS_REQUESTS;
    }
  }
});

test.each(['lean', 'sdk'])('an answer that breaks off is not told as none: by %s', async (way) => {
  process.env.S3DS_REQUESTS = way;
  s3.server.putObject(bucket, 'p/small', 'small');
  hostile.lie = ({ operation, outgoing }) => {
    if (operation !== 'GetObject') return false;
    outgoing.writeHead(200, { etag: `"${md5Of(Buffer.from('small'))}"`, 'content-length': 5 });
    outgoing.write('sm', () => outgoing.destroy());
    return true;
  };
  const here = await writeTree({});
  try {
    const run = await download(server, bucket, here, quick);
    expect(run).toMatchObject({ exit: 1, report: { steps: [{ error: { code: 'unreachable' } }] } });
    expect(run.report.steps[0]?.error?.message).toMatch(
      /^small: the answer could not be read to its end \(.+\) on any attempt: check network and proxy/,
    );
  } finally {
    await removeTree(here);
    delete process.env.S3DS_REQUESTS;
  }
});

describe('bodies that a proxy sends on without their length', () => {
  const BIG = noise(20 * 1024 * 1024);
  let here: string;

  beforeEach(async () => {
    here = await writeTree({});
    s3.server.putObject(bucket, 'p/small', 'small');
  });
  afterEach(() => removeTree(here));

  /** In chunks, as `of` makes them. */
  const chunked =
    (of: (body: Buffer) => Buffer): Lie =>
    ({ operation, url, incoming, outgoing }) => {
      if (operation !== 'GetObject') return false;
      const { etag = '', content } =
        s3.server.object(bucket, url.pathname.split('/').slice(2).join('/')) ?? {};
      const whole = url.pathname.endsWith('/big') ? BIG : Buffer.from('small');
      expect(content?.size).toBe(whole.length);
      const range = /^bytes=(\d+)-(\d+)$/.exec(incoming.headers.range ?? '');
      const [first, last] = range === null ? [0, whole.length - 1] : [Number(range[1]), Number(range[2])];
      const said = { 'content-range': `bytes ${first}-${last}/${whole.length}` };
      outgoing.writeHead(range === null ? 200 : 206, { etag: `"${etag}"`, ...(range === null ? {} : said) });
      const body = of(whole.subarray(first, last + 1));
      outgoing.write(body.subarray(0, 2));
      outgoing.end(body.subarray(2));
      return true;
    };

  test('are taken when they have the size that was listed, whole and in ranges', async () => {
    s3.server.putObject(bucket, 'p/big', BIG);
    hostile.lie = chunked((body) => body);
    const run = await download(server, bucket, here, quick);
    expect({ exit: run.exit, error: run.report.error }).toEqual({ exit: 0, error: undefined });
    const found = await readTree(here);
    expect([found.get('small')?.toString(), found.get('big')?.equals(BIG)]).toEqual(['small', true]);
    const into = await s3.bucket();
    const source = { bucket, server: { ...s3, endpoint: server.endpoint } };
    expect((await publish(s3, into, '/', { ...quick, source })).exit).toBe(0);
    expect(s3.server.object(into, 'p/big')?.content.size).toBe(BIG.length);
  });

  test('are refused when they are of another size, in words that say what arrived', async () => {
    hostile.lie = chunked((body) => gzipSync(body));
    const run = await download(server, bucket, here, quick);
    expect(run.exit).toBe(1);
    expect(run.report.steps[0]?.error?.message).toContain(
      'a body of 25 bytes and no Content-Length in place of 5: it was cut short, or a proxy encodes it anew',
    );
    expect((await readTree(here)).size).toBe(0);
  });

  test('are refused when their bytes are others', async () => {
    hostile.lie = chunked((body) => Buffer.alloc(body.length));
    const run = await download(server, bucket, here, quick);
    expect(run).toMatchObject({ exit: 1, report: { steps: [{ error: { code: 'wrong-content' } }] } });
    expect((await readTree(here)).size).toBe(0);
  });
});

describe('a part that is answered with the digest of other bytes', () => {
  const SIZE = 9 * 1024 * 1024;

  /** Takes parts, and says of so many of them that they are others. */
  const lying = (times: number): Lie => {
    let told = 0;
    return ({ operation, incoming, outgoing }) => {
      if (operation !== 'UploadPart' || told === times) return false;
      told++;
      incoming.on('end', () => outgoing.writeHead(200, { etag: `"${'0'.repeat(32)}"` }).end());
      return true;
    };
  };

  test('once: the file is sent anew, and nothing of the first try stays', async () => {
    await writeTree({ a: noise(SIZE) }, root);
    hostile.lie = lying(1);
    const run = await publish(server, bucket, root, quick);
    expect(run.exit).toBe(0);
    expect(s3.server.object(bucket, 'p/a')?.content.bytes().equals(noise(SIZE))).toBe(true);
    expect(s3.server.uploads(bucket)).toEqual([]);
  });

  test('always: nothing is published of it', async () => {
    await writeTree({ a: noise(SIZE) }, root);
    hostile.lie = lying(Number.POSITIVE_INFINITY);
    const run = await publish(server, bucket, root, { ...quick, delayUpdates: true });
    const told = expect.stringMatching(
      /the ETag of part 1 is 0{32}, .*the ETags of parts prove nothing on this server/,
    );
    expect(run.exit).toBe(1);
    expect(run.report.steps[0]?.error).toMatchObject({
      code: 'wrong-content',
      message: told,
    });
    expect(s3.server.objects(bucket)).toEqual([]);
    expect(s3.server.uploads(bucket)).toEqual([]);
  });
});

describe('a listing', () => {
  const entry = (key: string): string =>
    `<Contents><Key>${key}</Key><Size>3</Size><ETag>"x"</ETag></Contents>`;
  const page = (token: string, entries = entry('p/a'), isTruncated = true): string =>
    `<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${isTruncated ? `<NextContinuationToken>${token}</NextContinuationToken>` : ''}${entries}</ListBucketResult>`;
  const tokenOf = (url: URL): string => url.searchParams.get('continuation-token') ?? '';

  test('whose tokens go in a circle ends', async () => {
    hostile.lie = answering('ListObjectsV2', (url) => page(tokenOf(url) === 'A' ? 'B' : 'A'));
    const run = await publish(server, bucket, root, quick);
    expect(run).toMatchObject({ exit: 1, report: { error: { message: expect.stringMatching(/listing/) } } });
  });

  test('whose pages repeat under ever new tokens ends', async () => {
    let pages = 0;
    hostile.lie = answering('ListObjectsV2', () => page(`${pages++}`));
    const run = await publish(server, bucket, root, quick);
    expect(run).toMatchObject({
      exit: 1,
      report: { error: { message: expect.stringMatching(/does not end/) } },
    });
    expect(pages).toBeLessThan(200);
  });

  test('that names a key outside the prefix is refused', async () => {
    hostile.lie = answering('ListObjectsV2', () => page('x', entry('other/a'), false));
    const run = await publish(server, bucket, root, quick);
    expect(run).toMatchObject({
      exit: 1,
      report: { error: { message: expect.stringMatching(/outside the prefix/) } },
    });
  });

  const CONTRADICTIONS = [
    [
      'of another prefix',
      '<Prefix>zzz/</Prefix><KeyCount>0</KeyCount>',
      /the prefix "zzz\/" where "p\/" was/,
    ],
    ['of fewer keys than it counts', '<Prefix>p/</Prefix><KeyCount>3</KeyCount>', /0 of the 3 keys/],
  ] as const;

  test.each(['lean', 'sdk'].flatMap((way) => CONTRADICTIONS.map((one) => [way, ...one] as const)))(
    'by %s %s is none: it is asked for again, and nothing is deleted by it',
    async (way, _, said, told) => {
      process.env.S3DS_REQUESTS = way;
      try {
        const answer = `<ListBucketResult><IsTruncated>false</IsTruncated>${said}</ListBucketResult>`;
        await publish(s3, bucket, root);
        const place = { source: { bucket, prefix: 'p' }, prefix: 'copy', deletes: { deleteAfter: true } };
        await publish(s3, bucket, '/', place);
        const before = s3.server.texts(bucket);
        const isSource = (url: URL): boolean => url.searchParams.get('prefix') === 'p/';
        hostile.lie = answering('ListObjectsV2', (url) => (isSource(url) ? answer : undefined));
        const run = await publish(server, bucket, '/', { ...quick, ...place });
        expect(run).toMatchObject({ exit: 1, report: { error: { message: expect.stringMatching(told) } } });
        let asked = 0;
        hostile.lie = answering('ListObjectsV2', (url) =>
          isSource(url) && asked++ === 0 ? answer : undefined,
        );
        expect((await publish(server, bucket, '/', { ...quick, ...place })).exit).toBe(0);
        expect(asked).toBe(2);
        expect(s3.server.texts(bucket)).toEqual(before);
      } finally {
        delete process.env.S3DS_REQUESTS;
      }
    },
  );

  test('that says its end and names more goes on', async () => {
    await publish(s3, bucket, root);
    const real = await (await fetch(`${s3.endpoint}/${bucket}?list-type=2&prefix=p/`)).text();
    const entries = real.match(/<Contents>.*?<\/Contents>/gs) ?? [];
    // The last one repeats the token that it was asked by, and that leads nowhere.
    hostile.lie = answering('ListObjectsV2', (url) =>
      page('A', entries[tokenOf(url) === 'A' ? 1 : 0]).replace('>true<', '>false<'),
    );
    const run = await download(server, bucket, root, { ...quick, deletes: { deleteAfter: true } });
    expect(run.exit).toBe(0);
    expect([...(await readTree(root)).keys()].sort()).toEqual(['a', 'b']);
  });

  describe('of a source that leaves keys out', () => {
    /** Operations that are denied; the listing of the whole prefix lies once. */
    const DENIED = [
      ['nothing', []],
      ['HEAD', ['HeadObject']],
    ] as const;
    const deletes = { deleteAfter: true } as const;

    function leavingOut(entries: string, denied: readonly string[]): void {
      let isTold = false;
      hostile.lie = ({ operation, url, outgoing }) => {
        const prefix = url.searchParams.get('prefix');
        if (operation === 'ListObjectsV2' && prefix === 'p/') {
          if (isTold) return false;
          isTold = true;
          outgoing.writeHead(200, { 'content-type': 'application/xml' }).end(page('', entries, false));
          return true;
        }
        // Of the source alone: the destination is another prefix, or a directory.
        if (!denied.includes(operation) || !(prefix ?? url.pathname).includes('p/b')) return false;
        outgoing.writeHead(403).end();
        return true;
      };
    }

    async function entryOfA(): Promise<string> {
      await publish(s3, bucket, root);
      const real = await (await fetch(`${s3.endpoint}/${bucket}?list-type=2&prefix=p/a`)).text();
      return real.match(/<Contents>.*?<\/Contents>/s)?.[0] ?? '';
    }

    const told = {
      exit: 1,
      report: {
        error: {
          code: 'file-changed',
          message: expect.stringMatching(/has files by now that were not there when it was listed \('b/),
        },
        totals: { deleted: { files: 0 } },
      },
    };

    test.each(DENIED)('nothing is deleted in another bucket: denied %s', async (_, denied) => {
      const entries = await entryOfA();
      const place = { source: { bucket, prefix: 'p' }, prefix: 'copy', deletes };
      await publish(s3, bucket, '/', place);
      s3.server.putObject(bucket, 'copy/gone', 'gone');
      leavingOut(entries, denied);
      const run = await publish(server, bucket, '/', { ...quick, ...place });
      expect(run).toMatchObject(told);
      expect(Object.keys(s3.server.texts(bucket))).toEqual(expect.arrayContaining(['copy/b', 'copy/gone']));
    });

    test.each(DENIED)('nothing is deleted in a directory: denied %s', async (_, denied) => {
      const entries = await entryOfA();
      await writeTree({ gone: 'gone' }, root);
      leavingOut(entries, denied);
      const run = await download(server, bucket, root, { ...quick, deletes });
      expect(run).toMatchObject(told);
      expect([...(await readTree(root)).keys()].sort()).toEqual(['a', 'b', 'gone']);
    });

    test.each(DENIED)('and what it does not have goes: denied %s', async (_, denied) => {
      const entries = await entryOfA();
      s3.server.deleteObject(bucket, 'p/b');
      leavingOut(entries, denied);
      const run = await download(server, bucket, root, { ...quick, deletes });
      expect(stepsOf(run)).toEqual(['delete b done']);
      expect(run.report.requests.HeadObject).toBe(1);
      expect([...(await readTree(root)).keys()]).toEqual(['a']);
    });

    test('and a directory that the server takes for an object is none: its marker goes', async () => {
      await publish(s3, bucket, root);
      const place = { source: { bucket, prefix: 'p' }, prefix: 'copy', deletes };
      await publish(s3, bucket, '/', place);
      s3.server.putObject(bucket, 'copy/n/', '');
      hostile.lie = ({ operation, url, outgoing }) => {
        if (operation !== 'HeadObject' || !url.pathname.endsWith('/p/n/')) return false;
        outgoing.writeHead(200, { etag: '"d41d8cd98f00b204e9800998ecf8427e-0"', 'content-length': 0 }).end();
        return true;
      };
      const run = await publish(server, bucket, '/', { ...quick, ...place });
      expect(stepsOf(run)).toEqual(['delete copy/n/ done']);
    });

    test('and what cannot be asked for is not known: nothing is deleted', async () => {
      const entries = await entryOfA();
      const lies = page('', entries, false);
      hostile.lie = ({ operation, outgoing }) => {
        if (operation === 'HeadObject') outgoing.writeHead(500).end();
        else if (operation === 'ListObjectsV2') outgoing.writeHead(200).end(lies);
        else return false;
        return true;
      };
      const run = await download(server, bucket, root, { ...quick, deletes });
      expect(run).toMatchObject({ exit: 1, report: { error: { code: 'server-error' } } });
      expect(run.report.error?.message).toContain(
        'p/: looking once more before the deletes: HeadObject failed',
      );
      expect(stepsOf(run)).toEqual(['delete b skipped']);
    });
  });

  test('that goes backwards and says keys twice is one listing: nothing is deleted that it does not name', async () => {
    await publish(s3, bucket, root);
    s3.server.putObject(bucket, 'p/gone', 'gone');
    const real = await (await fetch(`${s3.endpoint}/${bucket}?list-type=2&prefix=p/`)).text();
    const entries = (real.match(/<Contents>.*?<\/Contents>/gs) ?? []).reverse();
    expect(entries.length).toBe(3);
    hostile.lie = answering('ListObjectsV2', (url) => {
      const at = Number(tokenOf(url));
      return page(`${at + 1}`, `${entries[at]}${entries[at]}${entries[0]}`, at < entries.length - 1);
    });
    const run = await publish(server, bucket, root, { ...quick, deletes: { deleteAfter: true } });
    expect(stepsOf(run)).toEqual(['delete p/gone done']);
    expect(Object.keys(s3.server.texts(bucket))).toEqual(['p/a', 'p/b']);
  });

  test('whose ETags lie: what it says to differ is sent, under a condition that does not hold, and left alone', async () => {
    await publish(s3, bucket, root);
    const before = s3.server.texts(bucket);
    const all = [entry('p/a'), entry('p/b').replace('>3<', '>4<')].join('');
    hostile.lie = answering('ListObjectsV2', () => page('', all, false));
    const run = await publish(server, bucket, root, { ...quick, deletes: { deleteAfter: true } });
    // A HEAD shows that the bytes are there.
    expect(run.exit).toBe(0);
    expect(s3.server.texts(bucket)).toEqual(before);
  });
});

test.each(['lean', 'sdk'])('an upload id of another key is asked for again: by %s', async (way) => {
  process.env.S3DS_REQUESTS = way;
  try {
    const begun: (string | null)[] = [];
    const answer = (key: string): string =>
      `<InitiateMultipartUploadResult><Key>${key}</Key><UploadId>theirs</UploadId></InitiateMultipartUploadResult>`;
    hostile.lie = answering('CreateMultipartUpload', ({ pathname }) => {
      begun.push(pathname);
      return begun.length === 1 ? answer('p/other') : undefined;
    });
    const run = await publish(server, bucket, root, { ...quick, delayUpdates: true });
    expect(run.exit).toBe(0);
    expect(begun.length).toBe(3);
    expect(Object.keys(s3.server.texts(bucket))).toEqual(['p/a', 'p/b']);
    // And no other way to spell the key is one of another.
    for (const spelled of ['/p/c', 'p%2Fc', '/p%2fc', 'p/c', '']) {
      await writeTree({ c: spelled || 'c' }, root);
      const asked: string[] = [];
      hostile.lie = answering('CreateMultipartUpload', ({ pathname }) => {
        asked.push(pathname);
        return answer(spelled);
      });
      await publish(server, bucket, root, { ...quick, delayUpdates: true });
      // Its parts are refused then, as nobody began it: the file gets one other upload.
      expect(asked).toHaveLength(2);
    }
  } finally {
    delete process.env.S3DS_REQUESTS;
  }
});

describe('markers that lead nowhere end', () => {
  /** 2 after 1, and 1 after 2. */
  const next = (marker: string | null): string => (marker === '2' ? '1' : '2');
  const { signal } = new AbortController();
  async function open(): Promise<ObjectStore> {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's' });
    return (await openStore(optionsFor(server, bucket, root), () => undefined, signal)).store;
  }

  test('the listing of parts', async () => {
    hostile.lie = answering('ListParts', (url) => {
      const marker = next(url.searchParams.get('part-number-marker'));
      const part = `<Part><PartNumber>${marker}</PartNumber><ETag>"x"</ETag><Size>5</Size></Part>`;
      return `<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>${marker}</NextPartNumberMarker>${part}</ListPartsResult>`;
    });
    const upload = { key: 'p/a' as ObjectKey, id: 'id', encryption: undefined };
    const parts = await (await open()).listParts(upload, signal);
    expect(parts.map(({ number }) => number)).toEqual([2, 1]);
  });

  test('the listing of uploads', async () => {
    hostile.lie = answering('ListMultipartUploads', (url) => {
      const marker = next(url.searchParams.get('key-marker'));
      const upload = `<Upload><Key>${marker}</Key><UploadId>id</UploadId></Upload>`;
      return `<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>${marker}</NextKeyMarker>${upload}</ListMultipartUploadsResult>`;
    });
    const keys: string[] = [];
    for await (const page of (await open()).listUploads('' as Prefix, signal))
      keys.push(...page.map(({ key }) => key));
    expect(keys).toEqual(['2', '1', '2']);
  });

  test.each([
    ['no parts', () => ''],
    ['more parts than there can be', (number: number) => `<Part><PartNumber>${number}</PartNumber></Part>`],
  ])('the listing of parts that goes on for ever with %s', async (_, partOf) => {
    let asked = 0;
    hostile.lie = answering('ListParts', (url) => {
      asked++;
      const marker = Number(url.searchParams.get('part-number-marker')) + 4_000;
      return `<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>${marker}</NextPartNumberMarker>${partOf(marker)}</ListPartsResult>`;
    });
    const upload = { key: 'p/a' as ObjectKey, id: 'id', encryption: undefined };
    expect(await (await open()).listParts(upload, signal)).toEqual([]);
    expect(asked).toBe(partOf(1) === '' ? 1 : 3);
  });

  test.each([
    ['no uploads', ''],
    ['the same uploads', '<Upload><Key>a</Key><UploadId>id</UploadId></Upload>'],
  ])('the listing of uploads that goes on for ever with %s', async (_, uploads) => {
    let asked = 0;
    hostile.lie = answering('ListMultipartUploads', () => {
      asked++;
      return `<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>${asked}</NextKeyMarker>${uploads}</ListMultipartUploadsResult>`;
    });
    for await (const _page of (await open()).listUploads('' as Prefix, signal)) expect(asked).toBeLessThan(9);
    expect(asked).toBe(uploads === '' ? 1 : 2);
  });
});

const BOMB = `<!DOCTYPE a [<!ENTITY b "${'b'.repeat(1000)}"><!ENTITY c "${'&b;'.repeat(1000)}">]><a>${'&c;'.repeat(1000)}</a>`;

/** What an answer can be besides an answer. */
const LIES: Readonly<Record<string, (outgoing: ServerResponse) => void>> = {
  ...Object.fromEntries(
    [301, 302, 303, 307, 308].map((status) => [`is a ${status} to elsewhere`, toElsewhere(status)]),
  ),
  'never comes': () => undefined,
  'is a reset': (outgoing) => outgoing.socket?.resetAndDestroy(),
  'is cut short': (outgoing) => {
    outgoing.writeHead(200, { 'content-length': 1_000 }).write('<ListBucketResult>');
    setTimeout(() => outgoing.destroy(), 20);
  },
  'is longer than it says': (outgoing) =>
    void outgoing.socket?.end(
      'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n<a/><Error><Code>x</Code></Error>',
    ),
  'is no HTTP': (outgoing) => void outgoing.socket?.end('SSH-2.0-OpenSSH_9.6\r\n\r\n'),
  'has a megabyte of headers': (outgoing) =>
    void outgoing.socket?.end(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(1024 ** 2)}\r\n\r\n`),
  'is a page': (outgoing) => void outgoing.writeHead(200).end('<html><body>Sign in</body></html>'),
  'is empty': (outgoing) => void outgoing.writeHead(200, { 'content-length': 0 }).end(),
  'has no content': (outgoing) => void outgoing.writeHead(204).end(),
  'is not modified': (outgoing) => void outgoing.writeHead(304).end(),
  'is an error in a 200': (outgoing) =>
    void outgoing.writeHead(200).end('<Error><Code>InternalError</Code><Message>again</Message></Error>'),
  'is an XML bomb': (outgoing) => void outgoing.writeHead(200).end(BOMB),
  'is an XML bomb of an error': (outgoing) => void outgoing.writeHead(400).end(BOMB),
  'is nested deep': (outgoing) =>
    void outgoing.writeHead(200).end('<a>'.repeat(100_000) + '</a>'.repeat(100_000)),
  'is compressed': (outgoing) =>
    void outgoing.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('<ListBucketResult/>')),
  'is endless': (outgoing) => {
    outgoing.writeHead(200);
    const piece = Buffer.alloc(1024 ** 2, '<a>');
    const more = (): void => {
      while (outgoing.writable && outgoing.write(piece));
    };
    outgoing.on('drain', more);
    more();
  },
  'is an endless error': (outgoing) => {
    outgoing.writeHead(500);
    const piece = Buffer.alloc(1024 ** 2, '<Error>');
    const more = (): void => {
      while (outgoing.writable && outgoing.write(piece));
    };
    outgoing.on('drain', more);
    more();
  },
  'is denied': (outgoing) => void outgoing.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>'),
  'is an error of many lines': (outgoing) =>
    void outgoing
      .writeHead(400)
      .end('<Error><Code>Odd</Code><Message>one\n::error::two\r\n\u001b[2Jthree</Message></Error>'),
  'is from a year that no clock shows': (outgoing) =>
    void outgoing
      .writeHead(403, { date: 'Sat, 13 Sep 275760 00:00:00 GMT' })
      .end('<Error><Code>RequestTimeTooSkewed</Code></Error>'),
  'is told before, again and again': (outgoing) => {
    for (let i = 0; i < 100; i++) outgoing.writeProcessing();
    outgoing.writeHead(500).end();
  },
};

function toElsewhere(status: number): (outgoing: ServerResponse) => void {
  return (outgoing) => {
    const { endpoint } = elsewhere;
    outgoing.writeHead(status, { location: `${endpoint}/b/p/a`, 'x-amz-bucket-region': 'example.com/' });
    outgoing.end(
      `<Error><Code>TemporaryRedirect</Code><Message>go</Message><Endpoint>${endpoint}</Endpoint></Error>`,
    );
  };
}

interface Story {
  readonly operations: readonly S3Operation[];
  readonly changes: Changes;
  /** An earlier run left an upload. */
  readonly leftover?: true;
}

/** Runs that need the operations. */
const STORIES: Readonly<Record<string, Story>> = {
  'sent as it is found': {
    operations: ['ListObjectsV2', 'PutObject', 'CopyObject', 'DeleteObjects'],
    changes: {},
  },
  staged: {
    operations: ['CreateMultipartUpload', 'UploadPart', 'UploadPartCopy', 'CompleteMultipartUpload'],
    changes: { delayUpdates: true },
  },
  'after one that was killed': {
    operations: ['ListMultipartUploads', 'ListParts', 'AbortMultipartUpload'],
    changes: { delayUpdates: true },
    leftover: true,
  },
};
const cases = Object.entries(STORIES).flatMap(([story, { operations, ...rest }]) =>
  operations.map((operation) => ({ story, operation, ...rest })),
);

/** Of the SDK's requests a share, unless all are asked for. */
const SHARE: readonly S3Operation[] = ['ListObjectsV2', 'CopyObject', 'CompleteMultipartUpload'];

describe.each(['lean', 'sdk'])('by %s requests', (way) => {
  beforeAll(() => {
    if (way === 'sdk') process.env.S3DS_REQUESTS = 'sdk';
  });
  afterAll(() => {
    delete process.env.S3DS_REQUESTS;
  });

  test.each(
    cases.filter(
      ({ operation }) => way === 'lean' || SHARE.includes(operation) || process.env.S3DS_HOSTILE === '1',
    ),
  )(
    '$operation ($story): whatever it is answered, one clear line or the right result, and nothing is deleted',
    async ({ operation, changes, leftover }) => {
      await writeTree({ moved: 'here before', large: noise(100) }, root);
      const lies = Object.entries(LIES);
      await forEachConcurrent(lies, AT_ONCE, async ([name, tell]) => {
        const own = await HostileServer.start(s3.endpoint);
        try {
          const place = await s3.bucket();
          s3.server.putObject(place, 'p/old', 'here before');
          s3.server.putObject(place, 'p/a', 'another');
          own.lie = (asked) => {
            if (asked.operation !== operation) return false;
            tell(asked.outgoing);
            return true;
          };
          const run = await publish({ ...s3, endpoint: own.endpoint }, place, root, {
            ...quick,
            ...changes,
            ...(leftover === true ? { index: await withLeftovers(place) } : {}),
            deletes: { deleteAfter: true, maxDelete: { kind: 'none' } },
          });
          const bad = whatIsWrong(run, s3.server.texts(place), operation);
          if (bad !== undefined) throw new Error(`an answer that ${name}: ${bad}`);
        } finally {
          await own.stop();
        }
      });
      expect(elsewhere.asked).toEqual([]);
    },
  );
});

/** The journal of a run that was killed when it had begun two uploads: one that can be gone on with, one that cannot. */
async function withLeftovers(place: string): Promise<ReturnType<typeof memoryIndex>> {
  const index = memoryIndex();
  const killed = new AbortController();
  const forget = s3.server.before({ bucket: place, operation: 'CompleteMultipartUpload' }, () =>
    killed.abort(new Error('killed')),
  );
  const other = await writeTree({ a: 'one', b: 'was' });
  const aborted = s3.server.faults.add({
    match: { bucket: place, operation: 'AbortMultipartUpload' },
    fault: { kind: 'error', code: 'AccessDenied' },
  });
  await publish(s3, place, other, { delayUpdates: true, index, signal: killed.signal });
  aborted.remove();
  forget();
  await removeTree(other);
  return index;
}

const TREE = { 'p/a': 'one', 'p/b': 'two!', 'p/moved': 'here before', 'p/large': noise(100).toString() };

function whatIsWrong(
  { exit, report }: Published,
  now: Readonly<Record<string, string>>,
  operation: S3Operation,
): string | undefined {
  const messages = [report.error?.message, ...report.steps.map(({ error }) => error?.message)].filter(
    (message) => message !== undefined,
  );
  // Without that answer it may go as well: what cannot be copied is sent.
  if (exit === 0) {
    const isRight = isDeepStrictEqual(now, TREE);
    return isRight ? undefined : `it ended well with ${JSON.stringify(now)}`;
  }
  if (messages.length === 0) return 'nothing was said';
  for (const message of messages) {
    if (/[\r\n]/.test(message)) return `several lines: ${message}`;
    if (message.length > 1_500) return `${message.length} characters`;
    if (
      /internal|undefined|\[object|is not a function|Cannot read/i.test(message.replace('InternalError', ''))
    )
      return `no clear line: ${message}`;
  }
  if (now['p/old'] !== 'here before') return `something was deleted: ${JSON.stringify(now)}`;
  if (!['another', 'one'].includes(now['p/a'] ?? '')) return 'p/a is neither the old nor the new one';
  if (report.totals.deleted.files > 0) return 'a delete was told as done';
  // What was staged is not published, and where the listing failed nothing is written.
  const isWritten = !['CopyObject', 'DeleteObjects', 'PutObject'].includes(operation);
  if (isWritten && now['p/a'] !== 'another') return 'something was published';
  return undefined;
}

test('an answer that trickles is waited for', async () => {
  hostile.lie = ({ operation, outgoing }) => {
    if (operation !== 'ListObjectsV2') return false;
    const text = '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>';
    outgoing.writeHead(200);
    let at = 0;
    const timer = setInterval(() => {
      outgoing.write(text.charAt(at++));
      if (at < text.length) return;
      clearInterval(timer);
      outgoing.end();
    }, 5);
    return true;
  };
  const run = await publish(server, bucket, root, quick);
  expect(run.exit).toBe(0);
  expect(s3.server.texts(bucket)).toEqual({ 'p/a': 'one', 'p/b': 'two!' });
});

test('PutObject whose ETag lies: the object was not proved, and is not told as published', async () => {
  hostile.lie = ({ operation, outgoing }) => {
    if (operation !== 'PutObject') return false;
    outgoing.writeHead(200, { etag: `"${'0'.repeat(32)}"` }).end();
    return true;
  };
  const run = await publish(server, bucket, root, quick);
  expect(run.exit).not.toBe(0);
});

test('a HEAD that is answered with a body: what follows it on the connection is no answer', async () => {
  s3.server.putObject(bucket, 'p/a', 'ONE');
  hostile.lie = ({ operation, outgoing }) => {
    if (operation !== 'HeadObject') return false;
    const forged = 'HTTP/1.1 200 OK\r\netag: "x"\r\ncontent-length: 0\r\n\r\n';
    outgoing.socket?.write(`HTTP/1.1 200 OK\r\ncontent-length: 3\r\netag: "y"\r\n\r\n${forged}${forged}`);
    return true;
  };
  const run = await publish(server, bucket, root, quick);
  expect(s3.server.texts(bucket)).toEqual({ 'p/a': 'one', 'p/b': 'two!' });
  expect(run.exit).toBe(0);
});

describe('what is read', () => {
  const READ_LIES: Readonly<Record<string, (outgoing: ServerResponse) => void>> = {
    ...LIES,
    'is endless and says no length': (outgoing) => {
      outgoing.writeHead(200, { etag: '"x"' });
      const piece = Buffer.alloc(1024 ** 2);
      const more = (): void => {
        while (outgoing.writable && outgoing.write(piece));
      };
      outgoing.on('drain', more);
      more();
    },
    'says terabytes': (outgoing) =>
      void outgoing
        .writeHead(200, { etag: '"x"', 'content-length': 2 ** 44 })
        .write('s3-dedup-sync-index 1\n'),
    'is another object': (outgoing) =>
      void outgoing.writeHead(200, { etag: '"x"', 'content-length': 3 }).end('xyz'),
  };

  test('an index in the bucket: whatever it is answered, the run goes on without', async () => {
    const found: unknown[] = [];
    await forEachConcurrent(Object.entries(READ_LIES), AT_ONCE, async ([name, tell]) => {
      const own = await HostileServer.start(s3.endpoint);
      try {
        const place = await s3.bucket();
        own.lie = (asked) => {
          if (asked.operation !== 'GetObject') return false;
          tell(asked.outgoing);
          return true;
        };
        const there = { ...s3, endpoint: own.endpoint };
        const { store } = await openStore(optionsFor(there, place, root, quick), () => undefined, signal());
        const index = objectIndexStorage(store, { bucket: place, key: 'i' as ObjectKey }, true);
        const run = await publish(there, place, root, { ...quick, index });
        if (run.exit !== 0 || s3.server.texts(place)['p/a'] !== 'one') found.push(name, run.report.error);
      } finally {
        await own.stop();
      }
    });
    expect(found).toEqual([]);
  });

  test('a download: whatever it is answered, no file is there that is not right', async () => {
    const found: unknown[] = [];
    await forEachConcurrent(Object.entries(READ_LIES), AT_ONCE, async ([name, tell]) => {
      const own = await HostileServer.start(s3.endpoint);
      const target = await temporaryDirectory();
      try {
        const place = await s3.bucket();
        s3.server.putObject(place, 'p/a', 'one');
        own.lie = (asked) => {
          if (asked.operation !== 'GetObject') return false;
          tell(asked.outgoing);
          return true;
        };
        const run = await download({ ...s3, endpoint: own.endpoint }, place, target, quick);
        const files = [...(await readTree(target)).keys()].filter((file) => !file.startsWith('.s3ds-'));
        if (run.exit === 0 || files.length > 0) found.push(name, run.exit, files);
      } finally {
        await own.stop();
        await removeTree(target);
      }
    });
    expect(found).toEqual([]);
    expect(elsewhere.asked).toEqual([]);
  });
});

function signal(): AbortSignal {
  return new AbortController().signal;
}
