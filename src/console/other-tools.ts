function rule(path: string, header: string): string {
  return `write a rule, as --headers $'${path}\\n  ${header}', or --headers-file`;
}

/** What to write here for options that people know from aws-cli, rclone, s3cmd, s5cmd and mc. */
const INSTEAD: readonly (readonly [options: string, advice: string])[] = [
  ['delete delete-removed delete-during del remove', 'write --delete-after'],
  ['delete-before', 'write --delete-after: deletes come last, after everything else succeeded'],
  ['rexclude rinclude', 'it takes regular expressions: write --exclude with patterns of .gitignore'],
  [
    'include',
    "the last --exclude that matches counts, a directory has to be entered, and * does not cross /: --exclude '*' --exclude '!*/' --exclude '!PATTERN' with !*.html for *.html and !/assets/** for assets/*, or --path PATTERN alone",
  ],
  [
    'include-from files-from filter filter-from',
    'write --path PATTERN, or --exclude-from FILE: its first lines are * and !*/, then a line !PATTERN for each',
  ],
  [
    'no-overwrite ignore-existing skip-existing immutable no-clobber',
    'there is no such mode, as an object whose content differs is replaced: keep back with --exclude what is to stay',
  ],
  ['cache-control add-header header header-upload', rule('/*', 'Cache-Control: max-age=60')],
  ['content-type mime-type default-mime-type', rule('/*.data', 'Content-Type: text/plain')],
  [
    'content-encoding',
    `write --compress for what is to be compressed here; else ${rule('/*.gz', 'Content-Encoding: gzip')}`,
  ],
  ['content-disposition', rule('/*.pdf', 'Content-Disposition: attachment')],
  ['content-language', rule('/de/*', 'Content-Language: de')],
  ['expires', rule('/*', 'Expires: Thu, 01 Dec 2033 16:00:00 GMT')],
  // A file may say nothing of tags, as it comes with a pull request.
  ['tagging', "write a rule, as --headers $'/*\\n  x-amz-tagging: NAME=VALUE'"],
  [
    'metadata',
    "write --preserve for mode and time, or a rule, as --headers $'/*\\n  x-amz-meta-NAME: VALUE'",
  ],
  [
    'guess-mime-type no-guess-mime-type no-mime-magic',
    "leave it out: the name decides the type, or a rule, as --headers $'/*.data\\n  Content-Type: text/plain'",
  ],
  ['checksum-algorithm', 'leave it out: every body goes with its MD5, which S3 verifies'],
  ['update', 'leave it out: contents are compared, never times, and a newer object is replaced too'],
  ['website-redirect', 'write --redirects-file'],
  ['s3-acl', 'write --acl'],
  ['acl-public', 'write --acl public-read'],
  ['acl-private', 'write --acl private'],
  [
    'size-only checksum exact-timestamps ignore-times check-md5 no-check-md5',
    'leave it out: contents are compared, never times',
  ],
  ['recursive fast-list track-renames no-traverse', 'leave it out: it is always so'],
  ['quiet only-show-errors q', 'write --log-level error'],
  ['verbose debug v', 'write --log-level debug'],
  ['progress no-progress stats', 'leave it out: a terminal sees progress, a log does not'],
  ['dryrun n', 'write --dry-run'],
  ['P', 'leave it out for the progress of rclone, write --acl public-read for s3cmd'],
  ['c', 'leave it out for the checksums of rclone; files of s3cmd are not read'],
  ['watch', 'leave it out, and run it again: only what changed is sent'],
  ['follow-symlinks copy-links', 'write --symlinks all'],
  ['no-follow-symlinks skip-links', 'write --symlinks skip'],
  ['endpoint host', 'write --endpoint-url'],
  ['transfers checkers numworkers workers', 'write --concurrency'],
  ['retries retry-count', 'write --max-attempts'],
  ['timeout cli-read-timeout', 'write --read-timeout'],
  ['cli-connect-timeout', 'write --connect-timeout'],
  ['request-payer', 'write --requester-pays'],
  ['ca-bundle', 'set AWS_CA_BUNDLE'],
  [
    'no-verify-ssl no-check-certificate',
    'leave it out, and set AWS_CA_BUNDLE to a file with the certificate that the server is known by',
  ],
  ['source-region', "write it behind the source: 's3://bucket/prefix region=eu-west-1'"],
  ['source-profile', "write it behind the source: 's3://bucket/prefix profile=NAME'"],
  ['rr reduced-redundancy', 'write --storage-class REDUCED_REDUNDANCY'],
  ['server-side-encryption', 'write --sse'],
  ['sse-kms-key-id', 'write --kms-key-id'],
  ['no-sign-request', 'leave it out, and give credentials: every request is signed'],
  ['backup-dir', 'leave it out: versioning of the bucket keeps what is replaced or deleted'],
  ['exclude-if-present', 'write --exclude for each of these directories'],
  ['access-key secret-key', 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'],
];

/** First words that are commands of these tools. */
const COMMANDS: ReadonlySet<string> = new Set(['s3', 'cp', 'copy', 'mirror', 'put', 'upload', 'rsync']);

/** The words of another tool's command before what it publishes; `undefined`: there are none. */
export function foreignCommand([first = '', second = '']: readonly string[]): string | undefined {
  if (!COMMANDS.has(first)) return undefined;
  return first === 's3' && (second === 'sync' || COMMANDS.has(second)) ? `${first} ${second}` : first;
}

/** @param option as it was given, without `-` or `--`; `undefined`: nothing is known of it */
export function insteadOf(option: string): string | undefined {
  return INSTEAD.find(([options]) => options.split(' ').includes(option))?.[1];
}
