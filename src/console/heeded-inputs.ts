import { refusal, usageError } from '../model/errors.js';
import { INPUT_NAMES, type InputName } from '../model/inputs.js';
import type { Destination } from '../model/objects.js';
import type { Inputs } from './given-inputs.js';

/** How the log reads and a bucket is reached: every run heeds it. */
const EVERY_RUN: readonly InputName[] = [
  'log-level',
  'region',
  'endpoint-url',
  'force-path-style',
  'profile',
  'role-to-assume',
  'audience',
  'role-session-name',
  'role-duration-seconds',
  'allowed-account-ids',
  'expected-bucket-owner',
  'requester-pays',
  'concurrency',
  'max-attempts',
  'connect-timeout',
  'read-timeout',
];

/** What `remove` heeds; anything else that is set was meant for another run. */
const REMOVE_INPUTS: ReadonlySet<InputName> = new Set([
  'command',
  'bucket',
  'prefix',
  'lock',
  'abort-uploads-after',
  'max-delete',
  'retain',
  'index',
  'report',
  'summary',
  'summary-title',
  'dry-run',
  ...EVERY_RUN,
]);

/** Of objects that are written: the lock is one, and a bucket's policy may want its encryption said. */
const LOCK_INPUTS: ReadonlySet<InputName> = new Set(['sse', 'kms-key-id', 'storage-class', 'acl']);

/** What every run heeds that moves bytes. */
const SHARED_INPUTS: readonly InputName[] = [
  'command',
  'excludes',
  'excludes-from',
  'include-git',
  'if-no-files-found',
  'delay-updates',
  'publish-last',
  'delete-after',
  'max-delete',
  'delete-excluded',
  'retain',
  'overwrite',
  'index',
  'report',
  'summary',
  'summary-title',
  'dry-run',
  'read',
  ...EVERY_RUN,
];

export const DOWNLOAD_INPUTS: ReadonlySet<InputName> = new Set([
  // Excluded files of the target are not looked at, so they cannot be deleted.
  ...SHARED_INPUTS.filter((name) => name !== 'delete-excluded'),
  'source',
  'destination',
  'local-duplicates',
  'as-stored',
  'preserve',
  'whole-bucket',
]);

/** About files of this disk, which are none here. */
const OF_FILES: ReadonlySet<InputName> = new Set([
  'paths',
  'root',
  'symlinks',
  'destination',
  'local-duplicates',
  'as-stored',
  'preserve',
  'redirects-file',
  'compress',
  'clean-urls',
]);

export const COPY_INPUTS: ReadonlySet<InputName> = new Set(INPUT_NAMES.filter((name) => !OF_FILES.has(name)));

/** What is planned already cannot be asked for again. */
export const OF_A_PLAN: ReadonlySet<InputName> = new Set([
  ...[...REMOVE_INPUTS].filter((name) => name !== 'max-delete' && name !== 'retain'),
  ...LOCK_INPUTS,
  'plan-file',
  'shard',
  'results',
  'abort',
  'mirrors',
  'mirror-by',
  'mirrors-atomic',
  'overwrite',
  'whole-bucket',
  'invalidate',
  'invalidate-strip-prefix',
  'invalidate-prefix',
  'invalidate-max-paths',
  'invalidate-wait',
]);

export const PUBLISH_INPUTS: ReadonlySet<InputName> = new Set(
  INPUT_NAMES.filter((name) => name !== 'local-duplicates' && name !== 'as-stored'),
);

/** An input must not be taken for heeded that is not. */
export function checkHeeded(inputs: Inputs, heeded: ReadonlySet<InputName>, who: string): void {
  const other = INPUT_NAMES.find((name) => !heeded.has(name) && inputs.isSet(name));
  if (other === undefined) return;
  throw usageError(`${inputs.spelled(other)} was given, and ${who} does not heed it: take it out`);
}

/** An unset variable must not mean everything (D13), nor an input be taken for heeded that is not. */
export function checkRemoval(inputs: Inputs, { bucket, prefix }: Destination): void {
  const wholeBucket = inputs.boolean('whole-bucket');
  const locks = inputs.boolean('lock');
  for (const name of INPUT_NAMES) {
    if (REMOVE_INPUTS.has(name) || (name === 'whole-bucket' && wholeBucket)) continue;
    if ((LOCK_INPUTS.has(name) && locks) || !inputs.isSet(name)) continue;
    const why = LOCK_INPUTS.has(name)
      ? `writes nothing without ${inputs.spelled('lock')}`
      : 'does not heed it';
    throw usageError(`${inputs.spelled(name)} was given, and remove ${why}: take it out`);
  }
  if (prefix !== '' && !wholeBucket) return;
  const given = wholeBucket ? `${inputs.spelled('whole-bucket')} was given` : `s3://${bucket} has no prefix`;
  throw refusal(
    'whole-bucket',
    `${given}, and remove empties a prefix, never a whole bucket: set ${inputs.spelled('prefix')}; a lifecycle rule or the console empties buckets`,
  );
}
