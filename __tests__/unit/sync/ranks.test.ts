import { describe, expect, test } from '@jest/globals';
import { publishOrder } from '../../../src/sync/ranks.js';

describe('publish order', () => {
  test.each([
    ['a.css', true, 'new keys'],
    ['a.css', false, 'changed keys'],
    ['repodata/abc-primary.xml.gz', true, 'package metadata'],
    ['dists/s/main/binary-amd64/Packages.gz', false, 'package metadata'],
    ['dists/s/main/by-hash/SHA256/ab', true, 'package metadata'],
    ['index.html', true, 'new pages'],
    ['index.html', false, 'changed pages, feeds, sitemaps'],
    ['sitemap.xml', true, 'changed pages, feeds, sitemaps'],
    ['repodata/repomd.xml', false, 'repository entry points'],
    ['repodata/repomd.xml.asc', true, 'repository signatures'],
    ['dists/s/Release', false, 'repository entry points'],
    ['dists/s/InRelease', false, 'repository signatures'],
    ['x86_64/APKINDEX.tar.gz', false, 'repository signatures'],
    ['SHA256SUMS', true, 'checksum files'],
    ['a.iso.sha256', true, 'checksum files'],
    ['latest/app.tgz', true, 'latest pointers'],
    ['latest.json', false, 'latest pointers'],
    ['news/latest-posts/a.css', true, 'new keys'],
    ['sw.js', false, 'service workers'],
    // At the root, below a directory, and with what may follow: no further, and nothing that only ends so.
    ['Packages', true, 'package metadata'],
    ['a/Sources.xz', true, 'package metadata'],
    ['Packages.d/a.css', true, 'new keys'],
    ['MyPackages', true, 'new keys'],
    ['my-repodata/a.xml', true, 'new keys'],
    ['by-hash/MD5Sum/ab', false, 'package metadata'],
    ['repomd.xml', true, 'repository entry points'],
    ['repodata/repomd.xml.d/a.xml', true, 'package metadata'],
    ['repodata/my-repomd.xml', true, 'package metadata'],
    ['repomd.xml.key', true, 'repository signatures'],
    ['my-repomd.xml.asc', true, 'new keys'],
    ['a.HTM', true, 'new pages'],
    ['a.xhtml', false, 'changed pages, feeds, sitemaps'],
    ['a.html.css', true, 'new keys'],
    ['xhtml', true, 'new keys'],
    ['sitemap-2.xml.gz', false, 'changed pages, feeds, sitemaps'],
    ['a/sitemap.txt', true, 'changed pages, feeds, sitemaps'],
    ['my-sitemap.xml', true, 'new keys'],
    ['sitemap/a.xml', true, 'new keys'],
    ['sitemap.xml.d', true, 'new keys'],
    ['feed.xml', true, 'changed pages, feeds, sitemaps'],
    ['blog/rss.json', true, 'changed pages, feeds, sitemaps'],
    ['atom.xml', false, 'changed pages, feeds, sitemaps'],
    ['index.xml', true, 'changed pages, feeds, sitemaps'],
    ['my-index.xml', true, 'new keys'],
    ['blog/all.RSS', true, 'changed pages, feeds, sitemaps'],
    ['all.atom', true, 'changed pages, feeds, sitemaps'],
    ['all.atom.css', true, 'new keys'],
    ['Release', true, 'repository entry points'],
    ['MyRelease', true, 'new keys'],
    ['Release.txt', true, 'new keys'],
    ['Release.gpg', true, 'repository signatures'],
    ['Release.gpg2', true, 'new keys'],
    ['NotInRelease', true, 'new keys'],
    ['APKINDEX', true, 'repository signatures'],
    ['APKINDEX.d/a', true, 'new keys'],
    ['MYAPKINDEX', true, 'new keys'],
    ['MD5SUM', true, 'checksum files'],
    ['a/SHA512SUMS.gpg', true, 'checksum files'],
    ['SHA3SUMS', true, 'new keys'],
    ['MYSHA256SUMS', true, 'new keys'],
    ['SHA256SUMS/a', true, 'new keys'],
    ['B2SUMS', true, 'checksum files'],
    ['CHECKSUM', true, 'checksum files'],
    ['checksums.txt', true, 'checksum files'],
    ['checksum.txt', true, 'checksum files'],
    ['a.tgz.md5', true, 'checksum files'],
    ['a/b.sha512sums', true, 'checksum files'],
    ['a.sha1sum', true, 'checksum files'],
    ['.md5', true, 'new keys'],
    ['a.md5.css', true, 'new keys'],
    ['a.sha256d/b', true, 'new keys'],
    ['latest', true, 'latest pointers'],
    ['a/LATEST.txt', true, 'latest pointers'],
    ['latest-linux', true, 'latest pointers'],
    ['latest/a/b', true, 'latest pointers'],
    ['latest.d/a', true, 'new keys'],
    ['latestnews', true, 'new keys'],
    ['my-latest', true, 'new keys'],
    ['a/service-worker.js', true, 'service workers'],
    ['serviceworker.mjs', true, 'service workers'],
    ['sw-2.js', true, 'service workers'],
    ['firebase-messaging-sw.js', true, 'service workers'],
    ['ngsw-worker.js', false, 'service workers'],
    ['ngsw.json', true, 'service workers'],
    ['OneSignalSDKWorker.js', true, 'service workers'],
    ['my-sw.js', true, 'new keys'],
    ['sw/a.js', true, 'new keys'],
    ['sw.js.css', true, 'new keys'],
    ['sw.jsx', true, 'new keys'],
  ])('%s (new: %s) is of the rank %s', (name, isNew, rank) => {
    const order = publishOrder(['default']);
    expect(order.names[order.rankOf(name, isNew)]).toBe(rank);
  });

  test('publish-last: its lines, each a place of its own, around the built-in ones', () => {
    const order = publishOrder(['/early/', 'default', 'manifest.json']);
    const placeOf = (name: string): string | undefined => order.names[order.rankOf(name, true)];
    expect(placeOf('early/x.css')).toBe('/early/');
    expect(placeOf('early/index.html')).toBe('new pages');
    expect(placeOf('a/manifest.json')).toBe('manifest.json');
    expect(placeOf('app.css')).toBe('new keys');
    expect(order.names.at(-1)).toBe('deletes');
    expect(order.deleteRank).toBe(order.names.length - 1);
    const own = publishOrder(['*.json']);
    expect(own.names).toEqual(['new keys', 'changed keys', '*.json', 'deletes']);
    expect(own.names[own.rankOf('index.html', false)]).toBe('changed keys');
  });
});
