/** What to write here for options that people know from aws-cli, rclone, s3cmd and s5cmd. */
const INSTEAD: readonly (readonly [options: string, advice: string])[] = [
  ['delete delete-removed delete-during del', 'write --delete-after'],
  [
    'include',
    "the last --exclude that matches counts, a directory has to be entered, and * does not cross /: --exclude '*' --exclude '!*/' --exclude '!PATTERN' with !*.html for *.html and !/assets/** for assets/*, or --path PATTERN alone",
  ],
  [
    'include-from files-from filter filter-from',
    'write --path PATTERN, or --exclude-from FILE: its first lines are * and !*/, then a line !PATTERN for each',
  ],
  [
    'cache-control content-type content-encoding content-disposition content-language expires add-header header header-upload mime-type default-mime-type tagging',
    "write a rule, as --headers $'/*\\n  Cache-Control: max-age=60', or --headers-file",
  ],
  [
    'metadata',
    "write --preserve for mode and time, or a rule, as --headers $'/*\\n  x-amz-meta-NAME: VALUE'",
  ],
  ['update', 'leave it out: contents are compared, never times, and a newer object is replaced too'],
  ['website-redirect', 'write --redirects-file'],
  ['acl-public', 'write --acl public-read'],
  ['acl-private', 'write --acl private'],
  [
    'size-only checksum exact-timestamps ignore-times check-md5 no-check-md5',
    'leave it out: contents are compared, never times',
  ],
  ['recursive fast-list track-renames no-traverse', 'leave it out: it is always so'],
  ['quiet only-show-errors', 'write --log-level error'],
  ['verbose debug', 'write --log-level debug'],
  ['progress no-progress stats', 'leave it out: a terminal sees progress, a log does not'],
  ['dryrun', 'write --dry-run'],
  ['follow-symlinks copy-links', 'write --symlinks all'],
  ['no-follow-symlinks skip-links', 'write --symlinks skip'],
  ['endpoint host', 'write --endpoint-url'],
  ['transfers checkers numworkers workers', 'write --concurrency'],
  ['retries retry-count', 'write --max-attempts'],
  ['timeout cli-read-timeout', 'write --read-timeout'],
  ['cli-connect-timeout', 'write --connect-timeout'],
  ['server-side-encryption', 'write --sse'],
  ['sse-kms-key-id', 'write --kms-key-id'],
  ['access-key secret-key', 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'],
];

/** @param option as it was given, without `--`; `undefined`: nothing is known of it */
export function insteadOf(option: string): string | undefined {
  return INSTEAD.find(([options]) => options.split(' ').includes(option))?.[1];
}
