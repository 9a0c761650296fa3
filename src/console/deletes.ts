import { refusal, usageError } from '../model/errors.js';
import { type Destination, destinationUrl } from '../model/objects.js';
import type { DeleteOptions, IndexPlace } from '../model/options.js';
import type { Inputs } from './given-inputs.js';
import { parseGrace, parseMaxDelete } from './values.js';

/** All that is there goes, so nothing is unlike it: a limit is one that somebody set. */
export function parseRemoval(inputs: Inputs): DeleteOptions {
  const maxDelete = parseMaxDelete(inputs.spelled('max-delete'), inputs.text('max-delete') ?? 'none');
  const retain = inputs.lines('retain');
  return { deleteAfter: true, maxDelete, deleteExcluded: false, grace: { kind: 'none' }, retain };
}

export function parseDeletes(inputs: Inputs, destination: Destination, isDownload: boolean): DeleteOptions {
  const deleteAfter = inputs.boolean('delete-after');
  const prefix = inputs.text('prefix') ?? '';
  const wholeBucket = inputs.boolean('whole-bucket') || prefix === '/';
  if (deleteAfter && destination.prefix === '' && !wholeBucket && !isDownload) {
    // What is left of `/${{ vars.DIR }}/` without DIR.
    const unset = prefix === '' ? '' : ' (a variable between its slashes may be empty)';
    throw refusal(
      'whole-bucket',
      `${inputs.spelled('delete-after')} without a prefix would delete in all of ${destinationUrl(destination)}: set ${inputs.spelled('prefix')}${unset}, or mean the whole bucket with ${inputs.spelled('prefix')}${inputs.is('cli') ? '' : ':'} / or ${inputs.spelled('whole-bucket')}`,
    );
  }
  return {
    deleteAfter,
    maxDelete: parseMaxDelete(inputs.spelled('max-delete'), inputs.text('max-delete') ?? ''),
    deleteExcluded: inputs.boolean('delete-excluded'),
    grace: parseGrace(inputs.spelled('delete-grace'), inputs.text('delete-grace') ?? ''),
    retain: inputs.lines('retain'),
  };
}

/** What waits to be deleted must not be forgotten, or it would wait for ever. */
export function requireLastingIndex(inputs: Inputs, index: IndexPlace): void {
  if (index.kind === 'file' || index.kind === 's3') return;
  const given = index.kind === 'cache' ? "the runner's cache may be dropped at any time" : 'none was given';
  throw usageError(
    `${inputs.spelled('delete-grace')} needs an index that lasts, and ${given}: set ${inputs.spelled('index')} to a path that stays, or to s3://bucket/key`,
  );
}
