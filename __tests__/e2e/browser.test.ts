import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { contentTypeOf } from '../../src/model/headers.js';
import { type Browser, browserAbsent, type Fetched, launchBrowser, type Tab } from '../support/browser.js';
import { type BucketView, clientOf, viewBucket } from '../support/bucket-view.js';
import { copyOfDist, reach, runCli } from '../support/dist.js';
import { gate } from '../support/gate.js';
import { HEADERS, release, type Told } from '../support/release.js';
import { embedded, realServers, type TestServer } from '../support/servers.js';
import { removeTree, type TreeContents, temporaryDirectory, writeTree } from '../support/tree.js';

/**
 * What people with a browser see of a site while one release replaces another: never half of one. Between two writes
 * that readers could see, one of them goes through all pages: no state is left out, however fast the machine is.
 */

const PAGES = ['/', '/about', '/docs/'] as const;

interface Suite {
  readonly name: string;
  readonly absent: string | undefined;
  start(): Promise<TestServer>;
}
const SUITES: readonly Suite[] = [
  { name: 'the embedded server', absent: undefined, start: () => embedded() },
  ...realServers.filter(({ name }) => name === 'seaweedfs'),
];

for (const suite of SUITES) {
  const absent = suite.absent ?? browserAbsent;
  const describeIf = absent === undefined ? describe : describe.skip;
  describeIf(`a browser on ${suite.name}${absent === undefined ? '' : `: skipped, ${absent}`}`, () => {
    let server: TestServer;
    let browser: Browser;
    let dist: string;
    let root: string;
    let bucket: string;
    let prefix: string;
    let tests = 0;
    let view: BucketView;
    /** The first gate's; 0: any. */
    let gatePort = 0;

    beforeAll(async () => {
      [server, browser, dist] = await Promise.all([suite.start(), launchBrowser(), copyOfDist()]);
      // One for all: SeaweedFS sets volumes aside for each bucket that is written to.
      bucket = await server.bucket();
    });
    afterAll(async () => {
      await browser?.close();
      await server?.stop();
    });
    beforeEach(async () => {
      prefix = `site-${++tests}`;
      view = await viewBucket(server, bucket, prefix);
      root = await temporaryDirectory();
      for (const number of [1, 2, 3]) await writeTree(release(number), join(root, String(number)));
    });
    afterEach(async () => {
      await view?.stop();
      if (root !== undefined) await removeTree(root);
    });

    async function publish(number: number, to: TestServer, ...options: readonly string[]): Promise<void> {
      const args = [String(number), `s3://${bucket}/${prefix}`, ...options];
      const compress = ['--compress', '*.html', '--compress', '/assets/app.*.js encoding=br'];
      const rules = ['--headers-defaults', 'website', '--headers', HEADERS, '--clean-urls', ...compress];
      const grace = ['--delete-after', '--delete-grace', '1 deploys', '--max-delete', 'none'];
      const run = [...args, ...rules, ...grace, '--index', join(root, 'index'), '--concurrency', '4'];
      const { status, stderr } = await runCli(dist, run, { cwd: root, env: reach(to) });
      expect({ status, said: stderr }).toEqual({ status: 0, said: '' });
    }

    test('every page shows what its parts compute, each part with its type, encoding and lifetime', async () => {
      await publish(1, server);
      const tab = await browser.tab({ cache: false });
      const fetched: Fetched[] = [];
      for (const page of [...PAGES, '/legacy']) {
        await tab.open(view.origin + page);
        expect(await told(tab)).toEqual(whole('1'));
        const { fetched: answers, problems } = tab.taken();
        expect(problems).toEqual([]);
        fetched.push(...answers);
      }
      const shown = new Map(fetched.map((one) => [decodeURI(new URL(one.url).pathname), essence(one)]));
      const expected = Object.keys(release(1)).flatMap((name) => {
        if (/^(404\.html|asset-manifest\.json|favicon\.svg|assets\/later\..*)$/.test(name)) return [];
        const path = `/${name}`.replace(/(\/)index\.html$|\.html$/, '$1');
        return [[path, expectedOf(name)] as const];
      });
      shown.delete('/favicon.svg');
      expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(expected));

      await tab.open(`${view.origin}/nowhere`);
      expect(await tab.evaluate('document.title')).toBe('not found');
      expect(tab.taken().fetched).toEqual([expect.objectContaining({ status: 404, mimeType: 'text/html' })]);
    });

    test('while releases are switched, every page is wholly of one, none goes back, and nothing fails', async () => {
      await publish(1, server);
      const old = await browser.tab({ cache: false });
      await old.open(view.origin);
      expect(await told(old)).toEqual(whole('1'));

      const two = await readWhile((to) => publish(2, to, '--delay-updates'));
      expect(two.problems).toEqual([]);
      expect(two.unread).toEqual([]);
      expect(two.kinds).toEqual(['complete', 'copy']);
      expect(two.seen.before).toEqual(['1']);
      expect(two.seen.during).toEqual(['1', '2']);
      expect(two.seen.after).toEqual(['2']);
      // What was open all the while still finds what it asks for later.
      expect(await old.evaluate('later()')).toBe('1');
      await old.follow(`[...document.links].find((link) => link.pathname === '/legacy').click()`);
      expect(await told(old)).toEqual(whole('1'));
      expect(old.taken().problems).toEqual([]);

      // Here the files of the first release go.
      const three = await readWhile((to) => publish(3, to, '--delay-updates'));
      expect(three.problems).toEqual([]);
      expect(three.unread).toEqual([]);
      expect(three.kinds).toEqual(['complete', 'copy', 'delete']);
      expect(three.seen).toEqual({ before: ['2'], during: ['2', '3'], after: ['3'] });
      await old.open(`${view.origin}/legacy`);
      expect(await old.evaluate('document.title')).toBe('not found');
    }, 300_000);

    // What follows is about publishers and readers, and no other on another server.
    if (suite !== SUITES[0]) return;

    test('in order without delay-updates too, as names carry the content', async () => {
      await publish(1, server);
      const { problems, unread, seen } = await readWhile((to) => publish(2, to));
      expect({ problems, unread }).toEqual({ problems: [], unread: [] });
      expect(seen).toEqual({ before: ['1'], during: ['1', '2'], after: ['2'] });
    }, 300_000);

    test.each([
      ['uploads in the order of the names', false],
      ['deletes what is old first', true],
    ])(
      'these readers notice a publisher that %s',
      async (_, deletesFirst) => {
        await publish(1, server);
        const { problems } = await readWhile((to) => publishNaively(to, deletesFirst));
        expect(problems).toEqual(expect.arrayContaining([expect.stringMatching(/\/assets\/app\..*: 404$/)]));
      },
      300_000,
    );

    /** Release 2 over release 1, as a loop over files does it. */
    async function publishNaively(to: TestServer, deletesFirst: boolean): Promise<void> {
      const [before, after] = [release(1), release(2)].map(withCleanUrls) as [TreeContents, TreeContents];
      const s3 = clientOf(to);
      const removeOld = async (): Promise<void> => {
        for (const name of Object.keys(before).sort())
          if (!(name in after))
            await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: `${prefix}/${name}` }));
      };
      if (deletesFirst) await removeOld();
      for (const name of Object.keys(after).sort()) {
        if (String(after[name]) === String(before[name])) continue;
        const { type, encoding, cacheControl } = expectedOf(name);
        const isCompressed = encoding !== undefined && !name.startsWith('packed/');
        const headers = {
          ContentType: type,
          CacheControl: cacheControl,
          ...(encoding !== undefined && !isCompressed && { ContentEncoding: encoding }),
        };
        const Body = Buffer.from(after[name] ?? '');
        await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/${name}`, Body, ...headers }));
      }
      if (!deletesFirst) await removeOld();
      s3.destroy();
    }

    interface Reading {
      readonly problems: readonly string[];
      /** States of the bucket, by their number of writes, that nobody read wholly: there must be none. */
      readonly unread: readonly number[];
      readonly kinds: readonly string[];
      /** The releases that pages were of. */
      readonly seen: Readonly<Record<'before' | 'during' | 'after', readonly string[]>>;
    }

    /**
     * From before a publish until after it one person goes through all pages between any two writes, without a cache,
     * and another looks at one page after the other while writes are done, with one.
     */
    async function readWhile(publishing: (to: TestServer) => Promise<void>): Promise<Reading> {
      const problems: string[] = [];
      const rounds: { readonly from: number; readonly to: number }[] = [];
      let phase: 'before' | 'during' | 'after' = 'before';
      const seen = { before: new Set<string>(), during: new Set<string>(), after: new Set<string>() };
      const stopAt = (error: unknown): void => void problems.push(String(error));

      const permit = async (): Promise<void> => {
        // Once it is seen to be wrong, more readers see nothing new.
        if (problems.length > 0) return;
        await anew.round().catch(stopAt);
        beside ??= cached
          .next()
          .catch(stopAt)
          .finally(() => {
            beside = undefined;
          });
      };
      let beside: Promise<void> | undefined;
      const control = await gate(server, permit, gatePort);
      gatePort = Number(new URL(control.server.endpoint).port);

      const reader = async (cache: boolean) => {
        const tab = await browser.tab({ cache });
        const newest = new Map<string, number>();
        let turn = 0;
        const visit = async (path: string, go: () => Promise<void>): Promise<readonly string[]> => {
          const [started, from] = [phase, control.visible.length];
          await go();
          const said = await told(tab);
          const { problems: found, fetched } = tab.taken();
          const where = `${path}, ${cache ? 'cached' : 'anew'}, ${from} to ${control.visible.length} writes`;
          problems.push(...found.map((problem) => `${where}: ${problem}`));
          for (const { url, status, wireStatus = status } of fetched)
            if (status !== 200 || ![200, 304].includes(wireStatus))
              problems.push(`${where}: ${url}: ${wireStatus}`);
          if (said === undefined) {
            problems.push(`${where}: no script`);
            return [];
          }
          if (JSON.stringify(said) !== JSON.stringify(whole(said.page)))
            problems.push(`${where}: of several releases: ${JSON.stringify(said)}`);
          const number = Number(said.page);
          if (number < (newest.get(path) ?? 0))
            problems.push(`${where}: back from ${newest.get(path)} to ${number}`);
          newest.set(path, number);
          // A visit that began in one phase and ended in another says nothing of either.
          if (started === phase) seen[phase].add(said.page);
          return said.links;
        };
        const open = (path: string): Promise<readonly string[]> =>
          visit(path, () => tab.open(view.origin + path));
        /** What only one release has is reached as people do: by a link on a page. */
        const follow = async (links: readonly string[]): Promise<void> => {
          const other = links.find((link) => !(PAGES as readonly string[]).includes(link));
          if (other === undefined) return;
          const click = `[...document.links].find((link) => link.pathname === '${other}').click()`;
          await visit(other, () => tab.follow(click));
          if (cache) await visit(other, () => tab.reload());
        };
        return {
          next: async (): Promise<void> => {
            const links = await open(PAGES[turn % PAGES.length]!);
            // From each page in its turn.
            if (turn % (PAGES.length + 1) === 0) await follow(links);
            turn++;
          },
          round: async (): Promise<void> => {
            const from = control.visible.length;
            for (const path of PAGES) {
              const links = await open(path);
              if (path === PAGES[turn % PAGES.length]) await follow(links);
            }
            turn++;
            rounds.push({ from, to: control.visible.length });
          },
          close: () => tab.close(),
        };
      };

      const [anew, cached] = await Promise.all([reader(false), reader(true)]);
      const readBoth = async (): Promise<void> => void (await Promise.all([anew.round(), cached.round()]));
      try {
        await readBoth();
        phase = 'during';
        await publishing(control.server);
        await beside;
        phase = 'after';
        await readBoth();
      } finally {
        await beside;
        await Promise.all([anew.close(), cached.close(), control.stop()]);
      }
      const states = [...control.visible.keys()];
      return {
        problems: [...new Set(problems)],
        unread: states.filter((state) => !rounds.some(({ from, to }) => from === state && to === state)),
        kinds: [...new Set(control.visible.map(({ kind }) => kind))].sort(),
        seen: {
          before: [...seen.before].sort(),
          during: [...seen.during].sort(),
          after: [...seen.after].sort(),
        },
      };
    }
  });
}

async function told(tab: Tab): Promise<Told | undefined> {
  return tab.evaluate<Told | undefined>(
    'globalThis.ready?.catch((error) => void console.error(String(error)))',
  );
}

/** What a page tells when all of it is of one release. */
function whole(version: string): Told {
  const only = version === '1' ? '/legacy' : '/news';
  return {
    page: version,
    parts: { script: version, style: version, chunk: version, data: version, more: version },
    images: [1, 100 + Number(version)],
    links: [...PAGES, only],
  };
}

interface Essence {
  readonly type: string;
  readonly encoding: string | undefined;
  readonly language: string | undefined;
  readonly cacheControl: string;
}

function essence({ headers }: Fetched): Essence {
  return {
    type: headers['content-type'] ?? '',
    encoding: headers['content-encoding'],
    language: headers['content-language'],
    cacheControl: headers['cache-control'] ?? '',
  };
}

/** What the defaults for websites and the rules make of a file. */
function expectedOf(name: string): Essence {
  const type = contentTypeOf(/\.\w+$/.test(name) ? name : `${name}.html`);
  const cacheControl = type.startsWith('text/html')
    ? 'public, max-age=0, must-revalidate'
    : /^(assets|packed)\//.test(name)
      ? 'public, max-age=31536000, immutable'
      : 'public, max-age=3600';
  return {
    type,
    encoding: encodingOf(name, type),
    language: name.startsWith('docs/') ? 'en' : undefined,
    cacheControl,
  };
}

/** By a rule, of what is compressed already, and by `compress`. */
function encodingOf(name: string, type: string): string | undefined {
  if (name.startsWith('packed/')) return name.endsWith('.br.json') ? 'br' : 'gzip';
  if (/^assets\/app\.\w+\.js$/.test(name)) return 'br';
  // The page that says that there is none is too short to be worth it.
  return type.startsWith('text/html') && !/^404(\.html)?$/.test(name) ? 'gzip' : undefined;
}

function withCleanUrls(tree: TreeContents): TreeContents {
  const pages = Object.entries(tree).filter(
    ([name]) => name.endsWith('.html') && !name.endsWith('index.html'),
  );
  return {
    ...tree,
    ...Object.fromEntries(pages.map(([name, page]) => [name.slice(0, -'.html'.length), page])),
  };
}
