import { rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { md5Of } from '../../src/model/digest.js';
import { publish } from '../support/engine.js';
import { type EmbeddedTestServer, embedded } from '../support/servers.js';
import { removeTree, type TreeContents, writeTree } from '../support/tree.js';

/** What a reader finds in every state that a bucket passes through while a release replaces another. */

type Texts = Readonly<Record<string, string>>;

let s3: EmbeddedTestServer;
let bucket: string;
let root: string;

beforeAll(async () => {
  s3 = await embedded();
});
afterAll(() => s3.stop());
beforeEach(async () => {
  bucket = await s3.bucket();
  root = await writeTree({});
});
afterEach(async () => {
  s3.server.faults.clear();
  await removeTree(root);
});

/** Names of other files stand in brackets, below the root. */
function dangling(texts: Texts, entry: RegExp): readonly string[] {
  const broken: string[] = [];
  const follow = (name: string, from: string, seen: ReadonlySet<string>): void => {
    const text = texts[`p/${name}`];
    if (text === undefined) broken.push(`${from} names ${name}, which is not there`);
    else if (!seen.has(name)) {
      for (const [, other = ''] of text.matchAll(/\[([^\]]+)\]/g))
        follow(other, name, new Set([...seen, name]));
    }
  };
  for (const key of Object.keys(texts)) if (entry.test(key)) follow(key.slice(2), 'a reader', new Set());
  return broken;
}

function hashed(name: string, content: string): string {
  return name.replace('*', md5Of(Buffer.from(content)).slice(0, 8));
}

/** A site whose assets carry their content in their names; pages name assets and each other's. */
function site(release: string): TreeContents {
  const files: Record<string, string> = {};
  const css = `css of ${release}`;
  const image = 'image';
  const script = `script of ${release}, [${hashed('assets/img.*.png', image)}]`;
  files[hashed('assets/app.*.css', css)] = css;
  files[hashed('assets/img.*.png', image)] = image;
  files[hashed('assets/app.*.js', script)] = script;
  // Their names begin like those of files that come last.
  const others = ['assets/swiper-bundle.*.js', 'assets/checksum-*.js', 'assets/latest-posts-*.css'].map(
    (name) => {
      const content = `${name} of ${release}`;
      const file = hashed(name, content);
      files[file] = content;
      return `[${file}]`;
    },
  );
  for (const page of ['index.html', 'a.html', 'docs/b.html', `only-${release}.html`]) {
    files[page] =
      `${page} of ${release}: [${hashed('assets/app.*.css', css)}] [${hashed('assets/app.*.js', script)}] ${others.join(' ')}`;
  }
  files['sitemap.xml'] = `[index.html] [a.html] [only-${release}.html]`;
  return files;
}

/** A yum repository with unique metadata names, as createrepo_c writes it. */
function yum(release: string): TreeContents {
  const rpm = `Packages/tool-${release}.rpm`;
  const primary = `primary of ${release}: [${rpm}] [Packages/base-1.rpm]`;
  const primaryName = hashed('repodata/*-primary.xml.gz', primary);
  const repomd = `repomd of ${release}: [${primaryName}]`;
  return {
    [rpm]: `rpm ${release}`,
    'Packages/base-1.rpm': 'base',
    [primaryName]: primary,
    'repodata/repomd.xml': repomd,
    'repodata/repomd.xml.asc': `signature of ${release}`,
  };
}

/** An apt repository with by-hash indexes. */
function apt(release: string): TreeContents {
  const deb = `pool/t/tool_${release}.deb`;
  const packages = `Packages of ${release}: [${deb}]`;
  const byHash = hashed('dists/s/main/binary-amd64/by-hash/SHA256/*', packages);
  return {
    [deb]: `deb ${release}`,
    [byHash]: packages,
    'dists/s/main/binary-amd64/Packages': packages,
    'dists/s/InRelease': `InRelease of ${release}: [${byHash}]`,
    'dists/s/Release': `Release of ${release}: [${byHash}]`,
  };
}

/** All of it in a directory that is a pointer to a release too. */
function latest(
  tree: (release: string) => TreeContents,
  directory: string,
): (release: string) => TreeContents {
  return (release) =>
    Object.fromEntries(
      Object.entries(tree(release)).map(([name, text]) => [
        directory + name,
        String(text).replaceAll('[', `[${directory}`),
      ]),
    );
}

const kinds = [
  ['a site below latest/', latest(site, 'docs/latest/'), /\.html$|sitemap\.xml$/],
  ['a yum repository below latest/', latest(yum, 'latest/'), /repomd\.xml$/],
  ['an apt repository below latest/', latest(apt, 'latest/'), /Release$/],
  ['a site with hashed assets', site, /\.html$|sitemap\.xml$/],
  ['a yum repository', yum, /repomd\.xml$/],
  ['an apt repository', apt, /Release$/],
] as const;

describe.each([
  ['as they come', false],
  ['with delay-updates', true],
] as const)('R1, R14: %s', (_, delayUpdates) => {
  test.each(kinds)(
    '%s: whatever a reader finds names nothing that is not there, in any state',
    async (_kind, tree, entry) => {
      await writeTree(tree('1'), root);
      await publish(s3, bucket, root);
      await rm(root, { recursive: true });
      await writeTree(tree('2'), root);
      const broken: string[] = [];
      const operations: string[] = [];
      let states = 0;
      const operation = ['PutObject', 'CopyObject', 'CompleteMultipartUpload', 'DeleteObjects'] as const;
      const removers = operation.map((name) =>
        s3.server.after({ operation: name, bucket }, () => {
          states++;
          operations.push(name);
          broken.push(...dangling(s3.server.texts(bucket), entry));
        }),
      );
      s3.server.faults.intercept = (_request, random) => ({ kind: 'delay', ms: Math.floor(random() * 8) });
      const run = await publish(s3, bucket, root, { delayUpdates, deletes: { deleteAfter: true } });
      for (const remove of removers) remove();
      expect(run.exit).toBe(0);
      expect(states).toBeGreaterThan(4);
      expect(broken).toEqual([]);
      // With delay-updates no body travels while the release is switched: the window is as short as a few round trips.
      if (delayUpdates) expect(operations).not.toContain('PutObject');
    },
  );
});
