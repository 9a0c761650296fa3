import { brotliCompressSync, gzipSync } from 'node:zlib';
import { md5Of } from '../../src/model/digest.js';
import type { TreeContents } from './tree.js';

/** Below it stand files that are compressed already. */
export const HEADERS = `/packed/*
  Cache-Control: public, max-age=31536000, immutable
  Content-Encoding: gzip
/packed/*.br.json
  Content-Encoding: br
/docs/*
  Content-Language: en
`;

/** Of files that stay under one name; what they hold is the same in every release. */
const SHARED_STYLE = 'main { max-width: 40em }';

const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** What a page says of itself once its script is through: every part names the release that it is of. */
export interface Told {
  readonly page: string;
  readonly parts: Readonly<Record<string, string>>;
  /** Pixels, of images that are shown. */
  readonly images: readonly number[];
  readonly links: readonly string[];
}

/**
 * A site as a bundler makes it: pages name assets whose names carry their content, scripts import and fetch others of
 * those. The font's place is taken by data. From release 2 on a picture lies elsewhere, one page is gone and one new.
 */
export function release(number: number): TreeContents {
  const files: Record<string, string | Buffer> = {};
  const add = (pattern: string, content: string | Buffer): string => {
    const name = pattern.replace('*', md5Of(Buffer.from(content)).slice(0, 8));
    files[name] = content;
    return `/${name}`;
  };
  const version = String(number);
  const data = add('packed/data.*.json', gzipSync(JSON.stringify({ release: version, text: 'größer' })));
  const more = add(
    'packed/data.*.br.json',
    brotliCompressSync(Buffer.from(JSON.stringify({ release: version }))),
  );
  const chunk = add('assets/chunk.*.js', `export const release = '${version}';\n`);
  const later = add('assets/later.*.js', `export const release = '${version}'; // on demand\n`);
  const style = add('assets/app.*.css', `:root { --release: ${version} }\n`);
  const badge = add(
    'assets/badge.*.svg',
    `<svg xmlns="http://www.w3.org/2000/svg" width="${100 + number}" height="9"/>`,
  );
  const library = add('packed/library.*.js', gzipSync(`export const told = (release) => String(release);\n`));
  const script = add('assets/app.*.js', appScript(version, { library, chunk, later, data, more }));
  const photo = number === 1 ? 'img/photo.png' : 'media/photo.png';
  files[photo] = PIXEL;
  files['theme.css'] = SHARED_STYLE;
  files['favicon.svg'] = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>';
  files['asset-manifest.json'] = JSON.stringify({
    files: { 'app.js': script, 'app.css': style, 'chunk.js': chunk, 'later.js': later, 'badge.svg': badge },
  });
  const links = ['/', '/about', '/docs/', number === 1 ? '/legacy' : '/news'];
  const page = (title: string): string => `<!doctype html>
<html lang="en" data-release="${version}">
<meta charset="utf-8">
<title>${title}</title>
<link rel="icon" href="/favicon.svg">
<link rel="stylesheet" href="/theme.css">
<link rel="stylesheet" href="${style}">
<script type="module" src="${script}"></script>
<img src="/${photo}" alt="">
<img src="${badge}" alt="">
<nav>${links.map((link) => `<a href="${link}">${link}</a>`).join('\n')}</nav>
`;
  for (const name of ['index', 'about', 'docs/index', number === 1 ? 'legacy' : 'news'])
    files[`${name}.html`] = page(name);
  files['404.html'] = `<!doctype html><title>not found</title>`;
  return files;
}

function appScript(
  version: string,
  names: Readonly<Record<'library' | 'chunk' | 'later' | 'data' | 'more', string>>,
): string {
  return `import { told } from '${names.library}';
const json = async (url) => {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(url + ': ' + answer.status);
  return answer.json();
};
globalThis.later = async () => (await import('${names.later}')).release;
globalThis.ready = (async () => {
  const [chunk, data, more] = await Promise.all([import('${names.chunk}'), json('${names.data}'), json('${names.more}')]);
  if (data.text !== 'größer') throw new Error('data was not decoded');
  // This script does not wait for images.
  if (document.readyState !== 'complete') await new Promise((loaded) => addEventListener('load', loaded));
  const style = getComputedStyle(document.documentElement);
  return {
    page: document.documentElement.dataset.release,
    parts: {
      script: told('${version}'),
      style: style.getPropertyValue('--release').trim(),
      chunk: chunk.release,
      data: data.release,
      more: more.release,
    },
    images: [...document.images].map((image) => image.naturalWidth),
    links: [...document.links].map((link) => link.getAttribute('href')),
  };
})();
`;
}
