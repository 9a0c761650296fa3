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
    ['latest/app.tgz', true, 'latest: new keys'],
    ['latest.json', false, 'latest metadata'],
    ['latest.iso', false, 'latest pointers'],
    ['latest-app.dmg.blockmap', false, 'latest pointers'],
    ['latest.iso.asc', false, 'latest signatures'],
    ['latest.yml.sig', false, 'latest signatures'],
    ['latest.iso.sha256', false, 'latest checksums'],
    ['latest.iso.sha256.asc', false, 'latest checksum signatures'],
    ['latest/app.tgz.asc', false, 'latest: signatures'],
    ['latest/SHA256SUMS.asc', false, 'latest: checksum signatures'],
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
    ['my-repomd.xml.asc', true, 'signatures'],
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
    ['extra/os/x86_64/extra.db', true, 'repository entry points'],
    ['extra/os/x86_64/extra.files.tar.gz', false, 'repository entry points'],
    ['aarch64/mine.db.tar.zst', true, 'repository entry points'],
    ['extra/os/x86_64/extra.db.sig', true, 'repository signatures'],
    ['x86_64/mine.db.tar.zst.sig', true, 'repository signatures'],
    ['extra/os/x86_64/a-1-1-x86_64.pkg.tar.zst.sig', true, 'signatures'],
    ['data/app.db', true, 'new keys'],
    ['x86_64/a.db.css', true, 'new keys'],
    ['org/x/app/maven-metadata.xml', false, 'repository entry points'],
    ['org/x/app/maven-metadata.xml.sha1', false, 'checksum files'],
    ['conda/noarch/repodata.json.zst', false, 'repository entry points'],
    ['conda/linux-64/current_repodata.json', true, 'repository entry points'],
    ['0a1b.narinfo', true, 'package metadata'],
    ['appcast.xml', true, 'changed pages, feeds, sitemaps'],
    ['APKINDEX.d/a', true, 'new keys'],
    ['MYAPKINDEX', true, 'new keys'],
    ['MD5SUM', true, 'checksum files'],
    ['a/SHA512SUMS.gpg', true, 'checksum signatures'],
    ['SHA256SUMS.asc', true, 'checksum signatures'],
    ['app.tar.gz.sha256.minisig', false, 'checksum signatures'],
    ['app.tar.gz.asc', true, 'signatures'],
    ['app.tar.gz.sigstore.json', false, 'signatures'],
    ['helm/a.tgz.prov', true, 'signatures'],
    ['helm/index.yaml', false, 'repository entry points'],
    ['helm/index.yaml.sig', false, 'repository signatures'],
    ['tuf/2.snapshot.json', true, 'repository entry points'],
    ['tuf/timestamp.json', false, 'repository signatures'],
    ['oci/index.json', false, 'changed keys'],
    ['keys/archive.gpg', true, 'new keys'],
    ['.asc', true, 'new keys'],
    ['.sig', true, 'new keys'],
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
    ['a/LATEST.txt', true, 'latest metadata'],
    ['latest-linux', true, 'latest pointers'],
    ['latest/a/b', true, 'latest: new keys'],
    ['latest/a/b', false, 'latest: changed keys'],
    // A directory of that name is a repository or a site, and has its order.
    ['dists/latest/main/binary-amd64/Packages.xz', true, 'latest: package metadata'],
    ['dists/latest/main/binary-amd64/by-hash/SHA256/ab', true, 'latest: package metadata'],
    ['dists/latest/Release', false, 'latest: repository entry points'],
    ['dists/latest/InRelease', true, 'latest: repository signatures'],
    ['yum/latest/repodata/repomd.xml', false, 'latest: repository entry points'],
    ['docs/latest/index.html', false, 'latest: changed pages, feeds, sitemaps'],
    ['docs/latest/assets/app.js', true, 'latest: new keys'],
    ['latest/SHA256SUMS', false, 'latest: checksum files'],
    ['latest/latest.yml', false, 'latest metadata'],
    ['latest/sw.js', true, 'service workers'],
    ['latest-mac.yml', true, 'latest metadata'],
    ['latest-linux-arm64.yml', true, 'latest metadata'],
    // What pages refer to, though its name begins like something else.
    ['js/swiper-bundle.min.js', true, 'new keys'],
    ['js/swagger-ui-bundle.js', false, 'changed keys'],
    ['assets/switch-Zk19.js', true, 'new keys'],
    ['assets/Switch-1a2b3c.mjs', true, 'new keys'],
    ['sw-toolbox.js', true, 'new keys'],
    ['sweetalert2.min.js', true, 'new keys'],
    ['assets/checksum-DkX2a9Qe.js', true, 'new keys'],
    ['checksums.css', false, 'changed keys'],
    ['assets/latest-posts-Bx81.css', true, 'new keys'],
    ['assets/Latest-1a2b.js', true, 'new keys'],
    ['img/latest.png', false, 'changed keys'],
    ['latest-news.html', true, 'new pages'],
    ['checksums.html', false, 'changed pages, feeds, sitemaps'],
    ['latest.d/a', true, 'new keys'],
    ['latestnews', true, 'new keys'],
    ['my-latest', true, 'new keys'],
    ['a/service-worker.js', true, 'service workers'],
    ['serviceworker.mjs', true, 'service workers'],
    ['sw-2.js', true, 'service workers'],
    ['sw.min.js', true, 'service workers'],
    ['service-worker-v3.js', true, 'service workers'],
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

  test('R1: what names or proves a file comes after it, each after what it is about', () => {
    const order = publishOrder(['default']);
    const rise = (...names: readonly string[]): void => {
      const ranks = names.map((name) => order.rankOf(name, false));
      expect(ranks).toEqual([...new Set(ranks)].sort((a, b) => a - b));
    };
    rise('app.tgz', 'app.tgz.sig', 'app.tgz.sha256', 'app.tgz.sha256.asc');
    rise('app.tgz', 'app.tgz.sig', 'SHA256SUMS', 'SHA256SUMS.gpg');
    rise('latest.iso', 'latest.yml', 'latest.iso.sig', 'latest.iso.sha256', 'latest.iso.sha256.asc');
    rise('a.tgz', 'a.tgz.prov', 'index.yaml', 'index.yaml.asc');
    rise('targets.json', 'snapshot.json', 'timestamp.json');
    rise('a.pkg.tar.zst', 'a.pkg.tar.zst.sig', 'x86_64/a.db', 'x86_64/a.db.sig');
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
