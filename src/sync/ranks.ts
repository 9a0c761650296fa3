import { parseExcludes } from './excludes.js';

/** A line of the publish order: what matches waits for everything in the lines before it. */
interface RankLine {
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

/** What every publish order begins with. */
const FIRST_LINES: readonly RankLine[] = [
  { name: 'new keys', matches: (_, isNew) => isNew },
  { name: 'changed keys', matches: (_, isNew) => !isNew },
];

/** What needs no option: what refers is published after what it refers to (R1, R14). */
const BUILT_IN_LINES: readonly RankLine[] = [
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

/** Stands in `publish-last` for the built-in lines. */
export const DEFAULT_LINES = 'default';

/** The places in which keys are published, one after the other, deletes last. */
export interface PublishOrder {
  readonly names: readonly string[];
  /** The place of a name that is written: of the last line that it matches. */
  readonly rankOf: (name: string, isNew: boolean) => number;
  readonly deleteRank: number;
}

/** @param last lines of `publish-last`: patterns in the gitignore dialect, each a place of its own, and `default` */
export function publishOrder(last: readonly string[]): PublishOrder {
  const lines = [...FIRST_LINES];
  for (const line of last) {
    if (line === DEFAULT_LINES) lines.push(...BUILT_IN_LINES);
    else lines.push(patternLine(line));
  }
  return {
    names: [...lines.map(({ name }) => name), 'deletes'],
    rankOf: (name, isNew) => lines.findLastIndex(({ matches }) => matches(name, isNew)),
    deleteRank: lines.length,
  };
}

function patternLine(pattern: string): RankLine {
  const matches = parseExcludes([pattern]);
  return { name: pattern, matches: (name) => matches?.(name, false) === true };
}
