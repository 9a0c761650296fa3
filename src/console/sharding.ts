import { usageError } from '../model/errors.js';
import type { InputName } from '../model/inputs.js';
import type { Sharding, SyncOptions } from '../model/options.js';
import type { Inputs, OptionsContext } from './given-inputs.js';
import { pathFrom } from './path.js';
import type { Route } from './route.js';
import { printable } from './text.js';
import { refuse } from './values.js';

/** Of each command what it needs, then what it may have. */
const SHARDING_INPUTS = {
  plan: [['plan-file'], []],
  apply: [['plan-file', 'shard', 'results'], []],
  publish: [
    ['plan-file', 'results'],
    ['shard', 'abort'],
  ],
} as const satisfies Readonly<Record<string, readonly [readonly InputName[], readonly InputName[]]>>;

/** What a publish of one share does not do: the lock would keep the others out, and the last one has the rest. */
const OF_THE_LAST: readonly InputName[] = ['abort', 'lock', 'invalidate', 'mirrors-atomic'];

/** What a run on several machines needs besides. */
export function parseSharding(
  inputs: Inputs,
  command: SyncOptions['command'],
  route: Route['kind'],
  context: OptionsContext,
): Sharding | undefined {
  const isSharded = command === 'plan' || command === 'apply' || command === 'publish';
  const [needed, further] = isSharded ? SHARDING_INPUTS[command] : [[], []];
  const heeded: readonly InputName[] = [...needed, ...further];
  const other = (['plan-file', 'shard', 'results', 'abort'] as const).find(
    (name) => inputs.isSet(name) && !heeded.includes(name),
  );
  if (other !== undefined)
    throw usageError(`${inputs.spelled(other)} was given, and ${command} does not heed it: take it out`);
  if (!isSharded) return undefined;
  const missing = needed.find((name) => !inputs.isSet(name));
  if (missing !== undefined) throw usageError(`${command} needs ${inputs.spelled(missing)}`);
  if (route !== 'publish') throw usageError(`${command} is about a tree on this disk: take the source out`);
  const dryApply = command === 'apply' && inputs.boolean('dry-run');
  if (dryApply)
    throw usageError(`${inputs.spelled('dry-run')} was given, and apply makes nothing visible: take it out`);
  const results = inputs.lines('results').map((path) => pathFrom(context, path.trim()));
  if (command === 'apply' && results.length > 1)
    return refuse(inputs.spelled('results'), results.join(' '), 'one file to write what was staged to');
  const planFile = pathFrom(context, inputs.text('plan-file') ?? '');
  if (command === 'apply' && results.includes(planFile))
    throw usageError(
      `${inputs.spelled('results')} and ${inputs.spelled('plan-file')} name one file, ${printable(planFile)}, and apply would write over its plan: give the results a file of their own`,
    );
  const shard = inputs.isSet('shard') ? parseShard(inputs) : undefined;
  if (command === 'publish' && shard !== undefined) {
    const last = OF_THE_LAST.find((name) => inputs.isSet(name));
    if (last !== undefined)
      throw usageError(
        `${inputs.spelled(last)} was given, and publish does not heed it with ${inputs.spelled('shard')}: it belongs to the publish that comes last, without a shard`,
      );
    if (results.length > 1)
      return refuse(inputs.spelled('results'), results.join(' '), 'the one directory of all results');
  }
  return {
    planFile,
    ...(shard === undefined ? {} : { shard }),
    results,
    abort: inputs.boolean('abort'),
    beside: '',
  };
}

function parseShard(inputs: Inputs): Sharding['shard'] {
  const given = inputs.text('shard') ?? '';
  const match = /^([1-9][0-9]{0,3})\/([1-9][0-9]{0,3})$/.exec(given);
  const [number, of] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || number > of)
    return refuse(inputs.spelled('shard'), given, 'I/N with I from 1 to N, as 2/4');
  return { number, of };
}
