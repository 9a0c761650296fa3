/** What goes where, as the command line takes it: for its help, its errors and the docs. */
export const SHAPES: readonly string[] = [
  's3-dedup-sync [sync] DIR s3://bucket/prefix [s3://mirror/prefix ...]',
  's3-dedup-sync [sync] --path PATTERN ... --bucket BUCKET [--prefix PREFIX]',
  's3-dedup-sync [sync] s3://bucket/prefix DIR',
  's3-dedup-sync [sync] s3://from/prefix s3://to/prefix',
  's3-dedup-sync check SOURCE DESTINATION',
  's3-dedup-sync remove s3://bucket/prefix',
  's3-dedup-sync remove --bucket BUCKET --prefix PREFIX',
  's3-dedup-sync plan DIR s3://bucket/prefix --plan-file FILE',
  's3-dedup-sync apply DIR s3://bucket/prefix --plan-file FILE --shard I/N --results FILE',
  's3-dedup-sync publish s3://bucket/prefix --plan-file FILE --results FILE ... [--abort]',
  's3-dedup-sync publish s3://bucket/prefix --plan-file FILE --shard I/N --results DIR',
];
