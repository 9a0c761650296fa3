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
 * Lines without blank ones and without the carriage return that a workflow file with CRLF leaves. Other blanks
 * stay: in the dialect of .gitignore they can mean something.
 */
function linesOf(value: string): readonly string[] {
  return value.split(/\r*\n|\r$/).filter((line) => line.trim() !== '');
}
