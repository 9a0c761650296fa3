/** A line of the publish order: what matches waits for everything in the lines before it. */
export interface RankLine {
  readonly name: string;
  readonly matches: (name: string, isNew: boolean) => boolean;
}

const METADATA_BODY = /(^|\/)(repodata|by-hash)\/|(^|\/)(Packages|Sources)[^/]*$/;
const REPOMD = /(^|\/)repomd\.xml[^/]*$/;
const PAGE = /\.(html?|xhtml)$/i;
const FEED =
  /(^|\/)(sitemap[^/]*\.(xml|txt)(\.gz)?|(feed|rss|atom)\.(xml|json)|index\.xml|[^/]*\.(rss|atom))$/i;
const ENTRY_POINT = /(^|\/)(repomd\.xml|Release)$/;
const SIGNATURE = /(^|\/)(repomd\.xml\.[^/]+|Release\.gpg|InRelease|APKINDEX[^/]*)$/;
const CHECKSUMS =
  /(^|\/)(((MD5|SHA1|SHA224|SHA256|SHA384|SHA512|B2)SUMS?|CHECKSUMS?|checksums?)[^/]*|[^/]+\.(md5|sha1|sha224|sha256|sha384|sha512)(sums?)?)$/;
const LATEST = /(^|\/)latest([./-][^/]*|\/.*)?$/i;
const SERVICE_WORKER =
  /(^|\/)((sw|service-?worker|firebase-messaging-sw|ngsw-worker|OneSignalSDKWorker)[^/]*\.m?js|ngsw\.json)$/i;

/**
 * The publish order that needs no option: what refers is published after what it refers to (R1, R14).
 * A name belongs to the last line that it matches.
 */
export const BUILT_IN_RANKS: readonly RankLine[] = [
  { name: 'new keys', matches: (_, isNew) => isNew },
  { name: 'changed keys', matches: (_, isNew) => !isNew },
  { name: 'package metadata', matches: (name) => METADATA_BODY.test(name) && !REPOMD.test(name) },
  { name: 'new pages', matches: (name, isNew) => isNew && PAGE.test(name) },
  {
    name: 'changed pages, feeds, sitemaps',
    matches: (name, isNew) => (!isNew && PAGE.test(name)) || FEED.test(name),
  },
  { name: 'repository entry points', matches: (name) => ENTRY_POINT.test(name) },
  { name: 'repository signatures', matches: (name) => SIGNATURE.test(name) },
  { name: 'checksum files', matches: (name) => CHECKSUMS.test(name) },
  { name: 'latest pointers', matches: (name) => LATEST.test(name) },
  { name: 'service workers', matches: (name) => SERVICE_WORKER.test(name) },
];

/** Name of the rank that the plan appends. */
export const DELETE_RANK = 'deletes';

/** The place of a name in the publish order. */
export function rankOf(name: string, isNew: boolean): number {
  for (let rank = BUILT_IN_RANKS.length - 1; rank > 0; rank--) {
    if (BUILT_IN_RANKS[rank]?.matches(name, isNew) === true) return rank;
  }
  return 0;
}
