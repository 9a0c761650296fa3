import { usageError } from '../model/errors.js';
import { type AssumedRole, autoConcurrency, type Connection, type WriteHeaders } from '../model/options.js';
import type { Inputs } from './given-inputs.js';
import { parseAccountId, parseEndpoint, parseRegion, refuse } from './values.js';

export function parseWriteHeaders(inputs: Inputs): WriteHeaders {
  const sse = inputs.optionalChoice('sse');
  const kmsKeyId = inputs.text('kms-key-id');
  const storageClass = inputs.optionalChoice('storage-class');
  const acl = inputs.optionalChoice('acl');
  if (kmsKeyId !== undefined && sse?.startsWith('aws:kms') !== true) {
    throw usageError(
      `${inputs.spelled('kms-key-id')} was given ${sse === undefined ? 'without' : 'with'} ${inputs.spelled('sse')}${sse === undefined ? '' : ` ${sse}`}: set ${inputs.spelled('sse')} to aws:kms or aws:kms:dsse`,
    );
  }
  return {
    ...(sse === undefined ? {} : { sse }),
    ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
    ...(storageClass === undefined ? {} : { storageClass }),
    ...(acl === undefined ? {} : { acl }),
  };
}

/** @param openFiles that its destination may have open at a time */
export function parseConnection(inputs: Inputs, openFiles: number): Connection {
  const region = inputs.text('region');
  const endpointUrl = inputs.text('endpoint-url');
  const forcePathStyle = inputs.optionalBoolean('force-path-style');
  const profile = inputs.text('profile');
  const role = inputs.text('role-to-assume');
  const owner = inputs.text('expected-bucket-owner');
  const accounts = inputs.lines('allowed-account-ids').flatMap((line) => line.split(/[\s,]+/));
  return {
    ...(region === undefined ? {} : { region: parseRegion(inputs.spelled('region'), region) }),
    ...(endpointUrl === undefined
      ? {}
      : { endpointUrl: parseEndpoint(inputs.spelled('endpoint-url'), endpointUrl) }),
    ...(forcePathStyle === undefined ? {} : { forcePathStyle }),
    ...(profile === undefined ? {} : { profile }),
    ...(role === undefined ? {} : { role: parseRole(inputs, role) }),
    ...(owner === undefined
      ? {}
      : { expectedBucketOwner: parseAccountId(inputs.spelled('expected-bucket-owner'), owner) }),
    allowedAccountIds: accounts
      .filter((account) => account !== '')
      .map((account) => parseAccountId(inputs.spelled('allowed-account-ids'), account)),
    requesterPays: inputs.boolean('requester-pays'),
    concurrency:
      inputs.orDefault('concurrency') === 'auto' ? autoConcurrency(openFiles) : inputs.number('concurrency'),
    maxAttempts: inputs.number('max-attempts'),
    connectTimeoutMs: inputs.duration('connect-timeout'),
    readTimeoutMs: inputs.duration('read-timeout'),
  };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export function parseRole(inputs: Inputs, arn: string): AssumedRole {
  if (!/^arn:aws(?:-[a-z-]+)?:iam::[0-9]{12}:role\/[\w+=,.@/-]{1,600}$/.test(arn))
    return refuse(inputs.spelled('role-to-assume'), arn, 'arn:aws:iam::ACCOUNT:role/NAME');
  const sessionName = inputs.orDefault('role-session-name');
  if (!/^[\w+=,.@-]{2,64}$/.test(sessionName))
    return refuse(inputs.spelled('role-session-name'), sessionName, '2 to 64 letters, digits and _+=,.@-');
  return {
    arn,
    sessionName,
    audience: inputs.orDefault('audience'),
    durationSeconds: inputs.number('role-duration-seconds'),
  };
}
