/**
 * The one definition of what a run can be told and what it tells: `action.yml`, the command line's options and
 * help, `docs/INPUTS.md` and the README's tables are made from it (dev/generate.ts). Data only.
 */

/**
 * How a value is spelled.
 *
 * - `boolean`: true or false; a bare flag on the command line means true
 * - `string`: taken as it is, without blanks around it
 * - `lines`: several, one a line; on the command line the option is repeated
 * - `enum`: one of `values`
 * - `number`: a whole number from `min` to `max`, or one of `values`
 * - `duration`: `500 ms`, `10 s`, `5 min`, `1 h`, `7 days`; a plain number is seconds
 * - `limit`: a number, `N%`, or one of `values`
 * - `size`: bytes, or a number with KB, MB, GB, KiB, MiB, GiB
 */
export type InputKind = 'boolean' | 'string' | 'lines' | 'enum' | 'number' | 'duration' | 'limit' | 'size';

export interface InputDefinition {
  readonly kind: InputKind;
  readonly group: InputGroup;
  /** One line for `action.yml`, the help and the docs. */
  readonly description: string;
  /** Spelled as a user would; absent: nothing is set. */
  readonly default?: string;
  /** What happens when nothing is given, for people to read, where no value spells it. */
  readonly shownDefault?: string;
  /** The command line's default where it differs, for people to read. */
  readonly cliDefault?: string;
  /** Closed set of an `enum`; words that a `number` or `limit` takes besides digits. */
  readonly values?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  /** Option on the command line where it is not the input's name (a list's singular). */
  readonly option?: string;
  /** Name of the value in the help. */
  readonly placeholder?: string;
  /** Where the input exists; absent: in both. */
  readonly only?: 'action' | 'cli';
  /** A text of lines: the option may be repeated on the command line, and each goes on behind the one before. */
  readonly repeatable?: true;
  /** May stand as `name=value` behind the URL of a destination. */
  readonly word?: true;
}

export type InputGroup =
  | 'What is published'
  | 'Where to'
  | 'Order'
  | 'Deleting'
  | 'Objects'
  | 'Websites'
  | 'CloudFront'
  | 'Several machines'
  | 'Run and report'
  | 'Connection';

export const STORAGE_CLASSES = [
  'STANDARD',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
  'REDUCED_REDUNDANCY',
  'EXPRESS_ONEZONE',
  'OUTPOSTS',
  'SNOW',
] as const;

export const CANNED_ACLS = [
  'private',
  'public-read',
  'public-read-write',
  'authenticated-read',
  'aws-exec-read',
  'bucket-owner-read',
  'bucket-owner-full-control',
] as const;

/** In the order of the docs. */
export const INPUTS = {
  command: {
    kind: 'enum',
    group: 'What is published',
    values: ['sync', 'remove', 'check', 'plan', 'apply', 'publish'],
    default: 'sync',
    only: 'action',
    description:
      'What the run does: `sync` publishes `paths`, or downloads or copies `source`; `remove` deletes everything under a prefix, never in a whole bucket, and takes no `paths` and nothing else that is about publishing; `check` compares the destination with what `sync` would make of it, writes nothing, and ends with 3 where they differ; `plan`, `apply` and `publish` are a `sync` on several machines.',
  },
  paths: {
    kind: 'lines',
    group: 'What is published',
    option: 'path',
    placeholder: 'PATTERN',
    description:
      'Directories, files or patterns to publish, one a line, in the dialect of @actions/glob. `dir`, `dir/` and `dir/**` publish the inside of `dir`. A line that begins with `!` excludes.',
  },
  root: {
    kind: 'string',
    group: 'What is published',
    placeholder: 'DIR',
    description:
      'Directory below which the keys are named. Needed when the patterns have more than one root; by default the one literal part before the first wildcard.',
  },
  excludes: {
    kind: 'lines',
    group: 'What is published',
    option: 'exclude',
    placeholder: 'PATTERN',
    description:
      'Patterns in the dialect of .gitignore, one a line, matched against the key below the prefix. What they match is not published, and its objects are neither deleted nor overwritten.',
  },
  'excludes-from': {
    kind: 'lines',
    group: 'What is published',
    option: 'exclude-from',
    placeholder: 'FILE',
    description: 'Files of such patterns, one a line; they come before `excludes`.',
  },
  'include-git': {
    kind: 'boolean',
    group: 'What is published',
    default: 'false',
    description: 'Publish `.git` too. Its config can hold a token.',
  },
  symlinks: {
    kind: 'enum',
    group: 'What is published',
    values: ['inside', 'all', 'skip'],
    default: 'inside',
    description:
      'Symbolic links: `inside` follows those whose target lies inside the roots and refuses the run for others, `all` follows all, `skip` follows none and protects their keys.',
  },
  'if-no-files-found': {
    kind: 'enum',
    group: 'What is published',
    values: ['error', 'warn', 'ignore'],
    default: 'error',
    description: 'What to do when there is nothing to publish after the excludes. The last two never delete.',
  },
  source: {
    kind: 'string',
    group: 'What is published',
    only: 'action',
    description:
      'In place of `paths`: `s3://bucket/prefix`, and behind it words such as `region=eu-west-1`. With `destination` it is downloaded, with `bucket` copied there, inside S3 where one service and one set of credentials reach both.',
  },
  destination: {
    kind: 'string',
    group: 'Where to',
    only: 'action',
    description: 'Directory that `source` is downloaded to, in place of `bucket`.',
  },
  'local-duplicates': {
    kind: 'enum',
    group: 'Where to',
    values: ['copy', 'reflink', 'link'],
    default: 'copy',
    description:
      'Of a download: what a content becomes that the disk has already. `reflink` shares its blocks where the file system can, `link` makes hard links where mode and modification time agree.',
  },
  'as-stored': {
    kind: 'boolean',
    group: 'Where to',
    default: 'false',
    description:
      'Of a download: take objects as they are. Without it what `compress` stored is decoded, and further names of pages and redirects are left out.',
  },
  bucket: {
    kind: 'string',
    group: 'Where to',
    placeholder: 'BUCKET',
    description:
      'Name of the bucket, `s3://bucket/prefix` (then `name=value` words such as `region=eu-west-1`), or the ARN of an access point.',
  },
  prefix: {
    kind: 'string',
    group: 'Where to',
    placeholder: 'PREFIX',
    description: 'What all keys begin with; it always ends at a slash. `/` alone spells the whole bucket.',
  },
  'whole-bucket': {
    kind: 'boolean',
    group: 'Where to',
    default: 'false',
    word: true,
    description:
      'Allow `delete-after` without a prefix. An unset variable in `prefix` must not mean everything.',
  },
  mirrors: {
    kind: 'lines',
    group: 'Where to',
    placeholder: 'PLACE',
    option: 'mirror',
    description:
      'Further destinations of the same tree, one a line, each `s3://bucket/prefix` and its own words behind it. Files are read and hashed once; a mirror that fails does not hold up the others. What is about one bucket (`region`, `expected-bucket-owner`, `invalidate`, `whole-bucket`) is said behind it; all other inputs are for all.',
  },
  'mirror-by': {
    kind: 'enum',
    group: 'Where to',
    values: ['auto', 'upload', 'copy'],
    default: 'auto',
    description:
      'How a mirror gets its bytes: `upload` sends them to each, `copy` fills the mirrors from the first destination inside S3 (0 bytes more from this machine; transfer between regions is billed), `auto` copies within one region and service, and decides object by object between regions of AWS: sent, but large ones copied once this line is so slow that the runner costs more than the transfer.',
  },
  'mirrors-atomic': {
    kind: 'boolean',
    group: 'Where to',
    default: 'false',
    description:
      'Publish to no destination before everything is staged in all of them. Implies `delay-updates`; each mirror is sent its bytes.',
  },
  'delay-updates': {
    kind: 'enum',
    group: 'Order',
    values: ['true', 'false', 'best-effort'],
    default: 'false',
    description:
      'Change nothing before every byte is in S3, then switch all keys within moments. `true` refuses a destination that cannot stage uploads, `best-effort` publishes in order there. A small object then costs three requests instead of one.',
  },
  'publish-last': {
    kind: 'lines',
    group: 'Order',
    default: 'default',
    placeholder: 'PATTERN',
    description:
      'What is published after everything else, one line after the other: patterns in the dialect of .gitignore. `default` stands for the built-in lines: package metadata, pages, signatures, repository entry points, checksum files, what lies in a directory `latest`, latest pointers, service workers.',
  },
  lock: {
    kind: 'boolean',
    group: 'Order',
    default: 'false',
    description:
      'Hold a lease object under the prefix while the run writes, so that no other run with `lock` publishes there at the same time. One that is held refuses the run.',
  },
  'abort-uploads-after': {
    kind: 'duration',
    group: 'Order',
    default: '7 days',
    placeholder: 'TIME',
    description:
      'Multipart uploads that the journal names and no run goes on with are aborted at once when their run is known to be over, else when they are this old.',
  },
  'delete-after': {
    kind: 'boolean',
    group: 'Deleting',
    default: 'false',
    description:
      'Delete the objects under the prefix that the tree no longer has, after everything else succeeded.',
  },
  'max-delete': {
    kind: 'limit',
    group: 'Deleting',
    values: ['none'],
    shownDefault: '25%',
    word: true,
    placeholder: 'N|N%|none',
    description:
      'Refuse the run when it would delete more than this: a number, `N%` of the listed keys that are not excluded, or `none` for no limit. Not given, up to 20 deletions are always allowed, and the destination must share a key or a content with the tree. `remove` has no limit unless one is given.',
  },
  'delete-excluded': {
    kind: 'boolean',
    group: 'Deleting',
    default: 'false',
    description: 'Let `delete-after` also delete objects that are excluded.',
  },
  'delete-grace': {
    kind: 'string',
    group: 'Deleting',
    placeholder: 'N deploys|N days',
    description:
      'Keep what the tree no longer has for so many deploys (`3 deploys`) or so long (`7 days`) before `delete-after` deletes it: pages that are still open need their old assets. Needs an index that lasts: a path or `s3://`.',
  },
  retain: {
    kind: 'lines',
    group: 'Deleting',
    placeholder: 'PATTERN',
    description:
      'Patterns in the dialect of .gitignore, one a line: keys that are never deleted, though the tree does not have them. A line that matches nothing refuses the run where `./`, the prefix or the root before it, quotes or a comment are all that keeps it from what would be deleted.',
  },
  'copy-from': {
    kind: 'lines',
    group: 'Objects',
    placeholder: 'PLACE',
    description:
      "Further places whose content is copied instead of sent, one a line: `s3://bucket/prefix`, then `region=`, `expected-bucket-owner=` or `requester-pays=` where needed. Last release's prefix, a staging bucket. Large files that changed since are made from what lies there, where its index does too. They are listed once and never written.",
  },
  'copy-min-size': {
    kind: 'size',
    group: 'Objects',
    default: '0',
    placeholder: 'SIZE',
    description:
      'Content smaller than this is sent, not copied: bytes, or `64 KiB`. S3 bills a copy like an upload, so by default everything that can be is copied. Mirrors with `mirror-by: copy` are filled by copies all the same.',
  },
  overwrite: {
    kind: 'enum',
    group: 'Objects',
    values: ['if-unchanged', 'always'],
    default: 'if-unchanged',
    description:
      'Which objects may be replaced: `if-unchanged` those that are still what the listing showed, else the key fails with exit status 5, unless it has the same bytes already; `always` whatever another writer put there meanwhile. Deletions always want what the listing showed.',
  },
  sse: {
    kind: 'enum',
    group: 'Objects',
    values: ['AES256', 'aws:kms', 'aws:kms:dsse'],
    word: true,
    description: "Server-side encryption of every object written. By default the bucket's own.",
  },
  'kms-key-id': {
    kind: 'string',
    group: 'Objects',
    placeholder: 'KEY',
    word: true,
    description: 'ID, ARN or alias of the KMS key; needs `sse: aws:kms` or `aws:kms:dsse`.',
  },
  'storage-class': {
    kind: 'enum',
    group: 'Objects',
    values: STORAGE_CLASSES,
    word: true,
    placeholder: 'CLASS',
    description: 'Storage class of every object written.',
  },
  acl: {
    kind: 'enum',
    group: 'Objects',
    values: CANNED_ACLS,
    word: true,
    placeholder: 'ACL',
    description:
      'Canned ACL of every object written, but of the index, its journal and the lock: these are private, or `bucket-owner-full-control` where that is given. Never sent unasked: most buckets have ACLs disabled.',
  },
  preserve: {
    kind: 'boolean',
    group: 'Objects',
    default: 'false',
    description: 'Keep mode and modification time of the files in metadata, as s3cmd does.',
  },
  headers: {
    kind: 'string',
    repeatable: true,
    group: 'Websites',
    placeholder: 'RULES',
    description:
      'Headers by path, in the syntax of `_headers` files: a line with a path such as `/assets/*`, then indented lines `Cache-Control: public, max-age=3600`, or `! Cache-Control` to take one away. Here also x-amz-storage-class, x-amz-tagging, x-amz-acl and x-amz-website-redirect-location.',
  },
  'headers-file': {
    kind: 'string',
    group: 'Websites',
    placeholder: 'FILE',
    description:
      'A file of such rules, as site builders write it; it is not published. Its rules come before those of `headers`.',
  },
  'headers-defaults': {
    kind: 'enum',
    group: 'Websites',
    values: ['none', 'website'],
    default: 'none',
    description:
      'Cache-Control where no rule gives one. `website`: pages are revalidated, names with a content hash that a build manifest lists are kept for a year, everything else for an hour.',
  },
  'refresh-headers': {
    kind: 'boolean',
    group: 'Websites',
    default: 'false',
    description:
      'Ask S3 for the headers of objects that no earlier run remembers, at most 10,000 a run, and renew those that are not as they should be.',
  },
  'redirects-file': {
    kind: 'string',
    group: 'Websites',
    placeholder: 'FILE',
    description:
      'A file in the `_redirects` convention, not published itself: each exact path with a 301 becomes an object that redirects readers of an S3 website endpoint. What S3 cannot do is refused.',
  },
  compress: {
    kind: 'lines',
    group: 'Websites',
    placeholder: 'PATTERN',
    description:
      'Files to store compressed with Content-Encoding, one pattern in the dialect of .gitignore a line, then `encoding=br` for Brotli in place of gzip. What would not become a tenth smaller is stored as it is.',
  },
  'clean-urls': {
    kind: 'boolean',
    group: 'Websites',
    default: 'false',
    description: 'Publish each page `about.html` also as `about`, by a copy.',
  },
  invalidate: {
    kind: 'string',
    group: 'CloudFront',
    placeholder: 'DISTRIBUTION',
    word: true,
    description:
      'ID of a CloudFront distribution that is told, after everything is published, to forget what readers may have cached: what was changed, copied over, refreshed or deleted. `E2EXAMPLE new=true`: new keys too. What could not be sent is remembered and sent by the next run; where that is not known, everything is invalidated.',
  },
  'invalidate-strip-prefix': {
    kind: 'string',
    group: 'CloudFront',
    placeholder: 'PREFIX',
    description:
      "What is taken off the front of a key to make a path: the path of the distribution's origin. Keys that do not begin with it are not served there.",
  },
  'invalidate-prefix': {
    kind: 'string',
    group: 'CloudFront',
    placeholder: 'PREFIX',
    description: 'What is put in front of the key to make a path.',
  },
  'invalidate-max-paths': {
    kind: 'number',
    group: 'CloudFront',
    min: 1,
    max: 1000,
    shownDefault: '3',
    placeholder: 'N',
    description:
      'Paths that an invalidation has at most; more are grouped into wildcards of directories. CloudFront bills each path beyond 1,000 a month.',
  },
  'invalidate-wait': {
    kind: 'boolean',
    group: 'CloudFront',
    default: 'false',
    description:
      'End the run when the invalidation is complete, and fail it when it is not after 30 minutes.',
  },
  'plan-file': {
    kind: 'string',
    group: 'Several machines',
    placeholder: 'FILE',
    description: 'The plan that `plan` writes, and that `apply` and `publish` read.',
  },
  shard: {
    kind: 'string',
    group: 'Several machines',
    placeholder: 'I/N',
    description:
      'With `apply`: which share of the plan to stage, as `2/4`. With `publish`: publish that share of the first rank that is not published, and nothing more; a `publish` without it comes last.',
  },
  results: {
    kind: 'lines',
    group: 'Several machines',
    placeholder: 'FILE',
    description:
      'With `apply` the file to write what was staged to; with `publish` those files, or directories of them, one a line. With `publish` and `shard` the one directory of all results, where what was published is written too.',
  },
  abort: {
    kind: 'boolean',
    group: 'Several machines',
    default: 'false',
    description:
      'With `publish`: give the plan up. The uploads that the results name are aborted, and nothing is published.',
  },
  index: {
    kind: 'string',
    group: 'Run and report',
    default: 'cache',
    cliDefault: "a file in the user's cache directory",
    placeholder: 'PLACE',
    description:
      "Where to remember what earlier runs learned: `cache` (the runner's cache), a path, `s3://bucket/key` (with `region=` behind it where that bucket is in another region than the destination's), or `none`. With one, only what changed of a large file is sent. Losing it costs time, never correctness.",
  },
  report: {
    kind: 'string',
    group: 'Run and report',
    placeholder: 'FILE',
    description:
      'Write a report of every step to this file: JSON, or JSON Lines when it ends in `.jsonl`. It is never published, wherever it lies.',
  },
  summary: {
    kind: 'enum',
    group: 'Run and report',
    values: ['always', 'changes', 'never'],
    default: 'always',
    only: 'action',
    description: 'When to write the job summary; `changes`: when something changed or failed.',
  },
  'summary-title': {
    kind: 'string',
    group: 'Run and report',
    only: 'action',
    description: "Heading of the job summary; by default the destination's URL.",
  },
  'dry-run': {
    kind: 'boolean',
    group: 'Run and report',
    default: 'false',
    description: 'Read everything, write nothing, and say what would be done.',
  },
  read: {
    kind: 'boolean',
    group: 'Run and report',
    default: 'false',
    description:
      'With `check`: read every object back and compare its bytes; what `compress` stored is decoded.',
  },
  'log-level': {
    kind: 'enum',
    group: 'Run and report',
    values: ['error', 'warn', 'info', 'debug'],
    default: 'info',
    description: 'How much is logged.',
  },
  region: {
    kind: 'string',
    group: 'Connection',
    placeholder: 'REGION',
    word: true,
    description:
      "The bucket's region. By default from the environment or the profile, else AWS is asked once; with an endpoint it is us-east-1. On AWS it is not that of `copy-from`, `source` and `mirrors`: theirs stands behind them, as `region=`.",
  },
  'endpoint-url': {
    kind: 'string',
    group: 'Connection',
    placeholder: 'URL',
    word: true,
    description:
      'URL of an S3-compatible service; else AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, or what the profile in use has.',
  },
  'force-path-style': {
    kind: 'boolean',
    group: 'Connection',
    word: true,
    description:
      'Put the bucket in the path of the URL instead of the host name. By default only with an endpoint.',
  },
  profile: {
    kind: 'string',
    group: 'Connection',
    placeholder: 'NAME',
    word: true,
    description: 'Profile in the AWS configuration files.',
  },
  'role-to-assume': {
    kind: 'string',
    group: 'Connection',
    placeholder: 'ARN',
    word: true,
    description:
      "Role in whose name the bucket is reached: by the runner's identity token where the job has one (`permissions: id-token: write`), else from the credentials at hand. Renewed before it expires.",
  },
  audience: {
    kind: 'string',
    group: 'Connection',
    only: 'action',
    default: 'sts.amazonaws.com',
    description: "Audience of the runner's identity token.",
  },
  'role-session-name': {
    kind: 'string',
    group: 'Connection',
    placeholder: 'NAME',
    default: 's3-dedup-sync',
    description: 'Name of the session, as CloudTrail shows it.',
  },
  'role-duration-seconds': {
    kind: 'number',
    group: 'Connection',
    placeholder: 'N',
    min: 900,
    max: 43200,
    default: '3600',
    description: 'How long the credentials of the role are valid.',
  },
  'allowed-account-ids': {
    kind: 'lines',
    group: 'Connection',
    option: 'allowed-account-id',
    placeholder: 'ID',
    word: true,
    description:
      'Accounts that the credentials may belong to, one a line or separated by commas; checked before anything else is done.',
  },
  'expected-bucket-owner': {
    kind: 'string',
    group: 'Connection',
    placeholder: 'ID',
    word: true,
    description: 'Account that must own the bucket; S3 refuses every request otherwise.',
  },
  'requester-pays': {
    kind: 'boolean',
    group: 'Connection',
    default: 'false',
    word: true,
    description: 'Accept the charges of a bucket whose requester pays.',
  },
  concurrency: {
    kind: 'number',
    group: 'Connection',
    values: ['auto'],
    min: 1,
    max: 1000,
    default: 'auto',
    placeholder: 'N',
    description:
      'Requests in flight; `auto`: 64, up to 256 where more are faster, and fewer where few files may be open (ulimit -n).',
  },
  'max-attempts': {
    kind: 'number',
    group: 'Connection',
    min: 1,
    max: 100,
    default: '5',
    placeholder: 'N',
    description:
      'How often a request is tried before it counts as failed; four times as often where S3 asks to slow down (503), which by default takes up to five minutes. `1` is one try, whatever is answered.',
  },
  'connect-timeout': {
    kind: 'duration',
    group: 'Connection',
    default: '10 s',
    placeholder: 'TIME',
    description: 'How long connecting may take.',
  },
  'read-timeout': {
    kind: 'duration',
    group: 'Connection',
    default: '60 s',
    placeholder: 'TIME',
    description: 'How long a connection may be silent.',
  },
} as const satisfies Readonly<Record<string, InputDefinition>>;

export type InputName = keyof typeof INPUTS;

export const INPUT_NAMES = Object.keys(INPUTS) as readonly InputName[];

export function inputDefinition(name: InputName): InputDefinition {
  return INPUTS[name];
}

/** Names that may stand as `name=value` behind a destination's URL. */
export const WORD_NAMES: readonly InputName[] = INPUT_NAMES.filter(
  (name) => inputDefinition(name).word === true,
);

/** What was given, unparsed. Absent: not given at all. Lists come as lists. */
export type RawInputs = Readonly<Partial<Record<InputName, string | readonly string[]>>>;

/** Outputs of the action; over several destinations they are sums. */
export const OUTPUTS = {
  status: '`done`, `failed`, `refused`, `planned` (a dry run), `different` (of `check`) or `cancelled`.',
  changed:
    '`true` when something was, or in a dry run would be, written or deleted, or `check` found a difference; else `false`.',
  'uploaded-files': 'Files whose content was sent.',
  'uploaded-bytes': 'Their bytes.',
  'downloaded-files': 'Objects that were fetched.',
  'downloaded-bytes': 'Their bytes.',
  'linked-files': 'Files of a download that became hard links.',
  'copied-files': 'Files that became copies: inside S3, or in a download on the disk.',
  'copied-bytes': 'Their bytes; none of them travelled.',
  'unchanged-files': 'Files whose object already had the content.',
  'unchanged-bytes': 'Their bytes.',
  'refreshed-files': 'Objects whose headers alone were renewed.',
  'deleted-files': 'Objects deleted.',
  'deleted-bytes': 'Their bytes.',
  'failed-files': 'Files and objects that failed.',
  delayed:
    '`yes` when `delay-updates` staged everything before anything changed, a dry run would, or nothing was to change; else `no`.',
  'invalidation-id': 'ID of the CloudFront invalidation, when one was sent.',
  requests: 'Requests sent to S3, retries included.',
  report: 'Path of the report, when one was asked for.',
  'summary-file': 'Path of the summary as Markdown, for a comment on a pull request.',
} as const satisfies Readonly<Record<string, string>>;

export type OutputName = keyof typeof OUTPUTS;

export const OUTPUT_NAMES = Object.keys(OUTPUTS) as readonly OutputName[];
