import { parseExcludes } from './excludes.js';

/** A line of the publish order: what matches waits for everything in the lines before it. */
interface RankLine {
  readonly name: string;
  readonly matches: (name: string, isNew: boolean) => boolean;
  /** Takes names below a directory `latest` alone, as they are below it. */
  readonly isBelowLatest?: true;
}

/** What pages and other assets refer to, and so goes before them, whatever it is called. */
const ASSET =
  /\.(m?js|css|map|wasm|woff2?|ttf|otf|eot|png|jpe?g|gif|svg|webp|avif|ico|bmp|mp[34]|webm|og[gv]|pdf)$/i;

const METADATA_BODY = /(^|\/)(repodata|by-hash)\/|(^|\/)(Packages|Sources)[^/]*$|\.narinfo$/;
const REPOMD = /(^|\/)repomd\.xml[^/]*$/;
const PAGE = /\.(html?|xhtml)$/i;
const FEED =
  /(^|\/)(sitemap[^/]*\.(xml|txt)(\.gz)?|(feed|rss|atom|appcast)\.(xml|json)|index\.xml|[^/]*\.(rss|atom))$/i;
/** Of pacman, whose repositories have a directory for each architecture. */
const PACMAN =
  /(^|\/)(x86_64|i[3-6]86|aarch64|armv[67]h|riscv64|loong64|any)\/[^/]+\.(db|files)(\.tar(\.\w+)?)?/;
/** Helm's index, and TUF's snapshot, are among them. OCI's index.json is not: many a page reads data of that name. */
const ENTRY_POINT = new RegExp(
  String.raw`(^|/)(repomd\.xml|Release|maven-metadata\.xml|(current_)?repodata\.json(\.\w+)?|index\.yaml|(\d+\.)?snapshot\.json)$|${PACMAN.source}$`,
);
/** TUF's timestamp names its snapshot. */
const REPOSITORY_SIGNATURE =
  /(^|\/)(repomd\.xml\.[^/]+|Release\.gpg|InRelease|APKINDEX[^/]*|timestamp\.json)$/;
/** What is signed stands before it. A `.gpg` may be a key as well. */
const SIGNATURE = /^(.*[^/])\.(asc|sig|sign|minisig|sigstore(\.json)?|prov)$/i;
const CHECKSUMS_SIGNATURE = /^(.*[^/])\.(asc|sig|sign|minisig|sigstore(\.json)?|gpg)$/i;
const CHECKSUMS =
  /(^|\/)(((MD5|SHA1|SHA224|SHA256|SHA384|SHA512|B2)SUMS?|CHECKSUMS?|checksums?)[^/]*|[^/]+\.(md5|sha1|sha224|sha256|sha384|sha512)(sums?)?)$/;
const LATEST = /(^|\/)latest([.-][^/]*)?$/i;
const LATEST_METADATA = /\.(ya?ml|json|xml|txt)$/i;
const BELOW_LATEST = /(?:^|\/)latest\/(.*)$/i;
const SERVICE_WORKER =
  /(^|\/)((sw|service-?worker|firebase-messaging-sw|ngsw-worker|OneSignalSDKWorker)([.-]v?\d+)?(\.min)?\.m?js|ngsw\.json)$/i;

/** What every publish order begins with. */
const FIRST_LINES: readonly RankLine[] = [
  { name: 'new keys', matches: (_, isNew) => isNew },
  { name: 'changed keys', matches: (_, isNew) => !isNew },
];

/** What refers, of one place to download from, is published after what it refers to (R1, R14). */
const REFERRING_LINES: readonly RankLine[] = [
  { name: 'package metadata', matches: (name) => METADATA_BODY.test(name) && !REPOMD.test(name) },
  { name: 'new pages', matches: (name, isNew) => isNew && PAGE.test(name) },
  {
    name: 'changed pages, feeds, sitemaps',
    matches: (name, isNew) => (!isNew && PAGE.test(name)) || FEED.test(name),
  },
  { name: 'signatures', matches: (name) => SIGNATURE.test(name) },
  { name: 'repository entry points', matches: (name) => ENTRY_POINT.test(name) },
  {
    name: 'repository signatures',
    matches: (name) => REPOSITORY_SIGNATURE.test(name) || ENTRY_POINT.test(SIGNATURE.exec(name)?.[1] ?? ''),
  },
  { name: 'checksum files', matches: isChecksums },
  { name: 'checksum signatures', matches: isChecksumsSignature },
];

/** Of files `latest`: what is downloaded, what says which version that is, and what proves both. */
const LATEST_LINES: readonly RankLine[] = [
  { name: 'latest pointers', matches: () => true },
  { name: 'latest metadata', matches: (name) => LATEST_METADATA.test(name) },
  { name: 'latest signatures', matches: (name) => SIGNATURE.test(name) },
  { name: 'latest checksums', matches: isChecksums },
  { name: 'latest checksum signatures', matches: isChecksumsSignature },
];

/** What needs no option. A directory `latest` is a pointer to a release, and a place with an order of its own too. */
const BUILT_IN_LINES: readonly RankLine[] = [
  ...REFERRING_LINES,
  ...[...FIRST_LINES, ...REFERRING_LINES].map(({ name, matches }) => ({
    name: `latest: ${name}`,
    matches,
    isBelowLatest: true as const,
  })),
  ...LATEST_LINES.map(({ name: line, matches }) => ({
    name: line,
    matches: (name: string, isNew: boolean) =>
      LATEST.test(name) && !isReferredTo(name) && matches(name, isNew),
  })),
  { name: 'service workers', matches: (name) => SERVICE_WORKER.test(name) },
];

function isChecksums(name: string): boolean {
  return CHECKSUMS.test(name) && !isReferredTo(name);
}

function isChecksumsSignature(name: string): boolean {
  return isChecksums(CHECKSUMS_SIGNATURE.exec(name)?.[1] ?? '');
}

function isReferredTo(name: string): boolean {
  return ASSET.test(name) || PAGE.test(name);
}

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
    rankOf: (name, isNew) => {
      const below = BELOW_LATEST.exec(name)?.[1];
      return lines.findLastIndex(({ matches, isBelowLatest }) =>
        isBelowLatest === true ? below !== undefined && matches(below, isNew) : matches(name, isNew),
      );
    },
    deleteRank: lines.length,
  };
}

function patternLine(pattern: string): RankLine {
  const matches = parseExcludes([pattern]);
  return { name: pattern, matches: (name) => matches?.(name, false) === true };
}
