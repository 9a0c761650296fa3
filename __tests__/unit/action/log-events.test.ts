import { expect, test } from '@jest/globals';
import { actionSink, type LogCommands } from '../../../src/action/log-events.js';
import type { LogLine } from '../../../src/console/log.js';

function recorded(debugging = false): { readonly said: string[]; readonly commands: LogCommands } {
  const said: string[] = [];
  const say =
    (kind: string) =>
    (text = ''): void => {
      said.push(`${kind}|${text}`);
    };
  return {
    said,
    commands: {
      info: say('info'),
      debug: say('debug'),
      notice: say('notice'),
      warning: say('warning'),
      error: say('error'),
      startGroup: say('group'),
      endGroup: say('end'),
      isDebug: () => debugging,
    },
  };
}

const lines: readonly LogLine[] = [
  { kind: 'group', text: 'Uploaded 1 file' },
  { kind: 'line', level: 'info', text: '  a' },
  { kind: 'group-end' },
  { kind: 'line', level: 'debug', text: 'detail' },
  { kind: 'line', level: 'error', text: 'bad' },
  { kind: 'annotation', level: 'warning', text: 'careful\n::error::x' },
];

test('groups fold, warnings are annotations, and each is one line', () => {
  const { said, commands } = recorded();
  actionSink(commands, 'info')(lines);
  expect(said).toEqual([
    'group|Uploaded 1 file',
    'info|  a',
    'end|',
    'info|error: bad',
    'warning|careful ::error::x',
  ]);
});

test("debug lines are shown when asked for, and as debug commands when the runner's debugging is on", () => {
  const asked = recorded();
  actionSink(asked.commands, 'debug')(lines);
  expect(asked.said).toContain('info|debug: detail');
  const runner = recorded(true);
  actionSink(runner.commands, 'error')(lines);
  expect(runner.said).toContain('debug|detail');
});

test('a level hides what is below it, its groups too', () => {
  const { said, commands } = recorded();
  actionSink(commands, 'error')(lines);
  expect(said).toEqual(['info|error: bad']);
});

test('GitHub shows ten annotations of a level: one is left for the line that fails the step', () => {
  const { said, commands } = recorded();
  const sink = actionSink(commands, 'info');
  for (let i = 0; i < 20; i++) sink([{ kind: 'annotation', level: 'error', text: `e${i}` }]);
  expect(said.filter((line) => line.startsWith('error|'))).toHaveLength(9);
  expect(said.at(-1)).toBe('info|error: e19');
});

test('a name cannot become a command (R9)', () => {
  const { said, commands } = recorded();
  actionSink(commands, 'info')([{ kind: 'line', level: 'info', text: '::set-output name=x::y' }]);
  expect(said).toEqual(['info|\\x3a:set-output name=x::y']);
});
