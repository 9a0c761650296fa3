import { readdirSync, readFileSync, statSync } from 'node:fs';
import { link, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseHeaderRules } from '../../src/model/header-rules.js';
import { contentTypeOf } from '../../src/model/headers.js';
import { parseRedirects } from '../../src/model/redirects.js';
import { type Changes, memoryIndex, publish, stepsOf } from '../support/engine.js';
import { randomNumbers } from '../support/random.js';
import { SEED } from '../support/seed.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { removeTree, temporaryDirectory, writeTree } from '../support/tree.js';

/**
 * Random sites, published over and over with random inputs of a website. After each run the bucket holds what a second,
 * simpler telling of the rules says, the dry run foretold it, and a run after it does nothing. `S3DS_RUNS` sets the number
 * of sites, `S3DS_SEED` repeats them.
 */
const SITES = Number(process.env.S3DS_RUNS ?? 10);
const RUNS = 4;

const NAMES = [
  'index.html',
  'a.html',
  'b.html',
  'a',
  'docs/index.html',
  'docs/c.html',
  'x.css',
  'y.js',
  'y.txt',
  'dir/z.svg',
];
const BODIES = [
  '',
  'short',
  'all the same again and again '.repeat(40),
  'and something else, over and over '.repeat(60),
];
const RULES = [
  '/*.css\n Cache-Control: public, max-age=60\n x-amz-meta-kind: style',
  '/*\n Cache-Control: no-transform\n/docs/*\n Cache-Control: private\n ! Content-Language',
  '/*\n Content-Language: de\n/y.*\n Content-Type: text/x-own\n ! Cache-Control\n/docs/\n Content-Disposition: inline',
  '/a\n Expires: Thu, 01 Dec 2033 16:00:00 GMT\n/x.css\n Content-Encoding: identity\n x-amz-storage-class: STANDARD_IA',
];
const REDIRECTS = '/old /a.html\n/dir/old/ https://example.com/\n';

let s3: EmbeddedTestServer;

beforeAll(async () => {
  s3 = await embedded();
});
afterAll(() => s3.stop());

interface Site {
  readonly rules: string | undefined;
  readonly defaults: 'none' | 'website';
  readonly encoding: 'gzip' | 'br' | undefined;
  readonly cleanUrls: boolean;
  readonly redirects: boolean;
}

interface Wanted {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

test(`random sites end as a simpler telling says (S3DS_SEED=${SEED})`, async () => {
  for (let site = 0; site < SITES; site++) {
    const seed = SEED + site;
    const random = randomNumbers(seed);
    const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
    const bucket = await s3.bucket();
    const root = await temporaryDirectory();
    const index = pick([undefined, memoryIndex(), memoryIndex({ remote: true, local: true })]);
    for (let run = 0; run < RUNS; run++) {
      await change(root, random, pick);
      const given: Site = {
        rules: pick([undefined, ...RULES]),
        defaults: pick(['none', 'website']),
        encoding: pick([undefined, 'gzip', 'br']),
        cleanUrls: random() < 0.5,
        redirects: random() < 0.5,
      };
      const changes: Changes = {
        ...(index === undefined ? {} : { index }),
        headers: {
          rules: given.rules === undefined ? [] : parseHeaderRules(given.rules, 'inline').rules,
          defaults: given.defaults,
          // Without it objects of an earlier run without an index keep their headers.
          refresh: index === undefined,
        },
        site: {
          compress: given.encoding === undefined ? [] : [{ pattern: '*', encoding: given.encoding }],
          cleanUrls: given.cleanUrls,
          redirects: given.redirects ? parseRedirects(REDIRECTS).redirects : [],
        },
        deletes: { deleteAfter: true, maxDelete: { kind: 'none' } },
        delayUpdates: random() < 0.3,
        preserve: random() < 0.3,
      };
      const where = `seed ${seed}, run ${run}: ${JSON.stringify(given)}`;
      const dry = await publish(s3, bucket, root, { ...changes, dryRun: true });
      const real = await publish(s3, bucket, root, changes);
      expect({ where, exit: real.exit, error: real.report.error }).toEqual({
        where,
        exit: 0,
        error: undefined,
      });
      expect({ where, steps: [...stepsOf(dry)].sort() }).toEqual({
        where,
        steps: stepsOf(real)
          .map((step) => step.replace(/done$/, 'planned'))
          .sort(),
      });
      expect({ where, bucket: found(bucket) }).toEqual({ where, bucket: wanted(root, given) });
      expect({ where, steps: stepsOf(await publish(s3, bucket, root, changes)) }).toEqual({
        where,
        steps: [],
      });
    }
    await removeTree(root);
  }
}, 600_000);

/** Some files come, go, change, or become links to one another. */
async function change(root: string, random: () => number, pick: <T>(of: readonly T[]) => T): Promise<void> {
  for (const name of NAMES) {
    const path = join(root, name);
    const chance = random();
    if (chance < 0.45) await rm(path, { force: true });
    if (chance < 0.3) await writeTree({ [name]: pick(BODIES) }, root);
    else if (chance < 0.45) {
      const twin = filesOf(root)[0];
      if (twin === undefined) continue;
      await mkdir(dirname(path), { recursive: true });
      await link(join(root, twin), path);
    }
  }
  await writeTree({ 'always.html': pick(BODIES.slice(1)) }, root);
}

function filesOf(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(root, name)).isFile())
    .sort();
}

function found(bucket: string): Readonly<Record<string, Wanted>> {
  const all: Record<string, Wanted> = {};
  for (const { key, headers, content } of s3.server.objects(bucket)) {
    const bytes = content.bytes();
    const encoding = headers['content-encoding'];
    const body =
      encoding === 'gzip' ? gunzipSync(bytes) : encoding === 'br' ? brotliDecompressSync(bytes) : bytes;
    const told = ['x-amz-meta-s3cmd-attrs', 'x-amz-meta-md5chksum', 'x-amz-meta-s3ds-source'];
    const own = Object.entries(headers).filter(([name]) => !told.includes(name));
    // A class that a rule no longer asks for stays: it may be a lifecycle rule's.
    const shown = own.filter(([name]) => name !== 'x-amz-storage-class');
    all[key.slice('p/'.length)] = { body: body.toString(), headers: Object.fromEntries(shown) };
  }
  return all;
}

/** The rules, told once more. */
function wanted(root: string, site: Site): Readonly<Record<string, Wanted>> {
  const all: Record<string, Wanted> = {};
  const names = filesOf(root);
  const put = (name: string, page: string): void => {
    const body = readFileSync(join(root, page), 'utf8');
    const headers = headersOf(name, page, site);
    // By which a download leaves further names out.
    if (page !== name) headers['x-amz-meta-s3ds-page'] = 'html';
    const isLong = body.length > 100 && headers['content-encoding'] === undefined;
    if (isLong && site.encoding !== undefined) headers['content-encoding'] = site.encoding;
    all[name] = { body, headers };
  };
  for (const name of names) put(name, name);
  if (site.redirects) {
    for (const [name, target] of [
      ['old', '/p/a.html'],
      ['dir/old/index.html', 'https://example.com/'],
    ] as const) {
      const headers = headersOf(name, 'a-page.html', site, `${name.replace(/\.html$/, '')}.html`);
      all[name] = { body: '', headers: { ...headers, 'x-amz-website-redirect-location': target } };
    }
  }
  for (const name of site.cleanUrls ? names : []) {
    const bare = /^(.*)\.html$/.exec(name)?.[1];
    if (bare !== undefined && !/(^|\/)index$/.test(bare) && !names.includes(bare)) put(bare, name);
  }
  return all;
}

function headersOf(name: string, page: string, site: Site, alsoAt = page): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': contentTypeOf(page) };
  const isPage = page.endsWith('.html');
  if (site.defaults === 'website')
    headers['cache-control'] = isPage ? 'public, max-age=0, must-revalidate' : 'public, max-age=3600';
  const at = (pattern: RegExp): boolean => pattern.test(name) || pattern.test(alsoAt);
  switch (RULES.indexOf(site.rules ?? '')) {
    case 0:
      if (at(/\.css$/))
        Object.assign(headers, { 'cache-control': 'public, max-age=60', 'x-amz-meta-kind': 'style' });
      break;
    case 1:
      headers['cache-control'] = at(/^docs\//) ? 'no-transform, private' : 'no-transform';
      break;
    case 2:
      headers['content-language'] = 'de';
      if (at(/^y\./)) {
        headers['content-type'] = 'text/x-own';
        delete headers['cache-control'];
      }
      if (name === 'docs/index.html') headers['content-disposition'] = 'inline';
      break;
    case 3:
      if (name === 'a') headers.expires = 'Thu, 01 Dec 2033 16:00:00 GMT';
      if (name === 'x.css') headers['content-encoding'] = 'identity';
      break;
  }
  return headers;
}
