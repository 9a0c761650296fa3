import { dirname } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readInputs } from '../../src/action/inputs.js';
import { literalPath, parsePathLines } from '../../src/action/path-lines.js';
import { runCommandLine } from '../../src/command-line.js';
import { parseOptions } from '../../src/console/options.js';
import { EXIT } from '../../src/model/errors.js';
import { INPUT_NAMES } from '../../src/model/inputs.js';
import { type ActionEnded, copyOfDist, reach, runAction } from '../support/dist.js';
import { type CommandLine, type Recipe, readPage } from '../support/recipes.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { noise, removeTree, type TreeContents, temporaryDirectory, writeTree } from '../support/tree.js';
import { fakeEngine } from '../unit/console/fake-engine.js';

let recipes: readonly Recipe[];
let commands: readonly CommandLine[];
let cwd: string;
beforeAll(async () => {
  const pages = await Promise.all(['README.md', 'docs/RECIPES.md', 'docs/WEBSITES.md'].map(readPage));
  recipes = pages.flatMap((page) => page.recipes);
  commands = pages.flatMap((page) => page.commands);
  cwd = await temporaryDirectory();
  await writeTree(
    { 'public/_headers': '/*\n  Cache-Control: no-cache\n', 'public/_redirects': '/a /b\n' },
    cwd,
  );
});
afterAll(() => removeTree(cwd));

/** With what the runner puts in the place of expressions. */
function filled(inputs: Readonly<Record<string, string>>, ref: string): Record<string, string> {
  const values: Readonly<Record<string, string>> = {
    'github.event.number': ref,
    'github.ref_name': ref,
    'matrix.shard': '1',
    'github.run_attempt': '1',
  };
  return Object.fromEntries(
    Object.entries(inputs).map(([name, text]) => [
      name,
      text.replace(/\$\{\{ *(.*?) *\}\}/g, (_, expression: string) => {
        const value = values[expression];
        if (value === undefined) throw new Error(`${name}: ${expression}`);
        return value;
      }),
    ]),
  );
}

describe('what the docs tell people to write', () => {
  test('every step names inputs that there are, with values that are taken', async () => {
    expect(recipes.length).toBeGreaterThan(20);
    for (const { page, heading, inputs, isFragment } of recipes) {
      const where = `${page}, ${heading}`;
      const unknown = Object.keys(inputs).filter(
        (name) => !(INPUT_NAMES as readonly string[]).includes(name),
      );
      expect({ where, unknown }).toEqual({ where, unknown: [] });
      const isPublish = isFragment && inputs.source === undefined;
      const given = filled(
        isPublish ? { paths: 'public', bucket: 's3://bucket/site', ...inputs } : inputs,
        '7',
      );
      const env = Object.fromEntries(
        Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
      );
      const parsed = await parseOptions(readInputs(env), {
        shell: 'action',
        cwd,
        env: {},
        platform: 'linux',
        home: '/home/me',
        parsePathLines,
        literalPath: async (path) => literalPath(path),
        endpointOf: async () => undefined,
      }).catch((error: Error) => error.message);
      expect({ where, parsed }).toMatchObject({ where, parsed: { destination: expect.anything() } });
    }
  });

  test('every command line is one', async () => {
    expect(commands.length).toBeGreaterThanOrEqual(5);
    for (const { page, heading, argv } of commands) {
      let err = '';
      const exit = await runCommandLine(
        {
          argv: argv.map((word) => word.replace(/\$\w+/g, '7')),
          env: {},
          cwd: () => cwd,
          platform: 'linux',
          home: '/home/me',
          stdout: { write: () => true },
          stderr: { write: (text) => (err += text) },
          now: () => 0,
          onSignals: () => ({ signal: new AbortController().signal, dispose: () => {} }),
        },
        fakeEngine(),
      );
      expect({ page, heading, exit, err }).toEqual({ page, heading, exit: EXIT.done, err: '' });
    }
  });
});

describe('run as they stand', () => {
  const BUCKETS = ['downloads', 'packages', 'previews', 'staging', 'www'].map(
    (name) => `${name}.example.com`,
  );
  let dist: string;
  let s3: EmbeddedTestServer;
  let ws: string;
  beforeAll(async () => {
    dist = await copyOfDist();
  });
  afterAll(() => removeTree(dirname(dist)));
  // One server a test: what a recipe finds in its buckets is what the test put there.
  beforeEach(async () => {
    s3 = await embedded({ buckets: BUCKETS });
    ws = await temporaryDirectory();
  });
  afterEach(async () => {
    await s3.stop();
    await removeTree(ws);
  });

  /** The step of a section, with what a test has to change: there are no accounts, and no cache, behind the server. */
  async function step(
    heading: string,
    nth = 0,
    { ref = '7', ...changes }: Readonly<Record<string, string>> = {},
  ): Promise<ActionEnded> {
    const recipe = recipes.filter((one) => one.page === 'docs/RECIPES.md' && one.heading === heading)[nth];
    if (recipe === undefined) throw new Error(`no step ${nth} in ${heading}`);
    const { 'allowed-account-ids': _, ...inputs } = filled(recipe.inputs, ref);
    if (inputs['copy-from'] !== undefined)
      inputs['copy-from'] = inputs['copy-from'].replace(/ region=.*/, '');
    s3.server.log.clear();
    const all = { index: 'none', ...inputs, ...changes };
    const ended = await runAction(dist, all, { cwd: ws, env: reach(s3) });
    expect(ended).toMatchObject({ status: 0 });
    return ended;
  }

  const tree = (contents: TreeContents): Promise<string> => writeTree(contents, ws);
  const keys = (bucket: string): readonly string[] => s3.server.objects(bucket).map(({ key }) => key);

  /** Names in the order in which readers could first see them. */
  function published(prefix: string): readonly string[] {
    return s3.server.log
      .of('PutObject', 'CopyObject', 'CompleteMultipartUpload')
      .filter(
        ({ key, status }) => status === 200 && key.startsWith(prefix) && !key.includes('.s3-dedup-sync/'),
      )
      .map(({ key }) => key.slice(prefix.length));
  }

  function expectOrder(names: readonly string[], ...groups: readonly RegExp[]): void {
    const places = names.map((name) => groups.findIndex((group) => group.test(name)));
    expect({ names, places }).toEqual({ names, places: [...places].sort((a, b) => a - b) });
    expect(new Set(places)).toEqual(new Set(groups.keys()));
  }

  test('a release sends what is new, and latest is copies alone', async () => {
    const heading = 'Versioned releases with a `latest`';
    await tree({
      'dist/app.tar.gz': noise(50_000, 1),
      'dist/manual.pdf': noise(20_000, 2),
      'dist/SHA256SUMS': 'a',
    });
    await step(heading, 0, { ref: 'v1.0' });
    const first = await step(heading, 1, { ref: 'v1.0' });
    expect(first.outputs).toMatchObject({ 'uploaded-bytes': '0', 'copied-files': '3', delayed: 'yes' });
    await tree({ 'dist/app.tar.gz': noise(50_001, 3), 'dist/SHA256SUMS': 'b' });
    const release = await step(heading, 0, { ref: 'v1.1' });
    expect(release.outputs).toMatchObject({ 'uploaded-bytes': '50002', 'copied-bytes': '20000' });
    expect((await step(heading, 1, { ref: 'v1.1' })).outputs).toMatchObject({
      'uploaded-bytes': '0',
      'copied-files': '2',
      'unchanged-files': '1',
    });
    expect(s3.server.log.bytesIn).not.toHaveProperty('PutObject');
    expect(s3.server.log.bytesIn).not.toHaveProperty('UploadPart');
    expect(published('latest/')).toEqual(['app.tar.gz', 'SHA256SUMS']);
    expect((await step(heading, 0, { ref: 'v1.1' })).outputs).toMatchObject({ changed: 'false' });
    // Names that carry the version: nothing is shared with the release before.
    await removeTree(`${ws}/dist`);
    await tree({ 'dist/app-1.2.tar.gz': 'c' });
    await step(heading, 0, { ref: 'v1.2' });
    expect((await step(heading, 1, { ref: 'v1.2' })).outputs).toMatchObject({ 'deleted-files': '3' });
    expect(keys('downloads.example.com').filter((key) => key.startsWith('latest/'))).toEqual([
      'latest/app-1.2.tar.gz',
    ]);
  });

  test('yum: repomd.xml after what it names, its signature after it, old metadata kept', async () => {
    const release = (n: number): TreeContents => ({
      [`repo/foo-${n}.rpm`]: `foo ${n}`,
      [`repo/repodata/${n}aa-primary.xml.gz`]: `primary ${n}`,
      'repo/repodata/repomd.xml': `md ${n}`,
      'repo/repodata/repomd.xml.asc': `signature ${n}`,
    });
    for (const n of [1, 2]) {
      await removeTree(`${ws}/repo/repodata`);
      await tree(release(n));
      await step('A yum repository');
      expectOrder(published('el9/'), /\.rpm$/, /primary/, /repomd\.xml$/, /\.asc$/);
    }
    expect(keys('packages.example.com')).toContain('el9/repodata/1aa-primary.xml.gz');
    const cacheControl = (name: string): string | undefined =>
      s3.server.object('packages.example.com', `el9/repodata/${name}`)?.headers['cache-control'];
    expect(cacheControl('repomd.xml.asc')).toBe('no-cache');
    expect(cacheControl('2aa-primary.xml.gz')).toBe('public, max-age=31536000, immutable');
  });

  test('apt: Release after the indexes, signatures after it, by-hash names are copies', async () => {
    for (const n of [1, 2]) {
      await removeTree(`${ws}/repo`);
      await tree({
        'repo/pool/foo_1.deb': 'foo 1',
        [`repo/pool/foo_${n}.deb`]: `foo ${n}`,
        'repo/dists/stable/main/binary-amd64/Packages': `packages ${n}`,
        [`repo/dists/stable/main/binary-amd64/by-hash/SHA256/${n}aa`]: `packages ${n}`,
        'repo/dists/stable/Release': `release ${n}`,
        'repo/dists/stable/Release.gpg': `gpg ${n}`,
        'repo/dists/stable/InRelease': `in ${n}`,
      });
      expect((await step('An apt repository')).outputs).toMatchObject({ 'copied-files': '1' });
      expectOrder(published('debian/'), /\.deb$/, /binary-amd64/, /\/Release$/, /InRelease$|\.gpg$/);
    }
    expect(keys('packages.example.com')).toContain(
      'debian/dists/stable/main/binary-amd64/by-hash/SHA256/1aa',
    );
  });

  test('a plan writes nothing and leaves a comment', async () => {
    s3.server.putObject('www.example.com', 'site/index.html', 'old');
    await tree({ 'public/index.html': 'new' });
    const plan = await step('What a pull request would change');
    expect(plan.outputs).toMatchObject({ status: 'planned', changed: 'true', 'uploaded-files': '1' });
    expect(plan.outputs['summary-file']).toMatch(/\.md$/);
    expect(Object.keys(s3.server.log.counts).every((name) => /^(List|Head|Get)/.test(name))).toBe(true);
  });

  test('a preview sends what differs from production; its clean-up takes it alone', async () => {
    const heading = 'Previews per pull request';
    s3.server.putObject('www.example.com', 'site/app.js', 'same');
    await tree({ 'build/app.js': 'same', 'build/index.html': 'new' });
    for (const ref of ['1', '10']) {
      expect((await step(heading, 0, { ref })).outputs).toMatchObject({
        'uploaded-files': '1',
        'copied-files': '1',
      });
    }
    expect((await step(heading, 0, { ref: '1' })).outputs).toMatchObject({ changed: 'false' });
    const removal = await step(heading, 1, { ref: '1' });
    expect(removal.outputs).toMatchObject({ 'deleted-files': '2' });
    expect((await step(heading, 1, { ref: '1' })).outputs).toMatchObject({ changed: 'false' });
    expect(keys('previews.example.com')).toEqual(['pr-10/app.js', 'pr-10/index.html']);
    expect(keys('www.example.com')).toEqual(['site/app.js']);
  });

  test('jobs that share a bucket leave one another alone', async () => {
    const heading = 'Several jobs that share a bucket';
    await tree({
      'web/index.html': 'web',
      'web/old.html': 'old',
      'docs/index.html': 'docs',
      'docs/old.html': 'old docs',
    });
    await step(heading, 0);
    await step(heading, 1);
    await removeTree(`${ws}/web/old.html`);
    await removeTree(`${ws}/docs/old.html`);
    expect((await step(heading, 0)).outputs).toMatchObject({ 'deleted-files': '1' });
    expect(keys('www.example.com')).toEqual([
      'site/docs/index.html',
      'site/docs/old.html',
      'site/index.html',
    ]);
    expect((await step(heading, 1)).outputs).toMatchObject({ 'deleted-files': '1' });
    expect(keys('www.example.com')).toEqual(['site/docs/index.html', 'site/index.html']);
  });

  test('production is a copy of staging', async () => {
    const heading = 'Several environments';
    for (const n of [1, 2]) {
      await tree({ 'build/app.js': noise(10_000, n), 'build/index.html': `page ${n}` });
      await step(heading, 0);
      const production = await step(heading, 1);
      expect(production.outputs).toMatchObject({
        'uploaded-bytes': '0',
        'copied-files': '2',
        delayed: 'yes',
      });
      expect(s3.server.log.bytesIn).not.toHaveProperty('UploadPart');
    }
    expect(keys('www.example.com')).toEqual(['site/app.js', 'site/index.html']);
  });
});
