import type { ErrorCode } from '../model/errors.js';
import type { Action, Reason } from '../model/plan.js';

/** What each code of the report means; `docs/report.schema.json` is written from it. */
export const ERROR_MEANINGS: Readonly<Record<ErrorCode, string>> = {
  usage: 'an input is wrong, or inputs contradict one another',
  'no-credentials': 'no credentials were found',
  'bad-credentials': 'the credentials are refused',
  'wrong-account': 'the credentials belong to an account that allowed-account-ids does not name',
  'no-such-bucket': 'there is no such bucket',
  'wrong-region': 'the bucket is in another region',
  'no-region': 'no region is set and S3 does not say where the bucket is',
  'file-not-found': 'a file that an input names cannot be read',
  'no-files-found': 'there is nothing to publish',
  'pattern-without-match':
    'a line of paths or retain matches nothing, and what it stands for would be deleted',
  'too-many-deletions': 'more would be deleted than max-delete allows',
  'unrelated-destination': 'the destination shares neither a key nor a content with the tree',
  'whole-bucket':
    'delete-after without a prefix, and the whole bucket was not spelled; or remove without a prefix',
  unreadable: 'a file or directory cannot be read',
  'name-not-utf8': 'a file name is not UTF-8',
  'key-too-long': 'a key would have more than 1,024 bytes',
  'symlink-broken': 'a symbolic link has no target',
  'symlink-outside': 'a symbolic link leaves the roots',
  'symlink-cycle': 'a symbolic link leads back into itself, or links multiply',
  'key-collision': 'two files have the same key, or two objects the same file',
  'unsafe-name': 'a name cannot be kept as it is spelled where it would be written',
  'in-the-way': 'a link, a file or a directory is in the way of a download',
  'plan-mismatch': 'plan, results, tree and destination do not belong together',
  'cannot-delay': 'delay-updates is set and the destination cannot stage updates',
  locked: 'another run holds the lock of the destination',
  'foreign-writer': 'something else changed the key during the run; its object was left alone',
  'access-denied': 'the identity may not do this',
  'credentials-expired': 'the credentials expired during the run',
  unreachable: 'the service could not be reached',
  throttled: 'the service asked to slow down until the attempts were used up',
  'server-error': 'the service failed until the attempts were used up',
  rejected: 'the service refused the request',
  'file-changed': 'the file changed during the run',
  'file-vanished': 'the file vanished during the run',
  'wrong-content': 'the service received other bytes than were read',
  'no-progress': 'nothing moved for a long time',
  'no-room': 'no room for temporary files',
  'not-writable': 'a file or directory could not be written',
  'mirror-absent': 'with mirrors-atomic: another destination failed before everything was staged everywhere',
  'report-not-written': 'the report could not be written',
  'invalidation-failed': 'everything was published, and CloudFront could not be told to forget what it has',
  internal: 'a mistake in this program',
  cancelled: 'the run was stopped by a signal',
};

/** Why a step is planned, as a reader of a log wants it. */
export const REASON_WORDS: Readonly<Record<Reason, string>> = {
  new: 'new',
  changed: 'changed',
  'content-unknown': 'S3 does not say what it holds',
  empty: 'empty',
  exists: 'the content was already there',
  moved: 'the content was read before its key was overwritten',
  duplicate: 'the content travels once',
  small: 'smaller than copy-min-size',
  'not-copied': 'a copy was planned, and could not be made',
  headers: 'its headers changed',
  attributes: 'its mode or modification time changed',
  acl: 'renewing its headers would drop its ACL',
  'acl-unknown': 'whether renewing its headers would drop an ACL is not known',
  'attributes-unknown': 'mode and time that renewing its headers would drop may not be read',
  'not-copyable': 'archived or too large to renew its headers',
  absent: 'no longer in the tree',
  excluded: 'excluded',
  damaged: "the bytes read back are not the file's",
  grace: 'no longer in the tree, kept by delete-grace',
  removed: 'the prefix is emptied',
  own: 'index, journal or lock of s3-dedup-sync',
};

/** What was done, and what a dry run would do; begins a sentence. */
export function verbOf(action: Action, dryRun: boolean): string {
  switch (action) {
    case 'upload':
      return dryRun ? 'Would upload' : 'Uploaded';
    case 'download':
      return dryRun ? 'Would download' : 'Downloaded';
    case 'copy':
      return dryRun ? 'Would copy' : 'Copied';
    case 'link':
      return dryRun ? 'Would link' : 'Linked';
    case 'refresh':
      return dryRun ? 'Would refresh' : 'Refreshed';
    case 'delete':
      return dryRun ? 'Would delete' : 'Deleted';
    case 'keep':
      return dryRun ? 'Would keep' : 'Kept';
  }
}

/** A failure's message without the key that it begins with: the key stands beside it. */
export function withoutKey(key: string, message: string): string {
  return message.startsWith(`${key}: `) ? message.slice(key.length + 2) : message;
}

/** How a run ended that did not do what it should, and what of the bucket is certain then. */
export function notDone(
  status: 'failed' | 'refused',
  dryRun: boolean,
  isUntouched: boolean,
): readonly [what: string, certain?: string] {
  if (status === 'failed' && dryRun) return ['Dry run failed'];
  const what = status === 'failed' ? 'Failed' : 'Refused';
  if (dryRun || isUntouched) return [what, 'nothing was written'];
  return status === 'failed' ? [what] : ['Refused at a destination', 'others were written'];
}
