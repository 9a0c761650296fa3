import { INPUT_NAMES, type InputName, inputDefinition, type RawInputs } from '../model/inputs.js';

type Environment = Readonly<Record<string, string | undefined>>;

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
 * A line for each name that is no input, and would be one with another hyphen or plural. The runner names what it does
 * not know beside all that there is, other runners say nothing. What stands beside the right input was meant for others.
 */
export function misspelledInputs(env: Environment): readonly string[] {
  const meant = new Map<string, InputName>();
  for (const name of INPUT_NAMES) if (inputDefinition(name).only !== 'cli') meant.set(spellingOf(name), name);
  const known = new Set(INPUT_NAMES.map((name) => `INPUT_${name.toUpperCase()}`));
  const lines: string[] = [];
  for (const [variable, value = ''] of Object.entries(env)) {
    if (!variable.startsWith('INPUT_') || known.has(variable) || value.trim() === '') continue;
    const given = variable.slice('INPUT_'.length).toLowerCase();
    const name = meant.get(spellingOf(given));
    if (name === undefined) continue;
    const instead = env[`INPUT_${name.toUpperCase()}`]?.trim() ?? '';
    if (instead !== '' && instead !== inputDefinition(name).default) continue;
    lines.push(`there is no input ${given}, and what it was given is not heeded: write ${name}`);
  }
  return lines;
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
