import { type InputName, inputDefinition, type RawInputs } from '../model/inputs.js';
import type { PathPattern } from '../model/options.js';
import { parseBoolean, parseDuration, parseEnum, parseNumber } from './values.js';

/** Where the inputs were given, and what parsing needs from there. */
export interface OptionsContext {
  readonly shell: 'action' | 'cli';
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string | undefined;
  readonly parsePathLines: (lines: readonly string[], cwd: string) => Promise<readonly PathPattern[]>;
  readonly literalPath: (path: string, cwd: string) => Promise<PathPattern>;
  /** Where S3 is, as environment and profile have it; `undefined`: AWS itself. */
  readonly endpointOf: (profile: string | undefined) => Promise<string | undefined>;
  /** The DIR argument of the command line, in place of `paths`. */
  readonly directory?: string;
}

/** How a person spelled an input: messages say what to change. */
export function spelled(name: InputName, shell: OptionsContext['shell']): string {
  const { option, only } = inputDefinition(name);
  if (shell === 'action') return name;
  // An argument there, as the help calls it.
  return only === 'action' ? name.toUpperCase() : `--${option ?? name}`;
}

/** What is known of inputs that are wrong elsewhere. */
export function saysDryRun({ 'dry-run': given }: RawInputs): boolean {
  return typeof given === 'string' && /^true$/i.test(given);
}

/** Typed access to what was given; a default is parsed like an input. */
export class Inputs {
  constructor(
    private readonly raw: RawInputs,
    private readonly shell: OptionsContext['shell'],
  ) {}

  spelled(name: InputName): string {
    return spelled(name, this.shell);
  }

  is(shell: OptionsContext['shell']): boolean {
    return this.shell === shell;
  }

  /** As given; an empty text is nothing given. */
  text(name: InputName): string | undefined {
    const value = this.raw[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  /** Whether it says something of its own: the runner passes the defaults of action.yml as if they were given. */
  isSet(name: InputName): boolean {
    const value = this.lines(name).join('\n');
    if (value === '' || this.shell === 'cli') return value !== '';
    const { kind, default: fallback } = inputDefinition(name);
    return kind === 'boolean' ? this.boolean(name) : value !== fallback;
  }

  lines(name: InputName): readonly string[] {
    const value = this.raw[name] ?? [];
    return (typeof value === 'string' ? [value] : value).filter((item) => item.trim() !== '');
  }

  /** An empty boolean is an expression that had no value: never taken for false, except where unset means automatic. */
  optionalBoolean(name: InputName): boolean | undefined {
    const value = this.raw[name];
    if (typeof value !== 'string') return undefined;
    if (value === '' && inputDefinition(name).default === undefined) return undefined;
    return parseBoolean(this.spelled(name), value);
  }

  boolean(name: InputName): boolean {
    return this.optionalBoolean(name) ?? inputDefinition(name).default === 'true';
  }

  choice<T extends string>(name: InputName, values: readonly T[]): T {
    return parseEnum(this.spelled(name), this.orDefault(name), values);
  }

  /** Where an expression without a value must not be taken for the default, as of booleans. In any case, as they are. */
  givenChoice<T extends string>(name: InputName, values: readonly T[]): T {
    const value = this.raw[name];
    const given = typeof value === 'string' ? value : this.orDefault(name);
    const folded = values.find((candidate) => candidate === given.toLowerCase());
    return parseEnum(this.spelled(name), folded ?? given, values);
  }

  optionalChoice(name: InputName): string | undefined {
    const value = this.text(name);
    return value === undefined
      ? undefined
      : parseEnum(this.spelled(name), value, inputDefinition(name).values ?? []);
  }

  number(name: InputName): number {
    const { min = 0, max = Number.MAX_SAFE_INTEGER, values } = inputDefinition(name);
    return parseNumber(this.spelled(name), this.orDefault(name), min, max, values);
  }

  duration(name: InputName): number {
    return parseDuration(this.spelled(name), this.orDefault(name));
  }

  /** Of times that no timer has to hold. */
  longDuration(name: InputName): number {
    return parseDuration(this.spelled(name), this.orDefault(name), Number.MAX_SAFE_INTEGER);
  }

  orDefault(name: InputName): string {
    return this.text(name) ?? inputDefinition(name).default ?? '';
  }
}
