import type { Command, CommanderError } from 'commander';
import { saysDryRun } from './console/given-inputs.js';
import { eventToJson } from './console/json-events.js';
import { createLog } from './console/log.js';
import { parseOptions } from './console/options.js';
import { foreignCommand, insteadOf } from './console/other-tools.js';
import { barProgress, firstProgress, lineProgress, type ProgressView } from './console/progress.js';
import { SHAPES } from './console/shapes.js';
import { consoleSink, isShown, levelOf, MESSAGE_LEVELS } from './console/sink.js';
import { oneLine, printable } from './console/text.js';
import { VERSION } from './console/version.js';
import { EXIT, type ExitCode, SyncError, usageError } from './model/errors.js';
import type { Event } from './model/events.js';
import {
  INPUT_NAMES,
  type InputDefinition,
  type InputName,
  inputDefinition,
  type RawInputs,
} from './model/inputs.js';
import type { LogLevel } from './model/options.js';
import {
  type abortOnSignals,
  beginning,
  type Engine,
  endBeforeRun,
  engine,
  parsing,
  run,
  type Shell,
} from './run.js';

/** What the command line runs in. */
export interface Terminal {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Throws where there is none. */
  readonly cwd: () => string;
  readonly platform: NodeJS.Platform;
  readonly home: string | undefined;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  /** A terminal to draw a progress bar on. */
  readonly bar?: NodeJS.WriteStream;
  readonly now: () => number;
  readonly onSignals: typeof abortOnSignals;
}

/** A line of progress for those without a bar. Milliseconds. */
const PROGRESS_LINE_MS = 5_000;

/** First words that are commands; a directory of such a name is written `./plan`. */
const COMMANDS: ReadonlySet<string> = new Set(['sync', 'check', 'plan', 'apply', 'publish']);

const SHAPES_SHOWN = `; use one of these:${SHAPES.map((shape) => `\n  ${shape}`).join('')}\n`;

/** Behind `Usage: s3-dedup-sync `. */
const USAGE = `${SHAPES.join('\n       ').slice('s3-dedup-sync '.length)}

Each takes options. SOURCE and DESTINATION of check are those of a sync.`;

const EPILOGUE = `
Exit status: 0 done, 1 something failed, 2 usage or configuration, 3 check found differences, 4 a guard
refused and nothing was written, 5 another writer changed a key, 129, 130 and 143 stopped by a signal; with
--detailed-exitcode 6: a dry run that would change something.
The log goes to standard output; warnings, errors and progress go to standard error.
Credentials come from where the AWS tools look: environment, profile, web identity, container, instance.
`;

interface Arguments {
  readonly raw: RawInputs;
  readonly words: readonly string[];
  readonly json: boolean;
  readonly detailedExit: boolean;
}

/** The command line, from arguments to exit status. */
export async function runCommandLine(terminal: Terminal, withEngine: Engine = engine): Promise<ExitCode> {
  const { argv, stdout, stderr } = terminal;
  const began = beginning(terminal.now);
  // Of arguments that are wrong it is known all the same how their end shall be told.
  let json = isSwitchedOn(argv, '--json');
  let dryRun = isSwitchedOn(argv, '--dry-run');
  let report = valueIn(argv, '--report');
  let command = 'sync';
  try {
    const parsed = await parseArguments(terminal);
    if (parsed === undefined) return EXIT.done;
    const { raw, detailedExit } = parsed;
    json = parsed.json;
    dryRun = saysDryRun(raw);
    report = String(raw.report ?? '');
    const { inputs, directory } = placed(parsed);
    command = String(inputs.command ?? command);
    const options = await parseOptions(inputs, {
      shell: 'cli',
      cwd: terminal.cwd(),
      env: terminal.env,
      platform: terminal.platform,
      home: terminal.home,
      ...parsing,
      ...(directory === undefined ? {} : { directory }),
    });
    const said = json
      ? jsonShell(terminal, options.logLevel)
      : await humanShell(terminal, options.logLevel, options.dryRun);
    const signals = terminal.onSignals();
    try {
      return await run(
        options,
        {
          ...said,
          env: terminal.env,
          now: terminal.now,
          detailedExit,
          finish: async () => {},
        },
        signals.signal,
        withEngine,
      );
    } finally {
      signals.dispose();
    }
  } catch (error) {
    return await endBeforeRun(
      error,
      { command, dryRun, report, cwd: terminal.cwd, home: terminal.home },
      began,
      {
        env: terminal.env,
        emit: (event) => {
          if (event.type === 'message') stderr.write(`${event.level}: ${oneLine(event.message)}\n`);
        },
        // A program that reads events is told the end in any case.
        finish: async (_, ended) => {
          if (json) stdout.write(`${eventToJson(ended)}\n`);
        },
        fail: (message) => {
          stderr.write(`error: ${oneLine(message)}${error instanceof ShapeError ? SHAPES_SHOWN : '\n'}`);
        },
      },
    );
  }
}

type Speech = Pick<Shell, 'emit' | 'fail'>;

/** Events as lines of JSON on standard output, and nothing else there. */
function jsonShell({ stdout }: Terminal, level: LogLevel): Speech {
  return {
    emit: (event) => {
      if (event.type === 'message' && !isShown(MESSAGE_LEVELS[event.level], level)) return;
      stdout.write(`${eventToJson(event)}\n`);
    },
    // The `end` event has said it.
    fail: () => {},
  };
}

async function humanShell(terminal: Terminal, level: LogLevel, dryRun: boolean): Promise<Speech> {
  const out = (line: string): unknown => terminal.stdout.write(`${line}\n`);
  const err = (line: string): unknown => terminal.stderr.write(`${line}\n`);
  const log = createLog();
  const sink = consoleSink(out, err, level);
  const view = await progressView(terminal, level, dryRun, err);
  const showProgress = firstProgress((progress) => view?.show(progress));
  return {
    emit: (event: Event) => {
      showProgress(event);
      const lines = log(event);
      if (lines.some((line) => isShown(levelOf(line), level))) view?.clear();
      sink(lines);
      if (event.type === 'end') view?.stop();
    },
    fail: (message) => {
      view?.stop();
      err(`error: ${oneLine(message)}`);
    },
  };
}

/**
 * Debugging writes a line a step: a bar would only flicker between them. TERM=dumb and NO_COLOR ask for text without the
 * escape sequences that a bar is drawn with.
 */
async function progressView(
  { bar, env }: Terminal,
  level: LogLevel,
  dryRun: boolean,
  print: (line: string) => void,
): Promise<ProgressView | undefined> {
  if (!isShown('info', level)) return undefined;
  const now = (): number => performance.now();
  const isPlain = env.TERM === 'dumb' || (env.NO_COLOR ?? '') !== '';
  if (bar !== undefined && !isPlain && level === 'info') return barProgress(bar, now, dryRun);
  return lineProgress(print, PROGRESS_LINE_MS, now, dryRun);
}

/** The two ways to say what goes where were mixed, or neither was used. */
class ShapeError extends SyncError {
  constructor(message: string) {
    super('usage', EXIT.usage, message);
  }
}

/** Settles which of the two shapes was used: DIR and URL, or `--path` and `--bucket`. */
function placed({ raw: given, words }: Arguments): {
  readonly inputs: RawInputs;
  readonly directory?: string;
} {
  let raw = given;
  const [command = ''] = words;
  const rest = COMMANDS.has(command) ? words.slice(1) : words;
  if (COMMANDS.has(command)) raw = { ...raw, command };
  if (command === 'publish') return { inputs: onePlace(raw, rest, 'publish') };
  if (command === 'remove') return { inputs: { ...onePlace(raw, words.slice(1), 'remove'), command } };
  const named = (['paths', 'bucket'] as const).filter((name) => raw[name] !== undefined);
  if (rest.length === 0) {
    if (named.length > 0) return { inputs: raw };
    throw new ShapeError('nothing was given to publish');
  }
  const first = named[0];
  if (first !== undefined) {
    throw new ShapeError(
      `${rest.map(printable).join(' ')} and --${inputDefinition(first).option ?? first} were given`,
    );
  }
  const [directory = '', destination, ...more] = rest;
  if (destination === undefined) {
    throw new ShapeError(
      isPlace(directory)
        ? `${printable(directory)} is one place, and two are needed: from where, and to where`
        : `${printable(directory)} says what to publish, but not where to`,
    );
  }
  if (more.some((word) => !isPlace(word)) || (more.length > 0 && !isPlace(destination))) {
    const foreign = foreignCommand(rest);
    if (foreign !== undefined) throw new ShapeError(`${foreign} is no command here: write sync, or nothing`);
    throw new ShapeError(
      more.every((word) => /^[a-z-]+=/.test(word))
        ? `${more.map(printable).join(' ')}: words behind the destination stand in one argument with it, as 's3://bucket/prefix region=eu-west-1'`
        : `one DIR can be given, and behind it places that begin with s3://`,
    );
  }
  if (isPlace(directory)) {
    const to = isPlace(destination) ? { bucket: destination } : { destination };
    return { inputs: { ...withMirrors(raw, more), source: directory, ...to } };
  }
  checkUrl(destination);
  return { inputs: { ...withMirrors(raw, more), bucket: destination }, directory };
}

/** Further destinations, as arguments and as options. */
function withMirrors(raw: RawInputs, more: readonly string[]): RawInputs {
  const given = raw.mirrors ?? [];
  const mirrors = [...more, ...(typeof given === 'string' ? [given] : given)];
  return mirrors.length === 0 ? raw : { ...raw, mirrors };
}

/** What `remove` empties, and where `publish` completes a plan: one URL, or `--bucket`. */
function onePlace(raw: RawInputs, words: readonly string[], command: string): RawInputs {
  const [destination, ...more] = words;
  if (destination === undefined) {
    if (raw.bucket !== undefined) return raw;
    throw new ShapeError(`nothing was given to ${command}`);
  }
  if (raw.bucket !== undefined) {
    throw new ShapeError(`${printable(destination)} and --bucket were given`);
  }
  checkUrl(destination);
  if (more.length > 0) {
    throw new ShapeError(`${command} takes one destination, ${words.length} arguments were given`);
  }
  return { ...raw, bucket: destination };
}

/** Whether a word names a place in a bucket, not a directory. */
function isPlace(word: string): boolean {
  return /^(s3:\/\/|"s3:\/\/|arn:)/i.test(word);
}

function checkUrl(destination: string): void {
  if (isPlace(destination)) return;
  throw new ShapeError(`${printable(destination)} is no destination: it begins with s3://`);
}

const CLI_NAMES = INPUT_NAMES.filter((name) => inputDefinition(name).only !== 'action');

function optionName(name: InputName): string {
  return inputDefinition(name).option ?? name;
}

/** Whether a flag stands among arguments, however wrong the others are. */
function isSwitchedOn(argv: readonly string[], flag: string): boolean {
  return optionsIn(argv).some((option) => option === flag || option.toLowerCase() === `${flag}=true`);
}

/** What an option is given among arguments, likewise; empty: nothing, or what looks like the next option. */
function valueIn(argv: readonly string[], option: string): string {
  const options = optionsIn(argv);
  const at = options.findLastIndex((word) => word === option || word.startsWith(`${option}=`));
  const word = options[at] === option ? options[at + 1] : options[at]?.slice(option.length + 1);
  return word === undefined || word.startsWith('-') ? '' : word;
}

function optionsIn(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}

/**
 * Arguments as the inputs that they stand for; `undefined` where they were answered (help, version). Rejects with a
 * `SyncError` of exit 2.
 */
async function parseArguments({ argv, stdout }: Terminal): Promise<Arguments | undefined> {
  const { Command, Option, CommanderError } = await import('commander');
  const program = new Command('s3-dedup-sync');
  describe(program, stdout);
  for (const name of CLI_NAMES) {
    const definition = inputDefinition(name);
    const option = new Option(`--${optionName(name)}${valueFlag(definition)}`, helpText(definition));
    option.helpGroup(`${definition.group}:`);
    option.argParser((value: string, previous: string | readonly string[] | undefined) =>
      together(name, value, previous),
    );
    program.addOption(option);
  }
  program.addOption(
    new Option('--json', 'Write events as JSON Lines to standard output, and no text.').helpGroup(
      'Run and report:',
    ),
  );
  program.addOption(
    new Option('--detailed-exitcode', 'End with 6 when a dry run would change something.').helpGroup(
      'Run and report:',
    ),
  );
  try {
    program.parse(bareFlagsMeanTrue(argv), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (isAnswer(error)) return undefined;
    const message = oneLine(error.message.replace(/^error: /, '').trim());
    const [unknown, option = ''] = /^unknown option '--?([\w-]+)[^']*'/.exec(message) ?? [];
    const instead = insteadOf(option);
    throw usageError(
      `${instead === undefined ? message : `${unknown}: ${instead}`} (--help lists all options)`,
    );
  }
  const given = program.opts<Readonly<Record<string, string | readonly string[] | true>>>();
  const raw: Partial<Record<InputName, string | readonly string[]>> = {};
  for (const name of CLI_NAMES) {
    const value = given[camelCase(optionName(name))];
    if (value !== undefined && value !== true) raw[name] = value;
  }
  return {
    raw,
    words: program.args,
    json: given.json === true,
    detailedExit: given.detailedExitcode === true,
  };
}

/** An option that is given again: of what takes one value the last counts, as elsewhere. */
function together(
  name: InputName,
  value: string,
  previous: string | readonly string[] | undefined,
): string | readonly string[] {
  const { kind, repeatable } = inputDefinition(name);
  if (kind === 'lines') return [...(previous ?? []), value];
  return repeatable === true && previous !== undefined ? `${String(previous)}\n${value}` : value;
}

function describe(program: Command, stdout: Terminal['stdout']): void {
  program
    .description('Publishes a tree of files to S3, sending each distinct content once, and brings it back.')
    .usage(USAGE)
    .argument('[words...]')
    .version(VERSION, '--version', 'Print the version.')
    .helpOption('--help', 'Print this.')
    .addHelpText('after', EPILOGUE)
    .exitOverride()
    .configureHelp({
      helpWidth: 110,
      visibleArguments: () => [],
      // Booleans take `=false` too; a bare flag is what people write.
      optionTerm: (option) => option.flags.replace(' [boolean]', ''),
    })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      // What is wrong is told where every run ends.
      writeErr: () => undefined,
    });
}

function isAnswer(error: CommanderError): boolean {
  return error.code === 'commander.helpDisplayed' || error.code === 'commander.version';
}

function valueFlag(definition: InputDefinition): string {
  switch (definition.kind) {
    case 'boolean':
      return ' [boolean]';
    case 'enum':
      if (isSwitch(definition)) return ' [value]';
      return ` <${definition.placeholder ?? definition.values?.join('|') ?? 'VALUE'}>`;
    case 'string':
    case 'lines':
    case 'number':
    case 'duration':
    case 'limit':
    case 'size':
      return ` <${definition.placeholder ?? 'VALUE'}>`;
  }
}

function helpText(definition: InputDefinition): string {
  const fallback = definition.cliDefault ?? definition.shownDefault ?? definition.default;
  const text = definition.description
    .replaceAll('`', '')
    .replace(/, one a line(?: or separated by commas)?/, '');
  const repeated = definition.kind === 'lines' || definition.repeatable === true ? ' Repeatable.' : '';
  const said = definition.kind === 'boolean' || fallback === undefined ? '' : ` Default: ${fallback}.`;
  return `${text}${repeated}${said}`;
}

/**
 * `--dry-run DIR` must not take DIR for the boolean's value, which is written `--dry-run=false` alone. commander
 * has no option that takes a value after `=` and not as the next word, so the bare flag is spelled out for it.
 */
function bareFlagsMeanTrue(argv: readonly string[]): string[] {
  const flags = new Map<string, InputDefinition>();
  for (const name of CLI_NAMES) {
    const definition = inputDefinition(name);
    if (isSwitch(definition)) flags.set(`--${optionName(name)}`, definition);
  }
  const end = argv.indexOf('--');
  return argv.map((word, at) => {
    const definition = flags.get(word);
    if (definition === undefined || (end !== -1 && at >= end)) return word;
    return definition.values?.includes(argv[at + 1] ?? '') === true ? word : `${word}=true`;
  });
}

/** Whether the flag alone means true. */
function isSwitch({ kind, values }: InputDefinition): boolean {
  return kind === 'boolean' || (kind === 'enum' && values?.includes('true') === true);
}

/** As commander names options. */
function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
