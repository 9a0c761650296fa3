import { usageError } from '../model/errors.js';
import { INPUT_NAMES, type InputName, inputDefinition, type RawInputs } from '../model/inputs.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What other actions and tools call an input that says where a run writes, what it leaves out or what it keeps. */
const CALLED_ELSEWHERE: Readonly<Partial<Record<InputName, string>>> = {
  paths: 'source-dir source-directory source-folder source-path local-dir local-path dir directory folder',
  excludes: 'ignore ignore-pattern exclude-pattern exclude-path exclude-glob',
  bucket: 's3-bucket s3-bucket-name aws-bucket aws-s3-bucket bucket-name',
  prefix: 'dest-dir destination-dir destination-directory s3-prefix key-prefix bucket-prefix',
  'delete-after': 'delete delete-removed',
  'max-delete': 'max-deletion delete-limit',
  'delete-grace': 'grace grace-period',
  retain: 'keep protect',
  'dry-run': 'dry preview simulate',
  region: 'aws-region aws-default-region s3-region bucket-region',
  'endpoint-url': 'endpoint s3-endpoint aws-endpoint',
};

/**
 * The action's inputs, as the runner passes them. Read here and not by @actions/core, whose `getInput` answers an
 * input that is empty and one that is absent alike: an empty boolean is an expression without a value, and must
 * not be taken for false.
 */
export function readInputs(env: Environment): RawInputs {
  const raw: Partial<Record<InputName, string | readonly string[]>> = {};
  for (const name of INPUT_NAMES) {
    const definition = inputDefinition(name);
    const value = env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`];
    if (value === undefined || definition.only === 'cli') continue;
    raw[name] = definition.kind === 'lines' ? linesOf(value) : value.trim();
  }
  return raw;
}

/**
 * Refuses names that are no inputs where it is known what was meant: a dry run would publish. The runner only warns of
 * names that it does not know, other runners say nothing. What is like no input is left to them; what stands beside the
 * right input, or says what holds anyway, was meant for others.
 */
export function refuseMisspelledInputs(env: Environment): void {
  const meant = new Map<string, InputName>();
  for (const name of INPUT_NAMES) {
    if (inputDefinition(name).only === 'cli') continue;
    for (const spelling of [name, ...(CALLED_ELSEWHERE[name]?.split(' ') ?? [])])
      meant.set(spellingOf(spelling), name);
  }
  const known = new Set(INPUT_NAMES.map((name) => `INPUT_${name.toUpperCase()}`));
  const lines: string[] = [];
  for (const [variable, value = ''] of Object.entries(env)) {
    if (!variable.startsWith('INPUT_') || known.has(variable) || value.trim() === '') continue;
    const given = variable.slice('INPUT_'.length).toLowerCase();
    const name = meant.get(spellingOf(given));
    if (name === undefined) continue;
    const fallback = inputDefinition(name).default ?? '';
    const instead = env[`INPUT_${name.toUpperCase()}`]?.trim() || fallback;
    if (instead !== fallback || value.trim() === instead) continue;
    lines.push(`there is no input ${given}: write ${name}`);
  }
  if (lines.length > 0) throw usageError(`${lines.join('; ')}; nothing was written`);
}

/** What is left of a name when hyphens and plurals do not count. */
function spellingOf(name: string): string {
  return name
    .split(/[-_ ]/)
    .map((word) => word.replace(/s$/, ''))
    .join('');
}

/**
 * Lines without blank ones and without the carriage return that a workflow file with CRLF leaves. Other blanks
 * stay: in the dialect of .gitignore they can mean something.
 */
function linesOf(value: string): readonly string[] {
  return value.split(/\r*\n|\r$/).filter((line) => line.trim() !== '');
}
