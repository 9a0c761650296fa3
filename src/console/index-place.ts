import { join } from 'node:path';
import { usageError } from '../model/errors.js';
import { OWN_DIRECTORY } from '../model/object-key.js';
import { type Destination, destinationUrl } from '../model/objects.js';
import type { Connection, IndexPlace, Source } from '../model/options.js';
import type { Inputs, OptionsContext } from './given-inputs.js';
import { indexName, userCacheDirectory } from './index-name.js';
import { pathFrom } from './path.js';
import { printable } from './text.js';
import { parseRegion, refuse } from './values.js';

/** An index that was named is the first destination's; each mirror has its own beside it. */
export function besides(index: IndexPlace, own: string): IndexPlace {
  switch (index.kind) {
    case 'file':
      return { ...index, path: `${index.path}.${own}` };
    case 's3':
      return { ...index, key: `${index.key}.${own}` };
    case 'none':
    case 'cache':
      return index;
  }
}

/** It changes with every run, and would be copied by every one. */
export function refuseIndexInSource(inputs: Inputs, index: IndexPlace, { place }: Source): void {
  if (index.kind !== 's3' || index.bucket !== place.bucket || !index.key.startsWith(place.prefix)) return;
  if (index.key.startsWith(place.prefix + OWN_DIRECTORY)) return;
  throw usageError(
    `${inputs.spelled('index')}: ${printable(`s3://${index.bucket}/${index.key}`)} lies in what is copied, ${destinationUrl(place)}: put it into the destination, as s3://BUCKET/PREFIX/${OWN_DIRECTORY}index`,
  );
}

export async function parseIndex(
  inputs: Inputs,
  context: OptionsContext,
  connection: Connection,
  destination: Destination,
  downloadedTo: string | undefined,
): Promise<IndexPlace> {
  const name = inputs.spelled('index');
  const given = inputs.text('index');
  if (given === undefined && context.shell === 'cli') {
    const directory = userCacheDirectory(context.env, context.platform, context.home);
    if (directory === undefined) return { kind: 'none' };
    // One bucket's name may be another's elsewhere, and profiles name services too.
    const endpoint = connection.endpointUrl ?? (await context.endpointOf(connection.profile));
    return {
      kind: 'file',
      path: join(directory, 's3-dedup-sync', `${indexName(endpoint, destination, downloadedTo)}.index`),
      isOwn: true,
    };
  }
  if (given === 'none') return { kind: 'none' };
  if (given === undefined || given === 'cache') {
    if (context.shell === 'action') return { kind: 'cache' };
    return refuse(
      name,
      'cache',
      "a path, s3://bucket/key, none; the runner's cache is reached from the GitHub action alone",
    );
  }
  if (!/^s3:/i.test(given)) return { kind: 'file', path: pathFrom(context, given) };
  const [place = '', ...words] = given.split(/\s+(?=[a-z-]+=)/);
  const region = parseIndexRegion(name, words);
  const url = /^s3:\/\/([^/\s]+)\/(.*[^/])$/is.exec(place);
  const [, bucket, key] = url ?? [];
  if (bucket === undefined || key === undefined) {
    return refuse(name, given, 's3://bucket/key, where the key does not end at a slash');
  }
  const own = `${destination.prefix}${OWN_DIRECTORY}`;
  if (bucket === destination.bucket && key.startsWith(destination.prefix) && !key.startsWith(own)) {
    return refuse(name, given, `s3://${bucket}/${own}NAME, as it lies where this run publishes and deletes`);
  }
  return { kind: 's3', bucket, key, ...(region === undefined ? {} : { region }) };
}

/** A key may have blanks in it, but what looks like a word of a destination is meant for one. */
function parseIndexRegion(name: string, words: readonly string[]): string | undefined {
  const [word, second] = words;
  if (word === undefined) return undefined;
  const value = /^region=(\S+)$/.exec(word)?.[1];
  if (value === undefined || second !== undefined)
    return refuse(
      `${name}, behind the place`,
      words.join(' '),
      'region=REGION, of the bucket that it lies in',
    );
  return parseRegion(name, value);
}
